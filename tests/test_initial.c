/* test_initial.c - first weights: distributions, orthogonality, what a draw depends on. */
#include "initial.h"

#include <math.h>
#define MATHLIB_STANDALONE
#include <Rmath.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const initial_spec keras = {
    INITIAL_GLOROT_UNIFORM, INITIAL_ORTHOGONAL, INITIAL_GLOROT_UNIFORM, false, true, NULL, 0};

/* A model with n neurons and L lags; the caller frees. */
static double *draw(int L, int n, const initial_spec *spec, int bias_vectors, initial_key key) {
    lstm_shape shape = {L, n, ACTIVATION_TANH, ACTIVATION_HARD_SIGMOID, bias_vectors};
    double *w = malloc(lstm_parameters(&shape) * sizeof *w);
    assert_int_equal(initial_weights(w, &shape, spec, &key), FARM_OK);
    return w;
}

/* The largest magnitude of w [n] is within the limit, and comes near it. */
static void assert_fills(const double *w, size_t n, double limit) {
    double largest = 0;
    for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs(w[i]));
    assert_true(largest <= limit);
    assert_true(largest > 0.9 * limit);
}

static void glorot_limits_are_those_of_the_whole_matrix_or_of_each_gate(void **state) {
    (void)state;
    enum { L = 3, N = 20 };
    initial_spec spec = keras;
    spec.recurrent = INITIAL_GLOROT_UNIFORM_PER_GATE;
    double *w = draw(L, N, &spec, 1, (initial_key){1, 1, 0, 0});
    assert_fills(w, L * 4 * N, sqrt(6.0 / (L + 4 * N)));
    assert_fills(w + L * 4 * N, N * 4 * N, sqrt(6.0 / (N + N)));
    assert_fills(w + (L + N + 1) * 4 * N, N, sqrt(6.0 / (N + 1)));
    free(w);
}

static void keras_biases_are_zero_but_the_forget_gates(void **state) {
    (void)state;
    enum { N = 3 };
    double *w = draw(1, N, &keras, 1, (initial_key){1, 1, 0, 0}), *bias = w + (1 + N) * 4 * N;
    for (int g = 0; g < 4 * N; g++) assert_true(bias[g] == (g / N == 1 ? 1 : 0));
    assert_true(bias[4 * N + N] == 0); /* dense bias, after the dense kernel */
    free(w);
}

static void pytorch_draws_everything_within_one_over_root_n(void **state) {
    (void)state;
    enum { N = 16 };
    initial_spec spec = {INITIAL_UNIFORM_HIDDEN, INITIAL_UNIFORM_HIDDEN, INITIAL_UNIFORM_HIDDEN, true, false, NULL, 0};
    double *w = draw(2, N, &spec, 2, (initial_key){1, 1, 0, 0}), *bias = w + (2 + N) * 4 * N;
    assert_fills(w, 2 * 4 * N, 0.25);
    assert_fills(bias, 4 * N, 0.25);
    assert_fills(bias + 4 * N, 4 * N, 0.25);
    assert_true(memcmp(bias, bias + 4 * N, 4 * N * sizeof *bias) != 0);
    assert_fills(bias + 8 * N, N, 0.25);
    assert_true(bias[9 * N] != 0 && fabs(bias[9 * N]) <= 0.25);
    free(w);
}

static void orthogonal_rows_are_orthonormal(void **state) {
    (void)state;
    enum { N = 33 };
    double *w = draw(1, N, &keras, 1, (initial_key){5, 2, 0, 0}), *u = w + 4 * N;
    for (int i = 0; i < N; i++)
        for (int j = 0; j <= i; j++) {
            double dot = 0;
            for (int k = 0; k < 4 * N; k++) dot += u[i * 4 * N + k] * u[j * 4 * N + k];
            assert_true(fabs(dot - (i == j)) < 1e-14);
        }
    free(w);
}

