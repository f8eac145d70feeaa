/* report.c - a run's folder, or a comparison's: every file under a temporary name first, then all of them under their own.
 * In: a report_input, a folder. Out: files. Uses report_csv.c, report_json.c, report_html.h, plot.h, output_file.h.
 * Invariant: a run that fails leaves the folder as it was, unless the disk itself fails between two renames. */
#include "report.h"
#include "errors.h"
#include "numbers.h"
#include "output_file.h"
#include "plot.h"
#include "report_html.h"
#include "report_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What writing one folder needs throughout. */
typedef struct {
    const report_input *in;
    const summary *summaries;
    forecast_summary **forecasts; /* NULL: not asked for */
    plot_pictures pictures;
    const char *folder;
    output_set files;
    farm_errors *errors;
} writing;

summary *report_summaries(const report_input *in) {
    summary *all = calloc(in->n_experiments ? in->n_experiments : 1, sizeof *all);
    for (size_t i = 0; all && i < in->n_experiments; i++) {
        const experiment_result *e = &in->results->experiments[i];
        if (stats_summary(&all[i], e->rmse, e->n_repeats)) continue;
        free(all);
        all = NULL;
    }
    return all;
}

static farm_status out_of_memory(farm_errors *errors, const char *folder) {
    errors_add(errors, (error_place){.file = folder}, "out of memory while writing the results");
    return FARM_FAILED;
}

/* before + middle + after, the caller's; NULL: out of memory. */
static char *joined(const char *before, const char *middle, const char *after) {
    size_t length = strlen(before) + strlen(middle) + strlen(after) + 1;
    char *text = malloc(length);
    if (text) snprintf(text, length, "%s%s%s", before, middle, after);
    return text;
}

/* --- the files -------------------------------------------------------------------------------------------------- */

static void results_file(FILE *out, const writing *w, size_t i) { report_results_csv(out, w->in, i); }

static void summary_file(FILE *out, const writing *w, size_t i) {
    (void)i;
    report_summary_csv(out, w->in, w->summaries);
}

static void comparisons_file(FILE *out, const writing *w, size_t i) {
    (void)i;
    report_comparisons_csv(out, w->in);
}

static void pairs_file(FILE *out, const writing *w, size_t i) {
    (void)i;
    report_pairs_csv(out, w->in);
}

static void ranks_file(FILE *out, const writing *w, size_t i) {
    (void)i;
    report_ranks_csv(out, w->in);
}

static void forecasts_file(FILE *out, const writing *w, size_t i) {
    (void)i;
    report_forecasts_csv(out, w->in);
}

static void quantiles_file(FILE *out, const writing *w, size_t i) {
    (void)i;
    report_forecast_quantiles_csv(out, w->in, w->forecasts);
}

static void losses_file(FILE *out, const writing *w, size_t i) {
    (void)i;
    report_losses_csv(out, w->in);
}

static void run_file(FILE *out, const writing *w, size_t i) {
    (void)i;
    report_run_json(out, w->in);
}

static void svg_file(FILE *out, const writing *w, size_t i) {
    fwrite(w->pictures.items[i].svg, 1, w->pictures.items[i].svg_bytes, out);
}

static void png_file(FILE *out, const writing *w, size_t i) {
    fwrite(w->pictures.items[i].png, 1, w->pictures.items[i].png_bytes, out);
}

static void html_file(FILE *out, const writing *w, size_t i) {
    report_picture pictures[PLOT_MOST];
    (void)i;
    for (size_t k = 0; k < w->pictures.n; k++) {
        const plot_picture *drawn = &w->pictures.items[k];
        pictures[k] = (report_picture){drawn->name, drawn->title, drawn->svg};
    }
    report_html(out, w->in, w->summaries, pictures, w->pictures.n);
}

static void models_file(FILE *out, const writing *w, size_t i) { report_models_json(out, w->in, i); }

/* i: an experiment or a picture, where the file is of one */
typedef void file_writer(FILE *out, const writing *w, size_t i);

static farm_status write_file(writing *w, const char *name, file_writer *write, size_t i) {
    FILE *out = output_open(&w->files, w->folder, name, w->errors);
    if (!out) return FARM_FAILED;
    write(out, w, i);
    return output_close(&w->files, w->errors);
}

/* The file of what is called so. */
static farm_status write_named(writing *w, size_t i, const char *before, const char *called, const char *after,
                               file_writer *write) {
    char *name = joined(before, called, after);
    farm_status status = name ? write_file(w, name, write, i) : out_of_memory(w->errors, w->folder);
    free(name);
    return status;
}

