/* lstm_kernel.c - one gradient step after another on LANES models: forward, backward, optimizer.
 *
 * Built once for each precision (-DREAL=float or double) and each level of vector instructions (-march=...), the
 * table of its functions under the name -DKERNEL=.... Every loop over lanes is elementwise, so all builds give the
 * same bits. Shapes: w [in][4n][LANES], z [4n][LANES]; gates in the order i, f, c, o. L inputs, n neurons.
 *
 * The functions that take the constants are inlined into callers that know some of them; train_epochs picks the caller.
 */
#include "elementary.h"
#include "lstm_block.h"

#include <math.h>
#include <string.h>

#ifndef REAL
#define REAL   float /* for editors and linters that see this file by itself */
#define KERNEL lstm_kernel_f32_base
#endif

#define EACH_LANE _Pragma("omp simd") for (int l = 0; l < LANES; l++)
#ifndef INLINE /* a build that counts branches says plain static, or each would count once for every copy of it */
#define INLINE static inline __attribute__((always_inline))
#endif

/* What stays the same over all steps of a fit, in the kernel's own precision. */
typedef struct {
    int lags, neurons, bias_vectors;
    activation activation, recurrent_activation;
    optimizer_kind optimizer;
    REAL beta_1, one_minus_beta_1, beta_2, one_minus_beta_2;
    bool grouped; /* and Adam, whose rate is then not the same in all lanes */
} constants;

/* The optimizer's two numbers that may change from step to step, and from one group of lanes to the next. */
typedef struct {
    REAL rate, epsilon;                              /* of all lanes, */
    _Alignas(64) REAL rates[LANES], epsilons[LANES]; /* or of each where lanes are grouped */
} step_size;

INLINE REAL function_tanh(REAL x) { return _Generic(x, float : tanh_float, double : tanh_double)(x); }
INLINE REAL function_logistic(REAL x) { return _Generic(x, float : logistic_float, double : logistic_double)(x); }
INLINE REAL square_root(REAL x) { return _Generic(x, float : sqrtf, double : sqrt)(x); }

/* --- activations: a function and its slope each, for a row in ACTIVATIONS of lstm.h ------------------------------ */

INLINE REAL clip(REAL x) {
    x = x < 0 ? 0 : x;
    return x > 1 ? 1 : x;
}

/* A clip's gradient is zero outside and at its ends. */
INLINE bool inside(REAL clipped) { return (clipped > 0) & (clipped < 1); }

/* a(x), and a'(x) by y = a(x). */
INLINE REAL activation_tanh(REAL x) { return function_tanh(x); }
INLINE REAL slope_tanh(REAL y) { return 1 - y * y; }
INLINE REAL activation_relu(REAL x) { return x < 0 ? 0 : x; }
INLINE REAL slope_relu(REAL y) { return y > 0 ? 1 : 0; }
INLINE REAL activation_sigmoid(REAL x) { return function_logistic(x); }
INLINE REAL slope_sigmoid(REAL y) { return y * (1 - y); }
INLINE REAL activation_hard_sigmoid(REAL x) { return clip((REAL)0.2 * x + (REAL)0.5); }
INLINE REAL slope_hard_sigmoid(REAL y) { return inside(y) ? (REAL)0.2 : 0; }
INLINE REAL activation_hard_sigmoid_6(REAL x) { return clip(x / 6 + (REAL)0.5); }
INLINE REAL slope_hard_sigmoid_6(REAL y) { return inside(y) ? 1 / (REAL)6 : 0; }
INLINE REAL activation_linear(REAL x) { return x; }
INLINE REAL slope_linear(REAL y) { return (void)y, 1; }

/* z = a(z), z [LANES]. */
INLINE void activate(activation a, REAL *z) {
#define ACTIVATE(CONSTANT, name)                                                                                       \
    case ACTIVATION_##CONSTANT: EACH_LANE z[l] = activation_##name(z[l]); break;
    switch (a) { ACTIVATIONS(ACTIVATE) }
#undef ACTIVATE
}

/* delta = delta a'(z) by the activated y = a(z); [LANES]. */
INLINE void through_slope(activation a, const REAL *y, REAL *delta) {
#define SLOPE(CONSTANT, name)                                                                                          \
    case ACTIVATION_##CONSTANT: EACH_LANE delta[l] *= slope_##name(y[l]); break;
    switch (a) { ACTIVATIONS(SLOPE) }
#undef SLOPE
}

