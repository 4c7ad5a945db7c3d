-- Over which cells columns are counted, and how many rows each cell had in every hour.

-- from windows of `since` on, a column is counted over these cells
create table column_grids (
    model varchar not null,
    column_name varchar not null,
    kind varchar not null,
    role varchar not null,
    since timestamp not null,
    -- of the cells: counts over others cannot be added
    fingerprint varchar not null,
    -- of the column and the cells: where its counts are found
    key bigint not null,
    grid varchar not null
);

create table column_hours (
    model varchar not null,
    key bigint not null,
    version varchar not null,
    hour timestamp not null,
    -- rows of each cell, then missing, then unseen
    counts bigint[] not null
);

create table prediction_hours (
    model varchar not null,
    version varchar not null,
    hour timestamp not null,
    predictions bigint not null,
    -- those of them that answered nobody
    shadow bigint not null,
    first timestamp not null,
    last timestamp not null
);

-- Hours whose predictions changed since they were counted; see stale_call_hours.
create table stale_prediction_hours (
    model varchar not null,
    hour timestamp not null,
    mark bigint not null
);

-- Rows before this were removed: what was counted of them stays as it is.
create table dropped_rows (
    model varchar not null,
    before timestamp not null
);

-- how many rows the calls of an hour are, unweighted, and when the first and the last was
alter table call_hours add column logged bigint;
alter table call_hours add column first timestamp;
alter table call_hours add column last timestamp;

-- what was stored before this was counted
insert into stale_prediction_hours
select distinct model, date_trunc('hour', ts), 1
from predictions;

insert into stale_call_hours
select distinct model, hour, (select coalesce(max(mark), 0) + 1 from stale_call_hours)
from call_hours;
