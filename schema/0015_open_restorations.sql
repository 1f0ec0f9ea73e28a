-- The lost-server cases that are open are few, however many there were: they are found by an index. A
-- trigger closes a case with its decision (repeat/restorations.sql).

set local search_path to issuer, pg_temp;

alter table restoration disable trigger user;
alter table restoration add column closed_at timestamptz;
update restoration s set closed_at = d.effective from restoration_decision d
    where d.restoration_id = s.id;
alter table restoration enable trigger user;
create index restoration_open_of on restoration (license_id) where closed_at is null;
create index restoration_open on restoration (id) where closed_at is null;
