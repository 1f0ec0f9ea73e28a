/* A usage request that is on record, as an item of a batch. */
#ifndef ISSUER_SERVICE_STORED_REQUEST_H
#define ISSUER_SERVICE_STORED_REQUEST_H

#include "db/waiting_store.h"
#include "service/batch.h"

typedef struct {
    BatchItem item; /* the message that carried it, with this one matter */
    Matter *matter;
    int64_t license_id; /* of its key; 0: not on record */
    bool left_out;      /* by service/redecide.c: it cannot be decided */
} StoredRequest;

/* Reads the request. `waiting` must outlive the result, which the caller owns. ISSUER_ERROR_INPUT
 * if its text cannot be read (it could when it was recorded). */
StoredRequest *stored_request_new(const WaitingRequest *waiting, GError **error);

void stored_request_free(StoredRequest *request);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoredRequest, stored_request_free)

#endif
