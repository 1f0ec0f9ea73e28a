-- The journal of usage licenses, which the program writes before it commits (its format:
-- issuer/service/JOURNAL.md): the rows that it keeps of each, and how they come back on record
-- where an older copy of the records lacks them.

-- How far numbers were given out that people or mails have seen, so that none is given twice.
create or replace function issuer.journal_sequences() returns json
language sql security definer set search_path = issuer, pg_temp as $$
    select json_build_object(
        'message_id_seq', (select last_value from message_id_seq),
        'usage_request_id_seq', (select last_value from usage_request_id_seq),
        'decision_id_seq', (select last_value from decision_id_seq),
        'reply_id_seq', (select last_value from reply_id_seq),
        'hold_id_seq', (select last_value from hold_id_seq))  -- cases of every kind
$$;

-- Of each usage license all that puts it on record again. Of its mail what says which it was; nothing
-- that retention empties. `others`: activations that had its use, its place or its instance before, as
-- they stand now.
create or replace function issuer.journal_records(serials bigint[])
returns table (serial bigint, digest text, record json)
language sql stable set search_path = issuer, pg_temp as $$
    select u.serial, encode(sha256(convert_to(u.jws, 'UTF8')), 'hex'), json_build_object(
        'license', l.license_id,
        'usage_license', to_jsonb(u),
        'activation', to_jsonb(a),
        'decision', to_jsonb(d),
        'request', to_jsonb(r),
        'message', to_jsonb(m) - array['from_address', 'reply_to', 'subject', 'body', 'raw',
                                       'sender_vouched', 'sender_says', 'why'],
        'others', (
            select jsonb_agg(jsonb_build_object('id', o.id, 'state', o.state, 'counted', o.counted,
                'active_until', o.active_until, 'counted_until', o.counted_until,
                'lost_at', o.lost_at, 'ended_by', o.ended_by,
                'ended_recorded_at', o.ended_recorded_at,
                'counted_recorded_at', o.counted_recorded_at) order by o.active_from, o.id)
            from activation o
            where o.id <> u.serial and o.state <> 'active'
              and (o.id = any (u.supersedes) or o.thumbprint = a.thumbprint
                   or o.license_id = a.license_id and (o.use_no = a.use_no or o.slot = a.slot))))
    from usage_license u
    join license l on l.id = u.license_id
    join decision d on d.id = u.decision_id
    join usage_request r on r.id = u.request_id
    join message m on m.id = d.message_id
    left join activation a on a.id = u.activation_id
    where u.serial = any (serials)
$$;

-- What follows is the owner's: it puts on record what the journal says, whoever decided it.

create or replace function issuer.journal_replay_head(head jsonb) returns void
language plpgsql set search_path = issuer, pg_temp as $$
declare
    name text;
    far bigint;
    now_at bigint;
begin
    insert into signing_key select k.* from jsonb_populate_recordset(null::signing_key, head -> 'keys') k
        on conflict (kid) do nothing;
    for name, far in select s.key, s.value::bigint from jsonb_each_text(head -> 'sequences') s loop
        execute format('select last_value from issuer.%I', name) into now_at;
        if now_at < far then
            perform setval(format('issuer.%I', name), far);
        end if;
    end loop;
end $$;

-- The mail of a replayed usage license, by what it is known by: that on record, or as the journal has it.
create or replace function issuer.journal_message(m jsonb) returns bigint
language plpgsql set search_path = issuer, pg_temp as $$
declare
    made message := jsonb_populate_record(null::message, m);
    known bigint := (select id from message where identity = made.identity);
begin
    if known is not null then
        return known;
    end if;
    if exists (select from message where id = made.id) then
        made.id := nextval('message_id_seq');
    end if;
    insert into message overriding system value select made.*;
    return made.id;
end $$;

create or replace function issuer.journal_request(r jsonb, license bigint, message bigint)
returns bigint language plpgsql set search_path = issuer, pg_temp as $$
declare
    made usage_request := jsonb_populate_record(null::usage_request, r);
    known bigint := (select id from usage_request q where q.digest = made.digest);
begin
    if known is not null then
        update usage_request q set license_id = license where q.id = known and q.license_id is null;
        return known;
    end if;
    insert into instance (thumbprint) values (made.thumbprint) on conflict do nothing;
    if exists (select from usage_request q where q.id = made.id) then
        made.id := nextval('usage_request_id_seq');
    end if;
    made.license_id := license;
    made.message_id := message;
    insert into usage_request overriding system value select made.*;
    return made.id;
end $$;

create or replace function issuer.journal_decision(d jsonb, request bigint, message bigint)
returns decision language plpgsql set search_path = issuer, pg_temp as $$
declare
    made decision := jsonb_populate_record(null::decision, d);
