/* test_pool.c - schemes, plan and pool together: what a walk may know, what sharing may change, what a run counts. */
#include "pool.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { N = 36, TEST = 12 };

static double shampoo[N] = {266.0, 145.9, 183.1, 119.3, 180.3, 168.5, 231.8, 224.5, 192.8, 122.9, 336.5, 185.9,
                            194.3, 149.5, 210.1, 273.3, 191.4, 287.0, 226.0, 303.6, 289.9, 421.6, 264.5, 342.3,
                            339.7, 440.4, 315.9, 439.3, 401.3, 437.4, 575.5, 407.6, 682.0, 475.3, 581.3, 646.9};

/* The tutorial's experiment of one scheme, one neuron, 500 epochs. */
static experiment classic(scheme_kind scheme, int epochs) {
    return (experiment){
        .scheme = scheme,
        .frame = {1, {1}, 1, TEST, SCALE_RANGE, -1, 1},
        .model = {1, 1, ACTIVATION_TANH, ACTIVATION_HARD_SIGMOID, 1},
        .initial = {INITIAL_GLOROT_UNIFORM, INITIAL_ORTHOGONAL, INITIAL_GLOROT_UNIFORM, false, true, NULL, 0},
        .train = {epochs, 1, STATE_PER_EPOCH, {OPTIMIZER_ADAM, 0.001, 0.9, 0.999, 1e-8, EPSILON_BEFORE_CORRECTION}},
        .every = 1,
        .batch = 1,
    };
}

static experiment update(int epochs, int per_update) {
    experiment e = classic(SCHEME_UPDATE, epochs);
    e.update = (update_spec){.epochs = per_update};
    return e;
}

typedef struct {
    const double *values;
    size_t repeats;
    int threads;
    plan_sharing sharing;
    vector_level level;
    const farm_hooks *hooks;
} run_options;

static const run_options plain = {shampoo, 3, 2, PLAN_SHARED, VECTOR_BASE, NULL};

static farm_status run_status(results *r, const experiment *e, size_t n, run_options o) {
    farm_errors errors = {0};
    double values[N];
    memcpy(values, o.values, sizeof values);
    series s = {.values = values, .n = N};
    plan p;
    assert_int_equal(plan_expand(&p, e, n, &s, o.sharing, &errors), FARM_OK);
    assert_int_equal(results_init(r, e, n, o.repeats, 0, KEEP_WEIGHTS | KEEP_LOSSES, &errors), FARM_OK);
    pool_work work = {.plan = &p,
                      .experiments = e,
                      .series = &s,
                      .repeats = o.repeats,
                      .seed = 7,
                      .precision = PRECISION_F32,
                      .level = o.level,
                      .threads = o.threads};
    farm_status status = pool_run(r, &work, o.hooks, &errors);
    assert_true(r->steps_taken <= p.steps_taken * o.repeats);
    plan_free(&p);
    farm_errors_free(&errors);
    return status;
}

static results run(const experiment *e, size_t n, run_options o) {
    results r;
    assert_int_equal(run_status(&r, e, n, o), FARM_OK);
    return r;
}

static const double *forecasts(const results *r, size_t e, size_t repeat) {
    return r->experiments[e].forecasts + repeat * TEST;
}

/* Every number of both runs alike, to the bit, for the repeats that both have. */
static void assert_same(const results *a, const results *b) {
    for (size_t e = 0; e < a->n_experiments; e++) {
        const experiment_result *x = &a->experiments[e], *y = &b->experiments[e];
        size_t n = x->n_repeats < y->n_repeats ? x->n_repeats : y->n_repeats;
        assert_memory_equal(x->rmse, y->rmse, n * sizeof *x->rmse);
        assert_memory_equal(x->forecasts, y->forecasts, n * x->n_test * sizeof *x->forecasts);
        if (x->weights) assert_memory_equal(x->weights, y->weights, n * x->n_weights * sizeof *x->weights);
        if (x->losses) assert_memory_equal(x->losses, y->losses, n * x->n_losses * sizeof *x->losses);
    }
}

