/* compare.h - which experiments are compared with which, and what each comparison came to.
 * In: experiments, results. Out: a table of pairs with their tests, ranks over all experiments, and plain sentences.
 * Must not know files, CSV or terminals. */
#ifndef COMPARE_H
#define COMPARE_H

#include "results.h"
#include "schemes.h"
#include "stats.h"

typedef struct {
    int a, b;
} compare_pair; /* experiment indices */

/* X(CONSTANT, name): what compare.tests may list. All but friedman test pairs. */
#define COMPARE_TESTS(X)                                                                                               \
    X(PAIRED_T, paired_t)                                                                                              \
    X(WILCOXON, wilcoxon)                                                                                              \
    X(SIGN, sign)                                                                                                      \
    X(WELCH, welch)                                                                                                    \
    X(FRIEDMAN, friedman)
#define COMPARE_TEST_CONSTANT(CONSTANT, name) TEST_##CONSTANT,
typedef enum { COMPARE_TESTS(COMPARE_TEST_CONSTANT) N_COMPARE_TESTS } compare_test;

typedef struct {
    int reference; /* experiment index; -1: none (all_pairs, or a single experiment) */
    bool all_pairs;
    compare_pair *pairs; /* [n_pairs] asked for by name */
    size_t n_pairs;
    compare_test tests[N_COMPARE_TESTS]; /* [n_tests] in the order to report them; no test of pairs: paired_t */
    size_t n_tests;
    adjustment adjust;
    double alpha; /* in (0, 1) */
    double
        rope; /* region of practical equivalence: mean differences within +-rope are none, series units; 0: no region */
} compare_spec;

/* What is compared. Nothing is owned. */
typedef struct {
    const compare_spec *spec;
    const experiment *experiments; /* [results.n_experiments] */
    const results *results;
    const frame *const *frames; /* [results.n_experiments] what was to be forecast; NULL: RMSEs are all there is */
    uint64_t seed;              /* of the bootstrap's draws: the run's */
    int threads;                /* that draw; 0: one */
    bool unpaired; /* repeat r of one experiment has nothing to do with repeat r of another, nor need they be as many:
                      tests of pairs are welch */
} compare_input;

/* Why a pair is compared; the sentence depends on it. */
typedef enum { PAIR_REFERENCE, PAIR_MATCHED, PAIR_ASKED } pair_reason;
const char *pair_reason_name(pair_reason reason); /* "reference", "matched", "asked" */

/* What a pair came to, from a's side; lower RMSEs are better. */
typedef enum { VERDICT_NONE, VERDICT_BETTER, VERDICT_WORSE, VERDICT_EQUIVALENT, VERDICT_UNDECIDED } pair_verdict;
const char *pair_verdict_name(pair_verdict verdict); /* "none", "better", "worse", "equivalent", "undecided" */

/* One test of a pair, one row of comparisons.csv. */
typedef struct {
    const char *name;   /* "paired_t" ...; against a deterministic b "one_sample_t", "one_sample_wilcoxon",
                           "one_sample_sign"; "none" between two deterministic ones, or where a and b forecast different
                           test rows */
    compare_test kind;  /* that was asked for: all of a kind are one family for the adjustment */
    test_result result; /* between two deterministic ones n is 1 and only the mean difference has a value */
    double p_adjusted;
    double needed; /* repeats for 80% power after Bonferroni's bound on the adjustment; of a pair's first test alone */
} pair_test;

/* One pair, one row of pairs.csv. What has no value is NaN. */
typedef struct {
    int a, b; /* experiment indices; differences are a - b */
    pair_reason reason;
    bool windows_differ; /* they forecast other test rows: RMSEs are not compared, n is 0 and nothing has a value */
    pair_test *tests; /* [n_tests >= 1] in the order of the spec, none twice; sentences and verdict go by the first */
    size_t n_tests;
    size_t left_out; /* pairs left out because a repeat of either diverged */
    double b_rmse;   /* of a deterministic b, series units; NaN where b varies */

    size_t n;                                                /* pairs; unpaired: repeats of the side with fewer */
    double mean_difference, ci_low, ci_high;                 /* by the t-test (unpaired: Welch), series units */
    double median_difference, median_ci_low, median_ci_high; /* of the medians, by the bootstrap, series units */
    double effect_size; /* Cohen's dz: mean difference / sd of differences; unpaired: / root mean variance */
    double superiority; /* chance that a repeat of a is better than an independent one of b, ties half */
    double share_won;   /* of the repeats, by a, ties half; NaN: unpaired */
    double correlation; /* of a and b over the repeats; NaN: unpaired, or a side does not vary */
    double pairing;     /* how many times the repeats an unpaired test would need */

    size_t dm_n;               /* test rows of the Diebold-Mariano test on the mean forecasts; 0: not made */
    double dm_statistic, dm_p; /* statistic below 0: a's mean forecast has the lower squared error */

    double power, repeats_needed; /* at the effect size seen: of n repeats; for 80% */
    bool enough;                  /* n >= repeats_needed */
    double equivalence_p;         /* of both one-sided t-tests against +-rope, the larger; NaN: no region */
    pair_verdict told;    /* by the first test alone, adjusted: better or worse where mean and test say the same, else
                             undecided; none: not tested */
    pair_verdict verdict; /* by the first test and the region of equivalence, which goes before */
} comparison;

