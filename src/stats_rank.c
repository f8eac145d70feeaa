/* stats_rank.c - what only looks at order: signed ranks, signs, superiority, Friedman's ranks. See stats.h.
 * Uses libRmath for distribution functions; signed ranks are counted here, because psignrank keeps a static table and
 * knows no ties. Must not know experiments, files or words for people. */
#include "stats_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

enum {
    EXACT_PAIRS = 50,      /* SciPy counts up to here where neither ties nor zeros are */
    EXACT_TIED_PAIRS = 13, /* and up to here where they are, all 2^13 signs being fewer than its 9,999 permutations */
};

/* --- differences in order of size ------------------------------------------------------------------------------- */

typedef struct {
    double size; /* > 0 */
    bool positive;
} signed_size;

static int by_size(const void *a, const void *b) {
    double x = ((const signed_size *)a)->size, y = ((const signed_size *)b)->size;
    return (x > y) - (x < y);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double difference_of(const samples *s, size_t i) { return s->a[i] - (s->b ? s->b[i] : s->constant); }

/* The first place after i with another size, of n sorted ones. */
static size_t after_ties(const signed_size *sorted, size_t n, size_t i) {
    size_t end = i + 1;
    while (end < n && sorted[end].size == sorted[i].size) end++;
    return end;
}

/* --- signed ranks ----------------------------------------------------------------------------------------------- */

/* The ranks of the nonzero differences. Ranks and their sums are doubled, so that mean ranks are whole. */
typedef struct {
    size_t n, n_zero;
    uint64_t above, below; /* doubled rank sums of positive and negative differences */
    double ties;           /* sum of t^3 - t over groups of t equal sizes */
    const uint16_t *ranks; /* [n] doubled, where n is small enough to count */
} signed_ranks;

static void sum_ranks(signed_ranks *r, const signed_size *sorted, uint16_t *ranks) {
    for (size_t i = 0, end; i < r->n; i = end) {
        end = after_ties(sorted, r->n, i);
        uint64_t rank = i + 1 + end; /* twice the mean of i + 1 ... end */
        double t = (double)(end - i);
        r->ties += t * t * t - t;
        for (size_t k = i; k < end; k++) {
            *(sorted[k].positive ? &r->above : &r->below) += rank;
            if (k < EXACT_PAIRS) ranks[k] = (uint16_t)rank;
        }
    }
    r->ranks = ranks;
}

/* Of all 2^n signs of the ranks, the share whose positive sum is at most, and at least, the one seen; twice the lesser.
 * Counts are whole numbers up to 2^50, so the doubles are exact. */
static double exact_p(const signed_ranks *r) {
    double ways[EXACT_PAIRS * (EXACT_PAIRS + 1) + 1] = {1}, at_most = 0, at_least = 0;
    size_t total = 0;
    for (size_t i = 0; i < r->n; i++) {
        size_t rank = r->ranks[i];
        for (size_t sum = total + 1; sum-- > 0;) ways[sum + rank] += ways[sum];
        total += rank;
    }
    for (size_t sum = 0; sum <= total; sum++) {
        if (sum <= r->above) at_most += ways[sum];
        if (sum >= r->above) at_least += ways[sum];
    }
    return fmin(1, 2 * fmin(at_most, at_least) / ldexp(1, (int)r->n));
}

/* z = (W - n(n+1)/4) / sqrt((n(n+1)(2n+1) - ties/2) / 24) */
static double normal_p(const signed_ranks *r) {
    double n = (double)r->n, mean = n * (n + 1) / 4;
    double error = sqrt((n * (n + 1) * (2 * n + 1) - r->ties / 2) / 24);
    return fmin(1, 2 * pnorm(-fabs((double)r->above / 2 - mean) / error, 0, 1, 1, 0));
}

static double signed_rank_p(const signed_ranks *r) {
    bool plain = r->n_zero == 0 && r->ties == 0;
    size_t n = r->n + r->n_zero;
    if (r->n == 0) return NAN;
    return n <= (plain ? EXACT_PAIRS : EXACT_TIED_PAIRS) ? exact_p(r) : normal_p(r);
}

/* Of needed differences only those count that are not zero. */
static double needed_of(double needed, const signed_ranks *r) {
    return ceil(needed * (double)(r->n + r->n_zero) / (double)r->n);
}

/* The moments and effect size that every test of pairs has, without an interval: those of the paired t-test. */
static void start_rank_test(test_result *out, const samples *s, double alpha) {
    test_result t;
    stats_paired_t(&t, s, alpha);
    *out = stats_mean_alone(t.n, t.mean_difference);
    out->effect_size = t.effect_size;
}

bool stats_wilcoxon(test_result *out, const samples *s, double alpha) {
    start_rank_test(out, s, alpha);
    signed_size *sizes = malloc((s->n_a ? s->n_a : 1) * sizeof *sizes);
    uint16_t ranks[EXACT_PAIRS] = {0};
    signed_ranks r = {0};
    if (!sizes) return false;
    for (size_t i = 0; i < s->n_a; i++) {
        double d = difference_of(s, i);
        if (d == 0) r.n_zero++;
        if (isfinite(d) && d != 0) sizes[r.n++] = (signed_size){fabs(d), d > 0};
    }
    qsort(sizes, r.n, sizeof *sizes, by_size);
    sum_ranks(&r, sizes, ranks);
    free(sizes);
    if (out->n < 2) return true;
    out->statistic = (double)(r.above < r.below ? r.above : r.below) / 2;
    out->direction = (r.above > r.below) - (r.above < r.below);
    out->p = signed_rank_p(&r);
    if (r.n == 0) return true;
    double share = (double)r.above / ((double)r.n * (double)(r.n + 1));
    out->repeats_needed = needed_of(stats_wilcoxon_repeats_needed(share, alpha), &r);
    return true;
}

bool stats_sign(test_result *out, const samples *s, double alpha) {
    start_rank_test(out, s, alpha);
    signed_ranks r = {0};
    double above = 0, below;
    for (size_t i = 0; i < s->n_a; i++) {
        double d = difference_of(s, i);
        if (!isfinite(d)) continue;
        r.n += d != 0;
        r.n_zero += d == 0;
        above += d > 0;
    }
    if (out->n < 2) return true;
    below = (double)r.n - above;
    out->statistic = above;
    out->direction = (above > below) - (above < below);
    if (r.n == 0) return true;
    out->p = fmin(1, 2 * pbinom(fmin(above, below), (double)r.n, 0.5, 1, 0));
    out->repeats_needed = needed_of(stats_sign_repeats_needed(above / (double)r.n, alpha), &r);
    return true;
}

/* --- superiority ------------------------------------------------------------------------------------------------ */

/* The finite values, sorted; the caller's. NULL: out of memory. */
static double *sorted_finite(const double *values, size_t n, size_t *kept) {
    double *sorted = malloc((n ? n : 1) * sizeof *sorted);
    *kept = 0;
    for (size_t i = 0; sorted && i < n; i++)
        if (isfinite(values[i])) sorted[(*kept)++] = values[i];
    if (sorted) qsort(sorted, *kept, sizeof *sorted, by_value);
    return sorted;
}

/* Pairs of values with a below b, ties half, by going up both sorted lists at once. */
static double count_below(const double *a, size_t n_a, const double *b, size_t n_b) {
    double pairs = 0;
    for (size_t i = 0, lower = 0, upper = 0; i < n_a; i++) { /* of b: lower below a[i], upper not above it */
        while (lower < n_b && b[lower] < a[i]) lower++;
        while (upper < n_b && b[upper] <= a[i]) upper++;
        pairs += (double)(n_b - upper) + (double)(upper - lower) / 2;
    }
    return pairs;
}

bool stats_superiority(double *out, const samples *s) {
    size_t n_a, n_b;
    double *a = sorted_finite(s->a, s->n_a, &n_a);
    double *b = s->b ? sorted_finite(s->b, s->n_b, &n_b) : sorted_finite(&s->constant, 1, &n_b);
    bool done = a && b;
    if (done) *out = n_a && n_b ? count_below(a, n_a, b, n_b) / ((double)n_a * (double)n_b) : NAN;
    free(a);
    free(b);
    return done;
}

double stats_share_won(const samples *s) {
    double won = 0;
    size_t n = 0;
    for (size_t i = 0; i < s->n_a; i++) {
        double d = difference_of(s, i);
        if (!isfinite(d)) continue;
        won += d < 0 ? 1 : d == 0 ? 0.5 : 0;
        n++;
    }
    return n ? won / (double)n : NAN;
}

/* --- Friedman's ranks ------------------------------------------------------------------------------------------- */

typedef struct {
    double value;
    size_t column;
} ranked_value;

static int by_ranked_value(const void *a, const void *b) {
    double x = ((const ranked_value *)a)->value, y = ((const ranked_value *)b)->value;
    return (x > y) - (x < y);
}

/* Adds the ranks of one block [k] to sums; returns the sum of t^3 - t over its ties. */
static double rank_block(double *sums, ranked_value *block, size_t k) {
    double ties = 0;
    qsort(block, k, sizeof *block, by_ranked_value);
    for (size_t i = 0, end; i < k; i = end) {
        for (end = i + 1; end < k && block[end].value == block[i].value;) end++;
        double t = (double)(end - i);
        ties += t * t * t - t;
        for (size_t r = i; r < end; r++) sums[block[r].column] += (double)(i + 1 + end) / 2;
    }
    return ties;
}

/* The studentized range of k means, infinite df, to ptukey's own precision; qtukey stops at 1e-4, or prints that it found
 * nothing. */
static double range_quantile(double alpha, double k) {
    double low = 0, high = 1;
    while (high < 1024 && ptukey(high, 1, k, INFINITY, 0, 0) > alpha) high *= 2;
    while (high - low > 1e-14 * high) {
        double middle = (low + high) / 2;
        if (middle == low || middle == high) break;
        if (ptukey(middle, 1, k, INFINITY, 0, 0) > alpha)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

/* chi^2 = 12 sum (R_j - n(k+1)/2)^2 / (n k (k+1)) / (1 - ties / (n (k^3 - k))), R_j the rank sums. */
static void friedman_statistic(friedman_result *out, const double *sums, double k, double n, double ties,
                               double alpha) {
    double squares = 0, untied = 1 - ties / (n * (k * k * k - k));
    for (size_t j = 0; (double)j < k; j++) {
        double off = sums[j] - n * (k + 1) / 2;
        squares += off * off;
    }
    out->df = k - 1;
    out->chi_square = untied > 0 ? 12 * squares / (n * k * (k + 1)) / untied : NAN;
    out->p = pchisq(out->chi_square, out->df, 0, 0);
    out->critical_difference = range_quantile(alpha, k) / sqrt(2) * sqrt(k * (k + 1) / (6 * n));
}

/* Row i of the columns. false: some value of it is not finite. */
static bool take_block(ranked_value *block, const double *const *columns, size_t k, size_t i) {
    for (size_t j = 0; j < k; j++) {
        if (!isfinite(columns[j][i])) return false;
        block[j] = (ranked_value){columns[j][i], j};
    }
    return true;
}

bool stats_friedman(friedman_result *out, double *mean_ranks, const double *const *columns, size_t k, size_t rows,
                    double alpha) {
    *out = (friedman_result){.chi_square = NAN, .df = NAN, .p = NAN, .critical_difference = NAN};
    ranked_value *block = malloc((k ? k : 1) * sizeof *block);
    double ties = 0;
    if (!block) return false;
    for (size_t j = 0; j < k; j++) mean_ranks[j] = 0;
    for (size_t i = 0; i < rows; i++) {
        if (!take_block(block, columns, k, i)) continue;
        ties += rank_block(mean_ranks, block, k);
        out->n++;
    }
    size_t n = out->n;
    free(block);
    if (k >= 2 && n >= 2) friedman_statistic(out, mean_ranks, (double)k, (double)n, ties, alpha);
    for (size_t j = 0; j < k; j++) mean_ranks[j] = n ? mean_ranks[j] / (double)n : NAN;
    return true;
}
