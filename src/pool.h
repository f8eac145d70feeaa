/* pool.h - runs a plan on all cores: OpenMP tasks of (chain of fits) x (block of LANES repeats).
 * In: a plan, how many repeats, a seed, what is known. Out: results. Must not know config, files or statistics.
 * Invariant: nothing that comes out depends on the number of threads or the order of tasks. */
#ifndef POOL_H
#define POOL_H

#include "plan.h"
#include "results.h"

/* What one fitted model came to in one repeat. */
typedef struct {
    int experiment;
    size_t repeat;           /* in results, from 0 */
    int from, to;            /* test rows from ... to - 1 */
    const double *forecasts; /* [to - from], series units; NaN: diverged */
    const double *weights;   /* [n_weights], or NULL: not kept, or not the last part */
    size_t n_weights;
    const double *losses; /* [n_losses], or NULL: not kept, or not the first part */
    size_t n_losses;
} pool_part;

/* Takes each part as soon as it is there. Called from every thread. false: it cannot be kept, and the run fails. */
typedef struct {
    bool (*keep)(void *context, const pool_part *part);
    void *context;
} pool_sink;

typedef struct {
    const plan *plan;
    const experiment *experiments;
    const series *series;
    size_t first;   /* repeat that the results begin with, from 0: a shard's; else 0 */
    size_t at;      /* the first of those at hand (results.h), from first; 0 where all are */
    size_t repeats; /* how many from there: all that are at hand, or the first of them */
    uint64_t seed;
    precision precision;
    vector_level level;
    int threads;    /* 0: OMP_NUM_THREADS, else all cores */
    pool_sink sink; /* keep NULL: there is none */
} pool_work;

enum { MOST_THREADS = 4096 };
int pool_threads(
    int asked); /* how many threads a run would use: asked, or with 0 what OpenMP says, but not more than that */

/* Whether the models of a run that begins with nothing fit into memory side by side, one a thread. FARM_FAILED: they do
 * not, and errors says what they need and what there is. pool_run asks it itself, of what is left to do. */
farm_status pool_check_memory(const pool_work *work, farm_errors *errors);

/* Bytes of the models that a run which begins with nothing holds at once, at most. SIZE_MAX: more than there are, or out
 * of memory. */
size_t pool_memory(const pool_work *work);

/* Fills results, made with results_init for the same experiments, but for the parts that are known already. Steps and
 * seconds, and what each experiment cost, are added to what earlier calls took.
 * FARM_INTERRUPTED: hooks->stop said so; FARM_FAILED: out of memory, or the sink failed (which says why itself). hooks
 * may be NULL. */
farm_status pool_run(results *out, const pool_work *work, const farm_hooks *hooks, farm_errors *errors);

/* Gradient steps that pool_run would take, over all repeats: r says what is known, and needs no room for numbers. */
uint64_t pool_steps(const pool_work *work, results *r);

/* Seconds that pool_run would take here, from a short measurement of each kind of model; < 0: out of memory. */
double pool_estimate(const pool_work *work);

#endif
