/* report.h - what a run, or a comparison of files, leaves behind: its files, and the summary on a terminal.
 * In: results, comparisons and where they came from, as plain values. Out: bytes.
 * Must not know JSON input, threads, or how anything was computed. */
#ifndef REPORT_H
#define REPORT_H

#include "compare.h"

/* A file that the results of one experiment were read from. */
typedef struct {
    const char *path;
    digest values; /* of its results */
} report_source;

/* All that is told about results. Nothing is owned. They come from a run, or from files of whatever origin: then series is
 * NULL and with it whatever only a run has, in->series being the one that is asked. */
typedef struct {
    const char *name;        /* of the run */
    const char *description; /* NULL: none */
    const char *config_path;
    const char *resolved;  /* the whole config with its defaults, as JSON text */
    const char *defaulted; /* as long as resolved: 'd' where it is a default; NULL: not known */
    const char *command;   /* what runs it again; NULL: not known */
    uint64_t seed;
    const char *series_file, *series_column;
    const series *series;         /* NULL: the results came from files: */
    const report_source *sources; /* [n_experiments]; NULL: from a run */
    const char *precision;        /* "f32", "f64" */
    const char *vector_level;     /* "x86-64-v3" */
    int vector_bits;
    size_t repeats;                /* asked for, or what it came to */
    double half_width, widest;     /* asked for, and reached, of every compared difference; 0: a number was asked for */
    const experiment *experiments; /* [n_experiments], in config order */
    size_t n_experiments;
    const frame *const *frames; /* [n_experiments], each experiment's own; NULL: from files */
    const results *results;
    const comparisons *comparisons;
    bool no_pictures;            /* report_write draws none */
    farm_hooks hooks;            /* of which stop ends report_write while it draws */
    forecasts_written forecasts; /* what report_write writes of them */
    uint64_t reused, computed;   /* results that were stored before, and those that this run added */
} report_input;

/* Writes into folder (made where missing) summary.csv, comparisons.csv, pairs.csv, ranks.csv (unless unpaired), the
 * pictures of plot.h and report.html; of a run also experiment_<name>.csv for each experiment, forecasts.csv or
 * forecast_quantiles.csv or neither, run.json and, where they were kept, learning_curves.csv of losses and models/<name>.json of weights: all of them or none. Then removes what experiments that this run does not
 * have left under such names, so that a glob finds one run alone, and tables and pictures that there are none of this time (a
 * file that does not begin as ours do is somebody's, and stays); an older run's models stay where this one writes none.
 * Only run.json differs between runs of one config (seconds, threads).
 * FARM_OK with a fault in errors: gnuplot drew nothing, all else is there.
 * FARM_FAILED: errors names the file, or forecasts could not be fetched (results_lost), and what was there before is as
 * it was. */
farm_status report_write(const report_input *in, const char *folder, farm_errors *errors);

/* Whether report_write into folder may replace the file at path. */
bool report_replaces(const char *folder, const char *path);

/* Removes from folder what a run that was killed was about to write. */
void report_sweep(const char *folder);

/* The results for people, or as one JSON document: see farm_print_results. false: out of memory. */
bool report_print(const report_input *in, FILE *out, const farm_style *style);

#endif
