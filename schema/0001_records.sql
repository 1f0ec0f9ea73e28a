-- The records: who bought what, what arrived, what was decided, what runs where.
--
-- Every fact has an effective time (when it holds in the world, given by the service) and a recorded
-- time (when this database learned of it: the start of the transaction, so that a query "known at"
-- a moment before the oldest open transaction always gives the same answer). Nothing is deleted; a
-- column that is filled later (ended_…, closed_…) is filled once.

set local search_path to issuer, pg_temp;  -- `issuer migrate` has made the schema

create domain digest as bytea check (octet_length(value) = 32);
create domain fingerprint_part as bytea check (octet_length(value) = 16);
create domain one_line as text check (value !~ '[[:cntrl:]]');  -- text without control characters

create type order_kind as enum ('sale', 'trial', 'internal', 'goodwill', 'correction', 'cancellation');
create type feature_kind as enum ('perpetual', 'term', 'metered');
create type license_state as enum ('current', 'suspended', 'ended');
create type activation_state as enum ('active', 'superseded', 'deactivated', 'lost', 'corrected');
create type use_origin as enum ('taken', 'instance', 'host');
create type outcome as enum ('issued', 'resent', 'refused', 'held', 'accepted');
create type operator_role as enum ('support', 'orders', 'admin', 'finance');

-- Operators and their tokens ----------------------------------------------------------------------

create table operator (
    id          bigint generated always as identity primary key,
    name        one_line not null unique check (name <> ''),
    role        operator_role not null,
    effective   timestamptz not null,
    revoked_at  timestamptz,
    recorded_at timestamptz not null default transaction_timestamp()
);

-- Apart from operator so that only the daemon and the functions it owns can read it.
create table operator_token (
    digest      digest primary key,  -- SHA-256 of the token; the token itself is shown once
    operator_id bigint not null references operator,
    expires_at  timestamptz not null,
    revoked_at  timestamptz,
    recorded_at timestamptz not null default transaction_timestamp()
);

-- What is sold ------------------------------------------------------------------------------------

create table product (
    code        one_line primary key,
    name        one_line not null,
    recorded_at timestamptz not null default transaction_timestamp()
);

create table feature (
    code        one_line primary key,
    product     one_line not null references product,
    name        one_line not null,
    kind        feature_kind not null,
    recorded_at timestamptz not null default transaction_timestamp()
);

insert into product (code, name) values ('chariot', 'Chariot MQTT server');
insert into feature (code, product, name, kind) values
    ('mqtt-server', 'chariot', 'MQTT server', 'perpetual'),
    ('support', 'chariot', 'Support and updates', 'term'),
    ('snowflake-bridge', 'chariot', 'Snowflake bridge', 'metered');

-- Who bought what ---------------------------------------------------------------------------------

create table customer (
    id          bigint generated always as identity primary key,
    recorded_at timestamptz not null default transaction_timestamp()
);

create table customer_version (
    customer_id bigint not null references customer,
    version     integer not null check (version >= 1),
    name        one_line not null check (name <> ''),
    reference   one_line,  -- the firm's number in the orders department's own system
    effective   date not null,
    recorded_at timestamptz not null default transaction_timestamp(),
    primary key (customer_id, version)
);
create index on customer_version (lower(name));
create index on customer_version (reference);

create table orders (
    id          bigint generated always as identity primary key,
    reference   one_line not null unique check (reference <> ''),
    kind        order_kind not null,
    ordered_on  date not null,
    customer_id bigint not null references customer,
    recorded_at timestamptz not null default transaction_timestamp()
);

create table license (
    id          bigint generated always as identity primary key,
    license_id  one_line not null unique check (license_id ~ '^LIC-[0-9A-Za-z._-]+$'
                                                 and length(license_id) <= 64),
    customer_id bigint not null references customer,
    product     one_line not null references product,
    order_id    bigint not null references orders,
    effective   date not null,
    recorded_at timestamptz not null default transaction_timestamp()
);
create index on license (customer_id);
create index on license (order_id);

