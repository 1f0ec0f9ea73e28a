\restrict M4B0tudTj3TViz8AubrQ4FgWOvqdeaH7Mt8kAyt7w4MCMxr78sXVFUkb6yybkBz
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA issuer;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';
CREATE TYPE issuer.activation_state AS ENUM (
    'active',
    'superseded',
    'deactivated',
    'lost',
    'corrected'
);
CREATE DOMAIN issuer.digest AS bytea
	CONSTRAINT digest_check CHECK ((octet_length(VALUE) = 32));
CREATE TYPE issuer.feature_kind AS ENUM (
    'perpetual',
    'term',
    'metered'
);
CREATE DOMAIN issuer.fingerprint_part AS bytea
	CONSTRAINT fingerprint_part_check CHECK ((octet_length(VALUE) = 16));
CREATE TYPE issuer.license_state AS ENUM (
    'current',
    'suspended',
    'ended'
);
CREATE DOMAIN issuer.one_line AS text
	CONSTRAINT one_line_check CHECK ((VALUE !~ '[[:cntrl:]]'::text));
CREATE TYPE issuer.operator_role AS ENUM (
    'support',
    'orders',
    'admin',
    'finance'
);
CREATE TYPE issuer.order_kind AS ENUM (
    'sale',
    'trial',
    'internal',
    'goodwill',
    'correction',
    'cancellation'
);
CREATE TYPE issuer.outcome AS ENUM (
    'issued',
    'resent',
    'refused',
    'held',
    'accepted'
);
CREATE TYPE issuer.use_origin AS ENUM (
    'taken',
    'instance',
    'host'
);
CREATE FUNCTION issuer.admins_in_force(at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    perform pg_advisory_xact_lock(hashtextextended('issuer: admins', 0));
    return (select count(*) from operator o where o.role = 'admin'
            and (o.revoked_at is null or o.revoked_at > at)
            and exists (select from operator_token t where t.operator_id = o.id
                        and t.expires_at > greatest(at, clock_timestamp())
                        and (t.revoked_at is null or t.revoked_at > at)));
end $$;
CREATE FUNCTION issuer.alert_close(token issuer.digest, alert bigint, why text, at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    who record;
    known alert;
    made alert;
begin
    select * into who from operator_require(token, 'alert close', at);
    perform reason_require(why);
    select * into known from alert a where a.id = alert_close.alert for update;
    if not found or known.effective > at then
        raise exception 'no alert % is on record; `issuer alert list` shows them', alert_close.alert
            using errcode = 'IS001';
    end if;
    if known.closed_at is not null then
        raise exception 'alert % was closed on % by %', known.id,
            to_char(known.closed_at at time zone 'UTC', 'YYYY-MM-DD'),
            coalesce((select o.name from operator o where o.id = known.closed_by), 'the program')
            using errcode = 'IS004';
    end if;
    update alert a set closed_at = at, closed_by = who.id, reason = why where a.id = known.id
        returning * into made;
    perform note_event('alert-closed', 'alert', made.id, made::text, made.license_id, who.id, at);
end $$;
CREATE FUNCTION issuer.answer_entry(address text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $_$
    select case when exists (select from contact c where c.ended_on is null
                             and c.entry = lower(address))
        then lower(address) else substring(lower(address) from '@[^@]*$') end
$_$;
CREATE FUNCTION issuer.answer_is_fresh(reply bigint) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select exists (select from reply_line l join decision d on d.id = l.decision_id
                   where l.reply_id = reply and (d.outcome = 'issued' or d.outcome = 'accepted'
                                                 and d.code <> 'repeated-deactivation'))
$$;
CREATE FUNCTION issuer.answers_counted(addresses text[], licenses bigint[], most integer, at timestamp with time zone) RETURNS TABLE(n bigint, entry text, contact_id bigint, in_hour bigint, in_day bigint, repeats bigint)
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
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
CREATE FUNCTION issuer.answers_of_day(address text, at timestamp with time zone) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select count(*) from reply r where lower(r.recipient) = lower(address) and r.state <> 'listed'
        and r.effective > at - interval '1 day'
        and not exists (select from reply_line l left join decision d on d.id = l.decision_id
                        left join usage_request q on q.id = d.request_id
                        where l.reply_id = r.id
                          and (l.license_id is not null or q.license_id is not null
                               or d.deactivation_id is not null))
$$;
CREATE FUNCTION issuer.answers_to(entry text, most integer, since timestamp with time zone) RETURNS TABLE(reply_id bigint, effective timestamp with time zone)
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $_$
    (select r.id, r.effective from reply r
     where entry not like '@%' and lower(r.recipient) = entry and r.effective > since
       and r.why is distinct from 'notice' order by r.effective desc limit most)
    union all
    (select r.id, r.effective from reply r
     where entry like '@%' and substring(lower(r.recipient) from '@[^@]*$') = entry
       and r.effective > since and r.why is distinct from 'notice'
       and answer_entry(r.recipient) = entry order by r.effective desc limit most)
$_$;
CREATE FUNCTION issuer.case_mails_handle(decided bigint, how text, who bigint, at timestamp with time zone) RETURNS void
    LANGUAGE sql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select from message m
        where m.id in (select k.message_id from case_mail k
                       where k.case_number = decided and k.seen_at is null)
        order by m.id for no key update;
    with seen as (
        update case_mail k set seen_at = at where k.case_number = decided and k.seen_at is null
        returning k.message_id),
    m as (
        update message m set handled_at = at, handled_how = format('case %s: %s', decided, how)
        where m.handled_at is null and m.id in (select s.message_id from seen s)
        returning m.*)
    insert into event (kind, subject, subject_id, row_digest, license_id, operator_id, effective)
        select 'message-handled', 'message', m.id, sha256(convert_to(m::text, 'UTF8')),
               (select c.license_id from case_now c where c.case_number = decided), who, at
        from m order by m.id
$$;
CREATE FUNCTION issuer.codes_require_once(change jsonb) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    twice text;
begin
    select f ->> 'code' into twice
        from (select jsonb_array_elements(change -> 'features') f
              union all select jsonb_array_elements(change -> 'removed')) x
        group by 1 having count(*) > 1 limit 1;
    if found then
        raise exception '% is named twice', twice using errcode = 'IS003';
    end if;
end $$;
CREATE FUNCTION issuer.contact_add(token issuer.digest, wanted text, new_entry text, at timestamp with time zone) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $_$
declare
    who record;
    of license;
    made contact;
begin
    select * into who from operator_require(token, 'contact add', at);
    if new_entry !~ '^[^@[:space:]]*@[^@[:space:]]+$' or new_entry <> lower(new_entry)
        or length(new_entry) > 255 then
        raise exception '% is no mail address and no @domain', new_entry using errcode = 'IS003';
    end if;
    of := license_lock(wanted);
    if exists (select from contact c where c.license_id = of.id and c.entry = new_entry
               and c.ended_on is null) then
        raise exception '% is a contact of % already', new_entry, of.license_id
            using errcode = 'IS003';
    end if;
    insert into contact (license_id, entry, effective)
        values (of.id, new_entry, (at at time zone 'UTC')::date) returning * into made;
    perform note_event('contact-added', 'contact', made.id, made::text, of.id, who.id, at);
    return of.license_id;
end $_$;
CREATE FUNCTION issuer.contact_digest(entry text) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$
    select encode(sha256(convert_to(entry, 'UTF8')), 'hex')
$$;
CREATE FUNCTION issuer.contact_doubt(address text, at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    made contact;
begin
    for made in
        update contact c set doubtful = true
            where c.ended_on is null and not c.doubtful and c.entry = lower(address) returning c.*
    loop
        perform note_event('contact-doubtful', 'contact', made.id, made::text, made.license_id, null, at);
    end loop;
end $$;
CREATE FUNCTION issuer.contact_end(token issuer.digest, wanted text, ended_entry text, at timestamp with time zone) RETURNS TABLE(license_id text, contacts_left bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    who record;
    of license;
    made contact;
begin
    select * into who from operator_require(token, 'contact end', at);
    of := license_lock(wanted);
    update contact c set ended_on = greatest(c.effective, (at at time zone 'UTC')::date),
        ended_at = at
        where c.license_id = of.id and c.entry = lower(ended_entry) and c.ended_on is null
        returning c.* into made;
    if not found then
        raise exception '% is no contact of %: `issuer license show %` lists them', ended_entry,
            of.license_id, of.license_id using errcode = 'IS001';
    end if;
    perform note_event('contact-ended', 'contact', made.id, made::text, of.id, who.id, at);
    return query select of.license_id::text, count(*) from contact c
        where c.license_id = of.id and c.ended_on is null;
end $$;
CREATE FUNCTION issuer.contact_erase(token issuer.digest, address text, reason text, at timestamp with time zone) RETURNS TABLE(contacts bigint, messages bigint, replies bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $_$
#variable_conflict use_column
declare
    who record;
    made contact;
    wanted constant text := lower(address);
begin
    select * into who from operator_require(token, 'contact erase', at);
    perform reason_require(reason);
    if wanted !~ '^[^@[:space:]]+@[^@[:space:]]+$' then
        raise exception '% is no mail address: a whole domain is ended, not erased', address
            using errcode = 'IS003';
    end if;
    if strpos(lower(reason), wanted) > 0 then
        raise exception 'the reason names the address: it stays on record, so say it otherwise'
            using errcode = 'IS003';
    end if;
    perform from license l where l.id in (select c.license_id from contact c where c.entry = wanted)
        order by l.id for no key update;
    contacts := 0;
    for made in
        update contact c set entry = null, erased_at = at,
            ended_on = coalesce(c.ended_on, greatest(c.effective, (at at time zone 'UTC')::date)),
            ended_at = coalesce(c.ended_at, at)
            where c.entry = wanted returning c.*
    loop
        contacts := contacts + 1;
        perform note_event('contact-erased', 'contact', made.id, made::text, made.license_id, who.id,
                           at, jsonb_build_object('reason', reason));
    end loop;
    messages := messages_empty(wanted, who.id, at);
    replies := replies_erase(wanted, who.id, at);
    if contacts + messages + replies = 0 then
        raise exception 'nothing on record holds this address' using errcode = 'IS001';
    end if;
    return next;
end $_$;
CREATE FUNCTION issuer.contact_written_to(license bigint) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select c.entry from contact c where c.license_id = license and c.ended_on is null
        and c.entry not like '@%' and not c.doubtful order by c.id limit 1
$$;
CREATE FUNCTION issuer.customer_members(root bigint) RETURNS SETOF bigint
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select customer_members.root
    union
    select m.customer_id from customer_merge m where m.into_id = customer_members.root
      and not exists (select from customer_merge newer where newer.customer_id = m.customer_id
                      and newer.version > m.version)
$$;
CREATE FUNCTION issuer.customer_merge_into(token issuer.digest, wanted text, into_wanted text, reason text, at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
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
CREATE FUNCTION issuer.customer_named(wanted text) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $_$
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
end $_$;
CREATE FUNCTION issuer.customer_rename(token issuer.digest, wanted text, new_name text, reason text, at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $_$
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
end $_$;
CREATE FUNCTION issuer.customer_root(customer bigint) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select coalesce((select m.into_id from customer_merge m where m.customer_id = customer
                     order by m.version desc limit 1), customer)
$$;
CREATE FUNCTION issuer.customers_lock() RETURNS void
    LANGUAGE sql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select pg_advisory_xact_lock(hashtextextended('issuer: import', 0))
$$;
CREATE FUNCTION issuer.day_require(day date, at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    if day > (at at time zone 'UTC' + interval '14 hours')::date then  -- tomorrow, nowhere on earth
        raise exception 'the order''s day % lies ahead', day using errcode = 'IS003';
    end if;
end $$;
CREATE FUNCTION issuer.draft_buy(draft jsonb, wish jsonb, of_product text, ordered_on date) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    code constant text := wish ->> 'code';
    day constant date := wish ->> 'until';
    number constant bigint := wish ->> 'number';
    kind constant feature_kind := feature_kind_of(code, of_product);
    has constant jsonb := draft -> 'features' -> code;
    ends constant date := has ->> 'until';
    step record;
begin
    if kind = 'perpetual' then
        if day is not null or number is not null then
            raise exception '% is bought once: give neither years nor a day', code
                using errcode = 'IS003';
        elsif has is not null then
            raise exception '% is there already', code using errcode = 'IS003';
        end if;
        return draft_feature(draft, code, '{}');
    elsif kind = 'metered' then
        if day is not null then
            raise exception '% is metered: give its limit or nothing, not a day', code
                using errcode = 'IS003';
        end if;
        return draft_feature(draft, code, jsonb_build_object('quantity', number));
    end if;
    if has is not null and ends is null then
        raise exception '% has no end that could be extended', code using errcode = 'IS003';
    elsif day <= ordered_on and coalesce(ends < day, true) then
        raise exception '% would end on %, not after the order''s day %', code, day, ordered_on
            using errcode = 'IS003';
    elsif day <= ends then
        raise exception '% would end on %, not after %: years are taken back by an order of the kind '
            'cancellation, a mistake by `issuer license correct`', code, day, ends
            using errcode = 'IS003';
    elsif day is not null then
        return draft_feature(draft, code, jsonb_build_object('until', day),
                             jsonb_build_object('kind', 'set', 'until_on', day));
    end if;
    step := term_bought(ends, ordered_on, coalesce(number, 1));
    return draft_feature(draft, code, jsonb_build_object('until', step.until_on),
        jsonb_build_object('kind', 'bought', 'years', coalesce(number, 1),
                           'from_on', step.from_on, 'until_on', step.until_on));
end $$;
CREATE FUNCTION issuer.draft_changes(was jsonb, becomes jsonb) RETURNS TABLE(what text, before text, after text)
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select x.what, x.before, x.after from (
        select 1 as place, n.field as what, was ->> n.field as before, becomes ->> n.field as after
        from unnest(array['activations', 'servers']) n (field)
        union all
        select 2, 'expires_on', coalesce(was ->> 'expires_on', 'never'),
            coalesce(becomes ->> 'expires_on', 'never')
        union all
        select 3, k.code, feature_text(k.code, was -> 'features' -> k.code),
            feature_text(k.code, becomes -> 'features' -> k.code)
        from (select jsonb_object_keys(was -> 'features')
              union select jsonb_object_keys(becomes -> 'features')) k (code)) x
    where x.before is distinct from x.after order by x.place, x.what
$$;
CREATE FUNCTION issuer.draft_correct(draft jsonb, wish jsonb, of_product text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    code constant text := wish ->> 'code';
    day constant date := wish ->> 'until';
    number constant bigint := wish ->> 'number';
    kind constant feature_kind := feature_kind_of(code, of_product);
begin
    if kind = 'term' then
        if day is null then
            raise exception '% is sold by the year: give its right last day (%=2027-03-31)', code,
                code using errcode = 'IS003';
        end if;
        if day = (draft -> 'features' -> code ->> 'until')::date then
            return draft;
        end if;
        return draft_feature(draft, code, jsonb_build_object('until', day),
                             jsonb_build_object('kind', 'set', 'until_on', day));
    elsif day is not null or kind = 'perpetual' and number is not null then
        raise exception '% is %: give %', code, case kind when 'metered' then 'metered'
            else 'bought once' end, case kind when 'metered' then 'its limit or nothing'
            else 'neither years nor a day' end using errcode = 'IS003';
    end if;
    return draft_feature(draft, code, jsonb_build_object('quantity', number));
end $$;
CREATE FUNCTION issuer.draft_count(draft jsonb, field text, wish jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    if wish is null or wish = 'null' then
        return draft;
    elsif wish::numeric not between 1 and 1000000 then
        raise exception '%: give a whole number from 1 to 1000000', field using errcode = 'IS003';
    end if;
    return jsonb_set(draft, array[field], wish);
end $$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE issuer.orders (
    id bigint NOT NULL,
    reference issuer.one_line NOT NULL,
    kind issuer.order_kind NOT NULL,
    ordered_on date NOT NULL,
    customer_id bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT orders_reference_check CHECK (((reference)::text <> ''::text))
);
CREATE FUNCTION issuer.draft_expire(draft jsonb, wish jsonb, paid issuer.orders) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    ends constant date := draft ->> 'expires_on';
    day date := wish ->> 'until';
begin
    if wish ? 'years' then
        if paid.kind = 'cancellation' then
            raise exception 'a cancellation extends nothing: give the day on which the license expires'
                using errcode = 'IS003';
        elsif ends is null then
            raise exception 'the license does not expire: there is nothing to extend'
                using errcode = 'IS003';
        end if;
        day := (term_bought(ends, paid.ordered_on, (wish ->> 'years')::bigint)).until_on;
    elsif paid.kind = 'cancellation' then
        if coalesce(day, 'infinity') > coalesce(ends, 'infinity') then
            raise exception 'a cancellation extends nothing: the license expires on % already', ends
                using errcode = 'IS003';
        end if;
    elsif coalesce(day, 'infinity') < coalesce(ends, 'infinity') then
        raise exception 'the license would expire on %, which is before %: that takes an order of the '
            'kind cancellation or `issuer license correct`', day, coalesce(ends::text, 'never')
            using errcode = 'IS003';
    elsif day <= paid.ordered_on and day > ends then
        raise exception 'the license would expire on %, not after the order''s day %', day,
            paid.ordered_on using errcode = 'IS003';
    end if;
    return jsonb_set(draft, '{expires_on}', coalesce(to_jsonb(day), 'null'));
end $$;
CREATE FUNCTION issuer.draft_feature(draft jsonb, code text, becomes jsonb, step jsonb DEFAULT NULL::jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    if step is not null then
        draft := jsonb_set(draft, '{terms}', draft -> 'terms'
                                             || (jsonb_build_object('code', code) || step));
    end if;
    if becomes is null then
        return jsonb_set(draft, '{features}', (draft -> 'features') - code);
    end if;
    return jsonb_set(draft, array['features', code],
                     '{"until": null, "quantity": null}'::jsonb || becomes);
end $$;
CREATE FUNCTION issuer.draft_of(license bigint) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select jsonb_build_object('version', e.version, 'effective', e.effective,
        'servers', e.servers, 'activations', e.activations, 'expires_on', e.expires_on,
        'order', e.order_id, 'terms', '[]'::jsonb,
        'features', coalesce((select jsonb_object_agg(f.code, jsonb_build_object('until', f.until_on,
                                                                       'quantity', f.quantity))
                              from entitlement_feature f
                              where f.license_id = e.license_id and f.version = e.version), '{}'))
    from entitlement e where e.license_id = license order by e.version desc limit 1
$$;
CREATE FUNCTION issuer.draft_take_back(draft jsonb, license bigint, code text, years bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    has constant jsonb := draft -> 'features' -> code;
    ends constant date := has ->> 'until';
    bought integer;
    counted boolean;  -- every year that led to the end was bought here
    began date;
    step record;
begin
    if has is null then
        raise exception '% is not there to be taken back', code using errcode = 'IS003';
    elsif (select f.kind from feature f where f.code = draft_take_back.code) <> 'term' then
        if years is not null then
            raise exception '% is not sold by the year: it is taken back as a whole', code
                using errcode = 'IS003';
        end if;
        return draft_feature(draft, code, null);
    elsif ends is null then
        raise exception '% has no end: no years can be taken back', code using errcode = 'IS003';
    end if;
    -- A day that was set says nothing of the years before it.
    select coalesce(sum(t.years) filter (where t.version > coalesce(s.version, 0)), 0),
           (array_agg(t.effective order by t.version))[1], bool_and(s.version is null)
        into bought, began, counted
        from term_entry t
        left join lateral (select max(n.version) as version from term_entry n
                           where n.license_id = license and n.code = draft_take_back.code
                             and n.kind = 'set') s on true
        where t.license_id = license and t.code = draft_take_back.code;
    if years is not null then
        if counted and years > bought then
            raise exception '% was bought for % in all: no more can be taken back, and without a '
                'number all of it is', code, bought || case bought when 1 then ' year'
                else ' years' end using errcode = 'IS003';
        end if;
        step := term_cancelled(ends, began, years);
        if years > 1 and (term_cancelled(ends, began, years - 1)).until_on is null then
            raise exception '% began on % and ends on %: % years are more than that, and without a number '
                'all of it is taken back', code, began, ends, years using errcode = 'IS003';
        end if;
        if counted and years = bought then
            step.until_on := null;
        end if;
        return draft_feature(draft, code,
            case when step.until_on is not null then jsonb_build_object('until', step.until_on) end,
            jsonb_build_object('kind', 'cancelled', 'years', -years, 'from_on', step.from_on,
                               'until_on', step.until_on));
    end if;
    -- All of it. Years that were not bought here (an import gave the day) are not counted back.
    return draft_feature(draft, code, null, case when bought > 0
        then jsonb_build_object('kind', 'cancelled', 'years', -bought, 'from_on', ends)
        else jsonb_build_object('kind', 'set') end);
end $$;
CREATE FUNCTION issuer.ended_uses(change jsonb) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE
    AS $$
    select coalesce(array_agg(distinct n::bigint), '{}')
    from jsonb_array_elements_text(change -> 'end_uses') n
$$;
CREATE FUNCTION issuer.entitlement_add(license bigint, draft jsonb, paid bigint, since date, reason text, operator bigint) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    number constant integer := (draft ->> 'version')::integer + 1;
begin
    insert into entitlement (license_id, version, servers, activations, expires_on, order_id,
                             effective, operator_id, reason)
        values (license, number, (draft ->> 'servers')::integer, (draft ->> 'activations')::integer,
                (draft ->> 'expires_on')::date, paid, since, operator, reason);
    insert into entitlement_feature (license_id, version, code, until_on, quantity)
        select license, number, f.key, (f.value ->> 'until')::date, (f.value ->> 'quantity')::bigint
        from jsonb_each(draft -> 'features') f order by f.key;
    insert into term_entry (license_id, version, code, order_id, kind, years, from_on, until_on,
                            effective)
        select license, number, t ->> 'code', paid, t ->> 'kind', (t ->> 'years')::integer,
            (t ->> 'from_on')::date, (t ->> 'until_on')::date, since
        from jsonb_array_elements(draft -> 'terms') t order by t ->> 'code';
    return number;
end $$;
CREATE FUNCTION issuer.entitlement_text(license bigint, of_version integer) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select concat_ws(E'\n',
        (select e::text from entitlement e where e.license_id = license and e.version = of_version),
        (select string_agg(f::text, E'\n' order by f.code) from entitlement_feature f
         where f.license_id = license and f.version = of_version),
        (select string_agg(t::text, E'\n' order by t.code) from term_entry t
         where t.license_id = license and t.version = of_version))
$$;
CREATE FUNCTION issuer.feature_add(token issuer.digest, new_code text, of_product text, new_name text, new_kind issuer.feature_kind, at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $_$
declare
    who record;
    made feature;
begin
    select * into who from operator_require(token, 'feature add', at);
    if new_code !~ '^[a-z0-9][a-z0-9-]{0,63}$' then
        raise exception '% is no code for a feature: give small letters, digits and hyphens',
            new_code using errcode = 'IS003';
    end if;
    perform line_require('a feature''s name', new_name, 200);
    if not exists (select from product p where p.code = of_product) then
        raise exception '% is no product that is sold', of_product using errcode = 'IS003';
    end if;
    insert into feature (code, product, name, kind)
        values (new_code, of_product, btrim(new_name), new_kind)
        on conflict (code) do nothing returning * into made;
    if not found then
        raise exception 'the feature % is in the catalogue already', new_code using errcode = 'IS003';
    end if;
    perform note_event('feature-added', 'feature', 0, made::text, null, who.id, at,
                       jsonb_build_object('code', new_code));
end $_$;
CREATE FUNCTION issuer.feature_kind_of(code text, of_product text) RETURNS issuer.feature_kind
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    found_kind feature_kind;
begin
    select f.kind into found_kind from feature f
        where f.code = feature_kind_of.code and f.product = of_product;
    if not found then
        raise exception '% is no feature of %', code, of_product using errcode = 'IS003';
    end if;
    return found_kind;
end $$;
CREATE FUNCTION issuer.feature_text(code text, has jsonb) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select case when has is null then null
        when f.kind = 'term' then coalesce('until ' || (has ->> 'until'), 'without end')
        when f.kind = 'metered' then coalesce('limit ' || (has ->> 'quantity'), 'no limit')
        else 'perpetual' end
    from feature f where f.code = feature_text.code
$$;
CREATE FUNCTION issuer.find_contacts(wanted text, most integer) RETURNS TABLE(id bigint, found_by text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $_$
#variable_conflict use_column
declare
    domain constant text := '@' || split_part(lower(wanted), '@', 2);
begin
    if not has_column_privilege('issuer.contact', 'entry', 'select') then
        return;
    end if;
    if wanted ~ '^[^@]+@.' then
        return query select c.license_id, 'contact ' || c.entry from contact c
            where c.ended_on is null and c.entry in (lower(wanted), domain) limit most;
    elsif wanted ~ '^@?[^@[:space:]]+[.][^@[:space:]]+$' then
        return query select c.license_id, 'contact ' || c.entry from contact c
            where c.ended_on is null and substr(c.entry, strpos(c.entry, '@'))
                  = '@' || ltrim(lower(wanted), '@') limit most;
    end if;
end $_$;
CREATE FUNCTION issuer.find_customers(wanted text, pattern text, most integer) RETURNS TABLE(id bigint, named text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $_$
#variable_conflict use_column
begin
    pattern := folded(pattern);
    if wanted !~ '[[:alnum:]]{3}' then
        pattern := ltrim(pattern, '%');
    end if;
    -- An earlier name is told only where the one of today does not fit.
    return query select n.root,
            'customer ' || case when folded(n.name) like pattern then n.name else v.name end
        from (select v.customer_id, v.name from customer_version v
              where folded(v.name) like pattern limit most) v
        join customer_now n on n.id = v.customer_id;
    return query select n.root, 'customer reference ' || v.reference
        from customer_version v join customer_now n on n.id = v.customer_id
        where folded(v.reference) = folded(wanted) limit most;
    if wanted ~* '^CU-[0-9]{1,18}$' then
        return query select n.root, 'customer ' || n.name from customer_now n
            where n.id = substr(wanted, 4)::bigint;
    end if;
end $_$;
CREATE FUNCTION issuer.find_licenses(wanted text, pattern text, serial bigint, digest_from bytea, digest_below bytea, most integer DEFAULT 1000) RETURNS TABLE(id bigint, found_by text, whole boolean)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    pattern := folded(pattern);
    return query select l.id, 'License ID ' || l.license_id, true from license l
        where lower(l.license_id) = lower(wanted);
    return query select l.id, 'License ID ' || l.license_id, false from license l
        where lower(l.license_id) like case when wanted ~ '[[:alnum:]]{3}' then pattern
                                            else ltrim(pattern, '%') end limit most;
    return query select l.id, c.named, false
        from (select id, min(named) as named from find_customers(wanted, pattern, most) group by id)
            c
        cross join lateral (select l.id from customer_members(c.id) x
                            join license l on l.customer_id = x limit most) l
        limit most;
    return query select f.id, f.found_by, false from find_contacts(wanted, most) f
        union all select f.id, f.found_by, false from find_orders(wanted, most) f
        union all select f.id, f.found_by, false
            from find_servers(wanted, serial, digest_from, digest_below, most) f;
    if length(wanted) = 4 then
        return query select k.license_id, 'key …' || k.hint, false from license_key k
            where k.hint = upper(wanted) limit most;
    end if;
end $$;
CREATE FUNCTION issuer.find_orders(wanted text, most integer) RETURNS TABLE(id bigint, found_by text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    meant bigint[];
    called text;
begin
    select array_agg(o.id), min(o.reference) into meant, called from orders o
        where folded(o.reference) = folded(wanted);
    if meant is null then
        return;
    end if;
    return query (select l.id, 'order ' || called from license l where l.order_id = any (meant)
                  limit most)
        union all (select e.license_id, 'order ' || called from entitlement e
                   where e.order_id = any (meant) limit most)
        union all (select s.license_id, 'order ' || called from license_state_version s
                   where s.order_id = any (meant) limit most);
end $$;
CREATE FUNCTION issuer.find_servers(wanted text, serial bigint, digest_from bytea, digest_below bytea, most integer) RETURNS TABLE(id bigint, found_by text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    return query select r.license_id, 'host ' || r.host from usage_request r
        where r.license_id is not null and folded(r.host) = folded(wanted) limit most;
    if digest_from is not null then
        return query select r.license_id, 'request'::text from usage_request r
            where r.license_id is not null and r.digest >= digest_from and r.digest < digest_below
            limit most;
    end if;
    if serial is not null then
        return query select u.license_id, 'usage license'::text from usage_license u
            where u.serial = find_servers.serial;
    end if;
end $$;
CREATE FUNCTION issuer.folded(name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select lower(name collate pg_catalog."und-x-icu")
$$;
CREATE FUNCTION issuer.import_begin() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    -- One import at a time: two would find the same customer missing.
    perform pg_advisory_xact_lock(hashtextextended('issuer: import', 0));
    -- Sorts, joins and tables of whole files.
    perform set_config('work_mem', '64MB', true);
    begin
        perform set_config('temp_buffers', '128MB', false);
    exception when invalid_parameter_value then
        null;  -- the session has used temporary tables before: this import is only slower
    end;
    -- As read from the file:
    create temporary table staged (
        line integer not null, license_id text not null, customer text not null,
        customer_ref text,
        -- A reference tells customers apart, else the name does.
        customer_key text not null generated always as
            (case when customer_ref is null then 'name ' || customer
                  else 'reference ' || customer_ref end) stored,
        product text not null, activations integer not null, servers integer not null,
        expires date, order_ref text not null, order_day date, order_kind order_kind not null
    ) on commit drop;
    -- What may be known of the license keys of those rows that have one.
    create temporary table stage_key (line integer not null, key bytea not null, hint text not null,
        weak boolean not null) on commit drop;
    create temporary table stage_contact (line integer, entry text) on commit drop;
    -- `number`: as `license add` was told; years of a yearly feature, from which its end is counted,
    -- or the limit of a metered one.
    create temporary table stage_feature (line integer, code text, until_on date, number bigint,
        years integer, quantity bigint) on commit drop;
    -- No other session sees them.
    grant insert on staged, stage_key, stage_contact, stage_feature to public;
end $$;
CREATE FUNCTION issuer.import_book(file issuer.digest, total integer, token issuer.digest, at timestamp with time zone) RETURNS TABLE(added bigint, changed bigint, same bigint, customers bigint, orders bigint, weak_keys bigint, unlimited bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    who bigint;
begin
    perform import_is_ours('{stage,stage_key,stage_contact,stage_feature,stage_customer,
                           stage_order,stage_problem}');
    if exists (select from stage_problem) then
        raise exception 'the rows were found wrong: nothing is booked' using errcode = 'IS003';
    end if;
    if token is not null then
        select r.id into who from operator_require(token, 'license import', at) r;
    end if;
    if not exists (select from stage s where not s.known or s.changed) then
        return query select 0::bigint, 0::bigint, count(*), 0::bigint, 0::bigint, 0::bigint, 0::bigint
            from stage;
        return;
    end if;
    perform import_book_stage(file, total, 'file', at, who);
    return query select count(*) filter (where not s.known), count(*) filter (where s.changed),
        count(*) filter (where s.known and not s.changed),
        (select count(*) from stage_customer where fresh),
        (select count(*) from stage_order where fresh),
        count(*) filter (where not s.known and y.weak),
        (select count(distinct n.line) from stage n join stage_feature f using (line)
         join feature x on x.code = f.code and x.kind = 'metered'
         where not n.known or n.changed and not coalesce(n.last -> 'features' ? f.code, false))
        from stage s left join stage_key y using (line);
end $$;
CREATE FUNCTION issuer.import_book_changes(today date, at timestamp with time zone, who bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    of license;
begin
    update contact c set ended_on = greatest(c.effective, coalesce(s.order_day, today)),
        ended_at = at
    from stage s
    where s.changed and c.license_id = s.id and c.ended_on is null
      and s.last -> 'contacts' ? contact_digest(c.entry)
      and not exists (select from stage_contact n where n.line = s.line and n.entry = c.entry);
    insert into contact (license_id, entry, effective)
        select s.id, n.entry, coalesce(s.order_day, today)
        from stage s join stage_contact n using (line)
        where s.changed and not coalesce(s.last -> 'contacts' ? contact_digest(n.entry), false)
          and not exists (select from contact c where c.license_id = s.id and c.entry = n.entry
                          and c.ended_on is null);
    insert into entitlement (license_id, version, servers, activations, expires_on, order_id,
                             effective, operator_id)
        select s.id, e.version + 1,
            case when s.last -> 'servers' is distinct from s.content -> 'servers'
                 then s.servers else e.servers end,
            case when s.last -> 'activations' is distinct from s.content -> 'activations'
                 then s.activations else e.activations end,
            case when s.last -> 'expires' is distinct from s.content -> 'expires'
                 then s.expires else e.expires_on end,
            o.id, coalesce(s.order_day, today), who
        from stage s join stage_order o on o.reference = s.order_ref
        join lateral (select * from entitlement where license_id = s.id
                      order by version desc limit 1) e on true
        where s.changed and import_differences(s.last - '{contacts,customer,customer_ref}'::text[],
            s.content - '{contacts,customer,customer_ref}'::text[]) is not null;
    insert into entitlement_feature (license_id, version, code, until_on, quantity)
        select e.license_id, e.version, c.code,
            case when (s.last -> 'features' -> c.code) is distinct from
                      (s.content -> 'features' -> c.code)
                 then n.until_on else was.until_on end,
            was.quantity
        from stage s
        join lateral (select license_id, version from entitlement where license_id = s.id
                      order by version desc limit 1) e on true
        left join lateral (select array_agg(f.code) as codes from entitlement_feature f
                           where f.license_id = s.id and f.version = e.version - 1) o on true
        cross join lateral (
            select unnest(o.codes) as code
            union select f.code from stage_feature f where f.line = s.line) c
        left join entitlement_feature was on was.license_id = s.id
            and was.version = e.version - 1 and was.code = c.code
        left join stage_feature n on n.line = s.line and n.code = c.code
        where s.changed
          and not exists (select from entitlement_feature f where f.license_id = e.license_id
                          and f.version = e.version)
          -- in the new row, or never imported and so none of its business
          and (n.code is not null or not coalesce(s.last -> 'features' ? c.code, false));
    -- The yearly features' ends that are others now, also those that are gone.
    insert into term_entry (license_id, version, code, order_id, kind, until_on, effective)
        select e.license_id, e.version, x.code, e.order_id, 'set', f.until_on, e.effective
        from stage s
        join lateral (select * from entitlement where license_id = s.id
                      order by version desc limit 1) e on true
        cross join (select code from feature where kind = 'term') x
        left join entitlement_feature f on f.license_id = e.license_id and f.version = e.version
            and f.code = x.code
        left join entitlement_feature was on was.license_id = e.license_id
            and was.version = e.version - 1 and was.code = x.code
        where s.changed and was.until_on is distinct from f.until_on
          and not exists (select from term_entry t where t.license_id = e.license_id
                          and t.version = e.version)
        order by e.license_id, x.code;
    for of in
        select l.* from license l where l.id in (
            select s.id from stage s join activation a on a.license_id = s.id
            where s.changed and a.counted
              and (a.use_no > s.activations or a.state = 'active' and a.slot > s.servers))
        order by l.id
    loop
        perform count(*) from uses_renumber(of, draft_of(of.id), who, at);
    end loop;
end $$;
CREATE FUNCTION issuer.import_book_customers(today date, at timestamp with time zone, who bigint, detail jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    insert into customer (id) overriding system value
        select id from stage_customer where fresh order by id;
    with v as (
        insert into customer_version (customer_id, version, name, reference, effective, operator_id)
        select id, 1, name, reference, today, who from stage_customer where fresh order by id
        returning *)
    insert into event (kind, subject, subject_id, row_digest, operator_id, detail,
                       effective)
    select 'customer-recorded', 'customer', v.customer_id, sha256(convert_to(v::text, 'UTF8')),
        who, detail, at from v;
    with changes as (
        select distinct on (s.customer_id) s.customer_id, s.customer, s.customer_ref
        from stage s
        where s.changed and (s.last ->> 'customer' is distinct from s.customer
                             or s.last ->> 'customer_ref' is distinct from s.customer_ref)
        order by s.customer_id, s.line desc
    ), v as (
        insert into customer_version (customer_id, version, name, reference, effective, operator_id)
        select c.customer_id, n.version + 1, c.customer, coalesce(c.customer_ref, n.reference),
            today, who
        from changes c
        join lateral (select version, name, reference from customer_version
                      where customer_id = c.customer_id order by version desc limit 1) n on true
        where (n.name, n.reference) is distinct from
              (c.customer, coalesce(c.customer_ref, n.reference))
        returning *)
    insert into event (kind, subject, subject_id, row_digest, operator_id, detail,
                       effective)
    select 'customer-changed', 'customer', v.customer_id, sha256(convert_to(v::text, 'UTF8')),
        who, detail, at from v;
    -- No event of its own: the imported row's vouches for its order too.
    insert into orders (id, reference, kind, ordered_on, customer_id) overriding system value
        select id, reference, kind, coalesce(day, today), customer_id from stage_order
        where fresh order by id;
end $$;
CREATE FUNCTION issuer.import_book_new(way text, today date, at timestamp with time zone, who bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    insert into license (id, license_id, customer_id, product, order_id, effective)
        overriding system value
        select s.id, s.license_id, s.customer_id, s.product, o.id, coalesce(s.order_day, today)
        from stage s join stage_order o on o.reference = s.order_ref where not s.known
        order by s.id;
    with k as (
        insert into license_key (license_id, hint, weak, effective, delivered_on)
        select s.id, y.hint, y.weak, at, case when way = 'file' then today end
        from stage s join stage_key y using (line) where not s.known order by s.id
        returning id, license_id),
    d as (
        insert into key_delivery (license_key_id, how, delivered_on, operator_id)
        select id, 'import', today, who from k where way = 'file')
    insert into license_proof (public_key, license_key_id)
        select y.key, k.id from k join stage s on s.id = k.license_id
        join stage_key y using (line);
    insert into contact (license_id, entry, effective)
        select s.id, c.entry, coalesce(s.order_day, today)
        from stage s join stage_contact c using (line) where not s.known;
    insert into entitlement (license_id, version, servers, activations, expires_on, order_id,
                             effective, operator_id)
        select s.id, 1, s.servers, s.activations, s.expires, o.id, coalesce(s.order_day, today), who
        from stage s join stage_order o on o.reference = s.order_ref where not s.known
        order by s.id;
    insert into entitlement_feature (license_id, version, code, until_on, quantity)
        select s.id, 1, f.code, f.until_on, f.quantity
        from stage s join stage_feature f using (line) where not s.known;
    insert into term_entry (license_id, version, code, order_id, kind, years, from_on, until_on,
                            effective)
        select s.id, 1, f.code, o.id, case when f.years is null then 'set' else 'bought' end,
            f.years, case when f.years is not null then o.ordered_on end, f.until_on,
            coalesce(s.order_day, today)
        from stage s join stage_feature f using (line)
        join feature x on x.code = f.code and x.kind = 'term'
        join stage_order so on so.reference = s.order_ref join orders o on o.id = so.id
        where not s.known;
end $$;
CREATE FUNCTION issuer.import_book_stage(file issuer.digest, total integer, new_way text, at timestamp with time zone, who bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    today constant date := (at at time zone 'UTC')::date;
    this_import bigint;
    part_of jsonb;  -- of what an operator has done, a file is one thing
begin
    insert into import (file_digest, rows, operator_id, way) values (file, total, who, new_way)
        returning id into this_import;
    if new_way = 'file' then
        part_of := jsonb_build_object('import', this_import);
    end if;
    perform import_book_customers(today, at, who, part_of);
    perform import_book_new(new_way, today, at, who);
    perform import_book_changes(today, at, who);
    -- The row holds every field of the license (its key aside), so its digest vouches for them.
    with r as (
        insert into import_row (license_id, import_id, line, content)
        select s.id, this_import, s.line, s.content from stage s
        where not s.known or s.changed order by s.id
        returning *)
    insert into event (kind, subject, subject_id, row_digest, license_id, operator_id, detail,
                       effective)
    select case when s.known then 'license-changed' else 'license-recorded' end, 'license', s.id,
        sha256(convert_to(r::text, 'UTF8')), s.id, who, part_of, at
    from r join stage s on s.id = r.license_id order by s.id;
end $$;
CREATE FUNCTION issuer.import_check(may_update boolean, most integer) RETURNS TABLE(line integer, problem text, total bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    if to_regclass('pg_temp.stage') is null then
        perform import_look_up();
    end if;
    perform import_is_ours('{staged,stage,stage_key,stage_contact,stage_feature,stage_customer,
                           stage_order}');
    revoke insert on stage_key from public;  -- they are as checked
    create unique index on stage_key (line);
    analyze stage_key;
    -- Neither uses nor versions of what changes move between this look and the booking.
    perform from license l where l.id in (select s.id from stage s where s.changed)
        order by l.id for no key update;
    create temporary table stage_problem on commit drop as
        select * from import_problems_of_file()
        union select * from import_problems_of_spelling()
        union select * from import_problems_of_records(may_update);
    return query
        select p.line, p.problem, (select count(distinct g.line) from stage_problem g)
        from stage_problem p order by p.line, p.problem limit most;
end $$;
CREATE FUNCTION issuer.import_differences(was jsonb, is_now jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select string_agg(key, ', ' order by key) from jsonb_each(is_now)
    where was -> key is distinct from value
$$;
CREATE FUNCTION issuer.import_is_ours(tables text[]) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    if (select count(*) from pg_class c join pg_roles r on r.oid = c.relowner
        where c.relnamespace = pg_my_temp_schema() and c.relkind = 'r'
          and r.rolname = current_user and c.relname = any (tables)) <> cardinality(tables) then
        raise exception 'no import was begun and checked in this transaction'
            using errcode = 'IS002';
    end if;
end $$;
CREATE FUNCTION issuer.import_look_up() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    perform import_is_ours('{staged,stage_key,stage_contact,stage_feature}');
    revoke insert on staged, stage_contact, stage_feature from public;  -- they are as looked up
    -- Beside the records: `content` is compared next time, `last` is what was imported last.
    create temporary table stage (
        like staged, content jsonb not null, id bigint not null, known boolean not null,
        last jsonb, changed boolean not null, customer_id bigint not null
    ) on commit drop;
    create temporary table stage_customer (
        key text not null, name text not null, reference text, id bigint, fresh boolean,
        recorded_name text, first_line integer not null,
        spelled text not null generated always as (folded(coalesce(reference, name))) stored
    ) on commit drop;
    create temporary table stage_order (
        reference text not null, kind order_kind not null, day date, customer_id bigint not null,
        id bigint not null, fresh boolean not null, first_line integer not null,
        spelled text not null generated always as (folded(reference)) stored
    ) on commit drop;
    create index on stage_contact (line);
    create index on stage_feature (line);
    analyze staged, stage_contact, stage_feature;
    perform import_resolve_customers();
    insert into stage
        select s.*, x.content, coalesce(l.id, nextval('license_id_seq')), l.id is not null,
            r.content, l.id is not null and r.content is distinct from x.content,
            coalesce(m.into_id, l.customer_id, customer.id)
        from staged s
        left join (select line, jsonb_agg(contact_digest(entry) order by entry) as entries
                   from stage_contact
                   group by line) c using (line)
        left join (select line, jsonb_object_agg(code, until_on) as codes from stage_feature
                   group by line) f using (line)
        left join license l on l.license_id = s.license_id
        left join merged m on m.customer_id = l.customer_id
        left join stage_customer customer on customer.key = s.customer_key
        left join (select distinct on (license_id) license_id, content from import_row
                   order by license_id, import_id desc) r on r.license_id = l.id
        cross join lateral (select jsonb_build_object('customer', s.customer,
            'customer_ref', s.customer_ref, 'contacts', coalesce(c.entries, '[]'),
            'product', s.product, 'features', coalesce(f.codes, '{}'),
            'activations', s.activations, 'servers', s.servers, 'expires', s.expires,
            'order_ref', s.order_ref, 'order_date', s.order_day, 'order_kind', s.order_kind)
            as content) x;
    analyze stage;
    insert into stage_order (reference, kind, day, customer_id, id, fresh, first_line)
        select f.order_ref, f.order_kind, f.order_day, f.customer_id,
            coalesce(o.id, nextval('orders_id_seq')), o.id is null, f.line
        from (select distinct on (order_ref) * from stage where not known or changed
              order by order_ref, line) f
        left join orders o on o.reference = f.order_ref;
    analyze stage_order;
end $$;
CREATE FUNCTION issuer.import_problems_of_file() RETURNS TABLE(line integer, problem text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    return query
    select s.line, format('license_id: %s stands in line %s too', s.license_id, f.line)
    from stage s join (select license_id, min(line) as line from stage group by license_id
                       having count(*) > 1) f using (license_id)
    where s.line > f.line
    union all
    select s.line, format('license_key: the same key stands in line %s too', f.line)
    from stage_key s join (select key, min(line) as line from stage_key
                           group by key having count(*) > 1) f using (key)
    where s.line > f.line
    union all
    select s.line, format('product: %s is none that is sold', s.product)
    from stage s where not exists (select from product p where p.code = s.product)
    union all
    select s.line, format('features: %s is no feature of %s', f.code, s.product)
    from stage_feature f join stage s using (line)
    where exists (select from product p where p.code = s.product)
      and not exists (select from feature x where x.code = f.code and x.product = s.product)
    union all
    select s.line, format('features: %s is sold by term: give its last day (%s=YYYY-MM-DD)',
                          f.code, f.code)
    from stage_feature f join stage s using (line) join feature x on x.code = f.code
    where x.kind = 'term' and f.until_on is null
    union all
    select s.line, format('order_date: %s lies ahead', s.order_day)
    from stage s where (not s.known or s.changed)
      and s.order_day > (now() at time zone 'UTC' + interval '14 hours')::date
    union all
    select s.line, format('order_ref: line %s gives order %s another %s', o.first_line, o.reference,
        case when s.customer_id <> o.customer_id then 'customer'
             when s.order_kind <> o.kind then 'order_kind' else 'order_date' end)
    from stage s join stage_order o on o.reference = s.order_ref
    where (not s.known or s.changed)
      and (s.customer_id, s.order_kind) is distinct from (o.customer_id, o.kind)
       or (not s.known or s.changed) and s.order_day is distinct from o.day
    union all
    select s.line, format('customer: customer_ref %s is %s in line %s', s.customer_ref, c.name,
                          c.first_line)
    from stage s join stage_customer c on c.reference = s.customer_ref
    where not s.known and c.name <> s.customer;
end $$;
CREATE FUNCTION issuer.import_problems_of_records(may_update boolean) RETURNS TABLE(line integer, problem text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    return query
    with keys as materialized (
        select * from licenses_of_keys(array(select key from stage_key)))
    select s.line, format('license_key: empty, and %s is not on record', s.license_id)
    from stage s
    where not s.known and not exists (select from stage_key y where y.line = s.line)
    union all
    select s.line, case when k.license_id is null
            then format('license_key: is not the key of %s, which cannot be changed yet: give '
                        'the one on record, or leave it empty', s.license_id)
            when k.license_id = s.id then format('license_key: this key of %s is retired', k.license)
            else format('license_key: is the key of %s', k.license) end
    from stage s join stage_key y using (line) left join keys k on k.public_key = y.key
    where case when s.known then (k.license_id = s.id and k.current) is not true
               else k.license_id is not null end
    union all
    select s.line, format('%s: differs from what was last imported for %s; --update books the '
                          'difference',
                          coalesce(import_differences(s.last, s.content), 'license_id'),
                          s.license_id)
    from stage s where s.changed and s.last is not null and not may_update
    union all
    select s.line, format('license_id: %s is on record but was not imported; --update books this '
                          'row', s.license_id)
    from stage s where s.changed and s.last is null and not may_update
    union all
    select s.line, format('%s: %s are in use by %s: `issuer license upgrade` asks which end',
                          c.field, c.used, s.license_id)
    from stage s
    cross join lateral (select count(*) filter (where a.counted) as used,
                            count(*) filter (where a.state = 'active') as active
                        from activation a where a.license_id = s.id) a
    cross join lateral (values ('activations', s.activations, a.used), ('servers', s.servers, a.active))
        as c (field, becomes, used)
    where s.changed and s.last -> c.field is distinct from s.content -> c.field
      and c.becomes < c.used
    union all
    select s.line, format('license_id: %s has ended: nothing is added to it', s.license_id)
    from stage s where s.changed
      and import_differences(s.last - '{contacts,customer,customer_ref}'::text[],
                             s.content - '{contacts,customer,customer_ref}'::text[]) is not null
      and exists (select from license_state_version v where v.license_id = s.id and v.state = 'ended'
                  and not exists (select from license_state_version n where n.license_id = s.id
                                  and n.version > v.version))
    union all
    select s.line, format('%s: a cancellation adds nothing: what grows needs an order of its own',
                          c.field)
    from stage s
    cross join lateral (
        select 'activations' as field where s.activations > (s.last ->> 'activations')::integer
        union all select 'servers' where s.servers > (s.last ->> 'servers')::integer
        union all select 'expires' where coalesce(s.expires, 'infinity')
            > coalesce((s.last ->> 'expires')::date, 'infinity')
        union all select 'features' where exists (
            select from stage_feature f where f.line = s.line
              and (not s.last -> 'features' ? f.code or coalesce(f.until_on, 'infinity')
                   > coalesce((s.last -> 'features' ->> f.code)::date, 'infinity')))) c
    where s.changed and s.order_kind = 'cancellation'
    union all
    select s.line, format('product: %s is a license of %s, and stays one: `issuer license add` records '
                          'another, `issuer license end --replaced-by` ends this one',
                          s.license_id, l.product)
    from stage s join license l on l.id = s.id where s.known and l.product <> s.product
    union all
    select s.line, format('order_kind: %s takes something back, and %s is not on record',
                          s.order_kind, s.license_id)
    from stage s where not s.known and s.order_kind in ('cancellation', 'correction')
    union all
    select s.line, format('order_ref: order %s is on record with another %s', s.order_ref,
        case when coalesce(m.into_id, o.customer_id) <> s.customer_id then 'customer'
             when o.kind <> s.order_kind then 'order_kind' else 'order_date' end)
    from stage s join orders o on o.reference = s.order_ref
    left join merged m on m.customer_id = o.customer_id
    where (not s.known or s.changed)
      and (coalesce(m.into_id, o.customer_id) <> s.customer_id or o.kind <> s.order_kind
           or o.ordered_on <> s.order_day)
    union all
    select s.line, format('customer: customer_ref %s is on record as %s', s.customer_ref,
                          c.recorded_name)
    from stage s join stage_customer c on c.key = s.customer_key
    where not s.known and c.recorded_name <> c.name
    union all
    select s.line, format('customer: %s is the name of another customer; a license is not moved '
                          'by an import', s.customer)
    from stage s
    where s.changed and s.last ->> 'customer' <> s.customer
      and exists (select from customer_version v where folded(v.name) = folded(s.customer)
                  and v.name = s.customer
                  and coalesce((select m.into_id from merged m where m.customer_id = v.customer_id),
                               v.customer_id) <> s.customer_id
                  and not exists (select from customer_version newer
                                  where newer.customer_id = v.customer_id
                                    and newer.version > v.version));
end $$;
CREATE FUNCTION issuer.import_problems_of_spelling() RETURNS TABLE(line integer, problem text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    return query
    with fresh as materialized (
        select 'order_ref' as field, o.reference as written, o.spelled, o.first_line as line,
            (select r.reference from orders r where folded(r.reference) = o.spelled
             order by r.id limit 1)::text as recorded
        from stage_order o where o.fresh
        union all
        select 'customer_ref', c.reference, c.spelled, c.first_line,
            (select v.reference from customer_version v where folded(v.reference) = c.spelled
             order by v.customer_id limit 1)
        from stage_customer c where c.fresh and c.reference is not null
        union all
        select 'customer', c.name, c.spelled, c.first_line,
            (select v.name from customer_version v where folded(v.name) = c.spelled
               and not exists (select from customer_version n where n.customer_id = v.customer_id
                               and n.version > v.version)
             order by v.customer_id limit 1)
        from stage_customer c where c.fresh and c.reference is null),
    twice as (
        select f.field, f.spelled, min(f.line) as line from fresh f where f.recorded is null
        group by f.field, f.spelled having count(*) > 1),
    wrong as materialized (
        select f.field, f.written, f.recorded || ' on record' as meant from fresh f
        where f.recorded is not null
        union all
        select f.field, f.written, e.written || ' in line ' || e.line
        from twice t join fresh f using (field, spelled)
        join fresh e on e.field = t.field and e.line = t.line and e.spelled = t.spelled
        where f.line > t.line)
    select s.line, format('%s: %s is %s: write it so%s', w.field, w.written, w.meant,
        case w.field when 'customer' then '; another customer of that name has a customer_ref'
                     else '' end)
    from stage s
    cross join lateral (
        select 'order_ref' as field, s.order_ref as written where not s.known or s.changed
        union all
        select case when s.customer_ref is null then 'customer' else 'customer_ref' end,
            coalesce(s.customer_ref, s.customer) where not s.known) k
    join wrong w on w.field = k.field and w.written = k.written;
end $$;
CREATE FUNCTION issuer.import_resolve_customers() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    create temporary table merged on commit drop as
        select distinct on (customer_id) customer_id, into_id from customer_merge
        order by customer_id, version desc;
    analyze merged;
    create temporary table named on commit drop as
        select distinct on (customer_id) customer_id, name, reference from customer_version
        order by customer_id, version desc;
    analyze named;
    insert into stage_customer (key, name, reference, first_line)
        select distinct on (customer_key) customer_key, customer, customer_ref, line
        from staged s where not exists (select from license l where l.license_id = s.license_id)
        order by customer_key, line;
    analyze stage_customer;
    update stage_customer c set id = n.customer_id, recorded_name = n.name
    from named n where n.reference = c.reference;
    update stage_customer c set id = n.customer_id, recorded_name = n.name
    from (select distinct on (name) * from named
          order by name, reference nulls first, customer_id) n
    where c.reference is null and n.name = c.name;
    -- Under whatever name of it the customer is found: what was merged is the one it went to.
    update stage_customer c set id = m.into_id from merged m where m.customer_id = c.id;
    update stage_customer set fresh = id is null, id = coalesce(id, nextval('customer_id_seq'));
end $$;
CREATE FUNCTION issuer.instruction_file(token issuer.digest, wanted text, request bigint, hold bigint, arguments jsonb, lease_end timestamp with time zone, at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    filed instruction;
begin
    filed.operator_id := (operator_require(token, 'request ' || wanted, at)).id;
    filed.kind := wanted;
    filed.hold_id := hold;
    filed.request_id := request;
    filed.arguments := arguments;
    return instruction_record(filed, lease_end, at);
end $$;
CREATE TABLE issuer.instruction (
    id bigint NOT NULL,
    kind issuer.one_line NOT NULL,
    hold_id bigint,
    request_id bigint,
    operator_id bigint NOT NULL,
    second_id bigint,
    arguments jsonb NOT NULL,
    preview issuer.digest,
    state issuer.one_line DEFAULT 'filed'::text NOT NULL,
    taken_until timestamp with time zone,
    answer jsonb,
    filed_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    restoration_id bigint,
    CONSTRAINT instruction_check CHECK ((second_id IS DISTINCT FROM operator_id)),
    CONSTRAINT instruction_state_check CHECK (((state)::text = ANY (ARRAY['filed'::text, 'taken'::text, 'done'::text, 'refused'::text, 'expired'::text])))
);
CREATE FUNCTION issuer.instruction_of_same(one issuer.instruction, other issuer.instruction) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select coalesce(one.hold_id = other.hold_id or one.restoration_id = other.restoration_id
        or coalesce(one.hold_id, one.restoration_id, other.hold_id, other.restoration_id) is null
           and one.request_id = other.request_id and one.kind = other.kind, false)
$$;
CREATE FUNCTION issuer.instruction_record(made issuer.instruction, lease_end timestamp with time zone, at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
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
CREATE FUNCTION issuer.instruction_rights(filed issuer.instruction, at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    gone text;
begin
    select o.name into gone
        from (values (filed.operator_id, 'restoration approve'), (filed.second_id, 'restoration second'))
            w (id, command)
        join operator o on o.id = w.id join command_right r on r.command = w.command
        where o.revoked_at <= greatest(at, clock_timestamp()) or not o.role = any (r.roles)
        order by w.command limit 1;
    if found then
        raise exception 'operator % may not approve it any more', gone using errcode = 'IS002';
    end if;
end $$;
CREATE FUNCTION issuer.instructions_expire(over bigint[], why text, at timestamp with time zone) RETURNS void
    LANGUAGE sql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    with ended as (
        update instruction i set state = 'expired', ended_at = at,
            answer = case when why is not null then jsonb_build_object('why', why) end
        where i.id = any (over) returning i.*)
    insert into event (kind, subject, subject_id, row_digest, operator_id, effective)
        select 'instruction-expired', 'instruction', e.id, sha256(convert_to(e::text, 'UTF8')),
               e.operator_id, at from ended e order by e.id
$$;
CREATE FUNCTION issuer.is_contact(address text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $_$
    select exists (select from contact c where c.ended_on is null
                   and c.entry in (lower(address), substring(lower(address) from '@[^@]*$')))
$_$;
CREATE FUNCTION issuer.license_add(token issuer.digest, new_customer boolean, kind_said boolean, at timestamp with time zone) RETURNS TABLE(license_id text, customer text, customer_name text, customer_new boolean, order_new boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    who record;
    bought record;
    meant bigint;
    wrong text;
    day date;
begin
    select * into who from operator_require(token, 'license add', at);
    perform import_is_ours('{staged,stage_key,stage_contact,stage_feature}');
    select s.*, count(*) over () as rows into bought from staged s limit 1;
    if bought.rows is distinct from 1 then
        raise exception 'one purchase is recorded at a time' using errcode = 'IS003';
    end if;
    if exists (select from license l where lower(l.license_id) = lower(bought.license_id)) then
        raise exception 'license_id: % is on record already; `issuer license upgrade` changes what it grants',
            bought.license_id using errcode = 'IS003';
    end if;
    day := license_add_order(kind_said, at);
    if bought.expires < day then
        raise exception 'expires: % lies before the order''s day %', bought.expires, day
            using errcode = 'IS003';
    end if;
    meant := license_add_customer(bought.customer, new_customer);
    perform license_add_features(day);
    select c.problem into wrong from import_check(false, 1) c;
    if found then
        raise exception '%', wrong using errcode = 'IS003';
    end if;
    if exists (select from stage s where s.customer_id <> meant) then
        raise exception 'customer: another one is called so too: rename one of them first'
            using errcode = 'IS003';
    end if;
    update stage s set order_day = day;
    perform import_book_stage((select sha256(convert_to(s.content::text, 'UTF8')) from stage s), 1,
                              'typed', at, who.id);
    return query select s.license_id, 'CU-' || s.customer_id, n.name::text,
        exists (select from stage_customer c where c.fresh), o.fresh
        from stage s join stage_order o on o.reference = s.order_ref
        join customer_now n on n.id = s.customer_id;
end $$;
CREATE FUNCTION issuer.license_add_customer(wanted text, is_new boolean) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $_$
declare
    meant bigint;
begin
    begin
        meant := customer_named(wanted);
    exception when sqlstate 'IS001' then
        if not is_new then
            raise exception 'no customer is named %: `issuer customer list` looks by a part of the name; --new-customer records a new one',
                wanted using errcode = 'IS001';
        end if;
    end;
    if is_new and wanted ~* '^CU-[0-9]+$' then
        raise exception 'customer: % would be taken for a customer''s number', wanted
            using errcode = 'IS003';
    elsif meant is not null and is_new then
        raise exception '% is on record as customer CU-%: leave out --new-customer', wanted, meant
            using errcode = 'IS003';
    end if;
    update staged set customer = n.name, customer_ref = n.reference
        from customer_now n where n.id = meant;
    return meant;
end $_$;
CREATE FUNCTION issuer.license_add_features(ordered_on date) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    bought record;
    has jsonb;
begin
    for bought in
        select f.*, x.kind, x.product from stage_feature f
        join staged s on s.line = f.line join feature x on x.code = f.code and x.product = s.product
    loop
        has := draft_buy('{"features": {}, "terms": []}', jsonb_build_object('code', bought.code,
            'until', bought.until_on, 'number', bought.number), bought.product, ordered_on)
            -> 'features' -> bought.code;
        update stage_feature f set until_on = (has ->> 'until')::date,
            quantity = (has ->> 'quantity')::bigint,
            years = case when bought.kind = 'term' and bought.until_on is null
                    then coalesce(bought.number, 1) end
            where f.line = bought.line and f.code = bought.code;
    end loop;
end $$;
CREATE FUNCTION issuer.license_add_order(kind_said boolean, at timestamp with time zone) RETURNS date
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    bought record;
    known orders;
begin
    select s.* into bought from staged s;
    perform pg_advisory_xact_lock(hashtextextended('issuer: order ' || folded(bought.order_ref), 0));
    perform day_require(bought.order_day, at);
    select * into known from orders o where folded(o.reference) = folded(bought.order_ref)
        order by o.reference <> bought.order_ref, o.id limit 1;
    if found then
        update staged set order_ref = known.reference,
            order_kind = case when kind_said then staged.order_kind else known.kind end;
    end if;
    return coalesce(bought.order_day, known.ordered_on, (at at time zone 'UTC')::date);
end $$;
CREATE TABLE issuer.license (
    id bigint NOT NULL,
    license_id issuer.one_line NOT NULL,
    customer_id bigint NOT NULL,
    product issuer.one_line NOT NULL,
    order_id bigint NOT NULL,
    effective date NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT license_license_id_check CHECK ((((license_id)::text ~ '^LIC-[0-9A-Za-z._-]+$'::text) AND (length((license_id)::text) <= 64)))
);
CREATE FUNCTION issuer.license_book(of issuer.license, was jsonb, becomes jsonb, paid issuer.orders, since date, reason text, ended bigint[], kind text, operator bigint, at timestamp with time zone) RETURNS TABLE(what text, before text, after text)
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    number integer;
begin
    return query select * from draft_changes(was, becomes);
    return query select * from uses_end(of, becomes, ended, operator, at);
    return query select * from uses_renumber(of, becomes, operator, at);
    number := entitlement_add(of.id, becomes, paid.id, since, reason, operator);
    perform note_event(kind, 'license', of.id, entitlement_text(of.id, number), of.id, operator, at,
        jsonb_build_object('version', number, 'order', paid.reference, 'order_kind', paid.kind,
            'ended_uses', to_jsonb(ended),
            'changes', (select coalesce(jsonb_agg(jsonb_build_object('what', c.what,
                            'before', c.before, 'after', c.after)), '[]')
                        from draft_changes(was, becomes) c)));
    perform uses_tell(of.id, ended, at);
    return query select 'version', was ->> 'version', number::text;
end $$;
CREATE FUNCTION issuer.license_correct(token issuer.digest, wanted text, change jsonb, at timestamp with time zone) RETURNS TABLE(what text, before text, after text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    who record;
    of license;
    paid orders;
    was jsonb;
    becomes jsonb;
    one jsonb;
    back constant boolean := coalesce((change ->> 'reinstated')::boolean, false);
begin
    select * into who from operator_require(token, 'license correct', at);
    perform reason_require(change ->> 'reason');
    perform codes_require_once(change);
    perform day_require((change ->> 'ordered_on')::date, at);
    of := license_lock(wanted);
    if change ->> 'kind' = 'cancellation' then
        raise exception 'a cancellation is booked by `issuer license end` or `issuer license upgrade`'
            using errcode = 'IS003';
    elsif back and license_state_of(of.id) <> 'ended' then
        raise exception '% has not ended', of.license_id using errcode = 'IS003';
    end if;
    paid := order_of(change ->> 'order', (change ->> 'kind')::order_kind,
                     (change ->> 'ordered_on')::date, of.customer_id, who.id, at);
    was := draft_of(of.id);
    becomes := was;
    for one in select jsonb_array_elements(change -> 'removed') loop
        if becomes -> 'features' -> (one ->> 'code') is null then
            raise exception '% is not there to be removed', one ->> 'code' using errcode = 'IS003';
        elsif one ->> 'number' is not null then
            raise exception '%: a correction takes no years back; give the right last day '
                '(--set-feature %=2027-03-31)', one ->> 'code', one ->> 'code'
                using errcode = 'IS003';
        end if;
        becomes := draft_feature(becomes, one ->> 'code', null, case when feature_kind_of(
            one ->> 'code', of.product) = 'term' then jsonb_build_object('kind', 'set') end);
    end loop;
    for one in select jsonb_array_elements(change -> 'features') loop
        becomes := draft_correct(becomes, one, of.product);
    end loop;
    if change -> 'expires' ? 'years' then
        raise exception 'a correction counts no years: give the day on which the license expires, or '
            'never' using errcode = 'IS003';
    elsif change ? 'expires' then
        becomes := jsonb_set(becomes, '{expires_on}',
            coalesce(to_jsonb((change -> 'expires' ->> 'until')::date), 'null'));
    end if;
    becomes := draft_count(becomes, 'activations', change -> 'activations');
    becomes := draft_count(becomes, 'servers', change -> 'servers');
    if becomes = was and not back
       and (paid.kind = 'correction' or paid.id = (was ->> 'order')::bigint) then
        raise exception 'this changes nothing of %: so it is on record already', of.license_id
            using errcode = 'IS003';
    end if;
    if back then
        -- What an admin has suspended before it ended is as it was: suspended.
        return query select * from license_state_add(of, coalesce(
                (select s.state from license_state_version s
                 where s.license_id = of.id and s.state <> 'ended' order by s.version desc limit 1),
                'current'), change ->> 'reason', paid.id, null, null, 'license-reinstated', who.id, at);
        if becomes = was then
            return;
        end if;
    end if;
    return query select * from license_book(of, was, becomes, paid, (was ->> 'effective')::date,
        change ->> 'reason', ended_uses(change), 'license-corrected', who.id, at);
end $$;
CREATE FUNCTION issuer.license_delivered(token issuer.digest, wanted text, mailed issuer.digest, named text, what text, day date, at timestamp with time zone) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    who record;
    of license;
    meant license_key;
    made key_delivery;
begin
    select * into who from operator_require(token, 'license delivered', at);
    of := license_lock(wanted);
    if mailed is null then
        meant := license_key_named(of, named);
    else
        select k.* into meant from license_key k join license_proof p on p.license_key_id = k.id
            where k.license_id = of.id and p.public_key = mailed;
        if not found then
            raise exception '% has no such key', of.license_id using errcode = 'IS001';
        end if;
    end if;
    if meant.delivered_on is not null then
        raise exception 'the key of % that ends in % was delivered on %; `issuer license rekey` makes a new one',
            of.license_id, meant.hint, meant.delivered_on using errcode = 'IS003';
    end if;
    if day > (at at time zone 'UTC')::date or day < (meant.effective at time zone 'UTC')::date then
        raise exception 'the key was made on %: give a day from then until today',
            (meant.effective at time zone 'UTC')::date using errcode = 'IS003';
    end if;
    if mailed is null and (coalesce(btrim(what), '') = '' or what ~ '@') then
        raise exception 'say to whom and how without a mail address: those stand in contacts alone'
            using errcode = 'IS003';
    end if;
    insert into key_delivery (license_key_id, how, detail, delivered_on, operator_id)
        values (meant.id, case when mailed is null then 'handed-over' else 'mail' end, what,
                coalesce(day, (at at time zone 'UTC')::date), who.id)
        returning * into made;
    perform note_event('key-delivered', 'key_delivery', meant.id, made::text, of.id, who.id, at);
    return of.license_id;
end $$;
CREATE FUNCTION issuer.license_end(token issuer.digest, wanted text, change jsonb, at timestamp with time zone) RETURNS TABLE(what text, before text, after text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    who record;
    of license;
    other license;
    paid orders;
    was jsonb;
    becomes jsonb;
    one jsonb;
    how constant text := change ->> 'how';
begin
    select * into who from operator_require(token, 'license end', at);
    perform reason_require(change ->> 'reason');
    perform codes_require_once(change);
    perform day_require((change ->> 'ordered_on')::date, at);
    if how is null or how not in ('refunded', 'cancelled', 'replaced') then
        raise exception 'a license ends refunded, cancelled or replaced' using errcode = 'IS003';
    end if;
    of := license_lock(wanted);
    if license_state_of(of.id) = 'ended' then
        raise exception '% has ended already', of.license_id using errcode = 'IS003';
    end if;
    if how = 'replaced' then
        select * into other from license l
            where lower(l.license_id) = lower(btrim(change ->> 'replaced_by'));
        if not found then
            raise exception 'license % is not on record: record what replaces % first',
                change ->> 'replaced_by', of.license_id using errcode = 'IS001';
        elsif other.id = of.id or license_state_of(other.id) = 'ended' then
            raise exception '% cannot replace %: it %', other.license_id, of.license_id,
                case when other.id = of.id then 'is the same' else 'has ended' end
                using errcode = 'IS003';
        elsif customer_root(other.customer_id) <> customer_root(of.customer_id) then
            raise exception '% is a license of another customer', other.license_id
                using errcode = 'IS003';
        end if;
    end if;
    if change ->> 'order' is not null then
        paid := order_of(change ->> 'order', 'cancellation', (change ->> 'ordered_on')::date,
                         of.customer_id, who.id, at);
    elsif how <> 'replaced' or jsonb_array_length(change -> 'removed') > 0 then
        raise exception 'name the order that takes it back (--order)' using errcode = 'IS003';
    end if;
    was := draft_of(of.id);
    becomes := was;
    for one in
        select r from jsonb_array_elements(change -> 'removed') r
        union all
        select jsonb_build_object('code', f.key) from jsonb_each(was -> 'features') f
            where how = 'refunded' and f.value ->> 'until' is not null
              and not exists (select from jsonb_array_elements(change -> 'removed') r
                              where r ->> 'code' = f.key)
    loop
        becomes := draft_take_back(becomes, of.id, one ->> 'code', (one ->> 'number')::bigint);
    end loop;
    return query select * from license_state_add(of, 'ended', change ->> 'reason', paid.id, how,
        other.id, 'license-ended', who.id, at);
    if becomes <> was then
        return query select * from license_book(of, was, becomes, paid, paid.ordered_on,
            change ->> 'reason', '{}', 'license-taken-back', who.id, at);
    end if;
end $$;
CREATE TABLE issuer.license_key (
    id bigint NOT NULL,
    license_id bigint NOT NULL,
    hint issuer.one_line NOT NULL,
    weak boolean NOT NULL,
    effective timestamp with time zone NOT NULL,
    retired_at timestamp with time zone,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    delivered_on date,
    CONSTRAINT license_key_check CHECK ((retired_at >= effective)),
    CONSTRAINT license_key_hint_check CHECK ((length((hint)::text) <= 4))
);
CREATE FUNCTION issuer.license_key_named(of issuer.license, named text) RETURNS issuer.license_key
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $_$
declare
    typed constant text := translate(upper(btrim(named)), 'OIL', '011');
    meant bigint[];
    numbers text;
    made license_key;
begin
    if length(typed) > 4 then
        raise exception 'give the last four symbols of the key, or its number in `issuer license show %`',
            of.license_id using errcode = 'IS003';
    end if;
    select array_agg(x.id), string_agg(x.n::text, ', ' order by x.n) into meant, numbers
        from (select k.*, row_number() over (order by k.id) as n from license_key k
              where k.license_id = of.id) x
        where case when named is null then x.retired_at is null
                   when typed ~ '^[0-9]{1,3}$' then x.n = typed::bigint
                   else x.hint = typed end;
    if meant is null then
        raise exception '% has no %: `issuer license show %` lists its keys', of.license_id,
            coalesce('key ' || typed, 'key in force'), of.license_id using errcode = 'IS001';
    elsif cardinality(meant) > 1 then
        raise exception 'several keys of % end in %: give the number of one (%)', of.license_id, typed,
            numbers using errcode = 'IS003';
    end if;
    select * into made from license_key k where k.id = meant[1];
    return made;
end $_$;
CREATE FUNCTION issuer.license_lock(wanted text) RETURNS issuer.license
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    found_license license;
begin
    select * into found_license from license l where l.license_id = upper(btrim(wanted))
        for no key update;
    if not found then
        select * into found_license from license l where lower(l.license_id) = lower(btrim(wanted))
            for no key update;
    end if;
    if not found then
        raise exception 'license % is not on record; look for it with `issuer license find`', wanted
            using errcode = 'IS001';
    end if;
    return found_license;
end $$;
CREATE FUNCTION issuer.license_lock_read(wanted text) RETURNS issuer.license
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    meant text[];
begin
    -- Programs write other hyphens, and what nobody sees.
    wanted := translate(wanted, E'\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uFF0D\u00A0\u00AD\u200B\u200C\u200D\u2060\uFEFF',
                        '-------- ');
    if not exists (select from license l where lower(l.license_id) = lower(wanted)) then
        select array_agg(l.license_id::text order by l.id) into meant from license l
            where translate(upper(l.license_id), 'OILSBZ-_.', '011582')
                  = translate(upper(wanted), 'OILSBZ-_. ', '011582');
        if cardinality(meant) > 1 then
            raise exception '% may be any of %: write it as it stands there', wanted,
                array_to_string(meant, ', ') using errcode = 'IS003';
        end if;
    end if;
    return license_lock(coalesce(meant[1], wanted));
end $$;
CREATE FUNCTION issuer.license_rekey(token issuer.digest, wanted text, new_key issuer.digest, new_hint text, reason text, at timestamp with time zone) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    who record;
    of license;
    old license_key;
    made license_key;
    detail jsonb;
begin
    select * into who from operator_require(token, 'license rekey', at);
    perform reason_require(reason);
    of := license_lock(wanted);
    if (select n.state from license_now n where n.id = of.id) = 'ended' then
        raise exception '% has ended: no key of it is of use any more', of.license_id
            using errcode = 'IS003';
    end if;
    if exists (select from license_proof p where p.public_key = new_key) then
        raise exception 'this key is on record already' using errcode = 'IS003';
    end if;
    detail := jsonb_build_object('reason', reason);
    update license_key k set retired_at = greatest(at, k.effective)
        where k.license_id = of.id and k.retired_at is null returning * into old;
    if found then
        perform note_event('key-retired', 'license_key', old.id, old::text, of.id, who.id, at,
                           detail);
    end if;
    insert into license_key (license_id, hint, weak, effective)
        values (of.id, new_hint, false, at) returning * into made;
    insert into license_proof (public_key, license_key_id) values (new_key, made.id);
    perform note_event('key-made', 'license_key', made.id, made::text, of.id, who.id, at, detail);
    return of.license_id;
end $$;
CREATE FUNCTION issuer.license_resume(token issuer.digest, wanted text, change jsonb, at timestamp with time zone) RETURNS TABLE(what text, before text, after text)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select * from license_state_move(token, 'license resume', wanted, change, 'suspended', 'current',
                                     'license-resumed', at)
$$;
CREATE FUNCTION issuer.license_state_add(of issuer.license, becomes issuer.license_state, reason text, paid bigint, how text, other bigint, kind text, operator bigint, at timestamp with time zone) RETURNS TABLE(what text, before text, after text)
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    was constant license_state := license_state_of(of.id);
    made license_state_version;
begin
    insert into license_state_version (license_id, version, state, reason, operator_id, effective,
                                       order_id, replaced_by, ended_how)
        values (of.id, coalesce((select max(s.version) from license_state_version s
                                 where s.license_id = of.id), 0) + 1,
                becomes, reason, operator, at, paid, other, how)
        returning * into made;
    perform note_event(kind, 'license', of.id, made::text, of.id, operator, at,
        jsonb_strip_nulls(jsonb_build_object('from', was, 'to', becomes, 'how', how,
            'order', (select o.reference from orders o where o.id = paid),
            'replaced_by', (select l.license_id from license l where l.id = other))));
    return query select 'state', was::text, concat_ws(': ', becomes::text, how);
end $$;
CREATE FUNCTION issuer.license_state_move(token issuer.digest, command text, wanted text, change jsonb, needs issuer.license_state, becomes issuer.license_state, kind text, at timestamp with time zone) RETURNS TABLE(what text, before text, after text)
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    who record;
    of license;
    was license_state;
begin
    select * into who from operator_require(token, command, at);
    perform reason_require(change ->> 'reason');
    of := license_lock(wanted);
    was := license_state_of(of.id);
    if was = becomes then
        raise exception '% is % already', of.license_id, was using errcode = 'IS003';
    elsif was <> needs then
        raise exception '% is not %, but %', of.license_id, needs, was
            || case when was = 'ended'
               then ': where that was a mistake, use `issuer license correct --reinstate`'
               else '' end using errcode = 'IS003';
    end if;
    return query select * from license_state_add(of, becomes, change ->> 'reason', null, null, null,
        kind, who.id, at);
end $$;
CREATE FUNCTION issuer.license_state_of(license bigint) RETURNS issuer.license_state
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select coalesce((select s.state from license_state_version s where s.license_id = license
                     order by s.version desc limit 1), 'current')
$$;
CREATE FUNCTION issuer.license_suspend(token issuer.digest, wanted text, change jsonb, at timestamp with time zone) RETURNS TABLE(what text, before text, after text)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select * from license_state_move(token, 'license suspend', wanted, change, 'current', 'suspended',
                                     'license-suspended', at)
$$;
CREATE FUNCTION issuer.license_upgrade(token issuer.digest, wanted text, change jsonb, at timestamp with time zone) RETURNS TABLE(what text, before text, after text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    who record;
    of license;
    paid orders;
    earlier integer;
    was jsonb;
    becomes jsonb;
    one jsonb;
begin
    select * into who from operator_require(token, 'license upgrade', at);
    perform codes_require_once(change);
    perform day_require((change ->> 'ordered_on')::date, at);
    of := license_lock(wanted);
    if license_state_of(of.id) = 'ended' then
        raise exception '% has ended: nothing is added to it', of.license_id using errcode = 'IS003';
    end if;
    paid := order_of(change ->> 'order', (change ->> 'kind')::order_kind,
                     (change ->> 'ordered_on')::date, of.customer_id, who.id, at);
    if paid.kind = 'correction' then
        raise exception 'a correction is booked by `issuer license correct`' using errcode = 'IS003';
    end if;
    select min(e.version) into earlier from entitlement e
        where e.license_id = of.id and e.order_id = paid.id;
    if earlier is not null and not coalesce((change ->> 'same_order')::boolean, false) then
        raise exception 'order % is behind version % of % already: to book a further part of it, say '
            '--same-order', paid.reference, earlier, of.license_id using errcode = 'IS003';
    end if;
    was := draft_of(of.id);
    becomes := was;
    for one in select jsonb_array_elements(change -> 'removed') loop
        if paid.kind <> 'cancellation' then
            raise exception '% is taken back by an order of the kind cancellation, not a %',
                one ->> 'code', paid.kind using errcode = 'IS003';
        end if;
        becomes := draft_take_back(becomes, of.id, one ->> 'code', (one ->> 'number')::bigint);
    end loop;
    for one in select jsonb_array_elements(change -> 'features') loop
        if paid.kind = 'cancellation' then
            raise exception 'a cancellation adds nothing: % needs an order of its own',
                one ->> 'code' using errcode = 'IS003';
        end if;
        becomes := draft_buy(becomes, one, of.product, paid.ordered_on);
    end loop;
    if change ? 'expires' then
        becomes := draft_expire(becomes, change -> 'expires', paid);
    end if;
    becomes := draft_count(becomes, 'activations', change -> 'activations');
    becomes := draft_count(becomes, 'servers', change -> 'servers');
    if paid.kind = 'cancellation'
       and ((becomes ->> 'activations')::integer > (was ->> 'activations')::integer
            or (becomes ->> 'servers')::integer > (was ->> 'servers')::integer) then
        raise exception 'a cancellation adds nothing: more activations or servers need an order of '
            'their own' using errcode = 'IS003';
    end if;
    if becomes = was then
        raise exception 'this changes nothing of %: it grants that already', of.license_id
            using errcode = 'IS003';
    end if;
    return query select * from license_book(of, was, becomes, paid, paid.ordered_on,
        change ->> 'reason', ended_uses(change), 'license-upgraded', who.id, at);
end $$;
CREATE FUNCTION issuer.license_waiting(wanted text, at timestamp with time zone) RETURNS TABLE(request bytea, host text, outcome text, code text, since timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    with l as materialized (select id from license where lower(license_id) = lower(wanted)),
    asked as (
        select r.id, r.digest, r.host, r.thumbprint, r.seq from l
        join usage_request r on r.license_id = l.id
        union all
        select r.id, r.digest, r.host, r.thumbprint, r.seq from l
        join license_key k on k.license_id = l.id join license_proof p on p.license_key_id = k.id
        join usage_request r on r.license_key = p.public_key and r.license_id is null)
    select r.digest, r.host, d.outcome::text, d.code, m.effective from asked r
    cross join lateral (select * from decision d where d.request_id = r.id
                        order by d.recorded_at desc, d.id desc limit 1) d
    join message m on m.id = d.message_id
    where d.outcome in ('refused', 'held') and m.effective > at - interval '30 days'
      and d.code not in ('damaged', 'superseded-request')
      and not (d.outcome = 'refused' and d.operator_id is not null)
      and not exists (select from usage_request n where n.thumbprint = r.thumbprint
                      and n.seq > r.seq)
    order by m.effective, r.id
$$;
CREATE FUNCTION issuer.licenses_of_keys(keys bytea[]) RETURNS TABLE(public_key bytea, license_id bigint, license text, current boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select p.public_key, l.id, l.license_id, k.retired_at is null
    from unnest(keys) wanted
    join license_proof p on p.public_key = wanted
    join license_key k on k.id = p.license_key_id
    join license l on l.id = k.license_id
$$;
CREATE FUNCTION issuer.line_require(what text, line text, most integer) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    if coalesce(btrim(line), '') = '' or length(line) > most
       or line ~ '[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]' then
        raise exception '% is one line of at most % characters, without control or bidirectional characters',
            what, most using errcode = 'IS003';
    end if;
end $$;
CREATE FUNCTION issuer.message_answer(token issuer.digest, wanted bigint, ready_answer integer, own_words text, at timestamp with time zone) RETURNS TABLE(reply_id bigint, answered text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    who record;
    known message;
    made reply;
    written answer;
begin
    select * into who from operator_require(token, 'message answer', at);
    if ready_answer not between 0 and 4 or own_words is not null and ready_answer <> 0
        or own_words !~ '[^[:space:]]' or length(own_words) > 8000 then
        raise exception 'an answer is a ready one or has words of its own, 8000 characters at most'
            using errcode = 'IS003';
    end if;
    known := message_lock(wanted);
    perform message_require_open(known);
    answered := message_recipient(known, at);
    perform message_handle(known, 'message-answered', 'answered by ' || who.name, null, who.id, at);
    insert into reply (message_id, recipient, state, ready, effective)
        values (known.id, answered, 'queued', ready_answer, at) returning * into made;
    perform note_event('reply-queued', 'reply', made.id, made::text, null, who.id, at);
    if own_words is not null then
        insert into answer (reply_id, words, operator_id) values (made.id, own_words, who.id)
            returning * into written;
        perform note_event('answer-written', 'answer', made.id, written::text, null, who.id, at);
    end if;
    reply_id := made.id;
    return next;
end $$;
CREATE FUNCTION issuer.message_drop(token issuer.digest, wanted bigint, why text, at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    who record;
    known message;
begin
    select * into who from operator_require(token, 'message drop', at);
    perform reason_require(why);
    known := message_lock(wanted);
    if not exists (select from reply r where r.message_id = known.id
                   and r.state in ('listed', 'undelivered')) then
        perform message_require_open(known);
    end if;
    perform message_handle(known, 'message-dropped', format('dropped by %s: %s', who.name, why), null,
                           who.id, at);
end $$;
CREATE TABLE issuer.message (
    id bigint NOT NULL,
    identity issuer.digest NOT NULL,
    class issuer.one_line NOT NULL,
    why text,
    source text NOT NULL,
    source_offset bigint NOT NULL,
    size bigint NOT NULL,
    raw_digest issuer.digest,
    sent_at timestamp with time zone,
    message_id text,
    in_reply_to text,
    from_address text,
    reply_to text,
    subject text,
    body text,
    raw bytea,
    emptied_at timestamp with time zone,
    handled_at timestamp with time zone,
    handled_how text,
    effective timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    sender_vouched boolean,
    sender_says text,
    CONSTRAINT message_class_check CHECK (((class)::text = ANY (ARRAY['request'::text, 'deactivation'::text, 'about-license'::text, 'bounce'::text, 'ignored'::text, 'unrecognised'::text, 'quarantined'::text]))),
    CONSTRAINT message_sender_said CHECK (((sender_vouched IS NULL) = (sender_says IS NULL)))
)
WITH (toast_tuple_target='8160');
ALTER TABLE ONLY issuer.message ALTER COLUMN body SET COMPRESSION lz4;
ALTER TABLE ONLY issuer.message ALTER COLUMN raw SET COMPRESSION lz4;
CREATE FUNCTION issuer.message_handle(known issuer.message, kind text, how text, license bigint, who bigint, at timestamp with time zone, detail jsonb DEFAULT NULL::jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    made message;
    gone reply;
begin
    update message m set handled_at = coalesce(m.handled_at, at),
        handled_how = coalesce(m.handled_how, how) where m.id = known.id returning * into made;
    update case_mail k set seen_at = at where k.message_id = known.id and k.seen_at is null;
    update quarantine q set closed_at = at, closed_how = how
        where q.message_id = known.id and q.closed_at is null;
    perform note_event(kind, 'message', made.id, made::text, license, who, at, detail);
    for gone in
        update reply r set state = 'withdrawn', why = concat_ws('; ', r.why, how)
            where r.message_id = known.id and r.state in ('listed', 'undelivered') returning *
    loop
        perform note_event('reply-withdrawn', 'reply', gone.id, gone::text, null, who, at);
    end loop;
end $$;
CREATE FUNCTION issuer.message_handled_by_case(mail bigint, case_number bigint, at timestamp with time zone) RETURNS void
    LANGUAGE sql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    update message m set handled_at = at, handled_how = 'opened case ' || case_number
        where m.id = mail and case_number is not null and m.handled_at is null
$$;
CREATE FUNCTION issuer.message_lock(wanted bigint) RETURNS issuer.message
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    known message;
begin
    select * into known from message m where m.id = wanted for no key update;
    if not found then
        raise exception 'no message % is on record; `issuer message list` shows those that wait', wanted
            using errcode = 'IS001';
    end if;
    return known;
end $$;
CREATE FUNCTION issuer.message_recipient(known issuer.message, at timestamp with time zone) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    if known.reply_to is null or known.class in ('ignored', 'bounce') then
        raise exception 'message % has no sender that could be answered', known.id
            using errcode = 'IS003';
    elsif not is_contact(known.reply_to) then
        raise exception '% is no contact of any license: only contacts are answered; add it with `issuer contact add`, or drop the message',
            known.reply_to using errcode = 'IS002';
    elsif known.class = 'unrecognised' and answers_of_day(known.reply_to, at) >= 3 then
        raise exception '% had three answers within a day: wait, or join the message to a case',
            known.reply_to using errcode = 'IS002';
    end if;
    return known.reply_to;
end $$;
CREATE FUNCTION issuer.message_require_open(known issuer.message) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    if known.handled_at is not null then
        raise exception 'message % was handled on %: %', known.id,
            to_char(known.handled_at at time zone 'UTC', 'YYYY-MM-DD'), known.handled_how
            using errcode = 'IS004';
    end if;
end $$;
CREATE FUNCTION issuer.message_to_case(token issuer.digest, wanted bigint, wanted_case bigint, at timestamp with time zone) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    who record;
    known message;
    found_case record;
    made case_mail;
begin
    select * into who from operator_require(token, 'message to-case', at);
    known := message_lock(wanted);
    select c.case_number, c.license_id, c.open into found_case from case_now c
        where c.case_number = wanted_case;
    if not found then
        raise exception 'no case % is on record; `issuer request list` and `issuer restoration list` show them',
            wanted_case using errcode = 'IS001';
    end if;
    insert into case_mail (case_number, message_id, how)
        values (wanted_case, known.id, 'person') on conflict do nothing returning * into made;
    if not found then
        raise exception 'message % is with case % already', known.id, wanted_case
            using errcode = 'IS004';
    end if;
    perform note_event('mail-joined', 'case_mail', known.id, made::text, found_case.license_id,
                       who.id, at, jsonb_build_object('case', wanted_case));
    perform message_handle(known, 'message-joined', format('joined to case %s by %s', wanted_case,
                                                           who.name),
                           found_case.license_id, who.id, at);
    return (select l.license_id from license l where l.id = found_case.license_id);
end $$;
CREATE FUNCTION issuer.messages_empty(address text, who bigint, at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    emptied bigint[];
    made message;
begin
    select array_agg(m.id order by m.id) into emptied from message m
        where m.emptied_at is null and (lower(m.from_address) = address or lower(m.reply_to) = address);
    for made in
        update message m set from_address = null, reply_to = null, subject = null, body = null,
            raw = null, emptied_at = at
            where m.id = any (emptied) returning *
    loop
        perform note_event('message-emptied', 'message', made.id, made::text, null, who, at);
    end loop;
    return coalesce(cardinality(emptied), 0);
end $$;
CREATE FUNCTION issuer.note_event(kind text, subject text, subject_id bigint, made text, license bigint, operator bigint, at timestamp with time zone, detail jsonb DEFAULT NULL::jsonb) RETURNS void
    LANGUAGE sql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    insert into event (kind, subject, subject_id, row_digest, license_id, operator_id, detail,
                       effective)
        values (kind, subject, subject_id, sha256(convert_to(made, 'UTF8')), license, operator,
                detail, at)
$$;
CREATE FUNCTION issuer.operator_add(token issuer.digest, wanted text, wanted_role issuer.operator_role, new_token issuer.digest, days integer, at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    who record;
begin
    select * into who from operator_require(token, 'operator add', at);
    return operator_record(wanted, wanted_role, new_token, days, who.id, at);
end $$;
CREATE FUNCTION issuer.operator_add_first(wanted text, wanted_role issuer.operator_role, new_token issuer.digest, days integer, at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    if admins_in_force(at) > 0 then
        raise exception 'there is an admin already: operators are added by an admin'
            using errcode = 'IS002';
    elsif wanted_role <> 'admin' then
        raise exception 'the first operator must be an admin' using errcode = 'IS002';
    end if;
    return operator_record(wanted, wanted_role, new_token, days, null, at);
end $$;
CREATE FUNCTION issuer.operator_deeds(wanted text) RETURNS TABLE(kind text, subject text, day date)
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    with who as (select o.id from operator o where o.name = wanted),
    deeds (kind, subject, at) as (
        select 'restoration ' || d.outcome, format('case %s of %s', r.id, l.license_id), d.effective
            from who join restoration_decision d on d.decided_by = who.id
            join restoration r on r.id = d.restoration_id join license l on l.id = r.license_id
        union all
        select 'restoration ' || d.outcome || ' as second person',
            format('case %s of %s', r.id, l.license_id), d.effective
            from who join restoration_decision d on d.second_by = who.id
            join restoration r on r.id = d.restoration_id join license l on l.id = r.license_id
        union all
        select 'restoration opened', format('case %s of %s', r.id, l.license_id), r.opened_at
            from who join restoration r on r.opened_by = who.id
            join license l on l.id = r.license_id
        union all
        select 'request ' || i.kind || case when i.second_id = who.id then ' as second person'
                                            else '' end,
            concat_ws(' ', 'case ' || i.hold_id, q.host, 'of ' || l.license_id), i.filed_at
            from who join instruction i on who.id in (i.operator_id, i.second_id)
            left join hold h on h.id = i.hold_id
            left join usage_request q on q.id = coalesce(i.request_id, h.request_id)
            left join license l on l.id = q.license_id
            where i.state = 'done' and i.restoration_id is null
        union all
        select 'license import', format('import %s: %s rows', i.id, i.rows), i.recorded_at
            from who join import i on i.operator_id = who.id and i.way = 'file'
        union all
        select replace(e.kind, '-', ' '),
            coalesce(l.license_id, o.name, s.reference, 'customer ' || c.name, e.detail ->> 'kid',
                     e.subject || ' ' || e.subject_id), e.effective
            from who join event e on e.operator_id = who.id
            left join license l on l.id = e.license_id
            left join operator o on e.subject in ('operator', 'operator_token')
                and o.id = e.subject_id
            left join orders s on e.subject = 'orders' and s.id = e.subject_id
            left join lateral (select v.name from customer_version v
                               where e.subject = 'customer' and v.customer_id = e.subject_id
                               order by v.version desc limit 1) c on true
            -- told above, or a part of an import
            where e.subject not in ('instruction', 'decision', 'activation', 'usage_license',
                                    'restoration', 'restoration_decision')
              and not coalesce(e.detail ? 'import', false))
    select d.kind, d.subject, (d.at at time zone 'UTC')::date from deeds d
    order by d.at, d.kind, d.subject
$$;
CREATE TABLE issuer.operator_token (
    digest issuer.digest NOT NULL,
    operator_id bigint NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
CREATE FUNCTION issuer.operator_give_token(operator bigint, new_token issuer.digest, days integer, at timestamp with time zone) RETURNS issuer.operator_token
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    made operator_token;
begin
    if days not between 1 and 3650 then
        raise exception 'a token is in force for 1 to 3650 days, not %', days
            using errcode = 'IS003';
    end if;
    insert into operator_token (digest, operator_id, expires_at)
        values (new_token, operator, at + make_interval(days => days)) returning * into made;
    return made;
end $$;
CREATE TABLE issuer.operator (
    id bigint NOT NULL,
    name issuer.one_line NOT NULL,
    role issuer.operator_role NOT NULL,
    effective timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT operator_name_check CHECK (((name)::text <> ''::text))
);
CREATE FUNCTION issuer.operator_lock(wanted text) RETURNS issuer.operator
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    found_operator operator;
begin
    select * into found_operator from operator o
        where o.name = wanted and o.revoked_at is null for no key update;
    if not found then
        raise exception 'no operator named ''%'' is in force; `issuer operator list` shows them',
            wanted using errcode = 'IS001';
    end if;
    return found_operator;
end $$;
CREATE FUNCTION issuer.operator_of_token(token issuer.digest, at timestamp with time zone) RETURNS TABLE(id bigint, name text, role issuer.operator_role)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select o.id, o.name, o.role
    from operator_token t join operator o on o.id = t.operator_id
    cross join greatest(at, statement_timestamp()) as present
    where t.digest = token and t.expires_at > present
      and (t.revoked_at is null or t.revoked_at > present)
      and (o.revoked_at is null or o.revoked_at > present)
$$;
CREATE FUNCTION issuer.operator_record(wanted text, wanted_role issuer.operator_role, new_token issuer.digest, days integer, by bigint, at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $_$
declare
    made operator;
begin
    if wanted !~ '^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$' then
        raise exception '''%'' is no operator''s name: 1 to 64 of A-Z a-z 0-9 . _ @ -', wanted
            using errcode = 'IS003';
    end if;
    insert into operator (name, role, effective) values (wanted, wanted_role, at)
        returning * into made;
    perform operator_give_token(made.id, new_token, days, at);
    perform note_event('operator-added', 'operator', made.id, made::text, null, by, at);
    return made.id;
end $_$;
CREATE FUNCTION issuer.operator_renew(token issuer.digest, wanted text, new_token issuer.digest, days integer, at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    who record;
    renewed operator;
    made operator_token;
begin
    select * into who from operator_require(token, 'operator renew', at);
    renewed := operator_lock(wanted);
    update operator_token t set revoked_at = at
        where t.operator_id = renewed.id and t.revoked_at is null;
    made := operator_give_token(renewed.id, new_token, days, at);
    perform note_event('operator-renewed', 'operator_token', renewed.id, made::text, null, who.id,
                       at);
    return made.expires_at;
end $$;
CREATE FUNCTION issuer.operator_require(token issuer.digest, wanted text, at timestamp with time zone) RETURNS TABLE(id bigint, name text, role issuer.operator_role)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    who record;
    may operator_role[];
begin
    select * into who from operator_of_token(token, at);
    if not found then
        raise exception 'the operator''s token is unknown, expired or revoked: ask an admin for one'
            using errcode = 'IS002';
    end if;
    select r.roles into may from command_right r where r.command = wanted;
    if not coalesce(who.role = any (may), false) then
        raise exception 'operator % (%) may not use "%": that takes the role %', who.name, who.role,
            wanted, coalesce(nullif(array_to_string(may, ' or '), ''), 'of nobody') using errcode = 'IS002';
    end if;
    return query select who.id, who.name, who.role;
end $$;
CREATE FUNCTION issuer.operator_revoke(token issuer.digest, wanted text, at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    who record;
    ended operator;
begin
    select * into who from operator_require(token, 'operator revoke', at);
    ended := operator_lock(wanted);
    update operator o set revoked_at = at where o.id = ended.id returning * into ended;
    update operator_token t set revoked_at = at
        where t.operator_id = ended.id and t.revoked_at is null;
    if ended.role = 'admin' and admins_in_force(at) = 0 then
        raise exception 'the last admin cannot be revoked: add another one first'
            using errcode = 'IS002';
    end if;
    perform note_event('operator-revoked', 'operator', ended.id, ended::text, null, who.id, at);
    return ended.id;
end $$;
CREATE FUNCTION issuer.operator_token_end(operator bigint, at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select max(expires_at) from operator_token
    where operator_id = operator and expires_at > at and (revoked_at is null or revoked_at > at)
$$;
CREATE FUNCTION issuer.order_list(customer bigint, wanted_kind issuer.order_kind, from_day date, until_day date, most integer) RETURNS TABLE(id bigint, reference text, kind text, ordered_on date, customer_id bigint)
    LANGUAGE plpgsql STABLE ROWS 200
    SET search_path TO 'issuer', 'pg_temp'
    AS $_$
begin
    return query execute
        'select o.id, o.reference::text, o.kind::text, o.ordered_on, o.customer_id from orders o'
        || ' where true'
        || case when customer is not null
                then ' and o.customer_id = any (array(select customer_members($1)))' else '' end
        || case when wanted_kind is not null then ' and o.kind = $2' else '' end
        || case when from_day is not null then ' and o.ordered_on >= $3' else '' end
        || case when until_day is not null then ' and o.ordered_on <= $4' else '' end
        || ' order by o.ordered_on desc, o.id desc limit $5'
        using customer, wanted_kind, from_day, until_day, most;
end $_$;
CREATE FUNCTION issuer.order_named(wanted text) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    meant bigint;
begin
    select o.id into meant from orders o where folded(o.reference) = folded(wanted)
        order by o.reference <> wanted, o.id limit 1;
    if not found then
        raise exception 'no order % is on record; `issuer order list` shows what is', wanted
            using errcode = 'IS001';
    end if;
    return meant;
end $$;
CREATE FUNCTION issuer.order_of(wanted text, wanted_kind issuer.order_kind, day date, customer bigint, operator bigint, at timestamp with time zone) RETURNS issuer.orders
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    known orders;
begin
    perform pg_advisory_xact_lock(hashtextextended('issuer: order ' || folded(wanted), 0));
    select * into known from orders o where folded(o.reference) = folded(wanted)
        order by o.reference <> wanted, o.id limit 1;
    if found then
        if customer_root(known.customer_id) <> customer_root(customer) then
            raise exception 'order % is on record for another customer', known.reference
                using errcode = 'IS003';
        elsif known.kind <> wanted_kind then
            raise exception 'order % is on record as a % order, not a %', known.reference, known.kind,
                wanted_kind using errcode = 'IS003';
        elsif known.ordered_on <> day then
            raise exception 'order % is on record with the day %, not %', known.reference,
                known.ordered_on, day using errcode = 'IS003';
        end if;
        return known;
    end if;
    insert into orders (reference, kind, ordered_on, customer_id)
        values (wanted, coalesce(wanted_kind, 'sale'),
                coalesce(day, (at at time zone 'UTC')::date), customer)
        returning * into known;
    perform note_event('order-recorded', 'orders', known.id, known::text, null, operator, at);
    return known;
end $$;
CREATE FUNCTION issuer.place_free(license bigint, servers integer) RETURNS integer
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select n from generate_series(1, servers) n
    where not exists (select from activation a where a.license_id = license and a.slot = n
                      and a.state = 'active') limit 1
$$;
CREATE FUNCTION issuer.quarantine_drop(token issuer.digest, wanted bigint, why text, at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    who record;
begin
    select * into who from operator_require(token, 'quarantine drop', at);
    perform reason_require(why);
    perform message_handle(quarantine_lock(wanted), 'quarantine-dropped',
                           format('dropped by %s: %s', who.name, why), null, who.id, at);
end $$;
CREATE FUNCTION issuer.quarantine_lock(wanted bigint) RETURNS issuer.message
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    known constant message := message_lock(wanted);
    there quarantine;
begin
    select * into there from quarantine q where q.message_id = known.id for no key update;
    if not found then
        raise exception 'message % is not in quarantine; `issuer message show %` shows it', known.id,
            known.id using errcode = 'IS001';
    elsif there.closed_at is not null then
        raise exception 'message % left the quarantine on %: %', known.id,
            to_char(there.closed_at at time zone 'UTC', 'YYYY-MM-DD'), there.closed_how
            using errcode = 'IS004';
    end if;
    return known;
end $$;
CREATE FUNCTION issuer.quarantine_retry(token issuer.digest, wanted bigint, lease_end timestamp with time zone, at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    filed instruction;
begin
    filed.operator_id := (operator_require(token, 'quarantine retry', at)).id;
    filed.kind := 'retry';
    filed.arguments := jsonb_build_object('message', (quarantine_lock(wanted)).id);
    return instruction_record(filed, lease_end, at);
end $$;
CREATE FUNCTION issuer.reason_require(reason text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    if coalesce(btrim(reason), '') = '' then
        raise exception 'say why: the reason is empty' using errcode = 'IS003';
    end if;
end $$;
CREATE FUNCTION issuer.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    raise exception 'rows of % are records: this % is not allowed%', tg_table_name,
        lower(tg_op), case when tg_nargs > 0 then ' (' || tg_argv[0] || ')' else '' end
        using errcode = 'IS002';
end $$;
CREATE FUNCTION issuer.refuse_emergency() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    instance digest := (select r.thumbprint from usage_request r where r.id = new.request_id);
    before record;
begin
    perform from license l where l.id = new.license_id for no key update;
    select count(*) filter (where r.thumbprint = instance) as of_instance,
           count(*) filter (where u.license_id = new.license_id) as of_license into before
        from (select u.request_id, u.license_id from usage_license u
              where u.emergency and u.license_id = new.license_id and u.iat > new.iat - interval '365 days'
              union select u.request_id, u.license_id from usage_request q
              join usage_license u on u.request_id = q.id and u.emergency
              where q.thumbprint = instance and u.iat > new.iat - interval '365 days') u
        join usage_request r on r.id = u.request_id
        where u.request_id <> new.request_id;
    if before.of_instance > 0 then
        raise exception 'this server had an emergency usage license within a year'
            using errcode = 'IS002';
    elsif before.of_license >= greatest(1, (select e.servers from entitlement e
                                            where e.license_id = new.license_id
                                            order by e.version desc limit 1) / 20) then
        raise exception 'this license had as many emergency usage licenses within a year as it may'
            using errcode = 'IS002';
    end if;
    return new;
end $$;
CREATE FUNCTION issuer.refuse_revoked_key() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    revoked text;
begin
    with used as materialized (  -- all of them locked, whatever is asked of them after
        select k.kid, k.revoked_at from signing_key k
        where k.kid in (select a.kid from added a) for share)
    select u.kid into revoked from used u where u.revoked_at is not null limit 1;
    if revoked is not null then
        raise exception 'signing key % is revoked: make a new one with issuer key rotate', revoked
            using errcode = 'IS002';
    end if;
    return null;
end $$;
CREATE FUNCTION issuer.replies_erase(address text, who bigint, at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    erased bigint := 0;
    made reply;
begin
    for made in
        update reply r set recipient = null, erased_at = at,
            state = case when r.state in ('queued', 'sending') then 'withdrawn' else r.state end,
            why = case when r.state in ('queued', 'sending') then 'the address was erased'
                       else r.why end,
            last_error = null  -- mail servers repeat the address
            where lower(r.recipient) = address returning *
    loop
        erased := erased + 1;
        perform note_event('reply-erased', 'reply', made.id, made::text, null, who, at);
    end loop;
    return erased;
end $$;
CREATE FUNCTION issuer.reply_begin(wanted bigint, until timestamp with time zone, at timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    made reply;
begin
    update reply r set state = 'sending', not_before = until, attempts = r.attempts + 1,
        tried_at = coalesce(r.tried_at, at),
        last_error = case when r.state = 'sending' then 'an attempt was cut off: it may have arrived'
                          else r.last_error end
        where r.id = wanted and r.state in ('queued', 'sending') returning r.* into made;
    perform reply_note('reply-sending', made, at);
    return made.attempts;
end $$;
CREATE FUNCTION issuer.reply_defer(wanted bigint, attempt integer, problem text, days integer, at timestamp with time zone) RETURNS TABLE(becomes text, until timestamp with time zone)
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    due constant timestamptz := at + reply_pause(attempt);
    made reply;
begin
    update reply r set state = 'queued', not_before = due, last_error = problem
        where r.id = wanted and r.state = 'sending' and r.attempts = attempt
          and due <= r.tried_at + make_interval(days => days) returning r.* into made;
    if found then
        perform reply_note('reply-deferred', made, at);
        return query select made.state::text, due;
    elsif reply_fail(wanted, attempt, format('given up after %s days', days), problem, false, at) then
        return query select 'undelivered', null::timestamptz;
    end if;
end $$;
CREATE FUNCTION issuer.reply_fail(wanted bigint, attempt integer, why text, problem text, doubtful boolean, at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    made reply;
    told alert;
begin
    update reply r set state = 'undelivered', why = reply_fail.why,
        last_error = coalesce(problem, r.last_error),
        attempts = r.attempts + case when attempt is null then 1 else 0 end
        where r.id = wanted and (attempt is null and r.state in ('queued', 'sending')
                                 or r.state = 'sending' and r.attempts = attempt)
        returning r.* into made;
    if not found then
        return false;
    end if;
    perform reply_note('reply-undelivered', made, at);
    insert into alert (kind, detail, license_id, effective)
        values ('reply-undelivered', concat('reply ', made.id, ' to message ' || made.message_id, ': ',
                                            made.why),
                reply_license(made.id), at) returning * into told;
    perform note_event('alert', 'alert', told.id, told::text, told.license_id, null, at);
    if doubtful then
        perform contact_doubt(made.recipient, at);
    end if;
    return true;
end $$;
CREATE FUNCTION issuer.reply_license(wanted bigint) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select coalesce(l.license_id, q.license_id, s.license_id, u.license_id)
    from reply_line l
    left join decision d on d.id = l.decision_id
    left join usage_request q on q.id = d.request_id
    left join restoration s on s.id = l.restoration_id
    left join deactivation e on e.id = d.deactivation_id
    left join usage_license u on u.serial = e.serial
    where l.reply_id = wanted order by l.position limit 1
$$;
CREATE TABLE issuer.reply (
    id bigint NOT NULL,
    message_id bigint,
    recipient text,
    state issuer.one_line NOT NULL,
    why text,
    ready smallint DEFAULT 0 NOT NULL,
    effective timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    erased_at timestamp with time zone,
    not_before timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    tried_at timestamp with time zone,
    last_error text,
    CONSTRAINT reply_has_recipient CHECK (((recipient IS NOT NULL) OR ((state)::text = ANY (ARRAY['listed'::text, 'withdrawn'::text])) OR (erased_at IS NOT NULL))),
    CONSTRAINT reply_sending CHECK ((((state)::text <> 'sending'::text) OR (tried_at IS NOT NULL))),
    CONSTRAINT reply_state CHECK (((state)::text = ANY (ARRAY['queued'::text, 'sending'::text, 'sent'::text, 'listed'::text, 'withdrawn'::text, 'undelivered'::text])))
);
CREATE FUNCTION issuer.reply_note(kind text, made issuer.reply, at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    insert into event (kind, subject, subject_id, row_digest, effective)
        values (kind, 'reply', made.id, sha256(convert_to(made::text, 'UTF8')), at);
end $$;
CREATE FUNCTION issuer.reply_pause(attempts integer) RETURNS interval
    LANGUAGE sql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select date_trunc('second', (1 + 0.2 * random()) * coalesce(
        (array['1 minute', '5 minutes', '15 minutes']::interval[])[greatest(attempts, 1)],
        interval '1 hour'))
$$;
CREATE FUNCTION issuer.reply_release(wanted bigint, attempt integer, at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    made reply;
begin
    update reply r set state = 'queued', not_before = '-infinity', attempts = r.attempts - 1,
        tried_at = case when r.attempts > 1 then r.tried_at end
        where r.id = wanted and r.state = 'sending' and r.attempts = attempt returning r.* into made;
    if not found then
        return false;
    end if;
    perform reply_note('reply-released', made, at);
    return true;
end $$;
CREATE FUNCTION issuer.reply_sent(wanted bigint, attempt integer, at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    made reply;
begin
    update reply r set state = 'sent', sent_at = at
        where r.id = wanted and r.state = 'sending' and r.attempts = attempt returning r.* into made;
    if not found then
        return false;
    end if;
    perform reply_note('reply-sent', made, at);
    return true;
end $$;
CREATE FUNCTION issuer.reply_tag(reply bigint, recorded timestamp with time zone, answered bytea) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select left(encode(sha256(coalesce(answered, '') || timestamptz_send(recorded)
                              || int8send(reply)), 'hex'), 16)
$$;
CREATE FUNCTION issuer.report_activation(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(id bigint, license_id bigint, version integer, taken boolean, continues bigint, active boolean, counted boolean, state issuer.activation_state, active_from timestamp with time zone, counted_until timestamp with time zone)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select a.id, a.license_id, a.version, a.origin = 'taken', a.continues,
        a.active_until is null or a.active_until >= issuer.report_end(as_of, zone)
            or coalesce(a.ended_recorded_at > known_at, false),
        a.counted_until is null or a.counted_until >= issuer.report_end(as_of, zone)
            or coalesce(a.counted_recorded_at > known_at, false),
        a.state, a.active_from, a.counted_until
    from issuer.activation a
    where a.active_from < issuer.report_end(as_of, zone) and a.recorded_at <= known_at
$$;
CREATE FUNCTION issuer.report_activations(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(licenses bigint, allowed bigint, taken bigint, used bigint, active bigint, not_given_back bigint, given_back_proof bigint, given_back_attested bigint, given_back_forced bigint, given_back_correction bigint, lost bigint)
    LANGUAGE plpgsql STABLE
    SET enable_hashjoin TO 'off'
    SET enable_nestloop TO 'off'
    SET jit TO 'off'
    SET work_mem TO '256MB'
    SET max_parallel_workers_per_gather TO '2'
    SET parallel_setup_cost TO '0'
    SET parallel_tuple_cost TO '0.01'
    SET min_parallel_table_scan_size TO '1TB'
    SET min_parallel_index_scan_size TO '1TB'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
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
CREATE FUNCTION issuer.report_activations_rows(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(license_id text, product text, allowed integer, taken bigint, used bigint, active bigint, not_given_back bigint, given_back_proof bigint, given_back_attested bigint, given_back_forced bigint, given_back_correction bigint, lost bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
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
CREATE FUNCTION issuer.report_current_day(zone text) RETURNS date
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select (transaction_timestamp() at time zone zone)::date
$$;
CREATE FUNCTION issuer.report_customer(as_of date, known_at timestamp with time zone) RETURNS TABLE(id bigint, root bigint, name text, reference text)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
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
CREATE FUNCTION issuer.report_cuts(of regclass) RETURNS bigint[]
    LANGUAGE plpgsql STABLE
    AS $$
declare
    cuts bigint[];
begin
    execute format('select percentile_disc(array[1 / 3.0, 2 / 3.0]) within group (order by id) '
                   'from %s tablesample system (1) repeatable (0)', of) into cuts;
    return coalesce(cuts, array[0, 0]);
end $$;
CREATE FUNCTION issuer.report_day(at timestamp with time zone, zone text) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select (at at time zone zone)::date
$$;
CREATE FUNCTION issuer.report_delivery(as_of date, known_at timestamp with time zone) RETURNS TABLE(license_id bigint, delivered_on date)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select k.license_id, min(k.delivered_on)
    from issuer.license_key k
    where k.delivered_on <= as_of
      and k.id not in (select d.license_key_id from issuer.key_delivery d
                       where d.recorded_at > known_at)
    group by k.license_id
$$;
CREATE FUNCTION issuer.report_end(as_of date, zone text) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select (as_of + 1)::timestamp at time zone zone
$$;
CREATE FUNCTION issuer.report_entitlement(as_of date, known_at timestamp with time zone) RETURNS TABLE(license_id bigint, version integer, expires_on date, activations integer, servers integer)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select distinct on (e.license_id) e.license_id, e.version, e.expires_on, e.activations,
        e.servers
    from issuer.entitlement e
    where e.effective <= as_of and e.recorded_at <= known_at
    order by e.license_id, e.version desc
$$;
CREATE FUNCTION issuer.report_expiring(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(what text, which text, month text, licenses bigint, in_use bigint, servers bigint)
    LANGUAGE plpgsql STABLE
    SET enable_hashjoin TO 'off'
    SET enable_nestloop TO 'off'
    SET jit TO 'off'
    SET work_mem TO '256MB'
    SET max_parallel_workers_per_gather TO '2'
    SET parallel_setup_cost TO '0'
    SET parallel_tuple_cost TO '0.01'
    SET min_parallel_table_scan_size TO '1TB'
    SET min_parallel_index_scan_size TO '1TB'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
#variable_conflict use_column
declare
    cuts constant bigint[] := issuer.report_cuts('issuer.license');
begin
    return query
    with counted as materialized (
        select issuer.report_month(l.expires_on) as expires, l.expires_on >= as_of as good,
            issuer.report_month(l.support_until) as support_until,
            l.support_until >= as_of as supported, l.active > 0 as in_use, count(*) as licenses,
            sum(l.active)::bigint as servers
        from issuer.report_license_thirds(as_of, known_at, zone, cuts) l
        where l.state <> 'ended'
        group by 1, 2, 3, 4, 5)
    select x.what, x.which, to_char(x.month, 'YYYY-MM'), sum(l.licenses)::bigint,
        coalesce(sum(l.licenses) filter (where l.in_use), 0)::bigint, sum(l.servers)::bigint
    from counted l
    cross join lateral (
        select 'renewal', 'license', l.expires where l.good
        union all
        select 'renewal', 'support', l.support_until where l.supported
        union all
        select 'lapsed', 'support', l.support_until where not l.supported and l.in_use)
        x (what, which, month)
    group by x.what, x.which, x.month
    order by x.what desc, x.month, x.which;
end $$;
CREATE FUNCTION issuer.report_expiring_rows(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(what text, which text, ends_on date, license_id text, customer text, customer_name text, state text, servers bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
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
CREATE FUNCTION issuer.report_holds(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(case_number bigint, opened_at timestamp with time zone, age_days integer, reason text, license_id text, server text)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select h.id, h.opened_at,
        extract(day from least(issuer.report_end(as_of, zone), known_at) - h.opened_at)::integer,
        d.code, l.license_id::text, r.host::text
    from issuer.hold h
    join issuer.usage_request r on r.id = h.request_id
    left join issuer.license l on l.id = r.license_id
    left join lateral (select d.code::text from issuer.decision d
                       where d.request_id = h.request_id and d.recorded_at <= known_at
                         and d.effective < issuer.report_end(as_of, zone)
                       order by d.recorded_at desc, d.id desc limit 1) d on true
    where h.opened_at < issuer.report_end(as_of, zone) and h.recorded_at <= known_at
      and (h.closed_at is null or h.closed_at >= issuer.report_end(as_of, zone)
           or h.closed_at > known_at)
    order by h.opened_at, h.id
$$;
CREATE FUNCTION issuer.report_issuance(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(month text, feature text, kind text, grants text, issued bigint)
    LANGUAGE plpgsql STABLE
    SET enable_hashjoin TO 'off'
    SET enable_nestloop TO 'off'
    SET jit TO 'off'
    SET work_mem TO '256MB'
    SET max_parallel_workers_per_gather TO '2'
    SET parallel_setup_cost TO '0'
    SET parallel_tuple_cost TO '0.01'
    SET min_parallel_table_scan_size TO '1TB'
    SET min_parallel_index_scan_size TO '1TB'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
#variable_conflict use_column
declare
    cuts constant bigint[] := issuer.report_cuts('issuer.license');
    months constant timestamptz[] := issuer.report_months(as_of, zone);
begin
    return query
    with regular as materialized (
        select * from issuer.report_issuance_part(as_of, known_at, zone, months,
                                                  -9223372036854775808, cuts[1])
        union all
        select * from issuer.report_issuance_part(as_of, known_at, zone, months, cuts[1] + 1, cuts[2])
        union all
        select * from issuer.report_issuance_part(as_of, known_at, zone, months, cuts[2] + 1,
                                                  9223372036854775807))
    select issuer.report_month_text(x.month), x.code, x.kind::text, x.grants, sum(x.issued)::bigint
    from (
        select r.month, r.kind, unnest(string_to_array(r.codes, ' ')) as code, 'regular' as grants,
            r.issued
        from regular r
        union all
        select width_bucket(u.iat, months), o.kind, f.code, 'emergency', count(*)
        from issuer.usage_license u
        join issuer.entitlement e on e.license_id = u.license_id and e.version = u.version
        join issuer.orders o on o.id = e.order_id
        join issuer.entitlement_feature f
            on f.license_id = u.license_id and f.version = u.version
        where u.emergency and u.iat < issuer.report_end(as_of, zone) and u.recorded_at <= known_at
        group by 1, 2, 3) x
    group by x.month, x.code, x.kind, x.grants
    order by x.month, x.code collate "C", x.kind, x.grants desc;
end $$;
CREATE FUNCTION issuer.report_issuance_part(as_of date, known_at timestamp with time zone, zone text, months timestamp with time zone[], first bigint, last bigint) RETURNS TABLE(month integer, kind issuer.order_kind, codes text, issued bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $_$
    select y.month, y.kind, y.codes, count(*)
    from (
        select width_bucket(a.active_from, $4) as month, g.kind, g.codes
        from issuer.activation a
        join (
            select e.license_id, e.version, max(e.kind) as kind, string_agg(f.code, ' ') as codes
            from (select e.license_id, e.version, o.kind
                  from issuer.entitlement e join issuer.orders o on o.id = e.order_id + 0
                  where e.license_id between $5 and $6 offset '0') e
            join issuer.entitlement_feature f
                on f.license_id = e.license_id and f.version = e.version
            where f.license_id between $5 and $6
            group by e.license_id, e.version) g  -- of one order, so max() is its kind
            on g.license_id = a.license_id and a.version between g.version and g.version
        where a.license_id between $5 and $6
          and a.active_from < issuer.report_end(as_of, zone) and a.recorded_at <= known_at
        offset '0') y
    group by y.month, y.kind, y.codes
$_$;
CREATE FUNCTION issuer.report_keys(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(key text, development boolean, not_before date, not_after date, revoked_on date, signed bigint, live bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select k.kid::text, k.development, issuer.report_day(k.not_before, zone),
        issuer.report_day(k.not_after, zone),
        case when k.revoked_at < issuer.report_end(as_of, zone) and k.revoked_at <= known_at
             then issuer.report_day(k.revoked_at, zone) end,
        coalesce(u.signed, 0), coalesce(u.live, 0)
    from issuer.signing_key k
    left join (
        select u.kid, count(*) as signed,
            count(*) filter (where (u.exp is null or u.exp >= issuer.report_end(as_of, zone))
                               and (u.emergency or a.id is not null)) as live
        from issuer.usage_license u
        left join issuer.activation a
            on a.id = u.serial
           and (a.active_until is null or a.active_until >= issuer.report_end(as_of, zone)
                or a.ended_recorded_at > known_at)
        where u.iat < issuer.report_end(as_of, zone) and u.recorded_at <= known_at
        group by u.kid) u on u.kid = k.kid
    where k.recorded_at <= known_at
    order by k.not_before, k.kid::text collate "C"
$$;
CREATE FUNCTION issuer.report_known() RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    oldest timestamptz;
    hidden bigint;
begin
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
CREATE FUNCTION issuer.report_late(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(what text, effective date, recorded_at timestamp with time zone, license bigint, subject text)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select 'order', o.ordered_on, o.recorded_at, null::bigint, o.reference::text
    from issuer.orders o
    where o.ordered_on <= as_of and o.recorded_at <= known_at
      and o.ordered_on < date_trunc('month', o.recorded_at at time zone interval '14:00')::date
    union all
    select 'entitlement', e.effective, e.recorded_at, e.license_id, 'version ' || e.version
    from issuer.entitlement e
    where e.effective <= as_of and e.recorded_at <= known_at
      and e.effective < date_trunc('month', e.recorded_at at time zone interval '14:00')::date
    union all
    select 'support', t.effective, t.recorded_at, t.license_id, 'version ' || t.version
    from issuer.term_entry t
    where t.effective <= as_of and t.recorded_at <= known_at
      and t.effective < date_trunc('month', t.recorded_at at time zone interval '14:00')::date
    union all
    select 'delivery', d.delivered_on, d.recorded_at, k.license_id, 'key ending in ' || k.hint
    from issuer.key_delivery d join issuer.license_key k on k.id = d.license_key_id
    where d.delivered_on <= as_of and d.recorded_at <= known_at
      and d.delivered_on < date_trunc('month', d.recorded_at at time zone interval '14:00')::date
    union all
    select 'state', issuer.report_day(s.effective, zone), s.recorded_at, s.license_id, s.state::text
    from issuer.license_state_version s
    where s.effective < issuer.report_end(as_of, zone) and s.recorded_at <= known_at
    union all
    select 'restoration', issuer.report_day(d.effective, zone), d.recorded_at, r.license_id,
        'case ' || r.id
    from issuer.restoration_decision d join issuer.restoration r on r.id = d.restoration_id
    where d.effective < issuer.report_end(as_of, zone) and d.recorded_at <= known_at
$$;
CREATE FUNCTION issuer.report_late_entries(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(what text, month text, recorded_in text, entries bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select y.what, to_char(y.month, 'YYYY-MM'), to_char(y.recorded, 'YYYY-MM'), count(*)
    from (select x.what, issuer.report_month(x.effective) as month,
              issuer.report_month(issuer.report_day(x.recorded_at, zone)) as recorded
          from issuer.report_late(as_of, known_at, zone) x) y
    where y.recorded > y.month
    group by y.what, y.month, y.recorded
    order by y.month, y.recorded, y.what collate "C"
$$;
CREATE FUNCTION issuer.report_late_entries_rows(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(what text, effective date, recorded_on date, license_id text, subject text)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select x.what, x.effective, issuer.report_day(x.recorded_at, zone), l.license_id::text,
        x.subject
    from issuer.report_late(as_of, known_at, zone) x
    left join issuer.license l on l.id = x.license
    where issuer.report_month(issuer.report_day(x.recorded_at, zone))
          > issuer.report_month(x.effective)
    order by x.recorded_at, x.what collate "C", x.license, x.subject collate "C"
$$;
CREATE FUNCTION issuer.report_license(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(id bigint, license_id text, customer_id bigint, product text, order_id bigint, sold_on date, delivered_on date, activated_on date, state text, version integer, expires_on date, support_until date, servers integer, active bigint, allowed integer, used bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select * from issuer.report_license_part(as_of, known_at, zone, -9223372036854775808,
                                             9223372036854775807)
$$;
CREATE FUNCTION issuer.report_license_part(as_of date, known_at timestamp with time zone, zone text, first bigint, last bigint) RETURNS TABLE(id bigint, license_id text, customer_id bigint, product text, order_id bigint, sold_on date, delivered_on date, activated_on date, state text, version integer, expires_on date, support_until date, servers integer, active bigint, allowed integer, used bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $_$
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
$_$;
CREATE FUNCTION issuer.report_license_thirds(as_of date, known_at timestamp with time zone, zone text, cuts bigint[]) RETURNS TABLE(id bigint, license_id text, customer_id bigint, product text, order_id bigint, sold_on date, delivered_on date, activated_on date, state text, version integer, expires_on date, support_until date, servers integer, active bigint, allowed integer, used bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select * from issuer.report_license_part(as_of, known_at, zone, -9223372036854775808, cuts[1])
    union all
    select * from issuer.report_license_part(as_of, known_at, zone, cuts[1] + 1, cuts[2])
    union all
    select * from issuer.report_license_part(as_of, known_at, zone, cuts[2] + 1,
                                             9223372036854775807)
$$;
CREATE FUNCTION issuer.report_licenses(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(product text, state text, licenses bigint, delivered bigint, activated bigint, allowed bigint, used bigint, active bigint)
    LANGUAGE plpgsql STABLE
    SET enable_hashjoin TO 'off'
    SET enable_nestloop TO 'off'
    SET jit TO 'off'
    SET work_mem TO '256MB'
    SET max_parallel_workers_per_gather TO '2'
    SET parallel_setup_cost TO '0'
    SET parallel_tuple_cost TO '0.01'
    SET min_parallel_table_scan_size TO '1TB'
    SET min_parallel_index_scan_size TO '1TB'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
#variable_conflict use_column
declare
    cuts constant bigint[] := issuer.report_cuts('issuer.license');
begin
    return query
    select l.product, l.state, count(*), count(l.delivered_on), count(l.activated_on),
        coalesce(sum(l.allowed), 0)::bigint, sum(l.used)::bigint, sum(l.active)::bigint
    from issuer.report_license_thirds(as_of, known_at, zone, cuts) l
    group by l.product, l.state
    order by l.product collate "C", l.state collate "C";
end $$;
CREATE FUNCTION issuer.report_licenses_rows(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(license_id text, customer text, customer_name text, product text, order_ref text, kind text, sold_on date, delivered_on date, activated_on date, state text, version integer, expires_on date, support_until date, servers integer, active bigint, allowed integer, used bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select l.license_id, 'CU-' || c.root, c.name, l.product, o.reference::text, o.kind::text,
        l.sold_on, l.delivered_on, l.activated_on, l.state, l.version, l.expires_on,
        l.support_until, l.servers, l.active, l.allowed, l.used
    from issuer.report_license(as_of, known_at, zone) l
    join issuer.orders o on o.id = l.order_id
    left join issuer.report_customer(as_of, known_at) c on c.id = l.customer_id
    order by l.id
$$;
CREATE FUNCTION issuer.report_month(day date) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select date_trunc('month', day::timestamp)::date
$$;
CREATE FUNCTION issuer.report_month_text(number integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select to_char(timestamp '1999-12-01' + number * interval '1 month', 'YYYY-MM')
$$;
CREATE FUNCTION issuer.report_months(as_of date, zone text) RETURNS timestamp with time zone[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select array_agg(m at time zone zone order by m)
    from generate_series(timestamp '2000-01-01', as_of::timestamp, interval '1 month') m
$$;
CREATE FUNCTION issuer.report_orders(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(month text, kind text, orders bigint, sold bigint, delivered bigint, activated bigint, days_to_delivery integer, days_to_activation integer)
    LANGUAGE plpgsql STABLE
    SET enable_hashjoin TO 'off'
    SET enable_nestloop TO 'off'
    SET jit TO 'off'
    SET work_mem TO '256MB'
    SET max_parallel_workers_per_gather TO '2'
    SET parallel_setup_cost TO '0'
    SET parallel_tuple_cost TO '0.01'
    SET min_parallel_table_scan_size TO '1TB'
    SET min_parallel_index_scan_size TO '1TB'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
#variable_conflict use_column
declare
    cuts constant bigint[] := issuer.report_cuts('issuer.license');
begin
    return query
    with sold as materialized (
        select * from issuer.report_orders_part(as_of, known_at, zone, -9223372036854775808, cuts[1])
        union all
        select * from issuer.report_orders_part(as_of, known_at, zone, cuts[1] + 1, cuts[2])
        union all
        select * from issuer.report_orders_part(as_of, known_at, zone, cuts[2] + 1,
                                                9223372036854775807)),
    delivery as (
        select s.month, s.kind, s.delivery as days,
            2 * sum(sum(s.sold)) over (partition by s.month, s.kind order by s.delivery)
            >= sum(sum(s.sold)) over (partition by s.month, s.kind) as half
        from sold s where s.delivery is not null group by s.month, s.kind, s.delivery),
    activation as (
        select s.month, s.kind, s.activation as days,
            2 * sum(sum(s.sold)) over (partition by s.month, s.kind order by s.activation)
            >= sum(sum(s.sold)) over (partition by s.month, s.kind) as half
        from sold s where s.activation is not null group by s.month, s.kind, s.activation),
    line as (
        select issuer.report_month(o.ordered_on) as month, o.kind, count(*) as orders, 0 as sold,
            0 as delivered, 0 as activated, null::integer as delivery, null::integer as activation
        from issuer.orders o where o.ordered_on <= as_of and o.recorded_at <= known_at
        group by 1, 2
        union all
        select s.month, s.kind, 0, s.sold, s.delivered, s.activated, null, null from sold s
        union all
        select d.month, d.kind, 0, 0, 0, 0, min(d.days), null from delivery d where d.half group by 2, 1
        union all
        select a.month, a.kind, 0, 0, 0, 0, null, min(a.days) from activation a where a.half
        group by 2, 1)
    select to_char(x.month, 'YYYY-MM'), x.kind::text, sum(x.orders)::bigint, sum(x.sold)::bigint,
        sum(x.delivered)::bigint, sum(x.activated)::bigint, min(x.delivery), min(x.activation)
    from line x
    group by x.month, x.kind
    order by x.month, x.kind;
end $$;
CREATE FUNCTION issuer.report_orders_part(as_of date, known_at timestamp with time zone, zone text, first bigint, last bigint) RETURNS TABLE(month date, kind issuer.order_kind, delivery integer, activation integer, sold bigint, delivered bigint, activated bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $_$
    select issuer.report_month(o.ordered_on), o.kind, l.delivered_on - o.ordered_on,
        l.activated_on - l.delivered_on, count(*), count(l.delivered_on), count(l.activated_on)
    from issuer.report_license_part(as_of, known_at, zone, $4, $5) l
    join issuer.orders o on o.id = l.order_id
    where o.ordered_on <= as_of and o.recorded_at <= known_at
    group by 1, 2, 3, 4
$_$;
CREATE FUNCTION issuer.report_orders_rows(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(order_ref text, kind text, ordered_on date, customer text, customer_name text, license_id text, delivered_on date, activated_on date, days_to_delivery integer, days_to_activation integer)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select o.reference::text, o.kind::text, o.ordered_on, 'CU-' || c.root, c.name, l.license_id,
        l.delivered_on, l.activated_on, l.delivered_on - o.ordered_on,
        l.activated_on - l.delivered_on
    from issuer.orders o
    left join issuer.report_license(as_of, known_at, zone) l on l.order_id = o.id
    left join issuer.report_customer(as_of, known_at) c on c.id = o.customer_id
    where o.ordered_on <= as_of and o.recorded_at <= known_at
    order by o.id, l.id
$$;
CREATE FUNCTION issuer.report_proven(activation bigint, before timestamp with time zone, known_at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    AS $_$
begin
    return (select true from issuer.event v
            where v.subject_id = activation and v.subject = 'activation'
              and v.kind || '' = 'activation-deactivated'  -- an activation has fewer than a kind
              and v.effective < before and v.recorded_at <= $3
            limit 1) is not null;
end $_$;
CREATE FUNCTION issuer.report_reconciliation(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(equation text, term text, license_id text, number bigint, why text)
    LANGUAGE plpgsql STABLE
    SET enable_hashjoin TO 'off'
    SET enable_nestloop TO 'off'
    SET jit TO 'off'
    SET work_mem TO '256MB'
    SET max_parallel_workers_per_gather TO '2'
    SET parallel_setup_cost TO '0'
    SET parallel_tuple_cost TO '0.01'
    SET min_parallel_table_scan_size TO '1TB'
    SET min_parallel_index_scan_size TO '1TB'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
#variable_conflict use_column
declare
    cuts constant bigint[] := issuer.report_cuts('issuer.license');
    use_cuts constant bigint[] := issuer.report_cuts('issuer.activation');
begin
    return query
    with sale as materialized (
        select x.wrong, count(*) as sold, count(*) filter (where x.delivered) as delivered,
            count(*) filter (where x.open) as open, count(*) filter (where x.cancelled) as cancelled
        from (select case when not (s.delivered or s.open or s.cancelled) then s.license_id end
                  as wrong, s.*
              from (select * from issuer.report_sale_part(as_of, known_at, zone,
                                                          -9223372036854775808, cuts[1])
                    union all
                    select * from issuer.report_sale_part(as_of, known_at, zone, cuts[1] + 1, cuts[2])
                    union all
                    select * from issuer.report_sale_part(as_of, known_at, zone, cuts[2] + 1,
                                                          9223372036854775807)) s) x
        group by x.wrong),
    usage as materialized (
        select x.wrong, count(*) filter (where x.taken) as taken,
            count(*) filter (where x.given_back_by is not null) as given_back,
            count(*) filter (where x.active) as active,
            count(*) filter (where x.counted and not x.active) as kept,
            count(*) filter (where x.too_few) as too_few, count(*) filter (where x.twice) as twice
        from (select case when y.too_few or y.twice then u.license_id end as wrong, y.*, u.*
              from issuer.report_use_thirds(as_of, known_at, zone, use_cuts) u
              cross join lateral (select
                  not u.counted and u.given_back_by is null
                      and (not u.went_on or u.goes_on_under <> u.license_id) as too_few,
                  u.counted and u.went_on as twice) y) x
        group by x.wrong),
    sold as (
        select coalesce(sum(sold), 0)::bigint as sold,
            coalesce(sum(delivered), 0)::bigint as delivered,
            coalesce(sum(open), 0)::bigint as open,
            coalesce(sum(cancelled), 0)::bigint as cancelled
        from sale),
    used as (
        select coalesce(sum(taken) - sum(given_back), 0)::bigint as used,
            coalesce(sum(active), 0)::bigint as active, coalesce(sum(kept), 0)::bigint as kept
        from usage),
    line (position, equation, term, license, number, why) as (
        select v.* from sold s cross join lateral (values
            (1, 'sales', 'sold', null::bigint, s.sold, null),
            (2, 'sales', 'delivered', null, s.delivered, null),
            (3, 'sales', 'open', null, s.open, null),
            (4, 'sales', 'cancelled', null, s.cancelled, null),
            (5, 'sales', 'difference', null, s.sold - s.delivered - s.open - s.cancelled, null)) v
        union all
        select 6, 'sales', 'difference', s.wrong, s.sold, 'sold, and no key of it is on record'
        from sale s where s.wrong is not null
        union all
        select v.* from used u cross join lateral (values
            (7, 'uses', 'used', null::bigint, u.used, null),
            (8, 'uses', 'active', null, u.active, null),
            (9, 'uses', 'not given back', null, u.kept, null),
            (10, 'uses', 'difference', null, u.used - u.active - u.kept, null)) v
        union all
        select 11, 'uses', 'difference', u.wrong, u.too_few - u.twice,
            format('%s uses ended without evidence, %s count twice', u.too_few, u.twice)
        from usage u where u.wrong is not null)
    select x.equation, x.term, l.license_id::text, x.number, x.why
    from line x left join issuer.license l on l.id = x.license
    order by x.position, x.license;
end $$;
CREATE FUNCTION issuer.report_response_times(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(month text, replies bigint, median_seconds bigint, p95_seconds bigint, longest_seconds bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    with months as materialized (select issuer.report_months(as_of, zone) as firsts),
    waited as (
        select x.month, x.seconds, count(*) as replies
        from (select width_bucket(m.effective, (select firsts from months)) as month,
                  -- As a number is rounded, which would take longer to compute.
                  case when r.sent_at >= m.effective
                       then floor(date_part('epoch', r.sent_at - m.effective) + 0.5)
                       else ceil(date_part('epoch', r.sent_at - m.effective) - 0.5)
                  end::bigint as seconds
              from issuer.reply r join issuer.message m on m.id = r.message_id
              where r.state = 'sent' and r.sent_at < issuer.report_end(as_of, zone)
                and r.sent_at <= known_at and r.recorded_at <= known_at
              offset '0') x
        group by x.month, x.seconds),
    placed as (
        select w.month, w.seconds, w.replies,
            sum(w.replies) over (partition by w.month order by w.seconds) as up_to,
            sum(w.replies) over (partition by w.month) as total
        from waited w)
    select issuer.report_month_text(p.month), max(p.total)::bigint,
        min(p.seconds) filter (where 2 * p.up_to >= p.total),
        min(p.seconds) filter (where 100 * p.up_to >= 95 * p.total), max(p.seconds)
    from placed p
    group by p.month
    order by p.month
$$;
CREATE FUNCTION issuer.report_restorations(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(case_number bigint, opened_on date, license_id text, evidence text, asked_by text, asked_why text, outcome text, decided_on date, decided_by text, second_by text, decided_why text, ticket text, serial text)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select r.id, issuer.report_day(r.opened_at, zone), l.license_id::text, r.evidence::text,
        coalesce(o.name::text, 'a contact, by mail'), r.reason, coalesce(d.outcome, 'open')::text,
        issuer.report_day(d.effective, zone), b.name::text, s.name::text, d.reason,
        coalesce(d.ticket, r.ticket),
        'UL-' || lpad(d.activation_id::text, greatest(8, length(d.activation_id::text)), '0')
    from issuer.restoration r join issuer.license l on l.id = r.license_id
    left join issuer.operator o on o.id = r.opened_by
    left join issuer.restoration_decision d
        on d.restoration_id = r.id and d.effective < issuer.report_end(as_of, zone)
       and d.recorded_at <= known_at
    left join issuer.operator b on b.id = d.decided_by
    left join issuer.operator s on s.id = d.second_by
    where r.opened_at < issuer.report_end(as_of, zone) and r.recorded_at <= known_at
    order by r.opened_at, r.id
$$;
CREATE FUNCTION issuer.report_restored(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(activation_id bigint, evidence text)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select d.activation_id, r.evidence::text
    from issuer.restoration_decision d join issuer.restoration r on r.id = d.restoration_id
    where d.outcome = 'approved' and d.effective < issuer.report_end(as_of, zone)
      and d.recorded_at <= known_at
$$;
CREATE FUNCTION issuer.report_sale_part(as_of date, known_at timestamp with time zone, zone text, first bigint, last bigint) RETURNS TABLE(license_id bigint, delivered boolean, open boolean, cancelled boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $_$
    select l.id, not x.cancelled and coalesce(k.delivered, false),
        not x.cancelled and not coalesce(k.delivered, true), x.cancelled
    from issuer.license l
    left join issuer.report_state(as_of, known_at, zone) s
        on s.license_id = l.id and s.license_id between $4 and $5
    left join (
        select k.license_id,
            bool_or(k.delivered_on is not null and k.delivered_on <= as_of
                    and k.id not in (select d.license_key_id from issuer.key_delivery d
                                     where d.recorded_at > known_at)) as delivered
        from issuer.license_key k where k.license_id between $4 and $5 group by k.license_id) k on k.license_id = l.id
    cross join lateral (select s.state is not distinct from 'ended' as cancelled) x
    where l.id between $4 and $5 and l.effective <= as_of and l.recorded_at <= known_at
$_$;
CREATE TABLE issuer.license_state_version (
    license_id bigint NOT NULL,
    version integer NOT NULL,
    state issuer.license_state NOT NULL,
    reason text NOT NULL,
    operator_id bigint,
    effective timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    order_id bigint,
    replaced_by bigint,
    ended_how issuer.one_line,
    CONSTRAINT license_state_version_check CHECK (((ended_how IS NULL) OR (state = 'ended'::issuer.license_state))),
    CONSTRAINT license_state_version_check1 CHECK (((replaced_by IS NULL) OR ((ended_how)::text = 'replaced'::text))),
    CONSTRAINT license_state_version_ended_how_check CHECK (((ended_how)::text = ANY (ARRAY['refunded'::text, 'cancelled'::text, 'replaced'::text]))),
    CONSTRAINT license_state_version_version_check CHECK ((version >= 1))
);
CREATE FUNCTION issuer.report_state(as_of date, known_at timestamp with time zone, zone text) RETURNS SETOF issuer.license_state_version
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select s.* from issuer.license_state_version s
    where s.effective < issuer.report_end(as_of, zone) and s.recorded_at <= known_at
      and not exists (select from issuer.license_state_version n
                      where n.license_id = s.license_id and n.version > s.version
                        and n.effective < issuer.report_end(as_of, zone)
                        and n.recorded_at <= known_at)
$$;
CREATE FUNCTION issuer.report_support_years(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(month text, feature text, kind text, entries bigint, years bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select to_char(t.month, 'YYYY-MM'), t.code::text, t.kind::text, count(*),
        coalesce(sum(t.years), 0)::bigint
    from (select issuer.report_month(t.effective) as month, t.code, t.kind, t.years
          from issuer.term_entry t
          where t.effective <= as_of and t.recorded_at <= known_at) t
    group by t.month, t.code, t.kind
    order by t.month, t.code::text collate "C", t.kind::text collate "C"
$$;
CREATE FUNCTION issuer.report_support_years_rows(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(license_id text, feature text, version integer, kind text, years integer, from_on date, until_on date, order_ref text, order_kind text, effective date, recorded_on date)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select l.license_id::text, t.code::text, t.version, t.kind::text, t.years, t.from_on,
        t.until_on, o.reference::text, o.kind::text, t.effective,
        issuer.report_day(t.recorded_at, zone)
    from issuer.term_entry t join issuer.license l on l.id = t.license_id
    join issuer.orders o on o.id = t.order_id
    where t.effective <= as_of and t.recorded_at <= known_at
    order by t.license_id, t.version, t.code collate "C"
$$;
CREATE FUNCTION issuer.report_use(as_of date, known_at timestamp with time zone, zone text) RETURNS TABLE(id bigint, license_id bigint, taken boolean, active boolean, counted boolean, went_on boolean, goes_on_under bigint, given_back_by text, lost boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select * from issuer.report_use_part(as_of, known_at, zone, -9223372036854775808,
                                         9223372036854775807)
$$;
CREATE FUNCTION issuer.report_use_part(as_of date, known_at timestamp with time zone, zone text, first bigint, last bigint) RETURNS TABLE(id bigint, license_id bigint, taken boolean, active boolean, counted boolean, went_on boolean, goes_on_under bigint, given_back_by text, lost boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $_$
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
$_$;
CREATE FUNCTION issuer.report_use_thirds(as_of date, known_at timestamp with time zone, zone text, cuts bigint[]) RETURNS TABLE(id bigint, license_id bigint, taken boolean, active boolean, counted boolean, went_on boolean, goes_on_under bigint, given_back_by text, lost boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select * from issuer.report_use_part(as_of, known_at, zone, -9223372036854775808, cuts[1])
    union all
    select * from issuer.report_use_part(as_of, known_at, zone, cuts[1] + 1, cuts[2])
    union all
    select * from issuer.report_use_part(as_of, known_at, zone, cuts[2] + 1, 9223372036854775807)
$$;
CREATE FUNCTION issuer.report_zone() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select coalesce(nullif(current_setting('issuer.finance_zone', true), ''), 'UTC')
$$;
CREATE FUNCTION issuer.require_references() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $_$
declare
    columns text;
    wrong text;
begin
    for n in 0 .. tg_nargs - 1 by 3 loop
        columns := 'a.' || replace(tg_argv[n], ', ', ', a.');
        execute format('select (%1$s)::text from added a where (%1$s) is not null and not exists '
                       '(select from issuer.%2$I r where (%3$s) = (%1$s)) limit 1',
                       columns, tg_argv[n + 1], 'r.' || replace(tg_argv[n + 2], ', ', ', r.'))
            into wrong;
        if wrong is not null then
            raise exception '%: there is no % whose % is %', tg_table_name, tg_argv[n + 1],
                tg_argv[n + 2], wrong using errcode = 'foreign_key_violation';
        end if;
    end loop;
    return null;
end $_$;
CREATE TABLE issuer.hold (
    id bigint NOT NULL,
    request_id bigint NOT NULL,
    decision_id bigint NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    closed_by bigint,
    closed_how issuer.one_line,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT hold_check CHECK (((closed_at IS NULL) = (closed_how IS NULL)))
);
ALTER TABLE issuer.hold ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.hold_id_seq
    START WITH 1001
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.restoration (
    id bigint DEFAULT nextval('issuer.hold_id_seq'::regclass) NOT NULL,
    license_id bigint NOT NULL,
    activation_id bigint,
    message_id bigint,
    evidence issuer.one_line NOT NULL,
    opened_by bigint,
    reason text,
    ticket text,
    opened_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT restoration_check CHECK (((opened_by IS NULL) = (reason IS NULL))),
    CONSTRAINT restoration_check1 CHECK (((message_id IS NOT NULL) OR (opened_by IS NOT NULL))),
    CONSTRAINT restoration_evidence_check CHECK (((evidence)::text = ANY (ARRAY['attested'::text, 'forced'::text])))
);
CREATE FUNCTION issuer.restoration_approvers(opened issuer.restoration, first_id bigint, second_id bigint, at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    present constant timestamptz := clock_timestamp();  -- no caller makes a house younger
    why text;
    fresh text;
begin
    select l.second_why into why from restoration_limit(opened.id, at) l;
    if opened.opened_by in (first_id, second_id) then
        raise exception 'case % was opened by operator %: whoever opens a case may not approve it',
            opened.id, (select o.name from operator o where o.id = opened.opened_by)
            using errcode = 'IS002';
    elsif first_id = second_id then
        raise exception 'case %: one person cannot approve as both persons', opened.id
            using errcode = 'IS002';
    elsif why is not null and second_id is null then
        raise exception 'case % takes a second operator (--second-token-file): %', opened.id, why
            using errcode = 'IS002';
    end if;
    if second_id is not null and (select min(o.recorded_at) from operator o)
                                 <= present - interval '30 days' then
        select string_agg(o.name, ' and ' order by o.id) into fresh from operator o
            where o.id in (first_id, second_id) and o.recorded_at > present - interval '7 days';
        if fresh is not null then
            raise exception 'case % takes two operators who have been here for 7 days: % %', opened.id,
                fresh, case when fresh like '% and %' then 'have not' else 'has not' end
                using errcode = 'IS002';
        end if;
    end if;
end $$;
CREATE FUNCTION issuer.restoration_carry_out(instruction bigint, at timestamp with time zone) RETURNS TABLE(case_number bigint, license bigint, license_id text, serial bigint, evidence text, used bigint, allowed integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    filed instruction;
    approved restoration;
    decided restoration_decision;
    target activation;
    stand_in usage_request;
begin
    select * into filed from instruction i
        where i.id = restoration_carry_out.instruction and i.state in ('filed', 'taken')
          and i.kind = 'approve' for update;
    if not found then
        raise exception 'instruction % has ended meanwhile: look at the case again',
            restoration_carry_out.instruction using errcode = 'IS004';
    end if;
    select * into approved from restoration s where s.id = filed.restoration_id;
    select * into stand_in from usage_request r
        where r.id = (filed.arguments ->> 'replacement')::bigint;
    perform from instance i where i.thumbprint = stand_in.thumbprint for no key update;
    perform from license l where l.id = approved.license_id for no key update;
    approved := restoration_open_case(approved.id);
    perform instruction_rights(filed, at);
    perform restoration_approvers(approved, filed.operator_id, filed.second_id, at);
    target := restoration_target(approved.license_id,
        coalesce((filed.arguments ->> 'serial')::bigint, approved.activation_id));
    if stand_in.id is not null and stand_in.license_id is distinct from approved.license_id then
        raise exception 'the request named as the replacement is of another license'
            using errcode = 'IS003';
    end if;
    insert into restoration_decision (restoration_id, outcome, activation_id, replacement, decided_by,
                                      second_by, reason, ticket, effective)
        values (approved.id, 'approved', target.id, stand_in.digest, filed.operator_id,
                filed.second_id, filed.arguments ->> 'reason', filed.arguments ->> 'ticket', at)
        returning * into decided;
    perform note_event('restoration-approved', 'restoration_decision', approved.id, decided::text,
                       approved.license_id, filed.operator_id, at);
    update activation a set state = 'lost', counted = false, ended_by = approved.evidence,
        lost_at = greatest(at, a.active_from),
        active_until = coalesce(a.active_until, greatest(at, a.active_from)),
        counted_until = greatest(at, a.active_from), ended_recorded_at = transaction_timestamp()
        where a.id = target.id returning a.* into target;
    perform note_event('activation-lost', 'activation', target.id, target::text, approved.license_id,
                       filed.operator_id, at);
    update instance i set passed_at = greatest(at, target.lost_at) + interval '1 second'
        where i.thumbprint = stand_in.thumbprint;
    perform restoration_tell(approved, 'restored', at);
    perform case_mails_handle(approved.id, 'approved', filed.operator_id, at);
    update instruction i set state = 'done', ended_at = at, answer = jsonb_build_object('case', approved.id,
            'serial', target.id)
        where i.id = filed.id returning i.* into filed;
    perform note_event('instruction-done', 'instruction', filed.id, filed::text, approved.license_id,
                       filed.operator_id, at);
    return query select approved.id, l.id, l.license_id::text, target.id, approved.evidence::text,
        l.used, l.activations from license_now l where l.id = approved.license_id;
end $$;
CREATE FUNCTION issuer.restoration_close() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    made restoration;
begin
    update restoration s set closed_at = new.effective where s.id = new.restoration_id
        returning * into made;
    perform note_event('restoration-closed', 'restoration', made.id, made::text, made.license_id,
                       new.decided_by, new.effective);
    return null;
end $$;
CREATE FUNCTION issuer.restoration_deny(token issuer.digest, case_number bigint, why text, at timestamp with time zone) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    who record;
    denied restoration;
    decided restoration_decision;
begin
    select * into who from operator_require(token, 'restoration deny', at);
    perform reason_require(why);
    denied := restoration_open_case(case_number);
    perform from license l where l.id = denied.license_id for no key update;
    denied := restoration_open_case(case_number);
    insert into restoration_decision (restoration_id, outcome, decided_by, reason, effective)
        values (denied.id, 'denied', who.id, why, at) returning * into decided;
    perform note_event('restoration-denied', 'restoration_decision', denied.id, decided::text,
                       denied.license_id, who.id, at);
    -- An approval that was filed for whoever has the key is over; who carries it out already is told.
    perform instructions_expire(
        (select array_agg(i.id) from (select i.id from instruction i
             where i.restoration_id = denied.id and i.state = 'filed'
             order by i.id for update skip locked) i),
        format('case %s was denied by operator %s', denied.id, who.name), at);
    perform restoration_tell(denied, 'not-restored', at);
    perform case_mails_handle(denied.id, 'denied', who.id, at);
    return (select l.license_id from license l where l.id = denied.license_id);
end $$;
CREATE FUNCTION issuer.restoration_file(token issuer.digest, second_token issuer.digest, case_number bigint, arguments jsonb, lease_end timestamp with time zone, at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    who record;
    other record;
    wanted restoration;
    target bigint;
    filed instruction;
begin
    select * into who from operator_require(token, 'restoration approve', at);
    if second_token is not null then
        select * into other from operator_require(second_token, 'restoration second', at);
    else
        select null::bigint as id into other;
    end if;
    perform reason_require(arguments ->> 'reason');
    wanted := restoration_open_case(case_number);
    target := coalesce((arguments ->> 'serial')::bigint, wanted.activation_id);
    if target is null then
        raise exception 'case % names no server: say whose use is given back by --serial; '
            '`issuer restoration show %` lists them', case_number, case_number using errcode = 'IS003';
    end if;
    perform restoration_target(wanted.license_id, target);
    perform restoration_approvers(wanted, who.id, other.id, at);
    filed.kind := 'approve';
    filed.restoration_id := case_number;
    filed.operator_id := who.id;
    filed.second_id := other.id;
    filed.arguments := arguments;
    return instruction_record(filed, lease_end, at);
end $$;
CREATE FUNCTION issuer.restoration_limit(case_number bigint, at timestamp with time zone) RETURNS TABLE(approved bigint, allowed bigint, second_why text)
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select c.approved, c.allowed,
        case when s.evidence = 'forced' then 'it is forced: no contact has told of the loss'
             when c.approved >= c.allowed then format('%s of %s that one person may approve were '
                 || 'approved within a year', c.approved, c.allowed) end
    from restoration s
    cross join lateral (
        select count(*) as approved,
            case when s.evidence = 'forced' then 1 else greatest(2,
                (select e.activations from entitlement e where e.license_id = s.license_id
                 order by e.version desc limit 1)::bigint * 5 / 100) end as allowed
        from restoration o join restoration_decision d on d.restoration_id = o.id
        join activation a on a.id = d.activation_id
        where o.license_id = s.license_id and o.evidence = s.evidence and d.outcome = 'approved'
          and a.state <> 'deactivated'
          and greatest(d.effective, d.recorded_at) > least(at, clock_timestamp())
                                                     - interval '365 days') c
    where s.id = case_number
$$;
CREATE FUNCTION issuer.restoration_meant(license bigint, words text) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $_$
    with said as materialized (select folded(words) as low),
    serials as materialized (
        select m[1]::bigint as id
        from regexp_matches(words, '\mUL[- ]?0*([1-9][0-9]{0,17})\M', 'gi') m),
    known as materialized (
        select a.id, a.counted, a.id in (select s.id from serials s) as by_serial,
            -- Whether it stands there whole costs much to look for; most do not stand there at all.
            case when r.host <> '' and strpos(said.low, folded(r.host)) > 0
                then said.low ~ ('(^|[^[:alnum:]_-])'
                    || regexp_replace(folded(r.host), '([^[:alnum:]])', '\\\1', 'g')
                    || '($|[^[:alnum:]_-])') collate pg_catalog."und-x-icu" else false end as by_host
        from said, activation a join usage_request r on r.id = a.request_id
        where a.license_id = restoration_meant.license),
    meant as (
        select use_carrier(k.id) as id from known k where k.by_serial
        union
        select k.id from known k
            where k.by_host and k.counted and not exists (select from known o where o.by_serial)
        union
        select k.id from known k
            where k.counted and not exists (select from known o where o.by_serial or o.by_host))
    select min(m.id) from meant m having count(*) = 1
$_$;
CREATE FUNCTION issuer.restoration_of_mail(mail bigint, license bigint) RETURNS issuer.restoration
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $_$
declare
    made restoration;
    of_mail message;
begin
    select * into of_mail from message m where m.id = mail;
    if not found then
        raise exception 'no message % is on record; `issuer message list --all` lists them', mail
            using errcode = 'IS001';
    elsif exists (select from restoration s where s.message_id = mail) then
        raise exception 'message % has opened case % already', mail,
            (select s.id from restoration s where s.message_id = mail) using errcode = 'IS004';
    end if;
    made.license_id := license;
    made.message_id := mail;
    made.activation_id := restoration_meant(license, concat_ws(' ', of_mail.subject, of_mail.body));
    made.evidence := case when exists (
        select from contact c where c.license_id = license and c.ended_on is null
          and c.entry in (lower(of_mail.reply_to), substring(lower(of_mail.reply_to) from '@[^@]*$')))
        then 'attested' else 'forced' end;
    return made;
end $_$;
CREATE FUNCTION issuer.restoration_open(token issuer.digest, wanted text, serial bigint, why text, ticket text, at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    who record;
    made restoration;
begin
    select * into who from operator_require(token, 'restoration open', at);
    perform reason_require(why);
    made.license_id := (license_lock_read(wanted)).id;
    made.activation_id := case when serial is null then restoration_meant(made.license_id, why)
                               else (restoration_target(made.license_id, serial)).id end;
    made.evidence := 'forced';
    made.opened_by := who.id;
    made.reason := why;
    made.ticket := ticket;
    return restoration_record(made, at);
end $$;
CREATE FUNCTION issuer.restoration_open_case(case_number bigint) RETURNS issuer.restoration
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    found_case restoration;
    over record;
begin
    select * into found_case from restoration s where s.id = case_number;
    if not found then
        raise exception 'no lost-server case % is on record; `issuer restoration list` shows them',
            case_number using errcode = 'IS001';
    end if;
    select d.outcome, d.effective, o.name into over
        from restoration_decision d join operator o on o.id = d.decided_by
        where d.restoration_id = case_number;
    if found then
        raise exception 'case % was % on % by operator %', case_number, over.outcome,
            to_char(over.effective at time zone 'UTC', 'YYYY-MM-DD'), over.name
            using errcode = 'IS004';
    end if;
    return found_case;
end $$;
CREATE FUNCTION issuer.restoration_open_from_message(token issuer.digest, mail bigint, wanted text, serial bigint, why text, ticket text, at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    who record;
    made restoration;
    number bigint;
begin
    select * into who from operator_require(token, 'restoration open', at);
    perform reason_require(why);
    made := restoration_of_mail(mail, (license_lock_read(wanted)).id);
    if serial is not null then
        made.activation_id := (restoration_target(made.license_id, serial)).id;
    end if;
    made.opened_by := who.id;
    made.reason := why;
    made.ticket := ticket;
    number := restoration_record(made, at);
    perform message_handled_by_case(mail, number, at);
    return number;
end $$;
CREATE FUNCTION issuer.restoration_record(made issuer.restoration, at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    insert into restoration (license_id, activation_id, message_id, evidence, opened_by, reason,
                             ticket, opened_at)
        values (made.license_id, made.activation_id, made.message_id, made.evidence, made.opened_by,
                made.reason, made.ticket, at)
        returning * into made;
    perform note_event('restoration-opened', 'restoration', made.id, made::text, made.license_id,
                       made.opened_by, at);
    perform restoration_tell(made, 'case-opened', at);
    return made.id;
end $$;
CREATE TABLE issuer.activation (
    id bigint NOT NULL,
    license_id bigint NOT NULL,
    version integer NOT NULL,
    servers integer NOT NULL,
    allowed integer NOT NULL,
    thumbprint issuer.digest NOT NULL,
    request_id bigint NOT NULL,
    state issuer.activation_state NOT NULL,
    counted boolean NOT NULL,
    use_no integer NOT NULL,
    slot integer NOT NULL,
    origin issuer.use_origin NOT NULL,
    continues bigint,
    replaces bigint,
    active_from timestamp with time zone NOT NULL,
    active_until timestamp with time zone,
    counted_until timestamp with time zone,
    lost_at timestamp with time zone,
    ended_by text,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    ended_recorded_at timestamp with time zone,
    counted_recorded_at timestamp with time zone,
    CONSTRAINT activation_check CHECK (((slot >= 1) AND (slot <= servers))),
    CONSTRAINT activation_check1 CHECK (((use_no >= 1) AND (use_no <= allowed))),
    CONSTRAINT activation_check2 CHECK (((state = 'active'::issuer.activation_state) = (active_until IS NULL))),
    CONSTRAINT activation_check3 CHECK ((counted = (counted_until IS NULL))),
    CONSTRAINT activation_check4 CHECK ((counted OR (state <> 'active'::issuer.activation_state))),
    CONSTRAINT activation_check5 CHECK (((NOT counted) OR (state = ANY (ARRAY['active'::issuer.activation_state, 'superseded'::issuer.activation_state])))),
    CONSTRAINT activation_check6 CHECK ((active_until >= active_from)),
    CONSTRAINT activation_check7 CHECK ((counted_until >= active_from)),
    CONSTRAINT activation_check8 CHECK (((origin = 'taken'::issuer.use_origin) OR (continues IS NOT NULL)))
);
CREATE FUNCTION issuer.restoration_target(license bigint, wanted bigint) RETURNS issuer.activation
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    target activation;
    carrier bigint;
begin
    select * into target from activation a
        where a.id = wanted and a.license_id = restoration_target.license;
    if not found then
        raise exception '% is no usage license of this license', serial_text(wanted)
            using errcode = 'IS001';
    elsif target.counted then
        return target;
    end if;
    carrier := use_carrier(wanted);
    if carrier is not null then
        raise exception 'the use of % went on with %: name that one', serial_text(wanted),
            serial_text(carrier) using errcode = 'IS003';
    end if;
    raise exception 'the use of % was given back before (%)', serial_text(wanted),
        target.state using errcode = 'IS004';
end $$;
CREATE FUNCTION issuer.restoration_tell(told_case issuer.restoration, about text, at timestamp with time zone) RETURNS void
    LANGUAGE sql
    SET search_path TO 'issuer', 'pg_temp'
    AS $_$
    with contacts as (
        select c.entry from contact c
        where c.license_id = told_case.license_id and c.ended_on is null and c.entry not like '@%'
          and not c.doubtful
        union
        select lower(m.reply_to) from message m where m.id = told_case.message_id
          and exists (select from contact c where c.license_id = told_case.license_id
                      and c.ended_on is null and c.entry in (lower(m.reply_to),
                          substring(lower(m.reply_to) from '@[^@]*$')))),
    numbered as (
        select nextval('reply_id_seq') as id, o.entry
        from (select entry from contacts order by entry) o),
    replies as (
        insert into reply (id, message_id, recipient, state, why, effective)
            overriding system value
            select n.id, told_case.message_id, n.entry, 'queued', 'notice', at from numbered n)
    insert into reply_line (reply_id, position, restoration_id, license_id, about)
        select n.id, 1, told_case.id, told_case.license_id, restoration_tell.about from numbered n
$_$;
CREATE FUNCTION issuer.restoration_told_again(told issuer.restoration, at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    known bigint;
    made case_mail;
begin
    select min(s.id) into known from restoration s
        where s.license_id = told.license_id and s.closed_at is null
          and s.activation_id is not distinct from told.activation_id;
    if known is not null then
        insert into case_mail (case_number, message_id, how)
            values (known, told.message_id, 'lost-server') on conflict do nothing returning * into made;
        if found then
            perform note_event('mail-joined', 'case_mail', told.message_id, made::text,
                               told.license_id, null, at, jsonb_build_object('case', known));
        end if;
    end if;
    return known;
end $$;
CREATE FUNCTION issuer.restorations_from_mail(mails bigint[], licenses bigint[], at timestamp with time zone) RETURNS TABLE(mail bigint, case_number bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    made restoration;
    wanted record;
begin
    -- Two daemons that are told of one loss open one case.
    perform from license l where l.id = any (licenses) order by l.id for no key update;
    for wanted in select u.mail as id, u.license from unnest(mails, licenses)
                  with ordinality as u (mail, license, n) order by u.n loop
        made := restoration_of_mail(wanted.id, wanted.license);
        mail := wanted.id;
        case_number := null;
        if made.evidence = 'attested' then
            case_number := restoration_told_again(made, at);
        end if;
        if made.evidence = 'attested' and case_number is null then
            case_number := restoration_record(made, at);
            perform message_handled_by_case(mail, case_number, at);
        end if;
        return next;
    end loop;
end $$;
CREATE FUNCTION issuer.serial_text(serial bigint) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select 'UL-' || lpad(serial::text, greatest(8, length(serial::text)), '0')
$$;
CREATE FUNCTION issuer.signing_key_revoke(token issuer.digest, wanted text, why text, recorded bytea, not_before timestamp with time zone, not_after timestamp with time zone, development boolean, at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_variable
declare
    who bigint;
    revoked signing_key;
begin
    if token is not null then
        select r.id into who from operator_require(token, 'key revoke', at) r;
    end if;
    if recorded is not null then
        insert into signing_key (kid, certificate, not_before, not_after, development)
            values (wanted, recorded, not_before, not_after, development)
            on conflict (kid) do nothing returning * into revoked;
        if found then
            perform note_event('signing-key-recorded', 'signing_key', 0, revoked::text, null, who,
                               at, jsonb_build_object('kid', wanted));
        end if;
    end if;
    update signing_key k set revoked_at = at where k.kid = wanted and k.revoked_at is null
        returning k.* into revoked;
    if not found then
        raise exception 'signing key % is not on record, or revoked already', wanted
            using errcode = 'IS001';
    end if;
    perform note_event('signing-key-revoked', 'signing_key', 0, revoked::text, null, who, at,
                       jsonb_build_object('kid', wanted, 'reason', why));
end $$;
CREATE FUNCTION issuer.stamp_activation() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    new.ended_recorded_at := case
        when new.active_until is null then null
        when tg_op = 'UPDATE' and old.active_until is not null then old.ended_recorded_at
        else transaction_timestamp() end;
    new.counted_recorded_at := case
        when new.counted then null
        when tg_op = 'UPDATE' and not old.counted then old.counted_recorded_at
        else transaction_timestamp() end;
    return new;
end $$;
CREATE FUNCTION issuer.stamp_delivery() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    update license_key k set delivered_on = a.delivered_on from added a
        where k.id = a.license_key_id and k.delivered_on is null;
    return null;
end $$;
CREATE FUNCTION issuer.status_totals() RETURNS TABLE(what text, count bigint, exact boolean)
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    with counted (position, what, source, count) as (
        select 1, 'licenses', 'license', (select count(*) from (select from license limit 10001) x)
        union all
        select 2, 'uses taken', 'activation_one_use',
            (select count(*) from (select from activation where counted limit 10001) x)
        union all
        select 3, 'servers active', 'activation_one_place',
            (select count(*) from (select from activation where state = 'active' limit 10001) x)
        union all
        select 4, 'usage licenses', 'usage_license',
            (select count(*) from (select from usage_license limit 10001) x))
    select c.what, case when c.count <= 10000 then c.count
                   else greatest(c.count, s.reltuples::bigint) end, c.count <= 10000
    from counted c
    join pg_class s on s.oid = format('issuer.%I', c.source)::regclass
    order by c.position
$$;
CREATE FUNCTION issuer.term_bought(ends date, ordered_on date, years bigint, OUT from_on date, OUT until_on date) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    if years not between 1 and 100 then
        raise exception '% years are not sold: give 1 to 100', years using errcode = 'IS003';
    end if;
    from_on := greatest(ends, ordered_on);
    until_on := from_on + make_interval(years => years::integer);
    if until_on > '9999-12-31' then
        raise exception '% years from % end after the year 9999', years, from_on
            using errcode = 'IS003';
    end if;
end $$;
CREATE FUNCTION issuer.term_cancelled(ends date, began date, years bigint, OUT from_on date, OUT until_on date) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    if years not between 1 and 100 then
        raise exception '% years cannot be taken back: give 1 to 100', years
            using errcode = 'IS003';
    end if;
    from_on := ends;
    until_on := ends - make_interval(years => years::integer);
    if until_on <= began then
        until_on := null;
    end if;
end $$;
CREATE FUNCTION issuer.use_carrier(activation bigint) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    with recursive chain (id, counted) as (
        select a.id, a.counted from activation a where a.id = use_carrier.activation
        union all
        select n.id, n.counted from chain c join activation o on o.id = c.id
        join activation n on n.license_id = o.license_id and n.continues = c.id
        where not c.counted)
    select c.id from chain c where c.counted limit 1
$$;
CREATE FUNCTION issuer.use_free(license bigint, allowed integer) RETURNS integer
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select n from generate_series(1, allowed) n
    where not exists (select from activation a where a.license_id = license and a.use_no = n
                      and a.counted) limit 1
$$;
CREATE FUNCTION issuer.use_text(of issuer.activation) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    select 'use ' || of.use_no || case when of.state = 'active'
                                       then ', server place ' || of.slot else '' end
$$;
CREATE FUNCTION issuer.uses_end(of issuer.license, draft jsonb, ended bigint[], operator bigint, at timestamp with time zone) RETURNS TABLE(what text, before text, after text)
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    used bigint;
    active bigint;
    needed bigint;
    stranger bigint;
    made activation;
begin
    select count(*), count(*) filter (where a.state = 'active') into used, active
        from activation a where a.license_id = of.id and a.counted;
    needed := greatest(used - (draft ->> 'activations')::bigint,
                       active - (draft ->> 'servers')::bigint, 0);
    select n into stranger from unnest(ended) n
        where not exists (select from activation a where a.id = n and a.license_id = of.id
                          and a.counted) limit 1;
    if stranger is not null then
        raise exception '% carries no use of %: `issuer license show %` lists those that do',
            serial_text(stranger), of.license_id, of.license_id using errcode = 'IS003';
    elsif cardinality(ended) = 0 and needed > 0 then
        raise exception '% has % of % activations in use and % of % servers running: name %: '
            '--end-use SERIAL (`issuer license show %`)', of.license_id, used,
            draft ->> 'activations', active, draft ->> 'servers', case needed when 1 then 'the one that ends'
            else 'the ' || needed || ' that end' end, of.license_id using errcode = 'IS003';
    elsif cardinality(ended) <> needed then
        raise exception '--end-use: % named, and exactly % must end', cardinality(ended), needed
            using errcode = 'IS003';
    elsif active - (select count(*) from activation a where a.id = any (ended)
                    and a.state = 'active') > (draft ->> 'servers')::bigint then
        raise exception '% servers may run and % do: name servers that run, with --end-use SERIAL',
            draft ->> 'servers', active using errcode = 'IS003';
    end if;
    for made in
        update activation a set state = 'corrected', counted = false, ended_by = 'correction',
            active_until = coalesce(a.active_until, greatest(at, a.active_from)),
            counted_until = greatest(at, a.active_from, a.active_until)
            where a.id = any (ended) returning a.*
    loop
        perform note_event('activation-corrected', 'activation', made.id, made::text, of.id,
                           operator, at);
        what := serial_text(made.id);
        select format('use %s, %s', made.use_no, r.host) into before from usage_request r
            where r.id = made.request_id;
        after := 'use ended and given back';
        return next;
    end loop;
end $$;
CREATE FUNCTION issuer.uses_renumber(of issuer.license, draft jsonb, operator bigint, at timestamp with time zone) RETURNS TABLE(what text, before text, after text)
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    most_uses constant integer := draft ->> 'activations';
    most_places constant integer := draft ->> 'servers';
    was activation;
    made activation;
begin
    for was in
        select * from activation a where a.license_id = of.id and a.counted
            and (a.use_no > most_uses or a.state = 'active' and a.slot > most_places)
            order by a.use_no
    loop
        update activation a set
            use_no = case when was.use_no > most_uses then use_free(of.id, most_uses)
                     else was.use_no end,
            slot = case when was.state = 'active' and was.slot > most_places
                   then place_free(of.id, most_places) else was.slot end
            where a.id = was.id returning a.* into made;
        perform note_event('activation-renumbered', 'activation', made.id, made::text, of.id,
                           operator, at);
        what := serial_text(made.id);
        before := use_text(was);
        after := use_text(made);
        return next;
    end loop;
end $$;
CREATE FUNCTION issuer.uses_tell(license bigint, ended bigint[], at timestamp with time zone) RETURNS bigint
    LANGUAGE sql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    with n as (
        select nextval('reply_id_seq') as id, g.* from (
            select c.entry, min(r.message_id) as message_id,
                array_agg(u.decision_id order by u.serial) as decisions
            from usage_license u join usage_request r on r.id = u.request_id
            join contact c on c.license_id = u.license_id and c.ended_on is null
                and c.entry not like '@%' and not c.doubtful
            where u.activation_id = any (ended) and u.license_id = license
            group by c.entry order by c.entry) g
    ), r as (
        insert into reply (id, message_id, recipient, state, why, effective)
            overriding system value
            select id, message_id, entry, 'queued', 'notice', at from n
    ), l as (
        insert into reply_line (reply_id, position, decision_id, license_id, about)
            select n.id, d.position, d.decision, license, 'corrected' from n
            cross join unnest(n.decisions) with ordinality as d (decision, position))
    select count(*) from n
$$;
CREATE TABLE issuer.alert (
    id bigint NOT NULL,
    decision_id bigint,
    kind issuer.one_line NOT NULL,
    detail text NOT NULL,
    effective timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    closed_by bigint,
    reason text,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    license_id bigint,
    restoration_id bigint,
    contact_id bigint
);
ALTER TABLE issuer.alert ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.alert_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.answer (
    reply_id bigint NOT NULL,
    words text NOT NULL,
    operator_id bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT answer_words_check CHECK ((words <> ''::text))
);
CREATE TABLE issuer.case_mail (
    case_number bigint NOT NULL,
    message_id bigint NOT NULL,
    how issuer.one_line NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    seen_at timestamp with time zone,
    CONSTRAINT case_mail_how_check CHECK (((how)::text = ANY (ARRAY['in-reply-to'::text, 'references'::text, 'case-number'::text, 'lost-server'::text, 'person'::text])))
);
CREATE TABLE issuer.usage_request (
    id bigint NOT NULL,
    digest issuer.digest NOT NULL,
    thumbprint issuer.digest NOT NULL,
    seq bigint NOT NULL,
    iat timestamp with time zone NOT NULL,
    license_key issuer.digest NOT NULL,
    license_id bigint,
    purpose issuer.one_line NOT NULL,
    installed issuer.one_line,
    product issuer.one_line NOT NULL,
    version issuer.one_line NOT NULL,
    host issuer.one_line NOT NULL,
    board issuer.fingerprint_part,
    cpu issuer.fingerprint_part,
    mac issuer.fingerprint_part,
    jws text NOT NULL,
    message_id bigint NOT NULL,
    effective timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT usage_request_purpose_check CHECK (((purpose)::text = ANY (ARRAY['activate'::text, 'update'::text]))),
    CONSTRAINT usage_request_seq_check CHECK (((seq >= 0) AND (seq <= '9007199254740991'::bigint)))
);
ALTER TABLE ONLY issuer.usage_request ALTER COLUMN jws SET COMPRESSION lz4;
CREATE VIEW issuer.case_now AS
 SELECT h.id AS case_number,
    h.request_id,
    r.license_id,
    (h.closed_at IS NULL) AS open
   FROM (issuer.hold h
     JOIN issuer.usage_request r ON ((r.id = h.request_id)))
UNION ALL
 SELECT s.id AS case_number,
    NULL::bigint AS request_id,
    s.license_id,
    (s.closed_at IS NULL) AS open
   FROM issuer.restoration s;
CREATE VIEW issuer.command_right AS
 WITH by_token(command, roles) AS (
         VALUES ('license import'::text,ARRAY['orders'::issuer.operator_role, 'admin'::issuer.operator_role]), ('license add'::text,ARRAY['orders'::issuer.operator_role]), ('license upgrade'::text,ARRAY['orders'::issuer.operator_role]), ('license correct'::text,ARRAY['orders'::issuer.operator_role]), ('license end'::text,ARRAY['orders'::issuer.operator_role]), ('license rekey'::text,ARRAY['orders'::issuer.operator_role]), ('license delivered'::text,ARRAY['orders'::issuer.operator_role]), ('feature add'::text,ARRAY['orders'::issuer.operator_role]), ('customer rename'::text,ARRAY['orders'::issuer.operator_role]), ('customer merge'::text,ARRAY['orders'::issuer.operator_role]), ('contact add'::text,ARRAY['orders'::issuer.operator_role, 'admin'::issuer.operator_role]), ('contact end'::text,ARRAY['orders'::issuer.operator_role, 'admin'::issuer.operator_role]), ('contact erase'::text,ARRAY['admin'::issuer.operator_role]), ('request add'::text,ARRAY['support'::issuer.operator_role, 'admin'::issuer.operator_role]), ('request issue'::text,ARRAY['support'::issuer.operator_role, 'admin'::issuer.operator_role]), ('request refuse'::text,ARRAY['support'::issuer.operator_role, 'admin'::issuer.operator_role]), ('request keep'::text,ARRAY['support'::issuer.operator_role, 'admin'::issuer.operator_role]), ('request ask'::text,ARRAY['support'::issuer.operator_role, 'admin'::issuer.operator_role]), ('request resend'::text,ARRAY['support'::issuer.operator_role, 'admin'::issuer.operator_role]), ('request emergency'::text,ARRAY['support'::issuer.operator_role, 'admin'::issuer.operator_role]), ('message answer'::text,ARRAY['support'::issuer.operator_role, 'admin'::issuer.operator_role]), ('message to-case'::text,ARRAY['support'::issuer.operator_role, 'admin'::issuer.operator_role]), ('message drop'::text,ARRAY['support'::issuer.operator_role, 'admin'::issuer.operator_role]), ('quarantine retry'::text,ARRAY['support'::issuer.operator_role, 'admin'::issuer.operator_role]), ('quarantine drop'::text,ARRAY['support'::issuer.operator_role, 'admin'::issuer.operator_role]), ('restoration open'::text,ARRAY['support'::issuer.operator_role, 'admin'::issuer.operator_role]), ('restoration approve'::text,ARRAY['admin'::issuer.operator_role]), ('restoration deny'::text,ARRAY['admin'::issuer.operator_role]), ('restoration second'::text,ARRAY['support'::issuer.operator_role, 'admin'::issuer.operator_role]), ('license suspend'::text,ARRAY['admin'::issuer.operator_role]), ('license resume'::text,ARRAY['admin'::issuer.operator_role]), ('alert close'::text,ARRAY['support'::issuer.operator_role, 'admin'::issuer.operator_role]), ('operator add'::text,ARRAY['admin'::issuer.operator_role]), ('operator renew'::text,ARRAY['admin'::issuer.operator_role]), ('operator revoke'::text,ARRAY['admin'::issuer.operator_role]), ('key revoke'::text,ARRAY['admin'::issuer.operator_role])
        ), by_login(command, logins) AS (
         VALUES ('license find'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'orders'::text, 'admin'::text, 'finance'::text]), ('license show'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'orders'::text, 'admin'::text, 'finance'::text]), ('license terms'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'orders'::text, 'admin'::text, 'finance'::text]), ('customer list'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'orders'::text, 'admin'::text, 'finance'::text]), ('customer show'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'orders'::text, 'admin'::text, 'finance'::text]), ('order list'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'orders'::text, 'admin'::text, 'finance'::text]), ('order show'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'orders'::text, 'admin'::text, 'finance'::text]), ('feature list'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'orders'::text, 'admin'::text, 'finance'::text]), ('event list'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'orders'::text, 'admin'::text, 'finance'::text]), ('report licenses'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'orders'::text, 'admin'::text, 'finance'::text]), ('report orders'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'orders'::text, 'admin'::text, 'finance'::text]), ('report expiring'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'orders'::text, 'admin'::text, 'finance'::text]), ('report activations'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text, 'finance'::text]), ('report restorations'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text, 'finance'::text]), ('report support-years'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'orders'::text, 'admin'::text, 'finance'::text]), ('report issuance'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'orders'::text, 'admin'::text, 'finance'::text]), ('report holds'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text, 'finance'::text]), ('report response-times'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text, 'finance'::text]), ('report keys'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text, 'finance'::text]), ('report late-entries'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text, 'finance'::text]), ('report reconciliation'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text, 'finance'::text]), ('alert list'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text, 'finance'::text]), ('instruction list'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text]), ('request list'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text]), ('request show'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text]), ('request preview'::text,ARRAY['daemon'::text]), ('message list'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text]), ('message show'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text]), ('quarantine list'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text]), ('quarantine show'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text]), ('restoration list'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text, 'finance'::text]), ('restoration show'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text]), ('usage-license show'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text]), ('operator list'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'orders'::text, 'admin'::text, 'finance'::text]), ('operator rights'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'orders'::text, 'admin'::text, 'finance'::text]), ('status'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text]), ('check'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text]), ('key list'::text,ARRAY['daemon'::text, 'web'::text, 'support'::text, 'admin'::text]), ('ingest'::text,ARRAY['daemon'::text]), ('fetch'::text,ARRAY['daemon'::text]), ('deliver'::text,ARRAY['daemon'::text]), ('migrate'::text,ARRAY['owner'::text]), ('inspect'::text,ARRAY[]::text[]), ('verify'::text,ARRAY[]::text[]), ('rules'::text,ARRAY[]::text[]), ('key init'::text,ARRAY[]::text[]), ('key rotate'::text,ARRAY[]::text[])
        )
 SELECT by_token.command,
    by_token.roles,
    (by_token.roles)::text[] AS logins
   FROM by_token
UNION ALL
 SELECT by_login.command,
    ARRAY[]::issuer.operator_role[] AS roles,
    by_login.logins
   FROM by_login;
CREATE TABLE issuer.contact (
    id bigint NOT NULL,
    license_id bigint NOT NULL,
    entry text,
    effective date NOT NULL,
    ended_on date,
    ended_at timestamp with time zone,
    erased_at timestamp with time zone,
    doubtful boolean DEFAULT false NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT contact_check CHECK (((entry IS NULL) = (erased_at IS NOT NULL))),
    CONSTRAINT contact_check1 CHECK (((ended_on IS NULL) = (ended_at IS NULL))),
    CONSTRAINT contact_entry_check CHECK (((entry IS NULL) OR (entry ~ '^[^@[:space:]]*@[^@[:space:]]+$'::text)))
);
ALTER TABLE issuer.contact ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.contact_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE VIEW issuer.contact_shown AS
 SELECT c.id,
    c.license_id,
        CASE
            WHEN has_column_privilege('issuer.contact'::text, 'entry'::text, 'select'::text) THEN c.entry
            ELSE NULL::text
        END AS entry,
    (NOT has_column_privilege('issuer.contact'::text, 'entry'::text, 'select'::text)) AS hidden,
    c.effective,
    c.ended_on,
    c.erased_at,
    c.doubtful
   FROM issuer.contact c;
CREATE TABLE issuer.customer (
    id bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
ALTER TABLE issuer.customer ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.customer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.customer_merge (
    customer_id bigint NOT NULL,
    version integer NOT NULL,
    into_id bigint NOT NULL,
    reason text NOT NULL,
    operator_id bigint NOT NULL,
    effective date NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT customer_merge_check CHECK ((customer_id <> into_id)),
    CONSTRAINT customer_merge_version_check CHECK ((version >= 1))
);
CREATE TABLE issuer.customer_version (
    customer_id bigint NOT NULL,
    version integer NOT NULL,
    name issuer.one_line NOT NULL,
    reference issuer.one_line,
    effective date NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    operator_id bigint,
    reason text,
    CONSTRAINT customer_version_name_check CHECK (((name)::text <> ''::text)),
    CONSTRAINT customer_version_version_check CHECK ((version >= 1))
);
CREATE VIEW issuer.customer_now AS
 SELECT c.id,
    COALESCE(m.into_id, c.id) AS root,
    v.name,
    v.reference,
    v.version
   FROM ((issuer.customer c
     JOIN LATERAL ( SELECT v_1.name,
            v_1.reference,
            v_1.version
           FROM issuer.customer_version v_1
          WHERE (v_1.customer_id = c.id)
          ORDER BY v_1.version DESC
         LIMIT 1) v ON (true))
     LEFT JOIN LATERAL ( SELECT m_1.into_id
           FROM issuer.customer_merge m_1
          WHERE (m_1.customer_id = c.id)
          ORDER BY m_1.version DESC
         LIMIT 1) m ON (true));
CREATE TABLE issuer.deactivation (
    id bigint NOT NULL,
    digest issuer.digest NOT NULL,
    thumbprint issuer.digest NOT NULL,
    seq bigint NOT NULL,
    iat timestamp with time zone NOT NULL,
    serial bigint NOT NULL,
    host issuer.one_line NOT NULL,
    jws text NOT NULL,
    message_id bigint NOT NULL,
    given_back integer NOT NULL,
    effective timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT deactivation_given_back_check CHECK ((given_back >= 0)),
    CONSTRAINT deactivation_seq_check CHECK (((seq >= 0) AND (seq <= '9007199254740991'::bigint)))
);
ALTER TABLE ONLY issuer.deactivation ALTER COLUMN jws SET COMPRESSION lz4;
ALTER TABLE issuer.deactivation ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.deactivation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.decision (
    id bigint NOT NULL,
    message_id bigint NOT NULL,
    request_id bigint,
    deactivation_id bigint,
    token_kind issuer.one_line NOT NULL,
    token_digest issuer.digest,
    outcome issuer.outcome NOT NULL,
    rule smallint NOT NULL,
    code issuer.one_line NOT NULL,
    note issuer.one_line,
    would issuer.one_line,
    problem text,
    serial bigint,
    facts jsonb NOT NULL,
    policy issuer.digest NOT NULL,
    program issuer.one_line NOT NULL,
    operator_id bigint,
    reason text,
    ticket text,
    effective timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT decision_check CHECK (((outcome <> ALL (ARRAY['issued'::issuer.outcome, 'resent'::issuer.outcome])) OR (serial IS NOT NULL))),
    CONSTRAINT decision_token_kind_check CHECK (((token_kind)::text = ANY (ARRAY['usage-request'::text, 'deactivation'::text, 'usage-license'::text])))
);
ALTER TABLE issuer.decision ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.decision_id_seq
    START WITH 1
    INCREMENT BY 512
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.entitlement (
    license_id bigint NOT NULL,
    version integer NOT NULL,
    servers integer NOT NULL,
    activations integer NOT NULL,
    expires_on date,
    order_id bigint NOT NULL,
    effective date NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    operator_id bigint,
    reason text,
    CONSTRAINT entitlement_activations_check CHECK ((activations >= 0)),
    CONSTRAINT entitlement_servers_check CHECK ((servers >= 1)),
    CONSTRAINT entitlement_version_check CHECK ((version >= 1))
);
CREATE TABLE issuer.entitlement_feature (
    license_id bigint NOT NULL,
    version integer NOT NULL,
    code issuer.one_line NOT NULL,
    until_on date,
    quantity bigint,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT entitlement_feature_quantity_check CHECK ((quantity >= 0))
);
CREATE TABLE issuer.event (
    id bigint NOT NULL,
    kind issuer.one_line NOT NULL,
    subject issuer.one_line NOT NULL,
    subject_id bigint NOT NULL,
    row_digest issuer.digest NOT NULL,
    license_id bigint,
    operator_id bigint,
    detail jsonb,
    effective timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
ALTER TABLE issuer.event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.feature (
    code issuer.one_line NOT NULL,
    product issuer.one_line NOT NULL,
    name issuer.one_line NOT NULL,
    kind issuer.feature_kind NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
CREATE TABLE issuer.import (
    id bigint NOT NULL,
    file_digest issuer.digest NOT NULL,
    rows integer NOT NULL,
    operator_id bigint,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    way issuer.one_line DEFAULT 'file'::text NOT NULL,
    CONSTRAINT import_way_check CHECK (((way)::text = ANY (ARRAY['file'::text, 'typed'::text])))
);
ALTER TABLE issuer.import ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.import_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.import_row (
    license_id bigint NOT NULL,
    import_id bigint NOT NULL,
    line integer NOT NULL,
    content jsonb NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
CREATE TABLE issuer.instance (
    thumbprint issuer.digest NOT NULL,
    passed_at timestamp with time zone,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
ALTER TABLE issuer.instruction ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.instruction_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.key_delivery (
    license_key_id bigint NOT NULL,
    how issuer.one_line NOT NULL,
    detail issuer.one_line,
    delivered_on date NOT NULL,
    operator_id bigint,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT key_delivery_how_check CHECK (((how)::text = ANY (ARRAY['mail'::text, 'import'::text, 'handed-over'::text])))
);
ALTER TABLE issuer.license ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.license_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE issuer.license_key ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.license_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.usage_license (
    serial bigint NOT NULL,
    emergency boolean DEFAULT false NOT NULL,
    activation_id bigint,
    request_id bigint NOT NULL,
    decision_id bigint NOT NULL,
    license_id bigint NOT NULL,
    version integer NOT NULL,
    customer_id bigint NOT NULL,
    kid issuer.one_line NOT NULL,
    iat timestamp with time zone NOT NULL,
    exp timestamp with time zone,
    supersedes bigint[] NOT NULL,
    jws text NOT NULL,
    effective timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT usage_license_check CHECK ((emergency = (activation_id IS NULL))),
    CONSTRAINT usage_license_check1 CHECK ((activation_id = serial))
)
WITH (toast_tuple_target='8160');
ALTER TABLE ONLY issuer.usage_license ALTER COLUMN jws SET COMPRESSION lz4;
CREATE VIEW issuer.license_mail AS
 SELECT x.license_id,
    x.at,
    x.message_id,
        CASE
            WHEN has_column_privilege('issuer.message'::text, 'from_address'::text, 'select'::text) THEN m.from_address
            ELSE NULL::text
        END AS sender,
    x.kind,
    x.token,
    x.host,
    x.outcome,
    x.code,
    x.serial,
    o.name AS operator
   FROM ((( SELECT r.license_id,
            d.effective AS at,
            d.message_id,
            d.token_kind AS kind,
            r.digest AS token,
            r.host,
            (d.outcome)::text AS outcome,
            d.code,
            d.serial,
            d.operator_id
           FROM (issuer.usage_request r
             JOIN issuer.decision d ON ((d.request_id = r.id)))
        UNION ALL
         SELECT u.license_id,
            d.effective,
            d.message_id,
            d.token_kind,
            x_1.digest,
            x_1.host,
            (d.outcome)::text AS outcome,
            d.code,
            u.serial,
            d.operator_id
           FROM (((issuer.usage_license u
             JOIN issuer.usage_request q ON ((q.id = u.request_id)))
             JOIN issuer.deactivation x_1 ON ((((x_1.thumbprint)::bytea = (q.thumbprint)::bytea) AND (x_1.serial = u.serial))))
             JOIN issuer.decision d ON (((d.message_id = x_1.message_id) AND (d.deactivation_id = x_1.id))))
        UNION ALL
         SELECT r.license_id,
            c.recorded_at,
            c.message_id,
            'mail'::text,
            NULL::bytea,
            r.host,
            ('case '::text || h.id),
            c.how,
            NULL::bigint,
            NULL::bigint
           FROM ((issuer.usage_request r
             JOIN issuer.hold h ON ((h.request_id = r.id)))
             JOIN issuer.case_mail c ON ((c.case_number = h.id)))
        UNION ALL
         SELECT s.license_id,
            c.recorded_at,
            c.message_id,
            'mail'::text,
            NULL::bytea,
            NULL::text,
            ('case '::text || s.id),
            c.how,
            NULL::bigint,
            NULL::bigint
           FROM (issuer.restoration s
             JOIN issuer.case_mail c ON ((c.case_number = s.id)))
        UNION ALL
         SELECT s.license_id,
            s.opened_at,
            s.message_id,
            'mail'::text,
            NULL::bytea,
            NULL::text,
            ('case '::text || s.id),
            'lost-server'::text,
            NULL::bigint,
            NULL::bigint
           FROM issuer.restoration s
          WHERE (s.message_id IS NOT NULL)) x
     JOIN issuer.message m ON ((m.id = x.message_id)))
     LEFT JOIN issuer.operator o ON ((o.id = x.operator_id)));
CREATE VIEW issuer.license_now AS
 SELECT l.id,
    l.license_id,
    COALESCE(m.into_id, l.customer_id) AS customer_id,
    c.name AS customer,
    c.reference AS customer_ref,
    l.product,
    COALESCE(s.state, 'current'::issuer.license_state) AS state,
    e.version,
    e.expires_on,
    e.activations,
    e.servers,
    ( SELECT count(*) AS count
           FROM issuer.activation a
          WHERE ((a.license_id = l.id) AND a.counted)) AS used,
    ( SELECT count(*) AS count
           FROM issuer.activation a
          WHERE ((a.license_id = l.id) AND (a.state = 'active'::issuer.activation_state))) AS active
   FROM ((((issuer.license l
     LEFT JOIN LATERAL ( SELECT m_1.into_id
           FROM issuer.customer_merge m_1
          WHERE (m_1.customer_id = l.customer_id)
          ORDER BY m_1.version DESC
         LIMIT 1) m ON (true))
     JOIN LATERAL ( SELECT v.name,
            v.reference
           FROM issuer.customer_version v
          WHERE (v.customer_id = COALESCE(m.into_id, l.customer_id))
          ORDER BY v.version DESC
         LIMIT 1) c ON (true))
     JOIN LATERAL ( SELECT e_1.version,
            e_1.expires_on,
            e_1.activations,
            e_1.servers
           FROM issuer.entitlement e_1
          WHERE (e_1.license_id = l.id)
          ORDER BY e_1.version DESC
         LIMIT 1) e ON (true))
     LEFT JOIN LATERAL ( SELECT s_1.state
           FROM issuer.license_state_version s_1
          WHERE (s_1.license_id = l.id)
          ORDER BY s_1.version DESC
         LIMIT 1) s ON (true));
CREATE TABLE issuer.reply_line (
    reply_id bigint NOT NULL,
    "position" smallint NOT NULL,
    decision_id bigint,
    about issuer.one_line,
    license_id bigint,
    restoration_id bigint,
    CONSTRAINT reply_line_about CHECK (((about)::text = ANY (ARRAY['replaced'::text, 'moved'::text, 'given-back'::text, 'corrected'::text, 'case-opened'::text, 'restored'::text, 'not-restored'::text]))),
    CONSTRAINT reply_line_check CHECK (((about IS NULL) = (license_id IS NULL))),
    CONSTRAINT reply_line_of_case CHECK (((restoration_id IS NOT NULL) = COALESCE(((about)::text = ANY (ARRAY['case-opened'::text, 'restored'::text, 'not-restored'::text])), false))),
    CONSTRAINT reply_line_of_one CHECK (((decision_id IS NULL) = (restoration_id IS NOT NULL)))
);
CREATE VIEW issuer.license_reply AS
 SELECT x.license_id,
    r.id AS reply_id,
    r.message_id,
        CASE
            WHEN has_column_privilege('issuer.reply'::text, 'recipient'::text, 'select'::text) THEN r.recipient
            ELSE NULL::text
        END AS recipient,
    r.state,
    r.why,
    r.effective AS queued_at,
    r.sent_at,
    x.about,
        CASE
            WHEN has_column_privilege('issuer.reply'::text, 'last_error'::text, 'select'::text) THEN r.last_error
            ELSE NULL::text
        END AS last_error
   FROM (( SELECT q.license_id,
            l.reply_id,
            min((l.about)::text) AS about
           FROM ((issuer.usage_request q
             JOIN issuer.decision d ON ((d.request_id = q.id)))
             JOIN issuer.reply_line l ON (((l.decision_id = d.id) AND (l.about IS NULL))))
          GROUP BY q.license_id, l.reply_id
        UNION ALL
         SELECT u.license_id,
            l.reply_id,
            'deactivation'::text
           FROM ((((issuer.usage_license u
             JOIN issuer.usage_request q ON ((q.id = u.request_id)))
             JOIN issuer.deactivation x_1 ON ((((x_1.thumbprint)::bytea = (q.thumbprint)::bytea) AND (x_1.serial = u.serial))))
             JOIN issuer.decision d ON (((d.message_id = x_1.message_id) AND (d.deactivation_id = x_1.id))))
             JOIN issuer.reply_line l ON (((l.decision_id = d.id) AND (l.about IS NULL))))
        UNION ALL
         SELECT l.license_id,
            l.reply_id,
            min((l.about)::text) AS min
           FROM issuer.reply_line l
          WHERE (l.license_id IS NOT NULL)
          GROUP BY l.license_id, l.reply_id) x
     JOIN issuer.reply r ON ((r.id = x.reply_id)));
CREATE VIEW issuer.license_open AS
 SELECT r.license_id,
    'hold'::text AS what,
    h.id AS number,
    (d.code)::text AS code,
    (r.host)::text AS detail,
    h.opened_at AS since
   FROM ((issuer.usage_request r
     JOIN issuer.hold h ON (((h.request_id = r.id) AND (h.closed_at IS NULL))))
     JOIN LATERAL ( SELECT d_1.code
           FROM issuer.decision d_1
          WHERE ((d_1.request_id = r.id) AND ((d_1.code)::text <> 'emergency'::text))
          ORDER BY d_1.recorded_at DESC, d_1.id DESC
         LIMIT 1) d ON (true))
UNION ALL
 SELECT s.license_id,
    'restoration'::text AS what,
    s.id AS number,
    s.evidence AS code,
    NULL::text AS detail,
    s.opened_at AS since
   FROM issuer.restoration s
  WHERE (s.closed_at IS NULL)
UNION ALL
 SELECT a.license_id,
    'alert'::text AS what,
    a.id AS number,
    a.kind AS code,
    a.detail,
    a.effective AS since
   FROM issuer.alert a
  WHERE ((a.license_id IS NOT NULL) AND (a.closed_at IS NULL) AND (a.effective <= statement_timestamp()))
UNION ALL
 SELECT r.license_id,
    'alert'::text AS what,
    a.id AS number,
    a.kind AS code,
    a.detail,
    a.effective AS since
   FROM ((issuer.usage_request r
     JOIN issuer.decision d ON ((d.request_id = r.id)))
     JOIN issuer.alert a ON ((a.decision_id = d.id)))
  WHERE ((a.license_id IS NULL) AND (a.closed_at IS NULL) AND (a.effective <= statement_timestamp()))
UNION ALL
 SELECT k.license_id,
    'key'::text AS what,
    k.id AS number,
    'not-delivered'::text AS code,
    ('ends in '::text || (k.hint)::text) AS detail,
    k.effective AS since
   FROM issuer.license_key k
  WHERE ((k.retired_at IS NULL) AND (k.delivered_on IS NULL) AND (( SELECT s.state
           FROM issuer.license_state_version s
          WHERE (s.license_id = k.license_id)
          ORDER BY s.version DESC
         LIMIT 1) IS DISTINCT FROM 'ended'::issuer.license_state))
UNION ALL
 SELECT p.license_id,
    'reply'::text AS what,
    p.reply_id AS number,
    p.state AS code,
    NULLIF(concat_ws(': '::text, p.why, p.last_error), ''::text) AS detail,
    p.queued_at AS since
   FROM issuer.license_reply p
  WHERE ((p.state)::text = ANY (ARRAY['queued'::text, 'sending'::text, 'listed'::text, 'undelivered'::text]));
CREATE VIEW issuer.license_order AS
 SELECT x.license_id,
    o.id AS order_id,
    o.reference,
    o.kind,
    o.ordered_on,
    x.version
   FROM (( SELECT entitlement.license_id,
            entitlement.order_id,
            min(entitlement.version) AS version
           FROM issuer.entitlement
          GROUP BY entitlement.license_id, entitlement.order_id
        UNION
         SELECT l.id,
            l.order_id,
            NULL::integer
           FROM issuer.license l
          WHERE (NOT (EXISTS ( SELECT
                   FROM issuer.entitlement e
                  WHERE ((e.license_id = l.id) AND (e.order_id = l.order_id)))))
        UNION
         SELECT s.license_id,
            s.order_id,
            NULL::integer
           FROM issuer.license_state_version s
          WHERE ((s.order_id IS NOT NULL) AND (NOT (EXISTS ( SELECT
                   FROM issuer.entitlement e
                  WHERE ((e.license_id = s.license_id) AND (e.order_id = s.order_id))))))) x
     JOIN issuer.orders o ON ((o.id = x.order_id)));
CREATE TABLE issuer.license_proof (
    public_key issuer.digest NOT NULL,
    license_key_id bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
CREATE TABLE issuer.restoration_decision (
    restoration_id bigint NOT NULL,
    outcome issuer.one_line NOT NULL,
    activation_id bigint,
    replacement issuer.digest,
    decided_by bigint NOT NULL,
    second_by bigint,
    reason text NOT NULL,
    ticket text,
    effective timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT restoration_decision_check CHECK ((second_by <> decided_by)),
    CONSTRAINT restoration_decision_check1 CHECK ((((outcome)::text = 'approved'::text) = (activation_id IS NOT NULL))),
    CONSTRAINT restoration_decision_check2 CHECK ((((outcome)::text = 'approved'::text) OR ((second_by IS NULL) AND (replacement IS NULL)))),
    CONSTRAINT restoration_decision_outcome_check CHECK (((outcome)::text = ANY (ARRAY['approved'::text, 'denied'::text])))
);
CREATE VIEW issuer.license_use AS
 SELECT a.license_id,
    a.use_no,
    r.host AS server,
    a.id AS serial,
    r.digest AS request,
    r.effective AS requested_at,
    a.active_from AS used_from,
        CASE
            WHEN a.counted THEN NULL::timestamp with time zone
            ELSE a.counted_until
        END AS used_until,
    a.counted,
        CASE
            WHEN (a.state = 'corrected'::issuer.activation_state) THEN 'correction'::text
            WHEN (NOT a.counted) THEN v.by
            ELSE NULL::text
        END AS given_back_by,
        CASE
            WHEN (a.state = 'active'::issuer.activation_state) THEN 'in use'::text
            WHEN a.counted THEN 'still counts: this server has not given it back'::text
            WHEN (a.state = 'corrected'::issuer.activation_state) THEN 'given back: the record was corrected'::text
            WHEN (v.by = 'proof'::text) THEN 'given back: the server has signed that it erased its usage license'::text
            WHEN (v.by = 'attested'::text) THEN 'given back: a contact has told us that the server is lost'::text
            WHEN (v.by = 'forced'::text) THEN 'given back: by our own decision'::text
            WHEN (n.id IS NOT NULL) THEN ('went on as UL-'::text || lpad((n.id)::text, GREATEST(8, length((n.id)::text)), '0'::text))
            ELSE 'given back'::text
        END AS words
   FROM ((((issuer.activation a
     JOIN issuer.usage_request r ON ((r.id = a.request_id)))
     LEFT JOIN LATERAL ( SELECT s.evidence
           FROM (issuer.restoration_decision x
             JOIN issuer.restoration s ON ((s.id = x.restoration_id)))
          WHERE ((x.activation_id = a.id) AND ((x.outcome)::text = 'approved'::text))
         LIMIT 1) d ON (true))
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN (a.state = 'deactivated'::issuer.activation_state) THEN 'proof'::text
                    WHEN (a.ended_by = ANY (ARRAY['proof'::text, 'attested'::text, 'forced'::text])) THEN a.ended_by
                    WHEN (a.state = 'lost'::issuer.activation_state) THEN (d.evidence)::text
                    ELSE NULL::text
                END AS by) v)
     LEFT JOIN LATERAL ( SELECT c.id
           FROM issuer.activation c
          WHERE ((c.license_id = a.license_id) AND (c.continues = a.id))
          ORDER BY c.id
         LIMIT 1) n ON (true));
CREATE TABLE issuer.mailbox (
    id bigint NOT NULL,
    digest issuer.digest NOT NULL,
    place text NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
ALTER TABLE issuer.mailbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.mailbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.mailbox_mail (
    mailbox_id bigint NOT NULL,
    validity bigint NOT NULL,
    uid bigint NOT NULL,
    message_id bigint NOT NULL,
    settled_at timestamp with time zone,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT mailbox_mail_uid_check CHECK (((uid >= 1) AND (uid <= '4294967295'::bigint))),
    CONSTRAINT mailbox_mail_validity_check CHECK (((validity >= 1) AND (validity <= '4294967295'::bigint)))
);
ALTER TABLE issuer.message ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.message_id_seq
    START WITH 1
    INCREMENT BY 512
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.migration (
    id bigint NOT NULL,
    number integer,
    name text NOT NULL,
    sha256 bytea NOT NULL,
    program text NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT migration_sha256_check CHECK ((octet_length(sha256) = 32))
);
ALTER TABLE issuer.migration ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.migration_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE issuer.operator ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.operator_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE VIEW issuer.order_license AS
 SELECT x.order_id,
    l.id AS license_id,
    (l.order_id = x.order_id) AS sold,
    x.version,
    k.hint,
    k.delivered_on,
    d.how,
    d.detail,
    ((COALESCE(s.state, 'current'::issuer.license_state) <> 'ended'::issuer.license_state) AND (k.id IS NOT NULL) AND (k.delivered_on IS NULL)) AS undelivered
   FROM ((((issuer.license_order x
     JOIN issuer.license l ON ((l.id = x.license_id)))
     LEFT JOIN issuer.license_key k ON (((k.license_id = l.id) AND (k.retired_at IS NULL))))
     LEFT JOIN issuer.key_delivery d ON ((d.license_key_id = k.id)))
     LEFT JOIN LATERAL ( SELECT s_1.state
           FROM issuer.license_state_version s_1
          WHERE (s_1.license_id = l.id)
          ORDER BY s_1.version DESC
         LIMIT 1) s ON (true));
ALTER TABLE issuer.orders ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.orders_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.product (
    code issuer.one_line NOT NULL,
    name issuer.one_line NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
CREATE TABLE issuer.quarantine (
    message_id bigint NOT NULL,
    reason text NOT NULL,
    closed_at timestamp with time zone,
    closed_how text,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    raw_digest issuer.digest,
    marks integer DEFAULT 1 NOT NULL
);
CREATE TABLE issuer.question (
    decision_id bigint NOT NULL,
    words text NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT question_words_check CHECK ((words <> ''::text))
);
ALTER TABLE issuer.reply ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.reply_id_seq
    START WITH 1
    INCREMENT BY 512
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE VIEW issuer.report_activations_now AS
 SELECT report_activations.licenses,
    report_activations.allowed,
    report_activations.taken,
    report_activations.used,
    report_activations.active,
    report_activations.not_given_back,
    report_activations.given_back_proof,
    report_activations.given_back_attested,
    report_activations.given_back_forced,
    report_activations.given_back_correction,
    report_activations.lost
   FROM issuer.report_activations(issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone()) report_activations(licenses, allowed, taken, used, active, not_given_back, given_back_proof, given_back_attested, given_back_forced, given_back_correction, lost);
CREATE VIEW issuer.report_activations_rows_now AS
 SELECT report_activations_rows.license_id,
    report_activations_rows.product,
    report_activations_rows.allowed,
    report_activations_rows.taken,
    report_activations_rows.used,
    report_activations_rows.active,
    report_activations_rows.not_given_back,
    report_activations_rows.given_back_proof,
    report_activations_rows.given_back_attested,
    report_activations_rows.given_back_forced,
    report_activations_rows.given_back_correction,
    report_activations_rows.lost
   FROM issuer.report_activations_rows(issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone()) report_activations_rows(license_id, product, allowed, taken, used, active, not_given_back, given_back_proof, given_back_attested, given_back_forced, given_back_correction, lost);
CREATE VIEW issuer.report_expiring_now AS
 SELECT report_expiring.what,
    report_expiring.which,
    report_expiring.month,
    report_expiring.licenses,
    report_expiring.in_use,
    report_expiring.servers
   FROM issuer.report_expiring(issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone()) report_expiring(what, which, month, licenses, in_use, servers);
CREATE VIEW issuer.report_expiring_rows_now AS
 SELECT report_expiring_rows.what,
    report_expiring_rows.which,
    report_expiring_rows.ends_on,
    report_expiring_rows.license_id,
    report_expiring_rows.customer,
    report_expiring_rows.customer_name,
    report_expiring_rows.state,
    report_expiring_rows.servers
   FROM issuer.report_expiring_rows(issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone()) report_expiring_rows(what, which, ends_on, license_id, customer, customer_name, state, servers);
CREATE VIEW issuer.report_holds_now AS
 SELECT report_holds.case_number,
    report_holds.opened_at,
    report_holds.age_days,
    report_holds.reason,
    report_holds.license_id,
    report_holds.server
   FROM issuer.report_holds(issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone()) report_holds(case_number, opened_at, age_days, reason, license_id, server);
CREATE VIEW issuer.report_issuance_now AS
 SELECT report_issuance.month,
    report_issuance.feature,
    report_issuance.kind,
    report_issuance.grants,
    report_issuance.issued
   FROM issuer.report_issuance(issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone()) report_issuance(month, feature, kind, grants, issued);
CREATE VIEW issuer.report_keys_now AS
 SELECT report_keys.key,
    report_keys.development,
    report_keys.not_before,
    report_keys.not_after,
    report_keys.revoked_on,
    report_keys.signed,
    report_keys.live
   FROM issuer.report_keys(issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone()) report_keys(key, development, not_before, not_after, revoked_on, signed, live);
CREATE VIEW issuer.report_late_entries_now AS
 SELECT report_late_entries.what,
    report_late_entries.month,
    report_late_entries.recorded_in,
    report_late_entries.entries
   FROM issuer.report_late_entries(issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone()) report_late_entries(what, month, recorded_in, entries);
CREATE VIEW issuer.report_late_entries_rows_now AS
 SELECT report_late_entries_rows.what,
    report_late_entries_rows.effective,
    report_late_entries_rows.recorded_on,
    report_late_entries_rows.license_id,
    report_late_entries_rows.subject
   FROM issuer.report_late_entries_rows(issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone()) report_late_entries_rows(what, effective, recorded_on, license_id, subject);
CREATE VIEW issuer.report_licenses_now AS
 SELECT report_licenses.product,
    report_licenses.state,
    report_licenses.licenses,
    report_licenses.delivered,
    report_licenses.activated,
    report_licenses.allowed,
    report_licenses.used,
    report_licenses.active
   FROM issuer.report_licenses(issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone()) report_licenses(product, state, licenses, delivered, activated, allowed, used, active);
CREATE VIEW issuer.report_licenses_rows_now AS
 SELECT report_licenses_rows.license_id,
    report_licenses_rows.customer,
    report_licenses_rows.customer_name,
    report_licenses_rows.product,
    report_licenses_rows.order_ref,
    report_licenses_rows.kind,
    report_licenses_rows.sold_on,
    report_licenses_rows.delivered_on,
    report_licenses_rows.activated_on,
    report_licenses_rows.state,
    report_licenses_rows.version,
    report_licenses_rows.expires_on,
    report_licenses_rows.support_until,
    report_licenses_rows.servers,
    report_licenses_rows.active,
    report_licenses_rows.allowed,
    report_licenses_rows.used
   FROM issuer.report_licenses_rows(issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone()) report_licenses_rows(license_id, customer, customer_name, product, order_ref, kind, sold_on, delivered_on, activated_on, state, version, expires_on, support_until, servers, active, allowed, used);
CREATE VIEW issuer.report_orders_now AS
 SELECT report_orders.month,
    report_orders.kind,
    report_orders.orders,
    report_orders.sold,
    report_orders.delivered,
    report_orders.activated,
    report_orders.days_to_delivery,
    report_orders.days_to_activation
   FROM issuer.report_orders(issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone()) report_orders(month, kind, orders, sold, delivered, activated, days_to_delivery, days_to_activation);
CREATE VIEW issuer.report_orders_rows_now AS
 SELECT report_orders_rows.order_ref,
    report_orders_rows.kind,
    report_orders_rows.ordered_on,
    report_orders_rows.customer,
    report_orders_rows.customer_name,
    report_orders_rows.license_id,
    report_orders_rows.delivered_on,
    report_orders_rows.activated_on,
    report_orders_rows.days_to_delivery,
    report_orders_rows.days_to_activation
   FROM issuer.report_orders_rows(issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone()) report_orders_rows(order_ref, kind, ordered_on, customer, customer_name, license_id, delivered_on, activated_on, days_to_delivery, days_to_activation);
CREATE VIEW issuer.report_reconciliation_now AS
 SELECT report_reconciliation.equation,
    report_reconciliation.term,
    report_reconciliation.license_id,
    report_reconciliation.number,
    report_reconciliation.why
   FROM issuer.report_reconciliation(issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone()) report_reconciliation(equation, term, license_id, number, why);
CREATE VIEW issuer.report_response_times_now AS
 SELECT report_response_times.month,
    report_response_times.replies,
    report_response_times.median_seconds,
    report_response_times.p95_seconds,
    report_response_times.longest_seconds
   FROM issuer.report_response_times(issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone()) report_response_times(month, replies, median_seconds, p95_seconds, longest_seconds);
CREATE VIEW issuer.report_restorations_now AS
 SELECT report_restorations.case_number,
    report_restorations.opened_on,
    report_restorations.license_id,
    report_restorations.evidence,
    report_restorations.asked_by,
    report_restorations.asked_why,
    report_restorations.outcome,
    report_restorations.decided_on,
    report_restorations.decided_by,
    report_restorations.second_by,
    report_restorations.decided_why,
    report_restorations.ticket,
    report_restorations.serial
   FROM issuer.report_restorations(issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone()) report_restorations(case_number, opened_on, license_id, evidence, asked_by, asked_why, outcome, decided_on, decided_by, second_by, decided_why, ticket, serial);
CREATE VIEW issuer.report_support_years_now AS
 SELECT report_support_years.month,
    report_support_years.feature,
    report_support_years.kind,
    report_support_years.entries,
    report_support_years.years
   FROM issuer.report_support_years(issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone()) report_support_years(month, feature, kind, entries, years);
CREATE VIEW issuer.report_support_years_rows_now AS
 SELECT report_support_years_rows.license_id,
    report_support_years_rows.feature,
    report_support_years_rows.version,
    report_support_years_rows.kind,
    report_support_years_rows.years,
    report_support_years_rows.from_on,
    report_support_years_rows.until_on,
    report_support_years_rows.order_ref,
    report_support_years_rows.order_kind,
    report_support_years_rows.effective,
    report_support_years_rows.recorded_on
   FROM issuer.report_support_years_rows(issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone()) report_support_years_rows(license_id, feature, version, kind, years, from_on, until_on, order_ref, order_kind, effective, recorded_on);
CREATE VIEW issuer.restoration_shown AS
 SELECT s.id AS case_number,
    s.license_id,
    (l.license_id)::text AS license,
    (n.name)::text AS customer,
    COALESCE((d.outcome)::text, 'open'::text) AS state,
    (s.evidence)::text AS evidence,
    s.activation_id AS meant,
    COALESCE(d.activation_id, s.activation_id) AS serial,
    (r.host)::text AS host,
    s.message_id,
        CASE
            WHEN has_column_privilege('issuer.message'::text, 'from_address'::text, 'select'::text) THEN m.from_address
            ELSE NULL::text
        END AS sender,
        CASE
            WHEN has_column_privilege('issuer.message'::text, 'body'::text, 'select'::text) THEN m.subject
            ELSE NULL::text
        END AS subject,
        CASE
            WHEN has_column_privilege('issuer.message'::text, 'body'::text, 'select'::text) THEN m.body
            ELSE NULL::text
        END AS words,
    (o.name)::text AS opened_by,
    s.reason,
    s.ticket,
    s.opened_at,
    d.effective AS decided_at,
    (b.name)::text AS decided_by,
    (t.name)::text AS second_by,
    d.reason AS decided_why,
    d.ticket AS decided_ticket,
    d.replacement,
    s.closed_at
   FROM ((((((((((issuer.restoration s
     JOIN issuer.license l ON ((l.id = s.license_id)))
     JOIN issuer.customer_now c ON ((c.id = l.customer_id)))
     JOIN issuer.customer_now n ON ((n.id = c.root)))
     LEFT JOIN issuer.message m ON ((m.id = s.message_id)))
     LEFT JOIN issuer.operator o ON ((o.id = s.opened_by)))
     LEFT JOIN issuer.restoration_decision d ON ((d.restoration_id = s.id)))
     LEFT JOIN issuer.operator b ON ((b.id = d.decided_by)))
     LEFT JOIN issuer.operator t ON ((t.id = d.second_by)))
     LEFT JOIN issuer.activation a ON ((a.id = COALESCE(d.activation_id, s.activation_id))))
     LEFT JOIN issuer.usage_request r ON ((r.id = a.request_id)));
CREATE TABLE issuer.serial_block (
    id bigint NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    holder integer NOT NULL,
    closed_at timestamp with time zone,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT serial_block_check CHECK ((last >= first))
);
ALTER TABLE issuer.serial_block ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.serial_block_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.serial_void (
    serial bigint NOT NULL,
    block_id bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
CREATE TABLE issuer.signing_key (
    kid issuer.one_line NOT NULL,
    certificate bytea NOT NULL,
    not_before timestamp with time zone NOT NULL,
    not_after timestamp with time zone NOT NULL,
    development boolean NOT NULL,
    revoked_at timestamp with time zone,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
CREATE TABLE issuer.term_entry (
    id bigint NOT NULL,
    license_id bigint NOT NULL,
    version integer NOT NULL,
    code issuer.one_line NOT NULL,
    order_id bigint NOT NULL,
    kind issuer.one_line NOT NULL,
    years integer,
    from_on date,
    until_on date,
    effective date NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT term_entry_check CHECK ((((kind)::text <> 'bought'::text) OR ((years > 0) AND (from_on IS NOT NULL) AND (until_on IS NOT NULL)))),
    CONSTRAINT term_entry_check1 CHECK ((((kind)::text <> 'cancelled'::text) OR ((years < 0) AND (from_on IS NOT NULL)))),
    CONSTRAINT term_entry_check2 CHECK ((((kind)::text <> 'set'::text) OR (years IS NULL))),
    CONSTRAINT term_entry_kind_check CHECK (((kind)::text = ANY (ARRAY['bought'::text, 'cancelled'::text, 'set'::text])))
);
ALTER TABLE issuer.term_entry ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.term_entry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE issuer.usage_request ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.usage_request_id_seq
    START WITH 1
    INCREMENT BY 512
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
COPY issuer.activation (id, license_id, version, servers, allowed, thumbprint, request_id, state, counted, use_no, slot, origin, continues, replaces, active_from, active_until, counted_until, lost_at, ended_by, recorded_at, ended_recorded_at, counted_recorded_at) FROM stdin;
2	1	1	2	3	\\xc7f521f195b319b8a8a0c4021490dc5818f27092528276f1ac96562f7c267b21	7	deactivated	f	2	2	taken	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:19+00	2026-11-26 17:27:19+00	\N	proof	2026-11-26 17:27:18.788866+00	2026-11-26 17:27:19.027977+00	2026-11-26 17:27:19.027977+00
3	1	1	2	3	\\x80b13c10ead8050e44f609c1f850dfb27d8fa93b43e73140e46508fd9d244308	8	active	t	2	2	taken	\N	\N	2026-11-26 17:27:19+00	\N	\N	\N	\N	2026-11-26 17:27:19.040739+00	\N	\N
1	1	1	2	3	\\x807be2fea1675e291c9cb90360f4b6cb18ff5187f059e560a403024d02522d9f	6	superseded	f	1	1	taken	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:19+00	2026-11-26 17:27:19+00	\N	superseded	2026-11-26 17:27:18.788866+00	2026-11-26 17:27:19.166833+00	2026-11-26 17:27:19.166833+00
4	1	2	2	4	\\x807be2fea1675e291c9cb90360f4b6cb18ff5187f059e560a403024d02522d9f	514	active	t	1	1	instance	1	\N	2026-11-26 17:27:19+00	\N	\N	\N	\N	2026-11-26 17:27:19.166833+00	\N	\N
5	4	1	1	2	\\x134593fb1beaa9e65ac471aa1955d85b2fc3ccb79ec8bf53711afbbd796afef9	1026	lost	f	1	1	taken	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19+00	2026-11-26 17:27:19+00	2026-11-26 17:27:19+00	forced	2026-11-26 17:27:19.565253+00	2026-11-26 17:27:19.675444+00	2026-11-26 17:27:19.675444+00
6	4	1	1	2	\\x1224520554cbb41439154e831ed8320f354b7e9da23bf4d5207dc7ee456d9799	1538	active	t	1	1	taken	\N	\N	2026-11-26 17:27:19+00	\N	\N	\N	\N	2026-11-26 17:27:19.713473+00	\N	\N
7	6	1	2	3	\\x6b15de44b5fca5738fc219222571741e17f4ffbf618d2e31f8fef4cd7ea6c98d	2051	active	t	1	1	taken	\N	\N	2026-11-26 22:52:54+00	\N	\N	\N	\N	2026-11-26 22:52:54.057004+00	\N	\N
\.
COPY issuer.alert (id, decision_id, kind, detail, effective, closed_at, closed_by, reason, recorded_at, license_id, restoration_id, contact_id) FROM stdin;
\.
COPY issuer.answer (reply_id, words, operator_id, recorded_at) FROM stdin;
\.
COPY issuer.case_mail (case_number, message_id, how, recorded_at, seen_at) FROM stdin;
\.
COPY issuer.contact (id, license_id, entry, effective, ended_on, ended_at, erased_at, doubtful, recorded_at) FROM stdin;
1	1	ana@northwind.example	2026-11-26	\N	\N	\N	f	2026-11-26 17:27:18.379749+00
2	2	ops@delta.example	2026-11-26	\N	\N	\N	f	2026-11-26 17:27:18.461586+00
3	3	ana@northwind.example	2026-11-26	\N	\N	\N	f	2026-11-26 17:27:18.535403+00
4	4	ana@northwind.example	2026-11-26	\N	\N	\N	f	2026-11-26 17:27:18.605766+00
5	5	ops@delta.example	2024-02-29	\N	\N	\N	f	2026-11-26 17:27:19.262942+00
6	2	bob@delta.example	2026-11-26	2026-11-26	2026-11-26 17:27:19+00	\N	f	2026-11-26 17:27:19.493226+00
7	6	ana@northwind.example	2026-11-26	\N	\N	\N	f	2026-11-26 22:52:53.609956+00
\.
COPY issuer.customer (id, recorded_at) FROM stdin;
1	2026-11-26 17:27:18.379749+00
2	2026-11-26 17:27:18.461586+00
3	2026-11-26 17:27:18.605766+00
\.
COPY issuer.customer_merge (customer_id, version, into_id, reason, operator_id, effective, recorded_at) FROM stdin;
3	1	1	a typing mistake	4	2026-11-26	2026-11-26 17:27:19.198823+00
\.
COPY issuer.customer_version (customer_id, version, name, reference, effective, recorded_at, operator_id, reason) FROM stdin;
1	1	Northwind Water	\N	2026-11-26	2026-11-26 17:27:18.379749+00	\N	\N
2	1	Delta Gas	\N	2026-11-26	2026-11-26 17:27:18.461586+00	\N	\N
3	1	Northwind Watr	\N	2026-11-26	2026-11-26 17:27:18.605766+00	\N	\N
2	2	Delta Gas Ltd	\N	2026-11-26	2026-11-26 17:27:19.229485+00	4	they told so
\.
COPY issuer.deactivation (id, digest, thumbprint, seq, iat, serial, host, jws, message_id, given_back, effective, recorded_at) FROM stdin;
1	\\xfd9e70125510c79ec23fa501fd7838db4c05592a25b1d053ed76f9149e457d3b	\\xc7f521f195b319b8a8a0c4021490dc5818f27092528276f1ac96562f7c267b21	1795714039	2026-11-26 17:27:19+00	2	plant-1	eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6ImFBdmtXcllkMndMNzY1Ty1TaTNucjRXM192bUdFNFB4YmZsRU4tUHA5cEUifSwidHlwIjoiY2hhcmlvdC1kZWFjdGl2YXRpb24randzIn0.eyJpYXQiOjE3OTU3MTQwMzksImluc3RhbmNlIjp7ImZpbmdlcnByaW50Ijp7ImJvYXJkIjoiU2h6MllHV043c2lVRjhhcmtFbGg2QSIsImNwdSI6IkJTd0JXWEtUYlBUNXVuM3NRLWd1M0EiLCJtYWMiOiI5MnZEQnp3R2s4eFhkZjQ0MkFPTVNRIn0sImhvc3QiOiJwbGFudC0xIn0sImxpY2Vuc2UiOiJ3eHhRa214MjRERDc5SG5idllIMHhMQnZvWmVnLUpLVlZXV3hOdmdhNHZ3IiwicHJvb2YiOiJveE8zYUx0NkppT3RTb2p6b3Nfb0RiSGdqMXVod21pbEl4Q21OSk9pZDQ2QU5qb2RtbXZlY0xaRVNOQlRpaWZUTTNOdGVxNkNNc2RGUTRHYkhpd3RDdyIsInNlcSI6MTc5NTcxNDAzOSwic2VyaWFsIjoiVUwtMDAwMDAwMDIiLCJ2IjoxfQ.D4pP7Qd8jJP43Q3Rj-ndjxpm8EftN6lZkMMC7ddQtiscYcSimtuh5JHVvluTPUjOLz_sn6pLKGNuGfHu3ejgDw	9217	1	2026-11-26 17:27:19+00	2026-11-26 17:27:19.027977+00
\.
COPY issuer.decision (id, message_id, request_id, deactivation_id, token_kind, token_digest, outcome, rule, code, note, would, problem, serial, facts, policy, program, operator_id, reason, ticket, effective, recorded_at) FROM stdin;
6	6657	6	\N	usage-request	\\x98d5b1949576937247ce4679a52d4470046a27ab7093160087d8a2277bb1d435	issued	18	issued	\N	\N	\N	1	{"seq": 1795714038, "used": 0, "state": "current", "active": 0, "person": false, "allowed": 3, "expires": 0, "license": 1, "servers": 2, "version": 1, "contacts": 1, "customer": 1, "case_open": false, "contested": false, "installed": "none", "seq_taken": false, "newest_seq": 0, "sender_known": true, "resends_today": 0, "tells_of_loss": false, "customer_version": 1}	\\x9ee39245d9701d4c5ae1316a94c4fbf441fe706d343078a2d3fd53ea53e968b0	0.1.0	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
7	3585	7	\N	usage-request	\\xb3f20f1d85951309b92433548bcd13a28049f68ba6fba43ce7648ed5cb678f4d	issued	18	issued	\N	\N	\N	2	{"seq": 1795714038, "used": 1, "state": "current", "active": 1, "person": false, "allowed": 3, "expires": 0, "license": 1, "servers": 2, "version": 1, "contacts": 1, "customer": 1, "case_open": false, "contested": false, "installed": "none", "seq_taken": false, "newest_seq": 0, "sender_known": true, "resends_today": 0, "tells_of_loss": false, "customer_version": 1}	\\x9ee39245d9701d4c5ae1316a94c4fbf441fe706d343078a2d3fd53ea53e968b0	0.1.0	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
8	4097	8	\N	usage-request	\\x1fb1de24b6f6522d1bfdbed4d9c5a4eb607c285229c53b3d01ef443676469839	held	20	choose-server	\N	\N	\N	\N	{"seq": 1795714038, "used": 2, "state": "current", "active": 2, "person": false, "allowed": 3, "expires": 0, "license": 1, "servers": 2, "version": 1, "contacts": 1, "customer": 1, "case_open": false, "contested": false, "installed": "none", "seq_taken": false, "newest_seq": 0, "sender_known": true, "resends_today": 0, "tells_of_loss": false, "customer_version": 1}	\\x9ee39245d9701d4c5ae1316a94c4fbf441fe706d343078a2d3fd53ea53e968b0	0.1.0	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
9	6145	9	\N	usage-request	\\x84a5defb7697fcdd19ba492020aff7f79d426a84b635055ba7b0f0914f90e0ae	refused	9	license-expired	\N	\N	\N	\N	{"seq": 1795714038, "used": 0, "state": "current", "active": 0, "person": false, "allowed": 1, "expires": 1609502400, "license": 2, "servers": 1, "version": 1, "contacts": 1, "customer": 2, "case_open": false, "contested": false, "installed": "none", "seq_taken": false, "newest_seq": 0, "sender_known": true, "resends_today": 0, "tells_of_loss": false, "customer_version": 1}	\\x9ee39245d9701d4c5ae1316a94c4fbf441fe706d343078a2d3fd53ea53e968b0	0.1.0	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
10	5633	10	\N	usage-request	\\xe9b3d8a56d821dc263d375a711c7f4502d00c17dde9afc47c89ed5ea3e7096b8	held	3	unknown-sender	\N	issued	\N	\N	{"seq": 1795714038, "used": 0, "state": "current", "active": 0, "person": false, "allowed": 1, "expires": 0, "license": 3, "servers": 1, "version": 1, "contacts": 1, "customer": 1, "case_open": false, "contested": false, "installed": "none", "seq_taken": false, "newest_seq": 0, "sender_known": false, "resends_today": 0, "tells_of_loss": false, "customer_version": 1}	\\x9ee39245d9701d4c5ae1316a94c4fbf441fe706d343078a2d3fd53ea53e968b0	0.1.0	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
515	8705	514	\N	usage-request	\\xfb9e6fb84644baa5c93839781530e979c0718a3746af4b832ff6c9f7d7440d82	held	12	no-upgrade-on-record	\N	\N	\N	\N	{"seq": 1795714039, "used": 2, "state": "current", "active": 2, "person": false, "allowed": 3, "expires": 0, "license": 1, "servers": 2, "version": 1, "contacts": 1, "customer": 1, "case_open": true, "contested": false, "installed": "on-record", "seq_taken": false, "newest_seq": 1795714038, "sender_known": true, "resends_today": 0, "tells_of_loss": false, "customer_version": 1}	\\x9ee39245d9701d4c5ae1316a94c4fbf441fe706d343078a2d3fd53ea53e968b0	0.1.0	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.027977+00
516	9217	\N	1	deactivation	\\xfd9e70125510c79ec23fa501fd7838db4c05592a25b1d053ed76f9149e457d3b	accepted	0	deactivated	\N	\N	\N	2	{"seq": 1795714039, "proof": true, "on_record": true, "signature": true}	\\x9ee39245d9701d4c5ae1316a94c4fbf441fe706d343078a2d3fd53ea53e968b0	0.1.0	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.027977+00
1027	4097	8	\N	usage-request	\\x1fb1de24b6f6522d1bfdbed4d9c5a4eb607c285229c53b3d01ef443676469839	issued	18	issued	\N	\N	\N	3	{"seq": 1795714038, "used": 1, "state": "current", "active": 1, "person": false, "allowed": 3, "expires": 0, "license": 1, "servers": 2, "version": 1, "contacts": 1, "customer": 1, "case_open": true, "contested": false, "installed": "none", "seq_taken": false, "newest_seq": 0, "sender_known": true, "resends_today": 0, "tells_of_loss": false, "customer_version": 1}	\\x9ee39245d9701d4c5ae1316a94c4fbf441fe706d343078a2d3fd53ea53e968b0	0.1.0	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.040739+00
1028	8705	514	\N	usage-request	\\xfb9e6fb84644baa5c93839781530e979c0718a3746af4b832ff6c9f7d7440d82	held	12	no-upgrade-on-record	\N	\N	\N	\N	{"seq": 1795714039, "used": 2, "state": "current", "active": 2, "person": false, "allowed": 3, "expires": 0, "license": 1, "servers": 2, "version": 1, "contacts": 1, "customer": 1, "case_open": true, "contested": false, "installed": "on-record", "seq_taken": false, "newest_seq": 1795714038, "sender_known": true, "resends_today": 0, "tells_of_loss": false, "customer_version": 1}	\\x9ee39245d9701d4c5ae1316a94c4fbf441fe706d343078a2d3fd53ea53e968b0	0.1.0	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.040739+00
1537	5633	10	\N	usage-request	\\xe9b3d8a56d821dc263d375a711c7f4502d00c17dde9afc47c89ed5ea3e7096b8	refused	0	refused-by-person	\N	\N	\N	\N	{"seq": 1795714038, "used": 0, "state": "current", "active": 0, "person": false, "allowed": 1, "expires": 0, "license": 3, "servers": 1, "version": 1, "contacts": 1, "customer": 1, "case_open": false, "contested": false, "installed": "none", "seq_taken": false, "newest_seq": 0, "sender_known": false, "resends_today": 0, "tells_of_loss": false, "customer_version": 1}	\\x9ee39245d9701d4c5ae1316a94c4fbf441fe706d343078a2d3fd53ea53e968b0	0.1.0	2	nobody knows Eve	T-1	2026-11-26 17:27:19+00	2026-11-26 17:27:19.074901+00
2050	8705	514	\N	usage-request	\\xfb9e6fb84644baa5c93839781530e979c0718a3746af4b832ff6c9f7d7440d82	issued	14	issued	\N	\N	\N	4	{"seq": 1795714039, "used": 2, "state": "current", "active": 2, "person": false, "allowed": 4, "expires": 0, "license": 1, "servers": 2, "version": 2, "contacts": 1, "customer": 1, "case_open": true, "contested": false, "installed": "on-record", "seq_taken": false, "newest_seq": 1795714038, "sender_known": true, "resends_today": 0, "tells_of_loss": false, "customer_version": 1}	\\x9ee39245d9701d4c5ae1316a94c4fbf441fe706d343078a2d3fd53ea53e968b0	0.1.0	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.166833+00
2562	10753	1026	\N	usage-request	\\x773471dcf562a35ccc4883c88837390002fed16fff51ffcdfc705300c6a8f1ae	issued	18	issued	\N	\N	\N	5	{"seq": 1795714039, "used": 0, "state": "current", "active": 0, "person": false, "allowed": 2, "expires": 0, "license": 4, "servers": 1, "version": 1, "contacts": 1, "customer": 1, "case_open": false, "contested": false, "installed": "none", "seq_taken": false, "newest_seq": 1795714038, "sender_known": true, "resends_today": 0, "tells_of_loss": false, "customer_version": 1}	\\x9ee39245d9701d4c5ae1316a94c4fbf441fe706d343078a2d3fd53ea53e968b0	0.1.0	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.565253+00
3074	11777	1538	\N	usage-request	\\x613c62865e7b5f999321ccd1aa0f260dc0163ad2bc580c88b9e5c4154e79db4d	issued	18	issued	\N	\N	\N	6	{"seq": 1795714039, "used": 0, "state": "current", "active": 0, "person": false, "allowed": 2, "expires": 0, "license": 4, "servers": 1, "version": 1, "contacts": 1, "customer": 1, "case_open": false, "contested": false, "installed": "none", "seq_taken": false, "newest_seq": 0, "sender_known": true, "resends_today": 0, "tells_of_loss": false, "customer_version": 1}	\\x9ee39245d9701d4c5ae1316a94c4fbf441fe706d343078a2d3fd53ea53e968b0	0.1.0	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.713473+00
3587	6657	2051	\N	usage-request	\\x2aa71d8044683a427ef54cd4b2751931fb7547d1bef9b886bfa50d67f2ebcf3a	issued	18	issued	\N	\N	\N	7	{"seq": 1795733573, "used": 0, "state": "current", "active": 0, "person": false, "allowed": 3, "expires": 0, "license": 6, "servers": 2, "version": 1, "contacts": 1, "customer": 1, "case_open": false, "contested": false, "installed": "none", "seq_taken": false, "newest_seq": 0, "sender_known": true, "resends_today": 0, "tells_of_loss": false, "sender_vouched": true, "customer_version": 1}	\\x4e2301e5ca82c804fc495031257c76ee25259262d7708678e2b842f7d103666a	0.1.0	\N	\N	\N	2026-11-26 22:52:54+00	2026-11-26 22:52:54.057004+00
3588	15361	2052	\N	usage-request	\\x3dd366b35ceb90caf2f8a103b43fd09a9df80cca9eb65d4a399f503a27f8a1e0	held	3	unknown-sender	\N	issued	\N	\N	{"seq": 1795733573, "used": 1, "state": "current", "active": 1, "person": false, "allowed": 3, "expires": 0, "license": 6, "servers": 2, "version": 1, "contacts": 1, "customer": 1, "case_open": false, "contested": false, "installed": "none", "seq_taken": false, "newest_seq": 0, "sender_known": false, "resends_today": 0, "tells_of_loss": false, "sender_vouched": false, "customer_version": 1}	\\x4e2301e5ca82c804fc495031257c76ee25259262d7708678e2b842f7d103666a	0.1.0	\N	\N	\N	2026-11-26 22:52:54+00	2026-11-26 22:52:54.057004+00
\.
COPY issuer.entitlement (license_id, version, servers, activations, expires_on, order_id, effective, recorded_at, operator_id, reason) FROM stdin;
1	1	2	3	\N	1	2026-11-26	2026-11-26 17:27:18.379749+00	\N	\N
2	1	1	1	2020-12-31	2	2026-11-26	2026-11-26 17:27:18.461586+00	\N	\N
3	1	1	1	\N	3	2026-11-26	2026-11-26 17:27:18.535403+00	\N	\N
4	1	1	2	\N	4	2026-11-26	2026-11-26 17:27:18.605766+00	\N	\N
1	2	2	4	\N	5	2026-11-26	2026-11-26 17:27:19.102838+00	1	\N
5	1	1	1	\N	6	2024-02-29	2026-11-26 17:27:19.262942+00	4	\N
5	2	1	1	\N	7	2026-11-26	2026-11-26 17:27:19.346486+00	4	\N
5	3	1	1	\N	8	2026-11-26	2026-11-26 17:27:19.387257+00	4	\N
6	1	2	3	\N	9	2026-11-26	2026-11-26 22:52:53.609956+00	\N	\N
\.
COPY issuer.entitlement_feature (license_id, version, code, until_on, quantity, recorded_at) FROM stdin;
1	1	mqtt-server	\N	\N	2026-11-26 17:27:18.379749+00
1	1	support	2027-06-30	\N	2026-11-26 17:27:18.379749+00
2	1	mqtt-server	\N	\N	2026-11-26 17:27:18.461586+00
3	1	mqtt-server	\N	\N	2026-11-26 17:27:18.535403+00
3	1	support	2027-06-30	\N	2026-11-26 17:27:18.535403+00
4	1	mqtt-server	\N	\N	2026-11-26 17:27:18.605766+00
1	2	mqtt-server	\N	\N	2026-11-26 17:27:19.102838+00
1	2	support	2028-06-30	\N	2026-11-26 17:27:19.102838+00
5	1	mqtt-server	\N	\N	2026-11-26 17:27:19.262942+00
5	1	support	2026-02-28	\N	2026-11-26 17:27:19.262942+00
5	2	mqtt-server	\N	\N	2026-11-26 17:27:19.346486+00
5	2	support	2027-11-26	\N	2026-11-26 17:27:19.346486+00
5	3	mqtt-server	\N	\N	2026-11-26 17:27:19.387257+00
5	3	support	2026-11-26	\N	2026-11-26 17:27:19.387257+00
6	1	mqtt-server	\N	\N	2026-11-26 22:52:53.609956+00
\.
COPY issuer.event (id, kind, subject, subject_id, row_digest, license_id, operator_id, detail, effective, recorded_at) FROM stdin;
1	customer-recorded	customer	1	\\xa6015e3b7e45eb078406123848d447fd6a01930ce15e5a5a1aff5d9ff96867f6	\N	\N	{"import": 1}	2026-11-26 17:27:18+00	2026-11-26 17:27:18.379749+00
2	license-recorded	license	1	\\x3c57e7612f965d124efb1410e79f3bc42a55e581be54b54837fb4d4bdc1e50bf	1	\N	{"import": 1}	2026-11-26 17:27:18+00	2026-11-26 17:27:18.379749+00
3	signing-key-recorded	signing_key	0	\\x2c9eb592dc3e79ff4eb241b0157f7afabb3337112de44d55d69f1adcf1974018	\N	\N	{"kid": "NrisO09fZYZkZPgWJeG029BuDnz32TC4zNppOwUm20Q"}	2026-11-26 17:27:18+00	2026-11-26 17:27:18.435809+00
4	customer-recorded	customer	2	\\x0314369e4548b4711e6fea41565ec345c86a3df8a91645bfff7de826cc082123	\N	\N	{"import": 2}	2026-11-26 17:27:18+00	2026-11-26 17:27:18.461586+00
5	license-recorded	license	2	\\x0c3a0838eb9343a0a41a97cb7dcd09e06070ef8da269ba00a6e920f54a18004c	2	\N	{"import": 2}	2026-11-26 17:27:18+00	2026-11-26 17:27:18.461586+00
6	license-recorded	license	3	\\x2d52c79a1b42e8e1b901b220fa8ba1404e2baaeff5443f381b8fcf90e6e6cfb8	3	\N	{"import": 3}	2026-11-26 17:27:18+00	2026-11-26 17:27:18.535403+00
7	customer-recorded	customer	3	\\x594d5a0db754b1c2931e483aa342611276ef7f79423224bf00a7e26d5096d36f	\N	\N	{"import": 4}	2026-11-26 17:27:18+00	2026-11-26 17:27:18.605766+00
8	license-recorded	license	4	\\x9ccbc4d5633dad068d2669359a0a195dcd991b4af4d3dcdac20315fdd99d841f	4	\N	{"import": 4}	2026-11-26 17:27:18+00	2026-11-26 17:27:18.605766+00
9	operator-added	operator	1	\\x983a211b2a76df601ab27724d607d05482f92b1dcb4dc303200b5d73705fd8ba	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.677677+00
10	operator-added	operator	2	\\x7f0b7eda3341f8c654593ea17c02ccc4a4c284422f11f593d824d7d1d010a394	\N	1	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.694056+00
11	operator-added	operator	3	\\xd706a87f0b85eabb147bee83b1467eaac9ed944ad49782df22d1a41d627135d1	\N	1	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.714655+00
12	operator-added	operator	4	\\x86caf38600985a71e5db2c58b7fe6952db2ea0d53a9881a78733f95bbce4c76c	\N	1	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.73834+00
13	issued	decision	6	\\x1859865e3d6cc21606b611903f20ddcc22e9550193a6907a433d5d3c2b697acc	1	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
14	issued	decision	7	\\x31922a1849d5f01dab75bd052d567d017891481d4b68b7af389d029f6c6fd053	1	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
15	held	decision	8	\\x4a7e959fe031457b67d8f4146df3dcc1c5dd9c2f87677c8a50be489949064d44	1	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
16	refused	decision	9	\\xaf484be156978cf3c326dec08fc0942ab8ca10cb09ff44101b313d2f3e08d6dc	2	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
17	held	decision	10	\\xbec336c53eab79cd3b32f8bafd5312f7395422d008e3b268fc2352d220742c56	3	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
18	activation-made	activation	1	\\x4f443c46a124c6fc5a7defd6629afa06be630e31f4a5f6003c00acc1aa770b43	1	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
19	activation-made	activation	2	\\xa135a0e774b02b2a17df247ba8d82955ec779c84cd18d45d777563ec99b59dc7	1	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
20	usage-license-signed	usage_license	1	\\xaf8f0b49b12503ef7f33342c62642162e6d12c31738aed4134c84201fc883b9c	1	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
21	usage-license-signed	usage_license	2	\\xe7ee887f1d9549c71b576d21bc4cef13e75d85b6c7114b1cd1ba64793f1e4178	1	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
22	hold-opened	hold	1001	\\x436b991cae247cc62db7527b6bc0efbd010ccccef7f3acc4afa5ef59ee3ca9f3	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
23	hold-opened	hold	1002	\\x93071af0348825cc252b23761a95cb5a4f2cc824c6946f23a01e567bba8c4e26	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
24	restoration-opened	restoration	1003	\\x815f211d03ffd6c6817d1db0bdba7a9cb8630d9fafc7696ae9abe18d36669200	1	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
25	reply-sent	reply	1	\\x1b61369ea47d5055831959a826f8faaed0f928c89ca34b06ea4d2142ad9a1c89	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.817525+00
26	reply-sent	reply	2	\\x3e1fde0a4ef6b65528506c77c7b231961708e1d88148de22102941fd9b77dba8	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.817525+00
27	reply-sent	reply	3	\\xdca344d6f67d13fd73eb0532753ef6e4e01b9f5b648af360a90f805b802a913f	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.817525+00
28	reply-sent	reply	4	\\x5e3f8a519fcc08ec625aef8e18371529eb3e16608310fa32130b02c9c3b347d1	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.817525+00
29	reply-sent	reply	513	\\xb97166e4d6e98ff4ddf12578e1fe77ec9751304ea38904948a6604a737705087	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.817525+00
30	deactivation-received	deactivation	1	\\xd09d2e76d7e98db9a074db8f21320a6d78b6a18e542d4afc24d7c38f379432be	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.027977+00
31	held	decision	515	\\xfef48c052eb14e552e41b97568acbafcbf943b265f06b188ddc02e687dd82ef9	1	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.027977+00
32	accepted	decision	516	\\x5bff51ca74b82119fc53a241cb991aac225252898a1a730a621efd62d164e009	1	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.027977+00
33	activation-deactivated	activation	2	\\x0f37b2709d5c35b9ef19a6017dfbed9d894f29a65c0f1a700d858cf81d5a81eb	1	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.027977+00
34	hold-opened	hold	1004	\\x47b90d6601e874461afa93fbe353e250cbe967d98818bee051ae224299f4f2e6	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.027977+00
35	issued	decision	1027	\\x4071bb8167b6ab0d07c01620225c50038af2088f7ad52767f65e37b54bcbf6d3	1	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.040739+00
36	held	decision	1028	\\x09f3472a247526bb7246fa77c02ed72bd21dd929ac04b66267e9c43b60bee609	1	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.040739+00
37	activation-made	activation	3	\\x70ab800372db612a8df7143cb7799b7dccac5365a4b2f1634cfd96ea0da08e6b	1	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.040739+00
38	usage-license-signed	usage_license	3	\\xcb2e858cbccec209a90a7bdc3451b0d2ff8415335d6919cf40f2b1be125627e6	1	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.040739+00
39	hold-closed	hold	1001	\\xb680fb8f06a6bfb2cddeb8ab6d7108acf0d243a842d69039c74280db6c3bd7aa	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.040739+00
40	instruction-filed	instruction	1	\\x7000d5bd4691d2c7ef25cfd64f2a40e33de8506933fd682a9a7ef151b78d6f2a	\N	2	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.070333+00
41	refused	decision	1537	\\xd18660c14056b561693685e8dc321e5a9ab1ca199a95496a39a565beb90ba317	3	2	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.074901+00
42	hold-closed	hold	1002	\\x063ff66ddffb9b3695c2519902946523c95c52b28b1210f6a5d2bb841cd33147	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.074901+00
43	instruction-done	instruction	1	\\x4a47039707e1b70d3813c21ccb693f2c536e677a5dc3db65393e1f709c11cd38	\N	2	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.074901+00
44	license-changed	license	1	\\xb14d58a0c3f75523232530bcfe7a108ce661142821b9784a467bcbfcdb5746a8	1	1	{"import": 5}	2026-11-26 17:27:19+00	2026-11-26 17:27:19.102838+00
45	issued	decision	2050	\\xa5c894bc66f21996ccfbd8eef153179a752875b2067e7dab862751cedc244809	1	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.166833+00
46	activation-superseded	activation	1	\\xc15ec3bdce412cdb0c47d56dc3366d3f588d72ccbcc10b00a92edcee6e6455ae	1	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.166833+00
47	activation-made	activation	4	\\x1ca19fe7604f382c328c7cb93a2710bfbaf708bc06a6ac8cdf5c571bd3b6a0f3	1	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.166833+00
48	usage-license-signed	usage_license	4	\\x7ffcd552b1dbf8bd2b362191c43782c3b1f65fed1584b1669fef45d45dc4c89c	1	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.166833+00
49	hold-closed	hold	1004	\\x7ba774f8b05fb70562b097041206e41b31a9298966ef9e734082698867240da9	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.166833+00
50	customer-merged	customer	3	\\xe634290d83e0f2b5c057d6d70975d6afd4fd9a5542a8d5142cee2f7fa6d2836b	\N	4	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.198823+00
51	customer-renamed	customer	2	\\xba1f015af2581f2651a0d5621024d58b977e95952757b143689cc6afeef76661	\N	4	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.229485+00
52	license-recorded	license	5	\\x7b11e8e9d8a9f2eb2d31f3a77443ecdbb6e2a444a0701f7434c6b69a74de2726	5	4	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.262942+00
53	key-delivered	key_delivery	5	\\x312da45bbbc5fa97b680877c25010a4dff473afbf197038891986c05e374009b	5	4	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.326386+00
54	order-recorded	orders	7	\\x8fa0197439ce5f50b6869c5416f4277604299efd50d5e022fdc6dcbd01f662f3	\N	4	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.346486+00
55	license-upgraded	license	5	\\x57f70756bc2aef8373087236c05b489d1f42f01908deb05a4e644bada571a059	5	4	{"order": "SO-6", "changes": [{"what": "support", "after": "until 2027-11-26", "before": "until 2026-02-28"}], "version": 2, "ended_uses": [], "order_kind": "sale"}	2026-11-26 17:27:19+00	2026-11-26 17:27:19.346486+00
56	order-recorded	orders	8	\\x7550e51d4fc741cb7906ca9010d5f2cb37ab78898f3c1de8fc8ce7768a6d6951	\N	4	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.387257+00
57	license-upgraded	license	5	\\xa95e26411b6d0c1a9bd8527c5f7672727302ca8e1482edafa1dca8d681d2144f	5	4	{"order": "SO-7", "changes": [{"what": "support", "after": "until 2026-11-26", "before": "until 2027-11-26"}], "version": 3, "ended_uses": [], "order_kind": "cancellation"}	2026-11-26 17:27:19+00	2026-11-26 17:27:19.387257+00
58	license-suspended	license	5	\\xe2647a7d4c8cf60227d4ea43f22a42eb6168e98b6ce792a1cebc71f5ae7d46f4	5	1	{"to": "suspended", "from": "current"}	2026-11-26 17:27:19+00	2026-11-26 17:27:19.427302+00
59	license-resumed	license	5	\\xfff724d1c953e1d55fe67af038a0d22c81b8989123b1b8a7cb670cf895f18a37	5	1	{"to": "current", "from": "suspended"}	2026-11-26 17:27:19+00	2026-11-26 17:27:19.461805+00
60	contact-added	contact	6	\\x206493285babba952115b8713ebd6e3ac6c7d4b7ba2624553005feae4f0e11d5	2	4	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.493226+00
61	contact-ended	contact	6	\\x91555d1e5f74e5bcce4c749cc34d639759862075e6cc087a066951ccb6675c07	2	4	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.527457+00
62	issued	decision	2562	\\xa12bb34ec9612849fcd85c2ab648dcb1eb666b26a41c9e8efcf557b3d73915c8	4	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.565253+00
63	activation-made	activation	5	\\x09e94819598e2ad5a0e25546559f9cf9e660817c0b7054693a0ae588c595fbda	4	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.565253+00
64	usage-license-signed	usage_license	5	\\x7316af7a9b65200b4f262db90db0a9cda393461ff742d73312723cbd3e221817	4	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.565253+00
65	reply-withdrawn	reply	1025	\\x0d30ca0e42ecd9553a1ce622550c7347994eace80857ceef64f37b269e8984b8	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.596103+00
66	reply-sent	reply	1026	\\x8782b87ec8d125b22269e5ccf4b195dd62a004330795268d92a1c60c0e243c23	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.596103+00
67	reply-sent	reply	1537	\\x1d0251838a51ad5db0cb3e919ba77ba48f330c189fd4dc8f1f9211c7ef3b3c8c	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.596103+00
68	reply-sent	reply	2049	\\xf88df2c41d1428a2d76d6a5557b7e9ff976daf296bf50b042915ef45f61f65fb	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.596103+00
69	reply-sent	reply	2561	\\x918c0903eb6d3a3e01da01323594a6031fd4ab47cefa1cdff595ec7b10e6d985	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.596103+00
70	reply-sent	reply	3073	\\xca3e25401f79500049f549647941b12a3c02ca19dad8f9e07ec4e46aac9794de	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.596103+00
71	restoration-opened	restoration	1005	\\x92cb9e9ed0b19b6c11feee961a5d7dea5facc50b2787127fded3b0a64cc781d9	4	3	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.636054+00
72	instruction-filed	instruction	2	\\x10831b80f8fed2d0b833aa60030e397a350b436e01024c8e5fb411ddcc67b2fb	\N	1	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.66863+00
73	restoration-closed	restoration	1005	\\x292efd039d75685b9c38dcf90087cd3f68584d54ed335e7ebd709edb81b5492e	4	1	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.675444+00
74	restoration-approved	restoration_decision	1005	\\x8467ef4920f4fa70794bbe23df338b06fc72e99745ee4ec68fadfb5b6e965e22	4	1	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.675444+00
75	activation-lost	activation	5	\\xd69772789391e925043ad155150475a9f627c0957a11a04a27b4a2044832ecac	4	1	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.675444+00
76	instruction-done	instruction	2	\\xa86b7fee818a41cb8247ba59af70c0e13a8a29d81d426e0ee356e454c5a93e44	4	1	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.675444+00
77	issued	decision	3074	\\x280db401a5831b1d09cd70ce9ff3dbb1332d5f222076f754c7bff9c79fc21df1	4	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.713473+00
78	activation-made	activation	6	\\x4a3dd54468b9c52cb7a762e9b25dd0d97aff581261515a5cf6b0cdcf51f9b68a	4	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.713473+00
79	usage-license-signed	usage_license	6	\\xd465dd66ad87674fa31727e73845df384c9ef76914b1444201a14047296d1ca8	4	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.713473+00
80	reply-sent	reply	3585	\\x71e8b91793cde126a35fad83bd770908e3164268952b6939a7fd9d2eab9cd43f	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.748977+00
81	reply-sent	reply	4097	\\x85d5005daec22c4c4f8fc386bc9005f7b5ec701daae4223f6529d1e2e73b63b9	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.748977+00
82	reply-sent	reply	4609	\\xbb2a5d4fc9e72f32f029cc7ea2e0c6b9e5432d0457072df2027f6e10a1fc1747	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.748977+00
83	operator-revoked	operator	4	\\x6019d3e351a7bf8625676ddd6da09f5745a02d769d3e4797fbf653af3051d884	\N	1	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.998993+00
84	operator-added	operator	5	\\x60af702cd49a7cdf3247ce4db1b0c99067936a2e9f575f8cf0b0fde7b52c8cf3	\N	\N	\N	2026-11-26 22:52:53+00	2026-11-26 22:52:53.445796+00
85	operator-added	operator	6	\\x8d57b1a852eb31346539240935d4fa33a3a9be42729f251b74a81710e88ca868	\N	5	\N	2026-11-26 22:52:53+00	2026-11-26 22:52:53.529036+00
86	license-recorded	license	6	\\x570dc46c56a0a261223df4a6d6cbdc3b1fe3211c9c570c3c3d36f6865b728739	6	\N	{"import": 7}	2026-11-26 22:52:53+00	2026-11-26 22:52:53.609956+00
87	signing-key-recorded	signing_key	0	\\x76a3d116bc3cc223bc06e595780bffcc7b50b551967e5ba69d506b5688622cb3	\N	\N	{"kid": "FFhtdCMkfVKEzm0N3fXvES-hZZVc1C_8LRvkm0a6tRc"}	2026-11-26 22:52:53+00	2026-11-26 22:52:53.842169+00
89	quarantined	quarantine	14337	\\x4980700371529ea50eab758c48c1339768fa303e566377af9ddbcf3a8fedb21b	\N	\N	\N	2026-11-26 22:52:54+00	2026-11-26 22:52:54.057004+00
90	issued	decision	3587	\\x9d5b320c2e8a76fe7d3f2e8411f22a39c8bdf44aff51a1a329c6d5aaf5013d73	6	\N	\N	2026-11-26 22:52:54+00	2026-11-26 22:52:54.057004+00
91	held	decision	3588	\\x8b09d800cb7586a2b723c80bae5dad62281056017f7c9f88eaf1d77533acbfe6	6	\N	\N	2026-11-26 22:52:54+00	2026-11-26 22:52:54.057004+00
92	activation-made	activation	7	\\x518d601a9b620f31a656ccb1bca9d38d8fe24b7a8a043d59c3fb037b9c513d57	6	\N	\N	2026-11-26 22:52:54+00	2026-11-26 22:52:54.057004+00
93	usage-license-signed	usage_license	7	\\xe1a01fbdaa8ea04a00fbba25a90f0520205b846bba2e75c8cf8028bc81929f49	6	\N	\N	2026-11-26 22:52:54+00	2026-11-26 22:52:54.057004+00
94	hold-opened	hold	1006	\\x783881c28d07f82d4fe9f2a9e89a4d478e4b4f884fb423fc6771d8c4de81f6ca	\N	\N	\N	2026-11-26 22:52:54+00	2026-11-26 22:52:54.057004+00
95	restoration-opened	restoration	1007	\\x382389ee6fc3e20b9d5fa1916914eb0ec6aeae91dc34dbbe5466f31a15667463	6	\N	\N	2026-11-26 22:52:54+00	2026-11-26 22:52:54.057004+00
96	reply-sent	reply	5121	\\x05553a6b2a83552a318683edea45701f2c5f70c495bf9f45af44fede8236041d	\N	\N	\N	2026-11-26 22:52:54+00	2026-11-26 22:52:54.322728+00
97	reply-sent	reply	5633	\\x99fde694ff8b1fc622b70c03b2e94cc54e714c1216db1cc7a4475d883cecb6aa	\N	\N	\N	2026-11-26 22:52:54+00	2026-11-26 22:52:54.322728+00
\.
COPY issuer.feature (code, product, name, kind, recorded_at) FROM stdin;
mqtt-server	chariot	MQTT server	perpetual	2026-11-26 17:27:17.430431+00
support	chariot	Support and updates	term	2026-11-26 17:27:17.430431+00
snowflake-bridge	chariot	Snowflake bridge	metered	2026-11-26 17:27:17.430431+00
\.
COPY issuer.hold (id, request_id, decision_id, opened_at, closed_at, closed_by, closed_how, recorded_at) FROM stdin;
1001	8	8	2026-11-26 17:27:18+00	2026-11-26 17:27:19+00	1027	issued	2026-11-26 17:27:18.788866+00
1002	10	10	2026-11-26 17:27:18+00	2026-11-26 17:27:19+00	1537	refused-by-person	2026-11-26 17:27:18.788866+00
1004	514	515	2026-11-26 17:27:19+00	2026-11-26 17:27:19+00	2050	issued	2026-11-26 17:27:19.027977+00
1006	2052	3588	2026-11-26 22:52:54+00	\N	\N	\N	2026-11-26 22:52:54.057004+00
\.
COPY issuer.import (id, file_digest, rows, operator_id, recorded_at, way) FROM stdin;
1	\\x7a526e885641b2f8d115934ac9cb28bd2aebc79b6fe9d37608aad6c1686a3a4d	1	\N	2026-11-26 17:27:18.379749+00	file
2	\\xbdd1b7654aa934526c4e5594caa809c5d090741457827a293323fca0c6fe226a	1	\N	2026-11-26 17:27:18.461586+00	file
3	\\xee852f5de82c292c233e308ef4b0e8a802fc1a1fe8bbc94866f7fdcf8cb7df8c	1	\N	2026-11-26 17:27:18.535403+00	file
4	\\xdbc3b05a50e73a1a7b2e8450f15dd6035dbee7029ffdfe924dfca84720ee0393	1	\N	2026-11-26 17:27:18.605766+00	file
5	\\x0bb6a7c31f06c79d9281bede2bcb99c2f2621a849f47974096d4f0b3ede3ad3a	1	1	2026-11-26 17:27:19.102838+00	file
6	\\xdc1c7904efb777643554359b87c52b26577f7488fea052f5143a80c4fc062a2d	1	4	2026-11-26 17:27:19.262942+00	typed
7	\\xf9219ed59d9345b518a57c1f0e98f485454a3c81f315e5790b764849b077a67f	1	\N	2026-11-26 22:52:53.609956+00	file
\.
COPY issuer.import_row (license_id, import_id, line, content, recorded_at) FROM stdin;
1	1	2	{"expires": null, "product": "chariot", "servers": 2, "contacts": ["ed8c33be576edc2a270fe3a098b84a595713a425601f0b8a75f3b01e6ca6a4bb"], "customer": "Northwind Water", "features": {"support": "2027-06-30", "mqtt-server": null}, "order_ref": "SO-LIC-1", "order_date": null, "order_kind": "sale", "activations": 3, "customer_ref": null}	2026-11-26 17:27:18.379749+00
2	2	2	{"expires": "2020-12-31", "product": "chariot", "servers": 1, "contacts": ["d7ed0cf454656a0d39999c52426bad94d197e149525bc40870ae02e6007c2c80"], "customer": "Delta Gas", "features": {"mqtt-server": null}, "order_ref": "SO-LIC-2", "order_date": null, "order_kind": "sale", "activations": 1, "customer_ref": null}	2026-11-26 17:27:18.461586+00
3	3	2	{"expires": null, "product": "chariot", "servers": 1, "contacts": ["ed8c33be576edc2a270fe3a098b84a595713a425601f0b8a75f3b01e6ca6a4bb"], "customer": "Northwind Water", "features": {"support": "2027-06-30", "mqtt-server": null}, "order_ref": "SO-LIC-3", "order_date": null, "order_kind": "sale", "activations": 1, "customer_ref": null}	2026-11-26 17:27:18.535403+00
4	4	2	{"expires": null, "product": "chariot", "servers": 1, "contacts": ["ed8c33be576edc2a270fe3a098b84a595713a425601f0b8a75f3b01e6ca6a4bb"], "customer": "Northwind Watr", "features": {"mqtt-server": null}, "order_ref": "SO-LIC-4", "order_date": null, "order_kind": "sale", "activations": 2, "customer_ref": null}	2026-11-26 17:27:18.605766+00
1	5	2	{"expires": null, "product": "chariot", "servers": 2, "contacts": ["ed8c33be576edc2a270fe3a098b84a595713a425601f0b8a75f3b01e6ca6a4bb"], "customer": "Northwind Water", "features": {"support": "2028-06-30", "mqtt-server": null}, "order_ref": "SO-9", "order_date": null, "order_kind": "sale", "activations": 4, "customer_ref": null}	2026-11-26 17:27:19.102838+00
5	6	1	{"expires": null, "product": "chariot", "servers": 1, "contacts": ["d7ed0cf454656a0d39999c52426bad94d197e149525bc40870ae02e6007c2c80"], "customer": "Delta Gas Ltd", "features": {"support": "2026-02-28", "mqtt-server": null}, "order_ref": "SO-5", "order_date": "2024-02-29", "order_kind": "sale", "activations": 1, "customer_ref": null}	2026-11-26 17:27:19.262942+00
6	7	2	{"expires": null, "product": "chariot", "servers": 2, "contacts": ["ed8c33be576edc2a270fe3a098b84a595713a425601f0b8a75f3b01e6ca6a4bb"], "customer": "Northwind Water", "features": {"mqtt-server": null}, "order_ref": "SO-LIC-24", "order_date": null, "order_kind": "sale", "activations": 3, "customer_ref": null}	2026-11-26 22:52:53.609956+00
\.
COPY issuer.instance (thumbprint, passed_at, recorded_at) FROM stdin;
\\x134593fb1beaa9e65ac471aa1955d85b2fc3ccb79ec8bf53711afbbd796afef9	\N	2026-11-26 17:27:18.788866+00
\\x807be2fea1675e291c9cb90360f4b6cb18ff5187f059e560a403024d02522d9f	\N	2026-11-26 17:27:18.788866+00
\\x80b13c10ead8050e44f609c1f850dfb27d8fa93b43e73140e46508fd9d244308	\N	2026-11-26 17:27:18.788866+00
\\x91397d46f516ead512247a3013af6a3202094ad3fbcf123c7b0239005c208bb4	\N	2026-11-26 17:27:18.788866+00
\\xc7f521f195b319b8a8a0c4021490dc5818f27092528276f1ac96562f7c267b21	\N	2026-11-26 17:27:18.788866+00
\\x1224520554cbb41439154e831ed8320f354b7e9da23bf4d5207dc7ee456d9799	\N	2026-11-26 17:27:19.713473+00
\\x6b15de44b5fca5738fc219222571741e17f4ffbf618d2e31f8fef4cd7ea6c98d	\N	2026-11-26 22:52:54.057004+00
\\xe8b32947a7afc20f11db82cc759c20e8a0a0eea760c1218d88533ecd8bb8f1ef	\N	2026-11-26 22:52:54.057004+00
\.
COPY issuer.instruction (id, kind, hold_id, request_id, operator_id, second_id, arguments, preview, state, taken_until, answer, filed_at, ended_at, recorded_at, restoration_id) FROM stdin;
1	refuse	1002	10	2	\N	{"words": null, "reason": "nobody knows Eve", "ticket": "T-1", "new_use": false, "preview": null, "replace": 0, "continue": 0}	\N	done	2026-11-26 17:28:19+00	{"decisions": [1537]}	2026-11-26 17:27:19+00	2026-11-26 17:27:19+00	2026-11-26 17:27:19.070333+00	\N
2	approve	\N	\N	1	2	{"reason": "burnt", "ticket": null}	\N	done	2026-11-26 17:28:19+00	{"case": 1005, "serial": 5}	2026-11-26 17:27:19+00	2026-11-26 17:27:19+00	2026-11-26 17:27:19.66863+00	1005
\.
COPY issuer.key_delivery (license_key_id, how, detail, delivered_on, operator_id, recorded_at) FROM stdin;
1	import	\N	2026-11-26	\N	2026-11-26 17:27:18.379749+00
2	import	\N	2026-11-26	\N	2026-11-26 17:27:18.461586+00
3	import	\N	2026-11-26	\N	2026-11-26 17:27:18.535403+00
4	import	\N	2026-11-26	\N	2026-11-26 17:27:18.605766+00
5	handed-over	to the plant's manager by registered letter	2026-11-26	4	2026-11-26 17:27:19.326386+00
6	import	\N	2026-11-26	\N	2026-11-26 22:52:53.609956+00
\.
COPY issuer.license (id, license_id, customer_id, product, order_id, effective, recorded_at) FROM stdin;
1	LIC-1	1	chariot	1	2026-11-26	2026-11-26 17:27:18.379749+00
2	LIC-2	2	chariot	2	2026-11-26	2026-11-26 17:27:18.461586+00
3	LIC-3	1	chariot	3	2026-11-26	2026-11-26 17:27:18.535403+00
4	LIC-4	3	chariot	4	2026-11-26	2026-11-26 17:27:18.605766+00
5	LIC-5	2	chariot	6	2024-02-29	2026-11-26 17:27:19.262942+00
6	LIC-24	1	chariot	9	2026-11-26	2026-11-26 22:52:53.609956+00
\.
COPY issuer.license_key (id, license_id, hint, weak, effective, retired_at, recorded_at, delivered_on) FROM stdin;
1	1	JXP6	f	2026-11-26 17:27:18+00	\N	2026-11-26 17:27:18.379749+00	2026-11-26
2	2	AEPG	f	2026-11-26 17:27:18+00	\N	2026-11-26 17:27:18.461586+00	2026-11-26
3	3	XD8J	f	2026-11-26 17:27:18+00	\N	2026-11-26 17:27:18.535403+00	2026-11-26
4	4	A46S	f	2026-11-26 17:27:18+00	\N	2026-11-26 17:27:18.605766+00	2026-11-26
5	5	D72K	f	2026-11-26 17:27:19+00	\N	2026-11-26 17:27:19.262942+00	2026-11-26
6	6	M2KS	f	2026-11-26 22:52:53+00	\N	2026-11-26 22:52:53.609956+00	2026-11-26
\.
COPY issuer.license_proof (public_key, license_key_id, recorded_at) FROM stdin;
\\xc31c50926c76e030fbf479dbbd81f4c4b06fa197a0f892955565b136f81ae2fc	1	2026-11-26 17:27:18.379749+00
\\x6b1a5db3188c71fc4a0338438a0b7aec88ea843249c055578ca92484dcc1effa	2	2026-11-26 17:27:18.461586+00
\\xe4e05f13d7cd6adb125e7cde38bba39bb0e56c39a061cbb36c7c315e4c5f8ca2	3	2026-11-26 17:27:18.535403+00
\\x606ee25639fb2e24d6136354b3970d5ad3fe627d3e966dd19784f806f52d89f0	4	2026-11-26 17:27:18.605766+00
\\xd859148dea0958e85e73bea159b31bb37dc3a16dc3230ace009d7cd22bea4423	5	2026-11-26 17:27:19.262942+00
\\x9a9b771d076bc7090124deaae90e61a369540081ad08641aae09f54247b8a65a	6	2026-11-26 22:52:53.609956+00
\.
COPY issuer.license_state_version (license_id, version, state, reason, operator_id, effective, recorded_at, order_id, replaced_by, ended_how) FROM stdin;
5	1	suspended	unpaid	1	2026-11-26 17:27:19+00	2026-11-26 17:27:19.427302+00	\N	\N	\N
5	2	current	paid	1	2026-11-26 17:27:19+00	2026-11-26 17:27:19.461805+00	\N	\N	\N
\.
COPY issuer.mailbox (id, digest, place, recorded_at) FROM stdin;
\.
COPY issuer.mailbox_mail (mailbox_id, validity, uid, message_id, settled_at, recorded_at) FROM stdin;
\.
COPY issuer.message (id, identity, class, why, source, source_offset, size, raw_digest, sent_at, message_id, in_reply_to, from_address, reply_to, subject, body, raw, emptied_at, handled_at, handled_how, effective, recorded_at, sender_vouched, sender_says) FROM stdin;
3585	\\x0a541328294f32c4c0bd295caa27a46104785abd59ab4b60d259ffebc8b8c0e5	request	\N	first.mbox#2	1406	1313	\\x6047539b14a444686ea133144d04f3f798f2b76dd1e8a75cfa2b5a8817f5f32a	2026-10-14 17:48:40+00	2.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	Good morning,\n\n===== CHARIOT USAGE REQUEST =====\nCHARQ100JNS570R9QR8V\n023QP8K1DHKJ4EH28NJ48MT148P24TKQDCH3MYS2CDS7C8HT492P8CHN3HWA\n6MRKJ8HC49NQ8Y9278H4YJTG48P24Y1278H62GBPDDBQ4PB469VMRDSP35AC\n6N7JTMV96DQ74D2Q6DFQCVA78MT50Y32CSP4AKHDA1R3JW2549YJR8KM7CDA\nF5R24EH2CDM62WK9DXT2TXBKC5KPABBJCNRQASBKEGNPMXVK49YG32KVAF6K\n49MP2X1278RKEE9N6WRK8C1K70P24TBEEDT62VK3CMH3MYS2CSMPWSV5PYS9\nE9R74TBEEGH3MYS2C9QP2WK448X24MV8F8S5JHTQ9RVQ6TAN8RW62WKB8W0K\n8NP6GDJ148P24RVGEMH3M8J2ADVM4NTR9DA64M2M6NTPWCVKA4PPEX9K7QV2\n84H2R8KDC5HJ4EH274S7CH22F9VMETSRF1C68SHM6GS42KTDAD8J4Z9C0YY4\n49M6YWVM48X24W3CC5Q78B9H49YJR8KCD5HPAVKKCMH3M8KQF1W52TVDBQEB\nF0S38H246WWMGVK2ESCMGC3R9H17CVTTCNKJTJJBASB5ENVR9SV6ER9M070X\nESVJ4B12E1S6YS3NCDT24EH2CDM62WK9DXT24B12E1S6YVV648X24VVR8913\n9WSP2K3M6S56JKVMADQPMYKFEDFPYH3291KPMCBND1VPTTBC95W46VAEC2H3\n997PJS1M6S0MWTKFCHPPTXK5CD65MHAK9S158TB9CSA4TCTEEHJQ2DJ38WTA\n9NSP8HJH6H3P4J39EXT46XS25GH70XBJE1QQ6S9278H62RVMD5V62X3517MM\n48P24WV5E4H3MC9Q74TKEC9M60SKGB12ERH3MC9C49V6AWKKD5QPW8HT72FP\n48W2WD1E68H7VBHSS2ZRW552PRYGP2Y5QK5DEVAFBKRSRKCTWRRSESRH0YER\nMBHQYHWQ8S730M3BV8JES4DC5HHDHESXESPGZY8P5GH27YCD01ERPGBF9Y17\n60309SFM\n===== END OF USAGE REQUEST =====\n\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a34383a3430202d303030300a4d6573736167652d49443a203c322e6d61696c406e6f72746877696e642e6578616d706c653e0a0a476f6f64206d6f726e696e672c0a0a3d3d3d3d3d2043484152494f542055534147452052455155455354203d3d3d3d3d0a43484152513130304a4e533537305239515238560a3032335150384b3144484b4a34454832384e4a34384d54313438503234544b51444348334d5953324344533743384854343932503843484e334857410a364d524b4a38484334394e513859393237384834594a54473438503234593132373848363247425044444251345042343639564d52445350333541430a364e374a544d563936445137344432513644465143564137384d54353059333243535034414b4844413152334a5732353439594a52384b4d374344410a463552323445483243444d3632574b39445854325458424b43354b504142424a434e52514153424b45474e504d58564b3439594733324b564146364b0a34394d50325831323738524b4545394e3657524b3843314b37305032345442454544543632564b33434d48334d59533243534d5057535635505953390a4539523734544245454748334d5953324339515032574b3434385832344d5638463853354a485451395256513654414e3852573632574b423857304b0a384e503647444a313438503234525647454d48334d384a324144564d344e545239444136344d324d364e54505743564b413450504558394b375156320a3834483252384b444335484a3445483237345337434832324639564d45545352463143363853484d36475334324b54444144384a345a3943305959340a34394d365957564d343858323457334343355137384239483439594a52384b434435485041564b4b434d48334d384b514631573532545644425145420a46305333384832343657574d47564b324553434d474333523948313743565454434e4b4a544a4a4241534235454e5652395356364552394d303730580a4553564a34423132453153365953334e434454323445483243444d3632574b39445854323442313245315336595656363438583234565652383931330a39575350324b334d365335364a4b564d414451504d594b46454446505948333239314b504d43424e44315650545442433935573436564145433248330a393937504a53314d3653304d57544b464348505054584b35434436354d48414b3953313538544239435341345443544545484a5132444a33385754410a394e535038484a4836483350344a33394558543436585332354748373058424a4531515136533932373848363252564d443556363258333531374d4d0a3438503234575635453448334d4339513734544b4543394d3630534b47423132455248334d4339433439563641574b4b4435515057384854373246500a3438573257443145363848375642485353325a52573535325052594750325935514b354445564146424b5253524b43545752525345535248305945520a4d4248515948575138533733304d334256384a45533444433548484448455358455350475a59385035474832375943443031455250474246395931370a363033303953464d0a3d3d3d3d3d20454e44204f462055534147452052455155455354203d3d3d3d3d0a0a	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00	\N	\N
4097	\\x47b4ec81f73ee067c8098e60f610fc34456fdeb0de37e20f13cb3fe8bac31d0d	request	\N	first.mbox#3	2766	1313	\\xd1cd43f8df4ab8f3380142cb5b7036bb4f819b0c6f8f163da5556c195a69f809	2026-10-14 17:49:40+00	3.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	Good morning,\n\n===== CHARIOT USAGE REQUEST =====\nCHARQ100JN4WT0T5Z0FP\n023QP8K1DHKJ4EH28NJ48MT148P24TKQDCH3MYS2CDS7C8HT492P8CHN5E5M\n6MRKJ8HC49NQ8Y9278H4YJTG48P24Y1278H2TXAG9HW5EH2Z6D2P2HAKSNQR\nAH0PTYK2CDCM2JJZB0RKGEA3C9VK0DKNCNX5YH3TAD3P8VJ549YJR8KMYFC0\nF5R24EH2CDM62WK9DXT2TXBKC5KPABBJCNRQASBKEGNPMXVK49YG32KVWSQV\n49MP2X1278RKEE9N6WRK8C1K70P24TBEEDT62VK3CMH3MYS2CSMPWSV5X30K\nE9R74TBEEGH3MYS2C9QP2WK448X24J3ED1AKJKAB8HV7JPAHF4W50RA1NBRP\n99APYVV748P24RVGEMH3M8J2ADVM4NTR9DA64M2M6NTPWCVKA4PPEX9K4DYJ\n84H2R8KDC5HJ4EH2D1C70STA61C6AK2E9DB62WBMD9X6JVVT8X0J4Z9CDBGQ\n49M6YWVM48X24W3CC5Q78B9J49YJR8KCD5HPAVKKCMH3M8KQF1W52TVDCZ0H\nF0S38H246WWMGVK2ESCMGC3R9H17CVTTCNKJTJJBASB5ENVR9SV6ER9MK0MD\nESVJ4B12E1S6YS3NCDT24EH2CDM62WK9DXT24B12E1S6YVV648X24S257ED6\nCNNMCT1GDSNKCCTZAXT48KVB9X47JCJ5DH774DVNCN3PGXBHED448CA2ZW5D\n6XTNCK298HTMPX3FEDC36T2EA9236XTJA9PNAGB8ADM5JM2R75CQ2JVSFTJY\n9XCMTSV88N6QETJZ912M6M925GH70XBJE1QQ6S9278H62RVMD5V62X35C8S7\n48P24WV5E4H3MC9Q74TKEC9M60SKGB12ERH3MC9C49V6AWKKD5QPW8HTPSJ4\n48W2WD1E68H7VXGFJZ2C7A68X819XFTN9XTYET6J5SRJKFW0VBDYBQ203B7T\nEY3VHJAB209S2ZZKR9N8K1Z75PTM3Z4801CA3EJSPTT1QV6FSRXAC40GKSHC\nJR40QN59\n===== END OF USAGE REQUEST =====\n\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a34393a3430202d303030300a4d6573736167652d49443a203c332e6d61696c406e6f72746877696e642e6578616d706c653e0a0a476f6f64206d6f726e696e672c0a0a3d3d3d3d3d2043484152494f542055534147452052455155455354203d3d3d3d3d0a43484152513130304a4e3457543054355a3046500a3032335150384b3144484b4a34454832384e4a34384d54313438503234544b51444348334d5953324344533743384854343932503843484e3545354d0a364d524b4a38484334394e513859393237384834594a544734385032345931323738483254584147394857354548325a364432503248414b534e51520a4148305054594b324344434d324a4a5a4230524b474541334339564b30444b4e434e5835594833544144335038564a353439594a52384b4d594643300a463552323445483243444d3632574b39445854325458424b43354b504142424a434e52514153424b45474e504d58564b3439594733324b56575351560a34394d50325831323738524b4545394e3657524b3843314b37305032345442454544543632564b33434d48334d59533243534d50575356355833304b0a4539523734544245454748334d5953324339515032574b3434385832344a33454431414b4a4b4142384856374a50414846345735305241314e4252500a39394150595656373438503234525647454d48334d384a324144564d344e545239444136344d324d364e54505743564b413450504558394b3444594a0a3834483252384b444335484a34454832443143373053544136314336414b3245394442363257424d443958364a5656543858304a345a3943444247510a34394d365957564d3438583234573343433551373842394a3439594a52384b434435485041564b4b434d48334d384b514631573532545644435a30480a46305333384832343657574d47564b324553434d474333523948313743565454434e4b4a544a4a4241534235454e5652395356364552394d4b304d440a4553564a34423132453153365953334e434454323445483243444d3632574b39445854323442313245315336595656363438583234533235374544360a434e4e4d4354314744534e4b4343545a41585434384b5642395834374a434a35444837373444564e434e33504758424845443434384341325a5735440a3658544e434b32393848544d505833464544433336543245413932333658544a4139504e4147423841444d354a4d325237354351324a565346544a590a3958434d54535638384e365145544a5a3931324d364d3932354748373058424a4531515136533932373848363252564d4435563632583335433853370a3438503234575635453448334d4339513734544b4543394d3630534b47423132455248334d4339433439563641574b4b443551505738485450534a340a343857325744314536384837565847464a5a324337413638583831395846544e395854594554364a3553524a4b4657305642445942513230334237540a45593356484a414232303953325a5a4b52394e384b315a373550544d335a34383031434133454a53505454315156364653525841433430474b5348430a4a523430514e35390a3d3d3d3d3d20454e44204f462055534147452052455155455354203d3d3d3d3d0a0a	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00	\N	\N
4609	\\x6e8bed3d59aa00adf3dd937aaf62d3a40de3ae0d6266366dbcf348370693e6a9	unrecognised	\N	first.mbox#7	7091	182	\\x6f07e3ffb873238d4449c4c03d7f0ae390565676f4987b36c56442938937eb4f	2026-10-14 17:53:40+00	7.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	How do I activate?\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a35333a3430202d303030300a4d6573736167652d49443a203c372e6d61696c406e6f72746877696e642e6578616d706c653e0a0a486f7720646f20492061637469766174653f0a	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00	\N	\N
5633	\\xad7503d81607ad08b986e40aa2e6f84b1251296b9da6a0749a20ac4102bdd208	request	\N	first.mbox#5	5478	1313	\\xb7692668dddcdc384adf0d0fbc530f2da2452fca4492dae62e76cd544f2aa4e5	2026-10-14 17:51:40+00	5.mail@elsewhere.example	\N	eve@elsewhere.example	eve@elsewhere.example	Offline activation	Good morning,\n\n===== CHARIOT USAGE REQUEST =====\nCHARQ100JNNN929W2A02\n023QP8K1DHKJ4EH28NJ48MT148P24TKQDCH3MYS2CDS7C8HT492P8CHN6RZD\n6MRKJ8HC49NQ8Y9278H4YJTG48P24Y1278H3GHSPADD6GC26ANJM4GJQAE4C\n8NS6WPBGC5270MJ891MM4K2E94V4JD1PDH5QCX29CX632K1M49YJR8KM44AV\nF5R24EH2CDM62WK9DXT2TXBKC5KPABBJCNRQASBKEGNPMXVK49YG32KV4FHP\n49MP2X1278RKEE9N6WRK8C1K70P24TBEEDT62VK3CMH3MYS2CSMPWSV5YNH3\nE9R74TBEEGH3MYS2C9QP2WK448X24STBDRPM8HAEED2M4TKR9X3KCQSKQ53Z\n6DTPCDAH48P24RVGEMH3M8KNB14PRXSMF1Q3JHT68HWPJSB3E12QJQTK51C0\nEWH2R8KDC5HJ4EH2B95PGNB4B5JNADJZAHRKJS2375PMMYK9BX0J4Z9CZVD6\n49M6YWVM48X24W3CC5Q78B9M49YJR8KCD5HPAVKKCMH3M8HN9X16CH9SHPWJ\nCS762X3KADC6WYK59X67ATKD6X26RRJ4DNKNJRVNF9H4GXVRB1NQGSKADWP0\n9D4J4B12E1S6YS3NCDT24EH2CDM62WK9DXT24B12E1S6YVV648X24JT4BQVA\n9NBQCYB5D92NGDHMC9774GK8752KEHAZDXS78HK2CD4PAM3C9S1QMJVQJF0N\nAHBM8VT49587JNA2A1R6AY2E9N55MVTCDGR6MKSRA5R4TRTD68VPMRB694P6\n8RV6YDJSA59MGCHD91K48SS25GH70XBJE1QQ6S9278H62RVMD5V62X3513N3\n48P24WV5E4H3MC9Q74TKEC9M60SKGB12ERH3MC9C49V6AWKKD5QPW8HTQ8KM\n48W2WD1E68H7VGP111GC793DQMJMTN0VA61WG2N8PZVQGT4YTC0H5QE1NH79\nQ5TV2C4T1BMBSD1BBA292XSZD9T9K71ASQ3DPT43Z6K85QERB6D7PV0V8T3E\n14108K2D\n===== END OF USAGE REQUEST =====\n\n	\\x46726f6d3a2065766540656c736577686572652e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a35313a3430202d303030300a4d6573736167652d49443a203c352e6d61696c40656c736577686572652e6578616d706c653e0a0a476f6f64206d6f726e696e672c0a0a3d3d3d3d3d2043484152494f542055534147452052455155455354203d3d3d3d3d0a43484152513130304a4e4e4e39323957324130320a3032335150384b3144484b4a34454832384e4a34384d54313438503234544b51444348334d5953324344533743384854343932503843484e36525a440a364d524b4a38484334394e513859393237384834594a5447343850323459313237384833474853504144443647433236414e4a4d34474a51414534430a384e53365750424743353237304d4a3839314d4d344b3245393456344a443150444835514358323943583633324b314d3439594a52384b4d343441560a463552323445483243444d3632574b39445854325458424b43354b504142424a434e52514153424b45474e504d58564b3439594733324b56344648500a34394d50325831323738524b4545394e3657524b3843314b37305032345442454544543632564b33434d48334d59533243534d5057535635594e48330a4539523734544245454748334d5953324339515032574b3434385832345354424452504d384841454544324d34544b523958334b4351534b5135335a0a36445450434441483438503234525647454d48334d384b4e423134505258534d463151334a485436384857504a534233453132514a51544b353143300a4557483252384b444335484a3445483242393550474e423442354a4e41444a5a4148524b4a5332333735504d4d594b394258304a345a39435a5644360a34394d365957564d3438583234573343433551373842394d3439594a52384b434435485041564b4b434d48334d38484e39583136434839534850574a0a435337363258334b4144433657594b353958363741544b443658323652524a34444e4b4e4a52564e463948344758565242314e5147534b41445750300a3944344a34423132453153365953334e434454323445483243444d3632574b394458543234423132453153365956563634385832344a5434425156410a394e4251435942354439324e4744484d4339373734474b383735324b4548415a4458533738484b3243443450414d3343395331514d4a56514a46304e0a4148424d38565434393538374a4e41324131523641593245394e35354d565443444752364d4b53524135523454525444363856504d524236393450360a3852563659444a534135394d4743484439314b3438535332354748373058424a4531515136533932373848363252564d443556363258333531334e330a3438503234575635453448334d4339513734544b4543394d3630534b47423132455248334d4339433439563641574b4b443551505738485451384b4d0a343857325744314536384837564750313131474337393344514d4a4d544e30564136315747324e38505a56514754345954433048355145314e4837390a513554563243345431424d4253443142424132393258535a443954394b37314153513344505434335a364b38355145524236443750563056385433450a31343130384b32440a3d3d3d3d3d20454e44204f462055534147452052455155455354203d3d3d3d3d0a0a	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00	\N	\N
5121	\\x72da6f2f9fe1e4afffd362d5e153b6b6b91da4475707a9e552d16004244aefe0	about-license	\N	first.mbox#6	6838	206	\\x30cc6ba382ae64d9406eaf7c861d4deb4208692824dbc2557ce396bdb8ee0a27	2026-10-14 17:52:40+00	6.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	LIC-1 ran on a server that has burnt down.\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a35323a3430202d303030300a4d6573736167652d49443a203c362e6d61696c406e6f72746877696e642e6578616d706c653e0a0a4c49432d312072616e206f6e206120736572766572207468617420686173206275726e7420646f776e2e0a	\N	2026-11-26 17:27:18+00	opened case 1003	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00	\N	\N
6145	\\xc5b8ac0706f50fc4ce8faaddbf87fb3c05544c61323f6e3112ffd36cb94af3b0	request	\N	first.mbox#4	4126	1305	\\x10bade828ff69dbe569ca2da00997e1ab56a54bd1e19289a7665f9e2fdd7cf63	2026-10-14 17:50:40+00	4.mail@delta.example	\N	ops@delta.example	ops@delta.example	Offline activation	Good morning,\n\n===== CHARIOT USAGE REQUEST =====\nCHARQ100JNWHBQFB0JE6\n023QP8K1DHKJ4EH28NJ48MT148P24TKQDCH3MYS2CDS7C8HT492P8CHN0N6S\n6MRKJ8HC49NQ8Y9278H4YJTG48P24Y1278H78C2HF9X5MJ1R6RW42S26T0MN\nCD8M8X1H6N84CKJJC53N0DSD8RT4RYA4F584AM9J85J6PD2N49YJR8KMASDP\nF5R24EH2CDM62WK9DXT2TXBKC5KPABBJCNRQASBKEGNPMXVK49YG32KV7V8F\n49MP2X1278RKEE9N6WRK8C1K70P24TBEEDT62VK3CMH3MYS2CSMPWSV5XJBY\nE9R74TBEEGH3MYS2C9QP2WK448X24SJ7DDBKEJAPA10NCRBC95BMTPHS89X8\n6XP4JTB748P24RVGEMH3M8JED9VKAMHSE9N4TDV3AGPNGE27DH5NEW38H1F9\nEWH2R8KDC5HJ4EH28S9QCBA375S58RVT65R6CGVH5NTMAGV5F98J4Z9CD3QZ\n49M6YWVM48X24W3CC5Q78B9K49YJR8KCD5HPAVKKCMH3M8K1F1R68WVR7B2W\nD56P6SKR9D0QMT24D5KQ8DHQ95N72T249957EHJPB1N4PTVBD177MGHQ710V\nBXQJ4B12E1S6YS3NCDT24EH2CDM62WK9DXT24B12E1S6YVV648X24NKMK79X\nEDJ38EAMEHAKEY2FDNMQCVT19N0K0CHHEH17GE2ZCN0KJBAGF8T3CCSH2FAD\nE1CNGB9K9SW6RXKH75MMAWB499B6YVAP71T7EY1S8SH4YVJ5616KJTK4P6YF\nA58M2VHGDH334SJH8S9M2M925GH70XBJE1QQ6S9278H62RVMD5V62X35K44D\n48P24WV5E4H3MC9Q74TKEC9M60SKGB12ERH3MC9C49V6AWKKD5QPW8HT0BQ5\n48W2WD1E68H7VWPT8Y5TF23D55WJQ993YZJ2A8BYZA13VM33A54P1RHMNYAQ\nE88FMCXMFTD8HK0994KC1JFCNZAXPBWXK6FYEYCYWJH6YBR5SYTMFYXXB534\nA43GD6DH\n===== END OF USAGE REQUEST =====\n\n	\\x46726f6d3a206f70734064656c74612e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a35303a3430202d303030300a4d6573736167652d49443a203c342e6d61696c4064656c74612e6578616d706c653e0a0a476f6f64206d6f726e696e672c0a0a3d3d3d3d3d2043484152494f542055534147452052455155455354203d3d3d3d3d0a43484152513130304a4e574842514642304a45360a3032335150384b3144484b4a34454832384e4a34384d54313438503234544b51444348334d5953324344533743384854343932503843484e304e36530a364d524b4a38484334394e513859393237384834594a544734385032345931323738483738433248463958354d4a3152365257343253323654304d4e0a4344384d38583148364e3834434b4a4a4335334e30445344385254345259413446353834414d394a38354a365044324e3439594a52384b4d415344500a463552323445483243444d3632574b39445854325458424b43354b504142424a434e52514153424b45474e504d58564b3439594733324b56375638460a34394d50325831323738524b4545394e3657524b3843314b37305032345442454544543632564b33434d48334d59533243534d5057535635584a42590a4539523734544245454748334d5953324339515032574b343438583234534a374444424b454a41504131304e435242433935424d54504853383958380a365850344a5442373438503234525647454d48334d384a454439564b414d485345394e34544456334147504e474532374448354e45573338483146390a4557483252384b444335484a34454832385339514342413337355335385256543635523643475648354e544d414756354639384a345a39434433515a0a34394d365957564d3438583234573343433551373842394b3439594a52384b434435485041564b4b434d48334d384b314631523638575652374232570a4435365036534b52394430514d54323444354b513844485139354e37325432343939353745484a5042314e3450545642443137374d474851373130560a4258514a34423132453153365953334e434454323445483243444d3632574b394458543234423132453153365956563634385832344e4b4d4b3739580a45444a333845414d4548414b45593246444e4d5143565431394e304b30434848454831374745325a434e304b4a4241474638543343435348324641440a4531434e4742394b3953573652584b4837354d4d41574234393942365956415037315437455931533853483459564a353631364b4a544b34503659460a4135384d325648474448333334534a483853394d324d3932354748373058424a4531515136533932373848363252564d44355636325833354b3434440a3438503234575635453448334d4339513734544b4543394d3630534b47423132455248334d4339433439563641574b4b4435515057384854304251350a3438573257443145363848375657505438593554463233443535574a51393933595a4a32413842595a413133564d3333413534503152484d4e5941510a453838464d43584d46544438484b303939344b43314a46434e5a4158504257584b36465945594359574a4836594252355359544d46595858423533340a41343347443644480a3d3d3d3d3d20454e44204f462055534147452052455155455354203d3d3d3d3d0a0a	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00	\N	\N
6657	\\xf4ef1a75c96edb453afa869af942720e68f40d5c1d3e25f7fbb5a0cf51fac12e	request	\N	first.mbox#1	46	1313	\\xaaca1d8251b9872f2f537ff0f59ba8f2a9bca700f36a526d1f34ab823c0892a1	2026-10-14 17:47:40+00	1.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	Good morning,\n\n===== CHARIOT USAGE REQUEST =====\nCHARQ100JN0F5PGBRRBD\n023QP8K1DHKJ4EH28NJ48MT148P24TKQDCH3MYS2CDS7C8HT492P8CHNA072\n6MRKJ8HC49NQ8Y9278H4YJTG48P24Y1278H54M3NF5H34YJZE1P3JMBNJVB1\nE9CM4S2TE4R6WRVJD9T74KHPC4S3CCAZ65HP8DT7ES946YJD49YJR8KMMEF4\nF5R24EH2CDM62WK9DXT2TXBKC5KPABBJCNRQASBKEGNPMXVK49YG32KVCHR6\n49MP2X1278RKEE9N6WRK8C1K70P24TBEEDT62VK3CMH3MYS2CSMPWSV5WE49\nE9R74TBEEGH3MYS2C9QP2WK448X24C2CE9WN8STQ71S5JHB1EMR50JT7B7WK\nC5934CB748P24RVGEMH3M8J2ADVM4NTR9DA64M2M6NTPWCVKA4PPEX9KYMQX\n84H2R8KDC5HJ4EH2D8T34W2DACTPYRA4A5366CTPD9QM2YKS910J4Z9CAYMD\n49M6YWVM48X24W3CC5Q78B9G49YJR8KCD5HPAVKKCMH3M8KQF1W52TVDB3EA\nF0S38H246WWMGVK2ESCMGC3R9H17CVTTCNKJTJJBASB5ENVR9SV6ER9MGWMK\nESVJ4B12E1S6YS3NCDT24EH2CDM62WK9DXT24B12E1S6YVV648X24TJA5N08\nE8R6JPAMCDT30JVP895Q8P2R759QEN2KD1Q48SJACHQQ2VSGDN8PJW3JR3SR\n9DAKEJ1QADJ58V2P9N8QCH3SDN248JATEDNQCJT7AMV38RAFCHNK8RTGR30Q\nADNN2E3RE5VK6XTZ719M2G925GH70XBJE1QQ6S9278H62RVMD5V62X35Y57P\n48P24WV5E4H3MC9Q74TKEC9M60SKGB12ERH3MC9C49V6AWKKD5QPW8HT395Y\n48W2WD1E68H7V6AB6GZS5Y9ZYV3J6BK80BXMZBFAY6MS0T2ZMWC5WVJ87BTA\nVHWGTJ302F5VRHDNFM95QSWWDB6G1YD6ZS9KM8FVRR1D8JAKP1VXYXX113QB\n2840CBQD\n===== END OF USAGE REQUEST =====\n\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a34373a3430202d303030300a4d6573736167652d49443a203c312e6d61696c406e6f72746877696e642e6578616d706c653e0a0a476f6f64206d6f726e696e672c0a0a3d3d3d3d3d2043484152494f542055534147452052455155455354203d3d3d3d3d0a43484152513130304a4e304635504742525242440a3032335150384b3144484b4a34454832384e4a34384d54313438503234544b51444348334d5953324344533743384854343932503843484e413037320a364d524b4a38484334394e513859393237384834594a5447343850323459313237384835344d334e4635483334594a5a453150334a4d424e4a5642310a4539434d34533254453452365752564a44395437344b4850433453334343415a36354850384454374553393436594a443439594a52384b4d4d4546340a463552323445483243444d3632574b39445854325458424b43354b504142424a434e52514153424b45474e504d58564b3439594733324b56434852360a34394d50325831323738524b4545394e3657524b3843314b37305032345442454544543632564b33434d48334d59533243534d5057535635574534390a4539523734544245454748334d5953324339515032574b3434385832344332434539574e38535451373153354a484231454d5235304a54374237574b0a43353933344342373438503234525647454d48334d384a324144564d344e545239444136344d324d364e54505743564b413450504558394b594d51580a3834483252384b444335484a344548324438543334573244414354505952413441353336364354504439514d32594b533931304a345a394341594d440a34394d365957564d343858323457334343355137384239473439594a52384b434435485041564b4b434d48334d384b514631573532545644423345410a46305333384832343657574d47564b324553434d474333523948313743565454434e4b4a544a4a4241534235454e5652395356364552394d47574d4b0a4553564a34423132453153365953334e434454323445483243444d3632574b39445854323442313245315336595656363438583234544a41354e30380a453852364a50414d43445433304a5650383935513850325237353951454e324b4431513438534a414348515132565347444e38504a57334a523353520a3944414b454a315141444a3538563250394e385143483353444e3234384a415445444e51434a5437414d56333852414643484e4b38525447523330510a41444e4e324533524535564b3658545a3731394d32473932354748373058424a4531515136533932373848363252564d4435563632583335593537500a3438503234575635453448334d4339513734544b4543394d3630534b47423132455248334d4339433439563641574b4b4435515057384854333935590a3438573257443145363848375636414236475a533559395a5956334a36424b383042584d5a42464159364d533054325a4d57433557564a38374254410a56485747544a3330324635565248444e464d39355153575744423647315944365a53394b4d38465652523144384a414b5031565859585831313351420a32383430434251440a3d3d3d3d3d20454e44204f462055534147452052455155455354203d3d3d3d3d0a0a	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00	\N	\N
8705	\\x43e9f6dc309fd8a62e6a97cfc773ea717ab7b412841c10963f0f0279d9c40460	request	\N	second.mbox#1	46	1351	\\xba60212678e7596bb238925190d96cf34039b01641ef16501b865d40322c9128	2026-10-14 17:54:40+00	8.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	Good morning,\n\n===== CHARIOT USAGE REQUEST =====\nCHARQ100KDEN72E61588\n023QP8K1DHKJ4EH28NJ48MT148P24TKQDCH3MYS2CDS7C8HT492P8CHNM7FB\n6MRKJ8HC49NQ8Y9278H4YJTG48P24Y1278H54M3NF5H34YJZE1P3JMBNY252\nE9CM4S2TE4R6WRVJD9T74KHPC4S3CCAZ65HP8DT7ES946YJD49YJR8KMVPKP\nF5R24EH2CDM62WK9DXT2TXBKC5KPABBJCNRQASBKEGNPMXVK49YG38KVFRSS\n49MP2X1278RKEE9N6WRK8C1K70P24TBEEDT62V3CCNJ24EH2AN62TC1GGNZA\n60R30C1G64H2R8K9DSSQ8RBECDJJ4EKV49K6JVK7CNS70WK9DST24EKVHDN7\n49H6YRBJCGH3M8HG9HS7JN37AWW74PA5C5TK0M2B8XGN4CHHCWH2R8K3ZEPD\nE1TJ4EH2899QEGJQB15N8RJGAGTQAVHKED8JTSVN6D0J4B12DNGP68HTDHW8\n49N38CKG9N9KAVV18H8MCRSKASN6YGBTF54428KX5GH6GVVKEGH3M8KG8WR2\nDHGPWX1D60H7TB12DHMP6SBEEDJJ4EH2EXW7GMBBDNW34D248GVKJJ3ET42V\nC9V5JJ1GF1644XKFB9JPEBAA9DB5CNTQF177CSV16HV7E8HC49R74VV40W2K\nENHQ88HT49HPGRBJD5QQ88HC49R74VVFCRH3M8KA99S30TASAHHQ8C2BPN24\nES14PX2RB0WN6XTMADM6WH3699J6YWBF61PN2TBGE95NADT86X9P8N3CAW9Y\nAS6N2XJ4F5PM8H29B9SPPXJB8XAKCD319XJ6PD33A19PPM9RF1RQECVQ0B06\nBWW56GA148P24W3NE9R6YWV548X24XBGCHGQ8S925GH76SBH48X32DSSZYTJ\n6MVK2D1G6CWJR8KP48X32B12ESJQ4WV9DXQ24EH270Q38BHJ49YX7AE21FQD\nAAYPJJD7HG3XNFG6X75Y8T9ST909SN8X3HW07WQ98Y25S98NT1H62N8K4TVD\nW1FBQN533BX3SX2WGR5D8GX4EBA0N448ZZ9454Q81410EA\n===== END OF USAGE REQUEST =====\n\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a35343a3430202d303030300a4d6573736167652d49443a203c382e6d61696c406e6f72746877696e642e6578616d706c653e0a0a476f6f64206d6f726e696e672c0a0a3d3d3d3d3d2043484152494f542055534147452052455155455354203d3d3d3d3d0a43484152513130304b44454e37324536313538380a3032335150384b3144484b4a34454832384e4a34384d54313438503234544b51444348334d5953324344533743384854343932503843484e4d3746420a364d524b4a38484334394e513859393237384834594a5447343850323459313237384835344d334e4635483334594a5a453150334a4d424e593235320a4539434d34533254453452365752564a44395437344b4850433453334343415a36354850384454374553393436594a443439594a52384b4d56504b500a463552323445483243444d3632574b39445854325458424b43354b504142424a434e52514153424b45474e504d58564b3439594733384b56465253530a34394d50325831323738524b4545394e3657524b3843314b37305032345442454544543632563343434e4a3234454832414e363254433147474e5a410a36305233304331473634483252384b39445353513852424543444a4a34454b5634394b364a564b37434e533730574b394453543234454b5648444e370a343948365952424a434748334d384847394853374a4e333741575737345041354335544b304d32423858474e344348484357483252384b335a4550440a4531544a344548323839395145474a514231354e38524a47414754514156484b4544384a5453564e3644304a34423132444e475036384854444857380a34394e3338434b47394e394b415656313848384d4352534b41534e36594742544635343432384b58354748364756564b454748334d384b47385752320a4448475057583144363048375442313244484d503653424545444a4a3445483245585737474d4242444e5733344432343847564b4a4a3345543432560a433956354a4a31474631363434584b4642394a504542414139444235434e54514631373743535631364856374538484334395237345656343057324b0a454e485138384854343948504752424a44355151383848433439523734565646435248334d384b4139395333305441534148485138433242504e32340a45533134505832524230574e3658544d41444d365748333639394a36595742463631504e325442474539354e4144543836583950384e3343415739590a4153364e32584a344635504d384832394239535050584a423858414b4344333139584a365044333341313950504d39524631525145435651304230360a4257573536474131343850323457334e453952365957563534385832345842474348475138533932354748373653424834385833324453535a59544a0a364d564b324431473643574a52384b50343858333242313245534a51345756394458513234454832373051333842484a3439595837414532314651440a414159504a4a4437484733584e464736583735593854395354393039534e38583348573037575139385932355339384e54314836324e384b345456440a57314642514e353333425833535832574752354438475834454241304e3434385a5a3934353451383134313045410a3d3d3d3d3d20454e44204f462055534147452052455155455354203d3d3d3d3d0a0a	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.027977+00	\N	\N
9217	\\x784422a029398c00c78287eedf7b835bfa46a003b7755baccc5d208ad743c72a	deactivation	\N	second.mbox#2	1444	1241	\\xfe1d852b32e8f303414ded21287d3174e6751a786376f987f1e173b137f043d1	2026-10-14 17:55:40+00	9.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	Good morning,\n\n===== CHARIOT DEACTIVATION =====\nCHARD100HGDANJAQ7P6C\n0237P8K1DHKJ4EH28NJ48MT148P24TKQDCH3MYS2CDS7C8HT492P8CHNDPSQ\n6MRKJ8HC49NQ8Y9278H4YJTG48P24Y1278H62GBPDDBQ4PB469VMRDSP83WE\n6N7JTMV96DQ74D2Q6DFQCVA78MT50Y32CSP4AKHDA1R3JW2549YJR8KMJQG5\nF5R24EH2CDM62WK9DXT2TS35C5HQ8TBPC5T6JVVE5DN7EWS2FM0PCYS287NY\nD5GQ88HT64VKJD9Q64T30CSS5GH6JVKKEHGPWRV548X7P8K6D5Q6ESBJB3Q1\nE1S6JVKM48X7P8K2DXGQ4S1278H56T3T69CMENTE6XSPJNA671GQ4TT5T0AM\nDHM3CG925GH66W3N48X24GJKEX15EP2BAHH50N1NENQ36WTH5NKQACT1MF2D\n48P24VB1CCH3M8HS69V48GKTEX3PPE3RB1J6CD1M690MYKAKA4H7TB120D13\nD1QQ6X1278H70V31DST2TC92FMP24V39CDJPWWV548X24XVRF18PPVBRQEJ4\n68T48H1Q7546WRKPB5430Y2C89V6YPK5CWPMMJTPASBNEY2EESKP2D3P7QJV\nEWH2R8KGE9QPYSH278H6YY2F6DGMRX1P99MMYX2KDXN7MVVKBXQM8RJ83FBG\nCXN32XB8EXPPJV29F11PTKJA9XMP8D1P8576MVV4DNPQCSB39HD4AMTE09RX\n89A6JTB6AH6K6KKMCNRKCGTDEDJ4CM9M8XH4GTBQEH1QE8HC49SPAW92K75R\n78RKEE9N6WRK8C1K74P24WV5E9MP2V1278H5AK1D60R30C1G60R348HC90SZ\n49V24EHHFM7RMKZD0XY8S4ZRVM6X33Z9VP7HMSQG8ZPKFAASJ31G5VEQ9SVA\nA2V2P731RJH9NPX1WJ8XBFJVJCYMHKHF7ZP9ZAJB51HPW6FHXVEYHR0FXH3A\n===== END OF DEACTIVATION =====\n\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a35353a3430202d303030300a4d6573736167652d49443a203c392e6d61696c406e6f72746877696e642e6578616d706c653e0a0a476f6f64206d6f726e696e672c0a0a3d3d3d3d3d2043484152494f5420444541435449564154494f4e203d3d3d3d3d0a4348415244313030484744414e4a4151375036430a3032333750384b3144484b4a34454832384e4a34384d54313438503234544b51444348334d5953324344533743384854343932503843484e445053510a364d524b4a38484334394e513859393237384834594a54473438503234593132373848363247425044444251345042343639564d52445350383357450a364e374a544d563936445137344432513644465143564137384d54353059333243535034414b4844413152334a5732353439594a52384b4d4a5147350a463552323445483243444d3632574b3944585432545333354335485138544250433554364a56564535444e3745575332464d30504359533238374e590a44354751383848543634564b4a4439513634543330435353354748364a564b4b45484750575256353438583750384b36443551364553424a423351310a453153364a564b4d3438583750384b32445847513453313237384835365433543639434d454e5445365853504a4e413637314751345454355430414d0a44484d3343473932354748363657334e3438583234474a4b455831354550324241484835304e314e454e513336575448354e4b51414354314d4632440a3438503234564231434348334d3848533639563438474b54455833505045335242314a364344314d3639304d594b414b4134483754423132304431330a443151513658313237384837305633314453543254433932464d50323456333943444a50575756353438583234585652463138505056425251454a340a36385434384831513735343657524b5042353433305932433839563659504b354357504d4d4a54504153424e4559324545534b503244335037514a560a4557483252384b47453951505953483237384836595932463644474d5258315039394d4d5958324b44584e374d56564b4258514d38524a38334642470a43584e3332584238455850504a56323946313150544b4a4139584d5038443150383537364d565634444e50514353423339484434414d5445303952580a383941364a5442364148364b364b4b4d434e524b4347544445444a34434d394d3858483447544251454831514538484334395350415739324b3735520a3738524b4545394e3657524b3843314b373450323457563545394d503256313237384835414b3144363052333043314736305233343848433930535a0a3439563234454848464d37524d4b5a443058593853345a52564d365833335a39565037484d535147385a504b464141534a33314735564551395356410a4132563250373331524a48394e505831574a385842464a564a43594d484b4846375a50395a414a4235314850573646485856455948523046584833410a3d3d3d3d3d20454e44204f4620444541435449564154494f4e203d3d3d3d3d0a0a	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.027977+00	\N	\N
9729	\\x790c9ad6fd23f9ce41c8c58e94369aa282177376172e595bf41de6ba5a9e5928	unrecognised	\N	second.mbox#3	2732	183	\\x5d557fb1425947a14636cbb4c8d184a92b874a7668c5ce2a7348c32514bafe7e	2026-10-14 17:56:40+00	10.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	Thank you for all.\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a35363a3430202d303030300a4d6573736167652d49443a203c31302e6d61696c406e6f72746877696e642e6578616d706c653e0a0a5468616e6b20796f7520666f7220616c6c2e0a	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.046344+00	\N	\N
10753	\\xbcf9aec10b255555d598adaf978ea7e57c4a356a205a32d276000493ca83f112	request	\N	/tmp/issuer-scenario.g__27gxl/test/taken/0e77068e.mbox#1	46	1314	\\x89bf0e117a8e904b09f79cb0f1a5e2f0b4980be05260026848afc7f2085c35a1	2026-10-14 17:57:40+00	11.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	Good morning,\n\n===== CHARIOT USAGE REQUEST =====\nCHARQ100JNCRWXDATEWJ\n023QP8K1DHKJ4EH28NJ48MT148P24TKQDCH3MYS2CDS7C8HT492P8CHN0DJ8\n6MRKJ8HC49NQ8Y9278H4YJTG48P24Y1278H3GHSPADD6GC26ANJM4GJQYMT2\n8NS6WPBGC5270MJ891MM4K2E94V4JD1PDH5QCX29CX632K1M49YJR8KMNWG8\nF5R24EH2CDM62WK9DXT2TXBKC5KPABBJCNRQASBKEGNPMXVK49YG32KV5HAC\n49MP2X1278RKEE9N6WRK8C1K74P24TBEEDT62VK3CMH3MYS2CSMPWSV5XC0M\nE9R74TBEEGH3MYS2C9QP2WK448X24HTMDHKK2GK1CNHM8J9PDD346CJDRG1C\n89AMGXAH48P24RVGEMH3M8K7EDCMWRBG5ND5EWJCE0SK2HJR692K4TSS26M3\nCWH2R8KDC5HJ4EH2D1W6EN3N650PEE3FCNPP4W2AE1R72DJAD1VJ4Z9CDFAJ\n49M6YWVM48X24W3CC5Q78B9M49YJR8KCD5HPAVKKCMH3M8JS8WVPJNKAQH7G\nDRVMRTAMAX2K4KJNECTP6KJQEH82TPBE60PPRV9KA9P38N1M89V5AX39TN8S\nCS0J4B12E1S6YS3NCDT24EH2CDM62WK9DXT24B12E1S6YVV648X24Y9SY2PC\n75GMCX2QA8TQ0EA861K4GCKQDRW50MV96SWMRPJK9H8PTT9SEXVPTJJF0EZA\n9SJP4K3AAS4PJW2QA5R38NJH653PTN9NADC52T3NANQ30NSP71C6YJHS8Q0D\nADBN2MJ96113CX386S2M8G925GH70XBJE1QQ6S9278H62RVMD5V62X3583RB\n48P24WV5E4H3MC9Q74TKEC9M60SKJB12ERH3MC9C49V6AWKKD5QPW8HTJZF5\n48W2WD1E68H7T2MSXCKCY5D6Q1VNMGK25AGHFX7Z5AJCXJ7MBECS0PFTK8ZV\nC88XFFY6P18QH0HYF1TCGETNQXA1MEAXGTRRN1W4GQF3ZN8NJXR16MYZF1M1\nH430MZXH\n===== END OF USAGE REQUEST =====\n\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a35373a3430202d303030300a4d6573736167652d49443a203c31312e6d61696c406e6f72746877696e642e6578616d706c653e0a0a476f6f64206d6f726e696e672c0a0a3d3d3d3d3d2043484152494f542055534147452052455155455354203d3d3d3d3d0a43484152513130304a4e4352575844415445574a0a3032335150384b3144484b4a34454832384e4a34384d54313438503234544b51444348334d5953324344533743384854343932503843484e30444a380a364d524b4a38484334394e513859393237384834594a5447343850323459313237384833474853504144443647433236414e4a4d34474a51594d54320a384e53365750424743353237304d4a3839314d4d344b3245393456344a443150444835514358323943583633324b314d3439594a52384b4d4e5747380a463552323445483243444d3632574b39445854325458424b43354b504142424a434e52514153424b45474e504d58564b3439594733324b56354841430a34394d50325831323738524b4545394e3657524b3843314b37345032345442454544543632564b33434d48334d59533243534d50575356355843304d0a4539523734544245454748334d5953324339515032574b34343858323448544d44484b4b32474b31434e484d384a39504444333436434a44524731430a3839414d475841483438503234525647454d48334d384b374544434d57524247354e443545574a434530534b32484a523639324b3454535332364d330a4357483252384b444335484a3445483244315736454e334e3635305045453346434e5050345732414531523732444a414431564a345a39434446414a0a34394d365957564d3438583234573343433551373842394d3439594a52384b434435485041564b4b434d48334d384a53385756504a4e4b41514837470a4452564d5254414d4158324b344b4a4e45435450364b4a514548383254504245363050505256394b41395033384e314d3839563541583339544e38530a4353304a34423132453153365953334e434454323445483243444d3632574b39445854323442313245315336595656363438583234593953593250430a3735474d43583251413854513045413836314b3447434b5144525735304d56393653574d52504a4b394838505454395345585650544a4a4630455a410a39534a50344b3341415334504a57325141355233384e4a4836353350544e394e414443353254334e414e5133304e535037314336594a4853385130440a4144424e324d4a3936313133435833383653324d38473932354748373058424a4531515136533932373848363252564d4435563632583335383352420a3438503234575635453448334d4339513734544b4543394d3630534b4a423132455248334d4339433439563641574b4b44355150573848544a5a46350a34385732574431453638483754324d5358434b43593544365131564e4d474b32354147484658375a35414a43584a374d42454353305046544b385a560a43383858464659365031385148304859463154434745544e515841314d454158475452524e315734475146335a4e384e4a585231364d595a46314d310a483433304d5a58480a3d3d3d3d3d20454e44204f462055534147452052455155455354203d3d3d3d3d0a0a	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.565253+00	\N	\N
11777	\\x06611f92549edc773bd55820f350b5defd0d5e4ad7290a584debab54a36144ac	request	\N	/tmp/issuer-scenario.g__27gxl/test/taken/12ebb09c.mbox#1	46	1314	\\x3cd73c0cc6384365d006da382e7ffda8fe2e44e1262d10fe9ebf13981f849af0	2026-10-14 17:58:40+00	12.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	Good morning,\n\n===== CHARIOT USAGE REQUEST =====\nCHARQ100JNRMM66A0RXK\n023QP8K1DHKJ4EH28NJ48MT148P24TKQDCH3MYS2CDS7C8HT492P8CHNRNXQ\n6MRKJ8HC49NQ8Y9278H4YJTG48P24Y1278H48MVM8H0PRNVR8XMP8D2DE9K1\n84T6PP9J6XD3AHBE9SVJTGBSA1MMYMVEDSN7MJHJCRR5ARAN49YJR8KM4T3Y\nF5R24EH2CDM62WK9DXT2TXBKC5KPABBJCNRQASBKEGNPMXVK49YG32KVCD35\n49MP2X1278RKEE9N6WRK8C1K74P24TBEEDT62VK3CMH3MYS2CSMPWSV5CKRS\nE9R74TBEEGH3MYS2C9QP2WK448X24SAF8S73JSJJ9HK36CK88D956PKT274E\nE5S5JJAH48P24RVGEMH3M8K7EDCMWRBG5ND5EWJCE0SK2HJR692K4TSS42SW\nCWH2R8KDC5HJ4EH2D5J4CTBA94SPWP2K75QP2C9N6DBMENTD5N8J4Z9CM4ZR\n49M6YWVM48X24W3CC5Q78B9N49YJR8KCD5HPAVKKCMH3M8JS8WVPJNKAFXQZ\nDRVMRTAMAX2K4KJNECTP6KJQEH82TPBE60PPRV9KA9P38N1M89V5AX39VZME\nCS0J4B12E1S6YS3NCDT24EH2CDM62WK9DXT24B12E1S6YVV648X24H313T5E\nCMPMAE2QC5844HV970R7GWBP8DWPTMHQ6SH32S1P8WVNMY288CPQ6GJJ2YJ3\nAD374XKKDHQ54W3ACRW7CNBQEDTKCHT7BXV4ARVKENHQMCTBA19KADB92TA8\nDMRP2XJZ8D16TVJ2E9BM2SS25GH70XBJE1QQ6S9278H62RVMD5V62X35XD5D\n48P24WV5E4H3MC9Q74TKEC9M60SKJB12ERH3MC9C49V6AWKKD5QPW8HT3V20\n48W2WD1E68H7VFTQMQ5AZM1R7CTB5P14TGHRBSSANPKE2RMB50G0RSVN80SV\nPN319QS805SPFQRJGB8WANT7G29HJT30ZXJQ6DF090N5HF0RA2S0SSFBT2V6\nZ86GGZX8\n===== END OF USAGE REQUEST =====\n\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a35383a3430202d303030300a4d6573736167652d49443a203c31322e6d61696c406e6f72746877696e642e6578616d706c653e0a0a476f6f64206d6f726e696e672c0a0a3d3d3d3d3d2043484152494f542055534147452052455155455354203d3d3d3d3d0a43484152513130304a4e524d4d3636413052584b0a3032335150384b3144484b4a34454832384e4a34384d54313438503234544b51444348334d5953324344533743384854343932503843484e524e58510a364d524b4a38484334394e513859393237384834594a5447343850323459313237384834384d564d38483050524e565238584d503844324445394b310a383454365050394a36584433414842453953564a5447425341314d4d594d564544534e374d4a484a435252354152414e3439594a52384b4d345433590a463552323445483243444d3632574b39445854325458424b43354b504142424a434e52514153424b45474e504d58564b3439594733324b56434433350a34394d50325831323738524b4545394e3657524b3843314b37345032345442454544543632564b33434d48334d59533243534d5057535635434b52530a4539523734544245454748334d5953324339515032574b343438583234534146385337334a534a4a39484b3336434b383844393536504b54323734450a453553354a4a41483438503234525647454d48334d384b374544434d57524247354e443545574a434530534b32484a523639324b34545353343253570a4357483252384b444335484a3445483244354a3443544241393453505750324b373551503243394e3644424d454e5444354e384a345a39434d345a520a34394d365957564d3438583234573343433551373842394e3439594a52384b434435485041564b4b434d48334d384a53385756504a4e4b414658515a0a4452564d5254414d4158324b344b4a4e45435450364b4a514548383254504245363050505256394b41395033384e314d3839563541583339565a4d450a4353304a34423132453153365953334e434454323445483243444d3632574b39445854323442313245315336595656363438583234483331335435450a434d504d414532514335383434485639373052374757425038445750544d485136534833325331503857564e4d5932383843505136474a4a32594a330a4144333734584b4b444851353457334143525737434e42514544544b43485437425856344152564b454e48514d4354424131394b41444239325441380a444d525032584a5a3844313654564a324539424d32535332354748373058424a4531515136533932373848363252564d4435563632583335584435440a3438503234575635453448334d4339513734544b4543394d3630534b4a423132455248334d4339433439563641574b4b4435515057384854335632300a343857325744314536384837564654514d5135415a4d3152374354423550313454474852425353414e504b4532524d42353047305253564e383053560a504e333139515338303553504651524a47423857414e5437473239484a5433305a584a513644463039304e35484630524132533053534642543256360a5a383647475a58380a3d3d3d3d3d20454e44204f462055534147452052455155455354203d3d3d3d3d0a0a	\N	\N	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.713473+00	\N	\N
14337	\\x11f232deafc06ce277a8f90aa3fd106bd183962e8f001c2c4825971f57a7f6a1	quarantined	it is nested more than 32 levels deep; open it by hand	/tmp/issuer-scenario.q6ldosoq/test_dump/taken/3549a70c.mbox#2	1488	12456	\\xf6701886f8a890a0c62d9969c124b74c5011600afd0a0db921967823d654be10	2026-10-14 19:03:40+00	77.mail@northwind.example	\N	ana@northwind.example	\N	Offline activation		\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031393a30333a3430202d303030300a4d6573736167652d49443a203c37372e6d61696c406e6f72746877696e642e6578616d706c653e0a4d494d452d56657273696f6e3a20312e300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623139390a0a2d2d623139390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623139380a0a2d2d623139380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623139370a0a2d2d623139370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623139360a0a2d2d623139360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623139350a0a2d2d623139350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623139340a0a2d2d623139340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623139330a0a2d2d623139330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623139320a0a2d2d623139320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623139310a0a2d2d623139310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623139300a0a2d2d623139300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623138390a0a2d2d623138390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623138380a0a2d2d623138380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623138370a0a2d2d623138370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623138360a0a2d2d623138360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623138350a0a2d2d623138350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623138340a0a2d2d623138340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623138330a0a2d2d623138330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623138320a0a2d2d623138320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623138310a0a2d2d623138310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623138300a0a2d2d623138300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623137390a0a2d2d623137390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623137380a0a2d2d623137380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623137370a0a2d2d623137370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623137360a0a2d2d623137360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623137350a0a2d2d623137350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623137340a0a2d2d623137340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623137330a0a2d2d623137330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623137320a0a2d2d623137320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623137310a0a2d2d623137310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623137300a0a2d2d623137300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623136390a0a2d2d623136390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623136380a0a2d2d623136380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623136370a0a2d2d623136370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623136360a0a2d2d623136360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623136350a0a2d2d623136350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623136340a0a2d2d623136340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623136330a0a2d2d623136330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623136320a0a2d2d623136320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623136310a0a2d2d623136310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623136300a0a2d2d623136300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623135390a0a2d2d623135390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623135380a0a2d2d623135380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623135370a0a2d2d623135370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623135360a0a2d2d623135360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623135350a0a2d2d623135350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623135340a0a2d2d623135340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623135330a0a2d2d623135330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623135320a0a2d2d623135320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623135310a0a2d2d623135310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623135300a0a2d2d623135300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623134390a0a2d2d623134390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623134380a0a2d2d623134380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623134370a0a2d2d623134370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623134360a0a2d2d623134360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623134350a0a2d2d623134350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623134340a0a2d2d623134340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623134330a0a2d2d623134330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623134320a0a2d2d623134320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623134310a0a2d2d623134310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623134300a0a2d2d623134300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623133390a0a2d2d623133390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623133380a0a2d2d623133380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623133370a0a2d2d623133370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623133360a0a2d2d623133360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623133350a0a2d2d623133350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623133340a0a2d2d623133340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623133330a0a2d2d623133330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623133320a0a2d2d623133320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623133310a0a2d2d623133310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623133300a0a2d2d623133300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623132390a0a2d2d623132390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623132380a0a2d2d623132380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623132370a0a2d2d623132370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623132360a0a2d2d623132360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623132350a0a2d2d623132350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623132340a0a2d2d623132340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623132330a0a2d2d623132330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623132320a0a2d2d623132320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623132310a0a2d2d623132310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623132300a0a2d2d623132300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623131390a0a2d2d623131390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623131380a0a2d2d623131380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623131370a0a2d2d623131370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623131360a0a2d2d623131360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623131350a0a2d2d623131350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623131340a0a2d2d623131340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623131330a0a2d2d623131330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623131320a0a2d2d623131320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623131310a0a2d2d623131310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623131300a0a2d2d623131300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623130390a0a2d2d623130390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623130380a0a2d2d623130380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623130370a0a2d2d623130370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623130360a0a2d2d623130360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623130350a0a2d2d623130350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623130340a0a2d2d623130340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623130330a0a2d2d623130330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623130320a0a2d2d623130320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623130310a0a2d2d623130310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d623130300a0a2d2d623130300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6239390a0a2d2d6239390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6239380a0a2d2d6239380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6239370a0a2d2d6239370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6239360a0a2d2d6239360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6239350a0a2d2d6239350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6239340a0a2d2d6239340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6239330a0a2d2d6239330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6239320a0a2d2d6239320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6239310a0a2d2d6239310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6239300a0a2d2d6239300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6238390a0a2d2d6238390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6238380a0a2d2d6238380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6238370a0a2d2d6238370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6238360a0a2d2d6238360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6238350a0a2d2d6238350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6238340a0a2d2d6238340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6238330a0a2d2d6238330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6238320a0a2d2d6238320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6238310a0a2d2d6238310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6238300a0a2d2d6238300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6237390a0a2d2d6237390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6237380a0a2d2d6237380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6237370a0a2d2d6237370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6237360a0a2d2d6237360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6237350a0a2d2d6237350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6237340a0a2d2d6237340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6237330a0a2d2d6237330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6237320a0a2d2d6237320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6237310a0a2d2d6237310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6237300a0a2d2d6237300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6236390a0a2d2d6236390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6236380a0a2d2d6236380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6236370a0a2d2d6236370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6236360a0a2d2d6236360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6236350a0a2d2d6236350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6236340a0a2d2d6236340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6236330a0a2d2d6236330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6236320a0a2d2d6236320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6236310a0a2d2d6236310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6236300a0a2d2d6236300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6235390a0a2d2d6235390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6235380a0a2d2d6235380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6235370a0a2d2d6235370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6235360a0a2d2d6235360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6235350a0a2d2d6235350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6235340a0a2d2d6235340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6235330a0a2d2d6235330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6235320a0a2d2d6235320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6235310a0a2d2d6235310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6235300a0a2d2d6235300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6234390a0a2d2d6234390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6234380a0a2d2d6234380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6234370a0a2d2d6234370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6234360a0a2d2d6234360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6234350a0a2d2d6234350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6234340a0a2d2d6234340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6234330a0a2d2d6234330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6234320a0a2d2d6234320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6234310a0a2d2d6234310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6234300a0a2d2d6234300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6233390a0a2d2d6233390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6233380a0a2d2d6233380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6233370a0a2d2d6233370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6233360a0a2d2d6233360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6233350a0a2d2d6233350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6233340a0a2d2d6233340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6233330a0a2d2d6233330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6233320a0a2d2d6233320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6233310a0a2d2d6233310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6233300a0a2d2d6233300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6232390a0a2d2d6232390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6232380a0a2d2d6232380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6232370a0a2d2d6232370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6232360a0a2d2d6232360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6232350a0a2d2d6232350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6232340a0a2d2d6232340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6232330a0a2d2d6232330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6232320a0a2d2d6232320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6232310a0a2d2d6232310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6232300a0a2d2d6232300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6231390a0a2d2d6231390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6231380a0a2d2d6231380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6231370a0a2d2d6231370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6231360a0a2d2d6231360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6231350a0a2d2d6231350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6231340a0a2d2d6231340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6231330a0a2d2d6231330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6231320a0a2d2d6231320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6231310a0a2d2d6231310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d6231300a0a2d2d6231300a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d62390a0a2d2d62390a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d62380a0a2d2d62380a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d62370a0a2d2d62370a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d62360a0a2d2d62360a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d62350a0a2d2d62350a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d62340a0a2d2d62340a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d62330a0a2d2d62330a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d62320a0a2d2d62320a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d62310a0a2d2d62310a436f6e74656e742d547970653a206d756c7469706172742f6d697865643b20626f756e646172793d62300a0a2d2d62300a68656c6c6f0a2d2d62302d2d0a0a2d2d62312d2d0a0a2d2d62322d2d0a0a2d2d62332d2d0a0a2d2d62342d2d0a0a2d2d62352d2d0a0a2d2d62362d2d0a0a2d2d62372d2d0a0a2d2d62382d2d0a0a2d2d62392d2d0a0a2d2d6231302d2d0a0a2d2d6231312d2d0a0a2d2d6231322d2d0a0a2d2d6231332d2d0a0a2d2d6231342d2d0a0a2d2d6231352d2d0a0a2d2d6231362d2d0a0a2d2d6231372d2d0a0a2d2d6231382d2d0a0a2d2d6231392d2d0a0a2d2d6232302d2d0a0a2d2d6232312d2d0a0a2d2d6232322d2d0a0a2d2d6232332d2d0a0a2d2d6232342d2d0a0a2d2d6232352d2d0a0a2d2d6232362d2d0a0a2d2d6232372d2d0a0a2d2d6232382d2d0a0a2d2d6232392d2d0a0a2d2d6233302d2d0a0a2d2d6233312d2d0a0a2d2d6233322d2d0a0a2d2d6233332d2d0a0a2d2d6233342d2d0a0a2d2d6233352d2d0a0a2d2d6233362d2d0a0a2d2d6233372d2d0a0a2d2d6233382d2d0a0a2d2d6233392d2d0a0a2d2d6234302d2d0a0a2d2d6234312d2d0a0a2d2d6234322d2d0a0a2d2d6234332d2d0a0a2d2d6234342d2d0a0a2d2d6234352d2d0a0a2d2d6234362d2d0a0a2d2d6234372d2d0a0a2d2d6234382d2d0a0a2d2d6234392d2d0a0a2d2d6235302d2d0a0a2d2d6235312d2d0a0a2d2d6235322d2d0a0a2d2d6235332d2d0a0a2d2d6235342d2d0a0a2d2d6235352d2d0a0a2d2d6235362d2d0a0a2d2d6235372d2d0a0a2d2d6235382d2d0a0a2d2d6235392d2d0a0a2d2d6236302d2d0a0a2d2d6236312d2d0a0a2d2d6236322d2d0a0a2d2d6236332d2d0a0a2d2d6236342d2d0a0a2d2d6236352d2d0a0a2d2d6236362d2d0a0a2d2d6236372d2d0a0a2d2d6236382d2d0a0a2d2d6236392d2d0a0a2d2d6237302d2d0a0a2d2d6237312d2d0a0a2d2d6237322d2d0a0a2d2d6237332d2d0a0a2d2d6237342d2d0a0a2d2d6237352d2d0a0a2d2d6237362d2d0a0a2d2d6237372d2d0a0a2d2d6237382d2d0a0a2d2d6237392d2d0a0a2d2d6238302d2d0a0a2d2d6238312d2d0a0a2d2d6238322d2d0a0a2d2d6238332d2d0a0a2d2d6238342d2d0a0a2d2d6238352d2d0a0a2d2d6238362d2d0a0a2d2d6238372d2d0a0a2d2d6238382d2d0a0a2d2d6238392d2d0a0a2d2d6239302d2d0a0a2d2d6239312d2d0a0a2d2d6239322d2d0a0a2d2d6239332d2d0a0a2d2d6239342d2d0a0a2d2d6239352d2d0a0a2d2d6239362d2d0a0a2d2d6239372d2d0a0a2d2d6239382d2d0a0a2d2d6239392d2d0a0a2d2d623130302d2d0a0a2d2d623130312d2d0a0a2d2d623130322d2d0a0a2d2d623130332d2d0a0a2d2d623130342d2d0a0a2d2d623130352d2d0a0a2d2d623130362d2d0a0a2d2d623130372d2d0a0a2d2d623130382d2d0a0a2d2d623130392d2d0a0a2d2d623131302d2d0a0a2d2d623131312d2d0a0a2d2d623131322d2d0a0a2d2d623131332d2d0a0a2d2d623131342d2d0a0a2d2d623131352d2d0a0a2d2d623131362d2d0a0a2d2d623131372d2d0a0a2d2d623131382d2d0a0a2d2d623131392d2d0a0a2d2d623132302d2d0a0a2d2d623132312d2d0a0a2d2d623132322d2d0a0a2d2d623132332d2d0a0a2d2d623132342d2d0a0a2d2d623132352d2d0a0a2d2d623132362d2d0a0a2d2d623132372d2d0a0a2d2d623132382d2d0a0a2d2d623132392d2d0a0a2d2d623133302d2d0a0a2d2d623133312d2d0a0a2d2d623133322d2d0a0a2d2d623133332d2d0a0a2d2d623133342d2d0a0a2d2d623133352d2d0a0a2d2d623133362d2d0a0a2d2d623133372d2d0a0a2d2d623133382d2d0a0a2d2d623133392d2d0a0a2d2d623134302d2d0a0a2d2d623134312d2d0a0a2d2d623134322d2d0a0a2d2d623134332d2d0a0a2d2d623134342d2d0a0a2d2d623134352d2d0a0a2d2d623134362d2d0a0a2d2d623134372d2d0a0a2d2d623134382d2d0a0a2d2d623134392d2d0a0a2d2d623135302d2d0a0a2d2d623135312d2d0a0a2d2d623135322d2d0a0a2d2d623135332d2d0a0a2d2d623135342d2d0a0a2d2d623135352d2d0a0a2d2d623135362d2d0a0a2d2d623135372d2d0a0a2d2d623135382d2d0a0a2d2d623135392d2d0a0a2d2d623136302d2d0a0a2d2d623136312d2d0a0a2d2d623136322d2d0a0a2d2d623136332d2d0a0a2d2d623136342d2d0a0a2d2d623136352d2d0a0a2d2d623136362d2d0a0a2d2d623136372d2d0a0a2d2d623136382d2d0a0a2d2d623136392d2d0a0a2d2d623137302d2d0a0a2d2d623137312d2d0a0a2d2d623137322d2d0a0a2d2d623137332d2d0a0a2d2d623137342d2d0a0a2d2d623137352d2d0a0a2d2d623137362d2d0a0a2d2d623137372d2d0a0a2d2d623137382d2d0a0a2d2d623137392d2d0a0a2d2d623138302d2d0a0a2d2d623138312d2d0a0a2d2d623138322d2d0a0a2d2d623138332d2d0a0a2d2d623138342d2d0a0a2d2d623138352d2d0a0a2d2d623138362d2d0a0a2d2d623138372d2d0a0a2d2d623138382d2d0a0a2d2d623138392d2d0a0a2d2d623139302d2d0a0a2d2d623139312d2d0a0a2d2d623139322d2d0a0a2d2d623139332d2d0a0a2d2d623139342d2d0a0a2d2d623139352d2d0a0a2d2d623139362d2d0a0a2d2d623139372d2d0a0a2d2d623139382d2d0a0a2d2d623139392d2d0a	\N	\N	\N	2026-11-26 22:52:54+00	2026-11-26 22:52:54.057004+00	\N	\N
14849	\\x290a1b44b496dc912ad7750c81e4bf6821ed204c001f50b6e41b7a1f531d7607	about-license	\N	/tmp/issuer-scenario.q6ldosoq/test_dump/taken/3549a70c.mbox#4	15350	218	\\x0a331d36a2a2f74cd1f362b4e36a491018e4a4dde5e8c3a7bd94eae2e129df8a	2026-10-14 17:51:40+00	5.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	The server plant-24 of LIC-24 is lost, its disk broke.\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a35313a3430202d303030300a4d6573736167652d49443a203c352e6d61696c406e6f72746877696e642e6578616d706c653e0a0a5468652073657276657220706c616e742d3234206f66204c49432d3234206973206c6f73742c20697473206469736b2062726f6b652e0a	\N	2026-11-26 22:52:54+00	opened case 1007	2026-11-26 22:52:54+00	2026-11-26 22:52:54.057004+00	\N	\N
15361	\\xab7fea32a4ed024e24de4afa66bacabb6c9f88ec80e73441010b85363b80092c	request	\N	/tmp/issuer-scenario.q6ldosoq/test_dump/taken/3549a70c.mbox#3	13991	1312	\\x4b9acad65fa84572d77c8fb5f16bc5dd5e0274b0f1f0affe9d285b6e3ecc55eb	2026-10-14 17:48:40+00	2.mail@stranger.example	\N	zoe@stranger.example	zoe@stranger.example	Offline activation	Good morning,\n\n===== CHARIOT USAGE REQUEST =====\nCHARQ100JPYZE2EST179\n023QP8K1DHKJ4EH28NJ48MT148P24TKQDCH3MYS2CDS7C8HT492P8CHN3033\n6MRKJ8HC49NQ8Y9278H4YJTG48P24Y1278H50S31D1T4WDKE91W5JV9NQ5HK\n99RMTNBT9SC5GD3RD5QQ0SBT8X2NCDAHA0T42BA1B4W46VB749YJR8KMM06R\nF5R24EH2CDM62WK9DXT2TXBKC5KPABBJCNRQASBKEGNPMXVK49YG32VV52AY\n49MP2X1278RKEE9N6WSK6D9Q6CP24TBEEDT62VK3CMH3MYS2CSMPWSV5XHF5\nE9R74TBEEGH3MYS2C9QP2WK448X24MV5A5WQJY2CC5S48MTNAHQ36Y2FCV3H\nES434RBQ48P24RVGEMH3M8JB9XGNEW259N472D2Q9SCK8SHGEWRNCQTR3FM6\nA4H2R8KDC5HJ4EH2CWT6JNKEE5RQ6KTE8DJMCNHMB9674MB5AX0J4Z9C8V8K\n49M6YWVM48X24W3CC5Q78B9J6MH7TB12DHMP6SBEEDJJ4EH2DNR78CT8ABDV\nA5J74Y3QDD14MKHPE4V52DB8DWS6RNA1953Q8GT7A5GQ4SVE658PPS9MYJMP\nE1P6Y8HC49R74VV4ENHQ88HT49HPGRBJD5QQ88HC49R74VVFCRH3M8J961KQ\n91Q4PE2Z6925GM2JDHQKED9J9595EJKQDS1QENAZ8XH76JKT8WW6EXBRS2FF\n6SQMECB4CMV4TD2DEN952NKE6HX4JXKD9DWPCNJSAD57AKJTE1FJTGVHHHBZ\nAN3PEGJR8X74PJTA8NJMEH3Q48P24W3NE9R6YWV548X24RB3EHMQCRBMS9RG\nCMH2R8KKCNRJ4EHH6WWKADSK6CTKECSC49V24EHH5GH7CSBJEDMPYVH2MNXY\n78H3GBHM5RS24ZADTK1RSANFJCRSFCC7EPGZ8C9AG3T2BA2SGYTF8HQ6YQX6\n0TQBHPMGWN3JZVH3PVMJJDT8XDDXDDDXHG6JPAD56XKZ4301Q3AJK3QF7CD8\nG0FG0R8TF\n===== END OF USAGE REQUEST =====\n\n	\\x46726f6d3a207a6f6540737472616e6765722e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a34383a3430202d303030300a4d6573736167652d49443a203c322e6d61696c40737472616e6765722e6578616d706c653e0a0a476f6f64206d6f726e696e672c0a0a3d3d3d3d3d2043484152494f542055534147452052455155455354203d3d3d3d3d0a43484152513130304a50595a45324553543137390a3032335150384b3144484b4a34454832384e4a34384d54313438503234544b51444348334d5953324344533743384854343932503843484e333033330a364d524b4a38484334394e513859393237384834594a5447343850323459313237384835305333314431543457444b45393157354a56394e5135484b0a3939524d544e4254395343354744335244355151305342543858324e43444148413054343242413142345734365642373439594a52384b4d4d3036520a463552323445483243444d3632574b39445854325458424b43354b504142424a434e52514153424b45474e504d58564b3439594733325656353241590a34394d50325831323738524b4545394e3657534b3644395136435032345442454544543632564b33434d48334d59533243534d5057535635584846350a4539523734544245454748334d5953324339515032574b3434385832344d5635413557514a59324343355334384d544e4148513336593246435633480a45533433345242513438503234525647454d48334d384a423958474e45573235394e3437324432513953434b385348474557524e4351545233464d360a4134483252384b444335484a34454832435754364a4e4b4545355251364b544538444a4d434e484d42393637344d42354158304a345a39433856384b0a34394d365957564d3438583234573343433551373842394a364d48375442313244484d503653424545444a4a34454832444e523738435438414244560a41354a3734593351444431344d4b4850453456353244423844575336524e413139353351384754374135475134535645363538505053394d594a4d500a45315036593848433439523734565634454e485138384854343948504752424a44355151383848433439523734565646435248334d384a3936314b510a393151345045325a36393235474d324a4448514b4544394a39353935454a4b5144533151454e415a38584837364a4b543857573645584252533246460a3653514d45434234434d563454443244454e3935324e4b45364858344a584b4439445750434e4a5341443537414b4a544531464a544756484848425a0a414e335045474a5238583734504a5441384e4a4d45483351343850323457334e4539523659575635343858323452423345484d514352424d533952470a434d483252384b4b434e524a344548483657574b4144534b3643544b454353433439563234454848354748374353424a45444d50595648324d4e58590a373848334742484d35525332345a4144544b315253414e464a435253464343374550475a3843394147335432424132534759544638485136595158360a3054514248504d47574e334a5a56483350564d4a4a44543858444458444444584847364a5041443536584b5a343330315133414a4b335146374344380a4730464730523854460a3d3d3d3d3d20454e44204f462055534147452052455155455354203d3d3d3d3d0a0a	\N	\N	\N	2026-11-26 22:52:54+00	2026-11-26 22:52:54.057004+00	\N	\N
\.
COPY issuer.migration (id, number, name, sha256, program, recorded_at) FROM stdin;
1	1	0001_records.sql	\\x4b105f448af7d44c21cdd25571e3068cf0baa7f62a31b4998289cd39d097c086	0.1.0	2026-11-26 17:27:17.430431+00
2	2	0002_serials_from_blocks.sql	\\x72f1a034a6dce06a5c110a8252be3bf93127c4a21ebac356f9f01514a175834d	0.1.0	2026-11-26 17:27:17.649623+00
3	3	0003_indexes_for_looks.sql	\\xe0fb3ec09acfb0f759e11d18be5a668585e63539f8e6a52b8e13ac5a968fa7fd	0.1.0	2026-11-26 17:27:17.650895+00
4	4	0004_changes_of_licenses.sql	\\x4700d258a2e7f695abad2e5f2a4f0477c3b7db3b46c5c5620783cb60c4ae93c2	0.1.0	2026-11-26 17:27:17.652948+00
5	5	0005_restorations.sql	\\x5767334f16d40edecc65dfe0849a0e243bf118c3a7a8249735371e254cb9e133	0.1.0	2026-11-26 17:27:17.676855+00
6	6	0006_cases.sql	\\x0f6151e680f6cca3484a620b0bc8a883bc8c814e530b9e5655a0778e5a0e642b	0.1.0	2026-11-26 17:27:17.695185+00
7	7	0007_indexes_for_finding.sql	\\xa75599e96a2a466cd0e9df8f6b2bdb631b424f751832ba48dcc42a6f0a11d5d1	0.1.0	2026-11-26 17:27:17.705357+00
8	8	0008_ends_of_licenses.sql	\\xca21b71278e16fada0e07fba8d10bc7e56d0dfee74f55ce22c615432408ef17b	0.1.0	2026-11-26 17:27:17.730159+00
9	9	0009_selling.sql	\\xba4a50bbe20d35308fe9f040d1054792df7ef7785fc9b2293604c7d98fd56c44	0.1.0	2026-11-26 17:27:17.738565+00
10	10	0010_restorations_by_doors.sql	\\x6b99bd39fcfd6aae8bec5cdc97935ef889819fcb09111d8624657c9d58db1f51	0.1.0	2026-11-26 17:27:17.749302+00
11	11	0011_answers.sql	\\x8bd556c3a4b5e0be20551db047603ce333bff6deafb63e2c425fff215966959d	0.1.0	2026-11-26 17:27:17.753967+00
12	12	0012_indexes_for_reports.sql	\\xbfc53cc4d5d8b0b9956bd19d2ca02d14bab2756485d14211a973e20665967b2d	0.1.0	2026-11-26 17:27:17.761163+00
13	13	0013_notices_of_corrections.sql	\\x5a141b1efd142c901a644ae34ef742cba649d1ae0943911f06244a91c58ea4fe	0.1.0	2026-11-26 17:27:17.77431+00
14	14	0014_mails_seen.sql	\\x1f6d59256a1b89cd73fbd89b78385e1f2f9948ab18e4e4bc3e83ce25dd3184b2	0.1.0	2026-11-26 17:27:17.774858+00
15	15	0015_open_restorations.sql	\\x7a077714d307af3ca4bf9aabbabb4d832022e9298ff12a512d023611c89de58e	0.1.0	2026-11-26 17:27:17.778246+00
16	16	0016_newest_requests.sql	\\x77d2efced12314f34f1808333d668f0218b81bac8f09c81799d3f416c0cace5c	0.1.0	2026-11-26 17:27:17.781318+00
17	\N	repeat/access.sql	\\x4b461774ed254c0d65ba622a96d7826ac3e16117b0052b652d7482508553c5fb	0.1.0	2026-11-26 17:27:17.782853+00
18	\N	repeat/access_rights.sql	\\xb56275bbfd7cc77297d4a8e4ef15584c6655b673c0bac1b3e7312d3c21d2e04e	0.1.0	2026-11-26 17:27:17.783708+00
19	\N	repeat/alerts.sql	\\x57e70afc278e8e2cca660559989eb7d121c2f1a6ed4e1dc5cf593fe570809f2d	0.1.0	2026-11-26 17:27:17.785623+00
20	\N	repeat/cases.sql	\\xfa45977f90b6076d72e9dd2b81dcfa2135391eb56a8cf7aaec1fb9a11fdc827b	0.1.0	2026-11-26 17:27:17.786185+00
21	\N	repeat/changes.sql	\\xbc78b381708346c2c8d6b3dd37b1482a90915eb2ffc327921ae8c04f6c91a607	0.1.0	2026-11-26 17:27:17.787267+00
22	\N	repeat/contacts.sql	\\x00ed02b95be36ac8557a9e7f75f174df0db2568a37d09e6e4d1f0fa267caa59d	0.1.0	2026-11-26 17:27:17.788044+00
23	\N	repeat/customers.sql	\\x6237f2371070678ba8cf91c99af75979f5c1c9e4f43b4f1a023911a20dbb0a63	0.1.0	2026-11-26 17:27:17.788768+00
24	\N	repeat/emergencies.sql	\\x019aac18f66e04f8ee689acf734080edfa4791e91b5d759f32b086a126d19e2a	0.1.0	2026-11-26 17:27:17.790059+00
25	\N	repeat/entitlements.sql	\\x0b7316e1a5d8d8e85eafb5282af32a2f959e9a0ff92594716a52a2370c561b66	0.1.0	2026-11-26 17:27:17.790645+00
26	\N	repeat/finding.sql	\\xf173d0dd09f43caa404312c057f931a493364cffaf519e2097eec50d0fa01fed	0.1.0	2026-11-26 17:27:17.792315+00
27	\N	repeat/guards.sql	\\x9adf3a060277936353472070663c20512fb479a16402254b5a72c683728d4d85	0.1.0	2026-11-26 17:27:17.793154+00
28	\N	repeat/import.sql	\\xa0215c2059fed842e86ab49bd360eaf924f63867323c9cfcf8fd11df951b8dd5	0.1.0	2026-11-26 17:27:17.800132+00
29	\N	repeat/instructions.sql	\\xfddfa1eaf3761176490db0887b007348e01eed7f5d6d7ac50c841253d9e243ad	0.1.0	2026-11-26 17:27:17.802425+00
30	\N	repeat/license_changes.sql	\\x2eea8920ab7532f471cfb18479104c8b798c6b3a45f6e4d4120616da633e3259	0.1.0	2026-11-26 17:27:17.803296+00
31	\N	repeat/licenses.sql	\\x0af1fe826e26c940abc3ac6af0f8e4fc36dffb555a1c48f459ad936dce72ded3	0.1.0	2026-11-26 17:27:17.806084+00
32	\N	repeat/messages.sql	\\xa3c1c56571e51e482d2520b553d64bb9f745f22790dd971df2e400b894b1aa10	0.1.0	2026-11-26 17:27:17.807311+00
33	\N	repeat/operators.sql	\\x4dbe89616e11b8414efa70b80df408eadbdcf6bf46c8260d55159e1ba39cb66b	0.1.0	2026-11-26 17:27:17.808334+00
34	\N	repeat/report.sql	\\x2abecc7165bf3f4115b2f242a7db169d5c192fae3cdc144ca2ab489ad1d5101e	0.1.0	2026-11-26 17:27:17.809796+00
35	\N	repeat/report_activations.sql	\\x67f6a938de62d0465e28f077e7c99906124bda6c410b7675b6a45d0c9474b30a	0.1.0	2026-11-26 17:27:17.811333+00
36	\N	repeat/report_expiring.sql	\\x02775fff13b2fcd023c8f82f6c7ca87c6f2554441b4603d5a8d547faeb2afcdd	0.1.0	2026-11-26 17:27:17.812704+00
37	\N	repeat/report_holds.sql	\\xfadaa1bddb0621bef4353a2afbbce4590e7634d658a373f525c0f74cb8fe1182	0.1.0	2026-11-26 17:27:17.81395+00
38	\N	repeat/report_issuance.sql	\\xd63a6265e4bb24772ad2578b361589ef1831a768654ee54b8e5752731f2f182b	0.1.0	2026-11-26 17:27:17.814704+00
39	\N	repeat/report_keys.sql	\\x3b9e4d51740a1cb60708db186aefb222a2203a4b7f3aa22617f8038849adc746	0.1.0	2026-11-26 17:27:17.815644+00
40	\N	repeat/report_late_entries.sql	\\x8c74ea91e5d209d14ea2a4f4d4a5daa729a1369b834baf26329be97c88d7c78d	0.1.0	2026-11-26 17:27:17.816399+00
41	\N	repeat/report_licenses.sql	\\xb61c62acedc113a43e51a218cd86f542805275df45d5f5a5265566591487af21	0.1.0	2026-11-26 17:27:17.817577+00
42	\N	repeat/report_orders.sql	\\x67011d68cc3c34511fb1153291e5bad4072e39dbbe80b47cb6969d87819ec3c3	0.1.0	2026-11-26 17:27:17.8186+00
43	\N	repeat/report_reconciliation.sql	\\x0fb5fddc433fb68ba0f977b77a91b946bd51838eb1aa63b9d36b3f5efbeb035d	0.1.0	2026-11-26 17:27:17.81969+00
44	\N	repeat/report_response_times.sql	\\x63e37f8f9eb1ca9bbb9488c13f100f4debc224da81d4c433e7a0b4d141cdea20	0.1.0	2026-11-26 17:27:17.82066+00
45	\N	repeat/report_restorations.sql	\\x03bd6b3ce6c35a10f614d2c5f393d2fe1afee2f34cb33368e2e5e026e3897471	0.1.0	2026-11-26 17:27:17.821645+00
46	\N	repeat/report_support_years.sql	\\xdcd6ea16ad2668753282a695ac9bb75f591a0b8d3580be0be7ea446e0a5f1a7d	0.1.0	2026-11-26 17:27:17.82243+00
47	\N	repeat/restorations.sql	\\x060bda9d17b17a236974988ca77f7472c4b6ec133e723743c1a064a8863f67fb	0.1.0	2026-11-26 17:27:17.823522+00
48	\N	repeat/selling.sql	\\x4d607c20ad77042fd38d008054fe462f1a9efe6d74930ce3ab815276e17c59cc	0.1.0	2026-11-26 17:27:17.827586+00
49	\N	repeat/shown.sql	\\xcf8eea35721693fed3576688abae478c2db78c2ff216faf1e0c3981b392b1e75	0.1.0	2026-11-26 17:27:17.828851+00
50	\N	repeat/signing_keys.sql	\\x00f62e6608dceac021688866713e18bafe1d7727121b86ef5821c148692eae0a	0.1.0	2026-11-26 17:27:17.834936+00
51	\N	repeat/sold.sql	\\xc90b2b5038bae5a737cdbe239845cdc7ee4b0310a0345a251676d1d8fb6a5ba8	0.1.0	2026-11-26 17:27:17.835593+00
52	\N	repeat/status.sql	\\x4c071ef4d2087dfff40a18cf21c224dfa0422d78c1c3df83e99d5ea2c3a09c10	0.1.0	2026-11-26 17:27:17.836923+00
53	\N	roles.sql	\\x72dae60a81cf9ff80090079e45565a8c15a26724dad9eabb36f1de55fc71103f	0.1.0	2026-11-26 17:27:17.837543+00
54	17	0017_references_by_statement.sql	\\x2deb22e9877f73cf9a1bf196ab93103ce91307cdc9ccaf9dd653c3fee5275cbc	0.1.0	2026-11-26 22:52:52.44176+00
55	18	0018_mailboxes.sql	\\xda9db6b4d0ab83b773efc8a0ec3dfc6896d8946cb5a4d2daaf88189e751e3e28	0.1.0	2026-11-26 22:52:52.451303+00
56	19	0019_deliveries.sql	\\xdce3173a9ac3c21282668950670a69e91553baa8f71fc9750d154d55f2e69c6e	0.1.0	2026-11-26 22:52:52.554756+00
57	20	0020_vouched_senders.sql	\\xcdcc2d9ea3d2be81275b5ea3d4af5ee8b528eac7f865f812c8ba5b0a5e33497c	0.1.0	2026-11-26 22:52:52.577179+00
58	21	0021_quarantine_left.sql	\\x479e4d0519d645ce2f1ee4867c090580a0d7091f14dfd4c3002a25f3af18c41e	0.1.0	2026-11-26 22:52:52.585186+00
59	22	0022_answers_counted.sql	\\xff7e801a9e6773e35b94026d38bbab6bdc749b19436384fa931efa400abba163	0.1.0	2026-11-26 22:52:52.653161+00
60	23	0023_names_case_aside.sql	\\x09ce661f2bc1c7814b114ade2d892efe63bf0e2b1a17d411610434eccf7b0b61	0.1.0	2026-11-26 22:52:52.704845+00
61	24	0024_losses_told_again.sql	\\x70794b009d16ae563f4811323b558c1bf71ca0c58627eb652f97c5a6fecce218	0.1.0	2026-11-26 22:52:52.797084+00
62	\N	repeat/access.sql	\\x4b461774ed254c0d65ba622a96d7826ac3e16117b0052b652d7482508553c5fb	0.1.0	2026-11-26 22:52:52.803826+00
63	\N	repeat/access_rights.sql	\\x9347e143002d5f19367a7e85a9929be16666768107bb370621524fe92cd64aa1	0.1.0	2026-11-26 22:52:52.820971+00
64	\N	repeat/alerts.sql	\\x57e70afc278e8e2cca660559989eb7d121c2f1a6ed4e1dc5cf593fe570809f2d	0.1.0	2026-11-26 22:52:52.833045+00
65	\N	repeat/answers.sql	\\x4bd6aba8c2787f660dea00b16b9b1a0727c596014ebfa55f862cf3372feaf659	0.1.0	2026-11-26 22:52:52.838365+00
66	\N	repeat/cases.sql	\\xfa45977f90b6076d72e9dd2b81dcfa2135391eb56a8cf7aaec1fb9a11fdc827b	0.1.0	2026-11-26 22:52:52.852977+00
67	\N	repeat/changes.sql	\\x1f9425165238974cb7c2da185dd9540db0a1e49c170a15ccbdd6a4eab79d82f7	0.1.0	2026-11-26 22:52:52.863098+00
68	\N	repeat/contacts.sql	\\xa5dd195c6529013b536f66bbaf11e737c1d9ab0dbd382402f28467ed4ba12f4d	0.1.0	2026-11-26 22:52:52.868588+00
69	\N	repeat/customers.sql	\\x5e44574376432ecd674c2b9b1c4858acd6afad38eb29d18703c41cace41d8bca	0.1.0	2026-11-26 22:52:52.88097+00
70	\N	repeat/deliveries.sql	\\xf495d7d9eccc0173b7e8a9bf9a4a0a5115e25117afc6402610651031dd73196a	0.1.0	2026-11-26 22:52:52.893516+00
71	\N	repeat/emergencies.sql	\\x019aac18f66e04f8ee689acf734080edfa4791e91b5d759f32b086a126d19e2a	0.1.0	2026-11-26 22:52:52.905516+00
72	\N	repeat/entitlements.sql	\\x10448bd0a8a8e1ffb9f994150b13a222382cc18cac969467cdb56f09f3985bce	0.1.0	2026-11-26 22:52:52.908363+00
73	\N	repeat/finding.sql	\\x11c1ea3e4a6418f2c33b27ef6d5c7f546cb5e2f0d49f90a54947a54f9842f919	0.1.0	2026-11-26 22:52:52.929259+00
74	\N	repeat/guards.sql	\\x2f83163fb9e836d32fdb30be80e1b684d27dbc1b8e0676ae9dd719556fdaa37e	0.1.0	2026-11-26 22:52:52.937119+00
75	\N	repeat/import.sql	\\xa64bfcb7b37f300331b9ed01cae24176f8ea71c02de0b9158a84afafadaf24af	0.1.0	2026-11-26 22:52:52.973211+00
76	\N	repeat/instructions.sql	\\xfddfa1eaf3761176490db0887b007348e01eed7f5d6d7ac50c841253d9e243ad	0.1.0	2026-11-26 22:52:52.996989+00
77	\N	repeat/license_changes.sql	\\xfb9b779f2bf775ff25ae8bb2e20095c03af990fe448d64417add26d46ae00f19	0.1.0	2026-11-26 22:52:53.006162+00
78	\N	repeat/licenses.sql	\\x0af1fe826e26c940abc3ac6af0f8e4fc36dffb555a1c48f459ad936dce72ded3	0.1.0	2026-11-26 22:52:53.028958+00
79	\N	repeat/messages.sql	\\xc1176c8355493b4dcf49709e708cfb9c68ec832f2a5bfee8068e5d33e288c7e4	0.1.0	2026-11-26 22:52:53.040979+00
80	\N	repeat/operators.sql	\\x4dbe89616e11b8414efa70b80df408eadbdcf6bf46c8260d55159e1ba39cb66b	0.1.0	2026-11-26 22:52:53.051357+00
81	\N	repeat/report.sql	\\x2abecc7165bf3f4115b2f242a7db169d5c192fae3cdc144ca2ab489ad1d5101e	0.1.0	2026-11-26 22:52:53.059319+00
82	\N	repeat/report_activations.sql	\\x67f6a938de62d0465e28f077e7c99906124bda6c410b7675b6a45d0c9474b30a	0.1.0	2026-11-26 22:52:53.081418+00
83	\N	repeat/report_expiring.sql	\\x02775fff13b2fcd023c8f82f6c7ca87c6f2554441b4603d5a8d547faeb2afcdd	0.1.0	2026-11-26 22:52:53.089551+00
84	\N	repeat/report_holds.sql	\\xfadaa1bddb0621bef4353a2afbbce4590e7634d658a373f525c0f74cb8fe1182	0.1.0	2026-11-26 22:52:53.099491+00
85	\N	repeat/report_issuance.sql	\\xd63a6265e4bb24772ad2578b361589ef1831a768654ee54b8e5752731f2f182b	0.1.0	2026-11-26 22:52:53.11299+00
86	\N	repeat/report_keys.sql	\\x3b9e4d51740a1cb60708db186aefb222a2203a4b7f3aa22617f8038849adc746	0.1.0	2026-11-26 22:52:53.12129+00
87	\N	repeat/report_late_entries.sql	\\x8c74ea91e5d209d14ea2a4f4d4a5daa729a1369b834baf26329be97c88d7c78d	0.1.0	2026-11-26 22:52:53.133342+00
88	\N	repeat/report_licenses.sql	\\xb61c62acedc113a43e51a218cd86f542805275df45d5f5a5265566591487af21	0.1.0	2026-11-26 22:52:53.148978+00
89	\N	repeat/report_orders.sql	\\x67011d68cc3c34511fb1153291e5bad4072e39dbbe80b47cb6969d87819ec3c3	0.1.0	2026-11-26 22:52:53.153439+00
90	\N	repeat/report_reconciliation.sql	\\x0fb5fddc433fb68ba0f977b77a91b946bd51838eb1aa63b9d36b3f5efbeb035d	0.1.0	2026-11-26 22:52:53.16948+00
91	\N	repeat/report_response_times.sql	\\x63e37f8f9eb1ca9bbb9488c13f100f4debc224da81d4c433e7a0b4d141cdea20	0.1.0	2026-11-26 22:52:53.181003+00
92	\N	repeat/report_restorations.sql	\\x03bd6b3ce6c35a10f614d2c5f393d2fe1afee2f34cb33368e2e5e026e3897471	0.1.0	2026-11-26 22:52:53.190963+00
93	\N	repeat/report_support_years.sql	\\xdcd6ea16ad2668753282a695ac9bb75f591a0b8d3580be0be7ea446e0a5f1a7d	0.1.0	2026-11-26 22:52:53.201033+00
94	\N	repeat/restorations.sql	\\xfae837ba45daefb37ec281bb2462d0fe8be2365b3f4ec5c4e7489d5ce1fc95d2	0.1.0	2026-11-26 22:52:53.21234+00
95	\N	repeat/selling.sql	\\xeb0f748a38bfe3a1f75610c8b74fb4f30ee08789f7f06411490ef9fd8029d980	0.1.0	2026-11-26 22:52:53.232918+00
96	\N	repeat/shown.sql	\\x9943b8feb3a304465473ce3b94aa83b9e6e05fc503f56ae0d13dfeef4956398c	0.1.0	2026-11-26 22:52:53.246286+00
97	\N	repeat/signing_keys.sql	\\x00f62e6608dceac021688866713e18bafe1d7727121b86ef5821c148692eae0a	0.1.0	2026-11-26 22:52:53.281981+00
98	\N	repeat/sold.sql	\\x0fc1a39d335f95b0bc68d9fb0f0d25c550306c0ff74194594e6bf0e39af3f600	0.1.0	2026-11-26 22:52:53.288974+00
99	\N	repeat/status.sql	\\x4c071ef4d2087dfff40a18cf21c224dfa0422d78c1c3df83e99d5ea2c3a09c10	0.1.0	2026-11-26 22:52:53.301116+00
100	\N	roles.sql	\\xb3ab6290d0fe144331126a6a3ee5cb4ca9ac265fd6b59b5c9eb4dc694c26e7b2	0.1.0	2026-11-26 22:52:53.306184+00
\.
COPY issuer.operator (id, name, role, effective, revoked_at, recorded_at) FROM stdin;
1	ada	admin	2026-11-26 17:27:18+00	\N	2026-11-26 17:27:18.677677+00
2	sam	support	2026-11-26 17:27:18+00	\N	2026-11-26 17:27:18.694056+00
3	sue	support	2026-11-26 17:27:18+00	\N	2026-11-26 17:27:18.714655+00
4	olaf	orders	2026-11-26 17:27:18+00	2026-11-26 17:27:19+00	2026-11-26 17:27:18.73834+00
5	ben	admin	2026-11-26 22:52:53+00	\N	2026-11-26 22:52:53.445796+00
6	sid	support	2026-11-26 22:52:53+00	\N	2026-11-26 22:52:53.529036+00
\.
COPY issuer.operator_token (digest, operator_id, expires_at, revoked_at, recorded_at) FROM stdin;
\\xccc3db6d5a772d2b2c2bfc3e7792e5e293875686adfb09071a5584865f18adfe	4	2027-11-26 17:27:18+00	2026-11-26 17:27:19+00	2026-11-26 17:27:18.73834+00
\\x5bf907fa94b561d344a6b265955c6b02dccc88a320b914fb954718ff24e0d120	1	2027-11-26 17:27:18+00	2026-11-26 22:51:53.378908+00	2026-11-26 17:27:18.677677+00
\\x62cf751e52595aa28741b721ba2e0a0f072b440c418196873cbab4bbcb588543	2	2027-11-26 17:27:18+00	2026-11-26 22:51:53.378908+00	2026-11-26 17:27:18.694056+00
\\x1dbdb3c2dcd5bd5adf888da2a015e498e887f29112b6dbbb3d516822466b8ad2	3	2027-11-26 17:27:18+00	2026-11-26 22:51:53.378908+00	2026-11-26 17:27:18.714655+00
\\x80da2e3ba9dd2d0a391a9f3061a42c5e8faa829536111321389d15aab5333814	5	2027-11-26 22:52:53+00	\N	2026-11-26 22:52:53.445796+00
\\x04786a8458d31c92d89724fee098d97d7f899985f9a7e7a7b21dbaeff1fcfe9a	6	2027-11-26 22:52:53+00	\N	2026-11-26 22:52:53.529036+00
\.
COPY issuer.orders (id, reference, kind, ordered_on, customer_id, recorded_at) FROM stdin;
1	SO-LIC-1	sale	2026-11-26	1	2026-11-26 17:27:18.379749+00
2	SO-LIC-2	sale	2026-11-26	2	2026-11-26 17:27:18.461586+00
3	SO-LIC-3	sale	2026-11-26	1	2026-11-26 17:27:18.535403+00
4	SO-LIC-4	sale	2026-11-26	3	2026-11-26 17:27:18.605766+00
5	SO-9	sale	2026-11-26	1	2026-11-26 17:27:19.102838+00
6	SO-5	sale	2024-02-29	2	2026-11-26 17:27:19.262942+00
7	SO-6	sale	2026-11-26	2	2026-11-26 17:27:19.346486+00
8	SO-7	cancellation	2026-11-26	2	2026-11-26 17:27:19.387257+00
9	SO-LIC-24	sale	2026-11-26	1	2026-11-26 22:52:53.609956+00
\.
COPY issuer.product (code, name, recorded_at) FROM stdin;
chariot	Chariot MQTT server	2026-11-26 17:27:17.430431+00
\.
COPY issuer.quarantine (message_id, reason, closed_at, closed_how, recorded_at, raw_digest, marks) FROM stdin;
14337	it is nested more than 32 levels deep; open it by hand	\N	\N	2026-11-26 22:52:54.057004+00	\\xf6701886f8a890a0c62d9969c124b74c5011600afd0a0db921967823d654be10	1
\.
COPY issuer.question (decision_id, words, recorded_at) FROM stdin;
\.
COPY issuer.reply (id, message_id, recipient, state, why, ready, effective, sent_at, attempts, recorded_at, erased_at, not_before, tried_at, last_error) FROM stdin;
1	6657	ana@northwind.example	sent	\N	0	2026-11-26 17:27:18+00	2026-11-26 17:27:18+00	1	2026-11-26 17:27:18.788866+00	\N	-infinity	\N	\N
2	3585	ana@northwind.example	sent	\N	0	2026-11-26 17:27:18+00	2026-11-26 17:27:18+00	1	2026-11-26 17:27:18.788866+00	\N	-infinity	\N	\N
3	4097	ana@northwind.example	sent	\N	0	2026-11-26 17:27:18+00	2026-11-26 17:27:18+00	1	2026-11-26 17:27:18.788866+00	\N	-infinity	\N	\N
4	6145	ops@delta.example	sent	\N	0	2026-11-26 17:27:18+00	2026-11-26 17:27:18+00	1	2026-11-26 17:27:18.788866+00	\N	-infinity	\N	\N
513	5121	ana@northwind.example	sent	notice	0	2026-11-26 17:27:18+00	2026-11-26 17:27:18+00	1	2026-11-26 17:27:18.788866+00	\N	-infinity	\N	\N
1025	8705	ana@northwind.example	withdrawn	what it tells was superseded or has ended before it was sent	0	2026-11-26 17:27:19+00	\N	0	2026-11-26 17:27:19.027977+00	\N	-infinity	\N	\N
1026	9217	ana@northwind.example	sent	\N	0	2026-11-26 17:27:19+00	2026-11-26 17:27:19+00	1	2026-11-26 17:27:19.027977+00	\N	-infinity	\N	\N
1537	4097	ana@northwind.example	sent	\N	0	2026-11-26 17:27:19+00	2026-11-26 17:27:19+00	1	2026-11-26 17:27:19.040739+00	\N	-infinity	\N	\N
2049	5633	ana@northwind.example	sent	\N	0	2026-11-26 17:27:19+00	2026-11-26 17:27:19+00	1	2026-11-26 17:27:19.074901+00	\N	-infinity	\N	\N
2561	8705	ana@northwind.example	sent	\N	0	2026-11-26 17:27:19+00	2026-11-26 17:27:19+00	1	2026-11-26 17:27:19.166833+00	\N	-infinity	\N	\N
3073	10753	ana@northwind.example	sent	\N	0	2026-11-26 17:27:19+00	2026-11-26 17:27:19+00	1	2026-11-26 17:27:19.565253+00	\N	-infinity	\N	\N
3585	\N	ana@northwind.example	sent	notice	0	2026-11-26 17:27:19+00	2026-11-26 17:27:19+00	1	2026-11-26 17:27:19.636054+00	\N	-infinity	\N	\N
4097	\N	ana@northwind.example	sent	notice	0	2026-11-26 17:27:19+00	2026-11-26 17:27:19+00	1	2026-11-26 17:27:19.675444+00	\N	-infinity	\N	\N
4609	11777	ana@northwind.example	sent	\N	0	2026-11-26 17:27:19+00	2026-11-26 17:27:19+00	1	2026-11-26 17:27:19.713473+00	\N	-infinity	\N	\N
5121	6657	ana@northwind.example	sent	\N	0	2026-11-26 22:52:54+00	2026-11-26 22:52:54+00	1	2026-11-26 22:52:54.057004+00	\N	-infinity	\N	\N
5633	14849	ana@northwind.example	sent	notice	0	2026-11-26 22:52:54+00	2026-11-26 22:52:54+00	1	2026-11-26 22:52:54.057004+00	\N	-infinity	\N	\N
\.
COPY issuer.reply_line (reply_id, "position", decision_id, about, license_id, restoration_id) FROM stdin;
1	1	6	\N	\N	\N
2	1	7	\N	\N	\N
3	1	8	\N	\N	\N
4	1	9	\N	\N	\N
513	1	\N	case-opened	1	1003
1025	1	515	\N	\N	\N
1026	1	516	\N	\N	\N
1537	1	1027	\N	\N	\N
2049	1	1537	\N	\N	\N
2561	1	2050	\N	\N	\N
3073	1	2562	\N	\N	\N
3585	1	\N	case-opened	4	1005
4097	1	\N	restored	4	1005
4609	1	3074	\N	\N	\N
5121	1	3587	\N	\N	\N
5633	1	\N	case-opened	6	1007
\.
COPY issuer.restoration (id, license_id, activation_id, message_id, evidence, opened_by, reason, ticket, opened_at, recorded_at, closed_at) FROM stdin;
1003	1	\N	5121	attested	\N	\N	\N	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00	\N
1005	4	5	\N	forced	3	burnt	T-2	2026-11-26 17:27:19+00	2026-11-26 17:27:19.636054+00	2026-11-26 17:27:19+00
1007	6	7	14849	attested	\N	\N	\N	2026-11-26 22:52:54+00	2026-11-26 22:52:54.057004+00	\N
\.
COPY issuer.restoration_decision (restoration_id, outcome, activation_id, replacement, decided_by, second_by, reason, ticket, effective, recorded_at) FROM stdin;
1005	approved	5	\N	1	2	burnt	\N	2026-11-26 17:27:19+00	2026-11-26 17:27:19.675444+00
\.
COPY issuer.serial_block (id, first, last, holder, closed_at, recorded_at) FROM stdin;
1	1	2	13169	2026-11-26 17:27:18.801601+00	2026-11-26 17:27:18.788021+00
2	3	3	13177	2026-11-26 17:27:19.047083+00	2026-11-26 17:27:19.040037+00
3	4	4	13186	2026-11-26 17:27:19.178778+00	2026-11-26 17:27:19.166022+00
4	5	5	13218	2026-11-26 17:27:19.573614+00	2026-11-26 17:27:19.564509+00
5	6	6	13230	2026-11-26 17:27:19.727885+00	2026-11-26 17:27:19.712702+00
6	7	7	11228	2026-11-26 22:52:54.139061+00	2026-11-26 22:52:54.049961+00
\.
COPY issuer.serial_void (serial, block_id, recorded_at) FROM stdin;
\.
COPY issuer.signing_key (kid, certificate, not_before, not_after, development, revoked_at, recorded_at) FROM stdin;
NrisO09fZYZkZPgWJeG029BuDnz32TC4zNppOwUm20Q	\\x308201cd3082017fa0030201020210549871d8d6fd0ba151542a5c99a4c19d300506032b6570303e313c303a06035504030c33444556454c4f504d454e542043686172696f74206f66666c696e65206c6963656e736520726f6f742031203739333431643762301e170d3236313132363137323731375a170d3238313132353137323731365a30433141303f06035504030c38444556454c4f504d454e542043686172696f74206f66666c696e65206c6963656e7365207369676e696e67206b6579203965363533363539302a300506032b65700321009e653659a735d41eea23ef25cf85d6b2cb21202b0bb0df79ca8bb576a45a82bea3818d30818a301d0603551d0e0416041445e1ab5c4d1f1cbe4986ce99cacf379c6e8a6a6c301f0603551d230418301680146e5dc6a12e48ea6d7f55b6c2043d5f7f0f99257a300c0603551d130101ff04023000300e0603551d0f0101ff04040302078030180603551d250101ff040e300c060a2b0601040181fd5907013010060a2b0601040181fd59070204020500300506032b65700341002238df9c04a4436b7cbf73e4cc7a93b8e0071dd73f9cf2f954d2390174a905239a9c602090d7af6b5211218f93985022a0848cae909cfce01c7dbc1f801ba70b	2026-11-26 17:27:17+00	2028-11-25 17:27:16+00	t	\N	2026-11-26 17:27:18.435809+00
FFhtdCMkfVKEzm0N3fXvES-hZZVc1C_8LRvkm0a6tRc	\\x308201cd3082017fa00302010202105bb2c9980466912f0230754951a12184300506032b6570303e313c303a06035504030c33444556454c4f504d454e542043686172696f74206f66666c696e65206c6963656e736520726f6f742031206232656130373235301e170d3236313132363232353234345a170d3238313132353232353234335a30433141303f06035504030c38444556454c4f504d454e542043686172696f74206f66666c696e65206c6963656e7365207369676e696e67206b6579203962383263393535302a300506032b65700321009b82c955e6b4c1f3868ac29f590e361a58d55f4d084bbc76ec8997282fe06956a3818d30818a301d0603551d0e04160414291fa7ad8c05225b3e9280aeb314a5c5772d25da301f0603551d23041830168014fabb05f13583d0d1d6a03c737e2d7f7784f01107300c0603551d130101ff04023000300e0603551d0f0101ff04040302078030180603551d250101ff040e300c060a2b0601040181fd5907013010060a2b0601040181fd59070204020500300506032b6570034100866980a718f826396704cd38e0e921297a9726fe4c1475ef40764cdc736a48867725a8b48a0ba1b2f9ce6a1f5abc716d06173ebb70cd5941179726ee8a64e10a	2026-11-26 22:52:44+00	2028-11-25 22:52:43+00	t	\N	2026-11-26 22:52:53.842169+00
\.
COPY issuer.term_entry (id, license_id, version, code, order_id, kind, years, from_on, until_on, effective, recorded_at) FROM stdin;
1	1	1	support	1	set	\N	\N	2027-06-30	2026-11-26	2026-11-26 17:27:18.379749+00
2	3	1	support	3	set	\N	\N	2027-06-30	2026-11-26	2026-11-26 17:27:18.535403+00
3	1	2	support	5	set	\N	\N	2028-06-30	2026-11-26	2026-11-26 17:27:19.102838+00
4	5	1	support	6	bought	2	2024-02-29	2026-02-28	2024-02-29	2026-11-26 17:27:19.262942+00
5	5	2	support	7	bought	1	2026-11-26	2027-11-26	2026-11-26	2026-11-26 17:27:19.346486+00
6	5	3	support	8	cancelled	-1	2027-11-26	2026-11-26	2026-11-26	2026-11-26 17:27:19.387257+00
\.
COPY issuer.usage_license (serial, emergency, activation_id, request_id, decision_id, license_id, version, customer_id, kid, iat, exp, supersedes, jws, effective, recorded_at) FROM stdin;
1	f	1	6	6	1	1	1	NrisO09fZYZkZPgWJeG029BuDnz32TC4zNppOwUm20Q	2026-11-26 17:27:18+00	\N	{}	eyJhbGciOiJFZERTQSIsImtpZCI6Ik5yaXNPMDlmWllaa1pQZ1dKZUcwMjlCdURuejMyVEM0ek5wcE93VW0yMFEiLCJ0eXAiOiJjaGFyaW90LXVzYWdlLWxpY2Vuc2UrandzIiwieDVjIjpbIk1JSUJ6VENDQVgrZ0F3SUJBZ0lRVkpoeDJOYjlDNkZSVkNwY21hVEJuVEFGQmdNclpYQXdQakU4TURvR0ExVUVBd3d6UkVWV1JVeFBVRTFGVGxRZ1EyaGhjbWx2ZENCdlptWnNhVzVsSUd4cFkyVnVjMlVnY205dmRDQXhJRGM1TXpReFpEZGlNQjRYRFRJMk1URXlOakUzTWpjeE4xb1hEVEk0TVRFeU5URTNNamN4Tmxvd1F6RkJNRDhHQTFVRUF3dzRSRVZXUlV4UFVFMUZUbFFnUTJoaGNtbHZkQ0J2Wm1ac2FXNWxJR3hwWTJWdWMyVWdjMmxuYm1sdVp5QnJaWGtnT1dVMk5UTTJOVGt3S2pBRkJnTXJaWEFESVFDZVpUWlpwelhVSHVvajd5WFBoZGF5eXlFZ0t3dXczM25LaTdWMnBGcUN2cU9CalRDQmlqQWRCZ05WSFE0RUZnUVVSZUdyWEUwZkhMNUpoczZaeXM4M25HNkthbXd3SHdZRFZSMGpCQmd3Rm9BVWJsM0dvUzVJNm0xL1ZiYkNCRDFmZncrWkpYb3dEQVlEVlIwVEFRSC9CQUl3QURBT0JnTlZIUThCQWY4RUJBTUNCNEF3R0FZRFZSMGxBUUgvQkE0d0RBWUtLd1lCQkFHQi9Wa0hBVEFRQmdvckJnRUVBWUg5V1FjQ0JBSUZBREFGQmdNclpYQURRUUFpT04rY0JLUkRhM3kvYytUTWVwTzQ0QWNkMXorYzh2bFUwamtCZEtrRkk1cWNZQ0NRMTY5clVoRWhqNU9ZVUNLZ2hJeXVrSno4NEJ4OXZCK0FHNmNMIl19.eyJhY3RpdmF0aW9uIjp7ImFsbG93ZWQiOjMsIm51bWJlciI6MX0sImNuZiI6eyJqd2siOnsiY3J2IjoiRWQyNTUxOSIsImt0eSI6Ik9LUCIsIngiOiJSUHV5YjJ6X3BsOVF1cllCZFpxMG5jcmp0ck42YTI2MV8xY2Q3R3ZSQ3pNIn19LCJjdXN0b21lciI6Ik5vcnRod2luZCBXYXRlciIsImVudGl0bGVtZW50IjoxLCJmZWF0dXJlcyI6W3siY29kZSI6Im1xdHQtc2VydmVyIiwia2luZCI6InBlcnBldHVhbCJ9LHsiY29kZSI6InN1cHBvcnQiLCJraW5kIjoidGVybSIsInVudGlsIjoxODE0NDQzMjAwfV0sImdyYW50IjoicmVndWxhciIsImlhdCI6MTc5NTcxNDAzOCwiaW5zdGFuY2UiOnsiZmluZ2VycHJpbnQiOnsiYm9hcmQiOiIwTHJ5VGdXOHJZRWF1MFBLR2FSMjFnIiwiY3B1IjoiQlN3QldYS1RiUFQ1dW4zc1EtZ3UzQSIsIm1hYyI6Imo0MnBNUzVvYURRRmMzVmpvQXp5SEEifSwiaG9zdCI6InBsYW50LTAifSwiaXNzIjoiY2hhcmlvdC1saWNlbnNpbmciLCJsaWNlbnNlX2lkIjoiTElDLTEiLCJwcm9kdWN0IjoiY2hhcmlvdCIsInJlcXVlc3QiOiJtTld4bEpWMmszSkh6a1o1cFMxRWNBUnFKNnR3a3hZQWg5aWlKM3V4MURVIiwic2VyaWFsIjoiVUwtMDAwMDAwMDEiLCJzdXBlcnNlZGVzIjpbXSwidiI6MX0.LQRU-1rd0Vp4f2QeUUQuSZxOo2lCX0azIm5pv1z6Uigf0dbgRflRL0Hbbs9SQQxknlOLhVnYnnfi3YIqn1cJCg	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
2	f	2	7	7	1	1	1	NrisO09fZYZkZPgWJeG029BuDnz32TC4zNppOwUm20Q	2026-11-26 17:27:18+00	\N	{}	eyJhbGciOiJFZERTQSIsImtpZCI6Ik5yaXNPMDlmWllaa1pQZ1dKZUcwMjlCdURuejMyVEM0ek5wcE93VW0yMFEiLCJ0eXAiOiJjaGFyaW90LXVzYWdlLWxpY2Vuc2UrandzIiwieDVjIjpbIk1JSUJ6VENDQVgrZ0F3SUJBZ0lRVkpoeDJOYjlDNkZSVkNwY21hVEJuVEFGQmdNclpYQXdQakU4TURvR0ExVUVBd3d6UkVWV1JVeFBVRTFGVGxRZ1EyaGhjbWx2ZENCdlptWnNhVzVsSUd4cFkyVnVjMlVnY205dmRDQXhJRGM1TXpReFpEZGlNQjRYRFRJMk1URXlOakUzTWpjeE4xb1hEVEk0TVRFeU5URTNNamN4Tmxvd1F6RkJNRDhHQTFVRUF3dzRSRVZXUlV4UFVFMUZUbFFnUTJoaGNtbHZkQ0J2Wm1ac2FXNWxJR3hwWTJWdWMyVWdjMmxuYm1sdVp5QnJaWGtnT1dVMk5UTTJOVGt3S2pBRkJnTXJaWEFESVFDZVpUWlpwelhVSHVvajd5WFBoZGF5eXlFZ0t3dXczM25LaTdWMnBGcUN2cU9CalRDQmlqQWRCZ05WSFE0RUZnUVVSZUdyWEUwZkhMNUpoczZaeXM4M25HNkthbXd3SHdZRFZSMGpCQmd3Rm9BVWJsM0dvUzVJNm0xL1ZiYkNCRDFmZncrWkpYb3dEQVlEVlIwVEFRSC9CQUl3QURBT0JnTlZIUThCQWY4RUJBTUNCNEF3R0FZRFZSMGxBUUgvQkE0d0RBWUtLd1lCQkFHQi9Wa0hBVEFRQmdvckJnRUVBWUg5V1FjQ0JBSUZBREFGQmdNclpYQURRUUFpT04rY0JLUkRhM3kvYytUTWVwTzQ0QWNkMXorYzh2bFUwamtCZEtrRkk1cWNZQ0NRMTY5clVoRWhqNU9ZVUNLZ2hJeXVrSno4NEJ4OXZCK0FHNmNMIl19.eyJhY3RpdmF0aW9uIjp7ImFsbG93ZWQiOjMsIm51bWJlciI6Mn0sImNuZiI6eyJqd2siOnsiY3J2IjoiRWQyNTUxOSIsImt0eSI6Ik9LUCIsIngiOiJhQXZrV3JZZDJ3TDc2NU8tU2kzbnI0VzNfdm1HRTRQeGJmbEVOLVBwOXBFIn19LCJjdXN0b21lciI6Ik5vcnRod2luZCBXYXRlciIsImVudGl0bGVtZW50IjoxLCJmZWF0dXJlcyI6W3siY29kZSI6Im1xdHQtc2VydmVyIiwia2luZCI6InBlcnBldHVhbCJ9LHsiY29kZSI6InN1cHBvcnQiLCJraW5kIjoidGVybSIsInVudGlsIjoxODE0NDQzMjAwfV0sImdyYW50IjoicmVndWxhciIsImlhdCI6MTc5NTcxNDAzOCwiaW5zdGFuY2UiOnsiZmluZ2VycHJpbnQiOnsiYm9hcmQiOiJTaHoyWUdXTjdzaVVGOGFya0VsaDZBIiwiY3B1IjoiQlN3QldYS1RiUFQ1dW4zc1EtZ3UzQSIsIm1hYyI6IjkydkRCendHazh4WGRmNDQyQU9NU1EifSwiaG9zdCI6InBsYW50LTEifSwiaXNzIjoiY2hhcmlvdC1saWNlbnNpbmciLCJsaWNlbnNlX2lkIjoiTElDLTEiLCJwcm9kdWN0IjoiY2hhcmlvdCIsInJlcXVlc3QiOiJzX0lQSFlXVkV3bTVKRE5VaTgwVG9vQko5b3VtLTZRODUyU08xY3RuajAwIiwic2VyaWFsIjoiVUwtMDAwMDAwMDIiLCJzdXBlcnNlZGVzIjpbXSwidiI6MX0.tQcSpweSApbh-lrLWNwDX-eBmfSvbhXTUO4oOvsv5QoxHTPC2gYCx6k18HrKhbs3UAuuWUOItsc6VqHOH8MtDQ	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
3	f	3	8	1027	1	1	1	NrisO09fZYZkZPgWJeG029BuDnz32TC4zNppOwUm20Q	2026-11-26 17:27:19+00	\N	{}	eyJhbGciOiJFZERTQSIsImtpZCI6Ik5yaXNPMDlmWllaa1pQZ1dKZUcwMjlCdURuejMyVEM0ek5wcE93VW0yMFEiLCJ0eXAiOiJjaGFyaW90LXVzYWdlLWxpY2Vuc2UrandzIiwieDVjIjpbIk1JSUJ6VENDQVgrZ0F3SUJBZ0lRVkpoeDJOYjlDNkZSVkNwY21hVEJuVEFGQmdNclpYQXdQakU4TURvR0ExVUVBd3d6UkVWV1JVeFBVRTFGVGxRZ1EyaGhjbWx2ZENCdlptWnNhVzVsSUd4cFkyVnVjMlVnY205dmRDQXhJRGM1TXpReFpEZGlNQjRYRFRJMk1URXlOakUzTWpjeE4xb1hEVEk0TVRFeU5URTNNamN4Tmxvd1F6RkJNRDhHQTFVRUF3dzRSRVZXUlV4UFVFMUZUbFFnUTJoaGNtbHZkQ0J2Wm1ac2FXNWxJR3hwWTJWdWMyVWdjMmxuYm1sdVp5QnJaWGtnT1dVMk5UTTJOVGt3S2pBRkJnTXJaWEFESVFDZVpUWlpwelhVSHVvajd5WFBoZGF5eXlFZ0t3dXczM25LaTdWMnBGcUN2cU9CalRDQmlqQWRCZ05WSFE0RUZnUVVSZUdyWEUwZkhMNUpoczZaeXM4M25HNkthbXd3SHdZRFZSMGpCQmd3Rm9BVWJsM0dvUzVJNm0xL1ZiYkNCRDFmZncrWkpYb3dEQVlEVlIwVEFRSC9CQUl3QURBT0JnTlZIUThCQWY4RUJBTUNCNEF3R0FZRFZSMGxBUUgvQkE0d0RBWUtLd1lCQkFHQi9Wa0hBVEFRQmdvckJnRUVBWUg5V1FjQ0JBSUZBREFGQmdNclpYQURRUUFpT04rY0JLUkRhM3kvYytUTWVwTzQ0QWNkMXorYzh2bFUwamtCZEtrRkk1cWNZQ0NRMTY5clVoRWhqNU9ZVUNLZ2hJeXVrSno4NEJ4OXZCK0FHNmNMIl19.eyJhY3RpdmF0aW9uIjp7ImFsbG93ZWQiOjMsIm51bWJlciI6Mn0sImNuZiI6eyJqd2siOnsiY3J2IjoiRWQyNTUxOSIsImt0eSI6Ik9LUCIsIngiOiItdVBMeFdEXzNFYUVTVEFtemJjWUFKX1gxODlDYncwNnVlel9EelNHZG5FIn19LCJjdXN0b21lciI6Ik5vcnRod2luZCBXYXRlciIsImVudGl0bGVtZW50IjoxLCJmZWF0dXJlcyI6W3siY29kZSI6Im1xdHQtc2VydmVyIiwia2luZCI6InBlcnBldHVhbCJ9LHsiY29kZSI6InN1cHBvcnQiLCJraW5kIjoidGVybSIsInVudGlsIjoxODE0NDQzMjAwfV0sImdyYW50IjoicmVndWxhciIsImlhdCI6MTc5NTcxNDAzOSwiaW5zdGFuY2UiOnsiZmluZ2VycHJpbnQiOnsiYm9hcmQiOiJIbmhVOU1LRHZ5WVF5OFBhQUpVb29nIiwiY3B1IjoiQlN3QldYS1RiUFQ1dW4zc1EtZ3UzQSIsIm1hYyI6ImhYcGdKMFhlTE5LVmFxdGp6aW96R0EifSwiaG9zdCI6InBsYW50LTIifSwiaXNzIjoiY2hhcmlvdC1saWNlbnNpbmciLCJsaWNlbnNlX2lkIjoiTElDLTEiLCJwcm9kdWN0IjoiY2hhcmlvdCIsInJlcXVlc3QiOiJIN0hlSkxiMlVpMGJfYjdVMmNXazYyQjhLRklweFRzOUFlOUVOblpHbURrIiwic2VyaWFsIjoiVUwtMDAwMDAwMDMiLCJzdXBlcnNlZGVzIjpbXSwidiI6MX0.NR2uVs0u3TYzCuVtCaBCQX2qkV-g0o7wCGtoWppQE5scpGBgRT8wJ91wwYJ_6Yg2B_Kx9lbVpMGfpRZUoOESBw	2026-11-26 17:27:19+00	2026-11-26 17:27:19.040739+00
4	f	4	514	2050	1	2	1	NrisO09fZYZkZPgWJeG029BuDnz32TC4zNppOwUm20Q	2026-11-26 17:27:19+00	\N	{1}	eyJhbGciOiJFZERTQSIsImtpZCI6Ik5yaXNPMDlmWllaa1pQZ1dKZUcwMjlCdURuejMyVEM0ek5wcE93VW0yMFEiLCJ0eXAiOiJjaGFyaW90LXVzYWdlLWxpY2Vuc2UrandzIiwieDVjIjpbIk1JSUJ6VENDQVgrZ0F3SUJBZ0lRVkpoeDJOYjlDNkZSVkNwY21hVEJuVEFGQmdNclpYQXdQakU4TURvR0ExVUVBd3d6UkVWV1JVeFBVRTFGVGxRZ1EyaGhjbWx2ZENCdlptWnNhVzVsSUd4cFkyVnVjMlVnY205dmRDQXhJRGM1TXpReFpEZGlNQjRYRFRJMk1URXlOakUzTWpjeE4xb1hEVEk0TVRFeU5URTNNamN4Tmxvd1F6RkJNRDhHQTFVRUF3dzRSRVZXUlV4UFVFMUZUbFFnUTJoaGNtbHZkQ0J2Wm1ac2FXNWxJR3hwWTJWdWMyVWdjMmxuYm1sdVp5QnJaWGtnT1dVMk5UTTJOVGt3S2pBRkJnTXJaWEFESVFDZVpUWlpwelhVSHVvajd5WFBoZGF5eXlFZ0t3dXczM25LaTdWMnBGcUN2cU9CalRDQmlqQWRCZ05WSFE0RUZnUVVSZUdyWEUwZkhMNUpoczZaeXM4M25HNkthbXd3SHdZRFZSMGpCQmd3Rm9BVWJsM0dvUzVJNm0xL1ZiYkNCRDFmZncrWkpYb3dEQVlEVlIwVEFRSC9CQUl3QURBT0JnTlZIUThCQWY4RUJBTUNCNEF3R0FZRFZSMGxBUUgvQkE0d0RBWUtLd1lCQkFHQi9Wa0hBVEFRQmdvckJnRUVBWUg5V1FjQ0JBSUZBREFGQmdNclpYQURRUUFpT04rY0JLUkRhM3kvYytUTWVwTzQ0QWNkMXorYzh2bFUwamtCZEtrRkk1cWNZQ0NRMTY5clVoRWhqNU9ZVUNLZ2hJeXVrSno4NEJ4OXZCK0FHNmNMIl19.eyJhY3RpdmF0aW9uIjp7ImFsbG93ZWQiOjQsIm51bWJlciI6MX0sImNuZiI6eyJqd2siOnsiY3J2IjoiRWQyNTUxOSIsImt0eSI6Ik9LUCIsIngiOiJSUHV5YjJ6X3BsOVF1cllCZFpxMG5jcmp0ck42YTI2MV8xY2Q3R3ZSQ3pNIn19LCJjdXN0b21lciI6Ik5vcnRod2luZCBXYXRlciIsImVudGl0bGVtZW50IjoyLCJmZWF0dXJlcyI6W3siY29kZSI6Im1xdHQtc2VydmVyIiwia2luZCI6InBlcnBldHVhbCJ9LHsiY29kZSI6InN1cHBvcnQiLCJraW5kIjoidGVybSIsInVudGlsIjoxODQ2MDY1NjAwfV0sImdyYW50IjoicmVndWxhciIsImlhdCI6MTc5NTcxNDAzOSwiaW5zdGFuY2UiOnsiZmluZ2VycHJpbnQiOnsiYm9hcmQiOiIwTHJ5VGdXOHJZRWF1MFBLR2FSMjFnIiwiY3B1IjoiQlN3QldYS1RiUFQ1dW4zc1EtZ3UzQSIsIm1hYyI6Imo0MnBNUzVvYURRRmMzVmpvQXp5SEEifSwiaG9zdCI6InBsYW50LTAifSwiaXNzIjoiY2hhcmlvdC1saWNlbnNpbmciLCJsaWNlbnNlX2lkIjoiTElDLTEiLCJwcm9kdWN0IjoiY2hhcmlvdCIsInJlcXVlc3QiOiItNTV2dUVaRXVxWEpPRGw0RlREcGVjQnhpamRHcjB1RExfYko5OWRFRFlJIiwic2VyaWFsIjoiVUwtMDAwMDAwMDQiLCJzdXBlcnNlZGVzIjpbIlVMLTAwMDAwMDAxIl0sInYiOjF9.jsrqqJhX2Y4H4YAW-EpegYCPwoTU1t4AHzFg9EM6qMrLInAtpL6gwPyuZtzAUmmXtE73N_o72xuDko0hIGAACg	2026-11-26 17:27:19+00	2026-11-26 17:27:19.166833+00
5	f	5	1026	2562	4	1	1	NrisO09fZYZkZPgWJeG029BuDnz32TC4zNppOwUm20Q	2026-11-26 17:27:19+00	\N	{}	eyJhbGciOiJFZERTQSIsImtpZCI6Ik5yaXNPMDlmWllaa1pQZ1dKZUcwMjlCdURuejMyVEM0ek5wcE93VW0yMFEiLCJ0eXAiOiJjaGFyaW90LXVzYWdlLWxpY2Vuc2UrandzIiwieDVjIjpbIk1JSUJ6VENDQVgrZ0F3SUJBZ0lRVkpoeDJOYjlDNkZSVkNwY21hVEJuVEFGQmdNclpYQXdQakU4TURvR0ExVUVBd3d6UkVWV1JVeFBVRTFGVGxRZ1EyaGhjbWx2ZENCdlptWnNhVzVsSUd4cFkyVnVjMlVnY205dmRDQXhJRGM1TXpReFpEZGlNQjRYRFRJMk1URXlOakUzTWpjeE4xb1hEVEk0TVRFeU5URTNNamN4Tmxvd1F6RkJNRDhHQTFVRUF3dzRSRVZXUlV4UFVFMUZUbFFnUTJoaGNtbHZkQ0J2Wm1ac2FXNWxJR3hwWTJWdWMyVWdjMmxuYm1sdVp5QnJaWGtnT1dVMk5UTTJOVGt3S2pBRkJnTXJaWEFESVFDZVpUWlpwelhVSHVvajd5WFBoZGF5eXlFZ0t3dXczM25LaTdWMnBGcUN2cU9CalRDQmlqQWRCZ05WSFE0RUZnUVVSZUdyWEUwZkhMNUpoczZaeXM4M25HNkthbXd3SHdZRFZSMGpCQmd3Rm9BVWJsM0dvUzVJNm0xL1ZiYkNCRDFmZncrWkpYb3dEQVlEVlIwVEFRSC9CQUl3QURBT0JnTlZIUThCQWY4RUJBTUNCNEF3R0FZRFZSMGxBUUgvQkE0d0RBWUtLd1lCQkFHQi9Wa0hBVEFRQmdvckJnRUVBWUg5V1FjQ0JBSUZBREFGQmdNclpYQURRUUFpT04rY0JLUkRhM3kvYytUTWVwTzQ0QWNkMXorYzh2bFUwamtCZEtrRkk1cWNZQ0NRMTY5clVoRWhqNU9ZVUNLZ2hJeXVrSno4NEJ4OXZCK0FHNmNMIl19.eyJhY3RpdmF0aW9uIjp7ImFsbG93ZWQiOjIsIm51bWJlciI6MX0sImNuZiI6eyJqd2siOnsiY3J2IjoiRWQyNTUxOSIsImt0eSI6Ik9LUCIsIngiOiI4RzZTWmgwRlVlQkJXRXJuWXBhRHBSSEhpQkxOSTZJNDZsS3Z0SWdMMUw0In19LCJjdXN0b21lciI6Ik5vcnRod2luZCBXYXRlciIsImVudGl0bGVtZW50IjoxLCJmZWF0dXJlcyI6W3siY29kZSI6Im1xdHQtc2VydmVyIiwia2luZCI6InBlcnBldHVhbCJ9XSwiZ3JhbnQiOiJyZWd1bGFyIiwiaWF0IjoxNzk1NzE0MDM5LCJpbnN0YW5jZSI6eyJmaW5nZXJwcmludCI6eyJib2FyZCI6IkdUbGcxQmFlY0RJNmtGQzJNQlVIdVEiLCJjcHUiOiJnc1lOYXAtWldyTHAzMUZYMkUyazlnIiwibWFjIjoiaHhnVHUxQWc4b2VtYnBKcHBxNkpodyJ9LCJob3N0IjoicGxhbnQtNCJ9LCJpc3MiOiJjaGFyaW90LWxpY2Vuc2luZyIsImxpY2Vuc2VfaWQiOiJMSUMtNCIsInByb2R1Y3QiOiJjaGFyaW90IiwicmVxdWVzdCI6ImR6UngzUFZpbzF6TVNJUElpRGM1QUFMLTBXX19VZl9OX0hCVEFNYW84YTQiLCJzZXJpYWwiOiJVTC0wMDAwMDAwNSIsInN1cGVyc2VkZXMiOltdLCJ2IjoxfQ.XLLPuH3WPxxSclf1iGB1YwLbIo1TdTPUqGvpvf4vE0g-VBoz0Xr0jUZ7wIbHcpvXcx2odtjm_ia4us-iyEhRBg	2026-11-26 17:27:19+00	2026-11-26 17:27:19.565253+00
6	f	6	1538	3074	4	1	1	NrisO09fZYZkZPgWJeG029BuDnz32TC4zNppOwUm20Q	2026-11-26 17:27:19+00	\N	{}	eyJhbGciOiJFZERTQSIsImtpZCI6Ik5yaXNPMDlmWllaa1pQZ1dKZUcwMjlCdURuejMyVEM0ek5wcE93VW0yMFEiLCJ0eXAiOiJjaGFyaW90LXVzYWdlLWxpY2Vuc2UrandzIiwieDVjIjpbIk1JSUJ6VENDQVgrZ0F3SUJBZ0lRVkpoeDJOYjlDNkZSVkNwY21hVEJuVEFGQmdNclpYQXdQakU4TURvR0ExVUVBd3d6UkVWV1JVeFBVRTFGVGxRZ1EyaGhjbWx2ZENCdlptWnNhVzVsSUd4cFkyVnVjMlVnY205dmRDQXhJRGM1TXpReFpEZGlNQjRYRFRJMk1URXlOakUzTWpjeE4xb1hEVEk0TVRFeU5URTNNamN4Tmxvd1F6RkJNRDhHQTFVRUF3dzRSRVZXUlV4UFVFMUZUbFFnUTJoaGNtbHZkQ0J2Wm1ac2FXNWxJR3hwWTJWdWMyVWdjMmxuYm1sdVp5QnJaWGtnT1dVMk5UTTJOVGt3S2pBRkJnTXJaWEFESVFDZVpUWlpwelhVSHVvajd5WFBoZGF5eXlFZ0t3dXczM25LaTdWMnBGcUN2cU9CalRDQmlqQWRCZ05WSFE0RUZnUVVSZUdyWEUwZkhMNUpoczZaeXM4M25HNkthbXd3SHdZRFZSMGpCQmd3Rm9BVWJsM0dvUzVJNm0xL1ZiYkNCRDFmZncrWkpYb3dEQVlEVlIwVEFRSC9CQUl3QURBT0JnTlZIUThCQWY4RUJBTUNCNEF3R0FZRFZSMGxBUUgvQkE0d0RBWUtLd1lCQkFHQi9Wa0hBVEFRQmdvckJnRUVBWUg5V1FjQ0JBSUZBREFGQmdNclpYQURRUUFpT04rY0JLUkRhM3kvYytUTWVwTzQ0QWNkMXorYzh2bFUwamtCZEtrRkk1cWNZQ0NRMTY5clVoRWhqNU9ZVUNLZ2hJeXVrSno4NEJ4OXZCK0FHNmNMIl19.eyJhY3RpdmF0aW9uIjp7ImFsbG93ZWQiOjIsIm51bWJlciI6MX0sImNuZiI6eyJqd2siOnsiY3J2IjoiRWQyNTUxOSIsImt0eSI6Ik9LUCIsIngiOiJEU3REQWxXeEdpZDRNQTRrWTI3WjVFbk53LUF5UGlPU25uanpKMmYwVWFVIn19LCJjdXN0b21lciI6Ik5vcnRod2luZCBXYXRlciIsImVudGl0bGVtZW50IjoxLCJmZWF0dXJlcyI6W3siY29kZSI6Im1xdHQtc2VydmVyIiwia2luZCI6InBlcnBldHVhbCJ9XSwiZ3JhbnQiOiJyZWd1bGFyIiwiaWF0IjoxNzk1NzE0MDM5LCJpbnN0YW5jZSI6eyJmaW5nZXJwcmludCI6eyJib2FyZCI6ImVPRk45ZlJMZjMyaENSU1p6cXJZSVEiLCJjcHUiOiJnc1lOYXAtWldyTHAzMUZYMkUyazlnIiwibWFjIjoiaWRGaWpJM25YUzlvYTE1M1dHV00tUSJ9LCJob3N0IjoicGxhbnQtNSJ9LCJpc3MiOiJjaGFyaW90LWxpY2Vuc2luZyIsImxpY2Vuc2VfaWQiOiJMSUMtNCIsInByb2R1Y3QiOiJjaGFyaW90IiwicmVxdWVzdCI6IllUeGlobDU3WDVtVEljelJxZzhtRGNBV090SzhXQXlJdWVYRUZVNTUyMDAiLCJzZXJpYWwiOiJVTC0wMDAwMDAwNiIsInN1cGVyc2VkZXMiOltdLCJ2IjoxfQ.UR1Z2lPECg0rw1OmQqNHOIgXLxQs85co4MEO38v-qYGJXHEJ6arTSX6D5-ma1u_qTkgvks1QB62xUTnwgDJ2DA	2026-11-26 17:27:19+00	2026-11-26 17:27:19.713473+00
7	f	7	2051	3587	6	1	1	FFhtdCMkfVKEzm0N3fXvES-hZZVc1C_8LRvkm0a6tRc	2026-11-26 22:52:54+00	\N	{}	eyJhbGciOiJFZERTQSIsImtpZCI6IkZGaHRkQ01rZlZLRXptME4zZlh2RVMtaFpaVmMxQ184TFJ2a20wYTZ0UmMiLCJ0eXAiOiJjaGFyaW90LXVzYWdlLWxpY2Vuc2UrandzIiwieDVjIjpbIk1JSUJ6VENDQVgrZ0F3SUJBZ0lRVzdMSm1BUm1rUzhDTUhWSlVhRWhoREFGQmdNclpYQXdQakU4TURvR0ExVUVBd3d6UkVWV1JVeFBVRTFGVGxRZ1EyaGhjbWx2ZENCdlptWnNhVzVsSUd4cFkyVnVjMlVnY205dmRDQXhJR0l5WldFd056STFNQjRYRFRJMk1URXlOakl5TlRJME5Gb1hEVEk0TVRFeU5USXlOVEkwTTFvd1F6RkJNRDhHQTFVRUF3dzRSRVZXUlV4UFVFMUZUbFFnUTJoaGNtbHZkQ0J2Wm1ac2FXNWxJR3hwWTJWdWMyVWdjMmxuYm1sdVp5QnJaWGtnT1dJNE1tTTVOVFV3S2pBRkJnTXJaWEFESVFDYmdzbFY1clRCODRhS3dwOVpEallhV05WZlRRaEx2SGJzaVpjb0wrQnBWcU9CalRDQmlqQWRCZ05WSFE0RUZnUVVLUitucll3Rklscytrb0N1c3hTbHhYY3RKZG93SHdZRFZSMGpCQmd3Rm9BVStyc0Y4VFdEME5IV29EeHpmaTEvZDRUd0VRY3dEQVlEVlIwVEFRSC9CQUl3QURBT0JnTlZIUThCQWY4RUJBTUNCNEF3R0FZRFZSMGxBUUgvQkE0d0RBWUtLd1lCQkFHQi9Wa0hBVEFRQmdvckJnRUVBWUg5V1FjQ0JBSUZBREFGQmdNclpYQURRUUNHYVlDbkdQZ21PV2NFelRqZzZTRXBlcGNtL2t3VWRlOUFka3pjYzJwSWhuY2xxTFNLQzZHeStjNXFIMXE4Y1cwR0Z6NjdjTTFaUVJlWEp1NktaT0VLIl19.eyJhY3RpdmF0aW9uIjp7ImFsbG93ZWQiOjMsIm51bWJlciI6MX0sImNuZiI6eyJqd2siOnsiY3J2IjoiRWQyNTUxOSIsImt0eSI6Ik9LUCIsIngiOiJ1bU85bm14bWhkY05YMzVJR3hPcGdIMDZtRXJaYjZKRDBYRDQxcU9LeU53In19LCJjdXN0b21lciI6Ik5vcnRod2luZCBXYXRlciIsImVudGl0bGVtZW50IjoxLCJmZWF0dXJlcyI6W3siY29kZSI6Im1xdHQtc2VydmVyIiwia2luZCI6InBlcnBldHVhbCJ9XSwiZ3JhbnQiOiJyZWd1bGFyIiwiaWF0IjoxNzk1NzMzNTc0LCJpbnN0YW5jZSI6eyJmaW5nZXJwcmludCI6eyJib2FyZCI6IkYweXBLRHRpV01Ick9jR2s5QmFJSXciLCJjcHUiOiJLT2FXcEVNSHE0V05ZNGYwdzFWX1hRIiwibWFjIjoiMmZOcGM2OWw1NDhKNlpjM19pcHpadyJ9LCJob3N0IjoicGxhbnQtMjQifSwiaXNzIjoiY2hhcmlvdC1saWNlbnNpbmciLCJsaWNlbnNlX2lkIjoiTElDLTI0IiwicHJvZHVjdCI6ImNoYXJpb3QiLCJyZXF1ZXN0IjoiS3FjZGdFUm9Pa0otOVV6VXNuVVpNZnQxUjlHLS1iaUd2NlVOWl9Mcnp6byIsInNlcmlhbCI6IlVMLTAwMDAwMDA3Iiwic3VwZXJzZWRlcyI6W10sInYiOjF9.W9FZU2MzG-u6wi-ZB4BlZQsZCF-5eRLOra_ID50x1gGRMSZMhtzvQrGD_qHNHMlP3TKjJwkfdP9BZuWpOQWnBA	2026-11-26 22:52:54+00	2026-11-26 22:52:54.057004+00
\.
COPY issuer.usage_request (id, digest, thumbprint, seq, iat, license_key, license_id, purpose, installed, product, version, host, board, cpu, mac, jws, message_id, effective, recorded_at) FROM stdin;
6	\\x98d5b1949576937247ce4679a52d4470046a27ab7093160087d8a2277bb1d435	\\x807be2fea1675e291c9cb90360f4b6cb18ff5187f059e560a403024d02522d9f	1795714038	2026-11-26 17:27:18+00	\\xc31c50926c76e030fbf479dbbd81f4c4b06fa197a0f892955565b136f81ae2fc	1	activate	\N	chariot	8.4.2	plant-0	\\xd0baf24e05bcad811abb43ca19a476d6	\\x052c015972936cf4f9ba7dec43e82edc	\\x8f8da9312e68683405737563a00cf21c	eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6IlJQdXliMnpfcGw5UXVyWUJkWnEwbmNyanRyTjZhMjYxXzFjZDdHdlJDek0ifSwidHlwIjoiY2hhcmlvdC11c2FnZS1yZXF1ZXN0K2p3cyJ9.eyJpYXQiOjE3OTU3MTQwMzgsImluc3RhbmNlIjp7ImZpbmdlcnByaW50Ijp7ImJvYXJkIjoiMExyeVRnVzhyWUVhdTBQS0dhUjIxZyIsImNwdSI6IkJTd0JXWEtUYlBUNXVuM3NRLWd1M0EiLCJtYWMiOiJqNDJwTVM1b2FEUUZjM1Zqb0F6eUhBIn0sImhvc3QiOiJwbGFudC0wIn0sImxpY2Vuc2UiOiJ3eHhRa214MjRERDc5SG5idllIMHhMQnZvWmVnLUpLVlZXV3hOdmdhNHZ3IiwicHJvZHVjdCI6ImNoYXJpb3QiLCJwcm9vZiI6ImpKcjBpWVRjdDBLdkJLdFhYOVN3VFNobkRmSmRvcW8wbVFpcHJLVTdIN1NkVGxWTVF2RHltRERJWnNrdktHVTY0YU9kazRjUFNrUTh4cXczd184U0FBIiwicHVycG9zZSI6ImFjdGl2YXRlIiwic2VxIjoxNzk1NzE0MDM4LCJ2IjoxLCJ2ZXJzaW9uIjoiOC40LjIifQ.mUs0P5L5P_bHIy5oAvtPrerxqZBoX6cYXm5I3HkNSGATy7xFtX0SW-ecas0A-ab-Uzoh-8YC1ElTsHffd6ESCA	6657	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
7	\\xb3f20f1d85951309b92433548bcd13a28049f68ba6fba43ce7648ed5cb678f4d	\\xc7f521f195b319b8a8a0c4021490dc5818f27092528276f1ac96562f7c267b21	1795714038	2026-11-26 17:27:18+00	\\xc31c50926c76e030fbf479dbbd81f4c4b06fa197a0f892955565b136f81ae2fc	1	activate	\N	chariot	8.4.2	plant-1	\\x4a1cf660658deec89417c6ab904961e8	\\x052c015972936cf4f9ba7dec43e82edc	\\xf76bc3073c0693cc5775fe38d8038c49	eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6ImFBdmtXcllkMndMNzY1Ty1TaTNucjRXM192bUdFNFB4YmZsRU4tUHA5cEUifSwidHlwIjoiY2hhcmlvdC11c2FnZS1yZXF1ZXN0K2p3cyJ9.eyJpYXQiOjE3OTU3MTQwMzgsImluc3RhbmNlIjp7ImZpbmdlcnByaW50Ijp7ImJvYXJkIjoiU2h6MllHV043c2lVRjhhcmtFbGg2QSIsImNwdSI6IkJTd0JXWEtUYlBUNXVuM3NRLWd1M0EiLCJtYWMiOiI5MnZEQnp3R2s4eFhkZjQ0MkFPTVNRIn0sImhvc3QiOiJwbGFudC0xIn0sImxpY2Vuc2UiOiJ3eHhRa214MjRERDc5SG5idllIMHhMQnZvWmVnLUpLVlZXV3hOdmdhNHZ3IiwicHJvZHVjdCI6ImNoYXJpb3QiLCJwcm9vZiI6Im94TzNhTHQ2SmlPdFNvanpvc19vRGJIZ2oxdWh3bWlsSXhDbU5KT2lkNDZBTmpvZG1tdmVjTFpFU05CVGlpZlRNM050ZXE2Q01zZEZRNEdiSGl3dEN3IiwicHVycG9zZSI6ImFjdGl2YXRlIiwic2VxIjoxNzk1NzE0MDM4LCJ2IjoxLCJ2ZXJzaW9uIjoiOC40LjIifQ.rjnIv44UorY9CwvFvMrXbU9c8ZxNmuYxl2cRouN_R5dGTjBQa9ok7JGsLGLYuz12bQ_5FiwiI_mNAF2LQW8wBg	3585	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
8	\\x1fb1de24b6f6522d1bfdbed4d9c5a4eb607c285229c53b3d01ef443676469839	\\x80b13c10ead8050e44f609c1f850dfb27d8fa93b43e73140e46508fd9d244308	1795714038	2026-11-26 17:27:18+00	\\xc31c50926c76e030fbf479dbbd81f4c4b06fa197a0f892955565b136f81ae2fc	1	activate	\N	chariot	8.4.2	plant-2	\\x1e7854f4c283bf2610cbc3da009528a2	\\x052c015972936cf4f9ba7dec43e82edc	\\x857a602745de2cd2956aab63ce2a3318	eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6Ii11UEx4V0RfM0VhRVNUQW16YmNZQUpfWDE4OUNidzA2dWV6X0R6U0dkbkUifSwidHlwIjoiY2hhcmlvdC11c2FnZS1yZXF1ZXN0K2p3cyJ9.eyJpYXQiOjE3OTU3MTQwMzgsImluc3RhbmNlIjp7ImZpbmdlcnByaW50Ijp7ImJvYXJkIjoiSG5oVTlNS0R2eVlReThQYUFKVW9vZyIsImNwdSI6IkJTd0JXWEtUYlBUNXVuM3NRLWd1M0EiLCJtYWMiOiJoWHBnSjBYZUxOS1ZhcXRqemlvekdBIn0sImhvc3QiOiJwbGFudC0yIn0sImxpY2Vuc2UiOiJ3eHhRa214MjRERDc5SG5idllIMHhMQnZvWmVnLUpLVlZXV3hOdmdhNHZ3IiwicHJvZHVjdCI6ImNoYXJpb3QiLCJwcm9vZiI6ImRFZWtGaDBuazYzX1d0RE9rT0h5MkVsTnI3dWVHaHVxc0hEMUI3dVZMSUR1S3Rvc1gzaE5SRDN3UlJtVUFoU2hZUFg5WXFLeU9ZTWdoRU13al9IRUNRIiwicHVycG9zZSI6ImFjdGl2YXRlIiwic2VxIjoxNzk1NzE0MDM4LCJ2IjoxLCJ2ZXJzaW9uIjoiOC40LjIifQ.9g-XxMOoyOoCnr9VT3XnaNIucSm_gNrb5dxAd4e4yUsQE5F_88JqiYfnLbVB_IgAWKG6Wba0G-zPzjqmEBCWCA	4097	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
9	\\x84a5defb7697fcdd19ba492020aff7f79d426a84b635055ba7b0f0914f90e0ae	\\x91397d46f516ead512247a3013af6a3202094ad3fbcf123c7b0239005c208bb4	1795714038	2026-11-26 17:27:18+00	\\x6b1a5db3188c71fc4a0338438a0b7aec88ea843249c055578ca92484dcc1effa	2	activate	\N	chariot	8.4.2	plant-3	\\x7c6916ec854f0156a5216319f7b9488a	\\x363c3947dae333b713f97f0694a5a987	\\x152bfe0bdad3733d697c2abeb8409ecd	eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6InQwUXp6Wkg4NjhBZEZjUUR0MTVQRk5SYUdQNy1GNEx5RHlQRVEyQWRrNFUifSwidHlwIjoiY2hhcmlvdC11c2FnZS1yZXF1ZXN0K2p3cyJ9.eyJpYXQiOjE3OTU3MTQwMzgsImluc3RhbmNlIjp7ImZpbmdlcnByaW50Ijp7ImJvYXJkIjoiZkdrVzdJVlBBVmFsSVdNWjk3bElpZyIsImNwdSI6Ik5qdzVSOXJqTTdjVC1YOEdsS1dwaHciLCJtYWMiOiJGU3YtQzlyVGN6MXBmQ3EtdUVDZXpRIn0sImhvc3QiOiJwbGFudC0zIn0sImxpY2Vuc2UiOiJheHBkc3hpTWNmeEtBemhEaWd0NjdJanFoREpKd0ZWWGpLa2toTnpCN19vIiwicHJvZHVjdCI6ImNoYXJpb3QiLCJwcm9vZiI6IlZ0c2Q0OVR0VTd4T21pdm9BTUEwMjF0Qng4X2VBOS1QejQ2MzFwWVgtM054bHZxOWlFcWRKVm9tVjh0d3g5RmJPbkUwTTlqZFFRQW4wbEYyZlFGU0FRIiwicHVycG9zZSI6ImFjdGl2YXRlIiwic2VxIjoxNzk1NzE0MDM4LCJ2IjoxLCJ2ZXJzaW9uIjoiOC40LjIifQ.8tpHi6eIbSl5K6Uj9-QlIX76gj3QY1FJYOI0chD6M7R-mojMCUkmwMnsr9XbL52Zn-d5nuSiby8Fz7VH-71RBw	6145	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
10	\\xe9b3d8a56d821dc263d375a711c7f4502d00c17dde9afc47c89ed5ea3e7096b8	\\x134593fb1beaa9e65ac471aa1955d85b2fc3ccb79ec8bf53711afbbd796afef9	1795714038	2026-11-26 17:27:18+00	\\xe4e05f13d7cd6adb125e7cde38bba39bb0e56c39a061cbb36c7c315e4c5f8ca2	3	activate	\N	chariot	8.4.2	plant-4	\\x80a9fe0c436c1018f1386ebfdf7b9fe5	\\xb97225c38c67f46143ca279ca44cbf4b	\\x64a854758794ebf4eaf5d0bd989ce2fc	eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6IjhHNlNaaDBGVWVCQldFcm5ZcGFEcFJISGlCTE5JNkk0NmxLdnRJZ0wxTDQifSwidHlwIjoiY2hhcmlvdC11c2FnZS1yZXF1ZXN0K2p3cyJ9.eyJpYXQiOjE3OTU3MTQwMzgsImluc3RhbmNlIjp7ImZpbmdlcnByaW50Ijp7ImJvYXJkIjoiZ0tuLURFTnNFQmp4T0c2XzMzdWY1USIsImNwdSI6InVYSWx3NHhuOUdGRHlpZWNwRXlfU3ciLCJtYWMiOiJaS2hVZFllVTZfVHE5ZEM5bUp6aV9BIn0sImhvc3QiOiJwbGFudC00In0sImxpY2Vuc2UiOiI1T0JmRTlmTmF0c1NYbnplT0x1am03RGxiRG1nWWN1emJId3hYa3hmaktJIiwicHJvZHVjdCI6ImNoYXJpb3QiLCJwcm9vZiI6IktETVd2eWVqRVg2NGJOckJoOUU3RV9vcnRGYmNJZVBsTkN6S3dUV0RvRElQeVVCUHBleE5NSlpvTGwwak84UXBNY00yN2phZkY2bzZZUVNIMi1IZkRnIiwicHVycG9zZSI6ImFjdGl2YXRlIiwic2VxIjoxNzk1NzE0MDM4LCJ2IjoxLCJ2ZXJzaW9uIjoiOC40LjIifQ.wsEIYMOkbb0lTVQbUYPICqi393hontMBEt3BuXWxMJoK6Ly0K1qEkXc_anSZnCrNxttog_mmgt3YWZp7bBsJAg	5633	2026-11-26 17:27:18+00	2026-11-26 17:27:18.788866+00
514	\\xfb9e6fb84644baa5c93839781530e979c0718a3746af4b832ff6c9f7d7440d82	\\x807be2fea1675e291c9cb90360f4b6cb18ff5187f059e560a403024d02522d9f	1795714039	2026-11-26 17:27:18+00	\\xc31c50926c76e030fbf479dbbd81f4c4b06fa197a0f892955565b136f81ae2fc	1	update	UL-00000001	chariot	8.4.2	plant-0	\\xd0baf24e05bcad811abb43ca19a476d6	\\x052c015972936cf4f9ba7dec43e82edc	\\x8f8da9312e68683405737563a00cf21c	eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6IlJQdXliMnpfcGw5UXVyWUJkWnEwbmNyanRyTjZhMjYxXzFjZDdHdlJDek0ifSwidHlwIjoiY2hhcmlvdC11c2FnZS1yZXF1ZXN0K2p3cyJ9.eyJpYXQiOjE3OTU3MTQwMzgsImluc3RhbGxlZCI6IlVMLTAwMDAwMDAxIiwiaW5zdGFuY2UiOnsiZmluZ2VycHJpbnQiOnsiYm9hcmQiOiIwTHJ5VGdXOHJZRWF1MFBLR2FSMjFnIiwiY3B1IjoiQlN3QldYS1RiUFQ1dW4zc1EtZ3UzQSIsIm1hYyI6Imo0MnBNUzVvYURRRmMzVmpvQXp5SEEifSwiaG9zdCI6InBsYW50LTAifSwibGljZW5zZSI6Ind4eFFrbXgyNERENzlIbmJ2WUgweExCdm9aZWctSktWVldXeE52Z2E0dnciLCJwcm9kdWN0IjoiY2hhcmlvdCIsInByb29mIjoiakpyMGlZVGN0MEt2Qkt0WFg5U3dUU2huRGZKZG9xbzBtUWlwcktVN0g3U2RUbFZNUXZEeW1ERElac2t2S0dVNjRhT2RrNGNQU2tROHhxdzN3XzhTQUEiLCJwdXJwb3NlIjoidXBkYXRlIiwic2VxIjoxNzk1NzE0MDM5LCJ2IjoxLCJ2ZXJzaW9uIjoiOC40LjIifQ.06nCUr1pSaeMB9q-BunL5Gk50kCc1R0ceAPy6UeEXKUV0GJhVRPgXrvUoxr6PPRchgrUQ6Ry1AqQiP_SQpLoCQ	8705	2026-11-26 17:27:19+00	2026-11-26 17:27:19.027977+00
1026	\\x773471dcf562a35ccc4883c88837390002fed16fff51ffcdfc705300c6a8f1ae	\\x134593fb1beaa9e65ac471aa1955d85b2fc3ccb79ec8bf53711afbbd796afef9	1795714039	2026-11-26 17:27:19+00	\\x606ee25639fb2e24d6136354b3970d5ad3fe627d3e966dd19784f806f52d89f0	4	activate	\N	chariot	8.4.2	plant-4	\\x193960d4169e70323a9050b6301507b9	\\x82c60d6a9f995ab2e9df5157d84da4f6	\\x871813bb5020f287a66e9269a6ae8987	eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6IjhHNlNaaDBGVWVCQldFcm5ZcGFEcFJISGlCTE5JNkk0NmxLdnRJZ0wxTDQifSwidHlwIjoiY2hhcmlvdC11c2FnZS1yZXF1ZXN0K2p3cyJ9.eyJpYXQiOjE3OTU3MTQwMzksImluc3RhbmNlIjp7ImZpbmdlcnByaW50Ijp7ImJvYXJkIjoiR1RsZzFCYWVjREk2a0ZDMk1CVUh1USIsImNwdSI6ImdzWU5hcC1aV3JMcDMxRlgyRTJrOWciLCJtYWMiOiJoeGdUdTFBZzhvZW1icEpwcHE2Smh3In0sImhvc3QiOiJwbGFudC00In0sImxpY2Vuc2UiOiJZRzdpVmpuN0xpVFdFMk5VczVjTld0UC1ZbjAtbG0zUmw0VDRCdlV0aWZBIiwicHJvZHVjdCI6ImNoYXJpb3QiLCJwcm9vZiI6Ink5OWFGdFdSNXA5SDBmSDJ3bjhQU2k2eUxaU0xRbWk5d3dtSk9OZWJMalZJaXBXUXA0VlExR21VNVNYUWh1VW4wVzY4WG9KOVNXUVJJMEI2dGg2RURBIiwicHVycG9zZSI6ImFjdGl2YXRlIiwic2VxIjoxNzk1NzE0MDM5LCJ2IjoxLCJ2ZXJzaW9uIjoiOC40LjIifQ.CpnrJs8Vprh3WkJiKqEX9P8qpM7I9FuZkFn6YhHXv8awUXiCPnh0yDtVv1QaOV2GsYqHhIXeP9UVl3ATU9-JBg	10753	2026-11-26 17:27:19+00	2026-11-26 17:27:19.565253+00
1538	\\x613c62865e7b5f999321ccd1aa0f260dc0163ad2bc580c88b9e5c4154e79db4d	\\x1224520554cbb41439154e831ed8320f354b7e9da23bf4d5207dc7ee456d9799	1795714039	2026-11-26 17:27:19+00	\\x606ee25639fb2e24d6136354b3970d5ad3fe627d3e966dd19784f806f52d89f0	4	activate	\N	chariot	8.4.2	plant-5	\\x78e14df5f44b7f7da1091499ceaad821	\\x82c60d6a9f995ab2e9df5157d84da4f6	\\x89d1628c8de75d2f686b5e7758658cf9	eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6IkRTdERBbFd4R2lkNE1BNGtZMjdaNUVuTnctQXlQaU9Tbm5qekoyZjBVYVUifSwidHlwIjoiY2hhcmlvdC11c2FnZS1yZXF1ZXN0K2p3cyJ9.eyJpYXQiOjE3OTU3MTQwMzksImluc3RhbmNlIjp7ImZpbmdlcnByaW50Ijp7ImJvYXJkIjoiZU9GTjlmUkxmMzJoQ1JTWnpxcllJUSIsImNwdSI6ImdzWU5hcC1aV3JMcDMxRlgyRTJrOWciLCJtYWMiOiJpZEZpakkzblhTOW9hMTUzV0dXTS1RIn0sImhvc3QiOiJwbGFudC01In0sImxpY2Vuc2UiOiJZRzdpVmpuN0xpVFdFMk5VczVjTld0UC1ZbjAtbG0zUmw0VDRCdlV0aWZBIiwicHJvZHVjdCI6ImNoYXJpb3QiLCJwcm9vZiI6IkRhZS1FOFdhUEJHaTgweHF2Q3ltUjc2YjFkNkc3WnhIQy1zQlJTRnJ2c2xuUnBqZjh2VXdzdTZHR192RWNzdWN6M0tQUzU1aW0xYXZfQ0JtbkJyV0FnIiwicHVycG9zZSI6ImFjdGl2YXRlIiwic2VxIjoxNzk1NzE0MDM5LCJ2IjoxLCJ2ZXJzaW9uIjoiOC40LjIifQ.v1elyq_QODs0stgk1COF5yqtpuFiiyggDGd1tUYU3ygBc2ffEoLRxVdHgJMZaGD_ZXM14EgqWLwYULIM5ev6DQ	11777	2026-11-26 17:27:19+00	2026-11-26 17:27:19.713473+00
2051	\\x2aa71d8044683a427ef54cd4b2751931fb7547d1bef9b886bfa50d67f2ebcf3a	\\x6b15de44b5fca5738fc219222571741e17f4ffbf618d2e31f8fef4cd7ea6c98d	1795733573	2026-11-26 22:52:53+00	\\x9a9b771d076bc7090124deaae90e61a369540081ad08641aae09f54247b8a65a	6	activate	\N	chariot	8.4.2	plant-24	\\x174ca9283b6258c1eb39c1a4f4168823	\\x28e696a44307ab858d6387f4c3557f5d	\\xd9f36973af65e78f09e99737fe2a7367	eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6InVtTzlubXhtaGRjTlgzNUlHeE9wZ0gwNm1FclpiNkpEMFhENDFxT0t5TncifSwidHlwIjoiY2hhcmlvdC11c2FnZS1yZXF1ZXN0K2p3cyJ9.eyJpYXQiOjE3OTU3MzM1NzMsImluc3RhbmNlIjp7ImZpbmdlcnByaW50Ijp7ImJvYXJkIjoiRjB5cEtEdGlXTUhyT2NHazlCYUlJdyIsImNwdSI6IktPYVdwRU1IcTRXTlk0ZjB3MVZfWFEiLCJtYWMiOiIyZk5wYzY5bDU0OEo2WmMzX2lwelp3In0sImhvc3QiOiJwbGFudC0yNCJ9LCJsaWNlbnNlIjoibXB0M0hRZHJ4d2tCSk42cTZRNWhvMmxVQUlHdENHUWFyZ24xUWtlNHBsbyIsInByb2R1Y3QiOiJjaGFyaW90IiwicHJvb2YiOiJOVkwyN0FBb3dEcF9rVXhhWW8zNWZsbk1UN2RNaVB3RHRTOXJ3akExZk91VnI5Z19IbkRycUdwRXJrWnBxRUlsbWxvTFR5UjNHazNkTXVxZDVpSHhEdyIsInB1cnBvc2UiOiJhY3RpdmF0ZSIsInNlcSI6MTc5NTczMzU3MywidiI6MSwidmVyc2lvbiI6IjguNC4yIn0.EYJh47Gq1E29p9gYwVyPLZNTpyrcDjJoVQBTjuA8M-CnsblWJsGA6AFI_gfdfo51y52rkJKgdrulGdAqJUaeDQ	6657	2026-11-26 22:52:54+00	2026-11-26 22:52:54.057004+00
2052	\\x3dd366b35ceb90caf2f8a103b43fd09a9df80cca9eb65d4a399f503a27f8a1e0	\\xe8b32947a7afc20f11db82cc759c20e8a0a0eea760c1218d88533ecd8bb8f1ef	1795733573	2026-11-26 22:52:53+00	\\x9a9b771d076bc7090124deaae90e61a369540081ad08641aae09f54247b8a65a	6	activate	\N	chariot	8.4.2	plant-25	\\x49e432cb12daac34944e7df13af1f66b	\\x28e696a44307ab858d6387f4c3557f5d	\\x8388959eaaac38d09e155e192eb41e58	eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6IlBkYWh0TjZuSHhZbTVKcU1Vek5YWDR4aW9wZXpHRVY1UVA0QS1BWThDbWcifSwidHlwIjoiY2hhcmlvdC11c2FnZS1yZXF1ZXN0K2p3cyJ9.eyJpYXQiOjE3OTU3MzM1NzMsImluc3RhbmNlIjp7ImZpbmdlcnByaW50Ijp7ImJvYXJkIjoiU2VReXl4TGFyRFNVVG4zeE92SDJhdyIsImNwdSI6IktPYVdwRU1IcTRXTlk0ZjB3MVZfWFEiLCJtYWMiOiJnNGlWbnFxc09OQ2VGVjRaTHJRZVdBIn0sImhvc3QiOiJwbGFudC0yNSJ9LCJsaWNlbnNlIjoibXB0M0hRZHJ4d2tCSk42cTZRNWhvMmxVQUlHdENHUWFyZ24xUWtlNHBsbyIsInByb2R1Y3QiOiJjaGFyaW90IiwicHJvb2YiOiJJSG5LOF8yRFhQUmxvNzUySVJXSnduQ3dVX0dic0p6RzhndXg2b0cxZGU2TTRNdVJRVm40ekl2bUt5ZlZZU0p1TlpwXy1DcVVHZ0JYR05LS0pFZUdEdyIsInB1cnBvc2UiOiJhY3RpdmF0ZSIsInNlcSI6MTc5NTczMzU3MywidiI6MSwidmVyc2lvbiI6IjguNC4yIn0.TdTDjKqvkzGXsYd1ofQxKoD0JahZh7T0RuYGrrjakOVHL-4jtukpN0jrW9a1vYwNKymlN2fyDAG41SmO74AfAA	15361	2026-11-26 22:52:54+00	2026-11-26 22:52:54.057004+00
\.
SELECT pg_catalog.setval('issuer.alert_id_seq', 1, false);
SELECT pg_catalog.setval('issuer.contact_id_seq', 7, true);
SELECT pg_catalog.setval('issuer.customer_id_seq', 3, true);
SELECT pg_catalog.setval('issuer.deactivation_id_seq', 1, true);
SELECT pg_catalog.setval('issuer.decision_id_seq', 3585, true);
SELECT pg_catalog.setval('issuer.event_id_seq', 97, true);
SELECT pg_catalog.setval('issuer.hold_id_seq', 1007, true);
SELECT pg_catalog.setval('issuer.import_id_seq', 7, true);
SELECT pg_catalog.setval('issuer.instruction_id_seq', 2, true);
SELECT pg_catalog.setval('issuer.license_id_seq', 6, true);
SELECT pg_catalog.setval('issuer.license_key_id_seq', 6, true);
SELECT pg_catalog.setval('issuer.mailbox_id_seq', 1, false);
SELECT pg_catalog.setval('issuer.message_id_seq', 16385, true);
SELECT pg_catalog.setval('issuer.migration_id_seq', 100, true);
SELECT pg_catalog.setval('issuer.operator_id_seq', 6, true);
SELECT pg_catalog.setval('issuer.orders_id_seq', 9, true);
SELECT pg_catalog.setval('issuer.reply_id_seq', 5633, true);
SELECT pg_catalog.setval('issuer.serial_block_id_seq', 6, true);
SELECT pg_catalog.setval('issuer.term_entry_id_seq', 6, true);
SELECT pg_catalog.setval('issuer.usage_request_id_seq', 2049, true);
ALTER TABLE ONLY issuer.activation
    ADD CONSTRAINT activation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.activation
    ADD CONSTRAINT activation_request_id_key UNIQUE (request_id);
ALTER TABLE ONLY issuer.alert
    ADD CONSTRAINT alert_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.answer
    ADD CONSTRAINT answer_pkey PRIMARY KEY (reply_id);
ALTER TABLE ONLY issuer.case_mail
    ADD CONSTRAINT case_mail_pkey PRIMARY KEY (case_number, message_id);
ALTER TABLE ONLY issuer.contact
    ADD CONSTRAINT contact_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.customer_merge
    ADD CONSTRAINT customer_merge_pkey PRIMARY KEY (customer_id, version);
ALTER TABLE ONLY issuer.customer
    ADD CONSTRAINT customer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.customer_version
    ADD CONSTRAINT customer_version_pkey PRIMARY KEY (customer_id, version);
ALTER TABLE ONLY issuer.deactivation
    ADD CONSTRAINT deactivation_digest_key UNIQUE (digest);
ALTER TABLE ONLY issuer.deactivation
    ADD CONSTRAINT deactivation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.decision
    ADD CONSTRAINT decision_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.entitlement_feature
    ADD CONSTRAINT entitlement_feature_pkey PRIMARY KEY (license_id, version, code);
ALTER TABLE ONLY issuer.entitlement
    ADD CONSTRAINT entitlement_license_id_version_servers_activations_key UNIQUE (license_id, version, servers, activations);
ALTER TABLE ONLY issuer.entitlement
    ADD CONSTRAINT entitlement_pkey PRIMARY KEY (license_id, version);
ALTER TABLE ONLY issuer.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.feature
    ADD CONSTRAINT feature_pkey PRIMARY KEY (code);
ALTER TABLE ONLY issuer.hold
    ADD CONSTRAINT hold_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.import
    ADD CONSTRAINT import_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.import_row
    ADD CONSTRAINT import_row_pkey PRIMARY KEY (license_id, import_id);
ALTER TABLE ONLY issuer.instance
    ADD CONSTRAINT instance_pkey PRIMARY KEY (thumbprint);
ALTER TABLE ONLY issuer.instruction
    ADD CONSTRAINT instruction_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.key_delivery
    ADD CONSTRAINT key_delivery_pkey PRIMARY KEY (license_key_id);
ALTER TABLE ONLY issuer.license_key
    ADD CONSTRAINT license_key_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.license
    ADD CONSTRAINT license_license_id_key UNIQUE (license_id);
ALTER TABLE ONLY issuer.license
    ADD CONSTRAINT license_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.license_proof
    ADD CONSTRAINT license_proof_license_key_id_key UNIQUE (license_key_id);
ALTER TABLE ONLY issuer.license_proof
    ADD CONSTRAINT license_proof_pkey PRIMARY KEY (public_key);
ALTER TABLE ONLY issuer.license_state_version
    ADD CONSTRAINT license_state_version_pkey PRIMARY KEY (license_id, version);
ALTER TABLE ONLY issuer.mailbox
    ADD CONSTRAINT mailbox_digest_key UNIQUE (digest);
ALTER TABLE ONLY issuer.mailbox_mail
    ADD CONSTRAINT mailbox_mail_pkey PRIMARY KEY (mailbox_id, validity, uid);
ALTER TABLE ONLY issuer.mailbox
    ADD CONSTRAINT mailbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.message
    ADD CONSTRAINT message_identity_key UNIQUE (identity);
ALTER TABLE ONLY issuer.message
    ADD CONSTRAINT message_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.operator
    ADD CONSTRAINT operator_name_key UNIQUE (name);
ALTER TABLE ONLY issuer.operator
    ADD CONSTRAINT operator_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.operator_token
    ADD CONSTRAINT operator_token_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY issuer.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.orders
    ADD CONSTRAINT orders_reference_key UNIQUE (reference);
ALTER TABLE ONLY issuer.product
    ADD CONSTRAINT product_pkey PRIMARY KEY (code);
ALTER TABLE ONLY issuer.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (message_id);
ALTER TABLE ONLY issuer.question
    ADD CONSTRAINT question_pkey PRIMARY KEY (decision_id);
ALTER TABLE ONLY issuer.reply_line
    ADD CONSTRAINT reply_line_pkey PRIMARY KEY (reply_id, "position");
ALTER TABLE ONLY issuer.reply
    ADD CONSTRAINT reply_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.restoration_decision
    ADD CONSTRAINT restoration_decision_pkey PRIMARY KEY (restoration_id);
ALTER TABLE ONLY issuer.restoration
    ADD CONSTRAINT restoration_message_id_key UNIQUE (message_id);
ALTER TABLE ONLY issuer.restoration
    ADD CONSTRAINT restoration_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.serial_block
    ADD CONSTRAINT serial_block_first_key UNIQUE (first);
ALTER TABLE ONLY issuer.serial_block
    ADD CONSTRAINT serial_block_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.serial_void
    ADD CONSTRAINT serial_void_pkey PRIMARY KEY (serial);
ALTER TABLE ONLY issuer.signing_key
    ADD CONSTRAINT signing_key_pkey PRIMARY KEY (kid);
ALTER TABLE ONLY issuer.term_entry
    ADD CONSTRAINT term_entry_license_id_version_code_key UNIQUE (license_id, version, code);
ALTER TABLE ONLY issuer.term_entry
    ADD CONSTRAINT term_entry_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.usage_license
    ADD CONSTRAINT usage_license_activation_id_key UNIQUE (activation_id);
ALTER TABLE ONLY issuer.usage_license
    ADD CONSTRAINT usage_license_pkey PRIMARY KEY (serial);
ALTER TABLE ONLY issuer.usage_request
    ADD CONSTRAINT usage_request_digest_key UNIQUE (digest);
ALTER TABLE ONLY issuer.usage_request
    ADD CONSTRAINT usage_request_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX activation_goes_on_once ON issuer.activation USING btree (continues) INCLUDE (license_id, recorded_at, active_from) WHERE (continues IS NOT NULL);
CREATE UNIQUE INDEX activation_one_active ON issuer.activation USING btree (thumbprint) WHERE (state = 'active'::issuer.activation_state);
CREATE UNIQUE INDEX activation_one_place ON issuer.activation USING btree (license_id, slot) WHERE (state = 'active'::issuer.activation_state);
CREATE UNIQUE INDEX activation_one_use ON issuer.activation USING btree (license_id, use_no) WHERE counted;
CREATE INDEX activation_thumbprint_idx ON issuer.activation USING btree (thumbprint);
CREATE INDEX activation_uses_of_license ON issuer.activation USING btree (license_id) INCLUDE (version, recorded_at, active_from, active_until, ended_recorded_at, counted_until, counted_recorded_at);
CREATE INDEX alert_decision ON issuer.alert USING btree (decision_id) WHERE (closed_at IS NULL);
CREATE INDEX alert_effective_idx ON issuer.alert USING btree (effective) WHERE (closed_at IS NULL);
CREATE INDEX alert_license ON issuer.alert USING btree (license_id) WHERE (license_id IS NOT NULL);
CREATE UNIQUE INDEX alert_of_contact ON issuer.alert USING btree (contact_id, kind) WHERE ((contact_id IS NOT NULL) AND (closed_at IS NULL));
CREATE INDEX case_mail_message_id_idx ON issuer.case_mail USING btree (message_id);
CREATE INDEX case_mail_unseen ON issuer.case_mail USING btree (message_id) WHERE (seen_at IS NULL);
CREATE INDEX contact_domain ON issuer.contact USING btree (substr(entry, strpos(entry, '@'::text))) WHERE (ended_on IS NULL);
CREATE INDEX contact_doubtful ON issuer.contact USING btree (entry) WHERE (doubtful AND (ended_on IS NULL));
CREATE INDEX contact_entry_idx ON issuer.contact USING btree (entry) WHERE (ended_on IS NULL);
CREATE INDEX contact_license_id_idx ON issuer.contact USING btree (license_id);
CREATE UNIQUE INDEX contact_one_current ON issuer.contact USING btree (license_id, entry) WHERE (ended_on IS NULL);
CREATE INDEX customer_merge_into_id_idx ON issuer.customer_merge USING btree (into_id);
CREATE INDEX customer_version_name ON issuer.customer_version USING btree (issuer.folded((name)::text) text_pattern_ops);
CREATE INDEX customer_version_name_part ON issuer.customer_version USING gin (issuer.folded((name)::text) public.gin_trgm_ops);
CREATE INDEX customer_version_reference ON issuer.customer_version USING btree (issuer.folded((reference)::text)) WHERE (reference IS NOT NULL);
CREATE INDEX customer_version_reference_idx ON issuer.customer_version USING btree (reference);
CREATE INDEX deactivation_thumbprint_seq_idx ON issuer.deactivation USING btree (thumbprint, seq);
CREATE INDEX decision_message_id_idx ON issuer.decision USING btree (message_id);
CREATE INDEX decision_request_id_idx ON issuer.decision USING btree (request_id) WHERE (request_id IS NOT NULL);
CREATE INDEX decision_waits ON issuer.decision USING btree (effective) WHERE (outcome = ANY (ARRAY['refused'::issuer.outcome, 'held'::issuer.outcome]));
CREATE INDEX entitlement_expires_on_idx ON issuer.entitlement USING btree (expires_on);
CREATE INDEX entitlement_feature_support ON issuer.entitlement_feature USING btree (license_id, version DESC) INCLUDE (until_on) WHERE ((code)::text = 'support'::text);
CREATE INDEX entitlement_late ON issuer.entitlement USING btree (recorded_at) WHERE (effective < (date_trunc('month'::text, (recorded_at AT TIME ZONE '14:00:00'::interval)))::date);
CREATE INDEX entitlement_of_license ON issuer.entitlement USING btree (license_id, version DESC) INCLUDE (effective, recorded_at, expires_on, activations, servers);
CREATE INDEX entitlement_order_id_idx ON issuer.entitlement USING btree (order_id);
CREATE INDEX event_in_order ON issuer.event USING btree (recorded_at, id);
CREATE INDEX event_of_kind ON issuer.event USING btree (kind, recorded_at, id);
CREATE INDEX event_of_license ON issuer.event USING btree (license_id, recorded_at, id) WHERE (license_id IS NOT NULL);
CREATE INDEX event_of_operator ON issuer.event USING btree (operator_id, recorded_at, id) WHERE (operator_id IS NOT NULL);
CREATE INDEX event_subject_id_idx ON issuer.event USING btree (subject_id);
CREATE UNIQUE INDEX hold_one_open ON issuer.hold USING btree (request_id) WHERE (closed_at IS NULL);
CREATE INDEX hold_opened_at_idx ON issuer.hold USING btree (opened_at) WHERE (closed_at IS NULL);
CREATE INDEX hold_request_id_idx ON issuer.hold USING btree (request_id);
CREATE INDEX instruction_id_idx ON issuer.instruction USING btree (id) WHERE ((state)::text = ANY (ARRAY['filed'::text, 'taken'::text]));
CREATE UNIQUE INDEX instruction_one_open ON issuer.instruction USING btree (hold_id) WHERE ((hold_id IS NOT NULL) AND ((state)::text = ANY (ARRAY['filed'::text, 'taken'::text])));
CREATE UNIQUE INDEX instruction_one_open_restoration ON issuer.instruction USING btree (restoration_id) WHERE ((restoration_id IS NOT NULL) AND ((state)::text = ANY (ARRAY['filed'::text, 'taken'::text])));
CREATE INDEX instruction_retries ON issuer.instruction USING btree ((((arguments ->> 'message'::text))::bigint)) WHERE ((kind)::text = 'retry'::text);
CREATE INDEX key_delivery_late ON issuer.key_delivery USING btree (recorded_at) WHERE (delivered_on < (date_trunc('month'::text, (recorded_at AT TIME ZONE '14:00:00'::interval)))::date);
CREATE INDEX license_customer_id_idx ON issuer.license USING btree (customer_id);
CREATE INDEX license_id_part ON issuer.license USING gin (lower((license_id)::text) public.gin_trgm_ops);
CREATE INDEX license_id_start ON issuer.license USING btree (lower((license_id)::text) text_pattern_ops);
CREATE INDEX license_key_hint ON issuer.license_key USING btree (hint);
CREATE INDEX license_key_of_license ON issuer.license_key USING btree (license_id) INCLUDE (id, delivered_on);
CREATE UNIQUE INDEX license_key_one_current ON issuer.license_key USING btree (license_id) WHERE (retired_at IS NULL);
CREATE INDEX license_key_undelivered ON issuer.license_key USING btree (license_id) WHERE ((delivered_on IS NULL) AND (retired_at IS NULL));
CREATE INDEX license_order_id_idx ON issuer.license USING btree (order_id);
CREATE INDEX license_read ON issuer.license USING btree (translate(upper((license_id)::text), 'OILSBZ-_.'::text, '011582'::text));
CREATE INDEX license_state_version_order_id_idx ON issuer.license_state_version USING btree (order_id) WHERE (order_id IS NOT NULL);
CREATE INDEX license_state_version_replaced_by_idx ON issuer.license_state_version USING btree (replaced_by) WHERE (replaced_by IS NOT NULL);
CREATE INDEX mailbox_mail_message_id_idx ON issuer.mailbox_mail USING btree (message_id);
CREATE INDEX mailbox_mail_unsettled ON issuer.mailbox_mail USING btree (mailbox_id) WHERE (settled_at IS NULL);
CREATE INDEX message_message_id_idx ON issuer.message USING btree (message_id) WHERE (message_id IS NOT NULL);
CREATE INDEX message_waits ON issuer.message USING btree (id) WHERE (((class)::text = ANY (ARRAY['about-license'::text, 'unrecognised'::text, 'quarantined'::text])) AND (handled_at IS NULL));
CREATE UNIQUE INDEX migration_number ON issuer.migration USING btree (number);
CREATE INDEX orders_in_order ON issuer.orders USING btree (ordered_on, id);
CREATE INDEX orders_late ON issuer.orders USING btree (recorded_at) WHERE (ordered_on < (date_trunc('month'::text, (recorded_at AT TIME ZONE '14:00:00'::interval)))::date);
CREATE INDEX orders_of_customer ON issuer.orders USING btree (customer_id, ordered_on, id);
CREATE INDEX orders_of_kind ON issuer.orders USING btree (kind, ordered_on, id);
CREATE INDEX orders_reference ON issuer.orders USING btree (issuer.folded((reference)::text));
CREATE INDEX quarantine_raw_digest_idx ON issuer.quarantine USING btree (raw_digest) WHERE (closed_at IS NULL);
CREATE INDEX reply_due ON issuer.reply USING btree (not_before, id) WHERE ((state)::text = ANY (ARRAY['queued'::text, 'sending'::text]));
CREATE INDEX reply_line_decision_id_idx ON issuer.reply_line USING btree (decision_id);
CREATE INDEX reply_line_license ON issuer.reply_line USING btree (license_id) WHERE (license_id IS NOT NULL);
CREATE INDEX reply_line_restoration_id_idx ON issuer.reply_line USING btree (restoration_id) WHERE (restoration_id IS NOT NULL);
CREATE INDEX reply_message_id_idx ON issuer.reply USING btree (message_id);
CREATE INDEX reply_to_address ON issuer.reply USING btree (lower(recipient), effective) WHERE (recipient IS NOT NULL);
CREATE INDEX reply_to_domain ON issuer.reply USING btree ("substring"(lower(recipient), '@[^@]*$'::text), effective) WHERE (recipient IS NOT NULL);
CREATE INDEX reply_waits ON issuer.reply USING btree (message_id) WHERE ((state)::text = ANY (ARRAY['listed'::text, 'undelivered'::text]));
CREATE INDEX restoration_activation_id_idx ON issuer.restoration USING btree (activation_id);
CREATE UNIQUE INDEX restoration_decision_activation_id_idx ON issuer.restoration_decision USING btree (activation_id) WHERE (activation_id IS NOT NULL);
CREATE INDEX restoration_decision_decided_by_idx ON issuer.restoration_decision USING btree (decided_by);
CREATE INDEX restoration_decision_second_by_idx ON issuer.restoration_decision USING btree (second_by) WHERE (second_by IS NOT NULL);
CREATE INDEX restoration_license_id_idx ON issuer.restoration USING btree (license_id);
CREATE INDEX restoration_open ON issuer.restoration USING btree (id) WHERE (closed_at IS NULL);
CREATE INDEX restoration_open_of ON issuer.restoration USING btree (license_id) WHERE (closed_at IS NULL);
CREATE INDEX serial_block_id_idx ON issuer.serial_block USING btree (id) WHERE (closed_at IS NULL);
CREATE INDEX term_entry_late ON issuer.term_entry USING btree (recorded_at) WHERE (effective < (date_trunc('month'::text, (recorded_at AT TIME ZONE '14:00:00'::interval)))::date);
CREATE INDEX term_entry_order_id_idx ON issuer.term_entry USING btree (order_id);
CREATE INDEX usage_license_emergency ON issuer.usage_license USING btree (license_id, iat) WHERE emergency;
CREATE INDEX usage_license_emergency_at ON issuer.usage_license USING btree (iat) WHERE emergency;
CREATE INDEX usage_license_license_id_idx ON issuer.usage_license USING btree (license_id);
CREATE INDEX usage_license_of_key ON issuer.usage_license USING btree (kid, serial) INCLUDE (iat, exp, emergency, recorded_at);
CREATE UNIQUE INDEX usage_license_one_emergency ON issuer.usage_license USING btree (request_id) WHERE emergency;
CREATE UNIQUE INDEX usage_license_one_regular ON issuer.usage_license USING btree (request_id) WHERE (NOT emergency);
CREATE INDEX usage_request_host ON issuer.usage_request USING btree (issuer.folded((host)::text));
CREATE INDEX usage_request_license_id_idx ON issuer.usage_request USING btree (license_id) WHERE (license_id IS NOT NULL);
CREATE INDEX usage_request_license_key_idx ON issuer.usage_request USING btree (license_key) WHERE (license_id IS NULL);
CREATE INDEX usage_request_newest ON issuer.usage_request USING btree (effective, id);
CREATE INDEX usage_request_thumbprint_seq_idx ON issuer.usage_request USING btree (thumbprint, seq);
CREATE TRIGGER a_stamp BEFORE UPDATE ON issuer.activation FOR EACH ROW EXECUTE FUNCTION issuer.stamp_activation();
CREATE TRIGGER a_stamp_new BEFORE INSERT ON issuer.activation FOR EACH ROW WHEN ((new.state <> 'active'::issuer.activation_state)) EXECUTE FUNCTION issuer.stamp_activation();
CREATE TRIGGER close_case AFTER INSERT ON issuer.restoration_decision FOR EACH ROW EXECUTE FUNCTION issuer.restoration_close();
CREATE TRIGGER keep_delivered AFTER INSERT ON issuer.key_delivery REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION issuer.stamp_delivery();
CREATE TRIGGER keep_emergencies BEFORE INSERT ON issuer.usage_license FOR EACH ROW WHEN (new.emergency) EXECUTE FUNCTION issuer.refuse_emergency();
CREATE TRIGGER keep_ended BEFORE UPDATE ON issuer.activation FOR EACH ROW WHEN (((new.counted AND (NOT old.counted)) OR ((new.state = 'active'::issuer.activation_state) AND (old.state <> 'active'::issuer.activation_state)) OR ((new.state = 'superseded'::issuer.activation_state) AND (old.state <> ALL (ARRAY['active'::issuer.activation_state, 'superseded'::issuer.activation_state]))))) EXECUTE FUNCTION issuer.refuse_change('it has ended');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.activation FOR EACH ROW WHEN ((((old.active_until IS NOT NULL) AND (old.active_until IS DISTINCT FROM new.active_until)) OR ((old.counted_until IS NOT NULL) AND (old.counted_until IS DISTINCT FROM new.counted_until)) OR ((old.lost_at IS NOT NULL) AND (old.lost_at IS DISTINCT FROM new.lost_at)))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.alert FOR EACH ROW WHEN ((((old.closed_at IS NOT NULL) AND (old.closed_at IS DISTINCT FROM new.closed_at)) OR ((old.closed_by IS NOT NULL) AND (old.closed_by IS DISTINCT FROM new.closed_by)))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.case_mail FOR EACH ROW WHEN (((old.seen_at IS NOT NULL) AND (old.seen_at IS DISTINCT FROM new.seen_at))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.contact FOR EACH ROW WHEN ((((old.ended_on IS NOT NULL) AND (old.ended_on IS DISTINCT FROM new.ended_on)) OR ((old.ended_at IS NOT NULL) AND (old.ended_at IS DISTINCT FROM new.ended_at)) OR ((old.erased_at IS NOT NULL) AND (old.erased_at IS DISTINCT FROM new.erased_at)))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.hold FOR EACH ROW WHEN ((((old.closed_at IS NOT NULL) AND (old.closed_at IS DISTINCT FROM new.closed_at)) OR ((old.closed_by IS NOT NULL) AND (old.closed_by IS DISTINCT FROM new.closed_by)) OR ((old.closed_how IS NOT NULL) AND ((old.closed_how)::text IS DISTINCT FROM (new.closed_how)::text)))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.instruction FOR EACH ROW WHEN ((((old.second_id IS NOT NULL) AND (old.second_id IS DISTINCT FROM new.second_id)) OR ((old.answer IS NOT NULL) AND (old.answer IS DISTINCT FROM new.answer)) OR ((old.ended_at IS NOT NULL) AND (old.ended_at IS DISTINCT FROM new.ended_at)))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.license_key FOR EACH ROW WHEN ((((old.retired_at IS NOT NULL) AND (old.retired_at IS DISTINCT FROM new.retired_at)) OR ((old.delivered_on IS NOT NULL) AND (old.delivered_on IS DISTINCT FROM new.delivered_on)))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.mailbox_mail FOR EACH ROW WHEN (((old.settled_at IS NOT NULL) AND (old.settled_at IS DISTINCT FROM new.settled_at))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.message FOR EACH ROW WHEN ((((old.emptied_at IS NOT NULL) AND (old.emptied_at IS DISTINCT FROM new.emptied_at)) OR ((old.handled_at IS NOT NULL) AND (old.handled_at IS DISTINCT FROM new.handled_at)) OR ((old.handled_how IS NOT NULL) AND (old.handled_how IS DISTINCT FROM new.handled_how)))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.operator FOR EACH ROW WHEN (((old.revoked_at IS NOT NULL) AND (old.revoked_at IS DISTINCT FROM new.revoked_at))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.operator_token FOR EACH ROW WHEN (((old.revoked_at IS NOT NULL) AND (old.revoked_at IS DISTINCT FROM new.revoked_at))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.quarantine FOR EACH ROW WHEN ((((old.closed_at IS NOT NULL) AND (old.closed_at IS DISTINCT FROM new.closed_at)) OR ((old.closed_how IS NOT NULL) AND (old.closed_how IS DISTINCT FROM new.closed_how)))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.reply FOR EACH ROW WHEN ((((old.sent_at IS NOT NULL) AND (old.sent_at IS DISTINCT FROM new.sent_at)) OR ((old.erased_at IS NOT NULL) AND (old.erased_at IS DISTINCT FROM new.erased_at)))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.restoration FOR EACH ROW WHEN (((old.closed_at IS NOT NULL) AND (old.closed_at IS DISTINCT FROM new.closed_at))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.serial_block FOR EACH ROW WHEN (((old.closed_at IS NOT NULL) AND (old.closed_at IS DISTINCT FROM new.closed_at))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.signing_key FOR EACH ROW WHEN (((old.revoked_at IS NOT NULL) AND (old.revoked_at IS DISTINCT FROM new.revoked_at))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.usage_request FOR EACH ROW WHEN (((old.license_id IS NOT NULL) AND (old.license_id IS DISTINCT FROM new.license_id))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_references AFTER INSERT ON issuer.contact REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION issuer.require_references('license_id', 'license', 'id');
CREATE TRIGGER keep_references AFTER INSERT ON issuer.customer_version REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION issuer.require_references('customer_id', 'customer', 'id', 'operator_id', 'operator', 'id');
CREATE TRIGGER keep_references AFTER INSERT ON issuer.entitlement REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION issuer.require_references('license_id', 'license', 'id', 'order_id', 'orders', 'id', 'operator_id', 'operator', 'id');
CREATE TRIGGER keep_references AFTER INSERT ON issuer.entitlement_feature REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION issuer.require_references('code', 'feature', 'code', 'license_id, version', 'entitlement', 'license_id, version');
CREATE TRIGGER keep_references AFTER INSERT ON issuer.import_row REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION issuer.require_references('license_id', 'license', 'id', 'import_id', 'import', 'id');
CREATE TRIGGER keep_references AFTER INSERT ON issuer.key_delivery REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION issuer.require_references('license_key_id', 'license_key', 'id', 'operator_id', 'operator', 'id');
CREATE TRIGGER keep_references AFTER INSERT ON issuer.license REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION issuer.require_references('customer_id', 'customer', 'id', 'product', 'product', 'code', 'order_id', 'orders', 'id');
CREATE TRIGGER keep_references AFTER INSERT ON issuer.license_key REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION issuer.require_references('license_id', 'license', 'id');
CREATE TRIGGER keep_references AFTER INSERT ON issuer.license_proof REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION issuer.require_references('license_key_id', 'license_key', 'id');
CREATE TRIGGER keep_references AFTER INSERT ON issuer.orders REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION issuer.require_references('customer_id', 'customer', 'id');
CREATE TRIGGER keep_references AFTER INSERT ON issuer.term_entry REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION issuer.require_references('code', 'feature', 'code', 'order_id', 'orders', 'id', 'license_id, version', 'entitlement', 'license_id, version');
CREATE TRIGGER keep_revoked AFTER INSERT ON issuer.usage_license REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_revoked_key();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.activation FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.alert FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.answer FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.case_mail FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.contact FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.customer FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.customer_merge FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.customer_version FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.deactivation FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.decision FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.entitlement FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.entitlement_feature FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.event FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.feature FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.hold FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.import FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.import_row FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.instance FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.instruction FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.key_delivery FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.license FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.license_key FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.license_proof FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.license_state_version FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.mailbox FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.mailbox_mail FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.message FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.migration FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.operator FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.operator_token FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.orders FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.product FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.quarantine FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.question FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.reply FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.reply_line FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.restoration FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.restoration_decision FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.serial_block FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.serial_void FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.signing_key FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.term_entry FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.usage_license FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.usage_request FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.activation FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.license_id IS DISTINCT FROM new.license_id) OR (old.version IS DISTINCT FROM new.version) OR (old.servers IS DISTINCT FROM new.servers) OR (old.allowed IS DISTINCT FROM new.allowed) OR ((old.thumbprint)::bytea IS DISTINCT FROM (new.thumbprint)::bytea) OR (old.request_id IS DISTINCT FROM new.request_id) OR (old.origin IS DISTINCT FROM new.origin) OR (old.continues IS DISTINCT FROM new.continues) OR (old.replaces IS DISTINCT FROM new.replaces) OR (old.active_from IS DISTINCT FROM new.active_from) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.alert FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.decision_id IS DISTINCT FROM new.decision_id) OR ((old.kind)::text IS DISTINCT FROM (new.kind)::text) OR (old.detail IS DISTINCT FROM new.detail) OR (old.effective IS DISTINCT FROM new.effective) OR (old.recorded_at IS DISTINCT FROM new.recorded_at) OR (old.license_id IS DISTINCT FROM new.license_id) OR (old.restoration_id IS DISTINCT FROM new.restoration_id) OR (old.contact_id IS DISTINCT FROM new.contact_id))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.answer FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.case_mail FOR EACH ROW WHEN (((old.case_number IS DISTINCT FROM new.case_number) OR (old.message_id IS DISTINCT FROM new.message_id) OR ((old.how)::text IS DISTINCT FROM (new.how)::text) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.contact FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.license_id IS DISTINCT FROM new.license_id) OR (old.effective IS DISTINCT FROM new.effective) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.customer FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.customer_merge FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.customer_version FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.deactivation FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.decision FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.entitlement FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.entitlement_feature FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.event FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.feature FOR EACH ROW WHEN ((((old.code)::text IS DISTINCT FROM (new.code)::text) OR ((old.product)::text IS DISTINCT FROM (new.product)::text) OR (old.kind IS DISTINCT FROM new.kind) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.hold FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.request_id IS DISTINCT FROM new.request_id) OR (old.decision_id IS DISTINCT FROM new.decision_id) OR (old.opened_at IS DISTINCT FROM new.opened_at) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.import FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.import_row FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.instance FOR EACH ROW WHEN ((((old.thumbprint)::bytea IS DISTINCT FROM (new.thumbprint)::bytea) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.instruction FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR ((old.kind)::text IS DISTINCT FROM (new.kind)::text) OR (old.hold_id IS DISTINCT FROM new.hold_id) OR (old.request_id IS DISTINCT FROM new.request_id) OR (old.operator_id IS DISTINCT FROM new.operator_id) OR (old.arguments IS DISTINCT FROM new.arguments) OR ((old.preview)::bytea IS DISTINCT FROM (new.preview)::bytea) OR (old.filed_at IS DISTINCT FROM new.filed_at) OR (old.recorded_at IS DISTINCT FROM new.recorded_at) OR (old.restoration_id IS DISTINCT FROM new.restoration_id))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.key_delivery FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.license FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.license_key FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.license_id IS DISTINCT FROM new.license_id) OR ((old.hint)::text IS DISTINCT FROM (new.hint)::text) OR (old.weak IS DISTINCT FROM new.weak) OR (old.effective IS DISTINCT FROM new.effective) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.license_proof FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.license_state_version FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.mailbox FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.mailbox_mail FOR EACH ROW WHEN (((old.mailbox_id IS DISTINCT FROM new.mailbox_id) OR (old.validity IS DISTINCT FROM new.validity) OR (old.uid IS DISTINCT FROM new.uid) OR (old.message_id IS DISTINCT FROM new.message_id) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.message FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR ((old.identity)::bytea IS DISTINCT FROM (new.identity)::bytea) OR (old.source IS DISTINCT FROM new.source) OR (old.source_offset IS DISTINCT FROM new.source_offset) OR (old.size IS DISTINCT FROM new.size) OR ((old.raw_digest)::bytea IS DISTINCT FROM (new.raw_digest)::bytea) OR (old.sent_at IS DISTINCT FROM new.sent_at) OR (old.message_id IS DISTINCT FROM new.message_id) OR (old.in_reply_to IS DISTINCT FROM new.in_reply_to) OR (old.effective IS DISTINCT FROM new.effective) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.migration FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.operator FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR ((old.name)::text IS DISTINCT FROM (new.name)::text) OR (old.role IS DISTINCT FROM new.role) OR (old.effective IS DISTINCT FROM new.effective) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.operator_token FOR EACH ROW WHEN ((((old.digest)::bytea IS DISTINCT FROM (new.digest)::bytea) OR (old.operator_id IS DISTINCT FROM new.operator_id) OR (old.expires_at IS DISTINCT FROM new.expires_at) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.orders FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.product FOR EACH ROW WHEN ((((old.code)::text IS DISTINCT FROM (new.code)::text) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.quarantine FOR EACH ROW WHEN (((old.message_id IS DISTINCT FROM new.message_id) OR (old.reason IS DISTINCT FROM new.reason) OR (old.recorded_at IS DISTINCT FROM new.recorded_at) OR ((old.raw_digest)::bytea IS DISTINCT FROM (new.raw_digest)::bytea) OR (old.marks IS DISTINCT FROM new.marks))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.question FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.reply FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.message_id IS DISTINCT FROM new.message_id) OR (old.ready IS DISTINCT FROM new.ready) OR (old.effective IS DISTINCT FROM new.effective) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.reply_line FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.restoration FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.license_id IS DISTINCT FROM new.license_id) OR (old.activation_id IS DISTINCT FROM new.activation_id) OR (old.message_id IS DISTINCT FROM new.message_id) OR ((old.evidence)::text IS DISTINCT FROM (new.evidence)::text) OR (old.opened_by IS DISTINCT FROM new.opened_by) OR (old.reason IS DISTINCT FROM new.reason) OR (old.ticket IS DISTINCT FROM new.ticket) OR (old.opened_at IS DISTINCT FROM new.opened_at) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.restoration_decision FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.serial_block FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.first IS DISTINCT FROM new.first) OR (old.last IS DISTINCT FROM new.last) OR (old.holder IS DISTINCT FROM new.holder) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.serial_void FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.signing_key FOR EACH ROW WHEN ((((old.kid)::text IS DISTINCT FROM (new.kid)::text) OR (old.certificate IS DISTINCT FROM new.certificate) OR (old.not_before IS DISTINCT FROM new.not_before) OR (old.not_after IS DISTINCT FROM new.not_after) OR (old.development IS DISTINCT FROM new.development) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.term_entry FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.usage_license FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.usage_request FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR ((old.digest)::bytea IS DISTINCT FROM (new.digest)::bytea) OR ((old.thumbprint)::bytea IS DISTINCT FROM (new.thumbprint)::bytea) OR (old.seq IS DISTINCT FROM new.seq) OR (old.iat IS DISTINCT FROM new.iat) OR ((old.license_key)::bytea IS DISTINCT FROM (new.license_key)::bytea) OR ((old.purpose)::text IS DISTINCT FROM (new.purpose)::text) OR ((old.installed)::text IS DISTINCT FROM (new.installed)::text) OR ((old.product)::text IS DISTINCT FROM (new.product)::text) OR ((old.version)::text IS DISTINCT FROM (new.version)::text) OR ((old.host)::text IS DISTINCT FROM (new.host)::text) OR ((old.board)::bytea IS DISTINCT FROM (new.board)::bytea) OR ((old.cpu)::bytea IS DISTINCT FROM (new.cpu)::bytea) OR ((old.mac)::bytea IS DISTINCT FROM (new.mac)::bytea) OR (old.jws IS DISTINCT FROM new.jws) OR (old.message_id IS DISTINCT FROM new.message_id) OR (old.effective IS DISTINCT FROM new.effective) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
ALTER TABLE ONLY issuer.activation
    ADD CONSTRAINT activation_continues_fkey FOREIGN KEY (continues) REFERENCES issuer.activation(id);
ALTER TABLE ONLY issuer.activation
    ADD CONSTRAINT activation_license_id_fkey FOREIGN KEY (license_id) REFERENCES issuer.license(id);
ALTER TABLE ONLY issuer.activation
    ADD CONSTRAINT activation_license_id_version_servers_allowed_fkey FOREIGN KEY (license_id, version, servers, allowed) REFERENCES issuer.entitlement(license_id, version, servers, activations);
ALTER TABLE ONLY issuer.activation
    ADD CONSTRAINT activation_replaces_fkey FOREIGN KEY (replaces) REFERENCES issuer.activation(id);
ALTER TABLE ONLY issuer.activation
    ADD CONSTRAINT activation_request_id_fkey FOREIGN KEY (request_id) REFERENCES issuer.usage_request(id);
ALTER TABLE ONLY issuer.activation
    ADD CONSTRAINT activation_thumbprint_fkey FOREIGN KEY (thumbprint) REFERENCES issuer.instance(thumbprint);
ALTER TABLE ONLY issuer.alert
    ADD CONSTRAINT alert_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.alert
    ADD CONSTRAINT alert_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES issuer.contact(id);
ALTER TABLE ONLY issuer.alert
    ADD CONSTRAINT alert_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES issuer.decision(id);
ALTER TABLE ONLY issuer.alert
    ADD CONSTRAINT alert_license_id_fkey FOREIGN KEY (license_id) REFERENCES issuer.license(id);
ALTER TABLE ONLY issuer.alert
    ADD CONSTRAINT alert_restoration_id_fkey FOREIGN KEY (restoration_id) REFERENCES issuer.restoration(id);
ALTER TABLE ONLY issuer.answer
    ADD CONSTRAINT answer_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.answer
    ADD CONSTRAINT answer_reply_id_fkey FOREIGN KEY (reply_id) REFERENCES issuer.reply(id);
ALTER TABLE ONLY issuer.case_mail
    ADD CONSTRAINT case_mail_message_id_fkey FOREIGN KEY (message_id) REFERENCES issuer.message(id);
ALTER TABLE ONLY issuer.customer_merge
    ADD CONSTRAINT customer_merge_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES issuer.customer(id);
ALTER TABLE ONLY issuer.customer_merge
    ADD CONSTRAINT customer_merge_into_id_fkey FOREIGN KEY (into_id) REFERENCES issuer.customer(id);
ALTER TABLE ONLY issuer.customer_merge
    ADD CONSTRAINT customer_merge_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.deactivation
    ADD CONSTRAINT deactivation_message_id_fkey FOREIGN KEY (message_id) REFERENCES issuer.message(id);
ALTER TABLE ONLY issuer.deactivation
    ADD CONSTRAINT deactivation_thumbprint_fkey FOREIGN KEY (thumbprint) REFERENCES issuer.instance(thumbprint);
ALTER TABLE ONLY issuer.decision
    ADD CONSTRAINT decision_deactivation_id_fkey FOREIGN KEY (deactivation_id) REFERENCES issuer.deactivation(id);
ALTER TABLE ONLY issuer.decision
    ADD CONSTRAINT decision_message_id_fkey FOREIGN KEY (message_id) REFERENCES issuer.message(id);
ALTER TABLE ONLY issuer.decision
    ADD CONSTRAINT decision_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.decision
    ADD CONSTRAINT decision_request_id_fkey FOREIGN KEY (request_id) REFERENCES issuer.usage_request(id);
ALTER TABLE ONLY issuer.feature
    ADD CONSTRAINT feature_product_fkey FOREIGN KEY (product) REFERENCES issuer.product(code);
ALTER TABLE ONLY issuer.hold
    ADD CONSTRAINT hold_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES issuer.decision(id);
ALTER TABLE ONLY issuer.hold
    ADD CONSTRAINT hold_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES issuer.decision(id);
ALTER TABLE ONLY issuer.hold
    ADD CONSTRAINT hold_request_id_fkey FOREIGN KEY (request_id) REFERENCES issuer.usage_request(id);
ALTER TABLE ONLY issuer.import
    ADD CONSTRAINT import_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.instruction
    ADD CONSTRAINT instruction_hold_id_fkey FOREIGN KEY (hold_id) REFERENCES issuer.hold(id);
ALTER TABLE ONLY issuer.instruction
    ADD CONSTRAINT instruction_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.instruction
    ADD CONSTRAINT instruction_request_id_fkey FOREIGN KEY (request_id) REFERENCES issuer.usage_request(id);
ALTER TABLE ONLY issuer.instruction
    ADD CONSTRAINT instruction_restoration_id_fkey FOREIGN KEY (restoration_id) REFERENCES issuer.restoration(id);
ALTER TABLE ONLY issuer.instruction
    ADD CONSTRAINT instruction_second_id_fkey FOREIGN KEY (second_id) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.license_state_version
    ADD CONSTRAINT license_state_version_license_id_fkey FOREIGN KEY (license_id) REFERENCES issuer.license(id);
ALTER TABLE ONLY issuer.license_state_version
    ADD CONSTRAINT license_state_version_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.license_state_version
    ADD CONSTRAINT license_state_version_order_id_fkey FOREIGN KEY (order_id) REFERENCES issuer.orders(id);
ALTER TABLE ONLY issuer.license_state_version
    ADD CONSTRAINT license_state_version_replaced_by_fkey FOREIGN KEY (replaced_by) REFERENCES issuer.license(id);
ALTER TABLE ONLY issuer.mailbox_mail
    ADD CONSTRAINT mailbox_mail_mailbox_id_fkey FOREIGN KEY (mailbox_id) REFERENCES issuer.mailbox(id);
ALTER TABLE ONLY issuer.mailbox_mail
    ADD CONSTRAINT mailbox_mail_message_id_fkey FOREIGN KEY (message_id) REFERENCES issuer.message(id);
ALTER TABLE ONLY issuer.operator_token
    ADD CONSTRAINT operator_token_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.quarantine
    ADD CONSTRAINT quarantine_message_id_fkey FOREIGN KEY (message_id) REFERENCES issuer.message(id);
ALTER TABLE ONLY issuer.question
    ADD CONSTRAINT question_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES issuer.decision(id);
ALTER TABLE ONLY issuer.reply_line
    ADD CONSTRAINT reply_line_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES issuer.decision(id);
ALTER TABLE ONLY issuer.reply_line
    ADD CONSTRAINT reply_line_license_id_fkey FOREIGN KEY (license_id) REFERENCES issuer.license(id);
ALTER TABLE ONLY issuer.reply_line
    ADD CONSTRAINT reply_line_reply_id_fkey FOREIGN KEY (reply_id) REFERENCES issuer.reply(id);
ALTER TABLE ONLY issuer.reply_line
    ADD CONSTRAINT reply_line_restoration_id_fkey FOREIGN KEY (restoration_id) REFERENCES issuer.restoration(id);
ALTER TABLE ONLY issuer.reply
    ADD CONSTRAINT reply_message_id_fkey FOREIGN KEY (message_id) REFERENCES issuer.message(id);
ALTER TABLE ONLY issuer.restoration
    ADD CONSTRAINT restoration_activation_id_fkey FOREIGN KEY (activation_id) REFERENCES issuer.activation(id);
ALTER TABLE ONLY issuer.restoration_decision
    ADD CONSTRAINT restoration_decision_activation_id_fkey FOREIGN KEY (activation_id) REFERENCES issuer.activation(id);
ALTER TABLE ONLY issuer.restoration_decision
    ADD CONSTRAINT restoration_decision_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.restoration_decision
    ADD CONSTRAINT restoration_decision_restoration_id_fkey FOREIGN KEY (restoration_id) REFERENCES issuer.restoration(id);
ALTER TABLE ONLY issuer.restoration_decision
    ADD CONSTRAINT restoration_decision_second_by_fkey FOREIGN KEY (second_by) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.restoration
    ADD CONSTRAINT restoration_license_id_fkey FOREIGN KEY (license_id) REFERENCES issuer.license(id);
ALTER TABLE ONLY issuer.restoration
    ADD CONSTRAINT restoration_message_id_fkey FOREIGN KEY (message_id) REFERENCES issuer.message(id);
ALTER TABLE ONLY issuer.restoration
    ADD CONSTRAINT restoration_opened_by_fkey FOREIGN KEY (opened_by) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.serial_void
    ADD CONSTRAINT serial_void_block_id_fkey FOREIGN KEY (block_id) REFERENCES issuer.serial_block(id);
ALTER TABLE ONLY issuer.usage_license
    ADD CONSTRAINT usage_license_activation_id_fkey FOREIGN KEY (activation_id) REFERENCES issuer.activation(id);
ALTER TABLE ONLY issuer.usage_license
    ADD CONSTRAINT usage_license_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES issuer.customer(id);
ALTER TABLE ONLY issuer.usage_license
    ADD CONSTRAINT usage_license_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES issuer.decision(id);
ALTER TABLE ONLY issuer.usage_license
    ADD CONSTRAINT usage_license_kid_fkey FOREIGN KEY (kid) REFERENCES issuer.signing_key(kid);
ALTER TABLE ONLY issuer.usage_license
    ADD CONSTRAINT usage_license_license_id_version_fkey FOREIGN KEY (license_id, version) REFERENCES issuer.entitlement(license_id, version);
ALTER TABLE ONLY issuer.usage_license
    ADD CONSTRAINT usage_license_request_id_fkey FOREIGN KEY (request_id) REFERENCES issuer.usage_request(id);
ALTER TABLE ONLY issuer.usage_request
    ADD CONSTRAINT usage_request_license_id_fkey FOREIGN KEY (license_id) REFERENCES issuer.license(id);
ALTER TABLE ONLY issuer.usage_request
    ADD CONSTRAINT usage_request_message_id_fkey FOREIGN KEY (message_id) REFERENCES issuer.message(id);
ALTER TABLE ONLY issuer.usage_request
    ADD CONSTRAINT usage_request_thumbprint_fkey FOREIGN KEY (thumbprint) REFERENCES issuer.instance(thumbprint);
\unrestrict M4B0tudTj3TViz8AubrQ4FgWOvqdeaH7Mt8kAyt7w4MCMxr78sXVFUkb6yybkBz
