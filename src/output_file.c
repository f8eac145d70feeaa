/* output_file.c - files that appear whole or not at all. See output_file.h. Uses POSIX, and fopencookie.
 * Invariant: a file bears its own name only after every byte of the whole set has reached the disk. */
#define _GNU_SOURCE /* fopencookie, sync_file_range */
#include "output_file.h"
#include "errors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TEMPORARY_NAME = 64, /* bytes that a temporary name has beyond its folder and name */
    MOST_UNSYNCED = 64,  /* files, each with its descriptor */
};

static const char *advice_for(int reason) {
    switch (reason) {
    case ENOSPC:
    case EDQUOT: return "; make room and run again";
    case EACCES:
    case EROFS: return "; choose another folder with --out";
    case EISDIR: return "; rename the folder of that name, or choose another with --out";
    case EEXIST:
    case ENOTDIR: return "; a file is in the way: rename it, or choose another folder with --out";
    case EMFILE:
    case ENFILE: return "; raise the limit (ulimit -n) and run again";
    default: return "";
    }
}

static farm_status fail(farm_errors *errors, const char *path, const char *what, int reason) {
    const char *advice = advice_for(reason);
    errors_add(errors, (error_place){.file = path}, "%s: %s%s", what, strerror(reason), advice);
    return FARM_FAILED;
}

/* --- folders ---------------------------------------------------------------------------------------------------- */

/* 0, or why path is no folder and cannot be made one. */
static int make_one_folder(const char *path) {
    struct stat info;
    if (mkdir(path, 0777) == 0) return 0;
    int reason = errno;
    if (stat(path, &info) == 0) return S_ISDIR(info.st_mode) ? 0 : EEXIST;
    return reason;
}

farm_status output_make_folder(const char *path, farm_errors *errors) {
    char *part = strdup(path);
    int reason = part ? 0 : ENOMEM;
    char *slash = part ? strchr(part + (*part == '/'), '/') : NULL;
    for (; slash && !reason; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        reason = make_one_folder(part);
        *slash = '/';
    }
    if (!reason) reason = make_one_folder(path);
    free(part);
    return reason ? fail(errors, path, "cannot make the folder", reason) : FARM_OK;
}

/* --- one file --------------------------------------------------------------------------------------------------- */

static bool make_room(output_set *set) {
    if (set->n < set->capacity) return true;
    size_t capacity = set->capacity ? 2 * set->capacity : 16;
    output_file *items = realloc(set->items, capacity * sizeof *items);
    if (!items) return false;
    set->items = items;
    set->capacity = capacity;
    return true;
}

/* folder/name, and room for what file->temporary will be. */
static bool name_file(output_file *file, const char *folder, const char *name) {
    size_t length = strlen(folder) + strlen(name) + TEMPORARY_NAME;
    file->path = malloc(length);
    file->temporary = malloc(length);
    if (file->path) snprintf(file->path, length, "%s/%s", folder, name); /* for the fault, if the other failed */
    return file->path && file->temporary;
}

/* A new file folder/.name.tmp-PROCESS-NUMBER, with the permissions that the umask leaves (mkstemp ignores it). */
static int open_temporary(output_file *file, const char *folder, const char *name) {
    size_t length = strlen(folder) + strlen(name) + TEMPORARY_NAME;
    int fd = -1;
    for (int number = 0; fd < 0 && number < 1000; number++) {
        snprintf(file->temporary, length, "%s/.%s.tmp-%ld-%d", folder, name, (long)getpid(), number);
        fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST) break;
    }
    return fd;
}

static void forget_file(output_file *file) {
    if (file->stream) fclose(file->stream);
    if (file->sink && file->sink->fd >= 0) close(file->sink->fd);
    free(file->sink);
    free(file->path);
    free(file->temporary);
    *file = (output_file){0};
}

/* A stream of our own writes here, since stdio's forgets why an earlier write failed. The first reason stays. */
static ssize_t write_bytes(void *context, const char *bytes, size_t n) {
    output_sink *sink = context;
    size_t done = 0;
    while (done < n && !sink->reason) {
        ssize_t written = write(sink->fd, bytes + done, n - done);
        if (written >= 0)
            done += (size_t)written;
        else if (errno != EINTR)
            sink->reason = errno;
    }
    return (ssize_t)done;
}

