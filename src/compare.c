/* compare.c - which experiments are compared with which, by which tests. See compare.h.
 * In: experiments, results. Out: a table of pairs and tests, adjusted over all pairs of a test.
 * Uses stats.h. Must not know files, CSV or terminals.
 * Invariant: a pair stands in the list once, whichever way round it was asked for. */
#include "compare_parts.h"
#include "errors.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const compare_test_row rows[N_COMPARE_TESTS] = {
    [TEST_PAIRED_T] = {"paired_t", "one_sample_t", stats_paired_t},
    [TEST_WILCOXON] = {"wilcoxon", "one_sample_wilcoxon", stats_wilcoxon},
    [TEST_SIGN] = {"sign", "one_sample_sign", stats_sign},
    [TEST_WELCH] = {"welch", "one_sample_t", stats_welch},
};

const compare_test_row *compare_test_of(compare_test kind) {
    assert(rows[kind].test);
    return &rows[kind];
}

/* --- pairs ------------------------------------------------------------------------------------------------------ */

typedef struct {
    comparisons *out; /* room for every pair that could be added */
    const experiment *experiments;
    const results *results;
} pair_list;

static comparison *find_pair(const comparisons *c, int a, int b) {
    for (size_t i = 0; i < c->n; i++) {
        comparison *item = &c->items[i];
        if ((item->a == a && item->b == b) || (item->a == b && item->b == a)) return item;
    }
    return NULL;
}

/* A pair that is not in the list yet. */
static void add_new_pair(pair_list *list, int a, int b, pair_reason reason) {
    bool swap = list->results->experiments[a].deterministic && !list->results->experiments[b].deterministic;
    list->out->items[list->out->n++] = (comparison){.a = swap ? b : a, .b = swap ? a : b, .reason = reason};
}

static void add_pair(pair_list *list, int a, int b, pair_reason reason) {
    comparison *known = find_pair(list->out, a, b);
    if (a == b) return;
    if (!known)
        add_new_pair(list, a, b, reason);
    else if (reason == PAIR_MATCHED)
        *known = (comparison){.a = a, .b = b, .reason = reason};
}

static void add_matched(pair_list *list, int n_experiments) {
    for (int fixed = 0; fixed < n_experiments; fixed++) {
        const experiment *e = &list->experiments[fixed];
        for (size_t m = 0; m < e->n_matches; m++) add_pair(list, e->matches[m], fixed, PAIR_MATCHED);
    }
}

static void add_all(pair_list *list, const compare_spec *spec, int n_experiments) {
    for (int b = 0; spec->all_pairs && b < n_experiments; b++)
        for (int a = b + 1; a < n_experiments; a++) add_new_pair(list, a, b, PAIR_REFERENCE);
    for (int a = 0; !spec->all_pairs && spec->reference >= 0 && a < n_experiments; a++)
        if (a != spec->reference) add_new_pair(list, a, spec->reference, PAIR_REFERENCE);
    add_matched(list, n_experiments);
    for (size_t i = 0; i < spec->n_pairs; i++) add_pair(list, spec->pairs[i].a, spec->pairs[i].b, PAIR_ASKED);
}

/* Pairs that add_all may add at most. */
static size_t most_pairs(const compare_spec *spec, const experiment *experiments, size_t n) {
    size_t pairs = (spec->all_pairs ? n * (n - 1) / 2 : n) + spec->n_pairs;
    for (size_t i = 0; i < n; i++) pairs += experiments[i].n_matches;
    return pairs;
}

/* Room for the pairs, and the pairs in it. */
static bool list_pairs(comparisons *out, const compare_input *in) {
    size_t n = in->results->n_experiments, room = n ? most_pairs(in->spec, in->experiments, n) : 0;
    out->items = calloc(room ? room : 1, sizeof *out->items);
    if (out->items) add_all(&(pair_list){out, in->experiments, in->results}, in->spec, (int)n);
    return out->items;
}

/* --- tests ------------------------------------------------------------------------------------------------------ */

