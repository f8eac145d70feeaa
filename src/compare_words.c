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
    const test_result *t; /* of the first test */
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

/* Names and numbers from the side of the better one; three significant digits of the largest number. A rank test has
 * no interval of the mean difference: then the t-test's stands there. */
static void take_sides(sentence *s) {
    bool a_better = s->t->mean_difference < 0, own = !isnan(s->t->ci_low);
    double ci_low = own ? s->t->ci_low : s->c->ci_low, ci_high = own ? s->t->ci_high : s->c->ci_high;
    double sign = a_better ? -1 : 1, low = a_better ? ci_high : ci_low, high = a_better ? ci_low : ci_high;
    double largest = fmax(fabs(s->t->mean_difference), fmax(fabs(ci_low), fabs(ci_high)));
    int decimals = number_decimals(largest, 3);
    s->better = a_better ? &s->a : &s->b;
    s->worse = a_better ? &s->b : &s->a;
    number_text(s->margin, fabs(s->t->mean_difference), decimals);
    number_text(s->low, sign * low, decimals);
    number_text(s->high, sign * high, decimals);
}

/* p < 0.001, p = 0.032, p = 0.34; four decimals where rounding would hide on which side of alpha it is. */
static void say_p_value(sentence *s, double p) {
    if (p < 0.001)
        say(s, "p < 0.001");
    else if (fabs(p - s->all->alpha) < 0.001)
        say(s, "p = %.4f", p);
    else
        say(s, p < 0.1 ? "p = %.3f" : "p = %.2f", p);
}

static const char *adjustment_of(const comparisons *c, size_t family) {
    return family < 2 ? NULL : compare_adjustment_name(c->adjust);
}

static void say_p(sentence *s, const pair_test *test, size_t family) {
    const char *adjusted = adjustment_of(s->all, family);
    say_p_value(s, test->p_adjusted);
    if (adjusted) say(s, " (%s)", adjusted);
}

static void say_n(sentence *s) {
    size_t left_out = s->c->left_out;
    if (s->t->n_a != s->t->n_b)
        say(s, "n = %zu and %zu", s->t->n_a, s->t->n_b);
    else
        say(s, "n = %zu", s->t->n);
    if (left_out > 0) say(s, " (%zu diverged repeat%s left out)", left_out, left_out == 1 ? "" : "s");
}

/* 7.10 (95% CI 6.66 to 7.54), p < 0.001 (Holm), n = 1024, dz = 0.98, the margin preceded by words and followed by more
 * words. */
static void say_evidence(sentence *s, const char *words, const char *more) {
    char effect[NUMBER_TEXT];
    const pair_test *first = &s->c->tests[0];
    double d = fabs(s->t->effect_size);
    say(s, "%s%s%s", words, s->margin, more);
    if (isinf(d)) { /* no spread at all: an interval and a p would only say so again */
        say(s, " in every repeat alike, ");
        say_n(s);
        return;
    }
    number_text(effect, d, 2);
    say(s, " (%.4g%% CI %s to %s), ", 100 * (1 - s->all->alpha), s->low, s->high);
    say_p(s, first, s->all->n_tested[first->kind]);
    say(s, ", ");
    say_n(s);
    say(s, ", %s = %s", strcmp(first->name, "welch") == 0 ? "d" : "dz", effect);
}

/* needed to two digits, rounded up: the effect size behind it is no more certain than that. */
static void round_needed(char *text, double needed) {
    double unit = needed < 100 ? 1 : pow(10, floor(log10(needed)) - 1);
    number_count(text, (unsigned long long)(ceil(needed / unit) * unit));
}

/* How many repeats would settle an undecided comparison. */
static void say_repeats_needed(sentence *s) {
    double needed = s->c->tests[0].needed;
    char count[NUMBER_TEXT];
    if (isnan(needed)) return;
    if (needed > 1e6) {
        say(s, "; at this effect size even a million repeats would not settle it");
    } else {
        round_needed(count, needed);
        say(s, "; about %s repeats would settle it at this effect size (80%% power)", count);
    }
}

