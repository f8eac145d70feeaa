/* shards.c - numbers and names of shards. See shards.h. */
#include "shards.h"
#include "errors.h"

#include <stdlib.h>
#include <string.h>

farm_status shards_read_one(const char *text, int *shard, int *of_shards, farm_errors *errors) {
    char *end = NULL;
    *shard = *of_shards = 1;
    if (!text) return FARM_OK;
    long k = strtol(text, &end, 10), n = *end == '/' ? strtol(end + 1, &end, 10) : 0;
    bool digits = strspn(text, "0123456789/") == strlen(text);
    if (digits && *end == '\0' && k >= 1 && n >= k && n <= MOST_SHARDS) {
        *shard = (int)k;
        *of_shards = (int)n;
        return FARM_OK;
    }
    errors_add(errors, (error_place){.file = "--shard"},
               "must be K/N, the K-th of N parts, with 1 <= K <= N <= %d, as 2/7; found \"%s\"", MOST_SHARDS, text);
    return FARM_BAD_INPUT;
}

farm_status shards_read_count(const char *text, int *of_shards, farm_errors *errors) {
    *of_shards = 1;
    if (!text) return FARM_OK;
    size_t length = strlen(text);
    long n = length > 0 && length <= 7 && strspn(text, "0123456789") == length ? strtol(text, NULL, 10) : 0;
    if (n >= 1 && n <= MOST_SHARDS) {
        *of_shards = (int)n;
        return FARM_OK;
    }
    errors_add(errors, (error_place){.file = "--shards"}, "must be a whole number from 1 to %d; found \"%s\"",
               MOST_SHARDS, text);
    return FARM_BAD_INPUT;
}

char *shards_file(const char *folder, int shard, int of_shards) {
    size_t size = strlen(folder) + sizeof "/shard-1000000-of-1000000.db";
    char *path = malloc(size);
    if (path && of_shards > 1)
        snprintf(path, size, "%s/shard-%d-of-%d.db", folder, shard, of_shards);
    else if (path)
        snprintf(path, size, "%s/farm.db", folder);
    return path;
}

bool shards_is_file(const char *name, int *shard, int *of_shards) {
    char made[48], *at = NULL;
    if (strncmp(name, "shard-", 6) != 0) return false;
    long k = strtol(name + 6, &at, 10), n = strncmp(at, "-of-", 4) == 0 ? strtol(at + 4, NULL, 10) : 0;
    if (k < 1 || n < 2 || k > n || n > MOST_SHARDS) return false;
    *shard = (int)k;
    *of_shards = (int)n;
    snprintf(made, sizeof made, "shard-%d-of-%d.db", *shard, *of_shards);
    return strcmp(name, made) == 0; /* as we write it, without zeros before or anything behind */
}
