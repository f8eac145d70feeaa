#!/usr/bin/env python3
"""Measures the farm beside its peers, and writes what came out.

    run.py [--budget full|quick|tiny] [--peers LIST] [--also FILE.py]... [--out DIR] [--docs DIR]
    run.py --redraw [--out DIR] [--docs DIR]      tables and plots anew from DIR/bench.json

full takes about ten minutes, downloads apart, quick two, tiny seconds. --peers: names out of numpy, numba, jax, torch,
keras, plain, or none. --also: a further peer, a file as peer_plain.py is, run by this Python. Writes bench.json into
out/bench, and tables and plots into docs/performance.md and docs/performance/, unless told otherwise; quick and tiny
leave docs/ as it is and write the page into out/bench, too. FARM and FARM_TESTS say where the program and the built
tests are.
"""
import argparse
import dataclasses
import datetime
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import entries
import pages
import targets
import whole
from contest import ROOT, Contest, Entry


@dataclasses.dataclass(frozen=True)
class Budget:
    """How much of everything."""

    sizes: tuple            # neurons
    rounds: int
    seconds: float          # that one contestant trains in one round, about
    choices: int            # of repeats side by side that a batched peer may try
    repeats: tuple          # of the tutorial
    few_rounds: int         # of whole runs that take milliseconds
    many_rounds: int        # of whole runs that take longer
    threads_repeats: int
    rows: tuple
    walk_rows: int
    walk_epochs: int
    forecasts: tuple
    some: int               # repeats of fixed and update_2
    most: int


BUDGETS = {
    "full": Budget(sizes=(1, 4, 10, 32, 128), rounds=7, seconds=0.2, choices=9, repeats=(10, 100, 1000, 10000),
                   few_rounds=15, many_rounds=5, threads_repeats=1000, rows=(36, 100, 300, 1000, 3000, 17000),
                   walk_rows=17000, walk_epochs=500, forecasts=(1000, 2000, 4000, 8000), some=10000, most=1000000),
    "quick": Budget(sizes=(1, 10), rounds=3, seconds=0.1, choices=1, repeats=(10, 100, 1000), few_rounds=7,
                    many_rounds=3, threads_repeats=1000, rows=(36, 1000, 17000), walk_rows=17000, walk_epochs=100,
                    forecasts=(1000, 2000, 4000), some=10000, most=50000),
    "tiny": Budget(sizes=(1,), rounds=2, seconds=0.002, choices=1, repeats=(10,), few_rounds=2, many_rounds=1,
                   threads_repeats=10, rows=(36, 100), walk_rows=1100, walk_epochs=1, forecasts=(100, 200, 300),
                   some=20, most=40),
}


BEGAN = time.monotonic()


def say(text):
    print(f"bench: {time.monotonic() - BEGAN:4.0f} s  {text}", file=sys.stderr, flush=True)


def machine(cores):
    models = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    memory = next((int(line.split()[1]) * 1024 for line in open("/proc/meminfo") if line.startswith("MemTotal")), None)
    return {"processor": models[0] if models else platform.machine(), "cores": len(cores), "memory": memory,
            "system": platform.platform()}


def busy_seconds():
    """Processor seconds that the machine has spent since it started, and those of this program and all it ran."""
    fields = [int(x) for x in open("/proc/stat").readline().split()[1:9]]
    idle = fields[3] + fields[4]
    own = sum(getattr(resource.getrusage(who), part) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
              for part in ("ru_utime", "ru_stime"))
    return (sum(fields) - idle) / os.sysconf("SC_CLK_TCK"), own


