"""The machine under a measurement: which core does what, and how much of it was used.

The gateway has one core to itself: its proxy is pinned there, and receive packet steering brings the packets of its
interfaces there, so that plain forwarding too is work of that core.  Clients and origin have all the others.
"""
import contextlib
import os

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


class Sample:
    """CPU time so far, in microseconds: of a process with its threads, and of the gateway's core."""

    def __init__(self, pid=None):
        self.user = self.system = 0.0
        if pid:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
            self.user, self.system = int(fields[11]) * TICK, int(fields[12]) * TICK
        with open("/proc/stat", encoding="ascii") as file:
            core = next(line for line in file if line.startswith(f"cpu{GATEWAY} ")).split()[1:]
        self.core_user = (int(core[0]) + int(core[1])) * TICK
        self.core_kernel = (int(core[2]) + int(core[5]) + int(core[6])) * TICK   # system, interrupts, softirq

    def until(self, later):
        """(CPU of the process, CPU of the gateway's core, CPU of programs that have nothing to do with it).

        The second is everything that the core did in the kernel, interrupts included, and what the process did in user
        space.  It leaves out what other programs did there in user space: the third, which tells how much a run was
        disturbed.  Time in an interrupt is also counted to the process that it interrupted, so the first is part of the
        second and not its complement."""
        user, system = later.user - self.user, later.system - self.system
        core = later.core_kernel - self.core_kernel + user
        foreign = max(0.0, later.core_user - self.core_user - user)
        return user + system, core, foreign


def load_average():
    return os.getloadavg()[0]


def description():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
    with open("/proc/sys/net/ipv4/tcp_congestion_control", encoding="ascii") as file:
        congestion = file.read().strip()
    return {"cpu": model, "cores": len(CORES), "gateway_core": GATEWAY, "kernel": os.uname().release,
            "congestion_control": congestion}
