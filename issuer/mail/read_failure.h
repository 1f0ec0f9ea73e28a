/* What is said of a file whose bytes could not be had. Half a mail must not be judged as a whole
 * one, so of such a file nothing is put on record: once it can be read it is given again. */
#ifndef ISSUER_MAIL_READ_FAILURE_H
#define ISSUER_MAIL_READ_FAILURE_H

#include <stdint.h>

/* In words that follow the file's name: what happened `offset` bytes into it, and what to do.
 * `failure`: the errno of the read; 0: it ended there, before the end that it had. New string. */
char *read_failure_text(uint64_t offset, int failure);

#endif