/* --- forward and backward --------------------------------------------------------------------------------------- */

/* z += w x for one input of all lanes: w [4n][LANES], z [4n][LANES]. */
INLINE void add_input(int n, const REAL *w, REAL x, REAL *z) {
    for (int g = 0; g < 4 * n; g++, w += LANES, z += LANES) EACH_LANE z[l] += w[l] * x;
}

/* z += w h for one neuron's hidden state: w [4n][LANES], h [LANES], z [4n][LANES]. */
INLINE void add_hidden(int n, const REAL *w, const REAL *h, REAL *z) {
    for (int g = 0; g < 4 * n; g++, w += LANES, z += LANES) EACH_LANE z[l] += w[l] * h[l];
}

/* Where the parts of the weights begin. */
INLINE REAL *recurrent_of(const lstm *model, const constants k) {
    return (REAL *)model->weights + (size_t)k.lags * 4 * (size_t)k.neurons * LANES;
}
INLINE REAL *bias_of(const lstm *model, const constants k) {
    return recurrent_of(model, k) + (size_t)k.neurons * 4 * (size_t)k.neurons * LANES;
}
INLINE REAL *dense_of(const lstm *model, const constants k) {
    return bias_of(model, k) + (size_t)k.bias_vectors * 4 * (size_t)k.neurons * LANES;
}

/* What the gates of one row are, before they are activated: z = b + x W + h U, added up in this order. */
INLINE void sum_gates(lstm *model, const constants k, const double *inputs) {
    const int n = k.neurons;
    const REAL *w = model->weights, *recurrent = recurrent_of(model, k), *bias = bias_of(model, k);
    const REAL *hidden = model->hidden;
    REAL *gates = model->gates;
    for (int g = 0; g < 4 * n * LANES; g += LANES) EACH_LANE gates[g + l] = bias[g + l];
    if (k.bias_vectors == 2)
        for (int g = 0; g < 4 * n * LANES; g += LANES) EACH_LANE gates[g + l] += bias[4 * n * LANES + g + l];
    for (int i = 0; i < k.lags; i++) add_input(n, w + (size_t)i * 4 * (size_t)n * LANES, (REAL)inputs[i], gates);
    for (int j = 0; j < n; j++)
        add_hidden(n, recurrent + (size_t)j * 4 * (size_t)n * LANES, hidden + (size_t)j * LANES, gates);
}

/* The network's output for one row, y [LANES], by its z, and gates, c', a(c') and h' on the way.
 *   i, f, o = r(z);  c' = f c + i a(z_c);  h' = o a(c');  y = h' v + d */
INLINE void finish_forward(lstm *model, const constants k, REAL *y) {
    const int n = k.neurons;
    const REAL *cell = model->cell, *dense = dense_of(model, k);
    REAL *gates = model->gates, *hidden_next = model->hidden_next, *cell_next = model->cell_next;
    REAL *squashed = model->squashed;

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
        through_slope(k.activation, squashed + j, d_cell);
        EACH_LANE {
            d_in[l] = d_cell[l] * candidate[l];
            d_candidate[l] = d_cell[l] * in[l];
            d_forget[l] = d_cell[l] * cell[j + l];
        }
        through_slope(k.recurrent_activation, in, d_in);
        through_slope(k.recurrent_activation, forget, d_forget);
        through_slope(k.activation, candidate, d_candidate);
        through_slope(k.recurrent_activation, out, d_out);
    }
}

/* --- optimizers: a step of one parameter in all lanes each, for a row in OPTIMIZERS of lstm.h ---------------------
 * g, w, m, v [LANES]: gradient, weight, moments */

/* m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  w -= lr_t m / (sqrt(v) + eps) */
INLINE void optimizer_adam(const constants k, const step_size *step, const REAL *restrict g, REAL *restrict w,
                           REAL *restrict m, REAL *restrict v) {
    const REAL *restrict rates = step->rates, *restrict epsilons = step->epsilons;
    const REAL rate = step->rate, epsilon = step->epsilon;
    EACH_LANE {
        m[l] = k.beta_1 * m[l] + k.one_minus_beta_1 * g[l];
        v[l] = k.beta_2 * v[l] + k.one_minus_beta_2 * (g[l] * g[l]);
        w[l] -= (k.grouped ? rates[l] : rate) * m[l] / (square_root(v[l]) + (k.grouped ? epsilons[l] : epsilon));
    }
}

