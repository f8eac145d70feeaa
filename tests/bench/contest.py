"""Contestants: processes that train the same models on the same rows, first asked to prove it, then timed in turns.

A contestant speaks the protocol of contestant.h. Before it is timed it trains 50 steps of three models, and its weights
must be the ones that ./farm comes to; one that computes something else is refused, with the reason.
"""
import csv
import json
import os
import random
import select
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERIES = ROOT / "data/shampoo.csv"
TRAIN_ROWS, PROOF_ROWS, PROOF_EPOCHS = 22, 25, 2  # the tutorial's; 2 x 25 = 50 steps, across an epoch's end
PROOF_MODELS = 3
TIMED_WEIGHTS = 8192  # numbers handed over for the timed models, which take turns with them
# Rounding in float32 comes to 7e-7 at most, over all peers and sizes. Adam moves a weight by 0.001 at each step, so one
# step gone wrong is five hundred times this, and 0.998 in place of 0.999 for its second beta eight times.
TOLERANCE = 2e-6
PATIENCE = 300  # seconds for one answer: TensorFlow's import and compilation on a busy machine


class Refused(Exception):
    """Why a contestant does not count."""


@dataclass
class Entry:
    """One line of the contest: a contestant and what it is asked."""

    name: str
    title: str
    command: list
    preset: str = "keras-2.0"
    sizes: tuple = ()                # neurons; (): all
    repeats: object = 1              # how many side by side: a number, or a list of which the fastest is taken
    modes: tuple = ("one", "cores")  # cores: a process a core; threads: one process with as many threads
    trains: bool = True              # a bound trains nothing and has nothing to prove
    environment: dict = field(default_factory=dict)

    def takes(self, neurons):
        return not self.sizes or neurons in self.sizes


# --- the work: rows and weights ---------------------------------------------------------------------------------------


def tutorial_rows(n):
    """The first n rows of the classic experiment: one difference, one lag, each column scaled to -1 ... 1 over them."""
    with open(SERIES, newline="") as file:
        sales = [float(row["Sales"]) for row in csv.DictReader(file)]
    differences = [b - a for a, b in zip(sales, sales[1:])]
    columns = differences[:n], differences[1 : n + 1]
    scaled = [[2 * (x - min(column)) / (max(column) - min(column)) - 1 for x in column] for column in columns]
    return {"inputs": scaled[0], "targets": scaled[1]}


def draw_weights(neurons, preset, count):
    """Initial weights about as large as the presets draw them."""
    rng = random.Random(f"{neurons} {preset}")

    def uniform(n, width):
        return [round(rng.uniform(-width, width), 7) for _ in range(n)]

    width = (6 / (5 * neurons + 1)) ** 0.5
    models = []
    for _ in range(count):
        bias = [float(neurons <= g < 2 * neurons) for g in range(4 * neurons)]
        model = {"kernel": [uniform(4 * neurons, width)],
                 "recurrent_kernel": [uniform(4 * neurons, width) for _ in range(neurons)], "bias": bias}
        if preset == "pytorch":
            model["recurrent_bias"] = uniform(4 * neurons, width)
        models.append({**model, "dense_kernel": uniform(neurons, width), "dense_bias": 0.0})
    return models


def numbers(item):
    """All numbers of nested lists, in order."""
    return [x for part in item for x in numbers(part)] if isinstance(item, list) else [item]


def largest_difference(ours, theirs):
    """Over all weights of all models; infinite where they have another shape or are not finite."""
    if len(ours) != len(theirs):
        return float("inf")
    worst = 0.0
    for a, b in zip(ours, theirs):
        for name in a:
            x, y = numbers(a[name]), numbers(b.get(name, []))
            if len(x) != len(y):
                return float("inf")
            differences = [abs(p - q) if isinstance(q, (int, float)) else float("inf") for p, q in zip(x, y)]
            worst = max([worst, *(d if d == d else float("inf") for d in differences)])
    return worst


