/* nearest.h - the name that was probably meant. Must not know what the names are names of. */
#ifndef NEAREST_H
#define NEAREST_H

#include <stddef.h>

/* The one of names [n] nearest to wanted, if it is near: equal but for case, or at most a third of wanted's letters
 * (at least one) inserted, removed, changed or swapped with a neighbour. NULL: none is near. Points into names. */
const char *nearest_name(const char *wanted, const char *const *names, size_t n);

#endif
