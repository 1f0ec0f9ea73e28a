#include "mail/tnef.h"

#include "mail/little_endian.h"
#include "mail/mapi_mail.h"

#include <string.h>

/* The packaged library for this, libytnef 2.0, gives up a whole stream at a wrong checksum, an
 * empty attribute, a subject of more than 50 characters or a text of more than 100 kB. */

#define SIGNATURE     0x223E9F78U
#define HEADER_SIZE   6 /* the signature and a key that nobody needs */
#define MAX_DEPTH     8 /* mails within each other */
#define GUID_SIZE     16
#define NAMED         0x8000U /* properties from this number on have names, which come first */
#define MULTIPLE      0x1000U /* of a type: several values */
#define MAX_FILES     1000    /* in all */
#define LEVEL_OF_FILE 2

/* Attributes (MS-OXTNEF 2.1.3.2), without their types. */
enum {
    ATTRIBUTE_SUBJECT = 0x8004,
    ATTRIBUTE_BODY = 0x800C,
    ATTRIBUTE_FILE_DATA = 0x800F,
    ATTRIBUTE_FILE_TITLE = 0x8010,
    ATTRIBUTE_FILE_BEGINS = 0x9002,
    ATTRIBUTE_PROPERTIES = 0x9003,
    ATTRIBUTE_FILE_PROPERTIES = 0x9005,
    ATTRIBUTE_CODE_PAGE = 0x9007,
};

/* Bytes that hold a mail. */
typedef struct {
    const guint8 *bytes;
    gsize size;
    MapiItem *item; /* what is read of them goes here */
    guint depth;
} Mail;

typedef struct {
    const guint8 *at;
    const guint8 *end;
    GArray *mails; /* of Mail, those still to be read */
    guint files;   /* so far, of all mails */
    const char *trouble;
} Reader;

bool tnef_begins(const char *data, gsize length)
{
    return length >= 4 && little_endian_u32((const guint8 *)data) == SIGNATURE;
}

static gsize left(const Reader *reader)
{
    return (gsize)(reader->end - reader->at);
}

/* Takes `size` bytes; NULL if there are not so many. */
static const guint8 *take(Reader *reader, gsize size)
{
    const guint8 *bytes = reader->at;
    if (left(reader) < size) {
        reader->trouble = "it is cut off";
        reader->at = reader->end;
        return NULL;
    }
    reader->at += size;
    return bytes;
}

/* A number; 0 if it is cut off. */
static guint32 take_u32(Reader *reader)
{
    const guint8 *bytes = take(reader, 4);
    return bytes == NULL ? 0 : little_endian_u32(bytes);
}

static bool is_variable(guint32 type)
{
    return type == MAPI_TYPE_STRING8 || type == MAPI_TYPE_UNICODE || type == MAPI_TYPE_BINARY ||
           type == MAPI_TYPE_OBJECT;
}

/* Bytes that a value of a fixed size takes; all but the longest are filled up to four. */
static gsize fixed_size(guint32 type)
{
    switch (type) {
    case 0x0005: /* floating point */
    case 0x0006: /* currency */
    case 0x0007: /* floating time */
    case 0x0014: /* 64 bits */
    case MAPI_TYPE_TIME:
        return 8;
    case MAPI_TYPE_GUID:
        return GUID_SIZE;
    default:
        return 4;
    }
}

/* A value is an object: a mail, as a stream of its own behind the name of its kind. */
static void read_enclosed(Reader *reader, MapiItem *item, const guint8 *value, gsize size,
                          guint depth)
{
    const bool is_mail = size > GUID_SIZE + HEADER_SIZE &&
                         tnef_begins((const char *)value + GUID_SIZE, size - GUID_SIZE);
    if (!is_mail) {
        mapi_item_set(item, MAPI_TAG(MAPI_ATTACH_DATA, MAPI_TYPE_BINARY), value, size);
    } else if (depth >= MAX_DEPTH) {
        reader->trouble = "mails are nested too deeply in it";
    } else {
        const gsize begin = GUID_SIZE + HEADER_SIZE;
        const Mail mail = {value + begin, size - begin, mapi_item_enclose(item), depth + 1};
        g_array_append_val(reader->mails, mail);
    }
}

/* A value; with a `tag` of 0 it is passed over. */
static void read_value(Reader *reader, MapiItem *item, guint32 tag, guint32 type, guint depth)
{
    const bool variable = is_variable(type);
    const gsize size = variable ? take_u32(reader) : fixed_size(type);
    const guint8 *value = take(reader, size);
    if (value == NULL) {
        return;
    }
    if (type == MAPI_TYPE_OBJECT && MAPI_NUMBER(tag) == MAPI_ATTACH_DATA) {
        read_enclosed(reader, item, value, size, depth);
    } else if (tag != 0) {
        mapi_item_set(item, tag, value, size);
    }
    const gsize filling = variable ? (4 - size % 4) % 4 : 0;
    reader->at += MIN(filling, left(reader));
}

/* The name of a property that has one: within a set, by number or by text. */
static void skip_name(Reader *reader)
{
    (void)take(reader, GUID_SIZE);
    if (take_u32(reader) == 0) {
        (void)take_u32(reader);
        return;
    }
    const gsize size = take_u32(reader);
    (void)take(reader, size);
    reader->at += MIN((4 - size % 4) % 4, left(reader));
}

