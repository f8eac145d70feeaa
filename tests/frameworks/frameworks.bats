#!/usr/bin/env bats
# frameworks.bats - the farm beside real Keras 2, Keras 3 and PyTorch: tools/crosscheck, tools/keras_weights.py.

load ../common

# Minutes of downloads and 7 GB, gone afterwards: the environment is this file's own.
setup_file() {
  local root
  root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  export CROSSCHECK="$root/build/frameworks" PYTHONDONTWRITEBYTECODE=1
  PYTHON=$("$root/tools/crosscheck/run.sh" python)
  export PYTHON
}

teardown_file() {
  rm -f "$CROSSCHECK/made-from" # first, so that half an environment is never taken for a whole one
  rm -rf "$CROSSCHECK"
}

@test "Keras 2, Keras 3 and PyTorch forecast the same from the same weights" {
  FARM="$farm" "$root/tools/crosscheck/run.sh" forecasts
}

@test "Keras 2, Keras 3 and PyTorch come to the known answers" {
  "$root/tools/crosscheck/run.sh" known-answers
}

@test "keras_weights.py with Keras 3" {
  FARM="$farm" KERAS=keras "$PYTHON" "$root/tests/test_keras_weights.py"
}

@test "keras_weights.py with Keras 2" {
  FARM="$farm" KERAS=tf_keras "$PYTHON" "$root/tests/test_keras_weights.py"
}
