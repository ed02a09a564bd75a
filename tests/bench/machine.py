"""The machine under a measurement: which core does what, and how much of it was used.

The gateway has one core to itself: its proxy is pinned there, and receive packet steering brings the packets of its
interfaces there, so that plain forwarding too is work of that core.  Clients and origin have all the others.
"""
import contextlib
import os
import struct
import subprocess
import time

TICK = 1e6 / os.sysconf("SC_CLK_TCK")   # microseconds

CORES = sorted(os.sched_getaffinity(0))
GATEWAY, ENDS = CORES[-1], set(CORES[:-1])


@contextlib.contextmanager
def on_cores(cores):
    """Processes started inside run on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def prepare(lab):
    """What arrives at the gateway is worked on by its core; what arrives at the ends, by theirs."""
    for namespace, links, cores in ((lab.gateway, ("lan0", "wan0"), {GATEWAY}), (lab.client, ("cli0",), ENDS),
                                    (lab.origin, ("org0",), ENDS)):
        mask = f"{sum(1 << core for core in cores):x}"
        for link in links:
            lab.run(namespace, "sh", "-c", f"for q in /sys/class/net/{link}/queues/rx-*; do echo {mask} >$q/rps_cpus; done")


class Soaker:
    """Takes what the gateway's core has to spare; what it did not get was used."""

    def __init__(self, binary, directory):
        self.path = f"{directory}/soak"
        with on_cores({GATEWAY}):
            self.process = subprocess.Popen([binary, "soak", self.path], stdin=subprocess.DEVNULL)
        while not os.path.exists(self.path) or self.spare() == 0:
            if self.process.poll() is not None:
                raise RuntimeError("bench_load soak ended")
            time.sleep(0.01)

    def spare(self):
        """Microseconds so far."""
        with open(self.path, "rb") as file:
            content = file.read(8)
        return struct.unpack("=Q", content)[0] / 1e3 if len(content) == 8 else 0

    def close(self):
        self.process.kill()
        self.process.wait(10)


def process_time(pid):
    """(user, system) microseconds of a process with its threads."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) * TICK, int(fields[12]) * TICK


class Sample:
    """CPU time so far, in microseconds: of a process with its threads, and of the gateway's core."""

    def __init__(self, soaker, pid=None):
        self.at, self.spare = time.monotonic() * 1e6, soaker.spare()
        self.user, self.system = process_time(pid) if pid else (0.0, 0.0)
        with open("/proc/stat", encoding="ascii") as file:
            core = next(line for line in file if line.startswith(f"cpu{GATEWAY} ")).split()[1:]
        self.others = (int(core[0]) + int(core[1])) * TICK - self.user - process_time(soaker.process.pid)[0]

    def until(self, later):
        """(CPU of the process, use of the gateway's core, CPU of programs that have nothing to do with it).

        The second is all that the core did, interrupts included, but for what other programs did there in user space:
        the third, which tells how much a run was disturbed.  Time in an interrupt is also counted to the process that
        it interrupted, so the first is part of the second and not its complement."""
        process = later.user + later.system - self.user - self.system
        foreign = max(0.0, later.others - self.others)
        return process, (later.at - self.at) - (later.spare - self.spare) - foreign, foreign


def load_average():
    return os.getloadavg()[0]


def description():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
    with open("/proc/sys/net/ipv4/tcp_congestion_control", encoding="ascii") as file:
        congestion = file.read().strip()
    return {"cpu": model, "cores": len(CORES), "gateway_core": GATEWAY, "kernel": os.uname().release,
            "congestion_control": congestion}
