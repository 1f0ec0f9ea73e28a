-- Mails of the quarantine are read again: what that takes is kept with them, and what leads from the
-- same bytes, and from a person's order to do so, to the mail that it is about.

alter table quarantine
    add column raw_digest digest,  -- of the bytes as they stood there; null: not read to their end
    -- how it stood there: 1 in a mailbox, 2 marked deleted, 4 marked as our own, 8 without files that
    -- came with it, 16 perhaps with others in it; of what came before that was kept, the careful is assumed
    add column marks integer not null default 1;

update quarantine q set raw_digest = m.raw_digest,
        marks = case when m.why like 'another mail seems to begin within it%' then 17 else 1 end
    from message m where m.id = q.message_id;

create index on quarantine (raw_digest) where closed_at is null;
create index instruction_retries on instruction (((arguments ->> 'message')::bigint))
    where kind = 'retry';
