/* An unpacker: a child process that opens one container, whose file it has as a descriptor, and
 * sends what is in it over a socket (unpack_out.h). */
#ifndef ISSUER_MAIL_UNPACK_PROCESS_H
#define ISSUER_MAIL_UNPACK_PROCESS_H

#include "mail/container.h"
#include "mail/unpack_out.h"

#define UNPACK_SMALL (1024UL * 1024) /* most bytes of an archive that is sent */

/* What goes before an archive that is sent. */
typedef struct {
    uint64_t size; /* bytes that follow, at most UNPACK_SMALL */
} UnpackRequest;

/* Unpacks `file`, a regular file open for reading, into `socket`. Never returns. */
G_NORETURN void unpack_process_run(int socket, int file, ContainerKind kind);

/* Receives archives over `socket`, one after another, each with its size before it, and unpacks
 * them into it. Ends when the other side closes it. Never returns. */
G_NORETURN void unpack_process_serve(int socket);

#endif
