"""What the scenarios share: roles, servers, and a peer which sends whatever it is told to."""

import asyncio
import contextlib
import inspect
import os
import signal
import socket
import struct
import sys

import old_asyncio  # noqa: F401  (must come before websockets)
import websockets

HOST = "127.0.0.1"
PORT = 9765  # the server
FRONT = 9764  # a proxy in front of it
URL = f"ws://{HOST}:{PORT}/"


def play(*roles):
    """Play the role named by the first argument; hand it the other arguments."""
    name, *arguments = sys.argv[1:]
    role = {role.__name__: role for role in roles}[name]
    if inspect.iscoroutinefunction(role):
        asyncio.run(role(*arguments))
    else:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # such roles end by themselves
        role(*arguments)


async def serve(handler, host=HOST, **options):
    """Be a server of the library until SIGTERM."""

    async def quiet_handler(connection, *_):
        with contextlib.suppress(websockets.ConnectionClosed):
            await handler(connection)

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with websockets.serve(quiet_handler, host, PORT, **options):
        await stop.wait()


@contextlib.contextmanager
def expecting(exception, words):
    """The block must end with this exception, and its message (or its cause's) hold the words."""
    try:
        yield
    except exception as error:
        text = f"{error!r} {error} {error.__cause__}"
        assert words in text, text
    else:
        raise AssertionError(f"no {exception}")


def frame(head, payload=b"", masked=False):
    """A frame with this first byte, right or wrong."""
    size = len(payload)
    if size < 126:
        length = struct.pack("!B", size | masked << 7)
    else:
        length = struct.pack("!BH", 126 | masked << 7, size)
    return bytes([head]) + length + (mask(payload) if masked else payload)


def mask(payload):
    """A fresh masking key and the payload masked with it."""
    key = os.urandom(4)
    return key + bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


class Peer:
    """A TCP connection whose handshake is that of the library, without I/O of its own:
    nothing leaves unless it is told to, and what it is told to send is not checked."""

    def __init__(self, sock, protocol):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(20)
        self.sock, self.protocol, self.events = sock, protocol, []

    @classmethod
    def accept(cls, **options):
        """Listen and take one connection."""
        from websockets.server import ServerProtocol

        with socket.create_server((HOST, PORT)) as listener:
            return cls(listener.accept()[0], ServerProtocol(**options))

    @classmethod
    def connect(cls, **options):
        from websockets.client import ClientProtocol
        from websockets.uri import parse_uri

        sock = socket.create_connection((HOST, PORT))
        return cls(sock, ClientProtocol(parse_uri(URL), **options))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def receive(self):
        """The next request, response or frame; None at the end of the stream."""
        while not self.events:
            data = self.sock.recv(65536)
            if not data:
                return None
            self.protocol.receive_data(data)
            self.events += self.protocol.events_received()
        return self.events.pop(0)

    def prepared(self):
        """What the library would have sent by now."""
        return b"".join(self.protocol.data_to_send())

    def send(self, *chunks):
        """Send the chunks in one segment."""
        self.sock.sendall(b"".join(chunks))

    def answer(self):
        """As a server, the library's answer to the request (not sent)."""
        return self.protocol.accept(self.receive())

    def open(self):
        """Shake hands as one should."""
        if hasattr(self.protocol, "accept"):
            self.protocol.send_response(self.answer())
            self.send(self.prepared())
        else:
            self.protocol.send_request(self.protocol.connect())
            self.send(self.prepared())
            assert self.receive().status_code == 101
        return self

    def until_end(self):
        """Read the other side's stream to its end, so that our close() is a FIN and not a RST."""
        while self.sock.recv(65536):
            pass
