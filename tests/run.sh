#!/bin/sh
# run.sh - run test programs and bats files, and count: run.sh SUITE...
# A suite is a program or .bats file that prints TAP. A line each while they pass, the whole output of one that fails;
# last `N passed, N failed`. Exit 1 when anything failed. A skipped test counts as failed: everything must be there.
# UNDER="valgrind ..." runs the programs under something.
set -u

# a suite that calls make says what it wants made; what the make that runs it was told is not meant for it
unset MAKEFLAGS MFLAGS MAKEOVERRIDES
# where bats runs a suite that runs suites, its own folder leads PATH; the bats in there is not one to start by itself
while [ "${PATH#"${BATS_LIBEXEC:-}":}" != "$PATH" ]; do PATH=${PATH#"$BATS_LIBEXEC":}; done

passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

for suite in "$@"; do
    begin=$(date +%s)
    case "$suite" in
    *.bats) bats --formatter tap "$suite" >"$log" 2>&1 ;;
    *) CMOCKA_MESSAGE_OUTPUT=TAP ${UNDER:-} "$suite" >"$log" 2>&1 ;;
    esac
    status=$?
    good=$(grep -c '^ok ' "$log")
    skipped=$(grep -ci '^ok .*# skip' "$log")
    bad=$(($(grep -c '^not ok ' "$log") + skipped))
    good=$((good - skipped))
    # a crash, or a suite that ran nothing, is a failure even where no line says so
    if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$good" -eq 0 ]; }; then bad=1; fi
    if [ "$bad" -gt 0 ]; then
        echo "FAILED  $suite (exit $status)"
        cat "$log"
    else
        printf 'ok      %-36s %4d tests %4d s\n' "$(basename "$suite")" "$good" $(($(date +%s) - begin))
    fi
    passed=$((passed + good)) failed=$((failed + bad))
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
