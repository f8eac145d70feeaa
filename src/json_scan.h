/* json_scan.h - a strict reading of JSON text: is it RFC 8259 to the letter, and where does each value stand?
 * In: bytes. Out: one place per value in the order of the text, or the first fault. Builds no tree, knows no keys. */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    JSON_MAX_DEPTH = 64,
    JSON_MAX_DIGITS = 63,      /* longest number that cJSON reads */
    JSON_MAX_VALUES = 1 << 22, /* in one text: each takes some 130 bytes, and may have but two in the file */
};

/* Where one value stands. Lines and columns (of characters, not bytes) count from 1. */
typedef struct {
    int source;                  /* which text, as the caller numbers them */
    int parent;                  /* place of the object or list around it; -1: none */
    int index;                   /* position in a list; -1: a member of an object, or the whole text */
    int line, col;               /* of the value's first character */
    int key_line, key_col;       /* of the key's opening quote; 0: no key */
    uint32_t key_at, key_length; /* the key between its quotes, as written, in the text's bytes */
    bool inexact;                /* a whole number too large for a double to tell from its neighbours (above 2^53) */
} json_place;

typedef struct {
    json_place *items;
    size_t n, capacity;
} json_places;

typedef struct {
    int line, col;
    bool out_of_memory;
    char text[160];
} json_scan_fault;

/* Appends the places of all values in bytes [n] (bytes[n] must be 0; a UTF-8 BOM may come first) to places.
 * false: the text is not JSON, and fault says where and why. */
bool json_scan(json_places *places, int source, const char *bytes, size_t n, json_scan_fault *fault);

#endif
