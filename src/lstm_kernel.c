/* lstm_kernel.c - one gradient step after another on LANES models: forward, backward, Adam.
 *
 * Built once for each precision (-DREAL=float or double) and each level of vector instructions (-march=...), the
 * table of its functions under the name -DKERNEL=.... Every loop over lanes is elementwise, so all builds give the
 * same bits. Shapes: w [in][4n][LANES], z [4n][LANES]; gates in the order i, f, c, o. L inputs, n neurons.
 *
 * The functions that take the shape are inlined into callers where it is a constant; train_rows picks the caller.
 */
#include "elementary.h"
#include "lstm_block.h"

#include <math.h>

#ifndef REAL
#define REAL float /* for editors and linters that see this file by itself */
#define KERNEL lstm_kernel_f32_base
#endif

#define EACH_LANE _Pragma("omp simd") for (int l = 0; l < LANES; l++)
#define INLINE    static inline __attribute__((always_inline))

/* What stays the same over all steps of a fit, in the kernel's own precision. */
typedef struct {
    int lags, neurons, bias_vectors;
    activation activation, recurrent_activation;
    REAL beta_1, one_minus_beta_1, beta_2, one_minus_beta_2;
} constants;

/* Adam's two numbers that change from step to step. */
typedef struct { REAL rate, epsilon; } step_size;

INLINE REAL function_tanh(REAL x) { return _Generic(x, float: tanh_float, double: tanh_double)(x); }
INLINE REAL function_logistic(REAL x) { return _Generic(x, float: logistic_float, double: logistic_double)(x); }
INLINE REAL square_root(REAL x) { return _Generic(x, float: sqrtf, double: sqrt)(x); }

INLINE REAL clip(REAL x) {
    x = x < 0 ? 0 : x;
    return x > 1 ? 1 : x;
}

INLINE bool inside(REAL clipped) { return (clipped > 0) & (clipped < 1); }

/* z = a(z), z [LANES]. */
INLINE void activate(activation a, REAL *z) {
    switch (a) {
    case ACTIVATION_TANH: EACH_LANE z[l] = function_tanh(z[l]); break;
    case ACTIVATION_RELU: EACH_LANE z[l] = z[l] < 0 ? 0 : z[l]; break;
    case ACTIVATION_SIGMOID: EACH_LANE z[l] = function_logistic(z[l]); break;
    case ACTIVATION_HARD_SIGMOID: EACH_LANE z[l] = clip((REAL)0.2 * z[l] + (REAL)0.5); break;
    case ACTIVATION_HARD_SIGMOID_6: EACH_LANE z[l] = clip(z[l] / 6 + (REAL)0.5); break;
    case ACTIVATION_LINEAR: break;
    }
}

/* delta = delta a'(z) by the activated y = a(z); [LANES]. A clip's gradient is zero outside and at its ends. */
INLINE void through_derivative(activation a, const REAL *y, REAL *delta) {
    switch (a) {
    case ACTIVATION_TANH: EACH_LANE delta[l] *= 1 - y[l] * y[l]; break;
    case ACTIVATION_RELU: EACH_LANE delta[l] = y[l] > 0 ? delta[l] : 0; break;
    case ACTIVATION_SIGMOID: EACH_LANE delta[l] *= y[l] * (1 - y[l]); break;
    case ACTIVATION_HARD_SIGMOID: EACH_LANE delta[l] *= inside(y[l]) ? (REAL)0.2 : 0; break;
    case ACTIVATION_HARD_SIGMOID_6: EACH_LANE delta[l] *= inside(y[l]) ? 1 / (REAL)6 : 0; break;
    case ACTIVATION_LINEAR: break;
    }
}

/* z += w x for one input of all lanes: w [4n][LANES], z [4n][LANES]. */
INLINE void add_input(int n, const REAL *w, REAL x, REAL *z) {
    for (int g = 0; g < 4 * n; g++, w += LANES, z += LANES) EACH_LANE z[l] += w[l] * x;
}

/* z += w h for one neuron's hidden state: w [4n][LANES], h [LANES], z [4n][LANES]. */
INLINE void add_hidden(int n, const REAL *w, const REAL *h, REAL *z) {
    for (int g = 0; g < 4 * n; g++, w += LANES, z += LANES) EACH_LANE z[l] += w[l] * h[l];
}

/* The network's output for one row, y [LANES], and h', c', gates and a(c') on the way.
 *   z = b + x W + h U;  i, f, o = r(z);  c' = f c + i a(z_c);  h' = o a(c');  y = h' v + d */
