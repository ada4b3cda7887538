"""A peer of ours opens a session as one should, exchanges a message, and then sends what RFC 6455
does not allow. The other side is the library, which says what it thinks by its close code."""

import struct

from stage import URL, Peer, frame, mask, play, serve, websockets

# What the offending side sends, and the close code which it must get for it.

BY_CLIENT = {
    "frame-unmasked": (frame(0x81, b"no mask"), 1002),
    "frame-reserved-opcode": (frame(0x83, b"opcode 3", masked=True), 1002),
    "control-fragmented": (frame(0x09, b"more to come", masked=True), 1002),
    "message-continuation-unexpected": (frame(0x80, b"of what?", masked=True), 1002),
    "message-invalid-utf8": (frame(0x81, b"caf\xe9 in Latin-1", masked=True), 1007),
    "close-payload-invalid": (frame(0x88, b"\x03", masked=True), 1002),
    "frame-length-invalid": (struct.pack("!BBQ", 0x82, 0xFF, 1 << 63) + mask(b"short"), 1009),
    # The library does not mind this one.
    "frame-length-not-minimal": (
        struct.pack("!BBH", 0x81, 0xFE, 5) + mask(b"short") + frame(0x88, b"\x03\xe8", masked=True),
        1000,
    ),
    "message-unfinished": (
        frame(0x01, b"to be continued", masked=True) + frame(0x88, b"\x03\xe8", masked=True),
        1002,
    ),
}

LARGE = frame(0x81, b"one writer's text, which the other does not wait for")

BY_SERVER = {
    # Two writers without a lock.
    "frame-interleaved": (LARGE[:20] + frame(0x81, b"the other writer's") + LARGE[20:], 1002),
    "frame-masked": (frame(0x81, b"masked", masked=True), 1002),
    "frame-reserved-bits": (frame(0xC1, b"compressed, really?"), 1002),
    "control-too-long": (frame(0x89, bytes(126)), 1002),
    "message-interrupted": (frame(0x01, b"one ") + frame(0x81, b"another"), 1002),
    "close-code-invalid": (frame(0x88, struct.pack("!H", 1005)), 1002),
    "close-reason-invalid-utf8": (frame(0x88, b"\x03\xe8adi\xf3s"), 1007),
    "message-inflate-failed": (frame(0xC1, b"these are no deflate blocks"), 1002),
    "message-over-limit": (frame(0x82, bytes(5000)), 1009),
    "data-after-close": (frame(0x88, b"\x03\xe8") + frame(0x81, b"one thing more"), 1000),
    "stream-not-websocket": (
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 29\r\n"
        b"Connection: close\r\n\r\nI did not understand a thing.",
        1002,
    ),
}


# Here our side owes no Close any more: it has sent one, or something which is no frame at all.
NO_CLOSE_OWED = {
    "close-payload-invalid",
    "frame-length-not-minimal",
    "message-unfinished",
    "close-code-invalid",
    "close-reason-invalid-utf8",
    "data-after-close",
    "stream-not-websocket",
}


def offend(peer, finding, offence, code):
    peer.send(offence)
    while (received := peer.receive()).opcode != 8:
        pass
    assert struct.unpack("!H", received.data[:2]) == (code,), received
    if finding not in NO_CLOSE_OWED:
        peer.send(peer.prepared())


def offending_client(finding):
    with Peer.connect() as peer:
        peer.open()
        peer.protocol.send_text(b"so far, so good")
        peer.send(peer.prepared())
        assert peer.receive().opcode == 1
        offend(peer, finding, *BY_CLIENT[finding])
        peer.until_end()


def offending_server(finding):
    from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

    deflate = [ServerPerMessageDeflateFactory()] if finding == "message-inflate-failed" else None
    with Peer.accept(extensions=deflate) as peer:
        peer.open()
        peer.receive()
        peer.send(frame(0x81, b"so far, so good"))
        offend(peer, finding, *BY_SERVER[finding])


async def server():
    async def echo(connection):
        async for message in connection:
            await connection.send(message)

    await serve(echo, compression=None)


async def client():
    async with websockets.connect(URL, max_size=2048) as connection:
        await connection.send("so far, so good")
        try:
            async for message in connection:
                pass
        except websockets.ConnectionClosed:
            pass


play(offending_client, offending_server, server, client)
