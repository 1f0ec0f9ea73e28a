#include "mail/html_style.h"

#include <stdbool.h>
#include <string.h>

#define LONGEST_SELECTOR 128  /* bytes */
#define MOST_SELECTORS   4096 /* that hide something */

struct HtmlStyle {
    GHashTable *hiding; /* selector ("p", ".note", "p.note", "#top") → Change, both owned */
};

/* What declarations say: flags that are set, and flags that are taken back. */
typedef struct {
    uint8_t set;
    uint8_t taken_back;
} Change;

HtmlStyle *html_style_new(void)
{
    HtmlStyle *style = g_new(HtmlStyle, 1);
    style->hiding = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return style;
}

void html_style_free(HtmlStyle *style)
{
    if (style != NULL) {
        g_hash_table_unref(style->hiding);
        g_free(style);
    }
}

/* ---- declarations ---- */

/* Whether a value is a number that is zero, of whatever unit. */
static bool is_zero(const char *value)
{
    const char *end = value + strspn(value, "0.");
    return end > value && memchr(value, '0', (gsize)(end - value)) != NULL &&
           !g_ascii_isdigit(*end);
}

typedef struct {
    const char *name;
    const char *value; /* NULL: zero */
    uint8_t flag;
} Hiding;

static const Hiding hidings[] = {
    {"display", "none", HTML_STYLE_GONE},
    {"opacity", NULL, HTML_STYLE_CLEAR},
    {"visibility", "hidden", HTML_STYLE_INVISIBLE},
    {"visibility", "collapse", HTML_STYLE_INVISIBLE},
    {"font-size", NULL, HTML_STYLE_NO_SIZE},
};

static bool hides(const Hiding *hiding, const char *value)
{
    return hiding->value == NULL ? is_zero(value) : g_str_has_prefix(value, hiding->value);
}

static void apply_declaration(const char *name, const char *value, Change *change)
{
    for (gsize i = 0; i < G_N_ELEMENTS(hidings); i++) {
        const Hiding *hiding = &hidings[i];
        if (strcmp(name, hiding->name) != 0) {
            continue;
        }
        change->set &= (uint8_t)~hiding->flag;
        change->taken_back |= hiding->flag;
        if (hides(hiding, value)) {
            change->set |= hiding->flag;
            return;
        }
    }
}

/* Whether a name is of those that can hide something, blanks aside: few are. */
static bool may_hide(const char *name, gsize length)
{
    while (length > 0 && g_ascii_isspace(*name)) {
        name++;
        length--;
    }
    bool any = false;
    for (gsize i = 0; i < G_N_ELEMENTS(hidings) && !any; i++) {
        const gsize size = strlen(hidings[i].name);
        any = length >= size && g_ascii_strncasecmp(name, hidings[i].name, size) == 0;
    }
    return any;
}

/* Reads "name: value; name: value" of `length` bytes. */
static Change read_declarations(const char *text, gsize length)
{
    Change change = {0, 0};
    for (gsize at = 0; at < length;) {
        const char *end = memchr(text + at, ';', length - at);
        const gsize size = end == NULL ? length - at : (gsize)(end - (text + at));
        const char *colon = memchr(text + at, ':', size);
        if (colon != NULL && size <= LONGEST_SELECTOR &&
            may_hide(text + at, (gsize)(colon - (text + at)))) {
            g_autofree char *name = g_ascii_strdown(text + at, colon - (text + at));
            g_autofree char *value =
                g_ascii_strdown(colon + 1, (gssize)(size - (gsize)(colon + 1 - (text + at))));
            apply_declaration(g_strstrip(name), g_strstrip(value), &change);
        }
        at += size + 1;
    }
    return change;
}

/* ---- style sheets ---- */

static void add_selector(HtmlStyle *style, const char *text, gsize length, Change change)
{
    g_autofree char *selector = g_strndup(text, length);
    g_strstrip(selector);
    /* What stands within something else, or is meant for a state, is not understood. */
    if (selector[0] == '\0' || length > LONGEST_SELECTOR ||
        strpbrk(selector, " \t\r\n>+~:[*,@") != NULL ||
        g_hash_table_size(style->hiding) >= MOST_SELECTORS) {
        return;
    }
    g_hash_table_replace(style->hiding, g_ascii_strdown(selector, -1),
                         g_memdup2(&change, sizeof change));
}

