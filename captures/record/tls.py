"""WebSockets inside TLS, written without a network: OpenSSL at both ends, through memory, and the packets that would carry
its records. The secrets are in the pcapng files, as a Decryption Secrets Block.

    python3 captures/record/tls.py FOLDER
"""

import itertools
import pathlib
import ssl
import struct
import subprocess
import sys
import tempfile

CLIENT, SERVER = ("10.0.0.1", 40001), ("10.0.0.2", 443)
REQUEST = (
    b"GET /chat HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
ANSWER = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
KEYS = (struct.pack(">I", 0x37FA213D * (2 * number + 1) % 2**32) for number in itertools.count())


def frame(opcode, payload, masked):
    """A frame with FIN, shorter than 64 KiB (RFC 6455, section 5.2)."""
    length = len(payload)
    head = bytes([0x80 | opcode, (128 if masked else 0) | (length if length < 126 else 126)])
    if length >= 126:
        head += struct.pack(">H", length)
    if masked:
        key = next(KEYS)
        payload = bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))
        head += key
    return head + payload


class Wire:
    """Packets of one connection."""

    def __init__(self):
        self.packets, self.time = [], 1_700_000_000_000_000
        self.port = CLIENT[1]
        self.open()

    def again(self):
        """Another connection of the same client."""
        self.time += 1_000_000
        self.port += 1
        self.open()

    def open(self):
        self.next = {CLIENT: 1000, SERVER: 5000}
        self.packet(CLIENT, 0x02)
        self.packet(SERVER, 0x12)
        self.packet(CLIENT, 0x10)

    def packet(self, source, flags, data=b""):
        target = SERVER if source == CLIENT else CLIENT
        acked = self.next[target] if flags & 0x10 else 0
        ports = [self.port if end == CLIENT else end[1] for end in (source, target)]
        tcp = struct.pack(">HHIIBBHHH", *ports, self.next[source], acked, 0x50, flags, 65535, 0, 0) + data
        addresses = [bytes(map(int, end[0].split("."))) for end in (source, target)]
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + b"".join(addresses)
        self.packets.append((self.time, ip + tcp))
        self.time += 1_000
        self.next[source] += len(data) + bool(flags & 0x03)

    def data(self, source, data):
        for at in range(0, len(data), 1_400):
            self.packet(source, 0x18, data[at : at + 1_400])
            self.packet(SERVER if source == CLIENT else CLIENT, 0x10)

    def end(self, first):
        self.packet(first, 0x11)
        self.packet(SERVER if first == CLIENT else CLIENT, 0x11)
        self.packet(first, 0x10)


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))


def write(path, wire, secrets, behind):
    """A pcapng file whose secrets stand before or behind the packets."""
    blocks = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)), block(1, struct.pack("<HHI", 101, 0, 262_144))]
    keys = [block(10, struct.pack("<II", 0x544C534B, len(secrets)) + secrets)] if secrets else []
    packets = [
        block(6, struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, len(data), int.from_bytes(data[2:4], "big")) + data)
        for time, data in wire.packets
    ]
    path.write_bytes(b"".join(blocks + (packets + keys if behind else keys + packets)))


def contexts(folder, certificate, version, ciphers=None, trusting=True, alpn=False, options=0):
    """What a client and a server agree to. The client logs its secrets."""
    client = ssl.create_default_context(cafile=certificate if trusting else None)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    for context in (client, server):
        context.minimum_version = context.maximum_version = version
        context.options |= options
        if ciphers:
            context.set_ciphers(ciphers)
        if alpn:
            context.set_alpn_protocols(["http/1.1"])
    client.keylog_filename = str(folder / "keys.log")
    return client, server


