/* A mail that is with a parser: what it takes to send it, and to send it again should the parser
 * die of it, or of something else. */
#ifndef ISSUER_MAIL_LOAD_H
#define ISSUER_MAIL_LOAD_H

#include "mail/parser_process.h"
#include "mail/source.h"

typedef struct {
    gpointer job; /* the caller's, told when the mail is done */
    ParserRequest request;
    GBytes *raw;      /* or NULL */
    int fd;           /* of our own, where the mail is read from if `raw` is NULL; -1: none */
    uint64_t offset;  /* in that file */
    char *trouble;    /* why not all of it could be read there (read_failure_text()), or NULL */
    bool again;       /* a parser has died with it */
    uint64_t sent;    /* bytes of the request and the mail that the parser's socket has taken */
    int64_t until_us; /* by clock_monotonic_us(): until when it may take to be sent */
} Load;

/* A mail for a parser. `raw` is its bytes; NULL if they are to be read from the item's file, or are
 * too many to be kept. The caller owns it. */
Load *load_new(const SourceItem *item, GBytes *raw, gpointer job);

/* Sends what is not sent of it yet, the first time while the bytes of the `item` are there; later
 * `item` is NULL. If it must not `wait`, as much as the socket takes at once. False if the parser
 * is gone, does not take it in time, or waits for bytes that cannot be read (`trouble`); the socket
 * has to have a send timeout. */
bool load_send(Load *load, const SourceItem *item, int socket, bool wait);

/* Whether all of it was sent. */
bool load_is_sent(const Load *load);

/* Whether it can be sent without the item that it was made of. */
bool load_can_send_again(const Load *load);

void load_free(gpointer data);

#endif
