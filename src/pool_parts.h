/* pool_parts.h - what the files of the task pool share. Private to pool*.c.
 * pool_block.c knows what is left to do, pool_task.c and pool_mixture.c do it, pool.c starts them. */
#ifndef POOL_PARTS_H
#define POOL_PARTS_H

#include "pool.h"

#include <omp.h>
#include <stdatomic.h>

#define POOL_REPORT_INTERVAL 0.1 /* seconds between two calls of the progress hook */

/* A run in progress, shared by all tasks. */
typedef struct {
    const pool_work *work;
    const farm_hooks *hooks;
    results *out;
    farm_errors *errors;
    double begin;
    uint64_t steps_total;
    atomic_uint_least64_t steps_done;
    atomic_bool stopped, failed;
    atomic_int copies;    /* of models that learning walks hold, running or waiting */
    int most_copies;      /* beyond which none are left waiting */
    omp_lock_t reporting; /* held while the progress hook runs */
    double next_report;   /* guarded by reporting */
} pool_state;

/* Repeats (from 0, in results), one a lane. A lane's numbers do not depend on its neighbours: whichever lack
 * something of a chain are put together. */
typedef struct {
    size_t first, n; /* lanes first ... n - 1 */
    uint32_t repeats[LANES];
} pool_block;

/* One task's view: steps are counted here and handed on now and then, so that threads do not fight over one counter. */
typedef struct {
    pool_state *run;
    pool_block block;
    uint64_t steps; /* not yet handed on */
    const plan_chain *chain;
    int epoch;        /* of the chain's fit */
    double *losses;   /* [n_stops][MOST_LOSSES][LANES] by results_loss_point; NULL: not recorded */
    results_cost fit; /* of the chain so far: steps of one lane, seconds of all */
} pool_task;

/* Repeats of several chains of one family, in lanes of one block: where there are fewer repeats than lanes, a chain alone
 * would leave some of them empty. */
typedef struct {
    const plan_chain *chain;
    uint32_t repeat;
} pool_mixed_lane;

typedef struct {
    size_t n;
    pool_mixed_lane lanes[LANES];
} pool_mixture;

/* pool_block.c: what is known of a walk, of one repeat or of a whole block. */
bool pool_is_known(const pool_state *r, const plan_walk *walk, size_t repeat);
bool pool_all_known(const pool_state *r, const plan_walk *walk, const pool_block *b);
/* How far a block must be trained: the stops up to the last with something that is not known. */
size_t pool_stops_needed(const pool_state *r, const plan_chain *chain, const pool_block *b);
/* The next repeats from *repeat on that lack something of the chain; n 0: none do. Moves *repeat on. */
pool_block pool_next_block(const pool_state *r, const plan_chain *chain, size_t *repeat);
/* Gradient steps of all that is not known. */
uint64_t pool_count_steps(const pool_state *r);

/* pool_memory.c: whether the models of what is left to do fit into memory; FARM_FAILED, with the reason: they do not. Sets
 * most_copies: as many as fit beside those at work, up to four a thread. */
farm_status pool_find_memory(pool_state *r, farm_errors *errors);

/* pool_task.c: ends the run, whose tasks then end as soon as they look. */
void pool_out_of_memory(pool_state *r);
bool pool_ended(pool_state *r);
/* The stop and progress of a task: a hook of schemes.h, whose context is the task; and what is still to be counted. */
bool pool_steps_done(void *context, int steps, int first_lane);
void pool_hand_on_steps(pool_task *t);
/* First weights of a chain's repeats into their lanes; lanes beyond the last take the last one's, and are never read. */
farm_status pool_draw_block(pool_state *r, const plan_chain *chain, const pool_block *b, lstm *model);
/* What is not known of a walk of a task's block, from the model, whose fit is done and which stays as it is but for its
 * state: now, or as a task of its own. */
void pool_start_walk(pool_task *t, const plan_walk *walk, lstm *model);
/* The whole task. */
void pool_run_chain(pool_state *r, const plan_chain *chain, pool_block b);

/* pool_mixture.c: the whole task. */
void pool_run_mixture(pool_state *r, pool_mixture m);

#endif
