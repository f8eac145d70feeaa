/* config_check.c - every key and value against the table. See config_check.h. Uses json_text.h, nearest.h.
 * Invariant: what is left in a checked object is known to the table and of the right kind and range. */
#include "config_check.h"
#include "nearest.h"
#include "json_patch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 400 }; /* room for one sentence */

static const char faulty_mark[] = "\x01"; /* no key in a file can be this: it would be an unknown key */

static bool check_value(json_texts *texts, const config_key *key, cJSON *value, check_mode mode);
static void check_section(json_texts *texts, config_section section, cJSON *object, check_mode mode);

bool config_was_faulty(const cJSON *object) { return json_get(object, faulty_mark) != NULL; }

static void mark_faulty(json_texts *texts, cJSON *object) {
    if (!config_was_faulty(object) && !json_put(object, faulty_mark, cJSON_CreateTrue())) json_fault_memory(texts);
}

static void remove_member(cJSON *object, cJSON *member) { cJSON_Delete(cJSON_DetachItemViaPointer(object, member)); }

/* --- what a value must be, in words ----------------------------------------------------------------------------- */

static void append(char *out, size_t size, const char *text) {
    size_t length = strlen(out);
    if (length < size) snprintf(out + length, size - length, "%s", text);
}

static void append_choices(char *out, size_t size, const char *const *choices) {
    for (size_t i = 0; choices[i]; i++) {
        append(out, size, i == 0 ? "\"" : choices[i + 1] ? ", \"" : " or \"");
        append(out, size, choices[i]);
        append(out, size, "\"");
    }
}

static void describe_number(const config_key *key, char *out, size_t size) {
    if (key->high > 1e9)
        snprintf(out, size, "a number %s %g", key->above ? "above" : "from", key->low);
    else
        snprintf(out, size, "a number %s %g and %s %g", key->above ? "above" : "from", key->low,
                 key->below ? "below" : "at most", key->high);
}

void config_describe_key(const config_key *key, char *out, size_t size) {
    *out = '\0';
    switch (key->kind) {
    case KEY_INTEGER: snprintf(out, size, "a whole number 1 ... %.0f", key->high); break;
    case KEY_NUMBER: describe_number(key, out, size); break;
    case KEY_BOOLEAN: append(out, size, "true or false"); break;
    case KEY_TEXT: append(out, size, key->low > 0 ? "a text of at least one character" : "a text"); break;
    case KEY_NAME: append(out, size, "a name: " CONFIG_NAME_RULE); break;
    case KEY_CHOICES:
        append(out, size, "a list of ");
        append_choices(out, size, key->choices);
        break;
    case KEY_CHOICE: append_choices(out, size, key->choices); break;
    case KEY_SEED: append(out, size, "a whole number 0 ... 18446744073709551615, above 2^53 as a string of digits"); break;
    case KEY_SECTION: append(out, size, "an object {...}"); break;
    case KEY_DIFFERENCE: append(out, size, "0, a period from 1, or a list of at most 8 periods"); break;
    case KEY_SCALE:
        append(out, size, "[low, high] with low below high, ");
        append_choices(out, size, key->choices);
        break;
    case KEY_ROWS:
        append_choices(out, size, key->choices);
        append(out, size, ", {\"last\": k} or {\"fraction\": f}");
        break;
    case KEY_SWEEP: append(out, size, "an object of keys and lists of values, as in {\"epochs\": [2, 5]}"); break;
    case KEY_EXPERIMENTS: append(out, size, "a list of experiments [{...}, ...]"); break;
    case KEY_PAIRS: append(out, size, "a list of pairs of names, as in [[\"update_2\", \"fixed\"]]"); break;
    }
}

/* value is not what key must be. false, for the caller to return. */
static bool fault_value(json_texts *texts, const config_key *key, const cJSON *value) {
    char wanted[TEXT], found[80];
    config_describe_key(key, wanted, sizeof wanted);
    json_describe(value, found, sizeof found);
    if (cJSON_IsNull(value))
        json_fault(texts, value, "must be %s, found null; leave the key out for its default", wanted);
    else
        json_fault(texts, value, "must be %s, found %s", wanted, found);
    return false;
}

/* --- single values ---------------------------------------------------------------------------------------------- */

static bool in_range(const config_key *key, double x) {
    return x >= key->low && x <= key->high && !(key->above && x <= key->low) && !(key->below && x >= key->high);
}

