/* elementary.h - tanh, the logistic function and ln, in float and double; tanh and logistic for loops over lanes.
 *
 * libm's own differ between machines and do not vectorise; these are made of +, -, *, / alone, so that every vector
 * width, compiler and machine gives the same bits. A NaN stays a NaN; nothing overflows to a wrong value.
 * Checked against libm in tests/test_elementary.c: within 3 ulp over the whole range. */
#ifndef ELEMENTARY_H
#define ELEMENTARY_H

#include <stdint.h>

/* Constants of one precision. SHIFTER: 1.5 * 2^(fraction bits), which, added, leaves the nearest whole number in the
 * low bits. LN2_HIGH has trailing zero bits, so that k * LN2_HIGH is exact for every k that occurs. EXP_LIMIT: e^x
 * and e^-x are normal numbers up to here. TANH_LIMIT: 2x from which tanh(x) rounds to 1. */
typedef union {
    float value;
    uint32_t bits;
} float_bits;
typedef union {
    double value;
    uint64_t bits;
} double_bits;

#define FLOAT_SHIFTER    0x1.8p23f
#define FLOAT_LN2_HIGH   0x1.63p-1f
#define FLOAT_LN2_LOW    (-0x1.bd0106p-13f)
#define FLOAT_EXP_LIMIT  87.0f
#define FLOAT_TANH_LIMIT 20.0f

#define DOUBLE_SHIFTER    0x1.8p52
#define DOUBLE_LN2_HIGH   0x1.62e42feep-1
#define DOUBLE_LN2_LOW    0x1.a39ef35793c76p-33
#define DOUBLE_EXP_LIMIT  708.0
#define DOUBLE_TANH_LIMIT 40.0

/* e^r - 1 for |r| <= ln(2) / 2: the Taylor series up to r^7 / 7! (the rest is below 0.2 ulp) ... */
static inline float expm1_begin_float(float r) {
    float q = 1.0f / 5040;
    q = q * r + 1.0f / 720;
    q = q * r + 1.0f / 120;
    return q * r + 1.0f / 24;
}
static inline float expm1_end_float(float q, float r) {
    q = q * r + 1.0f / 6;
    q = q * r + 0.5f;
    return r * r * q + r;
}
static inline float expm1_series_float(float r) { return expm1_end_float(expm1_begin_float(r), r); }

/* ... and up to r^14 / 14!. */
static inline double expm1_begin_double(double r) {
    double q = 1.0 / 87178291200;
    q = q * r + 1.0 / 6227020800;
    q = q * r + 1.0 / 479001600;
    q = q * r + 1.0 / 39916800;
    q = q * r + 1.0 / 3628800;
    q = q * r + 1.0 / 362880;
    q = q * r + 1.0 / 40320;
    return q * r + 1.0 / 5040;
}
static inline double expm1_end_double(double q, double r) {
    q = q * r + 1.0 / 720;
    q = q * r + 1.0 / 120;
    q = q * r + 1.0 / 24;
    q = q * r + 1.0 / 6;
    q = q * r + 0.5;
    return r * r * q + r;
}
static inline double expm1_series_double(double r) { return expm1_end_double(expm1_begin_double(r), r); }

/* x = k ln(2) + r with the whole number k nearest to x / ln(2): *scale = 2^k, the result is e^r - 1.
 * |x| <= EXP_LIMIT. */
static inline float exp_reduce_float(float x, float *scale) {
    float_bits shifted = {x * 0x1.715476p0f + FLOAT_SHIFTER};
    float k = shifted.value - FLOAT_SHIFTER;
    float_bits power = {.bits = (shifted.bits << 23) + 0x3f800000u};
    *scale = power.value;
    return (x - k * FLOAT_LN2_HIGH) - k * FLOAT_LN2_LOW;
}

static inline double exp_reduce_double(double x, double *scale) {
    double_bits shifted = {x * 0x1.71547652b82fep0 + DOUBLE_SHIFTER};
    double k = shifted.value - DOUBLE_SHIFTER;
    double_bits power = {.bits = (shifted.bits << 52) + 0x3ff0000000000000u};
    *scale = power.value;
    return (x - k * DOUBLE_LN2_HIGH) - k * DOUBLE_LN2_LOW;
}

/* tanh(x) = (e^2|x| - 1) / (e^2|x| + 1) with the sign of x; e^2|x| - 1 = 2^k (e^r - 1) + (2^k - 1) keeps small x
 * exact to the last bits. */
#define DEFINE_TANH(real, absolute, copy_sign, LIMIT)                                                                  \
    static inline real tanh_reduce_##real(real x, real *scale) {                                                       \
        real twice = 2 * absolute(x);                                                                                  \
        twice = twice > (LIMIT) ? (LIMIT) : twice;                                                                     \
        return exp_reduce_##real(twice, scale);                                                                        \
    }                                                                                                                  \
    static inline real tanh_finish_##real(real series, real scale, real x) {                                           \
        real minus_one = scale * series + (scale - 1);                                                                 \
        return copy_sign(minus_one / (minus_one + 2), x);                                                              \
    }                                                                                                                  \
    static inline real tanh_##real(real x) {                                                                           \
        real scale, rest = tanh_reduce_##real(x, &scale);                                                              \
        return tanh_finish_##real(expm1_series_##real(rest), scale, x);                                                \
    }
DEFINE_TANH(float, __builtin_fabsf, __builtin_copysignf, FLOAT_TANH_LIMIT)
DEFINE_TANH(double, __builtin_fabs, __builtin_copysign, DOUBLE_TANH_LIMIT)

/* 1 / (1 + e^-x); beyond the limit the last representable neighbourhood of 0 and 1. */
#define DEFINE_LOGISTIC(real, LIMIT)                                                                                   \
    static inline real logistic_##real(real x) {                                                                       \
        real minus = -x, scale;                                                                                        \
        minus = minus > (LIMIT) ? (LIMIT) : minus;                                                                     \
        minus = minus < -(LIMIT) ? -(LIMIT) : minus;                                                                   \
        real series = expm1_series_##real(exp_reduce_##real(minus, &scale));                                           \
        return 1 / (1 + (scale * series + scale));                                                                     \
    }
DEFINE_LOGISTIC(float, FLOAT_EXP_LIMIT)
DEFINE_LOGISTIC(double, DOUBLE_EXP_LIMIT)

/* ln(x) for a normal x > 0: x = 2^e m with m around 1, ln(m) = 2 artanh((m - 1) / (m + 1)) by its series up to
 * s^23 / 23 (|s| <= 0.172, the rest is below 2^-60). For the normal draws of initial weights, where speed is nothing. */
static inline double natural_log(double x) {
    double_bits parts = {x};
    int exponent = (int)(parts.bits >> 52) - 1023;
    parts.bits = (parts.bits & 0x000fffffffffffffu) | 0x3ff0000000000000u;
    if (parts.value > 0x1.6a09e667f3bcdp0) { /* sqrt(2) */
        parts.value *= 0.5;
        exponent++;
    }
    double s = (parts.value - 1) / (parts.value + 1), series = 0;
    for (int k = 23; k >= 1; k -= 2) series = series * (s * s) + 1.0 / k;
    return exponent * DOUBLE_LN2_HIGH + (2 * s * series + exponent * DOUBLE_LN2_LOW);
}

#endif
