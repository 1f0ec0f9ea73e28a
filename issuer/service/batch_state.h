/* What a batch holds while it runs, and what its parts ask of it. */
#ifndef ISSUER_SERVICE_BATCH_STATE_H
#define ISSUER_SERVICE_BATCH_STATE_H

#include "service/batch.h"

/* A usage license on its way: its fields, then its signed bytes. */
typedef struct {
    Matter *matter;
    UsageLicense *license;
    char *jws;
} SignJob;

/* The signing of a batch that is under way. */
typedef struct Signing Signing;

struct Batch {
    Context *context;
    Serials *serials;
    int64_t now;
    int64_t began_us; /* clock_monotonic_us() at that time */
    bool dry_run;
    Policy policy;
    GPtrArray *items; /* of BatchItem * */
    guint cut;        /* how many of them to do instead of all; 0: not found out */
    BatchCheck check; /* or NULL */
    gpointer check_data;
    BatchRecord record; /* or NULL */
    gpointer record_data;
    int64_t instruction;  /* that it carries out; 0: none */
    bool trial;           /* all is taken back */
    Rehearsal *rehearsal; /* or NULL */
    GArray *rivals;       /* of int64_t: the license of each that waits besides the items */
    bool lacks_serials;   /* more was issued than numbers were at hand */

    /* what is on record (batch_load.c) */
    GArray *joins;                /* of CaseJoin (db/case_store.h): the cases that items name */
    GArray *ahead;                /* of guint: items that name what may be a case to come */
    GHashTable *thumbprint_place; /* Digest * → index into `thumbprints` + 1 */
    GArray *thumbprints;          /* of Digest, sorted */
    GArray *passed_at;            /* of int64_t, beside them */
    GHashTable *histories;        /* Digest * (thumbprint) → GArray of HistoryRecord */
    GHashTable *proofs;           /* Digest * (public key) → ProofRecord * */
    GArray *proof_records;
    GHashTable *licenses; /* int64_t * → LicenseRecord * */
    GPtrArray *license_records;
    GHashTable *installed; /* int64_t * → InstalledRecord * */
    GArray *installed_records;
    GArray *choosing;     /* of ChoosingRecord */
    GHashTable *contacts; /* "license address" → known */
    GArray *named;        /* of NamedLicense: what mails that tell of a loss may name */
    Ledger *ledger;

    /* what becomes of it (batch_decide.c), to be written (batch_write.c) */
    GArray *requests;                /* of RequestRow */
    GArray *deactivations;           /* of DeactivationRow */
    GPtrArray *deactivation_matters; /* of Matter *, beside them */
    GPtrArray *decided;              /* of Matter *, in order */
    GArray *holds;                   /* of HoldRow */
    GArray *alerts;                  /* of AlertRow */
    GArray *notices;                 /* of NoticeRow */
    GArray *fills;                   /* of RequestLicenseRow */
    GArray *passes;                  /* of Digest: instances that a person let pass */
    GArray *bridged;                 /* of int64_t: emergency grants that were superseded */
    GArray *given_back;              /* of int64_t: licenses with a use or place more than before */
    GPtrArray *jobs;                 /* of SignJob * */
    Signing *signing;                /* of them; NULL: none is under way */
    GPtrArray *texts;                /* strings that rows point to */
    GHashTable *entries;  /* contact entry → how many answers it had (batch_limits.c) */
    GHashTable *entry_of; /* "license address" → one of them */
    GArray *limit_alerts; /* of AlertRow */
    GHashTable *answers;  /* address → answers without a license within a day */
    int64_t next_id[INTAKE_ID_KINDS];
    int64_t end_id[INTAKE_ID_KINDS];
};

/* Makes it as new, but for its items. */
void batch_prepare(Batch *batch);

/* The key of batch->contacts. New string. */
char *batch_contact_key(int64_t license_id, const char *address);

/* Adds to `checks` (of ContactCheck) that the records be asked for a contact, each (license, 0:
 * any) once in a batch. */
void batch_add_check(const Batch *batch, GArray *checks, int64_t license_id, const char *address);

/* Whether `address` is a current contact of the license (0: of any). */
bool batch_knows_contact(const Batch *batch, int64_t license_id, const char *address);

/* Whether the mail counts as its sender's: who says so is vouched for, or that is not asked for. */
bool batch_may_act_for(const Batch *batch, const BatchItem *item);

/* The license under which a usage license was issued; 0: it is not on record. */
int64_t batch_license_of_serial(const Batch *batch, int64_t serial);

/* The index of an instance in batch->thumbprints. */
guint batch_instance(const Batch *batch, const Digest *thumbprint);

/* The instance's history; appended to by decisions. */
GArray *batch_history(Batch *batch, const Digest *thumbprint);

/* The record of a statement in its instance's history; NULL if it is not there. */
HistoryRecord *batch_find_history(GArray *history, const Digest *digest);

/* Appends a number unless it stands there or is 0. */
void batch_append_once(GArray *numbers, int64_t number);

/* The next id of a kind, from blocks drawn as needed; 0 on error. */
int64_t batch_next_id(Batch *batch, IntakeIdKind kind, GError **error);

#endif
