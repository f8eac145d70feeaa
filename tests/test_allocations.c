/* test_allocations.c - memory that runs out at any place is a failure that is told, and nothing is kept that is not needed.
 * Linked so that the library's calls of malloc and its like come here first (--wrap, see the Makefile); what the other
 * libraries allocate for themselves does not. */
#include "baselines.h"
#include "compare.h"
#include "forecast_summary.h"
#include "plan.h"
#include "plot_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* --- an allocator that fails when it is told to ------------------------------------------------------------------- */

static long live;       /* allocations not yet freed */
static long until_fail; /* so many more succeed, then one fails; below 0: all do */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t n);
void *__real_aligned_alloc(size_t alignment, size_t n);
char *__real_strdup(const char *text);
void __real_free(void *p);

void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t n);
void *__wrap_aligned_alloc(size_t alignment, size_t n);
char *__wrap_strdup(const char *text);
void __wrap_free(void *p);

static bool fails(void) { return until_fail >= 0 && until_fail-- == 0; }

static void *counted(void *p) {
    if (p) live++;
    return p;
}

void *__wrap_malloc(size_t n) { return fails() ? NULL : counted(__real_malloc(n)); }
void *__wrap_calloc(size_t n, size_t size) { return fails() ? NULL : counted(__real_calloc(n, size)); }
void *__wrap_aligned_alloc(size_t alignment, size_t n) {
    return fails() ? NULL : counted(__real_aligned_alloc(alignment, n));
}
char *__wrap_strdup(const char *text) { return fails() ? NULL : counted(__real_strdup(text)); }

void *__wrap_realloc(void *old, size_t n) {
    if (fails()) return NULL;
    return old ? __real_realloc(old, n) : counted(__real_realloc(old, n));
}

void __wrap_free(void *p) {
    if (p) live--;
    __real_free(p);
}

static bool counting = true; /* not where streams into memory are used: what they allocate, and we free, is uncounted */

/* Attempts with the first allocation failing, the second, ... until none is left to fail; places of them at least. Each
 * must fail, and leave nothing behind; the last must not. */
static void assert_survived(bool (*attempt)(void), int places) {
    int failures = 0;
    for (bool done = false; !done; failures++) {
        live = 0;
        until_fail = failures;
        bool succeeded = attempt();
        done = until_fail >= 0; /* not reached */
        until_fail = -1;
        assert_true(!counting || live == 0);
        assert_int_equal(succeeded, done);
    }
    assert_true(failures > places);
}

/* --- what is attempted --------------------------------------------------------------------------------------------- */

enum { N = 30, TEST = 6 };

static double values[N];

static series some_series(void) {
    for (int t = 0; t < N; t++) values[t] = (double)(t * t % 17);
    return (series){.values = values, .n = N};
}

static experiment some(scheme_kind scheme, int epochs) {
    return (experiment){
        .name = "some",
        .scheme = scheme,
        .frame = {1, {1}, 2, TEST, SCALE_RANGE, -1, 1},
        .model = {2, 1, ACTIVATION_TANH, ACTIVATION_HARD_SIGMOID, 1},
        .initial = {INITIAL_ORTHOGONAL, INITIAL_ORTHOGONAL, INITIAL_GLOROT_UNIFORM, false, true, NULL, 0},
        .train = {epochs, 1, STATE_PER_EPOCH, {OPTIMIZER_ADAM, 0.001, 0.9, 0.999, 1e-8, EPSILON_BEFORE_CORRECTION}},
        .update = {.epochs = 2},
        .every = 1,
        .batch = 1,
    };
}

static bool told(farm_status status, farm_errors *errors) {
    if (status == FARM_OK)
        assert_int_equal(errors->n, 0);
    else
        assert_int_equal(status, FARM_FAILED);
    farm_errors_free(errors);
    return status == FARM_OK;
}

static bool attempt_frame(void) {
    series s = some_series();
    experiment e = some(SCHEME_FIXED, 1);
    farm_errors errors = {0};
    frame f;
    farm_status status = frame_build(&f, &s, &e.frame, &errors);
    if (status == FARM_OK) frame_free(&f);
    return told(status, &errors);
}

static bool attempt_plan(void) {
    series s = some_series();
    experiment e[] = {some(SCHEME_FIXED, 5), some(SCHEME_UPDATE, 5), some(SCHEME_FIXED, 9), some(SCHEME_REFIT, 7),
                      some(SCHEME_MEAN, 1)};
    e[2].frame.lags = 1;
    farm_errors errors = {0};
    plan p;
    farm_status status = plan_expand(&p, e, 5, &s, PLAN_SHARED, &errors);
    if (status == FARM_OK) plan_free(&p);
    return told(status, &errors);
}

static bool attempt_block(void) {
    experiment e = some(SCHEME_FIXED, 1);
    lstm *model = lstm_new(&e.model, &e.train.optimizer, 4, PRECISION_F64, VECTOR_BASE);
    lstm *copy = model ? lstm_copy(model) : NULL;
    bool done = copy;
    lstm_free(copy);
    lstm_free(model);
    return done;
}

