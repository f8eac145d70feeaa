/* farm.c - the public face: config, plan, pool, comparisons and report joined into one run. See farm.h.
 * In: a config's path. Out: results. Must not know how any of it is done, nor print or exit. */
#include "compare.h"
#include "config_keys.h"
#include "config.h"
#include "memory.h"
#include "output_file.h"
#include "pool.h"
#include "report.h"
#include "report_plan.h"
#include "shards.h"
#include "store.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

struct farm {
    config config;
    plan plan;
    digest id; /* of the run; see farm_run_id */
    vector_level level;
    const char *vector_name; /* of the level that made the results */
    int vector_bits;
    int shard, of_shards; /* 1 of 1: all repeats */
    int planned_shards;   /* that a plan tells of; 1: of the whole alone */
    int merged_shards;    /* how many shards the results came in; 0: none */
    size_t first, total;  /* repeats that are run, from 0; at most, where they run until differences are known */
    size_t count;         /* how many so far */
    double widest;        /* half interval of any compared difference, where they do */
    bool fresh, no_plots;
    store *store;    /* NULL: results are not kept */
    results results; /* empty before a run */
    size_t window;   /* repeats at hand at once; 0: as many as fit into a good amount of memory */
    uint64_t reused;
    uint64_t complete;             /* results of repeats before those at hand that are whole */
    bool counted;                  /* and of those at hand, too */
    farm_errors faults;            /* of fetching forecasts */
    uint64_t began, steps_to_take; /* see store_run */
    comparisons comparisons;
    bool done;        /* results are whole */
    farm_hooks hooks; /* of the run */
};

static farm_status choose_level(vector_level *level, const char *name, farm_errors *errors) {
    *level = lstm_best_level();
    if (!name) return FARM_OK;
    for (vector_level l = VECTOR_BASE; l <= lstm_best_level(); l++)
        if (lstm_has_level(l) && strcmp(lstm_level_name(l), name) == 0) {
            *level = l;
            return FARM_OK;
        }
    errors_add(errors, (error_place){.file = "--test-vector"},
               "\"%s\" is not a level that this build and processor have", name);
    return FARM_BAD_INPUT;
}

/* Counts of steps are 64 bits: what does not fit would take longer than anyone lives. */
static farm_status check_steps(const farm *f, farm_errors *errors) {
    uint64_t a_repeat = f->plan.steps_asked, most = UINT64_MAX / (uint64_t)f->config.repeats;
    if (a_repeat <= most) return FARM_OK;
    errors_add(errors, (error_place){.file = f->config.path, .key = "repeats"},
               "%d repeats of %.3g gradient steps each are more than can be counted; ask for fewer repeats or epochs",
               f->config.repeats, (double)a_repeat);
    return FARM_BAD_INPUT;
}

/* Which repeats are run, and with what. */
static farm_status prepare(farm *f, plan_sharing sharing, farm_errors *errors) {
    size_t end;
    farm_status status =
        plan_expand(&f->plan, f->config.experiments, f->config.n_experiments, &f->config.series, sharing, errors);
    store_shard_range((size_t)f->config.repeats, f->shard, f->of_shards, &f->first, &end);
    f->count = f->total = end - f->first;
    if (status == FARM_OK && (f->of_shards > 1 || f->planned_shards > 1) && !isnan(f->config.half_width)) {
        errors_add(errors, (error_place){.file = f->config.path, .key = "repeats.until"},
                   "shards cannot tell when differences are known; give the number of repeats with -r");
        status = FARM_BAD_INPUT;
    }
    return status == FARM_OK ? check_steps(f, errors) : status;
}

static farm_status find_id(farm *f, farm_errors *errors) {
    const config *c = &f->config;
    store_origin origin = {&c->series.digest, c->seed, c->precision};
    if (store_id_of_config(&f->id, c->meant, &origin, c->experiments, f->plan.same_as, c->n_experiments) == FARM_OK)
        return FARM_OK;
    errors_add(errors, (error_place){.file = c->path}, "out of memory for the experiments");
    return FARM_FAILED;
}

