/* How a process that unpacks tells what comes out: over a socket, piece by piece. */
#ifndef ISSUER_MAIL_UNPACK_OUT_H
#define ISSUER_MAIL_UNPACK_OUT_H

#include <glib.h>
#include <stdbool.h>
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
    UNPACK_IN_MBOX = 4, /* likewise */
    UNPACK_DELETED = 8, /* likewise */
};

/* What goes before each piece. Texts are UTF-8 and go on "FILE …". */
typedef struct {
    uint32_t kind;
    uint32_t flags;
    uint32_t size; /* bytes that follow, at most UNPACK_PIECE */
} UnpackHead;

/* Sends a head with what is behind it; `head.size` bytes at `data`. False if nobody is left to read
 * it; so have the others. */
bool unpack_out_piece(int socket, UnpackHead head, const void *data);

/* Sends a piece of that kind with a text, which is cut where it is too long. */
bool unpack_out_text(int socket, UnpackKind kind, const char *text);

/* Sends content of any length. */
bool unpack_out_bytes(int socket, const char *data, gsize length);

#endif
