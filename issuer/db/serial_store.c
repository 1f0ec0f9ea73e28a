#include "db/serial_store.h"

#include "db/sql.h"

/* Blocks are drawn one after another. No block has the number 0. */
static const char take_turn[] = "select pg_advisory_xact_lock(1230197589, 0)";

/* A block begins where the one before ends. No sequence, for what that has given out stays given
 * out even where the transaction ends midway, and nothing would explain the gap.
 *
 * An advisory lock (class 'ISSU', block) tells the living holder of a block from a dead one; it
 * goes with the connection, however that ends. Durability may wait: the batch that uses the numbers
 * is committed later, and the log that makes that durable holds this before it. */
static const char draw_block[] =
    "with b as (insert into serial_block (first, last, holder)"
    "  select n.before + 1, n.before + $1, pg_backend_pid() from"
    "  (select coalesce(max(last), 0) as before from"
    "   (select last from serial_block order by first desc limit 1) l) n returning id, first)"
    " select b.first, pg_advisory_lock(1230197589, b.id::integer) from b";

bool serial_draw(Database *database, uint32_t count, int64_t *first, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT4, count);
    if (!database_begin(database, error)) {
        return false;
    }
    if (!sql_do(database, "serial_turn", take_turn, NULL, error) ||
        !sql_do(database, "serial_lazy", "set local synchronous_commit = off", NULL, error)) {
        database_rollback(database);
        return false;
    }
    g_autoptr(SqlResult) result = sql_run(database, "serial_draw", draw_block, params, error);
    if (result == NULL) {
        database_rollback(database);
        return false;
    }
    *first = sql_result_int(result, 0, 0);
    return database_commit(database, error);
}

/* Blocks that this session holds are free to it (the lock counts its own holders), those of a dead
 * session are free to anybody. */
static const char free_blocks[] = "select array_agg(id) from serial_block where closed_at is null"
                                  " and pg_try_advisory_xact_lock(1230197589, id::integer)";

/* A statement of its own: it sees all that a dead holder has committed. */
static const char close_blocks[] =
    "with b as (update serial_block set closed_at = transaction_timestamp()"
    "  where id = any ($1::bigint[]) and closed_at is null returning id, first, last)"
    " insert into serial_void (serial, block_id)"
    " select n, b.id from b, generate_series(b.first, b.last) n"
    " where not exists (select from usage_license u where u.serial = n)";

static bool close_free(Database *database, GError **error)
{
    if (!sql_do(database, "serial_turn", take_turn, NULL, error)) {
        return false;
    }
    g_autoptr(SqlResult) found = sql_run(database, "serial_free", free_blocks, NULL, error);
    if (found == NULL) {
        return false;
    }
    g_autoptr(GArray) blocks = sql_result_int_array(found, 0, 0);
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_numbers(params, blocks);
    return sql_do(database, "serial_close", close_blocks, params, error);
}

/* What this session holds of blocks that are closed: else a session that lasts for weeks would fill
 * the server's table of locks. */
static const char release_blocks[] =
    "select pg_advisory_unlock(1230197589, objid::integer) from pg_locks"
    " where locktype = 'advisory' and classid = 1230197589 and objid <> 0 and objsubid = 2"
    " and granted and pid = pg_backend_pid()"
    " and database = (select oid from pg_database where datname = current_database())";

bool serial_close(Database *database, GError **error)
{
    g_autoptr(SqlResult) open =
        sql_run(database, "serial_any_open",
                "select exists (select from serial_block where closed_at is null)", NULL, error);
    if (open == NULL || !sql_result_bool(open, 0, 0)) {
        return open != NULL;
    }
    if (!database_begin(database, error)) {
        return false;
    }
    if (!close_free(database, error)) {
        database_rollback(database);
        return false;
    }
    return database_commit(database, error) &&
           sql_do(database, "serial_release", release_blocks, NULL, error);
}
