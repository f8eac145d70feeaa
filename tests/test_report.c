/* test_report.c - a run's files, byte for byte where they must not change, and the table for people. Expected files are
 * written by hand from the definitions; the summary's figures are pandas' (tests/oracle/report.py). */
#include "output_file.h"
#include "report_parts.h"
#include "report_plan.h"

#include <cjson/cJSON.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "scratch.h"

enum { FIXED, UPDATE_2, PERSISTENCE, N_EXPERIMENTS, N = 4, N_TEST = 2, N_WEIGHTS = 4 + 4 + 4 + 1 + 1 };

/* A small run: two trained experiments of four repeats, a baseline, two test rows. */
typedef struct {
    double rmse[N_EXPERIMENTS][N], forecasts[N_EXPERIMENTS][N * N_TEST], weights[N * N_WEIGHTS], actuals[5];
    int indices[5];
    char names[N_EXPERIMENTS][32];
    experiment experiments[N_EXPERIMENTS];
    experiment_result list[N_EXPERIMENTS];
    frame frame;
    const frame *frames[N_EXPERIMENTS];
    double values[6];
    series series;
    results results;
    comparisons comparisons;
    report_input in;
} run;

static void compare_again(run *r) {
    farm_errors errors = {0};
    compare_spec spec = {.reference = FIXED, .adjust = ADJUST_HOLM, .alpha = 0.05};
    compare_free(&r->comparisons);
    compare_input in = {.spec = &spec, .experiments = r->experiments, .results = &r->results, .frames = r->frames};
    assert_int_equal(compare_all(&r->comparisons, &in, &errors), FARM_OK);
}

static run *small_run(void) {
    static run r;
    compare_free(&r.comparisons);
    r = (run){
        .rmse = {{101.5, 99.25, 108.0, 0.1 + 0.2}, {94.5, 93.25, 97, 95}, {136.75}},
        .actuals = {10, 20, 30, 40.5, 50},
        .indices = {1, 2, 3, 4, 5},
        .names = {"fixed", "update_2", "persistence"},
        .series = {.n = 6, .digest = {"0123456789abcdef"}},
        .results = {.n_experiments = N_EXPERIMENTS,
                    .steps_asked = 3190480,
                    .steps_taken = 938300,
                    .seconds = 0.5,
                    .threads = 2},
    };
    for (int e = 0; e < N_EXPERIMENTS; e++) {
        size_t repeats = e == PERSISTENCE ? 1 : N;
        r.experiments[e] =
            (experiment){.name = r.names[e],
                         .model = {.lags = 1, .neurons = 1, .bias_vectors = 1},
                         .frame = {.test = N_TEST},
                         .train = {.epochs = 10, .batch = 1},
                         .update = {.epochs = 2},
                         .every = 1,
                         .batch = 1,
                         .scheme = (const scheme_kind[]){SCHEME_FIXED, SCHEME_UPDATE, SCHEME_PERSISTENCE}[e]};
        r.list[e] = (experiment_result){.deterministic = e == PERSISTENCE,
                                        .n_repeats = repeats,
                                        .n_test = N_TEST,
                                        .rmse = r.rmse[e],
                                        .cost = {e == FIXED ? 60 : 0, 0.000006}, /* of the update it is not known */
                                        .forecasts = r.forecasts[e]};
        for (size_t i = 0; i < repeats * N_TEST; i++) r.forecasts[e][i] = (double)(100 * e) + (double)i + 0.25;
        r.frames[e] = &r.frame;
    }
    r.frame = (frame){.lags = 1, .n_rows = 5, .n_train = 3, .n_test = 2, .actuals = r.actuals, .indices = r.indices};
    r.series.values = r.values;
    r.results.experiments = r.list;
    r.in = (report_input){.name = "tutorial",
                          .config_path = "configs/tutorial.json",
                          .resolved = "{\n  \"repeats\": 4\n}\n",
                          .seed = UINT64_MAX,
                          .series_file = "data/shampoo.csv",
                          .series_column = "Sales",
                          .series = &r.series,
                          .precision = "f32",
                          .vector_level = "x86-64-v3",
                          .vector_bits = 256,
                          .repeats = N,
                          .experiments = r.experiments,
                          .n_experiments = N_EXPERIMENTS,
                          .frames = r.frames,
                          .results = &r.results,
                          .comparisons = &r.comparisons,
                          .no_pictures = true};
    compare_again(&r);
    return &r;
}

static void keep_weights(run *r) {
    for (int i = 0; i < N * N_WEIGHTS; i++) r->weights[i] = i + 0.5;
    r->list[FIXED].weights = r->weights;
    r->list[FIXED].n_weights = N_WEIGHTS;
}