/* One of everything, with shared prefixes of every kind, short enough for a test. */
enum { ZOO = 20 };
static void fill_zoo(experiment *e) {
    for (int i = 0; i < ZOO; i++) e[i] = classic(SCHEME_FIXED, 20);
    e[1] = update(20, 2);
    e[2] = update(20, 5);
    e[3].train.epochs = 42;
    e[4].train.epochs = 31;
    e[5] = classic(SCHEME_REFIT, 20);
    e[6] = classic(SCHEME_REFIT, 31);
    e[7] = classic(SCHEME_REFIT, 20);
    e[7].init = REFIT_SAME;
    e[7].every = 5;
    e[8] = classic(SCHEME_REFIT, 20);
    e[8].init = REFIT_CURRENT;
    e[8].every = 4;
    e[9] = update(20, 3);
    e[9].update.rows = UPDATE_ROWS_LAST;
    e[9].update.last = 4;
    e[9].update.optimizer = UPDATE_OPTIMIZER_RESET;
    e[9].state_at_forecast = FORECAST_WARM;
    e[10] = classic(SCHEME_PERSISTENCE, 1);
    e[11].model.neurons = 3; /* a model of its own */
    e[12] = update(20, 5);   /* the same work as e[2] */
    e[13].frame.lags = 2;
    e[13].model.lags = 2;
    for (int i = 14; i < 18; i++)
        e[i].train.state = STATE_CARRY; /* a walk moves the state that others would start from */
    e[15] = update(20, 2);
    e[15].train.state = STATE_CARRY;
    e[16].train.epochs = 42;
    e[17].train.batch = 11;
    e[18] = update(20, 2);
    e[18].train.batch = 2;
    e[18].train.state = STATE_PER_ROW;
    e[19] = e[17];
    e[19].train.epochs = 31;
}

static void sharing_threads_and_vectors_change_no_bit(void **state) {
    (void)state;
    experiment e[ZOO];
    fill_zoo(e);
    run_options o = plain;
    o.repeats = 20; /* a full block and a part of one */
    results reference = run(e, ZOO, o);
    run_options others[] = {o, o, o};
    others[0].sharing = PLAN_UNSHARED;
    others[1].threads = 1;
    others[2].level = lstm_best_level();
    for (int i = 0; i < 3; i++) {
        results r = run(e, ZOO, others[i]);
        assert_same(&reference, &r);
        if (i == 0) assert_true(r.steps_taken > reference.steps_taken && r.steps_taken == r.steps_asked);
        if (i > 0) assert_true(r.steps_taken == reference.steps_taken);
        results_free(&r);
    }
    results_free(&reference);
}

static void fewer_repeats_are_the_first_of_more(void **state) {
    (void)state;
    experiment e[ZOO];
    fill_zoo(e);
    run_options many = plain;
    many.repeats = 3 * LANES; /* whole blocks; of the others what is left over is trained beside other refits */
    results b = run(e, ZOO, many);
    static const size_t fewer[] = {1, 7, MOST_MIXED, LANES - 1, 2 * LANES + 3};
    for (size_t i = 0; i < sizeof fewer / sizeof *fewer; i++) {
        run_options few = plain;
        few.repeats = fewer[i];
        results a = run(e, ZOO, few);
        assert_same(&a, &b);
        results_free(&a);
    }
    results_free(&b);
}

static void a_forecast_does_not_depend_on_what_comes_after_it(void **state) {
    (void)state;
    experiment e[ZOO];
    fill_zoo(e);
    double changed[N];
    for (int known = 25; known < N; known++) { /* observations 0 ... known - 1 are kept */
        for (int t = 0; t < N; t++) changed[t] = t < known ? shampoo[t] : 1000.0 + t;
        run_options o = plain;
        results a = run(e, ZOO, o);
        o.values = changed;
        results b = run(e, ZOO, o);
        size_t same = (size_t)(known - (N - TEST)) + 1; /* the forecast of `known` itself included */
        for (size_t i = 0; i < ZOO; i++)
            assert_memory_equal(forecasts(&a, i, 0), forecasts(&b, i, 0), same * sizeof(double));
        /* and the next one does know, in every experiment */
        if (same < TEST)
            for (size_t i = 0; i < ZOO; i++) assert_true(forecasts(&a, i, 0)[same] != forecasts(&b, i, 0)[same]);
        results_free(&a);
        results_free(&b);
    }
}

