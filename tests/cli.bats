#!/usr/bin/env bats
# cli.bats - the command line as a user meets it: exit codes, what goes to stdout and stderr, which files appear.

load common

@test "the tutorial runs and writes every file" {
  run_apart "$farm" "$root/configs/tutorial.json"
  [ "$status" -eq 0 ]
  [ -z "${stderr##*out/tutorial*}" ]
  for file in summary.csv comparisons.csv pairs.csv ranks.csv forecasts.csv run.json report.html experiment_{fixed,refit,persistence}.csv \
    experiment_update_{2,5,10,20,50}.csv experiment_fixed_{522,555,610,720,1050}.csv; do
    [ -f "out/tutorial/$file" ]
  done
  [ -f out/tutorial/farm.db ]
  [ "$(ls -A out/tutorial | wc -l)" -eq 21 ]
  [ "$(wc -l <out/tutorial/experiment_update_2.csv)" -eq 11 ]
  [ "$(head -n 1 out/tutorial/experiment_update_2.csv)" = results ]
  [ "$(wc -l <out/tutorial/experiment_persistence.csv)" -eq 2 ]
  [ "$(head -n 1 out/tutorial/summary.csv)" = "experiment,count,mean,std,min,25%,50%,75%,max" ]
  [ "$(head -n 1 out/tutorial/comparisons.csv)" = "test,a,b,n,mean_difference,ci_low,ci_high,statistic,df,p,p_adjusted,effect_size,repeats_needed" ]
  [ "$(head -n 1 out/tutorial/forecasts.csv)" = "experiment,repeat,step,index,actual,forecast" ]
  [ "$(wc -l <out/tutorial/forecasts.csv)" -eq $((1 + 12 * 10 * 12 + 12)) ]
  /usr/bin/python3 -m json.tool out/tutorial/run.json >/dev/null
}

@test "the summary on stdout has every experiment and one sentence a comparison" {
  run_apart "$farm" "$root/configs/tutorial.json" -r 100
  [ "$status" -eq 0 ]
  for name in fixed update_2 update_50 fixed_1050 refit persistence; do
    echo "$output" | grep -qE "^ *$name +[0-9]"
  done
  [ "$(echo "$output" | grep -c 'p [<=] [0-9.]*.*n = 100')" -eq 17 ]
  echo "$output" | grep -q "update_2 beats fixed by"
  echo "$output" | grep -q "training noise"
}

@test "no experiment_ file and no progress goes astray: stdout is results alone, a pipe gets no progress" {
  run_apart "$farm" "$root/configs/tutorial.json"
  [ "$(echo "$stderr" | grep -c .)" -eq 1 ]
  [[ "$stderr" == *"out/tutorial"* ]]
  [[ "$output" != *$'\r'* && "$stderr" != *$'\r'* ]]
}

@test "--quiet prints nothing" {
  run_apart "$farm" --quiet "$root/configs/tutorial.json"
  [ "$status" -eq 0 ]
  [ -z "$output" ] && [ -z "$stderr" ]
  [ -f out/tutorial/summary.csv ]
}

@test "--out, --repeats, --seed and --threads say more than the config" {
  run "$farm" "$root/configs/tutorial.json" -o here/and/there -r 3 -s 18446744073709551615 -t 1 -q
  [ "$status" -eq 0 ]
  [ ! -e out ]
  [ "$(wc -l <here/and/there/experiment_fixed.csv)" -eq 4 ]
  grep -q '"seed": "\?18446744073709551615' here/and/there/run.json
  grep -q '"threads": 1\b' here/and/there/run.json
}

@test "--set changes any key" {
  run "$farm" "$root/configs/tutorial.json" -q -r 2 --set train.epochs=7 --set name=other \
    --set 'experiments=[{"scheme":"fixed"},{"scheme":"update","epochs":3}]'
  [ "$status" -eq 0 ]
  [ "$(ls out/other/experiment_*)" = "$(printf 'out/other/experiment_fixed.csv\nout/other/experiment_update_3.csv')" ]
}

