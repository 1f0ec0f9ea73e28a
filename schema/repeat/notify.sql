-- Who waits for work is told of it when the transaction commits, once however many rows it made
-- (LISTEN issuer_reply, issuer_instruction; issuer_answer: an instruction has ended; issuer_key: a signing
-- key is revoked). A notice may be lost, so they look now and then in any case.

create or replace function issuer.tell_waiting() returns trigger
language plpgsql set search_path = issuer, pg_temp as $$
begin
    perform pg_notify(tg_argv[0], '');
    return null;
end $$;

create or replace trigger tell after insert on issuer.reply for each statement
    execute function issuer.tell_waiting('issuer_reply');
create or replace trigger tell after insert on issuer.instruction for each statement
    execute function issuer.tell_waiting('issuer_instruction');
create or replace trigger tell_answer after update of ended_at on issuer.instruction for each row
    when (new.ended_at is not null) execute function issuer.tell_waiting('issuer_answer');
create or replace trigger tell_revoked after update of revoked_at on issuer.signing_key for each row
    when (new.revoked_at is not null) execute function issuer.tell_waiting('issuer_key');
