/* What the batches of a dry run have decided so far. Each of them is taken back, so a later one
 * would decide as if they had never been; from here it knows them as it would from the records. */
#ifndef ISSUER_SERVICE_REHEARSAL_H
#define ISSUER_SERVICE_REHEARSAL_H

#include "core/digest.h"

#include <glib.h>
#include <stdint.h>

typedef struct Rehearsal Rehearsal;
typedef struct Batch Batch; /* service/batch.h */

Rehearsal *rehearsal_new(void);

/* The codes (of Digest) that a mail of an earlier batch was decided for, by its identity; NULL: no
 * earlier batch had it. Owned by the rehearsal. */
const GArray *rehearsal_find_mail(const Rehearsal *rehearsal, const Digest *identity);

/* A number for what would be issued, higher than any before, that no usage license has. */
int64_t rehearsal_next_serial(Rehearsal *rehearsal);

/* For the parts of a batch; nothing is done for one that has no rehearsal. Adds to `licenses` (of
 * int64_t) those under which earlier batches have issued to the batch's instances; has the batch,
 * once it is loaded, see what they have decided; keeps for the next what it has decided itself. */
void rehearsal_add_licenses(const Batch *batch, GArray *licenses);
void rehearsal_show(Batch *batch);
void rehearsal_keep(const Batch *batch);

void rehearsal_free(Rehearsal *rehearsal);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rehearsal, rehearsal_free)

#endif
