/* A parser: a child process that reads one mail at a time, sent to it over a socket, and sends back
 * a frame. */
#ifndef ISSUER_MAIL_PARSER_PROCESS_H
#define ISSUER_MAIL_PARSER_PROCESS_H

#include "mail/message.h"

/* What goes before the mail's bytes on the socket, and (the size alone) before a frame. */
typedef struct {
    uint64_t size; /* bytes that follow */
    uint32_t from_mbox;
    uint32_t deleted;
    uint32_t ours;
    uint32_t bare;
} ParserRequest;

/* Answers requests on `fd` until the other side closes it, in a process that sandbox_close() has
 * confined. Never returns. */
G_NORETURN void parser_process_run(int fd, const MailSettings *settings);

#endif
