#include "delivery/imap_agent.h"

#include "base/error.h"
#include "delivery/imap_frame.h"
#include "delivery/imap_session.h"

#include <unistd.h>

typedef struct {
    int socket;
    ImapSession *session; /* NULL: none is open */
    char *beside;         /* of the request */
    gsize size;
    GBytes *bytes; /* that go beside the answer; NULL: none */
} Agent;

/* Does one order with its arguments; the answer's value, or NULL with an error. */
typedef GVariant *(*Serve)(Agent *agent, GVariant *arguments, GError **error);

static GVariant *nothing(bool done)
{
    return done ? g_variant_new_boolean(TRUE) : NULL;
}

static GVariant *serve_open(Agent *agent, GVariant *arguments, GError **error)
{
    gboolean token = FALSE;
    ImapServer server = {0};
    g_autoptr(Secret) secret = secret_new_copy(agent->beside, agent->size);
    g_variant_get(arguments, "(&s&sm&suuub)", &server.url, &server.user, &server.ca_file,
                  &server.connect_seconds, &server.stall_seconds, &server.seconds, &token);
    server.password = token ? NULL : secret;
    server.token = token ? secret : NULL;
    g_clear_pointer(&agent->session, imap_session_free);
    agent->session = imap_session_open(&server, error);
    return nothing(agent->session != NULL);
}

static GVariant *serve_folder(Agent *agent, GVariant *arguments, GError **error)
{
    return nothing(
        imap_session_has_folder(agent->session, g_variant_get_string(arguments, NULL), error));
}

static GVariant *serve_select(Agent *agent, GVariant *arguments, GError **error)
{
    ImapFolder folder;
    const char *name = g_variant_get_string(arguments, NULL);
    return imap_session_select(agent->session, name, &folder, error)
               ? g_variant_new("(uub)", folder.validity, folder.next, (gboolean)folder.keywords)
               : NULL;
}

static GVariant *numbers(const GArray *uids)
{
    return g_variant_new_fixed_array(G_VARIANT_TYPE_UINT32, uids->data, uids->len,
                                     sizeof(uint32_t));
}

static GVariant *serve_list(Agent *agent, GVariant *arguments, GError **error)
{
    g_autoptr(GArray) uids =
        imap_session_list(agent->session, g_variant_get_uint32(arguments), error);
    return uids != NULL ? numbers(uids) : NULL;
}

static GVariant *serve_describe(Agent *agent, GVariant *arguments, GError **error)
{
    gsize count = 0;
    const uint32_t *uids = g_variant_get_fixed_array(arguments, &count, sizeof(uint32_t));
    g_autoptr(GArray) mails = imap_session_describe(agent->session, uids, (guint)count, error);
    if (mails == NULL) {
        return NULL;
    }
    GVariantBuilder builder;
    g_variant_builder_init(&builder, G_VARIANT_TYPE("a(utb)"));
    for (guint i = 0; i < mails->len; i++) {
        const ImapMail *mail = &g_array_index(mails, ImapMail, i);
        g_variant_builder_add(&builder, "(utb)", mail->uid, mail->size, (gboolean)mail->deleted);
    }
    return g_variant_builder_end(&builder);
}

static GVariant *serve_read(Agent *agent, GVariant *arguments, GError **error)
{
    guint32 uid = 0;
    guint64 most = 0;
    ImapReading reading = IMAP_MAIL_GONE;
    g_autofree char *why = NULL;
    g_autoptr(GError) failure = NULL;
    g_variant_get(arguments, "(ut)", &uid, &most);
    agent->bytes = imap_session_read(agent->session, uid, (gsize)most, &reading, &why, &failure);
    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    return g_variant_new("(yms)", (guchar)reading, why);
}

/* The mails go beside the answer one behind the other. */
static GVariant *serve_some(Agent *agent, GVariant *arguments, GError **error)
{
    (void)error; /* what broke is told with what came before it */
    gsize count = 0;
    guint64 most = 0;
    g_autoptr(GVariant) list = g_variant_get_child_value(arguments, 0);
    const uint32_t *uids = g_variant_get_fixed_array(list, &count, sizeof(uint32_t));
    g_variant_get_child(arguments, 1, "t", &most);
    g_autoptr(GError) broken = NULL;
    g_autoptr(GArray) reads =
        imap_session_read_some(agent->session, uids, (guint)count, (gsize)most, &broken);
    GByteArray *all = g_byte_array_new();
    GVariantBuilder builder;
    g_variant_builder_init(&builder, G_VARIANT_TYPE("a(ut)"));
    for (guint i = 0; i < reads->len; i++) {
        const ImapRead *read = &g_array_index(reads, ImapRead, i);
        gsize size = 0;
        const guint8 *data = g_bytes_get_data(read->bytes, &size);
        g_byte_array_append(all, data, (guint)size);
        g_variant_builder_add(&builder, "(ut)", read->uid, (guint64)size);
    }
    agent->bytes = g_byte_array_free_to_bytes(all);
    return g_variant_new("(a(ut)ms)", &builder, broken != NULL ? broken->message : NULL);
}