/* What an average that proves nothing says of a: lower, higher or the same. */
static void say_undecided(sentence *s) {
    double d = s->t->mean_difference;
    say_evidence(s, "", d < 0 ? " lower on average" : d > 0 ? " higher on average" : " apart on average");
    say_repeats_needed(s);
}

/* ; wilcoxon p = 0.012 (Holm): what the other tests say. */
static void say_other_tests(sentence *s) {
    for (size_t k = 1; k < s->c->n_tests; k++) {
        const pair_test *test = &s->c->tests[k];
        if (isnan(test->p_adjusted)) continue;
        say(s, "%s %s ", k == 1 ? ";" : ",", compare_test_title(test->name));
        say_p(s, test, s->all->n_tested[test->kind]);
    }
}

/* ; DM over 12 test rows: update_2 better, p = 0.021 */
static void say_forecasts(sentence *s) {
    double p = s->c->dm_p;
    if (isnan(p)) return;
    say(s, "; DM over %zu test rows: ", s->c->dm_n);
    if (p < s->all->alpha) say(s, "%s better, ", s->c->dm_statistic < 0 ? s->a.name : s->b.name);
    say_p_value(s, p);
}

/* Whether the difference is one that matters. */
static void say_equivalence(sentence *s) {
    char rope[NUMBER_TEXT], p[NUMBER_TEXT];
    double low = fmin(fabs(s->c->ci_low), fabs(s->c->ci_high));
    bool beyond = s->c->ci_low * s->c->ci_high > 0 && low >= s->all->rope;
    if (!(s->all->rope > 0) || isnan(s->c->equivalence_p)) return;
    number_text(rope, s->all->rope, number_decimals(s->all->rope, 3));
    number_text(p, s->c->equivalence_p, 3);
    if (s->c->verdict == VERDICT_EQUIVALENT)
        say(s, "; within +-%s, so equivalent in practice (p %s %s)", rope, s->c->equivalence_p < 0.001 ? "<" : "=",
            s->c->equivalence_p < 0.001 ? "0.001" : p);
    else if (beyond)
        say(s, "; beyond the +-%s that count as nothing", rope);
    else
        say(s, "; whether by more than the +-%s that count as nothing cannot be told", rope);
}

static void say_untested(sentence *s) {
    if (s->t->mean_difference == 0)
        say(s, "%s and %s%s have the same RMSE", s->a.name, s->b.name, s->b.note);
    else
        say(s, "%s%s beats %s%s by %s", s->better->name, s->better->note, s->worse->name, s->worse->note, s->margin);
    say(s, "; neither varies from repeat to repeat, so there is nothing to test");
}

static void say_windows_differ(sentence *s) {
    say(s, "%s and %s forecast different test rows, so their RMSEs are not compared", s->a.name, s->b.name);
}

static void say_too_few(sentence *s) {
    if (s->t->n == 0 && s->c->left_out > 0) {
        say(s, "%s and %s cannot be compared: of %zu repeats none is without a diverged one", s->a.name, s->b.name,
            s->c->left_out);
        return;
    }
    say(s, "%s and %s cannot be compared yet: at least two repeats are needed", s->a.name, s->b.name);
    if (s->t->n == 1) say(s, "; in the one there is, %s is better by %s", s->better->name, s->margin);
    if (s->c->left_out > 0) say(s, " (%zu diverged)", s->c->left_out);
}

bool compare_states_differ(const experiment *update, const experiment *baseline) {
    return update->train.state == STATE_PER_EPOCH && update->state_at_forecast == FORECAST_AS_TRAINED &&
           baseline->state_at_forecast == FORECAST_AS_TRAINED;
}