static bool check_integer(json_texts *texts, const config_key *key, const cJSON *value) {
    if (!cJSON_IsNumber(value)) return fault_value(texts, key, value);
    if (!isfinite(value->valuedouble)) return false; /* listed when it was read */
    if (value->valuedouble != floor(value->valuedouble)) return fault_value(texts, key, value);
    if (in_range(key, value->valuedouble)) return true;
    char found[80];
    json_describe(value, found, sizeof found);
    json_fault(texts, value, "%s is out of range: must be %.0f ... %.0f", found, key->low, key->high);
    return false;
}

static bool check_number(json_texts *texts, const config_key *key, const cJSON *value) {
    if (cJSON_IsNumber(value) && !isfinite(value->valuedouble)) return false;
    if (cJSON_IsNumber(value) && in_range(key, value->valuedouble)) return true;
    return fault_value(texts, key, value);
}

static size_t count_choices(const char *const *choices) {
    size_t n = 0;
    while (choices[n]) n++;
    return n;
}

static bool is_choice(const config_key *key, const cJSON *value) {
    if (!cJSON_IsString(value)) return false;
    for (size_t i = 0; key->choices[i]; i++)
        if (strcmp(key->choices[i], value->valuestring) == 0) return true;
    return false;
}

static bool check_choice(json_texts *texts, const config_key *key, const cJSON *value) {
    if (is_choice(key, value)) return true;
    if (!cJSON_IsString(value)) return fault_value(texts, key, value);
    const char *near = nearest_name(value->valuestring, key->choices, count_choices(key->choices));
    char wanted[TEXT], found[80];
    config_describe_key(key, wanted, sizeof wanted);
    json_describe(value, found, sizeof found);
    if (near)
        json_fault(texts, value, "unknown value %s; did you mean \"%s\"? It takes %s", found, near, wanted);
    else
        json_fault(texts, value, "unknown value %s; it takes %s", found, wanted);
    return false;
}

static bool check_choices(json_texts *texts, const config_key *key, cJSON *value) {
    if (!cJSON_IsArray(value) || !value->child) return fault_value(texts, key, value);
    bool fine = true;
    for (const cJSON *item = value->child; item; item = item->next) {
        fine = check_choice(texts, key, item) && fine;
        for (const cJSON *earlier = value->child; fine && earlier != item; earlier = earlier->next) {
            if (strcmp(earlier->valuestring, item->valuestring) != 0) continue;
            json_fault(texts, item, "\"%s\" is listed twice", item->valuestring);
            fine = false;
        }
    }
    return fine;
}

static bool check_text(json_texts *texts, const config_key *key, const cJSON *value) {
    if (cJSON_IsString(value) && strlen(value->valuestring) >= (size_t)key->low) return true;
    return fault_value(texts, key, value);
}

bool config_seed_from_text(const char *text, uint64_t *seed) {
    *seed = 0;
    if (!*text) return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9') return false;
        uint64_t digit = (uint64_t)(*text - '0');
        if (*seed > (UINT64_MAX - digit) / 10) return false;
        *seed = *seed * 10 + digit;
    }
    return true;
}

static bool check_seed(json_texts *texts, const config_key *key, const cJSON *value) {
    uint64_t seed;
    double x = value->valuedouble;
    if (cJSON_IsString(value) && config_seed_from_text(value->valuestring, &seed)) return true;
    if (!cJSON_IsNumber(value) || x != floor(x) || x < 0) return isinf(x) ? false : fault_value(texts, key, value);
    if (x <= 9007199254740992.0 && !json_inexact(texts, value)) return true;
    if (isfinite(x)) json_fault(texts, value, "a number above 2^53 loses digits on the way; write it as a string, as in \"18446744073709551615\"");
    return false;
}

/* --- names ------------------------------------------------------------------------------------------------------ */

