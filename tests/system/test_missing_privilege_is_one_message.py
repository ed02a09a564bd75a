"""Without the privilege, or without the interface, Weir says so once and how to mend it."""
import subprocess

from lab.gateway import BINARIES


def test_without_privilege(lab, tmp_path):
    (tmp_path / "weir.toml").write_text(f'[gateway]\nlan = ["lan0"]\n[control]\nsocket = "{tmp_path}/s"\n[log]\naccess = "off"\n')
    done = subprocess.run(lab.command(lab.gateway, "setpriv", "--bounding-set=-all", "--inh-caps=-all", f"{BINARIES}/weir",
                                      "--config", f"{tmp_path}/weir.toml"),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
    assert done.returncode == 1, done.stdout
    assert len(done.stdout.splitlines()) <= 3 and "CAP_" in done.stdout, done.stdout
