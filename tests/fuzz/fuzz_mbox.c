/* The mailbox splitter: its pieces stand in the file one behind another and are what the file says
 * there; no mail is given twice or made up. */
#include "fuzz.h"
#include "mail/mbox.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static void check_piece(const MboxMessage *piece, const uint8_t *data, size_t size, uint64_t from)
{
    FUZZ_HOLDS(piece->offset >= from);
    FUZZ_HOLDS(piece->offset <= size && piece->size <= size - piece->offset);
    FUZZ_HOLDS(piece->bytes == NULL ||
               memcmp(piece->bytes, data + piece->offset, piece->size) == 0);
    FUZZ_HOLDS(piece->bytes != NULL || piece->torn || piece->size > MBOX_WINDOW);
}

static void split(int fd, const uint8_t *data, size_t size, bool begins_as_mail)
{
    g_autoptr(Mbox) mbox = mbox_new(fd, begins_as_mail);
    MboxMessage piece;
    uint64_t from = 0;
    while (mbox_next(mbox, &piece, NULL)) {
        check_piece(&piece, data, size, from);
        from = piece.offset + piece.size;
    }
    FUZZ_HOLDS(mbox_ended(mbox));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("mbox", MFD_CLOEXEC);
    FUZZ_HOLDS(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    split(fd, data, size, false);
    split(fd, data, size, true);
    FUZZ_HOLDS(close(fd) == 0);
    g_autofree char *copy = g_memdup2(data, size);
    FUZZ_HOLDS(mbox_unquote(copy, size) <= size);
    return 0;
}
