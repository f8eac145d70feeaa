"""The whole program, from the start of its process to its end: the tutorial, and how it grows.

Every run begins with an empty folder and draws no pictures; measure.c takes wall and processor seconds and the peak of
memory, run.json tells gradient steps and the seconds of training alone. What is compared takes turns.
"""
import json
import math
import shutil
import subprocess
import tempfile
from pathlib import Path

from contest import ROOT, SERIES, spread

MEMORY = Path("/dev/shm")


class Runs:
    def __init__(self, farm, tests, folder, say):
        self.farm, self.tests, self.folder, self.say = farm, tests, folder, say
        self.measure = str(tests / "bench/measure")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def once(self, config, *arguments):
        """One run of a config in a folder of its own, which is gone afterwards."""
        path, out = self.folder / "config.json", self.folder / "out"
        path.write_text(json.dumps(config))
        shutil.rmtree(out, ignore_errors=True)
        result = subprocess.run([self.measure, self.farm, path, "-q", "--no-plots", "-o", out, *arguments],
                                capture_output=True, text=True, check=True)
        taken = json.loads(result.stdout)
        if taken["status"] != 0:
            raise RuntimeError(f"{self.farm} {' '.join(arguments)}: exit {taken['status']}: {result.stderr[:500]}")
        run = json.loads((out / "run.json").read_text())
        shutil.rmtree(out)
        return {**taken, "training": run["seconds"], "steps_asked": run["steps_asked"],
                "steps_taken": run["steps_taken"], "threads": run["threads"]}

    def in_turns(self, cases, rounds):
        """cases: name -> (config, arguments); name -> spreads over the rounds, and what is the same in each."""
        taken = {name: [] for name in cases}
        for turn in range(rounds):
            for name in list(cases)[:: 1 if turn % 2 == 0 else -1]:
                self.say(f"whole program: {name}")
                config, *arguments = cases[name]
                taken[name].append(self.once(config, *arguments))
        return {name: summary(runs) for name, runs in taken.items()}


def summary(runs):
    spreads = {key: spread([run[key] for run in runs]) for key in ("wall", "processor", "training", "bytes")}
    return {**spreads, **{key: runs[0][key] for key in ("steps_asked", "steps_taken", "threads")}}


# --- configs ----------------------------------------------------------------------------------------------------------


def tutorial(schemes=("fixed", "update", "refit", "persistence")):
    config = json.loads((ROOT / "configs/tutorial.json").read_text())
    config.pop("$schema", None)
    config["series"] = {"file": str(SERIES), "column": "Sales"}
    config["experiments"] = [e for e in config["experiments"] if e["scheme"] in schemes]
    if "update" not in schemes:
        config["experiments"] = [e for e in config["experiments"] if "match" not in e]
    return config


def long_series(folder, n):
    """n values with a season and some noise from a linear congruence: the same on every machine."""
    state, lines = 1, ["value"]
    for t in range(n):
        state = (1103515245 * state + 12345) % 2**31
        lines.append(f"{100 + 20 * math.sin(t / 6) + 10 * state / 2**31:.4f}")
    path = folder / f"series_{n}.csv"
    path.write_text("\n".join(lines) + "\n")
    return {"file": str(path), "column": "value"}


def on_rows(folder, n, test, epochs, repeats, experiment):
    return {"name": "rows", "series": long_series(folder, n), "frame": {"test": test}, "train": {"epochs": epochs},
            "repeats": repeats, "experiments": [{"name": "one", **experiment}], "compare": {"reference": "one"}}


# --- what is measured -------------------------------------------------------------------------------------------------


def measure_tutorial(runs, budget):
    """With refit and without, by repeats; one experiment alone, at whose end the first result is there; and without a
    disk to wait for, where there is a file system in memory."""
    cases = {"first": (10, budget.few_rounds, tutorial(("fixed",)))}
    for repeats in budget.repeats:
        rounds = budget.few_rounds if repeats <= 100 else budget.many_rounds
        for words, more in (("with refit", ("refit",)), ("without refit", ())):
            cases[f"{repeats} {words}"] = repeats, rounds, tutorial(("fixed", "update", "persistence", *more))
    taken = {}
    for rounds in sorted({rounds for _, rounds, _ in cases.values()}, reverse=True):
        turns = {name: (config, "-r", str(repeats)) for name, (repeats, r, config) in cases.items() if r == rounds}
        taken.update(runs.in_turns(turns, rounds))
    results = [{"case": name, "repeats": cases[name][0], "refit": "with refit" in name, **spreads}
               for name, spreads in taken.items()]
    if MEMORY.is_dir():
        with tempfile.TemporaryDirectory(prefix="farm-bench-", dir=MEMORY) as folder:
            elsewhere = Runs(runs.farm, runs.tests, Path(folder) / "runs", runs.say)
            turns = elsewhere.in_turns({"memory": (tutorial(), "-r", "10")}, budget.few_rounds)
        results.append({"case": "memory", "repeats": 10, "refit": True, **turns["memory"]})
    return results


def measure_threads(runs, budget, cores):
    counts = sorted({1, *(2**k for k in range(1, 12) if 2**k < cores), cores})
    cases = {str(t): (tutorial(), "-r", str(budget.threads_repeats), "-t", str(t)) for t in counts}
    return [{"repeats": budget.threads_repeats, **taken}
            for taken in runs.in_turns(cases, budget.many_rounds).values()]


def measure_rows(runs, budget):
    cases = {str(n): (on_rows(runs.folder, n, 12, 100, 64, {"scheme": "fixed"}),) for n in budget.rows}
    return [{"rows": int(n), "epochs": 100, "repeats": 64, **taken}
            for n, taken in runs.in_turns(cases, budget.many_rounds).items()]


def measure_walk(runs, budget):
    """update over the last 100 rows: whole, and with a short base fit by the number of forecasts."""
    update = {"scheme": "update", "epochs": 2, "rows": {"last": 100}}
    train = budget.walk_rows - 1000
    cases = {"whole": (on_rows(runs.folder, budget.walk_rows, 1000, budget.walk_epochs, 16, update),)}
    for test in budget.forecasts:
        cases[str(test)] = (on_rows(runs.folder, train + test, test, 1, 16, update),)
    taken = runs.in_turns(cases, budget.many_rounds)
    whole = {"rows": budget.walk_rows, "forecasts": 1000, "epochs": budget.walk_epochs, **taken.pop("whole")}
    return {"whole": whole, "growth": [{"forecasts": int(n), **t} for n, t in taken.items()]}


def measure_many(runs, budget):
    """fixed and update_2 at ten thousand repeats before and after a great many."""
    config = tutorial(("fixed", "update"))
    config["experiments"] = [{"scheme": "fixed"}, {"scheme": "update", "epochs": 2}]
    few, many = (config, "-r", str(budget.some)), (config, "-r", str(budget.most))
    first = runs.in_turns({f"{budget.some} repeats": few}, 1)
    great = runs.in_turns({f"{budget.most} repeats": many}, 1)
    last = runs.in_turns({f"{budget.some} repeats again": few}, 1)
    pairs = [(budget.some, first), (budget.most, great), (budget.some, last)]
    return [{"repeats": repeats, **next(iter(taken.values()))} for repeats, taken in pairs]
