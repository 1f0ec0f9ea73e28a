-- What a license's contacts are told before it expires.
begin;
select no_plan();
\ir fixture.psql
select setval('reply_id_seq', 40 * 512) \g /dev/null

insert into license (id, license_id, customer_id, product, order_id, effective) overriding system value
    select n, 'LIC-' || n, 1, 'chariot', 1, '2026-01-01' from generate_series(71, 76) n;
insert into license_state_version (license_id, version, state, reason, effective)
    values (72, 1, 'suspended', 'unpaid', '2026-01-01'), (73, 1, 'ended', 'refunded', '2026-01-01');
insert into contact (license_id, entry, effective, doubtful)
    select n, 'ops@plants.example', '2026-01-01'::date, false from generate_series(71, 76) n
    union all select 71, 'it@plants.example', '2026-01-01', false
    union all select 71, 'gone@plants.example', '2026-01-01', true
    union all select 71, '@plants.example', '2026-01-01', false;
-- All but 75, which is perpetual, expire on 31 March 2030; 76 was booked too late for its first mark.
insert into entitlement (license_id, version, servers, activations, expires_on, order_id, effective, recorded_at)
    select n, 1, 1, 1, case when n <> 75 then '2030-03-31'::date end, 1, '2026-01-01',
        case when n = 76 then '2030-02-10' else '2026-01-01' end::timestamptz
    from generate_series(71, 76) n where n <> 74;
insert into entitlement (license_id, version, servers, activations, expires_on, order_id, effective, recorded_at)
    values (74, 1, 1, 1, '2030-03-31', 1, '2026-01-01', '2026-01-01'),
           (74, 2, 1, 1, '2031-03-31', 1, '2026-01-02', '2026-01-01');

create function told(at timestamptz) returns text language sql as $$
    select expiry_notices_queue(array[60, 30, 7], at);
    select string_agg(format('%s %s %s', x.license_id, x.days, x.replies), ', ' order by x.license_id)
    from expiry_notice x where x.effective = at
$$;
select is(day_end('2030-03-31'), '2030-04-01 12:00Z', 'a day lasts until it is over anywhere on earth');
select is(told('2030-01-31 11:59:59Z'), null, 'before the hour nothing is told');
select is(told('2030-01-31 12:10Z'), null, 'and it is looked once an hour');
select is(told('2030-01-31 13:00Z'), '71 60 2', '60 days before, contacts who can be written to are');
select is((select string_agg(recipient || ' ' || state, ', ' order by recipient) from reply
           join reply_line l on l.reply_id = reply.id where l.version is not null),
          'it@plants.example queued, ops@plants.example queued', 'each by a reply');
select is((select detail - 'replies' from event where kind = 'expiry-told'), '{"days": 60, "version": 1}', 'as an event');
select is(told('2030-02-05 13:00Z'), null, 'once');
select is(told('2030-03-10 13:00Z'), '71 30 2, 76 30 1', 'a mark that was missed by days is made up for; of a version the marks after it count');
insert into entitlement (license_id, version, servers, activations, expires_on, order_id, effective, recorded_at)
    values (71, 2, 1, 1, '2030-05-01', 1, '2030-03-11', '2030-03-11');
select is(told('2030-03-26 13:00Z'), '76 7 1', 'an extended license is told of by its new end');
select is(told('2030-04-05 13:00Z'), '71 30 2', 'that is another version''s');
select is(told('2030-04-05 12:30Z'), null, 'a clock that was set back tells nothing twice');
select is(told('2030-05-03 13:00Z'), null, 'what has expired is not told');
select is(expiry_notices_queue('{}', '2031-01-01'), 0::bigint, 'without days there is nothing to tell');
select is((select count(*) from expiry_notice where license_id in (72, 73, 74, 75)), 0::bigint,
          'of what is suspended, ended, extended or perpetual nothing was');
select throws_ok($$insert into reply_line (reply_id, position, decision_id, license_id, version, about)
    values (1, 9, 1, 1, 1, 'expires')$$, '23514', null, 'a line is about one thing');
select throws_ok($$insert into reply_line (reply_id, position, license_id, version, about)
    values (1, 9, 1, 1, 'moved')$$, '23514', null, 'an entitlement''s line tells of its end');

select * from finish();
rollback;
