/* weights_file.h - initial weights from JSON files, in the layout that save_models writes: checked against a model's
 * shape, each file read once. In: paths and shapes. Out: flat arrays in the order of lstm_parameters().
 * Must not know experiments, sweeps or defaults. */
#ifndef WEIGHTS_FILE_H
#define WEIGHTS_FILE_H

#include "digest.h"
#include "initial.h"
#include "json_text.h"

typedef struct {
    char *path;
    digest digest; /* of its bytes */
    cJSON *tree;   /* NULL: it cannot be read, and a fault says so */
} weights_text;

typedef struct {
    size_t text;
    lstm_shape shape;
    given_weights *given; /* [n] */
    size_t n;             /* 0: a fault was listed */
} weights_set;

/* Everything read so far. Zeroed is empty. */
typedef struct {
    weights_text *texts;
    size_t n_texts;
    weights_set *sets;
    size_t n_sets;
} weights_files;

/* The weights at path for a model of shape: one for all repeats, or one a repeat. at: the config's value that names the
 * file. NULL: faults were listed. The result is files', shared by all who ask for the same. */
const weights_set *weights_get(weights_files *files, json_texts *texts, const char *path, const cJSON *at,
                               const lstm_shape *shape, size_t repeats);

/* The digest of the file that given, the items of some set, came from. */
const char *weights_digest(const weights_files *files, const given_weights *given);

/* Whether every repeat has weights for so many refits; a fault if not. */
bool weights_have_refits(const weights_set *set, json_texts *texts, const cJSON *at, size_t n_refits);

void weights_files_free(weights_files *files);
void weights_free(given_weights *given, size_t n);

#endif
