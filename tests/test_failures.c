/* test_failures.c - the n-th allocation fails, the n-th file operation fails, for n = 1, 2, 3 ... until none does.
 * Whatever fails: no crash, FARM_FAILED with its reason, no file left behind, and the next run has the right bytes. (That
 * nothing leaks either is seen under AddressSanitizer.) By default a sample of the n; all of them with FARM_FAIL_ALL=1. */
#define _GNU_SOURCE /* for failing.h */
#include "farm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "failing.h"
#include "scratch.h"

enum { DENSE = 40, SAMPLES = 120 }; /* the first n one by one, then so many more as far as they go */

static const char series_csv[] =
    "Month,Sales\n1,266.0\n2,145.9\n3,183.1\n4,119.3\n5,180.3\n6,168.5\n7,231.8\n8,224.5\n"
    "9,192.8\n10,122.9\n11,336.5\n12,185.9\n13,194.3\n14,149.5\n15,210.1\n";

/* One of everything that takes memory, over ten training rows and three for tests. */
static const char zoo_json[] =
    "{\"name\": \"zoo\", \"description\": \"one of everything\",\n"
    " \"series\": {\"file\": \"series.csv\", \"column\": \"Sales\"}, \"frame\": {\"test\": 3},\n"
    " \"train\": {\"epochs\": 2}, \"repeats\": 3, \"seed\": \"18446744073709551615\", \"save_models\": true,\n"
    " \"forecasts\": \"quantiles\",\n"
    " \"experiments\": [\n"
    "  {\"scheme\": \"fixed\"},\n"
    "  {\"scheme\": \"update\", \"sweep\": {\"epochs\": [1, 2], \"model.neurons\": [1, 2]}},\n"
    "  {\"scheme\": \"update\", \"name\": \"u{epochs}_{rows.last}\", \"epochs\": 1, \"rows\": {\"last\": 2}},\n"
    "  {\"scheme\": \"fixed\", \"match\": \"update_1*\"},\n"
    "  {\"scheme\": \"fixed\", \"match\": \"u1*\", \"by\": \"steps\", \"name\": \"{match}_by_{by}\"},\n"
    "  {\"scheme\": \"refit\", \"frame\": {\"difference\": [1, 2], \"lags\": 2}},\n"
    "  {\"scheme\": \"refit\", \"name\": \"again\", \"init\": \"same\", \"state_at_forecast\": \"warm\"},\n"
    "  {\"scheme\": \"fixed\", \"name\": \"batched\", \"train\": {\"batch\": 2, \"state\": \"carry\"}},\n"
    "  {\"scheme\": \"fixed\", \"name\": \"given\", \"model\": {\"initial_weights\": {\"file\": \"weights.json\"}}},\n"
    "  {\"scheme\": \"ar\"}, {\"scheme\": \"ses\", \"description\": \"smooth\"}, {\"scheme\": \"holt\", \"refit\": "
    "true},\n"
    "  {\"scheme\": \"persistence\"}],\n"
    " \"compare\": {\"reference\": \"fixed\", \"pairs\": [[\"ar\", \"holt\"]]}}\n";

static const char weights_json[] =
    "{\"kernel\": [[0.1, 0.2, 0.3, 0.4]], \"recurrent_kernel\": [[0.4, 0.3, 0.2, 0.1]], \"bias\": [0, 1, 0, 0],\n"
    " \"dense_kernel\": [[0.5]], \"dense_bias\": 0.1}\n";

/* Two experiments, drawn from the seed, over one thread. */
static const char plain_json[] =
    "{\"name\": \"plain\", \"series\": {\"file\": \"series.csv\", \"column\": \"Sales\"},\n"
    " \"frame\": {\"test\": 3}, \"train\": {\"epochs\": 2}, \"repeats\": 2,\n"
    " \"experiments\": [{\"scheme\": \"fixed\"}, {\"scheme\": \"persistence\"}]}\n";

/* --- what a folder holds ---------------------------------------------------------------------------------------- */

/* A store keeps what was done before the failure, and is meant to. */
static bool is_kept(const char *name) { return strncmp(name, "farm.db", 7) == 0; }

/* Files under folder, whatever they are called. */
static int count_files(const char *folder) {
    int n = 0;
    DIR *listing = opendir(folder);
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        char path[700];
        struct stat info;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || is_kept(entry->d_name)) continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (lstat(path, &info) == 0) n += S_ISDIR(info.st_mode) ? count_files(path) : 1;
    }
    if (listing) closedir(listing);
    return n;
}

