#!/usr/bin/env bats
# config.bats - the config as files: the schema and the reference hold what the code holds, every faulty case is refused
# by the program, every config that ships is fine.

load common

@test "the schema, docs/config.md and the code's table of keys agree" {
  cd "$root"
  run /usr/bin/python3 tests/schema_check.py "${FARM_TESTS:-build/tests}/test_config"
  echo "$output"
  [ "$status" -eq 0 ]
}

@test "every faulty config, series and weights file is exit 2 with its place, and nothing is written" {
  cd "$root"
  run /usr/bin/python3 tests/bad/through_program.py "$farm"
  echo "$output"
  [ "$status" -eq 0 ]
}

@test "every config that ships passes farm check" {
  for config in "$root"/configs/*.json; do
    [ "$(basename "$config")" != farm.schema.json ] || continue
    "$farm" check "$config"
  done
}
