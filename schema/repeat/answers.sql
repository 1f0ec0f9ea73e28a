-- How many answers went to whom: what keeps two programs that answer each other from going on for ever.

-- How many answers went within a day to an address about no license that could be told. What tells of
-- a license, or of a case of one, is none.
create or replace function issuer.answers_of_day(address text, at timestamptz) returns bigint
language sql stable set search_path = issuer, pg_temp as $$
    select count(*) from reply r where lower(r.recipient) = lower(address) and r.state <> 'listed'
        and r.effective > at - interval '1 day'
        and not exists (select from reply_line l left join decision d on d.id = l.decision_id
                        left join usage_request q on q.id = d.request_id
                        where l.reply_id = r.id
                          and (l.license_id is not null or q.license_id is not null
                               or d.deactivation_id is not null))
$$;

-- The contact entry under which an address is counted: itself where it is one, else its domain.
create or replace function issuer.answer_entry(address text) returns text
language sql stable set search_path = issuer, pg_temp as $$
    select case when exists (select from contact c where c.ended_on is null
                             and c.entry = lower(address))
        then lower(address) else substring(lower(address) from '@[^@]*$') end
$$;

-- The newest answers to a contact entry, at most so many: those to an address, or those to a domain's
-- addresses that are no entries of their own. Notices are no answers.
create or replace function issuer.answers_to(entry text, most integer, since timestamptz)
returns table (reply_id bigint, effective timestamptz)
language sql stable set search_path = issuer, pg_temp as $$
    (select r.id, r.effective from reply r
     where entry not like '@%' and lower(r.recipient) = entry and r.effective > since
       and r.why is distinct from 'notice' order by r.effective desc limit most)
    union all
    (select r.id, r.effective from reply r
     where entry like '@%' and substring(lower(r.recipient) from '@[^@]*$') = entry
       and r.effective > since and r.why is distinct from 'notice'
       and answer_entry(r.recipient) = entry order by r.effective desc limit most)
$$;

-- Whether an answer brings something new: a usage license, or a deactivation that is on record now.
create or replace function issuer.answer_is_fresh(reply bigint) returns boolean
language sql stable set search_path = issuer, pg_temp as $$
    select exists (select from reply_line l join decision d on d.id = l.decision_id
                   where l.reply_id = reply and (d.outcome = 'issued' or d.outcome = 'accepted'
                                                 and d.code <> 'repeated-deactivation'))
$$;

-- For each address (or where it is null, the contact of the license that would be written to): its
-- entry, a contact that stands for it, and how many answers went to it within an hour and a day, and
-- how many of those of the hour brought nothing new; at most `most` are looked at. The entries are
-- locked first, always in the same order, and counted then: so of two daemons one sees what the other
-- has queued.
create or replace function issuer.answers_counted(addresses text[], licenses bigint[], most integer,
    at timestamptz)
returns table (n bigint, entry text, contact_id bigint, in_hour bigint, in_day bigint, repeats bigint)
language plpgsql set search_path = issuer, pg_temp as $$
#variable_conflict use_column
declare
    asked text[];
    one text;
begin
    select array_agg(answer_entry(coalesce(u.address, contact_written_to(u.license))) order by u.n)
        into asked from unnest(addresses, licenses) with ordinality as u (address, license, n);
    for one in select distinct e from unnest(asked) e where e is not null order by 1 loop
        perform pg_advisory_xact_lock(hashtextextended('issuer answers to ' || one, 0));
    end loop;
    return query
        with e as (select distinct e as entry from unnest(asked) e where e is not null),
        c as (select e.entry, count(*) filter (where r.effective > at - interval '1 hour') as in_hour,
                  count(r.reply_id) as in_day,
                  count(*) filter (where r.effective > at - interval '1 hour'
                                   and not answer_is_fresh(r.reply_id)) as repeats
              from e left join lateral answers_to(e.entry, most, at - interval '1 day') r on true
              group by e.entry)
        select u.n, c.entry, (select min(k.id) from contact k
                              where k.entry = c.entry and k.ended_on is null),
            c.in_hour, c.in_day, c.repeats
        from unnest(asked) with ordinality as u (entry, n) join c on c.entry = u.entry order by u.n;
end $$;

-- The contact of a license who is written to where the mail's own sender is none.
create or replace function issuer.contact_written_to(license bigint) returns text
language sql stable set search_path = issuer, pg_temp as $$
    select c.entry from contact c where c.license_id = license and c.ended_on is null
        and c.entry not like '@%' and not c.doubtful order by c.id limit 1
$$;
