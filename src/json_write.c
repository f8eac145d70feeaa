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
    char *text;
    size_t n, capacity;
    bool out_of_memory;
} writer;

static void put(writer *w, const char *text, size_t length) {
    if (w->out_of_memory) return;
    if (w->n + length + 1 > w->capacity) {
        size_t capacity = 2 * (w->n + length + 1) + 1024;
        char *larger = realloc(w->text, capacity);
        if (!larger) {
            w->out_of_memory = true;
            return;
        }
        w->text = larger;
        w->capacity = capacity;
    }
    memcpy(w->text + w->n, text, length);
    w->n += length;
    w->text[w->n] = '\0';
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

static void put_broken(writer *w, const cJSON *node, int level);

/* On one line. Beyond LINE characters the rest may be missing: the caller takes it all back. */
static void put_inline(writer *w, const cJSON *node, size_t start) {
    if (cJSON_IsNumber(node)) {
        char number[NUMBER_TEXT];
        json_number_text(number, node->valuedouble);
        put_text(w, number);
    } else if (cJSON_IsString(node)) {
        put_string(w, node->valuestring);
    } else if (is_plain(node)) {
        put_text(w, cJSON_IsTrue(node) ? "true" : cJSON_IsFalse(node) ? "false" : "null");
    } else {
        put_text(w, cJSON_IsObject(node) ? "{" : "[");
        for (const cJSON *child = node->child; child && w->n - start <= LINE; child = child->next) {
            if (child->string) put_string(w, child->string);
            if (child->string) put_text(w, ": ");
            put_inline(w, child, start);
            if (child->next) put_text(w, ", ");
        }
        put_text(w, cJSON_IsObject(node) ? "}" : "]");
    }
}

/* On one line if it fits there, else broken into its members. */
static void put_node(writer *w, const cJSON *node, int level) {
    size_t start = w->n, indent = 2 * (size_t)level;
    put_inline(w, node, start);
    if (is_plain(node) || w->n - start + indent <= LINE) return;
    w->n = start;
    put_broken(w, node, level);
}

static void put_break(writer *w, int level) {
    put_text(w, "\n");
    for (int i = 0; i < level; i++) put_text(w, "  ");
}

static void put_broken(writer *w, const cJSON *node, int level) {
    put_text(w, cJSON_IsObject(node) ? "{" : "[");
    for (const cJSON *child = node->child; child; child = child->next) {
        put_break(w, level + 1);
        if (child->string) put_string(w, child->string);
        if (child->string) put_text(w, ": ");
        put_node(w, child, level + 1);
        if (child->next) put_text(w, ",");
    }
    put_break(w, level);
    put_text(w, cJSON_IsObject(node) ? "}" : "]");
}

char *json_write(const cJSON *tree) {
    writer w = {0};
    put_node(&w, tree, 0);
    put(&w, "\n", 1);
    if (!w.out_of_memory) return w.text;
    free(w.text);
    return NULL;
}
