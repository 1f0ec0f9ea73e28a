#include "cli/license_printer.h"

#include "cli/listing_printer.h"
#include "cli/usage_license_printer.h"
#include "core/dates.h"
#include "core/statement.h"

static void print_day(Printer *printer, int32_t day)
{
    g_autofree char *text = day == DATES_NONE ? NULL : dates_text(day);
    printer_text(printer, text);
}

static void print_request(Printer *printer, const Digest *request)
{
    g_autofree char *id = statement_short_form(request);
    printer_text(printer, id);
}

static const PrinterColumn summary_columns[] = {
    {"license_id", COLUMN_TEXT}, {"customer", COLUMN_TEXT},      {"customer_ref", COLUMN_TEXT},
    {"product", COLUMN_TEXT},    {"state", COLUMN_TEXT},         {"expires_on", COLUMN_TEXT},
    {"used", COLUMN_NUMBER},     {"activations", COLUMN_NUMBER}, {"active", COLUMN_NUMBER},
    {"servers", COLUMN_NUMBER},  {"found_by", COLUMN_TEXT},
};

static void print_summary(Printer *printer, const LicenseSummary *license)
{
    printer_text(printer, license->license_id);
    printer_text(printer, license->customer);
    printer_text(printer, license->customer_ref);
    printer_text(printer, license->product);
    printer_text(printer, license->state);
    print_day(printer, license->expires_on);
    printer_number(printer, license->used);
    printer_number(printer, license->activations);
    printer_number(printer, license->active);
    printer_number(printer, license->servers);
}

void license_printer_list(Printer *printer, const GPtrArray *licenses)
{
    printer_begin(printer, summary_columns, G_N_ELEMENTS(summary_columns));
    for (guint i = 0; i < licenses->len; i++) {
        const LicenseSummary *license = g_ptr_array_index(licenses, i);
        print_summary(printer, license);
        printer_text(printer, license->found_by);
    }
}

static void print_contacts(Printer *printer, const GPtrArray *contacts, guint most)
{
    static const PrinterColumn columns[] = {
        {"contact", COLUMN_TEXT},
        {"since", COLUMN_TEXT},
        {"until", COLUMN_TEXT},
        {"doubtful", COLUMN_FLAG},
    };
    printer_begin_part(printer, "contacts", columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < MIN(contacts->len, most); i++) {
        const LicenseContact *contact = g_ptr_array_index(contacts, i);
        printer_text(printer, contact->entry != NULL ? contact->entry
                              : contact->hidden      ? "(hidden)"
                                                     : "(erased)");
        print_day(printer, contact->effective);
        print_day(printer, contact->ended_on);
        printer_flag(printer, contact->doubtful);
    }
}

static void print_keys(Printer *printer, const GPtrArray *keys, guint most)
{
    static const PrinterColumn columns[] = {
        {"key", COLUMN_NUMBER}, {"hint", COLUMN_TEXT},         {"weak", COLUMN_FLAG},
        {"since", COLUMN_TIME}, {"delivered_on", COLUMN_TEXT}, {"retired_at", COLUMN_TIME},
    };
    printer_begin_part(printer, "keys", columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < MIN(keys->len, most); i++) {
        const LicenseKeyRecord *key = g_ptr_array_index(keys, i);
        printer_number(printer, key->number);
        printer_text(printer, key->hint);
        printer_flag(printer, key->weak);
        printer_time(printer, key->effective);
        print_day(printer, key->delivered_on);
        printer_time(printer, key->retired_at);
    }
}

/* "mqtt-server, snowflake-bridge limit 5000, support until 2027-03-31" */
static char *features_text(const GPtrArray *features)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < features->len; i++) {
        const LicenseFeature *feature = g_ptr_array_index(features, i);
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", feature->code);
        if (feature->until_on != DATES_NONE) {
            g_autofree char *until = dates_text(feature->until_on);
            g_string_append_printf(text, " until %s", until);
        }
        if (feature->quantity >= 0) {
            g_string_append_printf(text, " limit %" G_GINT64_FORMAT, (gint64)feature->quantity);
        }
    }
    return g_string_free(text, FALSE);
}