static bool name_character(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool config_name_valid(const char *text) {
    size_t length = strlen(text);
    if (length < 1 || length > MAX_NAME || *text == '.' || *text == '-') return false;
    for (; *text; text++)
        if (!name_character(*text)) return false;
    return true;
}

/* A template: its braces must pair and hold something, and all else must do for a name. */
static bool check_template(json_texts *texts, const config_key *key, const cJSON *value) {
    const char *text = value->valuestring;
    for (size_t depth = 0; *text; text++) {
        bool open = *text == '{', close = *text == '}';
        if (open ? depth == 1 || text[1] == '}' : close ? depth == 0 : depth == 0 && !name_character(*text)) return fault_value(texts, key, value);
        if (open && !strchr(text, '}')) return fault_value(texts, key, value);
        depth = open ? 1 : close ? 0 : depth;
    }
    return true;
}

static bool check_name(json_texts *texts, const config_key *key, const cJSON *value) {
    if (!cJSON_IsString(value)) return fault_value(texts, key, value);
    if (key->section == SECTION_EXPERIMENT && strpbrk(value->valuestring, "{}")) return check_template(texts, key, value);
    if (!config_name_valid(value->valuestring)) return fault_value(texts, key, value);
    if (key->section != SECTION_EXPERIMENT || strcmp(value->valuestring, "all_pairs") != 0) return true;
    json_fault(texts, value, "\"all_pairs\" means something else in compare.reference; take another name");
    return false;
}

/* --- values of their own kind ----------------------------------------------------------------------------------- */

static bool check_difference(json_texts *texts, const config_key *key, const cJSON *value) {
    if (cJSON_IsNumber(value)) return value->valuedouble == 0 || check_integer(texts, key, value);
    if (!cJSON_IsArray(value) || cJSON_GetArraySize(value) > 8) return fault_value(texts, key, value);
    bool fine = true;
    for (const cJSON *item = value->child; item; item = item->next) fine = check_integer(texts, key, item) && fine;
    return fine;
}

static bool check_scale(json_texts *texts, const config_key *key, const cJSON *value) {
    if (cJSON_IsString(value)) return check_choice(texts, key, value);
    if (!cJSON_IsArray(value) || cJSON_GetArraySize(value) != 2) return fault_value(texts, key, value);
    const cJSON *low = value->child, *high = low->next;
    if (!cJSON_IsNumber(low) || !cJSON_IsNumber(high)) return fault_value(texts, key, cJSON_IsNumber(low) ? high : low);
    if (!isfinite(low->valuedouble) || !isfinite(high->valuedouble)) return false;
    if (low->valuedouble < high->valuedouble) return true;
    json_fault(texts, value, "the low end must be below the high end, found %g and %g", low->valuedouble, high->valuedouble);
    return false;
}

static bool check_rows(json_texts *texts, const config_key *key, cJSON *value) {
    if (cJSON_IsString(value)) return check_choice(texts, key, value);
    if (!cJSON_IsObject(value)) return fault_value(texts, key, value);
    int given = cJSON_GetArraySize(value);
    check_section(texts, key->inner, value, CHECK_WHOLE);
    if (config_was_faulty(value)) return false;
    return given == 1 || fault_value(texts, key, value);
}

static bool check_pairs(json_texts *texts, const config_key *key, const cJSON *value) {
    if (!cJSON_IsArray(value)) return fault_value(texts, key, value);
    bool fine = true;
    for (const cJSON *pair = value->child; pair; pair = pair->next) {
        const cJSON *a = cJSON_IsArray(pair) ? pair->child : NULL;
        bool two = cJSON_IsString(a) && cJSON_IsString(a->next) && !a->next->next;
        if (!two) {
            char found[80];
            json_describe(pair, found, sizeof found);
            json_fault(texts, pair, "must be two names, as in [\"update_2\", \"fixed\"], found %s", found);
        }
        fine = fine && two;
    }
    return fine;
}

/* --- unknown keys ----------------------------------------------------------------------------------------------- */

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
    static const config_section order[] = {SECTION_SERIES, SECTION_FRAME, SECTION_MODEL, SECTION_TRAIN, SECTION_OPTIMIZER,
                                           SECTION_COMPARE, SECTION_EXPERIMENT, SECTION_TOP, SECTION_ROWS};
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

static void fault_unknown(json_texts *texts, config_section section, const cJSON *member) {
    const char *name = member->string, *meant = near_key(section, name, false);
    config_section where = N_SECTIONS;
    if (!meant) where = other_section(section, name, false, &meant);
    if (!meant) meant = near_key(section, name, true);
    if (!meant) where = other_section(section, name, true, &meant);
    if (where != N_SECTIONS) {
        fault_elsewhere(texts, member, where, meant);
    } else if (meant) {
        json_fault_key(texts, member, "unknown key; did you mean \"%s\"?", meant);
    } else {
        char known[TEXT] = "";
        for (size_t i = 0; i < n_config_keys; i++) {
            if (config_keys[i].section != section) continue;
            if (*known) append(known, sizeof known, ", ");
            append(known, sizeof known, config_keys[i].name);
        }
        json_fault_key(texts, member, "unknown key; here may stand %s", known);
    }
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
        if (n > 0) append(takers, sizeof takers, key->schemes >> (i + 1) ? ", " : " and ");
        append(takers, sizeof takers, names[i]);
        n++;
    }
    bool vowel = strchr("aeiou", *takers) != NULL;
    if (n > 1)
        json_fault_key(texts, member, "only %s take it, and this is \"%s\"", takers, scheme);
    else
        json_fault_key(texts, member, "only %s %s takes it, and this is \"%s\"", vowel ? "an" : "a", takers, scheme);
    if (n == 1 && strcmp(key->name, "epochs") == 0) /* by far the likeliest slip */
        json_fault_key(texts, member, "the epochs of the base fit go under \"train\": {\"epochs\": ...}");
}

