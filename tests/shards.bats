#!/usr/bin/env bats
# shards.bats - shards looked at and planned from outside: what `farm status` and `farm plan --shards` say is so, and
# looking changes nothing.

load common
load store

# shards K/N...: each run on small.json into out
shards() {
  local k
  for k in "$@"; do small -r 10 --shard "$k" -o out; done
}

# status_says FOLDER FIELD...: these fields of each shard by --format json, a line each
status_says() {
  local folder=$1 which=()
  shift
  if [ "${*: -2:1}" = --shard ]; then
    which=("${@: -2}")
    set -- "${@:1:$#-2}"
  fi
  "$farm" status "$folder" --format json "${which[@]}" 2>/dev/null | /usr/bin/python3 -c 'import json, sys
for shard in json.load(sys.stdin)["shards"]: print(*(shard[field] for field in sys.argv[1:]))' "$@"
}

@test "status counts what each shard has, and names those that lack something" {
  small_here
  shards 1/3 3/3
  run_apart "$farm" status out
  [ "$status" -eq 1 ]
  [ "$stderr" = "out: shard 2 of 3: not begun" ]
  [ "${lines[1]}" = "      1              1-4         4         0   100%  $(sed -n 's/.*100%  \(.*\)/\1/p' <<<"${lines[1]}")" ]
  [[ "${lines[2]}" =~ ^" "+2" "+"5-7"" "+0" "+3" "+0%" "+-" "+-"  not begun"$ ]]
  [ "${lines[4]}" = "7 of 10 repeats are done; of 3 shards 2 are done, 1 not begun." ]
  [ "$(status_says out shard state first repeats done)" = "$(printf '1 done 1 4 4\n2 not begun 5 3 0\n3 done 8 3 3')" ]
  shards 2/3
  run_apart "$farm" status out
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [ "${lines[4]}" = "10 of 10 repeats are done; of 3 shards 3 are done." ]
  "$farm" merge out -q out/shard-*-of-3.db
  run_apart "$farm" status out
  [ "${lines[4]}" = "10 of 10 repeats are done; of 3 shards 3 are done; all are merged." ]
  run_apart "$farm" status out -q
  [ "$status" -eq 0 ]
  [ -z "$output$stderr" ]
}