static bool attempt_orthogonal(void) {
    const lstm_shape shape = {9, 1, ACTIVATION_TANH, ACTIVATION_TANH, 1}; /* more rows than columns */
    experiment e = some(SCHEME_FIXED, 1);
    double weights[9 * 4 + 4 + 4 + 2];
    farm_errors errors = {0};
    return told(initial_weights(weights, &shape, &e.initial, &(initial_key){1, 1, 0, 0}), &errors);
}

static bool attempt_baseline(void) {
    series s = some_series();
    experiment e = some(SCHEME_AR, 1);
    farm_errors errors = {0};
    frame f;
    long kept = until_fail; /* the frame is another attempt's */
    until_fail = -1;
    assert_int_equal(frame_build(&f, &s, &e.frame, &errors), FARM_OK);
    until_fail = kept;
    double forecasts[TEST];
    bool done = told(baseline_forecast(forecasts, &e, &s, &f), &errors);
    frame_free(&f);
    return done;
}

static bool attempt_summary(void) {
    summary s;
    return stats_summary(&s, (const double[]){3, 1, 2}, 3);
}

static bool attempt_forecast_summaries(void) {
    double forecasts[] = {1, 2, 3, 4};
    experiment_result e[] = {{.n_repeats = 2, .n_at = 2, .n_test = 2, .forecasts = forecasts},
                             {.deterministic = true, .n_repeats = 1, .n_at = 1, .n_test = 4, .forecasts = forecasts}};
    results r = {.experiments = e, .n_experiments = 2, .window = 2};
    forecast_summary **all = forecast_summaries_all(&r);
    bool done = all != NULL;
    forecast_summaries_free(all, r.n_experiments);
    return done;
}

static bool attempt_adjustment(void) {
    double adjusted[3];
    return stats_adjust(adjusted, (const double[]){0.3, 0.1, 0.2}, 3, ADJUST_HOLM);
}

static bool attempt_comparison(void) {
    experiment e[] = {some(SCHEME_FIXED, 1), some(SCHEME_UPDATE, 1), some(SCHEME_REFIT, 1)};
    double rmse[3][3] = {{1, 2, 3}, {2, 4, 3}, {5, 4, 3}};
    experiment_result list[3];
    for (int i = 0; i < 3; i++) list[i] = (experiment_result){.n_repeats = 3, .rmse = rmse[i]};
    results r = {.experiments = list, .n_experiments = 3};
    compare_spec spec = {.all_pairs = true, .adjust = ADJUST_HOLM, .alpha = 0.05};
    farm_errors errors = {0};
    comparisons c;
    farm_status status = compare_all(&c, &(compare_input){.spec = &spec, .experiments = e, .results = &r}, &errors);
    if (status == FARM_OK) compare_free(&c);
    return told(status, &errors);
}

/* All pictures of a small run described: none may be taken for whole that is not. */
static bool attempt_pages(void) {
    static plot_describe *const all[] = {plot_boxes, plot_differences, plot_forecasts, plot_epochs, plot_losses};
    series s = some_series();
    experiment e[] = {some(SCHEME_FIXED, 3), some(SCHEME_UPDATE, 3), some(SCHEME_UPDATE, 3)};
    double rmse[] = {1, 2, 3}, forecasts[3 * TEST] = {0}, losses[9] = {3, 2, 1, 3, 2, 1, 3, 2, 1};
    experiment_result list[3];
    const frame *frames[3];
    frame f;
    long kept = until_fail; /* the frame and the comparisons are other attempts' */
    until_fail = -1;
    farm_errors errors = {0};
    assert_int_equal(frame_build(&f, &s, &e[0].frame, &errors), FARM_OK);
    e[2].update.epochs = 9;
    for (int i = 0; i < 3; i++) {
        list[i] = (experiment_result){
            .n_repeats = 3, .n_test = TEST, .rmse = rmse, .forecasts = forecasts, .losses = losses, .n_losses = 3};
        frames[i] = &f;
    }
    results r = {.experiments = list, .n_experiments = 3};
    compare_spec spec = {.all_pairs = true, .adjust = ADJUST_HOLM, .alpha = 0.05};
    comparisons c;
    assert_int_equal(compare_all(&c, &(compare_input){.spec = &spec, .experiments = e, .results = &r}, &errors),
                     FARM_OK);
    until_fail = kept;
    plot_input in = {"a run", "a column", &s, e, frames, 3, &r, &c, NULL};
    bool done = true;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        plot_page page;
        done = all[i](&page, &in) && !page.failed && done;
        page_free(&page);
    }
    compare_free(&c);
    frame_free(&f);
    return done;
}

static void pictures_that_lack_memory_are_none(void **state) {
    (void)state;
    counting = false;
    assert_survived(attempt_pages, 100);
    counting = true;
}

static void memory_that_runs_out_is_told_and_nothing_is_kept(void **state) {
    (void)state;
    assert_survived(attempt_frame, 7);
    assert_survived(attempt_plan, 20);
    assert_survived(attempt_block, 4);
    assert_survived(attempt_orthogonal, 1);
    assert_survived(attempt_baseline, 1);
    assert_survived(attempt_summary, 1);
    assert_survived(attempt_forecast_summaries, 11);
    assert_survived(attempt_adjustment, 1);
    assert_survived(attempt_comparison, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_runs_out_is_told_and_nothing_is_kept),
        cmocka_unit_test(pictures_that_lack_memory_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
