/* config_keys.h - THE table of the config's keys: where each stands, what it may be, its default, one line on it.
 * The checks, the defaults, the suggestions for misspelt keys, configs/farm.schema.json and docs/config.md all follow
 * it (tests/schema_check.py holds the last two to it). A new key is one row. Knows no cJSON and no values. */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include "schemes.h"

typedef enum {
    SECTION_TOP,
    SECTION_REPEATS,
    SECTION_UNTIL,
    SECTION_SERIES,
    SECTION_FRAME,
    SECTION_MODEL,
    SECTION_INITIAL_WEIGHTS,
    SECTION_TRAIN,
    SECTION_OPTIMIZER,
    SECTION_EXPERIMENT,
    SECTION_ROWS,
    SECTION_COMPARE,
    N_SECTIONS,
} config_section;

typedef enum {
    KEY_INTEGER, /* whole number in [low, high] */
    KEY_NUMBER,  /* number in [low, high], the ends left out where above or below say so */
    KEY_BOOLEAN,
    KEY_TEXT,        /* at least low characters, at most high bytes */
    KEY_NAME,        /* of a run or an experiment: it becomes a file name */
    KEY_CHOICE,      /* one of choices */
    KEY_CHOICES,     /* a list of them, at least one, none twice */
    KEY_REPEATS,     /* whole number in [low, high], or an object with the keys of inner */
    KEY_SEED,        /* 0 ... 2^64-1, as a string above 2^53 */
    KEY_SECTION,     /* an object with the keys of inner */
    KEY_DIFFERENCE,  /* 0, a period, or a list of periods */
    KEY_SCALE,       /* [low, high] or one of choices */
    KEY_ROWS,        /* one of choices, or an object with exactly one key of inner */
    KEY_SWEEP,       /* an object of paths and lists of values */
    KEY_EXPERIMENTS, /* a list of objects with the keys of inner, at least one */
    KEY_PAIRS,       /* a list of [name, name] */
} config_kind;

enum { /* which schemes take a key; 0: all. Bit s is scheme_kind s. */
       TAKES_FIXED = 1 << SCHEME_FIXED,
       TAKES_UPDATE = 1 << SCHEME_UPDATE,
       TAKES_REFIT = 1 << SCHEME_REFIT,
       TAKES_LSTM = TAKES_FIXED | TAKES_UPDATE | TAKES_REFIT,
       TAKES_SEASONAL = 1 << SCHEME_SEASONAL_NAIVE,
       TAKES_SMOOTHING = 1 << SCHEME_SES | 1 << SCHEME_HOLT,
       TAKES_TREND = 1 << SCHEME_HOLT,
       TAKES_ESTIMATES = 1 << SCHEME_DRIFT | 1 << SCHEME_MEAN | 1 << SCHEME_AR | TAKES_SMOOTHING,
};

typedef struct {
    config_section section;
    config_kind kind;
    const char *name;
    double low, high;
    bool above, below; /* low, high themselves are left out */
    bool required;
    config_section inner;       /* KEY_SECTION, KEY_REPEATS, KEY_ROWS, KEY_EXPERIMENTS */
    const char *const *choices; /* in the order of the enum they stand for; ends with NULL */
    const char *fallback;       /* default as JSON text; NULL: none, or as words say */
    const char *words;          /* default in words, where it is no fixed value */
    const char *doc;
    unsigned schemes;
} config_key;

extern const config_key config_keys[];
extern const size_t n_config_keys;

/* Fuzzing takes a smaller number, so that an input which makes as many as it may is done in a second. */
#ifndef CONFIG_MAX_EXPERIMENTS
#define CONFIG_MAX_EXPERIMENTS 10000
#endif
enum {
    MAX_EXPERIMENTS = CONFIG_MAX_EXPERIMENTS,
    MAX_PAIRS = 2 * MAX_EXPERIMENTS, /* named in compare.pairs, and updates with their baselines */
    MAX_COMPARISONS = 1000000,
    MAX_NAME = 100,
    MAX_TEXT = 4096, /* bytes; a path is no longer, and what each of many experiments repeats should be short */
    MAX_EPOCHS = 1000000000,
};

const config_key *config_key_find(config_section section, const char *name); /* NULL: no such key */
/* As it is written in a path: "train.optimizer", "experiments[]", "" for the top. */
const char *config_section_path(config_section section);

/* The key that a dotted path leads to from an experiment, as in "rows" or "train.optimizer.epsilon"; NULL: none. */
const config_key *config_key_at(const char *path);

/* What a sweep may vary: every dotted path from an experiment to a key that is not a name, a text or a sweep itself.
 * Fills paths [up to n] with the caller's to free; returns how many there are. Out of memory: fewer. */
size_t config_sweep_paths(char **paths, size_t n);
bool config_key_sweepable(const config_key *key);

/* What model.preset stands for. JSON text of key's default under the preset; NULL: the preset says nothing of it. */
const char *config_preset_default(const char *preset, const config_key *key);
/* What train.optimizer.name stands for, likewise. */
const char *config_optimizer_default(const char *optimizer, const config_key *key);
/* Whether a preset draws its biases +-1 / sqrt(n) instead of starting from zero. */
bool config_preset_draws_biases(const char *preset);

#endif
