-- What the reports stand on. A report is a function of a day, of a moment of knowledge and of the zone
-- whose days these are, so the same question always has the same answer; `issuer report NAME` prints
-- what report_NAME(as_of, known_at, zone) gives, with --rows what report_NAME_rows() gives.
--
--   as_of     what is effective by the end of that day: a date by itself, an instant before the
--             first one of the next day in the zone
--   known_at  what was recorded by then. report_known() is the latest moment at which nothing that
--             was recorded by then can still be added.
--
-- They run with the caller's rights, name no person and no address, and are written so that PostgreSQL
-- puts them into the statement that asks (no "set", nothing volatile): a condition on the result, such
-- as license_id = 'LIC-1', then goes by an index. What counts is counted from rows at each question.
--
-- Those that sum up all licenses are in PL/pgSQL: they cut the rows in three by license, so that three
-- processes can each join a third in the order of its indexes, which PostgreSQL would not do by itself;
-- hashing millions of rows costs more. Their settings see to that plan, whoever asks.

-- What a function gives can only be changed by making it anew.
drop function if exists issuer.report_today(text) cascade;
drop function if exists issuer.report_entitlement(date, timestamptz) cascade;
drop function if exists issuer.report_delivery(date, timestamptz) cascade;
drop function if exists issuer.report_customer(date, timestamptz) cascade;
drop function if exists issuer.report_activation(date, timestamptz, text) cascade;
drop function if exists issuer.report_license(date, timestamptz, text) cascade;
drop function if exists issuer.report_license_thirds(date, timestamptz, text, bigint[]) cascade;
drop function if exists issuer.report_license_part(date, timestamptz, text, bigint, bigint) cascade;

-- The zone of the reports for who does not say: `alter database … set issuer.finance_zone = '…'`, as
-- finance-zone in issuer.conf.
create or replace function issuer.report_zone() returns text
language sql stable parallel safe as $$
    select coalesce(nullif(current_setting('issuer.finance_zone', true), ''), 'UTC')
$$;

create or replace function issuer.report_current_day(zone text) returns date
language sql stable parallel safe as $$
    select (transaction_timestamp() at time zone zone)::date
$$;

-- The moment before the oldest transaction of this database that is still open: rows of that one, and
-- of all later ones, are recorded after it. It needs the owner's rights: others see no foreign sessions.
-- A standby sees none of these transactions. It has the last such moment that a daemon has noted, and
-- with it, since it is told everything in order, all that was recorded before.
create or replace function issuer.report_known() returns timestamptz
language plpgsql volatile security definer set search_path = issuer, pg_temp as $$
declare
    oldest timestamptz;
    hidden bigint;
begin
    if pg_is_in_recovery() then
        select m.known_at into oldest from report_moment m;
        if oldest is null then
            raise exception 'nobody has noted until when the records are whole, and this standby cannot '
                'know: that is done by issuer run; without it ask the main database' using errcode = 'IS003';
        end if;
        return oldest;
    end if;
    perform pg_stat_clear_snapshot();
    select min(a.xact_start), count(*) filter (where a.query = '<insufficient privilege>')
        into oldest, hidden
        from pg_stat_activity a
        where a.datname = current_database() and a.pid <> pg_backend_pid()
          and coalesce(a.backend_type, '') not in ('autovacuum worker', 'parallel worker',
                                                   'walsender');
    if hidden > 0 then
        raise exception 'which transactions are open is hidden from %: let a superuser grant it '
            'pg_read_all_stats', current_user using errcode = 'IS002';
    end if;
    return least(oldest, transaction_timestamp()) - interval '1 microsecond';
end $$;

-- Notes that moment for the standbys; `issuer run` calls it every few seconds, in a transaction of its
-- own. It need not be durable at once.
create or replace function issuer.report_note_moment() returns void
language plpgsql security definer set search_path = issuer, pg_temp as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    insert into report_moment (known_at) values (report_known())
        on conflict (one) do update set known_at = excluded.known_at
        where report_moment.known_at < excluded.known_at;
end $$;

-- The first instant after a day.
create or replace function issuer.report_end(as_of date, zone text) returns timestamptz
language sql immutable parallel safe as $$
    select (as_of + 1)::timestamp at time zone zone
