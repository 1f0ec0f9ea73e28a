#include "mail/message.h"

#include "core/dates.h"
#include "core/license_key_scan.h"
#include "core/reply_id.h"
#include "mail/authentication.h"
#include "mail/body.h"
#include "mail/classify.h"
#include "mail/cms.h"
#include "mail/converters.h"
#include "mail/line_ends.h"
#include "mail/machine_mail.h"
#include "mail/mbox.h"
#include "mail/mime.h"
#include "mail/own_codes.h"
#include "mail/unquoted.h"

#include <string.h>

#define SHOWN_SIZE     (64UL * 1024) /* bytes */
#define MAX_REFERENCES 100
#define LEAST_CODE     200 /* bytes; a shorter subject holds none */
#define MAX_ID         998 /* bytes: of a line, RFC 5322 section 2.1.1; what is longer names no mail */

static char *valid_copy(const char *value)
{
    return value == NULL ? NULL : g_utf8_make_valid(value, -1);
}

/* The message ids in a value, without their angle brackets (RFC 5322 §3.6.4); what stands there
 * without any is one too. */
static GPtrArray *read_ids(const char *value)
{
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
    const char *at = value;
    while (at != NULL && ids->len < MAX_REFERENCES && (at = strchr(at, '<')) != NULL) {
        gsize length = strcspn(at + 1, "> ");
        if (length > 0 && length <= MAX_ID) {
            g_autofree char *id = g_strndup(at + 1, length);
            g_ptr_array_add(ids, g_utf8_make_valid(id, -1));
        }
        at += length + 1;
    }
    if (ids->len == 0 && value != NULL && value[0] != '\0' && strlen(value) <= MAX_ID) {
        g_ptr_array_add(ids, g_utf8_make_valid(value, -1));
    }
    return ids;
}

static char *first_id(const char *value)
{
    g_autoptr(GPtrArray) ids = read_ids(value);
    return ids->len == 0 ? NULL : g_strdup(g_ptr_array_index(ids, 0));
}

/* Takes a text of the mail that is stored, or NULL; gives it with each license key masked. */
static char *masked(ParsedMail *mail, char *text)
{
    if (text == NULL) {
        return NULL;
    }
    char *copy = finder_mask_license_keys(text);
    mail->license_key_seen = mail->license_key_seen || strcmp(copy, text) != 0;
    g_free(text);
    return copy;
}

static void take_headers(ParsedMail *mail, const Headers *headers)
{
    const char *subject = headers_first(headers, "subject");
    mail->subject = masked(mail, mime_decode_words(subject == NULL ? "" : subject));
    mail->date = valid_copy(headers_first(headers, "date"));
    gint64 seconds = 0;
    if (mail->date != NULL && mime_read_date(mail->date, &seconds) && dates_is_instant(seconds)) {
        mail->date_at = seconds;
    }
    mail->message_id = masked(mail, first_id(headers_first(headers, "message-id")));
    mail->in_reply_to = masked(mail, first_id(headers_first(headers, "in-reply-to")));
    mail->references = read_ids(headers_first(headers, "references"));
}

/* A delivery report tells by the returned mail's Message-ID which of our mails it is about. */
static void take_returned_ids(GPtrArray *references, const char *data, gsize length)
{
    static const char name[] = "\nmessage-id:";
    const gsize size = sizeof name - 1;
    const char *end = data + length;
    const char *at = data;
    while (references->len < MAX_REFERENCES && (at = memchr(at, '\n', (gsize)(end - at))) != NULL) {
        if ((gsize)(end - at) > size && g_ascii_strncasecmp(at, name, size) == 0) {
            g_autofree char *value = g_strndup(at + size, strcspn(at + size, "\r\n"));
            g_autofree char *id = first_id(value);
            if (id != NULL) {
                g_ptr_array_add(references, g_steal_pointer(&id));
            }
        }
        at++;
    }
}

