/* Makes the list of a message's tokens from all that was found of them. */
#ifndef ISSUER_CORE_FINDER_RESULT_H
#define ISSUER_CORE_FINDER_RESULT_H

#include "core/code_search.h"
#include "core/found_token.h"

/* The tokens as finder_finish() returns them. `compact` of CompactFind *, `lost` of LostReading *.
 * The caller owns the array. */
GPtrArray *finder_result_list(const CodeSearch *search, const GPtrArray *compact,
                              const GPtrArray *lost);

#endif
