/* config_experiments.c - sweeps, matches and names. See config_experiments.h. Uses json_patch.h, config_names.h.
 * Two passes: first everything but matched baselines, then those, as a glob may name updates further down.
 * Invariant: after variants_expand without faults all names differ, and items[i]->index == i. */
#include "config_experiments.h"
#include "config_names.h"
#include "json_patch.h"
#include "nearest.h"

#include <stdlib.h>
#include <string.h>

enum { POINTER = sizeof(void *) }; /* bytes of an item of an array of variants */

typedef struct {
    variants *all;
    json_texts *texts;
    const cJSON *top;
    size_t n_observations;
    size_t n_matched; /* baselines made, or tried and found faulty */
} expansion;

/* --- life cycle ------------------------------------------------------------------------------------------------- */

static void variant_free(variant *v) {
    if (!v) return;
    cJSON_Delete(v->merged);
    cJSON_Delete(v->resolved);
    cJSON_Delete(v->model);
    cJSON_Delete(v->train);
    free(v->parts);
    free(v->matches);
    free(v);
}

void variants_free(variants *all) {
    for (size_t i = 0; i < all->n; i++) variant_free(all->items[i]);
    free(all->items);
    free(all->by_name);
    *all = (variants){0};
}

/* Takes v over. */
static void add_variant(expansion *x, variant *v) {
    variants *all = x->all;
    if (all->n == all->capacity) {
        size_t capacity = all->capacity ? 2 * all->capacity : 32;
        variant **items = realloc(all->items, capacity * POINTER);
        if (!items) {
            variant_free(v);
            json_fault_memory(x->texts);
            return;
        }
        all->items = items;
        all->capacity = capacity;
    }
    all->items[all->n++] = v;
}

/* --- look-ups --------------------------------------------------------------------------------------------------- */

const char *variant_name(const variant *v) {
    const cJSON *name = json_get(v->resolved, "name");
    return name ? name->valuestring : "";
}

