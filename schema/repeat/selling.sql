-- What orders does by hand: one purchase is recorded, a key is replaced, a key is handed over, the
-- catalogue grows. The key itself is made by the program and never comes here: its public half, its
-- hint.

-- license_key says on which day the key was delivered, for the index of those that were not.
create or replace function issuer.stamp_delivery() returns trigger
language plpgsql set search_path = issuer, pg_temp as $$
begin
    update license_key k set delivered_on = a.delivered_on from added a
        where k.id = a.license_key_id and k.delivered_on is null;
    return null;
end $$;

create or replace trigger keep_delivered after insert on issuer.key_delivery
    referencing new table as added for each statement execute function issuer.stamp_delivery();

drop function if exists issuer.license_add(issuer.digest, boolean, timestamptz);
drop function if exists issuer.license_add_terms(date);

-- The one row that was staged names its customer as people do; `is_new`: nobody on record is meant.
create or replace function issuer.license_add_customer(wanted text, is_new boolean) returns bigint
language plpgsql set search_path = issuer, pg_temp as $$
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
end $$;

-- Features as an upgrade takes them: a yearly one through a day, or for some years (one, unless told
-- otherwise) from the order's day; a metered one with its limit, if there is one.
create or replace function issuer.license_add_features(ordered_on date) returns void
language plpgsql set search_path = issuer, pg_temp as $$
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

-- What stands on record of the order that pays: it is written as it is there, and counts as it is there
-- where nothing else was said (null: nothing was said of its kind). Its day, as far as it is known.
create or replace function issuer.license_add_order(kind_said boolean, at timestamptz) returns date
language plpgsql set search_path = issuer, pg_temp as $$
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

-- Records the one purchase that was staged, as an import of one row whose key nobody has got yet.
-- `kind_said`: the order's kind is as staged; otherwise that of the order on record counts.
create or replace function issuer.license_add(token digest, new_customer boolean, kind_said boolean,
    at timestamptz)
returns table (license_id text, customer text, customer_name text, customer_new boolean,
               order_new boolean)
language plpgsql security definer set search_path = issuer, pg_temp as $$
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

-- Gives a license another key. The one before is retired: the servers that run by it are served on,
-- and a new server that asks with it is held.
create or replace function issuer.license_rekey(token digest, wanted text, new_key digest,
    new_hint text, reason text, at timestamptz)
returns text language plpgsql security definer set search_path = issuer, pg_temp as $$
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

drop function if exists issuer.license_delivered(issuer.digest, text, issuer.digest, text, date,
                                                 timestamptz);

-- The key of the license that a person means: by its last symbols, or by its number in the order in
-- which they were made; null: the one in force.
create or replace function issuer.license_key_named(of license, named text) returns license_key
language plpgsql stable set search_path = issuer, pg_temp as $$
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
end $$;

-- Says that the license's key reached its customer on that day: mailed, or handed over as `what`
-- says. `mailed`: the public half of the key that the mail server took; null: the one that is named.
create or replace function issuer.license_delivered(token digest, wanted text, mailed digest,
    named text, what text, day date, at timestamptz)
returns text language plpgsql security definer set search_path = issuer, pg_temp as $$
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
