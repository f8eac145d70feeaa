/* plot_page.c - one picture while it is described. See plot_page.h.
 * Everything stands at places that were worked out here, in pixels: gnuplot is told margins and never asked how wide a
 * text is, so that SVG and PNG agree, and a font that is missing moves nothing. */
#include "plot_page.h"
#include "utf8.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define INK_COLOUR(NAME, name, colour, style) colour,
const char *const plot_ink_colours[N_INKS] = {PLOT_INKS(INK_COLOUR)};

static const double LINE_HEIGHT = 13; /* of a name's lines, pixels */

void page_open(plot_page *p, const char *name, double width, double height) {
    *p = (plot_page){.name = name, .width = width, .height = height};
    p->script = open_memstream(&p->script_text, &p->script_bytes);
    p->failed = !p->script;
    if (p->failed) return;
    fputs("set multiplot\nset border 0\nset tics scale 0 nomirror\nunset key\nset style fill transparent solid 0.3\n",
          p->script);
}

void page_close(plot_page *p) {
    if (!p->script) return;
    fputs("unset multiplot\n", p->script);
    if (fclose(p->script) != 0) p->failed = true;
    p->script = NULL;
}

void page_free(plot_page *p) {
    page_close(p);
    if (p->elements) fclose(p->elements);
    for (size_t i = 0; i < p->n_texts; i++) free(p->texts[i]);
    for (size_t i = 0; i < p->n_hovers; i++) free(p->hovers[i].text);
    free(p->texts);
    free(p->hovers);
    free(p->logarithmic);
    free(p->script_text);
    free(p->elements_text);
    free(p->title);
    free(p->description);
    *p = (plot_page){0};
}

