/* The parts of `issuer check`; each adds its lines. */
#ifndef ISSUER_SERVICE_CHECK_INTERNAL_H
#define ISSUER_SERVICE_CHECK_INTERNAL_H

#include "service/check_line.h"
#include "service/context.h"

#define CHECK_KEY_DAYS 90 /* a certificate that ends sooner is warned of */

/* Each drop folder that is set. */
void check_drops(GPtrArray *lines, const Settings *settings);

/* Where reports come from, if that is set apart: out of reach, or behind. */
void check_reports(GPtrArray *lines, Settings *settings);

/* Key folder, its files, roots, signing key, development keys. */
void check_keys(GPtrArray *lines, const Context *context);

/* The denied list of the key folder beside the records. The error is the database's. */
bool check_denied_list(GPtrArray *lines, Context *context, GError **error);

/* Own addresses, list addresses, sender and folder of replies, the mail server if one is set. */
void check_mail(GPtrArray *lines, const Settings *settings);

/* Each mailbox that is set. */
void check_mailboxes(GPtrArray *lines, const Settings *settings);

/* Whether this kernel confines what reads mail, and whether it has the converters for it. */
void check_parsers(GPtrArray *lines);

/* Whether mails wait in quarantine. The error is the database's. */
bool check_quarantine(GPtrArray *lines, Context *context, GError **error);

/* The journal of usage licenses beside the records, if one is kept. The error is the database's, or
 * ISSUER_ERROR_UNAVAILABLE where the journal cannot be read. */
bool check_journal(GPtrArray *lines, Context *context, GError **error);

/* Serial numbers, and records that must agree. The error is the database's. */
bool check_records(GPtrArray *lines, Context *context, GError **error);

#endif
