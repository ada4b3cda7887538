// A real peer for tests of live capture: node's `ws` sends so many messages and reads their echoes.
//     node peer.js HOST PORT COUNT
const WebSocket = require('ws');
const [host, port, count] = process.argv.slice(2);
const socket = new WebSocket(`ws://${host}:${port}/node`, { perMessageDeflate: false });
let echoes = 0;
const say = () => socket.send(`message ${echoes}`);
socket.on('open', say);
socket.on('message', () => { echoes += 1; echoes < Number(count) ? say() : socket.close(1000); });
socket.on('error', (error) => { console.error(String(error)); process.exit(1); });
