/* html.c - text as HTML. See html.h. Uses utf8.h. */
#include "html.h"
#include "utf8.h"

#include <stdbool.h>
#include <string.h>

/* Tabs and line feeds are blanks in a page. */
static bool is_control(unsigned point) { return utf8_is_control(point) && point != '\t' && point != '\n'; }

static bool is_noncharacter(unsigned point) {
    return (point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffe) == 0xfffe;
}

static const char *entity(unsigned point) {
    switch (point) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

void html_bytes(FILE *out, const char *text, size_t n) {
    const unsigned char *at = (const unsigned char *)text, *end = at + strnlen(text, n);
    while (at < end) {
        size_t length = utf8_length(at, (size_t)(end - at));
        unsigned point = length ? utf8_point(at, length) : 0;
        const char *name = entity(point);
        if (length == 0 || is_control(point) || is_noncharacter(point) || utf8_turns_text(point))
            fputs("\xEF\xBF\xBD", out);
        else if (name)
            fputs(name, out);
        else
            fwrite(at, 1, length, out);
        at += length ? length : 1;
    }
}

void html_text(FILE *out, const char *text) { html_bytes(out, text, strlen(text)); }

void html_name(FILE *out, const char *name) {
    fputs("<bdi>", out);
    html_text(out, name);
    fputs("</bdi>", out);
}
