/* plan.c - experiments to chains of fits. See plan.h. */
#include "plan.h"
#include "memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What is built up while planning; out of memory is remembered rather than carried through every call. */
typedef struct {
    plan *plan;
    const experiment *experiments;
    plan_sharing sharing;
    size_t *slots; /* [n_slots] 1 + a chain, at its hash or after it; 0: free. At least half are. */
    size_t n_slots;
    bool failed;
} planner;

/* Room for one more item of an array of n; NULL and failed: out of memory, the array stays as it was. */
static void *grown(planner *p, void *items, size_t n, size_t item_size) {
    if (p->failed) return NULL;
    if (n & (n - 1)) return items; /* has room up to the next power of two */
    void *more = realloc(items, (n ? 2 * n : 1) * item_size);
    if (!more) p->failed = true;
    return more;
}

/* Where the state is never reset, a walk moves it on and a stop hands it from a batch's places to one: what comes after
 * would not be what it is alone, so such fits are not shared. */
static bool same_chain(const planner *p, const plan_chain *a, const plan_chain *b) {
    const experiment *x = &p->experiments[a->experiment], *y = &p->experiments[b->experiment];
    return p->sharing == PLAN_SHARED && x->train.state != STATE_CARRY && a->origin == b->origin &&
           a->initial_origin == b->initial_origin && a->initial_refit == b->initial_refit && a->batch == b->batch &&
           experiment_same_model(x, y);
}

/* Alike for chains that are the same_chain. A long series refitted at every row makes as many chains as it has rows. */
static size_t hash_of(const planner *p, const plan_chain *chain) {
    const experiment *e = &p->experiments[chain->experiment];
    uint64_t rate,
        parts[] = {(uint64_t)chain->origin,   (uint64_t)chain->initial_origin, (uint64_t)chain->initial_refit,
                   (uint64_t)chain->batch,    (uint64_t)e->frame.lags,         (uint64_t)e->frame.test,
                   (uint64_t)e->model.neurons};
    memcpy(&rate, &e->train.optimizer.learning_rate, sizeof rate);
    uint64_t hash = rate;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        hash = (hash ^ parts[i]) * UINT64_C(0x9e3779b97f4a7c15); /* Fibonacci hashing: Knuth, volume 3, 6.4 */
        hash ^= hash >> 32;
    }
    return (size_t)hash;
}

/* Where the chain is, or where it would be put. */
static size_t *slot_of(const planner *p, const plan_chain *wanted) {
    assert(p->slots && p->n_slots > 0);
    size_t at = hash_of(p, wanted) % p->n_slots;
    while (p->slots[at] && !same_chain(p, &p->plan->chains[p->slots[at] - 1], wanted)) at = (at + 1) % p->n_slots;
    return &p->slots[at];
}

/* Room for one chain more. false: out of memory. */
static bool grow_slots(planner *p) {
    const plan *out = p->plan;
    if (p->failed || 2 * (out->n_chains + 1) <= p->n_slots) return !p->failed;
    free(p->slots);
    p->n_slots = p->n_slots ? 4 * p->n_slots : 64;
    p->slots = calloc(p->n_slots, sizeof *p->slots);
    p->failed = !p->slots;
    for (size_t i = 0; p->slots && i < out->n_chains; i++) *slot_of(p, &out->chains[i]) = i + 1;
    return !p->failed;
}

static plan_chain *find_or_add_chain(planner *p, plan_chain wanted) {
    plan *out = p->plan;
    size_t *slot = grow_slots(p) ? slot_of(p, &wanted) : NULL;
    if (!slot) return NULL;
    if (*slot) return &out->chains[*slot - 1];
    plan_chain *chains = grown(p, out->chains, out->n_chains, sizeof *chains);
    if (!chains) return NULL;
    out->chains = chains;
    chains[out->n_chains] = wanted;
    *slot = ++out->n_chains;
    return &chains[out->n_chains - 1];
}

/* The stop at so many epochs, put in its place by insertion. */
static plan_stop *find_or_add_stop(planner *p, plan_chain *chain, int epochs) {
    size_t at = 0;
    while (at < chain->n_stops && chain->stops[at].epochs < epochs) at++;
    if (at < chain->n_stops && chain->stops[at].epochs == epochs) return &chain->stops[at];
    plan_stop *stops = grown(p, chain->stops, chain->n_stops, sizeof *stops);
    if (!stops) return NULL;
    chain->stops = stops;
    for (size_t i = chain->n_stops++; i > at; i--) stops[i] = stops[i - 1];
    stops[at] = (plan_stop){.epochs = epochs};
    return &stops[at];
}