/* --- sweeps ----------------------------------------------------------------------------------------------------- */

static void fault_sweep_path(json_texts *texts, const cJSON *member) {
    enum { MOST = 100 };
    char *paths[MOST];
    size_t n = config_sweep_paths(paths, MOST);
    const char *near = NULL;
    for (size_t i = 0; i < n && !near; i++) { /* the key alone, without its section */
        const char *dot = strrchr(paths[i], '.');
        if (same_word(paths[i], member->string) || (dot && same_word(dot + 1, member->string))) near = paths[i];
    }
    if (!near) near = nearest_name(member->string, (const char *const *)paths, n);
    if (near)
        json_fault_key(texts, member, "no key to sweep; did you mean \"%s\"?", near);
    else
        json_fault_key(texts, member, "no key to sweep; take an experiment's key, as \"epochs\", or a path, as \"model.neurons\"");
    for (size_t i = 0; i < n; i++) free(paths[i]);
}

static void check_sweep_list(json_texts *texts, const config_key *key, cJSON *list) {
    bool patch = key->section != SECTION_EXPERIMENT || key->kind == KEY_SECTION;
    if (cJSON_GetArraySize(list) > MAX_EXPERIMENTS) {
        json_fault(texts, list, "%d values; a config may make %d experiments in all", cJSON_GetArraySize(list), MAX_EXPERIMENTS);
        return;
    }
    for (cJSON *item = list->child, *next; item; item = next) {
        next = item->next;
        bool fine = check_value(texts, key, item, patch ? CHECK_PATCH : CHECK_WHOLE);
        for (const cJSON *earlier = list->child; fine && earlier != item; earlier = earlier->next) {
            if (!cJSON_Compare(earlier, item, true)) continue;
            json_fault(texts, item, "this value is listed twice");
            fine = false;
        }
        if (!fine) remove_member(list, item);
    }
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

static bool check_sweep_member(json_texts *texts, cJSON *member, const cJSON *experiment, const char *scheme) {
    const config_key *key = config_key_at(member->string);
    if (!key) return fault_sweep_path(texts, member), false;
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
    const cJSON *given = given_at(experiment, member->string);
    if (given) {
        json_fault_key(texts, member, "swept here, and given in the experiment at line %d; leave one out", json_line(texts, given));
        return false;
    }
    if (!cJSON_IsArray(member) || !member->child) {
        char found[80];
        json_describe(member, found, sizeof found);
        json_fault(texts, member, "must be a list of the values to try, found %s", cJSON_IsArray(member) ? "an empty list" : found);
        return false;
    }
    size_t before = texts->n_faults;
    check_sweep_list(texts, key, member);
    return texts->n_faults == before;
}

static bool check_sweep(json_texts *texts, cJSON *sweep, const cJSON *experiment, const char *scheme) {
    size_t before = texts->n_faults;
    if (!cJSON_IsObject(sweep) || !sweep->child) return fault_value(texts, config_key_find(SECTION_EXPERIMENT, "sweep"), sweep);
    for (cJSON *member = sweep->child, *next; member; member = next) {
        next = member->next;
        bool fine = check_sweep_member(texts, member, experiment, scheme);
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

static bool check_value(json_texts *texts, const config_key *key, cJSON *value, check_mode mode) {
    if (mode == CHECK_PATCH && cJSON_IsNull(value)) return true;
    switch (key->kind) {
    case KEY_INTEGER: return check_integer(texts, key, value);
    case KEY_NUMBER: return check_number(texts, key, value);
    case KEY_BOOLEAN: return cJSON_IsBool(value) || fault_value(texts, key, value);
    case KEY_TEXT: return check_text(texts, key, value);
    case KEY_NAME: return check_name(texts, key, value);
    case KEY_CHOICE: return check_choice(texts, key, value);
    case KEY_CHOICES: return check_choices(texts, key, value);
    case KEY_SEED: return check_seed(texts, key, value);
    case KEY_DIFFERENCE: return check_difference(texts, key, value);
    case KEY_SCALE: return check_scale(texts, key, value);
    case KEY_ROWS: return check_rows(texts, key, value);
    case KEY_PAIRS: return check_pairs(texts, key, value);
    case KEY_SECTION:
        if (!cJSON_IsObject(value)) return fault_value(texts, key, value);
        check_section(texts, key->inner, value, mode);
        return true; /* what was wrong inside is gone, the rest stays */
    case KEY_SWEEP:
    case KEY_EXPERIMENTS: return true; /* looked at where the experiments are */
    }
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
static uint64_t check_members(json_texts *texts, config_section section, cJSON *object, check_mode mode, const char *scheme) {
    uint64_t seen = 0;
    for (cJSON *member = object->child, *next; member; member = next) {
        next = member->next;
        const config_key *key = config_key_find(section, member->string);
        bool experiment = section == SECTION_EXPERIMENT, fine = false;
        if (!key) {
            if (strcmp(member->string, faulty_mark) == 0 && member->valueint == 0) continue;
            fault_unknown(texts, section, member);
        } else if (scheme && key->schemes && !(key->schemes & config_scheme_bit(scheme))) {
            fault_scheme(texts, key, member, scheme);
        } else {
            bool patch = experiment && key->kind == KEY_SECTION;
            fine = check_value(texts, key, member, patch ? CHECK_PATCH : mode);
        }
        if (key) seen |= section_bit(key);
        if (fine && !is_second(object, member)) continue;
        if (!fine) mark_faulty(texts, object);
        remove_member(object, member);
    }
    return seen;
}

static bool has_seen(uint64_t seen, const config_key *key) { return (seen & section_bit(key)) != 0; }

static void check_required(json_texts *texts, config_section section, cJSON *object, uint64_t seen) {
    for (size_t i = 0; i < n_config_keys; i++) {
        const config_key *key = &config_keys[i];
        if (key->section != section || !key->required || has_seen(seen, key)) continue;
        char wanted[TEXT];
        config_describe_key(key, wanted, sizeof wanted);
        json_fault_missing(texts, object, key->name, "missing; it must be %s", wanted);
        mark_faulty(texts, object);
    }
}

static void check_section(json_texts *texts, config_section section, cJSON *object, check_mode mode) {
    uint64_t seen = check_members(texts, section, object, mode, NULL);
    if (mode == CHECK_WHOLE) check_required(texts, section, object, seen);
}

/* --- experiments ------------------------------------------------------------------------------------------------ */

/* What hangs on other keys of the same experiment. */
static void check_together(json_texts *texts, cJSON *experiment, const char *scheme, uint64_t seen) {
    const cJSON *sweep = json_get(experiment, "sweep"), *match = json_get(experiment, "match");
    const cJSON *train = json_get(experiment, "train"), *by = json_get(experiment, "by");
    if (scheme && strcmp(scheme, "update") == 0 && !has_seen(seen, config_key_find(SECTION_EXPERIMENT, "epochs")) && !json_get(sweep, "epochs")) {
        json_fault_missing(texts, experiment, "epochs", "missing; an update needs a whole number 1 ... 1000000, or a sweep over it");
        mark_faulty(texts, experiment);
    }
    if (match) {
        const cJSON *epochs = json_get(train, "epochs"), *swept = json_get(sweep, "train.epochs");
        if (!swept) swept = json_get(sweep, "train");
        if (epochs || swept) json_fault_key(texts, epochs ? epochs : swept, "match decides how many epochs this is trained for; leave it out");
    }
    if (!match && !has_seen(seen, config_key_find(SECTION_EXPERIMENT, "match")) && (by || json_get(sweep, "by")))
        json_fault_key(texts, by ? by : json_get(sweep, "by"), "means something only with \"match\"");
}

static void check_experiment(json_texts *texts, cJSON *experiment) {
    const cJSON *scheme = json_get(experiment, "scheme");
    bool known = scheme && cJSON_IsString(scheme) && config_scheme_bit(scheme->valuestring);
    char *name = known ? strdup(scheme->valuestring) : NULL; /* a second "scheme" may go while the members are checked */
    if (known && !name) json_fault_memory(texts);
    uint64_t seen = check_members(texts, SECTION_EXPERIMENT, experiment, CHECK_WHOLE, name);
    check_required(texts, SECTION_EXPERIMENT, experiment, seen);
    cJSON *sweep = json_get(experiment, "sweep");
    if (sweep) {
        bool swept_epochs = json_get(sweep, "epochs") != NULL;
        if (swept_epochs) seen |= section_bit(config_key_find(SECTION_EXPERIMENT, "epochs"));
        if (!check_sweep(texts, sweep, experiment, name)) mark_faulty(texts, experiment);
    }
    check_together(texts, experiment, name, seen);
    free(name);
}

static void check_experiments(json_texts *texts, cJSON *list) {
    const config_key *key = config_key_find(SECTION_TOP, "experiments");
    if (!cJSON_IsArray(list)) {
        fault_value(texts, key, list);
        return;
    }
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
