#include "delivery/imap_session.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "delivery/imap_response.h"
#include "delivery/imap_wire.h"

#include <string.h>

#define WORDS_MOST   200                       /* characters of a server's answer that are told */
#define ANSWER_MOST  ((gsize)64 * 1024 * 1024) /* bytes: the UIDs of a very full mailbox */
#define LITERAL_MOST ((gsize)64 * 1024)        /* bytes, where no mail is asked for */
#define MOVES        1U
#define EXPUNGES     2U
#define IDLES        4U

struct ImapSession {
    ImapWire *wire;
    unsigned commands;  /* so far */
    unsigned abilities; /* MOVES, EXPUNGES, IDLES */
    uint32_t mails;     /* that the folder has, as told so far */
    bool news;          /* it has got some since they were listed */
    GByteArray *bytes;  /* the response at hand */
    char *bye;          /* why the server takes leave */
    bool over;          /* nothing more can be said */
};

/* What is done with each response before the one that ends the command. */
typedef void (*Hear)(const ImapResponse *response, gpointer data);

typedef struct {
    char *command;
    gsize most; /* bytes of a literal */
    Hear hear;
    gpointer data;
    bool continues;   /* that the server waits for more ends it, too */
    bool passed_over; /* out: a literal was too long */
} Talk;

static char *safe_words(const char *words)
{
    g_autofree char *bare = g_strstrip(g_strdup(words));
    return text_one_line(*bare != '\0' ? bare : "no reason given", WORDS_MOST);
}

/* After it nothing more can be said: what the server sends then would be taken for answers to what
 * was not asked. */
static bool give_up(ImapSession *imap, const char *what, GError **error)
{
    imap_wire_break(imap->wire);
    imap->over = true;
    if (imap->bye != NULL) {
        g_autofree char *bye = safe_words(imap->bye);
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE, "the server takes leave: %s",
                    bye);
    } else {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE, "%s", what);
    }
    return false;
}

static bool read_one(ImapSession *imap, Talk *talk, ImapResponse *response, GError **error)
{
    g_autoptr(GError) lost = NULL;
    bool passed_over = false;
    if (!imap_wire_read(imap->wire, imap->bytes, &passed_over, &lost)) {
        return give_up(imap, lost->message, error);
    }
    talk->passed_over |= passed_over;
    if (!imap_response_read((const char *)imap->bytes->data, imap->bytes->len, response)) {
        return give_up(imap, "the server answers with what is no IMAP", error);
    }
    return true;
}

/* What a server may say at any time. That there are so many mails is news only where there were
 * fewer: some say it for no reason. */
static void note(ImapSession *imap, const ImapResponse *response)
{
    if (response->kind == IMAP_UNTAGGED && response->status == IMAP_BYE) {
        g_free(imap->bye);
        imap->bye = g_strdup(response->text);
    } else if (response->kind == IMAP_EXISTS) {
        imap->news |= response->number > imap->mails;
        imap->mails = response->number;
    } else if (response->kind == IMAP_EXPUNGED && imap->mails > 0) {
        imap->mails--;
    }
}

/* Takes in what was said beside the answer that is waited for. */
static bool take_beside(ImapSession *imap, const Talk *talk, ImapResponse *response, GError **error)
{
    const bool asked = response->kind != IMAP_TAGGED && response->kind != IMAP_CONTINUATION;
    note(imap, response);
    if (asked && talk->hear != NULL) {
        talk->hear(response, talk->data);
    }
    imap_response_clear(response);
    return asked || give_up(imap, "the server answers what was not asked", error);
}

/* Hears all that is answered to the command at hand. */
static bool hear_to_end(ImapSession *imap, Talk *talk, ImapResponse *end, GError **error)
{
    g_autofree char *tag = g_strdup_printf("F%u", imap->commands);
    for (;;) {
        if (!read_one(imap, talk, end, error)) {
            return false;
        }
        if ((end->kind == IMAP_TAGGED && strcmp(end->tag, tag) == 0) ||
            (end->kind == IMAP_CONTINUATION && talk->continues)) {
            return true;
        }
        if (!take_beside(imap, talk, end, error)) {
            return false;
        }
    }
}

/* Says a command and hears all that is answered. `end` is the response that ends it, to be cleared
 * by the caller, whatever status it has. */
