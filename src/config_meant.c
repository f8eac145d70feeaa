/* config_meant.c - what a key was meant to be. See config_meant.h. Uses json_text.h, nearest.h. */
#include "config_meant.h"
#include "nearest.h"

#include <stdlib.h>
#include <string.h>

/* Whether a and b are one word but for case, - and _. */
static bool same_word(const char *a, const char *b) {
    for (;; a++, b++) {
        while (*a == '-' || *a == '_' || *a == ' ') a++;
        while (*b == '-' || *b == '_' || *b == ' ') b++;
        int x = *a >= 'A' && *a <= 'Z' ? *a + 32 : *a, y = *b >= 'A' && *b <= 'Z' ? *b + 32 : *b;
        if (x != y) return false;
        if (!x) return true;
    }
}

/* The key of a section that was probably meant. NULL: none. any: near is near enough, else only the same word. */
static const char *near_key(config_section section, const char *name, bool any) {
    const char *names[64];
    size_t n = 0;
    for (size_t i = 0; i < n_config_keys && n < 64; i++) {
        if (config_keys[i].section != section) continue;
        if (same_word(config_keys[i].name, name)) return config_keys[i].name;
        names[n++] = config_keys[i].name;
    }
    return any ? nearest_name(name, names, n) : NULL;
}

/* The section where name is a key, or near to one. N_SECTIONS: nowhere. */
static config_section other_section(config_section here, const char *name, bool any, const char **meant) {
    static const config_section order[] = {SECTION_SERIES,     SECTION_FRAME,     SECTION_MODEL,
                                           SECTION_TRAIN,      SECTION_OPTIMIZER, SECTION_COMPARE,
                                           SECTION_EXPERIMENT, SECTION_TOP,       SECTION_ROWS};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (order[i] != here && (*meant = near_key(order[i], name, any)) != NULL) return order[i];
    return N_SECTIONS;
}

static void fault_elsewhere(json_texts *texts, const cJSON *member, config_section where, const char *meant) {
    const char *path = config_section_path(where);
    if (where == SECTION_TOP)
        json_fault_key(texts, member, "unknown key here; \"%s\" belongs at the top of the config", meant);
    else if (where == SECTION_EXPERIMENT)
        json_fault_key(texts, member, "unknown key here; \"%s\" belongs in an experiment", meant);
    else if (where == SECTION_ROWS)
        json_fault_key(texts, member, "unknown key here; \"%s\" belongs under an update's rows", meant);
    else
        json_fault_key(texts, member, "unknown key here; \"%s\" belongs under \"%s\"", meant, path);
}

static void list_keys(config_section section, char *out, size_t size) {
    size_t n = 0;
    for (size_t i = 0; i < n_config_keys && n < size; i++)
        if (config_keys[i].section == section)
            n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : "", config_keys[i].name);
}

void config_meant_key(json_texts *texts, config_section section, const cJSON *member) {
    const char *name = member->string, *meant = near_key(section, name, false);
    config_section where = N_SECTIONS;
    if (json_faults_enough(texts)) {
        json_fault_key(texts, member, "unknown key");
        return;
    }
    if (!meant) where = other_section(section, name, false, &meant);
    if (!meant) meant = near_key(section, name, true);
    if (!meant) where = other_section(section, name, true, &meant);
    if (where != N_SECTIONS) {
        fault_elsewhere(texts, member, where, meant);
    } else if (meant) {
        json_fault_key(texts, member, "unknown key; did you mean \"%s\"?", meant);
    } else {
        char known[400];
        list_keys(section, known, sizeof known);
        json_fault_key(texts, member, "unknown key; here may stand %s", known);
    }
}

void config_meant_path(json_texts *texts, const cJSON *member) {
    enum { MOST = 100 };
    char *paths[MOST];
    size_t n = json_faults_enough(texts) ? 0 : config_sweep_paths(paths, MOST);
    const char *near = NULL;
    for (size_t i = 0; i < n && !near; i++) { /* the key alone, without its section */
        const char *dot = strrchr(paths[i], '.');
        if (same_word(paths[i], member->string) || (dot && same_word(dot + 1, member->string))) near = paths[i];
    }
    if (!near) near = nearest_name(member->string, (const char *const *)paths, n);
    if (near)
        json_fault_key(texts, member, "no key to sweep; did you mean \"%s\"?", near);
    else
        json_fault_key(texts, member,
                       "no key to sweep; take an experiment's key, as \"epochs\", or a path, as \"model.neurons\"");
    for (size_t i = 0; i < n; i++) free(paths[i]);
}
