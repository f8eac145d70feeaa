/* json_scan.c - a strict, recursive reading of JSON text. See json_scan.h. Uses utf8.h.
 * Every fault stops the scan with a text that says what to write instead; nothing is skipped or repaired.
 * Invariant: at stands on a character's first byte, and line and col are that character's. */
#include "json_scan.h"
#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const unsigned char *bytes, *at, *end;
    int line, col, source, depth;
    size_t first; /* place of this text */
    json_places *places;
    json_scan_fault *fault;
} scanner;

static bool scan_value(scanner *s, json_place place);

/* --- characters ------------------------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static bool fail(scanner *s, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(s->fault->text, sizeof s->fault->text, format, args);
    va_end(args);
    s->fault->line = s->line;
    s->fault->col = s->col;
    return false;
}

static bool fail_at(scanner *s, int line, int col, const char *text) {
    s->line = line;
    s->col = col;
    return fail(s, "%s", text);
}

static int peek(const scanner *s) { return s->at < s->end ? *s->at : -1; }

static int peek_next(const scanner *s) { return s->at + 1 < s->end ? s->at[1] : -1; }

/* Moves over one character of length bytes. A line ends with \n, \r\n or \r. */
static void advance(scanner *s, size_t length) {
    bool newline = *s->at == '\n' || (*s->at == '\r' && peek_next(s) != '\n');
    s->at += length;
    s->line += newline;
    s->col = newline ? 1 : s->col + 1;
}

static void skip_blanks(scanner *s) {
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r')) advance(s, 1);
}

static bool starts(const scanner *s, const char *text) {
    size_t length = strlen(text);
    return (size_t)(s->end - s->at) >= length && memcmp(s->at, text, length) == 0;
}

/* Something that cannot stand here: say what it is, and what was expected. */
static bool fail_unexpected(scanner *s, const char *expected) {
    int c = peek(s);
    if (c < 0) return fail(s, "the text ends here, but %s is missing", expected);
    if (c == '/' || c == '#') return fail(s, "JSON has no comments; put the words into a \"description\"");
    if (c == '\'') return fail(s, "JSON takes double quotes: \"...\"");
    if (starts(s, "\xe2\x80\x9c") || starts(s, "\xe2\x80\x9d"))
        return fail(s, "a typographic quote; JSON takes straight ones: \"...\"");
    if (c < ' ' || c == 0x7f) return fail(s, "expected %s, found the control character U+%04X", expected, c);
    size_t length = utf8_length(s->at, (size_t)(s->end - s->at));
    if (length == 0) return fail(s, "byte 0x%02X is not UTF-8; save the file as UTF-8", c);
    return fail(s, "expected %s, found \"%.*s\"", expected, (int)length, (const char *)s->at);
}

/* --- strings ---------------------------------------------------------------------------------------------------- */

/* The four digits after \u, or -1. */
static int hex_digits(const scanner *s) {
    int point = 0;
    if (s->end - s->at < 6) return -1;
    for (int i = 2; i < 6; i++) {
        int c = s->at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return -1;
        point = point * 16 + digit;
    }
    return point;
}

static void advance_escape(scanner *s, int length) {
    for (int i = 0; i < length; i++) advance(s, 1);
}

static bool scan_unicode_escape(scanner *s) {
    int point = hex_digits(s);
    if (point < 0) return fail(s, "\\u takes four hexadecimal digits, as in \\u00e9");
    if (point == 0) return fail(s, "\\u0000 (a NUL) cannot be in a text here");
    if (point >= 0xdc00 && point <= 0xdfff)
        return fail(s, "\\u%04x is the second half of a surrogate pair without the first", (unsigned)point);
    if (point < 0xd800 || point > 0xdbff) return advance_escape(s, 6), true;
    int line = s->line, col = s->col;
    advance_escape(s, 6);
    int second = starts(s, "\\u") ? hex_digits(s) : -1;
    if (second < 0xdc00 || second > 0xdfff)
        return fail_at(s, line, col, "the first half of a surrogate pair without the second");
    return advance_escape(s, 6), true;
}

static bool scan_escape(scanner *s) {
    int c = peek_next(s);
    if (c == 'u') return scan_unicode_escape(s);
    if (c > 0 && strchr("\"\\/bfnrt", c)) return advance_escape(s, 2), true;
    if (c > ' ' && c < 0x7f) return fail(s, "JSON has no escape \\%c; a backslash itself is written \\\\", c);
    return fail(s, "a backslash must be followed by one of \" \\ / b f n r t u");
}

