/* utf8.c - characters in bytes. See utf8.h. Uses nothing. */
#include "utf8.h"

#include <stdbool.h>

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
