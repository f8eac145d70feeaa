#!/usr/bin/env bats
# scale.bats - `make scale` with next to nothing: its stores are those of shards, and the page keeps its own words.

load common

@test "stores that are made are a run's: complete, merged by farm, and of the size that is planned" {
  bench=$FARM_TESTS/bench_merge
  cp -r "$root/data" .
  echo '{"name": "t", "series": {"file": "data/shampoo.csv", "column": "Sales"},
    "experiments": [{"scheme": "fixed"}, {"scheme": "update", "epochs": 2}, {"scheme": "refit"}, {"scheme": "persistence"}]}' >t.json
  run_apart "$bench" make t.json 50 20 shards
  [ "$status" -eq 0 ]
  [[ "$output" == *'"rows": 700,'* ]] # 1 + 1 + 12 a repeat
  "$farm" status shards >text
  grep -q "50 of 50 repeats are done; of 20 shards 20 are done" text
  "$FARM_WITH_PLOTS" merge whole -q shards/*.db
  run_apart "$bench" merge again shards/*.db
  [ "$status" -eq 0 ]
  [[ "$output" == '{"join": '* ]]
  diff -r -x farm.db whole again
  [ "$(wc -l <whole/forecasts.csv)" -eq $((1 + 3 * 50 * 12 + 12)) ]
  run_apart "$bench" make t.json 5 2 shards/shard-1-of-20.db
  [ "$status" -eq 1 ]
  [ -n "$stderr" ]
}

@test "the page's table is written between its marks, and nothing else" {
  cp "$root/docs/scale.md" page.md
  # so few rows that the fit may well be off, which the exit status then says
  run_apart "$root/tests/scale.py" --rows 200,400,800 --wide 30,20,3 --scratch . --page page.md
  [ "$status" -le 1 ]
  [[ "$output" == *"Model:"* ]]
  for row in '| 200 | 10 | 10 |' '| 400 | 10 | 10 |' '| 800 | 10 | 10 |' '| 600 | 30 | 3 |'; do grep -qF "$row" page.md; done
  without() { sed '/<!-- scale:/,/<!-- \/scale:/d' "$1"; }
  diff <(without "$root/docs/scale.md") <(without page.md)
  [ "$(ls)" = page.md ] # what it made is gone
}