/* w -= lr g */
INLINE void optimizer_sgd(const constants k, const step_size *step, const REAL *restrict g, REAL *restrict w,
                          REAL *restrict m, REAL *restrict v) {
    (void)k, (void)m, (void)v;
    EACH_LANE w[l] -= step->rate * g[l];
}

/* v = b2 v + (1 - b2) g^2;  w -= lr g / (sqrt(v) + eps): RMSprop as Keras 2.0 writes it, with rho for b2 */
INLINE void optimizer_rmsprop(const constants k, const step_size *step, const REAL *restrict g, REAL *restrict w,
                              REAL *restrict m, REAL *restrict v) {
    (void)m;
    EACH_LANE {
        v[l] = k.beta_2 * v[l] + k.one_minus_beta_2 * (g[l] * g[l]);
        w[l] -= step->rate * g[l] / (square_root(v[l]) + step->epsilon);
    }
}

INLINE void move(const constants k, const step_size *step, const REAL *g, REAL *w, REAL *m, REAL *v) {
#define MOVE(CONSTANT, name)                                                                                           \
    case OPTIMIZER_##CONSTANT: optimizer_##name(k, step, g, w, m, v); break;
    switch (k.optimizer) { OPTIMIZERS(MOVE) }
#undef MOVE
}

/* What is done with each parameter's gradient: a weight is moved at once, or, in a batch, the gradient is added up. */
typedef enum { MOVE_WEIGHTS, ADD_GRADIENTS } gradient_use;

/* What a moved weight is multiplied by at once, while it is at hand, for the next row's z; see use_gradients. */
typedef struct {
    const double *inputs; /* of the next row; NULL: there is none, or a batch's weights are not moved yet */
    const REAL *hidden;   /* that it starts from */
} next_row;

/* The parameter that begins at so many numbers, by its gradient g [LANES]. */
INLINE void use_gradient(lstm *model, const constants k, gradient_use use, const step_size *step, const REAL *g,
                         size_t at) {
    REAL *gradients = model->gradients, *w = model->weights, *m = model->moment_1, *v = model->moment_2;
    if (use == MOVE_WEIGHTS)
        move(k, step, g, w + at, m + at, v + at);
    else
        EACH_LANE gradients[at + (size_t)l] += g[l];
}

/* The weights from one input, or hidden state, to all gates, by its value a [LANES]. With next, the same of the next row,
 * z += w next. */
INLINE void use_row(lstm *model, const constants k, gradient_use use, const step_size *step, const REAL *a, size_t at,
                    const REAL *next) {
    const REAL *deltas = model->deltas, *w = model->weights;
    REAL *z = model->gates;
    for (size_t g = 0; g < 4 * (size_t)k.neurons * LANES; g += LANES) {
        REAL gradient[LANES];
        EACH_LANE gradient[l] = a[l] * deltas[g + (size_t)l];
        use_gradient(model, k, use, step, gradient, at + g);
        if (next) EACH_LANE z[g + (size_t)l] += w[at + g + (size_t)l] * next[l];
    }
}

/* Every weight's gradient: b: dz, W: x dz, U: h dz, v: h' dy, d: dy. Each weight of a gate that has moved goes into the
 * next row's z right away, in the order of sum_gates, instead of being fetched from memory once more. */
