#include "service/requests.h"

GPtrArray *requests_list(Context *context, bool all, unsigned most, GError **error)
{
    return request_query_list(context->database, all, most, error);
}

RequestDetail *requests_show(Context *context, const char *text, GError **error)
{
    const int64_t id = request_query_find(context->database, text, error);
    return id != 0 ? request_query_show(context->database, id, error) : NULL;
}
