/* memory.h - how much memory there is to be had, so that what will not fit is refused before it is begun: Linux promises
 * more than it has, and kills a program that takes it at its word. Knows the system; must not know what memory is for. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that this process may still take: what the machine has available, what is left to a control group that it is in
 * (a container, a batch job), or to its address space (ulimit -v), whichever is least. SIZE_MAX: the system does not say. */
size_t memory_at_hand(void);

/* The same where the system's files /proc and /sys lie in root, for tests. */
size_t memory_at_hand_in(const char *root);

/* Whether so many bytes may be taken; *at_hand: how many there are. A few megabytes may always. */
bool memory_has(size_t bytes, size_t *at_hand);

enum { MEMORY_TEXT = 32 };

/* 512 bytes, 1.5 MiB, 22.9 GiB; "more than memory can address" for SIZE_MAX. text [MEMORY_TEXT]. */
void memory_text(char *text, size_t bytes);

/* a + b and a * b; SIZE_MAX where they are more. */
size_t memory_sum(size_t a, size_t b);
size_t memory_product(size_t a, size_t b);

#endif
