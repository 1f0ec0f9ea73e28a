#include "core/reply_words.h"

/* Said by every held request: people who wait tend to try again, which helps nobody. */
#define NOTHING_AGAIN "Nothing need be generated or sent again while we look at it."

/* Said by every refusal that a change of our records can turn. */
#define DECIDED_AGAIN                                                                              \
    "Once that is on record, within 30 days, {request} is decided again by itself; after that, "   \
    "send the same mail again. Nothing need be generated again."

/* Said wherever someone might think that a license can be switched off from here. */
#define KEEPS_WORKING                                                                              \
    "Nothing is switched off from here: a usage license that is installed keeps working until "    \
    "its own expiry."

#define SEND_THE_FILE                                                                              \
    "Please send the file instead of the text: in Chariot choose Download rather than copying, "   \
    "and attach the file to your mail as it is. If there is no file, copy the whole text again, "  \
    "from the first line with ===== to the last."

static const ReplyWords issued_rows[] = {
    {"issued", OUTCOME_ISSUED, true, "usage license {serial}",
     "Usage license {serial} is issued for {server}.", NULL, NULL},
    {"resent", OUTCOME_RESENT, true, "usage license {serial} again",
     "Here is usage license {serial} for {server} again.",
     "It was issued for {request} before. The same request always gets the same usage license; no "
     "further activation was taken.",
     NULL},
    {"emergency", OUTCOME_ISSUED, true, "emergency usage license {serial}",
     "Emergency usage license {serial} is issued for {server}.",
     "It bridges seven days and takes no activation. What we have written of the request itself "
     "stands: once that is settled, its regular usage license replaces this one and comes in a "
     "mail "
     "of its own.",
     NULL},
};

static const ReplyWords refused_rows[] = {
    {"damaged", OUTCOME_REFUSED, false, "the code is damaged",
     "The {code-name} in your mail could not be read: {problem}.",
     "Mail programs and ticket systems sometimes change a text on its way.",
     SEND_THE_FILE "\nThe code on the server is still good: do not generate another one. If the "
                   "file is refused too, tell us which version of Chariot made it."},
    {"unknown-license", OUTCOME_REFUSED, false, "no license found",
     "No license was found for {request} of {server}.",
     "The license key that was typed in when the request was generated belongs to no license that "
     "we have on record for it.",
     "- Compare the license key with the mail in which you received it. If it was mistyped, "
     "generate a usage request with the right key and mail us that.\n"
     "- If the license was bought only just now and the key is right, do nothing: as soon as the "
     "purchase is on record, this request is decided again by itself.\n"
     "- Otherwise answer this mail with your order's reference, but never with the license key."},
    {"superseded-request", OUTCOME_REFUSED, true, "the request is no longer the newest",
     "{Request} of {server} is not the newest any more, so no usage license can be issued for it.",
     "A server installs only the usage license for its newest request. Since this one, a newer "
     "request or a deactivation of the same server arrived, or another server took its "
     "place. " KEEPS_WORKING,
     "- If you have sent a newer request of this server, do nothing: it has an answer of its own.\n"
     "- Else check that the server's clock is right, generate a new usage request there, and mail "
     "us that.\n"
     "- If that one is refused in the same way, the server is probably a copy of another or was "
     "set back: give it a new instance key in Chariot, then generate a new usage request."},
    {"key-revoked", OUTCOME_REFUSED, true, "a new request is needed",
     "{Request} of {server} was answered before, but the usage license that answered it cannot be "
     "installed any more.",
     "The key that signed it has been withdrawn since. " KEEPS_WORKING,
     "Please generate a new usage request on this server and mail us that. It takes no further "
     "activation."},
    {"refused-by-person", OUTCOME_REFUSED, true, "refused",
     "No usage license is issued for {request} of {server}.",
     "A person has looked at it and decided so.",
     "If you do not agree, answer this mail. " KEEPS_WORKING},
    {"wrong-product", OUTCOME_REFUSED, true, "another product",
     "{Request} of {server} asks for {request-product}, but {license} is for {product}.",
     "A usage license can be issued only for the product that was bought.",
     "Check which license key was typed in. Generate a usage request with the key of the product "
     "that runs on the server, and mail us that; or ask your sales contact."},
    {"license-ended", OUTCOME_REFUSED, true, "the license has ended",
     "No usage license can be issued for {request} of {server}: {license} has ended.",
     "It was refunded, cancelled, or replaced by another license. " KEEPS_WORKING,
     "If another license replaces it, generate a usage request with that license's key and mail us "
     "that. If you believe that it should not have ended, ask your sales contact and name the "
     "License ID."},
    {"license-expired", OUTCOME_REFUSED, true, "the license has expired",
     "No usage license can be issued for {request} of {server}: {license} has expired ({expires}).",
     NULL,
     "To extend it, order an extension from your sales contact and name the License "
     "ID. " DECIDED_AGAIN},
    {"no-activations-left", OUTCOME_REFUSED, true, "no activation left",
     "No usage license can be issued for {request} of {server}: all activations of {license} are "
     "used ({used} of {allowed}).",
     "Each server takes one activation and keeps it until it is deactivated. " KEEPS_WORKING,
     "There are three ways to go on:\n"
     "- A server is no longer needed: deactivate the license on its license page and mail us the "
     "deactivation code that it shows. That gives its activation back.\n"
     "- A server was destroyed or lost and cannot be deactivated: answer this mail with the "
     "License ID and a few words on what happened. Lost activations can often be restored.\n"
     "- More servers are needed: order further activations from your sales "
     "contact.\n" DECIDED_AGAIN},
};

