/* store.c - the store's file: opened, locked, checked, closed. See store.h.
 * One farm at a time: a lock of our own on a byte far beyond the file's end, held while the store is open and gone with
 * the process, however that ends; others may still read the file with SQLite meanwhile. */
#define _GNU_SOURCE /* NOLINT(bugprone-reserved-identifier): open file description locks, statfs */
#include "store_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* --- what the file holds ---------------------------------------------------------------------------------------- */

/* Exactly these; a file that holds anything else is not ours to write into. In the order of their names. */
static const char *const tables[] = {
    /* the experiments of the last run, in its order; work: NULL for what is computed anew each time */
    "CREATE TABLE experiment (position INTEGER PRIMARY KEY, name TEXT NOT NULL, work TEXT) STRICT",
    /* forecasts, weights, losses: IEEE doubles, little-endian; repeat and step from 1 and 0; checksum: see store_row_check */
    "CREATE TABLE result (work INTEGER NOT NULL, repeat INTEGER NOT NULL, step INTEGER NOT NULL, "
    "forecasts BLOB NOT NULL, weights BLOB, losses BLOB, checksum INTEGER NOT NULL, PRIMARY KEY (work, repeat, step)) "
    "STRICT, WITHOUT ROWID",
    /* what the last run was: see store_run.c */
    "CREATE TABLE run (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID",
    /* everything that decides a result but the repeat; hash: SHA-256 of text */
    "CREATE TABLE work (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, text TEXT NOT NULL) STRICT",
};
enum { N_TABLES = sizeof tables / sizeof *tables };

/* --- faults ----------------------------------------------------------------------------------------------------- */

/* code: SQLite's; system: errno, where that is known */
static const char *way_out(int code, int system) {
    if (system == EMFILE || system == ENFILE) return "; raise the limit (ulimit -n) and run again";
    switch (code & 0xff) {
    case SQLITE_FULL: return "; make room and run again: what is stored is kept";
    case SQLITE_IOERR: return "; make room or mend the disk, and run again: what is stored is kept";
    case SQLITE_CANTOPEN: return "; is the disk full? make room, or choose another folder with --out";
    case SQLITE_READONLY:
    case SQLITE_PERM: return "; choose another folder with --out";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "; another program has it open: close that, and run again";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return "; move it away, or run anew with --fresh";
    default: return "";
    }
}

farm_status store_fail(const store *s, farm_errors *errors, const char *doing) {
    int code = sqlite3_errcode(s->db), system = sqlite3_system_errno(s->db);
    /* ENOENT: a file beside it that could not be made, and why is lost, since SQLite also tries to open it read-only */
    bool of_system =
        system != 0 && ((code & 0xff) == SQLITE_IOERR || ((code & 0xff) == SQLITE_CANTOPEN && system != ENOENT));
    errors_add(errors, (error_place){.file = s->path}, "%s: %s%s%s%s", doing, sqlite3_errmsg(s->db),
               of_system ? ": " : "", of_system ? strerror(system) : "", way_out(code, of_system ? system : 0));
    return FARM_FAILED;
}

farm_status store_damaged(const store *s, farm_errors *errors, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = errors_text(format, args);
    va_end(args);
    errors_add(errors, (error_place){.file = s->path},
               "the store is damaged: %s; move it away, or run anew with --fresh", text ? text : "out of memory");
    free(text);
    return FARM_FAILED;
}

static farm_status fault(const char *path, farm_errors *errors, const char *text) {
    errors_add(errors, (error_place){.file = path}, "%s", text);
    return FARM_FAILED;
}

farm_status store_cannot_open(const char *path, farm_errors *errors, int reason) {
    const char *more = reason == ENOSPC || reason == EDQUOT ? "; make room and run again"
                       : reason == ENOENT                   ? "; there is no store: was it run with another --out?"
                                                            : "; choose another folder with --out";
    errors_add(errors, (error_place){.file = path}, "cannot open the store: %s%s", strerror(reason), more);
    return FARM_FAILED;
}

/* --- SQL -------------------------------------------------------------------------------------------------------- */

farm_status store_execute(store *s, const char *sql, farm_errors *errors) {
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? FARM_OK
                                                                   : store_fail(s, errors, "cannot use the store");
}

