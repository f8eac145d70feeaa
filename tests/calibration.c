/* calibration.c - do tests reject, intervals cover and needed repeats suffice as often as they promise? `make calibration`.
 * Runs the classic experiment with three seeds: experiments that differ in nothing else, so that every difference is noise.
 * Their repeats are cut into 2,000 runs, each run is tested, and what came out is printed beside what should have, within
 * four standard errors. Exit 1: something is off. docs/statistics.md has the numbers. */
#include "farm.h"
#include "rng.h"
#include "stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 2000, MOST = 30, REPEATS = RUNS * MOST, SEEDS = 3, RESAMPLES = 1000, LONGEST = 400 };
static const double ALPHA = 0.05, SURE = 4; /* standard errors: one false alarm in some hundred runs of all of this */

typedef struct {
    double *rmse[SEEDS]; /* [REPEATS] */
    bool failed;
} population;

/* --- the data ----------------------------------------------------------------------------------------------------- */

static bool run_seed(population *p, int k) {
    farm_errors errors = {0};
    farm *f = NULL;
    char seed[8], repeats[16];
    const char *set[] = {"experiments=[{\"scheme\":\"fixed\"}]"};
    farm_options options = {.seed = seed, .repeats = repeats, .set = set, .n_set = 1};
    size_t n = 0;
    snprintf(seed, sizeof seed, "%d", k + 1);
    snprintf(repeats, sizeof repeats, "%d", REPEATS);
    bool done =
        farm_load(&f, "configs/tutorial.json", &options, &errors) == FARM_OK && farm_run(f, NULL, &errors) == FARM_OK;
    if (done) {
        const double *rmse = farm_rmse(f, 0, &n);
        p->rmse[k] = malloc(n * sizeof *p->rmse[k]);
        if (p->rmse[k]) memcpy(p->rmse[k], rmse, n * sizeof *rmse);
    }
    for (size_t i = 0; i < errors.n; i++) farm_error_print(stderr, &errors.items[i]);
    farm_errors_free(&errors);
    farm_free(f);
    return done && p->rmse[k];
}

/* --- what is counted ---------------------------------------------------------------------------------------------- */

/* What a rate is expected to be: that, or at most that where a test can only take some values, or at least that. */
typedef enum { AS_SAID, AT_MOST, AT_LEAST } promise;

static void report(population *p, const char *what, size_t n, double rate, double wanted, promise kind, double slack) {
    static const char *const words[] = {"", "at most ", "at least "};
    double error = sqrt(wanted * (1 - wanted) / RUNS), reach = SURE * error + slack;
    bool off = (kind != AT_LEAST && rate > wanted + reach) || (kind != AT_MOST && rate < wanted - reach);
    printf("| %s | %zu | %.1f%% | %s%.0f%% | %s |\n", what, n, 100 * rate, words[kind], 100 * wanted,
           off ? "**off**" : "yes");
    p->failed = p->failed || off;
}

/* n repeats from each of two seeds; run is 0 ... RUNS - 1. */
static samples slice(const population *p, size_t n, size_t run) {
    return (samples){.a = p->rmse[0] + run * n, .b = p->rmse[1] + run * n, .n_a = n, .n_b = n};
}

static double rejections(const population *p, stats_test *test, size_t n, bool one_sample, double constant) {
    size_t rejected = 0;
    for (size_t run = 0; run < RUNS; run++) {
        samples s = slice(p, n, run);
        if (one_sample) s = (samples){.a = s.a, .n_a = n, .constant = constant};
        test_result t;
        if (test(&t, &s, ALPHA)) rejected += t.p < ALPHA;
    }
    return (double)rejected / RUNS;
}

static double coverage(const population *p, stats_test *test, size_t n) {
    size_t covered = 0;
    for (size_t run = 0; run < RUNS; run++) {
        samples s = slice(p, n, run);
        test_result t;
        if (test(&t, &s, ALPHA)) covered += t.ci_low <= 0 && t.ci_high >= 0;
    }
    return (double)covered / RUNS;
}

