/* Reads a mailbox by IMAP4rev1 (RFC 3501) by UIDs, over TLS alone. Reading leaves a
 * mail as it was; it is marked or moved by calls of their own. A process of its own speaks to the
 * server, which sees neither the records nor a signing key. One conversation at a time: not to be
 * used by two threads at once. */
#ifndef ISSUER_DELIVERY_IMAP_H
#define ISSUER_DELIVERY_IMAP_H

#include "base/secret.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Where the mailbox is. */
typedef struct {
    const char *url;  /* see imap_judge_url() */
    const char *user; /* name to log in with */
    const Secret *password;
    const Secret *token; /* an OAuth 2 bearer token (RFC 7628) in its place; one of both is NULL */
    const char *ca_file; /* certificates that the server's must chain to; NULL: the system's */
    unsigned connect_seconds; /* until a connection stands */
    unsigned stall_seconds;   /* that nothing comes for */
    unsigned seconds;         /* until the answer to one command is complete, a mail included */
} ImapServer;

typedef struct Imap Imap;

/* The folder that was selected. */
typedef struct {
    uint32_t validity; /* UIDVALIDITY: another one, and all UIDs are others */
    uint32_t next;     /* UIDNEXT: above all UIDs that were ever given; 0: not told */
    bool keywords;     /* mails may be given marks of our own making */
} ImapFolder;

/* A mail as it stands there. */
typedef struct {
    uint32_t uid;
    uint64_t size; /* bytes, by the server's account; 0: not told */
    bool deleted;  /* marked \Deleted */
} ImapMail;

typedef enum {
    IMAP_MAIL_READ,
    IMAP_MAIL_GONE,     /* nothing was given: it may not be there any more */
    IMAP_MAIL_TOO_LONG, /* it has more bytes than wanted, whatever was told before */
    IMAP_MAIL_REFUSED,  /* the server does not give it out, for a reason that will last */
} ImapReading;

/* What is wrong with the URL of a server, in words that follow its setting's name, or NULL. Right
 * is imaps://HOST (TLS from the first byte) and imap://HOST (STARTTLS, which the server must
 * offer), each with a port if wanted, and nothing else. New string. */
char *imap_judge_url(const char *url);

/* What is wrong with the name of a folder, likewise. New string. */
char *imap_judge_folder(const char *folder);

/* The host of a good URL, with its port if it has one. New string. */
char *imap_place(const char *url);

/* Is asked each second while an answer is waited for, on the thread that waits: whether to go on
 * waiting. Where not, the call fails, and only imap_free() is of use after it. */
typedef bool (*ImapPatience)(gpointer data);

void imap_set_patience(Imap *imap, ImapPatience patience, gpointer data);

/* Forks the process: to be called while this one has no other threads, and before it opens what
 * that one must not see. ISSUER_ERROR_FAILED. The caller owns it. */
Imap *imap_new(GError **error);

/* Connects and logs in, anew where it was before; nothing of `server` need last. All that fails
 * here and below is ISSUER_ERROR_UNAVAILABLE unless something else is said, and is told in words
 * that follow the mailbox's name; after it only this call and imap_free() are of use. */
bool imap_open(Imap *imap, const ImapServer *server, GError **error);

/* Whether the last imap_open() failed because the server does not take the name and password. */
bool imap_was_refused(const Imap *imap);

/* Whether the process is not there any more: then none of these calls can succeed. */
bool imap_has_ended(const Imap *imap);

/* Whether the folder is there (its name in UTF-8). */
bool imap_has_folder(Imap *imap, const char *folder, GError **error);

/* Opens the folder for reading and marking. */
bool imap_select(Imap *imap, const char *folder, ImapFolder *state, GError **error);

/* The UIDs (of uint32_t) above `after` that there are now, sorted. New array. */
GArray *imap_list(Imap *imap, uint32_t after, GError **error);

/* Those of up to IMAP_TOGETHER `uids` that are still there: of ImapMail, sorted. New array. */
#define IMAP_TOGETHER 200
GArray *imap_describe(Imap *imap, const uint32_t *uids, guint count, GError **error);

/* The bytes of a mail, at most `most`, as they are. `reading` says what became of it, where no
 * error did; `why` is what the server said where it refused (new string). NULL unless it was read.
 * The caller owns the result. */
GBytes *imap_read(Imap *imap, uint32_t uid, gsize most, ImapReading *reading, char **why,
                  GError **error);

/* A mail that was read. */
typedef struct {
    uint32_t uid;
    GBytes *bytes;
} ImapRead;

/* Reads up to IMAP_TOGETHER mails (`uids`, sorted) at one go, in the order in which the server
 * gives them; what is more than `most` bytes together is left out, and so is what it does not
 * give now: imap_read() tells why. Where the conversation breaks, `broken` is set and what came
 * before it stands. Array of ImapRead, never NULL. */
GArray *imap_read_some(Imap *imap, const uint32_t *uids, guint count, gsize most, GError **broken);

/* The first bytes of a mail, at most `most`; NULL without an error if it is not there. */
GBytes *imap_read_front(Imap *imap, uint32_t uid, gsize most, GError **error);

/* Gives the mails that are still there (`uids`, of uint32_t) these flags besides their own, as
 * "\\Seen $Done". */
bool imap_mark(Imap *imap, const GArray *uids, const char *flags, GError **error);

/* Moves the mails that are still there into another folder. Where the server can neither MOVE (RFC
 * 6851) nor UID EXPUNGE (RFC 4315), they are copied and marked \Deleted: who expunges would take
 * away what others have marked. */
bool imap_move(Imap *imap, const GArray *uids, const char *folder, GError **error);

/* Has the process wait for `seconds` (below those after which servers log out who says nothing), or
 * until the server tells of mails that imap_list() has not been asked for yet: by itself where it
 * can IDLE (RFC 2177). Until imap_wait_end() nothing else may be asked. */
bool imap_wait_begin(Imap *imap, unsigned seconds, GError **error);

/* Becomes readable when the waiting is over; -1 where it is not waited. */
int imap_wait_fd(const Imap *imap);

/* Ends the waiting, if it goes on. `news`: there are such mails. */
bool imap_wait_end(Imap *imap, bool *news, GError **error);

/* Takes leave of the server and ends the process. */
void imap_free(Imap *imap);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Imap, imap_free)

#endif
