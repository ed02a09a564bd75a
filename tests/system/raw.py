"""A TCP client made of raw packets, for what the kernel's own would never send: fragments, cut where a test likes."""
import random
import socket
import struct
import time

from lab.namespaces import CLIENT

SYN, RST, PSH_ACK, ACK, FIN_ACK = 0x02, 0x04, 0x18, 0x10, 0x11


def checksum(octets):
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class RawTcp:
    """One IPv4 connection of the client's address.  Port numbers above 59999 are never used by the client's kernel,
    whose resets for them are dropped."""

    def __init__(self, lab, address, port):
        self.local, self.remote = (CLIENT, random.randint(60000, 65000)), (address, port)
        self.out = lab.socket(lab.client, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.into = lab.socket(lab.client, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
        self.sequence, self.expected = random.getrandbits(31), 0
        self.identity = random.randint(1, 60000)

    @staticmethod
    def silence_the_kernel(lab):
        lab.nft(lab.client, """table ip lab {
            chain out {
              type filter hook output priority 0;
              tcp sport 60000-65535 tcp flags & rst == rst ip id 0 drop
            }
          }""")

    def send(self, flags, data=b"", fragment=0):
        """One segment; `fragment`: bytes of it in each IP fragment, a multiple of 8, 0: not cut."""
        header = struct.pack("!HHIIBBHHH", self.local[1], self.remote[1], self.sequence, self.expected, 5 << 4, flags,
                             64000, 0, 0)
        ends = socket.inet_aton(self.local[0]) + socket.inet_aton(self.remote[0])
        pseudo = ends + struct.pack("!BBH", 0, 6, len(header) + len(data))
        segment = header[:16] + struct.pack("!H", checksum(pseudo + header + data)) + header[18:] + data
        self.identity += 1
        size = fragment or len(segment)
        for at in range(0, len(segment), size):
            piece = segment[at:at + size]
            more = 0x2000 if at + len(piece) < len(segment) else 0
            self.out.sendto(struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(piece), self.identity, more | at // 8, 64, 6, 0)
                            + ends + piece, (self.remote[0], 0))
        self.sequence += len(data) + bool(flags & (SYN | 0x01))

    def receive(self, timeout=3.0):
        """(flags, data) of the next new segment; None when there is none in time."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            self.into.settimeout(left)
            try:
                packet = self.into.recv(65535)
            except TimeoutError:
                return None
            segment = packet[(packet[0] & 15) * 4:]
            source, target, sequence, _, offset, flags = struct.unpack("!HHIIBB", segment[:14])
            data = segment[(offset >> 4) * 4:]
            if (source, target) != (self.remote[1], self.local[1]) or packet[12:16] != socket.inet_aton(self.remote[0]):
                continue
            if flags & SYN:
                self.expected = sequence + 1
            elif flags & RST or sequence == self.expected:
                self.expected = (sequence + len(data) + (flags & 1)) & 0xFFFFFFFF
            else:
                continue   # sent again
            return flags, data
        return None

    def connect(self, fragment=0):
        self.send(SYN, fragment=fragment)
        answer = self.receive()
        assert answer and answer[0] & 0x12 == 0x12, f"no SYN-ACK but {answer}"
        self.send(ACK)

    def read(self, end, timeout=3.0):
        """Data up to `end`; acknowledges what comes.  None when the connection is reset, or nothing comes."""
        got = b""
        while end not in got:
            answer = self.receive(timeout)
            if answer is None or answer[0] & RST:
                return None
            got += answer[1]
            if answer[1]:
                self.send(ACK)
            elif answer[0] & 1:
                return got
        return got

    def close(self):
        self.send(RST)
        self.out.close()
        self.into.close()