@test "check says fine and writes nothing" {
  run_apart "$farm" check "$root/configs/tutorial.json"
  [ "$status" -eq 0 ]
  [[ "$output" == *"13 experiments, 10 repeats"* ]]
  [ -z "$stderr" ]
  [ -z "$(ls -A)" ]
}

@test "plan tells steps, tasks and time, and writes nothing" {
  run_apart "$farm" plan "$root/configs/tutorial.json" -r 1000
  [ "$status" -eq 0 ]
  [[ "$output" == *"333,850,000 gradient steps asked for, 203,896,000 to take"* ]]
  [[ "$output" == *"second"* ]]
  [ -z "$(ls -A)" ]
}

@test "a plan's steps are the ones that the run takes" {
  "$farm" "$root/configs/tutorial.json" -q --set 'experiments=[{"scheme":"fixed"},{"scheme":"update","sweep":{"epochs":[2,5,10,20,50]}},{"scheme":"fixed","match":"update_*"}]'
  /usr/bin/python3 - out/tutorial/run.json <<'P'
import json, sys
run = json.load(open(sys.argv[1]))
assert run["steps_asked"] == 1688500, run["steps_asked"]
assert run["steps_taken"] == 498960, run["steps_taken"]
assert run["steps_asked"] / run["steps_taken"] > 3
P
}

@test "--help goes to stdout, fits a screen and names every option" {
  run_apart "$farm" --help
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [ "$(echo "$output" | wc -l)" -le 24 ]
  [ "$(echo "$output" | awk '{ if (length > n) n = length } END { print n }')" -le 80 ]
  for option in --repeats --seed --threads --out --set --no-plots --format --paired --quiet --help --version; do
    [[ "$output" == *"$option"* ]]
  done
}

