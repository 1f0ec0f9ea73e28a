/* What an IMAP server says (RFC 3501 section 7), read as hostile input: one whole response, with
 * its literals, into what the program wants of it. Pure: bytes in, a value out. */
#ifndef ISSUER_DELIVERY_IMAP_RESPONSE_H
#define ISSUER_DELIVERY_IMAP_RESPONSE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    IMAP_TAGGED,       /* ends a command: `status` */
    IMAP_UNTAGGED,     /* "* OK", "* NO", "* BAD", "* BYE", "* PREAUTH": `status` */
    IMAP_CAPABILITIES, /* `text` */
    IMAP_FOUND,        /* the numbers of a SEARCH: `numbers` */
    IMAP_FETCHED,      /* `mail` */
    IMAP_EXISTS,       /* the folder has `number` mails now */
    IMAP_EXPUNGED,     /* the mail that had the place `number` is not there any more */
    IMAP_CONTINUATION, /* the server waits for more */
    IMAP_OTHER,        /* anything else that is well-formed */
} ImapKind;

typedef enum {
    IMAP_OK,
    IMAP_NO,
    IMAP_BAD,
    IMAP_BYE,
    IMAP_PREAUTH,
} ImapStatus;

/* What a FETCH tells of one mail. */
typedef struct {
    uint32_t uid; /* 0: not told */
    bool has_size;
    uint64_t size; /* bytes */
    bool has_flags;
    bool deleted;     /* has the flag \Deleted */
    const char *body; /* of BODY[]; NULL: not told; points into what was read */
    gsize body_size;  /* bytes */
} ImapFetched;

typedef struct {
    ImapKind kind;
    ImapStatus status;
    char *tag;       /* of IMAP_TAGGED */
    char *code;      /* what stands in [ ] after the status; NULL: nothing */
    char *text;      /* what it says besides: any bytes but NUL and line ends */
    GArray *numbers; /* of uint32_t, as they came */
    uint32_t number; /* of IMAP_EXISTS and IMAP_EXPUNGED */
    ImapFetched mail;
} ImapResponse;

/* Whether a line that has not ended a response before announces a literal (section 4.3): bytes of
 * any kind that follow it, and after which the response goes on. `size` is set to their number, and
 * `marker` to where its "{" stands. The free text of a status never does, whatever it looks like.
 */
bool imap_response_has_literal(const char *line, gsize length, bool status, uint64_t *size,
                               gsize *marker);

/* Whether a response that begins like this is a status: tagged, or "* OK" and its like. */
bool imap_response_is_status(const char *line, gsize length);

/* Reads a response of `size` bytes, its last line end included. False if it is none: then
 * `response` holds nothing. To be cleared by the caller. */
bool imap_response_read(const char *data, gsize size, ImapResponse *response);

void imap_response_clear(ImapResponse *response);

#endif
