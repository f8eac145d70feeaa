/* results.h - what came out of a run: RMSEs, forecasts and final weights, by experiment and repeat.
 * Plain arrays in a fixed order, so that nothing depends on which thread wrote what when.
 * A part is what one fitted model forecasts: all test rows of a repeat, or those from one refit to the next. What is
 * known before a run is not computed again. */
#ifndef RESULTS_H
#define RESULTS_H

#include "schemes.h"

/* What training took, as if each experiment were trained by itself: what several share counts for each of them. */
typedef struct {
    uint64_t steps; /* gradient steps */
    double seconds; /* of one thread */
} results_cost;

typedef struct {
    bool deterministic; /* one result that no repeat would change */
    size_t n_repeats;   /* the run's repeats; 1 for a deterministic baseline */
    size_t n_test;      /* forecasts a repeat */
    double *rmse;       /* [n_repeats], series units; NaN: the repeat diverged */
    size_t at, n_at;    /* repeats at ... at + n_at - 1 are at hand: see results_turn */
    double *forecasts;  /* [n_at][n_test], series units; by results_forecasts where others than these are wanted */
    double *weights;    /* [n_repeats][n_weights] at the end of the walk; NULL unless kept */
    size_t n_weights;   /* 0 for a baseline without weights */
    size_t part_length; /* test rows a part; the last may have fewer */
    size_t n_parts;     /* of each repeat */
    bool *known;        /* [n_at][n_parts] */
    double *losses;     /* [n_repeats][n_losses] of the base fit, by results_loss_epoch; NULL unless kept */
    size_t n_losses;
    results_cost cost; /* of what was computed: by this run, and, of what is stored, before */
} experiment_result;

/* Where forecasts are that are not at hand. fetch fills in those at hand of one experiment (see results_turn), and
 * returns false, having said why, where it cannot. */
typedef struct {
    bool (*fetch)(void *context, size_t index);
    void *context;
} results_source;

typedef struct {
    experiment_result *experiments; /* [n_experiments] */
    size_t n_experiments;
    size_t window;         /* repeats that are at hand at once, at most */
    results_source source; /* fetch NULL: all are at hand */
    bool *lost;            /* [1] whether fetch has failed, and NaNs stand for what was not found */
    uint64_t steps_asked;  /* gradient steps if every experiment were trained by itself */
    uint64_t steps_taken;  /* gradient steps actually made */
    double seconds;
    int threads;
} results;

/* What is kept beside forecasts. */
enum { KEEP_WEIGHTS = 1, KEEP_LOSSES = 2 };

/* What is written of the forecasts: every one; of each test row quantiles over the repeats; nothing. */
typedef enum { FORECASTS_ALL, FORECASTS_QUANTILES, FORECASTS_NONE } forecasts_written;

enum { MOST_LOSSES = 200 }; /* points of a learning curve, spread evenly over more epochs than that */

/* Points of the learning curve of so many epochs. */
size_t results_loss_points(int epochs);

/* The epoch (from 1) of point i (from 0) of n on the way to so many epochs; and the point of an epoch, or -1. */
int results_loss_epoch(int epochs, size_t n, size_t i);
int results_loss_point(int epochs, size_t n, int epoch);

/* Repeats, a multiple of 64, whose forecasts take so much memory that no more of them should be at hand at once. */
size_t results_window(const experiment *experiments, size_t n_experiments);

/* Room for everything, filled with NaN, and for the forecasts of window repeats, or of all if that is 0. keep: which of
 * the above. FARM_FAILED: out of memory, with the size in the message. */
farm_status results_init(results *out, const experiment *experiments, size_t n_experiments, size_t repeats,
                         size_t window, unsigned keep, farm_errors *errors);
void results_free(results *r);

/* Whether results_init would have room: FARM_FAILED as it would fail. */
farm_status results_check(const experiment *experiments, size_t n_experiments, size_t repeats, size_t window,
                          unsigned keep, farm_errors *errors);

/* Makes repeats at ... at + window - 1, as far as there are, those at hand of an experiment, with no forecast known. What
 * is deterministic has its one repeat at hand always. */
void results_turn(const results *r, size_t index, size_t at);

/* The forecasts of one repeat, [n_test], fetched where they are not at hand. */
const double *results_forecasts(const results *r, size_t index, size_t repeat);

/* Whether some forecast could not be fetched, so that what was made of them is void. */
bool results_lost(const results *r);

/* Bytes that results_init takes; SIZE_MAX: more than there are. */
size_t results_bytes(const experiment *experiments, size_t n_experiments, size_t repeats, size_t window, unsigned keep);

/* Forgets all repeats but the first so many. */
void results_keep_first(results *r, size_t repeats);

/* Whether every part of a repeat (from 0) at hand is known. */
bool results_complete(const experiment_result *e, size_t repeat);

#endif
