/* config_value.h - one value against its row of the table: kind, range, choices, and the words for what is wrong.
 * Looks no further than the value itself; what is inside objects is config_check's. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "config_keys.h"
#include "json_text.h"

/* Whether value is of the key's kind and in its range, from the outside for objects; a fault is listed if not. */
bool config_value_check(json_texts *texts, const config_key *key, const cJSON *value);

/* Lists that value is not what key must be. Returns false, for the caller to return. */
bool config_value_fault(json_texts *texts, const config_key *key, const cJSON *value);

/* What a value of this key must be, for a text: "a whole number 1 ... 512". */
void config_value_describe(const config_key *key, char *out, size_t size);

/* 0 ... 2^64-1 from digits alone. false: it is something else. */
bool config_seed_from_text(const char *text, uint64_t *seed);

/* The same as a JSON value: a number, or above 2^53 a string. NULL: out of memory. */
cJSON *config_seed_value(uint64_t seed);

/* Whether text can name a run or an experiment. */
bool config_name_valid(const char *text);
#define CONFIG_NAME_RULE "1 to 100 of the characters A-Z a-z 0-9 . _ -, not beginning with . or -"

#endif
