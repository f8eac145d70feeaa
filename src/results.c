/* results.c - memory for what a run brings out, laid out before the run so that nothing grows during it.
 * In: experiments, how many repeats. Out: arrays full of NaN, for the pool to fill in any order.
 * Must not know how a forecast is made, files or tests.
 * Invariant: a value that was never written is NaN, which every later room shows as a diverged repeat. */
#include "results.h"
#include "memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int results_loss_epoch(int epochs, size_t n, size_t i) {
    return (int)(((uint64_t)(i + 1) * (uint64_t)epochs + n - 1) / n);
}

int results_loss_point(int epochs, size_t n, int epoch) {
    uint64_t i = (uint64_t)epoch * n / (uint64_t)epochs;
    return i >= 1 && i <= n && results_loss_epoch(epochs, n, (size_t)i - 1) == epoch ? (int)i - 1 : -1;
}

size_t results_loss_points(int epochs) { return epochs < MOST_LOSSES ? (size_t)epochs : MOST_LOSSES; }

/* The counts of one experiment; its arrays are still NULL. */
static experiment_result shape_of(const experiment *e, size_t repeats, size_t window, unsigned keep) {
    bool fixed = !experiment_is_lstm(e);
    return (experiment_result){
        .deterministic = fixed,
        .n_repeats = fixed ? 1 : repeats,
        .n_at = fixed ? 1 : window,
        .n_test = (size_t)e->frame.test,
        .n_weights = (keep & KEEP_WEIGHTS) && !fixed ? lstm_parameters(&e->model) : 0,
        .n_losses = (keep & KEEP_LOSSES) && !fixed ? results_loss_points(e->train.epochs) : 0,
        .part_length = (size_t)scheme_walk_length(e),
        .n_parts = (size_t)((e->frame.test - 1) / scheme_walk_length(e) + 1),
    };
}

/* Bytes of what is at hand, of one repeat and experiment. */
static size_t at_hand_size(const experiment_result *e) {
    return memory_sum(memory_product(e->n_test, sizeof *e->forecasts), e->n_parts * sizeof *e->known);
}

/* Bytes of the arrays of one experiment, and of as much again of its RMSEs, which tests and tables sort copies of;
 * SIZE_MAX: more than there are. */
static size_t size_of(const experiment_result *e) {
    size_t numbers = memory_sum(memory_sum(2, e->n_weights), e->n_losses);
    return memory_sum(memory_product(e->n_repeats, memory_product(numbers, sizeof(double))),
                      memory_product(e->n_at, at_hand_size(e)));
}

size_t results_window(const experiment *experiments, size_t n_experiments) {
    enum { AT_HAND = 64 << 20, MULTIPLE = 64 };
    size_t a_repeat = 1;
    for (size_t i = 0; i < n_experiments; i++) {
        experiment_result e = shape_of(&experiments[i], 1, 1, 0);
        if (!e.deterministic) a_repeat = memory_sum(a_repeat, at_hand_size(&e));
    }
    size_t fit = AT_HAND / a_repeat / MULTIPLE;
    return MULTIPLE * (fit ? fit : 1);
}

size_t results_bytes(const experiment *experiments, size_t n_experiments, size_t repeats, size_t window,
                     unsigned keep) {
    size_t bytes = memory_product(n_experiments, sizeof(experiment_result));
    for (size_t i = 0; i < n_experiments; i++) {
        experiment_result e = shape_of(&experiments[i], repeats, window && window < repeats ? window : repeats, keep);
        bytes = memory_sum(bytes, size_of(&e));
    }
    return bytes;
}

static double *nans(size_t n) {
    double *values = malloc((n ? n : 1) * sizeof *values);
    for (size_t i = 0; values && i < n; i++) values[i] = NAN;
    return values;
}

/* Arrays for counts that results_check has found to fit. */
static bool allocate(experiment_result *e) {
    e->rmse = nans(e->n_repeats);
    e->forecasts = nans(e->n_at * e->n_test);
    if (e->n_weights > 0) e->weights = nans(e->n_repeats * e->n_weights);
    if (e->n_losses > 0) e->losses = nans(e->n_repeats * e->n_losses);
    e->known = calloc(e->n_at * e->n_parts + 1, sizeof *e->known); /* + 1: a shard may have no repeat */
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

farm_status results_check(const experiment *experiments, size_t n_experiments, size_t repeats, size_t window,
                          unsigned keep, farm_errors *errors) {
    size_t at_hand, bytes = results_bytes(experiments, n_experiments, repeats, window, keep);
    return memory_has(bytes, &at_hand) ? FARM_OK : too_large(errors, bytes, at_hand, repeats, keep);
}

farm_status results_init(results *out, const experiment *experiments, size_t n_experiments, size_t repeats,
                         size_t window, unsigned keep, farm_errors *errors) {
    *out = (results){0};
    if (results_check(experiments, n_experiments, repeats, window, keep, errors) != FARM_OK) return FARM_FAILED;
    *out = (results){.experiments = calloc(n_experiments ? n_experiments : 1, sizeof *out->experiments),
                     .window = window && window < repeats ? window : repeats,
                     .lost = calloc(1, sizeof *out->lost)};
    bool made = out->experiments && out->lost;
    for (size_t i = 0; made && i < n_experiments; i++) {
        out->experiments[i] = shape_of(&experiments[i], repeats, out->window, keep);
        out->n_experiments = i + 1;
        made = allocate(&out->experiments[i]);
    }
    if (made) return FARM_OK;
    size_t at_hand, bytes = results_bytes(experiments, n_experiments, repeats, window, keep);
    memory_has(bytes, &at_hand);
    results_free(out);
    return too_large(errors, bytes, at_hand, repeats, keep);
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
    free(r->lost);
    *r = (results){0};
}

/* --- what is at hand -------------------------------------------------------------------------------------------- */

void results_turn(const results *r, size_t index, size_t at) {
    experiment_result *e = &r->experiments[index];
    if (e->deterministic) return;
    e->at = at;
    e->n_at = e->n_repeats - at < r->window ? e->n_repeats - at : r->window;
    for (size_t i = 0; i < e->n_at * e->n_test; i++) e->forecasts[i] = NAN;
    if (e->n_at > 0) memset(e->known, false, e->n_at * e->n_parts * sizeof *e->known);
}

const double *results_forecasts(const results *r, size_t index, size_t repeat) {
    const experiment_result *e = &r->experiments[index];
    if (r->source.fetch && (repeat < e->at || repeat - e->at >= e->n_at)) {
        results_turn(r, index, repeat - repeat % r->window);
        if (!r->source.fetch(r->source.context, index)) *r->lost = true;
    }
    return e->forecasts + (repeat - e->at) * e->n_test;
}

bool results_lost(const results *r) { return r->lost && *r->lost; }

bool results_complete(const experiment_result *e, size_t repeat) {
    for (size_t part = 0; part < e->n_parts; part++)
        if (!e->known[(repeat - e->at) * e->n_parts + part]) return false;
    return true;
}

void results_keep_first(results *r, size_t repeats) {
    for (size_t i = 0; i < r->n_experiments; i++) /* arrays are by repeat: the first ones stay where they are */
        if (!r->experiments[i].deterministic && r->experiments[i].n_repeats > repeats) {
            experiment_result *e = &r->experiments[i];
            e->n_repeats = repeats;
            e->n_at = repeats - e->at < e->n_at ? repeats - e->at : e->n_at;
        }
}
