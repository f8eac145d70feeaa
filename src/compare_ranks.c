/* compare_ranks.c - all experiments at once: Friedman's ranks, and who stands beside the best. See compare.h.
 * In: results, the tests that were chosen. Out: ranking and standing. Uses stats.h. Must not know files or words. */
#include "compare_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Above so many experiments only the best's own pairs are tested, and adjusted as strictly as the number of all pairs
 * asks: 4,950 tests are a matter of milliseconds, millions are not. */
enum { MANY_EXPERIMENTS = 100 };

/* --- who takes part ----------------------------------------------------------------------------------------------- */

/* The test rows that most is about: the reference's, or else the first experiment's. */
static size_t common_rows(const comparisons *c, const results *r) {
    return r->n_experiments ? r->experiments[c->reference < 0 ? 0 : c->reference].n_test : 0;
}

static size_t count_finite(const experiment_result *e) {
    size_t n = 0;
    for (size_t i = 0; i < e->n_repeats; i++) n += isfinite(e->rmse[i]) != 0;
    return n;
}

/* --- Friedman ----------------------------------------------------------------------------------------------------- */

/* Experiments that are ranked, with their RMSEs where they lie. */
typedef struct {
    const results *r;
    int *ranked; /* [k] experiments */
    size_t k, repeats, n_constant;
    const double **columns; /* [k] */
    double *constants;      /* [n_constant][repeats] what does not vary, once a repeat */
    double *ranks;          /* [k] */
} friedman_table;

static bool make_columns(friedman_table *t) {
    size_t k = t->k ? t->k : 1, cells = t->n_constant * t->repeats;
    t->constants = malloc((cells ? cells : 1) * sizeof *t->constants);
    t->columns = malloc(k * sizeof *t->columns);
    t->ranks = malloc(k * sizeof *t->ranks);
    if (!t->constants || !t->columns || !t->ranks) return false;
    double *next = t->constants;
    for (size_t j = 0; j < t->k; j++) {
        const experiment_result *e = &t->r->experiments[t->ranked[j]];
        t->columns[j] = e->deterministic ? next : e->rmse;
        for (size_t i = 0; e->deterministic && i < t->repeats; i++) *next++ = e->rmse[0];
    }
    return true;
}

/* Those with the common test rows and some result; an experiment that varies says how many repeats there are. */
static void choose_ranked(friedman_table *t, size_t rows) {
    for (size_t i = 0; i < t->r->n_experiments; i++) {
        const experiment_result *e = &t->r->experiments[i];
        if (e->n_test != rows || count_finite(e) == 0) continue;
        t->ranked[t->k++] = (int)i;
        if (e->deterministic)
            t->n_constant++;
        else
            t->repeats = e->n_repeats;
    }
}

static void keep_ranking(ranking *out, const friedman_table *t, const friedman_result *f) {
    out->n_ranked = t->k;
    out->n = f->n;
    out->left_out = t->repeats - f->n;
    out->chi_square = f->chi_square;
    out->df = f->df;
    out->p = f->p;
    out->critical_difference = f->critical_difference;
    for (size_t j = 0; j < t->k; j++) out->mean_ranks[t->ranked[j]] = t->ranks[j];
}

bool compare_fill_ranking(comparisons *c, const compare_input *in) {
    friedman_table t = {.r = in->results};
    friedman_result f;
    size_t n = c->n_experiments;
    bool done = false;
    c->ranking = (ranking){.mean_ranks = malloc((n ? n : 1) * sizeof *c->ranking.mean_ranks),
                           .chi_square = NAN,
                           .df = NAN,
                           .p = NAN,
                           .critical_difference = NAN};
    t.ranked = malloc((n ? n : 1) * sizeof *t.ranked);
    if (!c->ranking.mean_ranks || !t.ranked) goto done;
    for (size_t i = 0; i < n; i++) c->ranking.mean_ranks[i] = NAN;
    done = true;
    if (in->unpaired) goto done; /* there are no blocks */
    choose_ranked(&t, common_rows(c, in->results));
    done = make_columns(&t) && stats_friedman(&f, t.ranks, t.columns, t.k, t.repeats, c->alpha);
    if (done) keep_ranking(&c->ranking, &t, &f);
done:
    free(t.ranked);
    free(t.constants);
    free(t.columns);
    free(t.ranks);
    return done;
}

/* --- standing ----------------------------------------------------------------------------------------------------- */

static int lowest_mean(const standing *s, const results *r, bool varying, bool constant) {
    int lowest = -1;
    for (int i = 0; i < (int)r->n_experiments; i++) {
        if (!s->compared[i] || !(r->experiments[i].deterministic ? constant : varying)) continue;
        if (lowest < 0 || s->means[i] < s->means[lowest]) lowest = i;
    }
    return lowest;
}

