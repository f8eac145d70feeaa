/* schemes.h - what an experiment is, and the walk forward: what is trained on which rows, and when.
 * In: a frame, an experiment, a trained block of models. Out: one forecast per test row and lane.
 * Must not know JSON, files, threads or which repeats a block holds.
 * Invariant: the forecast of a test row is made before that row is learnt from. */
#ifndef SCHEMES_H
#define SCHEMES_H

#include "frame.h"
#include "initial.h"
#include "lstm.h"

typedef enum { SCHEME_FIXED, SCHEME_UPDATE, SCHEME_REFIT, SCHEME_PERSISTENCE } scheme_kind;

/* Which of the rows known so far an update learns from, counted back from the newest. */
typedef enum { UPDATE_ROWS_ALL, UPDATE_ROWS_LAST, UPDATE_ROWS_FRACTION } update_rows_kind;

typedef enum { UPDATE_OPTIMIZER_KEEP, UPDATE_OPTIMIZER_RESET } update_optimizer;

typedef enum { REFIT_FRESH, REFIT_SAME, REFIT_CURRENT } refit_init;

typedef enum { FORECAST_AS_TRAINED, FORECAST_ZERO, FORECAST_WARM } forecast_state;

typedef struct {
    int epochs; /* of the base fit and of each refit, >= 1 */
    optimizer_spec optimizer;
} train_spec;

typedef struct {
    int epochs; /* per update, >= 1 */
    update_rows_kind rows;
    int last;        /* UPDATE_ROWS_LAST: how many, >= 1 ("newest" is 1) */
    double fraction; /* UPDATE_ROWS_FRACTION: in (0, 1], at least one row */
    update_optimizer optimizer;
} update_spec;

/* One experiment, everything resolved. */
typedef struct {
    char *name;
    scheme_kind scheme;
    frame_spec frame;
    lstm_shape model;
    initial_spec initial; /* how the first weights are made */
    train_spec train;
    update_spec update;   /* SCHEME_UPDATE */
    refit_init init;      /* SCHEME_REFIT */
    int every;            /* update, refit: learn only before every k-th forecast, >= 1 */
    forecast_state state_at_forecast;
    int *matches;    /* [n_matches] update experiments, by index, that this fixed one is the baseline of */
    size_t n_matches;
} experiment;

#endif
