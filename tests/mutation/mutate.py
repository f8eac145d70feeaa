#!/usr/bin/env python3
"""mutate.py - do the tests notice when the code is wrong? Plants one small fault at a time and runs the tests.

    tests/mutation/mutate.py [--mutants 240] [--seed 1] [--jobs 2] [--report build/mutation/report.txt]

A mutant is a source with one operator, constant, sign, statement or argument changed (mutants.py). So many are drawn
by the seed, a quarter each from the kernel, the schemes and the statistics, and the rest from the other numerical rooms.
Each is built in a copy of the tree of its own, where make compiles the changed objects alone, and run against the suites
of `make check`, the one named after the room first, then the cheapest, up to the first that fails: killed. Running for
much longer than the true program is failing, too. What passes every suite survives: a test is missing, or nothing that
anyone could ask of the program is different. The latter stand in equivalent.txt, each with the reason, and are
left out of the count; an entry there that matches no mutant is an error.

A mutant that does not compile, or compiles to the same bytes, is no mutant: another is drawn in its place. So the list
of mutants is the same on every run with the same sources, seed and compiler.

Built with -O1 and without -g: three times faster, and the numerical flags make it give the same bits. What asks for other
builds or programs is left out therefore: build.bats, bench.bats, scale.bats, and tests that call make (warnings, the
disassembly, clang's bits).
A suite in shell has to fail twice before it counts, since some of its tests watch the clock.

Exit 0: at least 95% are killed; 1: fewer; 2: it could not be done, or an entry of equivalent.txt is stale or untrue.
"""

import argparse
import concurrent.futures
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from mutants import mutants_of  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
WANTED = 0.95
GROUPS = [  # a quarter of the mutants each; the first's are drawn over all its files together
    ["lstm.c", "elementary.h", "initial.c", "plan.c", "frame.c", "baselines.c", "compare.c",
     "compare_sizes.c", "compare_ranks.c"],
    ["lstm_kernel.c", "lstm_one.h"],
    ["schemes.c"],
    ["stats.c", "stats_t.c", "stats_rank.c", "stats_power.c", "stats_bootstrap.c"],
]
# builds for itself; takes programs that are not built there; bounds seconds, which are others under load
NOT_ASKED = ["build.bats", "bench.bats", "scale.bats", "sizes.bats"]
# pointers for numbers and the like are only warnings by themselves
STRICT = "-Werror=int-conversion -Werror=incompatible-pointer-types -Werror=discarded-qualifiers"
MAKE = ["make", "-s", "OPT=-O1", f"EXTRA={STRICT}"]
LIMITS = "ulimit -c 0; ulimit -f 2000000; ulimit -v 8000000; exec \"$@\""  # 1 GB a file, 8 GB of memory


class Fault(Exception):
    """What ends the run with exit 2."""


running = set()  # process groups, to be ended when we are told to stop
stopped = False


# --- commands --------------------------------------------------------------------------------------------------------


def environment(tree):
    """Ours, without what an outer make or bats hands down, and with a place of its own for scratch folders."""
    outer = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "FARM")
    kept = {k: v for k, v in os.environ.items() if k not in outer}
    # the bats in bats' own folder, which is in PATH under it, is not one to start by itself
    kept["PATH"] = ":".join(p for p in kept["PATH"].split(":") if p != kept.get("BATS_LIBEXEC"))
    (tree / "tmp").mkdir(exist_ok=True)
    return kept | {"TMPDIR": str(tree / "tmp"), "CMOCKA_MESSAGE_OUTPUT": "TAP", "STOP_SECONDS": "5"}


def run(command, tree, seconds=600):
    """Its exit status, or None if it took too long, and what it said."""
    if stopped:
        raise Fault("stopped")
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(["sh", "-c", LIMITS, "sh", *command], cwd=tree, env=environment(tree),
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)  # fmt: skip
        running.add(process.pid)
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            end_group(process.pid)  # with whatever it has started
            process.wait()
            running.discard(process.pid)
        if stopped:
            raise Fault("stopped")
        log.seek(0)
        return status, log.read().decode(errors="replace")