static void the_first_forecast_is_the_base_fits_own(void **state) {
    (void)state;
    experiment e[] = {classic(SCHEME_FIXED, 20), update(20, 9), classic(SCHEME_REFIT, 20)};
    results r = run(e, 3, plain);
    assert_true(forecasts(&r, 0, 2)[0] == forecasts(&r, 1, 2)[0] && forecasts(&r, 0, 2)[0] == forecasts(&r, 2, 2)[0]);
    for (int step = 1; step < TEST; step++) {
        assert_true(forecasts(&r, 0, 2)[step] != forecasts(&r, 1, 2)[step]);
        assert_true(forecasts(&r, 0, 2)[step] != forecasts(&r, 2, 2)[step]);
    }
    results_free(&r);
}

static void equal_ways_of_saying_it_give_equal_results(void **state) {
    (void)state;
    experiment e[8];
    e[0] = e[1] = e[2] = e[3] = update(20, 3);
    e[1].update.rows = UPDATE_ROWS_LAST; /* more than there are */
    e[1].update.last = 1000;
    e[2].update.rows = UPDATE_ROWS_FRACTION;
    e[2].update.fraction = 1;
    e[3].every = TEST; /* never */
    e[4] = classic(SCHEME_FIXED, 20);
    e[5] = classic(SCHEME_REFIT, 20);
    e[5].every = TEST;
    e[6] = classic(SCHEME_REFIT, 20);
    e[6].init = REFIT_CURRENT;
    e[6].every = TEST + 3;
    e[7] = e[4];
    e[7].state_at_forecast = FORECAST_ZERO; /* of a one-step walk below */
    results r = run(e, 8, plain);
    const size_t same[][2] = {{0, 1}, {0, 2}, {3, 4}, {4, 5}, {4, 6}};
    for (size_t i = 0; i < 5; i++) {
        assert_memory_equal(forecasts(&r, same[i][0], 1), forecasts(&r, same[i][1], 1), TEST * sizeof(double));
        assert_true(r.experiments[same[i][0]].rmse[1] == r.experiments[same[i][1]].rmse[1]);
    }
    assert_true(forecasts(&r, 4, 1)[0] == forecasts(&r, 7, 1)[0] && forecasts(&r, 4, 1)[1] != forecasts(&r, 7, 1)[1]);
    results_free(&r);
}

/* A longer fit's learning curve goes on from a shorter one's; an experiment's is that of its base fit alone. */
static void learning_curves_are_those_of_the_base_fit(void **state) {
    (void)state;
    experiment e[] = {classic(SCHEME_FIXED, 20), classic(SCHEME_FIXED, 30), update(20, 2), classic(SCHEME_REFIT, 20)};
    results r = run(e, 4, plain);
    for (size_t i = 0; i < 4; i++) {
        const experiment_result *x = &r.experiments[i];
        assert_int_equal(x->n_losses, i == 1 ? 30 : 20);
        for (size_t repeat = 0; repeat < x->n_repeats; repeat++)
            assert_memory_equal(x->losses + repeat * x->n_losses, r.experiments[0].losses + repeat * 20,
                                20 * sizeof *x->losses);
    }
    assert_true(r.experiments[1].losses[29] < r.experiments[1].losses[0]); /* it learns */
    results_free(&r);
}

/* Fresh refits at two origins differ even where rows alike would make them the same, so each draws its own weights. */
static void every_fresh_refit_draws_its_own_weights(void **state) {
    (void)state;
    experiment e = classic(SCHEME_REFIT, 1);
    e.train.optimizer.learning_rate = 1e-30; /* what is trained stays as it was drawn */
    double weights[TEST][14];
    for (int test = 2; test <= 4; test++) { /* the last refit's weights are kept: origins 1, 2 and 3 */
        e.frame.test = test;
        results r = run(&e, 1, plain);
        memcpy(weights[test], r.experiments[0].weights, sizeof weights[test]);
        results_free(&r);
    }
    assert_true(weights[2][0] != weights[3][0] && weights[3][0] != weights[4][0] && weights[2][0] != weights[4][0]);
}

