-- What a license grants next: its newest entitlement is taken as a draft, changed by what an order
-- says, and added as a version. A draft is an object:
--   version, effective, servers, activations, expires_on (null: perpetual), order,
--   features  {code: {until, quantity}}
--   terms     [{code, kind, years, from_on, until_on}]: steps of the ledger that it makes
-- Dates are computed here alone, on named days, while the license is locked.

drop function if exists issuer.term_bought(date, date, integer);
drop function if exists issuer.term_cancelled(date, date, integer);
drop function if exists issuer.draft_take_back(jsonb, bigint, text, integer);

-- Years that are bought continue from the end that stands, or from the order's day where that has
-- passed by then, or where there is none. 29 February becomes 28 February in a common year.
create or replace function issuer.term_bought(ends date, ordered_on date, years bigint,
    out from_on date, out until_on date)
language plpgsql immutable set search_path = issuer, pg_temp as $$
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

-- Years that are taken back go from the end that stands, lapsed or not; nothing is computed anew.
-- Nothing is left (null) where that is not after the day on which the feature began.
create or replace function issuer.term_cancelled(ends date, began date, years bigint,
    out from_on date, out until_on date)
language plpgsql immutable set search_path = issuer, pg_temp as $$
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

create or replace function issuer.draft_of(license bigint) returns jsonb
language sql stable set search_path = issuer, pg_temp as $$
    select jsonb_build_object('version', e.version, 'effective', e.effective,
        'servers', e.servers, 'activations', e.activations, 'expires_on', e.expires_on,
        'order', e.order_id, 'terms', '[]'::jsonb,
        'features', coalesce((select jsonb_object_agg(f.code, jsonb_build_object('until', f.until_on,
                                                                       'quantity', f.quantity))
                              from entitlement_feature f
                              where f.license_id = e.license_id and f.version = e.version), '{}'))
    from entitlement e where e.license_id = license order by e.version desc limit 1
$$;

-- A feature as it stands in the draft from now on (null: none), with the step that led there.
create or replace function issuer.draft_feature(draft jsonb, code text, becomes jsonb,
    step jsonb default null)
returns jsonb language plpgsql immutable set search_path = issuer, pg_temp as $$
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

create or replace function issuer.feature_kind_of(code text, of_product text) returns feature_kind
language plpgsql stable set search_path = issuer, pg_temp as $$
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

-- A feature that an order adds, or adds to. `wish`: {code, number, until}; the number is years of a
-- yearly feature and the limit of a metered one.
create or replace function issuer.draft_buy(draft jsonb, wish jsonb, of_product text,
    ordered_on date)
returns jsonb language plpgsql stable set search_path = issuer, pg_temp as $$
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

-- A feature that a cancellation takes back: as many years of a yearly one (null: all), else all.
create or replace function issuer.draft_take_back(draft jsonb, license bigint, code text,
    years bigint)
returns jsonb language plpgsql stable set search_path = issuer, pg_temp as $$
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

-- A feature as it should have been recorded: `wish` as in draft_buy(), with a yearly one's last day.
create or replace function issuer.draft_correct(draft jsonb, wish jsonb, of_product text)
returns jsonb language plpgsql stable set search_path = issuer, pg_temp as $$
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

-- The license's own expiry: {years} or {until} (null: perpetual). Only a cancellation makes it end
-- earlier, and does nothing else.
create or replace function issuer.draft_expire(draft jsonb, wish jsonb, paid orders)
returns jsonb language plpgsql stable set search_path = issuer, pg_temp as $$
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

create or replace function issuer.draft_count(draft jsonb, field text, wish jsonb) returns jsonb
language plpgsql immutable set search_path = issuer, pg_temp as $$
begin
    if wish is null or wish = 'null' then
        return draft;
    elsif wish::numeric not between 1 and 1000000 then
        raise exception '%: give a whole number from 1 to 1000000', field using errcode = 'IS003';
    end if;
    return jsonb_set(draft, array[field], wish);
end $$;

-- A feature or a date as people read it.
create or replace function issuer.feature_text(code text, has jsonb) returns text
language sql stable set search_path = issuer, pg_temp as $$
    select case when has is null then null
        when f.kind = 'term' then coalesce('until ' || (has ->> 'until'), 'without end')
        when f.kind = 'metered' then coalesce('limit ' || (has ->> 'quantity'), 'no limit')
        else 'perpetual' end
    from feature f where f.code = feature_text.code
$$;

-- What differs between two drafts, a row each.
create or replace function issuer.draft_changes(was jsonb, becomes jsonb)
returns table (what text, before text, after text)
language sql stable set search_path = issuer, pg_temp as $$
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

-- All of a version as text, whose digest its event carries.
create or replace function issuer.entitlement_text(license bigint, of_version integer) returns text
language sql stable set search_path = issuer, pg_temp as $$
    select concat_ws(E'\n',
        (select e::text from entitlement e where e.license_id = license and e.version = of_version),
        (select string_agg(f::text, E'\n' order by f.code) from entitlement_feature f
         where f.license_id = license and f.version = of_version),
        (select string_agg(t::text, E'\n' order by t.code) from term_entry t
         where t.license_id = license and t.version = of_version))
$$;

-- Adds the draft as the next version of the license; gives its number.
create or replace function issuer.entitlement_add(license bigint, draft jsonb, paid bigint,
    since date, reason text, operator bigint)
returns integer language plpgsql set search_path = issuer, pg_temp as $$
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