static const ReplyWords held_rows[] = {
    {"unknown-sender", OUTCOME_HELD, false, "{case}", "{Request} of {server} waits for a person.",
     "The address that your mail came from is not on record as a contact of the license.",
     "Please ask a contact of the license, usually who received the license key, to write to us "
     "from that address and to quote {case}. " NOTHING_AGAIN},
    {"unproven-sender", OUTCOME_HELD, false, "{case}", "{Request} of {server} waits for a person.",
     "Nothing shows that your mail came from the address that stands in it.",
     "A person looks at it. " NOTHING_AGAIN},
    {"lost-server-returned", OUTCOME_HELD, true, "{case}",
     "{Request} of {server} waits for a person.",
     "This server, or the machine that it runs on, was reported to us as lost, and its activation "
     "was given back.",
     "Please tell us whether it was found or repaired, or whether this is its replacement, and "
     "which servers run under {license} now. " NOTHING_AGAIN},
    {"copied-server", OUTCOME_HELD, true, "{case}", "{Request} of {server} waits for a person.",
     "Another request with the same number but another content came from the same instance key "
     "before. That happens when a server is copied, or set back to an earlier state.",
     "Please tell us whether {server} is a copy of another one and whether both "
     "run. " NOTHING_AGAIN},
    {"license-suspended", OUTCOME_HELD, true, "{case}",
     "{Request} of {server} waits for a person: {license} is suspended.",
     "A question about this license is open between our firms. " KEEPS_WORKING,
     "Your sales contact can tell you what is needed. When the license is resumed, this request is "
     "decided by itself. " NOTHING_AGAIN},
    {"retired-key", OUTCOME_HELD, true, "{case}", "{Request} of {server} waits for a person.",
     "It was made with an old license key that another key has replaced since, and we have not "
     "seen this server before.",
     "Please tell us which server this is and where its license key comes from. If you have the "
     "newer key, you may instead generate a usage request with that. " NOTHING_AGAIN},
    {"license-not-on-record", OUTCOME_HELD, true, "{case}",
     "{Request} of {server} waits for a person.",
     "The server says that a usage license is installed on it which we do not have on record as "
     "in use: it may have been given back, or come with a restored backup.",
     "Please tell us how that usage license came onto the server, and send it along if you have "
     "its mail or file. " NOTHING_AGAIN},
    {"no-upgrade-on-record", OUTCOME_HELD, true, "{case}",
     "{Request} of {server} waits for a person.",
     "It asks for an update, but {license} has not changed since the usage license that is "
     "installed there.",
     "Please tell us what should change and send the order's reference if you have it. When the "
     "change is on record, this request is decided by itself. " NOTHING_AGAIN},
    {"host-changed", OUTCOME_HELD, true, "{case}", "{Request} of {server} waits for a person.",
     "We know this server, but it now runs on another machine than before.",
     "Please tell us whether it was moved, so that the old machine no longer runs it, or copied, "
     "so that both run. " NOTHING_AGAIN},
    {"reinstalled-often", OUTCOME_HELD, true, "{case}", "{Request} of {server} waits for a person.",
     "The server on this machine was installed anew more often than is usual within a year.",
     "Please tell us in a few words why. " NOTHING_AGAIN},
    {"host-unclear", OUTCOME_HELD, true, "{case}", "{Request} of {server} waits for a person.",
     "The machine that it runs on looks like that of several of your servers, so we cannot tell "
     "which of them it continues.",
     "Please tell us which one it is, by its host name or by the serial of its usage license, or "
     "that it is a new server. " NOTHING_AGAIN},
    {"choose-server", OUTCOME_HELD, true, "{case}", "{Request} of {server} waits for a person.",
     "As many servers as {license} allows at once are on record as running.",
     "Please tell us which of them this one replaces, by host name or by the serial of its usage "
     "license, or that a further server place shall be bought. " KEEPS_WORKING " " NOTHING_AGAIN},
    {"choose-request", OUTCOME_HELD, true, "{case}", "{Request} of {server} waits for a person.",
     "More than one of your servers waits for the same activation of {license}.",
     "Please tell us which server shall have it, by host name or by its request's short "
     "form. " NOTHING_AGAIN},
    {"no-activations-left", OUTCOME_HELD, true, "{case}",
     "{Request} of {server} waits for a person: all activations of {license} are used ({used} of "
     "{allowed}), and a lost server was reported.",
     "A person reviews whether the lost server's activation can be restored.",
     "If you have not told us yet, please answer with what happened to the lost server: its host "
     "name, the day, and whether it can ever run again. " NOTHING_AGAIN},
    {"resent-too-often", OUTCOME_HELD, true, "{case}",
     "{Request} of {server} was answered several times today, so a person looks at it first.",
     "Sending the same usage license once more would probably not help.",
     "Please tell us what goes wrong when you install it, in the words that Chariot "
     "shows. " NOTHING_AGAIN},
};

