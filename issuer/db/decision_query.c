#include "db/decision_query.h"

#include "db/sql.h"

#define SELECT_DECISIONS                                                                           \
    "select d.id, d.message_id, d.token_kind::text, d.token_digest, d.outcome::text, d.rule,"      \
    " d.code::text, d.note::text, d.would::text, d.problem, d.serial, h.id, o.name::text,"         \
    " d.reason, d.ticket, d.effective from decision d left join hold h on h.decision_id = d.id"    \
    " left join operator o on o.id = d.operator_id where "
#define IN_ORDER " order by d.recorded_at, d.id"

static char *text(const SqlResult *result, int row, int column)
{
    return g_strdup(sql_result_text(result, row, column));
}

static DecisionRecord *read_decision(const SqlResult *result, int row)
{
    DecisionRecord *decision = g_new0(DecisionRecord, 1);
    decision->id = sql_result_int(result, row, 0);
    decision->message_id = sql_result_int(result, row, 1);
    decision->kind = text(result, row, 2);
    decision->token = sql_result_digest(result, row, 3);
    decision->outcome = text(result, row, 4);
    decision->rule = (uint32_t)sql_result_int(result, row, 5);
    decision->code = text(result, row, 6);
    decision->note = text(result, row, 7);
    decision->would = text(result, row, 8);
    decision->problem = text(result, row, 9);
    decision->serial = sql_result_int(result, row, 10);
    decision->case_number = sql_result_int(result, row, 11);
    decision->operator_name = text(result, row, 12);
    decision->reason = text(result, row, 13);
    decision->ticket = text(result, row, 14);
    decision->effective = sql_result_time(result, row, 15);
    return decision;
}

static void free_decision(gpointer data)
{
    DecisionRecord *decision = data;
    g_free(decision->kind);
    g_free(decision->outcome);
    g_free(decision->code);
    g_free(decision->note);
    g_free(decision->would);
    g_free(decision->problem);
    g_free(decision->operator_name);
    g_free(decision->reason);
    g_free(decision->ticket);
    g_free(decision);
}

static GPtrArray *load(Database *db, const char *query, int64_t id, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, id);
    g_autoptr(SqlResult) result = sql_run(db, NULL, query, params, error);
    if (!result) {
        return NULL;
    }
    GPtrArray *decisions = g_ptr_array_new_with_free_func(free_decision);
    for (int row = 0; row < sql_result_rows(result); row++) {
        g_ptr_array_add(decisions, read_decision(result, row));
    }
    return decisions;
}

GPtrArray *decision_query_of_message(Database *db, int64_t message_id, GError **error)
{
    return load(db, SELECT_DECISIONS "d.message_id = $1" IN_ORDER, message_id, error);
}

GPtrArray *decision_query_of_request(Database *db, int64_t request_id, GError **error)
{
    return load(db, SELECT_DECISIONS "d.request_id = $1" IN_ORDER, request_id, error);
}
