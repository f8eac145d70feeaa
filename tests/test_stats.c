/* test_stats.c - summaries, t-tests, power and adjustment against pandas, scipy and numpy (tests/oracle/stats.py). */
#include "stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "stats_figures.h"

enum { N_P = sizeof raw_p / sizeof *raw_p };

static bool same(double a, double b) { return a == b || (isnan(a) && isnan(b)); }
static bool near(double a, double b, double tolerance) { return same(a, b) || fabs(a - b) <= tolerance * fabs(b); }

static void summaries_agree_with_pandas(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof summaries / sizeof *summaries; i++) {
        summary s;
        assert_true(stats_summary(&s, summaries[i].values, summaries[i].n));
        assert_int_equal(s.n, summaries[i].count);
        assert_int_equal(s.left_out, summaries[i].n - summaries[i].count);
        assert_true(near(s.mean, summaries[i].mean, 1e-14)); /* the last digit or two of a sum of a thousand */
        assert_true(near(s.std, summaries[i].std, 1e-13));
        assert_true(same(s.min, summaries[i].min) && same(s.max, summaries[i].max));
        assert_true(same(s.q25, summaries[i].q25) && same(s.median, summaries[i].median) &&
                    same(s.q75, summaries[i].q75));
    }
}

static void a_description_is_the_summary_and_more_quantiles(void **state) {
    (void)state;
    const double values[] = {3, NAN, 1, 10, INFINITY, 2};
    const double q[] = {0, 0.1, 0.5, 0.9, 1}, expected[] = {1, 1.3, 2.5, 7.9, 10}; /* by hand: 1 + 0.3, 10 - 0.3 * 7 */
    double found[5];
    summary s, plain;
    assert_true(stats_describe(&s, found, q, 5, values, 6));
    assert_true(stats_summary(&plain, values, 6));
    assert_memory_equal(&s, &plain, sizeof s);
    assert_int_equal(s.n, 4);
    for (int i = 0; i < 5; i++) assert_true(near(found[i], expected[i], 1e-15));
    assert_true(stats_describe(&s, found, q, 5, values + 4, 1));
    for (int i = 0; i < 5; i++) assert_true(isnan(found[i]));
}

static void an_empty_summary_is_all_nan(void **state) {
    (void)state;
    summary s;
    double nothing[] = {NAN, INFINITY, -INFINITY};
    assert_true(stats_summary(&s, nothing, 3));
    assert_int_equal(s.n, 0);
    assert_int_equal(s.left_out, 3);
    assert_true(isnan(s.mean) && isnan(s.std) && isnan(s.min) && isnan(s.q25) && isnan(s.median) && isnan(s.q75) &&
                isnan(s.max));
    assert_true(stats_summary(&s, NULL, 0));
    assert_true(s.n == 0 && isnan(s.mean));
}

static void equal_values_have_exactly_no_spread(void **state) {
    (void)state;
    summary s;
    double values[10];
    for (int i = 0; i < 10; i++) values[i] = 0.1; /* ten times 0.1 is not 1 in doubles */
    assert_true(stats_summary(&s, values, 10));
    assert_true(s.mean == 0.1 && s.std == 0 && s.q25 == 0.1);
}

static void a_summary_leaves_its_values_as_they_were(void **state) {
    (void)state;
    summary s;
    double values[] = {3, 1, 2};
    assert_true(stats_summary(&s, values, 3));
    assert_true(values[0] == 3 && values[1] == 1 && values[2] == 2);
}

static void t_tests_agree_with_scipy(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof t_tests / sizeof *t_tests; i++) {
        test_result t;
        if (isnan(t_tests[i].constant))
            assert_true(
                stats_paired_t(&t, &(samples){.a = paired_a, .b = paired_b, .n_a = t_tests[i].n, .n_b = t_tests[i].n},
                               t_tests[i].alpha));
        else
            assert_true(stats_paired_t(
                &t, &(samples){.a = paired_a, .n_a = t_tests[i].n, .constant = t_tests[i].constant}, t_tests[i].alpha));
        assert_int_equal(t.n, t_tests[i].n);
        assert_true(near(t.mean_difference, t_tests[i].mean, 1e-12)); /* a difference of sums loses some digits */
        assert_true(near(t.ci_low, t_tests[i].low, 1e-11) && near(t.ci_high, t_tests[i].high, 1e-11));
        assert_true(near(t.statistic, t_tests[i].statistic, 1e-11));
        assert_true(t.df == t_tests[i].df);
        assert_true(near(t.p, t_tests[i].p, 1e-10)); /* far tails magnify the statistic's last digits */
        assert_true(near(t.effect_size, t_tests[i].dz, 1e-11));
    }
}

