/* compare_parts.h - the rooms behind compare.h. Private to compare*.c. */
#ifndef COMPARE_PARTS_H
#define COMPARE_PARTS_H

#include "compare.h"

/* A test of pairs: its function, and what it is called between two that vary and against one that does not. */
typedef struct {
    const char *name, *one_sample_name;
    stats_test *test;
} compare_test_row;
const compare_test_row *compare_test_of(compare_test kind); /* not friedman */

/* The t-test that mean differences go by: paired, or Welch's. */
test_result compare_t(const compare_input *in, const samples *s);

/* a against b; a deterministic b is a constant. */
samples compare_samples(const results *r, int a, int b);

/* compare_sizes.c: fills what pairs.csv tells of each item beside its tests, which are made. false: out of memory. */
bool compare_fill_sizes(comparisons *c, const compare_input *in);

/* compare_ranks.c: fills ranking and standing. false: out of memory. */
bool compare_fill_ranking(comparisons *c, const compare_input *in);
bool compare_fill_standing(comparisons *c, const compare_input *in);

#endif
