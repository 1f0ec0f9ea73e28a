-- What of the uses that were sold is taken, what came back, and by what evidence.

drop function if exists issuer.report_restored(date, timestamptz, text) cascade;
drop function if exists issuer.report_proven(bigint, timestamptz, timestamptz) cascade;
drop function if exists issuer.report_use(date, timestamptz, text) cascade;
drop function if exists issuer.report_use_thirds(date, timestamptz, text, bigint[]) cascade;
drop function if exists issuer.report_use_part(date, timestamptz, text, bigint, bigint) cascade;
drop function if exists issuer.report_activations_rows(date, timestamptz, text) cascade;
drop function if exists issuer.report_activations(date, timestamptz, text) cascade;

-- Activations that were given up by a restoration, with its evidence.
create function issuer.report_restored(as_of date, known_at timestamptz, zone text)
returns table (activation_id bigint, evidence text)
language sql stable parallel safe as $$
    select d.activation_id, r.evidence::text
    from issuer.restoration_decision d join issuer.restoration r on r.id = d.restoration_id
    where d.outcome = 'approved' and d.effective < issuer.report_end(as_of, zone)
      and d.recorded_at <= known_at
$$;

-- Whether a signed proof of an activation's end came. It is asked of few, and as a subquery it would keep
-- PostgreSQL from reading all activations in parallel.
create function issuer.report_proven(activation bigint, before timestamptz, known_at timestamptz)
returns boolean language plpgsql stable parallel safe as $$
begin
    return (select true from issuer.event v
            where v.subject_id = activation and v.subject = 'activation'
              and v.kind || '' = 'activation-deactivated'  -- an activation has fewer than a kind
              and v.effective < before and v.recorded_at <= $3
            limit 1) is not null;
end $$;

-- Each activation, and what it says of its use. A use ends where its last activation stops to count;
-- what another activation goes on with has not ended. `given_back_by` is null where no evidence ends it.
-- A signed proof takes the place of what was believed of a lost server, from when on its event tells.
-- Of activations from `first` to `last`.
create function issuer.report_use_part(as_of date, known_at timestamptz, zone text, first bigint,
                                       last bigint)
returns table (id bigint, license_id bigint, taken boolean, active boolean, counted boolean,
               went_on boolean, goes_on_under bigint, given_back_by text, lost boolean)
language sql stable parallel safe as $$
    select a.id, a.license_id, a.taken, a.active, a.counted, b.continues is not null, b.license_id,
        case when a.counted or b.continues is not null then null
             when a.state = 'deactivated' and r.evidence is not null
                  and issuer.report_proven(a.id, issuer.report_end(as_of, zone), known_at) then 'proof'
             when r.evidence is not null then r.evidence
             when a.state in ('deactivated', 'lost') then 'proof'
             when a.state = 'corrected' then 'correction' end,
        r.evidence is not null
    from issuer.report_activation(as_of, known_at, zone) a
    left join issuer.activation b
        on b.continues = a.id and b.continues between $4 and $5 and b.recorded_at <= known_at
       and b.active_from < issuer.report_end(as_of, zone)
    left join issuer.report_restored(as_of, known_at, zone) r
        on r.activation_id = a.id and r.activation_id between $4 and $5
    where a.id between $4 and $5
$$;

-- All of them.
create function issuer.report_use(as_of date, known_at timestamptz, zone text)
returns table (id bigint, license_id bigint, taken boolean, active boolean, counted boolean,
               went_on boolean, goes_on_under bigint, given_back_by text, lost boolean)
language sql stable parallel safe as $$
    select * from issuer.report_use_part(as_of, known_at, zone, -9223372036854775808,
                                         9223372036854775807)
$$;

-- The same, in the thirds that report_cuts() has cut.
create function issuer.report_use_thirds(as_of date, known_at timestamptz, zone text, cuts bigint[])
returns table (id bigint, license_id bigint, taken boolean, active boolean, counted boolean,
               went_on boolean, goes_on_under bigint, given_back_by text, lost boolean)
