#include "mail/desk_fields.h"

#include "base/text.h"

#include <string.h>

typedef struct {
    DeskField field;
    const char *names; /* lower case, letters and digits alone, a blank before and after each */
} Names;

static const Names table[] = {
    {DESK_FROM, " from fromemail fromaddress fromemailaddress sender senderemail senderaddress"
                " author authoremail createdby createdbyemail von vonadresse vonemail absender"
                " absenderadresse "},
    {DESK_CUSTOMER,
     " email emailaddress requester requesteremail customer customeremail"
     " customeremailaddress contact contactemail useremail kunde kundenemail user"
     " reporter reporteremail requestor requestors requestoremail raisedby caller"
     " calleremail submitter submitteremail openedby suppliedemail primarycustomer "},
    {DESK_TO, " to toemail toaddress toemails recipient recipients recipientemail an anadresse "},
    {DESK_SUBJECT, " subject title summary shortdescription ticketsubject ticketname betreff"
                   " titel "},
    {DESK_DATE, " date datetime created createdat createdon createddate createtime sentat senton"
                " datesent receivedat dateandtime timestamp datum gesendet erstellt erstelltam"
                " createdtime receiveddatetime sentdatetime createddatetime messagedate "},
    {DESK_MESSAGE_ID, " messageid emailmessageid rfcmessageid internetmessageid mid"
                      " messageidentifier hsemailmessageid "},
    {DESK_IN_REPLY_TO, " inreplyto inreplytoid "},
    {DESK_CONTENT_TYPE, " contenttype bodyformat mimetype bodytype format "},
    {DESK_BODY, " body content message description messagebody messagetext messagecontent"
                " emailbody text comment note nachricht nachrichtentext inhalt beschreibung"
                " notes payload commentbody "},
    {DESK_TEXT, " bodytext plainbody plaintext textbody bodyplain descriptiontext textplain"
                " messageplain cleanedbody strippedtext "},
    {DESK_HTML, " bodyhtml htmlbody html descriptionhtml htmltext texthtml messagehtml "},
    {DESK_RAW, " raw rawemail rawmail rawmessage rfc822 eml mimemessage messagesource rawsource"
               " rawcontent originalmessage mimesource mime mimecontent "},
    {DESK_DIRECTION, " incoming inbound isincoming direction "},
    {DESK_AUTHOR_KIND,
     " sendertype authortype type usertype messagetype threadtype articletype actortype role "},
    {DESK_INTERNAL, " internal private isprivate isinternal isnote "},
    {DESK_AUTHOR_ID, " authorid userid createdbyid senderid "},
    {DESK_REQUESTER_ID, " requesterid customerid contactid "},
    {DESK_ATTACHMENTS, " attachments attachment attachmentnames attachmenturls anlagen anhänge "},
};

/* "From: (Address)", "from_address" and "FromAddress" are one name. */
static char *plain_name(const char *name)
{
    g_autofree char *lower = g_utf8_strdown(name, -1);
    GString *plain = g_string_new(" ");
    for (const char *at = lower; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (g_unichar_isalnum(c)) {
            g_string_append_unichar(plain, c);
        }
    }
    g_string_append_c(plain, ' ');
    return g_string_free(plain, FALSE);
}

/* The name is plain. */
static DeskField find(const char *plain)
{
    for (gsize i = 0; strlen(plain) > 2 && i < G_N_ELEMENTS(table); i++) {
        if (strstr(table[i].names, plain) != NULL) {
            return table[i].field;
        }
    }
    return DESK_UNKNOWN;
}

/* Who says it of a mail, says not what kind of person somebody is: a case has a type too. */
static bool may_have_prefix(DeskField field)
{
    return field <= DESK_DATE || field == DESK_BODY || field == DESK_TEXT || field == DESK_HTML ||
           field == DESK_RAW || field == DESK_DIRECTION || field == DESK_ATTACHMENTS;
}

DeskField desk_fields_find(const char *name)
{
    static const char *const prefixes[] = {
        "ticket",   "email",        "mail",    "message", "msg",    "case",     "issue",
        "incident", "article",      "first",   "last",    "latest", "original", "comment",
        "thread",   "conversation", "hsemail", "hs",      "sys"};
    g_autofree char *plain = plain_name(name);
    DeskField field = find(plain);
    for (gsize i = 0; field == DESK_UNKNOWN && i < G_N_ELEMENTS(prefixes); i++) {
        if (g_str_has_prefix(plain + 1, prefixes[i])) {
            g_autofree char *rest = g_strconcat(" ", plain + 1 + strlen(prefixes[i]), NULL);
            const DeskField found = find(rest);
            field = may_have_prefix(found) ? found : DESK_UNKNOWN;
        }
    }
    return field;
}

