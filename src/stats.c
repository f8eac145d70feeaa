/* stats.c - sums, summaries and the adjustment of p-values: numbers in, numbers out. See stats.h.
 * Must not know experiments, files or words for people. */
#include "stats_parts.h"

#include <math.h>
#include <stdlib.h>

/* --- sums ------------------------------------------------------------------------------------------------------- */

void sum_add(running_sum *s, double x) {
    double total = s->sum + x;
    s->carry += fabs(s->sum) >= fabs(x) ? (s->sum - total) + x : (x - total) + s->sum;
    s->sum = total;
}

/* A sum that overflowed has no use for its carry. */
double sum_value(const running_sum *s) { return isfinite(s->sum) ? s->sum + s->carry : s->sum; }

/* a - b at i, or a alone where b is NULL. */
static double difference_at(const double *a, const double *b, size_t i) { return b ? a[i] - b[i] : a[i]; }

/* Moments of the finite differences in two passes: the mean, then the deviations from it. Their own sum, which only
 * the rounding of the mean keeps from 0, corrects their squares (Chan, Golub and LeVeque 1983). */
moments moments_of(const double *a, const double *b, size_t n) {
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
    double total = sum_value(&squares), off = sum_value(&rest);
    m.squares = isfinite(total) ? fmax(0, total - off * off / (double)m.n) : total; /* infinite: it has overflowed */
    return m;
}

double moments_spread(const moments *m) { return m->n < 2 ? NAN : sqrt(m->squares / (double)(m->n - 1)); }

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

bool stats_describe(summary *out, double *quantiles, const double *q, size_t n_q, const double *values, size_t n) {
    moments m = moments_of(values, NULL, n);
    *out = (summary){.n = m.n,
                     .left_out = n - m.n,
                     .mean = m.mean,
                     .std = moments_spread(&m),
                     .min = NAN,
                     .q25 = NAN,
                     .median = NAN,
                     .q75 = NAN,
                     .max = NAN};
    for (size_t i = 0; i < n_q; i++) quantiles[i] = NAN;
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
    for (size_t i = 0; i < n_q; i++) quantiles[i] = quantile(sorted, kept, q[i]);
    free(sorted);
    return true;
}

bool stats_summary(summary *out, const double *values, size_t n) {
    return stats_describe(out, NULL, NULL, 0, values, n);
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
