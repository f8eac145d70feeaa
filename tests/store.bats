#!/usr/bin/env bats
# store.bats - whatever is cut, filled up, split, damaged or run twice: the same bytes, or a clear error.

load common
load store

# --- only what is missing ---------------------------------------------------------------------------------------------

@test "more repeats compute only what is missing, with the bytes of an uncut run" {
  small_here
  small -r 3 -o grown
  before=$(facts grown)
  small -r 21 -o grown
  small -r 21 -o whole
  expect_facts grown 12 72 $(($(facts whole | cut -d ' ' -f 3) - ${before##* }))
  expect_facts whole 0 84
  same_outputs whole grown
  small -r 21 -o grown
  expect_facts grown 84 0 0
  same_outputs whole grown
}

@test "fewer repeats are the first ones, and the rest stays in the store" {
  small_here
  small -r 9 -o cut
  small -r 4 -o cut
  expect_facts cut 16 0 0
  small -r 4 -o four
  same_outputs four cut
  small -r 9 -o cut
  expect_facts cut 36 0 0
}

@test "an added experiment trains alone, and one that is taken away and comes back not at all" {
  small_here
  small -o all
  small -o grown --set 'experiments=[{"scheme":"refit","every":5},{"scheme":"fixed"}]'
  small -o alone --set 'experiments=[{"scheme":"update","epochs":2},{"scheme":"fixed","match":"update_*"}]' \
    --set compare.reference=update_2
  small -o grown
  expect_facts grown 12 12 "$(facts alone | cut -d ' ' -f 3)"
  same_outputs all grown
  small -o grown --set 'experiments=[{"scheme":"fixed"}]' && small -o grown
  expect_facts grown 24 0 0
}

@test "names, places, comments and what only reports are no reason to train anything" {
  small_here
  small -o out
  small -o out --set 'experiments=[{"scheme":"fixed","name":"stays"},{"scheme":"update","epochs":2,"name":"grows",
    "description":"another"},{"scheme":"fixed","match":"grows","name":"baseline"},{"scheme":"refit","every":5}]' \
    --set compare.reference=stays
  expect_facts out 24 0 0
  small -o other
  cmp other/experiment_fixed.csv out/experiment_stays.csv
  cmp other/experiment_update_2.csv out/experiment_grows.csv
  cmp other/experiment_fixed_52.csv out/experiment_baseline.csv

  small -o out --set name=other --set description=text --set 'compare={"adjust":"none","alpha":0.01,"reference":"refit"}'
  expect_facts out 24 0 0
  "$farm" small.json -q -o out -t 1 && expect_facts out 24 0 0
  "$farm" small.json -q -o out --test-vector base && expect_facts out 24 0 0

  mkdir -p elsewhere/data
  mv data/shampoo.csv elsewhere/data/sales.csv
  sed 's/shampoo/sales/; s/^ *//; s/"train"/"precision": "f32", "train"/' small.json >elsewhere/renamed.json
  "$farm" elsewhere/renamed.json -q -o out && expect_facts out 24 0 0
  # the same numbers in another layout and column
  sed 's/$/,0/; s/Sales,0/Volume,x/; s/,\([0-9.]*\),0$/,\10,0/' elsewhere/data/sales.csv >elsewhere/data/layout.csv
  "$farm" elsewhere/renamed.json -q -o out --set series.file=data/layout.csv --set series.column=Volume
  expect_facts out 24 0 0
}

@test "two experiments that are the same work are stored once" {
  small_here
  small -o out --set 'experiments=[{"scheme":"fixed"},{"scheme":"fixed","name":"twin"}]'
  expect_facts out 0 6
  [ "$(/usr/bin/python3 -c 'import store_rows as s; print(len(s.rows(s.connect("out/farm.db"))))')" -eq 6 ]
  small -o out --set 'experiments=[{"scheme":"fixed","name":"twin"}]'
  expect_facts out 6 0 0
}

@test "whatever decides a result, once changed, makes it anew; changed back, it is there" {
  small_here
  small -o out
  cp -r out first
  sed 's/145.9/145.8/' data/shampoo.csv >data/changed.csv
  cmp -s data/shampoo.csv data/changed.csv && return 1
  small -o models --set save_models=true
  update='experiments=[{"scheme":"update","epochs":2,"name":"fixed"'
  refit='experiments=[{"scheme":"refit","every":5,"name":"fixed"'
  small -o out --set "$update}]" && small -o out --set "$refit}]"
  cat >changes <<J
seed=2
seed="18446744073709551615"
precision=f64
series.file=data/changed.csv
frame.difference=2
frame.lags=2
frame.test=11
frame.scale=standard
model.preset=tf2-keras
model.neurons=2
model.activation=relu
model.recurrent_activation=sigmoid
model.kernel_initializer=uniform_hidden
model.recurrent_initializer=glorot_uniform
model.dense_initializer=uniform_hidden
model.unit_forget_bias=false
model.bias_vectors=2
$update,"model":{"initial_weights":{"file":"models/models/fixed.json"}}}]
train.epochs=31
train.batch=2
train.state=carry
train.optimizer.name=sgd
train.optimizer.learning_rate=0.0010000001
train.optimizer.beta_1=0.91
train.optimizer.beta_2=0.998
train.optimizer.epsilon=1e-7
train.optimizer.epsilon_placement=after_correction
$update,"rows":"newest"}]
$update,"rows":{"last":2}}]
$update,"optimizer":"reset"}]
$update,"every":2}]
$update,"rows":{"last":2},"batch":2}]
$update,"state_at_forecast":"zero"}]
$refit,"init":"same"}]
$refit,"init":"current"}]
$refit,"state_at_forecast":"warm"}]
experiments=[{"scheme":"refit","every":4,"name":"fixed"}]
experiments=[{"scheme":"refit","every":4,"name":"fixed","batch":2}]
J
  # a key that the list lacks is one that nobody has thought of
  /usr/bin/python3 - "$root/configs/farm.schema.json" <<'P'
