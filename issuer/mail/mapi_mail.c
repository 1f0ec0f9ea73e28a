#include "mail/mapi_mail.h"

#include "base/text.h"
#include "mail/code_page.h"
#include "mail/mapi_fields.h"
#include "mail/rtf.h"

#include <string.h>

#define LINE_BYTES 57  /* that make a line of 76 characters of base64 */
#define MAX_NAME   200 /* characters of a file's name */

typedef struct {
    GByteArray *out;
    guint boundaries; /* used so far */
    const char *trouble;
} Writer;

static void append(Writer *writer, const char *text)
{
    g_byte_array_append(writer->out, (const guint8 *)text, (guint)strlen(text));
}

/* Boundary number N stands between these two texts. */
static void append_boundary(Writer *writer, const char *before, guint number, const char *after)
{
    g_autofree char *text = g_strdup_printf("%s=_part_%u%s", before, number, after);
    append(writer, text);
}

/* No line of base64 looks like a boundary, so none needs to be looked for in what is written. */
static void write_base64(Writer *writer, const guint8 *data, gsize length)
{
    append(writer, "Content-Transfer-Encoding: base64\r\n\r\n");
    for (gsize at = 0; at < length; at += LINE_BYTES) {
        g_autofree char *line = g_base64_encode(data + at, MIN(length - at, LINE_BYTES));
        append(writer, line);
        append(writer, "\r\n");
    }
}

/* Begins parts of the given kind, and returns the number of the boundary between them. */
static guint begin_parts(Writer *writer, const char *kind)
{
    const guint boundary = ++writer->boundaries;
    append(writer, "Content-Type: multipart/");
    append(writer, kind);
    append_boundary(writer, "; boundary=\"", boundary, "\"\r\n\r\n");
    return boundary;
}

static void next_part(Writer *writer, guint boundary)
{
    append_boundary(writer, "\r\n--", boundary, "\r\n");
}

static void end_parts(Writer *writer, guint boundary)
{
    append_boundary(writer, "\r\n--", boundary, "--\r\n");
}

/* A text of the mail in one of its forms. */
typedef struct {
    const char *type; /* "text/html" */
    const char *charset;
    GString *text;
} Form;

static void form_clear(gpointer form)
{
    g_string_free(((Form *)form)->text, TRUE);
}

static void add_form(GArray *forms, const char *type, const char *charset, GString *text)
{
    const Form form = {type, charset, text};
    if (text != NULL) {
        g_array_append_val(forms, form);
    }
}

/* HTML is kept as text, or as bytes in the encoding that the mail had. */
static void add_html(const MapiItem *item, GArray *forms)
{
    const GByteArray *html = mapi_item_bytes(item, MAPI_TAG(MAPI_HTML, MAPI_TYPE_BINARY));
    if (html == NULL) {
        add_form(forms, "text/html", "utf-8", mapi_item_text(item, MAPI_HTML));
    } else {
        add_form(forms, "text/html",
                 code_page_label(mapi_item_number(item, MAPI_INTERNET_CODE_PAGE, 0)),
                 g_string_new_len((const char *)html->data, (gssize)html->len));
    }
}

static void add_rich_text(Writer *writer, const MapiItem *item, GArray *forms)
{
    const GByteArray *bytes =
        mapi_item_bytes(item, MAPI_TAG(MAPI_RTF_COMPRESSED, MAPI_TYPE_BINARY));
    if (bytes == NULL || bytes->len == 0) {
        return;
    }
    const char *why = NULL;
    g_autoptr(GByteArray) rtf = rtf_decompress((const char *)bytes->data, bytes->len, &why);
    if (why != NULL) {
        writer->trouble = "its rich text is damaged";
    }
    if (rtf != NULL) {
        bool is_html = false;
        GString *text = rtf_text((const char *)rtf->data, rtf->len, &is_html);
        add_form(forms, is_html ? "text/html" : "text/plain", "utf-8", text);
    }
}

static void write_form(Writer *writer, const Form *form)
{
    append(writer, "Content-Type: ");
    append(writer, form->type);
    append(writer, "; charset=\"");
    append(writer, form->charset);
    append(writer, "\"\r\n");
    write_base64(writer, (const guint8 *)form->text->str, form->text->len);
}

