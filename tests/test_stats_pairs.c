/* test_stats_pairs.c - tests of pairs, sizes, ranks and the bootstrap on 238 drawn data sets: against SciPy and
 * statsmodels (tests/oracle/pair_tests.py), against plain definitions, and at their limits. */
#include "rng.h"
#include "stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "pair_figures.h"

enum { N_CASES = sizeof pair_cases / sizeof *pair_cases };
static const double ALPHA = 0.05;

static bool same(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

/* 13 digits are in the figures; far tails of p magnify the last digits of a statistic. */
static bool near(double a, double b) { return same(a, b) || fabs(a - b) <= 1e-10 * fabs(b) + 1e-305; }

static bool close_to(double a, double b, double tolerance) { return same(a, b) || fabs(a - b) <= tolerance; }

/* --- the data ----------------------------------------------------------------------------------------------------- */

/* Draw i of SplitMix64 on [0, 1). */
static double uniform(uint64_t seed, uint64_t i) {
    uint64_t z = seed + (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    z = z ^ (z >> 31);
    return (double)(z >> 11) * 0x1p-53;
}

typedef struct {
    double *a, *b, *c; /* [n] in one block */
    size_t n;
    samples s;
} data;

static data draw(size_t index) {
    size_t n = pair_cases[index].n;
    int kind = pair_cases[index].kind;
    data d = {.a = malloc(3 * n * sizeof *d.a), .n = n};
    double shift = 2 / sqrt((double)n);
    assert_non_null(d.a);
    d.b = d.a + n;
    d.c = d.b + n;
    for (size_t i = 0; i < n; i++) {
        double x = uniform(index, i), y = uniform(index, n + i), z = uniform(index, 2 * n + i);
        switch (kind) {
        case TIES:
        case ONE_TIES: d.a[i] = floor(10 * x), d.b[i] = floor(10 * y), d.c[i] = floor(10 * z); break;
        case ZEROS: d.a[i] = floor(20 * x), d.b[i] = z < 0.3 ? d.a[i] : floor(20 * y), d.c[i] = floor(20 * z); break;
        case FAR: d.a[i] = 1e9 + x, d.b[i] = 1e9 + (y + shift / 4), d.c[i] = 1e9 + z; break;
        case SAME: d.a[i] = d.b[i] = 10 * x, d.c[i] = 10 * z; break;
        case TINY: d.a[i] = 1e-9 * x, d.b[i] = 1e-9 * (x + y), d.c[i] = 1e-9 * z; break;
        case ONE: d.a[i] = 10 * x, d.c[i] = 10 * z; break;
        default: d.a[i] = 100 + 10 * x, d.b[i] = 100 + (5 * x + (5 * y + shift)), d.c[i] = 100 + 10 * z; break;
        }
        if (kind == ONE) d.b[i] = 5.25;
        if (kind == ONE_TIES) d.b[i] = 4;
    }
    if (kind == HOLE) d.b[n / 2] = NAN;
    bool one = kind == ONE || kind == ONE_TIES;
    d.s = (samples){.a = d.a, .b = one ? NULL : d.b, .n_a = n, .n_b = n, .constant = one ? d.b[0] : 0};
    return d;
}

#define FOR_EVERY_CASE(d)                                                                                              \
    for (size_t i = 0; i < N_CASES; i++)                                                                               \
        for (data d = draw(i); d.a; free(d.a), d.a = NULL)

static void expect(size_t i, const char *what, double found, double wanted, bool good) {
    if (good) return;
    fail_msg("case %zu (kind %d, n %zu): %s is %.17g, scipy says %.17g", i, pair_cases[i].kind, pair_cases[i].n, what,
             found, wanted);
}
#define EXPECT_NEAR(i, what, found, wanted) expect(i, what, found, wanted, near(found, wanted))

/* --- against scipy -------------------------------------------------------------------------------------------------- */

static void students_t_agrees_with_scipy(void **state) {
    (void)state;
    FOR_EVERY_CASE(d) {
        test_result t;
        assert_true(stats_paired_t(&t, &d.s, ALPHA));
        EXPECT_NEAR(i, "t", t.statistic, pair_cases[i].t);
        EXPECT_NEAR(i, "p", t.p, pair_cases[i].t_p);
    }
}

static void welchs_t_agrees_with_scipy(void **state) {
    (void)state;
    FOR_EVERY_CASE(d) {
        test_result t, one;
        assert_true(stats_welch(&t, &d.s, ALPHA));
        if (d.s.b) {
            /* the difference of two means is as sure as their last digits: 1e-16 of the mean */
            double slack = 4e-16 * fabs(d.a[0]) / t.error;
            expect(i, "t", t.statistic, pair_cases[i].welch,
                   near(t.statistic, pair_cases[i].welch) || close_to(t.statistic, pair_cases[i].welch, slack));
            EXPECT_NEAR(i, "df", t.df, pair_cases[i].welch_df);
            expect(i, "p", t.p, pair_cases[i].welch_p,
                   near(t.p, pair_cases[i].welch_p) || close_to(t.p, pair_cases[i].welch_p, slack));
        } else {
            assert_true(stats_paired_t(&one, &d.s, ALPHA));
            assert_memory_equal(&t, &one, sizeof t);
        }
    }
}

static void signed_ranks_agree_with_scipy(void **state) {
    (void)state;
    FOR_EVERY_CASE(d) {
        test_result t;
        assert_true(stats_wilcoxon(&t, &d.s, ALPHA));
        EXPECT_NEAR(i, "W", t.statistic, pair_cases[i].wilcoxon);
        EXPECT_NEAR(i, "p", t.p, pair_cases[i].wilcoxon_p);
        assert_true(isnan(t.ci_low) && isnan(t.ci_high) && isnan(t.df));
    }
}

static void signs_agree_with_scipy(void **state) {
    (void)state;
    FOR_EVERY_CASE(d) {
        test_result t;
        assert_true(stats_sign(&t, &d.s, ALPHA));
        assert_true(t.statistic == pair_cases[i].sign);
        EXPECT_NEAR(i, "p", t.p, pair_cases[i].sign_p);
    }
}

static void sizes_agree_with_scipy(void **state) {
    (void)state;
    FOR_EVERY_CASE(d) {
        double superiority;
        assert_true(stats_superiority(&superiority, &d.s));
        EXPECT_NEAR(i, "superiority", superiority, pair_cases[i].superiority);
        EXPECT_NEAR(i, "share won", stats_share_won(&d.s), pair_cases[i].share_won);
        if (!d.s.b) continue;
        double r = stats_correlation(&d.s);
        expect(i, "correlation", r, pair_cases[i].correlation, close_to(r, pair_cases[i].correlation, 1e-8));
        if (pair_cases[i].kind != FAR) /* scipy's mean of 1e9 and its deviations lose 8 digits there */
            expect(i, "correlation", r, pair_cases[i].correlation, close_to(r, pair_cases[i].correlation, 1e-11));
    }
}

static void diebold_and_mariano_agree_with_the_papers_formula(void **state) {
    (void)state;
    FOR_EVERY_CASE(d) {
        double *a = malloc(2 * d.n * sizeof *a), *b = a + d.n;
        assert_non_null(a);
        for (size_t k = 0; k < d.n; k++) a[k] = d.a[k] * d.a[k], b[k] = d.b[k] * d.b[k];
        dm_result dm;
        stats_diebold_mariano(&dm, a, b, d.n);
        EXPECT_NEAR(i, "DM", dm.statistic, pair_cases[i].dm);
        EXPECT_NEAR(i, "p", dm.p, pair_cases[i].dm_p);
        free(a);
    }
}

static void equivalence_agrees_with_statsmodels(void **state) {
    (void)state;
    FOR_EVERY_CASE(d) {
        test_result t;
        if (isnan(pair_cases[i].tost)) continue;
        assert_true(stats_paired_t(&t, &d.s, ALPHA));
        double sd = t.error * sqrt((double)(t.n - 1)), margin = sd / 2 + fabs(t.mean_difference) / 2;
        double p = stats_equivalence_p(&t, margin);
        /* statsmodels' margin is this one but for its last digits, which far tails magnify */
        expect(i, "p", p, pair_cases[i].tost, fabs(p - pair_cases[i].tost) <= 1e-8 * pair_cases[i].tost);
    }
}

static void friedman_agrees_with_scipy(void **state) {
    (void)state;
    FOR_EVERY_CASE(d) {
        friedman_result f;
        double ranks[3];
        if (isnan(pair_cases[i].chi_square)) continue;
        size_t n = d.n;
        if (pair_cases[i].kind == HOLE) { /* a block with a hole is for the caller to leave out */
            size_t hole = n / 2;
            n--;
            for (size_t k = hole; k < n; k++) d.a[k] = d.a[k + 1], d.b[k] = d.b[k + 1], d.c[k] = d.c[k + 1];
        }
        const double *columns[] = {d.a, d.b, d.c};
        assert_true(stats_friedman(&f, ranks, columns, 3, n, ALPHA));
        EXPECT_NEAR(i, "chi-square", f.chi_square, pair_cases[i].chi_square);
        EXPECT_NEAR(i, "p", f.p, pair_cases[i].friedman_p);
        expect(i, "CD", f.critical_difference, pair_cases[i].cd,
               fabs(f.critical_difference / pair_cases[i].cd - 1) < 1e-8);
        assert_true(fabs(ranks[0] + ranks[1] + ranks[2] - 6) < 1e-12);
    }
}

static void critical_differences_agree_with_scipy(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof critical_differences / sizeof *critical_differences; i++) {
        size_t k = (size_t)critical_differences[i].k, n = (size_t)critical_differences[i].n;
        double *values = malloc(k * n * sizeof *values), ranks[100];
        const double *columns[100];
        friedman_result f;
        assert_non_null(values);
        for (size_t c = 0; c < k * n; c++) values[c] = uniform(7, c);
        for (size_t j = 0; j < k; j++) columns[j] = values + j * n;
        assert_true(stats_friedman(&f, ranks, columns, k, n, critical_differences[i].alpha));
        assert_true(fabs(f.critical_difference / critical_differences[i].cd - 1) < 1e-8);
        free(values);
    }
}

static void welchs_power_agrees_with_scipy(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof welch_powers / sizeof *welch_powers; i++) {
        double d = welch_powers[i].d, va = welch_powers[i].va, vb = welch_powers[i].vb, alpha = welch_powers[i].alpha;
        assert_true(close_to(stats_welch_power(d, va, vb, welch_powers[i].n, alpha), welch_powers[i].power, 1e-9));
        double n = stats_welch_repeats_needed(d, va, vb, alpha);
        assert_true(stats_welch_power(d, va, vb, n, alpha) >= 0.8 && stats_welch_power(d, va, vb, n - 1, alpha) < 0.8);
    }
}

