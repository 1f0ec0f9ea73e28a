/* An unpacker: a child process that opens one container, whose file it has as a descriptor, and
 * sends what is in it over a socket, piece by piece. */
#ifndef ISSUER_MAIL_UNPACK_PROCESS_H
#define ISSUER_MAIL_UNPACK_PROCESS_H

#include "mail/container.h"

#include <stdint.h>

#define UNPACK_PIECE (64UL * 1024) /* most bytes behind a head */

typedef enum {
    UNPACK_MEMBER,  /* a file begins; behind it its name, which may be empty: it has none */
    UNPACK_MAIL,    /* a mail begins that is no file */
    UNPACK_BYTES,   /* of the file or mail that began last */
    UNPACK_TROUBLE, /* with the file or mail that began last: why what is there is not all of it */
    UNPACK_FAULT,   /* with the container as a whole */
    UNPACK_END,     /* nothing follows */
    UNPACK_KINDS,
} UnpackKind;

/* Of an UNPACK_MAIL. */
enum {
    UNPACK_OURS = 1,    /* see DeskMail */
    UNPACK_PARTIAL = 2, /* likewise */
};

/* What goes before each piece. Texts are UTF-8 and go on "FILE …". */
typedef struct {
    uint32_t kind;
    uint32_t flags;
    uint32_t size; /* bytes that follow, at most UNPACK_PIECE */
} UnpackHead;

/* Unpacks `file`, a regular file open for reading, into `socket`. Never returns. */
G_NORETURN void unpack_process_run(int socket, int file, ContainerKind kind);

#endif
