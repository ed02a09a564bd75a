"""What the tests of the package stand on: the package that tools/package has made, and a machine to put it on."""
import glob
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
sys.dont_write_bytecode = True

from lab import Lab                 # noqa: E402  (the path above comes first)
from lab.gateway import ROOT        # noqa: E402


@pytest.fixture(scope="session")
def package():
    """The path of the .deb."""
    found = glob.glob(f"{ROOT}/build/release/weir_*.deb")
    assert len(found) == 1, found
    return found[0]


@pytest.fixture(scope="session")
def manual():
    """The folder of what was made from the tables."""
    return f"{ROOT}/build/release/manual"


@pytest.fixture
def lab():
    with Lab() as made:
        yield made
