/* Reads the files of tests/vectors: lines of columns separated by tabs (its README.md has the
 * escapes). For cmocka tests; include it after cmocka.h. */
#ifndef ISSUER_TESTS_VECTORS_FIXTURE_H
#define ISSUER_TESTS_VECTORS_FIXTURE_H

#include <glib.h>
#include <string.h>

typedef struct {
    char *name;
    char *text; /* a zero byte follows */
    gsize length;
    char *expected;
} Vector;

/* A column without its escapes, in place; its length. */
static inline gsize vectors_unescape(char *column)
{
    char *to = column;
    for (const char *from = column; *from != '\0'; from++) {
        if (*from != '\\') {
            *to++ = *from;
        } else if (from[1] == 'x') {
            *to++ = (char)(g_ascii_xdigit_value(from[2]) * 16 + g_ascii_xdigit_value(from[3]));
            from += 3;
        } else {
            from++;
            *to++ = *from == 'n' ? '\n' : *from;
        }
    }
    *to = '\0';
    return (gsize)(to - column);
}

/* Calls `check` for each vector of the file; returns how many there were. */
static inline guint vectors_each(const char *file, void (*check)(const Vector *vector))
{
    g_autofree char *path = g_build_filename(TESTS_DIR, "vectors", file, NULL);
    g_autofree char *content = NULL;
    guint count = 0;
    assert_true(g_file_get_contents(path, &content, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
    for (char **line = lines; *line != NULL && **line != '\0'; line++, count++) {
        g_auto(GStrv) columns = g_strsplit(*line, "\t", -1);
        assert_int_equal(g_strv_length(columns), 3);
        Vector vector = {.name = columns[0], .text = columns[1], .expected = columns[2]};
        vectors_unescape(vector.name);
        vector.length = vectors_unescape(vector.text);
        vectors_unescape(vector.expected);
        check(&vector);
    }
    return count;
}

/* Fails naming the vector unless `got` is what it expects. */
static inline void vectors_compare(const Vector *vector, const char *got)
{
    if (strcmp(got, vector->expected) != 0) {
        fail_msg("%s: \"%s\", expected \"%s\"", vector->name, got, vector->expected);
    }
}

#endif
