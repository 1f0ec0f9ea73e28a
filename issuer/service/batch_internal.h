/* What the files batch_….c share. */
#ifndef ISSUER_SERVICE_BATCH_INTERNAL_H
#define ISSUER_SERVICE_BATCH_INTERNAL_H

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
    bool dry_run;
    Policy policy;
    GPtrArray *items; /* of BatchItem * */
    guint cut;        /* how many of them to do instead of all; 0: not found out */
    BatchCheck check; /* or NULL */
    gpointer check_data;
    int64_t instruction; /* that it carries out; 0: none */
    bool begun_again;    /* after a conflict with another writer */
    bool lacks_serials;  /* more was issued than numbers were at hand */

    /* what is on record (batch_load.c) */
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
    GArray *given_back;              /* of int64_t: licenses with a use more than before */
    GPtrArray *jobs;                 /* of SignJob * */
    Signing *signing;                /* of them; NULL: none is under way */
    GPtrArray *texts;                /* strings that rows point to */
    GHashTable *answers;             /* address → answers without a license within a day */
    int64_t next_id[INTAKE_ID_KINDS];
    int64_t end_id[INTAKE_ID_KINDS];
};

/* Stores the messages, locks, and reads all that decisions look at. */
bool batch_load(Batch *batch, GError **error);

/* Whether `address` is a current contact of the license (0: of any). */
bool batch_knows_contact(const Batch *batch, int64_t license_id, const char *address);

/* The license under which a usage license was issued; 0: it is not on record. */
int64_t batch_license_of_serial(const Batch *batch, int64_t serial);

/* The index of an instance in batch->thumbprints. */
guint batch_instance(const Batch *batch, const Digest *thumbprint);

/* The instance's history; appended to by decisions. */
GArray *batch_history(Batch *batch, const Digest *thumbprint);

/* The record of a statement in its instance's history; NULL if it is not there. */
HistoryRecord *batch_find_history(GArray *history, const Digest *digest);

/* What the rules look at for a usage request; `of_license` is filled if its license is known. */
void batch_request_facts(Batch *batch, const BatchItem *item, const Matter *matter,
                         RequestFacts *facts, LicenseFacts *of_license);

/* The facts as they are kept with the decision, with those of the license's record (NULL: unknown)
 * whose change decides it again (db/waiting_store.h). New string. */
char *batch_facts_json(const RequestFacts *facts, const LicenseRecord *record);

/* Appends a number unless it stands there or is 0. */
void batch_append_once(GArray *numbers, int64_t number);

/* Marks those that wait, each a new server, for fewer uses than they are: of those decided again
 * together, and of those on record that a person is to choose from. */
void batch_mark_contested(Batch *batch);

/* Whether a request that came by mail would take a use that others wait for, of whom a person is to
 * choose; `facts` are all but complete. */
bool batch_would_overtake(const Batch *batch, const RequestFacts *facts);

/* Keeps batch->choosing as the decision of a recorded request leaves it. */
void batch_note_choosing(Batch *batch, const Matter *matter);

/* Queues what contacts are told of an issued usage license. */
void batch_notice_issued(Batch *batch, const BatchItem *item, const Matter *matter);

/* The activations of an instance whose use counts: ids. New array. */
GArray *batch_counted_uses(const Batch *batch, const Digest *thumbprint);

/* Queues what contacts are told of uses given back: those of `counted`, from batch_counted_uses()
 * before, that count no more. */
void batch_notice_given_back(Batch *batch, const BatchItem *item, const Matter *matter,
                             const GArray *counted);

/* Decides one deactivation and applies it. */
void batch_decide_deactivation(Batch *batch, const BatchItem *item, Matter *matter);

/* Decides all matters in order and collects what is to be written. False without an error: the
 * batch must end before its last item (batch->cut). */
bool batch_decide(Batch *batch, GError **error);

/* Begins to sign what was issued, beside what the caller does meanwhile. */
void batch_sign_begin(Batch *batch);

/* Takes part until all is signed and verified. */
bool batch_sign_finish(Batch *batch, GError **error);

/* Ends the signing where it stands, if it is under way: the caller's batch has failed. False with
 * the error of one that could not be signed. */
bool batch_sign_end(Batch *batch, GError **error);

/* Writes it all, in the fixed order; what is signed meanwhile, once it is. */
bool batch_write(Batch *batch, GError **error);

/* The replies for the items: who is answered with which decisions. Array of ReplyRow. */
GArray *batch_replies(Batch *batch, GError **error);

/* The next id of a kind, from blocks drawn as needed; 0 on error. */
int64_t batch_next_id(Batch *batch, IntakeIdKind kind, GError **error);

#endif