@test "--version is one line" {
  run_apart "$farm" --version
  [ "$status" -eq 0 ]
  [[ "$output" =~ ^farm\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "bad usage is exit 2, says what is wrong on stderr and points to help" {
  for arguments in "" "--no-such-option x.json" "-r" "check" "plan" "compare" "a.json b.json" "check a.json b.json"; do
    # shellcheck disable=SC2086 # words on purpose
    run_apart "$farm" $arguments
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [[ "$stderr" == *"--help"* ]]
  done
  run_apart "$farm" --no-such-option x.json
  [[ "$stderr" == *"--no-such-option"* ]]
}

@test "an option that there is not, one with a value too many and an empty path are exit 2 and named" {
  one="$root/configs/tutorial.json"
  run_apart "$farm" -x "$one"
  [ "$status" -eq 2 ]
  [[ "$stderr" == "farm: -x: no such option"* ]]
  run_apart "$farm" -qx "$one"
  [ "$status" -eq 2 ]
  [[ "$stderr" == "farm: -x: no such option"* ]]
  run_apart "$farm" --quiet=yes "$one"
  [ "$status" -eq 2 ]
  [[ "$stderr" == "farm: --quiet=yes: this option takes no value"* ]]
  run_apart "$farm" --repeats
  [ "$status" -eq 2 ]
  [[ "$stderr" == "farm: --repeats needs a value"* ]]
  run_apart "$farm" ""
  [ "$status" -eq 2 ]
  [[ "$stderr" == "farm: an empty path"* ]]
  run_apart "$farm" -o "" "$one"
  [ "$status" -eq 2 ]
  [[ "$stderr" == "farm: --out: an empty path"* ]]
  [ -z "$(ls -A)" ]
}

@test "an option that a command would not go by is exit 2 and named" {
  one="$root/configs/tutorial.json"
  for arguments in "$one --shards 3" "$one --paired" "check $one --paired" "plan $one --paired" "report out --seed 3" \
    "report out --set train.epochs=3" "report out --fresh" "report out --shard 1/2" "status out --repeats 3" "status out --out x" \
    "merge out a.db --repeats 3" "merge out a.db --fresh" "merge out a.db --from x.json" "compare a.csv --repeats 3" \
    "compare a.csv --expect x"; do
    # shellcheck disable=SC2086 # words on purpose
    set -- $arguments
    run_apart "$farm" "$@"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [[ "$stderr" =~ "farm: ".*" takes no "(--[a-z]+)"; leave it out" ]]
    [[ "$arguments" == *" ${BASH_REMATCH[1]}"* ]]
  done
  [ -z "$(ls -A)" ]
  run_apart "$farm" "$one" --paired
  [[ "$stderr" == "farm: a run takes no --paired; leave it out"* ]]
}

@test "check and plan and compare are as quiet as they are told to be" {
  printf 'results\n1\n2\n' >two.csv
  for command in "check $root/configs/tutorial.json" "plan $root/configs/tutorial.json" "compare two.csv"; do
    # shellcheck disable=SC2086 # words on purpose
    run_apart "$farm" $command
    [ "$status" -eq 0 ]
    [ -n "$output" ]
    # shellcheck disable=SC2086
    run_apart "$farm" -q $command
    [ "$status" -eq 0 ]
    [ -z "$output" ] && [ -z "$stderr" ]
  done
  run_apart "$farm" -q compare two.csv missing.csv
  [ "$status" -eq 2 ]
  [[ "$stderr" == *"missing.csv"* ]]
}

@test "one experiment and one repeat are spoken of as one" {
  run_apart "$farm" check "$root/configs/tutorial.json" -r 1 --set 'experiments=[{"scheme":"ar"}]' --set compare.reference=ar
  [ "$status" -eq 0 ]
  [[ "$output" == *" is fine: 1 experiment, 1 repeat each."* ]]
}

@test "files of one name are told apart by their paths" {
  mkdir a b
  printf 'results\n1\n2\n4\n' >a/experiment_x.csv
  printf 'results\n2\n3\n6\n' >b/experiment_x.csv
  run_apart "$farm" compare a/experiment_x.csv b/experiment_x.csv
  [ "$status" -eq 0 ]
  [[ "$output" == *"Against a/experiment_x.csv"* && "$output" == *"b/experiment_x.csv"* ]]
}

@test "bad values of options are exit 2 and named" {
  for arguments in "-r 0" "-r -1" "-r many" "-r 1.5" "-r 99999999999999999999" "-s -1" "-s 18446744073709551616" "-s x" \
    "-t 0" "-t two" "--set epochs" "--set train.epochs=0" "--set train.epoch=5" "--set =3" "--set train..epochs=5"; do
    # shellcheck disable=SC2086
    run_apart "$farm" "$root/configs/tutorial.json" $arguments
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [[ "$stderr" == *"--"* ]]
    [ -z "$(ls -A)" ]
  done
}

@test "a missing config, a folder and a file that is not JSON are exit 2 and named" {
  mkdir folder
  echo '{"name": ' >broken.json
  for config in missing.json folder broken.json /dev/null; do
    run_apart "$farm" "$config"
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"$config"* ]]
    [ -z "$output" ]
  done
  [ ! -e out ]
}

@test "every fault of a config is listed at once, with line and column" {
  tutorial_here 's/"epochs": 500/"epoch": 500/; s/"repeats": 10/"repeats": 0/; s/"alpha": 0.05/"alpha": 2/'
  run_apart "$farm" configs/tutorial.json
  [ "$status" -eq 2 ]
  [ "$(echo "$stderr" | grep -c '^configs/tutorial.json:[0-9]*:[0-9]*: ')" -eq 3 ]
  [[ "$stderr" == *'did you mean "epochs"'* ]]
  [ ! -e out ]
}

@test "an out folder that cannot be made is exit 1, told before any training" {
  echo something >out
  run_apart timeout 10 "$farm" "$root/configs/tutorial.json" --set train.epochs=100000000
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"out"* ]]
  [ "$(cat out)" = something ]
}

