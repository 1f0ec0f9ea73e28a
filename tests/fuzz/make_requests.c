/* Seeds for what the signer is asked: requests of one usage license and more, of each kind.
 *     make_requests FOLDER */
#include "../unit/usage_license_fixture.h"
#include "core/emergency.h"
#include "sign/sign_frame.h"

#include <stdio.h>
#include <stdlib.h>

#define NOW INT64_C(1790000000)

static bool save(const char *folder, const char *name, const UsageLicense *license, guint count)
{
    g_autoptr(GError) error = NULL;
    GVariantBuilder builder;
    g_variant_builder_init(&builder, G_VARIANT_TYPE("a" SIGN_FIELDS));
    for (guint i = 0; i < count; i++) {
        g_variant_builder_add_value(&builder, sign_fields_write(license));
    }
    g_autoptr(GVariant) request =
        g_variant_ref_sink(g_variant_new("(sxuua" SIGN_FIELDS ")", "AAAA", NOW, 20, 0, &builder));
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (g_file_set_contents(path, g_variant_get_data(request), (gssize)g_variant_get_size(request),
                            &error)) {
        return true;
    }
    (void)fprintf(stderr, "make_requests: %s\n", error->message);
    return false;
}

int main(int argc, char **argv)
{
    g_autoptr(UsageLicense) regular = usage_license_sample(42, NOW);
    g_autoptr(UsageLicense) emergency = usage_license_sample(43, NOW);
    emergency->emergency = true;
    emergency->exp = NOW + EMERGENCY_SECONDS;
    emergency->activation_number = 0;
    ((Feature *)g_ptr_array_index(emergency->features, 1))->until = emergency->exp;
    const bool done = argc == 2 && save(argv[1], "one", regular, 1) &&
                      save(argv[1], "three", regular, 3) &&
                      save(argv[1], "emergency", emergency, 1);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
