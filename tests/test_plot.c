/* test_plot.c - the rooms behind the pictures: a child process that is talked to, gnuplot's SVG written anew, names that
 * try to be commands, figures. Whole runs are drawn in plots.bats. */
#include "numbers.h"
#include "plot.h"
#include "plot_child.h"
#include "plot_glyphs.h"
#include "plot_parts.h"
#include "plot_svg.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <cmocka.h>

#include "scratch.h"

/* --- the child -------------------------------------------------------------------------------------------------- */

static const char *const none[] = {NULL};

static child_result shell(const char *script, const char *input, size_t n, double seconds) {
    const char *const arguments[] = {"sh", "-c", script, NULL};
    child_result result;
    child_run(&result, arguments, none, input, n, &(child_limits){.seconds = seconds});
    return result;
}

static void a_child_takes_and_gives_more_than_any_pipe_holds(void **state) {
    (void)state;
    enum { N = 3000000 };
    char *input = malloc(N);
    assert_non_null(input);
    for (int i = 0; i < N; i++) input[i] = (char)(i * 7 + i / 256);
    child_result r = shell("cat; cat /dev/zero | head -c 300000 >&2", input, N, 60);
    assert_int_equal(r.end, CHILD_DONE);
    assert_int_equal(r.n, N);
    assert_memory_equal(r.out, input, N);
    child_free(&r);
    free(input);
}

static void a_child_that_reads_nothing_is_no_harm(void **state) {
    (void)state;
    static char input[1000000];
    child_result r = shell("exec <&-; echo done", input, sizeof input, 60); /* and no SIGPIPE for us */
    assert_int_equal(r.end, CHILD_DONE);
    assert_string_equal(r.out, "done\n");
    child_free(&r);
}

static void how_a_child_ended_is_told(void **state) {
    (void)state;
    const char *const missing[] = {"no-such-program-anywhere", NULL};
    child_result r;
    child_run(&r, missing, none, "", 0, &(child_limits){.seconds = 60});
    assert_int_equal(r.end, CHILD_MISSING);
    child_free(&r);
    r = shell("printf '  first words\\n   ^\\n   last words\\n    ^\\n\\n' >&2; exit 7", "", 0, 60);
    assert_int_equal(r.end, CHILD_EXITED);
    assert_int_equal(r.code, 7);
    assert_string_equal(r.complaint, "last words");
    child_free(&r);
    r = shell("kill -TERM $$", "", 0, 60);
    assert_int_equal(r.end, CHILD_KILLED);
    assert_int_equal(r.code, SIGTERM);
    child_free(&r);
}

static void a_child_that_takes_too_long_is_ended_with_all_it_started(void **state) {
    (void)state;
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    child_result r = shell("sleep 300 | sleep 300", "", 0, 0.2);
    assert_int_equal(r.end, CHILD_TOO_SLOW);
    child_free(&r);
    r = shell("exec >&- 2>&-; sleep 300", "", 0, 0.2); /* one that has closed its streams, too */
    clock_gettime(CLOCK_MONOTONIC, &end);
    assert_int_equal(r.end, CHILD_TOO_SLOW);
    assert_true(end.tv_sec - begin.tv_sec < 60);
    child_free(&r);
}

static void a_childs_environment_is_ours_but_for_what_is_dropped(void **state) {
    (void)state;
    const char *const arguments[] = {"sh", "-c", "echo $KEPT_HERE-$GNUPLOT_LIB-$LC_ALL", NULL};
    const char *const drop[] = {"GNUPLOT", NULL};
    setenv("KEPT_HERE", "kept", 1);
    setenv("GNUPLOT_LIB", "/nowhere", 1);
    setenv("LC_ALL", "de_DE.UTF-8", 1);
    child_result r;
    child_run(&r, arguments, drop, "", 0, &(child_limits){.seconds = 60});
    assert_string_equal(r.out, "kept--C\n");
    child_free(&r);
    unsetenv("GNUPLOT_LIB");
    unsetenv("LC_ALL");
}

