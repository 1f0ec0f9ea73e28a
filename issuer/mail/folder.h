/* The names in a folder, sorted, held compactly: a Maildir may have a million. */
#ifndef ISSUER_MAIL_FOLDER_H
#define ISSUER_MAIL_FOLDER_H

#include <glib.h>
#include <stdbool.h>

typedef enum {
    FOLDER_OF_FILES, /* mailboxes, mails and further folders */
    FOLDER_OF_MAILS, /* cur or new of a Maildir: a file is one mail */
    FOLDER_MAILDIR,  /* a Maildir itself: its cur, its new, then Maildirs within it */
} FolderKind;

typedef struct Folder Folder;

/* Lists the folder at `path`, an entry of `parent`; NULL: it was named by itself.
 * ISSUER_ERROR_FAILED with the system's reason. The caller owns the result. */
Folder *folder_new(const char *path, const Folder *parent, GError **error);

/* The next entry's path, or NULL at the end. Left out are index files of mail programs, what a
 * Maildir keeps beside its mails, and hidden files; a folder that cannot be looked into is not. New
 * string. */
char *folder_next(Folder *folder);

FolderKind folder_kind(const Folder *folder);

void folder_free(Folder *folder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Folder, folder_free)

#endif
