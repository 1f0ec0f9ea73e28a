-- Replies on their way to a mail server: which is being sent, when the next attempt may be, and what was
-- said of the last one.

set local search_path to issuer, pg_temp;

alter table reply
    add column not_before timestamptz not null default '-infinity',  -- no attempt before; of one that
                                                                     -- is being sent: no other until then
    add column tried_at timestamptz,  -- the first attempt that counts
    add column last_error text,       -- what came of the last one: a mail server's words, so foreign text
    drop constraint reply_state_check,
    add constraint reply_state check (state in ('queued', 'sending', 'sent', 'listed', 'withdrawn',
                                                'undelivered')),
    add constraint reply_sending check (state <> 'sending' or tried_at is not null);

drop index reply_queued;
create index reply_due on reply (not_before, id) where state in ('queued', 'sending');
