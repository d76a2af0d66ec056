// Somebody at matrix-js-sdk; what each can be asked is a method of `Person`, see sealed.mjs.

import { createClient, ClientEvent, Direction, MatrixEventEvent, RoomEvent, SyncState } from "matrix-js-sdk";
import { OnlySignedDevicesIsolationMode, VerificationPhase } from "matrix-js-sdk/lib/crypto-api/index.js";
import { PollResponseEvent } from "matrix-js-sdk/lib/extensible_events_v1/PollResponseEvent.js";
import { logger } from "matrix-js-sdk/lib/logger.js";
import { tell, until } from "./telling.mjs";
import { Attachment, EncryptedAttachment, UserId } from "@matrix-org/matrix-sdk-crypto-wasm";

const PAGE = 100;
const SEAL = ["algorithm", "ciphertext", "device_id", "sender_key", "session_id"];
logger.setLevel?.(process.env.SDK_LOG ?? "silent");

/** Somebody's client, and what became of the events that reached it. */
export class Person {
    told = new Set();
    unreadable = new Map();
    lost = new Map();
    own = new Map();
    telling = Promise.resolve();

    constructor(who) {
        this.who = who;
    }

    get crypto() {
        return this.client.getCrypto();
    }

    /** Somebody's first session, cross-signed, or (`second`) another one that they have not verified yet. */
    async login({ server, user, password, second }) {
        const given = { type: "m.login.password", identifier: { type: "m.id.user", user }, password };
        const answer = await createClient({ baseUrl: server }).loginRequest(given);
        this.server = server;
        this.client = createClient({
            baseUrl: server,
            userId: answer.user_id,
            accessToken: answer.access_token,
            deviceId: answer.device_id,
            fetchFn: (resource, options) => this.fetch(resource, options),
        });
        await this.client.initRustCrypto({ useIndexedDB: false });
        if (!second) this.crypto.setDeviceIsolationMode(new OnlySignedDevicesIsolationMode());
        this.client.on(ClientEvent.Event, (event) => this.hear(event));
        this.client.on(MatrixEventEvent.Decrypted, (event) => this.hear(event));
        this.client.on(RoomEvent.MyMembership, ({ roomId }, membership) => {
            if (membership === "invite") tell({ who: this.who, invited: roomId });
        });
        const synced = new Promise((resolve) => {
            this.client.on(ClientEvent.Sync, (state) => state === SyncState.Prepared && resolve());
        });
        await this.client.startClient({ initialSyncLimit: PAGE, threadSupport: true });
        await synced;
        if (!second) {
            await this.crypto.bootstrapCrossSigning({
                authUploadDeviceSigningKeys: (upload) => this.authorised(upload, given),
            });
            await until(() => this.crypto.isCrossSigningReady());
        }
        return { user: answer.user_id, device: answer.device_id, token: answer.access_token };
    }

    async authorised(upload, given) {
        try {
            return await upload(null);
        } catch (error) {
            return await upload({ ...given, session: error.data.session });
        }
    }

    /** What is addressed to somebody whose messages are to be lost never leaves here. */
    async fetch(resource, options) {
        const [, type] = /\/sendToDevice\/([^/]+)\//.exec(String(resource)) ?? [];
        if (type === "m.room.encrypted" && this.lost.size) {
            const body = JSON.parse(options.body);
            for (const [user, count] of this.lost) {
                if (!count || !(user in body.messages)) continue;
                delete body.messages[user];
                this.lost.set(user, count - 1);
            }
            options = { ...options, body: JSON.stringify(body) };
        }
        return await fetch(resource, options);
    }

    /** Tell what can be read now; keep in mind what cannot. A key may come later. */
    hear(event) {
        const id = event.getId();
        this.own.set(event.getUnsigned().transaction_id, id);
        if (!id || !event.getRoomId() || event.status !== null || this.told.has(id)) return;
        if (event.isDecryptionFailure()) this.unreadable.set(id, event.decryptionFailureReason);
        else if (!event.isEncrypted() || event.isRedacted() || event.getClearContent()) {
            this.unreadable.delete(id);
            this.told.add(id);
            const shown = this.shown(event);
            this.telling = this.telling.then(async () => tell({ who: this.who, event: await shown }));
        }
    }

    async shown(event) {
        const content = { ...event.getOriginalContent() };
        for (const [key, value] of Object.entries(event.getWireContent())) {
            if (!SEAL.includes(key)) content[key] ??= value;
        }
        const info = event.isEncrypted() ? await this.crypto.getEncryptionInfoForEvent(event) : null;
        return {
            ...event.event,
            room_id: event.getRoomId(),
            type: event.getType(),
            content,
            sealed: event.isEncrypted(),
            shield: info ? info.shieldColour : null,
            reason: info ? info.shieldReason : null,
            failure: event.isDecryptionFailure() ? event.decryptionFailureReason : null,
        };
    }

    async create({ content }) {
        const { room_id: room } = await this.client.createRoom(content);
        await this.inside(room, content.initial_state?.some(({ type }) => type === "m.room.encryption"));
        for (const guest of content.invite ?? []) await until(() => this.client.getRoom(room).getMember(guest));
        return { room };
    }

