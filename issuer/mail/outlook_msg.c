#include "mail/outlook_msg.h"

#include "mail/compound_file.h"
#include "mail/little_endian.h"
#include "mail/mapi_mail.h"
#include "mail/outlook_names.h"

#include <string.h>

#define MAX_DEPTH  8     /* mails within each other */
#define MAX_PARTS  20000 /* files and recipients of all mails */
#define MAX_FIELDS 1000  /* of all mails, that are kept as properties */
#define ENTRY_SIZE 16U   /* bytes of a property in a list of them */

/* Bytes before a list of properties (MS-OXMSG 2.4.1). */
enum {
    HEADER_OF_MAIL = 32,
    HEADER_OF_ENCLOSED = 24,
    HEADER_OF_OTHER = 8,
};

/* A storage that holds a mail. */
typedef struct {
    guint storage;
    MapiItem *item; /* what is read of it goes here */
    guint depth;    /* 0: the file's own */
} Mail;

typedef struct {
    CompoundFile *file;
    GArray *mails;     /* of Mail, those still to be read */
    GHashTable *names; /* of properties that are header fields, by their numbers */
    guint fields;
    guint parts;
    gsize budget; /* bytes that all streams together may still hold: the file's own */
    const char *trouble;
} Reader;

bool outlook_msg_begins(const char *data, gsize length)
{
    return compound_file_begins(data, length);
}