static bool talk_to_end(ImapSession *imap, Talk *talk, ImapResponse *end, GError **error)
{
    g_autofree char *line = g_strdup_printf("F%u %s", ++imap->commands, talk->command);
    g_autoptr(GError) lost = NULL;
    g_clear_pointer(&talk->command, g_free);
    if (!imap_wire_send(imap->wire, line, MAX(ANSWER_MOST, 2 * talk->most), talk->most, &lost)) {
        return give_up(imap, lost->message, error);
    }
    return hear_to_end(imap, talk, end, error);
}

/* Some of the mails are gone (RFC 5530): all that could be done was done. */
static bool is_done(const ImapResponse *end)
{
    return end->status == IMAP_OK ||
           (end->code != NULL && g_ascii_strcasecmp(end->code, "EXPUNGEISSUED") == 0);
}

/* The same where anything but OK is a failure; `doing` is what was wanted. */
static bool talk_well(ImapSession *imap, Talk *talk, const char *doing, GError **error)
{
    ImapResponse end = {.kind = IMAP_OTHER};
    if (!talk_to_end(imap, talk, &end, error)) {
        return false;
    }
    const bool done = is_done(&end);
    if (!done) {
        g_autofree char *words = safe_words(end.text);
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE, "the server does not %s: %s",
                    doing, words);
    }
    imap_response_clear(&end);
    return done;
}

static void hear_abilities(const ImapResponse *response, gpointer data)
{
    unsigned *abilities = data;
    if (response->kind == IMAP_CAPABILITIES) {
        g_auto(GStrv) words = g_strsplit(response->text, " ", -1);
        for (gsize i = 0; words[i] != NULL; i++) {
            *abilities |= g_ascii_strcasecmp(words[i], "MOVE") == 0 ? MOVES : 0;
            *abilities |= g_ascii_strcasecmp(words[i], "UIDPLUS") == 0 ? EXPUNGES : 0;
            *abilities |= g_ascii_strcasecmp(words[i], "IDLE") == 0 ? IDLES : 0;
        }
    }
}

ImapSession *imap_session_open(const ImapServer *server, GError **error)
{
    g_autofree char *wrong = imap_judge_url(server->url);
    if (wrong != NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "url %s", wrong);
        return NULL;
    }
    ImapWire *wire = imap_wire_open(server, error);
    if (wire == NULL) {
        return NULL;
    }
    ImapSession *imap = g_new0(ImapSession, 1);
    imap->wire = wire;
    imap->bytes = g_byte_array_new();
    Talk talk = {.command = g_strdup("CAPABILITY"),
                 .most = LITERAL_MOST,
                 .hear = hear_abilities,
                 .data = &imap->abilities};
    if (!talk_well(imap, &talk, "say what it can", error)) {
        imap_session_free(imap);
        return NULL;
    }
    return imap;
}

bool imap_session_has_folder(ImapSession *imap, const char *folder, GError **error)
{
    g_autofree char *name = imap_quote_folder(folder, error);
    if (name == NULL) {
        return false;
    }
    Talk talk = {.command = g_strdup_printf("STATUS %s (UIDVALIDITY)", name), .most = LITERAL_MOST};
    return talk_well(imap, &talk, "open the folder", error);
}

typedef struct {
    ImapFolder *state;
    bool read_only;
} Selecting;

static void hear_code(Selecting *selecting, const char *code)
{
    int64_t number = 0;
    if (g_ascii_strncasecmp(code, "UIDVALIDITY ", 12) == 0 &&
        text_read_number(code + 12, 1, G_MAXUINT32, &number)) {
        selecting->state->validity = (uint32_t)number;
    }
    if (g_ascii_strncasecmp(code, "UIDNEXT ", 8) == 0 &&
        text_read_number(code + 8, 1, G_MAXUINT32, &number)) {
        selecting->state->next = (uint32_t)number;
    }
    if (g_ascii_strncasecmp(code, "PERMANENTFLAGS ", 15) == 0) {
        selecting->state->keywords = strstr(code, "\\*") != NULL;
    }
    selecting->read_only |= g_ascii_strcasecmp(code, "READ-ONLY") == 0;
}

static void hear_selecting(const ImapResponse *response, gpointer data)
{
    if (response->kind == IMAP_UNTAGGED && response->code != NULL) {
        hear_code(data, response->code);
    }
}

