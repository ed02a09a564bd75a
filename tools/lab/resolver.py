"""A real dnsmasq as the resolver of the gateway."""
import os
import subprocess

from .gateway import wait_for


class Resolver:
    """Answers for `names`, (name, address) pairs, and for nothing else.  Programs that are started on the gateway
    afterwards ask it."""

    def __init__(self, lab, directory, names):
        self.lab = lab
        hosts = os.path.join(directory, "resolver-hosts")
        with open(hosts, "w", encoding="ascii") as file:
            file.writelines(f"{address} {name}\n" for name, address in names)
        os.makedirs(f"/etc/netns/{lab.gateway}", exist_ok=True)
        self.configuration = f"/etc/netns/{lab.gateway}/resolv.conf"
        with open(self.configuration, "w", encoding="ascii") as file:
            file.write("nameserver 127.0.0.1\n")
        self.process = lab.spawn(lab.gateway, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv",
                                 "--no-hosts", f"--addn-hosts={hosts}", "--listen-address=127.0.0.1", "--bind-interfaces",
                                 "--pid-file=", "--user=root", "--local-ttl=60", stderr=subprocess.DEVNULL)
        wait_for("dnsmasq to listen", lambda: ":53 " in lab.run(lab.gateway, "ss", "-Hlun"))

    def close(self):
        self.process.terminate()
        self.process.wait()
        os.remove(self.configuration)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
