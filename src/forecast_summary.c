/* forecast_summary.c - test rows summarised over the repeats. See forecast_summary.h.
 * Forecasts lie by repeat, and of many repeats only some are at hand: so each pass over the repeats gathers the columns of
 * as many rows as fit into a good amount of memory. */
#include "forecast_summary.h"

#include <stdlib.h>

static bool summarise(forecast_summary *out, const double *column, size_t n_repeats) {
    static const double quantiles[] = {0.05, 0.1, 0.9, 0.95};
    double found[sizeof quantiles / sizeof *quantiles];
    if (!stats_describe(&out->all, found, quantiles, sizeof quantiles / sizeof *quantiles, column, n_repeats))
        return false;
    out->q05 = found[0];
    out->q10 = found[1];
    out->q90 = found[2];
    out->q95 = found[3];
    return true;
}

/* Summaries first ... end - 1, in one pass over the repeats. columns [end - first][n_repeats] is room. */
static bool summarise_rows(forecast_summary *out, size_t first, size_t end, const results *r, size_t index,
                           size_t every, double *columns) {
    size_t n_repeats = r->experiments[index].n_repeats;
    bool done = true;
    for (size_t repeat = 0; repeat < n_repeats; repeat++) {
        const double *forecasts = results_forecasts(r, index, repeat);
        for (size_t k = first; k < end; k++) columns[(k - first) * n_repeats + repeat] = forecasts[k * every];
    }
    for (size_t k = first; done && k < end; k++)
        done = summarise(&out[k], columns + (k - first) * n_repeats, n_repeats);
    return done;
}

bool forecast_summaries(forecast_summary *out, const results *r, size_t index, size_t every) {
    enum { AT_ONCE = 4 << 20 }; /* numbers: of many repeats a few rows, or one */
    const experiment_result *e = &r->experiments[index];
    size_t n = (e->n_test + every - 1) / every, n_repeats = e->n_repeats ? e->n_repeats : 1;
    size_t rows = n_repeats < AT_ONCE ? AT_ONCE / n_repeats : 1;
    if (rows > n) rows = n;
    double *columns = malloc((rows ? rows : 1) * n_repeats * sizeof *columns);
    bool done = columns != NULL;
    for (size_t k = 0; done && k < n; k += rows)
        done = summarise_rows(out, k, k + rows < n ? k + rows : n, r, index, every, columns);
    free(columns);
    return done;
}

forecast_summary **forecast_summaries_all(const results *r) {
    forecast_summary **all = calloc(r->n_experiments ? r->n_experiments : 1, sizeof *all);
    bool done = all != NULL;
    for (size_t i = 0; done && i < r->n_experiments; i++) {
        size_t n = r->experiments[i].n_test;
        all[i] = malloc((n ? n : 1) * sizeof *all[i]);
        done = all[i] && forecast_summaries(all[i], r, i, 1);
    }
    if (done) return all;
    forecast_summaries_free(all, r->n_experiments);
    return NULL;
}

void forecast_summaries_free(forecast_summary **all, size_t n_experiments) {
    for (size_t i = 0; all && i < n_experiments; i++) free(all[i]);
    free(all);
}
