#include "mail/desk_table.h"

#include "mail/charset.h"
#include "mail/read_failure.h"
#include "mail/wide_text.h"

#include <csv.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define PIECE_SIZE  (64UL * 1024) /* bytes read at once */
#define MAX_COLUMNS 1000

typedef struct {
    const DeskOut *out;
    GArray *columns; /* of DeskField; NULL: the first row is still to come */
    DeskRow row;
    guint column;
    uint64_t number; /* of the row, the first one not counted */
    gsize size;      /* bytes of the row so far */
    bool stopped;
} Table;

static bool says_mail(DeskField field)
{
    return field != DESK_UNKNOWN && field != DESK_AUTHOR_KIND && field != DESK_AUTHOR_ID &&
           field != DESK_REQUESTER_ID;
}

// ---- telling one ----

typedef struct {
    guint known;
    guint count;
    bool first_known;
    bool raw; /* a column of raw mails is among them */
} HeadRow;

static void count_name(void *name, size_t length, void *data)
{
    HeadRow *head = data;
    g_autofree char *text = g_utf8_make_valid(name != NULL ? name : "", (gssize)length);
    const DeskField field = desk_fields_find(text);
    bool known = says_mail(field);
    head->raw = head->raw || field == DESK_RAW;
    head->first_known = head->first_known || (known && head->count == 0);
    head->known += known;
    head->count++;
}

static void ignore_row(int end, void *data)
{
    (void)end;
    (void)data;
}

/* What stands before the first row of UTF-8 text, in bytes: a byte order mark, and the line by
 * which a table tells Excel the sign between its cells ("sep=;"). */
static gsize before_rows(const char *text, gsize length)
{
    static const char key[] = "sep=";
    const gsize mark = length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    gsize at = mark + strlen(key);
    if (length < at + 2 || g_ascii_strncasecmp(text + mark, key, strlen(key)) != 0) {
        return mark;
    }
    at++; // the sign itself; the names of the columns tell it as well
    at += text[at] == '\r' && length > at + 1;
    return text[at] == '\n' ? at + 1 : mark;
}

/* The row of names in UTF-8. */
static char *first_line(const char *data, gsize length)
{
    g_auto(CharsetText) text = charset_read(NULL, data, length);
    const gsize before = before_rows(text.text, text.length);
    const char *start = text.text + before;
    gsize size = text.length - before;
    const char *end = memchr(start, '\n', size);
    return g_strndup(start, end == NULL ? size : (gsize)(end - start));
}

/* How the line reads with this sign between its cells. */
static HeadRow read_head(const char *line, char between)
{
    HeadRow head = {0};
    struct csv_parser parser;
    if (csv_init(&parser, CSV_APPEND_NULL) != 0) {
        return head;
    }
    csv_set_delim(&parser, (unsigned char)between);
    (void)csv_parse(&parser, line, strlen(line), count_name, ignore_row, &head);
    (void)csv_fini(&parser, count_name, ignore_row, &head);
    csv_free(&parser);
    return head;
}

/* The sign between the cells, by which most names are known. */
static char find_between(const char *line, HeadRow *best)
{
    static const char signs[] = {',', ';', '\t', '|'};
    char found = ',';
    *best = (HeadRow){0};
    for (gsize i = 0; i < G_N_ELEMENTS(signs); i++) {
        HeadRow head = read_head(line, signs[i]);
        if (head.known > best->known) {
            *best = head;
            found = signs[i];
        }
    }
    return found;
}

/* Whether what stands behind the first row has a mail's fields: then a column of raw mails may be
 * the only one that says anything. */
static bool has_mail_below(const char *data, gsize length)
{
    g_auto(CharsetText) text = charset_read(NULL, data, length);
    g_autofree char *whole = g_strndup(text.text, text.length);
    const char *below = strchr(whole, '\n');
    return below != NULL && strcasestr(below, "from:") != NULL;
}

bool desk_table_is_one(const char *data, gsize length, bool mail)
{
    g_autofree char *line = first_line(data, length);
    HeadRow head;
    (void)find_between(line, &head);
    return mail ? head.first_known && head.known >= 3
                : head.known >= 2 || (head.raw && has_mail_below(data, length));
}

// ---- reading one ----

static void stop(Table *table, const char *why)
{
    if (!table->stopped) {
        (void)table->out->trouble(table->out->data, why);
    }
    table->stopped = true;
}

