"""What every system test stands on: a lab for each file, and Weir started for each test.

A test that used `weir(...)` also proves that the daemon stopped cleanly, logged no error and left the host as it was.
"""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
sys.dont_write_bytecode = True

from lab import Authority, Lab, Nginx, Weir            # noqa: E402  (the path above comes first)
from lab.namespaces import ORIGIN, ORIGIN6             # noqa: E402

NAMES = ["allowed.example", "www.allowed.example", "blocked.example", "sub.blocked.example", "other.example"]


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(str(tmp_path_factory.mktemp("ca")), NAMES)


@pytest.fixture(scope="module")
def lab(authority, tmp_path_factory):
    """Client, gateway and origin; `lab.nginx` serves HTTP and TLS on ORIGIN and ORIGIN6."""
    with Lab() as made:
        made.nginx = made.closing(Nginx(made, str(tmp_path_factory.mktemp("origin")), authority))
        yield made


@pytest.fixture
def weir(lab, tmp_path, request):
    """weir(rules, gateway=..., limits=..., environment=...) starts the daemon.  At the end of the test it is stopped and looked over."""
    started = []
    request.node.daemons = started

    def start(rules="", environment=None, **sections):
        started.append(Weir(lab, tmp_path, rules, **sections))
        return started[-1].start(environment=environment)

    yield start
    for daemon in started:
        daemon.close()


@pytest.fixture(params=[ORIGIN, ORIGIN6], ids=["v4", "v6"])
def origin(request):
    """The address of nginx, in either family."""
    return request.param


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        for daemon in getattr(item, "daemons", []):
            if hasattr(daemon, "_mark"):
                report.sections.append(("what weir said", daemon.said()))
            if daemon.running:
                counted = {reason: count for reason, count in daemon.wire().items() if count}
                report.sections.append(("what it counted", str(counted)))
