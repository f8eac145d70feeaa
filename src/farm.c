/* farm.c - the public face: config, plan, pool, comparisons and report joined into one run. See farm.h.
 * In: a config's path. Out: results. Must not know how any of it is done, nor print or exit. */
#include "compare.h"
#include "config.h"
#include "output_file.h"
#include "pool.h"
#include "report.h"
#include "report_plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct farm {
    config config;
    plan plan;
    vector_level level;
    results results; /* empty before a run */
    comparisons comparisons;
    bool done; /* results are whole */
};

static farm_status choose_level(vector_level *level, const char *name, farm_errors *errors) {
    *level = lstm_best_level();
    if (!name) return FARM_OK;
    for (vector_level l = VECTOR_BASE; l <= lstm_best_level(); l++)
        if (lstm_has_level(l) && strcmp(lstm_level_name(l), name) == 0) {
            *level = l;
            return FARM_OK;
        }
    errors_add(errors, (error_place){.file = "--test-vector"},
               "\"%s\" is not a level that this build and processor have", name);
    return FARM_BAD_INPUT;
}

/* Counts of steps are 64 bits: what does not fit would take longer than anyone lives. */
static farm_status check_steps(const farm *f, farm_errors *errors) {
    uint64_t a_repeat = f->plan.steps_asked, most = UINT64_MAX / (uint64_t)f->config.repeats;
    if (a_repeat <= most) return FARM_OK;
    errors_add(errors, (error_place){.file = f->config.path, .key = "repeats"},
               "%d repeats of %.3g gradient steps each are more than can be counted; ask for fewer repeats or epochs",
               f->config.repeats, (double)a_repeat);
    return FARM_BAD_INPUT;
}

farm_status farm_load(farm **out, const char *config_path, const farm_options *options, farm_errors *errors) {
    static const farm_options none = {0};
    if (!options) options = &none;
    *out = NULL;
    farm *f = calloc(1, sizeof *f);
    if (!f) return FARM_FAILED;
    farm_status status = choose_level(&f->level, options->vector, errors);
    if (status == FARM_OK) status = config_load(&f->config, config_path, options, errors);
    if (status == FARM_OK)
        status = plan_expand(&f->plan, f->config.experiments, f->config.n_experiments, &f->config.series,
                             options->no_sharing ? PLAN_UNSHARED : PLAN_SHARED, errors);
    if (status == FARM_OK) status = check_steps(f, errors);
    if (status == FARM_OK)
        *out = f;
    else
        farm_free(f);
    return status;
}

void farm_free(farm *f) {
    if (!f) return;
    compare_free(&f->comparisons);
    results_free(&f->results);
    plan_free(&f->plan);
    config_free(&f->config);
    free(f);
}

static pool_work work_of(const farm *f) {
    return (pool_work){.plan = &f->plan,
                       .experiments = f->config.experiments,
                       .series = &f->config.series,
                       .repeats = (size_t)f->config.repeats,
                       .seed = f->config.seed,
                       .precision = f->config.precision,
                       .level = f->level,
                       .threads = f->config.threads};
}

farm_status farm_run(farm *f, const farm_hooks *hooks, farm_errors *errors) {
    const config *c = &f->config;
    compare_free(&f->comparisons);
    results_free(&f->results);
    f->done = false;
    farm_status status =
        results_init(&f->results, c->experiments, c->n_experiments, (size_t)c->repeats, c->save_models, errors);
    pool_work work = work_of(f);
    if (status == FARM_OK) status = pool_run(&f->results, &work, hooks, errors);
    if (status == FARM_OK) status = compare_all(&f->comparisons, &c->compare, c->experiments, &f->results, errors);
    f->done = status == FARM_OK;
    return status;
}

static report_input report_of(const farm *f) {
    const config *c = &f->config;
    return (report_input){.name = c->name,
                          .config_path = c->path,
                          .resolved = c->resolved,
                          .seed = c->seed,
                          .series_file = c->series_file,
                          .series_column = c->series_column,
                          .series = &c->series,
                          .precision = c->precision == PRECISION_F32 ? "f32" : "f64",
                          .vector_level = lstm_level_name(f->level),
                          .vector_bits = lstm_level_bits(f->level),
                          .repeats = (size_t)c->repeats,
                          .experiments = c->experiments,
                          .n_experiments = c->n_experiments,
                          .frames = f->plan.frame_of,
                          .results = &f->results,
                          .comparisons = &f->comparisons};
}

char *farm_default_folder(const farm *f) {
    static const char root[] = "out/";
    char *folder = malloc(sizeof root + strlen(f->config.name));
    if (folder) strcat(strcpy(folder, root), f->config.name);
    return folder;
}

farm_status farm_check_folder(const char *folder, farm_errors *errors) {
    output_set set = {0};
    farm_status status = output_make_folder(folder, errors);
    if (status == FARM_OK && !output_open(&set, folder, "run.json", errors)) status = FARM_FAILED;
    output_discard(&set);
    return status;
}

farm_status farm_write(const farm *f, const char *folder, farm_errors *errors) {
    assert(f->done);
    report_input in = report_of(f);
    return report_write(&in, folder, errors);
}

farm_status farm_print_results(const farm *f, FILE *out, int width) {
    assert(f->done);
    report_input in = report_of(f);
    return report_print(&in, out, width) ? FARM_OK : FARM_FAILED;
}

farm_status farm_print_plan(const farm *f, FILE *out, farm_errors *errors) {
    pool_work work = work_of(f);
    double seconds = pool_estimate(&work);
    if (seconds < 0) {
        errors_add(errors, (error_place){0}, "out of memory for the largest model of the plan");
        return FARM_FAILED;
    }
    report_plan(out, &f->plan, f->config.experiments, work.repeats, pool_threads(work.threads), seconds);
    return FARM_OK;
}

const char *farm_name(const farm *f) { return f->config.name; }

size_t farm_repeats(const farm *f) { return (size_t)f->config.repeats; }

size_t farm_experiments(const farm *f) { return f->config.n_experiments; }

const char *farm_experiment_name(const farm *f, size_t index) {
    assert(index < f->config.n_experiments);
    return f->config.experiments[index].name;
}

const double *farm_rmse(const farm *f, size_t index, size_t *n) {
    assert(f->done && index < f->config.n_experiments);
    *n = f->results.experiments[index].n_repeats;
    return f->results.experiments[index].rmse;
}
