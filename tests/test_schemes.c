/* test_schemes.c - which experiments are the same work, how many steps each takes, and when a hook stops them; by hand.
 * What the schemes forecast is held to independent programs in test_known_answers.c. */
#include "schemes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { N = 36, TEST = 12, TRAIN = 22 };

static double shampoo[N] = {266.0, 145.9, 183.1, 119.3, 180.3, 168.5, 231.8, 224.5, 192.8, 122.9, 336.5, 185.9,
                            194.3, 149.5, 210.1, 273.3, 191.4, 287.0, 226.0, 303.6, 289.9, 421.6, 264.5, 342.3,
                            339.7, 440.4, 315.9, 439.3, 401.3, 437.4, 575.5, 407.6, 682.0, 475.3, 581.3, 646.9};

/* An experiment with no field at a value that another field, or zero, would stand in for. */
static experiment some(scheme_kind scheme) {
    return (experiment){
        .name = "one",
        .scheme = scheme,
        .frame = {2, {1, 3}, 1, TEST, SCALE_RANGE, -1, 1},
        .model = {1, 1, ACTIVATION_TANH, ACTIVATION_HARD_SIGMOID, 1},
        .initial = {INITIAL_GLOROT_UNIFORM, INITIAL_ORTHOGONAL, INITIAL_GLOROT_UNIFORM, false, true, NULL, 0},
        .train = {7, 2, STATE_PER_EPOCH, {OPTIMIZER_ADAM, 0.001, 0.9, 0.999, 1e-8, EPSILON_BEFORE_CORRECTION}},
        .update = {4, UPDATE_ROWS_LAST, 10, 0.5, UPDATE_OPTIMIZER_KEEP},
        .init = REFIT_FRESH,
        .baseline = {false, 12, 0.3, 0.2},
        .every = 3,
        .batch = 5,
        .state_at_forecast = FORECAST_AS_TRAINED,
    };
}

static void assert_other_work(experiment a, experiment b) {
    assert_false(experiment_same_work(&a, &b));
    assert_false(experiment_same_work(&b, &a));
    assert_true(experiment_same_work(&b, &b));
}

static void assert_same_work(experiment a, experiment b) {
    assert_true(experiment_same_work(&a, &b) && experiment_same_work(&b, &a));
}

/* One field each, that changes what is computed before the walk. */
enum { MODEL_FIELDS = 23 };
static int other_models(experiment *e, scheme_kind scheme) {
    int n = 0;
    for (int i = 0; i < MODEL_FIELDS; i++) e[i] = some(scheme);
    e[n++].frame.n_differences = 1;
    e[n++].frame.differences[1] = 4;
    e[n++].frame.lags = 2;
    e[n++].frame.test = 11;
    e[n++].frame.scale = SCALE_STANDARD;
    e[n++].frame.scale_low = 0;
    e[n++].frame.scale_high = 2;
    e[n++].model.lags = 2;
    e[n++].model.neurons = 2;
    e[n++].model.activation = ACTIVATION_RELU;
    e[n++].model.recurrent_activation = ACTIVATION_SIGMOID;
    e[n++].model.bias_vectors = 2;
    e[n++].initial.kernel = INITIAL_UNIFORM_HIDDEN;
    e[n++].initial.recurrent = INITIAL_UNIFORM_HIDDEN;
    e[n++].initial.dense = INITIAL_UNIFORM_HIDDEN;
    e[n++].initial.biases_uniform = true;
    e[n++].initial.unit_forget_bias = false;
    e[n++].train.optimizer.learning_rate = 0.002;
    e[n++].train.optimizer.beta_1 = 0.8;
    e[n++].train.optimizer.beta_2 = 0.99;
    e[n++].train.optimizer.epsilon = 1e-7;
    e[n++].train.optimizer.kind = OPTIMIZER_RMSPROP;
    e[n++].train.optimizer.placement = EPSILON_AFTER_CORRECTION;
    return n;
}