static void more_lags_than_gates_give_orthonormal_columns(void **state) {
    (void)state;
    enum { L = 11, N = 2 };
    initial_spec spec = keras;
    spec.kernel = INITIAL_ORTHOGONAL;
    double *w = draw(L, N, &spec, 1, (initial_key){5, 2, 0, 0});
    for (int i = 0; i < 4 * N; i++)
        for (int j = 0; j <= i; j++) {
            double dot = 0;
            for (int k = 0; k < L; k++) dot += w[k * 4 * N + i] * w[k * 4 * N + j];
            assert_true(fabs(dot - (i == j)) < 1e-14);
        }
    free(w);
}

/* A random unit vector of four: each component has mean 0, variance 1/4 and fourth moment 1/8. */
static void one_neurons_recurrent_kernel_is_a_random_unit_vector(void **state) {
    (void)state;
    enum { REPEATS = 20000 };
    double mean[4] = {0}, square[4] = {0}, fourth[4] = {0};
    for (uint32_t r = 1; r <= REPEATS; r++) {
        double *w = draw(1, 1, &keras, 1, (initial_key){3, r, 0, 0});
        for (int g = 0; g < 4; g++) {
            mean[g] += w[4 + g] / REPEATS;
            square[g] += w[4 + g] * w[4 + g] / REPEATS;
            fourth[g] += pow(w[4 + g], 4) / REPEATS;
        }
        free(w);
    }
    for (int g = 0; g < 4; g++) {
        assert_true(fabs(mean[g]) < 5 * sqrt(0.25 / REPEATS));
        assert_true(fabs(square[g] - 0.25) < 5 * sqrt((0.125 - 0.0625) / REPEATS));
        assert_true(fabs(fourth[g] - 0.125) < 0.01);
    }
}

/* --- distributions ----------------------------------------------------------------------------------------------- */

enum { DRAWS = 100000 };

/* A uniform distribution on +-limit, or a component of a random unit vector of so many dimensions. */
typedef double distribution(double x, double parameter);

static double uniform(double x, double limit) { return (x / limit + 1) / 2; }

/* Density proportional to sqrt(1 - x^2). */
static double component_of_4(double x, double unused) {
    (void)unused;
    return 0.5 + (x * sqrt(1 - x * x) + asin(x)) / acos(-1);
}

