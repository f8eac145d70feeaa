/* report_plan.h - what a run would do, for a person. In: a plan. Out: text. */
#ifndef REPORT_PLAN_H
#define REPORT_PLAN_H

#include "plan.h"

/* The experiments with their steps, then the totals. seconds: the estimate for so many threads. */
void report_plan(FILE *out, const plan *p, const experiment *experiments, size_t repeats, int threads, double seconds);

#endif
