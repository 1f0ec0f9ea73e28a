/* What is on record about the licenses and instances of a batch, read after the locks. */
#include "db/intake_store.h"

#include "core/address.h"
#include "core/dates.h"
#include "core/usage_license.h"
#include "db/sql.h"

#include <string.h>

static LicenseState license_state_from(const char *text)
{
    if (g_strcmp0(text, "suspended") == 0) {
        return LICENSE_SUSPENDED;
    }
    return g_strcmp0(text, "ended") == 0 ? LICENSE_ENDED : LICENSE_CURRENT;
}

static FeatureKind feature_kind_from(const char *text)
{
    if (g_strcmp0(text, "term") == 0) {
        return FEATURE_TERM;
    }
    return g_strcmp0(text, "metered") == 0 ? FEATURE_METERED : FEATURE_PERPETUAL;
}

/* One row a feature of a license, in the order of licenses and codes; a license without features
 * gives one row with a null code. */
static const char select_licenses[] =
    "select l.id, l.license_id, coalesce(m.into_id, l.customer_id), c.name, l.product,"
    " coalesce(s.state, 'current')::text,"
    " e.version, e.activations, e.servers, e.expires_on, f.code, g.kind::text, f.until_on,"
    " coalesce(f.quantity, -1),"
    " (select count(*) + count(n.ended_on) from contact n where n.license_id = l.id), c.version,"
    " exists (select from restoration o where o.license_id = l.id and o.closed_at is null)"
    " from license l"
    " left join lateral (select into_id from customer_merge m where m.customer_id = l.customer_id"
    "  order by m.version desc limit 1) m on true"
    " cross join lateral (select * from entitlement e where e.license_id = l.id"
    "  order by e.version desc limit 1) e"
    " cross join lateral (select name, version from customer_version v"
    "  where v.customer_id = coalesce(m.into_id, l.customer_id) order by v.version desc limit 1) c"
    " left join lateral (select state from license_state_version v where v.license_id = l.id"
    "  order by v.version desc limit 1) s on true"
    " left join entitlement_feature f on f.license_id = l.id and f.version = e.version"
    " left join feature g on g.code = f.code"
    " where l.id = any ($1::bigint[]) order by l.id, f.code";

static LicenseRecord *license_from(const SqlResult *result, int row)
{
    LicenseRecord *record = g_new0(LicenseRecord, 1);
    record->id = sql_result_int(result, row, 0);
    record->license_id = g_strdup(sql_result_text(result, row, 1));
    record->customer_id = sql_result_int(result, row, 2);
    record->customer = g_strdup(sql_result_text(result, row, 3));
    record->product = g_strdup(sql_result_text(result, row, 4));
    record->state = license_state_from(sql_result_text(result, row, 5));
    record->version = (uint32_t)sql_result_int(result, row, 6);
    record->activations = (uint32_t)sql_result_int(result, row, 7);
    record->servers = (uint32_t)sql_result_int(result, row, 8);
    record->expires_on = sql_result_day(result, row, 9);
    record->contacts = sql_result_int(result, row, 14);
    record->customer_version = (uint32_t)sql_result_int(result, row, 15);
    record->case_open = sql_result_bool(result, row, 16);
    record->features = g_ptr_array_new_with_free_func((GDestroyNotify)feature_free);
    return record;
}

static Feature *feature_from(const SqlResult *result, int row)
{
    int32_t until = sql_result_day(result, row, 12);
    return feature_new(sql_result_text(result, row, 10),
                       feature_kind_from(sql_result_text(result, row, 11)),
                       until == DATES_NONE ? 0 : dates_end(until), sql_result_int(result, row, 13));
}

static void license_record_free(LicenseRecord *record)
{
    if (record == NULL) {
        return;
    }
    g_free(record->license_id);
    g_free(record->customer);
    g_free(record->product);
    g_ptr_array_unref(record->features);
    g_free(record);
}

