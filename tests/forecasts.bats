#!/usr/bin/env bats
# forecasts.bats - the key "forecasts": every forecast in a file, quantiles of them, or neither; the rest is the same bytes.

load common
load store

# makes some repeats of small.json diverge, some of the refits late, and brings others far off
half_diverged=(--set 'model={"activation":"linear","recurrent_activation":"linear"}'
  --set 'train={"epochs":3,"optimizer":{"name":"sgd","learning_rate":0.1}}')

# expect_quantiles ALL QUANTILES [DIVERGED]: the table of the second folder is what every forecast of the first one comes
# to, each figure by its definition, in fractions and exact sums; DIVERGED: some of them must have, and not all
expect_quantiles() {
  /usr/bin/python3 - "$@" <<'P'
import csv, math, sys
from fractions import Fraction

def quantile(values, q):
    place = (len(values) - 1) * q
    below = math.floor(place)
    above = min(below + 1, len(values) - 1)
    return float(Fraction(values[below]) + (Fraction(values[above]) - Fraction(values[below])) * (place - below))

def figures(forecasts):
    values = sorted(v for v in forecasts if math.isfinite(v))
    n, nan = len(values), math.nan
    mean = math.fsum(values) / n if n else nan
    std = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1)) if n > 1 else nan
    at = {f"{q}%": quantile(values, Fraction(q, 100)) if n else nan for q in (5, 10, 25, 50, 75, 90, 95)}
    return {"count": n, "diverged": len(forecasts) - n, "mean": mean, "std": std, "min": values[0] if n else nan,
            **at, "max": values[-1] if n else nan}

def near(a, b):
    return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-9)

steps = {}
for row in csv.DictReader(open(f"{sys.argv[1]}/forecasts.csv")):
    steps.setdefault((row["experiment"], row["step"], row["index"], row["actual"]), []).append(float(row["forecast"]))
table = list(csv.DictReader(open(f"{sys.argv[2]}/forecast_quantiles.csv")))
assert [tuple(row.values())[:4] for row in table] == list(steps)
kinds = set()
for row, forecasts in zip(table, steps.values()):
    expected = figures(forecasts)
    assert list(row)[4:] == list(expected), list(row)
    for key, value in expected.items():
        assert near(float(row[key]), value), (row["experiment"], row["step"], key, row[key], value)
    kinds.add((expected["count"] > 1, expected["diverged"] > 0))
assert len(sys.argv) < 4 or (True, True) in kinds, kinds
P
}

# all that the folders hold is the same but for the files of forecasts, and what says which of them there are
same_but_forecasts() {
  diff -r -x run.json -x '*.db' -x report.html -x forecasts.csv -x forecast_quantiles.csv "$1" "$2"
}

@test "quantiles are those of every forecast, over all repeats that did not diverge" {
  small_here
  for how in all quantiles none; do small -r 150 -o "$how" --set "forecasts=$how" "${half_diverged[@]}"; done
  [ -e all/forecasts.csv ] && [ ! -e all/forecast_quantiles.csv ]
  [ ! -e quantiles/forecasts.csv ]
  [ ! -e none/forecasts.csv ] && [ ! -e none/forecast_quantiles.csv ]
  expect_quantiles all quantiles diverged
  same_but_forecasts all quantiles
  same_but_forecasts all none
  small -r 150 -o default "${half_diverged[@]}"
  cmp all/forecasts.csv default/forecasts.csv
}

