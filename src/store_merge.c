/* store_merge.c - several stores of one run into one. See store.h.
 * All in one transaction: a merge that fails leaves the store as it was. */
#include "numbers.h"
#include "store_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void store_shard_range(size_t repeats, int shard, int of_shards, size_t *first, size_t *end) {
    size_t n = (size_t)of_shards, k = (size_t)shard, each = repeats / n, more = repeats % n;
    *first = (k - 1) * each + (k - 1 < more ? k - 1 : more); /* the first few have one more */
    *end = *first + each + (k - 1 < more);
}

/* --- rows of several stores ------------------------------------------------------------------------------------- */

/* As many stores are read side by side, so that what belongs together in the target is written one after another,
 * without a memory or a number of open files that grows with the shards. */
enum { SIDE_BY_SIDE = 16 };

/* A store on its way into another, and the work of it that is next. */
typedef struct {
    store *store;
    sqlite3_stmt *works, *rows;
    store_work work;
    const char *text; /* of the work, SQLite's; NULL: there is none left */
} source;

typedef struct {
    store *to;
    source sources[SIDE_BY_SIDE]; /* [n] */
    size_t n;
    sqlite3_stmt *insert, *find, *replace;
    farm_errors *errors;
} merging;

/* Whether numbers are the same; any NaN is as good as another, of which there were several once. */
static bool same(const unsigned char *a, size_t n_a, const unsigned char *b, size_t n_b) {
    if (n_a != n_b) return false;
    for (size_t i = 0; i < n_a; i++) {
        double of_a, of_b;
        if (memcmp(a + 8 * i, b + 8 * i, 8) == 0) continue;
        number_from_bytes(&of_a, a + 8 * i, 1);
        number_from_bytes(&of_b, b + 8 * i, 1);
        if (!isnan(of_a) || !isnan(of_b)) return false;
    }
    return true;
}

/* Whether a row agrees with ours in its place; of weights and losses either may have none. */
static bool agrees(const store_row *ours, const store_row *row) {
    return same(ours->forecasts, ours->n_forecasts, row->forecasts, row->n_forecasts) &&
           (!ours->n_weights || !row->n_weights ||
            same(ours->weights, ours->n_weights, row->weights, row->n_weights)) &&
           (!ours->n_losses || !row->n_losses || same(ours->losses, ours->n_losses, row->losses, row->n_losses));
}

/* Whether a row that agrees has weights or losses beyond ours. */
static bool has_more(const store_row *ours, const store_row *row) {
    return (row->n_weights && !ours->n_weights) || (row->n_losses && !ours->n_losses);
}

static farm_status not_as_written(merging *m, const store *s, const store_row *row) {
    return store_damaged(s, m->errors, "repeat %zu of work %.8s is not as it was written", row->repeat, row->work->hex);
}

/* A row that agrees with ours, and has what ours has beside it. */
static store_row joined(const store_row *ours, const store_row *row) {
    store_row both = *row;
    if (!both.n_weights) {
        both.weights = ours->weights;
        both.n_weights = ours->n_weights;
    }
    if (!both.n_losses) {
        both.losses = ours->losses;
        both.n_losses = ours->n_losses;
    }
    both.checksum = store_row_check(&both);
    return both;
}

/* There is a row in its place: they must agree, and what either has is kept. */
static farm_status reconcile_row(merging *m, const source *from, sqlite3_int64 work, const store_row *row) {
    farm_status status = FARM_OK;
    store_row ours;
    sqlite3_bind_int64(m->find, 1, work);
    sqlite3_bind_int64(m->find, 2, (sqlite3_int64)row->repeat);
    sqlite3_bind_int64(m->find, 3, (sqlite3_int64)row->step);
    if (sqlite3_step(m->find) != SQLITE_ROW) {
        status = store_fail(m->to, m->errors, "cannot read the store");
    } else if (!store_row_of(&ours, row->work, m->find)) {
        status = not_as_written(m, m->to, &ours);
    } else if (!agrees(&ours, row)) {
        errors_add(m->errors, (error_place){.file = from->store->path},
                   "repeat %zu differs from the one that %s has: they were not made by the same program; run that "
                   "shard again with --fresh",
                   row->repeat, m->to->path);
        status = FARM_FAILED;
    } else if (has_more(&ours, row)) {
        store_row both = joined(&ours, row); /* ours is the query's, so it is written before that goes on */
        if (store_insert(m->replace, work, &both) != SQLITE_DONE)
            status = store_fail(m->to, m->errors, "cannot write the store");
    }
    sqlite3_reset(m->find);
    return status;
}