GPtrArray *intake_load_licenses(Database *database, const GArray *licenses, GError **error)
{
    g_autoptr(GPtrArray) records =
        g_ptr_array_new_with_free_func((GDestroyNotify)license_record_free);
    if (licenses->len == 0) {
        return g_steal_pointer(&records);
    }
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_numbers(params, licenses);
    g_autoptr(SqlResult) result =
        sql_run(database, "intake_load_licenses", select_licenses, params, error);
    if (result == NULL) {
        return NULL;
    }
    LicenseRecord *record = NULL;
    for (int i = 0; i < sql_result_rows(result); i++) {
        if (record == NULL || record->id != sql_result_int(result, i, 0)) {
            record = license_from(result, i);
            g_ptr_array_add(records, record);
        }
        if (!sql_result_is_null(result, i, 10)) {
            g_ptr_array_add(record->features, feature_from(result, i));
        }
    }
    return g_steal_pointer(&records);
}

bool intake_check_contacts(Database *database, GArray *checks, GError **error)
{
    if (checks->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *licenses = sql_params_add_column(params, SQL_INT8);
    SqlColumn *addresses = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *domains = sql_params_add_column(params, SQL_TEXT);
    for (guint i = 0; i < checks->len; i++) {
        const ContactCheck *check = &g_array_index(checks, ContactCheck, i);
        g_autofree char *key = address_key(check->address);
        const char *at = strrchr(key, '@');
        sql_column_int(licenses, check->license_id);
        sql_column_text(addresses, key);
        sql_column_text(domains, at != NULL ? at : key);
    }
    g_autoptr(SqlResult) result =
        sql_run(database, "intake_check_contacts",
                "select exists (select from contact c where c.ended_on is null"
                " and c.entry in (u.address, u.domain)"
                " and (u.license_id = 0 or c.license_id = u.license_id))"
                " from unnest($1::bigint[], $2::text[], $3::text[])"
                " with ordinality as u (license_id, address, domain, n) order by u.n",
                params, error);
    for (int i = 0; result != NULL && i < sql_result_rows(result); i++) {
        g_array_index(checks, ContactCheck, i).known = sql_result_bool(result, i, 0);
    }
    return result != NULL;
}

static ActivationState activation_state_from(const char *text)
{
    static const char *const names[] = {
        [ACTIVATION_ACTIVE] = "active",           [ACTIVATION_SUPERSEDED] = "superseded",
        [ACTIVATION_DEACTIVATED] = "deactivated", [ACTIVATION_LOST] = "lost",
        [ACTIVATION_CORRECTED] = "corrected",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_strcmp0(names[i], text) == 0) {
            return (ActivationState)i;
        }
    }
    g_assert_not_reached(); /* the database's own enum has these values and no others */
}

static UseOrigin use_origin_from(const char *text)
{
    if (g_strcmp0(text, "instance") == 0) {
        return USE_CONTINUED_BY_INSTANCE;
    }
    return g_strcmp0(text, "host") == 0 ? USE_CONTINUED_BY_HOST : USE_TAKEN;
}

static void part_from(Fingerprint *fingerprint, FingerprintPart part, const SqlResult *result,
                      int row, int column)
{
    gsize size = 0;
    const void *value = sql_result_bytes(result, row, column, &size);
    fingerprint->present[part] = value != NULL && size == FINGERPRINT_PART_SIZE;
    if (fingerprint->present[part]) {
        memcpy(fingerprint->value[part], value, FINGERPRINT_PART_SIZE);
    }
}

