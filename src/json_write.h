/* json_write.h - a tree as JSON text, the same bytes for the same tree on every machine. Knows no keys. */
#ifndef JSON_WRITE_H
#define JSON_WRITE_H

#include <cjson/cJSON.h>

/* Two blanks a level; what fits on a line stands on one. Numbers as short as they read back to the same
 * double. Ends with a newline. The caller's; NULL: out of memory. */
char *json_write(const cJSON *tree);

/* The same text and, as long as it is, *marks: 'd' where stands a member of an object that given, a tree of the same
 * shape, does not have at that place; a blank elsewhere. Both are the caller's; NULL: out of memory. */
char *json_write_marked(const cJSON *tree, const cJSON *given, char **marks);

/* A number as short as it reads back: 0.01, 500, 1e-8. text [NUMBER_TEXT of numbers.h]. */
void json_number_text(char *text, double value);

#endif