create table license_state_version (
    license_id  bigint not null references license,
    version     integer not null check (version >= 1),
    state       license_state not null,
    reason      text not null,
    operator_id bigint references operator,
    effective   timestamptz not null,
    recorded_at timestamptz not null default transaction_timestamp(),
    primary key (license_id, version)
);

-- What people may see of a license key; what finds and checks it stands in license_proof.
create table license_key (
    id          bigint generated always as identity primary key,
    license_id  bigint not null references license,
    hint        one_line not null check (length(hint) <= 4),
    weak        boolean not null,
    effective   timestamptz not null,
    retired_at  timestamptz,
    recorded_at timestamptz not null default transaction_timestamp(),
    check (retired_at >= effective)
);
create index on license_key (license_id);
create unique index license_key_one_current on license_key (license_id) where retired_at is null;

create table license_proof (
    public_key     digest primary key,  -- Ed25519, the public half of the license key pair
    license_key_id bigint not null unique references license_key,
    recorded_at    timestamptz not null default transaction_timestamp()
);

create table contact (
    id           bigint generated always as identity primary key,
    license_id   bigint not null references license,
    entry        text,  -- an address or @domain, lower case; emptied when erased
    effective    date not null,
    ended_on     date,
    ended_at     timestamptz,  -- recorded
    erased_at    timestamptz,
    doubtful     boolean not null default false,  -- a reply to it bounced
    recorded_at  timestamptz not null default transaction_timestamp(),
    check ((entry is null) = (erased_at is not null)),
    check ((ended_on is null) = (ended_at is null)),
    check (entry is null or entry ~ '^[^@[:space:]]*@[^@[:space:]]+$')
);
create unique index contact_one_current on contact (license_id, entry) where ended_on is null;
create index on contact (entry) where ended_on is null;

-- What the license grants, in versions only ever added.
create table entitlement (
    license_id  bigint not null references license,
    version     integer not null check (version >= 1),
    servers     integer not null check (servers >= 1),
    activations integer not null check (activations >= 0),
    expires_on  date,  -- through this day anywhere on earth; null: perpetual
    order_id    bigint not null references orders,
    effective   date not null,
    recorded_at timestamptz not null default transaction_timestamp(),
    primary key (license_id, version),
    unique (license_id, version, servers, activations)
);
create index on entitlement (order_id);
create index on entitlement (expires_on);

create table entitlement_feature (
    license_id  bigint not null,
    version     integer not null,
    code        one_line not null references feature,
    until_on    date,
    quantity    bigint check (quantity >= 0),  -- of a metered feature
    recorded_at timestamptz not null default transaction_timestamp(),
    primary key (license_id, version, code),
    foreign key (license_id, version) references entitlement
);

-- What was imported, so that the same row again changes nothing.
create table import (
    id          bigint generated always as identity primary key,
    file_digest digest not null,
    rows        integer not null,
    operator_id bigint references operator,
    recorded_at timestamptz not null default transaction_timestamp()
);

create table import_row (
    license_id  bigint not null references license,
    import_id   bigint not null references import,
    line        integer not null,
    content     jsonb not null,  -- the row's fields, the license key aside
    recorded_at timestamptz not null default transaction_timestamp(),
    primary key (license_id, import_id)
);

-- What arrived ------------------------------------------------------------------------------------

