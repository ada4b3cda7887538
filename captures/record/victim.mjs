// Peers of the npm library ws which do not know that the other side is about to offend.
//
//     victim.mjs server
//     victim.mjs client COUNT
//
// What to do about a violation is left to the library. See victims.py.
import { createRequire } from "node:module";
import { once } from "node:events";

const { WebSocket, WebSocketServer } = createRequire(import.meta.url)("ws"); // by way of NODE_PATH
const [role, count] = process.argv.slice(2);
const host = "127.0.0.1";

function suffer(socket) {
  socket.on("error", () => {}); // the library closes by itself
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
}

function server() {
  const listener = new WebSocketServer({ host, port: 9765, perMessageDeflate: true });
  listener.on("connection", suffer);
  process.on("SIGTERM", () => listener.close());
}

async function client() {
  for (let done = 0; done < Number(count); done++) {
    const socket = new WebSocket(`ws://${host}:9764/`);
    suffer(socket);
    await once(socket, "open");
    socket.send("so far, so good");
    await new Promise((resolve) => socket.on("close", resolve));
  }
}

await { server, client }[role]();
