/* plot_page.h - one picture while it is described: gnuplot's commands, texts, and what a pointer is told where.
 * The script holds numbers and names of ours alone: a text is a variable there (L1, L2, ...), given its value where
 * everything is put together, so that nothing a user wrote is ever a command. Must not know experiments or processes.
 * Every call may fail for want of memory: it then sets failed, and what follows does nothing. */
#ifndef PLOT_PAGE_H
#define PLOT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* X(NAME, class in the SVG, colour of the PNG, the same in an SVG): Okabe and Ito (2008), which the colour-blind tell
 * apart; text, grid and baselines go with the page. */
#define PLOT_INKS(X)                                                                                                   \
    X(TEXT, "ink-text", "#1a1a1a", "color:inherit")                                                                    \
    X(MUTED, "ink-muted", "#5e5e5e", "opacity:.72")                                                                    \
    X(GRID, "ink-grid", "#e2e2e2", "opacity:.15")                                                                      \
    X(FIXED, "ink-fixed", "#0072b2", "color:#0072b2")                                                                  \
    X(MATCHED, "ink-matched", "#56b4e9", "color:#56b4e9")                                                              \
    X(UPDATE, "ink-update", "#d55e00", "color:#d55e00")                                                                \
    X(REFIT, "ink-refit", "#009e73", "color:#009e73")                                                                  \
    X(BASELINE, "ink-baseline", "#6f6f6f", "opacity:.65")
#define PLOT_INK_CONSTANT(NAME, name, colour, style) INK_##NAME,
typedef enum { PLOT_INKS(PLOT_INK_CONSTANT) N_INKS } plot_ink;

extern const char *const plot_ink_colours[N_INKS];

typedef enum { ALIGN_LEFT, ALIGN_CENTER, ALIGN_RIGHT } plot_align;

/* A place on the page, pixels from its left upper corner. */
typedef struct {
    double left, top, right, bottom;
} plot_box;

/* Where a pointer is told something: a box in a panel's values. An end that is infinite is the panel's own. */
typedef struct {
    int panel;
    double x0, x1, y0, y1;
    char *text;
} plot_hover;

typedef struct {
    const char *name;          /* of the picture; not owned */
    char *title, *description; /* for who does not see it */
    double width, height;      /* pixels */
    FILE *script;              /* into script_text */
    char *script_text;         /* whole after page_close */
    size_t script_bytes;
    FILE *elements; /* of the panel's plot command */
    char *elements_text;
    size_t elements_bytes;
    char **texts; /* [n_texts], L1 ... */
    size_t n_texts, texts_capacity;
    plot_hover *hovers; /* [n_hovers] */
    size_t n_hovers, hovers_capacity;
    unsigned char *logarithmic; /* [n_panels] 1: x, 2: y */
    int n_panels, n_blocks;
    bool block_empty; /* the last one, so far */
    bool failed;
} plot_page;

void page_open(plot_page *p, const char *name, double width, double height);
void page_close(plot_page *p); /* before script_text is read */
void page_free(plot_page *p);

void page_title(plot_page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void page_describe(plot_page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- texts ------------------------------------------------------------------------------------------------------ */

enum { PAGE_FONT = 12, PAGE_SMALL = 10 }; /* pixels */

/* About how wide a text is in the widest of usual fonts, in pixels. */
double page_text_width(const char *text, double size);

/* text, or what fits into width of its beginning and its end with ... between; the caller's, NULL: out of memory. */
char *page_fitted(const char *text, double size, double width);

/* A text at a place of the page, its middle at y. */
void page_label(plot_page *p, double x, double y, plot_align align, plot_ink ink, double size, const char *text);

/* A name in a column of a width: on one line, or on up to five small ones; a longer one loses its middle. page_name puts
 * its middle at y. */
void page_name(plot_page *p, double x, double y, plot_align align, double width, plot_ink ink, const char *text);
double page_name_height(const char *text, double width);

/* --- panels ----------------------------------------------------------------------------------------------------- */

typedef struct {
    double low, high;
    bool logarithmic;
} plot_axis;

/* An axis over low ... high with room at its ends; equal ends are put apart. */
plot_axis plot_axis_over(double low, double high, bool logarithmic);

/* A panel with its axes: grid lines and numbers on x, y or both as ticks say. */
typedef struct {
    plot_box box;
    plot_axis x, y;
    bool x_grid, y_grid;       /* light lines at the ticks */
    bool x_numbers, y_numbers; /* the ticks' numbers */
    const char *x_ticks;       /* NULL: chosen by gnuplot; else its list, as in ("2" 2, "5" 5) */
    int x_most, y_most;        /* about how many ticks; 0: as many as it likes */
} plot_panel;

void page_panel(plot_page *p, const plot_panel *panel);
void page_panel_end(plot_page *p); /* draws it */

/* A block of numbers: page_block, page_row for each row, page_block_end; its number is what page_plot takes. */
int page_block(plot_page *p);
void page_row(plot_page *p, const double *values, size_t n);
void page_block_end(plot_page *p);

/* One element of the panel: gnuplot's words after the data, as in "using 1:2 with lines". Nothing where the last block
 * is meant and is empty. */
void page_plot(plot_page *p, int block, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Tells a pointer over the box, in the panel's values. */
void page_hover(plot_page *p, double x0, double x1, double y0, double y1, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* A sample of how something is drawn, with its name right of it: in the next panel. Returns where the next may stand. */
typedef enum { SAMPLE_LINE, SAMPLE_AREA } plot_sample;
double page_sample(plot_page *p, double x, double y, plot_sample sample, plot_ink ink, const char *text);
double page_sample_dashed(plot_page *p, double x, double y, const char *dashes, plot_ink ink, const char *text);

#endif