/* Whether the config still means what it meant when its id was asked for. */
static farm_status check_id(const farm *f, const char *expected, farm_errors *errors) {
    if (!expected || strcmp(farm_run_id(f), expected) == 0) return FARM_OK;
    errors_add(errors, (error_place){.file = f->config.path},
               "is no longer the run %s that was asked for: it, its series or its weights were changed since, and now "
               "mean %s; take the change back, or submit it anew",
               expected, farm_run_id(f));
    return FARM_BAD_INPUT;
}

farm_status farm_load(farm **out, const char *config_path, const farm_options *options, farm_errors *errors) {
    static const farm_options none = {0};
    if (!options) options = &none;
    *out = NULL;
    farm *f = calloc(1, sizeof *f);
    if (!f) return FARM_FAILED;
    f->fresh = options->fresh;
    f->no_plots = options->no_plots;
    f->window = options->at_hand;
    farm_status status = choose_level(&f->level, options->vector, errors);
    f->vector_name = lstm_level_name(f->level);
    f->vector_bits = lstm_level_bits(f->level);
    if (status == FARM_OK) status = shards_read_count(options->shards, &f->planned_shards, errors);
    if (status == FARM_OK) status = shards_read_one(options->shard, &f->shard, &f->of_shards, errors);
    if (status == FARM_OK) status = config_load(&f->config, config_path, options, errors);
    if (status == FARM_OK) status = prepare(f, options->no_sharing ? PLAN_UNSHARED : PLAN_SHARED, errors);
    if (status == FARM_OK) status = find_id(f, errors);
    if (status == FARM_OK) status = check_id(f, options->expect, errors);
    if (status == FARM_OK)
        *out = f;
    else
        farm_free(f);
    return status;
}

void farm_free(farm *f) {
    if (!f) return;
    store_close(f->store);
    compare_free(&f->comparisons);
    results_free(&f->results);
    plan_free(&f->plan);
    config_free(&f->config);
    farm_errors_free(&f->faults);
    free(f);
}

static pool_work work_of(const farm *f) {
    return (pool_work){.plan = &f->plan,
                       .experiments = f->config.experiments,
                       .series = &f->config.series,
                       .first = f->first,
                       .repeats = f->count,
                       .seed = f->config.seed,
                       .precision = f->config.precision,
                       .level = f->level,
                       .threads = f->config.threads};
}

/* --- what is kept ----------------------------------------------------------------------------------------------- */

static farm_status open_store(farm *f, const char *folder, store_opening how, farm_errors *errors) {
    char *path = shards_file(folder, f->shard, f->of_shards);
    farm_status status = path ? store_open(&f->store, path, how, errors) : FARM_FAILED;
    /* with the lock of the folder's results held, what a killed run was writing is nobody's */
    if (status == FARM_OK && f->of_shards == 1) report_sweep(folder);
    free(path);
    return status;
}

/* What the store says of this run: the effort is that of the results so far. */
static farm_status describe_run(farm *f, farm_errors *errors) {
    const config *c = &f->config;
    store_run run = {.config_path = c->path,
                     .meant = c->meant,
                     .said = c->said,
                     .series = c->series.values,
                     .n_series = c->series.n,
                     .repeats = (size_t)c->repeats,
                     .shard = f->shard,
                     .of_shards = f->of_shards,
                     .vector_level = f->vector_name,
                     .vector_bits = f->vector_bits,
                     .threads = f->results.threads,
                     .steps_asked = f->results.steps_asked,
                     .steps_taken = f->results.steps_taken,
                     .seconds = f->results.seconds,
                     .began = f->began,
                     .steps_to_take = f->steps_to_take};
    return store_put_run(f->store, &run, c->experiments, c->n_experiments, errors);
}

/* What is asked for all results; see results_init. */
static unsigned kept_of(const farm *f) {
    return (f->config.save_models ? KEEP_WEIGHTS : 0u) | (f->config.record_loss ? KEEP_LOSSES : 0u);
}

/* Repeats at hand at once, where there is a store. */
static size_t window_of(const farm *f) {
    return f->window ? f->window : results_window(f->config.experiments, f->config.n_experiments);
}

