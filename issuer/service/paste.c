#include "service/paste.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json_writer.h"
#include "core/address.h"
#include "service/instructions.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define PASTE_MOST ((gsize)8 * 1024 * 1024) /* bytes */

/* What was pasted is one mail, whatever mailbox it was copied from: its lines that begin with "From
 * " are quoted, as a mailbox quotes them. */
static void append_quoted(GString *mail, const char *data, gsize size)
{
    const char *end = data + size;
    while (data < end) {
        const char *next = memchr(data, '\n', (gsize)(end - data));
        next = next == NULL ? end : next + 1;
        const char *word = data;
        while (word < next && *word == '>') {
            word++;
        }
        if (next - word >= 5 && memcmp(word, "From ", 5) == 0) {
            g_string_append_c(mail, '>');
        }
        g_string_append_len(mail, data, next - data);
        data = next;
    }
}

/* The text as a mailbox of one mail. Its id follows from sender and text, so that the same paste is
 * the same mail; no date, for none is known. */
static GString *mail_of(const char *from, GBytes *text)
{
    gsize size = 0;
    const char *data = g_bytes_get_data(text, &size);
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, (const guchar *)from, -1);
    g_checksum_update(checksum, (const guchar *)"\n", 1);
    g_checksum_update(checksum, (const guchar *)data, (gssize)size);
    GString *mail = g_string_new(NULL);
    g_string_append_printf(mail,
                           "From - Thu Jan  1 00:00:00 1970\r\n"
                           "From: %s\r\nSubject: Usage request handed in\r\n"
                           "Message-ID: <%s@pasted.invalid>\r\nMIME-Version: 1.0\r\n"
                           "Content-Type: text/plain; charset=utf-8\r\n"
                           "Content-Transfer-Encoding: 8bit\r\n\r\n",
                           from, g_checksum_get_string(checksum));
    append_quoted(mail, data, size);
    g_string_append(mail, "\r\n");
    return mail;
}

/* In a private file for as long as it is read: a parser is given nothing but mails of files. */
static ParsedMail *parse(const GString *mail, const Settings *settings, GError **error)
{
    g_autofree char *path = NULL;
    const int fd = g_file_open_tmp("issuer-paste.XXXXXX", &path, error);
    if (fd < 0) {
        return NULL;
    }
    (void)close(fd);
    ParsedMail *parsed = NULL;
    if (file_write_durably(path, mail->str, mail->len, 0600, error)) {
        const char *const paths[] = {path, NULL};
        g_autoptr(MailReader) reader = mail_reader_new(paths, settings_mail(settings));
        parsed = mail_reader_next(reader, error);
    }
    (void)g_unlink(path);
    return parsed;
}

/* Why nothing was taken in from the text. */
static void refuse_item(const PasteOrder *order, const IntakeItem *item, GError **error)
{
    const char *why = item->item.why;
    switch (item->mail->kind) {
    case MAIL_OURS:
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "--from %s is an address of our own (own-addresses): name the customer's "
                    "person who sent the code",
                    order->from);
        return;
    case MAIL_FROM_PERSON:
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "%s: no code of a Chariot server in it%s%s (a saved mail is for `issuer "
                    "ingest`)",
                    order->path, why != NULL ? ": " : "", why != NULL ? why : "");
        return;
    default:
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "%s: it is not taken in: %s",
                    order->path, why != NULL ? why : "it is no person's mail");
    }
}

static IntakeItem *read_text(const PasteOrder *order, const Settings *settings, GError **error)
{
    g_autofree char *from = address_read(order->from, error);
    if (from == NULL) {
        g_prefix_error(error, "--from %s: ", order->from);
    }
    g_autoptr(GBytes) text = from != NULL ? file_read_whole(order->path, PASTE_MOST, error) : NULL;
    if (text == NULL) {
        return NULL;
    }
    gsize size = 0;
    const char *data = g_bytes_get_data(text, &size);
    if (size > 0 && memchr(data, '\0', size) != NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "%s: it is no text; save what was pasted as plain text", order->path);
        return NULL;
    }
    g_autoptr(GString) mail = mail_of(from, text);
    ParsedMail *parsed = parse(mail, settings, error);
    if (parsed == NULL) {
        return NULL;
    }
    g_free(parsed->source);
    parsed->source = g_strdup_printf("handed in%s%s", order->ticket != NULL ? ", ticket " : "",
                                     order->ticket != NULL ? order->ticket : "");
    parsed->sender_check = SENDER_VOUCHED; /* whoever hands it in says whose it is */
    g_free(parsed->sender_says);
    parsed->sender_says = g_strdup("handed in by a person");
    g_autoptr(IntakeItem) item = intake_item_new(parsed, settings);
    if (item->item.matters->len == 0) {
        refuse_item(order, item, error);
        return NULL;
    }
    return g_steal_pointer(&item);
}

static int64_t file(Context *context, const PasteOrder *order, const Secret *token, GError **error)
{
    g_autoptr(JsonWriter) arguments = json_writer_new();
    json_writer_begin_object(arguments);
    json_writer_key(arguments, "from");
    json_writer_text(arguments, order->from);
    json_writer_key(arguments, "ticket");
    json_writer_text(arguments, order->ticket);
    json_writer_end_object(arguments);
    InstructionNew instruction = {.kind = "add", .arguments = json_writer_peek(arguments)};
    return instructions_file(context, token, true, &instruction, error);
}

static bool decide(Context *context, const PasteOrder *order, IntakeItem *item, Serials *serials,
                   GError **error)
{
    g_autoptr(Secret) token = order->dry_run ? NULL : order->ask(error);
    const int64_t instruction = token != NULL ? file(context, order, token, error) : 0;
    if (!order->dry_run && instruction == 0) {
        return false;
    }
    g_autoptr(Batch) batch = batch_new(context, serials, clock_now(), order->dry_run);
    batch_add(batch, &item->item);
    return instructions_run(context, serials, batch, instruction, error);
}

IntakeItem *paste_run(const PasteOrder *order, GError **error)
{
    g_autoptr(Settings) settings = settings_load(order->config_path, error);
    g_autoptr(IntakeItem) item = settings != NULL ? read_text(order, settings, error) : NULL;
    if (item == NULL) {
        return NULL;
    }
    const unsigned needs = CONTEXT_DATABASE | (order->dry_run ? 0U : CONTEXT_SIGNER);
    g_autoptr(Context) context =
        context_open(order->config_path, needs, "issuer request add", error);
    if (context == NULL || (!order->dry_run && !context_record_signer(context, error))) {
        return NULL;
    }
    g_autoptr(Serials) serials = serials_new(context->database);
    const bool done = decide(context, order, item, serials, error);
    return serials_close(serials, done ? error : NULL) && done ? g_steal_pointer(&item) : NULL;
}