static FILE *open_stream(output_sink *sink) {
    FILE *stream = fopencookie(sink, "w", (cookie_io_functions_t){.write = write_bytes});
    if (stream) setvbuf(stream, NULL, _IOFBF, 1 << 16);
    return stream;
}

FILE *output_open(output_set *set, const char *folder, const char *name, farm_errors *errors) {
    output_file file = {.sink = malloc(sizeof *file.sink)};
    int reason = ENOMEM;
    if (file.sink) *file.sink = (output_sink){.fd = -1};
    if (!file.sink || !make_room(set) || !name_file(&file, folder, name)) goto failed;
    file.sink->fd = open_temporary(&file, folder, name);
    if (file.sink->fd >= 0) file.stream = open_stream(file.sink);
    reason = errno;
    if (!file.stream) goto failed;
    set->items[set->n++] = file;
    return file.stream;
failed:
    fail(errors, file.path ? file.path : name, "cannot write", reason);
    if (file.sink && file.sink->fd >= 0) unlink(file.temporary);
    forget_file(&file);
    return NULL;
}

/* Waits for the bytes of a file to be on the disk, and gives up its descriptor. */
static farm_status sync_file(output_file *file, farm_errors *errors) {
    output_sink *sink = file->sink;
    if (!sink->reason && fsync(sink->fd) != 0) sink->reason = errno;
    if (close(sink->fd) != 0 && !sink->reason) sink->reason = errno;
    sink->fd = -1;
    return sink->reason ? fail(errors, file->path, "cannot write", sink->reason) : FARM_OK;
}

/* One after another: all are on their way already, so the first waits for most, and the others hardly at all. */
static farm_status sync_files(output_set *set, farm_errors *errors) {
    farm_status status = FARM_OK;
    while (status == FARM_OK && set->synced < set->n) status = sync_file(&set->items[set->synced++], errors);
    return status;
}

farm_status output_close(output_set *set, farm_errors *errors) {
    output_file *file = &set->items[set->n - 1];
    output_sink *sink = file->sink;
    bool written = fflush(file->stream) == 0 && !ferror(file->stream) && !sink->reason;
    if (!written && !sink->reason) sink->reason = errno ? errno : EIO;
    fclose(file->stream);
    file->stream = NULL;
    if (sink->reason) return fail(errors, file->path, "cannot write", sink->reason);
    sync_file_range(sink->fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* a hint: what becomes of it, fsync says */
    return set->n - set->synced < MOST_UNSYNCED ? FARM_OK : sync_files(set, errors);
}

/* --- the set ---------------------------------------------------------------------------------------------------- */

farm_status output_publish(output_set *set, farm_errors *errors) {
    struct stat info;
    if (sync_files(set, errors) != FARM_OK) return FARM_FAILED;
    for (size_t i = 0; i < set->n; i++)
        if (lstat(set->items[i].path, &info) == 0 && S_ISDIR(info.st_mode))
            return fail(errors, set->items[i].path, "cannot write", EISDIR);
    for (size_t i = 0; i < set->n; i++) {
        output_file *file = &set->items[i];
        if (rename(file->temporary, file->path) != 0) return fail(errors, file->path, "cannot write", errno);
        free(file->temporary);
        file->temporary = NULL;
    }
    return FARM_OK;
}

/* .NAME.tmp-PROCESS-NUMBER, as open_temporary makes them. */
static bool is_temporary(const char *name) {
    static const char mark[] = ".tmp-";
    const char *at = NULL;
    for (const char *next = name; (next = strstr(next, mark)); next++) at = next;
    if (name[0] != '.' || !at || at == name) return false;
    const char *process = at + sizeof mark - 1, *number = process + strspn(process, "0123456789");
    return number > process && *number == '-' && number[1] && number[1 + strspn(number + 1, "0123456789")] == '\0';
}

void output_sweep(const char *folder) {
    DIR *listing = opendir(folder);
    for (struct dirent *entry; listing && (entry = readdir(listing));)
        if (is_temporary(entry->d_name)) unlinkat(dirfd(listing), entry->d_name, 0);
    if (listing) closedir(listing);
}

void output_discard(output_set *set) {
    for (size_t i = 0; i < set->n; i++) {
        output_file *file = &set->items[i];
        if (file->temporary) unlink(file->temporary);
        forget_file(file);
    }
    free(set->items);
    *set = (output_set){0};
}