static const ReplyWords deactivation_rows[] = {
    {"deactivated", OUTCOME_ACCEPTED, true, "deactivation recorded",
     "The deactivation of {server} is recorded. Its activation is given back and free for another "
     "server.",
     NULL,
     "Nothing more is to be done. To run this server again, generate a new usage request there."},
    {"nothing-to-give-back", OUTCOME_ACCEPTED, true, "deactivation recorded",
     "The deactivation of {server} is recorded. No activation came back by it.",
     "The activation had moved on to another installation, or was given back before; an emergency "
     "usage license takes none.",
     "Nothing more is to be done. To run this server again, generate a new usage request there."},
    {"repeated-deactivation", OUTCOME_ACCEPTED, true, "deactivation known already",
     "We already have this deactivation of {server}; it counts once, and nothing has changed.",
     NULL,
     "Nothing more is to be done. To run this server again, generate a new usage request there."},
    {"forged-deactivation", OUTCOME_REFUSED, false, "deactivation not accepted",
     "The deactivation of {server} was not accepted.",
     "Its signature does not hold: the code was changed on its way, or was not made by that server "
     "with its license.",
     SEND_THE_FILE},
    {"never-issued", OUTCOME_REFUSED, false, "deactivation not accepted",
     "The deactivation of {server} was not accepted.",
     "It names a usage license that we have not issued.",
     "Please answer this mail and tell us where that server's usage license came from."},
    {"foreign-deactivation", OUTCOME_REFUSED, false, "deactivation not accepted",
     "The deactivation of {server} was not accepted.",
     "It names a usage license that was issued for another server. A server can give back only "
     "what it had itself.",
     "Deactivate on the server on which that usage license is installed, and mail us the code that "
     "it shows. If that server no longer exists, answer this mail with the License ID and a few "
     "words on what happened."},
};

