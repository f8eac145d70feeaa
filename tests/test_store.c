/* test_store.c - the store's contract from below: every bit comes back, every changed field is found, and whatever the
 * disk does, what was committed stays and what was not is told. Disks that fail or hang are an SQLite VFS of the test's. */
#include "store.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <cmocka.h>

#include "scratch.h"

enum { TEST = 12, WEIGHTS = 14, LOSSES = 14 }; /* losses are of as many epochs: no count tells them from weights */

/* Two works: one of a single part, one of three (5, 5 and 2 forecasts); and one that is computed anew each time. */
static const experiment experiments[] = {
    {.name = "fixed",
     .work = "{\"scheme\": \"fixed\"}",
     .scheme = SCHEME_FIXED,
     .frame = {1, {1}, 1, TEST, SCALE_RANGE, -1, 1},
     .model = {1, 1, ACTIVATION_TANH, ACTIVATION_HARD_SIGMOID, 1},
     .initial = {INITIAL_GLOROT_UNIFORM, INITIAL_ORTHOGONAL, INITIAL_GLOROT_UNIFORM, false, true, NULL, 0},
     .train = {LOSSES, 1, STATE_PER_EPOCH, {OPTIMIZER_ADAM, 0.001, 0.9, 0.999, 1e-8, EPSILON_BEFORE_CORRECTION}},
     .every = 1,
     .batch = 1},
    {.name = "refit",
     .work = "{\"scheme\": \"refit\"}",
     .scheme = SCHEME_REFIT,
     .frame = {.test = TEST},
     .model = {.lags = 1, .neurons = 1, .bias_vectors = 1},
     .train = {.epochs = LOSSES},
     .every = 5,
     .batch = 1},
    {.name = "persistence", .work = "{}", .scheme = SCHEME_PERSISTENCE, .frame = {.test = TEST}},
};
enum { N = sizeof experiments / sizeof *experiments };
static const int same_as[N] = {-1, -1, -1};

static digest series_digest = {"954aa5598f9a4b220bc40c02347dc222d8a175f681ff31d7280e5f56bb54eb12"};
static const store_origin origin = {&series_digest, 7, PRECISION_F32};

/* --- a store in a folder of its own ----------------------------------------------------------------------------- */

typedef struct {
    scratch files;
    char path[100];
    store *s;
    farm_errors errors;
} fixture;

static farm_status try_open(fixture *f, store_opening how) {
    farm_errors_free(&f->errors);
    farm_status status = store_open(&f->s, f->path, how, &f->errors);
    if (status == FARM_OK) status = store_set_works(f->s, &origin, experiments, same_as, N, &f->errors);
    return status;
}

static fixture new_store(void) {
    fixture f = {.files = scratch_open()};
    snprintf(f.path, sizeof f.path, "%s/farm.db", f.files.folder);
    return f;
}

static fixture open_new(void) {
    fixture f = new_store();
    assert_int_equal(try_open(&f, STORE_CREATE), FARM_OK);
    return f;
}

static void reopen(fixture *f) {
    store_close(f->s);
    assert_int_equal(try_open(f, STORE_EXISTING), FARM_OK);
}

static void done(fixture *f) {
    store_close(f->s);
    farm_errors_free(&f->errors);
    scratch_close(&f->files);
}

/* Whether some fault says so. */
static bool says(const farm_errors *errors, const char *text) {
    for (size_t i = 0; i < errors->n; i++)
        if (errors->items[i].text && strstr(errors->items[i].text, text)) return true;
    return false;
}

/* Every fault names the store; at least one is there. */
static bool told(const fixture *f) {
    for (size_t i = 0; i < f->errors.n; i++)
        if (!f->errors.items[i].file || strcmp(f->errors.items[i].file, f->path) != 0) return false;
    return f->errors.n > 0;
}

/* Statements run by another program, while no farm has the store. */
static int change(fixture *f, const char *sql) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    int changes = sqlite3_changes(db);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return changes;
}

/* --- parts and results ------------------------------------------------------------------------------------------ */

/* extras: with weights and losses. */
static results room(size_t repeats, bool extras) {
    results r;
    farm_errors errors = {0};
    assert_int_equal(results_init(&r, experiments, N, repeats, 0, extras ? KEEP_WEIGHTS | KEEP_LOSSES : 0, &errors),
                     FARM_OK);
    return r;
}

/* Another number for every place, with all of its bits in use. */
static double number(int e, size_t repeat, size_t place) {
    return sin((double)(1000 * e) + (double)repeat + 0.001 * (double)place);
}

/* Puts a repeat's part that begins at from. false: the sink would not have it. */
static bool put(store *s, int e, size_t repeat, int from, bool extras) {
    double forecasts[TEST], weights[WEIGHTS], losses[LOSSES];
    int length = scheme_walk_length(&experiments[e]), to = from + length < TEST ? from + length : TEST;
    for (int i = from; i < to; i++) forecasts[i - from] = number(e, repeat, (size_t)i);
    for (size_t i = 0; i < WEIGHTS; i++) weights[i] = number(e, repeat, 100 + i);
    for (size_t i = 0; i < LOSSES; i++) losses[i] = number(e, repeat, 200 + i);
    pool_part part = {.experiment = e, .repeat = repeat, .from = from, .to = to, .forecasts = forecasts};
    if (extras && to == TEST) part.weights = weights;
    if (extras && from == 0) part.losses = losses;
    if (extras) part.n_weights = WEIGHTS;
    if (extras) part.n_losses = LOSSES;
    pool_sink sink = store_sink(s);
    return sink.keep(sink.context, &part);
}

static void put_repeat(store *s, size_t repeat, bool extras) {
    assert_true(put(s, 0, repeat, 0, extras));
    for (int from = 0; from < TEST; from += 5) assert_true(put(s, 1, repeat, from, extras));
}

