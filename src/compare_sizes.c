/* compare_sizes.c - how large each difference is, how sure, and whether it matters: the rest of a row of pairs.csv. See
 * compare.h. In: pairs with their tests. Out: intervals, effect sizes, power, Diebold-Mariano, verdicts.
 * Uses stats.h. Must not know files or words. */
#include "compare_parts.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- mean difference, power, verdict ------------------------------------------------------------------------------ */

/* The t-test that the pair's mean difference goes by: it may have been made, and costs little. */
static test_result t_of(const comparison *c, const compare_input *in) {
    samples s = compare_samples(in->results, c->a, c->b);
    return compare_t(in, &s);
}

/* A difference that is certain: nothing varies. */
static pair_verdict sure_verdict(double difference, double rope) {
    if (difference == 0 || fabs(difference) < rope) return VERDICT_EQUIVALENT;
    return difference < 0 ? VERDICT_BETTER : VERDICT_WORSE;
}

/* A rank test may find a difference where the means differ the other way: then nobody is better. */
static pair_verdict told_by(const pair_test *first, double alpha) {
    double mean = first->result.mean_difference;
    int sign = (mean > 0) - (mean < 0);
    if (strcmp(first->name, "none") == 0) return VERDICT_NONE;
    if (!(first->p_adjusted < alpha) || sign == 0 || sign != first->result.direction) return VERDICT_UNDECIDED;
    return sign < 0 ? VERDICT_BETTER : VERDICT_WORSE;
}

static pair_verdict verdict_of(const comparison *c, const comparisons *all) {
    if (isnan(c->mean_difference)) return VERDICT_NONE;
    if (c->told == VERDICT_NONE) return sure_verdict(c->mean_difference, all->rope);
    if (c->n < 2) return VERDICT_UNDECIDED;
    if (c->ci_low == 0 && c->ci_high == 0) return VERDICT_EQUIVALENT; /* alike in every repeat */
    return c->equivalence_p < all->alpha ? VERDICT_EQUIVALENT : c->told;
}

static void fill_mean(comparison *c, const comparisons *all, const compare_input *in) {
    c->told = told_by(&c->tests[0], all->alpha);
    test_result t = c->told == VERDICT_NONE ? c->tests[0].result : t_of(c, in);
    c->n = t.n;
    c->mean_difference = t.mean_difference;
    c->ci_low = t.ci_low;
    c->ci_high = t.ci_high;
    c->effect_size = t.effect_size;
    c->power = stats_power_of(&t, all->alpha);
    c->repeats_needed = t.repeats_needed;
    c->enough = (double)t.n >= t.repeats_needed;
    c->equivalence_p = all->rope > 0 ? stats_equivalence_p(&t, all->rope) : NAN;
    c->verdict = verdict_of(c, all);
}

/* --- order and correlation ---------------------------------------------------------------------------------------- */

static bool fill_order(comparison *c, const compare_input *in) {
    samples s = compare_samples(in->results, c->a, c->b);
    c->superiority = c->share_won = c->correlation = c->pairing = NAN;
    if (c->windows_differ) return true;
    if (!in->unpaired || !s.b) c->share_won = stats_share_won(&s);
    if (!in->unpaired && s.b) {
        c->correlation = stats_correlation(&s);
        c->pairing = stats_pairing(&s);
    }
    return stats_superiority(&c->superiority, &s);
}

/* --- difference of medians ---------------------------------------------------------------------------------------- */

/* Resamples of a run: 10,000, or fewer where that would take long, but never below what gives the ends of an interval
 * to a hundredth of their quantile. Counted in draws of a repeat and in differences of medians. */
static size_t count_resamples(size_t repeats, size_t n_pairs) {
    const double most = 10000, least = 1000, draws = 3e6, differences = 2e7;
    double wanted =
        fmin(most, fmin(draws / (double)(repeats ? repeats : 1), differences / (double)(n_pairs ? n_pairs : 1)));
    return (size_t)fmax(least, wanted);
}

