#include "mail/mapi.h"

#include "mail/charset.h"
#include "mail/code_page.h"
#include "mail/little_endian.h"

#include <string.h>

#define EPOCH_1601 11644473600LL  /* seconds from 1601 to 1970 */
#define LAST_TIME  253402300799LL /* the year 9999 ends */

struct MapiItem {
    GHashTable *properties; /* tag to GByteArray */
    guint32 code_page;
    GPtrArray *fields;
    GPtrArray *files;
    GPtrArray *recipients;
    GPtrArray *enclosed; /* the mail that it is, or nothing */
};

static void item_free(gpointer item)
{
    mapi_item_free(item);
}

static void bytes_free(gpointer bytes)
{
    g_byte_array_unref(bytes);
}

static void field_free(gpointer data)
{
    MapiField *field = data;
    g_free(field->name);
    g_free(field->value);
    g_free(field);
}

MapiItem *mapi_item_new(void)
{
    MapiItem *item = g_new0(MapiItem, 1);
    item->properties = g_hash_table_new_full(NULL, NULL, NULL, bytes_free);
    item->fields = g_ptr_array_new_with_free_func(field_free);
    item->files = g_ptr_array_new_with_free_func(item_free);
    item->recipients = g_ptr_array_new_with_free_func(item_free);
    item->enclosed = g_ptr_array_new_with_free_func(item_free);
    return item;
}

void mapi_item_free(MapiItem *item)
{
    if (item == NULL) {
        return;
    }
    g_hash_table_unref(item->properties);
    g_ptr_array_unref(item->fields);
    g_ptr_array_unref(item->files);
    g_ptr_array_unref(item->recipients);
    g_ptr_array_unref(item->enclosed);
    g_free(item);
}

static bool is_among(guint32 value, const guint32 *values, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        if (values[i] == value) {
            return true;
        }
    }
    return false;
}

bool mapi_is_number(guint32 tag)
{
    static const guint32 types[] = {MAPI_TYPE_SHORT, MAPI_TYPE_LONG, MAPI_TYPE_BOOLEAN,
                                    MAPI_TYPE_TIME};
    return is_among(MAPI_TYPE(tag), types, G_N_ELEMENTS(types));
}

bool mapi_is_wanted(guint32 tag)
{
    static const guint32 numbers[] = {
        MAPI_MESSAGE_CLASS,  MAPI_SUBJECT,     MAPI_SUBMIT_TIME,    MAPI_REPLY_TO,
        MAPI_AUTHOR_NAME,    MAPI_AUTHOR_TYPE, MAPI_AUTHOR_ADDRESS, MAPI_TRANSPORT_HEADERS,
        MAPI_RECIPIENT_TYPE, MAPI_SENDER_NAME, MAPI_SENDER_TYPE,    MAPI_SENDER_ADDRESS,
        MAPI_DELIVERY_TIME,  MAPI_BODY,        MAPI_RTF_COMPRESSED, MAPI_HTML,
        MAPI_MESSAGE_ID,     MAPI_REFERENCES,  MAPI_IN_REPLY_TO,    MAPI_DISPLAY_NAME,
        MAPI_ADDRESS_TYPE,   MAPI_ADDRESS,     MAPI_ATTACH_DATA,    MAPI_ATTACH_SHORT_NAME,
        MAPI_ATTACH_NAME,    MAPI_ATTACH_TYPE, MAPI_SMTP_ADDRESS,   MAPI_INTERNET_CODE_PAGE,
        MAPI_CODE_PAGE,      MAPI_SENDER_SMTP, MAPI_AUTHOR_SMTP,
    };
    static const guint32 types[] = {MAPI_TYPE_STRING8, MAPI_TYPE_UNICODE, MAPI_TYPE_BINARY,
                                    MAPI_TYPE_OBJECT};
    return is_among(MAPI_NUMBER(tag), numbers, G_N_ELEMENTS(numbers)) &&
           (mapi_is_number(tag) || is_among(MAPI_TYPE(tag), types, G_N_ELEMENTS(types)));
}

void mapi_item_set(MapiItem *item, guint32 tag, const guint8 *value, gsize length)
{
    if (!mapi_is_wanted(tag) || g_hash_table_contains(item->properties, GUINT_TO_POINTER(tag))) {
        return;
    }
    GByteArray *bytes = g_byte_array_sized_new((guint)length);
    g_byte_array_append(bytes, value, (guint)length);
    g_hash_table_insert(item->properties, GUINT_TO_POINTER(tag), bytes);
}

void mapi_item_set_code_page(MapiItem *item, guint32 code_page)
{
    item->code_page = code_page;
}

const GByteArray *mapi_item_bytes(const MapiItem *item, guint32 tag)
{
    return g_hash_table_lookup(item->properties, GUINT_TO_POINTER(tag));
}

static gunichar unit_at(const GByteArray *bytes, guint at)
{
    return little_endian_u16(bytes->data + at);
}

