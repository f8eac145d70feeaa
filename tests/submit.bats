#!/usr/bin/env bats
# submit.bats - tools/slurm/submit without a Slurm: what it writes is what a shell and sbatch shall read, and what is wrong is
# told before anything is sent. tests/slurm/ sends it to a real one.

load common
load store

submit() { run_apart /usr/bin/env -u SLURM_CONF "PATH=$PWD/slurm:/usr/bin:/bin" /usr/bin/python3 "$root/tools/slurm/submit" --farm "$farm" "$@"; }

# a Slurm of words: squeue prints the file queue, sbatch takes a number from the file next, and all calls are kept in calls
fake_slurm() {
  mkdir slurm
  : >queue
  echo 100 >next
  cat >slurm/sbatch <<'S'
#!/bin/sh
echo sbatch "$@" >>calls
n=$(cat next)
echo $((n + 1)) >next
echo "$n"
S
  printf '#!/bin/sh\necho squeue >>calls\ncat queue\n' >slurm/squeue
  printf '#!/bin/sh\necho scancel "$@" >>calls\n' >slurm/scancel
  chmod +x slurm/*
}

@test "without Slurm that is said, with ways out, and nothing is written" {
  small_here
  if command -v squeue; then mkdir none && for p in env python3 bash sh; do ln -s "/usr/bin/$p" none/; done; fi
  run_apart /usr/bin/env PATH="$PWD/none" /usr/bin/python3 "$root/tools/slurm/submit" --farm "$FARM_WITH_PLOTS" small.json --shards 2
  [ "$status" -eq 1 ]
  [ -z "$output" ]
  [[ "$stderr" == "submit: there is no squeue here: Slurm is not installed on this machine, or not in PATH. "*"--shard K/N" ]]
  [ ! -e out ]
}

@test "a dry run prints both batch files, which a shell reads, and needs no Slurm" {
  small_here
  submit small.json --shards 3 -r 20 --partition long --time 1:00:00 --cpus 4 --mem 500M --merge-time 10 --at-once 2 \
    --sbatch account=me --sbatch exclusive --dry-run
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [ ! -e out ]
  for line in "--array=1-3%2" "--cpus-per-task=4" "--partition=long" "--time=1:00:00" "--mem=500M" "--account=me" "--exclusive" \
    "--requeue" "--signal=B:USR1@10" "--open-mode=append"; do
    grep -qx -- "#SBATCH $line" <<<"$output" || { echo "no $line"; return 1; }
  done
  sed -n '/^# --- .*shards.sh$/,/^# --- .*merge.sh$/p' <<<"$output" >shards.sh
  sed -n '/^# --- .*merge.sh$/,$p' <<<"$output" >merge.sh
  grep -qx "#SBATCH --time=10" merge.sh
  sh -n shards.sh
  sh -n merge.sh
  # and by hand, as Slurm would run them
  for k in 1 2 3; do SLURM_ARRAY_TASK_ID=$k SLURM_JOB_ID=7 SLURM_CPUS_PER_TASK=2 sh shards.sh; done
  /usr/bin/python3 - <<'P'
import sqlite3
for k in 1, 2, 3:
    db = sqlite3.connect(f"out/small/shard-{k}-of-3.db")
    assert db.execute("SELECT value FROM run WHERE key = 'threads'").fetchone() == (2,)
P
  sh merge.sh
  small -r 20 -o whole
  same_outputs whole out/small
}

@test "shards and a merge that waits for them are sent, once; what is missing afterwards is sent alone" {
  small_here
  fake_slurm
  submit small.json --shards 3
  [ "$status" -eq 0 ]
  [[ "$output" == "Sent: 1-3 of 3, as job 100."*"The merge is job 101; it begins when they have ended."*"squeue --jobs 100,101"* ]]
  [ "$(grep -v squeue calls)" = "$(printf 'sbatch --parsable out/small/slurm/shards.sh\nsbatch --parsable --dependency=afterany:100 out/small/slurm/merge.sh')" ]
  comment=$(sed -n 's/^#SBATCH --comment="\(.*\)"/\1/p' out/small/slurm/shards.sh)
  merging=$(sed -n 's/^#SBATCH --comment="\(.*\)"/\1/p' out/small/slurm/merge.sh)
  # all are still there
  printf '100|%s|PENDING|%s\n' 1 "$comment" 2 "$comment" 3 "$comment" >queue
  printf '101|N/A|PENDING|%s\n' "$merging" >>queue
  rm calls
  submit small.json --shards 3
  [ "$status" -eq 0 ]
  [[ "$output" == "In the queue already: 1-3 of 3."* ]]
  if grep -q sbatch calls; then return 1; fi
  # 1 is complete, 2 is at work, 3 was cancelled
  small --shard 1/3 -o out/small
  printf '100|2|RUNNING|%s\n101|N/A|PENDING|%s\n5|1|RUNNING|another job\n' "$comment" "$merging" >queue
  submit small.json --shards 3
  [[ "$output" == *"Complete already: 1 of 3."*"In the queue already: 2 of 3."*"Sent: 3 of 3, as job 102."* ]]
  grep -qx "#SBATCH --array=3" out/small/slurm/shards.sh
  [ "$(grep -v squeue calls)" = "$(printf 'sbatch --parsable out/small/slurm/shards.sh\nsbatch --parsable --dependency=afterany:100:102 out/small/slurm/merge.sh\nscancel 101')" ]
  # all are complete: the merge alone, and then nothing
  : >queue && rm calls
  for k in 2 3; do small --shard "$k/3" -o out/small; done
  submit small.json --shards 3
  [ "$(grep -v squeue calls)" = "sbatch --parsable out/small/slurm/merge.sh" ]
  "$farm" merge out/small -q out/small/shard-*.db
  rm calls
  submit small.json --shards 3
  [ "$output" = "All 3 shards are complete and merged in out/small/; there is nothing to send." ]
  if grep -q sbatch calls; then return 1; fi
  # another config: all of it anew, and not while jobs of this one are in the queue
  printf '100|2|RUNNING|%s\n' "$comment" >queue
  submit small.json --shards 3 -s 2
  [ "$status" -eq 1 ]
  [[ "$stderr" == "submit: job 100 of an earlier submission is still in the queue for this folder, with another config"* ]]
  : >queue
  submit small.json --shards 3 -s 2
  [[ "$output" == "Sent: 1-3 of 3, as job "* ]]
}

@test "a merge that Slurm will not take leaves no shards in the queue" {
  small_here
  fake_slurm
  sed -i 's/^n=/case $* in *merge*) echo "sbatch: error: Batch job submission failed: no" >\&2; exit 1 ;; esac; n=/' slurm/sbatch
  submit small.json --shards 3
  [ "$status" -eq 1 ]
  [ "$stderr" = "submit: Slurm will not take the merge: Batch job submission failed: no" ]
  [ "$(tail -n 1 calls)" = "scancel 100" ]
}

@test "what is wrong with config, options or program is told as farm tells it, and nothing is sent" {
  small_here
  fake_slurm
  told() {
    [ "$status" -eq "$1" ] && [ -z "$output" ] && [[ "$stderr" == $2 ]] || { echo "$status $output $stderr"; return 1; }
  }
  submit nowhere.json --shards 2
  told 2 "submit: nowhere.json: *"
  submit small.json --shards 2 --set train.epoch=3
  told 2 'submit: *train.epoch*did you mean*'
  submit small.json --shards 0
  told 2 'submit: --shards: must be a whole number from 1; found "0"'
  submit small.json --shards 9999999
  told 2 'submit: --shards: must be a whole number from 1 to 1000000*'
  submit small.json --shards 2 --cpus '2; touch pwned'
  told 2 'submit: --cpus: must be a whole number*'
  submit small.json --shards 2 --sbatch 'Wrap=touch pwned'
  told 2 'submit: --sbatch: must be an option*'
  submit small.json --shards 2 --partition $'long\ntouch pwned'
  told 2 'submit: --partition: there is a control character in *'
  submit small.json --shards 2 --farm ./no-farm
  told 2 'submit: there is no program ./no-farm'
  submit small.json
  [ "$status" -eq 2 ]
  [[ "$stderr" == *"the following arguments are required: --shards"* ]]
  submit small.json --shards 2 -o 'back\slash'
  told 2 "submit: Slurm's log files cannot lie in a folder with a backslash*"
  if grep -qs sbatch calls; then return 1; fi
  [ ! -e pwned ]
  [ ! -e out ]
}

@test "what a user gives is never a shell's or Slurm's code" {
  small_here
  fake_slurm
  evil="\$(touch pwned) \`touch pwned\`'; touch pwned; \"#%a"
  cp small.json "$evil.json"
  submit "$evil.json" --shards 2 -o "$evil" --partition "$evil" --time "$evil" --mem "$evil" --scratch "$evil" --sbatch "account=$evil" \
    --set "description=\"it's \$(touch pwned)\""
  echo "$stderr"
  [ "$status" -eq 0 ]
  grep -qxF "#SBATCH --partition=\"\$(touch pwned) \`touch pwned\`'; touch pwned; \\\"#%a\"" "$evil/slurm/shards.sh"
  for k in 1 2; do SLURM_ARRAY_TASK_ID=$k SLURM_JOB_ID=7 sh "$evil/slurm/shards.sh"; done
  sh "$evil/slurm/merge.sh" >/dev/null
  [ -s "$evil/summary.csv" ]
  [ -z "$(find . -name 'pwned*')" ]
}

# --- the shards' batch file, with a farm of a few lines in it -------------------------------------------------------------

# batch_with LINE...: shards.sh whose farm does this; scontrol's calls are kept
batch_with() {
  small_here
  fake_slurm
  submit small.json --shards 2 "${options[@]}"
  [ "$status" -eq 0 ]
  printf '#!/bin/sh\necho scontrol "$@" >>calls\nexit 1\n' >slurm/scontrol
  printf '#!/bin/sh\n%s\n' "$@" >fake_farm
  chmod +x slurm/scontrol fake_farm
  sed -i "s|^farm=.*|farm=$PWD/fake_farm|; s/^pause=.*/pause=0.1/" out/small/slurm/shards.sh
  : >calls
}

