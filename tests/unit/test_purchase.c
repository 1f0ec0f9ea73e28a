/* core/purchase.h: a row of the purchases, good and wrong in each column. */
#include "core/purchase.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define KEY "84G7Z-WYRD6-Z1RV0-WHE6M-11105"

static const char *const good[PURCHASE_COLUMNS] = {
    [PURCHASE_LICENSE_ID] = " lic-00000007 ",
    [PURCHASE_LICENSE_KEY] = KEY,
    [PURCHASE_CUSTOMER] = "Wasserwerk Süd GmbH",
    [PURCHASE_CONTACTS] = "Ops@Example.com; @plant.example;ops@example.com;",
    [PURCHASE_PRODUCT] = "chariot",
    [PURCHASE_FEATURES] = "support = 2040-11-25; mqtt-server",
    [PURCHASE_ACTIVATIONS] = "3",
    [PURCHASE_EXPIRES] = "",
    [PURCHASE_ORDER_REF] = "SO-1",
};

static void a_row_is_read(void **state)
{
    (void)state;
    g_autoptr(Purchase) purchase = purchase_read(good, NULL);
    assert_non_null(purchase);
    assert_string_equal(purchase->license_id, "LIC-00000007");
    assert_string_equal(secret_peek(purchase->license_key), "84G7ZWYRD6Z1RV0WHE6M11105");
    assert_string_equal(purchase->customer, "Wasserwerk Süd GmbH");
    assert_null(purchase->customer_ref);
    assert_int_equal(purchase->contacts->len, 2);
    assert_string_equal(purchase->contacts->pdata[0], "@plant.example");
    assert_string_equal(purchase->contacts->pdata[1], "ops@example.com");
    assert_string_equal(purchase->product, "chariot");
    assert_int_equal(purchase->features->len, 2);
    const PurchaseFeature *bought = purchase->features->pdata[0];
    const PurchaseFeature *support = purchase->features->pdata[1];
    assert_string_equal(bought->code, "mqtt-server");
    assert_int_equal(bought->until, DATES_NONE);
    g_autofree char *until = dates_text(support->until);
    assert_string_equal(support->code, "support");
    assert_string_equal(until, "2040-11-25");
    assert_int_equal(purchase->activations, 3);
    assert_int_equal(purchase->servers, 1);
    assert_int_equal(purchase->expires, DATES_NONE);
    assert_string_equal(purchase->order_ref, "SO-1");
    assert_int_equal(purchase->order_day, DATES_NONE);
    assert_int_equal(purchase->order_kind, ORDER_SALE);
}

static void optional_columns_are_read(void **state)
{
    (void)state;
    const char *fields[PURCHASE_COLUMNS];
    memcpy(fields, good, sizeof fields);
    fields[PURCHASE_LICENSE_KEY] = " ";
    fields[PURCHASE_CUSTOMER_REF] = "C-77";
    fields[PURCHASE_ORDER_DATE] = "2026-11-25";
    fields[PURCHASE_ORDER_KIND] = "Goodwill";
    fields[PURCHASE_SERVERS] = "2";
    fields[PURCHASE_EXPIRES] = "2027-11-25";
    g_autoptr(Purchase) purchase = purchase_read(fields, NULL);
    assert_non_null(purchase);
    assert_null(purchase->license_key);
    assert_string_equal(purchase->customer_ref, "C-77");
    assert_int_equal(purchase->order_kind, ORDER_GOODWILL);
    assert_int_equal(purchase->servers, 2);
    assert_int_equal(purchase->expires - purchase->order_day, 365);
}

