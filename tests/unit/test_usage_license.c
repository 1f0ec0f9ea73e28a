/* core/usage_license.h: every vector; what is written equals what jansson writes; serials. */
#include "core/jws.h"
#include "core/usage_license.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "vectors_fixture.h"

/* Whether writing the fields again gives the signing input that was read. */
static bool is_written_alike(const UsageLicense *license, const char *jws)
{
    g_autofree char *input =
        usage_license_signing_input(license, license->kid, license->certificate);
    return strncmp(input, jws, strlen(input)) == 0 && jws[strlen(input)] == '.' &&
           strlen(jws) == strlen(input) + 87;
}

static void check_license(const Vector *vector)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(UsageLicense) license = usage_license_read(vector->text, vector->length, &error);
    if (license == NULL) {
        vectors_compare(vector, error->message);
        return;
    }
    g_autofree char *serial = usage_license_serial_text(license->serial);
    g_autofree char *got =
        g_strdup_printf("%s %s, written %s", serial, license->emergency ? "emergency" : "regular",
                        is_written_alike(license, vector->text) ? "alike" : "otherwise");
    vectors_compare(vector, got);
}

static void vectors_come_out_as_expected(void **state)
{
    (void)state;
    assert_true(vectors_each("usage_licenses.tsv", check_license) >= 40);
}

static void check_fields(const Vector *vector)
{
    if (strcmp(vector->name, "regular") != 0) {
        return;
    }
    g_autoptr(UsageLicense) license = usage_license_read(vector->text, vector->length, NULL);
    assert_non_null(license);
    assert_string_equal(license->iss, "Example Licensing");
    assert_string_equal(license->license_id, "LIC-00000007");
    assert_string_equal(license->customer, "Wasserwerk Süd GmbH");
    assert_string_equal(license->product, "chariot");
    assert_int_equal(license->iat, 1795600000);
    assert_int_equal(license->exp, 1795600000 + 31536000);
    assert_int_equal(license->entitlement, 3);
    assert_int_equal(license->activation_number, 2);
    assert_int_equal(license->activation_allowed, 5);
    assert_int_equal(license->supersedes->len, 2);
    assert_int_equal(g_array_index(license->supersedes, int64_t, 0), 41);
    assert_int_equal(license->features->len, 3);
    const Feature *plain = license->features->pdata[0];
    const Feature *support = license->features->pdata[1];
    const Feature *metered = license->features->pdata[2];
    assert_string_equal(plain->code, "mqtt-server");
    assert_int_equal(plain->kind, FEATURE_PERPETUAL);
    assert_int_equal(plain->limit, -1);
    assert_int_equal(support->kind, FEATURE_TERM);
    assert_int_equal(support->until, 1795600000 + 31536000);
    assert_int_equal(metered->kind, FEATURE_METERED);
    assert_int_equal(metered->limit, 0);
}

static void fields_are_read(void **state)
{
    (void)state;
    vectors_each("usage_licenses.tsv", check_fields);
}

/* The payload of a signing input, parsed and written by jansson, must be the same bytes. */
static void assert_as_jansson_writes_it(const char *signing_input)
{
    g_auto(Jws) parts = {0};
    const uint8_t none[JWS_SIGNATURE] = {0};
    g_autofree char *jws = jws_join(signing_input, none);
    assert_true(jws_read(&parts, jws, strlen(jws), JWS_MOST_BODY, NULL));
    const char *texts[] = {parts.header, parts.payload};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        json_t *value = json_loads(texts[i], JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(value);
        char *again = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
        assert_string_equal(texts[i], again);
        free(again);
        json_decref(value);
    }
}

