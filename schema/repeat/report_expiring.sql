-- What is to be renewed, month by month.

drop function if exists issuer.report_expiring_rows(date, timestamptz, text) cascade;
drop function if exists issuer.report_expiring(date, timestamptz, text) cascade;

-- A row for each end that lies ahead of a license that has not ended: of the license, and of its support
-- (`renewal`); and for support that has ended while servers run (`lapsed`).
create function issuer.report_expiring_rows(as_of date, known_at timestamptz, zone text)
returns table (what text, which text, ends_on date, license_id text, customer text,
               customer_name text, state text, servers bigint)
language sql stable parallel safe as $$
    select x.what, x.which, x.ends_on, l.license_id, 'CU-' || c.root, c.name, l.state, l.active
    from issuer.report_license(as_of, known_at, zone) l
    left join issuer.report_customer(as_of, known_at) c on c.id = l.customer_id
    cross join lateral (
        select 'renewal', 'license', l.expires_on where l.expires_on >= as_of
        union all
        select 'renewal', 'support', l.support_until where l.support_until >= as_of
        union all
        select 'lapsed', 'support', l.support_until where l.support_until < as_of and l.active > 0)
        x (what, which, ends_on)
    where l.state <> 'ended'
    order by x.what desc, x.ends_on, x.which, l.id
$$;

-- By month: how many ends, of how many of these licenses servers run, and how many servers.
create function issuer.report_expiring(as_of date, known_at timestamptz, zone text)
returns table (what text, which text, month text, licenses bigint, in_use bigint, servers bigint)
language sql stable parallel safe as $$
    select x.what, x.which, to_char(x.month, 'YYYY-MM'), count(*),
        count(*) filter (where l.active > 0), sum(l.active)::bigint
    from issuer.report_license(as_of, known_at, zone) l
    cross join lateral (
        select 'renewal', 'license', issuer.report_month(l.expires_on) where l.expires_on >= as_of
        union all
        select 'renewal', 'support', issuer.report_month(l.support_until)
        where l.support_until >= as_of
        union all
        select 'lapsed', 'support', issuer.report_month(l.support_until)
        where l.support_until < as_of and l.active > 0) x (what, which, month)
    where l.state <> 'ended'
    group by x.what, x.which, x.month
    order by x.what desc, x.month, x.which
$$;

-- The same as of now.
create view issuer.report_expiring_rows_now as select * from issuer.report_expiring_rows(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
create view issuer.report_expiring_now as select * from issuer.report_expiring(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
