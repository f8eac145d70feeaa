/* results.c - memory for what a run brings out, laid out before the run so that nothing grows during it.
 * In: experiments, how many repeats. Out: arrays full of NaN, for the pool to fill in any order.
 * Must not know how a forecast is made, files or tests.
 * Invariant: a value that was never written is NaN, which every later room shows as a diverged repeat. */
#include "results.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

/* Adds a * b items of size each to *bytes. False: the sum or the product is more than a size_t holds. */
static bool add_items(size_t *bytes, size_t a, size_t b, size_t size) {
    if (b != 0 && a > SIZE_MAX / size / b) return false;
    size_t more = a * b * size;
    if (more > SIZE_MAX - *bytes) return false;
    *bytes += more;
    return true;
}

int results_loss_epoch(int epochs, size_t n, size_t i) {
    return (int)(((uint64_t)(i + 1) * (uint64_t)epochs + n - 1) / n);
}

int results_loss_point(int epochs, size_t n, int epoch) {
    uint64_t i = (uint64_t)epoch * n / (uint64_t)epochs;
    return i >= 1 && i <= n && results_loss_epoch(epochs, n, (size_t)i - 1) == epoch ? (int)i - 1 : -1;
}

static size_t loss_points(int epochs) { return epochs < MOST_LOSSES ? (size_t)epochs : MOST_LOSSES; }

/* The counts of one experiment; its arrays are still NULL. */
static experiment_result shape_of(const experiment *e, size_t repeats, unsigned keep) {
    bool fixed = !experiment_is_lstm(e);
    return (experiment_result){
        .deterministic = fixed,
        .n_repeats = fixed ? 1 : repeats,
        .n_test = (size_t)e->frame.test,
        .n_weights = (keep & KEEP_WEIGHTS) && !fixed ? lstm_parameters(&e->model) : 0,
        .n_losses = (keep & KEEP_LOSSES) && !fixed ? loss_points(e->train.epochs) : 0,
        .part_length = (size_t)scheme_walk_length(e),
        .n_parts = (size_t)((e->frame.test - 1) / scheme_walk_length(e) + 1),
    };
}

/* Bytes of the arrays of one experiment, added to *bytes. */
static bool add_size(size_t *bytes, const experiment_result *e) {
    return add_items(bytes, e->n_repeats, 1 + e->n_test + e->n_weights + e->n_losses, sizeof(double)) &&
           add_items(bytes, e->n_repeats, e->n_parts, sizeof *e->known);
}

static double *nans(size_t n) {
    double *values = malloc((n ? n : 1) * sizeof *values);
    for (size_t i = 0; values && i < n; i++) values[i] = NAN;
    return values;
}

/* Arrays for counts that add_size has found to fit. */
static bool allocate(experiment_result *e) {
    e->rmse = nans(e->n_repeats);
    e->forecasts = nans(e->n_repeats * e->n_test);
    if (e->n_weights > 0) e->weights = nans(e->n_repeats * e->n_weights);
    if (e->n_losses > 0) e->losses = nans(e->n_repeats * e->n_losses);
    e->known = calloc(e->n_repeats * e->n_parts + 1, sizeof *e->known); /* + 1: a shard may have no repeat */
    return e->rmse && e->forecasts && e->known && (e->n_weights == 0 || e->weights) && (e->n_losses == 0 || e->losses);
}

/* The machine's memory in bytes; SIZE_MAX where it does not say. Asked beforehand, since Linux promises more than it
 * has and kills a program that takes it at its word. */
static size_t physical_memory(void) {
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages <= 0 || page <= 0 || (size_t)pages > SIZE_MAX / (size_t)page ? SIZE_MAX : (size_t)pages * (size_t)page;
}

static farm_status too_large(farm_errors *errors, size_t bytes, size_t repeats, unsigned keep) {
    static const char *const advices[] = {
        [0] = "ask for fewer repeats",
        [KEEP_WEIGHTS] = "ask for fewer repeats, or set save_models to false",
        [KEEP_LOSSES] = "ask for fewer repeats, or set record_loss to false",
        [KEEP_WEIGHTS | KEEP_LOSSES] = "ask for fewer repeats, or set save_models and record_loss to false",
    };
    const char *advice = advices[keep];
    error_place place = {.key = "repeats"};
    if (bytes == SIZE_MAX)
        errors_add(errors, place, "the results of %zu repeats are more than memory can address; %s", repeats, advice);
    else
        errors_add(errors, place, "out of memory: the results of %zu repeats need %zu bytes (%.1f GiB); %s", repeats,
                   bytes, (double)bytes / (1024.0 * 1024.0 * 1024.0), advice);
    return FARM_FAILED;
}

farm_status results_init(results *out, const experiment *experiments, size_t n_experiments, size_t repeats,
                         unsigned keep, farm_errors *errors) {
    *out = (results){0};
    farm_status status = FARM_FAILED;
    size_t bytes = 0;
    bool fits = n_experiments <= SIZE_MAX / sizeof *out->experiments;
    if (fits) out->experiments = calloc(n_experiments ? n_experiments : 1, sizeof *out->experiments);
    if (!out->experiments) goto done;
    out->n_experiments = n_experiments;
    for (size_t i = 0; i < n_experiments; i++) {
        out->experiments[i] = shape_of(&experiments[i], repeats, keep);
        fits = fits && add_size(&bytes, &out->experiments[i]);
    }
    if (!fits || bytes > physical_memory()) goto done;
    for (size_t i = 0; i < n_experiments; i++)
        if (!allocate(&out->experiments[i])) goto done;
    status = FARM_OK;
done:
    if (status != FARM_OK) {
        status = too_large(errors, fits ? bytes : SIZE_MAX, repeats, keep);
        results_free(out);
    }
    return status;
}

void results_free(results *r) {
    for (size_t i = 0; r->experiments && i < r->n_experiments; i++) {
        free(r->experiments[i].rmse);
        free(r->experiments[i].forecasts);
        free(r->experiments[i].weights);
        free(r->experiments[i].known);
        free(r->experiments[i].losses);
    }
    free(r->experiments);
    *r = (results){0};
}

bool results_complete(const experiment_result *e, size_t repeat) {
    for (size_t part = 0; part < e->n_parts; part++)
        if (!e->known[repeat * e->n_parts + part]) return false;
    return true;
}
