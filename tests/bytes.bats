#!/usr/bin/env bats
# bytes.bats - the same config and seed give the same bytes, whatever computed them.

load common

# A small run with every kind of model and scheme: sharing of all kinds, one and more neurons, both precisions' worth.
zoo() {
  tutorial_here
  cat >configs/zoo.json <<'J'
{
  "name": "zoo",
  "series": {"file": "../data/shampoo.csv", "column": "Sales"},
  "train": {"epochs": 40},
  "repeats": 20,
  "save_models": true,
  "experiments": [
    {"scheme": "fixed"},
    {"scheme": "update", "sweep": {"epochs": [1, 3]}},
    {"scheme": "update", "name": "newest", "epochs": 3, "rows": {"last": 2}, "optimizer": "reset", "every": 2},
    {"scheme": "fixed", "match": "update_*"},
    {"scheme": "refit"},
    {"scheme": "refit", "name": "again", "init": "same", "every": 5, "state_at_forecast": "warm"},
    {"scheme": "fixed", "name": "wide", "model": {"neurons": 7}, "frame": {"lags": 2}},
    {"scheme": "update", "name": "torch", "epochs": 2, "model": {"preset": "pytorch", "neurons": 2}},
    {"scheme": "fixed", "name": "carry", "train": {"state": "carry", "batch": 11}},
    {"scheme": "fixed", "name": "carry_on", "train": {"state": "carry", "batch": 11, "epochs": 60}},
    {"scheme": "update", "name": "carry_2", "epochs": 2, "train": {"state": "carry"}},
    {"scheme": "update", "name": "rows", "epochs": 2, "train": {"state": "per_row", "optimizer": {"name": "rmsprop"}}},
    {"scheme": "fixed", "name": "sgd", "train": {"batch": 2, "optimizer": {"name": "sgd"}}},
    {"scheme": "ar"},
    {"scheme": "holt", "refit": true},
    {"scheme": "persistence"}
  ]
}
J
}

# what /proc/cpuinfo says of this processor, not what the program says
levels_here() {
  grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo && echo x86-64-v3
  grep -qw avx512bw /proc/cpuinfo && grep -qw avx512vl /proc/cpuinfo && echo x86-64-v4
  true
}

@test "one thread and two, and two runs in a row" {
  zoo
  "$farm" configs/zoo.json -q -t 1 -o one
  "$farm" configs/zoo.json -q -t 2 -o two
  "$farm" configs/zoo.json -q -t 2 -o again
  OMP_NUM_THREADS=5 "$farm" configs/zoo.json -q -o five
  same_outputs one two && same_outputs two again && same_outputs one five
}

@test "every level of vector instructions that this processor has, both precisions" {
  zoo
  for precision in f32 f64; do
    "$farm" configs/zoo.json -q --set "precision=$precision" --test-vector base -o "$precision-base"
    for level in $(levels_here); do
      "$farm" configs/zoo.json -q --set "precision=$precision" --test-vector "$level" -o "$precision-$level"
      same_outputs "$precision-base" "$precision-$level"
    done
  done
  ! same_outputs f32-base f64-base >/dev/null
}

@test "gcc's build and clang's" {
  zoo
  make -s -j2 -C "$root" CC=clang BUILD=build/clang PROGRAM=build/clang/farm EXTRA=-Werror build/clang/farm
  "$farm" configs/zoo.json -q -o gcc
  "$root/build/clang/farm" configs/zoo.json -q --no-plots -o clang
  same_outputs gcc clang
}

@test "all forecasts at hand, and a few repeats' at a time" {
  zoo
  "$farm" configs/zoo.json -q -r 200 -o whole
  "$farm" configs/zoo.json -q -r 200 -t 2 --test-at-hand 64 -o parts
  same_outputs whole parts
  "$farm" report parts -q -o told --test-at-hand 128
  same_outputs whole told
  for k in 1 2; do "$farm" configs/zoo.json -q -r 200 --shard "$k/2" --test-at-hand 64 -o shards; done
  "$farm" merge shards -q --test-at-hand 64 shards/*.db
  same_outputs whole shards
  # gone on with, and until differences are known
  "$farm" configs/zoo.json -q -r 90 --test-at-hand 64 -o more
  "$farm" configs/zoo.json -q -r 200 --test-at-hand 64 -o more
  same_outputs whole more
  cmp <(grep -c . whole/forecasts.csv) <(grep -c . more/forecasts.csv)
  until='repeats={"until": {"half_width": 1, "max": 1000}}'
  "$farm" configs/tutorial.json -q --set "$until" -o until
  "$farm" configs/tutorial.json -q --set "$until" --test-at-hand 64 -o until_parts
  same_outputs until until_parts
  [ "$(wc -l <until/experiment_fixed.csv)" -gt 129 ]
}

@test "with sharing and without" {
  zoo
  "$farm" configs/zoo.json -q -o shared
  "$farm" configs/zoo.json -q --test-no-sharing -o unshared
  same_outputs shared unshared
  /usr/bin/python3 - <<'P'
import json
shared, unshared = (json.load(open(f"{folder}/run.json")) for folder in ("shared", "unshared"))
assert shared["steps_taken"] < unshared["steps_taken"] == unshared["steps_asked"] == shared["steps_asked"]
P
}

@test "repeat 7 of 10 and of 100" {
  tutorial_here
  "$farm" configs/tutorial.json -q -r 10 -o ten
  "$farm" configs/tutorial.json -q -r 100 -o hundred
  for file in ten/experiment_*.csv; do
    cmp <(head -n 11 "$file") <(head -n 11 "hundred/${file#ten/}")
  done
  grep -E '^[a-z0-9_]+,7,' ten/forecasts.csv >seven
  grep -E '^[a-z0-9_]+,7,' hundred/forecasts.csv | cmp - seven
}

@test "another experiment beside them changes none of the others" {
  tutorial_here
  "$farm" configs/tutorial.json -q -o all
  "$farm" configs/tutorial.json -q -o few --set compare.reference=refit \
    --set 'experiments=[{"scheme":"refit"},{"scheme":"update","epochs":20}]'
  cmp all/experiment_refit.csv few/experiment_refit.csv
  cmp all/experiment_update_20.csv few/experiment_update_20.csv
}

@test "another seed gives other numbers" {
  tutorial_here
  "$farm" configs/tutorial.json -q -o one
  "$farm" configs/tutorial.json -q -s 2 -o two
  ! cmp -s one/experiment_fixed.csv two/experiment_fixed.csv
  cmp one/experiment_persistence.csv two/experiment_persistence.csv
}

# The sums are of these bytes and no others: where they change, results that are stored already are no longer what this
# program computes. Then raise FARM_NUMERICS in include/farm.h, and put the new sums here.
@test "the bits are those of the version of the numerics that they are stored under" {
  zoo
  grep -q '^#define FARM_NUMERICS 1$' "$root/include/farm.h"
  for precision in f32 f64; do
    "$farm" configs/zoo.json -q --set "precision=$precision" -o "$precision"
    (cd "$precision" && rm experiment_{ar,holt,persistence}.csv && cat experiment_*.csv models/*.json | sha256sum)
  done >sums
  cat sums
  [ "$(cut -c 1-16 sums | tr '\n' ' ')" = "ae698b084ef5f9ec 3693d7c5d91ff97e " ]
}
