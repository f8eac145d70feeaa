/* fuzz_store.c - any bytes as a store: opened to be reported on, and merged into an empty one.
 * What is refused says why. What is taken has all its results, each finite or nan, and is taken again; the bytes on the
 * disk are SQLite's business, so this target alone uses files, in memory where the system has a file system for that. */
#include "fuzz.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], merged[64];

static void remove_all(void) {
    static const char *const names[] = {"farm.db", "farm.db-wal", "farm.db-shm", "farm.db-journal"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[100];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
        snprintf(path, sizeof path, "%s/%s", merged, names[i]);
        unlink(path);
    }
}

static void remove_folders(void) {
    remove_all();
    rmdir(merged);
    rmdir(folder);
}

static void make_folders(void) {
    if (*folder) return;
    strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/farm-fuzz-XXXXXX" : "/tmp/farm-fuzz-XXXXXX");
    fuzz_require(mkdtemp(folder) != NULL, "there is a folder for the store");
    snprintf(merged, sizeof merged, "%s/merged", folder);
    fuzz_require(mkdir(merged, 0700) == 0, "there is a folder to merge into");
    atexit(remove_folders);
}

static void write_store(const char *path, const uint8_t *bytes, size_t n) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    fuzz_require(file >= 0 && write(file, bytes, n) == (ssize_t)n && close(file) == 0, "the store can be written");
}

/* A refusal says why, whoever's fault it is. */
static void check_refusal(farm_status status, const farm_errors *errors) {
    if (status != FARM_OK) fuzz_check_faults(FARM_BAD_INPUT, errors, "", NULL, 0);
}

/* Everything is there, or it would not have been opened. */
static void check_results(const farm *f) {
    farm_counts counts = farm_count(f);
    fuzz_require(counts.reused == counts.asked && counts.computed == 0, "all results come from the store");
    for (size_t i = 0; i < farm_experiments(f); i++) {
        size_t n;
        const double *rmse = farm_rmse(f, i, &n);
        fuzz_require(n == 1 || n == farm_repeats(f), "an experiment has all its repeats");
        for (size_t r = 0; r < n; r++) fuzz_require(isfinite(rmse[r]) || isnan(rmse[r]), "an RMSE is no infinity");
    }
}

/* Whether it was taken. */
static bool check_open(void) {
    farm *f = NULL;
    farm_errors errors = {0};
    farm_status status = farm_open(&f, folder, NULL, &errors);
    check_refusal(status, &errors);
    if (status == FARM_OK) check_results(f);
    farm_free(f);
    farm_errors_free(&errors);
    return status == FARM_OK;
}

static void check_merge(const char *path) {
    farm *f = NULL;
    farm_errors errors = {0};
    farm_status status = farm_merge(&f, merged, &path, 1, NULL, &errors);
    check_refusal(status, &errors);
    if (status == FARM_OK) check_results(f);
    farm_free(f);
    farm_errors_free(&errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    char path[100];
    make_folders();
    snprintf(path, sizeof path, "%s/farm.db", folder);
    remove_all();
    write_store(path, bytes, n);
    bool taken = check_open();
    if (taken) fuzz_require(check_open(), "what was opened once is opened again");
    check_merge(path);
    return 0;
}