/* A rank test that sees what the means do not: lower in most repeats, but not on average. */
static void say_contradiction(sentence *s) {
    const side *mostly = s->t->direction < 0 ? &s->a : &s->b, *other = mostly == &s->a ? &s->b : &s->a;
    say(s, "%s%s is lower than %s%s by its ranks, but not on average: ", mostly->name, mostly->note, other->name,
        other->note);
    say_evidence(s, "", s->t->mean_difference < 0 ? " lower" : " higher");
}

static void say_matched(sentence *s, bool decided, bool states_differ) {
    say(s, "%s against its matched baseline %s: ", s->a.name, s->b.name);
    if (!decided) {
        say(s, "no difference can be told from noise, so no gain can be credited to the new data: ");
        say_undecided(s);
    } else if (s->t->mean_difference < 0) {
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
    const test_result *t = &item->tests[0].result;
    const experiment *a = &experiments[item->a], *b = &experiments[item->b];
    sentence s = {
        .text = text, .size = size, .all = c, .c = item, .t = t, .a = side_of(a, NAN), .b = side_of(b, item->b_rmse)};
    bool decided = item->told != VERDICT_UNDECIDED, alike = t->mean_difference == 0 && isnan(t->p); /* 0 / 0 */
    text[0] = '\0';
    take_sides(&s);
    if (item->windows_differ) {
        say_windows_differ(&s);
    } else if (strcmp(item->tests[0].name, "none") == 0) {
        say_untested(&s);
        say_forecasts(&s);
    } else if (t->n < 2) {
        say_too_few(&s);
    } else if (alike) {
        say(&s, "%s and %s agree in each of %zu repeats", a->name, b->name, t->n);
    } else {
        if (!decided && item->tests[0].p_adjusted < c->alpha)
            say_contradiction(&s);
        else if (item->reason == PAIR_MATCHED)
            say_matched(&s, decided, compare_states_differ(a, b));
        else
            say_plain(&s, decided);
        say_other_tests(&s);
        say_forecasts(&s);
        say_equivalence(&s);
    }
    say(&s, ".");
}

/* --- names ------------------------------------------------------------------------------------------------------ */

const char *compare_heading(const comparisons *c, pair_reason reason) {
    switch (reason) {
    case PAIR_REFERENCE: return c->reference < 0 ? "All pairs" : "Against ";
    case PAIR_MATCHED: return "New data or just more training?";
    case PAIR_ASKED: return "Asked for";
    }
    return "";
}

const char *compare_heading_note(pair_reason reason) {
    return reason == PAIR_REFERENCE ? "lower RMSE is better"
           : reason == PAIR_MATCHED ? "each update against its matched baseline"
                                    : NULL;
}

const char *compare_adjustment_name(adjustment adjust) {
    static const char *const names[] = {"Holm", "Bonferroni", "Benjamini-Hochberg", NULL};
    return names[adjust];
}

const char *compare_test_title(const char *name) {
    static const struct {
        const char *name, *title;
    } titles[] = {{"paired_t", "paired t-test"},
                  {"one_sample_t", "one-sample t-test"},
                  {"wilcoxon", "Wilcoxon's signed-rank test"},
                  {"one_sample_wilcoxon", "Wilcoxon's one-sample test"},
                  {"sign", "sign test"},
                  {"one_sample_sign", "one-sample sign test"},
                  {"welch", "Welch's t-test"}};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(titles[i].name, name) == 0) return titles[i].title;
    return name;
}

/* --- the run ------------------------------------------------------------------------------------------------------ */

enum { NAMED = 6 }; /* experiments listed by name; of more, so many and a count */

static void say_mean(sentence *s, const char *name, double mean) {
    char number[NUMBER_TEXT];
    number_text(number, mean, number_decimals(mean, 5));
    say(s, "%s (%s)", name, number);
}

/* Which experiments a list is of. */
typedef bool experiment_pick(const comparisons *c, size_t i);

