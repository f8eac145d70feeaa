/* test_lstm.c - the kernel against a scalar twin, finite differences and itself at every vector level. */
#include "elementary.h"
#include "lstm_block.h"
#include "rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define REAL float
#include "twin.h"
#undef REAL
#define REAL double
#include "twin.h"

static const optimizer_spec keras = {OPTIMIZER_ADAM, 0.01, 0.9, 0.999, 1e-8, EPSILON_BEFORE_CORRECTION};
static const optimizer_spec sgd = {OPTIMIZER_SGD, 0.05, 0.9, 0.999, 1e-8, EPSILON_BEFORE_CORRECTION};
static const optimizer_spec rmsprop = {OPTIMIZER_RMSPROP, 0.01, 0.9, 0.9, 1e-7, EPSILON_BEFORE_CORRECTION};
static const optimizer_spec pytorch = {OPTIMIZER_ADAM, 0.01, 0.9, 0.999, 1e-3, EPSILON_AFTER_CORRECTION};

static const lstm_shape shapes[] = {
    {1, 1, ACTIVATION_TANH, ACTIVATION_HARD_SIGMOID, 1},   {1, 1, ACTIVATION_TANH, ACTIVATION_SIGMOID, 1},
    {1, 1, ACTIVATION_TANH, ACTIVATION_HARD_SIGMOID, 2},   {3, 1, ACTIVATION_TANH, ACTIVATION_HARD_SIGMOID, 1},
    {1, 2, ACTIVATION_TANH, ACTIVATION_HARD_SIGMOID, 1},   {2, 5, ACTIVATION_TANH, ACTIVATION_SIGMOID, 2},
    {2, 3, ACTIVATION_RELU, ACTIVATION_HARD_SIGMOID_6, 1}, {1, 4, ACTIVATION_SIGMOID, ACTIVATION_LINEAR, 1},
    {1, 17, ACTIVATION_TANH, ACTIVATION_HARD_SIGMOID, 1},  {4, 3, ACTIVATION_HARD_SIGMOID, ACTIVATION_RELU, 2},
    {1, 1, ACTIVATION_TANH, ACTIVATION_SIGMOID, 2},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes, N_ROWS = 6, MAX_LAGS = 4 };

/* Six made-up rows. */
static lstm_rows some_rows(int lags, double *inputs, double *targets) {
    rng_stream s = {11, 0, 0, 0};
    for (uint32_t i = 0; i < (uint32_t)(N_ROWS * lags); i++) inputs[i] = 2 * rng_uniform(&s, i) - 1;
    for (uint32_t i = 0; i < N_ROWS; i++) targets[i] = 2 * rng_uniform(&s, 1000 + i) - 1;
    return (lstm_rows){inputs, targets, N_ROWS};
}

/* Weights of one lane, in +-0.8. */
static double *some_weights(const lstm_shape *shape, int lane) {
    size_t P = lstm_parameters(shape);
    double *w = malloc(P * sizeof *w);
    rng_stream s = {12, (uint32_t)lane, 0, 0};
    for (size_t p = 0; p < P; p++) w[p] = (2 * rng_uniform(&s, (uint32_t)p) - 1) * 0.8;
    return w;
}

static lstm *some_block(const lstm_shape *shape, const optimizer_spec *training, int places, precision real,
                        vector_level level) {
    lstm *model = lstm_new(shape, training, places, real, level);
    for (int lane = 0; lane < LANES; lane++) {
        double *w = some_weights(shape, lane);
        lstm_set_weights(model, lane, w);
        free(w);
    }
    return model;
}

static void train_block(lstm *model, const lstm_rows *rows, int epochs) {
    for (int e = 0; e < epochs; e++) {
        lstm_train_rows(model, rows, ROW_STATE_CARRIED);
        lstm_reset_state(model);
    }
}

