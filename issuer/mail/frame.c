#include "mail/frame.h"

#include "core/dates.h"

#include <string.h>

#define NO_TEXT        G_MAXUINT32
#define MAX_TEXT       (64UL * 1024 + 1024) /* bytes of one text */
#define MAX_REFERENCES 100
#define MAX_TOKENS     (FOUND_TOKENS_MOST + 1) /* as many as the finder lists */

typedef struct {
    const guint8 *data;
    gsize left;
    bool broken; /* once set, nothing more is read */
} Reader;

static void put_bytes(GByteArray *frame, const void *data, gsize length)
{
    g_byte_array_append(frame, data, (guint)length);
}

static void put_number(GByteArray *frame, uint64_t number)
{
    put_bytes(frame, &number, sizeof number);
}

/* Where a text of at most MAX_TEXT bytes may be cut: never within a character. */
static gsize cut_length(const char *text)
{
    gsize length = strlen(text);
    if (length <= MAX_TEXT) {
        return length;
    }
    return (gsize)(g_utf8_find_prev_char(text, text + MAX_TEXT) - text);
}

static void put_text(GByteArray *frame, const char *text)
{
    gsize length = text == NULL ? 0 : cut_length(text);
    uint32_t field = text == NULL ? NO_TEXT : (uint32_t)length;
    put_bytes(frame, &field, sizeof field);
    put_bytes(frame, text == NULL ? "" : text, length);
}

GByteArray *frame_write(const ParsedMail *mail)
{
    GByteArray *frame = g_byte_array_sized_new(4096);
    put_bytes(frame, &mail->raw_digest, sizeof mail->raw_digest);
    put_bytes(frame, &mail->identity, sizeof mail->identity);
    put_number(frame, mail->kind);
    put_number(frame, (uint64_t)mail->date_at);
    put_number(frame, mail->license_key_seen);
    put_number(frame, mail->by_program);
    put_number(frame, mail->picture_only);
    put_number(frame, mail->encrypted_only);
    put_text(frame, mail->why);
    put_text(frame, mail->from);
    put_text(frame, mail->reply_to);
    put_number(frame, mail->sender_check);
    put_text(frame, mail->sender_says);
    put_text(frame, mail->subject);
    put_text(frame, mail->date);
    put_text(frame, mail->message_id);
    put_text(frame, mail->in_reply_to);
    put_text(frame, mail->text);
    put_text(frame, mail->beside);
    guint references = MIN(mail->references->len, MAX_REFERENCES);
    put_number(frame, references);
    for (guint i = 0; i < references; i++) {
        put_text(frame, g_ptr_array_index(mail->references, i));
    }
    put_number(frame, mail->tokens->len); /* never cut: each has a decision, or is told of */
    for (guint i = 0; i < mail->tokens->len; i++) {
        const FoundToken *token = g_ptr_array_index(mail->tokens, i);
        put_number(frame, token->kind);
        put_text(frame, token->jws);
        put_text(frame, token->problem);
    }
    return frame;
}

static void take_bytes(Reader *reader, void *out, gsize length)
{
    if (reader->broken || reader->left < length) {
        reader->broken = true;
        memset(out, 0, length);
        return;
    }
    memcpy(out, reader->data, length);
    reader->data += length;
    reader->left -= length;
}

/* A number of at most `most`. */
static uint64_t take_number(Reader *reader, uint64_t most)
{
    uint64_t number = 0;
    take_bytes(reader, &number, sizeof number);
    if (number > most) {
        reader->broken = true;
        return 0;
    }
    return number;
}

static char *take_text(Reader *reader)
{
    uint32_t length = 0;
    take_bytes(reader, &length, sizeof length);
    if (reader->broken || length == NO_TEXT) {
        return NULL;
    }
    const char *text = (const char *)reader->data;
    if (length > MAX_TEXT || length > reader->left || !g_utf8_validate_len(text, length, NULL)) {
        reader->broken = true;
        return NULL;
    }
    reader->data += length;
    reader->left -= length;
    return g_strndup(text, length);
}

static void found_token_free_item(gpointer token)
{
    found_token_free(token);
}

static void take_tokens(Reader *reader, GPtrArray *tokens)
{
    uint64_t count = take_number(reader, MAX_TOKENS);
    for (uint64_t i = 0; i < count && !reader->broken; i++) {
        FoundToken *token = g_new0(FoundToken, 1);
        token->kind = (ArmorKind)take_number(reader, ARMOR_DEACTIVATION);
        token->jws = take_text(reader);
        token->problem = take_text(reader);
        g_ptr_array_add(tokens, token);
        if ((token->jws == NULL) == (token->problem == NULL)) {
            reader->broken = true; /* it is either intact or has a problem */
        }
    }
}

ParsedMail *frame_read(const guint8 *data, gsize length)
{
    Reader reader = {data, length, false};
    ParsedMail *mail = g_new0(ParsedMail, 1);
    mail->references = g_ptr_array_new_with_free_func(g_free);
    mail->tokens = g_ptr_array_new_with_free_func(found_token_free_item);
    take_bytes(&reader, &mail->raw_digest, sizeof mail->raw_digest);
    take_bytes(&reader, &mail->identity, sizeof mail->identity);
    mail->kind = (MailKind)take_number(&reader, MAIL_UNREADABLE);
    mail->date_at = (int64_t)take_number(&reader, DATES_LAST_INSTANT);
    mail->license_key_seen = take_number(&reader, 1) == 1;
    mail->by_program = take_number(&reader, 1) == 1;
    mail->picture_only = take_number(&reader, 1) == 1;
    mail->encrypted_only = take_number(&reader, 1) == 1;
    mail->why = take_text(&reader);
    mail->from = take_text(&reader);
    mail->reply_to = take_text(&reader);
    mail->sender_check = (SenderCheck)take_number(&reader, SENDER_NOT_VOUCHED);
    mail->sender_says = take_text(&reader);
    mail->subject = take_text(&reader);
    mail->date = take_text(&reader);
    mail->message_id = take_text(&reader);
    mail->in_reply_to = take_text(&reader);
    mail->text = take_text(&reader);
    mail->beside = take_text(&reader);
    uint64_t references = take_number(&reader, MAX_REFERENCES);
    for (uint64_t i = 0; i < references && !reader.broken; i++) {
        char *reference = take_text(&reader);
        reader.broken = reader.broken || reference == NULL;
        if (reference != NULL) {
            g_ptr_array_add(mail->references, reference);
        }
    }
    take_tokens(&reader, mail->tokens);
    if (reader.broken || reader.left > 0 || mail->subject == NULL || mail->text == NULL) {
        parsed_mail_free(mail);
        return NULL;
    }
    return mail;
}