/* What a stream holds, as far as it can be read. The caller owns it. */
static GByteArray *read_stream(Reader *reader, guint stream)
{
    GByteArray *bytes = g_byte_array_new();
    const gsize size = compound_file_size(reader->file, stream);
    const gsize most = MIN(size, reader->budget);
    if (!compound_file_read(reader->file, stream, most, bytes) || size > most) {
        reader->trouble = "it is damaged";
    }
    reader->budget -= most;
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

/* Properties of a fixed size stand in a list, one after another (MS-OXMSG 2.4.2). */
static void read_list(MapiItem *item, const GByteArray *list, guint header)
{
    for (guint at = header; at + ENTRY_SIZE <= list->len; at += ENTRY_SIZE) {
        const guint32 tag = little_endian_u32(list->data + at);
        if (mapi_is_number(tag)) {
            mapi_item_set(item, tag, list->data + at + 8, 8);
        }
    }
}

/* What a storage holds. */
typedef struct {
    GArray *entries;
    GPtrArray *names; /* of each */
} Listing;

static Listing list(Reader *reader, guint storage)
{
    Listing listing = {compound_file_children(reader->file, storage),
                       g_ptr_array_new_with_free_func(g_free)};
    for (guint i = 0; i < listing.entries->len; i++) {
        g_ptr_array_add(listing.names,
                        compound_file_name(reader->file, g_array_index(listing.entries, guint, i)));
    }
    return listing;
}

static void listing_clear(Listing *listing)
{
    g_array_unref(listing->entries);
    g_ptr_array_unref(listing->names);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Listing, listing_clear)

static guint entry_of(const Listing *listing, guint nth)
{
    return g_array_index(listing->entries, guint, nth);
}

static const char *name_of(const Listing *listing, guint nth)
{
    return g_ptr_array_index(listing->names, nth);
}

/* What of a listing is a stream of that name; empty if there is none. The caller owns it. */
static GByteArray *read_named(Reader *reader, const Listing *listing, const char *name)
{
    for (guint i = 0; i < listing->entries->len; i++) {
        const guint entry = entry_of(listing, i);
        if (strcmp(name_of(listing, i), name) == 0 &&
            !compound_file_is_storage(reader->file, entry)) {
            return read_stream(reader, entry);
        }
    }
    return g_byte_array_new();
}

/* Reads the list of a storage: it tells the code page of what stands beside it. */
static void read_numbers(Reader *reader, const Listing *listing, MapiItem *item, guint header)
{
    g_autoptr(GByteArray) list = read_named(reader, listing, "__properties_version1.0");
    read_list(item, list, header);
}

static void add_mail(Reader *reader, guint storage, MapiItem *item, guint depth)
{
    const Mail mail = {storage, item, depth};
    g_array_append_val(reader->mails, mail);
}

/* Reads a property's own stream or, where it is a mail, has its storage come later. */
static void read_property(Reader *reader, guint entry, MapiItem *item, guint32 tag, guint depth)
{
    if (!compound_file_is_storage(reader->file, entry)) {
        g_autoptr(GByteArray) bytes = read_stream(reader, entry);
        mapi_item_set(item, tag, bytes->data, bytes->len);
    } else if (MAPI_NUMBER(tag) != MAPI_ATTACH_DATA) {
        reader->trouble = "it is damaged";
    } else if (depth >= MAX_DEPTH) {
        reader->trouble = "mails are nested too deeply in it";
    } else {
        add_mail(reader, entry, mapi_item_enclose(item), depth + 1);
    }
}

/* Reads a header field that is kept as a property. */
static void read_field(Reader *reader, guint entry, MapiItem *item, guint32 tag)
{
    const char *name = g_hash_table_lookup(reader->names, GUINT_TO_POINTER(MAPI_NUMBER(tag)));
    g_autoptr(GByteArray) bytes = read_stream(reader, entry);
    g_autoptr(GString) value = mapi_item_convert(item, MAPI_TYPE(tag), bytes);
    if (reader->fields++ < MAX_FIELDS) {
        mapi_item_add_field(item, name, value->str);
    }
}

static bool is_field(const Reader *reader, guint entry, guint32 tag)
{
    return !compound_file_is_storage(reader->file, entry) &&
           (MAPI_TYPE(tag) == MAPI_TYPE_UNICODE || MAPI_TYPE(tag) == MAPI_TYPE_STRING8) &&
           g_hash_table_contains(reader->names, GUINT_TO_POINTER(MAPI_NUMBER(tag)));
}

/* Reads what a storage holds of an item itself. */
static void read_properties(Reader *reader, const Listing *listing, MapiItem *item, guint depth)
{
    for (guint i = 0; i < listing->entries->len; i++) {
        const guint entry = entry_of(listing, i);
        const guint32 tag = tag_of(name_of(listing, i));
        if (is_field(reader, entry, tag)) {
            read_field(reader, entry, item, tag);
        } else if (mapi_is_wanted(tag)) {
            read_property(reader, entry, item, tag, depth);
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

static void read_parts(Reader *reader, const Listing *listing, MapiItem *mail, guint depth)
{
    for (guint i = 0; i < listing->entries->len; i++) {
        const guint entry = entry_of(listing, i);
        MapiItem *part = compound_file_is_storage(reader->file, entry)
                             ? new_part(mail, name_of(listing, i))
                             : NULL;
        if (part == NULL) {
            continue;
        }
        if (reader->parts++ >= MAX_PARTS) {
            reader->trouble = "it has too many parts";
            return;
        }
        g_auto(Listing) inner = list(reader, entry);
        read_numbers(reader, &inner, part, HEADER_OF_OTHER);
        read_properties(reader, &inner, part, depth);
    }
}

static void read_mail(Reader *reader, const Mail *mail, const Listing *listing)
{
    read_numbers(reader, listing, mail->item,
                 mail->depth == 0 ? HEADER_OF_MAIL : HEADER_OF_ENCLOSED);
    read_properties(reader, listing, mail->item, mail->depth);
    read_parts(reader, listing, mail->item, mail->depth);
}

/* Reads the mails that stand within others. */
static void read_enclosed(Reader *reader)
{
    for (guint i = 0; i < reader->mails->len; i++) {
        const Mail mail = g_array_index(reader->mails, Mail, i);
        g_auto(Listing) listing = list(reader, mail.storage);
        read_mail(reader, &mail, &listing);
    }
}

/* The names of properties, for all mails in the file. The caller owns the table. */
static GHashTable *read_names(Reader *reader, const Listing *root)
{
    for (guint i = 0; i < root->entries->len; i++) {
        const guint entry = entry_of(root, i);
        if (strcmp(name_of(root, i), "__nameid_version1.0") == 0 &&
            compound_file_is_storage(reader->file, entry)) {
            g_auto(Listing) listing = list(reader, entry);
            g_autoptr(GByteArray) sets = read_named(reader, &listing, "__substg1.0_00020102");
            g_autoptr(GByteArray) entries = read_named(reader, &listing, "__substg1.0_00030102");
            g_autoptr(GByteArray) texts = read_named(reader, &listing, "__substg1.0_00040102");
            return outlook_names_read(sets, entries, texts);
        }
    }
    return g_hash_table_new(NULL, NULL);
}

/* Whether a compound file holds a mail, not a text or a table. */
static bool has_mail(const Listing *root)
{
    for (guint i = 0; i < root->names->len; i++) {
        if (strcmp(name_of(root, i), "__properties_version1.0") == 0 ||
            tag_of(name_of(root, i)) != 0) {
            return true;
        }
    }
    return false;
}

GByteArray *outlook_msg_mail(const char *data, gsize length, const char **trouble)
{
    g_autoptr(CompoundFile) file = compound_file_new(data, length);
    *trouble = "it is damaged";
    if (file == NULL) {
        return NULL;
    }
    Reader reader = {.file = file, .budget = length};
    g_auto(Listing) root = list(&reader, COMPOUND_FILE_ROOT);
    if (!has_mail(&root)) {
        *trouble = "it holds no mail";
        return NULL;
    }
    g_autoptr(MapiItem) item = mapi_item_new();
    g_autoptr(GArray) mails = g_array_new(FALSE, FALSE, sizeof(Mail));
    g_autoptr(GHashTable) names = read_names(&reader, &root);
    reader.mails = mails;
    reader.names = names;
    read_mail(&reader, &(Mail){COMPOUND_FILE_ROOT, item, 0}, &root);
    read_enclosed(&reader);
    const char *of_text = NULL;
    GByteArray *mail = mapi_mail_write(item, &of_text);
    *trouble = reader.trouble != NULL ? reader.trouble : of_text;
    return mail;
}
