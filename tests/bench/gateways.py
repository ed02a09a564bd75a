"""What stands between client and origin: nothing, HAProxy, or Weir.

Each has start(), stop(), `pid` (None: no process) and proof(units): a reason to disbelieve the run, or None.
"""
import os
import subprocess

from lab import Weir
from lab.gateway import wait_for

import machine

BLOCKED = "blocked.example"
HTTP, CACHE, SNI = "http", "cache", "sni"      # kinds of HAProxy's frontend


class Forwarding:
    """The kernel alone.  Early demux is off: it would tie a packet to what a proxy before left in TIME_WAIT with the same
    ports, and a packet with a socket is not forwarded."""
    name, pid = "plain forwarding", None

    def __init__(self, lab, _directory):
        self.lab = lab

    def start(self):
        self.lab.sysctl(self.lab.gateway, "net.ipv4.tcp_early_demux", 0)

    def stop(self):
        self.lab.sysctl(self.lab.gateway, "net.ipv4.tcp_early_demux", 1)

    def proof(self, _units):
        return None


class Haproxy:
    """HAProxy as a transparent gateway, one thread, nothing logged: HTTP, or TLS judged by its server name."""
    SOURCE = ""
    HTTP_BACKEND = """
backend b
  mode http
  http-reuse always
  {source}
  server s *
"""
    FRONTENDS = {
        HTTP: """
frontend f
  mode http
  bind 0.0.0.0:3129 transparent
  default_backend b
""" + HTTP_BACKEND, CACHE: """
cache memory
  total-max-size 256
  max-age 3600
frontend f
  mode http
  bind 0.0.0.0:3129 transparent
  http-request cache-use memory
  http-response cache-store memory
  default_backend b
""" + HTTP_BACKEND, SNI: """
frontend f
  mode tcp
  bind 0.0.0.0:3129 transparent
  option splice-auto
  tcp-request inspect-delay 5s
  acl hello req.ssl_hello_type 1
  acl blocked req.ssl_sni,lower -m str {blocked}
  acl blocked req.ssl_sni,lower -m end .{blocked}
  tcp-request content reject if hello blocked
  tcp-request content accept if hello
  default_backend b
backend b
  mode tcp
  option splice-auto
  {source}
  server s *
"""}
    GLOBAL = """
global
  nbthread 1
  maxconn 4000
defaults
  timeout connect 5s
  timeout client 30s
  timeout server 30s
"""
    NFT = """
table ip bench {{
  chain divert {{
    type filter hook prerouting priority mangle;
    meta l4proto tcp socket transparent 1 meta mark set 1 accept
    iifname "lan0" tcp dport {port} tproxy to :3129 meta mark set 1 accept
  }}
}}
"""

    def __init__(self, lab, directory, kind):
        self.lab, self.kind, self.process = lab, kind, None
        self.config = f"{directory}/haproxy-{self.name.replace(' ', '-').replace(chr(39), '')}-{kind}.cfg"
        with open(self.config, "w", encoding="ascii") as file:
            file.write(self.GLOBAL + self.FRONTENDS[kind].format(source=self.SOURCE, blocked=BLOCKED))

    name = "HAProxy"

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        gateway = self.lab.gateway
        for words in ("rule add fwmark 1 lookup 100", "route add local 0.0.0.0/0 dev lo table 100"):
            self.lab.run(gateway, "ip", *words.split())
        self.lab.nft(gateway, self.NFT.format(port=443 if self.kind == SNI else 80))
        with machine.on_cores({machine.GATEWAY}):
            self.process = self.lab.spawn(gateway, "haproxy", "-db", "-f", self.config, stdin=subprocess.DEVNULL,
                                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wait_for("HAProxy's listener", self._listens, 10)

    def _listens(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"haproxy ended: {self.process.stderr.read().decode('utf-8', 'replace')}")
        return self.lab.run(self.lab.gateway, "ss", "-Hltn", "sport = :3129")

    def stop(self):
        gateway = self.lab.gateway
        if self.process:
            self.process.kill()
            self.process.wait(10)
            self.process.stderr.close()
        for words in ("rule del fwmark 1 lookup 100", "route flush table 100"):
            self.lab.run(gateway, "ip", *words.split(), check=False)
        self.lab.run(gateway, "nft", "delete", "table", "ip", "bench", check=False)

    def proof(self, _units):
        return None


class HaproxyAsClient(Haproxy):
    """The same, and the origin sees the client's address."""
    name = "HAProxy, client's address"
    SOURCE = "source 0.0.0.0 usesrc clientip"


class _Quiet(Weir):
    """The lab's daemon without an access log: HAProxy writes none either."""

    def write(self, rules):
        with open(self.config, "w", encoding="ascii") as file:
            file.write(f'[gateway]\nlan = ["lan0"]\nwan = ["wan0"]\nworkers = 1\n{self.gateway}\n[limits]\n{self.limits}\n'
                       f'[control]\nsocket = "{self.socket}"\n[log]\naccess = "off"\n{rules}\n')


class OnTheWire:
    """Weir as it comes, with a rule by name: what it allows stays with the kernel, what it serves has the client's
    address."""
    name = "Weir"
    GATEWAY = 'source = "client"'

    def __init__(self, lab, directory, counted):
        """`counted`: where a unit of work must show in the daemon's own counters: requests, hit, inspect, splice, block."""
        own = f"{directory}/{self.name.replace(' ', '-').replace(',', '').replace(chr(34), '')}"
        os.makedirs(own, exist_ok=True)
        self.counted = counted
        self.weir = _Quiet(lab, own, f'[[rule]]\nname = "blocked"\nhost = [".{BLOCKED}"]\naction = "block"\n',
                           gateway=self.GATEWAY, limits='drain = "100ms"')

    @property
    def pid(self):
        return self.weir.process.pid

    def start(self):
        with machine.on_cores({machine.GATEWAY}):
            self.weir.start()

    def stop(self):
        if self.weir.running:
            self.weir.stop()

    def proof(self, units):
        """The daemon's counters must agree with the client's, or the run measured something else."""
        if errors := self.weir.errors():
            return errors[0]
        found = self._count()
        return None if found >= units else f"{units} at the client, but Weir counts {found} as {self.counted}"

    def _count(self):
        if self.counted == "block":
            return self.weir.ends().get("blocked", 0)
        if self.counted == "hit":    # but for the one that had to be fetched
            return 1 + sum(row["count"] for row in self.weir.ask("cache")["results"] if row["saved"])
        return self.weir.status()["connections"][self.counted]


class Spliced(OnTheWire):
    """Weir with every connection in the daemon's hands, as a classic SNI proxy works."""
    name = 'Weir, floor = "splice"'
    GATEWAY = OnTheWire.GATEWAY + '\nfloor = "splice"'
