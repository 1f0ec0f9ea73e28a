-- Alerts: what a person should see. One whose time lies ahead is not shown before.

create or replace function issuer.alert_close(token digest, alert bigint, why text, at timestamptz)
returns void language plpgsql security definer set search_path = issuer, pg_temp as $$
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
