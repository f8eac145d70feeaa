/* series.c - the observations: one numeric column of a CSV file, read as a stream. See series.h.
 * In: a path and a column's name. Out: its numbers in file order, or every fault with its line and column.
 * Uses libcsv, numbers.h, nearest.h, memory.h. Must not know rows, lags, models or the config.
 * Invariant: libcsv calls back only on a comma, a line end or the end of the file, so fed one stretch up to each of
 * these at a time, it tells where every field began: at the first character after the last one that called back. */
#include "series.h"
#include "errors.h"
#include "memory.h"
#include "nearest.h"
#include "numbers.h"

#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    MAX_LISTED = 20,                           /* faults named one by one; the rest is counted */
    MAX_COLUMNS = 10000,                       /* more is not a table of series */
    MAX_NAMED = 12,                            /* columns listed where one is missing */
    MAX_FIELD = 1 << 20,                       /* bytes; a longer field is a quote that was never closed */
    CHUNK = 1 << 16,                           /* bytes a read */
    EXCERPT = 40,                              /* bytes of a faulty value that are shown */
    QUOTED = EXCERPT + 8,                      /* an excerpt in its quotes */
    LENIENT = CSV_APPEND_NULL | CSV_REPALL_NL, /* a stray quote in some other column is none of our business */
};
static const size_t MAX_FILE = (size_t)1 << 30; /* bytes; as the documentation promises */

typedef struct {
    int line, col; /* from 1; col in characters */
} position;

typedef struct {
    const char *path, *column, *place_key;
    bool takes_nan; /* "nan" is a value: a repeat that diverged */
    farm_errors *errors;
    size_t faults;
    bool stop; /* nothing more can be learnt from the rest of the file */
    bool out_of_memory;
    struct csv_parser csv;

    position at;       /* of the next byte */
    bool after_return; /* the byte before was a carriage return */
    position start;    /* of the field being read: its first character that is not blank */
    bool in_field;
    int blank_from, n_blank; /* blank lines since the last record */

    char **names;           /* [n_names] of the header */
    size_t n_names, wanted; /* wanted: index of the column */
    bool has_header;

    size_t field;                       /* fields of this record so far */
    position record, surplus, value_at; /* starts of: this record, its first field too many, its value */
    number_fault fault;                 /* of the value */
    double value;
    char excerpt[QUOTED]; /* the value as it stands, quoted, if it is at fault */

    double *values; /* [n] */
    size_t n, capacity;
} reader;

/* --- faults ----------------------------------------------------------------------------------------------------- */

static void fault_at(reader *r, position at, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void fault_at(reader *r, position at, const char *key, const char *format, ...) {
    if (++r->faults > MAX_LISTED) return;
    va_list args;
    va_start(args, format);
    errors_add_v(r->errors, (error_place){r->path, at.line, at.col, key}, format, args);
    va_end(args);
}

/* A fault after which the rest of the file says nothing, or of the file as a whole. */
static void stop_at(reader *r, position at, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void stop_at(reader *r, position at, const char *format, ...) {
    va_list args;
    va_start(args, format);
    errors_add_v(r->errors, (error_place){r->path, at.line, at.col, r->place_key}, format, args);
    va_end(args);
    r->stop = true;
}
static const position NOWHERE = {0, 0};

/* text [length] between quotes, without control characters, cut to EXCERPT bytes at the start of a character. */
static void quote_excerpt(char *out, const char *text, size_t length) {
    size_t shown = length <= EXCERPT ? length : EXCERPT;
    while (shown < length && shown > 0 && ((unsigned char)text[shown] & 0xC0) == 0x80) shown--;
    *out++ = '"';
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)text[i];
        *out++ = c < 0x20 || c == 0x7F ? '?' : text[i];
    }
    strcpy(out, shown < length ? "...\"" : "\"");
}

static void value_fault(reader *r) {
    const char *v = r->excerpt;
    switch (r->fault) {
    case NUMBER_OK: break;
    case NUMBER_EMPTY:
        fault_at(r, r->value_at, r->column, "the value is missing; fill it in, or take the record out");
        break;
    case NUMBER_NOT_ONE:
        fault_at(r, r->value_at, r->column, "%s is not a number; write a finite decimal one such as 266.5", v);
        break;
    case NUMBER_THOUSANDS:
        fault_at(r, r->value_at, r->column,
                 "%s has a thousands separator; write the digits without it, and a decimal as a point", v);
        break;
    case NUMBER_COMMA:
        fault_at(r, r->value_at, r->column, "%s has a decimal comma; write a point, as in 266.5", v);
        break;
    case NUMBER_TOO_LARGE: fault_at(r, r->value_at, r->column, "%s is too large; numbers go up to 1.8e308", v); break;
    }
}

