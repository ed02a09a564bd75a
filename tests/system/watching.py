"""What those see who watch a gateway from outside."""
from lab.client import read_all


def ask(lab, path, method="GET", port=9145):
    """(status, head, body) from the gateway's own loopback."""
    connection = lab.socket(lab.gateway)
    with connection:
        connection.settimeout(5)
        connection.connect(("127.0.0.1", port))
        connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: gw\r\n\r\n".encode())
        head, _, body = read_all(connection).decode().partition("\r\n\r\n")
    return int(head.split(" ")[1]), head, body


def answers(lab):
    try:
        return ask(lab, "/healthz")[0] == 200
    except (OSError, ValueError, IndexError):
        return False


def samples(text):
    """{'name{labels}': value}"""
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
            for line in text.splitlines() if line and not line.startswith("#")}