farm_status farm_keep(farm *f, const char *folder, farm_errors *errors) {
    const config *c = &f->config;
    store_origin origin = {&c->series.digest, c->seed, c->precision};
    store_close(f->store);
    f->store = NULL;
    /* what cannot be run leaves no store behind */
    farm_status status = results_check(c->experiments, c->n_experiments, f->total, window_of(f), kept_of(f), errors);
    if (status == FARM_OK) status = output_make_folder(folder, errors);
    if (status == FARM_OK) status = open_store(f, folder, f->fresh ? STORE_ANEW : STORE_CREATE, errors);
    if (status == FARM_OK)
        status = store_set_works(f->store, &origin, c->experiments, f->plan.same_as, c->n_experiments, errors);
    return status == FARM_OK ? describe_run(f, errors) : status;
}

const char *farm_store(const farm *f) { return f->store ? store_path(f->store) : NULL; }

/* An experiment whose results are trained for, and are no copy of another's. */
static bool counts(const farm *f, size_t i) {
    return experiment_is_lstm(&f->config.experiments[i]) && f->plan.same_as[i] < 0;
}

/* Of repeats first ... end - 1, which are at hand. */
static uint64_t count_complete(const farm *f, size_t first, size_t end) {
    uint64_t complete = 0;
    for (size_t i = 0; i < f->results.n_experiments; i++)
        for (size_t r = first; counts(f, i) && r < end; r++)
            complete += results_complete(&f->results.experiments[i], r);
    return complete;
}

/* The first repeat at hand; the same for all experiments while a run is under way. */
static size_t first_at_hand(const farm *f) {
    for (size_t i = 0; i < f->results.n_experiments; i++)
        if (counts(f, i)) return f->results.experiments[i].at;
    return 0;
}

static uint64_t count_all_complete(const farm *f) {
    if (f->counted) return f->complete;
    return f->complete + count_complete(f, first_at_hand(f), f->count);
}

farm_counts farm_count(const farm *f) {
    farm_counts out = {.reused = f->reused, .computed = count_all_complete(f) - f->reused};
    size_t repeats = isnan(f->config.half_width) ? f->total : f->count;
    for (size_t i = 0; i < f->config.n_experiments; i++) out.asked += counts(f, i) ? repeats : 0;
    return out;
}

/* --- the run ---------------------------------------------------------------------------------------------------- */

/* results_source: the forecasts of an experiment that are to be at hand, from the store. */
static bool fetch(void *context, size_t index) {
    farm *f = context;
    int same_as = f->plan.same_as[index];
    size_t stored_as = same_as < 0 ? index : (size_t)same_as;
    return store_read_one(f->store, stored_as, &f->results.experiments[index], f->first, &f->faults) == FARM_OK;
}

/* Room for the results. Without a store all forecasts have to stay at hand. */
static farm_status make_room(farm *f, farm_errors *errors) {
    const config *c = &f->config;
    size_t window = f->store ? window_of(f) : 0;
    compare_free(&f->comparisons);
    results_free(&f->results);
    f->done = f->counted = false;
    f->reused = f->complete = 0;
    farm_status status =
        results_init(&f->results, c->experiments, c->n_experiments, f->total, window, kept_of(f), errors);
    if (status == FARM_OK && f->store) f->results.source = (results_source){fetch, f};
    return status;
}

static compare_input comparison_of(const farm *f) {
    return (compare_input){.spec = &f->config.compare,
                           .experiments = f->config.experiments,
                           .results = &f->results,
                           .frames = f->plan.frame_of,
                           .seed = f->config.seed,
                           .threads = pool_threads(f->config.threads)};
}

/* Makes the repeats from at on those at hand, with what is stored of them. */
static farm_status turn_to(farm *f, size_t at, farm_errors *errors) {
    for (size_t i = 0; i < f->results.n_experiments; i++) results_turn(&f->results, i, at);
    return f->store ? store_read(f->store, &f->results, f->first, errors) : FARM_OK;
}

static bool is_complete(const farm *f, size_t repeat) {
    for (size_t i = 0; i < f->results.n_experiments; i++)
        if (counts(f, i) && !results_complete(&f->results.experiments[i], repeat)) return false;
    return true;
}

