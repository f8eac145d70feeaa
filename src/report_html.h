/* report_html.h - a run, or a comparison of files, as one page that opens without a network: report.html.
 * In: a report_input, its pictures. Out: HTML that depends on the results, config and seed alone: no time, no thread count,
 * nothing that a rerun would change. Must not know where the stream leads.
 * The page loads nothing and runs one script of ours, which sorts tables; without it everything can be read. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "report.h"

/* A picture as it stands in the page: a whole svg element, that brings no script and no id that another has. */
typedef struct {
    const char *name;  /* of its file, without .svg */
    const char *title; /* what it shows */
    const char *svg;
} report_picture;

/* summaries [in->n_experiments]. Whether writing went well is seen by the stream. Call within a number_locale. */
void report_html(FILE *out, const report_input *in, const summary *summaries, const report_picture *pictures,
                 size_t n_pictures);

#endif