static bool check_selected(const Selecting *selecting, GError **error)
{
    if (selecting->state->validity == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                    "the server gives the folder no lasting numbers (UIDVALIDITY): it cannot be "
                    "read so that nothing is missed");
        return false;
    }
    if (selecting->read_only) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                    "the folder may only be read: let the user mark mails in it");
        return false;
    }
    return true;
}

bool imap_session_select(ImapSession *imap, const char *folder, ImapFolder *state, GError **error)
{
    g_autofree char *name = imap_quote_folder(folder, error);
    if (name == NULL) {
        return false;
    }
    *state = (ImapFolder){.keywords = true}; /* RFC 3501: where nothing is said, all may be set */
    Selecting selecting = {.state = state};
    Talk talk = {.command = g_strdup_printf("SELECT %s", name),
                 .most = LITERAL_MOST,
                 .hear = hear_selecting,
                 .data = &selecting};
    ImapResponse end = {.kind = IMAP_OTHER};
    imap->mails = 0;
    if (!talk_to_end(imap, &talk, &end, error)) {
        return false;
    }
    if (end.status != IMAP_OK) {
        g_autofree char *words = safe_words(end.text);
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                    "the server does not open the folder %s: %s; check folder", folder, words);
    } else if (end.code != NULL) {
        hear_code(&selecting, end.code);
    }
    const bool opened = end.status == IMAP_OK && check_selected(&selecting, error);
    imap_response_clear(&end);
    return opened;
}

static void hear_found(const ImapResponse *response, gpointer data)
{
    if (response->kind == IMAP_FOUND) {
        g_array_append_vals(data, response->numbers->data, response->numbers->len);
    }
}

static gint compare_numbers(gconstpointer a, gconstpointer b)
{
    const uint32_t left = *(const uint32_t *)a;
    const uint32_t right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

/* Sorted, each once, and without those up to `after`: "N:*" always names the last mail, also where
 * its UID is below N. */
static GArray *tidy_list(GArray *found, uint32_t after)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    uint32_t last = after;
    g_array_sort(found, compare_numbers);
    for (guint i = 0; i < found->len; i++) {
        const uint32_t uid = g_array_index(found, uint32_t, i);
        if (uid > last) {
            g_array_append_val(list, uid);
            last = uid;
        }
    }
    return list;
}

GArray *imap_session_list(ImapSession *imap, uint32_t after, GError **error)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    if (after == G_MAXUINT32) {
        return g_array_new(FALSE, FALSE, sizeof(uint32_t));
    }
    Talk news = {.command = g_strdup("NOOP"), .most = LITERAL_MOST};
    Talk talk = {.most = LITERAL_MOST, .hear = hear_found, .data = found};
    /* A server tells of new mail before it lets it be found: of some it has told. */
    if (!imap->news && !talk_well(imap, &news, "look for new mail", error)) {
        g_free(news.command);
        return NULL;
    }
    g_free(news.command);
    imap->news = false; /* what comes while it searches may not be found */
    talk.command = g_strdup_printf("UID SEARCH UID %u:*", after + 1);
    return talk_well(imap, &talk, "list the mails", error) ? tidy_list(found, after) : NULL;
}

/* A set of UIDs; those that follow each other are written as one range. New string. */
static char *set_of(const uint32_t *uids, guint count)
{
    GString *set = g_string_new(NULL);
    for (guint i = 0; i < count;) {
        guint last = i;
        while (last + 1 < count && uids[last + 1] == uids[last] + 1) {
            last++;
        }
        g_string_append_printf(set, "%s%u", i > 0 ? "," : "", uids[i]);
        if (last > i) {
            g_string_append_printf(set, ":%u", uids[last]);
        }
        i = last + 1;
    }
    return g_string_free(set, FALSE);
}

typedef struct {
    const uint32_t *uids; /* asked for, sorted */
    guint count;
    ImapMail *mails; /* one for each */
} Describing;

/* The entry of a mail that was asked for; NULL: it was not. */
static ImapMail *entry_of(const Describing *describing, uint32_t uid)
{
    const uint32_t *found =
        bsearch(&uid, describing->uids, describing->count, sizeof(uint32_t), compare_numbers);
    ImapMail *entry = found != NULL ? &describing->mails[found - describing->uids] : NULL;
    if (entry != NULL) {
        entry->uid = uid;
    }
    return entry;
}

