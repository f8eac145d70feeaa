/* report_strip.c - box plots of one line each, on a common scale. See report_strip.h. */
#include "report_strip.h"
#include "numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a column of a plot shows: places of ascii and glyphs. */
enum { BLANK, TICK, SINGLE, WHISKER, LEFT_END, RIGHT_END, BOX, BOX_LEFT, BOX_RIGHT, MEDIAN, GOES_LEFT, GOES_RIGHT };
static const char *const ascii[] = {" ", ".", "*", "-", "|", "|", "=", "[", "]", "|", "<", ">"};
static const char *const glyphs[] = {" ", ".", "*", "─", "├", "┤", "▒", "▒", "▒", "┃", "<", ">"};

/* The range of all boxes and single values, each whisker cut at three box lengths: one stray repeat must not
 * squeeze everything else into a corner. */
static void find_range(strip_axis *axis, const summary *summaries, size_t n) {
    axis->low = INFINITY;
    axis->high = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        const summary *s = &summaries[i];
        double reach = 3 * (s->q75 - s->q25);
        if (s->n == 0) continue;
        axis->low = fmin(axis->low, fmax(s->min, s->q25 - reach));
        axis->high = fmax(axis->high, fmin(s->max, s->q75 + reach));
    }
}

/* Ticks at multiples of 1, 2 or 5 times a power of ten, at least 8 columns apart. */
static void find_ticks(strip_axis *axis) {
    double least = (axis->high - axis->low) * 8 / (axis->width - 1);
    double unit = pow(10, floor(log10(least))), step = unit;
    static const double steps[] = {1, 2, 5, 10};
    for (int i = 0; i < 4 && step < least; i++) step = steps[i] * unit;
    axis->tick_decimals = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-9);
    double first = ceil(axis->low / step);
    while (axis->n_ticks < MAX_TICKS && (first + axis->n_ticks) * step <= axis->high) {
        axis->ticks[axis->n_ticks] = (first + axis->n_ticks) * step;
        axis->n_ticks++;
    }
}

/* The column of a value; those outside the range are at -1 or width. */
static int strip_column(const strip_axis *axis, double value) {
    double place = (value - axis->low) / (axis->high - axis->low) * (axis->width - 1);
    return place < -0.5 ? -1 : place > axis->width - 0.5 ? axis->width : (int)floor(place + 0.5);
}

void strip_make_axis(strip_axis *axis, const summary *summaries, size_t n, int room) {
    *axis = (strip_axis){0};
    find_range(axis, summaries, n);
    if (room < MIN_STRIP || !(axis->high > axis->low) || !isfinite(axis->high - axis->low)) return;
    axis->width = room < MAX_STRIP ? room : MAX_STRIP;
    find_ticks(axis);
}

static void mark(char *strip, const strip_axis *axis, int column, char what) {
    if (column >= 0 && column < axis->width) strip[column] = what;
}

/* |--[==|==]----| of a summary: whiskers to the extremes, a box between the quartiles, a bar at the median; < or >
 * where a whisker goes on beyond the range; * for a single value. strip [width]. */
static void draw(char *strip, const strip_axis *axis, const summary *s) {
    int min = strip_column(axis, s->min), max = strip_column(axis, s->max);
    int q25 = strip_column(axis, s->q25), q75 = strip_column(axis, s->q75);
    memset(strip, BLANK, (size_t)axis->width);
    for (int i = 0; i < axis->n_ticks; i++) mark(strip, axis, strip_column(axis, axis->ticks[i]), TICK);
    if (s->n < 2) {
        if (s->n == 1) mark(strip, axis, min, SINGLE);
        return;
    }
    for (int column = min; column <= max; column++)
        mark(strip, axis, column, column < q25 || column > q75 ? WHISKER : BOX);
    mark(strip, axis, min, LEFT_END);
    mark(strip, axis, max, RIGHT_END);
    mark(strip, axis, q25, BOX_LEFT);
    mark(strip, axis, q75, BOX_RIGHT);
    mark(strip, axis, strip_column(axis, s->median), MEDIAN);
    if (min < 0) strip[0] = GOES_LEFT;
    if (max >= axis->width) strip[axis->width - 1] = GOES_RIGHT;
}

void strip_print(FILE *out, const strip_axis *axis, const summary *s, int indent, bool utf8) {
    char strip[MAX_STRIP] = {BLANK};
    int length = axis->width;
    if (length > 0) draw(strip, axis, s);
    while (length > 0 && strip[length - 1] == BLANK) length--;
    if (length > 0) fprintf(out, "%*s", indent, "");
    for (int i = 0; i < length; i++) fputs((utf8 ? glyphs : ascii)[(int)strip[i]], out);
    fputc('\n', out);
}

void strip_print_labels(FILE *out, const strip_axis *axis, int indent) {
    int column = -indent; /* the next to be printed; blanks stand only before a label */
    for (int i = 0; i < axis->n_ticks; i++) {
        char label[NUMBER_TEXT];
        number_text(label, axis->ticks[i] == 0 ? 0 : axis->ticks[i], axis->tick_decimals);
        int length = (int)strlen(label), from = strip_column(axis, axis->ticks[i]) - length / 2;
        if (from < 0) from = 0;
        if (from + length > axis->width) from = axis->width - length;
        if (column > 0 && from <= column) continue;
        fprintf(out, "%*s%s", from - column, "", label);
        column = from + length;
    }
    fputc('\n', out);
}