static void experiments_that_differ_in_one_part_of_the_model_share_nothing(void **state) {
    (void)state;
    const scheme_kind schemes[] = {SCHEME_FIXED, SCHEME_UPDATE, SCHEME_REFIT};
    for (int s = 0; s < 3; s++) {
        experiment base = some(schemes[s]), e[MODEL_FIELDS + 1];
        int n = other_models(e, schemes[s]);
        assert_int_equal(n, MODEL_FIELDS);
        e[n] = base;
        e[n++].train.state = STATE_PER_ROW;
        for (int i = 0; i < n; i++) {
            assert_false(experiment_same_model(&base, &e[i]) || experiment_same_model(&e[i], &base));
            assert_true(experiment_same_model(&e[i], &e[i]));
            assert_other_work(base, e[i]);
        }
    }
}

static void given_weights_are_the_model_whatever_would_have_been_drawn(void **state) {
    (void)state;
    given_weights first = {0}, second = {0};
    experiment a = some(SCHEME_FIXED), b = a;
    a.initial.given = &first;
    assert_other_work(a, b);
    b.initial.given = &second;
    assert_other_work(a, b);
    b.initial.given = &first;
    b.initial.kernel = INITIAL_UNIFORM_HIDDEN;
    assert_same_work(a, b);
}

/* Epochs, batch and what the walk does decide the work, not the model. */
static void a_walk_that_differs_is_other_work_with_the_same_model(void **state) {
    (void)state;
    for (scheme_kind scheme = SCHEME_FIXED; scheme <= SCHEME_REFIT; scheme++) {
        experiment base = some(scheme), e[8];
        for (int i = 0; i < 8; i++) e[i] = base;
        e[0].train.epochs = 8;
        e[1].train.batch = 1;
        e[2].state_at_forecast = FORECAST_ZERO;
        for (int i = 0; i < 3; i++) assert_other_work(base, e[i]);
        e[3].every = 4;
        e[4].batch = 1;
        for (int i = 3; i < 5; i++)
            if (scheme == SCHEME_FIXED)
                assert_same_work(base, e[i]);
            else
                assert_other_work(base, e[i]);
        e[5].update.epochs = 5;
        e[6].update.last = 11;
        e[7].init = REFIT_SAME;
        for (int i = 5; i < 8; i++)
            if (scheme == (i < 7 ? SCHEME_UPDATE : SCHEME_REFIT))
                assert_other_work(base, e[i]);
            else
                assert_same_work(base, e[i]);
        for (int i = 0; i < 8; i++) assert_true(experiment_same_model(&base, &e[i]));
    }
    assert_other_work(some(SCHEME_UPDATE), some(SCHEME_REFIT));
}

static void an_update_is_told_by_the_rows_that_it_learns_from(void **state) {
    (void)state;
    experiment base = some(SCHEME_UPDATE), e = base;
    e.update.fraction = 0.6; /* not asked: the last ten are taken */
    e.name = "two";
    assert_same_work(base, e);
    e = base;
    e.update.optimizer = UPDATE_OPTIMIZER_RESET;
    assert_other_work(base, e);
    e = base;
    e.update.rows = UPDATE_ROWS_ALL;
    assert_other_work(base, e);
    base.update.rows = UPDATE_ROWS_ALL;
    e.update.last = 11;
    assert_same_work(base, e);
    base.update.rows = e.update.rows = UPDATE_ROWS_FRACTION;
    assert_same_work(base, e);
    e.update.fraction = 0.6;
    assert_other_work(base, e);
}

static void baselines_are_told_by_what_they_are_told(void **state) {
    (void)state;
    experiment base = some(SCHEME_HOLT), e[7];
    for (int i = 0; i < 7; i++) e[i] = base;
    e[0].baseline.refit = true;
    e[1].every = 4;
    e[2].baseline.period = 4;
    e[3].baseline.alpha = 0.4;
    e[4].baseline.beta = NAN;
    e[5].scheme = SCHEME_SES;
    e[6].frame.test = 11;
    for (int i = 0; i < 7; i++) assert_other_work(base, e[i]);
    base.baseline.alpha = e[4].baseline.alpha = NAN;
    base.baseline.beta = NAN;
    assert_same_work(base, e[4]); /* both fitted */
    e[4].train.epochs = 99;
    e[4].model.neurons = 9;
    assert_same_work(base, e[4]); /* which only an LSTM has */
}

