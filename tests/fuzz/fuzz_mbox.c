/* The mailbox splitter: its pieces stand in the file one behind another and are what the file says
 * there; no mail is given twice or made up, and no byte of one is lost. */
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

/* Whether the bytes end with the first line end in them, be it a carriage return alone. */
static bool is_one_line(const char *line, size_t size)
{
    const char *end = memchr(line, '\n', size);
    return end == line + size - 1 || (end == NULL && memchr(line, '\r', size) == line + size - 1);
}

/* Whether nothing but a separator and the line ends around it stands between two pieces; before the
 * first one the mark that says UTF-8 may stand, and behind the last one no separator. */
static bool is_between(const char *gap, size_t size, bool first, bool last)
{
    size_t at = first && size >= 3 && memcmp(gap, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (at < size && (gap[at] == '\r' || gap[at] == '\n')) {
        at++;
    }
    return at == size || (!last && size - at > 5 && memcmp(gap + at, "From ", 5) == 0 &&
                          is_one_line(gap + at, size - at));
}

static void split(int fd, const uint8_t *data, size_t size, bool begins_as_mail)
{
    g_autoptr(Mbox) mbox = mbox_new(fd, begins_as_mail);
    MboxMessage piece;
    uint64_t from = 0;
    while (mbox_next(mbox, &piece, NULL)) {
        check_piece(&piece, data, size, from);
        const bool first = from == 0;
        FUZZ_HOLDS(is_between((const char *)data + from, piece.offset - from, first, false));
        from = piece.offset + piece.size;
    }
    FUZZ_HOLDS(is_between((const char *)data + from, size - from, from == 0, true));
    FUZZ_HOLDS(mbox_ended(mbox));
}

static void split_file(const uint8_t *data, size_t size)
{
    int fd = memfd_create("mbox", MFD_CLOEXEC);
    FUZZ_HOLDS(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    split(fd, data, size, false);
    split(fd, data, size, true);
    FUZZ_HOLDS(close(fd) == 0);
}

/* The same input with lines of text between two lines in its middle, so many that the window slides
 * somewhere near the second half: where, its last bytes say. It costs a thousand times as much, so
 * that one input in eight is stretched. */
static void split_stretched(const uint8_t *data, size_t size)
{
    static const char line[] = "The pump of hall 7 has stood still since Monday.\n";
    const uint8_t *middle = size < 4 ? NULL : memchr(data + size / 2, '\n', size - size / 2);
    if (middle == NULL || data[size / 2] % 8 != 0) {
        return;
    }
    const size_t half = (size_t)(middle + 1 - data);
    const size_t place = (size_t)data[size - 1] << 8 | data[size - 2];
    const size_t least = MBOX_WINDOW - (sizeof line * 8) - half;
    g_autoptr(GByteArray) whole = g_byte_array_new();
    g_byte_array_append(whole, data, (guint)half);
    while (whole->len < least + place) {
        g_byte_array_append(whole, (const guint8 *)line, sizeof line - 1);
    }
    g_byte_array_append(whole, middle + 1, (guint)(size - half));
    split_file(whole->data, whole->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    split_file(data, size);
    split_stretched(data, size);
    g_autofree char *copy = g_memdup2(data, size);
    FUZZ_HOLDS(mbox_unquote(copy, size) <= size);
    return 0;
}
