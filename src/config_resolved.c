/* config_resolved.c - the resolved config as text. See config_resolved.h. Uses config_defaults.h, json_write.h.
 * Matched baselines are written as what they came to, plain fixed experiments; compare.pairs keeps them compared. */
#include "config_resolved.h"
#include "json_patch.h"
#include "json_write.h"

#include <stdlib.h>
#include <string.h>

static void add(json_texts *texts, cJSON *object, const char *key, cJSON *value) {
    if (!value || !json_put(object, key, value)) json_fault_memory(texts);
}

static void append(json_texts *texts, cJSON *list, cJSON *value) {
    if (value && cJSON_AddItemToArray(list, value)) return;
    cJSON_Delete(value);
    json_fault_memory(texts);
}

/* The words given, or for a matched baseline what it matches. NULL: none. */
static cJSON *description(json_texts *texts, const variant *v) {
    const cJSON *given = json_get(v->entry, "description");
    if (given) return cJSON_Duplicate(given, true);
    if (v->n_matches == 0) return NULL;
    char *text = json_print(texts, "trained as long in all as");
    for (size_t i = 0; i < v->n_matches && text; i++) {
        char *longer = json_print(texts, "%s%s %s", text, i ? "," : "", variant_name(v->matches[i]));
        free(text);
        text = longer;
    }
    cJSON *value = text ? cJSON_CreateString(text) : NULL;
    free(text);
    return value;
}

/* Sections complete, so that the top's say nothing more; weights drawn where the top's come from a file. */
static cJSON *experiment_object(json_texts *texts, const variant *v, bool top_gives_weights) {
    cJSON *out = cJSON_CreateObject(), *words = description(texts, v);
    if (!out) {
        cJSON_Delete(words);
        json_fault_memory(texts);
        return NULL;
    }
    for (const cJSON *member = v->resolved->child; member; member = member->next) {
        add(texts, out, member->string, cJSON_Duplicate(member, true));
        if (words && strcmp(member->string, "name") == 0) add(texts, out, "description", words), words = NULL;
    }
    cJSON *model = json_get(out, "model");
    if (model && top_gives_weights && !json_get(model, "initial_weights"))
        add(texts, model, "initial_weights", cJSON_CreateNull());
    cJSON_Delete(words);
    return out;
}

static cJSON *experiments_list(json_texts *texts, const cJSON *top, const variants *all) {
    cJSON *list = cJSON_CreateArray();
    bool top_gives_weights = json_get(json_get(top, "model"), "initial_weights") != NULL;
    if (!list) json_fault_memory(texts);
    for (size_t i = 0; list && i < all->n; i++)
        append(texts, list, experiment_object(texts, all->items[i], top_gives_weights));
    return list;
}

static void add_pair(json_texts *texts, cJSON *pairs, const char *a, const char *b) {
    const char *names[] = {a, b};
    for (const cJSON *pair = pairs->child; pair; pair = pair->next) /* each once, so that reloading changes nothing */
        if (strcmp(pair->child->valuestring, a) == 0 && strcmp(pair->child->next->valuestring, b) == 0) return;
    append(texts, pairs, cJSON_CreateStringArray(names, 2));
}

/* Every update with its baselines, as compare.h orders them, then the pairs asked for. */
static cJSON *pairs_list(json_texts *texts, const config *c, const variants *all) {
    cJSON *pairs = cJSON_CreateArray();
    if (!pairs) json_fault_memory(texts);
    for (size_t u = 0; pairs && u < all->n; u++)
        for (size_t i = 0; i < all->n; i++)
            for (size_t m = 0; m < all->items[i]->n_matches; m++)
                if (all->items[i]->matches[m] == all->items[u])
                    add_pair(texts, pairs, variant_name(all->items[u]), variant_name(all->items[i]));
    for (size_t i = 0; pairs && i < c->compare.n_pairs; i++)
        add_pair(texts, pairs, c->experiments[c->compare.pairs[i].a].name, c->experiments[c->compare.pairs[i].b].name);
    return pairs;
}

static cJSON *compare_object(json_texts *texts, const config *c, const cJSON *top, const variants *all) {
    cJSON *out = config_complete(texts, SECTION_COMPARE, json_get(top, "compare"), "keras-2.0");
    if (!out) return NULL;
    int reference = c->compare.reference < 0 ? 0 : c->compare.reference;
    add(texts, out, "reference",
        cJSON_CreateString(c->compare.all_pairs ? "all_pairs" : c->experiments[reference].name));
    add(texts, out, "pairs", pairs_list(texts, c, all));
    return out;
}

char *config_resolved(json_texts *texts, const config *c, const cJSON *top, const variants *all) {
    static const char *const scalars[] = {"repeats", "seed", "precision", "save_models"};
    const char *preset = config_preset(json_get(top, "model"));
    cJSON *out = cJSON_CreateObject();
    const cJSON *words = json_get(top, "description");
    if (!out) {
        json_fault_memory(texts);
        return NULL;
    }
    add(texts, out, "name", cJSON_CreateString(c->name));
    if (words) add(texts, out, "description", cJSON_Duplicate(words, true));
    add(texts, out, "series", config_complete(texts, SECTION_SERIES, json_get(top, "series"), preset));
    add(texts, out, "frame", config_complete(texts, SECTION_FRAME, json_get(top, "frame"), preset));
    add(texts, out, "model", config_complete(texts, SECTION_MODEL, json_get(top, "model"), preset));
    add(texts, out, "train", config_complete(texts, SECTION_TRAIN, json_get(top, "train"), preset));
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++)
        add(texts, out, scalars[i], cJSON_Duplicate(json_get(top, scalars[i]), true));
    add(texts, out, "experiments", experiments_list(texts, top, all));
    add(texts, out, "compare", compare_object(texts, c, top, all));
    char *text = texts->out_of_memory ? NULL : json_write(out);
    if (!text) json_fault_memory(texts);
    cJSON_Delete(out);
    return text;
}

/* Whatever a key may come to mean, it counts, unless it is known here to be words for people. */
char *config_work(json_texts *texts, const variant *v, const char *weights) {
    cJSON *out = cJSON_Duplicate(v->resolved, true), *model = json_get(out, "model");
    cJSON_DeleteItemFromObjectCaseSensitive(out, "name");
    cJSON_DeleteItemFromObjectCaseSensitive(out, "description");
    if (out && weights) add(texts, model, "initial_weights", cJSON_CreateString(weights));
    char *text = out ? json_write(out) : NULL;
    if (!text) json_fault_memory(texts);
    cJSON_Delete(out);
    return text;
}