$$;

create or replace function issuer.report_day(at timestamptz, zone text) returns date
language sql immutable parallel safe as $$
    select (at at time zone zone)::date
$$;

-- The month of a day, by its first.
create or replace function issuer.report_month(day date) returns date
language sql immutable parallel safe as $$
    select date_trunc('month', day::timestamp)::date
$$;

-- The first instant of each month since 2000 until after `as_of`, to find an instant's month among them
-- with width_bucket(): much faster than to compute it, where there are millions. And which month the
-- result names.
create or replace function issuer.report_months(as_of date, zone text) returns timestamptz[]
language sql immutable parallel safe as $$
    select array_agg(m at time zone zone order by m)
    from generate_series(timestamp '2000-01-01', as_of::timestamp, interval '1 month') m
$$;
create or replace function issuer.report_month_text(number integer) returns text
language sql immutable parallel safe as $$
    select to_char(timestamp '1999-12-01' + number * interval '1 month', 'YYYY-MM')
$$;

-- The entitlement of each license, as an index has it (0012).
create or replace function issuer.report_entitlement(as_of date, known_at timestamptz)
returns table (license_id bigint, version integer, expires_on date, activations integer,
               servers integer)
language sql stable parallel safe as $$
    select distinct on (e.license_id) e.license_id, e.version, e.expires_on, e.activations,
        e.servers
    from issuer.entitlement e
    where e.effective <= as_of and e.recorded_at <= known_at
    order by e.license_id, e.version desc
$$;

-- Whether each license was suspended or has ended. One that was never either has no row.
create or replace function issuer.report_state(as_of date, known_at timestamptz, zone text)
returns setof issuer.license_state_version language sql stable parallel safe as $$
    select s.* from issuer.license_state_version s
    where s.effective < issuer.report_end(as_of, zone) and s.recorded_at <= known_at
      and not exists (select from issuer.license_state_version n
                      where n.license_id = s.license_id and n.version > s.version
                        and n.effective < issuer.report_end(as_of, zone)
                        and n.recorded_at <= known_at)
$$;

-- When a key of each license first reached its customer. That day stands with the key too; what was
-- recorded of late is little, and left out.
create or replace function issuer.report_delivery(as_of date, known_at timestamptz)
returns table (license_id bigint, delivered_on date) language sql stable parallel safe as $$
    select k.license_id, min(k.delivered_on)
    from issuer.license_key k
    where k.delivered_on <= as_of
      and k.id not in (select d.license_key_id from issuer.key_delivery d
                       where d.recorded_at > known_at)
    group by k.license_id
$$;

-- What stands for each customer and is called how. An import records a customer on its own day and the
-- sale on the order's: until then the first name counts.
create or replace function issuer.report_customer(as_of date, known_at timestamptz)
returns table (id bigint, root bigint, name text, reference text)
language sql stable parallel safe as $$
    with named as (
        select distinct on (v.customer_id) v.customer_id, v.name, v.reference
        from issuer.customer_version v
        where v.recorded_at <= known_at and (v.effective <= as_of or v.version = 1)
        order by v.customer_id, v.version desc),
    merged as (
        select distinct on (m.customer_id) m.customer_id, m.into_id
        from issuer.customer_merge m where m.recorded_at <= known_at and m.effective <= as_of
        order by m.customer_id, m.version desc)
    select c.customer_id, n.customer_id, n.name::text, n.reference::text
    from named c left join merged m on m.customer_id = c.customer_id
    join named n on n.customer_id = coalesce(m.into_id, c.customer_id)
$$;

-- The activations, and what each was: on its server, and whether its use counted. An interval is from
-- its first instant to before its last, so an empty one is in no count.
create or replace function issuer.report_activation(as_of date, known_at timestamptz, zone text)
returns table (id bigint, license_id bigint, version integer, taken boolean, continues bigint,
               active boolean, counted boolean, state issuer.activation_state,
               active_from timestamptz, counted_until timestamptz)
