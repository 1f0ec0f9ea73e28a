-- Lost servers: the case, what was decided, and emergency grants in the meantime.

set local search_path to issuer, pg_temp;

-- A case of a lost server. Its number is a case number as that of a hold, from the same sequence:
-- what a customer quotes means one thing.
create table restoration (
    id            bigint primary key default nextval('hold_id_seq'),
    license_id    bigint not null references license,
    activation_id bigint references activation,  -- the one most likely meant; null: it is not clear
    message_id    bigint unique references message,  -- that told of the loss; null: opened by hand
    evidence      one_line not null check (evidence in ('attested', 'forced')),
    opened_by     bigint references operator,  -- by hand
    reason        text,
    ticket        text,
    opened_at     timestamptz not null,
    recorded_at   timestamptz not null default transaction_timestamp(),
    check ((opened_by is null) = (reason is null)),
    check (message_id is not null or opened_by is not null)
);
create index on restoration (license_id);
create index on restoration (activation_id);

create table restoration_decision (
    restoration_id bigint primary key references restoration,
    outcome        one_line not null check (outcome in ('approved', 'denied')),
    activation_id  bigint references activation,  -- whose use was given back
    replacement    digest,  -- R of the request that may pass the watch: the server's replacement
    decided_by     bigint not null references operator,
    second_by      bigint references operator,
    reason         text not null,
    ticket         text,
    effective      timestamptz not null,
    recorded_at    timestamptz not null default transaction_timestamp(),
    check (second_by <> decided_by),
    check ((outcome = 'approved') = (activation_id is not null)),
    check (outcome = 'approved' or second_by is null and replacement is null)
);
create index on restoration_decision (decided_by);
create index on restoration_decision (second_by) where second_by is not null;
-- An activation is given up once.
create unique index on restoration_decision (activation_id) where activation_id is not null;

alter table alert add column license_id bigint references license,
    add column restoration_id bigint references restoration;
alter table instruction add column restoration_id bigint references restoration;
create unique index instruction_one_open_restoration on instruction (restoration_id)
    where restoration_id is not null and state in ('filed', 'taken');
create index usage_license_emergency on usage_license (license_id, iat) where emergency;