static void expect_file(scratch *s, const char *name, const char *expected) {
    char *text = scratch_read(s, name);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void expect_no_file(scratch *s, const char *name) {
    assert_int_not_equal(access(scratch_path(s, name), F_OK), 0);
}

static void write_run(const run *r, scratch *s) {
    farm_errors errors = {0};
    farm_status status = report_write(&r->in, s->folder, &errors);
    for (size_t i = 0; i < errors.n; i++) farm_error_print(stderr, &errors.items[i]);
    assert_int_equal(status, FARM_OK);
    assert_int_equal(errors.n, 0);
}

static cJSON *read_json(scratch *s, const char *name) {
    char *text = scratch_read(s, name);
    assert_non_null(text);
    cJSON *json = cJSON_ParseWithOpts(text, NULL, true);
    assert_non_null(json);
    free(text);
    return json;
}

/* --- files ------------------------------------------------------------------------------------------------------ */

static void tables_have_the_documented_columns_and_exact_numbers(void **state) {
    (void)state;
    run *r = small_run();
    scratch s = scratch_open();
    r->rmse[UPDATE_2][1] = NAN;
    r->forecasts[UPDATE_2][2] = NAN;
    r->forecasts[UPDATE_2][3] = INFINITY;
    compare_again(r);
    write_run(r, &s);
    expect_file(&s, "experiment_fixed.csv", "results\n101.5\n99.25\n108\n0.30000000000000004\n");
    expect_file(&s, "experiment_update_2.csv", "results\n94.5\nnan\n97\n95\n");
    expect_file(&s, "experiment_persistence.csv", "results\n136.75\n");
    expect_file(&s, "summary.csv",
                "experiment,count,mean,std,min,25%,50%,75%,max\n"
                "fixed,4,77.2625,51.442287646772996,0.30000000000000004,74.5125,100.375,103.125,108\n"
                "update_2,3,95.5,1.3228756555322954,94.5,94.75,95,96,97\n"
                "persistence,1,136.75,nan,136.75,136.75,136.75,136.75,136.75\n");
    expect_file(&s, "forecasts.csv",
                "experiment,repeat,step,index,actual,forecast\n"
                "fixed,1,1,4,40.5,0.25\nfixed,1,2,5,50,1.25\n"
                "fixed,2,1,4,40.5,2.25\nfixed,2,2,5,50,3.25\n"
                "fixed,3,1,4,40.5,4.25\nfixed,3,2,5,50,5.25\n"
                "fixed,4,1,4,40.5,6.25\nfixed,4,2,5,50,7.25\n"
                "update_2,1,1,4,40.5,100.25\nupdate_2,1,2,5,50,101.25\n"
                "update_2,2,1,4,40.5,nan\nupdate_2,2,2,5,50,inf\n"
                "update_2,3,1,4,40.5,104.25\nupdate_2,3,2,5,50,105.25\n"
                "update_2,4,1,4,40.5,106.25\nupdate_2,4,2,5,50,107.25\n"
                "persistence,1,1,4,40.5,200.25\npersistence,1,2,5,50,201.25\n");
    expect_no_file(&s, "models");
    assert_int_equal(scratch_count(s.folder), 10);
    scratch_close(&s);
}

/* The figures are compare.h's (tested there): here it is columns, order, nan and names. */
static void comparisons_have_a_line_a_pair(void **state) {
    (void)state;
    run *r = small_run();
    scratch s = scratch_open();
    strcpy(r->names[UPDATE_2], "a, \"b\"");
    comparison *items = r->comparisons.items;
    pair_test tests[] = {
        {.name = "paired_t",
         .result = {4, -2.5, -3, -2, -0.1, 3, 0.5, -1, 0.5, -0.25, INFINITY, 4, 4},
         .p_adjusted = 1},
        {.name = "sign", .result = {4, -2.5, NAN, NAN, 1, NAN, 0.625, 1, NAN, -0.25, 40, 4, 4}, .p_adjusted = 0.75},
        {.name = "none", .result = stats_mean_alone(1, 6.5), .p_adjusted = NAN}};
    items[0].tests = tests;
    items[0].n_tests = 2;
    items[1].tests = tests + 2;
    write_run(r, &s);
    expect_file(&s, "comparisons.csv",
                "test,a,b,n,mean_difference,ci_low,ci_high,statistic,df,p,p_adjusted,effect_size,repeats_needed\n"
                "paired_t,\"a, \"\"b\"\"\",fixed,4,-2.5,-3,-2,-0.1,3,0.5,1,-0.25,inf\n"
                "sign,\"a, \"\"b\"\"\",fixed,4,-2.5,nan,nan,1,nan,0.625,0.75,-0.25,40\n"
                "none,fixed,persistence,1,6.5,nan,nan,nan,nan,nan,nan,nan,nan\n");
    scratch_close(&s);
}

static void pairs_have_a_line_each_with_what_they_came_to(void **state) {
    (void)state;
    run *r = small_run();
    scratch s = scratch_open();
    comparison *items = r->comparisons.items;
    pair_test *tests = items[0].tests;
    items[0] = (comparison){UPDATE_2,
                            FIXED,
                            PAIR_MATCHED,
                            false,
                            tests,
                            1,
                            0,
                            NAN,
                            4,
                            -2.5,
                            -3,
                            -2,
                            -2.25,
                            -2.75,
                            -1.5,
                            -0.25,
                            0.75,
                            0.875,
                            0.5,
                            2,
                            2,
                            -1.5,
                            0.375,
                            0.125,
                            40,
                            false,
                            0.0625,
                            VERDICT_BETTER,
                            VERDICT_EQUIVALENT};
    items[1] = (comparison){FIXED,
                            PERSISTENCE,
                            PAIR_REFERENCE,
                            true,
                            tests,
                            1,
                            0,
                            136.75,
                            0,
                            NAN,
                            NAN,
                            NAN,
                            NAN,
                            NAN,
                            NAN,
                            NAN,
                            NAN,
                            NAN,
                            NAN,
                            NAN,
                            0,
                            NAN,
                            NAN,
                            NAN,
                            NAN,
                            false,
                            NAN,
                            VERDICT_NONE,
                            VERDICT_NONE};
    r->comparisons.rope = 3;
    write_run(r, &s);
    expect_file(&s, "pairs.csv",
                "a,b,reason,n,mean_difference,ci_low,ci_high,median_difference,median_ci_low,median_ci_high,"
                "effect_size,superiority,share_won,correlation,pairing,dm_n,dm_statistic,dm_p,power,repeats_needed,"
                "enough,rope,equivalence_p,verdict\n"
                "update_2,fixed,matched,4,-2.5,-3,-2,-2.25,-2.75,-1.5,-0.25,0.75,0.875,0.5,2,2,-1.5,0.375,0.125,40,"
                "false,3,0.0625,equivalent\n"
                "fixed,persistence,reference,0,nan,nan,nan,nan,nan,nan,nan,nan,nan,nan,nan,0,nan,nan,nan,nan,nan,3,"
                "nan,none\n");
    scratch_close(&s);
}

/* Ranks by hand: update_2, fixed, persistence in the first three repeats; fixed first in the last. Rank sums 5, 7, 12 of
 * 4 repeats: 12 / (4*3*4) * (9 + 1 + 16) = 6.5, p = exp(-3.25); studentized range q(0.05, 3) = 3.314493 (tables). */
static void ranks_stand_beside_what_friedman_says_of_them(void **state) {
    (void)state;
    run *r = small_run();
    scratch s = scratch_open();
    write_run(r, &s);
    char *text = scratch_read(&s, "ranks.csv");
    const char *lines[] = {"experiment,mean_rank,n,chi_square,df,p,critical_difference\n",
                           "fixed,1.75,4,6.5,2,0.0387742078", "\nupdate_2,1.25,4,6.5,2,", "\npersistence,3,4,6.5,2,",
                           ",1.657246"};
    assert_non_null(text);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) assert_non_null(strstr(text, lines[i]));
    free(text);
    scratch_close(&s);
}

/* Of 0.25, 2.25, 4.25, 6.25 the 10% is 0.25 + 0.3 * 2, the 95% 6.25 - 0.15 * 2, and std is sqrt(20 / 3); rounded as
 * pandas rounds. */