import json, sys
sections = json.load(open(sys.argv[1]))
sections = sections.get("$defs") or sections["definitions"]
changes = open("changes").read()
for section, path in ("frame", "frame"), ("model", "model"), ("train", "train"), ("optimizer", "train.optimizer"):
    for key in sections[section]["properties"]:
        assert f"{path}.{key}=" in changes or f'"{path}":{{"{key}":' in changes or key == "optimizer", f"{path}.{key}"
P
  while read -r change; do
    echo "$change"
    small -o out --set "$change"
    [[ "$(facts out)" == "0 "[1-9]*" "[1-9]* ]]
    small -o out --set "$change"
    [[ "$(facts out)" == [1-9]*" 0 0" ]]
  done <changes
  small -o out
  expect_facts out 24 0 0
  same_outputs out first
}

@test "weights files count by what is in them" {
  small_here
  one='experiments=[{"scheme":"fixed"}]'
  small -o a --set save_models=true --set "$one" && small -o b --set save_models=true --set "$one" -s 2
  cp a/models/fixed.json given.json
  small --set "$one" --from given.json -o out
  cp given.json renamed.json
  small --set "$one" --from renamed.json -o out && expect_facts out 6 0 0
  cp b/models/fixed.json given.json
  small --set "$one" --from given.json -o out && expect_facts out 0 6
}

@test "save_models switched on later makes anew what lacks weights, and keeps what has them" {
  small_here
  small -r 3 -o out
  small -r 3 -o out --set save_models=true
  expect_facts out 0 12
  small -r 5 -o out
  expect_facts out 12 8
  small -r 5 -o out --set save_models=true
  expect_facts out 12 8
  small -r 5 -o whole --set save_models=true
  same_outputs whole out
  small -r 5 -o out --set save_models=true
  expect_facts out 20 0 0
}

