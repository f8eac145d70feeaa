/* report_document.c - all results as one JSON document, for other programs. See docs/statistics.md for its members.
 * In: a report_input. Out: JSON text. Must not know where the stream leads.
 * Invariant: the text is valid JSON in valid UTF-8 whatever the names and numbers are; what has no value is null. */
#include "report_parts.h"

#include <math.h>
#include <string.h>

enum { SENTENCE = 3000 }; /* bytes: two lists of the longest names */

/* --- members ----------------------------------------------------------------------------------------------------- */

/* An object or list being written: what comes before its next member. */
typedef struct {
    FILE *out;
    const char *between;
} writer;

static void put_key(writer *w, const char *key) {
    fputs(w->between, w->out);
    report_put_string(w->out, key);
    fputs(": ", w->out);
    w->between = ", ";
}

static void put_text(writer *w, const char *key, const char *text) {
    put_key(w, key);
    if (text)
        report_put_string(w->out, text);
    else
        fputs("null", w->out);
}

static void put_value(writer *w, const char *key, double value) {
    put_key(w, key);
    report_put_number(w->out, value);
}

static void put_count(writer *w, const char *key, size_t count) {
    put_key(w, key);
    fprintf(w->out, "%zu", count);
}

static void put_flag(writer *w, const char *key, bool flag) {
    put_key(w, key);
    fputs(flag ? "true" : "false", w->out);
}

static const char *name_of(const report_input *in, int i) { return i < 0 ? NULL : in->experiments[i].name; }

/* --- the parts ------------------------------------------------------------------------------------------------------ */

/* A list with a line for each of n; each is written by put, as an object. */
typedef void item_writer(writer *w, const report_input *in, const void *items, size_t i);

static void put_list(FILE *out, const char *key, const report_input *in, const void *items, size_t n,
                     item_writer *put) {
    fprintf(out, ",\n  \"%s\": [", key);
    for (size_t i = 0; i < n; i++) {
        writer w = {out, ""};
        fputs(i ? ",\n    {" : "\n    {", out);
        put(&w, in, items, i);
        fputc('}', out);
    }
    fputs(n ? "\n  ]" : "]", out);
}

static void put_summary(writer *w, const report_input *in, const void *items, size_t i) {
    const summary *s = (const summary *)items + i;
    put_text(w, "experiment", in->experiments[i].name);
    put_count(w, "count", s->n);
    put_count(w, "diverged", s->left_out);
    put_value(w, "mean", s->mean);
    put_value(w, "std", s->std);
    put_value(w, "min", s->min);
    put_value(w, "25%", s->q25);
    put_value(w, "50%", s->median);
    put_value(w, "75%", s->q75);
    put_value(w, "max", s->max);
}

static void put_test(writer *w, const report_input *in, const comparison *pair, const pair_test *test) {
    const test_result *t = &test->result;
    put_text(w, "test", test->name);
    put_text(w, "a", name_of(in, pair->a));
    put_text(w, "b", name_of(in, pair->b));
    put_count(w, "n", t->n);
    put_value(w, "mean_difference", t->mean_difference);
    put_value(w, "ci_low", t->ci_low);
    put_value(w, "ci_high", t->ci_high);
    put_value(w, "statistic", t->statistic);
    put_value(w, "df", t->df);
    put_value(w, "p", t->p);
    put_value(w, "p_adjusted", test->p_adjusted);
    put_value(w, "effect_size", t->effect_size);
    put_value(w, "repeats_needed", t->repeats_needed);
}

static void put_tests(FILE *out, const report_input *in) {
    const char *before = "\n    {";
    fputs(",\n  \"comparisons\": [", out);
    for (size_t i = 0; i < in->comparisons->n; i++)
        for (size_t k = 0; k < in->comparisons->items[i].n_tests; k++) {
            writer w = {out, ""};
            fputs(before, out);
            put_test(&w, in, &in->comparisons->items[i], &in->comparisons->items[i].tests[k]);
            fputc('}', out);
            before = ",\n    {";
        }
    fputs(in->comparisons->n ? "\n  ]" : "]", out);
}