static const ReplyWords generic_rows[] = {
    {NULL, OUTCOME_ISSUED, true, "usage license {serial}",
     "Usage license {serial} is issued for {server}.", NULL, NULL},
    {NULL, OUTCOME_RESENT, true, "usage license {serial} again",
     "Here is usage license {serial} for {server} again.", NULL, NULL},
    {NULL, OUTCOME_REFUSED, false, "refused",
     "No usage license is issued for {request} of {server}.",
     "A person has looked at it and decided so.",
     "If you do not agree, answer this mail. " KEEPS_WORKING},
    {NULL, OUTCOME_HELD, false, "{case}", "{Request} of {server} waits for a person.", NULL,
     NOTHING_AGAIN},
    {NULL, OUTCOME_ACCEPTED, false, "recorded", "The code of {server} is recorded.", NULL, NULL},
};

static const ReplyWords settled_row = {
    NULL,
    OUTCOME_HELD,
    true,
    "decided meanwhile",
    "{Request} of {server} got no usage license at first, and has been decided anew since.",
    NULL,
    "You need do nothing: that has an answer of its own.",
};

static const ReplyWords question_row = {
    NULL,
    OUTCOME_HELD,
    true,
    "{case}",
    "We have a question about {request} of {server}, which waits for a person.",
    NULL,
    "Please answer this mail and leave {case} in its subject. " NOTHING_AGAIN,
};

static const ReplyWords voided_row = {
    NULL,
    OUTCOME_ISSUED,
    true,
    "usage license {serial} is out of date",
    "Usage license {serial} was issued for {server}, but it is not sent, for it is out of date "
    "already.",
    "Since this request, a newer request or a deactivation of the same server arrived, or another "
    "server took its place.",
    "- If you have sent a newer request or a deactivation of this server, do nothing: it has an "
    "answer of its own.\n"
    "- Else generate a new usage request on the server that shall run, and mail us that."};

#define UNEXPECTED "If you did not expect this, please answer this mail."

