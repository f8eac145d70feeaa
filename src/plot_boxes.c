/* plot_boxes.c - boxplot: the RMSEs of every experiment, a row each, in config order.
 * A box is the quartiles as pandas computes them; its whiskers reach to the last repeat within 1.5 box lengths (Tukey
 * 1977, as pandas' and matplotlib's). Few repeats are dots, all of them; of many, those beyond the whiskers are.
 * Invariant: what is not shown - diverged repeats, those beyond the axis - is told in its row. */
#include "numbers.h"
#include "plot_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ALL_DOTS = 50,      /* up to so many repeats each is a dot */
    DOTS_OF_ALL = 1500, /* dots of outliers in the whole picture, thinned to that */
    LEAST_DOTS = 10,    /* of them in a row, at least */
};

/* One experiment's row. Values in series units. */
typedef struct {
    size_t n, diverged;
    bool constant; /* a deterministic baseline, at low */
    double low, high, q25, median, q75, mean, whisker_low, whisker_high;
    size_t outliers;
    double *sorted; /* [n_sorted]: all of few; of many the outliers, and where the whiskers end */
    size_t n_sorted;
} box_row;

typedef struct {
    const plot_input *in;
    box_row *rows; /* [n] */
    size_t n;
    plot_axis axis;
    double magnitude; /* of the largest value shown, for its digits */
    bool thinned, any_dots, any_outliers, any_boxes;
} boxes;

/* --- figures ---------------------------------------------------------------------------------------------------- */

/* And lets go of what lies between them. */
static void find_whiskers(box_row *row) {
    double reach = 1.5 * (row->q75 - row->q25);
    size_t first = 0, last = row->n - 1;
    while (row->sorted[first] < row->q25 - reach) first++;
    while (row->sorted[last] > row->q75 + reach) last--;
    row->whisker_low = row->sorted[first];
    row->whisker_high = row->sorted[last];
    row->outliers = first + (row->n - 1 - last);
    row->n_sorted = row->n;
    if (row->n <= ALL_DOTS) return;
    row->n_sorted = row->outliers + 2;
    memmove(row->sorted + first + 1, row->sorted + last, (row->n - last) * sizeof *row->sorted);
    double *smaller = realloc(row->sorted, row->n_sorted * sizeof *smaller);
    if (smaller) row->sorted = smaller;
}

static bool find_row(box_row *row, const experiment_result *e) {
    row->sorted = plot_sorted(e->rmse, e->n_repeats, &row->n);
    if (!row->sorted) return false;
    row->diverged = e->n_repeats - row->n;
    row->constant = e->deterministic;
    if (row->n == 0) return true;
    for (size_t i = 0; i < row->n; i++) row->mean += row->sorted[i] / (double)row->n;
    row->low = row->sorted[0];
    row->high = row->sorted[row->n - 1];
    row->q25 = plot_quantile(row->sorted, row->n, 0.25);
    row->median = plot_quantile(row->sorted, row->n, 0.5);
    row->q75 = plot_quantile(row->sorted, row->n, 0.75);
    find_whiskers(row);
    return true;
}

static bool find_rows(boxes *b, const plot_input *in) {
    b->in = in;
    b->n = in->n_experiments < PLOT_MOST_ROWS ? in->n_experiments : PLOT_MOST_ROWS;
    b->rows = calloc(b->n ? b->n : 1, sizeof *b->rows);
    for (size_t i = 0; i < b->n; i++)
        if (!b->rows || !find_row(&b->rows[i], &in->results->experiments[i])) return false;
    return b->rows != NULL;
}

static void widen(double *low, double *high, double a, double b) {
    *low = fmin(*low, a);
    *high = fmax(*high, b);
}

/* The outermost of all repeats and constants that lie within low ... high. */
static void find_ends(const boxes *b, double low, double high, double *least, double *most) {
    *least = INFINITY;
    *most = -INFINITY;
    for (size_t i = 0; i < b->n; i++)
        for (size_t k = 0; k < b->rows[i].n_sorted; k++) {
            double value = b->rows[i].sorted[k];
            if (value >= low && value <= high) widen(least, most, value, value);
        }
}

