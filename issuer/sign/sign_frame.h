/* Messages between the signer and those who ask it, over a socket that keeps their bounds
 * (SOCK_SEQPACKET). What is received is checked for its type, form and size, for whoever sent it
 * may have been taken over. */
#ifndef ISSUER_SIGN_SIGN_FRAME_H
#define ISSUER_SIGN_SIGN_FRAME_H

#include "sign/sign_fields.h"

#include <stdbool.h>

/* What the signer says first: the version of all this, its certificate in DER, whether its key is
 * for development. */
#define SIGN_FRAME_HELLO   "(yayb)"
#define SIGN_FRAME_VERSION 2

/* A request: the key that is to sign, the database's clock (seconds), how long ago (milliseconds)
 * the batch began, how many more are to come of it with later requests, the usage licenses. In
 * place of that number SIGN_FRAME_REVOKED, and no usage license: the key is revoked on record, and
 * the answer is that it signs no more. */
#define SIGN_FRAME_REQUEST "(sxuua" SIGN_FIELDS ")"
#define SIGN_FRAME_REVOKED G_MAXUINT32

/* An answer: SignFrameOutcome, why, the signed usage licenses in the order of the request. */
#define SIGN_FRAME_ANSWER "(ysas)"

typedef enum {
    SIGN_FRAME_SIGNED,
    SIGN_FRAME_NOT_NOW, /* none of them; asked again it may be different */
    SIGN_FRAME_WRONG,   /* none of them: one can never be signed */
} SignFrameOutcome;

#define SIGN_FRAME_LICENSES 32                  /* of one request */
#define SIGN_FRAME_MOST     ((gsize)192 * 1024) /* bytes of a message: what a socket takes as one */
#define SIGN_FRAME_FIELDS   ((gsize)32 * 1024)  /* bytes of one usage license's fields */
#define SIGN_FRAME_ROOM     ((gsize)160 * 1024) /* bytes of answer that a request may ask for */
#define SIGN_FRAME_RENDERED                                                                        \
    ((gsize)24 * 1024) /* bytes of a signed usage license at most: as much                         \
                          as its armor holds (core/FORMATS.md) */

typedef enum {
    SIGN_FRAME_WHOLE, /* a message */
    SIGN_FRAME_LATER, /* none yet, or no room for it; of a socket that does not wait */
    SIGN_FRAME_ENDED, /* nobody is there any more, or what came is none */
} SignFrameState;

/* Sends `message` (kept; not floating). `wait`: until there is room, else SIGN_FRAME_LATER. */
SignFrameState sign_frame_send(int socket, GVariant *message, bool wait);

/* Receives a message of this type into `message`, which the caller owns. A socket with a time limit
 * that runs out says SIGN_FRAME_LATER. */
SignFrameState sign_frame_receive(int socket, const char *type, bool wait, GVariant **message);

#endif
