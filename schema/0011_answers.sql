-- What a person answers to a mail, and ways to what came back or waits.

set local search_path to issuer, pg_temp;

-- The words of an answer that a person wrote to a mail.
create table answer (
    reply_id    bigint primary key references reply,
    words       text not null check (words <> ''),
    operator_id bigint not null references operator,
    recorded_at timestamptz not null default transaction_timestamp()
);

-- Contacts to whom a reply came back; few, and looked for with every mail that comes in.
create index contact_doubtful on contact (entry) where doubtful and ended_on is null;
-- Replies that wait for a person: nobody may be answered, or nobody was reached.
create index reply_waits on reply (message_id) where state in ('listed', 'undelivered');
