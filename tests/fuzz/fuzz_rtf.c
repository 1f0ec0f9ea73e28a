/* Outlook's rich text, compressed or not: whatever it holds, its text is text. */
#include "fuzz.h"
#include "mail/rtf.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static void check_text(const char *rtf, gsize length)
{
    bool is_html = false;
    g_autoptr(GString) text = rtf_text(rtf, length, &is_html);
    FUZZ_HOLDS(fuzz_is_text(text->str, text->len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_text((const char *)data, size);
    const char *trouble = NULL;
    g_autoptr(GByteArray) rtf = rtf_decompress((const char *)data, size, &trouble);
    if (rtf != NULL) {
        check_text((const char *)rtf->data, rtf->len);
    }
    return 0;
}
