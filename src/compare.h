/* compare.h - which experiments are compared with which, and what each comparison came to.
 * In: experiments, results. Out: a table of comparisons and a plain sentence for each.
 * Must not know files, CSV or terminals. */
#ifndef COMPARE_H
#define COMPARE_H

#include "results.h"
#include "schemes.h"
#include "stats.h"

typedef struct {
    int a, b;
} compare_pair; /* experiment indices */

typedef struct {
    int reference; /* experiment index; -1: none (all_pairs, or a single experiment) */
    bool all_pairs;
    compare_pair *pairs; /* [n_pairs] asked for by name */
    size_t n_pairs;
    adjustment adjust;
    double alpha; /* in (0, 1) */
} compare_spec;

/* Why a pair is compared; the sentence depends on it. */
typedef enum { PAIR_REFERENCE, PAIR_MATCHED, PAIR_ASKED } pair_reason;

typedef struct {
    int a, b; /* experiment indices; differences are a - b */
    pair_reason reason;
    const char *test; /* "paired_t"; "one_sample_t" against a deterministic b; "none" between two deterministic ones, or
                         where a and b forecast different test rows */
    bool windows_differ; /* they do: RMSEs over other rows are not compared, n is 0 and nothing has a value */
    t_test result;       /* between two deterministic ones n is 1 and only the mean difference has a value */
    double p_adjusted;
    size_t left_out; /* pairs left out because a repeat of either diverged */
    double b_rmse;   /* of a deterministic b, series units; NaN where b varies */
} comparison;

typedef struct {
    comparison *items;
    size_t n;
    size_t n_tested; /* items with a p: the family that the adjustment is over */
    double alpha;
    adjustment adjust;
    int reference; /* as in the spec */
} comparisons;

/* Pairs, each once whichever way round, in this order: every other experiment with the reference (or all pairs, the
 * later one as a), every update with its matched baselines, the pairs asked for. A pair that several reasons name
 * stands where the first put it, as PAIR_MATCHED if that is one of them: that says most. A deterministic side is
 * always b. The adjustment is over all of them. FARM_FAILED: out of memory. */
farm_status compare_all(comparisons *out, const compare_spec *spec, const experiment *experiments, const results *r,
                        farm_errors *errors);
void compare_free(comparisons *c);

/* Whether an update and its baseline differ in more than their training: an update's epochs end with a state of zero, from
 * which its forecasts start, where the baseline's go on from the state of the one before. */
bool compare_states_differ(const experiment *update, const experiment *baseline);

/* One plain sentence on item i, without a newline: who is better, by how much with its interval, p (adjusted), n,
 * effect size and, when n is too small to tell, how many repeats would settle it. Truncated to size. Call within a
 * number_locale. */
void compare_sentence(char *text, size_t size, const comparisons *c, size_t i, const experiment *experiments);

#endif
