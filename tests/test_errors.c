/* test_errors.c - do faults print as one clean line each, whatever is in them, and is each kept once? */
#include "errors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What is printed of one fault. */
static void expect_print(error_place place, const char *text, const char *line) {
    char *printed = NULL;
    size_t size;
    farm_errors errors = {0};
    errors_add(&errors, place, "%s", text);
    FILE *out = open_memstream(&printed, &size);
    assert_non_null(out);
    farm_error_print(out, &errors.items[0]);
    fclose(out);
    assert_string_equal(printed, line);
    free(printed);
    farm_errors_free(&errors);
}

static void a_fault_prints_with_what_is_known_of_its_place(void **state) {
    (void)state;
    expect_print((error_place){"a.json", 3, 14, "train.epochs"}, "0 is out of range",
                 "a.json:3:14: train.epochs: 0 is out of range");
    expect_print((error_place){"a.json", 0, 0, "seed"}, "no", "a.json: seed: no");
    expect_print((error_place){"a.json", 2, 0, NULL}, "no", "a.json:2:1: no");
    expect_print((error_place){NULL, 0, 0, NULL}, "no", "no");
}

static void control_characters_neither_break_the_line_nor_reach_the_terminal(void **state) {
    (void)state;
    expect_print((error_place){"a\nb.json", 1, 1, "k\x1b[2J"},
                 "\r\x7f\x01 \xc2\x9b"
                 "31m\t",
                 "a?b.json:1:1: k?[2J: ??? ?31m?");
}

static void text_stays_whole_and_bytes_that_are_none_are_replaced(void **state) {
    (void)state;
    expect_print((error_place){"n\xc3\xa4me \xe2\x82\xac \xf0\x9f\x8c\xbd.json", 0, 0, NULL}, "\xc2\xa0",
                 "n\xc3\xa4me \xe2\x82\xac \xf0\x9f\x8c\xbd.json: \xc2\xa0");
    expect_print((error_place){NULL, 0, 0, "\xff"}, "a\xe2\x82", "\xef\xbf\xbd: a\xef\xbf\xbd\xef\xbf\xbd");
    expect_print((error_place){NULL, 0, 0, NULL}, "\xc0\xaf \xed\xa0\x80",
                 "\xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

static void text_that_would_turn_what_follows_is_replaced(void **state) {
    (void)state;
    expect_print((error_place){"a\xe2\x80\xae"
                               "b.json",
                               0, 0, NULL},
                 "\xe2\x81\xa6\xe2\x80\x8f\xd7\x90",
                 "a\xef\xbf\xbd"
                 "b.json: \xef\xbf\xbd\xe2\x80\x8f\xd7\x90");
}

static void the_same_fault_at_the_same_place_is_kept_once(void **state) {
    (void)state;
    farm_errors errors = {0};
    for (int i = 0; i < 3; i++) errors_add(&errors, (error_place){"a", 1, 1, NULL}, "one");
    errors_add(&errors, (error_place){"a", 1, 2, NULL}, "one");
    errors_add(&errors, (error_place){"a", 1, 1, NULL}, "two");
    assert_int_equal(errors.n, 3);
    farm_errors_free(&errors);
    assert_int_equal(errors.n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_prints_with_what_is_known_of_its_place),
        cmocka_unit_test(control_characters_neither_break_the_line_nor_reach_the_terminal),
        cmocka_unit_test(text_stays_whole_and_bytes_that_are_none_are_replaced),
        cmocka_unit_test(text_that_would_turn_what_follows_is_replaced),
        cmocka_unit_test(the_same_fault_at_the_same_place_is_kept_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