static Activation *activation_from(const SqlResult *result, int row)
{
    Activation *activation = g_new0(Activation, 1);
    activation->id = sql_result_int(result, row, 0);
    activation->license_id = sql_result_int(result, row, 1);
    activation->entitlement_version = (uint32_t)sql_result_int(result, row, 2);
    activation->thumbprint = sql_result_digest(result, row, 3);
    activation->request = sql_result_digest(result, row, 4);
    activation->seq = (uint64_t)sql_result_int(result, row, 5);
    part_from(&activation->fingerprint, FINGERPRINT_BOARD, result, row, 6);
    part_from(&activation->fingerprint, FINGERPRINT_CPU, result, row, 7);
    part_from(&activation->fingerprint, FINGERPRINT_MAC, result, row, 8);
    activation->host = g_strdup(sql_result_text(result, row, 9));
    activation->state = activation_state_from(sql_result_text(result, row, 10));
    activation->counted = sql_result_bool(result, row, 11);
    activation->use_no = (uint32_t)sql_result_int(result, row, 12);
    activation->slot = (uint32_t)sql_result_int(result, row, 13);
    activation->origin = use_origin_from(sql_result_text(result, row, 14));
    activation->issued_at = sql_result_time(result, row, 15);
    activation->ended_at = sql_result_time(result, row, 16);
    activation->lost_at = sql_result_time(result, row, 17);
    activation->continues = sql_result_int(result, row, 18);
    activation->replaces = sql_result_int(result, row, 19);
    activation->license_key = sql_result_digest(result, row, 20);
    activation->stored = true;
    return activation;
}

/* Reinstalls within a year are looked at too (limit of rows 15 and 17), whatever became of them. */
static const char select_activations[] =
    "select a.id, a.license_id, a.version, a.thumbprint, r.digest, r.seq, r.board, r.cpu, r.mac,"
    " r.host, a.state::text, a.counted, a.use_no, a.slot, a.origin::text, a.active_from,"
    " a.active_until, a.lost_at, a.continues, a.replaces, r.license_key"
    " from activation a join usage_request r on r.id = a.request_id"
    " where a.id = any ("
    "  select id from activation where license_id = any ($1::bigint[])"
    "   and (counted or state = 'lost'"
    "        or (origin = 'host' and active_from > $3::timestamptz - interval '367 days'))"
    "  union select id from activation where thumbprint = any ($2::bytea[]))"
    " order by a.id";