/* Repeats first ... end - 1, which are at hand, that lack something. */
static size_t count_missing(const farm *f, size_t first, size_t end) {
    size_t missing = 0;
    for (size_t r = first; r < end; r++) missing += !is_complete(f, r);
    return missing;
}

/* Of repeats 0 ... n - 1 those that lack something, as bytes, the caller's. NULL: out of memory, or not to be read. */
static unsigned char *find_missing(farm *f, size_t n, farm_errors *errors) {
    unsigned char *missing = calloc(n + 1, 1);
    size_t window = f->results.window ? f->results.window : 1;
    for (size_t at = 0; missing && at < n; at += window) {
        if (turn_to(f, at, errors) != FARM_OK) {
            free(missing);
            return NULL;
        }
        for (size_t r = at; r < n && r - at < window; r++) missing[r] = !is_complete(f, r);
    }
    return missing;
}

static size_t sum_of(const unsigned char *missing, size_t first, size_t end) {
    size_t sum = 0;
    for (size_t r = first; r < end; r++) sum += missing[r];
    return sum;
}

static void name_missing_shards(const unsigned char *missing, size_t repeats, int of_shards, farm_errors *errors) {
    for (int k = 1; k <= of_shards; k++) {
        size_t first, end;
        store_shard_range(repeats, k, of_shards, &first, &end);
        size_t lacking = sum_of(missing, first, end);
        if (lacking > 0 && lacking == end - first)
            errors_add(errors, (error_place){0}, "shard %d of %d is missing: repeats %zu to %zu", k, of_shards,
                       first + 1, end);
        else if (lacking > 0)
            errors_add(errors, (error_place){0},
                       "shard %d of %d is not complete: %zu of its %zu repeats are missing; run it again with --shard "
                       "%d/%d",
                       k, of_shards, lacking, end - first, k, of_shards);
    }
}

/* Says what is missing of so many repeats. */
static farm_status tell_missing(farm *f, size_t repeats, farm_errors *errors) {
    unsigned char *missing = find_missing(f, repeats, errors);
    size_t lacking = missing ? sum_of(missing, 0, repeats) : 0, whole = 0;
    while (lacking > 0 && !missing[whole]) whole++;
    if (lacking > 0 && f->merged_shards > 1)
        name_missing_shards(missing, repeats, f->merged_shards, errors);
    else if (whole > 0)
        errors_add(errors, (error_place){.file = store_path(f->store)},
                   "%zu of %zu repeats are missing: run %s again to add them, or report on the first %zu with -r %zu",
                   lacking, repeats, f->config.path, whole, whole);
    else if (lacking > 0)
        errors_add(errors, (error_place){.file = store_path(f->store)},
                   "%zu of %zu repeats are missing: run %s again to add them", lacking, repeats, f->config.path);
    free(missing);
    return FARM_FAILED;
}

/* A run in rounds. */
typedef struct {
    farm *farm;
    pool_work work;
    const farm_hooks *hooks;
    bool restoring;        /* everything must be there, and nothing is trained */
    bool writing;          /* the store's thread is at work */
    size_t before, most;   /* repeats of the rounds before, of all rounds */
    uint64_t steps_before; /* taken in rounds before */
} rounds;

/* farm_hooks.progress of a round, told as progress of the run: rounds to come take what they are planned to. */
static void round_progress(void *context, const farm_progress *p) {
    const rounds *all = context;
    uint64_t to_come = all->farm->plan.steps_taken * (uint64_t)(all->most - all->farm->count);
    farm_progress whole = {all->steps_before + p->steps_done, all->steps_before + p->steps_total + to_come,
                           all->farm->results.seconds + p->seconds};
    all->hooks->progress(all->hooks->context, &whole);
}

static bool round_stop(void *context) {
    const rounds *all = context;
    return all->hooks->stop && all->hooks->stop(all->hooks->context);
}

static farm_status stop_writing(rounds *all, farm_errors *errors) {
    bool writing = all->writing;
    all->writing = false;
    return writing ? store_end(all->farm->store, errors) : FARM_OK;
}

