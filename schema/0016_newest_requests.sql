-- Requests are listed newest first.

set local search_path to issuer, pg_temp;

create index usage_request_newest on usage_request (effective, id);