/* A report may also name it elsewhere: in a field of its own, in its text. */
static void take_our_ids(GPtrArray *references, const char *data, gsize length)
{
    const char *at = data;
    while (references->len < MAX_REFERENCES && (at = reply_id_find(data, length, at)) != NULL) {
        g_autofree char *rest = g_strndup(at, MIN(MAX_ID, length - (gsize)(at - data)));
        rest[strcspn(rest, "<> \t\r\n\"'();,")] = '\0';
        if (!g_ptr_array_find_with_equal_func(references, rest, g_str_equal, NULL)) {
            g_ptr_array_add(references, g_utf8_make_valid(rest, -1));
        }
        at++;
    }
}

/* Whether a delivery report (RFC 3464 §2.3.3) tells of nothing but what was delayed or delivered.
 */
static bool tells_no_failure(const char *data, gsize length)
{
    static const char name[] = "\naction:";
    const gsize size = sizeof name - 1;
    const char *end = data + length;
    bool told = false;
    for (const char *at = data; (at = memchr(at, '\n', (gsize)(end - at))) != NULL; at++) {
        if ((gsize)(end - at) <= size || g_ascii_strncasecmp(at, name, size) != 0) {
            continue;
        }
        g_autofree char *value = g_strndup(at + size, MIN(32, (gsize)(end - at) - size));
        if (g_ascii_strncasecmp(g_strchug(value), "failed", 6) == 0) {
            return false;
        }
        told = true;
    }
    return told;
}

/* Which of our mails came back. One that has an empty return path and is no report may be an
 * automatic answer, which names in its header what did arrive. */
static void take_returned(ParsedMail *mail, const Headers *headers, const char *data, gsize length)
{
    const gsize head = headers_size(headers);
    if (machine_mail_why_report(headers, mail->from) == NULL) {
        g_ptr_array_set_size(mail->references, 0);
    } else if (tells_no_failure(data + head, length - head)) {
        mail->kind = MAIL_AUTOMATIC;
        g_free(mail->why);
        mail->why = g_strdup("it is a delivery report that tells of no failure");
        return;
    }
    take_returned_ids(mail->references, data + head, length - head);
    take_our_ids(mail->references, data + head, length - head);
}

static bool lacks_identity(const Headers *headers)
{
    static const char *const names[] = {"message-id", "from", "date"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *value = headers_first(headers, names[i]);
        if (value == NULL || value[0] == '\0') {
            return true;
        }
    }
    return false;
}

static void append_fields(GString *input, const Headers *headers, const char *name)
{
    const char *value = headers_first(headers, name);
    for (guint i = 0; value != NULL; value = headers_nth(headers, name, ++i)) {
        g_string_append(input, value);
        g_string_append_c(input, '\n'); /* stands in no value */
    }
    g_string_append_c(input, '\0');
}

/* What makes two copies of one mail the same, whichever export they come from. */
static Digest identity(const Headers *headers, const char *text_digest)
{
    g_autoptr(GString) input = g_string_new(NULL);
    append_fields(input, headers, "message-id");
    append_fields(input, headers, "from");
    append_fields(input, headers, "date");
    g_string_append(input, text_digest == NULL ? "" : text_digest);
    return digest_sha256(input->str, input->len);
}

/* Whether a code that is whole stands in `unseen`, and not in `seen`. */
static bool any_only_unseen(const GPtrArray *unseen, const GPtrArray *seen)
{
    for (guint i = 0; unseen != NULL && i < unseen->len; i++) {
        const FoundToken *token = g_ptr_array_index(unseen, i);
        bool known = token->jws == NULL;
        for (guint j = 0; j < seen->len && !known; j++) {
            const FoundToken *other = g_ptr_array_index(seen, j);
            known = g_strcmp0(other->jws, token->jws) == 0;
        }
        if (!known) {
            return true;
        }
    }
    return false;
}