/* Over all whiskers; over outliers and constants too that lie no further than that length beyond: one stray repeat
 * must not squeeze all boxes into a corner. Logarithmic where boxes are far apart. */
static void find_axis(boxes *b) {
    static const double far_apart = 20, reach = 1;
    double low = INFINITY, high = -INFINITY, least, most, low_median = INFINITY, high_median = 0;
    for (size_t i = 0; i < b->n; i++) {
        const box_row *row = &b->rows[i];
        if (row->n == 0 || row->constant) continue;
        widen(&low, &high, row->whisker_low, row->whisker_high);
        widen(&low_median, &high_median, row->median, row->median);
    }
    bool logarithmic = low > 0 && high_median > far_apart * low_median;
    double more = logarithmic || !(high > low) ? INFINITY : reach * (high - low);
    find_ends(b, isfinite(low) ? low - more : -INFINITY, isfinite(high) ? high + more : INFINITY, &least, &most);
    b->axis = plot_axis_over(least, most, logarithmic);
    b->magnitude = fmax(fabs(least), fabs(most));
}

/* --- rows ------------------------------------------------------------------------------------------------------- */

static bool inside(const boxes *b, double value) { return value >= b->axis.low && value <= b->axis.high; }

/* Rows go down from 0: the row's middle. */
static double middle_of(size_t i) { return -(double)i; }

static bool has_box(const box_row *row) { return row->n > 1 && !row->constant; }

/* Boxes, whiskers and medians of all rows of one ink. */
static void add_boxes(plot_page *page, const boxes *b, plot_ink ink) {
    static const double half = 0.29, cap = 0.13;
    int block = page_block(page);
    for (size_t i = 0; i < b->n; i++) {
        const box_row *r = &b->rows[i];
        double y = middle_of(i),
               values[] = {r->median,       y,       r->q25, r->q75, y - half, y + half, r->whisker_low,
                           r->whisker_high, y - cap, y + cap};
        if (has_box(r) && plot_ink_of(&b->in->experiments[i]) == ink)
            page_row(page, values, sizeof values / sizeof *values);
    }
    page_block_end(page);
    const char *c = plot_ink_colours[ink];
    page_plot(page, block, "using 7:2:($3-$7):(0) with vectors nohead lw 1.3 lc rgb \"%s\"", c);
    page_plot(page, block, "using 8:2:($4-$8):(0) with vectors nohead lw 1.3 lc rgb \"%s\"", c);
    page_plot(page, block, "using 7:9:(0):($10-$9) with vectors nohead lw 1.3 lc rgb \"%s\"", c);
    page_plot(page, block, "using 8:9:(0):($10-$9) with vectors nohead lw 1.3 lc rgb \"%s\"", c);
    page_plot(page, block,
              "using 1:2:3:4:5:6 with boxxyerror lc rgb \"%s\" fs transparent solid 0.3 border lc rgb \"%s\"", c, c);
    page_plot(page, block, "using 1:5:(0):($6-$5) with vectors nohead lw 2.6 lc rgb \"%s\"", c);
}

/* Van der Corput's sequence: places in (0, 1) that stay apart however many there are. */
static double spread_place(size_t i) {
    double place = 0, part = 0.5;
    for (i++; i > 0; i /= 2) {
        place += part * (double)(i % 2);
        part /= 2;
    }
    return place;
}

static void all_dots(plot_page *page, const boxes *b, size_t i) {
    const experiment_result *e = &b->in->results->experiments[i];
    for (size_t r = 0; r < e->n_repeats; r++) {
        const double dot[] = {e->rmse[r], middle_of(i) + 0.46 * (spread_place(r) - 0.5)};
        if (isfinite(dot[0]) && inside(b, dot[0])) page_row(page, dot, 2);
    }
}

