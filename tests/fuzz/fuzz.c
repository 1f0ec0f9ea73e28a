#include "fuzz.h"

#include <glib.h>
#include <stdio.h>

void fuzz_fails(const char *condition, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

bool fuzz_is_text(const char *text, size_t length)
{
    const char *const end = text + length;
    const char *stop = NULL;
    // GLib's function takes a zero byte for an end.
    while (!g_utf8_validate_len(text, (gsize)(end - text), &stop) && *stop == '\0') {
        text = stop + 1;
    }
    return stop == end;
}
