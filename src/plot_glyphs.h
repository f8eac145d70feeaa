/* plot_glyphs.h - which characters the fonts of this machine have. gnuplot's cairo draws one that none has as a box as large
 * as the whole picture. Knows fontconfig's fc-list; must not know what a text is for. */
#ifndef PLOT_GLYPHS_H
#define PLOT_GLYPHS_H

#include <stdbool.h>
#include <stddef.h>

enum { GLYPHS_ASKED = 40 }; /* different characters that are asked for; of more, none is taken to be there */

/* What was asked so far. Zeroed: nothing. */
typedef struct {
    struct {
        unsigned long code;
        bool there;
    } items[GLYPHS_ASKED];
    size_t n;
} plot_glyphs;

/* text with a question mark for every character that cannot be drawn or that is none; the caller's, NULL: out of memory.
 * Characters that any font with Latin, Greek and Cyrillic letters has are not asked for. */
char *plot_drawable(plot_glyphs *known, const char *text);

#endif
