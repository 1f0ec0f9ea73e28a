/* A file that is open: what it is by its content, and the mails in it, one after another. It may
 * have been named, or found in a folder, or come out of a container. */
#ifndef ISSUER_MAIL_OPENED_H
#define ISSUER_MAIL_OPENED_H

#include "mail/container.h"
#include "mail/source.h"

typedef struct {
    const char *name; /* as SourceItem has it */
    int fd;           /* a regular file, open for reading */
    bool in_maildir;  /* one mail, and never split */
    bool deleted;     /* marked so by its name */
    const char *cut;  /* why what is there is not all of it, as a sentence; or NULL */
} OpenedFile;

typedef struct Opened Opened;

/* Takes over the file descriptor; the texts are copied. The caller owns the result. */
Opened *opened_new(const OpenedFile *file);

/* What it has to be unpacked as; else there are mails in it, or it is none. */
ContainerKind opened_container(const Opened *opened);

/* What opened_new() was given; valid as long as `opened`. */
const OpenedFile *opened_file(const Opened *opened);

/* The next mail or trouble in it; false at the end. The item's pointers are valid until the next
 * call. */
bool opened_next(Opened *opened, SourceItem *item);

/* What a sentence calls a file of that name. */
const char *opened_spoken(const char *name);

void opened_free(Opened *opened);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Opened, opened_free)

#endif
