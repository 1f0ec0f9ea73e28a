#include "db/database.h"

#include "base/error.h"
#include "db/connection.h"

#include <libpq-fe.h>
#include <string.h>

struct Database {
    PGconn *connection;
    GHashTable *statements; /* name → text of what is prepared */
};

struct pg_conn *database_connection(const Database *db)
{
    return db->connection;
}

bool database_has_statement(const Database *db, const char *name, const char *text)
{
    const char *known = g_hash_table_lookup(db->statements, name);
    if (!known) {
        return false;
    }
    g_assert_cmpstr(known, ==, text);
    return true;
}

void database_note_statement(Database *db, const char *name, const char *text)
{
    g_hash_table_insert(db->statements, g_strdup(name), g_strdup(text));
}

/* Which kind of error a SQLSTATE is. The first prefix that fits. */
static int code_of_state(const char *state)
{
    static const struct {
        const char *prefix;
        int code;
    } codes[] = {
        {"08", ISSUER_ERROR_UNAVAILABLE},    {"53", ISSUER_ERROR_UNAVAILABLE},
        {"57", ISSUER_ERROR_UNAVAILABLE},    {"55P03", ISSUER_ERROR_UNAVAILABLE},
        {"25006", ISSUER_ERROR_UNAVAILABLE}, {"25P03", ISSUER_ERROR_UNAVAILABLE},
        {"23505", ISSUER_ERROR_CONFLICT},    {"40001", ISSUER_ERROR_CONFLICT},
        {"40P01", ISSUER_ERROR_CONFLICT},    {"42501", ISSUER_ERROR_DENIED},
        {"22", ISSUER_ERROR_INPUT},          {"IS001", ISSUER_ERROR_NOT_FOUND},
        {"IS002", ISSUER_ERROR_DENIED},      {"IS003", ISSUER_ERROR_INPUT},
        {"IS004", ISSUER_ERROR_STALE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(codes); i++) {
        if (g_str_has_prefix(state, codes[i].prefix)) {
            return codes[i].code;
        }
    }
    return ISSUER_ERROR_FAILED;
}

/* libpq's messages have several lines. */
static char *one_line(const char *message)
{
    char *line = g_strstrip(g_strdup(message));
    return g_strdelimit(line, "\r\n\t", ' ');
}

static void set_unavailable(const PGconn *connection, const char *doing, GError **error)
{
    g_autofree char *why = one_line(PQerrorMessage(connection));
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                "the database is out of reach (%s): %s", doing, *why ? why : "connection lost");
}

/* The server may have done it and died before it could say so. */
static void set_in_doubt(const PGconn *connection, GError **error)
{
    g_autofree char *why = one_line(PQerrorMessage(connection));
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                "the database went out of reach while this was being recorded, so it is on record "
                "whole or not at all: look before you do it again (%s)",
                *why ? why : "connection lost");
}

void database_error(const Database *db, const struct pg_result *result, const char *doing,
                    GError **error)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    if (!state || PQstatus(db->connection) != CONNECTION_OK) {
        set_unavailable(db->connection, doing, error);
        return;
    }
    g_autofree char *said = one_line(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    int code = code_of_state(state);
    bool schema_missing = strcmp(state, "42P01") == 0 || strcmp(state, "3F000") == 0 ||
                          strcmp(state, "42703") == 0 || strcmp(state, "42883") == 0;
    if (g_str_has_prefix(state, "IS")) {
        g_set_error_literal(error, ISSUER_ERROR, code, said);
    } else if (code == ISSUER_ERROR_DENIED) {
        g_set_error(
            error, ISSUER_ERROR, code,
            "the database login %s may not do this (%s: %s); log in as a member of the role "
            "whose work it is",
            PQuser(db->connection), doing, said);
    } else if (schema_missing) {
        g_set_error(error, ISSUER_ERROR, code,
                    "the database's schema is not this program's (%s: %s); run `issuer migrate`",
                    doing, said);
    } else {
        g_set_error(error, ISSUER_ERROR, code, "the database said on %s: %s (SQLSTATE %s)", doing,
                    said, state);
    }
}

