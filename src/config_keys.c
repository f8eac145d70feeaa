/* config_keys.c - the rows of the table, and the presets. See config_keys.h. Of other rooms it uses enums and names. */
#include "config_keys.h"
#include "compare.h"

#include <assert.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Choices stand in the order of the enums in lstm.h, initial.h, schemes.h, results.h, stats.h and compare.h. */
static const char *const forecasts[] = {"all", "quantiles", "none", NULL};
static const char *const precisions[] = {"f32", "f64", NULL};
static const char *const presets[] = {"keras-2.0", "keras-1.2", "tf2-keras", "pytorch", NULL};
#define NAME_OF(CONSTANT, name) #name,
static const char *const activations[] = {ACTIVATIONS(NAME_OF) NULL};
static const char *const initializers[] = {"glorot_uniform", "glorot_uniform_per_gate", "orthogonal", "uniform_hidden",
                                           NULL};
static const char *const dense_initializers[] = {"glorot_uniform", "uniform_hidden", NULL};
static const char *const optimizers[] = {OPTIMIZERS(NAME_OF) NULL};
static const char *const train_states[] = {"per_epoch", "per_row", "carry", NULL};
static const char *const placements[] = {"before_correction", "after_correction", NULL};
static const char *const scales[] = {"standard", "none", NULL};
static const char *const schemes[] = {LSTM_SCHEMES(NAME_OF) BASELINES(NAME_OF) NULL};
static const char *const matched_by[] = {"epochs", "steps", NULL};
static const char *const rows[] = {"all", "newest", NULL};
static const char *const update_optimizers[] = {"keep", "reset", NULL};
static const char *const refit_inits[] = {"fresh", "same", "current", NULL};
static const char *const states[] = {"as_trained", "zero", "warm", NULL};
static const char *const tests[] = {COMPARE_TESTS(NAME_OF) NULL};
static const char *const adjustments[] = {"holm", "bonferroni", "bh", "none", NULL};

#define LARGE    1e9     /* counts that must fit an int with room to add a few */
#define NO_LIMIT DBL_MAX /* what is not finite is told of elsewhere */
#define PRESETS  "the preset's"
#define METHODS  "the method's"

