/* report_html_run.c - what was run and what makes it again. See report_html_parts.h.
 * Nothing here differs between runs of one config and seed; what does is in run.json. */
#include "html.h"
#include "report_html_parts.h"

#include <string.h>

/* --- config ----------------------------------------------------------------------------------------------------- */

/* resolved, what was given in <b> and defaults in <i>. */
static void put_marked(FILE *out, const char *resolved, const char *defaulted) {
    for (size_t n; *resolved; resolved += n, defaulted += n) {
        bool given = *defaulted != 'd';
        n = given ? strcspn(defaulted, "d") : strspn(defaulted, "d");
        fputs(given ? "<b>" : "<i>", out);
        html_bytes(out, resolved, n);
        fputs(given ? "</b>" : "</i>", out);
    }
}

void html_config(FILE *out, const report_input *in) {
    fputs("<details>\n<summary>Every key, with what nobody set</summary>\n<p class=\"soft\">", out);
    if (in->defaulted)
        fputs("<b>Bold</b> is what the config or the command line said, the rest is as it is by default. ", out);
    fputs("Saved as a file beside ", out);
    html_name(out, in->config_path);
    fputs(
        ", this is a config itself.</p>\n"
        "<pre tabindex=\"0\" role=\"region\" aria-label=\"Config with all defaults\"><code>",
        out);
    if (in->defaulted)
        put_marked(out, in->resolved, in->defaulted);
    else
        html_text(out, in->resolved);
    fputs("</code></pre>\n</details>\n", out);
}

/* --- how to reproduce ------------------------------------------------------------------------------------------- */

static void put_term(FILE *out, const char *term) { fprintf(out, "<dt>%s</dt>\n<dd>", term); }

static void put_series(FILE *out, const report_input *in) {
    put_term(out, "Series");
    fputs("column ", out);
    html_name(out, in->series_column);
    fputs(" of ", out);
    html_name(out, in->series_file);
    fprintf(out, ", %zu observations; SHA-256 of their values: <code>%s</code></dd>\n", in->series->n,
            in->series->digest.hex);
}

/* Where there is no file of every forecast. */
static void put_forecasts(FILE *out, forecasts_written written) {
    if (written == FORECASTS_ALL) return;
    put_term(out, "Forecasts");
    fputs(
        written == FORECASTS_QUANTILES
            ? "<code>forecast_quantiles.csv</code> has quantiles of each test step over the repeats, as the config asks"
            : "stand in no file beside this page, as the config asks",
        out);
    fputs(
        "; with <code>--set forecasts=all</code> the same run writes <code>forecasts.csv</code>, without "
        "training</dd>\n",
        out);
}

void html_reproduce(FILE *out, const report_input *in) {
    if (in->command) {
        fputs("<pre class=\"command\"><code>", out);
        html_text(out, in->command);
        fputs("</code></pre>\n", out);
    }
    fputs("<dl class=\"facts\">\n", out);
    put_term(out, "Program");
    fprintf(out, "farm %s, numerics %d</dd>\n", FARM_VERSION, FARM_NUMERICS);
    put_term(out, "Seed");
    fprintf(out, "%llu</dd>\n", (unsigned long long)in->seed);
    put_series(out, in);
    put_term(out, "Precision");
    fprintf(out, "%s</dd>\n", strcmp(in->precision, "f64") == 0 ? "f64, double" : "f32, single");
    put_term(out, "Store");
    fputs(
        "<code>farm.db</code> in the run\xE2\x80\x99s folder has every forecast; <code>farm report</code> makes this "
        "page "
        "from it without training</dd>\n",
        out);
    put_forecasts(out, in->forecasts);
    put_term(out, "Threads, vector level, time");
    fputs("change no bit of the results, and so are not in this page: see <code>run.json</code></dd>\n</dl>\n", out);
}