language sql stable parallel safe as $$
    select * from issuer.report_use_part(as_of, known_at, zone, -9223372036854775808, cuts[1])
    union all
    select * from issuer.report_use_part(as_of, known_at, zone, cuts[1] + 1, cuts[2])
    union all
    select * from issuer.report_use_part(as_of, known_at, zone, cuts[2] + 1, 9223372036854775807)
$$;

create function issuer.report_activations_rows(as_of date, known_at timestamptz, zone text)
returns table (license_id text, product text, allowed integer, taken bigint, used bigint,
               active bigint, not_given_back bigint, given_back_proof bigint,
               given_back_attested bigint, given_back_forced bigint, given_back_correction bigint,
               lost bigint)
language sql stable parallel safe as $$
    select l.license_id::text, l.product::text, e.activations, coalesce(u.taken, 0),
        coalesce(u.used, 0), coalesce(u.active, 0), coalesce(u.used - u.active, 0),
        coalesce(u.proof, 0), coalesce(u.attested, 0), coalesce(u.forced, 0),
        coalesce(u.correction, 0), coalesce(u.lost, 0)
    from issuer.license l
    left join issuer.report_entitlement(as_of, known_at) e on e.license_id = l.id
    left join (select u.license_id, count(*) filter (where u.taken) as taken,
                   count(*) filter (where u.counted) as used,
                   count(*) filter (where u.active) as active,
                   count(*) filter (where u.given_back_by = 'proof') as proof,
                   count(*) filter (where u.given_back_by = 'attested') as attested,
                   count(*) filter (where u.given_back_by = 'forced') as forced,
                   count(*) filter (where u.given_back_by = 'correction') as correction,
                   count(*) filter (where u.lost) as lost
               from issuer.report_use(as_of, known_at, zone) u group by u.license_id) u
        on u.license_id = l.id
    where l.effective <= as_of and l.recorded_at <= known_at
    order by l.id
$$;

-- All licenses together. `lost`: declared lost, whatever came after.
create function issuer.report_activations(as_of date, known_at timestamptz, zone text)
returns table (licenses bigint, allowed bigint, taken bigint, used bigint, active bigint,
               not_given_back bigint, given_back_proof bigint, given_back_attested bigint,
               given_back_forced bigint, given_back_correction bigint, lost bigint)
language plpgsql stable set enable_hashjoin = off set enable_nestloop = off set jit = off
set work_mem = '256MB' set max_parallel_workers_per_gather = 2 set parallel_setup_cost = 0
set parallel_tuple_cost = 0.01 set min_parallel_table_scan_size = '1TB'
set min_parallel_index_scan_size = '1TB' set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    cuts constant bigint[] := issuer.report_cuts('issuer.license');
    use_cuts constant bigint[] := issuer.report_cuts('issuer.activation');
begin
    return query
    with s as materialized (
        select count(*) as licenses, coalesce(sum(l.allowed), 0)::bigint as allowed
        from issuer.report_license_thirds(as_of, known_at, zone, cuts) l),
    u as materialized (
        select count(*) filter (where u.taken) as taken,
            count(*) filter (where u.counted) as used, count(*) filter (where u.active) as active,
            count(*) filter (where u.given_back_by = 'proof') as proof,
            count(*) filter (where u.given_back_by = 'attested') as attested,
            count(*) filter (where u.given_back_by = 'forced') as forced,
            count(*) filter (where u.given_back_by = 'correction') as correction,
            count(*) filter (where u.lost) as lost
        from issuer.report_use_thirds(as_of, known_at, zone, use_cuts) u)
    select s.licenses, s.allowed, u.taken, u.used, u.active, u.used - u.active, u.proof,
        u.attested, u.forced, u.correction, u.lost
    from s cross join u;
end $$;

-- The same as of now.
create view issuer.report_activations_rows_now as select * from issuer.report_activations_rows(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
create view issuer.report_activations_now as select * from issuer.report_activations(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
