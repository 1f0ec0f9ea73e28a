#include "delivery/imap.h"

#include "base/error.h"
#include "delivery/imap_agent.h"
#include "delivery/imap_frame.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define AGENT_SOCKET 3
#define PATIENCE_MS  1000

struct Imap {
    int socket;
    pid_t pid;
    bool waits;   /* for new mail */
    bool left;    /* somebody was waited for for too long */
    bool refused; /* by the server, who we say that we are */
    ImapPatience patience;
    gpointer data; /* for it */
};

void imap_set_patience(Imap *imap, ImapPatience patience, gpointer data)
{
    imap->patience = patience;
    imap->data = data;
}

bool imap_was_refused(const Imap *imap)
{
    return imap->refused;
}

bool imap_has_ended(const Imap *imap)
{
    siginfo_t end = {0};
    return waitid(P_PID, (id_t)imap->pid, &end, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           end.si_pid != 0;
}

/* The life of the process. It keeps no file of this one open: what others wait for to be closed
 * would stay open with it. */
G_NORETURN static void live(int socket, pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_DUMPABLE, 0); /* it will hold a password */
    if (getppid() != parent || (socket != AGENT_SOCKET && dup2(socket, AGENT_SOCKET) < 0)) {
        _exit(1);
    }
    (void)close_range(AGENT_SOCKET + 1, ~0U, 0);
    imap_agent_run(AGENT_SOCKET);
}

static Imap *fail_to_start(GError **error)
{
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                "no process can be started that speaks to the mailbox: %s", g_strerror(errno));
    return NULL;
}

Imap *imap_new(GError **error)
{
    int ends[2];
    const pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return fail_to_start(error);
    }
    const pid_t pid = fork();
    if (pid == 0) {
        live(ends[0], parent);
    }
    (void)close(ends[0]);
    if (pid < 0) {
        (void)close(ends[1]);
        return fail_to_start(error);
    }
    Imap *imap = g_new0(Imap, 1);
    imap->socket = ends[1];
    imap->pid = pid;
    return imap;
}

/* What goes with a request and comes with its answer. */
typedef struct {
    const Secret *secret; /* or NULL */
    char *bytes;          /* out */
    gsize size;
} Beside;

static GVariant *fail_to_ask(GError **error)
{
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                "the process that speaks to the server has ended; try again, and tell the makers "
                "of issuer if it stays so");
    return NULL;
}

/* Until there is an answer, or its end. */
static bool be_patient(const Imap *imap)
{
    struct pollfd fd = {.fd = imap->socket, .events = POLLIN};
    while (imap->patience != NULL && poll(&fd, 1, PATIENCE_MS) <= 0) {
        if (!imap->patience(imap->data)) {
            return false;
        }
    }
    return true;
}

/* The next answer's value, of `type`; NULL with an error. */
static GVariant *hear(Imap *imap, Beside *beside, const char *type, GError **error)
{
    if (imap->left || !be_patient(imap)) {
        imap->left = true;
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                            "it was to end before the server had answered");
        return NULL;
    }
    g_autoptr(GVariant) answer =
        imap_frame_receive(imap->socket, IMAP_FRAME_ANSWER, &beside->bytes, &beside->size);
    if (answer == NULL) {
        return fail_to_ask(error);
    }
    gint32 code = 0;
    const char *message = NULL;
    g_autoptr(GVariant) value = NULL;
    g_variant_get(answer, "(i&sv)", &code, &message, &value);
    imap->refused = code == ISSUER_ERROR_DENIED;
    if (code != IMAP_FRAME_DONE) {
        g_set_error(error, ISSUER_ERROR,
                    code == ISSUER_ERROR_INPUT ? ISSUER_ERROR_INPUT : ISSUER_ERROR_UNAVAILABLE,
                    "%s", message);
        return NULL;
    }
    return g_variant_is_of_type(value, G_VARIANT_TYPE(type)) ? g_steal_pointer(&value)
                                                             : fail_to_ask(error);
}

/* Has the process do something. The answer's value, of `type`; NULL with an error. */
static GVariant *ask(Imap *imap, GVariant *request, Beside *beside, const char *type,
                     GError **error)
{
    const void *secret = beside->secret != NULL ? secret_peek(beside->secret) : NULL;
    const gsize size = beside->secret != NULL ? secret_size(beside->secret) : 0;
    return imap_frame_send(imap->socket, request, secret, size) ? hear(imap, beside, type, error)
                                                                : fail_to_ask(error);
}

