# farm - build, run, check. `make help` lists the targets.

# --- yours to set -----------------------------------------------------------------------------------------------
CC     ?= gcc
OPT    ?= -O3 -g
PREFIX ?= /usr/local
BUILD  ?= build
PROGRAM ?= farm
# more flags for every compiler and linker call, as in EXTRA="-fsanitize=address,undefined" or EXTRA=-Werror
EXTRA  ?=

# V=1 shows every command whole
V      ?= 0
# compilations side by side where a target builds for you
JOBS   ?= $(shell nproc 2>/dev/null || echo 1)

# for `make mutation`: how many, and which; LISTED=1 tries the ones in tests/mutation/equivalent.txt instead
MUTANTS ?= 240
SEED    ?= 1

# for `make bench`: QUICK=1 takes two minutes; PEERS=numpy,jax only these, PEERS=none the farm and its bounds alone
QUICK   ?= 0
PEERS   ?=

# --- nothing to change below ------------------------------------------------------------------------------------
ifeq ($(origin CC),default)
CC := gcc
endif

quiet = $(if $(filter 0,$(V)),@echo "  $(1)"; )$(2)

# what building needs, asked for once, so that a missing header comes with the way out
ifneq ($(MAKECMDGOALS),help)
ifeq ($(shell printf '\#include <%s>\n' cjson/cJSON.h csv.h Random123/philox.h gsl/gsl_multimin.h Rmath.h sha2.h sqlite3.h xxhash.h | $(CC) -E - >/dev/null 2>&1 && echo yes),)
ifeq ($(filter tutorial check check-long check-slurm check-frameworks asan tsan valgrind coverage fuzz mutation bench bench-kernel scale calibration lint format clean,$(MAKECMDGOALS)),)
$(warning libraries are missing: tools/setup.sh installs them)
endif
endif
endif

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
# The same bits at every vector width: no contraction to fused multiply-add; the other two let clips vectorise.
NUMERICS := -ffp-contract=off -fno-math-errno -fno-trapping-math
IS_CLANG := $(findstring clang,$(shell $(CC) --version 2>/dev/null | head -n 1))
# gcc 12 leaves loops with clipped gates scalar, ten times slower, after partial redundancy elimination;
# It would also copy vectors by memcpy, in halves that the whole vector is then read from before it is there.
# clang unrolls the loops over lanes before it would vectorise them, and then does not.
KERNEL_NUMERICS := $(NUMERICS) $(if $(IS_CLANG),-fno-unroll-loops,-fno-tree-pre -fno-tree-loop-distribute-patterns)
# Of so much straight code line numbers will do; where each variable lies takes gcc a quarter of the time.
KERNEL_FLAGS := $(KERNEL_NUMERICS) -g1

CPPFLAGS := -Iinclude -Isrc -I$(BUILD) -D_POSIX_C_SOURCE=200809L -D_XOPEN_SOURCE=700
CFLAGS   := -std=c11 $(OPT) -fopenmp $(WARNINGS) -MMD -MP $(EXTRA)
LDLIBS   := -fopenmp $(EXTRA) -lcjson -lcsv -lgsl -lgslcblas -lRmath -lmd -lxxhash -lsqlite3 -lm

# The kernel is one source, built for each precision and each level of vector instructions.
LEVELS := base
ifneq ($(filter x86_64%,$(shell $(CC) -dumpmachine 2>/dev/null)),)
LEVELS += v3 v4
endif
MARCH_base :=
MARCH_v3   := -march=x86-64-v3
# AVX-512's registers and masks, in vectors of half its width: measured, no slower at any size, and faster at most
MARCH_v4   := -march=x86-64-v4 -mprefer-vector-width=256
HAVE_LEVELS := $(foreach l,$(filter-out base,$(LEVELS)),-DFARM_HAVE_$(l))
REAL_f32   := float
REAL_f64   := double
KERNELS    := $(foreach p,f32 f64,$(foreach l,$(LEVELS),$(BUILD)/lstm_kernel.$(p).$(l).o))

