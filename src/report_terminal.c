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

/* Text on lines that are broken between words where width > 0; the first is indented by indent columns, the others by
 * more of them. */
static void print_lines(FILE *out, const char *text, int width, int indent, int more) {
    int column = 0; /* where the next character goes */
    for (const char *word = text; *word; word += strspn(word, " ")) {
        int bytes = (int)unbroken(word), columns = text_width(word, (size_t)bytes);
        bool first = word == text, fits = width <= 0 || column + 1 + columns < width || column <= indent + more;
        if (first) {
            pad(out, column = indent);
        } else if (fits) {
            column += fputc(' ', out) == ' ';
        } else {
            fputc('\n', out);
            pad(out, column = indent + more);
        }
        fprintf(out, "%.*s", bytes, word);
        column += columns;
        word += bytes;
    }
    fputc('\n', out);
}

/* With a hanging indent, as one of several. */
static void print_wrapped(FILE *out, const char *text, int width) { print_lines(out, text, width, 2, 2); }

/* A sentence of report_words.c, with a blank line before it where that is wanted. Whether there was one to say. */
static bool print_said(FILE *out, report_sentence which, const report_input *in, int width, bool apart) {
    char text[REPORT_SENTENCE];
    if (!report_say(text, sizeof text, which, in)) return false;
    if (apart) fputc('\n', out);
    print_lines(out, text, width, 0, 0);
    return true;
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
    print_said(out, SAY_NOTHING, in, width, true);
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

static void print_all_diverged(FILE *out, const table *t, int width) {
    if (!print_said(out, SAY_DIVERGED, t->in, width, true)) return;
    for (size_t i = 0; i < t->in->n_experiments; i++)
        if (t->summaries[i].left_out > 0) print_diverged(out, t->in, &t->summaries[i], i);
}

static void print_heading(FILE *out, const report_input *in, pair_reason reason) {
    const comparisons *c = in->comparisons;
    const char *note = compare_heading_note(reason);
    fprintf(out, "\n%s", compare_heading(c, reason));
    if (reason == PAIR_REFERENCE && c->reference >= 0) fputs(in->experiments[c->reference].name, out);
    if (note) fprintf(out, " (%s)", note);
    fputc('\n', out);
}

static void print_state_note(FILE *out, const report_input *in, int width) {
    char text[REPORT_SENTENCE + 2], said[REPORT_SENTENCE];
    if (!report_say(said, sizeof said, SAY_STATES, in)) return;
    snprintf(text, sizeof text, "(%s)", said);
    print_lines(out, text, width, 2, 0);
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
    char text[REPORT_SENTENCE];
    if (!report_say(text, sizeof text, SAY_RANKS, in)) return;
    fputs("\nRanks in each repeat (1 is the lowest RMSE)\n", out);
    print_wrapped(out, text, width);
    if (!isnan(in->comparisons->ranking.chi_square)) print_mean_ranks(out, in);
}

static void print_footer(FILE *out, const report_input *in, int width) {
    print_said(out, SAY_NOISE, in, width, true);
    print_said(out, SAY_ROWS, in, width, false);
    print_said(out, SAY_PAIRING, in, width, false);
    print_said(out, SAY_FAMILY, in, width, false);
    print_said(out, SAY_COST, in, width, false);
}

static void print_text(FILE *out, const report_input *in, const table *t, const farm_style *style) {
    if (in->series) print_title(out, in);
    print_table(out, t);
    print_plots(out, t, columns_of(style));
    print_said(out, SAY_UNTIL, in, style->width, true);
    print_run(out, in, style->width);
    print_all_diverged(out, t, style->width);
    print_group(out, in, PAIR_REFERENCE, style->width);
    print_group(out, in, PAIR_MATCHED, style->width);
    print_state_note(out, in, style->width);
    print_group(out, in, PAIR_ASKED, style->width);
    print_ranks(out, in, style->width);
    print_footer(out, in, style->width);
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
