/* failing.h - libc's allocations and file operations, any one of which a test can make fail.
 * For one test program, linked with ld's --wrap for every function defined here as __wrap_ (the Makefile looks for
 * them): each call from the farm, and from those of its libraries that are linked as archives, comes here first. cJSON
 * is reached through its hooks. What libc calls within itself never fails; nor does OpenMP, which would end the program.
 * Invariant: with nothing armed every call goes through. */
#ifndef FAILING_H
#define FAILING_H

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gsl/gsl_matrix.h>
#include <gsl/gsl_vector.h>
#include <locale.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum { FAIL_NOTHING, FAIL_MEMORY, FAIL_FILES } failing_kind;

/* What is to fail: the n-th call (from 1) of a kind, and if forever all after it too. */
static failing_kind failing_now;
static size_t failing_n;
static bool failing_forever;
static atomic_size_t failing_calls; /* of that kind since it was armed */
static atomic_bool failing_hit;     /* one has failed */

static void failing_arm(failing_kind kind, size_t n, bool forever) {
    failing_n = n;
    failing_forever = forever;
    atomic_store(&failing_calls, 0);
    atomic_store(&failing_hit, false);
    failing_now = kind;
}

static void failing_disarm(void) { failing_now = FAIL_NOTHING; }

/* Whether this call fails, with errno set as the real one would set it. */
static bool failing(failing_kind kind) {
    if (failing_now != kind) return false;
    size_t call = atomic_fetch_add(&failing_calls, 1) + 1;
    if (failing_forever ? call < failing_n : call != failing_n) return false;
    atomic_store(&failing_hit, true);
    errno = kind == FAIL_MEMORY ? ENOMEM : ENOSPC;
    return true;
}

/* Stands in for libc's function of that name; a call that is to fail comes to value. */
#define FAILING(result, name, parameters, arguments, kind, value)                                                      \
    result __real_##name parameters;                                                                                   \
    result __wrap_##name parameters;                                                                                   \
    result __wrap_##name parameters { return failing(kind) ? value : __real_##name arguments; }

FAILING(void *, malloc, (size_t size), (size), FAIL_MEMORY, NULL)
FAILING(void *, calloc, (size_t n, size_t size), (n, size), FAIL_MEMORY, NULL)
FAILING(void *, realloc, (void *old, size_t size), (old, size), FAIL_MEMORY, NULL)
FAILING(void *, aligned_alloc, (size_t to, size_t size), (to, size), FAIL_MEMORY, NULL)
FAILING(char *, strdup, (const char *text), (text), FAIL_MEMORY, NULL)
FAILING(char *, strndup, (const char *text, size_t n), (text, n), FAIL_MEMORY, NULL)
FAILING(char *, realpath, (const char *path, char *out), (path, out), FAIL_MEMORY, NULL)
FAILING(locale_t, newlocale, (int mask, const char *name, locale_t base), (mask, name, base), FAIL_MEMORY, NULL)
FAILING(DIR *, opendir, (const char *path), (path), FAIL_MEMORY, NULL)
FAILING(FILE *, fopencookie, (void *cookie, const char *mode, cookie_io_functions_t io), (cookie, mode, io),
        FAIL_MEMORY, NULL)
FAILING(FILE *, fopen, (const char *path, const char *mode), (path, mode), FAIL_FILES, NULL)
FAILING(ssize_t, write, (int fd, const void *bytes, size_t n), (fd, bytes, n), FAIL_FILES, -1)
FAILING(int, mkdir, (const char *path, mode_t mode), (path, mode), FAIL_FILES, -1)
FAILING(int, rename, (const char *from, const char *to), (from, to), FAIL_FILES, -1)
FAILING(int, fflush, (FILE * file), (file), FAIL_FILES, EOF)

/* Not synced in truth: a test writes the same files a thousand times, and the disk would be all that it waits for. */
int __wrap_fsync(int fd);
int __wrap_fsync(int fd) {
    (void)fd;
    return failing(FAIL_FILES) ? -1 : 0;
}

/* Closed all the same, as POSIX leaves it. */
int __real_fclose(FILE *file);
int __wrap_fclose(FILE *file);
int __wrap_fclose(FILE *file) {
    int result = __real_fclose(file);
    return failing(FAIL_FILES) ? EOF : result;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return failing(FAIL_FILES) ? -1 : __real_open(path, flags, mode);
}

/* --- what GSL (2.7) gets wrong where memory runs out, and nothing outside it can help --------------------------- */

/* Nothing fails until what comes back is put into failing_now again. */
static failing_kind failing_spare(void) {
    failing_kind kind = failing_now;
    failing_now = FAIL_NOTHING;
    return kind;
}

/* linalg/bidiag.c takes it for granted that it gets its vector, and would read from NULL. */
int __real_gsl_linalg_bidiag_decomp(gsl_matrix *a, gsl_vector *u, gsl_vector *v);
int __wrap_gsl_linalg_bidiag_decomp(gsl_matrix *a, gsl_vector *u, gsl_vector *v);
int __wrap_gsl_linalg_bidiag_decomp(gsl_matrix *a, gsl_vector *u, gsl_vector *v) {
    failing_kind before = failing_spare();
    int status = __real_gsl_linalg_bidiag_decomp(a, u, v);
    failing_now = before;
    return status;
}

/* matrix/init_source.c loses the matrix when it gets no room for its numbers; so this fails as a whole. */
gsl_matrix *__real_gsl_matrix_alloc(size_t rows, size_t columns);
gsl_matrix *__wrap_gsl_matrix_alloc(size_t rows, size_t columns);
gsl_matrix *__wrap_gsl_matrix_alloc(size_t rows, size_t columns) {
    if (failing(FAIL_MEMORY)) return NULL;
    failing_kind before = failing_spare();
    gsl_matrix *made = __real_gsl_matrix_alloc(rows, columns);
    failing_now = before;
    return made;
}

static void failing_in_cjson(void) { cJSON_InitHooks(&(cJSON_Hooks){__wrap_malloc, free}); }

#endif
