-- Looks for what retention empties, the oldest first: mails that still have their words, and what mail
-- servers said of replies.

set local search_path to issuer, pg_temp;

create index message_full on message (effective) where emptied_at is null;
create index reply_with_words on reply (effective) where last_error is not null;