INLINE void use_gradients(lstm *model, const constants k, gradient_use use, const step_size *step, const double *inputs,
                          const REAL *dy, next_row next) {
    const size_t n = (size_t)k.neurons, gates = 4 * n * LANES, bias = ((size_t)k.lags + n) * gates;
    const size_t dense = bias + (size_t)k.bias_vectors * gates;
    const REAL *deltas = model->deltas, *hidden = model->hidden, *hidden_next = model->hidden_next, *w = model->weights;
    REAL *z = model->gates;
    for (size_t g = 0; g < gates; g += LANES) {
        use_gradient(model, k, use, step, deltas + g, bias + g);
        if (next.inputs) EACH_LANE z[g + (size_t)l] = w[bias + g + (size_t)l];
    }
    for (size_t g = 0; k.bias_vectors == 2 && g < gates; g += LANES) {
        use_gradient(model, k, use, step, deltas + g, bias + gates + g);
        if (next.inputs) EACH_LANE z[g + (size_t)l] += w[bias + gates + g + (size_t)l];
    }
    for (size_t i = 0; i < (size_t)k.lags; i++) {
        REAL x[LANES], x_next[LANES];
        EACH_LANE x[l] = (REAL)inputs[i];
        if (next.inputs) EACH_LANE x_next[l] = (REAL)next.inputs[i];
        use_row(model, k, use, step, x, i * gates, next.inputs ? x_next : NULL);
    }
    for (size_t j = 0; j < n; j++)
        use_row(model, k, use, step, hidden + j * LANES, ((size_t)k.lags + j) * gates,
                next.inputs ? next.hidden + j * LANES : NULL);
    for (size_t j = 0; j < n * LANES; j += LANES) {
        REAL gradient[LANES];
        EACH_LANE gradient[l] = hidden_next[j + (size_t)l] * dy[l];
        use_gradient(model, k, use, step, gradient, dense + j);
    }
    use_gradient(model, k, use, step, dy, dense + n * LANES);
}

/* The next step's rate and epsilon of a group. Both places of Adam's epsilon have one form: dividing PyTorch's
 *   lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
 * through by sqrt(1 - b2^t) leaves Keras' with eps sqrt(1 - b2^t). The powers are kept as running products: after t
 * steps they are off by less than t ulp, and once below 1e-30 they no longer matter and must not become denormal. */
INLINE void correct(const optimizer_spec *o, lane_group *group, step_size *step) {
    group->beta_1_power = group->beta_1_power < 1e-30 ? 0 : group->beta_1_power * o->beta_1;
    group->beta_2_power = group->beta_2_power < 1e-30 ? 0 : group->beta_2_power * o->beta_2;
    double correction_2 = sqrt(1 - group->beta_2_power);
    step->rate = (REAL)(o->learning_rate * correction_2 / (1 - group->beta_1_power));
    step->epsilon = (REAL)(o->placement == EPSILON_AFTER_CORRECTION ? o->epsilon * correction_2 : o->epsilon);
}

/* Groups that are set aside stay where they are; what their lanes do meanwhile does not matter. Not inlined: it is once a
 * step, and vectorised.sh counts. */
static __attribute__((noinline)) void correct_groups(lstm *model, step_size *step) {
    for (int g = model->n_aside, lane = 0; g < model->n_groups; g++) {
        correct(&model->optimizer, &model->groups[g], step);
        for (; lane < model->groups[g].end; lane++) {
            step->rates[lane] = step->rate;
            step->epsilons[lane] = step->epsilon;
        }
    }
}

INLINE void next_step(lstm *model, const constants k, step_size *step) {
    const optimizer_spec *o = &model->optimizer;
    if (k.optimizer != OPTIMIZER_ADAM) {
        step->rate = (REAL)o->learning_rate;
        step->epsilon = (REAL)o->epsilon;
    } else if (k.grouped) {
        correct_groups(model, step);
    } else {
        correct(o, &model->groups[0], step);
    }
}

/* --- rows ------------------------------------------------------------------------------------------------------- */

static inline void swap(void **a, void **b) {
    void *kept = *a;
    *a = *b;
    *b = kept;
}

INLINE void move_state_on(lstm *model) {
    swap(&model->hidden, &model->hidden_next);
    swap(&model->cell, &model->cell_next);
}

static void add_loss(lstm *model, const REAL *y, REAL target) {
    EACH_LANE model->loss[l] += (double)((y[l] - target) * (y[l] - target));
}

/* From a row's z to its deltas: its loss is (y - target)^2, or its share of a batch's mean, so that
 * dy = slope (y - target) with slope 2, or 2 / rows. */
INLINE void back_from_loss(lstm *model, const constants k, REAL target, REAL slope, REAL *dy) {
    REAL y[LANES];
    finish_forward(model, k, y);
    if (model->records_loss) add_loss(model, y, target);
    EACH_LANE dy[l] = slope * (y[l] - target);
    backward(model, k, dense_of(model, k), dy);
}

