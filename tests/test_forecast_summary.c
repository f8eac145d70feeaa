/* test_forecast_summary.c - test rows summarised over repeats: exact over all of them, however few are at hand. */
#include "forecast_summary.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

enum { MANY = (2 << 20) + 1, WINDOW = 1 << 16, APART = 1024, N_TEST = 3 };

typedef struct {
    experiment_result e;
    results r;
    int passes;
} run;

/* Repeat r forecasts r + 10 * step, where it has not diverged: one in so many. */
static bool fetch(void *context, size_t index) {
    run *all = context;
    experiment_result *e = &all->r.experiments[index];
    all->passes += e->at == 0;
    for (size_t i = 0; i < e->n_at; i++)
        for (size_t step = 0; (e->at + i) % APART == 0 && step < N_TEST; step++)
            e->forecasts[i * N_TEST + step] = (double)(e->at + i) + 10 * (double)step;
    return true;
}

static void of_more_repeats_than_are_at_hand_all_count(void **state) {
    (void)state;
    bool known = false, lost = false;
    run all = {.e = {.n_repeats = MANY, .n_test = N_TEST, .known = &known}};
    all.e.forecasts = malloc(WINDOW * N_TEST * sizeof *all.e.forecasts);
    all.r =
        (results){.experiments = &all.e, .n_experiments = 1, .window = WINDOW, .source = {fetch, &all}, .lost = &lost};
    forecast_summary rows[2];
    assert_non_null(all.e.forecasts);
    assert_true(forecast_summaries(rows, &all.r, 0, 2)); /* steps 0 and 2 */
    assert_int_equal(all.passes, 2);                     /* two columns would take more than 32 MiB */
    for (int k = 0; k < 2; k++) {                        /* 0, 1024, ..., 2097152, and 20 more */
        const forecast_summary *s = &rows[k];
        const double more = 20 * k, last = MANY - 1;
        assert_int_equal(s->all.n, 2049);
        assert_int_equal(s->all.left_out, MANY - 2049);
        assert_true(s->all.min == more && s->all.median == last / 2 + more && s->all.max == last + more);
        assert_true(s->all.mean == last / 2 + more);
        assert_true(fabs(s->q05 - (0.05 * last + more)) < 1e-6 && fabs(s->q10 - (0.1 * last + more)) < 1e-6);
        assert_true(fabs(s->q90 - (0.9 * last + more)) < 1e-6 && fabs(s->q95 - (0.95 * last + more)) < 1e-6);
    }
    free(all.e.forecasts);
}

static void of_one_repeat_or_none_all_quantiles_are_alike(void **state) {
    (void)state;
    double forecasts[] = {7, NAN, -3};
    experiment_result e = {.deterministic = true, .n_repeats = 1, .n_at = 1, .n_test = N_TEST, .forecasts = forecasts};
    results r = {.experiments = &e, .n_experiments = 1, .window = 1};
    forecast_summary **all = forecast_summaries_all(&r);
    assert_non_null(all);
    for (int k = 0; k < N_TEST; k += 2) {
        const forecast_summary *s = &all[0][k];
        assert_int_equal(s->all.n, 1);
        assert_true(s->q05 == forecasts[k] && s->q10 == forecasts[k] && s->q90 == forecasts[k] &&
                    s->q95 == forecasts[k] && s->all.median == forecasts[k] && isnan(s->all.std));
    }
    assert_int_equal(all[0][1].all.left_out, 1);
    assert_true(isnan(all[0][1].q05) && isnan(all[0][1].q95) && isnan(all[0][1].all.mean));
    forecast_summaries_free(all, 1);
    e.n_repeats = e.n_at = 0; /* a shard without repeats */
    all = forecast_summaries_all(&r);
    assert_non_null(all);
    assert_int_equal(all[0][0].all.n, 0);
    assert_true(isnan(all[0][0].q10));
    forecast_summaries_free(all, 1);
    forecast_summaries_free(NULL, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_more_repeats_than_are_at_hand_all_count),
        cmocka_unit_test(of_one_repeat_or_none_all_quantiles_are_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
