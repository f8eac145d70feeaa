#!/bin/sh
# lint.sh - clang-tidy, cppcheck and clang-format over all C sources. Exit 1: something was found.
set -u
cd "$(dirname "$0")/.." || exit 2
status=0

flags="-std=c11 -fopenmp -Iinclude -Isrc -Ibuild -D_POSIX_C_SOURCE=200809L -D_XOPEN_SOURCE=700 -DFARM_HAVE_v3 -DFARM_HAVE_v4"

make -s build/report_html.css.inc build/report_html.js.inc || exit 2

echo "clang-tidy"
# shellcheck disable=SC2086 # a list of flags
printf '%s\n' src/*.c | xargs -P "$(nproc)" -n 1 sh -c 'clang-tidy --quiet "$@" -- '"$flags"' 2>/dev/null' sh || status=1

echo "cppcheck"
cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
    --suppress=missingIncludeSystem -j "$(nproc)" -Iinclude -Isrc -DFARM_HAVE_v3 -DFARM_HAVE_v4 src || status=1

echo "clang-format"
clang-format --dry-run --Werror src/*.[ch] include/*.h tests/*.[ch] tests/fuzz/*.[ch] tests/bench/*.[ch] || status=1

[ $status -eq 0 ] && echo "lint: clean"
exit $status
