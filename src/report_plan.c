/* report_plan.c - the text of `farm plan`. See report_plan.h. Must not know how the estimate is made. */
#include "report_plan.h"
#include "numbers.h"

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
    size_t blocks = (repeats + LANES - 1) / LANES;
    number_count(count, p->n_chains * blocks);
    fprintf(out, ".\n%s task%s of up to %d repeats; on %d thread%s here: ", count, p->n_chains * blocks == 1 ? "" : "s",
            (int)LANES, threads, threads == 1 ? "" : "s");
    print_time(out, seconds);
    fputs(".\n", out);
}
