#include "mail/compose.h"

#include "base/error.h"
#include "base/text.h"
#include "mail/compose_check.h"

#include <gmime/gmime.h>
#include <string.h>

/* GMime 3.2 brings no g_autoptr() of its own. */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(InternetAddress, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(InternetAddressList, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeStream, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeDataWrapper, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeFormatOptions, g_mime_format_options_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeObject, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimePart, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeMultipart, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeMessage, g_object_unref)

#define LINE_MOST       998 /* octets without CRLF, RFC 5322 §2.1.1 */
#define REFERENCES_MOST 20  /* the thread's first and its newest; a longer header helps nobody */
#define SUBJECT_MOST    300 /* code points */

/* What RFC 3834 §5 calls an answer, and a mail that answers nothing. */
static const char *const automatic_words[] = {"auto-replied", "auto-generated"};

static bool refuse(GError **error, const char *what, const char *value)
{
    g_autofree char *shown = text_one_line(value != NULL ? value : "", 80);
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                "a reply cannot be composed: \"%s\" is no %s", shown, what);
    return false;
}

/* The one mailbox in `from`; NULL if it is anything else. The caller owns it. */
static InternetAddress *read_sender(const char *from)
{
    if (from == NULL || !compose_check_header_text(from)) {
        return NULL;
    }
    g_autoptr(InternetAddressList) list = internet_address_list_parse(NULL, from);
    if (list == NULL || internet_address_list_length(list) != 1) {
        return NULL;
    }
    InternetAddress *address = internet_address_list_get_address(list, 0);
    if (!INTERNET_ADDRESS_IS_MAILBOX(address) ||
        !compose_check_address(
            internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address)))) {
        return NULL;
    }
    return g_object_ref(address);
}

char *compose_address(const char *from, GError **error)
{
    g_mime_init(); /* counts its callers; harmless when it is done already */
    g_autoptr(InternetAddress) sender = read_sender(from);
    if (sender == NULL) {
        refuse(error, "sender of ours (reply-from)", from);
        return NULL;
    }
    return g_strdup(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(sender)));
}

char *compose_domain(const char *from, GError **error)
{
    g_autofree char *address = compose_address(from, error);
    return address != NULL ? g_strdup(strchr(address, '@') + 1) : NULL;
}

static bool add_people(GMimeMessage *message, const ComposeMail *mail, GError **error)
{
    g_autoptr(InternetAddress) sender = read_sender(mail->from);
    if (sender == NULL) {
        return refuse(error, "sender of ours (reply-from)", mail->from);
    }
    if (!compose_check_address(mail->to)) {
        return refuse(error, "address", mail->to);
    }
    internet_address_set_charset(sender, "utf-8"); /* else GMime looks for a smaller one */
    internet_address_list_add(g_mime_message_get_from(message), sender);
    g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_TO, NULL, mail->to);
    return true;
}

static void append_id(GString *out, const char *id)
{
    g_string_append_printf(out, "%s<%s>", out->len > 0 ? " " : "", id);
}

/* What the other side wrote is taken only where it is an id: anything else would come back as our
 * own header's text. */
static void add_thread(GMimeMessage *message, const ComposeMail *mail)
{
    g_autofree char *parent = compose_check_message_id(mail->in_reply_to);
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; mail->references != NULL && i < mail->references->len; i++) {
        char *id = compose_check_message_id(g_ptr_array_index(mail->references, i));
        if (id != NULL && g_strcmp0(id, parent) != 0) {
            g_ptr_array_add(ids, id);
        } else {
            g_free(id);
        }
    }
    if (ids->len > REFERENCES_MOST) {
        g_ptr_array_remove_range(ids, 1, ids->len - REFERENCES_MOST);
    }
    if (parent != NULL) {
        g_autofree char *value = g_strdup_printf("<%s>", parent);
        g_mime_object_set_header(GMIME_OBJECT(message), "In-Reply-To", value, NULL);
        g_ptr_array_add(ids, g_steal_pointer(&parent));
    }
    g_autoptr(GString) references = g_string_new(NULL);
    for (guint i = 0; i < ids->len; i++) {
        append_id(references, g_ptr_array_index(ids, i));
    }
    if (references->len > 0) {
        g_mime_object_set_header(GMIME_OBJECT(message), "References", references->str, NULL);
    }
}

static bool is_plain_ascii(const char *text)
{
    gsize column = 0;
    for (const char *at = text; *at != '\0'; at++) {
        column = *at == '\n' ? 0 : column + 1;
        if ((*at & 0x80) != 0 || column > LINE_MOST || *at == '\r') {
            return false;
        }
    }
    return true;
}

/* A text part that arrives as it was given: seven bits as they are, else quoted-printable, in which
 * a code's letters and digits still stand as they are. */
