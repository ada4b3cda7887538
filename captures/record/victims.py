"""Every violation that victims.tsv tells of, one connection each, against a peer of some library:
the victim. The offending side opens a session as one should, exchanges a message, offends, and,
if it can, asks in a second message whether the victim, which sends all messages back, is still there.
What the victim answers is read from the wire.

The offender is told the capture, the library and its version, where to write its rows, and the
number which its first connection has in the capture. Here are also the victims in Python.

The answers:
  close     the victim objected, with a Close of this code
  end       it ended the TCP connection without a Close
  accepted  it sent the second message back, or answered the offender's Close as if nothing had been
  silence   it did nothing at all for three seconds
"""

import socket
import struct

from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    ServerPerMessageDeflateFactory,
)
from websockets.server import ServerProtocol

from stage import FRONT, HOST, PORT, Peer, frame, mask, play, serve, websockets

FRONT_URL = f"ws://{HOST}:{FRONT}/"
BAD_REQUEST = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 29\r\n"
    b"Connection: close\r\n\r\nI did not understand a thing."
)
GOOD_BYE = struct.pack("!H", 1000)
QUESTION = b"still there?"
HOLDS_CLOSE = {
    "message-unfinished",
    "close-payload-invalid",
    "close-code-invalid",
    "close-reason-invalid-utf8",
    "data-after-close",
}
NO_QUESTION_AFTER = HOLDS_CLOSE | {"frame-length-invalid", "stream-not-websocket"}


def offences(masked):
    """What a client (masked) or a server sends, by finding."""

    def good(head, payload):
        return frame(head, payload, masked)

    bit, hidden = masked << 7, mask if masked else bytes
    return {
        "frame-unmasked" if masked else "frame-masked": frame(0x81, b"a mask?", not masked),
        "frame-reserved-bits": good(0xC1, b"compressed, really?"),
        "frame-reserved-opcode": good(0x83, b"opcode 3"),
        "frame-length-not-minimal": struct.pack("!BBH", 0x81, bit | 126, 5) + hidden(b"short"),
        "frame-length-invalid": struct.pack("!BBQ", 0x82, bit | 127, 1 << 63) + hidden(b"short"),
        "control-fragmented": good(0x09, b"more to come"),
        "control-too-long": good(0x89, bytes(126)),
        "message-continuation-unexpected": good(0x80, b"of what?"),
        "message-interrupted": good(0x01, b"one ") + good(0x81, b"another"),
        "message-unfinished": good(0x01, b"to be continued") + good(0x88, GOOD_BYE),
        "message-invalid-utf8": good(0x81, b"caf\xe9 in Latin-1"),
        "message-inflate-failed": good(0xC1, b"these are no deflate blocks"),
        "close-payload-invalid": good(0x88, b"\x03"),
        "close-code-invalid": good(0x88, struct.pack("!H", 1005)),
        "close-reason-invalid-utf8": good(0x88, GOOD_BYE + b"adi\xf3s"),
        "data-after-close": good(0x88, GOOD_BYE) + good(0x81, b"one thing more"),
        "stream-not-websocket": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" if masked else BAD_REQUEST,
    }


def frames(data):
    """The opcodes and payloads of the whole frames at the beginning of what the victim sent."""
    at = 0
    while len(data) >= at + 2:
        head, size = data[at], data[at + 1]
        at, masked, size = at + 2, size >> 7, size & 127
        if size == 126:
            at, size = at + 2, struct.unpack_from("!H", data, at)[0]
        key = data[at : at + 4] if masked else bytes(4)
        at += 4 * masked
        if len(data) < at + size:
            return
        yield head & 15, bytes(b ^ key[i % 4] for i, b in enumerate(data[at : at + size]))
        at += size


def verdict(peer, finding, offence, masked):
    """Offend; the victim's answer and its close code."""
    asked = finding not in NO_QUESTION_AFTER
    closed = finding in HOLDS_CLOSE  # by us
    data = b""
    try:
        peer.send(offence)
        if asked:
            peer.send(frame(0x81, QUESTION, masked))
        peer.sock.settimeout(3)
        while more := peer.sock.recv(65536):
            data += more
            answers = list(frames(data))
            close = next((payload for opcode, payload in answers if opcode == 8), None)
            if not closed and (close is not None or (1, QUESTION) in answers):
                closed = True
                peer.send(frame(0x88, GOOD_BYE if close is None else close, masked))
            if not masked and close is not None:  # the server ends the TCP connection first
                peer.sock.shutdown(socket.SHUT_WR)
    except TimeoutError:
        return "silence", "-"
    except (ConnectionResetError, BrokenPipeError):
        pass
    closes = [payload for opcode, payload in frames(data) if opcode == 8]
    if not closes:
        return "end", "-"
    if closes[0] in (b"", GOOD_BYE):
        return "accepted", "-"
    return "close", struct.unpack("!H", closes[0][:2])[0]


