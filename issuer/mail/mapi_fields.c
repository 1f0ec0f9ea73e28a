#include "mail/mapi_fields.h"

#include "base/text.h"
#include "core/address.h"
#include "mail/headers.h"
#include "mail/mapi_one_off.h"

#include <gmime/gmime.h>
#include <string.h>

#define MAX_RECIPIENTS 200  /* written into a field */
#define MAX_VALUE      4000 /* characters */

/* MAPI_RECIPIENT_TYPE */
enum {
    RECIPIENT_TO = 1,
    RECIPIENT_CC = 2,
};

/* Where a person is told of: in a mail's properties or a recipient's. */
typedef struct {
    guint32 name;
    guint32 smtp;
    guint32 type;
    guint32 address;
} PersonTags;

static const PersonTags author_tags = {MAPI_AUTHOR_NAME, MAPI_AUTHOR_SMTP, MAPI_AUTHOR_TYPE,
                                       MAPI_AUTHOR_ADDRESS};
static const PersonTags sender_tags = {MAPI_SENDER_NAME, MAPI_SENDER_SMTP, MAPI_SENDER_TYPE,
                                       MAPI_SENDER_ADDRESS};
static const PersonTags recipient_tags = {MAPI_DISPLAY_NAME, MAPI_SMTP_ADDRESS, MAPI_ADDRESS_TYPE,
                                          MAPI_ADDRESS};

static void append(GByteArray *out, const char *text)
{
    g_byte_array_append(out, (const guint8 *)text, (guint)strlen(text));
}

static void add_line(GByteArray *out, const char *name, const char *value)
{
    append(out, name);
    append(out, ": ");
    append(out, value);
    append(out, "\r\n");
}

static void add_encoded(GByteArray *out, const char *name, const char *line)
{
    g_autofree char *encoded = g_mime_utils_header_encode_text(NULL, line, "utf-8");
    add_line(out, name, encoded);
}

/* A text on one line; NULL if there is nothing to be seen of it. */
static char *line_of(const MapiItem *item, guint32 number)
{
    g_autoptr(GString) text = mapi_item_text(item, number);
    if (text == NULL) {
        return NULL;
    }
    char *line = g_strstrip(text_one_line(text->str, MAX_VALUE));
    if (text_is_blank(line)) {
        g_clear_pointer(&line, g_free);
    }
    return line;
}

/* A person's mail address; NULL if none is known. */
static char *address_of(const MapiItem *item, const PersonTags *tags)
{
    char *smtp = line_of(item, tags->smtp);
    if (smtp != NULL && address_is_valid(smtp)) {
        return smtp;
    }
    g_free(smtp);
    g_autofree char *type = line_of(item, tags->type);
    char *address = line_of(item, tags->address);
    if (address == NULL || type == NULL || g_ascii_strcasecmp(type, "SMTP") != 0 ||
        !address_is_valid(address)) {
        g_clear_pointer(&address, g_free);
    }
    return address;
}

/* "Ana <ana@example.com>"; NULL if nothing is known of that person. */
static char *mailbox_of(const MapiItem *item, const PersonTags *tags)
{
    g_autofree char *address = address_of(item, tags);
    g_autofree char *name = line_of(item, tags->name);
    if (name == NULL || (address != NULL && strcmp(name, address) == 0)) {
        return g_steal_pointer(&address);
    }
    g_autofree char *phrase = g_mime_utils_header_encode_phrase(NULL, name, "utf-8");
    return address == NULL ? g_steal_pointer(&phrase) : g_strdup_printf("%s <%s>", phrase, address);
}

/* Who wrote it, and who sent it for them. */
static void add_sender(const MapiItem *item, GByteArray *out)
{
    g_autofree char *author = mailbox_of(item, &author_tags);
    g_autofree char *author_address = address_of(item, &author_tags);
    g_autofree char *sender = mailbox_of(item, &sender_tags);
    g_autofree char *sender_address = address_of(item, &sender_tags);
    const bool known = author_address != NULL || sender_address == NULL;
    const char *from = known && author != NULL ? author : sender;
    if (from != NULL) {
        add_line(out, "From", from);
    }
    if (author_address != NULL && sender != NULL && sender_address != NULL &&
        g_ascii_strcasecmp(author_address, sender_address) != 0) {
        add_line(out, "Sender", sender);
    }
}

static void add_recipients(const MapiItem *item, GByteArray *out, guint32 type, const char *field)
{
    const GPtrArray *recipients = mapi_item_recipients(item);
    g_autoptr(GString) list = g_string_new(NULL);
    for (guint i = 0, count = 0; i < recipients->len && count < MAX_RECIPIENTS; i++) {
        const MapiItem *recipient = g_ptr_array_index(recipients, i);
        g_autofree char *address = address_of(recipient, &recipient_tags);
        if (address != NULL &&
            mapi_item_number(recipient, MAPI_RECIPIENT_TYPE, RECIPIENT_TO) == type) {
            g_string_append_printf(list, "%s%s", count++ > 0 ? ",\r\n " : "", address);
        }
    }
    if (list->len > 0) {
        add_line(out, field, list->str);
    }
}

