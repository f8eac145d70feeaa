/* html.c - text as HTML. See html.h. Uses utf8.h. */
#include "html.h"
#include "utf8.h"

#include <stdbool.h>
#include <string.h>

static unsigned point_of(const unsigned char *at, size_t length) {
    if (length == 1) return at[0];
    unsigned point = at[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) point = point << 6 | (at[i] & 0x3fu);
    return point;
}

static bool is_control(unsigned point) {
    return (point < 0x20 && !strchr("\t\n", (int)point)) || (point >= 0x7f && point < 0xa0);
}

static bool is_noncharacter(unsigned point) {
    return (point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffe) == 0xfffe;
}

static bool turns_text(unsigned point) {
    return (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
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
        unsigned point = length ? point_of(at, length) : 0;
        const char *name = entity(point);
        if (length == 0 || is_control(point) || is_noncharacter(point) || turns_text(point))
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
