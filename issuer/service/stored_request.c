#include "service/stored_request.h"

StoredRequest *stored_request_new(const WaitingRequest *waiting, GError **error)
{
    Matter *matter = matter_new_stored(waiting->jws, waiting->request_id, error);
    if (matter == NULL) {
        return NULL;
    }
    StoredRequest *request = g_new0(StoredRequest, 1);
    request->matter = matter;
    request->license_id = waiting->license_id;
    request->item.message_id = waiting->message_id;
    request->item.sender = waiting->sender;
    request->item.vouched = waiting->vouched;
    request->item.tells_of_loss = waiting->tells_of_loss;
    request->item.matters = g_ptr_array_new();
    g_ptr_array_add(request->item.matters, matter);
    return request;
}

void stored_request_free(StoredRequest *request)
{
    if (request == NULL) {
        return;
    }
    g_ptr_array_unref(request->item.matters);
    matter_free(request->matter);
    g_free(request);
}
