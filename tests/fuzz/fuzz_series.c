/* fuzz_series.c - any bytes as a CSV file with a column v, as a series and as a file of results.
 * What is refused says why. What is taken is finite (or nan, in results), and the same however its lines end, with a
 * byte order mark or without, read once more, or from its values written out. */
#include "fuzz.h"

#include "numbers.h"
#include "series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char path[] = "fuzz.csv", column[] = "v";

typedef farm_status reading(series *out, const char *name, farm_errors *errors);

static farm_status read_observations(series *out, const char *name, farm_errors *errors) {
    return series_read(out, name, column, "series.file", errors);
}

static farm_status read_results(series *out, const char *name, farm_errors *errors) {
    return series_read_results(out, name, column, errors);
}

static bool same_bits(const series *a, const series *b) {
    return a->n == b->n && memcmp(a->values, b->values, a->n * sizeof *a->values) == 0 &&
           strcmp(a->digest.hex, b->digest.hex) == 0;
}

/* The bytes [n], which are another writing of what s was read from, must give s. */
static void check_same(reading *read, const series *s, const char *bytes, size_t n, const char *property) {
    series again;
    farm_errors errors = {0};
    fuzz_file("again.csv", bytes, n);
    farm_status status = read(&again, "again.csv", &errors);
    fuzz_require(status == FARM_OK && same_bits(s, &again), property);
    series_free(&again);
    farm_errors_free(&errors);
    fuzz_close_files();
}

/* Each LF as CR LF; the caller's. *m: how long. */
static char *with_returns(const char *bytes, size_t n, size_t *m) {
    char *text = malloc(2 * n + 1);
    *m = 0;
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '\n') text[(*m)++] = '\r';
        text[(*m)++] = bytes[i];
    }
    return text;
}

static void check_line_ends(reading *read, const series *s, const char *bytes, size_t n) {
    if (memchr(bytes, '\r', n)) return;
    size_t m;
    char *text = with_returns(bytes, n, &m);
    check_same(read, s, text, m, "lines that end with CR LF give the same values");
    free(text);
}

static void check_mark(reading *read, const series *s, const char *bytes, size_t n) {
    if (n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) return;
    char *text = malloc(n + 3);
    memcpy(text, "\xEF\xBB\xBF", 3);
    memcpy(text + 3, bytes, n);
    check_same(read, s, text, n + 3, "a byte order mark changes no value");
    free(text);
}

/* One column of the values, each as short as it reads back. */
static void check_written(reading *read, const series *s) {
    char *text = NULL, number[NUMBER_TEXT];
    size_t size;
    number_locale held = number_locale_enter();
    FILE *out = open_memstream(&text, &size);
    fprintf(out, "%s\n", column);
    for (size_t i = 0; i < s->n; i++) {
        number_exact(number, s->values[i]);
        fprintf(out, "%s\n", number);
    }
    fclose(out);
    number_locale_leave(&held);
    check_same(read, s, text, size, "values written out read back the same");
    free(text);
}

static void check_values(const series *s, bool takes_nan) {
    fuzz_require(s->n > 0, "a series has a value");
    for (size_t i = 0; i < s->n; i++)
        fuzz_require(isfinite(s->values[i]) || (takes_nan && isnan(s->values[i])), "every value is finite");
}

/* What read makes of the bytes [n]; zeroed: they were refused. */
static series try_reading(reading *read, const char *bytes, size_t n) {
    series s;
    farm_errors errors = {0};
    fuzz_file(path, bytes, n);
    farm_status status = read(&s, path, &errors);
    fuzz_close_files();
    if (status != FARM_OK) fuzz_check_faults(status, &errors, path, bytes, n);
    if (status == FARM_OK) {
        fuzz_require(errors.n == 0, "what is taken has no fault");
        check_values(&s, read == read_results);
        check_same(read, &s, bytes, n, "a file read twice gives the same values");
        check_line_ends(read, &s, bytes, n);
        check_mark(read, &s, bytes, n);
        check_written(read, &s);
    }
    farm_errors_free(&errors);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    series observations = try_reading(read_observations, (const char *)bytes, n),
           results = try_reading(read_results, (const char *)bytes, n);
    if (observations.values)
        fuzz_require(results.values && same_bits(&observations, &results), "a series is a file of results");
    series_free(&observations);
    series_free(&results);
    return 0;
}
