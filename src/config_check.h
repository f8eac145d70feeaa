/* config_check.h - is every key known and every value of its kind and range? What the table alone can tell.
 * In: a tree as it was written. Out: faults, and a tree from which everything faulty is gone, so that later rooms meet
 * only legal values. Must not know the series, other experiments or what the values do. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config_value.h"

/* Lists the faults of the whole config and takes what is faulty out of it. */
void config_check(json_texts *texts, cJSON *top);

/* Whether something was taken out of this very object (it then carries a mark, which merges along). */
bool config_was_faulty(const cJSON *object);

/* The bit of schemes in config_key for a scheme's name; 0: no such scheme. */
unsigned config_scheme_bit(const char *scheme);

#endif