/* x^2 has a beta distribution. */
static double component(double x, double dimensions) {
    return 0.5 + copysign(pbeta(x * x, 0.5, (dimensions - 1) / 2, 1, 0), x) / 2;
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov's sqrt(n) D of x [n], which is sorted. Above 2.225 once in 10^4 samples: sqrt(-ln(10^-4 / 2) / 2). */
static const double critical = 2.225;
static double kolmogorov(double *x, size_t n, distribution *F, double parameter) {
    double largest = 0;
    qsort(x, n, sizeof *x, ascending);
    for (size_t i = 0; i < n; i++) {
        double p = F(x[i], parameter);
        largest = fmax(largest, fmax(p - (double)i / (double)n, (double)(i + 1) / (double)n - p));
    }
    return sqrt((double)n) * largest;
}

/* draws values of the parameters first ... first + size - 1, of as many repeats as that takes; the caller frees. */
static double *gather(const initial_spec *spec, lstm_shape shape, size_t first, size_t size, size_t draws) {
    double *values = malloc(draws * sizeof *values), *w = malloc(lstm_parameters(&shape) * sizeof *w);
    assert_true(values && w && first + size <= lstm_parameters(&shape));
    for (size_t have = 0; have < draws; have += size) {
        initial_key key = {11, (uint32_t)(have / size) + 1, 0, 0};
        assert_int_equal(initial_weights(w, &shape, spec, &key), FARM_OK);
        memcpy(values + have, w + first, (size < draws - have ? size : draws - have) * sizeof *w);
    }
    free(w);
    return values;
}

static void expect_distribution(const char *what, double *values, size_t n, distribution *F, double parameter) {
    double found = kolmogorov(values, n, F, parameter);
    if (!(found < critical)) fail_msg("%s: sqrt(n) D = %.2f", what, found);
}

/* Uniform on +-limit: by Kolmogorov's test, and with extremes that come close to the limit from within. */
static void expect_uniform(const char *what, const initial_spec *spec, lstm_shape shape, size_t first, size_t size,
                           double limit) {
    double *values = gather(spec, shape, first, size, DRAWS);
    expect_distribution(what, values, DRAWS, uniform, limit);
    assert_true(values[0] >= -limit && values[0] < -0.999 * limit);
    assert_true(values[DRAWS - 1] <= limit && values[DRAWS - 1] > 0.999 * limit);
    free(values);
}

static void uniform_tensors_of_each_preset_fill_their_limits_evenly(void **state) {
    (void)state;
    enum { L = 3, N = 5, KERNEL = L * 4 * N, RECURRENT = N * 4 * N };
    initial_spec keras_1 = keras,
                 pytorch = {
                     INITIAL_UNIFORM_HIDDEN, INITIAL_UNIFORM_HIDDEN, INITIAL_UNIFORM_HIDDEN, true, false, NULL, 0};
    keras_1.kernel = keras_1.recurrent = INITIAL_GLOROT_UNIFORM_PER_GATE;
    lstm_shape shape = {L, N, ACTIVATION_TANH, ACTIVATION_HARD_SIGMOID, 1}, two = shape, one = {1, 1, 0, 0, 2};
    two.bias_vectors = 2;
    const size_t bias = KERNEL + RECURRENT, dense = bias + 4 * N;
    expect_uniform("keras-2.0 kernel", &keras, shape, 0, KERNEL, sqrt(6.0 / (L + 4 * N))); /* tf2-keras, too */
    expect_uniform("keras-2.0 dense kernel", &keras, shape, dense, N, sqrt(6.0 / (N + 1)));
    expect_uniform("keras-1.2 kernel", &keras_1, shape, 0, KERNEL, sqrt(6.0 / (L + N)));
    expect_uniform("keras-1.2 recurrent kernel", &keras_1, shape, KERNEL, RECURRENT, sqrt(6.0 / (N + N)));
    expect_uniform("keras-1.2 dense kernel", &keras_1, shape, dense, N, sqrt(6.0 / (N + 1)));
    expect_uniform("pytorch kernel", &pytorch, two, 0, KERNEL, 1 / sqrt(N));
    expect_uniform("pytorch recurrent kernel", &pytorch, two, KERNEL, RECURRENT, 1 / sqrt(N));
    expect_uniform("pytorch bias", &pytorch, two, bias, 4 * N, 1 / sqrt(N));
    expect_uniform("pytorch recurrent bias", &pytorch, two, bias + 4 * N, 4 * N, 1 / sqrt(N));
    expect_uniform("pytorch dense kernel", &pytorch, two, dense + 4 * N, N, 1 / sqrt(N));
    expect_uniform("pytorch dense bias", &pytorch, one, lstm_parameters(&one) - 1, 1, 1);
}

static void each_component_of_one_neurons_recurrent_kernel_has_its_distribution(void **state) {
    (void)state;
    lstm_shape one = {1, 1, 0, 0, 1};
    for (size_t g = 0; g < 4; g++) {
        double *values = gather(&keras, one, 4 + g, 1, DRAWS);
        expect_distribution("component of a unit vector", values, DRAWS, component_of_4, 0);
        expect_distribution("component by the beta distribution", values, DRAWS, component, 4);
        free(values);
    }
}

/* Each row of an orthogonal matrix by itself is a random unit vector, the last one as much as the first. */
static void components_of_wider_recurrent_kernels_have_their_distribution(void **state) {
    (void)state;
    enum { N = 3, FEWER = DRAWS / 5 };
    lstm_shape three = {1, N, 0, 0, 1};
    for (size_t i = 0; i < N; i++) {
        double *values = gather(&keras, three, 4 * N + i * 4 * N + 5, 1, FEWER);
        expect_distribution("component of a row of twelve", values, FEWER, component, 4 * N);
        free(values);
    }
}

static void recurrent_kernels_of_any_width_are_orthogonal(void **state) {
    (void)state;
    for (int n = 2; n <= 64; n *= 2)
        for (uint32_t repeat = 1; repeat <= 5; repeat++) {
            double *w = draw(1, n, &keras, 1, (initial_key){7, repeat, 0, 0}), *u = w + 4 * n;
            for (int i = 0; i < n; i++)
                for (int j = 0; j <= i; j++) {
                    double dot = 0;
                    for (int k = 0; k < 4 * n; k++) dot += u[i * 4 * n + k] * u[j * 4 * n + k];
                    assert_true(fabs(dot - (i == j)) < 1e-6);
                }
            free(w);
        }
}

/* What the tests above would not let pass: a limit 3 % off, and a unit vector of three where four belong. */
static void kolmogorovs_test_sees_a_wrong_distribution(void **state) {
    (void)state;
    lstm_shape shape = {3, 5, 0, 0, 1}, one = {1, 1, 0, 0, 1};
    double *values = gather(&keras, shape, 0, 60, DRAWS);
    assert_true(kolmogorov(values, DRAWS, uniform, 1.03 * sqrt(6.0 / 23)) > 4);
    free(values);
    values = gather(&keras, one, 4, 1, DRAWS);
    assert_true(kolmogorov(values, DRAWS, component, 3) > 4);
    assert_true(kolmogorov(values, DRAWS, component, 5) > 4);
    free(values);
}

static void draws_depend_on_seed_repeat_and_origin_alone(void **state) {
    (void)state;
    const initial_key keys[] = {{1, 1, 0, 0}, {2, 1, 0, 0}, {1, 2, 0, 0}, {1, 1, 3, 0}};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++) {
            double *a = draw(2, 4, &keras, 1, keys[i]), *b = draw(2, 4, &keras, 1, keys[j]);
            bool same = memcmp(a, b, 2 * 16 * sizeof *a) == 0 && memcmp(a + 32, b + 32, 64 * sizeof *a) == 0;
            assert_true(same == (i == j));
            free(a);
            free(b);
        }
    /* which refit it is counts for given weights alone */
    double *a = draw(2, 4, &keras, 1, (initial_key){1, 1, 6, 1}), *b = draw(2, 4, &keras, 1, (initial_key){1, 1, 6, 2});
    assert_memory_equal(a, b, 32 * sizeof *a);
    free(a);
    free(b);
}