/* Runs a statement of our own that gives no rows the caller wants. */
static bool tell(const Database *db, const char *text, const char *doing, GError **error)
{
    PGresult *result = PQexec(db->connection, text);
    ExecStatusType status = PQresultStatus(result);
    bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!done) {
        database_error(db, result, doing, error);
    }
    PQclear(result);
    return done;
}

static void pass_over_notice(void *unused, const PGresult *notice)
{
    (void)unused;
    (void)notice;
}

/* Names are found in our schema and nowhere else, so nobody can slip a table or function between;
 * pg_temp is named last, else it would come first. Compiling plans (jit) costs more than it gains
 * on statements that touch hundreds of rows by index. */
static const char session_settings[] =
    "select set_config('search_path', 'issuer, pg_temp', false),"
    " set_config('client_encoding', 'UTF8', false), set_config('TimeZone', 'UTC', false),"
    " set_config('DateStyle', 'ISO, YMD', false), set_config('jit', 'off', false),"
    " set_config('lock_timeout', '10s', false),"
    " set_config('statement_timeout', '60s', false),"
    " set_config('idle_in_transaction_session_timeout', '60s', false),"
    " set_config('default_transaction_isolation', 'read committed', false)";

char *database_judge(const char *conninfo)
{
    char *said = NULL;
    PQconninfoOption *options = PQconninfoParse(conninfo, &said);
    if (options != NULL) {
        PQconninfoFree(options);
        return NULL;
    }
    const bool secret = strcasestr(conninfo, "password") != NULL || strstr(conninfo, "://") != NULL;
    g_autofree char *why = secret ? NULL : one_line(said != NULL ? said : "");
    PQfreemem(said);
    return g_strdup_printf(
        "must be a libpq connection string, as host=/run/postgresql dbname=issuer%s%s",
        why != NULL && *why != '\0' ? ": " : "", why != NULL ? why : "");
}

#define OPTIONS_MOST 12

typedef struct {
    const char *names[OPTIONS_MOST];
    const char *values[OPTIONS_MOST];
    gsize count;
} Options;

static void add_option(Options *options, const char *name, const char *value)
{
    g_assert(options->count < OPTIONS_MOST - 1); /* NULL ends the list */
    options->names[options->count] = name;
    options->values[options->count++] = value;
}

/* 0: no host is named, 1: one, 2: several. */
static unsigned count_hosts(const PQconninfoOption *options)
{
    unsigned count = 0;
    for (; options != NULL && options->keyword != NULL; options++) {
        const bool hosts =
            strcmp(options->keyword, "host") == 0 || strcmp(options->keyword, "hostaddr") == 0;
        if (hosts && options->val != NULL && *options->val != '\0') {
            count = MAX(count, strchr(options->val, ',') != NULL ? 2 : 1);
        }
    }
    return count;
}

/* By the connection string, else by libpq's own defaults (PGHOST, PGSERVICE). */
static bool names_several_hosts(const char *conninfo)
{
    PQconninfoOption *given = PQconninfoParse(conninfo, NULL);
    PQconninfoOption *usual = PQconndefaults();
    const unsigned named = count_hosts(given);
    const unsigned count = named != 0 ? named : count_hosts(usual);
    PQconninfoFree(given);
    PQconninfoFree(usual);
    return count > 1;
}

/* What holds where nobody says otherwise: it stands before dbname, from which on the last word
 * counts. A server that vanished without a farewell is noticed within half a minute: by
 * tcp_user_timeout where something was sent, else by the probes. */
static void add_defaults(Options *options, const char *conninfo, const char *among_several)
{
    if (g_getenv("PGCONNECT_TIMEOUT") == NULL) {
        add_option(options, "connect_timeout", "10");
    }
    add_option(options, "keepalives_idle", "10");
    add_option(options, "keepalives_interval", "5");
    add_option(options, "keepalives_count", "3");
    add_option(options, "tcp_user_timeout", "20000");
    if (g_getenv("PGTARGETSESSIONATTRS") == NULL && names_several_hosts(conninfo)) {
        add_option(options, "target_session_attrs", among_several);
    }
}

