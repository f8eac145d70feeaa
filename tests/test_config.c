/* test_config.c - is a config understood as docs/config.md says, and is every fault found where it is?
 * Faulty inputs stand in tests/bad/cases.txt; with --keys the table of keys is printed as JSON for schema_check.py.
 * Run from the repository's root. Works in a scratch folder of its own under /tmp. */
#include "config.h"
#include "config_check.h"
#include "config_keys.h"
#include "config_names.h"
#include "json_patch.h"
#include "json_write.h"

#include <fnmatch.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[4096], scratch[64];

/* --- files ------------------------------------------------------------------------------------------------------ */

static char *read_text(const char *path, size_t *n) {
    char why[200];
    size_t length;
    char *text = json_read_file(&(json_texts){0}, path, n ? n : &length, why);
    if (!text) fail_msg("%s: %s", path, why);
    return text;
}

static void write_bytes(const char *path, const char *bytes, size_t n) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static void write_text(const char *path, const char *text) { write_bytes(path, text, strlen(text)); }

/* Column v, 24 observations. */
static void write_series(void) {
    char text[400] = "v\n";
    for (int i = 0; i < 24; i++) snprintf(text + strlen(text), sizeof text - strlen(text), "%d\n", 100 + i * i % 17);
    write_text("series.csv", text);
}

static char *in_root(const char *path) {
    static char text[5000];
    snprintf(text, sizeof text, "%s/%s", root, path);
    return text;
}

static int enter_scratch(void **state) {
    (void)state;
    if (!getcwd(root, sizeof root)) return -1;
    strcpy(scratch, "/tmp/farm_config_XXXXXX");
    if (!mkdtemp(scratch) || chdir(scratch) != 0) return -1;
    write_series();
    return 0;
}

