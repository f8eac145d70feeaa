/* pool_estimate.c - how long a run would take here, from a short measurement. Uses pool_task.c. */
#include "pool_parts.h"

#include <math.h>
#include <time.h>

static bool count_nothing(void *context, int steps, int first_lane) {
    (void)context;
    (void)steps;
    (void)first_lane;
    return true;
}

/* Of this thread: what other programs take of the machine just now says nothing of a run. */
static double processor_seconds(void) {
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

/* Seconds for one row in all lanes at once, from 20 ms of training, or less where it diverges. */
static double seconds_per_row(const pool_work *work, const plan_chain *chain) {
    const experiment *e = &work->experiments[chain->experiment];
    const frame *f = work->plan->frame_of[chain->experiment];
    lstm *model = lstm_new(&e->model, &e->train.optimizer, chain->places, work->precision, work->level);
    pool_state r = {.work = work};
    if (!model || pool_draw_block(&r, chain, &(pool_block){.n = 1}, model) != FARM_OK) {
        lstm_free(model);
        return -1;
    }
    scheme_hooks hooks = {count_nothing, NULL, NULL};
    manner how = {chain->batch, e->train.state};
    double begin = processor_seconds(), seconds = 0;
    uint64_t rows = 0;
    for (int epochs = 1; seconds < 0.02 && !lstm_all_diverged(model); epochs *= 2) {
        scheme_fit(model, f, f->n_train + chain->origin, epochs, how, &hooks);
        rows += (uint64_t)epochs * (uint64_t)(f->n_train + chain->origin);
        seconds = processor_seconds() - begin;
    }
    lstm_free(model);
    return rows > 0 ? seconds / (double)rows : 0;
}

double pool_estimate(const pool_work *work) {
    const plan *p = work->plan;
    double seconds = 0, longest = 0, per_row = -1, lanes = (double)work->repeats / LANES;
    for (size_t c = 0; c < p->n_chains; c++) {
        const plan_chain *chain = &p->chains[c], *before = c > 0 ? chain - 1 : NULL;
        bool measured =
            before && chain->batch == before->batch &&
            experiment_same_model(&work->experiments[chain->experiment], &work->experiments[before->experiment]);
        if (!measured) per_row = seconds_per_row(work, chain);
        if (per_row < 0) return -1;
        seconds += per_row * (double)chain->rows * (plan_mixes(chain, work->repeats % LANES) ? lanes : ceil(lanes));
        longest = fmax(longest, per_row * (double)chain->longest);
    }
    return fmax(seconds / pool_threads(work->threads), longest); /* no task can be shared between threads */
}
