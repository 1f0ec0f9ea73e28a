/* A connection to an IMAP server, over TLS alone, and what comes over it response by response.
 *
 * libcurl connects, checks the certificate, does STARTTLS and logs in (CURLOPT_CONNECT_ONLY); the
 * conversation after that is ours. Its own transfers cannot be used: by a URL it asks for BODY[],
 * which marks a mail as read, and has no way to say BODY.PEEK[]; by a request of one's own it looks
 * for the response's end in every line, those of the mail included, so that a mail could forge it
 * and answer for the next ones. */
#ifndef ISSUER_DELIVERY_IMAP_WIRE_H
#define ISSUER_DELIVERY_IMAP_WIRE_H

#include "delivery/imap.h"

typedef struct ImapWire ImapWire;

/* Connects and logs in. ISSUER_ERROR_UNAVAILABLE: out of reach, no TLS, another certificate;
 * _DENIED: login refused; _INPUT: the URL. The caller owns it. */
ImapWire *imap_wire_open(const ImapServer *server, GError **error);

/* Sends one command, to which CR LF is added. From here on the time for its answers runs, and they
 * may have `most` bytes together; a literal of more than `literal_most`, or of more than is left of
 * these, is passed over, and stands as an empty one in what is read. ISSUER_ERROR_UNAVAILABLE; so
 * with all below. */
bool imap_wire_send(ImapWire *wire, const char *command, gsize most, gsize literal_most,
                    GError **error);

/* Reads one whole response, line ends and literals included, in place of what `response` held.
 * `passed_over` is set to whether a literal was too long. */
bool imap_wire_read(ImapWire *wire, GByteArray *response, bool *passed_over, GError **error);

/* Sends one line in the middle of a command, without any time beginning to run. */
bool imap_wire_say(ImapWire *wire, const char *line, GError **error);

typedef enum {
    IMAP_WIRE_TIME,  /* the time is over */
    IMAP_WIRE_DATA,  /* a response has begun to come */
    IMAP_WIRE_OTHER, /* `other` is readable */
} ImapWireWake;

/* Waits until one of these is so, at most until `until` (clock_monotonic_us()), and longer than a
 * server may usually say nothing for. For the response that has begun, time and room (`most` bytes)
 * count from here. */
bool imap_wire_await(ImapWire *wire, int other, gint64 until, gsize most, ImapWireWake *wake,
                     GError **error);

/* The time for what is still to come of the answers runs anew. */
void imap_wire_renew(ImapWire *wire);

/* Nothing can be said over it any more: it is not taken leave of. */
void imap_wire_break(ImapWire *wire);

void imap_wire_free(ImapWire *wire);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImapWire, imap_wire_free)

#endif
