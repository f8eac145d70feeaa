#!/usr/bin/env bats
# sanitizers.bats - the whole test suite under AddressSanitizer and UndefinedBehaviorSanitizer.

load ../common

build_sanitized() {
  make -s -j2 -C "$root" BUILD=build/asan PROGRAM=build/asan/farm OPT="-O2 -g" \
    EXTRA="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" build/asan/farm tests
}

@test "test programs are clean under ASan and UBSan" {
  build_sanitized
  cd "$root"
  for program in build/asan/tests/test_*; do
    [ -x "$program" ] || continue
    case "$program" in *.d) continue ;; esac
    "$program"
  done
}

@test "the program is clean under ASan and UBSan on the command line's tests" {
  build_sanitized
  STOP_SECONDS=10 FARM="$root/build/asan/farm" bats "$root/tests/cli.bats"
}
