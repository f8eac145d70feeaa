/* report_terminal.c - the results as a person reads them in a terminal: a table with a box plot a line, then one
 * sentence a comparison. No colours; plain ASCII but for names and, where it may be, the box plots.
 * In: a report_input. Out: text. Must not know whether a terminal is there.
 * Invariant: what was left out (diverged repeats) is counted and named wherever a number leaves it out. */
#include "numbers.h"
#include "report_parts.h"
#include "report_strip.h"
#include "utf8.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_WIDTH = 80,
    LONG_TABLE = 20,   /* rows after which the scale of the box plots is said again */
    SENTENCE = 3000,   /* bytes: two lists of the longest names */
    NAMED_REPEATS = 8, /* diverged repeats named one by one */
};

/* Characters of a UTF-8 text [bytes]. */
static int text_width(const char *text, size_t bytes) {
    int width = 0;
    for (size_t i = 0; i < bytes; i++) width += ((unsigned char)text[i] & 0xC0) != 0x80;
    return width;
}

/* --- the table -------------------------------------------------------------------------------------------------- */

enum { COLUMN_N, COLUMN_DIVERGED, COLUMN_MEAN, COLUMN_SD, COLUMN_MIN, COLUMN_MEDIAN, COLUMN_MAX, N_COLUMNS };
static const char *const titles[N_COLUMNS] = {"n", "diverged", "mean", "sd", "min", "median", "max"};

typedef struct {
    char cells[N_COLUMNS][NUMBER_TEXT];
} table_row;

typedef struct {
    const report_input *in;
    const summary *summaries; /* [n_experiments] */
    table_row *rows;          /* [n_experiments] */
    int name_width, widths[N_COLUMNS];
    bool any_diverged, utf8;
    strip_axis axis;
} table;

/* Of the mean before which three quarters of all stand in order. Counted without memory, so that it cannot fail. */
int report_decimals(const summary *summaries, size_t n) {
    size_t used = 0;
    for (size_t i = 0; i < n; i++) used += summaries[i].n > 0;
    for (size_t i = 0; i < n; i++) {
        size_t below = 0, equal = 0;
        for (size_t k = 0; k < n; k++) {
            below += summaries[k].n > 0 && fabs(summaries[k].mean) < fabs(summaries[i].mean);
            equal += summaries[k].n > 0 && fabs(summaries[k].mean) == fabs(summaries[i].mean);
        }
        if (summaries[i].n > 0 && below <= used * 3 / 4 && used * 3 / 4 < below + equal)
            return number_decimals(summaries[i].mean, 5);
    }
    return 0;
}

static void fill_row(table_row *row, const summary *s, int decimals) {
    number_count(row->cells[COLUMN_N], s->n);
    number_count(row->cells[COLUMN_DIVERGED], s->left_out);
    if (s->left_out == 0) strcpy(row->cells[COLUMN_DIVERGED], "-");
    number_text(row->cells[COLUMN_MEAN], s->mean, decimals);
    number_text(row->cells[COLUMN_SD], s->std, decimals);
    number_text(row->cells[COLUMN_MIN], s->min, decimals);
    number_text(row->cells[COLUMN_MEDIAN], s->median, decimals);
    number_text(row->cells[COLUMN_MAX], s->max, decimals);
}

static bool column_shown(const table *t, int column) { return column != COLUMN_DIVERGED || t->any_diverged; }

static void widen(int *width, const char *text) {
    int needed = text_width(text, strlen(text));
    if (needed > *width) *width = needed;
}

static void measure(table *t) {
    widen(&t->name_width, "experiment");
    for (int c = 0; c < N_COLUMNS; c++) widen(&t->widths[c], titles[c]);
    for (size_t i = 0; i < t->in->n_experiments; i++) {
        widen(&t->name_width, t->in->experiments[i].name);
        for (int c = 0; c < N_COLUMNS; c++) widen(&t->widths[c], t->rows[i].cells[c]);
    }
}

static void make_axis(table *t, int width) {
    int used = t->name_width + 2;
    for (int c = 0; c < N_COLUMNS; c++)
        if (column_shown(t, c)) used += 2 + t->widths[c];
    strip_make_axis(&t->axis, t->summaries, t->in->n_experiments, width - used);
}

/* --- printing the table ----------------------------------------------------------------------------------------- */

/* Spaces, unless n is below 1. */
static void pad(FILE *out, int n) { fprintf(out, "%*s", n > 0 ? n : 0, ""); }