/* One transaction with all parts of repeats first ... end - 1. */
static farm_status put_repeats(fixture *f, size_t first, size_t end, bool extras) {
    farm_status status = store_begin(f->s, 0, &f->errors);
    if (status != FARM_OK) return status;
    for (size_t r = first; r < end; r++) {
        put(f->s, 0, r, 0, extras);
        for (int from = 0; from < TEST; from += 5) put(f->s, 1, r, from, extras);
    }
    return store_end(f->s, &f->errors);
}

/* Whether the repeat is known whole; then it is what put_repeat put. */
static bool as_put(const results *r, size_t repeat) {
    for (int e = 0; e < 2; e++) {
        const experiment_result *x = &r->experiments[e];
        if (!results_complete(x, repeat)) return false;
        for (size_t i = 0; i < TEST; i++) assert_true(x->forecasts[repeat * TEST + i] == number(e, repeat, i));
        for (size_t i = 0; x->weights && i < WEIGHTS; i++)
            assert_true(x->weights[repeat * WEIGHTS + i] == number(e, repeat, 100 + i));
        for (size_t i = 0; x->losses && i < LOSSES; i++)
            assert_true(x->losses[repeat * LOSSES + i] == number(e, repeat, 200 + i));
    }
    return true;
}

static size_t count_known(const results *r) {
    size_t n = 0;
    for (size_t e = 0; e < r->n_experiments; e++)
        for (size_t i = 0; i < r->experiments[e].n_repeats * r->experiments[e].n_parts; i++)
            n += r->experiments[e].known[i];
    return n;
}

/* --- what comes back -------------------------------------------------------------------------------------------- */

static double of_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* values [n] but for their NaNs, which all come back as one. */
static void assert_same_bits(const double *got, const double *values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        double expected = isnan(values[i]) ? (double)NAN : values[i];
        assert_memory_equal(&got[i], &expected, sizeof expected);
    }
}

static void every_number_comes_back_bit_for_bit(void **state) {
    (void)state;
    const double odd[TEST] = {
        NAN,
        -NAN,
        of_bits(0x7ff0000000000001), /* signalling */
        of_bits(0xfff8dead0000beef), /* with a payload */
        INFINITY,
        -INFINITY,
        0.0,
        -0.0,
        DBL_TRUE_MIN,
        -DBL_MIN / 2,
        DBL_MAX,
        0.1,
    };
    double weights[WEIGHTS], losses[LOSSES];
    for (size_t i = 0; i < WEIGHTS; i++) weights[i] = odd[(i + 3) % TEST];
    for (size_t i = 0; i < LOSSES; i++) losses[i] = odd[(i + 5) % TEST];
    fixture f = open_new();
    assert_int_equal(store_begin(f.s, 0, &f.errors), FARM_OK);
    pool_part part = {.repeat = 2, .to = TEST, .forecasts = odd, .weights = weights, .losses = losses};
    part.n_weights = WEIGHTS;
    part.n_losses = LOSSES;
    pool_sink sink = store_sink(f.s);
    assert_true(sink.keep(sink.context, &part));
    assert_int_equal(store_end(f.s, &f.errors), FARM_OK);
    reopen(&f);
    results r = room(4, true);
    assert_int_equal(store_read(f.s, &r, 0, &f.errors), FARM_OK);
    assert_same_bits(r.experiments[0].forecasts + 2 * TEST, odd, TEST);
    assert_same_bits(r.experiments[0].weights + 2 * WEIGHTS, weights, WEIGHTS);
    assert_same_bits(r.experiments[0].losses + 2 * LOSSES, losses, LOSSES);
    assert_true(r.experiments[0].known[2] && count_known(&r) == 1);
    results_free(&r);
    done(&f);
}

static void only_parts_that_are_stored_are_known(void **state) {
    (void)state;
    fixture f = open_new();
    assert_int_equal(store_begin(f.s, 0, &f.errors), FARM_OK);
    assert_true(put(f.s, 1, 0, 5, false) && put(f.s, 1, 1, 0, false) && put(f.s, 1, 1, 10, false));
    assert_int_equal(store_end(f.s, &f.errors), FARM_OK);
    results r = room(2, false);
    assert_int_equal(store_read(f.s, &r, 0, &f.errors), FARM_OK);
    const bool wanted[] = {false, true, false, true, false, true};
    assert_memory_equal(r.experiments[1].known, wanted, sizeof wanted);
    assert_int_equal(count_known(&r), 3);
    results_free(&r);
    done(&f);
}

static void repeats_count_from_the_shards_first(void **state) {
    (void)state;
    fixture f = open_new();
    assert_int_equal(store_begin(f.s, 30, &f.errors), FARM_OK);
    put_repeat(f.s, 4, false); /* the 34th from 0 */
    assert_int_equal(store_end(f.s, &f.errors), FARM_OK);
    for (size_t first = 30; first <= 36; first++) {
        results r = room(3, false);
        assert_int_equal(store_read(f.s, &r, first, &f.errors), FARM_OK);
        bool inside = first <= 34 && 34 < first + 3;
        assert_int_equal(count_known(&r), inside ? 4 : 0);
        if (inside) assert_true(r.experiments[0].forecasts[(34 - first) * TEST] == number(0, 4, 0));
        results_free(&r);
    }
    done(&f);
}

static void a_part_without_the_weights_or_losses_that_are_wanted_does_not_count(void **state) {
    (void)state;
    fixture f = open_new();
    assert_int_equal(put_repeats(&f, 0, 1, false), FARM_OK);
    const unsigned kept[] = {KEEP_WEIGHTS, KEEP_LOSSES, KEEP_WEIGHTS | KEEP_LOSSES};
    const bool known[][4] = {
        /* the fixed one's part, and three of the refit: losses are in the first, weights in the last */
        {false, true, true, false},
        {false, false, true, true},
        {false, false, true, false}};
    for (int i = 0; i < 3; i++) {
        results r;
        assert_int_equal(results_init(&r, experiments, N, 1, 0, kept[i], &f.errors), FARM_OK);
        assert_int_equal(store_read(f.s, &r, 0, &f.errors), FARM_OK);
        assert_true(r.experiments[0].known[0] == known[i][0]);
        assert_memory_equal(r.experiments[1].known, known[i] + 1, 3);
        results_free(&r);
    }
    assert_int_equal(put_repeats(&f, 0, 1, true), FARM_OK);
    for (int extras = 0; extras < 2; extras++) { /* whoever does not want them takes no notice */
        results r = room(1, extras);
        assert_int_equal(store_read(f.s, &r, 0, &f.errors), FARM_OK);
        assert_true(as_put(&r, 0));
        results_free(&r);
    }
    done(&f);
}

