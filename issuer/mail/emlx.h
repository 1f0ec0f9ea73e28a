/* Apple Mail's .emlx: a line with a count of bytes, a mail of that many, and a property list behind
 * it that says, among other things, whether the mail is deleted. */
#ifndef ISSUER_MAIL_EMLX_H
#define ISSUER_MAIL_EMLX_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define EMLX_TAIL                                                                                  \
    (64UL * 1024) /* bytes of a file's end in which the property list is looked for                \
                   */

typedef struct {
    uint64_t offset; /* of the mail in the file */
    uint64_t size;   /* bytes */
    bool cut;        /* the file is too short for it */
    bool deleted;    /* marked so in the property list */
} Emlx;

/* Whether what begins with `length` bytes at `data` is one: a count, and a mail behind it. */
bool emlx_is_one(const char *data, gsize length);

/* Where the mail is in a file of `file_size` bytes, by its beginning (`length` bytes at `data`) and
 * its end, the last `tail_length` bytes of it at `tail`. A count that is wrong, since line ends
 * were changed on the way, yields to the property list's place. */
Emlx emlx_read(const char *data, gsize length, const char *tail, gsize tail_length,
               uint64_t file_size);

/* Whether files that came with the mail at `data` have been put beside it (a ".partial.emlx"). */
bool emlx_is_partial(const char *data, gsize length);

#endif
