#!/usr/bin/env bats
# lint.bats - the linters and the formatting.

load ../common

@test "clang-tidy, cppcheck and clang-format find nothing" {
  run "$root/tools/lint.sh"
  echo "$output"
  [ "$status" -eq 0 ]
}