farm_status store_end_transaction(store *s, farm_status status, farm_errors *errors) {
    if (status == FARM_OK) status = store_execute(s, "COMMIT", errors);
    if (status != FARM_OK) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

sqlite3_stmt *store_prepare(store *s, const char *sql, farm_errors *errors) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL) != SQLITE_OK)
        store_fail(s, errors, "cannot use the store");
    return statement;
}

/* The number that a query of one number gives. */
static farm_status query_number(store *s, const char *sql, sqlite3_int64 *out, farm_errors *errors) {
    sqlite3_stmt *query = store_prepare(s, sql, errors);
    if (!query) return FARM_FAILED;
    farm_status status = FARM_OK;
    if (sqlite3_step(query) == SQLITE_ROW)
        *out = sqlite3_column_int64(query, 0);
    else
        status = store_fail(s, errors, "cannot read the store");
    sqlite3_finalize(query);
    return status;
}

/* Whether a query of one text gives this one. An error of SQLite's is no. */
static bool query_says(store *s, const char *sql, const char *wanted) {
    sqlite3_stmt *query = NULL;
    bool same = sqlite3_prepare_v2(s->db, sql, -1, &query, NULL) == SQLITE_OK && sqlite3_step(query) == SQLITE_ROW &&
                sqlite3_column_text(query, 0) && strcmp((const char *)sqlite3_column_text(query, 0), wanted) == 0;
    sqlite3_finalize(query);
    return same;
}

/* --- the file and its lock -------------------------------------------------------------------------------------- */

/* A byte far beyond what SQLite locks. */
static struct flock whole_store(void) {
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)1 << 62, .l_len = 1};
}

/* false: another farm has it. */
static bool lock_file(int file) {
    struct flock lock = whole_store();
    /* where a file system has no locks at all, SQLite will say so itself */
    return fcntl(file, F_OFD_SETLK, &lock) == 0 || (errno != EAGAIN && errno != EACCES);
}