    async join({ room }) {
        const joined = await this.client.joinRoom(room);
        await this.inside(joined.roomId);
        return { room: joined.roomId };
    }

    async inside(room, sealed = false) {
        await until(() => this.client.getRoom(room)?.getMyMembership() === "join");
        if (sealed) await until(() => this.crypto.isEncryptionEnabledInRoom(room));
    }

    /** `fresh`: with a key of its own, as after a week or a hundred messages. */
    async send({ room, type, content, fresh }) {
        if (fresh) await this.crypto.forceDiscardSession(room);
        const transaction = this.client.makeTxnId();
        try {
            return { event: (await this.client.sendEvent(room, null, type, content, transaction)).event_id };
        } catch (error) {
            // The SDK stumbles when the event comes by /sync before the answer to its PUT: it is sent all the same.
            if (!String(error).includes("not a local echo")) throw error;
            return { event: await until(() => this.own.get(transaction)) };
        }
    }

    async vote({ room, poll, answers }) {
        await this.poll(room, poll); // one votes on what one sees
        const response = PollResponseEvent.from(answers, poll).serialize();
        return await this.send({ room, ...response });
    }

    async redact({ room, event }) {
        const sent = await this.client.redactEvent(room, event);
        return { event: sent.event_id };
    }

    poll(room, poll) {
        return until(() => this.client.getRoom(room)?.polls.get(poll));
    }

    /** As MSC3381 has it: of each person the latest answer that came no later than the end; none, if it is spoiled. */
    async tally({ room, poll }) {
        const model = await this.poll(room, poll);
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
        return { ended: model.isEnded, votes, unreadable: model.undecryptableRelationsCount };
    }

    /** The whole room as the homeserver has it, oldest first; what cannot be read is waited for. */
    async history({ room, patience = 5_000 }) {
        const found = [];
        const mapper = this.client.getEventMapper({ preventReEmit: true, decrypt: false });
        for (let from = null, page = null; from || !page; from = page.end ?? null) {
            page = await this.client.createMessagesRequest(room, from, PAGE, Direction.Backward);
            found.push(...page.chunk.map((raw) => mapper(raw)));
            if (!page.end) break;
        }
        found.reverse();
        for (const event of found) await this.client.decryptEventIfNeeded(event);
        await until(() => !found.some((event) => event.isDecryptionFailure()), patience).catch(() => null);
        return { events: await Promise.all(found.map((event) => this.shown(event))) };
    }

    async upload({ name, type, content }) {
        const sealed = Attachment.encrypt(Buffer.from(content, "base64"));
        const { content_uri: url } = await this.client.uploadContent(sealed.encryptedData, {
            type: "application/octet-stream",
            includeFilename: false,
        });
        const file = { ...JSON.parse(sealed.mediaEncryptionInfo), url };
        const info = { mimetype: type, size: Buffer.from(content, "base64").length };
        return { content: { msgtype: "m.file", body: name, filename: name, file, info } };
    }

    async download({ content }) {
        const path = (content.file?.url ?? content.url).replace("mxc://", "");
        const answer = await fetch(`${this.server}/_matrix/client/v1/media/download/${path}`, {
            headers: { Authorization: `Bearer ${this.client.getAccessToken()}` },
        });
        if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
        let bytes = new Uint8Array(await answer.arrayBuffer());
        if (content.file) bytes = Attachment.decrypt(new EncryptedAttachment(bytes, JSON.stringify(content.file)));
        return { content: Buffer.from(bytes).toString("base64") };
    }

    /** Sign somebody's master key, as comparing emoji ends. */
    async verify({ user }) {
        await this.crypto.getUserDeviceInfo([user], true);
        const machine = this.crypto.getOlmMachineOrThrow();
        const identity = await until(() => machine.getIdentity(new UserId(user)));
        await this.crypto.outgoingRequestProcessor.makeOutgoingRequest(await identity.verify());
        await until(async () => (await this.crypto.getUserVerificationStatus(user)).isCrossSigningVerified());
        return {};
    }

    /** Sign another session of one's own, as comparing emoji with it ends. */
    async vouch({ device }) {
        const us = this.client.getUserId();
        await until(async () => (await this.crypto.getUserDeviceInfo([us], true)).get(us)?.has(device));
        await this.crypto.crossSignDevice(device);
        return {};
    }

    /** Ask somebody to compare emojis, as Element's button does; how that ends. */
    async compare({ user, room }) {
        const request = await this.crypto.requestVerificationDM(user, room);
        await until(() => request.phase === VerificationPhase.Cancelled);
        return { code: request.cancellationCode, by: request.cancellingUserId };
    }

    async trust({ user }) {
        const status = await this.crypto.getUserVerificationStatus(user);
        const devices = {};
        for (const device of ((await this.crypto.getUserDeviceInfo([user], true)).get(user) ?? new Map()).keys()) {
            devices[device] = (await this.crypto.getDeviceVerificationStatus(user, device))?.signedByOwner ?? null;
        }
        return {
            verified: status.isCrossSigningVerified(),
            was_verified: status.wasCrossSigningVerified(),
            changed: status.needsUserApproval,
            devices,
        };
    }

    async lose({ user, count }) {
        this.lost.set(user, count);
        return {};
    }

    async unread() {
        return { events: Object.fromEntries(this.unreadable) };
    }
}
