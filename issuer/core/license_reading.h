/* License IDs as people write them: blanks and hyphens set or left out, and letters that look alike
 * taken for each other. Which of the readings is meant, only the records can say. */
#ifndef ISSUER_CORE_LICENSE_READING_H
#define ISSUER_CORE_LICENSE_READING_H

#include <glib.h>

typedef struct {
    guint place; /* readings of one place are of one License ID at most: the longest on record */
    char *text;  /* without blanks and hyphens, upper case, one sign for those that look alike: as
                    the index license_read of the records has it */
} LicenseReading;

/* What in `text` (NULL: none) may be a License ID: of LicenseReading, place by place, in each the
 * longest first. The caller owns it (g_array_unref). */
GArray *license_reading_find(const char *text);

#endif
