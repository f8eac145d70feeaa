/* store_writer.c - the one thread that writes the store while others train. See store.h.
 * Parts are put into a buffer; twice a second, or when it is large, the thread swaps it for an empty one and writes it in
 * one transaction. Whoever would fill a full buffer waits: nothing is dropped, and memory stays bounded. */
#include "numbers.h"
#include "store_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const long commit_interval = 500000000; /* nanoseconds; half of the second that may be lost at most */
enum { LARGE = 4 << 20, FULL = 64 << 20 };     /* bytes that are written at once; that are waited for */

/* Parts one after another, each a part_header and its numbers as the store keeps them. */
typedef struct {
    unsigned char *bytes;
    size_t n, capacity; /* bytes */
    size_t n_parts;
} part_buffer;

typedef struct store_writer {
    store *store;
    size_t first; /* repeat that parts count from */
    sqlite3_stmt *insert, *insert_many;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t filled, emptied;
    part_buffer filling;
    bool ending, failed;
    farm_errors errors;
} store_writer;

typedef struct {
    int experiment;
    size_t repeat, step, n_forecasts, n_weights, n_losses;
} part_header;

/* --- the buffer ------------------------------------------------------------------------------------------------- */

/* Room for n more bytes. false: out of memory. */
static bool make_room(part_buffer *b, size_t n) {
    if (n <= b->capacity - b->n) return true;
    size_t capacity = b->capacity ? b->capacity : 1 << 16;
    while (capacity - b->n < n) capacity *= 2;
    unsigned char *larger = realloc(b->bytes, capacity);
    if (!larger) return false;
    b->bytes = larger;
    b->capacity = capacity;
    return true;
}

static void add_doubles(part_buffer *b, const double *values, size_t n) {
    number_to_bytes(b->bytes + b->n, values, n);
    b->n += 8 * n;
}

static bool add_part(part_buffer *b, const part_header *header, const pool_part *part) {
    if (!make_room(b, sizeof *header + 8 * (header->n_forecasts + header->n_weights + header->n_losses))) return false;
    memcpy(b->bytes + b->n, header, sizeof *header);
    b->n += sizeof *header;
    add_doubles(b, part->forecasts, header->n_forecasts);
    add_doubles(b, part->weights, header->n_weights);
    add_doubles(b, part->losses, header->n_losses);
    b->n_parts++;
    return true;
}

static farm_status out_of_memory(const store_writer *w, farm_errors *errors) {
    errors_add(errors, (error_place){.file = w->store->path}, "out of memory for results to be stored");
    return FARM_FAILED;
}

static bool keep_part(void *context, const pool_part *part) {
    store_writer *w = context;
    part_header header = {part->experiment,
                          w->first + part->repeat + 1,
                          (size_t)part->from,
                          (size_t)(part->to - part->from),
                          part->weights ? part->n_weights : 0,
                          part->losses ? part->n_losses : 0};
    pthread_mutex_lock(&w->mutex);
    while (w->filling.n > FULL && !w->failed) pthread_cond_wait(&w->emptied, &w->mutex);
    if (!w->failed && !add_part(&w->filling, &header, part)) {
        out_of_memory(w, &w->errors);
        w->failed = true;
    }
    bool fine = !w->failed;
    if (w->filling.n > LARGE) pthread_cond_signal(&w->filled);
    pthread_mutex_unlock(&w->mutex);
    return fine;
}

/* --- the thread ------------------------------------------------------------------------------------------------- */

/* Where a row goes, and where its part is in the buffer. */
typedef struct {
    sqlite3_int64 work;
    size_t repeat, step, at;
} row_place;

static int by_place(const void *a, const void *b) {
    const row_place *x = a, *y = b;
    if (x->work != y->work) return x->work < y->work ? -1 : 1;
    if (x->repeat != y->repeat) return x->repeat < y->repeat ? -1 : 1;
    return (x->step > y->step) - (x->step < y->step);
}

/* The parts in the order of their rows in the table. The caller's; NULL: out of memory. */
static row_place *sort_parts(const store_writer *w, const part_buffer *b) {
    row_place *places = malloc(b->n_parts * sizeof *places);
    size_t at = 0;
    for (size_t i = 0; places && i < b->n_parts; i++) {
        part_header h;
        memcpy(&h, b->bytes + at, sizeof h);
        places[i] = (row_place){w->store->works[h.experiment].id, h.repeat, h.step, at};
        at += sizeof h + 8 * (h.n_forecasts + h.n_weights + h.n_losses);
    }
    if (places) qsort(places, b->n_parts, sizeof *places, by_place);
    return places;
}

/* Binds the row of the part at this place of the buffer. */
static void bind_part(const store_writer *w, sqlite3_stmt *insert, int i, const unsigned char *at) {
    part_header h;
    memcpy(&h, at, sizeof h);
    const unsigned char *numbers = at + sizeof h;
    const store_work *work = &w->store->works[h.experiment];
    store_row row = {.work = &work->hash,
                     .repeat = h.repeat,
                     .step = h.step,
                     .forecasts = numbers,
                     .weights = numbers + 8 * h.n_forecasts,
                     .losses = numbers + 8 * (h.n_forecasts + h.n_weights),
                     .n_forecasts = h.n_forecasts,
                     .n_weights = h.n_weights,
                     .n_losses = h.n_losses};
    row.checksum = store_row_check(&row);
    store_bind(insert, i, work->id, &row);
}

