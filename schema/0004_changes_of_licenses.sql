-- What becomes of a license after it was sold: who changed it and why, what its yearly features'
-- ends are made of, when its key reached the customer, which customers turned out to be one.

set local search_path to issuer, pg_temp;

alter table entitlement add column operator_id bigint references operator, add column reason text;
alter table customer_version add column operator_id bigint references operator,
    add column reason text;
-- Of a license that has ended: the order that took it back, or the license that replaces it.
alter table license_state_version add column order_id bigint references orders,
    add column replaced_by bigint references license;
create index on license_state_version (order_id) where order_id is not null;

-- How a yearly feature came by its end: what each order added or took. A cancellation takes its
-- years from the end that stands; it computes nothing anew.
create table term_entry (
    id          bigint generated always as identity primary key,
    license_id  bigint not null,
    version     integer not null,  -- of the entitlement that it made
    code        one_line not null references feature,
    order_id    bigint not null references orders,
    kind        one_line not null check (kind in ('bought', 'cancelled', 'set')),
    years       integer,  -- below zero where cancelled; null where the end was set
    from_on     date,     -- the end, or where it has lapsed the order's day, that the years start at
    until_on    date,     -- the end from then on; null: none is left
    effective   date not null,
    recorded_at timestamptz not null default transaction_timestamp(),
    unique (license_id, version, code),
    foreign key (license_id, version) references entitlement,
    check (kind <> 'bought' or years > 0 and from_on is not null and until_on is not null),
    check (kind <> 'cancelled' or years < 0 and from_on is not null),
    check (kind <> 'set' or years is null)
);
create index on term_entry (order_id);

-- That a license key reached its customer. A key that has no row is sold and not delivered.
create table key_delivery (
    license_key_id bigint primary key references license_key,
    how            one_line not null check (how in ('mail', 'import', 'handed-over')),
    detail         one_line,  -- handed over: to whom and by what channel
    delivered_on   date not null,
    operator_id    bigint references operator,
    recorded_at    timestamptz not null default transaction_timestamp()
);

-- What was imported before this table was there: the import's day.
insert into key_delivery (license_key_id, how, delivered_on, operator_id, recorded_at)
    select distinct on (k.id) k.id, 'import', (k.recorded_at at time zone 'UTC')::date,
        i.operator_id, k.recorded_at
    from license_key k join import_row r using (license_id) join import i on i.id = r.import_id
    order by k.id, i.id;
insert into term_entry (license_id, version, code, order_id, kind, until_on, effective, recorded_at)
    select e.license_id, e.version, f.code, e.order_id, 'set', f.until_on, e.effective, e.recorded_at
    from entitlement e
    join entitlement_feature f using (license_id, version)
    join feature g on g.code = f.code and g.kind = 'term'
    left join entitlement_feature was on was.license_id = e.license_id
        and was.version = e.version - 1 and was.code = f.code
    where was.until_on is distinct from f.until_on
    order by e.license_id, e.version, f.code;

-- Customers that were recorded twice. The latest version counts, and `into_id` is never a customer
-- that was merged itself: where that one is merged later, each that led to it gets a new version.
create table customer_merge (
    customer_id bigint not null references customer,
    version     integer not null check (version >= 1),
    into_id     bigint not null references customer,
    reason      text not null,
    operator_id bigint not null references operator,
    effective   date not null,
    recorded_at timestamptz not null default transaction_timestamp(),
    primary key (customer_id, version),
    check (customer_id <> into_id)
);
create index on customer_merge (into_id);
