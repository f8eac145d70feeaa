#!/usr/bin/env bats
# slurm.bats - runs on a real Slurm of our own (cluster.sh): the bytes of one run in one piece, whatever is killed on the
# way, and nothing that was stored is computed again.

load ../common

setup_file() {
  cluster=$(mktemp -d)
  export cluster
  "$BATS_TEST_DIRNAME/cluster.sh" start "$cluster" $$ || return 1
  # shellcheck disable=SC1091 # written by cluster.sh
  . "$cluster/env"
}

teardown_file() {
  "$BATS_TEST_DIRNAME/cluster.sh" stop "$cluster"
}

teardown() {
  scancel --me
  wait_until 20 queue_is_empty || true
  cd / && rm -rf "$scratch"
}

# wait_until SECONDS COMMAND...: until it succeeds
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || { echo "waited in vain for: $*"; squeue --array; return 1; }
    sleep 0.2
  done
}

queue_is_empty() { [ -z "$(squeue --me --noheader)" ]; }

# submit CONFIG...: what it prints in $output and $stderr; the jobs' numbers in $array and $merge
submit() {
  run_apart "$root/tools/slurm/submit" --farm "$farm" "$@"
  array=$(sed -n 's/^Sent: .* as job \([0-9]*\)\.$/\1/p' <<<"$output")
  merge=$(sed -n 's/^The merge is job \([0-9]*\).*/\1/p' <<<"$output")
}

