/* stats.h - summaries and tests over repeats: numbers in, numbers out.
 * Distribution functions are libRmath's. Must not know experiments, files or words for people. */
#ifndef STATS_H
#define STATS_H

#include <stdbool.h>
#include <stddef.h>

/* As pandas' Series.describe: NaNs left out, std with n - 1 (NaN for one value), quartiles by linear
 * interpolation. n = 0: all NaN. */
typedef struct {
    size_t n;        /* finite values */
    size_t left_out; /* NaN or infinite values */
    double mean, std, min, q25, median, q75, max;
} summary;

/* values [n] are not changed. false: out of memory. */
bool stats_summary(summary *out, const double *values, size_t n);

/* A t-test of a mean difference. */
typedef struct {
    size_t n;                /* pairs or values used */
    double mean_difference;  /* mean of a - b, series units */
    double ci_low, ci_high;  /* confidence interval of it at 1 - alpha */
    double statistic, df, p; /* p two-sided */
    double effect_size;      /* Cohen's dz: mean difference / sd of the differences */
    double repeats_needed;   /* stats_repeats_needed of this effect size and alpha */
} t_test;

/* Paired t-test on a - b, [n] each; pairs with a NaN or an infinity are left out. Fewer than two pairs: all but the
 * mean NaN. All differences alike: p 0, an infinite statistic and the mean as its interval, or, where they are all
 * zero, statistic, p and effect size NaN. Student (1908). Checked against scipy.stats.ttest_rel. */
void stats_paired_t(t_test *out, const double *a, const double *b, size_t n, double alpha);

/* One-sample t-test of a against the constant b. Checked against scipy.stats.ttest_1samp. */
void stats_one_sample_t(t_test *out, const double *a, size_t n, double b, double alpha);

/* Power of a two-sided one-sample or paired t-test of effect size dz with n >= 2 repeats, by the noncentral t.
 * alpha in (0, 1). Checked against scipy.stats.nct. */
double stats_t_power(double dz, double n, double alpha);

/* The least n >= 2 with 80% power for effect size dz; infinite where no n up to 2^53 has it, as for a zero effect;
 * NaN for a NaN. */
double stats_repeats_needed(double dz, double alpha);

/* Family-wise or false-discovery adjustment of p [n]; NaNs are left out of the family and stay NaN. */
typedef enum { ADJUST_HOLM, ADJUST_BONFERRONI, ADJUST_BH, ADJUST_NONE } adjustment;
bool stats_adjust(double *adjusted, const double *p, size_t n, adjustment method); /* false: out of memory */

#endif
