/* results.h - what came out of a run: RMSEs, forecasts and final weights, by experiment and repeat.
 * Plain arrays in a fixed order, so that nothing depends on which thread wrote what when.
 * A part is what one fitted model forecasts: all test rows of a repeat, or those from one refit to the next. What is
 * known before a run is not computed again. */
#ifndef RESULTS_H
#define RESULTS_H

#include "schemes.h"

typedef struct {
    bool deterministic; /* one result that no repeat would change */
    size_t n_repeats;   /* the run's repeats; 1 for a deterministic baseline */
    size_t n_test;      /* forecasts a repeat */
    double *rmse;       /* [n_repeats], series units; NaN: the repeat diverged */
    double *forecasts;  /* [n_repeats][n_test], series units */
    double *weights;    /* [n_repeats][n_weights] at the end of the walk; NULL unless kept */
    size_t n_weights;   /* 0 for a baseline without weights */
    size_t part_length; /* test rows a part; the last may have fewer */
    size_t n_parts;     /* of each repeat */
    bool *known;        /* [n_repeats][n_parts] */
    double *losses;     /* [n_repeats][n_losses] of the base fit, by results_loss_epoch; NULL unless kept */
    size_t n_losses;
} experiment_result;

typedef struct {
    experiment_result *experiments; /* [n_experiments] */
    size_t n_experiments;
    uint64_t steps_asked; /* gradient steps if every experiment were trained by itself */
    uint64_t steps_taken; /* gradient steps actually made */
    double seconds;
    int threads;
} results;

/* What is kept beside forecasts. */
enum { KEEP_WEIGHTS = 1, KEEP_LOSSES = 2 };

enum { MOST_LOSSES = 200 }; /* points of a learning curve, spread evenly over more epochs than that */

/* Points of the learning curve of so many epochs. */
size_t results_loss_points(int epochs);

/* The epoch (from 1) of point i (from 0) of n on the way to so many epochs; and the point of an epoch, or -1. */
int results_loss_epoch(int epochs, size_t n, size_t i);
int results_loss_point(int epochs, size_t n, int epoch);

/* Room for everything, filled with NaN. keep: which of the above. FARM_FAILED: out of memory, with the size in the message. */
farm_status results_init(results *out, const experiment *experiments, size_t n_experiments, size_t repeats,
                         unsigned keep, farm_errors *errors);
void results_free(results *r);

/* Forgets all repeats but the first so many. */
void results_keep_first(results *r, size_t repeats);

/* Whether every part of a repeat (from 0) is known. */
bool results_complete(const experiment_result *e, size_t repeat);

#endif
