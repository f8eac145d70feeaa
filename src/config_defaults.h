/* config_defaults.h - a section with every default written out, so that nothing later needs to know a default.
 * In: checked trees. Out: complete ones, and plain structs read from them. */
#ifndef CONFIG_DEFAULTS_H
#define CONFIG_DEFAULTS_H

#include "config_check.h"
#include "schemes.h"

/* A new object with every key of the section that has a value or a default, in the order of the table. given may be
 * NULL. preset: the model's, for keys that follow it. The caller's; NULL: out of memory, which texts notes. */
cJSON *config_complete(json_texts *texts, config_section section, const cJSON *given, const char *preset);

/* The preset of a model section as given, or the default one. */
const char *config_preset(const cJSON *model);

/* The scheme's own keys (epochs, rows, every, ...) of an experiment, complete, added to out. */
void config_complete_scheme(json_texts *texts, cJSON *out, const cJSON *given, const char *scheme);

/* Structs from complete sections. */
void config_read_frame(frame_spec *out, const cJSON *complete);
void config_read_experiment(experiment *out, const cJSON *complete, const cJSON *model, const cJSON *train);

/* The position of a value among its key's choices. */
int config_choice(const config_key *key, const cJSON *value);

#endif