/* Medians in resamples that all complete experiments share: repeats are resampled, and every experiment with them. */
typedef struct {
    const compare_input *in;
    comparisons *all;
    size_t n;         /* repeats */
    size_t n_columns; /* complete experiments */
    int *column;      /* [n_experiments] their place among columns; -1: not complete */
    double *medians;  /* [n_columns][resamples] */
    double *scratch;  /* [resamples] */
} resampling;

static bool is_complete(const experiment_result *e, size_t n) {
    if (e->deterministic || e->n_repeats != n) return false;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(e->rmse[i])) return false;
    return true;
}

static size_t most_repeats(const results *r) {
    size_t n = 0;
    for (size_t i = 0; i < r->n_experiments; i++)
        if (!r->experiments[i].deterministic && r->experiments[i].n_repeats > n) n = r->experiments[i].n_repeats;
    return n;
}

static bool resample_complete(resampling *s) {
    const results *r = s->in->results;
    const double **columns = malloc((r->n_experiments ? r->n_experiments : 1) * sizeof *columns);
    if (!columns) return false;
    for (size_t i = 0; i < r->n_experiments; i++) {
        s->column[i] = -1;
        if (s->in->unpaired || !is_complete(&r->experiments[i], s->n)) continue;
        s->column[i] = (int)s->n_columns;
        columns[s->n_columns++] = r->experiments[i].rmse;
    }
    size_t room = s->n_columns * s->all->resamples;
    s->medians = malloc((room ? room : 1) * sizeof *s->medians);
    bool done = s->medians && stats_resample_medians(s->medians, s->all->resamples, columns, s->n_columns, s->n,
                                                     s->in->seed, s->in->threads);
    free(columns);
    return done;
}

/* The differences of what two columns of medians hold; b NULL: of a constant. */
static void take_interval(comparison *c, resampling *s, const double *a, const double *b) {
    for (size_t r = 0; r < s->all->resamples; r++) s->scratch[r] = a[r] - (b ? b[r] : c->b_rmse);
    stats_percentiles(&c->median_ci_low, &c->median_ci_high, s->scratch, s->all->resamples, s->all->alpha);
}

/* The finite values of a and b, or in pairs what both have; into two columns [n_a], [n_b]. */
static void keep_finite(double *a, size_t *n_a, double *b, size_t *n_b, const samples *s, bool unpaired) {
    for (size_t i = 0; i < s->n_a; i++)
        if (isfinite(s->a[i]) && (unpaired || !s->b || isfinite(s->b[i]))) a[(*n_a)++] = s->a[i];
    for (size_t i = 0; s->b && i < s->n_b; i++)
        if (isfinite(s->b[i]) && (unpaired || isfinite(s->a[i]))) b[(*n_b)++] = s->b[i];
}

/* A pair with resamples of its own, because a repeat diverged or the sides have nothing to do with each other. */
static bool resample_pair(comparison *c, resampling *s, double *const values[2], const size_t n[2], bool two) {
    size_t count = s->all->resamples;
    double *medians = malloc(2 * count * sizeof *medians);
    const double *columns[2] = {values[0], values[1]};
    bool done = medians != NULL;
    if (done && s->in->unpaired && two) /* each by draws of its own */
        done = stats_resample_medians(medians, count, columns, 1, n[0], s->in->seed + (uint64_t)c->a, s->in->threads) &&
               stats_resample_medians(medians + count, count, columns + 1, 1, n[1], s->in->seed + (uint64_t)c->b,
                                      s->in->threads);
    else if (done)
        done = stats_resample_medians(medians, count, columns, two ? 2 : 1, n[0], s->in->seed, s->in->threads);
    if (done) take_interval(c, s, medians, two ? medians + count : NULL);
    free(medians);
    return done;
}

