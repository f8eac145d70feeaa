#!/usr/bin/env bats
# bench.bats - `make bench` with hardly any work and no peer from PyPI: what it writes, and whom it refuses.

load common

# One run for all tests: a peer that computes the same, and four that do not.
setup_file() {
  local root peers
  root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  export BENCH_SCRATCH BENCH="$root/tests/bench/run.py" PYTHONDONTWRITEBYTECODE=1
  BENCH_SCRATCH=$(mktemp -d)
  cd "$BENCH_SCRATCH" || return 1
  peers="$root/tests/bench/peer_plain.py"
  sed 's/^RATE, B1, B2, EPSILON = .*/RATE, B1, B2, EPSILON = 0.001, 0.9, 0.998, 1e-8/' "$peers" >peer_other_beta.py
  sed 's/h, c = self.step(x, target, h, c)/self.step(x, target, h, c)/' "$peers" >peer_forgets_state.py
  sed 's/return \[model.weights() for model/return [self.models[0].weights() for model/' "$peers" >peer_one_model.py
  echo 'raise SystemExit("no such library")' >peer_dies.py
  for peer in other_beta forgets_state one_model; do
    ! cmp -s "$peers" peer_$peer.py || return 1
  done
  "$BENCH" --budget tiny --peers none --out run --also "$peers" --also peer_other_beta.py --also peer_forgets_state.py \
    --also peer_one_model.py --also peer_dies.py >targets.txt 2>log.txt || { cat log.txt >&2 && return 1; }
}

teardown_file() {
  rm -rf "$BENCH_SCRATCH"
}

# asks BENCH.JSON's content, as d, whether each expression holds
holds() {
  python3 - "$BENCH_SCRATCH/run/bench.json" "$@" <<'P'
import json, sys
d = json.load(open(sys.argv[1]), parse_constant=lambda c: sys.exit(f"not JSON: {c}"))
steps = {(s["contestant"], s["mode"]): s for s in d["steps"]}
for expression in sys.argv[2:]:
    assert eval(expression), expression
P
}

@test "bench.json is JSON, and says the machine, the contest, whole runs and targets" {
  holds 'd["machine"]["cores"] >= 1' 'd["budget"] == "tiny"' '("farm", "one") in steps' \
    'any(name.startswith("divider_") for name, _ in steps)' \
    'all(0 < s["ns"]["min"] <= s["ns"]["median"] <= s["ns"]["max"] for s in d["steps"])' \
    'set(d["whole"]) == {"tutorial", "rows", "walk", "many", "threads"}' \
    'all(r["bytes"] and r["wall"]["median"] > 0 for r in d["whole"]["tutorial"])' \
    'len(d["targets"]) >= 12 and all(t["met"] in (True, False, None) for t in d["targets"])'
}

@test "the kernel that is timed is the farm: its weights are the program's to the last bit" {
  holds 'd["peers"]["farm"]["proof"]["1"] < 1e-15' 'd["peers"]["farm_pytorch"]["proof"]["1"] < 1e-15'
}

@test "a peer that computes the same is counted" {
  holds '"refused" not in d["peers"]["plain"]' '0 < d["peers"]["plain"]["proof"]["1"] < 1e-6' \
    '("plain", "one") in steps'
}

@test "a peer that computes something else is refused, with how far it is off" {
  for peer in other_beta forgets_state one_model; do
    holds "'its weights differ from the farm' in d['peers']['$peer']['refused']" "('$peer', 'one') not in steps"
    grep -q "$peer does not count: .* differ from the farm" "$BENCH_SCRATCH/log.txt"
  done
  grep -q "other_beta does not count: " "$BENCH_SCRATCH/targets.txt"
}

@test "a peer that dies is left out with its last words, and the rest goes on" {
  holds "'no such library' in d['peers']['dies']['refused']" "('plain', 'one') in steps"
}

@test "every table and plot is written, and the page's own words stay" {
  cd "$BENCH_SCRATCH/run"
  grep -oE 'bench:\w+' "$root/docs/performance.md" | sort -u >marks
  [ "$(wc -l <marks)" -ge 10 ]
  while read -r mark; do
    sed -n "/<!-- $mark -->/,/<!-- \/$mark -->/p" performance.md | sed '1d;$d' | grep -q . || { echo "$mark" && false; }
  done <marks
  without() { sed '/<!-- bench:/,/<!-- \/bench:/d' "$1"; }
  diff <(without "$root/docs/performance.md") <(without performance.md)
  for plot in one_neuron neurons growth; do
    tidy -q -xml performance/$plot.svg >/dev/null
    grep -q "performance/$plot.svg" "$root/docs/performance.md"
  done
}

@test "drawn anew from bench.json the page and plots are the same bytes" {
  cp -r "$BENCH_SCRATCH/run" again
  rm -r again/performance again/performance.md
  "$BENCH" --redraw --out again
  diff -r "$BENCH_SCRATCH/run/performance" again/performance
  diff "$BENCH_SCRATCH/run/performance.md" again/performance.md
}

@test "a tiny or quick run leaves docs/ as it is" {
  [ -f "$BENCH_SCRATCH/run/performance.md" ]
  ! grep -q "A tiny run" "$root/docs/performance.md"
}

@test "a peer that there is not is told, and nothing is run" {
  run_apart "$BENCH" --peers numpy,nmupy --out none
  [ "$status" -eq 2 ]
  [[ "$stderr" == *"no such peer: nmupy"* ]]
  [ ! -e none ]
}

@test "a peer that does not install is named as such, and the rest goes on" {
  mkdir bin
  # a Python whose venv fails
  printf '#!/bin/sh\n[ "$2" = venv ] && { echo "no venv here"; exit 1; }\nexec %s "$@"\n' "$(command -v python3)" >bin/python3
  chmod +x bin/python3
  run python3 - "$root" <<P
import sys, pathlib
sys.path.insert(0, sys.argv[1] + "/tests/bench")
import entries
sys.executable = "$PWD/bin/python3"
print(entries.environment("numpy", pathlib.Path("envs"), lambda text: None))
P
  echo "$output"
  [ "$output" = "(None, 'no venv here')" ]
}