/* The k-th of most of n places, the first and the last among them. */
static size_t thinned_place(size_t k, size_t most, size_t n) {
    return n <= most ? k : (size_t)((double)k * (double)(n - 1) / (double)(most - 1) + 0.5);
}

static bool beyond_whiskers(const box_row *row, double value) {
    return value < row->whisker_low || value > row->whisker_high;
}

/* Those beyond the whiskers; thinned evenly where they are many. */
static void outlier_dots(plot_page *page, boxes *b, size_t i) {
    const box_row *row = &b->rows[i];
    size_t most = DOTS_OF_ALL / b->n < LEAST_DOTS ? LEAST_DOTS : DOTS_OF_ALL / b->n, below = 0;
    while (below < row->n_sorted && beyond_whiskers(row, row->sorted[below])) below++;
    size_t shown = row->outliers < most ? row->outliers : most;
    b->thinned = b->thinned || shown < row->outliers;
    b->any_outliers = b->any_outliers || shown > 0;
    for (size_t k = 0; k < shown; k++) {
        size_t place = thinned_place(k, most, row->outliers);
        const double dot[] = {row->sorted[place < below ? place : row->n_sorted - row->outliers + place], middle_of(i)};
        if (inside(b, dot[0])) page_row(page, dot, 2);
    }
}

static void add_dots(plot_page *page, boxes *b, plot_ink ink) {
    int block = page_block(page);
    for (size_t i = 0; i < b->n; i++) {
        const box_row *row = &b->rows[i];
        if (row->n == 0 || row->constant || plot_ink_of(&b->in->experiments[i]) != ink) continue;
        if (row->n <= ALL_DOTS) {
            all_dots(page, b, i);
            b->any_dots = true;
        } else {
            outlier_dots(page, b, i);
        }
    }
    page_block_end(page);
    page_plot(page, block, "using 1:2 with points pt 7 ps 0.4 lc rgb \"%s\"", plot_ink_colours[ink]);
}

static void add_means(plot_page *page, boxes *b) {
    int block = page_block(page);
    for (size_t i = 0; i < b->n; i++) {
        const double mean[] = {b->rows[i].mean, middle_of(i)};
        if (!has_box(&b->rows[i])) continue;
        b->any_boxes = true;
        if (inside(b, mean[0])) page_row(page, mean, 2);
    }
    page_block_end(page);
    page_plot(page, block, "using 1:2 with points pt 12 ps 0.7 lw 1.2 lc rgb \"%s\"", plot_ink_colours[INK_TEXT]);
}

/* A constant is a line down all rows, and a mark in its own. */
static void add_constants(plot_page *page, const boxes *b) {
    int block = page_block(page);
    for (size_t i = 0; i < b->n; i++) {
        const double line[] = {b->rows[i].low, middle_of(i), 0.6, -(double)b->n + 0.4};
        if (b->rows[i].constant && b->rows[i].n > 0 && inside(b, line[0])) page_row(page, line, 4);
    }
    page_block_end(page);
    page_plot(page, block, "using 1:3:(0):($4-$3) with vectors nohead lw 1.2 dt (6,4) lc rgb \"%s\"",
              plot_ink_colours[INK_BASELINE]);
    page_plot(page, block, "using 1:2 with points pt 5 ps 0.7 lc rgb \"%s\"", plot_ink_colours[INK_BASELINE]);
}

/* --- texts ------------------------------------------------------------------------------------------------------ */

/* How many of a row's repeats lie beyond an end of the axis. */
static size_t count_beyond(const boxes *b, const box_row *row, bool low) {
    size_t n = 0;
    for (size_t i = 0; i < row->n_sorted; i++)
        n += low ? row->sorted[i] < b->axis.low : row->sorted[row->n_sorted - 1 - i] > b->axis.high;
    return n;
}