task() {
  run_apart /usr/bin/env "PATH=$PWD/slurm:/usr/bin:/bin" SLURM_ARRAY_TASK_ID=2 SLURM_JOB_ID=7 "$@" sh out/small/slurm/shards.sh
}

@test "a farm that is killed is queued again, but not for ever; one that fails is not" {
  options=()
  batch_with 'case $1 in status) exit 1 ;; esac; kill -9 $$'
  task SLURM_RESTART_COUNT=0
  [ "$status" -eq 137 ]
  [ "$(cat calls)" = "scontrol requeue 7" ]
  [[ "$output" == *"killed by signal 9"*"queueing it again"* ]]
  : >calls
  task SLURM_RESTART_COUNT=3
  [ "$status" -eq 137 ]
  [ ! -s calls ]
  [[ "$output" == *"4 times; giving up"* ]]
  printf '#!/bin/sh\necho "disk full" >&2\nexit 1\n' >fake_farm
  task
  [ "$status" -eq 1 ]
  [ ! -s calls ]
  [ "$stderr" = "disk full" ]
  [[ "$output" == *"shard 2 of 2: failed, see above" ]]
}

@test "a signal is handed on to farm, waited for, and told by its kind" {
  options=()
  # shellcheck disable=SC2016 # code of the farm
  batch_with 'trap "sleep 0.3; echo kept; exit 143" TERM; echo begun >begun; while :; do sleep 0.05; done'
  for kind in USR1 TERM; do
    rm -f begun
    SLURM_ARRAY_TASK_ID=2 SLURM_JOB_ID=7 sh out/small/slurm/shards.sh >said 2>&1 3>&- &
    for _ in $(seq 100); do [ -e begun ] && break || sleep 0.05; done
    sleep 0.1
    kill -"$kind" $!
    wait $! || status=$?
    [ "$status" -eq 143 ]
    grep -qx kept said
    case $kind in
    USR1) grep -q "out of time; what is done is kept" said ;;
    TERM) grep -q "stopped by Slurm" said ;;
    esac
  done
}

