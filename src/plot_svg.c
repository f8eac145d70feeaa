/* plot_svg.c - gnuplot's SVG written anew. See plot_svg.h.
 * gnuplot opens a group for each pen and gives every grid line a path. What is drawn comes down to four elements - path,
 * polygon, use (a point) and text - each of which is written by itself, neighbours of one style as one path.
 * Invariant: no byte of a user's reaches the document but through html_text. */
#include "plot_svg.h"
#include "html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INK_CLASS(NAME, name, colour, style) name,
static const char *const classes[N_INKS] = {PLOT_INKS(INK_CLASS)};

#define INK_RULE(NAME, name, colour, style) ".farm-plot ." name "{" style "}"
static const char style_sheet[] =
    ".farm-plot{font:12px \"Helvetica Neue\",Helvetica,Arial,\"Liberation Sans\",\"DejaVu Sans\",sans-serif}"
    ".farm-plot text{fill:currentColor}"
    ".farm-plot path{fill:none;stroke:currentColor;stroke-linejoin:round}"
    ".farm-plot .dot{stroke-linecap:round}"
    ".farm-plot .area,.farm-plot .mark{fill:currentColor;stroke:none}"
    ".farm-plot .over{fill:#000;fill-opacity:0}" PLOT_INKS(INK_RULE);

/* A piece of gnuplot's text, not ended by a NUL. */
typedef struct {
    const char *at;
    size_t n;
} slice;

/* Where the pen is, and what was last begun. */
typedef struct {
    FILE *out;
    const plot_page *page;
    slice group;          /* the attributes of the last <g>: pen or text */
    char path_style[160]; /* of the path that is open; "": none is */
    char last[2][24];     /* where it is, as written */
} rewriting;

/* --- reading ---------------------------------------------------------------------------------------------------- */

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* The value of an attribute in a tag's text, n 0: it has none. */
static slice attribute(slice tag, const char *name) {
    size_t length = strlen(name);
    for (size_t i = 0; i + length < tag.n; i++) {
        if (i > 0 && !is_blank(tag.at[i - 1])) continue;
        if (strncmp(tag.at + i, name, length) != 0) continue;
        size_t k = i + length;
        while (k < tag.n && is_blank(tag.at[k])) k++;
        if (k >= tag.n || tag.at[k] != '=') continue;
        for (k++; k < tag.n && is_blank(tag.at[k]);) k++;
        if (k >= tag.n || (tag.at[k] != '"' && tag.at[k] != '\'')) continue;
        const char *begin = tag.at + k + 1, *end = memchr(begin, tag.at[k], tag.n - k - 1);
        return end ? (slice){begin, (size_t)(end - begin)} : (slice){0};
    }
    return (slice){0};
}

static bool slice_is(slice s, const char *text) { return s.n == strlen(text) && strncmp(s.at, text, s.n) == 0; }

static bool slice_begins(slice s, const char *text) {
    return s.n >= strlen(text) && !strncmp(s.at, text, strlen(text));
}

/* The next number of *s, which is moved behind it; NAN: there is none. */
static double next_number(slice *s) {
    while (s->n > 0 && !strchr("+-.0123456789", *s->at)) s->at++, s->n--;
    if (s->n == 0) return NAN;
    char text[40], *end;
    size_t n = s->n < sizeof text - 1 ? s->n : sizeof text - 1;
    memcpy(text, s->at, n);
    text[n] = '\0';
    double value = strtod(text, &end);
    size_t used = end > text ? (size_t)(end - text) : 1;
    s->at += used;
    s->n -= used;
    return end > text ? value : NAN;
}

