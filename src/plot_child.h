/* plot_child.h - another program as a child process: text in, bytes out. No shell. Uses POSIX alone; must not know what
 * the program does. */
#ifndef PLOT_CHILD_H
#define PLOT_CHILD_H

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    CHILD_DONE,        /* exit status 0 */
    CHILD_MISSING,     /* not in PATH */
    CHILD_NOT_STARTED, /* reason: errno */
    CHILD_EXITED,      /* code: its exit status */
    CHILD_KILLED,      /* code: the signal */
    CHILD_TOO_SLOW,    /* ended by us after the time that it had */
    CHILD_STOPPED,     /* ended by us, as it was to stop */
    CHILD_NO_MEMORY,
} child_end;

typedef struct {
    child_end end;
    int code;
    char *out; /* what it wrote on stdout, [n] and a NUL; the caller's */
    size_t n;
    char complaint[400]; /* what it said first on stderr, and is worth telling, on one line */
} child_result;

/* How long a program may take; and what ends it before, asked ten times a second and after each signal; NULL: nothing. */
typedef struct {
    double seconds;
    bool (*stop)(void *context);
    void *context;
} child_limits;

/* Runs the program that PATH finds, with arguments up to a NULL, the first its name. It reads input [n]. Its environment is ours without the variables that begin with one of drop (up to a NULL), and with the
 * C locale. */
void child_run(child_result *result, const char *const *arguments, const char *const *drop, const char *input, size_t n,
               const child_limits *limits);
void child_free(child_result *result);

#endif
