/* measure.c - run a command and say what it took, in a line of JSON on stdout:
 *
 *     measure COMMAND...   {"wall": seconds, "processor": seconds, "bytes": peak of resident memory, "status": n}
 *
 * From just before the process is made to its end. The command's stdout is thrown away. A small process of its own does
 * this, because Linux counts into a child's peak what the parent held when it was forked. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double seconds(struct timeval t) { return (double)t.tv_sec + 1e-6 * (double)t.tv_usec; }

static void become(char **command) {
    int nothing = open("/dev/null", O_WRONLY);
    if (nothing >= 0) dup2(nothing, STDOUT_FILENO);
    execvp(command[0], command);
    perror(command[0]);
    _exit(127);
}

int main(int argc, char **argv) {
    struct rusage used;
    int status;
    if (argc < 2) return 2;
    double begin = now();
    pid_t child = fork();
    if (child == 0) become(argv + 1);
    if (child < 0 || waitpid(child, &status, 0) != child || getrusage(RUSAGE_CHILDREN, &used)) {
        perror("measure");
        return 1;
    }
    double wall = now() - begin;
    printf("{\"wall\": %.6f, \"processor\": %.6f, \"bytes\": %ld, \"status\": %d}\n", wall,
           seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss * 1024L,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}