static void swapping_the_sides_turns_the_signs_and_keeps_p(void **state) {
    (void)state;
    test_result t, u;
    assert_true(stats_paired_t(&t, &(samples){.a = paired_a, .b = paired_b, .n_a = 24, .n_b = 24}, 0.05));
    assert_true(stats_paired_t(&u, &(samples){.a = paired_b, .b = paired_a, .n_a = 24, .n_b = 24}, 0.05));
    assert_true(t.mean_difference == -u.mean_difference && t.ci_low == -u.ci_high && t.statistic == -u.statistic);
    assert_true(t.p == u.p && t.repeats_needed == u.repeats_needed);
}

static void pairs_with_a_diverged_side_are_left_out(void **state) {
    (void)state;
    double a[] = {1, NAN, 2, 5, 4, 9}, b[] = {2, 1, 4, INFINITY, 7, 9.5};
    double kept_a[] = {1, 2, 4, 9}, kept_b[] = {2, 4, 7, 9.5};
    test_result t, kept;
    assert_true(stats_paired_t(&t, &(samples){.a = a, .b = b, .n_a = 6, .n_b = 6}, 0.05));
    assert_true(stats_paired_t(&kept, &(samples){.a = kept_a, .b = kept_b, .n_a = 4, .n_b = 4}, 0.05));
    assert_int_equal(t.n, 4);
    assert_memory_equal(&t, &kept, sizeof t);
}

static void fewer_than_two_pairs_give_a_mean_and_no_test(void **state) {
    (void)state;
    double a[] = {1, NAN}, b[] = {3, 4};
    test_result t;
    assert_true(stats_paired_t(&t, &(samples){.a = a, .b = b, .n_a = 2, .n_b = 2}, 0.05));
    assert_int_equal(t.n, 1);
    assert_true(t.mean_difference == -2 && isnan(t.p) && isnan(t.statistic) && isnan(t.df) && isnan(t.ci_low) &&
                isnan(t.ci_high) && isnan(t.effect_size) && isnan(t.repeats_needed));
    assert_true(stats_paired_t(&t, &(samples){.a = a, .n_a = 1, .constant = NAN}, 0.05));
    assert_true(t.n == 0 && isnan(t.mean_difference) && isnan(t.p));
}

/* As scipy: t of a mean over no spread is infinite with p 0, and nan for 0 / 0. */
static void differences_without_spread_have_a_sure_answer_or_none(void **state) {
    (void)state;
    double a[] = {1.1, 2.2, 3.3}, b[] = {0.1, 0.1, 0.1}, tenths[] = {0.1, 0.1, 0.1};
    test_result t;
    assert_true(stats_paired_t(&t, &(samples){.a = a, .b = a, .n_a = 3, .n_b = 3}, 0.05));
    assert_true(t.mean_difference == 0 && isnan(t.statistic) && isnan(t.p) && isnan(t.effect_size));
    assert_true(t.ci_low == 0 && t.ci_high == 0 && isnan(t.repeats_needed));
    assert_true(stats_paired_t(&t, &(samples){.a = tenths, .n_a = 3, .constant = 0.4}, 0.05));
    assert_true(t.statistic == -INFINITY && t.p == 0 && t.effect_size == -INFINITY && t.repeats_needed == 2);
    assert_true(t.ci_low == t.mean_difference && t.ci_high == t.mean_difference &&
                fabs(t.mean_difference + 0.3) < 1e-15);
    assert_true(stats_paired_t(&t, &(samples){.a = b, .n_a = 3, .constant = 0.1}, 0.05));
    assert_true(isnan(t.p));
}

/* As pandas and scipy: mean and spread are infinite, and what would be one over the other is nan. */
static void a_sum_that_overflows_is_no_sure_answer(void **state) {
    (void)state;
    double a[] = {1e308, 1.2e308, 1.5e308}, b[] = {1, 2, 3};
    summary s;
    test_result t;
    assert_true(stats_summary(&s, a, 3));
    assert_true(s.mean == INFINITY && s.std == INFINITY && s.median == 1.2e308 && s.max == 1.5e308);
    assert_true(stats_paired_t(&t, &(samples){.a = a, .b = b, .n_a = 3, .n_b = 3}, 0.05));
    assert_true(t.n == 3 && t.mean_difference == INFINITY && isnan(t.statistic) && isnan(t.p));
    assert_true(isnan(t.ci_low) && t.ci_high == INFINITY && isnan(t.effect_size) && isnan(t.repeats_needed));
}

