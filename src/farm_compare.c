/* farm_compare.c - result files, whoever wrote them, through the same tests and tables as a run. See farm.h.
 * In: paths of CSVs. Out: text. Must not know configs or training. */
#include "compare.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>

/* out/a/experiment_update_2.csv -> update_2: what an experiment is called by its file. */
static char *name_of_file(const char *path) {
    static const char prefix[] = "experiment_", suffix[] = ".csv";
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    if (strncmp(base, prefix, sizeof prefix - 1) == 0) base += sizeof prefix - 1;
    size_t length = strlen(base);
    if (length > sizeof suffix - 1 && strcmp(base + length - (sizeof suffix - 1), suffix) == 0)
        length -= sizeof suffix - 1;
    return strndup(base, length);
}

/* Where two files would have one name, all go by their paths. */
static farm_status name_files(experiment *experiments, const char *const *paths, size_t n) {
    bool clash = false;
    for (size_t i = 0; i < n; i++) {
        experiments[i].name = name_of_file(paths[i]);
        if (!experiments[i].name) return FARM_FAILED;
        for (size_t j = 0; j < i; j++) clash = clash || strcmp(experiments[i].name, experiments[j].name) == 0;
    }
    for (size_t i = 0; clash && i < n; i++) {
        free(experiments[i].name);
        experiments[i].name = strdup(paths[i]);
        if (!experiments[i].name) return FARM_FAILED;
    }
    return FARM_OK;
}

/* One file's lines are one experiment's RMSEs; the array goes over to the result. */
static farm_status read_file(experiment_result *result, const char *path, farm_errors *errors) {
    series values;
    farm_status status = series_read_results(&values, path, "results", errors);
    if (status != FARM_OK) return status;
    result->rmse = values.values;
    result->n_repeats = values.n;
    result->deterministic = values.n == 1;
    return FARM_OK;
}

/* As pairs, files of several lines must have equally many, or no line would have its pair. */
static farm_status check_lengths(const results *r, const char *const *paths, farm_errors *errors) {
    size_t first = 0;
    while (first < r->n_experiments && r->experiments[first].n_repeats == 1) first++;
    farm_status status = FARM_OK;
    for (size_t i = first; i < r->n_experiments; i++) {
        size_t n = r->experiments[i].n_repeats, wanted = r->experiments[first].n_repeats;
        if (n == 1 || n == wanted) continue;
        errors_add(
            errors, (error_place){.file = paths[i], .key = "results"},
            "%zu results against %zu in %s; --paired needs equally many, line by line from the same repeat; without "
            "it the files are compared as independent samples",
            n, wanted, paths[first]);
        status = FARM_BAD_INPUT;
    }
    return status;
}

static farm_status read_files(experiment *experiments, results *r, const char *const *paths, farm_pairing pairing,
                              farm_errors *errors) {
    farm_status status = name_files(experiments, paths, r->n_experiments);
    if (status != FARM_OK) return status;
    for (size_t i = 0; i < r->n_experiments; i++) {
        farm_status read = read_file(&r->experiments[i], paths[i], errors);
        if (status == FARM_OK) status = read; /* go on: every file's faults are listed */
    }
    return status == FARM_OK && pairing == FARM_PAIRED ? check_lengths(r, paths, errors) : status;
}

static size_t most_repeats(const results *r) {
    size_t n = 0;
    for (size_t i = 0; i < r->n_experiments; i++)
        if (r->experiments[i].n_repeats > n) n = r->experiments[i].n_repeats;
    return n;
}

static farm_status compare_and_print(const experiment *experiments, const results *r, farm_pairing pairing, FILE *out,
                                     const farm_style *style, farm_errors *errors) {
    compare_spec spec = {.reference = r->n_experiments > 1 ? 0 : -1, .adjust = ADJUST_HOLM, .alpha = 0.05};
    compare_input pairs = {
        .spec = &spec, .experiments = experiments, .results = r, .unpaired = pairing == FARM_UNPAIRED};
    comparisons tests = {0};
    farm_status status = compare_all(&tests, &pairs, errors);
    report_input in = {.name = "comparison",
                       .repeats = most_repeats(r),
                       .experiments = experiments,
                       .n_experiments = r->n_experiments,
                       .results = r,
                       .comparisons = &tests};
    if (status == FARM_OK && out && !report_print(&in, out, style)) status = FARM_FAILED;
    compare_free(&tests);
    return status;
}

farm_status farm_compare_files(const char *const *paths, size_t n, farm_pairing pairing, FILE *out,
                               const farm_style *style, farm_errors *errors) {
    experiment *experiments = calloc(n ? n : 1, sizeof *experiments);
    results r = {.experiments = calloc(n ? n : 1, sizeof *r.experiments), .n_experiments = n};
    farm_status status = FARM_FAILED;
    if (!experiments || !r.experiments) goto done;
    status = read_files(experiments, &r, paths, pairing, errors);
    if (status == FARM_OK) status = compare_and_print(experiments, &r, pairing, out, style, errors);
done:
    for (size_t i = 0; experiments && i < n; i++) free(experiments[i].name);
    free(experiments);
    results_free(&r);
    return status;
}
