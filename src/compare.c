/* compare.c - which experiments are compared with which, and the verdict on each pair in words. See compare.h.
 * In: experiments, results. Out: tests, adjusted over all pairs, and sentences.
 * Uses stats.h, numbers.h. Must not know files, CSV or terminals.
 * Invariant: a pair stands in the list once, whichever way round it was asked for. */
#include "compare.h"
#include "errors.h"
#include "numbers.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

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

/* --- tests ------------------------------------------------------------------------------------------------------ */

static void test_pair(comparison *c, const results *r, double alpha) {
    const experiment_result *a = &r->experiments[c->a], *b = &r->experiments[c->b];
    bool a_fixed = a->deterministic, b_fixed = b->deterministic;
    assert(!a_fixed || b_fixed);
    c->b_rmse = b_fixed ? b->rmse[0] : NAN;
    c->windows_differ = a->n_test != b->n_test;
    if (c->windows_differ) {
        c->test = "none";
        c->result = (t_test){0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
        return;
    }
    if (a_fixed) {
        c->test = "none";
        c->result = (t_test){1, a->rmse[0] - b->rmse[0], NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    } else if (b_fixed) {
        c->test = "one_sample_t";
        stats_one_sample_t(&c->result, a->rmse, a->n_repeats, b->rmse[0], alpha);
    } else {
        c->test = "paired_t";
        stats_paired_t(&c->result, a->rmse, b->rmse, a->n_repeats, alpha);
    }
    c->left_out = a->n_repeats - c->result.n;
}

static bool adjust_all(comparisons *c) {
    bool done = false;
    double *p = malloc((c->n ? c->n : 1) * sizeof *p), *adjusted = malloc((c->n ? c->n : 1) * sizeof *adjusted);
    if (!p || !adjusted) goto done;
    for (size_t i = 0; i < c->n; i++) {
        p[i] = c->items[i].result.p;
        if (!isnan(p[i])) c->n_tested++;
    }
    if (!stats_adjust(adjusted, p, c->n, c->adjust)) goto done;
    for (size_t i = 0; i < c->n; i++) c->items[i].p_adjusted = adjusted[i];
    done = true;
done:
    free(p);
    free(adjusted);
    return done;
}

farm_status compare_all(comparisons *out, const compare_spec *spec, const experiment *experiments, const results *r,
                        farm_errors *errors) {
    farm_status status = FARM_FAILED;
    size_t room = r->n_experiments ? most_pairs(spec, experiments, r->n_experiments) : 0;
    *out = (comparisons){
        .alpha = spec->alpha, .adjust = spec->adjust, .reference = spec->all_pairs ? -1 : spec->reference};
    out->items = calloc(room ? room : 1, sizeof *out->items);
    if (!out->items) goto done;
    add_all(&(pair_list){out, experiments, r}, spec, (int)r->n_experiments);
    for (size_t i = 0; i < out->n; i++) test_pair(&out->items[i], r, spec->alpha);
    if (!adjust_all(out)) goto done;
    status = FARM_OK;
done:
    if (status != FARM_OK) {
        errors_add(errors, (error_place){.key = "compare"}, "out of memory for %zu comparisons", room);
        compare_free(out);
    }
    return status;
}

void compare_free(comparisons *c) {
    free(c->items);
    *c = (comparisons){0};
}

/* --- sentences -------------------------------------------------------------------------------------------------- */

/* One side of a comparison: its name, and (136.76), the RMSE of a side that does not vary. */
typedef struct {
    const char *name;
    char note[NUMBER_TEXT + 4];
} side;

/* A sentence being written, and what it is about, seen from the side with the lower mean. */
typedef struct {
    char *text;
    size_t size, used;
    const comparisons *all;
    const comparison *c;
    side a, b;
    const side *better, *worse;                                    /* of a and b */
    char margin[NUMBER_TEXT], low[NUMBER_TEXT], high[NUMBER_TEXT]; /* mean difference and its interval, in its favour */
} sentence;

static void say(sentence *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(sentence *s, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(s->text + s->used, s->size - s->used, format, args);
    va_end(args);
    if (length > 0) s->used += (size_t)length;
    if (s->used >= s->size) s->used = s->size - 1;
}

static side side_of(const experiment *e, double rmse) {
    char number[NUMBER_TEXT];
    side out = {.name = e->name};
    number_text(number, rmse, number_decimals(rmse, 5));
    if (!isnan(rmse)) snprintf(out.note, sizeof out.note, " (%s)", number);
    return out;
}

/* Names and numbers from the side of the better one; three significant digits of the largest number. */
static void take_sides(sentence *s) {
    const t_test *t = &s->c->result;
    bool a_better = t->mean_difference < 0;
    double sign = a_better ? -1 : 1, low = a_better ? t->ci_high : t->ci_low, high = a_better ? t->ci_low : t->ci_high;
    double largest = fmax(fabs(t->mean_difference), fmax(fabs(t->ci_low), fabs(t->ci_high)));
    int decimals = number_decimals(largest, 3);
    s->better = a_better ? &s->a : &s->b;
    s->worse = a_better ? &s->b : &s->a;
    number_text(s->margin, fabs(t->mean_difference), decimals);
    number_text(s->low, sign * low, decimals);
    number_text(s->high, sign * high, decimals);
}

/* p < 0.001, p = 0.032, p = 0.34; four decimals where rounding would hide on which side of alpha it is. */
static void say_p(sentence *s) {
    double p = s->c->p_adjusted;
    if (p < 0.001)
        say(s, "p < 0.001");
    else if (fabs(p - s->all->alpha) < 0.001)
        say(s, "p = %.4f", p);
    else
        say(s, p < 0.1 ? "p = %.3f" : "p = %.2f", p);
    if (s->all->n_tested < 2) return;
    switch (s->all->adjust) {
    case ADJUST_HOLM: say(s, " (Holm)"); break;
    case ADJUST_BONFERRONI: say(s, " (Bonferroni)"); break;
    case ADJUST_BH: say(s, " (Benjamini-Hochberg)"); break;
    case ADJUST_NONE: break;
    }
}

static void say_n(sentence *s) {
    size_t left_out = s->c->left_out;
    say(s, "n = %zu", s->c->result.n);
    if (left_out > 0) say(s, " (%zu diverged repeat%s left out)", left_out, left_out == 1 ? "" : "s");
}

/* 7.10 (95% CI 6.66 to 7.54), p < 0.001 (Holm), n = 1024, dz = 0.98, the margin preceded by words and followed by more
 * words. */
static void say_evidence(sentence *s, const char *words, const char *more) {
    char effect[NUMBER_TEXT];
    double dz = fabs(s->c->result.effect_size);
    say(s, "%s%s%s", words, s->margin, more);
    if (isinf(dz)) { /* no spread at all: an interval and a p would only say so again */
        say(s, " in every repeat alike, ");
        say_n(s);
        return;
    }
    number_text(effect, dz, 2);
    say(s, " (%.4g%% CI %s to %s), ", 100 * (1 - s->all->alpha), s->low, s->high);
    say_p(s);
    say(s, ", ");
    say_n(s);
    say(s, ", dz = %s", effect);
}

/* needed to two digits, rounded up: the effect size behind it is no more certain than that. */
static void round_needed(char *text, double needed) {
    double unit = needed < 100 ? 1 : pow(10, floor(log10(needed)) - 1);
    number_count(text, (unsigned long long)(ceil(needed / unit) * unit));
}

/* How many repeats would settle an undecided comparison, at an alpha that allows for the family by Bonferroni's bound. */
static void say_repeats_needed(sentence *s) {
    size_t family = s->all->adjust == ADJUST_NONE ? 1 : s->all->n_tested;
    double needed = stats_repeats_needed(s->c->result.effect_size, s->all->alpha / (double)family);
    char count[NUMBER_TEXT];
    if (needed > 1e6) {
        say(s, "; at this effect size even a million repeats would not settle it");
    } else {
        round_needed(count, needed);
        say(s, "; about %s repeats would settle it at this effect size (80%% power)", count);
    }
}

/* What an average that proves nothing says of a: lower, higher or the same. */
static void say_undecided(sentence *s) {
    double d = s->c->result.mean_difference;
    say_evidence(s, "", d < 0 ? " lower on average" : d > 0 ? " higher on average" : " apart on average");
    say_repeats_needed(s);
}

static void say_untested(sentence *s) {
    if (s->c->result.mean_difference == 0)
        say(s, "%s and %s%s have the same RMSE", s->a.name, s->b.name, s->b.note);
    else
        say(s, "%s%s beats %s%s by %s", s->better->name, s->better->note, s->worse->name, s->worse->note, s->margin);
    say(s, "; neither varies from repeat to repeat, so there is nothing to test");
}

static void say_windows_differ(sentence *s) {
    say(s, "%s and %s forecast different test rows, so their RMSEs are not compared", s->a.name, s->b.name);
}

static void say_too_few(sentence *s) {
    if (s->c->result.n == 0 && s->c->left_out > 0) {
        say(s, "%s and %s cannot be compared: of %zu repeats none is without a diverged one", s->a.name, s->b.name,
            s->c->left_out);
        return;
    }
    say(s, "%s and %s cannot be compared yet: at least two repeats are needed", s->a.name, s->b.name);
    if (s->c->result.n == 1) say(s, "; in the one there is, %s is better by %s", s->better->name, s->margin);
    if (s->c->left_out > 0) say(s, " (%zu diverged)", s->c->left_out);
}

bool compare_states_differ(const experiment *update, const experiment *baseline) {
    return update->train.state == STATE_PER_EPOCH && update->state_at_forecast == FORECAST_AS_TRAINED &&
           baseline->state_at_forecast == FORECAST_AS_TRAINED;
}

static void say_matched(sentence *s, bool decided, bool states_differ) {
    say(s, "%s against its matched baseline %s: ", s->a.name, s->b.name);
    if (!decided) {
        say(s, "no difference can be told from noise, so no gain can be credited to the new data: ");
        say_undecided(s);
    } else if (s->c->result.mean_difference < 0) {
        say_evidence(s, states_differ ? "the new data and the zero start helped, by " : "the new data helped, by ", "");
    } else {
        say_evidence(s, "extra training alone does better, by ", "");
    }
}

static void say_plain(sentence *s, bool decided) {
    if (decided) {
        say(s, "%s%s beats %s%s", s->better->name, s->better->note, s->worse->name, s->worse->note);
        say_evidence(s, " by ", "");
    } else {
        say(s, "%s cannot be told apart from %s%s: ", s->a.name, s->b.name, s->b.note);
        say_undecided(s);
    }
}

void compare_sentence(char *text, size_t size, const comparisons *c, size_t i, const experiment *experiments) {
    assert(size > 0 && i < c->n);
    const comparison *item = &c->items[i];
    const experiment *a = &experiments[item->a], *b = &experiments[item->b];
    sentence s = {.text = text, .size = size, .all = c, .c = item, .a = side_of(a, NAN), .b = side_of(b, item->b_rmse)};
    bool decided = item->p_adjusted < c->alpha, alike = item->result.n >= 2 && isnan(item->result.statistic);
    text[0] = '\0';
    take_sides(&s);
    if (item->windows_differ)
        say_windows_differ(&s);
    else if (strcmp(item->test, "none") == 0)
        say_untested(&s);
    else if (item->result.n < 2)
        say_too_few(&s);
    else if (alike)
        say(&s, "%s and %s agree in each of %zu repeats", a->name, b->name, item->result.n);
    else if (item->reason == PAIR_MATCHED)
        say_matched(&s, decided, compare_states_differ(a, b));
    else
        say_plain(&s, decided);
    say(&s, ".");
}