/* --- by their definitions ------------------------------------------------------------------------------------------- */

/* All signs of n ranks, one by one. */
static void exact_signed_ranks_agree_with_counting_every_sign(void **state) {
    (void)state;
    for (size_t n = 2; n <= 12; n++) {
        double a[12], zero[12] = {0};
        for (size_t i = 0; i < n; i++) a[i] = (uniform(n, i) < 0.6 ? 1 : -1) * (double)(i + 1);
        test_result t;
        assert_true(stats_wilcoxon(&t, &(samples){.a = a, .b = zero, .n_a = n, .n_b = n}, ALPHA));
        double seen = 0, most = (double)(n * (n + 1)) / 2, extreme = 0;
        for (size_t i = 0; i < n; i++) seen += a[i] > 0 ? a[i] : 0;
        double least = fmin(seen, most - seen);
        for (unsigned signs = 0; signs < 1u << n; signs++) {
            double sum = 0;
            for (size_t i = 0; i < n; i++) sum += signs >> i & 1 ? (double)(i + 1) : 0;
            extreme += sum <= least || sum >= most - least;
        }
        double p = least == most - least ? 1 : extreme / (double)(1u << n);
        assert_true(t.statistic == least && near(t.p, fmin(1, p)));
        assert_true(t.direction == (seen > most / 2) - (seen < most / 2));
    }
}

