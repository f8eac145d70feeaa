/* main.c - the command line: options, progress, signals, exit codes. The only room that prints usage and exits.
 * Uses farm.h alone. Results go to stdout, all else to stderr. */
#include "farm.h"

#include <assert.h>
#include <getopt.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "farm - should a trained forecaster stay fixed, be updated, or be refitted?\n"
    "  farm CONFIG               run all experiments, compare, write out/NAME/\n"
    "  farm check CONFIG         say what is wrong with a config, if anything\n"
    "  farm plan CONFIG          say what would run and for how long; write nothing\n"
    "  farm report DIR           make tables and files anew from what a run stored\n"
    "  farm status DIR           say how far a run, or each of its shards, is\n"
    "  farm merge DIR STORE.db.. join the shards of a run, and report\n"
    "  farm compare FILE.csv...  test files with a `results` column against the first\n"
    "\n"
    "  -r, --repeats N           repeats of each experiment (over the config's)\n"
    "  -s, --seed N              seed of all draws, 0 ... 2^64-1\n"
    "  -t, --threads N           threads; default: OMP_NUM_THREADS, else all cores\n"
    "  -o, --out DIR             write to DIR, not out/NAME (compare: nowhere)\n"
    "      --from MODELS.json    start from saved weights, a file of models/\n"
    "      --set PATH=VALUE      set any key of the config, as train.epochs=100\n"
    "      --shard K/N           run the K-th of N parts; --shards N: plan N of them\n"
    "      --fresh               forget what is stored; else only the rest is run\n"
    "      --format json         one JSON document instead of tables and sentences\n"
    "      --paired              compare line by line as pairs; else Welch's test\n"
    "  -q, --quiet; --no-plots   print errors only; draw no pictures\n"
    "  -h, --help, --version     this text; the version\n"
    "\n"
    "Start with: farm configs/tutorial.json      All keys: docs/config.md\n"
    "Exit status: 0 done, 1 failed, 2 wrong input, 128 + signal (130) stopped.\n";

/* Options that only the command line knows; the rest go into farm_options. */
typedef struct {
    farm_options farm;
    const char **set; /* what farm.set points to */
    const char *out;
    bool quiet;
    bool json;
    farm_pairing pairing;
    unsigned given; /* bit i: heeded[i] was given */
} arguments;

/* The number of the signal that asked us to stop; 0: none. */
static volatile sig_atomic_t stop_signal;

static volatile sig_atomic_t stop_second; /* when it came */

/* The first signal ends the run in good order. One more within a second is taken for the same (timeout and schedulers
 * send theirs to the process and to its group); after that it ends the program. */
static void remember_signal(int number) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (stop_signal == 0) {
        stop_signal = number;
        stop_second = (sig_atomic_t)now.tv_sec;
    } else if (now.tv_sec > stop_second + 1) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