/* With nothing learnt (a rate of nearly 0) only the state can tell a refit from the current weights apart: it starts
 * from zero, where an update would go on from the last forecast. */
static void a_refit_from_the_current_weights_starts_from_zero(void **state) {
    (void)state;
    experiment e[] = {classic(SCHEME_REFIT, 1), classic(SCHEME_FIXED, 1)};
    e[0].init = REFIT_CURRENT;
    e[0].train.state = STATE_CARRY;
    e[0].train.optimizer.learning_rate = e[1].train.optimizer.learning_rate = 1e-30;
    e[1].train.state = STATE_CARRY;
    e[1].state_at_forecast = FORECAST_WARM; /* zero, then all rows known: what one epoch from zero leaves */
    results r = run(e, 2, plain);
    for (int step = 1; step < TEST; step++) assert_true(forecasts(&r, 0, 0)[step] == forecasts(&r, 1, 0)[step]);
    results_free(&r);
}

/* 22 training rows and s seen: ceil(0.3 x 23) = 7, not 6. */
static void a_fraction_of_the_rows_is_rounded_up(void **state) {
    (void)state;
    update_spec third = {.epochs = 1, .rows = UPDATE_ROWS_FRACTION, .fraction = 0.3};
    assert_int_equal(scheme_update_rows(&third, 23), 7);
    third.fraction = 0.28;
    assert_int_equal(scheme_update_rows(&third, 25), 7);
    third.fraction = 1e-9;
    assert_int_equal(scheme_update_rows(&third, 23), 1);
    third.fraction = 1;
    assert_int_equal(scheme_update_rows(&third, 23), 23);
}

static void the_same_work_under_two_names_is_done_once_and_told_twice(void **state) {
    (void)state;
    experiment e[] = {update(20, 2), update(20, 2), classic(SCHEME_PERSISTENCE, 1), classic(SCHEME_PERSISTENCE, 1)};
    results r = run(e, 4, plain);
    assert_true(isfinite(r.experiments[1].rmse[2]) && r.experiments[1].rmse[2] == r.experiments[0].rmse[2]);
    assert_true(r.experiments[3].rmse[0] == r.experiments[2].rmse[0]);
    assert_int_equal(2 * r.steps_taken, r.steps_asked);
    results_free(&r);
}

static void other_given_weights_are_another_model(void **state) {
    (void)state;
    double first[14] = {0.1, 0.2, 0.3, 0.4}, second[14] = {0.4, 0.3, 0.2, 0.1};
    given_weights one = {first, NULL, 0}, two = {second, NULL, 0};
    experiment e[] = {classic(SCHEME_FIXED, 5), classic(SCHEME_FIXED, 5)};
    e[0].initial.given = &one;
    e[1].initial.given = &two;
    e[0].initial.n_given = e[1].initial.n_given = 1;
    results r = run(e, 2, plain);
    assert_true(forecasts(&r, 0, 0)[0] != forecasts(&r, 1, 0)[0]);
    results_free(&r);
}

static uint64_t plan_steps(const experiment *e, size_t n, plan_sharing sharing, uint64_t *asked) {
    farm_errors errors = {0};
    series s = {.values = shampoo, .n = N};
    plan p;
    assert_int_equal(plan_expand(&p, e, n, &s, sharing, &errors), FARM_OK);
    uint64_t taken = p.steps_taken;
    *asked = p.steps_asked;
    plan_free(&p);
    return taken;
}

/* Whatever two experiments differ in, none is told the other's results. Each function changes one thing. */
typedef void changer(experiment *e);

#define CHANGE(name, statement)                                                                                        \
    static void name(experiment *e) { statement; }
