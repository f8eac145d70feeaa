/* schemes.c - the walk forward. See schemes.h and docs/semantics.md.
 * The first row a model may not have seen is n_train + step when forecast number step is made. */
#include "schemes.h"

#include <assert.h>
#include <math.h>

const char *scheme_name(scheme_kind scheme) {
#define SCHEME_NAME(CONSTANT, name) #name,
    static const char *const names[] = {LSTM_SCHEMES(SCHEME_NAME) BASELINES(SCHEME_NAME)};
    return names[scheme];
}

bool experiment_is_lstm(const experiment *e) { return e->scheme <= SCHEME_REFIT; }

bool experiment_learns_on(const experiment *e) {
    return e->scheme == SCHEME_UPDATE || (e->scheme == SCHEME_REFIT && e->init == REFIT_CURRENT);
}

static bool same_shape(const lstm_shape *a, const lstm_shape *b) {
    return a->lags == b->lags && a->neurons == b->neurons && a->activation == b->activation &&
           a->recurrent_activation == b->recurrent_activation && a->bias_vectors == b->bias_vectors;
}

static bool same_initial(const initial_spec *a, const initial_spec *b) {
    if (a->given || b->given) return a->given == b->given;
    return a->kernel == b->kernel && a->recurrent == b->recurrent && a->dense == b->dense &&
           a->biases_uniform == b->biases_uniform && a->unit_forget_bias == b->unit_forget_bias;
}

static bool same_optimizer(const optimizer_spec *a, const optimizer_spec *b) {
    return a->kind == b->kind && a->learning_rate == b->learning_rate && a->beta_1 == b->beta_1 &&
           a->beta_2 == b->beta_2 && a->epsilon == b->epsilon && a->placement == b->placement;
}

bool experiment_same_model(const experiment *a, const experiment *b) {
    return frame_spec_equal(&a->frame, &b->frame) && same_shape(&a->model, &b->model) &&
           same_initial(&a->initial, &b->initial) && same_optimizer(&a->train.optimizer, &b->train.optimizer) &&
           a->train.state == b->train.state;
}

static bool same_update(const update_spec *a, const update_spec *b) {
    return a->epochs == b->epochs && a->rows == b->rows && a->optimizer == b->optimizer &&
           (a->rows != UPDATE_ROWS_LAST || a->last == b->last) &&
           (a->rows != UPDATE_ROWS_FRACTION || a->fraction == b->fraction);
}

