/* test_known_answers.c - every case of tests/known_answers through the whole library: config and weights in, files out.
 * The figures come from an independent program; what they mean and how near one must come: known_answers/README.md. */
#include "farm.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static const char cases[] = "tests/known_answers";

static char *read_text(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("%s: cannot be opened", path);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(size + 1);
    assert_int_equal(fread(text, 1, size, file), size);
    text[size] = '\0';
    fclose(file);
    return text;
}

static cJSON *read_json(const char *path) {
    char *text = read_text(path);
    cJSON *json = cJSON_Parse(text);
    free(text);
    if (!json) fail_msg("%s: not JSON", path);
    return json;
}

/* Runs a case's config at a precision into folder. */
static void run_case(const char *config, const char *precision, const char *folder) {
    farm_errors errors = {0};
    char set[64];
    snprintf(set, sizeof set, "precision=\"%s\"", precision);
    const char *sets[] = {set};
    farm_options options = {.set = sets, .n_set = 1, .no_plots = true};
    farm *f = NULL;
    farm_status status = farm_load(&f, config, &options, &errors);
    if (status == FARM_OK) status = farm_run(f, NULL, &errors);
    if (status == FARM_OK) status = farm_write(f, folder, &errors);
    for (size_t i = 0; i < errors.n; i++) farm_error_print(stderr, &errors.items[i]);
    assert_int_equal(status, FARM_OK);
    farm_free(f);
    farm_errors_free(&errors);
}

/* The forecasts of one experiment in a run's forecasts.csv; returns how many. */
static int read_forecasts(const char *folder, const char *experiment, double *forecasts, int most) {
    char path[512], line[512];
    snprintf(path, sizeof path, "%s/forecasts.csv", folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    int n = 0;
    while (fgets(line, sizeof line, file)) {
        size_t length = strlen(experiment);
        if (strncmp(line, experiment, length) != 0 || line[length] != ',') continue;
        assert_true(n < most);
        forecasts[n++] = strtod(strrchr(line, ',') + 1, NULL);
    }
    fclose(file);
    return n;
}

typedef struct {
    const char *name;
    double tolerance, worst;
} check;

static void compare_forecasts(check *c, const cJSON *expected, const char *folder) {
    const cJSON *wanted = cJSON_GetObjectItemCaseSensitive(expected, "forecasts"), *value;
    const char *experiment = cJSON_GetObjectItemCaseSensitive(expected, "experiment")->valuestring;
    double got[64];
    int n = read_forecasts(folder, experiment, got, 64), i = 0;
    assert_int_equal(n, cJSON_GetArraySize(wanted));
    assert_true(n > 0);
    cJSON_ArrayForEach(value, wanted) {
        double off = fabs(got[i] - value->valuedouble) / fabs(value->valuedouble);
        c->worst = fmax(c->worst, off);
        if (!(off <= c->tolerance))
            fail_msg("%s: forecast %d is %.17g, not %.17g: off by %g, %g allowed", c->name, i + 1, got[i],
                     value->valuedouble, off, c->tolerance);
        i++;
    }
}

/* Numbers, lists and lists of lists alike, absolute below 1 and relative above. */
static void compare_numbers(check *c, const char *key, const cJSON *wanted, const cJSON *got) {
    if (cJSON_IsArray(wanted)) {
        assert_true(cJSON_IsArray(got));
        assert_int_equal(cJSON_GetArraySize(got), cJSON_GetArraySize(wanted));
        for (const cJSON *w = wanted->child, *g = got->child; w; w = w->next, g = g->next)
            compare_numbers(c, key, w, g);
        return;
    }
    assert_true(cJSON_IsNumber(got));
    double off = fabs(got->valuedouble - wanted->valuedouble) / fmax(1, fabs(wanted->valuedouble));
    c->worst = fmax(c->worst, off);
    if (!(off <= c->tolerance))
        fail_msg("%s: %s is %.17g, not %.17g", c->name, key, got->valuedouble, wanted->valuedouble);
}

static void compare_weights(check *c, const cJSON *expected, const char *folder) {
    char path[512];
    snprintf(path, sizeof path, "%s/models/%s.json", folder,
             cJSON_GetObjectItemCaseSensitive(expected, "experiment")->valuestring);
    cJSON *models = read_json(path);
    assert_int_equal(cJSON_GetArraySize(models), 1);
    const cJSON *wanted = cJSON_GetObjectItemCaseSensitive(expected, "final_weights"), *part;
    assert_int_equal(cJSON_GetArraySize(models->child), cJSON_GetArraySize(wanted));
    cJSON_ArrayForEach(part, wanted)
        compare_numbers(c, part->string, part, cJSON_GetObjectItemCaseSensitive(models->child, part->string));
    cJSON_Delete(models);
}

static double number(const cJSON *expected, const char *key) {
    return cJSON_GetObjectItemCaseSensitive(expected, key)->valuedouble;
}

static void compare_case(const char *name, const char *scratch) {
    char config[512], path[512];
    snprintf(config, sizeof config, "%s/%s/config.json", cases, name);
    snprintf(path, sizeof path, "%s/%s/expected.json", cases, name);
    cJSON *expected = read_json(path);
    bool chaotic = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(expected, "chaotic"));

    run_case(config, "f64", scratch);
    check f64 = {name, chaotic ? 10 * number(expected, "f64_tolerance") : 1e-9, 0}, weights = {name, 1e-8, 0};
    compare_forecasts(&f64, expected, scratch);
    check f32 = {name, fmax(4 * number(expected, "f32_tolerance"), 1e-5), 0};
    if (!chaotic) {
        compare_weights(&weights, expected, scratch);
        run_case(config, "f32", scratch);
        compare_forecasts(&f32, expected, scratch);
    }
    print_message("%-30s f64 %.1e (of %.0e), weights %.1e, f32 %.1e (of %.0e)\n", name, f64.worst, f64.tolerance,
                  weights.worst, f32.worst, f32.tolerance);
    cJSON_Delete(expected);
}

