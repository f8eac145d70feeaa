/* report_status.h - how far the shards of a run are, for a person or a program. In: what was found of each. Out: text. */
#ifndef REPORT_STATUS_H
#define REPORT_STATUS_H

#include "farm.h"

typedef enum {
    SHARD_DONE,
    SHARD_AT_WORK,
    SHARD_STOPPED,    /* its store is not complete, and no farm is at work in it */
    SHARD_NOT_BEGUN,  /* it has no store here */
    SHARD_OF_ANOTHER, /* of another run than the others, or than the one asked for */
    SHARD_UNREADABLE,
} shard_state;

typedef struct {
    int shard; /* from 1 */
    shard_state state;
    size_t first, end;          /* its repeats, from 0 to before end; equal: not known */
    size_t done;                /* of them */
    uint64_t steps, steps_left; /* gradient steps in all, and to take */
    double rate;                /* gradient steps a second; NaN: not known */
    double seconds;             /* left, or, once done, that it took; NaN: not known */
} shard_status;

typedef struct {
    const char *folder;
    const char *run;            /* see farm_run_id; NULL: not known */
    int of_shards;              /* 1: not shards, but the run's one store */
    bool merged;                /* the shards are in farm.db, all of them */
    const shard_status *shards; /* [n] all of them, or one */
    size_t n;
} status_report;

void report_status(FILE *out, const status_report *in);
void report_status_json(FILE *out, const status_report *in);

#endif
