/* test_report_html.c - the page of a run: what users wrote is shown and does nothing, what was left out is named, and the
 * same results give the same bytes. How it looks and behaves is html.bats' and long/browser.bats'. */
#include "html.h"
#include "numbers.h"
#include "report_html.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* --- texts ------------------------------------------------------------------------------------------------------ */

static char *as_html(const char *text) {
    char *html = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&html, &size);
    assert_non_null(out);
    html_text(out, text);
    fclose(out);
    return html;
}

#define REPLACED "\xEF\xBF\xBD"

static void a_text_is_shown_and_never_read_as_html(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},
        {"plain text_1.csv", "plain text_1.csv"},
        {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
        {"\" onload='x", "&quot; onload=&#39;x"},
        {"&lt;", "&amp;lt;"},
        {"a\nb\tc", "a\nb\tc"},
        {"a\rb\x1b[1mc\x7f", "a" REPLACED "b" REPLACED "[1mc" REPLACED},
        {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x90\x96", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x90\x96"},
        {"\xC3\xA9\xE9\xC0\xAF\xED\xA0\x80", "\xC3\xA9" REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED},
        {"cut \xE2\x82", "cut " REPLACED REPLACED},
        {"\xC2\x85\xEF\xBF\xBE\xEF\xB7\x90\xF4\x8F\xBF\xBF", REPLACED REPLACED REPLACED REPLACED},
        {"\xE2\x80\xAE"
         "abc\xE2\x80\xAC\xE2\x81\xA7",
         REPLACED "abc" REPLACED REPLACED},                                       /* overrides, isolates */
        {"\xE2\x80\x8F\xD7\x90\xE2\x80\x8E", "\xE2\x80\x8F\xD7\x90\xE2\x80\x8E"}, /* marks, aleph */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *html = as_html(rows[i][0]);
        assert_string_equal(html, rows[i][1]);
        free(html);
    }
}

/* --- a run ------------------------------------------------------------------------------------------------------ */

enum { FIXED, UPDATE_2, PERSISTENCE, N_EXPERIMENTS, N = 12, N_TEST = 2 };

/* Two trained experiments of a dozen repeats, of which the second is better by about 7, and a baseline. */
typedef struct {
    double rmse[N_EXPERIMENTS][N], values[6];
    char *names[N_EXPERIMENTS];
    experiment experiments[N_EXPERIMENTS];
    experiment_result list[N_EXPERIMENTS];
    frame frame;
    const frame *frames[N_EXPERIMENTS];
    series series;
    results results;
    comparisons comparisons;
    summary summaries[N_EXPERIMENTS];
    report_picture pictures[1];
    report_input in;
} run;

static void compare_again(run *r) {
    farm_errors errors = {0};
    compare_spec spec = {.reference = FIXED, .adjust = ADJUST_HOLM, .alpha = 0.05};
    compare_free(&r->comparisons);
    compare_input input = {.spec = &spec, .experiments = r->experiments, .results = &r->results};
    assert_int_equal(compare_all(&r->comparisons, &input, &errors), FARM_OK);
    for (int i = 0; i < N_EXPERIMENTS; i++)
        assert_true(stats_summary(&r->summaries[i], r->list[i].rmse, r->list[i].n_repeats));
}

static run *small_run(void) {
    static run r;
    static char names[N_EXPERIMENTS][20] = {"fixed", "update_2", "persistence"};
    compare_free(&r.comparisons);
    r = (run){.series = {.n = 6, .digest = {"0123456789abcdef"}},
              .frame = {.n_train = 3},
              .results = {.n_experiments = N_EXPERIMENTS, .seconds = 0.5, .threads = 2},
              .pictures = {{"boxplot", "All repeats", "<svg viewBox=\"0 0 2 1\"><title>dot</title></svg>"}}};
    for (int e = 0; e < N_EXPERIMENTS; e++) {
        size_t repeats = e == PERSISTENCE ? 1 : N;
        r.names[e] = names[e];
        for (size_t i = 0; i < repeats; i++)
            r.rmse[e][i] =
                100.125 - 7 * (e == UPDATE_2) + 30 * (e == PERSISTENCE) + 0.3 * (double)(i * (size_t)(e + 3) % 7);
        r.frames[e] = &r.frame;
        r.experiments[e] =
            (experiment){.name = r.names[e],
                         .train = {.epochs = 411, .batch = 1},
                         .every = 1,
                         .batch = 1,
                         .scheme = (const scheme_kind[]){SCHEME_FIXED, SCHEME_UPDATE, SCHEME_PERSISTENCE}[e]};
        r.list[e] = (experiment_result){
            .deterministic = e == PERSISTENCE, .n_repeats = repeats, .n_test = N_TEST, .rmse = r.rmse[e]};
    }
    r.series.values = r.values;
    r.results.experiments = r.list;
    r.in = (report_input){.name = "tutorial",
                          .config_path = "configs/tutorial.json",
                          .resolved = "{\n  \"repeats\": 12,\n  \"seed\": 1\n}\n",
                          .defaulted = "    ddddddddddddd                ",
                          .command = "farm configs/tutorial.json --repeats 12 --seed 1",
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
                          .comparisons = &r.comparisons};
    compare_again(&r);
    return &r;
}