static farm_status write_for_experiment(writing *w, size_t i, const char *before, const char *after,
                                        file_writer *write) {
    return write_named(w, i, before, w->in->experiments[i].name, after, write);
}

static bool has_models(const report_input *in) {
    for (size_t i = 0; i < in->n_experiments; i++)
        if (in->results->experiments[i].weights) return true;
    return false;
}

/* models/ is made before anything is written into it. */
static farm_status write_models(writing *w, const char *models) {
    writing inside = *w;
    inside.folder = models;
    farm_status status = output_make_folder(models, w->errors);
    for (size_t i = 0; status == FARM_OK && i < w->in->n_experiments; i++)
        if (w->in->results->experiments[i].weights) status = write_for_experiment(&inside, i, "", ".json", models_file);
    w->files = inside.files;
    return status;
}

/* --- which files there are -------------------------------------------------------------------------------------- */

static bool always(const report_input *in) {
    (void)in;
    return true;
}

static bool is_run(const report_input *in) { return in->series; }

static bool has_forecasts(const report_input *in) { return is_run(in) && in->forecasts == FORECASTS_ALL; }

static bool has_quantiles(const report_input *in) { return is_run(in) && in->forecasts == FORECASTS_QUANTILES; }

static bool has_losses(const report_input *in) {
    for (size_t i = 0; i < in->n_experiments; i++)
        if (in->results->experiments[i].losses) return true;
    return false;
}

static bool is_paired(const report_input *in) { return !in->comparisons->unpaired; }

/* A file of one name. */
typedef struct {
    const char *name;
    file_writer *write;
    bool (*is_due)(const report_input *in);
    const char *head; /* how it begins where it may be stale: where it is not due and begins so, it is removed */
    bool of_runs;     /* but not for a comparison of files, which has nothing in its place */
} named_file;

static const named_file named_files[] = {
    {"summary.csv", summary_file, always, NULL, false},
    {"comparisons.csv", comparisons_file, always, NULL, false},
    {"pairs.csv", pairs_file, always, NULL, false},
    {"ranks.csv", ranks_file, is_paired, "experiment,mean_rank,", false},
    {"forecasts.csv", forecasts_file, has_forecasts, "experiment,repeat,step,index,actual,forecast\n", true},
    {"forecast_quantiles.csv", quantiles_file, has_quantiles, "experiment,step,index,actual,count,", true},
    {"learning_curves.csv", losses_file, has_losses, "experiment,repeat,epoch,loss\n", false},
    {"run.json", run_file, is_run, NULL, false},
    {"report.html", html_file, always, NULL, false},
};
enum { N_NAMED_FILES = sizeof named_files / sizeof *named_files };

static farm_status write_named_files(writing *w) {
    farm_status status = FARM_OK;
    for (size_t i = 0; status == FARM_OK && i < N_NAMED_FILES; i++)
        if (named_files[i].is_due(w->in)) status = write_file(w, named_files[i].name, named_files[i].write, 0);
    return status;
}

static farm_status write_results(writing *w) {
    farm_status status = FARM_OK;
    for (size_t i = 0; status == FARM_OK && is_run(w->in) && i < w->in->n_experiments; i++)
        status = write_for_experiment(w, i, "experiment_", ".csv", results_file);
    return status;
}

/* Whether folder/base + ending and the file of info are one. */
static bool is_file(const char *folder, const char *base, const char *ending, const struct stat *info) {
    char name[64];
    snprintf(name, sizeof name, "/%s%s", base, ending);
    char *path = joined(folder, name, "");
    struct stat there; /* a link is replaced, and what it leads to is not */
    bool same = path && lstat(path, &there) == 0 && there.st_dev == info->st_dev && there.st_ino == info->st_ino;
    free(path);
    return same;
}

bool report_replaces(const char *folder, const char *path) {
    struct stat info;
    if (stat(path, &info) != 0) return false;
    for (size_t i = 0; i < N_NAMED_FILES; i++)
        if (is_file(folder, named_files[i].name, "", &info)) return true;
    for (const char *const *name = plot_names; *name; name++)
        if (is_file(folder, *name, ".svg", &info) || is_file(folder, *name, ".png", &info)) return true;
    return false;
}

/* --- forecasts over the repeats --------------------------------------------------------------------------------- */

