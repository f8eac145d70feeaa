/* pool_estimate.c - how long a run would take here, from a short measurement. Uses pool_task.c. */
#include "pool_parts.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

static const double enough = 0.02; /* seconds of a measurement */

/* Of this thread: what other programs take of the machine just now says nothing of a run. */
static double processor_seconds(void) {
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

/* Training that is only measured. */
typedef struct {
    double begin, seconds;
    uint64_t steps;
} measurement;

static bool measure_steps(void *context, int steps, int first_lane) {
    measurement *m = context;
    (void)first_lane;
    m->steps += (uint64_t)steps;
    m->seconds = processor_seconds() - m->begin;
    return m->seconds < enough;
}

/* Seconds for one row in all lanes at once, or less where it diverges. */
static double seconds_per_row(const pool_work *work, const plan_chain *chain) {
    const experiment *e = &work->experiments[chain->experiment];
    const frame *f = work->plan->frame_of[chain->experiment];
    lstm *model = lstm_new(&e->model, &e->train.optimizer, chain->places, work->precision, work->level);
    pool_state r = {.work = work};
    if (!model || pool_draw_block(&r, chain, &(pool_block){.n = 1}, model) != FARM_OK) {
        lstm_free(model);
        return -1;
    }
    measurement m = {.begin = processor_seconds()};
    scheme_hooks hooks = {measure_steps, &m, NULL};
    manner how = {chain->batch, e->train.state};
    for (int epochs = 1; m.seconds < enough && !lstm_all_diverged(model) && epochs < INT_MAX / 2; epochs *= 2)
        scheme_fit(model, f, f->n_train + chain->origin, epochs, how, &hooks);
    lstm_free(model);
    return m.steps > 0 ? m.seconds / (double)(m.steps * (uint64_t)chain->batch) : 0;
}

static bool same_speed(const pool_work *work, const plan_chain *a, const plan_chain *b) {
    return a->batch == b->batch &&
           experiment_same_model(&work->experiments[a->experiment], &work->experiments[b->experiment]);
}

/* As measured for an earlier chain that is as fast, or now. per_row [c]: of the chains before chain c. */
static double find_speed(const pool_work *work, const double *per_row, size_t c) {
    const plan_chain *chains = work->plan->chains;
    for (size_t before = c; before-- > 0;)
        if (same_speed(work, &chains[before], &chains[c])) return per_row[before];
    return seconds_per_row(work, &chains[c]);
}

double pool_estimate(const pool_work *work) {
    const plan *p = work->plan;
    double seconds = 0, longest = 0, lanes = (double)work->repeats / LANES;
    double *per_row = calloc(p->n_chains + 1, sizeof *per_row);
    for (size_t c = 0; per_row && c < p->n_chains; c++) {
        const plan_chain *chain = &p->chains[c];
        per_row[c] = find_speed(work, per_row, c);
        if (per_row[c] < 0) {
            free(per_row);
            return -1;
        }
        seconds += per_row[c] * (double)chain->rows * (plan_mixes(chain, work->repeats % LANES) ? lanes : ceil(lanes));
        longest = fmax(longest, per_row[c] * (double)chain->longest);
    }
    if (!per_row) return -1;
    free(per_row);
    return fmax(seconds / pool_threads(work->threads), longest); /* no task can be shared between threads */
}
