/* plot_epochs.c - epochs: RMSE against the epochs of an update, the matched baselines beside it, fixed as a line.
 * In the picture are updates that differ in their epochs alone; where a run has several such families, each is a line of
 * its own. Lines are medians over repeats, bands and bars the middle 80% of them. */
#include "plot_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FAMILIES = 6, MOST_TICKS = 12 };

/* What one experiment came to. */
typedef struct {
    const char *name;
    double epochs, q10, q50, q90;
    size_t n;
} point;

/* Updates that differ in their epochs alone, by epochs; or the matched baselines of such. */
typedef struct {
    point *points; /* [n] */
    size_t n;
    char name[120];
    bool matched;
} family;

typedef struct {
    const plot_input *in;
    family families[2 * MOST_FAMILIES]; /* updates, then the baselines of each */
    size_t n;
    point fixed; /* name NULL: there is none */
    plot_axis x, y;
    double magnitude;
} chart;

/* --- figures ---------------------------------------------------------------------------------------------------- */

static bool find_point(point *p, const plot_input *in, size_t i, double epochs) {
    const experiment_result *e = &in->results->experiments[i];
    size_t n;
    double *sorted = plot_sorted(e->rmse, e->n_repeats, &n);
    if (!sorted) return false;
    *p = (point){in->experiments[i].name,       epochs, plot_quantile(sorted, n, 0.1), plot_quantile(sorted, n, 0.5),
                 plot_quantile(sorted, n, 0.9), n};
    free(sorted);
    return true;
}

static bool same_but_for_epochs(const experiment *a, const experiment *b) {
    experiment changed = *a;
    changed.update.epochs = b->update.epochs;
    return experiment_same_work(&changed, b);
}

static bool is_update(const plot_input *in, size_t i) { return in->experiments[i].scheme == SCHEME_UPDATE; }

/* The first of the experiments that experiment i belongs with. */
static size_t first_of_family(const plot_input *in, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (is_update(in, k) && same_but_for_epochs(&in->experiments[k], &in->experiments[i])) return k;
    return i;
}

/* The baseline that is matched to experiment i; n_experiments: none. */
static size_t baseline_of(const plot_input *in, size_t i) {
    for (size_t k = 0; k < in->n_experiments; k++)
        for (size_t m = 0; m < in->experiments[k].n_matches; m++)
            if ((size_t)in->experiments[k].matches[m] == i) return k;
    return in->n_experiments;
}

static int by_epochs(const void *a, const void *b) {
    const point *x = a, *y = b;
    return (x->epochs > y->epochs) - (x->epochs < y->epochs);
}

/* Where the names have nothing in common, or two families the same. */
static void name_by_first(family *f) { snprintf(f->name, sizeof f->name, "%.110s, ...", f->points[0].name); }

/* What all names begin with, without the separator at its end. */
static void name_family(family *f) {
    size_t n = strlen(f->points[0].name);
    for (size_t i = 1; i < f->n; i++)
        for (size_t k = 0; k < n; k++)
            if (f->points[i].name[k] != f->points[0].name[k]) n = k;
    while (n > 0 && strchr("_-.0123456789", f->points[0].name[n - 1])) n--;
    if (n >= sizeof f->name) n = sizeof f->name - 1;
    memcpy(f->name, f->points[0].name, n);
    if (n == 0) name_by_first(f);
}

/* The family that begins with first: its updates, or their matched baselines. */
static bool find_family(family *f, const plot_input *in, size_t first, bool matched) {
    f->points = calloc(in->n_experiments, sizeof *f->points);
    f->matched = matched;
    for (size_t i = first; f->points && i < in->n_experiments; i++) {
        if (!is_update(in, i) || first_of_family(in, i) != first) continue;
        size_t of = matched ? baseline_of(in, i) : i;
        if (of == in->n_experiments) continue;
        if (!find_point(&f->points[f->n++], in, of, in->experiments[i].update.epochs)) return false;
    }
    if (!f->points) return false;
    qsort(f->points, f->n, sizeof *f->points, by_epochs);
    if (f->n > 0) name_family(f);
    return true;
}

static bool epochs_differ(const family *f) { return f->n > 1 && f->points[0].epochs < f->points[f->n - 1].epochs; }

