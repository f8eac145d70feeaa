/* fuzz_weights.c - any bytes as a weights file, for models of several shapes.
 * What is refused says why. What is taken is finite, and comes back the same bit for bit from what save_models writes of
 * it. Whether there are weights enough for a number of refits is answered without a fault where there are. */
#include "fuzz.h"

#include "numbers.h"
#include "report_parts.h"
#include "weights_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char path[] = "fuzz.json", saved_path[] = "saved.json";

static const struct {
    lstm_shape shape;
    size_t repeats;
} models[] = {
    {{.lags = 1, .neurons = 1, .bias_vectors = 1}, 1}, {{.lags = 2, .neurons = 1, .bias_vectors = 1}, 2},
    {{.lags = 1, .neurons = 2, .bias_vectors = 1}, 1}, {{.lags = 1, .neurons = 1, .bias_vectors = 2}, 2},
    {{.lags = 2, .neurons = 2, .bias_vectors = 2}, 3},
};
enum { N_MODELS = sizeof models / sizeof *models };

/* The n weights of each of a set's models, one after the other; the caller's. */
static double *flattened(const weights_set *set, size_t n) {
    double *all = malloc(set->n * n * sizeof *all);
    for (size_t i = 0; i < set->n; i++) memcpy(all + i * n, set->given[i].weights, n * sizeof *all);
    return all;
}

/* What save_models writes; the caller's. */
static char *saved(const weights_set *set, double *weights, size_t n) {
    char *text = NULL;
    size_t size;
    experiment e = {.model = set->shape};
    experiment_result result = {.n_repeats = set->n, .weights = weights, .n_weights = n};
    results all = {.experiments = &result, .n_experiments = 1};
    report_input in = {.experiments = &e, .n_experiments = 1, .results = &all};
    FILE *out = open_memstream(&text, &size);
    number_locale held = number_locale_enter();
    report_models_json(out, &in, 0);
    number_locale_leave(&held);
    fclose(out);
    return text;
}

static void check_saved(const weights_set *set) {
    size_t n = lstm_parameters(&set->shape);
    double *weights = flattened(set, n);
    char *text = saved(set, weights, n);
    farm_errors errors = {0};
    json_texts texts = {.errors = &errors};
    weights_files files = {0};
    fuzz_file(saved_path, text, strlen(text));
    const weights_set *again = weights_get(&files, &texts, saved_path, NULL, &set->shape, set->n);
    fuzz_require(again && again->n == set->n && errors.n == 0, "saved models are a weights file");
    double *back = flattened(again, n);
    fuzz_require(memcmp(weights, back, set->n * n * sizeof *back) == 0, "saved models read back bit for bit");
    weights_files_free(&files);
    json_texts_free(&texts);
    free(back);
    free(text);
    free(weights);
}

static void check_finite(const double *weights, size_t n) {
    for (size_t i = 0; i < n; i++) fuzz_require(isfinite(weights[i]), "every weight is finite");
}

static void check_set(const weights_set *set, json_texts *texts) {
    size_t n = lstm_parameters(&set->shape), least = set->given[0].n_refits, faults = texts->n_faults;
    for (size_t i = 0; i < set->n; i++) {
        const given_weights *given = &set->given[i];
        check_finite(given->weights, n);
        for (size_t r = 0; r < given->n_refits; r++) check_finite(given->refits[r], n);
        if (given->n_refits < least) least = given->n_refits;
    }
    fuzz_require(weights_have_refits(set, texts, NULL, least) && texts->n_faults == faults,
                 "weights for every refit are enough");
    fuzz_require(!weights_have_refits(set, texts, NULL, least + 1) && texts->n_faults == faults + 1,
                 "weights for fewer refits are a fault");
    check_saved(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    farm_errors errors = {0};
    json_texts texts = {.errors = &errors};
    weights_files files = {0};
    fuzz_file(path, bytes, n);
    for (size_t i = 0; i < N_MODELS; i++) {
        const weights_set *set = weights_get(&files, &texts, path, NULL, &models[i].shape, models[i].repeats);
        fuzz_close_files(); /* read once, and asked for again */
        if (set)
            check_set(set, &texts);
        else
            fuzz_require(texts.n_faults > 0, "a refusal is a fault");
        fuzz_close_files();
    }
    if (texts.n_faults > 0) fuzz_check_faults(FARM_BAD_INPUT, &errors, path, bytes, n);
    weights_files_free(&files);
    json_texts_free(&texts);
    farm_errors_free(&errors);
    return 0;
}
