/* json_patch.h - JSON Merge Patch (RFC 7386): one tree laid over another. Knows no keys, lists no faults. */
#ifndef JSON_PATCH_H
#define JSON_PATCH_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* Lays a copy of patch over target, which is taken over (NULL: nothing there yet): members replace or join, null
 * removes, anything but an object replaces the whole. Returns the result, the caller's; NULL: out of memory, and
 * target is freed. What comes from patch keeps the valueint it has there. */
cJSON *json_merge(cJSON *target, const cJSON *patch);

/* Lays value over target at a dotted path, as if the patch were {"a": {"b": value}} for "a.b". As json_merge. */
cJSON *json_merge_at(cJSON *target, const char *path, const cJSON *value);

/* Puts item (taken over) into the object under key, in place of what is there. false: out of memory, item is freed. */
bool json_put(cJSON *object, const char *key, cJSON *item);

#endif
