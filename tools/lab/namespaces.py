"""Three network namespaces: client - gateway - origin.  Root only; nothing here reaches the outside.

    NAME-cli                     NAME-gw                          NAME-org
    cli0 10.91.0.2/24  ------  lan0 10.91.0.1   wan0 10.92.0.1  ------  org0 10.92.0.2/24
         fd91::2/64                 fd91::1          fd92::1                 fd92::2/64

The client has .2 to .5, the origin .2 to .9, in both families.  Each end's default route is the gateway.
"""
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import threading

CLIENT, CLIENT6 = "10.91.0.2", "fd91::2"
GATEWAY, GATEWAY6 = "10.91.0.1", "fd91::1"
GATEWAY_WAN, GATEWAY_WAN6 = "10.92.0.1", "fd92::1"
ORIGIN, ORIGIN6 = "10.92.0.2", "fd92::2"
OTHER, OTHER6 = "10.92.0.3", "fd92::3"      # a second origin address, for origins that a test scripts itself

_libc = ctypes.CDLL("libc.so.6", use_errno=True)
_CLONE_NEWNET = 0x40000000


def run(*command, check=True, **options):
    """Runs a command to its end; what it printed is in the exception when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed with {done.returncode}: {done.stdout.strip()}")
    return done.stdout


class Lab:
    """`with Lab() as lab:` makes the namespaces and removes them, whatever happened in between."""

    def __init__(self, name=None, hosts=None):
        """`hosts`: (name, address) pairs, known to programs that run in the namespaces by `ip netns exec`."""
        self.name = name or f"weir-{os.getpid()}"
        self.client, self.gateway, self.origin = (f"{self.name}-{end}" for end in ("cli", "gw", "org"))
        self.hosts = hosts or []
        self._closing = []

    @property
    def all(self):
        return self.client, self.gateway, self.origin

    def __enter__(self):
        self.down()
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_):
        for close in reversed(self._closing):
            close()
        self.down()

    def closing(self, thing):
        """Closes `thing` before the namespaces go; returns it."""
        self._closing.append(thing.close)
        return thing

    # --- topology -----------------------------------------------------------------------------------------------------

    def up(self):
        for namespace in self.all:
            run("ip", "netns", "add", namespace)
            for key in ("all", "default"):
                self.sysctl(namespace, f"net.ipv6.conf.{key}.accept_dad", 0)   # addresses work at once
            run("ip", "-n", namespace, "link", "set", "lo", "up")
            self._write_hosts(namespace)
        for namespace in (self.client, self.origin):
            self.sysctl(namespace, "net.ipv4.ip_local_port_range", "10000 59999")
        run("ip", "link", "add", "cli0", "netns", self.client, "type", "veth", "peer", "name", "lan0", "netns", self.gateway)
        run("ip", "link", "add", "wan0", "netns", self.gateway, "type", "veth", "peer", "name", "org0", "netns", self.origin)
        self._addresses(self.client, "cli0", 91, range(2, 6))
        self._addresses(self.gateway, "lan0", 91, [1])
        self._addresses(self.gateway, "wan0", 92, [1])
        self._addresses(self.origin, "org0", 92, range(2, 10))
        for namespace, net in ((self.client, 91), (self.origin, 92)):
            run("ip", "-n", namespace, "route", "add", "default", "via", f"10.{net}.0.1")
            run("ip", "-n", namespace, "-6", "route", "add", "default", "via", f"fd{net}::1")
        self.sysctl(self.gateway, "net.ipv4.ip_forward", 1)
        self.sysctl(self.gateway, "net.ipv6.conf.all.forwarding", 1)

    def _addresses(self, namespace, link, net, ends):
        batch = [f"link set {link} up"]
        batch += [f"address add 10.{net}.0.{end}/24 dev {link}" for end in ends]
        batch += [f"address add fd{net}::{end}/64 dev {link} nodad preferred_lft {'forever' if end < 3 else '0'}"
                  for end in ends]   # the first is the one that programs choose
        run("ip", "-n", namespace, "-batch", "-", input="\n".join(batch))

    def _write_hosts(self, namespace):
        if not self.hosts:
            return
        os.makedirs(f"/etc/netns/{namespace}", exist_ok=True)
        with open(f"/etc/netns/{namespace}/hosts", "w", encoding="ascii") as file:
            file.write("127.0.0.1 localhost\n" + "".join(f"{address} {name}\n" for name, address in self.hosts))

    def become(self, mac):
        """The client's interface gets another hardware address, and what the gateway knew of its neighbour is forgotten."""
        run("ip", "-n", self.client, "link", "set", "cli0", "address", mac)
        run("ip", "-n", self.gateway, "neigh", "flush", "dev", "lan0")

    def masquerade(self):
        """The gateway hides its clients behind its own address, as home routers do."""
        self.nft(self.gateway, """
            table inet lab {
              chain out {
                type nat hook postrouting priority srcnat;
                oifname "wan0" masquerade
              }
            }""")

    def down(self):
        """Ends the processes inside the namespaces and removes them; nothing there: nothing to do."""
        for namespace in self.all:
            if os.path.exists(f"/run/netns/{namespace}"):
                for pid in run("ip", "netns", "pids", namespace, check=False).split():
                    if int(pid) != os.getpid():
                        try:
                            os.kill(int(pid), signal.SIGKILL)
                        except ProcessLookupError:
                            pass
                run("ip", "netns", "del", namespace, check=False)
            shutil.rmtree(f"/etc/netns/{namespace}", ignore_errors=True)

    # --- inside a namespace -------------------------------------------------------------------------------------------

    def within(self, namespace, function):
        """What `function()` returns when it runs inside a namespace.  Sockets made there stay there."""
        result = {}

        def enter():
            try:
                with open(f"/run/netns/{namespace}", encoding="ascii") as there:
                    if _libc.setns(there.fileno(), _CLONE_NEWNET):
                        raise OSError(ctypes.get_errno(), "setns")
                result["value"] = function()
            except BaseException as error:   # carried to the caller's thread
                result["error"] = error

        thread = threading.Thread(target=enter)   # a thread of its own: a namespace belongs to a thread
        thread.start()
        thread.join()
        if "error" in result:
            raise result["error"]
        return result["value"]

    def sysctl(self, namespace, key, value=None):
        """Reads a setting, or writes it."""
        path = "/proc/sys/" + key.replace(".", "/")

        def access():
            with open(path, "r" if value is None else "w", encoding="ascii") as file:
                return file.read().strip() if value is None else file.write(str(value))

        return self.within(namespace, access)

    def nft(self, namespace, ruleset):
        run("ip", "netns", "exec", namespace, "nft", "-f", "-", input=ruleset)

    def command(self, namespace, *command):
        """The command line that runs `command` inside a namespace."""
        return ["ip", "netns", "exec", namespace, *command]

    def spawn(self, namespace, *command, **options):
        """Starts `command`, out of reach of the terminal's Ctrl-C, which is for the caller."""
        return subprocess.Popen(self.command(namespace, *command), start_new_session=True, **options)

    def run(self, namespace, *command, check=True, timeout=20):
        return run(*self.command(namespace, *command), check=check, timeout=timeout)

    # --- sockets ------------------------------------------------------------------------------------------------------

    def socket(self, namespace, family=socket.AF_INET, kind=socket.SOCK_STREAM, protocol=0):
        return self.within(namespace, lambda: socket.socket(family, kind, protocol))

    def syns_sent_again(self):
        """How many SYNs the client's kernel had to repeat so far, each after a second or more."""
        names, values = [line.split() for line in run(*self.command(self.client, "cat", "/proc/net/netstat")).splitlines()
                         if line.startswith("TcpExt:")]
        return int(values[names.index("TCPSynRetrans")])

    def connect(self, address, port, timeout=5.0, source=None, source_port=0):
        """A TCP connection of the client.  Raises what connect() raises."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        connection = self.socket(self.client, family)
        connection.settimeout(timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if source or source_port:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                connection.bind((source or ("::" if family == socket.AF_INET6 else "0.0.0.0"), source_port))
            connection.connect((address, port))
        except BaseException:
            connection.close()
            raise
        return connection
