/* What a use case works with: settings, the database, the signing key. */
#ifndef ISSUER_SERVICE_CONTEXT_H
#define ISSUER_SERVICE_CONTEXT_H

#include "db/database.h"
#include "service/journal.h"
#include "service/settings.h"
#include "sign/signer.h"

typedef struct {
    Settings *settings;
    Database *database; /* NULL unless asked for */
    Signer *signer;     /* NULL unless asked for */
    Journal *journal;   /* NULL until context_need_journal(), and where none is kept */
    char *elsewhere;    /* the socket on which the signing key is asked; NULL: it is opened here */
} Context;

typedef enum {
    CONTEXT_SETTINGS = 0,
    CONTEXT_DATABASE = 1,         /* connect; the schema must be the program's own */
    CONTEXT_SIGNER = 2,           /* open the signing key */
    CONTEXT_ANY_SCHEMA = 4,       /* connect whatever the schema (migrate, check) */
    CONTEXT_DEVELOPMENT_KEYS = 8, /* development keys are allowed, whatever the setting */
    CONTEXT_REPORTS = 16,         /* as CONTEXT_DATABASE, but to read only, and from
                                     report-database where one is set */
} ContextNeeds;

/* Loads the settings and opens what `needs` (ContextNeeds, or-ed) asks for. `purpose` names the
 * command to the database. Errors of settings_load(), database_open(), signer_open(); and
 * ISSUER_ERROR_FAILED when the schema is not the program's ("run issuer migrate"). */
Context *context_open(const char *config_path, unsigned needs, const char *purpose, GError **error);

/* The same with settings that were read already, which it shares. */
Context *context_open_with(Settings *settings, unsigned needs, const char *purpose, GError **error);

/* The same, where the key is in another process: `signer` is the socket on which it is asked
 * (RoleSeat), and CONTEXT_SIGNER connects to it; NULL: the key is opened here. Errors of
 * signer_connect() too. */
Context *context_open_asking(Settings *settings, const char *signer, unsigned needs,
                             const char *purpose, GError **error);

/* Seconds past which records are called behind; the daemons note every two how far they are. */
#define CONTEXT_BEHIND_S 10

/* What people are to know of the records that they are shown, "this report", where these are a
 * standby's that is behind by more than seconds: a line for people in `line`, a new string; NULL:
 * nothing. */
bool context_behind(Context *context, const char *shown, char **line, GError **error);

/* Puts the signing key's certificate on record, if it is not yet. ISSUER_ERROR_DENIED if the
 * records have it as revoked, as context_check_signer(): the key folder may be older than they are.
 */
bool context_record_signer(Context *context, GError **error);

/* ISSUER_ERROR_DENIED if the records have the signing key as revoked. A signer in another process,
 * which does not read them, is told, and signs nothing more. */
bool context_check_signer(Context *context, GError **error);

/* Has a signing key that is on record, as context_record_signer(), opened by now if it is not yet.
 * Errors of both. */
bool context_need_signer(Context *context, GError **error);

/* Opens the journal of usage licenses, if the settings ask for one and it is not open yet; not
 * within a transaction. Errors of journal_open(). */
bool context_need_journal(Context *context, GError **error);

void context_free(Context *context);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Context, context_free)

#endif
