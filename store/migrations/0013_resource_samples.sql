-- What processes, containers and graphics cards used. Unlike the tables of calls these are shared:
-- what measures a pod often knows no model.
create table resource_samples (
    -- of the series and the time: the same sample sent again is the same
    id uhugeint not null,
    ts timestamp not null,
    -- cpu, memory, gpu, gpu_memory or replicas
    metric varchar not null,
    -- cores, share, bytes or count
    unit varchar not null,
    value double not null,
    source varchar not null,
    -- null: not known
    model varchar,
    version varchar,
    replica varchar
);
