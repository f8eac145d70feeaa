/* test_plan.c - which chains, stops and walks a run needs, and what they take, worked out by hand. That sharing changes no
 * result is in test_pool.c. */
#include "plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { N = 36, TEST = 12 };

/* 22 training rows and 12 test rows; what the numbers are is nothing to a plan. */
static experiment classic(scheme_kind scheme, int epochs) {
    return (experiment){
        .scheme = scheme,
        .frame = {1, {1}, 1, TEST, SCALE_RANGE, -1, 1},
        .model = {1, 1, ACTIVATION_TANH, ACTIVATION_HARD_SIGMOID, 1},
        .initial = {INITIAL_GLOROT_UNIFORM, INITIAL_ORTHOGONAL, INITIAL_GLOROT_UNIFORM, false, true, NULL, 0},
        .train = {epochs, 1, STATE_PER_EPOCH, {OPTIMIZER_ADAM, 0.001, 0.9, 0.999, 1e-8, EPSILON_BEFORE_CORRECTION}},
        .update = {.epochs = 2},
        .every = 1,
        .batch = 1,
    };
}

static plan expand(const experiment *e, size_t n, plan_sharing sharing) {
    static double values[N];
    for (int t = 0; t < N; t++) values[t] = (double)(t * t % 17);
    series s = {.values = values, .n = N};
    farm_errors errors = {0};
    plan p;
    assert_int_equal(plan_expand(&p, e, n, &s, sharing, &errors), FARM_OK);
    return p;
}

static void expect_walk(const plan_stop *stop, size_t w, int index, int from, int to) {
    assert_true(w < stop->n_walks);
    assert_int_equal(stop->walks[w].experiment, index);
    assert_int_equal(stop->walks[w].from, from);
    assert_int_equal(stop->walks[w].to, to);
}

/* The base fit stops at 20, 31 and 42 epochs; update learns 2 x (23 + ... + 33 = 308) rows on the way from the first. The
 * refits before forecasts 5 and 10 train 20 epochs over 27 and 32 rows. */
static void experiments_become_chains_with_stops(void **state) {
    (void)state;
    experiment e[5] = {classic(SCHEME_FIXED, 20), classic(SCHEME_UPDATE, 20), classic(SCHEME_FIXED, 42),
                       classic(SCHEME_REFIT, 20), classic(SCHEME_FIXED, 31)};
    e[3].every = 5;
    plan p = expand(e, 5, PLAN_SHARED);
    assert_int_equal(p.n_chains, 3); /* most steps first */
    const plan_chain *base = &p.chains[0], *late = &p.chains[1], *early = &p.chains[2];
    assert_int_equal(base->n_stops, 3);
    assert_int_equal(base->stops[0].epochs, 20);
    assert_int_equal(base->stops[1].epochs, 31);
    assert_int_equal(base->stops[2].epochs, 42);
    assert_int_equal(base->stops[0].n_walks, 3);
    assert_int_equal(base->stops[1].n_walks, 1);
    assert_int_equal(base->stops[2].n_walks, 1);
    expect_walk(&base->stops[0], 0, 0, 0, TEST);
    expect_walk(&base->stops[0], 1, 1, 0, TEST);
    expect_walk(&base->stops[0], 2, 3, 0, 5);
    expect_walk(&base->stops[1], 0, 4, 0, TEST);
    expect_walk(&base->stops[2], 0, 2, 0, TEST);
    assert_true(base->origin == 0 && base->initial_origin == 0 && base->initial_refit == 0);
    assert_int_equal(base->steps, 42 * 22 + 616);
    assert_int_equal(base->rows, 42 * 22 + 616);
    assert_int_equal(base->longest, 20 * 22 + 616);
    assert_int_equal(base->places, 1);
    assert_true(early->origin == 5 && early->initial_origin == 5 && early->initial_refit == 0);
    assert_true(early->steps == 20 * 27 && early->rows == 20 * 27 && early->longest == 20 * 27);
    expect_walk(&early->stops[0], 0, 3, 5, 10);
    assert_true(late->origin == 10 && late->initial_origin == 10 && late->steps == 20 * 32);
    expect_walk(&late->stops[0], 0, 3, 10, TEST);
    assert_int_equal(p.steps_asked, 440 + (440 + 616) + 924 + (440 + 540 + 640) + 682);
    assert_int_equal(p.steps_taken, 924 + 616 + 540 + 640);
    plan_free(&p);
    assert_true(p.chains == NULL && p.frames == NULL && p.same_as == NULL && p.frame_of == NULL);
}

/* Where the longest fit outlasts the longest walk, and the other way round. */
static void the_longest_way_through_a_chain_is_known(void **state) {
    (void)state;
    experiment e[] = {classic(SCHEME_UPDATE, 20), classic(SCHEME_FIXED, 100), classic(SCHEME_UPDATE, 30)};
    plan p = expand(e, 3, PLAN_SHARED);
    assert_int_equal(p.n_chains, 1);
    assert_int_equal(p.chains[0].longest, 100 * 22);
    assert_int_equal(p.chains[0].steps, 100 * 22 + 2 * 616);
    plan_free(&p);
    p = expand(e, 1, PLAN_SHARED);
    assert_int_equal(p.chains[0].longest, 20 * 22 + 616);
    plan_free(&p);
}