CHANGE(as_it_is, (void)e)
CHANGE(other_difference, e->frame.differences[0] = 2)
CHANGE(other_lags, e->frame.lags = e->model.lags = 2)
CHANGE(other_test, e->frame.test = 11)
CHANGE(other_scale, e->frame.scale = SCALE_STANDARD)
CHANGE(other_low, e->frame.scale_low = -2)
CHANGE(other_high, e->frame.scale_high = 2)
CHANGE(other_neurons, e->model.neurons = 2)
CHANGE(other_activation, e->model.activation = ACTIVATION_SIGMOID)
CHANGE(other_recurrent_activation, e->model.recurrent_activation = ACTIVATION_SIGMOID)
CHANGE(other_bias_vectors, e->model.bias_vectors = 2)
CHANGE(other_kernel, e->initial.kernel = INITIAL_UNIFORM_HIDDEN)
CHANGE(other_recurrent, e->initial.recurrent = INITIAL_GLOROT_UNIFORM)
CHANGE(other_dense, e->initial.dense = INITIAL_UNIFORM_HIDDEN)
CHANGE(other_biases, e->initial.biases_uniform = true)
CHANGE(other_forget_bias, e->initial.unit_forget_bias = false)
CHANGE(other_epochs, e->train.epochs = 3)
CHANGE(other_batch, e->train.batch = 2)
CHANGE(other_state, e->train.state = STATE_PER_ROW)
CHANGE(other_optimizer, e->train.optimizer.kind = OPTIMIZER_RMSPROP)
CHANGE(other_rate, e->train.optimizer.learning_rate = 0.002)
CHANGE(other_beta_1, e->train.optimizer.beta_1 = 0.8)
CHANGE(other_beta_2, e->train.optimizer.beta_2 = 0.99)
CHANGE(other_epsilon, e->train.optimizer.epsilon = 1e-3)
CHANGE(other_placement, e->train.optimizer.placement = EPSILON_AFTER_CORRECTION)
CHANGE(other_forecast_state, e->state_at_forecast = FORECAST_ZERO)
static changer *const changes[] = {
    as_it_is,
    other_difference,
    other_lags,
    other_test,
    other_scale,
    other_low,
    other_high,
    other_neurons,
    other_kernel,
    other_activation,
    other_dense,
    other_recurrent,
    other_recurrent_activation,
    other_bias_vectors,
    other_biases,
    other_epochs,
    other_batch,
    other_state,
    other_forget_bias,
    other_optimizer,
    other_rate,
    other_beta_1,
    other_beta_2,
    other_epsilon,
    other_placement,
    other_forecast_state,
};

CHANGE(other_update_epochs, e->update.epochs = 3)
CHANGE(last_four, e->update.rows = UPDATE_ROWS_LAST; e->update.last = 4)
CHANGE(last_five, e->update.rows = UPDATE_ROWS_LAST; e->update.last = 5)
CHANGE(a_third, e->update.rows = UPDATE_ROWS_FRACTION; e->update.fraction = 0.3)
CHANGE(a_half, e->update.rows = UPDATE_ROWS_FRACTION; e->update.fraction = 0.5)
CHANGE(moments_reset, e->update.optimizer = UPDATE_OPTIMIZER_RESET)
CHANGE(every_second, e->every = 2)
CHANGE(in_batches, e->batch = 23; e->every = 100)

static changer *const update_changes[] = {as_it_is, other_update_epochs, last_four,    last_five, a_third,
                                          a_half,   moments_reset,       every_second, in_batches};

CHANGE(estimated_anew, e->baseline.refit = true)
CHANGE(anew_every_second, e->baseline.refit = true; e->every = 2)
CHANGE(weight_given, e->baseline.alpha = 0.5)
CHANGE(other_weight_given, e->baseline.alpha = 0.25)
CHANGE(trend_weight_given, e->baseline.beta = 0.5)
static changer *const holt_changes[] = {as_it_is,           estimated_anew,     anew_every_second, weight_given,
                                        other_weight_given, trend_weight_given, other_difference};

