#include "db/serial_store.h"

#include "db/sql.h"

/* An advisory lock (class 'ISSU', block) tells the living holder of a block from a dead one; it
 * goes with the connection, however that ends. Durability may wait: the batch that uses the numbers
 * is committed later, and the log that makes that durable holds this before it. */
static const char draw_block[] =
    "with n as (select nextval('usage_license_serial') as serial from generate_series(1, $1)),"
    " b as (insert into serial_block (first, last, holder)"
    "  select min(serial), max(serial), pg_backend_pid() from n returning id, first, last),"
    /* A draw that was broken off has used numbers up and left no block: they are void. */
    " edge as (select min(serial) as drawn, coalesce((select last from serial_block"
    "  order by first desc limit 1), 0) + 1 as free from n),"
    " lost as (insert into serial_block (first, last, holder, closed_at)"
    "  select free, drawn - 1, pg_backend_pid(), transaction_timestamp() from edge"
    "  where free < drawn returning id, first, last),"
    " told as (insert into serial_void (serial, block_id)"
    "  select n, lost.id from lost, generate_series(lost.first, lost.last) n)"
    " select b.first, pg_advisory_lock(1230197589, b.id::integer), b.last - b.first + 1 from b";

bool serial_draw(Database *database, uint32_t count, int64_t *first, GError **error)
{
    g_autoptr(SqlParams) params = sql_params_new();
    sql_params_add_int(params, SQL_INT4, count);
    if (!database_begin(database, error)) {
        return false;
    }
    /* Two that draw at once would get numbers in turn, and a block has no holes. */
    if (!sql_do(database, "serial_turn", "lock table serial_block in exclusive mode", NULL,
                error) ||
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
static const char close_blocks[] =
    "with b as (update serial_block set closed_at = transaction_timestamp()"
    "  where id in (select id from serial_block where closed_at is null"
    "   and pg_try_advisory_xact_lock(1230197589, id::integer))"
    "  returning id, first, last)"
    " insert into serial_void (serial, block_id)"
    " select n, b.id from b, generate_series(b.first, b.last) n"
    " where not exists (select from usage_license u where u.serial = n)";

bool serial_close(Database *database, GError **error)
{
    if (!database_begin(database, error)) {
        return false;
    }
    if (!sql_do(database, "serial_close_turn", "lock table serial_block in exclusive mode", NULL,
                error) ||
        !sql_do(database, "serial_close", close_blocks, NULL, error)) {
        database_rollback(database);
        return false;
    }
    return database_commit(database, error);
}
