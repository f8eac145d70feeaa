/* output_file.h - files that appear whole or not at all, and a set of them that appears together.
 * Knows folders, temporary names and renaming; must not know what is written. */
#ifndef OUTPUT_FILE_H
#define OUTPUT_FILE_H

#include "farm.h"

/* Where a stream's bytes go. */
typedef struct {
    int fd;     /* -1 once closed */
    int reason; /* why the first write that failed did, as errno has it; 0: none has */
} output_sink;

typedef struct {
    FILE *stream; /* NULL once closed */
    output_sink *sink;
    char *path;      /* what it will be called */
    char *temporary; /* what it is called now; NULL once renamed */
} output_file;

/* Files being written. Zeroed is empty. */
typedef struct {
    output_file *items;
    size_t n, capacity;
    size_t synced; /* of those that are closed, how many are known to be on the disk */
} output_set;

/* Makes the folder and those above it; one that is there is fine. FARM_FAILED: errors says what stands in the way. */
farm_status output_make_folder(const char *path, farm_errors *errors);

/* Opens folder/name for writing, under a temporary name in the same folder. The stream is the set's. NULL: a fault. */
FILE *output_open(output_set *set, const char *folder, const char *name, farm_errors *errors);

/* Closes the file opened last, all of it on its way to the disk. FARM_FAILED: some write of it went wrong, or one of a file
 * before. */
farm_status output_close(output_set *set, farm_errors *errors);

/* Waits until all are on the disk, and gives each its name, over what has it now. FARM_FAILED before any is renamed where a name is taken by
 * a folder; after that only the disk itself can fail. */
farm_status output_publish(output_set *set, farm_errors *errors);

/* Removes from a folder what output_open made there and a process that was killed left behind. Only for who knows that
 * nobody else is writing there. */
void output_sweep(const char *folder);

/* Removes what was not published, and empties the set. */
void output_discard(output_set *set);

#endif
