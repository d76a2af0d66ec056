// People at matrix-js-sdk with rust crypto, each cross-signed and excluding devices that are not, as Element is about to.
//
// Reads JSON commands, one a line, and works on them side by side; answers {"id", …} or {"id", "error"}.
// Whatever reaches somebody and can be read is told at once, once: {"who", "event"}, with the event as it would have
// looked unencrypted, and beside it `sealed` (was it encrypted), `shield` (0 is none) and `reason` of the shield; an
// invitation: {"who", "invited"}.
// Only what no client shows in words goes past the SDK: pages of history, and files.

import { createInterface } from "node:readline";
import { Person } from "./person.mjs";
import { tell } from "./telling.mjs";

const people = new Map();

async function work({ id, who, ...command }) {
    if (!people.has(who)) people.set(who, new Person(who));
    try {
        tell({ id, ...(await people.get(who)[command.do](command)) });
    } catch (error) {
        tell({ id, error: String(error?.stack ?? error), status: error?.httpStatus, body: error?.data });
    }
}

for await (const line of createInterface({ input: process.stdin })) void work(JSON.parse(line));
for (const person of people.values()) person.client?.stopClient();
process.exit(0);