/* A walk of experiment e over test rows from ... to - 1, with a model fitted once origin rows were seen. */
static void add_walk(planner *p, plan_chain chain, int from, int to) {
    const experiment *e = &p->experiments[chain.experiment];
    plan_chain *found = find_or_add_chain(p, chain);
    plan_stop *stop = found ? find_or_add_stop(p, found, e->train.epochs) : NULL;
    plan_walk *walks = stop ? grown(p, stop->walks, stop->n_walks, sizeof *walks) : NULL;
    if (!walks) return;
    stop->walks = walks;
    walks[stop->n_walks++] = (plan_walk){chain.experiment, from, to};
}

/* Steps from which a refit's next model takes over: every k-th, where each refit is a chain of its own. */
static void add_experiment(planner *p, int index) {
    const experiment *e = &p->experiments[index];
    int test = e->frame.test, length = scheme_walk_length(e);
    plan_chain base = {.experiment = index, .batch = e->train.batch};
    for (int from = 0, refit = 0; from < test; from += length, refit++) {
        plan_chain chain = base;
        chain.origin = from;
        if (from > 0) chain.batch = e->batch;
        if (e->init == REFIT_FRESH) chain.initial_origin = from;
        if (e->init == REFIT_FRESH && e->initial.given) chain.initial_refit = refit;
        add_walk(p, chain, from, from + length < test ? from + length : test);
    }
}

/* Adds a walk that starts at a stop, once rows_before were passed over. */
static void measure_walk(plan_chain *chain, const experiment *e, const plan_walk *walk, int n_train,
                         uint64_t rows_before) {
    uint64_t steps = scheme_walk_steps(e, n_train, walk->from, walk->to), rows = steps * (uint64_t)e->batch;
    rows +=
        scheme_walk_replayed(e, n_train, walk->from, walk->to) / 4; /* forwards alone is about a quarter of a step */
    chain->steps += steps;
    chain->rows += rows;
    if (rows_before + rows > chain->longest) chain->longest = rows_before + rows;
    if (experiment_learns_on(e) && e->batch > chain->places) chain->places = e->batch;
}

/* Steps, rows and the room for batches, once all walks are known. */
static void measure_chain(planner *p, plan_chain *chain) {
    assert(p->plan->frame_of[chain->experiment]);
    int n_train = p->plan->frame_of[chain->experiment]->n_train;
    uint64_t epochs = (uint64_t)chain->stops[chain->n_stops - 1].epochs,
             rows = (uint64_t)n_train + (uint64_t)chain->origin;
    chain->steps = epochs * (rows / (uint64_t)chain->batch);
    chain->rows = chain->longest = epochs * rows;
    chain->places = chain->batch;
    for (size_t s = 0; s < chain->n_stops; s++)
        for (size_t w = 0; w < chain->stops[s].n_walks; w++) {
            const plan_walk *walk = &chain->stops[s].walks[w];
            measure_walk(chain, &p->experiments[walk->experiment], walk, n_train,
                         (uint64_t)chain->stops[s].epochs * rows);
        }
}

static void measure_chains(planner *p) {
    plan *out = p->plan;
    for (size_t i = 0; i < out->n_experiments; i++)
        out->steps_asked += scheme_steps(&p->experiments[i], out->frame_of[i]->n_train);
    for (size_t c = 0; c < out->n_chains; c++) {
        measure_chain(p, &out->chains[c]);
        out->steps_taken += out->chains[c].steps;
    }
}

/* A fit of its own from the first row on, after which nothing is trained: a refit. */
static bool fits_beside(const planner *p, const plan_chain *chain) {
    const experiment *e = &p->experiments[chain->experiment];
    bool walks_only = chain->n_stops == 1;
    for (size_t w = 0; walks_only && w < chain->stops[0].n_walks; w++)
        walks_only = !experiment_learns_on(&p->experiments[chain->stops[0].walks[w].experiment]);
    return walks_only && chain->origin > 0 && chain->batch == 1 && e->train.state != STATE_CARRY;
}

static bool same_family(const planner *p, const plan_chain *a, const plan_chain *b) {
    return a->stops[0].epochs == b->stops[0].epochs &&
           experiment_same_model(&p->experiments[a->experiment], &p->experiments[b->experiment]);
}

/* Chains stand in the order in which they are run. */
static void find_families(planner *p) {
    plan *out = p->plan;
    size_t *first = calloc(out->n_chains + 1, sizeof *first); /* the first chain of each family */
    if (!first) p->failed = true;
    for (size_t c = 0; first && c < out->n_chains; c++) {
        plan_chain *chain = &out->chains[c];
        int family = 0;
        chain->family = -1;
        if (!fits_beside(p, chain)) continue;
        while (family < out->n_families && !same_family(p, &out->chains[first[family]], chain)) family++;
        if (family == out->n_families) first[out->n_families++] = c;
        chain->family = family;
    }
    free(first);
}

bool plan_mixes(const plan_chain *chain, size_t repeats) { return chain->family >= 0 && repeats <= MOST_MIXED; }

