/* report_cost.c - what one repeat of an experiment takes, trained by itself. See report_parts.h.
 * In: a report_input. Out: steps, which the experiment gives, and seconds, which were measured; and both as JSON. */
#include "report_parts.h"

#include <math.h>

uint64_t report_cost_steps(const report_input *in, size_t i) {
    return scheme_steps(&in->experiments[i], in->frames[i]->n_train);
}

double report_cost_seconds(const report_input *in, size_t i) {
    const results_cost *cost = &in->results->experiments[i].cost;
    double seconds = cost->steps > 0 ? cost->seconds / (double)cost->steps * (double)report_cost_steps(in, i) : NAN;
    return isfinite(seconds) ? seconds : NAN;
}

void report_costs_json(FILE *out, const report_input *in) {
    fputs(",\n  \"repeat_costs\": [", out);
    for (size_t i = 0; i < in->n_experiments; i++) {
        fputs(i ? ",\n    {\"experiment\": " : "\n    {\"experiment\": ", out);
        report_put_string(out, in->experiments[i].name);
        fprintf(out, ", \"steps\": %llu, \"seconds\": ", (unsigned long long)report_cost_steps(in, i));
        report_put_number(out, report_cost_seconds(in, i));
        fputc('}', out);
    }
    fputs("\n  ]", out);
}
