/* Which mailboxes are fetched: the settings [mailbox NAME] of issuer.conf. */
#ifndef ISSUER_SERVICE_MAILBOX_SETTINGS_H
#define ISSUER_SERVICE_MAILBOX_SETTINGS_H

#include "base/config.h"
#include "core/digest.h"
#include "delivery/imap.h"

#define MAILBOX_KIND "mailbox"
#define MAILBOX_ROWS 13

/* The settings of one mailbox. */
extern const ConfigRow mailbox_rows[MAILBOX_ROWS];

/* One mailbox as it is set. */
typedef struct {
    const char *name;        /* in issuer.conf */
    const Config *group;     /* its settings */
    const char *folder;      /* that is read */
    const char *done_folder; /* that mails are moved to; NULL: they are marked where they are */
    ImapServer server;
    Secret *secret; /* password or token, which the server's points to */
    char *place;    /* HOST/FOLDER, for people and records */
} Mailbox;

/* Whether the settings of the mailbox `name` go together; reads and opens nothing.
 * ISSUER_ERROR_INPUT. */
bool mailbox_judge(const Config *config, const char *name, GError **error);

/* HOST/FOLDER of the mailbox `name`, for people. New string. */
char *mailbox_place(const Config *config, const char *name);

/* The mailbox of the group number `index`, with its password or token. ISSUER_ERROR_INPUT: settings
 * that do not go together; errors of login_secret() and login_check_authority(). Borrows from
 * `config`; the caller owns it. */
Mailbox *mailbox_new(const Config *config, guint index, GError **error);

/* Reads its password or token once more, which may have been changed. Errors as above; then it has
 * the one that it had. */
bool mailbox_read_secret(Mailbox *mailbox, GError **error);

/* By what a mailbox is known in the records, from its settings [mailbox NAME]. Two mailboxes are
 * two where server, user or folder differ. Where the server has begun to count again without saying
 * so, another generation of the same begins. */
Digest mailbox_digest(const Config *group, guint generation);

/* Connects `imap` to it, anew where it was before, sees that the folder for what is done is there,
 * before anything is taken in that could not be moved then, and opens the one that is read. Errors
 * as imap_open(). */
bool mailbox_open(const Mailbox *mailbox, Imap *imap, ImapFolder *folder, GError **error);

void mailbox_free(Mailbox *mailbox);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mailbox, mailbox_free)

#endif