/* name and cells [N_COLUMNS], right-aligned. */
static void print_cells(FILE *out, const table *t, const char *name, const char *const *cells) {
    fputs(name, out);
    pad(out, t->name_width - text_width(name, strlen(name)));
    for (int c = 0; c < N_COLUMNS; c++)
        if (column_shown(t, c)) fprintf(out, "  %*s", t->widths[c], cells[c]);
}

static void print_table(FILE *out, const table *t) {
    print_cells(out, t, "experiment", titles);
    strip_print_labels(out, &t->axis, 2);
    for (size_t i = 0; i < t->in->n_experiments; i++) {
        const char *cells[N_COLUMNS];
        for (int c = 0; c < N_COLUMNS; c++) cells[c] = t->rows[i].cells[c];
        print_cells(out, t, t->in->experiments[i].name, cells);
        strip_print(out, &t->axis, &t->summaries[i], 2, t->utf8);
    }
    if (t->axis.width > 0 && t->in->n_experiments > LONG_TABLE) {
        static const char *const none[N_COLUMNS] = {"", "", "", "", "", "", ""};
        print_cells(out, t, "", none);
        strip_print_labels(out, &t->axis, 2);
    }
}

/* A name in so many columns; of one that is longer the middle is left out, since names made by a sweep differ at
 * their ends. */
static void print_short_name(FILE *out, const char *name, int columns) {
    size_t length = strlen(name), head = 0, tail = length;
    int width = text_width(name, length);
    if (width > columns) {
        int keep = columns - 2, front = keep / 2;
        for (int taken = 0; taken < front || ((unsigned char)name[head] & 0xC0) == 0x80; head++)
            taken += ((unsigned char)name[head + 1] & 0xC0) != 0x80;
        while (text_width(name + tail, length - tail) < keep - front) tail--;
        fprintf(out, "%.*s..%s", (int)head, name, name + tail);
    } else {
        fputs(name, out);
        pad(out, columns - width);
    }
}

/* Box plots under the table, where it left no room for them beside it. */
static void print_plots(FILE *out, const table *t, int width) {
    strip_axis axis;
    int names = t->name_width < width / 2 ? t->name_width : width / 2;
    if (t->axis.width > 0) return;
    strip_make_axis(&axis, t->summaries, t->in->n_experiments, width - names - 2);
    if (axis.width == 0) return;
    fputc('\n', out);
    pad(out, names);
    strip_print_labels(out, &axis, 2);
    for (size_t i = 0; i < t->in->n_experiments; i++) {
        print_short_name(out, t->in->experiments[i].name, names);
        strip_print(out, &axis, &t->summaries[i], 2, t->utf8);
    }
    if (t->in->n_experiments <= LONG_TABLE) return;
    pad(out, names);
    strip_print_labels(out, &axis, 2);
}

static int columns_of(const farm_style *style) { return style->width > 0 ? style->width : DEFAULT_WIDTH; }

static bool make_table(table *t, const report_input *in, const summary *summaries, const farm_style *style) {
    int decimals = report_decimals(summaries, in->n_experiments);
    *t = (table){.in = in, .summaries = summaries, .utf8 = style->utf8};
    t->rows = calloc(in->n_experiments ? in->n_experiments : 1, sizeof *t->rows);
    if (!t->rows) return false;
    for (size_t i = 0; i < in->n_experiments; i++) {
        fill_row(&t->rows[i], &summaries[i], decimals);
        if (summaries[i].left_out > 0) t->any_diverged = true;
    }
    measure(t);
    make_axis(t, columns_of(style));
    return true;
}

/* --- words ------------------------------------------------------------------------------------------------------ */

/* Bytes up to where a line may be broken: at a space, but not within "p = 0.03". */
static size_t unbroken(const char *text) {
    size_t n = strcspn(text, " ");
    while (text[n] && n > 0 && (strchr("=<", text[n - 1]) || strchr("=<", text[n + 1])))
        n += 1 + strcspn(text + n + 1, " ");
    return n;
}

/* Text with a hanging indent, broken between words where width > 0. */
static void print_wrapped(FILE *out, const char *text, int width) {
    int column = 1; /* of the last character printed, from 0: an indent of two */
    fputs(" ", out);
    for (const char *word = text; *word; word += strspn(word, " ")) {
        int bytes = (int)unbroken(word), columns = text_width(word, (size_t)bytes);
        bool fits = width <= 0 || column + 1 + columns < width || column < 4;
        fprintf(out, "%s%.*s", fits ? " " : "\n    ", bytes, word);
        column = (fits ? column + 1 : 3) + columns;
        word += bytes;
    }
    fputc('\n', out);
}

