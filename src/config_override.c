/* config_override.c - the command line over the config. See config_override.h. Uses json_patch.h. */
#include "config_override.h"
#include "config_check.h"
#include "json_patch.h"
#include "utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL = 80 }; /* bytes of a --set shown as the place of a fault */

/* One step of a path: a key, or a position in a list. */
typedef struct {
    char key[64];
    int index; /* -1: a key */
} step;

typedef struct {
    json_texts *texts;
    const char *label; /* "--set train.epochs=5" */
    const char *path;
} assignment_place;

__attribute__((format(printf, 2, 3))) static void fault(const assignment_place *p, const char *format, ...) {
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_fault_at(p->texts, (error_place){.file = p->label, .key = p->path}, "%s", text);
}

/* Reads the step at *path and moves past it. false: that is no path. */
static bool next_step(const char **path, step *out, bool first) {
    const char *p = *path;
    *out = (step){.index = -1};
    if (*p == '[' && !first) {
        char *end;
        if (p[1] < '0' || p[1] > '9') return false;
        long index = strtol(p + 1, &end, 10);
        if (*end != ']' || index > 1000000) return false;
        out->index = (int)index;
        *path = end + 1;
        return true;
    }
    if (!first && *p++ != '.') return false;
    size_t length = strcspn(p, ".[");
    if (length == 0 || length >= sizeof out->key) return false;
    memcpy(out->key, p, length);
    *path = p + length;
    return true;
}

static cJSON *step_into_list(const assignment_place *p, cJSON *at, int index) {
    char found[80];
    json_describe(at, found, sizeof found);
    if (!cJSON_IsArray(at)) {
        fault(p, "[%d] counts in a list, but here is %s", index, found);
        return NULL;
    }
    cJSON *item = cJSON_GetArrayItem(at, index);
    int n = cJSON_GetArraySize(at);
    if (!item && n == 0)
        fault(p, "there is no [%d]: the list is empty", index);
    else if (!item)
        fault(p, "there is no [%d]: the list goes from [0] to [%d]", index, n - 1);
    return item;
}

/* The object that at must be for a key to be put there. */
static bool is_object(const assignment_place *p, const cJSON *at, const char *key) {
    char found[80];
    if (cJSON_IsObject(at)) return true;
    json_describe(at, found, sizeof found);
    fault(p, "\"%s\" would go into an object, but here is %s", key, found);
    return false;
}

/* Puts value (taken over) at the path below at. */
static void put_at(const assignment_place *p, cJSON *at, const char *path, cJSON *value) {
    step s;
    for (bool first = true; at; first = false) {
        if (!next_step(&path, &s, first)) {
            fault(p, "this is no path; write it as train.epochs=5 or experiments[0].name=base");
            break;
        }
        bool last = !*path;
        if (s.index >= 0 && last) {
            cJSON *old = step_into_list(p, at, s.index);
            if (!old) break;
            if (cJSON_ReplaceItemViaPointer(at, old, value)) return;
        } else if (s.index >= 0) {
            at = step_into_list(p, at, s.index);
        } else if (!is_object(p, at, s.key)) {
            break;
        } else if (last) {
            if (!json_put(at, s.key, value)) json_fault_memory(p->texts);
            return;
        } else {
            cJSON *inner = json_get(at, s.key);
            if (!inner || cJSON_IsNull(inner)) {
                inner = cJSON_CreateObject();
                if (inner) inner->valueint = value->valueint;
                if (!json_put(at, s.key, inner)) json_fault_memory(p->texts), inner = NULL;
            }
            at = inner;
        }
    }
    cJSON_Delete(value);
}

static bool valid_utf8(const char *text) {
    size_t n = strlen(text), length;
    for (const unsigned char *p = (const unsigned char *)text; n > 0; p += length, n -= length)
        if ((length = utf8_length(p, n)) == 0) return false;
    return true;
}

/* The text itself as a string value. */
static cJSON *parse_as_text(json_texts *texts, const char *label, const char *path, const char *text) {
    cJSON *string = cJSON_CreateString(text);
    if (!string) return NULL;
    char *quoted = cJSON_PrintUnformatted(string); /* parsed again, so that it gets a place */
    cJSON_Delete(string);
    char *bytes = quoted ? strdup(quoted) : NULL;
    cJSON_free(quoted);
    return bytes ? json_parse(texts, label, path, bytes, strlen(bytes), false) : NULL;
}

