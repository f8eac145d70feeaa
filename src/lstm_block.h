/* lstm_block.h - how a block of LANES models lies in memory. For lstm.c and lstm_kernel.c alone.
 *
 * Every array is [..][LANES] of the block's precision, all of them in one allocation. Parameters stand in the order
 * of lstm_parameters(); the moments in the same order. */
#ifndef LSTM_BLOCK_H
#define LSTM_BLOCK_H

#include "lstm.h"

typedef struct lstm_kernel lstm_kernel;

struct lstm {
    lstm_shape shape;
    optimizer_spec optimizer;
    precision precision;
    const lstm_kernel *kernel;
    double beta_1_power, beta_2_power; /* b1^t, b2^t; 1 while t = 0 */
    bool records_loss;
    double loss[LANES]; /* sums of squared errors since it was last taken */
    size_t bytes;       /* of memory */
    void *memory;
    void *weights, *moment_1, *moment_2; /* [parameters][LANES] each */
    void *hidden, *cell;                 /* [n][LANES] each: the state */
    /* what one step computes on its way, gates in the order i, f, c, o */
    void *hidden_next, *cell_next; /* [n][LANES]; change places with the state after each row */
    void *gates;                   /* [4n][LANES], after their activation */
    void *squashed;                /* [n][LANES], a(c') */
    void *deltas;                  /* [4n][LANES], d loss / d gate before its activation */
    /* for batches; NULL where places is 1 */
    int places;                      /* rows of the largest batch */
    void *place_hidden, *place_cell; /* [places][n][LANES] each: the state of each place in the batch */
    void *gradients;                 /* [parameters][LANES] */
};

/* The hot functions at one precision and vector level; see lstm_train_rows and lstm_forecast. */
struct lstm_kernel {
    void (*train_rows)(lstm *model, const lstm_rows *rows, row_state state);
    void (*train_batches)(lstm *model, const lstm_rows *rows, int batch, row_state state);
    void (*forecast)(lstm *model, const double *inputs, double *output);
};

#endif