static int leave_scratch(void **state) {
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", scratch);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

/* --- loading ---------------------------------------------------------------------------------------------------- */

#define HEAD "{\"name\": \"t\", \"series\": {\"file\": \"series.csv\", \"column\": \"v\"},\n"

static void print_faults(const farm_errors *errors) {
    for (size_t i = 0; i < errors->n; i++) {
        farm_error_print(stderr, &errors->items[i]);
        fputc('\n', stderr);
    }
}

/* Loads the file, which must be fine. */
static config load_file(const char *path, const farm_options *options) {
    config c;
    farm_errors errors = {0};
    farm_status status = config_load(&c, path, options, &errors);
    print_faults(&errors);
    assert_int_equal(status, FARM_OK);
    assert_int_equal(errors.n, 0);
    return c;
}

/* Loads HEAD and then rest, which must be fine. */
static config load_rest(const char *rest) {
    char text[4000];
    snprintf(text, sizeof text, HEAD "%s", rest);
    write_text("t.json", text);
    return load_file("t.json", NULL);
}

/* Loads HEAD and then one experiments list of a config with 12 test rows and 500 epochs. */
static config load_experiments(const char *list) {
    char rest[3000];
    snprintf(rest, sizeof rest, "\"experiments\": %s}", list);
    return load_rest(rest);
}

/* All names, blanks between. */
static const char *names_of(const config *c) {
    static char text[4000];
    *text = '\0';
    for (size_t i = 0; i < c->n_experiments; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", c->experiments[i].name);
    return text;
}

static void expect_names(const char *list, const char *names) {
    config c = load_experiments(list);
    assert_string_equal(names_of(&c), names);
    config_free(&c);
}

static const experiment *named(const config *c, const char *name) {
    for (size_t i = 0; i < c->n_experiments; i++)
        if (strcmp(c->experiments[i].name, name) == 0) return &c->experiments[i];
    fail_msg("no experiment %s among %s", name, names_of(c));
    return NULL;
}

/* --- the faulty ones -------------------------------------------------------------------------------------------- */

enum { MOST_FAULTS = 12, MOST_ARGUMENTS = 8 };

typedef struct {
    char name[120], config[200];
    char expected[MOST_FAULTS][300];
    size_t n_expected;
    char *set[MOST_ARGUMENTS];
    char arguments[600];
    farm_options options;
} faulty_case;

/* \xHH as that byte, in place; returns the length. */
static size_t decode_bytes(char *text) {
    char *out = text;
    for (const char *in = text; *in; out++) {
        unsigned byte;
        if (in[0] == '\\' && in[1] == 'x' && sscanf(in + 2, "%2x", &byte) == 1) {
            *out = (char)byte;
            in += 4;
        } else {
            *out = *in++;
        }
    }
    return (size_t)(out - text);
}

/* "--set a=b --repeats 3": values hold no blanks. */
static void parse_arguments(faulty_case *c, const char *text) {
    snprintf(c->arguments, sizeof c->arguments, "%s", text);
    char *save = NULL;
    for (char *word = strtok_r(c->arguments, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        if (strncmp(word, "CONFIG=", 7) == 0) {
            snprintf(c->config, sizeof c->config, "%s", word + 7);
            continue;
        }
        char *value = strtok_r(NULL, " ", &save);
        assert_non_null(value);
        if (strcmp(word, "--set") == 0)
            c->set[c->options.n_set++] = value;
        else if (strcmp(word, "--repeats") == 0)
            c->options.repeats = value;
        else if (strcmp(word, "--seed") == 0)
            c->options.seed = value;
        else if (strcmp(word, "--threads") == 0)
            c->options.threads = value;
        else if (strcmp(word, "--from") == 0)
            c->options.from = value;
        else
            fail_msg("%s: unknown argument %s", c->name, word);
    }
    c->options.set = (const char *const *)c->set;
}

static void end_file(const char *file, char *text, size_t n, bool bytes) {
    if (!*file) return;
    if (bytes && n > 0) text[--n] = '\0'; /* the last line's newline */
    write_bytes(file, text, bytes ? decode_bytes(text) : n);
}

static const char head_line[] = HEAD, plain_rest[] = "\"experiments\": [{\"scheme\": \"fixed\"}]}\n";

static size_t add_line(char *text, size_t n, const char *line) {
    const char *first = strcmp(line, "@head") == 0 || strcmp(line, "@plain") == 0 ? head_line : line;
    int length =
        sprintf(text + n, "%s%s%s", first, first == line ? "\n" : "", strcmp(line, "@plain") == 0 ? plain_rest : "");
    return n + (size_t)length;
}

static void start_case(faulty_case *c, const char *name) {
    *c = (faulty_case){.config = "bad.json"};
    snprintf(c->name, sizeof c->name, "%s", name);
    write_series();
    write_text("bad.json", HEAD "\"experiments\": [{\"scheme\": \"fixed\"}]}\n");
    remove("w.json");
}

/* Reads the case whose "== name" line is at *at, writes its files, and moves *at to the next one. */
static void read_case(faulty_case *c, char **at) {
    static char text[20000];
    char file[60] = "";
    size_t n = 0;
    bool bytes = false;
    char *line = *at, *end;
    for (bool first = true; *line; line = end + 1, first = false) {
        end = strchr(line, '\n');
        assert_non_null(end);
        if (strncmp(line, "== ", 3) == 0 && !first) break;
        *end = '\0';
        bool mark = strncmp(line, "-- ", 3) == 0 || strncmp(line, "=> ", 3) == 0 || strncmp(line, "# --", 4) == 0;
        if (mark) {
            end_file(file, text, n, bytes);
            *file = '\0';
        }
        if (first) {
            start_case(c, line + 3);
        } else if (strncmp(line, "-- args: ", 9) == 0) {
            parse_arguments(c, line + 9);
        } else if (strncmp(line, "-- ", 3) == 0) {
            bytes = strstr(line, " bytes") != NULL;
            snprintf(file, sizeof file, "%.*s", (int)strcspn(line + 3, " "), line + 3);
            *text = '\0';
            n = 0;
        } else if (strncmp(line, "=> ", 3) == 0) {
            assert_true(c->n_expected < MOST_FAULTS);
            snprintf(c->expected[c->n_expected++], sizeof *c->expected, "%s", line + 3);
        } else if (*file) {
            n = add_line(text, n, line);
        }
    }
    *at = line;
}

/* A place of --from is an absolute one. */
static bool is_place(const char *place, const char *wanted) {
    size_t n = strlen(place), m = strlen(wanted);
    if (strcmp(place, wanted) == 0) return true;
    return *place == '/' && n > m && place[n - m - 1] == '/' && strcmp(place + n - m, wanted) == 0;
}

/* Whether the fault is the one of "place | key | piece of the text". */
static bool is_expected(const farm_error *e, const char *expected, const char *config_file) {
    char place[600], wanted[600], copy[300];
    snprintf(copy, sizeof copy, "%s", expected);
    char *key = strstr(copy, " | "), *piece = key ? strstr(key + 3, " | ") : NULL;
    if (!piece) return false;
    *key = *piece = '\0';
    key += 3;
    piece += 3;
    bool here = copy[0] >= '0' && copy[0] <= '9';
    snprintf(wanted, sizeof wanted, "%s%s%s", here ? config_file : "", here ? ":" : "", copy);
    if (e->line > 0)
        snprintf(place, sizeof place, "%s:%d:%d", e->file, e->line, e->col);
    else
        snprintf(place, sizeof place, "%s", e->file ? e->file : "");
    return is_place(place, wanted) && strcmp(e->key ? e->key : "-", key) == 0 && e->text && strstr(e->text, piece);
}

static bool run_case(const faulty_case *c) {
    config loaded;
    farm_errors errors = {0};
    farm_status status = config_load(&loaded, c->config, &c->options, &errors);
    bool fine = status == FARM_BAD_INPUT && errors.n == c->n_expected && c->n_expected > 0;
    for (size_t i = 0; fine && i < errors.n; i++) fine = is_expected(&errors.items[i], c->expected[i], c->config);
    if (!fine) {
        fprintf(stderr, "== %s: status %d, wanted\n", c->name, (int)status);
        for (size_t i = 0; i < c->n_expected; i++) fprintf(stderr, "   => %s\n", c->expected[i]);
        fprintf(stderr, "  but found\n");
        print_faults(&errors);
    }
    farm_errors_free(&errors);
    config_free(&loaded);
    return fine;
}

static void every_faulty_input_is_named_with_its_place(void **state) {
    (void)state;
    char *cases = read_text(in_root("tests/bad/cases.txt"), NULL), *at = strstr(cases, "\n== ");
    int n = 0, wrong = 0;
    faulty_case c;
    for (at = at ? at + 1 : cases + strlen(cases); *at; n++) {
        read_case(&c, &at);
        wrong += !run_case(&c);
    }
    free(cases);
    write_series();
    assert_true(n >= 150);
    assert_int_equal(wrong, 0);
}

/* --- experiments ------------------------------------------------------------------------------------------------ */

static void tutorial_expands_to_its_thirteen_experiments(void **state) {
    (void)state;
    config c = load_file(in_root("configs/tutorial.json"), NULL);
    assert_string_equal(names_of(&c),
                        "fixed update_2 update_5 update_10 update_20 update_50 fixed_522 fixed_555 fixed_610 "
                        "fixed_720 fixed_1050 refit persistence");
    for (size_t i = 6; i <= 10; i++) {
        assert_int_equal(c.experiments[i].n_matches, 1);
        assert_int_equal(c.experiments[i].matches[0], i - 5);
        assert_int_equal(c.experiments[i].scheme, SCHEME_FIXED);
    }
    assert_int_equal(c.experiments[6].train.epochs, 522);
    assert_int_equal(c.experiments[10].train.epochs, 1050);
    assert_int_equal(c.experiments[5].update.epochs, 50);
    assert_int_equal(c.experiments[12].scheme, SCHEME_PERSISTENCE);
    assert_int_equal(c.repeats, 10);
    assert_int_equal(c.series.n, 36);
    assert_int_equal(c.compare.reference, 0);
    assert_false(c.compare.all_pairs);
    config_free(&c);
}

static void matching_by_steps_takes_the_least_epochs_with_as_many_steps(void **state) {
    (void)state;
    const char *set[] = {"experiments[2].by=steps"};
    farm_options options = {.set = set, .n_set = 1};
    config c = load_file(in_root("configs/tutorial.json"), &options);
    assert_string_equal(names_of(&c),
                        "fixed update_2 update_5 update_10 update_20 update_50 fixed_528 fixed_570 fixed_640 "
                        "fixed_780 fixed_1200 refit persistence");
    config_free(&c);
}

/* Of 22 rows 12 are for training with 10 test rows: 500 epochs are 6000 steps. */
static void matching_by_steps_counts_the_rows_of_each_update(void **state) {
    (void)state;
    config c = load_rest(
        "\"frame\": {\"test\": 10}, \"experiments\": ["
        "{\"scheme\": \"update\", \"epochs\": 12, \"rows\": \"newest\"}, "
        "{\"scheme\": \"update\", \"epochs\": 3, \"rows\": {\"last\": 4}, \"every\": 3}, "
        "{\"scheme\": \"update\", \"epochs\": 2, \"rows\": {\"fraction\": 0.5}, \"every\": 9}, "
        "{\"scheme\": \"fixed\", \"match\": \"update_12\", \"by\": \"steps\"}, "
        "{\"scheme\": \"fixed\", \"match\": \"update_3\", \"by\": \"steps\"}, "
        "{\"scheme\": \"fixed\", \"match\": \"update_2\", \"by\": \"steps\", \"name\": \"as_{match}\"}]}");
    assert_int_equal(named(&c, "fixed_509")->train.epochs, 509);   /* 12 * 9 updates of 1 row = 108 steps = 9 epochs */
    assert_int_equal(named(&c, "fixed_503")->train.epochs, 503);   /* 3 * 3 updates of 4 rows = 36 steps = 3 epochs */
    assert_int_equal(named(&c, "as_update_2")->train.epochs, 502); /* 2 * 1 update of ceil(21 / 2) rows = 22 steps */
    config_free(&c);
}

static void matching_by_epochs_counts_the_updates_that_are_made(void **state) {
    (void)state;
    expect_names(
        "[{\"scheme\": \"fixed\", \"match\": \"*\"}, {\"scheme\": \"update\", \"epochs\": 7, \"sweep\": {\"every\": "
        "[1, 2, 5, 11, 12]}}]",
        "fixed_577_every_1 fixed_535_every_2 fixed_514_every_5 fixed_507_every_11 fixed_500_every_12 "
        "update_7_every_1 update_7_every_2 update_7_every_5 update_7_every_11 update_7_every_12");
}

static void a_sweep_varies_its_first_key_slowest(void **state) {
    (void)state;
    expect_names("[{\"scheme\": \"update\", \"sweep\": {\"model.neurons\": [1, 4], \"epochs\": [2, 5]}}]",
                 "update_2_neurons_1 update_5_neurons_1 update_2_neurons_4 update_5_neurons_4");
}

static void names_say_what_varies(void **state) {
    (void)state;
    expect_names("[{\"scheme\": \"fixed\", \"sweep\": {\"model.neurons\": [1, 4]}}]", "neurons_1 neurons_4");
    expect_names("[{\"scheme\": \"fixed\", \"sweep\": {\"train.optimizer.learning_rate\": [0.01, 1e-8, 2]}}]",
                 "learning_rate_0.01 learning_rate_1e-8 learning_rate_2");
    expect_names("[{\"scheme\": \"refit\", \"sweep\": {\"init\": [\"fresh\", \"same\"]}}]",
                 "refit_init_fresh refit_init_same");
    expect_names(
        "[{\"scheme\": \"update\", \"epochs\": 3, \"sweep\": {\"rows\": [\"all\", {\"last\": 4}, {\"fraction\": "
        "0.33}]}}]",
        "update_3_rows_all update_3_rows_last_4 update_3_rows_fraction_0.33");
    expect_names("[{\"scheme\": \"fixed\", \"sweep\": {\"frame.scale\": [[-1, 1], \"none\"]}}]",
                 "scale_-1_1 scale_none");
    expect_names("[{\"scheme\": \"fixed\", \"sweep\": {\"model.unit_forget_bias\": [true, false]}}]",
                 "unit_forget_bias_true unit_forget_bias_false");
    expect_names("[{\"scheme\": \"persistence\", \"sweep\": {\"frame.test\": [6, 12]}}]",
                 "persistence_test_6 persistence_test_12");
    expect_names("[{\"scheme\": \"fixed\", \"sweep\": {\"train.epochs\": [1000000, 7]}}]", "epochs_1000000 epochs_7");
}

static void templates_take_values_from_the_resolved_experiment(void **state) {
    (void)state;
    expect_names("[{\"scheme\": \"fixed\", \"name\": \"n{model.neurons}\", \"sweep\": {\"model.neurons\": [1, 4]}}]",
                 "n1 n4");
    expect_names("[{\"scheme\": \"update\", \"name\": \"u{epochs}_of_{train.epochs}\", \"sweep\": {\"epochs\": [2]}}]",
                 "u2_of_500");
    expect_names("[{\"scheme\": \"update\", \"name\": \"{scheme}{every}{precision}{neurons}\", \"epochs\": 2}]",
                 "update1f321");
    expect_names(
        "[{\"scheme\": \"update\", \"epochs\": 2}, {\"scheme\": \"fixed\", \"match\": \"*\", \"name\": "
        "\"like_{match}_{epochs}\"}]",
        "update_2 like_update_2_522");
    expect_names("[{\"scheme\": \"fixed\", \"name\": \"s{frame.scale}\", \"frame\": {\"scale\": [0, 1]}}]", "s0_1");
}

static void a_baseline_keeps_the_swept_parts_and_settings_of_its_update(void **state) {
    (void)state;
    config c = load_experiments(
        "[{\"scheme\": \"update\", \"sweep\": {\"epochs\": [2, 5], \"model.neurons\": [1, 4]}},"
        " {\"scheme\": \"fixed\", \"match\": \"update_2_*\", \"train\": {\"optimizer\": {\"beta_1\": 0.5}}}]");
    assert_string_equal(names_of(&c),
                        "update_2_neurons_1 update_2_neurons_4 update_5_neurons_1 update_5_neurons_4 "
                        "fixed_522_neurons_1 fixed_522_neurons_4");
    const experiment *e = named(&c, "fixed_522_neurons_4");
    assert_int_equal(e->model.neurons, 4);
    assert_int_equal(e->train.epochs, 522);
    assert_true(e->train.optimizer.beta_1 == 0.5);
    assert_int_equal(e->matches[0], 1);
    config_free(&c);
}

static void a_baseline_made_twice_is_made_once(void **state) {
    (void)state;
    config c = load_experiments(
        "[{\"scheme\": \"update\", \"epochs\": 2, \"name\": \"a\"},"
        " {\"scheme\": \"update\", \"epochs\": 2, \"name\": \"b\", \"optimizer\": \"reset\"},"
        " {\"scheme\": \"fixed\", \"match\": \"[ab]\"}, {\"scheme\": \"fixed\", \"match\": \"b\"}]");
    assert_string_equal(names_of(&c), "a b fixed_522");
    assert_int_equal(c.experiments[2].n_matches, 2);
    assert_int_equal(c.experiments[2].matches[0], 0);
    assert_int_equal(c.experiments[2].matches[1], 1);
    config_free(&c);
}

static void patches_merge_and_null_goes_back_to_the_default(void **state) {
    (void)state;
    config c = load_rest(
        "\"frame\": {\"lags\": 3, \"test\": 5}, \"model\": {\"neurons\": 8}, \"train\": {\"epochs\": 9, \"optimizer\": "
        "{\"beta_1\": 0.1}},"
        "\"experiments\": [{\"scheme\": \"fixed\"},"
        "{\"scheme\": \"fixed\", \"name\": \"a\", \"frame\": {\"lags\": null}, \"train\": {\"optimizer\": {\"beta_2\": "
        "0.2}}},"
        "{\"scheme\": \"fixed\", \"name\": \"b\", \"frame\": null, \"model\": {\"neurons\": 2}, \"train\": "
        "{\"optimizer\": null}},"
        "{\"scheme\": \"fixed\", \"sweep\": {\"train.epochs\": [null, 7]}}]}");
    const experiment *fixed = named(&c, "fixed"), *a = named(&c, "a"), *b = named(&c, "b");
    assert_int_equal(fixed->frame.lags, 3);
    assert_int_equal(fixed->model.lags, 3);
    assert_int_equal(a->frame.lags, 1);
    assert_int_equal(a->frame.test, 5);
    assert_true(a->train.optimizer.beta_1 == 0.1 && a->train.optimizer.beta_2 == 0.2);
    assert_int_equal(b->frame.test, 12);
    assert_int_equal(b->model.neurons, 2);
    assert_true(b->train.optimizer.beta_1 == 0.9);
    assert_int_equal(b->train.epochs, 9);
    assert_int_equal(named(&c, "epochs_null")->train.epochs, 500);
    config_free(&c);
}

static void experiments_keys_reach_their_structs(void **state) {
    (void)state;
    config c = load_experiments(
        "[{\"scheme\": \"update\", \"epochs\": 4, \"rows\": \"newest\", \"optimizer\": \"reset\", \"every\": 3, "
        "\"state_at_forecast\": \"warm\"},"
        "{\"scheme\": \"update\", \"epochs\": 5, \"rows\": {\"fraction\": 0.25}, \"state_at_forecast\": \"zero\"},"
        "{\"scheme\": \"update\", \"epochs\": 6, \"rows\": {\"last\": 7}},"
        "{\"scheme\": \"refit\", \"init\": \"current\", \"every\": 2}, {\"scheme\": \"refit\", \"name\": \"same\", "
        "\"init\": \"same\"},"
        "{\"scheme\": \"fixed\", \"frame\": {\"difference\": [1, 4], \"scale\": \"standard\"}},"
        "{\"scheme\": \"fixed\", \"name\": \"levels\", \"frame\": {\"difference\": 0, \"scale\": [0, 0.5]}},"
        "{\"scheme\": \"fixed\", \"name\": \"none\", \"frame\": {\"difference\": [], \"scale\": \"none\"}}]");
    const experiment *e = c.experiments;
    assert_int_equal(e[0].update.epochs, 4);
    assert_int_equal(e[0].update.rows, UPDATE_ROWS_LAST);
    assert_int_equal(e[0].update.last, 1);
    assert_int_equal(e[0].update.optimizer, UPDATE_OPTIMIZER_RESET);
    assert_int_equal(e[0].every, 3);
    assert_int_equal(e[0].state_at_forecast, FORECAST_WARM);
    assert_int_equal(e[1].update.rows, UPDATE_ROWS_FRACTION);
    assert_true(e[1].update.fraction == 0.25);
    assert_int_equal(e[1].state_at_forecast, FORECAST_ZERO);
    assert_int_equal(e[1].every, 1);
    assert_int_equal(e[2].update.rows, UPDATE_ROWS_LAST);
    assert_int_equal(e[2].update.last, 7);
    assert_int_equal(e[2].update.optimizer, UPDATE_OPTIMIZER_KEEP);
    assert_int_equal(e[3].init, REFIT_CURRENT);
    assert_int_equal(e[3].every, 2);
    assert_int_equal(e[4].init, REFIT_SAME);
    assert_int_equal(e[5].frame.n_differences, 2);
    assert_int_equal(e[5].frame.differences[1], 4);
    assert_int_equal(e[5].frame.scale, SCALE_STANDARD);
    assert_int_equal(e[6].frame.n_differences, 0);
    assert_int_equal(e[6].frame.scale, SCALE_RANGE);
    assert_true(e[6].frame.scale_low == 0 && e[6].frame.scale_high == 0.5);
    assert_int_equal(e[7].frame.n_differences, 0);
    assert_int_equal(e[7].frame.scale, SCALE_NONE);
    config_free(&c);
}

/* --- batches, optimizers, baselines ------------------------------------------------------------------------------ */

static void expect_optimizer(const char *settings, optimizer_kind kind, double learning_rate, double beta_2,
                             double epsilon) {
    char rest[300];
    snprintf(rest, sizeof rest, "\"train\": {\"optimizer\": %s}, \"experiments\": [{\"scheme\": \"fixed\"}]}",
             settings);
    config c = load_rest(rest);
    const optimizer_spec *o = &c.experiments[0].train.optimizer;
    assert_int_equal(o->kind, kind);
    assert_true(o->learning_rate == learning_rate && o->beta_2 == beta_2 && o->epsilon == epsilon);
    assert_true(o->beta_1 == 0.9);
    config_free(&c);
}

static void each_optimizer_has_defaults_of_its_own(void **state) {
    (void)state;
    expect_optimizer("{}", OPTIMIZER_ADAM, 0.001, 0.999, 1e-8);
    expect_optimizer("{\"name\": \"adam\", \"learning_rate\": 0.5}", OPTIMIZER_ADAM, 0.5, 0.999, 1e-8);
    expect_optimizer("{\"name\": \"sgd\"}", OPTIMIZER_SGD, 0.01, 0.999, 1e-8);
    expect_optimizer("{\"name\": \"rmsprop\"}", OPTIMIZER_RMSPROP, 0.001, 0.9, 1e-8);
    expect_optimizer("{\"name\": \"rmsprop\", \"beta_2\": 0.95}", OPTIMIZER_RMSPROP, 0.001, 0.95, 1e-8);
}

/* The defaults are those of the method that comes out of the patch or sweep, not of the one at the top. */
static void a_patched_or_swept_optimizer_brings_its_defaults(void **state) {
    (void)state;
    config c = load_rest(
        "\"model\": {\"preset\": \"tf2-keras\"}, \"train\": {\"optimizer\": {\"name\": \"sgd\"}}, \"experiments\": ["
        "{\"scheme\": \"fixed\"}, {\"scheme\": \"fixed\", \"name\": \"a\", \"train\": {\"optimizer\": {\"name\": "
        "null}}},"
        "{\"scheme\": \"fixed\", \"sweep\": {\"train.optimizer.name\": [\"adam\", \"sgd\", \"rmsprop\"]}}]}");
    assert_string_equal(names_of(&c), "fixed a name_adam name_sgd name_rmsprop");
    assert_true(named(&c, "fixed")->train.optimizer.learning_rate == 0.01);
    assert_int_equal(named(&c, "a")->train.optimizer.kind, OPTIMIZER_ADAM);
    assert_true(named(&c, "a")->train.optimizer.learning_rate == 0.001);
    assert_true(named(&c, "name_sgd")->train.optimizer.learning_rate == 0.01);
    const optimizer_spec *rmsprop = &named(&c, "name_rmsprop")->train.optimizer;
    assert_true(rmsprop->learning_rate == 0.001 && rmsprop->beta_2 == 0.9 && rmsprop->epsilon == 1e-7);
    config_free(&c);
}

static void batches_and_states_reach_their_structs(void **state) {
    (void)state;
    config c = load_rest(
        "\"train\": {\"batch\": 2}, \"experiments\": [{\"scheme\": \"fixed\", \"train\": {\"batch\": 5}},"
        "{\"scheme\": \"update\", \"epochs\": 1, \"rows\": {\"last\": 9}, \"batch\": 3, \"train\": {\"state\": "
        "\"per_row\"}},"
        "{\"scheme\": \"refit\", \"every\": 2, \"batch\": 2, \"train\": {\"batch\": null, \"state\": \"carry\"}},"
        "{\"scheme\": \"update\", \"epochs\": 2}]}");
    const experiment *e = c.experiments;
    const int in_train[] = {5, 2, 1, 2}, own[] = {1, 3, 2, 1};
    const train_state states[] = {STATE_PER_EPOCH, STATE_PER_ROW, STATE_CARRY, STATE_PER_EPOCH};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(e[i].train.batch, in_train[i]);
        assert_int_equal(e[i].batch, own[i]);
        assert_int_equal(e[i].train.state, states[i]);
    }
    config_free(&c);
}

/* 10 training rows: what divides them is fine for the base fit, and so is any batch where nothing is learnt later. */
static void a_batch_must_divide_only_what_is_learnt(void **state) {
    (void)state;
    expect_names("[{\"scheme\": \"fixed\", \"sweep\": {\"train.batch\": [1, 2, 5, 10]}}]",
                 "batch_1 batch_2 batch_5 batch_10");
    expect_names("[{\"scheme\": \"update\", \"epochs\": 2, \"every\": 12, \"batch\": 7}]", "update_2");
    expect_names("[{\"scheme\": \"update\", \"epochs\": 2, \"every\": 11, \"batch\": 7}]", "update_2"); /* 21 rows */
    expect_names(
        "[{\"scheme\": \"update\", \"epochs\": 2, \"rows\": {\"last\": 6}, \"sweep\": {\"batch\": [1, 2, 3, 6]}}]",
        "update_2_batch_1 update_2_batch_2 update_2_batch_3 update_2_batch_6");
    expect_names("[{\"scheme\": \"refit\", \"every\": 5, \"batch\": 5}]", "refit");
}

/* 500 epochs of 10 / 5 steps and updates of 6 / 3 steps: 500 * 2 + 11 * 4 * 2 = 1088 steps, 2 an epoch. An unbatched
 * baseline takes 10 an epoch. */
static void matching_by_steps_counts_batches(void **state) {
    (void)state;
    config c = load_rest(
        "\"train\": {\"batch\": 5}, \"experiments\": ["
        "{\"scheme\": \"update\", \"epochs\": 4, \"rows\": {\"last\": 6}, \"batch\": 3},"
        "{\"scheme\": \"fixed\", \"match\": \"*\", \"by\": \"steps\", \"name\": \"batched\"},"
        "{\"scheme\": \"fixed\", \"match\": \"*\", \"by\": \"steps\", \"name\": \"single\", \"train\": {\"batch\": 1}},"
        "{\"scheme\": \"fixed\", \"match\": \"*\"}]}");
    assert_int_equal(named(&c, "batched")->train.epochs, 544);
    assert_int_equal(named(&c, "single")->train.epochs, 109);
    assert_int_equal(named(&c, "fixed_544")->train.epochs, 544); /* by epochs: 500 + 11 * 4 */
    assert_int_equal(named(&c, "fixed_544")->train.batch, 5);
    config_free(&c);
}

static void baselines_parameters_are_nan_or_a_default_where_absent(void **state) {
    (void)state;
    config c = load_experiments(
        "[{\"scheme\": \"persistence\"}, {\"scheme\": \"drift\"}, {\"scheme\": \"mean\", \"refit\": true, \"every\": "
        "4},"
        "{\"scheme\": \"seasonal_naive\"}, {\"scheme\": \"ses\"}, {\"scheme\": \"holt\", \"beta\": 0.25},"
        "{\"scheme\": \"ar\", \"frame\": {\"lags\": 3, \"difference\": 0}, \"refit\": true},"
        "{\"scheme\": \"seasonal_naive\", \"name\": \"a\", \"period\": 4},"
        "{\"scheme\": \"ses\", \"name\": \"b\", \"alpha\": 0}, {\"scheme\": \"holt\", \"name\": \"c\", \"alpha\": 1, "
        "\"beta\": 0}]");
    assert_string_equal(names_of(&c), "persistence drift mean seasonal_naive ses holt ar a b c");
    const experiment *e = c.experiments;
    for (int i = 0; i < 7; i++) assert_int_equal(e[i].scheme, SCHEME_PERSISTENCE + i);
    for (int i = 0; i < 10; i++) {
        bool has_alpha = i >= 8, has_beta = i == 5 || i == 9;
        assert_int_equal(!isnan(e[i].baseline.alpha), has_alpha);
        assert_int_equal(!isnan(e[i].baseline.beta), has_beta);
        assert_int_equal(e[i].baseline.refit, i == 2 || i == 6);
        assert_int_equal(e[i].every, i == 2 ? 4 : 1);
    }
    assert_int_equal(e[3].baseline.period, 12);
    assert_int_equal(e[7].baseline.period, 4);
    assert_true(e[5].baseline.beta == 0.25);
    assert_true(e[8].baseline.alpha == 0);
    assert_true(e[9].baseline.alpha == 1 && e[9].baseline.beta == 0);
    assert_int_equal(e[6].frame.lags, 3);
    config_free(&c);
}

/* --- presets ---------------------------------------------------------------------------------------------------- */

static void expect_preset(const char *preset, initial_spec initial, activation recurrent, int bias_vectors,
                          double epsilon, epsilon_placement placement) {
    char rest[300];
    snprintf(rest, sizeof rest, "\"model\": {\"preset\": \"%s\"}, \"experiments\": [{\"scheme\": \"fixed\"}]}", preset);
    config c = load_rest(rest);
    const experiment *e = c.experiments;
    assert_int_equal(e->initial.kernel, initial.kernel);
    assert_int_equal(e->initial.recurrent, initial.recurrent);
    assert_int_equal(e->initial.dense, initial.dense);
    assert_int_equal(e->initial.biases_uniform, initial.biases_uniform);
    assert_int_equal(e->initial.unit_forget_bias, initial.unit_forget_bias);
    assert_int_equal(e->model.recurrent_activation, recurrent);
    assert_int_equal(e->model.activation, ACTIVATION_TANH);
    assert_int_equal(e->model.bias_vectors, bias_vectors);
    assert_true(e->train.optimizer.epsilon == epsilon);
    assert_int_equal(e->train.optimizer.placement, placement);
    assert_true(e->train.optimizer.learning_rate == 0.001 && e->train.optimizer.beta_1 == 0.9 &&
                e->train.optimizer.beta_2 == 0.999);
    config_free(&c);
}

static void presets_are_the_bundles_of_the_design(void **state) {
    (void)state;
    initial_spec keras = {.kernel = INITIAL_GLOROT_UNIFORM,
                          .recurrent = INITIAL_ORTHOGONAL,
                          .dense = INITIAL_GLOROT_UNIFORM,
                          .unit_forget_bias = true};
    initial_spec keras_1 = keras, pytorch = {.kernel = INITIAL_UNIFORM_HIDDEN,
                                             .recurrent = INITIAL_UNIFORM_HIDDEN,
                                             .dense = INITIAL_UNIFORM_HIDDEN,
                                             .biases_uniform = true};
    keras_1.kernel = keras_1.recurrent = INITIAL_GLOROT_UNIFORM_PER_GATE;
    expect_preset("keras-2.0", keras, ACTIVATION_HARD_SIGMOID, 1, 1e-8, EPSILON_BEFORE_CORRECTION);
    expect_preset("keras-1.2", keras_1, ACTIVATION_HARD_SIGMOID, 1, 1e-8, EPSILON_BEFORE_CORRECTION);
    expect_preset("tf2-keras", keras, ACTIVATION_SIGMOID, 1, 1e-7, EPSILON_BEFORE_CORRECTION);
    expect_preset("pytorch", pytorch, ACTIVATION_SIGMOID, 2, 1e-8, EPSILON_AFTER_CORRECTION);
}

static void each_key_of_a_preset_can_be_overridden_alone(void **state) {
    (void)state;
    config c = load_rest(
        "\"model\": {\"preset\": \"pytorch\", \"bias_vectors\": 1, \"recurrent_activation\": \"hard_sigmoid_6\"},"
        "\"train\": {\"optimizer\": {\"epsilon\": 0.5}}, \"experiments\": [{\"scheme\": \"fixed\"},"
        "{\"scheme\": \"fixed\", \"name\": \"keras\", \"model\": {\"preset\": null, \"recurrent_activation\": "
        "null}}]}");
    const experiment *e = c.experiments;
    assert_int_equal(e[0].model.bias_vectors, 1);
    assert_int_equal(e[0].model.recurrent_activation, ACTIVATION_HARD_SIGMOID_6);
    assert_int_equal(e[0].initial.kernel, INITIAL_UNIFORM_HIDDEN);
    assert_true(e[0].train.optimizer.epsilon == 0.5);
    assert_int_equal(e[0].train.optimizer.placement, EPSILON_AFTER_CORRECTION);
    assert_int_equal(e[1].initial.kernel, INITIAL_GLOROT_UNIFORM);
    assert_int_equal(e[1].model.recurrent_activation, ACTIVATION_HARD_SIGMOID);
    assert_int_equal(e[1].train.optimizer.placement, EPSILON_BEFORE_CORRECTION);
    config_free(&c);
}

/* --- the top, compare, the command line -------------------------------------------------------------------------- */

static void seeds_go_up_to_2_to_the_64_minus_1(void **state) {
    (void)state;
    config c = load_rest("\"seed\": \"18446744073709551615\", \"experiments\": [{\"scheme\": \"fixed\"}]}");
    assert_true(c.seed == UINT64_MAX);
    assert_non_null(strstr(c.resolved, "\"seed\": \"18446744073709551615\""));
    config_free(&c);
    c = load_rest("\"seed\": 9007199254740992, \"experiments\": [{\"scheme\": \"fixed\"}]}");
    assert_true(c.seed == UINT64_C(9007199254740992));
    config_free(&c);
    c = load_rest("\"seed\": 0, \"experiments\": [{\"scheme\": \"fixed\"}]}");
    assert_true(c.seed == 0);
    config_free(&c);
}

static void whole_numbers_may_be_written_with_a_point_or_exponent(void **state) {
    (void)state;
    config c = load_rest("\"repeats\": 3.0, \"train\": {\"epochs\": 1e2}, \"experiments\": [{\"scheme\": \"fixed\"}]}");
    assert_int_equal(c.repeats, 3);
    assert_int_equal(c.experiments[0].train.epochs, 100);
    config_free(&c);
}

static void defaults_of_the_top_are_as_documented(void **state) {
    (void)state;
    config c = load_experiments("[{\"scheme\": \"fixed\"}, {\"scheme\": \"persistence\"}]");
    assert_int_equal(c.repeats, 10);
    assert_true(c.seed == 1);
    assert_int_equal(c.threads, 0);
    assert_int_equal(c.precision, PRECISION_F32);
    assert_false(c.save_models);
    assert_int_equal(c.forecasts, FORECASTS_ALL);
    assert_int_equal(c.compare.adjust, ADJUST_HOLM);
    assert_true(c.compare.alpha == 0.05);
    assert_int_equal(c.compare.n_tests, 1);
    assert_int_equal(c.compare.tests[0], TEST_PAIRED_T);
    assert_true(c.compare.rope == 0); /* none */
    assert_int_equal(c.experiments[0].frame.n_differences, 1);
    assert_int_equal(c.experiments[0].frame.differences[0], 1);
    assert_int_equal(c.experiments[0].frame.test, 12);
    assert_int_equal(c.experiments[0].train.epochs, 500);
    assert_int_equal(c.experiments[0].model.neurons, 1);
    config_free(&c);
}

static void what_has_no_upper_limit_takes_any_finite_number(void **state) {
    (void)state;
    config c = load_rest(
        "\"compare\": {\"rope\": 1e301}, \"train\": {\"optimizer\": {\"learning_rate\": 1.7e308}},"
        "\"experiments\": [{\"scheme\": \"fixed\"}]}");
    assert_true(c.compare.rope == 1e301);
    assert_true(c.experiments[0].train.optimizer.learning_rate == 1.7e308);
    config_free(&c);
}

static void the_reference_is_fixed_or_else_the_first(void **state) {
    (void)state;
    config c = load_experiments("[{\"scheme\": \"persistence\"}, {\"scheme\": \"fixed\"}]");
    assert_int_equal(c.compare.reference, 1);
    config_free(&c);
    c = load_experiments("[{\"scheme\": \"persistence\"}, {\"scheme\": \"refit\"}]");
    assert_int_equal(c.compare.reference, 0);
    config_free(&c);
    c = load_experiments("[{\"scheme\": \"fixed\"}]");
    assert_int_equal(c.compare.reference, -1);
    config_free(&c);
    c = load_rest(
        "\"compare\": {\"reference\": \"all_pairs\", \"pairs\": [[\"refit\", \"fixed\"]], \"adjust\": \"bh\", "
        "\"alpha\": 0.1, \"tests\": [\"sign\", \"friedman\", \"paired_t\", \"welch\", \"wilcoxon\"], "
        "\"rope\": 2.5},"
        "\"experiments\": [{\"scheme\": \"fixed\"}, {\"scheme\": \"refit\"}]}");
    assert_int_equal(c.compare.n_tests, 5);
    assert_int_equal(c.compare.tests[0], TEST_SIGN);
    assert_int_equal(c.compare.tests[1], TEST_FRIEDMAN);
    assert_int_equal(c.compare.tests[4], TEST_WILCOXON);
    assert_true(c.compare.rope == 2.5);
    assert_int_equal(c.compare.reference, -1);
    assert_true(c.compare.all_pairs);
    assert_int_equal(c.compare.n_pairs, 1);
    assert_int_equal(c.compare.pairs[0].a, 1);
    assert_int_equal(c.compare.pairs[0].b, 0);
    assert_int_equal(c.compare.adjust, ADJUST_BH);
    config_free(&c);
}

static void set_reaches_every_corner(void **state) {
    (void)state;
    const char *set[] = {"train.epochs=100",
                         "model.initial_weights={\"file\":\"w.json\"}",
                         "experiments[1].sweep.epochs=[1,2]",
                         "compare.alpha=0.01",
                         "name=other",
                         "train.epochs=200",
                         "series.column=v",
                         "experiments[0].description=1 2",
                         "model.neurons=1"};
    farm_options options = {.set = set, .n_set = 9, .repeats = "3", .seed = "18446744073709551615", .threads = "4"};
    write_text("w.json",
               "{\"kernel\": [[1, 2, 3, 4]], \"recurrent_kernel\": [[5, 6, 7, 8]], \"bias\": [9, 10, 11, 12], "
               "\"dense_kernel\": [13], \"dense_bias\": 14}");
    write_text("t.json", HEAD
               "\"experiments\": [{\"scheme\": \"fixed\"}, {\"scheme\": \"update\", \"sweep\": {\"epochs\": [7]}}]}");
    config c = load_file("t.json", &options);
    assert_string_equal(names_of(&c), "fixed update_1 update_2");
    assert_string_equal(c.name, "other");
    assert_int_equal(c.experiments[0].train.epochs, 200);
    assert_true(c.compare.alpha == 0.01);
    assert_int_equal(c.repeats, 3);
    assert_true(c.seed == UINT64_MAX);
    assert_int_equal(c.threads, 4);
    assert_int_equal(c.experiments[2].initial.n_given, 1);
    assert_ptr_equal(c.experiments[0].initial.given, c.experiments[2].initial.given);
    for (int i = 0; i < 14; i++) assert_true(c.experiments[0].initial.given->weights[i] == i + 1);
    config_free(&c);
}

static void set_takes_json_or_else_text(void **state) {
    (void)state;
    const char *set[] = {"precision=f64",    "frame.scale=none",    "experiments[0].name=\"a{epochs}\"",
                         "save_models=true", "frame.difference=[]", "forecasts=quantiles"};
    farm_options options = {.set = set, .n_set = 6};
    write_text("t.json", HEAD "\"experiments\": [{\"scheme\": \"fixed\"}]}");
    config c = load_file("t.json", &options);
    assert_int_equal(c.precision, PRECISION_F64);
    assert_int_equal(c.experiments[0].frame.scale, SCALE_NONE);
    assert_string_equal(c.experiments[0].name, "a500");
    assert_true(c.save_models);
    assert_int_equal(c.forecasts, FORECASTS_QUANTILES);
    assert_int_equal(c.experiments[0].frame.n_differences, 0);
    config_free(&c);
}

static void files_are_found_from_the_config(void **state) {
    (void)state;
    assert_int_equal(mkdir("sub", 0777), 0);
    write_text("sub/t.json",
               "\xef\xbb\xbf{\"$schema\": \"x\", \"name\": \"t\", \"description\": \"\", \"series\": {\"file\": "
               "\"../series.csv\", \"column\": \"v\"}, \"experiments\": [{\"scheme\": \"fixed\"}]}");
    config c = load_file("sub/t.json", NULL);
    assert_string_equal(c.series_file, "sub/../series.csv");
    config_free(&c);
}

/* --- weights ----------------------------------------------------------------------------------------------------- */

#define MODEL_1                                                                                                        \
    "{\"kernel\": [[1, 2, 3, 4]], \"recurrent_kernel\": [[5, 6, 7, 8]], \"bias\": [9, 10, 11, 12], \"dense_kernel\": " \
    "[[13]], \"dense_bias\": [14]}"
#define MODEL_2                                                                                                        \
    "{\"kernel\": [[-1, 2, 3, 4]], \"recurrent_kernel\": [[5, 6, 7, 8]], \"bias\": [9, 10, 11, 12], "                  \
    "\"dense_kernel\": [13], \"dense_bias\": 14, \"refits\": [" MODEL_1 "]}"

/* --from is found from the working folder, file from the config's; an experiment's own weights stand over both. */
static void from_is_found_from_the_working_folder_and_stands_over_the_config(void **state) {
    (void)state;
    assert_int_equal(mkdir("other", 0777), 0);
    write_text("w.json", MODEL_1);
    write_text("other/w.json", MODEL_2);
    write_text(
        "other/t.json",
        "{\"name\": \"t\", \"series\": {\"file\": \"../series.csv\", \"column\": \"v\"}, \"model\": "
        "{\"initial_weights\": "
        "{\"file\": \"w.json\"}}, \"experiments\": [{\"scheme\": \"fixed\"}, {\"scheme\": \"fixed\", \"name\": "
        "\"own\", "
        "\"model\": {\"initial_weights\": {\"file\": \"w.json\"}}}, {\"scheme\": \"refit\", \"init\": \"current\"}, "
        "{\"scheme\": \"mean\"}]}");
    const char *set[] = {"model.initial_weights.file=absent.json"};
    config c = load_file("other/t.json", &(farm_options){.from = "w.json", .set = set, .n_set = 1});
    assert_true(named(&c, "fixed")->initial.given->weights[0] == 1);
    assert_true(named(&c, "own")->initial.given->weights[0] == -1);
    assert_true(named(&c, "refit")->initial.given->weights[0] == 1);
    assert_null(named(&c, "mean")->initial.given);
    char *path = realpath("w.json", NULL);
    assert_non_null(path);
    assert_non_null(strstr(c.resolved, path)); /* absolute, so that the resolved config means the same anywhere */
    free(path);
    config_free(&c);
    write_text("plain.json", HEAD "\"experiments\": [{\"scheme\": \"fixed\"}]}");
    c = load_file("plain.json", &(farm_options){.from = "other/w.json"});
    assert_true(c.experiments[0].initial.given->weights[0] == -1);
    config_free(&c);
}

static void weights_of_a_list_go_to_their_repeats(void **state) {
    (void)state;
    write_text("w.json", "[" MODEL_1 "," MODEL_2 "," MODEL_1 "]");
    config c = load_rest(
        "\"repeats\": 2, \"model\": {\"initial_weights\": {\"file\": \"w.json\"}}, \"experiments\": [{\"scheme\": "
        "\"fixed\"}]}");
    assert_int_equal(c.experiments[0].initial.n_given, 2);
    assert_true(c.experiments[0].initial.given[0].weights[0] == 1);
    assert_true(c.experiments[0].initial.given[1].weights[0] == -1);
    assert_int_equal(c.experiments[0].initial.given[1].n_refits, 1);
    assert_true(c.experiments[0].initial.given[1].refits[0][13] == 14);
    config_free(&c);
}

static void fresh_refits_need_as_many_weights_as_there_are_refits(void **state) {
    (void)state;
    write_text("w.json", MODEL_2);
    config c = load_rest(
        "\"model\": {\"initial_weights\": {\"file\": \"w.json\"}}, \"experiments\": ["
        "{\"scheme\": \"refit\", \"sweep\": {\"every\": [6, 11, 12]}},"
        "{\"scheme\": \"refit\", \"init\": \"same\", \"name\": \"same\"}]}");
    assert_int_equal(c.experiments[0].initial.given->n_refits, 1);
    config_free(&c);
    write_text("w.json", MODEL_1);
    c = load_rest(
        "\"model\": {\"initial_weights\": {\"file\": \"w.json\"}}, \"experiments\": ["
        "{\"scheme\": \"refit\", \"every\": 12}, {\"scheme\": \"refit\", \"name\": \"b\", \"frame\": {\"test\": 1}}]}");
    config_free(&c);
}

static void weights_are_laid_out_by_rows(void **state) {
    (void)state;
    write_text("w.json",
               "{\"kernel\": [[1,2,3,4,5,6,7,8],[9,10,11,12,13,14,15,16]], \"recurrent_kernel\": "
               "[[17,18,19,20,21,22,23,24],[25,26,27,28,29,30,31,32]],"
               "\"bias\": [33,34,35,36,37,38,39,40], \"recurrent_bias\": [41,42,43,44,45,46,47,48], \"dense_kernel\": "
               "[49,50], \"dense_bias\": 51}");
    config c = load_rest(
        "\"frame\": {\"lags\": 2}, \"model\": {\"preset\": \"pytorch\", \"neurons\": 2, \"initial_weights\": "
        "{\"file\": \"w.json\"}}, \"experiments\": [{\"scheme\": \"fixed\"}]}");
    for (int i = 0; i < 51; i++) assert_true(c.experiments[0].initial.given->weights[i] == i + 1);
    config_free(&c);
}

/* --- resolved ---------------------------------------------------------------------------------------------------- */

/* Everything that two loads of one meaning must share. */
static void expect_same_experiments(const config *a, const config *b) {
    assert_int_equal(a->n_experiments, b->n_experiments);
    for (size_t i = 0; i < a->n_experiments; i++) {
        const experiment *x = &a->experiments[i], *y = &b->experiments[i];
        assert_string_equal(x->name, y->name);
        assert_true(experiment_same_work(x, y) || x->initial.given != NULL);
        assert_int_equal(x->train.epochs, y->train.epochs);
    }
    assert_int_equal(a->compare.reference, b->compare.reference);
    assert_int_equal(a->compare.all_pairs, b->compare.all_pairs);
    assert_int_equal(a->compare.n_tests, b->compare.n_tests);
    assert_memory_equal(a->compare.tests, b->compare.tests, sizeof a->compare.tests);
    assert_true(a->compare.rope == b->compare.rope);
    assert_true(a->compare.alpha == b->compare.alpha && a->seed == b->seed && a->repeats == b->repeats);
    assert_int_equal(a->forecasts, b->forecasts);
}

/* path's resolved text loads to the same experiments and to the same resolved text, beside the config. */
static void expect_resolved_reloads(const char *path, const char *beside) {
    config first = load_file(path, NULL);
    write_text(beside, first.resolved);
    config second = load_file(beside, NULL);
    expect_same_experiments(&first, &second);
    assert_string_equal(first.resolved, second.resolved);
    config third = load_file(path, NULL);
    assert_string_equal(first.resolved, third.resolved);
    config_free(&first);
    config_free(&second);
    config_free(&third);
}

static void the_resolved_config_is_a_config_of_the_same_experiments(void **state) {
    (void)state;
    write_text("w.json", MODEL_2);
    write_text(
        "t.json", HEAD
        "\"description\": \"a \\\"b\\\" \\u00e9\\n\", \"seed\": \"18446744073709551615\", \"repeats\": 7, "
        "\"precision\": \"f64\", \"save_models\": true, \"forecasts\": \"none\","
        "\"frame\": {\"difference\": [1, 2], \"scale\": [0.1, 0.30000000000000004], \"test\": 6}, \"train\": "
        "{\"epochs\": 20},"
        "\"model\": {\"initial_weights\": {\"file\": \"w.json\"}},"
        "\"experiments\": [{\"scheme\": \"fixed\", \"match\": \"u*\", \"sweep\": {\"by\": [\"epochs\", \"steps\"]}},"
        "{\"scheme\": \"update\", \"name\": \"u{epochs}\", \"sweep\": {\"epochs\": [2, 5]}, \"rows\": {\"fraction\": "
        "0.1}},"
        "{\"scheme\": \"refit\", \"init\": \"same\", \"description\": \"mine\"}, {\"scheme\": \"persistence\"},"
        "{\"scheme\": \"fixed\", \"model\": {\"preset\": \"pytorch\", \"neurons\": 3, \"initial_weights\": null}, "
        "\"train\": {\"optimizer\": {\"learning_rate\": 0.1}}},"
        "{\"scheme\": \"fixed\", \"name\": \"levels\", \"frame\": {\"difference\": 0, \"scale\": \"none\"}}],"
        "\"compare\": {\"pairs\": [[\"refit\", \"levels\"]], \"adjust\": \"none\", \"rope\": 1.5, "
        "\"tests\": [\"wilcoxon\", \"friedman\"]}}");
    expect_resolved_reloads("t.json", "r.json");
    char *text = read_text("r.json", NULL);
    assert_non_null(strstr(text, "[\"u2\", \"fixed_30_by_epochs\"]"));
    assert_non_null(strstr(text, "trained as long in all as u2"));
    assert_null(strstr(text, "threads"));
    free(text);
}

static void every_newer_key_survives_the_resolved_config(void **state) {
    (void)state;
    write_text("w.json", MODEL_1);
    write_text(
        "t.json", HEAD
        "\"train\": {\"epochs\": 20, \"batch\": 5, \"state\": \"per_row\", \"optimizer\": {\"name\": \"rmsprop\"}},"
        "\"model\": {\"initial_weights\": {\"file\": \"w.json\"}}, \"experiments\": ["
        "{\"scheme\": \"fixed\"}, {\"scheme\": \"fixed\", \"match\": \"update*\", \"by\": \"steps\"},"
        "{\"scheme\": \"update\", \"epochs\": 3, \"rows\": {\"last\": 6}, \"sweep\": {\"batch\": [2, 3]}, \"train\": "
        "{\"state\": \"carry\", \"optimizer\": {\"name\": \"sgd\"}}},"
        "{\"scheme\": \"refit\", \"init\": \"same\", \"every\": 5, \"batch\": 5, \"train\": {\"optimizer\": "
        "{\"beta_2\": "
        "0.5}}},"
        "{\"scheme\": \"drift\", \"refit\": true, \"every\": 3}, {\"scheme\": \"mean\"}, {\"scheme\": "
        "\"seasonal_naive\", "
        "\"sweep\": {\"period\": [2, 7]}},"
        "{\"scheme\": \"ses\", \"alpha\": 0.1}, {\"scheme\": \"ses\", \"name\": \"fitted\"}, {\"scheme\": \"holt\", "
        "\"sweep\": {\"beta\": [0, 1]}},"
        "{\"scheme\": \"ar\", \"refit\": true, \"frame\": {\"lags\": 2}}]}");
    expect_resolved_reloads("t.json", "r.json");
    config c = load_file("r.json", NULL);
    assert_string_equal(names_of(&c),
                        "fixed fixed_70_batch_2 fixed_53_batch_3 update_3_batch_2 update_3_batch_3 refit drift mean "
                        "seasonal_naive_period_2 seasonal_naive_period_7 ses fitted holt_beta_0 holt_beta_1 ar");
    assert_int_equal(named(&c, "update_3_batch_2")->train.state, STATE_CARRY);
    assert_true(named(&c, "update_3_batch_2")->train.optimizer.learning_rate == 0.01);
    assert_true(named(&c, "refit")->train.optimizer.beta_2 == 0.5);
    assert_true(named(&c, "fixed")->train.optimizer.beta_2 == 0.9);
    assert_true(isnan(named(&c, "fitted")->baseline.alpha) && named(&c, "ses")->baseline.alpha == 0.1);
    config_free(&c);
}

static void the_tutorials_resolved_config_reloads(void **state) {
    (void)state;
    assert_int_equal(mkdir("data", 0777), 0);
    assert_int_equal(mkdir("configs", 0777), 0);
    size_t n;
    char *csv = read_text(in_root("data/shampoo.csv"), &n);
    write_bytes("data/shampoo.csv", csv, n);
    free(csv);
    char *text = read_text(in_root("configs/tutorial.json"), &n);
    write_bytes("configs/t.json", text, n);
    free(text);
    expect_resolved_reloads("configs/t.json", "configs/r.json");
}

/* Whether all of piece, where it first stands in the resolved config from after on, is there by default. */
static bool is_defaulted(const config *c, const char *after, const char *piece) {
    const char *from = strstr(c->resolved, after), *at = from ? strstr(from, piece) : NULL;
    assert_non_null(at);
    size_t n = strlen(piece), marked = strspn(c->defaulted + (at - c->resolved), "d");
    if (marked > 0 && marked < n) fail_msg("%s is marked in part", piece);
    return marked >= n;
}

static void the_resolved_config_tells_what_was_given_from_what_was_not(void **state) {
    (void)state;
    static const char rest[] =
        "\"seed\": 5, \"frame\": {\"lags\": 1}, \"train\": {\"optimizer\": {\"beta_1\": 0.9}}, \"experiments\": ["
        "{\"scheme\": \"fixed\"}, {\"scheme\": \"update\", \"sweep\": {\"epochs\": [2, 3], \"model.neurons\": [1]}},"
        "{\"scheme\": \"fixed\", \"name\": \"base\", \"match\": \"update_2*\"}], \"compare\": {\"alpha\": 0.05}}";
    config c = load_rest(rest);
    assert_int_equal(strlen(c.defaulted), strlen(c.resolved));
    static const char *const given[][2] = {
        {"", "\"name\": \"t\""},          {"", "\"seed\": 5"},         {"\"frame\"", "\"lags\": 1"},
        {"\"train\"", "\"beta_1\": 0.9"}, {"update_2", "\"lags\": 1"}, {"update_2", "\"neurons\": 1"},
        {"update_2", "\"epochs\": 2"},    {"", "\"alpha\": 0.05"},     {"", "\"name\": \"base\""},
    };
    static const char *const defaulted[][2] = {
        {"", "\"repeats\": 10"},
        {"", "\"precision\": \"f32\""},
        {"", "\"forecasts\": \"all\""},
        {"\"frame\"", "\"difference\": 1"},
        {"\"train\"", "\"beta_2\": 0.999"},
        {"\"fixed\"", "\"neurons\": 1"},
        {"update_2", "\"rows\": \"all\""},
        {"", "\"name\": \"update_2"},
        {"", "\"adjust\": \"holm\""},
        {"\"name\": \"t\"", "\"preset\": \"keras-2.0\""},
    };
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (is_defaulted(&c, given[i][0], given[i][1])) fail_msg("%s was given", given[i][1]);
    for (size_t i = 0; i < sizeof defaulted / sizeof *defaulted; i++)
        if (!is_defaulted(&c, defaulted[i][0], defaulted[i][1])) fail_msg("%s is a default", defaulted[i][1]);
    config restored;
    farm_errors errors = {0};
    config_kept kept = {"t.json", c.meant, c.said, c.series.values, c.series.n};
    assert_int_equal(config_restore(&restored, &kept, NULL, &errors), FARM_OK);
    assert_string_equal(restored.resolved, c.resolved);
    assert_string_equal(restored.defaulted, c.defaulted);
    config_free(&restored);
    config_free(&c);
    c = load_file("t.json", &(farm_options){.repeats = "10", .set = (const char *[]){"precision=f32"}, .n_set = 1});
    assert_false(is_defaulted(&c, "", "\"repeats\": 10"));
    assert_false(is_defaulted(&c, "", "\"precision\": \"f32\""));
    config_free(&c);
}

/* --- command ----------------------------------------------------------------------------------------------------- */

static void the_command_says_again_what_was_said_however_it_was_quoted(void **state) {
    (void)state;
    static const char *const set[] = {"train.epochs=7", "description=it's \"<b>\"; $(reboot) `x` \\"};
    config c = load_rest("\"repeats\": 4, \"experiments\": [{\"scheme\": \"fixed\"}]}");
    assert_string_equal(c.command, "farm t.json --repeats 4 --seed 1");
    config_free(&c);
    c = load_file(
        "t.json",
        &(farm_options){.repeats = "3", .seed = "18446744073709551615", .threads = "2", .set = set, .n_set = 2});
    assert_string_equal(c.description, "it's \"<b>\"; $(reboot) `x` \\");
    assert_string_equal(c.command,
                        "farm t.json --repeats 3 --seed 18446744073709551615 --set train.epochs=7 --set "
                        "'description=it'\\''s \"<b>\"; $(reboot) `x` \\'");
    config restored;
    farm_errors errors = {0};
    config_kept kept = {"t.json", c.meant, c.said, c.series.values, c.series.n};
    assert_int_equal(config_restore(&restored, &kept, NULL, &errors), FARM_OK);
    assert_string_equal(restored.command, c.command);
    config_free(&restored);
    config_free(&c);
}

/* --- parts ------------------------------------------------------------------------------------------------------- */

static void merge_patches_follow_rfc_7386(void **state) {
    (void)state;
    static const char *const rows[][3] = {
        {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
        {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
        {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
        {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
        {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
        {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
        {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
        {"{\"a\":\"foo\"}", "null", "null"},
        {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
        {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
        {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
        {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cJSON *patch = cJSON_Parse(rows[i][1]), *wanted = cJSON_Parse(rows[i][2]);
        cJSON *result = json_merge(cJSON_Parse(rows[i][0]), patch);
        assert_true(cJSON_Compare(result, wanted, true));
        cJSON_Delete(patch);
        cJSON_Delete(wanted);
        cJSON_Delete(result);
    }
}

static void globs_match_as_fnmatch_does(void **state) {
    (void)state;
    static const char alphabet[] = "ab-*?[]!^\\_", letters[] = "ab-_";
    uint32_t draw = 1;
    for (int i = 0; i < 300000; i++) {
        char glob[10] = "", text[10] = "";
        for (int k = 0; k < 8; k++) {
            draw = draw * 1664525u + 1013904223u;
            if (draw >> 31 || k < 2) glob[strlen(glob)] = alphabet[(draw >> 16) % (sizeof alphabet - 1)];
            if (draw >> 30 & 1) text[strlen(text)] = letters[(draw >> 8) % (sizeof letters - 1)];
        }
        if (strchr(glob, '\\') || strchr(glob, '[')) continue; /* what a stray one means is the C library's own */
        if (config_glob(glob, text) != (fnmatch(glob, text, 0) == 0)) fail_msg("glob \"%s\" on \"%s\"", glob, text);
    }
    static const char *const pairs[][2] = {{"update_[25]", "update_2"},
                                           {"update_[!25]", "update_2"},
                                           {"update_[0-9]*", "update_20"},
                                           {"[]a]x", "]x"},
                                           {"a\\*", "a*"},
                                           {"a\\*", "ab"},
                                           {"[^a]", "b"},
                                           {"[a-c-]", "-"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_int_equal(config_glob(pairs[i][0], pairs[i][1]), fnmatch(pairs[i][0], pairs[i][1], 0) == 0);
}

static void a_hostile_glob_takes_no_time(void **state) {
    (void)state;
    assert_false(config_glob(
        "*a*a*a*a*a*a*a*a*a*a*a*a*a*b",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

static void numbers_are_written_short_and_exact(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } rows[] = {{0.01, "0.01"},
                {1e-8, "1e-8"},
                {500, "500"},
                {1e6, "1000000"},
                {0.1 + 0.2, "0.30000000000000004"},
                {9007199254740992.0, "9007199254740992"},
                {1e300, "1e300"},
                {-0.5, "-0.5"},
                {123456789012.0, "123456789012"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[40];
        json_number_text(text, rows[i].value);
        assert_string_equal(text, rows[i].text);
    }
}

/* --- the documents ----------------------------------------------------------------------------------------------- */

/* A json block of docs/config.md: a whole config, one experiment, or members of the top. */
static void load_example(const char *block, int line) {
    static char text[20000];
    if (strstr(block, "\"experiments\"") && *block == '{')
        snprintf(text, sizeof text, "%s", block);
    else if (*block == '{')
        snprintf(
            text, sizeof text,
            HEAD
            "\"experiments\": [{\"scheme\": \"fixed\", \"name\": \"before\"}, {\"scheme\": \"update\", \"epochs\": 3},"
            "{\"scheme\": \"update\", \"epochs\": 77, \"name\": \"update_77\"},\n%s]}",
            block);
    else
        snprintf(text, sizeof text, HEAD "%s%s}", block,
                 strstr(block, "\"experiments\"")
                     ? ""
                     : ", \"experiments\": [{\"scheme\": \"fixed\"},"
                       "{\"scheme\": \"update\", \"epochs\": 2}, {\"scheme\": \"refit\", \"init\": \"same\"}]");
    write_text("example.json", text);
    config c;
    farm_errors errors = {0};
    if (config_load(&c, "example.json", NULL, &errors) != FARM_OK) {
        print_faults(&errors);
        fail_msg("docs/config.md:%d: the example is not accepted", line);
    }
    config_free(&c);
}

static void every_example_in_the_reference_is_accepted(void **state) {
    (void)state;
    write_text("weights.json", MODEL_1);
    char *docs = read_text(in_root("docs/config.md"), NULL), *at = docs;
    int n = 0;
    while ((at = strstr(at, "```json\n")) != NULL) {
        char *begin = at + 8, *end = strstr(begin, "```");
        int line = 1;
        for (const char *p = docs; p < begin; p++) line += *p == '\n';
        assert_non_null(end);
        *end = '\0';
        load_example(begin, line);
        at = end + 1;
        n++;
    }
    free(docs);
    assert_true(n >= 10);
}

/* Every "farm t.json --set x=y ..." line of a sh block. */
static void every_set_in_the_reference_is_accepted(void **state) {
    (void)state;
    write_text(
        "t.json",
        HEAD "\"experiments\": [{\"scheme\": \"fixed\"}, {\"scheme\": \"update\", \"sweep\": {\"epochs\": [2, 5]}}]}");
    char *docs = read_text(in_root("docs/config.md"), NULL);
    int n = 0;
    for (char *at = docs; (at = strstr(at, "--set '")) != NULL; at += 7, n++) {
        char assignment[300];
        snprintf(assignment, sizeof assignment, "%.*s", (int)strcspn(at + 7, "'"), at + 7);
        const char *set[] = {assignment};
        config c = load_file("t.json", &(farm_options){.set = set, .n_set = 1});
        config_free(&c);
    }
    free(docs);
    assert_true(n >= 3);
}

/* --- the table as JSON -------------------------------------------------------------------------------------------- */

static int print_keys(void) {
    static const char *const kinds[] = {"integer", "number",  "boolean",     "text",    "name",       "choice",
                                        "choices", "repeats", "seed",        "section", "difference", "scale",
                                        "rows",    "sweep",   "experiments", "pairs"};
    puts("[");
    for (size_t i = 0; i < n_config_keys; i++) {
        const config_key *key = &config_keys[i];
        printf(
            "{\"section\": \"%s\", \"name\": \"%s\", \"kind\": \"%s\", \"low\": %.17g, \"high\": %.17g, \"above\": %s, "
            "\"below\": %s, ",
            config_section_path(key->section), key->name, kinds[key->kind], key->low, key->high,
            key->above ? "true" : "false", key->below ? "true" : "false");
        printf(
            "\"inner\": \"%s\", \"default\": %s, \"has_default\": %s, \"required\": %s, \"schemes\": %u, \"choices\": "
            "[",
            config_section_path(key->inner), key->fallback ? key->fallback : "null", key->fallback ? "true" : "false",
            key->required ? "true" : "false", key->schemes);
        for (size_t c = 0; key->choices && key->choices[c]; c++) printf("%s\"%s\"", c ? ", " : "", key->choices[c]);
        printf("], \"words\": \"%s\"}%s\n", key->words ? key->words : "", i + 1 < n_config_keys ? "," : "");
    }
    puts("]");
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--keys") == 0) return print_keys();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_faulty_input_is_named_with_its_place),
        cmocka_unit_test(tutorial_expands_to_its_thirteen_experiments),
        cmocka_unit_test(matching_by_steps_takes_the_least_epochs_with_as_many_steps),
        cmocka_unit_test(matching_by_steps_counts_the_rows_of_each_update),
        cmocka_unit_test(matching_by_epochs_counts_the_updates_that_are_made),
        cmocka_unit_test(a_sweep_varies_its_first_key_slowest),
        cmocka_unit_test(names_say_what_varies),
        cmocka_unit_test(templates_take_values_from_the_resolved_experiment),
        cmocka_unit_test(a_baseline_keeps_the_swept_parts_and_settings_of_its_update),
        cmocka_unit_test(a_baseline_made_twice_is_made_once),
        cmocka_unit_test(patches_merge_and_null_goes_back_to_the_default),
        cmocka_unit_test(experiments_keys_reach_their_structs),
        cmocka_unit_test(each_optimizer_has_defaults_of_its_own),
        cmocka_unit_test(a_patched_or_swept_optimizer_brings_its_defaults),
        cmocka_unit_test(batches_and_states_reach_their_structs),
        cmocka_unit_test(a_batch_must_divide_only_what_is_learnt),
        cmocka_unit_test(matching_by_steps_counts_batches),
        cmocka_unit_test(baselines_parameters_are_nan_or_a_default_where_absent),
        cmocka_unit_test(presets_are_the_bundles_of_the_design),
        cmocka_unit_test(each_key_of_a_preset_can_be_overridden_alone),
        cmocka_unit_test(seeds_go_up_to_2_to_the_64_minus_1),
        cmocka_unit_test(whole_numbers_may_be_written_with_a_point_or_exponent),
        cmocka_unit_test(defaults_of_the_top_are_as_documented),
        cmocka_unit_test(what_has_no_upper_limit_takes_any_finite_number),
        cmocka_unit_test(the_reference_is_fixed_or_else_the_first),
        cmocka_unit_test(set_reaches_every_corner),
        cmocka_unit_test(set_takes_json_or_else_text),
        cmocka_unit_test(files_are_found_from_the_config),
        cmocka_unit_test(from_is_found_from_the_working_folder_and_stands_over_the_config),
        cmocka_unit_test(weights_of_a_list_go_to_their_repeats),
        cmocka_unit_test(fresh_refits_need_as_many_weights_as_there_are_refits),
        cmocka_unit_test(weights_are_laid_out_by_rows),
        cmocka_unit_test(the_resolved_config_is_a_config_of_the_same_experiments),
        cmocka_unit_test(every_newer_key_survives_the_resolved_config),
        cmocka_unit_test(the_tutorials_resolved_config_reloads),
        cmocka_unit_test(the_resolved_config_tells_what_was_given_from_what_was_not),
        cmocka_unit_test(the_command_says_again_what_was_said_however_it_was_quoted),
        cmocka_unit_test(merge_patches_follow_rfc_7386),
        cmocka_unit_test(globs_match_as_fnmatch_does),
        cmocka_unit_test(a_hostile_glob_takes_no_time),
        cmocka_unit_test(numbers_are_written_short_and_exact),
        cmocka_unit_test(every_example_in_the_reference_is_accepted),
        cmocka_unit_test(every_set_in_the_reference_is_accepted),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
