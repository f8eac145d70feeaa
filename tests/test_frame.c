/* test_frame.c - rows, scaling and inversion against figures worked out by hand. */
#include "frame.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static double shampoo[] = {266.0, 145.9, 183.1, 119.3, 180.3, 168.5, 231.8, 224.5, 192.8, 122.9, 336.5, 185.9,
                           194.3, 149.5, 210.1, 273.3, 191.4, 287.0, 226.0, 303.6, 289.9, 421.6, 264.5, 342.3,
                           339.7, 440.4, 315.9, 439.3, 401.3, 437.4, 575.5, 407.6, 682.0, 475.3, 581.3, 646.9};
static const series shampoo_series = {.values = shampoo, .n = 36};

static frame build(const series *s, frame_spec spec) {
    frame f;
    farm_errors errors = {0};
    assert_int_equal(frame_build(&f, s, &spec, &errors), FARM_OK);
    return f;
}

static bool near(double a, double b) { return fabs(a - b) <= 1e-12 * fmax(1, fabs(b)); }

/* Differences -120.1, 37.2, -63.8, ...: the first row is (-120.1) -> 37.2; the training columns' extremes by hand:
 * inputs and targets both reach from -157.1 (421.6 to 264.5) up to 213.6 (122.9 to 336.5). */
static void the_tutorial_has_22_training_and_12_test_rows(void **state) {
    (void)state;
    frame f = build(&shampoo_series, (frame_spec){1, {1}, 1, 12, SCALE_RANGE, -1, 1});
    assert_int_equal(f.n_train, 22);
    assert_int_equal(f.n_test, 12);
    assert_int_equal(f.indices[0], 2);
    assert_int_equal(f.indices[22], 24);
    assert_true(near(f.inputs[0], 2 * (-120.1 + 157.1) / (213.6 + 157.1) - 1));
    assert_true(near(f.targets[0], 2 * (37.2 + 157.1) / (213.6 + 157.1) - 1));
    assert_true(f.actuals[22] == 339.7 && f.offsets[22] == 342.3);
    /* test rows are scaled by the training rows' map and may leave the range: 682.0 - 407.6 = 274.4 */
    assert_true(near(f.targets[30], 2 * (274.4 + 157.1) / (213.6 + 157.1) - 1) && f.targets[30] > 1);
    frame_free(&f);
}

static void lags_stand_most_recent_first_and_each_column_scales_by_itself(void **state) {
    (void)state;
    double y[] = {0, 1, 3, 6, 10, 15, 100};
    series s = {.values = y, .n = 7};
    frame f = build(&s, (frame_spec){1, {1}, 2, 1, SCALE_NONE, 0, 0});
    assert_int_equal(f.n_rows, 4); /* differences 1 2 3 4 5 85; rows (2,1)->3 (3,2)->4 (4,3)->5 (5,4)->85 */
    assert_true(f.inputs[0] == 2 && f.inputs[1] == 1 && f.targets[0] == 3);
    assert_true(f.inputs[6] == 5 && f.inputs[7] == 4 && f.targets[3] == 85);
    frame_free(&f);
    f = build(&s, (frame_spec){1, {1}, 2, 1, SCALE_RANGE, 0, 10});
    assert_true(f.inputs[0] == 0 && f.inputs[1] == 0 && f.targets[0] == 0);    /* the minima 2, 1 and 3 */
    assert_true(f.inputs[4] == 10 && f.inputs[5] == 10 && f.targets[2] == 10); /* the maxima of the training rows */
    assert_true(near(f.inputs[6], 15) && near(f.targets[3], 410));
    frame_free(&f);
}

/* Training targets 3, 4, 5: mean 4, population deviation sqrt(2/3). */
static void standard_scaling_uses_the_population_deviation_of_the_training_rows(void **state) {
    (void)state;
    double y[] = {0, 1, 3, 6, 10, 15, 100};
    series s = {.values = y, .n = 7};
    frame f = build(&s, (frame_spec){1, {1}, 2, 1, SCALE_STANDARD, 0, 0});
    assert_true(near(f.targets[0], -1 / sqrt(2.0 / 3)));
    assert_true(fabs(f.targets[1]) < 1e-15);
    assert_true(near(f.targets[3], 81 / sqrt(2.0 / 3)));
    frame_free(&f);
}

