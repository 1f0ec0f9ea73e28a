#include "service/journal_reader.h"

#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TAIL_BYTES (8 << 20) /* more than any batch has */

/* ---- lines ---- */

typedef enum { LINE_HEAD, LINE_ISSUED, LINE_END, LINE_OTHER } LineKind;

typedef struct {
    LineKind kind;
    char *batch;
    int64_t number; /* head: how many it issued; issued: the serial */
    char *digest;   /* of a head: of its lines, else of the usage license */
    int64_t at_us;
    bool committed;
    gsize record; /* where a record begins in the line */
} Line;

static void line_clear(Line *line)
{
    g_clear_pointer(&line->batch, g_free);
    g_clear_pointer(&line->digest, g_free);
}

static const char *pass(const char *at, const char *text)
{
    return at != NULL && g_str_has_prefix(at, text) ? at + strlen(text) : NULL;
}

/* A word of hexadecimal digits and hyphens, in quotes; `*word` is a new string. */
static const char *pass_word(const char *at, gsize length, char **word)
{
    if (at == NULL || *at != '"' || strspn(at + 1, "0123456789abcdef-") != length ||
        at[1 + length] != '"') {
        return NULL;
    }
    *word = g_strndup(at + 1, length);
    return at + length + 2;
}

static const char *pass_number(const char *at, int64_t *number)
{
    char *end = NULL;
    if (at == NULL || !g_ascii_isdigit(*at)) {
        return NULL;
    }
    *number = (int64_t)g_ascii_strtoull(at, &end, 10);
    return end;
}

/* What an issued license's line and a head have alike, up to the digest. */
static const char *pass_numbered(const char *at, const char *key, Line *line)
{
    at = pass_word(pass(at, ",\"batch\":"), 36, &line->batch);
    at = pass_number(pass(at, key), &line->number);
    return pass_word(pass(at, ",\"sha256\":"), 64, &line->digest);
}

static bool read_head(const char *rest, Line *line)
{
    line->kind = LINE_HEAD;
    return pass_number(pass(pass_numbered(rest, ",\"issued\":", line), ",\"at\":"), &line->at_us) !=
           NULL;
}

static bool read_issued(const char *text, const char *rest, Line *line)
{
    const char *record = pass(pass_numbered(rest, ",\"serial\":", line), ",\"record\":");
    line->kind = LINE_ISSUED;
    line->record = record != NULL ? (gsize)(record - text) : 0;
    return record != NULL;
}

static bool read_end(const char *rest, Line *line)
{
    const char *outcome =
        pass(pass_word(pass(rest, ",\"batch\":"), 36, &line->batch), ",\"outcome\":");
    line->kind = LINE_END;
    line->committed = pass(outcome, "\"committed\"}") != NULL;
    return line->committed || pass(outcome, "\"given-up\"}") != NULL;
}

/* A line that is not whole, or of none of these kinds, is LINE_OTHER. */
static void read_line(const char *text, gsize size, Line *line)
{
    const char *rest = NULL;
    bool good = false;
    *line = (Line){.kind = LINE_OTHER};
    if (size < 2 || text[size - 1] != '}') {
        return;
    }
    if ((rest = pass(text, "{\"v\":1,\"kind\":\"batch\"")) != NULL) {
        good = read_head(rest, line);
    } else if ((rest = pass(text, "{\"v\":1,\"kind\":\"issued\"")) != NULL) {
        good = read_issued(text, rest, line);
    } else if ((rest = pass(text, "{\"v\":1,\"kind\":\"end\"")) != NULL) {
        good = read_end(rest, line);
    }
    if (!good) {
        line_clear(line);
        line->kind = LINE_OTHER;
    }
}

/* ---- files ---- */

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool refuse(const char *path, int code, GError **error)
{
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE, "%s: the journal cannot be read: %s",
                path, g_strerror(code));
    return false;
}

