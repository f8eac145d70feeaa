/* plot_forecasts.c - forecasts: what every experiment forecast beside what happened, a panel each, in config order.
 * The line is the median over repeats, the band the middle 80% of them; before the test rows stand the last of the
 * observations that training had. All panels have the same axes. */
#include "plot_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_OF_ALL = 5000,  /* test rows drawn in the whole picture: with more, every second, third, ... */
    LEAST_ROWS = 40,     /* of them in a panel, at least */
    HOVERS_OF_ALL = 500, /* a pointer is told row by row up to so many, panel by panel otherwise */
};

/* One experiment's forecasts of the rows that are drawn. */
typedef struct {
    size_t n;                    /* rows drawn */
    double *x, *q10, *q50, *q90; /* [n] x: place in the series */
    double *actual;
} band;

typedef struct {
    const plot_input *in;
    band *bands;     /* [n] */
    size_t n, every; /* every row, or every second, ... */
    size_t first;    /* observation of the series, from 0, that the axis begins at */
    plot_axis x, y;
    double magnitude;
} panels;

/* --- figures ---------------------------------------------------------------------------------------------------- */

static bool make_band(band *b, size_t n) {
    b->x = malloc((n ? n : 1) * 5 * sizeof *b->x);
    if (!b->x) return false;
    b->n = n;
    b->q10 = b->x + n;
    b->q50 = b->x + 2 * n;
    b->q90 = b->x + 3 * n;
    b->actual = b->x + 4 * n;
    return true;
}

/* Every so many rows of experiment i. */
static bool find_band(band *b, const plot_input *in, size_t i, size_t every) {
    const frame *f = in->frames[i];
    size_t n = (in->results->experiments[i].n_test + every - 1) / every;
    forecast_summary *own = in->forecasts ? NULL : malloc((n ? n : 1) * sizeof *own);
    bool found = make_band(b, n) && (in->forecasts || (own && forecast_summaries(own, in->results, i, every)));
    for (size_t k = 0; found && k < n; k++) {
        const forecast_summary *s = in->forecasts ? &in->forecasts[i][k * every] : &own[k];
        size_t row = (size_t)f->n_train + k * every;
        b->x[k] = f->indices[row];
        b->actual[k] = f->actuals[row];
        b->q10[k] = s->q10;
        b->q50[k] = s->all.median;
        b->q90[k] = s->q90;
    }
    free(own);
    return found;
}

static size_t longest_test(const plot_input *in) {
    size_t most = 1;
    for (size_t i = 0; i < in->n_experiments; i++)
        if (in->results->experiments[i].n_test > most) most = in->results->experiments[i].n_test;
    return most;
}

static bool find_bands(panels *p, const plot_input *in) {
    p->in = in;
    p->n = in->n_experiments < PLOT_MOST_ROWS ? in->n_experiments : PLOT_MOST_ROWS;
    size_t most = ROWS_OF_ALL / p->n, test = longest_test(in);
    if (most < LEAST_ROWS) most = LEAST_ROWS;
    p->every = (test + most - 1) / most;
    p->bands = calloc(p->n, sizeof *p->bands);
    for (size_t i = 0; i < p->n; i++)
        if (!p->bands || !find_band(&p->bands[i], in, i, p->every)) return false;
    return p->bands != NULL;
}

/* As many observations of training as there are test rows, at most. */
static void find_x(panels *p) {
    size_t begin = p->in->series->n, end = 0;
    for (size_t i = 0; i < p->n; i++) {
        const frame *f = p->in->frames[i];
        size_t first = (size_t)f->indices[f->n_train], last = (size_t)f->indices[f->n_rows - 1];
        begin = first < begin ? first : begin;
        end = last > end ? last : end;
    }
    size_t before = end - begin + 1;
    p->first = before < begin ? begin - before : 0;
    p->x = (plot_axis){(double)p->first - 0.5, (double)end + 0.5, false};
}

static void take_in(plot_axis *axis, double value, double low, double high) {
    if (!isfinite(value)) return;
    value = fmin(fmax(value, low), high);
    axis->low = fmin(axis->low, value);
    axis->high = fmax(axis->high, value);
}