/* Puts into the store when the run began and how many steps it has to take: for those at hand what they lack, for the rest
 * all. */
static farm_status tell_beginning(rounds *all, farm_errors *errors) {
    farm *f = all->farm;
    size_t at_hand = f->total < f->results.window ? f->total : f->results.window;
    all->work.repeats = at_hand;
    f->began = (uint64_t)time(NULL);
    f->steps_to_take = pool_steps(&all->work, &f->results) + f->plan.steps_taken * (uint64_t)(f->total - at_hand);
    return describe_run(f, errors);
}

/* The round's repeats come to hand, once what was at hand is written. */
static farm_status turn_round(rounds *all, farm_errors *errors) {
    farm *f = all->farm;
    if (all->before > 0) f->complete += count_complete(f, first_at_hand(f), all->before);
    farm_status status = stop_writing(all, errors);
    if (status == FARM_OK) status = turn_to(f, all->before, errors);
    if (status != FARM_OK || !f->store || all->restoring) return status;
    if (all->before == 0) status = tell_beginning(all, errors);
    if (status == FARM_OK) status = store_begin(f->store, f->first, errors);
    all->writing = status == FARM_OK;
    if (all->writing) all->work.sink = store_sink(f->store);
    return status;
}

/* The repeats before ... f->count - 1, which are at hand. */
static farm_status run_round(rounds *all, farm_errors *errors) {
    farm *f = all->farm;
    const farm_hooks *asked = all->hooks;
    farm_hooks hooks = {asked && asked->progress ? round_progress : NULL, asked ? round_stop : NULL, all};
    uint64_t taken = f->results.steps_taken;
    f->reused += count_complete(f, all->before, f->count);
    if (all->restoring && count_missing(f, all->before, f->count) > 0)
        return tell_missing(f, isnan(f->config.half_width) ? f->total : f->count, errors);
    all->work.at = first_at_hand(f);
    all->work.repeats = f->count - all->work.at;
    farm_status status = pool_run(&f->results, &all->work, &hooks, errors);
    all->steps_before += f->results.steps_taken - taken;
    return status;
}

/* Whether differences are known as closely as asked; where a number of repeats was asked for, they never are. */
static farm_status check_known(farm *f, bool *known, farm_errors *errors) {
    compare_input in = comparison_of(f);
    if (isnan(f->config.half_width)) return FARM_OK;
    farm_status status = compare_half_width(&f->widest, &in, f->count, errors);
    *known = f->widest <= f->config.half_width;
    return status;
}

/* All repeats, in rounds: as many as can be at hand; or so many more each, until differences are known as closely as
 * asked. Which repeats there are then hangs on results alone: those rounds are of a fixed size, and what is stored is
 * looked at like what is computed. */
static farm_status run_rounds(rounds *all, farm_errors *errors) {
    enum { ROUND = 64 }; /* of which the repeats at hand are a multiple, where there are more than those */
    farm *f = all->farm;
    size_t window = f->results.window ? f->results.window : 1;
    size_t round = isnan(f->config.half_width) ? window : ROUND;
    farm_status status = FARM_OK;
    bool known = false;
    f->widest = INFINITY;
    f->count = 0;
    do { /* once for a shard without repeats, which has its baselines all the same */
        all->before = f->count;
        f->count = all->most - all->before < round ? all->most : all->before + round;
        if (all->before % window == 0) status = turn_round(all, errors);
        if (status == FARM_OK) status = run_round(all, errors);
        if (status == FARM_OK) status = check_known(f, &known, errors);
    } while (status == FARM_OK && !known && f->count < all->most);
    return status;
}

static farm_status run_all(farm *f, const farm_hooks *hooks, bool restoring, farm_errors *errors) {
    rounds all = {.farm = f, .work = work_of(f), .hooks = hooks, .restoring = restoring, .most = f->total};
    farm_status status = run_rounds(&all, errors), stored = stop_writing(&all, errors);
    if (status == FARM_OK) status = stored;
    if (status != FARM_OK) return status;
    f->complete += count_complete(f, first_at_hand(f), f->count);
    f->counted = true;
    results_keep_first(&f->results, f->count);
    return FARM_OK;
}

