/* stats.c - summaries and tests over repeats: numbers in, numbers out. See stats.h.
 * Uses libRmath for distribution functions. Must not know experiments, files or words for people.
 * Invariant: every sum runs over its values in their own order and carries its rounding error along (Neumaier 1974),
 * so a result does not depend on threads and is right to the last digit or so. */
#include "stats.h"

#include <math.h>
#include <stdlib.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

static const double POWER_WANTED = 0.8;               /* Cohen's convention for enough repeats */
static const double COUNT_LIMIT = 9007199254740992.0; /* 2^53: above it doubles skip whole numbers */

/* --- sums ------------------------------------------------------------------------------------------------------- */

typedef struct {
    double sum, carry;
} running_sum;

static void sum_add(running_sum *s, double x) {
    double total = s->sum + x;
    s->carry += fabs(s->sum) >= fabs(x) ? (s->sum - total) + x : (x - total) + s->sum;
    s->sum = total;
}

/* A sum that overflowed has no use for its carry. */
static double sum_value(const running_sum *s) { return isfinite(s->sum) ? s->sum + s->carry : s->sum; }

/* Mean and sum of squared deviations of what was counted; all alike: exactly their value and 0. */
typedef struct {
    size_t n;
    double mean, squares;
} moments;

/* a - b at i, or a alone where b is NULL. */
static double difference_at(const double *a, const double *b, size_t i) { return b ? a[i] - b[i] : a[i]; }

/* Moments of the finite differences in two passes: the mean, then the deviations from it. Their own sum, which only
 * the rounding of the mean keeps from 0, corrects their squares (Chan, Golub and LeVeque 1983). */
static moments moments_of(const double *a, const double *b, size_t n) {
    moments m = {0, NAN, NAN};
    running_sum sum = {0, 0}, rest = {0, 0}, squares = {0, 0};
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        double d = difference_at(a, b, i);
        if (!isfinite(d)) continue;
        sum_add(&sum, d);
        low = fmin(low, d);
        high = fmax(high, d);
        m.n++;
    }
    if (m.n == 0) return m;
    m.mean = low == high ? low : sum_value(&sum) / (double)m.n;
    for (size_t i = 0; i < n; i++) {
        double d = difference_at(a, b, i), deviation = d - m.mean;
        if (!isfinite(d)) continue;
        sum_add(&rest, deviation);
        sum_add(&squares, deviation * deviation);
    }
    m.squares = fmax(0, sum_value(&squares) - sum_value(&rest) * sum_value(&rest) / (double)m.n);
    return m;
}

/* Sample standard deviation; NaN for fewer than two values. */
static double spread_of(const moments *m) { return m->n < 2 ? NAN : sqrt(m->squares / (double)(m->n - 1)); }

/* --- summaries -------------------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Quantile q of sorted values [n], linear between neighbours (type 7 of Hyndman and Fan 1996), rounded as numpy's
 * _lerp rounds, so that pandas' quartiles come out to the same bits. */
static double quantile(const double *sorted, size_t n, double q) {
    double place = (double)(n - 1) * q, below = floor(place), t = place - below;
    double a = sorted[(size_t)below], b = sorted[(size_t)below + (below < (double)(n - 1))];
    return t >= 0.5 ? b - (b - a) * (1 - t) : a + (b - a) * t;
}

bool stats_summary(summary *out, const double *values, size_t n) {
    moments m = moments_of(values, NULL, n);
    *out = (summary){.n = m.n,
                     .left_out = n - m.n,
                     .mean = m.mean,
                     .std = spread_of(&m),
                     .min = NAN,
                     .q25 = NAN,
                     .median = NAN,
                     .q75 = NAN,
                     .max = NAN};
    if (m.n == 0) return true;
    double *sorted = malloc(m.n * sizeof *sorted);
    if (!sorted) return false;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i])) sorted[kept++] = values[i];
    qsort(sorted, kept, sizeof *sorted, by_value);
    out->min = sorted[0];
    out->q25 = quantile(sorted, kept, 0.25);
    out->median = quantile(sorted, kept, 0.5);
    out->q75 = quantile(sorted, kept, 0.75);
    out->max = sorted[kept - 1];
    free(sorted);
    return true;
}

/* --- t-tests ---------------------------------------------------------------------------------------------------- */

