/* series.h - the observations: one numeric column of a CSV file, in time order.
 * Knows files and RFC 4180 (through libcsv); must not know rows, lags or models. */
#ifndef SERIES_H
#define SERIES_H

#include "digest.h"
#include "farm.h"

typedef struct {
    double *values; /* [n], in the file's units and order */
    size_t n;
    digest digest; /* of the n values: which data a result speaks of */
} series;

/* Reads the column named column of the CSV at path, as a stream of at most 1 GiB. The first record is the header.
 * Quotes, CRLF, a UTF-8 BOM and blank last lines are fine. A missing column (the near name is suggested) or one there
 * twice, a record of another length than the header, a blank line before the end, an empty, non-numeric, non-finite
 * or comma'd value: FARM_BAD_INPUT and errors with file, line and column (in characters) of the field; the first 20,
 * and how many more. place_key: the config key that named the file, for faults of the file as a whole; may be NULL.
 * FARM_FAILED: out of memory. Not FARM_OK: *out is zeroed. */
farm_status series_read(series *out, const char *path, const char *column, const char *place_key, farm_errors *errors);

/* The same for a file of results, whoever wrote it: a value may also be nan, a repeat that diverged. */
farm_status series_read_results(series *out, const char *path, const char *column, farm_errors *errors);
void series_free(series *s);

#endif