static void catch_signals(void) {
    struct sigaction action = {.sa_handler = remember_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static bool stop_asked(void *context) {
    (void)context;
    return stop_signal != 0;
}

static void print_duration(FILE *out, double seconds) {
    if (seconds < 60)
        fprintf(out, "%.0f s", ceil(seconds));
    else if (seconds < 3600)
        fprintf(out, "%d min %02d s", (int)seconds / 60, (int)seconds % 60);
    else
        fprintf(out, "%.0f h %02d min", floor(seconds / 3600), (int)fmod(seconds / 60, 60));
}

static void show_progress(void *context, const farm_progress *p) {
    (void)context;
    double share = p->steps_total ? (double)p->steps_done / (double)p->steps_total : 1;
    double rate = p->seconds > 0 ? (double)p->steps_done / p->seconds : 0;
    static const char bar[] = "##############################";
    int filled = (int)(share * (double)(sizeof bar - 1));
    fprintf(stderr, "\r\033[K[%-*.*s] %3.0f%%  %.1f million steps/s  ", (int)sizeof bar - 1, filled, bar,
            floor(100 * share), rate / 1e6);
    if (rate > 0) {
        print_duration(stderr, (double)(p->steps_total - p->steps_done) / rate);
        fputs(" left", stderr);
    }
    fflush(stderr);
}

static void clear_progress(void) { fputs("\r\033[K", stderr); }

static int terminal_width(void) {
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* Whether the user's locale writes UTF-8. */
static bool locale_is_utf8(void) {
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    bool utf8 = locale && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    if (locale) freelocale(locale);
    return utf8;
}

static farm_style style_of(const arguments *options) {
    return (farm_style){.width = terminal_width(), .utf8 = locale_is_utf8(), .json = options->json};
}

/* "1,080 of 1,200 results are kept in out/x/farm.db": what there is, for a message. */
static void print_kept(const farm *f, const char *will) {
    farm_counts n = farm_count(f);
    unsigned long long there = n.reused + n.computed, asked = n.asked;
    fprintf(stderr, "%llu of %llu results %s ", there, asked, will);
    farm_text_print(stderr, farm_store(f));
}

/* forecasts: see farm_forecasts; what is not there is named. */
static void print_folder(const char *folder, const char *forecasts) {
    fputs("\nAll files are in ", stderr);
    farm_text_print(stderr, folder);
    fputs("/", stderr);
    if (strcmp(forecasts, "quantiles") == 0) fputs(" (forecast_quantiles.csv instead of forecasts.csv)", stderr);
    if (strcmp(forecasts, "none") == 0) fputs(" (without forecasts.csv)", stderr);
    fputc('\n', stderr);
}

/* Writes and prints what a run came to. */
static farm_status conclude(const farm *f, const arguments *options, const char *folder, farm_errors *errors) {
    farm_status status = farm_write(f, folder, errors);
    farm_style style = style_of(options);
    if (status == FARM_OK && !options->quiet) status = farm_print_results(f, stdout, &style);
    if (status != FARM_OK || options->quiet) return status;
    fflush(stdout); /* before the lines on stderr, where both are one terminal */
    farm_counts n = farm_count(f);
    if (n.reused > 0 && n.computed > 0)
        fprintf(stderr, "\nOf %llu results %llu were stored before and %llu are new.", (unsigned long long)n.asked,
                (unsigned long long)n.reused, (unsigned long long)n.computed);
    else if (n.reused > 0)
        fprintf(stderr, "\nAll %llu results were stored before; nothing was trained.", (unsigned long long)n.asked);
    print_folder(folder, farm_forecasts(f));
    return FARM_OK;
}

/* N of a --shard K/N that farm_load took; 1: all repeats are run. */
static long shards(const arguments *options) {
    return options->farm.shard ? strtol(strchr(options->farm.shard, '/') + 1, NULL, 10) : 1;
}

static void conclude_shard(const farm *f, const arguments *options, const char *folder) {
    farm_counts n = farm_count(f);
    if (options->quiet) return;
    fprintf(stderr, "Shard %s is done: ", options->farm.shard);
    print_kept(f, "are in");
    if (n.reused > 0) fprintf(stderr, ", of which %llu were stored before", (unsigned long long)n.reused);
    fputs(".\nOnce all shards are: farm merge ", stderr);
    farm_text_print(stderr, folder);
    fputc(' ', stderr);
    farm_text_print(stderr, folder);
    fprintf(stderr, "/shard-*-of-%ld.db\n", shards(options));
}

static farm_status run_farm(farm *f, const arguments *options, farm_errors *errors) {
    bool progress = !options->quiet && isatty(STDERR_FILENO);
    farm_hooks hooks = {.progress = progress ? show_progress : NULL, .stop = stop_asked};
    char *folder = options->out ? strdup(options->out) : farm_default_folder(f);
    if (!folder) return FARM_FAILED;
    farm_status status = farm_keep(f, folder, errors);
    if (status == FARM_OK) status = farm_run(f, &hooks, errors);
    if (progress) clear_progress();
    if (status == FARM_OK && shards(options) > 1)
        conclude_shard(f, options, folder);
    else if (status == FARM_OK)
        status = conclude(f, options, folder, errors);
    if (status == FARM_INTERRUPTED) {
        fputs("farm: stopped; ", stderr);
        print_kept(f, "are kept in");
        fputs(". The same command goes on.\n", stderr);
    }
    free(folder);
    return status;
}

/* A command on one config: loads it, uses it, frees it. */
typedef farm_status (*config_use)(farm *f, const arguments *options, const char *path, farm_errors *errors);

static farm_status with_config(config_use use, const arguments *options, const char *path, farm_errors *errors) {
    farm *f = NULL;
    farm_status status = farm_load(&f, path, &options->farm, errors);
    if (status == FARM_OK) status = use(f, options, path, errors);
    farm_free(f);
    return status;
}

static farm_status run_config(farm *f, const arguments *options, const char *path, farm_errors *errors) {
    (void)path;
    return run_farm(f, options, errors);
}

static farm_status check_config(farm *f, const arguments *options, const char *path, farm_errors *errors) {
    (void)errors;
    if (options->quiet) return FARM_OK;
    farm_text_print(stdout, path);
    printf(" is fine: %zu experiment%s, %zu repeat%s each.\n", farm_experiments(f), farm_experiments(f) == 1 ? "" : "s",
           farm_repeats(f), farm_repeats(f) == 1 ? "" : "s");
    return FARM_OK;
}

static farm_status plan_config(farm *f, const arguments *options, const char *path, farm_errors *errors) {
    (void)path;
    if (options->quiet) return FARM_OK;
    return options->json ? farm_print_plan_json(f, stdout, errors) : farm_print_plan(f, stdout, errors);
}

static farm_status compare_files(const arguments *options, char **operands, int n, farm_errors *errors) {
    farm_style style = style_of(options);
    farm_comparison how = {.pairing = options->pairing, .folder = options->out, .no_plots = options->farm.no_plots};
    farm_status status = farm_compare_files((const char *const *)operands, (size_t)n, &how,
                                            options->quiet ? NULL : stdout, &style, errors);
    if (status != FARM_OK || options->quiet || !options->out) return status;
    fflush(stdout);
    print_folder(options->out, "all");
    return FARM_OK;
}

/* operands: a run's folder */
static farm_status report_folder(const arguments *options, char **operands, int n, farm_errors *errors) {
    (void)n;
    farm *f = NULL;
    farm_status status = farm_open(&f, operands[0], &options->farm, errors);
    if (status == FARM_OK) status = conclude(f, options, options->out ? options->out : operands[0], errors);
    farm_free(f);
    return status;
}

/* operands: a run's folder */
static farm_status print_status(const arguments *options, char **operands, int n, farm_errors *errors) {
    (void)n;
    farm_style style = style_of(options);
    return farm_print_status(operands[0], &options->farm, options->quiet ? NULL : stdout, &style, errors);
}

/* operands: the folder to join into, then the stores */
static farm_status merge_stores(const arguments *options, char **operands, int n, farm_errors *errors) {
    farm *f = NULL;
    farm_status status =
        farm_merge(&f, operands[0], (const char *const *)operands + 1, (size_t)n - 1, &options->farm, errors);
    if (status == FARM_OK) status = conclude(f, options, options->out ? options->out : operands[0], errors);
    farm_free(f);
    return status;
}

/* What a command works on. */
typedef farm_status (*operands_use)(const arguments *options, char **operands, int n, farm_errors *errors);

enum {
    RUN = 1,
    CHECK = 2,
    PLAN = 4,
    REPORT = 8,
    STATUS = 16,
    MERGE = 32,
    COMPARE = 64,
    OF_A_CONFIG = RUN | CHECK | PLAN
};

typedef struct {
    int is;                     /* one of the above */
    const char *name, *operand; /* operand: what it takes, for messages */
    int least, most;            /* operands */
    config_use use;             /* takes one config; NULL: */
    operands_use use_operands;
} command;

static const command commands[] = {
    {CHECK, "check", "a config", 1, 1, check_config, NULL},
    {PLAN, "plan", "a config", 1, 1, plan_config, NULL},
    {REPORT, "report", "the folder of a run", 1, 1, NULL, report_folder},
    {STATUS, "status", "the folder of a run", 1, 1, NULL, print_status},
    {MERGE, "merge", "a folder and the stores of its shards", 2, INT_MAX, NULL, merge_stores},
    {COMPARE, "compare", "result files", 1, INT_MAX, NULL, compare_files},
};
static const command run_command = {RUN, NULL, "a config", 1, 1, run_config, NULL};

/* Says what is wrong with the command line, and where help is. */
static int bad_usage(const char *format, const char *what, const char *more) {
    char text[1000]; /* what is typed may be long, and is cut */
    snprintf(text, sizeof text, format, what, more);
    fputs("farm: ", stderr);
    farm_text_print(stderr, text);
    fputs("\nTry `farm --help`.\n", stderr);
    return FARM_BAD_INPUT;
}

enum {
    OPTION_SET = 256,
    OPTION_FROM,
    OPTION_SHARD,
    OPTION_SHARDS,
    OPTION_EXPECT,
    OPTION_FRESH,
    OPTION_NO_PLOTS,
    OPTION_FORMAT,
    OPTION_PAIRED,
    OPTION_VERSION,
    OPTION_NO_SHARING,
    OPTION_VECTOR,
    OPTION_AT_HAND
};

static const struct option long_options[] = {
    {"repeats", required_argument, NULL, 'r'},
    {"seed", required_argument, NULL, 's'},
    {"threads", required_argument, NULL, 't'},
    {"out", required_argument, NULL, 'o'},
    {"set", required_argument, NULL, OPTION_SET},
    {"from", required_argument, NULL, OPTION_FROM},
    {"shard", required_argument, NULL, OPTION_SHARD},
    {"shards", required_argument, NULL, OPTION_SHARDS},
    /* for batch jobs: the run that was submitted, see docs/scale.md */
    {"expect", required_argument, NULL, OPTION_EXPECT},
    {"fresh", no_argument, NULL, OPTION_FRESH},
    {"no-plots", no_argument, NULL, OPTION_NO_PLOTS},
    {"format", required_argument, NULL, OPTION_FORMAT},
    {"paired", no_argument, NULL, OPTION_PAIRED},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    /* for tests: neither changes a result */
    {"test-no-sharing", no_argument, NULL, OPTION_NO_SHARING},
    {"test-vector", required_argument, NULL, OPTION_VECTOR},
    {"test-at-hand", required_argument, NULL, OPTION_AT_HAND},
    {NULL, 0, NULL, 0},
};

/* Options that only some commands go by; to the others they would change nothing, and look as if they did. */
static const struct {
    int option, commands;
} heeded[] = {
    {'r', OF_A_CONFIG | REPORT},
    {'s', OF_A_CONFIG},
    {'o', OF_A_CONFIG | REPORT | MERGE | COMPARE},
    {OPTION_SET, OF_A_CONFIG},
    {OPTION_FROM, OF_A_CONFIG},
    {OPTION_SHARD, OF_A_CONFIG | STATUS},
    {OPTION_SHARDS, CHECK | PLAN | STATUS},
    {OPTION_EXPECT, OF_A_CONFIG | STATUS},
    {OPTION_FRESH, OF_A_CONFIG},
    {OPTION_PAIRED, COMPARE},
};
enum { N_HEEDED = sizeof heeded / sizeof *heeded };

static void note_option(arguments *a, int option) {
    for (unsigned i = 0; i < N_HEEDED; i++)
        if (heeded[i].option == option) a->given |= 1U << i;
}

/* An option that was given and that the command does not go by; NULL: none. */
static const char *option_in_vain(const arguments *a, const command *c) {
    for (unsigned i = 0; i < N_HEEDED; i++) {
        if (!(a->given >> i & 1) || heeded[i].commands & c->is) continue;
        for (const struct option *o = long_options; o->name; o++)
            if (o->val == heeded[i].option) return o->name;
    }
    return NULL;
}

/* getopt leaves a letter that it does not know, or an option that takes no value, in optopt. */
static int bad_option(const char *argument) {
    char letter[] = {'-', (char)optopt, '\0'};
    bool is_long = strncmp(argument, "--", 2) == 0;
    if (is_long && optopt) return bad_usage("%s: this option takes no value%s", argument, "");
    return bad_usage("%s: no such option%s", is_long || !optopt ? argument : letter, "");
}

/* Reads options into a; returns -1 to go on, else the exit code. */
static int parse_options(arguments *a, int argc, char **argv) {
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":r:s:t:o:qh", long_options, NULL)) != -1;) {
        note_option(a, option);
        switch (option) {
        case 'r': a->farm.repeats = optarg; break;
        case 's': a->farm.seed = optarg; break;
        case 't': a->farm.threads = optarg; break;
        case 'o': a->out = optarg; break;
        case 'q': a->quiet = true; break;
        case OPTION_SET: a->set[a->farm.n_set++] = optarg; break;
        case OPTION_FROM: a->farm.from = optarg; break;
        case OPTION_SHARD: a->farm.shard = optarg; break;
        case OPTION_SHARDS: a->farm.shards = optarg; break;
        case OPTION_EXPECT: a->farm.expect = optarg; break;
        case OPTION_FRESH: a->farm.fresh = true; break;
        case OPTION_NO_PLOTS: a->farm.no_plots = true; break;
        case OPTION_PAIRED: a->pairing = FARM_PAIRED; break;
        case OPTION_FORMAT:
            a->json = strcmp(optarg, "json") == 0;
            if (!a->json && strcmp(optarg, "text") != 0)
                return bad_usage("--format: must be text or json, found \"%s\"%s", optarg, "");
            break;
        case OPTION_NO_SHARING: a->farm.no_sharing = true; break;
        case OPTION_VECTOR: a->farm.vector = optarg; break;
        case OPTION_AT_HAND: a->farm.at_hand = strtoul(optarg, NULL, 10); break;
        case 'h': fputs(usage, stdout); return FARM_OK;
        case OPTION_VERSION: puts("farm " FARM_VERSION); return FARM_OK;
        case ':': return bad_usage("%s needs a value%s", argv[optind - 1], "");
        default: return bad_option(argv[optind - 1]);
        }
    }
    return -1;
}

