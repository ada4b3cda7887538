// Peers that talk inside TLS, for `measure`. Each connection bears what it is in the name of the server that it asks for.
//
//     node peers.mjs serve PORT CERTIFICATE     HTTP/1.1 and WebSockets on PORT, HTTP/2 on PORT + 1, a CONNECT proxy on PORT + 2
//     node peers.mjs talk PORT KIND SEED
import { createRequire } from "node:module";
import fs from "node:fs";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import timers from "node:timers/promises";

const { WebSocket, WebSocketServer } = createRequire(`${process.env.NODE_PATH}/`)("ws");
const [what, port, ...rest] = process.argv.slice(2);
const base = Number(port);
const pause = (ms) => timers.setTimeout(ms);

function serve([certificate]) {
    const pem = fs.readFileSync(certificate);
    const options = { key: pem, cert: pem };
    const answer = async (request, response) => {
        const url = new URL(request.url, "https://x");
        const bytes = Number(url.searchParams.get("bytes") ?? 20);
        const count = Number(url.searchParams.get("count") ?? 1);
        if (url.pathname === "/events") {
            response.writeHead(200, { "Content-Type": "text/event-stream" });
            for (let at = 0; at < count; at++) {
                response.write(`data: ${"x".repeat(bytes)}\n\n`);
                await pause(2);
            }
            return response.end();
        }
        if (url.pathname === "/poll") await pause(8);
        for await (const piece of request) void piece;
        if (url.pathname === "/none") return response.writeHead(204).end();
        if (url.pathname === "/head") response.flushHeaders();
        response.end("x".repeat(bytes));
    };
    const one = https.createServer({ ...options, ALPNProtocols: ["http/1.1"] }, answer).listen(base, "127.0.0.1");
    const sockets = new WebSocketServer({ server: one });
    sockets.on("connection", async (socket, request) => {
        const { searchParams } = new URL(request.url, "https://x");
        const count = Number(searchParams.get("push") ?? 0);
        socket.on("error", () => {});
        socket.on("message", (data, isBinary) => searchParams.has("echo") && socket.send(data, { binary: isBinary }));
        for (let at = 0; at < count && socket.readyState === WebSocket.OPEN; at++) {
            if (at % 5 === 4 && searchParams.has("ping")) socket.ping();
            else socket.send("x".repeat(Number(searchParams.get("bytes") ?? 80)));
            await pause(3);
        }
        if (count > 0) socket.close(1000);
    });
    const two = http2.createSecureServer({ ...options, allowHTTP1: true }, answer);
    two.on("stream", (stream, headers) => {
        if (headers[":path"] !== "/echo") return;
        stream.respond({ ":status": 200 });
        stream.on("error", () => {});
        stream.on("data", (data) => stream.write(data)).on("end", () => stream.end());
    });
    two.listen(base + 1, "127.0.0.1");
    const proxy = https.createServer({ ...options, ALPNProtocols: ["http/1.1"] });
    proxy.on("connect", (request, client, head) => {
        const server = net.connect(Number(request.url.split(":").pop()), "127.0.0.1", () => {
            client.write("HTTP/1.1 200 Connection established\r\n\r\n");
            server.write(head);
            server.pipe(client).pipe(server);
        });
        for (const end of [client, server]) end.on("error", () => { client.destroy(); server.destroy(); });
    });
    proxy.listen(base + 2, "127.0.0.1", () => console.log("ready"));
}

const CIPHERS = ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES128-SHA"];

async function talk([kind, seed]) {
    let state = Number(seed) + 1;
    // Mulberry32.
    const roll = (bound) => {
        state = (state + 0x6d2b79f5) | 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) % bound;
    };
    const text = (least, most) => "m".repeat(least + roll(most - least));
    const tls = { servername: `${kind}.test`, rejectUnauthorized: false };
    if (roll(2) === 1) Object.assign(tls, { maxVersion: "TLSv1.2", ciphers: CIPHERS[roll(CIPHERS.length)] });
    if (kind.startsWith("ws")) return websocket(kind, tls, roll, text);
    if (kind === "http2-stream") return stream(tls, roll, text);
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ALPNProtocols: ["http/1.1"], ...tls });
    const ask = (method, path, body = []) => new Promise((resolve, reject) => {
        const request = https.request({ agent, method, path, host: "127.0.0.1", port: base }, (response) => {
            response.resume().on("end", resolve);
        });
        request.on("error", reject);
        (async () => {
            for (const piece of body) {
                request.write(piece);
                await pause(1);
            }
            request.end();
        })();
    });
    const times = 2 + roll(30);
    for (let at = 0; at < times; at++) {
        if (kind === "http-get") await ask("GET", `/x?bytes=${roll(3000)}`);
        if (kind === "http-tiny") await ask("GET", roll(2) ? "/none" : `/head?bytes=${roll(8)}`);
        if (kind === "http-post") await ask("POST", `/x?bytes=${roll(40)}`, [text(1, 40), text(1, 12)]);
        if (kind === "http-poll") await ask("GET", roll(2) ? "/poll?bytes=2" : "/none");
        if (kind === "http-chunks") await ask("POST", "/x", Array.from({ length: 3 + roll(6) }, () => text(1, 20)));
        if (kind === "http-events" && at < 4) await ask("GET", `/events?count=${3 + roll(20)}&bytes=${roll(30)}`);
        if (roll(4) === 0) await pause(roll(6));
    }
    agent.destroy();
}

async function stream(tls, roll, text) {
    const session = http2.connect(`https://127.0.0.1:${base + 1}`, tls);
    const calls = Array.from({ length: 1 + roll(4) }, () => session.request({ ":method": "POST", ":path": "/echo" }));
    for (const call of calls) call.on("data", () => {});
    for (let at = 0; at < 4 + roll(20); at++) {
        for (const call of calls) call.write(text(1, 60));
        await pause(2);
    }
    const over = Promise.all(calls.map((call) => new Promise((resolve) => call.on("close", resolve).end())));
    await Promise.race([over, pause(1000)]);
    session.destroy();
}

async function websocket(kind, tls, roll, text) {
    const path = {
        "ws-push": `/?push=${5 + roll(40)}&bytes=${1 + roll(300)}`,
        "ws-push-ping": `/?push=${5 + roll(40)}&bytes=${1 + roll(300)}&ping`,
    }[kind] ?? "/?echo";
    const alpn = kind === "ws-no-alpn" ? {} : { ALPNProtocols: ["http/1.1"] };
    const socket = new WebSocket(`wss://127.0.0.1:${base}${path}`, { ...tls, ...alpn, perMessageDeflate: roll(2) === 1 });
    await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
    const closed = new Promise((resolve) => socket.on("close", resolve));
    const [least, most] = { "ws-chat": [1, 60], "ws-json": [60, 500], "ws-no-alpn": [1, 60] }[kind] ?? [0, 0];
    if (most > 0) {
        for (let at = 0; at < 2 + roll(20); at++) {
            const answered = new Promise((resolve) => socket.once("message", resolve));
            socket.send(text(least, most));
            await answered;
            if (roll(10) === 0) socket.ping("");
        }
        socket.close(1000);
    } else if (kind === "ws-heartbeat") {
        for (let at = 0; at < 2 + roll(10); at++) {
            const answered = new Promise((resolve) => socket.once("pong", resolve));
            socket.ping(text(0, 5));
            await answered;
        }
        socket.close(1000);
    }
    await closed;
}

await (what === "serve" ? serve(rest) : talk(rest));
