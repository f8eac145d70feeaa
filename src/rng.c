/* rng.c - Philox draws. See rng.h. */
#include "rng.h"
#include "elementary.h"

#include <math.h>
#include <Random123/philox.h>

/* The counter holds (index, attempt and tensor, repeat, origin), the key the seed. attempt < 2^24: normal draws that
 * are rejected try again. */
static philox4x32_ctr_t draw(const rng_stream *s, uint32_t index, uint32_t attempt) {
    philox4x32_ctr_t counter = {{index, s->tensor | attempt << 8, s->repeat, s->origin}};
    philox4x32_key_t key = {{(uint32_t)s->seed, (uint32_t)(s->seed >> 32)}};
    return philox4x32(counter, key);
}

/* Two words to [0, 1): 53 bits, evenly spaced. */
static double unit(uint32_t low, uint32_t high) { return (double)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53; }

void rng_words(uint32_t words[RNG_WORDS], const rng_stream *stream, uint32_t index) {
    philox4x32_ctr_t r = draw(stream, index, 0);
    for (int i = 0; i < RNG_WORDS; i++) words[i] = r.v[i];
}

double rng_uniform(const rng_stream *stream, uint32_t index) {
    philox4x32_ctr_t r = draw(stream, index, 0);
    return unit(r.v[0], r.v[1]);
}

double rng_normal(const rng_stream *stream, uint32_t index) {
    for (uint32_t attempt = 0;; attempt++) { /* each is accepted with probability pi / 4 */
        philox4x32_ctr_t r = draw(stream, index, attempt);
        double a = 2 * unit(r.v[0], r.v[1]) - 1, b = 2 * unit(r.v[2], r.v[3]) - 1, square = a * a + b * b;
        if (square > 0 && square < 1) return a * sqrt(-2 * natural_log(square) / square);
    }
}
