/* stats_bootstrap.c - medians of resampled rows, by counting. See stats.h.
 * In: columns, a seed. Out: medians. Uses rng.h. Must not know experiments.
 * Invariant: resample r of a seed takes the same rows whatever the columns are. */
#include "rng.h"
#include "stats.h"

#include <assert.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { BOOTSTRAP_TENSOR = 240 }; /* no tensor of initial.c: these draws are nobody's weights */

/* --- drawing rows ----------------------------------------------------------------------------------------------- */

/* How often each of n rows is in the resample. A count is Poisson-like around 1, so a byte holds it: 256 of a kind
 * among n >= 256 draws have a chance below 1e-500, and among fewer there cannot be as many. */
static void draw_counts(uint8_t *counts, uint32_t n, const rng_stream *stream) {
    uint32_t words[RNG_WORDS],
        uneven = (0u - n) % n; /* 2^32 mod n: draws below it would favour some rows (Lemire 2019) */
    size_t used = RNG_WORDS;
    uint32_t index = 0;
    memset(counts, 0, n);
    for (uint32_t drawn = 0; drawn < n;) {
        if (used == RNG_WORDS) {
            rng_words(words, stream, index++);
            used = 0;
        }
        uint64_t product = (uint64_t)words[used++] * n;
        if ((uint32_t)product < uneven) continue;
        counts[product >> 32]++;
        drawn++;
    }
}

/* --- medians ---------------------------------------------------------------------------------------------------- */

typedef struct {
    double value;
    uint32_t row;
} placed;

static int by_value(const void *a, const void *b) {
    double x = ((const placed *)a)->value, y = ((const placed *)b)->value;
    return (x > y) - (x < y);
}

/* One column: the middle of its order, and which rows lie below that. A resample's median lies within a few times
 * sqrt(n) / 2 places of it, so what is kept of the order is REACH sqrt(n) places either way: beyond has a chance below
 * 1e-200, and of small columns nothing is. */
enum { REACH = 16 };
typedef struct {
    placed *near;   /* [n_near] places first ... of the order */
    uint8_t *below; /* [n] all bits where the row's place in the order is below middle, else none */
    uint32_t n, middle, first, n_near;
} column_order;

/* scratch [n] is room. */
static bool order_column(column_order *c, const double *values, uint32_t n, placed *scratch) {
    *c = (column_order){.below = calloc(n, 1), .n = n, .middle = (n - 1) / 2};
    uint32_t reach = (uint32_t)(REACH * (sqrt(n) + 1));
    c->first = c->middle > reach ? c->middle - reach : 0;
    c->n_near = n - c->middle > reach ? c->middle + reach - c->first : n - c->first;
    assert(c->n_near > 0);
    c->near = malloc(c->n_near * sizeof *c->near);
    if (!c->near || !c->below) return false;
    for (uint32_t i = 0; i < n; i++) scratch[i] = (placed){values[i], i};
    qsort(scratch, n, sizeof *scratch, by_value);
    for (uint32_t i = 0; i < c->middle; i++) c->below[scratch[i].row] = 0xFF;
    memcpy(c->near, scratch + c->first, c->n_near * sizeof *c->near);
    return true;
}

static void free_column(column_order *c) {
    free(c->near);
    free(c->below);
}

static uint32_t count_masked(const uint8_t *counts, const uint8_t *mask, uint32_t n) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) sum += counts[i] & mask[i];
    return sum;
}

/* The resample's median: from the column's own middle, near which it lies, to the place that half of the draws reach. */
static double median_of(const column_order *c, const uint8_t *counts) {
    uint32_t wanted = (c->n + 1) / 2, k = c->middle - c->first, before = count_masked(counts, c->below, c->n);
    while (before >= wanted && k > 0) before -= counts[c->near[--k].row];
    while (before + counts[c->near[k].row] < wanted && k + 1 < c->n_near) before += counts[c->near[k++].row];
    double low = c->near[k].value;
    if (c->n % 2 == 1 || before + counts[c->near[k].row] > wanted) return low;
    do k++;
    while (k + 1 < c->n_near && counts[c->near[k].row] == 0);
    return (low + c->near[k].value) / 2;
}