static farm_status copy_row(merging *m, const source *from, sqlite3_int64 work) {
    store_row row;
    if (!store_row_of(&row, &from->work.hash, from->rows)) return not_as_written(m, from->store, &row);
    if (store_insert(m->insert, work, &row) != SQLITE_DONE)
        return store_fail(m->to, m->errors, "cannot write the store");
    return sqlite3_changes(m->to->db) > 0 ? FARM_OK : reconcile_row(m, from, work, &row);
}

static farm_status copy_rows(merging *m, const source *from, sqlite3_int64 work) {
    farm_status status = FARM_OK;
    int code = SQLITE_DONE;
    sqlite3_bind_int64(from->rows, 1, from->work.id);
    while (status == FARM_OK && (code = sqlite3_step(from->rows)) == SQLITE_ROW) status = copy_row(m, from, work);
    if (status == FARM_OK && code != SQLITE_DONE) status = store_fail(from->store, m->errors, "cannot read the store");
    sqlite3_reset(from->rows);
    return status;
}

/* --- works ------------------------------------------------------------------------------------------------------ */

static farm_status turn_to_next_work(merging *m, source *from) {
    int code = sqlite3_step(from->works);
    from->text = NULL;
    if (code == SQLITE_DONE) return FARM_OK;
    if (code != SQLITE_ROW) return store_fail(from->store, m->errors, "cannot read the store");
    from->work.id = sqlite3_column_int64(from->works, 0);
    const char *hash = (const char *)sqlite3_column_text(from->works, 1);
    const char *text = (const char *)sqlite3_column_text(from->works, 2);
    snprintf(from->work.hash.hex, DIGEST_TEXT, "%s", hash ? hash : "");
    from->text = text ? text : "";
    return FARM_OK;
}

static farm_status wrong_hash(merging *m, const source *from) {
    return store_damaged(from->store, m->errors, "the description of work %.8s does not have its hash",
                         from->work.hash.hex);
}

/* The work that the first source is at, of all sources that are at it, too. Shards of one run have their works in one
 * order; one that has more of them waits for its turn. */
static farm_status copy_work(merging *m, source *first) {
    store_work to;
    if (strcmp(digest_text(first->text).hex, first->work.hash.hex) != 0) return wrong_hash(m, first);
    farm_status status = store_find_work(m->to, &to, first->text, m->errors);
    if (status == FARM_OK) status = copy_rows(m, first, to.id);
    for (source *s = first + 1; status == FARM_OK && s < m->sources + m->n; s++) {
        if (!s->text || strcmp(s->work.hash.hex, to.hash.hex) != 0) continue;
        status = strcmp(s->text, first->text) == 0 ? copy_rows(m, s, to.id) : wrong_hash(m, s);
        if (status == FARM_OK) status = turn_to_next_work(m, s);
    }
    return status == FARM_OK ? turn_to_next_work(m, first) : status;
}

static farm_status prepare_source(merging *m, source *from) {
    static const char rows[] = "SELECT " STORE_ROW " FROM result WHERE work = ?";
    from->works = store_prepare(from->store, "SELECT id, hash, text FROM work ORDER BY id", m->errors);
    if (from->works) from->rows = store_prepare(from->store, rows, m->errors);
    return from->rows ? turn_to_next_work(m, from) : FARM_FAILED;
}

static farm_status prepare_target(merging *m) {
    static const char find[] = "SELECT " STORE_ROW " FROM result WHERE work = ? AND repeat = ? AND step = ?";
    m->insert = store_prepare(m->to, store_insert_sql, m->errors);
    if (m->insert) m->replace = store_prepare(m->to, store_replace_sql, m->errors);
    if (m->replace) m->find = store_prepare(m->to, find, m->errors);
    return m->find ? FARM_OK : FARM_FAILED;
}

