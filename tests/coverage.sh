#!/bin/sh
# coverage.sh - what a run of an instrumented build reached: coverage.sh BUILD LINES BRANCHES
# Prints covered lines and branches of every file of src/ and of all, as gcov counts them, and leaves a report with
# every line in BUILD/report/. Exit 1: less than LINES percent of the lines or BRANCHES percent of the branches.
# Branches inside assert() are not counted: that they are never taken is the point.
set -u
cd "$(dirname "$0")/.." || exit 2
build=$1 lines=$2 branches=$3

mkdir -p "$build/report"
gcovr --root . --filter src/ --object-directory "$build" --exclude-branches-by-pattern '.*\bassert\(.*' \
    --csv "$build/report/coverage.csv" --html-details "$build/report/index.html" "$build" || exit 1

awk -F , -v lines="$lines" -v branches="$branches" '
    function percent(part, whole) { return whole ? 100 * part / whole : 100 }
    function row(name, l, ln, b, bn) {
        printf "%-28s %5d of %5d lines %6.1f%% %5d of %5d branches %6.1f%%\n", name, l, ln, percent(l, ln), b, bn,
            percent(b, bn)
    }
    NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    {
        row($column["filename"], $column["line_covered"], $column["line_total"], $column["branch_covered"],
            $column["branch_total"])
        l += $column["line_covered"]; ln += $column["line_total"]
        b += $column["branch_covered"]; bn += $column["branch_total"]
    }
    END {
        row("all", l, ln, b, bn)
        if (ln == 0 || percent(l, ln) < lines || percent(b, bn) < branches) {
            printf "coverage: less than %d%% of the lines or %d%% of the branches\n", lines, branches
            exit 1
        }
    }' "$build/report/coverage.csv" || status=1
echo "every line: $build/report/index.html"
exit ${status:-0}
