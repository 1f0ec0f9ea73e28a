-- How often what people have filed was begun, so that what ends with whoever begins it is not begun for
-- ever; and which daemon has the chores, and until when.

set local search_path to issuer, pg_temp;

alter table instruction add column tries integer not null default 0 check (tries >= 0);

create table chores_lease (
    one         boolean primary key default true check (one),
    holder      uuid not null,         -- the daemon with these settings
    until       timestamptz not null,  -- by the database's clock; past it another may have them
    recorded_at timestamptz not null default transaction_timestamp()
);
