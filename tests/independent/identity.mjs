// What a person does with the bot's own account at matrix-js-sdk, as in Element's settings: one JSON object in, one out.
//
//   {"do": "set up", "server", "user", "password", "passphrase"}   recovery set up: {"recovery_key", "master_key"}
//   {"do": "enter", "server", "user", "password", "recovery_key"}  recovery key entered, to verify this session:
//                                                                  {"ready", "status", "device", "signed": {device: by its owner}}

import { createClient, ClientEvent, SyncState } from "matrix-js-sdk";
import { decodeRecoveryKey } from "matrix-js-sdk/lib/crypto-api/recovery-key.js";
import { logger } from "matrix-js-sdk/lib/logger.js";
import { text } from "node:stream/consumers";

for (const name of ["log", "info", "debug", "warn"]) console[name] = console.error; // the answer alone goes to stdout
logger.setLevel?.("silent");

async function login({ server, user, password }, cryptoCallbacks) {
    const given = { type: "m.login.password", identifier: { type: "m.id.user", user }, password };
    const answer = await createClient({ baseUrl: server }).loginRequest(given);
    const client = createClient({
        baseUrl: server,
        userId: answer.user_id,
        accessToken: answer.access_token,
        deviceId: answer.device_id,
        cryptoCallbacks,
    });
    await client.initRustCrypto({ useIndexedDB: false });
    const synced = new Promise((resolve) => {
        client.on(ClientEvent.Sync, (state) => state === SyncState.Prepared && resolve());
    });
    await client.startClient({ initialSyncLimit: 1 });
    await synced;
    return { client, given };
}

async function setUp(asked) {
    const kept = new Map();
    const { client, given } = await login(asked, {
        cacheSecretStorageKey: (id, _info, key) => kept.set(id, key),
        getSecretStorageKey: async ({ keys }) => [...kept].find(([id]) => id in keys) ?? null,
    });
    const crypto = client.getCrypto();
    await crypto.bootstrapCrossSigning({
        authUploadDeviceSigningKeys: async (upload) => {
            try {
                return await upload(null);
            } catch (error) {
                return await upload({ ...given, session: error.data.session });
            }
        },
    });
    const made = await crypto.createRecoveryKeyFromPassphrase(asked.passphrase ?? undefined);
    await crypto.bootstrapSecretStorage({ createSecretStorageKey: async () => made, setupNewSecretStorage: true });
    return { recovery_key: made.encodedPrivateKey, master_key: await crypto.getCrossSigningKeyId() };
}

async function enter(asked) {
    const key = decodeRecoveryKey(asked.recovery_key);
    const { client } = await login(asked, {
        getSecretStorageKey: async ({ keys }) => [Object.keys(keys)[0], key],
    });
    const crypto = client.getCrypto();
    await crypto.userHasCrossSigningKeys(asked.user, true); // it must know the public halves first
    await crypto.bootstrapCrossSigning({});
    const devices = (await crypto.getUserDeviceInfo([asked.user], true)).get(asked.user);
    const signed = {};
    for (const device of devices.keys()) {
        signed[device] = (await crypto.getDeviceVerificationStatus(asked.user, device)).signedByOwner;
    }
    const ready = await crypto.isCrossSigningReady();
    return { ready, status: await crypto.getCrossSigningStatus(), signed, device: client.getDeviceId() };
}

const asked = JSON.parse(await text(process.stdin));
const answer = await { "set up": setUp, enter }[asked.do](asked).catch((error) => ({ error: String(error.stack) }));
process.stdout.write(JSON.stringify(answer) + "\n", () => process.exit(0));