/* FARM_FAILED, with the reasons, where forecasts could not be fetched. */
static farm_status check_fetched(const farm *f, farm_errors *errors) {
    if (!results_lost(&f->results)) return FARM_OK;
    for (size_t i = 0; i < f->faults.n; i++)
        errors_add(errors, (error_place){.file = f->faults.items[i].file}, "%s", f->faults.items[i].text);
    return FARM_FAILED;
}

/* Compares what is complete. */
static farm_status conclude(farm *f, farm_errors *errors) {
    compare_input in = comparison_of(f);
    farm_status status = compare_all(&f->comparisons, &in, errors);
    if (status == FARM_OK) status = check_fetched(f, errors);
    f->done = status == FARM_OK;
    return status;
}

/* All that the results took, where a store tells of it; what is a copy of another experiment's results costs what those
 * did. */
static farm_status find_costs(farm *f, farm_errors *errors) {
    farm_status status = f->store ? store_read_costs(f->store, &f->results, errors) : FARM_OK;
    for (size_t i = 0; i < f->results.n_experiments; i++)
        if (f->plan.same_as[i] >= 0) f->results.experiments[i].cost = f->results.experiments[f->plan.same_as[i]].cost;
    return status;
}

/* What was trained goes on top of what the store says of before. */
static farm_status keep_costs(farm *f, farm_errors *errors) {
    farm_status status = f->store ? store_add_costs(f->store, &f->results, errors) : FARM_OK;
    return status == FARM_OK ? find_costs(f, errors) : status;
}

farm_status farm_run(farm *f, const farm_hooks *hooks, farm_errors *errors) {
    farm_status status = make_room(f, errors), told = FARM_OK;
    f->hooks = hooks ? *hooks : (farm_hooks){0};
    if (status == FARM_OK) status = run_all(f, hooks, false, errors);
    if (status == FARM_OK || status == FARM_INTERRUPTED) told = keep_costs(f, errors);
    if (status == FARM_OK) status = told;
    if (status == FARM_OK && f->store) status = describe_run(f, errors);
    return status == FARM_OK && f->of_shards == 1 ? conclude(f, errors) : status;
}

/* --- runs of before --------------------------------------------------------------------------------------------- */

/* The run of the open store: its config, and all results without computing any. */
static farm_status restore(farm *f, const farm_options *options, farm_errors *errors) {
    store_run run;
    farm_status status = store_get_run(f->store, &run, errors);
    if (status != FARM_OK) return status;
    config_kept kept = {run.config_path, run.meant, run.said, run.series, run.n_series};
    f->vector_name = run.vector_level;
    f->vector_bits = run.vector_bits;
    status = config_restore(&f->config, &kept, options, errors);
    if (status == FARM_OK) status = prepare(f, PLAN_SHARED, errors);
    if (status == FARM_OK) status = store_recall_works(f->store, f->config.n_experiments, errors);
    if (status == FARM_OK) status = make_room(f, errors);
    if (status == FARM_OK) status = find_costs(f, errors);
    if (status == FARM_OK) status = run_all(f, NULL, true, errors); /* the baselines are run; all else is known */
    if (status == FARM_OK) status = conclude(f, errors);
    f->results.threads = run.threads;
    f->results.steps_taken = run.steps_taken;
    f->results.seconds = run.seconds;
    return status;
}

farm_status farm_open(farm **out, const char *folder, const farm_options *options, farm_errors *errors) {
    farm *f = calloc(1, sizeof *f);
    *out = NULL;
    if (!f) return FARM_FAILED;
    f->no_plots = options && options->no_plots;
    f->window = options ? options->at_hand : 0;
    f->shard = f->of_shards = 1;
    farm_status status = open_store(f, folder, STORE_EXISTING, errors);
    if (status == FARM_OK) status = restore(f, options, errors);
    if (status == FARM_OK)
        *out = f;
    else
        farm_free(f);
    return status;
}

