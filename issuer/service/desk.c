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

#define CHANNEL "issuer_instruction" /* as the trigger in schema/repeat/notify.sql says it */

struct Desk {
    Settings *settings;
    const char *signer;
    Again *again;
    Context *context; /* NULL: closed */
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
    desk->context = context_open_asking(
        desk->settings, desk->signer, CONTEXT_DATABASE | CONTEXT_SIGNER, "issuer run desk", error);
    if (desk->context == NULL) {
        return false;
    }
    Database *database = desk->context->database;
    if (!intake_may(database, error) || !context_record_signer(desk->context, error) ||
        !database_listen(database, CHANNEL, error)) {
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

/* ---- the kinds ---- */

static bool review(const Desk *desk, Serials *serials, const InstructionTaken *taken,
                   GError **error)
{
    return review_carry_out_taken(desk->context, serials, taken, error);
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
    {"issue", review},  {"refuse", review},    {"keep", review},     {"ask", review},
    {"resend", review}, {"emergency", review}, {"approve", approve}, {"retry", read_again},
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
    if (!instruction_store_take(desk->context->database, clock_now(), &taken, error)) {
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
    again_free(desk->again);
    g_free(desk);
}
