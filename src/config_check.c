/* config_check.c - every key and value against the table. See config_check.h. Uses config_value.h, config_meant.h.
 * Invariant: what is left in a checked object is known to the table and of the right kind and range. */
#include "config_check.h"
#include "config_meant.h"
#include "json_patch.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT = 400 }; /* room for one sentence */

static const char faulty_mark[] = "\x01"; /* no key in a file can be this: it would be an unknown key */

typedef enum {
    CHECK_WHOLE, /* required keys must be there, null is no value */
    CHECK_PATCH, /* a merge patch: null takes a key back to its default, nothing is required */
} check_mode;

static bool check_value(json_texts *texts, const config_key *key, cJSON *value, check_mode mode);
static void check_section(json_texts *texts, config_section section, cJSON *object, check_mode mode);

bool config_was_faulty(const cJSON *object) { return json_get(object, faulty_mark) != NULL; }

static void mark_faulty(json_texts *texts, cJSON *object) {
    if (!config_was_faulty(object) && !json_put(object, faulty_mark, cJSON_CreateTrue())) json_fault_memory(texts);
}

static void remove_member(cJSON *object, cJSON *member) { cJSON_Delete(cJSON_DetachItemViaPointer(object, member)); }

static void append(char *out, size_t size, const char *text) {
    size_t length = strlen(out);
    if (length < size) snprintf(out + length, size - length, "%s", text);
}

/* --- schemes ---------------------------------------------------------------------------------------------------- */

static const char *const *scheme_names(void) { return config_key_find(SECTION_EXPERIMENT, "scheme")->choices; }

unsigned config_scheme_bit(const char *scheme) {
    const char *const *names = scheme_names();
    for (unsigned i = 0; names[i]; i++)
        if (strcmp(names[i], scheme) == 0) return 1u << i;
    return 0;
}

/* "only update and refit take it, and this is "fixed"", at the key. */
static void fault_scheme(json_texts *texts, const config_key *key, const cJSON *member, const char *scheme) {
    const char *const *names = scheme_names();
    char takers[TEXT] = "";
    unsigned n = 0;
    for (unsigned i = 0; names[i]; i++) {
        if (!(key->schemes & 1u << i)) continue;
        if (n > 0) append(takers, sizeof takers, (key->schemes >> (i + 1)) != 0 ? ", " : " and ");
        append(takers, sizeof takers, names[i]);
        n++;
    }
    const char *article = n > 1 ? "" : strchr("aeiou", *takers) ? "an " : "a ";
    bool in_train = (TAKES_LSTM & config_scheme_bit(scheme)) && config_key_find(SECTION_TRAIN, key->name);
    char hint[TEXT] = ""; /* epochs, batch, optimizer: by far the likeliest slip */
    if (in_train) snprintf(hint, sizeof hint, "; for the base fit write \"train\": {\"%s\": ...}", key->name);
    json_fault_key(texts, member, "only %s%s take%s it, and this is \"%s\"%s", article, takers, n > 1 ? "" : "s",
                   scheme, hint);
}

/* --- sweeps ----------------------------------------------------------------------------------------------------- */

/* One of a list's values, and a number that equal values have in common. */
typedef struct {
    cJSON *item;
    uint64_t hash;
    int place;
    bool again; /* an earlier one is the same */
} swept_value;

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n) {
    for (const unsigned char *at = bytes; n > 0; n--) hash = (hash ^ *at++) * UINT64_C(0x100000001b3); /* FNV-1a */
    return hash;
}

/* An object's is a sum: the order of its members does not matter. */
static uint64_t hash_value(const cJSON *value) {
    uint64_t hash = (uint64_t)value->type;
    double number = value->valuedouble + 0; /* -0 is 0 */
    if (cJSON_IsNumber(value)) return hash_bytes(hash, &number, sizeof number);
    if (cJSON_IsString(value)) return hash_bytes(hash, value->valuestring, strlen(value->valuestring));
    for (const cJSON *child = value->child; child; child = child->next) {
        const char *key = child->string ? child->string : "";
        hash += hash_bytes(hash_value(child), key, strlen(key));
    }
    return hash;
}