/* --- the page --------------------------------------------------------------------------------------------------- */

static void a_text_that_is_too_long_loses_its_middle_between_characters(void **state) {
    (void)state;
    char *fitted = page_fitted("short", 10, 100);
    assert_string_equal(fitted, "short");
    free(fitted);
    for (double width = 0; width < 300; width += 7) {
        fitted =
            page_fitted("\xC3\xA4\xC3\xB6\xC3\xBC-from-the-beginning-to-the-end-\xE6\x95\xB0\xE9\x87\x8F", 10, width);
        assert_non_null(fitted);
        assert_true(page_text_width(fitted, 10) <= fmax(width, 10));
        assert_int_not_equal((unsigned char)*fitted & 0xC0, 0x80);
        free(fitted);
    }
}

/* The texts of a page, joined by |. */
static char *texts_of(const plot_page *page) {
    static char all[2000];
    all[0] = '\0';
    for (size_t i = 0; i < page->n_texts; i++) sprintf(all + strlen(all), "%s%s", i ? "|" : "", page->texts[i]);
    return all;
}

static void a_long_name_is_broken_behind_its_separators_and_loses_nothing(void **state) {
    (void)state;
    plot_page page;
    page_open(&page, "boxplot", 800, 100);
    page_name(&page, 200, 50, ALIGN_RIGHT, 150, INK_TEXT, "update_of_many-words.and_numbers_12345_to_the_end");
    page_close(&page);
    assert_false(page.failed);
    assert_string_equal(texts_of(&page), "update_of_many-words.|and_numbers_12345_to_|the_end");
    assert_true(page_name_height("update_of_many-words.and_numbers_12345_to_the_end", 150) ==
                3 * page_name_height("short", 150));
    page_free(&page);
}