@test "record_loss switched on later makes anew what lacks the losses, and a store has both" {
  small_here
  both=(--set save_models=true --set record_loss=true)
  small -r 3 -o out
  small -r 3 -o out --set record_loss=true
  expect_facts out 0 12
  small -r 3 -o out --set record_loss=true
  expect_facts out 12 0 0
  small -r 5 -o out "${both[@]}"
  expect_facts out 0 20
  small -r 5 -o whole "${both[@]}"
  same_outputs whole out
  "$farm" report out -q -o other
  same_outputs whole other
  for k in 2 1; do small -r 5 "${both[@]}" --shard "$k/2" -o shards; done
  "$farm" merge joined -q shards/*.db
  same_outputs whole joined
}

@test "what another version of the numerics stored is left alone, and not mixed in" {
  small_here
  small -o out
  cp -r out first
  /usr/bin/python3 - <<'P'
import store_rows as s
db = s.connect("out/farm.db")
for _, work, repeat, step, *blobs, check in s.rows(db):
    assert s.checksum(work, repeat, step, *blobs) == check
s.rename_works(db, lambda text: text.replace('{"numerics": ', '{"numerics": 1'))
s.put_forecasts(db, lambda y: y + 1)
open("rows", "w").write(repr(s.rows(db)))
P
  small -o out
  expect_facts out 0 24
  same_outputs first out
  /usr/bin/python3 - <<'P'
import store_rows as s
there, before = s.rows(s.connect("out/farm.db")), eval(open("rows").read())
assert len(there) == 2 * len(before) and set(before) < set(there)
P
}

@test "stored numbers are what is told: one that is changed by hand, with its checksum, is in the outputs" {
  small_here
  small -o out
  /usr/bin/python3 -c 'import store_rows as s
s.put_forecasts(s.connect("out/farm.db"), lambda y: 1.5, lambda repeat, step: repeat == 3)'
  small -o out
  expect_facts out 24 0 0
  grep -q '^refit,3,12,35,646.9,1.5$' out/forecasts.csv
  [ "$(grep -c ',1.5$' out/forecasts.csv)" -eq 48 ]
}

@test "--fresh forgets what is stored, and so does a folder of another name" {
  small_here
  small -o out
  cp -r out first
  small -o out --fresh
  expect_facts out 0 24
  same_outputs first out
  small -o out -r 2 --fresh && small -o out
  expect_facts out 8 16
}

# --- cut short --------------------------------------------------------------------------------------------------------

# a run of a second or two, on one thread, that commits after half a second: 2,400 repeats unless told otherwise
small_and_slow_here() {
  small_here
  slow_here 5000 2400
}

@test "Ctrl-C keeps what is done, the store can be read meanwhile, and the same command goes on" {
  small_and_slow_here
  run_apart /usr/bin/python3 - "$farm" <<'P'
import os, signal, sqlite3, subprocess, sys, time
run = subprocess.Popen([sys.argv[1], "slow.json", "-t", "1", "-o", "out"],
                       preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
seen, ok = 0, False
while run.poll() is None and not seen:
    time.sleep(0.02)
    try:
        db = sqlite3.connect("file:out/farm.db?mode=ro", uri=True)
        seen = db.execute("SELECT count(*) FROM result").fetchone()[0]
        ok = db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        db.close()
    except sqlite3.OperationalError as fault:
        assert "no such table" in str(fault) or "unable to open" in str(fault), fault
assert run.poll() is None, "too fast to be interrupted"
assert seen and ok
run.send_signal(signal.SIGINT)
begin = time.time()
run.wait(timeout=60)
assert time.time() - begin < float(os.environ.get("STOP_SECONDS", 1)), time.time() - begin
sys.exit(run.returncode)
P
  echo "$stderr"
  [ "$status" -eq 130 ]
  [[ "$stderr" =~ ^"farm: stopped; "([0-9]+)" of 4800 results are kept in out/farm.db. The same command goes on."$ ]]
  kept=${BASH_REMATCH[1]}
  [ "$kept" -gt 0 ]
  [ "$(ls -A out)" = farm.db ]
  run_apart "$farm" report out
  [ "$status" -eq 1 ]
  [[ "$stderr" =~ ^"out/farm.db: "[0-9]+" of 2400 repeats are missing: run slow.json again to add them" ]]
  "$farm" slow.json -q -t 1 -o out
  expect_facts out "$kept" $((4800 - kept))
  "$farm" slow.json -q -t 1 -o whole
  same_outputs whole out
}

# while_at_work STORE COMMAND [OPTION]...: COMMAND while a farm is at work on STORE, stopped in mid-run; then the farm
# goes on to its end
while_at_work() {
  local store=$1 command=$2 process failed=
  shift 2
  "$farm" slow.json -q -t 1 -r 1200 -o "$(dirname "$store")" "$@" 3>&- & # no function: it has the signals
  process=$!
  for _ in $(seq 500); do
    if [ -s "$store-wal" ]; then break; fi
    sleep 0.01
  done
  kill -STOP "$process"
  "$command" || failed=1
  kill -CONT "$process"
  wait "$process"
  [ -z "$failed" ]
}

second_farm_is_refused() {
  for command in "slow.json -o out" "slow.json -o out --fresh" "report out" "merge out other/farm.db"; do
    # shellcheck disable=SC2086 # words on purpose
    run_apart timeout 20 "$farm" $command
    echo "$status $stderr"
    [ "$status" -eq 1 ] || return 1
    [ "$stderr" = "out/farm.db: another farm is at work here; wait until it is done, or choose another folder with --out" ] ||
      return 1
  done
  [ "$(ls -A out)" = "$(printf 'farm.db\nfarm.db-shm\nfarm.db-wal')" ]
}

@test "a second farm on the same folder is refused at once, and the first one is not disturbed" {
  small_and_slow_here
  small -o other
  while_at_work out/farm.db second_farm_is_refused
  expect_facts out 0 2400
  "$farm" slow.json -q -r 1200 -o out
  expect_facts out 2400 0 0
}

@test "two farms that start at once on one folder: one works, one is told" {
  small_here
  small -o whole
  for _ in 1 2 3 4 5; do
    small -o out --fresh 2>first &
    one=$!
    small -o out 2>second && two=0 || two=$?
    wait "$one" && one=0 || one=$?
    [ "$one" -le 1 ] && [ "$two" -le 1 ] && [ $((one + two)) -le 1 ]
    if [ $((one + two)) -eq 1 ]; then grep -q 'another farm is at work here' first second; fi
    same_outputs whole out
    rm -r out
  done
}

# --- shards -----------------------------------------------------------------------------------------------------------

@test "1, 2, 3, 7, 16 and 35 shards, run and joined in any order, are the bytes of one run" {
  small_here
  small -r 10 -o whole
  for n in 1 2 3 7 16 35; do
    for k in $(seq "$n" | shuf --random-source="$farm"); do small -r 10 --shard "$k/$n" -o "of_$n"; done
    if [ "$n" -gt 1 ]; then # 1 of 1 is a run like any other
      [ "$(find "of_$n" -type f | wc -l)" -eq "$n" ]
      # shellcheck disable=SC2046
      "$farm" merge "of_$n" -q $(find "of_$n" -name 'shard-*.db' | shuf --random-source="$farm")
      expect_facts "of_$n" 40 0
    fi
    same_outputs whole "of_$n"
  done
  # what is merged can be run, and has all
  small -r 10 -o of_7
  expect_facts of_7 40 0 0
  same_outputs whole of_7
}

@test "a shard's repeats are a part of one run's: no gap, nothing twice" {
  small_here
  for k in 1 2 3 4; do small -r 10 --shard "$k/4" -o out; done
  /usr/bin/python3 - <<'P'
import store_rows as s
repeats = [{row[2] for row in s.rows(s.connect(f"out/shard-{k}-of-4.db"))} for k in (1, 2, 3, 4)]
assert repeats == [{1, 2, 3}, {4, 5, 6}, {7, 8}, {9, 10}], repeats
P
}

@test "one shard run twice, one joined twice, one interrupted: still the bytes of one run" {
  small_here
  small -r 9 -o whole --set save_models=true
  for k in 3 1 2; do small -r 9 --set save_models=true --shard "$k/3" -o out; done
  small -r 9 --set save_models=true --shard 2/3 -o out
  run_apart /usr/bin/python3 - "$farm" <<'P'
import os, signal, subprocess, sys, time
for delay in 0, 0.002, 0.005, 0.01, 0.02:
    run = subprocess.Popen([sys.argv[1], "small.json", "-t", "1", "-r", "9", "--set", "save_models=true", "--shard",
                            "3/3", "-o", "out", "--fresh"], stderr=subprocess.PIPE, text=True,
                           preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    time.sleep(delay)
    run.send_signal(signal.SIGINT)
    said = run.communicate(timeout=60)[1]
    assert run.returncode in (0, 130, -signal.SIGINT), run.returncode
    assert run.returncode != 130 or "of 12 results are kept in out/shard-3-of-3.db" in said, said
P
  [ "$status" -eq 0 ]
  small -r 9 --set save_models=true --shard 3/3 -o out
  "$farm" merge joined -q out/shard-2-of-3.db out/shard-3-of-3.db out/shard-2-of-3.db out/shard-1-of-3.db
  same_outputs whole joined
  steps=$(facts joined)
  [ "${steps% *}" = "36 0" ]
  "$farm" merge joined -q out/shard-*.db
  same_outputs whole joined
}

@test "merge may be given the folder's own store among the others, and one store by two names" {
  small_here
  small -o whole
  for k in 1 2; do small --shard "$k/2" -o out; done
  "$farm" merge out -q out/*.db
  "$farm" merge out -q out/*.db
  same_outputs whole out
  "$farm" merge out -q out/shard-1-of-2.db ./out/shard-1-of-2.db out/shard-2-of-2.db
  same_outputs whole out
}

@test "shards with results of other runs before their own are joined, and all of it is kept" {
  small_here
  small -o whole
  for k in 1 2 3; do small --shard "$k/3" -o out; done
  for k in 1 3; do
    rm "out/shard-$k-of-3.db"
    small --shard "$k/3" -s "$k" --set train.epochs=2 -o out
    small --shard "$k/3" -o out
  done
  "$farm" merge joined -q out/shard-*.db
  same_outputs whole joined
  count='import sys, store_rows as s
print(*s.connect(sys.argv[1]).execute("SELECT count(*), (SELECT count(*) FROM work) FROM result").fetchone())'
  all=$(/usr/bin/python3 -c "$count" joined/farm.db)
  [ "$all" = "$(/usr/bin/python3 -c "$count" whole/farm.db | awk '{ print $1 / 3 * 5, 3 * $2 }')" ]
}

@test "shards may come one after another: what is missing is named until it is there" {
  small_here
  small -o whole
  for k in 1 2 3; do small --shard "$k/3" -o out; done
  run_apart "$farm" merge joined out/shard-2-of-3.db
  [ "$status" -eq 1 ]
  [ "$stderr" = "$(printf 'shard 1 of 3 is missing: repeats 1 to 2\nshard 3 of 3 is missing: repeats 5 to 6')" ]
  [ -z "$output" ]
  [ "$(ls -A joined)" = farm.db ]
  run_apart "$farm" merge joined out/shard-3-of-3.db
  [ "$status" -eq 1 ]
  [ "$stderr" = "shard 1 of 3 is missing: repeats 1 to 2" ]
  "$farm" merge joined -q out/shard-1-of-3.db
  same_outputs whole joined
}

# refused STATUS NAMED...: merging bad.db with a good one fails so, names all that, and leaves joined/ as it was
refused() {
  local expected=$1
  shift
  rm -rf joined && cp -r before joined
  run_apart "$farm" merge joined good.db bad.db
  echo "$status: $stderr"
  [ "$status" -eq "$expected" ] && [ -z "$output" ] || return 1
  for text in "$@"; do [[ "$stderr" == *"$text"* ]] || return 1; done
  diff -r -x '*.db' before joined
}

@test "merge names the shard that does not belong, is not complete, damaged, missing or at work" {
  small_here
  small -o before -r 2
  for k in 1 2; do small --shard "$k/2" -o out; done
  cp out/shard-1-of-2.db good.db

  for options in "-s 2" "--set train.epochs=29" "--set precision=f64" "--set series.file=data/other.csv"; do
    sed 's/145.9/145.8/' data/shampoo.csv >data/other.csv
    # shellcheck disable=SC2086
    small --shard 2/2 -o other --fresh $options
    cp other/shard-2-of-2.db bad.db
    refused 2 "bad.db: is of another run than good.db" "experiments, series or seed are"
    cmp before/farm.db joined/farm.db
  done
  small --shard 2/2 -o other --fresh -r 7
  cp other/shard-2-of-2.db bad.db
  refused 2 "bad.db: is of another run than good.db" "number of repeats is"
  for setting in compare.alpha=0.01 save_models=true; do
    small --shard 2/2 -o other --fresh --set "$setting"
    cp other/shard-2-of-2.db bad.db
    refused 2 "bad.db: is of another run than good.db" "compare, save_models or another setting is"
  done

  cp out/shard-2-of-2.db bad.db
  /usr/bin/python3 -c 'import store_rows as s
s.connect("bad.db").execute("DELETE FROM result WHERE repeat = 5 AND step = 10")'
  refused 1 "shard 2 of 2 is not complete: 1 of its 3 repeats are missing; run it again with --shard 2/2"

  cp out/shard-2-of-2.db bad.db
  /usr/bin/python3 -c 'import store_rows as s
s.connect("bad.db").execute("UPDATE result SET checksum = checksum + 1 WHERE repeat = 5 AND step = 10")'
  refused 1 "bad.db: the store is damaged: repeat 5"
  cmp before/farm.db joined/farm.db
  truncate -s 20000 bad.db
  refused 1 "bad.db: "
  rm bad.db
  refused 1 "bad.db: cannot open the store: No such file"
  mkdir bad.db
  refused 1 "bad.db: "
  rmdir bad.db
  echo text >bad.db
  refused 1 "bad.db: is no store of farm"
  [ "$(cat bad.db)" = text ]
}

shard_at_work_is_named() {
  ln -s out/shard-2-of-2.db bad.db
  refused 1 "bad.db: another farm is at work here"
}

@test "merge names a shard that is still at work" {
  small_and_slow_here
  small -o before -r 2
  "$farm" slow.json -q -t 1 -r 1200 --shard 1/2 -o out
  cp out/shard-1-of-2.db good.db
  while_at_work out/shard-2-of-2.db shard_at_work_is_named --shard 2/2
  "$farm" merge joined -q good.db bad.db
}

@test "stores that overlap and disagree are not joined" {
  small_here
  small -o before -r 2
  small --shard 1/2 -o out
  cp out/shard-1-of-2.db good.db
  cp good.db bad.db
  /usr/bin/python3 -c 'import math, store_rows as s
s.put_forecasts(s.connect("bad.db"), lambda y: math.nextafter(y, 0), lambda repeat, step: (repeat, step) == (3, 0))
' 2>/dev/null || /usr/bin/python3 -c 'import store_rows as s
s.put_forecasts(s.connect("bad.db"), lambda y: y * (1 + 2**-52), lambda repeat, step: (repeat, step) == (3, 0))'
  refused 1 "bad.db: repeat 3 differs from the one that" "run that shard again with --fresh"
}

# --- report -----------------------------------------------------------------------------------------------------------

@test "report gives the same bytes after config, series and weights are gone" {
  small_here
  small -o given --set save_models=true --set 'experiments=[{"scheme":"fixed"}]'
  for options in "" "--set save_models=true --set precision=f64" "--from given/models/fixed.json --set experiments=[{\"scheme\":\"fixed\"},{\"scheme\":\"update\",\"epochs\":3}]" \
    "--set frame.difference=[1,2] --set frame.scale=standard --set compare.alpha=0.2" \
    "--test-vector base -s 18446744073709551615"; do
    # shellcheck disable=SC2086
    small $options -o out
    rm -rf gone whole && mkdir gone
    cp -r out whole
    mv small.json data given gone
    find out -type f ! -name farm.db -delete
    run_apart "$farm" report out
    [ "$status" -eq 0 ]
    [ -n "$output" ]
    same_outputs whole out
    "$farm" report out -q -o other
    same_outputs whole other
    [ ! -e other/farm.db ]
    mv gone/* .
    rm -rf out other
  done
}

@test "report -r takes the first repeats, and not more than there are" {
  small_here
  small -o out
  small -r 2 -o two
  "$farm" report out -q -r 2 -o other
  same_outputs two other
  cp -r out before
  run_apart "$farm" report out -r 7
  echo "$stderr"
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"out/farm.db: 1 of 7 repeats are missing: run small.json again to add them, or report on the first 6 with -r 6"* ]]
  same_outputs before out
  expect_facts two 0 8
}

@test "diverged repeats are the same rows whoever trained beside them, and are joined" {
  small_here
  # all 16 of a block come to nan, and it ends early; a lane by itself is trained beside others
  wild=(-r 16 --set model.neurons=3 --set model.activation=linear --set model.recurrent_activation=linear
    --set 'train.optimizer={"name":"sgd","learning_rate":0.1}' --set save_models=true --set record_loss=true)
  small "${wild[@]}" -o out
  for k in $(seq 16); do small "${wild[@]}" -o parts --shard "$k/16"; done
  "$farm" merge out parts/shard-*.db -q
  # another nan, as the first stores have it where there was a live lane in the block
  /usr/bin/python3 - <<'P'
import glob
import store_rows as s
nan, other, changed = bytes.fromhex("000000000000f87f"), bytes.fromhex("000000000000f8ff"), 0
for store in glob.glob("parts/shard-*.db"):
    db = s.connect(store)
    for work, name, repeat, step, forecasts, weights, losses, _ in s.rows(db):
        assert other not in (forecasts, weights or b"", losses or b"")
        blobs = [b"".join(other if b[i:i + 8] == nan else b[i:i + 8] for i in range(0, len(b), 8)) if b else b
                 for b in (forecasts, weights, losses)]
        changed += blobs != [forecasts, weights, losses]
        db.execute("UPDATE result SET forecasts = ?, weights = ?, losses = ?, checksum = ? "
                   "WHERE work = ? AND repeat = ? AND step = ?",
                   (*blobs, s.checksum(name, repeat, step, *blobs), work, repeat, step))
assert changed > 10, changed
P
  "$farm" merge out parts/shard-*.db -q
}

@test "a merge keeps the models of one store and the losses of the other" {
  small_here
  small -o models --set save_models=true
  small -o losses --set record_loss=true
  small -o both --set save_models=true --set record_loss=true
  "$farm" merge models losses/farm.db -q
  rows="SELECT hash, repeat, step, hex(forecasts), hex(weights), hex(losses), checksum FROM result JOIN work ON work = work.id ORDER BY 1, 2, 3"
  [ "$(sqlite3 models/farm.db "$rows")" = "$(sqlite3 both/farm.db "$rows")" ]
}

@test "shards merged one after another count as all at once, each once" {
  small_here
  for k in 1 2 3; do small -o parts --shard $k/3; done
  "$farm" merge at_once parts/shard-*.db -q
  for k in 2 1 2; do run "$farm" merge in_turn parts/shard-$k-of-3.db -q; done
  "$farm" merge in_turn parts/shard-3-of-3.db -q
  effort="SELECT key, printf('%.9g', value) FROM run WHERE key LIKE 'steps%' OR key LIKE 'seconds%' OR key LIKE 'shard %' ORDER BY key"
  [ "$(sqlite3 in_turn/farm.db "$effort")" = "$(sqlite3 at_once/farm.db "$effort")" ]
  cmp at_once/run.json in_turn/run.json
  # of another split, or another run, nothing that was counted stays
  for k in 1 2; do small -o halves --shard $k/2; done
  "$farm" merge in_turn halves/shard-*.db -q
  [ -z "$(sqlite3 in_turn/farm.db "SELECT key FROM run WHERE key LIKE 'shard % of 3:%'")" ]
  for k in 1 2; do small -s 5 -o other --shard $k/2; done
  run "$farm" merge in_turn other/shard-1-of-2.db -q
  [ "$status" -eq 1 ]
  [ -z "$(sqlite3 in_turn/farm.db "SELECT key FROM run WHERE key LIKE 'shard 2 of 2:%'")" ]
}

@test "report and merge do not write over another run's tables" {
  small_here
  small -o mine
  small -s 7 -o other
  for k in 1 2; do small -o parts --shard $k/2; done
  cp -r other before
  for command in "report mine" "merge joined parts/shard-1-of-2.db parts/shard-2-of-2.db"; do
    run_apart "$farm" $command -q -o other
    echo "$stderr"
    [ "$status" -eq 2 ]
    [[ "$stderr" == "other: this folder holds another run (farm.db)"*"--out"* ]]
    same_outputs before other
    "$farm" $command -q -o elsewhere # which may be a link to its own, or hold an earlier report
  done
  "$farm" report mine -q -o mine
  ln -s mine linked
  "$farm" report mine -q -o linked
}

@test "models that are not saved this time do not stay" {
  small_here
  small -o out --set save_models=true
  [ "$(ls out/models | tr '\n' ' ')" = "fixed.json fixed_52.json refit.json update_2.json " ]
  echo '{"mine": 1}' >out/models/notes.json
  small -o out --set save_models=true --set 'experiments=[{"scheme":"fixed"},{"scheme":"persistence","name":"refit"}]'
  [ "$(ls out/models | tr '\n' ' ')" = "fixed.json notes.json " ]
  small -o out
  [ "$(ls out/models)" = notes.json ]
  rm out/models/notes.json
  small -o out --set save_models=true
  small -o out
  [ ! -e out/models ]
}

# costs FILE: the steps that a repeat takes, and of which experiments the seconds are known
costs() {
  /usr/bin/python3 - "$1" <<'P'
import json, sys
costs = json.load(open(sys.argv[1]))["repeat_costs"]
print(*(f"{cost['experiment']}:{cost['steps']}{'s' if cost['seconds'] and cost['seconds'] > 0 else ''}" for cost in costs))
P
}

@test "what a repeat costs is known after a resume, a merge and a report too" {
  small_here
  all="fixed:660s update_2:1276s fixed_52:1144s refit:2430s persistence:0"
  "$farm" small.json -q -r 3
  [ "$(costs out/small/run.json)" = "$all" ]
  "$farm" small.json -q -r 5
  seconds=$(sqlite3 out/small/farm.db "SELECT sum(value) FROM run WHERE key LIKE 'seconds %'")
  [ "$(sqlite3 out/small/farm.db "SELECT sum(value) FROM run WHERE key LIKE 'steps %'")" = $((5 * (660 + 1276 + 1144 + 2430))) ]
  "$farm" small.json -q -r 5 # trains nothing
  [ "$(costs out/small/run.json)" = "$all" ]
  "$farm" report -q out/small
  [ "$(costs out/small/run.json)" = "$all" ]
  [ "$(sqlite3 out/small/farm.db "SELECT sum(value) FROM run WHERE key LIKE 'seconds %'")" = "$seconds" ]
  "$farm" report out/small --format json >report.json
  [ "$(costs report.json)" = "$all" ]
  for k in 1 2 3; do "$farm" small.json -q -r 5 -o parts --shard $k/3; done
  "$farm" merge parts parts/shard-*.db -q
  "$farm" merge parts parts/shard-*.db -q # counts none of them twice
  [ "$(costs parts/run.json)" = "$all" ]
  [ "$(sqlite3 parts/farm.db "SELECT sum(value) FROM run WHERE key LIKE 'steps %'")" = $((5 * (660 + 1276 + 1144 + 2430))) ]
}

@test "report on a folder without a store, or none at all, says so and makes nothing" {
  mkdir empty
  for folder in empty missing; do
    run_apart "$farm" report $folder
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"$folder/farm.db: "*"there is no store"* ]]
  done
  [ "$(ls -A . empty)" = "$(printf '.:\nempty\n\nempty:')" ]
}

# --- what is no store -------------------------------------------------------------------------------------------------

# With what $1 makes as out/farm.db, run, report and merge are refused within seconds, name it, and change nothing.
no_store() {
  rm -rf out && cp -r whole out && rm out/farm.db
  "$@"
  find out -printf '%p %y %s %l\n' | sort >listed
  if [ -f out/farm.db ]; then cp -P out/farm.db kept.db; fi
  for command in "small.json -o out" "report out" "merge out good.db"; do
    # shellcheck disable=SC2086
    run_apart timeout 20 "$farm" $command
    echo "$* - $command: $status: $stderr"
    [ "$status" -eq 1 ] && [ -z "$output" ] && [[ "$stderr" == "out/farm.db: "* ]] || return 1
    [ "$(echo "$stderr" | wc -l)" -eq 1 ] || return 1
    find out -printf '%p %y %s %l\n' | sort | diff listed - || return 1
    if [ -f out/farm.db ]; then cmp out/farm.db kept.db || return 1; fi
    same_outputs whole out || return 1
  done
}

# and with --fresh it runs
but_fresh() {
  small -o out --fresh && same_outputs whole out && expect_facts out 0 24 && small -o out && expect_facts out 24 0 0
}

other_program() {
  /usr/bin/python3 -c 'import sqlite3; sqlite3.connect("out/farm.db").executescript("CREATE TABLE notes (x)")'
}

# statements on a real store
altered() {
  cp whole/farm.db out/farm.db
  /usr/bin/python3 -c 'import sqlite3, sys; sqlite3.connect("out/farm.db").executescript(sys.argv[1])' "$1"
}

@test "what is no store of ours is refused by name and left alone" {
  small_here
  small -o whole
  cp whole/farm.db good.db
  no_store mkdir out/farm.db
  [[ "$stderr" == *"Is a directory"* ]]
  no_store mkfifo out/farm.db
  [[ "$stderr" == *"is not a file"* ]]
  but_fresh
  no_store ln -s /dev/null out/farm.db
  [[ "$stderr" == *"is not a file"* ]]
  but_fresh
  [ -c /dev/null ]
  no_store ln -s /nowhere/at/all out/farm.db
  no_store cp small.json out/farm.db
  [[ "$stderr" == *"is no store of farm"* && "$stderr" == *"--fresh"* ]]
  but_fresh
  no_store other_program
  [[ "$stderr" == *"another program"* ]]
  but_fresh
  no_store altered "PRAGMA user_version = 99"
  [[ "$stderr" == *"another version of farm (store version 99; this one reads 2)"* ]]
  but_fresh
  no_store altered "PRAGMA application_id = 7"
  for sql in "CREATE TRIGGER t AFTER INSERT ON result BEGIN DELETE FROM result; END" "CREATE TABLE more (x)" \
    "CREATE VIEW v AS SELECT * FROM run" "CREATE INDEX i ON result (step)" "DROP TABLE run" \
    "ALTER TABLE result ADD COLUMN more INTEGER" "DROP TABLE work; CREATE VIEW work AS SELECT 1 AS id, 'x' AS hash, 'y' AS text"; do
    no_store altered "$sql"
    [[ "$stderr" == *"an SQLite file with other tables"* ]]
  done
  but_fresh
}

@test "an empty file is a store that is still to be filled" {
  small_here
  small -o whole
  mkdir out
  : >out/farm.db
  small -o out
  same_outputs whole out
}

# cut or flipped stores: run, report and merge each end with a fault that names the store and no output changed, or
# with all as it should be. $1: statements that change the bytes `whole` for every i in `places`.
damaged_stores() {
  small -o whole -r 2
  /usr/bin/python3 - "$farm" "$1" <<'P'
import os, random, shutil, subprocess, sys
farm, damage = sys.argv[1:]
stored = open("whole/farm.db", "rb").read()
files = {name: open("whole/" + name, "rb").read() for name in os.listdir("whole") if name.endswith(".csv")}
uses = (["small.json", "-r", "2", "-t", "1", "-o", "out"], ["report", "out"], ["merge", "out", "damaged.db"])
marked = b"as it was"
seen = {use[0]: [0, 0] for use in uses}
rng = random.Random(5)


def try_it(what, broken):
    for use in uses:
        shutil.rmtree("out", ignore_errors=True)
        os.mkdir("out")
        for name in files:
            open("out/" + name, "wb").write(marked)
        store = "damaged.db" if use[0] == "merge" else "out/farm.db"
        for suffix in "-wal", "-shm", "-journal":
            assert not os.path.exists("damaged.db" + suffix)
        open(store, "wb").write(broken)
        run = subprocess.run([farm, *use, "-q"], capture_output=True, timeout=60)
        about = f"{what}, farm {' '.join(use)}: exit {run.returncode}, {run.stderr}"
        there = {name: open("out/" + name, "rb").read() for name in files}
        assert not run.stdout, about
        if run.returncode == 0:
            assert there == files, "other bytes: " + about + repr([name for name in files if there[name] != files[name]])
        else:
            assert run.returncode == 1 or (use[0] == "merge" and run.returncode == 2), about
            assert run.stderr.startswith(store.encode() + b": ") or b" is missing: repeats " in run.stderr \
                or b" is not complete: " in run.stderr, about
            assert all(text == marked for text in there.values()), "outputs were changed: " + about
        assert not [name for name in os.listdir("out") if name.startswith(".")], about
        seen[use[0]][run.returncode != 0] += 1


exec(damage)
print("right and refused:", seen)
assert all(right > 0 and refused > 0 for right, refused in seen.values()), "both must happen"
P
}

@test "a store cut at any length is refused, or its outputs are right" {
  small_here
  damaged_stores '
for n in [0, 1, 15, 16, 99, 100, 512, 4095, 4096, 4097, *range(8192, len(stored), 4096), len(stored) - 1]:
    if n == 0: seen["report"][0] += 1; seen["merge"][0] += 1  # an empty store can only be run
    try_it(f"cut at {n}", stored[:n])
try_it("whole", stored)
try_it("and more", stored + b"x" * 4096)'
}

@test "a store with one flipped byte anywhere is refused, or its outputs are right" {
  small_here
  damaged_stores '
for i in range(150):
    at = rng.randrange(len(stored)) if i % 3 else rng.randrange(0, 120)
    broken = bytearray(stored)
    broken[at] ^= 1 << rng.randrange(8)
    try_it(f"byte {at} flipped to {broken[at]}", bytes(broken))'
}

# --- names ------------------------------------------------------------------------------------------------------------

@test "names that look like SQL, options or URIs are names" {
  small_here
  bad="it's \"x\"; DROP TABLE result; -- %s ?mode=ro#é"
  cp data/shampoo.csv "$bad.csv"
  sed -i "1s/.*/\"Month\",\"it's \"\"x\"\"); DROP TABLE result;--\"/" "$bad.csv"
  cp small.json "$bad.json"
  escaped=${bad//\"/\\\"}
  out="file:$bad"
  for run in 1 2; do
    "$farm" "$bad.json" -q -o "$out" --set "series.file=\"$escaped.csv\"" \
      --set "series.column=\"it's \\\"x\\\"); DROP TABLE result;--\"" \
      --set 'experiments=[{"scheme":"fixed","name":"DROP_TABLE.result--"},{"scheme":"refit","every":5,"name":"NULL"},
        {"scheme":"persistence","name":"0"}]' --set 'compare.reference=NULL' --set description="$bad"
    [ -f "$out/farm.db" ]
    if [ $run = 2 ]; then expect_facts "$out" 12 0 0; else expect_facts "$out" 0 12; fi
  done
  [ "$(find . -name farm.db | wc -l)" -eq 1 ]
  small -o plain
  cmp plain/experiment_refit.csv "$out/experiment_NULL.csv"
  cp -r "$out" before
  rm "$bad.csv" "$bad.json"
  "$farm" report "$out" -q
  same_outputs before "$out"
  "$farm" merge joined -q "$out/farm.db"
  same_outputs before joined
}

