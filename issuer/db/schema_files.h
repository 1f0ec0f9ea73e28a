/* The files of schema/, embedded (embed.cmake). */
#ifndef ISSUER_DB_SCHEMA_FILES_H
#define ISSUER_DB_SCHEMA_FILES_H

#include <glib.h>

typedef struct {
    const char *name; /* within schema/: "0001_records.sql", "repeat/reports.sql", "roles.sql" */
    const char *text;
} SchemaFile;

/* All of them, sorted by name, so migrations first and in their order; `count` is set. Static. */
const SchemaFile *schema_files(gsize *count);

#endif
