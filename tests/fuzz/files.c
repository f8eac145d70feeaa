/* files.c - files that are pieces of memory, and what must hold of faults. See fuzz.h. */
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FILES = 16 };

typedef struct {
    const char *path;
    const void *bytes;
    size_t n;
} memory_file;

static memory_file files[MOST_FILES];
static size_t n_files;

void fuzz_file(const char *path, const void *bytes, size_t n) {
    fuzz_require(n_files < MOST_FILES, "a target gives no more files than there is room for");
    files[n_files++] = (memory_file){path, bytes, n};
}

void fuzz_close_files(void) { n_files = 0; }

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

/* libFuzzer's own files are opened while there are none of ours, or for writing. */
FILE *__wrap_fopen(const char *path, const char *mode) {
    if (n_files == 0 || *mode != 'r') return __real_fopen(path, mode);
    for (size_t i = 0; i < n_files; i++)
        if (strcmp(files[i].path, path) == 0) return fmemopen((void *)(uintptr_t)files[i].bytes, files[i].n, "rb");
    errno = ENOENT;
    return NULL;
}

void fuzz_require(bool holds, const char *property) {
    if (holds) return;
    fprintf(stderr, "does not hold: %s\n", property);
    abort();
}

/* --- faults ----------------------------------------------------------------------------------------------------- */

/* Lines of bytes [n], however they end. */
static int count_lines(const char *bytes, size_t n) {
    int lines = 1;
    for (size_t i = 0; i < n; i++) lines += bytes[i] == '\n' || bytes[i] == '\r';
    return lines;
}

/* Length of the valid UTF-8 character at text, 0: none is. */
static size_t character(const unsigned char *text) {
    size_t length = text[0] < 0x80 ? 1 : text[0] < 0xC2 ? 0 : text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : 4;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xC0) != 0x80) return 0;
    return length;
}

static bool is_clean(const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    for (size_t length; *at; at += length) {
        length = character(at);
        if (length == 0 || *at < ' ' || *at == 0x7F || (at[0] == 0xC2 && at[1] < 0xA0)) return false;
    }
    return true;
}

static void check_print(const farm_error *error) {
    char *line = NULL;
    size_t size;
    FILE *out = open_memstream(&line, &size);
    farm_error_print(out, error);
    fclose(out);
    fuzz_require(strlen(line) == size && is_clean(line), "a fault prints as one line of clean text");
    free(line);
}

void fuzz_check_faults(farm_status status, const farm_errors *errors, const char *path, const void *bytes, size_t n) {
    int lines = count_lines(bytes, n);
    fuzz_require(status == FARM_BAD_INPUT, "what is refused is the input's fault");
    fuzz_require(errors->n > 0, "a refusal says why");
    for (size_t i = 0; i < errors->n; i++) {
        const farm_error *e = &errors->items[i];
        fuzz_require(e->text && *e->text, "a fault has a text");
        check_print(e);
        if (!e->file || strcmp(e->file, path) != 0) continue;
        fuzz_require(e->line <= lines && e->col <= (int)n + 1, "a fault lies within its file");
        fuzz_require((e->line > 0) == (e->col > 0) && e->line >= 0, "a place is line and column, or neither");
    }
}
