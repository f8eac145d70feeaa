/* report_html_tables.c - summary and comparisons as tables. See report_html_parts.h.
 * Numbers are rounded as on the terminal; the exact one is the cell's title, by which report_html.js sorts. */
#include "html.h"
#include "numbers.h"
#include "report_html_parts.h"
#include "report_parts.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define MINUS "a&nbsp;\xE2\x88\x92&nbsp;b"

/* --- cells ------------------------------------------------------------------------------------------------------ */

static void put_cell(FILE *out, double value, const char *text) {
    char exact[NUMBER_TEXT];
    number_exact(exact, value);
    fprintf(out, "<td title=\"%s\">%s</td>", exact, text);
}

static void put_number(FILE *out, double value, int decimals) {
    char text[NUMBER_TEXT];
    number_text(text, value, decimals);
    put_cell(out, value, text);
}

static void put_count(FILE *out, size_t count) {
    char text[NUMBER_TEXT];
    number_count(text, count);
    put_cell(out, (double)count, text);
}

static void put_p(FILE *out, double p) {
    char text[NUMBER_TEXT];
    if (p < 0.001)
        strcpy(text, "&lt; 0.001");
    else
        number_text(text, p, 3);
    put_cell(out, p, text);
}

static void put_repeats(FILE *out, double repeats) {
    char text[NUMBER_TEXT];
    if (isnan(repeats))
        strcpy(text, "-");
    else if (repeats > 1e6)
        strcpy(text, "&gt; 1,000,000");
    else
        number_count(text, (unsigned long long)repeats);
    put_cell(out, repeats, text);
}

static void put_name_cell(FILE *out, const char *tag, const char *name) {
    fprintf(out, tag[1] == 'h' ? "<%s scope=\"row\" class=\"text\">" : "<%s class=\"text\">", tag);
    html_name(out, name);
    fprintf(out, "</%s>", tag);
}

/* --- tables ----------------------------------------------------------------------------------------------------- */

/* A heading; with texts beneath it that sort as texts. */
typedef struct {
    const char *title;
    bool is_text;
} column;

/* id is of the caption; note, which may be NULL, goes on from it. */
static void open_table(FILE *out, const char *id, const char *caption, const char *note, const column *columns,
                       size_t n) {
    fprintf(out,
            "<div class=\"scroll\" role=\"region\" aria-labelledby=\"%s\" tabindex=\"0\">\n<table class=\"sortable\">\n"
            "<caption id=\"%s\"><span>%s%s</span></caption>\n<thead>\n<tr>",
            id, id, caption, note);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "<th scope=\"col\"%s>%s</th>", columns[i].is_text ? " class=\"text\"" : "", columns[i].title);
    fputs("</tr>\n</thead>\n<tbody>\n", out);
}

static void close_table(FILE *out) { fputs("</tbody>\n</table>\n</div>\n", out); }

static void put_summary(FILE *out, const report_input *in, const summary *summaries, int decimals) {
    static const column columns[] = {{"experiment", true}, {"n", false},   {"diverged", false}, {"mean", false},
                                     {"sd", false},        {"min", false}, {"25%", false},      {"median", false},
                                     {"75%", false},       {"max", false}, {"steps", false}};
    bool costs = in->series; /* only a run knows them */
    open_table(out, "summary", "RMSE over the repeats, in the series\xE2\x80\x99 units",
               costs ? ". Diverged repeats are left out of all but their count. Steps: gradient steps of one repeat, "
                       "trained by itself; run.json has its seconds."
                     : ". Diverged repeats are left out of all but their count.",
               columns, sizeof columns / sizeof *columns - !costs);
    for (size_t i = 0; i < in->n_experiments; i++) {
        const summary *s = &summaries[i];
        const double values[] = {s->mean, s->std, s->min, s->q25, s->median, s->q75, s->max};
        fputs("<tr>", out);
        put_name_cell(out, "th", in->experiments[i].name);
        put_count(out, s->n);
        put_count(out, s->left_out);
        for (size_t c = 0; c < sizeof values / sizeof *values; c++) put_number(out, values[c], decimals);
        if (costs) put_count(out, report_cost_steps(in, i));
        fputs("</tr>\n", out);
    }
    close_table(out);
}

