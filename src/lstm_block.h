/* lstm_block.h - how a block of LANES models lies in memory. For lstm.c and lstm_kernel.c alone.
 *
 * Every array is [..][LANES] of the block's precision, all of them in one allocation. Parameters stand in the order
 * of lstm_parameters(); the moments in the same order. */
#ifndef LSTM_BLOCK_H
#define LSTM_BLOCK_H

#include "lstm.h"

typedef struct lstm_kernel lstm_kernel;

/* Lanes that have taken the same number t of steps: from where the group before ends. */
typedef struct {
    int end;                           /* its last lane + 1 */
    double beta_1_power, beta_2_power; /* b1^t, b2^t; 1 while t = 0 */
} lane_group;

struct lstm {
    lstm_shape shape;
    optimizer_spec optimizer;
    precision precision;
    const lstm_kernel *kernel;
    lane_group groups[LANES]; /* [n_groups], one at first */
    int n_groups, n_aside;    /* groups; of which so many, the first, are set aside */
    void *aside;              /* [3 parameters][LANES] of the lanes set aside; NULL while there is one group */
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

/* The hot functions at one precision and vector level; see lstm_train_epochs and lstm_forecast. */
struct lstm_kernel {
    int (*train_epochs)(lstm *model, const lstm_rows *rows, const lstm_epochs *epochs);
    void (*train_batches)(lstm *model, const lstm_rows *rows, int batch, row_state state);
    void (*forecast)(lstm *model, const double *inputs, double *output);
    /* lanes first ... end - 1 of n vectors [LANES] */
    void (*copy_lanes)(void *restrict to, const void *restrict from, size_t n, int first, int end);
};

#endif
