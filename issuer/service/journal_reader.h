/* The journal of usage licenses, read: JOURNAL.md is its format. A batch counts as committed where
 * the journal says so, as given up where it says that, and else as one of which nobody knows: it
 * was written, and the program or the machine went down before it could say. What was broken off
 * while it was written is no batch. */
#ifndef ISSUER_SERVICE_JOURNAL_READER_H
#define ISSUER_SERVICE_JOURNAL_READER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define JOURNAL_VERSION 1
#define JOURNAL_SUFFIX  ".jsonl"

typedef enum {
    JOURNAL_COMMITTED,
    JOURNAL_GIVEN_UP,
    JOURNAL_UNKNOWN, /* nothing says what became of it */
    JOURNAL_BROKEN,  /* not whole: never committed, unless somebody has changed it since */
} JournalState;

/* One batch. The texts live as long as the call. */
typedef struct {
    const char *path;
    int64_t from;  /* where it begins there, in bytes */
    int64_t at_us; /* when it was written, microseconds since 1970, by the database's clock */
    JournalState state;
    bool damaged;             /* it is not whole, though the journal has it as committed */
    const char *head;         /* its first line, JSON */
    const GPtrArray *records; /* of char *: what journal_replay() takes, of each usage license */
    const GArray *serials;    /* of int64_t, beside them */
    const GPtrArray *digests; /* of char *: SHA-256 of each one's bytes, in hex */
} JournalBatch;

/* A place in the journal: a file's name, and how many of its bytes lie before it. */
typedef struct {
    char *file; /* NULL: the very beginning */
    int64_t offset;
} JournalPlace;

typedef bool (*JournalEach)(const JournalBatch *batch, gpointer data, GError **error);

/* Calls `each` for the batches behind `from` (NULL: all), in their order. ISSUER_ERROR_UNAVAILABLE
 * where the journal cannot be read; an error of `each` ends it. */
bool journal_each(const char *folder, const JournalPlace *from, JournalEach each, gpointer data,
                  GError **error);

/* The highest numbers at the journal's end. */
typedef struct {
    int64_t committed; /* of what is known to be committed */
    int64_t written;   /* of all; 0: none */
} JournalNewest;

bool journal_newest(const char *folder, JournalNewest *newest, GError **error);

#endif