/* Five epochs of a block and of a twin for each of its lanes. */
static void assert_block_equals_twins(const lstm_shape *shape, const optimizer_spec *training, int batch,
                                      row_state state, precision real, vector_level level) {
    double inputs[N_ROWS * MAX_LAGS], targets[N_ROWS], output[LANES];
    lstm_rows rows = some_rows(shape->lags, inputs, targets);
    size_t P = lstm_parameters(shape);
    double *got = malloc(P * sizeof *got);
    lstm *model = some_block(shape, training, batch, real, level);
    for (int e = 0; e < 5; e++) {
        if (batch > 1)
            lstm_train_batches(model, &rows, batch, state);
        else
            lstm_train_rows(model, &rows, state);
        lstm_reset_state(model);
    }
    lstm_forecast(model, inputs + (N_ROWS - 1) * shape->lags, output);
    for (int lane = 0; lane < LANES; lane++) {
        double *w = some_weights(shape, lane);
        double y = real == PRECISION_F32
                       ? twin_train_float(shape, training, &rows, batch, state == ROW_STATE_KEPT, 5, w)
                       : twin_train_double(shape, training, &rows, batch, state == ROW_STATE_KEPT, 5, w);
        lstm_get_weights(model, lane, got);
        assert_memory_equal(got, w, P * sizeof *w);
        assert_memory_equal(&output[lane], &y, sizeof y);
        free(w);
    }
    lstm_free(model);
    free(got);
}

static void kernel_agrees_with_the_scalar_twin_bit_for_bit(void **state) {
    (void)state;
    const optimizer_spec *const optimizers[] = {&keras, &pytorch, &sgd, &rmsprop};
    for (vector_level level = VECTOR_BASE; level <= lstm_best_level(); level++) {
        if (!lstm_has_level(level)) continue;
        for (int i = 0; i < N_SHAPES; i++)
            for (precision real = PRECISION_F32; real <= PRECISION_F64; real++)
                for (int o = 0; o < 4; o++)
                    for (int batch = 1; batch <= 3; batch++)
                        for (row_state kept = ROW_STATE_CARRIED; kept <= ROW_STATE_KEPT; kept++)
                            assert_block_equals_twins(&shapes[i], optimizers[o], batch, kept, real, level);
    }
}

/* Squared error of lane 0 on one row from the state that an earlier row leaves, for weights w. */
static double loss_at(lstm *model, const double *w, const double *inputs, int lags, double target) {
    double output[LANES];
    lstm_set_weights(model, 0, w);
    lstm_forecast(model, inputs + lags, output);
    return (output[0] - target) * (output[0] - target);
}

/* With b1 = b2 = 0 a step is lr g / (|g| + eps); lr = eps = 1e6 leaves g / (1 + |g| / eps). */
static void gradients_are_those_of_finite_differences(void **state) {
    (void)state;
    const optimizer_spec bare = {OPTIMIZER_ADAM, 1e6, 0, 0, 1e6, EPSILON_BEFORE_CORRECTION};
    for (int i = 0; i < N_SHAPES; i++) {
        const lstm_shape *shape = &shapes[i];
        double inputs[N_ROWS * MAX_LAGS], targets[N_ROWS], output[LANES];
        some_rows(shape->lags, inputs, targets);
        size_t P = lstm_parameters(shape);
        double *w = some_weights(shape, 0), *stepped = malloc(P * sizeof *stepped);
        lstm *before = some_block(shape, &bare, 1, PRECISION_F64, VECTOR_BASE);
        lstm_forecast(before, inputs, output); /* a state that is not zero */
        lstm *after = lstm_copy(before);
        lstm_rows row = {inputs + shape->lags, targets + 1, 1};
        lstm_train_rows(after, &row, ROW_STATE_CARRIED);
        lstm_get_weights(after, 0, stepped);
        for (size_t p = 0; p < P; p++) {
            double step = w[p] - stepped[p], gradient = step / (1 - fabs(step) / 1e6), kept = w[p], h = 1e-5;
            double loss[2];
            for (int side = 0; side < 2; side++) {
                lstm *probe = lstm_copy(before);
                w[p] = kept + (side ? h : -h);
                loss[side] = loss_at(probe, w, inputs, shape->lags, targets[1]);
                lstm_free(probe);
            }
            w[p] = kept;
            double difference = (loss[1] - loss[0]) / (2 * h);
            if (fabs(gradient - difference) > 1e-8 * (1 + fabs(difference)))
                fail_msg("shape %d, parameter %zu: gradient %.12g, finite difference %.12g", i, p, gradient,
                         difference);
        }
        lstm_free(before);
        lstm_free(after);
        free(w);
        free(stepped);
    }
}

