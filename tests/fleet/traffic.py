"""Captures of a small fleet over three days, and what is true of them: what wsight should find is known beforehand.

    python3 tests/fleet/traffic.py /tmp/fleet/captures

Three servers, of which two get a version on the second day that cuts pongs, and a host in front of which load balancers
stand. Each host's packets are written as a ring of files. What is random is the same each time.
"""

import argparse
import base64
import hashlib
import random
import struct
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import Path

from packets import End, Flag, Packet, Side, pcap, segment

FIRST_DAY = datetime(2026, 11, 24)
DAYS = [FIRST_DAY + timedelta(days=day) for day in range(3)]
# When each server got the version that cuts pongs at their first zero byte.
DEPLOYED = {"web1": datetime(2026, 11, 25, 10), "web2": datetime(2026, 11, 25, 12)}
FILE_OF_A_RING = timedelta(hours=8)
# How long it takes until bytes are acknowledged.
ACKNOWLEDGED = timedelta(microseconds=200)
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Opcode(IntEnum):
    TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


@dataclass(eq=False)
class Session:
    """A WebSocket as it went."""

    host: str
    client: End
    server: End
    began: datetime
    upgrade: timedelta
    last_packet: datetime
    close_by: Side | None = None
    close_code: int | None = None
    ended_by: Side | None = None
    # Of payload, as far as the capture has them.
    bytes: int = 0

    @property
    def age(self) -> timedelta:
        return self.last_packet - self.began


@dataclass(eq=False)
class Finding:
    """What is wrong, or worth to know, at a time."""

    host: str
    time: datetime
    id: str
    severity: str
    side: Side | None = None
    session: Session | None = None
    # How long it lasted: a silence, or a wait in vain.
    lasted: timedelta | None = None
    # What went wrong with an upgrade, and how many attempts it concerns.
    cause: str | None = None
    attempts: int = 1
    # A pong that is cut.
    cut: bool = False
    certain: bool = True
    # It is the capture's fault.
    of_capture: bool = False


