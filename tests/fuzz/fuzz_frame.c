/* The frames that parsers send: what is taken is a well-formed mail, which goes out and in again
 * unchanged; all else is refused. */
#include "fuzz.h"
#include "mail/frame.h"

#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(ParsedMail) mail = frame_read(data, size);
    if (mail == NULL) {
        return 0;
    }
    FUZZ_HOLDS(mail->subject != NULL && g_utf8_validate(mail->subject, -1, NULL));
    g_autoptr(GByteArray) written = frame_write(mail);
    g_autoptr(ParsedMail) again = frame_read(written->data, written->len);
    FUZZ_HOLDS(again != NULL);
    g_autoptr(GByteArray) second = frame_write(again);
    FUZZ_HOLDS(second->len == written->len &&
               memcmp(second->data, written->data, written->len) == 0);
    return 0;
}
