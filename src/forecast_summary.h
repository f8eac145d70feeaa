/* forecast_summary.h - what the repeats of an experiment forecast at each test row, summarised over the repeats.
 * In: results. Out: plain numbers, for pictures and tables alike. Must not know how either looks. */
#ifndef FORECAST_SUMMARY_H
#define FORECAST_SUMMARY_H

#include "results.h"
#include "stats.h"

/* Of one test row, over the repeats whose forecast of it is finite. NaN where there is none. */
typedef struct {
    summary all;
    double q05, q10, q90, q95; /* as the quartiles of the summary */
} forecast_summary;

/* Of test rows 0, every, 2 * every, ... of an experiment; out has room for them. Exact over all repeats, of which no more
 * forecasts are held at once than take 32 MiB, or than one row has. false: out of memory. */
bool forecast_summaries(forecast_summary *out, const results *r, size_t index, size_t every);

/* Of every test row of every experiment, [n_experiments][n_test]; to be freed. NULL: out of memory. */
forecast_summary **forecast_summaries_all(const results *r);
void forecast_summaries_free(forecast_summary **all, size_t n_experiments); /* all may be NULL */

#endif
