/* config_names.c - names made and matched. See config_names.h. Uses json_write.h, nearest.h. */
#include "config_names.h"
#include "json_write.h"
#include "nearest.h"
#include "numbers.h"

#include <stdlib.h>
#include <string.h>

/* --- values as parts of a name ---------------------------------------------------------------------------------- */

/* A text that grows up to a limit; what is beyond it is dropped, as no name may be that long. */
typedef struct {
    char text[2 * MAX_NAME + 2];
    size_t n;
} name_text;

static void put(name_text *name, const char *text, bool as_is) {
    for (; *text && name->n < sizeof name->text - 1; text++) {
        unsigned char c = (unsigned char)*text;
        bool fine = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("._-", c);
        if ((c & 0xc0) == 0x80 && !as_is) continue; /* one _ for a character of several bytes */
        name->text[name->n++] = fine || as_is ? *text : '_';
    }
    name->text[name->n] = '\0';
}

static void put_value(name_text *name, const cJSON *value) {
    char number[NUMBER_TEXT];
    if (cJSON_IsNumber(value)) {
        json_number_text(number, value->valuedouble);
        put(name, number, false);
    } else if (cJSON_IsString(value)) {
        put(name, value->valuestring, false);
    } else if (cJSON_IsArray(value) || cJSON_IsObject(value)) {
        for (const cJSON *item = value->child; item; item = item->next) {
            if (item != value->child) put(name, "_", false);
            if (item->string) put(name, item->string, false);
            if (item->string) put(name, "_", false);
            put_value(name, item);
        }
    } else {
        put(name, cJSON_IsTrue(value) ? "true" : cJSON_IsFalse(value) ? "false" : "null", false);
    }
}

char *config_name_part(const char *path, const cJSON *value) {
    const char *dot = strrchr(path, '.');
    name_text part = {0};
    put(&part, "_", false);
    put(&part, dot ? dot + 1 : path, false);
    put(&part, "_", false);
    put_value(&part, value);
    return strdup(part.text);
}

/* --- templates -------------------------------------------------------------------------------------------------- */

static const cJSON *at_path(const cJSON *object, const char *path) {
    while (object && *path) {
        char key[64];
        size_t length = strcspn(path, ".");
        if (length >= sizeof key) return NULL;
        memcpy(key, path, length);
        key[length] = '\0';
        object = json_get(object, key);
        path += length + (path[length] == '.');
    }
    return object;
}

static const cJSON *look_up(const cJSON *entry, const cJSON *top, const char *path) {
    static const char *const sections[] = {"frame", "model", "train"};
    const cJSON *found = at_path(entry, path);
    for (size_t i = 0; i < 3 && !found; i++) found = at_path(json_get(entry, sections[i]), path);
    return found ? found : at_path(top, path);
}

static void fault_placeholder(json_texts *texts, const cJSON *node, const char *path) {
    enum { MOST = 100 };
    char *paths[MOST], found[80];
    size_t n = config_sweep_paths(paths, MOST);
    const char *near = nearest_name(path, (const char *const *)paths, n);
    json_describe(node, found, sizeof found);
    if (near)
        json_fault(texts, node, "{%.60s} in this name is no key of the experiment; did you mean {%s}?", path, near);
    else
        json_fault(texts, node,
                   "{%.60s} in this name is no key of the experiment; take one as {epochs} or {model.neurons}", path);
    for (size_t i = 0; i < n; i++) free(paths[i]);
}

char *config_name_fill(json_texts *texts, const cJSON *node, const cJSON *entry, const cJSON *top) {
    name_text name = {0};
    for (const char *text = node->valuestring; *text;) {
        size_t plain = strcspn(text, "{"), inside = text[plain] ? strcspn(text + plain, "}") : 0;
        char piece[128];
        snprintf(piece, sizeof piece, "%.*s", (int)(plain > 127 ? 127 : plain), text);
        put(&name, piece, true);
        text += plain;
        if (!*text) break;
        snprintf(piece, sizeof piece, "%.*s", (int)(inside > 120 ? 120 : inside - 1), text + 1);
        const cJSON *value = look_up(entry, top, piece);
        if (!value) {
            fault_placeholder(texts, node, piece);
            return NULL;
        }
        put_value(&name, value);
        text += inside + 1;
    }
    char *copy = strdup(name.text);
    if (!copy) json_fault_memory(texts);
    return copy;
}

/* --- globs ------------------------------------------------------------------------------------------------------ */

/* Whether c is in the bracket at glob ("[a-z]"), and where the bracket ends; 0: it never closes, so [ is itself. */
static size_t bracket(const char *glob, char c, bool *in) {
    size_t i = 1;
    bool negated = glob[i] == '!' || glob[i] == '^';
    i += negated;
    *in = false;
    for (bool first = true; first || glob[i] != ']'; first = false) {
        if (glob[i] == '\\' && glob[i + 1]) i++;
        char low = glob[i], high = low;
        if (!low) return 0;
        i++;
        if (glob[i] == '-' && glob[i + 1] && glob[i + 1] != ']') {
            i++;
            if (glob[i] == '\\' && glob[i + 1]) i++;
            high = glob[i++];
        }
        *in = *in || (low <= c && c <= high);
    }
    *in = *in != negated;
    return i + 1;
}

/* Whether the element at glob matches c; length: the element's. */
static bool element(const char *glob, char c, size_t *length) {
    bool in;
    *length = 1;
    if (*glob == '?') return true;
    if (*glob == '[') {
        size_t n = bracket(glob, c, &in);
        if (n > 0) return *length = n, in;
    }
    if (*glob == '\\' && glob[1]) return *length = 2, glob[1] == c;
    return *glob == c;
}

bool config_glob(const char *glob, const char *text) {
    const char *star = NULL, *resume = NULL; /* the last * seen, and where it would eat one character more */
    while (*text) {
        size_t length;
        if (*glob == '*') {
            star = ++glob;
            resume = text;
        } else if (*glob && element(glob, *text, &length)) {
            glob += length;
            text++;
        } else if (star) {
            glob = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*glob == '*') glob++;
    return !*glob;
}
