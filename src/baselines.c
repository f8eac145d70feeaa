/* baselines.c - one function a method, called for one test row after another. See baselines.h.
 * Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed. (2021), chapters 5 and 8. */
#include "baselines.h"

#include <assert.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit.h>
#include <gsl/gsl_multimin.h>
#include <math.h>
#include <stdlib.h>

/* One forecast to make. */
typedef struct {
    const double *y; /* the series; only y[0] ... y[t - 1] may be read */
    int t;           /* the observation to forecast */
    const frame *frame;
    int row; /* its row in the frame */
    const experiment *experiment;
    bool estimate;  /* estimate from y[0] ... y[t - 1] now; else go on with what memory holds */
    double *memory; /* [lags + 2], kept from one step to the next */
    bool *failed;   /* set where memory ran out */
} baseline_step;

/* --- without parameters ------------------------------------------------------------------------------------------ */

/* The last observed value. */
static double persistence(const baseline_step *s) { return s->y[s->t - 1]; }

/* The value one season before. */
static double seasonal_naive(const baseline_step *s) { return s->y[s->t - s->experiment->baseline.period]; }

/* --- with a mean or a slope -------------------------------------------------------------------------------------- */

/* The mean of the observations. */
static double mean(const baseline_step *s) {
    if (s->estimate) {
        s->memory[0] = 0;
        for (int t = 0; t < s->t; t++) s->memory[0] += s->y[t] / s->t;
    }
    return s->memory[0];
}

/* The last value plus the mean change, (last - first) / (n - 1). */
static double drift(const baseline_step *s) {
    if (s->estimate) s->memory[0] = (s->y[s->t - 1] - s->y[0]) / (s->t - 1);
    return s->y[s->t - 1] + s->memory[0];
}

/* --- exponential smoothing --------------------------------------------------------------------------------------- */

/* Forecast of y[n] by Holt's linear trend, from level y[0] and trend y[1] - y[0] (0 where the trend is off), and the sum
 * of the squared errors of all forecasts of y[1] (y[2] with a trend, whose start has used it) ... y[n - 1]. */
static double smooth(const double *y, int n, double alpha, double beta, bool trend, double *squared_errors) {
    double level = y[0], slope = trend && n > 1 ? y[1] - y[0] : 0;
    *squared_errors = 0;
    for (int t = 1; t < n; t++) {
        double forecast = level + slope, error = y[t] - forecast;
        *squared_errors += error * error; /* with a trend the first one is 0 */
        double before = level;
        level = forecast + alpha * error;
        if (trend) slope = beta * (level - before) + (1 - beta) * slope;
    }
    return level + slope;
}

/* What the fit of smoothing weights minimises: NaN in given marks a weight that is free. */
typedef struct {
    const double *y;
    int n;
    bool trend;
    double given[2];
} smoothing_fit;

static double within_0_1(double x) { return fmin(fmax(x, 0), 1); }

/* The free weights, in order, into all of them. */
static void fill_weights(double weights[2], const smoothing_fit *fit, const gsl_vector *free_ones) {
    size_t next = 0;
    for (int i = 0; i < 2; i++)
        weights[i] = isnan(fit->given[i]) ? within_0_1(gsl_vector_get(free_ones, next++)) : fit->given[i];
}

static double squared_errors_at(const gsl_vector *free_ones, void *context) {
    const smoothing_fit *fit = context;
    double weights[2], sum;
    fill_weights(weights, fit, free_ones);
    smooth(fit->y, fit->n, weights[0], weights[1], fit->trend, &sum);
    return sum < 1e300 ? sum : 1e300; /* the minimiser does not take what is not finite */
}

/* The best point of a grid over [0, 1] in each of the n free weights, to start from. */
static void best_of_grid(gsl_vector *best, smoothing_fit *fit, size_t n) {
    enum { POINTS = 21 };
    double least = INFINITY, point[2];
    for (int i = 0; i < (n == 2 ? POINTS * POINTS : POINTS); i++) {
        point[0] = (double)(i % POINTS) / (POINTS - 1);
        point[1] = floor((double)i / POINTS) / (POINTS - 1);
        gsl_vector_view view = gsl_vector_view_array(point, n);
        double sum = squared_errors_at(&view.vector, fit);
        if (sum < least) {
            least = sum;
            gsl_vector_memcpy(best, &view.vector);
        }
    }
}

