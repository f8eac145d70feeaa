/* test_baselines.c - the plain methods against statsmodels and NumPy: the figures are tests/oracle/baselines.py's. */
#include "baselines.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { N = 36, TEST = 12 };
static double shampoo[N] = {266.0, 145.9, 183.1, 119.3, 180.3, 168.5, 231.8, 224.5, 192.8, 122.9, 336.5, 185.9,
                            194.3, 149.5, 210.1, 273.3, 191.4, 287.0, 226.0, 303.6, 289.9, 421.6, 264.5, 342.3,
                            339.7, 440.4, 315.9, 439.3, 401.3, 437.4, 575.5, 407.6, 682.0, 475.3, 581.3, 646.9};

static experiment method(scheme_kind scheme, int difference, int lags, baseline_spec spec) {
    return (experiment){.scheme = scheme,
                        .frame = {difference > 0, {difference}, lags, TEST, SCALE_RANGE, -1, 1},
                        .every = 1,
                        .baseline = spec};
}

static void forecast_values(double *forecasts, const experiment *e, double *y, int n) {
    series s = {.values = y, .n = (size_t)n};
    farm_errors errors = {0};
    frame f;
    assert_int_equal(frame_build(&f, &s, &e->frame, &errors), FARM_OK);
    assert_int_equal(baseline_forecast(forecasts, e, &s, &f), FARM_OK);
    frame_free(&f);
}

static double rmse(experiment e) {
    double forecasts[TEST], sum = 0;
    forecast_values(forecasts, &e, shampoo, N);
    for (int i = 0; i < TEST; i++) sum += pow(forecasts[i] - shampoo[N - TEST + i], 2) / TEST;
    return sqrt(sum);
}

