"""The server reads the upgrade request and closes the connection without a byte of answer:
the client's "connection closed while reading HTTP status line"."""

from stage import URL, Peer, expecting, play, websockets


def server():
    with Peer.accept() as peer:
        peer.receive()


async def client():
    failures = EOFError, websockets.InvalidHandshake  # 14.0, 8.1
    with expecting(failures, "connection closed while reading HTTP status line"):
        await websockets.connect(URL)


play(server, client)
