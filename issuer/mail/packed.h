/* The kinds of packed parts, as a table: what each looks like by its content, and how its parts are
 * taken out. Names and types that a mail gives decide nothing. */
#ifndef ISSUER_MAIL_PACKED_H
#define ISSUER_MAIL_PACKED_H

#include "mail/unpacked.h"

typedef struct {
    const char *what; /* for a person: "a zip file" */

    /* Whether a part that begins with these bytes is one, be there more of it or not. */
    bool (*begins)(const char *data, gsize length);

    /* Takes the parts out of all its bytes by unpacked_add(); what keeps it from it is said by
     * unpacked_fail(). Nothing that these bytes hold may make it crash, hang or take memory without
     * bound: unpacked_room() tells how much is left. */
    void (*unpack)(const char *data, gsize length, Unpacked *unpacked);
} PackedKind;

/* The kind of a part by its first bytes (a few thousand are enough); NULL: it is not packed. */
const PackedKind *packed_kind(const char *data, gsize length);

/* The kinds that stand within a text, beside what is read of the text itself: the next one after
 * `last` (NULL: the first) that stands in this text (UTF-8); NULL: no more. */
const PackedKind *packed_kind_within(const PackedKind *last, const char *text, gsize length);

#endif
