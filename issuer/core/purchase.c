#include "core/purchase.h"

#include "base/error.h"
#include "base/text.h"
#include "core/address.h"
#include "core/finder.h"
#include "core/license_key.h"
#include "core/license_key_scan.h"

#include <string.h>

#define TEXT_MOST 255 /* code points, as in what is signed */
#define CODE_MOST 64
#define ID_START  "LIC-"

/* A row while it is read. */
typedef struct {
    const char *const *fields;
    Purchase *purchase;
    GError **error;
} Row;

/* `why` begins after the column's name: "activations: …". */
static bool refuse(const Row *row, PurchaseColumn column, const char *why)
{
    g_set_error(row->error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "%s: %s",
                purchase_column_name(column), why);
    return false;
}

/* A key that slipped into another column would be kept and shown. */
static bool has_no_key(const Row *row, PurchaseColumn column)
{
    const char *field = row->fields[column];
    return field == NULL || !license_key_scan_has(field, strlen(field)) ||
           refuse(row, column, "holds what reads as a license key");
}

static bool has_no_keys(const Row *row)
{
    for (PurchaseColumn column = 0; column < PURCHASE_COLUMNS; column++) {
        if (column != PURCHASE_LICENSE_KEY && !has_no_key(row, column)) {
            return false;
        }
    }
    return true;
}

/* The field without the blanks around it; "" where the column is missing. New string. */
static char *bare_field(const Row *row, PurchaseColumn column)
{
    const char *field = row->fields[column];
    return g_strstrip(g_strdup(field == NULL ? "" : field));
}

static bool read_text(const Row *row, PurchaseColumn column, char **out)
{
    g_autofree char *text = bare_field(row, column);
    if (!text_is_safe(text, TEXT_MOST)) {
        return refuse(row, column, "give UTF-8 of at most 255 characters, no control characters");
    }
    if (text[0] == '\0' && column < PURCHASE_CUSTOMER_REF) {
        return refuse(row, column, "must not be empty");
    }
    *out = text[0] == '\0' ? NULL : g_steal_pointer(&text);
    return true;
}

static bool read_count(const Row *row, PurchaseColumn column, uint32_t *out)
{
    int64_t number = 1;
    g_autofree char *text = bare_field(row, column);
    const bool may_be_empty = column >= PURCHASE_CUSTOMER_REF;
    if (!(may_be_empty && text[0] == '\0') &&
        !text_read_number(text, 1, PURCHASE_MOST_COUNT, &number)) {
        return refuse(row, column, "give a whole number from 1 to 1000000");
    }
    *out = (uint32_t)number;
    return true;
}

static bool read_day(const Row *row, PurchaseColumn column, int32_t *out)
{
    g_autofree char *text = bare_field(row, column);
    *out = DATES_NONE;
    return text[0] == '\0' || dates_read(text, out) ||
           refuse(row, column, "give a day as 2027-03-31, or nothing");
}

