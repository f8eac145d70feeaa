/* test_farm.c - the library by its public header alone: what each call returns, and in which order they may be made. */
#include "farm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "scratch.h"

static const char series_csv[] = "v\n1\n2\n4\n3\n5\n7\n6\n8\n10\n9\n";

/* A scratch folder with a series of ten and the config c.json. */
static scratch folder_with(const char *config) {
    scratch s = scratch_open();
    scratch_write_text(&s, "s.csv", series_csv);
    scratch_write_text(&s, "c.json", config);
    return s;
}

static const char one_json[] =
    "{\"name\": \"one\", \"series\": {\"file\": \"s.csv\", \"column\": \"v\"}, \"repeats\": 1,\n"
    " \"frame\": {\"test\": 3}, \"train\": {\"epochs\": 2},\n"
    " \"experiments\": [{\"scheme\": \"fixed\"}]}\n";
static const char two_json[] =
    "{\"name\": \"two\", \"series\": {\"file\": \"s.csv\", \"column\": \"v\"}, \"repeats\": 3,\n"
    " \"frame\": {\"test\": 3}, \"train\": {\"epochs\": 2},\n"
    " \"experiments\": [{\"scheme\": \"fixed\"}, {\"scheme\": \"persistence\"}]}\n";

static farm *load(scratch *s, const farm_options *options) {
    farm_errors errors = {0};
    farm *f = NULL;
    assert_int_equal(farm_load(&f, scratch_path(s, "c.json"), options, &errors), FARM_OK);
    assert_int_equal(errors.n, 0);
    return f;
}

/* Loading fails so, with these faults. */
static void expect_refused(scratch *s, const farm_options *options, farm_status status, const char *expected) {
    farm_errors errors = {0};
    farm *f = (farm *)s; /* not NULL, to see it set */
    assert_int_equal(farm_load(&f, scratch_path(s, "c.json"), options, &errors), status);
    assert_null(f);
    char *faults = scratch_faults(s, &errors);
    assert_string_equal(faults, expected);
    free(faults);
    farm_errors_free(&errors);
    farm_free(f);
}

static void a_farm_runs_without_options_or_hooks(void **state) {
    (void)state;
    scratch s = folder_with(two_json);
    farm_errors errors = {0};
    farm *f = load(&s, NULL);
    size_t n = 0;
    assert_string_equal(farm_name(f), "two");
    assert_string_equal(farm_forecasts(f), "all");
    assert_int_equal(farm_repeats(f), 3);
    assert_int_equal(farm_experiments(f), 2);
    assert_string_equal(farm_experiment_name(f, 1), "persistence");
    char *folder = farm_default_folder(f);
    assert_string_equal(folder, "out/two");
    free(folder);
    assert_int_equal(farm_run(f, NULL, &errors), FARM_OK);
    const double *rmse = farm_rmse(f, 0, &n);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < n; i++) assert_true(rmse[i] > 0 && isfinite(rmse[i]));
    rmse = farm_rmse(f, 1, &n);
    assert_int_equal(n, 1);
    assert_true(fabs(rmse[0] - sqrt((4.0 + 4 + 1) / 3)) < 1e-12); /* by hand: 8 for 6, 10 for 8, 9 for 10 */
    farm_free(f);
    scratch_close(&s);
}

static void a_second_run_is_the_first_again(void **state) {
    (void)state;
    scratch s = folder_with(two_json);
    farm_errors errors = {0};
    farm *f = load(&s, NULL);
    size_t n;
    double before[3];
    assert_int_equal(farm_run(f, NULL, &errors), FARM_OK);
    memcpy(before, farm_rmse(f, 0, &n), sizeof before);
    assert_int_equal(farm_run(f, NULL, &errors), FARM_OK);
    assert_memory_equal(before, farm_rmse(f, 0, &n), sizeof before);
    farm_free(f);
    scratch_close(&s);
}

static bool stop_at_once(void *context) {
    (void)context;
    return true;
}

static void a_farm_that_was_stopped_can_be_run_to_its_end(void **state) {
    (void)state;
    scratch s = folder_with(two_json);
    farm_errors errors = {0};
    farm *f = load(&s, NULL);
    size_t n;
    assert_int_equal(farm_run(f, &(farm_hooks){.stop = stop_at_once}, &errors), FARM_INTERRUPTED);
    assert_int_equal(errors.n, 0);
    assert_int_equal(farm_run(f, NULL, &errors), FARM_OK);
    assert_true(isfinite(farm_rmse(f, 0, &n)[2]));
    farm_free(f);
    scratch_close(&s);
}

