/* test_elementary.c - our own exp, tanh and ln against libm's in higher precision. */
#include "elementary.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Distance from the true value in units of the last place of the rounded true value. */
static double ulps_float(float got, double truth) {
    float rounded = (float)truth, next = nextafterf(fabsf(rounded), INFINITY);
    return fabs((double)got - truth) / (double)(next - fabsf(rounded));
}

static double ulps_double(double got, long double truth) {
    double rounded = (double)truth, next = nextafter(fabs(rounded), INFINITY);
    return (double)(fabsl((long double)got - truth) / (long double)(next - fabs(rounded)));
}

static void tanh_is_within_3_ulp(void **state) {
    (void)state;
    double worst_float = 0, worst_double = 0;
    for (int i = -4000000; i <= 4000000; i++) {
        double x = copysign(pow(fabs(i / 4e6), 3) * 25, i); /* dense near zero */
        worst_float = fmax(worst_float, ulps_float(tanh_float((float)x), tanh((double)(float)x)));
        worst_double = fmax(worst_double, ulps_double(tanh_double(x), tanhl(x)));
    }
    print_message("tanh: at most %.2f ulp (float), %.2f ulp (double)\n", worst_float, worst_double);
    assert_true(worst_float < 3);
    assert_true(worst_double < 3);
}

static void logistic_is_within_3_ulp(void **state) {
    (void)state;
    double worst_float = 0, worst_double = 0;
    for (int i = -2000000; i <= 2000000; i++) {
        double x = i / 2e6 * 86;
        worst_float = fmax(worst_float, ulps_float(logistic_float((float)x), 1 / (1 + exp(-(double)(float)x))));
        worst_double = fmax(worst_double, ulps_double(logistic_double(8 * x), 1 / (1 + expl(-8 * x))));
    }
    print_message("logistic: at most %.2f ulp (float), %.2f ulp (double)\n", worst_float, worst_double);
    assert_true(worst_float < 3);
    assert_true(worst_double < 3);
}

static void natural_log_is_within_3_ulp(void **state) {
    (void)state;
    double worst = 0;
    for (int i = 1; i < 1000000; i++) {
        double x = i / 1e6, tiny = ldexp(x, -i % 900);
        worst = fmax(worst, ulps_double(natural_log(x), logl(x)));
        worst = fmax(worst, ulps_double(natural_log(tiny), logl(tiny)));
    }
    print_message("ln: at most %.2f ulp\n", worst);
    assert_true(worst < 3);
}

static void extremes_are_exact(void **state) {
    (void)state;
    assert_true(tanh_float(INFINITY) == 1 && tanh_float(-INFINITY) == -1 && tanh_float(1e30f) == 1);
    assert_true(tanh_double(INFINITY) == 1 && tanh_double(-1e300) == -1);
    assert_true(tanh_float(0.0f) == 0 && signbit(tanh_float(-0.0f)) && tanh_double(1e-300) == 1e-300);
    assert_true(logistic_float(INFINITY) == 1 && logistic_float(-INFINITY) >= 0 && logistic_float(-INFINITY) < 1e-37f);
    assert_true(logistic_float(0) == 0.5f && logistic_double(0) == 0.5);
    assert_true(natural_log(1) == 0);
}

static void nan_stays_nan(void **state) {
    (void)state;
    assert_true(isnan(tanh_float(NAN)) && isnan(tanh_double((double)NAN)));
    assert_true(isnan(logistic_float(NAN)) && isnan(logistic_double((double)NAN)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tanh_is_within_3_ulp),
        cmocka_unit_test(logistic_is_within_3_ulp),
        cmocka_unit_test(natural_log_is_within_3_ulp),
        cmocka_unit_test(extremes_are_exact),
        cmocka_unit_test(nan_stays_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
