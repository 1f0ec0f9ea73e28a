-- What the contacts of a license are told where a use of it ended by a correction.

set local search_path to issuer, pg_temp;

alter table reply_line drop constraint reply_line_about,
    add constraint reply_line_about check (about in ('replaced', 'moved', 'given-back', 'corrected',
                                                     'case-opened', 'restored', 'not-restored'));