static void other_origins_are_other_works(void **state) {
    (void)state;
    fixture f = open_new();
    assert_int_equal(put_repeats(&f, 0, 1, false), FARM_OK);
    digest other = series_digest;
    other.hex[63] = '3';
    const store_origin others[] = {
        {&other, 7, PRECISION_F32},
        {&series_digest, 8, PRECISION_F32},
        {&series_digest, UINT64_MAX, PRECISION_F32},
        {&series_digest, 7, PRECISION_F64},
        {&series_digest, 7, PRECISION_F32},
    };
    for (size_t i = 0; i < 5; i++) {
        results r = room(1, false);
        assert_int_equal(store_set_works(f.s, &others[i], experiments, same_as, N, &f.errors), FARM_OK);
        assert_int_equal(store_read(f.s, &r, 0, &f.errors), FARM_OK);
        assert_int_equal(count_known(&r), i < 4 ? 0 : 4);
        results_free(&r);
    }
    done(&f);
}

/* --- what was changed ------------------------------------------------------------------------------------------- */

/* After such a change the store is told to be damaged; or, where the row is no longer found, its part is unknown. */
static void each_changed_field_of_a_row_is_found(void **state) {
    (void)state;
    static const struct {
        const char *sql;
        bool found; /* else only the row is missing */
    } changes[] = {
        {"UPDATE result SET checksum = checksum + 1 WHERE work = 1 AND repeat = 2", true},
        {"UPDATE result SET checksum = -checksum WHERE work = 2 AND repeat = 2 AND step = 5", true},
        {"UPDATE result SET repeat = 4 WHERE repeat = 2 AND work = 1", true},
        {"UPDATE result SET repeat = 99 WHERE repeat = 2 AND work = 1", false},
        {"UPDATE result SET repeat = -2 WHERE repeat = 2 AND work = 1", false},
        {"DELETE FROM result WHERE work = 2 AND repeat = 2 AND step = 5;"
         "UPDATE result SET step = 5 WHERE work = 2 AND repeat = 2 AND step = 0",
         true},
        {"UPDATE result SET step = 3 WHERE work = 2 AND repeat = 2 AND step = 5", true},
        {"UPDATE result SET step = 15 WHERE work = 2 AND repeat = 2 AND step = 5", true},
        {"UPDATE result SET step = -5 WHERE work = 2 AND repeat = 2 AND step = 5", true},
        {"UPDATE result SET step = 9223372036854775805 WHERE work = 2 AND repeat = 2 AND step = 5", true},
        {"DELETE FROM result WHERE work = 2; UPDATE result SET work = 2", true},
        {"UPDATE result SET work = 3 WHERE work = 1", false},
        {"UPDATE result SET forecasts = x'' WHERE work = 1", true},
        {"UPDATE result SET forecasts = substr(forecasts, 1, 88) WHERE work = 1", true},
        {"UPDATE result SET forecasts = CAST(forecasts || x'00' AS BLOB) WHERE work = 1", true},
        {"UPDATE result SET forecasts = CAST(substr(forecasts, 9) || substr(forecasts, 1, 8) AS BLOB) WHERE work = 1",
         true},
        {"UPDATE result SET forecasts = (SELECT forecasts FROM result WHERE work = 1 AND repeat = 1) WHERE work = 1",
         true},
        {"UPDATE result SET weights = NULL WHERE work = 1", true},
        {"UPDATE result SET weights = x'' WHERE work = 1", true},
        {"UPDATE result SET weights = substr(weights, 9) WHERE work = 1", true},
        {"UPDATE result SET weights = substr(weights, 2) WHERE work = 1", true},
        {"UPDATE result SET weights = CAST(weights || x'0000000000000000' AS BLOB) WHERE work = 1", true},
        {"UPDATE result SET weights = zeroblob(112) WHERE work = 1", true},
        {"UPDATE result SET weights = zeroblob(112) WHERE work = 2 AND step = 5", true},
        {"UPDATE result SET losses = NULL WHERE work = 1", true},
        {"UPDATE result SET losses = substr(losses, 9) WHERE work = 1", true},
        {"UPDATE result SET losses = substr(losses, 2) WHERE work = 1", true},
        {"UPDATE result SET losses = weights, weights = losses WHERE work = 1", true},
        {"UPDATE result SET weights = losses, losses = NULL WHERE work = 2 AND step = 0", true},
        {"UPDATE result SET losses = weights, weights = NULL WHERE work = 2 AND step = 10", true},
        {"UPDATE result SET weights = CAST(weights || losses AS BLOB), losses = NULL WHERE work = 1", true},
        {"UPDATE result SET losses = CAST(weights || losses AS BLOB), weights = NULL WHERE work = 1", true},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        fixture f = open_new();
        assert_int_equal(put_repeats(&f, 0, 3, true), FARM_OK);
        store_close(f.s);
        assert_true(change(&f, changes[i].sql) > 0);
        assert_int_equal(try_open(&f, STORE_EXISTING), FARM_OK);
        for (int extras = 0; extras < 2; extras++) {
            results r = room(4, extras);
            farm_status status = store_read(f.s, &r, 0, &f.errors);
            if (status != (changes[i].found ? FARM_FAILED : FARM_OK))
                fail_msg("not as it should be: %s", changes[i].sql);
            if (changes[i].found) assert_true(told(&f) && says(&f.errors, "the store is damaged"));
            if (!changes[i].found) assert_true(count_known(&r) < 12 && !results_complete(&r.experiments[0], 1));
            results_free(&r);
        }
        done(&f);
    }
}

