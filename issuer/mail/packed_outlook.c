#include "mail/packed_outlook.h"

#include "mail/outlook_msg.h"
#include "mail/rtf.h"
#include "mail/tnef.h"

static void add_string(Unpacked *unpacked, GString *text)
{
    GByteArray *data = g_byte_array_sized_new((guint)text->len);
    g_byte_array_append(data, (const guint8 *)text->str, (guint)text->len);
    (void)unpacked_add(unpacked, UNPACKED_TEXT, NULL, "text/html; charset=utf-8", data);
}

void packed_outlook_unpack_rtf(const char *data, gsize length, Unpacked *unpacked)
{
    bool is_html = false;
    g_autoptr(GString) text = rtf_text(data, length, &is_html);
    if (!is_html) {
        g_autofree char *escaped = g_markup_escape_text(text->str, (gssize)text->len);
        g_string_printf(text, "<html><pre>%s</pre></html>", escaped);
    }
    add_string(unpacked, text);
}

/* Adds what was read of a mail, which it takes over, and tells what was not. */
static void add_mail(Unpacked *unpacked, GByteArray *mail, const char *trouble)
{
    if (trouble != NULL) {
        unpacked_fail(unpacked, trouble);
    }
    if (mail != NULL) {
        (void)unpacked_add(unpacked, UNPACKED_ENTITY, NULL, NULL, mail);
    }
}

void packed_outlook_unpack_tnef(const char *data, gsize length, Unpacked *unpacked)
{
    const char *trouble = NULL;
    GByteArray *mail = tnef_mail(data, length, &trouble);
    add_mail(unpacked, mail, trouble);
}

void packed_outlook_unpack_msg(const char *data, gsize length, Unpacked *unpacked)
{
    const char *trouble = NULL;
    GByteArray *mail = outlook_msg_mail(data, length, &trouble);
    add_mail(unpacked, mail, trouble);
}
