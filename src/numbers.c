/* numbers.c - numbers as text, both ways. See numbers.h. Uses libc alone.
 * Invariant: what number_exact writes, number_parse reads back to the same bits. */
#include "numbers.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

number_locale number_locale_enter(void) {
    number_locale held = {.c = newlocale(LC_ALL_MASK, "C", (locale_t)0)};
    if (held.c) held.before = uselocale(held.c);
    return held;
}

void number_locale_leave(number_locale *held) {
    if (held->before) uselocale(held->before);
    if (held->c) freelocale(held->c);
    *held = (number_locale){0};
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

static bool blank(char c) { return c == ' ' || c == '\t'; }

static size_t count_digits(const char *text) {
    size_t n = 0;
    while (text[n] >= '0' && text[n] <= '9') n++;
    return n;
}

/* Length of the number at the start of text: [+-] digits [. digits] [e [+-] digits]; 0: none. */
static size_t decimal_length(const char *text) {
    size_t n = text[0] == '+' || text[0] == '-';
    size_t digits = count_digits(text + n);
    n += digits;
    if (text[n] == '.') {
        size_t decimals = count_digits(text + n + 1);
        digits += decimals;
        n += 1 + decimals;
    }
    if (digits == 0) return 0;
    if (text[n] == 'e' || text[n] == 'E') {
        size_t sign = text[n + 1] == '+' || text[n + 1] == '-';
        size_t exponent = count_digits(text + n + 1 + sign);
        if (exponent > 0) n += 1 + sign + exponent;
    }
    return n;
}

/* What a comma in text [length] was meant as: groups of three digits are thousands, anything else a decimal. */
static number_fault comma_fault(const char *text, size_t length) {
    size_t n = text[0] == '+' || text[0] == '-';
    size_t digits = count_digits(text + n), groups = 0;
    if (digits == 0) return NUMBER_NOT_ONE;
    bool thousands = digits <= 3;
    for (n += digits; text[n] == ','; n += 1 + digits, groups++) {
        digits = count_digits(text + n + 1);
        thousands = thousands && digits == 3;
    }
    if (groups > 0 && thousands && text[n] == '.') n += 1 + count_digits(text + n + 1);
    if (groups == 0 || n != length) return NUMBER_NOT_ONE;
    return thousands ? NUMBER_THOUSANDS : groups == 1 ? NUMBER_COMMA : NUMBER_NOT_ONE;
}

number_fault number_parse(double *out, const char *text, size_t length) {
    while (length > 0 && blank(text[length - 1])) length--;
    while (length > 0 && blank(*text)) text++, length--;
    if (length == 0) return NUMBER_EMPTY;
    if (decimal_length(text) != length) return comma_fault(text, length);
    *out = strtod(text, NULL);
    return isfinite(*out) ? NUMBER_OK : NUMBER_TOO_LARGE;
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 wide;

/* units / 10^places, with the places that are not zeros at the end. */
static void write_fixed(char *text, bool negative, uint64_t units, uint64_t power, int places) {
    char digits[24];
    int n = 0;
    uint64_t whole = units / power, rest = units % power;
    for (; places > 0 && rest % 10 == 0; places--) rest /= 10;
    for (int i = 0; i < places; i++, rest /= 10) digits[n++] = (char)('0' + rest % 10);
    if (places > 0) digits[n++] = '.';
    do digits[n++] = (char)('0' + whole % 10);
    while ((whole /= 10) > 0);
    if (negative) *text++ = '-';
    while (n > 0) *text++ = digits[--n];
    *text = '\0';
}

/* number_exact where all fits into integers, so that rounding and reading back need neither printf nor strtod: what is
 * as large as most series are. false: text is as it was. */
static bool write_quickly(char *text, double value) {
    static const uint64_t powers[] = {1,
                                      10,
                                      100,
                                      1000,
                                      10000,
                                      100000,
                                      1000000,
                                      10000000,
                                      100000000,
                                      1000000000,
                                      10000000000,
                                      100000000000,
                                      1000000000000,
                                      10000000000000,
                                      100000000000000,
                                      1000000000000000,
                                      10000000000000000};
    uint64_t bits, one = 1;
    double size = fabs(value);
    int before = 0; /* digits before the point, but one */
    if (!(size >= 1 && size < 1e14)) return false;
    memcpy(&bits, &size, sizeof bits);
    int shift = 1075 - (int)(bits >> 52); /* size is mantissa / 2^shift; 6 ... 52 */
    uint64_t mantissa = (bits & ((one << 52) - 1)) | one << 52, unit = one << shift;
    if (mantissa == one << 52) return false; /* the next smaller double is nearer than the next larger one */
    while (size >= (double)powers[before + 1]) before++;
    for (int digits = 15;; digits++) {
        uint64_t power = powers[digits - 1 - before];
        wide scaled = (wide)mantissa * power; /* the value in the last digit's units, times unit */
        uint64_t units = (uint64_t)(scaled >> shift), rest = (uint64_t)scaled & (unit - 1);
        bool up = 2 * rest > unit || (2 * rest == unit && units % 2 == 1);
        uint64_t off = 2 * (up ? unit - rest : rest); /* from the value, in halves of the distance to the next double */
        if (digits < 17 && !(off < power || (off == power && mantissa % 2 == 0))) continue;
        write_fixed(text, value < 0, units + up, power, digits - 1 - before);
        return true;
    }
}
#else
static bool write_quickly(char *text, double value) {
    (void)text, (void)value;
    return false;
}
#endif

void number_exact(char *text, double value) {
    if (!isfinite(value)) {
        strcpy(text, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
        return;
    }
    if (write_quickly(text, value)) return;
    for (int digits = 15; digits <= 17; digits++) { /* 17 are always enough for a double */
        snprintf(text, NUMBER_TEXT, "%.*g", digits, value);
        if (strtod(text, NULL) == value) return;
    }
}

int number_decimals(double magnitude, int significant) {
    magnitude = fabs(magnitude);
    if (!(magnitude > 0) || !isfinite(magnitude)) return significant - 1;
    int decimals = significant - 1 - (int)floor(log10(magnitude));
    return decimals < 0 ? 0 : decimals > 9 ? 9 : decimals;
}

void number_text(char *text, double value, int decimals) {
    double size = fabs(value);
    if (isnan(value))
        strcpy(text, "-");
    else if (isinf(value))
        strcpy(text, value > 0 ? "inf" : "-inf");
    else if (size >= 1e7 || (size > 0 && size < 0.5 * pow(10, -decimals))) /* too long, or only zeros */
        snprintf(text, NUMBER_TEXT, "%.3g", value);
    else
        snprintf(text, NUMBER_TEXT, "%.*f", decimals, value);
}

void number_count(char *text, unsigned long long count) {
    char digits[NUMBER_TEXT];
    int length = snprintf(digits, sizeof digits, "%llu", count);
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) *text++ = ',';
        *text++ = digits[i];
    }
    *text = '\0';
}

void number_to_bytes(unsigned char *bytes, const double *values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        double value = isnan(values[i]) ? (double)NAN : values[i];
        memcpy(&bits, &value, sizeof bits);
        for (int b = 0; b < 8; b++) bytes[8 * i + (size_t)b] = (unsigned char)(bits >> (8 * b));
    }
}

void number_from_bytes(double *values, const unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = 0;
        for (int b = 0; b < 8; b++) bits |= (uint64_t)bytes[8 * i + (size_t)b] << (8 * b);
        memcpy(&values[i], &bits, sizeof bits);
    }
}
