/* An unpacker: a child process that opens one container, whose file it has as a descriptor, and
 * sends what is in it over a socket (unpack_out.h). */
#ifndef ISSUER_MAIL_UNPACK_PROCESS_H
#define ISSUER_MAIL_UNPACK_PROCESS_H

#include "mail/container.h"
#include "mail/unpack_out.h"

/* Unpacks `file`, a regular file open for reading, into `socket`. Never returns. */
G_NORETURN void unpack_process_run(int socket, int file, ContainerKind kind);

#endif
