#include "mail/desk_mail.h"

#include "base/text.h"
#include "core/digest.h"
#include "mail/sniff.h"

#include <string.h>

#define MAX_TEXTS 4    /* of a row */
#define MAX_VALUE 2000 /* code points of a header field's value */

void desk_mail_free_file(gpointer file)
{
    DeskFile *freed = file;
    g_free(freed->name);
    g_bytes_unref(freed->content);
    g_free(freed);
}

GBytes *desk_mail_decode(const char *text)
{
    gsize length =
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_"
                     "\r\n");
    if (length < 4 || text[length] != '\0') {
        return NULL;
    }
    gsize size = 0;
    g_autofree char *standard = g_strdelimit(g_strdelimit(g_strdup(text), "-", '+'), "_", '/');
    g_autofree char *padded = g_strconcat(standard, "==", NULL); // what is too much is passed over
    guchar *bytes = g_base64_decode(padded, &size);
    return g_bytes_new_take(bytes, size);
}

// ---- a raw mail ----

static bool is_mail(const char *data, gsize size)
{
    SniffKind kind = sniff_file(data, MIN(size, SNIFF_SIZE));
    return kind == SNIFF_MESSAGE || kind == SNIFF_MBOX;
}

static bool append_raw(GByteArray *mail, const char *raw)
{
    if (raw == NULL) {
        return false;
    }
    if (is_mail(raw, strlen(raw))) {
        g_byte_array_append(mail, (const guint8 *)raw, (guint)strlen(raw));
        return true;
    }
    g_autoptr(GBytes) decoded = desk_mail_decode(raw);
    gsize size = 0;
    const char *data = decoded == NULL ? NULL : g_bytes_get_data(decoded, &size);
    if (data == NULL || !is_mail(data, size)) {
        return false;
    }
    g_byte_array_append(mail, (const guint8 *)data, (guint)size);
    return true;
}

// ---- headers ----

static void append(GByteArray *mail, const char *text)
{
    g_byte_array_append(mail, (const guint8 *)text, (guint)strlen(text));
}

/* One header field. Its value comes from outside: on one line it can be no other field. */
static void append_field(GByteArray *mail, const char *name, const char *value)
{
    if (value == NULL) {
        return;
    }
    g_autofree char *line = text_one_line(value, MAX_VALUE);
    append(mail, name);
    append(mail, ": ");
    append(mail, g_strstrip(line));
    append(mail, "\n");
}

/* An instant as RFC 3339 writes it, in the words of mail; NULL if it is none. */
static char *mail_date(const char *value)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autofree char *iso = g_strstrip(g_strdup(value));
    g_autoptr(GDateTime) instant = g_date_time_new_from_iso8601(iso, utc);
    if (instant == NULL && strlen(iso) > 10 && iso[10] == ' ') {
        iso[10] = 'T'; // "2026-10-08 09:30:00"
        instant = g_date_time_new_from_iso8601(iso, utc);
    }
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (instant == NULL) {
        return NULL;
    }
    int year = 0;
    int month = 1;
    int day = 1;
    g_date_time_get_ymd(instant, &year, &month, &day);
    g_autofree char *rest = g_date_time_format(instant, "%H:%M:%S %z");
    return g_strdup_printf("%s, %d %s %d %s", days[g_date_time_get_day_of_week(instant) - 1], day,
                           months[month - 1], year, rest);
}

static void append_date(GByteArray *mail, const char *value)
{
    g_autofree char *date = value == NULL ? NULL : mail_date(value);
    append_field(mail, "Date", date != NULL ? date : value);
}

static void append_id(GByteArray *mail, const char *name, const char *value)
{
    g_autofree char *id = value == NULL || strchr(value, '<') != NULL
                              ? g_strdup(value)
                              : g_strdup_printf("<%s>", value);
    append_field(mail, name, id);
}

static void append_headers(GByteArray *mail, const DeskRow *row)
{
    append_field(mail, "From", desk_fields_sender(row));
    append_field(mail, "To", row->values[DESK_TO]);
    const char *subject = row->values[DESK_SUBJECT];
    append_field(mail, "Subject", subject != NULL ? subject : "");
    append_date(mail, row->values[DESK_DATE]);
    append_id(mail, "Message-ID", row->values[DESK_MESSAGE_ID]);
    append_id(mail, "In-Reply-To", row->values[DESK_IN_REPLY_TO]);
    append_field(mail, "MIME-Version", "1.0");
}

// ---- bodies ----

