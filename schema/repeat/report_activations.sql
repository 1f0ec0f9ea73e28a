-- What of the uses that were sold is taken, what came back, and by what evidence.

-- What a function gives can only be changed by making it anew.
drop function if exists issuer.report_restored(date, timestamptz, text) cascade;
drop function if exists issuer.report_use(date, timestamptz, text) cascade;
drop function if exists issuer.report_activations_rows(date, timestamptz, text) cascade;
drop function if exists issuer.report_activations(date, timestamptz, text) cascade;

-- Activations that were given up by a restoration, with its evidence. A signed proof that came later
-- takes the evidence's place; when, its event tells.
create or replace function issuer.report_restored(as_of date, known_at timestamptz, zone text)
returns table (activation_id bigint, evidence text, proven boolean)
language sql stable parallel safe as $$
    select d.activation_id, r.evidence::text,
        exists (select from issuer.event v
                where v.kind = 'activation-deactivated' and v.subject = 'activation'
                  and v.subject_id = d.activation_id
                  and v.effective < issuer.report_end(as_of, zone) and v.recorded_at <= known_at)
    from issuer.restoration_decision d join issuer.restoration r on r.id = d.restoration_id
    where d.outcome = 'approved' and d.effective < issuer.report_end(as_of, zone)
      and d.recorded_at <= known_at
$$;

-- Each license's uses. A use ends where its last activation stops to count; what another activation
-- goes on with has not ended. `unexplained` is what no evidence ends: it should be nothing.
create or replace function issuer.report_use(as_of date, known_at timestamptz, zone text)
returns table (license_id bigint, taken bigint, active bigint, kept bigint, proof bigint,
               attested bigint, forced bigint, corrected bigint, lost bigint, unexplained bigint)
language sql stable parallel safe as $$
    select a.license_id, count(*) filter (where a.taken), count(*) filter (where a.active),
        count(*) filter (where a.counted and not a.active),
        count(*) filter (where x.ended and a.state in ('deactivated', 'lost')
                           and (r.proven or r.evidence is null)),
        count(*) filter (where x.ended and not r.proven and r.evidence = 'attested'),
        count(*) filter (where x.ended and not r.proven and r.evidence = 'forced'),
        count(*) filter (where x.ended and a.state = 'corrected' and r.evidence is null),
        count(r.evidence), count(*) filter (where x.ended and a.state = 'superseded')
    from issuer.report_activation(as_of, known_at, zone) a
    left join (select distinct b.continues from issuer.activation b
               where b.continues is not null and b.recorded_at <= known_at
                 and b.active_from < issuer.report_end(as_of, zone)) c on c.continues = a.id
    left join issuer.report_restored(as_of, known_at, zone) r on r.activation_id = a.id
    cross join lateral (select not a.counted and c.continues is null as ended) x
    group by a.license_id
$$;

create or replace function issuer.report_activations_rows(as_of date, known_at timestamptz,
                                                          zone text)
returns table (license_id text, product text, allowed integer, taken bigint, used bigint,
               active bigint, not_given_back bigint, given_back_proof bigint,
               given_back_attested bigint, given_back_forced bigint, given_back_correction bigint,
               lost bigint)
language sql stable parallel safe as $$
    select l.license_id::text, l.product::text, e.activations, coalesce(u.taken, 0),
        coalesce(u.active + u.kept, 0), coalesce(u.active, 0), coalesce(u.kept, 0),
        coalesce(u.proof, 0), coalesce(u.attested, 0), coalesce(u.forced, 0),
        coalesce(u.corrected, 0), coalesce(u.lost, 0)
    from issuer.license l
    left join issuer.report_entitlement(as_of, known_at) e on e.license_id = l.id
    left join issuer.report_use(as_of, known_at, zone) u on u.license_id = l.id
    where l.effective <= as_of and l.recorded_at <= known_at
    order by l.id
$$;

create or replace function issuer.report_activations(as_of date, known_at timestamptz, zone text)
returns table (product text, licenses bigint, allowed bigint, taken bigint, used bigint,
               active bigint, not_given_back bigint, given_back_proof bigint,
               given_back_attested bigint, given_back_forced bigint, given_back_correction bigint,
               lost bigint)
language sql stable parallel safe as $$
    select l.product::text, count(*), coalesce(sum(e.activations), 0)::bigint,
        coalesce(sum(u.taken), 0)::bigint, coalesce(sum(u.active + u.kept), 0)::bigint,
        coalesce(sum(u.active), 0)::bigint, coalesce(sum(u.kept), 0)::bigint,
        coalesce(sum(u.proof), 0)::bigint, coalesce(sum(u.attested), 0)::bigint,
        coalesce(sum(u.forced), 0)::bigint, coalesce(sum(u.corrected), 0)::bigint,
        coalesce(sum(u.lost), 0)::bigint
    from issuer.license l
    left join issuer.report_entitlement(as_of, known_at) e on e.license_id = l.id
    left join issuer.report_use(as_of, known_at, zone) u on u.license_id = l.id
    where l.effective <= as_of and l.recorded_at <= known_at
    group by l.product
    order by l.product::text collate "C"
$$;

-- The same as of now.
create view issuer.report_activations_rows_now as select * from issuer.report_activations_rows(issuer.report_today(),
    issuer.report_known(), issuer.report_zone());
create view issuer.report_activations_now as select * from issuer.report_activations(issuer.report_today(),
    issuer.report_known(), issuer.report_zone());
