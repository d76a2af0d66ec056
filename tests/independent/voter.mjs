// People at matrix-js-sdk: reads one JSON command a line, answers one JSON object a line.
//
//   {"do": "login", "who", "server", "user", "password"}      follows from then on
//   {"do": "join", "who", "room"}
//   {"do": "vote", "who", "room", "poll", "answers": [ids]}   answers the event's ID
//   {"do": "redact", "who", "room", "event"}
//   {"do": "tally", "who", "room", "poll"}                    what this client counts: {"ended", "votes": {user: id}}

import { createInterface } from "node:readline";
import { createClient, ClientEvent, SyncState } from "matrix-js-sdk";
import { logger } from "matrix-js-sdk/lib/logger.js";
import { PollResponseEvent } from "matrix-js-sdk/lib/extensible_events_v1/PollResponseEvent.js";

logger.setLevel?.("silent");
const clients = new Map();
const PATIENCE = 20_000;

async function login({ who, server, user, password }) {
    const answer = await createClient({ baseUrl: server }).loginRequest({
        type: "m.login.password",
        identifier: { type: "m.id.user", user },
        password,
    });
    const client = createClient({
        baseUrl: server,
        userId: answer.user_id,
        accessToken: answer.access_token,
        deviceId: answer.device_id,
    });
    const synced = new Promise((resolve) => {
        client.on(ClientEvent.Sync, (state) => state === SyncState.Prepared && resolve());
    });
    await client.startClient({ initialSyncLimit: 100, threadSupport: true });
    await synced;
    clients.set(who, client);
    return { user: answer.user_id };
}

async function join({ who, room }) {
    await clients.get(who).joinRoom(room);
    await until(() => clients.get(who).getRoom(room)?.getMyMembership() === "join");
    return {};
}

async function until(look) {
    const end = Date.now() + PATIENCE;
    for (;;) {
        const found = await look();
        if (found) return found;
        if (Date.now() > end) throw new Error("waited in vain");
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

async function vote({ who, room, poll, answers }) {
    await pollOf(who, room, poll); // one votes on what one sees
    const response = PollResponseEvent.from(answers, poll).serialize();
    const sent = await clients.get(who).sendEvent(room, response.type, response.content);
    return { event: sent.event_id };
}

async function redact({ who, room, event }) {
    const sent = await clients.get(who).redactEvent(room, event);
    return { event: sent.event_id };
}

function pollOf(who, room, poll) {
    return until(() => clients.get(who).getRoom(room)?.polls.get(poll));
}

/** As MSC3381 has it: of each person the latest answer that came no later than the end; none, if it is spoiled. */
async function tally({ who, room, poll }) {
    const model = await pollOf(who, room, poll);
    await model.getResponses();
    await until(() => !model.isFetchingResponses);
    const latest = new Map();
    for (const event of model.responses.getRelations()) {
        const before = latest.get(event.getSender());
        if (!before || before.getTs() <= event.getTs()) latest.set(event.getSender(), event);
    }
    const votes = {};
    for (const [sender, event] of latest) {
        const response = event.unstableExtensibleEvent;
        response.validateAgainst(model.pollEvent);
        if (!response.spoiled) votes[sender] = response.answerIds[0];
    }
    return { ended: model.isEnded, votes };
}

const actions = { login, join, vote, redact, tally };
for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    try {
        console.log(JSON.stringify(await actions[command.do](command)));
    } catch (error) {
        console.log(JSON.stringify({ error: String(error?.stack ?? error) }));
    }
}
for (const client of clients.values()) client.stopClient();
process.exit(0);
