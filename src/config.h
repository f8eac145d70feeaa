/* config.h - a JSON file to plain structs, every fault found with its place. The only room that knows cJSON.
 * Reads the series and weights files that the config names, because what is allowed depends on them. */
#ifndef CONFIG_H
#define CONFIG_H

#include "compare.h"
#include "schemes.h"

/* Weights read from a file for one shape; experiments point into them. */
typedef struct {
    given_weights *items; /* [n] */
    size_t n;
} config_weights;

typedef struct {
    char *path;                        /* the file it came from */
    char *name;                        /* of the run: one folder name under out/ */
    char *series_file, *series_column; /* file: as opened, relative to the working folder */
    series series;
    int repeats;       /* >= 1; the most, where there is a half_width */
    double half_width; /* repeats are added until differences are known as closely, series units; NaN: all are run */
    uint64_t seed;
    int threads; /* 0: decided by the pool */
    precision precision;
    bool save_models, record_loss;
    forecasts_written forecasts;
    experiment *experiments; /* sweeps and matches expanded, in config order */
    size_t n_experiments;
    compare_spec compare;
    config_weights *weights; /* [n_weights] every set of weights read, for freeing */
    size_t n_weights;
    char *description; /* words for people, or NULL */
    char *resolved;    /* the whole config with every default written out, as JSON text */
    char *defaulted;   /* as long as resolved: 'd' where it says what nobody gave, neither file nor command line */
    char *said;        /* what --set and --from said, as a shell reads it, a blank before each option; "" */
    char *command;     /* what runs it again, as a shell reads it: names neither threads nor folders */
    char *meant; /* the file with what the command line said over it, as JSON text: config_restore makes it again */
} config;

/* What makes a config again when its files may be gone. */
typedef struct {
    const char *path;     /* of the file it came from */
    const char *meant;    /* config.meant */
    const char *said;     /* config.said */
    const double *values; /* [n] the series */
    size_t n;
} config_kept;

/* Reads, checks and expands. options may be NULL. On anything but FARM_OK *out is zeroed and errors lists all faults. */
farm_status config_load(config *out, const char *path, const farm_options *options, farm_errors *errors);

/* A config as it was, but for the weights that its models start from: it tells what was run, and cannot be run.
 * Of options only the repeats count. */
farm_status config_restore(config *out, const config_kept *kept, const farm_options *options, farm_errors *errors);
void config_free(config *c);

#endif
