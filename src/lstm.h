/* lstm.h - LANES independent LSTM forecasters trained in lockstep: the only hot code.
 *
 * A lane is one repeat. Arrays are [parameter][LANES]; every operation works on one lane at a time in the same
 * order, so a lane's numbers depend neither on its neighbours nor on the vector width.
 * In: rows of doubles, weights. Out: one output a row and lane. Must not know frames, schemes, config, files. */
#ifndef LSTM_H
#define LSTM_H

#include "errors.h"

enum { LANES = 16 }; /* two vectors of 256 bits, or four of SSE2, of f32 */

typedef enum { PRECISION_F32, PRECISION_F64 } precision;

/* X(CONSTANT, name): all activations. Each has a function and its slope in lstm_kernel.c; configs say its name. */
#define ACTIVATIONS(X)                                                                                                 \
    X(TANH, tanh)                                                                                                      \
    X(RELU, relu)                                                                                                      \
    X(SIGMOID, sigmoid)                                                                                                \
    X(HARD_SIGMOID, hard_sigmoid)     /* clip(0.2 x + 0.5, 0, 1), as Keras before 3 */                                 \
    X(HARD_SIGMOID_6, hard_sigmoid_6) /* clip(x / 6 + 0.5, 0, 1), as Keras 3 */                                        \
    X(LINEAR, linear)
#define ACTIVATION_CONSTANT(CONSTANT, name) ACTIVATION_##CONSTANT,
typedef enum { ACTIVATIONS(ACTIVATION_CONSTANT) } activation;

/* X(CONSTANT, name): all optimizers. Each has a function in lstm_kernel.c; configs say its name. */
#define OPTIMIZERS(X)                                                                                                  \
    X(ADAM, adam) /* Kingma and Ba (2015) */                                                                           \
    X(SGD, sgd)                                                                                                        \
    X(RMSPROP, rmsprop) /* Tieleman and Hinton (2012); rho is beta_2 */
#define OPTIMIZER_CONSTANT(CONSTANT, name) OPTIMIZER_##CONSTANT,
typedef enum { OPTIMIZERS(OPTIMIZER_CONSTANT) } optimizer_kind;

typedef enum {
    EPSILON_BEFORE_CORRECTION, /* Keras: lr_t m / (sqrt(v) + eps), lr_t = lr sqrt(1 - b2^t) / (1 - b1^t) */
    EPSILON_AFTER_CORRECTION,  /* PyTorch: lr m^ / (sqrt(v^) + eps), m^ = m / (1 - b1^t), v^ = v / (1 - b2^t) */
} epsilon_placement;

/* What an optimizer does not use it ignores. */
typedef struct {
    optimizer_kind kind;
    double learning_rate, beta_1, beta_2, epsilon;
    epsilon_placement placement;
} optimizer_spec;

/* What the network is: L inputs, one timestep, n neurons, one linear output. */
typedef struct {
    int lags, neurons; /* L, n >= 1 */
    activation activation, recurrent_activation;
    int bias_vectors; /* 1, or 2: an input and a recurrent one, both trained */
} lstm_shape;

/* One model's weights: [lstm_parameters] doubles in the order kernel L x 4n, recurrent_kernel n x 4n, bias 4n,
 * recurrent_bias 4n (two bias vectors only), dense_kernel n, dense_bias 1; matrices by rows, gates i, f, c, o. */
size_t lstm_parameters(const lstm_shape *shape);

/* Rows to learn from, in order. inputs [n][lags], targets [n]; not owned. */
typedef struct {
    const double *inputs, *targets;
    int n;
} lstm_rows;

typedef struct lstm lstm; /* LANES models with their optimizer and hidden state */

/* Which instructions the hot loops use. Every level gives the same bits. */
typedef enum { VECTOR_BASE, VECTOR_X86_64_V3, VECTOR_X86_64_V4 } vector_level;

