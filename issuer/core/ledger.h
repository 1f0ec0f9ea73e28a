/* The activations that a decision looks at, in memory: those of the licenses and instances of one
 * batch. A decision is applied here first, so that the next one sees it; what changed is then
 * written to the database. Pure bookkeeping, no I/O. */
#ifndef ISSUER_CORE_LEDGER_H
#define ISSUER_CORE_LEDGER_H

#include "core/digest.h"
#include "core/instance.h"
#include "core/statement.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    ACTIVATION_ACTIVE,
    ACTIVATION_SUPERSEDED,
    ACTIVATION_DEACTIVATED, /* signed proof */
    ACTIVATION_LOST,        /* restoration approved */
    ACTIVATION_CORRECTED,   /* ended by a correction */
} ActivationState;

/* How an activation came by its use. */
typedef enum {
    USE_TAKEN,                 /* a new one */
    USE_CONTINUED_BY_INSTANCE, /* moved on from an earlier activation of the same instance */
    USE_CONTINUED_BY_HOST,     /* moved on by a reinstall on the same host */
} UseOrigin;

typedef struct {
    int64_t id; /* the number in its usage license's serial */
    int64_t license_id;
    uint32_t entitlement_version;
    Digest thumbprint;
    Digest request; /* R of the request that it answers */
    uint64_t seq;   /* of that request */
    Fingerprint fingerprint;
    Digest license_key; /* that the fingerprint is keyed with: compares under this key only; all
                           zero: compares with any */
    char *host;
    ActivationState state;
    bool counted;    /* its use counts: not moved on, not given back */
    uint32_t use_no; /* from 1 */
    uint32_t slot;   /* server place from 1; kept as history once not active */
    UseOrigin origin;
    int64_t issued_at; /* seconds */
    int64_t ended_at;  /* seconds; when it stopped being active, 0 while active */
    int64_t lost_at;   /* seconds; 0 unless lost */
    int64_t continues; /* id of the activation whose use it continues, or 0 */
    int64_t replaces;  /* id of the activation whose server place it took, or 0 */
    bool stored;       /* a row exists */
    bool changed;      /* differs from its row */
} Activation;

typedef struct Ledger Ledger;

Ledger *ledger_new(void);
void ledger_free(Ledger *ledger);

/* Adds an activation, whose id no other here may have; the ledger owns it from here on. */
void ledger_add(Ledger *ledger, Activation *activation);

/* NULL if it is not here. */
Activation *ledger_find(const Ledger *ledger, int64_t id);

/* The activation that answers request R, or NULL. */
const Activation *ledger_find_request(const Ledger *ledger, const Digest *request);

/* Activation pointers of one license, of one instance, or all, in the order of their ids; owned by
 * the ledger. Never NULL. */
const GPtrArray *ledger_of_license(const Ledger *ledger, int64_t license_id);
const GPtrArray *ledger_of_instance(const Ledger *ledger, const Digest *thumbprint);
const GPtrArray *ledger_all(const Ledger *ledger);

/* How many uses of the license count, and how many activations are active. */
uint32_t ledger_used(const Ledger *ledger, int64_t license_id);
uint32_t ledger_active(const Ledger *ledger, int64_t license_id);

/* The lowest number from 1 to `limit` that no counted use (no active server place) of the license
 * has; 0 if none is free. `except` names an activation to be passed over, or 0. Where a limit was
 * lowered, a free number does not mean that fewer than `limit` count: see ledger_used. */
uint32_t ledger_free_use(const Ledger *ledger, int64_t license_id, uint32_t limit, int64_t except);
uint32_t ledger_free_slot(const Ledger *ledger, int64_t license_id, uint32_t limit, int64_t except);

/* Ends as superseded at `now` (seconds), unless it has ended already. `move_use`: its use goes on
 * elsewhere and no longer counts here. */
void ledger_supersede(Ledger *ledger, int64_t id, bool move_use, int64_t now);

/* Ends as deactivated whatever it was (active, superseded, lost) and no longer counts; true if a
 * use was given back by it. */
bool ledger_deactivate(Ledger *ledger, int64_t id, int64_t now);

/* Ends as lost at `now`, once its restoration is approved: the use is given back and the instance
 * and its host are watched. True if a use was given back by it; nothing is done to one that was
 * deactivated, lost or corrected before. */
bool ledger_lose(Ledger *ledger, int64_t id, int64_t now);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ledger, ledger_free)

#endif
