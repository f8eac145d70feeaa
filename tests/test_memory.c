/* test_memory.c - is what the system says of memory understood, in a container, a batch job, and on a bare machine?
 * Each test makes the files of /proc and /sys that it needs in a folder of its own. */
#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch.h"

/* root/path with the text, and the folders above it. */
static void put(scratch *s, const char *path, const char *text) {
    char folder[400];
    snprintf(folder, sizeof folder, "%s/%s", s->folder, path);
    for (char *slash = strchr(folder + strlen(s->folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(folder, 0700);
        *slash = '/';
    }
    scratch_write_text(s, path, text);
}

static void put_machine(scratch *s, const char *available) {
    char text[200];
    snprintf(text, sizeof text, "MemTotal:  8000 kB\nMemFree: 10 kB\nMemAvailable:   %s kB\nMemAvailableX: 1 kB\n",
             available);
    put(s, "proc/meminfo", text);
}

static void a_bare_machine_has_what_is_available(void **state) {
    (void)state;
    scratch s = scratch_open();
    assert_true(memory_at_hand_in(s.folder) == SIZE_MAX);
    put_machine(&s, "4000");
    assert_int_equal(memory_at_hand_in(s.folder), 4000 * 1024);
    put(&s, "proc/self/cgroup", "0::/\n");
    assert_int_equal(memory_at_hand_in(s.folder), 4000 * 1024);
    scratch_close(&s);
}

static void a_group_of_version_2_has_its_limit_less_what_is_used(void **state) {
    (void)state;
    scratch s = scratch_open();
    put_machine(&s, "4000");
    put(&s, "proc/self/cgroup", "0::/jobs/one\n");
    put(&s, "sys/fs/cgroup/jobs/one/memory.max", "1000000\n");
    put(&s, "sys/fs/cgroup/jobs/one/memory.current", "300000\n");
    assert_int_equal(memory_at_hand_in(s.folder), 700000);
    put(&s, "sys/fs/cgroup/jobs/one/memory.stat", "anon 100000\ninactive_file 200000\nactive_file 5\n");
    assert_int_equal(memory_at_hand_in(s.folder), 900000);
    put(&s, "sys/fs/cgroup/jobs/one/memory.current", "2000000\n"); /* over its limit, as after lowering it */
    assert_int_equal(memory_at_hand_in(s.folder), 0);
    put(&s, "sys/fs/cgroup/jobs/one/memory.max", "max\n");
    assert_int_equal(memory_at_hand_in(s.folder), 4000 * 1024);
    scratch_close(&s);
}

static void an_address_space_has_its_limit_less_what_is_used(void **state) {
    (void)state;
    scratch s = scratch_open();
    put_machine(&s, "4000");
    put(&s, "proc/self/limits",
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max data size             7                    unlimited            bytes     \n"
        "Max address space         2048000              4096000              bytes     \n");
    assert_int_equal(memory_at_hand_in(s.folder), 2048000);
    put(&s, "proc/self/status", "Name:\tfarm\nVmPeak:\t    1500 kB\nVmSize:\t    1000 kB\n");
    assert_int_equal(memory_at_hand_in(s.folder), 1000 * 1024);
    put(&s, "proc/self/status", "Name:\tfarm\nVmPeak:\t    3000 kB\nVmSize:\t    3000 kB\n");
    assert_int_equal(memory_at_hand_in(s.folder), 0);
    put(&s, "proc/self/limits", "Max address space         unlimited            unlimited            bytes     \n");
    assert_int_equal(memory_at_hand_in(s.folder), 4000 * 1024);
    scratch_close(&s);
}

static void the_groups_around_count_too(void **state) {
    (void)state;
    scratch s = scratch_open();
    put_machine(&s, "4000");
    put(&s, "proc/self/cgroup", "0::/jobs/one\n");
    put(&s, "sys/fs/cgroup/jobs/one/memory.max", "max\n");
    put(&s, "sys/fs/cgroup/jobs/memory.max", "600000\n");
    put(&s, "sys/fs/cgroup/jobs/memory.current", "100000\n");
    assert_int_equal(memory_at_hand_in(s.folder), 500000);
    put(&s, "sys/fs/cgroup/memory.max", "400000\n"); /* a container's own root */
    assert_int_equal(memory_at_hand_in(s.folder), 400000);
    scratch_close(&s);
}

static void a_group_of_version_1_is_found_among_the_other_controllers(void **state) {
    (void)state;
    scratch s = scratch_open();
    put_machine(&s, "4000");
    put(&s, "proc/self/cgroup", "5:cpu,memoryless:/x\n4:freezer,memory:/docker/abc\n0::/\n");
    put(&s, "sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "1000000\n");
    put(&s, "sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes", "400000\n");
    put(&s, "sys/fs/cgroup/memory/docker/abc/memory.stat", "inactive_file 7\ntotal_inactive_file 100000\n");
    assert_int_equal(memory_at_hand_in(s.folder), 700000);
    put(&s, "sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "9223372036854771712\n"); /* none */
    assert_int_equal(memory_at_hand_in(s.folder), 4000 * 1024);
    scratch_close(&s);
}

/* Inside, the path is the host's and not to be seen; the container's own group is what is mounted. */
static void a_container_of_version_1_sees_its_mount_alone(void **state) {
    (void)state;
    scratch s = scratch_open();
    put_machine(&s, "4000");
    put(&s, "proc/self/cgroup", "4:memory:/docker/not/here\n");
    put(&s, "sys/fs/cgroup/memory/memory.limit_in_bytes", "300000\n");
    assert_int_equal(memory_at_hand_in(s.folder), 300000);
    scratch_close(&s);
}

static void files_that_make_no_sense_limit_nothing(void **state) {
    (void)state;
    scratch s = scratch_open();
    put_machine(&s, "lots of");
    put(&s, "proc/self/cgroup", "nonsense\n::\n0:\n\n7:memory\n");
    put(&s, "sys/fs/cgroup/memory.max", "99999999999999999999999999\n");
    assert_true(memory_at_hand_in(s.folder) == SIZE_MAX);
    scratch_close(&s);
}

static void little_is_always_there_and_what_cannot_be_counted_never(void **state) {
    (void)state;
    size_t at_hand;
    assert_true(memory_has(1000, &at_hand));
    assert_false(memory_has(SIZE_MAX, &at_hand));
    assert_false(memory_has(SIZE_MAX / 2, &at_hand));
    assert_true(at_hand < SIZE_MAX / 2);
    assert_true(memory_sum(SIZE_MAX, 1) == SIZE_MAX && memory_sum(3, 4) == 7);
    assert_true(memory_product(SIZE_MAX / 2, 3) == SIZE_MAX && memory_product(3, 4) == 12);
    assert_true(memory_product(SIZE_MAX, 0) == 0);
}

static void amounts_are_told_in_units_of_their_size(void **state) {
    (void)state;
    static const struct {
        size_t bytes;
        const char *text;
    } cases[] = {{0, "0 bytes"},
                 {1023, "1023 bytes"},
                 {1536, "1.5 KiB"},
                 {(size_t)3 << 29, "1.5 GiB"},
                 {(size_t)1 << 45, "32.0 TiB"},
                 {SIZE_MAX - 1, "16.0 EiB"},
                 {SIZE_MAX, "more than memory can address"}};
    char text[MEMORY_TEXT];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memory_text(text, cases[i].bytes);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bare_machine_has_what_is_available),
        cmocka_unit_test(a_group_of_version_2_has_its_limit_less_what_is_used),
        cmocka_unit_test(an_address_space_has_its_limit_less_what_is_used),
        cmocka_unit_test(the_groups_around_count_too),
        cmocka_unit_test(a_group_of_version_1_is_found_among_the_other_controllers),
        cmocka_unit_test(a_container_of_version_1_sees_its_mount_alone),
        cmocka_unit_test(files_that_make_no_sense_limit_nothing),
        cmocka_unit_test(little_is_always_there_and_what_cannot_be_counted_never),
        cmocka_unit_test(amounts_are_told_in_units_of_their_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