/* Over the observations shown and all bands; but what was forecast wildly reaches half their length beyond at most. */
static void find_y(panels *p) {
    static const double reach = 0.5;
    plot_axis y = {INFINITY, -INFINITY, false};
    const series *s = p->in->series;
    for (size_t t = p->first; t < s->n && (double)t <= p->x.high; t++) take_in(&y, s->values[t], -INFINITY, INFINITY);
    double more = reach * (y.high - y.low), low = y.low - more, high = y.high + more;
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->bands[i].n; k++) {
            take_in(&y, p->bands[i].q10[k], low, high);
            take_in(&y, p->bands[i].q90[k], low, high);
        }
    p->y = plot_axis_over(y.low, y.high, false);
    p->magnitude = fmax(fabs(y.low), fabs(y.high));
}

/* --- panels ----------------------------------------------------------------------------------------------------- */

/* What the model was trained on, then what happened: the same in every panel, so written once a frame. */
static int observations(plot_page *page, const panels *p) {
    int block = page_block(page);
    size_t end = (size_t)p->x.high, every = (end - p->first) / (2 * ROWS_OF_ALL / p->n + 2 * LEAST_ROWS) + 1;
    for (size_t t = p->first; t <= end && t < p->in->series->n; t += every) {
        const double point[] = {(double)t, p->in->series->values[t]};
        page_row(page, point, 2);
    }
    page_block_end(page);
    return block;
}

static int band_block(plot_page *page, const band *b, const panels *p) {
    int block = page_block(page);
    for (size_t k = 0; k < b->n; k++) {
        double far = 10 * (p->y.high - p->y.low); /* gnuplot clips, but not what overflows */
        const double low = p->y.low - far, high = p->y.high + far;
        const double row[] = {b->x[k], isfinite(b->q50[k]) ? fmin(fmax(b->q50[k], low), high) : NAN,
                              isfinite(b->q10[k]) ? fmin(fmax(b->q10[k], low), high) : NAN,
                              isfinite(b->q90[k]) ? fmin(fmax(b->q90[k], low), high) : NAN};
        page_row(page, row, 4);
    }
    page_block_end(page);
    return block;
}

static void hover_panel(plot_page *page, const panels *p, size_t i) {
    const band *b = &p->bands[i];
    const char *name = p->in->experiments[i].name;
    char v[4][PLOT_NUMBER];
    size_t rows = 0;
    for (size_t k = 0; k < p->n; k++) rows += p->bands[k].n;
    if (rows > HOVERS_OF_ALL) {
        page_hover(page, -INFINITY, INFINITY, -INFINITY, INFINITY, "%s", name);
        return;
    }
    for (size_t k = 0; k < b->n; k++) {
        const double values[] = {b->actual[k], b->q50[k], b->q10[k], b->q90[k]};
        for (int q = 0; q < 4; q++) plot_number(v[q], values[q], p->magnitude);
        if (p->in->results->experiments[i].n_repeats > 1)
            page_hover(page, b->x[k] - 0.5, b->x[k] + 0.5, -INFINITY, INFINITY,
                       "%s, %g\nactual %s\nmedian forecast %s\n80%% from %s to %s", name, b->x[k], v[0], v[1], v[2],
                       v[3]);
        else
            page_hover(page, b->x[k] - 0.5, b->x[k] + 0.5, -INFINITY, INFINITY, "%s, %g\nactual %s\nforecast %s", name,
                       b->x[k], v[0], v[1]);
    }
}

