/* plot_differences.c - differences: the mean difference of every comparison with its interval, a forest plot.
 * A row is a - b, first those against the reference, then updates against their matched baselines, then what was asked
 * for; left of zero a has the lower RMSE, and is better. A full mark is a difference that the adjusted p calls one.
 * Invariant: what has no interval, or runs off the axis, is told in its row. */
#include "plot_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A line of the picture: a difference a - b, or a heading over some. */
typedef struct {
    pair_reason reason;
    bool is_heading, windows_differ, told_apart;
    int a, b;               /* experiment indices */
    size_t n;               /* pairs */
    double mean, low, high; /* with its interval; NaN: none */
    double p;               /* of the first test, adjusted; NaN: not tested */
} forest_row;

typedef struct {
    const plot_input *in;
    forest_row *rows; /* [n] */
    size_t n;
    plot_axis axis;
    double magnitude;
    bool headings, open_marks, full_marks;
} forest;

static forest_row row_of(const comparison *c) {
    return (forest_row){.reason = c->reason,
                        .windows_differ = c->windows_differ,
                        .told_apart = c->told == VERDICT_BETTER || c->told == VERDICT_WORSE,
                        .a = c->a,
                        .b = c->b,
                        .n = c->n,
                        .mean = c->mean_difference,
                        .low = c->ci_low,
                        .high = c->ci_high,
                        .p = c->tests[0].p_adjusted};
}

static bool has_mean(const forest_row *r) { return !r->is_heading && isfinite(r->mean); }

static bool has_interval(const forest_row *r) { return has_mean(r) && isfinite(r->low) && isfinite(r->high); }

static void add_group(forest *f, pair_reason reason) {
    const comparisons *c = f->in->comparisons;
    bool any = false;
    for (size_t i = 0; i < c->n && f->n + 2 < PLOT_MOST_ROWS; i++) {
        if (c->items[i].reason != reason) continue;
        if (!any && f->headings) f->rows[f->n++] = (forest_row){.reason = reason, .is_heading = true};
        any = true;
        f->rows[f->n++] = row_of(&c->items[i]);
    }
}

static bool find_rows(forest *f, const plot_input *in) {
    f->in = in;
    f->rows = calloc(PLOT_MOST_ROWS, sizeof *f->rows);
    if (!f->rows) return false;
    f->headings = in->comparisons->reference >= 0;
    add_group(f, PAIR_REFERENCE);
    add_group(f, PAIR_MATCHED);
    add_group(f, PAIR_ASKED);
    return true;
}

/* Whether both sides vary: a constant may be any distance away. */
static bool both_vary(const forest *f, const forest_row *r) {
    const experiment_result *all = f->in->results->experiments;
    return has_mean(r) && !all[r->a].deterministic && !all[r->b].deterministic;
}

/* The largest mean difference of experiments that vary; where there are none, of all. */
static double largest_mean(const forest *f) {
    double varying = 0, any = 0;
    for (size_t i = 0; i < f->n; i++) {
        if (!has_mean(&f->rows[i])) continue;
        any = fmax(any, fabs(f->rows[i].mean));
        if (both_vary(f, &f->rows[i])) varying = fmax(varying, fabs(f->rows[i].mean));
    }
    return varying > 0 ? varying : any;
}

/* Over zero, means and intervals, as far as three times the largest mean: neither an interval of two repeats nor a constant
 * may squeeze the rest. A mean further off is told by an arrow wherever the axis ends, so it does not stretch it either. */
static void find_axis(forest *f) {
    static const double reach = 3;
    double low = 0, high = 0, largest = largest_mean(f), most = largest > 0 ? reach * largest : INFINITY;
    for (size_t i = 0; i < f->n; i++) {
        const forest_row *r = &f->rows[i];
        if (!has_mean(r) || fabs(r->mean) > most) continue;
        low = fmin(low, fmax(has_interval(r) ? r->low : r->mean, -most));
        high = fmax(high, fmin(has_interval(r) ? r->high : r->mean, most));
    }
    f->axis = plot_axis_over(low, high, false);
    f->magnitude = fmax(fmax(fabs(low), fabs(high)), 1e-300);
}

/* --- texts ------------------------------------------------------------------------------------------------------ */

static const char *name_of(const forest *f, int index) { return f->in->experiments[index].name; }

/* "update_2 − fixed_522", or update_2 alone under the heading that says the rest; the caller's. */
static char *row_name(const forest *f, const forest_row *row) {
    static const char minus[] = " \xE2\x88\x92 ";
    const char *a = name_of(f, row->a), *b = name_of(f, row->b);
    int reference = f->in->comparisons->reference;
    bool alone = row->reason == PAIR_REFERENCE && reference == row->b;
    size_t size = strlen(a) + strlen(b) + sizeof minus;
    char *name = malloc(size);
    if (name) snprintf(name, size, "%s%s%s", a, alone ? "" : minus, alone ? "" : b);
    return name;
}