class Results:
    """Everything that came out, kept in bench.json after every part."""

    def __init__(self, out, budget, cores):
        self.out, self.began, self.busy = out, datetime.datetime.now(datetime.timezone.utc), busy_seconds()
        self.data = {"format": 1, "made": self.began.isoformat(timespec="seconds"), "budget": budget,
                     "machine": machine(cores), "peers": {}, "steps": [], "whole": {}, "targets": []}

    def save(self):
        elapsed = (datetime.datetime.now(datetime.timezone.utc) - self.began).total_seconds()
        all_now, own_now = busy_seconds()
        others = max(0.0, (all_now - self.busy[0]) - (own_now - self.busy[1]))
        self.data["seconds"] = elapsed
        self.data["others"] = others / max(elapsed, 1e-9) / self.data["machine"]["cores"]
        self.data["targets"] = targets.all_targets(self.data)
        write_whole(self.out / "bench.json", json.dumps(self.data, indent=1, allow_nan=False) + "\n")


def write_whole(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(path.suffix + ".tmp")
    temporary.write_text(text)
    temporary.replace(path)


def all_entries(contest, arguments, tests, cores):
    found = entries.farm_entries(tests, len(cores))
    names = [] if arguments.peers == "none" else arguments.peers.split(",")
    for name in names:
        python, why = entries.environment(name, ROOT / "build/bench", say)
        for entry in entries.peer_entries(name, python or "python3"):
            found.append(entry)
            if why:
                contest.refuse(entry, f"not installed: {why}")
    for file in arguments.also:
        name = Path(file).stem.removeprefix("peer_")
        found.append(Entry(name, name, [sys.executable, file], sizes=(1,),
                           environment={"PYTHONPATH": str(Path(__file__).parent)}))
    return found


def run(arguments, out):
    farm = os.path.abspath(os.environ.get("FARM", ROOT / "farm"))
    tests = Path(os.environ.get("FARM_TESTS", ROOT / "build/tests")).absolute()
    budget, cores = BUDGETS[arguments.budget], sorted(os.sched_getaffinity(0))
    results = Results(out, arguments.budget, cores)
    version = subprocess.run([farm, "--version"], capture_output=True, text=True, check=True)
    results.data["program"] = version.stdout.strip()
    contest = Contest(farm, out / "log", budget, say)
    results.data["peers"], results.data["steps"] = contest.peers, contest.steps
    taking_part = all_entries(contest, arguments, tests, cores)
    for mode in ("one", "threads", "cores") if len(cores) > 1 else ("one",):
        contest.run(taking_part, mode, cores)
        results.save()
    with tempfile.TemporaryDirectory(prefix="farm-bench-", dir=out) as scratch:
        runs = whole.Runs(farm, tests, Path(scratch) / "runs", say)
        for name, part in (("tutorial", whole.measure_tutorial), ("rows", whole.measure_rows),
                           ("walk", whole.measure_walk), ("many", whole.measure_many)):
            results.data["whole"][name] = part(runs, budget)
            results.save()
        results.data["whole"]["threads"] = whole.measure_threads(runs, budget, len(cores))
    results.save()
    return results.data


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", choices=BUDGETS, default="full")
    parser.add_argument("--peers", default=",".join(entries.PEERS))
    parser.add_argument("--also", action="append", default=[], metavar="FILE.py")
    parser.add_argument("--out", default=ROOT / "out/bench", type=Path)
    parser.add_argument("--docs", type=Path)
    parser.add_argument("--redraw", action="store_true")
    arguments = parser.parse_args()
    unknown = set() if arguments.peers == "none" else set(arguments.peers.split(",")) - set(entries.PEERS)
    if unknown:
        parser.error(f"no such peer: {', '.join(sorted(unknown))}; there are {', '.join(entries.PEERS)}")
    out = arguments.out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    data = json.loads((out / "bench.json").read_text()) if arguments.redraw else run(arguments, out)
    docs = arguments.docs or (ROOT / "docs" if data["budget"] == "full" else out)
    pages.write(data, ROOT / "docs/performance.md", docs.absolute(), write_whole)
    print(pages.summary(data))
    say(f"all of it is in {out}/bench.json, tables and plots in {docs}/performance.md")


if __name__ == "__main__":
    main()