def end_group(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def stop(*_):
    """Ctrl-C and SIGTERM: what runs is ended, so that every tree is taken away on the way out."""
    global stopped
    stopped = True
    for group in list(running):
        end_group(group)


# --- suites ----------------------------------------------------------------------------------------------------------


class Suite:
    """A test program or bats file; seconds and limit are known once it has passed on the true sources."""

    def __init__(self, name):
        self.name, self.seconds, self.limit = name, 0.0, 600.0

        self.shell = name.endswith(".bats")
        self.target = "farm" if self.shell else f"build/tests/{name}"  # what make builds for it

    def fault(self, tree):
        """None, or in a word why it does not pass."""
        fault = self.fault_once(tree)
        return self.fault_once(tree) if fault and self.shell else fault

    def fault_once(self, tree):
        status, said = run([*MAKE, self.target], tree)
        if status != 0:
            raise Fault(f"{self.target} does not build:\n{said}")
        status, _ = run(["bats", f"tests/{self.name}"] if self.shell else [self.target], tree, self.limit)
        return None if status == 0 else "too long" if status is None else "crashed" if status < 0 else "failed"

    def measure(self, tree):
        begin = time.time()
        if self.fault(tree):
            raise Fault(f"{self.name} fails on the sources as they are")
        self.seconds = time.time() - begin
        self.limit = 20 + 5 * self.seconds  # other work on the machine may slow it down


def suites_of(tree, only):
    names = [p.stem for p in sorted((tree / "tests").glob("test_*.c"))]
    names += [p.name for p in sorted((tree / "tests").glob("*.bats")) if "@test" in p.read_text()]
    return [Suite(name) for name in names if re.search(only, name)]


def order_for(mutant, suites):
    room = "test_" + Path(mutant.file).stem.split("_")[0]
    return sorted(suites, key=lambda s: (not s.name.startswith(room), s.shell, s.seconds))


# --- trees -----------------------------------------------------------------------------------------------------------


def copy_sources(tree):
    """The checkout without what was built, and without the tests that build for themselves."""
    def ignored(folder, names):
        top = {".git", "build", "farm", "out"} if Path(folder) == ROOT else set()
        return [n for n in names if n in top or n == "__pycache__"]

    shutil.copytree(ROOT, tree, ignore=ignored)
    (tree / "out").mkdir()
    for name in NOT_ASKED:
        (tree / "tests" / name).unlink()
    for bats in (tree / "tests").glob("*.bats"):
        tests = re.sub(r"^@test (?:(?!^\}).)*?\bmake -(?:(?!^\}).)*^\}\n", "", bats.read_text(), flags=re.M | re.S)
        bats.write_text(tests)


def digests_of(tree):
    return {p.name: hashlib.sha256(p.read_bytes()).digest() for p in (tree / "build").glob("*.o")}


# --- mutants ---------------------------------------------------------------------------------------------------------


def draw_order(seed, function):
    """For each group its mutants in the order in which they are drawn: by a hash of what they change, so that after an
    edit elsewhere in a file the same ones are drawn again."""
    def place(mutant):
        return hashlib.sha256("\n".join([seed, *key_of(mutant)]).encode()).digest()

    out = []
    for files in GROUPS:
        group = [m for f in files for m in mutants_of(f"src/{f}", (ROOT / "src" / f).read_text())]
        group = [m for m in group if function in (None, m.function)]
        out.append(sorted(group, key=place))  # the same change in two lines alike: in their order
    return out


def key_of(mutant):
    return mutant.file, mutant.function, mutant.before, mutant.after


def read_equivalent(path, mutants):
    """{key: reason}; each entry has to match one mutant."""
    there, out = Counter(key_of(m) for m in mutants), {}
    text = re.sub(r"^#.*\n", "", path.read_text(), flags=re.M) if path.exists() else ""
    for block in re.split(r"\n\s*\n", text.strip()) if text.strip() else []:
        found = re.fullmatch(r"(\S+) in (\w*)\n- (.*)\n\+ (.*)\n= (\S.*)", block)
        if not found:
            raise Fault(f"{path.name}: an entry is five lines, FILE in FUNCTION, - before, + after, = why; not\n{block}")
        *key, why = found.groups()
        key = tuple(key)
        if key in out or there[key] != 1:
            what = "stands here twice" if key in out else f"matches {there[key]} mutants of the sources instead of one"
            raise Fault(f"{path.name}: an entry {what}:\n{block}")
        out[key] = why
    return out


class Verdict:
    def __init__(self, mutant, outcome, by=""):
        self.mutant, self.outcome, self.by = mutant, outcome, by

    def __str__(self):
        m = self.mutant
        return (f"{m.file}:{m.line} ({m.function or '-'}) {m.kind}: {self.outcome}{' by ' + self.by if self.by else ''}\n"
                f"- {m.before}\n+ {m.after}\n")  # fmt: skip


def try_mutant(mutant, base, digests, suites):
    """Builds and tests one; outcome "invalid" where there is nothing to test."""
    with tempfile.TemporaryDirectory(prefix="tree-", dir=base.parent) as folder:
        tree = Path(folder) / "farm"
        shutil.copytree(base, tree, ignore=lambda _, names: [n for n in names if n == "tmp"])
        (tree / mutant.file).write_text(mutant.text)
        os.utime(tree / mutant.file)
        if run([*MAKE, "build/libfarm.a"], tree)[0] != 0 or digests_of(tree) == digests:
            return Verdict(mutant, "invalid")
        for suite in order_for(mutant, suites):
            fault = suite.fault(tree)
            if fault:
                return Verdict(mutant, "killed", f"{suite.name}, {fault}")
        return Verdict(mutant, "survived")


def try_group(order, quota, listed, pool, attempt):
    """Verdicts on the first quota valid mutants of the order. Never more under way than are still wanted, so that which
    ones they are does not depend on who finishes when."""
    queue, under_way, valid = iter(order), set(), 0
    while True:
        while len(under_way) < quota - valid:
            mutant = next(queue, None)
            if mutant is None:
                break
            if key_of(mutant) in listed:
                valid += 1
                yield Verdict(mutant, "listed")
            else:
                under_way.add(pool.submit(attempt, mutant))
        if not under_way:
            return
        done, under_way = concurrent.futures.wait(under_way, return_when=concurrent.futures.FIRST_COMPLETED)
        for verdict in (future.result() for future in done):
            valid += verdict.outcome != "invalid"
            yield verdict


# --- the run ---------------------------------------------------------------------------------------------------------


def prepare(base, only):
    """A tree built from the true sources, and the suites that pass there."""
    copy_sources(base)
    suites = suites_of(base, only)
    status, said = run([*MAKE, "-j2", *{s.target for s in suites}], base)
    if status != 0:
        raise Fault(f"the sources as they are do not build:\n{said}")
    for suite in suites:
        suite.measure(base)
    for program in (base / "build/tests").glob("test_*"):
        if not program.suffix:
            program.unlink()  # each mutant links its own
    return suites


def report(verdicts, equivalent, seed):
    """The report's text, and the share that was killed."""
    counted = Counter(v.outcome for v in verdicts)
    tested = counted["killed"] + counted["survived"]
    share = counted["killed"] / tested if tested else 1.0
    files = {}
    for v in verdicts:
        files.setdefault(v.mutant.file, Counter())[v.outcome] += 1
    lines = [str(v) for v in verdicts if v.outcome == "survived"]
    lines += [f"{'file':<22}{'killed':>8}{'survived':>10}{'listed':>8}"]
    lines += [f"{f:<22}{c['killed']:>8}{c['survived']:>10}{c['listed']:>8}" for f, c in sorted(files.items())]
    lines += [f"seed {seed}: {counted['killed']} of {tested} killed ({100 * share:.1f}%), {counted['survived']} survived; "
              f"left out: {counted['listed']} listed as equivalent, {counted['invalid']} that do not compile or "
              f"compile to the same"]  # fmt: skip
    rest = [str(v) + (f"= {equivalent[key_of(v.mutant)]}\n" if v.outcome == "listed" else "")
            for v in verdicts if v.outcome in ("killed", "listed")]  # fmt: skip
    return "\n".join(lines), "\n".join(lines + ["", *rest]), share


def mutate(options):
    orders = draw_order(options.seed, options.function)
    everything = [m for f in sum(GROUPS, []) for m in mutants_of(f"src/{f}", (ROOT / "src" / f).read_text())]
    equivalent = read_equivalent(options.equivalent, everything)
    listed = {} if options.listed else equivalent
    if options.listed:  # those alone: are they what the list says they are?
        orders = [[m for m in order if key_of(m) in equivalent] for order in orders]
    quotas = [len(o) if options.listed else options.mutants // 4 + (g < options.mutants % 4) for g, o in enumerate(orders)]
    if options.function:
        quotas = [options.mutants] * len(orders)
    options.report.parent.mkdir(parents=True, exist_ok=True)
    verdicts = []
    with tempfile.TemporaryDirectory(prefix="run-", dir=options.report.parent) as folder:
        base = Path(folder) / "base"
        suites = prepare(base, options.tests)
        print(f"{len(suites)} suites, {sum(s.seconds for s in suites):.0f} s on the sources as they are", flush=True)
        digests = digests_of(base)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for order, quota in zip(orders, quotas):
                for verdict in try_group(order, quota, listed, pool, lambda m: try_mutant(m, base, digests, suites)):
                    verdicts.append(verdict)
                    if options.verbose and verdict.outcome != "invalid" or verdict.outcome == "survived":
                        print(verdict, flush=True)
    if not any(v.outcome != "invalid" for v in verdicts):
        raise Fault("there is no such mutant")
    verdicts.sort(key=lambda v: (v.mutant.file, v.mutant.line, v.mutant.before, v.mutant.after))
    brief, whole, share = report(verdicts, equivalent, options.seed)
    options.report.write_text(whole)
    print(brief)
    if options.listed:
        killed = [v for v in verdicts if v.outcome != "survived"]
        if killed:
            raise Fault("equivalent.txt lists mutants that a test kills, or that are none:\n" + "\n".join(map(str, killed)))
        return 0
    return 0 if share >= WANTED else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=240, help="how many (240)")
    parser.add_argument("--seed", default="1", help="which ones (1)")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time (2)")
    parser.add_argument("--tests", default="", help="only the suites whose names match this expression")
    parser.add_argument("--function", help="only mutants of this function")
    parser.add_argument("--listed", action="store_true", help="try those in equivalent.txt alone: they must survive")
    parser.add_argument("--equivalent", type=Path, default=ROOT / "tests/mutation/equivalent.txt")
    parser.add_argument("--report", type=Path, default=ROOT / "build/mutation/report.txt")
    parser.add_argument("--verbose", action="store_true", help="print every mutant as it is done")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        return mutate(options)
    except Fault as fault:
        print(fault, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
