/* report_strip.h - box plots of one line each, on a common scale.
 * In: summaries, room in columns. Out: text. Must not know tables or experiments. Call within a number_locale. */
#ifndef REPORT_STRIP_H
#define REPORT_STRIP_H

#include "stats.h"

#include <stdio.h>

enum {
    MIN_STRIP = 16, /* columns of a box plot; with less room than that there is none */
    MAX_STRIP = 60,
    MAX_TICKS = 12,
};

/* The common scale of all box plots: values low ... high over columns 0 ... width - 1. */
typedef struct {
    int width; /* 0: no room, or nothing to show */
    double low, high;
    int n_ticks;
    double ticks[MAX_TICKS];
    int tick_decimals;
} strip_axis;

/* A scale for n summaries in so many columns, or in MAX_STRIP of them. */
void strip_make_axis(strip_axis *axis, const summary *summaries, size_t n, int room);

/* A box plot and the line's end, after so many blanks; nothing but the end where it is empty. */
void strip_print(FILE *out, const strip_axis *axis, const summary *s, int indent, bool utf8);

/* The ticks' numbers, each around its column where there is room, likewise. */
void strip_print_labels(FILE *out, const strip_axis *axis, int indent);

#endif
