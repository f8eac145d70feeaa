/* store_rows.c - works and the rows of their results, in and out of the tables. See store.h.
 * The only file that knows libxxhash: a row's checksum is to find accidents, and one that withstands forgery would be a
 * quarter of what it takes to write a row. */
#include "numbers.h"
#include "store_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* --- numbers as bytes ------------------------------------------------------------------------------------------- */

unsigned char *store_bytes(const double *values, size_t n) {
    unsigned char *bytes = malloc(n ? 8 * n : 1);
    if (bytes) number_to_bytes(bytes, values, n);
    return bytes;
}

bool store_column_doubles(double *values, sqlite3_stmt *row, int column, size_t n) {
    const unsigned char *bytes = sqlite3_column_blob(row, column);
    if ((size_t)sqlite3_column_bytes(row, column) != 8 * n || !bytes) return false;
    number_from_bytes(values, bytes, n);
    return true;
}

sqlite3_int64 store_row_check(const store_row *row) {
    unsigned char place[16 + 40];
    /* with the counts: else numbers could move from one field to the next */
    uint64_t numbers[5] = {row->repeat, row->step, row->n_forecasts, row->n_weights, row->n_losses};
    memcpy(place, row->work->hex, 16); /* enough to tell works apart */
    for (int i = 0; i < 40; i++) place[16 + i] = (unsigned char)(numbers[i / 8] >> (8 * (i % 8)));
    uint64_t check = XXH3_64bits(place, sizeof place);
    check = XXH3_64bits_withSeed(row->forecasts, 8 * row->n_forecasts, check);
    check = XXH3_64bits_withSeed(row->weights, 8 * row->n_weights, check);
    check = XXH3_64bits_withSeed(row->losses, 8 * row->n_losses, check);
    return (sqlite3_int64)check;
}

/* --- works ------------------------------------------------------------------------------------------------------ */

farm_status store_find_work(store *s, store_work *out, const char *text, farm_errors *errors) {
    farm_status status = FARM_FAILED;
    sqlite3_stmt *insert = store_prepare(s, "INSERT OR IGNORE INTO work (hash, text) VALUES (?, ?)", errors);
    sqlite3_stmt *find = insert ? store_prepare(s, "SELECT id, text FROM work WHERE hash = ?", errors) : NULL;
    out->hash = digest_text(text);
    if (!find) goto done;
    sqlite3_bind_text(insert, 1, out->hash.hex, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 2, text, -1, SQLITE_STATIC);
    sqlite3_bind_text(find, 1, out->hash.hex, -1, SQLITE_STATIC);
    if (sqlite3_step(insert) != SQLITE_DONE || sqlite3_step(find) != SQLITE_ROW) {
        store_fail(s, errors, "cannot write the store");
        goto done;
    }
    out->id = sqlite3_column_int64(find, 0);
    const char *stored = (const char *)sqlite3_column_text(find, 1);
    status = stored && strcmp(stored, text) == 0
                 ? FARM_OK
                 : store_damaged(s, errors, "the description of work %s does not have its hash", out->hash.hex);
done:
    sqlite3_finalize(insert);
    sqlite3_finalize(find);
    return status;
}

/* The text that is hashed. What a new version of the numerics computes is a work of its own. */
char *store_work_text(const store_origin *origin, const experiment *e) {
    static const char format[] = "{\"numerics\": %d, \"series\": \"%s\", \"seed\": \"%" PRIu64
                                 "\", \"precision\": \"%s\", \"experiment\": %s}\n";
    const char *bits = origin->precision == PRECISION_F64 ? "f64" : "f32";
    int length = snprintf(NULL, 0, format, FARM_NUMERICS, origin->series->hex, origin->seed, bits, e->work);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (text)
        snprintf(text, (size_t)length + 1, format, FARM_NUMERICS, origin->series->hex, origin->seed, bits, e->work);
    return text;
}

static farm_status no_memory(const store *s, farm_errors *errors) {
    errors_add(errors, (error_place){.file = s->path}, "out of memory in the store");
    return FARM_FAILED;
}

static bool make_works(store *s, size_t n) {
    free(s->works);
    s->works = calloc(n ? n : 1, sizeof *s->works);
    s->n_works = s->works ? n : 0;
    return s->works;
}