# --- repeats until differences are known --------------------------------------------------------------------------

until_rule() { printf 'repeats={"until":{"half_width":%s,"max":%s}}' "$1" "$2"; }

@test "repeats are added 64 at a time until every difference is known, and are those of a fixed number" {
  tutorial_here
  "$farm" configs/tutorial.json -q --set "$(until_rule 1.5 3000)" -o until
  n=$(/usr/bin/python3 -c 'import json; r = json.load(open("until/run.json")); assert r["until"]["reached"] and r["until"]["widest"] <= 1.5; print(r["repeats"])')
  [ $((n % 64)) -eq 0 ]
  "$farm" configs/tutorial.json -q -r "$n" -o fixed
  rm {until,fixed}/report.html # each shows its own config and command
  same_outputs until fixed
  # 64 fewer would not have done: the widest of the half intervals in comparisons.csv is above the rule
  "$farm" configs/tutorial.json -q -r $((n - 64)) -o fewer
  for folder in fixed fewer; do
    /usr/bin/python3 - "$folder" <<'P' >"$folder.widest"
import csv, sys
rows = csv.DictReader(open(sys.argv[1] + "/comparisons.csv"))
print(max((float(r["ci_high"]) - float(r["ci_low"])) / 2 for r in rows) <= 1.5)
P
  done
  [ "$(cat fixed.widest fewer.widest | tr '\n' ' ')" = "True False " ]
}

