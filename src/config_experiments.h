/* config_experiments.h - the experiments as written to the experiments as run: patches laid over the top's sections,
 * sweeps expanded, matched baselines made, every one with a name of its own.
 * In: a checked config and the length of the series. Out: variants in the order of the config. */
#ifndef CONFIG_EXPERIMENTS_H
#define CONFIG_EXPERIMENTS_H

#include "config_defaults.h"

/* One experiment to run. */
typedef struct variant {
    const cJSON *entry; /* in the config; not owned */
    int entry_index;
    cJSON *merged;        /* the experiment's keys, with frame, model and train merged but without defaults */
    cJSON *resolved;      /* name, scheme, frame, model, train and the scheme's own keys, complete */
    cJSON *model, *train; /* complete, also for a baseline that has none */
    char *parts;          /* "_key_value" of what was swept, but for an update's epochs */
    bool is_match;
    bool faulty;              /* something it was made from was taken out */
    struct variant **matches; /* [n_matches] updates it is the baseline of */
    size_t n_matches;
    int index; /* in the final order */
} variant;

typedef struct {
    variant **items; /* [n], in the order of the config */
    size_t n, capacity;
    variant **by_name; /* [n], the same in the order of their names */
    bool incomplete;   /* some experiment could not be made, so a name not found may be its */
} variants;

/* n_observations 0: the series could not be read; what hangs on it is then left undone. Faults are listed. */
void variants_expand(variants *out, json_texts *texts, const cJSON *top, size_t n_observations);
void variants_free(variants *all);

const char *variant_name(const variant *v);
const variant *variants_find(const variants *all, const char *name); /* NULL: none */
/* The name nearest to name, or NULL. */
const char *variants_nearest(const variants *all, const char *name);
/* The first few names, for a text: "fixed", "update_2", ... */
void variants_list(const variants *all, char *out, size_t size);

/* Rows to train on before the first forecast; less than 1: too few observations. */
long variant_train_rows(const variant *v, size_t n_observations);

#endif