/* --- the header ------------------------------------------------------------------------------------------------- */

static void name_column(reader *r, const char *text, size_t length) {
    if (r->n_names == MAX_COLUMNS) {
        stop_at(r, r->start, "more than %d columns; is this a CSV file with a header line?", MAX_COLUMNS);
        return;
    }
    if (r->n_names % 64 == 0) {
        char **names = realloc(r->names, (r->n_names + 64) * sizeof *names);
        if (!names) goto out_of_memory;
        r->names = names;
    }
    char *name = malloc(length + 1);
    if (!name) goto out_of_memory;
    memcpy(name, text, length + 1);
    r->names[r->n_names++] = name;
    return;
out_of_memory:
    r->stop = r->out_of_memory = true;
}

/* "Month", "Sales" and 3 more: the header's names, in text [size]. */
static void list_names(const reader *r, char *text, size_t size) {
    size_t used = 0, listed = r->n_names < MAX_NAMED ? r->n_names : MAX_NAMED;
    text[0] = '\0';
    for (size_t i = 0; i < listed && used < size; i++) {
        char name[QUOTED];
        quote_excerpt(name, r->names[i], strlen(r->names[i]));
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", name);
    }
    if (listed < r->n_names && used < size) snprintf(text + used, size - used, " and %zu more", r->n_names - listed);
}

/* Why a header may not be what it seems; "" where nothing is odd. */
static const char *header_hint(const reader *r) {
    double number;
    size_t n_numbers = 0;
    for (size_t i = 0; i < r->n_names; i++)
        n_numbers += number_parse(&number, r->names[i], strlen(r->names[i])) == NUMBER_OK;
    if (r->n_names == 1 && strchr(r->names[0], ';')) return "; separate the columns by commas, not semicolons";
    if (r->n_names == 1 && strchr(r->names[0], '\t')) return "; separate the columns by commas, not tabs";
    if (r->names[0][0] == '#') return "; the first line is taken as the header, and comments are not known";
    if (n_numbers == r->n_names) return "; the first line is taken as the header: add one with the columns' names";
    return "";
}

static void missing_column(reader *r) {
    char names[MAX_NAMED * (QUOTED + 2) + 32], wanted[QUOTED], near[QUOTED + 32] = "";
    const char *meant = nearest_name(r->column, (const char *const *)r->names, r->n_names);
    quote_excerpt(wanted, r->column, strlen(r->column));
    list_names(r, names, sizeof names);
    if (meant) {
        char quoted[QUOTED];
        quote_excerpt(quoted, meant, strlen(meant));
        snprintf(near, sizeof near, "; did you mean %s?", quoted);
    }
    stop_at(r, r->record, "no column %s%s%s %s%s", wanted, near, meant ? " The file has" : "; the file has", names,
            header_hint(r));
}

static void end_header(reader *r) {
    size_t found = 0, second = 0;
    for (size_t i = 0; i < r->n_names; i++) {
        if (strcmp(r->names[i], r->column) != 0) continue;
        if (found++ == 0)
            r->wanted = i;
        else if (found == 2)
            second = i;
    }
    r->has_header = true;
    if (found == 0) {
        missing_column(r);
    } else if (found > 1) {
        stop_at(r, r->record,
                "%zu columns are named \"%s\", the first two are columns %zu and %zu; give each its own name", found,
                r->column, r->wanted + 1, second + 1);
    }
}

/* --- records ---------------------------------------------------------------------------------------------------- */

static number_fault read_value(reader *r, const char *text, size_t length) {
    bool nan = r->takes_nan && (strcmp(text, "nan") == 0 || strcmp(text, "NaN") == 0);
    if (nan) r->value = NAN;
    return nan ? NUMBER_OK : number_parse(&r->value, text, length);
}

static void keep_value(reader *r) {
    if (r->n == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 256, at_hand;
        bool room = memory_has(capacity * sizeof *r->values, &at_hand);
        double *values = room ? realloc(r->values, capacity * sizeof *values) : NULL;
        if (!values) {
            r->stop = r->out_of_memory = true;
            return;
        }
        r->values = values;
        r->capacity = capacity;
    }
    r->values[r->n++] = r->value;
}

