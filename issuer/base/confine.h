/* Taking rights from this process for good: a seccomp filter made of lists of system calls. Which
 * they are is for those who confine; here is what all of them share. */
#ifndef ISSUER_BASE_CONFINE_H
#define ISSUER_BASE_CONFINE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Whether this build has a sanitizer, which needs far more than the program. */
extern const bool confine_sanitized;

/* Reaches nothing but the process itself. Lists are names with a space between them. */
extern const char confine_harmless[];

/* What a sanitizer needs, and what it would do and can do without: it maps its program's files and
 * the list of its memory to name the place of a fault, wants to know where the stack ends, catches
 * signals on a stack of its own, tries by a pipe whether an address can be read, and writes its
 * report. */
extern const char confine_sanitizers_need[];
extern const char confine_sanitizers_miss[];

/* An argument of a call, by its place from 0, of which the bits in `mask` must be `value`. */
typedef struct {
    unsigned argument;
    uint64_t mask;
    uint64_t value;
} ConfineTest;

/* The whole argument is `number`; it has none of these bits; it has all of them. */
#define CONFINE_EQUALS(argument, number)                                                           \
    {                                                                                              \
        (argument), UINT64_MAX, (uint64_t)(number)                                                 \
    }
#define CONFINE_WITHOUT(argument, bits)                                                            \
    {                                                                                              \
        (argument), (uint64_t)(bits), 0                                                            \
    }
#define CONFINE_WITH(argument, bits)                                                               \
    {                                                                                              \
        (argument), (uint64_t)(bits), (uint64_t)(bits)                                             \
    }

/* A call that is allowed if all of its `count` tests hold. */
typedef struct {
    const char *call;
    unsigned count;
    ConfineTest when[2];
} ConfineRule;

/* What becomes of a call that is on no list. */
typedef enum {
    CONFINE_ENDS,   /* the process ends with SIGSYS */
    CONFINE_TRAPS,  /* the same, but it may catch that */
    CONFINE_DENIES, /* it fails with EPERM */
} ConfineElse;

typedef struct Confine Confine;

/* Whether this kernel can end a process for a call (Linux 4.14). */
bool confine_possible(void);

/* An empty filter. What goes wrong with it is told by confine_load(). Freed by that. */
Confine *confine_new(ConfineElse otherwise);

/* Allows the calls of a list; those that this machine does not have are passed over. */
void confine_allow(Confine *confine, const char *calls);

/* Has them fail with `error` (errno). */
void confine_refuse(Confine *confine, const char *calls, int error);

void confine_allow_when(Confine *confine, const ConfineRule *rules, gsize count);

/* Memory of its own that holds no code: no file's, and never to be executed. */
void confine_allow_memory(Confine *confine);

/* What abort() sends to this process itself. */
void confine_allow_abort(Confine *confine);

/* Loads the filter, and nothing that is executed gains rights any more. Calls of another
 * architecture (32 bits) end the process. False if the kernel refuses. */
bool confine_load(Confine *confine);

/* Lowers a limit (RLIMIT_…) for good. */
void confine_limit(int resource, uint64_t value);

/* The name of a call of this machine, or NULL. New string. */
char *confine_call_name(int number);

#endif
