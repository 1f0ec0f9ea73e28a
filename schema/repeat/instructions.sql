-- What people decide comes in by doors: whoever has the operator's token sets the operator, nobody can
-- name another. The daemon, or the command line where the signing key is, carries it out.

-- Whether both say what becomes of one case; or, of a request that has none, the same of it; or have one
-- mail read again.
create or replace function issuer.instruction_of_same(one instruction, other instruction)
returns boolean language sql immutable set search_path = issuer, pg_temp as $$
    select coalesce(one.hold_id = other.hold_id or one.restoration_id = other.restoration_id
        or coalesce(one.hold_id, one.restoration_id, other.hold_id, other.restoration_id) is null
           and one.request_id = other.request_id and one.kind = other.kind
        or one.kind = 'retry' and other.kind = 'retry'
           and one.arguments -> 'message' = other.arguments -> 'message', false)
$$;

-- Ends those that nobody carries out any more; they are locked. `why` null: their time is over.
create or replace function issuer.instructions_expire(over bigint[], why text, at timestamptz)
returns void language sql set search_path = issuer, pg_temp as $$
    with ended as (
        update instruction i set state = 'expired', ended_at = at,
            answer = case when why is not null then jsonb_build_object('why', why) end
        where i.id = any (over) returning i.*)
    insert into event (kind, subject, subject_id, row_digest, operator_id, effective)
        select 'instruction-expired', 'instruction', e.id, sha256(convert_to(e::text, 'UTF8')),
               e.operator_id, at from ended e order by e.id
$$;

-- Files what a door has judged. `lease_end`: until then the caller carries it out itself.
create or replace function issuer.instruction_record(made instruction, lease_end timestamptz,
    at timestamptz)
returns bigint language plpgsql set search_path = issuer, pg_temp as $$
declare
    other record;
    same bigint[];
    stale bigint[];
    by_name constant text := (select o.name from operator o where o.id = made.operator_id);
    -- Whoever calls names the time of the event, and could name one at which another's work is over.
    present constant timestamptz := least(at, clock_timestamp());
begin
    -- Nobody carries these out any more: a day has passed, or whoever took it is gone. And what was
    -- left to whoever has the key gives way to somebody who has it, or to its own author. Those that
    -- are being ended at this moment are left to who ends them.
    select array_agg(o.id) filter (where o.same), array_agg(o.id) filter (where not o.same)
        into same, stale
        from (select i.id, instruction_of_same(i, made) as same from instruction i
              where i.state = 'filed' and (i.filed_at <= present - interval '24 hours'
                    or instruction_of_same(i, made)
                       and (lease_end is not null or i.operator_id = made.operator_id))
                 or i.state = 'taken' and i.taken_until <= present
              order by i.id for update skip locked) o;
    perform instructions_expire(same, format('operator %s took up the case', by_name), at);
    perform instructions_expire(stale, null, at);
    begin
        insert into instruction (kind, hold_id, request_id, restoration_id, operator_id, second_id,
                                 arguments, state, taken_until, filed_at)
            values (made.kind, made.hold_id, made.request_id, made.restoration_id, made.operator_id,
                    made.second_id, made.arguments,
                    case when lease_end is null then 'filed' else 'taken' end,
                    least(lease_end, clock_timestamp() + interval '5 minutes'), at)
            returning * into made;
    exception when unique_violation then
        select o.name, i.kind into other from instruction i join operator o on o.id = i.operator_id
            where (i.hold_id = made.hold_id or i.restoration_id = made.restoration_id)
              and i.state in ('filed', 'taken');
        raise exception 'case % is being decided: operator % says "%"; look again in a minute',
            coalesce(made.hold_id, made.restoration_id), other.name, other.kind using errcode = 'IS004';
    end;
    insert into event (kind, subject, subject_id, row_digest, operator_id, effective)
        values ('instruction-filed', 'instruction', made.id,
                sha256(convert_to(made::text, 'UTF8')), made.operator_id, at);
    return made.id;
end $$;

-- What becomes of a request; or what would: who may issue may look first.
create or replace function issuer.instruction_right(kind text) returns text
language sql immutable set search_path = issuer, pg_temp as $$
    select case kind when 'approve' then 'restoration approve' when 'retry' then 'quarantine retry'
                     when 'preview' then 'request issue' else 'request ' || kind end
$$;

create or replace function issuer.instruction_file(token digest, wanted text, request bigint,
    hold bigint, arguments jsonb, lease_end timestamptz, at timestamptz)
returns bigint language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    filed instruction;
begin
    filed.operator_id := (operator_require(token, instruction_right(wanted), at)).id;
    filed.kind := wanted;
    filed.hold_id := hold;
    filed.request_id := request;
    filed.arguments := arguments;
    return instruction_record(filed, lease_end, at);
end $$;

-- ---- carrying out ----

