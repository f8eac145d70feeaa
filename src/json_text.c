/* json_text.c - trees that remember their places, and faults. See json_text.h. Uses cJSON, json_scan.h, numbers.h.
 * Invariant: a node's valueint is 1 + its index in texts->places, or 0 where the farm itself made the node. */
#include "json_text.h"
#include "numbers.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    MAX_BYTES = 64 << 20, /* no config is larger by intent */
    MAX_FAULTS = 1000,    /* more are of no use to anybody */
    MAX_KEY_SHOWN = 60,   /* bytes of one key in a path */
};

/* --- memory ----------------------------------------------------------------------------------------------------- */

void json_texts_free(json_texts *texts) {
    for (size_t i = 0; i < texts->n_sources; i++) {
        free(texts->sources[i].label);
        free(texts->sources[i].prefix);
        free(texts->sources[i].bytes);
    }
    free(texts->sources);
    free(texts->places.items);
    *texts = (json_texts){0};
}

char *json_print(json_texts *texts, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = errors_text(format, args);
    va_end(args);
    if (!text) json_fault_memory(texts);
    return text;
}

/* --- files ------------------------------------------------------------------------------------------------------ */

/* Reads to the end, or to just past MAX_BYTES, whatever the file claims its size to be. */
static char *read_all(FILE *file, size_t *n) {
    size_t capacity = 4096, length = 0;
    char *bytes = malloc(capacity + 1);
    while (bytes) {
        size_t got = fread(bytes + length, 1, capacity - length, file);
        length += got;
        if (got == 0 || length > MAX_BYTES) break;
        if (length < capacity) continue;
        capacity *= 2;
        char *larger = realloc(bytes, capacity + 1);
        if (!larger) free(bytes);
        bytes = larger;
    }
    if (bytes) bytes[length] = '\0';
    *n = length;
    return bytes;
}

static void too_large(char why[200], const char *bytes) {
    snprintf(why, 200, "%s bytes, more than the %d (64 MiB) that a config or weights file may have", bytes, MAX_BYTES);
}

/* A file that says how large it is need not be read to be found too large. */
static bool says_too_large(FILE *file, char why[200]) {
    struct stat info;
    char bytes[24];
    if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode) || info.st_size <= MAX_BYTES) return false;
    snprintf(bytes, sizeof bytes, "%lld", (long long)info.st_size);
    too_large(why, bytes);
    return true;
}

char *json_read_file(json_texts *texts, const char *path, size_t *n, char why[200]) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        snprintf(why, 200, "cannot open it: %s", strerror(errno));
        return NULL;
    }
    char *bytes = NULL;
    if (says_too_large(file, why)) goto done;
    errno = 0;
    bytes = read_all(file, n);
    if (!bytes) {
        snprintf(why, 200, "out of memory after %zu bytes", *n);
        texts->out_of_memory = true;
    } else if (ferror(file)) {
        snprintf(why, 200, "cannot read it: %s", strerror(errno));
    } else if (*n > MAX_BYTES) {
        too_large(why, "an endless stream of");
    }
    if (bytes && (ferror(file) || *n > MAX_BYTES)) {
        free(bytes);
        bytes = NULL;
    }
done:
    fclose(file); /* it was only read */
    return bytes;
}

/* --- places ----------------------------------------------------------------------------------------------------- */

static const json_place *place_of(const json_texts *texts, const cJSON *node) {
    if (!node || node->valueint <= 0 || (size_t)node->valueint > texts->places.n) return NULL;
    return &texts->places.items[node->valueint - 1];
}

/* Writes the place's path before end, from its last component back; returns where it begins. NULL: no room. */
static char *path_backwards(const json_texts *texts, const json_place *place, const char *begin, char *end) {
    const json_source *source = &texts->sources[place->source];
    for (; place->parent >= 0; place = &texts->places.items[place->parent]) {
        char part[MAX_KEY_SHOWN + 8];
        int shown = place->key_length > MAX_KEY_SHOWN ? MAX_KEY_SHOWN : (int)place->key_length;
        while (shown < (int)place->key_length && (source->bytes[place->key_at + (size_t)shown] & 0xc0) == 0x80) shown--;
        const char *dots = shown < (int)place->key_length ? "..." : "";
        bool top = texts->places.items[place->parent].parent < 0 && !*source->prefix;
        int length = place->index >= 0 ? snprintf(part, sizeof part, "[%d]", place->index)
                                       : snprintf(part, sizeof part, "%s%.*s%s", top ? "" : ".", shown,
                                                  source->bytes + place->key_at, dots);
        if (length > end - begin) return NULL;
        end -= length;
        memcpy(end, part, (size_t)length);
    }
    size_t length = strlen(source->prefix);
    if ((ptrdiff_t)length > end - begin) return NULL;
    return memcpy(end - length, source->prefix, length);
}