/* What belongs to one mail may come in several responses. */
static void hear_mail(const ImapResponse *response, gpointer data)
{
    const ImapFetched *told = &response->mail;
    ImapMail *mail = response->kind == IMAP_FETCHED ? entry_of(data, told->uid) : NULL;
    if (mail != NULL) {
        mail->size = told->has_size ? told->size : mail->size;
        mail->deleted = told->has_flags ? told->deleted : mail->deleted;
    }
}

static void hear_there(const ImapResponse *response, gpointer data)
{
    for (guint i = 0; response->kind == IMAP_FOUND && i < response->numbers->len; i++) {
        (void)entry_of(data, g_array_index(response->numbers, uint32_t, i));
    }
}

/* A mail of which nothing was told is gone only where it is not found any more either: else it
 * would be passed over in silence. */
static bool find_missing(ImapSession *imap, Describing *describing, GError **error)
{
    g_autoptr(GArray) missing = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (guint i = 0; i < describing->count; i++) {
        if (describing->mails[i].uid == 0) {
            g_array_append_val(missing, describing->uids[i]);
        }
    }
    if (missing->len == 0) {
        return true;
    }
    g_autofree char *set = set_of((const uint32_t *)(const void *)missing->data, missing->len);
    Talk talk = {.command = g_strdup_printf("UID SEARCH UID %s", set),
                 .most = LITERAL_MOST,
                 .hear = hear_there,
                 .data = describing};
    return talk_well(imap, &talk, "find the mails", error);
}

GArray *imap_session_describe(ImapSession *imap, const uint32_t *uids, guint count, GError **error)
{
    g_autoptr(GArray) mails = g_array_new(FALSE, TRUE, sizeof(ImapMail));
    g_array_set_size(mails, count);
    Describing describing = {uids, count, (ImapMail *)(void *)mails->data};
    g_autofree char *set = set_of(uids, count);
    Talk talk = {.command = g_strdup_printf("UID FETCH %s (UID RFC822.SIZE FLAGS)", set),
                 .most = LITERAL_MOST,
                 .hear = hear_mail,
                 .data = &describing};
    if (!talk_well(imap, &talk, "describe the mails", error) ||
        !find_missing(imap, &describing, error)) {
        return NULL;
    }
    GArray *list = g_array_new(FALSE, FALSE, sizeof(ImapMail));
    for (guint i = 0; i < count; i++) {
        if (describing.mails[i].uid != 0) {
            g_array_append_val(list, describing.mails[i]);
        }
    }
    return list;
}

typedef struct {
    uint32_t uid;
    GBytes *bytes; /* NULL: nothing was given */
} Fetching;

static void hear_body(const ImapResponse *response, gpointer data)
{
    Fetching *fetching = data;
    const ImapFetched *told = &response->mail;
    if (response->kind != IMAP_FETCHED || told->uid != fetching->uid || told->body == NULL) {
        return;
    }
    g_clear_pointer(&fetching->bytes, g_bytes_unref);
    fetching->bytes = g_bytes_new(told->body, told->body_size);
}

/* A refusal that tells of the moment (RFC 5530) is none of the mail. */
static bool is_passing(const ImapResponse *end)
{
    static const char *const codes[] = {
        "UNAVAILABLE",         "INUSE",        "LIMIT",     "SERVERBUG", "EXPIRED", "NOPERM",
        "AUTHORIZATIONFAILED", "CONTACTADMIN", "OVERQUOTA", NULL};
    for (gsize i = 0; end->code != NULL && codes[i] != NULL; i++) {
        if (g_ascii_strcasecmp(end->code, codes[i]) == 0) {
            return true;
        }
    }
    return end->status == IMAP_BAD;
}

static bool judge_reading(const ImapResponse *end, const Talk *talk, const Fetching *fetching,
                          ImapReading *reading, char **why)
{
    *why = NULL;
    if (!is_done(end)) {
        *reading = IMAP_MAIL_REFUSED;
        *why = safe_words(end->text);
        return !is_passing(end);
    }
    if (talk->passed_over) {
        *reading = IMAP_MAIL_TOO_LONG;
    } else {
        *reading = fetching->bytes != NULL ? IMAP_MAIL_READ : IMAP_MAIL_GONE;
    }
    return true;
}

