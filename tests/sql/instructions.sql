-- What people decide comes in by one door: the token says who it is, its role what may be said.
begin;
select plan(43);
\ir fixture.psql
select set_config('test.prefix', :'prefix', false) \g /dev/null
grant usage on schema public to public;
grant execute on function d(text) to public;

insert into operator (name, role, effective)
    values ('sam', 'support', '2026-01-01'), ('sue', 'support', '2026-01-01'),
           ('rex', 'support', '2026-01-01'), ('olga', 'orders', '2026-01-01'),
           ('fay', 'finance', '2026-01-01') \g /dev/null
insert into operator_token (digest, operator_id, expires_at)
    select d(name), id, '2030-01-01' from operator where name <> 'ana' \g /dev/null
insert into hold (id, request_id, decision_id, opened_at) overriding system value
    values (5001, 3, 3, '2026-02-01') \g /dev/null

create function says(name text, kind text, hold bigint default null, at timestamptz default '2026-05-01',
                     lease timestamptz default null) returns bigint language sql as $$
    select instruction_file(d(name), kind, 3, hold, '{"reason": "x"}', lease, at)
$$;
grant execute on function says to public;

select throws_ok($$select says('nobody', 'issue')$$, 'IS002', null, 'an unknown token');
select throws_ok($$select says('sam', 'issue', null, '2031-01-01')$$, 'IS002', null, 'an expired token');
select throws_ok(format($$select says(%L, %L)$$, who, kind), 'IS002',
    format('operator %s (%s) may not use "request %s": that takes the role support or admin', who,
           role, kind), format('%s may not %s', role, kind))
    from (values ('olga', 'orders'), ('fay', 'finance')) w (who, role),
         unnest(array['issue', 'refuse', 'keep', 'ask', 'resend', 'add']) kind;
select throws_ok($$select says('sam', 'approve')$$, 'IS002', null, 'what is not in the table nobody may');

-- Who files it stands in it, whatever login it comes by; and the login cannot write the table.
create function file_as(role text, statement text) returns bigint language plpgsql as $$
declare
    made bigint;
begin
    execute format('set local role %I', current_setting('test.prefix') || '_' || role);
    execute statement into made;
    reset role;
    return made;
end $$;
select is((select o.name || ' ' || i.kind || ' ' || i.state from instruction i
           join operator o on o.id = i.operator_id
           where i.id = file_as('support', $$select says('sam', 'keep', 5001)$$)),
    null, 'seen by its own statement it is not there yet');
select is((select o.name || ' ' || i.kind || ' ' || i.state from instruction i
           join operator o on o.id = i.operator_id where i.hold_id = 5001), 'sam keep filed',
    'the token says who decides');
select is((select count(*) from event e join instruction i on i.id = e.subject_id
           where e.kind = 'instruction-filed' and e.subject = 'instruction' and i.hold_id = 5001
             and e.operator_id = i.operator_id), 1::bigint, 'with its event');
select throws_ok($$select file_as('support', $x$insert into instruction (kind, operator_id, arguments,
    filed_at) values ('issue', 1, '{}', now()) returning id$x$)$$, '42501', null,
    'nobody files in another''s name');
select throws_ok($$select file_as('finance', $x$select instruction_file(d('sam'), 'issue', 3, null, '{}',
    null, now())$x$)$$, '42501', null, 'finance may not even call it');

-- Whoever calls names the time of the event; what is in force is judged by the present.
update operator set revoked_at = now() where name = 'rex' \g /dev/null
select throws_ok($$select says('rex', 'issue')$$, 'IS002', null,
    'a revoked operator is not let in by an earlier time');

-- One open for a case, until it is carried out or given up.
select throws_ok($$select says('sue', 'issue', 5001, '2026-05-01 23:00')$$, 'IS004',
    'case 5001 is being decided: operator sam says "keep"; look again in a minute', 'one at a time');
select lives_ok($$select says('sam', 'issue', 5001, '2026-05-01 23:00')$$,
    'who filed it may think again');
select lives_ok($$select says('sue', 'issue', 5001, '2026-05-02 23:01')$$,
    'after a day what nobody carried out has expired');
select lives_ok($$select says('sam', 'refuse', 5001, '2026-05-02 23:02', 'infinity')$$,
    'what waits for the key gives way to who has it');
select ok((select taken_until between now() and now() + interval '6 minutes' from instruction
           where hold_id = 5001 and state = 'taken'), 'for minutes, whatever is asked for');
select throws_ok($$select says('sue', 'keep', 5001, '2029-12-30', '2029-12-31')$$, 'IS004', null,
    'and a time to come ends nobody''s work');

-- Whoever has the key takes one after another, for a minute; what was given back comes after the rest.
update instruction set taken_until = clock_timestamp() + interval '1 hour' where state = 'taken' \g /dev/null
select says('sue', 'resend') as one, says('sue', 'emergency') as two \gset
create function takes() returns bigint language sql as $$
    select (select id from instruction_take('2026-05-01 10:00', true))
$$;
select is(takes(), :one::bigint, 'the first');
select ok((select state = 'taken' and taken_until between clock_timestamp() and clock_timestamp() + interval '61 s'
           from instruction where id = :one), 'is taken for a minute');
select is(takes(), :two::bigint, 'the next');
select is(takes(), null::bigint, 'no further one, nor what somebody has in hand');
select instruction_give_back(:one, '2026-05-01 10:00') \g /dev/null
select is(takes(), :one::bigint, 'what was given back comes again');
update instruction set taken_until = clock_timestamp() - interval '1 s' where id = :two \g /dev/null
select is(takes(), :two::bigint, 'and what was left by somebody who is gone');
update operator set revoked_at = now() where name = 'sue' \g /dev/null
select throws_ok(format('select instruction_judge(%s, now())', :two), 'IS002',
    'operator sue may not bridge it any more', 'whose right is gone');
select instruction_give_back(:two, '2026-05-01 10:00') \g /dev/null
select is((select id from instruction_take('2026-05-02 10:00', true)), null::bigint, 'a day later none is taken');
select is((select state::text from instruction where id = :two), 'expired', 'for it has expired');

-- What ends with whoever begins it is begun thrice; what was given back counts not.
select says('sam', 'resend') as three \gset
create function begin_and_go(wanted bigint, at timestamptz default '2026-05-01 10:00') returns void language sql as $$
    select instruction_take(at, true);
    update instruction set taken_until = clock_timestamp() - interval '1 s' where id = wanted;
$$;
select instruction_take('2026-05-01 10:00', true), instruction_give_back(:three, '2026-05-01 10:00') \g /dev/null
select begin_and_go(:three), begin_and_go(:three), begin_and_go(:three) \g /dev/null
select is((select state || ' ' || tries from instruction where id = :three), 'taken 3', 'begun thrice');
select is(takes(), null::bigint, 'it is not begun again');
select matches((select state || ': ' || (answer ->> 'why') from instruction where id = :three),
    '^refused: it was begun 3 times, and each time the process that had it in hand was gone', 'but refused, with the reason');
select is((select count(*) from event where kind = 'instruction-refused' and subject_id = :three), 1::bigint, 'by an event');

-- Where nothing can be signed, what needs it not goes on.
select says('sam', 'emergency') as signs, says('sam', 'refuse') as signs_not \gset
select is((select id from instruction_take('2026-05-01 10:00', false)), :signs_not::bigint, 'a refusal is taken without the key');
select is((select id from instruction_take('2026-05-01 10:00', false)), null::bigint, 'no emergency');
select is(takes(), :signs::bigint, 'which is taken with it');

select * from finish();
rollback;