/* A line of run.json or of what is printed that says how long it took. */
static bool tells_time(const char *line) {
    return strstr(line, "\"seconds\": ") || strncmp(line, "  \"steps_per_second\"", 20) == 0 ||
           strstr(line, " gradient steps");
}

/* The same lines, but for those that tell the time. */
static bool same_lines(const char *a, const char *b) {
    static char x[4096], y[4096];
    FILE *first = fopen(a, "rb"), *second = fopen(b, "rb");
    bool same = first && second;
    for (bool more = true; same && more;) {
        more = fgets(x, sizeof x, first) != NULL;
        same = (fgets(y, sizeof y, second) != NULL) == more;
        if (same && more) same = strcmp(x, y) == 0 || (tells_time(x) && tells_time(y));
    }
    if (first) fclose(first);
    if (second) fclose(second);
    return same;
}

/* Every file in folder is there in reference with the same bytes. */
static bool files_are_right(const char *folder, const char *reference) {
    bool right = true;
    DIR *listing = opendir(folder);
    for (struct dirent *entry; listing && right && (entry = readdir(listing));) {
        char path[700], other[700];
        struct stat info;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || is_kept(entry->d_name)) continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        snprintf(other, sizeof other, "%s/%s", reference, entry->d_name);
        if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode))
            right = files_are_right(path, other);
        else
            right = same_lines(path, other);
    }
    if (listing) closedir(listing);
    return right;
}

/* --- one walk over n -------------------------------------------------------------------------------------------- */

/* What is done again and again. act: all of it, with what it wrote in folder; what: its words in a message. */
typedef struct walk walk;
struct walk {
    farm_status (*act)(walk *w, const char *folder, farm_errors *errors);
    farm_options options;
    char config[100], files[2][100];
    char reference[100]; /* a folder with what comes out where nothing fails; "": nothing is written */
    const char *reasons[3];
    bool may_stay_halfway; /* a rename that fails leaves those before it: whole files, but not all */
    scratch scratch;
    char printed[100]; /* a file with what is to be printed; "": that differs from run to run */
    char sink_path[100];
    FILE *sink; /* what is printed */
};

static farm_status run_all(walk *w, const char *folder, farm_errors *errors) {
    farm *f = NULL;
    char *unused = NULL;
    farm_status status = farm_load(&f, w->config, &w->options, errors);
    if (status == FARM_OK && !(unused = farm_default_folder(f))) status = FARM_FAILED;
    if (status == FARM_OK) status = farm_run(f, NULL, errors);
    /* not wrapped: where lines end hangs on how long it took */
    if (status == FARM_OK) status = farm_print_results(f, w->sink, &(farm_style){0});
    if (status == FARM_OK) status = farm_write(f, folder, errors); /* last: what fails before it writes nothing */
    free(unused);
    farm_free(f);
    return status;
}

static farm_status print_plan(walk *w, const char *folder, farm_errors *errors) {
    farm *f = NULL;
    (void)folder;
    farm_status status = farm_load(&f, w->config, &w->options, errors);
    if (status == FARM_OK) status = farm_print_plan(f, w->sink, errors);
    farm_free(f);
    return status;
}

static farm_status compare_two(walk *w, const char *folder, farm_errors *errors) {
    const char *const paths[] = {w->files[0], w->files[1]};
    const farm_comparison how = {.folder = folder, .no_plots = true};
    return farm_compare_files(paths, 2, &how, w->sink, &(farm_style){.width = 80}, errors);
}

/* All that was printed is what is to be. */
static bool print_is_right(walk *w) {
    fflush(w->sink);
    return !*w->printed || same_lines(w->printed, w->sink_path);
}

static void rewind_sink(walk *w) {
    rewind(w->sink);
    assert_int_equal(ftruncate(fileno(w->sink), 0), 0);
}

/* Of the faults listed at least one gives one of the reasons; an empty list is told as out of memory by main. */
static bool reason_is_given(const walk *w, failing_kind kind, const farm_errors *errors) {
    if (errors->n == 0) return kind == FAIL_MEMORY;
    for (size_t i = 0; i < errors->n; i++) {
        const char *text = errors->items[i].text ? errors->items[i].text : "out of memory";
        for (int r = 0; r < 3 && w->reasons[r]; r++)
            if (strstr(text, w->reasons[r])) return true;
    }
    return false;
}

