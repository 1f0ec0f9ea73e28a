/* All that is on record about one license: a query for each list. */
#include "base/error.h"
#include "core/dates.h"
#include "db/license_query.h"
#include "db/sql.h"

/* How a list is read: its query ($1 is the license's row, $2 how many rows are read) and what makes
 * a record of a row. */
typedef struct {
    const char *query;
    gpointer (*read)(const SqlResult *result, int row);
    GDestroyNotify free;
} List;

static char *text(const SqlResult *result, int row, int column)
{
    return g_strdup(sql_result_text(result, row, column));
}

static GPtrArray *load(Database *db, const LicenseDetail *detail, const List *list, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, detail->summary->id);
    sql_params_add_int(params, SQL_INT8, detail->most > 0 ? (int64_t)detail->most + 1 : G_MAXINT64);
    g_autoptr(SqlResult) result = sql_run(db, NULL, list->query, params, error);
    if (!result) {
        return NULL;
    }
    GPtrArray *records = g_ptr_array_new_with_free_func(list->free);
    for (int row = 0; row < sql_result_rows(result); row++) {
        g_ptr_array_add(records, list->read(result, row));
    }
    return records;
}

static gpointer read_key(const SqlResult *result, int row)
{
    LicenseKeyRecord *key = g_new0(LicenseKeyRecord, 1);
    key->number = sql_result_int(result, row, 0);
    key->hint = text(result, row, 1);
    key->weak = sql_result_bool(result, row, 2);
    key->effective = sql_result_time(result, row, 3);
    key->delivered_on = sql_result_day(result, row, 4);
    key->retired_at = sql_result_time(result, row, 5);
    return key;
}

static void free_key(gpointer data)
{
    LicenseKeyRecord *key = data;
    g_free(key->hint);
    g_free(key);
}

static const List keys = {"select row_number() over (order by id), hint::text, weak, effective,"
                          " delivered_on, retired_at"
                          " from license_key where license_id = $1 order by id desc limit $2",
                          read_key, free_key};

static gpointer read_contact(const SqlResult *result, int row)
{
    LicenseContact *contact = g_new0(LicenseContact, 1);
    contact->entry = text(result, row, 0);
    contact->effective = sql_result_day(result, row, 1);
    contact->ended_on = sql_result_day(result, row, 2);
    contact->doubtful = sql_result_bool(result, row, 3);
    contact->hidden = sql_result_bool(result, row, 4);
    return contact;
}

static void free_contact(gpointer data)
{
    LicenseContact *contact = data;
    g_free(contact->entry);
    g_free(contact);
}

static const List contacts = {
    "select entry, effective, ended_on, doubtful, hidden from contact_shown"
    " where license_id = $1 order by ended_on nulls first, entry, id"
    " limit $2",
    read_contact, free_contact};

static gpointer read_feature(const SqlResult *result, int row)
{
    LicenseFeature *feature = g_new0(LicenseFeature, 1);
    feature->code = text(result, row, 0);
    feature->kind = text(result, row, 1);
    feature->until_on = sql_result_day(result, row, 2);
    feature->quantity = sql_result_is_null(result, row, 3) ? -1 : sql_result_int(result, row, 3);
    return feature;
}

static void free_feature(gpointer data)
{
    LicenseFeature *feature = data;
    g_free(feature->code);
    g_free(feature->kind);
    g_free(feature);
}

static gpointer read_entitlement(const SqlResult *result, int row)
{
    LicenseEntitlement *entitlement = g_new0(LicenseEntitlement, 1);
    entitlement->version = (uint32_t)sql_result_int(result, row, 0);
    entitlement->servers = (uint32_t)sql_result_int(result, row, 1);
    entitlement->activations = (uint32_t)sql_result_int(result, row, 2);
    entitlement->expires_on = sql_result_day(result, row, 3);
    entitlement->order_ref = text(result, row, 4);
    entitlement->order_kind = text(result, row, 5);
    entitlement->ordered_on = sql_result_day(result, row, 6);
    entitlement->effective = sql_result_day(result, row, 7);
    entitlement->recorded_at = sql_result_time(result, row, 8);
    entitlement->features = g_ptr_array_new_with_free_func(free_feature);
    return entitlement;
}

