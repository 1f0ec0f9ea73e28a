#include "cli/table.h"

#include "base/text.h"

#define ROWS_MEASURED 1000
#define GAP           2

/* Columns of a cell on a terminal. One mail with a subject of 100 kB must not make every row as
 * wide; the last cell of a row widens no other. */
#define CELL_MOST  100
#define LAST_MOST  1000
#define MARKS_MOST 4 /* code points for one column: a letter and what combines with it */

struct Table {
    gsize columns;
    gsize *widths;
    bool *right;
    GPtrArray *cells; /* of the header and of the rows not printed yet */
    bool measured;    /* the widths are fixed: rows go out as they come */
};

Table *table_new(gsize columns)
{
    Table *table = g_new0(Table, 1);
    table->columns = columns;
    table->widths = g_new0(gsize, columns);
    table->right = g_new0(bool, columns);
    table->cells = g_ptr_array_new_with_free_func(g_free);
    return table;
}

/* Columns on a terminal: East Asian wide characters take two, combining marks none. */
static gsize width_of_char(gunichar c)
{
    if (g_unichar_iszerowidth(c)) {
        return 0;
    }
    return g_unichar_iswide(c) ? 2 : 1;
}

static gsize width_of(const char *text)
{
    gsize width = 0;
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        width += width_of_char(g_utf8_get_char(at));
    }
    return width;
}

/* The text, or what of it fits into `most` columns with a "…" behind it. New string. */
static char *shorten(const char *text, gsize most)
{
    gsize width = 0;
    const char *end = text; /* of what fits before a "…" */
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        width += width_of_char(g_utf8_get_char(at));
        if (width > most) {
            return g_strdup_printf("%.*s…", (int)(end - text), text);
        }
        end = width < most ? g_utf8_next_char(at) : end;
    }
    return g_strdup(text);
}

static void keep(Table *table, char *cell)
{
    gsize column = table->cells->len % table->columns;
    if (!table->measured) {
        table->widths[column] = MAX(table->widths[column], width_of(cell));
    }
    g_ptr_array_add(table->cells, cell);
}

void table_set_header(Table *table, gsize column, const char *name, bool right)
{
    g_assert(table->cells->len == column);
    table->right[column] = right;
    keep(table, g_strdelimit(g_ascii_strup(name, -1), "_", ' '));
}

static void print_row(const Table *table, guint first, FILE *out)
{
    g_autoptr(GString) line = g_string_new(NULL);
    for (gsize i = 0; i < table->columns; i++) {
        const char *cell = g_ptr_array_index(table->cells, first + i);
        gsize width = width_of(cell);
        gsize fill = width < table->widths[i] ? table->widths[i] - width : 0;
        int before = table->right[i] ? (int)fill : 0;
        int after = table->right[i] ? 0 : (int)fill;
        g_string_append_printf(line, "%*s%s%*s", before, "", cell, after + GAP, "");
    }
    (void)fprintf(out, "%s\n", g_strchomp(line->str));
}

static void print_rows(Table *table, FILE *out)
{
    for (guint first = 0; first + table->columns <= table->cells->len;
         first += (guint)table->columns) {
        print_row(table, first, out);
    }
    g_ptr_array_set_size(table->cells, 0);
    table->measured = true;
}

void table_add(Table *table, const char *text, FILE *out)
{
    const bool last = table->cells->len % table->columns == table->columns - 1;
    const gsize most = last ? LAST_MOST : CELL_MOST;
    g_autofree char *line = text_one_line(text, MARKS_MOST * most);
    keep(table, shorten(line, most));
    bool row_ends = table->cells->len % table->columns == 0;
    gsize rows = table->cells->len / table->columns;
    if (row_ends && (table->measured || rows > ROWS_MEASURED)) {
        print_rows(table, out);
    }
}

void table_finish(Table *table, FILE *out)
{
    print_rows(table, out);
}

void table_free(Table *table)
{
    if (table == NULL) {
        return;
    }
    g_free(table->widths);
    g_free(table->right);
    g_ptr_array_unref(table->cells);
    g_free(table);
}
