"""The server sends a text and a Close at once; the client must still deliver the text.

`one_segment` hands both frames to the kernel together; `library` is the library's own server,
whose handler sends and returns."""

from stage import URL, Peer, play, serve, websockets


def one_segment():
    with Peer.accept() as peer:
        peer.open()
        peer.protocol.send_text(b"the last word")
        peer.protocol.send_close(1000, "done")
        peer.send(peer.prepared())
        assert peer.receive().opcode == 8


async def library():
    async def handler(connection):
        await connection.send("the last word")

    await serve(handler, compression=None)


async def client():
    async with websockets.connect(URL, compression=None) as connection:
        assert await connection.recv() == "the last word"
        await connection.wait_closed()


play(one_segment, library, client)
