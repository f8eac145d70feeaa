/* test_compare.c - which pairs are compared, and what is said of each. Figures by scipy (tests/oracle/compare.py),
 * sentences written from them by hand. */
#include "compare.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { FIXED, UPDATE_2, FIXED_522, REFIT, PERSISTENCE, N_EXPERIMENTS, N = 8 };

/* A run of five experiments that each test changes as it needs. */
typedef struct {
    double rmse[N_EXPERIMENTS][N];
    int matches[1];
    experiment experiments[N_EXPERIMENTS];
    experiment_result list[N_EXPERIMENTS];
    results results;
    compare_spec spec;
    comparisons out;
} run;

static run *tutorial(void) {
    static run r; /* large, and one at a time */
    r = (run){
        .rmse = {{101.0, 95.5, 108.25, 99.0, 104.5, 97.0, 110.0, 102.5},
                 {94.0, 92.5, 97.25, 93.0, 95.5, 94.75, 96.0, 93.5},
                 {100.5, 96.0, 107.0, 99.5, 104.0, 96.5, 109.0, 103.0},
                 {100.0, 97.5, 106.25, 101.0, 101.5, 99.0, 108.0, 103.5},
                 {136.75}},
        .matches = {UPDATE_2},
        .experiments = {{.name = "fixed", .scheme = SCHEME_FIXED},
                        {.name = "update_2", .scheme = SCHEME_UPDATE},
                        {.name = "fixed_522", .scheme = SCHEME_FIXED, .n_matches = 1},
                        {.name = "refit", .scheme = SCHEME_REFIT},
                        {.name = "persistence", .scheme = SCHEME_PERSISTENCE}},
        .spec = {.reference = FIXED, .adjust = ADJUST_HOLM, .alpha = 0.05},
    };
    r.experiments[FIXED_522].matches = r.matches;
    for (int i = 0; i < N_EXPERIMENTS; i++)
        r.list[i] = (experiment_result){
            .deterministic = i == PERSISTENCE, .n_repeats = i == PERSISTENCE ? 1 : N, .rmse = r.rmse[i]};
    r.results = (results){.experiments = r.list, .n_experiments = N_EXPERIMENTS};
    return &r;
}

static void compare(run *r) {
    farm_errors errors = {0};
    compare_input in = {.spec = &r->spec, .experiments = r->experiments, .results = &r->results};
    assert_int_equal(compare_all(&r->out, &in, &errors), FARM_OK);
    assert_int_equal(errors.n, 0);
}

static void expect_pair(const run *r, size_t i, int a, int b, pair_reason reason, const char *test) {
    assert_int_equal(r->out.items[i].a, a);
    assert_int_equal(r->out.items[i].b, b);
    assert_int_equal(r->out.items[i].reason, reason);
    assert_string_equal(r->out.items[i].tests[0].name, test);
}

static void expect_sentence(const run *r, size_t i, const char *expected) {
    char text[500];
    compare_sentence(text, sizeof text, &r->out, i, r->experiments);
    assert_string_equal(text, expected);
}

static void pairs_stand_in_order_reference_matched_asked(void **state) {
    (void)state;
    run *r = tutorial();
    r->spec.pairs = (compare_pair[]){{REFIT, UPDATE_2}};
    r->spec.n_pairs = 1;
    compare(r);
    assert_int_equal(r->out.n, 6);
    assert_int_equal(r->out.n_tested[TEST_PAIRED_T], 6);
    assert_int_equal(r->out.reference, FIXED);
    expect_pair(r, 0, UPDATE_2, FIXED, PAIR_REFERENCE, "paired_t");
    expect_pair(r, 1, FIXED_522, FIXED, PAIR_REFERENCE, "paired_t");
    expect_pair(r, 2, REFIT, FIXED, PAIR_REFERENCE, "paired_t");
    expect_pair(r, 3, FIXED, PERSISTENCE, PAIR_REFERENCE, "one_sample_t"); /* the deterministic side is b */
    expect_pair(r, 4, UPDATE_2, FIXED_522, PAIR_MATCHED, "paired_t");
    expect_pair(r, 5, REFIT, UPDATE_2, PAIR_ASKED, "paired_t");
    const double holm[] = {0.00276369, 0.586327, 0.871073, 1.71565e-06, 0.00271596, 0.000475818};
    for (size_t i = 0; i < 6; i++) assert_true(fabs(r->out.items[i].tests[0].p_adjusted / holm[i] - 1) < 1e-5);
    compare_free(&r->out);
    assert_true(r->out.items == NULL && r->out.n == 0);
}

static void sentences_say_who_is_better_by_how_much_and_how_sure(void **state) {
    (void)state;
    run *r = tutorial();
    r->spec.pairs = (compare_pair[]){{REFIT, UPDATE_2}};
    r->spec.n_pairs = 1;
    compare(r);
    expect_sentence(r, 0, "update_2 beats fixed by 7.7 (95% CI 4.4 to 11.0), p = 0.003 (Holm), n = 8, dz = 1.94.");
    expect_sentence(
        r, 1,
        "fixed_522 cannot be told apart from fixed: 0.281 lower on average (95% CI -0.304 to 0.866), "
        "p = 0.59 (Holm), n = 8, dz = 0.40; about 79 repeats would settle it at this effect size (80% power).");
    expect_sentence(r, 2,
                    "refit cannot be told apart from fixed: 0.12 lower on average (95% CI -1.63 to 1.88), p = 0.87 "
                    "(Holm), n = 8, dz = 0.06; about 3,500 repeats would settle it at this effect size (80% power).");
    expect_sentence(r, 3,
                    "fixed beats persistence (136.75) by 34.5 (95% CI 30.2 to 38.8), p < 0.001 (Holm), n = 8, "
                    "dz = 6.69.");
    expect_sentence(r, 4,
                    "update_2 against its matched baseline fixed_522: the new data and the zero start helped, by 7.4 "
                    "(95% CI 4.4 to "
                    "10.4), p = 0.003 (Holm), n = 8, dz = 2.04.");
    expect_sentence(r, 5, "update_2 beats refit by 7.53 (95% CI 5.29 to 9.77), p < 0.001 (Holm), n = 8, dz = 2.81.");
    compare_free(&r->out);
}

