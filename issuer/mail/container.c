#include "mail/container.h"

#include "mail/archive.h"
#include "mail/desk_records.h"
#include "mail/desk_table.h"
#include "mail/old_mailbox.h"
#include "mail/outlook_msg.h"
#include "mail/pst_process.h"
#include "mail/recoded.h"
#include "mail/sniff.h"

#include <stdbool.h>
#include <string.h>

/* Whether what begins as a mail does may be a table nevertheless, whose first row has a colon in
 * it: names of header fields have no such signs in practice. */
static bool may_be_table(const char *data, gsize length)
{
    const char *colon = memchr(data, ':', length);
    const gsize name = colon == NULL ? length : (gsize)(colon - data);
    for (gsize i = 0; i < name; i++) {
        if (strchr(",;|\t\"", data[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* What a file that is no archive and of no program's own kind holds, by the look of its text. */
static ContainerKind text_kind(const char *data, gsize length)
{
    if (recoded_is_one(data, length)) { // what it is shows then
        return CONTAINER_RECODED;
    }
    SniffKind kind = sniff_file(data, length);
    if (kind == SNIFF_MBOX || kind == SNIFF_EMPTY) {
        return CONTAINER_NONE;
    }
    const bool mail = kind == SNIFF_MESSAGE;
    if (!sniff_is_text(data, length) || (mail && !may_be_table(data, length))) {
        return CONTAINER_NONE;
    }
    if (desk_records_is_one(data, length)) {
        return CONTAINER_RECORDS;
    }
    return desk_table_is_one(data, length, mail) ? CONTAINER_TABLE : CONTAINER_NONE;
}

ContainerKind container_kind(const char *data, gsize length)
{
    if (archive_is_one(data, length)) {
        return CONTAINER_ARCHIVE;
    }
    if (outlook_msg_begins(data, length)) {
        return CONTAINER_MSG;
    }
    if (pst_process_begins(data, length)) {
        return CONTAINER_PST;
    }
    if (old_mailbox_is_mmdf(data, length)) {
        return CONTAINER_MMDF;
    }
    if (old_mailbox_is_babyl(data, length)) {
        return CONTAINER_BABYL;
    }
    return text_kind(data, length);
}
