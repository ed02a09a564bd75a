"""What is measured: a kind of traffic, and the gateways it is sent through side by side."""
import dataclasses
import json
import re
import subprocess
import time

from lab import client_hello
from lab.gateway import BINARIES, wait_for
from lab.namespaces import ORIGIN

from gateways import BLOCKED, CACHE, HTTP, SNI, Forwarding, Haproxy, HaproxyAsClient, OnTheWire, Spliced
import machine

ALLOWED = "allowed.example"
CLIENTS = [f"10.91.0.{end}" for end in range(2, 6)]
ORIGINS = [f"10.92.0.{end}" for end in range(2, 8)]
BULK = "10.92.0.9"
FLIGHT = 3000               # bytes of the origin's first TLS flight
ENDLESS = 1 << 50
LEAST_BULK = 10_000_000     # bytes of a download; less is a stall
LOAD = f"{BINARIES}/bench_load"


class Ends:
    """Client and origin: nginx with 1 KiB on port 80, and on 443 an origin that answers any hello."""

    def __init__(self, lab, directory):
        self.lab, self.directory = lab, directory
        self._first("request", f"GET / HTTP/1.1\r\nHost: {ALLOWED}\r\nConnection: close\r\n\r\n".encode())
        self._first("allowed", client_hello(ALLOWED))
        self._first("blocked", client_hello(BLOCKED))
        self.soaker = lab.closing(machine.Soaker(LOAD, directory))
        with machine.on_cores(machine.ENDS):
            lab.closing(self._nginx())
            for address, answer in (("0.0.0.0", FLIGHT), (BULK, ENDLESS)):
                lab.closing(self._origin(address, answer))

    def _first(self, name, content):
        with open(f"{self.directory}/{name}", "wb") as file:
            file.write(content)

    def _nginx(self):
        config = f"{self.directory}/nginx.conf"
        with open(config, "w", encoding="ascii") as file:
            file.write(f"""user root; daemon off; worker_processes {len(machine.ENDS)}; pid {self.directory}/nginx.pid;
error_log {self.directory}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000; default_type text/plain;
  server {{
    listen 80 reuseport backlog=4096;
    location / {{ return 200 "{'w' * 1024}"; }}
    location /kept {{ add_header Cache-Control max-age=3600; return 200 "{'w' * 1024}"; }}
  }}
}}
""")
        return _Running(self.lab, self.lab.origin, "nginx", "-p", self.directory, "-c", config, listens=("80", "nginx"))

    def _origin(self, address, answer):
        return _Running(self.lab, self.lab.origin, LOAD, "origin", "--at", address, "--port", "443", "--answer", str(answer),
                        "--threads", str(len(machine.ENDS)), listens=("443", f"{address}:443"))

    def clear(self):
        """Every run begins with a gateway that remembers no connection of the one before."""
        self.lab.run(self.lab.gateway, "sh", "-c", "ss -K -t state all >/dev/null", check=False)

    def load(self, seconds, first, port=443, to=None, until="closed", cut=0, connections=64):
        """Connections one after the other: (rate, units, bytes a second, p50 ms, p99 ms, errors)."""
        out = self._run(seconds, LOAD, "client", "--from", ",".join(CLIENTS), "--to", to or ",".join(ORIGINS), "--port",
                        str(port), "--first", f"{self.directory}/{first}", "--seconds", str(seconds), "--connections",
                        str(connections), "--threads", str(min(connections, len(machine.ENDS))), "--await", str(until),
                        "--cut", str(cut))
        found = json.loads(out)
        return Load(found["done"], found["bytes"], found["seconds"], found["p50_us"] / 1e3, found["p99_us"] / 1e3,
                    found["errors"])

    def requests(self, seconds, path="/"):
        """Requests on 64 connections that are kept."""
        out = self._run(seconds, "wrk", "-t", str(len(machine.ENDS)), "-c", "64", "-d", f"{seconds}s", "--latency",
                        "-H", f"Host: {ALLOWED}", f"http://{ORIGIN}{path}")
        done, took = re.search(r"(\d+) requests in ([\d.]+)(s|m)", out).group(1, 2)
        errors = {what: int(count) for line in re.findall(r"Socket errors: (.*)", out)
                  for what, count in re.findall(r"(\w+) (\d+)", line) if int(count)}
        errors |= {"status": int(count) for count in re.findall(r"Non-2xx or 3xx responses: (\d+)", out)}
        return Load(int(done), 1024 * int(done), float(took), _milliseconds(out, "50%"), _milliseconds(out, "99%"), errors)

    def _run(self, seconds, *command):
        with machine.on_cores(machine.ENDS):
            done = subprocess.run(self.lab.command(self.lab.client, *command), stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, timeout=seconds + 30)
        if done.returncode:
            raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout


