"""A dialled line between the gateway and the origin: point to point, without link-layer headers, and new at every dial.

What a PPPoE session looks like from the gateway: an interface ppp0 that goes with the line, and comes back under the same
name with another index and another address.
"""
import fcntl
import os
import select
import struct
import threading

_TUNSETIFF, _TUN, _NO_INFO = 0x400454CA, 1, 0x1000
FAR_END = "10.94.0.2"


class Line:
    """`dial(address)` gives the gateway this address; `hang_up()` takes ppp0 away on both sides."""

    def __init__(self, lab):
        self.lab = lab
        self._ends = self._wake = self._pump = None

    def dial(self, address):
        lab = self.lab
        self._ends = [lab.within(namespace, _open) for namespace in (lab.gateway, lab.origin)]
        self._wake = os.pipe()
        self._pump = threading.Thread(target=self._carry, daemon=True)
        self._pump.start()
        for namespace, here, there in ((lab.gateway, address, FAR_END), (lab.origin, FAR_END, address)):
            lab.sysctl(namespace, "net.ipv6.conf.ppp0.disable_ipv6", 1)   # or every dial has a random address beside
            lab.run(namespace, "ip", "address", "add", here, "peer", there, "dev", "ppp0")
            lab.run(namespace, "ip", "link", "set", "ppp0", "mtu", "1492", "up")

    def hang_up(self):
        if self._ends:
            os.write(self._wake[1], b".")
            self._pump.join()
            for descriptor in (*self._ends, *self._wake):
                os.close(descriptor)
            self._ends = None

    close = hang_up

    def _carry(self):
        near, far = self._ends
        while True:
            ready, _, _ = select.select([near, far, self._wake[0]], [], [])
            if self._wake[0] in ready:
                return
            for descriptor in ready:
                try:
                    os.write(far if descriptor == near else near, os.read(descriptor, 65535))
                except OSError:   # the other end is not up yet
                    pass


def _open():
    descriptor = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", b"ppp0", _TUN | _NO_INFO))
    return descriptor
