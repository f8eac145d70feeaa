/* bounds.c - how fast a gradient step could be at best: a contestant that does only one part of it, and nothing twice.
 *
 *     bounds divider LEVEL        the divisions and square roots
 *     bounds multiply_add LEVEL   the multiplications and additions, none fused
 *     bounds memory LEVEL         reading and writing weights and moments, where the caches of this machine have them
 *
 * For one step of one repeat with n neurons, one lag and P = 4n + 4n^2 + 4n + n + 1 parameters the kernel's equations
 * (src/lstm_kernel.c, src/lstm_one.h) ask for
 *
 *     P square roots and P divisions (Adam), 2n divisions (tanh of the candidate and of the cell);
 *     8P multiplications and 5P additions: 1 + 1 forward, 1 for the gradient, 2 + 1 for m, 3 + 1 for v, 1 + 2 for w;
 *     a read and a write of w, m and v in Adam, of 4 bytes each; a moved weight is at hand for the next row's gates.
 *
 * What else it does (gates, slopes) grows with n, not with P, and is left out: these are lower bounds. No real training
 * happens, so there are no weights to show. Works on one core. */
#include "bounds.h"
#include "contestant.h"
#include "lstm.h"

extern const bound_loops bounds_base, bounds_v3, bounds_v4;

typedef enum { BOUND_DIVIDER, BOUND_MULTIPLY_ADD, BOUND_MEMORY } bound_kind;
static const char *const kinds[] = {"divider", "multiply_add", "memory"};

typedef struct {
    bound_kind kind;
    const bound_loops *loops;
    const contest_job *job;
    long parameters;
    float *w, *m, *v; /* [parameters][BOUND_LANES], at least a chunk */
    volatile float kept;
} bound;

static void free_arrays(bound *b) {
    free(b->w), free(b->m), free(b->v);
    b->w = b->m = b->v = NULL;
}

static float *filled(size_t n, float value) {
    float *values = malloc(n * sizeof *values);
    for (size_t i = 0; values && i < n; i++) values[i] = value + (float)(i % 7) * 0.125f;
    return values;
}

static const char *prepare(void *context, const contest_job *job) {
    bound *b = context;
    lstm_shape shape = {1, job->neurons, ACTIVATION_TANH, ACTIVATION_HARD_SIGMOID, 1};
    b->job = job;
    b->parameters = (long)lstm_parameters(&shape);
    size_t n = (size_t)(b->parameters > BOUND_CHUNK ? b->parameters : BOUND_CHUNK) * BOUND_LANES;
    free_arrays(b);
    b->w = filled(n, 1), b->m = filled(n, 0.5f), b->v = filled(n, 0.25f);
    return b->w && b->m && b->v ? NULL : "out of memory";
}

typedef void (*chunk_loop)(int count, float *restrict x, const float *restrict m, const float *restrict v);

static void repeat_chunk(const bound *b, chunk_loop loop, long count) {
    for (; count > 0; count -= BOUND_CHUNK) loop((int)(count < BOUND_CHUNK ? count : BOUND_CHUNK), b->w, b->m, b->v);
}

/* One row of BOUND_LANES repeats. */
static void step(bound *b) {
    switch (b->kind) {
    case BOUND_DIVIDER:
        repeat_chunk(b, b->loops->divide_and_root, b->parameters);
        repeat_chunk(b, b->loops->divide, 2L * b->job->neurons);
        break;
    case BOUND_MULTIPLY_ADD: b->kept = b->loops->multiply_add(b->parameters * BOUND_LANES * 13 / 2); break;
    case BOUND_MEMORY: b->loops->stream(b->parameters * BOUND_LANES, b->w, b->m, b->v); break;
    }
}

static const char *train(void *context, int epochs, contest_time *taken) {
    bound *b = context;
    long steps = (long)epochs * b->job->n_rows * ((b->job->repeats + BOUND_LANES - 1) / BOUND_LANES);
    contest_time begin = contest_now();
    for (long s = 0; s < steps; s++) step(b);
    *taken = contest_since(begin);
    return NULL;
}

static const char *weights(void *context, cJSON *list) {
    (void)context, (void)list;
    return "a bound trains nothing";
}

static const bound_loops *loops_of(const char *level) {
    vector_level l = !strcmp(level, "x86-64-v4")   ? VECTOR_X86_64_V4
                     : !strcmp(level, "x86-64-v3") ? VECTOR_X86_64_V3
                                                   : VECTOR_BASE;
    if (strcmp(lstm_level_name(l), level) != 0 || !lstm_has_level(l)) return NULL;
#ifdef FARM_HAVE_v4
    if (l == VECTOR_X86_64_V4) return &bounds_v4;
#endif
#ifdef FARM_HAVE_v3
    if (l == VECTOR_X86_64_V3) return &bounds_v3;
#endif
    return &bounds_base;
}

int main(int argc, char **argv) {
    bound b = {.kind = BOUND_DIVIDER};
    while (argc == 3 && b.kind <= BOUND_MEMORY && strcmp(kinds[b.kind], argv[1]) != 0) b.kind++;
    if (argc != 3 || b.kind > BOUND_MEMORY || !(b.loops = loops_of(argv[2]))) {
        fprintf(stderr, "bounds: divider, multiply_add or memory, and a level that this processor has\n");
        return 2;
    }
    int status = contest_serve(&(contestant){prepare, train, weights}, &b);
    free_arrays(&b);
    return status;
}
