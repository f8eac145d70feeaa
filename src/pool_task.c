/* pool_task.c - one task of a run: a chain of fits for one block of repeats, and the walks that start from it.
 * A task owns its block of models; a walk that learns on gets a copy. Tasks write to places of their own in results. */
#include "pool_parts.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void report_progress(pool_state *r) {
    double now = omp_get_wtime();
    if (!omp_test_lock(&r->reporting)) return;
    if (now >= r->next_report) {
        r->next_report = now + POOL_REPORT_INTERVAL;
        farm_progress progress = {atomic_load(&r->steps_done), r->steps_total, now - r->begin};
        r->hooks->progress(r->hooks->context, &progress);
    }
    omp_unset_lock(&r->reporting);
}

void pool_hand_on_steps(pool_task *t) {
    atomic_fetch_add(&t->run->steps_done, t->steps);
    t->steps = 0;
    if (t->run->hooks && t->run->hooks->progress) report_progress(t->run);
}

bool pool_ended(pool_state *r) { return atomic_load(&r->stopped) || atomic_load(&r->failed); }

/* Asks whether to stop, and remembers it. true: the run has ended. */
static bool poll_stop(pool_state *r) {
    if (r->hooks && r->hooks->stop && r->hooks->stop(r->hooks->context)) atomic_store(&r->stopped, true);
    return pool_ended(r);
}

bool pool_steps_done(void *context, int steps, int first_lane) {
    pool_task *t = context;
    size_t first = (size_t)first_lane > t->block.first ? (size_t)first_lane : t->block.first;
    t->steps += (uint64_t)steps * (t->block.n - first);
    if (t->steps >= 16384) pool_hand_on_steps(t); /* a tenth of a millisecond of one neuron's training */
    return !poll_stop(t->run);
}

void pool_out_of_memory(pool_state *r) {
    if (atomic_exchange(&r->failed, true)) return;
#pragma omp critical(pool_errors)
    errors_add(r->errors, (error_place){0}, "out of memory while training; fewer --threads or neurons need less");
}

/* Moves one lane of a finished walk to its repeat, of those at hand. false: the sink would not have it. */
static bool keep_lane(pool_state *r, const plan_walk *walk, size_t repeat, int lane, const lstm *model,
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
    if (weights && isnan(weights[result->n_weights - 1])) /* others follow in a step, if their block takes one more */
        for (size_t p = 0; p < result->n_weights; p++) weights[p] = NAN;
    const double *losses = walk->from == 0 && result->losses ? result->losses + of_all * result->n_losses : NULL;
    pool_part part = {walk->experiment,  of_all, walk->from,      walk->to, to, weights,
                      result->n_weights, losses, result->n_losses};
    if (r->work->sink.keep && !r->work->sink.keep(r->work->sink.context, &part)) return false;
    result->known[repeat * result->n_parts + (size_t)walk->from / result->part_length] = true;
    return true;
}

static void keep_walk(pool_state *r, const plan_walk *walk, const pool_block *b, const lstm *model,
                      const double *forecasts) {
    for (size_t lane = b->first; lane < b->n; lane++)
        if (!pool_is_known(r, walk, b->repeats[lane]) &&
            !keep_lane(r, walk, b->repeats[lane], (int)lane, model, forecasts))
            atomic_store(&r->failed, true);
}

/* What a finished walk took, with the fit that it starts from, is its experiment's: for those repeats that are new. */
static void add_cost(const pool_task *t, const plan_walk *walk, double seconds) {
    pool_state *r = t->run;
    results_cost *cost = &r->out->experiments[walk->experiment].cost;
    int n_train = r->work->plan->frame_of[walk->experiment]->n_train;
    uint64_t added = 0, steps = t->fit.steps;
    for (size_t lane = t->block.first; lane < t->block.n; lane++)
        added += !pool_is_known(r, walk, t->block.repeats[lane]);
    steps += scheme_walk_steps(&r->work->experiments[walk->experiment], n_train, walk->from, walk->to);
    seconds = (t->fit.seconds + seconds) * (double)added / (double)(t->block.n - t->block.first);
#pragma omp atomic
    cost->steps += steps * added;
#pragma omp atomic
    cost->seconds += seconds;
}

static void run_walk(pool_task *t, const plan_walk *walk, lstm *model) {
    pool_state *r = t->run;
    const experiment *e = &r->work->experiments[walk->experiment];
    const frame *f = r->work->plan->frame_of[walk->experiment];
    double *forecasts = malloc((size_t)f->n_test * LANES * sizeof *forecasts);
    if (!forecasts) {
        pool_out_of_memory(r);
        return;
    }
    double begin = omp_get_wtime();
    if (scheme_walk(model, f, e, walk->from, walk->to, forecasts, &(scheme_hooks){pool_steps_done, t, NULL})) {
        add_cost(t, walk, omp_get_wtime() - begin);
        keep_walk(r, walk, &t->block, model, forecasts);
    }
    free(forecasts);
}

