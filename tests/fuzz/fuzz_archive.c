/* Archives and compressed files: never more comes out than the budget allows, names are text, and
 * what is not read says why. */
#include "fuzz.h"
#include "mail/archive.h"

#include <string.h>

static const BudgetCaps caps = {.members = 50,
                                .member_size = 64UL * 1024,
                                .total_size = 256UL * 1024,
                                .ratio = 100,
                                .free_size = 16UL * 1024};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    archive_init();
    return 0;
}

static gsize take(Archive *archive, const ArchiveMember *member)
{
    FUZZ_HOLDS(member->name == NULL || fuzz_is_text(member->name, strlen(member->name)));
    if (member->trouble != NULL) {
        return 0;
    }
    g_autofree char *why = NULL;
    g_autoptr(GByteArray) content = archive_take(archive, &why);
    FUZZ_HOLDS(content != NULL && content->len <= caps.member_size);
    return content->len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Budget budget = budget_new(caps, size);
    g_autoptr(Archive) archive = archive_open_bytes((const char *)data, size, &budget);
    ArchiveMember member;
    gsize total = 0;
    while (archive_next(archive, &member)) {
        total += take(archive, &member);
    }
    FUZZ_HOLDS(total <= caps.total_size);
    return 0;
}