@test "a full stdout is exit 1" {
  run bash -c '"$0" "$1" -q >/dev/full; "$0" "$1" >/dev/full' "$farm" "$root/configs/tutorial.json"
  [ "$status" -eq 1 ]
}

@test "Ctrl-C and SIGTERM stop within a second, exit 130 and 143, and leave the store alone" {
  for signal in INT TERM; do for neurons in 1 512; do
    # a shell's background job ignores SIGINT; python starts it with the default
    run_apart /usr/bin/python3 - "$farm" "$root/configs/tutorial.json" "$signal" "$neurons" <<'P'
import os, signal, subprocess, sys, time
farm, config, name, neurons = sys.argv[1:]
number = getattr(signal, "SIG" + name)
run = subprocess.Popen([farm, config, "--set", "train.epochs=100000000", "--set", "model.neurons=" + neurons],
                       preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
time.sleep(0.7)
begin = time.time()
run.send_signal(number)
crowd = max(1, os.getloadavg()[0] / os.cpu_count())  # a second of a machine of one's own
most = crowd * float(os.environ.get("STOP_SECONDS", 1))
run.wait(timeout=most + 9)
assert time.time() - begin < most, time.time() - begin
sys.exit(run.returncode)
P
    if [ "$signal" = INT ]; then [ "$status" -eq 130 ]; else [ "$status" -eq 143 ]; fi
    [[ "$stderr" == *"stopped"* ]]
    [ "$(find . -type f)" = ./out/tutorial/farm.db ]
    [[ "$stderr" == *"0 of 120 results are kept in out/tutorial/farm.db"* ]]
  done; done
}

@test "an interrupted run leaves the files of the run before as they were" {
  "$farm" "$root/configs/tutorial.json" -q
  cp -r out before
  timeout --signal=TERM 1 "$farm" "$root/configs/tutorial.json" -q --set train.epochs=100000000 || true
  diff -r -x farm.db out before
}

@test "a terminal sees progress with rate and time left, and none of it stays" {
  script -qec "$farm $root/configs/tutorial.json -r $((4000 / ${SLOWDOWN:-1})) -t 2" /dev/null >seen </dev/null
  grep -q 'million steps/s' seen
  grep -q 'left' seen
  [ "$(tail -n 1 seen | grep -c 'million steps/s  ')" -eq 0 ]
}

@test "a terminal is told of minutes and hours where it takes them" {
  # each ten times as long as the one before, so that one of them takes minutes whatever the machine
  for epochs in 100000 1000000 10000000 100000000 1000000000; do
    script -qec "timeout --signal=INT 1.2 $farm $root/configs/tutorial.json --set train.epochs=$epochs \
      --set 'experiments=[{\"scheme\":\"fixed\"}]' -r 1600 -t 1" /dev/null >>seen </dev/null || true
  done
  grep -qE "steps/s +[1-5]?[0-9] min [0-5][0-9] s left" seen
  grep -qE "steps/s +[0-9]+ h [0-5][0-9] min left" seen
}

@test "compare describes and tests result files, whoever wrote them" {
  "$farm" "$root/configs/tutorial.json" -q -r 30
  printf 'results\r\n100.5\r\n' >constant.csv
  run_apart "$farm" compare out/tutorial/experiment_fixed.csv out/tutorial/experiment_update_2.csv constant.csv
  [ "$status" -eq 0 ]
  echo "$output" | grep -qE "^ *update_2 +30 "
  echo "$output" | grep -qE "update_2 .* fixed"
  echo "$output" | grep -qE "fixed .* constant"
}

@test "compare takes files as independent samples of any length, unless they are said to be paired" {
  printf 'results\n1\n2\n4\n' >three.csv
  printf ',results,note\n0,2,"a, b"\n1,3.5,\n2,4.5,c\n3,nan,d\n' >four.csv # as pandas writes one, with an index
  run_apart "$farm" compare three.csv four.csv
  [ "$status" -eq 0 ]
  [[ "$output" == *"Welch's t-test"* && "$output" == *"n = 3 (1 diverged repeat left out), d = "* ]]
  run_apart "$farm" compare --paired three.csv four.csv
  [ "$status" -eq 2 ]
  [[ "$stderr" == *"four.csv"* && "$stderr" == *"4 results against 3 in three.csv; --paired needs equally many"* ]]
  printf 'results\n2\n3.5\n4.5\n' >other.csv
  run_apart "$farm" compare --paired three.csv other.csv
  [ "$status" -eq 0 ]
  [[ "$output" == *"paired t-test"* && "$output" == *"dz = "* ]]
}

# the names of all files in a folder, hidden ones too, on one line
listed() { ls -A "$1" | tr '\n' ' '; }

@test "a file that may not grow is told like a full disk, and a run with room goes on" {
  tutorial_here
  run_apart bash -c "ulimit -f 60; '$farm' configs/tutorial.json -q -r 20"
  echo "$stderr"
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"out/tutorial/"*"room"* ]]
  "$farm" configs/tutorial.json -q -r 20
  "$farm" configs/tutorial.json -q -r 20 -o whole
  cmp out/tutorial/forecasts.csv whole/forecasts.csv
}

