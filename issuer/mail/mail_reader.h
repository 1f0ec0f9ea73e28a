/* Reads mail exports: finds the messages in files, folders and standard input, has each parsed in
 * a child process (hostile mail costs one message, not the run), and hands them out in the order
 * of the source. */
#ifndef ISSUER_MAIL_MAIL_READER_H
#define ISSUER_MAIL_MAIL_READER_H

#include "core/digest.h"
#include "core/finder.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define MAIL_MAX_SIZE   (32UL * 1024 * 1024) /* bytes; a longer mail is quarantined unread */
#define MAIL_STORED_RAW (1024UL * 1024)      /* bytes; a longer mail is kept as digest and place */

/* What kind of mail it is, by its headers and structure. */
typedef enum {
    MAIL_FROM_PERSON,
    MAIL_AUTOMATIC,  /* automatic reply: Auto-Submitted, vacation marks */
    MAIL_BOUNCE,     /* delivery report, null return path, mailer-daemon */
    MAIL_LIST,       /* mass mail of a list that is none of ours */
    MAIL_OURS,       /* From is one of our own addresses */
    MAIL_DELETED,    /* marked deleted in its mailbox */
    MAIL_UNREADABLE, /* quarantine: `why` says what and where */
} MailKind;

/* Whether a receiving server vouches for the address in `from`. */
typedef enum {
    SENDER_UNCHECKED,   /* none that is trusted has said anything */
    SENDER_VOUCHED,     /* it does */
    SENDER_NOT_VOUCHED, /* it has looked, and does not */
} SenderCheck;

/* How a mail stands in what it is read from; what SourceItem says of it. */
typedef enum {
    MAIL_IN_MBOX = 1,
    MAIL_MARKED_DELETED = 2,
    MAIL_MARKED_OURS = 4,
    MAIL_PARTIAL = 8,
    MAIL_DOUBTFUL = 16,
    MAIL_BARE = 32,
} MailMarks;

typedef struct {
    char *source; /* "FILE#N", N from 1, or a feed's name of it; valid UTF-8. A file in an archive
                     is "FILE!NAME", on one line without control characters, one in an archive in
                     it "FILE!NAME!NAME"; what is only compressed has its FILE's name, and so have
                     the rows of a table and the mails of a ticket, with N counting them */
    uint64_t fed; /* a feed's number of it; 0: it comes from a path */
    uint64_t offset;   /* bytes into FILE */
    uint64_t size;     /* bytes */
    unsigned marks;    /* MailMarks, or-ed */
    GBytes *raw;       /* as it stood there, up to MAIL_STORED_RAW; else NULL */
    Digest raw_digest; /* zero if unread */
    Digest identity;   /* what makes two copies of one mail the same */
    MailKind kind;
    bool absent;    /* MAIL_UNREADABLE because of a path that gives no mail at all */
    char *why;      /* in words, why `kind` or `reply_to` is what it is; may be NULL */
    char *from;     /* the address that counts, lower-case domain; NULL if none or several */
    char *reply_to; /* where an answer may go by the mail's own account; NULL: nowhere */
    SenderCheck sender_check;
    char *sender_says;     /* by what: "mx.example.com: dmarc=pass"; NULL: unchecked */
    char *subject;         /* decoded; never NULL */
    char *date;            /* as written, or NULL */
    int64_t date_at;       /* seconds, 0 if there is none of 1970 to 9999 */
    char *message_id;      /* without angle brackets, or NULL */
    char *in_reply_to;     /* likewise */
    GPtrArray *references; /* of char *; of a bounce also the ids of the mails it returns */
    char *text;   /* unquoted text for a person to read, up to 64 KiB, license keys masked */
    char *beside; /* what attached texts say, up to 16 KiB, license keys masked */
    bool license_key_seen; /* anywhere in it, be it in a header: then `raw` is not to be stored */
    bool by_program;       /* a program sent it for a person: it opens no case by itself */
    bool picture_only;     /* an image or a PDF and no code: perhaps one is shown there */
    bool encrypted_only;   /* something that is encrypted and no code: perhaps there is one in it */
    GPtrArray *tokens;     /* of FoundToken */
} ParsedMail;

/* Settings, owned by the caller for the reader's life. */
typedef struct {
    const char *const *own_addresses;  /* NULL-terminated: our mailboxes */
    const char *const *list_addresses; /* NULL-terminated: our group addresses that rewrite From */
    unsigned parsers;                  /* child processes, at least 1 */
    unsigned time_limit_ms;            /* for one message; the child is killed past it */
    bool search_all; /* search mail of machines and of ours too: for what a person has saved */
    const char *const *trusted_servers; /* NULL-terminated, or NULL: authserv-ids of receiving
                                           servers whose word counts (RFC 8601) */
} MailSettings;

typedef struct MailReader MailReader;

/* A reader over paths: mbox files, single messages (.eml, .emlx, .msg), Maildirs, Outlook's data
 * files, help desks' exports in CSV and JSON, archives and compressed files of any of these and of
 * further archives, folders, pipes; each told by its content. "-" is standard input, read to its
 * end before its first mail is given. Nothing is opened yet, but a process is forked: to be called
 * before the program starts threads or opens what a parser must not see. `settings` must outlive
 * it. */
MailReader *mail_reader_new(const char *const *paths, const MailSettings *settings);

/* A path that is told of by another name than it has for now. */
typedef struct {
    const char *at;     /* one of the paths */
    const char *called; /* what `source` of its mails begins with instead */
} MailPlace;

/* Begins anew, with the parsers that there are: over `paths` instead of the earlier ones, or with a
 * feed (`paths` NULL) by asking it again. What was read of the earlier ones and not handed out is
 * dropped. `place`: or NULL. All is copied. */
void mail_reader_restart(MailReader *reader, const char *const *paths, const MailPlace *place);

/* A mail that is given from memory. */
typedef struct {
    uint64_t number;     /* not 0; comes back with what was found */
    const char *name;    /* the mail's own, valid UTF-8; two mails never have the same */
    const char *bytes;   /* the mail */
    uint64_t size;       /* bytes that the mail has */
    uint64_t front_size; /* where it is not to be read: the bytes of it that are there */
    const char *trouble; /* why it cannot be read; NULL: it can, if it is not too long */
    bool deleted;        /* marked deleted in its mailbox */
    bool absent;         /* with trouble: there is no mail to speak of any more */
} FedMail;

/* Gives the next mail, whose pointers are valid until the next call; false at the end. Is called on
 * the thread that calls mail_reader_next(). */
typedef bool (*MailFeed)(gpointer data, FedMail *mail);

/* A reader of the mails that a feed gives; otherwise as mail_reader_new(). */
MailReader *mail_reader_new_feed(MailFeed feed, gpointer data, const MailSettings *settings);

/* The next message, in order; NULL at the end (no error set) or when going on is impossible. A
 * path that cannot be read comes as a ParsedMail of kind MAIL_UNREADABLE that is `absent`. The
 * caller owns it. Not to be called by two threads at once. */
ParsedMail *mail_reader_next(MailReader *reader, GError **error);

void mail_reader_free(MailReader *reader);
void parsed_mail_free(ParsedMail *mail);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MailReader, mail_reader_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ParsedMail, parsed_mail_free)

#endif
