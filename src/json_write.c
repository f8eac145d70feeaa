/* json_write.c - a tree as JSON text. See json_write.h. Uses cJSON's nodes, numbers.h. */
#include "json_write.h"
#include "numbers.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Whether node goes on one line. */
static bool is_short(const cJSON *node) {
    size_t n = 0;
    for (const cJSON *child = node->child; child; child = child->next, n++)
        if (!is_plain(child) || n >= 8) return false;
    return true;
}

static void put_break(writer *w, bool one_line, int level) {
    if (one_line) return;
    put(w, "\n", 1);
    for (int i = 0; i < level; i++) put(w, "  ", 2);
}

static void put_node(writer *w, const cJSON *node, int level) {
    if (cJSON_IsNumber(node)) {
        char number[NUMBER_TEXT];
        json_number_text(number, node->valuedouble);
        put_text(w, number);
    } else if (cJSON_IsString(node)) {
        put_string(w, node->valuestring);
    } else if (is_plain(node)) {
        put_text(w, cJSON_IsTrue(node) ? "true" : cJSON_IsFalse(node) ? "false" : "null");
    } else {
        bool object = cJSON_IsObject(node), one_line = is_short(node);
        put(w, object ? "{" : "[", 1);
        for (const cJSON *child = node->child; child; child = child->next) {
            put_break(w, one_line, level + 1);
            if (object) {
                put_string(w, child->string);
                put(w, ": ", 2);
            }
            put_node(w, child, level + 1);
            if (child->next) put(w, ", ", one_line ? 2 : 1);
        }
        put_break(w, one_line, level);
        put(w, object ? "}" : "]", 1);
    }
}

char *json_write(const cJSON *tree) {
    writer w = {0};
    put_node(&w, tree, 0);
    put(&w, "\n", 1);
    if (!w.out_of_memory) return w.text;
    free(w.text);
    return NULL;
}
