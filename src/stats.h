/* stats.h - summaries and tests over repeats: numbers in, numbers out. Every formula with its source: docs/statistics.md.
 * Distribution functions are libRmath's. Must not know experiments, files or words for people. */
#ifndef STATS_H
#define STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As pandas' Series.describe: NaNs left out, std with n - 1 (NaN for one value), quartiles by linear
 * interpolation. n = 0: all NaN. */
typedef struct {
    size_t n;        /* finite values */
    size_t left_out; /* NaN or infinite values */
    double mean, std, min, q25, median, q75, max;
} summary;

/* values [n] are not changed. false: out of memory. */
bool stats_summary(summary *out, const double *values, size_t n);

/* The same, and quantiles [n_q] of them at q, as pandas' describe(percentiles=q); n = 0: NaN. false: out of memory. */
bool stats_describe(summary *out, double *quantiles, const double *q, size_t n_q, const double *values, size_t n);

/* What is tested: a against b, or against a constant where b is NULL. Values that are not finite are left out; in tests
 * of pairs, where n_a == n_b, with their partner. */
typedef struct {
    const double *a, *b; /* [n_a], [n_b] */
    size_t n_a, n_b;
    double constant;
} samples;

/* A test of whether a and b differ. What a test does not have is NaN. */
typedef struct {
    size_t n;                /* pairs or values used; welch: of the side with fewer */
    double mean_difference;  /* mean of a - b, series units */
    double ci_low, ci_high;  /* confidence interval of it at 1 - alpha; rank tests have none */
    double statistic, df, p; /* p two-sided */
    double direction;        /* 1: a is the larger by what the test looks at, -1: the smaller, 0: neither */
    double error;            /* standard error of the mean difference */
    double effect_size;      /* Cohen's dz: mean difference / sd of the differences; welch: / root mean variance */
    double repeats_needed;   /* the least n with 80% power at the effect seen */
    size_t n_a, n_b;         /* values used of either side */
} test_result;

/* A result of n values with nothing but a mean difference. */
test_result stats_mean_alone(size_t n, double mean_difference);

/* A test of pairs. false: out of memory. */
typedef bool stats_test(test_result *out, const samples *s, double alpha);

/* --- stats_t.c -------------------------------------------------------------------------------------------------- */

/* Paired t-test on a - b; against a constant the one-sample t-test. Fewer than two pairs: all but the mean NaN. All
 * differences alike: p 0, an infinite statistic and the mean as its interval, or, where they are all zero, statistic, p
 * and effect size NaN. Student (1908). Checked against scipy.stats.ttest_rel and ttest_1samp. */
stats_test stats_paired_t;

/* Welch's t-test for independent samples of unequal variance, df by Satterthwaite; against a constant the one-sample
 * t-test. Welch (1947). Checked against scipy.stats.ttest_ind(equal_var=False). */
stats_test stats_welch;

/* p of the two one-sided t-tests of a mean difference within +-margin, the larger of both: below alpha, the difference
 * is practically nil. t: by stats_paired_t or stats_welch. Schuirmann (1987). */
double stats_equivalence_p(const test_result *t, double margin);

/* Diebold and Mariano's test (1995) one step ahead, with the correction of Harvey, Leybourne and Newbold (1997): losses a
 * and b [n], squared errors, of two forecasts of the same rows. The statistic is below 0 where a's are smaller. */
typedef struct {
    size_t n; /* rows */
    double statistic, df, p;
} dm_result;
void stats_diebold_mariano(dm_result *out, const double *a, const double *b, size_t n);

/* Pearson's correlation of the pairs; NaN: a side does not vary, or fewer than two. */
double stats_correlation(const samples *s);

/* How many times the repeats an unpaired test would need: (var a + var b) / var (a - b) over the pairs. */
double stats_pairing(const samples *s);

/* --- stats_power.c ---------------------------------------------------------------------------------------------- */

/* Power of a two-sided one-sample or paired t-test of effect size dz with n >= 2 repeats, by the noncentral t.
 * alpha in (0, 1). Checked against scipy.stats.nct. */
