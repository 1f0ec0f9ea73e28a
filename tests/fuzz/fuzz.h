/* What every fuzz target is: libFuzzer's entry points, and a way to say what must hold. A target is
 * linked either with libFuzzer or with replay.c, which gives it the kept corpus. */
#ifndef ISSUER_TESTS_FUZZ_H
#define ISSUER_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Readies what the target stands on; called once, before the first input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Tries one input of `size` bytes at `data`, which are not to be changed. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process where something that must hold does not, as a sanitizer would. */
#define FUZZ_HOLDS(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fuzz_fails(#condition, __FILE__, __LINE__);                                            \
        }                                                                                          \
    } while (0)

/* Whether `length` bytes at `text` are UTF-8; zero bytes may stand in it. */
bool fuzz_is_text(const char *text, size_t length);

/* Says which condition failed where, and aborts. */
_Noreturn void fuzz_fails(const char *condition, const char *file, int line);

#endif