static int by_name(const void *a, const void *b) {
    const variant *x = *(variant *const *)a, *y = *(variant *const *)b;
    int order = strcmp(variant_name(x), variant_name(y));
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

const variant *variants_find(const variants *all, const char *name) {
    size_t low = 0, high = all->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(variant_name(all->by_name[middle]), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < all->n && strcmp(variant_name(all->by_name[low]), name) == 0 ? all->by_name[low] : NULL;
}

const char *variants_nearest(const variants *all, const char *name) {
    const char **names = malloc((all->n + 1) * sizeof *names);
    if (!names) return NULL;
    for (size_t i = 0; i < all->n; i++) names[i] = variant_name(all->items[i]);
    const char *near = nearest_name(name, names, all->n);
    free(names);
    return near;
}

void variants_list(const variants *all, char *out, size_t size) {
    *out = '\0';
    for (size_t i = 0; i < all->n; i++) {
        size_t length = strlen(out);
        if (length + MAX_NAME + 8 > size) {
            snprintf(out + length, size - length, ", ...");
            return;
        }
        snprintf(out + length, size - length, "%s\"%s\"", i ? ", " : "", variant_name(all->items[i]));
    }
}

static const char *scheme_of(const cJSON *entry) {
    const cJSON *scheme = json_get(entry, "scheme");
    return cJSON_IsString(scheme) ? scheme->valuestring : "";
}

long variant_train_rows(const variant *v, size_t n_observations) {
    frame_spec spec;
    config_read_frame(&spec, json_get(v->resolved, "frame"));
    return frame_rows(&spec, n_observations) - spec.test;
}

/* --- sweeps ----------------------------------------------------------------------------------------------------- */

/* Combinations of an entry's sweep; more than MAX_EXPERIMENTS come out as some number above it. */
static size_t count_combinations(const cJSON *sweep) {
    size_t count = 1;
    for (const cJSON *axis = sweep ? sweep->child : NULL; axis; axis = axis->next) {
        count *= (size_t)cJSON_GetArraySize(axis);
        if (count > MAX_EXPERIMENTS) return count;
    }
    return count;
}

/* The axis' value in a combination, the first axis varying slowest. */
static const cJSON *pick(const cJSON *axis, size_t combination) {
    size_t stride = 1;
    for (const cJSON *faster = axis->next; faster; faster = faster->next) stride *= (size_t)cJSON_GetArraySize(faster);
    return cJSON_GetArrayItem(axis, (int)(combination / stride % (size_t)cJSON_GetArraySize(axis)));
}

/* --- one variant ------------------------------------------------------------------------------------------------ */

static void add_section(expansion *x, cJSON *to, const char *name, const cJSON *from) {
    const cJSON *section = json_get(from, name);
    if (section && !json_put(to, name, cJSON_Duplicate(section, true))) json_fault_memory(x->texts);
}

/* Whether a member of an entry says something of each experiment that the entry makes. Words for people do, too, but may
 * be long, and are looked up in the entry. */
static bool is_merged(const cJSON *member) {
    return strcmp(member->string, "sweep") != 0 && strcmp(member->string, "description") != 0;
}

/* The sections beneath (the top's, or a matched update's), the entry over them, the swept values over all. */
static cJSON *merge_entry(expansion *x, const cJSON *entry, size_t combination, const variant *update) {
    static const char *const sections[] = {"frame", "model", "train"};
    cJSON *merged = cJSON_CreateObject();
    if (!merged) return NULL;
    for (size_t i = 0; i < 3; i++) add_section(x, merged, sections[i], update ? update->merged : x->top);
    for (const cJSON *member = entry->child; merged && member; member = member->next)
        if (is_merged(member)) merged = json_merge_at(merged, member->string, member);
    const cJSON *sweep = json_get(entry, "sweep");
    for (const cJSON *axis = sweep ? sweep->child : NULL; merged && axis; axis = axis->next)
        merged = json_merge_at(merged, axis->string, pick(axis, combination));
    if (!merged) return NULL;
    merged->valueint = entry->valueint;
    return merged;
}

/* "_key_value" for every axis but an update's own epochs, which its name begins with. */
static char *swept_parts(expansion *x, const cJSON *entry, size_t combination, const variant *update) {
    bool is_update = strcmp(scheme_of(entry), "update") == 0;
    const cJSON *sweep = json_get(entry, "sweep");
    char *parts = json_print(x->texts, "%s", update ? update->parts : "");
    for (const cJSON *axis = sweep ? sweep->child : NULL; parts && axis; axis = axis->next) {
        if (is_update && strcmp(axis->string, "epochs") == 0) continue;
        char *part = config_name_part(axis->string, pick(axis, combination));
        char *longer = part ? json_print(x->texts, "%s%s", parts, part) : NULL;
        if (!part) json_fault_memory(x->texts);
        free(part);
        free(parts);
        parts = longer;
    }
    return parts;
}

static bool sections_faulty(const cJSON *merged) {
    return config_was_faulty(merged) || config_was_faulty(json_get(merged, "frame")) ||
           config_was_faulty(json_get(merged, "model")) || config_was_faulty(json_get(merged, "train"));
}

/* resolved without its name. */
static bool resolve(expansion *x, variant *v) {
    const char *scheme = scheme_of(v->entry), *preset = config_preset(json_get(v->merged, "model"));
    bool trains = (config_scheme_bit(scheme) & TAKES_LSTM) != 0;
    cJSON *frame_part = config_complete(x->texts, SECTION_FRAME, json_get(v->merged, "frame"), preset);
    cJSON *scheme_node = cJSON_CreateString(scheme);
    v->model = config_complete(x->texts, SECTION_MODEL, json_get(v->merged, "model"), preset);
    v->train = config_complete(x->texts, SECTION_TRAIN, json_get(v->merged, "train"), preset);
    v->resolved = cJSON_CreateObject();
    bool fine = v->resolved && scheme_node && frame_part && v->model && v->train;
    if (fine) fine = json_put(v->resolved, "scheme", scheme_node), scheme_node = NULL;
    if (fine) fine = json_put(v->resolved, "frame", frame_part), frame_part = NULL;
    if (fine && trains)
        fine = json_put(v->resolved, "model", cJSON_Duplicate(v->model, true)) &&
               json_put(v->resolved, "train", cJSON_Duplicate(v->train, true));
    if (fine) config_complete_scheme(x->texts, v->resolved, v->merged, scheme);
    if (!fine) json_fault_memory(x->texts);
    cJSON_Delete(scheme_node);
    cJSON_Delete(frame_part);
    return fine && !x->texts->out_of_memory;
}

static char *default_name(expansion *x, const variant *v) {
    const char *scheme = scheme_of(v->entry);
    bool varies = *v->parts != '\0';
    if (v->is_match)
        return json_print(x->texts, "fixed_%.0f%s", json_get(json_get(v->resolved, "train"), "epochs")->valuedouble,
                          v->parts);
    if (strcmp(scheme, "update") == 0) {
        const cJSON *epochs = json_get(v->resolved, "epochs");
        return json_print(x->texts, "update_%.0f%s", epochs ? epochs->valuedouble : 0, v->parts);
    }
    if (strcmp(scheme, "fixed") == 0 && varies) return json_print(x->texts, "%s", v->parts + 1);
    return json_print(x->texts, "%s%s", scheme, v->parts);
}

/* What a template may name: all that is resolved, and match. */
static char *filled_name(expansion *x, const variant *v, const cJSON *name) {
    cJSON *visible = cJSON_Duplicate(v->resolved, true);
    const cJSON *match = json_get(v->merged, "match"), *by = json_get(v->merged, "by");
    bool fine = visible && (!match || json_put(visible, "match", cJSON_Duplicate(match, true))) &&
                (!by || json_put(visible, "by", cJSON_Duplicate(by, true)));
    char *filled = fine ? config_name_fill(x->texts, name, visible, x->top) : NULL;
    if (!fine) json_fault_memory(x->texts);
    cJSON_Delete(visible);
    return filled;
}

static bool set_name(expansion *x, variant *v) {
    const cJSON *given = json_get(v->entry, "name");
    char *name = given ? filled_name(x, v, given) : default_name(x, v);
    bool fine = name && config_name_valid(name);
    if (name && !fine) {
        const cJSON *at = given ? given : v->entry;
        json_fault(x->texts, at, "the name \"%.110s\" will not do: it must be " CONFIG_NAME_RULE "%s", name,
                   given ? "" : "; give a \"name\"");
    }
    if (fine && strcmp(name, "all_pairs") == 0) {
        json_fault(x->texts, given, "\"all_pairs\" means something else in compare.reference; take another name");
        fine = false;
    }
    if (fine) {
        cJSON *node = cJSON_CreateString(name);
        fine = node && cJSON_InsertItemInArray(v->resolved, 0, node);
        if (fine) node->string = strdup("name");
        if (!fine || !node->string) json_fault_memory(x->texts);
        fine = fine && node->string;
    }
    free(name);
    return fine;
}

/* Without a name yet. update: that it is the baseline of, or NULL. NULL: out of memory. */
static variant *new_variant(expansion *x, const cJSON *entry, int entry_index, size_t combination,
                            const variant *update) {
    variant *v = calloc(1, sizeof *v);
    if (v) {
        v->entry = entry;
        v->entry_index = entry_index;
        v->is_match = update != NULL;
        v->merged = merge_entry(x, entry, combination, update);
        v->parts = swept_parts(x, entry, combination, update);
        if (v->merged && v->parts) {
            v->faulty = sections_faulty(v->merged) || (update && update->faulty);
            return v;
        }
    }
    variant_free(v);
    json_fault_memory(x->texts);
    return NULL;
}

static void expand_plain(expansion *x, const cJSON *entry, int entry_index, size_t combinations) {
    for (size_t c = 0; c < combinations && !x->texts->out_of_memory; c++) {
        variant *v = new_variant(x, entry, entry_index, c, NULL);
        if (!v) return;
        if (resolve(x, v) && set_name(x, v)) {
            add_variant(x, v);
        } else {
            x->all->incomplete = true;
            variant_free(v);
        }
    }
}

/* --- matched baselines ------------------------------------------------------------------------------------------ */

/* Epochs of a baseline that is trained as long as update in all; 0: cannot be said, above MAX_EPOCHS: too many. */
static double matched_epochs(const expansion *x, const variant *update, const variant *baseline) {
    experiment e = {0}, b = {0};
    config_read_experiment(&e, update->resolved, update->model, update->train);
    config_read_experiment(&b, baseline->resolved, baseline->model, baseline->train);
    int n_updates = (e.frame.test - 1) / e.every;
    if (strcmp(json_get(baseline->merged, "by") ? json_get(baseline->merged, "by")->valuestring : "epochs", "steps") !=
        0)
        return e.train.epochs + (double)e.update.epochs * n_updates;
    long update_rows = variant_train_rows(update, x->n_observations),
         rows = variant_train_rows(baseline, x->n_observations);
    if (x->n_observations == 0 || update_rows < 1 || rows < 1) return 0;
    if (rows < b.train.batch) return 0; /* a fault that is listed later */
    uint64_t steps = scheme_steps(&e, (int)update_rows), an_epoch = (uint64_t)(rows / b.train.batch);
    uint64_t epochs = steps / an_epoch + (steps % an_epoch != 0);
    return (double)epochs;
}

/* Puts the epochs into the merged and resolved train. */
static bool set_epochs(expansion *x, variant *v, const cJSON *match, double epochs) {
    cJSON *number = cJSON_CreateNumber(epochs);
    if (number) {
        number->valueint = match->valueint;
        v->merged = json_merge_at(v->merged, "train.epochs", number);
    }
    cJSON_Delete(number);
    if (number && v->merged) return true;
    json_fault_memory(x->texts);
    return false;
}

static bool add_match(expansion *x, variant *v, variant *update) {
    variant **matches = realloc(v->matches, (v->n_matches + 1) * POINTER);
    if (!matches) {
        json_fault_memory(x->texts);
        return false;
    }
    v->matches = matches;
    matches[v->n_matches++] = update;
    return true;
}

/* The baseline of update; made, or found among those made already. */
static void match_one(expansion *x, const cJSON *entry, int entry_index, size_t combination, variant *update) {
    const cJSON *match = json_get(entry, "match");
    variant *v = new_variant(x, entry, entry_index, combination, update);
    if (!v) return;
    cJSON *name = cJSON_CreateString(variant_name(update));
    if (!name || !json_put(v->merged, "match", name)) {
        json_fault_memory(x->texts);
        goto drop;
    }
    if (!resolve(x, v)) goto drop;
    double epochs = matched_epochs(x, update, v);
    if (epochs < 1 || v->faulty) goto drop; /* the fault that made it so is listed */
    if (epochs > MAX_EPOCHS) {
        json_fault(x->texts, match, "to match \"%s\" takes %.0f epochs, more than %d", variant_name(update), epochs,
                   MAX_EPOCHS);
        goto drop;
    }
    if (!set_epochs(x, v, match, epochs)) goto drop;
    cJSON_Delete(v->resolved);
    cJSON_Delete(v->model);
    cJSON_Delete(v->train);
    v->resolved = v->model = v->train = NULL;
    if (!resolve(x, v) || !set_name(x, v) || !add_match(x, v, update)) goto drop;
    add_variant(x, v);
    return;
drop:
    x->all->incomplete = true;
    variant_free(v);
}

/* No update is called so: what was meant? */
static void fault_no_match(expansion *x, const cJSON *match, size_t n_first) {
    const char *names[1000] = {0};
    size_t n = 0;
    for (size_t i = 0; i < n_first && n < 1000; i++)
        if (strcmp(scheme_of(x->all->items[i]->entry), "update") == 0) names[n++] = variant_name(x->all->items[i]);
    const char *near = json_faults_enough(x->texts) ? NULL : nearest_name(match->valuestring, names, n);
    char found[80];
    json_describe(match, found, sizeof found);
    if (near)
        json_fault(x->texts, match, "no update is called %s; did you mean \"%s\"?", found, near);
    else if (n > 0)
        json_fault(x->texts, match, "no update is called %s; there is \"%s\"%s", found, names[0],
                   n > 1 ? " and others" : "");
    else
        json_fault(x->texts, match, "no update is called %s; there is no experiment with \"scheme\": \"update\" at all",
                   found);
}

static void fault_too_many(expansion *x, const cJSON *at) {
    json_fault(x->texts, at, "makes more than %d experiments, with those before it; a config may make that many in all",
               MAX_EXPERIMENTS);
    x->all->incomplete = true;
}

/* The first n_first variants that a match speaks of, [*n]; the caller's. NULL: out of memory. */
static variant **matched_updates(expansion *x, const cJSON *match, size_t n_first, size_t *n) {
    variant **updates = malloc((n_first + 1) * POINTER);
    *n = 0;
    for (size_t i = 0; updates && i < n_first; i++) {
        variant *v = x->all->items[i];
        if (strcmp(scheme_of(v->entry), "update") == 0 && config_glob(match->valuestring, variant_name(v)))
            updates[(*n)++] = v;
    }
    if (!updates) json_fault_memory(x->texts);
    return updates;
}

static void expand_match(expansion *x, const cJSON *entry, int entry_index, size_t n_first, size_t combinations) {
    const cJSON *match = json_get(entry, "match");
    size_t n;
    variant **updates = matched_updates(x, match, n_first, &n);
    if (!updates) return;
    bool too_many = n_first + x->n_matched + n * combinations > MAX_EXPERIMENTS;
    if (too_many) fault_too_many(x, match);
    for (size_t c = 0; c < combinations && !too_many; c++)
        for (size_t i = 0; i < n && !x->texts->out_of_memory; i++) match_one(x, entry, entry_index, c, updates[i]);
    x->n_matched += too_many ? 0 : n * combinations;
    if (n == 0 && !x->all->incomplete) fault_no_match(x, match, n_first);
    if (n == 0) x->all->incomplete = true;
    free(updates);
}

/* --- all of them ------------------------------------------------------------------------------------------------ */

/* An entry that nothing was wrong with so far as its names go. */
static bool expandable(const cJSON *entry) {
    if (!config_scheme_bit(scheme_of(entry))) return false;
    return strcmp(scheme_of(entry), "update") != 0 || json_get(entry, "epochs") ||
           json_get(json_get(entry, "sweep"), "epochs");
}

static int by_entry(const void *a, const void *b) {
    const variant *x = *(variant *const *)a, *y = *(variant *const *)b;
    if (x->entry_index != y->entry_index) return x->entry_index < y->entry_index ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static void number_in_order(variants *all) {
    for (size_t i = 0; i < all->n; i++) all->items[i]->index = (int)i;
}

/* Sorts by name into by_name. false: out of memory. */
static bool sort_names(variants *all) {
    free(all->by_name);
    all->by_name = malloc((all->n + 1) * POINTER);
    if (!all->by_name) return false;
    if (all->n > 0) memcpy(all->by_name, all->items, all->n * POINTER);
    if (all->n > 0) qsort(all->by_name, all->n, POINTER, by_name);
    return true;
}

static bool same_baseline(const variant *a, const variant *b) {
    return a->is_match && b->is_match && cJSON_Compare(a->resolved, b->resolved, true);
}

static void fault_same_name(expansion *x, const variant *first, const variant *second) {
    const cJSON *given = json_get(second->entry, "name"), *at = given ? given : second->entry;
    const char *name = variant_name(second);
    if (second->is_match && first->is_match)
        json_fault(x->texts, at,
                   "\"%s\" would be the name of the baselines of both \"%s\" and \"%s\", which differ in more; "
                   "name them by what they match, as in \"name\": \"fixed_as_{match}\"",
                   name, variant_name(first->matches[0]), variant_name(second->matches[0]));
    else if (first->entry == second->entry)
        json_fault(x->texts, at,
                   "more than one experiment of this sweep would be called \"%s\"; put what varies into the name, as "
                   "in \"%s_{%s}\"",
                   name, name, json_get(second->entry, "sweep")->child->string);
    else
        json_fault(x->texts, at,
                   "\"%s\" is already the name of experiments[%d] (line %d); give one of them another \"name\"", name,
                   first->entry_index, json_line(x->texts, first->entry));
}

/* Whether the name that was meant is known: one at fault was taken out, and is not the default that stands for it. */
static bool has_own_name(const variant *v) { return !config_was_faulty(v->entry) || json_get(v->entry, "name"); }

/* A baseline made twice is made once; any other two of one name are a fault. */
static void settle_names(expansion *x) {
    variants *all = x->all;
    size_t kept = 0;
    for (size_t i = 1; i < all->n; i++) {
        variant *first = all->by_name[i - 1], *second = all->by_name[i];
        if (strcmp(variant_name(first), variant_name(second)) != 0) continue;
        if (!same_baseline(first, second)) {
            if (has_own_name(first) && has_own_name(second)) fault_same_name(x, first, second);
            continue;
        }
        for (size_t m = 0; m < second->n_matches; m++) {
            bool there = false;
            for (size_t k = 0; k < first->n_matches; k++) there = there || first->matches[k] == second->matches[m];
            if (!there) add_match(x, first, second->matches[m]);
        }
        all->by_name[i] = first; /* so that a third one meets the first */
        second->index = -1;
    }
    for (size_t i = 0; i < all->n; i++) {
        if (all->items[i]->index >= 0)
            all->items[kept++] = all->items[i];
        else
            variant_free(all->items[i]);
    }
    all->n = kept;
}

static void expand_entries(expansion *x, const cJSON *list, bool matched, size_t n_first) {
    int index = 0;
    for (const cJSON *entry = list ? list->child : NULL; entry && !x->texts->out_of_memory;
         entry = entry->next, index++) {
        if ((json_get(entry, "match") != NULL) != matched) continue;
        if (!matched && config_was_faulty(entry)) x->all->incomplete = true;
        if (!expandable(entry)) {
            x->all->incomplete = true;
            continue;
        }
        const cJSON *sweep = json_get(entry, "sweep");
        size_t combinations = count_combinations(sweep);
        if (x->all->n + combinations > MAX_EXPERIMENTS) {
            fault_too_many(x, sweep ? sweep : entry);
            return;
        }
        if (matched)
            expand_match(x, entry, index, n_first, combinations);
        else
            expand_plain(x, entry, index, combinations);
    }
}

void variants_expand(variants *out, json_texts *texts, const cJSON *top, size_t n_observations) {
    *out = (variants){0};
    expansion x = {.all = out, .texts = texts, .top = top, .n_observations = n_observations};
    const cJSON *list = json_get(top, "experiments");
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > MAX_EXPERIMENTS) out->incomplete = true;
    if (out->incomplete) return;
    expand_entries(&x, list, false, 0);
    expand_entries(&x, list, true, out->n);
    number_in_order(out);
    if (out->n > 0) qsort(out->items, out->n, POINTER, by_entry);
    number_in_order(out);
    bool sorted = sort_names(out);
    if (sorted) settle_names(&x);
    number_in_order(out);
    if (!sorted || !sort_names(out)) json_fault_memory(texts);
}
