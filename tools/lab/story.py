#!/usr/bin/env python3
"""The demonstration of tools/up: every step is really done, checked, and told in a few words.

Usage: story.py [--keep | --down]       Exit status 1: a step did not go as it should.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import textwrap

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lab import Authority, Lab, Nginx, Weir            # noqa: E402
from lab.gateway import BINARIES                       # noqa: E402
from lab.namespaces import CLIENT, CLIENT6, ORIGIN, ORIGIN6   # noqa: E402

NAME = "weir-demo"
DIRECTORY = f"/run/{NAME}"
NAMES = ["news.example", "ads.example", "shop.example"]
RULES = """
[[rule]]
name   = "no ads"
host   = [".ads.example"]
action = "block"
"""
UTF8 = "utf" in (sys.stdout.encoding or "").lower()
GOOD, BAD = ("●", "■") if UTF8 else ("ok", "!!")


class Unexpected(Exception):
    pass


class Story:
    def __init__(self, lab):
        self.lab, self.step = lab, 0
        self.authority = Authority(DIRECTORY, NAMES)
        self.nginx = lab.closing(Nginx(lab, DIRECTORY, self.authority))
        self.weir = Weir(lab, DIRECTORY, RULES, gateway="")
        self.weir.start()

    # --- telling ------------------------------------------------------------------------------------------------------

    def title(self, text):
        self.step += 1
        print(f"\n{self.step}. {text}")

    def good(self, text):
        print(textwrap.fill(text, 100, initial_indent=f"   {GOOD} ", subsequent_indent="     "), flush=True)

    def quote(self, lines):
        for line in lines:
            print(f"   | {line}"[:150])

    def need(self, true, what):
        if not true:
            raise Unexpected(what)

    # --- doing --------------------------------------------------------------------------------------------------------

    def curl(self, *words, show=None):
        """Runs curl as the client; prints the command and what it answered.  Returns (exit status, all output)."""
        shown = ["curl", *words]
        print(f"   client$ {' '.join(shown)}")
        options = ["-sS", "--max-time", "5", "--cacert", self.authority.ca]
        done = subprocess.run(self.lab.command(self.lab.client, "curl", *options, *words), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        self.quote(show(lines) if show else lines)
        return done.returncode, done.stdout

    def served(self):
        self.title("A page over HTTP goes through Weir, and the origin sees the client's own address")
        for words, address in ((("-4", "http://news.example/"), CLIENT), (("-6", "http://news.example/"), CLIENT6)):
            self.curl(*words)
            self.weir.line(depth="serve", client=address)
            last = self.nginx.log()[-1].split()
            self.need(last[0] == address, f"the origin saw {last[0]}")
            self.good(f"the origin's log says {last[0]}, port {last[1]}; Weir's log says \"serve\"")

    def refused_page(self):
        self.title("A blocked name over HTTP is answered with a page that names the rule")
        seen = len(self.nginx.log())
        status, text = self.curl("-i", "http://ads.example/", show=page_text)
        self.need("403" in text.splitlines()[0] and "no ads" in text, "no page, or it does not name the rule")
        self.need(len(self.nginx.log()) == seen, "the origin was asked")
        self.good("403; the origin heard nothing")

    def refused_alert(self):
        self.title("The same name over TLS: an alert, because Weir opens no TLS")
        seen = len(self.nginx.log())
        status, text = self.curl("https://ads.example/")
        self.need(status == 35 and "alert" in text, "no alert")
        self.need(len(self.nginx.log()) == seen, "the origin was asked")
        self.good("the connection was taken off the wire at its first bytes; the origin got none of them")

    def untouched(self):
        self.title("An allowed TLS site is reached with its own certificate, and never touches the daemon")
        before = self.weir.status()["connections"]
        status, text = self.curl("-v", "https://shop.example/", show=certificate_lines)
        self.need("Lab authority" in text, "not the origin's own certificate")
        self.weir.line(depth="inspect", host="shop.example")
        after = self.weir.status()["connections"]
        self.need(after["inspect"] == before["inspect"] + 1, "it was not judged on the wire")
        self.need((after["splice"], after["serve"]) == (before["splice"], before["serve"]), "the daemon held it")
        self.good(f"inspected on the wire {before['inspect']} -> {after['inspect']}; held by the daemon "
                  f"{before['splice'] + before['serve']} -> {after['splice'] + after['serve']}")

    def log(self):
        self.title("Each of them is a line of the access log (shortened here)")
        keys = ("client", "host", "depth", "action", "rule", "reason", "status")
        self.quote("  ".join(f"{key}={line[key]}" for key in keys if key in line) for line in self.weir.lines())

    def asked(self):
        self.title("proxyctl tells how the gateway is, and why")
        for words in (["status"], ["explain", "--client", CLIENT, "--host", "cdn.ads.example", "--port", "443"]):
            print(f"   gateway# proxyctl {' '.join(words)}")
            status, text, error = self.weir.proxyctl(*words)
            self.need(status == 0, error or text)
            self.quote(text.splitlines())

    def killed(self):
        self.title("Weir is killed: the client still reaches everything, and at once")
        self.weir.kill()
        print("   gateway# kill -KILL weir")
        _, page = self.curl("http://ads.example/")
        _, tls = self.curl("https://ads.example/")
        self.need("at your service" in page and "at your service" in tls, "the client was cut off")
        self.good('without Weir the gateway is a plain router (on_failure = "open"); rules hold again from its next start')

    def ended(self):
        self.title("Weir starts again, is stopped, and the gateway is as it was before")
        self.weir.start()
        self.weir.stop()
        self.good("every rule, route, table, program and setting that Weir had added is gone")


def page_text(lines):
    """The status line and the words of an HTML page."""
    body = " ".join(lines[next((at for at, line in enumerate(lines) if "<" in line), 1):])
    body = re.sub(r"<(style|title|head)\b.*?</\1>", " ", body, flags=re.S)
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()
    return [lines[0].strip()] + textwrap.wrap(words, 96)


def certificate_lines(lines):
    return [line.strip("* ") for line in lines if "issuer:" in line or "SSL connection using" in line] + lines[-1:]


def what_to_try(lab):
    print(f"""
{GOOD} it runs until  sudo tools/up --down
  as client      sudo ip netns exec {lab.client} curl http://news.example/
                 sudo ip netns exec {lab.client} curl http://ads.example/
                 sudo ip netns exec {lab.client} curl --cacert {DIRECTORY}/ca.pem https://shop.example/
  look           ctl="sudo {os.path.relpath(BINARIES)}/proxyctl --socket {DIRECTORY}/control.sock"
                 $ctl status          (flows, reasons, explain, doctor)
  change         edit {DIRECTORY}/weir.toml, then  $ctl reload
  read           tail -f {DIRECTORY}/access.log""")


def main():
    lab = Lab(NAME, hosts=[(name, address) for name in NAMES for address in (ORIGIN, ORIGIN6)])
    lab.down()
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    if "--down" in sys.argv:
        print(f"{GOOD} the demonstration is gone")
        return 0
    os.makedirs(DIRECTORY)
    print(f"\n  client {CLIENT}, {CLIENT6}  ---  gateway with Weir  ---  origin {ORIGIN}, {ORIGIN6}\n"
          "  three network namespaces on this machine, which itself is not touched")
    kept = False
    try:
        lab.up()
        story = Story(lab)
        for step in (story.served, story.refused_page, story.refused_alert, story.untouched, story.log, story.asked,
                     story.killed):
            step()
        if "--keep" in sys.argv:
            story.weir.start()
            kept = True
            what_to_try(lab)
        else:
            story.ended()
            print("\n→ stay and try it:  sudo tools/up --keep      on this machine's own network:  sudo tools/up --lan IFACE")
        return 0
    except (Unexpected, AssertionError, RuntimeError, OSError) as error:
        print(f"   {BAD} that is not as it should be: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if not kept:
            lab.down()
            shutil.rmtree(DIRECTORY, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
