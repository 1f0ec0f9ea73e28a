/* The conversation with an IMAP server, in the process that speaks to it (delivery/imap_agent.h).
 * Each function is what the one of its name in delivery/imap.h asks for. */
#ifndef ISSUER_DELIVERY_IMAP_SESSION_H
#define ISSUER_DELIVERY_IMAP_SESSION_H

#include "delivery/imap.h"

typedef struct ImapSession ImapSession;

/* Connects and logs in. The caller owns it. */
ImapSession *imap_session_open(const ImapServer *server, GError **error);

bool imap_session_has_folder(ImapSession *imap, const char *folder, GError **error);
bool imap_session_select(ImapSession *imap, const char *folder, ImapFolder *state, GError **error);
GArray *imap_session_list(ImapSession *imap, uint32_t after, GError **error);
GArray *imap_session_describe(ImapSession *imap, const uint32_t *uids, guint count, GError **error);
GBytes *imap_session_read(ImapSession *imap, uint32_t uid, gsize most, ImapReading *reading,
                          char **why, GError **error);
GArray *imap_session_read_some(ImapSession *imap, const uint32_t *uids, guint count, gsize most,
                               GError **broken);
GBytes *imap_session_read_front(ImapSession *imap, uint32_t uid, gsize most, GError **error);
bool imap_session_mark(ImapSession *imap, const GArray *uids, const char *flags, GError **error);
bool imap_session_move(ImapSession *imap, const GArray *uids, const char *folder, GError **error);

/* Waits until the server tells of new mail in the folder, or `other` is readable, at most
 * `seconds`. `news`: it has told of some since imap_session_list() asked. */
bool imap_session_wait(ImapSession *imap, unsigned seconds, int other, bool *news, GError **error);

/* Takes leave of the server, unless the conversation is broken. */
void imap_session_free(ImapSession *imap);

/* A folder's name as it goes over the wire (RFC 3501 section 5.1.3), in quotes. New string;
 * ISSUER_ERROR_INPUT. */
char *imap_quote_folder(const char *folder, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImapSession, imap_session_free)

#endif
