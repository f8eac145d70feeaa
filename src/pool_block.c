/* pool_block.c - what is known of a run already, and which repeats are still to be trained together.
 * In: a run. Out: blocks of repeats, counts of steps. Must not train. */
#include "pool_parts.h"

bool pool_is_known(const pool_state *r, const plan_walk *walk, size_t repeat) {
    const experiment_result *e = &r->out->experiments[walk->experiment];
    return e->known[repeat * e->n_parts + (size_t)walk->from / e->part_length];
}

bool pool_all_known(const pool_state *r, const plan_walk *walk, const pool_block *b) {
    size_t lane = b->first;
    while (lane < b->n && pool_is_known(r, walk, b->repeats[lane])) lane++;
    return lane == b->n;
}

size_t pool_stops_needed(const pool_state *r, const plan_chain *chain, const pool_block *b) {
    for (size_t s = chain->n_stops; s > 0; s--)
        for (size_t w = 0; w < chain->stops[s - 1].n_walks; w++)
            if (!pool_all_known(r, &chain->stops[s - 1].walks[w], b)) return s;
    return 0;
}

static bool needs_repeat(const pool_state *r, const plan_chain *chain, size_t repeat) {
    return pool_stops_needed(r, chain, &(pool_block){.n = 1, .repeats = {(uint32_t)repeat}}) > 0;
}

pool_block pool_next_block(const pool_state *r, const plan_chain *chain, size_t *repeat) {
    pool_block b = {0};
    for (; *repeat < r->work->repeats && b.n < LANES; ++*repeat)
        if (needs_repeat(r, chain, *repeat)) b.repeats[b.n++] = (uint32_t)*repeat;
    return b;
}

/* Gradient steps of a block in one lane. */
static uint64_t block_steps(const pool_state *r, const plan_chain *chain, const pool_block *b) {
    int n_train = r->work->plan->frame_of[chain->experiment]->n_train;
    size_t n_stops = pool_stops_needed(r, chain, b);
    uint64_t epochs = n_stops ? (uint64_t)chain->stops[n_stops - 1].epochs : 0;
    uint64_t steps = epochs * (uint64_t)((n_train + chain->origin) / chain->batch);
    for (size_t s = 0; s < n_stops; s++)
        for (size_t w = 0; w < chain->stops[s].n_walks; w++) {
            const plan_walk *walk = &chain->stops[s].walks[w];
            if (pool_all_known(r, walk, b)) continue;
            steps += scheme_walk_steps(&r->work->experiments[walk->experiment], n_train, walk->from, walk->to);
        }
    return steps;
}

uint64_t pool_count_steps(const pool_state *r) {
    uint64_t steps = 0;
    for (size_t c = 0; c < r->work->plan->n_chains; c++) {
        const plan_chain *chain = &r->work->plan->chains[c];
        size_t repeat = 0;
        for (pool_block b; (b = pool_next_block(r, chain, &repeat)).n > 0;) steps += block_steps(r, chain, &b) * b.n;
    }
    return steps;
}

uint64_t pool_steps(const pool_work *work, results *r) {
    return pool_count_steps(&(pool_state){.work = work, .out = r});
}