/* Flips a bit of byte `at` of a blob of the first work's one row. */
static void flip(sqlite3 *db, const char *column, int at) {
    char select[100], update[100];
    unsigned char bytes[8 * WEIGHTS];
    sqlite3_stmt *row = NULL;
    snprintf(select, sizeof select, "SELECT %s FROM result WHERE work = 1", column);
    snprintf(update, sizeof update, "UPDATE result SET %s = ? WHERE work = 1", column);
    assert_int_equal(sqlite3_prepare_v2(db, select, -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    int n = sqlite3_column_bytes(row, 0);
    memcpy(bytes, sqlite3_column_blob(row, 0), (size_t)n);
    sqlite3_finalize(row);
    bytes[at] ^= (unsigned char)(1 << (at % 8));
    assert_int_equal(sqlite3_prepare_v2(db, update, -1, &row, NULL), SQLITE_OK);
    sqlite3_bind_blob(row, 1, bytes, n, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(row), SQLITE_DONE);
    sqlite3_finalize(row);
}

/* One bit of each byte, and back: what is found is the flip and nothing else. */
static void every_flipped_byte_of_a_row_is_found(void **state) {
    (void)state;
    static const char *const columns[] = {"forecasts", "weights", "losses"};
    fixture f = open_new();
    assert_int_equal(put_repeats(&f, 0, 1, true), FARM_OK);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(f.path, &db), SQLITE_OK); /* beside the farm: SQLite lets others write */
    results r = room(1, true);
    const int sizes[] = {8 * TEST, 8 * WEIGHTS, 8 * LOSSES};
    for (int i = 0, column = 0, at = 0; column < 3; i++) { /* each place twice */
        flip(db, columns[column], at);
        assert_int_equal(store_read(f.s, &r, 0, &f.errors), i % 2 ? FARM_OK : FARM_FAILED);
        at += i % 2;
        if (at == sizes[column]) at = 0, column++;
    }
    results_free(&r);
    sqlite3_close(db);
    done(&f);
}

static void a_work_that_does_not_have_its_hash_is_found(void **state) {
    (void)state;
    fixture f = open_new();
    assert_int_equal(put_repeats(&f, 0, 1, false), FARM_OK);
    store_close(f.s);
    change(&f, "UPDATE work SET text = replace(text, '\"7\"', '\"8\"') WHERE id = 2");
    assert_int_equal(try_open(&f, STORE_EXISTING), FARM_FAILED);
    assert_true(told(&f) && says(&f.errors, "the store is damaged"));
    done(&f);
}

/* --- opening ---------------------------------------------------------------------------------------------------- */

static void opening_makes_finds_or_empties_as_asked(void **state) {
    (void)state;
    fixture f = new_store();
    assert_int_equal(try_open(&f, STORE_EXISTING), FARM_FAILED);
    assert_true(told(&f) && f.s == NULL && scratch_count(f.files.folder) == 0);
    assert_int_equal(try_open(&f, STORE_CREATE), FARM_OK);
    assert_string_equal(store_path(f.s), f.path);
    assert_int_equal(put_repeats(&f, 0, 1, false), FARM_OK);
    const store_opening ways[] = {STORE_CREATE, STORE_EXISTING, STORE_ANEW, STORE_CREATE};
    const size_t known[] = {4, 4, 0, 0};
    for (int i = 0; i < 4; i++) {
        store_close(f.s);
        assert_int_equal(try_open(&f, ways[i]), FARM_OK);
        results r = room(1, false);
        assert_int_equal(store_read(f.s, &r, 0, &f.errors), FARM_OK);
        assert_int_equal(count_known(&r), known[i]);
        results_free(&r);
    }
    done(&f);
    store_close(NULL);
}

static void a_store_is_open_once_and_free_when_closed(void **state) {
    (void)state;
    fixture f = open_new();
    for (int how = STORE_CREATE; how <= STORE_ANEW; how++) {
        store *second = NULL;
        farm_errors errors = {0};
        assert_int_equal(store_open(&second, f.path, (store_opening)how, &errors), FARM_FAILED);
        assert_null(second);
        assert_true(says(&errors, "another farm is at work here"));
        farm_errors_free(&errors);
    }
    assert_int_equal(put_repeats(&f, 0, 1, false), FARM_OK);
    reopen(&f);
    done(&f);
}

static void what_is_said_of_a_run_comes_back(void **state) {
    (void)state;
    const double values[] = {1, -0.0, NAN, 4};
    store_run in = {.config_path = "it's.json",
                    .meant = "{\"name\": \"\xc3\xa9 '; DROP TABLE run; --\"}",
                    .series = values,
                    .n_series = 4,
                    .repeats = 9,
                    .shard = 2,
                    .of_shards = 3,
                    .vector_level = "base",
                    .vector_bits = 128,
                    .threads = 5,
                    .steps_asked = INT64_MAX,
                    .steps_taken = 17,
                    .seconds = 0.1};
    store_run out;
    fixture f = open_new();
    assert_int_equal(store_get_run(f.s, &out, &f.errors), FARM_FAILED);
    assert_true(told(&f));
    assert_int_equal(store_put_run(f.s, &in, experiments, N, &f.errors), FARM_OK);
    reopen(&f);
    assert_int_equal(store_get_run(f.s, &out, &f.errors), FARM_OK);
    assert_string_equal(out.config_path, in.config_path);
    assert_string_equal(out.meant, in.meant);
    assert_string_equal(out.vector_level, in.vector_level);
    assert_int_equal(out.n_series, 4);
    assert_memory_equal(out.series, values, sizeof values);
    assert_true(out.repeats == 9 && out.shard == 2 && out.of_shards == 3 && out.vector_bits == 128);
    assert_true(out.threads == 5 && out.steps_asked == INT64_MAX && out.steps_taken == 17 && out.seconds == 0.1);
    store_close(f.s);
    change(&f, "UPDATE run SET value = 10 WHERE key = 'repeats'");
    assert_int_equal(try_open(&f, STORE_EXISTING), FARM_OK);
    assert_int_equal(store_get_run(f.s, &out, &f.errors), FARM_FAILED);
    assert_true(says(&f.errors, "the store is damaged"));
    done(&f);
}

static void costs_add_up_and_follow_their_work(void **state) {
    (void)state;
    const double values[] = {1, 2};
    fixture f = open_new();
    store_run said = {.config_path = "",
                      .meant = "",
                      .said = "",
                      .series = values,
                      .n_series = 2,
                      .repeats = 9,
                      .shard = 1,
                      .of_shards = 1,
                      .vector_level = "base"};
    results r = room(1, false);
    assert_int_equal(store_put_run(f.s, &said, experiments, N, &f.errors), FARM_OK);
    r.experiments[0].cost = (results_cost){100, 0.5};
    r.experiments[1].cost = (results_cost){7, 0.25};
    assert_int_equal(store_add_costs(f.s, &r, &f.errors), FARM_OK);
    r.experiments[1].cost = (results_cost){0}; /* this time only the first was trained */
    assert_int_equal(store_add_costs(f.s, &r, &f.errors), FARM_OK);
    reopen(&f);
    assert_int_equal(store_get_run(f.s, &said, &f.errors), FARM_OK); /* sealed anew */
    r.experiments[0].cost = r.experiments[1].cost = (results_cost){1, 1};
    assert_int_equal(store_read_costs(f.s, &r, &f.errors), FARM_OK);
    assert_true(r.experiments[0].cost.steps == 200 && r.experiments[0].cost.seconds == 1.0);
    assert_true(r.experiments[1].cost.steps == 7 && r.experiments[1].cost.seconds == 0.25);
    results_free(&r);
    done(&f);
}

static void shards_have_every_repeat_once_and_are_of_even_size(void **state) {
    (void)state;
    for (size_t repeats = 1; repeats < 200; repeats += repeats < 40 ? 1 : 13)
        for (int n = 1; n < 250; n += n < 40 ? 1 : 17) {
            size_t next = 0;
            for (int k = 1; k <= n; k++) {
                size_t first, end;
                store_shard_range(repeats, k, n, &first, &end);
                assert_int_equal(first, next);
                assert_in_range(end - first, repeats / (size_t)n, (repeats - 1) / (size_t)n + 1);
                next = end;
            }
            assert_int_equal(next, repeats);
        }
    size_t first, end;
    store_shard_range(1000000000, 1000000, 1000000, &first, &end);
    assert_true(first == 999999000 && end == 1000000000);
}

/* --- disks that fail, and hang ---------------------------------------------------------------------------------- */

/* The system's VFS with a fault at the n-th call of some kinds, and a gate that writes wait at. */
static struct {
    sqlite3_vfs vfs, *real;
    atomic_int calls;      /* writes, syncs and truncates so far */
    int at;                /* the call that fails; 0: none */
    bool stays;            /* and all after it */
    int code;              /* with this */
    pthread_mutex_t mutex; /* guards closed, waiting */
    pthread_cond_t opened;
    bool closed; /* the gate */
    int waiting; /* at it */
} disk = {.mutex = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER};

typedef struct {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
} disk_file;

static sqlite3_file *real_of(sqlite3_file *file) { return ((disk_file *)file)->real; }

/* What a call that changes the disk comes to; SQLITE_OK: go ahead. */
static int meet_fault(void) {
    pthread_mutex_lock(&disk.mutex);
    disk.waiting++;
    while (disk.closed) pthread_cond_wait(&disk.opened, &disk.mutex);
    disk.waiting--;
    pthread_mutex_unlock(&disk.mutex);
    int call = atomic_fetch_add(&disk.calls, 1) + 1;
    return disk.at > 0 && (disk.stays ? call >= disk.at : call == disk.at) ? disk.code : SQLITE_OK;
}

static int disk_write(sqlite3_file *f, const void *bytes, int n, sqlite3_int64 at) {
    int code = meet_fault();
    if (code == SQLITE_FULL && n > 1)
        real_of(f)->pMethods->xWrite(real_of(f), bytes, n / 2, at); /* as far as it goes */
    return code != SQLITE_OK ? code : real_of(f)->pMethods->xWrite(real_of(f), bytes, n, at);
}
static int disk_truncate(sqlite3_file *f, sqlite3_int64 size) {
    int code = meet_fault();
    return code != SQLITE_OK ? SQLITE_IOERR_TRUNCATE : real_of(f)->pMethods->xTruncate(real_of(f), size);
}
static int disk_sync(sqlite3_file *f, int flags) {
    int code = meet_fault();
    return code != SQLITE_OK ? SQLITE_IOERR_FSYNC : real_of(f)->pMethods->xSync(real_of(f), flags);
}
static int disk_close(sqlite3_file *f) { return real_of(f)->pMethods->xClose(real_of(f)); }
static int disk_read(sqlite3_file *f, void *bytes, int n, sqlite3_int64 at) {
    return real_of(f)->pMethods->xRead(real_of(f), bytes, n, at);
}
static int disk_size(sqlite3_file *f, sqlite3_int64 *size) { return real_of(f)->pMethods->xFileSize(real_of(f), size); }
static int disk_lock(sqlite3_file *f, int lock) { return real_of(f)->pMethods->xLock(real_of(f), lock); }
static int disk_unlock(sqlite3_file *f, int lock) { return real_of(f)->pMethods->xUnlock(real_of(f), lock); }
static int disk_reserved(sqlite3_file *f, int *out) {
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}
static int disk_control(sqlite3_file *f, int op, void *arg) {
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}
static int disk_sector(sqlite3_file *f) { return real_of(f)->pMethods->xSectorSize(real_of(f)); }
static int disk_device(sqlite3_file *f) { return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f)); }
static int disk_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}
static int disk_shm_lock(sqlite3_file *f, int offset, int n, int flags) {
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}
static void disk_shm_barrier(sqlite3_file *f) { real_of(f)->pMethods->xShmBarrier(real_of(f)); }
static int disk_shm_unmap(sqlite3_file *f, int remove) { return real_of(f)->pMethods->xShmUnmap(real_of(f), remove); }