create table message (
    id            bigint generated always as identity (increment by 512) primary key,
    identity      digest not null unique,  -- what makes two copies of one mail the same
    class         one_line not null check (class in ('request', 'deactivation', 'about-license', 'bounce',
                                                 'ignored', 'unrecognised', 'quarantined')),
    why           text,
    source        text not null,  -- FILE#N
    source_offset bigint not null,
    size          bigint not null,
    raw_digest    digest,  -- null: never read to its end
    sent_at       timestamptz,  -- as its Date says
    message_id    text,
    in_reply_to   text,
    -- emptied by retention:
    from_address  text,
    reply_to      text,
    subject       text,
    body          text compression lz4,  -- unquoted text for a person
    raw           bytea compression lz4,  -- up to 1 MiB
    emptied_at    timestamptz,
    -- what became of a message that waits for a person
    handled_at    timestamptz,
    handled_how   text,
    effective     timestamptz not null,  -- when it was taken in
    recorded_at   timestamptz not null default transaction_timestamp()
);
alter table message set (toast_tuple_target = 8160);  -- an ordinary mail stays in its row
create index message_waits on message (id)
    where class in ('about-license', 'unrecognised', 'quarantined') and handled_at is null;
create index on message (message_id) where message_id is not null;

create table quarantine (
    message_id  bigint primary key references message,
    reason      text not null,
    closed_at   timestamptz,
    closed_how  text,
    recorded_at timestamptz not null default transaction_timestamp()
);

-- One row an installed Chariot server ever heard of; the row that is locked for it.
create table instance (
    thumbprint  digest primary key,
    passed_at   timestamptz,  -- when a person last let it pass after it was declared lost
    recorded_at timestamptz not null default transaction_timestamp()
);

-- Recorded only after signature and proof hold; license_id is filled when the license is known.
create table usage_request (
    id          bigint generated always as identity (increment by 512) primary key,
    digest      digest not null unique,
    thumbprint  digest not null references instance,
    seq         bigint not null check (seq between 0 and 9007199254740991),
    iat         timestamptz not null,  -- by the instance's clock: shown, never decided by
    license_key digest not null,  -- the public half that it names
    license_id  bigint references license,
    purpose     one_line not null check (purpose in ('activate', 'update')),
    installed   one_line,
    product     one_line not null,
    version     one_line not null,
    host        one_line not null,
    board       fingerprint_part,
    cpu         fingerprint_part,
    mac         fingerprint_part,
    jws         text compression lz4 not null,
    message_id  bigint not null references message,
    effective   timestamptz not null,
    recorded_at timestamptz not null default transaction_timestamp()
);
create index on usage_request (thumbprint, seq);
create index on usage_request (license_key) where license_id is null;
create index on usage_request (host);

create table deactivation (
    id          bigint generated always as identity primary key,
    digest      digest not null unique,
    thumbprint  digest not null references instance,
    seq         bigint not null check (seq between 0 and 9007199254740991),
    iat         timestamptz not null,
    serial      bigint not null,
    host        one_line not null,
    jws         text compression lz4 not null,
    message_id  bigint not null references message,
    given_back  integer not null check (given_back >= 0),
    effective   timestamptz not null,
    recorded_at timestamptz not null default transaction_timestamp()
);
create index on deactivation (thumbprint, seq);

-- What was decided --------------------------------------------------------------------------------

-- Decisions are added, never changed. The latest of a request is the one that stands.
create table decision (
    id            bigint generated always as identity (increment by 512) primary key,
    message_id    bigint not null references message,
    request_id    bigint references usage_request,
    deactivation_id bigint references deactivation,
    token_kind    one_line not null check (token_kind in ('usage-request', 'deactivation',
                                                      'usage-license')),
    token_digest  digest,  -- null: too damaged to have one
    outcome       outcome not null,
    rule          smallint not null,  -- row of the table; 0: none
    code          one_line not null,
    note          one_line,
    would         one_line,  -- held for its sender: what would follow
    problem       text,  -- damaged: what and where
    serial        bigint,  -- of the usage license issued or sent again
    facts         jsonb not null,  -- as they were seen
    policy        digest not null,  -- of the settings that change decisions
    program       one_line not null,  -- version
    operator_id   bigint references operator,
    reason        text,
    ticket        text,
    effective     timestamptz not null,
    recorded_at   timestamptz not null default transaction_timestamp(),
    check (outcome not in ('issued', 'resent') or serial is not null)
);
create index on decision (message_id);
create index on decision (request_id) where request_id is not null;
create index decision_waits on decision (effective) where outcome in ('refused', 'held');

