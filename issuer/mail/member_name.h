/* What the names of files beside mails tell: in a folder, and in an archive that was made of one.
 * Never what a file is; that is told by its content. */
#ifndef ISSUER_MAIL_MEMBER_NAME_H
#define ISSUER_MAIL_MEMBER_NAME_H

#include <stdbool.h>

/* Whether a file name is one of those that mail servers and mail programs keep beside mails. */
bool member_name_is_index(const char *name);

/* Whether the last part of `path` carries the Maildir flag T, "trashed" (…:2,FLAGS). */
bool member_name_is_trashed(const char *path);

/* Whether a file at `path` of an archive stands in cur or new of a Maildir: then it is one mail. */
bool member_name_in_maildir(const char *path);

/* Whether a file at `path` of an archive is passed over, as it would be in a folder: index files,
 * hidden files, what a Mac puts beside each file (__MACOSX, ._NAME), what a Maildir's programs
 * have not finished writing. */
bool member_name_is_beside(const char *path);

#endif