static bool beside_best(const comparisons *c, size_t i) { return c->standing.alike[i] && (int)i != c->standing.best; }

static bool not_compared(const comparisons *c, size_t i) { return !c->standing.compared[i]; }

static size_t count_picked(const comparisons *c, experiment_pick *pick) {
    size_t n = 0;
    for (size_t i = 0; i < c->n_experiments; i++) n += pick(c, i);
    return n;
}

/* a, b and c; of many the first few and how many more. */
static void say_names(sentence *s, const experiment *experiments, experiment_pick *pick) {
    size_t total = count_picked(s->all, pick), said = 0;
    size_t named = total > NAMED + 1 ? NAMED : total; /* "and 1 more" is no shorter than the name */
    for (size_t i = 0; i < s->all->n_experiments && said < named; i++) {
        if (!pick(s->all, i)) continue;
        said++;
        say(s, "%s%s", said == 1 ? "" : said == total ? " and " : ", ", experiments[i].name);
    }
    if (total > named) say(s, " and %zu more", total - named);
}

/* (paired t-test, Holm over all 78 pairs) */
static void say_family(sentence *s) {
    const standing *st = &s->all->standing;
    const char *adjusted = adjustment_of(s->all, st->n_tests);
    static const char *const names[N_COMPARE_TESTS] = {"paired_t", "wilcoxon", "sign", "welch"};
    say(s, " (%s", compare_test_title(names[s->all->kinds[0]]));
    if (adjusted) say(s, ", %s over all %zu pairs", adjusted, st->n_tests);
    say(s, ")");
}

static bool say_best(sentence *s, const experiment *experiments) {
    const standing *st = &s->all->standing;
    size_t others = s->all->n_experiments - count_picked(s->all, not_compared),
           alike = count_picked(s->all, beside_best);
    if (others-- < 2) return false;
    say_mean(s, experiments[st->best].name, st->means[st->best]);
    say(s, " has the lowest mean RMSE");
    if (alike == 0) {
        say(s, ", and every other experiment can be told apart from it");
    } else if (alike == others) {
        say(s, ", but no other experiment can be told apart from it");
    } else {
        say(s, "; ");
        say_names(s, experiments, beside_best);
        say(s, " cannot be told apart from it, all others can");
    }
    if (st->n_tests > 0) say_family(s);
    if (others + 1 == s->all->n_experiments) return true;
    say(s, "; left out, for other test rows or no result: ");
    say_names(s, experiments, not_compared);
    return true;
}

/* Updates against their matched baselines. */
typedef struct {
    size_t n, gained, lost;
    bool states_differ;
    size_t baselines, trained,
        harmed; /* baselines compared with the reference, those better than it, and those worse */
} gain;

/* 1 where one of a pair is decidedly better than the other, seen from experiment i; -1 worse, 0 undecided. */
static int decided_for(const comparison *item, int i) {
    if (item->told != VERDICT_BETTER && item->told != VERDICT_WORSE) return 0;
    return (item->told == VERDICT_BETTER) == (item->a == i) ? 1 : -1;
}

static bool is_baseline(const experiment *e) { return e->n_matches > 0; }

static gain count_gain(const comparisons *c, const experiment *experiments) {
    gain g = {0};
    for (size_t i = 0; i < c->n; i++) {
        const comparison *item = &c->items[i];
        if (item->reason == PAIR_MATCHED && !isnan(item->tests[0].result.p)) {
            int decided = decided_for(item, item->a);
            g.n++;
            g.gained += decided > 0;
            g.lost += decided < 0;
            g.states_differ = g.states_differ || compare_states_differ(&experiments[item->a], &experiments[item->b]);
        }
        int other = item->a == c->reference ? item->b : item->a; /* a baseline with the reference */
        bool with_reference = item->a == c->reference || item->b == c->reference;
        if (with_reference && is_baseline(&experiments[other]) && !isnan(item->tests[0].result.p)) {
            g.baselines++;
            g.trained += decided_for(item, other) > 0;
            g.harmed += decided_for(item, other) < 0;
        }
    }
    return g;
}