static const sqlite3_io_methods disk_methods = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_reserved,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector,
    .xDeviceCharacteristics = disk_device,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
};

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags) {
    (void)vfs;
    disk_file *f = (disk_file *)file;
    f->base.pMethods = NULL;
    f->real = (sqlite3_file *)(void *)(f + 1);
    int code = disk.real->xOpen(disk.real, name, f->real, flags, out_flags);
    if (code == SQLITE_OK) f->base.pMethods = &disk_methods;
    return code;
}

/* From here on SQLite opens files through the faulty disk. */
static int use_faulty_disk(void **state) {
    (void)state;
    sqlite3_initialize();
    if (!disk.real) { /* SQLite links it into a list of its own */
        disk.real = sqlite3_vfs_find("unix");
        disk.vfs = *disk.real;
        disk.vfs.zName = "faulty";
        disk.vfs.szOsFile += (int)sizeof(disk_file);
        disk.vfs.xOpen = disk_open;
    }
    disk.calls = 0;
    disk.at = 0;
    return sqlite3_vfs_register(&disk.vfs, 1);
}

static int use_dotfile_locks(void **state) {
    (void)state;
    sqlite3_initialize();
    return sqlite3_vfs_register(sqlite3_vfs_find("unix-dotfile"), 1); /* one without shared memory */
}

