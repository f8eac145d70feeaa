/* html.h - text as HTML, or as XML in an SVG: the one place where what users wrote (names, paths, descriptions) is made
 * harmless.
 * In: any bytes up to a NUL. Out: valid HTML in valid UTF-8 that shows them. Must not know what a text is for.
 * There are two contexts, inside an element and inside a quoted attribute, and what is written suits both. Nothing of a
 * user's is ever put into a script, a style, a URL or an unquoted attribute: for those there is no function. */
#ifndef HTML_H
#define HTML_H

#include <stddef.h>
#include <stdio.h>

/* & < > " ' as entities. What a page must not hold (bytes that are not UTF-8, control characters but tab and line feed,
 * noncharacters) and what would turn round the text after it (embeddings, overrides and isolates of direction; marks
 * stay) becomes U+FFFD. */
void html_text(FILE *out, const char *text);
void html_bytes(FILE *out, const char *text, size_t n); /* the first n; the text may end before */

/* A name within a sentence, set apart so that its direction of writing does not change that of the sentence. */
void html_name(FILE *out, const char *name);

#endif