/* 3,190,480 gradient steps asked for, 938,300 taken, in 1.2 s (0.78 million/s) */
static void print_effort(FILE *out, const results *r) {
    char asked[NUMBER_TEXT], taken[NUMBER_TEXT];
    number_count(asked, r->steps_asked);
    number_count(taken, r->steps_taken);
    fprintf(out, "%s gradient steps", asked);
    if (r->steps_taken != r->steps_asked) fprintf(out, " asked for, %s taken", taken);
    fprintf(out, r->seconds < 10 ? ", in %.2f s" : ", in %.0f s", r->seconds);
    double rate = r->seconds > 0 ? (double)r->steps_taken / r->seconds : 0;
    if (rate >= 1e5)
        fprintf(out, " (%.3g million/s)", rate / 1e6);
    else if (rate > 0)
        fprintf(out, " (%.0f/s)", rate);
    fputc('\n', out);
}

const char *report_file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void print_title(FILE *out, const report_input *in) {
    assert(in->series_file && in->series_column); /* a run has both */
    size_t n_test = in->n_experiments ? in->results->experiments[0].n_test : 0;
    for (size_t i = 0; i < in->n_experiments; i++)
        if (in->results->experiments[i].n_test != n_test) n_test = 0; /* not one number for all */
    fprintf(out, "%s: %s of %s, %zu observations", in->name, in->series_column, report_file_name(in->series_file),
            in->series->n);
    if (n_test > 0) fprintf(out, ", the last %zu forecast", n_test);
    fputc('\n', out);
    fprintf(out, "%zu experiment%s x %zu repeat%s\n", in->n_experiments, in->n_experiments == 1 ? "" : "s", in->repeats,
            in->repeats == 1 ? "" : "s");
    print_effort(out, in->results);
    fputc('\n', out);
}

/* What the run comes to, in up to three sentences. */
static void print_run(FILE *out, const report_input *in, int width) {
    bool any = false;
    if (in->comparisons->standing.best < 0)
        fputs("\nEvery repeat of every experiment diverged: there is nothing to compare.\n", out);
    for (run_sentence which = 0; which < N_RUN_SENTENCES; which++) {
        char text[SENTENCE];
        if (!compare_run_sentence(text, sizeof text, which, in->comparisons, in->experiments)) continue;
        if (!any) fputs("\nIn short\n", out);
        any = true;
        print_wrapped(out, text, width);
    }
}

static void print_diverged(FILE *out, const report_input *in, const summary *s, size_t i) {
    const experiment_result *e = &in->results->experiments[i];
    size_t named = 0, more = 0;
    fprintf(out, "  %s: repeat%s", in->experiments[i].name, s->left_out == 1 ? "" : "s");
    for (size_t r = 0; r < e->n_repeats; r++) {
        if (isfinite(e->rmse[r])) continue;
        if (named == NAMED_REPEATS)
            more++;
        else
            fprintf(out, "%s %zu", named++ ? "," : "", r + 1);
    }
    if (more > 0) fprintf(out, " and %zu more", more);
    fputc('\n', out);
}

static void print_all_diverged(FILE *out, const table *t) {
    if (!t->any_diverged) return;
    fputs("\nDiverged, so nan in the files and left out of every number here:\n", out);
    for (size_t i = 0; i < t->in->n_experiments; i++)
        if (t->summaries[i].left_out > 0) print_diverged(out, t->in, &t->summaries[i], i);
}

static void print_heading(FILE *out, const report_input *in, pair_reason reason) {
    int reference = in->comparisons->reference;
    switch (reason) {
    case PAIR_REFERENCE:
        fprintf(out, "\n%s%s (lower RMSE is better)\n", reference < 0 ? "All pairs" : "Against ",
                reference < 0 ? "" : in->experiments[reference].name);
        break;
    case PAIR_MATCHED:
        fputs("\nNew data or just more training? (each update against its matched baseline)\n", out);
        break;
    case PAIR_ASKED: fputs("\nAsked for\n", out); break;
    }
}