static void forecasts_are_written_one_by_one_or_as_quantiles_or_not(void **state) {
    (void)state;
    run *r = small_run();
    scratch s = scratch_open();
    strcpy(r->names[UPDATE_2], "a, \"b\"");
    for (int i = 0; i < N; i++) r->forecasts[UPDATE_2][2 * i] = NAN;
    for (int i = 1; i < N; i++) r->forecasts[UPDATE_2][2 * i + 1] = i == 2 ? -INFINITY : NAN;
    write_run(r, &s);
    r->in.forecasts = FORECASTS_QUANTILES;
    write_run(r, &s);
    expect_file(&s, "forecast_quantiles.csv",
                "experiment,step,index,actual,count,diverged,mean,std,min,5%,10%,25%,50%,75%,90%,95%,max\n"
                "fixed,1,4,40.5,4,0,3.25,2.581988897471611,0.25,0.55,0.8500000000000001,1.75,3.25,4.75,5.65,5."
                "949999999999999,6.25\n"
                "fixed,2,5,50,4,0,4.25,2.581988897471611,1.25,1.55,1.85,2.75,4.25,5.75,6.65,6.949999999999999,7.25\n"
                "\"a, \"\"b\"\"\",1,4,40.5,0,4,nan,nan,nan,nan,nan,nan,nan,nan,nan,nan,nan\n"
                "\"a, \"\"b\"\"\",2,5,50,1,3,101.25,nan,101.25,101.25,101.25,101.25,101.25,101.25,101.25,101.25,"
                "101.25\n"
                "persistence,1,4,40.5,1,0,200.25,nan,200.25,200.25,200.25,200.25,200.25,200.25,200.25,200.25,200.25\n"
                "persistence,2,5,50,1,0,201.25,nan,201.25,201.25,201.25,201.25,201.25,201.25,201.25,201.25,201.25\n");
    expect_no_file(&s, "forecasts.csv");
    assert_int_equal(scratch_count(s.folder), 10);
    r->in.forecasts = FORECASTS_ALL;
    write_run(r, &s);
    expect_no_file(&s, "forecast_quantiles.csv");
    assert_int_equal(access(scratch_path(&s, "forecasts.csv"), F_OK), 0);
    r->in.forecasts = FORECASTS_NONE;
    write_run(r, &s);
    expect_no_file(&s, "forecast_quantiles.csv");
    expect_no_file(&s, "forecasts.csv");
    assert_int_equal(scratch_count(s.folder), 9);
    scratch_write_text(&s, "forecasts.csv", "experiment,repeat,step,index,actual,forecasts\n"); /* nearly ours */
    scratch_write_text(&s, "forecast_quantiles.csv", "mine\n");
    write_run(r, &s);
    expect_file(&s, "forecasts.csv", "experiment,repeat,step,index,actual,forecasts\n");
    expect_file(&s, "forecast_quantiles.csv", "mine\n");
    scratch_close(&s);
}

/* As farm_compare_files writes them. */
static void a_comparison_of_files_leaves_a_runs_forecasts_alone(void **state) {
    (void)state;
    run *r = small_run();
    scratch s = scratch_open();
    static const char text[] = "experiment,repeat,step,index,actual,forecast\n";
    const report_source sources[N_EXPERIMENTS] = {{.path = "a.csv"}, {.path = "b.csv"}, {.path = "c.csv"}};
    scratch_write_text(&s, "forecasts.csv", text);
    r->in.series = NULL;
    r->in.sources = sources;
    write_run(r, &s);
    expect_file(&s, "forecasts.csv", text);
    expect_no_file(&s, "forecast_quantiles.csv");
    scratch_close(&s);
}

/* Of 3 epochs two points are after 2 and 3. */
static void learning_curves_have_the_epochs_that_were_kept(void **state) {
    (void)state;
    run *r = small_run();
    scratch s = scratch_open();
    double losses[N * 2] = {0.5, 0.25, 0.1 + 0.2, NAN, 4, 3, 2, 1};
    write_run(r, &s);
    expect_no_file(&s, "learning_curves.csv");
    r->experiments[UPDATE_2].train.epochs = 3;
    r->list[UPDATE_2].losses = losses;
    r->list[UPDATE_2].n_losses = 2;
    write_run(r, &s);
    expect_file(&s, "learning_curves.csv",
                "experiment,repeat,epoch,loss\n"
                "update_2,1,2,0.5\n"
                "update_2,1,3,0.25\n"
                "update_2,2,2,0.30000000000000004\n"
                "update_2,2,3,nan\n"
                "update_2,3,2,4\n"
                "update_2,3,3,3\n"
                "update_2,4,2,2\n"
                "update_2,4,3,1\n");
    r->list[UPDATE_2].losses = NULL; /* those of an earlier run go */
    write_run(r, &s);
    expect_no_file(&s, "learning_curves.csv");
    scratch_write_text(&s, "learning_curves.csv", "mine\n");
    write_run(r, &s);
    expect_file(&s, "learning_curves.csv", "mine\n");
    scratch_close(&s);
}

static void run_json_tells_what_was_run(void **state) {
    (void)state;
    run *r = small_run();
    scratch s = scratch_open();
    r->rmse[FIXED][0] = NAN;
    r->rmse[FIXED][2] = INFINITY;
    r->in.series_file = "data/\"odd\"\\\n\xFF\xC3\xBC.csv"; /* a path may hold any byte */
    write_run(r, &s);
    cJSON *json = read_json(&s, "run.json");
    cJSON *config = cJSON_GetObjectItemCaseSensitive(json, "config");
    cJSON *data = cJSON_GetObjectItemCaseSensitive(json, "series");
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(json, "version")->valuestring, FARM_VERSION);
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(json, "seed")->valuestring, "18446744073709551615");
    assert_true(cJSON_GetObjectItemCaseSensitive(config, "repeats")->valuedouble == 4);
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(data, "file")->valuestring,
                        "data/\"odd\"\\\n\xEF\xBF\xBD\xC3\xBC.csv");
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(data, "digest")->valuestring, "sha256:0123456789abcdef");
    assert_true(cJSON_GetObjectItemCaseSensitive(json, "steps_asked")->valuedouble == 3190480);
    assert_true(cJSON_GetObjectItemCaseSensitive(json, "steps_taken")->valuedouble == 938300);
    assert_true(cJSON_GetObjectItemCaseSensitive(json, "steps_per_second")->valuedouble == 2 * 938300);
    char *costs = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(json, "repeat_costs"));
    assert_string_equal(costs,
                        "[{\"experiment\":\"fixed\",\"steps\":30,\"seconds\":3e-06},"
                        "{\"experiment\":\"update_2\",\"steps\":38,\"seconds\":null},"
                        "{\"experiment\":\"persistence\",\"steps\":0,\"seconds\":null}]");
    cJSON_free(costs);
    char *diverged = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(json, "diverged"));
    assert_string_equal(diverged, "[{\"experiment\":\"fixed\",\"repeats\":[1,3]}]");
    cJSON_free(diverged);
    cJSON_Delete(json);
    r = small_run();
    write_run(r, &s);
    json = read_json(&s, "run.json");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, "diverged")), 0);
    cJSON_Delete(json);
    scratch_close(&s);
}

