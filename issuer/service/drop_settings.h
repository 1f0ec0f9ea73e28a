/* Which folders mails are dropped into: the settings [drop NAME] of issuer.conf. */
#ifndef ISSUER_SERVICE_DROP_SETTINGS_H
#define ISSUER_SERVICE_DROP_SETTINGS_H

#include "base/config.h"

#define DROP_KIND "drop"
#define DROP_ROWS 2

/* The settings of one drop folder. */
extern const ConfigRow drop_rows[DROP_ROWS];

/* One drop folder as it is set. All paths are absolute, owned by it. */
typedef struct {
    char *folder;
    char *taken;  /* the folder in it for what is being taken in, */
    char *done;   /* for what was, */
    char *failed; /* and for what could not be read, wholly or in part */
    gint64 bulk;  /* bytes; what is as large goes another way than single mails */
} Drop;

/* That of the group. The caller owns it. */
Drop *drop_new(const Config *group);

/* Whether the folder of the group `name` can be told from those of the others: none is, or lies
 * within, another. ISSUER_ERROR_INPUT. */
bool drop_judge(const Config *config, const char *name, GError **error);

/* Where a file or folder that came through a drop folder is now, of which `source` ("FILE#N", a
 * path in that folder, which may go on below it) tells: `called` is set to how `source` calls it.
 * NULL: it came through none, or is not there. New strings. */
char *drop_find(const Config *config, const char *source, char **called);

void drop_free(Drop *drop);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Drop, drop_free)

#endif