static int use_real_disk(void **state) {
    (void)state;
    return sqlite3_vfs_register(sqlite3_vfs_find("unix"), 1);
}

static void fail_at(int call, bool stays, int code) {
    disk.calls = 0;
    disk.at = call;
    disk.stays = stays;
    disk.code = code;
}

enum { ROUNDS = 4, EACH = 40 }; /* transactions, and repeats in each: some pages */

/* Opens the store, puts some rounds, closes it. Marks rounds that were said to be committed; false: a fault was told. */
static bool use_store(fixture *f, bool committed[ROUNDS]) {
    farm_status status = try_open(f, STORE_CREATE);
    for (size_t round = 0; status == FARM_OK && round < ROUNDS; round++) {
        status = put_repeats(f, round * EACH, (round + 1) * EACH, true);
        if (status == FARM_OK) committed[round] = true;
    }
    if (status != FARM_OK) assert_true(told(f));
    if (status != FARM_OK && disk.code == SQLITE_FULL) assert_true(says(&f->errors, "make room"));
    store_close(f->s);
    f->s = NULL;
    return status == FARM_OK;
}

static void check_committed(fixture *f, const bool committed[ROUNDS]) {
    assert_int_equal(try_open(f, STORE_CREATE), FARM_OK);
    results r = room(ROUNDS * EACH, true);
    assert_int_equal(store_read(f->s, &r, 0, &f->errors), FARM_OK);
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t there = 0;
        for (size_t i = 0; i < EACH; i++) there += as_put(&r, round * EACH + i);
        assert_true(there == EACH ||
                    (there == 0 && !committed[round])); /* a transaction is there whole or not at all */
    }
    results_free(&r);
    store_close(f->s);
    f->s = NULL;
}

/* A fault at every write, sync and truncate of a store's life, by itself and for good: it is told or does no harm, all
 * that was committed is there afterwards, and the same goes on to its end. */
static void whatever_call_of_the_disk_fails_committed_rows_stay(void **state) {
    (void)state;
    static const int codes[] = {SQLITE_FULL, SQLITE_IOERR_WRITE};
    int failed = 0, survived = 0;
    for (size_t kind = 0; kind < 4; kind++) {
        int calls = 1;
        for (int at = 0; at <= calls; at++) { /* at 0: no fault, but a count */
            fixture f = new_store();
            bool committed[ROUNDS] = {false}, all[ROUNDS] = {true, true, true, true};
            fail_at(at, kind / 2, codes[kind % 2]);
            bool whole = use_store(&f, committed);
            if (at == 0) assert_true(whole);
            if (at == 0) calls = disk.calls;
            failed += !whole;
            survived += whole;
            fail_at(0, false, 0);
            check_committed(&f, committed);
            assert_true(use_store(&f, all));
            check_committed(&f, all);
            done(&f);
        }
        assert_true(calls > 20);
    }
    assert_true(failed > 40 && survived > 4); /* the last ones are of closing, when all is committed */
}

enum { MOST_WAITS = 6000 }; /* of 10 ms each, on however busy a machine */

static void sleep_ms(long ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL); }

/* The writer finds out by itself, half a second later at most, and then nothing is taken any more. */
static void a_full_disk_makes_the_sink_refuse(void **state) {
    (void)state;
    fixture f = open_new();
    assert_int_equal(store_begin(f.s, 0, &f.errors), FARM_OK);
    fail_at(1, true, SQLITE_FULL);
    size_t repeat = 0;
    for (int waited = 0; put(f.s, 0, repeat++, 0, false); waited++) {
        assert_true(waited < MOST_WAITS);
        sleep_ms(10);
    }
    assert_false(put(f.s, 0, repeat, 0, false));
    assert_int_equal(store_end(f.s, &f.errors), FARM_FAILED);
    assert_int_equal(f.errors.n, 1);
    assert_true(told(&f) && says(&f.errors, "make room and run again: what is stored is kept"));
    fail_at(0, false, 0);
    done(&f);
}

