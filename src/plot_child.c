/* plot_child.c - another program as a child process. See plot_child.h.
 * Its stdin is a socket, as writing to one that nobody reads can be kept from raising SIGPIPE; all three streams are
 * served as they are ready, so that neither side waits for the other.
 * Invariant: when child_run returns, the child is gone and waited for. */
#include "plot_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { OURS, THEIRS, CHUNK = 65536 };
enum { NOT_FOUND = 127 }; /* how posix_spawn may tell that there is no such program, too: as a shell does */

typedef struct {
    pid_t id;
    int in[2], out[2], complaints[2]; /* [OURS], [THEIRS]; -1: closed */
} child;

/* Bytes that grow; n < capacity leaves room for a NUL. */
typedef struct {
    char *bytes;
    size_t n, capacity;
} buffer;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void close_end(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static bool keep_to_ourselves(const int *ends) {
    for (int i = 0; i < 2; i++)
        if (fcntl(ends[i], F_SETFD, FD_CLOEXEC) != 0) return false;
    return fcntl(ends[OURS], F_SETFL, O_NONBLOCK) == 0;
}

/* false: errno says why. Closed by close_streams in either case. */
static bool open_streams(child *c) {
    *c = (child){.in = {-1, -1}, .out = {-1, -1}, .complaints = {-1, -1}};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, c->in) != 0 || pipe(c->out) != 0 || pipe(c->complaints) != 0) return false;
    return keep_to_ourselves(c->in) && keep_to_ourselves(c->out) && keep_to_ourselves(c->complaints);
}

static void close_streams(child *c) {
    for (int i = 0; i < 2; i++) {
        close_end(&c->in[i]);
        close_end(&c->out[i]);
        close_end(&c->complaints[i]);
    }
}

/* --- the environment -------------------------------------------------------------------------------------------- */

static bool dropped(const char *variable, const char *const *drop) {
    for (; *drop; drop++)
        if (strncmp(variable, *drop, strlen(*drop)) == 0) return true;
    return false;
}

/* Pointers into ours, to be freed as one; NULL: out of memory. */
static char **make_environment(const char *const *drop) {
    static char locale[] = "LC_ALL=C";
    size_t n = 0, kept = 0;
    while (environ && environ[n]) n++;
    char **made = malloc((n + 2) * sizeof *made);
    for (size_t i = 0; made && i < n; i++)
        if (strncmp(environ[i], "LC_ALL=", 7) != 0 && !dropped(environ[i], drop)) made[kept++] = environ[i];
    if (made) {
        made[kept++] = locale;
        made[kept] = NULL;
    }
    return made;
}

/* --- the start -------------------------------------------------------------------------------------------------- */

/* Of its own process group, so that all it starts ends with it; with the signals that it would have from a shell. */
static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    int reason =
        posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!reason) reason = posix_spawnattr_setpgroup(attributes, 0);
    if (!reason) reason = posix_spawnattr_setsigmask(attributes, &none);
    return reason ? reason : posix_spawnattr_setsigdefault(attributes, &all);
}

/* 0, or why it did not start. */
static int start(child *c, const char *const *arguments, char **environment) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int reason = posix_spawn_file_actions_init(&actions);
    if (reason) return reason;
    if ((reason = posix_spawnattr_init(&attributes)) != 0) goto no_attributes;
    reason = set_attributes(&attributes);
    if (!reason) reason = posix_spawn_file_actions_adddup2(&actions, c->in[THEIRS], STDIN_FILENO);
    if (!reason) reason = posix_spawn_file_actions_adddup2(&actions, c->out[THEIRS], STDOUT_FILENO);
    if (!reason) reason = posix_spawn_file_actions_adddup2(&actions, c->complaints[THEIRS], STDERR_FILENO);
    if (!reason) /* the arguments are not changed: POSIX says so, its prototype does not */
        reason = posix_spawnp(&c->id, arguments[0], &actions, &attributes, (char *const *)(const void *)arguments,
                              environment);
    posix_spawnattr_destroy(&attributes);
no_attributes:
    posix_spawn_file_actions_destroy(&actions);
    return reason;
}

/* --- the talk --------------------------------------------------------------------------------------------------- */

static bool make_room(buffer *b) {
    if (b->capacity - b->n > CHUNK) return true;
    size_t capacity = 2 * b->capacity + 2 * CHUNK;
    char *bytes = realloc(b->bytes, capacity);
    if (!bytes) return false;
    b->bytes = bytes;
    b->capacity = capacity;
    return true;
}

/* Takes what is there; closes at the end. false: out of memory. */
static bool take(int *fd, buffer *b) {
    if (!make_room(b)) return false;
    ssize_t n = read(*fd, b->bytes + b->n, CHUNK);
    if (n > 0) b->n += (size_t)n;
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) close_end(fd);
    return true;
}

/* Gives what it takes; closes at the end, or where nobody reads any more. */
static void give(int *fd, const char **input, size_t *n) {
    ssize_t given = send(*fd, *input, *n, MSG_NOSIGNAL);
    if (given > 0) {
        *input += given;
        *n -= (size_t)given;
    }
    if (*n == 0 || (given < 0 && errno != EAGAIN && errno != EINTR)) close_end(fd);
}

