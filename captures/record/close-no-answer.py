"""The client sends Close; the server ends the stream without answering it."""

from stage import URL, Peer, play, websockets


def server():
    with Peer.accept() as peer:
        peer.open()
        assert peer.receive().opcode == 1
        assert peer.receive().opcode == 8


async def client():
    async with websockets.connect(URL, compression=None) as connection:
        await connection.send("that was it")
    assert connection.close_code == 1006


play(server, client)
