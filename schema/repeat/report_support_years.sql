-- The ledger of what is sold by the year: what each order added, took or set.

drop function if exists issuer.report_support_years_rows(date, timestamptz, text) cascade;
drop function if exists issuer.report_support_years(date, timestamptz, text) cascade;

create function issuer.report_support_years_rows(as_of date, known_at timestamptz, zone text)
returns table (license_id text, feature text, version integer, kind text, years integer,
               from_on date, until_on date, order_ref text, order_kind text, effective date,
               recorded_on date)
language sql stable parallel safe as $$
    select l.license_id::text, t.code::text, t.version, t.kind::text, t.years, t.from_on,
        t.until_on, o.reference::text, o.kind::text, t.effective,
        issuer.report_day(t.recorded_at, zone)
    from issuer.term_entry t join issuer.license l on l.id = t.license_id
    join issuer.orders o on o.id = t.order_id
    where t.effective <= as_of and t.recorded_at <= known_at
    order by t.license_id, t.version, t.code collate "C"
$$;

-- By month: entries, and the years that they added or (below zero) took. An end that was set, as by an
-- import, counts no years.
create function issuer.report_support_years(as_of date, known_at timestamptz, zone text)
returns table (month text, feature text, kind text, entries bigint, years bigint)
language sql stable parallel safe as $$
    select to_char(t.month, 'YYYY-MM'), t.code::text, t.kind::text, count(*),
        coalesce(sum(t.years), 0)::bigint
    from (select issuer.report_month(t.effective) as month, t.code, t.kind, t.years
          from issuer.term_entry t
          where t.effective <= as_of and t.recorded_at <= known_at) t
    group by t.month, t.code, t.kind
    order by t.month, t.code::text collate "C", t.kind::text collate "C"
$$;

-- The same as of now.
create view issuer.report_support_years_rows_now as select * from issuer.report_support_years_rows(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
create view issuer.report_support_years_now as select * from issuer.report_support_years(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