vector_level lstm_best_level(void);              /* the widest level that this build and this processor have */
bool lstm_has_level(vector_level level);         /* this build and this processor have it */
const char *lstm_level_name(vector_level level); /* "base", "x86-64-v3", "x86-64-v4" */
int lstm_level_bits(vector_level level);         /* width of its vectors in bits */

/* A block with zero weights, fresh moments and zero state, for batches of up to places rows; NULL: out of memory. */
lstm *lstm_new(const lstm_shape *shape, const optimizer_spec *training, int places, precision real, vector_level level);
/* Bytes that lstm_new, or a copy of its block, takes. */
size_t lstm_bytes(const lstm_shape *shape, int places, precision real);
/* A block of one group with the same weights, moments and state, that records no loss. NULL: out of memory. */
lstm *lstm_copy(const lstm *from);
void lstm_free(lstm *model);

const lstm_shape *lstm_shape_of(const lstm *model);

/* weights [lstm_parameters], rounded to the block's precision on the way in. */
void lstm_set_weights(lstm *model, int lane, const double *weights);
void lstm_get_weights(const lstm *model, int lane, double *weights);

void lstm_reset_state(lstm *model);     /* h = c = 0, in every place of a batch too */
void lstm_reset_optimizer(lstm *model); /* m = v = 0, t = 0 */

/* Makes groups of lanes that may learn from different rows: group g ends before lane ends[g], the last one's before LANES. A
 * new block is one group. false: out of memory. */
bool lstm_group(lstm *model, const int *ends, int n);
/* Bytes that this takes beside lstm_bytes. */
size_t lstm_group_bytes(const lstm_shape *shape, precision real);
/* Sets aside the next group, in order: its weights, moments and count stay as they are now, until all that were set aside are
 * put back; its state is lost. The last group cannot be. */
void lstm_set_aside(lstm *model);
void lstm_put_back(lstm *model);

/* Whether a row hands its state to the next, or each starts from the state that the first one found. */
typedef enum { ROW_STATE_CARRIED, ROW_STATE_KEPT } row_state;

/* The rows in order: a gradient step after each. The state is left as the last row's forward pass computed it, so an
 * epoch may be handed over in pieces. */
void lstm_train_rows(lstm *model, const lstm_rows *rows, row_state state);

/* So many epochs. */
typedef struct {
    int n;
    row_state state;
    bool reset; /* after each, as by lstm_reset_state */
} lstm_epochs;

/* What lstm_train_rows, and lstm_reset_state where it is asked for, do in turns; small models are faster for it. At least
 * one row. Returns how many epochs there were: it ends once lstm_all_diverged, and the losses recorded are then void. */
int lstm_train_epochs(lstm *model, const lstm_rows *rows, const lstm_epochs *epochs);

/* The rows in batches of so many, 2 ... places, which divides rows->n: a gradient step after each batch, by the mean
 * gradient of its rows. Each place in the batch has a state of its own, handed on from batch to batch. */
void lstm_train_batches(lstm *model, const lstm_rows *rows, int batch, row_state state);

/* From the one state to that of every place, and from the last place's (the newest row's) back to the one. */
void lstm_spread_state(lstm *model, int batch);
void lstm_gather_state(lstm *model, int batch);

/* Whether the squared errors of the rows trained on are added up from here on. */
void lstm_record_loss(lstm *model, bool record);
/* loss [LANES]: the sum of (output - target)^2 over the rows since it was last taken, each before its own step. */
void lstm_take_loss(lstm *model, double *loss);

/* Every lane has come to NaN, where it stays: training on would change nothing. */
bool lstm_all_diverged(const lstm *model);

/* All weights of a lane are finite. */
bool lstm_weights_finite(const lstm *model, int lane);

/* Forward pass of one row (inputs [lags]) from the current state, which moves on. output [LANES]. */
void lstm_forecast(lstm *model, const double *inputs, double *output);

#endif