/* The base fit in twos; then 2 epochs over the last 20 rows in fives, eleven times. */
static void batches_take_fewer_steps_but_pass_over_as_many_rows(void **state) {
    (void)state;
    experiment e[] = {classic(SCHEME_UPDATE, 20), classic(SCHEME_FIXED, 20)};
    e[0].update.rows = UPDATE_ROWS_LAST;
    e[0].update.last = 20;
    e[0].train.batch = e[1].train.batch = 2;
    e[0].batch = 5;
    plan p = expand(e, 2, PLAN_SHARED);
    assert_int_equal(p.n_chains, 1);
    const plan_chain *chain = &p.chains[0];
    assert_int_equal(chain->batch, 2);
    assert_int_equal(chain->places, 5);
    assert_int_equal(chain->steps, 20 * 11 + 11 * 2 * 4);
    assert_int_equal(chain->rows, 20 * 22 + 11 * 2 * 20);
    assert_int_equal(chain->longest, 20 * 22 + 11 * 2 * 20);
    plan_free(&p);
    e[1].batch = 5; /* which fixed has no use for */
    p = expand(e + 1, 1, PLAN_SHARED);
    assert_int_equal(p.chains[0].places, 2);
    plan_free(&p);
    e[0].train.batch = 11;
    p = expand(e, 2, PLAN_SHARED); /* another batch is another fit */
    assert_int_equal(p.n_chains, 2);
    plan_free(&p);
}

static void a_refit_takes_its_own_batch_and_first_weights(void **state) {
    (void)state;
    given_weights given = {0};
    experiment e = classic(SCHEME_REFIT, 20);
    e.train.batch = 2;
    e.batch = 13;
    e.every = 4; /* origins 4 and 8: 26 and 30 rows */
    e.initial.given = &given;
    plan p = expand(&e, 1, PLAN_SHARED);
    assert_int_equal(p.n_chains, 3);
    const plan_chain *first = &p.chains[0], *second = &p.chains[1], *third = &p.chains[2];
    assert_true(first->batch == 2 && first->steps == 20 * 11 && first->initial_refit == 0);
    assert_true(second->batch == 13 && second->steps == 20 * 2 && second->places == 13);
    assert_true(second->initial_refit == 1 && second->initial_origin == 4);
    assert_true(third->origin == 8 && third->initial_refit == 2); /* as many steps: in the order of origins */
    plan_free(&p);
    e.init = REFIT_SAME;
    p = expand(&e, 1, PLAN_SHARED);
    for (size_t c = 0; c < 3; c++) assert_true(p.chains[c].initial_refit == 0 && p.chains[c].initial_origin == 0);
    plan_free(&p);
    e.init = REFIT_CURRENT; /* one model, that goes on */
    p = expand(&e, 1, PLAN_SHARED);
    assert_int_equal(p.n_chains, 1);
    expect_walk(&p.chains[0].stops[0], 0, 0, 0, TEST);
    plan_free(&p);
}

static void chains_of_as_many_steps_stand_in_the_order_of_their_experiments(void **state) {
    (void)state;
    experiment e[4];
    for (int i = 0; i < 4; i++) e[i] = classic(SCHEME_FIXED, i == 2 ? 21 : 20), e[i].model.neurons = i + 1;
    plan p = expand(e, 4, PLAN_SHARED);
    assert_int_equal(p.n_chains, 4);
    const int order[] = {2, 0, 1, 3};
    for (int i = 0; i < 4; i++) assert_int_equal(p.chains[i].experiment, order[i]);
    assert_int_equal(p.n_frames, 1);
    plan_free(&p);
}

static void what_is_alike_is_done_once_unless_sharing_is_off(void **state) {
    (void)state;
    experiment e[] = {classic(SCHEME_UPDATE, 20), classic(SCHEME_FIXED, 20), classic(SCHEME_UPDATE, 20),
                      classic(SCHEME_MEAN, 1),    classic(SCHEME_MEAN, 1),   classic(SCHEME_UPDATE, 20)};
    plan p = expand(e, 6, PLAN_SHARED);
    const int same_as[] = {-1, -1, 0, -1, 3, 0};
    for (int i = 0; i < 6; i++) assert_int_equal(p.same_as[i], same_as[i]);
    assert_int_equal(p.n_chains, 1);
    assert_int_equal(p.chains[0].stops[0].n_walks, 2);
    plan_free(&p);
    p = expand(e, 6, PLAN_UNSHARED);
    for (int i = 0; i < 6; i++) assert_int_equal(p.same_as[i], -1);
    assert_int_equal(p.n_chains, 4);
    assert_int_equal(p.steps_taken, p.steps_asked);
    plan_free(&p);
    e[0].train.state = e[1].train.state = STATE_CARRY; /* a walk moves the state on */
    p = expand(e, 2, PLAN_SHARED);
    assert_int_equal(p.n_chains, 2);
    plan_free(&p);
}

