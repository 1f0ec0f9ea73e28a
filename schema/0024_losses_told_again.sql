-- A mail that tells of a lost server whose case is open already joins that case.

set local search_path to issuer, pg_temp;

alter table case_mail drop constraint case_mail_how_check,
    add constraint case_mail_how_check check (how in ('in-reply-to', 'references', 'case-number',
                                                      'lost-server', 'person'));
