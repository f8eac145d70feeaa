/* report_json.c - run.json, which says what was run, and the trained models.
 * In: a report_input. Out: JSON text. Must not know where the stream leads.
 * Invariant: the text is valid JSON in valid UTF-8 whatever the names, paths and numbers are. */
#include "numbers.h"
#include "report_parts.h"
#include "utf8.h"

#include <math.h>
#include <string.h>

/* text as a JSON string; bytes that are not UTF-8 (a path may hold any) become U+FFFD. What a terminal would obey is
 * escaped, though JSON only asks that of codes below 0x20. */
void report_put_string(FILE *out, const char *text) {
    const unsigned char *at = (const unsigned char *)text, *end = at + strlen(text);
    fputc('"', out);
    while (at < end) {
        size_t length = utf8_length(at, (size_t)(end - at));
        unsigned point = length ? utf8_point(at, length) : 0;
        if (length == 0)
            fputs("\xEF\xBF\xBD", out);
        else if (*at == '"' || *at == '\\')
            fprintf(out, "\\%c", *at);
        else if (utf8_is_control(point) || utf8_turns_text(point))
            fprintf(out, "\\u%04x", point);
        else
            fwrite(at, 1, length, out);
        at += length ? length : 1;
    }
    fputc('"', out);
}

void report_put_number(FILE *out, double value) {
    char text[NUMBER_TEXT];
    number_exact(text, value);
    fputs(isfinite(value) ? text : "null", out);
}

static void put_key(FILE *out, const char *key, const char *value) {
    fprintf(out, "  \"%s\": ", key);
    report_put_string(out, value);
    fputs(",\n", out);
}

/* --- run.json --------------------------------------------------------------------------------------------------- */

/* A JSON text as a member's value: its lines after the first indented, nothing after its end. */
static void put_nested(FILE *out, const char *text) {
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1])) length--;
    for (size_t i = 0; i < length; i++) {
        fputc(text[i], out);
        if (text[i] == '\n') fputs("  ", out);
    }
    if (length == 0) fputs("null", out);
}

/* {"experiment": "fixed", "repeats": [3, 8]} for an experiment with diverged repeats. *first: none yet. */
static void put_diverged(FILE *out, const report_input *in, size_t i, bool *first) {
    const experiment_result *e = &in->results->experiments[i];
    bool any = false;
    for (size_t r = 0; r < e->n_repeats; r++) {
        if (isfinite(e->rmse[r])) continue;
        if (!any) {
            fprintf(out, "%s\n    {\"experiment\": ", *first ? "" : ",");
            report_put_string(out, in->experiments[i].name);
            fputs(", \"repeats\": [", out);
        }
        fprintf(out, "%s%zu", any ? ", " : "", r + 1);
        any = true;
    }
    if (any) {
        fputs("]}", out);
        *first = false;
    }
}

static void put_all_diverged(FILE *out, const report_input *in) {
    bool first = true;
    fputs("  \"diverged\": [", out);
    for (size_t i = 0; i < in->n_experiments; i++) put_diverged(out, in, i, &first);
    fputs(first ? "],\n" : "\n  ],\n", out);
}

static void put_series(FILE *out, const report_input *in) {
    fputs("  \"series\": {\"file\": ", out);
    report_put_string(out, in->series_file);
    fputs(", \"column\": ", out);
    report_put_string(out, in->series_column);
    fprintf(out, ", \"n\": %zu, \"digest\": \"sha256:%s\"},\n", in->series->n, in->series->digest.hex);
}

/* What decided how many repeats there are, where that was not their number. */
static void put_until(FILE *out, const report_input *in) {
    if (!(in->half_width > 0)) return;
    fputs("  \"until\": {\"half_width\": ", out);
    report_put_number(out, in->half_width);
    fputs(", \"widest\": ", out);
    report_put_number(out, in->widest);
    fprintf(out, ", \"reached\": %s},\n", in->widest <= in->half_width ? "true" : "false");
}

