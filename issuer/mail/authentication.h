/* What a receiving server says of who sent a mail: Authentication-Results (RFC 8601). */
#ifndef ISSUER_MAIL_AUTHENTICATION_H
#define ISSUER_MAIL_AUTHENTICATION_H

#include "mail/headers.h"
#include "mail/mail_reader.h"

#define AUTHENTICATION_RESULTS_MOST 64 /* results, and properties of one, that a field may have */

typedef struct {
    char *type; /* "header", "smtp", … lower case */
    char *name; /* "from", "d", "mailfrom", … lower case */
    char *value;
} AuthenticationProperty;

typedef struct {
    char *method;          /* "dkim", "spf", "dmarc", … lower case */
    char *result;          /* "pass", "fail", … lower case */
    GPtrArray *properties; /* of AuthenticationProperty * */
} AuthenticationResult;

typedef struct {
    char *server;       /* authserv-id, as written */
    GPtrArray *results; /* of AuthenticationResult *; empty where nothing was looked at ("none") */
} AuthenticationField;

/* Reads the value of one field (section 2.2): folded or not, with comments and quoted strings.
 * NULL if it does not follow the grammar, has a version but 1, or more results than the limit:
 * nothing that stands in it counts then. A word after a result that is no property ("action=none",
 * as Exchange writes it) is passed over. The caller owns it. */
AuthenticationField *authentication_read(const char *value);

/* The value of a property of this result, or NULL. Owned by the result. */
const char *authentication_property(const AuthenticationResult *result, const char *type,
                                    const char *name);

void authentication_field_free(AuthenticationField *field);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(AuthenticationField, authentication_field_free)

/* Fills sender_check and sender_says of `mail`, whose `from` must be there: whether one of
 * `trusted` (NULL-terminated authserv-ids) vouches for the address in it. Only fields in the trace
 * of our own servers count (section 5): a Received by a host of another domain ends it, and what
 * stands below it others may have written. Vouched for is what passed DMARC as the domain in From;
 * or where no DMARC result fails it, DKIM or SPF of a domain that is aligned with it (RFC 7489
 * section 3.1: the same organizational domain). */
void authentication_judge(ParsedMail *mail, const Headers *headers, const char *const *trusted);

#endif
