/* weights_file.c - initial weights from JSON files. See weights_file.h. Uses json_text.h, nearest.h, lstm.h.
 * Invariant: a set with n > 0 holds n finished arrays; a faulty one is empty. */
#include "weights_file.h"
#include "nearest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The parts of a model's object, in the order of lstm_parameters(). */
enum { PART_KERNEL, PART_RECURRENT, PART_BIAS, PART_RECURRENT_BIAS, PART_DENSE, PART_DENSE_BIAS, N_PARTS };
static const char *const part_names[N_PARTS + 1] = {"kernel",       "recurrent_kernel", "bias",  "recurrent_bias",
                                                    "dense_kernel", "dense_bias",       "refits"};

typedef struct {
    json_texts *texts;
    const lstm_shape *shape;
    size_t n_parameters;
} reader;

void weights_free(given_weights *given, size_t n) {
    for (size_t i = 0; given && i < n; i++) {
        free(given[i].weights);
        for (size_t r = 0; r < given[i].n_refits; r++) free(given[i].refits[r]);
        free(given[i].refits);
    }
    free(given);
}

void weights_files_free(weights_files *files) {
    for (size_t i = 0; i < files->n_texts; i++) {
        free(files->texts[i].path);
        cJSON_Delete(files->texts[i].tree);
    }
    for (size_t i = 0; i < files->n_sets; i++) weights_free(files->sets[i].given, files->sets[i].n);
    free(files->texts);
    free(files->sets);
    *files = (weights_files){0};
}

/* --- numbers ---------------------------------------------------------------------------------------------------- */

static bool read_number(const reader *r, const cJSON *node, double *out) {
    char found[80];
    if (cJSON_IsNumber(node)) {
        *out = node->valuedouble;
        return isfinite(*out); /* if not, it was listed when the file was read */
    }
    json_describe(node, found, sizeof found);
    json_fault(r->texts, node, "must be a number, found %s", found);
    return false;
}

static bool read_row(const reader *r, const cJSON *list, double *out) {
    bool fine = true;
    for (const cJSON *item = list->child; item; item = item->next) fine = read_number(r, item, out++) && fine;
    return fine;
}

static size_t length_of(const cJSON *list) { return (size_t)cJSON_GetArraySize(list); }

/* list of columns numbers. what: what columns counts, for the fault. */
static bool read_vector(const reader *r, const cJSON *list, size_t columns, const char *what, double *out) {
    char found[80];
    if (cJSON_IsArray(list) && length_of(list) == columns) return read_row(r, list, out);
    if (cJSON_IsArray(list))
        snprintf(found, sizeof found, "%zu", length_of(list));
    else
        json_describe(list, found, sizeof found);
    json_fault(r->texts, list, "must be a list of %zu numbers (%s), found %s", columns, what, found);
    return false;
}

/* rows lists of 4n numbers. */
static bool read_matrix(const reader *r, const cJSON *list, size_t rows, const char *what, double *out) {
    size_t columns = 4 * (size_t)r->shape->neurons, i = 0;
    const cJSON *first = cJSON_IsArray(list) ? list->child : NULL;
    bool fine = true;
    if (!cJSON_IsArray(list) || length_of(list) != rows) {
        char found[80];
        if (cJSON_IsArray(first))
            snprintf(found, sizeof found, "%zu x %zu", length_of(list), length_of(first));
        else if (cJSON_IsArray(list))
            snprintf(found, sizeof found, "a list of %zu", length_of(list));
        else
            json_describe(list, found, sizeof found);
        json_fault(r->texts, list, "must be %zu x %zu (%s x 4 for each neuron), a list of rows, found %s", rows,
                   columns, what, found);
        return false;
    }
    for (const cJSON *row = first; row; row = row->next, i++)
        fine = read_vector(r, row, columns, "4 for each neuron", out + i * columns) && fine;
    return fine;
}

/* n numbers, or as Keras gives them n lists of one. */
static bool read_dense(const reader *r, const cJSON *list, double *out) {
    size_t n = (size_t)r->shape->neurons;
    bool nested = cJSON_IsArray(list) && cJSON_IsArray(list->child) && length_of(list) == n, fine = true;
    if (!nested) return read_vector(r, list, n, "one for each neuron", out);
    for (const cJSON *row = list->child; row; row = row->next)
        fine = read_vector(r, row, 1, "the one output", out++) && fine;
    return fine;
}

