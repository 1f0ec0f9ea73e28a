#include "db/instruction_store.h"

#include "base/error.h"
#include "db/sql.h"

int64_t instruction_store_file(Database *database, const InstructionNew *instruction, int64_t now,
                               GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_digest(params, &instruction->token);
    sql_params_add_text(params, instruction->kind);
    sql_params_add_id(params, instruction->request_id);
    sql_params_add_id(params, instruction->hold_id);
    sql_params_add_text(params, instruction->arguments);
    sql_params_add_time(params, instruction->lease_end);
    sql_params_add_time(params, now);
    g_autoptr(SqlResult) result =
        sql_run(database, "instruction_file",
                "select instruction_file($1, $2, $3, $4, $5::text::jsonb, $6, $7)", params, error);
    return result != NULL ? sql_result_int(result, 0, 0) : 0;
}

/* ---- taking ---- */

static InstructionTaken *read_taken(const SqlResult *result)
{
    InstructionTaken *taken = g_new0(InstructionTaken, 1);
    taken->id = sql_result_int(result, 0, 0);
    taken->kind = g_strdup(sql_result_text(result, 0, 1));
    taken->operator_id = sql_result_int(result, 0, 2);
    taken->request_id = sql_result_int(result, 0, 3);
    taken->case_number = sql_result_int(result, 0, 4);
    taken->reason = g_strdup(sql_result_text(result, 0, 5));
    taken->ticket = g_strdup(sql_result_text(result, 0, 6));
    taken->words = g_strdup(sql_result_text(result, 0, 7));
    taken->preview = g_strdup(sql_result_text(result, 0, 8));
    taken->continues = sql_result_int(result, 0, 9);
    taken->replaces = sql_result_int(result, 0, 10);
    taken->new_use = sql_result_bool(result, 0, 11);
    taken->message_id = sql_result_int(result, 0, 12);
    taken->would = g_strdup(sql_result_text(result, 0, 13));
    return taken;
}

bool instruction_store_take(Database *database, bool signing, int64_t now, InstructionTaken **taken,
                            GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_time(params, now);
    sql_params_add_bool(params, signing);
    g_autoptr(SqlResult) result =
        sql_run(database, "instruction_take",
                "select i.id, i.kind::text, i.operator_id, i.request_id, i.hold_id,"
                " i.arguments ->> 'reason', i.arguments ->> 'ticket', i.arguments ->> 'words',"
                " i.arguments ->> 'preview', (i.arguments ->> 'continue')::bigint,"
                " (i.arguments ->> 'replace')::bigint, (i.arguments ->> 'new_use')::boolean,"
                " (i.arguments ->> 'message')::bigint, i.arguments ->> 'would' from "
                "instruction_take($1, $2) i",
                params, error);
    *taken = result != NULL && sql_result_rows(result) > 0 ? read_taken(result) : NULL;
    return result != NULL;
}

void instruction_taken_free(InstructionTaken *taken)
{
    if (taken == NULL) {
        return;
    }
    g_free(taken->kind);
    g_free(taken->reason);
    g_free(taken->ticket);
    g_free(taken->words);
    g_free(taken->preview);
    g_free(taken->would);
    g_free(taken);
}

/* A statement about one, at a time. */
static bool say(Database *database, const char *name, const char *text, int64_t id, int64_t now,
                GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, id);
    sql_params_add_time(params, now);
    g_autoptr(SqlResult) result = sql_run(database, name, text, params, error);
    return result != NULL;
}

bool instruction_store_give_back(Database *database, int64_t id, int64_t now, GError **error)
{
    return say(database, "instruction_give_back", "select instruction_give_back($1, $2)", id, now,
               error);
}

bool instruction_store_judge(Database *database, int64_t id, int64_t now, GError **error)
{
    return say(database, "instruction_judge", "select instruction_judge($1, $2)", id, now, error);
}

/* ---- looking, ending ---- */

int64_t instruction_store_operator(Database *database, int64_t id, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, id);
    g_autoptr(SqlResult) result =
        sql_run(database, "instruction_operator",
                "select operator_id from instruction where id = $1", params, error);
    return result != NULL && sql_result_rows(result) > 0 ? sql_result_int(result, 0, 0) : 0;
}

static const char end_instruction[] =
    "with i as (update instruction set state = case when $2 then 'done' else 'refused' end,"
    " answer = $3::text::jsonb, ended_at = $4 where id = $1 and state in ('filed', 'taken')"
    " returning *),"
    " e as (insert into event (kind, subject, subject_id, row_digest, operator_id, effective)"
    "  select 'instruction-' || i.state, 'instruction', i.id, sha256(convert_to(i::text, 'UTF8')),"
    "  i.operator_id, $4 from i)"
    " select id from i";

bool instruction_store_end(Database *database, int64_t id, bool done, const char *answer,
                           int64_t now, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, id);
    sql_params_add_bool(params, done);
    sql_params_add_text(params, answer);
    sql_params_add_time(params, now);
    g_autoptr(SqlResult) result =
        sql_run(database, "instruction_end", end_instruction, params, error);
    if (result != NULL && sql_result_rows(result) == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_STALE,
                    "instruction %" G_GINT64_FORMAT " has ended meanwhile: look at the request "
                    "again",
                    id);
        return false;
    }
    return result != NULL;
}

bool instruction_store_look(Database *database, int64_t id, char **state, char **answer,
                            GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, id);
    g_autoptr(SqlResult) result =
        sql_run(database, "instruction_look",
                "select state::text, coalesce(answer ->> 'why', answer::text) from instruction"
                " where id = $1",
                params, error);
    if (result == NULL) {
        return false;
    }
    *state = g_strdup(sql_result_text(result, 0, 0));
    *answer = g_strdup(sql_result_text(result, 0, 1));
    return true;
}

GPtrArray *instruction_store_answer(Database *database, int64_t id, const char *const *names,
                                    GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, id);
    SqlColumn *wanted = sql_params_add_column(params, SQL_TEXT);
    for (const char *const *name = names; *name != NULL; name++) {
        sql_column_text(wanted, *name);
    }
    g_autoptr(SqlResult) result =
        sql_run(database, NULL,
                "select i.answer ->> n.name from instruction i,"
                " unnest($2) with ordinality n (name, place) where i.id = $1 order by n.place",
                params, error);
    if (result == NULL) {
        return NULL;
    }
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; i < sql_result_rows(result); i++) {
        g_ptr_array_add(texts, g_strdup(sql_result_text(result, i, 0)));
    }
    return texts;
}
