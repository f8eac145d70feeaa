#!/bin/sh
# run.sh - the farm against Keras 2, Keras 3 and PyTorch, in a virtual environment of their own.
#
#   tools/crosscheck/run.sh                   all that follows but the distributions
#   tools/crosscheck/run.sh forecasts         the same experiments from the same weights: forecasts must agree
#   tools/crosscheck/run.sh known-answers     tests/known_answers computed anew by the frameworks, in 64 bits
#   tools/crosscheck/run.sh distributions     8 neurons, 500 epochs, 100 repeats: RMSEs must be alike (10 minutes)
#   tools/crosscheck/run.sh python            only make the environment, and say where its Python is
#
# The environment (7 GB, most of it PyTorch's) is made in build/crosscheck, or $CROSSCHECK, and used again. The farm is
# ./farm, or $FARM.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=${CROSSCHECK:-$root/build/crosscheck}
python=$folder/venv/bin/python
export TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 PYTHONDONTWRITEBYTECODE=1

# Made anew where it is not there, or the requirements are other ones.
make_environment() {
    cmp -s "$here/requirements.txt" "$folder/made-from" && return
    rm -rf "$folder/venv" "$folder/made-from"
    mkdir -p "$folder"
    if ! python3 -m venv "$folder/venv"; then
        echo "run.sh: python3 -m venv does not work; on Debian: apt-get install python3-venv" >&2
        exit 1
    fi
    echo "run.sh: installing Keras and PyTorch into $folder/venv" >&2
    "$python" -m pip install --quiet --no-cache-dir --disable-pip-version-check -r "$here/requirements.txt" >&2
    cp "$here/requirements.txt" "$folder/made-from"
}

# in_each SCRIPT WORDS -- FRAMEWORK...: the script side by side in every framework; whole outputs, one after another
in_each() {
    script=$1 words=
    shift
    while [ "$1" != -- ]; do
        words="$words $1"
        shift
    done
    shift
    for framework in "$@"; do
        rm -f "$folder/$framework.good"
        # shellcheck disable=SC2086 # a list of words
        { "$python" "$here/$script" $words "$framework" >"$folder/$framework.out" 2>"$folder/$framework.err" &&
            : >"$folder/$framework.good"; } &
    done
    wait
    status=0
    for framework in "$@"; do
        cat "$folder/$framework.out"
        if [ -e "$folder/$framework.good" ]; then
            rm "$folder/$framework.good"
        else
            echo "run.sh: $framework: $script failed" >&2
            cat "$folder/$framework.err" >&2
            status=1
        fi
    done
    return $status
}

forecasts() {
    echo "| framework | model | neurons | epochs | precision | fixed | update_2 | agree |"
    echo "|---|---|---|---|---|---|---|---|"
    in_each crosscheck.py -- keras2 keras3 torch
}

known_answers() { in_each known_answers.py check -- keras2 keras3 torch torch-module; }

distributions() {
    echo "| framework | model | experiment | its mean RMSE | farm, same weights | z | KS p" \
        "| farm, own weights | z | KS p | alike |"
    echo "|---|---|---|---|---|---|---|---|---|---|---|"
    in_each crosscheck.py --distributions -- keras2 keras3 torch
}

case "${1:-all}" in
python) make_environment && echo "$python" ;;
forecasts) make_environment && forecasts ;;
known-answers) make_environment && known_answers ;;
distributions) make_environment && distributions ;;
all)
    make_environment
    forecasts
    known_answers
    ;;
*)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