@test "a rule gives the same repeats whatever threads run them, and however it is cut" {
  tutorial_here
  "$farm" configs/tutorial.json -q -t 1 --set "$(until_rule 2 3000)" -o one
  "$farm" configs/tutorial.json -q -r 50 -o two
  "$farm" configs/tutorial.json -q -r 70 -o two
  "$farm" configs/tutorial.json -q -t 3 --set "$(until_rule 2 3000)" -o two
  same_outputs one two
  rm -r configs data
  "$farm" report two -q -o three
  same_outputs one three
}

@test "a rule ends at its maximum, and says that it did not do" {
  tutorial_here
  run_apart "$farm" configs/tutorial.json --set "$(until_rule 0.01 100)"
  [ "$status" -eq 0 ]
  [[ "$output" == *"All 100 repeats are used up"* ]]
  /usr/bin/python3 -c 'import json; r = json.load(open("out/tutorial/run.json")); assert not r["until"]["reached"] and r["repeats"] == 100'
  [ "$(wc -l <out/tutorial/experiment_fixed.csv)" -eq 101 ]
}

@test "shards cannot follow a rule" {
  tutorial_here
  run_apart "$farm" configs/tutorial.json --shard 1/2 --set "$(until_rule 1 100)"
  [ "$status" -eq 2 ]
  [[ "$stderr" == *"repeats.until"*"-r"* ]]
}