/* Bytes that are no UTF-8, each by itself: the place of U+FFFD, and the JSON stays JSON. Unicode 15, table 3-7. */
static void paths_that_are_not_utf8_become_replacement_characters(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"\x7F\xC2\x80\xDF\xBF", NULL},             /* the least and the last of two bytes are */
        {"\xE0\xA0\x80\xEF\xBF\xBF", NULL},         /* of three */
        {"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", NULL}, /* of four */
        {"\xED\x9F\xBF\xEE\x80\x80", NULL},         /* beside the surrogates */
        {"\xC1\xBF", "??"},                         /* overlong */
        {"\xE0\x9F\xBF", "???"},
        {"\xF0\x8F\xBF\xBF", "????"},
        {"\xED\xA0\x80", "???"},      /* a surrogate */
        {"\xF4\x90\x80\x80", "????"}, /* beyond U+10FFFF */
        {"\xF5\x80\x80\x80", "????"},
        {"\xC3", "?"}, /* cut off */
        {"\xE2\x82", "??"},
        {"\xE2\x82x", "??x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run *r = small_run();
        scratch s = scratch_open();
        char expected[64] = "";
        for (const char *c = cases[i][1]; c && *c; c++)
            snprintf(expected + strlen(expected), sizeof expected - strlen(expected), *c == '?' ? "\xEF\xBF\xBD" : "%c",
                     *c);
        r->in.series_file = cases[i][0];
        write_run(r, &s);
        cJSON *json = read_json(&s, "run.json"), *data = cJSON_GetObjectItemCaseSensitive(json, "series");
        assert_string_equal(cJSON_GetObjectItemCaseSensitive(data, "file")->valuestring,
                            cases[i][1] ? expected : cases[i][0]);
        cJSON_Delete(json);
        scratch_close(&s);
    }
}

static void models_have_the_layout_of_keras_get_weights(void **state) {
    (void)state;
    run *r = small_run();
    scratch s = scratch_open();
    keep_weights(r);
    r->weights[N_WEIGHTS + 3] = NAN; /* repeat 2 diverged */
    write_run(r, &s);
    cJSON *json = read_json(&s, "models/fixed.json");
    assert_int_equal(cJSON_GetArraySize(json), N);
    assert_true(cJSON_IsNull(cJSON_GetArrayItem(json, 1)));
    char *first = cJSON_PrintUnformatted(cJSON_GetArrayItem(json, 0));
    assert_string_equal(first,
                        "{\"kernel\":[[0.5,1.5,2.5,3.5]],\"recurrent_kernel\":[[4.5,5.5,6.5,7.5]],"
                        "\"bias\":[8.5,9.5,10.5,11.5],\"dense_kernel\":[12.5],\"dense_bias\":13.5}");
    cJSON_free(first);
    cJSON_Delete(json);
    assert_int_equal(scratch_count(scratch_path(&s, "models")), 1); /* none for what has no weights */
    scratch_close(&s);
}

static void matrices_of_a_wider_model_are_lists_of_rows(void **state) {
    (void)state;
    run *r = small_run();
    scratch s = scratch_open();
    /* two lags, one neuron, two bias vectors: 8 + 4 + 4 + 4 + 1 + 1 weights, two repeats of them */
    r->experiments[FIXED].model = (lstm_shape){.lags = 2, .neurons = 1, .bias_vectors = 2};
    keep_weights(r);
    r->list[FIXED].n_weights = 22;
    r->list[FIXED].n_repeats = 2;
    write_run(r, &s);
    cJSON *json = read_json(&s, "models/fixed.json");
    char *second = cJSON_PrintUnformatted(cJSON_GetArrayItem(json, 1));
    assert_string_equal(second,
                        "{\"kernel\":[[22.5,23.5,24.5,25.5],[26.5,27.5,28.5,29.5]],"
                        "\"recurrent_kernel\":[[30.5,31.5,32.5,33.5]],\"bias\":[34.5,35.5,36.5,37.5],"
                        "\"recurrent_bias\":[38.5,39.5,40.5,41.5],\"dense_kernel\":[42.5],\"dense_bias\":43.5}");
    cJSON_free(second);
    cJSON_Delete(json);
    scratch_close(&s);
}

static void two_runs_differ_in_run_json_alone(void **state) {
    (void)state;
    run *r = small_run();
    scratch a = scratch_open(), b = scratch_open();
    static const char *const names[] = {
        "experiment_fixed.csv", "summary.csv",      "comparisons.csv", "pairs.csv", "ranks.csv",
        "forecasts.csv",        "models/fixed.json"};
    keep_weights(r);
    write_run(r, &a);
    r->results.seconds = 77;
    r->results.threads = 64;
    r->in.vector_level = "base";
    write_run(r, &b);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *text = scratch_read(&a, names[i]);
        assert_non_null(text);
        expect_file(&b, names[i], text);
        free(text);
    }
    scratch_close(&a);
    scratch_close(&b);
}

static void files_of_experiments_no_longer_there_are_removed(void **state) {
    (void)state;
    run *r = small_run();
    scratch s = scratch_open();
    keep_weights(r);
    write_run(r, &s);
    scratch_write_text(&s, "experiment_gone.csv", "results\n1\n");
    scratch_write_text(&s, "experiment_.csv", "not ours: no name");
    scratch_write_text(&s, "notes.csv", "not ours");
    scratch_write_text(&s, "experiment_mine.csv", "month,results\n1,2\n");
    scratch_write_text(&s, "models/gone.json", "[\n  {\"kernel\": [[1, 2, 3, 4]]}\n]\n");
    scratch_write_text(&s, "models/diverged.json", "[\n  null\n]\n");
    scratch_write_text(&s, "models/mine.json", "{\"kernel\": [[1, 2, 3, 4]]}\n");
    scratch_write_text(&s, "models/notes.txt", "not ours");
    scratch_write_text(&s, "models/.hidden.json", "not ours");
    write_run(r, &s);
    expect_no_file(&s, "experiment_gone.csv");
    expect_no_file(&s, "models/gone.json");
    expect_no_file(&s, "models/diverged.json");
    assert_int_equal(scratch_count(scratch_path(&s, "models")), 4);
    r->list[FIXED].weights = NULL; /* a run without models leaves none of another run beside its tables */
    write_run(r, &s);
    assert_int_equal(scratch_count(scratch_path(&s, "models")), 3);
    expect_file(&s, "models/mine.json", "{\"kernel\": [[1, 2, 3, 4]]}\n");
    expect_file(&s, "experiment_mine.csv", "month,results\n1,2\n");
    expect_file(&s, "notes.csv", "not ours");
    expect_file(&s, "experiment_.csv", "not ours: no name");
    scratch_close(&s);
}