static const command *find_command(const char *name) {
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

/* Prints what went wrong; returns the exit code. */
static int close_up(farm_status status, farm_errors *errors) {
    for (size_t i = 0; i < errors->n; i++) {
        farm_error_print(stderr, &errors->items[i]);
        fputc('\n', stderr);
    }
    if (status != FARM_OK && status != FARM_INTERRUPTED && errors->n == 0) fputs("farm: out of memory\n", stderr);
    farm_errors_free(errors);
    if (status == FARM_INTERRUPTED) return 128 + (stop_signal ? stop_signal : SIGINT);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("farm: stdout");
        return status != FARM_OK ? (int)status : FARM_FAILED;
    }
    return (int)status;
}

static int run_command_line(arguments *a, int argc, char **argv) {
    int exit_code = parse_options(a, argc, argv);
    if (exit_code >= 0) return exit_code;
    char **operands = argv + optind;
    int n = argc - optind;
    const command *c = n > 0 ? find_command(operands[0]) : NULL;
    if (c) {
        operands++;
        n--;
    } else {
        c = &run_command;
    }
    if (n < c->least) return bad_usage(c->name ? "%s needs %s" : "%sgive me %s", c->name ? c->name : "", c->operand);
    if (n > 1 && c == &run_command)
        return bad_usage("%s: no such command, and one config at a time; what is \"%s\"?", operands[0], operands[1]);
    if (n > c->most) return bad_usage("%s: one at a time; what is \"%s\"?", operands[0], operands[1]);
    const char *in_vain = option_in_vain(a, c);
    if (in_vain) return bad_usage("%s takes no --%s; leave it out", c->name ? c->name : "a run", in_vain);
    for (int i = 0; i < n; i++)
        if (!*operands[i]) return bad_usage("an empty path%s%s", "", "");
    if (a->out && !*a->out) return bad_usage("--out: an empty path%s%s", "", "");
    farm_errors errors = {0};
    if (c == &run_command) catch_signals(); /* others are short, and may end at once */
    assert(c->use || c->use_operands);
    farm_status status =
        c->use ? with_config(c->use, a, operands[0], &errors) : c->use_operands(a, operands, n, &errors);
    return close_up(status, &errors);
}

int main(int argc, char **argv) {
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is told like a full disk */
    arguments a = {.set = malloc((size_t)(argc > 0 ? argc : 1) * sizeof *a.set)};
    if (!a.set) return FARM_FAILED;
    a.farm.set = a.set;
    int exit_code = run_command_line(&a, argc, argv);
    free(a.set);
    return exit_code;
}
