#include "service/review_result.h"

#include "core/dates.h"
#include "core/emergency.h"
#include "core/statement.h"
#include "db/usage_license_query.h"

#include <string.h>

static char *features_text(const UsageLicense *license)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < license->features->len; i++) {
        const Feature *feature = g_ptr_array_index(license->features, i);
        g_string_append_printf(text, "%s%s", i > 0 ? "; " : "", feature->code);
        if (feature->until != 0) {
            g_autofree char *day = dates_text(dates_through(feature->until));
            g_string_append_printf(text, " until %s", day);
        }
        if (feature->limit >= 0) {
            g_string_append_printf(text, " up to %" G_GINT64_FORMAT, feature->limit);
        }
    }
    return g_string_free(text, FALSE);
}

static ReviewGrant grant_of(const UsageLicense *license)
{
    return (ReviewGrant){.version = license->entitlement,
                         .valid_until = license->exp,
                         .features = features_text(license)};
}

/* What a usage license on record grants; left as it is if there is none. */
static bool load_grant(Database *database, int64_t serial, ReviewGrant *grant, GError **error)
{
    g_autofree char *jws = NULL;
    g_autofree char *state = NULL;
    if (!usage_license_query_bytes(database, serial, &jws, &state, error)) {
        return false;
    }
    g_autoptr(UsageLicense) license =
        jws != NULL ? usage_license_read(jws, strlen(jws), NULL) : NULL;
    if (license != NULL) {
        *grant = grant_of(license);
    }
    return true;
}

/* The serial that ran on this server before; 0: none did. */
static int64_t followed_by(const Decision *decision)
{
    if (decision->continues != 0) {
        return decision->continues;
    }
    return decision->supersedes != decision->replaces ? decision->supersedes : 0;
}

static bool add_grants(ReviewResult *result, const Batch *batch, const Matter *matter,
                       Database *database, GError **error)
{
    const UsageLicense *issued = batch_issued(batch, matter);
    if (issued == NULL) {
        return matter->decision.outcome != OUTCOME_RESENT ||
               load_grant(database, matter->serial, &result->grants, error);
    }
    result->grants = grant_of(issued);
    result->activations = issued->activation_allowed;
    g_array_append_vals(result->supersedes, issued->supersedes->data, issued->supersedes->len);
    const int64_t before = followed_by(&matter->decision);
    return before == 0 || load_grant(database, before, &result->before, error);
}

/* Everything that a person approves; the serial is no part of it, for it is drawn later. */
static char *preview_of(const ReviewResult *result)
{
    /* What ends seven days after it is made ends otherwise each second. */
    const bool bridges = strcmp(result->code, EMERGENCY_CODE) == 0;
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(
        text,
        "%s\n%s\n%s\n%s\n%s\n%d\n%u\n%" G_GINT64_FORMAT "\n%u\n%u\n%u\n%" G_GINT64_FORMAT "\n%s",
        result->request, result->license_id != NULL ? result->license_id : "", result->outcome,
        result->code, result->note != NULL ? result->note : "", result->rule, result->use_no,
        result->continues, result->activations, result->server_place, result->grants.version,
        bridges ? 0 : result->grants.valid_until,
        result->grants.features != NULL ? result->grants.features : "");
    for (guint i = 0; i < result->supersedes->len; i++) {
        g_string_append_printf(text, "\n%" G_GINT64_FORMAT,
                               g_array_index(result->supersedes, int64_t, i));
    }
    const Digest digest = digest_sha256(text->str, text->len);
    return statement_short_form(&digest);
}

static ReviewResult *result_from(const Batch *batch, const Matter *matter)
{
    const Decision *decision = &matter->decision;
    const LicenseRecord *license = batch_license(batch, matter);
    ReviewResult *result = g_new0(ReviewResult, 1);
    result->request = matter_short_form(matter);
    result->host = g_strdup(matter->statement->instance.host);
    result->license_id = license != NULL ? g_strdup(license->license_id) : NULL;
    result->customer = license != NULL ? g_strdup(license->customer) : NULL;
    result->outcome = rules_outcome_name(decision->outcome);
    result->code = g_strdup(decision->code);
    result->note = g_strdup(decision->note);
    result->rule = decision->row;
    result->passed = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; decision->passed[i] != NULL; i++) {
        g_ptr_array_add(result->passed, g_strdup(decision->passed[i]));
    }
    result->supersedes = g_array_new(FALSE, FALSE, sizeof(int64_t));
    if (decision->outcome == OUTCOME_ISSUED) {
        result->use_no = decision->use_no;
        result->continues = decision->continues;
        result->server_place = decision->slot;
    }
    return result;
}

ReviewResult *review_result_new(const Batch *batch, const Matter *matter, Database *database,
                                bool dry_run, GError **error)
{
    ReviewResult *result = result_from(batch, matter);
    if (!add_grants(result, batch, matter, database, error)) {
        review_result_free(result);
        return NULL;
    }
    result->serial = dry_run && matter->decision.outcome == OUTCOME_ISSUED ? 0 : matter->serial;
    result->preview = preview_of(result);
    return result;
}

void review_result_free(ReviewResult *result)
{
    if (result == NULL) {
        return;
    }
    g_free(result->request);
    g_free(result->host);
    g_free(result->license_id);
    g_free(result->customer);
    g_free(result->code);
    g_free(result->note);
    g_ptr_array_unref(result->passed);
    g_array_unref(result->supersedes);
    g_free(result->grants.features);
    g_free(result->before.features);
    g_free(result->vouched);
    g_free(result->authentication);
    g_free(result->to);
    g_free(result->preview);
    g_free(result);
}