static void equal_ends_are_put_apart_and_nothing_finite_is_an_axis_too(void **state) {
    (void)state;
    const double ends[][2] = {{5, 5},           {0, 0},        {-3, -3}, {NAN, NAN}, {INFINITY, -INFINITY},
                              {1e-300, 1e-300}, {1e300, 1e300}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        for (int logarithmic = 0; logarithmic < 2; logarithmic++) {
            plot_axis axis = plot_axis_over(ends[i][0], ends[i][1], logarithmic);
            assert_true(isfinite(axis.low) && isfinite(axis.high) && axis.low < axis.high);
            assert_true(!axis.logarithmic || axis.low > 0);
        }
}

static void quantiles_are_those_of_pandas(void **state) {
    (void)state;
    const double values[] = {3, NAN, 1, 10, INFINITY, 2}; /* pd.Series([1, 2, 3, 10]).quantile([.1, .5, .9]) */
    size_t n;
    double *sorted = plot_sorted(values, 6, &n);
    assert_int_equal(n, 4);
    assert_true(fabs(plot_quantile(sorted, n, 0.1) - 1.3) < 1e-12);
    assert_true(fabs(plot_quantile(sorted, n, 0.5) - 2.5) < 1e-12);
    assert_true(fabs(plot_quantile(sorted, n, 0.9) - 7.9) < 1e-12);
    assert_true(isnan(plot_quantile(sorted, 0, 0.5)));
    free(sorted);
}

/* --- the SVG ---------------------------------------------------------------------------------------------------- */

/* What gnuplot 5.4 writes, cut down to one of each. */
static const char drawn[] =
    "<?xml version=\"1.0\"?>\n<svg width=\"100\" height=\"50\">\n<title>Gnuplot</title>\n<defs>\n"
    "<circle id='gpDot' r='0.5'/>\n</defs>\n"
    "<g fill=\"none\" color=\"black\" stroke=\"currentColor\" stroke-width=\"1.00\">\n"
    "\t<path stroke='rgb(226, 226, 226)' class=\"gridline\"  d='M10.00,40.00 L10.00,5.01  '/></g>\n"
    "<g fill=\"none\" color=\"black\" stroke=\"currentColor\" stroke-width=\"1.00\">\n"
    "\t<path stroke='rgb(226, 226, 226)' class=\"gridline\"  d='M20.04,40.00 L20.04,5.01  '/>"
    "\t<path stroke='black'  d='M20.00,40.00 M20.00,5.01  '/>"
    "\t<g transform=\"translate(20.00,45.90)\" stroke=\"none\" fill=\"black\" font-family=\"x\" font-size=\"10.00\"  "
    "text-anchor=\"middle\">\n\t\t<text> 20</text>\n\t</g>\n</g>\n"
    "\t<g id=\"gnuplot_plot_1a\" ><title>gnuplot_plot_1a</title>\n"
    "<g fill=\"none\" color=\"black\" stroke=\"currentColor\" stroke-width=\"2.50\">\n"
    "\t<path stroke='rgb(213,  94,   0)' stroke-dasharray=' 5,8'  d='M1.00,2.00 L3.00,2.00 L3.04,2.00 L1.00,4.00 Z  "
    "'/></g>\n"
    "\t<g stroke='none' shape-rendering='crispEdges'>\n"
    "\t\t<polygon fill = 'rgb(  0, 114, 178)' fill-opacity = '0.300000' points = '1.00,1.00 2.00,1.00 "
    "2.00,2.00\n'/>\n\t</g>\n"
    "\t<use xlink:href='#gpPt6' transform='translate(5.00,6.00) scale(1.80)' color='rgb(  0, 158, 115)'/>\n"
    "\t<use xlink:href='#gpPt6' transform='translate(7.00,6.00) scale(1.80)' color='rgb(  0, 158, 115)'/>\n"
    "\t</g>\n"
    "\t<g transform=\"translate(8.00,9.00)\" stroke=\"none\" fill=\"rgb(94,94,94)\" font-size=\"12.00\"  "
    "text-anchor=\"start\">\n"
    "\t\t<text xml:space=\"preserve\">L1</text>\n\t</g>\n"
    "</g>\n</svg>\n\n";

static plot_page page_with(const char *text) {
    plot_page page;
    page_open(&page, "boxplot", 100, 50);
    page_title(&page, "%s", text);
    page_describe(&page, "%s", text);
    page_panel(&page, &(plot_panel){.box = {10, 5, 90, 40}, .x = {0, 10, false}, .y = {1, 100, true}});
    page_label(&page, 8, 9, ALIGN_LEFT, INK_MUTED, 12, text);
    page_hover(&page, 5, INFINITY, 10, 100, "%s", text);
    page_panel_end(&page);
    page_close(&page);
    assert_false(page.failed);
    return page;
}

static const char maps[] = "10.000 90.000 10.000 45.000 0 10 1 100\n";

static void gnuplots_svg_comes_out_small_with_classes_texts_and_hovers(void **state) {
    (void)state;
    plot_page page = page_with("<b>&\"x\"");
    char *svg;
    size_t n;
    assert_true(plot_svg_write(&svg, &n, &page, drawn, sizeof drawn - 1, maps));
    assert_int_equal(n, strlen(svg));
    const char *body = strstr(svg, "</style>");
    assert_non_null(body);
    assert_string_equal(
        body,
        "</style>\n"
        "<path class=\"ink-grid\" d=\"M10,40L10,5M20,40L20,5\"/>\n"
        "<text class=\"ink-text\" x=\"20\" y=\"45.9\" font-size=\"10\" text-anchor=\"middle\">20</text>\n"
        "<path class=\"ink-update\" stroke-width=\"2.5\" stroke-dasharray=\"5,8\" d=\"M1,2L3,2L1,4Z\"/>\n"
        "<path class=\"area ink-fixed\" fill-opacity=\"0.3\" d=\"M1,1L2,1L2,2Z\"/>\n"
        "<path class=\"dot ink-refit\" stroke-width=\"3.6\" d=\"M5,6h0M7,6h0\"/>\n"
        "<text class=\"ink-muted\" x=\"8\" y=\"9\">&lt;b&gt;&amp;&quot;x&quot;</text>\n"
        "<g class=\"over\">\n"
        /* half of the x axis; of the logarithmic y axis from 1 to 100 the upper half: 50 - 45 to 50 - 27.5 */
        "<rect x=\"50\" y=\"5\" width=\"40\" height=\"17.5\"><title>&lt;b&gt;&amp;&quot;x&quot;</title></rect>\n"
        "</g>\n</svg>\n");
    free(svg);
    page_free(&page);
}

static void a_svg_or_map_that_is_cut_short_is_none(void **state) {
    (void)state;
    plot_page page = page_with("x");
    char *svg;
    size_t n;
    for (size_t cut = 0; cut < sizeof drawn - 10; cut += 13) {
        assert_false(plot_svg_write(&svg, &n, &page, drawn, cut, maps));
        assert_null(svg);
    }
    for (size_t cut = 0; cut < 30; cut += 5) {
        char part[40] = "";
        memcpy(part, maps, cut);
        assert_false(plot_svg_write(&svg, &n, &page, drawn, sizeof drawn - 1, part));
        assert_null(svg);
    }
    page_free(&page);
}

static void what_xml_forbids_is_replaced(void **state) {
    (void)state;
    plot_page page = page_with("a\x01\x1B\xFF\xEF\xBF\xBE\xC3\xBC");
    char *svg;
    size_t n;
    assert_true(plot_svg_write(&svg, &n, &page, drawn, sizeof drawn - 1, maps));
    assert_non_null(strstr(svg, ">a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xC3\xBC</text>"));
    free(svg);
    page_free(&page);
}

/* --- pictures --------------------------------------------------------------------------------------------------- */

static const char *const hostile[] = {"`touch pwned`",
                                      "'.system('touch pwned').'",
                                      "'''",
                                      "''; system 'touch pwned' #",
                                      "\"; system(\"touch pwned\"); \"",
                                      "\\\"; !touch pwned",
                                      "$(touch pwned)",
                                      "@L1 @ARG0",
                                      "{/Symbol a}_b^c &{x} ~",
                                      "<script>alert(1)</script>",
                                      "&amp; &#65; &lt;x",
                                      "L2",
                                      "line\nbreak; !touch pwned\n!touch pwned\r",
                                      "\\n\\140touch pwned\\140\\",
                                      "%s%n%d %g",
                                      "\n==farm-picture== boxplot png\n",
                                      "EOD\nEOD",
                                      "\xFF\xC3\x28",
                                      "# -- /* ]]>",
                                      ""};
enum { N_HOSTILE = sizeof hostile / sizeof *hostile, N = 10, N_TEST = 3 };

/* A run of experiments of which each has a hostile name. */
typedef struct {
    experiment experiments[N_HOSTILE];
    experiment_result list[N_HOSTILE];
    double rmse[N_HOSTILE][N], forecasts[N_HOSTILE][N * N_TEST], actuals[5], values[6];
    int indices[5];
    frame frame;
    const frame *frames[N_HOSTILE];
    series series;
    results results;
    comparisons comparisons;
    plot_input in;
} run;

static run *hostile_run(void) {
    static run r;
    compare_free(&r.comparisons);
    r = (run){.actuals = {10, 20, 30, 40, 50}, .values = {5, 10, 20, 30, 40, 50}, .indices = {1, 2, 3, 4, 5}};
    r.frame = (frame){.lags = 1, .n_rows = 5, .n_train = 2, .n_test = 3, .actuals = r.actuals, .indices = r.indices};
    r.series = (series){.values = r.values, .n = 6};
    r.results = (results){.experiments = r.list, .n_experiments = N_HOSTILE};
    for (int e = 0; e < N_HOSTILE; e++) {
        r.experiments[e] =
            (experiment){.name = (char *)(size_t)hostile[e], .scheme = SCHEME_UPDATE, .update = {.epochs = e + 1}};
        for (int i = 0; i < N; i++) r.rmse[e][i] = i == N - 1 ? 14.6 : i + 1; /* 1 ... 9, and one just too far */
        for (int i = 0; i < N * N_TEST; i++) r.forecasts[e][i] = 10 + i;
        r.list[e] =
            (experiment_result){.n_repeats = N, .n_test = N_TEST, .rmse = r.rmse[e], .forecasts = r.forecasts[e]};
        r.frames[e] = &r.frame;
    }
    r.in = (plot_input){.run_name = hostile[0],
                        .series_column = hostile[1],
                        .series = &r.series,
                        .experiments = r.experiments,
                        .frames = r.frames,
                        .n_experiments = N_HOSTILE,
                        .results = &r.results,
                        .comparisons = &r.comparisons};
    compare_spec spec = {.reference = 0, .tests = {TEST_PAIRED_T}, .n_tests = 1, .adjust = ADJUST_HOLM, .alpha = 0.05};
    compare_input given = {.spec = &spec, .experiments = r.experiments, .results = &r.results, .frames = r.frames};
    farm_errors errors = {0};
    assert_int_equal(compare_all(&r.comparisons, &given, &errors), FARM_OK);
    return &r;
}

static plot_pictures draw(const run *r) {
    plot_pictures pictures;
    farm_errors errors = {0};
    assert_int_equal(plot_draw(&pictures, &r->in, &errors), FARM_OK);
    for (size_t i = 0; i < errors.n; i++) farm_error_print(stderr, &errors.items[i]);
    assert_int_equal(errors.n, 0);
    return pictures;
}

static void no_name_is_a_command_or_markup(void **state) {
    (void)state;
    run *r = hostile_run();
    unlink("pwned");
    plot_pictures pictures = draw(r);
    assert_int_equal(pictures.n, 4);
    assert_int_not_equal(access("pwned", F_OK), 0);
    for (size_t i = 0; i < pictures.n; i++) {
        const plot_picture *p = &pictures.items[i];
        assert_string_equal(p->name, plot_names[i]);
        assert_null(strstr(p->svg, "<script"));
        assert_null(strstr(p->svg, "&x"));
        assert_non_null(strstr(p->svg, "`touch pwned`"));
        assert_memory_equal(p->png, "\x89PNG", 4);
    }
    for (int e = 0; e < N_HOSTILE; e++) /* those that need no escaping stand in a box's words as they are */
        if (!strpbrk(hostile[e], "<&>\"'\n\xFF") && *hostile[e])
            assert_non_null(strstr(pictures.items[0].svg, hostile[e]));
    plot_free(&pictures);
}

/* The ends of a page's x axis. */
static plot_axis x_axis_of(plot_describe *describe, const plot_input *in) {
    plot_page page;
    plot_axis axis = {0};
    assert_true(describe(&page, in) && !page.failed);
    const char *range = strstr(page.script_text, "set xrange [");
    assert_non_null(range);
    assert_int_equal(sscanf(range, "set xrange [%lf:%lf]", &axis.low, &axis.high), 2);
    page_free(&page);
    return axis;
}

/* Boxes reach from 1 to 9, a repeat lies at 14.6. */
static void what_lies_beyond_an_axis_does_not_stretch_it(void **state) {
    (void)state;
    run *r = hostile_run();
    plot_axis before = x_axis_of(plot_boxes, &r->in), after;
    assert_true(before.low < 1 && before.high > 14.6 && before.high < 15.5);
    r->list[1].deterministic = true;
    r->list[1].n_repeats = 1;
    r->rmse[1][0] = 16.5; /* near enough to be shown */
    after = x_axis_of(plot_boxes, &r->in);
    assert_true(after.high > 16.5 && after.high < 17.5);
    r->rmse[1][0] = 1000;
    after = x_axis_of(plot_boxes, &r->in);
    assert_true(after.low == before.low && after.high == before.high);

    r = hostile_run();
    for (size_t i = 0; i < r->comparisons.n; i++) {
        comparison *c = &r->comparisons.items[i];
        c->mean_difference = 2, c->ci_low = 1, c->ci_high = 3;
    }
    before = x_axis_of(plot_differences, &r->in);
    assert_true(before.low < 0 && before.high > 3 && before.high < 3.5);
    r->list[1].deterministic = true;
    r->comparisons.items[0].mean_difference = -50;
    r->comparisons.items[0].ci_low = -51;
    r->comparisons.items[0].ci_high = -49;
    after = x_axis_of(plot_differences, &r->in);
    assert_true(after.low == before.low && after.high == before.high);
}

/* gnuplot reads every text as it was meant, by its own word. */
static void a_quoted_text_is_read_back_as_it_was(void **state) {
    (void)state;
    const char *const texts[] = {"1.5 times 86.7, 0.123",   "a-1_2.3(4)5", "7'8\"9\\0",
                                 "no/such:place;",          "`date`",      "@L1{x}^2$1",
                                 "\xC3\xBC.5 \xE6\x95\xB0", "\\n\\140",    "%d!"};
    const char *const arguments[] = {"gnuplot", "-d", NULL};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *script = NULL, expected[100];
        size_t n;
        FILE *out = open_memstream(&script, &n);
        fputs("set print \"-\"\nL1 = ", out);
        plot_quote(out, texts[i]);
        fputs("\nprint L1\n", out);
        fclose(out);
        child_result r;
        child_run(&r, arguments, none, script, n, &(child_limits){.seconds = 60});
        snprintf(expected, sizeof expected, "%s\n", texts[i]);
        assert_string_equal(r.out, expected);
        child_free(&r);
        free(script);
    }
}

