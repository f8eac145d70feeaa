/* fuzz.h - what the fuzzing targets share: files that are pieces of memory, and properties that must hold.
 *
 * A target is one file, fuzz_NAME.c, with the function that libFuzzer calls; corpus/NAME/ holds inputs to begin with and
 * NAME.dict words that inputs are made of. The rooms open files by path, with fopen. While a target has given files,
 * fopen finds those and no others (the linker's --wrap): nothing touches the disk, and no input can name a device. */
#ifndef FUZZ_H
#define FUZZ_H

#include "farm.h"

/* What libFuzzer calls; bytes [n] are its. Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* From here on until fuzz_close_files there is a file at path with these bytes [n], which must live as long. */
void fuzz_file(const char *path, const void *bytes, size_t n);
void fuzz_close_files(void);

/* Ends the program, and with it the input's life in peace, where a property does not hold. */
void fuzz_require(bool holds, const char *property);

/* What must hold of every refusal: there is a fault; each prints as one line of UTF-8 without control characters, and
 * one in the file at path, of bytes [n], lies within it. */
void fuzz_check_faults(farm_status status, const farm_errors *errors, const char *path, const void *bytes, size_t n);

#endif
