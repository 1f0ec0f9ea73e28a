#include "service/requests.h"

GPtrArray *requests_list(Context *context, bool all, unsigned most, bool *more, GError **error)
{
    GPtrArray *found = request_query_list(context->database, all, most + 1, error);
    *more = found != NULL && found->len > most;
    if (*more) {
        g_ptr_array_set_size(found, (gint)most);
    }
    return found;
}

RequestDetail *requests_show(Context *context, const char *text, GError **error)
{
    const int64_t id = request_query_find(context->database, text, error);
    return id != 0 ? request_query_show(context->database, id, error) : NULL;
}