static void put_effort(FILE *out, const report_input *in) {
    const results *r = in->results;
    fprintf(out, "  \"results\": {\"reused\": %llu, \"computed\": %llu},\n", (unsigned long long)in->reused,
            (unsigned long long)in->computed);
    fprintf(out, "  \"steps_asked\": %llu,\n  \"steps_taken\": %llu,\n", (unsigned long long)r->steps_asked,
            (unsigned long long)r->steps_taken);
    fputs("  \"seconds\": ", out);
    report_put_number(out, r->seconds);
    fputs(",\n  \"steps_per_second\": ", out);
    report_put_number(out, r->seconds > 0 ? (double)r->steps_taken / r->seconds : NAN);
}

void report_run_json(FILE *out, const report_input *in) {
    fputs("{\n", out);
    put_key(out, "version", FARM_VERSION);
    put_key(out, "name", in->name);
    put_key(out, "config_file", in->config_path);
    fputs("  \"config\": ", out);
    put_nested(out, in->resolved);
    fprintf(out, ",\n  \"seed\": \"%llu\",\n", (unsigned long long)in->seed); /* a string: it may exceed 2^53 */
    put_series(out, in);
    put_key(out, "precision", in->precision);
    fprintf(out, "  \"threads\": %d,\n", in->results->threads);
    fputs("  \"vector\": {\"level\": ", out);
    report_put_string(out, in->vector_level);
    fprintf(out, ", \"bits\": %d},\n", in->vector_bits);
    fprintf(out, "  \"repeats\": %zu,\n  \"experiments\": %zu,\n", in->repeats, in->n_experiments);
    put_until(out, in);
    put_all_diverged(out, in);
    put_effort(out, in);
    report_costs_json(out, in);
    fputs("\n}\n", out);
}

/* --- models ----------------------------------------------------------------------------------------------------- */

/* [a, b, ...] of values [n]. */
static void put_vector(FILE *out, const double *values, size_t n) {
    fputc('[', out);
    for (size_t i = 0; i < n; i++) {
        if (i > 0) fputs(", ", out);
        report_put_number(out, values[i]);
    }
    fputc(']', out);
}

/* [[...], [...]] of values [rows][columns]. */
static void put_matrix(FILE *out, const double *values, size_t rows, size_t columns) {
    fputc('[', out);
    for (size_t i = 0; i < rows; i++) {
        if (i > 0) fputs(", ", out);
        put_vector(out, values + i * columns, columns);
    }
    fputc(']', out);
}

/* One repeat's weights [lstm_parameters], in lstm.h's order. */
static void put_model(FILE *out, const lstm_shape *shape, const double *weights) {
    size_t L = (size_t)shape->lags, n = (size_t)shape->neurons;
    fputs("  {\"kernel\": ", out);
    put_matrix(out, weights, L, 4 * n), weights += L * 4 * n;
    fputs(",\n   \"recurrent_kernel\": ", out);
    put_matrix(out, weights, n, 4 * n), weights += n * 4 * n;
    fputs(",\n   \"bias\": ", out);
    put_vector(out, weights, 4 * n), weights += 4 * n;
    if (shape->bias_vectors == 2) {
        fputs(",\n   \"recurrent_bias\": ", out);
        put_vector(out, weights, 4 * n), weights += 4 * n;
    }
    fputs(",\n   \"dense_kernel\": ", out);
    put_vector(out, weights, n), weights += n;
    fputs(",\n   \"dense_bias\": ", out);
    report_put_number(out, *weights);
    fputc('}', out);
}

static bool all_finite(const double *values, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i])) return false;
    return true;
}

void report_models_json(FILE *out, const report_input *in, size_t i) {
    const experiment_result *e = &in->results->experiments[i];
    fputs("[\n", out);
    for (size_t r = 0; r < e->n_repeats; r++) {
        const double *weights = e->weights + r * e->n_weights;
        if (all_finite(weights, e->n_weights))
            put_model(out, &in->experiments[i].model, weights);
        else
            fputs("  null", out); /* diverged: JSON has no nan */
        fputs(r + 1 < e->n_repeats ? ",\n" : "\n", out);
    }
    fputs("]\n", out);
}