static bool same_or_nan(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

static bool same_baseline(const experiment *a, const experiment *b) {
    const baseline_spec *x = &a->baseline, *y = &b->baseline;
    return x->refit == y->refit && a->every == b->every && x->period == y->period && same_or_nan(x->alpha, y->alpha) &&
           same_or_nan(x->beta, y->beta);
}

bool experiment_same_work(const experiment *a, const experiment *b) {
    if (a->scheme != b->scheme || !frame_spec_equal(&a->frame, &b->frame)) return false;
    if (!experiment_is_lstm(a)) return same_baseline(a, b);
    if (!experiment_same_model(a, b) || a->train.epochs != b->train.epochs || a->train.batch != b->train.batch)
        return false;
    if (a->state_at_forecast != b->state_at_forecast) return false;
    if (a->scheme == SCHEME_FIXED) return true;
    if (a->every != b->every || a->batch != b->batch) return false;
    return a->scheme == SCHEME_UPDATE ? same_update(&a->update, &b->update) : a->init == b->init;
}

int scheme_walk_length(const experiment *e) {
    bool anew = e->scheme == SCHEME_REFIT && e->init != REFIT_CURRENT;
    return anew && e->every < e->frame.test ? e->every : e->frame.test;
}

/* Rows first ... end - 1 of a frame. */
static lstm_rows rows_between(const frame *f, int first, int end) {
    return (lstm_rows){f->inputs + (size_t)first * (size_t)f->lags, f->targets + first, end - first};
}

/* Rows that a few milliseconds of training take, so that a stop is heard soon however wide the model is; whole
 * batches of them. */
static int rows_between_polls(const lstm *model, int batch) {
    size_t rows = 400000 / lstm_parameters(lstm_shape_of(model));
    int batches = (int)rows / batch;
    return batches > 0 ? batches * batch : batch;
}

static row_state row_state_of(manner how) { return how.state == STATE_PER_ROW ? ROW_STATE_KEPT : ROW_STATE_CARRIED; }

/* Rows of one epoch, handed to the kernel in pieces: the state goes on from one to the next as if there were none. */
static bool train_rows(lstm *model, const lstm_rows *rows, manner how, int first_lane, const scheme_hooks *hooks) {
    int lags = lstm_shape_of(model)->lags, at_once = rows_between_polls(model, how.batch);
    row_state state = row_state_of(how);
    for (int first = 0; first < rows->n; first += at_once) {
        int n = rows->n - first < at_once ? rows->n - first : at_once;
        lstm_rows piece = {rows->inputs + (size_t)first * (size_t)lags, rows->targets + first, n};
        if (how.batch > 1)
            lstm_train_batches(model, &piece, how.batch, state);
        else
            lstm_train_rows(model, &piece, state);
        if (!hooks->steps_done(hooks->context, n / how.batch, first_lane)) return false;
    }
    return true;
}

static bool train_epoch(lstm *model, const lstm_rows *rows, manner how, const scheme_hooks *hooks) {
    if (!train_rows(model, rows, how, 0, hooks)) return false;
    if (how.state != STATE_CARRY) lstm_reset_state(model);
    return true;
}

static void tell_loss(lstm *model, int n_rows, const scheme_hooks *hooks) {
    double loss[LANES];
    if (!hooks->epoch_done) return;
    lstm_take_loss(model, loss);
    for (int lane = 0; lane < LANES; lane++) loss[lane] /= n_rows;
    hooks->epoch_done(hooks->context, loss);
}

/* As many of the epochs that are left as are gone through between two polls; one where somebody wants to hear of each. */
static int epochs_at_once(const lstm *model, const lstm_rows *rows, int left, manner how, const scheme_hooks *hooks) {
    int n = how.batch > 1 || hooks->epoch_done || rows->n == 0 ? 1 : rows_between_polls(model, 1) / rows->n;
    return n < 1 ? 1 : n < left ? n : left;
}

/* Returns how many it took, fewer than n where all lanes have diverged; 0: it was stopped. */
static int train_epochs(lstm *model, const lstm_rows *rows, int n, manner how, const scheme_hooks *hooks) {
    row_state state = row_state_of(how);
    if (n == 1) return train_epoch(model, rows, how, hooks) ? 1 : 0;
    n = lstm_train_epochs(model, rows, &(lstm_epochs){n, state, how.state != STATE_CARRY});
    return hooks->steps_done(hooks->context, n * rows->n, 0) ? n : 0;
}

/* The first epoch starts from the state that is there, but where each row starts from zero. A block that has diverged
 * in every lane is left alone. */
static bool train(lstm *model, lstm_rows rows, int epochs, manner how, const scheme_hooks *hooks) {
    if (how.state == STATE_PER_ROW) lstm_reset_state(model);
    if (how.batch > 1) lstm_spread_state(model, how.batch);
    for (int done = 0, n; done < epochs && !lstm_all_diverged(model); done += n) {
        n = epochs_at_once(model, &rows, epochs - done, how, hooks);
        n = train_epochs(model, &rows, n, how, hooks);
        if (n == 0) return false;
        tell_loss(model, rows.n, hooks);
    }
    if (how.batch > 1) lstm_gather_state(model, how.batch);
    return true;
}

bool scheme_fit(lstm *model, const frame *f, int n_rows, int epochs, manner how, const scheme_hooks *hooks) {
    return train(model, rows_between(f, 0, n_rows), epochs, how, hooks);
}

/* A group that has had its rows waits aside until the others have had theirs. */
static bool train_groups_epoch(lstm *model, const frame *f, const int *n_rows, const int *ends, int n_groups,
                               manner how, const scheme_hooks *hooks) {
    for (int g = 0; g < n_groups; g++) {
        lstm_rows rows = rows_between(f, g > 0 ? n_rows[g - 1] : 0, n_rows[g]);
        if (g > 0) lstm_set_aside(model);
        if (!train_rows(model, &rows, how, g > 0 ? ends[g - 1] : 0, hooks)) return false;
    }
    lstm_put_back(model);
    lstm_reset_state(model);
    return true;
}

bool scheme_fit_groups(lstm *model, const frame *f, const int *n_rows, const int *ends, int n_groups, int epochs,
                       train_state state, const scheme_hooks *hooks) {
    manner how = {1, state};
    assert(state != STATE_CARRY);
    lstm_reset_state(model);
    for (int i = 0; i < epochs && !lstm_all_diverged(model); i++)
        if (!train_groups_epoch(model, f, n_rows, ends, n_groups, how, hooks)) return false;
    return true;
}

bool scheme_learns_before(const experiment *e, int step) {
    return (e->scheme == SCHEME_UPDATE || e->scheme == SCHEME_REFIT) && step > 0 && step % e->every == 0;
}

int scheme_update_rows(const update_spec *update, int known) {
    switch (update->rows) {
    case UPDATE_ROWS_LAST: return update->last < known ? update->last : known;
    case UPDATE_ROWS_FRACTION: /* rounded up, but not for the last bits of a product: 0.28 x 25 is 7 */
        return (int)fmax(1, ceil(update->fraction * known * (1 - 1e-12)));
    case UPDATE_ROWS_ALL: break;
    }
    return known;
}

/* An update goes on from the state that the last forecast left; a refit from the current weights is a fit of its own,
 * so it starts from zero with a new optimizer. */
static bool learn(lstm *model, const frame *f, const experiment *e, int known, const scheme_hooks *hooks) {
    manner how = {e->batch, e->train.state};
    if (e->scheme == SCHEME_REFIT) {
        lstm_reset_state(model);
        lstm_reset_optimizer(model);
        return train(model, rows_between(f, 0, known), e->train.epochs, how, hooks);
    }
    if (e->update.optimizer == UPDATE_OPTIMIZER_RESET) lstm_reset_optimizer(model);
    int newest = scheme_update_rows(&e->update, known);
    return train(model, rows_between(f, known - newest, known), e->update.epochs, how, hooks);
}

/* Forward through all known rows, from zero. false: stopped by a hook. */
static bool replay(lstm *model, const frame *f, int known, const scheme_hooks *hooks) {
    int at_once = rows_between_polls(model, 1);
    double unused[LANES];
    lstm_reset_state(model);
    for (int r = 0; r < known; r++) {
        lstm_forecast(model, f->inputs + (size_t)r * (size_t)f->lags, unused);
        if ((r + 1) % at_once == 0 && !hooks->steps_done(hooks->context, 0, 0)) return false;
    }
    return true;
}

static void forecast_row(lstm *model, const frame *f, int row, double *forecasts) {
    double output[LANES];
    lstm_forecast(model, f->inputs + (size_t)row * (size_t)f->lags, output);
    for (int lane = 0; lane < LANES; lane++) forecasts[lane] = frame_invert(f, row, output[lane]);
}

/* A model trained with each row from zero forecasts so, too, unless it is told otherwise. */
static bool starts_from_zero(const experiment *e) {
    return e->state_at_forecast == FORECAST_ZERO ||
           (e->state_at_forecast == FORECAST_AS_TRAINED && e->train.state == STATE_PER_ROW);
}

/* With the weights of the step before, a warm state is what that step's forecast left. */
static bool replays_before(const experiment *e, int from, int step) {
    return e->state_at_forecast == FORECAST_WARM && (step == from || scheme_learns_before(e, step));
}

bool scheme_walk(lstm *model, const frame *f, const experiment *e, int from, int to, double *forecasts,
                 const scheme_hooks *hooks) {
    int at_once = rows_between_polls(model, 1);
    assert(from >= 0 && to <= f->n_test);
    for (int step = from; step < to; step++) {
        int known = f->n_train + step;
        bool learns = step > from && scheme_learns_before(e, step);
        if (learns && !learn(model, f, e, known, hooks)) return false;
        if (starts_from_zero(e)) lstm_reset_state(model);
        if (replays_before(e, from, step) && !replay(model, f, known, hooks)) return false;
        forecast_row(model, f, known, forecasts + (size_t)step * LANES);
        if ((step - from + 1) % at_once == 0 && !hooks->steps_done(hooks->context, 0, 0)) return false;
    }
    return true;
}

/* Rows and epochs of what is learnt before forecast number step. */
static int rows_learnt(const experiment *e, int n_train, int step) {
    return e->scheme == SCHEME_UPDATE ? scheme_update_rows(&e->update, n_train + step) : n_train + step;
}

static uint64_t steps_learnt(const experiment *e, int n_train, int step) {
    int epochs = e->scheme == SCHEME_UPDATE ? e->update.epochs : e->train.epochs;
    return (uint64_t)epochs * (uint64_t)(rows_learnt(e, n_train, step) / e->batch);
}

int scheme_indivisible(const experiment *e, int n_train) {
    if (n_train % e->train.batch != 0) return n_train;
    for (int step = 1; step < e->frame.test; step++)
        if (scheme_learns_before(e, step) && rows_learnt(e, n_train, step) % e->batch != 0)
            return rows_learnt(e, n_train, step);
    return 0;
}

uint64_t scheme_walk_steps(const experiment *e, int n_train, int from, int to) {
    uint64_t steps = 0;
    for (int step = from + 1; experiment_learns_on(e) && step < to; step++)
        if (scheme_learns_before(e, step)) steps += steps_learnt(e, n_train, step);
    return steps;
}

uint64_t scheme_walk_replayed(const experiment *e, int n_train, int from, int to) {
    uint64_t rows = 0;
    for (int step = from; step < to; step++)
        if (replays_before(e, from, step)) rows += (uint64_t)(n_train + step);
    return rows;
}

uint64_t scheme_steps(const experiment *e, int n_train) {
    if (!experiment_is_lstm(e)) return 0;
    uint64_t steps = (uint64_t)e->train.epochs * (uint64_t)(n_train / e->train.batch);
    for (int step = 1; step < e->frame.test; step++)
        if (scheme_learns_before(e, step)) steps += steps_learnt(e, n_train, step);
    return steps;
}
