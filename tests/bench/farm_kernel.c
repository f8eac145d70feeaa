/* farm_kernel.c - the farm's kernel as a contestant: blocks of LANES repeats, dealt out to OpenMP's threads.
 *
 *     farm_kernel [LEVEL]     base, x86-64-v3 or x86-64-v4; default: the widest of this processor
 *
 * No frame, pool or store: what the other contestants do, and nothing else. OMP_NUM_THREADS says how many threads. */
#include "contestant.h"
#include "lstm.h"

typedef struct {
    vector_level level;
    const contest_job *job;
    lstm_shape shape;
    lstm **blocks; /* [n_blocks] */
    int n_blocks;
    double *weights; /* [n_weights][parameters] */
    int n_weights;
} kernel;

static void free_blocks(kernel *k) {
    for (int b = 0; b < k->n_blocks; b++) lstm_free(k->blocks[b]);
    free(k->blocks);
    free(k->weights);
    k->blocks = NULL, k->weights = NULL, k->n_blocks = 0;
}

/* All numbers of a nested list in order. */
static double *flatten(const cJSON *item, double *to) {
    if (cJSON_IsNumber(item)) {
        *to++ = item->valuedouble;
    } else if (item) {
        const cJSON *part;
        cJSON_ArrayForEach(part, item) to = flatten(part, to);
    }
    return to;
}

static const char *const parts[] = {"kernel",         "recurrent_kernel", "bias",
                                    "recurrent_bias", "dense_kernel",     "dense_bias"};

static const char *read_weights(kernel *k) {
    size_t parameters = lstm_parameters(&k->shape);
    k->n_weights = cJSON_GetArraySize(k->job->weights);
    k->weights = malloc((size_t)k->n_weights * parameters * sizeof *k->weights);
    double *to = k->weights;
    const cJSON *object;
    cJSON_ArrayForEach(object, k->job->weights) {
        const double *begin = to;
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
            to = flatten(cJSON_GetObjectItem(object, parts[p]), to);
        if ((size_t)(to - begin) != parameters) return "weights of another shape";
    }
    return k->n_weights > 0 ? NULL : "no weights";
}

static const char *prepare(void *context, const contest_job *job) {
    kernel *k = context;
    bool torch = !strcmp(job->preset, "pytorch");
    if (!torch && strcmp(job->preset, "keras-2.0") != 0) return "no such preset here";
    free_blocks(k);
    k->job = job;
    k->shape = (lstm_shape){1, job->neurons, ACTIVATION_TANH, torch ? ACTIVATION_SIGMOID : ACTIVATION_HARD_SIGMOID,
                            torch ? 2 : 1};
    optimizer_spec adam = {OPTIMIZER_ADAM, 0.001, 0.9,
                           0.999,          1e-8,  torch ? EPSILON_AFTER_CORRECTION : EPSILON_BEFORE_CORRECTION};
    k->n_blocks = (job->repeats + LANES - 1) / LANES;
    k->blocks = calloc((size_t)k->n_blocks, sizeof *k->blocks);
    for (int b = 0; b < k->n_blocks; b++)
        if (!(k->blocks[b] = lstm_new(&k->shape, &adam, 1, PRECISION_F32, k->level))) return "out of memory";
    return read_weights(k);
}

static void begin_anew(kernel *k) {
    size_t parameters = lstm_parameters(&k->shape);
    for (int b = 0; b < k->n_blocks; b++) {
        for (int lane = 0; lane < LANES; lane++)
            lstm_set_weights(k->blocks[b], lane, k->weights + (size_t)((b * LANES + lane) % k->n_weights) * parameters);
        lstm_reset_optimizer(k->blocks[b]);
        lstm_reset_state(k->blocks[b]);
    }
}

static const char *train(void *context, int epochs, contest_time *taken) {
    kernel *k = context;
    lstm_rows rows = {k->job->inputs, k->job->targets, k->job->n_rows};
    begin_anew(k);
    contest_time begin = contest_now();
#pragma omp parallel for schedule(dynamic, 1)
    for (int b = 0; b < k->n_blocks; b++)
        lstm_train_epochs(k->blocks[b], &rows, &(lstm_epochs){.n = epochs, .state = ROW_STATE_CARRIED, .reset = true});
    *taken = contest_since(begin);
    return NULL;
}

static cJSON *matrix(const double **at, int rows, int columns) {
    cJSON *list = cJSON_CreateArray();
    for (int r = 0; r < rows; r++, *at += columns) cJSON_AddItemToArray(list, cJSON_CreateDoubleArray(*at, columns));
    return list;
}

static cJSON *vector(const double **at, int n) {
    *at += n;
    return cJSON_CreateDoubleArray(*at - n, n);
}

static cJSON *model_object(const lstm_shape *s, const double *at) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToObject(object, "kernel", matrix(&at, s->lags, 4 * s->neurons));
    cJSON_AddItemToObject(object, "recurrent_kernel", matrix(&at, s->neurons, 4 * s->neurons));
    cJSON_AddItemToObject(object, "bias", vector(&at, 4 * s->neurons));
    if (s->bias_vectors == 2) cJSON_AddItemToObject(object, "recurrent_bias", vector(&at, 4 * s->neurons));
    cJSON_AddItemToObject(object, "dense_kernel", vector(&at, s->neurons));
    cJSON_AddNumberToObject(object, "dense_bias", *at);
    return object;
}

static const char *weights(void *context, cJSON *list) {
    kernel *k = context;
    double *of_one = malloc(lstm_parameters(&k->shape) * sizeof *of_one);
    for (int r = 0; of_one && r < k->n_weights && r < k->n_blocks * LANES; r++) {
        lstm_get_weights(k->blocks[r / LANES], r % LANES, of_one);
        cJSON_AddItemToArray(list, model_object(&k->shape, of_one));
    }
    free(of_one);
    return of_one ? NULL : "out of memory";
}

static bool level_named(const char *name, vector_level *level) {
    for (*level = VECTOR_BASE; *level <= lstm_best_level(); (*level)++)
        if (lstm_has_level(*level) && !strcmp(lstm_level_name(*level), name)) return true;
    return false;
}

int main(int argc, char **argv) {
    kernel k = {.level = lstm_best_level()};
    if (argc > 1 && !level_named(argv[1], &k.level)) {
        fprintf(stderr, "farm_kernel: this processor or build has no %s\n", argv[1]);
        return 2;
    }
    int status = contest_serve(&(contestant){prepare, train, weights}, &k);
    free_blocks(&k);
    return status;
}
