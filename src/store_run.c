/* store_run.c - what a store says of the run that it was last used for. See store.h.
 * One row a fact, so that a person with the sqlite3 shell reads it at a glance. */
#include "numbers.h"
#include "store_parts.h"

#include <stdlib.h>
#include <string.h>

/* --- in --------------------------------------------------------------------------------------------------------- */

/* Rows of the table run being written; the first fault ends it. */
typedef struct {
    store *store;
    sqlite3_stmt *insert;
    farm_errors *errors;
    farm_status status;
} writing;

/* What is bound to the value is written under key. */
static void put(writing *w, const char *key) {
    if (w->status == FARM_OK) {
        sqlite3_bind_text(w->insert, 1, key, -1, SQLITE_STATIC);
        if (sqlite3_step(w->insert) != SQLITE_DONE)
            w->status = store_fail(w->store, w->errors, "cannot write the store");
    }
    sqlite3_reset(w->insert);
    sqlite3_clear_bindings(w->insert);
}

static void put_text(writing *w, const char *key, const char *value) {
    sqlite3_bind_text(w->insert, 2, value, -1, SQLITE_STATIC);
    put(w, key);
}

static void put_integer(writing *w, const char *key, uint64_t value) {
    sqlite3_bind_int64(w->insert, 2, (sqlite3_int64)value);
    put(w, key);
}

static void put_seconds(writing *w, const char *key, double value) {
    sqlite3_bind_double(w->insert, 2, value);
    put(w, key);
}

static void put_series(writing *w, const char *key, const double *values, size_t n) {
    unsigned char *bytes = store_bytes(values, n);
    if (bytes) {
        sqlite3_bind_blob64(w->insert, 2, bytes, 8 * n, SQLITE_STATIC);
        put(w, key);
    } else {
        errors_add(w->errors, (error_place){.file = w->store->path}, "out of memory in the store");
        w->status = FARM_FAILED;
    }
    free(bytes);
}

farm_status store_put_facts(store *s, const store_run *run, farm_errors *errors) {
    writing w = {.store = s, .errors = errors, .status = FARM_OK};
    w.insert = store_prepare(s, "INSERT OR REPLACE INTO run (key, value) VALUES (?, ?)", errors);
    if (!w.insert) return FARM_FAILED;
    put_text(&w, "version", FARM_VERSION);
    put_text(&w, "config_path", run->config_path);
    put_text(&w, "config", run->meant);
    put_text(&w, "options", run->said);
    put_series(&w, "series", run->series, run->n_series);
    put_integer(&w, "repeats", run->repeats);
    put_integer(&w, "shard", (uint64_t)run->shard);
    put_integer(&w, "of_shards", (uint64_t)run->of_shards);
    put_text(&w, "vector_level", run->vector_level);
    put_integer(&w, "vector_bits", (uint64_t)run->vector_bits);
    put_integer(&w, "threads", (uint64_t)run->threads);
    put_integer(&w, "steps_asked", run->steps_asked);
    put_integer(&w, "steps_taken", run->steps_taken);
    put_seconds(&w, "seconds", run->seconds);
    put_integer(&w, "began", run->began);
    put_integer(&w, "steps_to_take", run->steps_to_take);
    sqlite3_finalize(w.insert);
    return w.status;
}

sqlite3_stmt *store_renew_experiments(store *s, farm_errors *errors) {
    if (store_execute(s, "DELETE FROM experiment", errors) != FARM_OK) return NULL;
    return store_prepare(s, "INSERT INTO experiment (position, name, work) VALUES (?, ?, ?)", errors);
}

