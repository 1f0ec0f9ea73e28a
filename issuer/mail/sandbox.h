/* What processes that touch hostile bytes may still ask of the kernel. A parser gets a mail over a
 * socket and sends a frame back; an unpacker also reads one open file; a tool is another program
 * that unpacks for us. None of them reaches the network, and the first two no other file.
 *
 * Limits of memory and files come first, then a seccomp filter with a list of what is allowed. In
 * parsers and unpackers any other call ends the process with SIGSYS before the kernel has done
 * anything. Calls by which libraries look for what they can do without (a rare converter, a locale,
 * a terminal) get an error instead: a mail must not be lost for a label that it bears.
 *
 * A kernel without seccomp filters reads no mail; there is no setting for that. */
#ifndef ISSUER_MAIL_SANDBOX_H
#define ISSUER_MAIL_SANDBOX_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Descriptors of a confined process: a parser's and an unpacker's socket, which it reads, receives
 * from, writes and sends to; and an unpacker's file, which it may read(), pread() and lseek(), but
 * not fstat(), which glibc asks by path. */
#define SANDBOX_SOCKET 3
#define SANDBOX_FILE   4

#define SANDBOX_FAILED 75                    /* exit code of a process that could not be confined */
#define SANDBOX_MEMORY (512UL * 1024 * 1024) /* bytes of address space of a parser or unpacker */

typedef enum {
    SANDBOX_PARSER,
    SANDBOX_UNPACKER,
    SANDBOX_TOOL, /* a program that is executed next: it may open, make and remove files (which of
                   * them: landlock.h), and reach no network and no other process. What is on no
                   * list fails with EPERM. */
} SandboxKind;

/* What a confined process leaves behind about its end, in memory that it shares with its parent: as
 * hostile as all that it says. */
typedef struct {
    uint32_t forbidden; /* 1 + the number of the system call that ended it; 0: none did */
    uint32_t memory;    /* not 0: it was refused memory */
} SandboxWords;

/* Whether this kernel can confine a process. ISSUER_ERROR_FAILED, with what to do. */
bool sandbox_possible(GError **error);

/* Memory for the words of a child that is forked next; NULL if there is none. The caller gives it
 * back with sandbox_words_free() when the child has ended. */
SandboxWords *sandbox_words_new(void);
void sandbox_words_free(SandboxWords *words);

/* Confines this process, which has one thread, for good. A parser and an unpacker lose standard
 * error (where no sanitizer reports there) and all descriptors above their own, and tell in `words`
 * (may be NULL) what ends them. A tool has the limits that its starter sets. False if the kernel
 * refuses; the process then has to end with SANDBOX_FAILED. */
bool sandbox_close(SandboxKind kind, SandboxWords *words);

/* How a process ended, by its wait status and its words (may be NULL), as in "its parser …":
 * "crashed (SIGSEGV)", "made a forbidden system call (socket)". The caller frees it. */
char *sandbox_end(int status, const SandboxWords *words);

#endif
