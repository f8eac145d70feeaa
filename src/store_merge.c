/* store_merge.c - several stores of one run into one. See store.h.
 * All in one transaction: a merge that fails leaves the store as it was. */
#include "store_parts.h"

#include <stdlib.h>
#include <string.h>

void store_shard_range(size_t repeats, int shard, int of_shards, size_t *first, size_t *end) {
    size_t n = (size_t)of_shards, k = (size_t)shard, each = repeats / n, more = repeats % n;
    *first = (k - 1) * each + (k - 1 < more ? k - 1 : more); /* the first few have one more */
    *end = *first + each + (k - 1 < more);
}

/* --- one store's rows ------------------------------------------------------------------------------------------- */

/* A store on its way into another. */
typedef struct {
    store *to, *from;
    sqlite3_stmt *insert, *find;
    double *numbers; /* [room] of the row at hand */
    size_t room;
    farm_errors *errors;
} merging;

static bool make_room(merging *m, size_t n) {
    if (m->numbers && n <= m->room) return true;
    double *larger = realloc(m->numbers, (n ? n : 1) * sizeof *larger);
    if (!larger) return false;
    m->numbers = larger;
    m->room = n;
    return true;
}

static bool same_blob(sqlite3_stmt *a, sqlite3_stmt *b, int column) {
    int n = sqlite3_column_bytes(a, column);
    const void *x = sqlite3_column_blob(a, column), *y = sqlite3_column_blob(b, column);
    return n == sqlite3_column_bytes(b, column) && (n == 0 || memcmp(x, y, (size_t)n) == 0);
}

/* Whether the store has the row already. *status: FARM_FAILED where it has another in its place. */
static bool has_row(merging *m, sqlite3_stmt *row, sqlite3_int64 work, farm_status *status) {
    sqlite3_bind_int64(m->find, 1, work);
    for (int i = 0; i < 2; i++) sqlite3_bind_int64(m->find, i + 2, sqlite3_column_int64(row, i));
    bool there = sqlite3_step(m->find) == SQLITE_ROW;
    bool agree = there && same_blob(m->find, row, 2), more = false;
    for (int column = 3; agree && column <= 4; column++) { /* weights and losses, of which either may have none */
        bool ours = sqlite3_column_bytes(m->find, column) > 0, theirs = sqlite3_column_bytes(row, column) > 0;
        if (ours && theirs) agree = same_blob(m->find, row, column);
        more = more || (theirs && !ours);
    }
    if (there && !agree) {
        errors_add(m->errors, (error_place){.file = m->from->path},
                   "repeat %lld differs from the one that %s has: they were not made by the same program; run that "
                   "shard again with --fresh",
                   (long long)sqlite3_column_int64(row, 0), m->to->path);
        *status = FARM_FAILED;
    }
    sqlite3_reset(m->find);
    return there && !more;
}

static farm_status copy_row(merging *m, sqlite3_stmt *row, const store_work *from, const store_work *to) {
    store_row out = {.work = &from->hash,
                     .repeat = (size_t)sqlite3_column_int64(row, 0),
                     .step = (size_t)sqlite3_column_int64(row, 1),
                     .n_forecasts = (size_t)sqlite3_column_bytes(row, 2) / 8,
                     .n_weights = (size_t)sqlite3_column_bytes(row, 3) / 8,
                     .n_losses = (size_t)sqlite3_column_bytes(row, 4) / 8};
    if (!make_room(m, out.n_forecasts + out.n_weights + out.n_losses))
        return store_damaged(m->from, m->errors, "out of memory");
    out.forecasts = m->numbers;
    out.weights = m->numbers + out.n_forecasts;
    out.losses = out.weights + out.n_weights;
    if (!store_column_doubles(m->numbers, row, 2, out.n_forecasts) ||
        (out.n_weights && !store_column_doubles(m->numbers + out.n_forecasts, row, 3, out.n_weights)) ||
        (out.n_losses && !store_column_doubles(m->numbers + out.n_forecasts + out.n_weights, row, 4, out.n_losses)) ||
        store_row_check(&out) != sqlite3_column_int64(row, 5))
        return store_damaged(m->from, m->errors, "repeat %zu of work %.8s is not as it was written", out.repeat,
                             from->hash.hex);
    farm_status status = FARM_OK;
    if (has_row(m, row, to->id, &status) || status != FARM_OK) return status;
    return store_insert(m->insert, to->id, &out) == SQLITE_DONE
               ? FARM_OK
               : store_fail(m->to, m->errors, "cannot write the store");
}

