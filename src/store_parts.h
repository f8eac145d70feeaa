/* store_parts.h - what the files of the store share. Private to store*.c. */
#ifndef STORE_PARTS_H
#define STORE_PARTS_H

#include "digest.h"
#include "errors.h"
#include "store.h"

#include <pthread.h>
#include <sqlite3.h>

enum { STORE_VERSION = 2, STORE_APPLICATION = 0x6661726d /* "farm" */ };

/* A store's work. */
typedef struct {
    sqlite3_int64 id;
    digest hash;
} store_work;

struct store {
    char *path;
    int lock; /* descriptor that holds the lock on the file */
    sqlite3 *db;
    store_work *works; /* [n_works], id 0: none */
    size_t n_works;
    char *config_path, *meant, *said, *vector_level; /* what store_get_run handed out */
    double *series;
    struct store_writer *writer;
};

/* A row of the table result: its work's hash, where it stands, and its numbers as they stand in blobs, IEEE doubles,
 * little-endian; none has any alignment. */
typedef struct {
    const digest *work;
    size_t repeat, step; /* repeat from 1, as in the tables */
    const unsigned char *forecasts, *weights, *losses;
    size_t n_forecasts, n_weights, n_losses; /* doubles */
    sqlite3_int64 checksum;
} store_row;

/* Whether path names the open store's file, by whatever name. */
bool store_is(const store *s, const char *path);

/* store.c, of the file while it is opened. Something that can be a store: empty, or with SQLite's first bytes. */
farm_status store_check_file(int file, const char *path, farm_errors *errors);
bool store_is_locked(int file);   /* by a farm, which may be on another machine */
bool store_on_network(int file);  /* where several machines see one file, and WAL's shared memory does not work */
bool store_is_readable(store *s); /* by SQLite, as it is */
/* Whether the database is ours, of this version, or *empty. */
farm_status store_check_kind(store *s, bool *empty, farm_errors *errors);
farm_status store_cannot_open(const char *path, farm_errors *errors, int reason); /* errno; FARM_FAILED */

/* The checksum that belongs to a row: XXH3 (64 bits, github.com/Cyan4973/xxHash) of its place, which is 16 digits of its
 * work's hash, repeat, step and the three counts, 64 bits each and little-endian; of its forecasts, with that as the seed;
 * of its weights, with that; and of its losses. */
sqlite3_int64 store_row_check(const store_row *row);

/* The row that a query of these columns is at, until it goes on. false: it is not as it was written. */
#define STORE_ROW "repeat, step, forecasts, weights, losses, checksum"
bool store_row_of(store_row *row, const digest *work, sqlite3_stmt *query);

/* Adds what SQLite says went wrong while doing something, with the way out. Returns FARM_FAILED. */
farm_status store_fail(const store *s, farm_errors *errors, const char *doing);

/* The same for a fault that SQLite did not see. */
farm_status store_damaged(const store *s, farm_errors *errors, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Runs statements without results. */
farm_status store_execute(store *s, const char *sql, farm_errors *errors);
/* Ends what BEGIN IMMEDIATE began: status FARM_OK commits it, anything else, or a commit that fails, takes it back. */
farm_status store_end_transaction(store *s, farm_status status, farm_errors *errors);
sqlite3_stmt *store_prepare(store *s, const char *sql, farm_errors *errors); /* NULL: a fault was added */

/* numbers as they stand in a blob: IEEE doubles, little-endian. [8 n], the caller's; NULL: out of memory. */
unsigned char *store_bytes(const double *values, size_t n);
/* The numbers of a blob column that must hold so many. false: it does not. */
bool store_column_doubles(double *values, sqlite3_stmt *row, int column, size_t n);

/* The row of the table work for a text, made where missing. */
farm_status store_find_work(store *s, store_work *out, const char *text, farm_errors *errors);

/* The text that is hashed for an experiment. The caller's; NULL: out of memory. */
char *store_work_text(const store_origin *origin, const experiment *e);

/* What run says, as rows of the table run; within a transaction. */
farm_status store_put_facts(store *s, const store_run *run, farm_errors *errors);
/* Empties the table experiment, for rows (position, name, work) by this insert. NULL: a fault was added. */
sqlite3_stmt *store_renew_experiments(store *s, farm_errors *errors);
/* Puts the checksum of the tables run and experiment into run, once they are as they shall be. */
farm_status store_seal_run(store *s, farm_errors *errors);

/* store_cost.c, within a transaction. What a shard's store says that its run and results took, in place of what was said of
 * that shard before; nothing of shards of so many any more, but of of_shards (0: of none); and the sums of all shards as
 * what the run and its results took. */
farm_status store_merge_effort(store *to, store *from, int shard, int of_shards, farm_errors *errors);
farm_status store_forget_effort(store *s, int of_shards, farm_errors *errors);
farm_status store_sum_effort(store *s, farm_errors *errors);

/* Inserts of rows, prepared from these: one that replaces a row which stands there, and one that then does nothing.
 * SQLite's result code. */
extern const char store_replace_sql[], store_insert_sql[];
int store_insert(sqlite3_stmt *insert, sqlite3_int64 work, const store_row *row);

/* The first of them for so many rows at once, which costs each a third less: to bind at 0 ... STORE_MANY - 1, and to insert
 * when all are bound. NULL: a fault was added. */
enum { STORE_MANY = 256 };
sqlite3_stmt *store_prepare_many(store *s, farm_errors *errors);
void store_bind(sqlite3_stmt *insert, int at, sqlite3_int64 work, const store_row *row);
int store_insert_bound(sqlite3_stmt *insert);

#endif
