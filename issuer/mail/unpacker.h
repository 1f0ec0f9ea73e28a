/* A container that is being unpacked by a process of its own, as the program sees it: files and
 * mails come out, one after another. What the process says is as hostile as the container; the
 * budget is kept here. */
#ifndef ISSUER_MAIL_UNPACKER_H
#define ISSUER_MAIL_UNPACKER_H

#include "mail/budget.h"
#include "mail/container.h"
#include "mail/nursery.h"

typedef enum {
    UNPACKER_FILE,
    UNPACKER_MAIL,  /* of a help desk's export */
    UNPACKER_FAULT, /* with the container as a whole */
    UNPACKER_END,
} UnpackerItemKind;

typedef struct {
    UnpackerItemKind kind;
    const char *name;    /* of a file, on one line; NULL: it has none. Until the next call */
    int fd;              /* of a file: its content, open for reading; the caller closes it; or -1 */
    const char *bytes;   /* of a mail; valid until the next call */
    gsize size;          /* bytes */
    bool ours;           /* of a mail: see DeskMail */
    bool partial;        /* likewise */
    bool in_mbox;        /* likewise */
    bool deleted;        /* likewise */
    const char *trouble; /* why what is there is not all of it, in words that go on "FILE …"; or
                            NULL. Until the next call */
    bool spent;          /* with `trouble`: the budget is spent, nothing more may come out */
    bool broken; /* with `trouble`: the process has failed, it is about the whole container */
} UnpackerItem;

typedef struct Unpacker Unpacker;

/* Has the regular file `fd` unpacked, which stays the caller's and may be closed at once. `nursery`
 * and `budget` must outlive the result. NULL with ISSUER_ERROR_FAILED if no process can be started.
 * The caller owns it. */
Unpacker *unpacker_new(Nursery *nursery, ContainerKind kind, int fd, unsigned time_limit_ms,
                       Budget *budget, GError **error);

/* The same for archives that are in memory, one after another: see unpacker_give(). */
Unpacker *unpacker_new_small(Nursery *nursery, unsigned time_limit_ms, Budget *budget,
                             GError **error);

/* Has an archive of at most UNPACK_SMALL bytes unpacked next; what was given before must have come
 * to its end. */
void unpacker_give(Unpacker *unpacker, const void *data, gsize size);

/* Whether another archive can be given to it. */
bool unpacker_can_take(const Unpacker *unpacker);

/* What comes out next; waits for it at most as long as the time limit says, each time. */
void unpacker_next(Unpacker *unpacker, UnpackerItem *out);

/* Ends the process, if it still runs. */
void unpacker_free(Unpacker *unpacker);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Unpacker, unpacker_free)

#endif