static bool find_families(chart *c, const plot_input *in) {
    size_t used = 0;
    for (size_t i = 0; i < in->n_experiments && used < MOST_FAMILIES; i++) {
        if (!is_update(in, i) || first_of_family(in, i) != i) continue;
        family *updates = &c->families[c->n];
        if (!find_family(updates, in, i, false)) return false;
        if (!epochs_differ(updates)) {
            free(updates->points);
            *updates = (family){0};
            continue;
        }
        used++;
        if (!find_family(&c->families[c->n + 1], in, i, true)) return false;
        for (size_t f = 0; f < c->n; f += 2)
            if (strcmp(c->families[f].name, updates->name) == 0) {
                name_by_first(&c->families[f]);
                name_by_first(updates);
            }
        c->n += 2;
    }
    return true;
}

/* The fixed experiment that the run is compared with, or the first that is nobody's baseline. */
static bool find_fixed(chart *c, const plot_input *in) {
    size_t found = in->n_experiments;
    int reference = in->comparisons ? in->comparisons->reference : -1;
    for (size_t i = 0; i < in->n_experiments; i++) {
        const experiment *e = &in->experiments[i];
        if (e->scheme != SCHEME_FIXED || e->n_matches > 0) continue;
        if (found == in->n_experiments || (int)i == reference) found = i;
    }
    return found == in->n_experiments || find_point(&c->fixed, in, found, 0);
}

static void take_in(plot_axis *axis, double low, double high) {
    if (isfinite(low)) axis->low = fmin(axis->low, low);
    if (isfinite(high)) axis->high = fmax(axis->high, high);
}

/* false: every repeat of all updates diverged. */
static bool find_axes(chart *c) {
    plot_axis x = {INFINITY, -INFINITY, false}, y = x;
    for (size_t f = 0; f < c->n; f++)
        for (size_t i = 0; i < c->families[f].n; i++) {
            const point *p = &c->families[f].points[i];
            take_in(&x, p->epochs, p->epochs);
            take_in(&y, p->q10, p->q90);
        }
    bool some = isfinite(y.low);
    if (c->fixed.name) take_in(&y, c->fixed.q50, c->fixed.q50);
    c->x = (plot_axis){x.low / 1.15, x.high * 1.15, true};
    c->y = plot_axis_over(y.low, y.high, false);
    c->magnitude = fmax(fabs(y.low), fabs(y.high));
    return some;
}

/* --- the page --------------------------------------------------------------------------------------------------- */

/* ("2" 2, "5" 5): the epochs that were run, without those that would stand too close; the caller's. */
static char *make_ticks(const chart *c) {
    char *ticks = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&ticks, &size);
    double last = 0, apart = pow(c->x.high / c->x.low, 1.0 / MOST_TICKS);
    if (!out) return NULL;
    fputc('(', out);
    while (true) {
        double next = INFINITY;
        for (size_t f = 0; f < c->n; f++)
            for (size_t i = 0; i < c->families[f].n; i++)
                if (c->families[f].points[i].epochs >= last * apart && c->families[f].points[i].epochs > last)
                    next = fmin(next, c->families[f].points[i].epochs);
        if (!isfinite(next)) break;
        fprintf(out, "%s\"%.0f\" %.17g", last > 0 ? ", " : "", next, next);
        last = next;
    }
    fputc(')', out);
    return fclose(out) == 0 ? ticks : NULL;
}

static const char *dashes_of(size_t index) {
    static const char *const dashes[] = {"1", "(10,4)", "(2,3)", "(10,3,2,3)", "(5,5)", "(14,3)"};
    return dashes[index / 2 % 6];
}

/* Updates are a band around a line; baselines, which lie over them, bars at their points. */
static void draw_family(plot_page *page, const chart *c, size_t index) {
    const family *f = &c->families[index];
    const char *colour = plot_ink_colours[f->matched ? INK_MATCHED : INK_UPDATE];
    int block = page_block(page);
    for (size_t i = 0; i < f->n; i++) {
        const point *p = &f->points[i];
        double beside = f->matched ? 1.03 : 1; /* so that bars do not hide in the band's points */
        const double row[] = {p->epochs * beside, p->q50, p->q10, p->q90};
        page_row(page, row, 4);
    }
    page_block_end(page);
    if (f->matched)
        page_plot(page, block, "using 1:3:(0):($4-$3) with vectors nohead lw 1.3 lc rgb \"%s\"", colour);
    else
        page_plot(page, block, "using 1:3:4 with filledcurves lc rgb \"%s\" fs transparent solid %g noborder", colour,
                  c->n > 2 ? 0.12 : 0.2);
    page_plot(page, block, "using 1:2 with lines lw 1.8 dt %s lc rgb \"%s\"", f->matched ? "(5,4)" : dashes_of(index),
              colour);
    page_plot(page, block, "using 1:2 with points pt %d ps 0.65 lc rgb \"%s\"", f->matched ? 5 : 7, colour);
}

