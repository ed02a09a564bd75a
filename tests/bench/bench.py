#!/usr/bin/env python3
"""Plain forwarding, HAProxy and Weir side by side on this machine, in network namespaces.

Every workload goes through every gateway in turn, and again, so that what else the machine does meets all of them
alike; the figures are medians.  CPU time per unit of work is what to compare: rates depend on how fast the ends are.

Usage: tools/bench [--quick] [--only KEY,...] [--seconds N] [--repeat N] [--json FILE]
"""
import argparse
import json
import pathlib
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
sys.dont_write_bytecode = True

from lab import Lab                                            # noqa: E402  (the path above comes first)

import machine                                                 # noqa: E402
from workloads import WORKLOADS, Ends, measure                 # noqa: E402

FIGURES = ("rate", "gbit_s", "proxy", "core", "p50_ms", "p99_ms", "others")


def options():
    keys = [workload.key for workload in WORKLOADS]
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short run of each: a look, not a measurement")
    parser.add_argument("--only", help=f"workloads, of {', '.join(keys)}")
    parser.add_argument("--seconds", type=int, help="length of a run (4; quick: 2)")
    parser.add_argument("--repeat", type=int, help="runs of each (5; quick: 1)")
    parser.add_argument("--json", help="also write all figures to this file")
    given = parser.parse_args()
    given.seconds = given.seconds or (2 if given.quick else 4)
    given.repeat = given.repeat or (1 if given.quick else 5)
    given.only = given.only.split(",") if given.only else keys
    if unknown := set(given.only) - set(keys):
        parser.error(f"no workload {', '.join(sorted(unknown))}; there are {', '.join(keys)}")
    return given


def median(runs):
    """The medians of what succeeded, with the spread of CPU time; None when nothing did."""
    good = [run for run in runs if "failure" not in run]
    if not good:
        return None
    found = {figure: statistics.median(run[figure] for run in good) for figure in FIGURES}
    found["core_least"], found["core_most"] = min(run["core"] for run in good), max(run["core"] for run in good)
    return found


class Table:
    """One workload's rows for people."""

    def __init__(self, workload):
        self.workload = workload
        self.bulk = workload.unit == "GB"

    def head(self):
        cpu = "ms/GB" if self.bulk else f"us/{self.workload.unit}"
        rate = "Gbit/s" if self.bulk else f"{self.workload.unit}s/s"
        print(f"\n{self.workload.title}   [{self.workload.key}]; CPU in {cpu}")
        print(f"  {'':26}{rate:>14}{'proxy CPU':>11}{'core CPU':>10}{'of runs':>14}{'p50 ms':>8}{'p99 ms':>8}{'others':>8}")

    def row(self, name, found, failures):
        for failure in failures:
            print(f"  {name:26}  FAILED: {failure}")
        if not found:
            return
        rate = f"{found['gbit_s']:.2f}" if self.bulk else f"{found['rate']:.0f}"
        proxy = f"{found['proxy']:.1f}" if found["proxy"] else "-"
        latency = "".join(f"{'-' if self.bulk else format(found[key], '.2f'):>8}" for key in ("p50_ms", "p99_ms"))
        spread = f"{found['core_least']:.0f}..{found['core_most']:.0f}"
        print(f"  {name:26}{rate:>14}{proxy:>11}{found['core']:>10.1f}{spread:>14}{latency}{found['others']:>7.0%}")

    def ratios(self, medians):
        """Each Weir against each of the others: below 1 is cheaper, in rate above 1 is faster."""
        found = {}
        for weir in (name for name in medians if name.startswith("Weir")):
            for other in (name for name in medians if not name.startswith("Weir")):
                ours, theirs = medians[weir], medians[other]
                if not ours or not theirs:
                    continue
                ratio = {"rate": ours["rate"] / theirs["rate"], "core": ours["core"] / theirs["core"] if theirs["core"] else None}
                if theirs["proxy"]:
                    ratio["proxy"] = ours["proxy"] / theirs["proxy"]
                found[f"{weir} : {other}"] = ratio
                print(f"    {weir} : {other:26}" + "".join(
                    f"  {what} {ratio[what]:.2f}" for what in ("rate", "proxy", "core") if ratio.get(what) is not None))
        return found


def run_one(lab, ends, directory, workload, given):
    gateways = [kind(lab, directory, *words) for kind, words in workload.gateways]
    runs = {gateway.name: [] for gateway in gateways}
    for turn in range(given.repeat):
        for gateway in gateways[turn % len(gateways):] + gateways[:turn % len(gateways)]:
            runs[gateway.name].append(measure(workload, gateway, ends, given.seconds))
            print(".", end="", file=sys.stderr, flush=True)
    print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)
    table, medians = Table(workload), {}
    table.head()
    for gateway in gateways:
        medians[gateway.name] = median(runs[gateway.name])
        failures = [run["failure"] for run in runs[gateway.name] if "failure" in run]
        table.row(gateway.name, medians[gateway.name], failures)
    return {"key": workload.key, "title": workload.title, "unit": workload.unit, "runs": runs, "medians": medians,
            "ratios": table.ratios(medians)}


def main():
    given = options()
    if len(machine.CORES) < 2:
        print("tools/bench needs two cores: one for the gateway, one for the ends", file=sys.stderr)
        return 2
    report = {"began": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "machine": machine.description(), "seconds": given.seconds,
              "repeat": given.repeat, "load_before": machine.load_average(), "workloads": []}
    print(f"{len(machine.CORES)} cores, the gateway on core {machine.GATEWAY}; {given.repeat} x {given.seconds} s; load average "
          f"{report['load_before']:.1f} before\n"
          "proxy CPU: the daemon's, user and system; core CPU: with all that the kernel did on the gateway's core;\n"
          "others: foreign programs on that core, which disturb rates most")
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as directory, Lab() as lab:
        machine.prepare(lab)
        ends = Ends(lab, directory)
        for workload in WORKLOADS:
            if workload.key in given.only:
                report["workloads"].append(run_one(lab, ends, directory, workload, given))
    report["load_after"] = machine.load_average()
    print(f"\nload average {report['load_after']:.1f} after")
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    failed = sum("failure" in run for one in report["workloads"] for runs in one["runs"].values() for run in runs)
    if failed:
        print(f"{failed} runs failed", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