static char *made_text(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
static char *made_text(const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (text) vsnprintf(text, (size_t)length + 1, format, args);
    return text;
}

static void replace_text(plot_page *p, char **text, char *made) {
    free(*text);
    *text = made;
    if (!made) p->failed = true;
}

void page_title(plot_page *p, const char *format, ...) {
    va_list args;
    va_start(args, format);
    replace_text(p, &p->title, made_text(format, args));
    va_end(args);
}

void page_describe(plot_page *p, const char *format, ...) {
    va_list args;
    va_start(args, format);
    replace_text(p, &p->description, made_text(format, args));
    va_end(args);
}

/* --- texts ------------------------------------------------------------------------------------------------------ */

/* A character's width in ems: those of DejaVu Sans, rounded up, by groups. */
static double character_width(const char *at, size_t bytes) {
    if (bytes >= 3 && (unsigned char)*at >= 0xE3) return 1.05; /* CJK and what lies beyond */
    if (bytes >= 2) return 0.65;
    if (strchr("ijl|.,:;' !I[]()ftr-/`", *at)) return 0.42;
    if (strchr("mwMW@%&QO", *at)) return 0.98;
    return *at >= 'A' && *at <= 'Z' ? 0.72 : 0.635;
}

/* Bytes of the character at text; one that is no UTF-8 counts as one. */
static size_t character_bytes(const char *text) {
    size_t length = utf8_length((const unsigned char *)text, strlen(text));
    return length ? length : 1;
}

double page_text_width(const char *text, double size) {
    double width = 0;
    while (*text) {
        size_t bytes = character_bytes(text);
        width += character_width(text, bytes);
        text += bytes;
    }
    return width * size;
}

/* Bytes of the longest beginning that fits into width. */
static size_t fitting_beginning(const char *text, double size, double width) {
    size_t n = 0;
    for (double used = 0; text[n];) {
        size_t bytes = character_bytes(text + n);
        used += size * character_width(text + n, bytes);
        if (used > width) break;
        n += bytes;
    }
    return n;
}

/* The longest end that fits into width. */
static const char *fitting_end(const char *text, double size, double width) {
    while (*text && page_text_width(text, size) > width) text += character_bytes(text);
    return text;
}

char *page_fitted(const char *text, double size, double width) {
    static const char dots[] = "\xE2\x80\xA6";
    if (page_text_width(text, size) <= width) return strdup(text);
    double room = (width - size) / 2;
    size_t head = fitting_beginning(text, size, room);
    const char *tail = fitting_end(text + head, size, room);
    char *fitted = malloc(head + sizeof dots + strlen(tail));
    if (fitted) sprintf(fitted, "%.*s%s%s", (int)head, text, dots, tail);
    return fitted;
}

/* Takes over text. Returns its number, from 1. */
static size_t add_text(plot_page *p, char *text) {
    if (p->n_texts == p->texts_capacity) {
        size_t capacity = p->texts_capacity ? 2 * p->texts_capacity : 64;
        char **texts = realloc(p->texts, capacity * sizeof *texts);
        if (texts) {
            p->texts = texts;
            p->texts_capacity = capacity;
        }
    }
    if (!text || p->n_texts == p->texts_capacity) {
        free(text);
        p->failed = true;
        return 0;
    }
    p->texts[p->n_texts++] = text;
    return p->n_texts;
}

void page_label(plot_page *p, double x, double y, plot_align align, plot_ink ink, double size, const char *text) {
    static const char *const words[] = {"left", "center", "right"};
    if (p->failed || !*text) return;
    size_t number = add_text(p, strdup(text));
    if (number == 0) return;
    fprintf(p->script, "set label L%zu at screen %.6f, screen %.6f %s front font \",%g\" textcolor rgb \"%s\"\n",
            number, x / p->width, 1 - y / p->height, words[align], size, plot_ink_colours[ink]);
}

enum { MOST_LINES = 5 };

/* Bytes of the first line of a text that is broken to width: up to the last _, -, . or blank that is not in the first third
 * of what fits. */
static size_t line_end(const char *text, double width) {
    size_t fits = fitting_beginning(text, PAGE_SMALL, width), end = fits;
    if (!text[fits]) return fits;
    while (end > fits / 3 && !strchr("_-. ", text[end - 1])) end--;
    size_t cut = end > fits / 3 ? end : fits;
    return cut > 0 ? cut : character_bytes(text);
}

/* Where lines begin; returns how many there are. */
static int break_lines(const char *lines[MOST_LINES], const char *text, double width) {
    int n = 0;
    do {
        lines[n++] = text;
        text += line_end(text, width);
    } while (*text && n < MOST_LINES);
    return n;
}

static bool is_short(const char *text, double width) { return page_text_width(text, PAGE_FONT) <= width; }

double page_name_height(const char *text, double width) {
    const char *lines[MOST_LINES];
    return LINE_HEIGHT * (is_short(text, width) ? 1 : break_lines(lines, text, width));
}

void page_name(plot_page *p, double x, double y, plot_align align, double width, plot_ink ink, const char *text) {
    const char *lines[MOST_LINES];
    if (is_short(text, width)) {
        page_label(p, x, y, align, ink, PAGE_FONT, text);
        return;
    }
    int n = break_lines(lines, text, width);
    for (int i = 0; i < n; i++) {
        char *line =
            i + 1 < n ? strndup(lines[i], (size_t)(lines[i + 1] - lines[i])) : page_fitted(lines[i], PAGE_SMALL, width);
        if (line)
            page_label(p, x, y + LINE_HEIGHT * (i - (n - 1) / 2.0), align, ink, PAGE_SMALL, line);
        else
            p->failed = true;
        free(line);
    }
}

/* --- panels ----------------------------------------------------------------------------------------------------- */

plot_axis plot_axis_over(double low, double high, bool logarithmic) {
    static const double room = 0.03; /* of the length, at each end */
    if (!isfinite(low) || !isfinite(high)) return (plot_axis){0, 1, false};
    if (logarithmic && low > 0) {
        double factor = high > low ? pow(high / low, room) : 1.5;
        return (plot_axis){low / factor, high * factor, true};
    }
    double more = high > low ? room * (high - low) : fmax(0.05 * fabs(high), 1e-9);
    if (high == low && high == 0) more = 1;
    return (plot_axis){low - more, high + more, false};
}

/* Ticks at 1, 2 or 5 times a power of ten, about most of them. */
static double tick_step(const plot_axis *axis, int most) {
    double least = (axis->high - axis->low) / most, unit = pow(10, floor(log10(least)));
    return least <= unit ? unit : least <= 2 * unit ? 2 * unit : least <= 5 * unit ? 5 * unit : 10 * unit;
}

static void put_axis(FILE *out, char letter, const plot_axis *axis, bool grid, bool numbers, const char *ticks,
                     int most) {
    fprintf(out, "%s logscale %c\nset %crange [%.17g:%.17g]\n", axis->logarithmic ? "set" : "unset", letter, letter,
            axis->low, axis->high);
    if (!grid && !numbers)
        fprintf(out, "unset %ctics\n", letter);
    else if (ticks)
        fprintf(out, "set %ctics %s\n", letter, ticks);
    else if (most && !axis->logarithmic)
        fprintf(out, "set %ctics %.17g\n", letter, tick_step(axis, most));
    else
        fprintf(out, "set %ctics autofreq\n", letter);
    fprintf(out, "set format %c \"%s\"\n", letter, numbers ? "%g" : "");
}

void page_panel(plot_page *p, const plot_panel *panel) {
    const plot_box *box = &panel->box;
    unsigned char *logarithmic = p->failed ? NULL : realloc(p->logarithmic, (size_t)p->n_panels + 1);
    if (!logarithmic) p->failed = true;
    if (p->failed) return;
    logarithmic[p->n_panels] = (unsigned char)(panel->x.logarithmic | panel->y.logarithmic << 1);
    p->logarithmic = logarithmic;
    fprintf(p->script, "set lmargin at screen %.6f\nset rmargin at screen %.6f\n", box->left / p->width,
            box->right / p->width);
    fprintf(p->script, "set tmargin at screen %.6f\nset bmargin at screen %.6f\n", 1 - box->top / p->height,
            1 - box->bottom / p->height);
    put_axis(p->script, 'x', &panel->x, panel->x_grid, panel->x_numbers, panel->x_ticks, panel->x_most);
    put_axis(p->script, 'y', &panel->y, panel->y_grid, panel->y_numbers, NULL, panel->y_most);
    if (panel->x_numbers) fprintf(p->script, "set xtics font \",%d\" offset 0,0.3\n", PAGE_SMALL);
    if (panel->y_numbers) fprintf(p->script, "set ytics font \",%d\" offset 0.4,0\n", PAGE_SMALL);
    fputs("unset grid\n", p->script);
    if (panel->x_grid || panel->y_grid)
        fprintf(p->script, "set grid %s %s back lt 1 lw 1 lc rgb \"%s\"\n", panel->x_grid ? "xtics" : "noxtics",
                panel->y_grid ? "ytics" : "noytics", plot_ink_colours[INK_GRID]);
    p->elements = open_memstream(&p->elements_text, &p->elements_bytes);
    if (!p->elements) p->failed = true;
}

void page_panel_end(plot_page *p) {
    if (!p->elements) return;
    if (fclose(p->elements) != 0) p->failed = true;
    p->elements = NULL;
    p->n_panels++;
    if (!p->failed) {
        fprintf(p->script, "plot NaN notitle%s\n", p->elements_text);
        fprintf(p->script,
                "m%d = sprintf(\"%%.3f %%.3f %%.3f %%.3f %%.17g %%.17g %%.17g %%.17g\", GPVAL_TERM_XMIN, "
                "GPVAL_TERM_XMAX, GPVAL_TERM_YMIN, GPVAL_TERM_YMAX, GPVAL_X_MIN, GPVAL_X_MAX, GPVAL_Y_MIN, "
                "GPVAL_Y_MAX)\nunset label\nunset arrow\nunset object\n",
                p->n_panels);
    }
    free(p->elements_text);
    p->elements_text = NULL;
}

int page_block(plot_page *p) {
    p->n_blocks++;
    p->block_empty = true;
    if (!p->failed) fprintf(p->script, "$d%d << EOD\n", p->n_blocks);
    return p->n_blocks;
}

void page_row(plot_page *p, const double *values, size_t n) {
    for (size_t i = 0; i < n && !p->failed; i++) {
        if (i > 0) fputc(' ', p->script);
        if (isfinite(values[i]))
            fprintf(p->script, "%.9g", values[i]);
        else
            fputs("NaN", p->script);
    }
    if (!p->failed) fputc('\n', p->script);
    p->block_empty = false;
}

void page_block_end(plot_page *p) {
    if (!p->failed) fputs("EOD\n", p->script);
}

void page_plot(plot_page *p, int block, const char *format, ...) {
    va_list args;
    if (p->failed || (block == p->n_blocks && p->block_empty)) return;
    va_start(args, format);
    fprintf(p->elements, ", $d%d ", block);
    vfprintf(p->elements, format, args);
    fputs(" notitle", p->elements);
    va_end(args);
}

void page_hover(plot_page *p, double x0, double x1, double y0, double y1, const char *format, ...) {
    if (p->failed) return;
    if (p->n_hovers == p->hovers_capacity) {
        size_t capacity = p->hovers_capacity ? 2 * p->hovers_capacity : 64;
        plot_hover *hovers = realloc(p->hovers, capacity * sizeof *hovers);
        if (!hovers) {
            p->failed = true;
            return;
        }
        p->hovers = hovers;
        p->hovers_capacity = capacity;
    }
    va_list args;
    va_start(args, format);
    char *text = made_text(format, args);
    va_end(args);
    p->failed = !text;
    if (text) p->hovers[p->n_hovers++] = (plot_hover){p->n_panels, x0, x1, y0, y1, text};
}

static const double SAMPLE_LENGTH = 22, SAMPLE_GAP = 6, SAMPLE_AFTER = 18;

/* The name behind a sample. */
static double sample_name(plot_page *p, double x, double y, const char *text) {
    x += SAMPLE_LENGTH + SAMPLE_GAP;
    page_label(p, x, y, ALIGN_LEFT, INK_MUTED, PAGE_SMALL, text);
    return x + page_text_width(text, PAGE_SMALL) + SAMPLE_AFTER;
}

double page_sample_dashed(plot_page *p, double x, double y, const char *dashes, plot_ink ink, const char *text) {
    if (p->failed) return x;
    fprintf(p->script,
            "set arrow from screen %.6f, screen %.6f to screen %.6f, screen %.6f nohead lw 1.8 dt %s lc rgb \"%s\"\n",
            x / p->width, 1 - y / p->height, (x + SAMPLE_LENGTH) / p->width, 1 - y / p->height, dashes,
            plot_ink_colours[ink]);
    return sample_name(p, x, y, text);
}

double page_sample(plot_page *p, double x, double y, plot_sample sample, plot_ink ink, const char *text) {
    static const double half = 5;
    if (sample == SAMPLE_LINE) return page_sample_dashed(p, x, y, "1", ink, text);
    if (p->failed) return x;
    fprintf(p->script,
            "set object rectangle from screen %.6f, screen %.6f to screen %.6f, screen %.6f back fillcolor rgb \"%s\" "
            "fillstyle transparent solid 0.3 noborder\n",
            x / p->width, 1 - (y + half) / p->height, (x + SAMPLE_LENGTH) / p->width, 1 - (y - half) / p->height,
            plot_ink_colours[ink]);
    return sample_name(p, x, y, text);
}
