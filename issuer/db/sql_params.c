#include "db/sql.h"
#include "db/sql_wire.h"

#include "core/dates.h"

#include <limits.h>
#include <string.h>

/* Binary formats are those of PostgreSQL's send and receive functions (src/backend/utils/adt):
 * whole numbers in network order; timestamptz in microseconds and date in days since 2000-01-01;
 * an array is dimensions, a flag for NULLs, the element's type, then for the one dimension its
 * length and lower bound, then each element after its length (-1: NULL). */
#define ARRAY_HEADER 20
#define EMPTY_ARRAY  12 /* no dimension, so neither length nor bound */

/* The fixed object ids of pg_type.dat. */
typedef struct {
    unsigned element, array;
    guint size; /* bytes of a value; 0: varies */
} TypeRow;

static const TypeRow types[] = {
    [SQL_BOOL] = {16, 1000, 1},   [SQL_INT2] = {21, 1005, 2},  [SQL_INT4] = {23, 1007, 4},
    [SQL_INT8] = {20, 1016, 8},   [SQL_TEXT] = {25, 1009, 0},  [SQL_BYTES] = {17, 1001, 0},
    [SQL_TIME] = {1184, 1185, 8}, [SQL_DAY] = {1082, 1182, 4},
};

/* One parameter: a single value, or an array that grows. */
struct SqlColumn {
    SqlType type;
    bool is_array;
    bool has_null; /* the single value is NULL, or an element is */
    guint length;  /* elements */
    GByteArray *bytes;
};

struct SqlParams {
    GPtrArray *columns; /* of SqlColumn, owned */
};

static void put_be(guint8 *at, guint64 value, guint size)
{
    for (guint i = 0; i < size; i++) {
        at[i] = (guint8)(value >> (8 * (size - 1 - i)));
    }
}

/* Room for one more value of `size` bytes, its length already written where one belongs. */
static guint8 *grow(SqlColumn *column, guint size)
{
    guint prefix = column->is_array ? 4 : 0;
    guint before = column->bytes->len;
    g_byte_array_set_size(column->bytes, before + prefix + size);
    guint8 *at = column->bytes->data + before;
    if (prefix) {
        put_be(at, size, 4);
    }
    column->length++;
    return at + prefix;
}

static void put_number(SqlColumn *column, SqlType type, guint64 value)
{
    g_assert(column->type == type);
    guint size = types[type].size;
    put_be(grow(column, size), value, size);
}

void sql_column_null(SqlColumn *column)
{
    column->has_null = true;
    if (column->is_array) {
        /* The length -1 in four bytes, and no value. */
        memset(grow(column, 0) - 4, 0xff, 4);
    }
}

void sql_column_bool(SqlColumn *column, bool value)
{
    put_number(column, SQL_BOOL, value);
}

void sql_column_int(SqlColumn *column, int64_t value)
{
    g_assert(column->type == SQL_INT8 ||
             (column->type == SQL_INT4 && value >= INT32_MIN && value <= INT32_MAX) ||
             (column->type == SQL_INT2 && value >= INT16_MIN && value <= INT16_MAX));
    put_number(column, column->type, (guint64)value);
}

static void put_bytes(SqlColumn *column, SqlType type, const void *value, gsize size)
{
    g_assert(column->type == type);
    if (!value) {
        sql_column_null(column);
        return;
    }
    g_assert(size <= INT_MAX / 2);
    guint8 *at = grow(column, (guint)size);
    if (size) {
        memcpy(at, value, size);
    }
}

void sql_column_text(SqlColumn *column, const char *value)
{
    put_bytes(column, SQL_TEXT, value, value ? strlen(value) : 0);
}

void sql_column_bytes(SqlColumn *column, const void *value, gsize size)
{
    put_bytes(column, SQL_BYTES, value, size);
}

void sql_column_digest(SqlColumn *column, const Digest *value)
{
    put_bytes(column, SQL_BYTES, value ? value->bytes : NULL, DIGEST_SIZE);
}

void sql_column_id(SqlColumn *column, int64_t id)
{
    if (id == 0) {
        sql_column_null(column);
    } else {
        sql_column_int(column, id);
    }
}

void sql_column_time(SqlColumn *column, int64_t seconds)
{
    if (seconds == 0) {
        sql_column_null(column);
        return;
    }
    put_number(column, SQL_TIME, (guint64)((seconds - SQL_EPOCH_S) * G_USEC_PER_SEC));
}

void sql_column_day(SqlColumn *column, int32_t day)
{
    if (day == DATES_NONE) {
        sql_column_null(column);
        return;
    }
    put_number(column, SQL_DAY, (guint64)(int64_t)(day - SQL_EPOCH_DAY));
}

