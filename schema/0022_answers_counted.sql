-- Answers counted by the contact entry that they go to, each count by an index.

set local search_path to issuer, pg_temp;

create index reply_to_address on reply (lower(recipient), effective) where recipient is not null;
create index reply_to_domain on reply (substring(lower(recipient) from '@[^@]*$'), effective)
    where recipient is not null;
-- It was for the count of a day, which takes an address however it is written.
drop index reply_recipient_effective_idx;

-- Of an alert about a contact entry: one of the contacts that have it. One alert is open at a time.
alter table alert add column contact_id bigint references contact;
create unique index alert_of_contact on alert (contact_id, kind)
    where contact_id is not null and closed_at is null;