static void schemes_know_their_names_and_who_learns_on(void **state) {
    (void)state;
    assert_string_equal(scheme_name(SCHEME_FIXED), "fixed");
    assert_string_equal(scheme_name(SCHEME_SEASONAL_NAIVE), "seasonal_naive");
    experiment fixed = some(SCHEME_FIXED), update = some(SCHEME_UPDATE), refit = some(SCHEME_REFIT),
               ar = some(SCHEME_AR), persistence = some(SCHEME_PERSISTENCE);
    assert_true(experiment_is_lstm(&fixed) && experiment_is_lstm(&update) && experiment_is_lstm(&refit));
    assert_false(experiment_is_lstm(&ar) || experiment_is_lstm(&persistence));
    assert_true(experiment_learns_on(&update));
    assert_false(experiment_learns_on(&fixed) || experiment_learns_on(&refit) || experiment_learns_on(&ar));
    refit.init = REFIT_CURRENT;
    assert_true(experiment_learns_on(&refit));
    fixed.init = REFIT_CURRENT;
    assert_false(experiment_learns_on(&fixed));
    for (int step = 0; step < TEST; step++) { /* every third: before forecasts 3, 6 and 9 */
        assert_true(scheme_learns_before(&update, step) == (step == 3 || step == 6 || step == 9));
        assert_true(scheme_learns_before(&refit, step) == (step == 3 || step == 6 || step == 9));
        assert_false(scheme_learns_before(&fixed, step) || scheme_learns_before(&ar, step));
    }
}

/* 22 training rows. Update: 7 epochs of 22 / 2 steps, then three times 4 epochs of 10 / 5. Refit: 7 epochs over 25, 28 and
 * 31 rows, 5 (rounded down), 5 and 6 steps an epoch. */
static void steps_are_counted_as_by_hand(void **state) {
    (void)state;
    experiment fixed = some(SCHEME_FIXED), update = some(SCHEME_UPDATE), refit = some(SCHEME_REFIT),
               ar = some(SCHEME_AR);
    assert_int_equal(scheme_steps(&fixed, TRAIN), 77);
    assert_int_equal(scheme_steps(&update, TRAIN), 77 + 24);
    assert_int_equal(scheme_steps(&refit, TRAIN), 77 + 7 * (5 + 5 + 6));
    assert_int_equal(scheme_steps(&ar, TRAIN), 0);
    assert_int_equal(scheme_walk_steps(&fixed, TRAIN, 0, TEST), 0);
    assert_int_equal(scheme_walk_steps(&refit, TRAIN, 0, TEST), 0); /* each refit is a fit of its own */
    refit.init = REFIT_CURRENT;
    assert_int_equal(scheme_walk_steps(&refit, TRAIN, 0, TEST), 7 * (5 + 5 + 6));
    const int walks[][3] = {{0, 12, 24}, {0, 3, 0}, {0, 4, 8}, {0, 9, 16}, {0, 10, 24}, {2, 10, 24}, {3, 12, 16}};
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++)
        assert_int_equal(scheme_walk_steps(&update, TRAIN, walks[i][0], walks[i][1]), walks[i][2]);
}

static void rows_that_no_batch_divides_are_named(void **state) {
    (void)state;
    experiment e = some(SCHEME_FIXED);
    assert_int_equal(scheme_indivisible(&e, TRAIN), 0); /* 22 by 2; fixed learns no more */
    e.train.batch = 4;
    assert_int_equal(scheme_indivisible(&e, TRAIN), TRAIN);
    e = some(SCHEME_UPDATE); /* 10 by 5 */
    assert_int_equal(scheme_indivisible(&e, TRAIN), 0);
    e.update.last = 8;
    assert_int_equal(scheme_indivisible(&e, TRAIN), 8);
    e.batch = 4;
    assert_int_equal(scheme_indivisible(&e, TRAIN), 0);
    e.update.rows = UPDATE_ROWS_ALL; /* 25, 28, 31 by 4 */
    assert_int_equal(scheme_indivisible(&e, TRAIN), 25);
    e.every = 2; /* 24, 26, ... */
    assert_int_equal(scheme_indivisible(&e, TRAIN), 26);
    e.frame.test = 4; /* the last one learns before its forecast 2 alone */
    assert_int_equal(scheme_indivisible(&e, TRAIN), 0);
    e.frame.test = 5;
    assert_int_equal(scheme_indivisible(&e, TRAIN), 26);
    e.update.rows = UPDATE_ROWS_LAST; /* as many as there are */
    e.update.last = 30;
    assert_int_equal(scheme_indivisible(&e, TRAIN), 26);
    assert_int_equal(scheme_update_rows(&e.update, 31), 30);
    assert_int_equal(scheme_update_rows(&e.update, 30), 30);
}

