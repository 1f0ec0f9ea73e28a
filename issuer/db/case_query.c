#include "db/case_query.h"

#include "db/sql.h"

static const char select_mails[] =
    "select m.id, k.case_number, m.effective, m.from_address, k.how::text, k.seen_at,"
    " m.subject, m.body from case_mail k join message m on m.id = k.message_id"
    " where k.case_number = any (array(select h.id from hold h where h.request_id = $1)"
    "  || coalesce(array[$2::bigint], '{}')) order by k.recorded_at, m.id, k.case_number";

static char *text(const SqlResult *result, int row, int column)
{
    return g_strdup(sql_result_text(result, row, column));
}

static void free_mail(gpointer data)
{
    CaseMail *mail = data;
    g_free(mail->from);
    g_free(mail->how);
    g_free(mail->subject);
    g_free(mail->body);
    g_free(mail);
}

static CaseMail *read_mail(const SqlResult *result, int row)
{
    CaseMail *mail = g_new0(CaseMail, 1);
    mail->message_id = sql_result_int(result, row, 0);
    mail->case_number = sql_result_int(result, row, 1);
    mail->taken_in = sql_result_time(result, row, 2);
    mail->from = text(result, row, 3);
    mail->how = text(result, row, 4);
    mail->seen_at = sql_result_time(result, row, 5);
    mail->subject = text(result, row, 6);
    mail->body = text(result, row, 7);
    return mail;
}

GPtrArray *case_query_mails(Database *db, int64_t request_id, int64_t case_number, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_id(params, request_id);
    sql_params_add_id(params, case_number);
    g_autoptr(SqlResult) result = sql_run(db, NULL, select_mails, params, error);
    if (!result) {
        return NULL;
    }
    GPtrArray *mails = g_ptr_array_new_with_free_func(free_mail);
    for (int row = 0; row < sql_result_rows(result); row++) {
        g_ptr_array_add(mails, read_mail(result, row));
    }
    return mails;
}

static void free_question(gpointer data)
{
    CaseQuestion *question = data;
    g_free(question->operator_name);
    g_free(question->words);
    g_free(question);
}

GPtrArray *case_query_questions(Database *db, int64_t request_id, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT8, request_id);
    g_autoptr(SqlResult) result = sql_run(
        db, NULL,
        "select d.id, d.effective, o.name::text, q.words from decision d"
        " join question q on q.decision_id = d.id left join operator o on o.id = d.operator_id"
        " where d.request_id = $1 order by d.recorded_at, d.id",
        params, error);
    if (!result) {
        return NULL;
    }
    GPtrArray *questions = g_ptr_array_new_with_free_func(free_question);
    for (int row = 0; row < sql_result_rows(result); row++) {
        CaseQuestion *question = g_new0(CaseQuestion, 1);
        question->decision_id = sql_result_int(result, row, 0);
        question->asked_at = sql_result_time(result, row, 1);
        question->operator_name = text(result, row, 2);
        question->words = text(result, row, 3);
        g_ptr_array_add(questions, question);
    }
    return questions;
}
