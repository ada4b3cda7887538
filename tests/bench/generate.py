#!/usr/bin/env python3
"""Writes a capture of WebSocket traffic for measuring, the same bytes every time, and tells what is in it.

    generate.py {mix,bulk,tiny} [--http2] [--mib N] [--connections N] [--at-once N] [--swap P] [--duplicate P] [--seed N] [--tls] OUT

mix   JSON text of 40 to 4000 bytes both ways, some pings with their pongs, some binary messages of 64 KiB
bulk  binary messages of 256 KiB both ways
tiny  text messages of 20 to 60 bytes, a packet each: what counts is the cost of a packet

With --http2 each WebSocket is a stream of an HTTP/2 connection of its own (RFC 8441), and its frames are in DATA frames of at
most 16 KiB: the same frames as without, of which --mib is the size. All connections are open at once, or --at-once of them and then the next ones, each from an upgrade to a Close of both
sides. OUT may be `-`. With --tls all of the same traffic is inside TLS 1.3 with AES-128-GCM, in records of at most 16 KiB, one
for each frame at least; the secrets go to OUT.keys. What is random in TLS differs each time. What the capture holds goes
to standard error as a line of JSON: packets, connections, frames by opcode, messages, payload bytes; with --tls also the records
of TLS after the handshakes, and the bytes in them. Checksums are
zero, as where the network card computes them.
"""

import argparse
import base64
import hashlib
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

SEGMENT = 1448
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
OPCODES = {"text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}
FIN, SYN, PSH, ACK = 0x01, 0x02, 0x08, 0x10
RECORD = b'{"type":"update","symbol":"ABC","price":123.45,"qty":10,"note":"the quick brown fox"},'
POOL = RECORD * (262144 // len(RECORD) + 1)


class Capture:
    """A pcap file in the making. Packets are swapped and doubled on their way into it."""

    def __init__(self, out, random, swap, duplicate):
        self.out, self.random, self.swap, self.duplicate = out, random, swap, duplicate
        self.packets, self.bytes, self.micros, self.held = 0, 24, 1_700_000_000_000_000, None
        self.plain = 24
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))

    def add(self, headers, payload):
        self.micros += 7
        length = len(headers) + len(payload)
        record = struct.pack("<IIII", *divmod(self.micros, 1_000_000), length, length) + headers + payload
        if self.held is not None:
            self.write(record)
            self.flush()
        elif self.swap and self.random.random() < self.swap:
            self.held = record
        else:
            self.write(record)
            if self.duplicate and self.random.random() < self.duplicate:
                self.write(record)

    def flush(self):
        if self.held is not None:
            self.write(self.held)
            self.held = None

    def write(self, record):
        self.out.write(record)
        self.packets += 1
        self.bytes += len(record)


