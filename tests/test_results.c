/* test_results.c - room for a run: its shape, what it holds before the run, and what is said when there is none. */
#include "results.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const experiment experiments[] = {
    {.name = "fixed",
     .scheme = SCHEME_FIXED,
     .frame = {.test = 12},
     .model = {.lags = 2, .neurons = 3, .bias_vectors = 1}},
    {.name = "persistence", .scheme = SCHEME_PERSISTENCE, .frame = {.test = 6}},
};

static void every_value_is_nan_before_the_run(void **state) {
    (void)state;
    results r;
    farm_errors errors = {0};
    assert_int_equal(results_init(&r, experiments, 2, 7, 0, true, &errors), FARM_OK);
    const experiment_result *fixed = &r.experiments[0], *persistence = &r.experiments[1];
    assert_true(fixed->n_repeats == 7 && fixed->n_test == 12);
    assert_int_equal(fixed->n_weights, 2 * 12 + 3 * 12 + 12 + 3 + 1);
    assert_true(persistence->n_repeats == 1 && persistence->n_test == 6); /* deterministic: one is enough */
    assert_true(persistence->n_weights == 0 && persistence->weights == NULL);
    for (size_t i = 0; i < 7; i++) assert_true(isnan(fixed->rmse[i]));
    for (size_t i = 0; i < 7 * 12; i++) assert_true(isnan(fixed->forecasts[i]));
    for (size_t i = 0; i < 7 * fixed->n_weights; i++) assert_true(isnan(fixed->weights[i]));
    results_free(&r);
    assert_true(r.experiments == NULL && r.n_experiments == 0);
    results_free(&r);
}

static void weights_take_no_room_unless_kept(void **state) {
    (void)state;
    results r;
    farm_errors errors = {0};
    assert_int_equal(results_init(&r, experiments, 2, 7, 0, false, &errors), FARM_OK);
    assert_true(r.experiments[0].weights == NULL && r.experiments[0].n_weights == 0);
    results_free(&r);
    assert_int_equal(results_init(&r, experiments, 0, 7, 0, false, &errors), FARM_OK);
    results_free(&r);
}

/* Every epoch of a short fit, and points spread evenly over a long one, the last always its end. */
static void points_of_a_learning_curve_lead_to_the_last_epoch(void **state) {
    (void)state;
    const int lengths[] = {1, 2, 199, 200, 201, 399, 500, 1050, 1000000000};
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        int epochs = lengths[k], before = 0;
        size_t n = epochs < MOST_LOSSES ? (size_t)epochs : MOST_LOSSES;
        for (size_t i = 0; i < n; i++) {
            int epoch = results_loss_epoch(epochs, n, i);
            assert_true(epoch > before && epoch - before <= epochs / (int)n + 1);
            assert_int_equal(results_loss_point(epochs, n, epoch), (int)i);
            if (epoch - before > 1) assert_int_equal(results_loss_point(epochs, n, epoch - 1), -1);
            before = epoch;
        }
        assert_int_equal(before, epochs);
    }
}

/* More than any machine has, and refused before anything is asked of malloc. */
static void too_many_repeats_are_refused_with_the_size(void **state) {
    (void)state;
    results r;
    farm_errors errors = {0};
    size_t repeats = SIZE_MAX / 8 / 14; /* (1 + 12) doubles each: fits in a size_t, in no memory */
    assert_int_equal(results_init(&r, experiments, 2, repeats, 0, false, &errors), FARM_FAILED);
    assert_int_equal(errors.n, 1);
    assert_string_equal(errors.items[0].key, "repeats");
    assert_non_null(strstr(errors.items[0].text, "out of memory: the results of 164703072086692425 repeats need "));
    assert_non_null(strstr(errors.items[0].text, " are at hand; ask for fewer repeats"));
    assert_null(r.experiments);
    assert_int_equal(results_init(&r, experiments, 2, SIZE_MAX / 8, 0, true, &errors), FARM_FAILED);
    assert_non_null(strstr(errors.items[1].text, "repeats need more than memory can address, and "));
    farm_errors_free(&errors);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_nan_before_the_run),
        cmocka_unit_test(weights_take_no_room_unless_kept),
        cmocka_unit_test(points_of_a_learning_curve_lead_to_the_last_epoch),
        cmocka_unit_test(too_many_repeats_are_refused_with_the_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
