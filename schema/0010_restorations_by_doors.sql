-- Lost-server cases come in and are decided by doors alone, and what is mailed about them is told of
-- the case: there may be no decision behind it, and where a person opened it no mail.

set local search_path to issuer, pg_temp;

alter table reply alter column message_id drop not null;
alter table reply_line alter column decision_id drop not null,
    add column restoration_id bigint references restoration,
    drop constraint reply_line_about_check,
    add constraint reply_line_about check (about in ('replaced', 'moved', 'given-back', 'case-opened',
                                                     'restored', 'not-restored')),
    add constraint reply_line_of_one check ((decision_id is null) = (restoration_id is not null)),
    add constraint reply_line_of_case check ((restoration_id is not null)
        = coalesce(about in ('case-opened', 'restored', 'not-restored'), false));
create index on reply_line (restoration_id) where restoration_id is not null;

-- A License ID is found however people write it: case, blanks and hyphens aside, and with the letters
-- and digits as one that look alike.
create index license_read on license (translate(upper(license_id), 'OILSBZ-_.', '011582'));

-- What an emergency grant has in its favour is few, and looked for by its instance.
create index usage_license_emergency_at on usage_license (iat) where emergency;
