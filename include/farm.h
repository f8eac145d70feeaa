/* farm.h - the public face of the farm: load a config, run it, read the results.
 *
 * A farm is one JSON config with its series read and everything checked. Running it trains every repeat of
 * every experiment; the results can then be read, or written as the files that README.md lists.
 * No function prints or exits. Fallible ones return a farm_status and append what went wrong to a farm_errors.
 * Nothing is shared between two farms: both may be used at once from different threads, but not on one folder: that is
 * for two processes, of which the second is refused.
 *
 *     farm_errors errors = {0};
 *     farm *f = NULL;
 *     if (farm_load(&f, "configs/tutorial.json", NULL, &errors) == FARM_OK &&
 *         farm_keep(f, "out/tutorial", &errors) == FARM_OK && farm_run(f, NULL, &errors) == FARM_OK)
 *         farm_write(f, "out/tutorial", &errors);
 *     farm_free(f);
 *     farm_errors_free(&errors);
 */
#ifndef FARM_H
#define FARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FARM_VERSION "0.1.0"

/* Raised whenever a result changes by as much as a bit: what another version of the numerics stored is left alone. */
#define FARM_NUMERICS 1

/* What a call came to; also the exit codes of the program. */
typedef enum {
    FARM_OK = 0,
    FARM_FAILED = 1,        /* the run failed: a disk, memory, a file that cannot be written */
    FARM_BAD_INPUT = 2,     /* the user's config, series, weights or option is wrong */
    FARM_INTERRUPTED = 130, /* stopped on request before the end */
} farm_status;

/* One fault: where, which key, and a text that says what to do. Strings are owned by the list. */
typedef struct {
    char *file;    /* file or option at fault; may be NULL */
    int line, col; /* from 1; 0: not known */
    char *key;     /* path of the key, as in experiments[1].train.epochs; may be NULL */
    char *text;
} farm_error;

/* A growing list of faults, in the order found. Zeroed is empty. */
typedef struct {
    farm_error *items;
    size_t n, capacity;
} farm_errors;

/* Any text, such as a path, for a terminal: one line of UTF-8 without control characters and without what would turn it
 * round; no newline. */
void farm_text_print(FILE *out, const char *text);

/* file:line:col: key: text as such a line, whatever a file says. */
void farm_error_print(FILE *out, const farm_error *error);
void farm_errors_free(farm_errors *errors);

/* What the command line may say over the config. A zeroed struct changes nothing. */
typedef struct {
    const char *repeats;    /* as typed: NULL, or a whole number from 1 */
    const char *seed;       /* as typed: NULL, or 0 ... 2^64-1 */
    const char *threads;    /* as typed: NULL, or a whole number from 1 */
    const char *const *set; /* path=value assignments, applied in order before the config is checked */
    size_t n_set;
    const char
        *from; /* NULL, or a file of models (relative to the working folder) whose weights all models start from */
    const char *shard;  /* as typed: NULL, or K/N: only the K-th of N parts of the repeats */
    const char *shards; /* as typed: NULL, or N: that many parts, for plans and for farm_print_status */
    const char *expect; /* NULL, or a farm_run_id: farm_load refuses a config that means another run */
    bool fresh;         /* farm_keep begins with an empty store */
    bool no_plots;      /* farm_write draws no pictures */
    bool no_sharing;    /* train every experiment from scratch; the results are the same bytes */
    size_t at_hand; /* repeats whose forecasts are held in memory at once, a multiple of 64; 0: as fit into 64 MiB */
    const char *vector; /* NULL: the widest this processor has; else base, x86-64-v3 or x86-64-v4 */
} farm_options;

/* How far a run is; counts are of gradient steps over all repeats. */
typedef struct {
    uint64_t steps_done, steps_total;
    double seconds; /* since the run began */
} farm_progress;

/* What a run calls while it works. A NULL function is not called. */
typedef struct {
    /* from one thread at a time, a few times a second */
    void (*progress)(void *context, const farm_progress *progress);
    /* polled by every thread every few milliseconds, so cheap and callable from any thread; true ends the run */
    bool (*stop)(void *context);
    void *context;
} farm_hooks;

typedef struct farm farm;

/* Reads and checks a config with its series and weights files. On FARM_OK *out is the caller's, to be freed.
 * All of a config's faults are listed, not just the first. options and its strings may be NULL or short-lived. */
farm_status farm_load(farm **out, const char *config_path, const farm_options *options, farm_errors *errors);
void farm_free(farm *f);

/* Opens the store in folder, which is made where missing: farm_run then keeps every result there as soon as it has it, and
 * does not compute again what is there. It is held until farm_free, and no other farm can hold it meanwhile. Without this
 * call nothing outlives the farm. FARM_FAILED: it is in use, damaged or cannot be written; what is there stays. */
farm_status farm_keep(farm *f, const char *folder, farm_errors *errors);

/* Trains and forecasts everything, or what the shard has of it. FARM_INTERRUPTED when hooks->stop said so, FARM_FAILED:
 * what was done by then is kept, and the same run goes on from there. */
farm_status farm_run(farm *f, const farm_hooks *hooks, farm_errors *errors);

