/* config.c - a JSON file to plain structs: the order of the steps. See config.h.
 * read (json_text) -> overrides -> keys and values (config_check) -> experiments (config_experiments) -> what hangs on
 * the series and the weights files -> structs. Each step goes on past faults as far as it can, so that all are listed.
 * Invariant: a config comes out only if no step found a fault. */
#include "config.h"
#include "config_override.h"
#include "config_resolved.h"
#include "json_patch.h"
#include "json_write.h"
#include "weights_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    config *out;
    const config_kept *kept; /* NULL: from files */
    json_texts texts;
    cJSON *top;
    cJSON *given; /* top as the file and the command line made it */
    variants all;
    weights_files weights;
} loading;

/* --- reading ---------------------------------------------------------------------------------------------------- */

static bool read_top(loading *l, const char *path) {
    char why[200], found[80];
    size_t n;
    char *bytes = l->kept ? strdup(l->kept->meant) : json_read_file(&l->texts, path, &n, why);
    if (l->kept && !bytes) {
        json_fault_memory(&l->texts);
        return false;
    }
    if (l->kept) n = strlen(bytes);
    if (!bytes) {
        json_fault_at(&l->texts, (error_place){.file = path}, "%s", why);
        return false;
    }
    l->top = json_parse(&l->texts, path, "", bytes, n, true);
    if (!l->top || cJSON_IsObject(l->top)) return l->top != NULL;
    json_describe(l->top, found, sizeof found);
    json_fault(&l->texts, l->top, "a config must be an object {...}, found %s", found);
    return false;
}

/* file as it is named in the config, found from the working folder. */
static char *relative_path(loading *l, const char *file) {
    const char *slash = strrchr(l->out->path, '/');
    if (*file == '/' || !slash) return json_print(&l->texts, "%s", file);
    return json_print(&l->texts, "%.*s%s", (int)(slash + 1 - l->out->path), l->out->path, file);
}

static char *copy_text(loading *l, const cJSON *node) { return json_print(&l->texts, "%s", node->valuestring); }

/* "max" and its default are those of the table. */
static void read_until(loading *l, const cJSON *until) {
    if (!json_get(until, "half_width")) return;
    cJSON *complete = config_complete(&l->texts, SECTION_UNTIL, until, config_preset(NULL));
    if (!complete) return;
    l->out->half_width = json_get(complete, "half_width")->valuedouble;
    l->out->repeats = (int)json_get(complete, "max")->valuedouble;
    cJSON_Delete(complete);
}

/* As read_until reads them. */
static cJSON *repeats_value(const config *c) {
    if (isnan(c->half_width)) return cJSON_CreateNumber(c->repeats);
    cJSON *out = cJSON_CreateObject(), *until = out ? cJSON_AddObjectToObject(out, "until") : NULL;
    if (until && cJSON_AddNumberToObject(until, "half_width", c->half_width) &&
        cJSON_AddNumberToObject(until, "max", c->repeats))
        return out;
    cJSON_Delete(out);
    return NULL;
}

static const config_key *forecasts_key(void) { return config_key_find(SECTION_TOP, "forecasts"); }

static void read_scalars(loading *l, const farm_options *options) {
    static const farm_options nothing = {0};
    config *c = l->out;
    const cJSON *top = l->top, *seed = json_get(top, "seed");
    const cJSON *repeats = json_get(top, "repeats"), *threads = json_get(top, "threads");
    const cJSON *bits = json_get(top, "precision"), *forecasts = json_get(top, "forecasts");
    if (!options) options = &nothing;
    if (json_get(top, "name")) c->name = copy_text(l, json_get(top, "name"));
    if (json_get(top, "description")) c->description = copy_text(l, json_get(top, "description"));
    c->repeats = cJSON_IsNumber(repeats) ? (int)repeats->valuedouble : 10;
    c->half_width = NAN;
    read_until(l, json_get(repeats, "until"));
    c->threads = threads ? (int)threads->valuedouble : 0;
    c->seed = cJSON_IsNumber(seed) ? (uint64_t)seed->valuedouble : 1;
    if (cJSON_IsString(seed)) config_seed_from_text(seed->valuestring, &c->seed);
    c->precision = bits && strcmp(bits->valuestring, "f64") == 0 ? PRECISION_F64 : PRECISION_F32;
    c->save_models = cJSON_IsTrue(json_get(top, "save_models"));
    c->record_loss = cJSON_IsTrue(json_get(top, "record_loss"));
    if (forecasts) c->forecasts = (forecasts_written)config_choice(forecasts_key(), forecasts);
    if (options->repeats) c->half_width = NAN; /* just so many */
    override_integer(&l->texts, "--repeats", options->repeats, 1, 1000000000, &c->repeats);
    override_integer(&l->texts, "--threads", options->threads, 1, 4096, &c->threads);
    override_seed(&l->texts, "--seed", options->seed, &c->seed);
}