/* The same where nothing goes or comes beside it. */
static GVariant *ask_plainly(Imap *imap, ImapOrder order, GVariant *arguments, const char *type,
                             GError **error)
{
    Beside beside = {0};
    GVariant *value = ask(imap, g_variant_new(IMAP_FRAME_REQUEST, (guchar)order, arguments),
                          &beside, type, error);
    g_free(beside.bytes);
    return value;
}

static bool have_done(Imap *imap, ImapOrder order, GVariant *arguments, GError **error)
{
    g_autoptr(GVariant) value = ask_plainly(imap, order, arguments, "b", error);
    return value != NULL;
}

bool imap_open(Imap *imap, const ImapServer *server, GError **error)
{
    Beside beside = {.secret = server->token != NULL ? server->token : server->password};
    g_autoptr(GVariant) value =
        ask(imap,
            g_variant_new(IMAP_FRAME_REQUEST, (guchar)IMAP_ORDER_OPEN,
                          g_variant_new("(ssmsuuub)", server->url, server->user, server->ca_file,
                                        server->connect_seconds, server->stall_seconds,
                                        server->seconds, (gboolean)(server->token != NULL))),
            &beside, "b", error);
    g_free(beside.bytes);
    return value != NULL;
}

bool imap_has_folder(Imap *imap, const char *folder, GError **error)
{
    return have_done(imap, IMAP_ORDER_FOLDER, g_variant_new_string(folder), error);
}

bool imap_select(Imap *imap, const char *folder, ImapFolder *state, GError **error)
{
    gboolean keywords = FALSE;
    g_autoptr(GVariant) value =
        ask_plainly(imap, IMAP_ORDER_SELECT, g_variant_new_string(folder), "(uub)", error);
    if (value == NULL) {
        return false;
    }
    g_variant_get(value, "(uub)", &state->validity, &state->next, &keywords);
    state->keywords = keywords;
    return true;
}

static GVariant *numbers(const uint32_t *uids, gsize count)
{
    return g_variant_new_fixed_array(G_VARIANT_TYPE_UINT32, uids, count, sizeof(uint32_t));
}

GArray *imap_list(Imap *imap, uint32_t after, GError **error)
{
    g_autoptr(GVariant) value =
        ask_plainly(imap, IMAP_ORDER_LIST, g_variant_new_uint32(after), "au", error);
    if (value == NULL) {
        return NULL;
    }
    gsize count = 0;
    const uint32_t *uids = g_variant_get_fixed_array(value, &count, sizeof(uint32_t));
    GArray *list = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_array_append_vals(list, uids, (guint)count);
    return list;
}

GArray *imap_describe(Imap *imap, const uint32_t *uids, guint count, GError **error)
{
    g_autoptr(GVariant) value =
        ask_plainly(imap, IMAP_ORDER_DESCRIBE, numbers(uids, count), "a(utb)", error);
    if (value == NULL) {
        return NULL;
    }
    GArray *mails = g_array_new(FALSE, TRUE, sizeof(ImapMail));
    GVariantIter iter;
    ImapMail mail = {0};
    gboolean deleted = FALSE;
    g_variant_iter_init(&iter, value);
    while (g_variant_iter_next(&iter, "(utb)", &mail.uid, &mail.size, &deleted)) {
        mail.deleted = deleted;
        g_array_append_val(mails, mail);
    }
    return mails;
}

/* The bytes that came beside an answer. */
static GBytes *bytes_of(Beside *beside, bool wanted)
{
    GBytes *bytes = wanted ? g_bytes_new_take(beside->bytes, beside->size) : NULL;
    if (!wanted) {
        g_free(beside->bytes);
    }
    return bytes;
}

static GVariant *reading_order(ImapOrder order, uint32_t uid, gsize most)
{
    return g_variant_new(IMAP_FRAME_REQUEST, (guchar)order,
                         g_variant_new("(ut)", uid, (guint64)most));
}

GBytes *imap_read(Imap *imap, uint32_t uid, gsize most, ImapReading *reading, char **why,
                  GError **error)
{
    Beside beside = {0};
    guchar told = IMAP_MAIL_GONE;
    g_autoptr(GVariant) value =
        ask(imap, reading_order(IMAP_ORDER_READ, uid, most), &beside, "(yms)", error);
    if (value != NULL) {
        g_variant_get(value, "(yms)", &told, why);
        *reading = told > IMAP_MAIL_REFUSED ? IMAP_MAIL_REFUSED : (ImapReading)told;
    }
    return bytes_of(&beside, value != NULL && told == IMAP_MAIL_READ);
}

static void clear_read(gpointer data)
{
    g_bytes_unref(((ImapRead *)data)->bytes);
}