char *json_path(const json_texts *texts, const cJSON *node) {
    const json_place *place = place_of(texts, node);
    if (!place) return strdup("");
    size_t size = strlen(texts->sources[place->source].prefix) + (size_t)(JSON_MAX_DEPTH + 1) * (MAX_KEY_SHOWN + 8) + 1;
    char *path = malloc(size);
    if (!path) return NULL;
    char *begin = path_backwards(texts, place, path, path + size - 1);
    size_t length = begin ? (size_t)(path + size - 1 - begin) : 0;
    if (begin) memmove(path, begin, length);
    path[length] = '\0';
    return path;
}

int json_line(const json_texts *texts, const cJSON *node) {
    const json_place *place = place_of(texts, node);
    return place && texts->sources[place->source].has_lines ? place->line : 0;
}

bool json_inexact(const json_texts *texts, const cJSON *node) {
    const json_place *place = place_of(texts, node);
    return place && place->inexact;
}

/* --- faults ----------------------------------------------------------------------------------------------------- */

static void add_fault(json_texts *texts, error_place place, const char *format, va_list args) {
    texts->n_faults++;
    if (texts->errors->n < MAX_FAULTS)
        errors_add_v(texts->errors, place, format, args);
    else if (texts->errors->n == MAX_FAULTS)
        errors_add(texts->errors, (error_place){0}, "more than %d faults; the rest is not listed", MAX_FAULTS);
}

bool json_faults_enough(const json_texts *texts) { return texts->errors->n > MAX_FAULTS; }

void json_fault_memory(json_texts *texts) {
    texts->n_faults++;
    if (!texts->out_of_memory) errors_add(texts->errors, (error_place){0}, "out of memory while reading the config");
    texts->out_of_memory = true;
}

void json_fault_at(json_texts *texts, error_place place, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add_fault(texts, place, format, args);
    va_end(args);
}

typedef enum { AT_VALUE, AT_KEY } fault_spot;

/* A fault at a node; missing: the key that it lacks, or NULL. */
static void fault_at_node(json_texts *texts, const cJSON *node, fault_spot spot, const char *missing,
                          const char *format, va_list args) {
    if (json_faults_enough(texts)) { /* a hostile file has millions */
        texts->n_faults++;
        return;
    }
    const json_place *place = place_of(texts, node);
    error_place where = {0};
    char *path = json_path(texts, node), *longer = NULL;
    if (place) {
        const json_source *source = &texts->sources[place->source];
        bool at_key = spot == AT_KEY && place->key_line > 0;
        where.file = source->label;
        where.line = !source->has_lines ? 0 : at_key ? place->key_line : place->line;
        where.col = !source->has_lines ? 0 : at_key ? place->key_col : place->col;
    } else if (texts->n_sources > 0) {
        where.file = texts->sources[0].label;
    }
    if (path && missing) longer = json_print(texts, "%s%s%s", path, *path ? "." : "", missing);
    where.key = longer ? longer : path && *path ? path : NULL;
    add_fault(texts, where, format, args);
    free(path);
    free(longer);
}

void json_fault(json_texts *texts, const cJSON *node, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fault_at_node(texts, node, AT_VALUE, NULL, format, args);
    va_end(args);
}

void json_fault_key(json_texts *texts, const cJSON *node, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fault_at_node(texts, node, AT_KEY, NULL, format, args);
    va_end(args);
}

void json_fault_missing(json_texts *texts, const cJSON *object, const char *key, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fault_at_node(texts, object, AT_VALUE, key, format, args);
    va_end(args);
}

/* --- trees ------------------------------------------------------------------------------------------------------ */

typedef struct {
    const cJSON *node;
    size_t order;
} member;