static void add_selectors(HtmlStyle *style, const char *text, gsize length, Change change)
{
    for (gsize at = 0; at < length;) {
        const char *end = memchr(text + at, ',', length - at);
        const gsize size = end == NULL ? length - at : (gsize)(end - (text + at));
        add_selector(style, text + at, size, change);
        at += size + 1;
    }
}

/* The sheet without its comments. */
static GString *without_comments(const char *sheet, gsize length)
{
    GString *out = g_string_sized_new(length);
    for (gsize at = 0; at < length;) {
        const char *begin = memmem(sheet + at, length - at, "/*", 2);
        const gsize size = begin == NULL ? length - at : (gsize)(begin - (sheet + at));
        g_string_append_len(out, sheet + at, (gssize)size);
        at += size;
        const char *end = begin == NULL ? NULL : memmem(sheet + at, length - at, "*/", 2);
        at = end == NULL ? length : (gsize)(end + 2 - sheet);
    }
    return out;
}

/* Where the block that opens before `at` ends, blocks within it passed over. */
static gsize block_end(const GString *sheet, gsize at)
{
    unsigned depth = 1;
    for (; at < sheet->len; at++) {
        depth += sheet->str[at] == '{';
        depth -= sheet->str[at] == '}';
        if (depth == 0) {
            break;
        }
    }
    return at;
}

void html_style_read(HtmlStyle *style, const char *sheet, gsize length)
{
    g_autoptr(GString) text = without_comments(sheet, length);
    for (gsize at = 0; at < text->len;) {
        const char *open = memchr(text->str + at, '{', text->len - at);
        if (open == NULL) {
            break;
        }
        const gsize begin = (gsize)(open - text->str) + 1;
        const gsize end = block_end(text, begin);
        if (memchr(text->str + at, '@', begin - at) == NULL) {
            const Change change = read_declarations(text->str + begin, end - begin);
            if (change.set != 0) {
                add_selectors(style, text->str + at, begin - 1 - at, change);
            }
        }
        at = MIN(end + 1, text->len);
    }
}

/* ---- elements ---- */

static uint8_t changed(uint8_t flags, Change change)
{
    return (uint8_t)((flags & ~change.taken_back) | change.set);
}

static uint8_t by_selector(const HtmlStyle *style, const char *selector, uint8_t flags)
{
    const Change *change = g_hash_table_lookup(style->hiding, selector);
    return change == NULL ? flags : changed(flags, *change);
}

/* `mark` is "." or "#", `value` the classes or the id. */
static uint8_t by_names(const HtmlStyle *style, const char *element, const char *mark,
                        const char *value, uint8_t flags)
{
    g_autofree char *lower = g_ascii_strdown(value, -1);
    g_auto(GStrv) names = g_strsplit_set(lower, " \t\r\n", 64);
    for (gsize i = 0; names[i] != NULL; i++) {
        g_autofree char *whole = g_strconcat(element, mark, names[i], NULL);
        flags = by_selector(style, whole + strlen(element), flags);
        flags = by_selector(style, whole, flags);
    }
    return flags;
}

uint8_t html_style_of(const HtmlStyle *style, const char *name, const char *const *attributes,
                      uint8_t around)
{
    const bool sheets = g_hash_table_size(style->hiding) > 0;
    uint8_t flags = sheets ? by_selector(style, name, around) : around;
    const char *own = NULL;
    for (gsize i = 0; attributes != NULL && attributes[i] != NULL; i += 2) {
        const char *value = attributes[i + 1] == NULL ? "" : attributes[i + 1];
        if (strcmp(attributes[i], "hidden") == 0) {
            flags |= HTML_STYLE_GONE;
        } else if (strcmp(attributes[i], "style") == 0) {
            own = value;
        } else if (sheets && strcmp(attributes[i], "class") == 0) {
            flags = by_names(style, name, ".", value, flags);
        } else if (sheets && strcmp(attributes[i], "id") == 0) {
            flags = by_names(style, name, "#", value, flags);
        }
    }
    /* What stands beside the element has the last word. */
    flags = own == NULL ? flags : changed(flags, read_declarations(own, strlen(own)));
    return flags | (around & (HTML_STYLE_GONE | HTML_STYLE_CLEAR));
}