/* The mean of the losses of a batch of three, each place from its own state; h, c that came in are constants. */
static void a_batchs_gradient_is_that_of_its_mean_loss(void **state) {
    (void)state;
    const optimizer_spec plain_sgd = {OPTIMIZER_SGD, 1, 0.9, 0.999, 1e-8, EPSILON_BEFORE_CORRECTION};
    const lstm_shape *shape = &shapes[5];
    double inputs[N_ROWS * MAX_LAGS], targets[N_ROWS], output[LANES];
    some_rows(shape->lags, inputs, targets);
    size_t P = lstm_parameters(shape), L = (size_t)shape->lags;
    double *w = some_weights(shape, 0), *stepped = malloc(P * sizeof *stepped);
    lstm *model = some_block(shape, &plain_sgd, 3, PRECISION_F64, VECTOR_BASE);
    lstm_forecast(model, inputs, output); /* a state that is not zero, in all three places */
    lstm *from = lstm_copy(model);
    lstm_spread_state(model, 3);
    lstm_rows rows = {inputs + L, targets + 1, 3};
    lstm_train_batches(model, &rows, 3, ROW_STATE_CARRIED);
    lstm_get_weights(model, 0, stepped);
    for (size_t p = 0; p < P; p++) {
        double loss[2] = {0, 0}, kept = w[p], h = 1e-5;
        for (int side = 0; side < 2; side++)
            for (size_t place = 0; place < 3; place++) {
                lstm *probe = lstm_copy(from);
                w[p] = kept + (side ? h : -h);
                loss[side] += loss_at(probe, w, inputs + place * L, shape->lags, targets[1 + place]) / 3;
                lstm_free(probe);
            }
        w[p] = kept;
        double difference = (loss[1] - loss[0]) / (2 * h), gradient = w[p] - stepped[p];
        assert_true(fabs(gradient - difference) <= 1e-8 * (1 + fabs(difference)));
    }
    lstm_free(model);
    lstm_free(from);
    free(w);
    free(stepped);
}

/* Trains one row at a time, or all as one batch, and forecasts each first: the loss by its definition. */
static void loss_by_forecasts(const lstm_shape *shape, precision real, const lstm_rows *rows, int batch, double *loss) {
    lstm *model = some_block(shape, &keras, batch, real, lstm_best_level());
    for (int r = 0; r < rows->n; r++) {
        const double *inputs = rows->inputs + r * shape->lags;
        double output[LANES];
        lstm *before = lstm_copy(model);
        if (batch > 1) lstm_reset_state(before); /* each place of the batch has a state of its own */
        lstm_forecast(before, inputs, output);
        for (int lane = 0; lane < LANES; lane++) {
            double error = output[lane] - rows->targets[r], single = (float)output[lane] - (float)rows->targets[r];
            loss[lane] += real == PRECISION_F64 ? error * error : (double)((float)single * (float)single);
        }
        lstm_free(before);
        lstm_rows one = {inputs, rows->targets + r, 1};
        if (batch == 1) lstm_train_rows(model, &one, ROW_STATE_CARRIED);
    }
    lstm_free(model);
}

static void the_recorded_loss_is_each_rows_squared_error_before_its_step(void **state) {
    (void)state;
    for (precision real = PRECISION_F32; real <= PRECISION_F64; real++)
        for (int batch = 1; batch <= N_ROWS; batch += N_ROWS - 1)
            for (int i = 0; i < N_SHAPES; i++) {
                double inputs[N_ROWS * MAX_LAGS], targets[N_ROWS], expected[LANES] = {0}, got[LANES];
                lstm_rows rows = some_rows(shapes[i].lags, inputs, targets);
                lstm *model = some_block(&shapes[i], &keras, batch, real, lstm_best_level());
                loss_by_forecasts(&shapes[i], real, &rows, batch, expected);
                lstm_record_loss(model, true);
                if (batch > 1)
                    lstm_train_batches(model, &rows, batch, ROW_STATE_CARRIED);
                else
                    lstm_train_rows(model, &rows, ROW_STATE_CARRIED);
                lstm_take_loss(model, got);
                assert_memory_equal(got, expected, sizeof got);
                lstm_take_loss(model, got);
                for (int lane = 0; lane < LANES; lane++) assert_true(got[lane] == 0); /* taken is taken */
                lstm_free(model);
            }
}

