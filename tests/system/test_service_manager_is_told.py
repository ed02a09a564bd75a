"""sd_notify(3): readiness, reloads, one line of state, the end; and a worker that hangs is not fed to the watchdog."""
import re
import signal
import socket
import time

from hanging import hung, thread_of
from lab.gateway import wait_for
from rules import BLOCK


class Manager:
    """The end of NOTIFY_SOCKET at which a service manager sits."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.setblocking(False)
        self.heard = []

    def listen(self):
        try:
            while True:
                self.heard.append(self.socket.recv(4096).decode())
        except BlockingIOError:
            return self.heard

    def wait_for(self, words, timeout=5.0):
        wait_for(f"{words!r} among what the manager heard: {self.heard}",
                 lambda: any(words in message for message in self.listen()), timeout)


def test_what_a_manager_hears(weir, tmp_path):
    manager = Manager(f"{tmp_path}/notify")
    daemon = weir(BLOCK, environment={"NOTIFY_SOCKET": f"{tmp_path}/notify", "WATCHDOG_USEC": "2000000"})
    manager.wait_for("READY=1")
    manager.wait_for("STATUS=running, config ")
    manager.wait_for("WATCHDOG=1")

    manager.heard.clear()
    daemon.signal(signal.SIGHUP)
    manager.wait_for("READY=1")
    reloading = next(message for message in manager.heard if "RELOADING=1" in message)
    assert re.search(r"^MONOTONIC_USEC=\d+$", reloading, re.M)
    assert abs(int(reloading.split("USEC=")[1]) / 1e6 - time.monotonic()) < 60

    with hung(thread_of(daemon.process.pid, "weir-0")):
        time.sleep(1.5)   # it turned last before; half of the watchdog's time has passed since
        manager.listen()
        manager.heard.clear()
        time.sleep(1)
        assert "WATCHDOG=1" not in manager.listen()
    manager.wait_for("WATCHDOG=1")

    manager.heard.clear()
    daemon.stop()
    manager.wait_for("STOPPING=1")
