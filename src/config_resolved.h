/* config_resolved.h - the whole config with every default written out, as JSON that is itself a config: loading it
 * gives the same experiments. Must not know files. */
#ifndef CONFIG_RESOLVED_H
#define CONFIG_RESOLVED_H

#include "config.h"
#include "config_experiments.h"

/* top: the checked config, with what the command line said. The text; the caller's. NULL: out of memory, which texts notes. threads is left out: no result depends on it. */
char *config_resolved(json_texts *texts, const config *c, const cJSON *top, const variants *all);

#endif
