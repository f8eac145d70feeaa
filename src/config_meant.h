/* config_meant.h - what a key that is not in the table was probably meant to be: one near it, the same one in another
 * section, or a path that a sweep can take. Lists the fault with its way out. Must not know values. */
#ifndef CONFIG_MEANT_H
#define CONFIG_MEANT_H

#include "config_keys.h"
#include "json_text.h"

/* member's key is not one of section's. */
void config_meant_key(json_texts *texts, config_section section, const cJSON *member);

/* member's key is not a path that an experiment can sweep. */
void config_meant_path(json_texts *texts, const cJSON *member);

#endif