/* Whether there may be a code in it: its first line, its title, or a compact JWS. */
static bool looks_like_code(const char *value)
{
    static const char *const marks[] = {"CHARQ1", "CHARD1", "CHARIOT USAGE REQUEST",
                                        "CHARIOT DEACTIVATION"};
    for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
        if (strcasestr(value, marks[i]) != NULL) {
            return true;
        }
    }
    return strstr(value, "eyJhbGciOi") != NULL;
}

void desk_fields_set_unknown(DeskRow *row, const char *value)
{
    if (value == NULL || !looks_like_code(value)) {
        return;
    }
    char *before = row->values[DESK_OTHER];
    row->values[DESK_OTHER] =
        before == NULL ? g_strdup(value) : g_strconcat(before, "\n\n", value, NULL);
    g_free(before);
}

static bool is_address(const char *value)
{
    return strchr(value, '@') != NULL;
}

static bool is_one_of(const char *value, const char *words)
{
    g_autofree char *plain = value == NULL ? NULL : plain_name(value);
    return plain != NULL && strlen(plain) > 2 && strstr(words, plain) != NULL;
}

void desk_fields_set(DeskRow *row, DeskField field, const char *value)
{
    if (field >= DESK_FIELDS || value == NULL || text_is_blank(value)) {
        return;
    }
    if (field == DESK_FROM && is_one_of(value, " customer agent system ")) {
        field = DESK_AUTHOR_KIND; // Zammad's "sender" beside its "from"
    }
    char **place = &row->values[field];
    bool better = *place == NULL || (field <= DESK_ASKER && !is_address(*place));
    if (better) {
        g_free(*place);
        *place = g_strdup(value);
    } else {
        desk_fields_set_unknown(row, value); // a table may have several columns of comments
    }
}

void desk_fields_inherit(DeskRow *row, const DeskRow *ticket)
{
    static const DeskField inherited[] = {DESK_TO, DESK_SUBJECT, DESK_REQUESTER_ID, DESK_ASKER};
    for (gsize i = 0; i < G_N_ELEMENTS(inherited); i++) {
        desk_fields_set(row, inherited[i], ticket->values[inherited[i]]);
    }
    // Who a mail in the ticket is from is not said with this: perhaps from one of ours.
    desk_fields_set(row, DESK_ASKER, ticket->values[DESK_CUSTOMER]);
    desk_fields_set(row, DESK_ASKER, ticket->values[DESK_FROM]);
}

bool desk_fields_have_mail(const DeskRow *row)
{
    return row->values[DESK_BODY] != NULL || row->values[DESK_TEXT] != NULL ||
           row->values[DESK_HTML] != NULL || row->values[DESK_RAW] != NULL ||
           row->values[DESK_OTHER] != NULL;
}

static bool same(const char *one, const char *other)
{
    return one != NULL && other != NULL && strcmp(one, other) == 0;
}

/* Whether the one whose ticket it is wrote it. */
static bool is_by_asker(const DeskRow *row)
{
    return is_one_of(row->values[DESK_DIRECTION],
                     " true 1 yes in inbound incoming received incomingemail ") ||
           is_one_of(row->values[DESK_AUTHOR_KIND],
                     " customer enduser requester contact m received incoming inbound ") ||
           same(row->values[DESK_AUTHOR_ID], row->values[DESK_REQUESTER_ID]);
}

const char *desk_fields_sender(const DeskRow *row)
{
    const char *from = row->values[DESK_FROM];
    const char *customer = row->values[DESK_CUSTOMER];
    if (from != NULL && is_address(from)) {
        return from;
    }
    if (customer != NULL && is_address(customer)) {
        return customer;
    }
    return is_by_asker(row) ? row->values[DESK_ASKER] : from;
}

bool desk_fields_are_ours(const DeskRow *row)
{
    const char *author = row->values[DESK_AUTHOR_ID];
    const char *requester = row->values[DESK_REQUESTER_ID];
    return is_one_of(row->values[DESK_DIRECTION],
                     " false 0 no out outbound outgoing sent email ") ||
           is_one_of(row->values[DESK_INTERNAL], " true 1 yes t ") ||
           is_one_of(row->values[DESK_AUTHOR_KIND],
                     " agent staff system admin operator reply note r n response lineitem bot "
                     "workflow sent outgoing outbound ") ||
           (author != NULL && requester != NULL && !same(author, requester));
}

void desk_fields_clear(DeskRow *row)
{
    for (gsize i = 0; i < DESK_FIELDS; i++) {
        g_clear_pointer(&row->values[i], g_free);
    }
}
