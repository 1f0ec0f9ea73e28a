/* The member `instance` of requests, deactivations and usage licenses. */
#ifndef ISSUER_CORE_INSTANCE_CLAIM_H
#define ISSUER_CORE_INSTANCE_CLAIM_H

#include "core/instance.h"
#include "core/strict_json.h"

/* Reads the member `instance` of a payload. ISSUER_ERROR_INPUT. Then the caller owns
 * `instance->host`. */
bool instance_claim_read(Instance *instance, const StrictJson *payload, GError **error);

/* Appends the member's value as sorted compact JSON. */
void instance_claim_write(GString *json, const Instance *instance);

#endif
