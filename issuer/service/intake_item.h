/* A parsed mail as an item of a batch: what class of mail it is and which codes it carries. */
#ifndef ISSUER_SERVICE_INTAKE_ITEM_H
#define ISSUER_SERVICE_INTAKE_ITEM_H

#include "service/batch.h"

typedef struct {
    ParsedMail *mail;
    BatchItem item;
    char *words;      /* what its sender wrote, subject and text */
    GArray *readings; /* of LicenseReading: what may name a license; NULL: not looked for */
} IntakeItem;

/* Takes over the mail, classes it, reads its codes and verifies their signatures. Costs most of
 * the time that a mail costs besides the database, and needs no database. The caller owns it. */
IntakeItem *intake_item_new(ParsedMail *mail, const Settings *settings);

/* Has it list the codes of a mail that is not taken in, for who only looks. */
void intake_item_list_codes(IntakeItem *item);

/* The mail could not be processed for the reason `why`: it goes into quarantine as it is. */
void intake_item_quarantine(IntakeItem *item, const char *why);

/* Takes out what the mail says of itself; its place, size and digest stay. For one in quarantine
 * whose own words the records cannot take. */
void intake_item_empty(IntakeItem *item);

void intake_item_free(IntakeItem *item);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IntakeItem, intake_item_free)

#endif
