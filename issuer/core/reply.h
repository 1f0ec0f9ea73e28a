/* The wording of replies: what was decided for the codes of one mail, as subject, text and
 * attachments for the person who sent it. Pure; the mail around it is made in mail/compose.h. */
#ifndef ISSUER_CORE_REPLY_H
#define ISSUER_CORE_REPLY_H

#include "core/rules.h"

#include <glib.h>
#include <stdbool.h>

/* What all contacts of a license are told, whoever's mail has caused it. */
typedef enum {
    NOTICE_NONE,
    NOTICE_REPLACED,     /* another server took a server's place */
    NOTICE_MOVED_AWAY,   /* a server runs under another license now */
    NOTICE_MOVED_HERE,   /* a server of another license runs under this one now */
    NOTICE_GIVEN_BACK,   /* a use was given back */
    NOTICE_CORRECTED,    /* a use ended because the license has fewer now */
    NOTICE_CASE_OPENED,  /* a lost server was reported */
    NOTICE_RESTORED,     /* its use was given back */
    NOTICE_NOT_RESTORED, /* it was denied */
    NOTICE_EXPIRES,      /* the license expires soon */
} NoticeKind;

/* One code of the mail and what was decided for it. Strings may be NULL where they make no sense
 * for the outcome; times are seconds, 0: none. */
typedef struct {
    NoticeKind notice; /* the line tells of a change instead of answering a code */
    StatementKind kind;
    Outcome outcome;
    const char *code;
    const char *note;
    const char *problem;       /* damaged: what is wrong and where */
    const char *request_short; /* "7K2QW-9M3XA" */
    int64_t request_iat;       /* by the server's clock */
    const char *host;
    const char *license_id; /* never told for unknown-license */
    const char *product;    /* the license's */
    const char *request_product;
    const char *serial;        /* usage license issued or sent again, or deactivated */
    const char *supersedes;    /* serials that it replaces, "UL-00000041, UL-00000040" */
    int64_t valid_until;       /* of the usage license; 0: perpetual */
    int64_t license_expires;   /* of the license: past it */
    const char *jws;           /* the usage license itself, when issued or resent */
    bool settled;              /* held or refused, and decided otherwise or given up since */
    bool voided;               /* its usage license was superseded or ended since: it is not sent */
    int64_t case_number;       /* of a held request: people quote it when they answer */
    const char *question;      /* what a person asks about a held request, in any words; NULL */
    uint32_t activations_used; /* for no-activations-left */
    uint32_t activations_allowed;
    const char *other_host;    /* of a notice: the server that was replaced */
    const char *other_serial;  /* of a notice: the usage license that was installed there */
    const char *other_license; /* of a notice: the License ID it moved from or to */
} ReplyLine;

/* Mails without a usable code that have a ready answer. */
typedef enum {
    READY_NONE,
    READY_KEY_INSTEAD_OF_REQUEST, /* a license key was mailed; it was masked */
    READY_PICTURE,                /* a picture of a code, or a PDF */
    READY_FLOATING_SERVER,        /* what a floating license server shows */
    READY_UPGRADE_WISH,           /* a change of a license is asked for */
    READY_ENCRYPTED,              /* what only another can open */
    READY_ANSWERS,                /* how many there are */
} ReadyAnswer;

typedef struct {
    const char *vendor;  /* "Example Licensing" */
    const char *subject; /* of the mail that is answered; notices answer none */
    bool others_mail;    /* the recipient has not sent it: none of its words are repeated */
    GPtrArray *lines;    /* of ReplyLine * (not owned); all of them notices, or none */
    ReadyAnswer ready;   /* when there are no lines */
    const char *words;   /* a person's own answer instead of the ready one; NULL */
} ReplyFacts;

typedef struct {
    char *name;    /* file name, ASCII, safe on any system */
    char *content; /* armored usage license, LF */
} ReplyAttachment;

typedef struct {
    char *subject;
    char *text;             /* LF, lines of at most 76 columns */
    GPtrArray *attachments; /* of ReplyAttachment; one a license */
} ReplyText;

/* Renders the reply; never NULL. The caller owns it. */
ReplyText *reply_render(const ReplyFacts *facts);

void reply_text_free(ReplyText *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReplyText, reply_text_free)

#endif
