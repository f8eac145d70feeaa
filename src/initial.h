/* initial.h - a model's first weights: drawn from (seed, repeat, refit origin), or given.
 * A draw is a pure function of its indices, so repeat r starts alike in every experiment of the same model. */
#ifndef INITIAL_H
#define INITIAL_H

#include "lstm.h"

typedef enum {
    INITIAL_GLOROT_UNIFORM,          /* +-sqrt(6 / (rows + columns)) of the whole matrix */
    INITIAL_GLOROT_UNIFORM_PER_GATE, /* each gate's L x n or n x n block by itself */
    INITIAL_ORTHOGONAL,              /* orthonormal rows, uniform over all such matrices (kernels only) */
    INITIAL_UNIFORM_HIDDEN,          /* +-1 / sqrt(n); as dense_initializer the dense bias too */
} initializer;

/* Weights that came from a file, for one repeat: the first ones and those each later refit starts from. */
typedef struct {
    double *weights; /* [lstm_parameters] */
    double **refits; /* [n_refits][lstm_parameters] */
    size_t n_refits;
} given_weights;

typedef struct {
    initializer kernel, recurrent, dense;
    bool biases_uniform;   /* biases drawn +-1 / sqrt(n) (the pytorch preset) instead of zero */
    bool unit_forget_bias; /* forget gate's bias 1 (0 in a second vector), whatever the others are */
    given_weights *given;  /* [n_given], NULL: drawn. One: for every repeat; else one a repeat. Not owned. */
    size_t n_given;
} initial_spec;

/* Which weights: of a repeat (from 1), for its base fit (refit and origin 0) or for its refit number refit (from 1),
 * made after origin test rows were seen. Draws depend on origin, so that a refit every k rows starts at row s from the
 * weights that one every row has there; given weights are counted off by refit. */
typedef struct {
    uint64_t seed;
    uint32_t repeat, origin, refit;
} initial_key;

/* weights [lstm_parameters]. FARM_FAILED: out of memory.
 * Glorot and Bengio (2010); Saxe, McClelland and Ganguli (2014). */
farm_status initial_weights(double *weights, const lstm_shape *shape, const initial_spec *spec, const initial_key *key);

#endif
