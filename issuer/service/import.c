#include "service/import.h"

#include "base/clock.h"
#include "base/error.h"
#include "core/csv.h"
#include "service/import_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define STAGE_ROWS 5000
#define FIRST_ROOM ((gsize)1024 * 1024)       /* bytes; twice as much whenever it is full */
#define MOST_SIZE  ((gsize)256 * 1024 * 1024) /* bytes; a million rows have about half of it */

/* One file on its way in. */
typedef struct {
    Context *context;
    ImportReport *report;
    CsvReader *csv;
    int place[PURCHASE_COLUMNS]; /* of each column in a row */
    gsize width;                 /* columns that the header row names */
    GArray *rows;                /* of ImportRow, not yet staged */
    GPtrArray *purchases;        /* what they point to, owned */
    ImportKeys *keys;            /* of the rows so far */
    GPtrArray *problems;         /* of ImportProblem */
} Import;

static void note_problem(Import *import, unsigned line, const char *text)
{
    if (import->problems->len < IMPORT_PROBLEMS_SHOWN) {
        ImportProblem *problem = g_new(ImportProblem, 1);
        *problem = (ImportProblem){.line = line, .text = g_strdup(text)};
        g_ptr_array_add(import->problems, problem);
    }
}

static void note_wrong_row(Import *import, unsigned line, const char *text)
{
    import->report->wrong_rows++;
    note_problem(import, line, text);
}

static const char *name_of_field(const Import *import, gsize field)
{
    for (PurchaseColumn column = 0; column < PURCHASE_COLUMNS; column++) {
        if (import->place[column] == (int)field) {
            return purchase_column_name(column);
        }
    }
    return "a further field";
}

static Purchase *read_purchase(const Import *import, const CsvRow *row, GError **error)
{
    if (row->fault != NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "%s: %s",
                    name_of_field(import, row->fault_field), row->fault);
        return NULL;
    }
    const gsize width = csv_row_width(row, import->width);
    if (width != import->width) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "the row has %" G_GSIZE_FORMAT " fields, the header %" G_GSIZE_FORMAT, width,
                    import->width);
        return NULL;
    }
    const char *fields[PURCHASE_COLUMNS];
    for (int column = 0; column < PURCHASE_COLUMNS; column++) {
        fields[column] = import->place[column] < 0 ? NULL : row->fields[import->place[column]];
    }
    return purchase_read(fields, error);
}

/* Hands the rows read so far to the database. After a wrong row nothing will be booked, but the
 * others are looked at too, so that all that is wrong is told at once. */
static bool stage_rows(Import *import, GError **error)
{
    const bool staged = import->rows->len == 0 ||
                        purchase_import_stage(import->context->database, import->rows, error);
    g_array_set_size(import->rows, 0);
    g_ptr_array_set_size(import->purchases, 0);
    return staged;
}

static bool read_header(Import *import, GError **error)
{
    CsvRow row;
    g_autoptr(GError) why = NULL;
    if (!csv_reader_next(import->csv, &row, &why)) {
        if (why == NULL) {
            g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "the file is empty");
        } else {
            g_propagate_error(error, g_steal_pointer(&why));
        }
        return false;
    }
    if (row.fault != NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "line %u: the name of column %" G_GSIZE_FORMAT " %s", row.line,
                    row.fault_field + 1, row.fault);
        return false;
    }
    import->width = csv_row_width(&row, 0);
    if (!purchase_read_header(row.fields, import->width, import->place, error)) {
        g_prefix_error(error, "line %u: ", row.line);
        return false;
    }
    return true;
}

/* The next row that holds anything: one of empty fields is as little a row as an empty line. */
static bool next_row(Import *import, CsvRow *row, GError **error)
{
    bool found = false;
    do {
        found = csv_reader_next(import->csv, row, error);
    } while (found && row->fault == NULL && csv_row_width(row, 0) == 0);
    return found;
}

static bool read_rows(Import *import, GError **error)
{
    CsvRow row;
    g_autoptr(GError) broken = NULL;
    while (next_row(import, &row, &broken)) {
        g_autoptr(GError) why = NULL;
        Purchase *purchase = read_purchase(import, &row, &why);
        import->report->result.rows++;
        if (purchase == NULL) {
            note_wrong_row(import, row.line, why->message);
            continue;
        }
        g_ptr_array_add(import->purchases, purchase);
        if (purchase->license_key != NULL) {
            import_keys_take(import->keys, row.line, g_steal_pointer(&purchase->license_key));
        }
        const ImportRow staged = {.line = row.line, .purchase = purchase};
        g_array_append_val(import->rows, staged);
        if (import->rows->len >= STAGE_ROWS && !stage_rows(import, error)) {
            return false;
        }
    }
    if (broken != NULL) { /* its text names the place */
        note_wrong_row(import, G_MAXUINT, broken->message);
    }
    return stage_rows(import, error);
}

/* The rows are looked up while what is left of their keys is derived. */
static bool look_up_rows(Import *import, GError **error)
{
    Database *database = import->context->database;
    if (!purchase_import_look_up(database, error)) {
        return false;
    }
    const GPtrArray *pages = import_keys_wait(import->keys);
    for (guint i = 0; i < pages->len; i++) {
        if (!purchase_import_stage_keys(database, g_ptr_array_index(pages, i), error)) {
            return false;
        }
    }
    return true;
}

static void free_problem(gpointer problem)
{
    import_problem_free(problem);
}

