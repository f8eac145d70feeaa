/* fuzz_config.c - any bytes as a config: read, checked, expanded and planned.
 * What is refused says why. What is taken has a resolved config that is itself a config of the same plan, and resolves
 * to itself, and can be restored from what a store keeps of it. There are series.csv (column v, 36 observations),
 * short.csv (6) and two.csv; and for models of 1 lag and 1 neuron weights.json (with those of 11 refits), plain.json
 * (without) and list.json (of two models). */
#include "fuzz.h"

#include "config.h"
#include "plan.h"

#include <stdlib.h>
#include <string.h>

static const char path[] = "fuzz.json", resolved_path[] = "resolved.json";

static const char series_text[] =
    "v\n266\n146\n183\n119\n180\n169\n232\n225\n193\n123\n337\n186\n194\n150\n210\n273\n191\n287\n"
    "226\n304\n290\n422\n265\n342\n340\n440\n316\n439\n401\n437\n576\n408\n682\n475\n581\n647\n";

#define MODEL                                                                                                          \
    "{\"kernel\": [[0.1, 0.2, 0.3, 0.4]], \"recurrent_kernel\": [[1, -1, 0.5, -0.5]], \"bias\": [0, 1, 0, 0], "        \
    "\"dense_kernel\": [2], \"dense_bias\": 0"

/* One model, and the same for eleven refits. */
static char *weights_text(void) {
    static char text[4000];
    if (*text) return text;
    strcpy(text, MODEL ", \"refits\": [" MODEL "}");
    for (int i = 1; i < 11; i++) strcat(text, ", " MODEL "}");
    return strcat(text, "]}");
}

static void text_file(const char *name, const char *text) { fuzz_file(name, text, strlen(text)); }

/* What a config may name. */
static void give_files(void) {
    text_file("series.csv", series_text);
    text_file("short.csv", "v\n3\n1\n4\n1\n5\n9\n");
    text_file("two.csv", "v\n3\n1\n");
    text_file("weights.json", weights_text());
    text_file("plain.json", MODEL "}");
    text_file("list.json", "[" MODEL "}, " MODEL "}]");
}

/* What is planned, with and without sharing. */
typedef struct {
    uint64_t asked, shared, unshared; /* steps a repeat */
} effort;

static uint64_t steps_taken(const config *c, plan_sharing sharing, uint64_t *asked) {
    plan p;
    farm_errors errors = {0};
    farm_status status = plan_expand(&p, c->experiments, c->n_experiments, &c->series, sharing, &errors);
    fuzz_require(status == FARM_OK && errors.n == 0, "a config that loads can be planned");
    uint64_t taken = p.steps_taken;
    *asked = p.steps_asked;
    plan_free(&p);
    return taken;
}

static effort plan_both_ways(const config *c) {
    effort e;
    uint64_t asked_unshared;
    e.shared = steps_taken(c, PLAN_SHARED, &e.asked);
    e.unshared = steps_taken(c, PLAN_UNSHARED, &asked_unshared);
    fuzz_require(e.asked == asked_unshared, "sharing changes nothing of what is asked for");
    fuzz_require(e.shared <= e.unshared && e.unshared <= e.asked, "sharing never takes more steps");
    return e;
}

/* Prints what should not be there: it says why the property does not hold. */
static void expect_none(const farm_errors *errors) {
    for (size_t i = 0; i < errors->n; i++) {
        farm_error_print(stderr, &errors->items[i]);
        fputc('\n', stderr);
    }
}

/* What the store keeps of a config makes it again. */
static void check_restored(const config *c) {
    config again;
    farm_errors errors = {0};
    config_kept kept = {.path = path, .meant = c->meant, .values = c->series.values, .n = c->series.n};
    farm_status status = config_restore(&again, &kept, NULL, &errors);
    expect_none(&errors);
    fuzz_require(status == FARM_OK && errors.n == 0, "a config can be restored");
    fuzz_require(strcmp(c->resolved, again.resolved) == 0, "a restored config resolves as the config did");
    config_free(&again);
}

static void check_reloaded(const config *c) {
    config again;
    farm_errors errors = {0};
    fuzz_file(resolved_path, c->resolved, strlen(c->resolved));
    farm_status status = config_load(&again, resolved_path, NULL, &errors);
    expect_none(&errors);
    fuzz_require(status == FARM_OK && errors.n == 0, "a resolved config is a config");
    fuzz_require(strcmp(c->resolved, again.resolved) == 0, "a resolved config resolves to itself");
    fuzz_require(c->n_experiments == again.n_experiments, "a resolved config has the same experiments");
    for (size_t i = 0; i < c->n_experiments; i++)
        fuzz_require(strcmp(c->experiments[i].work, again.experiments[i].work) == 0,
                     "a resolved experiment is the same work");
    effort e = plan_both_ways(c), f = plan_both_ways(&again);
    fuzz_require(e.asked == f.asked && e.shared == f.shared, "a resolved config is as much work");
    config_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    config c;
    farm_errors errors = {0};
    fuzz_file(path, bytes, n);
    give_files();
    farm_status status = config_load(&c, path, NULL, &errors);
    if (status == FARM_OK) {
        check_reloaded(&c);
        check_restored(&c);
    } else {
        fuzz_check_faults(status, &errors, path, bytes, n);
    }
    config_free(&c);
    farm_errors_free(&errors);
    fuzz_close_files();
    return 0;
}
