/* plot_glyphs.c - which characters the fonts of this machine have. See plot_glyphs.h. Uses plot_child.h, utf8.h. */
#include "plot_glyphs.h"
#include "plot_child.h"
#include "utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The code point of a valid character of length bytes. */
static unsigned long code_of(const char *at, size_t length) {
    static const unsigned char first_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    unsigned long code = (unsigned char)*at & first_bits[length];
    for (size_t i = 1; i < length; i++) code = code << 6 | ((unsigned char)at[i] & 0x3F);
    return code;
}

/* Latin, Greek, Cyrillic; dashes, quotes, currencies, arrows and signs, of which our own texts have some. */
static bool is_common(unsigned long code) { return code < 0x530 || (code >= 0x2010 && code < 0x2300); }

/* Whether fontconfig lists a font with it; without fc-list none is known to have it. */
static bool ask(unsigned long code) {
    char pattern[32];
    snprintf(pattern, sizeof pattern, ":charset=%lx", code);
    const char *const arguments[] = {"fc-list", pattern, "family", NULL}, *const none[] = {NULL};
    child_result child;
    child_run(&child, arguments, none, "", 0, &(child_limits){.seconds = 10});
    bool there = child.end == CHILD_DONE && child.n > 1;
    child_free(&child);
    return there;
}

static bool is_there(plot_glyphs *known, unsigned long code) {
    if (is_common(code)) return true;
    for (size_t i = 0; i < known->n; i++)
        if (known->items[i].code == code) return known->items[i].there;
    if (known->n == GLYPHS_ASKED) return false;
    known->items[known->n].code = code;
    known->items[known->n].there = ask(code);
    return known->items[known->n++].there;
}

char *plot_drawable(plot_glyphs *known, const char *text) {
    char *drawable = malloc(strlen(text) + 1), *to = drawable;
    while (drawable && *text) {
        size_t length = utf8_length((const unsigned char *)text, strlen(text));
        bool control = (unsigned char)*text < ' ' || *text == 0x7F;
        if (length == 0 || control || !is_there(known, code_of(text, length))) {
            *to++ = '?';
        } else {
            memcpy(to, text, length);
            to += length;
        }
        text += length ? length : 1;
    }
    if (drawable) *to = '\0';
    return drawable;
}