/* Columns that are resampled by the same draws. */
typedef struct {
    const double *const *columns;
    size_t n_resamples;
    uint32_t n;
    uint64_t seed;
    int threads;
    uint8_t *counts;      /* [threads][n] room */
    placed *scratch;      /* [n] room */
    column_order *orders; /* of those at hand */
} resampling;

/* Medians of the columns first ... end - 1. */
static bool resample_some(double *out, const resampling *s, size_t first, size_t end) {
    bool done = true;
    memset(s->orders, 0, (end - first) * sizeof *s->orders);
    for (size_t c = first; done && c < end; c++)
        done = order_column(&s->orders[c - first], s->columns[c], s->n, s->scratch);
    size_t n_resamples = done ? s->n_resamples : 0;
#pragma omp parallel for num_threads(s->threads)
    for (size_t r = 0; r < n_resamples; r++) {
        uint8_t *counts = s->counts + (size_t)omp_get_thread_num() * s->n;
        draw_counts(counts, s->n, &(rng_stream){.seed = s->seed, .repeat = (uint32_t)r, .tensor = BOOTSTRAP_TENSOR});
        for (size_t c = first; c < end; c++) out[c * n_resamples + r] = median_of(&s->orders[c - first], counts);
    }
    for (size_t c = first; c < end; c++) free_column(&s->orders[c - first]);
    return done;
}

bool stats_resample_medians(double *out, size_t n_resamples, const double *const *columns, size_t n_columns, size_t n,
                            uint64_t seed, int threads) {
    enum { AT_ONCE = 512 }; /* columns whose orders are held; drawing again for the next costs little beside them */
    enum { MOST = 16 };     /* threads, each with a byte for every row */
    threads = threads < 1 ? 1 : threads > MOST ? MOST : threads;
    if (n == 0 || n > UINT32_MAX) return n == 0;
    size_t at_once = n_columns < AT_ONCE ? n_columns + 1 : AT_ONCE;
    resampling s = {columns, n_resamples, (uint32_t)n, seed, threads, NULL, NULL, NULL};
    s.counts = malloc((size_t)threads * n);
    s.scratch = malloc(n * sizeof *s.scratch);
    s.orders = malloc(at_once * sizeof *s.orders);
    bool done = s.counts && s.scratch && s.orders;
    for (size_t c = 0; done && c < n_columns; c += at_once)
        done = resample_some(out, &s, c, c + at_once < n_columns ? c + at_once : n_columns);
    free(s.counts);
    free(s.scratch);
    free(s.orders);
    return done;
}

/* --- percentiles ------------------------------------------------------------------------------------------------ */

static void swap(double *a, double *b) {
    double held = *a;
    *a = *b;
    *b = held;
}

/* Puts the k-th smallest of values [n] at place k, smaller ones before it, larger ones after it (Hoare 1961). */
static void select_place(double *values, size_t n, size_t k) {
    size_t low = 0, high = n - 1;
    while (low < high) {
        double pivot = values[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;;) {
            while (values[i] < pivot) i++;
            while (values[j] > pivot) j--;
            if (i >= j) break;
            swap(&values[i++], &values[j--]);
        }
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
}

/* Quantile q of values [n], linear between neighbours, as numpy's percentile. */
static double quantile_of(double *values, size_t n, double q) {
    double place = (double)(n - 1) * q, below = floor(place), next = INFINITY;
    size_t k = (size_t)below;
    select_place(values, n, k);
    if (place == below) return values[k];
    for (size_t i = k + 1; i < n; i++) next = fmin(next, values[i]);
    return values[k] + (next - values[k]) * (place - below);
}

double stats_median(double *values, size_t n) { return n ? quantile_of(values, n, 0.5) : NAN; }

void stats_percentiles(double *low, double *high, double *values, size_t n, double alpha) {
    *low = n ? quantile_of(values, n, alpha / 2) : NAN;
    *high = n ? quantile_of(values, n, 1 - alpha / 2) : NAN;
}
