/* contestant.h - what a contestant is: a process that trains many models on request and says how long that took.
 *
 * A line of JSON in, a line of JSON out; peer.py is the same for Python:
 *
 *     {"do": "prepare", "neurons": 1, "preset": "keras-2.0", "repeats": 64, "inputs": [...], "targets": [...],
 *      "weights": [{...}, ...]}      -> {}              repeat r begins with weights r modulo their number
 *     {"do": "train", "epochs": 10}  -> {"wall": s, "processor": s}      from those weights anew; training alone
 *     {"do": "weights"}              -> {"weights": [{...}, ...]}, of the first repeats, as many as were given
 *
 * One lag, one gradient step a row, h = c = 0 at the start of each epoch. A fault is {"error": "..."}. */
#ifndef CONTESTANT_H
#define CONTESTANT_H

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    int neurons, repeats, n_rows;
    double *inputs, *targets; /* [n_rows] */
    const char *preset;
    const cJSON *weights; /* a list of objects as in models/ of a run */
    cJSON *message;       /* owns the two above */
} contest_job;

/* Seconds: of the clock, and of this process on all cores. */
typedef struct {
    double wall, processor;
} contest_time;

/* What a contestant does; each returns NULL or what is wrong. */
typedef struct {
    const char *(*prepare)(void *context, const contest_job *job);
    const char *(*train)(void *context, int epochs, contest_time *taken);
    const char *(*weights)(void *context, cJSON *list);
} contestant;

static double contest_clock(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static contest_time contest_now(void) {
    return (contest_time){contest_clock(CLOCK_MONOTONIC), contest_clock(CLOCK_PROCESS_CPUTIME_ID)};
}

static contest_time contest_since(contest_time begin) {
    contest_time now = contest_now();
    return (contest_time){now.wall - begin.wall, now.processor - begin.processor};
}

static int contest_whole(const cJSON *object, const char *key) {
    const cJSON *item = cJSON_GetObjectItem(object, key);
    return item ? item->valueint : 0;
}

static void contest_free_job(contest_job *job) {
    free(job->inputs);
    free(job->targets);
    cJSON_Delete(job->message);
    *job = (contest_job){0};
}

static double *contest_numbers(const cJSON *list, int *n) {
    *n = cJSON_GetArraySize(list);
    double *values = malloc(((size_t)*n + 1) * sizeof *values);
    const cJSON *item;
    int i = 0;
    cJSON_ArrayForEach(item, list) values[i++] = item->valuedouble;
    return values;
}

/* Takes the message over. */
static const char *contest_read_job(contest_job *job, cJSON *message) {
    int n_targets;
    contest_free_job(job);
    const cJSON *preset = cJSON_GetObjectItem(message, "preset");
    *job = (contest_job){.neurons = contest_whole(message, "neurons"),
                         .repeats = contest_whole(message, "repeats"),
                         .preset = cJSON_IsString(preset) ? preset->valuestring : "",
                         .weights = cJSON_GetObjectItem(message, "weights"),
                         .message = message};
    job->inputs = contest_numbers(cJSON_GetObjectItem(message, "inputs"), &job->n_rows);
    job->targets = contest_numbers(cJSON_GetObjectItem(message, "targets"), &n_targets);
    if (job->neurons < 1 || job->repeats < 1 || job->n_rows < 1 || job->n_rows != n_targets) return "not a job";
    return NULL;
}

static const char *contest_answer(const contestant *c, void *context, contest_job *job, cJSON **message,
                                  cJSON *answer) {
    const cJSON *verb = cJSON_GetObjectItem(*message, "do");
    const char *name = cJSON_IsString(verb) ? verb->valuestring : "", *fault = "no such request";
    if (!strcmp(name, "prepare")) {
        fault = contest_read_job(job, *message);
        *message = NULL;
        if (!fault) fault = c->prepare(context, job);
        if (fault) contest_free_job(job);
    } else if (!job->message) {
        fault = "nothing is prepared";
    } else if (!strcmp(name, "train")) {
        contest_time taken = {0};
        fault = c->train(context, contest_whole(*message, "epochs"), &taken);
        cJSON_AddNumberToObject(answer, "wall", taken.wall);
        cJSON_AddNumberToObject(answer, "processor", taken.processor);
    } else if (!strcmp(name, "weights")) {
        fault = c->weights(context, cJSON_AddArrayToObject(answer, "weights"));
    }
    return fault;
}

/* Answers one request after another until there are none. */
static int contest_serve(const contestant *c, void *context) {
    char *line = NULL;
    size_t capacity = 0;
    contest_job job = {0};
    while (getline(&line, &capacity, stdin) > 0) {
        cJSON *message = cJSON_Parse(line), *answer = cJSON_CreateObject();
        const char *fault = contest_answer(c, context, &job, &message, answer);
        if (fault) cJSON_AddStringToObject(answer, "error", fault);
        char *text = cJSON_PrintUnformatted(answer);
        puts(text);
        fflush(stdout);
        free(text);
        cJSON_Delete(answer);
        cJSON_Delete(message);
    }
    contest_free_job(&job);
    free(line);
    return 0;
}

#endif