size_t plan_tasks(const plan *p, size_t repeats) {
    size_t whole = repeats / LANES, rest = repeats % LANES, tasks = p->n_chains * whole;
    for (size_t c = 0; rest > 0 && c < p->n_chains; c++) tasks += !plan_mixes(&p->chains[c], rest);
    for (int family = 0; family < p->n_families; family++) {
        size_t lanes = 0;
        for (size_t c = 0; c < p->n_chains; c++)
            if (p->chains[c].family == family && plan_mixes(&p->chains[c], rest)) lanes += rest;
        tasks += (lanes + LANES - 1) / LANES;
    }
    return tasks;
}

/* Most steps first; then as planned, so that the order does not depend on qsort. */
static int compare_chains(const void *a, const void *b) {
    const plan_chain *x = a, *y = b;
    if (x->steps != y->steps) return x->steps < y->steps ? 1 : -1;
    if (x->experiment != y->experiment) return x->experiment < y->experiment ? -1 : 1;
    return (x->origin > y->origin) - (x->origin < y->origin);
}

/* Gives each experiment its place among the frames, the earlier one's where their specs are equal; returns the bytes
 * that all of them take. */
static size_t place_frames(plan *out, const experiment *experiments, size_t n_observations) {
    size_t n = 0, bytes = 0;
    for (size_t i = 0; i < out->n_experiments; i++) {
        size_t earlier = 0;
        while (earlier < i && !frame_spec_equal(&experiments[earlier].frame, &experiments[i].frame)) earlier++;
        out->frame_of[i] = earlier < i ? out->frame_of[earlier] : &out->frames[n++];
        if (earlier == i) bytes = memory_sum(bytes, frame_bytes(&experiments[i].frame, n_observations));
    }
    return bytes;
}

static farm_status build_frames(plan *out, const experiment *experiments, const series *s, farm_errors *errors) {
    size_t at_hand, bytes = place_frames(out, experiments, s->n);
    farm_status status = FARM_OK;
    if (!memory_has(bytes, &at_hand)) {
        char needed[MEMORY_TEXT], had[MEMORY_TEXT];
        memory_text(needed, bytes);
        memory_text(had, at_hand);
        errors_add(
            errors, (error_place){.key = "frame.lags"},
            "the rows of %zu observations, with all their lags, need %s of memory, and %s are at hand; take fewer "
            "lags",
            s->n, needed, had);
        return FARM_FAILED;
    }
    for (size_t i = 0; status == FARM_OK && i < out->n_experiments; i++) {
        if (out->frame_of[i] != &out->frames[out->n_frames]) continue;
        status = frame_build(&out->frames[out->n_frames], s, &experiments[i].frame, errors);
        if (status == FARM_OK) out->n_frames++;
    }
    return status;
}

static int find_same_work(const planner *p, int index) {
    for (int i = 0; p->sharing == PLAN_SHARED && i < index; i++)
        if (p->plan->same_as[i] < 0 && experiment_same_work(&p->experiments[i], &p->experiments[index])) return i;
    return -1;
}

farm_status plan_expand(plan *out, const experiment *experiments, size_t n, const series *s, plan_sharing sharing,
                        farm_errors *errors) {
    assert(n >= 1);
    planner p = {.plan = out, .experiments = experiments, .sharing = sharing};
    *out = (plan){.n_experiments = n};
    out->frames = calloc(n, sizeof *out->frames);
    out->frame_of = calloc(n, sizeof *out->frame_of);
    out->same_as = calloc(n, sizeof *out->same_as);
    p.failed = !out->frames || !out->frame_of || !out->same_as;
    if (!p.failed && build_frames(out, experiments, s, errors) != FARM_OK) {
        plan_free(out);
        return FARM_FAILED;
    }
    for (int i = 0; !p.failed && i < (int)n; i++) {
        out->same_as[i] = find_same_work(&p, i);
        if (out->same_as[i] < 0 && experiment_is_lstm(&experiments[i])) add_experiment(&p, i);
    }
    free(p.slots);
    if (!p.failed) measure_chains(&p);
    if (!p.failed && out->n_chains) qsort(out->chains, out->n_chains, sizeof *out->chains, compare_chains);
    if (!p.failed) find_families(&p);
    if (p.failed) {
        errors_add(errors, (error_place){0}, "out of memory planning %zu experiments", n);
        plan_free(out);
        return FARM_FAILED;
    }
    return FARM_OK;
}

void plan_free(plan *p) {
    for (size_t c = 0; c < p->n_chains; c++) {
        for (size_t s = 0; s < p->chains[c].n_stops; s++) free(p->chains[c].stops[s].walks);
        free(p->chains[c].stops);
    }
    free(p->chains);
    for (size_t i = 0; i < p->n_frames; i++) frame_free(&p->frames[i]);
    free(p->frames);
    free(p->frame_of);
    free(p->same_as);
    *p = (plan){0};
}