/* Names in the order of the months. */
static GPtrArray *list_files(const char *folder, GError **error)
{
    g_autoptr(GError) problem = NULL;
    GDir *dir = g_dir_open(folder, 0, &problem);
    if (dir == NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE, "the journal cannot be read: %s",
                    problem->message);
        return NULL;
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const char *name = NULL;
    while ((name = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_suffix(name, JOURNAL_SUFFIX) && g_ascii_isdigit(name[0])) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_dir_close(dir);
    g_ptr_array_sort(names, compare_names);
    return names;
}

typedef bool (*LineEach)(const char *path, int64_t from, const char *text, gsize size,
                         gpointer data, GError **error);

static bool read_stream(FILE *stream, const char *path, LineEach each, gpointer data,
                        GError **error)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t size = 0;
    bool done = true;
    int64_t from = ftello(stream);
    while (done && (size = getline(&text, &room, stream)) > 0) {
        const bool ended = text[size - 1] == '\n';
        text[size - (ended ? 1 : 0)] = '\0';
        done = each(path, from, text, (gsize)size - (ended ? 1 : 0), data, error);
        from += size;
    }
    if (done && ferror(stream) != 0) {
        done = refuse(path, errno, error);
    }
    free(text);
    return done;
}

/* No device, which might not end, and nothing that a link leads to. */
static FILE *open_file(const char *path, GError **error)
{
    struct stat about;
    if (lstat(path, &about) != 0 || !S_ISREG(about.st_mode)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                    "%s: the journal cannot be read: it is no regular file", path);
        return NULL;
    }
    FILE *stream = fopen(path, "re");
    if (stream == NULL) {
        refuse(path, errno, error);
    }
    return stream;
}

static bool read_file(const char *path, int64_t offset, LineEach each, gpointer data,
                      GError **error)
{
    FILE *stream = open_file(path, error);
    if (stream == NULL) {
        return false;
    }
    const bool done = fseeko(stream, offset, SEEK_SET) == 0
                          ? read_stream(stream, path, each, data, error)
                          : refuse(path, errno, error);
    (void)fclose(stream);
    return done;
}

static bool read_files(const char *folder, const JournalPlace *from, LineEach each, gpointer data,
                       GError **error)
{
    g_autoptr(GPtrArray) names = list_files(folder, error);
    bool done = names != NULL;
    for (guint i = 0; done && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        const int order = from != NULL && from->file != NULL ? strcmp(name, from->file) : 1;
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (order >= 0) {
            done = read_file(path, order == 0 ? from->offset : 0, each, data, error);
        }
    }
    return done;
}

/* ---- batches ---- */

/* Batches of a machine's processes do not mix, but their ends come later. */
typedef struct {
    GHashTable *outcomes; /* batch → JournalState */

    /* the batch at hand */
    char *path;
    int64_t from;
    char *head;
    Line first;
    GPtrArray *records;
    GArray *serials;
    GPtrArray *digests;
    GChecksum *sum;

    JournalEach each;
    gpointer data;
} Reading;

static void open_reading(Reading *reading)
{
    reading->outcomes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    reading->records = g_ptr_array_new_with_free_func(g_free);
    reading->digests = g_ptr_array_new_with_free_func(g_free);
    reading->serials = g_array_new(FALSE, FALSE, sizeof(int64_t));
    reading->sum = g_checksum_new(G_CHECKSUM_SHA256);
}

static void forget_batch(Reading *reading)
{
    g_clear_pointer(&reading->path, g_free);
    g_clear_pointer(&reading->head, g_free);
    line_clear(&reading->first);
    g_ptr_array_set_size(reading->records, 0);
    g_ptr_array_set_size(reading->digests, 0);
    g_array_set_size(reading->serials, 0);
    g_checksum_reset(reading->sum);
}

static void close_reading(Reading *reading)
{
    forget_batch(reading);
    g_hash_table_unref(reading->outcomes);
    g_ptr_array_unref(reading->records);
    g_ptr_array_unref(reading->digests);
    g_array_unref(reading->serials);
    g_checksum_free(reading->sum);
}

static bool keep_outcome(const char *path, int64_t from, const char *text, gsize size,
                         gpointer data, GError **error)
{
    (void)path, (void)from, (void)error; /* as every LineEach; nothing can go wrong here */
    Line line;
    read_line(text, size, &line);
    if (line.kind == LINE_END) {
        g_hash_table_insert(data, g_strdup(line.batch),
                            GINT_TO_POINTER(line.committed ? JOURNAL_COMMITTED : JOURNAL_GIVEN_UP));
    }
    line_clear(&line);
    return true;
}