def certify(folder):
    """A certificate and its key, in one file."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9999", "-subj", "/CN=example.org",
         "-addext", "subjectAltName=DNS:example.org", "-keyout", key, "-out", certificate],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    certificate.write_bytes(certificate.read_bytes() + key.read_bytes())
    return certificate


class Peers:
    """A client and a server that share nothing but the wire."""

    def __init__(self, folder, client, server, carrier=None):
        self.wire, self.log = carrier or Wire(), folder / "keys.log"
        self.log.write_bytes(b"" if carrier is None else self.log.read_bytes())
        self.meet(client, server)

    def meet(self, client, server, session=None):
        """They shake hands, or fail to."""
        self.bios = {end: (ssl.MemoryBIO(), ssl.MemoryBIO()) for end in (CLIENT, SERVER)}
        self.ends = {
            CLIENT: client.wrap_bio(*self.bios[CLIENT], server_hostname="example.org", session=session),
            SERVER: server.wrap_bio(*self.bios[SERVER], server_side=True),
        }
        self.failed = None
        done = set()
        while len(done) < 2 and not self.failed:
            for end in (CLIENT, SERVER):
                try:
                    self.ends[end].do_handshake()
                    done.add(end)
                except ssl.SSLWantReadError:
                    pass
                except ssl.SSLError as error:
                    self.failed = self.failed or error
                self.flush(end)

    def begin(self, client):
        """The client's first flight, which nobody reads."""
        self.bios[CLIENT] = (ssl.MemoryBIO(), ssl.MemoryBIO())
        self.ends[CLIENT] = client.wrap_bio(*self.bios[CLIENT], server_hostname="example.org")
        try:
            self.ends[CLIENT].do_handshake()
        except ssl.SSLWantReadError:
            self.wire.data(CLIENT, self.bios[CLIENT][1].read())

    def flush(self, end):
        data = self.bios[end][1].read()
        if data:
            other = SERVER if end == CLIENT else CLIENT
            self.wire.data(end, data)
            self.bios[other][0].write(data)

    def say(self, end, data):
        other = SERVER if end == CLIENT else CLIENT
        self.ends[end].write(data)
        self.flush(end)
        assert self.ends[other].read(len(data)) == data

    def chat(self):
        self.say(CLIENT, REQUEST)
        self.say(SERVER, ANSWER)
        self.say(CLIENT, frame(1, b"hello", True))
        self.say(SERVER, frame(1, b"hello back", False))
        self.say(CLIENT, frame(2, bytes(range(256)) * 8, True))
        self.say(SERVER, frame(9, b"\x0d\x90", False))
        self.say(CLIENT, frame(10, b"\x0d\x90", True))
        self.say(CLIENT, frame(8, struct.pack(">H", 1000), True))
        self.say(SERVER, frame(8, struct.pack(">H", 1000), False))

    def greet(self):
        """A short session."""
        self.say(CLIENT, REQUEST)
        self.say(SERVER, ANSWER)
        self.say(CLIENT, frame(1, b"hello", True))
        self.say(SERVER, frame(1, b"hello back", False))
        self.bid_farewell()

    def data(self, end, data):
        """Carries the bytes of what is inside."""
        self.say(end, data)

    def bid_farewell(self):
        """Close frames, close_notify, FIN."""
        self.say(CLIENT, frame(8, struct.pack(">H", 1000), True))
        self.say(SERVER, frame(8, struct.pack(">H", 1000), False))
        self.leave()

    def leave(self):
        """close_notify of both, and FIN, unless this is inside of something else that ends later."""
        self.notify(SERVER)
        self.notify(CLIENT)
        if isinstance(self.wire, Wire):
            self.wire.end(SERVER)

    def notify(self, end):
        """Sends close_notify."""
        try:
            self.ends[end].unwrap()
        except ssl.SSLError:
            pass
        self.flush(end)

    def secrets(self):
        return self.log.read_bytes()


def main():
    out = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        certificate = certify(folder)

        def whole(name, version, behind=False, keep=True, **options):
            peers = Peers(folder, *contexts(folder, certificate, version, **options))
            peers.chat()
            peers.notify(SERVER)
            peers.notify(CLIENT)
            peers.wire.end(SERVER)
            write(out / name, peers.wire, peers.secrets() if keep else b"", behind)

        whole("tls-1.3.pcapng", ssl.TLSVersion.TLSv1_3, alpn=True)
        whole("tls-1.3-secrets-behind.pcapng", ssl.TLSVersion.TLSv1_3, behind=True)
        whole("tls-1.2-cbc.pcapng", ssl.TLSVersion.TLSv1_2, ciphers="ECDHE-RSA-AES128-SHA256")
        whole("tls-no-secrets.pcapng", ssl.TLSVersion.TLSv1_3, keep=False)

        peers = Peers(folder, *contexts(folder, certificate, ssl.TLSVersion.TLSv1_2, trusting=False))
        assert "CERTIFICATE_VERIFY_FAILED" in str(peers.failed)
        peers.wire.end(CLIENT)
        write(out / "tls-alert.pcapng", peers.wire, b"", False)

        peers = Peers(folder, *contexts(folder, certificate, ssl.TLSVersion.TLSv1_3))
        peers.chat()
        peers.wire.end(SERVER)
        write(out / "tls-closed-early.pcapng", peers.wire, peers.secrets(), False)

        # A session, and a second connection, which something on the way resets when it has seen the name.
        client, server = contexts(folder, certificate, ssl.TLSVersion.TLSv1_3)
        peers = Peers(folder, client, server)
        peers.greet()
        peers.wire.again()
        peers.begin(client)
        peers.wire.packet(SERVER, 0x14)
        write(out / "tls-handshake-broken.pcapng", peers.wire, peers.secrets(), False)


if __name__ == "__main__":
    main()