INLINE void forward(lstm *model, const constants k, const double *inputs, REAL *y) {
    const int n = k.neurons, L = k.lags;
    const REAL *w = model->weights, *hidden = model->hidden, *cell = model->cell;
    REAL *gates = model->gates, *hidden_next = model->hidden_next, *cell_next = model->cell_next;
    REAL *squashed = model->squashed;
    const REAL *recurrent = w + (size_t)L * 4 * (size_t)n * LANES;
    const REAL *bias = recurrent + (size_t)n * 4 * (size_t)n * LANES;
    const REAL *dense = bias + (size_t)k.bias_vectors * 4 * (size_t)n * LANES;

    for (int g = 0; g < 4 * n * LANES; g += LANES) EACH_LANE gates[g + l] = bias[g + l];
    if (k.bias_vectors == 2)
        for (int g = 0; g < 4 * n * LANES; g += LANES) EACH_LANE gates[g + l] += bias[4 * n * LANES + g + l];
    for (int i = 0; i < L; i++) add_input(n, w + (size_t)i * 4 * (size_t)n * LANES, (REAL)inputs[i], gates);
    for (int j = 0; j < n; j++)
        add_hidden(n, recurrent + (size_t)j * 4 * (size_t)n * LANES, hidden + (size_t)j * LANES, gates);

    for (int j = 0; j < n; j++) activate(k.recurrent_activation, gates + (size_t)j * LANES);
    for (int j = n; j < 2 * n; j++) activate(k.recurrent_activation, gates + (size_t)j * LANES);
    for (int j = 2 * n; j < 3 * n; j++) activate(k.activation, gates + (size_t)j * LANES);
    for (int j = 3 * n; j < 4 * n; j++) activate(k.recurrent_activation, gates + (size_t)j * LANES);

    EACH_LANE y[l] = dense[n * LANES + l];
    for (int j = 0; j < n * LANES; j += LANES) {
        const REAL *in = gates + j, *forget = in + n * LANES, *candidate = forget + n * LANES,
                   *out = candidate + n * LANES;
        EACH_LANE cell_next[j + l] = forget[l] * cell[j + l] + in[l] * candidate[l];
        EACH_LANE squashed[j + l] = cell_next[j + l];
        activate(k.activation, squashed + j);
        EACH_LANE hidden_next[j + l] = out[l] * squashed[j + l];
        EACH_LANE y[l] += hidden_next[j + l] * dense[j + l];
    }
}

/* d loss / d z of all gates from d loss / d y; h and c that came in are constants.
 *   dh = dy v;  do = dh a(c');  dc = dh o a'(c');  di = dc a(z_c);  da(z_c) = dc i;  df = dc c */
INLINE void backward(lstm *model, const constants k, const REAL *dense, const REAL *dy) {
    const int n = k.neurons;
    const REAL *gates = model->gates, *squashed = model->squashed, *cell = model->cell;
    REAL *deltas = model->deltas;
    for (int j = 0; j < n * LANES; j += LANES) {
        const REAL *in = gates + j, *forget = in + n * LANES, *candidate = forget + n * LANES,
                   *out = candidate + n * LANES;
        REAL *d_in = deltas + j, *d_forget = d_in + n * LANES, *d_candidate = d_forget + n * LANES,
             *d_out = d_candidate + n * LANES;
        REAL d_cell[LANES];
        EACH_LANE {
            REAL d_hidden = dy[l] * dense[j + l];
            d_out[l] = d_hidden * squashed[j + l];
            d_cell[l] = d_hidden * out[l];
        }
        through_derivative(k.activation, squashed + j, d_cell);
        EACH_LANE {
            d_in[l] = d_cell[l] * candidate[l];
            d_candidate[l] = d_cell[l] * in[l];
            d_forget[l] = d_cell[l] * cell[j + l];
        }
        through_derivative(k.recurrent_activation, in, d_in);
        through_derivative(k.recurrent_activation, forget, d_forget);
        through_derivative(k.activation, candidate, d_candidate);
        through_derivative(k.recurrent_activation, out, d_out);
    }
}

/* One parameter's Adam step from its gradient; w, m, v [LANES].
 *   m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  w -= lr_t m / (sqrt(v) + eps) */
INLINE void adam(const constants k, step_size step, REAL g, REAL *w, REAL *m, REAL *v) {
    *m = k.beta_1 * *m + k.one_minus_beta_1 * g;
    *v = k.beta_2 * *v + k.one_minus_beta_2 * (g * g);
    *w -= step.rate * *m / (square_root(*v) + step.epsilon);
}

/* A parameter's place in all three arrays. */
typedef struct { REAL *w, *m, *v; } cursor;

INLINE void advance(cursor *at) {
    at->w += LANES;
    at->m += LANES;
    at->v += LANES;
}