const config_key config_keys[] = {
    {SECTION_TOP, KEY_TEXT, "$schema", 0, MAX_TEXT, .doc = "Where an editor finds the schema; the farm ignores it."},
    {SECTION_TOP, KEY_NAME, "name", .required = true, .doc = "Name of the run; its results go to out/<name>/."},
    {SECTION_TOP, KEY_TEXT, "description", 0, MAX_TEXT, .doc = "Words for people; ignored."},
    {SECTION_TOP, KEY_SECTION, "series", .inner = SECTION_SERIES, .required = true, .doc = "The observations."},
    {SECTION_TOP, KEY_SECTION, "frame", .inner = SECTION_FRAME, .doc = "How the series becomes rows to learn from."},
    {SECTION_TOP, KEY_SECTION, "model", .inner = SECTION_MODEL, .doc = "What the network is and how it starts."},
    {SECTION_TOP, KEY_SECTION, "train", .inner = SECTION_TRAIN, .doc = "How the network is trained."},
    {SECTION_TOP, KEY_REPEATS, "repeats", 1, LARGE, .inner = SECTION_REPEATS, .fallback = "10",
     .doc = "How often every experiment is run, each time from other initial weights."},
    {SECTION_TOP, KEY_SEED, "seed", .fallback = "1",
     .doc = "What all random numbers follow from; above 2^53 as a string of digits."},
    {SECTION_TOP, KEY_INTEGER, "threads", 1, 4096, .words = "all cores",
     .doc = "How many threads work; no result depends on it."},
    {SECTION_TOP, KEY_CHOICE, "precision", .choices = precisions, .fallback = "\"f32\"",
     .doc = "Floating-point numbers of the network: 32 or 64 bits."},
    {SECTION_TOP, KEY_BOOLEAN, "save_models", .fallback = "false",
     .doc = "Whether to write every repeat's final weights to models/."},
    {SECTION_TOP, KEY_BOOLEAN, "record_loss", .fallback = "false",
     .doc = "Whether to keep the training loss of each epoch of the base fit, for learning curves."},
    {SECTION_TOP, KEY_CHOICE, "forecasts", .choices = forecasts, .fallback = "\"all\"",
     .doc = "What is written of the forecasts: each one, quantiles of each test step over the repeats, or nothing."},
    {SECTION_TOP, KEY_EXPERIMENTS, "experiments", .inner = SECTION_EXPERIMENT, .required = true,
     .doc = "What to run, in the order of the tables."},
    {SECTION_TOP, KEY_SECTION, "compare", .inner = SECTION_COMPARE,
     .doc = "Which experiments are tested against which."},

    {SECTION_REPEATS, KEY_SECTION, "until", .inner = SECTION_UNTIL, .required = true,
     .doc = "Repeats are added until every compared difference is known this closely."},
    {SECTION_UNTIL, KEY_NUMBER, "half_width", 0, NO_LIMIT, .above = true, .required = true,
     .doc = "Half the width of each mean difference's confidence interval, in the series' units."},
    {SECTION_UNTIL, KEY_INTEGER, "max", 2, LARGE, .fallback = "10000", .doc = "No more repeats than these."},

    {SECTION_SERIES, KEY_TEXT, "file", 1, MAX_TEXT, .required = true, .doc = "CSV file, relative to the config."},
    {SECTION_SERIES, KEY_TEXT, "column", 1, MAX_TEXT, .required = true, .doc = "Name of the column in its header."},

    {SECTION_FRAME, KEY_DIFFERENCE, "difference", 1, LARGE, .fallback = "1",
     .doc = "Period of the difference taken, or a list of periods, in turn; 0 or [] for none."},
    {SECTION_FRAME, KEY_INTEGER, "lags", 1, 10000, .fallback = "1",
     .doc = "How many earlier values a row has as inputs."},
    {SECTION_FRAME, KEY_INTEGER, "test", 1, LARGE, .fallback = "12",
     .doc = "How many rows, the last ones, are forecast."},
    {SECTION_FRAME, KEY_SCALE, "scale", .choices = scales, .fallback = "[-1, 1]",
     .doc = "Range to scale each column to, fitted on the training rows; \"standard\" for mean 0 and deviation 1."},

    {SECTION_MODEL, KEY_CHOICE, "preset", .choices = presets, .fallback = "\"keras-2.0\"",
     .doc = "Bundle of defaults for the keys below and for the optimizer's epsilon."},
    {SECTION_MODEL, KEY_INTEGER, "neurons", 1, 512, .fallback = "1", .doc = "Number of LSTM units."},
    {SECTION_MODEL, KEY_CHOICE, "activation", .choices = activations, .fallback = "\"tanh\"",
     .doc = "Of the candidate and the cell's output."},
    {SECTION_MODEL, KEY_CHOICE, "recurrent_activation", .choices = activations, .words = PRESETS,
     .doc = "Of the gates."},
    {SECTION_MODEL, KEY_CHOICE, "kernel_initializer", .choices = initializers, .words = PRESETS,
     .doc = "How the input weights start."},
    {SECTION_MODEL, KEY_CHOICE, "recurrent_initializer", .choices = initializers, .words = PRESETS,
     .doc = "How the recurrent weights start."},
    {SECTION_MODEL, KEY_CHOICE, "dense_initializer", .choices = dense_initializers, .words = PRESETS,
     .doc = "How the output layer starts."},
    {SECTION_MODEL, KEY_BOOLEAN, "unit_forget_bias", .words = PRESETS,
     .doc = "Whether the forget gate's bias starts at 1."},
    {SECTION_MODEL, KEY_INTEGER, "bias_vectors", 1, 2, .words = PRESETS,
     .doc = "1, or 2: an input and a recurrent bias, both trained."},
    {SECTION_MODEL, KEY_SECTION, "initial_weights", .inner = SECTION_INITIAL_WEIGHTS, .words = "drawn from the seed",
     .doc = "Initial weights from a file."},

    {SECTION_INITIAL_WEIGHTS, KEY_TEXT, "file", 1, MAX_TEXT, .required = true,
     .doc = "JSON file with the weights, relative to the config."},

    {SECTION_TRAIN, KEY_INTEGER, "epochs", 1, MAX_EPOCHS, .fallback = "500",
     .doc = "Passes over the training rows, in the base fit and in every refit."},
    {SECTION_TRAIN, KEY_INTEGER, "batch", 1, 1e6, .fallback = "1",
     .doc = "Rows a gradient step in the base fit; it must divide the training rows."},
    {SECTION_TRAIN, KEY_CHOICE, "state", .choices = train_states, .fallback = "\"per_epoch\"",
     .doc = "When the hidden state is reset: after each epoch, each row, or never."},
    {SECTION_TRAIN, KEY_SECTION, "optimizer", .inner = SECTION_OPTIMIZER, .doc = "How weights follow gradients."},

    {SECTION_OPTIMIZER, KEY_CHOICE, "name", .choices = optimizers, .fallback = "\"adam\"", .doc = "Which method."},
    {SECTION_OPTIMIZER, KEY_NUMBER, "learning_rate", 0, NO_LIMIT, .above = true, .words = METHODS, .doc = "Step size."},
    {SECTION_OPTIMIZER, KEY_NUMBER, "beta_1", 0, 1, .below = true, .fallback = "0.9",
     .doc = "Decay of the gradient's running mean."},
    {SECTION_OPTIMIZER, KEY_NUMBER, "beta_2", 0, 1, .below = true, .words = METHODS,
     .doc = "Decay of the squared gradient's running mean; rmsprop's rho."},
    {SECTION_OPTIMIZER, KEY_NUMBER, "epsilon", 0, NO_LIMIT, .above = true, .words = PRESETS,
     .doc = "What keeps the step finite where gradients vanish."},
    {SECTION_OPTIMIZER, KEY_CHOICE, "epsilon_placement", .choices = placements, .words = PRESETS,
     .doc = "Whether epsilon joins before the bias correction, as in Keras, or after it, as in PyTorch."},

    {SECTION_EXPERIMENT, KEY_NAME, "name", .words = "from the scheme and what varies",
     .doc = "Name in tables and files; may hold {paths}."},
    {SECTION_EXPERIMENT, KEY_TEXT, "description", 0, MAX_TEXT, .doc = "Words for people; ignored."},
    {SECTION_EXPERIMENT, KEY_CHOICE, "scheme", .choices = schemes, .required = true,
     .doc = "What happens as new observations arrive."},
    {SECTION_EXPERIMENT, KEY_SECTION, "frame", .inner = SECTION_FRAME, .doc = "Changes to frame, for this experiment."},
    {SECTION_EXPERIMENT, KEY_SECTION, "model", .inner = SECTION_MODEL, .schemes = TAKES_LSTM,
     .doc = "Changes to model, for this experiment."},
    {SECTION_EXPERIMENT, KEY_SECTION, "train", .inner = SECTION_TRAIN, .schemes = TAKES_LSTM,
     .doc = "Changes to train, for this experiment."},
    {SECTION_EXPERIMENT, KEY_SWEEP, "sweep", .doc = "Paths and lists of values: one experiment for every combination."},
    {SECTION_EXPERIMENT, KEY_TEXT, "match", 1, MAX_TEXT, .schemes = TAKES_FIXED,
     .doc = "Name or glob of update experiments: train as long as each of them does in all."},
    {SECTION_EXPERIMENT, KEY_CHOICE, "by", .choices = matched_by, .fallback = "\"epochs\"", .schemes = TAKES_FIXED,
     .doc = "What must be as long: epochs, or gradient steps. Only with match."},
    {SECTION_EXPERIMENT, KEY_INTEGER, "epochs", 1, 1e6, .words = "required", .schemes = TAKES_UPDATE,
     .doc = "Passes over the rows at every update."},
    {SECTION_EXPERIMENT, KEY_ROWS, "rows", .inner = SECTION_ROWS, .choices = rows, .fallback = "\"all\"",
     .schemes = TAKES_UPDATE, .doc = "Which of the rows known so far an update learns from."},
    {SECTION_EXPERIMENT, KEY_CHOICE, "optimizer", .choices = update_optimizers, .fallback = "\"keep\"",
     .schemes = TAKES_UPDATE, .doc = "Whether the optimizer's moments live on through updates."},
    {SECTION_EXPERIMENT, KEY_CHOICE, "init", .choices = refit_inits, .fallback = "\"fresh\"", .schemes = TAKES_REFIT,
     .doc = "What a refit starts from."},
    {SECTION_EXPERIMENT, KEY_BOOLEAN, "refit", .fallback = "false", .schemes = TAKES_ESTIMATES,
     .doc = "Whether to estimate anew, from all that is known, as the walk goes on."},
    {SECTION_EXPERIMENT, KEY_INTEGER, "every", 1, LARGE, .fallback = "1",
     .schemes = TAKES_UPDATE | TAKES_REFIT | TAKES_ESTIMATES, .doc = "Learn only before every k-th forecast."},
    {SECTION_EXPERIMENT, KEY_INTEGER, "batch", 1, 1e6, .fallback = "1", .schemes = TAKES_UPDATE | TAKES_REFIT,
     .doc = "Rows a gradient step in updates and refits; it must divide the rows of each."},
    {SECTION_EXPERIMENT, KEY_CHOICE, "state_at_forecast", .choices = states, .fallback = "\"as_trained\"",
     .schemes = TAKES_LSTM, .doc = "What hidden state a forecast starts from."},
    {SECTION_EXPERIMENT, KEY_INTEGER, "period", 1, LARGE, .fallback = "12", .schemes = TAKES_SEASONAL,
     .doc = "Observations a season: the forecast is the value one season before."},
    {SECTION_EXPERIMENT, KEY_NUMBER, "alpha", 0, 1, .words = "fitted", .schemes = TAKES_SMOOTHING,
     .doc = "Smoothing weight of the level."},
    {SECTION_EXPERIMENT, KEY_NUMBER, "beta", 0, 1, .words = "fitted", .schemes = TAKES_TREND,
     .doc = "Smoothing weight of the trend."},

    {SECTION_ROWS, KEY_INTEGER, "last", 1, LARGE, .doc = "The newest so many rows."},
    {SECTION_ROWS, KEY_NUMBER, "fraction", 0, 1, .above = true, .doc = "The newest part of the rows, at least one."},

    {SECTION_COMPARE, KEY_TEXT, "reference", 1, MAX_TEXT, .fallback = "\"fixed\"",
     .doc = "Experiment that all others are compared with, or \"all_pairs\"."},
    {SECTION_COMPARE, KEY_PAIRS, "pairs", .fallback = "[]", .doc = "More pairs of names to compare."},
    {SECTION_COMPARE, KEY_CHOICES, "tests", .choices = tests, .fallback = "[\"paired_t\"]",
     .doc = "Statistical tests to make."},
    {SECTION_COMPARE, KEY_CHOICE, "adjust", .choices = adjustments, .fallback = "\"holm\"",
     .doc = "How p-values allow for there being many."},
    {SECTION_COMPARE, KEY_NUMBER, "alpha", 0, 1, .above = true, .below = true, .fallback = "0.05",
     .doc = "Level of the tests; intervals cover 1 - alpha."},
    {SECTION_COMPARE, KEY_NUMBER, "rope", 0, NO_LIMIT, .above = true, .words = "none",
     .doc = "Mean differences up to this size, in the series' units, count as none in practice."},
};
const size_t n_config_keys = sizeof config_keys / sizeof *config_keys;

