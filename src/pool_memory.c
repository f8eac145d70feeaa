/* pool_memory.c - the memory that the models of a run take at once, and whether there is as much.
 * Uses pool_block.c and memory.h. */
#include "memory.h"
#include "pool_parts.h"

#include <stdlib.h>

/* What one chain takes for one block of repeats. */
typedef struct {
    size_t model, copy; /* bytes; copy: of a walk that learns on, 0: none does */
    size_t blocks;
    size_t weights; /* of the model, in one lane */
} chain_memory;

static chain_memory memory_of(const pool_state *r, const plan_chain *chain) {
    const pool_work *work = r->work;
    const lstm_shape *shape = &work->experiments[chain->experiment].model;
    size_t threads = (size_t)pool_threads(work->threads), repeat = 0;
    chain_memory m = {.weights = lstm_parameters(shape), .blocks = (work->repeats + LANES - 1) / LANES};
    size_t forecasts = (size_t)work->plan->frame_of[chain->experiment]->n_test * LANES * sizeof(double);
    m.model = lstm_bytes(shape, chain->places, work->precision) + forecasts;
    if (chain->family >= 0) m.model += lstm_group_bytes(shape, work->precision);
    for (size_t s = 0; s < chain->n_stops; s++)
        for (size_t w = 0; w < chain->stops[s].n_walks; w++)
            if (experiment_learns_on(&work->experiments[chain->stops[s].walks[w].experiment])) m.copy = m.model;
    if (r->out)
        for (m.blocks = 0; m.blocks < threads && pool_next_block(r, chain, &repeat).n > 0;) m.blocks++;
    return m.blocks > 0 ? m : (chain_memory){0};
}

static int by_size(const void *a, const void *b) {
    const chain_memory *x = a, *y = b;
    size_t m = x->model + x->copy, n = y->model + y->copy;
    return (m < n) - (m > n);
}

/* The largest models that threads may hold at once, each with the copy that it is walked with: their bytes, and in *n
 * how many they are. chains [n_chains], largest first. */
static size_t side_by_side(const chain_memory *chains, size_t n_chains, size_t threads, size_t *n) {
    size_t bytes = 0;
    *n = 0;
    for (size_t c = 0; c < n_chains && *n < threads; c++) {
        size_t blocks = chains[c].blocks < threads - *n ? chains[c].blocks : threads - *n;
        bytes = memory_sum(bytes, memory_product(blocks, chains[c].model + chains[c].copy));
        *n += blocks;
    }
    return bytes;
}

static farm_status too_large(farm_errors *errors, const chain_memory *largest, size_t n, size_t bytes, size_t at_hand) {
    char needed[MEMORY_TEXT], had[MEMORY_TEXT];
    memory_text(needed, bytes);
    memory_text(had, at_hand);
    errors_add(errors, (error_place){.key = "model.neurons"},
               "training needs %s of memory for %zu model%s of up to %zu weights in %d repeats at once, and %s are at "
               "hand; take fewer neurons, lags or --threads",
               needed, n, n == 1 ? "" : "s", largest->weights, LANES, had);
    return FARM_FAILED;
}

/* What each chain takes, the caller's, largest first; and in *copy the largest copy. NULL: out of memory. */
static chain_memory *memory_of_all(const pool_state *r, size_t *copy) {
    const plan *p = r->work->plan;
    chain_memory *chains = calloc(p->n_chains + 1, sizeof *chains);
    *copy = 0;
    if (!chains) return NULL;
    for (size_t c = 0; c < p->n_chains; c++) {
        chains[c] = memory_of(r, &p->chains[c]);
        if (chains[c].copy > *copy) *copy = chains[c].copy;
    }
    if (p->n_chains > 0) qsort(chains, p->n_chains, sizeof *chains, by_size);
    return chains;
}

farm_status pool_find_memory(pool_state *r, farm_errors *errors) {
    const plan *p = r->work->plan;
    size_t threads = (size_t)pool_threads(r->work->threads), n, at_hand, copy;
    chain_memory *chains = memory_of_all(r, &copy);
    r->most_copies = 4 * (int)threads;
    if (!chains) {
        errors_add(errors, (error_place){0}, "out of memory for a plan of %zu fits", p->n_chains);
        return FARM_FAILED;
    }
    size_t bytes = side_by_side(chains, p->n_chains, threads, &n);
    bool fits = memory_has(bytes, &at_hand);
    farm_status status = fits ? FARM_OK : too_large(errors, &chains[0], n, bytes, at_hand);
    /* asked for with them, as what is small enough is taken to fit */
    if (fits && copy > 0 && !memory_has(memory_sum(bytes, memory_product((size_t)r->most_copies, copy)), &at_hand))
        r->most_copies = at_hand > bytes ? (int)((at_hand - bytes) / copy) : 0;
    free(chains);
    return status;
}

farm_status pool_check_memory(const pool_work *work, farm_errors *errors) {
    return pool_find_memory(&(pool_state){.work = work}, errors);
}

size_t pool_memory(const pool_work *work) {
    size_t threads = (size_t)pool_threads(work->threads), n, copy;
    chain_memory *chains = memory_of_all(&(pool_state){.work = work}, &copy);
    if (!chains) return SIZE_MAX;
    size_t bytes =
        memory_sum(side_by_side(chains, work->plan->n_chains, threads, &n), memory_product(4 * threads, copy));
    free(chains);
    return bytes;
}