static void free_entitlement(gpointer data)
{
    LicenseEntitlement *entitlement = data;
    g_free(entitlement->order_ref);
    g_free(entitlement->order_kind);
    g_ptr_array_unref(entitlement->features);
    g_free(entitlement);
}

static const List entitlements = {
    "select e.version, e.servers, e.activations, e.expires_on, o.reference::text, o.kind::text,"
    " o.ordered_on, e.effective, e.recorded_at from entitlement e"
    " join orders o on o.id = e.order_id where e.license_id = $1 order by e.version desc"
    " limit $2",
    read_entitlement, free_entitlement};

static LicenseEntitlement *find_version(const GPtrArray *versions, int64_t version)
{
    for (guint i = 0; i < versions->len; i++) {
        LicenseEntitlement *entitlement = g_ptr_array_index(versions, i);
        if (entitlement->version == version) {
            return entitlement;
        }
    }
    return NULL;
}

/* The features of all versions at once; one that was added since the versions were read is left
 * for the next look. */
static bool load_features(Database *db, int64_t license, const GPtrArray *versions, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, license);
    g_autoptr(SqlResult) result =
        sql_run(db, NULL,
                "select f.code::text, x.kind::text, f.until_on, f.quantity, f.version"
                " from entitlement_feature f join feature x using (code) where f.license_id = $1"
                " order by f.code",
                params, error);
    for (int row = 0; result && row < sql_result_rows(result); row++) {
        const LicenseEntitlement *entitlement =
            find_version(versions, sql_result_int(result, row, 4));
        if (entitlement) {
            g_ptr_array_add(entitlement->features, read_feature(result, row));
        }
    }
    return result != NULL;
}

static gpointer read_activation(const SqlResult *result, int row)
{
    LicenseActivation *activation = g_new0(LicenseActivation, 1);
    activation->id = sql_result_int(result, row, 0);
    activation->thumbprint = sql_result_digest(result, row, 1);
    activation->request = sql_result_digest(result, row, 2);
    activation->host = text(result, row, 3);
    activation->state = text(result, row, 4);
    activation->counted = sql_result_bool(result, row, 5);
    activation->use_no = (uint32_t)sql_result_int(result, row, 6);
    activation->slot = (uint32_t)sql_result_int(result, row, 7);
    activation->version = (uint32_t)sql_result_int(result, row, 8);
    activation->origin = text(result, row, 9);
    activation->continues = sql_result_int(result, row, 10);
    activation->replaces = sql_result_int(result, row, 11);
    activation->active_from = sql_result_time(result, row, 12);
    activation->active_until = sql_result_time(result, row, 13);
    activation->counted_until = sql_result_time(result, row, 14);
    activation->ended_by = text(result, row, 15);
    return activation;
}

static void free_activation(gpointer data)
{
    LicenseActivation *activation = data;
    g_free(activation->host);
    g_free(activation->state);
    g_free(activation->origin);
    g_free(activation->ended_by);
    g_free(activation);
}

static const List activations = {
    "select a.id, a.thumbprint, r.digest, r.host::text, a.state::text, a.counted, a.use_no, a.slot,"
    " a.version, a.origin::text, a.continues, a.replaces, a.active_from, a.active_until,"
    " a.counted_until, a.ended_by from activation a join usage_request r on r.id = a.request_id"
    " where a.license_id = $1 order by a.id desc limit $2",
    read_activation, free_activation};

static gpointer read_usage_license(const SqlResult *result, int row)
{
    LicenseUsageLicense *issued = g_new0(LicenseUsageLicense, 1);
    issued->serial = sql_result_int(result, row, 0);
    issued->emergency = sql_result_bool(result, row, 1);
    issued->request = sql_result_digest(result, row, 2);
    issued->host = text(result, row, 3);
    issued->customer = text(result, row, 4);
    issued->version = (uint32_t)sql_result_int(result, row, 5);
    issued->kid = text(result, row, 6);
    issued->iat = sql_result_time(result, row, 7);
    issued->exp = sql_result_time(result, row, 8);
    issued->activation_state = text(result, row, 9);
    return issued;
}

