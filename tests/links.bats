#!/usr/bin/env bats
# links.bats - symbolic links where results go: a folder that was linked is used, a file that was linked is replaced,
# and nothing is written through a link to a file.

load common

setup_links() {
  tutorial_here 's/"repeats": 10/"repeats": 2, "save_models": true/'
  one=(--set 'experiments=[{"scheme":"fixed"}]' --set train.epochs=1 -q)
  mkdir elsewhere
  echo precious >elsewhere/victim
}

@test "out/NAME that is a link to a folder elsewhere takes the results, and stays a link" {
  setup_links
  mkdir out
  ln -s ../elsewhere out/tutorial
  "$farm" configs/tutorial.json "${one[@]}"
  [ -L out/tutorial ]
  [ -f elsewhere/summary.csv ] && [ -f elsewhere/models/fixed.json ]
  [ "$(cat elsewhere/victim)" = precious ]
}

@test "status follows a link to the store of a run that was killed" {
  setup_links
  "$farm" configs/tutorial.json -q -o out
  mv out/farm.db elsewhere/
  ln -s ../elsewhere/farm.db out/farm.db
  "$farm" configs/tutorial.json -q -r 100000 -o out &
  until [ -s elsewhere/farm.db-wal ]; do sleep 0.05; done
  kill -9 $!
  wait $! || true
  run_apart "$farm" status out
  echo "$output"
  [ "$status" -eq 1 ]
  [[ "$output" == *" of 100,000 repeats are done, 1 stopped."* ]]
}

@test "out/NAME that is a link to nothing, to itself or to a file is exit 1, told before any training" {
  setup_links
  mkdir out
  for to in nowhere tutorial ../elsewhere/victim; do
    ln -sfn "$to" out/tutorial
    run_apart timeout 10 "$farm" configs/tutorial.json "${one[@]}" --set train.epochs=100000000
    echo "$stderr"
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"out/tutorial"* ]]
    [ "$(readlink out/tutorial)" = "$to" ]
  done
  [ "$(cat elsewhere/victim)" = precious ]
  [ "$(find . -name '*.csv' | wc -l)" -eq 1 ]
}

@test "an output file that is a link is replaced by a file, and what it leads to stays" {
  setup_links
  "$farm" configs/tutorial.json "${one[@]}"
  cp -r out before
  for file in $(cd out/tutorial && find . -type f ! -name 'farm.db*'); do
    ln -sf "$PWD/elsewhere/victim" "out/tutorial/$file"
  done
  [ "$(find out -type l | wc -l)" -ge 6 ]
  "$farm" configs/tutorial.json "${one[@]}"
  [ -z "$(find out -type l)" ]
  same_outputs before/tutorial out/tutorial
  [ "$(cat elsewhere/victim)" = precious ]
}

@test "models/ that is a link to a folder takes the models, and nothing else there is touched" {
  setup_links
  mkdir -p out/tutorial
  echo '{"kernel": [[1, 2, 3, 4]]}' >elsewhere/mine.json
  ln -s ../../elsewhere out/tutorial/models
  "$farm" configs/tutorial.json "${one[@]}"
  [ -L out/tutorial/models ]
  [ "$(ls elsewhere | tr '\n' ' ')" = "fixed.json mine.json victim " ]
}

@test "a stale file that is a link goes, and what it leads to stays" {
  setup_links
  mkdir -p out/tutorial
  ln -s ../../elsewhere/victim out/tutorial/experiment_gone.csv
  "$farm" configs/tutorial.json "${one[@]}"
  [ ! -L out/tutorial/experiment_gone.csv ]
  [ "$(cat elsewhere/victim)" = precious ]
}

@test "a store that is a link to another file is refused or replaced, never written through" {
  setup_links
  mkdir -p out/tutorial
  ln -s ../../elsewhere/victim out/tutorial/farm.db
  run_apart "$farm" configs/tutorial.json "${one[@]}"
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"out/tutorial/farm.db"* ]]
  "$farm" configs/tutorial.json "${one[@]}" --fresh
  [ ! -L out/tutorial/farm.db ]
  [ "$(cat elsewhere/victim)" = precious ]
}

@test "a store that was moved to another disk and linked goes on" {
  setup_links
  "$farm" configs/tutorial.json "${one[@]}"
  mv out/tutorial/farm.db elsewhere/
  ln -s ../../elsewhere/farm.db out/tutorial/farm.db
  "$farm" configs/tutorial.json "${one[@]}" -r 3
  [ -L out/tutorial/farm.db ]
  grep -q '"reused": 2, "computed": 1' out/tutorial/run.json
}

@test "temporary names that are links are left alone" {
  setup_links
  mkdir -p out/tutorial
  for n in $(seq 0 20); do ln -s ../../elsewhere/victim "out/tutorial/.summary.csv.tmp-1-$n"; done
  "$farm" configs/tutorial.json "${one[@]}"
  [ "$(cat elsewhere/victim)" = precious ]
  [ -f out/tutorial/summary.csv ] && [ ! -L out/tutorial/summary.csv ]
}
