/* config_resolved.h - the whole config with every default written out, as JSON that is itself a config: loading it
 * gives the same experiments. Must not know files. */
#ifndef CONFIG_RESOLVED_H
#define CONFIG_RESOLVED_H

#include "config.h"
#include "config_experiments.h"

/* top: the checked config, with what the command line said and what repeats and the like are by default; given: the
 * same without the latter. The text, and its *defaulted as config.h tells; both the caller's. NULL: out of memory, which
 * texts notes. threads is left out: no result depends on it. */
char *config_resolved(json_texts *texts, const config *c, const cJSON *top, const cJSON *given, const variants *all,
                      char **defaulted);

/* Everything about an experiment that decides its results, as JSON text: two with one text give the same. weights: the
 * digest of the file that its models start from, or NULL. The caller's; NULL: out of memory, which texts notes. */
char *config_work(json_texts *texts, const variant *v, const char *weights);

#endif
