#include "mail/compound_file.h"

#include "mail/little_endian.h"

#include <string.h>

/* libgsf, which is packaged for this, goes into itself for every entry of the directory, until the
 * stack overflows; takes time with the square of their number; and leaks those that are damaged. */

#define HEADER_SIZE  512U
#define IN_HEADER    109U        /* sectors of the allocation table that the header names */
#define LAST_SECTOR  0xFFFFFFFAU /* above it are marks */
#define SMALL_SECTOR 64U
#define SMALL_STREAM 4096U /* from this size on a stream has sectors of its own */

/* In the header (MS-CFB 2.2). */
enum {
    AT_SHIFT = 0x1E,
    AT_DIRECTORY = 0x30,
    AT_SMALL_TABLE = 0x3C,
    AT_MORE_TABLES = 0x44,
    AT_TABLES = 0x4C,
};

/* In an entry of the directory (MS-CFB 2.6). */
enum {
    ENTRY_SIZE = 128,
    ENTRY_NAME_SIZE = 0x40,
    ENTRY_TYPE = 0x42,
    ENTRY_LEFT = 0x44,
    ENTRY_RIGHT = 0x48,
    ENTRY_CHILD = 0x4C,
    ENTRY_START = 0x74,
    ENTRY_LENGTH = 0x78,
    TYPE_STORAGE = 1,
    TYPE_STREAM = 2,
    TYPE_ROOT = 5,
};

struct CompoundFile {
    const guint8 *bytes;
    gsize length;
    guint shift; /* a sector is as long as two to the power of this */
    gsize sector_size;
    GArray *tables;          /* guint32: where the sectors of the allocation table are */
    GByteArray *directory;   /* its sectors, one after another */
    GByteArray *small_table; /* likewise, for the small sectors … */
    GByteArray *small;       /* … in here */
    guint8 *seen;            /* of each entry: whether it was given out */
};

bool compound_file_begins(const char *data, gsize length)
{
    static const char magic[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
    return length >= 8 && memcmp(data, magic, 8) == 0;
}

/* ---- sectors ---------------------------------------------------------------------------------
 */

/* Where a sector is; `left` tells how much of it the file has. NULL: it has none of it. */
static const guint8 *sector_at(const CompoundFile *file, guint32 sector, gsize *left)
{
    const gsize at = ((gsize)sector + 1) * file->sector_size;
    if (sector >= LAST_SECTOR || at >= file->length) {
        return NULL;
    }
    *left = MIN(file->sector_size, file->length - at);
    return file->bytes + at;
}

static const guint8 *whole_sector(const CompoundFile *file, guint32 sector)
{
    gsize left = 0;
    const guint8 *bytes = sector_at(file, sector, &left);
    return left == file->sector_size ? bytes : NULL;
}

/* How many numbers a sector holds. */
static gsize per_sector(const CompoundFile *file)
{
    return (gsize)1 << (file->shift - 2);
}

static void add_tables(CompoundFile *file, const guint8 *numbers, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        const guint32 sector = little_endian_u32(numbers + 4 * i);
        g_array_append_val(file->tables, sector);
    }
}

static void find_tables(CompoundFile *file)
{
    const gsize most = file->length >> file->shift;
    guint32 more = little_endian_u32(file->bytes + AT_MORE_TABLES);
    add_tables(file, file->bytes + AT_TABLES, IN_HEADER);
    while (file->tables->len <= most) {
        const guint8 *sector = whole_sector(file, more);
        if (sector == NULL) {
            return;
        }
        const gsize count = per_sector(file) - 1;
        add_tables(file, sector, count);
        more = little_endian_u32(sector + 4 * count);
    }
}

/* The sector that follows one in its chain; a mark at its end, or where the file is damaged. */
static guint32 sector_after(const CompoundFile *file, guint32 sector)
{
    const gsize table = sector >> (file->shift - 2);
    const guint8 *numbers = table < file->tables->len
                                ? whole_sector(file, g_array_index(file->tables, guint32, table))
                                : NULL;
    return numbers == NULL ? LAST_SECTOR
                           : little_endian_u32(numbers + 4 * (sector & (per_sector(file) - 1)));
}

/* Appends a chain's bytes, at most `most`. */
static void read_chain(const CompoundFile *file, guint32 sector, gsize most, GByteArray *out)
{
    while (most > 0) {
        gsize left = 0;
        const guint8 *bytes = sector_at(file, sector, &left);
        if (bytes == NULL) {
            return;
        }
        const gsize count = MIN(left, most);
        g_byte_array_append(out, bytes, (guint)count);
        most -= count;
        sector = sector_after(file, sector);
    }
}

static guint32 small_sector_after(const CompoundFile *file, guint32 sector)
{
    const gsize at = (gsize)sector * 4;
    return at + 4 <= file->small_table->len ? little_endian_u32(file->small_table->data + at)
                                            : LAST_SECTOR;
}

static void read_small_chain(const CompoundFile *file, guint32 sector, gsize most, GByteArray *out)
{
    while (most > 0) {
        const gsize at = (gsize)sector * SMALL_SECTOR;
        if (sector >= LAST_SECTOR || at >= file->small->len) {
            return;
        }
        const gsize count = MIN(MIN(SMALL_SECTOR, file->small->len - at), most);
        g_byte_array_append(out, file->small->data + at, (guint)count);
        most -= count;
        sector = small_sector_after(file, sector);
    }
}

