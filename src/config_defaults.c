/* config_defaults.c - defaults written out, and structs read. See config_defaults.h. Uses json_patch.h, the table.
 * Invariant: config_complete leaves no key without a value that has a default. */
#include "config_defaults.h"
#include "json_patch.h"

#include <assert.h>
#include <math.h>
#include <string.h>

const char *config_preset(const cJSON *model) {
    const cJSON *preset = json_get(model, "preset");
    return cJSON_IsString(preset) ? preset->valuestring : "keras-2.0";
}

/* given: the section that the key is in, as given. */
static const char *default_text(const config_key *key, const cJSON *given, const char *preset) {
    const cJSON *optimizer = json_get(given, "name");
    const char *text = config_preset_default(preset, key);
    if (!text) text = config_optimizer_default(cJSON_IsString(optimizer) ? optimizer->valuestring : "adam", key);
    return text ? text : key->fallback;
}

static void add(json_texts *texts, cJSON *out, const char *name, cJSON *value) {
    if (!value || !json_put(out, name, value)) json_fault_memory(texts);
}

static void add_complete(json_texts *texts, cJSON *out, const config_key *key, const cJSON *given, const char *preset) {
    const cJSON *value = json_get(given, key->name);
    const char *text = default_text(key, given, preset);
    bool optional = key->inner == SECTION_INITIAL_WEIGHTS && !value;
    if (key->kind == KEY_SECTION && !optional)
        add(texts, out, key->name, config_complete(texts, key->inner, value, preset));
    else if (value)
        add(texts, out, key->name, cJSON_Duplicate(value, true));
    else if (text) {
        cJSON *fallback = cJSON_Parse(text);
        if (fallback) fallback->valueint = given ? given->valueint : 0; /* a default stands where it could be given */
        add(texts, out, key->name, fallback);
    }
}

cJSON *config_complete(json_texts *texts, config_section section, const cJSON *given, const char *preset) {
    cJSON *out = cJSON_CreateObject();
    if (!out) {
        json_fault_memory(texts);
        return NULL;
    }
    out->valueint = given ? given->valueint : 0;
    for (size_t i = 0; i < n_config_keys; i++)
        if (config_keys[i].section == section) add_complete(texts, out, &config_keys[i], given, preset);
    if (!texts->out_of_memory) return out;
    cJSON_Delete(out);
    return NULL;
}

void config_complete_scheme(json_texts *texts, cJSON *out, const cJSON *given, const char *scheme) {
    for (size_t i = 0; i < n_config_keys; i++) {
        const config_key *key = &config_keys[i];
        bool matching = strcmp(key->name, "match") == 0 || strcmp(key->name, "by") == 0; /* resolved into epochs */
        if (key->section != SECTION_EXPERIMENT || key->kind == KEY_SECTION || matching) continue;
        if (key->schemes & config_scheme_bit(scheme)) add_complete(texts, out, key, given, "keras-2.0");
    }
}

/* --- structs ---------------------------------------------------------------------------------------------------- */

int config_choice(const config_key *key, const cJSON *value) {
    assert(cJSON_IsString(value));
    int i = 0;
    while (strcmp(key->choices[i], value->valuestring) != 0) i++;
    return i;
}

static int choice(const cJSON *object, config_section section, const char *name) {
    return config_choice(config_key_find(section, name), json_get(object, name));
}

static double number(const cJSON *object, const char *name) { return json_get(object, name)->valuedouble; }

static int integer(const cJSON *object, const char *name) { return (int)number(object, name); }

void config_read_frame(frame_spec *out, const cJSON *complete) {
    const cJSON *difference = json_get(complete, "difference"), *scale = json_get(complete, "scale");
    *out = (frame_spec){.lags = integer(complete, "lags"), .test = integer(complete, "test")};
    if (cJSON_IsNumber(difference) && difference->valuedouble > 0)
        out->differences[out->n_differences++] = (int)difference->valuedouble;
    if (cJSON_IsArray(difference))
        for (const cJSON *k = difference->child; k; k = k->next)
            out->differences[out->n_differences++] = (int)k->valuedouble;
    if (cJSON_IsArray(scale)) {
        out->scale = SCALE_RANGE;
        out->scale_low = scale->child->valuedouble;
        out->scale_high = scale->child->next->valuedouble;
    } else {
        out->scale = strcmp(scale->valuestring, "standard") == 0 ? SCALE_STANDARD : SCALE_NONE;
    }
}