@test "too many open files are told as that, by the store and by the outputs, and nothing is half written" {
  tutorial_here
  told=
  for files in 6 7 8 12 16; do
    run_apart bash -c "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; ulimit -n $files; exec '$FARM_WITH_PLOTS' configs/tutorial.json --no-plots -q -r 2"
    echo "$files: $stderr"
    [ "$status" -eq 1 ]
    [[ "$stderr" =~ ^out/tutorial/(farm.db|[a-z0-9_]+.csv)": "[^$'\n']*": Too many open files; raise the limit (ulimit -n) and run again"$ ]]
    told+=" ${BASH_REMATCH[1]}"
    [ "$(find out -type f ! -name 'farm.db*')" = "" ]
  done
  [[ "$told" == " farm.db "*".csv" ]]
  "$farm" configs/tutorial.json -q -r 2
}

@test "OMP_NUM_THREADS is taken for no more threads than --threads may ask for" {
  tutorial_here
  run_apart env OMP_NUM_THREADS=99999 "$farm" plan configs/tutorial.json
  [ "$status" -eq 0 ]
  [[ "$output" == *"on 4096 threads"* ]]
}

@test "compare -o writes what a run writes of its results, and nothing of what only a run has" {
  "$farm" "$root/configs/tutorial.json" -q -r 12 --set 'experiments=[{"scheme":"fixed"},{"scheme":"refit"},{"scheme":"ar"}]'
  run_apart "$farm" compare --paired out/tutorial/experiment_{fixed,refit,ar}.csv
  said="$output"
  [ -z "$stderr" ] && [ "$(listed .)" = "out " ]
  run_apart "$farm" compare --paired out/tutorial/experiment_{fixed,refit,ar}.csv -o some/where
  [ "$status" -eq 0 ]
  [ "$output" = "$said" ] # only more is written, not less said
  [[ "$stderr" == *"All files are in some/where/" ]]
  [ "$(listed some/where)" = "comparisons.csv pairs.csv ranks.csv report.html summary.csv " ]
  for table in summary comparisons ranks; do cmp "some/where/$table.csv" "out/tutorial/$table.csv"; done
  # of the pairs all but what forecasts tell (DM), and the medians' intervals, whose draws follow the run's seed
  /usr/bin/python3 - <<'P'
import csv
pairs = [list(csv.DictReader(open(f"{folder}/pairs.csv"))) for folder in ("some/where", "out/tutorial")]
skip = {"dm_n", "dm_statistic", "dm_p", "median_ci_low", "median_ci_high"}
assert len(pairs[0]) == 2
for ours, runs in zip(*pairs):
    assert {k: v for k, v in ours.items() if k not in skip} == {k: v for k, v in runs.items() if k not in skip}
P
  run_apart "$farm" -q compare out/tutorial/experiment_{fixed,refit}.csv -o quiet
  [ -z "$output$stderr" ] && [ -s quiet/report.html ]
}