/* As the journal says, whole or not. */
static JournalState outcome_of(const Reading *reading)
{
    gpointer outcome = NULL;
    return g_hash_table_lookup_extended(reading->outcomes, reading->first.batch, NULL, &outcome)
               ? (JournalState)GPOINTER_TO_INT(outcome)
               : JOURNAL_UNKNOWN;
}

/* Hands over the batch at hand, if there is one. */
static bool end_batch(Reading *reading, GError **error)
{
    if (reading->head == NULL) {
        return true;
    }
    const bool whole = reading->records->len == (guint)reading->first.number &&
                       strcmp(g_checksum_get_string(reading->sum), reading->first.digest) == 0;
    const JournalState outcome = outcome_of(reading);
    const JournalBatch batch = {
        .path = reading->path,
        .from = reading->from,
        .at_us = reading->first.at_us,
        .state = whole ? outcome : JOURNAL_BROKEN,
        .damaged = !whole && outcome == JOURNAL_COMMITTED,
        .head = reading->head,
        .records = reading->records,
        .serials = reading->serials,
        .digests = reading->digests,
    };
    const bool done = reading->each(&batch, reading->data, error);
    forget_batch(reading);
    return done;
}

static void begin_batch(Reading *reading, const char *path, int64_t from, const char *text,
                        Line *line)
{
    reading->path = g_strdup(path);
    reading->from = from;
    reading->head = g_strdup(text);
    reading->first = *line;
    *line = (Line){0};
}

static void add_record(Reading *reading, const char *text, gsize size, const Line *line)
{
    if (reading->head == NULL || strcmp(reading->first.batch, line->batch) != 0) {
        return; /* what it belongs to is broken */
    }
    g_checksum_update(reading->sum, (const guchar *)text, (gssize)size);
    g_checksum_update(reading->sum, (const guchar *)"\n", 1);
    g_ptr_array_add(reading->records, g_strndup(text + line->record, size - line->record - 1));
    g_ptr_array_add(reading->digests, g_strdup(line->digest));
    g_array_append_val(reading->serials, line->number);
}

static bool take_line(const char *path, int64_t from, const char *text, gsize size, gpointer data,
                      GError **error)
{
    Reading *reading = data;
    bool done = true;
    Line line;
    read_line(text, size, &line);
    if (line.kind == LINE_ISSUED) {
        add_record(reading, text, size, &line);
    } else {
        done = end_batch(reading, error);
    }
    if (line.kind == LINE_HEAD) {
        begin_batch(reading, path, from, text, &line);
    }
    line_clear(&line);
    return done;
}

bool journal_each(const char *folder, const JournalPlace *from, JournalEach each, gpointer data,
                  GError **error)
{
    Reading reading = {.each = each, .data = data};
    open_reading(&reading);
    const bool done = read_files(folder, from, keep_outcome, reading.outcomes, error) &&
                      read_files(folder, from, take_line, &reading, error) &&
                      end_batch(&reading, error);
    close_reading(&reading);
    return done;
}

/* ---- the end ---- */

static bool note_newest(const JournalBatch *batch, gpointer data, GError **error)
{
    (void)error; /* nothing can go wrong here */
    JournalNewest *newest = data;
    for (guint i = 0; i < batch->serials->len; i++) {
        const int64_t serial = g_array_index(batch->serials, int64_t, i);
        newest->written = MAX(newest->written, serial);
        if (batch->state == JOURNAL_COMMITTED) {
            newest->committed = MAX(newest->committed, serial);
        }
    }
    return true;
}

/* What stands at the end of one file. */
static bool newest_of(const char *folder, char *name, JournalNewest *newest, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    struct stat about = {0};
    if (stat(path, &about) != 0) {
        return refuse(path, errno, error);
    }
    const JournalPlace from = {.file = name, .offset = MAX(0, about.st_size - TAIL_BYTES)};
    return journal_each(folder, &from, note_newest, newest, error);
}

/* The end will do: batches come in the order of their numbers, but for those of several daemons,
 * which are not far apart. A month may have begun with a batch that was broken off or given up. */
bool journal_newest(const char *folder, JournalNewest *newest, GError **error)
{
    g_autoptr(GPtrArray) names = list_files(folder, error);
    bool done = names != NULL;
    *newest = (JournalNewest){0};
    for (guint i = done ? names->len : 0; done && newest->committed == 0 && i > 0; i--) {
        done = newest_of(folder, g_ptr_array_index(names, i - 1), newest, error);
    }
    return done;
}