static void end_record(reader *r) {
    const char *plural = r->field == 1 ? "" : "s";
    if (r->field < r->n_names)
        fault_at(r, r->record, NULL, "%zu field%s where the header has %zu; fill in what is missing", r->field, plural,
                 r->n_names);
    else if (r->field > r->n_names)
        fault_at(r, r->surplus, NULL,
                 "%zu field%s where the header has %zu; quote a text that has a comma in it, and "
                 "write decimals with a point",
                 r->field, plural, r->n_names);
    else if (r->fault != NUMBER_OK)
        value_fault(r);
    else
        keep_value(r);
}

static void blank_lines_fault(reader *r) {
    position at = {r->blank_from, 1};
    if (r->n_blank == 1)
        fault_at(r, at, NULL, "a blank line before the end; remove it, or fill in its record");
    else if (r->n_blank > 1)
        fault_at(r, at, NULL, "%d blank lines before the end; remove them, or fill in their records", r->n_blank);
    r->n_blank = 0;
}

/* libcsv: a field is complete. text[length] is NUL. */
static void on_field(void *text, size_t length, void *context) {
    reader *r = context;
    if (r->stop) return;
    if (r->field == 0) {
        blank_lines_fault(r);
        r->record = r->start;
        r->fault = NUMBER_OK;
    }
    if (!r->has_header) {
        name_column(r, text, length);
    } else if (r->field == r->wanted) {
        r->value_at = r->start;
        r->fault = read_value(r, text, length);
        if (r->fault != NUMBER_OK) quote_excerpt(r->excerpt, text, length);
    }
    if (r->field == r->n_names) r->surplus = r->start; /* after the header alone can this be so */
    r->field++;
    r->in_field = false;
}

/* libcsv: a line ends, with or without fields on it; also the second half of a CR LF. */
static void on_line_end(int end, void *context) {
    reader *r = context;
    bool rest_of_crlf = end == '\n' && r->after_return && r->field == 0;
    r->in_field = false;
    if (r->stop || rest_of_crlf) return;
    if (r->field == 0) {
        if (r->n_blank++ == 0) r->blank_from = r->at.line;
    } else if (!r->has_header) {
        end_header(r);
    } else {
        end_record(r);
    }
    r->field = 0;
}

/* --- the file --------------------------------------------------------------------------------------------------- */

/* Moves the place past one byte. A CR, an LF and a CR LF each end one line; only a character's first byte counts. */
static void advance(reader *r, unsigned char c) {
    if (c == '\n' || c == '\r') {
        if (c == '\r' || !r->after_return) r->at.line++;
        r->at.col = 1;
    } else if ((c & 0xC0) != 0x80) {
        r->at.col++;
    }
    r->after_return = c == '\r';
}

/* Feeds one stretch [n] >= 1 whose last byte alone may be a comma or a line end. */
static void feed(reader *r, const unsigned char *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (!r->in_field && ((text[i] != ' ' && text[i] != '\t') || i == n - 1)) {
            r->start = r->at;
            r->in_field = text[i] != ' ' && text[i] != '\t';
        }
        if (text[i] == '\0') {
            stop_at(r, r->at, "a NUL byte; is this a text file? Save it as CSV in UTF-8");
            return;
        }
        if (i < n - 1) advance(r, text[i]);
    }
    if (csv_parse(&r->csv, text, n, on_field, on_line_end, r) != n) r->stop = r->out_of_memory = true;
    advance(r, text[n - 1]);
    if (csv_get_buffer_size(&r->csv) > MAX_FIELD)
        stop_at(r, r->start, "a field of more than %d bytes; is its quote never closed?", MAX_FIELD);
}

static bool ends_stretch(unsigned char c) { return c == ',' || c == '\r' || c == '\n'; }

static void feed_chunk(reader *r, const unsigned char *text, size_t n) {
    while (n > 0 && !r->stop) {
        size_t stretch = 1;
        while (stretch < n && !ends_stretch(text[stretch - 1])) stretch++;
        feed(r, text, stretch);
        text += stretch;
        n -= stretch;
    }
}

