/* plan.h - which fits and walks a run needs, with what they share done once.
 * In: experiments, a series. Out: chains of fits, each a base fit or one refit origin, with the walks that start
 * from them. The same for every repeat. Must not know threads, lanes, files or config.
 * Invariant: sharing changes how much is computed, never a bit of what comes out. */
#ifndef PLAN_H
#define PLAN_H

#include "schemes.h"

/* Test rows from ... to - 1 of one experiment. */
typedef struct {
    int experiment, from, to;
} plan_walk;

/* A place in a chain where walks start: after so many epochs in all. */
typedef struct {
    int epochs;
    plan_walk *walks; /* [n_walks] */
    size_t n_walks;
} plan_stop;

/* One model trained on and on over the same rows. */
typedef struct {
    int experiment;                    /* one that needs it: its frame, model and optimizer are the chain's */
    int origin;                        /* test rows seen: it trains on n_train + origin rows */
    int initial_origin, initial_refit; /* which first weights, see initial_key */
    int batch;                         /* rows a gradient step of its fits */
    int places;                        /* the largest batch of it and its walks */
    plan_stop *stops;                  /* [n_stops], epochs ascending */
    size_t n_stops;
    int family; /* chains of one may be trained in lanes side by side, each over its own rows; -1: this one may not */
    uint64_t steps;   /* gradient steps a repeat: the fits and all their walks */
    uint64_t rows;    /* rows passed over in them, and in replays: what takes the time, whatever the batch */
    uint64_t longest; /* of those one after another: the fits to a stop and the longest walk from there */
} plan_chain;

typedef struct {
    frame *frames; /* [n_frames], one for each different spec */
    size_t n_frames;
    const frame **frame_of; /* [n_experiments] into frames */
    int *same_as; /* [n_experiments] the earlier experiment with the same work, whose results it takes; or -1 */
    size_t n_experiments;
    plan_chain *chains; /* [n_chains], most steps first */
    size_t n_chains;
    int n_families;
    uint64_t steps_asked, steps_taken; /* a repeat: each experiment by itself; and as planned */
} plan;

/* Of LANES lanes, so many repeats left over are trained beside those of other chains of their family; more fill a block of
 * their own well enough: measured, mixing gains 20% at 10, 7% at 13 and nothing at 15. */
enum { MOST_MIXED = 13 };

/* Whether so many repeats of a chain are trained beside those of its family. */
bool plan_mixes(const plan_chain *chain, size_t repeats);

/* Tasks of up to LANES lanes that so many repeats take. */
size_t plan_tasks(const plan *p, size_t repeats);

typedef enum { PLAN_SHARED, PLAN_UNSHARED } plan_sharing;

/* experiments outlive the plan. FARM_FAILED: out of memory. */
farm_status plan_expand(plan *out, const experiment *experiments, size_t n, const series *s, plan_sharing sharing,
                        farm_errors *errors);
void plan_free(plan *p);

#endif
