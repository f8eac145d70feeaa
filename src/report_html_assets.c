/* report_html_assets.c - the page's style and script, and the policy that allows no others.
 * report_html.css and report_html.js are turned into the bytes below when this is built.
 * Must not know runs. */
#include "digest.h"
#include "report_html_parts.h"

#include <string.h>

const char report_html_style[] = {
#include "report_html.css.inc"
    0};
const char report_html_script[] = {
#include "report_html.js.inc"
    0};

/* RFC 4648. */
static void put_base64(FILE *out, const unsigned char *bytes, size_t n) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned group = (unsigned)bytes[i] << 16;
        if (i + 1 < n) group |= (unsigned)bytes[i + 1] << 8;
        if (i + 2 < n) group |= bytes[i + 2];
        fputc(digits[group >> 18], out);
        fputc(digits[group >> 12 & 63], out);
        fputc(i + 1 < n ? digits[group >> 6 & 63] : '=', out);
        fputc(i + 2 < n ? digits[group & 63] : '=', out);
    }
}

/* Nothing is loaded, and no script runs but ours, known by its digest, whatever else might have got into the page. Styles
 * may stand anywhere, as pictures bring theirs: with nothing to load from, a style can only change looks. */
void html_policy(FILE *out) {
    unsigned char hash[DIGEST_BYTES];
    digest_builder b;
    digest_begin(&b);
    digest_add(&b, report_html_script, strlen(report_html_script));
    digest_bytes(&b, hash);
    fputs("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-", out);
    put_base64(out, hash, sizeof hash);
    fputs("'; base-uri 'none'; form-action 'none'", out);
}
