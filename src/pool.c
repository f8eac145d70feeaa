/* pool.c - the task pool. See pool.h.
 * A task owns its block of models; a walk that learns on gets a copy. Tasks write to places of their own in results. */
#include "pool.h"
#include "baselines.h"
#include "memory.h"

#include <assert.h>
#include <math.h>
#include <omp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double report_interval = 0.1; /* seconds between two calls of the progress hook */

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
} run;

/* Repeats (from 0, in results), one a lane. A lane's numbers do not depend on its neighbours: whichever lack
 * something of a chain are put together. */
typedef struct {
    size_t first, n; /* lanes first ... n - 1 */
    uint32_t repeats[LANES];
} block;

/* One task's view: steps are counted here and handed on now and then, so that threads do not fight over one counter. */
typedef struct {
    run *run;
    block block;
    uint64_t steps; /* not yet handed on */
    const plan_chain *chain;
    int epoch;        /* of the chain's fit */
    double *losses;   /* [n_stops][MOST_LOSSES][LANES] by results_loss_point; NULL: not recorded */
    results_cost fit; /* of the chain so far: steps of one lane, seconds of all */
} task;

int pool_threads(int asked) { return asked > 0 ? asked : omp_get_max_threads(); }

static void report_progress(run *r) {
    double now = omp_get_wtime();
    if (!omp_test_lock(&r->reporting)) return;
    if (now >= r->next_report) {
        r->next_report = now + report_interval;
        farm_progress progress = {atomic_load(&r->steps_done), r->steps_total, now - r->begin};
        r->hooks->progress(r->hooks->context, &progress);
    }
    omp_unset_lock(&r->reporting);
}

static void hand_on_steps(task *t) {
    atomic_fetch_add(&t->run->steps_done, t->steps);
    t->steps = 0;
    if (t->run->hooks && t->run->hooks->progress) report_progress(t->run);
}

static bool ended(run *r) { return atomic_load(&r->stopped) || atomic_load(&r->failed); }

/* Asks whether to stop, and remembers it. true: the run has ended. */
static bool poll_stop(run *r) {
    if (r->hooks && r->hooks->stop && r->hooks->stop(r->hooks->context)) atomic_store(&r->stopped, true);
    return ended(r);
}

static bool steps_done(void *context, int steps, int first_lane) {
    task *t = context;
    size_t first = (size_t)first_lane > t->block.first ? (size_t)first_lane : t->block.first;
    t->steps += (uint64_t)steps * (t->block.n - first);
    if (t->steps >= 16384) hand_on_steps(t); /* 0.1 ms of work at one neuron */
    return !poll_stop(t->run);
}

