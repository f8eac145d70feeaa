/* plot_curves.c - learning_curves: training loss after every epoch, a panel for each experiment.
 * The line is the median over repeats, the band the middle 80% of them; all panels have the same axes, so that speeds and
 * ends can be compared. */
#include "plot_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES_OF_ALL = 1500, LEAST_PLACES = 60 }; /* epochs drawn in the whole picture, and at least in a panel */

static plot_axis losses_of(const plot_curve *curves, size_t n) {
    static const double far_apart = 20;
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < curves[i].n; k++) {
            if (isfinite(curves[i].q10[k])) low = fmin(low, curves[i].q10[k]);
            if (isfinite(curves[i].q90[k])) high = fmax(high, curves[i].q90[k]);
        }
    return plot_axis_over(low, high, low > 0 && high > far_apart * low);
}

static size_t most_points(const plot_curve *curves, size_t n) {
    size_t most = 1;
    for (size_t i = 0; i < n; i++)
        if (curves[i].n > most) most = curves[i].n;
    return most;
}

static double last_epoch(const plot_curve *curves, size_t n) {
    double last = 1;
    for (size_t i = 0; i < n; i++)
        if (curves[i].n > 0) last = fmax(last, curves[i].epochs[curves[i].n - 1]);
    return last;
}

/* Every so manieth point and the last; where a curve is steep, at its beginning, every one. */
static int curve_block(plot_page *page, const plot_curve *c, size_t every) {
    int block = page_block(page);
    for (size_t k = 0; k < c->n; k++) {
        if (k >= every * 4 && k % every != 0 && k + 1 < c->n) continue;
        const double row[] = {c->epochs[k], c->q50[k], c->q10[k], c->q90[k]};
        page_row(page, row, 4);
    }
    page_block_end(page);
    return block;
}

static void hover_curve(plot_page *page, const plot_curve *c) {
    char v[PLOT_NUMBER] = "-", count[PLOT_NUMBER];
    if (c->n > 0) plot_number(v, c->q50[c->n - 1], c->q50[c->n - 1]);
    plot_count(count, c->n_repeats, "repeat", "repeats");
    page_hover(page, -INFINITY, INFINITY, -INFINITY, INFINITY, "%s\nmedian loss after %.0f epochs %s\n%s", c->name,
               c->n > 0 ? c->epochs[c->n - 1] : 0, v, count);
}

static void draw_panel(plot_page *page, const plot_grid *grid, size_t i, const plot_curve *c, const plot_axis *y,
                       double last, size_t every) {
    plot_box box = plot_grid_box(grid, i);
    const char *colour = plot_ink_colours[plot_ink_of(c->experiment)];
    plot_grid_name(page, grid, i, c->name);
    page_panel(page, &(plot_panel){.box = box,
                                   .x = {0, last * 1.02, false},
                                   .y = *y,
                                   .x_grid = true,
                                   .y_grid = true,
                                   .x_numbers = plot_grid_is_lowest(grid, i),
                                   .y_numbers = plot_grid_is_left(grid, i),
                                   .x_most = (int)(grid->width / 48) + 1,
                                   .y_most = (int)(grid->height / 22) + 1});
    int block = curve_block(page, c, every);
    page_plot(page, block, "using 1:3:4 with filledcurves lc rgb \"%s\" fs transparent solid 0.3 noborder", colour);
    page_plot(page, block, "using 1:2 with lines lw 1.8 lc rgb \"%s\"", colour);
    hover_curve(page, c);
    page_panel_end(page);
}

static const char *curve_name(const void *curves, size_t i) { return ((const plot_curve *)curves)[i].name; }

bool plot_curves(plot_page *page, const char *run_name, const plot_curve *curves, size_t n) {
    *page = (plot_page){0};
    if (n > PLOT_MOST_ROWS) n = PLOT_MOST_ROWS;
    if (n == 0) return false;
    plot_grid grid = plot_grid_for(n, 24, curve_name, curves);
    plot_axis y = losses_of(curves, n);
    size_t points = most_points(curves, n), most = PLACES_OF_ALL / n < LEAST_PLACES ? LEAST_PLACES : PLACES_OF_ALL / n;
    page_open(page, "learning_curves", PLOT_WIDTH, grid.page_height);
    page_title(page, "%s: training loss after every epoch", run_name);
    page_describe(page,
                  "%zu panels, one for each experiment: the median over the repeats and the band that holds the "
                  "middle 80%% of them.",
                  n);
    page_label(page, (grid.left + PLOT_WIDTH) / 2, grid.page_height - 12, ALIGN_CENTER, INK_TEXT, PAGE_FONT,
               y.logarithmic ? "training loss (logarithmic), by epoch" : "training loss, by epoch");
    double x =
        page_sample(page, grid.left, 14, SAMPLE_LINE, plot_ink_of(curves[0].experiment), "median of the repeats");
    page_sample(page, x, 14, SAMPLE_AREA, plot_ink_of(curves[0].experiment), "middle 80% of them");
    for (size_t i = 0; i < n; i++)
        draw_panel(page, &grid, i, &curves[i], &y, last_epoch(curves, n), (points + most - 1) / most);
    page_close(page);
    return true;
}