static void a_folder_with_the_name_of_an_earlier_runs_file_stays(void **state) {
    (void)state;
    run *r = small_run();
    scratch s = scratch_open();
    farm_errors errors = {0};
    assert_int_equal(mkdir(scratch_path(&s, "experiment_gone.csv"), 0777), 0);
    assert_int_equal(report_write(&r->in, s.folder, &errors), FARM_OK);
    assert_int_equal(errors.n, 0);
    assert_int_equal(access(scratch_path(&s, "experiment_gone.csv"), F_OK), 0);
    expect_file(&s, "experiment_persistence.csv", "results\n136.75\n");
    scratch_close(&s);
}

static void folders_above_are_made(void **state) {
    (void)state;
    run *r = small_run();
    scratch s = scratch_open();
    farm_errors errors = {0};
    char deep[200];
    snprintf(deep, sizeof deep, "%s/a//b/c/", s.folder);
    assert_int_equal(report_write(&r->in, deep, &errors), FARM_OK);
    assert_int_equal(access(scratch_path(&s, "a/b/c/summary.csv"), R_OK), 0);
    scratch_close(&s);
}

/* --- writes that fail ------------------------------------------------------------------------------------------- */

/* Writes into s and expects FARM_FAILED with this one fault. */
static void expect_failure(const run *r, scratch *s, const char *folder, const char *expected) {
    farm_errors errors = {0};
    assert_int_equal(report_write(&r->in, folder, &errors), FARM_FAILED);
    char *faults = scratch_faults(s, &errors);
    assert_string_equal(faults, expected);
    free(faults);
    farm_errors_free(&errors);
}

static void a_folder_in_the_way_leaves_the_old_files_alone(void **state) {
    (void)state;
    run *r = small_run();
    scratch s = scratch_open();
    scratch_write_text(&s, "experiment_fixed.csv", "old");
    scratch_write_text(&s, "experiment_gone.csv", "old");
    assert_int_equal(mkdir(scratch_path(&s, "summary.csv"), 0777), 0);
    expect_failure(r, &s, s.folder,
                   "summary.csv: cannot write: Is a directory; rename the folder of that name, or choose another "
                   "with --out\n");
    expect_file(&s, "experiment_fixed.csv", "old");
    expect_file(&s, "experiment_gone.csv", "old");
    assert_int_equal(scratch_count(s.folder), 3); /* and no temporary file */
    scratch_close(&s);
}

static void a_file_where_a_folder_belongs_is_named(void **state) {
    (void)state;
    run *r = small_run();
    scratch s = scratch_open();
    char folder[200];
    keep_weights(r);
    scratch_write_text(&s, "models", "a file");
    expect_failure(r, &s, s.folder,
                   "models: cannot make the folder: File exists; a file is in the way: rename it, or choose another "
                   "folder with --out\n");
    assert_int_equal(scratch_count(s.folder), 1);
    snprintf(folder, sizeof folder, "%s/models/out", s.folder);
    expect_failure(r, &s, folder,
                   "models/out: cannot make the folder: File exists; a file is in the way: rename it, or choose "
                   "another folder with --out\n");
    scratch_close(&s);
}

/* A limit on file sizes is as good as a full disk: run.json, the last file and with a long path the longest, fails. */
static void a_full_disk_leaves_the_old_set_and_no_temporaries(void **state) {
    (void)state;
    run *r = small_run();
    scratch s = scratch_open();
    struct rlimit before, small = {1000, 1000};
    write_run(r, &s);
    char *old = scratch_read(&s, "experiment_fixed.csv");
    r->rmse[FIXED][0] = 1;
    char long_path[1200] = "";
    memset(long_path, 'x', sizeof long_path - 1);
    r->in.series_file = long_path;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    farm_errors errors = {0};
    farm_status status = report_write(&r->in, s.folder, &errors);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(status, FARM_FAILED);
    char *faults = scratch_faults(&s, &errors);
    assert_string_equal(faults, "run.json: cannot write: File too large\n");
    free(faults);
    farm_errors_free(&errors);
    expect_file(&s, "experiment_fixed.csv", old);
    assert_int_equal(scratch_count(s.folder), 10);
    free(old);
    scratch_close(&s);
}

/* The disk has room again when the file is closed: only the stream knows that bytes are missing. */
static void a_write_that_failed_long_before_the_end_is_still_seen(void **state) {
    (void)state;
    scratch s = scratch_open();
    output_set set = {0};
    farm_errors errors = {0};
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){1000, before.rlim_max};
    FILE *out = output_open(&set, s.folder, "large.csv", &errors);
    assert_non_null(out);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    for (int i = 0; i < 100000; i++) fputs("12345678\n", out);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(output_close(&set, &errors), FARM_FAILED);
    char *faults = scratch_faults(&s, &errors);
    assert_string_equal(faults, "large.csv: cannot write: File too large\n");
    output_discard(&set);
    assert_int_equal(scratch_count(s.folder), 0);
    free(faults);
    farm_errors_free(&errors);
    scratch_close(&s);
}