static void draw_fixed(plot_page *page, const chart *c) {
    if (!c->fixed.name || !isfinite(c->fixed.q50)) return;
    int block = page_block(page);
    const double line[] = {c->x.low, c->fixed.q50, c->x.high};
    page_row(page, line, 3);
    page_block_end(page);
    page_plot(page, block, "using 1:2:($3-$1):(0) with vectors nohead lw 1.5 dt (2,3) lc rgb \"%s\"",
              plot_ink_colours[INK_FIXED]);
}

/* A pointer near a point is told it: left half an update's, right half a baseline's place. */
static void hover_points(plot_page *page, const chart *c) {
    for (size_t f = 0; f < c->n; f++)
        for (size_t i = 0; i < c->families[f].n; i++) {
            const point *p = &c->families[f].points[i];
            char v[3][PLOT_NUMBER], count[PLOT_NUMBER];
            const double values[] = {p->q50, p->q10, p->q90};
            double reach = 0.025 * (c->y.high - c->y.low);
            if (!isfinite(p->q50)) continue;
            for (int k = 0; k < 3; k++) plot_number(v[k], values[k], c->magnitude);
            plot_count(count, p->n, "repeat", "repeats");
            page_hover(page, p->epochs / 1.04, p->epochs * 1.07, p->q50 - reach, p->q50 + reach,
                       "%s\nmedian %s, 80%% from %s to %s\n%s", p->name, v[0], v[1], v[2], count);
        }
}

/* The key: a line for each family, one for all baselines, one for fixed. */
static void draw_key(plot_page *page, const chart *c, double x) {
    bool matched = false;
    double from = x, y = 14;
    for (size_t f = 0; f < c->n; f++) {
        matched = matched || (c->families[f].matched && c->families[f].n > 0);
        if (c->families[f].matched) continue;
        if (x + 28 + page_text_width(c->families[f].name, PAGE_SMALL) > PLOT_WIDTH) x = from, y += 16;
        x = page_sample_dashed(page, x, y, dashes_of(f), INK_UPDATE, c->families[f].name);
    }
    if (matched) x = page_sample_dashed(page, x, y, "(5,4)", INK_MATCHED, "matched baseline: fixed, trained as long");
    if (c->fixed.name) page_sample_dashed(page, x, y, "(2,3)", INK_FIXED, c->fixed.name);
}

static void draw(plot_page *page, const chart *c, const plot_box *box, const char *ticks) {
    char text[300], units[230];
    draw_key(page, c, box->left);
    plot_units(units, sizeof units, c->in);
    snprintf(text, sizeof text, "RMSE%s: median and middle 80%% of the repeats", units);
    page_label(page, 8, box->top - 14, ALIGN_LEFT, INK_TEXT, PAGE_FONT, text);
    page_label(page, (box->left + box->right) / 2, box->bottom + 34, ALIGN_CENTER, INK_TEXT, PAGE_FONT,
               "epochs of each update (logarithmic)");
    page_panel(page, &(plot_panel){.box = *box,
                                   .x = c->x,
                                   .y = c->y,
                                   .y_grid = true,
                                   .x_numbers = true,
                                   .y_numbers = true,
                                   .x_ticks = ticks,
                                   .y_most = 7});
    draw_fixed(page, c);
    for (size_t f = 0; f < c->n; f += 2) draw_family(page, c, f);
    for (size_t f = 1; f < c->n; f += 2) draw_family(page, c, f);
    hover_points(page, c);
    page_panel_end(page);
}

static void describe(plot_page *page, const chart *c) {
    double key = c->n > 4 ? 32 : 0;
    plot_box box = {52, 60 + key, PLOT_WIDTH - 16, 360 + key};
    char *ticks = make_ticks(c);
    page_open(page, "epochs", PLOT_WIDTH, box.bottom + 48);
    page_title(page, "%s: RMSE against the epochs of an update", c->in->run_name);
    page_describe(page,
                  "Median RMSE over the repeats with the band of the middle 80%%, against the epochs that every update "
                  "trains for; beside it the matched baselines, trained as long on old rows.");
    if (ticks) draw(page, c, &box, ticks);
    page_close(page);
    page->failed = page->failed || !ticks;
    free(ticks);
}

bool plot_epochs(plot_page *page, const plot_input *in) {
    chart c = {.in = in};
    *page = (plot_page){0};
    bool found = find_families(&c, in) && find_fixed(&c, in), any = false;
    if (found && c.n > 0) any = find_axes(&c);
    if (any) describe(page, &c);
    for (size_t f = 0; f < 2 * MOST_FAMILIES; f++) free(c.families[f].points);
    if (!found) page->failed = true;
    return any || !found;
}
