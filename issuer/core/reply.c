#include "core/reply.h"

#include "base/text.h"
#include "core/dates.h"
#include "core/reply_attachment.h"
#include "core/reply_fill.h"
#include "core/reply_layout.h"
#include "core/reply_words.h"

#include <string.h>

#define SUBJECT_MOST 120 /* code points of the other side's subject that we repeat */
#define TITLES_MOST  2   /* outcomes named in the subject; more are counted */

static const ReplyWords *words_of(const ReplyLine *line)
{
    if (line->notice != NOTICE_NONE) {
        return reply_words_notice(line->notice);
    }
    if (line->voided) {
        return reply_words_voided();
    }
    if (line->settled) {
        return reply_words_settled();
    }
    if (line->question != NULL) {
        return reply_words_question();
    }
    const ReplyWords *words = reply_words_find(line->code, line->outcome);
    return words != NULL ? words : reply_words_generic(line->outcome);
}

/* It waits under a number. */
static bool is_case(const ReplyLine *line)
{
    return line->outcome == OUTCOME_HELD && line->case_number > 0 && !line->settled;
}

/* A line as its sentences may tell it: what the sender has no right to hear is taken out here,
 * once, whatever the caller gave. */
static ReplyLine told(const ReplyLine *line, const ReplyWords *words)
{
    ReplyLine copy = *line;
    if (!words->tells_license) {
        copy.license_id = NULL;
        copy.supersedes = NULL;
        copy.product = NULL;
        copy.jws = NULL;
        copy.serial = NULL;
    }
    if (line->settled) {
        copy.case_number = 0;
    }
    if (line->voided || line->notice != NOTICE_NONE) {
        copy.jws = NULL;
        copy.note = NULL; /* it is about what was issued */
    }
    return copy;
}

static void add_field(GString *out, const char *label, const char *value)
{
    if (value != NULL && *value != '\0') {
        g_autofree char *line = text_one_line(value, 0);
        reply_layout_field(out, label, line);
    }
}

static void add_request_field(GString *out, const ReplyLine *line)
{
    if (line->request_short == NULL) {
        return;
    }
    g_autofree char *made = line->request_iat > 0 ? dates_instant_text(line->request_iat) : NULL;
    g_autofree char *text = made != NULL ? g_strdup_printf("%s, made %s by the server's clock",
                                                           line->request_short, made)
                                         : g_strdup(line->request_short);
    add_field(out, line->kind == STATEMENT_DEACTIVATION ? "Deactivation" : "Request", text);
}

static void add_fields(GString *out, const ReplyLine *line)
{
    g_autofree char *host = line->host != NULL ? reply_fill_host(line) : NULL;
    add_field(out, "Server", host);
    add_request_field(out, line);
    add_field(out, "License ID", line->license_id);
    add_field(out, "Usage license", line->serial);
    if (line->jws != NULL) {
        g_autofree char *until = reply_fill_until(line->valid_until);
        add_field(out, "Valid until", until);
        add_field(out, "Replaces", line->supersedes);
    }
    if (is_case(line)) {
        g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, line->case_number);
        add_field(out, "Case", number);
    }
}

static void add_sentences(GString *out, const char *sentences, const ReplyLine *line)
{
    if (sentences != NULL) {
        g_autofree char *text = reply_fill(sentences, line);
        reply_layout_text(out, text);
        g_string_append_c(out, '\n');
    }
}

/* Words that a person wrote, as they stand but for what no mail should hold. */
static void add_own_words(GString *out, const char *words)
{
    g_autofree char *text = g_strstrip(text_printable(words));
    reply_layout_text(out, text);
    g_string_append_c(out, '\n');
}