/* Indexed by NoticeKind. */
static const ReplyWords notice_rows[] = {
    [NOTICE_NONE] = {NULL, OUTCOME_ISSUED, false, "", "", NULL, NULL},
    [NOTICE_REPLACED] =
        {NULL, OUTCOME_ISSUED, true, "{license}: a server was replaced",
         "Under {license}, {server} has taken the place of {other-server}.",
         "The license allows no further server at the same time. " KEEPS_WORKING,
         "Please deactivate the license on the server that was replaced, and mail us the "
         "deactivation code, to get its activation back. " UNEXPECTED},
    [NOTICE_MOVED_AWAY] =
        {NULL, OUTCOME_ISSUED, true, "{license}: a server left",
         "{Server} ran under {license}. It was given a usage license of {other-license} now.",
         "Its activation stays with {license} until the server itself shows that it has left: by a "
         "deactivation, or by a later request that names the new usage license as installed.",
         UNEXPECTED},
    [NOTICE_MOVED_HERE] =
        {NULL, OUTCOME_ISSUED, true, "{license}: a server came from another license",
         "{Server}, which ran under {other-license} before, was given a usage license of "
         "{license}.",
         NULL, UNEXPECTED},
    [NOTICE_GIVEN_BACK] =
        {NULL, OUTCOME_ACCEPTED, true, "{license}: an activation was given back",
         "The activation that {server} had under {license} is given back, and free for another "
         "server.",
         "The server has shown with its own signature that its usage license is no longer "
         "installed.",
         UNEXPECTED},
    [NOTICE_CASE_OPENED] =
        {NULL, OUTCOME_HELD, true, "{case}: lost server reported, {license}",
         "A server of {license} was reported to us as lost. We look at it as {case}.",
         "If its activation is restored, it is free for another server, and the lost one is "
         "watched: "
         "should it ever ask again, a person looks at it first.",
         "Please answer with what you know of it, and quote {case}: the server's host name, what "
         "happened and when, and whether it can ever run again. If no server was lost, tell us so "
         "at "
         "once. " NOTHING_AGAIN},
    [NOTICE_RESTORED] =
        {NULL, OUTCOME_HELD, true, "{case}: activation restored, {license}",
         "The activation that {server} had under {license} is restored: it is given back, and free "
         "for another server.",
         "{Server} was reported to us as lost. " KEEPS_WORKING " Should it turn up again, please "
         "deactivate the license there and mail us the deactivation code; do not run it beside its "
         "replacement.",
         "A request that waited for this activation is decided again by itself and answered in a "
         "mail "
         "of its own; else generate a usage request on the new server and mail us "
         "that. " UNEXPECTED},
    [NOTICE_NOT_RESTORED] =
        {NULL, OUTCOME_HELD, true, "{case}: activation not restored, {license}",
         "We have looked at the report of a lost server of {license}, and no activation was given "
         "back by {case}.",
         "What was in use still counts, unless it was given back in another way: by another case, "
         "or by the server's own deactivation. " KEEPS_WORKING,
         "If the server still runs, deactivate the license on it and mail us the deactivation "
         "code. If "
         "you do not agree, answer this mail and quote {case}."},
    [NOTICE_EXPIRES] =
        {NULL, OUTCOME_ACCEPTED, true, "{license} expires soon",
         "Your {license} expires at {expires}.",
         "No usage license is issued under it from then on, and the servers that run under it go "
         "on only until then.",
         "To go on, please order its extension. Once that is done, generate a new usage request on "
         "each server, mail us that, and install the usage license that you get for it: an "
         "extension reaches a server in no other way. If you have ordered it already or will not "
         "need the license any more, do nothing."},
    [NOTICE_CORRECTED] =
        {NULL, OUTCOME_ACCEPTED, true, "{license}: an activation has ended",
         "The activation that {server} had under {license} has ended by a change of the license.",
         "The license allows fewer activations or servers now than were in use. " KEEPS_WORKING,
         "That server will be given no further usage license unless an activation is left for "
         "it. " UNEXPECTED},
};

#define REQUEST_STEPS                                                                              \
    "In Chariot select Generate Usage Request, click Next, enter the license key there, and "      \
    "download the usage request that is shown. Mail us that file as an attachment."

/* Indexed by ReadyAnswer. */
static const ReplyWords ready_rows[] = {
    {NULL, OUTCOME_REFUSED, false, "no code found",
     "There was no code of a Chariot server in your mail, so nothing was decided.", NULL,
     "For a usage license we need the server's usage request. " REQUEST_STEPS},
    {NULL, OUTCOME_REFUSED, false, "a usage request is needed",
     "Your mail holds a license key, but no usage request, so nothing was decided.",
     "A license key is a secret of your firm. We never need it by mail, and have masked it in our "
     "records. What we need is the usage request that the server makes from it.",
     REQUEST_STEPS},
    {NULL, OUTCOME_REFUSED, false, "a text is needed, not a picture or a PDF",
     "Your mail holds a picture or a PDF, but no code as text, so nothing was decided.",
     "A code cannot be read reliably from a picture of it, nor from a PDF.",
     "Please send the usage request as a file or as text. If you have already generated one, "
     "download or copy that one: do not generate another. If not: " REQUEST_STEPS},
    {NULL, OUTCOME_REFUSED, false, "about your floating license server",
     "Your mail is about a floating license server, and holds no code of a Chariot server, so "
     "nothing was decided.",
     "A license for such a server is made by a person, from three things: its host name, its "
     "fingerprint, and how many seats it shall have. The server's own pages show the first two: "
     "open the Actions menu there and select View Server Info.",
     "- If one of the three is missing in your mail, please answer with it, and with the License "
     "ID.\n"
     "- Else you need do nothing: we come back to you.\n"
     "- If you mean a single Chariot server without a network, we need its usage request "
     "instead. " REQUEST_STEPS},
    {NULL, OUTCOME_REFUSED, false, "about a change of your license",
     "Your mail asks for a change of a license, and holds no code of a Chariot server, so nothing "
     "was decided.",
     "A change of features, expiry or activations is booked with an order. It reaches a server "
     "without a network only by a new usage license.",
     "- Please answer with the License ID and the order's reference, or ask whoever sold you the "
     "license for an offer.\n"
     "- Once it is booked, generate a new usage request on the server as an update, and mail us "
     "that. A request that was made before does not bring the change. " REQUEST_STEPS},
    {NULL, OUTCOME_REFUSED, false, "a mail without encryption is needed",
     "Your mail, or a file in it, is encrypted and could not be read here, so nothing was decided.",
     "A usage request need not be kept secret: it holds no license key, and the usage license that "
     "answers it can be installed on the server that made it and on no other.",
     "Please send the same again without S/MIME or PGP encryption and without a password on the "
     "file; a signature does no harm. If you have already generated a usage request, download or "
     "copy that one: do not generate another. If not: " REQUEST_STEPS},
};

