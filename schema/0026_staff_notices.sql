-- What staff is told of: each thing once, and how it was told. Nothing is decided by either table.

set local search_path to issuer, pg_temp;

-- A mail to the address, or a run of the command, of the settings. It is tried until it is done, always
-- with the same notices; meanwhile no other begins.
create table staff_telling (
    id          bigint generated always as identity primary key,
    how         one_line not null check (how in ('mail', 'command')),  -- of the last try
    attempts    integer not null check (attempts > 0),
    tried_at    timestamptz not null,
    not_before  timestamptz not null,  -- when it may be tried again
    exit_code   smallint,              -- of the command; of one ended by a signal 128 and its number
    problem     one_line,              -- of the last try; may quote a server's words
    done_at     timestamptz,
    effective   timestamptz not null,
    recorded_at timestamptz not null default transaction_timestamp()
);
create unique index staff_telling_one_open on staff_telling ((true)) where done_at is null;
create index on staff_telling (effective);

create table staff_notice (
    id          bigint generated always as identity primary key,
    kind        one_line not null check (kind <> ''),
    mark        one_line not null check (mark <> ''),  -- what it tells of: each is told once
    says        one_line not null check (says <> ''),
    telling_id  bigint references staff_telling,
    effective   timestamptz not null,
    recorded_at timestamptz not null default transaction_timestamp(),
    unique (kind, mark)
);
create index staff_notice_waits on staff_notice (id) where telling_id is null;
create index on staff_notice (telling_id);