/* A character of private use that no font has; letters, signs and what our own texts have stay. */
static void what_no_font_has_is_a_question_mark(void **state) {
    (void)state;
    plot_glyphs known = {0};
    static const char kept[] = "a \xC3\xBC \xCE\xB1 \xD0\xB6 \xE2\x88\x92 \xE2\x86\x90 \xE2\x80\xA6 \xE2\x82\xAC";
    char *text = plot_drawable(&known, kept);
    assert_string_equal(text, kept);
    assert_int_equal(known.n, 0);
    free(text);
    text = plot_drawable(&known,
                         "a\xF4\x8F\xBF\xBC"
                         "b\xFF\x01"
                         "c\xF4\x8F\xBF\xBC");
    assert_string_equal(text, "a?b??c?");
    assert_int_equal(known.n, 1);
    free(text);
}

static void whiskers_reach_the_last_repeat_within_one_and_a_half_boxes(void **state) {
    (void)state;
    run *r = hostile_run();
    plot_pictures pictures = draw(r);
    /* 1 ... 9 and 14.6: quartiles 3.25 and 7.75, so 14.5 is as far as a whisker goes, and 9 the last within */
    assert_non_null(
        strstr(pictures.items[0].svg,
               "median 5.50, quartiles 3.25 and 7.75\nmean 5.96\nwhiskers 1.00 and 9.00, 1 beyond\n10 repeats"));
    plot_free(&pictures);
}

