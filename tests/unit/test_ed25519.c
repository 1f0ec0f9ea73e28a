/* core/ed25519.h, core/jwk.h, core/digest.h and core/instance.h against their standards' examples.
 */
#include "core/base64url.h"
#include "core/ed25519.h"
#include "core/instance.h"
#include "core/jwk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static gsize from_hex(const char *hex, uint8_t *out)
{
    gsize size = 0;
    for (; hex[0] != '\0'; hex += 2) {
        out[size++] = (uint8_t)(g_ascii_xdigit_value(hex[0]) * 16 + g_ascii_xdigit_value(hex[1]));
    }
    return size;
}

typedef struct {
    const char *seed, *key, *message, *signature;
} Example;

/* RFC 8032 §7.1: test 1, 2, 3 */
static const Example examples[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "46b"
     "d25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d8c"
     "387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "659"
     "4a7c15e9716ed28dc027beceea1ec40a"},
};

static void examples_of_the_standard(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(examples); i++) {
        uint8_t seed[32];
        uint8_t message[4];
        uint8_t signature[64];
        Digest key;
        from_hex(examples[i].seed, seed);
        from_hex(examples[i].key, key.bytes);
        const gsize size = from_hex(examples[i].message, message);
        from_hex(examples[i].signature, signature);
        const Digest derived = ed25519_public(seed);
        assert_true(digest_equal(&derived, &key));
        assert_true(ed25519_key_is_sound(&key));
        assert_true(ed25519_verify(&key, signature, message, size));
        for (gsize bit = 0; bit < 512; bit++) {
            signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_false(ed25519_verify(&key, signature, message, size));
            signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
    }
}

/* RFC 8037 A.2 and A.3 */
static void a_key_as_jwk_and_its_thumbprint(void **state)
{
    (void)state;
    Digest key;
    Digest back;
    char text[JWK_LENGTH + 1] = {0};
    from_hex(examples[0].key, key.bytes);
    jwk_write(&key, text);
    assert_string_equal(text, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":"
                              "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}");
    assert_true(jwk_read(text, &back));
    assert_true(digest_equal(&key, &back));
    const Digest thumbprint = jwk_thumbprint(&key);
    g_autofree char *shown = base64url_text(thumbprint.bytes, DIGEST_SIZE);
    assert_string_equal(shown, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    text[2] = 'C';
    assert_false(jwk_read(text, &back));
}

static void digests_are_compared_by_bytes(void **state)
{
    (void)state;
    /* FIPS 180-4's example */
    Digest expected;
    from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", expected.bytes);
    const Digest abc = digest_sha256("abc", 3);
    const Digest empty = digest_sha256("", 0);
    const Digest zero = {{0}};
    assert_true(digest_equal(&abc, &expected));
    assert_true(digest_hash_equal(&abc, &expected));
    assert_int_equal(digest_hash(&abc), digest_hash(&expected));
    assert_false(digest_equal(&abc, &empty));
    assert_int_equal(digest_compare(&abc, &abc), 0);
    assert_int_equal(digest_compare(&zero, &abc), -1);
    assert_int_equal(digest_compare(&abc, &zero), 1);
    assert_true(digest_is_zero(&zero));
    assert_false(digest_is_zero(&abc));
}

static void absent_parts_match_nothing(void **state)
{
    (void)state;
    Fingerprint a = {0};
    Fingerprint b = {0};
    assert_false(fingerprint_part_equal(&a, &b, FINGERPRINT_MAC));
    assert_false(fingerprint_part_differs(&a, &b, FINGERPRINT_MAC));
    a.present[FINGERPRINT_MAC] = true;
    assert_false(fingerprint_part_equal(&a, &b, FINGERPRINT_MAC));
    assert_false(fingerprint_part_differs(&a, &b, FINGERPRINT_MAC));
    b.present[FINGERPRINT_MAC] = true;
    assert_true(fingerprint_part_equal(&a, &b, FINGERPRINT_MAC));
    b.value[FINGERPRINT_MAC][15] = 1;
    assert_false(fingerprint_part_equal(&a, &b, FINGERPRINT_MAC));
    assert_true(fingerprint_part_differs(&a, &b, FINGERPRINT_MAC));
    assert_string_equal(fingerprint_part_name(FINGERPRINT_BOARD), "board");
    assert_string_equal(fingerprint_part_name(FINGERPRINT_CPU), "cpu");
    assert_string_equal(fingerprint_part_name(FINGERPRINT_MAC), "mac");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_the_standard),
        cmocka_unit_test(a_key_as_jwk_and_its_thumbprint),
        cmocka_unit_test(digests_are_compared_by_bytes),
        cmocka_unit_test(absent_parts_match_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
