/* pool.c - the task pool: which tasks there are, in which order, and what they come to. See pool.h.
 * Uses pool_task.c and pool_mixture.c for what a task does, pool_block.c for who is in it, pool_memory.c. */
#include "baselines.h"
#include "pool_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int pool_threads(int asked) {
    int n = asked > 0 ? asked : omp_get_max_threads();
    return n < MOST_THREADS ? n : MOST_THREADS;
}

static double root_mean_square_error(const double *forecasts, const frame *f) {
    double sum = 0;
    for (int step = 0; step < f->n_test; step++) {
        double error = f->actuals[f->n_train + step] - forecasts[step];
        sum += error * error;
    }
    double rmse = sqrt(sum / f->n_test);
    return isfinite(rmse) ? rmse : NAN;
}

static void start_mixture(pool_state *r, pool_mixture *m) {
    pool_mixture full = *m;
    m->n = 0;
#pragma omp task default(none) firstprivate(r, full)
    pool_run_mixture(r, full);
}

/* A block whose chain has a family: whole blocks are trained by themselves, what is left over goes into its mixture. */
static void mix_block(pool_state *r, const plan_chain *chain, const pool_block *b, pool_mixture *m) {
    for (size_t lane = b->first; lane < b->n; lane++) {
        m->lanes[m->n].chain = chain;
        m->lanes[m->n++].repeat = b->repeats[lane];
        if (m->n == LANES) start_mixture(r, m);
    }
}

/* Makes the tasks, in the plan's order: the longest chains of all blocks first. mixtures [n_families]. */
static void start_all_chains(pool_state *r, pool_mixture *mixtures) {
    const plan *p = r->work->plan;
    for (size_t c = 0; c < p->n_chains; c++) {
        const plan_chain *chain = &p->chains[c];
        size_t repeat = 0;
        for (pool_block b; !pool_ended(r) && (b = pool_next_block(r, chain, &repeat)).n > 0;) {
            if (plan_mixes(chain, b.n)) {
                mix_block(r, chain, &b, &mixtures[chain->family]);
                continue;
            }
#pragma omp task default(none) firstprivate(r, chain, b)
            pool_run_chain(r, chain, b);
        }
    }
    for (int family = 0; family < p->n_families; family++)
        if (mixtures[family].n > 0) start_mixture(r, &mixtures[family]);
}

static void run_all_chains(pool_state *r) {
    pool_mixture *mixtures = calloc((size_t)r->work->plan->n_families + 1, sizeof *mixtures);
    if (!mixtures) {
        pool_out_of_memory(r);
        return;
    }
#pragma omp parallel num_threads(pool_threads(r->work->threads))
#pragma omp single
    start_all_chains(r, mixtures);
    free(mixtures);
}

static void run_baselines(pool_state *r) {
    const plan *p = r->work->plan;
    for (size_t i = 0; i < p->n_experiments; i++)
        if (p->same_as[i] < 0 && !experiment_is_lstm(&r->work->experiments[i]) &&
            baseline_forecast(r->out->experiments[i].forecasts, &r->work->experiments[i], r->work->series,
                              p->frame_of[i]) != FARM_OK)
            pool_out_of_memory(r);
}

static void copy_result(experiment_result *to, const experiment_result *from, size_t repeats) {
    size_t at = to->at;
    memcpy(to->forecasts, from->forecasts, repeats * to->n_test * sizeof *to->forecasts);
    if (to->losses)
        memcpy(to->losses + at * to->n_losses, from->losses + at * to->n_losses,
               repeats * to->n_losses * sizeof *to->losses);
    if (to->weights)
        memcpy(to->weights + at * to->n_weights, from->weights + at * to->n_weights,
               repeats * to->n_weights * sizeof *to->weights);
}

static void finish_results(pool_state *r) {
    const plan *p = r->work->plan;
    for (size_t i = 0; i < p->n_experiments; i++) {
        experiment_result *result = &r->out->experiments[i];
        size_t n = result->deterministic ? 1 : r->work->repeats;
        if (p->same_as[i] >= 0) copy_result(result, &r->out->experiments[p->same_as[i]], n);
        for (size_t repeat = 0; repeat < n; repeat++)
            result->rmse[result->at + repeat] =
                root_mean_square_error(result->forecasts + repeat * result->n_test, p->frame_of[i]);
    }
}

farm_status pool_run(results *out, const pool_work *work, const farm_hooks *hooks, farm_errors *errors) {
    pool_state r = {.work = work, .hooks = hooks, .out = out, .errors = errors, .begin = omp_get_wtime()};
    if (pool_find_memory(&r, errors) != FARM_OK) return FARM_FAILED;
    r.steps_total = pool_count_steps(&r);
    r.next_report = r.begin + POOL_REPORT_INTERVAL;
    omp_init_lock(&r.reporting);
    run_baselines(&r);
    run_all_chains(&r);
    omp_destroy_lock(&r.reporting);
    if (atomic_load(&r.failed)) return FARM_FAILED;
    if (atomic_load(&r.stopped)) return FARM_INTERRUPTED;
    finish_results(&r);
    out->steps_asked = work->plan->steps_asked * (work->at + work->repeats);
    out->steps_taken += atomic_load(&r.steps_done);
    out->threads = pool_threads(work->threads);
    out->seconds += omp_get_wtime() - r.begin;
    return FARM_OK;
}
