-- Contacts: who may ask for a license, and who hears of it.

create or replace function issuer.contact_add(token digest, wanted text, new_entry text,
    at timestamptz)
returns text language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    who record;
    of license;
    made contact;
begin
    select * into who from operator_require(token, 'contact add', at);
    if new_entry !~ '^[^@[:space:]]*@[^@[:space:]]+$' or new_entry <> lower(new_entry)
        or length(new_entry) > 255 then
        raise exception '% is no mail address and no @domain', new_entry using errcode = 'IS003';
    end if;
    of := license_lock(wanted);
    if exists (select from contact c where c.license_id = of.id and c.entry = new_entry
               and c.ended_on is null) then
        raise exception '% is a contact of % already', new_entry, of.license_id
            using errcode = 'IS003';
    end if;
    insert into contact (license_id, entry, effective)
        values (of.id, new_entry, (at at time zone 'UTC')::date) returning * into made;
    perform note_event('contact-added', 'contact', made.id, made::text, of.id, who.id, at);
    return of.license_id;
end $$;

-- Ends a contact today; gives how many the license has left.
create or replace function issuer.contact_end(token digest, wanted text, ended_entry text,
    at timestamptz)
returns table (license_id text, contacts_left bigint)
language plpgsql security definer set search_path = issuer, pg_temp as $$
#variable_conflict use_column
declare
    who record;
    of license;
    made contact;
begin
    select * into who from operator_require(token, 'contact end', at);
    of := license_lock(wanted);
    update contact c set ended_on = greatest(c.effective, (at at time zone 'UTC')::date),
        ended_at = at
        where c.license_id = of.id and c.entry = lower(ended_entry) and c.ended_on is null
        returning c.* into made;
    if not found then
        raise exception '% is no contact of %: `issuer license show %` lists them', ended_entry,
            of.license_id, of.license_id using errcode = 'IS001';
    end if;
    perform note_event('contact-ended', 'contact', made.id, made::text, of.id, who.id, at);
    return query select of.license_id::text, count(*) from contact c
        where c.license_id = of.id and c.ended_on is null;
end $$;

-- What retention would empty, of all mails from this address: the words and the address, not what
-- was decided.
create or replace function issuer.messages_empty(address text, who bigint, at timestamptz)
returns bigint language plpgsql set search_path = issuer, pg_temp as $$
declare
    emptied bigint[];
    made message;
begin
    select array_agg(m.id order by m.id) into emptied from message m
        where m.emptied_at is null and (lower(m.from_address) = address or lower(m.reply_to) = address);
    for made in
        update message m set from_address = null, reply_to = null, subject = null, body = null,
            raw = null, emptied_at = at
            where m.id = any (emptied) returning *
    loop
        perform note_event('message-emptied', 'message', made.id, made::text, null, who, at);
    end loop;
    return coalesce(cardinality(emptied), 0);
end $$;

-- Replies to it keep that they went out; what has not gone yet does not go any more.
create or replace function issuer.replies_erase(address text, who bigint, at timestamptz)
returns bigint language plpgsql set search_path = issuer, pg_temp as $$
declare
    erased bigint := 0;
    made reply;
begin
    for made in
        update reply r set recipient = null, erased_at = at,
            state = case when r.state in ('queued', 'sending') then 'withdrawn' else r.state end,
            why = case when r.state in ('queued', 'sending') then 'the address was erased'
                       else r.why end,
            last_error = null  -- mail servers repeat the address
            where lower(r.recipient) = address returning *
    loop
        erased := erased + 1;
        perform note_event('reply-erased', 'reply', made.id, made::text, null, who, at);
    end loop;
    return erased;
end $$;

-- Erases a person's address wherever it stands: contacts of any time, mails, replies. The events
-- hold no address, and so must the reason.
create or replace function issuer.contact_erase(token digest, address text, reason text,
    at timestamptz)
returns table (contacts bigint, messages bigint, replies bigint)
language plpgsql security definer set search_path = issuer, pg_temp as $$
#variable_conflict use_column
declare
    who record;
    made contact;
    wanted constant text := lower(address);
begin
    select * into who from operator_require(token, 'contact erase', at);
    perform reason_require(reason);
    if wanted !~ '^[^@[:space:]]+@[^@[:space:]]+$' then
        raise exception '% is no mail address: a whole domain is ended, not erased', address
            using errcode = 'IS003';
    end if;
    if strpos(lower(reason), wanted) > 0 then
        raise exception 'the reason names the address: it stays on record, so say it otherwise'
            using errcode = 'IS003';
    end if;
    perform from license l where l.id in (select c.license_id from contact c where c.entry = wanted)
        order by l.id for no key update;
    contacts := 0;
    for made in
        update contact c set entry = null, erased_at = at,
            ended_on = coalesce(c.ended_on, greatest(c.effective, (at at time zone 'UTC')::date)),
            ended_at = coalesce(c.ended_at, at)
            where c.entry = wanted returning c.*
    loop
        contacts := contacts + 1;
        perform note_event('contact-erased', 'contact', made.id, made::text, made.license_id, who.id,
                           at, jsonb_build_object('reason', reason));
    end loop;
    messages := messages_empty(wanted, who.id, at);
    replies := replies_erase(wanted, who.id, at);
    if contacts + messages + replies = 0 then
        raise exception 'nothing on record holds this address' using errcode = 'IS001';
    end if;
    return next;
end $$;