/* A walk that learns on, as a task of its own; model is its own to free. */
static void run_learning_walk(pool_state *r, pool_block b, results_cost fit, const plan_walk *walk, lstm *model) {
    pool_task t = {.run = r, .block = b, .fit = fit};
    run_walk(&t, walk, model);
    pool_hand_on_steps(&t);
    lstm_free(model);
    atomic_fetch_sub(&r->copies, 1);
}

void pool_start_walk(pool_task *t, const plan_walk *walk, lstm *model) {
    pool_state *r = t->run;
    if (pool_all_known(r, walk, &t->block)) return;
    if (!experiment_learns_on(&r->work->experiments[walk->experiment])) {
        run_walk(t, walk, model);
        lstm_reset_state(model);
        return;
    }
    lstm *copy = lstm_copy(model);
    if (!copy) {
        pool_out_of_memory(r);
        return;
    }
    pool_block b = t->block;
    results_cost fit = t->fit;
    /* a wide model is many megabytes: with enough copies waiting, this thread walks at once instead of adding one */
    bool room = atomic_fetch_add(&r->copies, 1) < r->most_copies;
#pragma omp task default(none) firstprivate(r, b, fit, walk, copy) if (room)
    run_learning_walk(r, b, fit, walk, copy);
}

farm_status pool_draw_block(pool_state *r, const plan_chain *chain, const pool_block *b, lstm *model) {
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

/* A point of the learning curves that lead to the stops still ahead, where they have one at this epoch. */
static void epoch_done(void *context, const double *loss) {
    pool_task *t = context;
    t->epoch++;
    for (size_t s = 0; s < t->chain->n_stops; s++) {
        int epochs = t->chain->stops[s].epochs;
        size_t n = results_loss_points(epochs);
        int point = t->epoch <= epochs ? results_loss_point(epochs, n, t->epoch) : -1;
        if (point >= 0) memcpy(t->losses + (s * MOST_LOSSES + (size_t)point) * LANES, loss, LANES * sizeof *loss);
    }
}

/* Room for the curves of a base fit, where its results have room for them. */
static void prepare_losses(pool_task *t, lstm *model) {
    size_t n = t->chain->n_stops * MOST_LOSSES * LANES;
    assert(n > 0);
    if (t->chain->origin > 0 || t->run->out->experiments[t->chain->experiment].n_losses == 0) return;
    t->losses = malloc(n * sizeof *t->losses);
    for (size_t i = 0; t->losses && i < n; i++) t->losses[i] = NAN;
    if (!t->losses) pool_out_of_memory(t->run);
    lstm_record_loss(model, t->losses != NULL);
}

/* The curves that lead to a stop, to the experiments that start there. */
static void keep_losses(const pool_task *t, size_t s) {
    const plan_stop *stop = &t->chain->stops[s];
    for (size_t w = 0; t->losses && w < stop->n_walks; w++) {
        experiment_result *e = &t->run->out->experiments[stop->walks[w].experiment];
        for (size_t lane = 0; stop->walks[w].from == 0 && lane < t->block.n; lane++)
            for (size_t i = 0; i < e->n_losses; i++)
                e->losses[(e->at + t->block.repeats[lane]) * e->n_losses + i] =
                    t->losses[(s * MOST_LOSSES + i) * LANES + lane];
    }
}

void pool_run_chain(pool_state *r, const plan_chain *chain, pool_block b) {
    const experiment *e = &r->work->experiments[chain->experiment];
    const frame *f = r->work->plan->frame_of[chain->experiment];
    pool_task t = {.run = r, .block = b, .chain = chain};
    if (pool_ended(r)) return;
    lstm *model = lstm_new(&e->model, &e->train.optimizer, chain->places, r->work->precision, r->work->level);
    if (!model || pool_draw_block(r, chain, &b, model) != FARM_OK) {
        pool_out_of_memory(r);
        lstm_free(model);
        return;
    }
    manner how = {chain->batch, e->train.state};
    size_t n_stops = pool_stops_needed(r, chain, &b);
    prepare_losses(&t, model);
    for (size_t s = 0, epochs = 0; s < n_stops; epochs = (size_t)chain->stops[s++].epochs) {
        const plan_stop *stop = &chain->stops[s];
        int more = stop->epochs - (int)epochs;
        scheme_hooks hooks = {pool_steps_done, &t, t.losses ? epoch_done : NULL};
        double begin = omp_get_wtime();
        if (!scheme_fit(model, f, f->n_train + chain->origin, more, how, &hooks)) break;
        t.fit.seconds += omp_get_wtime() - begin;
        t.fit.steps += (uint64_t)more * (uint64_t)((f->n_train + chain->origin) / chain->batch);
        keep_losses(&t, s);
        for (size_t w = 0; w < stop->n_walks; w++) pool_start_walk(&t, &stop->walks[w], model);
    }
    pool_hand_on_steps(&t);
    free(t.losses);
    lstm_free(model);
}
