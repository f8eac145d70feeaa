/* initial.c - first weights, drawn or given. See initial.h.
 * All in double; the kernel rounds them where they enter it. */
#include "initial.h"
#include "rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What each part of a model is drawn under; the numbers are part of every result's meaning and never change. */
enum { TENSOR_KERNEL = 1, TENSOR_RECURRENT, TENSOR_BIAS, TENSOR_RECURRENT_BIAS, TENSOR_DENSE, TENSOR_DENSE_BIAS };

static void draw_uniform(double *w, size_t n, double limit, const rng_stream *stream) {
    for (size_t i = 0; i < n; i++) w[i] = (2 * rng_uniform(stream, (uint32_t)i) - 1) * limit;
}

/* In PARTS interleaved sums, added up in order: vector code with the same bits everywhere. */
static double dot(const double *a, const double *b, size_t n) {
    enum { PARTS = 8 };
    double parts[PARTS] = {0}, sum = 0;
    size_t i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (size_t part = 0; part < PARTS; part++) parts[part] += a[i + part] * b[i + part];
    for (; i < n; i++) sum += a[i] * b[i];
    for (size_t part = 0; part < PARTS; part++) sum += parts[part];
    return sum;
}

/* w [rows][columns], rows <= columns: normal draws, each row made orthogonal to those before it (twice, which is
 * enough for full precision: Giraud et al. 2005) and of length 1. Uniform over all such matrices. */
static void draw_orthogonal(double *w, size_t rows, size_t columns, const rng_stream *stream) {
    for (size_t i = 0; i < rows; i++) {
        double *row = w + i * columns;
        for (size_t j = 0; j < columns; j++) row[j] = rng_normal(stream, (uint32_t)(i * columns + j));
        for (size_t k = 0; k < 2 * i; k++) {
            const double *earlier = w + k % i * columns;
            double along = dot(row, earlier, columns);
            for (size_t j = 0; j < columns; j++) row[j] -= along * earlier[j];
        }
        double length = sqrt(dot(row, row, columns));
        for (size_t j = 0; j < columns; j++) row[j] /= length;
    }
}

/* A matrix of rows x 4n with rows inputs. Orthogonal with more rows than columns: orthonormal columns instead. */
static farm_status draw_matrix(double *w, initializer how, size_t rows, size_t n, const rng_stream *stream) {
    size_t columns = 4 * n;
    switch (how) {
    case INITIAL_GLOROT_UNIFORM:
        draw_uniform(w, rows * columns, sqrt(6.0 / (double)(rows + columns)), stream);
        return FARM_OK;
    case INITIAL_GLOROT_UNIFORM_PER_GATE:
        draw_uniform(w, rows * columns, sqrt(6.0 / (double)(rows + n)), stream);
        return FARM_OK;
    case INITIAL_UNIFORM_HIDDEN: draw_uniform(w, rows * columns, 1 / sqrt((double)n), stream); return FARM_OK;
    case INITIAL_ORTHOGONAL: break;
    }
    if (rows <= columns) {
        draw_orthogonal(w, rows, columns, stream);
        return FARM_OK;
    }
    double *transposed = malloc(rows * columns * sizeof *transposed);
    if (!transposed) return FARM_FAILED;
    draw_orthogonal(transposed, columns, rows, stream);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) w[i * columns + j] = transposed[j * rows + i];
    free(transposed);
    return FARM_OK;
}

static void draw_biases(double *bias, const lstm_shape *shape, const initial_spec *spec, rng_stream stream) {
    size_t n = (size_t)shape->neurons;
    for (int b = 0; b < shape->bias_vectors; b++, bias += 4 * n) {
        stream.tensor = b == 0 ? TENSOR_BIAS : TENSOR_RECURRENT_BIAS;
        if (spec->biases_uniform)
            draw_uniform(bias, 4 * n, 1 / sqrt((double)n), &stream);
        else
            memset(bias, 0, 4 * n * sizeof *bias);
        if (spec->unit_forget_bias)
            for (size_t j = n; j < 2 * n; j++) bias[j] = b == 0 ? 1 : 0;
    }
}

static void draw_dense(double *dense, const lstm_shape *shape, const initial_spec *spec, rng_stream stream) {
    size_t n = (size_t)shape->neurons;
    bool hidden = spec->dense == INITIAL_UNIFORM_HIDDEN;
    double limit = hidden ? 1 / sqrt((double)n) : sqrt(6.0 / (double)(n + 1));
    stream.tensor = TENSOR_DENSE;
    draw_uniform(dense, n, limit, &stream);
    stream.tensor = TENSOR_DENSE_BIAS;
    dense[n] = 0;
    if (hidden) draw_uniform(dense + n, 1, limit, &stream);
}

static void take_given(double *weights, size_t parameters, const initial_spec *spec, uint32_t repeat, size_t refit) {
    const given_weights *given = &spec->given[spec->n_given == 1 ? 0 : repeat - 1];
    memcpy(weights, refit == 0 ? given->weights : given->refits[refit - 1], parameters * sizeof *weights);
}

farm_status initial_weights(double *weights, const lstm_shape *shape, const initial_spec *spec,
                            const initial_key *key) {
    size_t n = (size_t)shape->neurons, lags = (size_t)shape->lags;
    if (spec->given) {
        take_given(weights, lstm_parameters(shape), spec, key->repeat, key->refit);
        return FARM_OK;
    }
    rng_stream stream = {key->seed, key->repeat, key->origin, TENSOR_KERNEL};
    farm_status status = draw_matrix(weights, spec->kernel, lags, n, &stream);
    weights += lags * 4 * n;
    stream.tensor = TENSOR_RECURRENT;
    if (status == FARM_OK) status = draw_matrix(weights, spec->recurrent, n, n, &stream);
    weights += n * 4 * n;
    if (status != FARM_OK) return status;
    draw_biases(weights, shape, spec, stream);
    draw_dense(weights + (size_t)shape->bias_vectors * 4 * n, shape, spec, stream);
    return FARM_OK;
}