static bool looks_like_html(const char *text)
{
    static const char *const tags[] = {"<html", "<body",  "<p>",   "<p ",  "<br",  "<div",
                                       "<span", "<table", "<!doc", "<pre", "</p>", "</a>"};
    g_autofree char *lower = g_ascii_strdown(text, -1);
    for (gsize i = 0; i < G_N_ELEMENTS(tags); i++) {
        if (strstr(lower, tags[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static bool body_is_html(const DeskRow *row)
{
    const char *type = row->values[DESK_CONTENT_TYPE];
    g_autofree char *lower = type == NULL ? NULL : g_ascii_strdown(type, -1);
    return (lower != NULL && strstr(lower, "html") != NULL) ||
           looks_like_html(row->values[DESK_BODY]);
}

/* A part of the mail, or its only one where `boundary` is NULL. */
static void append_text(GByteArray *mail, const char *boundary, const char *type, const char *text)
{
    if (boundary != NULL) {
        append(mail, "--");
        append(mail, boundary);
        append(mail, "\n");
    }
    append(mail, "Content-Type: ");
    append(mail, type);
    append(mail, "; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n");
    append(mail, text);
    append(mail, "\n");
}

static void append_file(GByteArray *mail, const char *boundary, const DeskFile *file)
{
    gsize size = 0;
    const guchar *data = g_bytes_get_data(file->content, &size);
    g_autofree char *name = text_one_line(file->name != NULL ? file->name : "file", 100);
    g_autofree char *safe = g_strdelimit(g_steal_pointer(&name), "\"\\", '_');
    g_autofree char *head = g_strdup_printf(
        "--%s\nContent-Type: application/octet-stream\nContent-Disposition: attachment; "
        "filename=\"%s\"\nContent-Transfer-Encoding: base64\n\n",
        boundary, safe);
    append(mail, head);
    g_autofree char *encoded = g_base64_encode(data, size);
    gsize length = strlen(encoded);
    for (gsize at = 0; at < length; at += 76) {
        g_byte_array_append(mail, (const guint8 *)encoded + at, (guint)MIN(76, length - at));
        append(mail, "\n");
    }
}

/* Each text that the row has, with its type; how many. */
static guint collect_texts(const DeskRow *row, const char *types[MAX_TEXTS],
                           const char *texts[MAX_TEXTS])
{
    guint count = 0;
    if (row->values[DESK_TEXT] != NULL) {
        types[count] = "text/plain";
        texts[count++] = row->values[DESK_TEXT];
    }
    if (row->values[DESK_BODY] != NULL) {
        types[count] = body_is_html(row) ? "text/html" : "text/plain";
        texts[count++] = row->values[DESK_BODY];
    }
    if (row->values[DESK_HTML] != NULL) {
        types[count] = "text/html";
        texts[count++] = row->values[DESK_HTML];
    }
    if (row->values[DESK_OTHER] != NULL) {
        types[count] = looks_like_html(row->values[DESK_OTHER]) ? "text/html" : "text/plain";
        texts[count++] = row->values[DESK_OTHER];
    }
    return count;
}

/* One that stands in no text: it is made from all of them. */
static char *make_boundary(const char *const *texts, guint count)
{
    g_autoptr(GString) all = g_string_new("boundary");
    for (guint i = 0; i < count; i++) {
        g_string_append(all, texts[i]);
    }
    Digest digest = digest_sha256(all->str, all->len);
    GString *boundary = g_string_new("part-");
    for (gsize i = 0; i < 12; i++) {
        g_string_append_printf(boundary, "%02x", digest.bytes[i]);
    }
    return g_string_free(boundary, FALSE);
}

static void append_body(GByteArray *mail, const DeskRow *row, const GPtrArray *files)
{
    const char *types[MAX_TEXTS] = {"text/plain"};
    const char *texts[MAX_TEXTS] = {""};
    guint count = MAX(collect_texts(row, types, texts), 1);
    guint attached = files == NULL ? 0 : files->len;
    if (count == 1 && attached == 0) {
        append_text(mail, NULL, types[0], texts[0]);
        return;
    }
    g_autofree char *boundary = make_boundary(texts, count);
    append(mail, attached > 0 ? "Content-Type: multipart/mixed; boundary=\""
                              : "Content-Type: multipart/alternative; boundary=\"");
    append(mail, boundary);
    append(mail, "\"\n\n");
    for (guint i = 0; i < count; i++) {
        append_text(mail, boundary, types[i], texts[i]);
    }
    for (guint i = 0; i < attached; i++) {
        append_file(mail, boundary, g_ptr_array_index(files, i));
    }
    append(mail, "--");
    append(mail, boundary);
    append(mail, "--\n");
}

GByteArray *desk_mail_make(const DeskRow *row, const GPtrArray *files)
{
    GByteArray *mail = g_byte_array_new();
    if (!append_raw(mail, row->values[DESK_RAW])) {
        append_headers(mail, row);
        append_body(mail, row, files);
    }
    return mail;
}