begin
    if exists (select from decision o where o.id = made.id) then
        made.id := nextval('decision_id_seq');
    end if;
    made.request_id := request;
    made.message_id := message;
    made.operator_id := (select id from operator where id = made.operator_id);
    insert into decision overriding system value select made.*;
    return made;
end $$;

-- Ends what had its use or place before, as the journal has it, and makes the activation.
create or replace function issuer.journal_activation(a jsonb, others jsonb, license bigint,
    request bigint)
returns void language plpgsql set search_path = issuer, pg_temp as $$
declare
    made activation := jsonb_populate_record(null::activation, a);
begin
    perform set_config('issuer.journal_replay', 'on', true);
    update activation o set state = u.state, counted = u.counted,
        ended_recorded_at = coalesce(o.ended_recorded_at, u.ended_recorded_at),
        counted_recorded_at = coalesce(o.counted_recorded_at, u.counted_recorded_at),
        active_until = coalesce(o.active_until, u.active_until),
        counted_until = coalesce(o.counted_until, u.counted_until),
        lost_at = coalesce(o.lost_at, u.lost_at), ended_by = u.ended_by
    from jsonb_populate_recordset(null::activation, others) u
    where o.id = u.id and (o.state = 'active' or o.counted and not u.counted);
    made.license_id := license;
    made.request_id := request;
    insert into activation select made.*;
    perform set_config('issuer.journal_replay', 'off', true);
end $$;

-- "put", "on record", or what keeps it from that: then nothing of it stays.
create or replace function issuer.journal_replay(record jsonb) returns text
language plpgsql set search_path = issuer, pg_temp as $$
declare
    made usage_license := jsonb_populate_record(null::usage_license, record -> 'usage_license');
    sold license;
    ruled decision;
    known text := (select jws from usage_license u where u.serial = made.serial);
begin
    if known is not null then
        return case when known = made.jws then 'on record'
                    else 'the usage license on record under its number has other bytes' end;
    end if;
    if exists (select from serial_void v where v.serial = made.serial) then
        return 'its number is on record as void';
    end if;
    select * into sold from license l where l.license_id = record ->> 'license';
    if not exists (select from entitlement e where e.license_id = sold.id
                   and e.version = made.version) then
        return format('%s has no entitlement version %s on record: record first what orders has sold',
                      record ->> 'license', made.version);
    end if;
    if sold.id <> made.license_id then
        made.customer_id := sold.customer_id;
    end if;
    ruled.message_id := journal_message(record -> 'message');
    made.request_id := journal_request(record -> 'request', sold.id, ruled.message_id);
    ruled := journal_decision(record -> 'decision', made.request_id, ruled.message_id);
    if made.activation_id is not null then
        perform journal_activation(record -> 'activation', nullif(record -> 'others', 'null'),
                                   sold.id, made.request_id);
    end if;
    made.license_id := sold.id;
    made.decision_id := ruled.id;
    insert into usage_license select made.*;
    update hold h set closed_at = ruled.effective, closed_by = ruled.id, closed_how = 'issued'
        where h.request_id = made.request_id and h.closed_at is null and made.activation_id is not null;
    insert into event (kind, subject, subject_id, row_digest, license_id, operator_id, detail,
                       effective)
        select e.kind, e.subject, e.id, sha256(convert_to(e.line, 'UTF8')), sold.id, e.operator,
            '{"from": "journal"}', ruled.effective
        from (select 'issued', 'decision', ruled.id, ruled::text, ruled.operator_id
              union all
              select 'activation-made', 'activation', a.id, a::text, null from activation a
              where a.id = made.activation_id
              union all
              select 'usage-license-signed', 'usage_license', made.serial, made::text, null)
            e (kind, subject, id, line, operator);
    return 'put';
exception when integrity_constraint_violation or sqlstate 'IS002' then
    return format('the records do not take it: %s', sqlerrm);
end $$;

-- Has numbers be drawn behind those of the journal; what none of them is, is void.
create or replace function issuer.journal_close(highest bigint) returns bigint
language sql set search_path = issuer, pg_temp as $$
    with b as (
        insert into serial_block (first, last, holder, closed_at)
            select n.before + 1, highest, pg_backend_pid(), transaction_timestamp()
            from (select coalesce(max(last), 0) as before from serial_block) n
            where n.before < highest
            returning id, first, last),
    v as (
        insert into serial_void (serial, block_id)
            select n, b.id from b, generate_series(b.first, b.last) n
            where not exists (select from usage_license u where u.serial = n)
            returning serial)
    select count(*) from v
$$;