static void put_pair(writer *w, const report_input *in, const void *items, size_t i) {
    const comparison *c = (const comparison *)items + i;
    char text[SENTENCE];
    put_text(w, "a", name_of(in, c->a));
    put_text(w, "b", name_of(in, c->b));
    put_text(w, "reason", pair_reason_name(c->reason));
    put_count(w, "n", c->n);
    put_count(w, "left_out", c->left_out);
    put_value(w, "mean_difference", c->mean_difference);
    put_value(w, "ci_low", c->ci_low);
    put_value(w, "ci_high", c->ci_high);
    put_value(w, "median_difference", c->median_difference);
    put_value(w, "median_ci_low", c->median_ci_low);
    put_value(w, "median_ci_high", c->median_ci_high);
    put_value(w, "effect_size", c->effect_size);
    put_value(w, "superiority", c->superiority);
    put_value(w, "share_won", c->share_won);
    put_value(w, "correlation", c->correlation);
    put_value(w, "pairing", c->pairing);
    put_count(w, "dm_n", c->dm_n);
    put_value(w, "dm_statistic", c->dm_statistic);
    put_value(w, "dm_p", c->dm_p);
    put_value(w, "power", c->power);
    put_value(w, "repeats_needed", c->repeats_needed);
    put_flag(w, "enough", c->enough);
    put_value(w, "equivalence_p", c->equivalence_p);
    put_text(w, "verdict", pair_verdict_name(c->verdict));
    compare_sentence(text, sizeof text, in->comparisons, i, in->experiments);
    put_text(w, "sentence", text);
}

static void put_rank(writer *w, const report_input *in, const void *items, size_t i) {
    put_text(w, "experiment", in->experiments[i].name);
    put_value(w, "mean_rank", ((const double *)items)[i]);
}

static void put_ranks(FILE *out, const report_input *in) {
    const ranking *k = &in->comparisons->ranking;
    writer w = {out, ""};
    fputs(",\n  \"friedman\": {", out);
    put_count(&w, "n", k->n);
    put_count(&w, "left_out", k->left_out);
    put_value(&w, "chi_square", k->chi_square);
    put_value(&w, "df", k->df);
    put_value(&w, "p", k->p);
    put_value(&w, "critical_difference", k->critical_difference);
    fputc('}', out);
    put_list(out, "ranks", in, k->mean_ranks, in->n_experiments, put_rank);
}

static void put_standing(FILE *out, const report_input *in) {
    const standing *s = &in->comparisons->standing;
    writer w = {out, ""};
    const char *between = "";
    fputs(",\n  \"best\": {", out);
    put_text(&w, "experiment", name_of(in, s->best));
    put_count(&w, "tests", s->n_tests);
    put_key(&w, "not_told_apart");
    fputc('[', out);
    for (size_t i = 0; i < in->n_experiments; i++) {
        if (!s->alike[i] || (int)i == s->best) continue;
        fputs(between, out);
        report_put_string(out, in->experiments[i].name);
        between = ", ";
    }
    fputs("]}", out);
}

static void put_verdicts(FILE *out, const report_input *in) {
    static const char *const keys[N_RUN_SENTENCES] = {"best", "gain", "baselines"};
    writer w = {out, ""};
    fputs(",\n  \"verdicts\": {", out);
    for (run_sentence which = 0; which < N_RUN_SENTENCES; which++) {
        char text[SENTENCE];
        bool any = compare_run_sentence(text, sizeof text, which, in->comparisons, in->experiments);
        put_text(&w, keys[which], any ? text : NULL);
    }
    fputc('}', out);
}

static void put_head(FILE *out, const report_input *in) {
    const comparisons *c = in->comparisons;
    char seed[24];
    writer w = {out, ""};
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)in->seed);
    fputs("  ", out);
    put_text(&w, "version", FARM_VERSION);
    put_text(&w, "name", in->name);
    put_text(&w, "seed", in->series ? seed : NULL); /* a string: it may exceed 2^53 */
    put_count(&w, "repeats", in->repeats);
    put_value(&w, "half_width", in->half_width > 0 ? in->half_width : NAN); /* asked for by repeats.until */
    put_value(&w, "widest", in->half_width > 0 ? in->widest : NAN);
    put_flag(&w, "paired", !c->unpaired);
    put_text(&w, "reference", name_of(in, c->reference));
    put_text(&w, "adjust", compare_adjustment_name(c->adjust));
    put_value(&w, "alpha", c->alpha);
    put_value(&w, "rope", c->rope > 0 ? c->rope : NAN);
    put_count(&w, "resamples", c->resamples);
}

void report_document(FILE *out, const report_input *in, const summary *summaries) {
    fputs("{\n", out);
    put_head(out, in);
    put_list(out, "summary", in, summaries, in->n_experiments, put_summary);
    put_tests(out, in);
    put_list(out, "pairs", in, in->comparisons->items, in->comparisons->n, put_pair);
    put_ranks(out, in);
    put_standing(out, in);
    put_verdicts(out, in);
    if (in->series) report_costs_json(out, in);
    fputs("\n}\n", out);
}
