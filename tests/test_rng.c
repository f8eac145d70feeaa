/* test_rng.c - Philox against the known answers that its authors publish, and draws as pure functions. */
#include "rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static double unit(uint32_t low, uint32_t high) {
    return (double)(((uint64_t)high << 32 | low) >> 11) / 9007199254740992.0;
}

/* The first published vector of Random123 (kat_vectors: all zero); and words that an independent Philox in Python,
 * itself held to the published vectors, gives for a counter with every part set: tests/oracle/philox.py. */
static void draws_are_philox_4x32_10(void **state) {
    (void)state;
    rng_stream zero = {0};
    assert_true(rng_uniform(&zero, 0) == unit(0x6627e8d5, 0xe169c58d));
    rng_stream other = {.seed = 0x299f31d0a4093822, .repeat = 0x13198a2e, .origin = 0x03707344, .tensor = 5};
    assert_true(rng_uniform(&other, 0x243f6a88) == unit(0xb06534e6, 0xd7c3e991));
}

static void every_index_of_a_draw_matters(void **state) {
    (void)state;
    rng_stream base = {1, 1, 0, 1};
    const double u = rng_uniform(&base, 0);
    rng_stream changed[] = {{2, 1, 0, 1}, {1ull << 32 | 1, 1, 0, 1}, {1, 2, 0, 1}, {1, 1, 1, 1}, {1, 1, 0, 2}};
    for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) assert_true(rng_uniform(&changed[i], 0) != u);
    assert_true(rng_uniform(&base, 1) != u);
    assert_true(rng_uniform(&base, 0) == u);
}

/* Mean, variance and fourth moment of n draws within 5 standard errors of the distribution's. */
static void draws_have_the_right_moments(void **state) {
    (void)state;
    enum { N = 200000 };
    double mean = 0, square = 0, normal_mean = 0, normal_square = 0, normal_fourth = 0;
    for (uint32_t i = 0; i < N; i++) {
        rng_stream s = {7, i / 100, 0, 3};
        double u = rng_uniform(&s, i % 100), z = rng_normal(&s, i % 100);
        assert_true(u >= 0 && u < 1);
        mean += u / N;
        square += (u - 0.5) * (u - 0.5) / N;
        normal_mean += z / N;
        normal_square += z * z / N;
        normal_fourth += z * z * z * z / N;
    }
    assert_true(fabs(mean - 0.5) < 5 * sqrt(1.0 / 12 / N));
    assert_true(fabs(square - 1.0 / 12) < 5 * sqrt(1.0 / 180 / N));
    assert_true(fabs(normal_mean) < 5 / sqrt(N));
    assert_true(fabs(normal_square - 1) < 5 * sqrt(2.0 / N));
    assert_true(fabs(normal_fourth - 3) < 5 * sqrt(96.0 / N));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_are_philox_4x32_10),
        cmocka_unit_test(every_index_of_a_draw_matters),
        cmocka_unit_test(draws_have_the_right_moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
