#include "mail/container.h"

#include "mail/archive.h"
#include "mail/desk_records.h"
#include "mail/desk_table.h"
#include "mail/outlook_msg.h"
#include "mail/pst_process.h"
#include "mail/sniff.h"

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
    SniffKind kind = sniff_file(data, length);
    if (kind == SNIFF_MBOX || kind == SNIFF_EMPTY) {
        return CONTAINER_NONE;
    }
    if (sniff_is_text(data, length) && desk_table_is_one(data, length, kind == SNIFF_MESSAGE)) {
        return CONTAINER_TABLE;
    }
    return kind == SNIFF_TEXT && desk_records_is_one(data, length) ? CONTAINER_RECORDS
                                                                   : CONTAINER_NONE;
}
