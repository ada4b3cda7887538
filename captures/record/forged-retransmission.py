"""A session of two peers of the library. Between two messages, a packet is injected which pretends
to be a retransmission of the client's first message, with other bytes: as a box on the path does
which rewrites what it retransmits. It comes too late to be believed, and the session goes on."""

import socket
import struct

from stage import HOST, PORT, URL, play, websockets


def sum16(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Wire:
    """The loopback interface's IPv4 packets."""

    def __init__(self):
        self.tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        self.tap.bind(("lo", 0x0800))
        self.tap.settimeout(5)
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def data_of_client(self, client_port):
        """The next packet with data from this port, and where its data begins."""
        while True:
            packet = self.tap.recv(65536)
            if packet[9] != socket.IPPROTO_TCP:
                continue
            tcp = (packet[0] & 15) * 4
            data = tcp + (packet[tcp + 12] >> 4) * 4
            if packet[tcp : tcp + 4] == struct.pack("!HH", client_port, PORT) and packet[data:]:
                return packet, tcp, data

    def inject(self, packet, tcp):
        """Send it with the checksum which TCP wants; the kernel makes that of IP."""
        segment = bytearray(packet[tcp:])
        segment[16:18] = bytes(2)
        pseudo = packet[12:20] + struct.pack("!HH", socket.IPPROTO_TCP, len(segment))
        segment[16:18] = struct.pack("!H", sum16(pseudo + segment))
        self.raw.sendto(packet[:tcp] + segment, (HOST, 0))


async def client():
    async with websockets.connect(URL, compression=None) as connection:
        wire = Wire()

        async def exchange(text):
            await connection.send(text)
            assert await connection.recv() == text

        await exchange("pay 10 euros")
        packet, tcp, data = wire.data_of_client(connection.local_address[1])
        forged = bytes(byte ^ 0x55 for byte in packet[data + 6 :])  # not the frame's header
        wire.inject(packet[: data + 6] + forged, tcp)
        await exchange("pay 20 euros")


play(client)