@dataclass
class Host:
    """A machine that captures."""

    name: str
    random: random.Random
    packets: list[Packet] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def found(self, time: datetime, id: str, severity: str = "warning", **more) -> None:
        self.findings.append(Finding(self.name, time, id, severity, **more))

    def client(self) -> End:
        """One of forty clients, and a port that it has not had."""
        return self.port_of(f"203.0.113.{self.random.randint(1, 40)}")

    def port_of(self, ip: str) -> End:
        return End(ip, 20000 + len(self.packets))

    def some(self, least: float, most: float) -> timedelta:
        return timedelta(microseconds=self.random.randint(round(least * 1e6), round(most * 1e6)))

    def write(self, folder: Path) -> None:
        """Files as `dumpcap -b` names them, each with the packets of some hours."""
        folder.mkdir(parents=True, exist_ok=True)
        files: dict[int, list[Packet]] = {}
        for packet in sorted(self.packets, key=lambda packet: packet.time):
            files.setdefault((packet.time - FIRST_DAY) // FILE_OF_A_RING, []).append(packet)
        for number, (at, packets) in enumerate(files.items(), 1):
            began = FIRST_DAY + at * FILE_OF_A_RING
            (folder / f"ring_{number:05}_{began:%Y%m%d%H%M%S}.pcap").write_bytes(pcap(packets))


class Connection:
    """A TCP connection as it is captured: each method adds packets, and `now` is the time of the last one."""

    def __init__(self, host: Host, client: End, server: End, time: datetime):
        self.host = host
        self.ends = {Side.CLIENT: client, Side.SERVER: server}
        self.next = {side: host.random.getrandbits(32) for side in Side}
        self.now = time

    def after(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def emit(
        self, side: Side, flags: int, payload: bytes = b"", *, window: int = 64000, back: int = 0, snap: int = 65535
    ) -> None:
        """A packet that begins `back` bytes before what the side sends next. Of longer ones than `snap` the end is cut."""
        acknowledged = self.next[side.other] if flags & Flag.ACK else 0
        sequence = (self.next[side] - back) % 2**32
        data = segment(self.ends[side], self.ends[side.other], sequence, acknowledged, flags, window, payload)
        self.host.packets.append(Packet(self.now, data[:snap], len(data)))
        self.next[side] = (sequence + len(payload) + bool(flags & (Flag.SYN | Flag.FIN))) % 2**32

    def acknowledge(self, side: Side, window: int = 64000) -> None:
        self.now += ACKNOWLEDGED
        self.emit(side, Flag.ACK, window=window)

    def open(self) -> None:
        self.emit(Side.CLIENT, Flag.SYN)
        self.after(0.000_1)
        self.emit(Side.SERVER, Flag.SYN | Flag.ACK)
        self.after(0.02)
        self.emit(Side.CLIENT, Flag.ACK)

    def send(self, side: Side, payload: bytes, *, captured: bool = True, snap: int = 65535) -> None:
        """Bytes that the other side acknowledges. If they are not captured, that alone shows them."""
        if captured:
            self.emit(side, Flag.PUSH | Flag.ACK, payload, snap=snap)
        else:
            self.next[side] = (self.next[side] + len(payload)) % 2**32
        self.acknowledge(side.other)

    def finish(self, side: Side) -> None:
        """A FIN of each side, this one first."""
        self.emit(side, Flag.FIN | Flag.ACK)
        self.after(0.01)
        self.emit(side.other, Flag.FIN | Flag.ACK)
        self.acknowledge(side)

    def request(self) -> bytes:
        """Asks for a WebSocket, and returns the key. `now` is the time of the request."""
        key = base64.b64encode(self.host.random.randbytes(16))
        head = b"GET /chat HTTP/1.1\r\nHost: chat.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        head += b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
        self.after(0.000_1)
        self.emit(Side.CLIENT, Flag.PUSH | Flag.ACK, head)
        return key


class WebSocket(Connection):
    """A session. It begins as it is made."""

    def __init__(self, host: Host, client: End, server: End, time: datetime, upgrade: timedelta | None = None):
        super().__init__(host, client, server, time)
        upgrade = upgrade or host.some(0.002, 0.06)
        self.open()
        key = self.request()
        self.session = Session(host.name, client, server, self.now, upgrade, self.now)
        host.sessions.append(self.session)
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        self.now += upgrade
        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        self.send(Side.SERVER, head + accept + b"\r\n\r\n")
        if upgrade > timedelta(seconds=1):
            self.found("upgrade-slow", "note", time=self.now - ACKNOWLEDGED, side=Side.SERVER)

    def found(self, id: str, severity: str = "warning", time: datetime | None = None, **more) -> None:
        self.host.found(time or self.now, id, severity, session=self.session, **more)

    def frame(self, side: Side, opcode: Opcode, payload: bytes) -> bytes:
        self.session.bytes += len(payload)
        mask = self.host.random.randbytes(4) if side is Side.CLIENT else b""
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if mask else payload
        assert len(payload) < 126
        return bytes([0x80 | opcode, len(payload) | (0x80 if mask else 0)]) + mask + masked

    def text(self, side: Side, **how) -> None:
        self.send(side, self.frame(side, Opcode.TEXT, b"message number %d" % len(self.host.packets)), **how)

    def ping(self, side: Side, cut: bool = False) -> None:
        """A ping of this side, and the other one's pong, which may end before the first zero byte."""
        payload = b"ping\0" + self.host.random.randbytes(4)
        self.send(side, self.frame(side, Opcode.PING, payload))
        self.after(0.001)
        if cut:
            self.found("pong-mismatch", "error", side=side.other, cut=True)
        self.send(side.other, self.frame(side.other, Opcode.PONG, payload[:4] if cut else payload))

    def close(self, side: Side, code: int) -> None:
        """A Close of each side, after which the server ends the connection."""
        self.session.close_by, self.session.close_code = side, code
        if code not in (1000, 1001):
            self.found("close-abnormal", "note", side=side)
        for by in (side, side.other):
            self.send(by, self.frame(by, Opcode.CLOSE, struct.pack("!H", code)))
            self.after(0.001)
        self.finish(Side.SERVER)

    def finish(self, side: Side) -> None:
        self.session.ended_by = side
        super().finish(side)
        # It is over with the second FIN, unless bytes are missing.
        self.session.last_packet = self.now - ACKNOWLEDGED

    def leave(self, side: Side, silence: timedelta) -> None:
        """Ends without a Close, so long after the last packet."""
        self.now += silence - ACKNOWLEDGED
        self.found("close-missing", side=side, lasted=silence if silence >= timedelta(seconds=5) else None)
        self.finish(side)

    def until(self, age: timedelta) -> None:
        """Texts of both sides, up to this age, with pauses of up to a minute."""
        end = self.session.began + age
        while (left := end - self.now) > timedelta(0):
            self.text(self.host.random.choice(list(Side)))
            self.now += min(left, self.host.some(5, 60))


def ordinary(host: Host, client: End, server: End, time: datetime, age: timedelta, *, client_cuts=False, **how) -> None:
    """Texts, pings of both sides, and an orderly end."""
    session = WebSocket(host, client, server, time, **how)
    for _ in range(2):
        session.until(session.now - session.session.began + age / 2)
        session.ping(Side.CLIENT, cut=session.now >= DEPLOYED.get(host.name, datetime.max))
        session.ping(Side.SERVER, cut=client_cuts)
    session.after(0.5)
    session.close(Side.CLIENT, 1000)


def cut_when_idle(host: Host, server: End, time: datetime, silence: timedelta) -> None:
    """The server's side ends it after so much silence."""
    session = WebSocket(host, host.client(), server, time)
    session.until(host.some(5, 600))
    session.text(Side.SERVER)
    session.leave(Side.SERVER, silence)


def cut_at_an_age(host: Host, server: End, time: datetime, age: timedelta) -> None:
    """The server's side ends it at this age, whatever is sent in it."""
    session = WebSocket(host, host.client(), server, time)
    session.until(age - timedelta(seconds=2))
    session.text(Side.CLIENT)
    session.leave(Side.SERVER, session.session.began + age - session.now)


def closed(host: Host, server: End, time: datetime, code: int, age: timedelta) -> None:
    """The server closes it with this code."""
    session = WebSocket(host, host.client(), server, time)
    session.text(Side.CLIENT)
    session.now = session.session.began + age
    session.close(Side.SERVER, code)


def vanished(host: Host, client: End, server: End, time: datetime) -> None:
    """The client is gone: what the server sends is never acknowledged."""
    session = WebSocket(host, client, server, time)
    session.until(host.some(5, 60))
    payload = session.frame(Side.SERVER, Opcode.TEXT, b"is anybody there?")
    session.emit(Side.SERVER, Flag.PUSH | Flag.ACK, payload)
    sent = session.now
    for doubled in range(6):
        session.after(0.2 * 2**doubled)
        session.emit(Side.SERVER, Flag.PUSH | Flag.ACK, payload, back=len(payload))
    session.session.last_packet = session.now
    again = sent + timedelta(seconds=0.2)
    session.found("data-unacknowledged", time=again, lasted=session.now - sent, certain=False)


def stalled(host: Host, client: End, server: End, time: datetime, seconds: int) -> None:
    """The client does not read for so long, and the server asks each second whether it does."""
    session = WebSocket(host, client, server, time)
    session.emit(Side.SERVER, Flag.PUSH | Flag.ACK, session.frame(Side.SERVER, Opcode.TEXT, b"too much to read"))
    session.acknowledge(Side.CLIENT, window=0)
    shut = session.now
    for _ in range(seconds):
        session.after(1)
        session.emit(Side.SERVER, Flag.ACK, back=1)
        session.next[Side.SERVER] += 1
        session.acknowledge(Side.CLIENT, window=0)
    session.after(0.1)
    session.acknowledge(Side.CLIENT)
    session.found("receiver-stalled", time=shut, side=Side.CLIENT, lasted=session.now - shut)
    session.text(Side.SERVER)
    session.close(Side.CLIENT, 1000)


def with_a_gap(host: Host, client: End, server: End, time: datetime) -> None:
    """A packet is not in the capture."""
    session = WebSocket(host, client, server, time)
    session.text(Side.SERVER)
    captured = session.session.bytes
    session.text(Side.SERVER, captured=False)
    session.session.bytes = captured
    session.found("tcp-gap", side=Side.SERVER, of_capture=True)
    session.found("stream-resynchronized", "note", side=Side.SERVER, of_capture=True)
    session.text(Side.SERVER)
    session.close(Side.CLIENT, 1000)


def with_a_cut(host: Host, client: End, server: End, time: datetime) -> None:
    """The capture has only the beginning of a packet."""
    session = WebSocket(host, client, server, time)
    session.text(Side.SERVER)
    session.found("frame-incomplete", side=Side.SERVER, of_capture=True)
    captured = session.session.bytes
    session.text(Side.SERVER, snap=50)
    # The heads of IP, TCP and the frame take 42 of these bytes.
    session.session.bytes = captured + 8
    session.text(Side.SERVER)
    session.close(Side.CLIENT, 1000)
    session.found("packet-truncated", time=session.session.last_packet, of_capture=True)


def rejected(host: Host, server: End, time: datetime, status: str, cause: str) -> None:
    """An HTTP status other than 101."""
    connection = Connection(host, host.client(), server, time)
    connection.open()
    connection.request()
    connection.after(0.005)
    host.found(connection.now, "upgrade-rejected", "error", side=Side.SERVER, cause=cause)
    connection.send(Side.SERVER, b"HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status.encode())
    connection.finish(Side.SERVER)


def unserved(host: Host, server: End, time: datetime) -> None:
    """The server ends the connection instead of answering."""
    connection = Connection(host, host.client(), server, time)
    connection.open()
    connection.request()
    connection.acknowledge(Side.SERVER)
    connection.after(0.3)
    host.found(connection.now, "upgrade-no-response", "error", side=Side.SERVER)
    connection.finish(Side.SERVER)


def refused(host: Host, server: End, time: datetime, attempts: int) -> None:
    """A client whose SYNs are answered with RST."""
    client = host.client()
    host.found(time, "connection-refused", side=Side.SERVER, attempts=attempts)
    for attempt in range(attempts):
        connection = Connection(host, End(client.ip, client.port + attempt), server, time + timedelta(seconds=attempt))
        connection.emit(Side.CLIENT, Flag.SYN)
        connection.emit(Side.SERVER, Flag.RST | Flag.ACK)


def unreached(host: Host, server: End, time: datetime) -> None:
    """A client whose SYNs are not answered."""
    connection = Connection(host, host.client(), server, time)
    host.found(connection.now, "connect-unanswered")
    connection.emit(Side.CLIENT, Flag.SYN)
    for doubled in range(4):
        connection.after(2**doubled)
        connection.emit(Side.CLIENT, Flag.SYN, back=1)


def without_tls(host: Host, server: End, time: datetime) -> None:
    """The server refuses the client's TLS."""
    connection = Connection(host, host.client(), server, time)
    connection.open()
    hello = b"\x03\x03" + host.random.randbytes(32) + b"\0" + b"\0\x02\xc0\x2f" + b"\x01\0" + b"\0\0"
    handshake = b"\x01" + struct.pack("!I", len(hello))[1:] + hello
    connection.send(Side.CLIENT, b"\x16\x03\x01" + struct.pack("!H", len(handshake)) + handshake)
    host.found(connection.now, "tls-alert", "error", side=Side.SERVER, cause="handshake_failure")
    connection.send(Side.SERVER, b"\x15\x03\x03\0\x02\x02\x28")
    connection.finish(Side.SERVER)


def servers() -> list[Host]:
    """Three servers, with clients of all kinds."""
    hosts = {name: Host(name, random.Random(name)) for name in ("web1", "web2", "web3")}
    ends = {name: End(f"10.1.0.{number}", 8080) for number, name in enumerate(hosts, 11)}
    web1, web2, web3 = hosts.values()
    for day in DAYS:
        for name, host in hosts.items():
            for hour in range(1, 23, 2):
                begin = day + timedelta(hours=hour) + host.some(0, 1200)
                slow = name == "web3" and begin > DAYS[2] + timedelta(hours=13)
                upgrade = host.some(1.1, 4) if slow else None
                ordinary(host, host.client(), ends[name], begin, host.some(60, 1500), upgrade=upgrade)
        for host, ip, hour in [(web1, "203.0.113.66", 6), (web3, "203.0.113.66", 7), (web3, "203.0.113.77", 8)]:
            begin = day + timedelta(hours=hour) + host.some(0, 600)
            ordinary(host, host.port_of(ip), ends[host.name], begin, host.some(60, 900), client_cuts=True)
    # Past midnight, and past the end of a file of the ring.
    begin = DAYS[1] + timedelta(hours=23, minutes=50)
    ordinary(web1, web1.client(), ends["web1"], begin, timedelta(minutes=25))

    for number in range(5):
        begin = DAYS[number % 3] + timedelta(hours=14, minutes=number)
        rejected(web2, ends["web2"], begin, "401 Unauthorized", "auth")
        closed(web2, ends["web2"], begin + timedelta(hours=1), 4401, timedelta(seconds=3) + web2.some(0, 0.02))
    for number in range(3):
        rejected(web3, ends["web3"], DAYS[number] + timedelta(hours=9), "404 Not Found", "not-found")
    # The server is started anew.
    deployed = DEPLOYED["web2"]
    for second in (5, 6):
        rejected(web2, ends["web2"], deployed + timedelta(seconds=second), "503 Service Unavailable", "server-error")
    refused(web2, ends["web2"], deployed + timedelta(seconds=1), 3)
    refused(web2, ends["web2"], deployed + timedelta(seconds=2), 1)
    unserved(web1, ends["web1"], DEPLOYED["web1"])

    for host, minute in [(web1, 35), (web3, 40), (web3, 50)]:
        vanished(host, host.port_of("192.0.2.7"), ends[host.name], DAYS[2] + timedelta(hours=21, minutes=minute))
    for hour, seconds in [(10, 3), (12, 8)]:
        stalled(web2, web2.port_of("192.0.2.9"), ends["web2"], DAYS[1] + timedelta(hours=hour), seconds)
    with_a_cut(web2, web2.client(), ends["web2"], DAYS[2] + timedelta(hours=10))
    return list(hosts.values())


def edge() -> Host:
    """A host that sees clients at three load balancers: two with an idle timeout, one that ends every session at an age."""
    host = Host("edge1", random.Random("edge1"))
    minute, minutes, old = (End(f"198.51.100.{number}", 80) for number in (10, 20, 30))
    for day in DAYS:
        for hour in (2, 11, 17):
            cut_when_idle(host, minute, day + timedelta(hours=hour), timedelta(seconds=60) + host.some(0, 0.1))
            cut_at_an_age(host, old, day + timedelta(hours=hour + 2), timedelta(seconds=900) + host.some(0, 0.1))
        cut_when_idle(host, minutes, day + timedelta(hours=4), timedelta(seconds=350) + host.some(0, 0.1))
        for server in (minute, minutes, old):
            for hour in (5, 20):
                ordinary(host, host.client(), server, day + timedelta(hours=hour) + host.some(0, 600), host.some(60, 800))
    # Someone leaves after some time: that is no timeout.
    session = WebSocket(host, host.client(), old, DAYS[0] + timedelta(hours=9))
    session.text(Side.SERVER)
    session.leave(Side.CLIENT, timedelta(seconds=47))
    for server, id in [(minute, "idle-timeout"), (minutes, "idle-timeout"), (old, "lifetime-limit")]:
        ends = (found for found in host.findings if found.id == "close-missing" and found.side is Side.SERVER)
        first = min(found.time for found in ends if found.session and found.session.server == server)
        host.found(first, id, "note", side=Side.SERVER)
    unreached(host, old, DAYS[1] + timedelta(hours=8))
    for number in range(2):
        without_tls(host, End("198.51.100.40", 443), DAYS[number] + timedelta(hours=12))
    with_a_gap(host, host.client(), minute, DAYS[1] + timedelta(hours=15))
    return host


def fleet() -> list[Host]:
    return [*servers(), edge()]


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes captures of a small fleet.")
    parser.add_argument("folder", type=Path, help="a new folder")
    folder = parser.parse_args().folder
    if folder.exists():
        parser.error(f"{folder} exists")
    for host in fleet():
        host.write(folder / host.name)


if __name__ == "__main__":
    main()