def offend(open_peer, role, capture, library, version, rows, first):
    """`role` is the victim's."""
    masked = role == "server"
    number = int(first)
    with open(rows, "a") as table:
        for finding, offence in offences(masked).items():
            if finding == "message-inflate-failed" and library == "tungstenite":
                continue  # it has no permessage-deflate
            with open_peer(finding == "message-inflate-failed") as peer:
                answer, code = verdict(peer, finding, offence, masked)
            print(capture, number, finding, library, version, role, answer, code, sep="\t", file=table)
            number += 1


def offending_client(*arguments):
    def open_peer(deflate):
        peer = Peer.connect(extensions=[ClientPerMessageDeflateFactory()] if deflate else None)
        peer.open()
        assert not deflate or peer.protocol.extensions, "no permessage-deflate"
        peer.protocol.send_text(b"so far, so good")
        peer.send(peer.prepared())
        assert peer.receive().data == b"so far, so good"
        return peer

    offend(open_peer, "server", *arguments)


def offending_server(*arguments):
    with socket.create_server((HOST, FRONT)) as listener:

        def open_peer(deflate):
            extensions = [ServerPerMessageDeflateFactory()] if deflate else None
            peer = Peer(listener.accept()[0], ServerProtocol(extensions=extensions))
            peer.open()
            assert not deflate or peer.protocol.extensions, "no permessage-deflate"
            assert peer.receive().data == b"so far, so good"
            return peer

        offend(open_peer, "client", *arguments)


# ---------------------------------------------------------------- websockets


async def websockets_server():
    async def echo(connection):
        async for message in connection:
            await connection.send(message)

    await serve(echo)


async def websockets_client(count):
    for _ in range(int(count)):
        async with websockets.connect(FRONT_URL) as connection:
            await connection.send("so far, so good")
            try:
                async for message in connection:
                    await connection.send(message)
            except websockets.ConnectionClosed:
                pass


# ---------------------------------------------------------------- wsproto


def wsproto_session(sock, connection, opening=None):
    """Send messages back and answer a Close, which is also what the library makes of faults."""
    from wsproto import events
    from wsproto.extensions import PerMessageDeflate

    client, text = opening is not None, ""
    if client:
        sock.sendall(connection.send(opening))
    while True:
        data = sock.recv(65536)
        connection.receive_data(data or None)
        for event in connection.events():
            match event:
                case events.Request():
                    sock.sendall(connection.send(events.AcceptConnection(extensions=[PerMessageDeflate()])))
                case events.AcceptConnection():
                    sock.sendall(connection.send(events.TextMessage(data="so far, so good")))
                case events.TextMessage():
                    text += event.data
                    if event.message_finished:
                        sock.sendall(connection.send(events.TextMessage(data=text)))
                        text = ""
                case events.Ping():
                    sock.sendall(connection.send(event.response()))
                case events.CloseConnection():
                    if data:
                        sock.sendall(connection.send(event.response()))
                    if client:
                        while sock.recv(65536):
                            pass
                    return
        if not data:
            return


def wsproto_server(count):
    from wsproto import ConnectionType, WSConnection

    with socket.create_server((HOST, PORT)) as listener:
        for _ in range(int(count)):
            with listener.accept()[0] as sock:
                wsproto_session(sock, WSConnection(ConnectionType.SERVER))


def wsproto_client(count):
    from wsproto import ConnectionType, WSConnection
    from wsproto.events import Request
    from wsproto.extensions import PerMessageDeflate

    for _ in range(int(count)):
        with socket.create_connection((HOST, FRONT)) as sock:
            opening = Request(host=f"{HOST}:{FRONT}", target="/", extensions=[PerMessageDeflate()])
            wsproto_session(sock, WSConnection(ConnectionType.CLIENT), opening)


play(
    offending_client,
    offending_server,
    websockets_server,
    websockets_client,
    wsproto_server,
    wsproto_client,
)
