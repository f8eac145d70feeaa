/* results.h - what came out of a run: RMSEs, forecasts and final weights, by experiment and repeat.
 * Plain arrays in a fixed order, so that nothing depends on which thread wrote what when. */
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
} experiment_result;

typedef struct {
    experiment_result *experiments; /* [n_experiments] */
    size_t n_experiments;
    uint64_t steps_asked; /* gradient steps if every experiment were trained by itself */
    uint64_t steps_taken; /* gradient steps actually made */
    double seconds;
    int threads;
} results;

/* Room for everything, filled with NaN. FARM_FAILED: out of memory, with the size in the message. */
farm_status results_init(results *out, const experiment *experiments, size_t n_experiments, size_t repeats,
                         bool keep_weights, farm_errors *errors);
void results_free(results *r);

#endif