static int by_place(const void *a, const void *b) {
    const swept_value *x = a, *y = b;
    return (x->place > y->place) - (x->place < y->place);
}

static int by_hash(const void *a, const void *b) {
    const swept_value *x = a, *y = b;
    return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1) : by_place(a, b);
}

/* values [n] by hash: marks each that an earlier one of its hash is the same as. */
static void mark_again(swept_value *values, size_t n) {
    for (size_t i = 1, first = 0; i < n; i++) {
        if (values[i].hash != values[first].hash) first = i;
        for (size_t j = first; j < i && !values[i].again; j++)
            values[i].again = cJSON_Compare(values[j].item, values[i].item, true);
    }
}

/* Lists and removes every value that stands in the list a second time. */
static void check_listed_once(json_texts *texts, cJSON *list) {
    size_t n = 0;
    swept_value *values = malloc(((size_t)cJSON_GetArraySize(list) + 1) * sizeof *values);
    if (!values) {
        json_fault_memory(texts);
        return;
    }
    for (cJSON *item = list->child; item; item = item->next, n++)
        values[n] = (swept_value){.item = item, .hash = hash_value(item), .place = (int)n};
    if (n > 0) qsort(values, n, sizeof *values, by_hash);
    mark_again(values, n);
    if (n > 0) qsort(values, n, sizeof *values, by_place);
    for (size_t i = 0; i < n; i++) {
        if (!values[i].again) continue;
        json_fault(texts, values[i].item, "this value is listed twice");
        remove_member(list, values[i].item);
    }
    free(values);
}

static void check_sweep_list(json_texts *texts, const config_key *key, cJSON *list) {
    bool patch = key->section != SECTION_EXPERIMENT || key->kind == KEY_SECTION;
    if (cJSON_GetArraySize(list) > MAX_EXPERIMENTS) {
        json_fault(texts, list, "%d values; a config may make %d experiments in all", cJSON_GetArraySize(list),
                   MAX_EXPERIMENTS);
        return;
    }
    for (cJSON *item = list->child, *next; item; item = next) {
        next = item->next;
        if (!check_value(texts, key, item, patch ? CHECK_PATCH : CHECK_WHOLE)) remove_member(list, item);
    }
    check_listed_once(texts, list);
}

/* Whether a is b or leads to it: "train" and "train.epochs". */
static bool leads_to(const char *a, const char *b) {
    size_t length = strlen(a);
    return strncmp(a, b, length) == 0 && (b[length] == '\0' || b[length] == '.');
}

/* Whether the experiment itself says something at path (or cuts it off with a value that is no object). */
static const cJSON *given_at(const cJSON *object, const char *path) {
    while (object) {
        char name[64];
        size_t length = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)length, path);
        const cJSON *member = json_get(object, name);
        if (!member || !path[length] || !cJSON_IsObject(member)) return member;
        object = member;
        path += length + 1;
    }
    return NULL;
}

static bool check_sweep_member(json_texts *texts, cJSON *member, const cJSON *entry, const char *scheme) {
    const config_key *key = config_key_at(member->string);
    if (!key) return config_meant_path(texts, member), false;
    if (!config_key_sweepable(key)) {
        json_fault_key(texts, member, "cannot be swept; write one experiment for each");
        return false;
    }
    char first[64];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(member->string, "."), member->string);
    const config_key *own = config_key_find(SECTION_EXPERIMENT, first);
    if (scheme && own->schemes && !(own->schemes & config_scheme_bit(scheme))) {
        fault_scheme(texts, own, member, scheme);
        return false;
    }
    const cJSON *given = given_at(entry, member->string);
    if (given) {
        json_fault_key(texts, member, "swept here, and given in the experiment at line %d; leave one out",
                       json_line(texts, given));
        return false;
    }
    if (!cJSON_IsArray(member) || !member->child) {
        char found[80];
        json_describe(member, found, sizeof found);
        json_fault(texts, member, "must be a list of the values to try, found %s",
                   cJSON_IsArray(member) ? "an empty list" : found);
        return false;
    }
    size_t before = texts->n_faults;
    check_sweep_list(texts, key, member);
    return texts->n_faults == before;
}