/* The next parts in order, as many as go at once, which *n gets. SQLite's code. */
static int write_some(const store_writer *w, const part_buffer *b, const row_place *places, size_t left, size_t *n) {
    sqlite3_stmt *insert = left < STORE_MANY ? w->insert : w->insert_many;
    *n = left < STORE_MANY ? 1 : STORE_MANY;
    for (size_t i = 0; i < *n; i++) bind_part(w, insert, (int)i, b->bytes + places[i].at);
    return store_insert_bound(insert);
}

/* Neighbours in the table one after another, so that a page is looked for, and filled, once. */
static farm_status write_parts(store_writer *w, const part_buffer *b, farm_errors *errors) {
    row_place *places = sort_parts(w, b);
    int code = SQLITE_DONE;
    if (!places) return out_of_memory(w, errors);
    for (size_t done = 0, n = 0; code == SQLITE_DONE && done < b->n_parts; done += n)
        code = write_some(w, b, places + done, b->n_parts - done, &n);
    free(places);
    return code == SQLITE_DONE ? FARM_OK : store_fail(w->store, errors, "cannot write the store");
}

static farm_status write_buffer(store_writer *w, const part_buffer *b, farm_errors *errors) {
    if (b->n == 0) return FARM_OK;
    farm_status status = store_execute(w->store, "BEGIN IMMEDIATE", errors);
    if (status == FARM_OK) status = write_parts(w, b, errors);
    return store_end_transaction(w->store, status, errors);
}

/* Until half a second has passed, the buffer is large, or the end is near. Holds the mutex. */
static void wait_for_parts(store_writer *w) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += commit_interval;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (!w->ending && w->filling.n <= LARGE)
        if (pthread_cond_timedwait(&w->filled, &w->mutex, &until) == ETIMEDOUT) return;
}

static void *run_writer(void *context) {
    store_writer *w = context;
    part_buffer writing = {0};
    bool ending = false;
    while (!ending) {
        farm_errors errors = {0};
        pthread_mutex_lock(&w->mutex);
        wait_for_parts(w);
        part_buffer empty = writing;
        writing = w->filling;
        w->filling = empty;
        w->filling.n = w->filling.n_parts = 0;
        ending = w->ending || w->failed;
        pthread_cond_broadcast(&w->emptied);
        pthread_mutex_unlock(&w->mutex);
        if (write_buffer(w, &writing, &errors) == FARM_OK) continue;
        pthread_mutex_lock(&w->mutex);
        w->failed = ending = true;
        farm_errors_free(&w->errors);
        w->errors = errors;
        pthread_cond_broadcast(&w->emptied);
        pthread_mutex_unlock(&w->mutex);
    }
    free(writing.bytes);
    return NULL;
}

/* --- life cycle ------------------------------------------------------------------------------------------------- */

static bool init_conditions(store_writer *w) {
    pthread_condattr_t monotonic;
    if (pthread_condattr_init(&monotonic) != 0) return false;
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    bool fine = pthread_cond_init(&w->filled, &monotonic) == 0 && pthread_cond_init(&w->emptied, NULL) == 0 &&
                pthread_mutex_init(&w->mutex, NULL) == 0;
    pthread_condattr_destroy(&monotonic);
    return fine;
}

static void free_writer(store_writer *w) {
    pthread_cond_destroy(&w->filled);
    pthread_cond_destroy(&w->emptied);
    pthread_mutex_destroy(&w->mutex);
    sqlite3_finalize(w->insert);
    sqlite3_finalize(w->insert_many);
    farm_errors_free(&w->errors);
    free(w->filling.bytes);
    free(w);
}

farm_status store_begin(store *s, size_t first, farm_errors *errors) {
    store_writer *w = calloc(1, sizeof *w);
    if (!w || !init_conditions(w)) {
        free(w);
        errors_add(errors, (error_place){.file = s->path}, "out of memory for the store's thread");
        return FARM_FAILED;
    }
    w->store = s;
    w->first = first;
    w->insert = store_prepare(s, store_replace_sql, errors);
    if (w->insert) w->insert_many = store_prepare_many(s, errors);
    int code = w->insert_many ? pthread_create(&w->thread, NULL, run_writer, w) : -1;
    if (code == 0) {
        s->writer = w;
        return FARM_OK;
    }
    if (code > 0) errors_add(errors, (error_place){.file = s->path}, "cannot start a thread: %s", strerror(code));
    free_writer(w);
    return FARM_FAILED;
}

pool_sink store_sink(store *s) { return (pool_sink){keep_part, s->writer}; }

farm_status store_end(store *s, farm_errors *errors) {
    store_writer *w = s->writer;
    pthread_mutex_lock(&w->mutex);
    w->ending = true;
    pthread_cond_signal(&w->filled);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    farm_status status = w->failed ? FARM_FAILED : FARM_OK;
    for (size_t i = 0; i < w->errors.n; i++) {
        const farm_error *e = &w->errors.items[i];
        errors_add(errors, (error_place){e->file, e->line, e->col, e->key}, "%s", e->text ? e->text : "out of memory");
    }
    free_writer(w);
    s->writer = NULL;
    return status;
}