/* Small letters, digits and hyphens: what names a feature or a product. */
static bool is_code(const char *text)
{
    const gsize length = strlen(text);
    return length > 0 && length <= CODE_MOST && g_ascii_isalnum(text[0]) &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static bool read_product(const Row *row)
{
    g_autofree char *text = bare_field(row, PURCHASE_PRODUCT);
    if (!is_code(text)) {
        return refuse(row, PURCHASE_PRODUCT, "give the product's code, such as chariot");
    }
    row->purchase->product = g_steal_pointer(&text);
    return true;
}

static bool read_license_id(const Row *row)
{
    g_autofree char *text = bare_field(row, PURCHASE_LICENSE_ID);
    g_autofree char *id = g_ascii_strup(text, -1);
    const gsize length = strlen(id);
    if (!g_str_has_prefix(id, ID_START) || length == strlen(ID_START) || length > CODE_MOST ||
        strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != length) {
        return refuse(row, PURCHASE_LICENSE_ID,
                      "give a License ID: LIC- and letters, digits, hyphens");
    }
    row->purchase->license_id = g_steal_pointer(&id);
    return true;
}

static bool read_license_key(const Row *row)
{
    const char *field = row->fields[PURCHASE_LICENSE_KEY];
    if (field == NULL || field[strspn(field, " \t")] == '\0') {
        return true; /* a license that is known already */
    }
    row->purchase->license_key = license_key_read(field, row->error);
    if (row->purchase->license_key == NULL) {
        g_prefix_error(row->error, "%s: ", purchase_column_name(PURCHASE_LICENSE_KEY));
        return false;
    }
    return true;
}

/* ---- lists ---- */

static int compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool add_contact(const Row *row, const char *text)
{
    GPtrArray *contacts = row->purchase->contacts;
    g_autofree char *contact = address_read_contact(text, row->error);
    if (contact == NULL) {
        /* Where columns are shifted a license key may stand here, which nobody is to read again. */
        g_autofree char *masked = finder_mask_license_keys(text);
        g_autofree char *shown = text_one_line(masked, CODE_MOST);
        g_prefix_error(row->error, "%s: \"%s\": ", purchase_column_name(PURCHASE_CONTACTS), shown);
        return false;
    }
    /* Named twice is no fault: it means the same. */
    if (!g_ptr_array_find_with_equal_func(contacts, contact, g_str_equal, NULL)) {
        g_ptr_array_add(contacts, g_steal_pointer(&contact));
    }
    return true;
}

static bool read_contacts(const Row *row)
{
    g_autofree char *field = bare_field(row, PURCHASE_CONTACTS);
    g_auto(GStrv) entries = g_strsplit(field, ";", -1);
    for (char **entry = entries; *entry != NULL; entry++) {
        if (g_strstrip(*entry)[0] != '\0' && !add_contact(row, *entry)) {
            return false;
        }
    }
    if (row->purchase->contacts->len == 0) {
        return refuse(row, PURCHASE_CONTACTS, "name at least one address or @domain");
    }
    g_ptr_array_sort(row->purchase->contacts, compare_texts);
    return true;
}

static int compare_features(gconstpointer a, gconstpointer b)
{
    const PurchaseFeature *const *first = a;
    const PurchaseFeature *const *second = b;
    return strcmp((*first)->code, (*second)->code);
}

static gboolean has_code(gconstpointer feature, gconstpointer code)
{
    return strcmp(((const PurchaseFeature *)feature)->code, code) == 0;
}

/* "code" or "code=2027-03-31"; `text` is cut at the sign. */
static bool add_feature(const Row *row, char *text)
{
    GPtrArray *features = row->purchase->features;
    int32_t until = DATES_NONE;
    char *sign = strchr(text, '=');
    if (sign != NULL) {
        *sign = '\0';
        if (!dates_read(g_strstrip(sign + 1), &until)) {
            return refuse(row, PURCHASE_FEATURES, "after = give a day, as support=2027-03-31");
        }
    }
    if (!is_code(g_strstrip(text))) {
        return refuse(row, PURCHASE_FEATURES, "give codes, or code=day, with ; between them");
    }
    if (g_ptr_array_find_with_equal_func(features, text, has_code, NULL)) {
        return refuse(row, PURCHASE_FEATURES, "a feature stands there twice");
    }
    PurchaseFeature *feature = g_new0(PurchaseFeature, 1);
    feature->code = g_strdup(text);
    feature->until = until;
    g_ptr_array_add(features, feature);
    return true;
}

static bool read_features(const Row *row)
{
    g_autofree char *field = bare_field(row, PURCHASE_FEATURES);
    g_auto(GStrv) entries = g_strsplit(field, ";", -1);
    for (char **entry = entries; *entry != NULL; entry++) {
        if (g_strstrip(*entry)[0] != '\0' && !add_feature(row, *entry)) {
            return false;
        }
    }
    if (row->purchase->features->len == 0) {
        return refuse(row, PURCHASE_FEATURES, "name at least one feature");
    }
    g_ptr_array_sort(row->purchase->features, compare_features);
    return true;
}

static bool read_order_kind(const Row *row)
{
    g_autofree char *text = bare_field(row, PURCHASE_ORDER_KIND);
    row->purchase->order_kind = ORDER_SALE;
    return text[0] == '\0' || purchase_order_kind_read(text, &row->purchase->order_kind) ||
           refuse(row, PURCHASE_ORDER_KIND,
                  "give sale, trial, internal, goodwill, correction or cancellation");
}

static void purchase_feature_free(PurchaseFeature *feature)
{
    if (feature != NULL) {
        g_free(feature->code);
        g_free(feature);
    }
}

static void free_feature(gpointer feature)
{
    purchase_feature_free(feature);
}

static bool read_row(Purchase *purchase, const char *const *fields, GError **error)
{
    const Row reading = {fields, purchase, error};
    const Row *row = &reading;
    return has_no_keys(row) && read_license_id(row) && read_license_key(row) &&
           read_text(row, PURCHASE_CUSTOMER, &purchase->customer) && read_contacts(row) &&
           read_product(row) && read_features(row) &&
           read_count(row, PURCHASE_ACTIVATIONS, &purchase->activations) &&
           read_day(row, PURCHASE_EXPIRES, &purchase->expires) &&
           read_text(row, PURCHASE_ORDER_REF, &purchase->order_ref) &&
           read_text(row, PURCHASE_CUSTOMER_REF, &purchase->customer_ref) &&
           read_day(row, PURCHASE_ORDER_DATE, &purchase->order_day) && read_order_kind(row) &&
           read_count(row, PURCHASE_SERVERS, &purchase->servers);
}

Purchase *purchase_read(const char *const fields[PURCHASE_COLUMNS], GError **error)
{
    g_autoptr(Purchase) purchase = g_new0(Purchase, 1);
    purchase->contacts = g_ptr_array_new_with_free_func(g_free);
    purchase->features = g_ptr_array_new_with_free_func(free_feature);
    /* The analyzer does not know that g_autoptr frees what is left behind. */
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
    return read_row(purchase, fields, error) ? g_steal_pointer(&purchase) : NULL;
}

void purchase_free(Purchase *purchase)
{
    if (purchase == NULL) {
        return;
    }
    g_free(purchase->license_id);
    secret_free(purchase->license_key);
    g_free(purchase->customer);
    g_free(purchase->customer_ref);
    g_ptr_array_unref(purchase->contacts);
    g_free(purchase->product);
    g_ptr_array_unref(purchase->features);
    g_free(purchase->order_ref);
    g_free(purchase);
}
