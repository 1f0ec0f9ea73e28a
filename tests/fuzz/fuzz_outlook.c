/* winmail.dat and .msg files: whatever they hold, a mail comes out that can be taken apart. */
#include "fuzz.h"
#include "mail/headers.h"
#include "mail/mime.h"
#include "mail/outlook_msg.h"
#include "mail/tnef.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    mime_init();
    return 0;
}

static void check_mail(GByteArray *mail)
{
    char *data = (char *)mail->data;
    const char *why = NULL;
    FUZZ_HOLDS(headers_is_field(data, mail->len));
    g_autoptr(GPtrArray) parts = mime_parts(data, mail->len, &why);
    FUZZ_HOLDS(parts != NULL || why != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GByteArray *(*const readers[])(const char *, gsize, const char **) = {tnef_mail,
                                                                          outlook_msg_mail};
    for (gsize i = 0; i < G_N_ELEMENTS(readers); i++) {
        const char *trouble = NULL;
        g_autoptr(GByteArray) mail = readers[i]((const char *)data, size, &trouble);
        FUZZ_HOLDS(mail != NULL || trouble != NULL);
        if (mail != NULL) {
            check_mail(mail);
        }
    }
    return 0;
}