/* One property (MS-OXTNEF 2.1.3.4). */
static void read_property(Reader *reader, MapiItem *item, guint depth)
{
    const guint32 tag = take_u32(reader);
    const guint32 type = MAPI_TYPE(tag) & ~MULTIPLE;
    const bool multiple = (tag & MULTIPLE) != 0;
    const bool named = MAPI_NUMBER(tag) >= NAMED;
    if (named) {
        skip_name(reader);
    }
    guint32 count = multiple || is_variable(type) ? take_u32(reader) : 1;
    for (; count > 0 && left(reader) > 0; count--) {
        read_value(reader, item, named || multiple ? 0 : tag, type, depth);
    }
}

static void read_properties(Reader *reader, MapiItem *item, guint depth)
{
    for (guint32 count = take_u32(reader); count > 0 && left(reader) > 0; count--) {
        read_property(reader, item, depth);
    }
}

/* An attribute's value, and whose it is. */
typedef struct {
    guint32 id;
    const guint8 *value;
    gsize size;
    MapiItem *mail;
    MapiItem *file; /* the last one that began, or NULL */
} Attribute;

static void read_attribute_properties(Reader *reader, const Attribute *attribute, MapiItem *item,
                                      guint depth)
{
    const guint8 *at = reader->at;
    const guint8 *end = reader->end;
    reader->at = attribute->value;
    reader->end = attribute->value + attribute->size;
    read_properties(reader, item, depth);
    reader->at = at;
    reader->end = end;
}

static void obey_of_file(Reader *reader, const Attribute *attribute, guint depth)
{
    switch (attribute->id) {
    case ATTRIBUTE_FILE_TITLE:
        mapi_item_set(attribute->file, MAPI_TAG(MAPI_ATTACH_SHORT_NAME, MAPI_TYPE_STRING8),
                      attribute->value, attribute->size);
        break;
    case ATTRIBUTE_FILE_DATA:
        mapi_item_set(attribute->file, MAPI_TAG(MAPI_ATTACH_DATA, MAPI_TYPE_BINARY),
                      attribute->value, attribute->size);
        break;
    case ATTRIBUTE_FILE_PROPERTIES:
        read_attribute_properties(reader, attribute, attribute->file, depth);
        break;
    default:
        break;
    }
}

static void obey_of_mail(Reader *reader, const Attribute *attribute, guint depth)
{
    switch (attribute->id) {
    case ATTRIBUTE_SUBJECT:
        mapi_item_set(attribute->mail, MAPI_TAG(MAPI_SUBJECT, MAPI_TYPE_STRING8), attribute->value,
                      attribute->size);
        break;
    case ATTRIBUTE_BODY:
        mapi_item_set(attribute->mail, MAPI_TAG(MAPI_BODY, MAPI_TYPE_STRING8), attribute->value,
                      attribute->size);
        break;
    case ATTRIBUTE_CODE_PAGE:
        mapi_item_set_code_page(attribute->mail,
                                attribute->size < 4 ? 0 : little_endian_u32(attribute->value));
        break;
    case ATTRIBUTE_PROPERTIES:
        read_attribute_properties(reader, attribute, attribute->mail, depth);
        break;
    default:
        break;
    }
}

/* The value of the next attribute; where it is cut off, what there is of it. */
static void take_attribute(Reader *reader, Attribute *attribute)
{
    const gsize said = take_u32(reader);
    attribute->size = MIN(said, left(reader));
    attribute->value = reader->at;
    reader->at += attribute->size;
    guint sum = 0;
    for (gsize i = 0; i < attribute->size; i++) {
        sum += attribute->value[i];
    }
    const guint8 *checksum = take(reader, 2);
    if (checksum != NULL && (sum & 0xFFFFU) != little_endian_u16(checksum)) {
        reader->trouble = "its checksum is wrong";
    }
}

/* Begins with a file of the mail; false if it has too many. */
static bool begin_file(Reader *reader, Attribute *attribute)
{
    if (reader->files++ >= MAX_FILES) {
        reader->trouble = "it has too many files";
        return false;
    }
    attribute->file = mapi_item_add_file(attribute->mail);
    return true;
}

static void read_mail(Reader *reader, const Mail *mail)
{
    Attribute attribute = {.mail = mail->item};
    reader->at = mail->bytes;
    reader->end = mail->bytes + mail->size;
    while (left(reader) > 0) {
        const guint8 *level = take(reader, 1);
        attribute.id = take_u32(reader) & 0xFFFFU;
        take_attribute(reader, &attribute);
        if (*level != LEVEL_OF_FILE) {
            obey_of_mail(reader, &attribute, mail->depth);
            continue;
        }
        const bool begins = attribute.id == ATTRIBUTE_FILE_BEGINS || attribute.file == NULL;
        if (begins && !begin_file(reader, &attribute)) {
            return;
        }
        obey_of_file(reader, &attribute, mail->depth);
    }
}

GByteArray *tnef_mail(const char *data, gsize length, const char **trouble)
{
    if (!tnef_begins(data, length)) {
        *trouble = "it is damaged";
        return NULL;
    }
    const gsize begin = MIN(length, HEADER_SIZE);
    g_autoptr(MapiItem) item = mapi_item_new();
    g_autoptr(GArray) mails = g_array_new(FALSE, FALSE, sizeof(Mail));
    const Mail whole = {(const guint8 *)data + begin, length - begin, item, 0};
    g_array_append_val(mails, whole);
    Reader reader = {.mails = mails};
    for (guint i = 0; i < mails->len; i++) {
        const Mail mail = g_array_index(mails, Mail, i);
        read_mail(&reader, &mail);
    }
    const char *of_text = NULL;
    GByteArray *mail = mapi_mail_write(item, &of_text);
    *trouble = reader.trouble != NULL ? reader.trouble : of_text;
    return mail;
}
