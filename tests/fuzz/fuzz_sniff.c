/* What a file or a part is, told by its first bytes: the answers agree with each other, and an
 * empty line before them changes nothing. */
#include "fuzz.h"
#include "mail/sniff.h"

#include <glib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

/* Calendars and contacts are text whatever bytes they hold. */
static bool is_calendar(const char *data, size_t size)
{
    static const char start[] = "BEGIN:VC";
    size_t at = size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (at < size && (data[at] == '\n' || data[at] == '\r')) {
        at++;
    }
    return size - at >= sizeof start - 1 &&
           g_ascii_strncasecmp(data + at, start, sizeof start - 1) == 0;
}

static void check_agreement(const char *data, size_t size)
{
    const char *magic = sniff_magic(data, size);
    const char *name = sniff_name(data, size);
    const SniffKind kind = sniff_file(data, size);
    FUZZ_HOLDS(magic == NULL || (name == magic && !sniff_is_text(data, size)));
    FUZZ_HOLDS((name == NULL) == sniff_is_text(data, size));
    FUZZ_HOLDS(kind != SNIFF_MESSAGE || magic == NULL);
    FUZZ_HOLDS(kind != SNIFF_BINARY || name != NULL);
    FUZZ_HOLDS(kind != SNIFF_TEXT || name == NULL || is_calendar(data, size));
    FUZZ_HOLDS(name == NULL || fuzz_is_text(name, strlen(name)));
}

static void check_with_an_empty_line(const char *data, size_t size)
{
    const SniffKind kind = sniff_file(data, size);
    const bool marked = size > 0 && (uint8_t)data[0] == 0xEF; /* only a file's start has a mark */
    if (marked || kind == SNIFF_TEXT || kind == SNIFF_BINARY) {
        return; /* these two are told apart by shares of all bytes */
    }
    g_autofree char *longer = g_malloc(size + 1);
    longer[0] = '\n';
    memcpy(longer + 1, data, size);
    FUZZ_HOLDS(sniff_file(longer, size + 1) == kind);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t length = size < SNIFF_SIZE ? size : SNIFF_SIZE;
    g_autofree char *exact = g_memdup2(data, length); /* what reads past the end is seen */
    if (length > 0) {
        check_agreement(exact, length);
        check_with_an_empty_line(exact, length);
    }
    return 0;
}
