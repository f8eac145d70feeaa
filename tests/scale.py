#!/usr/bin/env python3
"""What merging costs by size: measured, fitted, and written into docs/scale.md.

    scale.py [--rows N,N,...] [--wide EXPERIMENTS,REPEATS,SHARDS] [--scratch DIR] [--page FILE]

For each number of rows bench_merge makes the stores of ten shards of ten experiments, and `farm merge` joins them and
writes all outputs. A model of what each result costs once, and each time that it is read again, is fitted to all sizes but
the largest and held against that. --wide: one more merge, of many experiments; 0: none. What is measured lands between
the marks of the page, whose other words stay; the scratch folder (under TMPDIR; 10 GB for ten million rows) is removed at the
end. FARM and FARM_TESTS say where the program and the built tests are. Exit 1: the model is off by more than a fifth.
"""
import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FARM = os.environ.get("FARM", str(ROOT / "farm"))
TESTS = Path(os.environ.get("FARM_TESTS", ROOT / "build/tests"))
EXPERIMENTS, SHARDS = 10, 10
MIB, OFF_AT_MOST = 2**20, 0.2
TEST, AT_HAND, COLUMNS = 12, 64 * MIB, 4 * MIB  # test rows; bytes and numbers, see read_again
PHASES = ("join", "compare", "write")


def say_json(command):
    return json.loads(subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True).stdout)


def rounds(rows):
    """Small merges are over in a moment, and a disk's moments differ."""
    return 3 if rows <= 1e6 else 1


def config_of(folder, experiments):
    """A run of so many updates, each of one row a repeat."""
    path = folder / "config.json"
    path.write_text(json.dumps({
        "name": "scale", "series": {"file": str(ROOT / "data/shampoo.csv"), "column": "Sales"},
        "experiments": [{"scheme": "update", "sweep": {"epochs": list(range(1, experiments + 1))}}],
        "compare": {"reference": "update_1"}}))
    return path


def measure(scratch, experiments, repeats, shards):
    """The stores of a run, merged by farm, and once more phase by phase; all files are gone afterwards."""
    folder = scratch / "at_work"
    folder.mkdir()
    made = say_json([TESTS / "bench_merge", "make", config_of(folder, experiments), repeats, shards, folder / "shards"])
    stores = sorted((folder / "shards").glob("*.db"))
    walls, peaks, phases = [], [], []
    for _ in range(rounds(made["rows"])):
        out = folder / "out"
        took = say_json([TESTS / "bench/measure", FARM, "merge", out, "--quiet", *stores])
        if took["status"] != 0:
            raise RuntimeError(f"farm merge ended with {took['status']}")
        walls.append(took["wall"])
        peaks.append(took["bytes"])
        sizes = {"store": (out / "farm.db").stat().st_size, "forecasts": (out / "forecasts.csv").stat().st_size,
                 "all": sum(f.stat().st_size for f in out.iterdir()), "files": len(list(out.iterdir())),
                 "shards": sum(s.stat().st_size for s in stores)}
        shutil.rmtree(out)
        phases.append(say_json([TESTS / "bench_merge", "merge", out, *stores]))
        shutil.rmtree(out)
    shutil.rmtree(folder)
    found = {"rows": made["rows"], "experiments": experiments, "shards": shards, "made": made["seconds"],
             "wall": statistics.median(walls), "bytes": max(peaks), "sizes": sizes,
             **{phase: statistics.median(p[phase] for p in phases) for phase in PHASES}}
    print(f"{found['rows']:,} rows, {experiments} experiments, {shards} shards: {found['wall']:.1f} s, "
          f"{found['bytes'] / MIB:.0f} MiB ({', '.join(f'{p} {found[p]:.1f} s' for p in PHASES)})", file=sys.stderr)
    return found