static farm_status put_experiments(store *s, const experiment *experiments, size_t n, farm_errors *errors) {
    sqlite3_stmt *insert = store_renew_experiments(s, errors);
    farm_status status = FARM_OK;
    if (!insert) return FARM_FAILED;
    for (size_t i = 0; status == FARM_OK && i < n; i++) {
        sqlite3_bind_int64(insert, 1, (sqlite3_int64)i);
        sqlite3_bind_text(insert, 2, experiments[i].name, -1, SQLITE_STATIC);
        sqlite3_bind_text(insert, 3, s->works[i].id ? s->works[i].hash.hex : NULL, -1, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE) status = store_fail(s, errors, "cannot write the store");
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    return status;
}

/* The SHA-256 of all that a query gives, as one fact of the tables. false: SQLite failed. */
static bool add_rows(store *s, digest_builder *b, const char *sql, farm_errors *errors) {
    sqlite3_stmt *rows = store_prepare(s, sql, errors);
    int code = SQLITE_ERROR;
    while (rows && (code = sqlite3_step(rows)) == SQLITE_ROW)
        for (int column = 0; column < sqlite3_column_count(rows); column++) {
            bool is_real = sqlite3_column_type(rows, column) == SQLITE_FLOAT;
            double real = is_real ? sqlite3_column_double(rows, column) : 0;
            unsigned char real_bytes[8]; /* SQLite's text of a real is not the same in each of its versions */
            number_to_bytes(real_bytes, &real, 1);
            unsigned n = is_real ? 8 : (unsigned)sqlite3_column_bytes(rows, column); /* of a number that is its text */
            const void *bytes = is_real ? real_bytes : sqlite3_column_blob(rows, column);
            const unsigned char length[4] = {(unsigned char)n, (unsigned char)(n >> 8), (unsigned char)(n >> 16),
                                             (unsigned char)(n >> 24)};
            digest_add(b, length, sizeof length);
            if (n > 0 && bytes) digest_add(b, bytes, (size_t)n);
        }
    if (rows && code != SQLITE_DONE) store_fail(s, errors, "cannot read the store");
    sqlite3_finalize(rows);
    return code == SQLITE_DONE;
}

static farm_status sum_run(store *s, unsigned char sum[DIGEST_BYTES], farm_errors *errors) {
    digest_builder b;
    digest_begin(&b);
    bool fine =
        add_rows(s, &b, "SELECT key, typeof(value), value FROM run WHERE key <> 'checksum' ORDER BY key", errors) &&
        add_rows(s, &b, "SELECT position, name, work FROM experiment ORDER BY position", errors);
    digest_bytes(&b, sum);
    return fine ? FARM_OK : FARM_FAILED;
}

farm_status store_seal_run(store *s, farm_errors *errors) {
    unsigned char sum[DIGEST_BYTES];
    if (sum_run(s, sum, errors) != FARM_OK) return FARM_FAILED;
    sqlite3_stmt *insert = store_prepare(s, "INSERT OR REPLACE INTO run (key, value) VALUES ('checksum', ?)", errors);
    if (!insert) return FARM_FAILED;
    sqlite3_bind_blob(insert, 1, sum, DIGEST_BYTES, SQLITE_STATIC);
    farm_status status =
        sqlite3_step(insert) == SQLITE_DONE ? FARM_OK : store_fail(s, errors, "cannot write the store");
    sqlite3_finalize(insert);
    return status;
}

farm_status store_put_run(store *s, const store_run *run, const experiment *experiments, size_t n,
                          farm_errors *errors) {
    farm_status status = store_execute(s, "BEGIN IMMEDIATE", errors);
    if (status == FARM_OK) status = store_put_facts(s, run, errors);
    if (status == FARM_OK) status = put_experiments(s, experiments, n, errors);
    if (status == FARM_OK) status = store_seal_run(s, errors);
    return store_end_transaction(s, status, errors);
}

/* --- out -------------------------------------------------------------------------------------------------------- */

static char *copy_text(sqlite3_stmt *row) {
    const char *text = (const char *)sqlite3_column_text(row, 0);
    return text ? strdup(text) : NULL;
}

/* Rows of the table run being read. A fact that is not there, or of another kind, ends it. */
typedef struct {
    store *store;
    sqlite3_stmt *find;
    const char *missing; /* the first fact that is; NULL: none */
} looking;

static bool look(looking *l, const char *key, int type) {
    sqlite3_reset(l->find);
    sqlite3_bind_text(l->find, 1, key, -1, SQLITE_STATIC);
    bool found = sqlite3_step(l->find) == SQLITE_ROW && sqlite3_column_type(l->find, 0) == type;
    if (!found && !l->missing) l->missing = key;
    return found;
}

static void get_text(looking *l, const char *key, char **out) {
    free(*out);
    *out = look(l, key, SQLITE_TEXT) ? copy_text(l->find) : NULL;
    if (!*out && !l->missing) l->missing = key;
}

/* One that the first stores did not have: "". */
static void get_later_text(looking *l, const char *key, char **out) {
    const char *missing = l->missing;
    get_text(l, key, out);
    if (*out) return;
    *out = strdup("");
    if (*out) l->missing = missing;
}

static uint64_t get_integer(looking *l, const char *key, uint64_t low, uint64_t high) {
    uint64_t value = look(l, key, SQLITE_INTEGER) ? (uint64_t)sqlite3_column_int64(l->find, 0) : low;
    if ((value < low || value > high) && !l->missing) l->missing = key;
    return value;
}

/* One that the first stores did not have: 0. */
static uint64_t get_later_integer(looking *l, const char *key) {
    const char *missing = l->missing;
    uint64_t value = get_integer(l, key, 0, INT64_MAX);
    l->missing = missing;
    return value;
}

static void get_series(looking *l, const char *key, store_run *run) {
    store *s = l->store;
    free(s->series);
    s->series = NULL;
    if (!look(l, key, SQLITE_BLOB)) return;
    run->n_series = (size_t)sqlite3_column_bytes(l->find, 0) / 8;
    s->series = malloc(run->n_series ? 8 * run->n_series : 1);
    if (!s->series || !store_column_doubles(s->series, l->find, 0, run->n_series)) l->missing = key;
    run->series = s->series;
}

/* Whether the tables are as they were sealed. */
static farm_status check_seal(looking *l, farm_errors *errors) {
    unsigned char sum[DIGEST_BYTES];
    if (sum_run(l->store, sum, errors) != FARM_OK) return FARM_FAILED;
    if (!look(l, "checksum", SQLITE_BLOB)) {
        errors_add(errors, (error_place){.file = l->store->path}, "no run is stored here yet; run a config first");
        return FARM_FAILED;
    }
    if (sqlite3_column_bytes(l->find, 0) == DIGEST_BYTES &&
        memcmp(sqlite3_column_blob(l->find, 0), sum, DIGEST_BYTES) == 0)
        return FARM_OK;
    return store_damaged(l->store, errors, "what it says of its run is not as it was written");
}

farm_status store_get_run(store *s, store_run *run, farm_errors *errors) {
    looking l = {.store = s, .find = store_prepare(s, "SELECT value FROM run WHERE key = ?", errors)};
    *run = (store_run){0};
    if (!l.find) return FARM_FAILED;
    if (check_seal(&l, errors) != FARM_OK) {
        sqlite3_finalize(l.find);
        return FARM_FAILED;
    }
    get_text(&l, "config_path", &s->config_path);
    get_text(&l, "config", &s->meant);
    get_later_text(&l, "options", &s->said);
    get_text(&l, "vector_level", &s->vector_level);
    get_series(&l, "series", run);
    run->config_path = s->config_path;
    run->meant = s->meant;
    run->said = s->said;
    run->vector_level = s->vector_level;
    run->repeats = (size_t)get_integer(&l, "repeats", 1, 1000000000);
    run->of_shards = (int)get_integer(&l, "of_shards", 1, 1000000000);
    run->shard = (int)get_integer(&l, "shard", 1, (uint64_t)run->of_shards);
    run->vector_bits = (int)get_integer(&l, "vector_bits", 0, 1 << 20);
    run->threads = (int)get_integer(&l, "threads", 0, 1 << 20);
    run->steps_asked = get_integer(&l, "steps_asked", 0, INT64_MAX);
    run->steps_taken = get_integer(&l, "steps_taken", 0, INT64_MAX);
    run->seconds = look(&l, "seconds", SQLITE_FLOAT) ? sqlite3_column_double(l.find, 0) : 0;
    run->began = get_later_integer(&l, "began");
    run->steps_to_take = get_later_integer(&l, "steps_to_take");
    sqlite3_finalize(l.find);
    return l.missing ? store_damaged(s, errors, "what it says of its run has no valid \"%s\"", l.missing) : FARM_OK;
}
