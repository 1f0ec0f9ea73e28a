-- Revoking a signing key on record. Only the daemon writes keys directly, as it comes to sign.

-- An admin's login may do this without a token too (null): when a key is exposed it cannot wait, and
-- it is no more than a stop. `recorded` (DER, and its dates) is for a key that never signed: it goes on
-- record first, so that it never will.
create or replace function issuer.signing_key_revoke(token digest, wanted text, why text,
    recorded bytea, not_before timestamptz, not_after timestamptz, development boolean,
    at timestamptz)
returns void language plpgsql security definer set search_path = issuer, pg_temp as $$
#variable_conflict use_variable
declare
    who bigint;
    revoked signing_key;
begin
    if token is not null then
        select r.id into who from operator_require(token, 'key revoke', at) r;
    end if;
    if recorded is not null then
        insert into signing_key (kid, certificate, not_before, not_after, development)
            values (wanted, recorded, not_before, not_after, development)
            on conflict (kid) do nothing returning * into revoked;
        if found then
            perform note_event('signing-key-recorded', 'signing_key', 0, revoked::text, null, who,
                               at, jsonb_build_object('kid', wanted));
        end if;
    end if;
    update signing_key k set revoked_at = at where k.kid = wanted and k.revoked_at is null
        returning k.* into revoked;
    if not found then
        raise exception 'signing key % is not on record, or revoked already', wanted
            using errcode = 'IS001';
    end if;
    perform note_event('signing-key-revoked', 'signing_key', 0, revoked::text, null, who, at,
                       jsonb_build_object('kid', wanted, 'reason', why));
end $$;
