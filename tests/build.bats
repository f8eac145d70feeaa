#!/usr/bin/env bats
# build.bats - what the compilers say and make of the code.

load common

@test "no warning from gcc" {
  make -s -j2 -C "$root" CC=gcc BUILD=build/werror-gcc PROGRAM=build/werror-gcc/farm EXTRA=-Werror build/werror-gcc/farm
}

@test "no warning from clang" {
  make -s -j2 -C "$root" CC=clang BUILD=build/clang PROGRAM=build/clang/farm EXTRA=-Werror build/clang/farm
}

@test "the kernel is vector code from gcc and from clang, at every level" {
  make -s -j2 -C "$root" CC=clang BUILD=build/clang PROGRAM=build/clang/farm EXTRA=-Werror build/clang/farm
  run "$root/tests/vectorised.sh" "$root"/build/lstm_kernel.*.o "$root"/build/clang/lstm_kernel.*.o
  echo "$output"
  [ "$status" -eq 0 ]
}

@test "the check for vector code sees a kernel that is not" {
  gcc -std=c11 -O1 -Wno-unknown-pragmas -I"$root/include" -I"$root/src" -D_POSIX_C_SOURCE=200809L -DREAL=float \
    -DKERNEL=scalar_kernel -c -o scalar.o "$root/src/lstm_kernel.c"
  run "$root/tests/vectorised.sh" scalar.o
  [ "$status" -ne 0 ]
}

@test "the library works by its public header alone" {
  cat >user.c <<'C'
#include <farm.h>
int main(int argc, char **argv) {
    farm_errors errors = {0};
    farm *f = NULL;
    size_t n = 0;
    (void)argc;
    if (farm_load(&f, argv[1], NULL, &errors) != FARM_OK || farm_run(f, NULL, &errors) != FARM_OK) return 1;
    for (size_t i = 0; i < farm_experiments(f); i++)
        printf("%s %zu %.3f\n", farm_experiment_name(f, i), n, farm_rmse(f, i, &n)[0]);
    farm_free(f);
    farm_errors_free(&errors);
    return 0;
}
C
  make -s -C "$root" install DESTDIR="$scratch" PREFIX=/usr
  gcc -std=c11 -Wall -Wextra -Werror -I"$scratch/usr/include" -o user user.c "$scratch/usr/lib/libfarm.a" \
    -fopenmp -lcjson -lcsv -lgsl -lgslcblas -lRmath -lmd -lxxhash -lsqlite3 -lm
  run ./user "$root/configs/tutorial.json"
  [ "$status" -eq 0 ]
  [[ "$output" == *"persistence"*"136.761"* ]]
  [ -x usr/bin/farm ]
}

@test "make help lists every target that is there" {
  run make -s -C "$root" help
  for target in all tutorial check check-long asan tsan valgrind coverage fuzz bench gallery lint format install clean help; do
    echo "$output" | grep -qE "make $target +[a-z./]"
  done
}
