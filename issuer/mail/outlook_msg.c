#include "mail/outlook_msg.h"

#include "mail/compound_directory.h"
#include "mail/mapi_mail.h"
#include "mail/outlook_names.h"

#include <gsf/gsf-infile-msole.h>
#include <gsf/gsf-input-memory.h>
#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GsfInput, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GsfInfile, g_object_unref)

#define MAX_DEPTH   8     /* mails within each other */
#define MAX_ENTRIES 10000 /* of the directory */
#define MAX_STREAMS 20000 /* that are opened: each may be as long to find as the file is */
#define MAX_FIELDS  1000  /* of all mails, that are kept as properties */
#define PIECE_SIZE                                                                                 \
    4096U              /* bytes that are read at once: a damaged stream is read up to its hole     \
                        */
#define ENTRY_SIZE 16U /* bytes of a property in a list of them */

/* Bytes before a list of properties (MS-OXMSG 2.4.1). */
enum {
    HEADER_OF_MAIL = 32,
    HEADER_OF_ENCLOSED = 24,
    HEADER_OF_OTHER = 8,
};

/* A storage that holds a mail. */
typedef struct {
    GsfInfile *storage; /* owned */
    MapiItem *item;     /* what is read of it goes here */
    guint depth;        /* 0: the file's own */
} Mail;

typedef struct {
    GArray *mails;     /* of Mail, those still to be read */
    GHashTable *names; /* of properties that are header fields, by their numbers */
    guint fields;
    gsize budget; /* bytes that all streams together may still hold: the file's own */
    guint streams;
    const char *trouble;
} Reader;

