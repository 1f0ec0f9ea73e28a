/* Makes the result of a review from what a batch has decided; between the files of review. */
#ifndef ISSUER_SERVICE_REVIEW_RESULT_H
#define ISSUER_SERVICE_REVIEW_RESULT_H

#include "service/batch.h"
#include "service/review.h"

/* What was decided for `matter`, within the batch's transaction; `dry_run`: its serial is no number
 * yet. Errors of db/database.h. The caller owns it. */
ReviewResult *review_result_new(const Batch *batch, const Matter *matter, Database *database,
                                bool dry_run, GError **error);

#endif