static void set(json_texts *texts, cJSON *top, const char *path, const char *text, const char *label) {
    assignment_place place = {.texts = texts, .label = label, .path = path};
    bool not_json;
    if (!valid_utf8(path) || !valid_utf8(text)) {
        fault(&(assignment_place){.texts = texts, .label = "--set"}, "its text is not UTF-8");
        return;
    }
    char *bytes = strdup(text);
    cJSON *value = bytes ? json_parse_if_json(texts, label, path, bytes, strlen(text), &not_json) : NULL;
    if (bytes && !value && not_json) value = parse_as_text(texts, label, path, text);
    if (value)
        put_at(&place, top, path, value);
    else if (!texts->out_of_memory)
        json_fault_memory(texts);
}

void override_set(json_texts *texts, cJSON *top, const char *assignment) {
    size_t length = strlen(assignment), shown = length < LABEL ? length : LABEL;
    const char *equals = strchr(assignment, '=');
    while (shown < length && ((unsigned char)assignment[shown] & 0xc0) == 0x80) shown--;
    char *label = json_print(texts, "--set %.*s%s", (int)shown, assignment, shown < length ? "..." : "");
    char *path = equals ? strndup(assignment, (size_t)(equals - assignment)) : NULL;
    if (label && !equals)
        json_fault_at(texts, (error_place){.file = label}, "write path=value, as in --set train.epochs=100");
    else if (label && path)
        set(texts, top, path, equals + 1, label);
    else
        json_fault_memory(texts);
    free(label);
    free(path);
}

void override_from(json_texts *texts, cJSON *top, const char *models) {
    static const char path[] = "model.initial_weights.file";
    char *label = json_print(texts, "--from %s", models), *absolute = realpath(models, NULL);
    if (label && !absolute && errno == ENOMEM)
        json_fault_memory(texts);
    else if (label && !absolute)
        json_fault_at(texts, (error_place){.file = label}, "cannot be opened: %s", strerror(errno));
    else if (label)
        set(texts, top, path, absolute, label);
    free(label);
    free(absolute);
}

/* --- what was said ---------------------------------------------------------------------------------------------- */

char *override_word(json_texts *texts, const char *text) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./=:,+@%-";
    if (*text && text[strspn(text, plain)] == '\0') return json_print(texts, "%s", text);
    size_t quotes = 0;
    for (const char *p = text; *p; p++) quotes += *p == '\'';
    char *word = malloc(strlen(text) + 3 * quotes + 3), *to = word;
    if (!word) {
        json_fault_memory(texts);
        return NULL;
    }
    *to++ = '\'';
    for (; *text; text++) {
        if (*text == '\'') memcpy(to, "'\\'", 3), to += 3; /* out of the quotes, a quote, and in again */
        *to++ = *text;
    }
    memcpy(to, "'", 2);
    return word;
}

/* so_far (which is freed), option and its value. */
static char *say(json_texts *texts, char *so_far, const char *option, const char *value) {
    char *word = so_far ? override_word(texts, value) : NULL;
    char *longer = word ? json_print(texts, "%s %s %s", so_far, option, word) : NULL;
    free(so_far);
    free(word);
    return longer;
}

char *override_said(json_texts *texts, const farm_options *options) {
    char *said = json_print(texts, "%s", "");
    for (size_t i = 0; options && i < options->n_set; i++) said = say(texts, said, "--set", options->set[i]);
    if (options && options->from) said = say(texts, said, "--from", options->from);
    return said;
}

/* --- typed numbers ---------------------------------------------------------------------------------------------- */

void override_integer(json_texts *texts, const char *option, const char *text, int low, int high, int *out) {
    uint64_t value;
    if (!text) return;
    if (config_seed_from_text(text, &value) && value >= (uint64_t)low && value <= (uint64_t)high)
        *out = (int)value;
    else
        json_fault_at(texts, (error_place){.file = option}, "must be a whole number %d ... %d, found \"%.60s\"", low,
                      high, text);
}

void override_seed(json_texts *texts, const char *option, const char *text, uint64_t *out) {
    if (text && !config_seed_from_text(text, out))
        json_fault_at(texts, (error_place){.file = option},
                      "must be a whole number 0 ... 18446744073709551615, found \"%.60s\"", text);
}