static void remove_scratch(const char *scratch) {
    char command[512];
    snprintf(command, sizeof command, "rm -rf '%s'", scratch);
    assert_int_equal(system(command), 0);
}

static void a_known_answer_comes_out(void **state) {
    char scratch[] = "/tmp/farm-known-answers-XXXXXX";
    assert_non_null(mkdtemp(scratch));
    compare_case(*state, scratch);
    remove_scratch(scratch);
}

enum { MOST_CASES = 500 };

/* One test a folder that has a config, in the order of their names. */
static size_t list_cases(struct CMUnitTest *tests, struct dirent **entries, int n) {
    size_t found = 0;
    for (int i = 0; i < n && found < MOST_CASES; i++) {
        char path[512];
        struct stat info;
        snprintf(path, sizeof path, "%s/%s/config.json", cases, entries[i]->d_name);
        if (entries[i]->d_name[0] == '.' || stat(path, &info) != 0) continue;
        tests[found++] = (struct CMUnitTest){
            .name = entries[i]->d_name, .test_func = a_known_answer_comes_out, .initial_state = entries[i]->d_name};
    }
    return found;
}

int main(void) {
    static struct CMUnitTest tests[MOST_CASES];
    struct dirent **entries;
    int n = scandir(cases, &entries, NULL, alphasort);
    size_t found = n > 0 ? list_cases(tests, entries, n) : 0;
    if (found < 79) {
        fprintf(stderr, "only %zu cases in %s; run this from the checkout\n", found, cases);
        return 1;
    }
    int failed = _cmocka_run_group_tests("known answers", tests, found, NULL, NULL);
    for (int i = 0; i < n; i++) free(entries[i]);
    free(entries);
    return failed;
}
