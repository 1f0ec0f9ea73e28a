#include "db/reply_store.h"

#include "core/usage_license.h"
#include "db/sql.h"

#include <string.h>

struct ReplyQueue {
    GPtrArray *replies;  /* of QueuedReply * */
    GHashTable *by_id;   /* int64_t * → QueuedReply * */
    GStringChunk *texts; /* what both kinds of record point to */
};

static const char select_queued[] =
    "select p.id, p.recipient, p.ready, p.effective, m.subject, m.message_id, m.in_reply_to,"
    " lower(p.recipient) is distinct from lower(m.reply_to), a.words,"
    " reply_tag(p.id, p.recorded_at, m.identity), p.state = 'sending',"
    " nullif(p.not_before, '-infinity'), p.last_error"
    " from reply p left join message m on m.id = p.message_id"
    " left join answer a on a.reply_id = p.id"
    " where p.state in ('queued', 'sending')"
    " and p.not_before <= case when $2 then 'infinity' else $1 end"
    " and (p.not_before <= $1 or p.state = 'queued')"
    " order by p.not_before, p.id offset $3 limit $4"
    " for no key update of p skip locked";

/* A line tells of a decision or of a lost-server case. Its license is the one that the notice is
 * about, that the decision has seen, or that the usage license of a deactivation was made for. */
static const char select_lines[] =
    "select l.reply_id, l.about::text, d.token_kind = 'deactivation',"
    " coalesce(d.outcome::text, case when l.version is null then 'held' else 'accepted' end),"
    " d.code::text, d.note::text, d.problem,"
    " coalesce(r.digest, e.digest, d.token_digest), coalesce(r.iat, e.iat),"
    " coalesce(r.host, e.host, lost.host)::text, s.license_id::text,"
    " s.product::text, r.product::text, coalesce(d.serial, lost.id), u.supersedes, u.exp,"
    " coalesce((d.facts ->> 'expires')::bigint, (select extract(epoch from day_end(e.expires_on))"
    "  from entitlement e where e.license_id = l.license_id and e.version = l.version)::bigint),"
    " u.jws,"
    " coalesce(a.state <> 'active', u.emergency and exists (select from usage_license n"
    "  where n.request_id = u.request_id and not n.emergency))"
    /* Extended or ended since. */
    " or l.version is not null and (exists (select from entitlement e"
    "  where e.license_id = l.license_id and e.version > l.version)"
    "  or license_state_of(l.license_id) <> 'current'),"
    " d.outcome = 'held' and not exists (select from hold h where h.request_id = d.request_id"
    "  and h.closed_at is null)"
    " or d.outcome = 'refused' and exists (select from decision n"
    "  where n.request_id = d.request_id and n.recorded_at > d.recorded_at"
    "  and n.outcome = 'issued' and n.code <> 'emergency'),"
    " told.license_id is not null and not exists (select from contact c, reply p"
    "  where p.id = l.reply_id and c.license_id = told.license_id and c.ended_on is null"
    "  and c.entry in (lower(p.recipient), substring(lower(p.recipient) from '@[^@]*$'))),"
    " coalesce(l.restoration_id,"
    "  (select max(h.id) from hold h where h.request_id = d.request_id)),"
    " (d.facts ->> 'used')::integer, (d.facts ->> 'allowed')::integer,"
    " oq.host::text, a.replaces, case when l.license_id = r.license_id then old.license_id"
    " else new.license_id end::text, l.license_id = r.license_id, q.words"
    " from reply_line l left join decision d on d.id = l.decision_id"
    " left join question q on q.decision_id = d.id and l.about is null"
    " left join lateral (select a.id, q.host from restoration c"
    "  left join restoration_decision o on o.restoration_id = c.id"
    "  join activation a on a.id = coalesce(o.activation_id, c.activation_id)"
    "  join usage_request q on q.id = a.request_id where c.id = l.restoration_id) lost on true"
    " left join usage_request r on r.id = d.request_id"
    " left join deactivation e on e.id = d.deactivation_id"
    " left join usage_license u on u.serial = d.serial and d.outcome in ('issued', 'resent')"
    " left join activation a on a.id = u.activation_id"
    " left join activation ended on ended.id = e.serial"
    /* Not the one that became known since: its contacts may be others. */
    " cross join lateral (select coalesce(l.license_id, (d.facts ->> 'license')::bigint,"
    "  ended.license_id) as license_id) told"
    " left join license s on s.id = told.license_id"
    " left join activation o on o.id = a.replaces"
    " left join usage_request oq on oq.id = o.request_id"
    " left join license new on new.id = r.license_id"
    " left join lateral (select v.license_id from activation x"
    "  join license v on v.id = x.license_id"
    "  where x.id = any (u.supersedes) and x.license_id <> r.license_id limit 1) old on true"
    " where l.reply_id = any ($1::bigint[]) order by l.reply_id, l.position";

