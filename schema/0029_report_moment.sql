-- Until when the records are whole, as a daemon has noted it every few seconds, for standbys: these see
-- none of the transactions that are still open. Nothing is decided by it.

set local search_path to issuer, pg_temp;

create table report_moment (
    one         boolean primary key default true check (one),
    known_at    timestamptz not null, -- nothing can be recorded any more that is of this moment or earlier
    recorded_at timestamptz not null default transaction_timestamp() -- when one was noted first
);