static void out_of_memory(run *r) {
    if (atomic_exchange(&r->failed, true)) return;
#pragma omp critical(pool_errors)
    errors_add(r->errors, (error_place){0}, "out of memory while training; fewer --threads or neurons need less");
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

static bool is_known(const run *r, const plan_walk *walk, size_t repeat) {
    const experiment_result *e = &r->out->experiments[walk->experiment];
    return e->known[repeat * e->n_parts + (size_t)walk->from / e->part_length];
}

static bool all_known(const run *r, const plan_walk *walk, const block *b) {
    size_t lane = b->first;
    while (lane < b->n && is_known(r, walk, b->repeats[lane])) lane++;
    return lane == b->n;
}

/* Moves one lane of a finished walk to its repeat, of those at hand. false: the sink would not have it. */
static bool keep_lane(run *r, const plan_walk *walk, size_t repeat, int lane, const lstm *model,
                      const double *forecasts) {
    experiment_result *result = &r->out->experiments[walk->experiment];
    size_t of_all = result->at + repeat;
    bool diverged = !lstm_weights_finite(model, lane); /* an infinite weight may still forecast a number */
    bool last = (size_t)walk->to == result->n_test;
    double *to = result->forecasts + repeat * result->n_test + (size_t)walk->from;
    double *weights = last && result->weights ? result->weights + of_all * result->n_weights : NULL;
    for (int step = walk->from; step < walk->to; step++)
        to[step - walk->from] = diverged ? NAN : forecasts[step * LANES + lane];
    if (weights) lstm_get_weights(model, lane, weights);
    const double *losses = walk->from == 0 && result->losses ? result->losses + of_all * result->n_losses : NULL;
    pool_part part = {walk->experiment,  of_all, walk->from,      walk->to, to, weights,
                      result->n_weights, losses, result->n_losses};
    if (r->work->sink.keep && !r->work->sink.keep(r->work->sink.context, &part)) return false;
    result->known[repeat * result->n_parts + (size_t)walk->from / result->part_length] = true;
    return true;
}

static void keep_walk(run *r, const plan_walk *walk, const block *b, const lstm *model, const double *forecasts) {
    for (size_t lane = b->first; lane < b->n; lane++)
        if (!is_known(r, walk, b->repeats[lane]) && !keep_lane(r, walk, b->repeats[lane], (int)lane, model, forecasts))
            atomic_store(&r->failed, true);
}

/* What a finished walk took, with the fit that it starts from, is its experiment's: for those repeats that are new. */
static void add_cost(const task *t, const plan_walk *walk, double seconds) {
    run *r = t->run;
    results_cost *cost = &r->out->experiments[walk->experiment].cost;
    int n_train = r->work->plan->frame_of[walk->experiment]->n_train;
    uint64_t added = 0, steps = t->fit.steps;
    for (size_t lane = t->block.first; lane < t->block.n; lane++) added += !is_known(r, walk, t->block.repeats[lane]);
    steps += scheme_walk_steps(&r->work->experiments[walk->experiment], n_train, walk->from, walk->to);
    seconds = (t->fit.seconds + seconds) * (double)added / (double)(t->block.n - t->block.first);
#pragma omp atomic
    cost->steps += steps * added;
#pragma omp atomic
    cost->seconds += seconds;
}

static void run_walk(task *t, const plan_walk *walk, lstm *model) {
    run *r = t->run;
    const experiment *e = &r->work->experiments[walk->experiment];
    const frame *f = r->work->plan->frame_of[walk->experiment];
    double *forecasts = malloc((size_t)f->n_test * LANES * sizeof *forecasts);
    if (!forecasts) {
        out_of_memory(r);
        return;
    }
    double begin = omp_get_wtime();
    if (scheme_walk(model, f, e, walk->from, walk->to, forecasts, &(scheme_hooks){steps_done, t, NULL})) {
        add_cost(t, walk, omp_get_wtime() - begin);
        keep_walk(r, walk, &t->block, model, forecasts);
    }
    free(forecasts);
}

/* A walk that learns on, as a task of its own; model is its own to free. */
static void run_learning_walk(run *r, block b, results_cost fit, const plan_walk *walk, lstm *model) {
    task t = {.run = r, .block = b, .fit = fit};
    run_walk(&t, walk, model);
    hand_on_steps(&t);
    lstm_free(model);
    atomic_fetch_sub(&r->copies, 1);
}

static void start_walk(task *t, const plan_walk *walk, lstm *model) {
    run *r = t->run;
    if (all_known(r, walk, &t->block)) return;
    if (!experiment_learns_on(&r->work->experiments[walk->experiment])) {
        run_walk(t, walk, model);
        lstm_reset_state(model);
        return;
    }
    lstm *copy = lstm_copy(model);
    if (!copy) {
        out_of_memory(r);
        return;
    }
    block b = t->block;
    results_cost fit = t->fit;
    /* a wide model is many megabytes: with enough copies waiting, this thread walks at once instead of adding one */
    bool room = atomic_fetch_add(&r->copies, 1) < r->most_copies;
#pragma omp task default(none) firstprivate(r, b, fit, walk, copy) if (room)
    run_learning_walk(r, b, fit, walk, copy);
}

/* First weights of a chain's repeats into their lanes; lanes beyond the last take the last one's, and are never read. */
static farm_status draw_block(run *r, const plan_chain *chain, const block *b, lstm *model) {
    const experiment *e = &r->work->experiments[chain->experiment];
    double *weights = malloc(lstm_parameters(&e->model) * sizeof *weights);
    farm_status status = weights ? FARM_OK : FARM_FAILED;
    for (size_t lane = b->first; status == FARM_OK && lane < LANES && !poll_stop(r); lane++) {
        if (lane < b->n) {
            initial_key key = {r->work->seed, (uint32_t)(r->work->first + r->work->at) + b->repeats[lane] + 1,
                               (uint32_t)chain->initial_origin, (uint32_t)chain->initial_refit};
            status = initial_weights(weights, &e->model, &e->initial, &key);
        }
        lstm_set_weights(model, (int)lane, weights);
    }
    free(weights);
    return status;
}

/* How far a block must be trained: the stops up to the last with something that is not known. */
static size_t stops_needed(const run *r, const plan_chain *chain, const block *b) {
    for (size_t s = chain->n_stops; s > 0; s--)
        for (size_t w = 0; w < chain->stops[s - 1].n_walks; w++)
            if (!all_known(r, &chain->stops[s - 1].walks[w], b)) return s;
    return 0;
}

/* A point of the learning curves that lead to the stops still ahead, where they have one at this epoch. */
static void epoch_done(void *context, const double *loss) {
    task *t = context;
    t->epoch++;
    for (size_t s = 0; s < t->chain->n_stops; s++) {
        int epochs = t->chain->stops[s].epochs;
        size_t n = results_loss_points(epochs);
        int point = t->epoch <= epochs ? results_loss_point(epochs, n, t->epoch) : -1;
        if (point >= 0) memcpy(t->losses + (s * MOST_LOSSES + (size_t)point) * LANES, loss, LANES * sizeof *loss);
    }
}

/* Room for the curves of a base fit, where its results have room for them. */
static void prepare_losses(task *t, lstm *model) {
    size_t n = t->chain->n_stops * MOST_LOSSES * LANES;
    assert(n > 0);
    if (t->chain->origin > 0 || t->run->out->experiments[t->chain->experiment].n_losses == 0) return;
    t->losses = malloc(n * sizeof *t->losses);
    for (size_t i = 0; t->losses && i < n; i++) t->losses[i] = NAN;
    if (!t->losses) out_of_memory(t->run);
    lstm_record_loss(model, t->losses != NULL);
}

/* The curves that lead to a stop, to the experiments that start there. */
static void keep_losses(const task *t, size_t s) {
    const plan_stop *stop = &t->chain->stops[s];
    for (size_t w = 0; t->losses && w < stop->n_walks; w++) {
        experiment_result *e = &t->run->out->experiments[stop->walks[w].experiment];
        for (size_t lane = 0; stop->walks[w].from == 0 && lane < t->block.n; lane++)
            for (size_t i = 0; i < e->n_losses; i++)
                e->losses[(e->at + t->block.repeats[lane]) * e->n_losses + i] =
                    t->losses[(s * MOST_LOSSES + i) * LANES + lane];
    }
}

static void run_chain(run *r, const plan_chain *chain, block b) {
    const experiment *e = &r->work->experiments[chain->experiment];
    const frame *f = r->work->plan->frame_of[chain->experiment];
    task t = {.run = r, .block = b, .chain = chain};
    if (ended(r)) return;
    lstm *model = lstm_new(&e->model, &e->train.optimizer, chain->places, r->work->precision, r->work->level);
    if (!model || draw_block(r, chain, &b, model) != FARM_OK) {
        out_of_memory(r);
        lstm_free(model);
        return;
    }
    manner how = {chain->batch, e->train.state};
    size_t n_stops = stops_needed(r, chain, &b);
    prepare_losses(&t, model);
    for (size_t s = 0, epochs = 0; s < n_stops; epochs = (size_t)chain->stops[s++].epochs) {
        const plan_stop *stop = &chain->stops[s];
        int more = stop->epochs - (int)epochs;
        scheme_hooks hooks = {steps_done, &t, t.losses ? epoch_done : NULL};
        double begin = omp_get_wtime();
        if (!scheme_fit(model, f, f->n_train + chain->origin, more, how, &hooks)) break;
        t.fit.seconds += omp_get_wtime() - begin;
        t.fit.steps += (uint64_t)more * (uint64_t)((f->n_train + chain->origin) / chain->batch);
        keep_losses(&t, s);
        for (size_t w = 0; w < stop->n_walks; w++) start_walk(&t, &stop->walks[w], model);
    }
    hand_on_steps(&t);
    free(t.losses);
    lstm_free(model);
}

/* --- refits side by side ---------------------------------------------------------------------------------------- */

/* Repeats of several chains of one family, in lanes of one block: where there are fewer repeats than lanes, a chain alone
 * would leave some of them empty. */
typedef struct {
    const plan_chain *chain;
    uint32_t repeat;
} mixed_lane;

typedef struct {
    size_t n;
    mixed_lane lanes[LANES];
} mixture;

/* Fewest rows first, as groups of lanes have to be. */
static void sort_lanes(mixture *m) {
    for (size_t i = 1; i < m->n; i++)
        for (size_t k = i; k > 0 && m->lanes[k - 1].chain->origin > m->lanes[k].chain->origin; k--) {
            mixed_lane later = m->lanes[k - 1];
            m->lanes[k - 1] = m->lanes[k];
            m->lanes[k] = later;
        }
}

/* The lanes of one chain: a block within the mixture. */
typedef struct {
    const plan_chain *chain;
    block block;
} mixed_part;

/* The parts of a sorted mixture, [LANES]; how many. */
static size_t split_mixture(mixed_part *parts, const mixture *m) {
    size_t n = 0;
    for (size_t lane = 0; lane < m->n; lane++) {
        if (lane == 0 || m->lanes[lane].chain != m->lanes[lane - 1].chain)
            parts[n++] = (mixed_part){m->lanes[lane].chain, {.first = lane}};
        parts[n - 1].block.n = lane + 1;
        parts[n - 1].block.repeats[lane] = m->lanes[lane].repeat;
    }
    return n;
}

/* A model with a group of lanes for each part, and their first weights. NULL: out of memory. */
static lstm *draw_mixture(run *r, const mixed_part *parts, const int *ends, size_t n) {
    const experiment *e = &r->work->experiments[parts[0].chain->experiment];
    lstm *model = lstm_new(&e->model, &e->train.optimizer, 1, r->work->precision, r->work->level);
    bool drawn = model && lstm_group(model, ends, (int)n);
    for (size_t p = 0; drawn && p < n; p++) drawn = draw_block(r, parts[p].chain, &parts[p].block, model) == FARM_OK;
    if (drawn) return model;
    lstm_free(model);
    return NULL;
}

/* What follows the fit, of which a lane took so many seconds: the walks of one part. */
static void walk_part(run *r, const mixed_part *part, int n_rows, double seconds, lstm *model) {
    const plan_stop *stop = &part->chain->stops[0];
    task t = {.run = r, .block = part->block};
    t.fit.steps = (uint64_t)stop->epochs * (uint64_t)n_rows;
    t.fit.seconds = seconds * (double)(part->block.n - part->block.first);
    for (size_t w = 0; w < stop->n_walks; w++) start_walk(&t, &stop->walks[w], model);
}

static void run_mixture(run *r, mixture m) {
    mixed_part parts[LANES];
    int ends[LANES], n_rows[LANES];
    if (ended(r)) return;
    sort_lanes(&m);
    size_t n = split_mixture(parts, &m);
    const plan_chain *chain = m.lanes[0].chain;
    const experiment *e = &r->work->experiments[chain->experiment];
    const frame *f = r->work->plan->frame_of[chain->experiment];
    for (size_t p = 0; p < n; p++) {
        ends[p] = p + 1 < n ? (int)parts[p].block.n : LANES;
        n_rows[p] = f->n_train + parts[p].chain->origin;
    }
    task t = {.run = r, .block = {.n = m.n}};
    lstm *model = draw_mixture(r, parts, ends, n);
    if (!model) {
        out_of_memory(r);
        return;
    }
    double begin = omp_get_wtime();
    bool whole = scheme_fit_groups(model, f, n_rows, ends, (int)n, chain->stops[0].epochs, e->train.state,
                                   &(scheme_hooks){steps_done, &t, NULL});
    double seconds = (omp_get_wtime() - begin) / (double)m.n;
    for (size_t p = 0; whole && p < n; p++) walk_part(r, &parts[p], n_rows[p], seconds, model);
    hand_on_steps(&t);
    lstm_free(model);
}

/* --- blocks ----------------------------------------------------------------------------------------------------- */

static bool needs_repeat(const run *r, const plan_chain *chain, size_t repeat) {
    return stops_needed(r, chain, &(block){.n = 1, .repeats = {(uint32_t)repeat}}) > 0;
}

/* The next repeats from *repeat on that lack something of the chain; n 0: none do. Moves *repeat on. */
static block next_block(const run *r, const plan_chain *chain, size_t *repeat) {
    block b = {0};
    for (; *repeat < r->work->repeats && b.n < LANES; ++*repeat)
        if (needs_repeat(r, chain, *repeat)) b.repeats[b.n++] = (uint32_t)*repeat;
    return b;
}

/* Gradient steps of a block in one lane. */
static uint64_t block_steps(const run *r, const plan_chain *chain, const block *b) {
    int n_train = r->work->plan->frame_of[chain->experiment]->n_train;
    size_t n_stops = stops_needed(r, chain, b);
    uint64_t epochs = n_stops ? (uint64_t)chain->stops[n_stops - 1].epochs : 0;
    uint64_t steps = epochs * (uint64_t)((n_train + chain->origin) / chain->batch);
    for (size_t s = 0; s < n_stops; s++)
        for (size_t w = 0; w < chain->stops[s].n_walks; w++) {
            const plan_walk *walk = &chain->stops[s].walks[w];
            if (all_known(r, walk, b)) continue;
            steps += scheme_walk_steps(&r->work->experiments[walk->experiment], n_train, walk->from, walk->to);
        }
    return steps;
}

static uint64_t count_steps(const run *r) {
    uint64_t steps = 0;
    for (size_t c = 0; c < r->work->plan->n_chains; c++) {
        const plan_chain *chain = &r->work->plan->chains[c];
        size_t repeat = 0;
        for (block b; (b = next_block(r, chain, &repeat)).n > 0;) steps += block_steps(r, chain, &b) * b.n;
    }
    return steps;
}

uint64_t pool_steps(const pool_work *work, results *r) { return count_steps(&(run){.work = work, .out = r}); }

/* --- memory ----------------------------------------------------------------------------------------------------- */

/* What one chain takes for one block of repeats. */
typedef struct {
    size_t model, copy; /* bytes; copy: of a walk that learns on, 0: none does */
    size_t blocks;
    size_t weights; /* of the model, in one lane */
} chain_memory;

static chain_memory memory_of(const run *r, const plan_chain *chain) {
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
        for (m.blocks = 0; m.blocks < threads && next_block(r, chain, &repeat).n > 0;) m.blocks++;
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

/* Also how many copies of models may wait: as many as fit beside those at work, up to four a thread. */
static farm_status check_memory(run *r, farm_errors *errors) {
    const plan *p = r->work->plan;
    size_t threads = (size_t)pool_threads(r->work->threads), n, at_hand, copy = 0;
    r->most_copies = 4 * (int)threads;
    chain_memory *chains = calloc(p->n_chains + 1, sizeof *chains);
    if (!chains) {
        errors_add(errors, (error_place){0}, "out of memory for a plan of %zu fits", p->n_chains);
        return FARM_FAILED;
    }
    for (size_t c = 0; c < p->n_chains; c++) {
        chains[c] = memory_of(r, &p->chains[c]);
        if (chains[c].copy > copy) copy = chains[c].copy;
    }
    if (p->n_chains > 0) qsort(chains, p->n_chains, sizeof *chains, by_size);
    size_t bytes = side_by_side(chains, p->n_chains, threads, &n);
    bool fits = memory_has(bytes, &at_hand);
    farm_status status = fits ? FARM_OK : too_large(errors, &chains[0], n, bytes, at_hand);
    if (fits && copy > 0 && (at_hand - bytes) / copy < (size_t)r->most_copies)
        r->most_copies = (int)((at_hand - bytes) / copy);
    free(chains);
    return status;
}

farm_status pool_check_memory(const pool_work *work, farm_errors *errors) {
    return check_memory(&(run){.work = work}, errors);
}

size_t pool_memory(const pool_work *work) {
    const plan *p = work->plan;
    run r = {.work = work};
    size_t threads = (size_t)pool_threads(work->threads), n, copy = 0, bytes;
    chain_memory *chains = calloc(p->n_chains + 1, sizeof *chains);
    if (!chains) return SIZE_MAX;
    for (size_t c = 0; c < p->n_chains; c++) {
        chains[c] = memory_of(&r, &p->chains[c]);
        if (chains[c].copy > copy) copy = chains[c].copy;
    }
    if (p->n_chains > 0) qsort(chains, p->n_chains, sizeof *chains, by_size);
    bytes = memory_sum(side_by_side(chains, p->n_chains, threads, &n), memory_product(4 * threads, copy));
    free(chains);
    return bytes;
}

/* --- all of it -------------------------------------------------------------------------------------------------- */

static void start_mixture(run *r, mixture *m) {
    mixture full = *m;
    m->n = 0;
#pragma omp task default(none) firstprivate(r, full)
    run_mixture(r, full);
}

/* A block whose chain has a family: whole blocks are trained by themselves, what is left over goes into its mixture. */
static void mix_block(run *r, const plan_chain *chain, const block *b, mixture *m) {
    for (size_t lane = b->first; lane < b->n; lane++) {
        m->lanes[m->n].chain = chain;
        m->lanes[m->n++].repeat = b->repeats[lane];
        if (m->n == LANES) start_mixture(r, m);
    }
}

/* Makes the tasks, in the plan's order: the longest chains of all blocks first. mixtures [n_families]. */
static void start_all_chains(run *r, mixture *mixtures) {
    const plan *p = r->work->plan;
    for (size_t c = 0; c < p->n_chains; c++) {
        const plan_chain *chain = &p->chains[c];
        size_t repeat = 0;
        for (block b; !ended(r) && (b = next_block(r, chain, &repeat)).n > 0;) {
            if (plan_mixes(chain, b.n)) {
                mix_block(r, chain, &b, &mixtures[chain->family]);
                continue;
            }
#pragma omp task default(none) firstprivate(r, chain, b)
            run_chain(r, chain, b);
        }
    }
    for (int family = 0; family < p->n_families; family++)
        if (mixtures[family].n > 0) start_mixture(r, &mixtures[family]);
}

static void run_all_chains(run *r) {
    mixture *mixtures = calloc((size_t)r->work->plan->n_families + 1, sizeof *mixtures);
    if (!mixtures) {
        out_of_memory(r);
        return;
    }
#pragma omp parallel num_threads(pool_threads(r->work->threads))
#pragma omp single
    start_all_chains(r, mixtures);
    free(mixtures);
}

static void run_baselines(run *r) {
    const plan *p = r->work->plan;
    for (size_t i = 0; i < p->n_experiments; i++)
        if (p->same_as[i] < 0 && !experiment_is_lstm(&r->work->experiments[i]) &&
            baseline_forecast(r->out->experiments[i].forecasts, &r->work->experiments[i], r->work->series,
                              p->frame_of[i]) != FARM_OK)
            out_of_memory(r);
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

static void finish_results(run *r) {
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
    run r = {.work = work, .hooks = hooks, .out = out, .errors = errors, .begin = omp_get_wtime()};
    if (check_memory(&r, errors) != FARM_OK) return FARM_FAILED;
    r.steps_total = count_steps(&r);
    r.next_report = r.begin + report_interval;
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
    run r = {.work = work};
    if (!model || draw_block(&r, chain, &(block){.n = 1}, model) != FARM_OK) {
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
