-- Which role may use which command: the one table of it. The program asks it before it does anything,
-- and so does every function here that changes records for a person; `issuer operator rights` prints it.
-- What a group's login in the database may do at all is said in roles.sql.

create or replace view issuer.command_right (command, roles) as values
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
    ('key rotate',          array['admin']::issuer.operator_role[]),
    ('key revoke',          array['admin']::issuer.operator_role[]);

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
            wanted, coalesce(array_to_string(may, ' or '), 'of nobody') using errcode = 'IS002';
    end if;
    return query select who.id, who.name, who.role;
end $$;