static void print_entitlements(Printer *printer, const GPtrArray *entitlements, guint most)
{
    static const PrinterColumn columns[] = {
        {"version", COLUMN_NUMBER},     {"features", COLUMN_TEXT},   {"expires_on", COLUMN_TEXT},
        {"activations", COLUMN_NUMBER}, {"servers", COLUMN_NUMBER},  {"order", COLUMN_TEXT},
        {"kind", COLUMN_TEXT},          {"ordered_on", COLUMN_TEXT}, {"recorded_at", COLUMN_TIME},
    };
    printer_begin_part(printer, "entitlements", columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < MIN(entitlements->len, most); i++) {
        const LicenseEntitlement *entitlement = g_ptr_array_index(entitlements, i);
        g_autofree char *features = features_text(entitlement->features);
        printer_number(printer, entitlement->version);
        printer_text(printer, features);
        print_day(printer, entitlement->expires_on);
        printer_number(printer, entitlement->activations);
        printer_number(printer, entitlement->servers);
        printer_text(printer, entitlement->order_ref);
        printer_text(printer, entitlement->order_kind);
        print_day(printer, entitlement->ordered_on);
        printer_time(printer, entitlement->recorded_at);
    }
}

static void print_activations(Printer *printer, const GPtrArray *activations, guint most)
{
    static const PrinterColumn columns[] = {
        {"serial", COLUMN_TEXT},       {"state", COLUMN_TEXT},     {"host", COLUMN_TEXT},
        {"request", COLUMN_TEXT},      {"use", COLUMN_NUMBER},     {"counted", COLUMN_FLAG},
        {"server", COLUMN_NUMBER},     {"version", COLUMN_NUMBER}, {"origin", COLUMN_TEXT},
        {"continues", COLUMN_TEXT},    {"replaces", COLUMN_TEXT},  {"active_from", COLUMN_TIME},
        {"active_until", COLUMN_TIME}, {"ended_by", COLUMN_TEXT},
    };
    printer_begin_part(printer, "activations", columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < MIN(activations->len, most); i++) {
        const LicenseActivation *activation = g_ptr_array_index(activations, i);
        usage_license_printer_serial(printer, activation->id);
        printer_text(printer, activation->state);
        printer_text(printer, activation->host);
        print_request(printer, &activation->request);
        printer_number(printer, activation->use_no);
        printer_flag(printer, activation->counted);
        printer_number(printer, activation->slot);
        printer_number(printer, activation->version);
        printer_text(printer, activation->origin);
        usage_license_printer_serial(printer, activation->continues);
        usage_license_printer_serial(printer, activation->replaces);
        printer_time(printer, activation->active_from);
        printer_time(printer, activation->active_until);
        printer_text(printer, activation->ended_by);
    }
}

static void print_usage_licenses(Printer *printer, const GPtrArray *usage_licenses, guint most)
{
    static const PrinterColumn columns[] = {
        {"serial", COLUMN_TEXT},    {"host", COLUMN_TEXT},       {"request", COLUMN_TEXT},
        {"customer", COLUMN_TEXT},  {"version", COLUMN_NUMBER},  {"emergency", COLUMN_FLAG},
        {"issued_at", COLUMN_TIME}, {"expires_at", COLUMN_TIME}, {"state", COLUMN_TEXT},
        {"kid", COLUMN_TEXT},
    };
    printer_begin_part(printer, "usage_licenses", columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < MIN(usage_licenses->len, most); i++) {
        const LicenseUsageLicense *issued = g_ptr_array_index(usage_licenses, i);
        usage_license_printer_serial(printer, issued->serial);
        printer_text(printer, issued->host);
        print_request(printer, &issued->request);
        printer_text(printer, issued->customer);
        printer_number(printer, issued->version);
        printer_flag(printer, issued->emergency);
        printer_time(printer, issued->iat);
        printer_time(printer, issued->exp);
        printer_text(printer, issued->activation_state);
        printer_text(printer, issued->kid);
    }
}

static void print_events(Printer *printer, const GPtrArray *events, guint most)
{
    static const PrinterColumn columns[] = {
        {"event", COLUMN_NUMBER},   {"recorded_at", COLUMN_TIME},  {"kind", COLUMN_TEXT},
        {"subject", COLUMN_TEXT},   {"subject_id", COLUMN_NUMBER}, {"operator", COLUMN_TEXT},
        {"effective", COLUMN_TIME},
    };
    printer_begin_part(printer, "events", columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < MIN(events->len, most); i++) {
        const LicenseEvent *event = g_ptr_array_index(events, i);
        printer_number(printer, event->id);
        printer_time(printer, event->recorded_at);
        printer_text(printer, event->kind);
        printer_text(printer, event->subject);
        printer_number(printer, event->subject_id);
        printer_text(printer, event->operator_name);
        printer_time(printer, event->effective);
    }
}

