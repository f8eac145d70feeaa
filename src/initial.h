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
    bool unit_forget_bias; /* forget gate's bias 1; only without biases_uniform */
    given_weights *given;  /* [n_given], NULL: drawn. One: for every repeat; else one a repeat. Not owned. */
    size_t n_given;
} initial_spec;

/* The weights of one repeat (from 1) at one refit origin (0: the base fit; k: the refit after k test rows),
 * weights [lstm_parameters]. Glorot and Bengio (2010); Saxe, McClelland and Ganguli (2014). */
farm_status initial_weights(double *weights, const lstm_shape *shape, const initial_spec *spec, uint64_t seed,
                            uint32_t repeat, uint32_t origin, farm_errors *errors);

#endif
