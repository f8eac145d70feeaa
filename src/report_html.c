/* report_html.c - the page from top to bottom: what came out, pictures, tables, config and how to make it again (or which
 * files the results came from), what the method cannot say. See report_html.h. Uses html.h for every text, compare.h for the sentences.
 * Invariant: each statement stands once; what was left out of a number is named beside it. */
#include "html.h"
#include "numbers.h"
#include "report_html_parts.h"
#include "report_parts.h"

#include <math.h>
#include <string.h>

enum { SENTENCE = 8000 }; /* bytes; names of files may be long */

/* What the page is made from, and what its parts need to know of it. */
typedef struct {
    FILE *out;
    const report_input *in;
    const summary *summaries;
    const report_picture *pictures;
    size_t n_pictures;
    int decimals;  /* of means */
    size_t lowest; /* the experiment with the lowest mean RMSE; n_experiments: none has one */
} page;

/* --- head ------------------------------------------------------------------------------------------------------- */

static void put_head(const page *p) {
    fputs(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"",
        p->out);
    html_policy(p->out);
    fputs(
        "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
        p->out);
    html_text(p->out, p->in->name);
    fprintf(p->out, " \xE2\x80\x93 farm</title>\n<style>\n%s</style>\n</head>\n", report_html_style);
}

/* 36 observations of Sales in shampoo.csv, the last 12 forecast one step ahead. 13 experiments, 1,000 repeats each */
static void put_scope_of_run(const page *p) {
    const report_input *in = p->in;
    size_t n_test = in->n_experiments ? in->results->experiments[0].n_test : 0;
    char count[NUMBER_TEXT];
    for (size_t i = 0; i < in->n_experiments; i++)
        if (in->results->experiments[i].n_test != n_test) n_test = 0; /* not one number for all */
    number_count(count, in->series->n);
    fprintf(p->out, "%s observations of ", count);
    html_name(p->out, in->series_column);
    fputs(" in ", p->out);
    html_name(p->out, report_file_name(in->series_file));
    if (n_test > 0) fprintf(p->out, ", the last %zu forecast one step ahead", n_test);
    number_count(count, in->repeats);
    fprintf(p->out, ". %zu experiment%s, %s repeat%s each", in->n_experiments, in->n_experiments == 1 ? "" : "s", count,
            in->repeats == 1 ? "" : "s");
}

/* 3 files of 1 to 30 results, compared line by line as pairs */
static void put_scope_of_files(const page *p) {
    const report_input *in = p->in;
    size_t fewest = SIZE_MAX;
    char count[NUMBER_TEXT];
    for (size_t i = 0; i < in->n_experiments; i++)
        if (in->results->experiments[i].n_repeats < fewest) fewest = in->results->experiments[i].n_repeats;
    fprintf(p->out, "%zu file%s of ", in->n_experiments, in->n_experiments == 1 ? "" : "s");
    number_count(count, fewest);
    if (fewest < in->repeats) fprintf(p->out, "%s to ", count);
    number_count(count, in->repeats);
    fprintf(p->out, "%s result%s", count, in->repeats == 1 ? "" : "s");
    if (in->comparisons->n > 0)
        fputs(in->comparisons->unpaired ? ", compared as independent samples" : ", compared line by line as pairs",
              p->out);
}

static void put_scope(const page *p) {
    fputs("<p class=\"soft\">", p->out);
    if (p->in->series)
        put_scope_of_run(p);
    else
        put_scope_of_files(p);
    fputs(", scored by RMSE: lower is better.</p>\n", p->out);
}

/* A sentence of report_words.c as a paragraph, where there is something to say. */
static void put_said(const page *p, report_sentence which, const char *tag) {
    char text[REPORT_SENTENCE];
    if (!report_say(text, sizeof text, which, p->in)) return;
    fprintf(p->out, "<%s>", tag);
    html_text(p->out, text);
    fputs("</p>\n", p->out);
}