/* For the table and the picture. */
static farm_status summarise_forecasts(writing *w) {
    if (!has_quantiles(w->in)) return FARM_OK;
    w->forecasts = forecast_summaries_all(w->in->results);
    return w->forecasts ? FARM_OK : out_of_memory(w->errors, w->folder);
}

/* --- pictures --------------------------------------------------------------------------------------------------- */

static farm_status draw_pictures(writing *w) {
    const report_input *in = w->in;
    const plot_input drawn = {.run_name = in->name,
                              .series_column = in->series_column,
                              .series = in->series,
                              .experiments = in->experiments,
                              .frames = in->frames,
                              .n_experiments = in->n_experiments,
                              .results = in->results,
                              .comparisons = in->comparisons,
                              .forecasts = w->forecasts,
                              .hooks = in->hooks};
    farm_status status = in->no_pictures ? FARM_OK : plot_draw(&w->pictures, &drawn, w->errors);
    return status == FARM_FAILED ? out_of_memory(w->errors, w->folder) : status;
}

static farm_status write_pictures(writing *w) {
    farm_status status = FARM_OK;
    for (size_t i = 0; status == FARM_OK && i < w->pictures.n; i++) {
        status = write_named(w, i, "", w->pictures.items[i].name, ".svg", svg_file);
        if (status == FARM_OK) status = write_named(w, i, "", w->pictures.items[i].name, ".png", png_file);
    }
    return status;
}

/* --- files of earlier runs -------------------------------------------------------------------------------------- */

static bool has_results(const report_input *in, size_t i) {
    (void)in, (void)i;
    return true;
}

static bool has_model(const report_input *in, size_t i) { return in->results->experiments[i].weights; }

/* The files of experiments in a folder: what stands before and after the name, how the files begin, and which experiments
 * of a run have one. */
typedef struct {
    const char *before, *after;
    const char *const *heads;
    bool (*is_due)(const report_input *in, size_t i);
} experiment_files;

/* Whether file is before + an experiment's name + after, for none of this run that has one. */
static bool is_stale(const report_input *in, const char *file, const experiment_files *kind) {
    const char *before = kind->before, *after = kind->after;
    size_t length = strlen(file), head = strlen(before), tail = strlen(after);
    if (file[0] == '.' || length <= head + tail) return false;
    if (strncmp(file, before, head) != 0 || strcmp(file + length - tail, after) != 0) return false;
    for (size_t i = 0; i < in->n_experiments; i++) {
        const char *name = in->experiments[i].name;
        if (!kind->is_due(in, i)) continue;
        if (strlen(name) == length - head - tail && strncmp(file + head, name, strlen(name)) == 0) return false;
    }
    return true;
}

/* How the files begin that a run writes for an experiment, and its pictures. */
static const char *const results_heads[] = {"results\n", NULL};
static const char *const picture_heads[] = {"<svg class=\"farm-plot\"", NULL};
static const char *const models_heads[] = {"[\n  {\"kernel\": ", "[\n  null", NULL};

/* Whether a file in the folder is one of ours, and not somebody's who keeps such names, too. A link is: what it leads to
 * stays. */
static bool is_ours(DIR *folder, const char *name, const char *const *heads) {
    char head[64] = ""; /* room for the longest of heads */
    struct stat info;
    if (fstatat(dirfd(folder), name, &info, AT_SYMLINK_NOFOLLOW) != 0 || S_ISLNK(info.st_mode)) return true;
    int fd = S_ISREG(info.st_mode) ? openat(dirfd(folder), name, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t n = fd < 0 ? 0 : read(fd, head, sizeof head - 1);
    if (fd >= 0) close(fd);
    for (size_t i = 0; n > 0 && heads[i]; i++)
        if (strncmp(head, heads[i], strlen(heads[i])) == 0) return true;
    return false;
}

/* Removes folder/name, if it is there. */
static farm_status remove_file(const char *folder, const char *name, farm_errors *errors) {
    char *path = joined(folder, "/", name);
    farm_status status = FARM_OK;
    if (!path || (unlink(path) != 0 && errno != ENOENT)) {
        errors_add(errors, (error_place){.file = path ? path : folder},
                   "a file of an earlier run cannot be removed: %s; remove it by hand", strerror(errno));
        status = FARM_FAILED;
    }
    free(path);
    return status;
}

/* Removes what folder holds of experiments that this run does not have. */
static farm_status remove_stale(const report_input *in, const char *folder, const experiment_files *kind,
                                farm_errors *errors) {
    farm_status status = FARM_OK;
    DIR *listing = opendir(folder);
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        if (!is_stale(in, entry->d_name, kind) || !is_ours(listing, entry->d_name, kind->heads)) continue;
        if (remove_file(folder, entry->d_name, errors) != FARM_OK) status = FARM_FAILED;
    }
    if (listing) closedir(listing);
    return status;
}

