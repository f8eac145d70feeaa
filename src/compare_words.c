/* compare_words.c - comparisons in plain sentences, one for each pair and three for the run. See compare.h.
 * In: comparisons. Out: text. Must not know files or terminals, nor compute a statistic. */
#include "compare.h"
#include "numbers.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

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
    const test_result *t = &s->c->tests[0].result;
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
    double p = s->c->tests[0].p_adjusted;
    if (p < 0.001)
        say(s, "p < 0.001");
    else if (fabs(p - s->all->alpha) < 0.001)
        say(s, "p = %.4f", p);
    else
        say(s, p < 0.1 ? "p = %.3f" : "p = %.2f", p);
    if (s->all->n_tested[s->c->tests[0].kind] < 2) return;
    switch (s->all->adjust) {
    case ADJUST_HOLM: say(s, " (Holm)"); break;
    case ADJUST_BONFERRONI: say(s, " (Bonferroni)"); break;
    case ADJUST_BH: say(s, " (Benjamini-Hochberg)"); break;
    case ADJUST_NONE: break;
    }
}

static void say_n(sentence *s) {
    size_t left_out = s->c->left_out;
    say(s, "n = %zu", s->c->tests[0].result.n);
    if (left_out > 0) say(s, " (%zu diverged repeat%s left out)", left_out, left_out == 1 ? "" : "s");
}

/* 7.10 (95% CI 6.66 to 7.54), p < 0.001 (Holm), n = 1024, dz = 0.98, the margin preceded by words and followed by more
 * words. */
static void say_evidence(sentence *s, const char *words, const char *more) {
    char effect[NUMBER_TEXT];
    double dz = fabs(s->c->tests[0].result.effect_size);
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
    size_t family = s->all->adjust == ADJUST_NONE ? 1 : s->all->n_tested[s->c->tests[0].kind];
    double needed = stats_repeats_needed(s->c->tests[0].result.effect_size, s->all->alpha / (double)family);
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
    double d = s->c->tests[0].result.mean_difference;
    say_evidence(s, "", d < 0 ? " lower on average" : d > 0 ? " higher on average" : " apart on average");
    say_repeats_needed(s);
}

static void say_untested(sentence *s) {
    if (s->c->tests[0].result.mean_difference == 0)
        say(s, "%s and %s%s have the same RMSE", s->a.name, s->b.name, s->b.note);
    else
        say(s, "%s%s beats %s%s by %s", s->better->name, s->better->note, s->worse->name, s->worse->note, s->margin);
    say(s, "; neither varies from repeat to repeat, so there is nothing to test");
}

static void say_windows_differ(sentence *s) {
    say(s, "%s and %s forecast different test rows, so their RMSEs are not compared", s->a.name, s->b.name);
}

static void say_too_few(sentence *s) {
    if (s->c->tests[0].result.n == 0 && s->c->left_out > 0) {
        say(s, "%s and %s cannot be compared: of %zu repeats none is without a diverged one", s->a.name, s->b.name,
            s->c->left_out);
        return;
    }
    say(s, "%s and %s cannot be compared yet: at least two repeats are needed", s->a.name, s->b.name);
    if (s->c->tests[0].result.n == 1) say(s, "; in the one there is, %s is better by %s", s->better->name, s->margin);
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
    } else if (s->c->tests[0].result.mean_difference < 0) {
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
    bool decided = item->tests[0].p_adjusted < c->alpha,
         alike = item->tests[0].result.n >= 2 && isnan(item->tests[0].result.statistic);
    text[0] = '\0';
    take_sides(&s);
    if (item->windows_differ)
        say_windows_differ(&s);
    else if (strcmp(item->tests[0].name, "none") == 0)
        say_untested(&s);
    else if (item->tests[0].result.n < 2)
        say_too_few(&s);
    else if (alike)
        say(&s, "%s and %s agree in each of %zu repeats", a->name, b->name, item->tests[0].result.n);
    else if (item->reason == PAIR_MATCHED)
        say_matched(&s, decided, compare_states_differ(a, b));
    else
        say_plain(&s, decided);
    say(&s, ".");
}
