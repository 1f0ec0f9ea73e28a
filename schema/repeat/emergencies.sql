-- Emergency usage licenses: how many there may be, whoever stores them. A rolling year has 365 days.
create or replace function issuer.refuse_emergency() returns trigger
language plpgsql set search_path = issuer, pg_temp as $$
declare
    instance digest := (select r.thumbprint from usage_request r where r.id = new.request_id);
    before record;
begin
    perform from license l where l.id = new.license_id for no key update;
    select count(*) filter (where r.thumbprint = instance) as of_instance,
           count(*) filter (where u.license_id = new.license_id) as of_license into before
        from (select u.request_id, u.license_id from usage_license u
              where u.emergency and u.license_id = new.license_id and u.iat > new.iat - interval '365 days'
              union select u.request_id, u.license_id from usage_request q
              join usage_license u on u.request_id = q.id and u.emergency
              where q.thumbprint = instance and u.iat > new.iat - interval '365 days') u
        join usage_request r on r.id = u.request_id
        where u.request_id <> new.request_id;
    if before.of_instance > 0 then
        raise exception 'this server had an emergency usage license within a year'
            using errcode = 'IS002';
    elsif before.of_license >= greatest(1, (select e.servers from entitlement e
                                            where e.license_id = new.license_id
                                            order by e.version desc limit 1) / 20) then
        raise exception 'this license had as many emergency usage licenses within a year as it may'
            using errcode = 'IS002';
    end if;
    return new;
end $$;

create or replace trigger keep_emergencies before insert on issuer.usage_license for each row
    when (new.emergency) execute function issuer.refuse_emergency();
