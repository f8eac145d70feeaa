/* stats_power.c - how often a test would see an effect, and how many repeats that takes. See stats.h.
 * Uses libRmath's noncentral t. Must not know data. */
#include "stats.h"

#include <math.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

static const double POWER_WANTED = 0.8;               /* Cohen's convention for enough repeats */
static const double COUNT_LIMIT = 9007199254740992.0; /* 2^53: above it doubles skip whole numbers */

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

/* Of a two-sided t-test whose statistic is noncentral by shift. */
static double power_at(double shift, double df, double alpha) {
    double critical = qt(alpha / 2, df, 0, 0);
    if (isnan(shift) || isnan(df)) return NAN;
    if (isinf(shift)) return 1;
    if (shift > 37) return power_by_average(critical, df, shift); /* pnt's own sum underflows at 37.62 */
    return pnt(critical, df, shift, 0, 0) + pnt(-critical, df, shift, 1, 0);
}

double stats_t_power(double dz, double n, double alpha) { return power_at(fabs(dz) * sqrt(n), n - 1, alpha); }

double stats_power_of(const test_result *t, double alpha) { return power_at(fabs(t->statistic), t->df, alpha); }

/* Error d sqrt(2/n); df of Welch for equal n: (n - 1) (va + vb)^2 / (va^2 + vb^2). */
double stats_welch_power(double d, double va, double vb, double n, double alpha) {
    double larger = fmax(va, vb), share = larger > 0 ? fmin(va, vb) / larger : 1;
    double df = (n - 1) * (1 + share) * (1 + share) / (1 + share * share);
    return power_at(fabs(d) * sqrt(n / 2), df, alpha);
}

/* A test whose n is sought. */
typedef struct {
    double effect, va, vb, alpha; /* va NaN: of pairs */
} design;

static double power_of(const design *t, double n) {
    return isnan(t->va) ? stats_t_power(t->effect, n, t->alpha)
                        : stats_welch_power(t->effect, t->va, t->vb, n, t->alpha);
}

/* Power grows with n: double until it is enough, then halve the gap. */
static double least_n(const design *t) {
    if (isnan(t->effect)) return NAN;
    double low = 1, high = 2; /* low is too few */
    while (power_of(t, high) < POWER_WANTED) {
        low = high;
        high *= 2;
        if (high > COUNT_LIMIT) return INFINITY;
    }
    while (high - low > 1) {
        double middle = floor((low + high) / 2);
        if (power_of(t, middle) < POWER_WANTED)
            low = middle;
        else
            high = middle;
    }
    return high;
}

double stats_repeats_needed(double dz, double alpha) { return least_n(&(design){dz, NAN, NAN, alpha}); }

double stats_welch_repeats_needed(double d, double va, double vb, double alpha) {
    return least_n(&(design){d, va, vb, alpha});
}

/* Fewer signs than this cannot reject, whatever they are: 2 / 2^n < alpha. */
static double least_signs(double alpha) { return floor(1 - log2(alpha)) + 1; }

/* (z_(alpha/2) + z_power)^2 / (weight (share - 1/2)^2), Noether's n */
static double noether_n(double share, double weight, double alpha) {
    double z = qnorm(alpha / 2, 0, 1, 0, 0) + qnorm(POWER_WANTED, 0, 1, 1, 0), off = share - 0.5;
    return fmax(ceil(z * z / (weight * off * off)), least_signs(alpha));
}

double stats_wilcoxon_repeats_needed(double share, double alpha) {
    return isnan(share) ? NAN : noether_n(share, 3, alpha);
}

/* The most signs of the rarer kind among n that reject: the largest k with 2 P(X <= k) < alpha, X of n fair coins. */
static double sign_critical(double n, double alpha) {
    double k = qbinom(alpha / 2, n, 0.5, 1, 0);
    while (k >= 0 && !(2 * pbinom(k, n, 0.5, 1, 0) < alpha)) k--;
    return k;
}

double stats_sign_power(double share, double n, double alpha) {
    double k = sign_critical(n, alpha);
    return k < 0 ? 0 : pbinom(k, n, share, 1, 0) + pbinom(n - k - 1, n, share, 0, 0);
}

/* Power goes up and down with n as the level that can be reached does, so it is counted from well below Noether's n; of
 * many the steps are too small to matter. */
double stats_sign_repeats_needed(double share, double alpha) {
    if (isnan(share)) return NAN;
    double noether = noether_n(share, 4, alpha), n = fmax(least_signs(alpha), floor(noether / 2));
    if (noether > 1000) return noether;
    while (stats_sign_power(share, n, alpha) < POWER_WANTED) n++;
    return n;
}