/* --- hooks ------------------------------------------------------------------------------------------------------- */

typedef struct {
    double losses[8][LANES];
    int n;
} heard_losses;

typedef struct {
    int calls, steps, allowed; /* so many calls until one says stop */
    heard_losses *losses;
} counter;

static bool count_steps(void *context, int steps, int first_lane) {
    assert_int_equal(first_lane, 0);
    counter *c = context;
    assert_true(steps > 0);
    c->calls++;
    c->steps += steps;
    return c->calls < c->allowed;
}

/* 22 training rows, whatever the lags. */
static frame shampoo_rows(int lags) {
    frame f;
    series s = {.values = shampoo, .n = N};
    farm_errors errors = {0};
    const frame_spec spec = {1, {1}, lags, N - 1 - lags - TRAIN, SCALE_RANGE, -1, 1};
    assert_int_equal(frame_build(&f, &s, &spec, &errors), FARM_OK);
    return f;
}

static lstm *some_model(int lags, int neurons) {
    experiment e = some(SCHEME_FIXED);
    e.model.lags = lags;
    e.model.neurons = neurons;
    size_t n = lstm_parameters(&e.model);
    double *weights = malloc(n * sizeof *weights);
    assert_non_null(weights);
    for (size_t p = 0; p < n; p++) weights[p] = 0.3 * sin((double)p + 1);
    lstm *model = lstm_new(&e.model, &e.train.optimizer, TRAIN, PRECISION_F32, lstm_best_level());
    assert_non_null(model);
    for (int lane = 0; lane < LANES; lane++) lstm_set_weights(model, lane, weights);
    free(weights);
    return model;
}

static void a_fit_tells_every_step_and_ends_where_it_is_told_to(void **state) {
    (void)state;
    frame f = shampoo_rows(1);
    const int batches[] = {1, 2, 11, 22};
    for (int i = 0; i < 4; i++) {
        manner how = {batches[i], STATE_PER_EPOCH};
        lstm *model = some_model(1, 1);
        counter c = {0, 0, 1000, NULL};
        assert_true(scheme_fit(model, &f, TRAIN, 3, how, &(scheme_hooks){count_steps, &c, NULL}));
        assert_int_equal(c.steps, 3 * TRAIN / batches[i]);
        /* epochs of single rows are taken some thousand steps at a time, which are milliseconds */
        int many = batches[i] == 1 ? 100000 : 5;
        c = (counter){0, 0, 2, NULL};
        assert_false(scheme_fit(model, &f, TRAIN, many, how, &(scheme_hooks){count_steps, &c, NULL}));
        assert_int_equal(c.calls, 2);
        assert_true(c.steps < 100000);
        lstm_free(model);
    }
    frame_free(&f);
}

/* 128 and 200 neurons have some 67,000 and 163,000 weights, so that a few rows take milliseconds: a stop is heard within an
 * epoch. The last piece may be shorter, and a batch is never cut. */