/* #1a2b3c as gnuplot writes it, rgb( 26, 43, 60); black and the like are text. */
static plot_ink ink_of(slice colour) {
    if (!slice_begins(colour, "rgb")) return INK_TEXT;
    unsigned parts[3];
    char hexadecimal[32];
    for (int i = 0; i < 3; i++) {
        double part = next_number(&colour);
        parts[i] = part >= 0 && part < 256 ? (unsigned)part : 0;
    }
    snprintf(hexadecimal, sizeof hexadecimal, "#%02x%02x%02x", parts[0], parts[1], parts[2]);
    for (int ink = 0; ink < N_INKS; ink++)
        if (strcmp(plot_ink_colours[ink], hexadecimal) == 0) return (plot_ink)ink;
    return INK_TEXT;
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

/* A tenth of a pixel is enough: 12.34 -> 12.3, 12.00 -> 12. */
static void coordinate(char *text, double value) {
    double rounded = round(10 * value) / 10;
    snprintf(text, 24, "%.1f", rounded == 0 ? 0 : rounded);
    size_t n = strlen(text);
    if (n > 2 && strcmp(text + n - 2, ".0") == 0) text[n - 2] = '\0';
}

static void end_path(rewriting *r) {
    if (*r->path_style) fputs("\"/>\n", r->out);
    *r->path_style = '\0';
}

/* Goes on with the path that is open where it has this style, and begins one otherwise. */
static void begin_path(rewriting *r, const char *style) {
    if (strcmp(r->path_style, style) == 0) return;
    end_path(r);
    fprintf(r->out, "<path %s d=\"", style);
    snprintf(r->path_style, sizeof r->path_style, "%s", style);
}

static void move_to(rewriting *r, char command, double x, double y) {
    char next[2][24];
    coordinate(next[0], x);
    coordinate(next[1], y);
    bool same = strcmp(next[0], r->last[0]) == 0 && strcmp(next[1], r->last[1]) == 0;
    if (same && command == 'L') return; /* finer than a tenth of a pixel */
    fprintf(r->out, "%c%s,%s", command, next[0], next[1]);
    memcpy(r->last, next, sizeof next);
}

/* M and L with their places, as gnuplot writes d; or a polygon's points, where every place but the first is an L. */
static void put_places(rewriting *r, slice d, bool polygon) {
    double from_x = NAN, from_y = NAN; /* of an M that nothing followed yet: gnuplot makes some that lead nowhere */
    char command = 'M';
    while (d.n > 0) {
        while (d.n > 0 && is_blank(*d.at)) d.at++, d.n--;
        if (d.n == 0) break;
        if (*d.at == 'M' || *d.at == 'L') {
            command = *d.at++;
            d.n--;
        } else if (*d.at == 'Z' || *d.at == 'z') {
            fputc('Z', r->out);
            d.at++, d.n--;
            continue;
        }
        double x = next_number(&d), y = next_number(&d);
        if (!isfinite(x) || !isfinite(y)) break;
        if (command == 'M') {
            from_x = x, from_y = y;
        } else {
            if (isfinite(from_x)) move_to(r, 'M', from_x, from_y);
            from_x = NAN;
            move_to(r, 'L', x, y);
        }
        if (polygon) command = 'L';
    }
    if (polygon) fputc('Z', r->out);
}

static bool leads_somewhere(slice d) { return memchr(d.at, 'L', d.n) != NULL; }

/* class, width and dashes of a stroke. */
static void stroke_style(char *style, size_t size, slice tag, slice group) {
    slice dashes = attribute(tag, "stroke-dasharray"), pen = attribute(group, "stroke-width");
    double width = pen.n ? next_number(&pen) : 1;
    plot_ink ink = ink_of(attribute(tag, "stroke"));
    int n = snprintf(style, size, "class=\"%s\"", classes[ink]);
    if (width != 1) n += snprintf(style + n, size - (size_t)n, " stroke-width=\"%g\"", width);
    const char *before = " stroke-dasharray=\"";
    bool dashed = false;
    for (double length; isfinite(length = next_number(&dashes)) && (size_t)n + 40 < size; before = ",", dashed = true)
        n += snprintf(style + n, size - (size_t)n, "%s%g", before, length);
    if (dashed) snprintf(style + n, size - (size_t)n, "\"");
}

static void put_path(rewriting *r, slice tag) {
    char style[sizeof r->path_style];
    slice d = attribute(tag, "d");
    if (!d.n || !leads_somewhere(d)) return;
    stroke_style(style, sizeof style, tag, r->group);
    begin_path(r, style);
    put_places(r, d, false);
}

static void put_polygon(rewriting *r, slice tag) {
    slice opacity = attribute(tag, "fill-opacity");
    char style[sizeof r->path_style];
    int n = snprintf(style, sizeof style, "class=\"area %s\"", classes[ink_of(attribute(tag, "fill"))]);
    if (opacity.n) snprintf(style + n, sizeof style - (size_t)n, " fill-opacity=\"%g\"", next_number(&opacity));
    end_path(r); /* areas that overlap must not cut holes into each other */
    begin_path(r, style);
    put_places(r, attribute(tag, "points"), true);
    end_path(r);
}

/* A point by gnuplot's number of its form: 5, 6 a circle, 3, 4 a square, 7 to 10 a triangle, 11, 12 a diamond; the even
 * ones are full. r: half its size. */
static void put_form(rewriting *r, int form, double x, double y, double half) {
    if (form != 5 && form != 6) half *= 0.75; /* as large beside a circle as in the PNG */
    char at[2][24], a[24], b[24];
    coordinate(b, 2 * half);
    coordinate(a, half);
    coordinate(at[0], form == 5 || form == 6 || form == 3 || form == 4 ? x - half : x);
    coordinate(at[1], form == 5 || form == 6 ? y : form == 3 || form == 4 ? y - half : y - 1.33 * half);
    fprintf(r->out, "M%s,%s", at[0], at[1]);
    if (form == 5 || form == 6)
        fprintf(r->out, "a%s,%s 0 1,0 %s,0a%s,%s 0 1,0 -%s,0", a, a, b, a, a, b);
    else if (form == 3 || form == 4)
        fprintf(r->out, "h%sv%sh-%sZ", b, b, b);
    else if (form == 11 || form == 12)
        fprintf(r->out, "l%.1f,%.1fl-%.1f,%.1fl-%.1f,-%.1fZ", 1.33 * half, 1.33 * half, 1.33 * half, 1.33 * half,
                1.33 * half, 1.33 * half);
    else
        fprintf(r->out, "l%.1f,%.1fh-%.1fZ", 1.33 * half, 2 * half, 2.66 * half);
    r->last[0][0] = '\0';
}

/* A full circle is a dot of a round pen, a dozen bytes; all others are drawn. */
static void put_use(rewriting *r, slice tag) {
    slice link = attribute(tag, "href"), place = attribute(tag, "transform");
    if (!link.n) link = attribute(tag, "xlink:href");
    if (!slice_begins(link, "#gpPt")) return;
    int form = (int)next_number(&link);
    double x = next_number(&place), y = next_number(&place), half = next_number(&place);
    if (!isfinite(x) || !isfinite(y)) return;
    if (!isfinite(half)) half = 1;
    const char *name = classes[ink_of(attribute(tag, "color"))];
    char style[sizeof r->path_style];
    if (form == 6)
        snprintf(style, sizeof style, "class=\"dot %s\" stroke-width=\"%.3g\"", name, 2 * half);
    else
        snprintf(style, sizeof style, "class=\"%s%s\"", form % 2 == 0 ? "mark " : "", name);
    begin_path(r, style);
    if (form == 6) {
        r->last[0][0] = '\0';
        move_to(r, 'M', x, y);
        fputs("h0", r->out);
    } else {
        put_form(r, form, x, y, half);
    }
}

/* What gnuplot was given for a text: the name of one of ours, or a tick's number. */
static void put_content(rewriting *r, slice content) {
    while (content.n > 0 && is_blank(*content.at)) content.at++, content.n--;
    char number[16] = "";
    if (content.n > 1 && *content.at == 'L' && content.n < sizeof number) memcpy(number, content.at + 1, content.n - 1);
    size_t index = (size_t)strtoul(number, NULL, 10);
    if (index >= 1 && index <= r->page->n_texts)
        html_text(r->out, r->page->texts[index - 1]);
    else
        fwrite(content.at, 1, content.n, r->out);
}

static void put_text(rewriting *r, slice content) {
    slice place = attribute(r->group, "transform"), size = attribute(r->group, "font-size");
    slice anchor = attribute(r->group, "text-anchor");
    char x[24], y[24];
    coordinate(x, next_number(&place));
    coordinate(y, next_number(&place));
    double pixels = next_number(&size);
    end_path(r);
    fprintf(r->out, "<text class=\"%s\" x=\"%s\" y=\"%s\"", classes[ink_of(attribute(r->group, "fill"))], x, y);
    if (isfinite(pixels) && pixels != PAGE_FONT) fprintf(r->out, " font-size=\"%g\"", pixels);
    if (!slice_is(anchor, "start")) fprintf(r->out, " text-anchor=\"%.*s\"", (int)anchor.n, anchor.at);
    fputc('>', r->out);
    put_content(r, content);
    fputs("</text>\n", r->out);
}

/* --- the document ----------------------------------------------------------------------------------------------- */

/* One element, its tag's text without < and >; what follows it in gnuplot's text begins at rest. */
static void put_element(rewriting *r, slice tag, const char *rest, const char *end) {
    if (slice_begins(tag, "g ")) {
        r->group = tag;
    } else if (slice_begins(tag, "path ")) {
        put_path(r, tag);
    } else if (slice_begins(tag, "polygon ")) {
        put_polygon(r, tag);
    } else if (slice_begins(tag, "use ")) {
        put_use(r, tag);
    } else if (slice_is(tag, "text") || slice_begins(tag, "text ")) {
        const char *stop = memchr(rest, '<', (size_t)(end - rest));
        if (stop) put_text(r, (slice){rest, (size_t)(stop - rest)});
    }
}

/* Everything behind gnuplot's definitions, element by element. */
static void put_elements(rewriting *r, const char *at, const char *end) {
    while ((at = memchr(at, '<', (size_t)(end - at)))) {
        const char *close = memchr(at, '>', (size_t)(end - at));
        if (!close) return;
        put_element(r, (slice){at + 1, (size_t)(close - at - 1)}, close + 1, end);
        at = close;
    }
}

/* The place of a value between the ends of an axis, in gnuplot's pixels; an infinite one is at an end. */
static double along(double value, double low, double high, double from, double to, bool logarithmic) {
    if (value == -INFINITY) return from;
    if (value == INFINITY) return to;
    if (logarithmic && low > 0 && high > 0) {
        if (value <= 0) return from;
        value = log(value), low = log(low), high = log(high);
    }
    double place = from + (value - low) / (high - low) * (to - from);
    return fmin(fmax(place, fmin(from, to)), fmax(from, to));
}

/* A panel's line: pixels from the left and the lower edge, then values; and whether an axis is logarithmic. */
typedef struct {
    double pixels[4], values[4];
    bool x_logarithmic, y_logarithmic;
} panel_map;

static bool read_map(panel_map *map, const char **line) {
    for (int i = 0; i < 8; i++) {
        char *end;
        double value = strtod(*line, &end);
        if (end == *line) return false;
        *(i < 4 ? &map->pixels[i] : &map->values[i - 4]) = value;
        *line = end;
    }
    return true;
}

static void put_hover(FILE *out, const plot_page *page, const plot_hover *h, const panel_map *m) {
    const double *px = m->pixels, *v = m->values;
    double x0 = along(h->x0, v[0], v[1], px[0], px[1], m->x_logarithmic);
    double x1 = along(h->x1, v[0], v[1], px[0], px[1], m->x_logarithmic);
    double y0 = page->height - along(h->y0, v[2], v[3], px[2], px[3], m->y_logarithmic);
    double y1 = page->height - along(h->y1, v[2], v[3], px[2], px[3], m->y_logarithmic);
    char text[4][24];
    coordinate(text[0], fmin(x0, x1));
    coordinate(text[1], fmin(y0, y1));
    coordinate(text[2], fmax(fabs(x1 - x0), 1));
    coordinate(text[3], fmax(fabs(y1 - y0), 1));
    fprintf(out, "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"><title>", text[0], text[1], text[2], text[3]);
    html_text(out, h->text);
    fputs("</title></rect>\n", out);
}

static bool put_hovers(FILE *out, const plot_page *page, const char *maps) {
    fputs("<g class=\"over\">\n", out);
    size_t next = 0;
    for (int panel = 0; panel < page->n_panels; panel++) {
        panel_map map = {.x_logarithmic = page->logarithmic[panel] & 1, .y_logarithmic = page->logarithmic[panel] & 2};
        if (!read_map(&map, &maps)) return false;
        for (; next < page->n_hovers && page->hovers[next].panel == panel; next++)
            put_hover(out, page, &page->hovers[next], &map);
    }
    fputs("</g>\n", out);
    return true;
}

static void put_head(FILE *out, const plot_page *page) {
    const char *name = page->name;
    fprintf(out,
            "<svg class=\"farm-plot\" xmlns=\"http://www.w3.org/2000/svg\" id=\"farm-%s\" width=\"%g\" height=\"%g\" "
            "viewBox=\"0 0 %g %g\" role=\"img\" aria-labelledby=\"farm-%s-title farm-%s-desc\">\n",
            name, page->width, page->height, page->width, page->height, name, name);
    fprintf(out, "<title id=\"farm-%s-title\">", name);
    html_text(out, page->title ? page->title : name);
    fprintf(out, "</title>\n<desc id=\"farm-%s-desc\">", name);
    html_text(out, page->description ? page->description : "");
    fprintf(out, "</desc>\n<style>%s</style>\n", style_sheet);
}

/* The end of gnuplot's definitions in its SVG, which ends as one does; NULL: it is cut short. */
static const char *drawing_begins(const char *drawn) {
    const char *body = strstr(drawn, "</defs>"), *end = strstr(drawn, "</svg>");
    return body && end && body < end ? body : NULL;
}

bool plot_svg_write(char **out, size_t *out_n, const plot_page *page, const char *drawn, size_t n, const char *maps) {
    *out = NULL;
    char *copy = strndup(drawn, n);
    const char *body = copy ? drawing_begins(copy) : NULL;
    FILE *stream = body ? open_memstream(out, out_n) : NULL;
    bool whole = false;
    if (stream) {
        rewriting r = {.out = stream, .page = page};
        put_head(stream, page);
        put_elements(&r, body, body + strlen(body));
        end_path(&r);
        whole = put_hovers(stream, page, maps);
        fputs("</svg>\n", stream);
        whole = !ferror(stream) && whole;
        if (fclose(stream) != 0) whole = false;
    }
    free(copy);
    if (!whole) {
        free(*out);
        *out = NULL;
    }
    return whole;
}