static void a_worse_or_undecided_update_is_not_credited_to_the_new_data(void **state) {
    (void)state;
    run *r = tutorial();
    r->spec.reference = -1;
    for (int i = 0; i < N; i++) r->rmse[UPDATE_2][i] = r->rmse[FIXED_522][i] + (i % 2 ? 3 : 5); /* 4 on average */
    compare(r);
    assert_int_equal(r->out.n, 1);
    /* sd sqrt(8/7), se 0.377964, t* 2.364624: 4 -+ 0.893744; dz = 4 / 1.069045; a family of one is not adjusted */
    expect_sentence(
        r, 0,
        "update_2 against its matched baseline fixed_522: extra training alone does better, by 4.00 (95% CI "
        "3.11 to 4.89), p < 0.001, n = 8, dz = 3.74.");
    compare_free(&r->out);
    for (int i = 0; i < N; i++) r->rmse[UPDATE_2][i] = r->rmse[FIXED_522][i] + (i % 2 ? -3 : 2); /* -0.5 on average */
    compare(r);
    /* sd sqrt(50/7) = 2.672612, se 0.944911: -0.5 -+ 2.234360; t = -0.529150, p 0.6130 (scipy); dz 0.187083; needed 227 */
    expect_sentence(
        r, 0,
        "update_2 against its matched baseline fixed_522: no difference can be told from noise, so no gain can "
        "be credited to the new data: 0.50 lower on average (95% CI -1.73 to 2.73), p = 0.61, n = 8, "
        "dz = 0.19; about 230 repeats would settle it at this effect size (80% power).");
    compare_free(&r->out);
}

static void a_pair_stands_once_whichever_way_round_it_is_asked_for(void **state) {
    (void)state;
    run *r = tutorial();
    r->spec.pairs = (compare_pair[]){
        {FIXED, UPDATE_2}, {FIXED_522, UPDATE_2}, {REFIT, UPDATE_2}, {UPDATE_2, REFIT}, {REFIT, REFIT}};
    r->spec.n_pairs = 5;
    compare(r);
    assert_int_equal(r->out.n, 6);
    expect_pair(r, 0, UPDATE_2, FIXED, PAIR_REFERENCE, "paired_t");
    expect_pair(r, 4, UPDATE_2, FIXED_522, PAIR_MATCHED, "paired_t");
    expect_pair(r, 5, REFIT, UPDATE_2, PAIR_ASKED, "paired_t");
    compare_free(&r->out);
}

static void a_matched_pair_with_the_reference_is_called_matched(void **state) {
    (void)state;
    run *r = tutorial();
    r->spec.reference = UPDATE_2;
    compare(r);
    assert_int_equal(r->out.n, 4);
    expect_pair(r, 0, FIXED, UPDATE_2, PAIR_REFERENCE, "paired_t");
    expect_pair(r, 1, UPDATE_2, FIXED_522, PAIR_MATCHED, "paired_t"); /* and turned: b is the baseline */
    compare_free(&r->out);
}

static void all_pairs_take_the_later_one_as_a(void **state) {
    (void)state;
    run *r = tutorial();
    r->spec.all_pairs = true;
    compare(r);
    assert_int_equal(r->out.n, 10);
    assert_int_equal(r->out.reference, -1);
    expect_pair(r, 0, UPDATE_2, FIXED, PAIR_REFERENCE, "paired_t");
    expect_pair(r, 3, FIXED, PERSISTENCE, PAIR_REFERENCE, "one_sample_t");
    expect_pair(r, 4, UPDATE_2, FIXED_522, PAIR_MATCHED, "paired_t");
    expect_pair(r, 9, REFIT, PERSISTENCE, PAIR_REFERENCE, "one_sample_t");
    compare_free(&r->out);
}

static void two_deterministic_sides_are_set_side_by_side_and_not_tested(void **state) {
    (void)state;
    run *r = tutorial();
    r->experiments[REFIT] = (experiment){.name = "naive", .scheme = SCHEME_PERSISTENCE};
    r->list[REFIT].n_repeats = 1;
    r->list[REFIT].deterministic = true;
    r->rmse[REFIT][0] = 130.5;
    r->spec.reference = PERSISTENCE;
    compare(r);
    expect_pair(r, 3, REFIT, PERSISTENCE, PAIR_REFERENCE, "none");
    const comparison *c = &r->out.items[3];
    assert_true(c->tests[0].result.n == 1 && c->tests[0].result.mean_difference == -6.25 &&
                isnan(c->tests[0].result.p) && isnan(c->tests[0].p_adjusted) && isnan(c->tests[0].result.ci_low) &&
                isnan(c->tests[0].result.repeats_needed) && c->left_out == 0);
    assert_int_equal(r->out.n_tested[TEST_PAIRED_T], 4);
    expect_sentence(
        r, 3,
        "naive beats persistence (136.75) by 6.25; neither varies from repeat to repeat, so there is nothing "
        "to test.");
    compare_free(&r->out);
}

static void diverged_repeats_are_left_out_in_the_open(void **state) {
    (void)state;
    run *r = tutorial();
    r->rmse[UPDATE_2][3] = NAN;
    r->rmse[FIXED][5] = NAN;
    compare(r);
    assert_int_equal(r->out.items[0].tests[0].result.n, 6);
    assert_int_equal(r->out.items[0].left_out, 2);
    assert_int_equal(r->out.items[3].left_out, 1);
    char text[500];
    compare_sentence(text, sizeof text, &r->out, 0, r->experiments);
    assert_non_null(strstr(text, "n = 6 (2 diverged repeats left out)"));
    compare_sentence(text, sizeof text, &r->out, 3, r->experiments);
    assert_non_null(strstr(text, "n = 7 (1 diverged repeat left out)"));
    compare_free(&r->out);
    for (int i = 1; i < N; i++) r->rmse[UPDATE_2][i] = NAN;
    compare(r);
    expect_sentence(r, 0,
                    "update_2 and fixed cannot be compared yet: at least two repeats are needed; in the one there is, "
                    "update_2 is better by 7.00 (7 diverged).");
    r->rmse[UPDATE_2][0] = NAN;
    compare_free(&r->out);
    compare(r);
    expect_sentence(r, 0, "update_2 and fixed cannot be compared: of 8 repeats none is without a diverged one.");
    compare_free(&r->out);
}

