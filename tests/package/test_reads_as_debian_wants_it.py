"""Lintian has nothing to say of the package, systemd-analyze nothing of the units, man and mandoc nothing of the pages."""
import subprocess

import pytest

from lab.gateway import ROOT


def said(*command):
    """(exit status, all that it printed)."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    return done.returncode, done.stdout


def test_lintian(package):
    status, text = said("lintian", "--allow-root", "--fail-on", "error,warning", "--no-cfg", package)
    assert status == 0 and not text.strip(), text


@pytest.mark.parametrize("page", ["weir.8", "proxyctl.1", "weir.toml.5"])
def test_manual_pages(manual, page):
    status, text = said("man", "--warnings", "-l", "-Tutf8", "-P", "cat", f"{manual}/{page}")
    assert status == 0 and "warning" not in text, text
    status, text = said("mandoc", "-Tlint", "-Wwarning", f"{manual}/{page}")
    assert status == 0, text


def test_units_are_tightly_confined():
    for unit, most in (("weir.service", 20), ("weir-setup.service", 40)):   # exposure in tenths; 100 is a unit as it comes
        status, text = said("systemd-analyze", "security", "--offline=true", f"--threshold={most}", "--no-pager",
                            f"{ROOT}/systemd/{unit}")
        assert status == 0, text
