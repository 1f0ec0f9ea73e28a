-- Cases: holds and lost servers, whose numbers mean one thing, and the mails that belong to them.

create or replace view issuer.case_now as
select h.id as case_number, h.request_id, r.license_id, h.closed_at is null as open
from issuer.hold h join issuer.usage_request r on r.id = h.request_id
union all
select s.id, null, s.license_id,
    s.closed_at is null
from issuer.restoration s;

-- What stands in the Message-ID of a reply beside its number, so that nobody who has not seen the mail
-- can name it: a stranger's bounce, or answer, would have to guess it.
create or replace function issuer.reply_tag(reply bigint, recorded timestamptz, answered bytea)
returns text language sql immutable set search_path = issuer, pg_temp as $$
    select left(encode(sha256(coalesce(answered, '') || timestamptz_send(recorded)
                              || int8send(reply)), 'hex'), 16)
$$;

-- A person has decided about a case: the mails that joined it have been looked at. The mails are locked
-- first and in their order, as by who drops or answers one.
create or replace function issuer.case_mails_handle(decided bigint, how text, who bigint,
    at timestamptz)
returns void language sql set search_path = issuer, pg_temp as $$
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
