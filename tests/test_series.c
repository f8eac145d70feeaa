/* test_series.c - CSV in all its shapes: what is read, and where each fault is said to be. */
#include "series.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "scratch.h"

/* Reads bytes [n] as data.csv, column Sales. The status; *faults is to be freed. */
static farm_status read_bytes(series *out, const char *bytes, size_t n, char **faults) {
    farm_errors errors = {0};
    scratch s = scratch_open();
    scratch_write(&s, "data.csv", bytes, n);
    farm_status status = series_read(out, scratch_path(&s, "data.csv"), "Sales", "series.file", &errors);
    *faults = scratch_faults(&s, &errors);
    farm_errors_free(&errors);
    scratch_close(&s);
    return status;
}

static void expect_values(const char *text, size_t n, const double *values) {
    series s;
    char *faults;
    assert_int_equal(read_bytes(&s, text, strlen(text), &faults), FARM_OK);
    assert_string_equal(faults, "");
    assert_int_equal(s.n, n);
    for (size_t i = 0; i < n; i++) assert_true(s.values[i] == values[i]);
    free(faults);
    series_free(&s);
    assert_null(s.values);
}

static void expect_faults_n(const char *bytes, size_t n, const char *expected) {
    series s;
    char *faults;
    assert_int_equal(read_bytes(&s, bytes, n, &faults), FARM_BAD_INPUT);
    assert_string_equal(faults, expected);
    assert_true(s.values == NULL && s.n == 0);
    free(faults);
}

static void expect_faults(const char *text, const char *expected) { expect_faults_n(text, strlen(text), expected); }

/* By Python: hashlib.sha256(struct.pack("<2d", 266, 145.9)).hexdigest() */
static void a_plain_file_gives_its_column_and_digest(void **state) {
    (void)state;
    series s;
    char *faults;
    const char *text = "Month,Sales\n1-01,266.0\n1-02,145.9\n";
    assert_int_equal(read_bytes(&s, text, strlen(text), &faults), FARM_OK);
    assert_true(s.n == 2 && s.values[0] == 266 && s.values[1] == 145.9);
    assert_string_equal(s.digest.hex, "c10b1f14c2e9100769c21cf1873e9cd1892fcff2825d38949c9f31dd37fe034a");
    free(faults);
    series_free(&s);
}

static void quotes_line_ends_and_a_byte_order_mark_are_fine(void **state) {
    (void)state;
    expect_values("\xEF\xBB\xBFMonth,Sales\r\n1-01,266.0\r\n1-02,145.9\r\n", 2, (double[]){266, 145.9});
    expect_values("\"Month\",\"Sales\"\n\"1, \"\"01\"\"\",\"266.0\"\n1-02,145.9", 2, (double[]){266, 145.9});
    expect_values("Month,Sales\r1-01,266\r1-02,145.9\r", 2, (double[]){266, 145.9});
    expect_values("Month,Sales\n1-01,266\n\n  \n\n", 1, (double[]){266});
    expect_values("Month , Sales \n\"a\nb\",1\n\xFF\xFE raw bytes,2\n", 2, (double[]){1, 2});
    expect_values("Sales\n5\n6\n\n", 2, (double[]){5, 6});
}

static void decimal_numbers_are_read_in_every_common_form(void **state) {
    (void)state;
    expect_values("Sales\n1\n+1.5\n-.5\n2.\n1e3\n1.5E-2\n007\n 8 \n\" 9 \"\n\t10\t\n0.1\n1e-400\n", 12,
                  (double[]){1, 1.5, -0.5, 2, 1000, 0.015, 7, 8, 9, 10, 0.1, 0});
}