static bool check_sweep(json_texts *texts, cJSON *sweep, const cJSON *entry, const char *scheme) {
    size_t before = texts->n_faults;
    for (cJSON *member = sweep->child, *next; member; member = next) {
        next = member->next;
        bool fine = check_sweep_member(texts, member, entry, scheme);
        for (const cJSON *other = sweep->child; fine && other != member; other = other->next) {
            if (!leads_to(other->string, member->string) && !leads_to(member->string, other->string)) continue;
            if (strcmp(other->string, member->string) != 0) /* else it was listed as given twice */
                json_fault_key(texts, member, "\"%s\" is swept too, and one holds the other", other->string);
            fine = false;
        }
        if (!fine) remove_member(sweep, member);
    }
    return texts->n_faults == before;
}

/* --- objects ---------------------------------------------------------------------------------------------------- */

/* "rows" as an object: exactly one key of its section. */
static bool check_rows(json_texts *texts, const config_key *key, cJSON *value) {
    int given = cJSON_GetArraySize(value);
    check_section(texts, key->inner, value, CHECK_WHOLE);
    if (config_was_faulty(value)) return false;
    return given == 1 || config_value_fault(texts, key, value);
}

static bool check_value(json_texts *texts, const config_key *key, cJSON *value, check_mode mode) {
    if (mode == CHECK_PATCH && cJSON_IsNull(value)) return true;
    if (!config_value_check(texts, key, value)) return false;
    if (key->kind == KEY_ROWS && cJSON_IsObject(value)) return check_rows(texts, key, value);
    if (key->kind == KEY_REPEATS && cJSON_IsObject(value)) {
        check_section(texts, key->inner, value, CHECK_WHOLE);
        return json_get(json_get(value, "until"), "half_width") != NULL; /* or it is listed as missing or wrong */
    }
    if (key->kind == KEY_SECTION)
        check_section(texts, key->inner, value, mode); /* what is wrong inside is gone, the rest stays */
    return true;
}

/* Whether an earlier member has the same key: that is listed already, and the earlier one counts. */
static bool is_second(const cJSON *object, const cJSON *member) {
    return cJSON_GetObjectItemCaseSensitive(object, member->string) != member;
}

/* A bit for each key of a section. */
static uint64_t section_bit(const config_key *key) {
    const config_key *first = key;
    while (first > config_keys && first[-1].section == key->section) first--;
    return 1ull << (key - first);
}

/* scheme: of the experiment, or NULL where there is none or it is unknown. Returns a bit for each key of the section
 * that is there, rightly or wrongly. */
static uint64_t check_members(json_texts *texts, config_section section, cJSON *object, check_mode mode,
                              const char *scheme) {
    uint64_t seen = 0;
    bool faulty = false;
    for (cJSON *member = object->child, *next; member; member = next) {
        next = member->next;
        const config_key *key = config_key_find(section, member->string);
        bool in_experiment = section == SECTION_EXPERIMENT, fine = false;
        if (!key) {
            if (strcmp(member->string, faulty_mark) == 0 && member->valueint == 0) continue;
            config_meant_key(texts, section, member);
        } else if (scheme && key->schemes && !(key->schemes & config_scheme_bit(scheme))) {
            fault_scheme(texts, key, member, scheme);
        } else {
            bool patch = in_experiment && key->kind == KEY_SECTION;
            fine = check_value(texts, key, member, patch ? CHECK_PATCH : mode);
        }
        if (key) seen |= section_bit(key);
        if (fine && !is_second(object, member)) continue;
        faulty = faulty || !fine;
        remove_member(object, member);
    }
    if (faulty) mark_faulty(texts, object);
    return seen;
}

static bool has_seen(uint64_t seen, const config_key *key) { return (seen & section_bit(key)) != 0; }

static void check_required(json_texts *texts, config_section section, cJSON *object, uint64_t seen) {
    for (size_t i = 0; i < n_config_keys; i++) {
        const config_key *key = &config_keys[i];
        if (key->section != section || !key->required || has_seen(seen, key)) continue;
        char wanted[TEXT];
        config_value_describe(key, wanted, sizeof wanted);
        json_fault_missing(texts, object, key->name, "\"%s\" is missing; it must be %s", key->name, wanted);
        mark_faulty(texts, object);
    }
}

