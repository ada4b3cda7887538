"""Two clients which mask, but not with random keys: one always with zeros, one always with
the same key. The server, one of the library, cannot object: it has nothing to compare with."""

import struct

from stage import Peer, play


def masked(head, payload, key):
    masked = bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))
    return bytes([head, 0x80 | len(payload)]) + key + masked


def client():
    for key in [bytes(4), bytes.fromhex("37fa213d")]:
        with Peer.connect() as peer:
            peer.open()
            for text in [b"one", b"two", b"three", b"four", b"five"]:
                peer.send(masked(0x81, text, key))
                assert peer.receive().data == text
            peer.send(masked(0x88, struct.pack("!H", 1000), key))
            assert peer.receive().opcode == 8
            peer.until_end()


play(client)
