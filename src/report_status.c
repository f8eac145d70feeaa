/* report_status.c - the text of `farm status`. See report_status.h. Must not know stores. */
#include "report_status.h"
#include "numbers.h"
#include "report_parts.h"

#include <math.h>

static const char *const state_words[] = {
    [SHARD_DONE] = "done",           [SHARD_AT_WORK] = "at work",        [SHARD_STOPPED] = "stopped",
    [SHARD_NOT_BEGUN] = "not begun", [SHARD_OF_ANOTHER] = "another run", [SHARD_UNREADABLE] = "unreadable",
};

enum { TEXT = 48 };

/* 40 s, 5 min, 3.2 h, 12 days; "-" for NaN */
static void duration_text(char text[TEXT], double seconds) {
    if (isnan(seconds))
        snprintf(text, TEXT, "-");
    else if (seconds < 100)
        snprintf(text, TEXT, "%.0f s", ceil(seconds));
    else if (seconds < 6000)
        snprintf(text, TEXT, "%.0f min", seconds / 60);
    else if (seconds < 360000)
        snprintf(text, TEXT, "%.1f h", seconds / 3600);
    else
        snprintf(text, TEXT, "%.1f days", seconds / 86400);
}

/* 4.2 million; "-" for NaN */
static void rate_text(char text[TEXT], double rate) {
    if (isnan(rate))
        snprintf(text, TEXT, "-");
    else
        snprintf(text, TEXT, "%.3g M", rate / 1e6);
}

static void repeats_text(char text[TEXT], const shard_status *s) {
    if (s->first == s->end)
        snprintf(text, TEXT, "-");
    else
        snprintf(text, TEXT, "%zu-%zu", s->first + 1, s->end);
}

/* The share of the steps that is taken, rounded down; "-" where it is not known. */
static void share_text(char text[TEXT], const shard_status *s) {
    double share = s->state == SHARD_DONE ? 1 : 1 - (double)s->steps_left / (double)s->steps;
    if (s->steps == 0 && s->state != SHARD_DONE)
        snprintf(text, TEXT, "-");
    else
        snprintf(text, TEXT, "%.0f%%", floor(100 * share));
}

static void print_shard(FILE *out, const shard_status *s) {
    char repeats[TEXT], share[TEXT], rate[TEXT], left[TEXT];
    repeats_text(repeats, s);
    share_text(share, s);
    rate_text(rate, s->rate);
    duration_text(left, s->state == SHARD_DONE ? NAN : s->seconds);
    fprintf(out, "%7d  %15s %9zu %9zu %6s %9s %10s  %s\n", s->shard, repeats, s->done, s->end - s->first - s->done,
            share, rate, left, state_words[s->state]);
}

/* ", 3 at work" */
static void print_states(FILE *out, const status_report *in) {
    for (shard_state state = SHARD_AT_WORK; state <= SHARD_UNREADABLE; state++) {
        size_t n = 0;
        for (size_t i = 0; i < in->n; i++) n += in->shards[i].state == state;
        if (n > 0) fprintf(out, ", %zu %s", n, state_words[state]);
    }
}

/* The longest of those at work; NaN: some rate is not known yet, or none is. */
static double longest(const status_report *in) {
    double seconds = NAN;
    for (size_t i = 0; i < in->n; i++) {
        if (in->shards[i].state != SHARD_AT_WORK) continue;
        if (isnan(in->shards[i].seconds)) return NAN;
        if (!(seconds >= in->shards[i].seconds)) seconds = in->shards[i].seconds;
    }
    return seconds;
}

static void print_totals(FILE *out, const status_report *in) {
    size_t finished = 0, done = 0, all = 0;
    char a[NUMBER_TEXT], b[NUMBER_TEXT], left[TEXT];
    for (size_t i = 0; i < in->n; i++) {
        finished += in->shards[i].state == SHARD_DONE;
        done += in->shards[i].done;
        all += in->shards[i].end - in->shards[i].first;
    }
    number_count(a, done);
    number_count(b, all);
    fprintf(out, "\n%s of %s repeats are done", a, b);
    if (in->n > 1) fprintf(out, "; of %zu shards %zu %s done", in->n, finished, finished == 1 ? "is" : "are");
    print_states(out, in);
    double seconds = longest(in);
    duration_text(left, seconds);
    if (!isnan(seconds)) fprintf(out, "; about %s left%s", left, in->of_shards == 1 ? "" : " for those at work");
    fputs(in->merged ? "; all are merged.\n" : ".\n", out);
}

void report_status(FILE *out, const status_report *in) {
    fprintf(out, "%7s  %15s %9s %9s %6s %9s %10s\n", in->of_shards == 1 ? "run" : "shard", "repeats", "done", "missing",
            "steps", "steps/s", "time left");
    for (size_t i = 0; i < in->n; i++) print_shard(out, &in->shards[i]);
    print_totals(out, in);
}

/* --- for programs ----------------------------------------------------------------------------------------------- */

static void put_optional(FILE *out, const char *key, double value) {
    fprintf(out, ", \"%s\": ", key);
    report_put_number(out, value);
}

static void put_shard(FILE *out, const shard_status *s) {
    fprintf(
        out,
        "    {\"shard\": %d, \"state\": \"%s\", \"first\": %zu, \"repeats\": %zu, \"done\": %zu, \"steps_left\": %llu",
        s->shard, state_words[s->state], s->first + 1, s->end - s->first, s->done, (unsigned long long)s->steps_left);
    put_optional(out, "steps_per_second", s->rate);
    put_optional(out, s->state == SHARD_DONE ? "seconds_taken" : "seconds_left", s->seconds);
    fputc('}', out);
}

void report_status_json(FILE *out, const status_report *in) {
    number_locale held = number_locale_enter();
    fputs("{\n  \"folder\": ", out);
    report_put_string(out, in->folder);
    fputs(",\n  \"run\": ", out);
    if (in->run)
        report_put_string(out, in->run);
    else
        fputs("null", out);
    fprintf(out, ",\n  \"of_shards\": %d,\n  \"merged\": %s,\n  \"shards\": [\n", in->of_shards,
            in->merged ? "true" : "false");
    for (size_t i = 0; i < in->n; i++) {
        put_shard(out, &in->shards[i]);
        fputs(i + 1 < in->n ? ",\n" : "\n", out);
    }
    fputs("  ]\n}\n", out);
    number_locale_leave(&held);
}