static UsageLicense *random_license(GRand *rand)
{
    static const char *const texts[] = {"plain",        "Söhne & Co. 水", "\"q\" \\ /", "tab\there",
                                        "bell\x07\x1f", "\x7f",           "💧",          "\n\r\b\f"};
    UsageLicense *license = g_new0(UsageLicense, 1);
    char **const fields[] = {&license->iss, &license->license_id, &license->customer,
                             &license->product, &license->instance.host};
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        *fields[i] = g_strdup(texts[g_rand_int_range(rand, 0, (gint32)G_N_ELEMENTS(texts))]);
    }
    license->serial = g_rand_int_range(rand, 1, G_MAXINT32);
    license->emergency = g_rand_boolean(rand);
    license->iat = g_rand_int_range(rand, 0, G_MAXINT32);
    license->exp = g_rand_boolean(rand) ? 0 : license->iat + 1;
    license->entitlement = g_rand_int(rand);
    license->activation_number = g_rand_int(rand);
    license->activation_allowed = g_rand_int(rand);
    license->features = g_ptr_array_new_with_free_func((GDestroyNotify)feature_free);
    for (gint32 i = g_rand_int_range(rand, 0, 4); i > 0; i--) {
        g_ptr_array_add(license->features,
                        feature_new(texts[i], (FeatureKind)g_rand_int_range(rand, 0, 3),
                                    g_rand_int_range(rand, 0, 2), g_rand_int_range(rand, -1, 2)));
    }
    license->supersedes = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (int64_t i = g_rand_int_range(rand, 0, 4); i > 0; i--) {
        g_array_append_val(license->supersedes, i);
    }
    for (FingerprintPart part = 0; part < FINGERPRINT_PARTS; part++) {
        license->instance.fingerprint.present[part] = g_rand_boolean(rand);
        license->instance.fingerprint.value[part][0] = (uint8_t)g_rand_int(rand);
    }
    return license;
}

static void writing_is_what_jansson_would_write(void **state)
{
    (void)state;
    const char *given = g_getenv("SEED");
    const guint32 seed =
        given == NULL ? g_random_int() : (guint32)g_ascii_strtoull(given, NULL, 10);
    print_message("SEED=%u\n", seed);
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    g_autoptr(GBytes) certificate = g_bytes_new_static("\x30\x00\xff\xfe", 4);
    for (int i = 0; i < 2000; i++) {
        g_autoptr(UsageLicense) license = random_license(rand);
        g_autofree char *input =
            usage_license_signing_input(license, "kid-of-the-signing-key", certificate);
        assert_as_jansson_writes_it(input);
    }
}

static void serials_have_one_form(void **state)
{
    (void)state;
    int64_t serial = 0;
    g_autofree char *text = usage_license_serial_text(42);
    g_autofree char *long_text = usage_license_serial_text(1234567890123);
    assert_string_equal(text, "UL-00000042");
    assert_true(usage_license_serial_read(text, &serial));
    assert_int_equal(serial, 42);
    assert_true(usage_license_serial_read(long_text, &serial));
    assert_int_equal(serial, 1234567890123);
    const char *none[] = {"",
                          "UL-",
                          "UL-42",
                          "ul-00000042",
                          "UL-00000000",
                          "UL-0000042 ",
                          "UL-000000042",
                          "UL--0000042",
                          "UL-0000004x",
                          "UL-99999999999999999999"};
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
        assert_false(usage_license_serial_read(none[i], &serial));
    }
}

static void serials_are_read_as_people_type_them(void **state)
{
    (void)state;
    const char *same[] = {"UL-00000042", "ul-42",          "42",    "UL42",
                          "ul 0042",     " UL-00000042\t", "Ul--42"};
    for (gsize i = 0; i < G_N_ELEMENTS(same); i++) {
        int64_t serial = 0;
        assert_true(usage_license_serial_typed(same[i], &serial));
        assert_int_equal(serial, 42);
    }
    const char *none[] = {"",    "UL-", "UL", "0",     "UL-00000000",         "-42", "+42", "4 2",
                          "42x", "U42", "é",  "UL-4O", "99999999999999999999"};
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
        int64_t serial = 7;
        assert_false(usage_license_serial_typed(none[i], &serial));
        assert_int_equal(serial, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_come_out_as_expected),
        cmocka_unit_test(fields_are_read),
        cmocka_unit_test(writing_is_what_jansson_would_write),
        cmocka_unit_test(serials_have_one_form),
        cmocka_unit_test(serials_are_read_as_people_type_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
