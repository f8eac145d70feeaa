#!/usr/bin/env bats
# mutation.bats - tests/mutation/mutate.py does what it says: it plants faults, and tells the seen from the unseen.
# The full run is `make mutation`.

load ../common

@test "eight mutants are drawn, tested and reported, most of them killed" {
  run "$root/tests/mutation/mutate.py" --mutants 8 --seed long --report "$scratch/report.txt"
  echo "$output"
  [ "$status" -le 1 ]
  [[ "$output" =~ ([0-9]+)" of "([0-9]+)" killed "[^\;]*\;" left out: "([0-9]+)" listed" ]]
  [ "${BASH_REMATCH[1]}" -ge 5 ]
  [ $((BASH_REMATCH[2] + BASH_REMATCH[3])) -eq 8 ]
  [ "$(grep -cE '^src/[a-z_]+\.[ch]:[0-9]+ \(.*\) [a-z/]+: (killed by|survived|listed)' report.txt)" -eq 8 ]
}

# a checkout of one's own whose stats.c has a function that no test calls, and the script on mutants of a function
checkout_with_a_hole() {
  cp -r "$root"/{Makefile,src,include,tests,tools} .
  printf '\ndouble stats_planted(double x);\ndouble stats_planted(double x) { return x + 1; }\n' >>src/stats.c
}

mutate() {
  run tests/mutation/mutate.py --mutants 4 --tests '^test_stats$' --equivalent listed.txt "$@"
  echo "$output"
}

# entry FUNCTION BEFORE AFTER
entry() {
  printf 'src/stats.c in %s\n- %s\n+ %s\n= to see what comes of it\n\n' "$@"
}

@test "a fault that no test sees is reported, and the run fails" {
  checkout_with_a_hole
  mutate --function stats_planted
  [ "$status" -eq 1 ]
  [[ "$output" == *"(stats_planted) arithmetic: survived"* ]]
  [[ "$output" == *"+ double stats_planted(double x) { return x - 1; }"* ]]
  [[ "$output" == *"0 of 4 killed"* ]]
}

@test "one that is listed as equivalent is left out; one that a test kills may not be listed" {
  checkout_with_a_hole
  line='double stats_planted(double x) { return'
  {
    entry stats_planted "$line x + 1; }" "$line x - 1; }"
    entry stats_planted "$line x + 1; }" "$line x + 0; }"
    entry stats_planted "$line x + 1; }" "$line x + 2; }"
    entry stats_planted "$line x + 1; }" "$line -(x + 1); }"
  } >listed.txt
  mutate --function stats_planted
  [ "$status" -eq 0 ]
  [[ "$output" == *"0 of 0 killed"*"4 listed"* ]]
  mutate --listed
  [ "$status" -eq 0 ]
  entry sum_add 's->sum = total;' ';' >listed.txt
  mutate --listed
  [ "$status" -eq 2 ]
  [[ "$output" == *"lists mutants that a test kills"*"(sum_add)"* ]]
}

@test "an entry of a line that has changed, or without a reason, is an error" {
  checkout_with_a_hole
  entry sum_add 's->sum = sum;' ';' >listed.txt
  mutate
  [ "$status" -eq 2 ]
  [[ "$output" == *"matches 0 mutants"* ]]
  entry sum_add 's->sum = total;' ';' | grep -v '^=' >listed.txt
  mutate
  [ "$status" -eq 2 ]
  [[ "$output" == *"an entry is five lines"* ]]
}