/* UTF-16LE, and nothing else whatever it looks like: half a pair becomes U+FFFD. */
static GString *from_utf16(const GByteArray *bytes)
{
    GString *text = g_string_sized_new(bytes->len);
    for (guint at = 0; at + 1 < bytes->len; at += 2) {
        gunichar unit = unit_at(bytes, at);
        const gunichar next = at + 3 < bytes->len ? unit_at(bytes, at + 2) : 0;
        if (unit >= 0xD800 && unit < 0xDC00 && next >= 0xDC00 && next < 0xE000) {
            unit = 0x10000 + ((unit - 0xD800) << 10) + (next - 0xDC00);
            at += 2;
        }
        if (unit != 0) {
            g_string_append_unichar(text, g_unichar_validate(unit) ? unit : 0xFFFD);
        }
    }
    return text;
}

static GString *from_code_page(const GByteArray *bytes, guint32 code_page)
{
    g_autoptr(GString) whole = g_string_sized_new(bytes->len);
    for (guint i = 0; i < bytes->len; i++) {
        if (bytes->data[i] != 0) {
            g_string_append_c(whole, (char)bytes->data[i]);
        }
    }
    g_auto(CharsetText) text = charset_read(code_page_label(code_page), whole->str, whole->len);
    return g_string_new_len(text.text, (gssize)text.length);
}

static guint32 own_code_page(const MapiItem *item)
{
    const guint32 internet = mapi_item_number(item, MAPI_INTERNET_CODE_PAGE, item->code_page);
    return mapi_item_number(item, MAPI_CODE_PAGE, internet);
}

GString *mapi_item_text(const MapiItem *item, guint32 number)
{
    const GByteArray *wide = mapi_item_bytes(item, MAPI_TAG(number, MAPI_TYPE_UNICODE));
    const GByteArray *narrow = mapi_item_bytes(item, MAPI_TAG(number, MAPI_TYPE_STRING8));
    if (wide != NULL) {
        return from_utf16(wide);
    }
    return narrow == NULL ? NULL : from_code_page(narrow, own_code_page(item));
}

GString *mapi_item_convert(const MapiItem *item, guint32 type, const GByteArray *bytes)
{
    return type == MAPI_TYPE_UNICODE ? from_utf16(bytes)
                                     : from_code_page(bytes, own_code_page(item));
}

void mapi_item_add_field(MapiItem *item, const char *name, const char *value)
{
    MapiField *field = g_new(MapiField, 1);
    field->name = g_strdup(name);
    field->value = g_strdup(value);
    g_ptr_array_add(item->fields, field);
}

const GPtrArray *mapi_item_fields(const MapiItem *item)
{
    return item->fields;
}

static guint64 little_endian(const GByteArray *bytes, guint most)
{
    guint64 value = 0;
    for (guint i = 0; i < MIN(bytes->len, most); i++) {
        value |= (guint64)bytes->data[i] << (8 * i);
    }
    return value;
}

guint32 mapi_item_number(const MapiItem *item, guint32 number, guint32 otherwise)
{
    static const struct {
        guint32 type;
        guint size;
    } types[] = {{MAPI_TYPE_LONG, 4}, {MAPI_TYPE_SHORT, 2}, {MAPI_TYPE_BOOLEAN, 2}};
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        const GByteArray *bytes = mapi_item_bytes(item, MAPI_TAG(number, types[i].type));
        if (bytes != NULL) {
            return (guint32)little_endian(bytes, types[i].size);
        }
    }
    return otherwise;
}

bool mapi_item_time(const MapiItem *item, guint32 number, gint64 *seconds)
{
    const GByteArray *bytes = mapi_item_bytes(item, MAPI_TAG(number, MAPI_TYPE_TIME));
    if (bytes == NULL) {
        return false;
    }
    *seconds = (gint64)(little_endian(bytes, 8) / 10000000) - EPOCH_1601;
    return *seconds > 0 && *seconds <= LAST_TIME;
}

/* What belongs to a mail is in its code page. */
static MapiItem *add_to(GPtrArray *items, const MapiItem *owner)
{
    MapiItem *item = mapi_item_new();
    item->code_page = own_code_page(owner);
    g_ptr_array_add(items, item);
    return item;
}

MapiItem *mapi_item_add_file(MapiItem *item)
{
    return add_to(item->files, item);
}

MapiItem *mapi_item_add_recipient(MapiItem *item)
{
    return add_to(item->recipients, item);
}

const GPtrArray *mapi_item_files(const MapiItem *item)
{
    return item->files;
}

const GPtrArray *mapi_item_recipients(const MapiItem *item)
{
    return item->recipients;
}

MapiItem *mapi_item_enclose(MapiItem *file)
{
    if (file->enclosed->len == 0) {
        g_ptr_array_add(file->enclosed, mapi_item_new());
    }
    return g_ptr_array_index(file->enclosed, 0);
}

const MapiItem *mapi_item_enclosed(const MapiItem *file)
{
    return file->enclosed->len == 0 ? NULL : g_ptr_array_index(file->enclosed, 0);
}
