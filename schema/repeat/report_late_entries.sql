-- What was recorded after the month that it belongs to: a month that was closed has changed since.

drop function if exists issuer.report_late(date, timestamptz, text) cascade;
drop function if exists issuer.report_late_entries_rows(date, timestamptz, text) cascade;
drop function if exists issuer.report_late_entries(date, timestamptz, text) cascade;

-- Entries that may be late: recorded in a later month as the easternmost zone has it (+14:00). Partial
-- indexes keep them (0012), whatever the zone that is asked for.
create function issuer.report_late(as_of date, known_at timestamptz, zone text)
returns table (what text, effective date, recorded_at timestamptz, license bigint, subject text)
language sql stable parallel safe as $$
    select 'order', o.ordered_on, o.recorded_at, null::bigint, o.reference::text
    from issuer.orders o
    where o.ordered_on <= as_of and o.recorded_at <= known_at
      and o.ordered_on < date_trunc('month', o.recorded_at at time zone interval '14:00')::date
    union all
    select 'entitlement', e.effective, e.recorded_at, e.license_id, 'version ' || e.version
    from issuer.entitlement e
    where e.effective <= as_of and e.recorded_at <= known_at
      and e.effective < date_trunc('month', e.recorded_at at time zone interval '14:00')::date
    union all
    select 'support', t.effective, t.recorded_at, t.license_id, 'version ' || t.version
    from issuer.term_entry t
    where t.effective <= as_of and t.recorded_at <= known_at
      and t.effective < date_trunc('month', t.recorded_at at time zone interval '14:00')::date
    union all
    select 'delivery', d.delivered_on, d.recorded_at, k.license_id, 'key ending in ' || k.hint
    from issuer.key_delivery d join issuer.license_key k on k.id = d.license_key_id
    where d.delivered_on <= as_of and d.recorded_at <= known_at
      and d.delivered_on < date_trunc('month', d.recorded_at at time zone interval '14:00')::date
    union all
    select 'state', issuer.report_day(s.effective, zone), s.recorded_at, s.license_id, s.state::text
    from issuer.license_state_version s
    where s.effective < issuer.report_end(as_of, zone) and s.recorded_at <= known_at
    union all
    select 'restoration', issuer.report_day(d.effective, zone), d.recorded_at, r.license_id,
        'case ' || r.id
    from issuer.restoration_decision d join issuer.restoration r on r.id = d.restoration_id
    where d.effective < issuer.report_end(as_of, zone) and d.recorded_at <= known_at
$$;

create function issuer.report_late_entries_rows(as_of date, known_at timestamptz, zone text)
returns table (what text, effective date, recorded_on date, license_id text, subject text)
language sql stable parallel safe as $$
    select x.what, x.effective, issuer.report_day(x.recorded_at, zone), l.license_id::text,
        x.subject
    from issuer.report_late(as_of, known_at, zone) x
    left join issuer.license l on l.id = x.license
    where issuer.report_month(issuer.report_day(x.recorded_at, zone))
          > issuer.report_month(x.effective)
    order by x.recorded_at, x.what collate "C", x.license, x.subject collate "C"
$$;

create function issuer.report_late_entries(as_of date, known_at timestamptz, zone text)
returns table (what text, month text, recorded_in text, entries bigint)
language sql stable parallel safe as $$
    select y.what, to_char(y.month, 'YYYY-MM'), to_char(y.recorded, 'YYYY-MM'), count(*)
    from (select x.what, issuer.report_month(x.effective) as month,
              issuer.report_month(issuer.report_day(x.recorded_at, zone)) as recorded
          from issuer.report_late(as_of, known_at, zone) x) y
    where y.recorded > y.month
    group by y.what, y.month, y.recorded
    order by y.month, y.recorded, y.what collate "C"
$$;

-- The same as of now.
create view issuer.report_late_entries_rows_now as select * from issuer.report_late_entries_rows(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
create view issuer.report_late_entries_now as select * from issuer.report_late_entries(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