farm_status farm_merge(farm **out, const char *folder, const char *const *stores, size_t n, const farm_options *options,
                       farm_errors *errors) {
    farm *f = calloc(1, sizeof *f);
    *out = NULL;
    if (!f) return FARM_FAILED;
    f->no_plots = options && options->no_plots;
    f->window = options ? options->at_hand : 0;
    f->shard = f->of_shards = 1;
    farm_status status = output_make_folder(folder, errors);
    if (status == FARM_OK) status = open_store(f, folder, STORE_CREATE, errors);
    if (status == FARM_OK) status = store_merge(f->store, stores, n, &f->merged_shards, errors);
    if (status == FARM_OK) status = restore(f, NULL, errors);
    if (status == FARM_OK)
        *out = f;
    else
        farm_free(f);
    return status;
}

/* --- what is told ----------------------------------------------------------------------------------------------- */

static report_input report_of(const farm *f) {
    const config *c = &f->config;
    return (report_input){.name = c->name,
                          .description = c->description,
                          .config_path = c->path,
                          .resolved = c->resolved,
                          .defaulted = c->defaulted,
                          .command = c->command,
                          .seed = c->seed,
                          .series_file = c->series_file,
                          .series_column = c->series_column,
                          .series = &c->series,
                          .precision = c->precision == PRECISION_F32 ? "f32" : "f64",
                          .vector_level = f->vector_name,
                          .vector_bits = f->vector_bits,
                          .repeats = f->count,
                          .half_width = isnan(c->half_width) ? 0 : c->half_width,
                          .widest = f->widest,
                          .experiments = c->experiments,
                          .n_experiments = c->n_experiments,
                          .frames = f->plan.frame_of,
                          .results = &f->results,
                          .comparisons = &f->comparisons,
                          .no_pictures = f->no_plots,
                          .hooks = f->hooks,
                          .forecasts = c->forecasts,
                          .reused = f->reused,
                          .computed = count_all_complete(f) - f->reused};
}

char *farm_default_folder(const farm *f) {
    static const char root[] = "out/";
    char *folder = malloc(sizeof root + strlen(f->config.name));
    if (folder) strcat(strcpy(folder, root), f->config.name);
    return folder;
}

/* A folder that holds another run's store has that run's tables. */
static farm_status check_own_folder(const farm *f, const char *folder, farm_errors *errors) {
    struct stat theirs, ours;
    char *path = shards_file(folder, 1, 1);
    if (!path) return FARM_FAILED;
    bool held = stat(path, &theirs) == 0;
    bool own = held && f->store && stat(store_path(f->store), &ours) == 0 && theirs.st_dev == ours.st_dev &&
               theirs.st_ino == ours.st_ino;
    if (held && !own)
        errors_add(
            errors, (error_place){.file = folder},
            "this folder holds another run (farm.db), whose tables would be replaced; choose another with --out");
    free(path);
    return held && !own ? FARM_BAD_INPUT : FARM_OK;
}

farm_status farm_write(const farm *f, const char *folder, farm_errors *errors) {
    assert(f->done);
    farm_status own = check_own_folder(f, folder, errors);
    if (own != FARM_OK) return own;
    report_input in = report_of(f);
    farm_status status = report_write(&in, folder, errors), fetched = check_fetched(f, errors);
    return status == FARM_OK ? fetched : status;
}

farm_status farm_print_results(const farm *f, FILE *out, const farm_style *style) {
    assert(f->done);
    report_input in = report_of(f);
    return report_print(&in, out, style) ? FARM_OK : FARM_FAILED;
}

static farm_status estimate(const pool_work *work, double *seconds, farm_errors *errors) {
    if (pool_check_memory(work, errors) != FARM_OK) return FARM_FAILED;
    *seconds = pool_estimate(work);
    if (*seconds >= 0) return FARM_OK;
    errors_add(errors, (error_place){0}, "out of memory for the largest model of the plan");
    return FARM_FAILED;
}

