-- Where mails were fetched from. How far a mailbox was read follows from the rows of its mails, each of
-- which comes with its message, in one transaction: so no break loses a mail, and none is read for ever.

set local search_path to issuer, pg_temp;

create table mailbox (
    id          bigint generated always as identity primary key,
    digest      digest not null unique,  -- SHA-256 of server, user and folder
    place       text not null,  -- HOST/FOLDER, without the user's name
    recorded_at timestamptz not null default transaction_timestamp()
);

create table mailbox_mail (
    mailbox_id  bigint not null references mailbox,
    validity    bigint not null check (validity between 1 and 4294967295),  -- UIDVALIDITY
    uid         bigint not null check (uid between 1 and 4294967295),
    message_id  bigint not null references message,
    settled_at  timestamptz,  -- there it was marked or moved, or is to stay as it is
    recorded_at timestamptz not null default transaction_timestamp(),
    primary key (mailbox_id, validity, uid)
);
create index mailbox_mail_unsettled on mailbox_mail (mailbox_id) where settled_at is null;
create index on mailbox_mail (message_id);