static bool read_part(const reader *r, int part, const cJSON *node, double *out) {
    size_t n = (size_t)r->shape->neurons;
    switch (part) {
    case PART_KERNEL: return read_matrix(r, node, (size_t)r->shape->lags, "lags", out);
    case PART_RECURRENT: return read_matrix(r, node, n, "neurons", out);
    case PART_BIAS:
    case PART_RECURRENT_BIAS: return read_vector(r, node, 4 * n, "4 for each neuron", out);
    case PART_DENSE: return read_dense(r, node, out);
    default: return cJSON_IsArray(node) ? read_vector(r, node, 1, "the one output", out) : read_number(r, node, out);
    }
}

static size_t part_size(const lstm_shape *shape, int part) {
    size_t n = (size_t)shape->neurons;
    switch (part) {
    case PART_KERNEL: return (size_t)shape->lags * 4 * n;
    case PART_RECURRENT: return n * 4 * n;
    case PART_BIAS: return 4 * n;
    case PART_RECURRENT_BIAS: return shape->bias_vectors == 2 ? 4 * n : 0;
    case PART_DENSE: return n;
    default: return 1;
    }
}

/* --- one model -------------------------------------------------------------------------------------------------- */

/* parts: how many of part_names may stand here. */
static bool check_keys(const reader *r, const cJSON *object, size_t parts) {
    bool fine = true;
    for (const cJSON *member = object->child; member; member = member->next) {
        size_t i = 0;
        while (i < parts && strcmp(part_names[i], member->string) != 0) i++;
        if (i == PART_RECURRENT_BIAS && r->shape->bias_vectors == 1) {
            json_fault_key(r->texts, member,
                           "this model has one bias vector; set model.bias_vectors to 2, or add this to \"bias\"");
            fine = false;
        } else if (i == parts) {
            const char *near = nearest_name(member->string, part_names, parts);
            json_fault_key(r->texts, member, "unknown key%s%s%s", near ? "; did you mean \"" : "", near ? near : "",
                           near ? "\"?" : "");
            fine = false;
        }
    }
    return fine;
}

/* The weights of one object, flat; NULL: faults were listed. */
static double *read_model(const reader *r, const cJSON *object, size_t parts) {
    char found[80];
    if (!cJSON_IsObject(object)) {
        json_describe(object, found, sizeof found);
        if (cJSON_IsNull(object))
            json_fault(r->texts, object,
                       "null: this repeat had diverged when its model was saved, so it has no weights");
        else
            json_fault(r->texts, object, "must be an object with \"kernel\", \"recurrent_kernel\", ..., found %s",
                       found);
        return NULL;
    }
    bool fine = check_keys(r, object, parts);
    double *weights = calloc(r->n_parameters, sizeof *weights), *at = weights;
    if (!weights) {
        json_fault_memory(r->texts);
        return NULL;
    }
    for (int part = 0; part < N_PARTS; part++) {
        const cJSON *node = json_get(object, part_names[part]);
        size_t size = part_size(r->shape, part);
        if (size == 0) continue;
        if (!node) json_fault_missing(r->texts, object, part_names[part], "\"%s\" is missing", part_names[part]);
        fine = node && read_part(r, part, node, at) && fine;
        at += size;
    }
    if (fine) return weights;
    free(weights);
    return NULL;
}

static bool read_refits(const reader *r, const cJSON *object, given_weights *out) {
    const cJSON *list = json_get(object, "refits");
    char found[80];
    bool fine = true;
    if (!list) return true;
    if (!cJSON_IsArray(list)) {
        json_describe(list, found, sizeof found);
        json_fault(r->texts, list, "must be a list of objects, the weights of the first refit first, found %s", found);
        return false;
    }
    out->refits = calloc(length_of(list) + 1, sizeof *out->refits);
    if (!out->refits) {
        json_fault_memory(r->texts);
        return false;
    }
    for (const cJSON *item = list->child; item; item = item->next) {
        double *weights = read_model(r, item, N_PARTS);
        if (weights) out->refits[out->n_refits++] = weights;
        fine = fine && weights;
    }
    return fine;
}

