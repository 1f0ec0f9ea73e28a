/* The parent of the parsers and unpackers: a small process forked before the program has threads,
 * which forks them when asked. So a parser that died can be replaced at any time, and they see
 * nothing of what the program opened later. */
#ifndef ISSUER_MAIL_NURSERY_H
#define ISSUER_MAIL_NURSERY_H

#include "mail/container.h"
#include "mail/mail_reader.h"

#include <sys/types.h>

typedef struct Nursery Nursery;

/* Forks the nursery. To be called while the process has no other threads. ISSUER_ERROR_FAILED, also
 * where parsers could not be confined. The caller owns the result. */
Nursery *nursery_new(const MailSettings *settings, GError **error);

/* Starts a parser: its socket, which the caller closes, or -1 with ISSUER_ERROR_FAILED. */
int nursery_spawn(Nursery *nursery, pid_t *pid, GError **error);

/* The same for an unpacker of the container `file`, a regular file that is open for reading alone
 * and stays the caller's; -1: of archives that are sent to it (unpack_process_serve()). The error's
 * message goes on "FILE …". */
int nursery_spawn_unpacker(Nursery *nursery, ContainerKind kind, int file, pid_t *pid,
                           GError **error);

/* Ends the parser or unpacker `pid`, dead or alive. */
void nursery_kill(Nursery *nursery, pid_t pid);

/* The same for one that has closed its socket: tells how it ended, as sandbox_end() does; the
 * caller frees it. NULL with ISSUER_ERROR_FAILED if it could not be confined, or if the nursery is
 * gone: no mail's fault. */
char *nursery_bury(Nursery *nursery, pid_t pid, GError **error);

/* Ends the nursery and all its parsers. */
void nursery_free(Nursery *nursery);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Nursery, nursery_free)

#endif
