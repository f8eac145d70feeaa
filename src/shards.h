/* shards.h - parts of a run's repeats: how they are asked for, and what their stores are called. Knows no store. */
#ifndef SHARDS_H
#define SHARDS_H

#include "farm.h"

enum { MOST_SHARDS = 1000000 };

/* "2/7" into *shard and *of_shards; NULL: 1 of 1, which is all repeats. */
farm_status shards_read_one(const char *text, int *shard, int *of_shards, farm_errors *errors);

/* "7", for --shards; NULL: 1. */
farm_status shards_read_count(const char *text, int *of_shards, farm_errors *errors);

/* folder/farm.db, or the shard's store; the caller's. NULL: out of memory. */
char *shards_file(const char *folder, int shard, int of_shards);

/* Whether name, without a folder, is that of a shard's store, and of which. */
bool shards_is_file(const char *name, int *shard, int *of_shards);

#endif