/* The tests of pairs that are made: those that were asked for, or the one that is never left out. */
static void choose_kinds(comparisons *out, const compare_input *in) {
    for (size_t i = 0; i < in->spec->n_tests; i++) {
        if (in->spec->tests[i] == TEST_FRIEDMAN)
            out->friedman = true;
        else if (!in->unpaired)
            out->kinds[out->n_kinds++] = in->spec->tests[i];
    }
    if (out->n_kinds == 0) out->kinds[out->n_kinds++] = in->unpaired ? TEST_WELCH : TEST_PAIRED_T;
}

samples compare_samples(const results *r, int a, int b) {
    const experiment_result *x = &r->experiments[a], *y = &r->experiments[b];
    samples s = {.a = x->rmse, .n_a = x->n_repeats, .b = y->rmse, .n_b = y->n_repeats};
    if (y->deterministic) s = (samples){.a = x->rmse, .n_a = x->n_repeats, .constant = y->rmse[0]};
    return s;
}

test_result compare_t(const compare_input *in, const samples *s) {
    test_result t = stats_mean_alone(0, NAN);
    if (in->unpaired)
        stats_welch(&t, s, in->spec->alpha);
    else
        stats_paired_t(&t, s, in->spec->alpha);
    return t;
}

static pair_test untested(const comparison *c, const results *r) {
    const experiment_result *a = &r->experiments[c->a], *b = &r->experiments[c->b];
    test_result none = stats_mean_alone(0, NAN);
    if (!c->windows_differ) none = stats_mean_alone(1, a->rmse[0] - b->rmse[0]);
    return (pair_test){.name = "none", .result = none, .p_adjusted = NAN, .needed = NAN};
}

static bool has_test(const comparison *c, const char *name) {
    for (size_t i = 0; i < c->n_tests; i++)
        if (c->tests[i].name && strcmp(c->tests[i].name, name) == 0) return true;
    return false;
}

/* Against a constant paired_t and welch are one test, which is made once. */
static bool make_tests(comparison *c, const comparisons *all, const compare_input *in) {
    samples s = compare_samples(in->results, c->a, c->b);
    for (size_t k = 0; k < all->n_kinds; k++) {
        const compare_test_row *row = compare_test_of(all->kinds[k]);
        pair_test *t = &c->tests[c->n_tests];
        *t = (pair_test){.name = s.b ? row->name : row->one_sample_name, .kind = all->kinds[k], .needed = NAN};
        if (has_test(c, t->name)) continue;
        if (!row->test(&t->result, &s, all->alpha)) return false;
        c->n_tests++;
    }
    const test_result *first = &c->tests[0].result;
    c->left_out = s.b && in->unpaired ? s.n_a - first->n_a + s.n_b - first->n_b : s.n_a - first->n;
    return true;
}

/* tests: where this pair's tests go. */
static bool test_pair(comparison *c, pair_test *tests, const comparisons *all, const compare_input *in) {
    const experiment_result *a = &in->results->experiments[c->a], *b = &in->results->experiments[c->b];
    assert(!a->deterministic || b->deterministic);
    c->tests = tests;
    c->b_rmse = b->deterministic ? b->rmse[0] : NAN;
    c->windows_differ = a->n_test != b->n_test;
    if (!c->windows_differ && !a->deterministic) return make_tests(c, all, in);
    c->tests[c->n_tests++] = untested(c, in->results);
    return true;
}

static bool test_all(comparisons *out, const compare_input *in) {
    size_t room = out->n * out->n_kinds;
    out->tests = calloc(room ? room : 1, sizeof *out->tests);
    for (size_t i = 0; out->tests && i < out->n; i++) {
        if (!test_pair(&out->items[i], out->tests + out->n_tests, out, in)) return false;
        out->n_tests += out->items[i].n_tests;
    }
    return out->tests;
}

/* --- adjustment ------------------------------------------------------------------------------------------------- */

/* Adjusts the tests of one kind. p, adjusted: room for all tests. */
static bool adjust_kind(comparisons *c, compare_test kind, double *p, double *adjusted) {
    for (size_t i = 0; i < c->n_tests; i++) {
        p[i] = c->tests[i].kind == kind ? c->tests[i].result.p : NAN;
        if (!isnan(p[i])) c->n_tested[kind]++;
    }
    if (!stats_adjust(adjusted, p, c->n_tests, c->adjust)) return false;
    for (size_t i = 0; i < c->n_tests; i++)
        if (c->tests[i].kind == kind) c->tests[i].p_adjusted = adjusted[i];
    return true;
}

