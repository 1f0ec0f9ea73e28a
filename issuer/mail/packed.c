#include "mail/packed.h"

#include "mail/archive.h"
#include "mail/calendar_file.h"
#include "mail/cms.h"
#include "mail/jws_object.h"
#include "mail/other_bases.h"
#include "mail/outlook_msg.h"
#include "mail/packed_archive.h"
#include "mail/packed_outlook.h"
#include "mail/pgp_encrypted.h"
#include "mail/rtf.h"
#include "mail/tnef.h"
#include "mail/uuencode.h"

/* Whole parts. The first that fits counts. */
static const PackedKind whole[] = {
    {"a signed part (S/MIME)", cms_is_signed, cms_unpack},
    {"an encrypted part (S/MIME)", cms_is_other, cms_refuse},
    {"a file encrypted with PGP", pgp_encrypted_begins, pgp_encrypted_refuse},
    {"a packed file", archive_is_one, packed_archive_unpack},
    {"rich text (RTF)", rtf_is, packed_outlook_unpack_rtf},
    {"an Outlook attachment container (winmail.dat)", tnef_begins, packed_outlook_unpack_tnef},
    {"an Outlook or Office file (OLE)", outlook_msg_begins, packed_outlook_unpack_msg},
};

/* What stands within a text. */
static const PackedKind within[] = {
    {"a file within the text (uuencode)", uuencode_is_in, uuencode_unpack},
    {"a file within the text (yEnc)", uuencode_is_yenc_in, uuencode_refuse_yenc},
    {"a file within a calendar", calendar_file_is_in, calendar_file_unpack},
    {"a JWS as a JSON object", jws_object_is_in, jws_object_unpack},
    {"a text in base32 or Ascii85", other_bases_are_in, other_bases_unpack},
    {"a text in ROT13", other_bases_rot13_is_in, other_bases_unpack_rot13},
    {"a text encrypted with PGP", pgp_encrypted_is_in, pgp_encrypted_refuse},
};

const PackedKind *packed_kind(const char *data, gsize length)
{
    for (gsize i = 0; i < G_N_ELEMENTS(whole); i++) {
        if (whole[i].begins(data, length)) {
            return &whole[i];
        }
    }
    return NULL;
}

const PackedKind *packed_kind_within(const PackedKind *last, const char *text, gsize length)
{
    for (gsize i = last == NULL ? 0 : (gsize)(last - within) + 1; i < G_N_ELEMENTS(within); i++) {
        if (within[i].begins(text, length)) {
            return &within[i];
        }
    }
    return NULL;
}