static void output_files_have_the_permissions_that_the_umask_leaves(void **state) {
    (void)state;
    run *r = small_run();
    scratch s = scratch_open();
    struct stat info;
    mode_t before = umask(027);
    write_run(r, &s);
    umask(before);
    assert_int_equal(stat(scratch_path(&s, "summary.csv"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    scratch_close(&s);
}

/* --- the terminal ----------------------------------------------------------------------------------------------- */

/* What report_print writes, to be freed. */
static char *told(const report_input *in, farm_style style) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_true(report_print(in, out, &style));
    fclose(out);
    char *copy = strdup(text); /* not text itself: gcc 12 takes the stream's pointer to it for a dangling one */
    assert_non_null(copy);
    free(text);
    return copy;
}

static char *printed(const run *r, int width) { return told(&r->in, (farm_style){.width = width}); }

static void the_table_shows_figures_and_box_plots(void **state) {
    (void)state;
    run *r = small_run();
    r->rmse[FIXED][3] = 103.25; /* min 99.25, quartiles 100.9375, 102.375, 104.4375, max 108; sd 3.7137 */
    compare_again(r);           /* update_2: 93.25, 94.1875, 94.75, 95.5, 97; sd 1.5599 */
    char *text = printed(r, 80);
    /* 26 columns from 93.25 to 136.75, 1.74 apart: fixed at 3, 4, 5, 6 and 8, update_2 at 0, 1, 1, 1 and 2; eight columns
     * are 13.9, so ticks are 20 apart, at 4 and 15 */
    const char *expected =
        "tutorial: Sales of shampoo.csv, 6 observations, the last 2 forecast\n"
        "3 experiments x 4 repeats\n"
        "3,190,480 gradient steps asked for, 938,300 taken, in 0.50 s (1.88 million/s)\n"
        "\n"
        "experiment   n    mean    sd     min  median     max     100        120\n"
        "fixed        4  103.00  3.71   99.25  102.38  108.00     |[|]-|      .\n"
        "update_2     4   94.94  1.56   93.25   94.75   97.00  ||| .          .\n"
        "persistence  1  136.75     -  136.75  136.75  136.75      .          .         *\n"
        "\n"
        "In short\n"
        "  update_2 (94.938) has the lowest mean RMSE, and every other experiment can be\n"
        "    told apart from it (paired t-test, Holm over all 3 pairs).\n";
    text[strlen(expected)] = '\0';
    assert_string_equal(text, expected);
    free(text);
}

static void sentences_stand_under_their_headings_and_the_footer_once(void **state) {
    (void)state;
    run *r = small_run();
    char *text = printed(r, 0);
    char *against = strstr(text, "\nAgainst fixed (lower RMSE is better)\n"),
         *footer = strstr(text, "\nThe tests speak of");
    assert_true(against != NULL && footer > against);
    assert_null(strstr(footer + 2, "The tests speak of"));
    assert_null(strstr(text, "\nNew data or just"));
    r->comparisons.items[0].reason = PAIR_MATCHED;
    r->comparisons.items[1].reason = PAIR_ASKED;
    free(text);
    text = printed(r, 0);
    char *matched = strstr(text, "\nNew data or just more training?"), *asked = strstr(text, "\nAsked for\n");
    assert_true(matched != NULL && asked > matched);
    assert_null(strstr(text, "Against fixed"));
    free(text);
}

static void diverged_repeats_are_counted_and_named(void **state) {
    (void)state;
    run *r = small_run();
    char *text = printed(r, 100);
    assert_null(strstr(text, "iverged"));
    free(text);
    r->rmse[UPDATE_2][1] = NAN;
    r->rmse[UPDATE_2][3] = INFINITY;
    compare_again(r);
    text = printed(r, 100);
    assert_non_null(strstr(text, "experiment   n  diverged "));
    assert_non_null(strstr(text, "update_2     2         2 "));
    assert_non_null(strstr(text, "  update_2: repeats 2, 4\n"));
    assert_non_null(strstr(text, "\nDiverged, so nan in the files and left out of every number here:\n  update_2"));
    free(text);
    for (int i = 0; i < N; i++) r->rmse[FIXED][i] = r->rmse[UPDATE_2][i] = NAN;
    r->rmse[PERSISTENCE][0] = NAN;
    compare_again(r);
    text = printed(r, 100);
    assert_non_null(strstr(text, "Every repeat of every experiment diverged"));
    free(text);
}

/* Columns of the longest line between from and to. */
static size_t widest(const char *from, const char *to) {
    size_t most = 0;
    while (from < to) {
        size_t length = strcspn(from, "\n");
        most = length > most ? length : most;
        from += length + 1;
    }
    return most;
}

static void nothing_is_wider_than_the_terminal(void **state) {
    (void)state;
    run *r = small_run();
    for (int width = 60; width < 200; width++) {
        char *text = printed(r, width), *table = strstr(text, "experiment "), *sentences = strstr(text, "  update_2 ");
        char *footer = strstr(text, "\n\nThe tests speak of");
        assert_true(widest(table, sentences) <= (size_t)width);
        assert_true(widest(sentences, footer) <= (size_t)width);
        assert_true(widest(footer, text + strlen(text)) <= (size_t)width);
        free(text);
    }
    char *text = printed(r, 0); /* in a pipe: each sentence is one line */
    assert_non_null(strstr(text, "\n  update_2 cannot be told apart from fixed: "));
    assert_true(widest(text, text + strlen(text)) > 100);
    free(text);
}

static void odd_values_do_not_break_the_table(void **state) {
    (void)state;
    const double odd[] = {0, 1e-300, 1e300, -5, 1e9, 4.9e-324, 1.7e308};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        run *r = small_run();
        for (int k = 0; k < N; k++) r->rmse[FIXED][k] = odd[i], r->rmse[UPDATE_2][k] = odd[(i + (size_t)k) % 7];
        compare_again(r);
        char *text = printed(r, 120);
        assert_non_null(strstr(text, "persistence"));
        free(text);
    }
    run *r = small_run(); /* all alike: no axis, and no division by its length */
    for (int k = 0; k < N; k++) r->rmse[FIXED][k] = r->rmse[UPDATE_2][k] = r->rmse[PERSISTENCE][0] = 5;
    compare_again(r);
    char *text = printed(r, 120);
    assert_non_null(strstr(text, "update_2 and fixed agree in each of 4 repeats."));
    free(text);
}

static void box_plots_stand_below_where_the_table_leaves_no_room(void **state) {
    (void)state;
    run *r = small_run();
    strcpy(r->names[UPDATE_2], "\xC3\xBC_an_update_of_many_words_xx"); /* one letter of two bytes */
    r->rmse[FIXED][3] = 103.25;
    compare_again(r);
    char *text = printed(r, 70);
    assert_non_null(strstr(text, "\nexperiment                    n "));
    assert_non_null(strstr(text, "\n\xC3\xBC_an_update_of_many_words_xx  4 "));
    /* 40 columns from 93.25 to 136.75, 1.115 apart: fixed at 5, 7, 8, 10 and 13, update_2 at 0, 1, 1, 2 and 3; eight
     * columns are 8.9, so ticks are 10 apart, at 6, 15, 24 and 33 */
    assert_non_null(strstr(text,
                           "\n\n                                   100      110      120      130\n"
                           "fixed                              |-[|=]--| .        .        .\n"
                           "\xC3\xBC_an_update_of_many_words_xx  ||]|  .        .        .        .\n"
                           "persistence                         .        .        .        .     *\n"));
    free(text);
    text = printed(r, 40); /* half for names, whose ends differ */
    assert_non_null(strstr(text, "\n\xC3\xBC_an_upda.._words_xx  [| ."));
    free(text);
}

static void box_plots_are_drawn_with_lines_where_they_may_be(void **state) {
    (void)state;
    run *r = small_run();
    r->rmse[FIXED][3] = 103.25;
    compare_again(r);
    char *text = told(&r->in, (farm_style){.width = 80, .utf8 = true});
    assert_non_null(
        strstr(text, "108.00     \xE2\x94\x9C\xE2\x96\x92\xE2\x94\x83\xE2\x96\x92\xE2\x94\x80\xE2\x94\xA4 "));
    assert_non_null(strstr(text, "        *\n"));
    free(text);
    text = told(&r->in, (farm_style){.width = 80});
    for (const char *c = text; *c; c++) assert_true((*c >= ' ' && *c <= '~') || *c == '\n');
    free(text);
}

static void forty_experiments_fit_any_width_and_name_their_scale_again(void **state) {
    (void)state;
    enum { MANY = 40 };
    static double rmse[MANY][N];
    static char names[MANY][24];
    static experiment experiments[MANY];
    static experiment_result list[MANY];
    results all = {.experiments = list, .n_experiments = MANY};
    compare_spec spec = {.reference = FIXED, .adjust = ADJUST_HOLM, .alpha = 0.05};
    comparisons c;
    farm_errors errors = {0};
    for (int e = 0; e < MANY; e++) {
        for (int i = 0; i < N; i++) rmse[e][i] = 100 + e + ((e * 5 + i * 7) % 11);
        snprintf(names[e], sizeof names[e], "lags_%d_neurons_%d", e / 8 + 1, e % 8 + 1);
        experiments[e] = (experiment){.name = names[e]};
        list[e] = (experiment_result){.n_repeats = N, .rmse = rmse[e]};
    }
    compare_input pairs = {.spec = &spec, .experiments = experiments, .results = &all};
    assert_int_equal(compare_all(&c, &pairs, &errors), FARM_OK);
    report_input in = {.name = "many",
                       .repeats = N,
                       .experiments = experiments,
                       .n_experiments = MANY,
                       .results = &all,
                       .comparisons = &c};
    for (int width = 60; width <= 160; width += 5) {
        char *text = told(&in, (farm_style){.width = width}), *end = strstr(text, "\n\nIn short");
        size_t plots = 0, scales = 0;
        assert_non_null(end);
        assert_true(widest(text, end) <= (size_t)width);
        for (char *at = text; at < end; at += strcspn(at, "\n") + 1) {
            size_t length = strcspn(at, "\n");
            plots += strncmp(at, "lags_", 5) == 0 && memchr(at, '|', length) != NULL;
            scales += at[length - 1] == '0' && strncmp(at, "lags_", 5) != 0; /* 100 110 ... */
        }
        assert_int_equal(plots, MANY);
        assert_int_equal(scales, 2); /* above and below */
        free(text);
    }
    compare_free(&c);
}

static void ranks_are_told_where_friedman_is_asked_for(void **state) {
    (void)state;
    run *r = small_run();
    char *text = printed(r, 0);
    assert_null(strstr(text, "Friedman"));
    free(text);
    r->comparisons.friedman = true;
    text = printed(r, 0);
    assert_non_null(strstr(text,
                           "\nRanks in each repeat (1 is the lowest RMSE)\n"
                           "  Friedman: chi-square 6.50, df 2, p = 0.039, over 4 repeats of 3 experiments; mean ranks "
                           "that differ by less than 1.66 cannot be told apart (Nemenyi).\n"
                           "    1.25  update_2\n    1.75  fixed\n    3.00  persistence\n"));
    free(text);
}

/* Both kinds of noise are named, and what pairing bought. */
static void the_footer_tells_the_two_kinds_of_noise_apart(void **state) {
    (void)state;
    run *r = small_run();
    char *text = printed(r, 0);
    assert_non_null(strstr(text, "The tests speak of training noise on this one series"));
    assert_non_null(strstr(text, "DM (Diebold-Mariano) speaks of the test rows"));
    assert_non_null(strstr(text, "\nPairing: repeats correlate by "));
    free(text);
}

/* The whole of it, by hand. */
static void expect_words(const run *r, report_sentence which, const char *expected) {
    char text[REPORT_SENTENCE];
    assert_int_equal(report_say(text, sizeof text, which, &r->in), *expected != '\0');
    assert_string_equal(text, expected);
}

static void what_ended_a_run_is_said_where_it_was_no_number(void **state) {
    (void)state;
    run *r = small_run();
    expect_words(r, SAY_UNTIL, "");
    r->in.half_width = 0.5;
    r->in.widest = 0.4375;
    r->in.repeats = 1280;
    expect_words(r, SAY_UNTIL, "After 1,280 repeats every compared difference is known to within 0.44 (asked: 0.50).");
    r->in.widest = 12;
    expect_words(r, SAY_UNTIL,
                 "All 1,280 repeats are used up, and the widest interval still reaches 12 to each side (asked: 0.50).");
}

static void what_is_not_so_is_not_said(void **state) {
    (void)state;
    run *r = small_run();
    expect_words(r, SAY_STATES, "");
    expect_words(r, SAY_RANKS, "");
    expect_words(r, SAY_NOTHING, "");
    expect_words(r, SAY_DIVERGED, "");
    expect_words(r, SAY_FAMILY,
                 "Each interval is for its comparison alone; p (Holm) and the repeats needed allow for all 2 tests.");
    r->comparisons.adjust = ADJUST_NONE;
    expect_words(r, SAY_FAMILY, "");
    r->in.series = NULL;
    expect_words(r, SAY_NOISE,
                 "The tests speak of the noise within these files: would more results of the same kind agree? They "
                 "cannot say how the experiments rank on another series, or in other months of this one.");
    for (int kind = 0; kind < N_COMPARE_TESTS; kind++) r->comparisons.n_tested[kind] = 0;
    expect_words(r, SAY_NOISE, "");
    r->comparisons.friedman = true;
    r->comparisons.ranking.left_out = 1;
    expect_words(
        r, SAY_RANKS,
        "Friedman: chi-square 6.50, df 2, p = 0.039, over 4 repeats of 3 experiments; mean ranks that differ by "
        "less than 1.66 cannot be told apart (Nemenyi). Left out: 1 repeat in which one diverged.");
    r->comparisons.ranking.chi_square = NAN;
    expect_words(r, SAY_RANKS, "Too few repeats or experiments, or nothing but ties: there is nothing to test.");
    char text[20];
    assert_true(report_say(text, sizeof text, SAY_RANKS, &r->in));
    assert_string_equal(text, "Too few repeats or ");
}

static void the_document_is_json_whatever_the_names_are(void **state) {
    (void)state;
    run *r = small_run();
    strcpy(r->names[UPDATE_2], "a, \"b\"\\\n\xFF");
    r->rmse[UPDATE_2][1] = NAN;
    compare_again(r);
    char *text = told(&r->in, (farm_style){.json = true});
    cJSON *json = cJSON_ParseWithOpts(text, NULL, true);
    assert_non_null(json);
    const cJSON *lines = cJSON_GetObjectItem(json, "summary"), *pairs = cJSON_GetObjectItem(json, "pairs");
    const cJSON *tests = cJSON_GetObjectItem(json, "comparisons"), *ranks = cJSON_GetObjectItem(json, "ranks");
    assert_int_equal(cJSON_GetArraySize(lines), N_EXPERIMENTS);
    assert_int_equal(cJSON_GetArraySize(pairs), 2);
    assert_int_equal(cJSON_GetArraySize(tests), 2);
    assert_int_equal(cJSON_GetArraySize(ranks), N_EXPERIMENTS);
    const cJSON *second = cJSON_GetArrayItem(lines, 1), *last = cJSON_GetArrayItem(lines, 2);
    assert_string_equal(cJSON_GetObjectItem(second, "experiment")->valuestring, "a, \"b\"\\\n\xEF\xBF\xBD");
    assert_true(cJSON_GetObjectItem(second, "count")->valuedouble == 3 &&
                cJSON_GetObjectItem(second, "diverged")->valuedouble == 1);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(last, "std")));
    assert_true(cJSON_GetObjectItem(last, "50%")->valuedouble == 136.75);
    const cJSON *pair = cJSON_GetArrayItem(pairs, 0);
    assert_true(cJSON_GetObjectItem(pair, "mean_difference")->valuedouble == r->comparisons.items[0].mean_difference);
    assert_string_equal(cJSON_GetObjectItem(pair, "verdict")->valuestring, "undecided");
    assert_string_equal(cJSON_GetObjectItem(json, "seed")->valuestring, "18446744073709551615");
    assert_non_null(cJSON_GetObjectItem(cJSON_GetObjectItem(json, "verdicts"), "best")->valuestring);
    cJSON_Delete(json);
    free(text);
}

