/* Hands mails over to an SMTP server (RFC 5321), over TLS unless it is told otherwise. */
#ifndef ISSUER_DELIVERY_SMTP_H
#define ISSUER_DELIVERY_SMTP_H

#include "base/secret.h"
#include "delivery/smtp_answer.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    SMTP_TLS_AUTO,   /* required, but of a server on this machine's own loopback address */
    SMTP_TLS_ALWAYS, /* required */
    SMTP_TLS_NEVER,  /* not used; then nobody logs in, but on loopback */
} SmtpTls;

/* Where mail goes. */
typedef struct {
    const char *url;        /* see smtp_judge_url() */
    const char *helo;       /* our domain, as we greet the server */
    const char *user;       /* NULL: no login */
    const Secret *password; /* with a user; wiped by its owner */
    const char *ca_file;    /* certificates that the server's must chain to; NULL: the system's */
    SmtpTls tls;
    unsigned connect_seconds; /* until a connection stands */
    unsigned seconds;         /* until a mail is handed over, connecting included; a server that
                                 does not answer is then given as long to say good-bye */
} SmtpServer;

typedef struct Smtp Smtp;

/* What is wrong with the URL of a server, in words that follow its setting's name, or NULL. Right
 * is smtp://HOST, smtps://HOST (TLS from the first byte), each with a port if wanted, and nothing
 * else. New string. */
char *smtp_judge_url(const char *url);

/* A way to the server; nothing is sent yet, and nothing of `server` need last. ISSUER_ERROR_INPUT
 * where the password would be sent for others to read. The caller owns it. */
Smtp *smtp_open(const SmtpServer *server, GError **error);

/* Greets the server, logs in where it should, and takes leave: whether mail could be handed over.
 * ISSUER_ERROR_UNAVAILABLE. */
bool smtp_greet(Smtp *smtp, GError **error);

/* Hands one mail over, to one recipient: `size` bytes in lines of at most 998 that end with CRLF,
 * of seven bits each. Unless it is taken, `error` says why, in one line of at most some 300
 * characters without control and bidirectional characters; a server's own words may stand in it.
 * ISSUER_ERROR_INPUT (with SMTP_REFUSED): an address or a line could not be put on the wire as it
 * is; ISSUER_ERROR_DENIED: refused for good; ISSUER_ERROR_UNAVAILABLE: all else. Several mails go
 * over one connection; where the server has closed it meanwhile, another one is made. */
SmtpVerdict smtp_send(Smtp *smtp, const char *from, const char *to, const void *mail, gsize size,
                      GError **error);

/* Whether a connection stands that has served a moment ago: the server need not be greeted.
 */
bool smtp_is_fresh(const Smtp *smtp);

/* Takes leave of the server when nothing was said for a while, for it has only so many places for
 * those who stay: to be called now and then. Milliseconds until it is to be called again; -1: no
 * connection stands. */
int64_t smtp_rest(Smtp *smtp);

/* The longest time in seconds that smtp_send() takes, or smtp_rest(). */
unsigned smtp_longest(const Smtp *smtp);

void smtp_free(Smtp *smtp);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Smtp, smtp_free)

#endif