@test "a task that is queued again waits for a try before that is still alive" {
  options=()
  batch_with 'case $1 in
status) echo "    {\"shard\": 2, \"state\": \"$([ -e first ] && echo at work || echo done)\"" ;;
*) [ ! -e first ] && echo ran ;;
esac'
  touch first
  (sleep 1 && rm first) 3>&- &
  task SLURM_RESTART_COUNT=1
  [ "$status" -eq 0 ]
  [[ "$output" == *"the try before is still at work on it"*ran*"complete" ]]
}

@test "a store on scratch comes home with its log, also when farm is killed" {
  options=(--scratch scratch)
  batch_with 'case $1 in status) exit 1 ;; esac
for a; do [ "$before" = --out ] && out=$a; before=$a; done
cat "$out/shard-2-of-2.db" 2>/dev/null; echo "store $$" >"$out/shard-2-of-2.db"; echo "log $$" >"$out/shard-2-of-2.db-wal"; kill -9 $$'
  task
  [ "$status" -eq 137 ]
  [ -z "$(ls -A scratch)" ]
  first=$(cat out/small/shard-2-of-2.db)
  [ "$(cat out/small/shard-2-of-2.db-wal)" = "log ${first#store }" ]
  task
  [[ "$output" == *"$first"* ]]
  [ "$(cat out/small/shard-2-of-2.db)" != "$first" ]
}