static void learning_curves_are_drawn_from_quantiles_alone(void **state) {
    (void)state;
    enum { EPOCHS = 700, CURVES = 3 };
    static double epochs[EPOCHS], q10[EPOCHS], q50[EPOCHS], q90[EPOCHS];
    const experiment schemes[CURVES] = {{.scheme = SCHEME_FIXED}, {.scheme = SCHEME_UPDATE}, {.scheme = SCHEME_REFIT}};
    plot_curve curves[CURVES];
    for (int i = 0; i < EPOCHS; i++) {
        epochs[i] = i + 1;
        q50[i] = 0.1 + exp(-i / 100.0);
        q10[i] = 0.8 * q50[i];
        q90[i] = i == 5 ? NAN : 1.3 * q50[i];
    }
    for (int c = 0; c < CURVES; c++)
        curves[c] = (plot_curve){hostile[c], &schemes[c], 1000, EPOCHS >> c, epochs, q10, q50, q90};
    curves[2].n = 0; /* nothing to draw is no fault */
    plot_pictures pictures;
    farm_errors errors = {0};
    assert_int_equal(plot_learning_curves(&pictures, "a run", curves, CURVES, &errors), FARM_OK);
    assert_int_equal(errors.n, 0);
    assert_int_equal(pictures.n, 1);
    assert_string_equal(pictures.items[0].name, "learning_curves");
    assert_non_null(strstr(pictures.items[0].svg, "median loss after 700 epochs 0.1009\n1,000 repeats"));
    assert_non_null(strstr(pictures.items[0].svg, "median loss after 350 epochs 0.1305\n1,000 repeats"));
    assert_true(pictures.items[0].svg_bytes < 40000);
    plot_free(&pictures);
    assert_int_equal(plot_learning_curves(&pictures, "a run", curves, 0, &errors), FARM_OK);
    assert_int_equal(pictures.n, 0);
}

