/* Lists that are only shown pass through here as they come from the database. */
#ifndef ISSUER_SERVICE_LISTINGS_H
#define ISSUER_SERVICE_LISTINGS_H

#include "db/listing.h"

#endif