farm_status store_set_works(store *s, const store_origin *origin, const experiment *experiments, const int *same_as,
                            size_t n, farm_errors *errors) {
    if (!make_works(s, n)) return no_memory(s, errors);
    farm_status status = store_execute(s, "BEGIN IMMEDIATE", errors);
    for (size_t i = 0; status == FARM_OK && i < n; i++) {
        if (!experiment_is_lstm(&experiments[i]) || same_as[i] >= 0) continue;
        char *text = store_work_text(origin, &experiments[i]);
        status = text ? store_find_work(s, &s->works[i], text, errors) : no_memory(s, errors);
        free(text);
    }
    return store_end_transaction(s, status, errors);
}

farm_status store_recall_works(store *s, size_t n, farm_errors *errors) {
    static const char sql[] =
        "SELECT position, work.id, work.hash FROM experiment JOIN work ON work.hash = "
        "experiment.work ORDER BY position";
    if (!make_works(s, n)) return no_memory(s, errors);
    sqlite3_stmt *query = store_prepare(s, sql, errors);
    if (!query) return FARM_FAILED;
    int code;
    while ((code = sqlite3_step(query)) == SQLITE_ROW) {
        sqlite3_int64 position = sqlite3_column_int64(query, 0);
        const char *hash = (const char *)sqlite3_column_text(query, 2);
        if (position < 0 || (size_t)position >= n || !hash) continue;
        s->works[position].id = sqlite3_column_int64(query, 1);
        snprintf(s->works[position].hash.hex, DIGEST_TEXT, "%s", hash);
    }
    farm_status status = code == SQLITE_DONE ? FARM_OK : store_fail(s, errors, "cannot read the store");
    sqlite3_finalize(query);
    return status;
}

/* --- rows out --------------------------------------------------------------------------------------------------- */

/* What is being read: the rows of one experiment. */
typedef struct {
    store *store;
    const store_work *work;
    experiment_result *result;
    size_t first; /* repeat that result's own begin with, from 0 */
    farm_errors *errors;
} reading;

/* A blob of doubles; NULL has none. false: it is no such blob. */
static bool doubles_of(const unsigned char **bytes, size_t *n, sqlite3_stmt *query, int column) {
    *bytes = sqlite3_column_blob(query, column);
    size_t n_bytes = (size_t)sqlite3_column_bytes(query, column);
    *n = n_bytes / 8;
    return n_bytes % 8 == 0;
}

bool store_row_of(store_row *row, const digest *work, sqlite3_stmt *query) {
    row->work = work;
    row->repeat = (size_t)sqlite3_column_int64(query, 0);
    row->step = (size_t)sqlite3_column_int64(query, 1);
    row->checksum = sqlite3_column_int64(query, 5);
    return doubles_of(&row->forecasts, &row->n_forecasts, query, 2) &&
           doubles_of(&row->weights, &row->n_weights, query, 3) && doubles_of(&row->losses, &row->n_losses, query, 4) &&
           store_row_check(row) == row->checksum;
}

/* Numbers to where they are wanted, if it has room for so many. Whether all that is wanted is there. */
static bool take_numbers(double *wanted, size_t n_wanted, const unsigned char *bytes, size_t n) {
    if (wanted && n == n_wanted) number_from_bytes(wanted, bytes, n);
    return !wanted || n == n_wanted;
}

/* The row to its place in the results; one that has none there is damage. */
static farm_status take_row(const reading *r, sqlite3_stmt *query) {
    experiment_result *e = r->result;
    store_row row;
    bool intact = store_row_of(&row, &r->work->hash, query);
    size_t repeat = row.repeat - 1 - r->first, at_hand = repeat - e->at, part = row.step / e->part_length;
    /* the query asked for no other repeats, but of a file whose pages are not in order it gets them all the same */
    bool placed = at_hand < e->n_at && row.step < e->n_test && row.step % e->part_length == 0;
    size_t length = !placed ? 0 : e->n_test - row.step < e->part_length ? e->n_test - row.step : e->part_length;
    if (!intact || !placed || row.n_forecasts != length)
        return store_damaged(r->store, r->errors, "repeat %zu of work %.8s is not as it was written", row.repeat,
                             r->work->hash.hex);
    bool last = row.step + length == e->n_test;
    double *weights = last && e->weights ? e->weights + repeat * e->n_weights : NULL;
    double *losses = row.step == 0 && e->losses ? e->losses + repeat * e->n_losses : NULL;
    number_from_bytes(e->forecasts + at_hand * e->n_test + row.step, row.forecasts, length);
    bool has_weights = take_numbers(weights, e->n_weights, row.weights, row.n_weights);
    bool has_losses = take_numbers(losses, e->n_losses, row.losses, row.n_losses);
    e->known[at_hand * e->n_parts + part] = has_weights && has_losses;
    return FARM_OK;
}

