/* plot_shared.c - what several pictures need: inks, quantiles, numbers for people, small multiples. See plot_parts.h. */
#include "numbers.h"
#include "plot_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

plot_ink plot_ink_of(const experiment *e) {
    if (!experiment_is_lstm(e)) return INK_BASELINE;
    if (e->scheme == SCHEME_UPDATE) return INK_UPDATE;
    if (e->scheme == SCHEME_REFIT) return INK_REFIT;
    return e->n_matches > 0 ? INK_MATCHED : INK_FIXED;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double *plot_sorted(const double *values, size_t n, size_t *kept) {
    double *sorted = malloc((n ? n : 1) * sizeof *sorted);
    *kept = 0;
    for (size_t i = 0; sorted && i < n; i++)
        if (isfinite(values[i])) sorted[(*kept)++] = values[i];
    if (sorted) qsort(sorted, *kept, sizeof *sorted, by_value);
    return sorted;
}

double plot_quantile(const double *sorted, size_t n, double q) {
    if (n == 0) return NAN;
    double place = (double)(n - 1) * q, below = floor(place);
    double a = sorted[(size_t)below], b = sorted[(size_t)below + (below < (double)(n - 1))];
    return a + (b - a) * (place - below);
}

void plot_number(char *text, double value, double magnitude) {
    char plain[NUMBER_TEXT];
    number_text(plain, value, number_decimals(magnitude, 4));
    size_t n = 0;
    for (const char *at = plain; *at && n + 4 < PLOT_NUMBER; at++) {
        if (*at == '-' && at[1]) {
            memcpy(text + n, "\xE2\x88\x92", 3);
            n += 3;
        } else {
            text[n++] = *at;
        }
    }
    text[n] = '\0';
}

void plot_count(char *text, size_t n, const char *one, const char *many) {
    char count[NUMBER_TEXT];
    number_count(count, n);
    snprintf(text, PLOT_NUMBER, "%s %s", count, n == 1 ? one : many);
}

void plot_units(char *text, size_t size, const plot_input *in) {
    snprintf(text, size, "%s%.200s", in->series_column ? ", in units of " : "",
             in->series_column ? in->series_column : "");
}

void plot_key_of_inks(plot_page *page, double x, double y, const plot_input *in) {
    static const struct {
        plot_ink ink;
        const char *name;
    } kinds[] = {{INK_FIXED, "fixed"}, {INK_MATCHED, "matched baseline"}, {INK_UPDATE, "update"}, {INK_REFIT, "refit"}};
    bool present[N_INKS] = {false};
    int different = 0;
    for (size_t i = 0; i < in->n_experiments; i++) {
        plot_ink ink = plot_ink_of(&in->experiments[i]);
        different += ink != INK_BASELINE && !present[ink];
        present[ink] = true;
    }
    for (size_t k = 0; different > 1 && k < sizeof kinds / sizeof *kinds; k++)
        if (present[kinds[k].ink]) x = page_sample(page, x, y, SAMPLE_AREA, kinds[k].ink, kinds[k].name);
    if (different > 1 && present[INK_BASELINE]) page_sample_dashed(page, x, y, "(6,4)", INK_BASELINE, "plain baseline");
}

/* --- small multiples -------------------------------------------------------------------------------------------- */

plot_grid plot_grid_for(size_t n, double top, plot_grid_names *name, const void *of) {
    static const double left = 52, right = 12, x_gap = 16, bottom = 44;
    plot_grid g = {.n = n, .left = left};
    g.columns = n <= 1 ? 1 : n <= 4 ? 2 : n <= 15 ? 3 : 4;
    g.rows = (n + g.columns - 1) / g.columns;
    g.x_step = (PLOT_WIDTH - left - right + x_gap) / (double)g.columns;
    g.width = g.x_step - x_gap;
    g.height = n <= 1 ? 300 : n <= 4 ? 190 : n <= 12 ? 120 : 92;
    for (size_t i = 0; i < n; i++) g.name_height = fmax(g.name_height, page_name_height(name(of, i), g.width));
    g.y_step = g.height + g.name_height + 18;
    g.top = top + g.name_height + 6;
    g.page_height = g.top + g.y_step * (double)(g.rows - 1) + g.height + bottom;
    return g;
}

plot_box plot_grid_box(const plot_grid *g, size_t i) {
    size_t row = i / g->columns, column = i % g->columns;
    double left = g->left + g->x_step * (double)column, top = g->top + g->y_step * (double)row;
    return (plot_box){left, top, left + g->width, top + g->height};
}

void plot_grid_name(plot_page *page, const plot_grid *g, size_t i, const char *name) {
    plot_box box = plot_grid_box(g, i);
    double y = box.top - 4 - page_name_height(name, g->width) / 2;
    page_name(page, box.left, y, ALIGN_LEFT, g->width, INK_TEXT, name);
}

bool plot_grid_is_left(const plot_grid *g, size_t i) { return i % g->columns == 0; }

bool plot_grid_is_lowest(const plot_grid *g, size_t i) { return i + g->columns >= g->n; }
