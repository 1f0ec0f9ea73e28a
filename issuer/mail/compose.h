/* Composes an outgoing reply as an RFC 5322 message. */
#ifndef ISSUER_MAIL_COMPOSE_H
#define ISSUER_MAIL_COMPOSE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *name;    /* file name */
    const char *content; /* text */
} ComposeAttachment;

typedef struct {
    const char *from; /* mailbox, "Example Licensing <licenses@vendor.example>" */
    const char *to;   /* one bare address */
    const char *subject;
    const char *message_id;      /* without angle brackets; made from the reply's record */
    const char *in_reply_to;     /* as the other side wrote it, or NULL; left out unless a msg-id */
    const GPtrArray *references; /* of char *, may be NULL */
    int64_t date;                /* seconds */
    const char *text;            /* UTF-8, LF */
    const GPtrArray *attachments; /* of ComposeAttachment *, may be NULL */
    bool unasked;                 /* it answers nothing: marked auto-generated */
} ComposeMail;

/* The message with CRLF line ends, marked Auto-Submitted (RFC 3834 §5). The same
 * fields always give the same bytes. NULL with ISSUER_ERROR_INPUT if an address or id could break
 * a header. */
GBytes *compose_mail(const ComposeMail *mail, GError **error);

/* The bare address of the mailbox `from`, which may carry a name. ISSUER_ERROR_INPUT if it is no
 * mailbox of one address. New string. */
char *compose_address(const char *from, GError **error);

/* The domain of the mailbox `from`, in which our message ids are made. ISSUER_ERROR_INPUT if it is
 * no mailbox of one address. New string. */
char *compose_domain(const char *from, GError **error);

#endif
