/* plot_svg.h - gnuplot's SVG written anew: a third of its size, without a background, colours by class, texts and what a
 * pointer is told put in. Knows SVG and the elements gnuplot makes; must not know experiments, files or processes. */
#ifndef PLOT_SVG_H
#define PLOT_SVG_H

#include "plot_page.h"

/* drawn [n]: gnuplot's SVG of the page. maps: its lines about the panels, one each, as page_panel_end asked for them.
 * *out [*out_n] is the caller's, with a NUL at its end. false: out of memory, or drawn or maps are not whole. */
bool plot_svg_write(char **out, size_t *out_n, const plot_page *page, const char *drawn, size_t n, const char *maps);

#endif
