/* baselines.h - forecasts that need no repeats: the plain methods that a network has to beat, through the same walk.
 * In: a series, a frame. Out: one forecast per test row. Must not know models, files or config.
 * Invariant: a forecast uses observations before its own alone; estimates, unless refitted, the training part alone. */
#ifndef BASELINES_H
#define BASELINES_H

#include "schemes.h"

/* forecasts [n_test], series units; not finite where a method has no answer. e's scheme is a baseline.
 * FARM_FAILED: out of memory. Not for two threads at once (GSL's error handler is the process'). What each method computes: docs/semantics.md. */
farm_status baseline_forecast(double *forecasts, const experiment *e, const series *s, const frame *f);

#endif
