# common.bash - for bats files: a scratch folder of one's own, and ./farm run in it.
# Sets $root, the checkout; $farm, the program without pictures, which take longer than most tests; $FARM_WITH_PLOTS,
# the program as it is; and starts every test in an empty folder.

setup() {
  root=$(cd "$BATS_TEST_DIRNAME" && while [ ! -f Makefile ]; do cd ..; done && pwd)
  export FARM_WITH_PLOTS=${FARM:-$root/farm}
  farm=$root/tests/without_plots
  scratch=$(mktemp -d)
  cd "$scratch" || exit 1
}

teardown() {
  cd / && rm -rf "$scratch"
}

# run, with stdout in $output and stderr in $stderr
run_apart() {
  stderr_file=$(mktemp)
  run bash -c 'exec 2>"$0"; "$@"' "$stderr_file" "$@"
  stderr=$(cat "$stderr_file")
  rm -f "$stderr_file"
}

# both folders hold the same files with the same bytes, but for run.json (seconds, what was reused) and the stores
same_outputs() {
  diff -r -x run.json -x '*.db' "$1" "$2"
}

# The tutorial's config with its series, in the current folder; further arguments are sed scripts on the config.
tutorial_here() {
  mkdir -p data configs
  cp "$root/data/shampoo.csv" data/
  sed "${1:-}" "$root/configs/tutorial.json" >configs/tutorial.json
}