-- Who has filed it may still do what they may have lost the right to since.
create or replace function issuer.instruction_rights(filed instruction, at timestamptz)
returns void language plpgsql stable set search_path = issuer, pg_temp as $$
declare
    gone text;
begin
    select o.name into gone
        from (values (filed.operator_id, instruction_right(filed.kind)),
                     (filed.second_id, 'restoration second')) w (id, command)
        join operator o on o.id = w.id left join command_right r on r.command = w.command
        where o.revoked_at <= greatest(at, clock_timestamp())
           or not coalesce(o.role = any (r.roles), false)
        order by w.command limit 1;
    if found then
        raise exception 'operator % may not % it any more', gone,
            case filed.kind when 'ask' then 'ask about' when 'emergency' then 'bridge' else filed.kind end
            using errcode = 'IS002';
    end if;
end $$;

-- The same, of one by its number, at the end of the transaction that carries it out.
create or replace function issuer.instruction_judge(wanted bigint, at timestamptz)
returns void language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    filed instruction;
begin
    select * into filed from instruction i where i.id = wanted;
    perform instruction_rights(filed, at);
end $$;

-- Whether carrying it out may sign.
create or replace function issuer.instruction_signs(kind text) returns boolean
language sql immutable set search_path = issuer, pg_temp as $$
    select kind not in ('refuse', 'keep', 'ask', 'resend', 'preview')
$$;

-- Ends those whose time is over: a day has passed, or a minute for which whoever asked for a preview has
-- waited, or nobody else can carry them out.
create or replace function issuer.instructions_end_old(at timestamptz, present timestamptz)
returns void language plpgsql set search_path = issuer, pg_temp as $$
begin
    perform instructions_expire(
        (select array_agg(o.id) from (select i.id from instruction i
             where i.state in ('filed', 'taken')
               and (i.state = 'filed' or coalesce(i.taken_until <= present, true))
               and (i.filed_at <= least(at, present) - interval '24 hours'
                    or i.kind = 'preview' and i.filed_at <= least(at, present) - interval '1 minute'
                    or i.kind = 'add' and i.state = 'taken')
             order by i.id for update skip locked) o), null, at);
end $$;

-- Ends those that were begun thrice, and whoever had begun them was gone each time: what takes longer
-- than a process may be silent, or kills it, would do so for ever.
create or replace function issuer.instructions_give_up(at timestamptz, present timestamptz)
returns void language plpgsql set search_path = issuer, pg_temp as $$
declare
    ended instruction;
begin
    for ended in
        update instruction i set state = 'refused', ended_at = at, answer = jsonb_build_object('why',
            format('it was begun %s times, and each time the process that had it in hand was gone before '
                   'its end: does the daemon''s log say why? Then file it again', i.tries))
        where i.id in (select o.id from instruction o where o.state = 'taken' and o.tries >= 3
                       and o.taken_until <= present order by o.id for update skip locked)
        returning *
    loop
        perform note_event('instruction-refused', 'instruction', ended.id, ended::text, null,
                           ended.operator_id, at);
    end loop;
end $$;

-- Takes the next one, for a minute: what was not tried yet, else what was given back or left by somebody
-- who is gone, longest ago first; unless `signing`, of those that sign nothing. Two never take the same.
-- A code that was handed in is not on record before it is decided, so that nobody else can do that.
drop function if exists issuer.instruction_take(timestamptz);
create or replace function issuer.instruction_take(at timestamptz, signing boolean)
returns setof instruction language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    taken instruction;
    -- Leases are given and end by the database's clock.
    present constant timestamptz := clock_timestamp();
begin
    perform instructions_end_old(at, present);
    perform instructions_give_up(at, present);
    select * into taken from instruction i
        where i.state in ('filed', 'taken') and i.kind <> 'add'
          and (signing or not instruction_signs(i.kind))
          and (i.state = 'filed' or coalesce(i.taken_until <= present, true))
        order by i.taken_until nulls first, i.id limit 1 for update skip locked;
    if found then
        update instruction i set state = 'taken', taken_until = present + interval '1 minute',
            tries = i.tries + 1 where i.id = taken.id returning i.* into taken;
        perform note_event('instruction-taken', 'instruction', taken.id, taken::text, null,
                           taken.operator_id, at);
        return next taken;
    end if;
end $$;

-- It cannot be carried out now, and waits for its turn again.
create or replace function issuer.instruction_give_back(wanted bigint, at timestamptz)
returns void language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    given instruction;
begin
    update instruction i set state = 'filed', taken_until = clock_timestamp(),
        tries = greatest(i.tries - 1, 0)
        where i.id = wanted and i.state = 'taken' returning i.* into given;
    if found then
        perform note_event('instruction-given-back', 'instruction', given.id, given::text, null,
                           given.operator_id, at);
    end if;
end $$;
