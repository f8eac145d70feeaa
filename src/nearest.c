/* nearest.c - the name that was probably meant: the least edit distance. See nearest.h. Uses libc alone.
 * Invariant: two equal names are at distance 0; a name of more than MAX_LENGTH bytes is near nothing. */
#include "nearest.h"

#include <ctype.h>
#include <string.h>

enum { MAX_LENGTH = 63 }; /* longer names are not typed by hand */

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static int lower(char c) { return tolower((unsigned char)c); }

/* Insertions, removals, changes and swaps of neighbours that make b of a, case apart (optimal string alignment,
 * Damerau 1964). Both at most MAX_LENGTH long. */
static size_t distance(const char *a, const char *b) {
    size_t rows[3][MAX_LENGTH + 1], n = strlen(a), m = strlen(b);
    for (size_t j = 0; j <= m; j++) rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = above[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));
            row[j] = least(row[j], 1 + least(above[j], row[j - 1]));
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

const char *nearest_name(const char *wanted, const char *const *names, size_t n) {
    const char *best = NULL;
    size_t length = strlen(wanted), nearest = 1 + (length < 6 ? 1 : length / 3);
    if (length > MAX_LENGTH) return NULL;
    for (size_t i = 0; i < n; i++) {
        if (strlen(names[i]) > MAX_LENGTH) continue;
        size_t d = distance(wanted, names[i]);
        if (d < nearest && d < length) nearest = d, best = names[i];
    }
    return best;
}