const config_key *config_key_find(config_section section, const char *name) {
    for (size_t i = 0; i < n_config_keys; i++)
        if (config_keys[i].section == section && strcmp(config_keys[i].name, name) == 0) return &config_keys[i];
    return NULL;
}

const char *config_section_path(config_section section) {
    static const char *const paths[N_SECTIONS] = {"",
                                                  "repeats",
                                                  "repeats.until",
                                                  "series",
                                                  "frame",
                                                  "model",
                                                  "model.initial_weights",
                                                  "train",
                                                  "train.optimizer",
                                                  "experiments[]",
                                                  "experiments[].rows",
                                                  "compare"};
    return paths[section];
}

const config_key *config_key_at(const char *path) {
    config_section section = SECTION_EXPERIMENT;
    for (;;) {
        char name[64];
        size_t length = strcspn(path, ".");
        if (length >= sizeof name) return NULL;
        memcpy(name, path, length);
        name[length] = '\0';
        const config_key *key = config_key_find(section, name);
        if (!key || !path[length]) return key;
        if (key->kind != KEY_SECTION) return NULL;
        section = key->inner;
        path += length + 1;
    }
}

bool config_key_sweepable(const config_key *key) {
    if (key->section != SECTION_EXPERIMENT) return true;
    return key->kind != KEY_NAME && key->kind != KEY_TEXT && key->kind != KEY_SWEEP && !key->required;
}