class _Running:
    """A server of the origin, from listening to killed."""

    def __init__(self, lab, namespace, *command, listens):
        self.process = lab.spawn(namespace, *command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        port, mark = listens

        def listening():
            if self.process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended with {self.process.returncode}")
            return mark in lab.run(namespace, "ss", "-Hltnp", f"sport = :{port}")
        wait_for(f"{command[0]} on port {port}", listening, 10)

    def close(self):
        self.process.terminate()
        self.process.wait(10)


def _milliseconds(text, row):
    value, unit = re.search(rf"^\s+{row}\s+([\d.]+)(us|ms|s)", text, re.M).groups()
    return float(value) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


@dataclasses.dataclass
class Load:
    """What the client saw."""
    units: int
    bytes: int
    seconds: float
    p50_ms: float
    p99_ms: float
    errors: dict


@dataclasses.dataclass
class Workload:
    key: str
    title: str
    unit: str                  # what `load` counts; GB: bytes
    load: object               # (ends, seconds) -> Load
    gateways: list             # (class, argument of its constructor)
    least_bytes: int = 0       # that a unit brings, or it was not what it seems


def bulk(ends, seconds):
    return ends.load(seconds, "allowed", to=BULK, until=ENDLESS, connections=2)


def relays(kind, weir):
    return [(Forwarding, ()), (Haproxy, (kind,)), (HaproxyAsClient, (kind,))] + weir


WORKLOADS = [
    Workload("http-keep", "HTTP forwarded, 1 KiB, 64 connections kept", "request", Ends.requests,
             relays(HTTP, [(OnTheWire, ("requests",))])),
    Workload("cached", "HTTP answered from memory, 1 KiB, 64 connections kept", "request",
             lambda ends, seconds: ends.requests(seconds, "/kept"), [(Haproxy, (CACHE,)), (OnTheWire, ("hit",))]),
    Workload("http-new", "HTTP forwarded, 1 KiB, a connection each", "request",
             lambda ends, seconds: ends.load(seconds, "request", port=80, to=ORIGIN),
             relays(HTTP, [(OnTheWire, ("requests",))]), least_bytes=1024),
    Workload("tls", "TLS connections allowed by name", "connection",
             lambda ends, seconds: ends.load(seconds, "allowed", until=FLIGHT),
             relays(SNI, [(OnTheWire, ("inspect",)), (Spliced, ("splice",))])),
    Workload("tls-cut", "TLS connections, the hello in two segments", "connection",
             lambda ends, seconds: ends.load(seconds, "allowed", until=FLIGHT, cut=100),
             relays(SNI, [(OnTheWire, ("splice",)), (Spliced, ("splice",))])),
    Workload("bulk", "download through the TLS port, 2 connections", "GB", bulk,
             relays(SNI, [(OnTheWire, ("inspect",)), (Spliced, ("splice",))])),
    Workload("blocked", "TLS connections refused by name", "connection",
             lambda ends, seconds: ends.load(seconds, "blocked", until="refused"),
             [(Haproxy, (SNI,)), (OnTheWire, ("block",)), (Spliced, ("block",))]),
]


def measure(workload, gateway, ends, seconds):
    """One run of one gateway: a dict of figures, or {"failure": why}."""
    try:
        ends.clear()
        gateway.start()
        before = machine.Sample(ends.soaker, gateway.pid)
        load = workload.load(ends, seconds)
        time.sleep(0.1)         # what the last connections left to be done
        proxy, core, foreign = before.until(machine.Sample(ends.soaker, gateway.pid))
        failure = _complaint(workload, gateway, load)
    except (RuntimeError, AssertionError, OSError, subprocess.SubprocessError) as error:
        return {"failure": str(error)}
    finally:
        try:
            gateway.stop()
        except (RuntimeError, AssertionError, OSError) as error:
            failure = str(error)
    if failure:
        return {"failure": failure}
    units = load.bytes / 1e9 if workload.unit == "GB" else load.units
    scale = 1e3 if workload.unit == "GB" else 1      # milliseconds a GB, microseconds else
    return {"rate": units / load.seconds, "gbit_s": load.bytes * 8e-9 / load.seconds, "units": units,
            "proxy": proxy / units / scale, "core": core / units / scale, "p50_ms": load.p50_ms, "p99_ms": load.p99_ms,
            "others": foreign / 1e6 / load.seconds}


def _complaint(workload, gateway, load):
    if load.errors:
        return "errors at the client: " + ", ".join(f"{what} {count}" for what, count in load.errors.items())
    if not load.units and load.bytes < LEAST_BULK:
        return f"next to nothing came through: {load.bytes} bytes"
    if load.bytes < load.units * workload.least_bytes:
        return f"only {load.bytes} bytes for {load.units} units"
    return gateway.proof(max(1, load.units))


__all__ = ["Ends", "Load", "WORKLOADS", "Workload", "measure"]
