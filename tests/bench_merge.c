/* bench_merge.c - merging at sizes that nobody would train for: stores as shards leave them, filled with numbers drawn.
 *
 *     bench_merge make CONFIG REPEATS SHARDS FOLDER    the stores of that run's shards, each row with its checksum
 *     bench_merge merge FOLDER STORE...                as `farm merge`, with the seconds of each phase
 *
 * Both print one JSON object. tests/scale.py runs them. */
#include "config.h"
#include "output_file.h"
#include "plan.h"
#include "rng.h"
#include "shards.h"
#include "store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { BLOCK = 16 }; /* repeats that a farm finishes at once */

static double wall_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int fail(const farm_errors *errors) {
    for (size_t i = 0; i < errors->n; i++) farm_error_print(stderr, &errors->items[i]);
    return 1;
}

/* --- stores ----------------------------------------------------------------------------------------------------- */

/* A run, and the store of one of its shards. */
typedef struct {
    config config;
    plan plan;
    store *store;
    pool_sink sink;
    double *forecasts; /* [longest test] */
    size_t rows;
} made;

/* What one model might have forecast of the rows from ... to - 1: what happened, and noise. */
static bool make_part(made *m, int index, size_t repeat, size_t at, int from, int to) {
    const frame *f = m->plan.frame_of[index];
    rng_stream noise = {m->config.seed, (uint32_t)repeat, (uint32_t)from, (uint32_t)index};
    for (int t = from; t < to; t++)
        m->forecasts[t - from] = f->actuals[f->n_train + t] + 80 * rng_normal(&noise, (uint32_t)t);
    pool_part part = {.experiment = index, .repeat = at, .from = from, .to = to, .forecasts = m->forecasts};
    m->rows++;
    return m->sink.keep(m->sink.context, &part);
}

static bool make_result(made *m, int i, size_t repeat, size_t at) {
    const experiment *e = &m->config.experiments[i];
    if (!experiment_is_lstm(e) || m->plan.same_as[i] >= 0) return true;
    int test = e->frame.test, walk = scheme_walk_length(e);
    for (int from = 0; from < test; from += walk)
        if (!make_part(m, i, repeat, at, from, test - from < walk ? test : from + walk)) return false;
    return true;
}

static bool make_rows(made *m, size_t first, size_t end) {
    for (size_t block = first; block < end; block += BLOCK)
        for (size_t i = 0; i < m->config.n_experiments; i++)
            for (size_t r = block; r < end && r < block + BLOCK; r++)
                if (!make_result(m, (int)i, r, r - first)) return false;
    return true;
}

static farm_status make_store(made *m, const char *path, int shard, int of_shards, farm_errors *errors) {
    const config *c = &m->config;
    store_origin origin = {&c->series.digest, c->seed, c->precision};
    store_run run = {.config_path = c->path,
                     .meant = c->meant,
                     .said = c->said,
                     .series = c->series.values,
                     .n_series = c->series.n,
                     .repeats = (size_t)c->repeats,
                     .shard = shard,
                     .of_shards = of_shards,
                     .vector_level = "base",
                     .threads = 1};
    size_t first, end;
    store_shard_range(run.repeats, shard, of_shards, &first, &end);
    farm_status status = store_open(&m->store, path, STORE_ANEW, errors);
    if (status == FARM_OK)
        status = store_set_works(m->store, &origin, c->experiments, m->plan.same_as, c->n_experiments, errors);
    if (status == FARM_OK) status = store_put_run(m->store, &run, c->experiments, c->n_experiments, errors);
    if (status == FARM_OK) status = store_begin(m->store, first, errors);
    if (status == FARM_OK) {
        m->sink = store_sink(m->store);
        bool kept = make_rows(m, first, end);
        status = store_end(m->store, errors);
        if (!kept) status = FARM_FAILED;
    }
    store_close(m->store);
    return status;
}

static int make(const char *path, const char *repeats, int of_shards, const char *folder) {
    farm_errors errors = {0};
    farm_options options = {.repeats = repeats};
    made m = {0};
    double begin = wall_seconds();
    if (config_load(&m.config, path, &options, &errors)) return fail(&errors);
    if (plan_expand(&m.plan, m.config.experiments, m.config.n_experiments, &m.config.series, PLAN_SHARED, &errors) ||
        output_make_folder(folder, &errors))
        return fail(&errors);
    int longest = 1;
    for (size_t i = 0; i < m.config.n_experiments; i++)
        if (m.config.experiments[i].frame.test > longest) longest = m.config.experiments[i].frame.test;
    m.forecasts = malloc((size_t)longest * sizeof *m.forecasts);
    for (int k = 1; m.forecasts && k <= of_shards; k++) {
        char *file = shards_file(folder, k, of_shards);
        farm_status status = file ? make_store(&m, file, k, of_shards, &errors) : FARM_FAILED;
        free(file);
        if (status != FARM_OK) return fail(&errors);
    }
    printf("{\"rows\": %zu, \"seconds\": %.3f}\n", m.rows, wall_seconds() - begin);
    free(m.forecasts);
    plan_free(&m.plan);
    config_free(&m.config);
    return 0;
}

/* --- merging ---------------------------------------------------------------------------------------------------- */

static double peak_bytes(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return 1024.0 * (double)used.ru_maxrss;
}

/* What farm_merge and farm_write do, in three steps: the store closed and opened in between, so that joining ends with
 * the last byte on the disk. */
static int merge(const char *folder, const char *const *stores, size_t n) {
    farm_errors errors = {0};
    farm *f = NULL;
    store *s = NULL;
    int of_shards;
    char *file = shards_file(folder, 1, 1);
    double begin = wall_seconds();
    if (!file || output_make_folder(folder, &errors) || store_open(&s, file, STORE_CREATE, &errors) ||
        store_merge(s, stores, n, &of_shards, &errors))
        return fail(&errors);
    store_close(s);
    free(file);
    double joined = wall_seconds(), joined_bytes = peak_bytes();
    if (farm_open(&f, folder, NULL, &errors)) return fail(&errors);
    double compared = wall_seconds(), compared_bytes = peak_bytes();
    if (farm_write(f, folder, &errors)) return fail(&errors);
    double written = wall_seconds();
    farm_free(f);
    printf(
        "{\"join\": %.3f, \"compare\": %.3f, \"write\": %.3f, \"join_bytes\": %.0f, \"compare_bytes\": %.0f, "
        "\"bytes\": %.0f}\n",
        joined - begin, compared - joined, written - compared, joined_bytes, compared_bytes, peak_bytes());
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 6 && strcmp(argv[1], "make") == 0) return make(argv[2], argv[3], atoi(argv[4]), argv[5]);
    if (argc > 3 && strcmp(argv[1], "merge") == 0)
        return merge(argv[2], (const char *const *)argv + 3, (size_t)argc - 3);
    fprintf(stderr, "usage: bench_merge make CONFIG REPEATS SHARDS FOLDER | bench_merge merge FOLDER STORE...\n");
    return 2;
}