static GBytes *fetch(ImapSession *imap, Talk *talk, ImapReading *reading, char **why,
                     GError **error)
{
    Fetching *fetching = talk->data;
    ImapResponse end = {.kind = IMAP_OTHER};
    if (!talk_to_end(imap, talk, &end, error)) {
        g_clear_pointer(&fetching->bytes, g_bytes_unref);
        return NULL;
    }
    if (!judge_reading(&end, talk, fetching, reading, why)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                    "the server does not give out the mail with the UID %u now: %s", fetching->uid,
                    *why);
        g_clear_pointer(why, g_free);
        *reading = IMAP_MAIL_GONE;
    }
    imap_response_clear(&end);
    if (*reading != IMAP_MAIL_READ) {
        g_clear_pointer(&fetching->bytes, g_bytes_unref);
    }
    return fetching->bytes;
}

GBytes *imap_session_read(ImapSession *imap, uint32_t uid, gsize most, ImapReading *reading,
                          char **why, GError **error)
{
    Fetching fetching = {.uid = uid};
    Talk talk = {.command = g_strdup_printf("UID FETCH %u (UID BODY.PEEK[])", uid),
                 .most = most,
                 .hear = hear_body,
                 .data = &fetching};
    return fetch(imap, &talk, reading, why, error);
}

static void clear_read(gpointer data)
{
    g_bytes_unref(((ImapRead *)data)->bytes);
}

typedef struct {
    ImapSession *imap;
    const uint32_t *uids; /* asked for, sorted */
    guint count;
    gsize room;    /* bytes that are still kept */
    GArray *reads; /* of ImapRead, as they come */
} Gathering;

/* Of one that is empty, or too long to be kept, nothing is known that way. */
static void hear_bodies(const ImapResponse *response, gpointer data)
{
    Gathering *gathering = data;
    const ImapFetched *told = &response->mail;
    if (response->kind != IMAP_FETCHED || told->body == NULL || told->body_size == 0 ||
        told->body_size > gathering->room || gathering->reads->len == gathering->count ||
        bsearch(&told->uid, gathering->uids, gathering->count, sizeof(uint32_t), compare_numbers) ==
            NULL) {
        return;
    }
    const ImapRead read = {told->uid, g_bytes_new(told->body, told->body_size)};
    g_array_append_val(gathering->reads, read);
    gathering->room -= told->body_size;
    imap_wire_renew(gathering->imap->wire);
}

GArray *imap_session_read_some(ImapSession *imap, const uint32_t *uids, guint count, gsize most,
                               GError **broken)
{
    GArray *reads = g_array_new(FALSE, FALSE, sizeof(ImapRead));
    g_array_set_clear_func(reads, clear_read);
    Gathering gathering = {imap, uids, count, most, reads};
    g_autofree char *set = set_of(uids, count);
    Talk talk = {.command = g_strdup_printf("UID FETCH %s (UID BODY.PEEK[])", set),
                 .most = most,
                 .hear = hear_bodies,
                 .data = &gathering};
    ImapResponse end = {.kind = IMAP_OTHER};
    if (talk_to_end(imap, &talk, &end, broken)) {
        imap_response_clear(&end); /* who misses a mail asks for it alone, and hears why */
    }
    return reads;
}

GBytes *imap_session_read_front(ImapSession *imap, uint32_t uid, gsize most, GError **error)
{
    Fetching fetching = {.uid = uid};
    ImapReading reading = IMAP_MAIL_GONE;
    g_autofree char *why = NULL;
    Talk talk = {.command = g_strdup_printf("UID FETCH %u (UID BODY.PEEK[]<0.%" G_GSIZE_FORMAT ">)",
                                            uid, most),
                 .most = most,
                 .hear = hear_body,
                 .data = &fetching};
    return fetch(imap, &talk, &reading, &why, error);
}

/* Says a command for all UIDs, so many at once that its line stays short: "BEFORE SET AFTER". */
static bool for_all(ImapSession *imap, const GArray *uids, const char *before, const char *after,
                    const char *doing, GError **error)
{
    const uint32_t *all = (const uint32_t *)(const void *)uids->data;
    for (guint at = 0; at < uids->len; at += IMAP_TOGETHER) {
        g_autofree char *set = set_of(all + at, MIN(IMAP_TOGETHER, uids->len - at));
        Talk talk = {.command = g_strdup_printf("%s %s%s", before, set, after),
                     .most = LITERAL_MOST};
        if (!talk_well(imap, &talk, doing, error)) {
            return false;
        }
    }
    return true;
}

bool imap_session_mark(ImapSession *imap, const GArray *uids, const char *flags, GError **error)
{
    g_autofree char *after = g_strdup_printf(" +FLAGS.SILENT (%s)", flags);
    return for_all(imap, uids, "UID STORE", after, "let mails be marked", error);
}

