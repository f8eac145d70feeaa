/* stats_parts.h - what the rooms of stats share: sums that carry their rounding error, and moments. Private to stats*.c.
 * Invariant: every sum runs over its values in their own order and carries its rounding error along (Neumaier 1974),
 * so a result does not depend on threads and is right to the last digit or so. */
#ifndef STATS_PARTS_H
#define STATS_PARTS_H

#include "stats.h"

typedef struct {
    double sum, carry;
} running_sum;

void sum_add(running_sum *s, double x);
double sum_value(const running_sum *s);

/* Mean and sum of squared deviations of what was counted; all alike: exactly their value and 0. */
typedef struct {
    size_t n;
    double mean, squares;
} moments;

/* Of the finite a - b, or of the finite a where b is NULL. */
moments moments_of(const double *a, const double *b, size_t n);

/* Sample standard deviation; NaN for fewer than two values. */
double moments_spread(const moments *m);

#endif
