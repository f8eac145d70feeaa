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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