static void add_license(GString *out, const ReplyLine *line, GPtrArray *attachments)
{
    reply_layout_text(out, "It fits only this request, and only as long as this is the server's "
                           "newest one. You need not generate another request: a new one would "
                           "make this usage license useless.");
    if (line->supersedes != NULL && *line->supersedes != '\0') {
        reply_layout_text(out, "What it replaces is not switched off: an older usage license keeps "
                               "working where it is installed until its own expiry, or until this "
                               "one is installed in its place.");
    }
    const ReplyAttachment *attachment = reply_attachment_add(attachments, line);
    g_autofree char *where = g_strdup_printf("The same code is attached as %s:", attachment->name);
    g_string_append_c(out, '\n');
    reply_layout_text(out, where);
    g_string_append_c(out, '\n');
    g_string_append(out, attachment->content);
    g_string_append_c(out, '\n');
}

static void add_section(GString *out, const ReplyLine *given, GPtrArray *attachments)
{
    const ReplyWords *words = words_of(given);
    const ReplyLine line = told(given, words);
    add_sentences(out, words->what, &line);
    const gsize before = out->len;
    add_fields(out, &line);
    if (out->len > before) {
        g_string_append_c(out, '\n');
    }
    add_sentences(out, words->why, &line);
    if (words == reply_words_question()) {
        add_own_words(out, line.question);
    }
    add_sentences(out, reply_words_note(line.note), &line);
    add_sentences(out, words->next, &line);
    if (line.jws != NULL) {
        add_license(out, &line, attachments);
    }
}

static char *title_of(const ReplyLine *given)
{
    const ReplyWords *words = words_of(given);
    const ReplyLine line = told(given, words);
    if (line.outcome == OUTCOME_HELD && line.case_number <= 0 && !line.settled) {
        return g_strdup("waits for a person");
    }
    return reply_fill(words->title, &line);
}

static bool are_notices(const GPtrArray *lines)
{
    return lines != NULL && lines->len > 0 &&
           ((const ReplyLine *)g_ptr_array_index(lines, 0))->notice != NOTICE_NONE;
}

static void add_overview(GString *out, const GPtrArray *lines, bool others_mail)
{
    g_autofree char *count = are_notices(lines)
                                 ? g_strdup_printf("These %u things have changed:", lines->len)
                                 : g_strdup_printf("%s mail held %u codes. This was decided:",
                                                   others_mail ? "That" : "Your", lines->len);
    reply_layout_text(out, count);
    g_string_append_c(out, '\n');
    for (guint i = 0; i < lines->len; i++) {
        const ReplyLine *line = g_ptr_array_index(lines, i);
        g_autofree char *host = reply_fill_host(line);
        g_autofree char *title = title_of(line);
        g_autofree char *item = g_strdup_printf("- %u. %s: %s%s", i + 1, host, title,
                                                is_case(line) ? ", waits for a person" : "");
        reply_layout_text(out, item);
    }
    g_string_append_c(out, '\n');
}

static bool any_license(const GPtrArray *lines)
{
    for (guint i = 0; i < lines->len; i++) {
        const ReplyLine *given = g_ptr_array_index(lines, i);
        if (told(given, words_of(given)).jws != NULL) {
            return true;
        }
    }
    return false;
}

/* Why it comes, to who has not asked for it. */
static void add_reason(GString *out, const GPtrArray *lines, bool others_mail)
{
    if (are_notices(lines)) {
        reply_layout_text(out, "This mail goes to every contact of the license, so that no change "
                               "goes unseen.");
        g_string_append_c(out, '\n');
    } else if (others_mail) {
        reply_layout_text(out,
                          "We had a mail about your license whose sender is no contact of it, or "
                          "cannot be told. What we answer goes to you alone.");
        g_string_append_c(out, '\n');
    }
}

static void add_lines(GString *out, const ReplyFacts *facts, GPtrArray *attachments)
{
    const GPtrArray *lines = facts->lines;
    add_reason(out, lines, facts->others_mail);
    if (lines->len > 1) {
        add_overview(out, lines, facts->others_mail);
    }
    for (guint i = 0; i < lines->len; i++) {
        const ReplyLine *line = g_ptr_array_index(lines, i);
        if (lines->len > 1) {
            g_autofree char *host = reply_fill_host(line);
            g_autofree char *heading = g_strdup_printf("%u of %u: %s", i + 1, lines->len, host);
            reply_layout_heading(out, heading);
        }
        add_section(out, line, attachments);
    }
    if (any_license(lines)) {
        reply_layout_text(out, reply_words_install());
        g_string_append_c(out, '\n');
    }
}

