/* report_words.c - what the terminal and the page both say of results, beside the sentences of compare.h. See report_parts.h.
 * In: a report_input. Out: plain sentences. Must not know where they go.
 * Invariant: a statement that stands in two places has its words here alone. */
#include "numbers.h"
#include "report_parts.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>

/* A text being written, cut where it would not fit. */
typedef struct {
    char *text;
    size_t size, n;
} words;

__attribute__((format(printf, 2, 3))) static void say(words *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(w->text + w->n, w->size - w->n, format, args);
    va_end(args);
    if (length > 0) w->n = w->n + (size_t)length < w->size ? w->n + (size_t)length : w->size - 1;
}

/* What ended the run, where that was not the number of its repeats. */
static void say_until(words *w, const report_input *in) {
    char asked[NUMBER_TEXT], reached[NUMBER_TEXT], n[NUMBER_TEXT];
    if (!in->series || !(in->half_width > 0)) return;
    number_text(asked, in->half_width, number_decimals(in->half_width, 2));
    number_text(reached, in->widest, number_decimals(in->widest, 2));
    number_count(n, in->repeats);
    if (in->widest <= in->half_width)
        say(w, "After %s repeats every compared difference is known to within %s (asked: %s).", n, reached, asked);
    else
        say(w, "All %s repeats are used up, and the widest interval still reaches %s to each side (asked: %s).", n,
            reached, asked);
}

static void say_states(words *w, const report_input *in) {
    const comparisons *c = in->comparisons;
    bool differ = false;
    for (size_t i = 0; i < c->n; i++)
        differ = differ || (c->items[i].reason == PAIR_MATCHED &&
                            compare_states_differ(&in->experiments[c->items[i].a], &in->experiments[c->items[i].b]));
    if (differ)
        say(w,
            "After an update a forecast starts from a zero state, in the baseline from the carried one; set "
            "\"state_at_forecast\": \"zero\" for both to compare what the data alone are worth.");
}

size_t report_tested(const comparisons *c) { return c->n_kinds > 0 ? c->n_tested[c->kinds[0]] : 0; }

static void say_noise(words *w, const report_input *in) {
    if (report_tested(in->comparisons) == 0) return;
    say(w, in->series ? "The tests speak of training noise on this one series: would other initial weights agree? "
                      : "The tests speak of the noise within these files: would more results of the same kind agree? ");
    say(w, "They cannot say how the experiments rank on another series, or in other months of this one.");
}

static void say_rows(words *w, const report_input *in) {
    const comparisons *c = in->comparisons;
    size_t rows = 0;
    for (size_t i = 0; i < c->n; i++)
        if (!isnan(c->items[i].dm_p)) rows = c->items[i].dm_n;
    if (rows > 0)
        say(w,
            "DM (Diebold-Mariano) speaks of the test rows: would other months agree? It takes the mean forecasts of "
            "all "
            "repeats, and has but those %zu rows to go by.",
            rows);
}

static void say_family(words *w, const report_input *in) {
    const comparisons *c = in->comparisons;
    const char *adjusted = compare_adjustment_name(c->adjust);
    size_t n = report_tested(c);
    if (n < 2 || !adjusted) return;
    say(w, "Each interval is for its comparison alone; p (%s) and the repeats needed allow for all %zu tests.",
        adjusted, n);
    if (c->n_kinds > 1) say(w, " Each kind of test is a family of its own.");
}

/* What it bought that repeat r of every experiment starts from the same weights. */
static void say_pairing(words *w, const report_input *in) {
    const comparisons *c = in->comparisons;
    char text[NUMBER_TEXT];
    double low = INFINITY, high = -INFINITY, least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < c->n; i++) {
        const comparison *item = &c->items[i];
        if (isnan(item->correlation) || !isfinite(item->pairing)) continue;
        low = fmin(low, item->correlation);
        high = fmax(high, item->correlation);
        least = fmin(least, item->pairing);
        most = fmax(most, item->pairing);
    }
    if (low > high) return;
    say(w, "Pairing: repeats correlate by %.2f", low);
    if (high > low) say(w, " to %.2f", high);
    number_text(text, least, number_decimals(least, 2));
    say(w, "; unpaired tests would need %s", text);
    number_text(text, most, number_decimals(most, 2));
    if (most > least) say(w, " to %s", text);
    say(w, " times as many.");
}

