"""Weir on the lab's gateway: started, asked, stopped, killed."""
import json
import os
import re
import signal
import subprocess
import time

from .host import Footprint
from .namespaces import run

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARIES = os.environ.get("WEIR_BINARIES") or f"{ROOT}/build/release/bin"


def wait_for(what, found, timeout=5.0):
    """What `found()` returns once that is true.  Raises AssertionError naming `what` when it is not in time."""
    deadline = time.monotonic() + timeout
    while True:
        value = found()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what}")
        time.sleep(0.01)


class Weir:
    """One run of the daemon in the gateway's namespace."""

    def __init__(self, lab, directory, rules="", gateway="", limits='drain = "1s"', more=""):
        """`rules`, `more`: TOML tables; `gateway`, `limits`: lines of these sections."""
        self.lab, self.directory = lab, str(directory)
        self.config = f"{directory}/weir.toml"
        self.socket = f"{directory}/control.sock"
        self.access = f"{directory}/access.log"
        self.output = f"{directory}/weir.out"
        self.gateway, self.limits, self.more = gateway, limits, more
        self.process = None
        self._expected = set()
        self.write(rules)
        self.before = Footprint.of(lab, lab.gateway)

    def write(self, rules):
        """Replaces the rules in the file; reload() or a start makes them hold."""
        given = [line.split("=")[0].strip() for line in self.gateway.splitlines()]
        defaults = {"lan": '["lan0"]', "wan": '["wan0"]', "workers": "2"}
        gateway = "\n".join(f"{key} = {value}" for key, value in defaults.items() if key not in given)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f'[gateway]\n{gateway}\n{self.gateway}\n[limits]\n{self.limits}\n'
                       f'[control]\nsocket = "{self.socket}"\nstate = "{self.directory}/state"\n[log]\naccess = "{self.access}"\n{self.more}\n{rules}\n')

    # --- life ---------------------------------------------------------------------------------------------------------

    def start(self, timeout=20.0, environment=None):
        """`environment`: variables beside those of this process."""
        self._mark = os.path.getsize(self.output) if os.path.exists(self.output) else 0
        with open(self.output, "ab") as output:
            self.process = self.lab.spawn(self.lab.gateway, f"{BINARIES}/weir", "--config", self.config,
                                          stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                          env={**os.environ, **(environment or {})})
        wait_for("the line \"weir: ready\"", self._ready, timeout)
        return self

    def _ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"weir ended with {self.process.returncode} before it was ready:\n{self.said()}")
        return re.search(r"^weir: ready", self.said(), re.M)

    def said(self):
        """What the daemon printed since its last start."""
        with open(self.output, "rb") as file:
            file.seek(self._mark)
            return file.read().decode("utf-8", "replace")

    def errors(self):
        """Error lines of the daemon's log that no test expected: each means that somebody must act."""
        return [line for line in self.said().splitlines()
                if line not in self._expected and re.search(r"^\S+ (error|critical) |Sanitizer", line)]

    def expected(self, lines):
        """The test wanted these error lines."""
        self._expected |= set(lines)

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        os.kill(self.process.pid, number)

    def kill(self):
        """As a crash would end it: nothing is cleaned up.  Returns when the kernel has let go of it."""
        self.signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self, timeout=15.0):
        """A clean stop.  The daemon ends with status 0 and no error line, and the host is as it was before."""
        self.signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"weir did not end within {timeout} s of SIGTERM:\n{self.said()}") from None
        assert status == 0, f"weir ended with {status}:\n{self.said()}"
        assert not self.errors(), "\n".join(self.errors())
        self.assert_nothing_left()

    def assert_nothing_left(self):
        left = self.before.differences(Footprint.of(self.lab, self.lab.gateway))
        assert not left, "left behind: " + "; ".join(left)

    def close(self):
        """Ends the daemon if it still runs, and asserts what stop() asserts.  After kill() a fresh start must reclaim."""
        if self.running:
            self.stop()

    # --- questions ----------------------------------------------------------------------------------------------------

    def proxyctl(self, *words, timeout=10):
        """(exit status, standard output, standard error)."""
        done = subprocess.run([f"{BINARIES}/proxyctl", "--socket", self.socket, *words], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, timeout=timeout)
        return done.returncode, done.stdout, done.stderr

    def ask(self, *words):
        """The JSON answer of a command that must succeed."""
        status, output, error = self.proxyctl(*words, "--json")
        assert status == 0, f"proxyctl {' '.join(words)} ended with {status}: {output}{error}"
        return json.loads(output)

    def status(self):
        return self.ask("status")

    def wire(self):
        """{reason: count} of packet outcomes."""
        return {row["name"]: row["count"] for row in self.ask("reasons")["wire"]}

    def ends(self):
        """{reason: count} of connections that ended."""
        return {row["name"]: row["connections"] for row in self.ask("reasons")["close"]}

    def lines(self):
        """The access log so far."""
        try:
            with open(self.access, encoding="utf-8") as file:
                whole = file.read().rpartition("\n")[0]   # the last line may be on its way
            return [json.loads(line) for line in whole.splitlines()]
        except FileNotFoundError:
            return []

    def line(self, timeout=5.0, **fields):
        """The first line of the access log with these fields; waits for it."""
        def find():
            return next((line for line in self.lines() if all(line.get(k) == v for k, v in fields.items())), None)
        try:
            return wait_for(f"a log line with {fields}", find, timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}; the log has {self.lines()}") from None

    def reload(self):
        """(exit status, answer) of `proxyctl reload --json`."""
        status, output, error = self.proxyctl("reload", "--json")
        return status, json.loads(output) if output.strip().startswith("{") else {"error": output + error}


def check(text, directory):
    """(exit status, what it said) of `weir --check` on a configuration."""
    path = f"{directory}/checked.toml"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    done = subprocess.run([f"{BINARIES}/weir", "--check", "--config", path], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, timeout=20)
    return done.returncode, done.stdout


__all__ = ["BINARIES", "Weir", "check", "run", "wait_for"]