static void heading(char *text, size_t size, const forest *f, pair_reason reason) {
    const comparisons *c = f->in->comparisons;
    snprintf(text, size, "%s%s", compare_heading(c, reason), reason == PAIR_REFERENCE ? name_of(f, c->reference) : "");
}

/* "−7.48 [−8.02, −6.93]" */
static void figures(char *text, size_t size, const forest *f, const forest_row *r) {
    char v[3][PLOT_NUMBER];
    plot_number(v[0], r->mean, f->magnitude);
    plot_number(v[1], r->low, f->magnitude);
    plot_number(v[2], r->high, f->magnitude);
    if (r->windows_differ)
        snprintf(text, size, "other test rows");
    else if (!has_mean(r))
        snprintf(text, size, f->in->comparisons->unpaired ? "no repeats" : "no pair of repeats");
    else if (!has_interval(r))
        snprintf(text, size, "%s", v[0]);
    else
        snprintf(text, size, "%s [%s, %s]", v[0], v[1], v[2]);
}

/* "p < 0.001"; "" where there is none. */
static void p_text(char *text, size_t size, const forest_row *r) {
    *text = '\0';
    if (!isfinite(r->p)) return;
    if (r->p < 0.001)
        snprintf(text, size, "p < 0.001");
    else
        snprintf(text, size, "p = %.3f", r->p);
}

/* --- the page --------------------------------------------------------------------------------------------------- */

static double middle_of(size_t i) { return -(double)i; }

/* Intervals and marks of the rows of one ink; those that run off the axis end there in an arrow. */
static void add_rows(plot_page *page, forest *f, plot_ink ink) {
    const char *c = plot_ink_colours[ink];
    int blocks[2];
    for (int full = 0; full < 2; full++) {
        blocks[full] = page_block(page);
        for (size_t i = 0; i < f->n; i++) {
            const forest_row *r = &f->rows[i];
            if (!has_mean(r) || plot_ink_of(&f->in->experiments[r->a]) != ink) continue;
            if (r->told_apart != (full == 1)) continue;
            const double values[] = {r->mean, middle_of(i), fmax(r->low, f->axis.low), fmin(r->high, f->axis.high)};
            const double alone[] = {r->mean, middle_of(i), NAN, NAN};
            page_row(page, has_interval(r) ? values : alone, 4);
            *(full ? &f->full_marks : &f->open_marks) = true;
        }
        page_block_end(page);
        page_plot(page, blocks[full], "using 3:2:($4-$3):(0) with vectors nohead lw 1.8 lc rgb \"%s\"", c);
        page_plot(page, blocks[full], "using 1:2 with points pt %d ps 0.75 lw 1.5 lc rgb \"%s\"", full ? 7 : 6, c);
    }
}

static void add_ends(plot_page *page, const forest *f) {
    for (int side = 0; side < 2; side++) {
        int block = page_block(page);
        for (size_t i = 0; i < f->n; i++) {
            const forest_row *r = &f->rows[i];
            if (!has_mean(r)) continue;
            const double end[] = {side ? f->axis.high : f->axis.low, middle_of(i),
                                  (side ? 1 : -1) * 0.02 * (f->axis.high - f->axis.low)};
            if (side ? fmax(r->mean, r->high) > f->axis.high : fmin(r->mean, r->low) < f->axis.low)
                page_row(page, end, 3);
        }
        page_block_end(page);
        page_plot(page, block, "using ($1-$3):2:3:(0) with vectors head filled lw 1.5 lc rgb \"%s\"",
                  plot_ink_colours[INK_MUTED]);
    }
}

static void add_zero(plot_page *page, const forest *f) {
    int block = page_block(page);
    const double line[] = {0, 0.6, -(double)f->n + 0.4};
    page_row(page, line, 3);
    page_block_end(page);
    page_plot(page, block, "using 1:2:(0):($3-$2) with vectors nohead lw 1.2 lc rgb \"%s\"",
              plot_ink_colours[INK_MUTED]);
}

static void hover_row(plot_page *page, const forest *f, size_t i) {
    const forest_row *r = &f->rows[i];
    char text[200], p[40], count[PLOT_NUMBER];
    if (r->is_heading) return;
    figures(text, sizeof text, f, r);
    p_text(p, sizeof p, r);
    if (f->in->comparisons->unpaired)
        plot_count(count, r->n, "repeat or more of each", "repeats or more of each");
    else
        plot_count(count, r->n, "pair", "pairs");
    page_hover(page, -INFINITY, INFINITY, middle_of(i) - 0.5, middle_of(i) + 0.5, "%s \xE2\x88\x92 %s\n%s%s%s\n%s",
               name_of(f, r->a), name_of(f, r->b), text, *p ? "\n" : "", p, count);
}

/* Widths of the columns at the sides, a row's height, where rows begin. */
typedef struct {
    double names, figures, p, row, top;
} layout;

