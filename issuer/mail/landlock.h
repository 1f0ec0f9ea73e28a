/* Which files a tool (sandbox.h) may open: a seccomp filter sees no paths, but Landlock does (Linux
 * 5.13 and later, where the machine has it among its security modules). */
#ifndef ISSUER_MAIL_LANDLOCK_H
#define ISSUER_MAIL_LANDLOCK_H

#include <stdbool.h>

/* What a tool may reach besides the system's programs and libraries, which it may read and
 * execute. */
typedef struct {
    int folder;          /* open: it may do in it what it likes */
    int file;            /* open: it may read it */
    const char *program; /* path of the program itself */
} LandlockPlaces;

/* Whether this kernel has it. */
bool landlock_possible(void);

/* Confines this process, which has one thread, and what it executes, for good; on a kernel that
 * does not have it nothing is done. Descriptors that are open stay of use. To be called before the
 * seccomp filter, which has no room for it. False if the kernel refuses. */
bool landlock_close(const LandlockPlaces *places);

#endif