static farm_status copy_work(merging *m, const store_work *from, const char *text) {
    static const char sql[] = "SELECT repeat, step, forecasts, weights, losses, checksum FROM result WHERE work = ?";
    store_work to;
    if (strcmp(digest_text(text).hex, from->hash.hex) != 0)
        return store_damaged(m->from, m->errors, "the description of work %.8s does not have its hash", from->hash.hex);
    farm_status status = store_find_work(m->to, &to, text, m->errors);
    sqlite3_stmt *rows = status == FARM_OK ? store_prepare(m->from, sql, m->errors) : NULL;
    if (!rows) return FARM_FAILED;
    sqlite3_bind_int64(rows, 1, from->id);
    int code = SQLITE_DONE;
    while (status == FARM_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) status = copy_row(m, rows, from, &to);
    if (status == FARM_OK && code != SQLITE_DONE) status = store_fail(m->from, m->errors, "cannot read the store");
    sqlite3_finalize(rows);
    return status;
}

static farm_status copy_all(merging *m) {
    sqlite3_stmt *works = store_prepare(m->from, "SELECT id, hash, text FROM work ORDER BY id", m->errors);
    if (!works) return FARM_FAILED;
    farm_status status = FARM_OK;
    int code = SQLITE_DONE;
    while (status == FARM_OK && (code = sqlite3_step(works)) == SQLITE_ROW) {
        store_work from = {.id = sqlite3_column_int64(works, 0)};
        const char *hash = (const char *)sqlite3_column_text(works, 1);
        const char *text = (const char *)sqlite3_column_text(works, 2);
        snprintf(from.hash.hex, DIGEST_TEXT, "%s", hash ? hash : "");
        status = copy_work(m, &from, text ? text : "");
    }
    if (status == FARM_OK && code != SQLITE_DONE) status = store_fail(m->from, m->errors, "cannot read the store");
    sqlite3_finalize(works);
    return status;
}

/* --- all of them ------------------------------------------------------------------------------------------------ */

/* The experiments with their works, as one text: what must be alike for stores to belong together. */
static char *experiments_of(store *s, farm_errors *errors) {
    static const char sql[] =
        "SELECT coalesce(group_concat(name || ' ' || coalesce(work, '-'), char(10)), '') FROM "
        "(SELECT * FROM experiment ORDER BY position)";
    sqlite3_stmt *query = store_prepare(s, sql, errors);
    if (!query) return NULL;
    const char *text = sqlite3_step(query) == SQLITE_ROW ? (const char *)sqlite3_column_text(query, 0) : NULL;
    char *out = text ? strdup(text) : NULL;
    if (!out) store_fail(s, errors, "cannot read the store");
    sqlite3_finalize(query);
    return out;
}

/* Whether from is of the same run as the first one: the same work, and the same config that says what becomes of it. */
static farm_status check_same_run(store *first, store *from, farm_errors *errors) {
    store_run one, other;
    farm_status status = FARM_FAILED;
    char *a = NULL, *b = NULL;
    if (first == from) return FARM_OK;
    if (store_get_run(first, &one, errors) || store_get_run(from, &other, errors)) goto done;
    a = experiments_of(first, errors);
    b = experiments_of(from, errors);
    if (!a || !b) goto done;
    const char *differ = NULL;
    if (strcmp(a, b) != 0)
        differ = "experiments, series or seed are";
    else if (one.repeats != other.repeats)
        differ = "number of repeats is";
    else if (strcmp(one.meant, other.meant) != 0)
        differ = "compare, save_models or another setting is";
    status = differ ? FARM_BAD_INPUT : FARM_OK;
    if (differ)
        errors_add(errors, (error_place){.file = from->path},
                   "is of another run than %s: its %s not the same; merge the shards of one config, run with the same "
                   "options",
                   first->path, differ);
done:
    free(a);
    free(b);
    return status;
}