static bool fill_median(comparison *c, resampling *s) {
    samples pair = compare_samples(s->in->results, c->a, c->b);
    double *a = malloc((pair.n_a + 1) * sizeof *a), *b = malloc((pair.n_b + 1) * sizeof *b);
    size_t n[2] = {0, 0};
    int x = s->column[c->a], y = s->column[c->b];
    bool done = a && b;
    c->median_difference = c->median_ci_low = c->median_ci_high = NAN;
    if (!done || c->windows_differ) goto done;
    keep_finite(a, &n[0], b, &n[1], &pair, s->in->unpaired);
    bool test = c->n >= 2 && c->told != VERDICT_NONE;
    if (test && x >= 0 && (y >= 0 || !pair.b))
        take_interval(c, s, s->medians + (size_t)x * s->all->resamples,
                      pair.b ? s->medians + (size_t)y * s->all->resamples : NULL);
    else if (test)
        done = resample_pair(c, s, (double *const[]){a, b}, n, pair.b);
    c->median_difference = stats_median(a, n[0]) - (pair.b ? stats_median(b, n[1]) : pair.constant);
done:
    free(a);
    free(b);
    return done;
}

static bool fill_medians(comparisons *all, const compare_input *in) {
    resampling s = {.in = in, .all = all, .n = most_repeats(in->results)};
    bool done = false;
    all->resamples = count_resamples(s.n, all->n);
    s.column = malloc((all->n_experiments ? all->n_experiments : 1) * sizeof *s.column);
    s.scratch = malloc(all->resamples * sizeof *s.scratch);
    if (!s.column || !s.scratch || !resample_complete(&s)) goto done;
    done = true;
    for (size_t i = 0; done && i < all->n; i++) done = fill_median(&all->items[i], &s);
done:
    free(s.column);
    free(s.scratch);
    free(s.medians);
    return done;
}

/* --- forecasts ------------------------------------------------------------------------------------------------------ */

/* Squared errors of an experiment's mean forecast over its repeats that did not diverge; NaN where none did not.
 * out [n_test]. */
static void mean_losses(double *out, const results *r, size_t i, const frame *f) {
    const experiment_result *e = &r->experiments[i];
    const double *actuals = f->actuals + f->n_train;
    size_t n = 0;
    for (size_t step = 0; step < e->n_test; step++) out[step] = 0;
    for (size_t repeat = 0; repeat < e->n_repeats; repeat++) {
        if (!isfinite(e->rmse[repeat])) continue;
        const double *forecasts = results_forecasts(r, i, repeat);
        for (size_t step = 0; step < e->n_test; step++) out[step] += forecasts[step];
        n++;
    }
    for (size_t step = 0; step < e->n_test; step++) {
        double error = n ? out[step] / (double)n - actuals[step] : NAN;
        out[step] = error * error;
    }
}

/* The losses of all experiments one after another, and where each begins; the caller's. NULL: out of memory. */
static double *all_losses(size_t *first, const compare_input *in) {
    const results *r = in->results;
    size_t total = 0;
    for (size_t i = 0; i < r->n_experiments; i++) {
        first[i] = total;
        total += r->experiments[i].n_test;
    }
    double *losses = malloc((total ? total : 1) * sizeof *losses);
    for (size_t i = 0; losses && i < r->n_experiments; i++) mean_losses(losses + first[i], r, i, in->frames[i]);
    return losses;
}

static bool fill_forecasts(comparisons *all, const compare_input *in) {
    for (size_t i = 0; i < all->n; i++) all->items[i].dm_statistic = all->items[i].dm_p = NAN;
    if (!in->frames) return true;
    size_t *first = malloc((all->n_experiments ? all->n_experiments : 1) * sizeof *first);
    double *losses = first ? all_losses(first, in) : NULL;
    for (size_t i = 0; losses && i < all->n; i++) {
        comparison *c = &all->items[i];
        dm_result dm;
        if (c->windows_differ) continue;
        stats_diebold_mariano(&dm, losses + first[c->a], losses + first[c->b], in->results->experiments[c->a].n_test);
        c->dm_n = dm.n;
        c->dm_statistic = dm.statistic;
        c->dm_p = dm.p;
    }
    bool done = losses;
    free(losses);
    free(first);
    return done;
}

/* --- all of it ------------------------------------------------------------------------------------------------------ */

bool compare_fill_sizes(comparisons *c, const compare_input *in) {
    for (size_t i = 0; i < c->n; i++) {
        fill_mean(&c->items[i], c, in);
        if (!fill_order(&c->items[i], in)) return false;
    }
    return fill_medians(c, in) && fill_forecasts(c, in);
}
