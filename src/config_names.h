/* config_names.h - what experiments are called: names made from what varies, templates, globs over names.
 * Must not know sweeps' order, matches or files. */
#ifndef CONFIG_NAMES_H
#define CONFIG_NAMES_H

#include "config_check.h"

/* "_key_value" for a swept path: its last component, and the value in characters that a file name may have.
 * The caller's; NULL: out of memory. */
char *config_name_part(const char *path, const cJSON *value);

/* The text of a template with every {path} replaced by its value in the experiment: its own keys first, then frame,
 * model and train, then the top. node: the template, for faults. The caller's; NULL: a fault was listed. */
char *config_name_fill(json_texts *texts, const cJSON *node, const cJSON *entry, const cJSON *top);

/* Whether a glob (* ? [a-z] [!a-z] \) matches all of text, as fnmatch(3) without flags, but never slowly. */
bool config_glob(const char *glob, const char *text);

#endif
