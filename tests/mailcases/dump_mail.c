/* Prints what the mail room finds in the given paths: one JSON object a mail. With -l LIST an
 * address counts as one of our list addresses, with -o OWN as one of our own; -t MS is the time
 * limit for one mail, -p N the number of parsers; -q prints nothing but a count, for timing. */
#include "mail/mail_reader.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *kind_name(MailKind kind)
{
    static const char *const names[] = {"person", "automatic", "bounce",    "list",
                                        "ours",   "deleted",   "unreadable"};
    return names[kind];
}

static json_t *tokens_json(const ParsedMail *mail)
{
    json_t *tokens = json_array();
    for (guint i = 0; i < mail->tokens->len; i++) {
        const FoundToken *token = g_ptr_array_index(mail->tokens, i);
        json_t *entry = json_pack("{s:i,s:s?,s:s?}", "kind", (int)token->kind, "jws", token->jws,
                                  "problem", token->problem);
        json_array_append_new(tokens, entry);
    }
    return tokens;
}

static void print_mail(const ParsedMail *mail)
{
    GString *identity = g_string_new(NULL);
    for (gsize i = 0; i < DIGEST_SIZE; i++) {
        g_string_append_printf(identity, "%02x", mail->identity.bytes[i]);
    }
    json_t *line =
        json_pack("{s:s,s:I,s:I,s:s,s:s?,s:s?,s:s?,s:s,s:s?,s:s,s:s,s:b,s:b,s:o}", "source",
                  mail->source, "offset", (json_int_t)mail->offset, "size", (json_int_t)mail->size,
                  "kind", kind_name(mail->kind), "why", mail->why, "from", mail->from, "reply_to",
                  mail->reply_to, "subject", mail->subject, "message_id", mail->message_id, "text",
                  mail->text, "identity", identity->str, "picture_only", mail->picture_only,
                  "license_key_seen", mail->license_key_seen, "tokens", tokens_json(mail));
    g_string_free(identity, TRUE);
    char *text = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS);
    (void)puts(text);
    free(text);
    json_decref(line);
}

int main(int argc, char **argv)
{
    const char *own[] = {NULL, NULL};
    const char *lists[] = {NULL, NULL};
    MailSettings settings = {
        .own_addresses = own, .list_addresses = lists, .parsers = 2, .time_limit_ms = 10000};
    bool quiet = false;
    int option = 0;
    while ((option = getopt(argc, argv, "o:l:p:t:q")) != -1) {
        switch (option) {
        case 'o':
            own[0] = optarg;
            break;
        case 'l':
            lists[0] = optarg;
            break;
        case 'p':
            settings.parsers = (unsigned)g_ascii_strtoull(optarg, NULL, 10);
            break;
        case 't':
            settings.time_limit_ms = (unsigned)g_ascii_strtoull(optarg, NULL, 10);
            break;
        case 'q':
            quiet = true;
            break;
        default:
            return 2;
        }
    }
    g_autoptr(MailReader) reader = mail_reader_new((const char *const *)(argv + optind), &settings);
    g_autoptr(GError) error = NULL;
    unsigned count = 0;
    for (;;) {
        g_autoptr(ParsedMail) mail = mail_reader_next(reader, &error);
        if (mail == NULL) {
            break;
        }
        count++;
        if (!quiet) {
            print_mail(mail);
        }
    }
    if (error != NULL) {
        (void)fprintf(stderr, "dump_mail: %s\n", error->message);
        return 1;
    }
    if (quiet) {
        (void)printf("%u\n", count);
    }
    return 0;
}