/* Where a run's files go unless told otherwise: out/NAME, for the caller to free; NULL: out of memory. */
char *farm_default_folder(const farm *f);

/* A run as its store in folder tells it, with all its results: to be written and printed anew, without its config or
 * series. Of options only no_plots and the repeats count: fewer than were run. FARM_FAILED: there is no store, it is damaged, or some
 * results are missing, and errors says which. */
farm_status farm_open(farm **out, const char *folder, const farm_options *options, farm_errors *errors);

/* Joins the stores that the shards of one run left into that of folder, which may hold some already, and opens it.
 * Of options, which may be NULL, only no_plots counts. FARM_BAD_INPUT: they are not of one run. FARM_FAILED: one is damaged
 * or in use, or some shard is missing. */
farm_status farm_merge(farm **out, const char *folder, const char *const *stores, size_t n, const farm_options *options,
                       farm_errors *errors);

/* Results, each an experiment's repeat; what needs no training does not count. */
typedef struct {
    uint64_t asked;    /* in all */
    uint64_t reused;   /* were in the store */
    uint64_t computed; /* were added by this run, so far */
} farm_counts;
farm_counts farm_count(const farm *f);

/* The file that keeps the results, as farm_keep or farm_open opened it; NULL: none. */
const char *farm_store(const farm *f);

/* After a run of all repeats: writes every output file into folder, made where missing. All of them appear whole, or none
 * does. Pictures take gnuplot: where there is none, or it fails, errors says so, and FARM_OK that all else is there.
 * FARM_BAD_INPUT: the folder holds another run's store.
 * FARM_INTERRUPTED: the stop hook of the run, which must still be there, ended the drawing; the folder is as it was. */
farm_status farm_write(const farm *f, const char *folder, farm_errors *errors);

/* How results are told. Zeroed: tables and sentences for an unknown width, box plots in ASCII. */
typedef struct {
    int width; /* columns of the terminal; 0: unknown, so that tables are made for 80 and sentences are not wrapped */
    bool utf8; /* box plots may be drawn with lines */
    bool json; /* one JSON document with all of it instead */
} farm_style;

/* After a run: the summary table, what the run comes to, and one sentence a comparison. FARM_FAILED: out of memory. */
farm_status farm_print_results(const farm *f, FILE *out, const farm_style *style);

/* What a run would do: experiments, tasks, gradient steps, an estimate of the time on this machine; with options.shards
 * also what one shard takes. */
farm_status farm_print_plan(const farm *f, FILE *out, farm_errors *errors);

/* For programs, as one JSON object: the run's name, folder and id, and for one of its shards (options.shards, else 1)
 * repeats, steps, seconds on this machine, and bytes of memory and of its store. */
farm_status farm_print_plan_json(const farm *f, FILE *out, farm_errors *errors);

/* How far the stores in folder are, also while they are being written, on this machine or others: for each shard the
 * repeats that are done and missing, its rate and the time left. Of options shards (where there are several sets of
 * shards: which), shard (look at that one alone) and expect count. out NULL: print nothing. FARM_FAILED: something is missing, and errors names it. */
farm_status farm_print_status(const char *folder, const farm_options *options, FILE *out, const farm_style *style,
                              farm_errors *errors);

/* What a run is known by: 64 hexadecimal digits that change with anything that changes any byte of its tables, and are
 * the same for all of its shards. The farm's own; "" for one that farm_open or farm_merge gave. */
const char *farm_run_id(const farm *f);

/* What farm_write writes of the forecasts, by the config's key of that name: "all", "quantiles" or "none". */
const char *farm_forecasts(const farm *f);

const char *farm_name(const farm *f);
size_t farm_repeats(const farm *f);
size_t farm_experiments(const farm *f);
const char *farm_experiment_name(const farm *f, size_t index);

/* After a run: the RMSEs of one experiment in repeat order, in the series' units, a diverged repeat as NaN.
 * The array is the farm's and has *n entries: the repeats, or 1 for a deterministic baseline. */
const double *farm_rmse(const farm *f, size_t index, size_t *n);

/* What line r of one file has to do with line r of another. */
typedef enum { FARM_UNPAIRED, FARM_PAIRED } farm_pairing;

/* How files of results are compared. Zeroed: as independent samples, and nothing is written. */
typedef struct {
    farm_pairing pairing;
    const char
        *folder;   /* NULL, or where tables, pictures and report.html go, as farm_write has them; made where missing */
    bool no_plots; /* no pictures */
} farm_comparison;

/* Describes and tests files of results, CSVs with a column `results`, whoever wrote them: each against the first, as
 * independent samples of any length (Welch's test), or line by line as pairs; a file of one line is a constant. out
 * NULL: nothing is printed. FARM_BAD_INPUT: a file is at fault, or the folder holds a run or one of the files under a name
 * that would be replaced. FARM_OK with a fault in errors: there are no pictures, as by farm_write. */
farm_status farm_compare_files(const char *const *paths, size_t n, const farm_comparison *how, FILE *out,
                               const farm_style *style, farm_errors *errors);

#endif
