/* farm_compare.c - result files, whoever wrote them, through the same tests and tables as a run. See farm.h.
 * In: paths of CSVs. Out: text, and a folder of files. Must not know configs or training. */
#include "compare.h"
#include "errors.h"
#include "report.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What is compared. A file is an experiment of which only its name and its results are known. */
typedef struct {
    experiment *experiments; /* [results.n_experiments] */
    report_source *sources;  /* [results.n_experiments] */
    results results;
} files;

/* Whether a spreadsheet that opens a table would calculate the text. */
static bool is_formula(const char *text) { return *text && strchr("=+-@\t\r\n", *text); }

/* The path as a name, in valid UTF-8, which not all paths are; the caller's. */
static char *name_of_path(const char *path) {
    size_t size = strlen(path) + 3;
    char *text = malloc(size);
    if (text) snprintf(text, size, "%s%s", is_formula(path) ? "./" : "", path);
    char *name = text ? utf8_valid(text) : NULL;
    free(text);
    return name;
}

/* out/a/experiment_update_2.csv -> update_2: what an experiment is called by its file. Where nothing is left, or a
 * formula, it is the path. */
static char *name_of_file(const char *path) {
    static const char prefix[] = "experiment_", suffix[] = ".csv";
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    if (strncmp(base, prefix, sizeof prefix - 1) == 0) base += sizeof prefix - 1;
    size_t length = strlen(base);
    if (length >= sizeof suffix - 1 && strcmp(base + length - (sizeof suffix - 1), suffix) == 0)
        length -= sizeof suffix - 1;
    if (length == 0 || is_formula(base)) return name_of_path(path);
    char *text = strndup(base, length), *name = text ? utf8_valid(text) : NULL;
    free(text);
    return name;
}

/* Where two files would have one name, all go by their paths. */
static farm_status name_files(files *f) {
    bool clash = false;
    size_t n = f->results.n_experiments;
    for (size_t i = 0; i < n; i++) {
        f->experiments[i].name = name_of_file(f->sources[i].path);
        if (!f->experiments[i].name) return FARM_FAILED;
        for (size_t j = 0; j < i; j++) clash = clash || strcmp(f->experiments[i].name, f->experiments[j].name) == 0;
    }
    for (size_t i = 0; clash && i < n; i++) {
        free(f->experiments[i].name);
        f->experiments[i].name = name_of_path(f->sources[i].path);
        if (!f->experiments[i].name) return FARM_FAILED;
    }
    return FARM_OK;
}

/* One file's lines are one experiment's RMSEs; the array goes over to the result. */
static farm_status read_file(files *f, size_t i, farm_errors *errors) {
    series values;
    farm_status status = series_read_results(&values, f->sources[i].path, "results", errors);
    if (status != FARM_OK) return status;
    f->sources[i].values = values.digest;
    f->results.experiments[i] =
        (experiment_result){.rmse = values.values, .n_repeats = values.n, .deterministic = values.n == 1};
    return FARM_OK;
}

/* As pairs, files of several lines must have equally many, or no line would have its pair. */
static farm_status check_lengths(const files *f, farm_errors *errors) {
    const experiment_result *all = f->results.experiments;
    size_t first = 0;
    while (first < f->results.n_experiments && all[first].n_repeats == 1) first++;
    farm_status status = FARM_OK;
    for (size_t i = first; i < f->results.n_experiments; i++) {
        size_t n = all[i].n_repeats, wanted = all[first].n_repeats;
        if (n == 1 || n == wanted) continue;
        errors_add(
            errors, (error_place){.file = f->sources[i].path, .key = "results"},
            "%zu results against %zu in %s; --paired needs equally many, line by line from the same repeat; without "
            "it the files are compared as independent samples",
            n, wanted, f->sources[first].path);
        status = FARM_BAD_INPUT;
    }
    return status;
}

static farm_status read_files(files *f, farm_pairing pairing, farm_errors *errors) {
    farm_status status = name_files(f);
    if (status != FARM_OK) return status;
    for (size_t i = 0; i < f->results.n_experiments; i++) {
        farm_status read = read_file(f, i, errors);
        if (status == FARM_OK) status = read; /* go on: every file's faults are listed */
    }
    return status == FARM_OK && pairing == FARM_PAIRED ? check_lengths(f, errors) : status;
}