/* Their gradients are the same; which of them a step is reckoned for hangs on how the block is trained. */
static void both_bias_vectors_have_the_same_moments(void **state) {
    (void)state;
    double inputs[N_ROWS * MAX_LAGS], targets[N_ROWS];
    for (int i = 0; i < N_SHAPES; i++) {
        lstm_rows rows = some_rows(shapes[i].lags, inputs, targets);
        if (shapes[i].bias_vectors == 1) continue;
        lstm *model = some_block(&shapes[i], &pytorch, 3, PRECISION_F32, lstm_best_level());
        const size_t bias = (size_t)(shapes[i].lags + shapes[i].neurons) * 4 * (size_t)shapes[i].neurons * LANES;
        const size_t gates = 4 * (size_t)shapes[i].neurons * LANES;
        const float *m = (const float *)model->moment_1 + bias, *v = (const float *)model->moment_2 + bias;
        for (int epoch = 0; epoch < 3; epoch++) {
            lstm_train_rows(model, &rows, ROW_STATE_CARRIED);
            assert_true(v[0] > 0);
            assert_memory_equal(m, m + gates, gates * sizeof *m);
            assert_memory_equal(v, v + gates, gates * sizeof *v);
            lstm_train_batches(model, &rows, 3, ROW_STATE_CARRIED);
            assert_memory_equal(v, v + gates, gates * sizeof *v);
        }
        lstm_free(model);
    }
}

static void a_lane_does_not_depend_on_its_neighbours(void **state) {
    (void)state;
    const lstm_shape *shape = &shapes[4];
    double inputs[N_ROWS * MAX_LAGS], targets[N_ROWS];
    lstm_rows rows = some_rows(shape->lags, inputs, targets);
    size_t P = lstm_parameters(shape);
    double *w = some_weights(shape, 3), *alone = malloc(P * sizeof *alone), *among = malloc(P * sizeof *among);
    lstm *full = some_block(shape, &keras, 1, PRECISION_F32, lstm_best_level());
    lstm *single = lstm_new(shape, &keras, 1, PRECISION_F32, lstm_best_level());
    lstm_set_weights(single, 9, w); /* another lane, all others zero */
    for (size_t p = 0; p < P; p++) alone[p] = NAN;
    lstm_set_weights(single, 10, alone);
    train_block(full, &rows, 20);
    train_block(single, &rows, 20);
    lstm_get_weights(full, 3, among);
    lstm_get_weights(single, 9, alone);
    assert_memory_equal(alone, among, P * sizeof *w);
    lstm_get_weights(single, 10, alone);
    assert_true(isnan(alone[0]));
    lstm_free(full);
    lstm_free(single);
    free(w);
    free(alone);
    free(among);
}

enum { N_GROUPS = 3 };
static const int group_ends[N_GROUPS] = {3, 9, LANES}, group_rows[N_GROUPS] = {2, 3, N_ROWS};

/* Epochs in which each group learns from the first so many rows. */
static void train_by_groups(lstm *model, const lstm_rows *rows, int epochs) {
    int lags = lstm_shape_of(model)->lags;
    for (int e = 0; e < epochs; e++) {
        for (int g = 0, first = 0; g < N_GROUPS; first = group_rows[g++]) {
            lstm_rows more = {rows->inputs + first * lags, rows->targets + first, group_rows[g] - first};
            if (g > 0) lstm_set_aside(model);
            lstm_train_rows(model, &more, ROW_STATE_CARRIED);
        }
        lstm_put_back(model);
        lstm_reset_state(model);
    }
}