/* Says what the mail holds that was not searched, or not taken. */
static void say_what_is_left(ParsedMail *mail, const Headers *headers, Body *body)
{
    if (mail->why == NULL && any_only_unseen(body_unseen_tokens(body), mail->tokens)) {
        mail->why = g_strdup("a code stands only where the mail hides it from its reader, and was "
                             "not taken: look at its source");
    }
    if (mail->tokens->len == 0 && mail->why == NULL && body_unsearched(body) != NULL) {
        mail->why = masked(
            mail, g_strdup_printf("no code in its text; not searched: %s", body_unsearched(body)));
    }
    if (mail->tokens->len == 0 && mail->why == NULL && headers_is_full(headers)) {
        mail->why = g_strdup("no code in it; of its header only the first " G_STRINGIFY(
            HEADERS_MOST_FIELDS) " fields were read");
    }
}

/* A form or a gateway may put all that it was given into the subject. */
static void take_subject(ParsedMail *mail, const Headers *headers)
{
    const char *raw = headers_first(headers, "subject");
    if (mail->tokens->len > 0 || raw == NULL || strlen(raw) < LEAST_CODE) {
        return;
    }
    g_autofree char *subject = mime_decode_words(raw);
    g_autoptr(Finder) finder = finder_new();
    finder_add_text(finder, subject, strlen(subject));
    g_ptr_array_unref(mail->tokens);
    mail->tokens = finder_finish(finder);
}

static void take_body(ParsedMail *mail, const Headers *headers, Body *body,
                      const MailSettings *settings)
{
    Finder *finder = body_finder(body);
    const GString *text = body_text(body);
    mail->text =
        masked(mail, unquoted_text(text->str, text->len, SHOWN_SIZE, settings->own_addresses));
    mail->beside = masked(mail, g_utf8_make_valid(body_beside(body)->str, -1));
    mail->license_key_seen = mail->license_key_seen || body_shows_license_key(body);
    if (body_trouble(body) != NULL && mail->kind == MAIL_FROM_PERSON) {
        mail->kind = MAIL_UNREADABLE;
        g_clear_pointer(&mail->reply_to, g_free);
        g_free(mail->why);
        mail->why = g_strdup_printf("%s; open it by hand", body_trouble(body));
    }
    mail->tokens = finder != NULL ? finder_finish(finder) : g_ptr_array_new();
    if (finder != NULL) {
        take_subject(mail, headers);
    }
    mail->picture_only = body_has_picture(body) && mail->tokens->len == 0;
    mail->encrypted_only = body_has_encrypted(body) && mail->tokens->len == 0;
}

/* What a person quotes in an answer to us we have had before: "works now, thanks" with the whole
 * thread below is no new request. */
static void leave_what_was_answered(ParsedMail *mail, const Body *body, const char *const *own)
{
    const guint before = mail->tokens->len;
    if (mail->kind != MAIL_FROM_PERSON || !reply_id_may_be_ours(mail->in_reply_to, own)) {
        return;
    }
    own_codes_keep(mail->tokens, body_text(body), mail->text);
    if (mail->tokens->len < before && mail->why == NULL) {
        mail->why = g_strdup("it answers us: the code that it quotes is not taken again");
    }
}

static void settle(ParsedMail *mail, const MailDoubt *doubt, const Body *body)
{
    if (doubt->why != NULL && mail->kind == MAIL_FROM_PERSON) {
        own_codes_keep(mail->tokens, body_text(body), mail->text);
        classify_settle(mail, doubt);
    }
}

/* "Accepted: maintenance" is nothing that a person need look at. */
static void settle_invitation(ParsedMail *mail, const char *data, gsize length)
{
    if (mail->kind != MAIL_FROM_PERSON || mail->tokens->len > 0 ||
        !machine_mail_answers_invitation(data, length)) {
        return;
    }
    mail->kind = MAIL_AUTOMATIC;
    g_clear_pointer(&mail->reply_to, g_free);
    g_free(mail->why);
    mail->why = g_strdup("it answers an invitation");
}

