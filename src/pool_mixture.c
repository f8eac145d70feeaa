/* pool_mixture.c - one task of a run: refits of one family side by side, for a few repeats.
 * Uses pool_task.c for the weights that they begin with, and the walks that start from them. */
#include "pool_parts.h"

/* Fewest rows first, as groups of lanes have to be. */
static void sort_lanes(pool_mixture *m) {
    for (size_t i = 1; i < m->n; i++)
        for (size_t k = i; k > 0 && m->lanes[k - 1].chain->origin > m->lanes[k].chain->origin; k--) {
            pool_mixed_lane later = m->lanes[k - 1];
            m->lanes[k - 1] = m->lanes[k];
            m->lanes[k] = later;
        }
}

/* The lanes of one chain: a block within the mixture. */
typedef struct {
    const plan_chain *chain;
    pool_block block;
} mixed_part;

/* The parts of a sorted mixture, [LANES]; how many. */
static size_t split_mixture(mixed_part *parts, const pool_mixture *m) {
    size_t n = 0;
    for (size_t lane = 0; lane < m->n; lane++) {
        if (lane == 0 || m->lanes[lane].chain != m->lanes[lane - 1].chain)
            parts[n++] = (mixed_part){m->lanes[lane].chain, {.first = lane}};
        parts[n - 1].block.n = lane + 1;
        parts[n - 1].block.repeats[lane] = m->lanes[lane].repeat;
    }
    return n;
}

/* A model as of an experiment with a group of lanes for each part, and their first weights. NULL: out of memory. */
static lstm *draw_mixture(pool_state *r, const experiment *e, const mixed_part *parts, const int *ends, size_t n) {
    lstm *model = lstm_new(&e->model, &e->train.optimizer, 1, r->work->precision, r->work->level);
    bool drawn = model && lstm_group(model, ends, (int)n);
    for (size_t p = 0; drawn && p < n; p++)
        drawn = pool_draw_block(r, parts[p].chain, &parts[p].block, model) == FARM_OK;
    if (drawn) return model;
    lstm_free(model);
    return NULL;
}

/* What follows the fit, of which a lane took so many seconds: the walks of one part. */
static void walk_part(pool_state *r, const mixed_part *part, int n_rows, double seconds, lstm *model) {
    const plan_stop *stop = &part->chain->stops[0];
    pool_task t = {.run = r, .block = part->block};
    t.fit.steps = (uint64_t)stop->epochs * (uint64_t)n_rows;
    t.fit.seconds = seconds * (double)(part->block.n - part->block.first);
    for (size_t w = 0; w < stop->n_walks; w++) pool_start_walk(&t, &stop->walks[w], model);
}

void pool_run_mixture(pool_state *r, pool_mixture m) {
    mixed_part parts[LANES];
    int ends[LANES], n_rows[LANES];
    if (pool_ended(r)) return;
    sort_lanes(&m);
    size_t n = split_mixture(parts, &m);
    const plan_chain *chain = m.lanes[0].chain;
    const experiment *e = &r->work->experiments[chain->experiment];
    const frame *f = r->work->plan->frame_of[chain->experiment];
    for (size_t p = 0; p < n; p++) {
        ends[p] = p + 1 < n ? (int)parts[p].block.n : LANES;
        n_rows[p] = f->n_train + parts[p].chain->origin;
    }
    pool_task t = {.run = r, .block = {.n = m.n}};
    lstm *model = draw_mixture(r, e, parts, ends, n);
    if (!model) {
        pool_out_of_memory(r);
        return;
    }
    double begin = omp_get_wtime();
    bool whole = scheme_fit_groups(model, f, n_rows, ends, (int)n, chain->stops[0].epochs, e->train.state,
                                   &(scheme_hooks){pool_steps_done, &t, NULL});
    double seconds = (omp_get_wtime() - begin) / (double)m.n;
    for (size_t p = 0; whole && p < n; p++) walk_part(r, &parts[p], n_rows[p], seconds, model);
    pool_hand_on_steps(&t);
    lstm_free(model);
}