static GMimePart *new_text_part(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    const bool plain = is_plain_ascii(valid);
    GMimePart *part = g_mime_part_new_with_type("text", "plain");
    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset",
                                             plain ? "us-ascii" : "utf-8");
    g_autoptr(GMimeStream) stream = g_mime_stream_mem_new_with_buffer(valid, strlen(valid));
    g_autoptr(GMimeDataWrapper) content =
        g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);
    g_mime_part_set_content(part, content);
    g_mime_part_set_content_encoding(part, plain ? GMIME_CONTENT_ENCODING_7BIT
                                                 : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    return part;
}

/* People read the text in their own letters, so its charset is utf-8 even where ASCII would do. */
static GMimeObject *new_body(const char *text)
{
    GMimePart *part = new_text_part(text);
    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", "utf-8");
    return GMIME_OBJECT(part);
}

/* Boundaries are random as a rule; ours come from the message's id, so that a mail composed again
 * is the same mail. No line of a body begins with it: "--=_" is nothing that we write. */
static void set_boundary(GMimeMultipart *multipart, const char *message_id)
{
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, message_id, -1);
    g_autofree char *boundary = g_strdup_printf("=_%.32s", digest);
    g_mime_multipart_set_boundary(multipart, boundary);
}

static bool add_attachments(GMimeMultipart *multipart, const GPtrArray *attachments, GError **error)
{
    for (guint i = 0; i < attachments->len; i++) {
        const ComposeAttachment *attachment = g_ptr_array_index(attachments, i);
        if (!compose_check_file_name(attachment->name)) {
            return refuse(error, "name for an attachment", attachment->name);
        }
        g_autoptr(GMimePart) part = new_text_part(attachment->content);
        g_mime_object_set_disposition(GMIME_OBJECT(part), GMIME_DISPOSITION_ATTACHMENT);
        g_mime_part_set_filename(part, attachment->name);
        g_mime_multipart_add(multipart, GMIME_OBJECT(part));
    }
    return true;
}

static bool add_content(GMimeMessage *message, const ComposeMail *mail, GError **error)
{
    g_autoptr(GMimeObject) body = new_body(mail->text);
    if (mail->attachments == NULL || mail->attachments->len == 0) {
        g_mime_message_set_mime_part(message, body);
        return true;
    }
    g_autoptr(GMimeMultipart) multipart = g_mime_multipart_new_with_subtype("mixed");
    set_boundary(multipart, mail->message_id);
    g_mime_multipart_add(multipart, body);
    if (!add_attachments(multipart, mail->attachments, error)) {
        return false;
    }
    g_mime_message_set_mime_part(message, GMIME_OBJECT(multipart));
    return true;
}

/* RFC 3834 §5 for programs that keep to standards, the other one for Exchange: no automatic answer
 * shall come back. */
static void mark_automatic(GMimeMessage *message, bool unasked)
{
    g_mime_object_set_header(GMIME_OBJECT(message), "Auto-Submitted",
                             automatic_words[unasked ? 1 : 0], NULL);
    g_mime_object_set_header(GMIME_OBJECT(message), "X-Auto-Response-Suppress", "All", NULL);
}

static GBytes *write_out(GMimeMessage *message)
{
    g_autoptr(GMimeFormatOptions) options = g_mime_format_options_new();
    g_mime_format_options_set_newline_format(options, GMIME_NEWLINE_FORMAT_DOS);
    g_autoptr(GMimeStream) stream = g_mime_stream_mem_new();
    g_mime_object_write_to_stream(GMIME_OBJECT(message), options, stream);
    const GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
    return g_bytes_new(bytes->data, bytes->len);
}

GBytes *compose_mail(const ComposeMail *mail, GError **error)
{
    g_mime_init(); /* counts its callers; harmless when it is done already */
    g_autofree char *id = compose_check_message_id(mail->message_id);
    if (id == NULL) {
        refuse(error, "message id", mail->message_id);
        return NULL;
    }
    g_autoptr(GMimeMessage) message = g_mime_message_new(FALSE);
    if (!add_people(message, mail, error)) {
        return NULL;
    }
    g_autofree char *subject =
        text_one_line(mail->subject != NULL ? mail->subject : "", SUBJECT_MOST);
    g_mime_message_set_subject(message, subject, "utf-8");
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(mail->date);
    if (date == NULL) {
        refuse(error, "date", "the reply's time");
        return NULL;
    }
    g_mime_message_set_date(message, date);
    g_mime_message_set_message_id(message, id);
    add_thread(message, mail);
    mark_automatic(message, mail->unasked);
    if (!add_content(message, mail, error)) {
        return NULL;
    }
    return write_out(message);
}