static void complain(const walk *w, size_t n, farm_status status, const char *what, const farm_errors *errors) {
    char *faults = scratch_faults(&w->scratch, errors);
    print_message("failure %zu: %s; status %d, faults:\n%s", n, what, (int)status, faults);
    free(faults);
    fail();
}

/* One run with nothing failing gives the right bytes. */
static void assert_next_is_right(walk *w, size_t n) {
    farm_errors errors = {0};
    char folder[100];
    snprintf(folder, sizeof folder, "%s/next", w->scratch.folder);
    rewind_sink(w);
    farm_status status = w->act(w, folder, &errors);
    if (status != FARM_OK || errors.n > 0) complain(w, n, status, "the next run fails", &errors);
    if (!print_is_right(w)) complain(w, n, status, "the next run prints something else", &errors);
    if (*w->reference && (!files_are_right(folder, w->reference) || !files_are_right(w->reference, folder)))
        complain(w, n, status, "the next run is another one", &errors);
    scratch_remove(folder);
}

/* With the n-th call of a kind failing. False: there were not so many. */
static bool with_failure(walk *w, failing_kind kind, size_t n, bool forever, size_t *failed) {
    farm_errors errors = {0};
    char folder[100];
    snprintf(folder, sizeof folder, "%s/out", w->scratch.folder);
    rewind_sink(w);
    failing_arm(kind, n, forever);
    farm_status status = w->act(w, folder, &errors);
    failing_disarm();
    bool hit = atomic_load(&failing_hit), whole = *w->reference && files_are_right(w->reference, folder);
    if (status == FARM_OK) { /* nothing failed, or what did could be done without */
        if (*w->reference && !(whole && files_are_right(folder, w->reference)))
            complain(w, n, status, "the files are not right", &errors);
        if (!print_is_right(w)) complain(w, n, status, "what is printed is not right", &errors);
    } else {
        /* a file that cannot be opened may as well be the user's mistake */
        bool right = status == FARM_FAILED || (kind == FAIL_FILES && status == FARM_BAD_INPUT);
        if (!hit || !right) complain(w, n, status, "the status is wrong", &errors);
        if (!reason_is_given(w, kind, &errors)) complain(w, n, status, "the reason is missing", &errors);
        if (w->may_stay_halfway ? !files_are_right(folder, w->reference) : count_files(folder) > 0)
            complain(w, n, status, "files are left", &errors);
        ++*failed;
    }
    farm_errors_free(&errors);
    scratch_remove(folder);
    return hit;
}

/* How many calls of a kind there are where none fails. */
static size_t count_calls(walk *w, failing_kind kind) {
    with_failure(w, kind, (size_t)-1, false, &(size_t){0});
    return atomic_load(&failing_calls);
}

static void walk_failures(walk *w, failing_kind kind) {
    size_t calls = count_calls(w, kind), failed = 0, tried = 0;
    size_t step = getenv("FARM_FAIL_ALL") ? 1 : calls / SAMPLES + 1;
    assert_true(calls > 3);
    for (size_t n = 1; n <= calls; n += n < DENSE ? 1 : step, tried += 2) {
        assert_true(with_failure(w, kind, n, false, &failed));
        assert_true(with_failure(w, kind, n, true, &failed));
        if (tried % 16 == 0) assert_next_is_right(w, n);
    }
    assert_next_is_right(w, calls);
    if (getenv("FARM_FAIL_ALL"))
        print_message("# %zu calls, %zu of %zu failures ended the run\n", calls, failed, tried);
    assert_true(failed > tried / 2); /* few can be done without */
}

/* --- the tests -------------------------------------------------------------------------------------------------- */

static walk set_up(farm_status (*act)(walk *w, const char *folder, farm_errors *errors), const char *config) {
    walk w = {.act = act, .scratch = scratch_open(), .reasons = {"out of memory", "Cannot allocate memory"}};
    w.options.no_plots = true; /* they are another program's, test_plot.c's */
    w.options.threads = "1";   /* so that the n-th call is always the same one */
    snprintf(w.sink_path, sizeof w.sink_path, "%s/printed", w.scratch.folder);
    w.sink = fopen(w.sink_path, "w");
    assert_non_null(w.sink);
    scratch_write_text(&w.scratch, "series.csv", series_csv);
    scratch_write_text(&w.scratch, "weights.json", weights_json);
    scratch_write_text(&w.scratch, "config.json", config);
    snprintf(w.config, sizeof w.config, "%s/config.json", w.scratch.folder);
    return w;
}