static farm_status read_experiment(const reading *r) {
    static const char sql[] =
        "SELECT " STORE_ROW " FROM result WHERE work = ? AND repeat BETWEEN ? AND ? ORDER BY repeat, step";
    store *s = r->store;
    sqlite3_stmt *query = store_prepare(s, sql, r->errors);
    if (!query) return FARM_FAILED;
    sqlite3_bind_int64(query, 1, r->work->id);
    sqlite3_int64 before = (sqlite3_int64)r->first + (sqlite3_int64)r->result->at;
    sqlite3_bind_int64(query, 2, before + 1);
    sqlite3_bind_int64(query, 3, before + (sqlite3_int64)r->result->n_at);
    farm_status status = FARM_OK;
    int code = SQLITE_DONE;
    while (status == FARM_OK && (code = sqlite3_step(query)) == SQLITE_ROW) status = take_row(r, query);
    if (status == FARM_OK && code != SQLITE_DONE) status = store_fail(s, r->errors, "cannot read the store");
    sqlite3_finalize(query);
    return status;
}

farm_status store_read_one(store *s, size_t index, experiment_result *e, size_t first, farm_errors *errors) {
    return s->works[index].id ? read_experiment(&(reading){s, &s->works[index], e, first, errors}) : FARM_OK;
}

farm_status store_read(store *s, results *r, size_t first, farm_errors *errors) {
    farm_status status = FARM_OK;
    for (size_t i = 0; status == FARM_OK && i < s->n_works && i < r->n_experiments; i++)
        status = store_read_one(s, i, &r->experiments[i], first, errors);
    return status;
}

/* --- rows in ---------------------------------------------------------------------------------------------------- */

#define INTO_RESULT "INTO result (work, " STORE_ROW ") VALUES "
#define ONE_ROW     "(?, ?, ?, ?, ?, ?, ?)"
enum { ROW_COLUMNS = 7 };
const char store_replace_sql[] = "INSERT OR REPLACE " INTO_RESULT ONE_ROW;
const char store_insert_sql[] = "INSERT " INTO_RESULT ONE_ROW " ON CONFLICT (work, repeat, step) DO NOTHING";

sqlite3_stmt *store_prepare_many(store *s, farm_errors *errors) {
    static const char next[] = ", " ONE_ROW;
    const size_t one = strlen(store_replace_sql), more = sizeof next - 1;
    char *sql = malloc(one + (STORE_MANY - 1) * more + 1);
    if (!sql) {
        no_memory(s, errors);
        return NULL;
    }
    memcpy(sql, store_replace_sql, one + 1);
    for (size_t i = 0; i + 1 < STORE_MANY; i++) memcpy(sql + one + i * more, next, more + 1);
    sqlite3_stmt *insert = store_prepare(s, sql, errors);
    free(sql);
    return insert;
}

/* Binds numbers as a blob that stays where it is; NULL for none. */
static void bind_doubles(sqlite3_stmt *insert, int column, const unsigned char *bytes, size_t n) {
    if (n > 0) sqlite3_bind_blob64(insert, column, bytes, 8 * n, SQLITE_STATIC);
}

void store_bind(sqlite3_stmt *insert, int at, sqlite3_int64 work, const store_row *row) {
    const int before = ROW_COLUMNS * at;
    sqlite3_bind_int64(insert, before + 1, work);
    sqlite3_bind_int64(insert, before + 2, (sqlite3_int64)row->repeat);
    sqlite3_bind_int64(insert, before + 3, (sqlite3_int64)row->step);
    bind_doubles(insert, before + 4, row->forecasts, row->n_forecasts);
    bind_doubles(insert, before + 5, row->weights, row->n_weights);
    bind_doubles(insert, before + 6, row->losses, row->n_losses);
    sqlite3_bind_int64(insert, before + 7, row->checksum);
}

int store_insert_bound(sqlite3_stmt *insert) {
    int code = sqlite3_step(insert);
    sqlite3_reset(insert);
    sqlite3_clear_bindings(insert);
    return code;
}

int store_insert(sqlite3_stmt *insert, sqlite3_int64 work, const store_row *row) {
    store_bind(insert, 0, work, row);
    return store_insert_bound(insert);
}
