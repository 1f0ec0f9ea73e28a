#include "service/matter.h"

#include <string.h>

static StatementKind statement_kind_of(ArmorKind kind)
{
    return kind == ARMOR_DEACTIVATION ? STATEMENT_DEACTIVATION : STATEMENT_USAGE_REQUEST;
}

/* The signature has the last word on whether the text is whole; the proof speaks of the license,
 * which is another row of the table. */
static void verify(Matter *matter)
{
    matter->signature_holds = statement_signature_holds(matter->statement);
    matter->proof_holds = matter->signature_holds && statement_proof_holds(matter->statement);
    if (!matter->signature_holds && matter->problem == NULL) {
        matter->problem = g_strdup("its signature does not fit its text");
    }
}

static void read_statement(Matter *matter, const char *jws)
{
    g_autoptr(GError) error = NULL;
    matter->statement = statement_read(jws, strlen(jws), &error);
    if (matter->statement == NULL) {
        matter->problem = g_strdup(error->message);
        return;
    }
    if (matter->statement->kind != statement_kind_of(matter->kind)) {
        matter->problem = g_strdup("its text is of another kind than its title says");
        g_clear_pointer(&matter->statement, statement_free);
        return;
    }
    verify(matter);
}

Matter *matter_new(const FoundToken *token)
{
    Matter *matter = g_new0(Matter, 1);
    matter->kind = token->kind;
    matter->problem = g_strdup(token->problem);
    if (token->problem == NULL && token->kind != ARMOR_USAGE_LICENSE) {
        read_statement(matter, token->jws);
    }
    return matter;
}

Matter *matter_new_stored(const char *jws, int64_t request_id, GError **error)
{
    Statement *statement = statement_read(jws, strlen(jws), error);
    if (statement == NULL) {
        return NULL;
    }
    Matter *matter = g_new0(Matter, 1);
    matter->kind = ARMOR_USAGE_REQUEST;
    matter->statement = statement;
    matter->request_id = request_id;
    verify(matter);
    return matter;
}

void matter_decide_again(Matter *matter, Outcome outcome, const char *code, uint32_t decisions)
{
    matter->again = true;
    matter->standing = outcome;
    matter->standing_code = g_strdup(code);
    matter->decisions = decisions;
}

const char *matter_kind_name(const Matter *matter)
{
    static const char *const names[] = {
        [ARMOR_USAGE_REQUEST] = "usage-request",
        [ARMOR_USAGE_LICENSE] = "usage-license",
        [ARMOR_DEACTIVATION] = "deactivation",
    };
    return names[matter->kind];
}

char *matter_short_form(const Matter *matter)
{
    return matter->statement != NULL ? statement_short_form(&matter->statement->digest) : NULL;
}

bool matter_is_decidable(const Matter *matter)
{
    return matter->kind != ARMOR_USAGE_LICENSE;
}

void matter_free(Matter *matter)
{
    if (matter == NULL) {
        return;
    }
    g_free(matter->problem);
    g_free(matter->standing_code);
    statement_free(matter->statement);
    g_free(matter->facts);
    g_free(matter);
}
