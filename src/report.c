/* report.c - a run's folder: every file under a temporary name first, then all of them under their own.
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

/* What writing one run's folder needs throughout. */
typedef struct {
    const report_input *in;
    const summary *summaries;
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

static farm_status write_tables(writing *w) {
    farm_status status = FARM_OK;
    for (size_t i = 0; status == FARM_OK && i < w->in->n_experiments; i++)
        status = write_for_experiment(w, i, "experiment_", ".csv", results_file);
    if (status == FARM_OK) status = write_file(w, "summary.csv", summary_file, 0);
    if (status == FARM_OK) status = write_file(w, "comparisons.csv", comparisons_file, 0);
    if (status == FARM_OK) status = write_file(w, "pairs.csv", pairs_file, 0);
    if (status == FARM_OK) status = write_file(w, "ranks.csv", ranks_file, 0);
    if (status == FARM_OK) status = write_file(w, "forecasts.csv", forecasts_file, 0);
    return status;
}

static farm_status draw_pictures(writing *w) {
    const report_input *in = w->in;
    const plot_input drawn = {.run_name = in->name,
                              .series_column = in->series_column,
                              .series = in->series,
                              .experiments = in->experiments,
                              .frames = in->frames,
                              .n_experiments = in->n_experiments,
                              .results = in->results,
                              .comparisons = in->comparisons};
    if (in->no_pictures || plot_draw(&w->pictures, &drawn, w->errors) == FARM_OK) return FARM_OK;
    return out_of_memory(w->errors, w->folder);
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

/* Whether file is before + an experiment's name + after, for no experiment of this run. */
static bool is_stale(const report_input *in, const char *file, const char *before, const char *after) {
    size_t length = strlen(file), head = strlen(before), tail = strlen(after);
    if (file[0] == '.' || length <= head + tail) return false;
    if (strncmp(file, before, head) != 0 || strcmp(file + length - tail, after) != 0) return false;
    for (size_t i = 0; i < in->n_experiments; i++) {
        const char *name = in->experiments[i].name;
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
    char head[24] = "";
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
static farm_status remove_stale(const report_input *in, const char *folder, const char *before, const char *after,
                                const char *const *heads, farm_errors *errors) {
    farm_status status = FARM_OK;
    DIR *listing = opendir(folder);
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        if (!is_stale(in, entry->d_name, before, after) || !is_ours(listing, entry->d_name, heads)) continue;
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
    if (output_make_folder(folder, errors) || write_tables(&w)) goto done;
    if (draw_pictures(&w) || write_pictures(&w)) goto done;
    if (has_models(in) && write_models(&w, models)) goto done;
    if (write_file(&w, "run.json", run_file, 0)) goto done;
    if (write_file(&w, "report.html", html_file, 0)) goto done;
    if (output_publish(&w.files, errors)) goto done;
    status = remove_stale(in, folder, "experiment_", ".csv", results_heads, errors);
    if (remove_stale_pictures(&w)) status = FARM_FAILED;
    if (has_models(in) && remove_stale(in, models, "", ".json", models_heads, errors)) status = FARM_FAILED;
done:
    output_discard(&w.files);
    plot_free(&w.pictures);
    free(models);
    free(summaries);
    number_locale_leave(&held);
    return status;
}
