-- How a license ended.

set local search_path to issuer, pg_temp;

alter table license_state_version
    add column ended_how one_line check (ended_how in ('refunded', 'cancelled', 'replaced')),
    add check (ended_how is null or state = 'ended'),
    add check ((replaced_by is null) or ended_how = 'replaced');
create index on license_state_version (replaced_by) where replaced_by is not null;
