/* Files that hold mails in a way that must be unpacked first, told by their content. */
#ifndef ISSUER_MAIL_CONTAINER_H
#define ISSUER_MAIL_CONTAINER_H

#include <glib.h>

typedef enum {
    CONTAINER_NONE,
    CONTAINER_ARCHIVE, /* archive.h */
    CONTAINER_TABLE,   /* desk_table.h */
    CONTAINER_RECORDS, /* desk_records.h */
    CONTAINER_RECODED, /* recoded.h */
    CONTAINER_MMDF,    /* old_mailbox.h */
    CONTAINER_BABYL,   /* likewise */
    CONTAINER_MSG,     /* outlook_msg.h */
    CONTAINER_PST,     /* pst_process.h */
} ContainerKind;

/* What a file is that begins with `length` bytes at `data` (SNIFF_SIZE of them are enough). */
ContainerKind container_kind(const char *data, gsize length);

#endif
