/* config_override.h - what the command line says over the config: --set, --from, --repeats, --seed, --threads.
 * In: the tree as read, the options as typed. Out: the tree changed, numbers. Must not know what keys mean. */
#ifndef CONFIG_OVERRIDE_H
#define CONFIG_OVERRIDE_H

#include "json_text.h"

/* Applies path=value to the tree: value is JSON, or else a text; objects on the way are made where missing. */
void override_set(json_texts *texts, cJSON *top, const char *assignment);

/* Makes every model start from the weights in a file, which is found from the working folder. */
void override_from(json_texts *texts, cJSON *top, const char *models);

/* What the command line said by --set and --from, as config.h tells. The caller's; NULL: out of memory, which texts
 * notes. */
char *override_said(json_texts *texts, const farm_options *options);

/* text as one word of a shell's command. As above. */
char *override_word(json_texts *texts, const char *text);

/* text as a whole number low ... high into *out; option names the place of a fault. NULL text changes nothing. */
void override_integer(json_texts *texts, const char *option, const char *text, int low, int high, int *out);
void override_seed(json_texts *texts, const char *option, const char *text, uint64_t *out);

#endif