/* Where the machine has a locale with a decimal comma, files and table must not change by it. */
static void the_users_locale_changes_no_number(void **state) {
    (void)state;
    run *r = small_run();
    scratch s = scratch_open();
    if (!setlocale(LC_ALL, "de_DE.UTF-8")) setlocale(LC_ALL, "fr_FR.UTF-8");
    write_run(r, &s);
    char *text = printed(r, 80);
    setlocale(LC_ALL, "C");
    expect_file(&s, "experiment_fixed.csv", "results\n101.5\n99.25\n108\n0.30000000000000004\n");
    assert_non_null(strstr(text, "136.75"));
    free(text);
    scratch_close(&s);
}

/* --- the plan --------------------------------------------------------------------------------------------------- */

static void a_plan_gives_its_time_in_a_fitting_unit(void **state) {
    (void)state;
    static const struct {
        double seconds;
        const char *words;
    } cases[] = {{0, "a second or less"},    {1.4, "a second or less"}, {1.6, "about 2 seconds"},
                 {119, "about 119 seconds"}, {121, "about 2 minutes"},  {7100, "about 118 minutes"},
                 {7300, "about 2.0 hours"},  {1e6, "about 277.8 hours"}};
    run *r = small_run();
    for (int e = 0; e < N_EXPERIMENTS; e++) r->experiments[e].every = r->experiments[e].train.batch = 1;
    r->experiments[UPDATE_2].batch = r->experiments[FIXED].batch = 1;
    plan_chain chain = {.family = -1};
    plan p = {.n_experiments = 2,
              .frame_of = r->frames,
              .steps_asked = 3000,
              .steps_taken = 1000,
              .chains = &chain,
              .n_chains = 1};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = NULL, expected[200];
        size_t size;
        FILE *out = open_memstream(&text, &size);
        report_plan(out, &p, r->experiments, 20, 2, cases[i].seconds);
        fclose(out);
        snprintf(expected, sizeof expected,
                 "\n2 experiments x 20 repeats: 60,000 gradient steps asked for, 20,000 to take:\n"
                 "what experiments share is done once, 3.0 times less work.\n"
                 "2 tasks of up to 16 repeats; on 2 threads here: %s.\n",
                 cases[i].words);
        assert_non_null(strstr(text, expected));
        free(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_have_the_documented_columns_and_exact_numbers),
        cmocka_unit_test(comparisons_have_a_line_a_pair),
        cmocka_unit_test(pairs_have_a_line_each_with_what_they_came_to),
        cmocka_unit_test(ranks_stand_beside_what_friedman_says_of_them),
        cmocka_unit_test(forecasts_are_written_one_by_one_or_as_quantiles_or_not),
        cmocka_unit_test(a_comparison_of_files_leaves_a_runs_forecasts_alone),
        cmocka_unit_test(learning_curves_have_the_epochs_that_were_kept),
        cmocka_unit_test(run_json_tells_what_was_run),
        cmocka_unit_test(paths_that_are_not_utf8_become_replacement_characters),
        cmocka_unit_test(models_have_the_layout_of_keras_get_weights),
        cmocka_unit_test(matrices_of_a_wider_model_are_lists_of_rows),
        cmocka_unit_test(two_runs_differ_in_run_json_alone),
        cmocka_unit_test(files_of_experiments_no_longer_there_are_removed),
        cmocka_unit_test(a_plan_gives_its_time_in_a_fitting_unit),
        cmocka_unit_test(a_folder_with_the_name_of_an_earlier_runs_file_stays),
        cmocka_unit_test(folders_above_are_made),
        cmocka_unit_test(a_folder_in_the_way_leaves_the_old_files_alone),
        cmocka_unit_test(a_file_where_a_folder_belongs_is_named),
        cmocka_unit_test(a_full_disk_leaves_the_old_set_and_no_temporaries),
        cmocka_unit_test(a_write_that_failed_long_before_the_end_is_still_seen),
        cmocka_unit_test(output_files_have_the_permissions_that_the_umask_leaves),
        cmocka_unit_test(the_table_shows_figures_and_box_plots),
        cmocka_unit_test(sentences_stand_under_their_headings_and_the_footer_once),
        cmocka_unit_test(diverged_repeats_are_counted_and_named),
        cmocka_unit_test(nothing_is_wider_than_the_terminal),
        cmocka_unit_test(odd_values_do_not_break_the_table),
        cmocka_unit_test(box_plots_stand_below_where_the_table_leaves_no_room),
        cmocka_unit_test(box_plots_are_drawn_with_lines_where_they_may_be),
        cmocka_unit_test(forty_experiments_fit_any_width_and_name_their_scale_again),
        cmocka_unit_test(ranks_are_told_where_friedman_is_asked_for),
        cmocka_unit_test(the_footer_tells_the_two_kinds_of_noise_apart),
        cmocka_unit_test(what_ended_a_run_is_said_where_it_was_no_number),
        cmocka_unit_test(what_is_not_so_is_not_said),
        cmocka_unit_test(the_document_is_json_whatever_the_names_are),
        cmocka_unit_test(the_users_locale_changes_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
