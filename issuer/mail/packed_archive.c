#include "mail/packed_archive.h"

#include "mail/archive.h"

static void fail(Unpacked *unpacked, const char *name, const char *why)
{
    g_autofree char *told = g_strdup_printf("%s %s", name == NULL ? "it" : name, why);
    unpacked_fail(unpacked, told);
}

/* Adds a file as far as it can be read; false: no more may be added. */
static bool add_file(Archive *archive, const char *name, Unpacked *unpacked)
{
    g_autofree char *why = NULL;
    GByteArray *content = archive_take(archive, &why);
    if (why != NULL) {
        fail(unpacked, name, why);
    }
    return unpacked_add(unpacked, UNPACKED_FILE, name, NULL, content);
}

void packed_archive_unpack(const char *data, gsize length, Unpacked *unpacked)
{
    Budget budget = unpacked_budget(unpacked);
    g_autoptr(Archive) archive = archive_open_bytes(data, length, &budget);
    ArchiveMember member;
    bool more = true;
    while (more && archive_next(archive, &member)) {
        if (member.trouble != NULL) {
            fail(unpacked, member.name, member.trouble);
            if (member.locked) {
                unpacked_meet_encrypted(unpacked);
            }
        } else {
            g_autofree char *name = g_strdup(member.name); /* the member's own ends too early */
            more = add_file(archive, name, unpacked);
        }
    }
}