bool imap_session_move(ImapSession *imap, const GArray *uids, const char *folder, GError **error)
{
    g_autofree char *name = imap_quote_folder(folder, error);
    if (name == NULL) {
        return false;
    }
    g_autofree char *after = g_strconcat(" ", name, NULL);
    if ((imap->abilities & MOVES) != 0) {
        return for_all(imap, uids, "UID MOVE", after, "move mails", error);
    }
    return for_all(imap, uids, "UID COPY", after, "copy mails", error) &&
           imap_session_mark(imap, uids, "\\Deleted", error) &&
           ((imap->abilities & EXPUNGES) == 0 ||
            for_all(imap, uids, "UID EXPUNGE", "", "take away what was copied", error));
}

static bool idle_on(ImapSession *imap, Talk *talk, gint64 until, int other, GError **error)
{
    g_autoptr(GError) lost = NULL;
    ImapWireWake wake = IMAP_WIRE_DATA;
    while (!imap->news && wake == IMAP_WIRE_DATA) {
        ImapResponse response = {.kind = IMAP_OTHER};
        if (!imap_wire_await(imap->wire, other, until, ANSWER_MOST, &wake, &lost)) {
            return give_up(imap, lost->message, error);
        }
        if (wake == IMAP_WIRE_DATA && (!read_one(imap, talk, &response, error) ||
                                       !take_beside(imap, talk, &response, error))) {
            return false;
        }
        if (imap->bye != NULL) {
            return give_up(imap, imap->bye, error);
        }
    }
    return true;
}

static bool end_idle(ImapSession *imap, GError **error)
{
    Talk talk = {.most = LITERAL_MOST};
    ImapResponse end = {.kind = IMAP_OTHER};
    g_autoptr(GError) lost = NULL;
    imap_wire_renew(imap->wire);
    if (!imap_wire_say(imap->wire, "DONE", &lost)) {
        return give_up(imap, lost->message, error);
    }
    if (!hear_to_end(imap, &talk, &end, error)) {
        return false;
    }
    const bool done = end.status == IMAP_OK;
    imap_response_clear(&end);
    return done || give_up(imap, "the server does not end its waiting for mail", error);
}

/* Has the server tell of new mail by itself (RFC 2177), as long as it is waited for. */
static bool idle(ImapSession *imap, gint64 until, int other, GError **error)
{
    Talk talk = {.command = g_strdup("IDLE"), .most = LITERAL_MOST, .continues = true};
    ImapResponse end = {.kind = IMAP_OTHER};
    if (!talk_to_end(imap, &talk, &end, error)) {
        return false;
    }
    const bool idles = end.kind == IMAP_CONTINUATION;
    imap_response_clear(&end);
    if (!idles) {
        imap->abilities &= ~IDLES; /* it says so, and does not */
        return true;
    }
    return idle_on(imap, &talk, until, other, error) && end_idle(imap, error);
}

bool imap_session_wait(ImapSession *imap, unsigned seconds, int other, bool *news, GError **error)
{
    const gint64 until = clock_monotonic_us() + (gint64)seconds * G_USEC_PER_SEC;
    g_autoptr(GError) lost = NULL;
    ImapWireWake wake = IMAP_WIRE_TIME;
    if (!imap->news && (imap->abilities & IDLES) != 0 && !idle(imap, until, other, error)) {
        return false;
    }
    if (!imap->news && (imap->abilities & IDLES) == 0 &&
        !imap_wire_await(imap->wire, other, until, ANSWER_MOST, &wake, &lost)) {
        return give_up(imap, lost->message, error);
    }
    *news = imap->news;
    return true;
}

/* libcurl does not do it for a connection over which others have spoken. What is answered does not
 * matter any more. */
static void leave(ImapSession *imap)
{
    g_autofree char *line = g_strdup_printf("F%u LOGOUT", ++imap->commands);
    imap_wire_renew(imap->wire);
    (void)imap_wire_say(imap->wire, line, NULL);
}

void imap_session_free(ImapSession *imap)
{
    if (imap == NULL) {
        return;
    }
    if (!imap->over) {
        leave(imap);
    }
    imap_wire_free(imap->wire);
    g_byte_array_unref(imap->bytes);
    g_free(imap->bye);
    g_free(imap);
}
