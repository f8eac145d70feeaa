/* schemes.h - what an experiment is, and the walk forward: what is trained on which rows, and when.
 * In: a frame, an experiment, a trained block of models. Out: one forecast per test row and lane.
 * Must not know JSON, files, threads or which repeats a block holds.
 * Invariant: the forecast of a test row is made before that row is learnt from. */
#ifndef SCHEMES_H
#define SCHEMES_H

#include "frame.h"
#include "initial.h"
#include "lstm.h"

/* X(CONSTANT, name): the schemes that train an LSTM, and the baselines, each a function in baselines.c. */
#define LSTM_SCHEMES(X)                                                                                                \
    X(FIXED, fixed)                                                                                                    \
    X(UPDATE, update)                                                                                                  \
    X(REFIT, refit)
#define BASELINES(X)                                                                                                   \
    X(PERSISTENCE, persistence)                                                                                        \
    X(DRIFT, drift)                                                                                                    \
    X(MEAN, mean)                                                                                                      \
    X(SEASONAL_NAIVE, seasonal_naive)                                                                                  \
    X(SES, ses)                                                                                                        \
    X(HOLT, holt)                                                                                                      \
    X(AR, ar)
#define SCHEME_CONSTANT(CONSTANT, name) SCHEME_##CONSTANT,
typedef enum { LSTM_SCHEMES(SCHEME_CONSTANT) BASELINES(SCHEME_CONSTANT) } scheme_kind;

const char *scheme_name(scheme_kind scheme);

/* Which of the rows known so far an update learns from, counted back from the newest. */
typedef enum { UPDATE_ROWS_ALL, UPDATE_ROWS_LAST, UPDATE_ROWS_FRACTION } update_rows_kind;

typedef enum { UPDATE_OPTIMIZER_KEEP, UPDATE_OPTIMIZER_RESET } update_optimizer;

typedef enum { REFIT_FRESH, REFIT_SAME, REFIT_CURRENT } refit_init;

typedef enum { FORECAST_AS_TRAINED, FORECAST_ZERO, FORECAST_WARM } forecast_state;

/* When a fit sets h = c = 0. */
typedef enum { STATE_PER_EPOCH, STATE_PER_ROW, STATE_CARRY } train_state;

typedef struct {
    int epochs; /* of the base fit and of each refit, >= 1 */
    int batch;  /* rows a gradient step in the base fit, >= 1 */
    train_state state;
    optimizer_spec optimizer;
} train_spec;

typedef struct {
    int epochs; /* per update, >= 1 */
    update_rows_kind rows;
    int last;        /* UPDATE_ROWS_LAST: how many, >= 1 ("newest" is 1) */
    double fraction; /* UPDATE_ROWS_FRACTION: in (0, 1], at least one row */
    update_optimizer optimizer;
} update_spec;

/* What a baseline is told; each uses what it knows. */
typedef struct {
    bool refit; /* estimate anew before every k-th forecast (experiment.every), not on the training part alone */
    int period; /* seasonal_naive: observations a season, >= 1 */
    double alpha, beta; /* ses, holt: smoothing weights in [0, 1]; NaN: fitted */
} baseline_spec;

/* One experiment, everything resolved. */
typedef struct {
    char *name;
    char *work; /* all that decides its results, but for series, seed and precision, as text; NULL: made by hand */
    scheme_kind scheme;
    frame_spec frame;
    lstm_shape model;
    initial_spec initial; /* how the first weights are made */
    train_spec train;
    update_spec update; /* SCHEME_UPDATE */
    refit_init init;    /* SCHEME_REFIT */
    baseline_spec baseline;
    int every; /* update, refit, a baseline's refit: learn only before every k-th forecast, >= 1 */
    int batch; /* update, refit: rows a gradient step in what is learnt on the way, >= 1 */
    forecast_state state_at_forecast;
    int *matches; /* [n_matches] update experiments, by index, that this fixed one is the baseline of */
    size_t n_matches;
} experiment;

bool experiment_is_lstm(const experiment *e);   /* needs repeats; the baselines do not */
bool experiment_learns_on(const experiment *e); /* changes its weights during the walk: update, refit from current */
bool experiment_same_work(const experiment *a, const experiment *b); /* alike in all but name and matches */
bool experiment_same_model(const experiment *a,
                           const experiment *b); /* same first weights and training, but for epochs, batch */

/* Test rows that one fitted model forecasts: all, or those from one refit to the next. */
int scheme_walk_length(const experiment *e);

/* Called after every few milliseconds, which may be a part of an epoch or several, with the gradient steps since the last
 * call in every lane from one on, 0 where it only forecast; false stops the fit or walk there. */
typedef struct {
    bool (*steps_done)(void *context, int steps, int first_lane);
    void *context;
    /* NULL, or called after each epoch of scheme_fit with the mean squared error of its rows, each before its own step
     * (what Keras calls the epoch's loss). loss [LANES]; the model records it. */
    void (*epoch_done)(void *context, const double *loss);
} scheme_hooks;

/* How rows are learnt from. */
typedef struct {
    int batch;
    train_state state;
} manner;

/* Trains for epochs more over the first n_rows rows, which batch divides. false: stopped by a hook. */
bool scheme_fit(lstm *model, const frame *f, int n_rows, int epochs, manner how, const scheme_hooks *hooks);

/* The same, row by row, for groups of lanes (lstm.h) that each have rows of their own: group g the first n_rows[g], which
 * ascend. The state is not carried from epoch to epoch. */
bool scheme_fit_groups(lstm *model, const frame *f, const int *n_rows, const int *ends, int n_groups, int epochs,
                       train_state state, const scheme_hooks *hooks);

/* Walks test rows from ... to - 1 with a model trained up to row from, learning on the way where the scheme does.
 * forecasts [n_test][LANES], series units; other rows are left alone. false: stopped by a hook. */
bool scheme_walk(lstm *model, const frame *f, const experiment *e, int from, int to, double *forecasts,
                 const scheme_hooks *hooks);

/* Before forecast number step (from 0) the experiment learns anew. */
bool scheme_learns_before(const experiment *e, int step);

/* Rows that an update before forecast number step learns from, of n_train + step known ones. */
int scheme_update_rows(const update_spec *update, int known);

/* How many rows some fit, update or refit of the experiment has that its batch does not divide; 0: all is well. */
int scheme_indivisible(const experiment *e, int n_train);

/* Gradient steps of a walk in each lane. */
uint64_t scheme_walk_steps(const experiment *e, int n_train, int from, int to);

/* Rows that a walk goes through forwards alone, where its forecasts start from a warm state. */
uint64_t scheme_walk_replayed(const experiment *e, int n_train, int from, int to);

/* Gradient steps of the whole experiment by itself: base fit, updates, refits. 0 for a baseline. */
uint64_t scheme_steps(const experiment *e, int n_train);

#endif
