/* store_cost.c - what the results of a store took to make. See store.h.
 * Two facts a work in the table run, "steps HASH" and "seconds HASH", which grow with every run and merge. A run that
 * is killed leaves its part out: what holds is the seconds a step, not how many there were. */
#include "store_parts.h"

static const char steps_of[] = "steps ", seconds_of[] = "seconds ";
#define IS_COST "key LIKE 'steps %' OR key LIKE 'seconds %'"

enum { KEY = sizeof seconds_of + DIGEST_TEXT };

static const char *key_of(char key[KEY], const char *what, const store_work *work) {
    snprintf(key, KEY, "%s%s", what, work->hash.hex);
    return key;
}

/* A statement that adds a number (2) to a fact (1). */
static sqlite3_stmt *prepare_add(store *s, farm_errors *errors) {
    return store_prepare(
        s, "INSERT INTO run (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = value + ?2", errors);
}

/* Runs it with what is bound. */
static farm_status add(store *s, sqlite3_stmt *statement, farm_errors *errors) {
    farm_status status =
        sqlite3_step(statement) == SQLITE_DONE ? FARM_OK : store_fail(s, errors, "cannot write the store");
    sqlite3_reset(statement);
    return status;
}

static farm_status add_cost(store *s, sqlite3_stmt *statement, const store_work *work, const results_cost *cost,
                            farm_errors *errors) {
    char key[KEY];
    sqlite3_bind_text(statement, 1, key_of(key, steps_of, work), -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)cost->steps);
    farm_status status = add(s, statement, errors);
    sqlite3_bind_text(statement, 1, key_of(key, seconds_of, work), -1, SQLITE_TRANSIENT);
    sqlite3_bind_double(statement, 2, cost->seconds);
    return status == FARM_OK ? add(s, statement, errors) : status;
}

farm_status store_add_costs(store *s, const results *r, farm_errors *errors) {
    farm_status status = store_execute(s, "BEGIN IMMEDIATE", errors);
    if (status != FARM_OK) return status;
    sqlite3_stmt *statement = prepare_add(s, errors);
    if (!statement) status = FARM_FAILED;
    for (size_t i = 0; status == FARM_OK && i < s->n_works; i++)
        if (s->works[i].id && r->experiments[i].cost.steps > 0)
            status = add_cost(s, statement, &s->works[i], &r->experiments[i].cost, errors);
    sqlite3_finalize(statement);
    if (status == FARM_OK) status = store_seal_run(s, errors);
    return store_end_transaction(s, status, errors);
}

farm_status store_merge_costs(store *to, store *from, farm_errors *errors) {
    sqlite3_stmt *statement = prepare_add(to, errors), *rows = NULL;
    if (statement) rows = store_prepare(from, "SELECT key, value FROM run WHERE " IS_COST, errors);
    farm_status status = rows ? FARM_OK : FARM_FAILED;
    int code = SQLITE_DONE;
    while (status == FARM_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        for (int column = 0; column < 2; column++)
            sqlite3_bind_value(statement, column + 1, sqlite3_column_value(rows, column));
        status = add(to, statement, errors);
    }
    if (status == FARM_OK && code != SQLITE_DONE) status = store_fail(from, errors, "cannot read the store");
    sqlite3_finalize(statement);
    sqlite3_finalize(rows);
    return status;
}

farm_status store_forget_costs(store *s, farm_errors *errors) {
    return store_execute(s, "DELETE FROM run WHERE " IS_COST, errors);
}

farm_status store_read_costs(store *s, results *r, farm_errors *errors) {
    sqlite3_stmt *find =
        store_prepare(s, "SELECT a.value, b.value FROM run AS a JOIN run AS b WHERE a.key = ?1 AND b.key = ?2", errors);
    if (!find) return FARM_FAILED;
    for (size_t i = 0; i < s->n_works; i++) {
        char steps[KEY], seconds[KEY];
        if (!s->works[i].id) continue;
        sqlite3_bind_text(find, 1, key_of(steps, steps_of, &s->works[i]), -1, SQLITE_STATIC);
        sqlite3_bind_text(find, 2, key_of(seconds, seconds_of, &s->works[i]), -1, SQLITE_STATIC);
        results_cost cost = {0};
        if (sqlite3_step(find) == SQLITE_ROW)
            cost = (results_cost){(uint64_t)sqlite3_column_int64(find, 0), sqlite3_column_double(find, 1)};
        r->experiments[i].cost = cost;
        sqlite3_reset(find);
    }
    sqlite3_finalize(find);
    return FARM_OK;
}
