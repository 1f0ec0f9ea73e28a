/* issuer: offline licenses from usage requests that arrive by mail. */
#include "cli/cmd_check.h"
#include "cli/cmd_contact.h"
#include "cli/cmd_customer.h"
#include "cli/cmd_deliver.h"
#include "cli/cmd_fetch.h"
#include "cli/cmd_health.h"
#include "cli/cmd_history.h"
#include "cli/cmd_journal.h"
#include "cli/cmd_key.h"
#include "cli/cmd_license.h"
#include "cli/cmd_license_change.h"
#include "cli/cmd_mail.h"
#include "cli/cmd_message.h"
#include "cli/cmd_operator.h"
#include "cli/cmd_order.h"
#include "cli/cmd_quarantine.h"
#include "cli/cmd_report.h"
#include "cli/cmd_request.h"
#include "cli/cmd_restoration.h"
#include "cli/cmd_review.h"
#include "cli/cmd_rules.h"
#include "cli/cmd_run.h"
#include "cli/cmd_sale.h"
#include "cli/cmd_schema.h"
#include "cli/cmd_status.h"
#include "cli/cmd_usage_license.h"
#include "cli/cmd_verify.h"
#include "cli/command.h"

#include <fcntl.h>
#include <unistd.h>

/* A descriptor that whoever started us has closed would be given to the next file or socket that is
 * opened, and be read or written as if it were standard input or output. */
static void open_standard_descriptors(void)
{
    int fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO) {
        fd = open("/dev/null", O_RDWR);
    }
    if (fd > STDERR_FILENO) {
        (void)close(fd);
    }
}

int main(int argc, char **argv)
{
    open_standard_descriptors();
    /* In the order of `issuer help`. */
    const CommandGroup groups[] = {
        cmd_mail,    cmd_fetch,      cmd_request,  cmd_review,  cmd_restoration,
        cmd_message, cmd_quarantine, cmd_deliver,  cmd_license, cmd_license_change,
        cmd_sale,    cmd_order,      cmd_customer, cmd_contact, cmd_usage_license,
        cmd_verify,  cmd_operator,   cmd_history,  cmd_report,  cmd_key,
        cmd_rules,   cmd_schema,     cmd_check,    cmd_status,  cmd_run,
        cmd_health,  cmd_journal,
    };
    return command_main(groups, G_N_ELEMENTS(groups), argc, argv);
}
