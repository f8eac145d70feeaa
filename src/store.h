/* store.h - what is done already: every forecast in one SQLite file, kept as soon as it is there.
 *
 * A row is a part of a result: what one fitted model forecast in one repeat of one work. A work is everything that
 * decides a result (series, experiment, precision, seed, version of the numerics) but the repeat, as a JSON text under
 * its SHA-256: results of other works, and of other versions, stand side by side and are never mixed. What a committed
 * row says survives kill -9.
 *
 * In: results as they come. Out: results as they were. Must not know how they are made, CSV or terminals.
 * Invariant: a row that is read back is, bit for bit, one that was written: each carries a checksum. */
#ifndef STORE_H
#define STORE_H

#include "pool.h"
#include "results.h"

typedef struct store store;

typedef enum {
    STORE_CREATE,   /* made where it is missing */
    STORE_EXISTING, /* must be there */
    STORE_ANEW,     /* whatever is there is removed first */
} store_opening;

/* --- life cycle ------------------------------------------------------------------------------------------------- */

/* Opens the store at path, which no other farm may have open. FARM_FAILED: it is in use, no store, damaged, from a newer
 * version, or cannot be written; errors says which and what to do, and the file is as it was. In WAL mode, or with a
 * rollback journal on network file systems and wherever WAL does not work. */
farm_status store_open(store **out, const char *path, store_opening how, farm_errors *errors);
void store_close(store *s); /* NULL is fine */

const char *store_path(const store *s);

/* --- works ------------------------------------------------------------------------------------------------------ */

/* What decides results beside the experiment. */
typedef struct {
    const digest *series;
    uint64_t seed;
    precision precision;
} store_origin;

/* The works of the experiments (by their .work), in their order; those that are computed anew each time (baselines, and
 * what same_as says is a copy of another: see plan.h) have none. From here on experiment numbers mean these. */
farm_status store_set_works(store *s, const store_origin *origin, const experiment *experiments, const int *same_as,
                            size_t n, farm_errors *errors);

/* The same from what the store says of its last run. */
farm_status store_recall_works(store *s, size_t n, farm_errors *errors);

/* --- results ---------------------------------------------------------------------------------------------------- */

/* Fills in what is stored of the repeats at hand in r (results.h), counted from first, and marks it as known. Without the
 * weights that r has room for, a last part does not count. FARM_FAILED: damaged. */
farm_status store_read(store *s, results *r, size_t first, farm_errors *errors);

/* The same for one experiment, into e: its own result, or that of one which has the same results. */
farm_status store_read_one(store *s, size_t index, experiment_result *e, size_t first, farm_errors *errors);

/* Between begin and end a thread of its own writes what the sink is given, and commits at least every half second.
 * first: the repeat that the sink counts from. store_end waits until all is written, or says why it cannot be. */
farm_status store_begin(store *s, size_t first, farm_errors *errors);
pool_sink store_sink(store *s);
farm_status store_end(store *s, farm_errors *errors);

/* --- the run ---------------------------------------------------------------------------------------------------- */

/* What the store says of the run that it was last used for: enough to tell of it without config and series. */
typedef struct {
    const char *config_path, *meant, *said; /* see config.h */
    const double *series;                   /* [n_series] */
    size_t n_series;
    size_t repeats;       /* of the whole run */
    int shard, of_shards; /* 1 of 1: all of it */
    const char *vector_level;
    int vector_bits, threads;
    uint64_t steps_asked, steps_taken;
    double seconds;         /* 0 until the run is through */
    uint64_t began;         /* seconds since 1970 when training began; 0: it has not */
    uint64_t steps_to_take; /* gradient steps that were to take then */
} store_run;

farm_status store_put_run(store *s, const store_run *run, const experiment *experiments, size_t n, farm_errors *errors);

/* What run points to is the store's, until it is closed. */
farm_status store_get_run(store *s, store_run *run, farm_errors *errors);

/* What results took: adds to what the store says of its works, and gives all of it. Experiments that have no work are left
 * alone; 0 steps: it is not known. */
farm_status store_add_costs(store *s, const results *r, farm_errors *errors);
farm_status store_read_costs(store *s, results *r, farm_errors *errors);

/* --- from outside ----------------------------------------------------------------------------------------------- */

/* Opens the store at path to look at, while a farm may be at work in it, on this machine or another: nothing is written,
 * nobody waits. Of the functions here those that read work on it. *out NULL with FARM_OK: nothing is in it yet. Where
 * *at_work, a fault may be a commit caught half-way: then look again. */
farm_status store_look(store **out, const char *path, bool *at_work, farm_errors *errors);

/* Marks what is stored of repeats first ... first + r's repeats - 1 as known, as store_read does, but reads no numbers
 * and checks none: r needs room for nothing else. */
farm_status store_read_known(store *s, results *r, size_t first, farm_errors *errors);

/* --- which run -------------------------------------------------------------------------------------------------- */

/* The fingerprint of a run: its config as meant (config.h), its series, and the work of each experiment. What changes
 * any output byte changes it; threads, folders and shards do not. FARM_FAILED: out of memory. */
farm_status store_id_of_config(digest *out, const char *meant, const store_origin *origin,
                               const experiment *experiments, const int *same_as, size_t n);

/* The same of the run that a store was last used for, as store_get_run gave it. */
farm_status store_id_of_run(digest *out, store *s, const store_run *run, farm_errors *errors);

/* --- shards ----------------------------------------------------------------------------------------------------- */

/* Copies all that stores at paths hold into s, in one transaction, and what they say of their run. They must be of one
 * run; where rows overlap they must agree. One that is s itself, or the first again, is passed over. FARM_BAD_INPUT: they
 * do not belong together, or are none. FARM_FAILED: one is damaged, in use, or the like. *of_shards: how many there are,
 * by what the first says. */
farm_status store_merge(store *s, const char *const *paths, size_t n, int *of_shards, farm_errors *errors);

/* Repeats first ... end - 1, from 0, of a shard. */
void store_shard_range(size_t repeats, int shard, int of_shards, size_t *first, size_t *end);

#endif
