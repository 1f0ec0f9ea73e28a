-- Nothing is deleted, what is only added is never changed, and what is filled later is filled once:
-- kept by triggers, so that it holds for the owner of the tables too.

create or replace function issuer.refuse_change() returns trigger
language plpgsql set search_path = issuer, pg_temp as $$
begin
    raise exception 'rows of % are records: this % is not allowed%', tg_table_name,
        lower(tg_op), case when tg_nargs > 0 then ' (' || tg_argv[0] || ')' else '' end
        using errcode = 'IS002';
end $$;

-- Times at which an end was recorded are the database's own, whatever the program says; but where who has
-- the owner's rights puts back what the journal has (journal.sql), which was recorded then.
create or replace function issuer.stamp_activation() returns trigger
language plpgsql set search_path = issuer, pg_temp as $$
begin
    if current_setting('issuer.journal_replay', true) = 'on'
       and (select pg_has_role(session_user, c.relowner, 'usage') from pg_class c where c.oid = tg_relid) then
        return new;
    end if;
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

create or replace trigger a_stamp before update on issuer.activation for each row
    execute function issuer.stamp_activation();
create or replace trigger a_stamp_new before insert on issuer.activation for each row
    when (new.state <> 'active') execute function issuer.stamp_activation();

do $$
declare
    -- table: columns that may change, and of these the ones that are filled once. A table that is
    -- not listed is only added to.
    changing constant jsonb := '{
        "activation": {"may": ["use_no", "slot", "state", "counted", "active_until", "counted_until",
                               "lost_at", "ended_by", "ended_recorded_at", "counted_recorded_at"],
                       "once": ["active_until", "counted_until", "lost_at"]},
        "alert": {"may": ["closed_at", "closed_by", "reason"], "once": ["closed_at", "closed_by"]},
        "case_mail": {"may": ["seen_at"], "once": ["seen_at"]},
        "chore": {"may": ["done_at"], "once": []},
        "chores_lease": {"may": ["holder", "until"], "once": []},
        "contact": {"may": ["entry", "ended_on", "ended_at", "erased_at", "doubtful"],
                    "once": ["ended_on", "ended_at", "erased_at"]},
        "feature": {"may": ["name"], "once": []},
        "hold": {"may": ["closed_at", "closed_by", "closed_how"],
                 "once": ["closed_at", "closed_by", "closed_how"]},
        "instance": {"may": ["passed_at"], "once": []},
        "instruction": {"may": ["state", "taken_until", "tries", "second_id", "answer", "ended_at"],
                        "once": ["second_id", "answer", "ended_at"]},
        "license_key": {"may": ["retired_at", "delivered_on"],
                        "once": ["retired_at", "delivered_on"]},
        "mailbox_mail": {"may": ["settled_at"], "once": ["settled_at"]},
        "message": {"may": ["class", "why", "from_address", "reply_to", "subject", "body", "raw",
                            "emptied_at", "handled_at", "handled_how", "sender_vouched",
                            "sender_says"],
                    "once": ["emptied_at", "handled_at", "handled_how"]},
        "operator": {"may": ["revoked_at"], "once": ["revoked_at"]},
        "operator_token": {"may": ["revoked_at"], "once": ["revoked_at"]},
        "product": {"may": ["name"], "once": []},
        "quarantine": {"may": ["closed_at", "closed_how"], "once": ["closed_at", "closed_how"]},
        "reply": {"may": ["state", "why", "recipient", "sent_at", "attempts", "erased_at",
                          "not_before", "tried_at", "last_error"],
                  "once": ["sent_at", "erased_at"]},
        "report_moment": {"may": ["known_at"], "once": []},
        "restoration": {"may": ["closed_at"], "once": ["closed_at"]},
        "serial_block": {"may": ["closed_at"], "once": ["closed_at"]},
        "signing_key": {"may": ["revoked_at"], "once": ["revoked_at"]},
        "staff_notice": {"may": ["telling_id"], "once": ["telling_id"]},
        "staff_telling": {"may": ["how", "attempts", "tried_at", "not_before", "exit_code", "problem",
                                  "done_at"], "once": ["done_at"]},
        "usage_request": {"may": ["license_id"], "once": ["license_id"]},
        "watched": {"may": ["watches", "started_at", "worked_at", "had_at", "done", "restarts",
                            "problem", "problem_at", "seen_at", "ended_at"], "once": []}
    }';
    name text;
    may text[];
    fixed text;
    once text;
