/* Messages between the program and the process that speaks to a mailbox: a typed value, and bytes
 * beside it that are too many, or too secret, to be copied about. What is received is checked for
 * its type and size, for whoever sent it may have been taken over. */
#ifndef ISSUER_DELIVERY_IMAP_FRAME_H
#define ISSUER_DELIVERY_IMAP_FRAME_H

#include <glib.h>
#include <stdbool.h>

/* The types of requests ((OrderKind, arguments)) and answers ((code, message, value)). */
#define IMAP_FRAME_REQUEST "(yv)"
#define IMAP_FRAME_ANSWER  "(isv)"
#define IMAP_FRAME_DONE    (-1) /* the code of an answer that is no error */

typedef enum {
    IMAP_ORDER_OPEN,     /* (ssmsuuub): url, user, CA file, three limits, a token and no password */
    IMAP_ORDER_FOLDER,   /* s */
    IMAP_ORDER_SELECT,   /* s → (uub) */
    IMAP_ORDER_LIST,     /* u → au */
    IMAP_ORDER_DESCRIBE, /* au → a(utb) */
    IMAP_ORDER_READ,     /* (ut) → (yms), the mail beside it */
    IMAP_ORDER_SOME,  /* (aut) → (a(ut)ms): UIDs and sizes of the mails beside it, what broke */
    IMAP_ORDER_FRONT, /* (ut) → b, the bytes beside it */
    IMAP_ORDER_MARK,  /* (aus) */
    IMAP_ORDER_MOVE,  /* (aus) */
    IMAP_ORDER_WAIT,  /* u → b: ends as soon as anything else is asked */
    IMAP_ORDER_CEASE, /* b */
} ImapOrder;

/* Sends `message` (floating: taken over) and `beside`. False if nobody is there any more. */
bool imap_frame_send(int socket, GVariant *message, const void *beside, gsize size);

/* Receives a message of this type; NULL at the end, and for what is none. `beside` is what came
 * beside it, of `size` bytes and followed by a zero byte; to be freed by the caller, as the result.
 */
GVariant *imap_frame_receive(int socket, const char *type, char **beside, gsize *size);

#endif