static double median_coverage(const population *p, size_t n) {
    static double medians[2 * RESAMPLES];
    size_t covered = 0;
    for (size_t run = 0; run < RUNS; run++) {
        samples s = slice(p, n, run);
        const double *columns[] = {s.a, s.b};
        double low, high;
        if (!stats_resample_medians(medians, RESAMPLES, columns, 2, n, run, 1)) continue;
        for (size_t r = 0; r < RESAMPLES; r++) medians[r] -= medians[RESAMPLES + r];
        stats_percentiles(&low, &high, medians, RESAMPLES, ALPHA);
        covered += low <= 0 && high >= 0;
    }
    return (double)covered / RUNS;
}

static double friedman_rejections(const population *p, size_t n) {
    size_t rejected = 0;
    for (size_t run = 0; run < RUNS; run++) {
        const double *columns[SEEDS];
        double ranks[SEEDS];
        friedman_result f;
        for (size_t k = 0; k < SEEDS; k++) columns[k] = p->rmse[k] + run * n;
        if (stats_friedman(&f, ranks, columns, SEEDS, n, ALPHA)) rejected += f.p < ALPHA;
    }
    return (double)rejected / RUNS;
}

/* Runs in which some two of the mean ranks are a critical difference apart. */
static double nemenyi_rejections(const population *p, size_t n) {
    size_t rejected = 0;
    for (size_t run = 0; run < RUNS; run++) {
        const double *columns[SEEDS];
        double ranks[SEEDS];
        friedman_result f;
        for (size_t k = 0; k < SEEDS; k++) columns[k] = p->rmse[k] + run * n;
        if (!stats_friedman(&f, ranks, columns, SEEDS, n, ALPHA)) continue;
        double low = fmin(ranks[0], fmin(ranks[1], ranks[2])), high = fmax(ranks[0], fmax(ranks[1], ranks[2]));
        rejected += high - low >= f.critical_difference;
    }
    return (double)rejected / RUNS;
}

/* --- effects -------------------------------------------------------------------------------------------------------- */

/* b without its first seed's, by shift: a - b then differs by shift in the mean. The caller's. */
static double *shifted(const double *values, double shift) {
    double *out = malloc(REPEATS * sizeof *out);
    for (size_t i = 0; out && i < REPEATS; i++) out[i] = values[i] - shift;
    return out;
}

/* Where a pair of an effect's runs comes from: any repeat of one seed with any of another, or normal differences. */
typedef enum { RMSES, NORMAL } origin;

static void draw_pair(double *a, double *b, const population *p, origin from, size_t run, size_t i) {
    rng_stream stream = {.seed = 77, .repeat = (uint32_t)run, .tensor = 200};
    if (from == NORMAL) {
        *a = rng_normal(&stream, (uint32_t)i);
        *b = 0;
    } else {
        *a = p->rmse[0][(size_t)(rng_uniform(&stream, (uint32_t)(2 * i)) * REPEATS)];
        *b = p->rmse[1][(size_t)(rng_uniform(&stream, (uint32_t)(2 * i + 1)) * REPEATS)];
    }
}

/* The effect dz of a shift, and the repeats that a test needs for it, from very many pairs. */
static size_t needed_for(double *shift, const population *p, origin from, stats_test *test, double dz) {
    double *a = malloc(2 * REPEATS * sizeof *a), *b = a + REPEATS;
    size_t needed = 0;
    if (!a) return 0;
    for (size_t i = 0; i < REPEATS; i++) draw_pair(&a[i], &b[i], p, from, RUNS, i);
    samples s = {.a = a, .b = b, .n_a = REPEATS, .n_b = REPEATS};
    test_result t;
    stats_paired_t(&t, &s, ALPHA);
    *shift = dz * t.error * sqrt(REPEATS) - t.mean_difference;
    for (size_t i = 0; i < REPEATS; i++) a[i] += *shift;
    if (test(&t, &s, ALPHA) && t.repeats_needed <= LONGEST) needed = (size_t)t.repeats_needed;
    free(a);
    return needed;
}