/* All rows of all sources. */
static farm_status copy_all(merging *m) {
    farm_status status = prepare_target(m);
    for (size_t i = 0; status == FARM_OK && i < m->n; i++) status = prepare_source(m, &m->sources[i]);
    for (size_t i = 0; status == FARM_OK && i < m->n; i++)
        while (status == FARM_OK && m->sources[i].text) status = copy_work(m, &m->sources[i]);
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

/* Leaves what was said of shards merged before, if they were of this run, too. */
static farm_status prepare_effort(store *to, store *first, farm_errors *errors) {
    farm_errors unheard = {0}; /* of a target that says nothing yet, or of another run */
    store_run run;
    if (store_get_run(first, &run, errors) != FARM_OK) return FARM_FAILED;
    bool same_run = check_same_run(first, to, &unheard) == FARM_OK;
    farm_errors_free(&unheard);
    return store_forget_effort(to, same_run ? run.of_shards : 0, errors);
}

static farm_status take_effort(store *to, store *from, farm_errors *errors) {
    store_run run;
    if (store_get_run(from, &run, errors) != FARM_OK) return FARM_FAILED;
    return store_merge_effort(to, from, run.shard, run.of_shards, errors);
}

/* Opens a store, if it is none of those that are open, and adds it to the sources once it is known to be of the run.
 * *first: the first of all, open until the end, for what it says of the run; NULL: this one will be. */
static farm_status add_source(merging *m, store **first, const char *path) {
    if (store_is(m->to, path) || (*first && store_is(*first, path))) return FARM_OK;
    for (size_t i = 0; i < m->n; i++)
        if (store_is(m->sources[i].store, path)) return FARM_OK;
    source *from = &m->sources[m->n];
    *from = (source){0};
    farm_status status = store_open(&from->store, path, STORE_EXISTING, m->errors);
    if (status != FARM_OK) return status;
    m->n++;
    bool is_first = !*first;
    if (is_first) *first = from->store;
    status =
        store_execute(from->store, "PRAGMA cache_size = -256", m->errors); /* KiB: each page is read once, in order */
    if (status == FARM_OK) status = check_same_run(*first, from->store, m->errors);
    if (status == FARM_OK && is_first) status = prepare_effort(m->to, *first, m->errors);
    return status == FARM_OK ? take_effort(m->to, from->store, m->errors) : status;
}

static void close_sources(merging *m, const store *first) {
    for (size_t i = 0; i < m->n; i++) {
        sqlite3_finalize(m->sources[i].works);
        sqlite3_finalize(m->sources[i].rows);
        if (m->sources[i].store != first) store_close(m->sources[i].store);
    }
    sqlite3_finalize(m->insert);
    sqlite3_finalize(m->replace);
    sqlite3_finalize(m->find);
}

/* The next stores, up to as many as are read side by side; *done of the n paths are through then. */
static farm_status merge_some(store *s, const char *const *paths, size_t n, size_t *done, store **first,
                              farm_errors *errors) {
    merging m = {.to = s, .errors = errors};
    farm_status status = FARM_OK;
    while (status == FARM_OK && *done < n && m.n < SIDE_BY_SIDE) status = add_source(&m, first, paths[(*done)++]);
    if (status == FARM_OK) status = copy_all(&m);
    close_sources(&m, *first);
    return status;
}

static farm_status merge_all(store *s, const char *const *paths, size_t n, store **first, int *of_shards,
                             farm_errors *errors) {
    farm_status status = FARM_OK;
    for (size_t done = 0; status == FARM_OK && done < n;) status = merge_some(s, paths, n, &done, first, errors);
    if (status == FARM_OK && !*first) {
        errors_add(errors, (error_place){.file = s->path},
                   "is what is merged into; give the stores of the shards after the folder");
        status = FARM_BAD_INPUT;
    }
    store_run run;
    if (status == FARM_OK) status = store_get_run(*first, &run, errors);
    if (status != FARM_OK) return status;
    *of_shards = run.of_shards;
    run.shard = run.of_shards = 1;
    run.began = run.steps_to_take = 0; /* it was not trained here: what it lacks is for its rows to say */
    status = store_put_facts(s, &run, errors);
    if (status == FARM_OK) status = store_sum_effort(s, errors);
    if (status == FARM_OK) status = copy_experiments(s, *first, errors);
    return status == FARM_OK ? store_seal_run(s, errors) : status;
}

farm_status store_merge(store *s, const char *const *paths, size_t n, int *of_shards, farm_errors *errors) {
    store *first = NULL;
    farm_status status = store_execute(s, "BEGIN IMMEDIATE", errors);
    if (status == FARM_OK) status = merge_all(s, paths, n, &first, of_shards, errors);
    status = store_end_transaction(s, status, errors);
    store_close(first);
    return status;
}
