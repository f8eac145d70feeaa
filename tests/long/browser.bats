#!/usr/bin/env bats
# browser.bats - report.html as Chromium shows it: quiet, readable on every screen, usable by mouse, keyboard and on paper.
# What can be told from its text alone: ../html.bats.

load ../common

setup_file() {
  export PAGES
  PAGES=$(mktemp -d)
  local root
  root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  "${FARM:-$root/farm}" "$root/configs/tutorial.json" -q -r 200 -o "$PAGES/tutorial"
  # another with what is rare: divergence, long names, all pairs, every test, a region of equivalence
  name=$(printf 'a_rather_long_name_%.0s' 1 2 3)
  "${FARM:-$root/farm}" "$root/configs/tutorial.json" -q -r 5 -o "$PAGES/rare" --set train.epochs=20 \
    --set compare='{"reference": "all_pairs", "rope": 1, "tests": ["paired_t", "wilcoxon", "sign", "welch", "friedman"]}' \
    --set description="$(printf 'W%.0s' $(seq 300)) <b>" --set experiments="[{\"scheme\": \"fixed\"},
      {\"scheme\": \"fixed\", \"name\": \"$name\", \"train\": {\"optimizer\": {\"name\": \"sgd\", \"learning_rate\": 1e30}}},
      {\"scheme\": \"update\", \"epochs\": 2}, {\"scheme\": \"ar\"}, {\"scheme\": \"drift\"}]"
  # and one of files
  "${FARM:-$root/farm}" compare -q "$PAGES"/tutorial/experiment_{fixed,refit,update_2,persistence}.csv -o "$PAGES/files"
}

teardown_file() { rm -rf "$PAGES"; }

# behaves CASE [FILE...]
behaves() {
  local case=$1
  shift
  [ $# -gt 0 ] || set -- "$PAGES"/{tutorial,rare,files}/report.html
  for file in "$@"; do /usr/bin/python3 "$root/tests/browser/behaviour.py" "$case" "$file" || return 1; done
}

@test "wide and narrow, light and dark: no error on the console, no request" { behaves quiet; }
@test "no script but the page's own runs, and nothing is loaded" { behaves policy "$PAGES/tutorial/report.html"; }
@test "from 320 to 1920 pixels nothing but tables, pictures and the config scroll sideways" { behaves width; }
@test "tables sort by mouse and keyboard" { behaves sorting; }
@test "exact numbers show where one points" { behaves hover "$PAGES/tutorial/report.html"; }
@test "text stands out by 4.5 to 1, light and dark" { behaves contrast; }
@test "the keyboard reaches everything, and one sees where it is" { behaves keyboard; }
@test "on paper nothing is cut off" { behaves print "$PAGES/tutorial/report.html"; }
@test "without scripts everything is there to read" { behaves no_script "$PAGES"/{tutorial,rare}/report.html; }

@test "each of these checks can fail" {
  page="$PAGES/tutorial/report.html"
  plant() { # CASE SED
    sed "$2" "$page" >faulty.html
    if cmp -s "$page" faulty.html || behaves "$1" "$PWD/faulty.html"; then
      echo "not found by $1: $2"
      return 1
    fi
  }
  plant quiet 's/"use strict";/& /'
  plant quiet 's/<main /<img src="x.png" alt="">&/'
  plant policy 's/http-equiv="Content-Security-Policy"/name="x"/'
  plant width 's/\.scroll { overflow-x: auto; }//'
  plant width 's/p, li, dd { max-width: 75ch; }//'
  plant sorting 's/sha256-/sha256-x/'
  plant sorting 's/Number\.isNaN(a) - Number\.isNaN(b)/Number.isNaN(b) - Number.isNaN(a)/; s/sha256-[^'"'"']*/unsafe-inline/'
  plant hover 's/<td title="[0-9]*\.[0-9]*/<td title="1.5/'
  plant contrast 's/--soft: #a6a9ae/--soft: #66696e/'
  plant keyboard 's/:focus-visible { outline: [^}]*}/* { outline: none !important; }/'
  plant print 's/thead th, tbody .text { min-width: 0; }//; s/table { font-size: 7pt; }//'
  plant no_script 's/training noise//'
}
