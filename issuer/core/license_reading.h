/* License IDs as people write them: blanks and hyphens set or left out, and letters that look alike
 * taken for each other. Which of the readings is meant, only the records can say. */
#ifndef ISSUER_CORE_LICENSE_READING_H
#define ISSUER_CORE_LICENSE_READING_H

#include <glib.h>

typedef struct {
    guint place; /* readings of one place are of one License ID at most: the longest on record */
    char *text;  /* as license_reading_fold() makes it */
} LicenseReading;

/* What in `text` (NULL: none) may be a License ID: of LicenseReading, place by place, in each the
 * longest first. The caller owns it (g_array_unref). */
GArray *license_reading_find(const char *text);

/* A License ID as readings are compared: without blanks and hyphens, upper case, and one sign for
 * those that look alike. Must agree with the index license_read of the records. New string. */
char *license_reading_fold(const char *license_id);

#endif