double stats_t_power(double dz, double n, double alpha);

/* Of a t-test that was made, at the effect that it saw. NaN: it saw none. */
double stats_power_of(const test_result *t, double alpha);

/* The least n >= 2 with 80% power for effect size dz; infinite where no n up to 2^53 has it, as for a zero effect;
 * NaN for a NaN. */
double stats_repeats_needed(double dz, double alpha);

/* Of Welch's test with n repeats on each side: d is mean difference / root mean variance, va and vb the variances. Needed:
 * of each side. Checked against scipy.stats.nct. */
double stats_welch_power(double d, double va, double vb, double n, double alpha);
double stats_welch_repeats_needed(double d, double va, double vb, double alpha);

/* Of the signed-rank test, by Noether's approximation (1987), never fewer than could reject at all: share is that of the
 * rank sums, or of pairs of differences whose mean is above 0, and 1/2 without an effect. */
double stats_wilcoxon_repeats_needed(double share, double alpha);

/* Of the sign test, by the binomial distribution (above 1,000 by Noether): share of differences above 0. Checked against
 * scipy.stats.binom. */
double stats_sign_power(double share, double n, double alpha);
double stats_sign_repeats_needed(double share, double alpha);

/* --- stats_rank.c ----------------------------------------------------------------------------------------------- */

/* Wilcoxon's signed-rank test; statistic: the smaller sum of ranks. Zeros are dropped, ties get mean ranks. As
 * scipy.stats.wilcoxon of SciPy 1.17 by default: exact up to 50 pairs without zeros or ties and up to 13 with them, else
 * normal with the ties' variance and no correction. All zero: p NaN. Wilcoxon (1945). */
stats_test stats_wilcoxon;

/* Sign test, exact: a > b as often as b > a? Ties are dropped; statistic: how often a > b. Checked against
 * scipy.stats.binomtest. */
stats_test stats_sign;

/* P(a < b) + P(a = b) / 2 of a repeat of either, drawn independently (Vargha and Delaney 2000), in n log n. NaN: one has
 * no value. *out is untouched on false: out of memory. */
bool stats_superiority(double *out, const samples *s);

/* Share of pairs with a < b, ties half. NaN: no pair. */
double stats_share_won(const samples *s);

/* Friedman's test. columns [k][rows], each column an experiment, each row a block; rank 1 is the lowest. Rows with a value
 * that is not finite are left out. Ties get mean ranks and correct the statistic. Checked against
 * scipy.stats.friedmanchisquare. */
typedef struct {
    double chi_square, df, p;
    double critical_difference; /* of two mean ranks, at alpha: Nemenyi (1963), as in Demsar (2006) */
    size_t n;                   /* rows that were ranked */
} friedman_result;
bool stats_friedman(friedman_result *out, double *mean_ranks, const double *const *columns, size_t k, size_t rows,
                    double alpha);

/* --- stats_bootstrap.c ------------------------------------------------------------------------------------------ */

/* Medians of columns [n_columns][n] of finite values in resamples of their rows, the same rows of every column:
 * out [n_columns][n_resamples]. Draws are Philox's, of the seed, whatever the threads. false: out of memory. */
bool stats_resample_medians(double *out, size_t n_resamples, const double *const *columns, size_t n_columns, size_t n,
                            uint64_t seed, int threads);

/* Median of finite values [n], which are put in another order; NaN: there are none. */
double stats_median(double *values, size_t n);

/* Percentile interval at 1 - alpha of values [n], which are put in another order. */
void stats_percentiles(double *low, double *high, double *values, size_t n, double alpha);

/* --- stats.c ---------------------------------------------------------------------------------------------------- */

/* Family-wise or false-discovery adjustment of p [n]; NaNs are left out of the family and stay NaN. */
typedef enum { ADJUST_HOLM, ADJUST_BONFERRONI, ADJUST_BH, ADJUST_NONE } adjustment;
bool stats_adjust(double *adjusted, const double *p, size_t n, adjustment method); /* false: out of memory */

#endif
