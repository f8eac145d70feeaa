/* plot.h - a run as pictures: box plots, differences, forecasts, update epochs; each as SVG and as PNG, by gnuplot.
 * In: results and comparisons as plain values. Out: bytes, the same for the same results. Must not know the run's folder,
 * JSON input, or how anything was computed. */
#ifndef PLOT_H
#define PLOT_H

#include "compare.h"
#include "forecast_summary.h"

enum { PLOT_MOST = 8 }; /* pictures of one run */

/* What is drawn. Nothing is owned. */
typedef struct {
    const char *run_name, *series_column;
    const series *series;          /* NULL, and with it column and frames: results alone are known */
    const experiment *experiments; /* [n_experiments], in config order */
    const frame *const *frames;    /* [n_experiments] */
    size_t n_experiments;
    const results *results;
    const comparisons *comparisons;
    forecast_summary *const *forecasts; /* [n_experiments][n_test]; NULL: to be found from the results */
    farm_hooks hooks;                   /* of which stop ends the drawing */
} plot_input;

/* One picture. The SVG is a whole document in UTF-8 that may stand in an HTML page as it is: nothing behind it, text in
 * the colour of the page, everything under the class farm-plot, no scripts, values where a pointer hovers. The PNG is on
 * white, two pixels to the SVG's one. */
typedef struct {
    const char *name; /* of the files, without .svg and .png: one of plot_names; not owned */
    char *title;
    char *svg; /* [svg_bytes], and a NUL */
    size_t svg_bytes;
    unsigned char *png; /* [png_bytes] */
    size_t png_bytes;
} plot_picture;

/* Zeroed: none. */
typedef struct {
    plot_picture items[PLOT_MOST];
    size_t n;
} plot_pictures;

/* All names that a picture may have, up to a NULL. */
extern const char *const plot_names[];

/* Draws the pictures that the run has something for, with the gnuplot that PATH finds. Where there is none, or it fails,
 * *out is empty and errors says why in one line; a run is whole without. FARM_FAILED: out of memory.
 * FARM_INTERRUPTED: it was told to stop. */
farm_status plot_draw(plot_pictures *out, const plot_input *in, farm_errors *errors);

/* How the training loss of one experiment went, over its repeats. */
typedef struct {
    const char *name;
    const experiment *experiment;  /* its colour is the scheme's */
    size_t n_repeats;              /* that the quantiles are of */
    size_t n;                      /* epochs told of; they need not be all */
    const double *epochs;          /* [n] from 1, ascending */
    const double *q10, *q50, *q90; /* [n] the loss after each; NaN: no repeat has one */
} plot_curve;

/* Draws learning_curves of n experiments, as plot_draw draws. */
farm_status plot_learning_curves(plot_pictures *out, const char *run_name, const plot_curve *curves, size_t n,
                                 farm_errors *errors);
void plot_free(plot_pictures *pictures);

#endif
