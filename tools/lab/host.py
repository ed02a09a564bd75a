"""What a gateway's host looks like from outside, to be compared before and after: Weir must leave it as found."""
import ctypes
import os
import struct

from .namespaces import run

_SYS_BPF, _BPF_PROG_QUERY = 321, 16
_TCX_INGRESS, _TCX_EGRESS, _SK_LOOKUP = 46, 47, 36
_libc = ctypes.CDLL(None, use_errno=True)

# Settings that count, cache or cannot be read twice alike.
_VOLATILE = ("nf_conntrack_count", "/flush", "tcp_fastopen_key", "random", "/neigh/", "stat_refresh", "mtu_expires")


class Footprint(dict):
    """{what: text}: ip rules, routes, nft tables, network settings, BPF programs and qdiscs of a namespace."""

    @classmethod
    def of(cls, lab, namespace):
        found = cls()
        for title, command in (("ip rule", "ip rule"), ("ip -6 rule", "ip -6 rule"),
                               ("routes", "ip -o route show table all"), ("routes 6", "ip -o -6 route show table all"),
                               ("nft", "nft list ruleset"), ("qdiscs", "tc qdisc show"), ("links", "ip -br link")):
            lines = run(*lab.command(namespace, *command.split())).splitlines()
            found[title] = "\n".join(sorted(lines) if "routes" in title else lines)
        for link in ("lan0", "wan0"):
            found[f"filters {link}"] = "".join(
                run(*lab.command(namespace, "tc", "filter", "show", "dev", link, side), check=False)
                for side in ("ingress", "egress"))
        found.update(lab.within(namespace, lambda: {**_settings(), **_programs()}))
        return found

    def differences(self, later):
        return [f"{key}: was {self.get(key)!r}, is {later.get(key)!r}"
                for key in sorted(set(self) | set(later)) if self.get(key) != later.get(key)]


def _settings():
    found = {}
    for folder, _, files in os.walk("/proc/sys/net"):
        for name in files:
            path = f"{folder}/{name}"
            if any(part in path for part in _VOLATILE):
                continue
            try:
                with open(path, encoding="ascii", errors="replace") as file:
                    found[path[len("/proc/sys/"):].replace("/", ".")] = file.read().strip()
            except OSError:
                pass
    return found


def _programs():
    """How many BPF programs are attached to the interfaces and to socket look-up."""
    def attached(target, kind):
        attributes = bytearray(128)
        struct.pack_into("=II", attributes, 0, target, kind)
        buffer = (ctypes.c_char * len(attributes)).from_buffer(attributes)
        if _libc.syscall(_SYS_BPF, _BPF_PROG_QUERY, buffer, len(attributes)) < 0:
            return 0   # this kernel has no such place to attach to
        return struct.unpack_from("=I", attributes, 24)[0]

    found = {}
    for index, link in _interfaces():
        found[f"bpf {link}"] = attached(index, _TCX_INGRESS), attached(index, _TCX_EGRESS)
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    found["bpf sk_lookup"] = attached(here, _SK_LOOKUP)
    os.close(here)
    return found


def _interfaces():
    import socket
    return socket.if_nameindex()