static void free_usage_license(gpointer data)
{
    LicenseUsageLicense *issued = data;
    g_free(issued->host);
    g_free(issued->customer);
    g_free(issued->kid);
    g_free(issued->activation_state);
    g_free(issued);
}

static const List usage_licenses = {
    "select u.serial, u.emergency, r.digest, r.host::text, coalesce(c.name, '')::text, u.version,"
    " u.kid::text, u.iat, u.exp, a.state::text from usage_license u"
    " join usage_request r on r.id = u.request_id left join activation a on a.id = u.activation_id"
    " left join lateral (select name from customer_version v where v.customer_id = u.customer_id"
    " and v.recorded_at <= u.recorded_at order by version desc limit 1) c on true"
    " where u.license_id = $1 order by u.serial desc limit $2",
    read_usage_license, free_usage_license};

static gpointer read_event(const SqlResult *result, int row)
{
    LicenseEvent *event = g_new0(LicenseEvent, 1);
    event->id = sql_result_int(result, row, 0);
    event->kind = text(result, row, 1);
    event->subject = text(result, row, 2);
    event->subject_id = sql_result_int(result, row, 3);
    event->operator_name = text(result, row, 4);
    event->effective = sql_result_time(result, row, 5);
    event->recorded_at = sql_result_time(result, row, 6);
    return event;
}

static void free_event(gpointer data)
{
    LicenseEvent *event = data;
    g_free(event->kind);
    g_free(event->subject);
    g_free(event->operator_name);
    g_free(event);
}

static const List events = {
    "select e.id, e.kind::text, e.subject::text, e.subject_id, o.name::text, e.effective,"
    " e.recorded_at from event e left join operator o on o.id = e.operator_id"
    " where e.license_id = $1 order by e.recorded_at desc, e.id desc limit $2",
    read_event, free_event};

/* A part that this login may not read is left out: each statement stands by itself. */
static bool load_pages(Database *db, LicenseDetail *detail, GError **error)
{
    for (LicensePagePart part = 0; part < LICENSE_PAGE_PARTS; part++) {
        g_autoptr(GError) why = NULL;
        detail->pages[part] = license_page_part(db, part, detail->summary->id, detail->most, &why);
        if (why && !g_error_matches(why, ISSUER_ERROR, ISSUER_ERROR_DENIED)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return false;
        }
    }
    return true;
}

static bool fill(Database *db, LicenseDetail *detail, const char *license_id, GError **error)
{
    detail->summary = license_query_summary(db, license_id, error);
    if (!detail->summary || !load_pages(db, detail, error)) {
        return false;
    }
    const struct {
        GPtrArray **records;
        const List *list;
    } lists[] = {
        {&detail->keys, &keys},
        {&detail->contacts, &contacts},
        {&detail->entitlements, &entitlements},
        {&detail->activations, &activations},
        {&detail->usage_licenses, &usage_licenses},
        {&detail->events, &events},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
        *lists[i].records = load(db, detail, lists[i].list, error);
        if (!*lists[i].records) {
            return false;
        }
    }
    return load_features(db, detail->summary->id, detail->entitlements, error);
}

LicenseDetail *license_query_show(Database *db, const char *license_id, unsigned most,
                                  GError **error)
{
    LicenseDetail *detail = g_new0(LicenseDetail, 1);
    detail->most = most;
    if (!fill(db, detail, license_id, error)) {
        license_detail_free(detail);
        return NULL;
    }
    return detail;
}

static void unref_list(GPtrArray *records)
{
    if (records) {
        g_ptr_array_unref(records);
    }
}

void license_detail_free(LicenseDetail *detail)
{
    if (!detail) {
        return;
    }
    license_summary_free(detail->summary);
    for (LicensePagePart part = 0; part < LICENSE_PAGE_PARTS; part++) {
        listing_free(detail->pages[part]);
    }
    unref_list(detail->keys);
    unref_list(detail->contacts);
    unref_list(detail->entitlements);
    unref_list(detail->activations);
    unref_list(detail->usage_licenses);
    unref_list(detail->events);
    g_free(detail);
}
