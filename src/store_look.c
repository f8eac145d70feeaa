/* store_look.c - a store seen from outside, while a farm may be at work in it. See store.h.
 * Nothing is written and no farm is kept waiting: SQLite's readers do not hinder a writer in WAL mode, and where there is
 * no log (a store at rest, one on a network) the file is read past all locks. That may catch a commit half-way, which
 * SQLite then calls damage: who looks, looks again. */
#include "store_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- opening ---------------------------------------------------------------------------------------------------- */

/* path as a URI that tells SQLite to read the file as it stands: without locks, journal or log. The caller's. */
static char *immutable_uri(const char *path) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    static const char begin[] = "file:", end[] = "?immutable=1";
    char *uri = malloc(sizeof begin + sizeof "./" + 3 * strlen(path) + sizeof end);
    if (!uri) return NULL;
    char *at = uri + sprintf(uri, "%s%s", begin, *path == '/' ? "" : "./");
    for (; *path; path++)
        at += strchr(plain, *path) ? sprintf(at, "%c", *path) : sprintf(at, "%%%02X", (unsigned char)*path);
    strcpy(at, end);
    return uri;
}

/* By a path that is never taken for a URI. The caller's. */
static char *plain_path(const char *path) {
    char *plain = malloc(strlen(path) + sizeof "./");
    return plain ? strcat(strcpy(plain, *path == '/' ? "" : "./"), path) : NULL;
}

static farm_status connect(store *s, bool immutable, farm_errors *errors) {
    char *name = immutable ? immutable_uri(s->path) : plain_path(s->path);
    sqlite3_close(s->db);
    s->db = NULL;
    if (!name) return FARM_FAILED;
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | (immutable ? SQLITE_OPEN_URI : 0);
    int code = sqlite3_open_v2(name, &s->db, flags, NULL);
    free(name);
    if (code != SQLITE_OK) return s->db ? store_fail(s, errors, "cannot open the store") : FARM_FAILED;
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    return FARM_OK;
}

/* Whether SQLite keeps something beside the file, where a link to it leads: of a farm at work, or of one that was killed. */
static bool has_beside(const store *s, const char *suffix) {
    char *file = realpath(s->path, NULL);
    size_t size = file ? strlen(file) + strlen(suffix) + 1 : 0;
    char *name = file ? malloc(size) : NULL;
    if (name) snprintf(name, size, "%s%s", file, suffix);
    bool there = name && access(name, F_OK) == 0;
    free(name);
    free(file);
    return there;
}

/* As one more reader where there is a write-ahead log; else as the file stands, since a reader of a file in WAL mode
 * would make one. */
static farm_status connect_somehow(store *s, farm_errors *errors) {
    if (store_on_network(s->lock) || !has_beside(s, "-wal")) return connect(s, true, errors);
    farm_status status = connect(s, false, errors);
    return status == FARM_OK && !store_is_readable(s) ? connect(s, true, errors) : status;
}

farm_status store_look(store **out, const char *path, bool *at_work, farm_errors *errors) {
    bool empty = false;
    farm_status status = FARM_FAILED;
    store *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s) return FARM_FAILED;
    s->path = strdup(path);
    s->lock = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (!s->path) goto done;
    if (s->lock < 0) {
        store_cannot_open(path, errors, errno);
        goto done;
    }
    *at_work = store_is_locked(s->lock);
    status = store_check_file(s->lock, path, errors);
    if (status == FARM_OK) status = connect_somehow(s, errors);
    if (status == FARM_OK) status = store_check_kind(s, &empty, errors);
done:
    if (status == FARM_OK && !empty)
        *out = s;
    else
        store_close(s);
    return status;
}

/* --- what is there ---------------------------------------------------------------------------------------------- */

/* The part that a row is, known if it has all that is kept. */
static void mark_row(sqlite3_stmt *row, experiment_result *e, size_t first) {
    size_t repeat = (size_t)sqlite3_column_int64(row, 0) - 1 - first, step = (size_t)sqlite3_column_int64(row, 1);
    size_t part = step / e->part_length;
    bool first_part = part == 0, last_part = part + 1 == e->n_parts;
    if (step >= e->n_test || repeat >= e->n_repeats) return;
    e->known[repeat * e->n_parts + part] = (!last_part || e->n_weights == 0 || sqlite3_column_int64(row, 2) > 0) &&
                                           (!first_part || e->n_losses == 0 || sqlite3_column_int64(row, 3) > 0);
}

static farm_status look_for(store *s, const store_work *work, experiment_result *e, size_t first, farm_errors *errors) {
    static const char sql[] =
        "SELECT repeat, step, length(weights), length(losses) FROM result WHERE work = ? AND "
        "repeat BETWEEN ? AND ?";
    sqlite3_stmt *query = store_prepare(s, sql, errors);
    if (!query) return FARM_FAILED;
    sqlite3_bind_int64(query, 1, work->id);
    sqlite3_bind_int64(query, 2, (sqlite3_int64)first + 1);
    sqlite3_bind_int64(query, 3, (sqlite3_int64)first + (sqlite3_int64)e->n_repeats);
    int code;
    while ((code = sqlite3_step(query)) == SQLITE_ROW) mark_row(query, e, first);
    farm_status status = code == SQLITE_DONE ? FARM_OK : store_fail(s, errors, "cannot read the store");
    sqlite3_finalize(query);
    return status;
}

farm_status store_read_known(store *s, results *r, size_t first, farm_errors *errors) {
    farm_status status = FARM_OK;
    for (size_t i = 0; status == FARM_OK && i < s->n_works && i < r->n_experiments; i++)
        if (s->works[i].id) status = look_for(s, &s->works[i], &r->experiments[i], first, errors);
    return status;
}
