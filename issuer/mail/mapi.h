/* What Outlook keeps of a mail, of a file in it or of a recipient: properties (MS-OXCDATA,
 * MS-OXPROPS), from wherever they were read. */
#ifndef ISSUER_MAIL_MAPI_H
#define ISSUER_MAIL_MAPI_H

#include <glib.h>
#include <stdbool.h>

/* A property is named by a tag: its number, and below that its type. */
#define MAPI_TAG(number, type) ((guint32)(number) << 16 | (guint32)(type))
#define MAPI_NUMBER(tag)       ((guint32)(tag) >> 16)
#define MAPI_TYPE(tag)         ((guint32)(tag)&0xFFFFU)

enum {
    MAPI_TYPE_SHORT = 0x0002,
    MAPI_TYPE_LONG = 0x0003,
    MAPI_TYPE_BOOLEAN = 0x000B,
    MAPI_TYPE_OBJECT = 0x000D,
    MAPI_TYPE_STRING8 = 0x001E, /* in the item's code page */
    MAPI_TYPE_UNICODE = 0x001F, /* UTF-16LE */
    MAPI_TYPE_TIME = 0x0040,    /* 100 ns since 1601 */
    MAPI_TYPE_GUID = 0x0048,
    MAPI_TYPE_BINARY = 0x0102,
};

enum {
    MAPI_MESSAGE_CLASS = 0x001A,
    MAPI_SUBJECT = 0x0037,
    MAPI_SUBMIT_TIME = 0x0039,
    MAPI_AUTHOR_NAME = 0x0042, /* "sent representing" */
    MAPI_REPLY_TO = 0x004F,    /* a list (mapi_one_off.h) */
    MAPI_AUTHOR_TYPE = 0x0064,
    MAPI_AUTHOR_ADDRESS = 0x0065,
    MAPI_TRANSPORT_HEADERS = 0x007D,
    MAPI_RECIPIENT_TYPE = 0x0C15,
    MAPI_SENDER_NAME = 0x0C1A,
    MAPI_SENDER_TYPE = 0x0C1E,
    MAPI_SENDER_ADDRESS = 0x0C1F,
    MAPI_DELIVERY_TIME = 0x0E06,
    MAPI_BODY = 0x1000,
    MAPI_RTF_COMPRESSED = 0x1009,
    MAPI_HTML = 0x1013,
    MAPI_MESSAGE_ID = 0x1035,
    MAPI_REFERENCES = 0x1039,
    MAPI_IN_REPLY_TO = 0x1042,
    MAPI_DISPLAY_NAME = 0x3001,
    MAPI_ADDRESS_TYPE = 0x3002,
    MAPI_ADDRESS = 0x3003,
    MAPI_ATTACH_DATA = 0x3701,
    MAPI_ATTACH_SHORT_NAME = 0x3704,
    MAPI_ATTACH_NAME = 0x3707,
    MAPI_ATTACH_TYPE = 0x370E,
    MAPI_SMTP_ADDRESS = 0x39FE,
    MAPI_INTERNET_CODE_PAGE = 0x3FDE,
    MAPI_CODE_PAGE = 0x3FFD,
    MAPI_SENDER_SMTP = 0x5D01,
    MAPI_AUTHOR_SMTP = 0x5D02,
};

typedef struct MapiItem MapiItem;

/* An item without properties. The caller owns it. */
MapiItem *mapi_item_new(void);

/* Whether a property of this tag is one that a mail is made of; of the others there are many, and
 * nobody looks at them. */
bool mapi_is_wanted(guint32 tag);

/* Whether it is a number, a truth value or an instant. */
bool mapi_is_number(guint32 tag);

/* Gives it a property of `length` bytes, which are copied. The first one of a tag counts; one that
 * is not wanted is not kept. */
void mapi_item_set(MapiItem *item, guint32 tag, const guint8 *value, gsize length);

/* The code page of its 8-bit texts where it tells none itself. */
void mapi_item_set_code_page(MapiItem *item, guint32 code_page);

/* A text, in UTF-8, without zero bytes; NULL if there is none of this number. New string. */
GString *mapi_item_text(const MapiItem *item, guint32 number);

/* The same of a text that is not one of its properties, of type MAPI_TYPE_UNICODE or
 * MAPI_TYPE_STRING8. New string. */
GString *mapi_item_convert(const MapiItem *item, guint32 type, const GByteArray *bytes);

/* A header field of the mail that has been kept as a property. */
typedef struct {
    char *name;
    char *value; /* UTF-8, any characters */
} MapiField;

/* Adds one; both texts are copied. */
void mapi_item_add_field(MapiItem *item, const char *name, const char *value);

/* Those that were added, as MapiField. Owned by the item. */
const GPtrArray *mapi_item_fields(const MapiItem *item);

/* A property's bytes as they stand; NULL if there is none of this tag. Owned by the item. */
const GByteArray *mapi_item_bytes(const MapiItem *item, guint32 tag);

/* A number (or truth value); `otherwise` if there is none. */
guint32 mapi_item_number(const MapiItem *item, guint32 number, guint32 otherwise);

/* An instant, in seconds since 1970; false if there is none. */
bool mapi_item_time(const MapiItem *item, guint32 number, gint64 *seconds);

/* A new file of a mail, or recipient of it. Owned by the mail. */
MapiItem *mapi_item_add_file(MapiItem *item);
MapiItem *mapi_item_add_recipient(MapiItem *item);

/* The files and recipients, as MapiItem. Owned by the mail. */
const GPtrArray *mapi_item_files(const MapiItem *item);
const GPtrArray *mapi_item_recipients(const MapiItem *item);

/* Makes an empty mail the content of a file, and returns it. Owned by the file. */
MapiItem *mapi_item_enclose(MapiItem *file);

/* The mail that is the content of a file, or NULL. Owned by the file. */
const MapiItem *mapi_item_enclosed(const MapiItem *file);

void mapi_item_free(MapiItem *item);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MapiItem, mapi_item_free)

#endif
