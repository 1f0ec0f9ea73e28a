-- Lost servers: who asked for a use to be given back, who approved it, and why.

drop function if exists issuer.report_restorations(date, timestamptz, text) cascade;

-- A row a case. Where a contact's mail opened it nobody of the house asked.
create function issuer.report_restorations(as_of date, known_at timestamptz, zone text)
returns table (case_number bigint, opened_on date, license_id text, evidence text, asked_by text,
               asked_why text, outcome text, decided_on date, decided_by text, second_by text,
               decided_why text, ticket text, serial text)
language sql stable parallel safe as $$
    select r.id, issuer.report_day(r.opened_at, zone), l.license_id::text, r.evidence::text,
        coalesce(o.name::text, 'a contact, by mail'), r.reason, coalesce(d.outcome, 'open')::text,
        issuer.report_day(d.effective, zone), b.name::text, s.name::text, d.reason,
        coalesce(d.ticket, r.ticket),
        'UL-' || lpad(d.activation_id::text, greatest(8, length(d.activation_id::text)), '0')
    from issuer.restoration r join issuer.license l on l.id = r.license_id
    left join issuer.operator o on o.id = r.opened_by
    left join issuer.restoration_decision d
        on d.restoration_id = r.id and d.effective < issuer.report_end(as_of, zone)
       and d.recorded_at <= known_at
    left join issuer.operator b on b.id = d.decided_by
    left join issuer.operator s on s.id = d.second_by
    where r.opened_at < issuer.report_end(as_of, zone) and r.recorded_at <= known_at
    order by r.opened_at, r.id
$$;

-- The same as of now.
create view issuer.report_restorations_now as select * from issuer.report_restorations(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