static void assert_groups_are_as_if_alone(const lstm_shape *shape, const optimizer_spec *optimizer, precision real,
                                          vector_level level) {
    enum { EPOCHS = 4 };
    double inputs[N_ROWS * MAX_LAGS], targets[N_ROWS];
    lstm_rows rows = some_rows(shape->lags, inputs, targets);
    size_t P = lstm_parameters(shape);
    double *got = malloc(P * sizeof *got), *wanted = malloc(P * sizeof *wanted);
    lstm *grouped = some_block(shape, optimizer, 1, real, level);
    assert_true(lstm_group(grouped, group_ends, N_GROUPS));
    train_by_groups(grouped, &rows, EPOCHS);
    for (int g = 0, lane = 0; g < N_GROUPS; g++) {
        lstm *alone = some_block(shape, optimizer, 1, real, level);
        train_block(alone, &(lstm_rows){rows.inputs, rows.targets, group_rows[g]}, EPOCHS);
        for (; lane < group_ends[g]; lane++) {
            lstm_get_weights(grouped, lane, got);
            lstm_get_weights(alone, lane, wanted);
            assert_memory_equal(got, wanted, P * sizeof *got);
        }
        lstm_free(alone);
    }
    lstm_free(grouped);
    free(got);
    free(wanted);
}

static void groups_of_lanes_learn_from_rows_of_their_own(void **state) {
    (void)state;
    const optimizer_spec *const optimizers[] = {&keras, &pytorch, &sgd, &rmsprop};
    for (vector_level level = VECTOR_BASE; level <= lstm_best_level(); level++)
        for (int s = 0; s < N_SHAPES; s++)
            for (int o = 0; o < 4; o++)
                for (precision real = PRECISION_F32; real <= PRECISION_F64; real++)
                    assert_groups_are_as_if_alone(&shapes[s], optimizers[o], real, level);
}

/* All that a block has learnt, and where its state is. */
static void assert_same_blocks(const lstm_shape *shape, lstm *a, lstm *b, precision real) {
    double inputs[MAX_LAGS] = {0.3, -0.2, 0.5, 0.1}, output[2][LANES], loss[2][LANES];
    size_t bytes = lstm_parameters(shape) * LANES * (real == PRECISION_F32 ? sizeof(float) : sizeof(double));
    assert_memory_equal(a->weights, b->weights, bytes);
    assert_memory_equal(a->moment_1, b->moment_1, bytes);
    assert_memory_equal(a->moment_2, b->moment_2, bytes);
    lstm_take_loss(a, loss[0]);
    lstm_take_loss(b, loss[1]);
    assert_memory_equal(loss[0], loss[1], sizeof loss[0]);
    lstm_forecast(a, inputs, output[0]);
    lstm_forecast(b, inputs, output[1]);
    assert_memory_equal(output[0], output[1], sizeof output[0]);
}

static void assert_epochs_are_turns(const lstm_shape *shape, const lstm_rows *rows, const lstm_epochs *epochs,
                                    bool grouped, precision real, vector_level level) {
    lstm *at_once = some_block(shape, &keras, 1, real, level), *in_turns = some_block(shape, &keras, 1, real, level);
    double output[LANES];
    const int ends[] = {5, LANES};
    if (grouped) assert_true(lstm_group(at_once, ends, 2) && lstm_group(in_turns, ends, 2));
    lstm_record_loss(at_once, !grouped);
    lstm_record_loss(in_turns, !grouped);
    lstm_forecast(at_once, rows->inputs, output); /* for a state to start from */
    lstm_forecast(in_turns, rows->inputs, output);
    assert_int_equal(lstm_train_epochs(at_once, rows, epochs), epochs->n);
    for (int e = 0; e < epochs->n; e++) {
        lstm_train_rows(in_turns, rows, epochs->state);
        if (epochs->reset) lstm_reset_state(in_turns);
    }
    assert_same_blocks(shape, at_once, in_turns, real);
    lstm_free(at_once);
    lstm_free(in_turns);
}

static void epochs_at_once_are_epochs_in_turns(void **state) {
    (void)state;
    double inputs[N_ROWS * MAX_LAGS], targets[N_ROWS];
    for (vector_level level = VECTOR_BASE; level <= lstm_best_level(); level++)
        for (int s = 0; s < N_SHAPES; s++)
            for (int way = 0; way < 32; way++) {
                lstm_rows rows = some_rows(shapes[s].lags, inputs, targets);
                lstm_epochs epochs = {.n = 4, .state = way & 1 ? ROW_STATE_KEPT : ROW_STATE_CARRIED, .reset = way & 2};
                if (way & 4) rows.n = 1;
                precision real = way & 8 ? PRECISION_F64 : PRECISION_F32;
                if (lstm_has_level(level)) assert_epochs_are_turns(&shapes[s], &rows, &epochs, way & 16, real, level);
            }
}

