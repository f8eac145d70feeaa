/* numbers.h - numbers as text: exactly for machines, at a sensible length for people.
 * Knows decimal notation and the locale; must not know files, CSV or what a number means. */
#ifndef NUMBERS_H
#define NUMBERS_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>

enum { NUMBER_TEXT = 32 }; /* room for any text made here */

/* Between enter and leave this thread reads and prints numbers with a decimal point, whatever the user's locale
 * says. Pairs may be nested. Where the C locale cannot be had the thread's own stays. */
typedef struct {
    locale_t c, before; /* (locale_t)0: nothing to undo */
} number_locale;
number_locale number_locale_enter(void);
void number_locale_leave(number_locale *held);

typedef enum {
    NUMBER_OK,
    NUMBER_EMPTY,     /* nothing but blanks */
    NUMBER_NOT_ONE,   /* a word, nan, inf, 0x10, two numbers, ... */
    NUMBER_THOUSANDS, /* 1,234 or 1,234.5 */
    NUMBER_COMMA,     /* 266,5: a comma where the point belongs */
    NUMBER_TOO_LARGE, /* beyond what a double holds */
} number_fault;

/* Reads all of text [length] as one finite decimal number: sign, digits, point, exponent, blanks around it. text
 * must end with a NUL at text[length]; one inside makes it NUMBER_NOT_ONE. Call within a number_locale. */
number_fault number_parse(double *out, const char *text, size_t length);

/* The shortest of %.15g, %.16g and %.17g that reads back as the same double; "nan", "inf", "-inf". text
 * [NUMBER_TEXT]. Call within a number_locale. */
void number_exact(char *text, double value);

/* How many decimals show a value of this magnitude with so many significant digits, from 0 to 9. */
int number_decimals(double magnitude, int significant);

/* value with that many decimals, or in exponent form where that would be too long or show only zeros;
 * "-" for NaN. text [NUMBER_TEXT]. */
void number_text(char *text, double value, int decimals);

/* A count with separators: 1,234,567. text [NUMBER_TEXT]. */
void number_count(char *text, unsigned long long count);

/* values [n] as bytes [8 n], IEEE doubles, little-endian on any machine; and back. There is one NaN, whose sign and payload
 * are otherwise up to the instructions that it came from. */
void number_to_bytes(unsigned char *bytes, const double *values, size_t n);
void number_from_bytes(double *values, const unsigned char *bytes, size_t n);

#endif