static void put_pair_names(FILE *out, const report_input *in, const comparison *c) {
    put_name_cell(out, "th", in->experiments[c->a].name);
    put_name_cell(out, "td", in->experiments[c->b].name);
}

static void put_comparison(FILE *out, const report_input *in, const comparison *c, const pair_test *test,
                           int decimals) {
    const test_result *t = &test->result;
    fputs("<tr>", out);
    put_pair_names(out, in, c);
    put_count(out, t->n);
    put_number(out, t->mean_difference, decimals);
    put_number(out, t->ci_low, decimals);
    put_number(out, t->ci_high, decimals);
    put_p(out, t->p);
    put_p(out, test->p_adjusted);
    put_number(out, t->effect_size, 2);
    put_repeats(out, t->repeats_needed);
    fprintf(out, "<td>%s</td>", test->name);
    put_number(out, t->statistic, 2);
    put_number(out, t->df, t->df == floor(t->df) ? 0 : 1);
    fputs("</tr>\n", out);
}

static void put_comparisons(FILE *out, const report_input *in, int decimals) {
    char low[40];
    const comparisons *c = in->comparisons;
    snprintf(low, sizeof low, "%.4g%%&nbsp;CI from", 100 * (1 - c->alpha));
    const column columns[] = {
        {"a", true},     {"b", true},          {"n", false},          {MINUS, false},         {low, false},
        {"to", false},   {"p", false},         {"p adjusted", false}, {"effect size", false}, {"repeats needed", false},
        {"test", false}, {"statistic", false}, {"df", false}};
    open_table(out, "comparisons", "Mean difference of a and b over the repeats, below zero where a is better",
               ". Repeats needed: for 80% power at the effect size seen, for that comparison alone.", columns,
               sizeof columns / sizeof *columns);
    for (size_t i = 0; i < c->n; i++)
        for (size_t k = 0; k < c->items[i].n_tests; k++)
            put_comparison(out, in, &c->items[i], &c->items[i].tests[k], decimals);
    close_table(out);
}

/* A number of comparison as a column of the table of pairs, which is there where any pair has one. */
typedef struct {
    const char *title;
    size_t member;
    int decimals; /* IN_UNITS: as means have them; A_P: it is a p */
} pair_column;
enum { IN_UNITS = -1, A_P = -2, MOST_PAIR_COLUMNS = 16 };

static double value_of(const comparison *c, const pair_column *of) {
    return *(const double *)(const void *)((const char *)c + of->member);
}

static bool has_value(const comparisons *c, const pair_column *of) {
    for (size_t i = 0; i < c->n; i++)
        if (!isnan(value_of(&c->items[i], of))) return true;
    return false;
}

static void put_pair(FILE *out, const report_input *in, const comparison *c, const pair_column *columns, size_t n,
                     int decimals) {
    fputs("<tr>", out);
    put_pair_names(out, in, c);
    fprintf(out, "<td>%s</td>", pair_verdict_name(c->verdict));
    put_count(out, c->n);
    for (size_t i = 0; i < n; i++) {
        double value = value_of(c, &columns[i]);
        if (columns[i].decimals == A_P)
            put_p(out, value);
        else
            put_number(out, value, columns[i].decimals == IN_UNITS ? decimals : columns[i].decimals);
    }
    fputs("</tr>\n", out);
}

/* What the columns' names mean that do not say it themselves. */
static void pairs_note(char *note, size_t size, const comparisons *c, const pair_column *won, const pair_column *dm) {
    snprintf(note, size, ". Superiority: the chance that a repeat of a is better than some repeat of b%s%s.",
             has_value(c, won) ? "; share won: of a, repeat by repeat" : "",
             has_value(c, dm) ? "; DM: the Diebold-Mariano test over the test rows" : "");
}