/* The needed repeats of an effect, used: how often the test sees it. */
static void power_of_needed(population *p, const char *what, origin from, stats_test *test, double dz, promise kind,
                            double slack) {
    double shift, a[LONGEST], b[LONGEST];
    size_t n = needed_for(&shift, p, from, test, dz), seen = 0;
    char words[120];
    for (size_t run = 0; run < RUNS; run++) {
        test_result t;
        for (size_t i = 0; i < n; i++) {
            draw_pair(&a[i], &b[i], p, from, run, i);
            a[i] += shift;
        }
        if (test(&t, &(samples){.a = a, .b = b, .n_a = n, .n_b = n}, ALPHA)) seen += t.p < ALPHA;
    }
    snprintf(words, sizeof words, "%s sees dz = %.1f with the repeats it needs", what, dz);
    report(p, words, n, (double)seen / RUNS, 0.8, kind, slack);
}

/* A true difference of just the margin must not pass for equivalent more often than alpha. */
static double false_equivalence(const population *p, size_t n, double margin) {
    double *b = shifted(p->rmse[1], margin);
    size_t found = 0;
    population moved = {.rmse = {p->rmse[0], b, NULL}};
    for (size_t run = 0; b && run < RUNS; run++) {
        samples s = slice(&moved, n, run);
        test_result t;
        if (stats_paired_t(&t, &s, ALPHA)) found += stats_equivalence_p(&t, margin) < ALPHA;
    }
    free(b);
    return (double)found / RUNS;
}

/* The constant that a one-sample signed-rank test of the whole population has nothing against. */
static double pseudo_median(const population *p) {
    double low = 50, high = 300;
    while (high - low > 1e-6) {
        double middle = (low + high) / 2;
        test_result t;
        stats_wilcoxon(&t, &(samples){.a = p->rmse[2], .n_a = REPEATS, .constant = middle}, ALPHA);
        *(t.direction > 0 ? &low : &high) = middle;
    }
    return low;
}

/* --- a rule that stops ----------------------------------------------------------------------------------------------- */

enum { BLOCK = 64, MOST_BLOCKS = 40 }; /* as farm.c's rounds */

/* When to stop: at a half width of the t interval, but not before so many repeats. */
typedef struct {
    double half_width;
    size_t least;
} stopping;

/* One run that is stopped so: blocks of pairs, or of repeats against a constant. n: repeats that it took. */
static test_result run_until(const population *p, size_t run, bool one_sample, double constant, const stopping *when,
                             size_t *n) {
    static double a[BLOCK * MOST_BLOCKS], b[BLOCK * MOST_BLOCKS];
    test_result t = {0};
    for (*n = 0; *n < BLOCK * MOST_BLOCKS;) {
        for (size_t end = *n + BLOCK; *n < end; ++*n) draw_pair(&a[*n], &b[*n], p, RMSES, run, *n);
        samples s = {.a = a, .n_a = *n, .b = one_sample ? NULL : b, .n_b = one_sample ? 0 : *n, .constant = constant};
        if (*n < when->least || !stats_paired_t(&t, &s, ALPHA)) continue;
        if ((t.ci_high - t.ci_low) / 2 <= when->half_width) break;
    }
    return t;
}

/* How often the interval covers the mean difference of the populations; the test is the interval turned round. */
static void stopped(population *p, bool one_sample, const stopping *when) {
    summary of[2];
    if (!stats_summary(&of[0], p->rmse[0], REPEATS) || !stats_summary(&of[1], p->rmse[1], REPEATS)) return;
    double truth = one_sample ? 0 : of[0].mean - of[1].mean;
    size_t covered = 0, repeats = 0;
    char words[120];
    for (size_t run = 0; run < RUNS; run++) {
        size_t n;
        test_result t = run_until(p, run, one_sample, of[0].mean, when, &n);
        covered += t.ci_low <= truth && t.ci_high >= truth;
        repeats += n;
    }
    int length = snprintf(words, sizeof words, "%s interval, ", one_sample ? "one-sample t" : "paired t");
    if (isfinite(when->half_width))
        snprintf(words + length, sizeof words - (size_t)length, "repeats until it is +-%g (4)", when->half_width);
    else
        snprintf(words + length, sizeof words - (size_t)length, "a number of repeats (4)");
    report(p, words, repeats / RUNS, (double)covered / RUNS, 0.95, AS_SAID, 0.01);
}

