/* baselines.c - one function and one table row a method. See baselines.h. */
#include "baselines.h"

#include <assert.h>

/* The last observed value. */
static void persistence(double *forecasts, const series *s, const frame *f) {
    for (int step = 0; step < f->n_test; step++) forecasts[step] = s->values[f->indices[f->n_train + step] - 1];
}

static void (*const methods[])(double *forecasts, const series *s, const frame *f) = {
    [SCHEME_PERSISTENCE] = persistence,
};

void baseline_forecast(double *forecasts, const experiment *e, const series *s, const frame *f) {
    assert(!experiment_is_lstm(e) && methods[e->scheme]);
    methods[e->scheme](forecasts, s, f);
}
