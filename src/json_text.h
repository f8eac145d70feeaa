/* json_text.h - JSON texts as cJSON trees that remember where each value came from, and faults at those places.
 *
 * Every node of a tree made here carries the number of its place in valueint (cJSON itself uses valuedouble), and
 * cJSON_Duplicate copies it: however trees are merged, patched and swept, a fault can name file, line, column and key
 * of the very value that is wrong. Must not know what any key means. */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include "errors.h"
#include "json_scan.h"

#include <cjson/cJSON.h>

/* One text: a file, or what a --set gives. */
typedef struct {
    char *label;  /* as the file of its faults */
    char *prefix; /* key path of its outermost value; "" for a file */
    char *bytes;
    size_t n;
    bool has_lines; /* whether line and column mean something to the user */
} json_source;

/* All texts of one config, and the faults found in them. Zeroed but for errors it is ready for use. */
typedef struct {
    json_source *sources;
    size_t n_sources;
    json_places places;
    farm_errors *errors;
    size_t n_faults; /* found so far, also those beyond what is listed */
    bool out_of_memory;
} json_texts;

void json_texts_free(json_texts *texts);

/* Reads a whole file. NULL: it cannot be read, and why [200] says why (out of memory is noted in texts too); else bytes
 * [*n] and a 0, the caller's. */
char *json_read_file(json_texts *texts, const char *path, size_t *n, char why[200]);

/* The tree of bytes [n + a 0], which the texts take over; the caller's to free. NULL: a fault was listed. Keys given
 * twice and numbers beyond a double are listed as faults too, but the tree is returned. label: as for faults; prefix:
 * the key path that the whole text stands for, or "". */
cJSON *json_parse(json_texts *texts, const char *label, const char *prefix, char *bytes, size_t n, bool has_lines);

/* As json_parse for text that may turn out not to be JSON at all: then *not_json, and nothing is listed. */
cJSON *json_parse_if_json(json_texts *texts, const char *label, const char *prefix, char *bytes, size_t n,
                          bool *not_json);

/* A fault at a value, at its key, or about a key that an object lacks. The key path comes before the text. */
void json_fault(json_texts *texts, const cJSON *node, const char *format, ...) __attribute__((format(printf, 3, 4)));
void json_fault_key(json_texts *texts, const cJSON *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void json_fault_missing(json_texts *texts, const cJSON *object, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void json_fault_at(json_texts *texts, error_place place, const char *format, ...) __attribute__((format(printf, 3, 4)));
void json_fault_memory(json_texts *texts);

/* Whether so many faults are listed that no more will be: time to stop looking for what was meant. */
bool json_faults_enough(const json_texts *texts);

/* Key path of a value, as experiments[1].train.epochs; "" for a whole file. The caller's; NULL: out of memory. */
char *json_path(const json_texts *texts, const cJSON *node);

/* The value's line, 0 where unknown. */
int json_line(const json_texts *texts, const cJSON *node);

/* Whether the number was written as a whole one above 2^53, which a double cannot tell from its neighbours. */
bool json_inexact(const json_texts *texts, const cJSON *node);

/* What a value is, for a text: the string "x", 3.5, an object, null ... */
void json_describe(const cJSON *node, char *out, size_t size);

/* A member by its exact name; NULL: none, or not an object. */
cJSON *json_get(const cJSON *object, const char *key);

/* A malloc'd text; NULL (noted in texts): out of memory. */
char *json_print(json_texts *texts, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