/* Repeats and seed are said whoever said them first, so that the same run is always told alike; but repeats that end
 * where differences are known are the config's own. */
static void keep_command(loading *l, const farm_options *options) {
    config *c = l->out;
    char *word = override_word(&l->texts, c->path);
    char *repeats =
        isnan(c->half_width) ? json_print(&l->texts, " --repeats %d", c->repeats) : json_print(&l->texts, "%s", "");
    c->said = l->kept ? json_print(&l->texts, "%s", l->kept->said) : override_said(&l->texts, options);
    if (word && repeats && c->said)
        c->command =
            json_print(&l->texts, "farm %s%s --seed %llu%s", word, repeats, (unsigned long long)c->seed, c->said);
    free(repeats);
    free(word);
}

static void keep_given(loading *l, const farm_options *options) {
    const config *c = l->out;
    bool fine = true;
    if (options && options->repeats) fine = json_put(l->top, "repeats", repeats_value(c));
    if (options && options->seed) fine = json_put(l->top, "seed", config_seed_value(c->seed)) && fine;
    l->given = cJSON_Duplicate(l->top, true);
    l->out->meant = json_write(l->top);
    if (!fine || !l->given || !l->out->meant) json_fault_memory(&l->texts);
}

/* The tree says these whoever said them, for names made from it. */
static void write_scalars(loading *l) {
    const config *c = l->out;
    bool fine = json_put(l->top, "repeats", repeats_value(c)) && json_put(l->top, "seed", config_seed_value(c->seed)) &&
                json_put(l->top, "precision", cJSON_CreateString(c->precision == PRECISION_F64 ? "f64" : "f32")) &&
                json_put(l->top, "save_models", cJSON_CreateBool(c->save_models)) &&
                json_put(l->top, "record_loss", cJSON_CreateBool(c->record_loss)) &&
                json_put(l->top, "forecasts", cJSON_CreateString(forecasts_key()->choices[c->forecasts]));
    if (!fine) json_fault_memory(&l->texts);
}

static void copy_series(loading *l) {
    series *s = &l->out->series;
    *s = (series){.n = l->kept->n, .digest = digest_doubles(l->kept->values, l->kept->n)};
    s->values = malloc((s->n ? s->n : 1) * sizeof *s->values);
    if (s->values)
        memcpy(s->values, l->kept->values, s->n * sizeof *s->values);
    else
        json_fault_memory(&l->texts);
}

/* A fault of the series is one of the config too. */
static void read_series(loading *l) {
    const cJSON *part = json_get(l->top, "series"), *file = json_get(part, "file"), *column = json_get(part, "column");
    config *c = l->out;
    if (!file || !column) return; /* listed as missing */
    c->series_file = relative_path(l, file->valuestring);
    c->series_column = copy_text(l, column);
    if (!c->series_file || !c->series_column) return;
    if (l->kept) {
        copy_series(l);
        return;
    }
    farm_status status = series_read(&c->series, c->series_file, c->series_column, "series.file", l->texts.errors);
    if (status == FARM_OK) return;
    l->texts.n_faults++;
    if (status == FARM_FAILED) l->texts.out_of_memory = true;
    c->series = (series){0};
}

/* --- what hangs on the series ----------------------------------------------------------------------------------- */

/* Rows that n observations make with another number of lags. */
static long rows_with(frame_spec spec, int lags, size_t n) {
    spec.lags = lags;
    return frame_rows(&spec, n);
}