def farm_weights(farm, neurons, preset, weights):
    """What ./farm makes of these weights in 50 steps, by its save_models."""
    with tempfile.TemporaryDirectory() as folder:
        config = {"name": "proof", "series": {"file": str(SERIES), "column": "Sales"},
                  "frame": {"test": 34 - PROOF_ROWS}, "repeats": len(weights), "save_models": True,
                  "model": {"preset": preset, "neurons": neurons, "initial_weights": {"file": "weights.json"}},
                  "train": {"epochs": PROOF_EPOCHS}, "experiments": [{"scheme": "fixed"}]}
        Path(folder, "weights.json").write_text(json.dumps(weights))
        Path(folder, "config.json").write_text(json.dumps(config))
        subprocess.run([farm, f"{folder}/config.json", "-q", "--no-plots", "-o", f"{folder}/out"], check=True,
                       stdout=subprocess.DEVNULL)
        return json.loads(Path(folder, "out/models/fixed.json").read_text())


# --- processes --------------------------------------------------------------------------------------------------------


class Process:
    """One contestant's process, on its own cores."""

    def __init__(self, entry, cores, threads, log):
        limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"),
                               str(threads))
        environment = {**os.environ, **limits, "PYTHONDONTWRITEBYTECODE": "1", **entry.environment}
        self.log = log / f"{entry.name}.txt"
        with open(self.log, "a") as errors:
            self.process = subprocess.Popen(
                entry.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment,
                preexec_fn=lambda: os.sched_setaffinity(0, cores))
        self.pending = b""

    def send(self, **request):
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            pass  # it has ended, which receive() tells

    def receive(self):
        deadline = time.monotonic() + PATIENCE
        while b"\n" not in self.pending:
            ready = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))[0]
            if not ready:
                raise Refused(f"no answer for {PATIENCE} seconds")
            part = os.read(self.process.stdout.fileno(), 1 << 20)
            if not part:
                raise Refused(f"it ended: {self.last_words()}")
            self.pending += part
        line, self.pending = self.pending.split(b"\n", 1)
        try:
            answer = json.loads(line)
        except ValueError:
            raise Refused(f"not an answer: {line[:80]!r}") from None
        if "error" in answer:
            raise Refused(answer["error"])
        return answer

    def ask(self, **request):
        self.send(**request)
        return self.receive()

    def last_words(self):
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1][:200] if lines else "without a word"

    def close(self):
        try:
            self.process.stdin.close()
        except OSError:
            pass  # it ended before it had read all
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Contestant:
    """An entry in one mode: a process on one core, one on each core, or one on all of them."""

    def __init__(self, entry, mode, cores, log):
        self.entry, self.mode, self.cores = entry, mode, cores
        if mode == "threads":
            self.processes = [Process(entry, cores, len(cores), log)]
        else:
            self.processes = [Process(entry, [core], 1, log) for core in (cores[-1:] if mode == "one" else cores)]
        self.version = None

    def ask_all(self, **request):
        for process in self.processes:
            process.send(**request)
        return [process.receive() for process in self.processes]

    def prepare(self, neurons, repeats, rows, weights):
        self.work = len(rows["inputs"]) * repeats
        answers = self.ask_all(do="prepare", neurons=neurons, preset=self.entry.preset, repeats=repeats,
                               weights=weights, **rows)
        self.version = answers[0].get("version")

    def prove(self, farm, neurons):
        """The largest difference from ./farm's weights."""
        weights = draw_weights(neurons, self.entry.preset, PROOF_MODELS)
        self.prepare(neurons, PROOF_MODELS, tutorial_rows(PROOF_ROWS), weights)
        self.ask_all(do="train", epochs=PROOF_EPOCHS)
        ours = farm_weights(farm, neurons, self.entry.preset, weights)
        difference = max(largest_difference(ours, a["weights"]) for a in self.ask_all(do="weights"))
        if not difference <= TOLERANCE:
            raise Refused(f"{neurons} neurons: after {PROOF_ROWS * PROOF_EPOCHS} steps its weights differ from the "
                          f"farm's by {difference:.2g}, more than {TOLERANCE:g}")
        return difference

    def time(self, epochs):
        """Nanoseconds a gradient step of one repeat. On one core of its process's time, which a busy machine changes
        least; on all cores of the clock's, the rates of side by side processes added up."""
        answers = self.ask_all(do="train", epochs=epochs)
        clock = "processor" if self.mode == "one" else "wall"
        return 1e9 / sum(epochs * self.work / max(a[clock], 1e-9) for a in answers)

    def epochs_for(self, seconds):
        """How many epochs take about so long, by trying."""
        epochs = 1
        for _ in range(6):
            taken = 1e-9 * self.time(epochs) * epochs * self.work * len(self.processes)
            if taken >= 0.7 * seconds:
                break
            epochs = max(epochs + 1, int(epochs * min(seconds / max(taken, 1e-9), 1000)))
        return epochs

    def settle(self, neurons, seconds, choices):
        """Prepares the timed work; where there is a choice of repeats side by side, the one that is fastest."""
        models = min(16, max(2, TIMED_WEIGHTS // (4 * neurons * neurons + 1)))
        weights = draw_weights(neurons, self.entry.preset, models) if self.entry.trains else []
        rows = tutorial_rows(TRAIN_ROWS)
        choice = self.entry.repeats(neurons) if callable(self.entry.repeats) else self.entry.repeats
        if isinstance(choice, list):
            choice = choice[-choices:]
            speeds = {}
            for repeats in choice:
                self.prepare(neurons, repeats, rows, weights)
                self.time(1)
                speeds[repeats] = min(self.time(1) for _ in range(2))
            choice = min(speeds, key=speeds.get)
        self.repeats = choice
        self.prepare(neurons, choice, rows, weights)
        self.epochs = self.epochs_for(seconds)

    def close(self):
        for process in self.processes:
            process.close()


# --- the contest ------------------------------------------------------------------------------------------------------


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "rounds": values}


class Contest:
    """All entries at all sizes; keeps what came out, and who was refused and why."""

    def __init__(self, farm, log, budget, say):
        self.farm, self.log, self.budget, self.say = farm, log, budget, say
        self.steps, self.peers = [], {}
        log.mkdir(parents=True, exist_ok=True)
        for old in log.glob("*.txt"):
            old.unlink()

    def refuse(self, entry, why):
        self.say(f"{entry.name} does not count: {why}")
        self.peers.setdefault(entry.name, {"title": entry.title})["refused"] = str(why)

    def counts(self, entry):
        return "refused" not in self.peers.get(entry.name, {})

    def run(self, entries, mode, cores):
        """Starts every entry that has this mode, and lets them take turns at each size."""
        running = []
        for entry in entries:
            if mode in entry.modes and self.counts(entry):
                running.append(Contestant(entry, mode, cores, self.log))
                self.peers.setdefault(entry.name, {"title": entry.title, "proof": {}})
        for neurons in self.budget.sizes:
            self.run_size(running, neurons)
        for contestant in running:
            contestant.close()

    def run_size(self, running, neurons):
        ready = []
        for contestant in running:
            entry = contestant.entry
            if entry.takes(neurons) and self.counts(entry) and self.make_ready(contestant, neurons):
                ready.append(contestant)
        times = {id(c): [] for c in ready}
        for turn in range(self.budget.rounds):
            for contestant in ready[:: 1 if turn % 2 == 0 else -1]:
                if self.counts(contestant.entry):
                    self.take_turn(contestant, times)
        for contestant in ready:
            if self.counts(contestant.entry) and times[id(contestant)]:
                self.keep(contestant, neurons, times[id(contestant)])

    def make_ready(self, contestant, neurons):
        entry = contestant.entry
        self.say(f"{neurons:4d} neurons, {contestant.mode:7s}  {entry.name}")
        try:
            if entry.trains:
                proof = self.peers[entry.name]["proof"]
                proof[str(neurons)] = max(contestant.prove(self.farm, neurons), proof.get(str(neurons), 0.0))
            contestant.settle(neurons, self.budget.seconds, self.budget.choices)
        except Refused as why:
            self.refuse(entry, why)
            return False
        self.peers[entry.name]["version"] = contestant.version
        return True

    def take_turn(self, contestant, times):
        try:
            times[id(contestant)].append(contestant.time(contestant.epochs))
        except Refused as why:
            self.refuse(contestant.entry, why)

    def keep(self, contestant, neurons, ns):
        self.steps.append({"neurons": neurons, "mode": contestant.mode, "contestant": contestant.entry.name,
                           "repeats": contestant.repeats, "epochs": contestant.epochs, "ns": spread(ns)})

    def find(self, name, neurons, mode):
        for step in self.steps:
            if (step["contestant"], step["neurons"], step["mode"]) == (name, neurons, mode):
                return step
        return None


def times_slower(slow, fast):
    """Median over the rounds of how many times longer one took than the other in the same round."""
    pairs = list(zip(slow["ns"]["rounds"], fast["ns"]["rounds"]))
    return statistics.median(a / b for a, b in pairs)
