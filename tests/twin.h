/* twin.h - a plain scalar LSTM, one model, no lanes: the kernel must agree with it bit for bit.
 * Include with REAL defined as float or double; everything is named after TWIN(...). Equations: docs/semantics.md. */
#include <math.h>
#include <stdlib.h>

#define TWIN_PASTE(name, real) name##_##real
#define TWIN_NAME(name, real)  TWIN_PASTE(name, real)
#define TWIN(name)             TWIN_NAME(name, REAL)

/* w, m, v, gradients: [parameters] in the order of lstm_parameters(); hidden, cell: [n], the current place's state. */
typedef struct {
    lstm_shape shape;
    optimizer_spec training;
    double beta_1_power, beta_2_power;
    REAL *w, *m, *v, *gradients, *hidden, *cell;
} TWIN(twin);

static REAL TWIN(twin_activate)(activation a, REAL x) {
    switch (a) {
    case ACTIVATION_TANH: return TWIN(tanh)(x);
    case ACTIVATION_RELU: return x < 0 ? 0 : x;
    case ACTIVATION_SIGMOID: return TWIN(logistic)(x);
    case ACTIVATION_HARD_SIGMOID: x = (REAL)0.2 * x + (REAL)0.5; break;
    case ACTIVATION_HARD_SIGMOID_6: x = x / 6 + (REAL)0.5; break;
    case ACTIVATION_LINEAR: return x;
    }
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* a'(x) by y = a(x) */
static REAL TWIN(twin_slope)(activation a, REAL y) {
    switch (a) {
    case ACTIVATION_TANH: return 1 - y * y;
    case ACTIVATION_RELU: return y > 0;
    case ACTIVATION_SIGMOID: return y * (1 - y);
    case ACTIVATION_HARD_SIGMOID: return y > 0 && y < 1 ? (REAL)0.2 : 0;
    case ACTIVATION_HARD_SIGMOID_6: return y > 0 && y < 1 ? 1 / (REAL)6 : 0;
    case ACTIVATION_LINEAR: break;
    }
    return 1;
}

/* One step of every parameter by its gradient. */
static void TWIN(twin_step)(TWIN(twin) * t) {
    const optimizer_spec *o = &t->training;
    t->beta_1_power = t->beta_1_power < 1e-30 ? 0 : t->beta_1_power * o->beta_1;
    t->beta_2_power = t->beta_2_power < 1e-30 ? 0 : t->beta_2_power * o->beta_2;
    double correction = sqrt(1 - t->beta_2_power), epsilon = o->epsilon, rate = o->learning_rate;
    if (o->kind == OPTIMIZER_ADAM) rate = rate * correction / (1 - t->beta_1_power);
    if (o->kind == OPTIMIZER_ADAM && o->placement == EPSILON_AFTER_CORRECTION) epsilon *= correction;
    for (size_t p = 0; p < lstm_parameters(&t->shape); p++) {
        REAL g = t->gradients[p], *m = &t->m[p], *v = &t->v[p];
        *m = (REAL)o->beta_1 * *m + (REAL)(1 - o->beta_1) * g;
        *v = (REAL)o->beta_2 * *v + (REAL)(1 - o->beta_2) * (g * g);
        if (o->kind == OPTIMIZER_SGD)
            t->w[p] -= (REAL)rate * g;
        else
            t->w[p] -= (REAL)rate * (o->kind == OPTIMIZER_ADAM ? *m : g) / ((REAL)sqrt(*v) + (REAL)epsilon);
        t->gradients[p] = 0;
    }
}

/* One row: forward, and when target is not NULL its gradient is added up, dy = slope (y - target). Returns y. */
static REAL TWIN(twin_row)(TWIN(twin) * t, const double *inputs, const double *target, REAL slope) {
    const size_t n = (size_t)t->shape.neurons, L = (size_t)t->shape.lags, B = (size_t)t->shape.bias_vectors;
    const size_t recurrent = L * 4 * n, bias = recurrent + n * 4 * n, dense = bias + B * 4 * n;
    const activation r = t->shape.recurrent_activation, a = t->shape.activation;
    REAL *z = malloc(4 * n * sizeof *z), *dz = malloc(4 * n * sizeof *dz), *next = malloc(3 * n * sizeof *next);
    REAL *c = next + n, *s = next + 2 * n;

    for (size_t g = 0; g < 4 * n; g++) { /* z = b + x W + h U */
        z[g] = t->w[bias + g];
        if (B == 2) z[g] += t->w[bias + 4 * n + g];
        for (size_t i = 0; i < L; i++) z[g] += t->w[i * 4 * n + g] * (REAL)inputs[i];
        for (size_t j = 0; j < n; j++) z[g] += t->w[recurrent + j * 4 * n + g] * t->hidden[j];
        z[g] = TWIN(twin_activate)(g / n == 2 ? a : r, z[g]);
    }
    REAL y = t->w[dense + n];
    for (size_t j = 0; j < n; j++) { /* c' = f c + i a(z_c); h' = o a(c'); y = h' v + d */
        c[j] = z[n + j] * t->cell[j] + z[j] * z[2 * n + j];
        s[j] = TWIN(twin_activate)(a, c[j]);
        next[j] = z[3 * n + j] * s[j];
        y += next[j] * t->w[dense + j];
    }
    if (target) {
        REAL dy = slope * (y - (REAL)*target), *gradient = t->gradients;
        for (size_t j = 0; j < n; j++) {
            REAL dh = dy * t->w[dense + j], dc = dh * z[3 * n + j] * TWIN(twin_slope)(a, s[j]);
            dz[j] = dc * z[2 * n + j] * TWIN(twin_slope)(r, z[j]);
            dz[n + j] = dc * t->cell[j] * TWIN(twin_slope)(r, z[n + j]);
            dz[2 * n + j] = dc * z[j] * TWIN(twin_slope)(a, z[2 * n + j]);
            dz[3 * n + j] = dh * s[j] * TWIN(twin_slope)(r, z[3 * n + j]);
        }
        for (size_t g = 0; g < 4 * n; g++) {
            for (size_t i = 0; i < L; i++) gradient[i * 4 * n + g] += (REAL)inputs[i] * dz[g];
            for (size_t j = 0; j < n; j++) gradient[recurrent + j * 4 * n + g] += t->hidden[j] * dz[g];
            for (size_t b = 0; b < B; b++) gradient[bias + b * 4 * n + g] += dz[g];
        }
        for (size_t j = 0; j < n; j++) gradient[dense + j] += next[j] * dy;
        gradient[dense + n] += dy;
    }
    for (size_t j = 0; j < n; j++) t->hidden[j] = next[j], t->cell[j] = c[j];
    free(z), free(dz), free(next);
    return y;
}

/* Trains a twin from weights for epochs over rows, batch of them a step, then forecasts the last row from zero; weights
 * are replaced. kept: every row starts from zero. */
static double TWIN(twin_train)(const lstm_shape *shape, const optimizer_spec *training, const lstm_rows *rows,
                               int batch, bool kept, int epochs, double *weights) {
    size_t P = lstm_parameters(shape), n = (size_t)shape->neurons, B = (size_t)batch;
    REAL *memory = calloc(4 * P + 2 * n * B, sizeof *memory), *states = memory + 4 * P;
    TWIN(twin) t = {*shape, *training, 1, 1, memory, memory + P, memory + 2 * P, memory + 3 * P, NULL, NULL};
    for (size_t p = 0; p < P; p++) t.w[p] = (REAL)weights[p];
    for (int e = 0; e < epochs; e++) {
        for (size_t row = 0; row < (size_t)rows->n; row++) {
            t.hidden = states + row % B * 2 * n;
            t.cell = t.hidden + n;
            TWIN(twin_row)(&t, rows->inputs + row * (size_t)shape->lags, &rows->targets[row], (REAL)(2.0 / batch));
            for (size_t j = 0; kept && j < 2 * n; j++) t.hidden[j] = 0;
            if ((row + 1) % B == 0) TWIN(twin_step)(&t);
        }
        for (size_t j = 0; j < 2 * n * B; j++) states[j] = 0;
    }
    t.hidden = states, t.cell = states + n;
    double y = TWIN(twin_row)(&t, rows->inputs + (rows->n - 1) * shape->lags, NULL, 0);
    for (size_t p = 0; p < P; p++) weights[p] = t.w[p];
    free(memory);
    return y;
}

#undef TWIN_PASTE
#undef TWIN_NAME
#undef TWIN
