#include "service/drop_settings.h"
#include "service/mailbox_settings.h"
#include "service/role.h"
#include "service/role_chores.h"
#include "service/role_desk.h"
#include "service/role_drop.h"
#include "service/role_fetch.h"
#include "service/role_post.h"
#include "service/role_recorder.h"
#include "service/role_signer.h"

static const Role roles[] = {
    {.name = "signer",
     .stage = ROLE_STAGE_SIGNER,
     .is_signer = true,
     .watches = role_signer_watches,
     .live = role_signer_live},
    {.name = "drop",
     .kind = DROP_KIND,
     .asks_signer = true,
     .judge = role_drop_judge,
     .watches = role_drop_watches,
     .live = role_drop_live},
    {.name = "bulk",
     .kind = DROP_KIND,
     .asks_signer = true,
     .judge = role_drop_judge,
     .watches = role_bulk_watches,
     .live = role_bulk_live},
    {.name = "fetch",
     .kind = MAILBOX_KIND,
     .asks_signer = true,
     .judge = role_fetch_judge,
     .watches = role_fetch_watches,
     .live = role_fetch_live},
    {.name = "desk", .asks_signer = true, .watches = role_desk_watches, .live = role_desk_live},
    {.name = "post",
     .judge = role_post_judge,
     .watches = role_post_watches,
     .live = role_post_live},
    {.name = "chores",
     .wanted = role_chores_wanted,
     .judge = role_chores_judge,
     .watches = role_chores_watches,
     .live = role_chores_live},
    {.name = "recorder",
     .stage = ROLE_STAGE_RECORD,
     .watches = role_recorder_watches,
     .live = role_recorder_live},
};

const Role *role_table(gsize *count)
{
    *count = G_N_ELEMENTS(roles);
    return roles;
}
