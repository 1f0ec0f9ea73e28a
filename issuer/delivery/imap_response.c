#include "delivery/imap_response.h"

#include <string.h>

#define NESTING_MOST 16
#define LINE_END     2 /* bytes: CR LF */

/* What is still to be read. */
typedef struct {
    const char *at;
    const char *end;
} Cursor;

static bool is_at(const Cursor *cursor, char wanted)
{
    return cursor->at < cursor->end && *cursor->at == wanted;
}

static bool take(Cursor *cursor, char wanted)
{
    const bool there = is_at(cursor, wanted);
    cursor->at += there ? 1 : 0;
    return there;
}

static bool is_word_byte(char byte)
{
    return (unsigned char)byte > ' ' && byte != '\x7f' && strchr("(){\"", byte) == NULL;
}

/* The bytes up to the next one that ends a word; false if there are none. */
static bool take_word(Cursor *cursor, Cursor *word)
{
    word->at = cursor->at;
    while (cursor->at < cursor->end && is_word_byte(*cursor->at)) {
        cursor->at++;
    }
    word->end = cursor->at;
    return word->end > word->at;
}

static bool is_word(const Cursor *word, const char *wanted)
{
    const gsize length = (gsize)(word->end - word->at);
    return length == strlen(wanted) && g_ascii_strncasecmp(word->at, wanted, length) == 0;
}

