/* The claims by themselves: the input is a statement's or usage license's payload, put under the
 * header that belongs to it, so that a fuzzer need not find its way through base64 first. */
#include "core/jws.h"
#include "core/statement.h"
#include "core/usage_license.h"
#include "fuzz.h"

#include <string.h>

static const char *const headers[] = {
    "{\"alg\":\"EdDSA\",\"jwk\":{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":"
    "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"},\"typ\":\"" STATEMENT_REQUEST_TYPE "\"}",
    "{\"alg\":\"EdDSA\",\"jwk\":{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":"
    "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"},\"typ\":\"" STATEMENT_DEACTIVATION_TYPE "\"}",
    "{\"alg\":\"EdDSA\",\"kid\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\",\"typ\":"
    "\"" USAGE_LICENSE_TYPE "\",\"x5c\":[\"MAA=\"]}",
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static char *under(const char *header, const uint8_t *payload, size_t size)
{
    static const uint8_t signature[JWS_SIGNATURE] = {1};
    g_autofree char *input = jws_signing_input(header, strlen(header), (const char *)payload, size);
    return jws_join(input, signature);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (gsize i = 0; i < G_N_ELEMENTS(headers); i++) {
        g_autofree char *text = under(headers[i], data, size);
        g_autoptr(GError) error = NULL;
        g_autoptr(Statement) statement = statement_read(text, strlen(text), &error);
        FUZZ_HOLDS((statement == NULL) == (error != NULL));
        g_autoptr(UsageLicense) license = usage_license_read(text, strlen(text), NULL);
        FUZZ_HOLDS(statement == NULL || license == NULL);
    }
    return 0;
}