static void draw_panel(plot_page *page, const panels *p, const plot_grid *grid, size_t i, int actual) {
    plot_box box = plot_grid_box(grid, i);
    plot_ink ink = plot_ink_of(&p->in->experiments[i]);
    const char *colour = plot_ink_colours[ink];
    plot_grid_name(page, grid, i, p->in->experiments[i].name);
    bool any = false;
    for (size_t k = 0; k < p->bands[i].n; k++) any = any || isfinite(p->bands[i].q50[k]);
    if (!any) page_label(page, box.right, box.bottom - 9, ALIGN_RIGHT, INK_MUTED, PAGE_SMALL, "every repeat diverged");
    page_panel(page, &(plot_panel){.box = box,
                                   .x = p->x,
                                   .y = p->y,
                                   .x_grid = true,
                                   .y_grid = true,
                                   .x_numbers = plot_grid_is_lowest(grid, i),
                                   .y_numbers = plot_grid_is_left(grid, i),
                                   .x_most = (int)(grid->width / 36) + 1,
                                   .y_most = (int)(grid->height / 22) + 1});
    int block = band_block(page, &p->bands[i], p);
    if (p->in->results->experiments[i].n_repeats > 1)
        page_plot(page, block, "using 1:3:4 with filledcurves lc rgb \"%s\" fs transparent solid 0.3 noborder", colour);
    const frame *f = p->in->frames[i];
    double first = f->indices[f->n_train];
    page_plot(page, actual, "using 1:($1<=%.17g?$2:NaN) with lines lw 1 lc rgb \"%s\"", first,
              plot_ink_colours[INK_BASELINE]);
    page_plot(page, actual, "using 1:($1>=%.17g?$2:NaN) with linespoints lw 1.2 pt 7 ps 0.25 lc rgb \"%s\"", first,
              plot_ink_colours[INK_TEXT]);
    page_plot(page, block, "using 1:2 with lines lw 1.8 dt %s lc rgb \"%s\"", ink == INK_BASELINE ? "(5,3)" : "1",
              colour);
    hover_panel(page, p, i);
    page_panel_end(page);
}

static void draw(plot_page *page, const panels *p, const plot_grid *grid) {
    char text[300];
    double x = page_sample(page, grid->left, 14, SAMPLE_LINE, INK_BASELINE, "observed before");
    x = page_sample(page, x, 14, SAMPLE_LINE, INK_TEXT, "observed");
    plot_ink ink = plot_ink_of(&p->in->experiments[0]);
    for (size_t i = 0; i < p->n && ink == INK_BASELINE; i++) ink = plot_ink_of(&p->in->experiments[i]);
    if (ink != INK_BASELINE) {
        x = page_sample(page, x, 14, SAMPLE_LINE, ink, "forecast: median of the repeats");
        x = page_sample(page, x, 14, SAMPLE_AREA, ink, "middle 80% of them");
    }
    if (p->n < p->in->n_experiments) page_label(page, x, 14, ALIGN_LEFT, INK_MUTED, PAGE_SMALL, "(the first 300)");
    if (p->every > 1) {
        snprintf(text, sizeof text, "(every %zu. row)", p->every);
        page_label(page, x, 14, ALIGN_LEFT, INK_MUTED, PAGE_SMALL, text);
    }
    snprintf(text, sizeof text, "%.200s, by place in the series, from 0", p->in->series_column);
    page_label(page, (grid->left + PLOT_WIDTH) / 2, grid->page_height - 12, ALIGN_CENTER, INK_TEXT, PAGE_FONT, text);
    int actual = observations(page, p);
    for (size_t i = 0; i < p->n; i++) draw_panel(page, p, grid, i, actual);
}

static const char *experiment_name(const void *in, size_t i) { return ((const plot_input *)in)->experiments[i].name; }

bool plot_forecasts(plot_page *page, const plot_input *in) {
    panels p = {0};
    *page = (plot_page){0};
    if (!in->series || !in->frames || in->n_experiments == 0) return false;
    if (find_bands(&p, in)) {
        find_x(&p);
        find_y(&p);
        plot_grid grid = plot_grid_for(p.n, 24, experiment_name, in);
        page_open(page, "forecasts", PLOT_WIDTH, grid.page_height);
        page_title(page, "%s: forecasts beside what happened", in->run_name);
        page_describe(page,
                      "%zu panels, one for each experiment: the observations, the median forecast over the repeats "
                      "and the band that holds the middle 80%% of them.",
                      p.n);
        draw(page, &p, &grid);
        page_close(page);
    } else {
        page->failed = true;
    }
    for (size_t i = 0; p.bands && i < p.n; i++) free(p.bands[i].x);
    free(p.bands);
    return true;
}
