#!/usr/bin/env bats
# sizes.bats - far too much of everything: each refused within seconds, by the number and the limit. What is large is
# made here, most of it without taking room on the disk.

load common

head='{"name": "t", "series": {"file": "series.csv", "column": "v"},'

# refused SECONDS STATUS TEXT... -- COMMAND...: exits so within the time, with each text on stderr, and writes nothing.
refused() {
  local seconds=$1 wanted=$2 texts=()
  shift 2
  while [ "$1" != -- ]; do texts+=("$1") && shift; done
  shift
  before=$(find . | sort)
  run_apart timeout "$seconds" "$@"
  echo "$status: $stderr"
  [ "$status" -eq "$wanted" ]
  [ -z "$output" ]
  for text in "${texts[@]}"; do [[ "$stderr" == *"$text"* ]] || return 1; done
  [ "$(find . | sort)" = "$before" ]
}

# series N: series.csv with so many observations
series() {
  { echo v && seq "$1"; } >series.csv
}

# config REST: t.json, of a series of 36
config() {
  [ -f series.csv ] || series 36
  echo "$head $1}" >t.json
}

# many N TEXT: the text so many times
many() {
  # shellcheck disable=SC2183 # one text, many times
  printf "$2%.0s" $(seq "$1")
}

@test "nesting: 100,000 levels in a config, in weights and in --set" {
  config "\"x\": $(many 100000 '[')"
  refused 10 2 "t.json:1:" "nested deeper than 64 levels" -- "$farm" check t.json
  many 100000 '{"a":' >w.json
  config '"model": {"initial_weights": {"file": "w.json"}}, "experiments": [{"scheme": "fixed"}]'
  refused 10 2 "w.json:1:" "nested deeper than 64 levels" -- "$farm" check t.json
  config '"experiments": [{"scheme": "fixed"}]'
  refused 10 2 "unknown key" -- "$farm" check t.json --set "a$(many 50000 .a)=1"
}

@test "files: a config and weights of 100 MB, a series of more than a gigabyte, and streams without end" {
  truncate -s 100000000 large.json
  refused 5 2 "large.json" "100000000 bytes" "67108864 (64 MiB)" -- "$farm" check large.json
  config '"model": {"initial_weights": {"file": "large.json"}}, "experiments": [{"scheme": "fixed"}]'
  refused 5 2 "t.json:1:" "large.json: 100000000 bytes" "67108864 (64 MiB)" -- "$farm" check t.json
  truncate -s 1073741825 series.csv
  config '"experiments": [{"scheme": "fixed"}]'
  refused 5 2 "series.csv: series.file: 1073741825 bytes" "1073741824 (1 GiB)" -- "$farm" check t.json
  refused 10 2 "/dev/zero" "64 MiB" -- "$farm" check /dev/zero
  refused 10 2 "a NUL byte" -- "$farm" check t.json --set series.file=/dev/zero
}

@test "files: a series of 100 MB of one column is read" {
  yes 1234567 | head -c 99999997 | sed '1s/.*/v/' >series.csv
  config '"experiments": [{"scheme": "mean"}]'
  run_apart timeout 60 "$farm" check t.json
  echo "$status: $stderr"
  [ "$status" -eq 0 ]
}

@test "values: more than four million in one file" {
  config "\"x\": [$(yes '[],' | head -n 4200000 | tr -d '\n')0]"
  refused 20 2 "more than 4194304 values" -- "$farm" check t.json
}

@test "texts: more than 4,096 bytes, wherever one may stand" {
  long=$(many 4097 x)
  config "\"description\": \"$long\", \"experiments\": [{\"scheme\": \"fixed\", \"description\": \"$long\"}]"
  refused 10 2 "description: a text of 4097 bytes; 4096 are" "experiments[0].description: a text of 4097 bytes" -- \
    "$farm" check t.json
  for path in series.file series.column compare.reference 'experiments[0].match'; do
    refused 10 2 "a text of 4097 bytes; 4096 are" -- "$farm" check t.json --set "description=d" \
      --set "experiments=[{\"scheme\": \"fixed\"}]" --set "$path=$long"
  done
  refused 10 2 "a text of 4105 bytes; 4096 are" -- "$farm" check t.json --set "description=d" \
    --set "experiments=[{\"scheme\": \"fixed\", \"name\": \"{series}$long\"}]"
  config "\"description\": \"${long%x}\", \"experiments\": [{\"scheme\": \"fixed\"}]"
  "$farm" check t.json
}

@test "numbers: neurons, lags, test rows, epochs and repeats beyond what any counter holds" {
  config '"experiments": [{"scheme": "fixed"}]'
  refused 5 2 "1000000 is out of range: must be 1 ... 512" -- "$farm" check t.json --set model.neurons=1000000
  for number in 2147483648 4294967296 9223372036854775808 18446744073709551616 1e18 1e308; do
    for key in model.neurons frame.lags frame.test train.epochs train.batch repeats threads frame.difference; do
      refused 5 2 "$key: " "is out of range: must be " -- "$farm" check t.json --set "$key=$number"
    done
    for option in --repeats --threads; do
      refused 5 2 "$option: must be a whole number 1 ... " "found \"$number\"" -- "$farm" check t.json "$option" "$number"
    done
  done
  for item in '{"scheme": "update", "epochs": 4294967296}' '{"scheme": "update", "epochs": 1, "every": 4294967297}' \
    '{"scheme": "update", "epochs": 1, "rows": {"last": 4294967297}}' '{"scheme": "seasonal_naive", "period": 4294967297}'; do
    refused 5 2 "is out of range: must be 1 ... " -- "$farm" check t.json --set "experiments=[$item]"
  done
  for key in lags test difference; do
    [ $key = lags ] && most=10000 || most=1000000000
    refused 5 2 "frame.$key" "$most" "the 36 observations" "the largest value that works is" -- \
      "$farm" check t.json --set "frame.$key=$most"
  done
  refused 5 2 "frame.difference" "the 36 observations make 0" -- "$farm" check t.json \
    --set 'frame.difference=[1000000000,1000000000,1000000000,1000000000,1000000000,1000000000,1000000000,1000000000]'
}