-- A request that waits for a person. Its number is the case number that people quote.
create table hold (
    id          bigint generated always as identity (start with 1001) primary key,
    request_id  bigint not null references usage_request,
    decision_id bigint not null references decision,
    opened_at   timestamptz not null,
    closed_at   timestamptz,
    closed_by   bigint references decision,
    closed_how  one_line,
    recorded_at timestamptz not null default transaction_timestamp(),
    check ((closed_at is null) = (closed_how is null))
);
create unique index hold_one_open on hold (request_id) where closed_at is null;
create index on hold (opened_at) where closed_at is null;

create table alert (
    id          bigint generated always as identity primary key,
    decision_id bigint references decision,
    kind        one_line not null,
    detail      text not null,
    effective   timestamptz not null,
    closed_at   timestamptz,
    closed_by   bigint references operator,
    reason      text,
    recorded_at timestamptz not null default transaction_timestamp()
);
create index on alert (effective) where closed_at is null;

-- What runs where ---------------------------------------------------------------------------------

create table signing_key (
    kid         one_line primary key,  -- RFC 7638 thumbprint, base64url
    certificate bytea not null,
    not_before  timestamptz not null,
    not_after   timestamptz not null,
    development boolean not null,
    revoked_at  timestamptz,
    recorded_at timestamptz not null default transaction_timestamp()
);

-- Serials are drawn in blocks, each in a short transaction of its own. A number of a closed block
-- is either a usage license or void, so no gap is unexplained.
create sequence usage_license_serial;
create table serial_block (
    id          bigint generated always as identity primary key,
    first       bigint not null unique,
    last        bigint not null,
    holder      integer not null,  -- backend that drew it; it holds an advisory lock while it lives
    closed_at   timestamptz,
    recorded_at timestamptz not null default transaction_timestamp(),
    check (last >= first)
);
create index on serial_block (id) where closed_at is null;
create table serial_void (
    serial      bigint primary key,
    block_id    bigint not null references serial_block,
    recorded_at timestamptz not null default transaction_timestamp()
);

-- The record that a license runs on an instance. It takes a numbered use of its license or goes on
-- with the use of the one that it follows; its number is that of its usage license.
create table activation (
    id            bigint primary key,
    license_id    bigint not null references license,
    version       integer not null,
    servers       integer not null,
    allowed       integer not null,
    thumbprint    digest not null references instance,
    request_id    bigint not null unique references usage_request,
    state         activation_state not null,
    counted       boolean not null,
    use_no        integer not null,
    slot          integer not null,
    origin        use_origin not null,
    continues     bigint references activation,
    replaces      bigint references activation,
    active_from   timestamptz not null,
    active_until  timestamptz,
    counted_until timestamptz,
    lost_at       timestamptz,
    ended_by      text,  -- evidence or cause: 'superseded', 'proof', 'attested', 'forced', …
    recorded_at   timestamptz not null default transaction_timestamp(),
    ended_recorded_at   timestamptz,  -- of active_until; set by a trigger, as the next
    counted_recorded_at timestamptz,  -- of counted_until
    foreign key (license_id, version, servers, allowed)
        references entitlement (license_id, version, servers, activations),
    check (slot between 1 and servers),
    check (use_no between 1 and allowed),
    check ((state = 'active') = (active_until is null)),
    check (counted = (counted_until is null)),
    check (counted or state <> 'active'),
    check (not counted or state in ('active', 'superseded')),
    check (active_until >= active_from),
    check (counted_until >= active_from),
    check (origin = 'taken' or continues is not null)
);
-- The last word against two servers on one place, two licenses on one use, one server twice.
create unique index activation_one_active on activation (thumbprint) where state = 'active';
create unique index activation_one_place on activation (license_id, slot) where state = 'active';
create unique index activation_one_use on activation (license_id, use_no) where counted;
create index on activation (thumbprint);
create index on activation (license_id);

