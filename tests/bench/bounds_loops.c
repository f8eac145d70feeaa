/* bounds_loops.c - the throughput of what a gradient step cannot do without, in vectors as wide as -march gives.
 *
 * Built once for each level of vector instructions, like the kernel; the table of functions is named -DLOOPS=... */
#include "bounds.h"

#include <math.h>

#ifndef LOOPS
#define LOOPS bounds_base /* for editors and linters that see this file by itself */
#endif

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

#define EACH_LANE _Pragma("omp simd") for (int l = 0; l < BOUND_LANES; l++)

/* x = m / (sqrt(v) + e): Adam's division and square root, all of it in the first cache */
static void divide_and_root(int count, float *restrict x, const float *restrict m, const float *restrict v) {
    for (int i = 0; i < count * BOUND_LANES; i += BOUND_LANES)
        EACH_LANE x[i + l] = m[i + l] / (sqrtf(v[i + l]) + 1e-8f);
}

/* x = m / v: the division in a tanh */
static void divide(int count, float *restrict x, const float *restrict m, const float *restrict v) {
    for (int i = 0; i < count * BOUND_LANES; i += BOUND_LANES) EACH_LANE x[i + l] = m[i + l] / v[i + l];
}

/* Twelve chains of a multiplication and an addition, enough to hide how long each takes, in registers alone. */
static float multiply_add(long pairs) {
    typedef float vector __attribute__((vector_size(VECTOR_BYTES)));
    const long lanes = VECTOR_BYTES / (long)sizeof(float);
    const vector factor = (vector){0} + 0.999f, term = (vector){0} + 0.001f;
    vector a = {0}, b = a + 1, c = b + 1, d = c + 1, e = d + 1, f = e + 1, g = f + 1, h = g + 1, i = h + 1, j = i + 1,
           k = j + 1, l = k + 1;
    for (long n = pairs / (12 * lanes); n > 0; n--) {
        a = a * factor + term, b = b * factor + term, c = c * factor + term, d = d * factor + term;
        e = e * factor + term, f = f * factor + term, g = g * factor + term, h = h * factor + term;
        i = i * factor + term, j = j * factor + term, k = k * factor + term, l = l * factor + term;
    }
    a += b + c + d + e + f + g + h + i + j + k + l;
    return a[0] + a[lanes - 1];
}

/* Reads and writes w, m and v once, as the optimizer must: nothing else is done to them. */
static void stream(long n, float *restrict w, float *restrict m, float *restrict v) {
    for (long i = 0; i < n; i += BOUND_LANES) EACH_LANE {
            w[i + l] = -w[i + l];
            m[i + l] = -m[i + l];
            v[i + l] = -v[i + l];
        }
}

extern const bound_loops LOOPS;
const bound_loops LOOPS = {divide_and_root, divide, multiply_add, stream};