static void row_count(char *text, size_t size, const boxes *b, const box_row *row) {
    char count[NUMBER_TEXT], value[PLOT_NUMBER];
    number_count(count, row->n);
    plot_number(value, row->low, b->magnitude);
    if (row->constant)
        snprintf(text, size, "%s", row->n ? value : "not finite");
    else if (row->diverged)
        snprintf(text, size, "%s%s%zu diverged", row->n ? count : "all ", row->n ? ", " : "", row->diverged);
    else
        snprintf(text, size, "%s", count);
}

static void hover_row(plot_page *page, const boxes *b, size_t i) {
    const box_row *r = &b->rows[i];
    const char *name = b->in->experiments[i].name;
    char count[PLOT_NUMBER], v[6][PLOT_NUMBER], diverged[64] = "";
    const double values[] = {r->median, r->q25, r->q75, r->mean, r->whisker_low, r->whisker_high};
    double y0 = middle_of(i) - 0.5, y1 = middle_of(i) + 0.5;
    for (int k = 0; k < 6; k++) plot_number(v[k], values[k], b->magnitude);
    plot_count(count, r->n, "repeat", "repeats");
    if (r->diverged) snprintf(diverged, sizeof diverged, ", %zu more diverged", r->diverged);
    if (r->constant)
        page_hover(page, -INFINITY, INFINITY, y0, y1, "%s: %s, the same in every repeat", name,
                   r->n ? v[0] : "not finite");
    else if (r->n == 0)
        page_hover(page, -INFINITY, INFINITY, y0, y1, "%s: all %zu repeats diverged", name, r->diverged);
    else
        page_hover(page, -INFINITY, INFINITY, y0, y1,
                   "%s\nmedian %s, quartiles %s and %s\nmean %s\nwhiskers %s and %s, %zu beyond\n%s%s", name, v[0],
                   v[1], v[2], v[3], v[4], v[5], r->outliers, count, diverged);
}

/* Says beside the axis' ends how many lie beyond. */
static void label_beyond(plot_page *page, const boxes *b, size_t i, const plot_box *box, double y) {
    static const char left[] = "\xE2\x86\x90", right[] = "\xE2\x86\x92";
    const box_row *row = &b->rows[i];
    size_t low = count_beyond(b, row, true), high = count_beyond(b, row, false);
    char text[80];
    snprintf(text, sizeof text, "%s %zu", left, low);
    if (low) page_label(page, box->left - 4, y, ALIGN_RIGHT, INK_MUTED, PAGE_SMALL, row->constant ? left : text);
    snprintf(text, sizeof text, "%zu %s", high, right);
    if (high) page_label(page, box->right + 4, y, ALIGN_LEFT, INK_MUTED, PAGE_SMALL, row->constant ? right : text);
}

static void caption(char *text, size_t size, const boxes *b) {
    snprintf(text, size, "%s%s%s%s",
             b->any_boxes ? "Box: quartiles; bar: median; diamond: mean; whiskers: last repeat within 1.5 box lengths. "
                          : "",
             b->any_dots ? "Dots: each repeat. " : "",
             b->any_outliers ? (b->thinned ? "Dots: repeats beyond, thinned out. " : "Dots: repeats beyond. ") : "",
             b->n < b->in->n_experiments ? "The first 300 experiments." : "");
}

/* --- the page --------------------------------------------------------------------------------------------------- */

/* Places of a page of rows. */
typedef struct {
    double names, counts, below,
        above;       /* widths of the columns at the sides; below, above: what lies beyond the axis */
    double row, top; /* a row's height; where rows begin */
} layout;

static layout lay_out(const boxes *b) {
    static const double widest_name = 250;
    layout l = {.names = 40, .counts = page_text_width("repeats", PAGE_SMALL), .row = b->n <= 14 ? 28 : 22, .top = 40};
    for (size_t i = 0; i < b->n; i++) {
        char text[80];
        row_count(text, sizeof text, b, &b->rows[i]);
        l.names = fmax(l.names, fmin(widest_name, page_text_width(b->in->experiments[i].name, PAGE_FONT)));
        l.counts = fmax(l.counts, page_text_width(text, PAGE_SMALL));
        if (count_beyond(b, &b->rows[i], true)) l.below = 34;
        if (count_beyond(b, &b->rows[i], false)) l.above = 34;
    }
    for (size_t i = 0; i < b->n; i++) l.row = fmax(l.row, 8 + page_name_height(b->in->experiments[i].name, l.names));
    return l;
}