/* The mails out of what came beside the answer. False if they do not add up to it. */
static bool take_reads(GVariantIter *iter, GBytes *all, GArray *reads)
{
    gsize at = 0;
    guint32 uid = 0;
    guint64 size = 0;
    while (g_variant_iter_next(iter, "(ut)", &uid, &size)) {
        if (size > g_bytes_get_size(all) - at) {
            return false;
        }
        const ImapRead read = {uid, g_bytes_new_from_bytes(all, at, (gsize)size)};
        g_array_append_val(reads, read);
        at += (gsize)size;
    }
    return at == g_bytes_get_size(all);
}

GArray *imap_read_some(Imap *imap, const uint32_t *uids, guint count, gsize most, GError **broken)
{
    GArray *reads = g_array_new(FALSE, FALSE, sizeof(ImapRead));
    g_array_set_clear_func(reads, clear_read);
    Beside beside = {0};
    g_autoptr(GVariant) value =
        ask(imap,
            g_variant_new(IMAP_FRAME_REQUEST, (guchar)IMAP_ORDER_SOME,
                          g_variant_new("(@aut)", numbers(uids, count), (guint64)most)),
            &beside, "(a(ut)ms)", broken);
    g_autoptr(GBytes) all = g_bytes_new_take(beside.bytes, beside.size);
    if (value == NULL) {
        return reads;
    }
    g_autoptr(GVariantIter) iter = NULL;
    g_autofree char *why = NULL;
    g_variant_get(value, "(a(ut)ms)", &iter, &why);
    if (!take_reads(iter, all, reads)) {
        (void)fail_to_ask(broken);
    } else if (why != NULL) {
        g_set_error(broken, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE, "%s", why);
    }
    return reads;
}

GBytes *imap_read_front(Imap *imap, uint32_t uid, gsize most, GError **error)
{
    Beside beside = {0};
    g_autoptr(GVariant) value =
        ask(imap, reading_order(IMAP_ORDER_FRONT, uid, most), &beside, "b", error);
    return bytes_of(&beside, value != NULL && g_variant_get_boolean(value));
}

static bool change(Imap *imap, ImapOrder order, const GArray *uids, const char *text,
                   GError **error)
{
    const uint32_t *all = (const uint32_t *)(const void *)uids->data;
    return uids->len == 0 ||
           have_done(imap, order, g_variant_new("(@aus)", numbers(all, uids->len), text), error);
}

bool imap_mark(Imap *imap, const GArray *uids, const char *flags, GError **error)
{
    return change(imap, IMAP_ORDER_MARK, uids, flags, error);
}

bool imap_move(Imap *imap, const GArray *uids, const char *folder, GError **error)
{
    return change(imap, IMAP_ORDER_MOVE, uids, folder, error);
}

bool imap_wait_begin(Imap *imap, unsigned seconds, GError **error)
{
    GVariant *request =
        g_variant_new(IMAP_FRAME_REQUEST, (guchar)IMAP_ORDER_WAIT, g_variant_new_uint32(seconds));
    imap->waits = imap_frame_send(imap->socket, request, NULL, 0);
    return imap->waits || fail_to_ask(error) != NULL;
}

int imap_wait_fd(const Imap *imap)
{
    return imap->waits ? imap->socket : -1;
}

bool imap_wait_end(Imap *imap, bool *news, GError **error)
{
    struct pollfd fd = {.fd = imap->socket, .events = POLLIN};
    Beside beside = {0};
    const bool ended = poll(&fd, 1, 0) > 0;
    imap->waits = false;
    *news = false;
    if (!ended && !imap_frame_send(imap->socket,
                                   g_variant_new(IMAP_FRAME_REQUEST, (guchar)IMAP_ORDER_CEASE,
                                                 g_variant_new_boolean(TRUE)),
                                   NULL, 0)) {
        return fail_to_ask(error) != NULL;
    }
    g_autoptr(GVariant) value = hear(imap, &beside, "b", error);
    g_clear_pointer(&beside.bytes, g_free);
    *news = value != NULL && g_variant_get_boolean(value);
    g_autoptr(GVariant) ceased =
        ended ? NULL : hear(imap, &beside, "b", value != NULL ? error : NULL);
    g_free(beside.bytes);
    return value != NULL && (ended || ceased != NULL);
}

void imap_free(Imap *imap)
{
    if (imap == NULL) {
        return;
    }
    (void)close(imap->socket);
    if (imap->left) {
        (void)kill(imap->pid, SIGKILL);
    }
    while (waitpid(imap->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    g_free(imap);
}
