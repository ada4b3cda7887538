"""Upgrade requests with something wrong, each to a server of the library:
the scenario's second argument names the fault."""

import socket

from stage import HOST, PORT, Peer, frame, play, serve

HEADERS = [
    ("Host", f"{HOST}:{PORT}"),
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Version", "13"),
]


def request(line="GET / HTTP/1.1", more=(), **changes):
    changes = {name.replace("_", "-"): value for name, value in changes.items()}
    headers = [(name, changes.get(name, value)) for name, value in HEADERS] + list(more)
    return "\r\n".join([line, *(f"{name}: {value}" for name, value in headers), "", ""]).encode()


# The requests, and how the server's answer must begin; there is none to what it cannot parse.
REQUESTS = {
    "upgrade-header-duplicate": [
        (request(more=[("Sec-WebSocket-Key", "AQIDBAUGBwgJCgsMDQ4PEA==")]), b"HTTP/1.1 400 "),
        (request(more=[("Sec-WebSocket-Version", "8")]), b"HTTP/1.1 400 "),
    ],
    "upgrade-header-invalid": [
        (request(Upgrade="websockets"), b"HTTP/1.1 426 "),
        (request(Connection="keep-alive"), b"HTTP/1.1 426 "),
    ],
    "upgrade-request-malformed": [
        (request(line="GET / HTTP/1.1 please"), b""),
        (request(more=[("a name with spaces", "1")]), b""),
    ],
    "upgrade-head-too-large": [
        (request(more=[(f"X-Trace-{n}", "on") for n in range(130)]), b"HTTP/1.1 431 "),
        (request(more=[("Cookie", "crumbs=" + "x" * 8300)]), b"HTTP/1.1 431 "),
    ],
}


async def server():
    async def echo(connection):
        async for message in connection:
            await connection.send(message)

    await serve(echo, compression=None)


def client(fault):
    for data, beginning in REQUESTS[fault]:
        with socket.create_connection((HOST, PORT)) as sock:
            sock.sendall(data)
            answer = b"".join(iter(lambda: sock.recv(65536), b""))
            assert answer.startswith(beginning) and bool(answer) == bool(beginning), answer


def early_client():
    """Sends its first message without waiting for the 101, in the segment of the request."""
    with Peer.connect() as peer:
        peer.protocol.send_request(peer.protocol.connect())
        peer.send(peer.prepared(), frame(0x81, b"I cannot wait", masked=True))
        assert peer.receive().status_code == 101
        assert peer.receive().data == b"I cannot wait"
        peer.protocol.send_close(1000)
        peer.send(peer.prepared())
        assert peer.receive().opcode == 8
        peer.until_end()


play(server, client, early_client)