static void say_ranks(words *w, const report_input *in) {
    const ranking *k = &in->comparisons->ranking;
    char p[NUMBER_TEXT];
    if (!in->comparisons->friedman) return;
    if (isnan(k->chi_square)) {
        say(w, "Too few repeats or experiments, or nothing but ties: there is nothing to test.");
        return;
    }
    number_text(p, k->p, 3);
    say(w,
        "Friedman: chi-square %.2f, df %.0f, p %s %s, over %zu repeats of %zu experiments; mean ranks that differ by "
        "less than %.3g cannot be told apart (Nemenyi).",
        k->chi_square, k->df, k->p < 0.001 ? "<" : "=", k->p < 0.001 ? "0.001" : p, k->n, k->n_ranked,
        k->critical_difference);
    if (k->left_out > 0)
        say(w, " Left out: %zu repeat%s in which one diverged.", k->left_out, k->left_out == 1 ? "" : "s");
}

static void say_nothing(words *w, const report_input *in) {
    if (in->comparisons->standing.best < 0)
        say(w, "Every repeat of every experiment diverged: there is nothing to compare.");
}

static void say_diverged(words *w, const report_input *in) {
    for (size_t i = 0; i < in->n_experiments; i++) {
        const experiment_result *e = &in->results->experiments[i];
        for (size_t r = 0; r < e->n_repeats; r++) {
            if (isfinite(e->rmse[r])) continue;
            say(w, "Diverged, so nan in the files and left out of every number here:");
            return;
        }
    }
}

/* 11,000 gradient steps (0.089 ms) */
static void say_steps(words *w, const report_input *in, size_t i) {
    char steps[NUMBER_TEXT];
    double seconds = report_cost_seconds(in, i);
    number_count(steps, report_cost_steps(in, i));
    say(w, "%s gradient steps", steps);
    if (!isnan(seconds)) say(w, seconds < 1 ? " (%.3g ms)" : " (%.4g s)", seconds < 1 ? 1e3 * seconds : seconds);
}

static void say_cost(words *w, const report_input *in) {
    size_t n = in->n_experiments, least = n, most = n;
    for (size_t i = 0; in->series && i < n; i++) {
        uint64_t steps = report_cost_steps(in, i);
        if (steps == 0) continue; /* a baseline */
        if (least == n || steps < report_cost_steps(in, least)) least = i;
        if (most == n || steps > report_cost_steps(in, most)) most = i;
    }
    if (least == n) return;
    say(w, "Trained by itself, a repeat of %s takes ", in->experiments[least].name);
    say_steps(w, in, least);
    if (most != least) {
        say(w, ", of %s ", in->experiments[most].name);
        say_steps(w, in, most);
    }
    say(w, " on one thread; run.json has this of each.");
}

bool report_say(char *text, size_t size, report_sentence which, const report_input *in) {
    static void (*const all[N_REPORT_SENTENCES])(words *, const report_input *) = {
        [SAY_UNTIL] = say_until, [SAY_STATES] = say_states,   [SAY_NOISE] = say_noise,
        [SAY_ROWS] = say_rows,   [SAY_FAMILY] = say_family,   [SAY_PAIRING] = say_pairing,
        [SAY_RANKS] = say_ranks, [SAY_NOTHING] = say_nothing, [SAY_DIVERGED] = say_diverged,
        [SAY_COST] = say_cost};
    assert(size > 0 && all[which]);
    words w = {.text = text, .size = size};
    text[0] = '\0';
    all[which](&w, in);
    return *text;
}
