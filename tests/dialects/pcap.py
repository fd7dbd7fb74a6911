"""pcap.py - TCP conversations as a capture file: Ethernet, IPv4, correct numbers and checksums.

Every connection is opened (SYN, SYN ACK, ACK) and closed (FIN from both). What was sent at one time
in one direction is one run of bytes, cut into segments of random sizes; now and then the first
bytes of the next run travel with the segment before, so that a message begins in one segment and
ends in another, later one. A message's time is that of its last byte.
"""

import random
import struct

FIN, SYN, PUSH, ACK = 1, 2, 8, 16
SEGMENT_MAX = 1460


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Side:
    """One end of a connection."""

    def __init__(self, address, port, sequence):
        self.address, self.port = bytes(map(int, address.split("."))), port
        self.sequence = sequence
        self.ahead = 0  # bytes of the next run that are sent already


class Capture:
    """A capture file being written; times are microseconds."""

    def __init__(self, file, seed):
        self.file, self.random, self.packets = file, random.Random(seed), 0
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))

    def packet(self, at, sender, receiver, flags, data=b""):
        acknowledged = receiver.sequence if flags & ACK else 0
        header = struct.pack(">HHIIBBHHH", sender.port, receiver.port, sender.sequence,
                             acknowledged, 5 << 4, flags, 65535, 0, 0)
        pseudo = sender.address + receiver.address + struct.pack(">BBH", 0, 6, 20 + len(data))
        check = checksum(pseudo + header + data)
        segment = header[:16] + struct.pack(">H", check) + header[18:] + data
        self.packets += 1
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), self.packets & 0xffff, 0x4000, 64,
                         6, 0) + sender.address + receiver.address
        ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
        frame = b"\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0" + ip + segment
        self.file.write(struct.pack("<IIII", at // 1000000, at % 1000000, len(frame), len(frame)))
        self.file.write(frame)
        length = len(data) + (1 if flags & (SYN | FIN) else 0)
        sender.sequence = (sender.sequence + length) & 0xffffffff

    def open(self, at, client, server):
        self.packet(at, client, server, SYN)
        self.packet(at, server, client, SYN | ACK)
        self.packet(at, client, server, ACK)

    def close(self, at, client, server):
        self.packet(at, server, client, FIN | ACK)
        self.packet(at, client, server, FIN | ACK)
        self.packet(at, server, client, ACK)

    def run(self, at, sender, receiver, data, following):
        """Send what is left of `data`, and perhaps the beginning of `following`."""
        data = data[sender.ahead:]
        sender.ahead = 0
        if len(following) > 1 and self.random.random() < 0.3:
            sender.ahead = self.random.randrange(1, min(len(following), 200))
            data += following[:sender.ahead]
        while data:
            size = self.random.choice((1, 7, 40, 300, 900, SEGMENT_MAX))
            size = self.random.randrange(1, size + 1)
            self.packet(at, sender, receiver, ACK | PUSH, data[:size])
            data = data[size:]
