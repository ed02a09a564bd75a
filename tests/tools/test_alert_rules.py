"""The alert rules that are shipped, by promtool: they are valid, and each fires when it should and not else."""
import re
import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "share/prometheus"


def promtool(*words):
    done = subprocess.run(["promtool", *words], cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


def test_the_rules_are_valid():
    promtool("check", "rules", "weir.rules.yml")


def test_each_rule_does_what_its_test_says():
    promtool("test", "rules", "weir.rules.test.yml")
    rules = set(re.findall(r"alert: (\w+)", (FOLDER / "weir.rules.yml").read_text()))
    fired = set(re.findall(r"alertname: (\w+)\n +exp_alerts:\n", (FOLDER / "weir.rules.test.yml").read_text()))
    assert rules == fired, f"without a test that sees it fire: {rules ^ fired}"
