/* config_value.c - one value against its row of the table. See config_value.h. Uses json_text.h, nearest.h. */
#include "config_value.h"
#include "nearest.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 400 }; /* room for one sentence */

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

void config_value_describe(const config_key *key, char *out, size_t size) {
    *out = '\0';
    switch (key->kind) {
    case KEY_INTEGER: snprintf(out, size, "a whole number 1 ... %.0f", key->high); break;
    case KEY_NUMBER: describe_number(key, out, size); break;
    case KEY_REPEATS:
        snprintf(out, size, "a whole number 1 ... %.0f, or {\"until\": {\"half_width\": w, \"max\": n}}", key->high);
        break;
    case KEY_BOOLEAN: append(out, size, "true or false"); break;
    case KEY_TEXT: append(out, size, key->low > 0 ? "a text of at least one character" : "a text"); break;
    case KEY_NAME: append(out, size, "a name: " CONFIG_NAME_RULE); break;
    case KEY_CHOICES:
        append(out, size, "a list of ");
        append_choices(out, size, key->choices);
        break;
    case KEY_CHOICE: append_choices(out, size, key->choices); break;
    case KEY_SEED:
        append(out, size, "a whole number 0 ... 18446744073709551615, above 2^53 as a string of digits");
        break;
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
bool config_value_fault(json_texts *texts, const config_key *key, const cJSON *value) {
    char wanted[TEXT], found[80];
    config_value_describe(key, wanted, sizeof wanted);
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
    if (!cJSON_IsNumber(value)) return config_value_fault(texts, key, value);
    if (!isfinite(value->valuedouble)) return false; /* listed when it was read */
    if (value->valuedouble != floor(value->valuedouble)) return config_value_fault(texts, key, value);
    if (in_range(key, value->valuedouble)) return true;
    char found[80];
    json_describe(value, found, sizeof found);
    json_fault(texts, value, "%s is out of range: must be %.0f ... %.0f", found, key->low, key->high);
    return false;
}

static bool check_number(json_texts *texts, const config_key *key, const cJSON *value) {
    if (cJSON_IsNumber(value) && !isfinite(value->valuedouble)) return false;
    if (cJSON_IsNumber(value) && in_range(key, value->valuedouble)) return true;
    return config_value_fault(texts, key, value);
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
    if (!cJSON_IsString(value)) return config_value_fault(texts, key, value);
    const char *near = nearest_name(value->valuestring, key->choices, count_choices(key->choices));
    char wanted[TEXT], found[80];
    config_value_describe(key, wanted, sizeof wanted);
    json_describe(value, found, sizeof found);
    if (near)
        json_fault(texts, value, "unknown value %s; did you mean \"%s\"? It takes %s", found, near, wanted);
    else
        json_fault(texts, value, "unknown value %s; it takes %s", found, wanted);
    return false;
}

static bool check_choices(json_texts *texts, const config_key *key, const cJSON *value) {
    if (!cJSON_IsArray(value) || !value->child) return config_value_fault(texts, key, value);
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

static bool check_length(json_texts *texts, const cJSON *value, size_t most) {
    size_t length = strlen(value->valuestring);
    if (length <= most) return true;
    json_fault(texts, value, "a text of %zu bytes; %zu are the most that it may have", length, most);
    return false;
}

static bool check_text(json_texts *texts, const config_key *key, const cJSON *value) {
    if (!cJSON_IsString(value) || strlen(value->valuestring) < (size_t)key->low)
        return config_value_fault(texts, key, value);
    return check_length(texts, value, (size_t)key->high);
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

cJSON *config_seed_value(uint64_t seed) {
    char digits[24];
    if (seed <= UINT64_C(1) << 53) return cJSON_CreateNumber((double)seed);
    snprintf(digits, sizeof digits, "%" PRIu64, seed);
    return cJSON_CreateString(digits);
}

static bool check_seed(json_texts *texts, const config_key *key, const cJSON *value) {
    uint64_t seed;
    double x = value->valuedouble;
    if (cJSON_IsString(value) && config_seed_from_text(value->valuestring, &seed)) return true;
    if (!cJSON_IsNumber(value) || x != floor(x) || x < 0)
        return isinf(x) ? false : config_value_fault(texts, key, value);
    if (x <= 9007199254740992.0 && !json_inexact(texts, value)) return true;
    if (isfinite(x))
        json_fault(texts, value,
                   "a number above 2^53 loses digits on the way; write it as a string, as in \"18446744073709551615\"");
    return false;
}

/* --- names ------------------------------------------------------------------------------------------------------ */

static bool name_character(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
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
        if (open ? depth == 1 || text[1] == '}' : close ? depth == 0 : depth == 0 && !name_character(*text))
            return config_value_fault(texts, key, value);
        if (open && !strchr(text, '}')) return config_value_fault(texts, key, value);
        depth = open ? 1 : close ? 0 : depth;
    }
    return true;
}

static bool check_name(json_texts *texts, const config_key *key, const cJSON *value) {
    if (!cJSON_IsString(value)) return config_value_fault(texts, key, value);
    if (key->section == SECTION_EXPERIMENT && strpbrk(value->valuestring, "{}"))
        return check_length(texts, value, MAX_TEXT) && check_template(texts, key, value);
    if (!config_name_valid(value->valuestring)) return config_value_fault(texts, key, value);
    if (key->section != SECTION_EXPERIMENT || strcmp(value->valuestring, "all_pairs") != 0) return true;
    json_fault(texts, value, "\"all_pairs\" means something else in compare.reference; take another name");
    return false;
}

/* --- values of their own kind ----------------------------------------------------------------------------------- */

static bool check_difference(json_texts *texts, const config_key *key, const cJSON *value) {
    if (cJSON_IsNumber(value)) return value->valuedouble == 0 || check_integer(texts, key, value);
    if (!cJSON_IsArray(value) || cJSON_GetArraySize(value) > 8) return config_value_fault(texts, key, value);
    bool fine = true;
    for (const cJSON *item = value->child; item; item = item->next) fine = check_integer(texts, key, item) && fine;
    return fine;
}

static bool check_scale(json_texts *texts, const config_key *key, const cJSON *value) {
    if (cJSON_IsString(value)) return check_choice(texts, key, value);
    if (!cJSON_IsArray(value) || cJSON_GetArraySize(value) != 2) return config_value_fault(texts, key, value);
    const cJSON *low = value->child, *high = low->next;
    if (!cJSON_IsNumber(low) || !cJSON_IsNumber(high))
        return config_value_fault(texts, key, cJSON_IsNumber(low) ? high : low);
    if (!isfinite(low->valuedouble) || !isfinite(high->valuedouble)) return false;
    if (low->valuedouble < high->valuedouble) return true;
    json_fault(texts, value, "the low end must be below the high end, found %g and %g", low->valuedouble,
               high->valuedouble);
    return false;
}

static bool check_pairs(json_texts *texts, const config_key *key, const cJSON *value) {
    if (!cJSON_IsArray(value)) return config_value_fault(texts, key, value);
    bool fine = true;
    for (const cJSON *pair = value->child; pair; pair = pair->next) {
        const cJSON *a = cJSON_IsArray(pair) ? pair->child : NULL;
        bool two = a && cJSON_IsString(a) && a->next && cJSON_IsString(a->next) && !a->next->next;
        if (!two) {
            char found[80];
            json_describe(pair, found, sizeof found);
            json_fault(texts, pair, "must be two names, as in [\"update_2\", \"fixed\"], found %s", found);
        }
        fine = fine && two;
    }
    return fine;
}

/* --- all kinds --------------------------------------------------------------------------------------------------- */

bool config_value_check(json_texts *texts, const config_key *key, const cJSON *value) {
    switch (key->kind) {
    case KEY_INTEGER: return check_integer(texts, key, value);
    case KEY_NUMBER: return check_number(texts, key, value);
    case KEY_REPEATS: return cJSON_IsObject(value) || check_integer(texts, key, value);
    case KEY_BOOLEAN: return cJSON_IsBool(value) || config_value_fault(texts, key, value);
    case KEY_TEXT: return check_text(texts, key, value);
    case KEY_NAME: return check_name(texts, key, value);
    case KEY_CHOICE: return check_choice(texts, key, value);
    case KEY_CHOICES: return check_choices(texts, key, value);
    case KEY_SEED: return check_seed(texts, key, value);
    case KEY_DIFFERENCE: return check_difference(texts, key, value);
    case KEY_SCALE: return check_scale(texts, key, value);
    case KEY_ROWS:
        return cJSON_IsString(value) ? check_choice(texts, key, value)
                                     : cJSON_IsObject(value) || config_value_fault(texts, key, value);
    case KEY_PAIRS: return check_pairs(texts, key, value);
    case KEY_SECTION: return cJSON_IsObject(value) || config_value_fault(texts, key, value);
    case KEY_SWEEP: return (cJSON_IsObject(value) && value->child) || config_value_fault(texts, key, value);
    case KEY_EXPERIMENTS: return cJSON_IsArray(value) || config_value_fault(texts, key, value);
    }
    return true;
}
