/* test_numbers.c - numbers as text both ways, and the nearest name. */
#include "nearest.h"
#include "numbers.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static number_fault parse(const char *text, double *value) { return number_parse(value, text, strlen(text)); }

static void exact_texts_read_back_to_the_same_bits(void **state) {
    (void)state;
    uint64_t bits = 1;
    for (int i = 0; i < 200000; i++) {
        char text[NUMBER_TEXT];
        double value, back = 0;
        bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); /* Knuth's LCG: any bit patterns */
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) continue;
        number_exact(text, value);
        assert_true(strlen(text) < NUMBER_TEXT);
        assert_int_equal(parse(text, &back), NUMBER_OK);
        assert_memory_equal(&value, &back, sizeof value);
    }
}

/* What number_exact must write, by libc alone. */
static void write_plainly(char *text, double value) {
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, NUMBER_TEXT, "%.*g", digits, value);
        if (strtod(text, NULL) == value) return;
    }
}

static void exact_as_plainly(double value) {
    char text[NUMBER_TEXT], plain[NUMBER_TEXT];
    for (int sign = 0; sign < 2; sign++, value = -value) {
        number_exact(text, value);
        write_plainly(plain, value);
        assert_string_equal(text, plain);
    }
}

/* Of the size of series, where integers do what libc would: any value, decimals, ties, and neighbours of powers. */
static void exact_texts_of_series_are_those_of_libc(void **state) {
    (void)state;
    uint64_t bits = 1;
    for (int i = 0; i < 100000; i++) {
        bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double fraction = (double)(bits >> 11) / 9007199254740992.0;
        double decimal = (double)(bits >> 40) / (double[]){1, 10, 100, 1000}[i % 4];
        exact_as_plainly(exp(34 * fraction - 1)); /* 0.4 ... 2e14 */
        exact_as_plainly(decimal);
        exact_as_plainly((float)decimal * (float)fraction);
        exact_as_plainly(ldexp((double)(bits >> 52) + 1, i % 50 - 12));
        exact_as_plainly(nextafter(decimal, i % 2 ? 0 : INFINITY));
    }
    for (int power = -2; power < 16; power++) {
        double value = pow(10, power), below = nextafter(value, 0), above = nextafter(value, INFINITY);
        exact_as_plainly(value);
        exact_as_plainly(below);
        exact_as_plainly(nextafter(below, 0));
        exact_as_plainly(above);
        exact_as_plainly(nextafter(above, INFINITY));
    }
    for (int power = -2; power < 50; power++) {
        exact_as_plainly(ldexp(1, power));
        exact_as_plainly(nextafter(ldexp(1, power), 0));
    }
}