# the shards' last lines, and the merge's log, for who must find out what went wrong
logs() { tail -n 5 "$1"/slurm/*.log; }

same_as_one_run() {
  diff -r -x run.json -x '*.db' -x slurm "$1" "$2"
}

# slow.json: two experiments, so many epochs that four shards take some ten seconds on this machine
slow_here() {
  mkdir data
  cp "$root/data/shampoo.csv" data/
  local epochs=500 seconds=0
  while [ "$seconds" -lt 12 ]; do
    epochs=$((epochs * 2))
    cat >slow.json <<J
{"name": "slow", "series": {"file": "data/shampoo.csv", "column": "Sales"}, "train": {"epochs": $epochs}, "repeats": 640,
 "experiments": [{"scheme": "fixed"}, {"scheme": "update", "epochs": 2}]}
J
    seconds=$("$farm" plan slow.json --threads 1 --format json |
      /usr/bin/python3 -c 'import json, sys; print(int(json.load(sys.stdin)["shard"]["seconds"]))')
  done
}

# rows K: how many results the store of shard K of 4 has; 0 while there is none
rows() {
  /usr/bin/python3 - "out/slow/shard-$1-of-4.db" <<'P'
import sqlite3, sys
try:
    db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
    print(db.execute("SELECT count(*) FROM result").fetchone()[0])
except sqlite3.OperationalError:
    print(0)
P
}

some_rows() { [ "$(rows "$1")" -gt 0 ]; }

# processes K: of the farm that runs shard K of 4 here
processes() { pgrep -f -- "slow.json .*--shard $1/4 .*--expect" | while read -r p; do
  [ "$(readlink "/proc/$p/cwd")" = "$scratch" ] && echo "$p"
done; }

# job_of K: the number of the job of task K of the array
job_of() { squeue --noheader --array --jobs "${array}_$1" --format=%A; }

# node_of K: where it runs
node_of() { squeue --noheader --array --jobs "${array}_$1" --format=%N; }

# ours PATTERN: processes of this cluster
ours() {
  local p
  for p in $(pgrep -f -- "$1"); do
    if grep -qsF "SLURM_CONF=$cluster/slurm.conf" "/proc/$p/environ"; then echo "$p"; fi
  done
}

gone() { ! kill -0 "$@" 2>/dev/null; }

@test "the tutorial at 200 repeats as an array of 8, merged: the bytes of one run" {
  tutorial_here
  submit configs/tutorial.json -r 200 --shards 8
  echo "$output$stderr"
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [ -n "$array" ]
  [ -n "$merge" ]
  [[ "$output" == *"Sent: 1-8 of 8, as job $array."* ]]
  [[ "$output" == *"squeue --jobs $array,$merge"* ]]
  wait_until 60 queue_is_empty
  logs out/tutorial
  "$farm" configs/tutorial.json -r 200 -q -o whole
  same_as_one_run whole out/tutorial
  "$farm" status out/tutorial -q
  submit configs/tutorial.json -r 200 --shards 8
  [ "$status" -eq 0 ]
  [ "$output" = "All 8 shards are complete and merged in out/tutorial/; there is nothing to send." ]
}

# A node that dies takes all that runs on it; one that is out of reach is given up by Slurm just the same, while its
# shard's first try goes on.
@test "a shard killed, one cancelled and requeued, a node dead and one out of reach: the same bytes, nothing computed twice" {
  slow_here
  submit slow.json --shards 4 --cpus 2
  echo "$output$stderr"
  [ "$status" -eq 0 ]
  sed -i 's/^pause=15/pause=1/' out/slow/slurm/shards.sh # jobs in the queue have their own copies
  scancel "$array" "$merge"
  wait_until 20 queue_is_empty
  rm -rf out/slow/*.db* out/slow/slurm/*.log
  array=$(sbatch --parsable out/slow/slurm/shards.sh)
  merge=$(sbatch --parsable --dependency="afterany:$array" out/slow/slurm/merge.sh)
  for k in 1 2 3 4; do wait_until 60 some_rows "$k"; done
  job_3=$(job_of 3) node_3=$(node_of 3) node_4=$(node_of 4) farm_2=$(processes 2) farm_4=$(processes 4)

  kill -9 "$(processes 1)"
  kept_1=$(rows 1)
  scancel "${array}_2"
  # shellcheck disable=SC2046 # numbers; all that the node runs is gone at once
  kill -9 $(ours "slurmd -N $node_3\$") $(ours "slurmstepd: \\[$job_3\\.") $(ours "$cluster/spool-$node_3/") $(processes 3)
  kept_3=$(rows 3)
  kill -STOP "$farm_4"
  kill -9 "$(ours "slurmd -N $node_4\$")"
  wait_until 20 gone "$farm_2"
  kept_2=$(rows 2)
  wait_until 20 scontrol requeue "${array}_2"

  wait_until 90 grep -q "shard 4 of 4: the try before is still at work on it" out/slow/slurm/shard-4-of-4.log
  kill -CONT "$farm_4"
  "$root/tests/slurm/cluster.sh" slurmd "$cluster" "${node_3#n}"
  wait_until 200 queue_is_empty
  "$root/tests/slurm/cluster.sh" slurmd "$cluster" "${node_4#n}" # which would end what it finds
  logs out/slow
  grep -q "farm was killed by signal 9" out/slow/slurm/shard-1-of-4.log
  grep -q "stopped by Slurm" out/slow/slurm/shard-2-of-4.log
  for k in 1 2 3; do
    kept=kept_$k
    echo "shard $k: ${!kept} results were kept"
    [ "${!kept}" -gt 0 ]
    [ "${!kept}" -eq 320 ] || grep -qF "results are in out/slow/shard-$k-of-4.db, of which ${!kept} were stored before" "out/slow/slurm/shard-$k-of-4.log"
    [ "$(grep -c ': try ' "out/slow/slurm/shard-$k-of-4.log")" -eq 2 ]
    [ "$(tail -n 1 "out/slow/slurm/shard-$k-of-4.log")" = "shard $k of 4: complete" ]
  done
  grep -qF "320 of 320 results are in out/slow/shard-4-of-4.db, of which 320 were stored before" out/slow/slurm/shard-4-of-4.log
  "$farm" slow.json -q -t 2 -o whole
  same_as_one_run whole out/slow
}

@test "a partition that is not there, or an option that Slurm will not have: told, and nothing is left in the queue" {
  tutorial_here
  submit configs/tutorial.json --shards 2 --partition nowhere
  [ "$status" -eq 2 ]
  [[ "$stderr" == "submit: Slurm will not take the shards: invalid partition specified: nowhere; "*"The partitions are long, short" ]]
  submit configs/tutorial.json --shards 2000
  [ "$status" -eq 2 ]
  [[ "$stderr" == *"MaxArraySize"* ]]
  submit configs/tutorial.json --shards 2 --merge-time soon
  [ "$status" -eq 2 ]
  [[ "$stderr" == "submit: Slurm will not take the merge: "*"--time"* ]]
  wait_until 20 queue_is_empty
}

@test "what is in the queue is not sent again, and jobs of another config are not mixed with it" {
  tutorial_here
  submit configs/tutorial.json -r 40 --shards 4 --sbatch hold
  [ "$status" -eq 0 ]
  first=$array
  submit configs/tutorial.json -r 40 --shards 4
  echo "$output$stderr"
  [ "$status" -eq 0 ]
  [[ "$output" == "In the queue already: 1-4 of 4."* ]]
  [[ "$output" != *Sent* ]]
  [ "$(squeue --me --noheader --array | wc -l)" -eq 5 ]
  submit configs/tutorial.json -r 50 --shards 4
  [ "$status" -eq 2 ] || [ "$status" -eq 1 ]
  [[ "$stderr" == *"still in the queue for this folder, with another config"* ]]
  [ "$(squeue --me --noheader --array | wc -l)" -eq 5 ]
  # one is cancelled: it alone is sent, with a merge that waits for all
  scancel "${first}_3"
  wait_until 20 eval '[ "$(squeue --me --noheader --array | wc -l)" -eq 4 ]'
  submit configs/tutorial.json -r 40 --shards 4
  [[ "$output" == *"Sent: 3 of 4, as job "* ]]
  scontrol release "$first"
  wait_until 60 queue_is_empty
  logs out/tutorial
  "$farm" configs/tutorial.json -r 40 -q -o whole
  same_as_one_run whole out/tutorial
}

@test "a config edited between submit and start is refused by the shards, and the merge names them" {
  tutorial_here
  submit configs/tutorial.json -r 40 --shards 2 --sbatch hold
  [ "$status" -eq 0 ]
  sed -i 's/"epochs": 500/"epochs": 400/' configs/tutorial.json
  scontrol release "$array" "$merge"
  wait_until 60 queue_is_empty
  logs out/tutorial
  grep -q "^configs/tutorial.json: is no longer the run .* take the change back, or submit it anew" out/tutorial/slurm/shard-1-of-2.log
  grep -q "^out/tutorial: shards 1-2 of 2: not begun" out/tutorial/slurm/merge.log
  [ ! -e out/tutorial/summary.csv ]
}

@test "a config edited between the shards and the merge: what was submitted is merged, and that is said" {
  tutorial_here
  "$farm" configs/tutorial.json -r 40 -q -o whole
  submit configs/tutorial.json -r 40 --shards 2
  for k in 1 2; do wait_until 30 grep -q "complete" "out/tutorial/slurm/shard-$k-of-2.log"; done
  wait_until 60 queue_is_empty
  sed -i 's/"epochs": 500/"epochs": 400/' configs/tutorial.json
  rm out/tutorial/*.csv out/tutorial/farm.db
  sbatch --parsable out/tutorial/slurm/merge.sh
  wait_until 60 queue_is_empty
  logs out/tutorial
  grep -q "^merge: the config was changed after it was submitted; these are the results of what was submitted" out/tutorial/slurm/merge.log
  same_as_one_run whole out/tutorial
  # and submitted anew, it is another run: all of it is computed
  submit configs/tutorial.json -r 40 --shards 2
  [[ "$output" == *"Sent: 1-2 of 2"* ]]
  wait_until 60 queue_is_empty
  "$farm" configs/tutorial.json -r 40 -q -o whole
  same_as_one_run whole out/tutorial
}

@test "a shard that runs out of time keeps what it has and says so; the merge names it, and it alone is sent again" {
  slow_here
  submit slow.json -r 20000 --shards 4 --partition short --time 1 --cpus 2 # which takes many minutes
  [ "$status" -eq 0 ]
  wait_until 120 queue_is_empty
  logs out/slow
  for k in 1 2 3 4; do
    [[ "$(tail -n 1 "out/slow/slurm/shard-$k-of-4.log")" == "shard $k of 4: out of time; what is done is kept."* ]]
    some_rows "$k"
  done
  grep -q "^out/slow: shards 1-4 of 4: stopped before its end; run it again, it goes on from its store" out/slow/slurm/merge.log
  grep -q "^merge: not merged, since not all shards are complete" out/slow/slurm/merge.log
  [ ! -e out/slow/summary.csv ]
  submit slow.json -r 20000 --shards 4 --sbatch hold
  [[ "$output" == *"Sent: 1-4 of 4"* ]]
}

@test "stores that live on the node's own disk come home, also from shards that are stopped" {
  slow_here
  mkdir "the node's disk"
  submit slow.json --shards 4 --cpus 2 --scratch "$PWD/the node's disk"
  [ "$status" -eq 0 ]
  wait_until 60 eval 'ls the*/farm-*/shard-1-of-4.db-wal'
  sleep 1
  scancel "${array}_1"
  wait_until 60 test -s out/slow/shard-1-of-4.db
  kept=$(rows 1)
  wait_until 20 scontrol requeue "${array}_1"
  wait_until 200 queue_is_empty
  logs out/slow
  [ "$kept" -eq 0 ] || [ "$kept" -eq 320 ] || grep -qF ", of which $kept were stored before" out/slow/slurm/shard-1-of-4.log
  [ -z "$(ls -A "the node's disk")" ]
  "$farm" slow.json -q -t 2 -o whole
  same_as_one_run whole out/slow
}

@test "names that a shell or Slurm would read otherwise are names and nothing more" {
  folder='o$(touch pwned) "%a" '"it's; touch pwned #"
  mkdir -p "$folder/data" "$folder/configs"
  cp "$root/data/shampoo.csv" "$folder/data/"
  cp "$root/configs/tutorial.json" "$folder/configs/-\`touch pwned\`.json"
  cd "$folder"
  submit "./configs/-\`touch pwned\`.json" -r 20 --shards 2 --set 'description="$(touch pwned)'"'"'"' -o 'out %A $(touch pwned)'
  echo "$output$stderr"
  [ "$status" -eq 0 ]
  wait_until 60 queue_is_empty
  cat out*/slurm/*.log
  [ -s out*/summary.csv ]
  [ -z "$(find "$scratch" "$HOME" -maxdepth 3 -name 'pwned*' -newer "$cluster/env")" ]
}

@test "a cluster leaves no process and no file, even when who asked for it is killed" {
  sleep 100 3>&- &
  owner=$!
  other=$(mktemp -d)
  "$root/tests/slurm/cluster.sh" start "$other" "$owner"
  SLURM_CONF=$other/slurm.conf sbatch --output=/dev/null --wrap "sleep 100"
  [ "$(pgrep -fc "slurm.*$other|slurmd -N")" -ge 4 ]
  kill -9 "$owner"
  wait_until 40 test ! -e "$other"
  [ -z "$(grep -lsF "$other" /proc/[0-9]*/environ)" ]
}