@test "steps: more than 64 bits can count" {
  config '"train": {"epochs": 1000000000}, "experiments": [{"scheme": "update", "epochs": 1000000}, {"scheme": "refit"}]'
  refused 5 2 "repeats: 1000000000 repeats of " "more than can be counted" -- "$farm" check t.json -r 1000000000
  refused 5 2 "experiments[2].match: to match \"update_1000000\" takes 1011000000 epochs, more than 1000000000" -- \
    "$farm" check t.json \
    --set 'experiments=[{"scheme": "update", "epochs": 1000000}, {"scheme": "refit"}, {"scheme": "fixed", "match": "*"}]'
}

@test "repeats: a thousand million need more memory than there is" {
  config '"train": {"epochs": 1}, "experiments": [{"scheme": "update", "sweep": {"epochs": [1, 2, 3, 4, 5, 6, 7, 8]}}]'
  run_apart timeout 10 "$farm" t.json -r 1000000000 -o out/t
  echo "$status: $stderr"
  [ "$status" -eq 1 ]
  [[ "$stderr" == *repeats* && "$stderr" == *1000000000* && "$stderr" == *GiB* ]]
  [ ! -e out ] # not even an empty store
}

@test "models: what threads hold side by side, beside the memory at hand" {
  series 10100
  config '"precision": "f64", "threads": 4096, "repeats": 65536, "frame": {"lags": 10000, "test": 1},
    "model": {"neurons": 512}, "experiments": [{"scheme": "fixed"}, {"scheme": "update", "epochs": 1}]'
  refused 10 1 "needs 61.6 TiB of memory for 4096 models of up to 21531137 weights" "are at hand" "fewer neurons" -- \
    "$farm" plan t.json
  run_apart timeout 20 "$farm" t.json
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"needs 61.6 TiB of memory"* ]]
}

@test "rows: all lags of a long series, beside the memory at hand" {
  series 10000000
  config '"frame": {"lags": 10000}, "experiments": [{"scheme": "fixed"}]'
  refused 60 1 "frame.lags: the rows of 10000000 observations" "need 745.5 GiB of memory" "are at hand" -- "$farm" check t.json
}

@test "experiments: products of sweeps that overflow, ten thousand and one, and baselines of all updates" {
  # 16 lists of 16 values are 2^64, 0 to a counter
  lists=
  for key in epochs every batch frame.lags frame.test frame.difference model.neurons train.epochs train.batch; do
    lists+="\"$key\": [$(seq -s, 256)], "
  done
  config "\"experiments\": [{\"scheme\": \"update\", \"sweep\": {$lists \"rows\": [\"all\", \"newest\"]}}]"
  refused 10 2 "experiments[0].sweep: makes more than 10000 experiments" -- "$farm" check t.json
  config "\"experiments\": [{\"scheme\": \"update\", \"sweep\": {\"epochs\": [$(seq -s, 10001)]}}]"
  refused 10 2 "experiments[0].sweep.epochs: 10001 values" "10000 experiments in all" -- "$farm" check t.json
  config "\"experiments\": [$(many 10000 '{"scheme": "fixed"},') {\"scheme\": \"fixed\"}]"
  refused 10 2 "experiments: 10001 experiments; a config may make 10000" -- "$farm" check t.json
  config "\"train\": {\"epochs\": 1000000000}, \"experiments\": [{\"scheme\": \"update\", \"sweep\": {\"epochs\": [$(seq -s, 3000)]}},
    {\"scheme\": \"fixed\", \"match\": \"*\", \"sweep\": {\"model.neurons\": [$(seq -s, 500)]}}]"
  refused 10 2 "experiments[1].match: makes more than 10000 experiments" -- "$farm" check t.json
}

@test "experiments: ten thousand are fine, and take seconds" {
  config "\"experiments\": [{\"scheme\": \"update\", \"sweep\": {\"epochs\": [$(seq -s, 10000)]}}]"
  run_apart timeout 30 "$farm" check t.json
  [ "$status" -eq 0 ]
  [[ "$output" == *"10000 experiments"* ]]
}

@test "comparisons: all pairs of many, and pairs without end" {
  config "\"experiments\": [{\"scheme\": \"update\", \"sweep\": {\"epochs\": [$(seq -s, 1415)]}}], \"compare\": {\"reference\": \"all_pairs\"}"
  refused 10 2 "all pairs of 1415 experiments are 1000405 comparisons, more than 1000000" -- "$farm" check t.json
  config "\"experiments\": [{\"scheme\": \"fixed\"}, {\"scheme\": \"refit\"}],
    \"compare\": {\"pairs\": [$(many 20000 '["fixed","refit"],') [\"fixed\",\"refit\"]]}"
  refused 10 2 "compare.pairs: 20001 pairs, and 0 of updates with their baselines, are more than 20000" -- "$farm" check t.json
}

@test "a long series: refitted before each of 200,000 rows, planned in seconds" {
  series 1000000
  config '"frame": {"test": 200000}, "experiments": [{"scheme": "refit"}]'
  run_apart timeout 30 "$farm" check t.json
  [ "$status" -eq 0 ]
}
