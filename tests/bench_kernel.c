/* bench_kernel.c - gradient steps per second and core: the kernel at each vector level beside a plain scalar LSTM.
 *
 * One core, no frame, no pool: rows in memory, epochs of 22. A step is forward, backward and Adam on one row of one
 * repeat. The candidates take turns over several rounds and the medians are compared, so that a machine whose speed
 * drifts, drifts for all. Prints a table; ratios are against the scalar program of tests/twin.h at the same precision. */
#include "elementary.h"
#include "lstm.h"
#include "rng.h"

#include <string.h>
#include <time.h>

#define REAL float
#include "twin.h"
#undef REAL
#define REAL double
#include "twin.h"

enum { ROWS = 22, ROUNDS = 7, MAX_CANDIDATES = 8 };

static const optimizer_spec keras = {OPTIMIZER_ADAM, 0.001, 0.9, 0.999, 1e-8, EPSILON_BEFORE_CORRECTION};

typedef struct {
    const char *name;
    precision precision;
    int level;                  /* -1: the scalar twin */
    double nanoseconds[ROUNDS]; /* a step */
} candidate;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values) {
    qsort(values, ROUNDS, sizeof *values, compare_doubles);
    return values[ROUNDS / 2];
}

static double *some_weights(const lstm_shape *shape) {
    size_t n = lstm_parameters(shape);
    double *weights = malloc(n * sizeof *weights);
    rng_stream s = {1, 1, 0, 0};
    for (size_t i = 0; i < n; i++) weights[i] = rng_uniform(&s, (uint32_t)i) - 0.5;
    return weights;
}

/* Seconds that so many epochs take, of LANES repeats or of the one that the twin trains. */
static double time_epochs(const candidate *c, const lstm_shape *shape, const lstm_rows *rows, int epochs) {
    double *weights = some_weights(shape), begin = now();
    if (c->level < 0) {
        if (c->precision == PRECISION_F32)
            twin_train_float(shape, &keras, rows, 1, false, epochs, weights);
        else
            twin_train_double(shape, &keras, rows, 1, false, epochs, weights);
    } else {
        lstm *model = lstm_new(shape, &keras, 1, c->precision, (vector_level)c->level);
        for (int lane = 0; lane < LANES; lane++) lstm_set_weights(model, lane, weights);
        begin = now();
        lstm_train_epochs(model, rows, &(lstm_epochs){.n = epochs, .state = ROW_STATE_CARRIED, .reset = true});
        lstm_free(model);
    }
    free(weights);
    return now() - begin;
}

static int list_candidates(candidate *c) {
    int n = 0;
    for (precision p = PRECISION_F32; p <= PRECISION_F64; p++) {
        c[n++] = (candidate){.name = "scalar", .precision = p, .level = -1};
        for (vector_level l = VECTOR_BASE; l <= lstm_best_level(); l++)
            if (lstm_has_level(l)) c[n++] = (candidate){.name = lstm_level_name(l), .precision = p, .level = (int)l};
    }
    return n;
}

static void bench(int neurons) {
    lstm_shape shape = {1, neurons, ACTIVATION_TANH, ACTIVATION_HARD_SIGMOID, 1};
    double inputs[ROWS], targets[ROWS];
    rng_stream s = {2, 1, 0, 0};
    for (uint32_t i = 0; i < ROWS; i++)
        inputs[i] = 2 * rng_uniform(&s, i) - 1, targets[i] = 2 * rng_uniform(&s, 99 + i) - 1;
    lstm_rows rows = {inputs, targets, ROWS};
    int epochs = 2 + 20000 / (int)lstm_parameters(&shape);

    candidate candidates[MAX_CANDIDATES];
    int n = list_candidates(candidates);
    for (int round = -1; round < ROUNDS; round++) /* the first one warms up */
        for (int i = 0; i < n; i++) {
            double lanes = candidates[i].level < 0 ? 1 : LANES;
            double seconds = time_epochs(&candidates[i], &shape, &rows, epochs);
            if (round >= 0) candidates[i].nanoseconds[round] = 1e9 * seconds / epochs / ROWS / lanes;
        }
    double scalar = 0;
    for (int i = 0; i < n; i++) {
        double ns = median(candidates[i].nanoseconds);
        if (candidates[i].level < 0) scalar = ns;
        printf("%8d  %s  %-10s  %10.2f  %12.3f  %8.1f\n", neurons,
               candidates[i].precision == PRECISION_F32 ? "f32" : "f64", candidates[i].name, ns,
               ns / (double)lstm_parameters(&shape), scalar / ns);
    }
}

int main(void) {
    printf("%8s  %s  %-10s  %10s  %12s  %8s\n", "neurons", "   ", "vectors", "ns a step", "ns/parameter",
           "times scalar");
    static const int neurons[] = {1, 4, 10, 32, 128};
    for (size_t i = 0; i < sizeof neurons / sizeof *neurons; i++) bench(neurons[i]);
    return 0;
}