bool store_is_locked(int file) {
    struct flock lock = whole_store();
    return fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* Whether path still names the file, which may have been removed before it was locked. */
static bool same_file(int file, const char *path) {
    struct stat opened, named;
    return fstat(file, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino &&
           opened.st_dev == named.st_dev;
}

/* Something that can be a store: empty, or with SQLite's first bytes. */
farm_status store_check_file(int file, const char *path, farm_errors *errors) {
    static const char begin[] = "SQLite format 3";
    char bytes[sizeof begin];
    struct stat info;
    if (fstat(file, &info) != 0) return store_cannot_open(path, errors, errno);
    if (!S_ISREG(info.st_mode)) return fault(path, errors, "is not a file; move it away, or choose another --out");
    if (info.st_size == 0) return FARM_OK;
    if (pread(file, bytes, sizeof bytes, 0) == sizeof bytes && memcmp(bytes, begin, sizeof bytes) == 0) return FARM_OK;
    return fault(
        path, errors,
        "is no store of farm (it does not begin as an SQLite file does); move it away, choose another --out, or "
        "replace it by a run with --fresh");
}

static farm_status open_and_lock(store *s, store_opening how, farm_errors *errors) {
    int flags = O_RDWR | O_CLOEXEC | O_NONBLOCK | (how == STORE_EXISTING ? 0 : O_CREAT);
    for (int tries = 0; tries < 100; tries++) {
        s->lock = open(s->path, flags, 0666);
        if (s->lock < 0) return store_cannot_open(s->path, errors, errno);
        if (!lock_file(s->lock))
            return fault(s->path, errors,
                         "another farm is at work here; wait until it is done, or choose another folder with --out");
        if (same_file(s->lock, s->path)) return FARM_OK;
        close(s->lock);
        s->lock = -1;
    }
    return fault(s->path, errors, "the store is removed again and again by another program");
}

/* Removes the file and what SQLite keeps beside it, and opens a new one; the old one stays locked until then. */
static farm_status begin_anew(store *s, farm_errors *errors) {
    static const char *const suffixes[] = {"-wal", "-shm", "-journal", ""};
    int old = s->lock;
    size_t length = strlen(s->path) + sizeof "-journal";
    char *name = malloc(length);
    farm_status status = name ? FARM_OK : FARM_FAILED;
    for (size_t i = 0; status == FARM_OK && i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(name, length, "%s%s", s->path, suffixes[i]);
        if (unlink(name) != 0 && errno != ENOENT) {
            errors_add(errors, (error_place){.file = name}, "cannot remove the old store: %s", strerror(errno));
            status = FARM_FAILED;
        }
    }
    free(name);
    if (status == FARM_OK) {
        s->lock = -1;
        status = open_and_lock(s, STORE_CREATE, errors);
        close(old);
    }
    return status;
}

/* Where several machines see one file, WAL's shared memory does not work. Numbers from statfs(2) and linux/magic.h. */
bool store_on_network(int file) {
    static const unsigned long kinds[] = {
        0x6969 /* NFS */,         0x517B /* SMB */,        0xFF534D42 /* CIFS */,
        0xFE534D42 /* SMB2 */,    0x0BD00BD0 /* Lustre */, 0x47504653 /* GPFS */,
        0x19830326 /* BeeGFS */,  0x00C36400 /* Ceph */,   0x6B414653 /* AFS */,
        0x5346414F /* OpenAFS */, 0x01021997 /* 9P */,     0x7461636F /* OCFS2 */,
        0x01161970 /* GFS2 */,    0xAAD7AAEA /* PanFS */,  0x65735546 /* FUSE: sshfs, GlusterFS and others */,
    };
    struct statfs info;
    if (fstatfs(file, &info) != 0) return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if ((unsigned long)info.f_type == kinds[i]) return true;
    return false;
}

/* --- opening ---------------------------------------------------------------------------------------------------- */

/* WAL: a commit costs no fsync, and what is committed survives the process. The log is emptied every 4 MiB, by the thread that
 * writes, so that little is left to do when the store is closed. Else a rollback journal, for one process. */
static farm_status choose_journal(store *s, farm_errors *errors) {
    if (!store_on_network(s->lock) && query_says(s, "PRAGMA journal_mode = WAL", "wal"))
        return store_execute(s, "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 256", errors);
    return store_execute(s, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL",
                         errors);
}

/* Whether SQLite reads it as it is. A store in WAL mode where WAL does not work is only read by one process alone. */
bool store_is_readable(store *s) {
    return sqlite3_exec(s->db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL) == SQLITE_OK;
}

static farm_status make_tables(store *s, farm_errors *errors) {
    char mark[100];
    farm_status status = store_execute(s, "BEGIN IMMEDIATE", errors);
    for (size_t i = 0; status == FARM_OK && i < N_TABLES; i++) status = store_execute(s, tables[i], errors);
    snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", STORE_APPLICATION,
             STORE_VERSION);
    return status == FARM_OK ? store_execute(s, mark, errors) : status;
}

/* Whether the file holds our tables and nothing else, no trigger and no view. */
static farm_status check_tables(store *s, farm_errors *errors) {
    sqlite3_stmt *query = store_prepare(s, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name", errors);
    if (!query) return FARM_FAILED;
    size_t n = 0;
    bool ours = true;
    int code;
    while ((code = sqlite3_step(query)) == SQLITE_ROW && ours) {
        const char *sql = (const char *)sqlite3_column_text(query, 0);
        ours = n < N_TABLES && sql && strcmp(sql, tables[n++]) == 0;
    }
    farm_status status =
        code == SQLITE_ROW || code == SQLITE_DONE ? FARM_OK : store_fail(s, errors, "cannot read the store");
    sqlite3_finalize(query);
    if (status == FARM_OK && (!ours || n != N_TABLES))
        status = fault(s->path, errors,
                       "is no store of farm: it is an SQLite file with other tables; move it away, choose another "
                       "--out, or replace it by a run with --fresh");
    return status;
}

static farm_status check_version(store *s, sqlite3_int64 application, sqlite3_int64 version, farm_errors *errors) {
    if (application == STORE_APPLICATION && version == STORE_VERSION) return check_tables(s, errors);
    if (application == STORE_APPLICATION)
        errors_add(errors, (error_place){.file = s->path},
                   "was written by another version of farm (store version %lld; this one reads %d); use that version, "
                   "choose another --out, or replace it by a run with --fresh",
                   (long long)version, STORE_VERSION);
    else
        errors_add(errors, (error_place){.file = s->path},
                   "is no store of farm: it is an SQLite file of another program; move it away, choose another --out, "
                   "or replace it by a run with --fresh");
    return FARM_FAILED;
}

farm_status store_check_kind(store *s, bool *empty, farm_errors *errors) {
    sqlite3_int64 application = 0, version = 0, n_tables = 0;
    farm_status status = query_number(s, "PRAGMA application_id", &application, errors);
    if (status == FARM_OK) status = query_number(s, "PRAGMA user_version", &version, errors);
    if (status == FARM_OK) status = query_number(s, "SELECT count(*) FROM sqlite_schema", &n_tables, errors);
    *empty = application == 0 && version == 0 && n_tables == 0;
    return status != FARM_OK || *empty ? status : check_version(s, application, version, errors);
}

static farm_status check_pages(store *s, farm_errors *errors) {
    sqlite3_stmt *query = store_prepare(s, "PRAGMA quick_check(1)", errors);
    if (!query) return FARM_FAILED;
    int code = sqlite3_step(query);
    const char *found = code == SQLITE_ROW ? (const char *)sqlite3_column_text(query, 0) : NULL;
    farm_status status = FARM_OK;
    if (code != SQLITE_ROW)
        status = store_fail(s, errors, "cannot read the store");
    else if (!found || strcmp(found, "ok") != 0)
        status = store_damaged(s, errors, "%s", found ? found : "no answer");
    sqlite3_finalize(query);
    return status;
}

/* By a path that is never taken for a URI, as SQLite may take one that begins with file: */
static farm_status connect(store *s, farm_errors *errors) {
    char *path = malloc(strlen(s->path) + sizeof "./");
    if (!path) return FARM_FAILED;
    strcat(strcpy(path, *s->path == '/' ? "" : "./"), s->path);
    int code = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    free(path);
    if (code == SQLITE_OK) return FARM_OK;
    return s->db ? store_fail(s, errors, "cannot open the store") : FARM_FAILED;
}

static farm_status open_database(store *s, farm_errors *errors) {
    bool empty = false;
    if (connect(s, errors) != FARM_OK) return FARM_FAILED;
    sqlite3_busy_timeout(s->db, 5000); /* readers in WAL mode do not hinder; others may for a moment */
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    farm_status status = FARM_OK;
    if (store_on_network(s->lock) || !store_is_readable(s))
        status = store_execute(s, "PRAGMA locking_mode = EXCLUSIVE", errors);
    if (status == FARM_OK) status = store_check_kind(s, &empty, errors);
    /* An empty file has nothing to lose, and need not wait for the disk; the next line says what does. On large pages
     * rows cost a fifth less, since they share the work of finding and filling a page. */
    if (status == FARM_OK && empty)
        status = store_execute(s, "PRAGMA page_size = 16384; PRAGMA synchronous = OFF", errors);
    if (status == FARM_OK) status = choose_journal(s, errors); /* not before: it writes into the file */
    if (status != FARM_OK) return status;
    return empty ? make_tables(s, errors) : check_pages(s, errors);
}

farm_status store_open(store **out, const char *path, store_opening how, farm_errors *errors) {
    store *s = calloc(1, sizeof *s);
    farm_status status = FARM_FAILED;
    if (!s) goto done;
    s->lock = -1;
    s->path = strdup(path);
    if (!s->path) goto done;
    status = open_and_lock(s, how, errors);
    if (status == FARM_OK && how == STORE_ANEW) status = begin_anew(s, errors);
    if (status == FARM_OK) status = store_check_file(s->lock, path, errors);
    if (status == FARM_OK) status = open_database(s, errors);
done:
    if (status != FARM_OK) {
        store_close(s);
        s = NULL;
    }
    *out = s;
    return status;
}

void store_close(store *s) {
    if (!s) return;
    sqlite3_close(s->db);
    if (s->lock >= 0) close(s->lock); /* after SQLite's own, which closing would otherwise drop */
    free(s->config_path);
    free(s->meant);
    free(s->said);
    free(s->vector_level);
    free(s->series);
    free(s->works);
    free(s->path);
    free(s);
}

const char *store_path(const store *s) { return s->path; }

bool store_is(const store *s, const char *path) { return same_file(s->lock, path); }
