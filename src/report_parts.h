/* report_parts.h - the writers behind report.h, each for one file. Private to report*.c.
 * Each writes to an open stream and leaves it to its caller to see whether that went well; all within a
 * number_locale. */
#ifndef REPORT_PARTS_H
#define REPORT_PARTS_H

#include "forecast_summary.h"
#include "report.h"

/* report_csv.c; i is an experiment */
void report_results_csv(FILE *out, const report_input *in, size_t i);
void report_summary_csv(FILE *out, const report_input *in, const summary *summaries);
void report_comparisons_csv(FILE *out, const report_input *in);
void report_pairs_csv(FILE *out, const report_input *in);
void report_ranks_csv(FILE *out, const report_input *in);
void report_forecasts_csv(FILE *out, const report_input *in);
void report_forecast_quantiles_csv(FILE *out, const report_input *in, forecast_summary *const *all);
void report_losses_csv(FILE *out, const report_input *in);

/* report_json.c */
void report_put_string(FILE *out, const char *text); /* as a JSON string; bytes that are not UTF-8 become U+FFFD */
void report_put_number(FILE *out, double value);     /* null where it is not finite */
void report_run_json(FILE *out, const report_input *in);
void report_models_json(FILE *out, const report_input *in, size_t i);

/* report_terminal.c: decimals that give the upper quartile of all means five digits, so that a mean far off changes
 * nothing. */
int report_decimals(const summary *summaries, size_t n);

/* report_terminal.c: the last part of a path. */
const char *report_file_name(const char *path);

/* report_words.c: a plain sentence or two, without a newline; false: there is nothing to say of that, and text is empty.
 * Truncated to size. What ended a run that was not told how many repeats; where states of updates and baselines differ;
 * what the tests, and Diebold and Mariano's, speak of; that p is adjusted; what pairing bought; Friedman's test; that there is nothing to
 * compare; what begins a list of diverged repeats; what the cheapest and the dearest experiment cost. */
typedef enum {
    SAY_UNTIL,
    SAY_STATES,
    SAY_NOISE,
    SAY_ROWS,
    SAY_FAMILY,
    SAY_PAIRING,
    SAY_RANKS,
    SAY_NOTHING,
    SAY_DIVERGED,
    SAY_COST,
    N_REPORT_SENTENCES
} report_sentence;
enum { REPORT_SENTENCE = 600 }; /* bytes that any of them takes */
bool report_say(char *text, size_t size, report_sentence which, const report_input *in);

/* Tests with a p of the kind that sentences go by. */
size_t report_tested(const comparisons *c);

/* report_cost.c, of runs: gradient steps of one repeat of experiment i, trained by itself, 0 for a baseline; and seconds of
 * one thread, NaN where they are not known. */
uint64_t report_cost_steps(const report_input *in, size_t i);
double report_cost_seconds(const report_input *in, size_t i);
/* Both of each experiment, as the last member of an object that is being written: from the comma before it on. */
void report_costs_json(FILE *out, const report_input *in);

/* report_document.c */
void report_document(FILE *out, const report_input *in, const summary *summaries);

/* The summary of each experiment, [n_experiments], the caller's. NULL: out of memory. */
summary *report_summaries(const report_input *in);

#endif