-- Its bytes never change.
create table usage_license (
    serial        bigint primary key,
    emergency     boolean not null default false,
    activation_id bigint unique references activation,
    request_id    bigint not null references usage_request,
    decision_id   bigint not null references decision,
    license_id    bigint not null,
    version       integer not null,
    customer_id   bigint not null references customer,
    kid           one_line not null references signing_key,
    iat           timestamptz not null,
    exp           timestamptz,
    supersedes    bigint[] not null,
    jws           text compression lz4 not null,
    effective     timestamptz not null,
    recorded_at   timestamptz not null default transaction_timestamp(),
    foreign key (license_id, version) references entitlement,
    check (emergency = (activation_id is null)),
    check (activation_id = serial)
);
-- A usage license is some 2.5 kB that hardly compress: beside its row it would cost a second one.
alter table usage_license set (toast_tuple_target = 8160);
create unique index usage_license_one_regular on usage_license (request_id) where not emergency;
create unique index usage_license_one_emergency on usage_license (request_id) where emergency;
create index on usage_license (license_id);
create index on usage_license (kid);

-- What goes out -----------------------------------------------------------------------------------

create table reply (
    id           bigint generated always as identity (increment by 512) primary key,
    message_id   bigint not null references message,
    recipient    text,  -- null: nobody may be answered by mail, it is listed for a person
    state        one_line not null check (state in ('queued', 'sent', 'listed', 'withdrawn',
                                                'undelivered')),
    why          text,
    ready        smallint not null default 0,  -- a ready answer for a mail without a usable code
    effective    timestamptz not null,
    sent_at      timestamptz,
    attempts     integer not null default 0,
    recorded_at  timestamptz not null default transaction_timestamp(),
    check (recipient is not null or state in ('listed', 'withdrawn'))
);
create index reply_queued on reply (id) where state = 'queued';
create index on reply (message_id);

create table reply_line (
    reply_id    bigint not null references reply,
    position    smallint not null,
    decision_id bigint not null references decision,
    -- of a notice, which tells a license's contacts what another's mail or order has changed:
    about       one_line check (about in ('replaced', 'moved', 'given-back')),
    license_id  bigint references license,
    primary key (reply_id, position),
    check ((about is null) = (license_id is null))
);
create index on reply_line (decision_id);

-- What happened -----------------------------------------------------------------------------------

-- Events only grow. Each carries the SHA-256 of the row that it made, as that row's text.
create table event (
    id          bigint generated always as identity primary key,
    kind        one_line not null,
    subject     one_line not null,  -- the table
    subject_id  bigint not null,
    row_digest  digest not null,
    license_id  bigint,
    operator_id bigint,
    detail      jsonb,
    effective   timestamptz not null,
    recorded_at timestamptz not null default transaction_timestamp()
);
create index on event (license_id) where license_id is not null;
create index on event (subject_id);

-- What people tell the daemon to do ---------------------------------------------------------------

create table instruction (
    id          bigint generated always as identity primary key,
    kind        one_line not null,
    hold_id     bigint references hold,
    request_id  bigint references usage_request,
    operator_id bigint not null references operator,
    second_id   bigint references operator,
    arguments   jsonb not null,
    preview     digest,  -- of what was previewed and approved
    state       one_line not null default 'filed'
                check (state in ('filed', 'taken', 'done', 'refused', 'expired')),
    taken_until timestamptz,
    answer      jsonb,
    filed_at    timestamptz not null,
    ended_at    timestamptz,
    recorded_at timestamptz not null default transaction_timestamp(),
    check (second_id is distinct from operator_id)
);
create unique index instruction_one_open on instruction (hold_id)
    where hold_id is not null and state in ('filed', 'taken');
create index on instruction (id) where state in ('filed', 'taken');
