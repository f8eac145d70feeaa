/* results.c - memory for what a run brings out, laid out before the run so that nothing grows during it.
 * In: experiments, how many repeats. Out: arrays full of NaN, for the pool to fill in any order.
 * Must not know how a forecast is made, files or tests.
 * Invariant: a value that was never written is NaN, which every later room shows as a diverged repeat. */
#include "results.h"
#include "memory.h"

#include <math.h>
#include <stdlib.h>

int results_loss_epoch(int epochs, size_t n, size_t i) {
    return (int)(((uint64_t)(i + 1) * (uint64_t)epochs + n - 1) / n);
}

int results_loss_point(int epochs, size_t n, int epoch) {
    uint64_t i = (uint64_t)epoch * n / (uint64_t)epochs;
    return i >= 1 && i <= n && results_loss_epoch(epochs, n, (size_t)i - 1) == epoch ? (int)i - 1 : -1;
}

size_t results_loss_points(int epochs) { return epochs < MOST_LOSSES ? (size_t)epochs : MOST_LOSSES; }

/* The counts of one experiment; its arrays are still NULL. */
static experiment_result shape_of(const experiment *e, size_t repeats, unsigned keep) {
    bool fixed = !experiment_is_lstm(e);
    return (experiment_result){
        .deterministic = fixed,
        .n_repeats = fixed ? 1 : repeats,
        .n_test = (size_t)e->frame.test,
        .n_weights = (keep & KEEP_WEIGHTS) && !fixed ? lstm_parameters(&e->model) : 0,
        .n_losses = (keep & KEEP_LOSSES) && !fixed ? results_loss_points(e->train.epochs) : 0,
        .part_length = (size_t)scheme_walk_length(e),
        .n_parts = (size_t)((e->frame.test - 1) / scheme_walk_length(e) + 1),
    };
}

/* Bytes of the arrays of one experiment; SIZE_MAX: more than there are. */
static size_t size_of(const experiment_result *e) {
    size_t numbers = memory_sum(memory_sum(1 + e->n_test, e->n_weights), e->n_losses);
    size_t a_repeat = memory_sum(memory_product(numbers, sizeof(double)), e->n_parts * sizeof *e->known);
    return memory_product(e->n_repeats, a_repeat);
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

static farm_status too_large(farm_errors *errors, size_t bytes, size_t at_hand, size_t repeats, unsigned keep) {
    static const char *const advices[] = {
        [0] = "ask for fewer repeats",
        [KEEP_WEIGHTS] = "ask for fewer repeats, or set save_models to false",
        [KEEP_LOSSES] = "ask for fewer repeats, or set record_loss to false",
        [KEEP_WEIGHTS | KEEP_LOSSES] = "ask for fewer repeats, or set save_models and record_loss to false",
    };
    char needed[MEMORY_TEXT], had[MEMORY_TEXT];
    memory_text(needed, bytes);
    memory_text(had, at_hand);
    errors_add(errors, (error_place){.key = "repeats"},
               "out of memory: the results of %zu repeats need %s, and %s are at hand; %s", repeats, needed, had,
               advices[keep]);
    return FARM_FAILED;
}

farm_status results_init(results *out, const experiment *experiments, size_t n_experiments, size_t repeats,
                         unsigned keep, farm_errors *errors) {
    farm_status status = FARM_FAILED;
    size_t bytes = memory_product(n_experiments, sizeof *out->experiments), at_hand = 0;
    *out = (results){.experiments = calloc(n_experiments ? n_experiments : 1, sizeof *out->experiments)};
    if (!out->experiments) goto done;
    out->n_experiments = n_experiments;
    for (size_t i = 0; i < n_experiments; i++) {
        out->experiments[i] = shape_of(&experiments[i], repeats, keep);
        bytes = memory_sum(bytes, size_of(&out->experiments[i]));
    }
    if (!memory_has(bytes, &at_hand)) goto done;
    for (size_t i = 0; i < n_experiments; i++)
        if (!allocate(&out->experiments[i])) goto done;
    status = FARM_OK;
done:
    if (status != FARM_OK) {
        status = too_large(errors, bytes, at_hand, repeats, keep);
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

void results_keep_first(results *r, size_t repeats) {
    for (size_t i = 0; i < r->n_experiments; i++) /* arrays are by repeat: the first ones stay where they are */
        if (!r->experiments[i].deterministic && r->experiments[i].n_repeats > repeats)
            r->experiments[i].n_repeats = repeats;
}
