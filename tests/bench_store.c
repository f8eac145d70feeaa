/* bench_store.c - what keeping results costs: the tutorial at 10,000 repeats with a store and without, side by side.
 *
 *     bench_store [CONFIG [REPEATS [ROUNDS]]]
 *
 * Prints wall and processor seconds of each round, and the medians of the rounds' ratios: the two take turns, either first in
 * every other round, so that a machine whose speed drifts, drifts for both. The folder is a new one under /tmp. */
#include "farm.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MOST_ROUNDS = 25 };

typedef struct {
    double wall, processor;
} cost;

static double wall_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double processor_seconds(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int n) {
    qsort(values, (size_t)n, sizeof *values, by_value);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* One run, kept in folder or, where that is NULL, not at all. */
static cost run_once(const char *config, const char *repeats, const char *folder) {
    farm *f = NULL;
    farm_errors errors = {0};
    farm_options options = {.repeats = repeats, .fresh = true};
    double wall = wall_seconds(), processor = processor_seconds();
    farm_status status = farm_load(&f, config, &options, &errors);
    if (status == FARM_OK && folder) status = farm_keep(f, folder, &errors);
    if (status == FARM_OK) status = farm_run(f, NULL, &errors);
    farm_free(f);
    for (size_t i = 0; i < errors.n; i++) farm_error_print(stderr, &errors.items[i]);
    if (status != FARM_OK) exit(1);
    return (cost){wall_seconds() - wall, processor_seconds() - processor};
}

int main(int argc, char **argv) {
    const char *config = argc > 1 ? argv[1] : "configs/tutorial.json", *repeats = argc > 2 ? argv[2] : "10000";
    int rounds = argc > 3 ? atoi(argv[3]) : 5;
    double wall[MOST_ROUNDS], processor[MOST_ROUNDS]; /* with a store, of what it takes without */
    char folder[] = "/tmp/farm-bench-XXXXXX", store[sizeof folder + 16];
    if (rounds < 1 || rounds > MOST_ROUNDS || !mkdtemp(folder)) return 2;
    for (int r = 0; r < rounds; r++) {
        cost c[2];
        for (int turn = 0; turn < 2; turn++) {
            int with = (r + turn) % 2;
            c[with] = run_once(config, repeats, with ? folder : NULL);
            printf("round %d %s store: %.2f s, %.2f s of processor time\n", r + 1, with ? "with   " : "without",
                   c[with].wall, c[with].processor);
        }
        wall[r] = c[1].wall / c[0].wall;
        processor[r] = c[1].processor / c[0].processor;
    }
    printf("%s repeats of %s: the store takes %+.1f%% of the time, %+.1f%% of the processor's (medians of %d)\n",
           repeats, config, 100 * (median(wall, rounds) - 1), 100 * (median(processor, rounds) - 1), rounds);
    snprintf(store, sizeof store, "%s/farm.db", folder);
    unlink(store);
    rmdir(folder);
    return 0;
}