static bool lay_out(layout *l, const forest *f) {
    static const double widest_name = 230;
    *l = (layout){.names = 60, .row = 24, .top = 16};
    for (size_t i = 0; i < f->n; i++) {
        const forest_row *r = &f->rows[i];
        char text[300];
        if (r->is_heading) {
            heading(text, sizeof text, f, r->reason);
            l->names = fmax(l->names, fmin(widest_name, page_text_width(text, PAGE_FONT)));
            continue;
        }
        char *name = row_name(f, r);
        if (!name) return false;
        l->names = fmax(l->names, fmin(widest_name, page_text_width(name, PAGE_FONT)));
        l->row = fmax(l->row, 8 + page_name_height(name, widest_name));
        figures(text, sizeof text, f, r);
        l->figures = fmax(l->figures, page_text_width(text, PAGE_SMALL));
        p_text(text, sizeof text, r);
        l->p = fmax(l->p, page_text_width(text, PAGE_SMALL));
        free(name);
    }
    return true;
}

static void label_rows(plot_page *page, const forest *f, const layout *l, double left) {
    for (size_t i = 0; i < f->n; i++) {
        double y = l->top + ((double)i + 0.5) * l->row;
        const forest_row *r = &f->rows[i];
        char text[300];
        if (r->is_heading) {
            heading(text, sizeof text, f, r->reason);
            page_label(page, 12, y + 2, ALIGN_LEFT, INK_MUTED, PAGE_FONT, text);
            continue;
        }
        char *name = row_name(f, r);
        if (name)
            page_name(page, left - 10, y, ALIGN_RIGHT, l->names, INK_TEXT, name);
        else
            page->failed = true;
        free(name);
        figures(text, sizeof text, f, r);
        page_label(page, PLOT_WIDTH - 18 - l->p, y, ALIGN_RIGHT, INK_TEXT, PAGE_SMALL, text);
        p_text(text, sizeof text, r);
        page_label(page, PLOT_WIDTH - 8, y, ALIGN_RIGHT, INK_MUTED, PAGE_SMALL, text);
    }
}

static void label_axis(plot_page *page, const forest *f, const plot_box *box) {
    static const char better[] = "\xE2\x86\x90 better: lower RMSE", worse[] = "worse: higher RMSE \xE2\x86\x92";
    char text[300], units[230];
    double zero = box->left + (box->right - box->left) * -f->axis.low / (f->axis.high - f->axis.low);
    plot_units(units, sizeof units, f->in);
    snprintf(text, sizeof text, "mean difference of RMSE%s, with its %g%% interval", units,
             100 * (1 - f->in->comparisons->alpha));
    page_label(page, (box->left + box->right) / 2, box->bottom + 52, ALIGN_CENTER, INK_TEXT, PAGE_FONT, text);
    if (zero - box->left > page_text_width(better, PAGE_SMALL))
        page_label(page, zero - 8, box->bottom + 32, ALIGN_RIGHT, INK_MUTED, PAGE_SMALL, better);
    if (PLOT_WIDTH - zero > 20 + page_text_width(worse, PAGE_SMALL))
        page_label(page, zero + 8, box->bottom + 32, ALIGN_LEFT, INK_MUTED, PAGE_SMALL, worse);
    snprintf(text, sizeof text, "%s%sThe first named is better left of zero.",
             f->full_marks ? "Full marks: told apart (adjusted p). " : "",
             f->open_marks ? "Open marks: not told apart. " : "");
    page_label(page, 8, box->bottom + 76, ALIGN_LEFT, INK_MUTED, PAGE_SMALL, text);
}

static void draw(plot_page *page, forest *f, const layout *l) {
    plot_box box = {l->names + 22, l->top, PLOT_WIDTH - l->figures - l->p - 36, l->top + l->row * (double)f->n};
    label_rows(page, f, l, box.left);
    page_panel(page, &(plot_panel){.box = box,
                                   .x = f->axis,
                                   .y = {0.5 - (double)f->n, 0.5, false},
                                   .x_grid = true,
                                   .x_numbers = true,
                                   .x_most = 7});
    add_zero(page, f);
    for (plot_ink ink = INK_FIXED; ink <= INK_BASELINE; ink++) add_rows(page, f, ink);
    add_ends(page, f);
    for (size_t i = 0; i < f->n; i++) hover_row(page, f, i);
    label_axis(page, f, &box);
    page_panel_end(page);
}

bool plot_differences(plot_page *page, const plot_input *in) {
    forest f = {0};
    layout l;
    *page = (plot_page){0};
    if (!in->comparisons || in->comparisons->n == 0) return false;
    bool found = find_rows(&f, in);
    if (found) find_axis(&f);
    if (found && lay_out(&l, &f)) {
        page_open(page, "differences", PLOT_WIDTH, l.top + l.row * (double)f.n + 90);
        page_title(page, "%s: differences between experiments, with their intervals", in->run_name);
        page_describe(page,
                      "%zu comparisons in rows, as mean difference of RMSE with its interval; left of zero the "
                      "first named is better.",
                      f.n);
        draw(page, &f, &l);
        page_close(page);
    } else {
        page->failed = true;
    }
    free(f.rows);
    return true;
}
