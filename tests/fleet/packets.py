"""IP packets with TCP segments, and files of them."""

import struct
from datetime import datetime
from enum import IntEnum, StrEnum
from ipaddress import ip_address
from typing import NamedTuple


class Side(StrEnum):
    CLIENT = "client"
    SERVER = "server"

    @property
    def other(self) -> "Side":
        return Side.SERVER if self is Side.CLIENT else Side.CLIENT


class Flag(IntEnum):
    FIN, SYN, RST, PUSH, ACK = 1, 2, 4, 8, 16


class End(NamedTuple):
    """An address with a port."""

    ip: str
    port: int

    def __str__(self) -> str:
        return f"{self.ip}:{self.port}"


class Packet(NamedTuple):
    time: datetime
    data: bytes
    # As long as it was on the wire: `data` may be less of it.
    length: int


def pcap(packets: list[Packet]) -> bytes:
    """A capture of IP packets, with times in microseconds."""
    records = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)]
    for packet in packets:
        since = packet.time - datetime(1970, 1, 1)
        seconds = since.days * 86400 + since.seconds
        records.append(struct.pack("<IIII", seconds, since.microseconds, len(packet.data), packet.length) + packet.data)
    return b"".join(records)


def checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def segment(source: End, target: End, sequence: int, acknowledged: int, flags: int, window: int, payload: bytes) -> bytes:
    """An IPv4 packet with a TCP segment."""
    addresses = ip_address(source.ip).packed + ip_address(target.ip).packed
    options = b"\x02\x04\x05\xb4" if flags & Flag.SYN else b""
    offset = (20 + len(options)) // 4 << 4
    head = [source.port, target.port, sequence, acknowledged, offset, flags, window]
    length = 20 + len(options) + len(payload)
    unsummed = struct.pack("!HHIIBBHHH", *head, 0, 0) + options + payload
    tcp = unsummed[:16] + struct.pack("!H", checksum(addresses + struct.pack("!HH", 6, length) + unsummed)) + unsummed[18:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0x4000, 64, 6, 0) + addresses
    return ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + tcp