/* What the baselines' own gain over the reference says of training alone. */
static void say_training(sentence *s, const gain *g, const experiment *experiments) {
    if (g->baselines == 0) return;
    const char *reference = experiments[s->all->reference].name;
    if (g->trained > 0)
        say(s, "; extra training alone beats %s in %zu of %zu baselines", reference, g->trained, g->baselines);
    else if (g->harmed > 0)
        say(s, "; extra training alone is worse than %s in %zu of %zu baselines", reference, g->harmed, g->baselines);
    else
        say(s, "; extra training alone gains nothing that can be told over %s", reference);
}

static bool say_gain(sentence *s, const experiment *experiments) {
    gain g = count_gain(s->all, experiments);
    const char *data = g.states_differ ? "the new data and the zero start" : "the new data";
    bool updates = false;
    for (size_t i = 0; i < s->all->n_experiments; i++) updates = updates || experiments[i].scheme == SCHEME_UPDATE;
    if (!s->all->is_run || !updates) return false;
    if (g.n == 0) {
        say(s,
            "New data or extra training: no update was tested against a matched baseline, so that cannot be told; "
            "{\"scheme\": \"fixed\", \"match\": \"update_*\"} adds baselines");
        return true;
    }
    if (g.gained > 0)
        say(s, "%zu of %zu updates beat%s the matched baseline: %s explain the gain", g.gained, g.n,
            g.gained == 1 ? "s" : "", data);
    else
        say(s, "No update can be shown to beat its matched baseline: no gain can be credited to the new data");
    if (g.lost > 0) say(s, "; in %zu extra training alone does better", g.lost);
    if (g.gained > 0 && g.gained + g.lost < g.n) say(s, "; in %zu it cannot be told", g.n - g.gained - g.lost);
    say_training(s, &g, experiments);
    return true;
}

static bool say_baselines(sentence *s, const experiment *experiments) {
    const standing *st = &s->all->standing;
    if (!s->all->is_run || st->best_varying < 0) return false;
    if (st->best_constant < 0) {
        say(s, "No plain baseline was run: {\"scheme\": \"ar\"} shows what a simple method does");
        return true;
    }
    const experiment *network = &experiments[st->best_varying], *plain = &experiments[st->best_constant];
    double a = st->means[st->best_varying], b = st->means[st->best_constant];
    double p = st->varying_against_constant.p_adjusted;
    bool decided = p < s->all->alpha && (st->varying_against_constant.result.direction < 0) == (a < b);
    if (a < b || !decided) {
        say(s, "The best LSTM, ");
        say_mean(s, network->name, a);
        say(s, decided ? ", beats every plain baseline, of which the best is "
                       : ", cannot be told apart from the best "
                         "plain baseline, ");
        say_mean(s, plain->name, b);
    } else {
        say(s, "No LSTM beats the plain baseline ");
        say_mean(s, plain->name, b);
        say(s, ": the best, ");
        say_mean(s, network->name, a);
        say(s, ", is worse");
    }
    if (isnan(p)) return true;
    say(s, ", ");
    say_p(s, &st->varying_against_constant, st->n_tests);
    return true;
}

bool compare_run_sentence(char *text, size_t size, run_sentence which, const comparisons *c,
                          const experiment *experiments) {
    assert(size > 0);
    sentence s = {.text = text, .size = size, .all = c};
    bool said = false;
    text[0] = '\0';
    switch (which) {
    case RUN_BEST: said = say_best(&s, experiments); break;
    case RUN_GAIN: said = say_gain(&s, experiments); break;
    case RUN_BASELINES: said = say_baselines(&s, experiments); break;
    case N_RUN_SENTENCES: break;
    }
    if (said) say(&s, ".");
    return said;
}
