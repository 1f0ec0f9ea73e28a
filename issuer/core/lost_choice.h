/* Tells which lost starts are codes of their own, and which are copies of what is known or show up
 * only because a text was not read in the right way. */
#ifndef ISSUER_CORE_LOST_CHOICE_H
#define ISSUER_CORE_LOST_CHOICE_H

#include "core/code_search.h"
#include "core/lost_start.h"

/* What was found in one reading of one text. */
typedef struct {
    guint text;        /* the text's number */
    GPtrArray *starts; /* of LostStart *; owned */
    guint known;       /* starts of known codes */
} LostReading;

LostReading *lost_reading_new(guint text);
void lost_reading_free(LostReading *reading);

/* The starts to be named, in the order of the readings, of each text those of the reading that
 * sees the most and leaves the fewest of them. `readings` of LostReading *; `whole` of ArmoredCode
 * *: codes known besides those of the search. The caller owns the array, its elements belong to the
 * readings. */
GPtrArray *lost_choice_make(const GPtrArray *readings, const CodeSearch *search,
                            const GPtrArray *whole);

#endif