/* One epoch, a gradient step after each row. */
INLINE void train_epoch(lstm *model, const constants k, const lstm_rows *rows, row_state state) {
    step_size step;
    if (rows->n > 0) sum_gates(model, k, rows->inputs);
    for (int r = 0; r < rows->n; r++) {
        const double *inputs = rows->inputs + (size_t)r * (size_t)k.lags;
        const REAL *hidden = state == ROW_STATE_CARRIED ? model->hidden_next : model->hidden;
        next_row next = {r + 1 < rows->n ? inputs + k.lags : NULL, hidden};
        REAL dy[LANES];
        back_from_loss(model, k, (REAL)rows->targets[r], 2, dy);
        next_step(model, k, &step);
        use_gradients(model, k, MOVE_WEIGHTS, &step, inputs, dy, next);
        if (state == ROW_STATE_CARRIED) move_state_on(model);
    }
}

/* Whether every lane has come to NaN; at a glance most often. */
INLINE bool has_diverged(const lstm *model, const constants k) {
    REAL dense_bias = dense_of(model, k)[k.neurons * LANES];
    return dense_bias != dense_bias && lstm_all_diverged(model);
}

/* Returns the epochs that there were. */
INLINE int train(lstm *model, const constants k, const lstm_rows *rows, const lstm_epochs *epochs) {
    int done = 0;
    for (bool diverged = false; done < epochs->n && !diverged; done++) {
        train_epoch(model, k, rows, epochs->state);
        if (epochs->reset) lstm_reset_state(model);
        diverged = has_diverged(model, k);
    }
    return done;
}

#include "lstm_one.h"

static constants constants_of(const lstm *model) {
    const lstm_shape *s = &model->shape;
    const optimizer_spec *o = &model->optimizer;
    return (constants){.lags = s->lags,
                       .neurons = s->neurons,
                       .bias_vectors = s->bias_vectors,
                       .activation = s->activation,
                       .recurrent_activation = s->recurrent_activation,
                       .optimizer = o->kind,
                       .beta_1 = (REAL)o->beta_1,
                       .one_minus_beta_1 = (REAL)(1 - o->beta_1),
                       .beta_2 = (REAL)o->beta_2,
                       .one_minus_beta_2 = (REAL)(1 - o->beta_2),
                       .grouped = o->kind == OPTIMIZER_ADAM && model->n_groups > 1};
}

/* Copies a place's state to where sum_gates() and finish_forward() read it, or back from where they leave it. */
static void take_place(lstm *model, int n, size_t place) {
    const REAL *hidden = (const REAL *)model->place_hidden + place * (size_t)n * LANES;
    const REAL *cell = (const REAL *)model->place_cell + place * (size_t)n * LANES;
    memcpy(model->hidden, hidden, (size_t)n * LANES * sizeof *hidden);
    memcpy(model->cell, cell, (size_t)n * LANES * sizeof *cell);
}

static void leave_place(lstm *model, int n, size_t place) {
    REAL *hidden = (REAL *)model->place_hidden + place * (size_t)n * LANES;
    REAL *cell = (REAL *)model->place_cell + place * (size_t)n * LANES;
    memcpy(hidden, model->hidden_next, (size_t)n * LANES * sizeof(REAL));
    memcpy(cell, model->cell_next, (size_t)n * LANES * sizeof(REAL));
}

/* One step of a batch: row p of it goes on from the state of place p; the gradient is the mean over the rows. */
static void train_batch(lstm *model, constants k, const lstm_rows *rows, row_state state) {
    k.grouped = false;
    const size_t parameters = lstm_parameters(&model->shape);
    REAL *gradients = model->gradients, *w = model->weights, *m = model->moment_1, *v = model->moment_2;
    memset(gradients, 0, parameters * LANES * sizeof *gradients);
    for (int p = 0; p < rows->n; p++) {
        const double *inputs = rows->inputs + (size_t)p * (size_t)k.lags;
        REAL dy[LANES];
        take_place(model, k.neurons, (size_t)p);
        sum_gates(model, k, inputs);
        back_from_loss(model, k, (REAL)rows->targets[p], (REAL)(2.0 / rows->n), dy);
        use_gradients(model, k, ADD_GRADIENTS, NULL, inputs, dy, (next_row){0});
        if (state == ROW_STATE_CARRIED) leave_place(model, k.neurons, (size_t)p);
    }
    step_size step;
    next_step(model, k, &step);
    for (size_t p = 0; p < parameters * LANES; p += LANES) move(k, &step, gradients + p, w + p, m + p, v + p);
}