/* Bytes of a UTF-8 byte order mark at the start of text [n]; one of UTF-16 is a fault. */
static size_t byte_order_mark(reader *r, const unsigned char *text, size_t n) {
    if (n >= 2 && ((text[0] == 0xFF && text[1] == 0xFE) || (text[0] == 0xFE && text[1] == 0xFF)))
        stop_at(r, NOWHERE, "the file is in UTF-16; save it as CSV in UTF-8");
    return n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

static void too_large(reader *r, const char *bytes) {
    stop_at(r, NOWHERE,
            "%s bytes, more than the %zu (1 GiB) that a CSV file may have; keep the column and rows that are needed",
            bytes, MAX_FILE);
}

static void read_all(reader *r, FILE *file) {
    unsigned char chunk[CHUNK];
    size_t total = 0, n;
    while (!r->stop && (n = fread(chunk, 1, sizeof chunk, file)) > 0) {
        size_t skip = total == 0 ? byte_order_mark(r, chunk, n) : 0;
        if ((total += n) > MAX_FILE) too_large(r, "an endless stream of");
        if (!r->stop) feed_chunk(r, chunk + skip, n - skip);
    }
    if (ferror(file)) stop_at(r, NOWHERE, "reading failed: %s", strerror(errno));
}

static void finish(reader *r) {
    csv_set_opts(&r->csv, LENIENT | CSV_STRICT | CSV_STRICT_FINI); /* only now: a quote still open is a fault */
    if (!r->stop && csv_fini(&r->csv, on_field, on_line_end, r) != 0)
        stop_at(r, r->start, "the quote that opens here is never closed");
    if (r->stop) return;
    if (!r->has_header)
        stop_at(r, NOWHERE, "the file is empty; it needs a header line and a line for each observation");
    else if (r->n == 0 && r->faults == 0)
        stop_at(r, NOWHERE, "the file has a header and nothing below it; add a line for each observation");
}

/* Refuses what cannot be read, or says itself that it is too large. */
static bool worth_reading(reader *r, FILE *file) {
    struct stat info;
    if (fstat(fileno(file), &info) != 0) return true; /* reading will tell */
    if (S_ISDIR(info.st_mode)) {
        stop_at(r, NOWHERE, "is a folder; name the CSV file in it");
    } else if (S_ISREG(info.st_mode) && (uintmax_t)info.st_size > MAX_FILE) {
        char bytes[24];
        snprintf(bytes, sizeof bytes, "%ju", (uintmax_t)info.st_size);
        too_large(r, bytes);
    }
    return !r->stop;
}

static FILE *open_file(reader *r) {
    FILE *file = fopen(r->path, "rb");
    if (!file)
        stop_at(r, NOWHERE, "cannot be opened: %s%s", strerror(errno),
                r->place_key ? "; the path is relative to the config's folder" : "");
    if (!file || worth_reading(r, file)) return file;
    fclose(file);
    return NULL;
}

static void reader_free(reader *r) {
    for (size_t i = 0; i < r->n_names; i++) free(r->names[i]);
    free(r->names);
    free(r->values);
    csv_free(&r->csv);
}

/* The whole work of r, whose path, column, keys and errors are set. */
static farm_status read_column(series *out, reader *r) {
    FILE *file = NULL;
    farm_status status = FARM_BAD_INPUT;
    number_locale held = number_locale_enter();
    *out = (series){0};
    r->at = (position){1, 1};
    csv_init(&r->csv, LENIENT);
    csv_set_blk_size(&r->csv, 4096);
    file = open_file(r);
    if (!file) goto done;
    read_all(r, file);
    finish(r);
    if (r->out_of_memory) {
        errors_add(r->errors, (error_place){.file = r->path, .key = r->place_key}, "out of memory after %zu values",
                   r->n);
        status = FARM_FAILED;
    }
    if (r->faults > MAX_LISTED)
        errors_add(r->errors, (error_place){.file = r->path}, "... and %zu more faults like these",
                   r->faults - MAX_LISTED);
    if (r->faults > 0 || r->stop) goto done;
    *out = (series){.values = r->values, .n = r->n, .digest = digest_doubles(r->values, r->n)};
    r->values = NULL;
    status = FARM_OK;
done:
    if (file) fclose(file);
    reader_free(r);
    number_locale_leave(&held);
    return status;
}

farm_status series_read(series *out, const char *path, const char *column, const char *place_key, farm_errors *errors) {
    return read_column(out, &(reader){.path = path, .column = column, .place_key = place_key, .errors = errors});
}

farm_status series_read_results(series *out, const char *path, const char *column, farm_errors *errors) {
    return read_column(out, &(reader){.path = path, .column = column, .takes_nan = true, .errors = errors});
}

void series_free(series *s) {
    free(s->values);
    *s = (series){0};
}