/* Frames are built once for each spec, found again after others came between. */
static void frames_are_shared_between_equal_specs(void **state) {
    (void)state;
    experiment e[4];
    for (int i = 0; i < 4; i++) e[i] = classic(SCHEME_FIXED, 20);
    e[1].frame.test = 6;
    e[3].frame.test = 6;
    plan p = expand(e, 4, PLAN_SHARED);
    assert_int_equal(p.n_frames, 2);
    assert_true(p.frame_of[0] == p.frame_of[2] && p.frame_of[1] == p.frame_of[3] && p.frame_of[0] != p.frame_of[1]);
    assert_true(p.frame_of[0]->n_train == 22 && p.frame_of[1]->n_train == 28);
    plan_free(&p);
}

/* More stops and walks than one growth of their arrays has room for, put in in no order. */
static void many_stops_come_out_in_order(void **state) {
    (void)state;
    enum { MANY = 40 };
    experiment e[2 * MANY];
    for (int i = 0; i < MANY; i++) {
        e[i] = classic(SCHEME_FIXED, 1 + i * 7 % MANY);
        e[MANY + i] = classic(SCHEME_UPDATE, 5);
        e[MANY + i].update.epochs = i + 1;
    }
    plan p = expand(e, 2 * MANY, PLAN_SHARED);
    assert_int_equal(p.n_chains, 1);
    assert_int_equal(p.chains[0].n_stops, MANY);
    for (int s = 0; s < MANY; s++) {
        assert_int_equal(p.chains[0].stops[s].epochs, s + 1);
        assert_int_equal(p.chains[0].stops[s].n_walks, s == 4 ? 1 + MANY : 1);
    }
    for (size_t w = 0; w < MANY; w++) expect_walk(&p.chains[0].stops[4], 1 + w, MANY + (int)w, 0, TEST);
    plan_free(&p);
}

/* Eleven refits of ten repeats each fill seven blocks, and not eleven. */
static void refits_of_one_kind_share_the_lanes_of_blocks(void **state) {
    (void)state;
    static const struct {
        size_t repeats, tasks;
    } cases[] = {{1, 2}, {3, 4}, {10, 8}, {13, 10}, {14, 12}, {16, 12}, {17, 14}, {30, 24}, {32, 24}};
    experiment e[] = {classic(SCHEME_FIXED, 20), classic(SCHEME_REFIT, 20), classic(SCHEME_UPDATE, 20)};
    plan p = expand(e, 3, PLAN_SHARED);
    assert_int_equal(p.n_chains, 12);
    assert_int_equal(p.n_families, 1);
    for (size_t c = 0; c < p.n_chains; c++) assert_int_equal(p.chains[c].family, p.chains[c].origin > 0 ? 0 : -1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(plan_tasks(&p, cases[i].repeats), cases[i].tasks);
    plan_free(&p);
}

static void refits_of_other_kinds_keep_to_themselves(void **state) {
    (void)state;
    experiment e[] = {classic(SCHEME_REFIT, 20), classic(SCHEME_REFIT, 20), classic(SCHEME_REFIT, 21),
                      classic(SCHEME_REFIT, 20), classic(SCHEME_REFIT, 20), classic(SCHEME_REFIT, 20)};
    for (int i = 0; i < 6; i++) e[i].every = 6; /* one refit each, over 28 rows */
    e[0].init = REFIT_FRESH;
    e[1].init = REFIT_SAME; /* other first weights: the same family */
    e[2].every = 7;         /* over 29, or it would share a chain with the first, and have two stops */
    e[3].model.neurons = 2;
    e[4].batch = 2;                 /* a step takes several rows */
    e[5].train.state = STATE_CARRY; /* an epoch goes on from the one before */
    static const int expected[] = {0, 0, 1, 2, -1, -1};
    plan p = expand(e, 6, PLAN_SHARED);
    int families[6] = {9, 9, 9, 9, 9, 9}, seen = 0;
    for (size_t c = 0; c < p.n_chains; c++)
        if (p.chains[c].origin > 0) families[p.chains[c].experiment] = p.chains[c].family, seen++;
    assert_int_equal(seen, 6);
    assert_int_equal(p.n_families, 3);
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < 6; k++) {
            bool together = expected[i] >= 0 && expected[i] == expected[k];
            assert_true((families[i] >= 0 && families[i] == families[k]) == together);
        }
    plan_free(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refits_of_one_kind_share_the_lanes_of_blocks),
        cmocka_unit_test(refits_of_other_kinds_keep_to_themselves),
        cmocka_unit_test(experiments_become_chains_with_stops),
        cmocka_unit_test(the_longest_way_through_a_chain_is_known),
        cmocka_unit_test(batches_take_fewer_steps_but_pass_over_as_many_rows),
        cmocka_unit_test(a_refit_takes_its_own_batch_and_first_weights),
        cmocka_unit_test(chains_of_as_many_steps_stand_in_the_order_of_their_experiments),
        cmocka_unit_test(what_is_alike_is_done_once_unless_sharing_is_off),
        cmocka_unit_test(frames_are_shared_between_equal_specs),
        cmocka_unit_test(many_stops_come_out_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