static void put_header(const page *p) {
    fputs("<body>\n<a class=\"skip\" href=\"#main\">Skip to the verdict</a>\n<header>\n<h1>", p->out);
    html_name(p->out, p->in->name);
    fputs("</h1>\n", p->out);
    if (p->in->description) {
        fputs("<p>", p->out);
        html_name(p->out, p->in->description);
        fputs("</p>\n", p->out);
    }
    put_scope(p);
    put_said(p, SAY_UNTIL, "p class=\"soft\"");
    fputs("<nav aria-label=\"Sections\">\n<ul>\n<li><a href=\"#verdict\">Verdict</a></li>\n", p->out);
    if (p->n_pictures) fputs("<li><a href=\"#pictures\">Pictures</a></li>\n", p->out);
    fputs("<li><a href=\"#tables\">Tables</a></li>\n", p->out);
    if (p->in->resolved) fputs("<li><a href=\"#config\">Config</a></li>\n", p->out);
    if (p->in->series) fputs("<li><a href=\"#reproduce\">How to reproduce</a></li>\n", p->out);
    if (p->in->sources) fputs("<li><a href=\"#files\">Files</a></li>\n", p->out);
    fputs("<li><a href=\"#limits\">What it cannot say</a></li>\n</ul>\n</nav>\n</header>\n", p->out);
}