static bool states_differ(const report_input *in) {
    const comparisons *c = in->comparisons;
    for (size_t i = 0; i < c->n; i++)
        if (c->items[i].reason == PAIR_MATCHED &&
            compare_states_differ(&in->experiments[c->items[i].a], &in->experiments[c->items[i].b]))
            return true;
    return false;
}

static void print_state_note(FILE *out, const report_input *in) {
    if (states_differ(in))
        fputs(
            "  (After an update a forecast starts from a zero state, in the baseline from the carried one;\n"
            "  set \"state_at_forecast\": \"zero\" for both to compare what the data alone are worth.)\n",
            out);
}

static void print_group(FILE *out, const report_input *in, pair_reason reason, int width) {
    bool any = false;
    for (size_t i = 0; i < in->comparisons->n; i++) {
        char text[SENTENCE];
        if (in->comparisons->items[i].reason != reason) continue;
        if (!any) print_heading(out, in, reason);
        any = true;
        compare_sentence(text, sizeof text, in->comparisons, i, in->experiments);
        print_wrapped(out, text, width);
    }
}

static bool stands_before(const double *ranks, int i, int j) {
    if (ranks[i] != ranks[j]) return ranks[i] < ranks[j];
    return i < j;
}

/* The experiment with the next rank after one, of equal ranks the first one not yet printed; -1: none. */
static int next_rank(const report_input *in, int last) {
    const double *ranks = in->comparisons->ranking.mean_ranks;
    int next = -1;
    for (int i = 0; i < (int)in->n_experiments; i++) {
        bool taken = last >= 0 && (i == last || stands_before(ranks, i, last));
        if (!taken && !isnan(ranks[i]) && (next < 0 || stands_before(ranks, i, next))) next = i;
    }
    return next;
}

static void print_mean_ranks(FILE *out, const report_input *in) {
    const double *ranks = in->comparisons->ranking.mean_ranks;
    for (int i = next_rank(in, -1); i >= 0; i = next_rank(in, i))
        fprintf(out, "  %6.2f  %s\n", ranks[i], in->experiments[i].name);
    for (size_t i = 0; i < in->n_experiments; i++)
        if (isnan(ranks[i]))
            fprintf(out, "       -  %s: not ranked, for other test rows or no result\n", in->experiments[i].name);
}

/* Friedman's test and the mean ranks, best first, where it was asked for. */
static void print_ranks(FILE *out, const report_input *in, int width) {
    const ranking *k = &in->comparisons->ranking;
    char text[SENTENCE], p[NUMBER_TEXT];
    if (!in->comparisons->friedman) return;
    fputs("\nRanks in each repeat (1 is the lowest RMSE)\n", out);
    if (isnan(k->chi_square)) {
        print_wrapped(out, "Too few repeats or experiments, or nothing but ties: there is nothing to test.", width);
        return;
    }
    number_text(p, k->p, 3);
    snprintf(
        text, sizeof text,
        "Friedman: chi-square %.2f, df %.0f, p %s %s, over %zu repeats of %zu experiments; mean ranks that differ by "
        "less than %.3g cannot be told apart (Nemenyi).",
        k->chi_square, k->df, k->p < 0.001 ? "<" : "=", k->p < 0.001 ? "0.001" : p, k->n, k->n_ranked,
        k->critical_difference);
    print_wrapped(out, text, width);
    if (k->left_out > 0)
        fprintf(out, "  Left out: %zu repeat%s in which one diverged.\n", k->left_out, k->left_out == 1 ? "" : "s");
    print_mean_ranks(out, in);
}

/* One line each on the two kinds of noise. */
static void print_noise(FILE *out, const comparisons *c) {
    size_t rows = 0;
    for (size_t i = 0; i < c->n; i++)
        if (!isnan(c->items[i].dm_p)) rows = c->items[i].dm_n;
    if (c->n_tested[c->kinds[0]] > 0)
        fputs(
            "\nThe tests speak of training noise on this series: would other weights agree?\n"
            "They cannot say how the experiments rank on another series or in another year.\n",
            out);
    if (rows > 0)
        fprintf(out,
                "DM (Diebold-Mariano) speaks of the test rows: would other months agree? It takes\n"
                "the mean forecasts of all repeats, and has but those %zu rows to go by.\n",
                rows);
}