/* A whole number, which ends where no digit follows. */
static bool take_number(Cursor *cursor, uint64_t most, uint64_t *number)
{
    const char *start = cursor->at;
    uint64_t value = 0;
    while (cursor->at < cursor->end && g_ascii_isdigit(*cursor->at)) {
        const uint64_t digit = (uint64_t)g_ascii_digit_value(*cursor->at);
        if (value > (most - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
        cursor->at++;
    }
    *number = value;
    return cursor->at > start;
}

/* A UID or a message's number: never 0. */
static bool take_id(Cursor *cursor, uint32_t *id)
{
    uint64_t number = 0;
    const bool good = take_number(cursor, G_MAXUINT32, &number) && number > 0;
    *id = (uint32_t)number;
    return good;
}

static bool take_quoted(Cursor *cursor, Cursor *content)
{
    if (!take(cursor, '"')) {
        return false;
    }
    content->at = cursor->at;
    while (cursor->at < cursor->end && *cursor->at != '"') {
        if (*cursor->at == '\r' || *cursor->at == '\n') {
            return false;
        }
        cursor->at += *cursor->at == '\\' && cursor->end - cursor->at > 1 ? 2 : 1;
    }
    content->end = cursor->at;
    return take(cursor, '"');
}

static bool take_literal(Cursor *cursor, Cursor *content)
{
    uint64_t size = 0;
    if (!take(cursor, '{') || !take_number(cursor, G_MAXINT64, &size) || !take(cursor, '}') ||
        !take(cursor, '\r') || !take(cursor, '\n') || size > (uint64_t)(cursor->end - cursor->at)) {
        return false;
    }
    content->at = cursor->at;
    cursor->at += size;
    content->end = cursor->at;
    return true;
}

/* A string in either writing. What has to be unescaped is not wanted of any. */
static bool take_string(Cursor *cursor, Cursor *content)
{
    return is_at(cursor, '"') ? take_quoted(cursor, content) : take_literal(cursor, content);
}

/* Passes over a value of any kind but a list. */
static bool pass_single(Cursor *cursor)
{
    Cursor value;
    return is_at(cursor, '"') || is_at(cursor, '{') ? take_string(cursor, &value)
                                                    : take_word(cursor, &value);
}

/* Passes over a value, be it a list of lists. */
static bool pass_value(Cursor *cursor)
{
    unsigned depth = 0;
    do {
        if (take(cursor, '(')) {
            depth++;
        } else if (depth > 0 && take(cursor, ')')) {
            depth--;
        } else if (depth > 0 && take(cursor, ' ')) {
            continue;
        } else if (!pass_single(cursor)) {
            return false;
        }
    } while (depth > 0 && depth <= NESTING_MOST);
    return depth == 0;
}

static bool take_flags(Cursor *cursor, ImapFetched *mail)
{
    if (!take(cursor, '(')) {
        return false;
    }
    mail->has_flags = true;
    mail->deleted = false;
    Cursor flag;
    while (!take(cursor, ')')) {
        if (!take_word(cursor, &flag)) {
            return false;
        }
        mail->deleted |= is_word(&flag, "\\Deleted");
        (void)take(cursor, ' ');
    }
    return true;
}

/* The name of what is told of a mail: a word, perhaps with a section in brackets that holds blanks
 * and lists of its own. */
static bool take_name(Cursor *cursor, Cursor *name)
{
    if (!take_word(cursor, name)) {
        return false;
    }
    const char *bracket = memchr(name->at, '[', (gsize)(name->end - name->at));
    if (bracket != NULL && memchr(bracket, ']', (gsize)(name->end - bracket)) == NULL) {
        const char *closing = memchr(bracket, ']', (gsize)(cursor->end - bracket));
        if (closing == NULL) {
            return false;
        }
        cursor->at = closing + 1;
        name->end = cursor->at;
    }
    return true;
}

static bool take_body(Cursor *cursor, ImapFetched *mail)
{
    Cursor content;
    if (!is_at(cursor, '"') && !is_at(cursor, '{')) {
        return take_word(cursor, &content) && is_word(&content, "NIL");
    }
    /* Quoted, it may hold escapes; but whoever has a mail to give sends a literal. */
    if (!take_string(cursor, &content) ||
        (content.at[-1] == '"' && memchr(content.at, '\\', (gsize)(content.end - content.at)))) {
        return false;
    }
    mail->body = content.at;
    mail->body_size = (gsize)(content.end - content.at);
    return true;
}

static bool take_item(Cursor *cursor, ImapFetched *mail)
{
    Cursor name;
    if (!take_name(cursor, &name) || !take(cursor, ' ')) {
        return false;
    }
    if (is_word(&name, "UID")) {
        return take_id(cursor, &mail->uid);
    }
    if (is_word(&name, "RFC822.SIZE")) {
        mail->has_size = true;
        return take_number(cursor, G_MAXINT64, &mail->size);
    }
    if (is_word(&name, "FLAGS")) {
        return take_flags(cursor, mail);
    }
    /* Where only the front was asked for, its first byte's number stands in the name. */
    return is_word(&name, "BODY[]") || is_word(&name, "BODY[]<0>") ? take_body(cursor, mail)
                                                                   : pass_value(cursor);
}

static bool read_fetched(Cursor *cursor, ImapResponse *response)
{
    response->kind = IMAP_FETCHED;
    if (!take(cursor, ' ') || !take(cursor, '(')) {
        return false;
    }
    while (!take(cursor, ')')) {
        if (!take_item(cursor, &response->mail)) {
            return false;
        }
        (void)take(cursor, ' ');
    }
    return cursor->at == cursor->end;
}

static bool read_found(Cursor *cursor, ImapResponse *response)
{
    response->kind = IMAP_FOUND;
    response->numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    while (take(cursor, ' ')) {
        uint32_t id = 0;
        if (cursor->at == cursor->end) {
            break; /* some end the line with a blank */
        }
        if (is_at(cursor, '(')) {
            return pass_value(cursor) && cursor->at == cursor->end; /* (MODSEQ n), RFC 7162 */
        }
        if (!take_id(cursor, &id)) {
            return false;
        }
        g_array_append_val(response->numbers, id);
    }
    return cursor->at == cursor->end;
}

static bool is_status_word(const Cursor *word, ImapStatus *status)
{
    static const char *const words[] = {[IMAP_OK] = "OK",
                                        [IMAP_NO] = "NO",
                                        [IMAP_BAD] = "BAD",
                                        [IMAP_BYE] = "BYE",
                                        [IMAP_PREAUTH] = "PREAUTH"};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (is_word(word, words[i])) {
            *status = (ImapStatus)i;
            return true;
        }
    }
    return false;
}

static bool has_line_end(const Cursor *cursor)
{
    const gsize size = (gsize)(cursor->end - cursor->at);
    return memchr(cursor->at, '\0', size) != NULL || memchr(cursor->at, '\r', size) != NULL ||
           memchr(cursor->at, '\n', size) != NULL;
}

/* What follows a status: [CODE] TEXT, both as they are. */
static bool read_status(Cursor *cursor, ImapResponse *response)
{
    (void)take(cursor, ' ');
    if (has_line_end(cursor)) {
        return false;
    }
    if (take(cursor, '[')) {
        const char *closing = memchr(cursor->at, ']', (gsize)(cursor->end - cursor->at));
        if (closing == NULL) {
            return false;
        }
        response->code = g_strndup(cursor->at, (gsize)(closing - cursor->at));
        cursor->at = closing + 1;
        (void)take(cursor, ' ');
    }
    response->text = g_strndup(cursor->at, (gsize)(cursor->end - cursor->at));
    return true;
}

static bool read_numbered(Cursor *cursor, ImapResponse *response)
{
    uint64_t number = 0;
    Cursor word;
    if (!take_number(cursor, G_MAXUINT32, &number) || !take(cursor, ' ') ||
        !take_word(cursor, &word)) {
        return false;
    }
    response->number = (uint32_t)number;
    if (is_word(&word, "EXISTS")) {
        response->kind = IMAP_EXISTS;
    } else if (is_word(&word, "EXPUNGE")) {
        response->kind = IMAP_EXPUNGED;
    }
    return !is_word(&word, "FETCH") || read_fetched(cursor, response);
}

static bool read_untagged(Cursor *cursor, ImapResponse *response)
{
    response->kind = IMAP_OTHER;
    if (cursor->at < cursor->end && g_ascii_isdigit(*cursor->at)) {
        return read_numbered(cursor, response);
    }
    Cursor word;
    if (!take_word(cursor, &word)) {
        return false;
    }
    if (is_status_word(&word, &response->status)) {
        response->kind = IMAP_UNTAGGED;
        return read_status(cursor, response);
    }
    if (is_word(&word, "SEARCH")) {
        return read_found(cursor, response);
    }
    if (is_word(&word, "CAPABILITY") && !has_line_end(cursor)) {
        response->kind = IMAP_CAPABILITIES;
        response->text = g_strndup(cursor->at, (gsize)(cursor->end - cursor->at));
    }
    return true;
}

static bool read_tagged(Cursor *cursor, ImapResponse *response)
{
    Cursor tag;
    Cursor word;
    response->kind = IMAP_TAGGED;
    if (!take_word(cursor, &tag) || !take(cursor, ' ') || !take_word(cursor, &word) ||
        !is_status_word(&word, &response->status) || response->status > IMAP_BAD) {
        return false;
    }
    response->tag = g_strndup(tag.at, (gsize)(tag.end - tag.at));
    return read_status(cursor, response);
}

static bool read_any(Cursor *cursor, ImapResponse *response)
{
    if (take(cursor, '+')) {
        response->kind = IMAP_CONTINUATION;
        return true;
    }
    if (take(cursor, '*')) {
        return take(cursor, ' ') && read_untagged(cursor, response);
    }
    return read_tagged(cursor, response);
}

bool imap_response_read(const char *data, gsize size, ImapResponse *response)
{
    *response = (ImapResponse){.kind = IMAP_OTHER};
    if (size < LINE_END || memcmp(data + size - LINE_END, "\r\n", LINE_END) != 0) {
        return false;
    }
    Cursor cursor = {data, data + size - LINE_END};
    if (!read_any(&cursor, response)) {
        imap_response_clear(response);
        return false;
    }
    return true;
}

bool imap_response_is_status(const char *line, gsize length)
{
    Cursor cursor = {line, line + length};
    Cursor word;
    ImapStatus status;
    if (!take(&cursor, '*')) {
        return !is_at(&cursor, ' ');
    }
    return take(&cursor, ' ') && take_word(&cursor, &word) && is_status_word(&word, &status);
}

bool imap_response_has_literal(const char *line, gsize length, bool status, uint64_t *size,
                               gsize *marker)
{
    if (status || length < sizeof "{0}\r\n" - 1 || memcmp(line + length - 3, "}\r\n", 3) != 0) {
        return false;
    }
    gsize at = length - 3;
    while (at > 0 && g_ascii_isdigit(line[at - 1])) {
        at--;
    }
    if (at == 0 || line[at - 1] != '{') {
        return false;
    }
    Cursor cursor = {line + at, line + length - 3};
    *marker = at - 1;
    return take_number(&cursor, G_MAXINT64, size) && cursor.at == cursor.end;
}

void imap_response_clear(ImapResponse *response)
{
    g_clear_pointer(&response->tag, g_free);
    g_clear_pointer(&response->code, g_free);
    g_clear_pointer(&response->text, g_free);
    g_clear_pointer(&response->numbers, g_array_unref);
    *response = (ImapResponse){.kind = IMAP_OTHER};
}
