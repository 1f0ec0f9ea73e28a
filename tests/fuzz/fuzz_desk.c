/* Exports of help desks, mailboxes of older programs, recoded text and Apple Mail's files: whatever
 * they hold, mails come out, and troubles that are one line of text. */
#include "fuzz.h"
#include "mail/container.h"
#include "mail/desk_records.h"
#include "mail/desk_table.h"
#include "mail/emlx.h"
#include "mail/old_mailbox.h"
#include "mail/recoded.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static bool take_mail(gpointer data, const DeskMail *mail)
{
    (void)data;
    FUZZ_HOLDS(mail->bytes->len > 0);
    return true;
}

static bool take_trouble(gpointer data, const char *why)
{
    (void)data;
    FUZZ_HOLDS(why[0] != '\0' && fuzz_is_text(why, strlen(why)) && strchr(why, '\n') == NULL);
    return true;
}

static bool take_text(gpointer data, const char *piece, gsize length)
{
    gsize *whole = data;
    *whole += length;
    return memchr(piece, '\0', length) == NULL || length > 0;
}

/* No more comes out than three bytes for each unit of two. */
static void read_recoded(int fd, size_t size)
{
    gsize whole = 0;
    FUZZ_HOLDS(recoded_read(fd, take_text, &whole) && whole <= size + size / 2 + 3);
}

static void read_emlx(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    if (emlx_is_one(text, size)) {
        Emlx emlx = emlx_read(text, size, text, size, size);
        FUZZ_HOLDS(emlx.offset <= size && emlx.size <= size - emlx.offset);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const DeskOut out = {NULL, take_mail, take_trouble};
    int fd = memfd_create("export", MFD_CLOEXEC);
    FUZZ_HOLDS(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    (void)container_kind((const char *)data, size);
    desk_table_read(fd, &out);
    desk_records_read(fd, &out);
    old_mailbox_read_mmdf(fd, &out);
    old_mailbox_read_babyl(fd, &out);
    read_recoded(fd, size);
    FUZZ_HOLDS(close(fd) == 0);
    read_emlx(data, size);
    return 0;
}
