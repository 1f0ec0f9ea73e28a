-- The few questions about secrets that others than the daemon may ask, each in its narrowest form.
-- Who may call them is said in roles.sql.

-- The operator whose token has this SHA-256, if both are in force now; a time that has passed is not
-- believed. Needs the token, so it tells nobody anything new.
create or replace function issuer.operator_of_token(token digest, at timestamptz)
returns table (id bigint, name text, role operator_role)
language sql stable security definer set search_path = issuer, pg_temp as $$
    select o.id, o.name, o.role
    from operator_token t join operator o on o.id = t.operator_id
    cross join greatest(at, statement_timestamp()) as present
    where t.digest = token and t.expires_at > present
      and (t.revoked_at is null or t.revoked_at > present)
      and (o.revoked_at is null or o.revoked_at > present)
$$;

-- Which licenses, known by their keys' public halves, are on record: for imports, so that the
-- orders department need not read the public halves.
create or replace function issuer.licenses_of_keys(keys bytea[])
returns table (public_key bytea, license_id bigint, license text, current boolean)
language sql stable security definer set search_path = issuer, pg_temp as $$
    select p.public_key, l.id, l.license_id, k.retired_at is null
    from unnest(keys) wanted
    join license_proof p on p.public_key = wanted
    join license_key k on k.id = p.license_key_id
    join license l on l.id = k.license_id
$$;

-- Until when an operator's newest token is in force; null if none is.
create or replace function issuer.operator_token_end(operator bigint, at timestamptz)
returns timestamptz language sql stable security definer set search_path = issuer, pg_temp as $$
    select max(expires_at) from operator_token
    where operator_id = operator and expires_at > at and (revoked_at is null or revoked_at > at)
$$;