static void epochs_end_once_every_lane_is_nan(void **state) {
    (void)state;
    double inputs[N_ROWS * MAX_LAGS], targets[N_ROWS], w[14] = {NAN}, got[14];
    lstm_rows rows = some_rows(1, inputs, targets);
    for (int s = 0; s < 3; s += 2) { /* by the code for one neuron and by the other */
        lstm *model = some_block(&shapes[s], &keras, 1, PRECISION_F32, lstm_best_level());
        for (int lane = 0; lane + 1 < LANES; lane++) lstm_set_weights(model, lane, s ? (double[18]){NAN} : w);
        assert_int_equal(lstm_train_epochs(model, &rows, &(lstm_epochs){.n = 5, .reset = true}), 5);
        if (!s) lstm_get_weights(model, LANES - 1, got);
        lstm_set_weights(model, LANES - 1, s ? (double[18]){NAN} : w);
        assert_int_equal(lstm_train_epochs(model, &rows, &(lstm_epochs){.n = 5, .reset = true}), 1);
        assert_true(lstm_all_diverged(model));
        lstm_free(model);
    }
    lstm *alone = some_block(&shapes[0], &keras, 1, PRECISION_F32, lstm_best_level());
    double *wanted = some_weights(&shapes[0], 0);
    train_block(alone, &rows, 5);
    lstm_get_weights(alone, LANES - 1, wanted);
    assert_memory_equal(got, wanted, sizeof got);
    free(wanted);
    lstm_free(alone);
}

/* A unit behind a dead relu: its first moments decay by 0.9 a step, to denormals after some 900 steps, but for that they
 * count as zero in here. */
static void denormals_count_as_zero_inside(void **state) {
    (void)state;
    const lstm_shape shape = {1, 1, ACTIVATION_RELU, ACTIVATION_HARD_SIGMOID, 1};
    double inputs[] = {1}, targets[] = {0.5}, w[14] = {0.1, 0.1, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0, 1, 0, 0, 0.7, 0};
    lstm_rows row = {inputs, targets, 1};
    lstm *model = lstm_new(&shape, &keras, 1, PRECISION_F32, lstm_best_level());
    for (int lane = 0; lane < LANES; lane++) lstm_set_weights(model, lane, w);
    for (int i = 0; i < 3; i++) lstm_train_rows(model, &row, ROW_STATE_CARRIED);
    lstm_get_weights(model, 0, w);
    w[2] = w[10] = -100; /* the candidate is dead from here on */
    for (int lane = 0; lane < LANES; lane++) lstm_set_weights(model, lane, w);
    for (int i = 0; i < 3000; i++) lstm_train_rows(model, &row, ROW_STATE_CARRIED);
    const float *moments = (const float *)((const struct lstm *)model)->moment_1;
    for (int p = 0; p < 14 * LANES; p++) assert_true(moments[p] == 0 || fabsf(moments[p]) >= 1.17549435e-38f);
    assert_true(moments[2 * LANES] == 0);
    lstm_free(model);
}

static void the_callers_arithmetic_is_as_it_was_after_every_call(void **state) {
    (void)state;
    volatile double tiny = 1e-300;
    double inputs[N_ROWS * MAX_LAGS], targets[N_ROWS], output[LANES];
    lstm_rows rows = some_rows(1, inputs, targets);
    lstm *model = some_block(&shapes[0], &keras, 2, PRECISION_F32, lstm_best_level());
    lstm_train_rows(model, &rows, ROW_STATE_CARRIED);
    assert_true(tiny * 1e-20 > 0);
    lstm_train_batches(model, &rows, 2, ROW_STATE_CARRIED);
    assert_true(tiny * 1e-20 > 0);
    lstm_forecast(model, inputs, output);
    assert_true(tiny * 1e-20 > 0);
    lstm_free(model);
}

