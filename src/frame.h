/* frame.h - from a series to supervised rows and back to forecasts in the series' units.
 * The only room that knows where a row came from. */
#ifndef FRAME_H
#define FRAME_H

#include "errors.h"
#include "series.h"

enum { FRAME_MAX_DIFFERENCES = 8 };

typedef enum { SCALE_RANGE, SCALE_STANDARD, SCALE_NONE } scale_kind;

typedef struct {
    int n_differences;                      /* 0: levels */
    int differences[FRAME_MAX_DIFFERENCES]; /* periods, >= 1, applied in turn */
    int lags;                               /* L >= 1 */
    int test;                               /* last rows to forecast, >= 1 */
    scale_kind scale;
    double scale_low, scale_high; /* SCALE_RANGE: low < high */
} frame_spec;

/* scaled = (value - origin) * factor + low */
typedef struct {
    double origin, factor, low;
} scaler;

/* The rows of one spec over one series. A row is L inputs, most recent first, and one target; both scaled,
 * each column by itself, with a map fitted on the training rows alone. */
typedef struct {
    int lags, n_rows, n_train, n_test; /* n_rows = n_train + n_test */
    double *inputs;                    /* [n_rows][lags], scaled */
    double *targets;                   /* [n_rows], scaled */
    double *offsets;                   /* [n_rows], what differencing took away: sums of earlier observations */
    double *actuals;                   /* [n_rows], series units */
    int *indices;                      /* [n_rows], position of the target in the series, from 0 */
    scaler target_scaler;
} frame;

/* Rows that a spec gives over n observations, test rows included; may be negative. */
long frame_rows(const frame_spec *spec, size_t n);

/* Bytes that frame_build takes for n observations, or more than that. */
size_t frame_bytes(const frame_spec *spec, size_t n);

/* Builds the rows. The spec must leave at least one training row: config checks it. FARM_FAILED: out of memory. */
farm_status frame_build(frame *out, const series *s, const frame_spec *spec, farm_errors *errors);
void frame_free(frame *f);

/* A network output for row, unscaled and added to the last observed values: a forecast in the series' units. */
double frame_invert(const frame *f, int row, double output);

bool frame_spec_equal(const frame_spec *a, const frame_spec *b);

#endif