static void exact_texts_are_as_short_as_they_can_be(void **state) {
    (void)state;
    const struct {
        double value;
        const char *text;
    } cases[] = {{0.1, "0.1"},
                 {109.6, "109.6"},
                 {1.0 / 3, "0.3333333333333333"},
                 {100, "100"},
                 {-2.5, "-2.5"},
                 {1e22, "1e+22"},
                 {0.1 + 0.2, "0.30000000000000004"},
                 {NAN, "nan"},
                 {-NAN, "nan"},
                 {INFINITY, "inf"},
                 {-INFINITY, "-inf"},
                 {0.0, "0"},
                 {DBL_MAX, "1.7976931348623157e+308"},
                 {5e-324, "4.94065645841247e-324"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[NUMBER_TEXT];
        number_exact(text, cases[i].value);
        assert_string_equal(text, cases[i].text);
    }
}

static void only_whole_decimal_numbers_are_numbers(void **state) {
    (void)state;
    const struct {
        const char *text;
        number_fault fault;
    } cases[] = {{"", NUMBER_EMPTY},          {" \t", NUMBER_EMPTY},
                 {"nan", NUMBER_NOT_ONE},     {"inf", NUMBER_NOT_ONE},
                 {"-", NUMBER_NOT_ONE},       {".", NUMBER_NOT_ONE},
                 {"0x10", NUMBER_NOT_ONE},    {"1 2", NUMBER_NOT_ONE},
                 {"1e+", NUMBER_NOT_ONE},     {"e5", NUMBER_NOT_ONE},
                 {"1.2.3", NUMBER_NOT_ONE},   {"12a", NUMBER_NOT_ONE},
                 {"--1", NUMBER_NOT_ONE},     {",5", NUMBER_NOT_ONE},
                 {"1,234", NUMBER_THOUSANDS}, {"-1,234,567.8", NUMBER_THOUSANDS},
                 {"1,23", NUMBER_COMMA},      {"1234,5", NUMBER_COMMA},
                 {"1234,567", NUMBER_COMMA},  {"1,2,3", NUMBER_NOT_ONE},
                 {"1,234x", NUMBER_NOT_ONE},  {"1e999", NUMBER_TOO_LARGE},
                 {"-1e309", NUMBER_TOO_LARGE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value;
        assert_int_equal(parse(cases[i].text, &value), cases[i].fault);
    }
}

static void people_get_few_digits_at_any_scale(void **state) {
    (void)state;
    const struct {
        double value;
        int significant;
        const char *text;
    } cases[] = {{101.2345, 5, "101.23"}, {0.00123456, 3, "0.00123"},
                 {1234567, 4, "1234567"}, {12345678, 4, "1.23e+07"},
                 {7.1, 3, "7.10"},        {0, 3, "0.00"},
                 {NAN, 3, "-"},           {INFINITY, 3, "inf"},
                 {1e-15, 3, "1e-15"},     {-94.1, 3, "-94.1"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[NUMBER_TEXT];
        number_text(text, cases[i].value, number_decimals(cases[i].value, cases[i].significant));
        assert_string_equal(text, cases[i].text);
    }
    char text[NUMBER_TEXT];
    number_text(text, 0.0004, 2); /* not 0.00: it is something */
    assert_string_equal(text, "0.0004");
    number_text(text, -1e300, 9);
    assert_string_equal(text, "-1e+300");
}

static void counts_have_separators(void **state) {
    (void)state;
    const struct {
        unsigned long long count;
        const char *text;
    } cases[] = {
        {0, "0"}, {999, "999"}, {1000, "1,000"}, {3190480, "3,190,480"}, {UINT64_MAX, "18,446,744,073,709,551,615"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[NUMBER_TEXT];
        number_count(text, cases[i].count);
        assert_string_equal(text, cases[i].text);
    }
}

static void the_nearest_name_is_found_if_it_is_near(void **state) {
    (void)state;
    const char *const names[] = {"epochs", "every", "optimizer", "state_at_forecast", "sales"};
    const struct {
        const char *wanted, *meant;
    } cases[] = {{"epoch", "epochs"},        {"EPOCHS", "epochs"}, {"epcohs", "epochs"},
                 {"optimiser", "optimizer"}, {"Sales", "sales"},   {"state_forecast", "state_at_forecast"},
                 {"neurons", NULL},          {"x", NULL},          {"", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *near = nearest_name(cases[i].wanted, names, sizeof names / sizeof *names);
        if (cases[i].meant)
            assert_string_equal(near ? near : "(none)", cases[i].meant);
        else
            assert_null(near);
    }
    char endless[1000] = "";
    memset(endless, 'a', sizeof endless - 1);
    const char *const both[] = {endless, "abc"};
    assert_null(nearest_name(endless, both, 2));
    assert_string_equal(nearest_name("abd", both, 2), "abc");
}

/* The bytes say the same of every NaN, whatever made it. */
static void numbers_are_the_same_bytes_everywhere(void **state) {
    (void)state;
    const double values[] = {1, -0.0, 0.1, -INFINITY, NAN, copysign(NAN, -1)};
    const unsigned char expected[6][8] = {
        {0, 0, 0, 0, 0, 0, 0xf0, 0x3f},
        {0, 0, 0, 0, 0, 0, 0, 0x80},
        {0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f},
        {0, 0, 0, 0, 0, 0, 0xf0, 0xff},
        {0, 0, 0, 0, 0, 0, 0xf8, 0x7f},
        {0, 0, 0, 0, 0, 0, 0xf8, 0x7f},
    };
    unsigned char bytes[sizeof expected];
    double back[6];
    number_to_bytes(bytes, values, 6);
    assert_memory_equal(bytes, expected, sizeof bytes);
    number_from_bytes(back, bytes, 6);
    assert_memory_equal(back, values, 5 * sizeof *back);
    assert_true(isnan(back[5]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_texts_read_back_to_the_same_bits),
        cmocka_unit_test(exact_texts_of_series_are_those_of_libc),
        cmocka_unit_test(exact_texts_are_as_short_as_they_can_be),
        cmocka_unit_test(only_whole_decimal_numbers_are_numbers),
        cmocka_unit_test(people_get_few_digits_at_any_scale),
        cmocka_unit_test(counts_have_separators),
        cmocka_unit_test(numbers_are_the_same_bytes_everywhere),
        cmocka_unit_test(the_nearest_name_is_found_if_it_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
