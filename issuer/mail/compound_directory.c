#include "mail/compound_directory.h"

#define HEADER_SIZE    512U
#define IN_HEADER      109U /* sectors of the allocation table that the header names */
#define ENTRY_SIZE     128U
#define LAST_SECTOR    0xFFFFFFFAU /* above it are marks */
#define AT_SHIFT       0x1EU
#define AT_DIRECTORY   0x30U
#define AT_MORE_TABLES 0x44U /* the first sector that names further ones of the table */
#define AT_TABLES      0x4CU

typedef struct {
    const guint8 *bytes;
    gsize length;
    gsize sector_size;
    GArray *tables; /* guint32: where the sectors of the allocation table are */
} Compound;

static guint32 read_u32(const guint8 *bytes)
{
    return (guint32)bytes[0] | (guint32)bytes[1] << 8 | (guint32)bytes[2] << 16 |
           (guint32)bytes[3] << 24;
}

/* A sector; NULL if the file does not have all of it. */
static const guint8 *sector_at(const Compound *file, guint32 sector)
{
    const gsize at = ((gsize)sector + 1) * file->sector_size;
    const bool there = sector < LAST_SECTOR && at + file->sector_size <= file->length;
    return there ? file->bytes + at : NULL;
}

/* How many numbers a sector holds. */
static gsize per_sector(const Compound *file)
{
    return file->sector_size / 4;
}

static void add_tables(Compound *file, const guint8 *numbers, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        const guint32 sector = read_u32(numbers + 4 * i);
        g_array_append_val(file->tables, sector);
    }
}

static void find_tables(Compound *file)
{
    const gsize most = file->length / file->sector_size;
    guint32 more = read_u32(file->bytes + AT_MORE_TABLES);
    add_tables(file, file->bytes + AT_TABLES, IN_HEADER);
    while (file->tables->len <= most) {
        const guint8 *sector = sector_at(file, more);
        if (sector == NULL) {
            return;
        }
        const gsize count = per_sector(file) - 1;
        add_tables(file, sector, count);
        more = read_u32(sector + 4 * count);
    }
}

/* The sector that follows one in its chain; a mark at its end, or where the file is damaged. */
static guint32 sector_after(const Compound *file, guint32 sector)
{
    const gsize table = sector / per_sector(file);
    const guint8 *numbers = table < file->tables->len
                                ? sector_at(file, g_array_index(file->tables, guint32, table))
                                : NULL;
    return numbers == NULL ? LAST_SECTOR : read_u32(numbers + 4 * (sector % per_sector(file)));
}

bool compound_directory_is_fit(const char *data, gsize length, gsize most, const char **trouble)
{
    Compound file = {.bytes = (const guint8 *)data, .length = length};
    const guint shift = length < HEADER_SIZE ? 0 : file.bytes[AT_SHIFT];
    *trouble = "it is damaged";
    if (shift != 9 && shift != 12) {
        return false;
    }
    file.sector_size = (gsize)1 << shift;
    g_autoptr(GArray) tables = g_array_new(FALSE, FALSE, sizeof(guint32));
    file.tables = tables;
    find_tables(&file);
    gsize entries = 0;
    guint32 sector = read_u32(file.bytes + AT_DIRECTORY);
    while (sector_at(&file, sector) != NULL && entries <= most) {
        entries += file.sector_size / ENTRY_SIZE;
        sector = sector_after(&file, sector);
    }
    if (entries > 0 && entries <= most) {
        *trouble = NULL;
    } else if (entries > 0) {
        *trouble = "it has too many parts";
    }
    return *trouble == NULL;
}