begin
    for name in select relname from pg_class
                where relnamespace = 'issuer'::regnamespace and relkind = 'r' loop
        execute format('create or replace trigger keep_rows before delete or truncate on issuer.%I
                        for each statement execute function issuer.refuse_change()', name);
        if not changing ? name then
            execute format('create or replace trigger keep_values before update on issuer.%I
                            for each statement execute function issuer.refuse_change()', name);
            continue;
        end if;
        may := array(select jsonb_array_elements_text(changing -> name -> 'may'));
        -- The comparison stands in the trigger's condition: nothing is called unless it is wrong.
        select string_agg(format('old.%1$I is distinct from new.%1$I', attname), ' or ')
            into fixed from pg_attribute
            where attrelid = format('issuer.%I', name)::regclass and attnum > 0
              and not attisdropped and attname <> all (may);
        execute format('create or replace trigger keep_values before update on issuer.%I
                        for each row when (%s) execute function
                        issuer.refuse_change(''it is fixed'')', name, fixed);
        select string_agg(format('(old.%1$I is not null and old.%1$I is distinct from new.%1$I)',
                                 column_name), ' or ')
            into once from jsonb_array_elements_text(changing -> name -> 'once') column_name;
        if once is not null then
            execute format('create or replace trigger keep_once before update on issuer.%I
                            for each row when (%s) execute function
                            issuer.refuse_change(''it is filled once'')', name, once);
        end if;
    end loop;
end $$;

-- A revoked key signs nothing more. The share lock has whoever revokes it wait for those that store
-- what it signed, so once it is revoked nothing of it can follow. It needs the owner's rights: who
-- stores usage licenses may not change a key, and locking one asks for that.
create or replace function issuer.refuse_revoked_key() returns trigger
language plpgsql security definer set search_path = issuer, pg_temp as $$
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

create or replace trigger keep_revoked after insert on issuer.usage_license
    referencing new table as added for each statement
    execute function issuer.refuse_revoked_key();

-- A use that was given back or moved on never counts again here, and what has ended does not become
-- active again.
create or replace trigger keep_ended before update on issuer.activation for each row
    when ((new.counted and not old.counted) or (new.state = 'active' and old.state <> 'active')
          or (new.state = 'superseded' and old.state not in ('active', 'superseded')))
    execute function issuer.refuse_change('it has ended');

-- References of tables that a file of purchases fills: as strict as foreign keys, yet all rows of a
-- statement are looked at together. Nothing that they lead to is deleted and no key of it changes (see
-- above), so they are asked of new rows alone, and nothing need be locked. The arguments are threes:
-- columns, the table that they lead to, its columns.
create or replace function issuer.require_references() returns trigger
language plpgsql security definer set search_path = issuer, pg_temp as $$
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
end $$;

do $$
declare
    -- table: each with the table that its columns lead to and the key there
    leads constant jsonb := '{
        "customer_version": [["customer_id", "customer", "id"], ["operator_id", "operator", "id"]],
        "orders": [["customer_id", "customer", "id"]],
        "license": [["customer_id", "customer", "id"], ["product", "product", "code"],
                    ["order_id", "orders", "id"]],
        "license_key": [["license_id", "license", "id"]],
        "license_proof": [["license_key_id", "license_key", "id"]],
        "key_delivery": [["license_key_id", "license_key", "id"], ["operator_id", "operator", "id"]],
        "contact": [["license_id", "license", "id"]],
        "entitlement": [["license_id", "license", "id"], ["order_id", "orders", "id"],
                        ["operator_id", "operator", "id"]],
        "entitlement_feature": [["code", "feature", "code"],
                                ["license_id, version", "entitlement", "license_id, version"]],
        "term_entry": [["code", "feature", "code"], ["order_id", "orders", "id"],
                       ["license_id, version", "entitlement", "license_id, version"]],
        "import_row": [["license_id", "license", "id"], ["import_id", "import", "id"]]
    }';
    name text;
    ways jsonb;
begin
    for name, ways in select * from jsonb_each(leads) loop
        execute format('create or replace trigger keep_references after insert on issuer.%I '
                       'referencing new table as added for each statement '
                       'execute function issuer.require_references(%s)', name,
                       (select string_agg(quote_literal(v), ', ' order by w.n, v.n)
                        from jsonb_array_elements(ways) with ordinality w (way, n),
                        jsonb_array_elements_text(w.way) with ordinality v (v, n)));
    end loop;
end $$;
