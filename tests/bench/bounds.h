/* bounds.h - loops that do nothing but what the kernel cannot do without; see bounds_loops.c. */
#ifndef BOUNDS_H
#define BOUNDS_H

enum { BOUND_LANES = 16, BOUND_CHUNK = 64 }; /* a chunk of three arrays fits the first cache */

/* Of one level of vector instructions. x, m, v: [BOUND_CHUNK][BOUND_LANES]; count is at most BOUND_CHUNK. */
typedef struct {
    void (*divide_and_root)(int count, float *restrict x, const float *restrict m, const float *restrict v);
    void (*divide)(int count, float *restrict x, const float *restrict m, const float *restrict v);
    float (*multiply_add)(long pairs); /* so many multiplications and additions of a float each */
    void (*stream)(long n, float *restrict w, float *restrict m, float *restrict v); /* n a multiple of BOUND_LANES */
} bound_loops;

#endif
