/* plot.c - pages to pictures: one gnuplot draws them all, each as SVG and as PNG. See plot.h.
 * What gnuplot reads is one text, what it writes one stream, with a line of ours before each piece.
 * Invariant: no text of a user's is part of a command: plot_quote is the one place where any goes into the script. */
#include "plot.h"
#include "errors.h"
#include "numbers.h"
#include "plot_child.h"
#include "plot_glyphs.h"
#include "plot_parts.h"
#include "plot_svg.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

const char *const plot_names[] = {"boxplot", "differences", "forecasts", "epochs", "learning_curves", NULL};

static const double TIME_LIMIT = 60; /* seconds for all pictures, which take less than one */

/* Between the pieces of the stream; PNG and SVG hold nothing like it. */
static const char mark[] = "\n==farm-picture==";

/* --- the script ------------------------------------------------------------------------------------------------- */

void plot_quote(FILE *out, const char *text) {
    bool escaped = false; /* the last one was: gnuplot takes any digits that follow for its own */
    fputc('"', out);
    while (*text) {
        size_t length = utf8_length((const unsigned char *)text, strlen(text));
        unsigned char c = (unsigned char)*text;
        bool digit = c >= '0' && c <= '9';
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ' || (digit && !escaped);
        escaped = false;
        if (length == 0 || c < ' ' || c == 0x7F) {
            fputc('?', out);
        } else if (length > 1 || plain) {
            fwrite(text, 1, length, out);
        } else {
            fprintf(out, "\\%03o", (unsigned)c);
            escaped = true;
        }
        text += length ? length : 1;
    }
    fputc('"', out);
}

static void put_mark(FILE *out, const plot_page *page, const char *piece) {
    fprintf(out, "print \"\\n%s %s %s\"\n", mark + 1, page->name, piece);
}

/* In the SVG a text is its own variable's name, for plot_svg to put the text in. */
static void put_names(FILE *out, const plot_page *page) {
    for (size_t i = 1; i <= page->n_texts; i++) fprintf(out, "L%zu = 'L%zu'\n", i, i);
}

/* In the PNG it is the text, as far as fonts have it. false: out of memory. */
static bool put_texts(FILE *out, const plot_page *page, plot_glyphs *known) {
    for (size_t i = 0; i < page->n_texts; i++) {
        char *text = plot_drawable(known, page->texts[i]);
        if (!text) return false;
        fprintf(out, "L%zu = ", i + 1);
        plot_quote(out, text);
        fputc('\n', out);
        free(text);
    }
    return true;
}

static void put_svg(FILE *out, const plot_page *page) {
    fprintf(out, "reset\nset terminal svg size %g,%g fixed noenhanced butt font \"sans-serif,%d\"\nset output\n",
            page->width, page->height, PAGE_FONT);
    put_names(out, page);
    put_mark(out, page, "svg");
    fputs(page->script_text, out);
    fputs("set output\n", out);
    put_mark(out, page, "maps");
    for (int i = 1; i <= page->n_panels; i++) fprintf(out, "print m%d\n", i);
}

/* Two pixels to the SVG's one; a font's size is in points there, 3/4 of a pixel. cairo's fonts are smoother; where gnuplot
 * has no cairo, gd's will do. false: out of memory. */
static bool put_png(FILE *out, const plot_page *page, plot_glyphs *known) {
    fprintf(out,
            "reset\nif (strstrt(GPVAL_TERMINALS, \"pngcairo\")) {\n"
            "set terminal pngcairo size %g,%g noenhanced butt font \"sans-serif,%d\" fontscale 1.5 linewidth 2 "
            "pointscale 2\n"
            "} else {\nset terminal png truecolor size %g,%g noenhanced butt font \"sans,%d\" fontscale 1.5 linewidth "
            "2\n}\n"
            "set output\n",
            2 * page->width, 2 * page->height, PAGE_FONT, 2 * page->width, 2 * page->height, PAGE_FONT);
    bool whole = put_texts(out, page, known);
    put_mark(out, page, "png");
    fputs(page->script_text, out);
    fputs("set output\n", out);
    put_mark(out, page, "end");
    return whole;
}