/* From the opening quote to past the closing one. */
static bool scan_string(scanner *s) {
    int line = s->line, col = s->col;
    advance(s, 1);
    for (;;) {
        int c = peek(s);
        if (c < 0) return fail_at(s, line, col, "this text has no closing quote");
        if (c == '"') return advance(s, 1), true;
        if (c == '\n' || c == '\r') return fail(s, "the line ends inside a text; close the quote, or write \\n");
        if (c < ' ') return fail(s, "control character U+%04X in a text; write \\u%04x", (unsigned)c, (unsigned)c);
        if (c == '\\') {
            if (!scan_escape(s)) return false;
            continue;
        }
        size_t length = utf8_length(s->at, (size_t)(s->end - s->at));
        if (length == 0) return fail(s, "byte 0x%02X is not UTF-8; save the file as UTF-8", (unsigned)c);
        advance(s, length);
    }
}

/* --- numbers and words ------------------------------------------------------------------------------------------ */

static bool digit_at(const unsigned char *p, const unsigned char *end) { return p < end && *p >= '0' && *p <= '9'; }

/* Whether the number text [length] is a whole one above 2^53 (or so large that its writing says nothing). */
static bool beyond_exact(const unsigned char *text, size_t length) {
    static const char limit[] = "9007199254740992";
    if (*text == '-') text++, length--;
    for (size_t i = 0; i < length; i++)
        if (text[i] < '0' || text[i] > '9') return false;
    return length > sizeof limit - 1 || (length == sizeof limit - 1 && memcmp(text, limit, length) > 0);
}

static bool scan_number(scanner *s, json_place *place) {
    const unsigned char *p = s->at, *end = s->end;
    if (*p == '-') p++;
    if (!digit_at(p, end)) return fail(s, "a number needs a digit after the minus sign");
    if (*p == '0' && (digit_at(p + 1, end) || (p + 1 < end && (p[1] == 'x' || p[1] == 'X'))))
        return fail(s, "a number may not begin with a 0 before other digits");
    while (digit_at(p, end)) p++;
    if (p < end && *p == '.') {
        if (!digit_at(++p, end)) return fail(s, "a number needs a digit after the decimal point");
        while (digit_at(p, end)) p++;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-')) p++;
        if (!digit_at(p, end)) return fail(s, "a number needs a digit after the exponent's e");
        while (digit_at(p, end)) p++;
    }
    size_t length = (size_t)(p - s->at);
    if (length > JSON_MAX_DIGITS)
        return fail(s, "a number of %zu characters; %d are enough for any", length, JSON_MAX_DIGITS);
    place->inexact = beyond_exact(s->at, length);
    s->at = p;
    s->col += (int)length;
    return true;
}

static bool fail_word(scanner *s) {
    static const struct {
        const char *found, *instead;
    } words[] = {{"True", "true"}, {"TRUE", "true"}, {"yes", "true"},  {"False", "false"}, {"FALSE", "false"},
                 {"no", "false"},  {"None", "null"}, {"NULL", "null"}, {"Null", "null"}};
    static const char *const not_finite[] = {"NaN", "nan", "NAN", "Infinity", "-Infinity", "inf", "Inf", "INF", "-inf"};
    for (size_t i = 0; i < sizeof not_finite / sizeof *not_finite; i++)
        if (starts(s, not_finite[i]))
            return fail(s, "%s is not a number that JSON has; all must be finite", not_finite[i]);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (starts(s, words[i].found)) return fail(s, "%s is not JSON; write %s", words[i].found, words[i].instead);
    if (peek(s) == '+') return fail(s, "a number may not begin with +");
    if (peek(s) == '.') return fail(s, "a number needs a digit before the decimal point");
    return fail_unexpected(s, "a value");
}

static bool scan_word(scanner *s) {
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        if (!starts(s, words[i])) continue;
        s->at += length;
        s->col += (int)length;
        return true;
    }
    return fail_word(s);
}

/* --- lists and objects ------------------------------------------------------------------------------------------ */

