// A WebSocket over HTTP/2 (RFC 8441) between peers of Node's own module `http2`, in the clear, beside an ordinary
// request. What the stream carries is that of the npm library ws.
//
//     http2.mjs server|client
import http2 from "node:http2";
import { createRequire } from "node:module";
import { once } from "node:events";

const { WebSocket } = createRequire(import.meta.url)("ws"); // by way of NODE_PATH
const [host, port] = ["127.0.0.1", 9765];

function open(stream, isServer) {
  const socket = new WebSocket(null, undefined, { autoPong: true });
  socket._isServer = isServer;
  // What ws expects of a socket, and a stream is not.
  stream.setNoDelay = stream.setKeepAlive = () => {};
  socket.setSocket(stream, Buffer.alloc(0), { allowSynchronousEvents: true, maxPayload: 1 << 20, skipUTF8Validation: false });
  return socket;
}

function server() {
  const listener = http2.createServer({ settings: { enableConnectProtocol: true } });
  listener.on("stream", (stream, headers) => {
    if (headers[":protocol"] !== "websocket") {
      stream.respond({ ":status": 200, "content-type": "text/plain" });
      stream.end("a page\n".repeat(100));
      return;
    }
    stream.respond({ ":status": 200 });
    const socket = open(stream, true);
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  listener.listen(port, host);
  process.on("SIGTERM", () => listener.close());
}

async function client() {
  const session = http2.connect(`http://${host}:${port}`);
  await once(session, "remoteSettings");
  const page = session.request({ ":path": "/page" });
  page.resume();
  const stream = session.request({ ":method": "CONNECT", ":protocol": "websocket", ":path": "/chat", "sec-websocket-version": "13" });
  const [headers] = await once(stream, "response");
  if (headers[":status"] !== 200) throw new Error(`${headers[":status"]}`);
  const socket = open(stream, false);
  const exchange = async (data) => {
    socket.send(data);
    return (await once(socket, "message"))[0].toString();
  };
  for (let round = 0; round < 3; round++) {
    const text = `round ${round}, `.repeat(5);
    if ((await exchange(text)) !== text) throw new Error("not the same");
  }
  await exchange(Buffer.alloc(20000, "0123456789"));
  socket.ping("from the client");
  await once(socket, "pong");
  socket.close(1000, "that is all");
  await once(socket, "close");
  session.close();
  await once(session, "close");
}

await { server, client }[process.argv[2]]();