static void rmses_on_shampoo_are_those_of_statsmodels(void **state) {
    (void)state;
    const baseline_spec plain = {false, 12, NAN, NAN}, again = {true, 12, NAN, NAN};
    const struct {
        experiment e;
        double rmse, tolerance; /* fitted weights are known to about 1e-7 on both sides */
    } cases[] = {
        {method(SCHEME_PERSISTENCE, 1, 1, plain), 136.761318849, 1e-8},
        {method(SCHEME_MEAN, 1, 1, plain), 273.052198535, 1e-8},
        {method(SCHEME_MEAN, 1, 1, again), 235.885717512, 1e-8},
        {method(SCHEME_DRIFT, 1, 1, plain), 136.184619248, 1e-8},
        {method(SCHEME_DRIFT, 1, 1, again), 137.833775387, 1e-8},
        {method(SCHEME_SEASONAL_NAIVE, 1, 1, plain), 240.473063287, 1e-8},
        {method(SCHEME_SEASONAL_NAIVE, 1, 1, (baseline_spec){false, 3, NAN, NAN}), 123.968957808, 1e-8},
        {method(SCHEME_SES, 1, 1, plain), 106.844945618, 1e-5},
        {method(SCHEME_SES, 1, 1, again), 106.591921503, 1e-5},
        {method(SCHEME_SES, 1, 1, (baseline_spec){false, 12, 0.3, NAN}), 110.223940248, 1e-8},
        {method(SCHEME_HOLT, 1, 1, plain), 106.426940649, 1e-5},
        {method(SCHEME_HOLT, 1, 1, again), 103.547174346, 1e-5},
        {method(SCHEME_HOLT, 1, 1, (baseline_spec){false, 12, 0.4, 0.2}), 92.710419232, 1e-8},
        {method(SCHEME_AR, 1, 1, plain), 86.729855905, 1e-8},
        {method(SCHEME_AR, 1, 1, again), 86.976633895, 1e-8},
        {method(SCHEME_AR, 1, 3, plain), 90.633099748, 1e-8},
        {method(SCHEME_AR, 1, 3, again), 83.269465917, 1e-8},
        {method(SCHEME_AR, 0, 1, plain), 221.148440416, 1e-8},
        {method(SCHEME_AR, 0, 1, again), 154.445069232, 1e-8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double got = rmse(cases[i].e);
        if (!(fabs(got - cases[i].rmse) <= cases[i].tolerance))
            fail_msg("%s (case %zu): %.9f, not %.9f", scheme_name(cases[i].e.scheme), i, got, cases[i].rmse);
    }
}

static void scaling_changes_no_ar_forecast(void **state) {
    (void)state;
    double range[TEST], none[TEST];
    experiment e = method(SCHEME_AR, 1, 2, (baseline_spec){true, 12, NAN, NAN});
    forecast_values(range, &e, shampoo, N);
    e.frame.scale = SCALE_NONE;
    forecast_values(none, &e, shampoo, N);
    for (int i = 0; i < TEST; i++) assert_true(fabs(range[i] - none[i]) < 1e-9 * fabs(none[i]));
}

static void a_forecast_does_not_depend_on_what_comes_after_it(void **state) {
    (void)state;
    for (scheme_kind scheme = SCHEME_PERSISTENCE; scheme <= SCHEME_AR; scheme++)
        for (int refit = 0; refit <= 1; refit++) {
            experiment e = method(scheme, 1, 1, (baseline_spec){refit, 12, NAN, NAN});
            double whole[TEST], changed[TEST], y[N];
            forecast_values(whole, &e, shampoo, N);
            for (int known = N - TEST; known < N; known++) {
                for (int t = 0; t < N; t++) y[t] = t < known ? shampoo[t] : -1000.0 * t;
                forecast_values(changed, &e, y, N);
                assert_memory_equal(whole, changed, (size_t)(known - (N - TEST) + 1) * sizeof *whole);
            }
        }
}

static void refitting_every_k_th_step_keeps_estimates_in_between(void **state) {
    (void)state;
    experiment fixed = method(SCHEME_MEAN, 1, 1, (baseline_spec){false, 12, NAN, NAN}), refit = fixed;
    refit.baseline.refit = true;
    refit.every = 5;
    double a[TEST], b[TEST];
    forecast_values(a, &fixed, shampoo, N);
    forecast_values(b, &refit, shampoo, N);
    assert_memory_equal(a, b, 5 * sizeof *a);
    assert_true(b[5] != b[4] && b[9] == b[5] && b[10] != b[9] && b[11] == b[10]);
}

/* Constant, perfectly straight, enormous: an answer or what is not finite, never an end of the program. */
static void awkward_series_are_survived(void **state) {
    (void)state;
    for (scheme_kind scheme = SCHEME_PERSISTENCE; scheme <= SCHEME_AR; scheme++)
        for (int kind = 0; kind < 3; kind++) {
            double y[N], forecasts[TEST];
            for (int t = 0; t < N; t++) y[t] = kind == 0 ? 7 : kind == 1 ? 3.0 * t : (t % 2 ? 1.7e308 : -1.7e308);
            experiment e = method(scheme, 1, 2, (baseline_spec){true, 12, NAN, NAN});
            forecast_values(forecasts, &e, y, N);
            bool exact =
                kind == 0 || (kind == 1 && (scheme == SCHEME_DRIFT || scheme == SCHEME_HOLT || scheme == SCHEME_AR));
            for (int i = 0; exact && i < TEST; i++) assert_true(fabs(forecasts[i] - y[N - TEST + i]) < 1e-6);
        }
}

static void own_handler(const char *reason, const char *file, int line, int error) {
    (void)reason, (void)file, (void)line, (void)error;
}

static void the_callers_error_handler_is_put_back(void **state) {
    (void)state;
    double forecasts[TEST];
    experiment e = method(SCHEME_AR, 1, 1, (baseline_spec){false, 12, NAN, NAN});
    gsl_error_handler_t *before = gsl_set_error_handler(own_handler);
    forecast_values(forecasts, &e, shampoo, N);
    assert_true(gsl_set_error_handler(before) == own_handler);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rmses_on_shampoo_are_those_of_statsmodels),
        cmocka_unit_test(scaling_changes_no_ar_forecast),
        cmocka_unit_test(a_forecast_does_not_depend_on_what_comes_after_it),
        cmocka_unit_test(refitting_every_k_th_step_keeps_estimates_in_between),
        cmocka_unit_test(awkward_series_are_survived),
        cmocka_unit_test(the_callers_error_handler_is_put_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
