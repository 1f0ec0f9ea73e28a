#include "db/message_store.h"

#include "db/sql.h"

static SqlParams *params_of(const MessageDeed *deed)
{
    SqlParams *params = sql_params_new();
    sql_params_add_digest(params, &deed->token);
    sql_params_add_int(params, SQL_INT8, deed->message_id);
    return params;
}

bool message_store_answer(Database *db, const MessageDeed *deed, const MessageAnswer *answer,
                          MessageAnswered *answered, GError **error)
{
    g_autoptr(SqlParams) params = params_of(deed);
    sql_params_add_int(params, SQL_INT4, (int64_t)answer->ready);
    sql_params_add_text(params, answer->words);
    sql_params_add_time(params, deed->now);
    g_autoptr(SqlResult) result =
        sql_run(db, NULL, "select reply_id, answered from message_answer($1, $2, $3, $4, $5)",
                params, error);
    if (!result) {
        return false;
    }
    answered->reply_id = sql_result_int(result, 0, 0);
    answered->recipient = g_strdup(sql_result_text(result, 0, 1));
    return true;
}

char *message_store_to_case(Database *db, const MessageDeed *deed, int64_t case_number,
                            GError **error)
{
    g_autoptr(SqlParams) params = params_of(deed);
    sql_params_add_int(params, SQL_INT8, case_number);
    sql_params_add_time(params, deed->now);
    g_autoptr(SqlResult) result =
        sql_run(db, NULL, "select message_to_case($1, $2, $3, $4)", params, error);
    return result ? g_strdup(sql_result_text(result, 0, 0)) : NULL;
}

bool message_store_drop(Database *db, const MessageDeed *deed, const char *reason, GError **error)
{
    g_autoptr(SqlParams) params = params_of(deed);
    sql_params_add_text(params, reason);
    sql_params_add_time(params, deed->now);
    g_autoptr(SqlResult) result =
        sql_run(db, NULL, "select message_drop($1, $2, $3, $4)", params, error);
    return result != NULL;
}