static void differences_without_spread_are_told_as_such(void **state) {
    (void)state;
    run *r = tutorial();
    for (int i = 0; i < N; i++) {
        r->rmse[UPDATE_2][i] = r->rmse[FIXED][i];
        r->rmse[REFIT][i] = r->rmse[FIXED][i] + 0.5;
    }
    compare(r);
    expect_sentence(r, 0, "update_2 and fixed agree in each of 8 repeats.");
    expect_sentence(r, 2, "fixed beats refit by 0.500 in every repeat alike, n = 8.");
    compare_free(&r->out);
}

/* Sums beyond the largest double: no test, but no agreement either. */
static void differences_too_large_to_add_up_do_not_agree(void **state) {
    (void)state;
    run *r = tutorial();
    for (int i = 0; i < N; i++) r->rmse[UPDATE_2][i] = 1e308 + 1e306 * i;
    compare(r);
    char text[500];
    compare_sentence(text, sizeof text, &r->out, 0, r->experiments);
    assert_non_null(strstr(text, "update_2 cannot be told apart from fixed"));
    assert_null(strstr(text, "agree"));
    compare_free(&r->out);
}

/* p 0.0246 alone (scipy), 0.12 after Bonferroni for five tests; 13 repeats have 80% power for this effect at 10% / 5. */
static void the_repeats_needed_allow_for_the_adjustment(void **state) {
    (void)state;
    run *r = tutorial();
    const double less[N] = {1, 6, 7, 0, 2, -1, 4, 4};
    for (int i = 0; i < N; i++) r->rmse[UPDATE_2][i] = r->rmse[FIXED][i] - less[i];
    r->spec.alpha = 0.1;
    r->spec.adjust = ADJUST_BONFERRONI;
    compare(r);
    char text[500];
    compare_sentence(text, sizeof text, &r->out, 0, r->experiments);
    assert_non_null(strstr(text, "update_2 cannot be told apart from fixed: 2.88 lower on average (90% CI "));
    assert_non_null(strstr(text,
                           "), p = 0.12 (Bonferroni), n = 8, dz = 1.01; about 13 repeats would settle it at this "
                           "effect size (80% power)."));
    compare_free(&r->out);
}