static void a_wide_model_is_trained_in_pieces_that_change_nothing(void **state) {
    (void)state;
    frame f = shampoo_rows(2);
    const struct {
        int neurons, batch, pieces; /* at least */
    } cases[] = {{128, 1, 4}, {128, 2, 4}, {200, 1, 8}, {200, 2, 8}, {200, 11, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int batch = cases[i].batch;
        lstm *pieces = some_model(2, cases[i].neurons), *whole = some_model(2, cases[i].neurons);
        counter c = {0, 0, 1000, NULL};
        scheme_hooks hooks = {count_steps, &c, NULL};
        assert_true(scheme_fit(pieces, &f, TRAIN, 1, (manner){batch, STATE_PER_EPOCH}, &hooks));
        assert_true(c.calls >= cases[i].pieces && c.steps == TRAIN / batch);
        lstm_rows rows = {f.inputs, f.targets, TRAIN};
        if (batch == 1)
            lstm_train_rows(whole, &rows, ROW_STATE_CARRIED);
        else
            lstm_train_batches(whole, &rows, batch, ROW_STATE_CARRIED);
        size_t n = lstm_parameters(lstm_shape_of(whole));
        double *a = malloc(n * sizeof *a), *b = malloc(n * sizeof *b);
        lstm_get_weights(pieces, 3, a);
        lstm_get_weights(whole, 3, b);
        assert_memory_equal(a, b, n * sizeof *a);
        free(a);
        free(b);
        lstm_free(pieces);
        lstm_free(whole);
    }
    frame_free(&f);
}

static void a_walk_that_is_stopped_makes_no_more_forecasts(void **state) {
    (void)state;
    frame f = shampoo_rows(1);
    experiment e = some(SCHEME_UPDATE); /* learns before forecasts 3, 6 and 9, four epochs each */
    double forecasts[TEST * LANES];
    for (int i = 0; i < TEST * LANES; i++) forecasts[i] = NAN;
    lstm *model = some_model(1, 1);
    counter c = {0, 0, 5, NULL};
    assert_false(scheme_walk(model, &f, &e, 0, TEST, forecasts, &(scheme_hooks){count_steps, &c, NULL}));
    assert_int_equal(c.calls, 5);
    for (int i = 0; i < TEST * LANES; i++) assert_true(isfinite(forecasts[i]) == (i < 6 * LANES));
    lstm_free(model);
    frame_free(&f);
}

static void hear_loss(void *context, const double *loss) {
    heard_losses *heard = ((counter *)context)->losses;
    memcpy(heard->losses[heard->n++], loss, sizeof heard->losses[0]);
}

/* What is told of an epoch is (y - target)^2, summed up before each row's own step, over the number of rows. */
static void an_epochs_loss_is_the_mean_of_its_squared_errors(void **state) {
    (void)state;
    enum { EPOCHS = 3 };
    frame f = shampoo_rows(1);
    heard_losses heard = {.n = 0};
    counter c = {0, 0, 1000, &heard};
    lstm *model = some_model(1, 1), *by_hand = some_model(1, 1);
    lstm_record_loss(model, true);
    manner how = {1, STATE_PER_EPOCH};
    assert_true(scheme_fit(model, &f, TRAIN, EPOCHS, how, &(scheme_hooks){count_steps, &c, hear_loss}));
    assert_int_equal(heard.n, EPOCHS);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        double expected[LANES] = {0};
        for (int r = 0; r < TRAIN; r++) {
            lstm *ahead = lstm_copy(by_hand);
            double y[LANES];
            lstm_forecast(ahead, f.inputs + r, y);
            for (int lane = 0; lane < LANES; lane++)
                expected[lane] += (y[lane] - f.targets[r]) * (y[lane] - f.targets[r]) / TRAIN;
            lstm_free(ahead);
            lstm_train_rows(by_hand, &(lstm_rows){f.inputs + r, f.targets + r, 1}, ROW_STATE_CARRIED);
        }
        lstm_reset_state(by_hand);
        for (int lane = 0; lane < LANES; lane++)
            assert_true(fabs(heard.losses[epoch][lane] / expected[lane] - 1) < 1e-5);
    }
    lstm_free(model);
    lstm_free(by_hand);
    frame_free(&f);
}

static bool count_polls(void *context, int steps, int first_lane) {
    counter *c = context;
    assert_true(steps == 0 && first_lane == 0);
    return ++c->calls < c->allowed;
}

/* 128 neurons: five rows are a few milliseconds. */
static void a_walk_that_only_forecasts_hears_a_stop_too(void **state) {
    (void)state;
    enum { REPLAYED_POLLS = TRAIN / 5, POLLS = REPLAYED_POLLS + TEST / 5 };
    frame f = shampoo_rows(1);
    experiment e = some(SCHEME_FIXED);
    e.state_at_forecast = FORECAST_WARM;
    for (int stop = 1; stop <= POLLS + 1; stop++) {
        double forecasts[TEST * LANES];
        for (int i = 0; i < TEST * LANES; i++) forecasts[i] = NAN;
        lstm *model = some_model(1, 128);
        counter c = {0, 0, stop, NULL};
        bool whole = scheme_walk(model, &f, &e, 0, TEST, forecasts, &(scheme_hooks){count_polls, &c, NULL});
        assert_true(whole == (stop > POLLS));
        assert_int_equal(c.calls, whole ? POLLS : stop);
        assert_true(isfinite(forecasts[0]) == (stop > REPLAYED_POLLS));
        lstm_free(model);
    }
    frame_free(&f);
}

