/* How activations become rows: what ended is updated before what follows it is inserted, so that
 * the unique indexes never see two servers on one place or two licenses on one use. */
#include "db/intake_store.h"

#include "db/sql.h"

static const char *state_name(ActivationState state)
{
    static const char *const names[] = {
        [ACTIVATION_ACTIVE] = "active",           [ACTIVATION_SUPERSEDED] = "superseded",
        [ACTIVATION_DEACTIVATED] = "deactivated", [ACTIVATION_LOST] = "lost",
        [ACTIVATION_CORRECTED] = "corrected",
    };
    return names[state];
}

static const char *ending(ActivationState state)
{
    static const char *const causes[] = {
        [ACTIVATION_ACTIVE] = NULL,         [ACTIVATION_SUPERSEDED] = "superseded",
        [ACTIVATION_DEACTIVATED] = "proof", [ACTIVATION_LOST] = NULL,
        [ACTIVATION_CORRECTED] = NULL,
    };
    return causes[state];
}

static const char *origin_name(UseOrigin origin)
{
    static const char *const names[] = {
        [USE_TAKEN] = "taken",
        [USE_CONTINUED_BY_INSTANCE] = "instance",
        [USE_CONTINUED_BY_HOST] = "host",
    };
    return names[origin];
}

/* A time that stands already is kept: a superseded activation that is then deactivated was not
 * active until today. */
static const char end_activations[] =
    "with a as (update activation a set state = u.state::activation_state, counted = u.counted,"
    " active_until = coalesce(a.active_until, greatest($5, a.active_from)),"
    " counted_until = case when u.counted then null"
    "  else coalesce(a.counted_until, greatest($5, a.active_from)) end,"
    " ended_by = u.ended_by, ended_recorded_at = transaction_timestamp()"
    " from unnest($1::bigint[], $2::text[], $3::bool[], $4::text[])"
    " as u (id, state, counted, ended_by) where a.id = u.id returning a.*)"
    " insert into event (kind, subject, subject_id, row_digest, license_id, effective)"
    " select 'activation-' || a.state::text, 'activation', a.id,"
    " sha256(convert_to(a::text, 'UTF8')), a.license_id, $5 from a order by a.id";

bool intake_end_activations(Database *database, const GPtrArray *activations,
                            const BatchStamp *stamp, GError **error)
{
    if (activations->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *ids = sql_params_add_column(params, SQL_INT8);
    SqlColumn *states = sql_params_add_column(params, SQL_TEXT);
    SqlColumn *counted = sql_params_add_column(params, SQL_BOOL);
    SqlColumn *causes = sql_params_add_column(params, SQL_TEXT);
    for (guint i = 0; i < activations->len; i++) {
        const Activation *activation = g_ptr_array_index(activations, i);
        sql_column_int(ids, activation->id);
        sql_column_text(states, state_name(activation->state));
        sql_column_bool(counted, activation->counted);
        sql_column_text(causes, ending(activation->state));
    }
    sql_params_add_time(params, stamp->now);
    return sql_do(database, "intake_end_activations", end_activations, params, error);
}

static const char insert_activations[] =
    "with a as (insert into activation (id, license_id, version, servers, allowed, thumbprint,"
    " request_id, state, counted, use_no, slot, origin, continues, replaces, ended_by, active_from,"
    " active_until, counted_until, ended_recorded_at)"
    " select u.id, u.license_id, u.version, u.servers, u.allowed, u.thumbprint, u.request_id,"
    " u.state::activation_state, u.counted, u.use_no, u.slot, u.origin::use_origin, u.continues,"
    " u.replaces, u.ended_by, $16,"
    " case when u.state <> 'active' then $16 end, case when not u.counted then $16 end,"
    " case when u.state <> 'active' then transaction_timestamp() end"
    " from unnest($1::bigint[], $2::bigint[], $3::integer[], $4::integer[], $5::integer[],"
    " $6::bytea[], $7::bigint[], $8::text[], $9::bool[], $10::integer[], $11::integer[],"
    " $12::text[], $13::bigint[], $14::bigint[], $15::text[])"
    " as u (id, license_id, version, servers, allowed, thumbprint, request_id, state, counted,"
    " use_no, slot, origin, continues, replaces, ended_by) returning *)"
    " insert into event (kind, subject, subject_id, row_digest, license_id, effective)"
    " select 'activation-made', 'activation', a.id, sha256(convert_to(a::text, 'UTF8')),"
    " a.license_id, $16 from a order by a.id";

static void put_activation(SqlColumn **column, const ActivationRow *row)
{
    const Activation *activation = row->activation;
    sql_column_int(column[0], activation->id);
    sql_column_int(column[1], activation->license_id);
    sql_column_int(column[2], activation->entitlement_version);
    sql_column_int(column[3], row->servers);
    sql_column_int(column[4], row->allowed);
    sql_column_digest(column[5], &activation->thumbprint);
    sql_column_int(column[6], row->request_id);
    sql_column_text(column[7], state_name(activation->state));
    sql_column_bool(column[8], activation->counted);
    sql_column_int(column[9], activation->use_no);
    sql_column_int(column[10], activation->slot);
    sql_column_text(column[11], origin_name(activation->origin));
    sql_column_id(column[12], activation->continues);
    sql_column_id(column[13], activation->replaces);
    sql_column_text(column[14], ending(activation->state));
}

bool intake_write_activations(Database *database, const GArray *rows, const BatchStamp *stamp,
                              GError **error)
{
    static const SqlType types[] = {SQL_INT8,  SQL_INT8, SQL_INT4, SQL_INT4, SQL_INT4,
                                    SQL_BYTES, SQL_INT8, SQL_TEXT, SQL_BOOL, SQL_INT4,
                                    SQL_INT4,  SQL_TEXT, SQL_INT8, SQL_INT8, SQL_TEXT};
    if (rows->len == 0) {
        return true;
    }
    g_autoptr(SqlParams) params = sql_params_new();
    SqlColumn *column[G_N_ELEMENTS(types)];
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        column[i] = sql_params_add_column(params, types[i]);
    }
    for (guint i = 0; i < rows->len; i++) {
        put_activation(column, &g_array_index(rows, ActivationRow, i));
    }
    sql_params_add_time(params, stamp->now);
    return sql_do(database, "intake_insert_activations", insert_activations, params, error);
}