/* The page; the caller's. */
static char *page_of(const run *r) {
    char *html = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&html, &size);
    assert_non_null(out);
    number_locale held = number_locale_enter();
    report_html(out, &r->in, r->summaries, r->pictures, 1);
    number_locale_leave(&held);
    fclose(out);
    assert_int_equal(strlen(html), size);
    return html;
}

static int count(const char *text, const char *piece) {
    int n = 0;
    for (; (text = strstr(text, piece)); text += strlen(piece)) n++;
    return n;
}

static void expect(const char *page, const char *piece) {
    if (!strstr(page, piece)) fail_msg("not in the page: %s", piece);
}

/* --- pages ------------------------------------------------------------------------------------------------------ */

static void the_verdict_comes_first_and_the_limits_last(void **state) {
    (void)state;
    static const char *const order[] = {"<h1>",
                                        "id=\"verdict\"",
                                        "update_2 beats fixed by 7.",
                                        "id=\"pictures\"",
                                        "<svg viewBox",
                                        "All repeats",
                                        "id=\"tables\"",
                                        "<table",
                                        "id=\"config\"",
                                        "id=\"reproduce\"",
                                        "farm configs/tutorial.json --repeats 12 --seed 1",
                                        "id=\"limits\"",
                                        "training noise"};
    char *page = page_of(small_run()), *at = page;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        at = strstr(at, order[i]);
        if (!at) fail_msg("missing, or too early: %s", order[i]);
    }
    assert_int_equal(count(page, "training noise"), 1);
    free(page);
}

static void numbers_are_rounded_to_read_and_exact_where_pointed_at(void **state) {
    (void)state;
    run *r = small_run();
    char *page, cell[100], exact[NUMBER_TEXT];
    r->rmse[UPDATE_2][0] = 0.1 + 0.2;
    compare_again(r);
    page = page_of(r);
    expect(page, "<td title=\"0.30000000000000004\">0.30</td>");
    number_exact(exact, r->summaries[UPDATE_2].mean);
    snprintf(cell, sizeof cell, "<span title=\"%s\">%.2f</span>", exact, r->summaries[UPDATE_2].mean);
    expect(page, cell);
    expect(page, "<td title=\"1233\">1,233</td>"); /* gradient steps of fixed: 411 epochs of three rows */
    free(page);
}

static void forecasts_that_are_not_in_a_file_are_told_of(void **state) {
    (void)state;
    run *r = small_run();
    char *page = page_of(r);
    assert_null(strstr(page, "<dt>Forecasts</dt>"));
    free(page);
    r->in.forecasts = FORECASTS_QUANTILES;
    page = page_of(r);
    expect(page, "<dt>Forecasts</dt>\n<dd><code>forecast_quantiles.csv</code> has quantiles");
    expect(page, "with <code>--set forecasts=all</code>");
    free(page);
    r->in.forecasts = FORECASTS_NONE;
    page = page_of(r);
    expect(page, "<dt>Forecasts</dt>\n<dd>stand in no file");
    assert_null(strstr(page, "forecast_quantiles.csv"));
    free(page);
}

static void every_diverged_repeat_is_named(void **state) {
    (void)state;
    run *r = small_run();
    char *page = page_of(r);
    assert_null(strstr(page, "Diverged, so nan"));
    free(page);
    for (int i = 1; i < N; i++) r->rmse[UPDATE_2][i] = i % 2 ? NAN : INFINITY;
    compare_again(r);
    page = page_of(r);
    expect(page, "<p>Diverged, so nan in the files and left out of every number here:</p>");
    expect(page, "<bdi>update_2</bdi>: 11 of 12, repeats 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12</li>");
    free(page);
    r->rmse[UPDATE_2][0] = r->rmse[PERSISTENCE][0] = NAN;
    for (int i = 0; i < N; i++) r->rmse[FIXED][i] = NAN;
    compare_again(r);
    page = page_of(r);
    expect(page, "there is nothing to compare");
    free(page);
}

static void each_comparison_is_told_from_the_side_that_was_asked_about(void **state) {
    (void)state;
    run *r = small_run();
    char *page = page_of(r);
    expect(page, "<b><bdi>update_2</bdi></b> <span class=\"tag better\">better</span>");
    expect(page, "<b><bdi>persistence</bdi></b> <span class=\"tag worse\">worse</span>"); /* the b of its pair */
    free(page);
    for (int i = 0; i < N; i++) r->rmse[UPDATE_2][i] = r->rmse[FIXED][i] + (i % 2 ? 1 : -1);
    r->rmse[PERSISTENCE][0] = 50;
    compare_again(r);
    page = page_of(r);
    expect(page, "<b><bdi>update_2</bdi></b> <span class=\"tag\">undecided</span>");
    expect(page, "<b><bdi>persistence</bdi></b> <span class=\"tag better\">better</span>");
    expect(page, "<strong><bdi>persistence</bdi></strong>");
    free(page);
}

