/* baselines.h - forecasts that need no training and no repeats, through the same rows.
 * In: a series, a frame. Out: one forecast per test row. Must not know models, files or config. */
#ifndef BASELINES_H
#define BASELINES_H

#include "schemes.h"

/* forecasts [n_test], series units. e's scheme is a baseline. */
void baseline_forecast(double *forecasts, const experiment *e, const series *s, const frame *f);

#endif