@test "compare -o draws pictures where there is a gnuplot, and leaves no stale ones, nor stale ranks" {
  printf 'results\n1\n2\n4\n' >a.csv
  printf 'results\n3\n5\n6\n' >b.csv
  farm=$FARM_WITH_PLOTS
  "$farm" -q compare a.csv b.csv --paired -o out
  [ "$(listed out)" = "boxplot.png boxplot.svg comparisons.csv differences.png differences.svg pairs.csv ranks.csv report.html summary.csv " ]
  "$farm" -q compare a.csv -o out # one file has no difference, and no pair
  [ "$(listed out)" = "boxplot.png boxplot.svg comparisons.csv pairs.csv report.html summary.csv " ]
  "$farm" -q compare a.csv b.csv --no-plots -o out
  [ "$(listed out)" = "comparisons.csv pairs.csv report.html summary.csv " ]
  printf 'experiment,mean_rank\nmine,1\n' >out/ranks.csv
  mkdir empty
  run_apart env PATH="$PWD/empty" "$farm" compare a.csv b.csv -o out
  [ "$status" -eq 0 ]
  [[ "$stderr" == *"gnuplot: not found in PATH"* ]]
  [ "$(listed out)" = "comparisons.csv pairs.csv ranks.csv report.html summary.csv " ]
  [ "$(cat out/ranks.csv)" = $'experiment,mean_rank\nmine,1' ] # somebody's stays
}

@test "compare -o writes the same bytes again, all files or none, and never over a run or its own input" {
  printf 'results\n1\n2\n4\n' >a.csv
  printf 'results\n3\n5\n6\n' >b.csv
  "$farm" -q compare a.csv b.csv -o one
  "$farm" -q compare a.csv b.csv -o two
  diff -r one two
  rm two/summary.csv
  mkdir two/summary.csv # in the way of one: none is written
  rm two/pairs.csv
  run_apart "$farm" -q compare a.csv b.csv -o two
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"two/summary.csv"* ]]
  [ "$(listed two)" = "comparisons.csv report.html summary.csv " ]
  "$farm" "$root/configs/tutorial.json" -q -r 3 --set 'experiments=[{"scheme":"fixed"}]' --set train.epochs=2
  cp -r out/tutorial before
  for file in farm.db run.json; do
    run_apart "$farm" compare out/tutorial/experiment_fixed.csv -o out/tutorial
    [ "$status" -eq 2 ]
    [[ "$stderr" == "out/tutorial: this folder holds a run ($file)"*"--out"* ]]
    diff -r before out/tutorial
    rm "out/tutorial/$file" "before/$file"
  done
  cp a.csv one/pairs.csv
  run_apart "$farm" compare ./one/../one/pairs.csv b.csv -o one
  [ "$status" -eq 2 ]
  [[ "$stderr" == "./one/../one/pairs.csv: would be replaced"*"--out"* ]]
  cmp a.csv one/pairs.csv
  run_apart "$farm" compare a.csv missing.csv -o three
  [ "$status" -eq 2 ]
  [ ! -e three ]
}

@test "compare refuses files that have no results or are not there" {
  printf 'results\n1\n2\n' >two.csv
  printf 'result\n1\n2\n' >other.csv
  printf 'results\n1\nx\n' >word.csv
  run_apart "$farm" compare two.csv other.csv
  [ "$status" -eq 2 ]
  [[ "$stderr" == *"other.csv"* && "$stderr" == *"results"* ]]
  run_apart "$farm" compare two.csv word.csv
  [ "$status" -eq 2 ]
  [[ "$stderr" == *"word.csv:3:1"* ]]
  run_apart "$farm" compare two.csv missing.csv
  [ "$status" -eq 2 ]
  [[ "$stderr" == *"missing.csv"* ]]
}