/* Columns of the statement above, for reading. */
enum {
    LINE_REPLY,
    LINE_ABOUT,
    LINE_DEACTIVATION,
    LINE_OUTCOME,
    LINE_CODE,
    LINE_NOTE,
    LINE_PROBLEM,
    LINE_DIGEST,
    LINE_IAT,
    LINE_HOST,
    LINE_LICENSE,
    LINE_PRODUCT,
    LINE_REQUEST_PRODUCT,
    LINE_SERIAL,
    LINE_SUPERSEDES,
    LINE_UNTIL,
    LINE_EXPIRES,
    LINE_JWS,
    LINE_VOIDED,
    LINE_SETTLED,
    LINE_STRANGER,
    LINE_CASE,
    LINE_USED,
    LINE_ALLOWED,
    LINE_OTHER_HOST,
    LINE_OTHER_SERIAL,
    LINE_OTHER_LICENSE,
    LINE_OWN_LICENSE,
    LINE_QUESTION,
};

static const char *keep(ReplyQueue *queue, const char *text)
{
    return text != NULL ? g_string_chunk_insert(queue->texts, text) : NULL;
}

static const char *keep_cell(ReplyQueue *queue, const SqlResult *result, int row, int column)
{
    return keep(queue, sql_result_text(result, row, column));
}

static const char *keep_serial(ReplyQueue *queue, const SqlResult *result, int row, int column)
{
    if (sql_result_is_null(result, row, column)) {
        return NULL;
    }
    g_autofree char *serial = usage_license_serial_text(sql_result_int(result, row, column));
    return keep(queue, serial);
}

static const char *keep_serials(ReplyQueue *queue, const SqlResult *result, int row, int column)
{
    g_autoptr(GArray) numbers = sql_result_int_array(result, row, column);
    g_autoptr(GString) list = g_string_new(NULL);
    for (guint i = 0; i < numbers->len; i++) {
        g_autofree char *serial = usage_license_serial_text(g_array_index(numbers, int64_t, i));
        g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", serial);
    }
    return list->len > 0 ? keep(queue, list->str) : NULL;
}

static const char *keep_short_form(ReplyQueue *queue, const SqlResult *result, int row, int column)
{
    if (sql_result_is_null(result, row, column)) {
        return NULL;
    }
    const Digest digest = sql_result_digest(result, row, column);
    g_autofree char *text = statement_short_form(&digest);
    return keep(queue, text);
}

static NoticeKind notice_of(const char *about, bool own_license)
{
    static const struct {
        const char *about;
        NoticeKind kind;
    } kinds[] = {
        {"replaced", NOTICE_REPLACED},   {"given-back", NOTICE_GIVEN_BACK},
        {"corrected", NOTICE_CORRECTED}, {"case-opened", NOTICE_CASE_OPENED},
        {"restored", NOTICE_RESTORED},   {"not-restored", NOTICE_NOT_RESTORED},
        {"moved", NOTICE_MOVED_AWAY},    {"expires", NOTICE_EXPIRES},
    };
    for (gsize i = 0; about != NULL && i < G_N_ELEMENTS(kinds); i++) {
        if (strcmp(about, kinds[i].about) == 0) {
            return kinds[i].kind == NOTICE_MOVED_AWAY && own_license ? NOTICE_MOVED_HERE
                                                                     : kinds[i].kind;
        }
    }
    return NOTICE_NONE;
}

static ReplyLine *line_from(ReplyQueue *queue, const SqlResult *result, int row)
{
    ReplyLine *line = g_new0(ReplyLine, 1);
    line->notice = notice_of(sql_result_text(result, row, LINE_ABOUT),
                             sql_result_bool(result, row, LINE_OWN_LICENSE));
    line->kind = sql_result_bool(result, row, LINE_DEACTIVATION) ? STATEMENT_DEACTIVATION
                                                                 : STATEMENT_USAGE_REQUEST;
    line->outcome = rules_outcome_read(sql_result_text(result, row, LINE_OUTCOME));
    line->code = keep_cell(queue, result, row, LINE_CODE);
    line->note = keep_cell(queue, result, row, LINE_NOTE);
    line->problem = keep_cell(queue, result, row, LINE_PROBLEM);
    line->request_short = keep_short_form(queue, result, row, LINE_DIGEST);
    line->request_iat = sql_result_time(result, row, LINE_IAT);
    line->host = keep_cell(queue, result, row, LINE_HOST);
    line->license_id = keep_cell(queue, result, row, LINE_LICENSE);
    line->product = keep_cell(queue, result, row, LINE_PRODUCT);
    line->request_product = keep_cell(queue, result, row, LINE_REQUEST_PRODUCT);
    line->serial = keep_serial(queue, result, row, LINE_SERIAL);
    line->supersedes = keep_serials(queue, result, row, LINE_SUPERSEDES);
    line->valid_until = sql_result_time(result, row, LINE_UNTIL);
    line->license_expires = sql_result_int(result, row, LINE_EXPIRES);
    line->jws = keep_cell(queue, result, row, LINE_JWS);
    line->voided = sql_result_bool(result, row, LINE_VOIDED);
    line->settled = sql_result_bool(result, row, LINE_SETTLED);
    line->case_number = sql_result_int(result, row, LINE_CASE);
    line->activations_used = (uint32_t)sql_result_int(result, row, LINE_USED);
    line->activations_allowed = (uint32_t)sql_result_int(result, row, LINE_ALLOWED);
    line->other_host = keep_cell(queue, result, row, LINE_OTHER_HOST);
    line->other_serial = keep_serial(queue, result, row, LINE_OTHER_SERIAL);
    line->other_license = keep_cell(queue, result, row, LINE_OTHER_LICENSE);
    line->question = keep_cell(queue, result, row, LINE_QUESTION);
    return line;
}