/* id is of the heading, and names the section. */
static void open_section(const page *p, const char *id, const char *title) {
    fprintf(p->out, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", id, id, title);
}

static void close_section(const page *p) { fputs("</section>\n", p->out); }

/* --- verdict: the answer ---------------------------------------------------------------------------------------- */

/* The experiment with the lowest mean; n_experiments: none has one. */
static size_t find_lowest(const report_input *in, const summary *summaries) {
    size_t n = in->n_experiments, lowest = n;
    for (size_t i = 0; i < n; i++)
        if (summaries[i].n > 0 && (lowest == n || summaries[i].mean < summaries[lowest].mean)) lowest = i;
    return lowest;
}

/* The comparison that weighs the lowest mean: with the reference, or else with the next that it was compared with. */
static const comparison *find_rival(const page *p) {
    const comparisons *c = p->in->comparisons;
    const comparison *found = NULL;
    double least = INFINITY;
    for (size_t i = 0; i < c->n; i++) {
        const comparison *item = &c->items[i];
        if (item->a != (int)p->lowest && item->b != (int)p->lowest) continue;
        int other = item->a == (int)p->lowest ? item->b : item->a;
        if (other == c->reference) return item;
        if (!(p->summaries[other].mean < least)) continue;
        least = p->summaries[other].mean;
        found = item;
    }
    return found;
}

/* p = 0.03 stays on one line. */
static void put_unbroken(FILE *out, const char *text) {
    while (*text) {
        size_t n = strcspn(text, " ");
        bool bound = text[n] && ((n > 0 && strchr("=<", text[n - 1])) || (text[n + 1] && strchr("=<", text[n + 1])));
        html_bytes(out, text, n);
        text += n;
        if (*text == ' ') fputs(bound ? "&nbsp;" : " ", out), text++;
    }
}

static void put_sentence(const page *p, const comparison *item) {
    char text[SENTENCE];
    compare_sentence(text, sizeof text, p->in->comparisons, (size_t)(item - p->in->comparisons->items),
                     p->in->experiments);
    put_unbroken(p->out, text);
}

static void put_lowest(const page *p) {
    const summary *s = &p->summaries[p->lowest];
    char mean[NUMBER_TEXT], exact[NUMBER_TEXT];
    number_text(mean, s->mean, p->decimals);
    number_exact(exact, s->mean);
    fputs("<dt>Lowest mean RMSE</dt>\n<dd class=\"first\"><strong>", p->out);
    html_name(p->out, p->in->experiments[p->lowest].name);
    fprintf(p->out, "</strong>, <span title=\"%s\">%s</span></dd>\n", exact, mean);
}

static void put_run_sentence(const page *p, run_sentence which, const char *term) {
    char text[SENTENCE];
    if (!compare_run_sentence(text, sizeof text, which, p->in->comparisons, p->in->experiments)) return;
    fprintf(p->out, "<dt>%s</dt>\n<dd>", term);
    put_unbroken(p->out, text);
    fputs("</dd>\n", p->out);
}

static void put_answer(const page *p) {
    const comparison *rival = p->lowest < p->in->n_experiments ? find_rival(p) : NULL;
    if (p->lowest == p->in->n_experiments) {
        put_said(p, SAY_NOTHING, "p");
        return;
    }
    fputs("<dl class=\"answer\">\n", p->out);
    put_lowest(p);
    if (rival) {
        fputs("<dt>By how much</dt>\n<dd>", p->out);
        put_sentence(p, rival);
        fputs("</dd>\n", p->out);
    }
    put_run_sentence(p, RUN_BEST, "How sure");
    put_run_sentence(p, RUN_GAIN, "New data, or more training?");
    put_run_sentence(p, RUN_BASELINES, "Against plain methods");
    fprintf(p->out, "<dt>What it does not say</dt>\n<dd>%s <a href=\"#limits\">Why</a></dd>\n</dl>\n",
            report_tested(p->in->comparisons) > 0 ? "That it would be so on another series, or in another year."
                                                  : "That any difference is more than luck: nothing could be tested.");
}

/* --- verdict: every comparison ---------------------------------------------------------------------------------- */

/* Whether a reader asks of one side how it did: of an update, or of what stands against the reference. */
static bool asks_of_one(const page *p, const comparison *item) {
    return item->reason == PAIR_MATCHED || (item->reason == PAIR_REFERENCE && p->in->comparisons->reference >= 0);
}

/* That side: of a pair with the reference the other, as a deterministic one is always b. */
static int asked_side(const page *p, const comparison *item) {
    return item->reason == PAIR_REFERENCE && item->a == p->in->comparisons->reference ? item->b : item->a;
}

/* What the sentence is about. */
static void put_subject(const page *p, const comparison *item) {
    fputs("<b>", p->out);
    html_name(p->out, p->in->experiments[asks_of_one(p, item) ? asked_side(p, item) : item->a].name);
    if (!asks_of_one(p, item)) {
        fputs(", ", p->out);
        html_name(p->out, p->in->experiments[item->b].name);
    }
    fputs("</b> ", p->out);
}

/* What became of it, in a word. */
static void put_tag(const page *p, const comparison *item) {
    pair_verdict v = item->verdict;
    if (asked_side(p, item) == item->b && v == VERDICT_BETTER)
        v = VERDICT_WORSE;
    else if (asked_side(p, item) == item->b && v == VERDICT_WORSE)
        v = VERDICT_BETTER;
    const char *word = v == VERDICT_NONE ? "not tested" : pair_verdict_name(v), *kind = "";
    if (v == VERDICT_BETTER || v == VERDICT_WORSE) {
        if (!asks_of_one(p, item)) word = "differ";
        kind = asks_of_one(p, item) && v == VERDICT_BETTER ? " better" : " worse";
    }
    fprintf(p->out, "<span class=\"tag%s\">%s</span> ", kind, word);
}

static void put_group_heading(const page *p, pair_reason reason) {
    const comparisons *c = p->in->comparisons;
    const char *note = compare_heading_note(reason);
    fprintf(p->out, "<h3>%s", compare_heading(c, reason));
    if (reason == PAIR_REFERENCE && c->reference >= 0) html_name(p->out, p->in->experiments[c->reference].name);
    if (note) fprintf(p->out, " <span>(%s)</span>", note);
    fputs("</h3>\n", p->out);
}

static void put_group(const page *p, pair_reason reason) {
    const comparisons *c = p->in->comparisons;
    bool any = false;
    for (size_t i = 0; i < c->n; i++) {
        if (c->items[i].reason != reason) continue;
        if (!any) put_group_heading(p, reason);
        if (!any) fputs("<ul class=\"sentences\">\n", p->out);
        any = true;
        fputs("<li>", p->out);
        put_subject(p, &c->items[i]);
        put_tag(p, &c->items[i]);
        fputs("<span>", p->out);
        put_sentence(p, &c->items[i]);
        fputs("</span></li>\n", p->out);
    }
    if (any) fputs("</ul>\n", p->out);
}

/* All of them: a repeat that is left out of a number must be found. */
static void put_diverged(const page *p) {
    bool any = false;
    for (size_t i = 0; i < p->in->n_experiments; i++) {
        const experiment_result *e = &p->in->results->experiments[i];
        const summary *s = &p->summaries[i];
        if (s->left_out == 0) continue;
        if (!any) {
            fputs("<div class=\"warning\">\n", p->out);
            put_said(p, SAY_DIVERGED, "p");
            fputs("<ul>\n", p->out);
        }
        any = true;
        fputs("<li>", p->out);
        html_name(p->out, p->in->experiments[i].name);
        fprintf(p->out, ": %zu of %zu, repeat%s", s->left_out, e->n_repeats, s->left_out == 1 ? "" : "s");
        for (size_t r = 0, named = 0; r < e->n_repeats; r++)
            if (!isfinite(e->rmse[r])) fprintf(p->out, "%s %zu", named++ ? "," : "", r + 1);
        fputs("</li>\n", p->out);
    }
    if (any) fputs("</ul>\n</div>\n", p->out);
}

static void put_verdict(const page *p) {
    open_section(p, "verdict", "Verdict");
    put_answer(p);
    put_diverged(p);
    put_group(p, PAIR_REFERENCE);
    put_group(p, PAIR_MATCHED);
    put_said(p, SAY_STATES, "p class=\"soft\"");
    put_group(p, PAIR_ASKED);
    close_section(p);
}

/* --- pictures --------------------------------------------------------------------------------------------------- */

static void put_picture(const page *p, size_t number, const report_picture *picture) {
    fprintf(p->out,
            "<figure aria-labelledby=\"picture-%zu\">\n"
            "<div class=\"scroll\" role=\"region\" aria-labelledby=\"picture-%zu\" tabindex=\"0\">\n%s\n</div>\n"
            "<figcaption id=\"picture-%zu\">",
            number, number, picture->svg, number);
    html_text(p->out, picture->title);
    fputs(" (<code>", p->out);
    html_text(p->out, picture->name);
    fputs(".svg</code>)</figcaption>\n</figure>\n", p->out);
}

static void put_pictures(const page *p) {
    if (p->n_pictures == 0) return;
    open_section(p, "pictures", "Pictures");
    for (size_t i = 0; i < p->n_pictures; i++) put_picture(p, i + 1, &p->pictures[i]);
    close_section(p);
}

/* --- limits ----------------------------------------------------------------------------------------------------- */

static void put_limits(const page *p) {
    open_section(p, "limits", "What it cannot say");
    put_said(p, SAY_NOISE, "p");
    put_said(p, SAY_ROWS, "p");
    put_said(p, SAY_FAMILY, "p");
    fputs("<p>The lowest mean is the lowest of those that were tried. A simpler forecaster that was not may win.</p>\n",
          p->out);
    close_section(p);
}

/* --- the page --------------------------------------------------------------------------------------------------- */

void report_html(FILE *out, const report_input *in, const summary *summaries, const report_picture *pictures,
                 size_t n_pictures) {
    page p = {.out = out,
              .in = in,
              .summaries = summaries,
              .pictures = pictures,
              .n_pictures = n_pictures,
              .decimals = report_decimals(summaries, in->n_experiments),
              .lowest = find_lowest(in, summaries)};
    put_head(&p);
    put_header(&p);
    fputs("<main id=\"main\" tabindex=\"-1\">\n", out);
    put_verdict(&p);
    put_pictures(&p);
    open_section(&p, "tables", "Tables");
    html_tables(out, in, summaries);
    close_section(&p);
    if (in->resolved) {
        open_section(&p, "config", "Config");
        html_config(out, in);
        close_section(&p);
    }
    if (in->series) {
        open_section(&p, "reproduce", "How to reproduce");
        html_reproduce(out, in);
        close_section(&p);
    }
    if (in->sources) {
        open_section(&p, "files", "Files");
        html_files(out, in);
        close_section(&p);
    }
    put_limits(&p);
    fputs("</main>\n<footer class=\"soft\">\n<p>Made by farm " FARM_VERSION
          ". This file loads nothing.</p>\n</footer>\n<script>",
          out);
    fprintf(out, "%s</script>\n</body>\n</html>\n", report_html_script);
}
