-- The daemons: what each watches and how that stands, and when each was started, took new settings and
-- stopped. Nothing is decided by either table.

set local search_path to issuer, pg_temp;

create table daemon_change (
    id          bigint generated always as identity primary key,
    run         uuid not null,        -- the daemon with these settings
    how         one_line not null check (how in ('started', 'reloaded', 'stopped')),
    daemon      one_line not null check (daemon <> ''),  -- HOST or HOST/NAME
    version     one_line not null,    -- of the program
    policy      digest not null,      -- of the settings that change decisions
    effective   timestamptz not null,
    recorded_at timestamptz not null default transaction_timestamp(),
    unique (run, how)
);

create table watched (
    daemon      one_line not null check (daemon <> ''),
    role        one_line not null check (role <> ''),  -- 'daemon' is the daemon itself
    instance    one_line not null,    -- of [drop inbox]: 'inbox'; else empty
    watches     one_line not null,    -- in words
    started_at  timestamptz,          -- its process; null: none runs
    worked_at   timestamptz,          -- when it last found all in order, work or not
    had_at      timestamptz,          -- when it last had something to do
    done        bigint not null check (done >= 0),      -- things, since the daemon's start
    restarts    bigint not null check (restarts >= 0),  -- of its process, since the daemon's start
    problem     one_line,             -- may quote a server's words; null: all is well
    problem_at  timestamptz,
    seen_at     timestamptz not null, -- when the daemon last wrote this
    ended_at    timestamptz,          -- the daemon has ended or watches it no more
    recorded_at timestamptz not null default transaction_timestamp(),
    primary key (daemon, role, instance),
    check ((problem is null) = (problem_at is null))
);
