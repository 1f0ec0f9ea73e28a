/* What a preview showed, as it is kept with the instruction that asked for it. */
#ifndef ISSUER_SERVICE_REVIEW_ANSWER_H
#define ISSUER_SERVICE_REVIEW_ANSWER_H

#include "service/review.h"

/* As JSON. New string. */
char *review_answer_write(const ReviewResult *result);

/* That of an instruction which is done. Errors of db/database.h. The caller owns it. */
ReviewResult *review_answer_load(Database *database, int64_t instruction, GError **error);

#endif