static void label_rows(plot_page *page, const boxes *b, const layout *l, const plot_box *box) {
    for (size_t i = 0; i < b->n; i++) {
        double y = l->top + ((double)i + 0.5) * l->row;
        char text[80];
        row_count(text, sizeof text, b, &b->rows[i]);
        page_name(page, box->left - l->below - 10, y, ALIGN_RIGHT, l->names, INK_TEXT, b->in->experiments[i].name);
        page_label(page, PLOT_WIDTH - 8, y, ALIGN_RIGHT, INK_MUTED, PAGE_SMALL, text);
        label_beyond(page, b, i, box, y);
    }
}

static void describe(plot_page *page, const boxes *b) {
    size_t best = SIZE_MAX;
    char value[PLOT_NUMBER];
    for (size_t i = 0; i < b->n; i++)
        if (b->rows[i].n > 0 && (best == SIZE_MAX || b->rows[i].median < b->rows[best].median)) best = i;
    page_title(page, "%s: RMSE of every experiment as box plots", b->in->run_name);
    if (best == SIZE_MAX) {
        page_describe(page, "%zu experiments, of which every repeat diverged.", b->n);
        return;
    }
    plot_number(value, b->rows[best].median, b->magnitude);
    page_describe(page, "%zu experiments in rows; the lowest median is that of %s, %s.", b->n,
                  b->in->experiments[best].name, value);
}

static void draw(plot_page *page, boxes *b, const layout *l) {
    plot_box box = {l->names + l->below + 22, l->top, PLOT_WIDTH - l->counts - l->above - 22,
                    l->top + l->row * (double)b->n};
    char text[300], units[230];
    label_rows(page, b, l, &box);
    page_label(page, PLOT_WIDTH - 8, l->top - 8, ALIGN_RIGHT, INK_MUTED, PAGE_SMALL, "repeats");
    plot_key_of_inks(page, box.left, 14, b->in);
    plot_units(units, sizeof units, b->in);
    snprintf(text, sizeof text, "RMSE of the forecasts%s%s", units, b->axis.logarithmic ? " (logarithmic)" : "");
    page_label(page, (box.left + box.right) / 2, box.bottom + 34, ALIGN_CENTER, INK_TEXT, PAGE_FONT, text);
    page_panel(page, &(plot_panel){.box = box,
                                   .x = b->axis,
                                   .y = {0.5 - (double)b->n, 0.5, false},
                                   .x_grid = true,
                                   .x_numbers = true,
                                   .x_most = 8});
    add_constants(page, b);
    for (plot_ink ink = INK_FIXED; ink < INK_BASELINE; ink++) add_boxes(page, b, ink);
    for (plot_ink ink = INK_FIXED; ink < INK_BASELINE; ink++) add_dots(page, b, ink);
    add_means(page, b);
    for (size_t i = 0; i < b->n; i++) hover_row(page, b, i);
    caption(text, sizeof text, b);
    page_label(page, 8, box.bottom + 58, ALIGN_LEFT, INK_MUTED, PAGE_SMALL, text);
    page_panel_end(page);
}

bool plot_boxes(plot_page *page, const plot_input *in) {
    boxes b = {0};
    bool found = find_rows(&b, in);
    if (found) {
        find_axis(&b);
        layout l = lay_out(&b);
        page_open(page, "boxplot", PLOT_WIDTH, l.top + l.row * (double)b.n + 72);
        describe(page, &b);
        draw(page, &b, &l);
        page_close(page);
    } else {
        *page = (plot_page){.failed = true};
    }
    for (size_t i = 0; b.rows && i < b.n; i++) free(b.rows[i].sorted);
    free(b.rows);
    return true;
}
