#!/usr/bin/env bats
# kill.bats - kill -9 at any moment, and at every system call that changes a file: the same command goes on to the same
# bytes, and nothing is left behind.

load ../common
load ../store

# python with cut.py at hand; the program is what is under test, so that sanitizer builds can be given too
cut() {
  FARM_UNDER_TEST=$farm PYTHONPATH="$root/tests/long" /usr/bin/python3 - "$@"
}

@test "killed at a hundred random moments, again and again: the bytes of an uncut run" {
  small_here
  cut <<'P'
import random, shutil
import cut

# so many epochs that several commits, one each half second, fall into a run on this machine
epochs, seconds = 300, 0
while seconds < 2.5:
    epochs *= 2
    shutil.rmtree("whole", ignore_errors=True)
    args = ("small.json", "-t", "2", "-r", "2000", "--set", f"train.epochs={epochs}", "--set", "save_models=true", "-o")
    seconds = cut.seconds_of(*args, "whole")
outputs = cut.files("whole")
all_rows = cut.rows("whole/farm.db")
rng, tally, chains = random.Random(11), cut.Tally(), []
while sum(chains) < 100:
    shutil.rmtree("out", ignore_errors=True)
    kills = 0
    # moments over all that is left of a run, every fourth about its end, since outputs take a tenth of a second; a chain of
    # kills ends by itself, or is let through after ten
    while kills < 10:
        left = seconds * cut.share_left("out", all_rows)
        moment = rng.uniform(0, 1.1 * left) if rng.random() < 0.75 else max(left - 0.2, 0) + rng.uniform(0, 0.3)
        if not cut.kill_after(moment, *args, "out"):
            break
        kills += 1
        tally[cut.phase("out", all_rows, outputs)] += 1
        cut.check_no_half_file("out", outputs)
    cut.run_whole(*args, "out")
    cut.check_whole("out", outputs, f"chain {len(chains)} of {kills} kills")
    chains.append(kills)
print(f"a run takes {seconds:.1f} s; kills in a row: {chains}\n{tally}")
assert max(chains) >= 3
assert tally["3 some results"] > 20 and len(tally) > 3, tally
P
}

@test "killed at every write, sync, rename, unlink and truncate of a run" {
  small_here
  cut <<'P'
import cut

args = ("small.json", "-t", "1", "-o", "out")
cut.run_whole("small.json", "-o", "whole")
tally = cut.Tally()
cut.sweep_kills(args, "out", cut.files("whole"), cut.rows("whole/farm.db"), tally)
print(tally)
for where in ("1 no tables", "2 no results", "4 no outputs", "5 outputs half written", "6 outputs half named",
              "7 closing"):
    assert tally[where] > 0, f"no kill met: {where}"
P
}

@test "killed at every call of a run that adds repeats, models and all, to one of before" {
  small_here
  cut <<'P'
import cut

args = ("small.json", "-t", "1", "--set", "save_models=true", "-r", "60", "-o")
cut.run_whole("small.json", "--set", "save_models=true", "-r", "2", "-o", "first")
cut.run_whole(*args, "whole")
tally = cut.Tally()
cut.sweep_kills((*args, "out"), "out", cut.files("whole"), cut.rows("whole/farm.db"), tally, start="first",
                before=[cut.files("first")], stride=3)
print(tally)
assert tally["3 some results"] > 0, tally  # the store of before, whatever the kill took
P
}

@test "killed at every call of a run that finds all results, of --fresh, of a report and of a merge" {
  small_here
  cut <<'P'
import cut

run = ("small.json", "-t", "1", "-o")
cut.run_whole(*run, "whole")
outputs, all_rows = cut.files("whole"), cut.rows("whole/farm.db")
cut.run_whole(*run, "other", "-s", "2")
for k in 1, 2:
    cut.run_whole(*run, "shards", "--shard", f"{k}/2")
shards = ["shards/shard-1-of-2.db", "shards/shard-2-of-2.db"]
cases = (("found", (*run, "out"), "whole", None),
         ("fresh", (*run, "out", "--fresh"), "other", [(*run, "out")]),
         ("report", ("report", "out"), "whole", None),
         ("merge", ("merge", "out", *shards), None, None),
         ("merge into", ("merge", "out", *shards), "other", None))
for name, args, start, after in cases:
    tally = cut.Tally()
    before = [cut.files(start)] if start else []
    cut.sweep_kills(args, "out", outputs, all_rows, tally, start, before, stride=2, after=after)
    print(f"{name}: {tally}")
    assert sum(tally.values()) > 5
P
}

@test "killed at every call of a shard: merged, the bytes of one run" {
  small_here
  cut <<'P'
import os
import cut

run = ("small.json", "-t", "1", "-o")
cut.run_whole(*run, "whole")
outputs = cut.files("whole")
cut.run_whole(*run, "out", "--shard", "1/2")
one = cut.rows("out/shard-1-of-2.db")
os.rename("out", "start")
shard = (*run, "out", "--shard", "2/2")
tally = cut.Tally()
cut.sweep_kills(shard, "out", outputs, one, tally, start="start", stride=2, store="shard-2-of-2.db",
                after=[shard, ("merge", "out", "out/shard-1-of-2.db", "out/shard-2-of-2.db")])
print(tally)
assert sum(tally.values()) > 10
P
}