static void a_full_disk_ends_the_run(void **state) {
    (void)state;
    static double values[] = {266.0, 145.9, 183.1, 119.3, 180.3, 168.5, 231.8, 224.5, 192.8,
                              122.9, 336.5, 185.9, 194.3, 149.5, 210.1, 273.3, 191.4, 287.0};
    series s = {.values = values, .n = sizeof values / sizeof *values};
    fixture f = open_new();
    experiment endless = experiments[0];
    endless.train.epochs = 2000; /* 16 repeats take a few ms, all of them minutes */
    plan p;
    enum { REPEATS = 400000 };
    results r;
    assert_int_equal(plan_expand(&p, &endless, 1, &s, PLAN_SHARED, &f.errors), FARM_OK);
    assert_int_equal(results_init(&r, &endless, 1, REPEATS, 0, false, &f.errors), FARM_OK);
    assert_int_equal(store_begin(f.s, 0, &f.errors), FARM_OK);
    fail_at(1, true, SQLITE_FULL);
    pool_work work = {.plan = &p,
                      .experiments = &endless,
                      .series = &s,
                      .repeats = REPEATS,
                      .seed = 7,
                      .level = lstm_best_level(),
                      .threads = 2,
                      .sink = store_sink(f.s)};
    assert_int_equal(pool_run(&r, &work, NULL, &f.errors), FARM_FAILED);
    assert_int_equal(store_end(f.s, &f.errors), FARM_FAILED);
    assert_true(f.errors.n == 1 && told(&f));
    assert_true(count_known(&r) < REPEATS / 4);
    fail_at(0, false, 0);
    results_free(&r);
    plan_free(&p);
    done(&f);
}

/* --- many threads ----------------------------------------------------------------------------------------------- */

enum { THREADS = 100, PER_THREAD = 20 };

typedef struct {
    store *s;
    size_t first;
} putter;

static void *put_many(void *context) {
    putter *p = context;
    for (size_t i = 0; i < PER_THREAD; i++) put_repeat(p->s, p->first + i, true);
    return NULL;
}