/* --- the folder ------------------------------------------------------------------------------------------------- */

/* A run's own tables have the same names, and what they say would be lost. */
static farm_status check_no_run(const char *folder, farm_errors *errors) {
    static const char *const of_runs[] = {"farm.db", "run.json"};
    for (size_t i = 0; i < sizeof of_runs / sizeof *of_runs; i++) {
        struct stat info;
        size_t size = strlen(folder) + 1 + strlen(of_runs[i]) + 1;
        char *path = malloc(size);
        if (!path) return FARM_FAILED;
        snprintf(path, size, "%s/%s", folder, of_runs[i]);
        bool there = lstat(path, &info) == 0;
        free(path);
        if (!there) continue;
        errors_add(errors, (error_place){.file = folder},
                   "this folder holds a run (%s), whose tables would be replaced; choose another with --out",
                   of_runs[i]);
        return FARM_BAD_INPUT;
    }
    return FARM_OK;
}

static farm_status check_folder(const char *folder, const files *f, farm_errors *errors) {
    farm_status status = check_no_run(folder, errors);
    for (size_t i = 0; status != FARM_FAILED && i < f->results.n_experiments; i++) {
        if (!report_replaces(folder, f->sources[i].path)) continue;
        errors_add(errors, (error_place){.file = f->sources[i].path},
                   "would be replaced by a file of that name; choose another folder with --out");
        status = FARM_BAD_INPUT;
    }
    return status;
}

/* --- the comparison --------------------------------------------------------------------------------------------- */

static size_t most_repeats(const results *r) {
    size_t n = 0;
    for (size_t i = 0; i < r->n_experiments; i++)
        if (r->experiments[i].n_repeats > n) n = r->experiments[i].n_repeats;
    return n;
}

static farm_status conclude(const files *f, const farm_comparison *how, FILE *out, const farm_style *style,
                            farm_errors *errors) {
    const results *r = &f->results;
    compare_spec spec = {.reference = r->n_experiments > 1 ? 0 : -1, .adjust = ADJUST_HOLM, .alpha = 0.05};
    compare_input pairs = {
        .spec = &spec, .experiments = f->experiments, .results = r, .unpaired = how->pairing == FARM_UNPAIRED};
    comparisons tests = {0};
    farm_status status = compare_all(&tests, &pairs, errors);
    report_input in = {.name = "comparison",
                       .sources = f->sources,
                       .repeats = most_repeats(r),
                       .experiments = f->experiments,
                       .n_experiments = r->n_experiments,
                       .results = r,
                       .comparisons = &tests,
                       .no_pictures = how->no_plots};
    if (status == FARM_OK && out && !report_print(&in, out, style)) status = FARM_FAILED;
    if (status == FARM_OK && how->folder) status = report_write(&in, how->folder, errors);
    compare_free(&tests);
    return status;
}

farm_status farm_compare_files(const char *const *paths, size_t n, const farm_comparison *how, FILE *out,
                               const farm_style *style, farm_errors *errors) {
    size_t room = n ? n : 1;
    files f = {.experiments = calloc(room, sizeof *f.experiments),
               .sources = calloc(room, sizeof *f.sources),
               .results = {.experiments = calloc(room, sizeof *f.results.experiments), .n_experiments = n}};
    farm_status status = FARM_FAILED;
    if (!f.experiments || !f.sources || !f.results.experiments) goto done;
    for (size_t i = 0; i < n; i++) f.sources[i].path = paths[i];
    status = how->folder ? check_folder(how->folder, &f, errors) : FARM_OK;
    if (status == FARM_OK) status = read_files(&f, how->pairing, errors);
    if (status == FARM_OK) status = conclude(&f, how, out, style, errors);
done:
    for (size_t i = 0; f.experiments && i < n; i++) free(f.experiments[i].name);
    free(f.experiments);
    free(f.sources);
    results_free(&f.results);
    return status;
}
