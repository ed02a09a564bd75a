"""Origins: nginx with HTTP and TLS, and listeners whose every byte a test scripts."""
import os
import socket
import subprocess
import time

from .namespaces import ORIGIN, ORIGIN6, OTHER, OTHER6, run


class Authority:
    """A certificate authority of the lab's own, and one certificate for all names of the origin."""

    def __init__(self, directory, names):
        self.ca = f"{directory}/ca.pem"
        self.certificate = f"{directory}/origin.pem"
        self.key = f"{directory}/origin.key"
        if os.path.exists(self.certificate):
            return
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256", "-days", "30"]
        run("openssl", "req", "-x509", *curve, "-keyout", f"{directory}/ca.key", "-out", self.ca, "-subj", "/CN=Lab authority")
        run("openssl", "req", *curve, "-keyout", self.key, "-out", f"{directory}/origin.csr", "-subj", "/CN=Lab origin")
        with open(f"{directory}/names", "w", encoding="ascii") as file:
            file.write("subjectAltName=" + ",".join(f"DNS:{name}" for name in names))
        run("openssl", "x509", "-req", "-in", f"{directory}/origin.csr", "-CA", self.ca, "-CAkey", f"{directory}/ca.key",
            "-CAcreateserial", "-days", "30", "-extfile", f"{directory}/names", "-out", self.certificate)


_NGINX = """
daemon off; master_process off; pid {d}/nginx.pid; error_log {d}/error.log;
events {{ worker_connections 4096; }}
http {{
  log_format seen '$remote_addr $remote_port $scheme $host "$request" $status';
  access_log {d}/access.log seen;
  client_body_temp_path {d}/body; proxy_temp_path {d}/proxy; fastcgi_temp_path {d}/fastcgi;
  uwsgi_temp_path {d}/uwsgi; scgi_temp_path {d}/scgi;
  sendfile on; keepalive_requests 100000; default_type text/plain;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_certificate {a.certificate}; ssl_certificate_key {a.key};
  server {{
    {listen}
    location / {{ return 200 "{greeting}"; }}
    location /files/ {{ alias {d}/files/; }}
    location /cached/ {{ alias {d}/files/; add_header Cache-Control max-age=3600; }}
    location /checked/ {{ alias {d}/files/; add_header Cache-Control no-cache; }}
  }}
}}
"""
_GREETING = r"$host at your service, $remote_addr port $remote_port\n"


class Nginx:
    """Serves HTTP on 80 and TLS on 443 of ORIGIN, both families.  Every answer names the client that it sees."""

    def __init__(self, lab, directory, authority, greeting=_GREETING):
        self.directory = f"{directory}/nginx"
        os.makedirs(f"{self.directory}/files", exist_ok=True)
        os.chmod(directory, 0o755)
        listen = "\n    ".join(f"listen {address}:{port};" for address in (ORIGIN, f"[{ORIGIN6}]")
                               for port in ("80", "443 ssl"))
        with open(f"{self.directory}/nginx.conf", "w", encoding="ascii") as file:
            file.write("user root;" + _NGINX.format(d=self.directory, a=authority, listen=listen, greeting=greeting))
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = lab.spawn(lab.origin, "nginx", "-p", self.directory, "-c", f"{self.directory}/nginx.conf", **quiet)
        deadline = time.monotonic() + 10
        while "443" not in lab.run(lab.origin, "ss", "-Hltn", "sport = :443"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(f"{self.directory}/error.log", encoding="utf-8") as file:
                    raise RuntimeError("nginx does not serve: " + file.read())
            time.sleep(0.01)

    def file(self, name, size):
        """Puts a file of `size` bytes where /files/NAME serves it; returns its content."""
        content = os.urandom(size)
        with open(f"{self.directory}/files/{name}", "wb") as file:
            file.write(content)
        return content

    def log(self):
        """The origin's own record: 'client_address client_port scheme host "request" status' a line."""
        with open(f"{self.directory}/access.log", encoding="utf-8") as file:
            return file.read().splitlines()

    def close(self):
        self.process.terminate()
        self.process.wait(10)


class Listener:
    """A listening socket of the origin; a test plays the origin by hand.  By default on OTHER, port 80."""

    def __init__(self, lab, port=80, address=None, v6=False, accept_timeout=5.0):
        address = address or (OTHER6 if v6 else OTHER)
        self.address, self.port = address, port
        self.socket = lab.socket(lab.origin, socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((address, port))
        self.socket.listen(128)
        self.socket.settimeout(accept_timeout)
        self.connections = []

    def accept(self, timeout=5.0):
        """The next connection.  Raises TimeoutError when none comes."""
        connection, self.peer = self.socket.accept()
        connection.settimeout(timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections.append(connection)
        return connection

    def nobody_came(self, within=0.3):
        """Whether no connection waits, after giving one this many seconds to arrive."""
        self.socket.settimeout(within)
        try:
            self.accept()
            return False
        except TimeoutError:
            return True

    def close(self):
        for connection in self.connections:
            connection.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