/* The interval of a t-test and its equivalence test are the same thing seen twice: the 90% interval lies within the
 * margin where p is below 5%. */
static void equivalence_at_5_percent_is_the_90_percent_interval_within_the_margin(void **state) {
    (void)state;
    FOR_EVERY_CASE(d) {
        test_result t;
        assert_true(stats_welch(&t, &d.s, 2 * ALPHA));
        double reach = fmax(-t.ci_low, t.ci_high);
        if (!(reach > 0)) continue;
        assert_true(stats_equivalence_p(&t, reach * 1.0001) < ALPHA);
        assert_true(stats_equivalence_p(&t, reach * 0.9999) > ALPHA);
    }
}

static void pairing_is_the_ratio_of_variances(void **state) {
    (void)state;
    double a[] = {1, 2, 3, 4, NAN}, b[] = {2, 1, 4, 5, 7}; /* var a 5/3, var b 10/3, of a - b (-1, 1, -1, -1) 1 */
    samples s = {.a = a, .b = b, .n_a = 5, .n_b = 5};
    assert_true(close_to(stats_pairing(&s), 5, 1e-12));
    assert_true(close_to(stats_correlation(&s), 2 / sqrt(5.0 / 3 * 10 / 3), 1e-12)); /* 5 - 2 cov = 1 */
    s.b = a;
    assert_true(stats_pairing(&s) == INFINITY && stats_correlation(&s) == 1);
    double still[] = {0.1, 0.1, 0.1, 0.1, 0.1};
    s.b = still;
    assert_true(isnan(stats_correlation(&s)) && close_to(stats_pairing(&s), 1, 1e-12));
}