static bool load_lines(Database *database, ReplyQueue *queue, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (guint i = 0; i < queue->replies->len; i++) {
        const QueuedReply *reply = g_ptr_array_index(queue->replies, i);
        g_array_append_val(ids, reply->id);
    }
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_numbers(params, ids);
    g_autoptr(SqlResult) result =
        sql_run(database, "reply_select_lines", select_lines, params, error);
    for (int row = 0; result != NULL && row < sql_result_rows(result); row++) {
        const int64_t id = sql_result_int(result, row, LINE_REPLY);
        QueuedReply *reply = g_hash_table_lookup(queue->by_id, &id);
        ReplyLine *line = line_from(queue, result, row);
        g_ptr_array_add(reply->lines, line);
        if (sql_result_bool(result, row, LINE_STRANGER)) {
            reply->stranger = line->license_id;
        }
    }
    return result != NULL;
}

static QueuedReply *reply_from(ReplyQueue *queue, const SqlResult *result, int row)
{
    QueuedReply *reply = g_new0(QueuedReply, 1);
    reply->id = sql_result_int(result, row, 0);
    reply->recipient = keep_cell(queue, result, row, 1);
    reply->ready = (ReadyAnswer)sql_result_int(result, row, 2);
    reply->queued_at = sql_result_time(result, row, 3);
    reply->subject = keep_cell(queue, result, row, 4);
    reply->message_id = keep_cell(queue, result, row, 5);
    reply->in_reply_to = keep_cell(queue, result, row, 6);
    reply->others_mail = sql_result_bool(result, row, 7);
    reply->words = keep_cell(queue, result, row, 8);
    reply->tag = keep_cell(queue, result, row, 9);
    reply->cut_off = sql_result_bool(result, row, 10);
    reply->not_before = sql_result_time(result, row, 11);
    reply->last_error = keep_cell(queue, result, row, 12);
    reply->lines = g_ptr_array_new_with_free_func(g_free);
    return reply;
}

static void reply_free(gpointer data)
{
    QueuedReply *reply = data;
    g_ptr_array_unref(reply->lines);
    g_free(reply);
}

ReplyQueue *reply_store_take(Database *database, const ReplyTake *take, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_time(params, take->now);
    sql_params_add_bool(params, take->early);
    sql_params_add_int(params, SQL_INT8, take->skip);
    sql_params_add_int(params, SQL_INT8, take->most);
    g_autoptr(SqlResult) result =
        sql_run(database, "reply_select_queued", select_queued, params, error);
    if (result == NULL) {
        return NULL;
    }
    ReplyQueue *queue = g_new0(ReplyQueue, 1);
    queue->replies = g_ptr_array_new_with_free_func(reply_free);
    queue->by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
    queue->texts = g_string_chunk_new(4096);
    for (int row = 0; row < sql_result_rows(result); row++) {
        QueuedReply *reply = reply_from(queue, result, row);
        g_ptr_array_add(queue->replies, reply);
        g_hash_table_insert(queue->by_id, &reply->id, reply);
    }
    if (!load_lines(database, queue, error)) {
        reply_queue_free(queue);
        return NULL;
    }
    return queue;
}

const GPtrArray *reply_queue_replies(const ReplyQueue *queue)
{
    return queue->replies;
}

void reply_queue_free(ReplyQueue *queue)
{
    if (queue == NULL) {
        return;
    }
    g_hash_table_unref(queue->by_id);
    g_ptr_array_unref(queue->replies);
    g_string_chunk_free(queue->texts);
    g_free(queue);
}