@test "a description of any characters is in run.json as it was given" {
  tutorial_here
  /usr/bin/python3 - <<'P'
import json
config = json.load(open("configs/tutorial.json"))
config["description"] = "\U0001F600 \u00fc \"quoted\" \\ \x01\x1f\t\n\u2028 end"
config["experiments"] = [{"scheme": "ar", "description": "\U0001F601\x02"}]
config["compare"] = {"reference": "ar"}
json.dump(config, open("configs/escaped.json", "w"))  # with surrogates
json.dump(config, open("configs/plain.json", "w"), ensure_ascii=False)
P
  for config in escaped plain; do
    "$farm" "configs/$config.json" -q -o "$config"
    /usr/bin/python3 - "$config" <<'P'
import json, sys
given, said = json.load(open(f"configs/{sys.argv[1]}.json")), json.load(open(f"{sys.argv[1]}/run.json"))["config"]
assert said["description"] == given["description"], said["description"]
assert said["experiments"][0]["description"] == given["experiments"][0]["description"]
P
  done
}

# what json.load makes of stdin must have these members
has_members() { # MEMBER...
  /usr/bin/python3 -c 'import json, sys
document = json.load(sys.stdin)
missing = [m for m in sys.argv[1:] if m not in document]
sys.exit(f"missing: {missing}" if missing else 0)' "$@"
}

@test "--format json tells run, report and compare as one JSON document on stdout" {
  tutorial_here
  run_apart "$farm" configs/tutorial.json -r 4 --format json
  [ "$status" -eq 0 ]
  printf '%s\n' "$output" | has_members name seed summary comparisons pairs friedman ranks best verdicts
  ran="$output"
  run_apart "$farm" report out/tutorial --format json
  [ "$status" -eq 0 ]
  [ "$output" = "$ran" ]
  run_apart "$farm" compare out/tutorial/experiment_fixed.csv out/tutorial/experiment_refit.csv --format json
  [ "$status" -eq 0 ]
  printf '%s\n' "$output" | has_members summary comparisons pairs verdicts
  run_apart "$farm" configs/tutorial.json --format yaml
  [ "$status" -eq 2 ]
  [[ "$stderr" == *'--format: must be text or json, found "yaml"'* ]]
}

@test "every test of compare.tests has its rows, and the default's rows are as ever" {
  tutorial_here
  "$farm" configs/tutorial.json -q -r 12
  cp out/tutorial/comparisons.csv default.csv
  "$farm" configs/tutorial.json -q -r 12 --set 'compare.tests=["paired_t","wilcoxon","sign","welch","friedman"]'
  grep -E '^(test|paired_t|one_sample_t),' out/tutorial/comparisons.csv | cmp - default.csv
  for name in wilcoxon one_sample_wilcoxon sign one_sample_sign welch; do
    grep -q "^$name," out/tutorial/comparisons.csv
  done
  [ "$(head -n 1 out/tutorial/ranks.csv)" = experiment,mean_rank,n,chi_square,df,p,critical_difference ]
  [ "$(wc -l <out/tutorial/pairs.csv)" -eq 18 ]
}

@test "box plots are plain ASCII where the locale is not UTF-8" {
  printf 'results\n1\n2\n4\n' >a.csv
  printf 'results\n3\n5\n6\n' >b.csv
  LC_ALL=C run_apart "$farm" compare a.csv b.csv
  [[ "$output" == *"["*"|"*"]"* ]]
  ! printf '%s' "$output" | LC_ALL=C grep -q '[^ -~]'
  LC_ALL=C.UTF-8 run_apart "$farm" compare a.csv b.csv
  [[ "$output" == *"├"*"┃"*"┤"* ]]
}