/* The reference is what a run leaves and prints before anything has failed. */
static void make_reference(walk *w) {
    farm_errors errors = {0};
    char folder[100], printed[100];
    snprintf(folder, sizeof folder, "%s/reference", w->scratch.folder);
    snprintf(printed, sizeof printed, "%s/printed-before", w->scratch.folder);
    rewind_sink(w);
    farm_status status = w->act(w, folder, &errors);
    if (status != FARM_OK) complain(w, 0, status, "the reference fails", &errors);
    fflush(w->sink);
    char *text = scratch_read(&w->scratch, "printed");
    scratch_write_text(&w->scratch, "printed-before", text);
    free(text);
    strcpy(w->printed, printed);
    if (access(folder, F_OK) == 0) strcpy(w->reference, folder);
}

static void tear_down(walk *w) {
    fclose(w->sink);
    scratch_close(&w->scratch);
}

static void a_run_without_memory_fails_cleanly(void **state) {
    (void)state;
    walk w = set_up(run_all, zoo_json);
    make_reference(&w);
    assert_true(count_files(w.reference) > 30);
    walk_failures(&w, FAIL_MEMORY);
    tear_down(&w);
}

static void overrides_without_memory_fail_cleanly(void **state) {
    (void)state;
    walk w = set_up(run_all, plain_json);
    char from[100];
    snprintf(from, sizeof from, "%s/weights.json", w.scratch.folder);
    const char *const set[] = {"train.optimizer={\"name\":\"rmsprop\"}", "experiments[0].name=renamed"};
    w.options = (farm_options){
        .repeats = "2", .seed = "7", .threads = "1", .set = set, .n_set = 2, .from = from, .no_plots = true};
    make_reference(&w);
    walk_failures(&w, FAIL_MEMORY);
    tear_down(&w);
}

/* Which call is the n-th depends on the threads then; whichever it is, the run must end well. */
static void threads_without_memory_fail_cleanly(void **state) {
    (void)state;
    walk w = set_up(run_all, zoo_json);
    w.options.threads = "4";
    w.options.no_sharing = true;
    make_reference(&w);
    size_t calls = count_calls(&w, FAIL_MEMORY), failed = 0;
    for (size_t n = calls / 2; n < calls; n += 97) with_failure(&w, FAIL_MEMORY, n, n % 2, &failed);
    assert_true(failed > 0);
    assert_next_is_right(&w, calls);
    tear_down(&w);
}

static void planning_without_memory_fails_cleanly(void **state) {
    (void)state;
    walk w = set_up(print_plan, plain_json);
    walk_failures(&w, FAIL_MEMORY);
    tear_down(&w);
}

static void a_full_disk_fails_cleanly(void **state) {
    (void)state;
    walk w = set_up(run_all, plain_json);
    w.options.from = NULL;
    w.reasons[0] = "No space left on device";
    w.reasons[1] = NULL;
    w.may_stay_halfway = true;
    make_reference(&w);
    walk_failures(&w, FAIL_FILES);
    tear_down(&w);
}

static void comparing_without_memory_fails_cleanly(void **state) {
    (void)state;
    walk w = set_up(compare_two, plain_json);
    scratch_write_text(&w.scratch, "experiment_a.csv", "results\n1.5\n2\nnan\n3.25\n2.5\n");
    scratch_write_text(&w.scratch, "b.csv", "results\n2.5\n2\n3\n4.25\n9\n");
    snprintf(w.files[0], sizeof w.files[0], "%s/experiment_a.csv", w.scratch.folder);
    snprintf(w.files[1], sizeof w.files[1], "%s/b.csv", w.scratch.folder);
    make_reference(&w);
    walk_failures(&w, FAIL_MEMORY);
    snprintf(w.files[1], sizeof w.files[1], "%s/./experiment_a.csv", w.scratch.folder); /* told apart by their paths */
    make_reference(&w);
    walk_failures(&w, FAIL_MEMORY);
    tear_down(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_without_memory_fails_cleanly),  cmocka_unit_test(overrides_without_memory_fail_cleanly),
        cmocka_unit_test(threads_without_memory_fail_cleanly), cmocka_unit_test(planning_without_memory_fails_cleanly),
        cmocka_unit_test(a_full_disk_fails_cleanly),           cmocka_unit_test(comparing_without_memory_fails_cleanly),
    };
    failing_in_cjson();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
