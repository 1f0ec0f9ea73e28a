-- What a receiving server said of who sent a mail.

set local search_path to issuer, pg_temp;

-- Null: none that is trusted has said anything.
alter table message add column sender_vouched boolean;
-- By what: "mx.example.com: dmarc=pass". Server and methods; never an address.
alter table message add column sender_says text;
alter table message add constraint message_sender_said
    check ((sender_vouched is null) = (sender_says is null));
