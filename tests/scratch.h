/* scratch.h - a folder of its own for each test that writes, and whole files in and out. For tests alone: any failure
 * here is the test's. Include after cmocka.h. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "errors.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char folder[64];
    char path[400]; /* what scratch_path made last */
} scratch;

/* In memory where there is some: what is written is also synced, and a busy disk takes its time. */
static inline scratch scratch_open(void) {
    scratch s = {"/dev/shm/farm-test-XXXXXX", ""};
    if (!mkdtemp(s.folder)) {
        strcpy(s.folder, "/tmp/farm-test-XXXXXX");
        assert_non_null(mkdtemp(s.folder));
    }
    return s;
}

/* folder/name, until the next call. */
static inline const char *scratch_path(scratch *s, const char *name) {
    snprintf(s->path, sizeof s->path, "%s/%s", s->folder, name);
    return s->path;
}

static inline void scratch_write(scratch *s, const char *name, const char *bytes, size_t n) {
    FILE *file = fopen(scratch_path(s, name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static inline void scratch_write_text(scratch *s, const char *name, const char *text) {
    scratch_write(s, name, text, strlen(text));
}

/* The file's text, to be freed; NULL: there is none. */
static inline char *scratch_read(scratch *s, const char *name) {
    FILE *file = fopen(scratch_path(s, name), "rb");
    if (!file) return NULL;
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, file) < (1 << 20) - 1);
    fclose(file);
    return text;
}

/* How many entries a folder has, hidden ones too. */
static inline int scratch_count(const char *folder) {
    int n = -2; /* . and .. */
    DIR *listing = opendir(folder);
    assert_non_null(listing);
    while (readdir(listing)) n++;
    closedir(listing);
    return n;
}

static inline void scratch_remove(const char *folder) {
    DIR *listing = opendir(folder);
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        struct stat info;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        char *path = malloc(strlen(folder) + strlen(entry->d_name) + 2);
        if (!path) abort();
        sprintf(path, "%s/%s", folder, entry->d_name);
        if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode))
            scratch_remove(path);
        else
            unlink(path);
        free(path);
    }
    if (listing) closedir(listing);
    rmdir(folder);
}

static inline void scratch_close(scratch *s) { scratch_remove(s->folder); }

/* All faults as the program prints them, one a line, with the folder taken out of the paths; to be freed. */
static inline char *scratch_faults(const scratch *s, const farm_errors *errors) {
    char *text = NULL, folder[80];
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    for (size_t i = 0; i < errors->n; i++) {
        farm_error_print(out, &errors->items[i]);
        fputc('\n', out);
    }
    fclose(out);
    snprintf(folder, sizeof folder, "%s/", s->folder);
    for (char *at; (at = strstr(text, folder));) memmove(at, at + strlen(folder), strlen(at + strlen(folder)) + 1);
    return text;
}

#endif
