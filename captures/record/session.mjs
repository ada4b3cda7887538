// A session between peers of the npm library ws: texts, binary, pings, a Close and its answer.
//
//     session.mjs server|client [deflate] [large]
//
// `deflate` offers permessage-deflate without context takeover by the server; `large` makes the
// client send 70000 bytes, which need the 64-bit length. The server sends every message back,
// but of a large one only the size.
import { createRequire } from "node:module";
import { once } from "node:events";

const { WebSocket, WebSocketServer } = createRequire(import.meta.url)("ws"); // by way of NODE_PATH
const [role, ...options] = process.argv.slice(2);
const [host, port] = ["127.0.0.1", 9765];
const perMessageDeflate = options.includes("deflate") && { serverNoContextTakeover: true, threshold: 0 };

function server() {
  const listener = new WebSocketServer({ host, port, perMessageDeflate });
  listener.on("connection", (socket) => {
    socket.ping("from the server");
    socket.on("message", (data, isBinary) => {
      if (data.length > 65535) socket.send(`${data.length} bytes`);
      else socket.send(data, { binary: isBinary });
    });
  });
  process.on("SIGTERM", () => listener.close());
}

async function client() {
  const socket = new WebSocket(`ws://${host}:${port}/`, { perMessageDeflate });
  await once(socket, "open");
  const exchange = async (data) => {
    socket.send(data);
    return (await once(socket, "message"))[0].toString();
  };
  const text = "the same words again, ".repeat(4);
  for (let round = 0; round < 3; round++) {
    if ((await exchange(text)) !== text) throw new Error("not the same");
  }
  await exchange(Buffer.from("0d900f00", "hex"));
  socket.ping("from the client");
  await once(socket, "pong");
  if (options.includes("large")) {
    const answer = await exchange(Buffer.alloc(70000, "0123456789"));
    if (answer !== "70000 bytes") throw new Error(answer);
  }
  socket.close(1000, "that is all");
  await once(socket, "close");
}

await { server, client }[role]();
