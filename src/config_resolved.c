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

/* What a matched baseline matches, in words, the first few by name. NULL: out of memory. */
static cJSON *match_words(const variant *v) {
    enum { MOST_NAMED = 10 };
    char text[40 + (MOST_NAMED + 1) * (MAX_NAME + 20)] = "trained as long in all as";
    size_t named = v->n_matches < MOST_NAMED ? v->n_matches : MOST_NAMED, n = strlen(text);
    for (size_t i = 0; i < named; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s %s", i ? "," : "", variant_name(v->matches[i]));
    if (named < v->n_matches) snprintf(text + n, sizeof text - n, " and %zu more", v->n_matches - named);
    return cJSON_CreateString(text);
}

/* The words given, or for a matched baseline what it matches. NULL: none. */
static cJSON *description(json_texts *texts, const variant *v) {
    const cJSON *given = json_get(v->entry, "description");
    if (!given && v->n_matches == 0) return NULL;
    cJSON *words = given ? cJSON_Duplicate(given, true) : match_words(v);
    if (!words) json_fault_memory(texts);
    return words;
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

/* A pair of experiments, and where it stands among all that are written. */
typedef struct {
    int a, b;
    size_t order;
} pair;

static int by_experiments(const void *a, const void *b) {
    const pair *x = a, *y = b;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    if (x->b != y->b) return x->b < y->b ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static int by_order(const void *a, const void *b) {
    const pair *x = a, *y = b;
    return (x->order > y->order) - (x->order < y->order);
}

/* Every update with its baselines, as compare.h orders them; returns how many. */
static size_t matched_pairs(pair *out, const variants *all) {
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        for (size_t m = 0; m < all->items[i]->n_matches; m++)
            out[n++] = (pair){all->items[i]->matches[m]->index, (int)i, 0};
    if (n > 0) qsort(out, n, sizeof *out, by_experiments);
    return n;
}

/* Numbers n pairs as they stand, takes out those that are there twice, and returns how many are left: each once, so
 * that reloading changes nothing. */
static size_t take_out_doubles(pair *pairs, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) pairs[i].order = i;
    if (n > 0) qsort(pairs, n, sizeof *pairs, by_experiments);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || pairs[i].a != pairs[kept - 1].a || pairs[i].b != pairs[kept - 1].b) pairs[kept++] = pairs[i];
    if (n > 0) qsort(pairs, kept, sizeof *pairs, by_order);
    return kept;
}

/* The matched pairs, then those asked for. */
static cJSON *pairs_list(json_texts *texts, const config *c, const variants *all) {
    size_t n = c->compare.n_pairs;
    for (size_t i = 0; i < all->n; i++) n += all->items[i]->n_matches;
    cJSON *list = cJSON_CreateArray();
    pair *pairs = malloc((n + 1) * sizeof *pairs);
    if (!list || !pairs) {
        json_fault_memory(texts);
        free(pairs);
        return list;
    }
    n = matched_pairs(pairs, all);
    for (size_t i = 0; i < c->compare.n_pairs; i++, n++)
        pairs[n] = (pair){c->compare.pairs[i].a, c->compare.pairs[i].b, 0};
    n = take_out_doubles(pairs, n);
    for (size_t i = 0; i < n; i++) {
        const char *names[] = {c->experiments[pairs[i].a].name, c->experiments[pairs[i].b].name};
        append(texts, list, cJSON_CreateStringArray(names, 2));
    }
    free(pairs);
    return list;
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

/* given with the experiments as they came to be, each with what it takes from the top, but without defaults: in the
 * shape of the resolved config. The caller's. */
static cJSON *given_tree(json_texts *texts, const cJSON *given, const variants *all) {
    cJSON *out = cJSON_Duplicate(given, true), *list = cJSON_CreateArray();
    for (size_t i = 0; list && i < all->n; i++) append(texts, list, cJSON_Duplicate(all->items[i]->merged, true));
    if (!out || !list) json_fault_memory(texts);
    add(texts, out, "experiments", list);
    return out;
}

char *config_resolved(json_texts *texts, const config *c, const cJSON *top, const cJSON *given, const variants *all,
                      char **defaulted) {
    static const char *const scalars[] = {"repeats", "seed", "precision", "save_models", "record_loss", "forecasts"};
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
    cJSON *shape = given_tree(texts, given, all);
    char *text = texts->out_of_memory ? NULL : json_write_marked(out, shape, defaulted);
    if (!text) json_fault_memory(texts);
    cJSON_Delete(shape);
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