/* p is made up here: it is how it is said that counts. */
static void p_is_told_with_its_adjustment_and_so_that_alpha_tells(void **state) {
    (void)state;
    static const struct {
        adjustment adjust;
        double p;
        const char *words;
    } cases[] = {{ADJUST_BH, 0.0004, "p < 0.001 (Benjamini-Hochberg), n = 8"},
                 {ADJUST_BH, 0.0321, "p = 0.032 (Benjamini-Hochberg), n = 8"},
                 {ADJUST_BONFERRONI, 0.04996, "p = 0.0500 (Bonferroni), n = 8"},
                 {ADJUST_NONE, 0.04986, "p = 0.0499, n = 8"},
                 {ADJUST_HOLM, 0.0502, "p = 0.0502 (Holm), n = 8"},
                 {ADJUST_NONE, 0.3456, "p = 0.35, n = 8"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[500];
        run *r = tutorial();
        r->spec.adjust = cases[i].adjust;
        compare(r);
        r->out.items[0].tests[0].p_adjusted = cases[i].p;
        compare_sentence(text, sizeof text, &r->out, 0, r->experiments);
        if (!strstr(text, cases[i].words)) fail_msg("%s: not in: %s", cases[i].words, text);
        compare_free(&r->out);
    }
}

static void other_test_rows_are_not_compared(void **state) {
    (void)state;
    run *r = tutorial();
    for (int i = 0; i < N_EXPERIMENTS; i++) r->list[i].n_test = i == REFIT ? 6 : 12;
    compare(r);
    const comparison *c = &r->out.items[2];
    expect_pair(r, 2, REFIT, FIXED, PAIR_REFERENCE, "none");
    assert_true(c->tests[0].result.n == 0 && isnan(c->tests[0].result.mean_difference) &&
                isnan(c->tests[0].p_adjusted));
    assert_int_equal(r->out.n_tested[TEST_PAIRED_T], 4);
    expect_sentence(r, 2, "refit and fixed forecast different test rows, so their RMSEs are not compared.");
    compare_free(&r->out);
}

static void numbers_keep_three_digits_at_any_scale(void **state) {
    (void)state;
    run *r = tutorial();
    for (int e = 0; e < N_EXPERIMENTS; e++)
        for (int i = 0; i < N; i++) r->rmse[e][i] /= 8192; /* a power of two: nothing else changes */
    compare(r);
    expect_sentence(r, 0,
                    "update_2 beats fixed by 0.00093 (95% CI 0.00053 to 0.00134), p = 0.003 (Holm), n = 8, dz = 1.94.");
    compare_free(&r->out);
    for (int e = 0; e < N_EXPERIMENTS; e++)
        for (int i = 0; i < N; i++) r->rmse[e][i] *= 8192.0 * 8192;
    compare(r);
    expect_sentence(r, 0, "update_2 beats fixed by 62720 (95% CI 35680 to 89760), p = 0.003 (Holm), n = 8, dz = 1.94.");
    compare_free(&r->out);
}

static void a_sentence_is_cut_to_its_buffer(void **state) {
    (void)state;
    run *r = tutorial();
    compare(r);
    char text[20];
    memset(text, 'x', sizeof text);
    compare_sentence(text, 10, &r->out, 0, r->experiments);
    assert_string_equal(text, "update_2 ");
    assert_int_equal(text[10], 'x');
    compare_free(&r->out);
}

static void one_experiment_has_nothing_to_be_compared_with(void **state) {
    (void)state;
    run *r = tutorial();
    r->results.n_experiments = 1;
    r->spec.reference = -1;
    compare(r);
    assert_int_equal(r->out.n, 0);
    compare_free(&r->out);
    r->results.n_experiments = 0;
    compare(r);
    compare_free(&r->out);
}

/* --- tests, sizes, ranks, verdicts -------------------------------------------------------------------------------- */

static bool near(double a, double b) { return fabs(a - b) <= 1e-5 * fabs(b); }

static void compare_input_of(run *r, const compare_input *in) {
    farm_errors errors = {0};
    compare_free(&r->out);
    assert_int_equal(compare_all(&r->out, in, &errors), FARM_OK);
}

static void choose_tests(run *r, size_t n, const compare_test *tests) {
    for (size_t i = 0; i < n; i++) r->spec.tests[i] = tests[i];
    r->spec.n_tests = n;
}

static void tests_of_a_pair_stand_in_the_order_asked_for_and_none_twice(void **state) {
    (void)state;
    run *r = tutorial();
    choose_tests(r, 4, (const compare_test[]){TEST_WILCOXON, TEST_FRIEDMAN, TEST_WELCH, TEST_PAIRED_T});
    compare(r);
    const comparison *c = r->out.items;
    assert_true(r->out.friedman);
    assert_int_equal(r->out.n_kinds, 3);
    assert_int_equal(c[0].n_tests, 3);
    assert_string_equal(c[0].tests[0].name, "wilcoxon");
    assert_string_equal(c[0].tests[1].name, "welch");
    assert_string_equal(c[0].tests[2].name, "paired_t");
    assert_int_equal(c[3].n_tests,
                     2); /* against a constant Welch's test is the one-sample t-test, and so is the paired */
    assert_string_equal(c[3].tests[0].name, "one_sample_wilcoxon");
    assert_string_equal(c[3].tests[1].name, "one_sample_t");
    assert_int_equal(c[3].tests[1].kind, TEST_WELCH);
    compare_free(&r->out);
}

/* Holm by hand over five p of Wilcoxon: 4 x 0.0078125 would be 0.03125, 5 x 0.0078125 = 0.0390625 stands above it. */
static void each_kind_of_test_is_a_family_of_its_own(void **state) {
    (void)state;
    run *r = tutorial();
    choose_tests(r, 2, (const compare_test[]){TEST_WILCOXON, TEST_PAIRED_T});
    compare(r);
    const double wilcoxon[] = {0.0390625, 0.78125, 0.921875, 0.0390625, 0.0390625};
    const double t[] = {0.00276369, 0.586327, 0.871073, 1.42971e-06, 0.00271596}; /* of five, not of ten */
    assert_int_equal(r->out.n_tested[TEST_WILCOXON], 5);
    assert_int_equal(r->out.n_tested[TEST_PAIRED_T], 5);
    for (size_t i = 0; i < 5; i++) {
        assert_true(near(r->out.items[i].tests[0].p_adjusted, wilcoxon[i]));
        assert_true(near(r->out.items[i].tests[1].p_adjusted, t[i]));
    }
    compare_free(&r->out);
}

static void friedman_alone_leaves_pairs_to_the_t_test(void **state) {
    (void)state;
    run *r = tutorial();
    choose_tests(r, 1, (const compare_test[]){TEST_FRIEDMAN});
    compare(r);
    assert_true(r->out.friedman);
    expect_pair(r, 0, UPDATE_2, FIXED, PAIR_REFERENCE, "paired_t");
    compare_free(&r->out);
}

static void sizes_stand_beside_the_tests_whichever_they_are(void **state) {
    (void)state;
    run *r = tutorial();
    choose_tests(r, 1, (const compare_test[]){TEST_SIGN});
    compare(r);
    const comparison *c = &r->out.items[0];
    assert_true(near(c->mean_difference, -7.65625) && near(c->ci_low, -10.957) && near(c->ci_high, -4.35548));
    assert_true(near(c->effect_size, -1.93918) && c->repeats_needed == 5 && c->enough && c->power > 0.99);
    assert_true(c->median_difference == -7.375 && c->superiority == 0.9453125 && c->share_won == 1);
    assert_true(near(c->correlation, 0.8178652544452127) && c->pairing > 1);
    assert_true(c->median_ci_low < c->median_difference && c->median_ci_high > c->median_difference);
    assert_true(c->dm_n == 0 && isnan(c->dm_p)); /* no forecasts */
    assert_false(r->out.items[1].enough);
    const comparison *constant = &r->out.items[3];
    assert_true(constant->share_won == 1 && constant->superiority == 1 && isnan(constant->correlation));
    assert_true(constant->median_difference == 101.75 - 136.75);
    compare_free(&r->out);
}

static void the_bootstrap_follows_the_seed_alone(void **state) {
    (void)state;
    run *r = tutorial();
    compare_input in = {.spec = &r->spec, .experiments = r->experiments, .results = &r->results, .seed = 1};
    compare_input_of(r, &in);
    double low = r->out.items[0].median_ci_low, high = r->out.items[0].median_ci_high;
    double refit = r->out.items[2].median_ci_low;
    compare_input_of(r, &in);
    assert_true(r->out.items[0].median_ci_low == low && r->out.items[0].median_ci_high == high);
    r->spec.all_pairs = true; /* other pairs change nothing of this one */
    compare_input_of(r, &in);
    assert_true(r->out.items[0].median_ci_low == low && r->out.items[0].median_ci_high == high);
    r->spec.all_pairs = false;
    in.seed = 2;
    compare_input_of(r, &in);
    bool moved = r->out.items[2].median_ci_low != refit || r->out.items[0].median_ci_low != low ||
                 r->out.items[0].median_ci_high != high;
    assert_true(moved);
    compare_free(&r->out);
}

/* What is left out of a pair is as if it had never been. */
static void a_pair_with_diverged_repeats_is_resampled_from_the_rest(void **state) {
    (void)state;
    run *r = tutorial();
    r->rmse[UPDATE_2][N - 1] = NAN;
    compare(r);
    comparison with = r->out.items[0];
    compare_free(&r->out);
    for (int i = 0; i < N_EXPERIMENTS; i++)
        if (i != PERSISTENCE) r->list[i].n_repeats = N - 1;
    compare(r);
    const comparison *without = &r->out.items[0];
    assert_true(with.median_ci_low == without->median_ci_low && with.median_ci_high == without->median_ci_high);
    assert_true(with.median_difference == without->median_difference && with.n == N - 1 && with.left_out == 1);
    compare_free(&r->out);
}

static void ranks_are_friedmans(void **state) {
    (void)state;
    run *r = tutorial();
    compare(r);
    const ranking *k = &r->out.ranking;
    const double ranks[] = {3.125, 1, 2.875, 3, 5};
    for (size_t i = 0; i < N_EXPERIMENTS; i++) assert_true(k->mean_ranks[i] == ranks[i]);
    assert_true(k->n == 8 && k->left_out == 0 && k->n_ranked == 5);
    assert_true(near(k->chi_square, 25.7) && k->df == 4 && near(k->p, 3.63719e-05));
    assert_true(near(k->critical_difference, 2.156495));
    compare_free(&r->out);
}

static void ranks_leave_out_in_the_open(void **state) {
    (void)state;
    run *r = tutorial();
    for (int i = 0; i < N_EXPERIMENTS; i++) r->list[i].n_test = i == REFIT ? 6 : 12;
    r->rmse[UPDATE_2][0] = NAN;
    r->rmse[FIXED][3] = INFINITY;
    for (int i = 0; i < N; i++) r->rmse[FIXED_522][i] = NAN; /* no result at all: does not cost the others theirs */
    compare(r);
    const ranking *k = &r->out.ranking;
    assert_true(isnan(k->mean_ranks[REFIT]) && isnan(k->mean_ranks[FIXED_522]));
    assert_true(k->n == 6 && k->left_out == 2 && k->n_ranked == 3);
    assert_true(k->mean_ranks[UPDATE_2] == 1 && k->mean_ranks[FIXED] == 2 && k->mean_ranks[PERSISTENCE] == 3);
    assert_true(near(k->chi_square, 12)); /* all six blocks agree: n (k - 1) */
    compare_free(&r->out);
}

static void equivalence_goes_before_what_is_better(void **state) {
    (void)state;
    run *r = tutorial();
    compare(r);
    const pair_verdict plain[] = {VERDICT_BETTER, VERDICT_UNDECIDED, VERDICT_UNDECIDED, VERDICT_BETTER, VERDICT_BETTER};
    for (size_t i = 0; i < 5; i++) assert_int_equal(r->out.items[i].verdict, plain[i]);
    assert_true(isnan(r->out.items[0].equivalence_p));
    compare_free(&r->out);
    r->spec.rope = 1;
    compare(r);
    const pair_verdict one[] = {VERDICT_BETTER, VERDICT_EQUIVALENT, VERDICT_UNDECIDED, VERDICT_BETTER, VERDICT_BETTER};
    for (size_t i = 0; i < 5; i++) assert_int_equal(r->out.items[i].verdict, one[i]);
    assert_true(near(r->out.items[1].equivalence_p, 0.011422367));
    expect_sentence(
        r, 1,
        "fixed_522 cannot be told apart from fixed: 0.281 lower on average (95% CI -0.304 to 0.866), p = 0.59 "
        "(Holm), n = 8, dz = 0.40; about 76 repeats would settle it at this effect size (80% power); within "
        "+-1.00, so equivalent in practice (p = 0.011).");
    char text[500];
    compare_sentence(text, sizeof text, &r->out, 0, r->experiments);
    assert_non_null(strstr(text, "dz = 1.94; beyond the +-1.00 that count as nothing."));
    compare_sentence(text, sizeof text, &r->out, 2, r->experiments);
    assert_non_null(strstr(text, "; whether by more than the +-1.00 that count as nothing cannot be told."));
    compare_free(&r->out);
    r->spec.rope = 50; /* told apart, but by nothing that matters */
    compare(r);
    assert_int_equal(r->out.items[0].told, VERDICT_BETTER);
    assert_int_equal(r->out.items[0].verdict, VERDICT_EQUIVALENT);
    compare_free(&r->out);
    r->spec.rope = 0;
    for (int i = 0; i < N; i++) r->rmse[UPDATE_2][i] = r->rmse[FIXED][i];
    r->spec.reference = UPDATE_2;
    compare(r);
    assert_int_equal(r->out.items[0].verdict, VERDICT_EQUIVALENT); /* alike in every repeat */
    compare_free(&r->out);
}

/* A rank test and the means may point opposite ways; then nobody is called better. */
static void ranks_against_the_mean_make_no_winner(void **state) {
    (void)state;
    run *r = tutorial();
    for (int i = 0; i < N; i++) r->rmse[REFIT][i] = r->rmse[FIXED][i] + (i == 3 ? 80 : -1 - 0.125 * i);
    choose_tests(r, 1, (const compare_test[]){TEST_SIGN});
    r->spec.alpha = 0.1;
    r->spec.adjust = ADJUST_NONE;
    compare(r);
    const comparison *c = &r->out.items[2];
    assert_true(c->tests[0].p_adjusted < 0.0704 && c->tests[0].p_adjusted > 0.0703 &&
                c->tests[0].result.direction == -1 && c->mean_difference > 0);
    assert_int_equal(c->verdict, VERDICT_UNDECIDED);
    char text[500];
    compare_sentence(text, sizeof text, &r->out, 2, r->experiments);
    assert_non_null(strstr(text, "refit is lower than fixed by its ranks, but not on average: "));
    compare_free(&r->out);
}

static void other_tests_are_told_after_the_first(void **state) {
    (void)state;
    run *r = tutorial();
    choose_tests(r, 3, (const compare_test[]){TEST_PAIRED_T, TEST_WILCOXON, TEST_WELCH});
    compare(r);
    expect_sentence(r, 0,
                    "update_2 beats fixed by 7.7 (95% CI 4.4 to 11.0), p = 0.003 (Holm), n = 8, dz = 1.94; Wilcoxon's "
                    "signed-rank test p = 0.039 (Holm), Welch's t-test p = 0.011 (Holm).");
    compare_free(&r->out);
}

/* Two test rows of 10 and 20: errors of fixed's mean forecast 1 and 2, where its diverged repeat is left out, of
 * update_2's 1 and 1: d = (0, -3), t = -1, p = 0.5 with one degree of freedom. */
static void mean_forecasts_are_compared_by_diebold_and_mariano(void **state) {
    (void)state;
    run *r = tutorial();
    enum { ROWS = 2 };
    static double actuals[] = {7, 10, 20};
    frame f = {.n_rows = 3, .n_train = 1, .n_test = ROWS, .actuals = actuals};
    const frame *frames[N_EXPERIMENTS] = {&f, &f, &f, &f, &f};
    double forecasts[N_EXPERIMENTS][N * ROWS];
    for (int e = 0; e < N_EXPERIMENTS; e++) {
        for (int i = 0; i < N; i++) {
            int sway = i % 2 ? 3 : -3; /* cancels in the mean of eight */
            forecasts[e][ROWS * i] = 11 + sway;
            forecasts[e][ROWS * i + 1] = (e == UPDATE_2 ? 21 : 22) + sway;
        }
        r->list[e].n_test = ROWS;
        r->list[e].forecasts = forecasts[e];
    }
    forecasts[PERSISTENCE][0] = 11, forecasts[PERSISTENCE][1] = 22;
    compare_input in = {.spec = &r->spec, .experiments = r->experiments, .results = &r->results, .frames = frames};
    compare_input_of(r, &in);
    const comparison *c = &r->out.items[0];
    assert_true(c->dm_n == 2 && near(c->dm_statistic, -1) && near(c->dm_p, 0.5));
    expect_sentence(r, 0,
                    "update_2 beats fixed by 7.7 (95% CI 4.4 to 11.0), p = 0.003 (Holm), n = 8, dz = 1.94; DM over 2 "
                    "test rows: p = 0.50.");
    assert_true(isnan(r->out.items[2].dm_p)); /* the same forecasts */
    r->rmse[FIXED][6] = r->rmse[FIXED][7] = NAN;
    forecasts[FIXED][12] = forecasts[FIXED][15] = NAN;
    compare_input_of(r, &in);
    assert_true(near(r->out.items[0].dm_statistic, -1) && near(r->out.items[0].dm_p, 0.5));
    compare_free(&r->out);
}

/* --- the run ------------------------------------------------------------------------------------------------------ */

static void expect_run_sentence(run *r, run_sentence which, const char *expected) {
    char text[2000];
    bool any = compare_run_sentence(text, sizeof text, which, &r->out, r->experiments);
    assert_int_equal(any, *expected != '\0');
    assert_string_equal(text, expected);
}

/* Compares as in a run, but without test rows, so that there is nothing for Diebold and Mariano. */
static void compare_run(run *r) {
    static const frame none = {0};
    static const frame *const frames[N_EXPERIMENTS] = {&none, &none, &none, &none, &none};
    compare_input in = {.spec = &r->spec, .experiments = r->experiments, .results = &r->results, .frames = frames};
    compare_input_of(r, &in);
}

static void a_run_is_told_in_three_sentences(void **state) {
    (void)state;
    run *r = tutorial();
    compare_run(r);
    expect_run_sentence(
        r, RUN_BEST,
        "update_2 (94.562) has the lowest mean RMSE, and every other experiment can be told apart from it "
        "(paired t-test, Holm over all 10 pairs).");
    expect_run_sentence(r, RUN_GAIN,
                        "1 of 1 updates beats the matched baseline: the new data and the zero start explain the gain; "
                        "extra training alone gains nothing that can be told over fixed.");
    expect_run_sentence(
        r, RUN_BASELINES,
        "The best LSTM, update_2 (94.562), beats every plain baseline, of which the best is persistence "
        "(136.75), p < 0.001 (Holm).");
    compare_free(&r->out);
}

static void who_cannot_be_told_from_the_best_is_named_though_never_asked_for(void **state) {
    (void)state;
    run *r = tutorial();
    for (int i = 0; i < N; i++) r->rmse[REFIT][i] = r->rmse[UPDATE_2][i] + (i % 2 ? 1.0 : -0.75);
    r->experiments[FIXED_522].n_matches = 0;
    compare_run(r); /* no pair of the list is update_2 with refit */
    expect_run_sentence(
        r, RUN_BEST,
        "update_2 (94.562) has the lowest mean RMSE; refit cannot be told apart from it, all others can "
        "(paired t-test, Holm over all 10 pairs).");
    expect_run_sentence(
        r, RUN_GAIN,
        "New data or extra training: no update was tested against a matched baseline, so that cannot be "
        "told; {\"scheme\": \"fixed\", \"match\": \"update_*\"} adds baselines.");
    assert_true(r->out.standing.alike[REFIT] && !r->out.standing.alike[FIXED] && r->out.standing.alike[UPDATE_2]);
    compare_free(&r->out);
}

static void a_baseline_that_beats_every_lstm_is_said_to(void **state) {
    (void)state;
    run *r = tutorial();
    r->rmse[PERSISTENCE][0] = 86.73;
    compare_run(r);
    expect_run_sentence(
        r, RUN_BEST,
        "persistence (86.730) has the lowest mean RMSE, and every other experiment can be told apart from "
        "it (paired t-test, Holm over all 10 pairs).");
    expect_run_sentence(r, RUN_BASELINES,
                        "No LSTM beats the plain baseline persistence (86.730): the best, update_2 (94.562), is worse, "
                        "p < 0.001 (Holm).");
    compare_free(&r->out);
    r->rmse[PERSISTENCE][0] = 94.5;
    compare_run(r);
    char text[500];
    compare_run_sentence(text, sizeof text, RUN_BASELINES, &r->out, r->experiments);
    assert_non_null(strstr(text,
                           "The best LSTM, update_2 (94.562), cannot be told apart from the best plain baseline, "
                           "persistence (94.500), p = "));
    compare_free(&r->out);
    r->results.n_experiments = 4;
    compare_run(r);
    expect_run_sentence(r, RUN_BASELINES,
                        "No plain baseline was run: {\"scheme\": \"ar\"} shows what a simple method does.");
    compare_free(&r->out);
}

static void training_alone_is_given_its_due(void **state) {
    (void)state;
    run *r = tutorial();
    for (int i = 0; i < N; i++) r->rmse[FIXED_522][i] = r->rmse[UPDATE_2][i] - 4 + (i % 2 ? 0.5 : -0.5);
    compare_run(r);
    expect_run_sentence(
        r, RUN_GAIN,
        "No update can be shown to beat its matched baseline: no gain can be credited to the new data; in "
        "1 extra training alone does better; extra training alone beats fixed in 1 of 1 baselines.");
    compare_free(&r->out);
    for (int i = 0; i < N; i++) r->rmse[FIXED_522][i] = r->rmse[FIXED][i] + 4 + (i % 2 ? 0.5 : -0.5);
    compare_run(r);
    expect_run_sentence(r, RUN_GAIN,
                        "1 of 1 updates beats the matched baseline: the new data and the zero start explain the gain; "
                        "extra training alone is worse than fixed in 1 of 1 baselines.");
    compare_free(&r->out);
}

static void the_standing_goes_by_the_first_test_of_pairs(void **state) {
    (void)state;
    run *r = tutorial();
    choose_tests(r, 3, (const compare_test[]){TEST_FRIEDMAN, TEST_WILCOXON, TEST_PAIRED_T});
    compare_run(r);
    const pair_test *test = &r->out.standing.varying_against_constant;
    assert_int_equal(test->kind, TEST_WILCOXON);
    assert_string_equal(test->name, "one_sample_wilcoxon");
    compare_free(&r->out);
}

static void experiments_of_other_rows_or_no_result_are_left_out_of_the_standing(void **state) {
    (void)state;
    run *r = tutorial();
    r->list[UPDATE_2].n_test = 6;
    for (int i = 0; i < N; i++) r->rmse[REFIT][i] = NAN;
    compare(r);
    expect_run_sentence(
        r, RUN_BEST,
        "fixed_522 (101.94) has the lowest mean RMSE; fixed cannot be told apart from it, all others can "
        "(paired t-test, Holm over all 3 pairs); left out, for other test rows or no result: update_2 and "
        "refit.");
    expect_run_sentence(r, RUN_GAIN, "");
    compare_free(&r->out);
}

static void a_p_of_alpha_tells_nothing_apart(void **state) {
    (void)state;
    run *r = tutorial();
    r->results.n_experiments = 2; /* one pair, whose test and standing are the same */
    compare_run(r);
    assert_true(r->out.standing.best == UPDATE_2 && !r->out.standing.alike[FIXED]);
    assert_int_equal(r->out.items[0].verdict, VERDICT_BETTER);
    r->spec.alpha = r->out.items[0].tests[0].p_adjusted;
    compare_free(&r->out);
    compare_run(r);
    assert_true(r->out.standing.alike[FIXED]);
    assert_int_equal(r->out.items[0].verdict, VERDICT_UNDECIDED);
    compare_free(&r->out);
}

static void one_repeat_tells_nothing_apart(void **state) {
    (void)state;
    run *r = tutorial();
    for (int i = 0; i < PERSISTENCE; i++) r->list[i].n_repeats = 1;
    compare_run(r);
    expect_run_sentence(r, RUN_BEST,
                        "update_2 (94.000) has the lowest mean RMSE, but no other experiment can be told apart from it "
                        "(paired t-test, Holm over all 10 pairs).");
    compare_free(&r->out);
}

/* Holm's adjustment of all pairs is what Bonferroni's is for the smallest p; with more experiments than are tested in
 * all pairs, every pair is held to that. */
static void many_experiments_are_adjusted_as_strictly_as_all_their_pairs_ask(void **state) {
    (void)state;
    enum { MANY = 120 };
    static double rmse[MANY][N];
    static experiment experiments[MANY];
    static experiment_result list[MANY];
    results all = {.experiments = list, .n_experiments = MANY};
    compare_spec spec = {.reference = 0, .adjust = ADJUST_HOLM, .alpha = 0.05};
    comparisons out;
    farm_errors errors = {0};
    for (int e = 0; e < MANY; e++) {
        for (int i = 0; i < N; i++) rmse[e][i] = 100 + e + ((e * 7 + i * 13 + e * i * 5) % 11) * 0.1;
        experiments[e] = (experiment){.name = "x"};
        list[e] = (experiment_result){.n_repeats = N, .rmse = rmse[e]};
    }
    for (int i = 0; i < N; i++) rmse[1][i] = rmse[0][i] + (i % 2 ? 1 : 0.1); /* p = 0.012: not of 7,140 tests */
    compare_input in = {.spec = &spec, .experiments = experiments, .results = &all};
    assert_int_equal(compare_all(&out, &in, &errors), FARM_OK);
    assert_int_equal(out.standing.n_tests, MANY * (MANY - 1) / 2);
    assert_int_equal(out.standing.best, 0);
    assert_true(out.standing.alike[1] && !out.standing.alike[50] && !out.standing.alike[MANY - 1]);
    compare_free(&out);
}

/* --- precision, unpaired ------------------------------------------------------------------------------------------ */

static void precision_is_the_widest_half_interval(void **state) {
    (void)state;
    run *r = tutorial();
    farm_errors errors = {0};
    compare_input in = {.spec = &r->spec, .experiments = r->experiments, .results = &r->results};
    double widest;
    compare(r);
    assert_int_equal(compare_half_width(&widest, &in, N, &errors), FARM_OK);
    assert_true(near(widest, (38.8457 - 30.2168) / 2)); /* fixed - persistence */
    assert_true(compare_is_precise(&r->out, widest) && !compare_is_precise(&r->out, widest * 0.999));
    compare_free(&r->out);
    for (int i = 0; i < PERSISTENCE; i++) r->list[i].n_repeats = 5;
    compare(r);
    assert_int_equal(compare_half_width(&widest, &in, N, &errors), FARM_OK);
    assert_true(compare_is_precise(&r->out, widest) && !compare_is_precise(&r->out, widest * 0.999));
    compare_free(&r->out);
    for (int i = 0; i < PERSISTENCE; i++) r->list[i].n_repeats = N;
    double of_five = widest;
    assert_int_equal(compare_half_width(&widest, &in, 5, &errors), FARM_OK); /* the first five say the same */
    assert_true(widest == of_five);
    assert_int_equal(compare_half_width(&widest, &in, 1, &errors), FARM_OK);
    assert_true(widest == INFINITY);
}

static void nothing_to_estimate_is_known_precisely(void **state) {
    (void)state;
    run *r = tutorial();
    farm_errors errors = {0};
    double widest;
    for (int i = 0; i < N_EXPERIMENTS; i++) r->list[i].n_test = (size_t)i; /* nobody forecasts the same rows */
    compare_input in = {.spec = &r->spec, .experiments = r->experiments, .results = &r->results};
    assert_int_equal(compare_half_width(&widest, &in, N, &errors), FARM_OK);
    assert_true(widest == 0);
    compare(r);
    assert_true(compare_is_precise(&r->out, 0));
    compare_free(&r->out);
}

static void unpaired_samples_are_welchs_of_any_length(void **state) {
    (void)state;
    run *r = tutorial();
    r->list[UPDATE_2].n_repeats = 5;
    compare_input in = {.spec = &r->spec, .experiments = r->experiments, .results = &r->results, .unpaired = true};
    choose_tests(r, 1, (const compare_test[]){TEST_PAIRED_T});
    compare_input_of(r, &in);
    const comparison *c = &r->out.items[0];
    expect_pair(r, 0, UPDATE_2, FIXED, PAIR_REFERENCE, "welch");
    assert_true(near(c->tests[0].result.statistic, -3.8453497) && near(c->tests[0].result.p, 0.00345056));
    assert_true(near(c->ci_low, -12.291916) && near(c->ci_high, -3.245583934) && c->n == 5 && c->left_out == 0);
    assert_true(c->median_difference == -7.75 && c->median_ci_low < -7.75 && c->median_ci_high > -7.75);
    assert_true(isnan(c->share_won) && isnan(c->correlation) && isnan(c->pairing) && c->superiority > 0.9);
    expect_pair(r, 3, FIXED, PERSISTENCE, PAIR_REFERENCE, "one_sample_t");
    assert_true(isnan(r->out.ranking.mean_ranks[FIXED]) && isnan(r->out.ranking.p));
    char text[500];
    compare_sentence(text, sizeof text, &r->out, 0, r->experiments);
    assert_non_null(strstr(text, "n = 5 and 8, d = "));
    compare_free(&r->out);
}

static void unpaired_samples_are_resampled_each_by_itself(void **state) {
    (void)state;
    run *r = tutorial();
    compare_input in = {.spec = &r->spec, .experiments = r->experiments, .results = &r->results, .unpaired = true};
    for (int i = 0; i < N; i++) r->rmse[UPDATE_2][i] = r->rmse[FIXED][i];
    compare_input_of(r, &in);
    const comparison *c = &r->out.items[0]; /* drawn together, the same values would never differ */
    assert_true(c->median_difference == 0 && c->median_ci_low < -1 && c->median_ci_high > 1);
    compare_free(&r->out);
}

static void unpaired_precision_looks_at_the_first_repeats_of_both(void **state) {
    (void)state;
    run *r = tutorial();
    farm_errors errors = {0};
    compare_input in = {.spec = &r->spec, .experiments = r->experiments, .results = &r->results, .unpaired = true};
    double of_five, widest;
    assert_int_equal(compare_half_width(&of_five, &in, 5, &errors), FARM_OK);
    for (int i = 0; i < PERSISTENCE; i++) r->list[i].n_repeats = 5;
    assert_int_equal(compare_half_width(&widest, &in, N, &errors), FARM_OK);
    assert_true(widest == of_five);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_stand_in_order_reference_matched_asked),
        cmocka_unit_test(sentences_say_who_is_better_by_how_much_and_how_sure),
        cmocka_unit_test(a_worse_or_undecided_update_is_not_credited_to_the_new_data),
        cmocka_unit_test(a_pair_stands_once_whichever_way_round_it_is_asked_for),
        cmocka_unit_test(a_matched_pair_with_the_reference_is_called_matched),
        cmocka_unit_test(all_pairs_take_the_later_one_as_a),
        cmocka_unit_test(two_deterministic_sides_are_set_side_by_side_and_not_tested),
        cmocka_unit_test(diverged_repeats_are_left_out_in_the_open),
        cmocka_unit_test(differences_without_spread_are_told_as_such),
        cmocka_unit_test(differences_too_large_to_add_up_do_not_agree),
        cmocka_unit_test(the_repeats_needed_allow_for_the_adjustment),
        cmocka_unit_test(p_is_told_with_its_adjustment_and_so_that_alpha_tells),
        cmocka_unit_test(other_test_rows_are_not_compared),
        cmocka_unit_test(numbers_keep_three_digits_at_any_scale),
        cmocka_unit_test(a_sentence_is_cut_to_its_buffer),
        cmocka_unit_test(one_experiment_has_nothing_to_be_compared_with),
        cmocka_unit_test(tests_of_a_pair_stand_in_the_order_asked_for_and_none_twice),
        cmocka_unit_test(each_kind_of_test_is_a_family_of_its_own),
        cmocka_unit_test(friedman_alone_leaves_pairs_to_the_t_test),
        cmocka_unit_test(sizes_stand_beside_the_tests_whichever_they_are),
        cmocka_unit_test(the_bootstrap_follows_the_seed_alone),
        cmocka_unit_test(a_pair_with_diverged_repeats_is_resampled_from_the_rest),
        cmocka_unit_test(ranks_are_friedmans),
        cmocka_unit_test(ranks_leave_out_in_the_open),
        cmocka_unit_test(equivalence_goes_before_what_is_better),
        cmocka_unit_test(ranks_against_the_mean_make_no_winner),
        cmocka_unit_test(other_tests_are_told_after_the_first),
        cmocka_unit_test(mean_forecasts_are_compared_by_diebold_and_mariano),
        cmocka_unit_test(a_run_is_told_in_three_sentences),
        cmocka_unit_test(who_cannot_be_told_from_the_best_is_named_though_never_asked_for),
        cmocka_unit_test(a_baseline_that_beats_every_lstm_is_said_to),
        cmocka_unit_test(training_alone_is_given_its_due),
        cmocka_unit_test(the_standing_goes_by_the_first_test_of_pairs),
        cmocka_unit_test(experiments_of_other_rows_or_no_result_are_left_out_of_the_standing),
        cmocka_unit_test(a_p_of_alpha_tells_nothing_apart),
        cmocka_unit_test(one_repeat_tells_nothing_apart),
        cmocka_unit_test(many_experiments_are_adjusted_as_strictly_as_all_their_pairs_ask),
        cmocka_unit_test(precision_is_the_widest_half_interval),
        cmocka_unit_test(nothing_to_estimate_is_known_precisely),
        cmocka_unit_test(unpaired_samples_are_welchs_of_any_length),
        cmocka_unit_test(unpaired_samples_are_resampled_each_by_itself),
        cmocka_unit_test(unpaired_precision_looks_at_the_first_repeats_of_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