static bool adjust_all(comparisons *c) {
    size_t room = c->n_tests ? c->n_tests : 1;
    double *p = malloc(room * sizeof *p), *adjusted = malloc(room * sizeof *adjusted);
    bool done = p && adjusted;
    for (size_t k = 0; done && k < c->n_kinds; k++) done = adjust_kind(c, c->kinds[k], p, adjusted);
    free(p);
    free(adjusted);
    return done;
}

/* What a pair's first test needs at an alpha that allows for its family. */
static bool find_needed(comparisons *c, const compare_input *in) {
    for (size_t i = 0; i < c->n; i++) {
        pair_test *first = &c->items[i].tests[0];
        test_result again;
        if (isnan(first->result.p)) continue;
        size_t family = c->adjust == ADJUST_NONE ? 1 : c->n_tested[first->kind];
        samples s = compare_samples(in->results, c->items[i].a, c->items[i].b);
        if (!compare_test_of(first->kind)->test(&again, &s, c->alpha / (double)family)) return false;
        first->needed = again.repeats_needed;
    }
    return true;
}

/* --- all of it -------------------------------------------------------------------------------------------------- */

farm_status compare_all(comparisons *out, const compare_input *in, farm_errors *errors) {
    const compare_spec *spec = in->spec;
    *out = (comparisons){.alpha = spec->alpha,
                         .rope = spec->rope,
                         .adjust = spec->adjust,
                         .reference = spec->all_pairs ? -1 : spec->reference,
                         .n_experiments = in->results->n_experiments,
                         .is_run = in->frames,
                         .unpaired = in->unpaired};
    choose_kinds(out, in);
    if (list_pairs(out, in) && test_all(out, in) && adjust_all(out) && find_needed(out, in) &&
        compare_fill_sizes(out, in) && compare_fill_ranking(out, in) && compare_fill_standing(out, in))
        return FARM_OK;
    errors_add(errors, (error_place){.key = "compare"}, "out of memory for the comparisons of %zu experiments",
               out->n_experiments);
    compare_free(out);
    return FARM_FAILED;
}

void compare_free(comparisons *c) {
    free(c->items);
    free(c->tests);
    free(c->ranking.mean_ranks);
    free(c->standing.means);
    free(c->standing.compared);
    free(c->standing.alike);
    *c = (comparisons){0};
}

const char *pair_reason_name(pair_reason reason) {
    static const char *const names[] = {"reference", "matched", "asked"};
    return names[reason];
}

const char *pair_verdict_name(pair_verdict verdict) {
    static const char *const names[] = {"none", "better", "worse", "equivalent", "undecided"};
    return names[verdict];
}

/* --- precision -------------------------------------------------------------------------------------------------- */

/* Half the interval of one pair over its first repeats; 0: there is none. */
static double half_width_of(const comparison *c, const compare_input *in, size_t repeats) {
    const experiment_result *a = &in->results->experiments[c->a], *b = &in->results->experiments[c->b];
    samples s = compare_samples(in->results, c->a, c->b);
    if (a->deterministic || a->n_test != b->n_test) return 0;
    if (s.n_a > repeats) s.n_a = repeats;
    if (s.n_b > repeats) s.n_b = repeats;
    test_result t = compare_t(in, &s);
    return t.n < 2 ? INFINITY : (t.ci_high - t.ci_low) / 2;
}

farm_status compare_half_width(double *widest, const compare_input *in, size_t repeats, farm_errors *errors) {
    comparisons pairs = {0};
    *widest = 0;
    if (!list_pairs(&pairs, in)) {
        errors_add(errors, (error_place){.key = "compare"}, "out of memory for the pairs of %zu experiments",
                   in->results->n_experiments);
        return FARM_FAILED;
    }
    for (size_t i = 0; i < pairs.n; i++) *widest = fmax(*widest, half_width_of(&pairs.items[i], in, repeats));
    compare_free(&pairs);
    return FARM_OK;
}

bool compare_is_precise(const comparisons *c, double half_width) {
    for (size_t i = 0; i < c->n; i++) {
        const comparison *item = &c->items[i];
        if (strcmp(item->tests[0].name, "none") == 0) continue;
        if (!((item->ci_high - item->ci_low) / 2 <= half_width)) return false;
    }
    return true;
}
