/* config_check.h - is every key known and every value of its kind and range? What the table alone can tell.
 * In: a tree as it was written. Out: faults, and a tree from which everything faulty is gone, so that later rooms meet
 * only legal values. Must not know the series, other experiments or what the values do. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config_keys.h"
#include "json_text.h"

typedef enum {
    CHECK_WHOLE, /* required keys must be there, null is no value */
    CHECK_PATCH, /* a merge patch: null takes a key back to its default, nothing is required */
} check_mode;

/* Lists the faults of the whole config and takes what is faulty out of it. */
void config_check(json_texts *texts, cJSON *top);

/* Whether something was taken out of this very object (it then carries a mark, which merges along). */
bool config_was_faulty(const cJSON *object);

/* 0 ... 2^64-1 from digits alone. false: it is something else. */
bool config_seed_from_text(const char *text, uint64_t *seed);

/* What a value of this key must be, for a text: "a whole number 1 ... 512". */
void config_describe_key(const config_key *key, char *out, size_t size);

/* Whether text can name a run or an experiment. */
bool config_name_valid(const char *text);
#define CONFIG_NAME_RULE "1 to 100 of the characters A-Z a-z 0-9 . _ -, not beginning with . or -"

/* The bit of schemes in config_key for a scheme's name; 0: no such scheme. */
unsigned config_scheme_bit(const char *scheme);

#endif
