/* memory.c - what the system says of memory. See memory.h. Uses Linux's files; elsewhere nothing is known.
 * proc(5) has /proc/meminfo and those of /proc/self; the kernel's admin-guide has cgroup-v1/memory and cgroup-v2.
 * Invariant: a file that is missing, or not understood, limits nothing. */
#include "memory.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 4096 + 256 };
static const size_t always = (size_t)64 << 20; /* bytes that are not worth asking about */

size_t memory_sum(size_t a, size_t b) { return a > SIZE_MAX - b ? SIZE_MAX : a + b; }

size_t memory_product(size_t a, size_t b) { return b != 0 && a > SIZE_MAX / b ? SIZE_MAX : a * b; }

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static size_t left_of(size_t limit, size_t used) { return limit - least(used, limit); }

/* The number at text, times unit; SIZE_MAX: there is none ("max"), or more than can be counted. */
static size_t number_at(const char *text, size_t unit) {
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    return end == text || value > SIZE_MAX ? SIZE_MAX : memory_product((size_t)value, unit);
}

/* The number after key in a file of lines "key number", times unit; without a key, that of the first line. SIZE_MAX:
 * not there. */
static size_t read_number(const char *path, const char *key, size_t unit) {
    char line[256];
    size_t value = SIZE_MAX, length = key ? strlen(key) : 0;
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        bool is_key = strncmp(line, key ? key : "", length) == 0 && (line[length] == ' ' || line[length] == ':');
        if (key && !is_key) continue;
        value = number_at(line + length + (key != NULL), unit);
        break;
    }
    if (file) fclose(file);
    return value;
}

/* --- control groups --------------------------------------------------------------------------------------------- */

/* What the two versions call the same things. */
typedef struct {
    const char *mount, *limit, *used, *cache;
} cgroup_version;
static const cgroup_version version_1 = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
                                         "total_inactive_file"},
                            version_2 = {"/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"};

/* What the group at folder leaves: its limit, less what is used, but for file contents that can be dropped. */
static size_t group_leaves(const char *folder, const cgroup_version *v) {
    char path[PATH + 64];
    snprintf(path, sizeof path, "%s/%s", folder, v->limit);
    size_t limit = read_number(path, NULL, 1);
    if (limit == SIZE_MAX) return SIZE_MAX;
    snprintf(path, sizeof path, "%s/%s", folder, v->used);
    size_t used = read_number(path, NULL, 1);
    snprintf(path, sizeof path, "%s/memory.stat", folder);
    size_t cache = read_number(path, v->cache, 1);
    if (used == SIZE_MAX) used = 0;
    if (cache != SIZE_MAX) used = left_of(used, cache);
    return left_of(limit, used);
}

/* The least that the group and all groups around it leave. In a container the path may be one of the host's, which
 * cannot be seen; the mount itself is the container's then. */
static size_t groups_leave(const char *root, const char *group, const cgroup_version *v) {
    char folder[PATH];
    int length = snprintf(folder, sizeof folder, "%s%s%s", root, v->mount, group);
    size_t left = SIZE_MAX, mount = strlen(root) + strlen(v->mount);
    if (length < 0 || (size_t)length >= sizeof folder) return SIZE_MAX;
    for (;;) {
        left = least(left, group_leaves(folder, v));
        char *slash = strrchr(folder + mount, '/');
        if (!slash) return left;
        *slash = '\0';
    }
}

/* Whether a list "cpu,memory" has the name. */
static bool has_controller(const char *list, const char *name) {
    size_t length = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, name, length) == 0 && (at[length] == '\0' || at[length] == ',')) return true;
    return false;
}

/* What one line of /proc/self/cgroup, "number:controllers:path", leaves. */
static size_t line_leaves(const char *root, char *line) {
    char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) return SIZE_MAX;
    *controllers++ = *group++ = '\0';
    group[strcspn(group, "\n")] = '\0';
    if (strcmp(group, "/") == 0) *group = '\0';
    if (strcmp(line, "0") == 0 && !*controllers) return groups_leave(root, group, &version_2);
    return has_controller(controllers, "memory") ? groups_leave(root, group, &version_1) : SIZE_MAX;
}

static size_t all_groups_leave(const char *root) {
    char path[PATH], line[PATH];
    size_t left = SIZE_MAX;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) left = least(left, line_leaves(root, line));
    if (file) fclose(file);
    return left;
}

/* --- the address space ------------------------------------------------------------------------------------------ */

/* What `ulimit -v`, which some batch systems set for each job, leaves. */
static size_t address_space_leaves(const char *root) {
    char path[PATH];
    snprintf(path, sizeof path, "%s/proc/self/limits", root);
    size_t limit = read_number(path, "Max address space", 1);
    if (limit == SIZE_MAX) return SIZE_MAX;
    snprintf(path, sizeof path, "%s/proc/self/status", root);
    size_t used = read_number(path, "VmSize", 1024);
    return used == SIZE_MAX ? limit : left_of(limit, used);
}

/* --- all of it -------------------------------------------------------------------------------------------------- */

size_t memory_at_hand_in(const char *root) {
    char path[PATH];
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    size_t machine = read_number(path, "MemAvailable", 1024);
    return least(machine, least(all_groups_leave(root), address_space_leaves(root)));
}

size_t memory_at_hand(void) { return memory_at_hand_in(""); }

bool memory_has(size_t bytes, size_t *at_hand) {
    *at_hand = bytes <= always ? SIZE_MAX : memory_at_hand();
    return bytes <= *at_hand && bytes < SIZE_MAX;
}

void memory_text(char *text, size_t bytes) {
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double amount = (double)bytes;
    size_t unit = 0;
    for (; amount >= 1024 && unit < 6; unit++) amount /= 1024;
    if (bytes == SIZE_MAX)
        snprintf(text, MEMORY_TEXT, "more than memory can address");
    else
        snprintf(text, MEMORY_TEXT, "%.*f %s", unit > 0, amount, units[unit]);
}