static void a_power_of_a_test_is_that_of_its_effect(void **state) {
    (void)state;
    FOR_EVERY_CASE(d) {
        test_result t;
        assert_true(stats_paired_t(&t, &d.s, ALPHA));
        double wanted = stats_t_power(t.effect_size, (double)t.n, ALPHA);
        assert_true(t.n < 2 || close_to(stats_power_of(&t, ALPHA), wanted, 1e-9));
    }
}

/* Noether (1987): (1.96 + 0.8416)^2 / (3 * 0.25^2) = 41.86; and no test of fewer than six signs reaches 5%. */
static void rank_tests_need_enough_to_reject_at_all(void **state) {
    (void)state;
    assert_true(stats_wilcoxon_repeats_needed(0.75, 0.05) == 42);
    assert_true(stats_wilcoxon_repeats_needed(0.25, 0.05) == 42);
    assert_true(stats_wilcoxon_repeats_needed(0.5, 0.05) == INFINITY);
    assert_true(stats_wilcoxon_repeats_needed(1, 0.5) == 4 && stats_sign_repeats_needed(1, 0.5) == 3);
    assert_true(stats_sign_repeats_needed(0, 0.05) == 6);
    assert_true(stats_sign_repeats_needed(1, 0.0625) == 6); /* 2 / 2^5 is not below */
    assert_true(stats_sign_repeats_needed(0.5, 0.05) == INFINITY);
    assert_true(isnan(stats_wilcoxon_repeats_needed(NAN, 0.05)) && isnan(stats_sign_repeats_needed(NAN, 0.05)));
}

static void the_sign_tests_power_agrees_with_scipy(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof sign_powers / sizeof *sign_powers; i++) {
        double share = sign_powers[i].share, alpha = sign_powers[i].alpha;
        assert_true(close_to(stats_sign_power(share, sign_powers[i].n, alpha), sign_powers[i].power, 1e-12));
        assert_true(stats_sign_repeats_needed(share, alpha) == sign_powers[i].needed);
    }
}

/* --- limits --------------------------------------------------------------------------------------------------------- */

static void too_few_values_give_no_p(void **state) {
    (void)state;
    static stats_test *const tests[] = {stats_paired_t, stats_wilcoxon, stats_sign, stats_welch};
    double a[] = {1, NAN}, b[] = {3, 4};
    for (size_t i = 0; i < 4; i++)
        for (size_t n = 0; n <= 2; n++) {
            test_result t;
            assert_true(tests[i](&t, &(samples){.a = a, .b = b, .n_a = n, .n_b = n}, ALPHA));
            assert_true(t.n < 2 && isnan(t.p) && isnan(t.ci_low) && isnan(t.repeats_needed));
        }
    double out = 0;
    assert_true(stats_superiority(&out, &(samples){.a = a + 1, .b = b, .n_a = 1, .n_b = 2}) && isnan(out));
    assert_true(isnan(stats_share_won(&(samples){.a = a + 1, .b = b, .n_a = 1, .n_b = 1})));
}