static int by_name(const void *a, const void *b) {
    const member *x = a, *y = b;
    int order = strcmp(x->node->string, y->node->string);
    return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

/* Lists every key that the object gives a second time. */
static void find_twice(json_texts *texts, const cJSON *object) {
    size_t n = 0, i = 0;
    for (const cJSON *c = object->child; c; c = c->next) n++;
    if (n < 2) return;
    member *members = malloc(n * sizeof *members);
    if (!members) {
        json_fault_memory(texts);
        return;
    }
    for (const cJSON *c = object->child; c; c = c->next, i++) members[i] = (member){c, i};
    qsort(members, n, sizeof *members, by_name);
    for (i = 1; i < n; i++) {
        if (strcmp(members[i - 1].node->string, members[i].node->string) != 0) continue;
        const json_place *first = place_of(texts, members[i - 1].node);
        if (first)
            json_fault_key(texts, members[i].node, "given twice; the other is at line %d, column %d", first->key_line,
                           first->key_col);
    }
    free(members);
}

/* Numbers the nodes in the order of the text, which is the order of their places. */
static void number_nodes(cJSON *node, int *place) {
    for (; node; node = node->next) {
        node->valueint = ++*place;
        if (node->child) number_nodes(node->child, place);
    }
}

/* What the grammar cannot see. */
static void check_nodes(json_texts *texts, const cJSON *node) {
    for (; node; node = node->next) {
        if (cJSON_IsNumber(node) && !isfinite(node->valuedouble))
            json_fault(texts, node, "too large a number; the largest is about 1.8e308");
        if (cJSON_IsObject(node)) find_twice(texts, node);
        if (node->child) check_nodes(texts, node->child);
    }
}

static cJSON *build_tree(json_texts *texts, const json_source *source, int first_place) {
    number_locale locale = number_locale_enter();
    cJSON *tree = cJSON_ParseWithLengthOpts(source->bytes, source->n + 1, NULL, true);
    number_locale_leave(&locale);
    if (!tree) {
        json_fault_memory(texts);
        return NULL;
    }
    number_nodes(tree, &first_place);
    check_nodes(texts, tree);
    return tree;
}

static json_source *add_source(json_texts *texts, const char *label, const char *prefix, char *bytes, size_t n,
                               bool has_lines) {
    json_source *sources = realloc(texts->sources, (texts->n_sources + 1) * sizeof *sources);
    json_source source = {.bytes = bytes, .n = n, .has_lines = has_lines};
    if (sources) {
        texts->sources = sources;
        source.label = strdup(label);
        source.prefix = strdup(prefix);
        sources[texts->n_sources++] = source;
        if (source.label && source.prefix) return &sources[texts->n_sources - 1];
    } else {
        free(bytes);
    }
    json_fault_memory(texts);
    return NULL;
}

/* not_json: NULL, or where to say so instead of listing it. */
static cJSON *parse(json_texts *texts, const char *label, const char *prefix, char *bytes, size_t n, bool has_lines,
                    bool *not_json) {
    json_source *source = add_source(texts, label, prefix, bytes, n, has_lines);
    if (!source) return NULL;
    int first_place = (int)texts->places.n;
    json_scan_fault fault;
    if (json_scan(&texts->places, (int)texts->n_sources - 1, bytes, n, &fault))
        return build_tree(texts, source, first_place);
    texts->places.n = (size_t)first_place;
    if (fault.out_of_memory) {
        json_fault_memory(texts);
    } else if (not_json) {
        *not_json = true;
    } else {
        error_place place = {.file = label,
                             .line = has_lines ? fault.line : 0,
                             .col = has_lines ? fault.col : 0,
                             .key = *prefix ? prefix : NULL};
        json_fault_at(texts, place, "%s", fault.text);
    }
    return NULL;
}

cJSON *json_parse(json_texts *texts, const char *label, const char *prefix, char *bytes, size_t n, bool has_lines) {
    return parse(texts, label, prefix, bytes, n, has_lines, NULL);
}

cJSON *json_parse_if_json(json_texts *texts, const char *label, const char *prefix, char *bytes, size_t n,
                          bool *not_json) {
    *not_json = false;
    return parse(texts, label, prefix, bytes, n, false, not_json);
}

/* --- values ----------------------------------------------------------------------------------------------------- */

cJSON *json_get(const cJSON *object, const char *key) {
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

/* The string in quotes, cut at a whole character; line breaks are shown as blanks. */
static void describe_string(const char *text, char *out, size_t size) {
    size_t length = strlen(text), shown = length > 40 ? 40 : length;
    while (shown < length && ((unsigned char)text[shown] & 0xc0) == 0x80) shown--;
    int written = snprintf(out, size, "\"%.*s%s\"", (int)shown, text, shown < length ? "..." : "");
    for (int i = 0; i < written && (size_t)i < size; i++)
        if ((unsigned char)out[i] < ' ' && out[i]) out[i] = ' ';
}

void json_describe(const cJSON *node, char *out, size_t size) {
    if (cJSON_IsString(node)) {
        describe_string(node->valuestring, out, size);
    } else if (cJSON_IsNumber(node)) {
        char number[NUMBER_TEXT];
        number_locale locale = number_locale_enter();
        number_exact(number, node->valuedouble);
        number_locale_leave(&locale);
        snprintf(out, size, "%s", number);
    } else {
        snprintf(out, size, "%s",
                 cJSON_IsObject(node)  ? "an object {...}"
                 : cJSON_IsArray(node) ? "a list [...]"
                 : cJSON_IsTrue(node)  ? "true"
                 : cJSON_IsFalse(node) ? "false"
                                       : "null");
    }
}