/* Until both its streams are closed. */
static child_end talk(child *c, buffer *out, buffer *complaints, const char *input, size_t n,
                      const child_limits *limits, double end) {
    if (n == 0) close_end(&c->in[OURS]);
    while (c->out[OURS] >= 0 || c->complaints[OURS] >= 0) {
        struct pollfd ready[] = {{.fd = c->in[OURS], .events = POLLOUT},
                                 {.fd = c->out[OURS], .events = POLLIN},
                                 {.fd = c->complaints[OURS], .events = POLLIN}};
        double left = end - now();
        if (limits->stop && limits->stop(limits->context)) return CHILD_STOPPED;
        if (left <= 0) return CHILD_TOO_SLOW;
        if (poll(ready, 3, left < 0.1 ? (int)(1000 * left) + 1 : 100) < 0) {
            if (errno != EINTR && errno != EAGAIN) return CHILD_NO_MEMORY;
            continue;
        }
        if (ready[0].revents) give(&c->in[OURS], &input, &n);
        if (ready[1].revents && !take(&c->out[OURS], out)) return CHILD_NO_MEMORY;
        if (ready[2].revents && !take(&c->complaints[OURS], complaints)) return CHILD_NO_MEMORY;
    }
    return CHILD_DONE;
}

/* Waits until it is gone; one that closed its streams and stays has the rest of the time. */
static child_end wait_for(const child *c, child_end end, double until, int *code) {
    const struct timespec pause = {0, 2000000};
    int status = 0;
    pid_t gone;
    while ((gone = waitpid(c->id, &status, end == CHILD_DONE ? WNOHANG : 0)) != c->id) {
        if (gone < 0 && errno != EINTR) return CHILD_KILLED; /* someone else waited for it */
        if (gone == 0 && now() > until) {
            end = CHILD_TOO_SLOW;
            kill(-c->id, SIGKILL);
        }
        if (gone == 0) nanosleep(&pause, NULL);
    }
    if (end != CHILD_DONE) return end;
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    if (WIFEXITED(status) && *code == NOT_FOUND) return CHILD_MISSING;
    return WIFSIGNALED(status) ? CHILD_KILLED : *code ? CHILD_EXITED : CHILD_DONE;
}

/* --- what it said ----------------------------------------------------------------------------------------------- */

/* Whether a line has a word: others only point, as in "      ^". */
static bool has_word(const char *line, size_t n) {
    for (size_t i = 0; i + 1 < n; i++)
        if (((line[i] | 32) >= 'a' && (line[i] | 32) <= 'z')) return true;
    return false;
}

/* The last line with a word in it, without the blanks before it: programs end with what ended them. */
static void keep_complaint(char *text, size_t size, const buffer *said) {
    const char *best = NULL;
    size_t best_n = 0;
    for (size_t at = 0; at < said->n;) {
        const char *line = said->bytes + at, *end = memchr(line, '\n', said->n - at);
        size_t n = end ? (size_t)(end - line) : said->n - at;
        at += n + 1;
        while (n > 0 && (*line == ' ' || *line == '\t')) line++, n--;
        if (has_word(line, n)) best = line, best_n = n;
    }
    size_t kept = best_n < size - 1 ? best_n : size - 1;
    if (best) memcpy(text, best, kept);
    text[best ? kept : 0] = '\0';
}

/* --- the run ---------------------------------------------------------------------------------------------------- */

static void converse(child_result *result, child *c, const char *input, size_t n, const child_limits *limits) {
    buffer out = {0}, complaints = {0};
    double until = now() + limits->seconds;
    child_end end = make_room(&out) ? talk(c, &out, &complaints, input, n, limits, until) : CHILD_NO_MEMORY;
    if (end != CHILD_DONE) kill(-c->id, SIGKILL);
    close_streams(c);
    result->end = wait_for(c, end, until, &result->code);
    keep_complaint(result->complaint, sizeof result->complaint, &complaints);
    if (out.bytes) out.bytes[out.n] = '\0';
    result->out = out.bytes;
    result->n = out.n;
    free(complaints.bytes);
}

void child_run(child_result *result, const char *const *arguments, const char *const *drop, const char *input, size_t n,
               const child_limits *limits) {
    *result = (child_result){.end = CHILD_NO_MEMORY};
    child c;
    bool open = open_streams(&c);
    int reason = open ? 0 : errno;
    char **environment = open ? make_environment(drop) : NULL;
    if (open && !environment) goto done;
    if (open) reason = start(&c, arguments, environment);
    if (reason) {
        result->end = open && reason == ENOENT ? CHILD_MISSING : CHILD_NOT_STARTED;
        result->code = reason;
        goto done;
    }
    close_end(&c.in[THEIRS]);
    close_end(&c.out[THEIRS]);
    close_end(&c.complaints[THEIRS]);
    converse(result, &c, input, n, limits);
done:
    close_streams(&c);
    free(environment);
}

void child_free(child_result *result) {
    free(result->out);
    *result = (child_result){0};
}