static void take_cell(void *cell, size_t length, void *data)
{
    Table *table = data;
    const bool head = table->number == 0;
    if (table->stopped || table->column >= MAX_COLUMNS) {
        return;
    }
    g_auto(CharsetText) text = charset_read(NULL, cell != NULL ? cell : "", length);
    g_autofree char *value = g_strndup(text.text, text.length);
    guint column = table->column++;
    table->size += text.length;
    if (head) {
        DeskField field = desk_fields_find(value);
        g_array_append_val(table->columns, field);
    } else if (column < table->columns->len) {
        const DeskField field = g_array_index(table->columns, DeskField, column);
        if (field == DESK_UNKNOWN) {
            desk_fields_set_unknown(&table->row, value);
        }
        desk_fields_set(&table->row, field, value);
    }
}

static bool has_mail_column(const GArray *columns)
{
    for (guint i = 0; i < columns->len; i++) {
        DeskField field = g_array_index(columns, DeskField, i);
        if (field == DESK_BODY || field == DESK_TEXT || field == DESK_HTML || field == DESK_RAW) {
            return true;
        }
    }
    return false;
}

static void take_row(int end, void *data)
{
    Table *table = data;
    (void)end;
    if (table->stopped) {
        return;
    }
    if (table->number++ == 0) {
        if (!has_mail_column(table->columns)) {
            stop(table, "is a table without a column of texts (body, text, html, raw), so there "
                        "is no mail in it; export the mails with their texts");
        }
    } else {
        bool partial = table->row.values[DESK_ATTACHMENTS] != NULL;
        table->stopped = !desk_out_row(table->out, &table->row, NULL, partial);
    }
    desk_fields_clear(&table->row);
    table->column = 0;
    table->size = 0;
}

static bool parse(Table *table, struct csv_parser *parser, const char *data, gsize length)
{
    bool whole = csv_parse(parser, data, length, take_cell, take_row, table) == length;
    if (!whole || csv_get_buffer_size(parser) > DESK_MOST || table->size > DESK_MOST) {
        g_autofree char *why = g_strdup_printf(
            "is read up to row %llu: the one behind it is too long, as if a quotation mark were "
            "missing; export it again",
            (unsigned long long)MAX(table->number, 1) - 1);
        stop(table, why);
    }
    return !table->stopped;
}

static gssize read_piece(int fd, uint64_t offset, char *piece, gsize size)
{
    ssize_t got = -1;
    do {
        got = pread(fd, piece, size, (off_t)offset);
    } while (got < 0 && errno == EINTR);
    return got;
}

static void read_rows(Table *table, struct csv_parser *parser, int fd)
{
    g_autofree char *piece = g_malloc(PIECE_SIZE);
    g_autoptr(GByteArray) text = g_byte_array_new();
    const off_t end = lseek(fd, 0, SEEK_END); /* a confined process has no fstat() */
    uint64_t offset = 0;
    gssize got = read_piece(fd, 0, piece, PIECE_SIZE);
    WideText wide = wide_text_for(piece, (gsize)MAX(got, 0)); // what is not is read cell by cell
    bool going = true;
    while (going && got > 0) {
        g_byte_array_set_size(text, 0);
        wide_text_decode(&wide, piece, (gsize)got, text);
        const gsize before = offset == 0 ? before_rows((const char *)text->data, text->len) : 0;
        going = parse(table, parser, (const char *)text->data + before, text->len - before);
        offset += (uint64_t)got;
        got = read_piece(fd, offset, piece, PIECE_SIZE);
    }
    if (got < 0 || (going && end > 0 && offset < (uint64_t)end)) {
        g_autofree char *why = read_failure_text(offset, got < 0 ? errno : 0);
        stop(table, why);
    }
}

static char between_of(int fd)
{
    char head[4096];
    gssize got = read_piece(fd, 0, head, sizeof head);
    g_autofree char *line = first_line(head, (gsize)MAX(got, 0));
    HeadRow best;
    return find_between(line, &best);
}

void desk_table_read(int fd, const DeskOut *out)
{
    struct csv_parser parser;
    if (csv_init(&parser, CSV_APPEND_NULL) != 0) {
        return;
    }
    csv_set_delim(&parser, (unsigned char)between_of(fd));
    csv_set_blk_size(&parser, PIECE_SIZE);
    Table table = {.out = out, .columns = g_array_new(FALSE, FALSE, sizeof(DeskField))};
    read_rows(&table, &parser, fd);
    // Strict all along, it would not take a quotation mark within a cell that has none around it;
    // never strict, it would not tell that the last cell is open.
    (void)csv_set_opts(&parser, CSV_APPEND_NULL | CSV_STRICT | CSV_STRICT_FINI);
    if (csv_fini(&parser, take_cell, take_row, &table) != 0) {
        stop(&table, "ends within a quoted cell, so rows are missing; export it again");
    }
    csv_free(&parser);
    desk_fields_clear(&table.row);
    g_array_unref(table.columns);
}
