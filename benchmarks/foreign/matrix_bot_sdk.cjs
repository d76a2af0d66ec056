// The bot as matrix-bot-sdk's own README has it: a client with a storage file, a listener, a reply.
//
// node matrix_bot_sdk.cjs FOLDER HOMESERVER TOKEN STORAGE, where FOLDER has the node_modules with the library.
//
// The library's cryptography is a binary that its install script fetches from outside of the package registry. Without
// encrypted rooms nothing calls it, so an empty module stands in for it: its memory is not in the figures.
"use strict";
const Module = require("module");
const path = require("path");

const [folder, homeserver, token, storage] = process.argv.slice(2);
const load = Module._load;
Module._load = (name, ...rest) => (name === "@matrix-org/matrix-sdk-crypto-nodejs" ? {} : load(name, ...rest));
const { MatrixClient, SimpleFsStorageProvider } = Module.createRequire(path.join(folder, "main.cjs"))("matrix-bot-sdk");

const client = new MatrixClient(homeserver, token, new SimpleFsStorageProvider(storage));

client.on("room.message", async (roomId, event) => {
  if (event.content?.msgtype !== "m.text" || event.sender === (await client.getUserId())) return;
  if (!event.content.body?.startsWith("!status")) return;
  await client.replyHtmlNotice(roomId, event, "<p>eAkte: <strong>gelb</strong></p>");
});

let ready = false;
const handle = client.processSync.bind(client);
client.processSync = async (...answer) => {
  await handle(...answer);
  if (!ready) console.error("ready");
  ready = true;
};

client.start();