/* The caller's; NULL: out of memory. */
static char *make_script(const plot_page *pages, size_t n, size_t *bytes) {
    char *text = NULL;
    bool whole = true;
    plot_glyphs known = {0};
    FILE *out = open_memstream(&text, bytes);
    if (!out) return NULL;
    fputs("set encoding utf8\nset minussign\nset print \"-\"\n", out);
    for (size_t i = 0; i < n; i++) {
        put_svg(out, &pages[i]);
        whole = put_png(out, &pages[i], &known) && whole;
    }
    whole = whole && !ferror(out);
    if (fclose(out) == 0 && whole) return text;
    free(text);
    return NULL;
}

/* --- the stream ------------------------------------------------------------------------------------------------- */

/* Where a text lies in bytes, from at; NULL: it does not. The bytes of a PNG may hold NULs. */
static const char *find(const char *at, const char *end, const char *text, size_t n) {
    while (at + n <= end && (at = memchr(at, *text, (size_t)(end - at) - n + 1))) {
        if (memcmp(at, text, n) == 0) return at;
        at++;
    }
    return NULL;
}

/* Takes the piece that begins at *at, behind its mark, and moves *at to the next mark. false: it is not there. */
static bool take_piece(const char **at, const char *end, const char *name, const char *piece, const char **begin,
                       size_t *n) {
    char line[120];
    int length = snprintf(line, sizeof line, "%s %s %s\n", mark, name, piece);
    const char *found = find(*at, end, line, (size_t)length);
    if (!found) return false;
    *begin = found + length;
    const char *next = find(*begin, end, mark, sizeof mark - 1);
    *n = (size_t)((next ? next : end) - *begin);
    *at = next ? next : end;
    return true;
}

/* A PNG begins and ends as one; *n is cut to its end. */
static bool is_png(const char *bytes, size_t *n) {
    static const char head[] = "\x89PNG\r\n\x1A\n", tail[] = "IEND\xAE\x42\x60\x82";
    const size_t tail_n = sizeof tail - 1;
    if (*n < sizeof head - 1 + tail_n || memcmp(bytes, head, sizeof head - 1) != 0) return false;
    if (memcmp(bytes + *n - tail_n, tail, tail_n) == 0) return true;
    return false;
}

/* One page's pieces as a picture. */
static bool take_picture(plot_picture *picture, const plot_page *page, const char **at, const char *end) {
    const char *svg, *maps, *png, *rest;
    size_t svg_n, maps_n, png_n, rest_n;
    if (!take_piece(at, end, page->name, "svg", &svg, &svg_n) ||
        !take_piece(at, end, page->name, "maps", &maps, &maps_n) ||
        !take_piece(at, end, page->name, "png", &png, &png_n) ||
        !take_piece(at, end, page->name, "end", &rest, &rest_n))
        return false;
    char *lines = strndup(maps, maps_n);
    bool whole =
        lines && is_png(png, &png_n) && plot_svg_write(&picture->svg, &picture->svg_bytes, page, svg, svg_n, lines);
    free(lines);
    picture->name = page->name;
    picture->title = strdup(page->title ? page->title : page->name);
    picture->png = malloc(png_n);
    if (!whole || !picture->png || !picture->title) return false;
    memcpy(picture->png, png, png_n);
    picture->png_bytes = png_n;
    return true;
}

/* --- faults ----------------------------------------------------------------------------------------------------- */

static void tell_failure(const child_result *child, farm_errors *errors) {
    static const char way_out[] = "; the run has no pictures (--no-plots asks for none)";
    error_place place = {.file = "gnuplot"};
    const char *said = child->complaint, *before = *said ? ": " : "";
    switch (child->end) {
    case CHILD_MISSING:
        errors_add(errors, place, "not found in PATH%s; install it (gnuplot-nox) and draw them by farm report",
                   way_out);
        break;
    case CHILD_NOT_STARTED: errors_add(errors, place, "cannot be started: %s%s", strerror(child->code), way_out); break;
    case CHILD_EXITED: errors_add(errors, place, "exit status %d%s%s%s", child->code, before, said, way_out); break;
    case CHILD_KILLED: errors_add(errors, place, "ended by signal %d%s%s%s", child->code, before, said, way_out); break;
    case CHILD_TOO_SLOW: errors_add(errors, place, "took more than %g seconds%s", TIME_LIMIT, way_out); break;
    case CHILD_STOPPED: break; /* which is no failure */
    case CHILD_DONE: errors_add(errors, place, "did not draw everything%s%s%s", before, said, way_out); break;
    case CHILD_NO_MEMORY: errors_add(errors, place, "out of memory for the pictures%s", way_out); break;
    }
}