static void every_fault_names_line_and_column(void **state) {
    (void)state;
    expect_faults(
        "Month,Sales\n"
        "1-01,266.0\n"
        "1-02,n/a\n"
        "1-03,\n"
        "1-04,   \n"
        "1-05, nan\n"
        "1-06,inf\n"
        "1-07,0x10\n"
        "1-08,1e999\n"
        "\xC3\xBC\xC3\xBC,\"1,234\"\n"
        "\"a\nb\",\"266,5\"\n"
        "1-10,12 34\n"
        "1-11,1e\n",
        "data.csv:3:6: Sales: \"n/a\" is not a number; write a finite decimal one such as 266.5\n"
        "data.csv:4:6: Sales: the value is missing; fill it in, or take the record out\n"
        "data.csv:5:9: Sales: the value is missing; fill it in, or take the record out\n"
        "data.csv:6:7: Sales: \"nan\" is not a number; write a finite decimal one such as 266.5\n"
        "data.csv:7:6: Sales: \"inf\" is not a number; write a finite decimal one such as 266.5\n"
        "data.csv:8:6: Sales: \"0x10\" is not a number; write a finite decimal one such as 266.5\n"
        "data.csv:9:6: Sales: \"1e999\" is too large; numbers go up to 1.8e308\n"
        "data.csv:10:4: Sales: \"1,234\" has a thousands separator; write the digits without it, and a decimal as "
        "a point\n"
        "data.csv:12:4: Sales: \"266,5\" has a decimal comma; write a point, as in 266.5\n"
        "data.csv:13:6: Sales: \"12 34\" is not a number; write a finite decimal one such as 266.5\n"
        "data.csv:14:6: Sales: \"1e\" is not a number; write a finite decimal one such as 266.5\n");
}

static void records_of_another_length_are_faults(void **state) {
    (void)state;
    expect_faults(
        "Month,Sales\n1-01,266,0\n1-02\n1-03,1\n",
        "data.csv:2:10: 3 fields where the header has 2; quote a text that has a comma in it, and write decimals "
        "with a point\n"
        "data.csv:3:1: 1 field where the header has 2; fill in what is missing\n");
}

static void blank_lines_count_as_faults_only_before_a_record(void **state) {
    (void)state;
    expect_faults("Month,Sales\r\n1-01,266\r\n\r\n1-02,2\r\n \r\n\r\n1-03,3\r\n\r\n",
                  "data.csv:3:1: a blank line before the end; remove it, or fill in its record\n"
                  "data.csv:5:1: 2 blank lines before the end; remove them, or fill in their records\n");
    expect_faults("Sales\n1\n\n2\n", "data.csv:3:1: a blank line before the end; remove it, or fill in its record\n");
}

static void only_the_first_twenty_faults_are_listed_and_the_rest_counted(void **state) {
    (void)state;
    char text[1000] = "Sales\n", *faults;
    series s;
    for (int i = 0; i < 33; i++) strcat(text, "x\n");
    assert_int_equal(read_bytes(&s, text, strlen(text), &faults), FARM_BAD_INPUT);
    assert_non_null(strstr(faults, "data.csv:21:1: "));
    assert_null(strstr(faults, "data.csv:22:1: "));
    assert_non_null(strstr(faults, "data.csv: ... and 13 more faults like these\n"));
    free(faults);
}

static void a_missing_column_lists_what_there_is(void **state) {
    (void)state;
    expect_faults(
        "Month,sales,Price\n1,2,3\n",
        "data.csv:1:1: series.file: no column \"Sales\"; did you mean \"sales\"? The file has \"Month\", \"sales\", "
        "\"Price\"\n");
    expect_faults("Month,Price\n1,2\n",
                  "data.csv:1:1: series.file: no column \"Sales\"; the file has \"Month\", \"Price\"\n");
    expect_faults("Month;Sales\n1;2\n",
                  "data.csv:1:1: series.file: no column \"Sales\"; the file has \"Month;Sales\"; separate "
                  "the columns by commas, not semicolons\n");
    expect_faults("1-01,266\n1-02,145.9\n",
                  "data.csv:1:1: series.file: no column \"Sales\"; the file has \"1-01\", \"266\"\n");
    expect_faults("266\n145.9\n",
                  "data.csv:1:1: series.file: no column \"Sales\"; the file has \"266\"; the first line is taken "
                  "as the header: add one with the columns' names\n");
    expect_faults(
        "# by hand\nMonth,Sales\n1,2\n",
        "data.csv:1:1: series.file: no column \"Sales\"; the file has \"# by hand\"; the first line is taken as the "
        "header, and comments are not known\n");
}

