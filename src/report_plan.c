/* report_plan.c - the text of `farm plan`. See report_plan.h. Must not know how the estimate is made. */
#include "report_plan.h"
#include "memory.h"
#include "numbers.h"
#include "report_parts.h"

#include <math.h>
#include <string.h>

static int widest_name(const experiment *experiments, size_t n) {
    size_t width = strlen("experiment");
    for (size_t i = 0; i < n; i++)
        if (strlen(experiments[i].name) > width) width = strlen(experiments[i].name);
    return (int)width;
}

static void print_experiment(FILE *out, const experiment *e, const frame *f, int width) {
    char steps[NUMBER_TEXT] = "-", epochs[NUMBER_TEXT] = "-";
    if (experiment_is_lstm(e)) {
        number_count(steps, scheme_steps(e, f->n_train));
        number_count(epochs, (unsigned long long)e->train.epochs);
    }
    fprintf(out, "  %-*s  %-14s %8s %6d + %-5d %16s\n", width, e->name, scheme_name(e->scheme), epochs, f->n_train,
            f->n_test, steps);
}

static void print_time(FILE *out, double seconds) {
    if (seconds < 1.5)
        fprintf(out, "a second or less");
    else if (seconds < 120)
        fprintf(out, "about %.0f seconds", seconds);
    else if (seconds < 7200)
        fprintf(out, "about %.0f minutes", seconds / 60);
    else
        fprintf(out, "about %.1f hours", seconds / 3600);
}

void report_plan(FILE *out, const plan *p, const experiment *experiments, size_t repeats, int threads, double seconds) {
    char count[NUMBER_TEXT], asked[NUMBER_TEXT], taken[NUMBER_TEXT];
    int width = widest_name(experiments, p->n_experiments);
    fprintf(out, "  %-*s  %-14s %8s %14s %16s\n", width, "experiment", "scheme", "epochs", "train + test",
            "steps a repeat");
    for (size_t i = 0; i < p->n_experiments; i++) print_experiment(out, &experiments[i], p->frame_of[i], width);

    number_count(count, repeats);
    number_count(asked, p->steps_asked * repeats);
    number_count(taken, p->steps_taken * repeats);
    fprintf(out, "\n%zu experiment%s x %s repeat%s: %s gradient steps asked for, %s to take", p->n_experiments,
            p->n_experiments == 1 ? "" : "s", count, repeats == 1 ? "" : "s", asked, taken);
    if (p->steps_taken < p->steps_asked)
        fprintf(out, ":\nwhat experiments share is done once, %.1f times less work",
                (double)p->steps_asked / (double)p->steps_taken);
    size_t tasks = plan_tasks(p, repeats);
    number_count(count, tasks);
    fprintf(out, ".\n%s task%s of up to %d repeats; on %d thread%s here: ", count, tasks == 1 ? "" : "s", (int)LANES,
            threads, threads == 1 ? "" : "s");
    print_time(out, seconds);
    fputs(".\n", out);
}

/* --- shards ----------------------------------------------------------------------------------------------------- */

static size_t blocks_of(size_t repeats) { return (repeats + LANES - 1) / LANES; }

/* Repeats are trained LANES at a time: how many shards take as long as so many, with none that does less for it. */
static size_t full_shards(const shards_plan *in) {
    size_t a_shard = LANES * blocks_of(in->repeats);
    return (in->all_repeats + a_shard - 1) / a_shard;
}

void report_plan_shards(FILE *out, const shards_plan *in) {
    char repeats[NUMBER_TEXT], steps[NUMBER_TEXT], memory[MEMORY_TEXT], store[MEMORY_TEXT];
    size_t full = full_shards(in);
    number_count(repeats, in->repeats);
    number_count(steps, in->steps);
    memory_text(memory, in->memory);
    memory_text(store, in->store);
    fprintf(out, "\nIn %d shards, each: up to %s repeats, %s gradient steps, ", in->shards, repeats, steps);
    print_time(out, in->seconds);
    fprintf(out, " on %d thread%s,\nup to %s of memory, a store of %s.", in->threads, in->threads == 1 ? "" : "s",
            memory, store);
    if (full < (size_t)in->shards)
        fprintf(out, " %zu shard%s take%s no longer: %d repeats are\ntrained at once.", full, full == 1 ? "" : "s",
                full == 1 ? "s" : "", (int)LANES);
    memory_text(memory, in->merge_memory);
    memory_text(store, in->merge_store);
    fprintf(out, "\nThe merge: up to %s of memory, a store of %s.\n", memory, store);
    fputs("Measured here; for a time limit take twice as much, or what the slowest node needs.\n", out);
}

static void put_text(FILE *out, const char *key, const char *value) {
    fprintf(out, "  \"%s\": ", key);
    report_put_string(out, value);
    fputs(",\n", out);
}

void report_plan_json(FILE *out, const shards_plan *in) {
    number_locale held = number_locale_enter();
    fputs("{\n", out);
    put_text(out, "name", in->name);
    put_text(out, "folder", in->folder);
    put_text(out, "run", in->run);
    fprintf(out, "  \"repeats\": %zu,\n  \"shards\": %d,\n  \"threads\": %d,\n", in->all_repeats, in->shards,
            in->threads);
    fprintf(out, "  \"shard\": {\"repeats\": %zu, \"steps\": %llu, \"seconds\": ", in->repeats,
            (unsigned long long)in->steps);
    report_put_number(out, in->seconds);
    fprintf(out, ", \"memory\": %zu, \"store\": %zu},\n", in->memory, in->store);
    fprintf(out, "  \"merge\": {\"memory\": %zu, \"store\": %zu}\n}\n", in->merge_memory, in->merge_store);
    number_locale_leave(&held);
}
