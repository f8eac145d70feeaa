/* report_csv.c - the run's tables as CSV: RFC 4180 with LF, numbers that read back as the same doubles.
 * In: a report_input. Out: bytes that depend on the results alone. Must not know where the stream leads.
 * Invariant: every value is there; what has none is "nan". */
#include "numbers.h"
#include "report_parts.h"

#include <csv.h>
#include <math.h>
#include <string.h>

/* A text field, quoted only where it must be. */
static void put_text(FILE *out, const char *text) {
    if (strpbrk(text, ",\"\r\n"))
        csv_fwrite(out, text, strlen(text));
    else
        fputs(text, out);
}

/* A number field, with what comes before it: a comma, or nothing. */
static void put_number(FILE *out, const char *before, double value) {
    char text[NUMBER_TEXT];
    number_exact(text, value);
    fprintf(out, "%s%s", before, text);
}

void report_results_csv(FILE *out, const report_input *in, size_t i) {
    const experiment_result *e = &in->results->experiments[i];
    fputs("results\n", out);
    for (size_t r = 0; r < e->n_repeats; r++) {
        put_number(out, "", e->rmse[r]);
        fputc('\n', out);
    }
}

void report_summary_csv(FILE *out, const report_input *in, const summary *summaries) {
    fputs("experiment,count,mean,std,min,25%,50%,75%,max\n", out);
    for (size_t i = 0; i < in->n_experiments; i++) {
        const summary *s = &summaries[i];
        const double columns[] = {s->mean, s->std, s->min, s->q25, s->median, s->q75, s->max};
        put_text(out, in->experiments[i].name);
        fprintf(out, ",%zu", s->n);
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) put_number(out, ",", columns[c]);
        fputc('\n', out);
    }
}

static void comparison_line(FILE *out, const report_input *in, const comparison *c, const pair_test *test) {
    const test_result *t = &test->result;
    const double columns[] = {t->mean_difference, t->ci_low,      t->ci_high,       t->statistic, t->df, t->p,
                              test->p_adjusted,   t->effect_size, t->repeats_needed};
    fprintf(out, "%s,", test->name);
    put_text(out, in->experiments[c->a].name);
    fputc(',', out);
    put_text(out, in->experiments[c->b].name);
    fprintf(out, ",%zu", t->n);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) put_number(out, ",", columns[i]);
    fputc('\n', out);
}

void report_comparisons_csv(FILE *out, const report_input *in) {
    fputs("test,a,b,n,mean_difference,ci_low,ci_high,statistic,df,p,p_adjusted,effect_size,repeats_needed\n", out);
    for (size_t i = 0; i < in->comparisons->n; i++) {
        const comparison *c = &in->comparisons->items[i];
        for (size_t k = 0; k < c->n_tests; k++) comparison_line(out, in, c, &c->tests[k]);
    }
}

static void pair_line(FILE *out, const report_input *in, const comparison *c) {
    const double differences[] = {c->mean_difference, c->ci_low,         c->ci_high,     c->median_difference,
                                  c->median_ci_low,   c->median_ci_high, c->effect_size, c->superiority,
                                  c->share_won,       c->correlation,    c->pairing};
    put_text(out, in->experiments[c->a].name);
    fputc(',', out);
    put_text(out, in->experiments[c->b].name);
    fprintf(out, ",%s,%zu", pair_reason_name(c->reason), c->n);
    for (size_t i = 0; i < sizeof differences / sizeof *differences; i++) put_number(out, ",", differences[i]);
    fprintf(out, ",%zu", c->dm_n);
    put_number(out, ",", c->dm_statistic);
    put_number(out, ",", c->dm_p);
    put_number(out, ",", c->power);
    put_number(out, ",", c->repeats_needed);
    fputs(isnan(c->repeats_needed) ? ",nan" : c->enough ? ",true" : ",false", out);
    put_number(out, ",", in->comparisons->rope > 0 ? in->comparisons->rope : NAN);
    put_number(out, ",", c->equivalence_p);
    fprintf(out, ",%s\n", pair_verdict_name(c->verdict));
}

void report_pairs_csv(FILE *out, const report_input *in) {
    fputs(
        "a,b,reason,n,mean_difference,ci_low,ci_high,median_difference,median_ci_low,median_ci_high,effect_size,"
        "superiority,share_won,correlation,pairing,dm_n,dm_statistic,dm_p,power,repeats_needed,enough,rope,"
        "equivalence_p,verdict\n",
        out);
    for (size_t i = 0; i < in->comparisons->n; i++) pair_line(out, in, &in->comparisons->items[i]);
}

