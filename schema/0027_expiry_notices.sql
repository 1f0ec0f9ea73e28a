-- A license's contacts are told before it expires: once for each version and number of days before.

set local search_path to issuer, pg_temp;

create table expiry_notice (
    license_id  bigint not null,
    version     integer not null,
    days        integer not null check (days >= 0),  -- before the end, as the settings had them
    replies     integer not null check (replies >= 0),  -- 0: nobody could be written to
    effective   timestamptz not null,
    recorded_at timestamptz not null default transaction_timestamp(),
    primary key (license_id, version, days),
    foreign key (license_id, version) references entitlement
);

-- When something that is done now and then was last done, by whatever daemon.
create table chore (
    name        one_line primary key check (name <> ''),
    done_at     timestamptz not null,
    recorded_at timestamptz not null default transaction_timestamp()
);

-- What such a notice is about, in place of a decision or a lost-server case.
alter table reply_line add column version integer,
    add constraint reply_line_entitlement foreign key (license_id, version) references entitlement,
    drop constraint reply_line_about,
    drop constraint reply_line_of_one,
    add constraint reply_line_about check (about in ('replaced', 'moved', 'given-back', 'corrected',
        'case-opened', 'restored', 'not-restored', 'expires')),
    add constraint reply_line_of_one check (num_nonnulls(decision_id, restoration_id, version) = 1),
    add constraint reply_line_of_version check ((version is not null) = coalesce(about = 'expires', false));
