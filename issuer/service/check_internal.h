/* The parts of `issuer check`; each adds its lines. */
#ifndef ISSUER_SERVICE_CHECK_INTERNAL_H
#define ISSUER_SERVICE_CHECK_INTERNAL_H

#include "service/check.h"
#include "service/context.h"

/* Adds a line. `thing` is static; `advice` may be NULL; `finding` is taken over. */
void check_add(GPtrArray *lines, const char *thing, CheckState state, char *finding,
               const char *advice);

/* Adds what an error says as a line that is wrong, and frees it. */
void check_add_error(GPtrArray *lines, const char *thing, GError *error);

/* Key folder, its files, roots, signing key, development keys. */
void check_keys(GPtrArray *lines, const Context *context);

/* The denied list of the key folder beside the records. The error is the database's. */
bool check_denied_list(GPtrArray *lines, Context *context, GError **error);

/* Own addresses, list addresses, sender and folder of replies. */
void check_mail(GPtrArray *lines, const Settings *settings);

/* Serial numbers, and records that must agree. The error is the database's. */
bool check_records(GPtrArray *lines, Context *context, GError **error);

#endif