guint sql_column_length(const SqlColumn *column)
{
    return column->length;
}

static void column_free(gpointer data)
{
    SqlColumn *column = data;
    g_byte_array_unref(column->bytes);
    g_free(column);
}

SqlParams *sql_params_new(void)
{
    SqlParams *params = g_new0(SqlParams, 1);
    params->columns = g_ptr_array_new_with_free_func(column_free);
    return params;
}

void sql_params_free(SqlParams *params)
{
    if (!params) {
        return;
    }
    g_ptr_array_unref(params->columns);
    g_free(params);
}

static SqlColumn *add(SqlParams *params, SqlType type, bool is_array)
{
    SqlColumn *column = g_new0(SqlColumn, 1);
    column->type = type;
    column->is_array = is_array;
    column->bytes = g_byte_array_new();
    if (is_array) {
        g_byte_array_set_size(column->bytes, ARRAY_HEADER);
    }
    g_ptr_array_add(params->columns, column);
    return column;
}

SqlColumn *sql_params_add_column(SqlParams *params, SqlType type)
{
    return add(params, type, true);
}

void sql_params_add_bool(SqlParams *params, bool value)
{
    sql_column_bool(add(params, SQL_BOOL, false), value);
}

void sql_params_add_int(SqlParams *params, SqlType type, int64_t value)
{
    sql_column_int(add(params, type, false), value);
}

void sql_params_add_text(SqlParams *params, const char *value)
{
    sql_column_text(add(params, SQL_TEXT, false), value);
}

void sql_params_add_bytes(SqlParams *params, const void *value, gsize size)
{
    sql_column_bytes(add(params, SQL_BYTES, false), value, size);
}

void sql_params_add_digest(SqlParams *params, const Digest *value)
{
    sql_column_digest(add(params, SQL_BYTES, false), value);
}

void sql_params_add_time(SqlParams *params, int64_t seconds)
{
    sql_column_time(add(params, SQL_TIME, false), seconds);
}

void sql_params_add_micros(SqlParams *params, int64_t micros)
{
    put_number(add(params, SQL_TIME, false), SQL_TIME,
               (guint64)(micros - SQL_EPOCH_S * G_USEC_PER_SEC));
}

void sql_params_add_day(SqlParams *params, int32_t day)
{
    sql_column_day(add(params, SQL_DAY, false), day);
}

void sql_params_add_id(SqlParams *params, int64_t id)
{
    sql_column_id(add(params, SQL_INT8, false), id);
}

void sql_params_add_null(SqlParams *params, SqlType type)
{
    sql_column_null(add(params, type, false));
}

/* The array's head, known only now. */
static void finish_array(const SqlColumn *column)
{
    guint8 *head = column->bytes->data;
    put_be(head, column->length > 0, 4);
    put_be(head + 4, column->has_null, 4);
    put_be(head + 8, types[column->type].element, 4);
    put_be(head + 12, column->length, 4);
    put_be(head + 16, 1, 4);
}

static void place(SqlWire *wire, guint i, const SqlColumn *column)
{
    bool is_null = !column->is_array && column->has_null;
    guint size = column->bytes->len;
    if (column->is_array) {
        finish_array(column);
        size = column->length ? size : EMPTY_ARRAY;
    }
    g_assert(size <= INT_MAX);
    wire->types[i] = column->is_array ? types[column->type].array : types[column->type].element;
    /* An empty value still needs an address: NULL would be SQL's NULL. */
    const char *at = size ? (const char *)column->bytes->data : "";
    wire->values[i] = is_null ? NULL : at;
    wire->lengths[i] = (int)size;
    wire->formats[i] = 1;
}

void sql_params_wire(const SqlParams *params, SqlWire *wire)
{
    guint count = params ? params->columns->len : 0;
    g_assert(count <= SQL_WIRE_MOST);
    for (guint i = 0; i < count; i++) {
        place(wire, i, g_ptr_array_index(params->columns, i));
    }
    wire->count = (int)count;
}

SqlColumn *sql_params_add_digests(SqlParams *params, const GArray *digests)
{
    SqlColumn *column = sql_params_add_column(params, SQL_BYTES);
    for (guint i = 0; i < digests->len; i++) {
        sql_column_digest(column, &g_array_index(digests, Digest, i));
    }
    return column;
}

SqlColumn *sql_params_add_numbers(SqlParams *params, const GArray *numbers)
{
    SqlColumn *column = sql_params_add_column(params, SQL_INT8);
    for (guint i = 0; i < numbers->len; i++) {
        sql_column_int(column, g_array_index(numbers, int64_t, i));
    }
    return column;
}