static bool fill_means(standing *s, const results *r, size_t rows) {
    for (size_t i = 0; i < r->n_experiments; i++) {
        summary of;
        if (!stats_summary(&of, r->experiments[i].rmse, r->experiments[i].n_repeats)) return false;
        s->means[i] = of.mean;
        s->compared[i] = of.n > 0 && r->experiments[i].n_test == rows;
    }
    s->best = lowest_mean(s, r, true, true);
    s->best_varying = lowest_mean(s, r, true, false);
    s->best_constant = lowest_mean(s, r, false, true);
    return true;
}

/* A pair of those that are compared, a deterministic one as b, and its test by the first kind. */
typedef struct {
    int a, b;
    pair_test test;
} standing_pair;

typedef struct {
    standing_pair *items; /* [n] */
    size_t n;
    size_t family; /* tests that the adjustment allows for */
} standing_pairs;

static bool varies(const results *r, int i) { return !r->experiments[i].deterministic; }

/* Whether the standing cannot do without this pair. */
static bool concerns_best(const standing *s, int i, int j) {
    return i == s->best || j == s->best || (i == s->best_varying && j == s->best_constant) ||
           (j == s->best_varying && i == s->best_constant);
}

static bool test_standing_pair(standing_pair *pair, const comparisons *c, const results *r) {
    const compare_test_row *row = compare_test_of(c->kinds[0]);
    samples s = compare_samples(r, pair->a, pair->b);
    pair->test = (pair_test){.name = s.b ? row->name : row->one_sample_name, .kind = c->kinds[0]};
    return row->test(&pair->test.result, &s, c->alpha);
}

static bool list_standing_pairs(standing_pairs *out, const comparisons *c, const results *r) {
    const standing *s = &c->standing;
    int n = (int)r->n_experiments;
    bool many = n > MANY_EXPERIMENTS;
    size_t room = many ? 2 * (size_t)n : (size_t)n * (size_t)n;
    out->items = malloc((room ? room : 1) * sizeof *out->items);
    for (int i = 0; out->items && i < n; i++)
        for (int j = i + 1; j < n; j++) {
            if (!s->compared[i] || !s->compared[j] || (!varies(r, i) && !varies(r, j))) continue;
            out->family++;
            if (many && !concerns_best(s, i, j)) continue;
            standing_pair *pair = &out->items[out->n++];
            *pair = (standing_pair){.a = varies(r, i) ? i : j, .b = varies(r, i) ? j : i};
            if (!test_standing_pair(pair, c, r)) return false;
        }
    return out->items;
}

/* Where only some pairs of the family were tested, each as strictly as Bonferroni. */
static bool adjust_standing(standing_pairs *pairs, adjustment method) {
    size_t room = pairs->n ? pairs->n : 1;
    double *p = malloc(room * sizeof *p), *adjusted = malloc(room * sizeof *adjusted);
    bool done = p && adjusted;
    for (size_t i = 0; done && i < pairs->n; i++) p[i] = pairs->items[i].test.result.p;
    if (done) done = stats_adjust(adjusted, p, pairs->n, method);
    for (size_t i = 0; done && i < pairs->n; i++) {
        bool whole = pairs->n == pairs->family || method == ADJUST_NONE;
        pairs->items[i].test.p_adjusted = whole ? adjusted[i] : fmin(1, (double)pairs->family * p[i]);
    }
    free(p);
    free(adjusted);
    return done;
}

/* Who is not told apart from the best: nobody is by a test without an answer, as of one repeat. */
static void read_standing(standing *s, const standing_pairs *pairs, const results *r, double alpha) {
    s->n_tests = pairs->family;
    for (int i = 0; i < (int)r->n_experiments; i++)
        s->alike[i] =
            s->compared[i] && (i == s->best || varies(r, i) || varies(r, s->best) || s->means[i] == s->means[s->best]);
    for (size_t i = 0; i < pairs->n; i++) {
        const standing_pair *pair = &pairs->items[i];
        bool apart = pair->test.p_adjusted < alpha;
        if (apart && pair->a == s->best) s->alike[pair->b] = false;
        if (apart && pair->b == s->best) s->alike[pair->a] = false;
        if (pair->a == s->best_varying && pair->b == s->best_constant) s->varying_against_constant = pair->test;
    }
}

bool compare_fill_standing(comparisons *c, const compare_input *in) {
    standing *s = &c->standing;
    size_t n = c->n_experiments ? c->n_experiments : 1;
    standing_pairs pairs = {0};
    *s = (standing){.best = -1, .best_varying = -1, .best_constant = -1};
    s->means = malloc(n * sizeof *s->means);
    s->compared = calloc(n, sizeof *s->compared);
    s->alike = calloc(n, sizeof *s->alike);
    bool done = s->means && s->compared && s->alike && fill_means(s, in->results, common_rows(c, in->results)) &&
                list_standing_pairs(&pairs, c, in->results) && adjust_standing(&pairs, c->adjust);
    if (done && s->best >= 0) read_standing(s, &pairs, in->results, c->alpha);
    free(pairs.items);
    return done;
}