static void put_pairs(FILE *out, const report_input *in, int decimals) {
    char low[40], note[300];
    const comparisons *c = in->comparisons;
    snprintf(low, sizeof low, "%.4g%%&nbsp;CI from", 100 * (1 - c->alpha));
    const pair_column all[] = {{"median " MINUS, offsetof(comparison, median_difference), IN_UNITS},
                               {low, offsetof(comparison, median_ci_low), IN_UNITS},
                               {"to", offsetof(comparison, median_ci_high), IN_UNITS},
                               {"superiority", offsetof(comparison, superiority), 3},
                               {"share won", offsetof(comparison, share_won), 3},
                               {"correlation", offsetof(comparison, correlation), 2},
                               {"power", offsetof(comparison, power), 2},
                               {"p of&nbsp;DM", offsetof(comparison, dm_p), A_P},
                               {"p of equivalence", offsetof(comparison, equivalence_p), A_P}};
    column columns[MOST_PAIR_COLUMNS] = {{"a", true}, {"b", true}, {"a is", false}, {"n", false}};
    pair_column shown[sizeof all / sizeof *all];
    size_t n = 0, names = 4;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!has_value(c, &all[i])) continue;
        columns[names + n] = (column){all[i].title, false};
        shown[n++] = all[i];
    }
    pairs_note(note, sizeof note, c, &all[4], &all[7]);
    open_table(out, "pairs", "How much a and b differ, beside the mean", note, columns, names + n);
    for (size_t i = 0; i < c->n; i++) put_pair(out, in, &c->items[i], shown, n, decimals);
    close_table(out);
}

static void put_said(FILE *out, report_sentence which, const report_input *in) {
    char text[REPORT_SENTENCE];
    if (!report_say(text, sizeof text, which, in)) return;
    fputs("<p class=\"soft\">", out);
    html_text(out, text);
    fputs("</p>\n", out);
}

static void put_ranks(FILE *out, const report_input *in) {
    static const column columns[] = {{"experiment", true}, {"mean rank", false}};
    const ranking *k = &in->comparisons->ranking;
    put_said(out, SAY_RANKS, in);
    open_table(out, "ranks", "Ranks in each repeat: 1 is the lowest RMSE", "", columns, 2);
    for (size_t i = 0; i < in->n_experiments; i++) {
        fputs("<tr>", out);
        put_name_cell(out, "th", in->experiments[i].name);
        put_number(out, k->mean_ranks[i], 2);
        fputs("</tr>\n", out);
    }
    close_table(out);
}

void html_tables(FILE *out, const report_input *in, const summary *summaries) {
    int decimals = report_decimals(summaries, in->n_experiments);
    fputs(
        "<p class=\"soft\">Press a heading to sort by it. A number\xE2\x80\x99s full precision shows when you point at "
        "it, "
        "and stands in the CSV files beside this page.</p>\n<h3>Summary</h3>\n",
        out);
    put_summary(out, in, summaries, decimals);
    if (in->comparisons->n == 0) return;
    fputs("<h3>Comparisons</h3>\n", out);
    put_comparisons(out, in, decimals);
    fputs("<h3>Pairs</h3>\n", out);
    put_said(out, SAY_PAIRING, in);
    put_pairs(out, in, decimals);
    if (!in->comparisons->friedman) return;
    fputs("<h3>Ranks</h3>\n", out);
    put_ranks(out, in);
}

void html_files(FILE *out, const report_input *in) {
    static const column columns[] = {
        {"experiment", true}, {"file", true}, {"results", false}, {"SHA-256 of the results", false}};
    fputs(
        "<p>The results were read from files, and what made them is not known here: this page has no config, no series "
        "and no forecasts, and nothing that would make them again.</p>\n",
        out);
    open_table(out, "sources", "Where the results were read from", "", columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < in->n_experiments; i++) {
        fputs("<tr>", out);
        put_name_cell(out, "th", in->experiments[i].name);
        put_name_cell(out, "td", in->sources[i].path);
        put_count(out, in->results->experiments[i].n_repeats);
        fprintf(out, "<td><code>%s</code></td></tr>\n", in->sources[i].values.hex);
    }
    close_table(out);
}