/* Of variants of one experiment each is alike to itself alone, and two that are alike in all are done once. */
static void expect_all_apart(experiment plain_one, changer *const *list, size_t n) {
    experiment e[2];
    farm_errors errors = {0};
    series s = {.values = shampoo, .n = N};
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++) {
            plan p;
            e[0] = e[1] = plain_one;
            list[a](&e[0]);
            list[b](&e[1]);
            assert_int_equal(experiment_same_work(&e[0], &e[1]), a == b);
            assert_int_equal(plan_expand(&p, e, 2, &s, PLAN_SHARED, &errors), FARM_OK);
            assert_int_equal(p.same_as[1], a == b ? 0 : -1);
            plan_free(&p);
        }
}

static void experiments_that_differ_in_anything_are_not_taken_for_one(void **state) {
    (void)state;
    experiment holt = classic(SCHEME_HOLT, 1), seasonal = classic(SCHEME_SEASONAL_NAIVE, 1), longer = seasonal;
    holt.baseline.alpha = holt.baseline.beta = NAN;
    seasonal.baseline.period = 12;
    longer.baseline.period = 6;
    expect_all_apart(classic(SCHEME_FIXED, 2), changes, sizeof changes / sizeof *changes);
    expect_all_apart(update(2, 2), update_changes, sizeof update_changes / sizeof *update_changes);
    expect_all_apart(holt, holt_changes, sizeof holt_changes / sizeof *holt_changes);
    assert_false(experiment_same_work(&seasonal, &longer));
    assert_false(experiment_same_work(&seasonal, &holt));
}

/* Only the epochs, the batch and what is done on the walk may differ where a fit is shared. */
static void a_fit_is_shared_only_where_all_that_decides_it_is_alike(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        experiment e[2] = {classic(SCHEME_FIXED, 2), update(2, 2)};
        uint64_t asked;
        changes[i](&e[1]);
        bool shared = changes[i] == as_it_is || changes[i] == other_forecast_state || changes[i] == other_epochs;
        assert_int_equal(plan_steps(e, 2, PLAN_SHARED, &asked) < asked, shared);
    }
}

/* By hand: base 500 x 22; updates N x (23 + ... + 33 = 308); matched (500 + 11 N) x 22; refits 500 x 308. */
static void the_tutorial_takes_3_4_times_fewer_steps_than_asked(void **state) {
    (void)state;
    const int epochs[] = {2, 5, 10, 20, 50};
    experiment e[12];
    e[0] = classic(SCHEME_FIXED, 500);
    for (int i = 0; i < 5; i++) e[1 + i] = update(500, epochs[i]);
    for (int i = 0; i < 5; i++) e[6 + i] = classic(SCHEME_FIXED, 500 + 11 * epochs[i]);
    e[11] = classic(SCHEME_REFIT, 500);
    uint64_t asked, taken = plan_steps(e, 11, PLAN_SHARED, &asked);
    assert_int_equal(asked, 6 * 11000 + 87 * 308 + 22 * (2500 + 11 * 87));
    assert_int_equal(taken, 11000 + 87 * 308 + 22 * 550);
    assert_true((double)asked / (double)taken > 3);
    taken = plan_steps(e, 12, PLAN_SHARED, &asked);
    assert_int_equal(taken, 11000 + 87 * 308 + 22 * 550 + 500 * 308);
    taken = plan_steps(e, 12, PLAN_UNSHARED, &asked);
    assert_int_equal(taken, asked);
}

/* RMSE of y[t-1] for the last twelve months, from pandas. */
static void an_experiment_costs_what_it_takes_by_itself(void **state) {
    (void)state;
    enum { TRAINED = 22, REPEATS = 20 };
    run_options o = plain;
    o.repeats = REPEATS;
    const experiment e[] = {classic(SCHEME_FIXED, 20), update(20, 2), classic(SCHEME_REFIT, 20),
                            classic(SCHEME_PERSISTENCE, 20)};
    results r = run(e, 4, o);
    assert_true(r.steps_taken < r.steps_asked);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(r.experiments[i].cost.steps, scheme_steps(&e[i], TRAINED) * REPEATS);
        assert_true(r.experiments[i].cost.seconds > 0);
        assert_true(r.experiments[i].cost.seconds <= r.threads * r.seconds);
    }
    assert_int_equal(r.experiments[3].cost.steps, 0);
    assert_true(r.experiments[2].cost.seconds > r.experiments[0].cost.seconds);
    results_free(&r);
}