@test "a diverged repeat is nan in its file and counted on the terminal" {
  tutorial_here
  run_apart "$farm" configs/tutorial.json --set 'model={"activation":"linear","recurrent_activation":"linear"}' \
    --set 'train={"epochs":20,"optimizer":{"learning_rate":10}}' --set 'experiments=[{"scheme":"fixed"},{"scheme":"persistence"}]'
  [ "$status" -eq 0 ]
  grep -q '^nan$' out/tutorial/experiment_fixed.csv
  [[ "$output" == *"diverged"* ]]
}

@test "record_loss writes learning_curves.csv: the epochs that are kept, the last one last" {
  tutorial_here
  run=(configs/tutorial.json -q -r 3 --set record_loss=true)
  "$farm" "${run[@]}" --set train.epochs=450 --set 'experiments=[{"scheme":"fixed"},{"scheme":"refit"},{"scheme":"ar"}]' --set compare.reference=ar
  "$farm" "${run[@]}" --set train.epochs=7 --set 'experiments=[{"scheme":"fixed"}]' -o short
  /usr/bin/python3 - <<'P'
import csv
rows = list(csv.DictReader(open("out/tutorial/learning_curves.csv")))
assert list(rows[0]) == ["experiment", "repeat", "epoch", "loss"]
curves = {}
for row in rows:
    curves.setdefault((row["experiment"], int(row["repeat"])), []).append((int(row["epoch"]), float(row["loss"])))
assert list(curves) == [(name, repeat) for name in ("fixed", "refit") for repeat in (1, 2, 3)]
for (name, repeat), curve in curves.items():
    # of 200 points over 450 epochs the i-th is at i * 450 / 200, rounded up
    assert [epoch for epoch, _ in curve] == [-(-i * 450 // 200) for i in range(1, 201)]
    assert curve[-1][1] < curve[0][1]
    assert curve == curves["fixed", repeat]  # one base fit
short = list(csv.DictReader(open("short/learning_curves.csv")))
assert [int(row["epoch"]) for row in short] == [1, 2, 3, 4, 5, 6, 7] * 3
P
  cp -r out/tutorial before
  "$farm" report out/tutorial -q
  cmp before/learning_curves.csv out/tutorial/learning_curves.csv
  "$farm" configs/tutorial.json -q -r 3 --set train.epochs=450
  [ ! -e out/tutorial/learning_curves.csv ]
}

@test "--from goes on training saved models: with sgd, 10 epochs and 10 more are 20" {
  tutorial_here
  sgd='train={"optimizer":{"name":"sgd"}}'
  one='experiments=[{"scheme":"fixed"}]'
  "$farm" configs/tutorial.json -q --set "$sgd" --set "$one" --set train.epochs=10 --set save_models=true -o ten
  "$farm" configs/tutorial.json -q --set "$sgd" --set "$one" --set train.epochs=10 --from ten/models/fixed.json -o more
  "$farm" configs/tutorial.json -q --set "$sgd" --set "$one" --set train.epochs=20 -o twenty
  ! cmp -s ten/forecasts.csv more/forecasts.csv
  cmp more/forecasts.csv twenty/forecasts.csv
}

@test "--from a file that is missing or of another shape is exit 2 and named" {
  tutorial_here
  one='experiments=[{"scheme":"fixed"}]'
  "$farm" configs/tutorial.json -q --set "$one" --set train.epochs=1 --set save_models=true -o small
  run_apart "$farm" configs/tutorial.json --set "$one" --from missing.json
  [ "$status" -eq 2 ]
  [[ "$stderr" == *"missing.json"* ]]
  run_apart "$farm" configs/tutorial.json --set "$one" --set model.neurons=3 --from small/models/fixed.json
  [ "$status" -eq 2 ]
  [[ "$stderr" == *"small/models/fixed.json"* && "$stderr" == *"kernel"* ]]
  run_apart "$farm" configs/tutorial.json --set "$one" -r 50 --from small/models/fixed.json
  [ "$status" -eq 2 ]
  [[ "$stderr" == *"10"* && "$stderr" == *"50"* ]]
}
