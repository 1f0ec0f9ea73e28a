-- What the pages about a license show. Each view runs with its owner's rights and gives personal data
-- (addresses) only to a login that may read them where they stand; to others the rest.

create or replace view issuer.contact_shown as
select c.id, c.license_id, case when has_column_privilege('issuer.contact', 'entry', 'select')
        then c.entry end as entry,
    not has_column_privilege('issuer.contact', 'entry', 'select') as hidden,
    c.effective, c.ended_on, c.erased_at, c.doubtful
from issuer.contact c;

-- What came in about a license, a row a decision: the codes of its servers, and mails that belong to
-- a case of it.
create or replace view issuer.license_mail as
select x.license_id, x.at, x.message_id,
    case when has_column_privilege('issuer.message', 'from_address', 'select')
        then m.from_address end as sender,
    x.kind, x.token, x.host, x.outcome, x.code, x.serial, o.name as operator
from (
    select r.license_id, d.effective as at, d.message_id, d.token_kind as kind, r.digest as token,
        r.host, d.outcome::text as outcome, d.code, d.serial, d.operator_id
    from issuer.usage_request r join issuer.decision d on d.request_id = r.id
    union all
    select u.license_id, d.effective, d.message_id, d.token_kind, x.digest, x.host,
        d.outcome::text, d.code, u.serial, d.operator_id
    from issuer.usage_license u join issuer.usage_request q on q.id = u.request_id
    join issuer.deactivation x on x.thumbprint = q.thumbprint and x.serial = u.serial
    join issuer.decision d on d.message_id = x.message_id and d.deactivation_id = x.id
    union all
    select r.license_id, c.recorded_at, c.message_id, 'mail', null, r.host, 'case ' || h.id, c.how,
        null, null
    from issuer.usage_request r join issuer.hold h on h.request_id = r.id
    join issuer.case_mail c on c.case_number = h.id
    union all
    select s.license_id, c.recorded_at, c.message_id, 'mail', null, null, 'case ' || s.id, c.how,
        null, null
    from issuer.restoration s join issuer.case_mail c on c.case_number = s.id
    union all
    select s.license_id, s.opened_at, s.message_id, 'mail', null, null, 'case ' || s.id,
        'lost-server', null, null
    from issuer.restoration s where s.message_id is not null) x
join issuer.message m on m.id = x.message_id
left join issuer.operator o on o.id = x.operator_id;

-- What went out about a license, a row a reply: answers to its servers' codes, and notices.
create or replace view issuer.license_reply as
select x.license_id, r.id as reply_id, r.message_id,
    case when has_column_privilege('issuer.reply', 'recipient', 'select')
        then r.recipient end as recipient,
    r.state, r.why, r.effective as queued_at, r.sent_at, x.about,
    case when has_column_privilege('issuer.reply', 'last_error', 'select')
        then r.last_error end as last_error
from (
    select q.license_id, l.reply_id, min(l.about) as about
    from issuer.usage_request q join issuer.decision d on d.request_id = q.id
    join issuer.reply_line l on l.decision_id = d.id and l.about is null
    group by q.license_id, l.reply_id
    union all
    select u.license_id, l.reply_id, 'deactivation'
    from issuer.usage_license u join issuer.usage_request q on q.id = u.request_id
    join issuer.deactivation x on x.thumbprint = q.thumbprint and x.serial = u.serial
    join issuer.decision d on d.message_id = x.message_id and d.deactivation_id = x.id
    join issuer.reply_line l on l.decision_id = d.id and l.about is null
    union all
    select l.license_id, l.reply_id, min(l.about)
    from issuer.reply_line l where l.license_id is not null group by l.license_id, l.reply_id) x
join issuer.reply r on r.id = x.reply_id;

-- What is open about a license: it waits for somebody.
create or replace view issuer.license_open as
select r.license_id, 'hold' as what, h.id as number, d.code::text, r.host::text as detail,
    h.opened_at as since