/* Friedman's test over all repeats that no ranked experiment diverged in, each a block; rank 1 is the lowest RMSE. */
typedef struct {
    double *mean_ranks;         /* [n_experiments]; NaN: not ranked, for other test rows or no result at all */
    size_t n_ranked;            /* experiments */
    size_t n, left_out;         /* repeats used, and left out since one diverged */
    double chi_square, df, p;   /* NaN for fewer than two repeats or experiments, or where all are tied */
    double critical_difference; /* Nemenyi's, of two mean ranks, at alpha */
} ranking;

/* All experiments of the common test rows against the best of them, by the first test, adjusted over all their pairs. */
typedef struct {
    int best;      /* lowest mean RMSE; -1: no experiment has a result */
    double *means; /* [n_experiments] RMSE; NaN: none */
    bool *
        compared; /* [n_experiments] has a result over the common test rows: the reference's, or else the first one's */
    bool *alike;  /* [n_experiments] cannot be told apart from the best; true for the best */
    size_t n_tests;                     /* of the family */
    int best_varying, best_constant;    /* the best with repeats, and without: LSTM and plain baseline; -1: none */
    pair_test varying_against_constant; /* best_varying - best_constant */
} standing;

typedef struct {
    comparison *items; /* [n] */
    size_t n;
    pair_test *tests; /* [n_tests] the items' tests lie here, item by item */
    size_t n_tests;
    size_t n_tested[N_COMPARE_TESTS];    /* tests with a p by kind: the families that the adjustment is over */
    compare_test kinds[N_COMPARE_TESTS]; /* [n_kinds] tests of pairs that were made, in order */
    size_t n_kinds;
    bool friedman; /* was asked for */
    ranking ranking;
    standing standing;
    size_t n_experiments;
    size_t resamples; /* of the bootstrap; 0: none */
    bool is_run;      /* forecasts were compared too: experiments of one run, not files */
    double alpha, rope;
    adjustment adjust;
    int reference; /* as in the spec */
    bool unpaired;
} comparisons;

/* Pairs, each once whichever way round, in this order: every other experiment with the reference (or all pairs, the
 * later one as a), every update with its matched baselines, the pairs asked for. A pair that several reasons name
 * stands where the first put it, as PAIR_MATCHED if that is one of them: that says most. A deterministic side is
 * always b. Tests are adjusted over all pairs of one kind. FARM_FAILED: out of memory. */
farm_status compare_all(comparisons *out, const compare_input *in, farm_errors *errors);
void compare_free(comparisons *c);

/* How well the first repeats ... know the mean differences that compare_all would report: the widest half interval of
 * any pair, at the spec's alpha, in series units; infinite where a pair has fewer than two repeats, 0 where there is
 * nothing to estimate. FARM_FAILED: out of memory. */
farm_status compare_half_width(double *widest, const compare_input *in, size_t repeats, farm_errors *errors);

/* Whether every mean difference that was compared is known to +-half_width. */
bool compare_is_precise(const comparisons *c, double half_width);

/* Whether an update and its baseline differ in more than their training: an update's epochs end with a state of zero, from
 * which its forecasts start, where the baseline's go on from the state of the one before. */
bool compare_states_differ(const experiment *update, const experiment *baseline);

/* What stands over the pairs of one reason: "Against ", to which the reference's name belongs, "All pairs", "New data or
 * just more training?", "Asked for". And what explains it, as "lower RMSE is better"; NULL: nothing. */
const char *compare_heading(const comparisons *c, pair_reason reason);
const char *compare_heading_note(pair_reason reason);

/* "Holm", "Bonferroni", "Benjamini-Hochberg"; NULL: none. */
const char *compare_adjustment_name(adjustment adjust);
/* "paired_t" as people write it: "paired t-test". */
const char *compare_test_title(const char *name);

/* One plain sentence on item i, without a newline: who is better, by how much with its interval, p (adjusted), n,
 * effect size and, when n is too small to tell, how many repeats would settle it; what the test rows say, and the
 * region of equivalence where there is one. Truncated to size. Call within a number_locale. */
void compare_sentence(char *text, size_t size, const comparisons *c, size_t i, const experiment *experiments);

/* One plain sentence on the run: which experiment is best and which cannot be told apart from it; whether new data or
 * extra training explain what updates gain; how the best stands to the plain baselines. false: nothing to say of that,
 * and text is empty. Call within a number_locale. */
typedef enum { RUN_BEST, RUN_GAIN, RUN_BASELINES, N_RUN_SENTENCES } run_sentence;
bool compare_run_sentence(char *text, size_t size, run_sentence which, const comparisons *c,
                          const experiment *experiments);

#endif
