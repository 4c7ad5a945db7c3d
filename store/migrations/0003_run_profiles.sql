-- What runs counted of their columns, so that no page and no report reads rows for it.

-- a side that many runs were compared with: its cells and its counts, kept once
create table run_references (
    fingerprint varchar not null,
    grid_kind varchar not null,
    edges double[] not null,
    labels varchar[] not null,
    -- rows of each cell, then missing, then unseen
    counts bigint[] not null
);

create table run_profiles (
    model varchar not null,
    version varchar not null,
    window_start timestamp not null,
    window_end timestamp not null,
    position integer not null,
    column_name varchar not null,
    kind varchar not null,
    role varchar not null,
    -- its cells are those of the reference
    reference varchar not null,
    counts bigint[] not null
);