/* SSE2 and AVX2 by their widths, AVX-512 by the half of it that is used; the best level is the last that is there. */
static void levels_have_their_names_and_widths(void **state) {
    (void)state;
    const struct {
        const char *name;
        int bits;
    } known[] = {{"base", 128}, {"x86-64-v3", 256}, {"x86-64-v4", 256}};
    vector_level best = VECTOR_BASE;
    assert_true(lstm_has_level(VECTOR_BASE));
    for (vector_level level = VECTOR_BASE; level <= VECTOR_X86_64_V4; level++) {
        if (!lstm_has_level(level)) continue;
        best = level;
        assert_string_equal(lstm_level_name(level), known[level].name);
        assert_int_equal(lstm_level_bits(level), known[level].bits);
    }
    assert_int_equal(lstm_best_level(), best);
    assert_false(lstm_has_level(VECTOR_X86_64_V4 + 1));
}

static void a_copy_goes_on_as_the_original_would(void **state) {
    (void)state;
    const lstm_shape *shape = &shapes[5];
    double inputs[N_ROWS * MAX_LAGS], targets[N_ROWS], first[LANES], second[LANES];
    lstm_rows rows = some_rows(shape->lags, inputs, targets), odd = {inputs, targets, 3};
    lstm *model = some_block(shape, &keras, 1, PRECISION_F32, lstm_best_level());
    lstm_train_rows(model, &odd, ROW_STATE_CARRIED); /* an odd number of rows leaves the state buffers changed over */
    lstm *copy = lstm_copy(model);
    lstm_train_rows(model, &rows, ROW_STATE_CARRIED);
    lstm_forecast(model, inputs, first);
    lstm_free(model);
    lstm_train_rows(copy, &rows, ROW_STATE_CARRIED);
    lstm_forecast(copy, inputs, second);
    assert_memory_equal(first, second, sizeof first);
    lstm_free(copy);
}

static void reset_optimizer_forgets_moments_and_step_count(void **state) {
    (void)state;
    const lstm_shape *shape = &shapes[4];
    double inputs[N_ROWS * MAX_LAGS], targets[N_ROWS];
    lstm_rows rows = some_rows(shape->lags, inputs, targets);
    size_t P = lstm_parameters(shape);
    double *w = malloc(P * sizeof *w), *fresh = malloc(P * sizeof *fresh);
    lstm *used = some_block(shape, &keras, 1, PRECISION_F64, VECTOR_BASE);
    train_block(used, &rows, 3);
    lstm *new = lstm_new(shape, &keras, 1, PRECISION_F64, VECTOR_BASE);
    lstm_get_weights(used, 2, w);
    lstm_set_weights(new, 2, w);
    lstm_reset_optimizer(used);
    train_block(used, &rows, 2);
    train_block(new, &rows, 2);
    lstm_get_weights(used, 2, w);
    lstm_get_weights(new, 2, fresh);
    assert_memory_equal(w, fresh, P * sizeof *w);
    lstm_free(used);
    lstm_free(new);
    free(w);
    free(fresh);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernel_agrees_with_the_scalar_twin_bit_for_bit),
        cmocka_unit_test(gradients_are_those_of_finite_differences),
        cmocka_unit_test(a_batchs_gradient_is_that_of_its_mean_loss),
        cmocka_unit_test(the_recorded_loss_is_each_rows_squared_error_before_its_step),
        cmocka_unit_test(both_bias_vectors_have_the_same_moments),
        cmocka_unit_test(a_lane_does_not_depend_on_its_neighbours),
        cmocka_unit_test(groups_of_lanes_learn_from_rows_of_their_own),
        cmocka_unit_test(epochs_at_once_are_epochs_in_turns),
        cmocka_unit_test(epochs_end_once_every_lane_is_nan),
        cmocka_unit_test(denormals_count_as_zero_inside),
        cmocka_unit_test(the_callers_arithmetic_is_as_it_was_after_every_call),
        cmocka_unit_test(levels_have_their_names_and_widths),
        cmocka_unit_test(a_copy_goes_on_as_the_original_would),
        cmocka_unit_test(reset_optimizer_forgets_moments_and_step_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