/* Test of mean = 0: t = mean / (sd / sqrt(n)) with n - 1 degrees of freedom; interval mean -+ t* sd / sqrt(n). */
static void t_from_moments(t_test *out, const moments *m, double alpha) {
    *out = (t_test){.n = m->n,
                    .mean_difference = m->mean,
                    .ci_low = NAN,
                    .ci_high = NAN,
                    .statistic = NAN,
                    .df = NAN,
                    .p = NAN,
                    .effect_size = NAN,
                    .repeats_needed = NAN};
    if (m->n < 2) return;
    double sd = spread_of(m), error = sd / sqrt((double)m->n);
    out->df = (double)(m->n - 1);
    out->statistic = m->mean / error; /* no spread: infinite, or NaN for 0 / 0 */
    out->p = isnan(out->statistic) ? NAN : fmin(1, 2 * pt(-fabs(out->statistic), out->df, 1, 0));
    double reach = error > 0 ? qt(1 - alpha / 2, out->df, 1, 0) * error : 0;
    out->ci_low = m->mean - reach;
    out->ci_high = m->mean + reach;
    out->effect_size = m->mean / sd;
    out->repeats_needed = stats_repeats_needed(out->effect_size, alpha);
}

void stats_paired_t(t_test *out, const double *a, const double *b, size_t n, double alpha) {
    moments m = moments_of(a, b, n);
    t_from_moments(out, &m, alpha);
}

void stats_one_sample_t(t_test *out, const double *a, size_t n, double b, double alpha) {
    moments m = moments_of(a, NULL, isfinite(b) ? n : 0);
    m.mean -= b;
    t_from_moments(out, &m, alpha);
}

/* --- power ------------------------------------------------------------------------------------------------------ */

/* P(|T| > critical) of a noncentral T = (Z + shift) / sqrt(V / df), as an average over Z ~ N(0, 1): given Z it is
 * P(V < df ((Z + shift) / critical)^2), V ~ chi-squared. The trapezium rule at step 1/16 over +-9 sd is exact to
 * rounding for so smooth an integrand. For shifts where pnt falls back on a rough approximation. */
static double power_by_average(double critical, double df, double shift) {
    const double step = 1.0 / 16;
    double sum = 0;
    for (int k = -9 * 16; k <= 9 * 16; k++) {
        double z = k * step, ratio = (z + shift) / critical;
        sum += dnorm(z, 0, 1, 0) * step * pchisq(df * ratio * ratio, df, 1, 0);
    }
    return fmin(sum, 1);
}

double stats_t_power(double dz, double n, double alpha) {
    double df = n - 1, shift = fabs(dz) * sqrt(n), critical = qt(alpha / 2, df, 0, 0);
    if (isnan(dz)) return NAN;
    if (isinf(shift)) return 1;
    if (shift > 37) return power_by_average(critical, df, shift); /* pnt's own sum underflows at 37.62 */
    return pnt(critical, df, shift, 0, 0) + pnt(-critical, df, shift, 1, 0);
}

double stats_repeats_needed(double dz, double alpha) {
    if (isnan(dz)) return NAN;
    double low = 1, high = 2; /* low is too few */
    while (stats_t_power(dz, high, alpha) < POWER_WANTED) {
        low = high;
        high *= 2;
        if (high > COUNT_LIMIT) return INFINITY;
    }
    while (high - low > 1) {
        double middle = floor((low + high) / 2);
        if (stats_t_power(dz, middle, alpha) < POWER_WANTED)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* --- adjustment for many tests ---------------------------------------------------------------------------------- */

typedef struct {
    double p;
    size_t index;
} ranked;

static int by_p(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    return (x->p > y->p) - (x->p < y->p);
}

/* Holm (1979): the k-th smallest of m, times m - k + 1, never less than the ones before it. */
static void adjust_holm(double *adjusted, const ranked *sorted, size_t m) {
    double running = 0;
    for (size_t k = 0; k < m; k++) {
        running = fmax(running, (double)(m - k) * sorted[k].p);
        adjusted[sorted[k].index] = fmin(running, 1);
    }
}

/* Benjamini and Hochberg (1995): the k-th smallest of m, times m / k, never more than the ones after it. */
static void adjust_bh(double *adjusted, const ranked *sorted, size_t m) {
    double running = 1;
    for (size_t k = m; k > 0; k--) {
        running = fmin(running, sorted[k - 1].p * (double)m / (double)k);
        adjusted[sorted[k - 1].index] = running;
    }
}

bool stats_adjust(double *adjusted, const double *p, size_t n, adjustment method) {
    size_t m = 0;
    ranked *sorted = malloc((n ? n : 1) * sizeof *sorted);
    if (!sorted) return false;
    for (size_t i = 0; i < n; i++) {
        adjusted[i] = p[i];
        if (!isnan(p[i])) sorted[m++] = (ranked){p[i], i};
    }
    qsort(sorted, m, sizeof *sorted, by_p);
    switch (method) {
    case ADJUST_HOLM: adjust_holm(adjusted, sorted, m); break;
    case ADJUST_BH: adjust_bh(adjusted, sorted, m); break;
    case ADJUST_BONFERRONI:
        for (size_t i = 0; i < n; i++) adjusted[i] = isnan(p[i]) ? NAN : fmin((double)m * p[i], 1);
        break;
    case ADJUST_NONE: break;
    }
    free(sorted);
    return true;
}