static void a_column_that_is_there_twice_is_a_fault_only_if_it_is_the_one(void **state) {
    (void)state;
    expect_faults("Sales,Month,Sales,Sales\n1,2,3,4\n",
                  "data.csv:1:1: series.file: 3 columns are named \"Sales\", the first two are columns 1 and 3; give "
                  "each its own "
                  "name\n");
    expect_values("Sales,x,x\n1,2,3\n", 1, (double[]){1});
}

static void files_without_records_are_faults(void **state) {
    (void)state;
    const char *empty =
        "data.csv: series.file: the file is empty; it needs a header line and a line for each observation\n";
    expect_faults("", empty);
    expect_faults("\xEF\xBB\xBF", empty);
    expect_faults("\n \n", empty);
    expect_faults("Month,Sales\n",
                  "data.csv: series.file: the file has a header and nothing below it; add a line for each "
                  "observation\n");
}

static void a_quote_that_never_closes_is_named_where_it_opens(void **state) {
    (void)state;
    expect_faults("Month,Sales\n1-01,\"266\n1-02,2\n",
                  "data.csv:2:6: series.file: the quote that opens here is never closed\n");
    expect_faults("Month,\"Sales\n1-01,266\n",
                  "data.csv:1:7: series.file: the quote that opens here is never closed\n");
}

static void bytes_that_are_no_text_are_faults(void **state) {
    (void)state;
    expect_faults_n("Sales\n1\0002\n", 10,
                    "data.csv:2:2: series.file: a NUL byte; is this a text file? Save it as CSV in "
                    "UTF-8\n");
    expect_faults_n("\xFF\xFES\0a\0l\0e\0s\0", 12,
                    "data.csv: series.file: the file is in UTF-16; save it as CSV in UTF-8\n");
}

/* 3 MB in one field: it is refused long before the memory is gone. */
static void an_endless_field_is_refused(void **state) {
    (void)state;
    size_t n = 3 << 20;
    char *text = malloc(n);
    assert_non_null(text);
    memset(text, '7', n);
    expect_faults_n(text, n,
                    "data.csv:1:1: series.file: a field of more than 1048576 bytes; is its quote never closed?\n");
    free(text);
}

/* Chunks are 64 KiB: records, quotes, CR LF pairs and characters are cut by their borders here. */
static void a_file_of_many_chunks_reads_like_one(void **state) {
    (void)state;
    enum { N = 40000 };
    series s;
    char *faults, *text = calloc(N, 32), *at = text;
    assert_non_null(text);
    at += sprintf(at, "M\xC3\xBCnze,Sales\r\n");
    for (int i = 0; i < N; i++) at += sprintf(at, i % 3 ? "\"\xC3\xBC,\r\n\",%d.5\r\n" : "\xC3\xBC,\"%d.5\"\r\n", i);
    strcpy(at, "\xC3\xBC, x\r\n");
    assert_int_equal(read_bytes(&s, text, strlen(text), &faults), FARM_BAD_INPUT);
    /* each record takes a line, two thirds of them another one; i % 3 != 0 for 26666 of 40000 */
    assert_string_equal(faults,
                        "data.csv:66668:4: Sales: \"x\" is not a number; write a finite decimal one such as 266.5\n");
    free(faults);
    *at = '\0';
    assert_int_equal(read_bytes(&s, text, strlen(text), &faults), FARM_OK);
    assert_int_equal(s.n, N);
    for (int i = 0; i < N; i++) assert_true(s.values[i] == i + 0.5);
    free(faults);
    free(text);
    series_free(&s);
}

