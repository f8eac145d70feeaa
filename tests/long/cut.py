"""cut.py - runs of the farm that are cut short, for kill.bats and disk.bats: at a moment, or at a system call.

A cut is made by strace, which counts each system call by thread. Whatever was cut, the same command must go on to the
bytes of a run that was not, and leave nothing behind.
"""

import collections
import os
import shutil
import signal
import sqlite3
import subprocess
import time

FARM = os.environ["FARM_UNDER_TEST"]
CALLS = ("write", "pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "unlink")


def run(*args, timeout=120):
    return subprocess.run([FARM, *args, "-q"], capture_output=True, text=True, timeout=timeout)


def run_whole(*args):
    done = run(*args)
    assert done.returncode == 0, f"farm {' '.join(args)}: exit {done.returncode}: {done.stderr}"
    return done


def injected(call, fault, *args, timeout=120):
    """A run to which strace does `fault` at `call`, as "signal=KILL:when=3"; exit -9: it was killed."""
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e", f"inject={call}:{fault}"]
    return subprocess.run([*strace, FARM, *args, "-q"], capture_output=True, text=True, timeout=timeout)


def count_calls(call, *args):
    """How many of the calls a run makes, in all threads."""
    subprocess.run(["strace", "-f", "-qq", "-o", "counted", "-e", "trace=" + call, FARM, *args, "-q"], check=True)
    with open("counted") as trace:
        return sum(f" {call}(" in line for line in trace)


def files(folder):
    """All outputs: path to bytes. run.json has seconds, a store its history."""
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if name != "run.json" and not name.endswith((".db", "-wal", "-shm", "-journal")):
                found[os.path.relpath(path, folder)] = open(path, "rb").read()
    return found


def hidden(folder):
    return [os.path.join(where, name) for where, _, names in os.walk(folder) for name in names if name[0] == "."]


def rows(store):
    """How many rows another process sees; None: no tables yet."""
    try:
        db = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
        try:
            return db.execute("SELECT count(*) FROM result").fetchone()[0]
        finally:
            db.close()
    except sqlite3.Error:
        return None


def copy_apart(store):
    """The store with all that SQLite has beside it, in a folder of its own, so that looking changes nothing."""
    shutil.rmtree("looked", ignore_errors=True)
    os.mkdir("looked")
    for suffix in "", "-wal", "-journal":
        if os.path.exists(store + suffix):
            shutil.copy(store + suffix, "looked/" + os.path.basename(store) + suffix)
    return "looked/" + os.path.basename(store)


def share_left(folder, all_rows, store="farm.db"):
    """How much of a run is still to be trained, from what a cut one left."""
    path = os.path.join(folder, store)
    there = rows(copy_apart(path)) if os.path.exists(path) else None
    return 1 - (there or 0) / all_rows


def phase(folder, all_rows, outputs, store="farm.db"):
    """What a cut run had come to, from what it left."""
    path = os.path.join(folder, store)
    if not os.path.exists(path):
        return "0 no store"
    there = rows(copy_apart(path))
    if there is None:
        return "1 no tables"
    if there < all_rows:
        return "3 some results" if there else "2 no results"
    named = [name for name in outputs if os.path.exists(os.path.join(folder, name))]
    if hidden(folder):
        return "6 outputs half named" if named else "5 outputs half written"
    if len(named) < len(outputs):
        return "4 no outputs"
    return "7 closing" if os.path.exists(path + "-wal") else "8 closed"


def check_whole(folder, outputs, what):
    found = files(folder)
    assert not hidden(folder), f"{what}: left behind: {hidden(folder)}"
    assert sorted(found) == sorted(outputs), f"{what}: {sorted(found)}"
    other = [name for name in outputs if found[name] != outputs[name]]
    assert not other, f"{what}: other bytes in {other}"
    beside = [name for name in os.listdir(folder) if name.endswith(("-wal", "-shm", "-journal"))]
    assert not beside, f"{what}: left behind: {beside}"


def check_no_half_file(folder, *versions):
    """Each output is whole: one of those that some run wrote."""
    for name, text in files(folder).items():
        if os.path.basename(name)[0] != ".":
            assert text in [v.get(name) for v in versions], f"half a file: {name}"


def start_from(seed_folder, folder):
    shutil.rmtree(folder, ignore_errors=True)
    if seed_folder:
        shutil.copytree(seed_folder, folder)


class Tally(collections.Counter):
    def __str__(self):
        return ", ".join(f"{name}: {self[name]}" for name in sorted(self))


def sweep_kills(args, folder, outputs, all_rows, tally, start=None, before=(), stride=1, store="farm.db", after=None):
    """Kills `args` at every stride-th call of each kind, until there are no more; `after`, by default the same
    command, then gives the outputs. start: what the folder holds before; before: its outputs."""
    for call in CALLS:
        n = 1
        while True:
            start_from(start, folder)
            cut = injected(call, f"signal=KILL:when={n}", *args)
            if cut.returncode == 0:
                break
            what = f"{' '.join(args)}, killed at {call} {n}"
            assert cut.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), f"{what}: {cut.returncode} {cut.stderr}"
            tally[phase(folder, all_rows, outputs, store)] += 1
            check_no_half_file(folder, outputs, *before)
            for command in after or [args]:
                run_whole(*command)
            check_whole(folder, outputs, what)
            n += stride


def start_process(*args):
    return subprocess.Popen([FARM, *args, "-q"], stderr=subprocess.PIPE, text=True)


def kill_after(seconds, *args):
    """Whether the run was killed; else it was through and well."""
    process = start_process(*args)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    said = process.communicate()[1]
    assert process.returncode in (0, -signal.SIGKILL), f"exit {process.returncode}: {said}"
    return process.returncode != 0


def seconds_of(*args):
    begin = time.time()
    run_whole(*args)
    return time.time() - begin