/* Asks the records about the rows that are right by themselves. */
static bool check(Import *import, bool update, GError **error)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(free_problem);
    int64_t wrong = 0;
    if (!purchase_import_check(import->context->database, update, IMPORT_PROBLEMS_SHOWN, problems,
                               &wrong, error)) {
        return false;
    }
    for (guint i = 0; i < problems->len; i++) {
        const ImportProblem *problem = g_ptr_array_index(problems, i);
        note_problem(import, problem->line, problem->text);
    }
    import->report->wrong_rows += wrong;
    return true;
}

static int compare_lines(gconstpointer a, gconstpointer b)
{
    const ImportProblem *const *first = a;
    const ImportProblem *const *second = b;
    return ((*first)->line > (*second)->line) - ((*first)->line < (*second)->line);
}

static void tell_problems(const Import *import)
{
    g_ptr_array_sort(import->problems, compare_lines);
    for (guint i = 0; i < import->problems->len; i++) {
        const ImportProblem *problem = g_ptr_array_index(import->problems, i);
        g_ptr_array_add(import->report->problems,
                        problem->line == G_MAXUINT
                            ? g_strdup(problem->text)
                            : g_strdup_printf("line %u: %s", problem->line, problem->text));
    }
}

static bool work(Import *import, const ImportOptions *options, const Digest *file, GError **error)
{
    Database *database = import->context->database;
    ImportReport *report = import->report;
    if (!read_header(import, error) || !purchase_import_begin(database, error) ||
        !read_rows(import, error) || !look_up_rows(import, error) ||
        !check(import, options->update, error)) {
        return false;
    }
    tell_problems(import);
    const ImportStamp stamp = {
        .file = *file,
        .rows = report->result.rows,
        .token = options->token,
        .now = clock_now(),
    };
    return report->wrong_rows > 0 || purchase_import_book(database, &stamp, &report->result, error);
}

/* Everything happens in one transaction; a dry run does it all and takes it back. */
static bool run(Import *import, const ImportOptions *options, const Digest *file, GError **error)
{
    Database *database = import->context->database;
    if (!database_set_time_limit(database, 0, error) || !database_begin(database, error)) {
        return false;
    }
    bool done = work(import, options, file, error);
    if (done && import->report->wrong_rows == 0 && !options->dry_run) {
        done = database_commit(database, error);
    } else {
        database_rollback(database);
    }
    return done && database_set_time_limit(database, 60, error);
}

/* The file's bytes. They hold license keys, so no copy of them is left behind. */
typedef struct {
    char *data;
    gsize size;
    gsize room;
} Content;

static void content_clear(Content *content)
{
    if (content->size > 0) {
        secret_wipe(content->data, content->size);
    }
    g_free(content->data);
    *content = (Content){0};
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Content, content_clear)

/* Twice the room; realloc() would leave the old bytes where they were. */
static void content_grow(Content *content)
{
    const gsize room = MAX(2 * content->room, FIRST_ROOM);
    Content larger = {.data = g_malloc(room), .size = content->size, .room = room};
    if (content->size > 0) {
        memcpy(larger.data, content->data, content->size);
    }
    content_clear(content);
    *content = larger;
}

/* Reads to the end without stdio, whose buffer nobody could wipe. */
static bool content_read(Content *content, int fd, GError **error)
{
    ssize_t got = 1;
    while (got != 0 && content->size <= MOST_SIZE) {
        if (content->size == content->room) {
            content_grow(content);
        }
        got = read(fd, content->data + content->size, content->room - content->size);
        if (got < 0 && errno != EINTR) {
            g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                                "cannot be read as a file");
            return false;
        }
        content->size += got > 0 ? (gsize)got : 0;
    }
    if (content->size > MOST_SIZE) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "the file is larger than 256 MiB: import it in parts");
    }
    return content->size <= MOST_SIZE;
}

static bool read_file(const char *path, Content *content, GError **error)
{
    const bool standard_input = strcmp(path, "-") == 0;
    int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        g_set_error(error, ISSUER_ERROR,
                    errno == ENOENT ? ISSUER_ERROR_NOT_FOUND : ISSUER_ERROR_INPUT, "%s: %s", path,
                    g_strerror(errno));
        return false;
    }
    const bool done = content_read(content, fd, error);
    if (!done) {
        g_prefix_error(error, "%s: ", path);
    }
    if (!standard_input) {
        (void)close(fd);
    }
    return done;
}

static void free_purchase(gpointer purchase)
{
    purchase_free(purchase);
}

static ImportReport *report_new(void)
{
    ImportReport *report = g_new0(ImportReport, 1);
    report->problems = g_ptr_array_new_with_free_func(g_free);
    return report;
}

ImportReport *import_purchases(Context *context, const char *path, const ImportOptions *options,
                               GError **error)
{
    g_auto(Content) content = {0};
    if (!read_file(path, &content, error)) {
        return NULL;
    }
    const Digest file = digest_sha256(content.data, content.size);
    Import import = {
        .context = context,
        .report = report_new(),
        .csv = csv_reader_new(content.data, content.size),
        .rows = g_array_new(FALSE, FALSE, sizeof(ImportRow)),
        .purchases = g_ptr_array_new_with_free_func(free_purchase),
        .keys = import_keys_new(),
        .problems = g_ptr_array_new_with_free_func(free_problem),
    };
    const bool done = run(&import, options, &file, error);
    g_array_unref(import.rows);
    g_ptr_array_unref(import.purchases);
    import_keys_free(import.keys);
    g_ptr_array_unref(import.problems);
    csv_reader_free(import.csv);
    if (!done) {
        g_prefix_error(error, "%s: ", path);
        import_report_free(import.report);
        return NULL;
    }
    return import.report;
}

void import_report_free(ImportReport *report)
{
    if (report == NULL) {
        return;
    }
    g_ptr_array_unref(report->problems);
    g_free(report);
}
