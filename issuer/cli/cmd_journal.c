#include "cli/cmd_journal.h"

#include "base/error.h"
#include "service/journal_replay.h"

static const PrinterColumn columns[] = {
    {"put", COLUMN_NUMBER},
    {"on_record", COLUMN_NUMBER},
    {"unsettled", COLUMN_NUMBER},
    {"void", COLUMN_NUMBER},
};

static void print_replay(Printer *printer, const JournalReplay *replay)
{
    printer_begin(printer, columns, G_N_ELEMENTS(columns));
    printer_number(printer, replay->put);
    printer_number(printer, replay->on_record);
    printer_number(printer, replay->unsettled);
    printer_number(printer, replay->voids);
}

/* The first of what is wrong stands for all; there is no partial replay. */
static bool tell_problems(const GPtrArray *problems, GError **error)
{
    if (problems->len == 0) {
        return true;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED, "%s%s; nothing was put on record",
                (const char *)g_ptr_array_index(problems, 0),
                problems->len > 1 ? " (and more like it)" : "");
    return false;
}

static bool run_replay(const CommandCall *call, GError **error)
{
    g_autoptr(JournalReplay) replay =
        journal_replay(call->config_path, options_flag(call->options, "dry-run"), error);
    if (replay == NULL || !tell_problems(replay->problems, error)) {
        return false;
    }
    print_replay(call->printer, replay);
    return true;
}

static const OptionRow replay_options[] = {
    {.name = "dry-run", .type = OPTION_FLAG, .meaning = "say what would be put on record"},
};

static const Command commands[] = {
    {.words = "journal replay",
     .summary = "Put on record what the journal has and restored records lack, as their owner",
     .run = run_replay,
     .spec = {.options = replay_options, .option_count = G_N_ELEMENTS(replay_options)},
     .details =
         "After the records were restored from an older copy, and before anything is issued: the "
         "usage licenses of\nthe folder journal-folder that are not on record are put there, all "
         "or none. Numbers that no usage license\nhas become void, those of batches of which the "
         "journal does not say that they were committed too\n(unsettled). What else has happened "
         "since the copy is not in the journal: orders and mails are to be\ntaken in again; orders "
         "first, for a usage license needs the entitlement that it was made for. Again it does\n"
         "nothing."},
};

const CommandGroup cmd_journal = {commands, G_N_ELEMENTS(commands)};