@test "a few repeats' forecasts at hand, shards and reports give the same quantiles" {
  small_here
  how=(-r 200 --set forecasts=quantiles "${half_diverged[@]}")
  small -r 200 -o all "${half_diverged[@]}"
  small "${how[@]}" -o whole
  expect_quantiles all whole diverged
  small "${how[@]}" -o parts --test-at-hand 64
  same_outputs whole parts
  "$farm" report parts -q -o told --test-at-hand 128
  same_outputs whole told
  for k in 3 1 2; do small "${how[@]}" --shard "$k/3" -o shards --test-at-hand 64; done
  "$farm" merge joined -q --test-at-hand 64 shards/*.db
  same_outputs whole joined
  "$farm" report joined -q -r 100 -o first
  small -r 100 -o hundred --set forecasts=quantiles "${half_diverged[@]}"
  cmp first/forecast_quantiles.csv hundred/forecast_quantiles.csv
}

@test "the key trains nothing anew, and the file that a run does not write goes" {
  small_here
  small -o out
  cp -r out first
  small -o out --set forecasts=quantiles
  expect_facts out 24 0 0
  [ ! -e out/forecasts.csv ] && [ -s out/forecast_quantiles.csv ]
  rm out/forecast_quantiles.csv
  "$farm" report out -q # goes by what was run last
  expect_quantiles first out
  small -o out --set forecasts=none
  expect_facts out 24 0 0
  [ ! -e out/forecasts.csv ] && [ ! -e out/forecast_quantiles.csv ]
  "$farm" report out -q
  [ ! -e out/forecasts.csv ]
  echo mine >out/forecast_quantiles.csv # not one of ours
  small -o out
  expect_facts out 24 0 0
  [ "$(cat out/forecast_quantiles.csv)" = mine ] && rm out/forecast_quantiles.csv
  same_outputs first out
}

@test "terminal, page and run.json say which files of forecasts there are" {
  small_here
  run_apart "$farm" small.json -o out
  [[ "$stderr" == *"All files are in out/" ]]
  ! grep -q "<dt>Forecasts" out/report.html
  run_apart "$farm" small.json -o out --set forecasts=quantiles
  [[ "$stderr" == *"All files are in out/ (forecast_quantiles.csv instead of forecasts.csv)" ]]
  grep -q "<dd><code>forecast_quantiles.csv</code> has quantiles" out/report.html
  grep -q -- "--seed 1 --set forecasts=quantiles<" out/report.html
  grep -q '"forecasts": "quantiles"' out/run.json
  run_apart "$farm" report out
  [[ "$stderr" == *"All files are in out/ (forecast_quantiles.csv instead of forecasts.csv)" ]]
  run_apart "$farm" small.json -o out --set forecasts=none
  [[ "$stderr" == *"All files are in out/ (without forecasts.csv)" ]]
  grep -q "<dd>stand in no file" out/report.html
  run_apart "$farm" small.json -q -o out --set forecasts=none
  [ -z "$output$stderr" ]
}

@test "shards of another choice are of another run" {
  small_here
  small --shard 1/2 -o shards
  small --shard 2/2 -o shards --set forecasts=none
  run_apart "$farm" merge joined shards/*.db
  [ "$status" -eq 2 ]
  [[ "$stderr" == *"is of another run than"*"compare, save_models or another setting is not the same"* ]]
}

@test "the picture of the forecasts is the same bytes, and shows the table's 10%, 50% and 90%" {
  small_here
  for how in all quantiles; do "$FARM_WITH_PLOTS" small.json -q -r 40 -o "$how" --set "forecasts=$how"; done
  same_but_forecasts all quantiles
  /usr/bin/python3 - <<'P'
import csv, html, re
rows = {(row["experiment"], row["index"]): row for row in csv.DictReader(open("quantiles/forecast_quantiles.csv"))}
said = 0
for title in re.findall(r"<title>([^<]*)</title>", open("quantiles/forecasts.svg").read()):
    lines = html.unescape(title).replace("\u2212", "-").split("\n")
    if len(lines) != 4: continue
    row = rows[tuple(lines[0].split(", "))]
    numbers = re.fullmatch(r"actual (\S+) median forecast (\S+) 80% from (\S+) to (\S+)", " ".join(lines[1:])).groups()
    for number, key in zip(numbers, ("actual", "50%", "10%", "90%")):
        assert abs(float(number) - float(row[key])) <= 0.05001, (title, key, row[key])
    said += 1
assert said == 4 * 12
P
}