static void a_hundred_threads_put_at_once_and_all_is_there(void **state) {
    (void)state;
    fixture f = open_new();
    pthread_t threads[THREADS];
    putter putters[THREADS];
    assert_int_equal(store_begin(f.s, 0, &f.errors), FARM_OK);
    for (size_t i = 0; i < THREADS; i++) {
        putters[i] = (putter){f.s, i * PER_THREAD};
        assert_int_equal(pthread_create(&threads[i], NULL, put_many, &putters[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    assert_int_equal(store_end(f.s, &f.errors), FARM_OK);
    reopen(&f);
    results r = room(THREADS * PER_THREAD, true);
    assert_int_equal(store_read(f.s, &r, 0, &f.errors), FARM_OK);
    for (size_t i = 0; i < r.experiments[0].n_repeats; i++) assert_true(as_put(&r, i));
    results_free(&r);
    done(&f);
}

/* Parts of one megabyte each. */
enum { LONG = 1 << 17, PARTS = 80, PUSHERS = 4 };

typedef struct {
    store *s;
    const double *forecasts;
    atomic_int *next, *taken;
} pusher;

static void *push(void *context) {
    pusher *p = context;
    pool_sink sink = store_sink(p->s);
    for (int i; (i = atomic_fetch_add(p->next, 1)) < PARTS;) {
        pool_part part = {.repeat = (size_t)i, .to = LONG, .forecasts = p->forecasts + i};
        if (sink.keep(sink.context, &part)) atomic_fetch_add(p->taken, 1);
    }
    return NULL;
}

static bool someone_waits(void) {
    pthread_mutex_lock(&disk.mutex);
    bool waits = disk.waiting > 0;
    pthread_mutex_unlock(&disk.mutex);
    return waits;
}

static void close_gate(bool closed) {
    pthread_mutex_lock(&disk.mutex);
    disk.closed = closed;
    pthread_cond_broadcast(&disk.opened);
    pthread_mutex_unlock(&disk.mutex);
}

/* Pushes PARTS parts at a disk that hangs; at 64 MB they wait. Then the disk goes on, or fails. How many were taken. */
static int push_at_hanging_disk(fixture *f, const double *forecasts, bool then_fails, farm_status *ended) {
    atomic_int next = 0, taken = 0;
    pthread_t threads[PUSHERS];
    assert_int_equal(store_begin(f->s, 0, &f->errors), FARM_OK);
    pusher p = {f->s, forecasts, &next, &taken};
    close_gate(true);
    assert_true(put(f->s, 1, 0, 0, false));
    for (int waited = 0; !someone_waits(); waited++) { /* the writer has that one, and is stuck */
        assert_true(waited < MOST_WAITS);
        sleep_ms(10);
    }
    for (int i = 0; i < PUSHERS; i++) assert_int_equal(pthread_create(&threads[i], NULL, push, &p), 0);
    for (int waited = 0; taken < 64 && waited < MOST_WAITS; waited++) sleep_ms(10);
    sleep_ms(300); /* for whoever would go on beyond that */
    int before = taken;
    if (then_fails) fail_at(1, true, SQLITE_FULL);
    close_gate(false);
    for (int i = 0; i < PUSHERS; i++) pthread_join(threads[i], NULL);
    *ended = store_end(f->s, &f->errors);
    fail_at(0, false, 0);
    assert_in_range(before, 64, 65); /* only now that no thread needs what is on this stack */
    return taken;
}

static void whoever_fills_the_buffer_waits_and_nothing_is_dropped(void **state) {
    (void)state;
    experiment e = experiments[0];
    e.frame.test = LONG;
    double *forecasts = malloc((LONG + PARTS) * sizeof *forecasts);
    assert_non_null(forecasts);
    for (size_t i = 0; i < LONG + PARTS; i++) forecasts[i] = number(0, 0, i);
    for (int fails = 1; fails >= 0; fails--) {
        fixture f = open_new();
        farm_status ended;
        int taken = push_at_hanging_disk(&f, forecasts, fails, &ended);
        assert_int_equal(ended, fails ? FARM_FAILED : FARM_OK);
        assert_true(fails ? taken < PARTS : taken == PARTS);
        if (fails) assert_true(told(&f) && says(&f.errors, "make room"));
        results r;
        assert_int_equal(results_init(&r, &e, 1, PARTS, 0, false, &f.errors), FARM_OK);
        assert_int_equal(store_read(f.s, &r, 0, &f.errors), FARM_OK);
        assert_int_equal(count_known(&r), fails ? 0 : PARTS);
        for (size_t i = 0; !fails && i < PARTS; i++)
            assert_memory_equal(r.experiments[0].forecasts + i * LONG, forecasts + i, LONG * sizeof(double));
        results_free(&r);
        done(&f);
    }
    free(forecasts);
}

/* --- without write-ahead log ------------------------------------------------------------------------------------ */

static bool is_there(fixture *f, const char *name) { return access(scratch_path(&f->files, name), F_OK) == 0; }

static void where_wal_does_not_work_a_journal_does(void **state) {
    (void)state;
    fixture f = open_new();
    assert_int_equal(put_repeats(&f, 0, 3, true), FARM_OK);
    assert_false(is_there(&f, "farm.db-wal") || is_there(&f, "farm.db-shm"));
    reopen(&f);
    results r = room(3, true);
    assert_int_equal(store_read(f.s, &r, 0, &f.errors), FARM_OK);
    for (size_t i = 0; i < 3; i++) assert_true(as_put(&r, i));
    results_free(&r);
    done(&f);
}

/* One that was made where WAL works, moved to where it does not, and back. */
static void a_store_moves_between_disks_with_and_without_wal(void **state) {
    fixture f = new_store();
    for (int turn = 0; turn < 4; turn++) {
        assert_int_equal(turn % 2 ? use_dotfile_locks(state) : use_real_disk(state), SQLITE_OK);
        assert_int_equal(try_open(&f, STORE_CREATE), FARM_OK);
        assert_int_equal(put_repeats(&f, (size_t)turn, (size_t)turn + 1, true), FARM_OK);
        results r = room(4, true);
        assert_int_equal(store_read(f.s, &r, 0, &f.errors), FARM_OK);
        assert_int_equal(count_known(&r), 4 * (turn + 1));
        for (size_t i = 0; i <= (size_t)turn; i++) assert_true(as_put(&r, i));
        results_free(&r);
        store_close(f.s);
        f.s = NULL;
    }
    done(&f);
}

/* --- a process that is killed ----------------------------------------------------------------------------------- */

static int stored_rows(const char *path) {
    sqlite3 *db = NULL;
    sqlite3_stmt *query = NULL;
    int n = 0;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, "SELECT count(*) FROM result", -1, &query, NULL) == SQLITE_OK &&
        sqlite3_step(query) == SQLITE_ROW)
        n = sqlite3_column_int(query, 0);
    sqlite3_finalize(query);
    sqlite3_close(db);
    return n;
}

/* Within a second what the sink has taken is there for good, though nobody ended anything. */
static void what_is_committed_survives_kill_9_and_leaves_no_lock(void **state) {
    (void)state;
    fixture f = new_store();
    pid_t child = fork();
    if (child == 0) {
        if (try_open(&f, STORE_CREATE) == FARM_OK && store_begin(f.s, 0, &f.errors) == FARM_OK)
            put_repeat(f.s, 0, true);
        for (;;) pause();
    }
    int waited = 0;
    while (stored_rows(f.path) < 4 && waited++ < MOST_WAITS) sleep_ms(10);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_true(waited < MOST_WAITS);
    assert_int_equal(try_open(&f, STORE_EXISTING), FARM_OK);
    results r = room(1, true);
    assert_int_equal(store_read(f.s, &r, 0, &f.errors), FARM_OK);
    assert_true(as_put(&r, 0));
    results_free(&r);
    done(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_committed_survives_kill_9_and_leaves_no_lock), /* before there are threads */
        cmocka_unit_test(every_number_comes_back_bit_for_bit),
        cmocka_unit_test(only_parts_that_are_stored_are_known),
        cmocka_unit_test(repeats_count_from_the_shards_first),
        cmocka_unit_test(a_part_without_the_weights_or_losses_that_are_wanted_does_not_count),
        cmocka_unit_test(other_origins_are_other_works),
        cmocka_unit_test(each_changed_field_of_a_row_is_found),
        cmocka_unit_test(every_flipped_byte_of_a_row_is_found),
        cmocka_unit_test(a_work_that_does_not_have_its_hash_is_found),
        cmocka_unit_test(opening_makes_finds_or_empties_as_asked),
        cmocka_unit_test(a_store_is_open_once_and_free_when_closed),
        cmocka_unit_test(what_is_said_of_a_run_comes_back),
        cmocka_unit_test(costs_add_up_and_follow_their_work),
        cmocka_unit_test(shards_have_every_repeat_once_and_are_of_even_size),
        cmocka_unit_test(a_hundred_threads_put_at_once_and_all_is_there),
        cmocka_unit_test_setup_teardown(whatever_call_of_the_disk_fails_committed_rows_stay, use_faulty_disk,
                                        use_real_disk),
        cmocka_unit_test_setup_teardown(a_full_disk_makes_the_sink_refuse, use_faulty_disk, use_real_disk),
        cmocka_unit_test_setup_teardown(a_full_disk_ends_the_run, use_faulty_disk, use_real_disk),
        cmocka_unit_test_setup_teardown(whoever_fills_the_buffer_waits_and_nothing_is_dropped, use_faulty_disk,
                                        use_real_disk),
        cmocka_unit_test_setup_teardown(where_wal_does_not_work_a_journal_does, use_dotfile_locks, use_real_disk),
        cmocka_unit_test_teardown(a_store_moves_between_disks_with_and_without_wal, use_real_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