/* The text as a part: all its forms side by side, for any of them may be damaged. */
static void write_text(Writer *writer, const MapiItem *item)
{
    g_autoptr(GArray) forms = g_array_new(FALSE, FALSE, sizeof(Form));
    g_array_set_clear_func(forms, form_clear);
    add_form(forms, "text/plain", "utf-8", mapi_item_text(item, MAPI_BODY));
    add_html(item, forms);
    add_rich_text(writer, item, forms);
    const guint boundary = begin_parts(writer, "alternative");
    for (guint i = 0; i < forms->len; i++) {
        next_part(writer, boundary);
        write_form(writer, &g_array_index(forms, Form, i));
    }
    end_parts(writer, boundary);
}

/* What a file is called: by its long name where it has one. NULL if it has none. */
static char *file_name(const MapiItem *file)
{
    static const guint32 numbers[] = {MAPI_ATTACH_NAME, MAPI_ATTACH_SHORT_NAME, MAPI_DISPLAY_NAME};
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autoptr(GString) name = mapi_item_text(file, numbers[i]);
        if (name != NULL && !text_is_blank(name->str)) {
            return text_one_line(name->str, MAX_NAME);
        }
    }
    return NULL;
}

/* "Content-Disposition: attachment" with the file's name in UTF-8 (RFC 2231). */
static void write_disposition(Writer *writer, const MapiItem *file)
{
    g_autofree char *name = file_name(file);
    append(writer, "Content-Disposition: attachment");
    if (name != NULL) {
        g_autofree char *escaped = g_uri_escape_string(name, NULL, FALSE);
        append(writer, ";\r\n filename*=utf-8''");
        append(writer, escaped);
    }
    append(writer, "\r\n");
}

/* Whether a file is not one that the sender attached, but all of a signed mail's parts (MS-OXOSMIME
 * 2.1.1). */
static bool holds_signed_parts(const MapiItem *file)
{
    g_autoptr(GString) type = mapi_item_text(file, MAPI_ATTACH_TYPE);
    return type != NULL && g_ascii_strcasecmp(type->str, "multipart/signed") == 0;
}

static void write_file(Writer *writer, const MapiItem *file)
{
    const GByteArray *data = mapi_item_bytes(file, MAPI_TAG(MAPI_ATTACH_DATA, MAPI_TYPE_BINARY));
    append(writer, holds_signed_parts(file) ? "Content-Type: message/rfc822\r\n"
                                            : "Content-Type: application/octet-stream\r\n");
    write_disposition(writer, file);
    write_base64(writer, data == NULL ? NULL : data->data, data == NULL ? 0 : data->len);
}

/* A mail whose files are not all written yet. */
typedef struct {
    const MapiItem *item;
    guint next_file;
    guint boundary;
} Level;

/* Begins a mail that goes on with its files. */
static void begin_mail(Writer *writer, GArray *levels, const MapiItem *item)
{
    const char *report = mapi_fields_report(item);
    mapi_fields_write(item, writer->out);
    append(writer, "MIME-Version: 1.0\r\n");
    g_autofree char *kind =
        report == NULL ? g_strdup("mixed") : g_strdup_printf("report; report-type=%s", report);
    const Level level = {item, 0, begin_parts(writer, kind)};
    next_part(writer, level.boundary);
    write_text(writer, item);
    g_array_append_val(levels, level);
}

/* Writes the next file of the innermost mail, or begins with it where it is a mail, or ends the
 * mail. */
static void write_next(Writer *writer, GArray *levels)
{
    Level *level = &g_array_index(levels, Level, levels->len - 1);
    const GPtrArray *files = mapi_item_files(level->item);
    if (level->next_file == files->len) {
        end_parts(writer, level->boundary);
        g_array_set_size(levels, levels->len - 1);
        return;
    }
    const MapiItem *file = g_ptr_array_index(files, level->next_file++);
    const MapiItem *mail = mapi_item_enclosed(file);
    next_part(writer, level->boundary);
    if (mail == NULL) {
        write_file(writer, file);
    } else {
        append(writer, "Content-Type: message/rfc822\r\n\r\n");
        begin_mail(writer, levels, mail);
    }
}

GByteArray *mapi_mail_write(const MapiItem *item, const char **trouble)
{
    Writer writer = {.out = g_byte_array_new()};
    g_autoptr(GArray) levels = g_array_new(FALSE, FALSE, sizeof(Level));
    begin_mail(&writer, levels, item);
    while (levels->len > 0) {
        write_next(&writer, levels);
    }
    *trouble = writer.trouble;
    return writer.out;
}