static void wrong_fields_are_named(void **state)
{
    (void)state;
    static const struct {
        PurchaseColumn column;
        const char *field;
        const char *message; /* its beginning */
    } rows[] = {
        {PURCHASE_LICENSE_ID, "", "license_id: "},
        {PURCHASE_LICENSE_ID, "LIC-", "license_id: "},
        {PURCHASE_LICENSE_ID, "LIC-1 2", "license_id: "},
        {PURCHASE_LICENSE_ID, "7", "license_id: "},
        {PURCHASE_LICENSE_KEY, "84G7Z-WYRD6-Z1RV0-WHE6M-11104",
         "license_key: the license key is mistyped"},
        {PURCHASE_LICENSE_KEY, "short", "license_key: "},
        {PURCHASE_CUSTOMER, "  ", "customer: must not be empty"},
        {PURCHASE_CUSTOMER, "a\nb", "customer: give UTF-8"},
        {PURCHASE_CUSTOMER, "a\xff", "customer: give UTF-8"},
        {PURCHASE_CUSTOMER, "a\u202eb", "customer: give UTF-8"},
        {PURCHASE_CONTACTS, "", "contacts: name at least one"},
        {PURCHASE_CONTACTS, ";;", "contacts: name at least one"},
        {PURCHASE_CONTACTS, "ops@example.com;nobody", "contacts: \"nobody\": a contact is"},
        {PURCHASE_CONTACTS, "@gmail.com", "contacts: \"@gmail.com\": anybody can have"},
        {PURCHASE_PRODUCT, "", "product: "},
        {PURCHASE_PRODUCT, "Chariot 2", "product: "},
        {PURCHASE_FEATURES, "", "features: name at least one"},
        {PURCHASE_FEATURES, "support=", "features: after = give a day"},
        {PURCHASE_FEATURES, "support=2027-02-29", "features: after = give a day"},
        {PURCHASE_FEATURES, "support=2027-02-28=1", "features: after = give a day"},
        {PURCHASE_FEATURES, "=2027-02-28", "features: give codes"},
        {PURCHASE_FEATURES, "a;b;a=2027-02-28", "features: a feature stands there twice"},
        {PURCHASE_FEATURES, "a b", "features: give codes"},
        {PURCHASE_ACTIVATIONS, "", "activations: give a whole number from 1 to 1000000"},
        {PURCHASE_ACTIVATIONS, "0", "activations: "},
        {PURCHASE_ACTIVATIONS, "3.0", "activations: "},
        {PURCHASE_ACTIVATIONS, "1000001", "activations: "},
        {PURCHASE_ACTIVATIONS, "99999999999999999999", "activations: "},
        {PURCHASE_EXPIRES, "31.12.2027", "expires: give a day as 2027-03-31"},
        {PURCHASE_ORDER_REF, "", "order_ref: must not be empty"},
        {PURCHASE_ORDER_DATE, "yesterday", "order_date: give a day"},
        {PURCHASE_ORDER_KIND, "gift", "order_kind: give sale"},
        {PURCHASE_SERVERS, "-1", "servers: give a whole number"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *fields[PURCHASE_COLUMNS];
        g_autoptr(GError) error = NULL;
        memcpy(fields, good, sizeof fields);
        fields[rows[i].column] = rows[i].field;
        g_autoptr(Purchase) purchase = purchase_read(fields, &error);
        if (purchase != NULL || !g_str_has_prefix(error->message, rows[i].message)) {
            fail_msg("\"%s\": %s, expected %s", rows[i].field,
                     error == NULL ? "taken" : error->message, rows[i].message);
        }
    }
}

static void header_rows_are_mapped(void **state)
{
    (void)state;
    int place[PURCHASE_COLUMNS];
    const char *const names[] = {"Order_Ref", "license_id", "license_key", "customer", " contacts ",
                                 "product",   "features",   "activations", "expires",  "servers"};
    assert_true(purchase_read_header(names, G_N_ELEMENTS(names), place, NULL));
    assert_int_equal(place[PURCHASE_ORDER_REF], 0);
    assert_int_equal(place[PURCHASE_CONTACTS], 4);
    assert_int_equal(place[PURCHASE_SERVERS], 9);
    assert_int_equal(place[PURCHASE_ORDER_KIND], -1);
    g_autoptr(GError) missing = NULL;
    assert_false(purchase_read_header(names + 1, G_N_ELEMENTS(names) - 1, place, &missing));
    assert_string_equal(missing->message, "the column \"order_ref\" is missing");
    g_autoptr(GError) twice = NULL;
    const char *const doubled[] = {"servers", "Servers"};
    assert_false(purchase_read_header(doubled, 2, place, &twice));
    assert_string_equal(twice->message, "the column \"servers\" stands there twice");
    g_autoptr(GError) unknown = NULL;
    const char *const foreign[] = {"price"};
    assert_false(purchase_read_header(foreign, 1, place, &unknown));
    assert_string_equal(unknown->message, "the column \"price\" is not known");
}

static void order_kinds_have_names(void **state)
{
    (void)state;
    for (OrderKind kind = ORDER_SALE; kind <= ORDER_CANCELLATION; kind++) {
        OrderKind back = ORDER_SALE;
        assert_true(purchase_order_kind_read(purchase_order_kind_name(kind), &back));
        assert_int_equal(back, kind);
    }
    for (PurchaseColumn column = 0; column < PURCHASE_COLUMNS; column++) {
        assert_non_null(purchase_column_name(column));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_read),          cmocka_unit_test(optional_columns_are_read),
        cmocka_unit_test(wrong_fields_are_named), cmocka_unit_test(header_rows_are_mapped),
        cmocka_unit_test(order_kinds_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
