#!/usr/bin/env bash
# run.sh - fuzz the readers: run.sh [SECONDS [TARGET...]], for so long each, all targets where none is named.
#
# First every input of tests/fuzz/corpus/TARGET once; then, if SECONDS is above 0, new ones on all cores. An input that
# crashes, leaks, breaks a property or takes longer than a second ends a target: it lies in build/fuzz/found/TARGET then,
# and the exit status is 1. Inputs that only reached something new are kept in build/fuzz/corpus/TARGET and begun with
# next time. A target is one file, tests/fuzz/fuzz_TARGET.c.
# FUZZ_FLAGS: more flags for libFuzzer, as in FUZZ_FLAGS=-timeout=10 where the machine is slow.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2

seconds=${1:-10}
[ $# -eq 0 ] || shift
targets=("$@")
if [ $# -eq 0 ]; then
    for source in tests/fuzz/fuzz_*.c; do
        target=${source#tests/fuzz/fuzz_}
        targets+=("${target%.c}")
    done
fi
cores=$(nproc)
build=build/fuzz

# One level of vector instructions will do: no kernel runs here. A config makes fewer experiments, see config_keys.h.
make -s -j"$cores" CC=clang BUILD="$build" LEVELS=base OPT="-O1 -g -fno-omit-frame-pointer" \
    EXTRA="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -Wno-pass-failed -DCONFIG_MAX_EXPERIMENTS=100" \
    "${targets[@]/#/$build/fuzz_}" || exit 2

export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1

# run TARGET: true if nothing was found. Its output goes to build/fuzz/TARGET.log.
run() {
    local own=tests/fuzz/corpus/$1 new=$build/corpus/$1 found=$build/found/$1 program=$build/fuzz_$1
    local flags=(-timeout=1 -rss_limit_mb=2048 -artifact_prefix="$found/")
    mkdir -p "$own" "$new" "$found"
    [ ! -f "tests/fuzz/$1.dict" ] || flags+=(-dict="tests/fuzz/$1.dict")
    # shellcheck disable=SC2206 # a list of words
    flags+=(${FUZZ_FLAGS:-})
    "$program" "${flags[@]}" -runs=0 "$own" || return 1
    [ "$seconds" -gt 0 ] || return 0
    "$program" "${flags[@]}" -max_total_time="$seconds" -fork="$cores" \
        -ignore_crashes=0 -ignore_timeouts=0 -ignore_ooms=0 "$new" "$own"
}

status=0
for target in "${targets[@]}"; do
    log=$build/$target.log
    touch "$build/started"
    if run "$target" >"$log" 2>&1; then
        # the last line that tells how far it came: executions, edges of the code, ...
        echo "ok      $target: $(find "tests/fuzz/corpus/$target" -type f | wc -l) inputs," \
            "then $(grep -E '^#[0-9]+' "$log" | tail -n 1)"
    else
        status=1
        echo "FAILED  $target; the whole of it is in $log"
        grep -E 'does not hold|ERROR: |SUMMARY: |runtime error' "$log" | sort -u | head
        find "$build/found/$target" -type f -newer "$build/started" |
            while read -r input; do echo "once more: $build/fuzz_$target $input"; done
    fi
done
exit $status
