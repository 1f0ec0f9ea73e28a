-- Customers: which is meant, called otherwise, recorded twice. A customer that was merged leads to
-- the one that stands for it (customer_root); its licenses and orders keep their rows and count
-- there.

-- Each customer as it stands now; `root` is the one that stands for it, itself unless it was merged.
create or replace view issuer.customer_now as
select c.id, coalesce(m.into_id, c.id) as root, v.name, v.reference, v.version
from issuer.customer c
join lateral (select name, reference, version from issuer.customer_version v
              where v.customer_id = c.id order by version desc limit 1) v on true
left join lateral (select into_id from issuer.customer_merge m
                   where m.customer_id = c.id order by m.version desc limit 1) m on true;

-- Those that count as this one: itself, and what was merged into it.
create or replace function issuer.customer_members(root bigint) returns setof bigint
language sql stable set search_path = issuer, pg_temp as $$
    select customer_members.root
    union
    select m.customer_id from customer_merge m where m.into_id = customer_members.root
      and not exists (select from customer_merge newer where newer.customer_id = m.customer_id
                      and newer.version > m.version)
$$;

-- The customer that a person means by its number (CU-12), its reference or its whole name, case
-- aside, as they are today; what was merged leads to where it went.
create or replace function issuer.customer_named(wanted text) returns bigint
language plpgsql stable set search_path = issuer, pg_temp as $$
declare
    meant bigint[];
    shown text;
begin
    if wanted ~* '^CU-[0-9]{1,18}$' then
        select array_agg(distinct n.root) into meant from customer_now n
            where n.id = substr(wanted, 4)::bigint;
    end if;
    if meant is null then
        select array_agg(distinct n.root) into meant
            from (select customer_id from customer_version where folded(name) = folded(wanted)
                  union select customer_id from customer_version
                  where folded(reference) = folded(wanted)) v
            join customer_now n on n.id = v.customer_id
            where folded(n.name) = folded(wanted) or folded(n.reference) = folded(wanted);
    end if;
    if meant is null then
        raise exception 'no customer is named %: `issuer customer list` looks by a part of the name',
            wanted using errcode = 'IS001';
    elsif cardinality(meant) > 1 then
        select string_agg(format('CU-%s (%s)', n.id, coalesce('reference ' || n.reference, n.name)),
                          ', ' order by n.id) into shown
            from customer_now n where n.id = any (meant[:10]);
        raise exception '% may be any of %: give the number', wanted, shown
            using errcode = 'IS003';
    end if;
    return meant[1];
end $$;

-- Imports look customers up by name and reference, one at a time: as they do, so do these.
create or replace function issuer.customers_lock() returns void
language sql set search_path = issuer, pg_temp as $$
    select pg_advisory_xact_lock(hashtextextended('issuer: import', 0))
$$;

create or replace function issuer.reason_require(reason text) returns void
language plpgsql set search_path = issuer, pg_temp as $$
begin
    if coalesce(btrim(reason), '') = '' then
        raise exception 'say why: the reason is empty' using errcode = 'IS003';
    end if;
end $$;

-- A line of text that others read: nothing in it moves a terminal or turns the writing round, for a usage
-- license with such a text is none. `what` it is ("a customer's name").
create or replace function issuer.line_require(what text, line text, most integer) returns void
language plpgsql immutable set search_path = issuer, pg_temp as $$
begin
    if coalesce(btrim(line), '') = '' or length(line) > most
       or line ~ '[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]' then
        raise exception '% is one line of at most % characters, without control or bidirectional characters',
            what, most using errcode = 'IS003';
    end if;
end $$;

-- Gives a customer another name, from today on.
create or replace function issuer.customer_rename(token digest, wanted text, new_name text,
    reason text, at timestamptz)
returns bigint language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    who record;
    was record;
    other bigint;
    made customer_version;
begin
    select * into who from operator_require(token, 'customer rename', at);
    perform reason_require(reason);
    perform line_require('a customer''s name', new_name, 200);
    if btrim(new_name) ~* '^CU-[0-9]+$' then
        raise exception '% would be taken for a customer''s number', btrim(new_name)
            using errcode = 'IS003';
    end if;
    perform customers_lock();
    select n.id, n.name, n.reference, n.version into was from customer_now n
        where n.id = customer_named(wanted);
    if was.name = btrim(new_name) then
        raise exception 'customer CU-% is called % already', was.id, was.name
            using errcode = 'IS003';
    end if;
    select n.root into other from customer_version v join customer_now n on n.id = v.customer_id
        where folded(v.name) = folded(btrim(new_name)) and folded(n.name) = folded(v.name)
          and n.root <> was.id limit 1;
    if found then
        raise exception '% is the name of customer CU-%: if they are one, use `issuer customer merge`',
            btrim(new_name), other using errcode = 'IS003';
    end if;
    insert into customer_version (customer_id, version, name, reference, effective, operator_id,
                                  reason)
        values (was.id, was.version + 1, btrim(new_name), was.reference,
                (at at time zone 'UTC')::date, who.id, reason)
        returning * into made;
    perform note_event('customer-renamed', 'customer', was.id, made::text, null, who.id, at);
    return was.id;
end $$;

-- Says that a customer was recorded twice: the one named first counts as the other from now on, and
-- so does what was merged into it before.
create or replace function issuer.customer_merge_into(token digest, wanted text, into_wanted text,
    reason text, at timestamptz)
returns bigint language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    who record;
    merged bigint;
    target bigint;
    made customer_merge;
begin
    select * into who from operator_require(token, 'customer merge', at);
    perform reason_require(reason);
    perform customers_lock();
    merged := customer_named(wanted);
    target := customer_named(into_wanted);
    if merged = target then
        raise exception '% and % are one customer already: CU-%', wanted, into_wanted, target
            using errcode = 'IS003';
    end if;
    for made in
        insert into customer_merge (customer_id, version, into_id, reason, operator_id, effective)
            select c, coalesce((select max(version) from customer_merge m where m.customer_id = c), 0)
                   + 1, target, reason, who.id, (at at time zone 'UTC')::date
            from customer_members(merged) c order by c
            returning *
    loop
        perform note_event('customer-merged', 'customer', made.customer_id, made::text, null, who.id,
                           at);
    end loop;
    return target;
end $$;
