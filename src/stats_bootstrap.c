/* stats_bootstrap.c - medians of resampled rows, by counting. See stats.h.
 * In: columns, a seed. Out: medians. Uses rng.h. Must not know experiments.
 * Invariant: resample r of a seed takes the same rows whatever the columns are. */
#include "rng.h"
#include "stats.h"

#include <math.h>
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

/* One column: its values in order, and which rows lie below its middle. */
typedef struct {
    placed *sorted; /* [n] */
    uint8_t *below; /* [n] all bits where the row's place in the order is below middle, else none */
    uint32_t n, middle;
} column_order;

static bool order_column(column_order *c, const double *values, uint32_t n) {
    *c = (column_order){.sorted = malloc(n * sizeof *c->sorted), .below = calloc(n, 1), .n = n, .middle = (n - 1) / 2};
    if (!c->sorted || !c->below) return false;
    for (uint32_t i = 0; i < n; i++) c->sorted[i] = (placed){values[i], i};
    qsort(c->sorted, n, sizeof *c->sorted, by_value);
    for (uint32_t i = 0; i < c->middle; i++) c->below[c->sorted[i].row] = 0xFF;
    return true;
}

static void free_column(column_order *c) {
    free(c->sorted);
    free(c->below);
}

static uint32_t count_masked(const uint8_t *counts, const uint8_t *mask, uint32_t n) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) sum += counts[i] & mask[i];
    return sum;
}

/* The resample's median: from the column's own middle, near which it lies, to the place that half of the draws reach. */
static double median_of(const column_order *c, const uint8_t *counts) {
    uint32_t wanted = (c->n + 1) / 2, k = c->middle, before = count_masked(counts, c->below, c->n);
    while (before >= wanted) before -= counts[c->sorted[--k].row];
    while (before + counts[c->sorted[k].row] < wanted) before += counts[c->sorted[k++].row];
    double low = c->sorted[k].value;
    if (c->n % 2 == 1 || before + counts[c->sorted[k].row] > wanted) return low;
    do k++;
    while (counts[c->sorted[k].row] == 0);
    return (low + c->sorted[k].value) / 2;
}

bool stats_resample_medians(double *out, size_t n_resamples, const double *const *columns, size_t n_columns, size_t n,
                            uint64_t seed) {
    if (n == 0 || n > UINT32_MAX) return n == 0;
    bool done = false;
    uint8_t *counts = malloc(n);
    column_order *orders = calloc(n_columns ? n_columns : 1, sizeof *orders);
    if (!counts || !orders) goto done;
    for (size_t c = 0; c < n_columns; c++)
        if (!order_column(&orders[c], columns[c], (uint32_t)n)) goto done;
    for (size_t r = 0; r < n_resamples; r++) {
        draw_counts(counts, (uint32_t)n,
                    &(rng_stream){.seed = seed, .repeat = (uint32_t)r, .tensor = BOOTSTRAP_TENSOR});
        for (size_t c = 0; c < n_columns; c++) out[c * n_resamples + r] = median_of(&orders[c], counts);
    }
    done = true;
done:
    for (size_t c = 0; orders && c < n_columns; c++) free_column(&orders[c]);
    free(orders);
    free(counts);
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