static void add_ready(GString *out, ReadyAnswer ready)
{
    static const ReplyLine nothing = {.outcome = OUTCOME_REFUSED};
    const ReplyWords *words = reply_words_ready(ready);
    add_sentences(out, words->what, &nothing);
    add_sentences(out, words->why, &nothing);
    add_sentences(out, words->next, &nothing);
}

/* A title that stands there already says nothing more. */
static void add_title(GPtrArray *titles, char *title)
{
    if (g_ptr_array_find_with_equal_func(titles, title, g_str_equal, NULL)) {
        g_free(title);
    } else {
        g_ptr_array_add(titles, title);
    }
}

/* The cases stand in the subject whatever their number, for an answer is joined to its case by it;
 * of the rest a few. */
static char *outcome_title(const ReplyFacts *facts)
{
    if (facts->words != NULL) {
        return NULL;
    }
    if (facts->lines == NULL || facts->lines->len == 0) {
        return g_strdup(reply_words_ready(facts->ready)->title);
    }
    g_autoptr(GPtrArray) titles = g_ptr_array_new_with_free_func(g_free);
    const bool few = facts->lines->len <= TITLES_MOST;
    if (!few) {
        g_ptr_array_add(
            titles, g_strdup_printf(are_notices(facts->lines) ? "%u changes" : "%u codes answered",
                                    facts->lines->len));
    }
    for (guint i = 0; i < facts->lines->len; i++) {
        const ReplyLine *line = g_ptr_array_index(facts->lines, i);
        if (few || is_case(line)) {
            add_title(titles, title_of(line));
        }
    }
    g_ptr_array_add(titles, NULL);
    return g_strjoinv(", ", (char **)titles->pdata);
}

static char *subject_of(const ReplyFacts *facts)
{
    g_autofree char *line =
        g_strstrip(text_one_line(facts->subject != NULL ? facts->subject : "", SUBJECT_MOST));
    const char *theirs = line;
    while (g_ascii_strncasecmp(theirs, "re:", 3) == 0) {
        theirs += 3 + strspn(theirs + 3, " ");
    }
    g_autofree char *title = outcome_title(facts);
    if (are_notices(facts->lines)) {
        return g_steal_pointer(&title);
    }
    if (facts->others_mail) {
        return g_strdup_printf("Chariot license [%s]", title);
    }
    if (title == NULL) {
        return g_strdup_printf("Re: %s", *theirs != '\0' ? theirs : "your mail");
    }
    return *theirs != '\0' ? g_strdup_printf("Re: %s [%s]", theirs, title)
                           : g_strdup_printf("Re: your mail [%s]", title);
}

static void add_closing(GString *out, const char *vendor)
{
    g_string_append(out, "Kind regards\n");
    if (vendor != NULL) {
        g_autofree char *name = text_one_line(vendor, 0);
        reply_layout_text(out, name);
    }
}

ReplyText *reply_render(const ReplyFacts *facts)
{
    ReplyText *reply = g_new0(ReplyText, 1);
    reply->attachments = g_ptr_array_new_with_free_func(reply_attachment_free);
    reply->subject = subject_of(facts);
    GString *out = g_string_new("Hello,\n\n");
    if (facts->lines != NULL && facts->lines->len > 0) {
        add_lines(out, facts, reply->attachments);
    } else if (facts->words != NULL) {
        add_own_words(out, facts->words);
    } else {
        add_ready(out, facts->ready);
    }
    add_closing(out, facts->vendor);
    reply->text = g_string_free(out, FALSE);
    return reply;
}

void reply_text_free(ReplyText *text)
{
    if (text == NULL) {
        return;
    }
    g_free(text->subject);
    g_free(text->text);
    g_ptr_array_unref(text->attachments);
    g_free(text);
}