bool intake_load_activations(Database *database, const GArray *licenses, const GArray *thumbprints,
                             int64_t now, Ledger *ledger, GError **error)
{
    if (licenses->len == 0 && thumbprints->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_numbers(params, licenses);
    sql_params_add_digests(params, thumbprints);
    sql_params_add_time(params, now);
    g_autoptr(SqlResult) result =
        sql_run(database, "intake_load_activations", select_activations, params, error);
    for (int i = 0; result != NULL && i < sql_result_rows(result); i++) {
        ledger_add(ledger, activation_from(result, i));
    }
    return result != NULL;
}

/* What is recorded later must not seem to be earlier: a run that began after this one and was done
 * before its locks were ours has the later time. What comes from the future was recorded before the
 * database's clock was set back. */
static const char select_history[] =
    "select thumbprint, digest, seq, deactivation, id, license_id, resends, decisions, open_hold,"
    " key_revoked, emergency, latest > transaction_timestamp() and latest <= clock_timestamp()"
    " from (select r.thumbprint, r.digest, r.seq, false as deactivation, r.id,"
    "   coalesce(r.license_id, 0) as license_id, d.resends, d.decisions,"
    "   coalesce((select h.id from hold h where h.request_id = r.id and h.closed_at is null), 0)"
    "    as open_hold,"
    "   exists (select from signing_key where revoked_at is not null)"
    "    and exists (select from usage_license u join signing_key k on k.kid = u.kid"
    "     where u.request_id = r.id and k.revoked_at is not null) as key_revoked,"
    "   coalesce((select u.serial from usage_license u where u.request_id = r.id and u.emergency"
    "    and not exists (select from usage_request q join usage_license n on n.request_id = q.id"
    "     where q.thumbprint = r.thumbprint and u.serial = any (n.supersedes))), 0) as emergency,"
    "   r.recorded_at as at, greatest(r.recorded_at, d.last) as latest"
    "  from usage_request r cross join lateral (select count(*) as decisions,"
    "    count(*) filter (where d.outcome = 'resent'"
    "     and d.effective > $2::timestamptz - interval '1 day') as resends,"
    "    max(d.recorded_at) as last from decision d where d.request_id = r.id) d"
    "  where r.thumbprint = any ($1::bytea[])"
    "  union all"
    "  select thumbprint, digest, seq, true, id, 0, 0, 0, 0, false, 0, recorded_at, recorded_at"
    "  from deactivation where thumbprint = any ($1::bytea[])) x"
    " order by at, deactivation desc, id";

static HistoryRecord history_from(const SqlResult *result, int row)
{
    return (HistoryRecord){
        .thumbprint = sql_result_digest(result, row, 0),
        .digest = sql_result_digest(result, row, 1),
        .seq = (uint64_t)sql_result_int(result, row, 2),
        .deactivation = sql_result_bool(result, row, 3),
        .id = sql_result_int(result, row, 4),
        .license_id = sql_result_int(result, row, 5),
        .resends_today = (uint32_t)sql_result_int(result, row, 6),
        .decisions = (uint32_t)sql_result_int(result, row, 7),
        .open_hold = sql_result_int(result, row, 8),
        .key_revoked = sql_result_bool(result, row, 9),
        .emergency = sql_result_int(result, row, 10),
    };
}

GArray *intake_load_history(Database *database, const GArray *thumbprints, int64_t now,
                            bool *younger, GError **error)
{
    *younger = false;
    g_autoptr(GArray) history = g_array_new(FALSE, TRUE, sizeof(HistoryRecord));
    if (thumbprints->len == 0) {
        return g_steal_pointer(&history);
    }
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digests(params, thumbprints);
    sql_params_add_time(params, now);
    g_autoptr(SqlResult) result =
        sql_run(database, "intake_load_history", select_history, params, error);
    if (result == NULL) {
        return NULL;
    }
    for (int i = 0; i < sql_result_rows(result); i++) {
        *younger |= sql_result_bool(result, i, 11);
        const HistoryRecord record = history_from(result, i);
        g_array_append_val(history, record);
    }
    return g_steal_pointer(&history);
}

static void clear_installed(gpointer data)
{
    InstalledRecord *record = data;
    g_free(record->customer);
}

/* What it calls its customer stands in its own bytes alone; they are asked for only where the
 * customer was ever called otherwise. */
static char *customer_of(const SqlResult *result, int row, int column)
{
    const char *jws = sql_result_text(result, row, column);
    g_autoptr(UsageLicense) license =
        jws != NULL ? usage_license_read(jws, strlen(jws), NULL) : NULL;
    return license != NULL ? g_strdup(license->customer) : NULL;
}

static const char select_installed[] =
    "select u.serial, r.thumbprint, u.license_id, u.customer_id, u.version,"
    " coalesce(a.state in ('deactivated', 'lost', 'corrected'), false),"
    " case when exists (select from customer_version v where v.customer_id = u.customer_id"
    "  and v.version > 1) then u.jws end"
    " from usage_license u join usage_request r on r.id = u.request_id"
    " left join activation a on a.id = u.activation_id"
    " where u.serial = any ($1::bigint[])";

GArray *intake_load_installed(Database *database, const GArray *serials, GError **error)
{
    g_autoptr(GArray) records = g_array_new(FALSE, TRUE, sizeof(InstalledRecord));
    g_array_set_clear_func(records, clear_installed);
    if (serials->len == 0) {
        return g_steal_pointer(&records);
    }
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_numbers(params, serials);
    g_autoptr(SqlResult) result =
        sql_run(database, "intake_load_installed", select_installed, params, error);
    if (result == NULL) {
        return NULL;
    }
    for (int i = 0; i < sql_result_rows(result); i++) {
        InstalledRecord record = {
            .serial = sql_result_int(result, i, 0),
            .thumbprint = sql_result_digest(result, i, 1),
            .license_id = sql_result_int(result, i, 2),
            .customer_id = sql_result_int(result, i, 3),
            .version = (uint32_t)sql_result_int(result, i, 4),
            .given_back = sql_result_bool(result, i, 5),
            .customer = customer_of(result, i, 6),
        };
        g_array_append_val(records, record);
    }
    return g_steal_pointer(&records);
}