from issuer.usage_request r join issuer.hold h on h.request_id = r.id and h.closed_at is null
join lateral (select code from issuer.decision d where d.request_id = r.id and d.code <> 'emergency'
              order by d.recorded_at desc, d.id desc limit 1) d on true
union all
select s.license_id, 'restoration', s.id, s.evidence, null, s.opened_at
from issuer.restoration s
where s.closed_at is null
union all
select a.license_id, 'alert', a.id, a.kind, a.detail, a.effective
from issuer.alert a where a.license_id is not null and a.closed_at is null
  and a.effective <= statement_timestamp()
union all
select r.license_id, 'alert', a.id, a.kind, a.detail, a.effective
from issuer.usage_request r join issuer.decision d on d.request_id = r.id
join issuer.alert a on a.decision_id = d.id
where a.license_id is null and a.closed_at is null and a.effective <= statement_timestamp()
union all
select k.license_id, 'key', k.id, 'not-delivered', 'ends in ' || k.hint, k.effective
from issuer.license_key k
where k.retired_at is null and k.delivered_on is null
  and (select s.state from issuer.license_state_version s where s.license_id = k.license_id
       order by s.version desc limit 1) is distinct from 'ended'
union all
select p.license_id, 'reply', p.reply_id, p.state, nullif(concat_ws(': ', p.why, p.last_error), ''),
    p.queued_at
from issuer.license_reply p where p.state in ('queued', 'sending', 'listed', 'undelivered');

-- The orders behind a license, and what each was for.
create or replace view issuer.license_order as
select x.license_id, o.id as order_id, o.reference, o.kind, o.ordered_on, x.version
from (
    select license_id, order_id, min(version) as version from issuer.entitlement
    group by license_id, order_id
    union
    select id, order_id, null from issuer.license l
    where not exists (select from issuer.entitlement e
                      where e.license_id = l.id and e.order_id = l.order_id)
    union
    select s.license_id, s.order_id, null from issuer.license_state_version s
    where s.order_id is not null
      and not exists (select from issuer.entitlement e where e.license_id = s.license_id
                      and e.order_id = s.order_id)) x
join issuer.orders o on o.id = x.order_id;

-- The uses of a license with their evidence, in words that its customer may read: nobody's name, no
-- address, no reason of ours. A row a usage license; a use that went on has several.
create or replace view issuer.license_use as
select a.license_id, a.use_no, r.host as server, a.id as serial, r.digest as request,
    r.effective as requested_at, a.active_from as used_from,
    case when a.counted then null else a.counted_until end as used_until, a.counted,
    case when a.state = 'corrected' then 'correction' when not a.counted then v.by end
        as given_back_by,
    case when a.state = 'active' then 'in use'
         when a.counted then 'still counts: this server has not given it back'
         when a.state = 'corrected' then 'given back: the record was corrected'
         when v.by = 'proof'
             then 'given back: the server has signed that it erased its usage license'
         when v.by = 'attested' then 'given back: a contact has told us that the server is lost'
         when v.by = 'forced' then 'given back: by our own decision'
         when n.id is not null then 'went on as UL-'
             || lpad(n.id::text, greatest(8, length(n.id::text)), '0')
         else 'given back' end as words
from issuer.activation a
join issuer.usage_request r on r.id = a.request_id
left join lateral (select s.evidence from issuer.restoration_decision x
                   join issuer.restoration s on s.id = x.restoration_id
                   where x.activation_id = a.id and x.outcome = 'approved' limit 1) d on true
cross join lateral (select case when a.state = 'deactivated' then 'proof'
                                when a.ended_by in ('proof', 'attested', 'forced') then a.ended_by
                                when a.state = 'lost' then d.evidence end as by) v
left join lateral (select c.id from issuer.activation c
                   where c.license_id = a.license_id and c.continues = a.id
                   order by c.id limit 1) n on true;
