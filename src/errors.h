/* errors.h - faults as values: every room appends to a farm_errors, only main prints one.
 * A message names the place, the key or value, and the way out. */
#ifndef ERRORS_H
#define ERRORS_H

#include "farm.h"
#include <stdarg.h>

/* Where a fault lies. Zeroed: unknown. The strings are only read while it is added. */
typedef struct {
    const char *file;
    int line, col; /* from 1; 0: unknown */
    const char *key;
} error_place;

/* Appends one fault; the same place and text twice is kept once. Out of memory the fault is
 * lost or loses its text; the status that comes with it still says that something is wrong. */
void errors_add(farm_errors *errors, error_place place, const char *format, ...) __attribute__((format(printf, 3, 4)));
void errors_add_v(farm_errors *errors, error_place place, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/* The formatted text, the caller's to free; NULL: out of memory. */
char *errors_text(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

#endif