/* Every weight moves by its gradient: W by x dz, U by h dz, b by dz, v by h' dy, d by dy. */
INLINE void update_weights(lstm *model, const constants k, step_size step, const double *inputs, const REAL *dy) {
    const int n = k.neurons;
    const REAL *deltas = model->deltas, *hidden = model->hidden, *hidden_next = model->hidden_next;
    cursor at = {model->weights, model->moment_1, model->moment_2};
    for (int i = 0; i < k.lags; i++) {
        const REAL x = (REAL)inputs[i];
        for (int g = 0; g < 4 * n * LANES; g += LANES, advance(&at))
            EACH_LANE adam(k, step, x * deltas[g + l], at.w + l, at.m + l, at.v + l);
    }
    for (int j = 0; j < n * LANES; j += LANES)
        for (int g = 0; g < 4 * n * LANES; g += LANES, advance(&at))
            EACH_LANE adam(k, step, hidden[j + l] * deltas[g + l], at.w + l, at.m + l, at.v + l);
    for (int b = 0; b < k.bias_vectors; b++)
        for (int g = 0; g < 4 * n * LANES; g += LANES, advance(&at))
            EACH_LANE adam(k, step, deltas[g + l], at.w + l, at.m + l, at.v + l);
    for (int j = 0; j < n * LANES; j += LANES, advance(&at))
        EACH_LANE adam(k, step, hidden_next[j + l] * dy[l], at.w + l, at.m + l, at.v + l);
    EACH_LANE adam(k, step, dy[l], at.w + l, at.m + l, at.v + l);
}

/* The step's rate and epsilon. Both places of epsilon have one form: dividing PyTorch's
 *   lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
 * through by sqrt(1 - b2^t) leaves Keras' with eps sqrt(1 - b2^t). The powers are kept as running products: after t
 * steps they are off by less than t ulp, and once below 1e-30 they no longer matter and must not become denormal. */
INLINE step_size next_step(lstm *model) {
    const optimizer_spec *o = &model->optimizer;
    model->beta_1_power = model->beta_1_power < 1e-30 ? 0 : model->beta_1_power * o->beta_1;
    model->beta_2_power = model->beta_2_power < 1e-30 ? 0 : model->beta_2_power * o->beta_2;
    double correction_2 = sqrt(1 - model->beta_2_power);
    double epsilon = o->placement == EPSILON_AFTER_CORRECTION ? o->epsilon * correction_2 : o->epsilon;
    return (step_size){(REAL)(o->learning_rate * correction_2 / (1 - model->beta_1_power)), (REAL)epsilon};
}

static inline void swap(void **a, void **b) {
    void *kept = *a;
    *a = *b;
    *b = kept;
}

INLINE void move_state_on(lstm *model) {
    swap(&model->hidden, &model->hidden_next);
    swap(&model->cell, &model->cell_next);
}

/* One gradient step: loss (y - target)^2, so dy = 2 (y - target). */
INLINE void step(lstm *model, const constants k, const double *inputs, REAL target) {
    REAL y[LANES], dy[LANES];
    const REAL *dense = (const REAL *)model->weights +
                        (size_t)(k.lags + k.neurons + k.bias_vectors) * 4 * (size_t)k.neurons * LANES;
    forward(model, k, inputs, y);
    EACH_LANE dy[l] = 2 * (y[l] - target);
    backward(model, k, dense, dy);
    update_weights(model, k, next_step(model), inputs, dy);
    move_state_on(model);
}

INLINE void epoch(lstm *model, const constants k, const lstm_rows *rows) {
    for (int r = 0; r < rows->n; r++) step(model, k, rows->inputs + (size_t)r * (size_t)k.lags, (REAL)rows->targets[r]);
}

static constants constants_of(const lstm *model) {
    const lstm_shape *s = &model->shape;
    const optimizer_spec *o = &model->optimizer;
    return (constants){s->lags,
                       s->neurons,
                       s->bias_vectors,
                       s->activation,
                       s->recurrent_activation,
                       (REAL)o->beta_1,
                       (REAL)(1 - o->beta_1),
                       (REAL)o->beta_2,
                       (REAL)(1 - o->beta_2)};
}

/* The presets' two pairs of activations as constants, where the branches on them fall away. */
static void epoch_one_neuron_hard(lstm *model, constants k, const lstm_rows *rows) {
    k.lags = k.neurons = k.bias_vectors = 1;
    k.activation = ACTIVATION_TANH;
    k.recurrent_activation = ACTIVATION_HARD_SIGMOID;
    epoch(model, k, rows);
}

static void epoch_hard(lstm *model, constants k, const lstm_rows *rows) {
    k.activation = ACTIVATION_TANH;
    k.recurrent_activation = ACTIVATION_HARD_SIGMOID;
    epoch(model, k, rows);
}

static void epoch_any(lstm *model, constants k, const lstm_rows *rows) { epoch(model, k, rows); }

static void train_rows(lstm *model, const lstm_rows *rows) {
    constants k = constants_of(model);
    bool hard = k.activation == ACTIVATION_TANH && k.recurrent_activation == ACTIVATION_HARD_SIGMOID;
    if (hard && k.lags == 1 && k.neurons == 1 && k.bias_vectors == 1)
        epoch_one_neuron_hard(model, k, rows);
    else if (hard)
        epoch_hard(model, k, rows);
    else
        epoch_any(model, k, rows);
}

static void forecast(lstm *model, const double *inputs, double *output) {
    REAL y[LANES];
    forward(model, constants_of(model), inputs, y);
    EACH_LANE output[l] = y[l];
    move_state_on(model);
}

extern const lstm_kernel KERNEL;
const lstm_kernel KERNEL = {train_rows, forecast};
