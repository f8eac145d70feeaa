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
    double repeats_needed;   /* least n with 80% power at this effect size and alpha; infinite: none to find */
} t_test;

/* Paired t-test on a - b, [n] each; pairs with a NaN are left out. Fewer than two pairs or no spread: statistic, df,
 * p, interval NaN where they have no value. Student (1908). Checked against scipy.stats.ttest_rel. */
void stats_paired_t(t_test *out, const double *a, const double *b, size_t n, double alpha);

/* One-sample t-test of a against the constant b. Checked against scipy.stats.ttest_1samp. */
void stats_one_sample_t(t_test *out, const double *a, size_t n, double b, double alpha);

/* Power of a two-sided one-sample or paired t-test of effect size dz with n repeats, by the noncentral t. */
double stats_t_power(double dz, double n, double alpha);

/* Family-wise or false-discovery adjustment of p [n]; NaNs are left out of the family and stay NaN. */
typedef enum { ADJUST_HOLM, ADJUST_BONFERRONI, ADJUST_BH, ADJUST_NONE } adjustment;
bool stats_adjust(double *adjusted, const double *p, size_t n, adjustment method); /* false: out of memory */

#endif