/* --- the pictures ----------------------------------------------------------------------------------------------- */

/* Runs gnuplot on n pages; *out is empty where it fails. FARM_INTERRUPTED: it was told to stop. */
static farm_status draw_pages(plot_pictures *out, const plot_page *pages, size_t n, const farm_hooks *hooks,
                              farm_errors *errors) {
    static const char *const arguments[] = {"gnuplot", "-d", NULL}; /* -d: without the user's own start-up files */
    static const char *const drop[] = {"GNUPLOT", "GNUTERM", "GNUHELP", "GDFONTPATH", "FIT_", NULL};
    size_t bytes = 0;
    child_result child = {.end = CHILD_NO_MEMORY};
    char *script = make_script(pages, n, &bytes);
    child_limits limits = {TIME_LIMIT, hooks ? hooks->stop : NULL, hooks ? hooks->context : NULL};
    if (script) child_run(&child, arguments, drop, script, bytes, &limits);
    bool whole = child.end == CHILD_DONE && child.out;
    const char *at = child.out, *end = child.out ? child.out + child.n : NULL;
    for (; whole && out->n < n; out->n++) whole = take_picture(&out->items[out->n], &pages[out->n], &at, end);
    if (!whole) {
        tell_failure(&child, errors);
        plot_free(out);
    }
    farm_status status = child.end == CHILD_STOPPED ? FARM_INTERRUPTED : FARM_OK;
    child_free(&child);
    free(script);
    return status;
}

/* Draws pages, unless some could not be described, and frees them. hooks may be NULL. */
static farm_status finish(plot_pictures *out, plot_page *pages, size_t n, const farm_hooks *hooks,
                          farm_errors *errors) {
    bool failed = false;
    farm_status status = FARM_OK;
    *out = (plot_pictures){0};
    for (size_t i = 0; i < n; i++) failed = failed || pages[i].failed;
    if (!failed && n > 0) status = draw_pages(out, pages, n, hooks, errors);
    for (size_t i = 0; i < n; i++) page_free(&pages[i]);
    return failed ? FARM_FAILED : status;
}

farm_status plot_draw(plot_pictures *out, const plot_input *in, farm_errors *errors) {
    static plot_describe *const all[] = {plot_boxes, plot_differences, plot_forecasts, plot_epochs, plot_losses};
    static const double widest_column = 260; /* pixels: a column's name is part of longer texts */
    plot_page pages[PLOT_MOST];
    plot_input drawn = *in;
    size_t n = 0;
    *out = (plot_pictures){0};
    char *column = in->series_column ? page_fitted(in->series_column, PAGE_FONT, widest_column) : NULL;
    if (in->series_column && !column) return FARM_FAILED;
    drawn.series_column = column;
    number_locale held = number_locale_enter();
    for (size_t i = 0; in->n_experiments > 0 && i < sizeof all / sizeof *all; i++)
        if (all[i](&pages[n], &drawn)) n++;
    farm_status status = finish(out, pages, n, &in->hooks, errors);
    number_locale_leave(&held);
    free(column);
    return status;
}

farm_status plot_learning_curves(plot_pictures *out, const char *run_name, const plot_curve *curves, size_t n,
                                 farm_errors *errors) {
    plot_page page;
    number_locale held = number_locale_enter();
    size_t described = plot_curves(&page, run_name, curves, n);
    farm_status status = finish(out, &page, described, NULL, errors);
    number_locale_leave(&held);
    return status;
}

void plot_free(plot_pictures *pictures) {
    for (size_t i = 0; i < PLOT_MOST; i++) {
        free(pictures->items[i].title);
        free(pictures->items[i].svg);
        free(pictures->items[i].png);
    }
    *pictures = (plot_pictures){0};
}
