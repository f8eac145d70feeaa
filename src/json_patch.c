/* json_patch.c - JSON Merge Patch. See json_patch.h. Uses cJSON alone. */
#include "json_patch.h"

#include <stdlib.h>
#include <string.h>

bool json_put(cJSON *object, const char *key, cJSON *item) {
    cJSON *old = cJSON_GetObjectItemCaseSensitive(object, key);
    if (old) cJSON_Delete(cJSON_DetachItemViaPointer(object, old));
    if (item && cJSON_AddItemToObject(object, key, item)) return true;
    cJSON_Delete(item);
    return false;
}

/* target is an object; member is one of the patch. */
static bool merge_member(cJSON *target, const cJSON *member) {
    cJSON *old = cJSON_GetObjectItemCaseSensitive(target, member->string);
    if (old) cJSON_DetachItemViaPointer(target, old);
    if (cJSON_IsNull(member)) {
        cJSON_Delete(old);
        return true;
    }
    cJSON *merged = json_merge(old, member);
    return merged && json_put(target, member->string, merged);
}

cJSON *json_merge(cJSON *target, const cJSON *patch) {
    if (!cJSON_IsObject(patch)) {
        cJSON_Delete(target);
        return cJSON_Duplicate(patch, true);
    }
    if (!cJSON_IsObject(target)) {
        cJSON_Delete(target);
        target = cJSON_CreateObject();
        if (target) target->valueint = patch->valueint;
    }
    for (const cJSON *member = patch->child; target && member; member = member->next) {
        if (merge_member(target, member)) continue;
        cJSON_Delete(target);
        target = NULL;
    }
    return target;
}

/* {"a": {"b": value}} for "a.b". NULL: out of memory. */
static cJSON *wrap(const char *path, const cJSON *value) {
    size_t length = strcspn(path, ".");
    char *key = strndup(path, length);
    cJSON *inner = path[length] ? wrap(path + length + 1, value) : cJSON_Duplicate(value, true);
    cJSON *object = key && inner ? cJSON_CreateObject() : NULL;
    if (object) {
        object->valueint = value->valueint;
        if (!json_put(object, key, inner)) {
            cJSON_Delete(object);
            object = NULL;
        }
    } else {
        cJSON_Delete(inner);
    }
    free(key);
    return object;
}

cJSON *json_merge_at(cJSON *target, const char *path, const cJSON *value) {
    cJSON *patch = wrap(path, value);
    if (!patch) {
        cJSON_Delete(target);
        return NULL;
    }
    target = json_merge(target, patch);
    cJSON_Delete(patch);
    return target;
}
