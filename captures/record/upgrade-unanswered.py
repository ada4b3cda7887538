"""The server accepts the connection, reads the request and says nothing;
the client gives up after two seconds."""

from stage import URL, Peer, expecting, play, websockets


def server():
    with Peer.accept() as peer:
        peer.receive()
        peer.until_end()


async def client():
    with expecting(TimeoutError, "timed out during opening handshake"):
        await websockets.connect(URL, open_timeout=2)


play(server, client)