static void without_gnuplot_there_are_no_pictures_and_one_fault(void **state) {
    (void)state;
    run *r = hostile_run();
    char *path = strdup(getenv("PATH"));
    farm_errors errors = {0};
    plot_pictures pictures;
    setenv("PATH", "/nowhere", 1);
    assert_int_equal(plot_draw(&pictures, &r->in, &errors), FARM_OK);
    setenv("PATH", path, 1);
    assert_int_equal(pictures.n, 0);
    assert_int_equal(errors.n, 1);
    assert_string_equal(errors.items[0].file, "gnuplot");
    farm_errors_free(&errors);
    free(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_takes_and_gives_more_than_any_pipe_holds),
        cmocka_unit_test(a_child_that_reads_nothing_is_no_harm),
        cmocka_unit_test(how_a_child_ended_is_told),
        cmocka_unit_test(a_child_that_takes_too_long_is_ended_with_all_it_started),
        cmocka_unit_test(a_childs_environment_is_ours_but_for_what_is_dropped),
        cmocka_unit_test(a_text_that_is_too_long_loses_its_middle_between_characters),
        cmocka_unit_test(a_long_name_is_broken_behind_its_separators_and_loses_nothing),
        cmocka_unit_test(equal_ends_are_put_apart_and_nothing_finite_is_an_axis_too),
        cmocka_unit_test(quantiles_are_those_of_pandas),
        cmocka_unit_test(gnuplots_svg_comes_out_small_with_classes_texts_and_hovers),
        cmocka_unit_test(a_svg_or_map_that_is_cut_short_is_none),
        cmocka_unit_test(what_xml_forbids_is_replaced),
        cmocka_unit_test(no_name_is_a_command_or_markup),
        cmocka_unit_test(what_lies_beyond_an_axis_does_not_stretch_it),
        cmocka_unit_test(a_quoted_text_is_read_back_as_it_was),
        cmocka_unit_test(what_no_font_has_is_a_question_mark),
        cmocka_unit_test(whiskers_reach_the_last_repeat_within_one_and_a_half_boxes),
        cmocka_unit_test(learning_curves_are_drawn_from_quantiles_alone),
        cmocka_unit_test(without_gnuplot_there_are_no_pictures_and_one_fault),
    };
    number_locale held = number_locale_enter();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    number_locale_leave(&held);
    return failed;
}