/* What most fits are, as constants, where the branches on them fall away. */
INLINE constants known(constants k, activation recurrent_activation, bool grouped) {
    k.activation = ACTIVATION_TANH;
    k.recurrent_activation = recurrent_activation;
    k.optimizer = OPTIMIZER_ADAM;
    k.grouped = grouped;
    return k;
}

/* With one input and one neuron. */
#define TRAIN_ONE(name, recurrent_activation, biases, grouped)                                                         \
    static int name(lstm *model, constants k, const lstm_rows *rows, const lstm_epochs *epochs) {                      \
        k.bias_vectors = biases;                                                                                       \
        return train_halves(model, known(k, recurrent_activation, grouped), rows, epochs);                             \
    }
TRAIN_ONE(train_one_hard, ACTIVATION_HARD_SIGMOID, 1, false)
TRAIN_ONE(train_one_hard_groups, ACTIVATION_HARD_SIGMOID, 1, true)
TRAIN_ONE(train_one_soft, ACTIVATION_SIGMOID, 1, false)
TRAIN_ONE(train_one_soft_groups, ACTIVATION_SIGMOID, 1, true)
TRAIN_ONE(train_one_soft_biases, ACTIVATION_SIGMOID, 2, false)
TRAIN_ONE(train_one_soft_biases_groups, ACTIVATION_SIGMOID, 2, true)

static int train_hard(lstm *model, constants k, const lstm_rows *rows, const lstm_epochs *epochs) {
    return train(model, known(k, ACTIVATION_HARD_SIGMOID, false), rows, epochs);
}

static int train_adam(lstm *model, constants k, const lstm_rows *rows, const lstm_epochs *epochs) {
    k.optimizer = OPTIMIZER_ADAM;
    k.grouped = false;
    return train(model, k, rows, epochs);
}

static int train_adam_groups(lstm *model, constants k, const lstm_rows *rows, const lstm_epochs *epochs) {
    k.optimizer = OPTIMIZER_ADAM;
    k.grouped = true;
    return train(model, k, rows, epochs);
}

static int train_any(lstm *model, constants k, const lstm_rows *rows, const lstm_epochs *epochs) {
    k.grouped = false;
    return train(model, k, rows, epochs);
}

static int train_epochs(lstm *model, const lstm_rows *rows, const lstm_epochs *epochs) {
    constants k = constants_of(model);
    bool adam = k.optimizer == OPTIMIZER_ADAM;
    bool hard = adam && k.activation == ACTIVATION_TANH && k.recurrent_activation == ACTIVATION_HARD_SIGMOID;
    bool soft = adam && k.activation == ACTIVATION_TANH && k.recurrent_activation == ACTIVATION_SIGMOID;
    bool one = k.lags == 1 && k.neurons == 1, plain = one && k.bias_vectors == 1;
    return (hard && plain && k.grouped   ? train_one_hard_groups
            : hard && plain              ? train_one_hard
            : soft && plain && k.grouped ? train_one_soft_groups
            : soft && plain              ? train_one_soft
            : soft && one && k.grouped   ? train_one_soft_biases_groups
            : soft && one                ? train_one_soft_biases
            : k.grouped                  ? train_adam_groups
            : hard                       ? train_hard
            : adam                       ? train_adam
                                         : train_any)(model, k, rows, epochs);
}

static void train_batches(lstm *model, const lstm_rows *rows, int batch, row_state state) {
    const constants k = constants_of(model);
    for (int first = 0; first < rows->n; first += batch) {
        lstm_rows part = {rows->inputs + (size_t)first * (size_t)k.lags, rows->targets + first, batch};
        train_batch(model, k, &part, state);
    }
}

static void forecast(lstm *model, const double *inputs, double *output) {
    const constants k = constants_of(model);
    REAL y[LANES];
    sum_gates(model, k, inputs);
    finish_forward(model, k, y);
    EACH_LANE output[l] = y[l];
    move_state_on(model);
}

/* All lanes are gone through, so that it is done by vectors. */
static void copy_lanes(void *restrict to, const void *restrict from, size_t n, int first, int end) {
    REAL *a = to;
    const REAL *b = from;
    for (size_t at = 0; at < n * LANES; at += LANES)
        EACH_LANE a[at + (size_t)l] = ((l >= first) & (l < end)) ? b[at + (size_t)l] : a[at + (size_t)l];
}

extern const lstm_kernel KERNEL;
const lstm_kernel KERNEL = {train_epochs, train_batches, forecast, copy_lanes};