language sql stable parallel safe as $$
    select a.id, a.license_id, a.version, a.origin = 'taken', a.continues,
        a.active_until is null or a.active_until >= issuer.report_end(as_of, zone)
            or coalesce(a.ended_recorded_at > known_at, false),
        a.counted_until is null or a.counted_until >= issuer.report_end(as_of, zone)
            or coalesce(a.counted_recorded_at > known_at, false),
        a.state, a.active_from, a.counted_until
    from issuer.activation a
    where a.active_from < issuer.report_end(as_of, zone) and a.recorded_at <= known_at
$$;

-- Where to cut a table's ids in thirds, by a sample. Who asks must ask once: of a table that grows the
-- next sample may be another.
create or replace function issuer.report_cuts(of regclass) returns bigint[]
language plpgsql stable as $$
declare
    cuts bigint[];
begin
    execute format('select percentile_disc(array[1 / 3.0, 2 / 3.0]) within group (order by id) '
                   'from %s tablesample system (1) repeatable (0)', of) into cuts;
    return coalesce(cuts, array[0, 0]);
end $$;

-- Each license as it stood, and what has run on it. `state` is that of the records,
-- or `expired`; `delivered_on` is the day on which a key of it first reached its customer.
-- Of licenses from `first` to `last`; each table is told so, as PostgreSQL does not conclude it.
create function issuer.report_license_part(as_of date, known_at timestamptz, zone text, first bigint,
                                           last bigint)
returns table (id bigint, license_id text, customer_id bigint, product text, order_id bigint,
               sold_on date, delivered_on date, activated_on date, state text, version integer,
               expires_on date, support_until date, servers integer, active bigint, allowed integer,
               used bigint)
language sql stable parallel safe as $$
    select l.id, l.license_id::text, l.customer_id, l.product::text, l.order_id, l.effective,
        d.delivered_on, issuer.report_day(u.first, zone),
        case when s.state <> 'current' then s.state::text
             when e.expires_on < as_of then 'expired' else 'current' end,
        e.version, e.expires_on, f.until_on, e.servers, coalesce(u.active, 0), e.activations,
        coalesce(u.used, 0)
    from issuer.license l
    left join issuer.report_entitlement(as_of, known_at) e
        on e.license_id = l.id and e.license_id between $4 and $5
    left join issuer.entitlement_feature f
        on f.license_id = e.license_id and f.version = e.version and f.code = 'support'
       and f.license_id between $4 and $5
    left join issuer.report_state(as_of, known_at, zone) s
        on s.license_id = l.id and s.license_id between $4 and $5
    left join issuer.report_delivery(as_of, known_at) d
        on d.license_id = l.id and d.license_id between $4 and $5
    left join (select a.license_id, min(a.active_from) as first,
                   count(*) filter (where a.counted) as used,
                   count(*) filter (where a.active) as active
               from issuer.report_activation(as_of, known_at, zone) a
               where a.license_id between $4 and $5 group by a.license_id) u
        on u.license_id = l.id
    where l.id between $4 and $5 and l.effective <= as_of and l.recorded_at <= known_at
$$;

-- All of them.
create function issuer.report_license(as_of date, known_at timestamptz, zone text)
returns table (id bigint, license_id text, customer_id bigint, product text, order_id bigint,
               sold_on date, delivered_on date, activated_on date, state text, version integer,
               expires_on date, support_until date, servers integer, active bigint, allowed integer,
               used bigint)
language sql stable parallel safe as $$
    select * from issuer.report_license_part(as_of, known_at, zone, -9223372036854775808,
                                             9223372036854775807)
$$;

-- The same, in the thirds that report_cuts() has cut.
create function issuer.report_license_thirds(as_of date, known_at timestamptz, zone text,
                                             cuts bigint[])
returns table (id bigint, license_id text, customer_id bigint, product text, order_id bigint,
               sold_on date, delivered_on date, activated_on date, state text, version integer,
               expires_on date, support_until date, servers integer, active bigint, allowed integer,
               used bigint)
language sql stable parallel safe as $$
    select * from issuer.report_license_part(as_of, known_at, zone, -9223372036854775808, cuts[1])
    union all
    select * from issuer.report_license_part(as_of, known_at, zone, cuts[1] + 1, cuts[2])
    union all
    select * from issuer.report_license_part(as_of, known_at, zone, cuts[2] + 1,
                                             9223372036854775807)
$$;
