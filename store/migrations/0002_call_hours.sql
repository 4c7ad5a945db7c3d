-- Calls counted once, by hour: what pages read instead of the rows.
create table call_hours (
    model varchar not null,
    version varchar not null,
    -- '' where the log names none
    replica varchar not null,
    hour timestamp not null,
    -- weighted by 1 / sampling_rate
    calls double not null,
    with_status double not null,
    failed double not null,
    -- the latencies: which cells hold any, in ascending order, and how many each, unweighted
    cells smallint[] not null,
    counts bigint[] not null
);

-- Hours whose rows changed since they were counted; the mark tells later changes from earlier ones.
create table stale_call_hours (
    model varchar not null,
    hour timestamp not null,
    mark bigint not null
);

-- what was stored before there were counts
insert into stale_call_hours
select distinct model, date_trunc('hour', ts), 1
from calls;
