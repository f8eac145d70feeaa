/* rng.h - counter-based random draws: each a pure function of its indices, of no stream's position.
 * Philox4x32-10 of Random123 (Salmon et al. 2011). Must not know what is drawn. */
#ifndef RNG_H
#define RNG_H

#include <stdint.h>

/* Which draw. tensor and index say what is drawn, for which repeat and refit origin. */
typedef struct {
    uint64_t seed;
    uint32_t repeat, origin, tensor;
} rng_stream;

enum { RNG_WORDS = 4 };

/* The bits of a draw as they come. */
void rng_words(uint32_t words[RNG_WORDS], const rng_stream *stream, uint32_t index);
double rng_uniform(const rng_stream *stream, uint32_t index); /* uniform on [0, 1), 53 bits */
double rng_normal(const rng_stream *stream, uint32_t index);  /* standard normal, by Marsaglia's polar method */

#endif