static void fault_frame(loading *l, const variant *v, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* At the key where it was given, or else at the object where it could be. */
static void fault_frame(loading *l, const variant *v, const char *key, const char *format, ...) {
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const cJSON *part = json_get(v->merged, "frame"), *node = json_get(part, key);
    if (node)
        json_fault(&l->texts, node, "%s", text);
    else if (part)
        json_fault_missing(&l->texts, part, key, "%s", text);
    else {
        char path[40];
        snprintf(path, sizeof path, "frame.%s", key);
        json_fault_missing(&l->texts, l->top, path, "%s", text);
    }
}

/* There must be at least one training row. The key at fault is the first of test, lags, difference whose change alone
 * would do. */
static void check_rows_left(loading *l, const variant *v) {
    frame_spec spec;
    config_read_frame(&spec, json_get(v->resolved, "frame"));
    size_t n = l->out->series.n;
    long rows = frame_rows(&spec, n), lag_rows = rows_with(spec, 1, n);
    if (rows - spec.test >= 1) return;
    if (rows >= 2)
        fault_frame(l, v, "test",
                    "%d test rows leave none to train on: the %zu observations make %ld rows; the largest value that "
                    "works is %ld",
                    spec.test, n, rows, rows - 1);
    else if (lag_rows >= 2)
        fault_frame(l, v, "lags",
                    "%d lags leave too few rows: the %zu observations make %ld; the largest value that works is %ld%s",
                    spec.lags, n, rows < 0 ? 0 : rows, lag_rows - spec.test >= 1 ? lag_rows - spec.test : lag_rows - 1,
                    lag_rows - spec.test >= 1 ? "" : ", with \"test\": 1");
    else if (spec.n_differences > 0 && n >= 3)
        fault_frame(
            l, v, "difference",
            "this difference leaves too few rows: the %zu observations make %ld; the largest value that works is %zu, "
            "with \"lags\": 1 and \"test\": 1",
            n, rows < 0 ? 0 : rows, n - 3);
    else
        json_fault(&l->texts, json_get(json_get(l->top, "series"), "file"),
                   "only %zu observation%s; there must be at least 3", n, n == 1 ? "" : "s");
}

/* At an experiment's own key, or at the experiment where the key has its default. */
static void fault_own(loading *l, const variant *v, const char *key, const char *text) {
    const cJSON *node = json_get(v->merged, key);
    if (node)
        json_fault(&l->texts, node, "%s", text);
    else
        json_fault_missing(&l->texts, v->entry, key, "%s", text);
}

/* Batches must divide the rows that they are taken from. */
static void check_batches(loading *l, const variant *v, const experiment *e, int n_train) {
    char text[300];
    int rows = scheme_indivisible(e, n_train);
    if (rows == 0) return;
    const cJSON *batch = json_get(json_get(v->merged, "train"), "batch");
    if (n_train % e->train.batch != 0)
        json_fault(&l->texts, batch, "batches of %d do not divide the %d training rows; take a divisor of %d",
                   e->train.batch, n_train, n_train);
    else {
        bool update = e->scheme == SCHEME_UPDATE, growing = !update || e->update.rows == UPDATE_ROWS_ALL;
        int n = snprintf(text, sizeof text, "batches of %d do not divide the %d row%s that %s learns from; ", e->batch,
                         rows, rows == 1 ? "" : "s", update ? "an update" : "a refit");
        if (growing)
            n += snprintf(text + n, sizeof text - (size_t)n,
                          "take a divisor of the %d training rows, and for \"every\" a multiple of it", n_train);
        if (update)
            snprintf(text + n, sizeof text - (size_t)n, "%s\"rows\": {\"last\": k} with a multiple of the batch",
                     growing ? ", or " : "take ");
        fault_own(l, v, "batch", text);
    }
}

/* What a baseline needs before its first forecast. */
static void check_baseline(loading *l, const variant *v, const experiment *e, int n_train) {
    char text[300];
    int first = (int)l->out->series.n - e->frame.test;
    if (e->scheme == SCHEME_SEASONAL_NAIVE && e->baseline.period > first) {
        snprintf(text, sizeof text, "a season of %d observations, but only %d before the first forecast; at most %d",
                 e->baseline.period, first, first);
        fault_own(l, v, "period", text);
    }
    if (e->scheme == SCHEME_AR && n_train < e->frame.lags + 1)
        fault_frame(l, v, "lags", "%d training rows cannot give the %d coefficients of an AR(%d); take fewer lags",
                    n_train, e->frame.lags + 1, e->frame.lags);
}

/* What hangs on how many rows there are. */
static void check_rows(loading *l, const variant *v, const experiment *e) {
    long n_train = frame_rows(&e->frame, l->out->series.n) - e->frame.test;
    check_rows_left(l, v);
    if (n_train < 1 || v->faulty) return;
    if (experiment_is_lstm(e))
        check_batches(l, v, e, (int)n_train);
    else
        check_baseline(l, v, e, (int)n_train);
}

static bool frame_complete(const variant *v) { return !config_was_faulty(json_get(v->merged, "frame")); }

/* --- structs ---------------------------------------------------------------------------------------------------- */

static void take_weights(loading *l, const variant *v, experiment *e) {
    const cJSON *file = json_get(json_get(json_get(v->resolved, "model"), "initial_weights"), "file");
    if (!json_get(json_get(v->resolved, "model"), "initial_weights")) return;
    if (!file) {
        if (!config_was_faulty(json_get(json_get(v->merged, "model"), "initial_weights")))
            json_fault_missing(&l->texts, json_get(json_get(v->merged, "model"), "initial_weights"), "file",
                               "\"file\" is missing: which one holds the weights?");
        return;
    }
    char *path = relative_path(l, file->valuestring);
    if (!path) return;
    const weights_set *set = weights_get(&l->weights, &l->texts, path, file, &e->model, (size_t)l->out->repeats);
    if (set) {
        e->initial.given = set->given;
        e->initial.n_given = set->n;
        size_t n_refits = (size_t)((e->frame.test - 1) / e->every);
        if (e->scheme == SCHEME_REFIT && e->init == REFIT_FRESH) weights_have_refits(set, &l->texts, file, n_refits);
    }
    free(path);
}

static void make_experiments(loading *l) {
    config *c = l->out;
    c->experiments = calloc(l->all.n + 1, sizeof *c->experiments);
    if (!c->experiments) {
        json_fault_memory(&l->texts);
        return;
    }
    for (size_t i = 0; i < l->all.n; i++) {
        const variant *v = l->all.items[i];
        experiment *e = &c->experiments[c->n_experiments++];
        config_read_experiment(e, v->resolved, v->model, v->train);
        e->name = json_print(&l->texts, "%s", variant_name(v));
        if (v->n_matches > 0) e->matches = calloc(v->n_matches, sizeof *e->matches);
        for (size_t m = 0; m < v->n_matches && e->matches; m++) e->matches[e->n_matches++] = v->matches[m]->index;
        if (v->n_matches > 0 && !e->matches) json_fault_memory(&l->texts);
        if (c->series.n > 0 && frame_complete(v)) check_rows(l, v, e);
        if (!v->faulty && !l->kept) take_weights(l, v, e);
        e->work = config_work(&l->texts, v, e->initial.given ? weights_digest(&l->weights, e->initial.given) : NULL);
    }
}

/* The weights files' arrays are the config's from here on. */
static void keep_weights(loading *l) {
    config *c = l->out;
    size_t n = l->weights.n_sets;
    if (n == 0) return;
    c->weights = calloc(n, sizeof *c->weights);
    if (!c->weights) {
        json_fault_memory(&l->texts);
        return;
    }
    c->n_weights = n;
    for (size_t i = 0; i < n; i++) {
        c->weights[i] = (config_weights){l->weights.sets[i].given, l->weights.sets[i].n};
        l->weights.sets[i].given = NULL;
        l->weights.sets[i].n = 0;
    }
}

/* --- compare ---------------------------------------------------------------------------------------------------- */

/* Index of the experiment that node names; -1: there is none, which is a fault. */
static int find_named(loading *l, const cJSON *node) {
    const variant *v = variants_find(&l->all, node->valuestring);
    if (v) return v->index;
    if (l->all.incomplete || l->all.n == 0) return -1;
    char names[300], found[80];
    const char *near = json_faults_enough(&l->texts) ? NULL : variants_nearest(&l->all, node->valuestring);
    variants_list(&l->all, names, sizeof names);
    json_describe(node, found, sizeof found);
    if (near)
        json_fault(&l->texts, node, "no experiment is called %s; did you mean \"%s\"? There are %s", found, near,
                   names);
    else
        json_fault(&l->texts, node, "no experiment is called %s; there are %s", found, names);
    return -1;
}

static void read_reference(loading *l, const cJSON *reference) {
    compare_spec *spec = &l->out->compare;
    const variant *fixed = variants_find(&l->all, "fixed");
    if (!reference) {
        spec->reference = fixed ? fixed->index : 0;
    } else if (strcmp(reference->valuestring, "all_pairs") == 0) {
        size_t pairs = l->all.n * (l->all.n - (l->all.n > 0)) / 2;
        if (pairs > MAX_COMPARISONS)
            json_fault(&l->texts, reference,
                       "all pairs of %zu experiments are %zu comparisons, more than %d; take one as the reference",
                       l->all.n, pairs, MAX_COMPARISONS);
        spec->all_pairs = true;
        spec->reference = -1;
    } else {
        spec->reference = find_named(l, reference);
    }
    if (l->all.n == 1) spec->reference = -1;
}

static void read_pairs(loading *l, const cJSON *list) {
    compare_spec *spec = &l->out->compare;
    size_t n = (size_t)cJSON_GetArraySize(list), matched = 0;
    for (size_t i = 0; i < l->all.n; i++) matched += l->all.items[i]->n_matches;
    if (n == 0) return;
    if (n + matched > MAX_PAIRS) {
        json_fault(&l->texts, list, "%zu pairs, and %zu of updates with their baselines, are more than %d", n, matched,
                   MAX_PAIRS);
        return;
    }
    spec->pairs = calloc(n, sizeof *spec->pairs);
    if (!spec->pairs) {
        json_fault_memory(&l->texts);
        return;
    }
    for (const cJSON *pair = list->child; pair; pair = pair->next) {
        compare_pair found = {find_named(l, pair->child), find_named(l, pair->child->next)};
        if (found.a == found.b && found.a >= 0)
            json_fault(&l->texts, pair, "an experiment cannot be compared with itself");
        spec->pairs[spec->n_pairs++] = found;
    }
}

static void read_tests(compare_spec *spec, const cJSON *list) {
    const config_key *key = config_key_find(SECTION_COMPARE, "tests");
    for (const cJSON *item = list->child; item; item = item->next)
        spec->tests[spec->n_tests++] = (compare_test)config_choice(key, item);
}

static void read_compare(loading *l) {
    const cJSON *given = json_get(l->top, "compare"), *pairs = json_get(given, "pairs");
    cJSON *complete = config_complete(&l->texts, SECTION_COMPARE, given, "keras-2.0");
    if (!complete) return;
    read_reference(l, json_get(given, "reference"));
    if (pairs) read_pairs(l, pairs);
    l->out->compare.adjust =
        (adjustment)config_choice(config_key_find(SECTION_COMPARE, "adjust"), json_get(complete, "adjust"));
    l->out->compare.alpha = json_get(complete, "alpha")->valuedouble;
    read_tests(&l->out->compare, json_get(complete, "tests"));
    const cJSON *rope = json_get(complete, "rope");
    l->out->compare.rope = rope ? rope->valuedouble : 0;
    cJSON_Delete(complete);
}

/* --- all of it -------------------------------------------------------------------------------------------------- */

static void load(loading *l, const char *path, const farm_options *options) {
    l->out->path = json_print(&l->texts, "%s", path);
    if (!l->out->path || !read_top(l, path)) return;
    for (size_t i = 0; options && i < options->n_set; i++) override_set(&l->texts, l->top, options->set[i]);
    if (options && options->from) override_from(&l->texts, l->top, options->from);
    config_check(&l->texts, l->top);
    read_scalars(l, options);
    keep_command(l, options);
    keep_given(l, options);
    write_scalars(l);
    read_series(l);
    variants_expand(&l->all, &l->texts, l->top, l->out->series.n);
    if (l->texts.out_of_memory) return;
    make_experiments(l);
    if (!l->texts.out_of_memory) read_compare(l);
    if (l->texts.n_faults > 0) return;
    keep_weights(l);
    l->out->resolved = config_resolved(&l->texts, l->out, l->top, l->given, &l->all, &l->out->defaulted);
}

static farm_status load_from(config *out, const config_kept *kept, const char *path, const farm_options *options,
                             farm_errors *errors) {
    *out = (config){0};
    loading l = {.out = out, .kept = kept, .texts = {.errors = errors}};
    load(&l, path, options);
    farm_status status = l.texts.out_of_memory ? FARM_FAILED : l.texts.n_faults > 0 ? FARM_BAD_INPUT : FARM_OK;
    variants_free(&l.all);
    weights_files_free(&l.weights);
    cJSON_Delete(l.top);
    cJSON_Delete(l.given);
    json_texts_free(&l.texts);
    if (status != FARM_OK) config_free(out);
    return status;
}

farm_status config_load(config *out, const char *path, const farm_options *options, farm_errors *errors) {
    return load_from(out, NULL, path, options, errors);
}

farm_status config_restore(config *out, const config_kept *kept, const farm_options *options, farm_errors *errors) {
    farm_options repeats = {.repeats = options ? options->repeats : NULL};
    return load_from(out, kept, kept->path, &repeats, errors);
}

void config_free(config *c) {
    for (size_t i = 0; i < c->n_experiments; i++) {
        free(c->experiments[i].name);
        free(c->experiments[i].work);
        free(c->experiments[i].matches);
    }
    for (size_t i = 0; i < c->n_weights; i++) weights_free(c->weights[i].items, c->weights[i].n);
    free(c->weights);
    free(c->experiments);
    free(c->compare.pairs);
    series_free(&c->series);
    free(c->description);
    free(c->said);
    free(c->command);
    free(c->resolved);
    free(c->defaulted);
    free(c->meant);
    free(c->series_file);
    free(c->series_column);
    free(c->path);
    free(c->name);
    *c = (config){0};
}