static void read_model(experiment *out, const cJSON *model) {
    out->model = (lstm_shape){
        .lags = out->frame.lags,
        .neurons = integer(model, "neurons"),
        .activation = (activation)choice(model, SECTION_MODEL, "activation"),
        .recurrent_activation = (activation)choice(model, SECTION_MODEL, "recurrent_activation"),
        .bias_vectors = integer(model, "bias_vectors"),
    };
    bool dense_glorot = choice(model, SECTION_MODEL, "dense_initializer") == 0; /* it has two of the initializers */
    out->initial = (initial_spec){
        .kernel = (initializer)choice(model, SECTION_MODEL, "kernel_initializer"),
        .recurrent = (initializer)choice(model, SECTION_MODEL, "recurrent_initializer"),
        .dense = dense_glorot ? INITIAL_GLOROT_UNIFORM : INITIAL_UNIFORM_HIDDEN,
        .biases_uniform = config_preset_draws_biases(config_preset(model)),
        .unit_forget_bias = cJSON_IsTrue(json_get(model, "unit_forget_bias")),
    };
}

static void read_train(experiment *out, const cJSON *train) {
    const cJSON *settings = json_get(train, "optimizer");
    out->train.epochs = integer(train, "epochs");
    out->train.batch = integer(train, "batch");
    out->train.state = (train_state)choice(train, SECTION_TRAIN, "state");
    out->train.optimizer = (optimizer_spec){
        .kind = (optimizer_kind)choice(settings, SECTION_OPTIMIZER, "name"),
        .learning_rate = number(settings, "learning_rate"),
        .beta_1 = number(settings, "beta_1"),
        .beta_2 = number(settings, "beta_2"),
        .epsilon = number(settings, "epsilon"),
        .placement = (epsilon_placement)choice(settings, SECTION_OPTIMIZER, "epsilon_placement"),
    };
}

static void read_update(experiment *out, const cJSON *complete) {
    const cJSON *rows = json_get(complete, "rows"), *last = json_get(rows, "last"),
                *fraction = json_get(rows, "fraction");
    out->update.epochs = integer(complete, "epochs");
    out->update.optimizer = (update_optimizer)choice(complete, SECTION_EXPERIMENT, "optimizer");
    out->update.rows = last ? UPDATE_ROWS_LAST : fraction ? UPDATE_ROWS_FRACTION : UPDATE_ROWS_ALL;
    out->update.last = last ? (int)last->valuedouble : 0;
    out->update.fraction = fraction ? fraction->valuedouble : 0;
    if (cJSON_IsString(rows) && strcmp(rows->valuestring, "newest") == 0) {
        out->update.rows = UPDATE_ROWS_LAST;
        out->update.last = 1;
    }
}

static double number_or_nan(const cJSON *object, const char *name) {
    return json_get(object, name) ? number(object, name) : NAN;
}

static void read_baseline(baseline_spec *out, const cJSON *complete) {
    out->refit = cJSON_IsTrue(json_get(complete, "refit"));
    out->period = json_get(complete, "period") ? integer(complete, "period") : 0;
    out->alpha = number_or_nan(complete, "alpha");
    out->beta = number_or_nan(complete, "beta");
}

void config_read_experiment(experiment *out, const cJSON *complete, const cJSON *model, const cJSON *train) {
    out->scheme = (scheme_kind)choice(complete, SECTION_EXPERIMENT, "scheme");
    config_read_frame(&out->frame, json_get(complete, "frame"));
    read_model(out, model);
    read_train(out, train);
    out->every = json_get(complete, "every") ? integer(complete, "every") : 1;
    out->batch = json_get(complete, "batch") ? integer(complete, "batch") : 1;
    if (!experiment_is_lstm(out)) read_baseline(&out->baseline, complete);
    if (out->scheme == SCHEME_UPDATE) read_update(out, complete);
    if (out->scheme == SCHEME_REFIT) out->init = (refit_init)choice(complete, SECTION_EXPERIMENT, "init");
    if (json_get(complete, "state_at_forecast"))
        out->state_at_forecast = (forecast_state)choice(complete, SECTION_EXPERIMENT, "state_at_forecast");
}
