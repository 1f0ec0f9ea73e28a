#include "service/desk.h"

#include "base/clock.h"
#include "base/error.h"
#include "db/instruction_store.h"
#include "db/intake_store.h"
#include "service/instructions.h"
#include "service/quarantine.h"
#include "service/restorations.h"
#include "service/review.h"

#include <string.h>

/* As the triggers in schema/repeat/notify.sql say them. */
#define CHANNEL         "issuer_instruction"
#define CHANNEL_REVOKED "issuer_key"

#define PAUSE_MOST 30 /* seconds between two tries to find a signer that is away */

struct Desk {
    Settings *settings;
    const char *signer;
    Again *again;
    Context *context; /* NULL: closed */

    /* while nothing can be signed */
    char *problem;   /* NULL: it can */
    unsigned pause;  /* seconds */
    int64_t next_us; /* clock_monotonic_us() of the next try */
};

Desk *desk_new(Settings *settings, const char *signer, GError **error)
{
    Again *again = again_new(settings_mail(settings), error);
    if (again == NULL) {
        return NULL;
    }
    Desk *desk = g_new0(Desk, 1);
    desk->settings = settings;
    desk->signer = signer;
    desk->again = again;
    return desk;
}

bool desk_open(Desk *desk, GError **error)
{
    if (desk->context != NULL) {
        return true;
    }
    desk->context = context_open_asking(desk->settings, desk->signer, CONTEXT_DATABASE,
                                        "issuer run desk", error);
    if (desk->context == NULL) {
        return false;
    }
    Database *database = desk->context->database;
    if (!intake_may(database, error) || !database_listen(database, CHANNEL, error) ||
        !database_listen(database, CHANNEL_REVOKED, error)) {
        desk_close(desk);
        return false;
    }
    return true;
}

void desk_close(Desk *desk)
{
    g_clear_pointer(&desk->context, context_free);
}

Database *desk_database(const Desk *desk)
{
    return desk->context->database;
}

const char *desk_problem(const Desk *desk)
{
    return desk->problem;
}

/* ---- the key ---- */

/* The connection to a signer that has ended since is none. */
static bool find_signer(Context *context, GError **error)
{
    bool changed = false;
    if (context->signer == NULL) {
        return context_need_signer(context, error);
    }
    if (signer_is_elsewhere(context->signer) && !signer_reach(context->signer, &changed, error)) {
        return false;
    }
    return changed ? context_record_signer(context, error) : context_check_signer(context, error);
}

/* Whether what signs can be carried out now. A signer that is away or hangs, or whose key is
 * revoked, keeps nothing else waiting, so it is asked for more and more seldom. */
static bool can_sign(Desk *desk)
{
    g_autoptr(GError) failure = NULL;
    if (desk->problem != NULL && clock_monotonic_us() < desk->next_us) {
        return false;
    }
    g_clear_pointer(&desk->problem, g_free);
    if (find_signer(desk->context, &failure)) {
        desk->pause = 0;
        return true;
    }
    g_clear_pointer(&desk->context->signer, signer_free);
    desk->problem = g_strdup(failure->message);
    desk->pause = CLAMP(desk->pause * 2, 1, PAUSE_MOST);
    desk->next_us = clock_monotonic_us() + (int64_t)desk->pause * G_USEC_PER_SEC;
    return false;
}

/* ---- the kinds ---- */

static bool review(const Desk *desk, Serials *serials, const InstructionTaken *taken,
                   GError **error)
{
    return review_carry_out_taken(desk->context, serials, taken, error);
}

static bool preview(const Desk *desk, Serials *serials, const InstructionTaken *taken,
                    GError **error)
{
    (void)serials;
    return review_answer_taken(desk->context, taken, error);
}

static bool approve(const Desk *desk, Serials *serials, const InstructionTaken *taken,
                    GError **error)
{
    return restorations_carry_out_taken(desk->context, serials, taken->id, error);
}

static bool read_again(const Desk *desk, Serials *serials, const InstructionTaken *taken,
                       GError **error)
{
    return quarantine_carry_out_taken(desk->context, serials, desk->again, taken, error);
}

static const struct {
    const char *kind;
    bool (*carry_out)(const Desk *desk, Serials *serials, const InstructionTaken *taken,
                      GError **error);
} deeds[] = {
    {"issue", review},    {"refuse", review},    {"keep", review},
    {"ask", review},      {"resend", review},    {"emergency", review},
    {"approve", approve}, {"retry", read_again}, {"preview", preview},
};

static bool carry_out(const Desk *desk, const InstructionTaken *taken, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(deeds); i++) {
        if (strcmp(deeds[i].kind, taken->kind) == 0) {
            g_autoptr(Serials) serials = serials_new(desk->context->database);
            const bool done = deeds[i].carry_out(desk, serials, taken, error);
            (void)serials_close(serials, NULL); /* else who takes mails in puts them on record */
            return done;
        }
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_DENIED,
                "this program knows no instruction '%s'; is it older than the one that filed it?",
                taken->kind);
    return false;
}

/* ---- one of them ---- */

static bool is_not_now(const GError *failure)
{
    return g_error_matches(failure, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE) ||
           g_error_matches(failure, ISSUER_ERROR, ISSUER_ERROR_CONFLICT);
}

/* Where it cannot be given back either, the minute for which it was taken runs out. */
static DeskEnd end_failed(const Desk *desk, DeskLine *line, const GError *failure, GError **error)
{
    if (is_not_now(failure)) {
        (void)instruction_store_give_back(desk->context->database, line->instruction, clock_now(),
                                          NULL);
        g_propagate_error(error, g_error_copy(failure));
        return DESK_NOT_NOW;
    }
    instructions_refuse(desk->context, line->instruction, failure);
    line->why = g_strdup(failure->message);
    return DESK_REFUSED;
}

DeskEnd desk_turn(Desk *desk, DeskLine *line, GError **error)
{
    g_autoptr(InstructionTaken) taken = NULL;
    g_autoptr(GError) failure = NULL;
    *line = (DeskLine){0};
    const bool signing = can_sign(desk);
    if (!instruction_store_take(desk->context->database, signing, clock_now(), &taken, error)) {
        return DESK_HOPELESS;
    }
    if (taken == NULL) {
        return DESK_NONE;
    }
    line->instruction = taken->id;
    line->kind = g_strdup(taken->kind);
    return carry_out(desk, taken, &failure) ? DESK_DONE : end_failed(desk, line, failure, error);
}

void desk_line_clear(DeskLine *line)
{
    g_clear_pointer(&line->kind, g_free);
    g_clear_pointer(&line->why, g_free);
}

void desk_free(Desk *desk)
{
    if (desk == NULL) {
        return;
    }
    desk_close(desk);
    g_free(desk->problem);
    again_free(desk->again);
    g_free(desk);
}
