/* series.h - the observations: one numeric column of a CSV file, in time order.
 * Knows files and RFC 4180 (through libcsv); must not know rows, lags or models. */
#ifndef SERIES_H
#define SERIES_H

#include "farm.h"

typedef struct {
    double *values; /* [n], in the file's units and order */
    size_t n;
    uint64_t digest; /* FNV-1a of the n values' bytes (little-endian IEEE doubles): which data a result speaks of */
} series;

/* Reads the column named column of the CSV at path. The first record is the header. Quotes, CRLF, a UTF-8 BOM and a
 * blank last line are fine. A missing column (the near name is suggested), a record of another length than the
 * header, an empty, non-numeric or non-finite value: FARM_BAD_INPUT and errors with file, line and column of the
 * field, all of them. place: the config key that named the file, for a file that cannot be opened. */
farm_status series_read(series *out, const char *path, const char *column, const char *place_key, farm_errors *errors);
void series_free(series *s);

#endif
