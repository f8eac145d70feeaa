/* utf8.c - characters in bytes. See utf8.h. Uses nothing. */
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_GROWTH = 3 }; /* bytes of U+FFFD for one that is no character */
static const char replacement[] = "\xEF\xBF\xBD";

size_t utf8_length(const unsigned char *text, size_t n) {
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000}; /* shorter forms of these are overlong */
    unsigned c = text[0];
    if (c < 0x80) return 1;
    size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (c < 0xc2 || c > 0xf4 || length > n) return 0;
    unsigned point = c & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) return 0;
        point = point << 6 | (text[i] & 0x3fu);
    }
    bool surrogate = point >= 0xd800 && point <= 0xdfff;
    return point < least[length] || point > 0x10ffff || surrogate ? 0 : length;
}

unsigned utf8_point(const unsigned char *text, size_t length) {
    if (length == 1) return text[0];
    unsigned point = text[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) point = point << 6 | (text[i] & 0x3fu);
    return point;
}

bool utf8_is_control(unsigned point) { return point < 0x20 || (point >= 0x7f && point < 0xa0); }

bool utf8_turns_text(unsigned point) {
    return (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

size_t utf8_show(const unsigned char *text, size_t n, const char **shown, size_t *shown_bytes) {
    size_t length = utf8_length(text, n);
    unsigned point = length ? utf8_point(text, length) : 0;
    *shown = (const char *)text;
    *shown_bytes = length;
    if (length == 0 || utf8_turns_text(point)) {
        *shown = replacement;
        *shown_bytes = sizeof replacement - 1;
    } else if (utf8_is_control(point)) {
        *shown = "?";
        *shown_bytes = 1;
    }
    return length ? length : 1;
}

/* A copy of which show says what stands for each character. */
static char *copy(const char *text, size_t (*show)(const unsigned char *, size_t, const char **, size_t *)) {
    const unsigned char *at = (const unsigned char *)text, *end = at + strlen(text);
    char *line = malloc(MOST_GROWTH * (size_t)(end - at) + 1), *to = line;
    while (line && at < end) {
        const char *shown;
        size_t bytes;
        at += show(at, (size_t)(end - at), &shown, &bytes);
        memcpy(to, shown, bytes);
        to += bytes;
    }
    if (line) *to = '\0';
    return line;
}

char *utf8_line(const char *text) { return copy(text, utf8_show); }

static size_t show_all(const unsigned char *text, size_t n, const char **shown, size_t *shown_bytes) {
    size_t length = utf8_length(text, n);
    *shown = length ? (const char *)text : replacement;
    *shown_bytes = length ? length : sizeof replacement - 1;
    return length ? length : 1;
}

char *utf8_valid(const char *text) { return copy(text, show_all); }
