/* farm_shards.c - how far the shards of a run are, from their stores alone, while farms are at work in them.
 * See farm_print_status in farm.h. In: a folder. Out: what report_status.h prints. Must not know how a store is read.
 * Invariant: nothing is written, and nobody who writes is kept waiting. */
#include "config.h"
#include "errors.h"
#include "pool.h"
#include "report_status.h"
#include "shards.h"
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What a store says of its run. The first that can be read stands for all: those that say the same share its plan. */
typedef struct {
    config config;
    plan plan;
    digest id;
    bool there;
} meaning;

typedef struct {
    const char *folder;
    int of_shards;        /* 1: the one store of a run */
    int first, last;      /* those that are looked at, from 1 */
    shard_status *shards; /* [last - first + 1] */
    const char *expected; /* id of the run; NULL: that of the first store */
    meaning meaning;
    size_t repeats; /* of the whole run; 0: not known */
    farm_errors *errors;
} looking;

/* --- which stores there are ------------------------------------------------------------------------------------- */

static bool has_whole(const char *folder) {
    char *path = shards_file(folder, 1, 1);
    bool there = path && access(path, F_OK) == 0;
    free(path);
    return there;
}

/* Into how many parts the stores of a folder are: *of_shards stays 0 where there are none, *other becomes another number
 * where there are several sets. */
static farm_status find_sets(const char *folder, int *of_shards, int *other, farm_errors *errors) {
    DIR *entries = opendir(folder);
    *of_shards = *other = 0;
    if (!entries) {
        errors_add(errors, (error_place){.file = folder}, "cannot look for stores: %s", strerror(errno));
        return FARM_FAILED;
    }
    int k, n;
    for (const struct dirent *e; (e = readdir(entries));) {
        if (!shards_is_file(e->d_name, &k, &n)) continue;
        if (*of_shards == 0) *of_shards = n;
        if (n != *of_shards) *other = n;
    }
    closedir(entries);
    return FARM_OK;
}

/* All that are there, where they are of one set. */
static farm_status choose_found(looking *l, int found, int other, farm_errors *errors) {
    l->of_shards = found > 0 ? found : 1;
    if (found == 0 && !has_whole(l->folder)) {
        errors_add(errors, (error_place){.file = l->folder},
                   "holds no store, neither farm.db nor shard-*.db: was it run with another --out?");
        return FARM_FAILED;
    }
    if (other > 0) {
        errors_add(errors, (error_place){.file = l->folder}, "holds shards of %d and of %d; say which with --shards",
                   found < other ? found : other, found < other ? other : found);
        return FARM_BAD_INPUT;
    }
    return FARM_OK;
}

/* Which are looked at: those asked for, or all that are there. */
static farm_status choose_set(looking *l, const farm_options *options, farm_errors *errors) {
    int found, other;
    farm_status status = options->shard ? shards_read_one(options->shard, &l->first, &l->of_shards, errors)
                                        : shards_read_count(options->shards, &l->of_shards, errors);
    if (status == FARM_OK) status = find_sets(l->folder, &found, &other, errors);
    if (status != FARM_OK) return status;
    l->last = l->first;
    if (options->shard) return FARM_OK;
    l->first = 1;
    if (!options->shards) status = choose_found(l, found, other, errors);
    l->last = l->of_shards;
    return status;
}

/* --- one store -------------------------------------------------------------------------------------------------- */

static void forget(meaning *m) {
    plan_free(&m->plan);
    config_free(&m->config);
    *m = (meaning){0};
}

/* The plan of a run as a store tells it. */
static farm_status understand(meaning *m, const store_run *run, const digest *id, farm_errors *errors) {
    config_kept kept = {run->config_path, run->meant, run->said, run->series, run->n_series};
    farm_status status = config_restore(&m->config, &kept, NULL, errors);
    if (status == FARM_OK)
        status = plan_expand(&m->plan, m->config.experiments, m->config.n_experiments, &m->config.series, PLAN_SHARED,
                             errors);
    m->id = *id;
    m->there = status == FARM_OK;
    if (status != FARM_OK) forget(m);
    return status;
}

/* Results without room for numbers: what is known, of so many repeats. */
static farm_status make_known(results *r, const config *c, size_t repeats, farm_errors *errors) {
    unsigned keep = (c->save_models ? KEEP_WEIGHTS : 0u) | (c->record_loss ? KEEP_LOSSES : 0u);
    farm_status status = results_init(r, c->experiments, c->n_experiments, 0, 0, keep, errors);
    for (size_t i = 0; status == FARM_OK && i < r->n_experiments; i++) {
        experiment_result *e = &r->experiments[i];
        if (e->deterministic) continue;
        bool *known = calloc(repeats * e->n_parts + 1, sizeof *known);
        if (!known) return FARM_FAILED;
        free(e->known);
        e->known = known;
        e->n_repeats = e->n_at = repeats;
    }
    return status;
}

