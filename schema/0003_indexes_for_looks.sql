-- The requests of a license: which of them wait for a use that came back, and from which a person is
-- to choose. How often a license's contacts have changed. The answers to an address: how many it had
-- today.
create index on usage_request (license_id) where license_id is not null;
create index on contact (license_id);
create index on reply (recipient, effective) where recipient is not null;
