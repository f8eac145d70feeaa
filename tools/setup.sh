#!/bin/sh
# setup.sh - install what is missing, with apt; does nothing when all is there.
#
#   tools/setup.sh          what building and running needs
#   tools/setup.sh check    and what `make check` needs
#   tools/setup.sh lint     and what `make lint` and `make format` need
#   tools/setup.sh fuzz     what building and `make fuzz` need
#   tools/setup.sh slurm    and what `make check-slurm` needs: Slurm and munge
#   tools/setup.sh long     and what `make check-long` needs: all of these, Valgrind, gcovr, strace
#   tools/setup.sh frameworks   what `make check-frameworks` needs beside building; the frameworks come from PyPI
#   tools/setup.sh bench    what `make bench` needs beside building; the peers come from PyPI
#
# Debian 12 or later, or Ubuntu; as root, or through sudo. Elsewhere it lists what to install.
set -eu

build="gcc libc6-dev make libcjson-dev librandom123-dev libcsv-dev libgsl-dev r-mathlib libsqlite3-dev libmd-dev \
    libxxhash-dev gnuplot-nox"
check="libcmocka-dev bats clang libomp-dev binutils git python3 python3-jsonschema python3-xxhash tidy util-linux"
lint="clang-tidy clang-format cppcheck"
fuzz="clang libomp-dev libclang-rt-dev"
# Ubuntu has Chromium as a snap alone, and no driver for it
long="valgrind gcovr strace chromium chromium-driver python3-selenium fonts-dejavu-core"
slurm="slurm-wlm munge procps"
frameworks="bats python3 python3-venv"
bench="python3 python3-venv"

case "${1:-build}" in
build) wanted=$build ;;
check) wanted="$build $check" ;;
lint) wanted="$build $check $lint" ;;
fuzz) wanted="$build $fuzz" ;;
slurm) wanted="$build $check $slurm" ;;
long) wanted="$build $check $lint $fuzz $slurm $long" ;;
frameworks) wanted="$build $frameworks" ;;
bench) wanted="$build $bench" ;;
*)
    echo "setup.sh: no such set: $1 (build, check, lint, fuzz, slurm, long, frameworks or bench)" >&2
    exit 2
    ;;
esac

if ! command -v dpkg-query >/dev/null; then
    echo "setup.sh: this is not Debian; see to it that you have the equivalents of: $wanted" >&2
    exit 0
fi

missing=
for package in $wanted; do
    case "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" in
    *" installed") ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup.sh: neither root nor sudo; have an administrator run: apt-get install$missing" >&2
        exit 1
    fi
    as_root=sudo
fi

echo "setup.sh: installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of words
{
    $as_root apt-get update -q &&
        $as_root apt-get install -q -y --no-install-recommends $missing
} >&2
