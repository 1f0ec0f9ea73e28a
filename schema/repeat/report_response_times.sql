-- How long a mail waits for its replies.

drop function if exists issuer.report_response_times(date, timestamptz, text) cascade;

-- By month in which the mail came: the replies that were sent for it (an acknowledgment and the later
-- answer are two), and after how many seconds: in the middle, 95 of 100, all. ("offset '0'" keeps
-- PostgreSQL from taking each reply for a group of its own; by a number it would not count in parallel.)
create function issuer.report_response_times(as_of date, known_at timestamptz, zone text)
returns table (month text, replies bigint, median_seconds bigint, p95_seconds bigint,
               longest_seconds bigint)
language sql stable parallel safe as $$
    with months as materialized (select issuer.report_months(as_of, zone) as firsts),
    waited as (
        select x.month, x.seconds, count(*) as replies
        from (select width_bucket(m.effective, (select firsts from months)) as month,
                  -- As a number is rounded, which would take longer to compute.
                  case when r.sent_at >= m.effective
                       then floor(date_part('epoch', r.sent_at - m.effective) + 0.5)
                       else ceil(date_part('epoch', r.sent_at - m.effective) - 0.5)
                  end::bigint as seconds
              from issuer.reply r join issuer.message m on m.id = r.message_id
              where r.state = 'sent' and r.sent_at < issuer.report_end(as_of, zone)
                and r.sent_at <= known_at and r.recorded_at <= known_at
              offset '0') x
        group by x.month, x.seconds),
    placed as (
        select w.month, w.seconds, w.replies,
            sum(w.replies) over (partition by w.month order by w.seconds) as up_to,
            sum(w.replies) over (partition by w.month) as total
        from waited w)
    select issuer.report_month_text(p.month), max(p.total)::bigint,
        min(p.seconds) filter (where 2 * p.up_to >= p.total),
        min(p.seconds) filter (where 100 * p.up_to >= 95 * p.total), max(p.seconds)
    from placed p
    group by p.month
    order by p.month
$$;

-- The same as of now.
create view issuer.report_response_times_now as select * from issuer.report_response_times(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