static farm_status copy_experiments(store *to, store *from, farm_errors *errors) {
    sqlite3_stmt *insert = store_renew_experiments(to, errors), *rows = NULL;
    if (insert) rows = store_prepare(from, "SELECT position, name, work FROM experiment", errors);
    farm_status status = rows ? FARM_OK : FARM_FAILED;
    int code = SQLITE_DONE;
    while (status == FARM_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        for (int column = 0; column < 3; column++)
            sqlite3_bind_value(insert, column + 1, sqlite3_column_value(rows, column));
        if (sqlite3_step(insert) != SQLITE_DONE) status = store_fail(to, errors, "cannot write the store");
        sqlite3_reset(insert);
    }
    if (status == FARM_OK && code != SQLITE_DONE) status = store_fail(from, errors, "cannot read the store");
    sqlite3_finalize(insert);
    sqlite3_finalize(rows);
    return status;
}

/* What has been merged so far, and the effort it took: each shard's once. */
typedef struct {
    store *first; /* open until all is merged, for what it says of the run */
    int *shards;  /* [n] */
    size_t n;
    uint64_t steps_taken;
    double seconds;
} merged;

static farm_status count_effort(merged *all, store *to, store *from, farm_errors *errors) {
    store_run run;
    if (store_get_run(from, &run, errors) != FARM_OK) return FARM_FAILED;
    for (size_t i = 0; i < all->n; i++)
        if (all->shards[i] == run.shard) return FARM_OK;
    all->shards[all->n++] = run.shard;
    all->steps_taken += run.steps_taken;
    all->seconds += run.seconds;
    return store_merge_costs(to, from, errors);
}

static farm_status merge_one(store *to, store *from, merged *all, farm_errors *errors) {
    merging m = {.to = to, .from = from, .errors = errors};
    farm_status status = check_same_run(all->first, from, errors);
    if (status == FARM_OK) status = count_effort(all, to, from, errors);
    if (status == FARM_OK) {
        m.insert = store_prepare(to, store_insert_sql, errors);
        m.find = m.insert
                     ? store_prepare(to,
                                     "SELECT repeat, step, forecasts, weights, losses FROM result WHERE work = ? AND "
                                     "repeat = ? AND step = ?",
                                     errors)
                     : NULL;
        status = m.find ? copy_all(&m) : FARM_FAILED;
    }
    sqlite3_finalize(m.insert);
    sqlite3_finalize(m.find);
    free(m.numbers);
    return status;
}

static farm_status merge_all(store *s, const char *const *paths, size_t n, merged *all, int *of_shards,
                             farm_errors *errors) {
    farm_status status = store_forget_costs(s, errors);
    for (size_t i = 0; status == FARM_OK && i < n; i++) {
        store *from = NULL;
        if (store_is(s, paths[i]) || (all->first && store_is(all->first, paths[i]))) continue; /* it is open */
        status = store_open(&from, paths[i], STORE_EXISTING, errors);
        if (status == FARM_OK && !all->first) all->first = from;
        if (status == FARM_OK) status = merge_one(s, from, all, errors);
        if (from != all->first) store_close(from);
    }
    if (status == FARM_OK && !all->first) {
        errors_add(errors, (error_place){.file = s->path},
                   "is what is merged into; give the stores of the shards after the folder");
        status = FARM_BAD_INPUT;
    }
    store_run run;
    if (status == FARM_OK) status = store_get_run(all->first, &run, errors);
    if (status != FARM_OK) return status;
    *of_shards = run.of_shards;
    run.shard = run.of_shards = 1;
    run.began = run.steps_to_take = 0; /* it was not trained here: what it lacks is for its rows to say */
    run.steps_taken = all->steps_taken;
    run.seconds = all->seconds;
    status = store_put_facts(s, &run, errors);
    if (status == FARM_OK) status = copy_experiments(s, all->first, errors);
    return status == FARM_OK ? store_seal_run(s, errors) : status;
}

farm_status store_merge(store *s, const char *const *paths, size_t n, int *of_shards, farm_errors *errors) {
    merged all = {.shards = calloc(n ? n : 1, sizeof *all.shards)};
    farm_status status = all.shards ? store_execute(s, "BEGIN IMMEDIATE", errors) : FARM_FAILED;
    if (status == FARM_OK) status = merge_all(s, paths, n, &all, of_shards, errors);
    status = store_end_transaction(s, status, errors);
    store_close(all.first);
    free(all.shards);
    return status;
}