class Side:
    """One end of a connection: what its packets begin with, and its place in TCP's numbers."""

    def __init__(self, address, peer, port, peer_port, sequence):
        self.link = b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0"
        self.ends, self.ports, self.sequence = address + peer, struct.pack("!HH", port, peer_port), sequence

    def headers(self, length, flags, acknowledged, micros):
        return b"".join((
            self.link,
            struct.pack("!BBHHHBBH", 0x45, 0, 52 + length, 0, 0x4000, 64, 6, 0),
            self.ends,
            self.ports,
            struct.pack("!IIBBHHH", self.sequence, acknowledged, 0x80, flags, 65535, 0, 0),
            struct.pack("!HBBII", 0x0101, 8, 10, micros // 1000 & 0xFFFFFFFF, 0),
        ))


def h2(kind, flags, stream, payload):
    """A frame of HTTP/2."""
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def h2_head(*fields):
    """A head without compression, of short fields."""
    return b"".join(b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value for name, value in fields)


class Connection:
    port = 8080

    def __init__(self, number, capture, frames, random):
        client, server = struct.pack("!I", 0x0A000000 + number), bytes([192, 168, 0, 1 + number % 4])
        port = 20000 + number % 40000
        self.client = Side(client, server, port, self.port, random.getrandbits(32))
        self.server = Side(server, client, self.port, port, random.getrandbits(32))
        self.capture, self.frames, self.random = capture, frames, random
        self.payload = 0

    def packet(self, sender, receiver, flags, payload=b""):
        acknowledged = receiver.sequence if flags & ACK else 0
        headers = sender.headers(len(payload), flags, acknowledged, self.capture.micros)
        self.capture.add(headers, payload)
        sender.sequence = (sender.sequence + len(payload) + (1 if flags & (SYN | FIN) else 0)) & 0xFFFFFFFF

    def send(self, sender, receiver, data):
        """Sends data, and counts what that takes over HTTP/1.1 without TLS, so that all have the same traffic."""
        self.count(len(data))
        self.carry(sender, receiver, data)

    def count(self, length):
        segments = -(-length // SEGMENT)
        self.capture.plain += length + (segments + (segments - 1) // 2 + 1) * (16 + 66)

    def carry(self, sender, receiver, data):
        """Data in full segments, every second one acknowledged, and the last."""
        for number, start in enumerate(range(0, len(data), SEGMENT)):
            last = start + SEGMENT >= len(data)
            self.packet(sender, receiver, ACK | (PSH if last else 0), data[start : start + SEGMENT])
            if number % 2 == 1 and not last:
                self.packet(receiver, sender, ACK)
        self.packet(receiver, sender, ACK)

    def connect(self):
        client, server = self.client, self.server
        self.capture.plain += 3 * (16 + 66)
        self.packet(client, server, SYN)
        self.packet(server, client, SYN | ACK)
        self.packet(client, server, ACK)

    def open(self):
        self.connect()
        request, answer = self.handshake()
        self.send(self.client, self.server, request)
        self.send(self.server, self.client, answer)

    def handshake(self):
        key = base64.b64encode(self.random.randbytes(16))
        request = b"\r\n".join((
            b"GET /feed HTTP/1.1", b"Host: example.test:8080", b"Upgrade: websocket", b"Connection: Upgrade",
            b"Sec-WebSocket-Key: " + key, b"Sec-WebSocket-Version: 13", b"Origin: http://example.test", b"", b"",
        ))
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        return request, b"\r\n".join((
            b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade",
            b"Sec-WebSocket-Accept: " + accept, b"", b"",
        ))

    def say(self, sender, receiver, data):
        """Bytes of the WebSocket."""
        self.send(sender, receiver, data)

    def frame(self, from_client, opcode, payload):
        self.frames[opcode] += 1
        length, mask = len(payload), 0x80 if from_client else 0
        self.payload += length
        if length < 126:
            header = struct.pack("!BB", 0x80 | OPCODES[opcode], mask | length)
        elif length < 1 << 16:
            header = struct.pack("!BBH", 0x80 | OPCODES[opcode], mask | 126, length)
        else:
            header = struct.pack("!BBQ", 0x80 | OPCODES[opcode], mask | 127, length)
        if from_client:
            key = self.random.randbytes(4)
            stretched = int.from_bytes((key * (length // 4 + 1))[:length], "big")
            masked = (int.from_bytes(payload, "big") ^ stretched).to_bytes(length, "big")
            self.say(self.client, self.server, header + key + masked)
        else:
            self.say(self.server, self.client, header + payload)

    def close(self):
        self.frame(True, "close", b"\x03\xe8")
        self.frame(False, "close", b"\x03\xe8")
        self.packet(self.server, self.client, FIN | ACK)
        self.packet(self.client, self.server, FIN | ACK)
        self.packet(self.server, self.client, ACK)

    def talk(self, kind):
        dice = self.random.random()
        if kind == "bulk":
            self.frame(dice < 0.5, "binary", POOL[:262144])
        elif kind == "tiny":
            self.frame(dice < 0.5, "text", POOL[: self.random.randrange(20, 60)])
        elif dice < 0.02:
            payload = self.random.randbytes(4)
            self.frame(False, "ping", payload)
            self.frame(True, "pong", payload)
        elif dice < 0.05:
            self.frame(dice < 0.035, "binary", POOL[:65536])
        else:
            self.frame(dice < 0.5, "text", POOL[: self.random.randrange(40, 4000)])


class Http2Connection(Connection):
    """The WebSocket is stream 1, whose windows are as wide as can be."""

    def open(self):
        self.connect()
        for head in self.handshake():
            self.count(len(head))
        client, server = self.client, self.server
        wide = struct.pack("!HI", 4, 2**31 - 1)
        wider = h2(8, 0, 0, struct.pack("!I", 2**31 - 1 - 65535))
        self.carry(client, server, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + h2(4, 0, 0, wide) + wider)
        self.carry(server, client, h2(4, 0, 0, wide + struct.pack("!HI", 8, 1)) + h2(4, 1, 0, b"") + wider)
        self.carry(client, server, h2(4, 1, 0, b"") + h2(1, 4, 1, h2_head(
            (b":method", b"CONNECT"), (b":protocol", b"websocket"), (b":scheme", b"http"), (b":path", b"/feed"),
            (b":authority", b"example.test:8080"), (b"sec-websocket-version", b"13"), (b"origin", b"http://example.test"),
        )))
        self.carry(server, client, h2(1, 4, 1, b"\x88"))

    def say(self, sender, receiver, data):
        self.count(len(data))
        self.carry(sender, receiver, b"".join(h2(0, 0, 1, data[at : at + 16384]) for at in range(0, len(data), 16384)))


class Secured(Connection):
    """A connection inside TLS, with OpenSSL at both ends."""

    port = 443
    contexts = None
    records = bytes = 0

    def connect(self):
        import ssl

        super().connect()
        client, server = self.contexts
        self.bios = {end: (ssl.MemoryBIO(), ssl.MemoryBIO()) for end in (self.client, self.server)}
        self.peers = {
            self.client: client.wrap_bio(*self.bios[self.client], server_hostname="example.test"),
            self.server: server.wrap_bio(*self.bios[self.server], server_side=True),
        }
        waiting = [self.client, self.server]
        while waiting:
            end = waiting.pop(0)
            try:
                self.peers[end].do_handshake()
            except ssl.SSLWantReadError:
                waiting.append(end)
            self.flush(end)

    def flush(self, end):
        data, other = self.bios[end][1].read(), self.server if end is self.client else self.client
        if data:
            super().carry(end, other, data)
            self.bios[other][0].write(data)

    def carry(self, sender, receiver, data):
        Secured.records += -(-len(data) // 16384)
        Secured.bytes += len(data)
        self.peers[sender].write(data)
        # Nobody reads it: what the other side has in hand would only grow.
        super().carry(sender, receiver, self.bios[sender][1].read())

    @classmethod
    def agree(cls, keys):
        """What both ends agree on. Python cannot choose a suite of TLS 1.3: OpenSSL's configuration does, read at its first use."""
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            config, certificate = folder / "openssl.cnf", folder / "certificate.pem"
            make = "openssl req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=example.test -keyout - -out -"
            certificate.write_bytes(subprocess.run(make.split(), check=True, capture_output=True).stdout)
            config.write_text(
                "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nCiphersuites = TLS_AES_128_GCM_SHA256\n"
            )
            os.environ["OPENSSL_CONF"] = str(config)
            import ssl

            client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            client.check_hostname, client.verify_mode, client.keylog_filename = False, ssl.CERT_NONE, keys
            server.load_cert_chain(certificate)
            cls.contexts = client, server


def main():
    parser = argparse.ArgumentParser(description="Writes a capture of WebSocket traffic for measuring.")
    parser.add_argument("kind", choices=("mix", "bulk", "tiny"))
    parser.add_argument("out")
    parser.add_argument("--http2", action="store_true", help="WebSockets over HTTP/2")
    parser.add_argument("--mib", type=int, default=256)
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--at-once", type=int, help="how many of them are open at once")
    parser.add_argument("--swap", type=float, default=0, help="how many packets come one place late")
    parser.add_argument("--duplicate", type=float, default=0, help="how many packets are captured twice")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tls", action="store_true", help="all of it inside TLS 1.3")
    args = parser.parse_args()
    if args.tls and args.http2:
        parser.error("--tls has WebSockets over HTTP/1.1")
    if args.tls:
        pathlib.Path(f"{args.out}.keys").unlink(missing_ok=True)
        Secured.agree(f"{args.out}.keys")
    dice, frames = random.Random(args.seed), dict.fromkeys(OPCODES, 0)
    with sys.stdout.buffer if args.out == "-" else open(args.out, "wb", buffering=1 << 20) as out:
        capture = Capture(out, dice, args.swap, args.duplicate)
        kind = Http2Connection if args.http2 else Secured if args.tls else Connection
        connections = [kind(number, capture, frames, dice) for number in range(args.connections)]
        together = args.at_once or len(connections)
        for start in range(0, len(connections), together):
            some = connections[start : start + together]
            for connection in some:
                connection.open()
            size = lambda: capture.plain if args.tls or args.http2 else capture.bytes
            while size() < (args.mib << 20) * (start + len(some)) // len(connections):
                some[dice.randrange(len(some))].talk(args.kind)
            for connection in some:
                connection.close()
        capture.flush()
    tls = {"tls": {"records": Secured.records, "bytes": Secured.bytes}} if args.tls else {}
    print(json.dumps({
        **tls,
        "packets": capture.packets,
        "connections": len(connections),
        "sessions": len(connections),
        "frames": {opcode: count for opcode, count in frames.items() if count},
        "messages": frames["text"] + frames["binary"],
        "payload_bytes": sum(connection.payload for connection in connections),
    }), file=sys.stderr)


main()