static void a_path_that_is_no_file_names_the_key(void **state) {
    (void)state;
    series s;
    farm_errors errors = {0};
    scratch dir = scratch_open();
    assert_int_equal(series_read(&s, scratch_path(&dir, "none.csv"), "Sales", "series.file", &errors), FARM_BAD_INPUT);
    assert_int_equal(series_read(&s, scratch_path(&dir, "."), "Sales", "series.file", &errors), FARM_BAD_INPUT);
    char *faults = scratch_faults(&dir, &errors);
    assert_string_equal(
        faults,
        "none.csv: series.file: cannot be opened: No such file or directory; the path is relative to the "
        "config's folder\n"
        ".: series.file: is a folder; name the CSV file in it\n");
    free(faults);
    farm_errors_free(&errors);
    scratch_close(&dir);
}

static void faulty_values_are_shown_short_and_without_control_characters(void **state) {
    (void)state;
    expect_faults(
        "Sales\n\x1B[31mred\n\"\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC"
        "\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC.\xC3\xBC\xC3\xBC\"\n",
        "data.csv:2:1: Sales: \"?[31mred\" is not a number; write a finite decimal one such as 266.5\n"
        "data.csv:3:1: Sales: \"\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC"
        "\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC....\" is not a number; write a "
        "finite decimal one such as 266.5\n");
}

static void results_files_may_hold_nan(void **state) {
    (void)state;
    series s;
    farm_errors errors = {0};
    scratch dir = scratch_open();
    scratch_write_text(&dir, "r.csv", "results\n1.5\nnan\nNaN\n2\n");
    assert_int_equal(series_read_results(&s, scratch_path(&dir, "r.csv"), "results", &errors), FARM_OK);
    assert_true(s.n == 4 && s.values[0] == 1.5 && isnan(s.values[1]) && isnan(s.values[2]) && s.values[3] == 2);
    series_free(&s);
    scratch_write_text(&dir, "r.csv", "results\ninf\n");
    assert_int_equal(series_read_results(&s, scratch_path(&dir, "r.csv"), "results", &errors), FARM_BAD_INPUT);
    farm_errors_free(&errors);
    scratch_close(&dir);
}

/* A decimal-comma locale, where the machine has one, must not turn 266.5 into 266. */
static void the_users_locale_changes_nothing(void **state) {
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8"};
    for (size_t i = 0; i < sizeof names / sizeof *names && !setlocale(LC_ALL, names[i]);) i++;
    expect_values("Sales\n266.5\n", 1, (double[]){266.5});
    setlocale(LC_ALL, "C");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_file_gives_its_column_and_digest),
        cmocka_unit_test(quotes_line_ends_and_a_byte_order_mark_are_fine),
        cmocka_unit_test(decimal_numbers_are_read_in_every_common_form),
        cmocka_unit_test(every_fault_names_line_and_column),
        cmocka_unit_test(records_of_another_length_are_faults),
        cmocka_unit_test(blank_lines_count_as_faults_only_before_a_record),
        cmocka_unit_test(only_the_first_twenty_faults_are_listed_and_the_rest_counted),
        cmocka_unit_test(a_missing_column_lists_what_there_is),
        cmocka_unit_test(a_column_that_is_there_twice_is_a_fault_only_if_it_is_the_one),
        cmocka_unit_test(files_without_records_are_faults),
        cmocka_unit_test(a_quote_that_never_closes_is_named_where_it_opens),
        cmocka_unit_test(bytes_that_are_no_text_are_faults),
        cmocka_unit_test(an_endless_field_is_refused),
        cmocka_unit_test(a_file_of_many_chunks_reads_like_one),
        cmocka_unit_test(a_path_that_is_no_file_names_the_key),
        cmocka_unit_test(faulty_values_are_shown_short_and_without_control_characters),
        cmocka_unit_test(results_files_may_hold_nan),
        cmocka_unit_test(the_users_locale_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
