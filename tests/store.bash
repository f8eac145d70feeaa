# store.bash - for the bats files on the store: a small run with every kind of part, and what its store and run.json say.
# Load after common. Every run syncs a dozen files, so the scratch folders are in memory where there is some.

if [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi
export PYTHONPATH="$BATS_TEST_DIRNAME:$BATS_TEST_DIRNAME/.." PYTHONDONTWRITEBYTECODE=1

# small.json and its series in the current folder: 5 experiments of which 4 are trained, one in 3 parts, all within
# milliseconds. $1: another name for the config.
small_here() {
  mkdir -p data
  cp "$root/data/shampoo.csv" data/
  cat >"${1:-small.json}" <<'J'
{
  "name": "small",
  "series": {"file": "data/shampoo.csv", "column": "Sales"},
  "train": {"epochs": 30},
  "repeats": 6,
  "experiments": [
    {"scheme": "fixed"},
    {"scheme": "update", "epochs": 2},
    {"scheme": "fixed", "match": "update_*"},
    {"scheme": "refit", "every": 5},
    {"scheme": "persistence"}
  ]
}
J
}

# slow_here EPOCHS REPEATS: slow.json, two experiments of so many epochs; fewer in a build that trains SLOWDOWN times as
# slowly, roughly
slow_here() {
  small_here slow.json
  sed -i "s/\"epochs\": 30/\"epochs\": $(($1 / ${SLOWDOWN:-1}))/; s/\"repeats\": 6/\"repeats\": $2/; /match/d; /refit/d" slow.json
}

# run FARM [OPTION]... on small.json, quietly
small() {
  "$farm" small.json -q -t 2 "$@"
}

# facts FOLDER: how many results were reused, computed, and how many gradient steps that took
facts() {
  /usr/bin/python3 -c 'import json, sys
run = json.load(open(sys.argv[1] + "/run.json"))
print(run["results"]["reused"], run["results"]["computed"], run["steps_taken"])' "$1"
}

# expect_facts FOLDER REUSED COMPUTED [STEPS]
expect_facts() {
  local found expected="$2 $3"
  found=$(facts "$1")
  if [ $# -eq 4 ]; then expected="$2 $3 $4"; else found=${found% *}; fi
  [ "$found" = "$expected" ] || { echo "$1: reused, computed, steps: $found, not $expected"; return 1; }
}

# every hidden file of a folder: what a killed or failed run leaves behind
leftovers() {
  find "$1" -name '.*' -type f
}