static const struct {
    const ReplyWords *rows;
    gsize count;
} tables[] = {
    {issued_rows, G_N_ELEMENTS(issued_rows)},
    {refused_rows, G_N_ELEMENTS(refused_rows)},
    {held_rows, G_N_ELEMENTS(held_rows)},
    {deactivation_rows, G_N_ELEMENTS(deactivation_rows)},
};

const ReplyWords *reply_words_find(const char *code, Outcome outcome)
{
    const ReplyWords *other = NULL;
    for (gsize t = 0; t < G_N_ELEMENTS(tables); t++) {
        for (gsize i = 0; i < tables[t].count; i++) {
            const ReplyWords *row = &tables[t].rows[i];
            if (g_strcmp0(row->code, code) != 0) {
                continue;
            }
            if (row->outcome == outcome) {
                return row;
            }
            other = row;
        }
    }
    return other;
}

const ReplyWords *reply_words_generic(Outcome outcome)
{
    for (gsize i = 0; i < G_N_ELEMENTS(generic_rows); i++) {
        if (generic_rows[i].outcome == outcome) {
            return &generic_rows[i];
        }
    }
    return &generic_rows[G_N_ELEMENTS(generic_rows) - 1];
}

const ReplyWords *reply_words_notice(NoticeKind kind)
{
    const gsize index = (gsize)kind;
    return &notice_rows[index < G_N_ELEMENTS(notice_rows) ? index : 0];
}

const ReplyWords *reply_words_settled(void)
{
    return &settled_row;
}

const ReplyWords *reply_words_voided(void)
{
    return &voided_row;
}

const ReplyWords *reply_words_question(void)
{
    return &question_row;
}

const char *reply_words_note(const char *note)
{
    static const struct {
        const char *note;
        const char *words;
    } notes[] = {
        {"reinstalled",
         "We recognised the machine of an earlier installation: this usage license continues its "
         "activation, and no further one was taken."},
        {"replaced",
         "The license allows no further server at the same time, so {server} now takes the place "
         "of "
         "{other-server}. Please deactivate the license on the server that was replaced, and mail "
         "us the deactivation code, to get its activation back. If both shall run, order a further "
         "server place."},
        {"entitlement-grown",
         "Your license has been changed since this usage license was issued; it does not contain "
         "the change. To get it, generate a new usage request on the server as an update, and mail "
         "us that."},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(notes); i++) {
        if (g_strcmp0(notes[i].note, note) == 0) {
            return notes[i].words;
        }
    }
    return NULL;
}

const ReplyWords *reply_words_ready(ReadyAnswer ready)
{
    const gsize index = (gsize)ready;
    return &ready_rows[index < G_N_ELEMENTS(ready_rows) ? index : 0];
}

const char *reply_words_install(void)
{
    return "How to install a usage license:\n"
           "- On the server, open Chariot's license page, select Upload Usage License and click "
           "Next.\n"
           "- Paste the code, from its first line with ===== to its last, or the content of the "
           "attached file, and click Finish.\n"
           "- Chariot then shows its license page with state, features and expiry.";
}
