/* lstm.c - blocks of LANES models: memory, weights in and out, and the choice of kernel.
 * Everything hot is in lstm_kernel.c. Uses lstm_block.h; must not know what a repeat or a row is for. */
#include "lstm_block.h"

#include <assert.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define DECLARE_KERNELS(level) extern const lstm_kernel lstm_kernel_f32_##level, lstm_kernel_f64_##level;
#define KERNELS(level)                                                                                                 \
    { &lstm_kernel_f32_##level, &lstm_kernel_f64_##level }

DECLARE_KERNELS(base)
#ifdef FARM_HAVE_v3
DECLARE_KERNELS(v3)
#endif
#ifdef FARM_HAVE_v4
DECLARE_KERNELS(v4)
#endif

/* By level, then precision; a level that this build has not is NULL. */
static const struct {
    const char *name;
    int bits;
    const lstm_kernel *kernels[2];
} levels[] = {
    [VECTOR_BASE] = {"base", 128, KERNELS(base)},
#ifdef FARM_HAVE_v3
    [VECTOR_X86_64_V3] = {"x86-64-v3", 256, KERNELS(v3)},
#endif
#ifdef FARM_HAVE_v4
    [VECTOR_X86_64_V4] = {"x86-64-v4", 256, KERNELS(v4)},
#endif
};

#if defined(__x86_64__)
/* All that the compiler may use for x86-64-v3 or v4; what __builtin_cpu_supports has no name for, by CPUID. */
static vector_level ask_processor(void) {
    unsigned a, b, c = 0, d, extended = 0;
    const unsigned movbe = 1u << 22, f16c = 1u << 29, lzcnt = 1u << 5;
    __builtin_cpu_init();
    if (__get_cpuid(1, &a, &b, &c, &d)) __get_cpuid(0x80000001, &a, &b, &extended, &d);
    bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
              __builtin_cpu_supports("fma") && (c & movbe) && (c & f16c) && (extended & lzcnt);
    bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl");
    return v4 ? VECTOR_X86_64_V4 : v3 ? VECTOR_X86_64_V3 : VECTOR_BASE;
}
#else
static vector_level ask_processor(void) { return VECTOR_BASE; }
#endif

/* Asked for once: on a virtual machine each CPUID stops the processor for some 50 us. */
static vector_level processor_level(void) {
    static atomic_int known = -1;
    int level = atomic_load_explicit(&known, memory_order_relaxed);
    if (level < 0) atomic_store_explicit(&known, level = (int)ask_processor(), memory_order_relaxed);
    return (vector_level)level;
}

bool lstm_has_level(vector_level level) {
    return (size_t)level < sizeof levels / sizeof *levels && levels[level].kernels[0] && level <= processor_level();
}

vector_level lstm_best_level(void) {
    vector_level best = VECTOR_BASE;
    for (vector_level level = VECTOR_BASE; (size_t)level < sizeof levels / sizeof *levels; level++)
        if (lstm_has_level(level)) best = level;
    return best;
}

const char *lstm_level_name(vector_level level) { return levels[level].name; }

int lstm_level_bits(vector_level level) { return levels[level].bits; }

size_t lstm_parameters(const lstm_shape *shape) {
    size_t n = (size_t)shape->neurons, rows = (size_t)shape->lags + n + (size_t)shape->bias_vectors;
    return rows * 4 * n + n + 1;
}

static size_t real_size(const lstm *model) {
    return model->precision == PRECISION_F32 ? sizeof(float) : sizeof(double);
}

static size_t state_bytes(const lstm *model) { return (size_t)model->shape.neurons * LANES * real_size(model); }

/* Hands out consecutive pieces of the block's memory; on the first pass, with memory NULL, only adds them up. */
static void *piece(lstm *model, size_t *offset, size_t arrays) {
    void *at = model->memory ? (char *)model->memory + *offset : NULL;
    *offset += arrays * LANES * real_size(model);
    return at;
}

static size_t lay_out(lstm *model) {
    size_t parameters = lstm_parameters(&model->shape), n = (size_t)model->shape.neurons, offset = 0;
    model->weights = piece(model, &offset, parameters);
    model->moment_1 = piece(model, &offset, parameters);
    model->moment_2 = piece(model, &offset, parameters);
    model->hidden = piece(model, &offset, n);
    model->cell = piece(model, &offset, n);
    model->hidden_next = piece(model, &offset, n);
    model->cell_next = piece(model, &offset, n);
    model->gates = piece(model, &offset, 4 * n);
    model->squashed = piece(model, &offset, n);
    model->deltas = piece(model, &offset, 4 * n);
    if (model->places == 1) return offset;
    model->place_hidden = piece(model, &offset, (size_t)model->places * n);
    model->place_cell = piece(model, &offset, (size_t)model->places * n);
    model->gradients = piece(model, &offset, parameters);
    return offset;
}

size_t lstm_bytes(const lstm_shape *shape, int places, precision real) {
    lstm model = {.shape = *shape, .precision = real, .places = places};
    return lay_out(&model) + sizeof model;
}

lstm *lstm_new(const lstm_shape *shape, const optimizer_spec *training, int places, precision real,
               vector_level level) {
    assert(shape->lags >= 1 && shape->neurons >= 1 && places >= 1 && lstm_has_level(level));
    lstm *model = calloc(1, sizeof *model);
    if (!model) return NULL;
    *model = (lstm){.shape = *shape, .optimizer = *training, .precision = real, .places = places};
    model->kernel = levels[level].kernels[real];
    model->bytes = lay_out(model);
    model->memory = aligned_alloc(64, model->bytes); /* LANES reals are a multiple of a cache line */
    if (!model->memory) {
        free(model);
        return NULL;
    }
    memset(model->memory, 0, model->bytes);
    lay_out(model);
    model->groups[0].end = LANES;
    model->n_groups = 1;
    lstm_reset_optimizer(model);
    return model;
}

lstm *lstm_copy(const lstm *from) {
    assert(from->n_groups == 1);
    lstm *to = malloc(sizeof *to);
    if (!to) return NULL;
    *to = *from;
    to->aside = NULL;
    to->records_loss = false;
    to->memory = aligned_alloc(64, to->bytes);
    if (!to->memory) {
        free(to);
        return NULL;
    }
    memcpy(to->memory, from->memory, to->bytes);
    lay_out(to);
    /* from's state may have changed places with its next one */
    memcpy(to->hidden, from->hidden, state_bytes(to));
    memcpy(to->cell, from->cell, state_bytes(to));
    return to;
}

void lstm_free(lstm *model) {
    if (!model) return;
    free(model->aside);
    free(model->memory);
    free(model);
}

const lstm_shape *lstm_shape_of(const lstm *model) { return &model->shape; }

void lstm_set_weights(lstm *model, int lane, const double *weights) {
    size_t parameters = lstm_parameters(&model->shape);
    for (size_t p = 0; p < parameters; p++) {
        size_t at = p * LANES + (size_t)lane;
        if (model->precision == PRECISION_F32)
            ((float *)model->weights)[at] = (float)weights[p];
        else
            ((double *)model->weights)[at] = weights[p];
    }
}

void lstm_reset_state(lstm *model) {
    memset(model->hidden, 0, state_bytes(model));
    memset(model->cell, 0, state_bytes(model));
    if (model->places == 1) return;
    memset(model->place_hidden, 0, (size_t)model->places * state_bytes(model));
    memset(model->place_cell, 0, (size_t)model->places * state_bytes(model));
}

void lstm_spread_state(lstm *model, int batch) {
    assert(batch <= model->places && model->places > 1);
    for (size_t p = 0; p < (size_t)batch; p++) {
        memcpy((char *)model->place_hidden + p * state_bytes(model), model->hidden, state_bytes(model));
        memcpy((char *)model->place_cell + p * state_bytes(model), model->cell, state_bytes(model));
    }
}

void lstm_gather_state(lstm *model, int batch) {
    assert(batch <= model->places && model->places > 1);
    size_t last = (size_t)(batch - 1) * state_bytes(model);
    memcpy(model->hidden, (char *)model->place_hidden + last, state_bytes(model));
    memcpy(model->cell, (char *)model->place_cell + last, state_bytes(model));
}

static double weight(const lstm *model, size_t parameter, int lane) {
    size_t at = parameter * LANES + (size_t)lane;
    return model->precision == PRECISION_F32 ? (double)((const float *)model->weights)[at]
                                             : ((const double *)model->weights)[at];
}

/* A NaN anywhere reaches the output and so the dense bias, the last parameter, in one step. */
bool lstm_all_diverged(const lstm *model) {
    size_t dense_bias = lstm_parameters(&model->shape) - 1;
    int lane = 0;
    while (lane < LANES && isnan(weight(model, dense_bias, lane))) lane++;
    return lane == LANES;
}

bool lstm_weights_finite(const lstm *model, int lane) {
    size_t parameters = lstm_parameters(&model->shape), p = 0;
    while (p < parameters && isfinite(weight(model, p, lane))) p++;
    return p == parameters;
}

void lstm_get_weights(const lstm *model, int lane, double *weights) {
    size_t parameters = lstm_parameters(&model->shape);
    for (size_t p = 0; p < parameters; p++) weights[p] = weight(model, p, lane);
}

void lstm_reset_optimizer(lstm *model) {
    size_t moments = lstm_parameters(&model->shape) * LANES * real_size(model);
    memset(model->moment_1, 0, moments);
    memset(model->moment_2, 0, moments);
    for (int g = 0; g < model->n_groups; g++) model->groups[g].beta_1_power = model->groups[g].beta_2_power = 1;
}

/* --- groups of lanes -------------------------------------------------------------------------------------------- */

size_t lstm_group_bytes(const lstm_shape *shape, precision real) {
    return 3 * lstm_parameters(shape) * LANES * (real == PRECISION_F32 ? sizeof(float) : sizeof(double));
}

bool lstm_group(lstm *model, const int *ends, int n) {
    assert(n >= 1 && ends[n - 1] == LANES && model->n_aside == 0);
    if (n > 1 && !model->aside) model->aside = aligned_alloc(64, lstm_group_bytes(&model->shape, model->precision));
    if (n > 1 && !model->aside) return false;
    lane_group whole = model->groups[0];
    for (int g = 0; g < n; g++) model->groups[g] = (lane_group){ends[g], whole.beta_1_power, whole.beta_2_power};
    model->n_groups = n;
    return true;
}

/* Lanes first ... end - 1 of the weights and both moments, which lie one behind the other. */
static void copy_lanes(const lstm *model, void *to, const void *from, int first, int end) {
    model->kernel->copy_lanes(to, from, 3 * lstm_parameters(&model->shape), first, end);
}

void lstm_set_aside(lstm *model) {
    int g = model->n_aside++;
    assert(g < model->n_groups - 1);
    copy_lanes(model, model->aside, model->weights, g > 0 ? model->groups[g - 1].end : 0, model->groups[g].end);
}

void lstm_put_back(lstm *model) {
    if (model->n_aside > 0) copy_lanes(model, model->weights, model->aside, 0, model->groups[model->n_aside - 1].end);
    model->n_aside = 0;
}

/* --- training --------------------------------------------------------------------------------------------------- */

/* Denormal numbers make a processor up to ten times slower, and the moments of a unit that has gone dead decay to
 * nothing else. In here they count as zero, at every vector level alike; the caller's mode is put back. */
typedef unsigned long float_mode;
#if defined(__x86_64__)
enum { FLUSH_TO_ZERO = 0x8000, DENORMALS_ARE_ZERO = 0x0040 };
static float_mode flush_denormals(void) {
    float_mode mode = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr((unsigned)mode | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO);
    return mode;
}
static void restore_mode(float_mode mode) { __builtin_ia32_ldmxcsr((unsigned)mode); }
#elif defined(__aarch64__)
static float_mode flush_denormals(void) {
    float_mode mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    __asm__ volatile("msr fpcr, %0" : : "r"(mode | 1ul << 24));
    return mode;
}
static void restore_mode(float_mode mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }
#else
static float_mode flush_denormals(void) { return 0; }
static void restore_mode(float_mode mode) { (void)mode; }
#endif

int lstm_train_epochs(lstm *model, const lstm_rows *rows, const lstm_epochs *epochs) {
    assert(rows->n > 0);
    float_mode mode = flush_denormals();
    int n = model->kernel->train_epochs(model, rows, epochs);
    restore_mode(mode);
    return n;
}

void lstm_train_rows(lstm *model, const lstm_rows *rows, row_state state) {
    lstm_train_epochs(model, rows, &(lstm_epochs){.n = 1, .state = state});
}

void lstm_train_batches(lstm *model, const lstm_rows *rows, int batch, row_state state) {
    assert(batch > 1 && batch <= model->places && rows->n % batch == 0);
    float_mode mode = flush_denormals();
    model->kernel->train_batches(model, rows, batch, state);
    restore_mode(mode);
}

void lstm_forecast(lstm *model, const double *inputs, double *output) {
    float_mode mode = flush_denormals();
    model->kernel->forecast(model, inputs, output);
    restore_mode(mode);
}

void lstm_record_loss(lstm *model, bool record) {
    model->records_loss = record;
    memset(model->loss, 0, sizeof model->loss);
}

void lstm_take_loss(lstm *model, double *loss) {
    memcpy(loss, model->loss, sizeof model->loss);
    memset(model->loss, 0, sizeof model->loss);
}
