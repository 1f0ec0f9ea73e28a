-- Which mails of a case a person has still to look at: few, whatever number of cases there ever were.

set local search_path to issuer, pg_temp;

alter table case_mail disable trigger user;  -- they know nothing of the new column yet
alter table case_mail add column seen_at timestamptz;  -- a person has, or its case is over
create index case_mail_unseen on case_mail (message_id) where seen_at is null;
update case_mail k set seen_at = coalesce(m.handled_at, h.closed_at)
    from message m, hold h
    where m.id = k.message_id and h.id = k.case_number
      and (m.handled_at is not null or h.closed_at is not null);
alter table case_mail enable trigger user;
-- All cases of a request, for what its mails and replies belong to.
create index on hold (request_id);