/* Whatever is learnt before it, each forecast starts from the state that all known rows leave, gone through from zero. */
static void a_warm_forecast_follows_all_known_rows(void **state) {
    (void)state;
    const scheme_kind schemes[] = {SCHEME_FIXED, SCHEME_UPDATE};
    frame f = shampoo_rows(1);
    for (int s = 0; s < 2; s++) {
        experiment e = some(schemes[s]);
        double forecasts[TEST * LANES], outputs[LANES];
        counter c = {0, 0, 1000, NULL};
        e.state_at_forecast = FORECAST_WARM;
        e.update.rows = UPDATE_ROWS_ALL;
        e.batch = 1;
        lstm *model = some_model(1, 1), *by_hand = some_model(1, 1);
        assert_true(scheme_walk(model, &f, &e, 0, TEST, forecasts, &(scheme_hooks){count_steps, &c, NULL}));
        for (int step = 0; step < TEST; step++) {
            int known = TRAIN + step;
            manner how = {e.batch, e.train.state};
            if (step > 0 && scheme_learns_before(&e, step))
                assert_true(
                    scheme_fit(by_hand, &f, known, e.update.epochs, how, &(scheme_hooks){count_steps, &c, NULL}));
            lstm_reset_state(by_hand);
            for (int r = 0; r <= known; r++) lstm_forecast(by_hand, f.inputs + r, outputs);
            for (int lane = 0; lane < LANES; lane++)
                assert_true(frame_invert(&f, known, outputs[lane]) == forecasts[step * LANES + lane]);
        }
        lstm_free(model);
        lstm_free(by_hand);
    }
    frame_free(&f);
}

/* A walk from ... to - 1 fills its own rows alone, in all lanes. */
static void a_part_of_a_walk_leaves_the_other_forecasts_alone(void **state) {
    (void)state;
    frame f = shampoo_rows(1);
    experiment e = some(SCHEME_FIXED);
    double forecasts[TEST * LANES];
    for (int i = 0; i < TEST * LANES; i++) forecasts[i] = NAN;
    lstm *model = some_model(1, 1);
    counter c = {0, 0, 1000, NULL};
    assert_true(scheme_walk(model, &f, &e, 4, 7, forecasts, &(scheme_hooks){count_steps, &c, NULL}));
    for (int i = 0; i < TEST * LANES; i++) assert_true(isfinite(forecasts[i]) == (i >= 4 * LANES && i < 7 * LANES));
    assert_int_equal(c.calls, 0);
    lstm_free(model);
    frame_free(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(experiments_that_differ_in_one_part_of_the_model_share_nothing),
        cmocka_unit_test(given_weights_are_the_model_whatever_would_have_been_drawn),
        cmocka_unit_test(a_walk_that_differs_is_other_work_with_the_same_model),
        cmocka_unit_test(an_update_is_told_by_the_rows_that_it_learns_from),
        cmocka_unit_test(baselines_are_told_by_what_they_are_told),
        cmocka_unit_test(schemes_know_their_names_and_who_learns_on),
        cmocka_unit_test(steps_are_counted_as_by_hand),
        cmocka_unit_test(rows_that_no_batch_divides_are_named),
        cmocka_unit_test(a_fit_tells_every_step_and_ends_where_it_is_told_to),
        cmocka_unit_test(a_wide_model_is_trained_in_pieces_that_change_nothing),
        cmocka_unit_test(a_walk_that_is_stopped_makes_no_more_forecasts),
        cmocka_unit_test(an_epochs_loss_is_the_mean_of_its_squared_errors),
        cmocka_unit_test(a_walk_that_only_forecasts_hears_a_stop_too),
        cmocka_unit_test(a_warm_forecast_follows_all_known_rows),
        cmocka_unit_test(a_part_of_a_walk_leaves_the_other_forecasts_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
