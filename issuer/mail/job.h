/* A mail between the source and the caller: what is known of it before it is parsed, and after. */
#ifndef ISSUER_MAIL_JOB_H
#define ISSUER_MAIL_JOB_H

#include "mail/mail_reader.h"
#include "mail/source.h"

typedef struct {
    ParsedMail *mail;
    bool done;
} Job;

/* The item's place and, up to MAIL_STORED_RAW, its bytes; done if the item is trouble. The caller
 * owns it. */
Job *job_new(const SourceItem *item);

/* Stands for a mail whose bytes cannot be had, and of which nothing is put on record: `what`
 * (read_failure_text(), taken over) is said of its file. The caller owns it. */
ParsedMail *job_unread(char *what);

/* Puts what was found in the place of what was known before; without (`found` NULL) the mail cannot
 * be read, and `why` says what it did to its parser. Takes both. */
void job_complete(Job *job, ParsedMail *found, char *why);

void job_free(gpointer data);

#endif
