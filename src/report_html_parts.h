/* report_html_parts.h - the sections of report_html.c that have a file of their own. Private to report_html*.c. */
#ifndef REPORT_HTML_PARTS_H
#define REPORT_HTML_PARTS_H

#include "report_html.h"

/* report_html_tables.c: summary and comparisons as tables that can be sorted, and the files that results came from. */
void html_tables(FILE *out, const report_input *in, const summary *summaries);
void html_files(FILE *out, const report_input *in);

/* report_html_run.c: the config with its defaults told apart, and what makes the run again. */
void html_config(FILE *out, const report_input *in);
void html_reproduce(FILE *out, const report_input *in);

/* report_html_assets.c: the head's policy, style and script. */
void html_policy(FILE *out); /* the value of Content-Security-Policy */
extern const char report_html_style[], report_html_script[];

#endif
