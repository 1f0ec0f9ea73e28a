/* What an IMAP server says: a mail's bytes lie within what was read, and a literal is announced
 * only where its marker stands. */
#include "delivery/imap_response.h"
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static void check_body(const ImapFetched *mail, const char *data, gsize size)
{
    FUZZ_HOLDS(mail->body == NULL || (mail->body >= data && mail->body <= data + size &&
                                      mail->body_size <= (gsize)(data + size - mail->body)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    uint64_t literal = 0;
    gsize marker = 0;
    const bool status = imap_response_is_status(text, size);
    FUZZ_HOLDS(!imap_response_has_literal(text, size, status, &literal, &marker) ||
               (!status && marker < size && text[marker] == '{'));
    ImapResponse response;
    memset(&response, 0, sizeof response);
    if (imap_response_read(text, size, &response)) {
        check_body(&response.mail, text, size);
    }
    imap_response_clear(&response);
    return 0;
}