/* After an item: a comma and on, or the closing bracket. 1: another item follows, 0: closed, -1: fault. */
static int scan_separator(scanner *s, char close, int open_line, int open_col) {
    skip_blanks(s);
    int c = peek(s), line = s->line, col = s->col;
    if (c == close) return advance(s, 1), 0;
    if (c < 0) {
        fail(s, "the text ends here, but the %c of line %d, column %d is not closed", close == '}' ? '{' : '[',
             open_line, open_col);
        return -1;
    }
    if (c != ',') {
        fail_unexpected(s, close == '}' ? "a comma or }" : "a comma or ]");
        return -1;
    }
    advance(s, 1);
    skip_blanks(s);
    if (peek(s) == close) {
        fail_at(s, line, col, "a comma after the last item; take it out");
        return -1;
    }
    return 1;
}

static bool scan_members(scanner *s, int parent, int open_line, int open_col) {
    int more = 1;
    while (more == 1) {
        json_place place = {.source = s->source, .parent = parent, .index = -1, .key_line = s->line, .key_col = s->col};
        if (peek(s) != '"') return fail_unexpected(s, "a key in double quotes");
        place.key_at = (uint32_t)(s->at + 1 - s->bytes);
        if (!scan_string(s)) return false;
        place.key_length = (uint32_t)(s->at - 1 - s->bytes) - place.key_at;
        skip_blanks(s);
        if (peek(s) != ':') return fail_unexpected(s, "a colon after the key");
        advance(s, 1);
        skip_blanks(s);
        if (!scan_value(s, place)) return false;
        more = scan_separator(s, '}', open_line, open_col);
    }
    return more == 0;
}

static bool scan_items(scanner *s, int parent, int open_line, int open_col) {
    int more = 1;
    for (int index = 0; more == 1; index++) {
        if (!scan_value(s, (json_place){.source = s->source, .parent = parent, .index = index})) return false;
        more = scan_separator(s, ']', open_line, open_col);
    }
    return more == 0;
}

static bool scan_container(scanner *s, int self) {
    bool object = *s->at == '{';
    int line = s->line, col = s->col;
    if (s->depth == JSON_MAX_DEPTH) return fail(s, "nested deeper than %d levels", JSON_MAX_DEPTH);
    s->depth++;
    advance(s, 1);
    skip_blanks(s);
    bool fine = true;
    if (peek(s) == (object ? '}' : ']'))
        advance(s, 1);
    else if (object)
        fine = scan_members(s, self, line, col);
    else
        fine = scan_items(s, self, line, col);
    s->depth--;
    return fine;
}

static int add_place(scanner *s, const json_place *place) {
    json_places *all = s->places;
    if (all->n - s->first == JSON_MAX_VALUES) {
        fail(s, "more than %d values; a file may have that many", JSON_MAX_VALUES);
        return -1;
    }
    if (all->n == all->capacity) {
        size_t capacity = all->capacity ? 2 * all->capacity : 256;
        json_place *items = realloc(all->items, capacity * sizeof *items);
        if (!items) {
            s->fault->out_of_memory = true;
            return -1;
        }
        all->items = items;
        all->capacity = capacity;
    }
    all->items[all->n] = *place;
    return (int)all->n++;
}

static bool scan_value(scanner *s, json_place place) {
    place.line = s->line;
    place.col = s->col;
    int c = peek(s), self = add_place(s, &place);
    if (self < 0) return false;
    if (c == '{' || c == '[') return scan_container(s, self);
    if (c == '"') return scan_string(s);
    if ((c == '-' && !starts(s, "-I") && !starts(s, "-i")) || (c >= '0' && c <= '9'))
        return scan_number(s, &s->places->items[self]);
    return scan_word(s);
}

static bool utf16(const char *bytes, size_t n) {
    return n >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0);
}

bool json_scan(json_places *places, int source, const char *bytes, size_t n, json_scan_fault *fault) {
    const unsigned char *text = (const unsigned char *)bytes;
    scanner s = {.bytes = text,
                 .at = text,
                 .end = text + n,
                 .line = 1,
                 .col = 1,
                 .source = source,
                 .first = places->n,
                 .places = places,
                 .fault = fault};
    *fault = (json_scan_fault){0};
    if (utf16(bytes, n)) return fail(&s, "this looks like UTF-16; save it as UTF-8");
    if (n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) s.at += 3;
    skip_blanks(&s);
    if (s.at == s.end) return fail_at(&s, 1, 1, "there is nothing here but blanks, if anything; JSON is at least {}");
    if (!scan_value(&s, (json_place){.source = source, .parent = -1, .index = -1})) return false;
    skip_blanks(&s);
    if (s.at < s.end && (*s.at == '/' || *s.at == '#')) return fail_unexpected(&s, "the end");
    return s.at == s.end || fail(&s, "more text after the end of the JSON value");
}
