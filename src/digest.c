/* digest.c - SHA-256 fingerprints. See digest.h. The only room that knows libmd. */
#include "digest.h"
#include "numbers.h"

#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include <sha2.h>

_Static_assert(sizeof(SHA2_CTX) <= sizeof(((digest_builder *)0)->state), "a digest_builder holds a SHA2_CTX");

static SHA2_CTX *context(digest_builder *b) { return (SHA2_CTX *)(void *)b->state; }

void digest_begin(digest_builder *b) { SHA256Init(context(b)); }

void digest_add(digest_builder *b, const void *bytes, size_t n) { SHA256Update(context(b), bytes, n); }

void digest_add_doubles(digest_builder *b, const double *values, size_t n) {
    unsigned char bytes[64 * 8];
    for (size_t done = 0; done < n;) {
        size_t piece = n - done < 64 ? n - done : 64;
        number_to_bytes(bytes, values + done, piece);
        digest_add(b, bytes, 8 * piece);
        done += piece;
    }
}

void digest_bytes(digest_builder *b, unsigned char out[DIGEST_BYTES]) { SHA256Final(out, context(b)); }

digest digest_end(digest_builder *b) {
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[DIGEST_BYTES];
    digest out = {{0}};
    digest_bytes(b, bytes);
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        out.hex[2 * i] = digits[bytes[i] >> 4];
        out.hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    return out;
}

digest digest_text(const char *text) {
    digest_builder b;
    digest_begin(&b);
    digest_add(&b, text, strlen(text));
    return digest_end(&b);
}

digest digest_doubles(const double *values, size_t n) {
    digest_builder b;
    digest_begin(&b);
    digest_add_doubles(&b, values, n);
    return digest_end(&b);
}
