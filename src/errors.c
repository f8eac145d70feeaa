/* errors.c - a growing list of faults. Uses utf8.h; every string in it is the list's own. */
#include "errors.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

static char *copy_or_null(const char *text) { return text ? strdup(text) : NULL; }

static bool same_text(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

char *errors_text(const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (text) vsnprintf(text, (size_t)length + 1, format, args);
    return text;
}

static bool already_listed(const farm_errors *errors, const error_place *place, const char *text) {
    for (size_t i = 0; i < errors->n; i++) {
        const farm_error *e = &errors->items[i];
        if (e->line == place->line && e->col == place->col && same_text(e->file, place->file) &&
            same_text(e->text, text) && (place->line > 0 || same_text(e->key, place->key)))
            return true;
    }
    return false;
}

void errors_add_v(farm_errors *errors, error_place place, const char *format, va_list args) {
    char *text = errors_text(format, args);
    if (text && already_listed(errors, &place, text)) {
        free(text);
        return;
    }
    if (errors->n == errors->capacity) {
        size_t capacity = errors->capacity ? 2 * errors->capacity : 8;
        farm_error *items = realloc(errors->items, capacity * sizeof *items);
        if (!items) {
            free(text);
            return; /* the status that comes with it still says that something is wrong */
        }
        errors->items = items;
        errors->capacity = capacity;
    }
    errors->items[errors->n++] = (farm_error){.file = copy_or_null(place.file),
                                              .line = place.line,
                                              .col = place.col,
                                              .key = copy_or_null(place.key),
                                              .text = text};
}

void errors_add(farm_errors *errors, error_place place, const char *format, ...) {
    va_list args;
    va_start(args, format);
    errors_add_v(errors, place, format, args);
    va_end(args);
}

void farm_text_print(FILE *out, const char *text) {
    const unsigned char *at = (const unsigned char *)text, *end = at + strlen(text);
    while (at < end) {
        const char *shown;
        size_t bytes;
        at += utf8_show(at, (size_t)(end - at), &shown, &bytes);
        fwrite(shown, 1, bytes, out);
    }
}

void farm_error_print(FILE *out, const farm_error *error) {
    if (error->file) {
        farm_text_print(out, error->file);
        fputc(':', out);
    }
    if (error->line > 0) fprintf(out, "%d:%d:", error->line, error->col > 0 ? error->col : 1);
    if (error->file || error->line > 0) fputc(' ', out);
    if (error->key) {
        farm_text_print(out, error->key);
        fputs(": ", out);
    }
    farm_text_print(out, error->text ? error->text : "out of memory");
}

void farm_errors_free(farm_errors *errors) {
    for (size_t i = 0; i < errors->n; i++) {
        free(errors->items[i].file);
        free(errors->items[i].key);
        free(errors->items[i].text);
    }
    free(errors->items);
    *errors = (farm_errors){0};
}
