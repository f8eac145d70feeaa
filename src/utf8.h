/* utf8.h - characters in bytes, and texts of users as a line that does nothing but stand there. Knows RFC 3629. */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length of the valid UTF-8 character at the start of text [n], n >= 1, or 0: no overlong forms, no surrogates, nothing
 * above U+10FFFF. */
size_t utf8_length(const unsigned char *text, size_t n);

/* The code of the character at text, of a length that utf8_length gave. */
unsigned utf8_point(const unsigned char *text, size_t length);

/* Codes that would move a terminal's cursor or begin a line; that would turn round the text after them (embeddings,
 * overrides and isolates of direction, but not marks). */
bool utf8_is_control(unsigned point);
bool utf8_turns_text(unsigned point);

/* What to show of the character at text [n], n >= 1: itself; "?" of a control character; U+FFFD of one that would turn the
 * text round, and of a byte that is no character. *shown [*shown_bytes]. Returns the bytes of text that it stands for. */
size_t utf8_show(const unsigned char *text, size_t n, const char **shown, size_t *shown_bytes);

/* A copy of text to be shown on one line; one in which bytes that are no characters are U+FFFD, and all else stays. The
 * caller's; NULL: out of memory. */
char *utf8_line(const char *text);
char *utf8_valid(const char *text);

#endif
