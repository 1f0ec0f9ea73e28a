/* What a Chariot server says of itself (FORMATS.md, Usage request: `instance`). */
#ifndef ISSUER_CORE_INSTANCE_H
#define ISSUER_CORE_INSTANCE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FINGERPRINT_PART_SIZE 16

typedef enum {
    FINGERPRINT_BOARD,
    FINGERPRINT_CPU,
    FINGERPRINT_MAC,
    FINGERPRINT_PARTS, /* how many there are */
} FingerprintPart;

/* Keyed hashes of the host's parts; keyed with the license's public key, so two fingerprints can
 * be compared under one license key only. A part that is absent matches nothing. */
typedef struct {
    bool present[FINGERPRINT_PARTS];
    uint8_t value[FINGERPRINT_PARTS][FINGERPRINT_PART_SIZE];
} Fingerprint;

typedef struct {
    char *host; /* the host's own name for itself, as sent */
    Fingerprint fingerprint;
} Instance;

/* The member name of a part: "board", "cpu" or "mac". */
const char *fingerprint_part_name(FingerprintPart part);

/* Whether `part` stands in both and is equal. */
bool fingerprint_part_equal(const Fingerprint *a, const Fingerprint *b, FingerprintPart part);

/* Whether `part` stands in both and differs. */
bool fingerprint_part_differs(const Fingerprint *a, const Fingerprint *b, FingerprintPart part);

#endif
