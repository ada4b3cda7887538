"""The server's first frames share a segment with its 101 response."""

from stage import URL, Peer, play, websockets


def server():
    with Peer.accept() as peer:
        peer.protocol.send_response(peer.answer())
        peer.protocol.send_text(b"at once")
        peer.protocol.send_text(b"and once more")
        peer.send(peer.prepared())
        assert peer.receive().opcode == 1
        assert peer.receive().opcode == 8
        peer.send(peer.prepared())


async def client():
    async with websockets.connect(URL, compression=None) as connection:
        assert await connection.recv() == "at once"
        assert await connection.recv() == "and once more"
        await connection.send("received")


play(server, client)
