/* test_initial.c - first weights: ranges, orthogonality, what a draw depends on. */
#include "initial.h"

#include <math.h>
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
        cmocka_unit_test(draws_depend_on_seed_repeat_and_origin_alone),
        cmocka_unit_test(given_weights_are_taken_by_repeat_and_refit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