/* --- files and sets --------------------------------------------------------------------------------------------- */

static void read_set(weights_set *set, json_texts *texts, const cJSON *tree, size_t repeats) {
    bool list = cJSON_IsArray(tree), fine = true;
    reader r = {.texts = texts, .shape = &set->shape, .n_parameters = lstm_parameters(&set->shape)};
    if (list && length_of(tree) < repeats) {
        json_fault(texts, tree, "weights for %zu repeats, but the run has %zu; give one object for all, or one each",
                   length_of(tree), repeats);
        return;
    }
    size_t n = list ? repeats : 1, i = 0;
    set->given = calloc(n, sizeof *set->given);
    if (!set->given) {
        json_fault_memory(texts);
        return;
    }
    for (const cJSON *object = list ? tree->child : tree; object && i < n; object = object->next, i++) {
        set->given[i].weights = read_model(&r, object, N_PARTS + 1);
        fine = set->given[i].weights && read_refits(&r, object, &set->given[i]) && fine;
    }
    if (fine) {
        set->n = n;
        return;
    }
    weights_free(set->given, n);
    set->given = NULL;
}

static void read_text(weights_text *out, json_texts *texts, const cJSON *at) {
    char why[200];
    size_t n;
    char *bytes = json_read_file(texts, out->path, &n, why);
    if (bytes) {
        out->digest = digest_text(bytes);
        out->tree = json_parse(texts, out->path, "", bytes, n, true);
    } else {
        json_fault(texts, at, "%s: %s", out->path, why);
    }
}

/* Position of the file at path among texts, read if it is new; (size_t)-1: out of memory. */
static size_t find_text(weights_files *files, json_texts *texts, const char *path, const cJSON *at) {
    for (size_t i = 0; i < files->n_texts; i++)
        if (strcmp(files->texts[i].path, path) == 0) return i;
    weights_text *larger = realloc(files->texts, (files->n_texts + 1) * sizeof *larger);
    char *copy = strdup(path);
    if (larger) files->texts = larger;
    if (!larger || !copy) {
        free(copy);
        json_fault_memory(texts);
        return (size_t)-1;
    }
    files->texts[files->n_texts] = (weights_text){.path = copy};
    read_text(&files->texts[files->n_texts], texts, at);
    return files->n_texts++;
}

static bool same_shape(const lstm_shape *a, const lstm_shape *b) {
    return a->lags == b->lags && a->neurons == b->neurons && a->bias_vectors == b->bias_vectors;
}

const weights_set *weights_get(weights_files *files, json_texts *texts, const char *path, const cJSON *at,
                               const lstm_shape *shape, size_t repeats) {
    size_t text = find_text(files, texts, path, at);
    if (text == (size_t)-1 || !files->texts[text].tree) return NULL;
    for (size_t i = 0; i < files->n_sets; i++) {
        const weights_set *set = &files->sets[i];
        if (set->text == text && same_shape(&set->shape, shape)) return set->n > 0 ? set : NULL;
    }
    weights_set *larger = realloc(files->sets, (files->n_sets + 1) * sizeof *larger);
    if (!larger) {
        json_fault_memory(texts);
        return NULL;
    }
    files->sets = larger;
    weights_set *set = &larger[files->n_sets++];
    *set = (weights_set){.text = text, .shape = *shape};
    read_set(set, texts, files->texts[text].tree, repeats);
    return set->n > 0 ? set : NULL;
}

const char *weights_digest(const weights_files *files, const given_weights *given) {
    size_t i = 0;
    while (files->sets[i].given != given) i++;
    return files->texts[files->sets[i].text].digest.hex;
}

bool weights_have_refits(const weights_set *set, json_texts *texts, const cJSON *at, size_t n_refits) {
    for (size_t i = 0; i < set->n; i++) {
        if (set->given[i].n_refits >= n_refits) continue;
        json_fault(texts, at,
                   "a fresh refit needs weights for each of its %zu refits, but \"refits\" of %s %zu has %zu", n_refits,
                   set->n > 1 ? "repeat" : "object", i + 1, set->given[i].n_refits);
        return false;
    }
    return true;
}
