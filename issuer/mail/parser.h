/* One parser process as the program sees it: mails go in over its socket, answers come out, and a
 * mail that kills it is told from those that waited behind. */
#ifndef ISSUER_MAIL_PARSER_H
#define ISSUER_MAIL_PARSER_H

#include "mail/nursery.h"
#include "mail/source.h"

typedef struct Parser Parser;

/* A parser, whose process is started when it is first needed. `nursery` must outlive it. The caller
 * owns it. */
Parser *parser_new(Nursery *nursery, unsigned time_limit_ms);

/* How many mails it has, and their bytes. */
unsigned parser_loads(const Parser *parser);
uint64_t parser_bytes(const Parser *parser);

/* Whether it can take a mail of `size` bytes: it has none, or few, and this one is no longer than
 * MAIL_STORED_RAW, so that it can wait. */
bool parser_can_take(const Parser *parser, uint64_t size);

/* The socket to poll, -1 if no process runs; and until when the first mail must be answered, by
 * clock_monotonic_us(). */
int parser_fd(const Parser *parser);
int64_t parser_deadline_us(const Parser *parser);

/* Gives it a mail. `raw` is the mail's bytes; NULL for a mail that is longer than MAIL_STORED_RAW,
 * which is sent from the item and not kept. `job` is what parser_take() and parser_check() return.
 * ISSUER_ERROR_FAILED if no process can be started. */
bool parser_send(Parser *parser, const SourceItem *item, GBytes *raw, gpointer job, GError **error);

/* The first mail's job if its answer was received already, else NULL. `mail` and `why` as for
 * parsers_wait(). NULL with ISSUER_ERROR_FAILED if a dead process cannot be replaced. */
gpointer parser_take(Parser *parser, ParsedMail **mail, char **why, GError **error);

/* Receives what is there if the socket is `readable`, else looks at the time. The first mail's job
 * if it is done, one way or another, else NULL; a mail with which the process died is given to
 * another one once. NULL with ISSUER_ERROR_FAILED as for parser_take(). */
gpointer parser_check(Parser *parser, bool readable, ParsedMail **mail, char **why, GError **error);

/* Ends the process and frees what is with it, the jobs aside. */
void parser_free(Parser *parser);

#endif
