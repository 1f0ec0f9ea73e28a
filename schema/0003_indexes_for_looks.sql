-- The requests of a license: which of them wait for a use that came back, and from which a person is
-- to choose. The answers to an address: how many it had today.
create index on usage_request (license_id) where license_id is not null;
create index on reply (recipient, effective) where recipient is not null;