static void sides_without_spread_do_not_break_welch(void **state) {
    (void)state;
    double a[] = {2, 2, 2}, b[] = {1, 1, 1}, c[] = {1, 2, 4};
    test_result t;
    assert_true(stats_welch(&t, &(samples){.a = a, .b = b, .n_a = 3, .n_b = 3}, ALPHA));
    assert_true(t.statistic == INFINITY && t.p == 0 && t.ci_low == 1 && t.ci_high == 1 && t.repeats_needed == 2);
    assert_true(stats_welch(&t, &(samples){.a = a, .b = a, .n_a = 3, .n_b = 3}, ALPHA));
    assert_true(isnan(t.p) && t.mean_difference == 0);
    assert_true(stats_welch(&t, &(samples){.a = a, .b = c, .n_a = 3, .n_b = 3}, ALPHA));
    assert_true(t.df == 2 && t.p > 0 && t.p < 1);
}

static void samples_of_other_lengths_are_welchs(void **state) {
    (void)state;
    double a[] = {1, 2, 3, 4, 5}, b[] = {2, NAN, 4};
    test_result t;
    assert_true(stats_welch(&t, &(samples){.a = a, .b = b, .n_a = 5, .n_b = 3}, ALPHA));
    assert_true(t.n == 2 && t.n_a == 5 && t.n_b == 2 && t.mean_difference == 0 && t.p == 1);
    double superiority;
    assert_true(stats_superiority(&superiority, &(samples){.a = a, .b = b, .n_a = 5, .n_b = 3}));
    assert_true(superiority == 0.5);
}

/* Counts beyond 32 bits, known by hand; n squared of them one by one would be a minute. */
static void a_hundred_thousand_pairs_are_counted_exactly(void **state) {
    (void)state;
    enum { N = 100000 };
    double *a = malloc(2 * N * sizeof *a), superiority, below = 0;
    assert_non_null(a);
    double *b = a + N;
    for (size_t i = 0; i < N; i++) { /* differences of all sizes 1 ... N once, every fourth of them below zero */
        bool is_below = i % 4 == 0;
        double size = (double)(i + 1);
        a[i] = is_below ? 0 : size;
        b[i] = is_below ? size : 0;
        below += is_below ? size : 0;
    }
    samples s = {.a = a, .b = b, .n_a = N, .n_b = N};
    test_result t;
    assert_true(stats_wilcoxon(&t, &s, ALPHA));
    assert_true(t.statistic == below && t.direction == 1 && t.p < 1e-300);
    for (size_t i = 0; i < N; i++) { /* a: 0 ... N - 1 in another order, b half a step above */
        a[i] = (double)(i * 7919 % N);
        b[i] = (double)i + 0.5;
    }
    assert_true(stats_superiority(&superiority, &s)); /* a is better, so lower, in N (N + 1) / 2 of N^2 pairs */
    assert_true(superiority == (N + 1.0) / (2.0 * N));
    free(a);
}

/* --- the bootstrap -------------------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The rows of one resample, drawn one by one as the room says it draws: 32 bits times n, the few that would favour
 * some rows left out. */
static void draw_rows(uint32_t *rows, uint32_t n, uint64_t seed, uint32_t resample) {
    rng_stream stream = {.seed = seed, .repeat = resample, .tensor = 240};
    uint32_t words[RNG_WORDS], uneven = (uint32_t)((UINT64_C(1) << 32) % n), drawn = 0;
    for (uint32_t index = 0; drawn < n; index++) {
        rng_words(words, &stream, index);
        for (int w = 0; w < RNG_WORDS && drawn < n; w++) {
            uint64_t product = (uint64_t)words[w] * n;
            if ((uint32_t)product >= uneven) rows[drawn++] = (uint32_t)(product >> 32);
        }
    }
}

static void many_columns_are_resampled_like_one(void **state) {
    (void)state;
    enum { B = 7, N = 9, MANY = 1030 };
    static double values[MANY][N], out[MANY * B];
    static const double *columns[MANY];
    for (size_t c = 0; c < MANY; c++) {
        columns[c] = values[c];
        for (size_t i = 0; i < N; i++) values[c][i] = uniform(c, i);
    }
    assert_true(stats_resample_medians(out, B, columns, MANY, N, 5, 3));
    for (size_t c = 0; c < MANY; c++) {
        double one[B];
        assert_true(stats_resample_medians(one, B, &columns[c], 1, N, 5, 1));
        assert_memory_equal(one, out + c * B, sizeof one);
    }
}