bool outlook_msg_begins(const char *data, gsize length)
{
    static const char magic[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
    return length >= 8 && memcmp(data, magic, 8) == 0;
}

/* What a stream holds, as far as it can be read. The caller owns it. */
static GByteArray *read_stream(Reader *reader, GsfInput *stream)
{
    GByteArray *bytes = g_byte_array_new();
    const gsf_off_t size = gsf_input_size(stream);
    if (size > (gsf_off_t)reader->budget) {
        reader->trouble = "it is damaged";
    }
    gsize left = (gsize)CLAMP(size, 0, (gsf_off_t)reader->budget);
    reader->budget -= left;
    while (left > 0) {
        const gsize count = MIN(left, PIECE_SIZE);
        const guint8 *piece = gsf_input_read(stream, count, NULL);
        if (piece == NULL) {
            reader->trouble = "it is damaged";
            break;
        }
        g_byte_array_append(bytes, piece, (guint)count);
        left -= count;
    }
    return bytes;
}

/* The tag in a stream's name, "__substg1.0_1000001F"; 0 if it has none. */
static guint32 tag_of(const char *name)
{
    static const char prefix[] = "__substg1.0_";
    guint64 tag = 0;
    if (!g_str_has_prefix(name, prefix) || strlen(name) != sizeof prefix - 1 + 8 ||
        !g_ascii_string_to_unsigned(name + sizeof prefix - 1, 16, 0, G_MAXUINT32, &tag, NULL)) {
        return 0;
    }
    return (guint32)tag;
}

static guint32 read_u32(const guint8 *bytes)
{
    return (guint32)bytes[0] | (guint32)bytes[1] << 8 | (guint32)bytes[2] << 16 |
           (guint32)bytes[3] << 24;
}

/* Properties of a fixed size stand in a list, one after another (MS-OXMSG 2.4.2). */
static void read_list(MapiItem *item, const GByteArray *list, guint header)
{
    for (guint at = header; at + ENTRY_SIZE <= list->len; at += ENTRY_SIZE) {
        const guint32 tag = read_u32(list->data + at);
        if (mapi_is_number(tag)) {
            mapi_item_set(item, tag, list->data + at + 8, 8);
        }
    }
}

/* Opens the nth child; NULL if it cannot be, or too many have been. */
static GsfInput *open_child(Reader *reader, GsfInfile *storage, int nth)
{
    if (reader->streams++ >= MAX_STREAMS) {
        reader->trouble = "it has too many parts";
        return NULL;
    }
    GsfInput *child = gsf_infile_child_by_index(storage, nth);
    if (child == NULL) {
        reader->trouble = "it is damaged";
    }
    return child;
}

static bool is_storage(GsfInput *child)
{
    return GSF_IS_INFILE(child) && gsf_infile_num_children(GSF_INFILE(child)) >= 0;
}

/* Reads the list of a storage: it tells the code page of what stands beside it. */
static void read_numbers(Reader *reader, GsfInfile *storage, MapiItem *item, guint header)
{
    const int count = gsf_infile_num_children(storage);
    for (int i = 0; i < count; i++) {
        const char *name = gsf_infile_name_by_index(storage, i);
        if (name == NULL || strcmp(name, "__properties_version1.0") != 0) {
            continue;
        }
        g_autoptr(GsfInput) stream = open_child(reader, storage, i);
        if (stream != NULL && !is_storage(stream)) {
            g_autoptr(GByteArray) list = read_stream(reader, stream);
            read_list(item, list, header);
        }
        return;
    }
}

static void mail_clear(gpointer mail)
{
    g_object_unref(((Mail *)mail)->storage);
}

static void add_mail(Reader *reader, GsfInfile *storage, MapiItem *item, guint depth)
{
    const Mail mail = {g_object_ref(storage), item, depth};
    g_array_append_val(reader->mails, mail);
}

/* Reads a property's own stream or, where it is a mail, its storage. */
static void read_property(Reader *reader, GsfInput *child, MapiItem *item, guint32 tag, guint depth)
{
    if (!is_storage(child)) {
        g_autoptr(GByteArray) bytes = read_stream(reader, child);
        mapi_item_set(item, tag, bytes->data, bytes->len);
    } else if (MAPI_NUMBER(tag) != MAPI_ATTACH_DATA) {
        reader->trouble = "it is damaged";
    } else if (depth >= MAX_DEPTH) {
        reader->trouble = "mails are nested too deeply in it";
    } else {
        add_mail(reader, GSF_INFILE(child), mapi_item_enclose(item), depth + 1);
    }
}

/* Reads a header field that is kept as a property. */
static void read_field(Reader *reader, GsfInput *child, MapiItem *item, guint32 tag)
{
    const char *name = g_hash_table_lookup(reader->names, GUINT_TO_POINTER(MAPI_NUMBER(tag)));
    g_autoptr(GByteArray) bytes = read_stream(reader, child);
    g_autoptr(GString) value = mapi_item_convert(item, MAPI_TYPE(tag), bytes);
    if (reader->fields++ < MAX_FIELDS) {
        mapi_item_add_field(item, name, value->str);
    }
}

static bool is_field(const Reader *reader, guint32 tag)
{
    return (MAPI_TYPE(tag) == MAPI_TYPE_UNICODE || MAPI_TYPE(tag) == MAPI_TYPE_STRING8) &&
           g_hash_table_contains(reader->names, GUINT_TO_POINTER(MAPI_NUMBER(tag)));
}

/* Reads what a storage holds of an item itself. */
static void read_properties(Reader *reader, GsfInfile *storage, MapiItem *item, guint depth)
{
    const int count = gsf_infile_num_children(storage);
    for (int i = 0; i < count; i++) {
        const char *name = gsf_infile_name_by_index(storage, i);
        const guint32 tag = name == NULL ? 0 : tag_of(name);
        const bool field = is_field(reader, tag);
        g_autoptr(GsfInput) child =
            field || mapi_is_wanted(tag) ? open_child(reader, storage, i) : NULL;
        if (child != NULL && field) {
            read_field(reader, child, item, tag);
        } else if (child != NULL) {
            read_property(reader, child, item, tag, depth);
        }
    }
}

/* The file or recipient that a storage of this name is; NULL: it is none. */
static MapiItem *new_part(MapiItem *mail, const char *name)
{
    if (g_str_has_prefix(name, "__attach_version1.0_")) {
        return mapi_item_add_file(mail);
    }
    return g_str_has_prefix(name, "__recip_version1.0_") ? mapi_item_add_recipient(mail) : NULL;
}

static void read_parts(Reader *reader, GsfInfile *storage, MapiItem *mail, guint depth)
{
    const int count = gsf_infile_num_children(storage);
    for (int i = 0; i < count; i++) {
        const char *name = gsf_infile_name_by_index(storage, i);
        MapiItem *part = name == NULL ? NULL : new_part(mail, name);
        g_autoptr(GsfInput) child = part == NULL ? NULL : open_child(reader, storage, i);
        if (child != NULL && is_storage(child)) {
            read_numbers(reader, GSF_INFILE(child), part, HEADER_OF_OTHER);
            read_properties(reader, GSF_INFILE(child), part, depth);
        }
    }
}

static void read_mails(Reader *reader)
{
    for (guint i = 0; i < reader->mails->len; i++) {
        const Mail mail = g_array_index(reader->mails, Mail, i);
        read_numbers(reader, mail.storage, mail.item,
                     mail.depth == 0 ? HEADER_OF_MAIL : HEADER_OF_ENCLOSED);
        read_properties(reader, mail.storage, mail.item, mail.depth);
        read_parts(reader, mail.storage, mail.item, mail.depth);
    }
}

/* A stream of a storage by its name; empty if there is none. The caller owns it. */
static GByteArray *read_named(Reader *reader, GsfInfile *storage, const char *name)
{
    g_autoptr(GsfInput) stream = gsf_infile_child_by_name(storage, name);
    return stream == NULL || is_storage(stream) ? g_byte_array_new() : read_stream(reader, stream);
}

/* The names of properties, for all mails in the file. The caller owns the table. */
static GHashTable *read_names(Reader *reader, GsfInfile *root)
{
    g_autoptr(GsfInput) storage = gsf_infile_child_by_name(root, "__nameid_version1.0");
    if (storage == NULL || !is_storage(storage)) {
        return g_hash_table_new(NULL, NULL);
    }
    GsfInfile *names = GSF_INFILE(storage);
    g_autoptr(GByteArray) sets = read_named(reader, names, "__substg1.0_00020102");
    g_autoptr(GByteArray) entries = read_named(reader, names, "__substg1.0_00030102");
    g_autoptr(GByteArray) texts = read_named(reader, names, "__substg1.0_00040102");
    return outlook_names_read(sets, entries, texts);
}

/* Whether a compound file holds a mail, not a text or a table. */
static bool has_mail(GsfInfile *root)
{
    const int count = gsf_infile_num_children(root);
    for (int i = 0; i < count; i++) {
        const char *name = gsf_infile_name_by_index(root, i);
        if (name != NULL && (strcmp(name, "__properties_version1.0") == 0 || tag_of(name) != 0)) {
            return true;
        }
    }
    return false;
}

/* The library tells of damage by GLib's log, for somebody at a terminal. */
static void discard(const gchar *domain, GLogLevelFlags level, const gchar *text, gpointer data)
{
    (void)domain;
    (void)level;
    (void)text;
    (void)data;
}

static GByteArray *read_file(const char *data, gsize length, const char **trouble)
{
    Reader reader = {.budget = length};
    g_autoptr(GsfInput) file = gsf_input_memory_new((const guint8 *)data, (gsf_off_t)length, FALSE);
    g_autoptr(GsfInfile) root = file == NULL ? NULL : gsf_infile_msole_new(file, NULL);
    if (root == NULL) {
        *trouble = "it is damaged";
        return NULL;
    }
    if (!has_mail(root)) {
        *trouble = "it holds no mail";
        return NULL;
    }
    g_autoptr(MapiItem) item = mapi_item_new();
    g_autoptr(GArray) mails = g_array_new(FALSE, FALSE, sizeof(Mail));
    g_array_set_clear_func(mails, mail_clear);
    reader.mails = mails;
    g_autoptr(GHashTable) names = read_names(&reader, root);
    reader.names = names;
    add_mail(&reader, root, item, 0);
    read_mails(&reader);
    const char *of_text = NULL;
    GByteArray *mail = mapi_mail_write(item, &of_text);
    *trouble = reader.trouble != NULL ? reader.trouble : of_text;
    return mail;
}

GByteArray *outlook_msg_mail(const char *data, gsize length, const char **trouble)
{
    if (!compound_directory_is_fit(data, length, MAX_ENTRIES, trouble)) {
        return NULL;
    }
    GLogFunc before = g_log_set_default_handler(discard, NULL);
    GByteArray *mail = read_file(data, length, trouble);
    g_log_set_default_handler(before, NULL);
    return mail;
}
