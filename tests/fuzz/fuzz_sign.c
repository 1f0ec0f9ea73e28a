/* What clients send to the signer: each usage license that it would sign is one that a customer's
 * server reads as the same, and goes out and in again unchanged. */
#include "core/usage_license.h"
#include "fuzz.h"
#include "sign/sign_frame.h"

#include <string.h>

#define KID_LENGTH 43

static char kid[KID_LENGTH + 1];
static char signature[1 + 86 + 1];
static GBytes *certificate;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    memset(kid, 'A', KID_LENGTH);
    memset(signature, 'A', sizeof signature - 1);
    signature[0] = '.';
    certificate = g_bytes_new_static("DER", 3);
    return 0;
}

static void is_readable(const UsageLicense *license)
{
    g_autofree char *input = usage_license_signing_input(license, kid, certificate);
    g_autofree char *jws = g_strconcat(input, signature, NULL);
    if (strlen(jws) > SIGN_FRAME_RENDERED / 2) {
        return; /* the signer has another look at how long it is */
    }
    g_autoptr(UsageLicense) read = usage_license_read(jws, strlen(jws), NULL);
    FUZZ_HOLDS(read != NULL);
    FUZZ_HOLDS(read->serial == license->serial && read->emergency == license->emergency);
    g_autofree char *again = usage_license_signing_input(read, kid, certificate);
    FUZZ_HOLDS(strcmp(again, input) == 0);
}

static void try_fields(GVariant *fields)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(UsageLicense) license = sign_fields_read(fields, &error);
    if (license == NULL) {
        FUZZ_HOLDS(error != NULL && strchr(error->message, '\n') == NULL);
        return;
    }
    g_autoptr(GVariant) written = g_variant_ref_sink(sign_fields_write(license));
    FUZZ_HOLDS(g_variant_equal(written, fields));
    is_readable(license);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    g_autoptr(GVariant) request = g_variant_ref_sink(
        g_variant_new_from_bytes(G_VARIANT_TYPE(SIGN_FRAME_REQUEST), bytes, FALSE));
    if (!g_variant_is_normal_form(request)) {
        return 0;
    }
    g_autoptr(GVariant) all = g_variant_get_child_value(request, 4);
    for (gsize i = 0; i < MIN(g_variant_n_children(all), SIGN_FRAME_LICENSES); i++) {
        g_autoptr(GVariant) fields = g_variant_get_child_value(all, i);
        try_fields(fields);
    }
    return 0;
}