static void two_farms_do_not_share_anything(void **state) {
    (void)state;
    scratch s = folder_with(two_json);
    farm_errors errors = {0};
    farm *a = load(&s, NULL), *b = load(&s, &(farm_options){.seed = "2"});
    size_t n;
    assert_int_equal(farm_run(a, NULL, &errors), FARM_OK);
    double first = farm_rmse(a, 0, &n)[0];
    assert_int_equal(farm_run(b, NULL, &errors), FARM_OK);
    assert_true(farm_rmse(a, 0, &n)[0] == first && farm_rmse(b, 0, &n)[0] != first);
    farm_free(a);
    assert_string_equal(farm_name(b), "two");
    farm_free(b);
    scratch_close(&s);
}

static void a_vector_level_that_is_none_is_refused(void **state) {
    (void)state;
    scratch s = folder_with(one_json);
    expect_refused(&s, &(farm_options){.vector = "x86-64-v9"}, FARM_BAD_INPUT,
                   "--test-vector: \"x86-64-v9\" is not a level that this build and processor have\n");
    farm *f = load(&s, &(farm_options){.vector = "base"});
    farm_free(f);
    scratch_close(&s);
}

/* 10^9 repeats of 10^9 epochs of 6 rows, and as many for each of three: 1.8e19 and more is past 64 bits. */
static void steps_beyond_counting_are_refused(void **state) {
    (void)state;
    scratch s = folder_with(
        "{\"name\": \"many\", \"series\": {\"file\": \"s.csv\", \"column\": \"v\"},\n"
        " \"frame\": {\"test\": 3}, \"train\": {\"epochs\": 1000000000},\n"
        " \"experiments\": [{\"scheme\": \"fixed\"}, {\"scheme\": \"refit\"}]}\n");
    farm_options most = {.repeats = "1000000000"}, fewer = {.repeats = "600000000"};
    /* fixed 5 rows; refits of 5, 6 and 7 rows: 23 x 10^9 steps a repeat */
    expect_refused(&s, &most, FARM_BAD_INPUT,
                   "c.json: repeats: 1000000000 repeats of 2.3e+10 gradient steps each are more than can be counted; "
                   "ask for fewer repeats or epochs\n");
    farm *f = load(&s, &fewer); /* 1.38e19 is within */
    farm_free(f);
    scratch_close(&s);
}

static char *printed(farm *f, bool plan) {
    char *text = NULL;
    size_t size;
    farm_errors errors = {0};
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    farm_status status =
        plan ? farm_print_plan(f, out, &errors) : farm_print_results(f, out, &(farm_style){.width = 80});
    assert_int_equal(status, FARM_OK);
    fclose(out);
    return text;
}

static void a_plan_speaks_of_one_as_of_one(void **state) {
    (void)state;
    scratch s = folder_with(one_json);
    farm *f = load(&s, &(farm_options){.threads = "1"});
    char *text = printed(f, true);
    /* 10 observations, 9 differences, 8 rows, 5 of them to train on */
    assert_non_null(strstr(text, "fixed"));
    assert_non_null(strstr(text,
                           "\n1 experiment x 1 repeat: 10 gradient steps asked for, 10 to take.\n"
                           "1 task of up to 16 repeats; on 1 thread here: a second or less.\n"));
    free(text);
    farm_free(f);
    scratch_close(&s);
}

static void one_experiment_has_a_table_and_no_comparison(void **state) {
    (void)state;
    scratch s = folder_with(one_json);
    farm_errors errors = {0};
    farm *f = load(&s, NULL);
    assert_int_equal(farm_run(f, NULL, &errors), FARM_OK);
    char *text = printed(f, false);
    assert_non_null(strstr(text, "1 experiment x 1 repeat\n"));
    assert_null(strstr(text, "Against"));
    free(text);
    farm_free(f);
    scratch_close(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_farm_runs_without_options_or_hooks),
        cmocka_unit_test(a_second_run_is_the_first_again),
        cmocka_unit_test(a_farm_that_was_stopped_can_be_run_to_its_end),
        cmocka_unit_test(two_farms_do_not_share_anything),
        cmocka_unit_test(a_vector_level_that_is_none_is_refused),
        cmocka_unit_test(steps_beyond_counting_are_refused),
        cmocka_unit_test(a_plan_speaks_of_one_as_of_one),
        cmocka_unit_test(one_experiment_has_a_table_and_no_comparison),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