static GVariant *serve_front(Agent *agent, GVariant *arguments, GError **error)
{
    guint32 uid = 0;
    guint64 most = 0;
    g_autoptr(GError) failure = NULL;
    g_variant_get(arguments, "(ut)", &uid, &most);
    agent->bytes = imap_session_read_front(agent->session, uid, (gsize)most, &failure);
    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    return g_variant_new_boolean(agent->bytes != NULL);
}

/* The arguments of what is done to many mails. New array. */
static GArray *uids_of(GVariant *arguments, const char **text)
{
    gsize count = 0;
    g_autoptr(GVariant) list = g_variant_get_child_value(arguments, 0);
    const uint32_t *uids = g_variant_get_fixed_array(list, &count, sizeof(uint32_t));
    GArray *array = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_array_append_vals(array, uids, (guint)count);
    g_variant_get_child(arguments, 1, "&s", text);
    return array;
}

static GVariant *serve_mark(Agent *agent, GVariant *arguments, GError **error)
{
    const char *flags = NULL;
    g_autoptr(GArray) uids = uids_of(arguments, &flags);
    return nothing(imap_session_mark(agent->session, uids, flags, error));
}

static GVariant *serve_move(Agent *agent, GVariant *arguments, GError **error)
{
    const char *folder = NULL;
    g_autoptr(GArray) uids = uids_of(arguments, &folder);
    return nothing(imap_session_move(agent->session, uids, folder, error));
}

/* Waits for new mail, or for the next request. */
static GVariant *serve_wait(Agent *agent, GVariant *arguments, GError **error)
{
    bool news = false;
    return imap_session_wait(agent->session, g_variant_get_uint32(arguments), agent->socket, &news,
                             error)
               ? g_variant_new_boolean(news)
               : NULL;
}

/* That it was asked has ended the waiting. */
static GVariant *serve_cease(Agent *agent, GVariant *arguments, GError **error)
{
    (void)agent;
    (void)arguments;
    (void)error;
    return nothing(true);
}

static const struct {
    Serve serve;
    const char *type; /* of its arguments */
} orders[] = {
    [IMAP_ORDER_OPEN] = {serve_open, "(ssmsuuub)"}, [IMAP_ORDER_FOLDER] = {serve_folder, "s"},
    [IMAP_ORDER_SELECT] = {serve_select, "s"},      [IMAP_ORDER_LIST] = {serve_list, "u"},
    [IMAP_ORDER_DESCRIBE] = {serve_describe, "au"}, [IMAP_ORDER_READ] = {serve_read, "(ut)"},
    [IMAP_ORDER_SOME] = {serve_some, "(aut)"},      [IMAP_ORDER_FRONT] = {serve_front, "(ut)"},
    [IMAP_ORDER_MARK] = {serve_mark, "(aus)"},      [IMAP_ORDER_MOVE] = {serve_move, "(aus)"},
    [IMAP_ORDER_WAIT] = {serve_wait, "u"},          [IMAP_ORDER_CEASE] = {serve_cease, "b"},
};

/* False where the request is none, or there is nobody to answer any more. */
static bool answer(Agent *agent, GVariant *request)
{
    guchar order = 0;
    g_autoptr(GVariant) arguments = NULL;
    g_autoptr(GError) error = NULL;
    g_variant_get(request, IMAP_FRAME_REQUEST, &order, &arguments);
    if (order >= G_N_ELEMENTS(orders) || (agent->session == NULL && order != IMAP_ORDER_OPEN) ||
        !g_variant_is_of_type(arguments, G_VARIANT_TYPE(orders[order].type))) {
        return false;
    }
    GVariant *value = orders[order].serve(agent, arguments, &error);
    gsize size = 0;
    const void *bytes = agent->bytes != NULL ? g_bytes_get_data(agent->bytes, &size) : NULL;
    const bool sent = imap_frame_send(
        agent->socket,
        g_variant_new(IMAP_FRAME_ANSWER, error != NULL ? error->code : IMAP_FRAME_DONE,
                      error != NULL ? error->message : "",
                      value != NULL ? value : g_variant_new_boolean(FALSE)),
        bytes, size);
    g_clear_pointer(&agent->bytes, g_bytes_unref);
    return sent;
}

void imap_agent_run(int socket)
{
    Agent agent = {.socket = socket};
    bool going = true;
    while (going) {
        g_autoptr(GVariant) request =
            imap_frame_receive(socket, IMAP_FRAME_REQUEST, &agent.beside, &agent.size);
        going = request != NULL && answer(&agent, request);
        if (agent.beside != NULL) {
            secret_wipe(agent.beside, agent.size);
        }
        g_clear_pointer(&agent.beside, g_free);
    }
    imap_session_free(agent.session);
    _exit(0);
}