/* What Friedman's test found stands in every line again, so that one table has it all. */
void report_ranks_csv(FILE *out, const report_input *in) {
    const ranking *k = &in->comparisons->ranking;
    fputs("experiment,mean_rank,n,chi_square,df,p,critical_difference\n", out);
    for (size_t i = 0; i < in->n_experiments; i++) {
        put_text(out, in->experiments[i].name);
        put_number(out, ",", k->mean_ranks[i]);
        fprintf(out, ",%zu", k->n);
        put_number(out, ",", k->chi_square);
        put_number(out, ",", k->df);
        put_number(out, ",", k->p);
        put_number(out, ",", k->critical_difference);
        fputc('\n', out);
    }
}

/* ,n at the end of a text; returns its new end. By hand, like the line below: a run may have a thousand million of them. */
static char *append_count(char *end, size_t n) {
    char digits[24];
    size_t i = sizeof digits;
    do digits[--i] = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    *end++ = ',';
    memcpy(end, digits + i, sizeof digits - i);
    return end + (sizeof digits - i);
}

static char *append_number(char *end, double value) {
    *end++ = ',';
    number_exact(end, value);
    return end + strlen(end);
}

/* The forecasts of one repeat; index is the position of the observation in the series, from 0. */
static void forecast_lines(FILE *out, const report_input *in, size_t i, size_t repeat) {
    const experiment_result *e = &in->results->experiments[i];
    const frame *f = in->frames[i];
    const double *forecasts = results_forecasts(in->results, i, repeat);
    for (size_t step = 0; step < e->n_test; step++) {
        size_t row = (size_t)f->n_train + step;
        char line[5 * NUMBER_TEXT], *end = append_count(line, repeat + 1);
        end = append_count(end, step + 1);
        end = append_count(end, (size_t)f->indices[row]);
        end = append_number(end, f->actuals[row]);
        end = append_number(end, forecasts[step]);
        *end++ = '\n';
        put_text(out, in->experiments[i].name);
        fwrite(line, 1, (size_t)(end - line), out);
    }
}

void report_forecasts_csv(FILE *out, const report_input *in) {
    fputs("experiment,repeat,step,index,actual,forecast\n", out);
    for (size_t i = 0; i < in->n_experiments; i++)
        for (size_t r = 0; r < in->results->experiments[i].n_repeats; r++) forecast_lines(out, in, i, r);
}

/* One test row of one experiment. */
static void quantiles_line(FILE *out, const report_input *in, size_t i, size_t step, const forecast_summary *s) {
    const frame *f = in->frames[i];
    size_t row = (size_t)f->n_train + step;
    const double columns[] = {s->all.mean,   s->all.std, s->all.min, s->q05, s->q10,    s->all.q25,
                              s->all.median, s->all.q75, s->q90,     s->q95, s->all.max};
    put_text(out, in->experiments[i].name);
    fprintf(out, ",%zu,%d", step + 1, f->indices[row]);
    put_number(out, ",", f->actuals[row]);
    fprintf(out, ",%zu,%zu", s->all.n, s->all.left_out);
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) put_number(out, ",", columns[c]);
    fputc('\n', out);
}

void report_forecast_quantiles_csv(FILE *out, const report_input *in, forecast_summary *const *all) {
    fputs("experiment,step,index,actual,count,diverged,mean,std,min,5%,10%,25%,50%,75%,90%,95%,max\n", out);
    for (size_t i = 0; i < in->n_experiments; i++)
        for (size_t step = 0; step < in->results->experiments[i].n_test; step++)
            quantiles_line(out, in, i, step, &all[i][step]);
}

/* The losses of one repeat. */
static void loss_lines(FILE *out, const report_input *in, size_t i, size_t repeat) {
    const experiment_result *e = &in->results->experiments[i];
    for (size_t k = 0; k < e->n_losses; k++) {
        put_text(out, in->experiments[i].name);
        fprintf(out, ",%zu,%d", repeat + 1, results_loss_epoch(in->experiments[i].train.epochs, e->n_losses, k));
        put_number(out, ",", e->losses[repeat * e->n_losses + k]);
        fputc('\n', out);
    }
}

void report_losses_csv(FILE *out, const report_input *in) {
    fputs("experiment,repeat,epoch,loss\n", out);
    for (size_t i = 0; i < in->n_experiments; i++)
        for (size_t r = 0; in->results->experiments[i].losses && r < in->results->experiments[i].n_repeats; r++)
            loss_lines(out, in, i, r);
}