static bool has_picture(const plot_pictures *pictures, const char *name) {
    for (size_t i = 0; i < pictures->n; i++)
        if (strcmp(pictures->items[i].name, name) == 0) return true;
    return false;
}

/* Removes NAME.png and NAME.svg; the one that says whose they are last. */
static farm_status remove_picture(const char *folder, const char *name, farm_errors *errors) {
    char png[64], svg[64];
    struct stat info;
    snprintf(png, sizeof png, "%s.png", name);
    snprintf(svg, sizeof svg, "%s.svg", name);
    DIR *listing = opendir(folder);
    bool ours = listing && fstatat(dirfd(listing), svg, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
                is_ours(listing, svg, picture_heads);
    if (listing) closedir(listing);
    if (!ours) return FARM_OK;
    farm_status status = remove_file(folder, png, errors);
    return status == FARM_OK ? remove_file(folder, svg, errors) : status;
}

/* Removes pictures that this run does not have: they show another one's results. */
static farm_status remove_stale_pictures(const writing *w) {
    farm_status status = FARM_OK;
    for (const char *const *name = plot_names; *name; name++)
        if (!has_picture(&w->pictures, *name) && remove_picture(w->folder, *name, w->errors) != FARM_OK)
            status = FARM_FAILED;
    return status;
}

/* Removes tables that are not due this time. */
static farm_status remove_stale_tables(const writing *w) {
    farm_status status = FARM_OK;
    DIR *listing = opendir(w->folder);
    for (size_t i = 0; listing && i < N_NAMED_FILES; i++) {
        const named_file *file = &named_files[i];
        const char *const heads[] = {file->head, NULL};
        struct stat info;
        if (!file->head || file->is_due(w->in) || (file->of_runs && !is_run(w->in))) continue;
        if (fstatat(dirfd(listing), file->name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
        if (is_ours(listing, file->name, heads) && remove_file(w->folder, file->name, w->errors) != FARM_OK)
            status = FARM_FAILED;
    }
    if (listing) closedir(listing);
    return status;
}

static farm_status remove_all_stale(const writing *w, const char *models) {
    static const experiment_files of_results = {"experiment_", ".csv", results_heads, has_results},
                                  of_models = {"", ".json", models_heads, has_model};
    farm_status status = FARM_OK;
    if (is_run(w->in)) status = remove_stale(w->in, w->folder, &of_results, w->errors);
    if (remove_stale_tables(w)) status = FARM_FAILED;
    if (remove_stale_pictures(w)) status = FARM_FAILED;
    if (is_run(w->in) && remove_stale(w->in, models, &of_models, w->errors)) status = FARM_FAILED;
    if (is_run(w->in) && !has_models(w->in)) rmdir(models); /* unless something else is in there */
    return status;
}

/* --- the folder ------------------------------------------------------------------------------------------------- */

void report_sweep(const char *folder) {
    char *models = joined(folder, "/", "models");
    output_sweep(folder);
    if (models) output_sweep(models);
    free(models);
}

farm_status report_write(const report_input *in, const char *folder, farm_errors *errors) {
    farm_status status = FARM_FAILED;
    number_locale held = number_locale_enter();
    summary *summaries = report_summaries(in);
    char *models = joined(folder, "/", "models");
    writing w = {.in = in, .summaries = summaries, .folder = folder, .errors = errors};
    if (!summaries || !models) {
        out_of_memory(errors, folder);
        goto done;
    }
    if (output_make_folder(folder, errors) || summarise_forecasts(&w)) goto done;
    if (draw_pictures(&w) == FARM_INTERRUPTED) status = FARM_INTERRUPTED;
    if (status == FARM_INTERRUPTED) goto done;
    if (write_results(&w) || write_pictures(&w)) goto done;
    if (has_models(in) && write_models(&w, models)) goto done;
    if (write_named_files(&w) || results_lost(in->results) || output_publish(&w.files, errors)) goto done;
    status = remove_all_stale(&w, models);
done:
    output_discard(&w.files);
    plot_free(&w.pictures);
    forecast_summaries_free(w.forecasts, in->n_experiments);
    free(models);
    free(summaries);
    number_locale_leave(&held);
    return status;
}