static void defaults_are_told_from_what_was_given(void **state) {
    (void)state;
    char *page = page_of(small_run());
    expect(page, "<i>&quot;repeats&quot;: 12</i><b>,\n  &quot;seed&quot;: 1\n}\n</b>");
    free(page);
}

static void what_differs_between_reruns_is_not_in_the_page(void **state) {
    (void)state;
    run *r = small_run();
    char *first = page_of(r);
    r->results.seconds = 77;
    r->results.threads = 64;
    r->results.steps_taken = 12345;
    r->in.vector_level = "base";
    r->in.vector_bits = 128;
    r->in.reused = 24;
    r->list[0].cost = (results_cost){100, 1};
    char *second = page_of(r);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void hostile_names_do_nothing(void **state) {
    (void)state;
    static char hostile[] =
        "</title></style></script><script>alert(1)</script><img src=x onerror=\"alert(2)\">'\xE2\x80\xAE\xFF\n";
    char longest[2000];
    memset(longest, 'W', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    run *r = small_run();
    char *plain = page_of(r);
    r->in.name = r->in.description = r->in.config_path = r->in.series_file = r->in.series_column = r->in.command =
        hostile;
    r->in.resolved = hostile;
    r->in.defaulted = NULL;
    r->pictures[0].title = hostile;
    r->experiments[FIXED].name = hostile;
    r->experiments[UPDATE_2].name = longest;
    char *page = page_of(r);
    static const char *const tags[] = {"<script", "</script", "</title", "</style", "<img"};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        assert_int_equal(count(page, tags[i]), count(plain, tags[i]));
    assert_null(strstr(page, "onerror=\""));
    assert_null(strstr(page, "\xE2\x80\xAE"));
    assert_null(strchr(page, '\xFF'));
    expect(page, longest);
    free(plain);
    free(page);
}

/* As `farm compare` has them. */
static void results_from_files_make_a_page_without_a_config(void **state) {
    (void)state;
    run *r = small_run();
    const report_source sources[N_EXPERIMENTS] = {
        {"a/x.csv", {"11aa"}}, {"b/<x>.csv", {"22bb"}}, {"persistence.csv", {"33cc"}}};
    r->in.series = NULL;
    r->in.series_file = r->in.series_column = r->in.config_path = r->in.resolved = r->in.defaulted = r->in.command =
        NULL;
    r->in.sources = sources;
    char *page = page_of(r);
    expect(page, "update_2 beats fixed");
    expect(page, "3 files of 1 to 12 results, compared line by line as pairs");
    expect(page, "<bdi>b/&lt;x&gt;.csv</bdi></td><td title=\"12\">12</td><td><code>22bb</code>");
    assert_null(strstr(page, "#reproduce"));
    assert_null(strstr(page, "#config"));
    assert_null(strstr(page, "training noise"));
    free(page);
}

/* Columns of pairs that no pair has a value for are not there. */
static void a_column_of_pairs_that_is_empty_is_left_out(void **state) {
    (void)state;
    run *r = small_run();
    char *page = page_of(r);
    expect(page, "<th scope=\"col\">share won</th><th scope=\"col\">correlation</th><th scope=\"col\">power</th></tr>");
    free(page);
    r->comparisons.items[0].dm_p = 0.25;
    page = page_of(r);
    expect(page, "<th scope=\"col\">power</th><th scope=\"col\">p of&nbsp;DM</th></tr>");
    expect(page, "<td title=\"0.25\">0.250</td></tr>\n");
    expect(page, "<td title=\"nan\">-</td></tr>\n"); /* the pair that has none */
    free(page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_shown_and_never_read_as_html),
        cmocka_unit_test(the_verdict_comes_first_and_the_limits_last),
        cmocka_unit_test(numbers_are_rounded_to_read_and_exact_where_pointed_at),
        cmocka_unit_test(forecasts_that_are_not_in_a_file_are_told_of),
        cmocka_unit_test(every_diverged_repeat_is_named),
        cmocka_unit_test(each_comparison_is_told_from_the_side_that_was_asked_about),
        cmocka_unit_test(defaults_are_told_from_what_was_given),
        cmocka_unit_test(what_differs_between_reruns_is_not_in_the_page),
        cmocka_unit_test(hostile_names_do_nothing),
        cmocka_unit_test(results_from_files_make_a_page_without_a_config),
        cmocka_unit_test(a_column_of_pairs_that_is_empty_is_left_out),
    };
    return cmocka_run_group_tests_name("report_html", tests, NULL, NULL);
}
