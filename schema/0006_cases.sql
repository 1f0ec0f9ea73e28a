-- Mails that belong to a case, and what the desk has asked.

set local search_path to issuer, pg_temp;

-- A mail that answers one of ours or quotes a case number. It decides nothing: it is read with the
-- case. The number is that of a hold or of a restoration.
create table case_mail (
    case_number bigint not null,
    message_id  bigint not null references message,
    how         one_line not null check (how in ('in-reply-to', 'references', 'case-number',
                                                 'person')),
    recorded_at timestamptz not null default transaction_timestamp(),
    primary key (case_number, message_id)
);
create index on case_mail (message_id);

-- The words of a question to the sender of a held request.
create table question (
    decision_id bigint primary key references decision,
    words       text not null check (words <> ''),
    recorded_at timestamptz not null default transaction_timestamp()
);
