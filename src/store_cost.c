/* store_cost.c - what the results of a store took to make. See store.h.
 * Two facts a work in the table run, "steps HASH" and "seconds HASH", which grow with every run. A run that is killed
 * leaves its part out: what holds is the seconds a step, not how many there were. A merge keeps each shard's effort by
 * itself, as "shard 2 of 3: steps HASH", so that a shard that comes later, or once more, is counted once. */
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

enum { SHARD_KEY = 64 };
#define IS_OF_A_SHARD "key LIKE 'shard %: %'"
static const char of_a_shard[] = IS_OF_A_SHARD;

/* What the facts of one shard begin with. */
static const char *shard_key(char key[SHARD_KEY], int shard, int of_shards) {
    snprintf(key, SHARD_KEY, "shard %d of %d: ", shard, of_shards);
    return key;
}

/* Copies the facts of a query, each under a key that begins so. */
static farm_status put_facts_of_shard(store *to, const char *begin, store *from, sqlite3_stmt *rows,
                                      farm_errors *errors) {
    sqlite3_stmt *insert = store_prepare(to, "INSERT OR REPLACE INTO run (key, value) VALUES (?1 || ?2, ?3)", errors);
    farm_status status = insert ? FARM_OK : FARM_FAILED;
    int code = SQLITE_DONE;
    while (status == FARM_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        sqlite3_bind_text(insert, 1, begin, -1, SQLITE_STATIC);
        for (int column = 0; column < 2; column++)
            sqlite3_bind_value(insert, column + 2, sqlite3_column_value(rows, column));
        status = add(to, insert, errors);
    }
    if (status == FARM_OK && code != SQLITE_DONE) status = store_fail(from, errors, "cannot read the store");
    sqlite3_finalize(insert);
    return status;
}

farm_status store_merge_effort(store *to, store *from, int shard, int of_shards, farm_errors *errors) {
    char begin[SHARD_KEY], before[SHARD_KEY + 64];
    shard_key(begin, shard, of_shards);
    snprintf(before, sizeof before, "DELETE FROM run WHERE key LIKE '%s%%'", begin);
    if (store_execute(to, before, errors) != FARM_OK) return FARM_FAILED;
    sqlite3_stmt *rows =
        store_prepare(from, "SELECT key, value FROM run WHERE key IN ('steps_taken', 'seconds') OR " IS_COST, errors);
    farm_status status = rows ? put_facts_of_shard(to, begin, from, rows, errors) : FARM_FAILED;
    sqlite3_finalize(rows);
    return status;
}

farm_status store_forget_effort(store *s, int of_shards, farm_errors *errors) {
    char other[128];
    snprintf(other, sizeof other, "DELETE FROM run WHERE %s AND key NOT LIKE 'shard %% of %d: %%'", of_a_shard,
             of_shards);
    return store_execute(s, other, errors);
}

farm_status store_sum_effort(store *s, farm_errors *errors) {
    farm_status status = store_execute(s, "DELETE FROM run WHERE " IS_COST, errors);
    if (status != FARM_OK) return status;
    return store_execute(s,
                         "INSERT OR REPLACE INTO run (key, value) SELECT substr(key, instr(key, ': ') + 2) AS fact, "
                         "sum(value) FROM run WHERE " IS_OF_A_SHARD " GROUP BY fact",
                         errors);
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