static size_t add_paths(config_section section, const char *before, char **paths, size_t n, size_t count) {
    for (size_t i = 0; i < n_config_keys && count < n; i++) {
        const config_key *key = &config_keys[i];
        if (key->section != section || !config_key_sweepable(key)) continue;
        size_t size = strlen(before) + strlen(key->name) + 2;
        char *path = malloc(size);
        if (!path) return count;
        snprintf(path, size, "%s%s%s", before, *before ? "." : "", key->name);
        paths[count++] = path;
        if (key->kind == KEY_SECTION) count = add_paths(key->inner, path, paths, n, count);
    }
    return count;
}

size_t config_sweep_paths(char **paths, size_t n) { return add_paths(SECTION_EXPERIMENT, "", paths, n, 0); }

/* --- presets ---------------------------------------------------------------------------------------------------- */

/* docs/semantics.md, "Presets". Columns in the order of preset_keys. */
enum { PRESET_KEYS = 8 };
static const char *const preset_keys[PRESET_KEYS] = {"recurrent_activation",
                                                     "kernel_initializer",
                                                     "recurrent_initializer",
                                                     "dense_initializer",
                                                     "unit_forget_bias",
                                                     "bias_vectors",
                                                     "epsilon",
                                                     "epsilon_placement"};

#define BEFORE "\"before_correction\""
#define GLOROT "\"glorot_uniform\""
#define HIDDEN "\"uniform_hidden\""
static const struct {
    const char *name;
    bool draws_biases;
    const char *defaults[PRESET_KEYS];
} preset_rows[] = {
    {"keras-2.0", false, {"\"hard_sigmoid\"", GLOROT, "\"orthogonal\"", GLOROT, "true", "1", "1e-8", BEFORE}},
    {"keras-1.2",
     false,
     {"\"hard_sigmoid\"", "\"glorot_uniform_per_gate\"", "\"glorot_uniform_per_gate\"", GLOROT, "true", "1", "1e-8",
      BEFORE}},
    {"tf2-keras", false, {"\"sigmoid\"", GLOROT, "\"orthogonal\"", GLOROT, "true", "1", "1e-7", BEFORE}},
    {"pytorch", true, {"\"sigmoid\"", HIDDEN, HIDDEN, HIDDEN, "false", "2", "1e-8", "\"after_correction\""}},
};
enum { N_PRESETS = sizeof preset_rows / sizeof *preset_rows };

static size_t preset_index(const char *preset) {
    size_t i = 0;
    while (i < N_PRESETS && strcmp(preset_rows[i].name, preset) != 0) i++;
    assert(i < N_PRESETS); /* the value was checked against presets[] */
    return i;
}

const char *config_preset_default(const char *preset, const config_key *key) {
    if (key->section != SECTION_MODEL && key->section != SECTION_OPTIMIZER) return NULL;
    for (size_t k = 0; k < PRESET_KEYS; k++)
        if (strcmp(preset_keys[k], key->name) == 0) return preset_rows[preset_index(preset)].defaults[k];
    return NULL;
}

const char *config_optimizer_default(const char *optimizer, const config_key *key) {
    if (key->section != SECTION_OPTIMIZER) return NULL;
    if (strcmp(key->name, "learning_rate") == 0) return strcmp(optimizer, "sgd") == 0 ? "0.01" : "0.001";
    if (strcmp(key->name, "beta_2") == 0) return strcmp(optimizer, "rmsprop") == 0 ? "0.9" : "0.999";
    return NULL;
}

bool config_preset_draws_biases(const char *preset) { return preset_rows[preset_index(preset)].draws_biases; }
