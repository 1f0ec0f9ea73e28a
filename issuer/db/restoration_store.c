#include "db/restoration_store.h"

#include "db/sql.h"

int64_t restoration_store_open(Database *db, const RestorationOpening *opening, GError **error)
{
    const bool by_mail = opening->message_id != 0;
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, &opening->token);
    sql_params_add_text(params, opening->license_id);
    sql_params_add_id(params, opening->serial);
    sql_params_add_text(params, opening->reason);
    sql_params_add_text(params, opening->ticket);
    sql_params_add_time(params, opening->now);
    if (by_mail) {
        sql_params_add_int(params, SQL_INT8, opening->message_id);
    }
    g_autoptr(SqlResult) result =
        sql_run(db, NULL,
                by_mail ? "select restoration_open_from_message($1, $7, $2, $3, $4, $5, $6)"
                        : "select restoration_open($1, $2, $3, $4, $5, $6)",
                params, error);
    return result ? sql_result_int(result, 0, 0) : 0;
}

int64_t restoration_store_file(Database *db, const RestorationApproval *approval, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, &approval->token);
    if (digest_is_zero(&approval->second)) {
        sql_params_add_null(params, SQL_BYTES);
    } else {
        sql_params_add_digest(params, &approval->second);
    }
    sql_params_add_int(params, SQL_INT8, approval->number);
    sql_params_add_text(params, approval->arguments);
    sql_params_add_time(params, approval->lease_end);
    sql_params_add_time(params, approval->now);
    g_autoptr(SqlResult) result = sql_run(
        db, NULL, "select restoration_file($1, $2, $3, $4::text::jsonb, $5, $6)", params, error);
    return result ? sql_result_int(result, 0, 0) : 0;
}

RestorationDone *restoration_store_carry_out(Database *db, int64_t instruction, int64_t now,
                                             GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, instruction);
    sql_params_add_time(params, now);
    g_autoptr(SqlResult) result =
        sql_run(db, NULL,
                "select case_number, license, license_id, serial, evidence, used, allowed"
                " from restoration_carry_out($1, $2)",
                params, error);
    if (!result) {
        return NULL;
    }
    RestorationDone *done = g_new0(RestorationDone, 1);
    done->number = sql_result_int(result, 0, 0);
    done->license_row = sql_result_int(result, 0, 1);
    done->license_id = g_strdup(sql_result_text(result, 0, 2));
    done->serial = sql_result_int(result, 0, 3);
    done->evidence = g_strdup(sql_result_text(result, 0, 4));
    done->used = (uint32_t)sql_result_int(result, 0, 5);
    done->allowed = (uint32_t)sql_result_int(result, 0, 6);
    return done;
}

void restoration_done_free(RestorationDone *done)
{
    if (!done) {
        return;
    }
    g_free(done->license_id);
    g_free(done->evidence);
    g_free(done);
}

char *restoration_store_deny(Database *db, const Digest *token, int64_t number, const char *reason,
                             int64_t now, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, token);
    sql_params_add_int(params, SQL_INT8, number);
    sql_params_add_text(params, reason);
    sql_params_add_time(params, now);
    g_autoptr(SqlResult) result =
        sql_run(db, NULL, "select restoration_deny($1, $2, $3, $4)", params, error);
    return result ? g_strdup(sql_result_text(result, 0, 0)) : NULL;
}
