/* Walks over the paths of a run and hands out the mails in them, one after another, those within
 * archives and exports of help desks too. What is no mail is handed out too, as trouble: nothing
 * passes in silence. Links are followed, but a folder is walked over once. */
#ifndef ISSUER_MAIL_SOURCE_H
#define ISSUER_MAIL_SOURCE_H

#include "mail/nursery.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *path;    /* as valid UTF-8 (text_file_name()); "-" for standard input; of a file in
                            an archive "FILE!NAME" (unpacking.h) */
    uint64_t number;     /* of the mail within the file, from 1 */
    uint64_t fed;        /* a feed's number of the mail, which `path` names whole; 0: of a file */
    uint64_t offset;     /* bytes into the file */
    uint64_t size;       /* bytes */
    const char *bytes;   /* NULL: to be read from `fd` at `offset` */
    int fd;              /* -1 if `bytes` are there */
    bool from_mbox;      /* lines that begin with "From " are quoted, Status fields count */
    bool deleted;        /* marked deleted by its mailbox */
    bool ours;           /* a help desk's export says that the desk itself wrote it */
    bool partial;        /* files that came with it were left out of the export */
    bool doubtful;       /* begins as a mail, but others may follow in it: whose it is, who knows */
    bool bare;           /* no mail, but text without a header: perhaps a code that was saved */
    const char *trouble; /* why it cannot be read; then there are neither bytes nor fd */
    const char *head;    /* with trouble: what was read nevertheless, or NULL */
    uint64_t head_size;  /* bytes */
    bool absent;         /* with trouble: the path is at fault, there is no mail to speak of */
} SourceItem;

typedef struct Source Source;

/* A source over NULL-terminated `paths`. `nursery` starts the processes that unpack containers; a
 * container that gives nothing for `time_limit_ms` is given up. Both must outlive the source. */
Source *source_new(const char *const *paths, Nursery *nursery, unsigned time_limit_ms);

/* Has what stands at `at`, a path that is given, be called `called`, in whatever is told of it and
 * of what is in it. Both must outlive the source. */
void source_call(Source *source, const char *at, const char *called);

/* The next item; false at the end. Its pointers are valid until the next call. */
bool source_next(Source *source, SourceItem *item);

void source_free(Source *source);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Source, source_free)

#endif