/* Weights with the least sum of squared one-step errors over y[0] ... y[n - 1], by Nelder and Mead (1965). */
static farm_status fit_smoothing(double weights[2], smoothing_fit *fit) {
    size_t n = (size_t)isnan(fit->given[0]) + (size_t)isnan(fit->given[1]);
    gsl_vector *start = gsl_vector_alloc(n ? n : 1), *step = gsl_vector_alloc(n ? n : 1);
    gsl_multimin_fminimizer *search = gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, n ? n : 1);
    farm_status status = start && step && search ? FARM_OK : FARM_FAILED;
    if (status == FARM_OK && n > 0) {
        gsl_multimin_function function = {squared_errors_at, n, fit};
        best_of_grid(start, fit, n);
        gsl_vector_set_all(step, 0.02);
        gsl_multimin_fminimizer_set(search, &function, start, step);
        for (int i = 0; i < 500 && gsl_multimin_fminimizer_size(search) > 1e-10; i++)
            if (gsl_multimin_fminimizer_iterate(search)) break;
    }
    if (status == FARM_OK) fill_weights(weights, fit, n > 0 ? search->x : start);
    if (search) gsl_multimin_fminimizer_free(search);
    if (start) gsl_vector_free(start);
    if (step) gsl_vector_free(step);
    return status;
}

static double smoothed(const baseline_step *s, bool trend) {
    const baseline_spec *spec = &s->experiment->baseline;
    double unused;
    if (s->estimate) {
        smoothing_fit fit = {s->y, s->t, trend, {spec->alpha, trend ? spec->beta : 0}};
        if (fit_smoothing(s->memory, &fit) != FARM_OK) *s->failed = true;
    }
    return smooth(s->y, s->t, s->memory[0], s->memory[1], trend, &unused);
}

static double ses(const baseline_step *s) { return smoothed(s, false); }

static double holt(const baseline_step *s) { return smoothed(s, true); }

/* --- autoregression ---------------------------------------------------------------------------------------------- */

static bool all_finite(const double *values, size_t n) {
    size_t i = 0;
    while (i < n && isfinite(values[i])) i++;
    return i == n;
}

/* Coefficients [lags + 1], constant first, of least squares over the first rows of the frame. Scaling each column by
 * itself changes the coefficients but no forecast. */
static farm_status fit_ar(double *coefficients, const frame *f, int rows) {
    size_t n = (size_t)rows, L = (size_t)f->lags;
    if (!all_finite(f->inputs, n * L) || !all_finite(f->targets, n)) {
        coefficients[0] = NAN;
        return FARM_OK;
    }
    gsl_matrix *x = gsl_matrix_alloc(n, L + 1), *covariance = gsl_matrix_alloc(L + 1, L + 1);
    gsl_multifit_linear_workspace *work = gsl_multifit_linear_alloc(n, L + 1);
    farm_status status = x && covariance && work ? FARM_OK : FARM_FAILED;
    if (status == FARM_OK) {
        for (size_t r = 0; r < n; r++) {
            gsl_matrix_set(x, r, 0, 1);
            for (size_t lag = 0; lag < L; lag++) gsl_matrix_set(x, r, lag + 1, f->inputs[r * L + lag]);
        }
        gsl_vector_const_view y = gsl_vector_const_view_array(f->targets, n);
        gsl_vector_view c = gsl_vector_view_array(coefficients, L + 1);
        double squares;
        if (gsl_multifit_linear(x, &y.vector, &c.vector, covariance, &squares, work)) coefficients[0] = NAN;
    }
    if (work) gsl_multifit_linear_free(work);
    if (x) gsl_matrix_free(x);
    if (covariance) gsl_matrix_free(covariance);
    return status;
}

/* AR(lags) with a constant on the frame's differences. */
static double ar(const baseline_step *s) {
    const frame *f = s->frame;
    if (s->estimate && fit_ar(s->memory, f, s->row) != FARM_OK) *s->failed = true;
    double output = s->memory[0];
    const double *inputs = f->inputs + (size_t)s->row * (size_t)f->lags;
    for (int lag = 0; lag < f->lags; lag++) output += s->memory[lag + 1] * inputs[lag];
    return frame_invert(f, s->row, output);
}

/* ----------------------------------------------------------------------------------------------------------------- */

#define METHOD(CONSTANT, name) [SCHEME_##CONSTANT] = name,
static double (*const methods[])(const baseline_step *s) = {BASELINES(METHOD)};

farm_status baseline_forecast(double *forecasts, const experiment *e, const series *s, const frame *f) {
    assert(!experiment_is_lstm(e));
    bool failed = false;
    double *memory = calloc((size_t)f->lags + 2, sizeof *memory);
    if (!memory) return FARM_FAILED;
    gsl_error_handler_t *handler = gsl_set_error_handler_off(); /* which would end the program; put back below */
    for (int step = 0; step < f->n_test; step++) {
        int row = f->n_train + step;
        baseline_step now = {s->values, f->indices[row], f, row, e, step == 0, memory, &failed};
        if (e->baseline.refit && step % e->every == 0) now.estimate = true;
        forecasts[step] = methods[e->scheme](&now);
    }
    gsl_set_error_handler(handler);
    free(memory);
    return failed ? FARM_FAILED : FARM_OK;
}
