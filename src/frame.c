/* frame.c - rows from a series: difference, lag, scale; and back. See frame.h. */
#include "frame.h"
#include "memory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Observations that the differences use up before the first one exists. */
static long used_by_differences(const frame_spec *spec) {
    long used = 0;
    for (int i = 0; i < spec->n_differences; i++) used += spec->differences[i];
    return used;
}

long frame_rows(const frame_spec *spec, size_t n) { return (long)n - used_by_differences(spec) - spec->lags; }

size_t frame_bytes(const frame_spec *spec, size_t n) {
    /* a row's inputs, target, offset, actual and index, and while they are made its difference and that one's offset */
    return memory_product(n, ((size_t)spec->lags + 6) * sizeof(double));
}

/* d[t] = y[t] - y[t-k], each k in turn, in place; the first used_by_differences() values become meaningless.
 * offsets[t] gathers what was taken away, so that y[t] = d[t] + offsets[t], from values before t alone. */
static void difference(double *d, double *offsets, size_t n, const frame_spec *spec) {
    size_t first = 0;
    memset(offsets, 0, n * sizeof *offsets);
    for (int i = 0; i < spec->n_differences; i++) {
        size_t k = (size_t)spec->differences[i];
        first += k;
        for (size_t t = n; t-- > first;) { /* from the end, so that d[t-k] is still the undifferenced one */
            offsets[t] += d[t - k];
            d[t] -= d[t - k];
        }
    }
}

/* A constant column goes to the lower end (or to 0 when standardised). */
static scaler range_scaler(const double *column, int stride, int n, double low, double high) {
    double min = column[0], max = column[0];
    for (int r = 1; r < n; r++) {
        min = fmin(min, column[(size_t)r * (size_t)stride]);
        max = fmax(max, column[(size_t)r * (size_t)stride]);
    }
    return (scaler){min, (high - low) / (max > min ? max - min : 1), low};
}

static scaler standard_scaler(const double *column, int stride, int n) {
    double mean = 0, square = 0;
    for (int r = 0; r < n; r++) mean += column[(size_t)r * (size_t)stride];
    mean /= n;
    for (int r = 0; r < n; r++) {
        double from_mean = column[(size_t)r * (size_t)stride] - mean;
        square += from_mean * from_mean;
    }
    double deviation = sqrt(square / n);
    return (scaler){mean, 1 / (deviation > 0 ? deviation : 1), 0};
}

/* Fits one column [n_rows], every stride-th value, on its first n_train rows and scales all of it. */
static scaler scale_column(double *column, int stride, const frame *f, const frame_spec *spec) {
    scaler s = {0, 1, 0};
    if (spec->scale == SCALE_RANGE) s = range_scaler(column, stride, f->n_train, spec->scale_low, spec->scale_high);
    if (spec->scale == SCALE_STANDARD) s = standard_scaler(column, stride, f->n_train);
    for (int r = 0; r < f->n_rows; r++) {
        double *value = column + (size_t)r * (size_t)stride;
        *value = (*value - s.origin) * s.factor + s.low;
    }
    return s;
}

/* The rows before scaling: (d[t-1], ..., d[t-L]) -> d[t]. */
static void fill_rows(frame *f, const series *s, const double *d, const double *offsets) {
    size_t first = s->n - (size_t)f->n_rows;
    for (size_t r = 0; r < (size_t)f->n_rows; r++) {
        size_t t = first + r;
        for (size_t lag = 0; lag < (size_t)f->lags; lag++) f->inputs[r * (size_t)f->lags + lag] = d[t - 1 - lag];
        f->targets[r] = d[t];
        f->offsets[r] = offsets[t];
        f->actuals[r] = s->values[t];
        f->indices[r] = (int)t;
    }
}

farm_status frame_build(frame *out, const series *s, const frame_spec *spec, farm_errors *errors) {
    farm_status status = FARM_FAILED;
    assert(spec->lags >= 1 && spec->test >= 1 && frame_rows(spec, s->n) > spec->test);
    size_t rows = (size_t)frame_rows(spec, s->n), lags = (size_t)spec->lags;
    double *d = malloc(s->n * sizeof *d), *offsets = malloc(s->n * sizeof *offsets);
    *out = (frame){.lags = spec->lags, .n_rows = (int)rows, .n_train = (int)rows - spec->test, .n_test = spec->test};
    out->inputs = calloc(rows * lags, sizeof *out->inputs);
    out->targets = calloc(rows, sizeof *out->targets);
    out->offsets = malloc(rows * sizeof *out->offsets);
    out->actuals = malloc(rows * sizeof *out->actuals);
    out->indices = malloc(rows * sizeof *out->indices);
    if (!d || !offsets || !out->inputs || !out->targets || !out->offsets || !out->actuals || !out->indices) {
        errors_add(errors, (error_place){0}, "out of memory for %zu rows of %zu lags", rows, lags);
        goto done;
    }
    memcpy(d, s->values, s->n * sizeof *d);
    difference(d, offsets, s->n, spec);
    fill_rows(out, s, d, offsets);
    for (int lag = 0; lag < spec->lags; lag++) scale_column(out->inputs + lag, spec->lags, out, spec);
    out->target_scaler = scale_column(out->targets, 1, out, spec);
    status = FARM_OK;
done:
    free(d);
    free(offsets);
    if (status != FARM_OK) frame_free(out);
    return status;
}

void frame_free(frame *f) {
    free(f->inputs);
    free(f->targets);
    free(f->offsets);
    free(f->actuals);
    free(f->indices);
    *f = (frame){0};
}

double frame_invert(const frame *f, int row, double output) {
    const scaler *s = &f->target_scaler;
    return (output - s->low) / s->factor + s->origin + f->offsets[row];
}

bool frame_spec_equal(const frame_spec *a, const frame_spec *b) {
    bool same =
        a->n_differences == b->n_differences && a->lags == b->lags && a->test == b->test && a->scale == b->scale;
    for (int i = 0; same && i < a->n_differences; i++) same = a->differences[i] == b->differences[i];
    if (a->scale == SCALE_RANGE) same = same && a->scale_low == b->scale_low && a->scale_high == b->scale_high;
    return same;
}
