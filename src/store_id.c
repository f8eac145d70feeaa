/* store_id.c - which run it is: the same fingerprint from a config and from a store that was last used for it, so that
 * jobs that start hours apart on many machines can tell whether they are still asked the same. See store.h. */
#include "store_parts.h"

#include <stdlib.h>
#include <string.h>

static void add_text(digest_builder *b, const char *text) { digest_add(b, text, strlen(text) + 1); }

static void begin(digest_builder *b, const char *meant, const digest *values) {
    digest_begin(b);
    add_text(b, meant);
    add_text(b, values->hex);
}

/* work: the hash; NULL for what is computed anew each time */
static void add_experiment(digest_builder *b, const char *name, const char *work) {
    add_text(b, name);
    add_text(b, work ? work : "-");
}

farm_status store_id_of_config(digest *out, const char *meant, const store_origin *origin,
                               const experiment *experiments, const int *same_as, size_t n) {
    digest_builder b;
    begin(&b, meant, origin->series);
    for (size_t i = 0; i < n; i++) {
        bool stored = experiment_is_lstm(&experiments[i]) && same_as[i] < 0;
        char *text = stored ? store_work_text(origin, &experiments[i]) : NULL;
        if (stored && !text) return FARM_FAILED;
        add_experiment(&b, experiments[i].name, stored ? digest_text(text).hex : NULL);
        free(text);
    }
    *out = digest_end(&b);
    return FARM_OK;
}

farm_status store_id_of_run(digest *out, store *s, const store_run *run, farm_errors *errors) {
    digest_builder b;
    digest values = digest_doubles(run->series, run->n_series);
    sqlite3_stmt *rows = store_prepare(s, "SELECT name, work FROM experiment ORDER BY position", errors);
    int code = SQLITE_ERROR;
    begin(&b, run->meant, &values);
    while (rows && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(rows, 0);
        add_experiment(&b, name ? name : "", (const char *)sqlite3_column_text(rows, 1));
    }
    *out = digest_end(&b);
    if (rows && code != SQLITE_DONE) store_fail(s, errors, "cannot read the store");
    sqlite3_finalize(rows);
    return code == SQLITE_DONE ? FARM_OK : FARM_FAILED;
}