static void power_agrees_with_integration(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof powers / sizeof *powers; i++) {
        double power = stats_t_power(powers[i].dz, powers[i].n, powers[i].alpha);
        assert_true(fabs(power - powers[i].power) < 1e-9);
        assert_true(stats_t_power(-powers[i].dz, powers[i].n, powers[i].alpha) == power);
    }
    assert_true(fabs(stats_t_power(0, 20, 0.05) - 0.05) < 1e-12); /* no effect: found as often as alpha says */
    assert_true(stats_t_power(INFINITY, 2, 0.05) == 1 && isnan(stats_t_power(NAN, 2, 0.05)));
}

static void repeats_needed_are_the_least_with_80_percent_power(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        assert_true(stats_repeats_needed(needs[i].dz, needs[i].alpha) == needs[i].n);
    assert_true(stats_repeats_needed(0, 0.05) == INFINITY);
    assert_true(stats_repeats_needed(1e-12, 0.05) == INFINITY); /* 8e24 repeats */
    assert_true(stats_repeats_needed(INFINITY, 0.05) == 2);
    assert_true(isnan(stats_repeats_needed(NAN, 0.05)));
    assert_true(stats_repeats_needed(0.001, 0.05) == 7848863); /* scipy.stats.nct, both tails */
}

static void adjusted_p_agree_with_their_definitions(void **state) {
    (void)state;
    const struct {
        adjustment method;
        const double *expected;
    } cases[] = {{ADJUST_HOLM, holm_p}, {ADJUST_BH, bh_p}, {ADJUST_BONFERRONI, bonferroni_p}, {ADJUST_NONE, raw_p}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double adjusted[N_P];
        assert_true(stats_adjust(adjusted, raw_p, N_P, cases[c].method));
        for (size_t i = 0; i < N_P; i++) assert_true(near(adjusted[i], cases[c].expected[i], 1e-14));
    }
}

static void a_missing_p_is_no_part_of_the_family(void **state) {
    (void)state;
    double p[] = {NAN, 0.01, NAN, 0.02}, adjusted[4];
    for (adjustment method = ADJUST_HOLM; method <= ADJUST_NONE; method++) {
        assert_true(stats_adjust(adjusted, p, 4, method));
        assert_true(isnan(adjusted[0]) && isnan(adjusted[2]));
        assert_true(adjusted[1] == (method == ADJUST_NONE ? 0.01 : 0.02));
        assert_true(adjusted[3] == (method == ADJUST_BONFERRONI ? 0.04 : 0.02));
    }
    assert_true(stats_adjust(adjusted, p, 0, ADJUST_HOLM));
}

/* By hand: 3 x 0.6 is more than 1; Benjamini-Hochberg's least is 0.75 x 3 / 3. */
static void adjusted_p_are_no_more_than_1(void **state) {
    (void)state;
    double p[] = {0.7, 0.6, 0.75}, adjusted[3];
    for (adjustment method = ADJUST_HOLM; method < ADJUST_NONE; method++) {
        assert_true(stats_adjust(adjusted, p, 3, method));
        for (int i = 0; i < 3; i++) assert_true(adjusted[i] == (method == ADJUST_BH ? 0.75 : 1));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(summaries_agree_with_pandas),
        cmocka_unit_test(a_description_is_the_summary_and_more_quantiles),
        cmocka_unit_test(an_empty_summary_is_all_nan),
        cmocka_unit_test(equal_values_have_exactly_no_spread),
        cmocka_unit_test(a_summary_leaves_its_values_as_they_were),
        cmocka_unit_test(t_tests_agree_with_scipy),
        cmocka_unit_test(swapping_the_sides_turns_the_signs_and_keeps_p),
        cmocka_unit_test(pairs_with_a_diverged_side_are_left_out),
        cmocka_unit_test(fewer_than_two_pairs_give_a_mean_and_no_test),
        cmocka_unit_test(differences_without_spread_have_a_sure_answer_or_none),
        cmocka_unit_test(a_sum_that_overflows_is_no_sure_answer),
        cmocka_unit_test(power_agrees_with_integration),
        cmocka_unit_test(repeats_needed_are_the_least_with_80_percent_power),
        cmocka_unit_test(adjusted_p_agree_with_their_definitions),
        cmocka_unit_test(adjusted_p_are_no_more_than_1),
        cmocka_unit_test(a_missing_p_is_no_part_of_the_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