/* Bytes of a store's rows of so many repeats: measured at 28 to 33 a row beside its numbers. */
static size_t store_size(const farm *f, size_t repeats) {
    size_t a_repeat = 0;
    for (size_t i = 0; i < f->config.n_experiments; i++) {
        const experiment *e = &f->config.experiments[i];
        if (!counts(f, i)) continue;
        size_t walk = (size_t)scheme_walk_length(e), test = (size_t)e->frame.test;
        size_t numbers = test + (f->config.save_models ? lstm_parameters(&e->model) : 0) +
                         (f->config.record_loss ? results_loss_points(e->train.epochs) : 0);
        a_repeat = memory_sum(a_repeat, 8 * numbers + 33 * ((test - 1) / walk + 1));
    }
    return memory_product(repeats, a_repeat);
}

/* Bytes of results that are held, beside those of the program, its libraries and SQLite's cache. */
static size_t results_size(const farm *f, size_t repeats) {
    const config *c = &f->config;
    size_t window = results_window(c->experiments, c->n_experiments);
    return memory_sum(results_bytes(c->experiments, c->n_experiments, repeats, window, kept_of(f)), (size_t)16 << 20);
}

/* Beside the results, what comparing and reporting them takes: a byte of each, and one experiment's in order, twice 16. */
static size_t comparing_size(const farm *f, size_t repeats) {
    size_t trained = 0;
    for (size_t i = 0; i < f->config.n_experiments; i++) trained += counts(f, i);
    return memory_product(trained + 40, repeats);
}

/* What the largest of the planned shards comes to. */
static farm_status plan_shards(const farm *f, shards_plan *out, farm_errors *errors) {
    size_t first, end, buffered;
    pool_work work = work_of(f);
    store_shard_range((size_t)f->config.repeats, 1, f->planned_shards, &first, &end);
    work.repeats = end;
    out->all_repeats = (size_t)f->config.repeats;
    out->shards = f->planned_shards;
    out->threads = pool_threads(work.threads);
    out->repeats = end;
    out->steps = f->plan.steps_taken * end;
    out->store = store_size(f, end);
    /* rows wait for a slow disk in two buffers, see store_writer.c */
    buffered = memory_product(2, out->store) < (size_t)256 << 20 ? 2 * out->store : (size_t)256 << 20;
    out->memory = memory_sum(memory_sum(results_size(f, end), buffered), pool_memory(&work));
    out->merge_store = store_size(f, out->all_repeats);
    out->merge_memory = memory_sum(results_size(f, out->all_repeats), comparing_size(f, out->all_repeats));
    return estimate(&work, &out->seconds, errors);
}

farm_status farm_print_plan(const farm *f, FILE *out, farm_errors *errors) {
    pool_work work = work_of(f);
    shards_plan shards = {0};
    double seconds;
    farm_status status = estimate(&work, &seconds, errors);
    if (status == FARM_OK && f->planned_shards > 1) status = plan_shards(f, &shards, errors);
    if (status != FARM_OK) return status;
    report_plan(out, &f->plan, f->config.experiments, work.repeats, pool_threads(work.threads), seconds);
    if (f->planned_shards > 1) report_plan_shards(out, &shards);
    return FARM_OK;
}

farm_status farm_print_plan_json(const farm *f, FILE *out, farm_errors *errors) {
    char *folder = farm_default_folder(f);
    shards_plan shards = {.name = f->config.name, .folder = folder, .run = f->id.hex};
    farm_status status = folder ? plan_shards(f, &shards, errors) : FARM_FAILED;
    if (status == FARM_OK) report_plan_json(out, &shards);
    free(folder);
    return status;
}

const char *farm_run_id(const farm *f) { return f->id.hex; }

const char *farm_forecasts(const farm *f) {
    return config_key_find(SECTION_TOP, "forecasts")->choices[f->config.forecasts];
}

const char *farm_name(const farm *f) { return f->config.name; }

size_t farm_repeats(const farm *f) { return f->count; }

size_t farm_experiments(const farm *f) { return f->config.n_experiments; }

const char *farm_experiment_name(const farm *f, size_t index) {
    assert(index < f->config.n_experiments);
    return f->config.experiments[index].name;
}

const double *farm_rmse(const farm *f, size_t index, size_t *n) {
    assert(f->done && index < f->config.n_experiments);
    *n = f->results.experiments[index].n_repeats;
    return f->results.experiments[index].rmse;
}