SOURCES := $(filter-out src/lstm_kernel.c src/main.c,$(wildcard src/*.c))
LIBRARY := $(BUILD)/libfarm.a
OBJECTS := $(SOURCES:src/%.c=$(BUILD)/%.o) $(KERNELS)
TESTS   := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))
SUITES  := $(wildcard tests/*.bats)
BENCHES := $(addprefix $(BUILD)/tests/bench/,farm_kernel bounds measure)

all: $(PROGRAM) ## build ./farm (the default)

$(PROGRAM): $(BUILD)/main.o $(LIBRARY)
	$(call quiet,link $@,$(CC) -o $@ $^ $(LDLIBS))

$(LIBRARY): $(OBJECTS)
	@rm -f $@
	$(call quiet,ar $@,ar rcs $@ $^)

# What everything was built with: other flags, or another compiler, build it anew.
FLAGS := $(CC) $(CPPFLAGS) $(CFLAGS) $(KERNEL_FLAGS) $(LDLIBS)
$(BUILD)/flags: always | $(BUILD)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@

$(BUILD)/%.o: src/%.c $(BUILD)/flags | $(BUILD)
	$(call quiet,$(CC) $<,$(CC) $(CPPFLAGS) $(CFLAGS) $(NUMERICS) $(HAVE_LEVELS) -c -o $@ $<)

# The report's style and script, as the bytes of C arrays.
$(BUILD)/%.inc: src/% | $(BUILD)
	@od -An -v -tu1 $< | sed 's/[0-9][0-9]*/&,/g' >$@
$(BUILD)/report_html_assets.o: $(BUILD)/report_html.css.inc $(BUILD)/report_html.js.inc

define KERNEL_RULE
$(BUILD)/lstm_kernel.$(1).$(2).o: src/lstm_kernel.c $(BUILD)/flags | $(BUILD)
	$$(call quiet,$$(CC) $$< ($(1) $(2)),$$(CC) $$(CPPFLAGS) $$(CFLAGS) $$(KERNEL_FLAGS) $$(MARCH_$(2)) \
	    -DREAL=$$(REAL_$(1)) -DKERNEL=lstm_kernel_$(1)_$(2) -c -o $$@ $$<)
endef
$(foreach p,f32 f64,$(foreach l,$(LEVELS),$(eval $(call KERNEL_RULE,$(p),$(l)))))

$(BUILD)/tests/%.o: tests/%.c $(BUILD)/flags | $(BUILD)/tests
	$(call quiet,$(CC) $<,$(CC) $(CPPFLAGS) $(CFLAGS) $(NUMERICS) -c -o $@ $<)

$(TESTS) $(addprefix $(BUILD)/tests/,bench_kernel bench_store bench_merge calibration): %: %.o $(LIBRARY)
	$(call quiet,link $@,$(CC) -o $@ $< $(LIBRARY) -lcmocka $(or $(LINKED),$(LDLIBS)))

# What `make bench` measures with. The loops of bounds are built for each level, like the kernel.
$(BUILD)/tests/bench/%.o: tests/bench/%.c $(BUILD)/flags | $(BUILD)/tests/bench
	$(call quiet,$(CC) $<,$(CC) $(CPPFLAGS) $(CFLAGS) $(NUMERICS) $(HAVE_LEVELS) -c -o $@ $<)
define BOUNDS_RULE
$(BUILD)/tests/bench/bounds_loops.$(1).o: tests/bench/bounds_loops.c $(BUILD)/flags | $(BUILD)/tests/bench
	$$(call quiet,$$(CC) $$< ($(1)),$$(CC) $$(CPPFLAGS) $$(CFLAGS) $$(KERNEL_FLAGS) $$(MARCH_$(1)) \
	    -DLOOPS=bounds_$(1) -c -o $$@ $$<)
endef
$(foreach l,$(LEVELS),$(eval $(call BOUNDS_RULE,$(l))))
$(BUILD)/tests/bench/bounds: $(foreach l,$(LEVELS),$(BUILD)/tests/bench/bounds_loops.$(l).o)
$(BENCHES): %: %.o $(LIBRARY)
	$(call quiet,link $@,$(CC) -o $@ $(filter %.o,$^) $(LIBRARY) $(LDLIBS))

# Fuzzing, with clang alone: tests/fuzz/run.sh says what with. The readers' files come out of memory, see fuzz.h.
FUZZ_LINK := -fsanitize=fuzzer -Wl,--wrap=fopen
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
$(BUILD)/fuzz_files.o: tests/fuzz/files.c $(BUILD)/flags | $(BUILD)
	$(call quiet,$(CC) $<,$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<)
$(BUILD)/fuzz_%: tests/fuzz/fuzz_%.c $(BUILD)/fuzz_files.o $(LIBRARY) $(BUILD)/flags
	$(call quiet,$(CC) $<,$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< $(BUILD)/fuzz_files.o $(LIBRARY) \
	    $(FUZZ_LINK) $(LDLIBS))
fuzzers: $(FUZZERS)

# the library's allocations go through the test's own functions
$(BUILD)/tests/test_allocations: LDLIBS += $(patsubst %,-Wl$(comma)--wrap=%,malloc calloc realloc aligned_alloc strdup free)
comma := ,

# The test that makes allocations and file operations fail: every function that failing.h stands in for is called there
# instead of in libc, from the libraries too where they come as archives.
$(BUILD)/tests/test_failures: LINKED = $(foreach f,$(LDLIBS),$(call archive_of,$(f))) \
    $(shell sed -nE 's/^FAILING.[^,]*, ([a-z_]+),.*|^[a-z].*[ *]__wrap_([a-z_]+).*;$$/-Wl,--wrap=\1\2/p' tests/failing.h)
archive_of = $(if $(and $(filter-out -lm,$(filter -l%,$(1))),$(wildcard $(shell $(CC) -print-file-name=lib$(1:-l%=%).a))),\
    -l:lib$(1:-l%=%).a,$(1))

$(BUILD) $(BUILD)/tests $(BUILD)/tests/bench:
	@mkdir -p $@

tutorial: ## install what is missing, build, and run the classic experiment
	@tools/setup.sh
	@$(MAKE) --no-print-directory -j$(JOBS) farm
	./farm configs/tutorial.json

check: ## install what is missing, build, and run every functional test
	@tools/setup.sh check
	@$(MAKE) --no-print-directory -j$(JOBS) run-check

# what `check` runs once everything is installed
run-check: $(PROGRAM) $(TESTS) $(BENCHES) $(BUILD)/tests/bench_merge
	@FARM=$(abspath $(PROGRAM)) FARM_TESTS=$(abspath $(BUILD)/tests) tests/run.sh $(TESTS) $(SUITES)

# a sample of what `mutation` does in full comes last, where time runs out
LONG := $(filter-out %/mutation.bats,$(wildcard tests/long/*.bats))

check-long: ## the suites that take longer: Slurm, sanitizers, coverage, fuzzing, linters, populations, kills
	@tools/setup.sh long
	@$(MAKE) --no-print-directory -j$(JOBS) farm
	@tests/run.sh tests/slurm/slurm.bats $(LONG) tests/long/mutation.bats

check-slurm: ## shards and merge on a real Slurm of our own, started here and stopped again: 4 minutes
	@tools/setup.sh slurm
	@$(MAKE) --no-print-directory -j$(JOBS) farm
	@tests/run.sh tests/slurm/slurm.bats

check-frameworks: ## the farm beside real Keras and PyTorch, from PyPI: 7 GB, 7 minutes
	@tools/setup.sh frameworks
	@$(MAKE) --no-print-directory -j$(JOBS) farm
	@tests/run.sh tests/frameworks/frameworks.bats

mutation: ## plant small faults (MUTANTS=240 SEED=1) and see the tests notice them: 30 minutes
	@tools/setup.sh check
	@CC=$(CC) nice tests/mutation/mutate.py --mutants $(MUTANTS) --seed $(SEED) --jobs $(JOBS) $(if $(LISTED),--listed)

tests: $(TESTS) # the test programs alone, for sanitizer builds

# --- the same suites, watched; each in a build of its own --------------------------------------------------------

# build.bats asks the compilers, not the program; sizes.bats bounds seconds, which are longer when watched
WATCHED = BUILD=build/$@ PROGRAM=build/$@/farm SUITES="$(filter-out tests/build.bats tests/sizes.bats,$(SUITES))"

asan: ## every suite under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/setup.sh check
	@FARM_FAIL_ALL=1 STOP_SECONDS=60 SLOWDOWN=10 $(MAKE) --no-print-directory -j$(JOBS) run-check $(WATCHED) \
	    EXTRA="-O2 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"

# Archer tells ThreadSanitizer what libomp's locks and tasks put in order; it lies beside clang's own libraries.
ARCHER = $(abspath $(shell clang -print-resource-dir)/../../libarcher.so)

tsan: ## the task pool and the store under ThreadSanitizer, by clang
	@tools/setup.sh check
	@$(MAKE) --no-print-directory -j$(JOBS) run-tsan $(WATCHED) CC=clang EXTRA="-O1 -fsanitize=thread"

run-tsan: export OMP_TOOL_LIBRARIES = $(ARCHER)
run-tsan: export TSAN_OPTIONS = ignore_noninstrumented_modules=1
run-tsan: $(PROGRAM) $(BUILD)/tests/test_pool $(BUILD)/tests/test_store
	@test -f $(ARCHER) || { echo "no $(ARCHER): without it every task looks like a race"; exit 1; }
	@tests/run.sh $(BUILD)/tests/test_pool $(BUILD)/tests/test_store
	$(abspath $(PROGRAM)) configs/tutorial.json --quiet -r 64 -t 4 -o $(BUILD)/out

# Valgrind knows no AVX-512 and tells the program so, which then takes the level below. Left out are the programs that
# train for seconds without it: their code is run by the others and by a short run of the whole.
VALGRIND := valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible \
    --suppressions=tests/valgrind.supp
VALGRIND_TESTS := $(filter-out %/test_known_answers %/test_lstm %/test_pool %/test_elementary,$(TESTS))

valgrind: ## test programs and a short run under Valgrind: bad reads, unset values, leaks
	@tools/setup.sh long
	@$(MAKE) --no-print-directory -j$(JOBS) run-valgrind

run-valgrind: $(PROGRAM) $(VALGRIND_TESTS)
	@UNDER="$(VALGRIND)" tests/run.sh $(VALGRIND_TESTS)
	$(VALGRIND) $(abspath $(PROGRAM)) configs/tutorial.json --quiet -r 3 -t 2 --set train.epochs=2 --set save_models=true \
	    -o $(BUILD)/valgrind-out

# Unoptimised, so that lines and branches are those of the source. The vector kernels are the base kernel's source once
# more; they stay as fast as ever, and uncounted.
UNCOUNTED := -O3 -fno-profile-arcs -fno-test-coverage -UINLINE
COVERAGE := build/coverage

coverage: ## lines and branches of src/ that the suites reach; fails below 95% and 85%
	@tools/setup.sh long
	@mkdir -p $(COVERAGE) && find $(COVERAGE) -name '*.gcda' -delete
	@FARM_FAIL_ALL=1 STOP_SECONDS=60 $(MAKE) --no-print-directory -j$(JOBS) run-check $(WATCHED) \
	    EXTRA="-O0 -fprofile-arcs -ftest-coverage -DINLINE=static" \
	    $(foreach l,v3 v4,MARCH_$(l)="$(MARCH_$(l)) $(UNCOUNTED)")
	@tests/coverage.sh $(COVERAGE) 95 85

fuzz: ## hostile bytes for every reader, SECONDS=10 each; TARGET=config for one alone
	@tools/setup.sh fuzz
	@tests/fuzz/run.sh $(or $(SECONDS),10) $(TARGET)

bench: ## the farm beside its peers, with tables and plots: 10 minutes and 8 GB from PyPI; QUICK=1: two minutes
	@tools/setup.sh bench
	@$(MAKE) --no-print-directory -j$(JOBS) farm $(BENCHES)
	@FARM=$(abspath $(PROGRAM)) FARM_TESTS=$(abspath $(BUILD)/tests) \
	    tests/bench/run.py --budget $(if $(filter-out 0,$(QUICK)),quick,full) $(if $(PEERS),--peers $(PEERS))

bench-kernel: ## time the kernel alone beside a plain scalar LSTM, and what the store costs
	@tools/setup.sh check
	@$(MAKE) --no-print-directory -j$(JOBS) $(BUILD)/tests/bench_kernel $(BUILD)/tests/bench_store
	@$(BUILD)/tests/bench_kernel
	@$(BUILD)/tests/bench_store

scale: ## merge up to ten million results, fit the cost, write it into docs/scale.md: 15 minutes, 10 GB of TMPDIR
	@tools/setup.sh check
	@$(MAKE) --no-print-directory -j$(JOBS) farm $(BUILD)/tests/bench_merge $(BUILD)/tests/bench/measure
	@FARM=$(abspath $(PROGRAM)) FARM_TESTS=$(abspath $(BUILD)/tests) tests/scale.py

gallery: ## draw the pictures of docs/gallery.md anew
	@tools/setup.sh
	@$(MAKE) --no-print-directory -j$(JOBS) farm
	@tools/gallery.sh

calibration: ## do tests reject and intervals cover as often as they say? 2,000 runs, a minute
	@tools/setup.sh check
	@$(MAKE) --no-print-directory -j$(JOBS) $(BUILD)/tests/calibration
	@$(BUILD)/tests/calibration

lint: ## clang-tidy, cppcheck and the formatting
	@tools/setup.sh lint
	@tools/lint.sh

format: ## lay out all C sources with clang-format
	@tools/setup.sh lint
	clang-format -i src/*.[ch] include/*.h tests/*.[ch] tests/fuzz/*.[ch] tests/bench/*.[ch]

install: $(PROGRAM) ## install programs, library and header under PREFIX (/usr/local)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include
	install -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/farm
	install -m 755 tools/slurm/submit $(DESTDIR)$(PREFIX)/bin/farm-submit
	install -m 644 $(LIBRARY) $(DESTDIR)$(PREFIX)/lib/libfarm.a
	install -m 644 include/farm.h $(DESTDIR)$(PREFIX)/include/farm.h

clean: ## remove what was built (results in out/ stay)
	rm -rf $(BUILD) $(PROGRAM)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-17s %s\n", $$1, $$2}' Makefile

-include $(wildcard $(BUILD)/*.d $(BUILD)/tests/*.d $(BUILD)/tests/bench/*.d)

.PHONY: always all tutorial check run-check check-long check-slurm check-frameworks asan tsan run-tsan valgrind run-valgrind \
    coverage mutation tests fuzz fuzzers bench bench-kernel scale calibration gallery lint format install clean help
.DELETE_ON_ERROR:
