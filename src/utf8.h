/* utf8.h - characters in bytes. Knows RFC 3629; must not know what a text is for. */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

/* Length of the valid UTF-8 character at the start of text [n], n >= 1, or 0: no overlong forms, no surrogates, nothing
 * above U+10FFFF. */
size_t utf8_length(const unsigned char *text, size_t n);

#endif
