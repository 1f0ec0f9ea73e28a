/* Compact JWS and the claims in them: what can be read is canonical, so that the same parts give
 * the same text; what a statement says of itself fits its bytes. */
#include "core/armor.h"
#include "core/denied_keys.h"
#include "core/jws.h"
#include "core/statement.h"
#include "core/usage_license.h"
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static void check_parts(const char *text, gsize size)
{
    g_auto(Jws) jws = {0};
    if (!jws_read(&jws, text, size, armor_kind_max_body(ARMOR_USAGE_LICENSE), NULL)) {
        return;
    }
    g_autofree char *input =
        jws_signing_input(jws.header, jws.header_length, jws.payload, jws.payload_length);
    g_autofree char *joined = jws_join(input, jws.signature);
    FUZZ_HOLDS(strlen(joined) == size && memcmp(joined, text, size) == 0);
    FUZZ_HOLDS(strlen(input) == jws.signing_length);
}

static void check_armor(const char *text, gsize size)
{
    g_autoptr(GBytes) body = armor_body_from_jws(text, size, NULL);
    if (body != NULL) {
        g_autofree char *back = armor_body_to_jws(body, NULL);
        FUZZ_HOLDS(back != NULL && strlen(back) == size && memcmp(back, text, size) == 0);
    }
}

static void check_statement(const char *text, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Statement) statement = statement_read(text, size, &error);
    FUZZ_HOLDS((statement == NULL) == (error != NULL));
    if (statement == NULL) {
        FUZZ_HOLDS(g_utf8_validate(error->message, -1, NULL));
        return;
    }
    FUZZ_HOLDS(strlen(statement->jws) == size && memcmp(statement->jws, text, size) == 0);
    (void)statement_signature_holds(statement);
    (void)statement_proof_holds(statement);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    check_parts(text, size);
    check_armor(text, size);
    check_statement(text, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(UsageLicense) license = usage_license_read(text, size, &error);
    FUZZ_HOLDS((license == NULL) == (error != NULL));
    g_autoptr(DeniedKeys) denied = denied_keys_read(text, size, NULL);
    (void)denied;
    return 0;
}
