#include "mail/cms.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <string.h>

#define LOOK 32 /* bytes in which the identifier stands */

/* The identifiers of RFC 5652 and its kin are those of PKCS #7, one byte apart. */
#define PKCS7       "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
#define PKCS9_SMIME "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01"
#define SIGNED      PKCS7 "\x02"
#define COMPRESSED  PKCS9_SMIME "\x09"

static bool names(const char *data, gsize length, const char *identifier)
{
    return length > 20 && data[0] == '0' &&
           memmem(data, MIN(length, LOOK), identifier, strlen(identifier)) != NULL;
}

bool cms_is_signed(const char *data, gsize length)
{
    return names(data, length, SIGNED);
}

bool cms_is_other(const char *data, gsize length)
{
    return names(data, length, PKCS7) || names(data, length, PKCS9_SMIME);
}

static void add_content(const ASN1_OCTET_STRING *content, Unpacked *unpacked)
{
    const unsigned char *bytes = ASN1_STRING_get0_data(content);
    const gsize whole = (gsize)MAX(ASN1_STRING_length(content), 0);
    const guint length = (guint)MIN(whole, unpacked_room(unpacked) + 1); /* enough to be refused */
    GByteArray *data = g_byte_array_sized_new(length);
    g_byte_array_append(data, bytes, length);
    const bool again = cms_is_signed((const char *)data->data, length) ||
                       cms_is_other((const char *)data->data, length);
    unpacked_add(unpacked, again ? UNPACKED_FILE : UNPACKED_ENTITY, NULL, NULL, data);
}

void cms_unpack(const char *data, gsize length, Unpacked *unpacked)
{
    const unsigned char *at = (const unsigned char *)data;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)length);
    ASN1_OCTET_STRING **content = cms == NULL ? NULL : CMS_get0_content(cms);
    if (content == NULL) {
        unpacked_fail(unpacked, "it is damaged");
    } else if (*content != NULL) { /* else a signature of what stands beside it */
        add_content(*content, unpacked);
    }
    CMS_ContentInfo_free(cms);
    ERR_clear_error();
}

void cms_refuse(const char *data, gsize length, Unpacked *unpacked)
{
    if (names(data, length, COMPRESSED)) {
        unpacked_fail(unpacked, "it is compressed, which is not read");
        return;
    }
    unpacked_fail(unpacked, "it is encrypted: ask for the same mail without encryption");
    unpacked_meet_encrypted(unpacked);
}

void cms_init(void)
{
    static const unsigned char none[] = {0x30, 0x00};
    const unsigned char *at = none;
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL);
    CMS_ContentInfo_free(d2i_CMS_ContentInfo(NULL, &at, sizeof none));
    ERR_clear_error();
}
