/* plot_parts.h - the pictures behind plot.h, each a function that describes its page, and what they share. Private to
 * plot*.c. All within a number_locale. */
#ifndef PLOT_PARTS_H
#define PLOT_PARTS_H

#include "plot.h"
#include "plot_page.h"

/* Fills *page where the run has something for it; false: it has not, and *page is empty. */
typedef bool plot_describe(plot_page *page, const plot_input *in);
plot_describe plot_boxes, plot_differences, plot_forecasts, plot_epochs, plot_losses;
bool plot_curves(plot_page *page, const char *run_name, const plot_curve *curves, size_t n);

enum { PLOT_WIDTH = 800, PLOT_MOST_ROWS = 300 }; /* pixels of a page; rows of a picture, panels too */

/* A text as gnuplot's string. Letters, digits, blanks and what is beyond ASCII stand for themselves, all else is an octal
 * escape: nothing is left that could end the string, or that gnuplot replaces before it reads strings, as backquotes.
 * Control characters and what is no UTF-8 become question marks. */
void plot_quote(FILE *out, const char *text);

/* --- plot_shared.c ---------------------------------------------------------------------------------------------- */

/* The ink of an experiment: that of its scheme, or of a matched baseline. */
plot_ink plot_ink_of(const experiment *e);

/* The finite ones of values [n], sorted, *kept of them; the caller's. NULL: out of memory. */
double *plot_sorted(const double *values, size_t n, size_t *kept);

/* Quantile q of sorted [n], linear between neighbours as pandas has it; NaN for n = 0. */
double plot_quantile(const double *sorted, size_t n, double q);

/* value with about five digits in all of those that go up to magnitude; a minus sign, not a hyphen. text [48] */
enum { PLOT_NUMBER = 48 };
void plot_number(char *text, double value, double magnitude);

/* ", in units of Sales", or nothing where the column is not known. */
void plot_units(char *text, size_t size, const plot_input *in);

/* A row of samples with the names of what is there, at y: of the inks that any of the experiments has. */
void plot_key_of_inks(plot_page *page, double x, double y, const plot_input *in);

/* "1 repeat", "1,000 repeats"; text [48]. */
void plot_count(char *text, size_t n, const char *one, const char *many);

/* Small multiples: panels of one size in rows of columns, the same axes for all. */
typedef struct {
    size_t n, columns, rows;
    double left, top, width, height; /* of the first panel; width and height of each */
    double x_step, y_step;           /* from panel to panel */
    double name_height, page_height;
} plot_grid;
typedef const char *plot_grid_names(const void *of, size_t i);
plot_grid plot_grid_for(size_t n, double top, plot_grid_names *name, const void *of);    /* name: of panel i */
void plot_grid_name(plot_page *page, const plot_grid *grid, size_t i, const char *name); /* over panel i */
plot_box plot_grid_box(const plot_grid *grid, size_t i);
bool plot_grid_is_left(const plot_grid *grid, size_t i);
bool plot_grid_is_lowest(const plot_grid *grid, size_t i); /* no panel below it */

#endif
