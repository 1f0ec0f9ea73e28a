#include "core/address.h"

#include "base/error.h"

#include <string.h>

#define LOCAL_MOST  64  /* RFC 5321 §4.5.3.1.1 */
#define DOMAIN_MOST 253 /* what DNS can name */
#define LABEL_MOST  63  /* RFC 1035 §2.3.4 */

/* Domains where anybody gets an address. Sorted, for the eye. */
static const char *const public_domains[] = {
    "126.com",        "163.com",        "aim.com",         "alice.it",      "aol.com",
    "arcor.de",       "att.net",        "bellsouth.net",   "bigpond.com",   "bluewin.ch",
    "bol.com.br",     "btinternet.com", "comcast.net",     "cox.net",       "daum.net",
    "duck.com",       "fastmail.com",   "fastmail.fm",     "free.fr",       "freenet.de",
    "gmail.com",      "googlemail.com", "hanmail.net",     "hey.com",       "hushmail.com",
    "icloud.com",     "inbox.ru",       "interia.pl",      "laposte.net",   "libero.it",
    "list.ru",        "mac.com",        "mail.com",        "mail.ru",       "mailbox.org",
    "mailinator.com", "me.com",         "msn.com",         "naver.com",     "o2.pl",
    "onet.pl",        "op.pl",          "orange.fr",       "outlook.com",   "passport.com",
    "pm.me",          "posteo.de",      "proton.me",       "protonmail.ch", "protonmail.com",
    "qq.com",         "rediffmail.com", "rocketmail.com",  "sbcglobal.net", "seznam.cz",
    "sfr.fr",         "shaw.ca",        "sina.com",        "sohu.com",      "sympatico.ca",
    "t-online.de",    "telenet.be",     "telus.net",       "terra.com.br",  "tin.it",
    "tuta.com",       "tuta.io",        "tutanota.com",    "tutanota.de",   "uol.com.br",
    "verizon.net",    "virgilio.it",    "virginmedia.com", "wanadoo.fr",    "web.de",
    "wp.pl",          "ya.ru",          "yandex.com",      "yandex.ru",     "yeah.net",
    "ymail.com",      "zoho.com",       "zohomail.com",    "ziggo.nl",      NULL};

/* Providers with a domain for many a country: "yahoo.fr", "hotmail.co.uk". */
static const char *const public_families[] = {"gmx",         "hotmail", "live",   "outlook",
                                              "windowslive", "yahoo",   "yandex", NULL};

bool address_is_atext(char c)
{
    return g_ascii_isalnum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Atoms with single dots between them. */
static bool local_is_valid(const char *local, gsize length)
{
    if (length == 0 || length > LOCAL_MOST || local[0] == '.' || local[length - 1] == '.') {
        return false;
    }
    for (gsize i = 0; i < length; i++) {
        if (local[i] == '.' ? local[i - 1] == '.' : !address_is_atext(local[i])) {
            return false;
        }
    }
    return true;
}

static bool label_is_valid(const char *label, gsize length)
{
    if (length == 0 || length > LABEL_MOST || label[0] == '-' || label[length - 1] == '-') {
        return false;
    }
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isalnum(label[i]) && label[i] != '-') {
            return false;
        }
    }
    return true;
}

/* Labels with dots between them, at least two, and the last one no number: that would be an IP
 * address. */
static bool domain_is_valid(const char *domain)
{
    const char *label = domain;
    const char *dot = NULL;
    if (strlen(domain) > DOMAIN_MOST) {
        return false;
    }
    while ((dot = strchr(label, '.')) != NULL) {
        if (!label_is_valid(label, (gsize)(dot - label))) {
            return false;
        }
        label = dot + 1;
    }
    return label != domain && label_is_valid(label, strlen(label)) &&
           strspn(label, "0123456789") != strlen(label);
}

bool address_is_valid(const char *text)
{
    const char *at = strchr(text, '@');
    return at != NULL && strlen(text) <= ADDRESS_MAX && local_is_valid(text, (gsize)(at - text)) &&
           domain_is_valid(at + 1);
}

/* GLib goes by IDNA 2003, which takes these for other letters or for none; IDNA 2008 (RFC 5894
 * §7.2) has names with them, and other servers may stand there. */
static bool is_read_two_ways(const char *domain)
{
    static const char *const letters[] = {"ß", "ẞ", "ς", "\xE2\x80\x8C", "\xE2\x80\x8D"};
    for (gsize i = 0; i < G_N_ELEMENTS(letters); i++) {
        if (strstr(domain, letters[i]) != NULL) {
            return true;
        }
    }
    return false;
}

char *address_in_ascii(const char *text)
{
    const char *at = strchr(text, '@');
    if (at == NULL || g_str_is_ascii(at) || !g_utf8_validate(text, -1, NULL) ||
        strlen(at) > ADDRESS_MAX || is_read_two_ways(at)) {
        return g_strdup(text);
    }
    g_autofree char *domain = g_hostname_to_ascii(at + 1);
    return domain == NULL ? g_strdup(text)
                          : g_strdup_printf("%.*s@%s", (int)(at - text), text, domain);
}

char *address_read(const char *text, GError **error)
{
    if (!address_is_valid(text)) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                            "this is no plain mail address such as name@example.com");
        return NULL;
    }
    char *address = g_strdup(text);
    for (char *c = strchr(address, '@'); *c != '\0'; c++) {
        *c = g_ascii_tolower(*c);
    }
    return address;
}

char *address_key(const char *address)
{
    return g_ascii_strdown(address, -1);
}

/* Whether all labels of `rest` are as short as those of a country's public suffix ("fr", "co.uk").
 */
static bool is_country_suffix(const char *rest)
{
    const char *dot = strchr(rest, '.');
    return dot == NULL ? strlen(rest) <= 3
                       : dot - rest <= 3 && strchr(dot + 1, '.') == NULL && strlen(dot + 1) <= 3;
}

/* Whether anybody can have an address at `domain` (lower case). */
static bool domain_is_public(const char *domain)
{
    const char *dot = strchr(domain, '.');
    if (dot == NULL) {
        return false;
    }
    g_autofree char *first = g_strndup(domain, (gsize)(dot - domain));
    return g_strv_contains(public_domains, domain) ||
           (g_strv_contains(public_families, first) && is_country_suffix(dot + 1));
}

char *address_read_contact(const char *text, GError **error)
{
    g_autofree char *ascii = address_in_ascii(text);
    const bool is_domain = ascii[0] == '@';
    if (is_domain ? !domain_is_valid(ascii + 1) : !address_is_valid(ascii)) {
        g_set_error_literal(
            error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
            g_str_is_ascii(ascii)
                ? "a contact is name@example.com, or @example.com for a whole domain"
                : "no answer can be sent there: a contact is name@example.com, or @example.com for "
                  "a whole domain, with only ASCII's letters before the @; write a domain that is "
                  "not taken with its \"xn--\" labels");
        return NULL;
    }
    g_autofree char *contact = address_key(ascii);
    if (is_domain && domain_is_public(contact + 1)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "anybody can have an address at %s: name the persons' addresses instead",
                    contact + 1);
        return NULL;
    }
    return g_steal_pointer(&contact);
}