static void counted_medians_are_those_of_sorted_resamples(void **state) {
    (void)state;
    enum { B = 50, MOST = 5000 }; /* of which only the middle of the order is kept */
    static const size_t sizes[] = {1, 2, 3, 4, 5, 10, 11, 100, 1000, 1001, 4999, MOST};
    for (size_t z = 0; z < sizeof sizes / sizeof *sizes; z++) {
        size_t n = sizes[z];
        double a[MOST], b[MOST], out[2 * B];
        uint32_t rows[MOST];
        for (size_t i = 0; i < n; i++) a[i] = uniform(z, i), b[i] = floor(8 * uniform(z, n + i)); /* b with ties */
        const double *columns[] = {a, b};
        assert_true(stats_resample_medians(out, B, columns, 2, n, 99, (int)(n % 4)));
        for (uint32_t r = 0; r < B; r++) {
            draw_rows(rows, (uint32_t)n, 99, r);
            for (size_t c = 0; c < 2; c++) {
                double taken[MOST];
                for (size_t i = 0; i < n; i++) taken[i] = columns[c][rows[i]];
                qsort(taken, n, sizeof *taken, by_value);
                assert_true(out[c * B + r] == (taken[(n - 1) / 2] + taken[n / 2]) / 2);
            }
        }
    }
}

static void every_row_is_drawn_as_often(void **state) {
    (void)state;
    enum { N = 7, B = 20000 };
    double seen[N] = {0};
    uint32_t rows[N];
    for (uint32_t r = 0; r < B; r++) {
        draw_rows(rows, N, 1, r);
        for (size_t i = 0; i < N; i++) seen[rows[i]]++;
    }
    for (size_t i = 0; i < N; i++) assert_true(fabs(seen[i] - B) < 5 * sqrt(B * (1 - 1.0 / N)));
}

static void percentiles_are_numpys(void **state) {
    (void)state;
    double values[] = {5, 1, 4, 2, 3}, low, high; /* numpy.percentile([1, 2, 3, 4, 5], [5, 95]) = 1.2, 4.8 */
    stats_percentiles(&low, &high, values, 5, 0.1);
    assert_true(close_to(low, 1.2, 1e-15) && close_to(high, 4.8, 1e-15));
    assert_true(stats_median(values, 5) == 3 && stats_median(values, 0) != stats_median(values, 0));
    for (size_t n = 1; n < 200; n++) {
        double many[200], sorted[200];
        for (size_t i = 0; i < n; i++) many[i] = sorted[i] = floor(30 * uniform(n, i));
        qsort(sorted, n, sizeof *sorted, by_value);
        assert_true(stats_median(many, n) == (sorted[(n - 1) / 2] + sorted[n / 2]) / 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(students_t_agrees_with_scipy),
        cmocka_unit_test(welchs_t_agrees_with_scipy),
        cmocka_unit_test(signed_ranks_agree_with_scipy),
        cmocka_unit_test(signs_agree_with_scipy),
        cmocka_unit_test(sizes_agree_with_scipy),
        cmocka_unit_test(diebold_and_mariano_agree_with_the_papers_formula),
        cmocka_unit_test(equivalence_agrees_with_statsmodels),
        cmocka_unit_test(friedman_agrees_with_scipy),
        cmocka_unit_test(critical_differences_agree_with_scipy),
        cmocka_unit_test(welchs_power_agrees_with_scipy),
        cmocka_unit_test(exact_signed_ranks_agree_with_counting_every_sign),
        cmocka_unit_test(equivalence_at_5_percent_is_the_90_percent_interval_within_the_margin),
        cmocka_unit_test(pairing_is_the_ratio_of_variances),
        cmocka_unit_test(a_power_of_a_test_is_that_of_its_effect),
        cmocka_unit_test(rank_tests_need_enough_to_reject_at_all),
        cmocka_unit_test(the_sign_tests_power_agrees_with_scipy),
        cmocka_unit_test(too_few_values_give_no_p),
        cmocka_unit_test(sides_without_spread_do_not_break_welch),
        cmocka_unit_test(samples_of_other_lengths_are_welchs),
        cmocka_unit_test(a_hundred_thousand_pairs_are_counted_exactly),
        cmocka_unit_test(many_columns_are_resampled_like_one),
        cmocka_unit_test(counted_medians_are_those_of_sorted_resamples),
        cmocka_unit_test(every_row_is_drawn_as_often),
        cmocka_unit_test(percentiles_are_numpys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