static void print_page(Printer *printer, const LicenseDetail *detail, LicensePagePart part)
{
    static const char *const names[] = {
        [LICENSE_PAGE_ORDERS] = "orders",   [LICENSE_PAGE_TERMS] = "terms",
        [LICENSE_PAGE_STATES] = "states",   [LICENSE_PAGE_RUNS] = "runs",
        [LICENSE_PAGE_OPEN] = "open",       [LICENSE_PAGE_MAILS] = "mails",
        [LICENSE_PAGE_REPLIES] = "replies",
    };
    const Listing *listing = detail->pages[part];
    if (listing == NULL) {
        printer_say(printer, "\n%s: not shown to this login", names[part]);
        return;
    }
    listing_printer_print(printer, listing, LISTING_PRINTED_PART, names[part], NULL);
}

static bool is_cut(const LicenseDetail *detail)
{
    const GPtrArray *lists[] = {detail->keys,           detail->contacts, detail->entitlements,
                                detail->usage_licenses, detail->events,   detail->activations};
    bool cut = false;
    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
        cut |= detail->most > 0 && lists[i]->len > detail->most;
    }
    for (gsize i = 0; i < LICENSE_PAGE_PARTS; i++) {
        cut |= detail->pages[i] != NULL && detail->pages[i]->more;
    }
    return cut;
}

/* What it grants now, before its versions: the page is read from its top. */
static void print_head(Printer *printer, const LicenseDetail *detail)
{
    static const PrinterColumn columns[] = {
        {"license_id", COLUMN_TEXT}, {"customer", COLUMN_TEXT},      {"customer_ref", COLUMN_TEXT},
        {"product", COLUMN_TEXT},    {"state", COLUMN_TEXT},         {"expires_on", COLUMN_TEXT},
        {"used", COLUMN_NUMBER},     {"activations", COLUMN_NUMBER}, {"active", COLUMN_NUMBER},
        {"servers", COLUMN_NUMBER},  {"features", COLUMN_TEXT},
    };
    const LicenseEntitlement *newest =
        detail->entitlements->len > 0 ? g_ptr_array_index(detail->entitlements, 0) : NULL;
    g_autofree char *features = newest != NULL ? features_text(newest->features) : NULL;
    printer_begin_record(printer, columns, G_N_ELEMENTS(columns));
    print_summary(printer, detail->summary);
    printer_text(printer, features);
}

void license_printer_detail(Printer *printer, const LicenseDetail *detail)
{
    const guint most = detail->most > 0 ? detail->most : G_MAXUINT;
    print_head(printer, detail);
    print_page(printer, detail, LICENSE_PAGE_OPEN);
    print_page(printer, detail, LICENSE_PAGE_RUNS);
    print_page(printer, detail, LICENSE_PAGE_ORDERS);
    print_entitlements(printer, detail->entitlements, most);
    print_page(printer, detail, LICENSE_PAGE_TERMS);
    print_page(printer, detail, LICENSE_PAGE_STATES);
    print_page(printer, detail, LICENSE_PAGE_MAILS);
    print_page(printer, detail, LICENSE_PAGE_REPLIES);
    print_contacts(printer, detail->contacts, most);
    print_keys(printer, detail->keys, most);
    print_activations(printer, detail->activations, most);
    print_usage_licenses(printer, detail->usage_licenses, most);
    print_events(printer, detail->events, most);
    if (is_cut(detail)) {
        g_autofree char *more =
            g_strdup_printf("Long lists end after %u rows: `issuer license show "
                            "%s --all` shows all.",
                            detail->most, detail->summary->license_id);
        printer_hint(printer, more);
    }
}

void license_printer_uses(Printer *printer, const LicenseUses *uses)
{
    static const PrinterColumn columns[] = {
        {"license_id", COLUMN_TEXT}, {"product", COLUMN_TEXT}, {"at", COLUMN_TIME},
        {"allowed", COLUMN_NUMBER},  {"used", COLUMN_NUMBER},  {"left", COLUMN_NUMBER},
    };
    const LicenseSummary *summary = uses->summary;
    printer_begin_record(printer, columns, G_N_ELEMENTS(columns));
    printer_text(printer, summary->license_id);
    printer_text(printer, summary->product);
    printer_time(printer, uses->now);
    printer_number(printer, summary->activations);
    printer_number(printer, summary->used);
    printer_number(printer, MAX((int64_t)summary->activations - summary->used, 0));
    listing_printer_print(printer, uses->uses, LISTING_PRINTED_PART, "uses", NULL);
}