static void persistence_on_shampoo_is_136_761(void **state) {
    (void)state;
    experiment e = classic(SCHEME_PERSISTENCE, 1);
    results r = run(&e, 1, plain);
    assert_int_equal(r.experiments[0].n_repeats, 1);
    assert_true(fabs(r.experiments[0].rmse[0] - 136.761) < 0.0005);
    results_free(&r);
}

static void a_diverging_repeat_is_nan(void **state) {
    (void)state;
    experiment e = classic(SCHEME_FIXED, 20);
    e.model.activation = ACTIVATION_LINEAR;
    e.model.recurrent_activation = ACTIVATION_LINEAR;
    e.train.optimizer.learning_rate = 1e30;
    results r = run(&e, 1, plain);
    for (int i = 0; i < 3; i++) assert_true(isnan(r.experiments[0].rmse[i]));
    assert_true(r.steps_taken < r.steps_asked); /* and trained no longer than until all have */
    results_free(&r);
}

typedef struct {
    int polls, calls;
    uint64_t last, total;
} watcher;

static bool stop_soon(void *context) {
    watcher *w = context;
    int polls;
#pragma omp atomic capture
    polls = ++w->polls;
    return polls > 50;
}

static void watch(void *context, const farm_progress *p) {
    watcher *w = context;
    assert_true(p->steps_done >= w->last && p->steps_done <= p->steps_total);
    w->last = p->steps_done;
    w->total = p->steps_total;
    w->calls++;
}

static void a_run_ends_soon_after_the_stop_hook_says_so(void **state) {
    (void)state;
    experiment e[ZOO];
    fill_zoo(e);
    for (int i = 0; i < ZOO; i++) e[i].train.epochs += 1000000; /* hours */
    watcher w = {0};
    farm_hooks hooks = {NULL, stop_soon, &w};
    run_options o = plain;
    o.hooks = &hooks;
    results r;
    assert_int_equal(run_status(&r, e, ZOO, o), FARM_INTERRUPTED);
    assert_true(w.polls < 5000);
    results_free(&r);
}

static void progress_only_grows(void **state) {
    (void)state;
    experiment e = classic(SCHEME_REFIT, 300);
    watcher w = {0};
    farm_hooks hooks = {watch, NULL, &w};
    run_options o = plain;
    o.hooks = &hooks;
    o.repeats = 320; /* about half a second */
    results r = run(&e, 1, o);
    assert_true(w.calls >= 1);
    assert_int_equal(w.total, r.steps_taken);
    results_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sharing_threads_and_vectors_change_no_bit),
        cmocka_unit_test(fewer_repeats_are_the_first_of_more),
        cmocka_unit_test(a_forecast_does_not_depend_on_what_comes_after_it),
        cmocka_unit_test(the_first_forecast_is_the_base_fits_own),
        cmocka_unit_test(equal_ways_of_saying_it_give_equal_results),
        cmocka_unit_test(learning_curves_are_those_of_the_base_fit),
        cmocka_unit_test(every_fresh_refit_draws_its_own_weights),
        cmocka_unit_test(a_refit_from_the_current_weights_starts_from_zero),
        cmocka_unit_test(a_fraction_of_the_rows_is_rounded_up),
        cmocka_unit_test(the_same_work_under_two_names_is_done_once_and_told_twice),
        cmocka_unit_test(other_given_weights_are_another_model),
        cmocka_unit_test(experiments_that_differ_in_anything_are_not_taken_for_one),
        cmocka_unit_test(a_fit_is_shared_only_where_all_that_decides_it_is_alike),
        cmocka_unit_test(the_tutorial_takes_3_4_times_fewer_steps_than_asked),
        cmocka_unit_test(an_experiment_costs_what_it_takes_by_itself),
        cmocka_unit_test(persistence_on_shampoo_is_136_761),
        cmocka_unit_test(a_diverging_repeat_is_nan),
        cmocka_unit_test(a_run_ends_soon_after_the_stop_hook_says_so),
        cmocka_unit_test(progress_only_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