@test "a repeat is done when every part of every experiment is there, models and losses too" {
  small_here
  keep=(--set save_models=true --set record_loss=true)
  small -r 5 --shard 1/2 -o shards "${keep[@]}"
  small -r 5 --shard 2/2 -o shards "${keep[@]}"
  "$farm" merge joined -q shards/*.db # which says nothing of its own of what is done
  [ "$(status_says joined shard state repeats done steps_left)" = "1 done 5 5 0" ]
  /usr/bin/python3 - <<'P'
import store_rows as s
db = s.connect("joined/farm.db")
refit = "work IN (SELECT id FROM work WHERE text LIKE '%\"refit\"%')"
fixed = "work IN (SELECT work FROM result WHERE losses IS NOT NULL ORDER BY work LIMIT 1)"
def one(sql): assert db.execute(sql).rowcount == 1, sql
one(f"DELETE FROM result WHERE {refit} AND repeat = 2 AND step = 5")
one(f"UPDATE result SET weights = NULL WHERE {refit} AND repeat = 3 AND weights IS NOT NULL")
one(f"UPDATE result SET losses = NULL WHERE {fixed} AND repeat = 4")
P
  [ "$(status_says joined shard state repeats done)" = "1 stopped 5 2" ]
}

@test "an interrupted merge, or one of some shards, is not called complete" {
  small_here
  shards 1/2 2/2
  run "$farm" merge joined -q out/shard-2-of-2.db
  run_apart "$farm" status joined
  [ "$status" -eq 1 ]
  [[ "${lines[1]}" =~ " 5         5    "..%.*" stopped" ]]
  cp out/shard-*.db joined/
  run_apart "$farm" status joined
  [ "$status" -eq 0 ]
  [[ "${lines[3]}" == *"2 are done." ]]
}

@test "one shard alone can be asked for, and the others are not looked at" {
  small_here
  shards 2/3
  echo "no store" >out/shard-1-of-3.db
  run_apart "$farm" status out --shard 2/3
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [ "${#lines[@]}" -eq 3 ]
  [[ "${lines[1]}" =~ ^" "+2" "+"5-7"" "+3" "+0" " ]]
  [ "$(status_says out shard state --shard 2/3)" = "2 done" ]
  run_apart "$farm" status out --shard 3/3
  [ "$status" -eq 1 ]
  [ "$stderr" = "out: shard 3 of 3: not begun" ]
}

@test "a run that ended by its rule is done with the repeats that it came to" {
  tutorial_here
  rule=(--set 'repeats={"until":{"half_width":1.5,"max":3000}}' --set train.epochs=50)
  "$farm" configs/tutorial.json -q "${rule[@]}" -o out
  n=$(/usr/bin/python3 -c 'import json; print(json.load(open("out/run.json"))["repeats"])')
  [ "$n" -lt 3000 ]
  [ "$(status_says out state repeats done)" = "done $n $n" ]
}

@test "a folder that holds no store, or several sets of shards, is told" {
  small_here
  run_apart "$farm" status nowhere
  [ "$status" -eq 1 ]
  [ "$stderr" = "nowhere: cannot look for stores: No such file or directory" ]
  mkdir out
  run_apart "$farm" status out
  [ "$status" -eq 1 ]
  [ "$stderr" = "out: holds no store, neither farm.db nor shard-*.db: was it run with another --out?" ]
  shards 1/2 3/3
  run_apart "$farm" status out
  [ "$status" -eq 2 ]
  [ "$stderr" = "out: holds shards of 2 and of 3; say which with --shards" ]
  run_apart "$farm" status out --shards 2
  [ "$status" -eq 1 ]
  [ "$stderr" = "out: shard 2 of 2: not begun" ]
  for wrong in 0 x 1000001 -1 ""; do
    run_apart "$farm" status out --shards "$wrong"
    [ "$status" -eq 2 ]
    [ "$stderr" = "--shards: must be a whole number from 1 to 1000000; found \"$wrong\"" ]
  done
}

@test "shards of another run, damaged ones and files of other names are told apart" {
  small_here
  shards 1/5 2/5
  small -r 10 --shard 3/5 -o out -s 7
  cp out/shard-1-of-5.db out/shard-4-of-5.db
  head -c 3000 out/shard-1-of-5.db >out/shard-5-of-5.db
  touch out/shard-01-of-5.db out/shard-6-of-5.db out/shard-1-of-5.db.bak
  run_apart "$farm" status out
  echo "$stderr"
  [ "$status" -eq 1 ]
  [ "$(status_says out state)" = "$(printf 'done\ndone\nanother run\nanother run\nunreadable')" ]
  [[ "$stderr" == *"out/shard-5-of-5.db: "* ]]
  [[ "$stderr" == *"out: shards 3-4 of 5: of another run: the config, its series or its options were changed; run it again"* ]]
}

@test "what a run is known by changes with all that changes its output, and with nothing else" {
  small_here
  id() { "$farm" plan small.json --format json "$@" | /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["run"])'; }
  first=$(id)
  [ ${#first} -eq 64 ]
  [ "$(id -t 3)" = "$first" ]
  [ "$(id --shard 2/3)" = "$first" ]
  [ "$(id -o elsewhere)" = "$first" ]
  for change in "-r 7" "-s 2" "--set train.epochs=31" "--set compare.alpha=0.1"; do
    # shellcheck disable=SC2086 # words on purpose
    [ "$(id $change)" != "$first" ]
  done
  small --shard 1/2 -o out
  [ "$("$farm" status out --format json 2>/dev/null | sed -n 's/.*"run": "\(.*\)",/\1/p')" = "$first" ]
  small --shard 1/2 -o out --expect "$first"
  sed -i 's/145.9/145.8/' data/shampoo.csv
  run_apart "$farm" small.json --shard 2/2 -o out --expect "$first"
  [ "$status" -eq 2 ]
  [ ! -e out/shard-2-of-2.db ]
  [[ "$stderr" == "small.json: is no longer the run $first that was asked for: "*"submit it anew" ]]
}

@test "looking at stores changes no byte and leaves no file" {
  small_here
  shards 1/2 2/2
  before=$(ls -A out; sha256sum out/*)
  "$farm" status out -q
  [ "$(ls -A out; sha256sum out/*)" = "$before" ]
}

@test "a shard at work has its rate and the time left, in the numbers that its store has, and goes on undisturbed" {
  slow_here 2500 8000 # seconds
  "$farm" slow.json -q -t 1 --shard 2/2 -o out
  /usr/bin/python3 - "$farm" <<'P'
import json, sqlite3, subprocess, sys, time
farm = sys.argv[1]
run = subprocess.Popen([farm, "slow.json", "-q", "-t", "1", "--shard", "1/2", "-o", "out"])
def look():
    told = subprocess.run([farm, "status", "out", "--format", "json"], capture_output=True, text=True)
    assert told.returncode == 1, told
    return json.loads(told.stdout)["shards"][0]
def rows():
    db = sqlite3.connect("file:out/shard-1-of-2.db?mode=ro", uri=True)
    return db.execute("SELECT count(*) FROM (SELECT 1 FROM result GROUP BY repeat HAVING count(*) = 2)").fetchone()[0]
seen = []
while run.poll() is None:
    try:
        before = rows()
        shard = look()
        if run.poll() is None and before > 0:
            assert shard["state"] in ("at work", "done"), shard
            assert before <= shard["done"] <= rows(), (before, shard, rows())
            if shard["state"] == "at work": seen.append(shard)
    except sqlite3.OperationalError:
        pass # no table yet
    except AssertionError:
        if run.poll() is None: raise
    time.sleep(0.1)
assert run.wait() == 0
assert seen and all(s["steps_per_second"] > 0 and s["seconds_left"] >= 0 for s in seen), seen
left = [s["steps_left"] for s in seen]
assert left == sorted(left, reverse=True), left
P
  "$farm" merge joined -q out/*.db
}

@test "a shard that was killed is stopped, with what it kept, and its log is left for it" {
  slow_here 2500 8000 # seconds
  "$farm" slow.json -q -t 1 --shard 1/2 -o out 3>&- &
  /usr/bin/python3 - <<'P'
import sqlite3, time
def has_rows():
    try:
        db = sqlite3.connect("file:out/shard-1-of-2.db?mode=ro", uri=True)
        return db.execute("SELECT count(*) FROM result").fetchone()[0] > 0
    except sqlite3.OperationalError:
        return False # no file or no table yet
end = time.monotonic() + 60
while not has_rows() and time.monotonic() < end: time.sleep(0.01)
P
  kill -9 $!
  before=$(ls -A out; sha256sum out/*.db out/*-wal)
  run_apart "$farm" status out
  [ "$status" -eq 1 ]
  [[ "$stderr" == "out: shard 1 of 2: stopped before its end; run it again, it goes on from its store"* ]]
  [ "$(ls -A out; sha256sum out/*.db out/*-wal)" = "$before" ]
  left=$(status_says out steps_left | head -n 1)
  all=$(status_says out steps_left | tail -n 1)
  [ "$left" -gt 0 ]
  [ "$left" -lt "$all" ]
}

@test "a store that its farm holds for itself, as on a network, is read all the same" {
  small_here
  shards 1/2 2/2
  /usr/bin/python3 - "$farm" <<'P'
import json, sqlite3, subprocess, sys
db = sqlite3.connect("out/shard-1-of-2.db", isolation_level=None)
db.execute("PRAGMA locking_mode = EXCLUSIVE")
assert db.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "delete"
db.execute("BEGIN EXCLUSIVE")
told = subprocess.run([sys.argv[1], "status", "out", "--format", "json"], capture_output=True, text=True, timeout=20)
assert told.returncode == 0, told
assert [s["done"] for s in json.loads(told.stdout)["shards"]] == [5, 5], told.stdout
db.execute("COMMIT")
P
}

# --- planned ----------------------------------------------------------------------------------------------------------

# planned FIELD OPTION...: a number of the plan of small.json, as in "shard steps"
planned() {
  local part=$1 field=$2
  shift 2
  "$farm" plan small.json --format json "$@" |
    /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]][sys.argv[2]])' "$part" "$field"
}

@test "a planned shard takes the steps, the room and no more than the memory that the plan says" {
  small_here
  for keep in false true; do
    options=(-r 8000 --set train.epochs=2 --set "save_models=$keep" --set "record_loss=$keep")
    /usr/bin/python3 - "$FARM_WITH_PLOTS" small.json -q -t 2 -o "$keep" --shard 1/2 "${options[@]}" >took <<'P'
import resource, sqlite3, subprocess, sys, os
subprocess.run(sys.argv[1:], check=True)
store = sys.argv[sys.argv.index("-o") + 1] + "/shard-1-of-2.db"
print(sqlite3.connect(store).execute("SELECT value FROM run WHERE key = 'steps_taken'").fetchone()[0],
      os.stat(store).st_size, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
P
    read -r steps bytes memory <took
    [ "$(planned shard steps --shards 2 "${options[@]}")" = "$steps" ]
    store=$(planned shard store --shards 2 "${options[@]}")
    echo "$keep: store $bytes, planned $store; memory $memory"
    [ "$bytes" -lt $((store * 115 / 100)) ]
    [ "$bytes" -gt $((store * 85 / 100)) ]
    case "$FARM_WITH_PLOTS" in *asan* | *tsan* | *coverage*) continue ;; esac
    [ "$memory" -lt "$(planned shard memory --shards 2 -t 2 "${options[@]}")" ]
  done
}

@test "a planned merge takes the room and no more than the memory that the plan says" {
  small_here
  options=(-r 8000 --set train.epochs=2)
  for k in 1 2; do small "${options[@]}" --shard "$k/2" -o out; done
  /usr/bin/python3 - "$farm" merge out -q out/shard-1-of-2.db out/shard-2-of-2.db >took <<'P'
import os, resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(os.stat("out/farm.db").st_size, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
P
  read -r bytes memory <took
  store=$(planned merge store --shards 2 "${options[@]}")
  echo "store $bytes, planned $store; memory $memory"
  [ "$bytes" -lt $((store * 115 / 100)) ]
  [ "$bytes" -gt $((store * 85 / 100)) ]
  case "$FARM_WITH_PLOTS" in *asan* | *tsan* | *coverage*) return 0 ;; esac
  [ "$memory" -lt "$(planned merge memory --shards 2 "${options[@]}")" ]
}

@test "the plan of shards tells one shard's part, and shards that would leave lanes empty" {
  small_here
  run_apart "$farm" plan small.json -r 100 --shards 10 -t 2
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [[ "$output" == *"In 10 shards, each: up to 10 repeats, "*" gradient steps, a second or less on 2 threads,"* ]]
  [[ "$output" == *" 7 shards take no longer: 16 repeats are"* ]]
  [[ "$output" == *"The merge: up to "*" of memory, a store of "* ]]
  [ "$(planned shard repeats -r 100 --shards 7)" -eq 15 ]
  [ "$(planned shard repeats -r 100)" -eq 100 ]
  run_apart "$farm" plan small.json -r 96 --shards 6
  [[ "$output" != *"no longer"* ]]
  [ ! -e out ]
}

@test "shards are planned neither of a wrong number nor of a run that ends by a rule" {
  small_here
  for wrong in 0 -3 two 1000001; do
    run_apart "$farm" plan small.json --shards "$wrong"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [ "$stderr" = "--shards: must be a whole number from 1 to 1000000; found \"$wrong\"" ]
  done
  run_apart "$farm" plan small.json --shards 2 --set 'repeats={"until": {"half_width": 1, "max": 100}}'
  echo "$stderr"
  [ "$status" -eq 2 ]
  [[ "$stderr" == *"shards cannot tell when differences are known; give the number of repeats with -r" ]]
}