static void a_constant_column_scales_to_the_lower_end(void **state) {
    (void)state;
    double y[] = {5, 7, 9, 11, 13, 20};
    series s = {.values = y, .n = 6};
    frame f = build(&s, (frame_spec){1, {1}, 1, 1, SCALE_RANGE, -1, 1});
    for (int r = 0; r < f.n_train; r++) assert_true(f.inputs[r] == -1 && f.targets[r] == -1);
    assert_true(near(frame_invert(&f, f.n_rows - 1, f.targets[f.n_rows - 1]), 20));
    frame_free(&f);
}

static void inverting_a_target_gives_the_observation_back(void **state) {
    (void)state;
    const frame_spec specs[] = {
        {0, {0}, 1, 12, SCALE_RANGE, -1, 1},    {1, {1}, 1, 12, SCALE_RANGE, -1, 1},
        {1, {12}, 2, 5, SCALE_STANDARD, 0, 0},  {2, {1, 12}, 1, 12, SCALE_RANGE, 0, 1},
        {3, {1, 1, 2}, 3, 4, SCALE_NONE, 0, 0},
    };
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        frame f = build(&shampoo_series, specs[i]);
        assert_int_equal(f.n_rows, frame_rows(&specs[i], 36));
        for (int r = 0; r < f.n_rows; r++) {
            assert_true(near(frame_invert(&f, r, f.targets[r]), shampoo[f.indices[r]]));
            assert_true(f.actuals[r] == shampoo[f.indices[r]]);
        }
        frame_free(&f);
    }
}

/* d1[t] = y[t] - y[t-1], d[t] = d1[t] - d1[t-12]: what is added back is y[t-1] + y[t-12] - y[t-13]. */
static void differences_apply_in_turn(void **state) {
    (void)state;
    frame f = build(&shampoo_series, (frame_spec){2, {1, 12}, 1, 12, SCALE_NONE, 0, 0});
    assert_int_equal(f.n_rows, 22);
    int t = f.indices[0];
    assert_int_equal(t, 14);
    assert_true(near(f.offsets[0], shampoo[13] + shampoo[2] - shampoo[1]));
    assert_true(near(f.targets[0], shampoo[14] - shampoo[13] - shampoo[2] + shampoo[1]));
    assert_true(near(f.inputs[0], shampoo[13] - shampoo[12] - shampoo[1] + shampoo[0]));
    frame_free(&f);
}

static void scaling_and_rows_do_not_know_the_test_rows(void **state) {
    (void)state;
    double changed[36];
    for (int t = 0; t < 36; t++) changed[t] = t < 30 ? shampoo[t] : -1e6 * t;
    series s = {.values = changed, .n = 36};
    frame a = build(&shampoo_series, (frame_spec){1, {1}, 1, 12, SCALE_RANGE, -1, 1});
    frame b = build(&s, (frame_spec){1, {1}, 1, 12, SCALE_RANGE, -1, 1});
    for (int r = 0; r < 28; r++) assert_true(a.inputs[r] == b.inputs[r] && a.targets[r] == b.targets[r]);
    assert_true(a.inputs[28] == b.inputs[28] && a.offsets[28] == b.offsets[28]); /* row of t = 30 */
    frame_free(&a);
    frame_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tutorial_has_22_training_and_12_test_rows),
        cmocka_unit_test(lags_stand_most_recent_first_and_each_column_scales_by_itself),
        cmocka_unit_test(standard_scaling_uses_the_population_deviation_of_the_training_rows),
        cmocka_unit_test(a_constant_column_scales_to_the_lower_end),
        cmocka_unit_test(inverting_a_target_gives_the_observation_back),
        cmocka_unit_test(differences_apply_in_turn),
        cmocka_unit_test(scaling_and_rows_do_not_know_the_test_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