/* `among_several`: the target_session_attrs where several hosts are named. */
static Database *open_session(const char *conninfo, const char *purpose, const char *among_several,
                              GError **error)
{
    Options options = {0};
    add_defaults(&options, conninfo, among_several);
    add_option(&options, "dbname", conninfo);
    add_option(&options, "application_name", purpose);
    Database new_db = {.connection = PQconnectdbParams(options.names, options.values, 1)};
    if (PQstatus(new_db.connection) != CONNECTION_OK) {
        set_unavailable(new_db.connection, "connecting", error);
        PQfinish(new_db.connection);
        return NULL;
    }
    /* Notices ("table exists already, skipping") are for people at psql. */
    PQsetNoticeReceiver(new_db.connection, pass_over_notice, NULL);
    if (!tell(&new_db, session_settings, "opening the session", error)) {
        PQfinish(new_db.connection);
        return NULL;
    }
    new_db.statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    Database *db = g_new(Database, 1);
    *db = new_db;
    return db;
}

Database *database_open(const char *conninfo, const char *purpose, GError **error)
{
    return open_session(conninfo, purpose, "read-write", error);
}

Database *database_open_to_read(const char *conninfo, const char *purpose, bool standby,
                                GError **error)
{
    Database *db =
        open_session(conninfo, purpose, standby ? "prefer-standby" : "read-write", error);
    if (db != NULL &&
        !tell(db, "set default_transaction_read_only = on", "opening the session", error)) {
        g_clear_pointer(&db, database_free);
    }
    return db;
}

bool database_set_time_limit(Database *db, unsigned seconds, GError **error)
{
    g_autofree char *text = g_strdup_printf("set statement_timeout to '%us'", seconds);
    return tell(db, text, "setting the time limit", error);
}

bool database_prefer_indexes(Database *db, GError **error)
{
    return tell(db, "set enable_seqscan = off", "choosing index scans", error);
}

bool database_keep_plans(Database *db, GError **error)
{
    return tell(db, "set plan_cache_mode = force_generic_plan", "keeping plans", error);
}

bool database_for_reports(Database *db, bool in_order, GError **error)
{
    return tell(db, "set work_mem = '256MB'; set jit = off", "making room for reports", error) &&
           tell(db,
                in_order ? "set enable_hashjoin = off; set max_parallel_workers_per_gather = 0"
                         : "set enable_hashjoin = on; set parallel_tuple_cost = 0.01",
                "choosing how reports join", error);
}

bool database_replan(Database *db, GError **error)
{
    return tell(db, "discard plans", "dropping plans", error);
}

bool database_begin(Database *db, GError **error)
{
    g_assert(PQtransactionStatus(db->connection) != PQTRANS_INTRANS);
    return tell(db, "begin", "begin", error);
}

bool database_commit(Database *db, GError **error)
{
    PGresult *result = PQexec(db->connection, "commit");
    bool accepted = PQresultStatus(result) == PGRES_COMMAND_OK;
    /* A transaction in which a statement failed is rolled back by "commit", without an error. */
    bool committed = accepted && strcmp(PQcmdStatus(result), "COMMIT") == 0;
    if (!accepted && PQstatus(db->connection) != CONNECTION_OK) {
        set_in_doubt(db->connection, error);
    } else if (!accepted) {
        database_error(db, result, "commit", error);
    } else if (!committed) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "the transaction was rolled back because a statement in it had failed");
    }
    PQclear(result);
    return committed;
}

void database_rollback(Database *db)
{
    PGTransactionStatusType status = PQtransactionStatus(db->connection);
    if (status == PQTRANS_INTRANS || status == PQTRANS_INERROR) {
        tell(db, "rollback", "rollback", NULL);
    }
}

void database_free(Database *db)
{
    if (!db) {
        return;
    }
    PQfinish(db->connection);
    g_hash_table_unref(db->statements);
    g_free(db);
}