def read_again(experiments, repeats):
    """How often each forecast is read from the store beyond the first time: never where all of them are at hand at once
    (results_window), else for the Diebold-Mariano test, for forecasts.csv, and for the picture once for as many test rows as
    it holds columns of (forecast_summaries)."""
    at_hand = AT_HAND // (experiments * (8 * TEST + 1)) // 64 * 64
    rows = max(1, min(TEST, COLUMNS // repeats))
    return 0 if repeats <= max(at_hand, 64) else 2 + -(-TEST // rows)


def terms(m):
    """What seconds are made of: a moment, each result once, and once more each time that it is read again."""
    return 1, m["rows"], m["rows"] * read_again(m["experiments"], m["rows"] // m["experiments"])


def fit(found):
    """Seconds for each term, by least squares of relative errors: the normal equations, by elimination."""
    lines = [[t / m["wall"] for t in terms(m)] for m in found]
    n = len(lines[0])
    rows = [[sum(line[i] * line[j] for line in lines) for j in range(n)] + [sum(line[i] for line in lines)] for i in range(n)]
    for i in range(n):
        rows[i:] = sorted(rows[i:], key=lambda row: -abs(row[i]))
        if not rows[i][i]:
            continue  # a term that none of them has
        rows = [row if k == i else [x - row[i] / rows[i][i] * y for x, y in zip(row, rows[i])] for k, row in enumerate(rows)]
    return [row[n] / row[i] if row[i] else 0 for i, row in enumerate(rows)]


def processor():
    names = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text()) if platform.system() == "Linux" else []
    return names[0] if names else platform.machine()


def table(found, wide, largest, predicted):
    head = ["results", "experiments", "shards", "merge, s", "joining", "reading, comparing", "writing", "peak MiB", "store, MB",
            "forecasts.csv, MB", "model, s"]
    lines = [head, ["---:"] * len(head)]
    for m in [*found, *wide]:
        lines.append([f"{m['rows']:,}", f"{m['experiments']:,}", m["shards"], f"{m['wall']:.1f}",
                      *(f"{m[phase]:.1f}" for phase in PHASES), f"{m['bytes'] / MIB:.0f}", f"{m['sizes']['store'] / 1e6:,.0f}",
                      f"{m['sizes']['forecasts'] / 1e6:,.0f}",
                      f"**{predicted[m['rows']]:.1f}**" if m is largest else "–" if m in wide else f"{predicted[m['rows']]:.1f}"])
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def text_of(found, wide):
    """What stands between the marks, and how far off the fit is at the largest size."""
    *smaller, largest = found
    seconds = fit(smaller)
    predicted = {m["rows"]: sum(a * b for a, b in zip(seconds, terms(m))) for m in found}
    off = predicted[largest["rows"]] / largest["wall"] - 1
    sizes = largest["sizes"]
    return off, "\n".join([
        f"On {processor()}, {os.cpu_count()} cores; medians of up to {rounds(0)} merges, the stores in the page cache:",
        "", table(found, wide, largest, predicted), "",
        f"**Model:** `seconds = {seconds[0]:.2f} + millions of results × ({1e6 * seconds[1]:.2f} + {1e6 * seconds[2]:.2f} × times "
        f"read again)`, fitted to all sizes of ten experiments but the largest. At {largest['rows']:,} results, read again "
        f"{read_again(largest['experiments'], largest['rows'] // largest['experiments'])} times, it says "
        f"{predicted[largest['rows']]:.1f} s; measured were {largest['wall']:.1f} s: off by {100 * off:+.0f}%.",
        f"A result takes {sizes['store'] / largest['rows']:.0f} bytes of store, as much again in its shard, and "
        f"{sizes['forecasts'] / largest['rows']:.0f} in `forecasts.csv`, {sizes['forecasts'] / sizes['store']:.1f} times the store; "
        f"all other outputs together {(sizes['all'] - sizes['store'] - sizes['forecasts']) / largest['rows']:.0f}."])


def main():
    parse = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip(), description=__doc__.split("\n\n", maxsplit=1)[0])
    parse.add_argument("--rows", default="100000,300000,1000000,3000000,10000000")
    parse.add_argument("--wide", default="10000,1000,62")
    parse.add_argument("--scratch", type=Path)
    parse.add_argument("--page", type=Path, default=ROOT / "docs/scale.md")
    asked = parse.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="farm-scale-", dir=asked.scratch))
    try:
        found = [measure(scratch, EXPERIMENTS, int(rows) // EXPERIMENTS, SHARDS) for rows in asked.rows.split(",")]
        wide = [measure(scratch, *map(int, asked.wide.split(",")))] if asked.wide != "0" else []
    finally:
        shutil.rmtree(scratch)
    off, text = text_of(found, wide)
    print(text)
    page = asked.page.read_text()
    asked.page.write_text(re.sub(r"(<!-- scale:merge -->\n).*?(<!-- /scale:merge -->)", lambda m: m[1] + text + "\n" + m[2], page,
                                 flags=re.DOTALL))
    return abs(off) > OFF_AT_MOST


if __name__ == "__main__":
    sys.exit(main())
