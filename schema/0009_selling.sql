-- Selling by hand beside importing, which keys nobody has got yet, and lists of orders.

set local search_path to issuer, pg_temp;

-- What an import was: a file, or one purchase that a person typed.
alter table import add column way one_line not null default 'file' check (way in ('file', 'typed'));

-- The day on which the key reached its customer, as key_delivery says it (a trigger keeps it so):
-- those that have none are few among very many, and an index finds them.
alter table license_key add column delivered_on date;
update license_key k set delivered_on = d.delivered_on from key_delivery d
    where d.license_key_id = k.id;
create index license_key_undelivered on license_key (license_id)
    where delivered_on is null and retired_at is null;

-- Orders are listed newest first: all, of a customer, of a kind.
create index orders_in_order on orders (ordered_on, id);
create index orders_of_customer on orders (customer_id, ordered_on, id);
create index orders_of_kind on orders (kind, ordered_on, id);
