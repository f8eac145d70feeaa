/* report_plan.h - what a run would do, for a person. In: a plan. Out: text. */
#ifndef REPORT_PLAN_H
#define REPORT_PLAN_H

#include "plan.h"

/* The experiments with their steps, then the totals. seconds: the estimate for so many threads. */
void report_plan(FILE *out, const plan *p, const experiment *experiments, size_t repeats, int threads, double seconds);

/* What one shard of a run comes to, the largest of them, and the merge of all. Zeroed rooms: not known. */
typedef struct {
    const char *name, *folder, *run; /* the config's name, where the run goes, see farm_run_id */
    size_t all_repeats;
    int shards, threads;
    size_t repeats;      /* of the largest shard */
    uint64_t steps;      /* gradient steps that it takes */
    double seconds;      /* on so many threads of this machine */
    size_t memory;       /* bytes that it takes at most */
    size_t store;        /* bytes of its file */
    size_t merge_memory; /* bytes that joining and reporting take */
    size_t merge_store;
} shards_plan;

/* shards > 1 */
void report_plan_shards(FILE *out, const shards_plan *in);

/* The same as one JSON object; also of one shard. */
void report_plan_json(FILE *out, const shards_plan *in);

#endif
