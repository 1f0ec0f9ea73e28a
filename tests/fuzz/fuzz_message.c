/* One mail: headers, MIME walk, transfer encodings, charsets, packed parts, classification. What is
 * found goes through the frame unchanged, and the same bytes are always the same mail. */
#include "base/text.h"
#include "fuzz.h"
#include "mail/frame.h"
#include "mail/message.h"

#include <string.h>

static const char *const own[] = {"licenses@vendor.example", NULL};
static const char *const lists[] = {"licensing@vendor.example", NULL};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    message_init();
    return 0;
}

/* As a parser reads it, and once more as a person who saved it would have it searched. */
static ParsedMail *parse(const uint8_t *data, size_t size, bool search_all)
{
    const MailSettings settings = {.own_addresses = own,
                                   .list_addresses = lists,
                                   .parsers = 1,
                                   .time_limit_ms = 1000,
                                   .search_all = search_all};
    const MessageOrigin origin = {.from_mbox = size % 2 == 0};
    g_autofree char *copy = g_malloc(size + 1);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    copy[size] = '\0';
    return message_parse(copy, size, &origin, &settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(ParsedMail) mail = parse(data, size, true);
    g_autoptr(GByteArray) frame = frame_write(mail);
    g_autoptr(ParsedMail) read = frame_read(frame->data, frame->len);
    FUZZ_HOLDS(read != NULL);
    g_autoptr(GByteArray) again = frame_write(read);
    FUZZ_HOLDS(again->len == frame->len && memcmp(again->data, frame->data, frame->len) == 0);
    g_autoptr(ParsedMail) second = parse(data, size, false);
    FUZZ_HOLDS(digest_equal(&mail->identity, &second->identity));
    FUZZ_HOLDS(digest_equal(&mail->raw_digest, &second->raw_digest));
    FUZZ_HOLDS(mail->kind == second->kind);
    FUZZ_HOLDS(mail->reply_to == NULL || text_is_safe(mail->reply_to, MAIL_MAX_SIZE));
    FUZZ_HOLDS(g_utf8_validate(mail->text, -1, NULL) && g_utf8_validate(mail->subject, -1, NULL));
    return 0;
}