/* What it bought that repeat r of every experiment starts from the same weights. */
static void print_pairing(FILE *out, const comparisons *c) {
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
    fprintf(out, "Pairing: repeats correlate by %.2f", low);
    if (high > low) fprintf(out, " to %.2f", high);
    char text[NUMBER_TEXT];
    number_text(text, least, number_decimals(least, 2));
    fprintf(out, "; unpaired tests would need %s", text);
    number_text(text, most, number_decimals(most, 2));
    if (most > least) fprintf(out, " to %s", text);
    fputs(" times as many.\n", out);
}

static void print_family(FILE *out, const comparisons *c) {
    size_t n = c->n_tested[c->kinds[0]];
    if (n < 2 || c->adjust == ADJUST_NONE) return;
    fprintf(out, "Each interval is for its comparison alone; p and the repeats needed allow for all %zu tests.\n", n);
    if (c->n_kinds > 1) fputs("Each kind of test is a family of its own.\n", out);
}

static void print_footer(FILE *out, const comparisons *c) {
    print_noise(out, c);
    print_pairing(out, c);
    print_family(out, c);
}

/* What ended the run, where that was not the number of its repeats. */
static void print_until(FILE *out, const report_input *in) {
    char asked[NUMBER_TEXT], reached[NUMBER_TEXT], n[NUMBER_TEXT];
    if (!in->series || !(in->half_width > 0)) return;
    number_text(asked, in->half_width, number_decimals(in->half_width, 2));
    number_text(reached, in->widest, number_decimals(in->widest, 2));
    number_count(n, in->repeats);
    if (in->widest <= in->half_width)
        fprintf(out, "\nAfter %s repeats every compared difference is known to within %s (asked: %s).\n", n, reached,
                asked);
    else
        fprintf(out, "\nAll %s repeats are used up, and the widest interval is still +-%s (asked: +-%s).\n", n, reached,
                asked);
}

static void print_text(FILE *out, const report_input *in, const table *t, const farm_style *style) {
    if (in->series) print_title(out, in);
    print_table(out, t);
    print_plots(out, t, columns_of(style));
    print_until(out, in);
    print_run(out, in, style->width);
    print_all_diverged(out, t);
    print_group(out, in, PAIR_REFERENCE, style->width);
    print_group(out, in, PAIR_MATCHED, style->width);
    print_state_note(out, in);
    print_group(out, in, PAIR_ASKED, style->width);
    print_ranks(out, in, style->width);
    print_footer(out, in->comparisons);
}

/* --- all of it -------------------------------------------------------------------------------------------------- */

/* What is told, with texts that a terminal only shows: names of files and columns may hold anything. */
typedef struct {
    report_input in;
    experiment *experiments; /* [in.n_experiments] */
    char *column, *file;
} shown;

/* A NULL is shown as none. false: out of memory. */
static bool make_line(char **line, const char *text) {
    *line = text ? utf8_line(text) : NULL;
    return *line || !text;
}

static bool make_shown(shown *s, const report_input *in) {
    s->in = *in;
    s->experiments = calloc(in->n_experiments ? in->n_experiments : 1, sizeof *s->experiments);
    if (!s->experiments) return false;
    for (size_t i = 0; i < in->n_experiments; i++) {
        s->experiments[i] = in->experiments[i];
        s->experiments[i].name = NULL;
    }
    bool made = make_line(&s->column, in->series_column) && make_line(&s->file, in->series_file);
    for (size_t i = 0; made && i < in->n_experiments; i++)
        made = make_line(&s->experiments[i].name, in->experiments[i].name);
    s->in.experiments = s->experiments;
    s->in.series_column = s->column;
    s->in.series_file = s->file;
    return made;
}

static void free_shown(shown *s) {
    for (size_t i = 0; s->experiments && i < s->in.n_experiments; i++) free(s->experiments[i].name);
    free(s->experiments);
    free(s->column);
    free(s->file);
}

static bool print_shown(FILE *out, const report_input *in, const summary *summaries, const farm_style *style) {
    table t = {0};
    shown s = {0};
    bool made = make_shown(&s, in) && make_table(&t, &s.in, summaries, style);
    if (made) print_text(out, &s.in, &t, style);
    free(t.rows);
    free_shown(&s);
    return made;
}

bool report_print(const report_input *in, FILE *out, const farm_style *style) {
    number_locale held = number_locale_enter();
    summary *summaries = report_summaries(in);
    bool done = summaries;
    if (done && style->json)
        report_document(out, in, summaries);
    else if (done)
        done = print_shown(out, in, summaries, style);
    free(summaries);
    number_locale_leave(&held);
    return done;
}