/* --- from results ----------------------------------------------------------------------------------------------- */

/* Curves with what they point into. */
typedef struct {
    plot_curve *curves; /* [n] */
    char (*names)[160];
    double **figures; /* [n] each epochs, q10, q50, q90 */
    size_t n;
} recorded;

/* Experiments that begin alike have one base fit, and the same losses to the bit. */
static bool same_losses(const experiment_result *a, const experiment_result *b) {
    return a->n_losses == b->n_losses && a->n_repeats == b->n_repeats &&
           memcmp(a->losses, b->losses, a->n_repeats * a->n_losses * sizeof *a->losses) == 0;
}

/* Quantiles over the repeats at point k into *figures. column [n_repeats] is room. */
static bool find_losses(double *const figures[4], size_t k, const experiment_result *e, double *column) {
    static const double quantiles[] = {0.1, 0.5, 0.9};
    size_t kept;
    for (size_t r = 0; r < e->n_repeats; r++) column[r] = e->losses[r * e->n_losses + k];
    double *sorted = plot_sorted(column, e->n_repeats, &kept);
    if (!sorted) return false;
    for (int q = 0; q < 3; q++) figures[q + 1][k] = plot_quantile(sorted, kept, quantiles[q]);
    free(sorted);
    return true;
}

static bool find_curve(recorded *all, const experiment *e, const experiment_result *r) {
    size_t n = r->n_losses;
    double *room = malloc(4 * n * sizeof *room), *column = malloc((r->n_repeats + 1) * sizeof *column);
    double *const figures[] = {room, room + n, room + 2 * n, room + 3 * n};
    bool found = room && column;
    for (size_t k = 0; found && k < n; k++) {
        figures[0][k] = results_loss_epoch(e->train.epochs, n, k);
        found = find_losses(figures, k, r, column);
    }
    snprintf(all->names[all->n], sizeof *all->names, "%.120s", e->name);
    all->curves[all->n] = (plot_curve){.name = all->names[all->n],
                                       .experiment = e,
                                       .n_repeats = r->n_repeats,
                                       .n = n,
                                       .epochs = figures[0],
                                       .q10 = figures[1],
                                       .q50 = figures[2],
                                       .q90 = figures[3]};
    all->figures[all->n++] = room;
    free(column);
    return found;
}

/* The first experiment with the losses of experiment i. */
static size_t first_alike(const plot_input *in, size_t i) {
    const experiment_result *all = in->results->experiments;
    for (size_t k = 0; k < i; k++)
        if (all[k].losses && all[k].n_losses > 0 && same_losses(&all[k], &all[i])) return k;
    return i;
}

/* "fixed and 6 more" */
static void name_alike(recorded *all, const plot_input *in, size_t first) {
    size_t alike = 0, length = strlen(all->names[all->n - 1]);
    for (size_t i = first + 1; i < in->n_experiments; i++)
        alike += in->results->experiments[i].n_losses > 0 && first_alike(in, i) == first;
    if (alike) snprintf(all->names[all->n - 1] + length, sizeof *all->names - length, " and %zu more", alike);
}

static bool find_curves(recorded *all, const plot_input *in) {
    all->curves = calloc(in->n_experiments, sizeof *all->curves);
    all->names = calloc(in->n_experiments, sizeof *all->names);
    all->figures = calloc(in->n_experiments, sizeof *all->figures);
    if (!all->curves || !all->names || !all->figures) return false;
    for (size_t i = 0; i < in->n_experiments && all->n < PLOT_MOST_ROWS; i++) {
        const experiment_result *r = &in->results->experiments[i];
        if (!r->losses || r->n_losses == 0 || first_alike(in, i) != i) continue;
        if (!find_curve(all, &in->experiments[i], r)) return false;
        name_alike(all, in, i);
    }
    return true;
}

bool plot_losses(plot_page *page, const plot_input *in) {
    recorded all = {0};
    bool found = find_curves(&all, in), any = found && plot_curves(page, in->run_name, all.curves, all.n);
    if (!found) *page = (plot_page){.failed = true};
    for (size_t i = 0; i < all.n; i++) free(all.figures[i]);
    free(all.figures);
    free(all.names);
    free(all.curves);
    return any || !found;
}
