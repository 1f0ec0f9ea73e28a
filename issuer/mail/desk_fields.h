/* The columns of a help desk's export: which of them say what of a mail, by the names that help
 * desks and mail programs give them. */
#ifndef ISSUER_MAIL_DESK_FIELDS_H
#define ISSUER_MAIL_DESK_FIELDS_H

#include <glib.h>
#include <stdbool.h>

typedef enum {
    DESK_FROM,
    DESK_CUSTOMER, /* who wrote it if nobody else is said to have */
    DESK_ASKER,    /* whose ticket it stands in; found by no name */
    DESK_TO,
    DESK_SUBJECT,
    DESK_DATE,
    DESK_MESSAGE_ID,
    DESK_IN_REPLY_TO,
    DESK_CONTENT_TYPE, /* of DESK_BODY: "text/html", "html", … */
    DESK_BODY,         /* text or HTML */
    DESK_TEXT,         /* text */
    DESK_HTML,         /* HTML */
    DESK_RAW,          /* the mail as it was received, perhaps in base64 */
    DESK_DIRECTION,    /* "in", "outgoing"; "true" under a name such as "incoming" */
    DESK_AUTHOR_KIND,  /* "customer", "agent", "note" … */
    DESK_INTERNAL,     /* "true": a note among agents */
    DESK_AUTHOR_ID,    /* the desk's number for who wrote it, */
    DESK_REQUESTER_ID, /* and for whose ticket it is */
    DESK_ATTACHMENTS,  /* names or places of files that came with it */
    DESK_OTHER,        /* what stands elsewhere and looks like a code; found by no name */
    DESK_FIELDS,
    DESK_UNKNOWN = DESK_FIELDS,
} DeskField;

/* What is known of one mail; each a string of its own or NULL. */
typedef struct {
    char *values[DESK_FIELDS];
} DeskRow;

/* What the column `name` (UTF-8) says; case, blanks and signs in it don't matter. */
DeskField desk_fields_find(const char *name);

/* Keeps a copy of `value` unless it is blank, or something as good is there: of two senders the
 * first one that is an address. */
void desk_fields_set(DeskRow *row, DeskField field, const char *value);

/* Keeps the value of a column that has no known name, if it looks like a code: nobody has told what
 * people write where. */
void desk_fields_set_unknown(DeskRow *row, const char *value);

/* Completes the row of a mail by what its ticket says of all in it. */
void desk_fields_inherit(DeskRow *row, const DeskRow *ticket);

/* Whether there is something that can be read as a mail. */
bool desk_fields_have_mail(const DeskRow *row);

/* Who wrote it, by all that the row says; NULL: it does not say. Owned by the row. */
const char *desk_fields_sender(const DeskRow *row);

/* Whether the help desk's own people or programs wrote it, not a customer. */
bool desk_fields_are_ours(const DeskRow *row);

/* Frees what the row holds. */
void desk_fields_clear(DeskRow *row);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DeskRow, desk_fields_clear)

#endif
