#!/usr/bin/env bats
# fuzz.bats - hostile bytes for every reader: all inputs of interest once, and some seconds of new ones.

load ../common

export FUZZ_FLAGS=-timeout=10 # a second is for a machine of one's own

@test "every reader stands ten seconds of hostile bytes after all that were kept" {
  run "$root/tests/fuzz/run.sh" 10
  echo "$output"
  [ "$status" -eq 0 ]
  [ "$(echo "$output" | grep -c '^ok ')" -eq "$(ls "$root"/tests/fuzz/fuzz_*.c | wc -l)" ]
}

# made by tests/fuzz/store_corpus.py: stores of other tables would all be refused at the door
@test "the stores that fuzzing begins with are of this version" {
  for store in one two; do
    mkdir "$store"
    cp "$root/tests/fuzz/corpus/store/$store" "$store/farm.db"
    "$farm" report "$store" -q
  done
}

# plant FILE SED-SCRIPT: a copy of the tree, here, with a fault in it; what is built is taken along with its times
plant() {
  mkdir -p tests build
  cp -rp "$root"/{Makefile,src,include} .
  cp -rp "$root/tests/fuzz" tests/
  [ ! -d "$root/build/fuzz" ] || cp -rp "$root/build/fuzz" build/
  rm -rf build/fuzz/found build/fuzz/corpus
  sed -i "$2" "$1"
  ! cmp -s "$1" "$root/$1"
}

@test "an overrun that an input of the corpus shows is found, and the input kept" {
  plant src/series.c 's/char \*name = malloc(length + 1)/char *name = malloc(length)/'
  run tests/fuzz/run.sh 0 series
  echo "$output"
  [ "$status" -eq 1 ]
  [[ "$output" == *"heap-buffer-overflow"* ]]
  input=$(echo "$output" | sed -n 's/^once more: build.fuzz.fuzz_series //p')
  [ -s "$input" ]
  run build/fuzz/fuzz_series "$input"
  [ "$status" -ne 0 ]
}

@test "a leak is found" {
  plant src/series.c 's/^    free(r->names);$//'
  run tests/fuzz/run.sh 0 series
  echo "$output"
  [ "$status" -eq 1 ]
  [[ "$output" == *"LeakSanitizer"* ]]
}

@test "an endless loop that no input of the corpus shows is found by new ones" {
  plant src/series.c 's/^static void end_record(reader \*r) {/&\n    volatile int on = 1;\n    while (on \&\& r->n == 3 \&\& r->value == 7) on = 1;/'
  FUZZ_FLAGS=-timeout=1 run tests/fuzz/run.sh 60 series
  echo "$output"
  [ "$status" -eq 1 ]
  [[ "$output" == *"timeout"* ]]
}
