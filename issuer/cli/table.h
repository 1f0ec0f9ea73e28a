/* Aligns rows of text for a terminal. Widths are taken from the first rows, then rows stream out:
 * a list of a million rows needs no more memory than one of a thousand. */
#ifndef ISSUER_CLI_TABLE_H
#define ISSUER_CLI_TABLE_H

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct Table Table;

/* A table of `columns` columns. The caller owns it. */
Table *table_new(gsize columns);

/* The header of a column: `name` in capitals, '_' as a blank; `right` sets its cells to the right.
 */
void table_set_header(Table *table, gsize column, const char *name, bool right);

/* The next cell, row by row; made safe and one line, and shortened with "…" if it is longer than
 * what people copy out of a table. Rows may go to `out` now or later. */
void table_add(Table *table, const char *text, FILE *out);

/* Prints what is not printed yet; a header alone if there was no row. */
void table_finish(Table *table, FILE *out);

void table_free(Table *table);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Table, table_free)

#endif