static void check_section(json_texts *texts, config_section section, cJSON *object, check_mode mode) {
    uint64_t seen = check_members(texts, section, object, mode, NULL);
    if (mode == CHECK_WHOLE) check_required(texts, section, object, seen);
}

/* --- experiments ------------------------------------------------------------------------------------------------ */

/* What hangs on other keys of the same experiment. */
static void check_together(json_texts *texts, cJSON *entry, const char *scheme, uint64_t seen) {
    const cJSON *sweep = json_get(entry, "sweep"), *match = json_get(entry, "match");
    const cJSON *train = json_get(entry, "train"), *by = json_get(entry, "by");
    if (scheme && strcmp(scheme, "update") == 0 && !has_seen(seen, config_key_find(SECTION_EXPERIMENT, "epochs")) &&
        !json_get(sweep, "epochs")) {
        json_fault_missing(texts, entry, "epochs",
                           "\"epochs\" is missing; an update needs a whole number 1 ... 1000000, or a sweep over it");
        mark_faulty(texts, entry);
    }
    if (match) {
        const cJSON *epochs = json_get(train, "epochs"), *swept = json_get(sweep, "train.epochs");
        if (!swept) swept = json_get(sweep, "train");
        if (epochs || swept)
            json_fault_key(texts, epochs ? epochs : swept,
                           "match decides how many epochs this is trained for; leave it out");
    }
    if (!match && !has_seen(seen, config_key_find(SECTION_EXPERIMENT, "match")) && (by || json_get(sweep, "by")))
        json_fault_key(texts, by ? by : json_get(sweep, "by"), "means something only with \"match\"");
    const cJSON *every = json_get(entry, "every");
    bool estimates = scheme && (config_scheme_bit(scheme) & TAKES_ESTIMATES);
    bool several = cJSON_IsNumber(every) && every->valuedouble > 1;
    if (estimates && (several || json_get(sweep, "every")) && !cJSON_IsTrue(json_get(entry, "refit")) &&
        !json_get(sweep, "refit"))
        json_fault_key(texts, several ? every : json_get(sweep, "every"), "means something only with \"refit\": true");
}

static void check_experiment(json_texts *texts, cJSON *entry) {
    const cJSON *scheme = json_get(entry, "scheme");
    bool known = scheme && cJSON_IsString(scheme) && config_scheme_bit(scheme->valuestring);
    char *name =
        known ? strdup(scheme->valuestring) : NULL; /* a second "scheme" may go while the members are checked */
    if (known && !name) json_fault_memory(texts);
    uint64_t seen = check_members(texts, SECTION_EXPERIMENT, entry, CHECK_WHOLE, name);
    check_required(texts, SECTION_EXPERIMENT, entry, seen);
    cJSON *sweep = json_get(entry, "sweep");
    if (sweep) {
        bool swept_epochs = json_get(sweep, "epochs") != NULL;
        if (swept_epochs) seen |= section_bit(config_key_find(SECTION_EXPERIMENT, "epochs"));
        if (!check_sweep(texts, sweep, entry, name)) mark_faulty(texts, entry);
    }
    check_together(texts, entry, name, seen);
    free(name);
}

static void check_experiments(json_texts *texts, cJSON *list) {
    if (!list->child) json_fault(texts, list, "an empty list; there must be at least one experiment");
    if (cJSON_GetArraySize(list) > MAX_EXPERIMENTS) {
        json_fault(texts, list, "%d experiments; a config may make %d", cJSON_GetArraySize(list), MAX_EXPERIMENTS);
        return;
    }
    for (cJSON *item = list->child; item; item = item->next) {
        if (cJSON_IsObject(item)) {
            check_experiment(texts, item);
        } else {
            char found[80];
            json_describe(item, found, sizeof found);
            json_fault(texts, item, "must be an experiment {\"scheme\": ...}, found %s", found);
        }
    }
}

void config_check(json_texts *texts, cJSON *top) {
    check_section(texts, SECTION_TOP, top, CHECK_WHOLE);
    cJSON *experiments = json_get(top, "experiments");
    if (experiments) check_experiments(texts, experiments);
}
