-- What waits for a person: since when, and why.

drop function if exists issuer.report_holds(date, timestamptz, text) cascade;

-- A row a hold that was open; its reason is that of the decision that stood.
create function issuer.report_holds(as_of date, known_at timestamptz, zone text)
returns table (case_number bigint, opened_at timestamptz, age_days integer, reason text,
               license_id text, server text)
language sql stable parallel safe as $$
    select h.id, h.opened_at,
        extract(day from least(issuer.report_end(as_of, zone), known_at) - h.opened_at)::integer,
        d.code, l.license_id::text, r.host::text
    from issuer.hold h
    join issuer.usage_request r on r.id = h.request_id
    left join issuer.license l on l.id = r.license_id
    left join lateral (select d.code::text from issuer.decision d
                       where d.request_id = h.request_id and d.recorded_at <= known_at
                         and d.effective < issuer.report_end(as_of, zone)
                       order by d.recorded_at desc, d.id desc limit 1) d on true
    where h.opened_at < issuer.report_end(as_of, zone) and h.recorded_at <= known_at
      and (h.closed_at is null or h.closed_at >= issuer.report_end(as_of, zone)
           or h.closed_at > known_at)
    order by h.opened_at, h.id
$$;

-- The same as of now.
create view issuer.report_holds_now as select * from issuer.report_holds(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
