/* json_write.c - a tree as JSON text. See json_write.h. Uses cJSON's nodes, numbers.h. */
#include "json_write.h"
#include "numbers.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 110 }; /* characters; what is longer is broken */

typedef struct {
    char *text, *marks; /* [capacity] each, n of them in use and a 0 behind */
    size_t n, capacity;
    char mark; /* of what is put next */
    bool out_of_memory;
} writer;

static bool grow(char **text, size_t capacity) {
    char *larger = realloc(*text, capacity);
    if (larger) *text = larger;
    return larger != NULL;
}

static void put(writer *w, const char *text, size_t length) {
    if (w->out_of_memory) return;
    if (w->n + length + 1 > w->capacity) {
        w->capacity = 2 * (w->n + length + 1) + 1024;
        w->out_of_memory = !grow(&w->text, w->capacity) || !grow(&w->marks, w->capacity);
        if (w->out_of_memory) return;
    }
    memcpy(w->text + w->n, text, length);
    memset(w->marks + w->n, w->mark, length);
    w->n += length;
    w->text[w->n] = w->marks[w->n] = '\0';
}

static void put_text(writer *w, const char *text) { put(w, text, strlen(text)); }

void json_number_text(char *text, double value) {
    number_locale locale = number_locale_enter();
    if (value == floor(value) && fabs(value) < 1e15)
        snprintf(text, NUMBER_TEXT, "%.0f", value);
    else
        number_exact(text, value);
    number_locale_leave(&locale);
    char *e = strchr(text, 'e'), *digits = e ? e + 1 : NULL; /* 1e-08 and 1e+20 say no more than 1e-8 and 1e20 */
    if (!e) return;
    if (*digits == '+') memmove(digits, digits + 1, strlen(digits));
    if (*digits == '-') digits++;
    while (digits[0] == '0' && digits[1]) memmove(digits, digits + 1, strlen(digits));
}

static void put_string(writer *w, const char *text) {
    put(w, "\"", 1);
    for (const char *p = text; *p; p++) {
        char escape[8];
        unsigned char c = (unsigned char)*p;
        if (c == '"' || c == '\\')
            snprintf(escape, sizeof escape, "\\%c", c);
        else if (c == '\n')
            snprintf(escape, sizeof escape, "\\n");
        else if (c < ' ')
            snprintf(escape, sizeof escape, "\\u%04x", (unsigned)c);
        else
            snprintf(escape, sizeof escape, "%c", c);
        put_text(w, escape);
    }
    put(w, "\"", 1);
}

static bool is_plain(const cJSON *node) { return !cJSON_IsArray(node) && !cJSON_IsObject(node); }

/* The child of given that stands where child does in its parent; NULL: none. */
static const cJSON *counterpart(const cJSON *given, const cJSON *child, int index) {
    if (child->string) return cJSON_GetObjectItemCaseSensitive(given, child->string);
    return cJSON_IsArray(given) ? cJSON_GetArrayItem(given, index) : NULL;
}

static void put_value(writer *w, const cJSON *node, const cJSON *given, int level, size_t start);

enum { ON_ONE_LINE = -1 }; /* a level: all on one line */

/* "key": value, marked where its object has it by default. The rest as put_value. */
static void put_child(writer *w, const cJSON *child, const cJSON *given, int level, size_t start) {
    char before = w->mark;
    if (child->string && !given) w->mark = 'd';
    if (child->string) put_string(w, child->string);
    if (child->string) put_text(w, ": ");
    put_value(w, child, given, level, start);
    w->mark = before;
}

static void put_plain(writer *w, const cJSON *node) {
    char number[NUMBER_TEXT];
    if (cJSON_IsNumber(node)) {
        json_number_text(number, node->valuedouble);
        put_text(w, number);
    } else if (cJSON_IsString(node)) {
        put_string(w, node->valuestring);
    } else {
        put_text(w, cJSON_IsTrue(node) ? "true" : cJSON_IsFalse(node) ? "false" : "null");
    }
}

/* On one line. Beyond LINE characters from start the rest may be missing: the caller takes it all back. */
static void put_inline(writer *w, const cJSON *node, const cJSON *given, size_t start) {
    int index = 0;
    if (is_plain(node)) {
        put_plain(w, node);
        return;
    }
    put_text(w, cJSON_IsObject(node) ? "{" : "[");
    for (const cJSON *child = node->child; child && w->n - start <= LINE; child = child->next) {
        put_child(w, child, counterpart(given, child, index++), ON_ONE_LINE, start);
        if (child->next) put_text(w, ", ");
    }
    put_text(w, cJSON_IsObject(node) ? "}" : "]");
}

static void put_break(writer *w, int level) {
    put_text(w, "\n");
    for (int i = 0; i < level; i++) put_text(w, "  ");
}

static void put_broken(writer *w, const cJSON *node, const cJSON *given, int level) {
    int index = 0;
    put_text(w, cJSON_IsObject(node) ? "{" : "[");
    for (const cJSON *child = node->child; child; child = child->next) {
        put_break(w, level + 1);
        put_child(w, child, counterpart(given, child, index++), level + 1, 0);
        if (child->next) put_text(w, ",");
    }
    put_break(w, level);
    put_text(w, cJSON_IsObject(node) ? "}" : "]");
}

/* On one line if it fits there, else broken into its members. given: what stands in its place there, or NULL. level
 * ON_ONE_LINE: on the line that began at start, whatever becomes of it. */
static void put_value(writer *w, const cJSON *node, const cJSON *given, int level, size_t start) {
    if (level == ON_ONE_LINE) {
        put_inline(w, node, given, start);
        return;
    }
    size_t begin = w->n, indent = 2 * (size_t)level;
    put_inline(w, node, given, begin);
    if (is_plain(node) || w->n - begin + indent <= LINE) return;
    w->n = begin;
    put_broken(w, node, given, level);
}

char *json_write_marked(const cJSON *tree, const cJSON *given, char **marks) {
    writer w = {.mark = ' '};
    put_value(&w, tree, given, 0, 0);
    put_text(&w, "\n");
    if (w.out_of_memory) {
        free(w.text);
        free(w.marks);
        w.text = w.marks = NULL;
    }
    *marks = w.marks;
    return w.text;
}

char *json_write(const cJSON *tree) {
    char *marks, *text = json_write_marked(tree, NULL, &marks);
    free(marks);
    return text;
}