static bool is_done(const meaning *m, const results *r, size_t repeat) {
    for (size_t i = 0; i < r->n_experiments; i++)
        if (m->plan.same_as[i] < 0 && experiment_is_lstm(&m->config.experiments[i]) &&
            !results_complete(&r->experiments[i], repeat))
            return false;
    return true;
}

/* Repeats done and steps left, by the rows. */
static farm_status count_rows(shard_status *out, store *s, const meaning *m, farm_errors *errors) {
    results known = {0};
    size_t repeats = out->end - out->first;
    farm_status status = make_known(&known, &m->config, repeats, errors);
    if (status == FARM_OK) status = store_recall_works(s, m->config.n_experiments, errors);
    if (status == FARM_OK) status = store_read_known(s, &known, out->first, errors);
    if (status == FARM_OK) {
        pool_work work = {.plan = &m->plan, .experiments = m->config.experiments, .repeats = repeats};
        for (size_t r = 0; r < repeats; r++) out->done += is_done(m, &known, r);
        out->steps_left = pool_steps(&work, &known);
    }
    results_free(&known);
    return status;
}

static void find_rate(shard_status *out, const store_run *run) {
    double since = (double)time(NULL) - (double)run->began;
    double taken = (double)run->steps_to_take - (double)out->steps_left;
    if (out->state == SHARD_DONE && run->seconds > 0 && run->steps_taken > 0) {
        out->rate = (double)run->steps_taken / run->seconds;
        out->seconds = run->seconds;
    } else if (out->state == SHARD_AT_WORK && run->began > 0 && taken > 0) {
        out->rate = taken / fmax(since, 1);
        out->seconds = (double)out->steps_left / out->rate;
    }
}

/* A farm that was through with it said so; else its rows are counted. Where repeats were added until differences were
 * known, rows also tell how many there are. */
static farm_status measure(shard_status *out, store *s, const store_run *run, const meaning *m, farm_errors *errors) {
    bool through = run->began > 0 && run->seconds > 0, by_rule = !isnan(m->config.half_width);
    farm_status status = FARM_OK;
    if (through && !by_rule)
        out->done = out->end - out->first;
    else
        status = count_rows(out, s, m, errors);
    if (through && by_rule) {
        out->end = out->first + out->done;
        out->steps_left = 0;
    }
    if (status == FARM_OK && out->done == out->end - out->first) out->state = SHARD_DONE;
    if (status == FARM_OK) find_rate(out, run);
    return status;
}

static farm_status look_into(looking *l, shard_status *out, store *s, farm_errors *errors) {
    store_run run;
    digest id;
    farm_status status = store_get_run(s, &run, errors);
    if (status == FARM_OK) status = store_id_of_run(&id, s, &run, errors);
    if (status != FARM_OK) return status;
    bool wanted =
        l->expected ? strcmp(id.hex, l->expected) == 0 : !l->meaning.there || strcmp(id.hex, l->meaning.id.hex) == 0;
    bool placed = run.of_shards == l->of_shards && run.shard == out->shard;
    if (!wanted || !placed) {
        out->state = SHARD_OF_ANOTHER;
        return FARM_OK;
    }
    if (!l->meaning.there) status = understand(&l->meaning, &run, &id, errors);
    l->repeats = run.repeats;
    store_shard_range(run.repeats, out->shard, l->of_shards, &out->first, &out->end);
    return status == FARM_OK ? measure(out, s, &run, &l->meaning, errors) : status;
}

/* One look at one store; a fault is only kept when it stays. */
static farm_status look_once(looking *l, shard_status *out, const char *path, bool *at_work, farm_errors *errors) {
    store *s = NULL;
    *out = (shard_status){.shard = out->shard, .rate = NAN, .seconds = NAN};
    farm_status status = store_look(&s, path, at_work, errors);
    out->state = *at_work ? SHARD_AT_WORK : SHARD_STOPPED;
    if (status == FARM_OK && s) status = look_into(l, out, s, errors);
    store_close(s);
    if (status != FARM_OK) out->state = SHARD_UNREADABLE;
    return status;
}

static void look_at(looking *l, int shard) {
    enum { TRIES = 5 }; /* while it is at work; else it may just have begun */
    shard_status *out = &l->shards[shard - l->first];
    char *path = shards_file(l->folder, shard, l->of_shards);
    farm_status status = path ? FARM_OK : FARM_FAILED;
    out->shard = shard;
    for (int tries = 1; path && tries <= TRIES; tries++) {
        farm_errors faults = {0};
        bool at_work = false;
        status = look_once(l, out, path, &at_work, &faults);
        bool last = status == FARM_OK || tries == TRIES || (tries > 1 && !at_work);
        for (size_t i = 0; last && i < faults.n; i++)
            errors_add(l->errors, (error_place){.file = faults.items[i].file}, "%s",
                       faults.items[i].text ? faults.items[i].text : "out of memory");
        farm_errors_free(&faults);
        if (last) break;
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL); /* a commit takes less */
    }
    if (status != FARM_OK) out->state = SHARD_UNREADABLE;
    free(path);
}

