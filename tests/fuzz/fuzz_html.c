/* HTML into text: what comes out is text, and not much more of it than went in. */
#include "fuzz.h"
#include "mail/html_text.h"

#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    // As charset_read() gives it: valid UTF-8.
    g_autofree char *page = g_utf8_make_valid((const char *)data, (gssize)size);
    g_autoptr(GString) hidden = g_string_new(NULL);
    HtmlWork work = {0};
    g_autoptr(GString) text = html_text(page, strlen(page), &work, hidden);
    FUZZ_HOLDS(fuzz_is_text(hidden->str, hidden->len));
    FUZZ_HOLDS(fuzz_is_text(text->str, text->len));
    return 0;
}