static void given_weights_are_taken_by_repeat_and_refit(void **state) {
    (void)state;
    double first[14], second[14], refit[14];
    for (int p = 0; p < 14; p++) first[p] = p, second[p] = 100 + p, refit[p] = 200 + p;
    double *refits[] = {first, refit};
    given_weights given[] = {{first, NULL, 0}, {second, refits, 2}};
    initial_spec spec = keras;
    spec.given = given;
    spec.n_given = 2;
    double *w = draw(1, 1, &spec, 1, (initial_key){1, 2, 0, 0});
    assert_memory_equal(w, second, sizeof second);
    free(w);
    w = draw(1, 1, &spec, 1, (initial_key){1, 2, 6, 2});
    assert_memory_equal(w, refit, sizeof refit);
    free(w);
    spec.n_given = 1; /* one object for all repeats */
    w = draw(1, 1, &spec, 1, (initial_key){1, 40, 0, 0});
    assert_memory_equal(w, first, sizeof first);
    free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(glorot_limits_are_those_of_the_whole_matrix_or_of_each_gate),
        cmocka_unit_test(keras_biases_are_zero_but_the_forget_gates),
        cmocka_unit_test(pytorch_draws_everything_within_one_over_root_n),
        cmocka_unit_test(orthogonal_rows_are_orthonormal),
        cmocka_unit_test(more_lags_than_gates_give_orthonormal_columns),
        cmocka_unit_test(one_neurons_recurrent_kernel_is_a_random_unit_vector),
        cmocka_unit_test(uniform_tensors_of_each_preset_fill_their_limits_evenly),
        cmocka_unit_test(each_component_of_one_neurons_recurrent_kernel_has_its_distribution),
        cmocka_unit_test(components_of_wider_recurrent_kernels_have_their_distribution),
        cmocka_unit_test(recurrent_kernels_of_any_width_are_orthogonal),
        cmocka_unit_test(kolmogorovs_test_sees_a_wrong_distribution),
        cmocka_unit_test(draws_depend_on_seed_repeat_and_origin_alone),
        cmocka_unit_test(given_weights_are_taken_by_repeat_and_refit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