/* ---- the directory ---------------------------------------------------------------------------
 */

static guint count_of(const CompoundFile *file)
{
    return file->directory->len / ENTRY_SIZE;
}

static const guint8 *entry_at(const CompoundFile *file, guint entry)
{
    return file->directory->data + (gsize)entry * ENTRY_SIZE;
}

bool compound_file_is_storage(const CompoundFile *file, guint entry)
{
    return entry_at(file, entry)[ENTRY_TYPE] == TYPE_STORAGE;
}

gsize compound_file_size(const CompoundFile *file, guint entry)
{
    return little_endian_u32(entry_at(file, entry) + ENTRY_LENGTH);
}

char *compound_file_name(const CompoundFile *file, guint entry)
{
    const guint8 *bytes = entry_at(file, entry);
    const guint size = little_endian_u16(bytes + ENTRY_NAME_SIZE);
    g_autoptr(GString) name = g_string_new(NULL);
    for (guint i = 0; i + 2 < MIN(size, ENTRY_NAME_SIZE); i += 2) {
        const bool ascii = bytes[i + 1] == 0 && bytes[i] >= ' ' && bytes[i] < 0x7F;
        g_string_append_c(name, ascii ? (char)bytes[i] : '?');
    }
    return g_string_free(g_steal_pointer(&name), FALSE);
}

static gint compare(gconstpointer a, gconstpointer b, gpointer data)
{
    g_autofree char *one = compound_file_name(data, *(const guint *)a);
    g_autofree char *other = compound_file_name(data, *(const guint *)b);
    return strcmp(one, other);
}

/* Has an entry come later, unless it was given out before. */
static void push(CompoundFile *file, GArray *open, guint32 entry)
{
    if (entry < count_of(file) && file->seen[entry] == 0) {
        file->seen[entry] = 1;
        g_array_append_val(open, entry);
    }
}

GArray *compound_file_children(CompoundFile *file, guint entry)
{
    GArray *children = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint));
    push(file, open, little_endian_u32(entry_at(file, entry) + ENTRY_CHILD));
    while (open->len > 0) {
        const guint next = g_array_index(open, guint, open->len - 1);
        const guint8 *bytes = entry_at(file, next);
        g_array_set_size(open, open->len - 1);
        if (bytes[ENTRY_TYPE] == TYPE_STORAGE || bytes[ENTRY_TYPE] == TYPE_STREAM) {
            g_array_append_val(children, next);
        }
        push(file, open, little_endian_u32(bytes + ENTRY_LEFT));
        push(file, open, little_endian_u32(bytes + ENTRY_RIGHT));
    }
    g_array_sort_with_data(children, compare, file);
    return children;
}

bool compound_file_read(const CompoundFile *file, guint entry, gsize most, GByteArray *out)
{
    const guint before = out->len;
    const gsize size = compound_file_size(file, entry);
    const guint32 start = little_endian_u32(entry_at(file, entry) + ENTRY_START);
    most = MIN(most, size);
    if (size < SMALL_STREAM) {
        read_small_chain(file, start, most, out);
    } else {
        read_chain(file, start, most, out);
    }
    return out->len - before == most;
}

/* ---- the whole -------------------------------------------------------------------------------
 */

CompoundFile *compound_file_new(const char *data, gsize length)
{
    const guint shift = length < HEADER_SIZE ? 0 : ((const guint8 *)data)[AT_SHIFT];
    if (!compound_file_begins(data, length) || (shift != 9 && shift != 12)) {
        return NULL;
    }
    g_autoptr(CompoundFile) file = g_new0(CompoundFile, 1);
    file->bytes = (const guint8 *)data;
    file->length = length;
    file->shift = shift;
    file->sector_size = (gsize)1 << shift;
    file->tables = g_array_new(FALSE, FALSE, sizeof(guint32));
    file->directory = g_byte_array_new();
    file->small_table = g_byte_array_new();
    file->small = g_byte_array_new();
    find_tables(file);
    read_chain(file, little_endian_u32(file->bytes + AT_DIRECTORY), length, file->directory);
    read_chain(file, little_endian_u32(file->bytes + AT_SMALL_TABLE), length, file->small_table);
    if (count_of(file) == 0 || entry_at(file, COMPOUND_FILE_ROOT)[ENTRY_TYPE] != TYPE_ROOT) {
        return NULL;
    }
    const guint8 *root = entry_at(file, COMPOUND_FILE_ROOT);
    read_chain(file, little_endian_u32(root + ENTRY_START),
               MIN(little_endian_u32(root + ENTRY_LENGTH), length), file->small);
    file->seen = g_malloc0(count_of(file));
    file->seen[COMPOUND_FILE_ROOT] = 1;
    return g_steal_pointer(&file);
}

void compound_file_free(CompoundFile *file)
{
    if (file == NULL) {
        return;
    }
    g_array_unref(file->tables);
    g_byte_array_unref(file->directory);
    g_byte_array_unref(file->small_table);
    g_byte_array_unref(file->small);
    g_free(file->seen);
    g_free(file);
}