ParsedMail *message_parse(char *data, gsize length, const MessageOrigin *origin,
                          const MailSettings *settings)
{
    ParsedMail *mail = g_new0(ParsedMail, 1);
    mail->raw_digest = digest_sha256(data, length);
    if (line_ends_of_header_are_cr(data, length)) {
        line_ends_make_lf(data, length, '\0');
    }
    if (origin->from_mbox) {
        length = mbox_unquote(data, length);
    }
    g_autoptr(Headers) headers = headers_read(data, length);
    take_headers(mail, headers);
    const MailDoubt doubt = classify_mail(mail, headers, origin, settings);
    authentication_judge(mail, headers, settings->trusted_servers);
    if (mail->kind == MAIL_BOUNCE) {
        take_returned(mail, headers, data, length);
    }
    // Machine mail may quote a customer's code: it is not looked for there.
    bool search =
        mail->kind == MAIL_FROM_PERSON || mail->kind == MAIL_UNREADABLE || settings->search_all;
    g_autoptr(Body) body = body_new(search, lacks_identity(headers));
    const gsize start = headers_start(headers);
    mail->license_key_seen = mail->license_key_seen || license_key_scan_has(data, start);
    body_read(body, data + start, length - start);
    mail->identity = identity(headers, body_digest(body));
    take_body(mail, headers, body, settings);
    say_what_is_left(mail, headers, body);
    if (!settings->search_all) {
        settle(mail, &doubt, body);
        leave_what_was_answered(mail, body, settings->own_addresses);
        settle_invitation(mail, data + start, length - start);
    }
    if (mail->kind == MAIL_BOUNCE) { /* what was encoded shows in its text */
        take_our_ids(mail->references, mail->text, strlen(mail->text));
    }
    return mail;
}

ParsedMail *message_parse_bare(const char *data, gsize length, const MailSettings *settings)
{
    static const char header[] = "MIME-Version: 1.0\n\n"; // else its first lines are one
    g_autoptr(GString) whole = g_string_new(header);
    g_string_append_len(whole, data, (gssize)length);
    const MessageOrigin nowhere = {.from_mbox = false};
    ParsedMail *mail = message_parse(whole->str, whole->len, &nowhere, settings);
    mail->raw_digest = digest_sha256(data, length);
    mail->kind = MAIL_UNREADABLE;
    g_clear_pointer(&mail->reply_to, g_free);
    g_clear_pointer(&mail->why, g_free);
    return mail;
}

/* A mail that has each library do once what it does for mails: they read files of their own at the
 * first time, and build their tables. */
static const char first_mail[] = "From: =?iso-8859-2?Q?Ana?= <ana@example.com>\n"
                                 "Subject: =?koi8-r?B?8A==?=\n"
                                 "Date: Thu, 8 Oct 2026 09:30:00 EST\n"
                                 "Message-ID: <1@example.com>\n"
                                 "MIME-Version: 1.0\n"
                                 "Content-Type: multipart/mixed; boundary=\"cut\"\n"
                                 "\n"
                                 "--cut\n"
                                 "Content-Type: text/html; charset=big5; name*=koi8-r''%D0\n"
                                 "Content-Transfer-Encoding: quoted-printable\n"
                                 "\n"
                                 "<p>=A4=A4</p>\n"
                                 "--cut--\n";

void message_init(void)
{
    mime_init();
    cms_init();
    (void)converters_open();
    g_autofree char *data = g_strdup(first_mail);
    const char *const nobody[] = {NULL};
    const MailSettings settings = {.own_addresses = nobody, .list_addresses = nobody};
    const MessageOrigin origin = {.from_mbox = false};
    parsed_mail_free(message_parse(data, strlen(data), &origin, &settings));
}
