"""A machine whose init is the real systemd: this one's files under an overlay, in the gateway's network namespace.

What is written there goes with it.  Only the units that a test puts there exist, beside empty stand-ins for the targets
and services of a boot, so that nothing of this machine is started a second time.
"""
import os
import re
import shutil
import signal
import subprocess

from .gateway import BINARIES, ROOT, wait_for
from .namespaces import run

_STAND_INS = ("sysinit.target", "basic.target", "shutdown.target", "network-pre.target", "network.target",
              "local-fs.target", "multi-user.target", "umount.target", "slices.target", "sockets.target",
              "final.target", "exit.target")
_BOOT = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs {folder}
mkdir {folder}/up {folder}/work {folder}/root
mount -t overlay overlay -o lowerdir=/,upperdir={folder}/up,workdir={folder}/work {folder}/root
cd {folder}/root
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount --rbind /dev dev
for each in run tmp; do mount -t tmpfs tmpfs $each; done
mkdir -p run/units mnt
mount --bind {given} mnt
sh mnt/prepare
pivot_root . mnt/old
exec chroot . /bin/sh -c 'umount -l /mnt/old
export container=lab SYSTEMD_UNIT_PATH=/run/units SYSTEMD_LOG_TARGET=console SYSTEMD_LOG_LEVEL=notice
exec /lib/systemd/systemd --system --unit=multi-user.target --show-status=no'
"""


class Machine:
    """`prepare`: lines of shell that see the machine's root as their working directory and the tree as $TREE."""

    def __init__(self, lab, directory, prepare=""):
        self.lab, self.directory = lab, str(directory)
        self.output = f"{directory}/systemd.out"
        self.given = f"{directory}/given"
        self.folder = f"{directory}/machine"
        for folder in (self.given, f"{self.given}/old", self.folder):
            os.makedirs(folder, exist_ok=True)
        with open(f"{self.given}/prepare", "w", encoding="utf-8") as file:
            file.write(f"set -e\nTREE={ROOT}\nBINARIES={BINARIES}\n{prepare}\n" + "\n".join(
                f"[ -e run/units/{unit} ] || printf '[Unit]\\nDescription=stand-in\\n' > run/units/{unit}" for unit in _STAND_INS))
        self.process = None
        self.lab.sysctl(self.lab.gateway, "net.unix.max_dgram_qlen", 512)   # as systemd has it; no part of a footprint

    def boot(self):
        with open(self.output, "wb") as output:
            script = _BOOT.format(folder=self.folder, given=self.given)
            self.process = self.lab.spawn(self.lab.gateway, "unshare", "--mount", "--pid", "--fork", "--uts", "--ipc",
                                          "--cgroup", "--kill-child", "sh", "-c", script, stdin=subprocess.DEVNULL,
                                          stdout=output, stderr=subprocess.STDOUT)
        wait_for("the boot to end", self._up, 90)
        return self

    def _up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the machine is off:\n{self.said()}")
        return self.init and self.run("systemctl", "is-system-running", check=False).strip() in ("running", "degraded")

    def said(self):
        with open(self.output, encoding="utf-8", errors="replace") as file:
            return file.read()

    @property
    def init(self):
        """The process that is 1 in there; 0: there is none yet."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            return int((file.read().split() or ["0"])[0])

    def command(self, *command):
        return ["nsenter", "-t", str(self.init), "-a", "--", *command]

    def run(self, *command, check=True, timeout=60):
        return run(*self.command(*command), check=check, timeout=timeout)

    def show(self, unit, *names):
        """Properties of a unit."""
        lines = self.run("systemctl", "show", unit, "-p", ",".join(names)).splitlines()
        return {name: value for name, _, value in (line.partition("=") for line in lines)}

    def wait_for_state(self, unit, state, timeout=20):
        try:
            wait_for(f"{unit} to be {state}", lambda: self.show(unit, "ActiveState")["ActiveState"] == state, timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.run('systemctl', 'status', unit, check=False)}\n{self.said()}") from None

    def close(self):
        """Power off, without ceremony."""
        if self.process and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)   # and with it all that runs in there
            self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


def unit_settings(name):
    """{key: [values]} of a unit file of the tree."""
    settings = {}
    with open(f"{ROOT}/systemd/{name}", encoding="utf-8") as file:
        for key, value in re.findall(r"^(\w+)=(.*)$", file.read(), re.M):
            settings.setdefault(key, []).append(value)
    return settings
