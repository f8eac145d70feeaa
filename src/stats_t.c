/* stats_t.c - Student's t in all its uses: pairs, one sample, independent samples, equivalence, forecasts. See stats.h.
 * Uses libRmath for distribution functions. Must not know experiments, files or words for people. */
#include "stats_parts.h"

#include <math.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

test_result stats_mean_alone(size_t n, double mean) {
    return (test_result){.n = n,
                         .direction = (mean > 0) - (mean < 0),
                         .mean_difference = mean,
                         .ci_low = NAN,
                         .ci_high = NAN,
                         .statistic = NAN,
                         .df = NAN,
                         .p = NAN,
                         .error = NAN,
                         .effect_size = NAN,
                         .repeats_needed = NAN,
                         .n_a = n,
                         .n_b = n};
}

/* Test of mean = 0, once mean, error and df are known: t = mean / error; interval mean -+ t* error. */
static void test_mean(test_result *out, double alpha) {
    out->statistic = out->mean_difference / out->error; /* no spread: infinite, or NaN for 0 / 0 */
    out->p = isnan(out->statistic) ? NAN : fmin(1, 2 * pt(-fabs(out->statistic), out->df, 1, 0));
    double reach = out->error > 0 ? qt(1 - alpha / 2, out->df, 1, 0) * out->error : 0;
    out->ci_low = out->mean_difference - reach;
    out->ci_high = out->mean_difference + reach;
}

/* Of one mean: error sd / sqrt(n) with n - 1 degrees of freedom. */
static void t_from_moments(test_result *out, const moments *m, double alpha) {
    *out = stats_mean_alone(m->n, m->mean);
    if (m->n < 2) return;
    double sd = moments_spread(m);
    out->error = sd / sqrt((double)m->n);
    out->df = (double)(m->n - 1);
    test_mean(out, alpha);
    out->effect_size = m->mean / sd;
    out->repeats_needed = stats_repeats_needed(out->effect_size, alpha);
}

bool stats_paired_t(test_result *out, const samples *s, double alpha) {
    moments m = moments_of(s->a, s->b, s->b || isfinite(s->constant) ? s->n_a : 0);
    if (!s->b) m.mean -= s->constant;
    t_from_moments(out, &m, alpha);
    return true;
}

/* Two means: error sqrt(va/na + vb/nb); df (va/na + vb/nb)^2 / ((va/na)^2 / (na-1) + (vb/nb)^2 / (nb-1)). */
bool stats_welch(test_result *out, const samples *s, double alpha) {
    if (!s->b) return stats_paired_t(out, s, alpha);
    moments a = moments_of(s->a, NULL, s->n_a), b = moments_of(s->b, NULL, s->n_b);
    *out = stats_mean_alone(a.n < b.n ? a.n : b.n, a.mean - b.mean);
    out->n_a = a.n;
    out->n_b = b.n;
    if (out->n < 2) return true;
    double va = a.squares / (double)(a.n - 1), vb = b.squares / (double)(b.n - 1);
    double ea = va / (double)a.n, eb = vb / (double)b.n, total = ea + eb;
    /* as shares of the whole, so that no square of a small variance vanishes */
    double qa = total > 0 ? ea / total : 0.5, qb = total > 0 ? eb / total : 0.5;
    out->df = 1 / (qa * qa / (double)(a.n - 1) + qb * qb / (double)(b.n - 1));
    out->error = sqrt(total);
    test_mean(out, alpha);
    out->effect_size = out->mean_difference / sqrt((va + vb) / 2);
    out->repeats_needed = stats_welch_repeats_needed(out->effect_size, va, vb, alpha);
    return true;
}

double stats_equivalence_p(const test_result *t, double margin) {
    if (isnan(t->error)) return NAN;
    if (t->error == 0) return fabs(t->mean_difference) < margin ? 0 : 1;
    double above_low = pt((t->mean_difference + margin) / t->error, t->df, 0, 0);
    double below_high = pt((t->mean_difference - margin) / t->error, t->df, 1, 0);
    return fmax(above_low, below_high);
}

/* DM = mean d / sqrt(g0 / n) of d = a - b, where g0, the variance of d with divisor n, is all there is of the long-run
 * variance one step ahead; the correction is the factor sqrt((n + 1 - 2h + h(h-1)/n) / n), at h = 1 sqrt((n - 1) / n).
 * It comes to Student's t of d. */
void stats_diebold_mariano(dm_result *out, const double *a, const double *b, size_t n) {
    moments m = moments_of(a, b, n);
    double count = (double)m.n;
    *out = (dm_result){m.n, NAN, NAN, NAN};
    if (m.n < 2) return;
    out->df = count - 1;
    out->statistic = m.mean / sqrt(m.squares / count / count) * sqrt((count - 1) / count);
    out->p = isnan(out->statistic) ? NAN : fmin(1, 2 * pt(-fabs(out->statistic), out->df, 1, 0));
}

/* --- correlation -------------------------------------------------------------------------------------------------- */

/* Means of both sides over the pairs, then sums of squares and products of the deviations from them. */
typedef struct {
    size_t n;
    double mean_a, mean_b, aa, bb, ab; /* aa, bb 0: exactly no spread */
} joint;

static bool is_pair(const samples *s, size_t i) { return isfinite(s->a[i]) && isfinite(s->b[i]); }

static void joint_means(joint *j, const samples *s) {
    running_sum a = {0, 0}, b = {0, 0};
    for (size_t i = 0; i < s->n_a; i++) {
        if (!is_pair(s, i)) continue;
        sum_add(&a, s->a[i]);
        sum_add(&b, s->b[i]);
        j->n++;
    }
    j->mean_a = sum_value(&a) / (double)j->n;
    j->mean_b = sum_value(&b) / (double)j->n;
}

static joint joint_of(const samples *s) {
    joint j = {0};
    running_sum aa = {0, 0}, bb = {0, 0}, ab = {0, 0};
    bool a_varies = false, b_varies = false;
    size_t first = s->n_a;
    joint_means(&j, s);
    for (size_t i = 0; i < s->n_a; i++) {
        if (!is_pair(s, i)) continue;
        if (first == s->n_a) first = i;
        double a = s->a[i] - j.mean_a, b = s->b[i] - j.mean_b;
        a_varies = a_varies || s->a[i] != s->a[first];
        b_varies = b_varies || s->b[i] != s->b[first];
        sum_add(&aa, a * a);
        sum_add(&bb, b * b);
        sum_add(&ab, a * b);
    }
    j.aa = a_varies ? sum_value(&aa) : 0;
    j.bb = b_varies ? sum_value(&bb) : 0;
    j.ab = sum_value(&ab);
    return j;
}

double stats_correlation(const samples *s) {
    joint j = joint_of(s);
    if (j.n < 2 || j.aa == 0 || j.bb == 0) return NAN;
    return fmax(-1, fmin(1, j.ab / sqrt(j.aa) / sqrt(j.bb)));
}

double stats_pairing(const samples *s) {
    joint j = joint_of(s);
    moments d = moments_of(s->a, s->b, s->n_a);
    return j.n < 2 ? NAN : (j.aa + j.bb) / d.squares; /* differences all alike: infinite */
}
