"""The server announces a text of 202 bytes, sends 199 of them and ends the stream."""

from stage import URL, Peer, expecting, frame, play, websockets


def server():
    with Peer.accept() as peer:
        peer.open()
        peer.send(frame(0x81, b"a short greeting"))
        text = b'{"kind": "reading", "values": [' + b"17, " * 42 + b"4]}"
        assert len(text) == 202
        peer.send(frame(0x81, text)[:-3])


async def client():
    async with websockets.connect(URL, compression=None) as connection:
        await connection.recv()
        with expecting(websockets.ConnectionClosedError, "no close frame received or sent"):
            await connection.recv()


play(server, client)
