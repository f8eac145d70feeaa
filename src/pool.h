/* pool.h - runs a plan on all cores: OpenMP tasks of (chain of fits) x (block of LANES repeats).
 * In: a plan, how many repeats, a seed. Out: results. Must not know config, files or statistics.
 * Invariant: nothing that comes out depends on the number of threads or the order of tasks. */
#ifndef POOL_H
#define POOL_H

#include "plan.h"
#include "results.h"

typedef struct {
    const plan *plan;
    const experiment *experiments;
    const series *series;
    size_t repeats;
    uint64_t seed;
    precision precision;
    vector_level level;
    int threads; /* 0: OMP_NUM_THREADS, else all cores */
} pool_work;

int pool_threads(int asked); /* how many threads a run would use */

/* Fills results, made with results_init for the same experiments. FARM_INTERRUPTED: hooks->stop said so; FARM_FAILED:
 * out of memory. hooks may be NULL. */
farm_status pool_run(results *out, const pool_work *work, const farm_hooks *hooks, farm_errors *errors);

/* Seconds that pool_run would take here, from a short measurement of each kind of model; < 0: out of memory. */
double pool_estimate(const pool_work *work);

#endif