/* What a shard has to do is known without its store. */
static void fill_in(const looking *l, shard_status *s) {
    if (!l->meaning.there) return;
    if (s->state != SHARD_DONE) store_shard_range(l->repeats, s->shard, l->of_shards, &s->first, &s->end);
    s->steps = l->meaning.plan.steps_taken * (s->end - s->first);
    if (s->state != SHARD_DONE && s->done == 0 && s->steps_left == 0) s->steps_left = s->steps;
}

static void look_at_all(looking *l) {
    for (int k = l->first; k <= l->last; k++) {
        char *path = shards_file(l->folder, k, l->of_shards);
        l->shards[k - l->first] = (shard_status){.shard = k, .state = SHARD_NOT_BEGUN, .rate = NAN, .seconds = NAN};
        if (path && access(path, F_OK) == 0) look_at(l, k);
        free(path);
    }
    for (int k = l->first; k <= l->last; k++) fill_in(l, &l->shards[k - l->first]);
}

/* Whether all results are in farm.db. */
static bool is_merged(const looking *l) {
    shard_status whole = {.shard = 1};
    farm_errors ignored = {0};
    looking one = {.folder = l->folder, .of_shards = 1, .first = 1, .last = 1, .shards = &whole, .errors = &ignored};
    if (l->of_shards == 1 || !has_whole(l->folder) || !l->meaning.there) return false;
    one.expected = l->meaning.id.hex;
    look_at(&one, 1);
    forget(&one.meaning);
    farm_errors_free(&ignored);
    return whole.state == SHARD_DONE;
}

/* --- what is missing -------------------------------------------------------------------------------------------- */

/* The first shard from k on that is in the state, or is not; last + 1: none. */
static int next_in(const looking *l, int k, shard_state state, bool is) {
    while (k <= l->last && (l->shards[k - l->first].state == state) != is) k++;
    return k;
}

/* "3, 5-9, 12" of those in a state, "..." for more than a few ranges; returns how many shards. */
static int list_shards(char *text, size_t size, const looking *l, shard_state state) {
    enum { MOST_RANGES = 12 };
    int n = 0, ranges = 0;
    size_t length = 0;
    for (int k = 0, end = l->first; (k = next_in(l, end, state, true)) <= l->last;) {
        end = next_in(l, k, state, false);
        n += end - k;
        if (ranges++ >= MOST_RANGES) continue;
        length += (size_t)snprintf(text + length, size - length, end - k > 1 ? "%s%d-%d" : "%s%d",
                                   ranges > 1 ? ", " : "", k, end - 1);
    }
    if (ranges > MOST_RANGES) snprintf(text + length, size - length, ", ...");
    return n;
}

static farm_status name_missing(const looking *l) {
    static const char *const words[] = {
        [SHARD_AT_WORK] = "at work",
        [SHARD_STOPPED] = "stopped before its end; run it again, it goes on from its store",
        [SHARD_NOT_BEGUN] = "not begun",
        [SHARD_OF_ANOTHER] = "of another run: the config, its series or its options were changed; run it again",
        [SHARD_UNREADABLE] = "unreadable",
    };
    bool all = true;
    for (shard_state state = SHARD_AT_WORK; state <= SHARD_UNREADABLE; state++) {
        char list[400];
        int n = list_shards(list, sizeof list, l, state);
        if (n == 0) continue;
        all = false;
        if (l->of_shards == 1)
            errors_add(l->errors, (error_place){.file = l->folder}, "the run is %s", words[state]);
        else
            errors_add(l->errors, (error_place){.file = l->folder}, "shard%s %s of %d: %s", n == 1 ? "" : "s", list,
                       l->of_shards, words[state]);
    }
    return all ? FARM_OK : FARM_FAILED;
}

farm_status farm_print_status(const char *folder, const farm_options *options, FILE *out, const farm_style *style,
                              farm_errors *errors) {
    looking l = {.folder = folder, .expected = options->expect, .errors = errors};
    farm_status status = choose_set(&l, options, errors);
    if (status != FARM_OK) return status;
    size_t n = (size_t)(l.last - l.first) + 1;
    l.shards = calloc(n, sizeof *l.shards);
    if (!l.shards) return FARM_FAILED;
    look_at_all(&l);
    status = name_missing(&l);
    status_report report = {.folder = folder,
                            .run = l.meaning.there ? l.meaning.id.hex : NULL,
                            .of_shards = l.of_shards,
                            .merged = status == FARM_OK && n == (size_t)l.of_shards && is_merged(&l),
                            .shards = l.shards,
                            .n = n};
    if (out && style->json)
        report_status_json(out, &report);
    else if (out)
        report_status(out, &report);
    forget(&l.meaning);
    free(l.shards);
    return status;
}
