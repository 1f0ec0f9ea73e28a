/* What the page about a license shows besides its own records: what was bought, what came in and
 * went out, what is open; and its uses, as its customer may read them. */
#ifndef ISSUER_DB_LICENSE_PAGE_H
#define ISSUER_DB_LICENSE_PAGE_H

#include "db/database.h"
#include "db/listing.h"

#include <stdint.h>

typedef enum {
    LICENSE_PAGE_ORDERS,
    LICENSE_PAGE_TERMS,   /* how yearly features came by their ends */
    LICENSE_PAGE_STATES,  /* suspended, ended and by what; none: current since it was sold */
    LICENSE_PAGE_RUNS,    /* servers that it runs on now */
    LICENSE_PAGE_OPEN,    /* what waits for somebody */
    LICENSE_PAGE_MAILS,   /* what came in, newest first */
    LICENSE_PAGE_REPLIES, /* what went out, newest first */
    LICENSE_PAGE_PARTS,
} LicensePagePart;

/* One part about the license with this row number, at most `most` rows (0: all).
 * ISSUER_ERROR_DENIED if this login may not read it. */
Listing *license_page_part(Database *db, LicensePagePart part, int64_t license, unsigned most,
                           GError **error);

/* All uses with their evidence, by their number. */
Listing *license_page_uses(Database *db, int64_t license, GError **error);

#endif