static void levels(population *p, size_t n) {
    summary of;
    if (!stats_summary(&of, p->rmse[2], REPEATS)) return;
    report(p, "paired t-test rejects a true null", n, rejections(p, stats_paired_t, n, false, 0), 0.05, AS_SAID, 0);
    report(p, "Wilcoxon signed-rank test", n, rejections(p, stats_wilcoxon, n, false, 0), 0.05, AT_MOST, 0);
    report(p, "sign test", n, rejections(p, stats_sign, n, false, 0), 0.05, AT_MOST, 0);
    report(p, "Welch's t-test", n, rejections(p, stats_welch, n, false, 0), 0.05, AS_SAID, 0);
    report(p, "Friedman's test of three", n, friedman_rejections(p, n), 0.05, AS_SAID,
           0.01); /* chi-square is a limit */
    report(p, "Nemenyi's critical difference of three", n, nemenyi_rejections(p, n), 0.05, AT_MOST, 0);
    report(p, "one-sample sign test of the median", n, rejections(p, stats_sign, n, true, of.median), 0.05, AT_MOST, 0);
    report(p, "one-sample t-test of the mean (1)", n, rejections(p, stats_paired_t, n, true, of.mean), 0.05, AS_SAID,
           0.05);
    report(p, "one-sample Wilcoxon of the pseudo-median (1)", n,
           rejections(p, stats_wilcoxon, n, true, pseudo_median(p)), 0.05, AT_MOST, 0.05);
    report(p, "paired t interval covers the mean difference", n, coverage(p, stats_paired_t, n), 0.95, AS_SAID, 0);
    report(p, "Welch interval", n, coverage(p, stats_welch, n), 0.95, AS_SAID, 0);
    report(p, "bootstrap interval of the medians (2)", n, median_coverage(p, n), 0.95, AS_SAID, 0.03);
    report(p, "a difference of the margin passes for equivalent", n, false_equivalence(p, n, 6), 0.05, AT_MOST, 0);
}

int main(void) {
    population p = {0};
    for (int k = 0; k < SEEDS; k++)
        if (!run_seed(&p, k)) return 2;
    puts("| what | repeats | found | promised | kept |\n|---|---|---|---|---|");
    levels(&p, 10);
    levels(&p, 30);
    static const double effects[] = {0.2, 0.3, 0.5, 0.8};
    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++)
        power_of_needed(&p, "paired t-test of normal differences", NORMAL, stats_paired_t, effects[i], AS_SAID, 0);
    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++)
        power_of_needed(&p, "paired t-test of RMSEs", RMSES, stats_paired_t, effects[i],
                        effects[i] < 0.6 ? AS_SAID : AT_LEAST, 0);
    power_of_needed(&p, "Welch's t-test of RMSEs", RMSES, stats_welch, 0.5, AS_SAID, 0);
    for (size_t i = 1; i < 3; i++) {
        power_of_needed(&p, "Wilcoxon of normal differences (3)", NORMAL, stats_wilcoxon, effects[i], AS_SAID, 0.03);
        power_of_needed(&p, "Wilcoxon of RMSEs (3)", RMSES, stats_wilcoxon, effects[i], AT_LEAST, 0.03);
        power_of_needed(&p, "sign test of normal differences", NORMAL, stats_sign, effects[i], AS_SAID, 0.03);
        power_of_needed(&p, "sign test of RMSEs", RMSES, stats_sign, effects[i], AS_SAID, 0.03);
    }
    static const stopping rules[] = {{2, 0},         {1.5, 0},        {1, 0},          {0.5, 0},
                                     {INFINITY, 64}, {INFINITY, 128}, {INFINITY, 320}, {INFINITY, 1152}};
    for (int one = 0; one < 2; one++)
        for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) stopped(&p, one, &rules[i]);
    for (int k = 0; k < SEEDS; k++) free(p.rmse[k]);
    return p.failed;
}
