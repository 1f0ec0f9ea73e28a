-- Which role may use which command: the one table of it. The program asks it before it does anything,
-- and so does every function here that changes records for a person; `issuer operator rights` prints it.
-- What a group's login in the database may do at all is said in roles.sql. A command that is not
-- listed fails structure.commands.
--
--   roles   whose token it takes; none: it asks for no token
--           (`request preview` asks for the token of who may issue, unless the login is the daemon's)
--   logins  the groups whose database login it works with ('owner': of the database itself, who may
--           do all that needs no token); none: it needs no database, only files of the machine

create or replace view issuer.command_right (command, roles, logins) as
with by_token (command, roles) as (values
    -- what was bought
    ('license import',      array['orders', 'admin']::issuer.operator_role[]),
    ('license add',         array['orders']::issuer.operator_role[]),
    ('license upgrade',     array['orders']::issuer.operator_role[]),
    ('license correct',     array['orders']::issuer.operator_role[]),
    ('license end',         array['orders']::issuer.operator_role[]),
    ('license rekey',       array['orders']::issuer.operator_role[]),
    ('license delivered',   array['orders']::issuer.operator_role[]),
    ('feature add',         array['orders']::issuer.operator_role[]),
    ('customer rename',     array['orders']::issuer.operator_role[]),
    ('customer merge',      array['orders']::issuer.operator_role[]),
    ('contact add',         array['orders', 'admin']::issuer.operator_role[]),
    ('contact end',         array['orders', 'admin']::issuer.operator_role[]),
    ('contact erase',       array['admin']::issuer.operator_role[]),
    -- what is issued
    ('request add',         array['support', 'admin']::issuer.operator_role[]),
    ('request issue',       array['support', 'admin']::issuer.operator_role[]),
    ('request refuse',      array['support', 'admin']::issuer.operator_role[]),
    ('request keep',        array['support', 'admin']::issuer.operator_role[]),
    ('request ask',         array['support', 'admin']::issuer.operator_role[]),
    ('request resend',      array['support', 'admin']::issuer.operator_role[]),
    ('request emergency',   array['support', 'admin']::issuer.operator_role[]),
    ('message answer',      array['support', 'admin']::issuer.operator_role[]),
    ('message to-case',     array['support', 'admin']::issuer.operator_role[]),
    ('message drop',        array['support', 'admin']::issuer.operator_role[]),
    ('quarantine retry',    array['support', 'admin']::issuer.operator_role[]),
    ('quarantine drop',     array['support', 'admin']::issuer.operator_role[]),
    -- what is given back, and what is stopped
    ('restoration open',    array['support', 'admin']::issuer.operator_role[]),
    ('restoration approve', array['admin']::issuer.operator_role[]),
    ('restoration deny',    array['admin']::issuer.operator_role[]),
    ('restoration second',  array['support', 'admin']::issuer.operator_role[]),  -- the second person
    ('license suspend',     array['admin']::issuer.operator_role[]),
    ('license resume',      array['admin']::issuer.operator_role[]),
    ('alert close',         array['support', 'admin']::issuer.operator_role[]),
    -- who may do it, and with which keys
    ('operator add',        array['admin']::issuer.operator_role[]),
    ('operator renew',      array['admin']::issuer.operator_role[]),
    ('operator revoke',     array['admin']::issuer.operator_role[]),
    ('key revoke',          array['admin']::issuer.operator_role[])),
-- Reading is a matter of the login alone, and so is what the house's services do.
by_login (command, logins) as (values
    ('license find',        array['daemon', 'web', 'support', 'orders', 'admin', 'finance']),
    ('license show',        array['daemon', 'web', 'support', 'orders', 'admin', 'finance']),
    ('license terms',       array['daemon', 'web', 'support', 'orders', 'admin', 'finance']),
    ('customer list',       array['daemon', 'web', 'support', 'orders', 'admin', 'finance']),
    ('customer show',       array['daemon', 'web', 'support', 'orders', 'admin', 'finance']),
    ('order list',          array['daemon', 'web', 'support', 'orders', 'admin', 'finance']),
    ('order show',          array['daemon', 'web', 'support', 'orders', 'admin', 'finance']),
    ('feature list',        array['daemon', 'web', 'support', 'orders', 'admin', 'finance']),
    ('event list',          array['daemon', 'web', 'support', 'orders', 'admin', 'finance']),
    ('report licenses',      array['daemon', 'web', 'support', 'orders', 'admin', 'finance']),
    ('report orders',        array['daemon', 'web', 'support', 'orders', 'admin', 'finance']),
    ('report expiring',      array['daemon', 'web', 'support', 'orders', 'admin', 'finance']),
    ('report activations',   array['daemon', 'web', 'support', 'admin', 'finance']),
    ('report restorations',  array['daemon', 'web', 'support', 'admin', 'finance']),
    ('report support-years', array['daemon', 'web', 'support', 'orders', 'admin', 'finance']),
    ('report issuance',      array['daemon', 'web', 'support', 'orders', 'admin', 'finance']),
    ('report holds',         array['daemon', 'web', 'support', 'admin', 'finance']),
    ('report response-times', array['daemon', 'web', 'support', 'admin', 'finance']),
    ('report keys',          array['daemon', 'web', 'support', 'admin', 'finance']),
    ('report late-entries',  array['daemon', 'web', 'support', 'admin', 'finance']),
    ('report reconciliation', array['daemon', 'web', 'support', 'admin', 'finance']),
    ('alert list',          array['daemon', 'web', 'support', 'admin', 'finance']),
    ('instruction list',    array['daemon', 'web', 'support', 'admin']),
    ('request list',        array['daemon', 'web', 'support', 'admin']),
    ('request show',        array['daemon', 'web', 'support', 'admin']),
    ('request preview',     array['daemon', 'web', 'support', 'admin']),
    ('message list',        array['daemon', 'web', 'support', 'admin']),
    ('message show',        array['daemon', 'web', 'support', 'admin']),
    ('quarantine list',     array['daemon', 'web', 'support', 'admin']),
    ('quarantine show',     array['daemon', 'web', 'support', 'admin']),
    ('restoration list',    array['daemon', 'web', 'support', 'admin', 'finance']),
    ('restoration show',    array['daemon', 'web', 'support', 'admin']),
    ('usage-license show',  array['daemon', 'web', 'support', 'admin']),
    ('operator list',       array['daemon', 'web', 'support', 'orders', 'admin', 'finance']),
    ('operator rights',     array['daemon', 'web', 'support', 'orders', 'admin', 'finance']),
    ('status',              array['daemon', 'web', 'support', 'admin']),
    ('check',               array['daemon', 'web', 'support', 'admin']),
    ('key list',            array['daemon', 'web', 'support', 'admin']),
    ('ingest',              array['daemon']),
    ('fetch',               array['daemon']),
    ('deliver',             array['daemon']),
    ('run',                 array['daemon']),
    ('migrate',             array['owner']),
    ('journal replay',      array['owner']),
    -- what needs no database, or can do without
    ('inspect',             array[]::text[]),
    ('verify',              array[]::text[]),
    ('rules',               array[]::text[]),
    ('health',              array[]::text[]),
    ('key init',            array[]::text[]),
    ('key rotate',          array[]::text[]))
select command, roles, roles::text[] from by_token
union all
select command, array[]::issuer.operator_role[], logins from by_login;

-- The operator whose token this is, if its role may use the command; else it is said in one line.
create or replace function issuer.operator_require(token digest, wanted text, at timestamptz)
returns table (id bigint, name text, role operator_role)
language plpgsql stable security definer set search_path = issuer, pg_temp as $$
#variable_conflict use_column
declare
    who record;
    may operator_role[];
begin
    select * into who from operator_of_token(token, at);
    if not found then
        raise exception 'the operator''s token is unknown, expired or revoked: ask an admin for one'
            using errcode = 'IS002';
    end if;
    select r.roles into may from command_right r where r.command = wanted;
    if not coalesce(who.role = any (may), false) then
        raise exception 'operator % (%) may not use "%": that takes the role %', who.name, who.role,
            wanted, coalesce(nullif(array_to_string(may, ' or '), ''), 'of nobody') using errcode = 'IS002';
    end if;
    return query select who.id, who.name, who.role;
end $$;