static void add_reply_to(const MapiItem *item, GByteArray *out)
{
    const GByteArray *list = mapi_item_bytes(item, MAPI_TAG(MAPI_REPLY_TO, MAPI_TYPE_BINARY));
    g_autoptr(GPtrArray) addresses = list == NULL ? NULL : mapi_one_off_addresses(list);
    if (addresses != NULL && addresses->len > 0) {
        g_ptr_array_add(addresses, NULL);
        g_autofree char *joined = g_strjoinv(",\r\n ", (char **)addresses->pdata);
        add_line(out, "Reply-To", joined);
    }
}

static void add_text(const MapiItem *item, GByteArray *out, guint32 number, const char *field)
{
    g_autofree char *value = line_of(item, number);
    if (value != NULL) {
        add_encoded(out, field, value);
    }
}

static void add_date(const MapiItem *item, GByteArray *out)
{
    gint64 seconds = 0;
    if (!mapi_item_time(item, MAPI_SUBMIT_TIME, &seconds) &&
        !mapi_item_time(item, MAPI_DELIVERY_TIME, &seconds)) {
        return;
    }
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);
    g_autofree char *date = time == NULL ? NULL : g_mime_utils_header_format_date(time);
    if (date != NULL) {
        add_line(out, "Date", date);
    }
}

static bool is_class(const MapiItem *item, const char *begin, const char *end)
{
    g_autofree char *class = line_of(item, MAPI_MESSAGE_CLASS);
    return class != NULL && g_ascii_strncasecmp(class, begin, strlen(begin)) == 0 &&
           (end == NULL || strcasestr(class, end) != NULL);
}

/* MS-OXCMSG and MS-OXOMSG name what a program has written by its class. */
static void add_automatic(const MapiItem *item, GByteArray *out)
{
    if (is_class(item, "IPM.Note.Rules.OofTemplate", NULL) ||
        is_class(item, "IPM.Note.Rules.ReplyTemplate", NULL)) {
        add_line(out, "Auto-Submitted", "auto-replied");
    }
}

const char *mapi_fields_report(const MapiItem *item)
{
    if (is_class(item, "REPORT.", ".IPNRN") || is_class(item, "REPORT.", ".IPNNRN")) {
        return "disposition-notification";
    }
    return is_class(item, "REPORT.", NULL) ? "delivery-status" : NULL;
}

/* How a mail was built is not how it is built now. */
static bool is_about_structure(const char *line, gsize length)
{
    static const char *const names[] = {"content-", "mime-version"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const gsize size = strlen(names[i]);
        if (length > size && g_ascii_strncasecmp(line, names[i], size) == 0) {
            return true;
        }
    }
    return false;
}

/* Copies the fields of a header block, up to its end; what is no field, nor continues one, is left
 * out. */
static void copy_fields(const GString *block, GByteArray *out)
{
    bool wanted = false;
    const char *end = block->str + block->len;
    for (const char *line = block->str; line < end;) {
        const char *line_end = memchr(line, '\n', (gsize)(end - line));
        line_end = line_end == NULL ? end : line_end;
        gsize length = (gsize)(line_end - line);
        length -= length > 0 && line[length - 1] == '\r';
        if (length == 0 && out->len > 0) {
            return;
        }
        if (length == 0 || (line[0] != ' ' && line[0] != '\t')) {
            wanted = headers_is_field(line, length) && !is_about_structure(line, length);
        }
        if (wanted) {
            g_byte_array_append(out, (const guint8 *)line, (guint)length);
            append(out, "\r\n");
        }
        line = line_end + 1;
    }
}

/* Fields that Outlook kept as properties, one by one. */
static void copy_kept(const MapiItem *item, GByteArray *out)
{
    const GPtrArray *fields = mapi_item_fields(item);
    for (guint i = 0; i < fields->len; i++) {
        const MapiField *field = g_ptr_array_index(fields, i);
        g_autofree char *line = text_one_line(field->value, MAX_VALUE);
        if (!is_about_structure(field->name, strlen(field->name)) && !text_is_blank(line)) {
            add_encoded(out, field->name, line);
        }
    }
}

static bool lacks(const Headers *headers, const char *name)
{
    return headers_first(headers, name) == NULL;
}

void mapi_fields_write(const MapiItem *item, GByteArray *out)
{
    g_autoptr(GString) block = mapi_item_text(item, MAPI_TRANSPORT_HEADERS);
    g_autoptr(GByteArray) fields = g_byte_array_new();
    if (block != NULL) {
        copy_fields(block, fields);
    } else {
        copy_kept(item, fields);
    }
    g_byte_array_append(out, fields->data, fields->len);
    g_autoptr(Headers) headers = headers_read((const char *)fields->data, fields->len);
    if (lacks(headers, "from")) {
        add_sender(item, out);
    }
    if (block == NULL && lacks(headers, "reply-to")) {
        add_reply_to(item, out);
    }
    if (lacks(headers, "to") && lacks(headers, "cc")) {
        add_recipients(item, out, RECIPIENT_TO, "To");
        add_recipients(item, out, RECIPIENT_CC, "Cc");
    }
    if (lacks(headers, "subject")) {
        add_text(item, out, MAPI_SUBJECT, "Subject");
    }
    if (lacks(headers, "date")) {
        add_date(item, out);
    }
    if (lacks(headers, "message-id")) {
        add_text(item, out, MAPI_MESSAGE_ID, "Message-ID");
        add_text(item, out, MAPI_IN_REPLY_TO, "In-Reply-To");
        add_text(item, out, MAPI_REFERENCES, "References");
    }
    if (lacks(headers, "auto-submitted")) {
        add_automatic(item, out);
    }
}
