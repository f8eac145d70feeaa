#!/usr/bin/env bats
# sanitizers.bats - the suites once more, watched: memory, undefined behaviour, races, and what they leave unrun.

load ../common

@test "every suite is clean under ASan and UBSan" {
  run make -C "$root" asan
  echo "$output"
  [ "$status" -eq 0 ]
}

@test "the task pool and the store are clean under ThreadSanitizer" {
  run make -C "$root" tsan
  echo "$output"
  [ "$status" -eq 0 ]
}

@test "nothing is read before it is set and nothing leaks, as Valgrind sees it" {
  run make -C "$root" valgrind
  echo "$output"
  [ "$status" -eq 0 ]
}

@test "the suites reach 95% of the lines of src/ and 85% of the branches" {
  run make -C "$root" coverage
  echo "$output"
  [ "$status" -eq 0 ]
}
