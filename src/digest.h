/* digest.h - SHA-256 fingerprints: of a series, of what decides a result, of a stored row.
 * FIPS 180-4, by libmd. Must not know what the bytes mean. */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>

enum { DIGEST_TEXT = 65, DIGEST_BYTES = 32 };

/* 64 lower-case hexadecimal digits and a 0. */
typedef struct {
    char hex[DIGEST_TEXT];
} digest;

digest digest_text(const char *text);

/* Of the values as little-endian IEEE doubles, on any machine. */
digest digest_doubles(const double *values, size_t n);

/* Of several arrays and texts, one after another. */
typedef struct digest_builder {
    _Alignas(8) unsigned char state[256]; /* room for libmd's own */
} digest_builder;
void digest_begin(digest_builder *b);
void digest_add(digest_builder *b, const void *bytes, size_t n);
void digest_add_doubles(digest_builder *b, const double *values, size_t n);
void digest_bytes(digest_builder *b, unsigned char out[DIGEST_BYTES]); /* ends it */
digest digest_end(digest_builder *b);                                  /* ends it, as text */

#endif
