-- Tables shared by all models. Times are UTC without a zone: date functions then mean the same on
-- every machine, and no time-zone data has to be loaded. Nothing here has a primary key: rows are
-- replaced inside one transaction, which an index in DuckDB forbids.

create table meta (
    name varchar not null,
    value varchar not null
);

create table models (
    model varchar not null,
    schema_name varchar not null,
    has_prediction boolean not null,
    has_score boolean not null,
    -- what decides whether predictions are numbers or categories
    predictions_parse boolean not null,
    predictions_fractional boolean not null,
    prediction_values varchar[] not null
);

-- one line per feature and type it was seen with; a second type is a recorded conflict
create table features (
    model varchar not null,
    feature varchar not null,
    type varchar not null,
    column_name varchar not null,
    position integer not null
);

create table sources (
    source varchar not null,
    predictions bigint not null,
    calls bigint not null,
    labels bigint not null,
    duplicates bigint not null
);

create table rejected (
    id uhugeint not null,
    source varchar not null,
    position bigint not null,
    reason varchar not null,
    message varchar not null,
    raw blob not null
);

create table runs (
    model varchar not null,
    version varchar not null,
    window_start timestamp not null,
    window_end timestamp not null,
    status varchar not null,
    coverage double not null,
    config_hash varchar not null,
    code_version varchar not null,
    started_at timestamp not null,
    duration_s double not null,
    predictions bigint not null,
    calls bigint not null,
    baseline varchar not null,
    baseline_windows integer not null,
    data_from timestamp,
    data_to timestamp,
    performance varchar,
    error varchar
);

create table findings (
    model varchar not null,
    version varchar not null,
    window_start timestamp not null,
    window_end timestamp not null,
    position integer not null,
    column_name varchar not null,
    kind varchar not null,
    detector varchar not null,
    verdict varchar not null,
    reason varchar not null,
    statistic double,
    p_value double,
    threshold double,
    severity varchar,
    exact boolean not null,
    calibrated varchar not null,
    decides boolean not null,
    n_reference bigint not null,
    n_current bigint not null,
    details varchar not null
);

create table slos (
    model varchar not null,
    version varchar not null,
    window_start timestamp not null,
    window_end timestamp not null,
    position integer not null,
    name varchar not null,
    target double not null,
    period_days double not null,
    latency_ms double,
    replica varchar,
    good bigint not null,
    total bigint not null,
    window_good bigint not null,
    window_total bigint not null,
    state varchar not null,
    burn_rates varchar not null,
    fired_at timestamp,
    cleared_at timestamp,
    coverage double not null,
    details varchar not null
);

create table incidents (
    incident_id varchar not null,
    model varchar not null,
    position integer not null,
    cause varchar not null,
    severity varchar not null,
    state varchar not null,
    started_at timestamp not null,
    last_seen_at timestamp not null,
    resolved_at timestamp,
    subjects varchar[] not null,
    versions varchar[] not null
);

create table alerts (
    fingerprint varchar not null,
    incident_id varchar not null,
    model varchar not null,
    position integer not null,
    versions varchar[] not null,
    cause varchar not null,
    subject varchar not null,
    severity varchar not null,
    state varchar not null,
    started_at timestamp not null,
    last_seen_at timestamp not null,
    resolved_at timestamp,
    windows integer not null,
    reason varchar not null,
    details varchar not null
);

-- apart from the incidents, because these are made anew by every run
create table acknowledgements (
    incident_id varchar not null,
    who varchar not null,
    note varchar,
    acknowledged_at timestamp not null
);

create table baselines (
    model varchar not null,
    name varchar not null,
    window_starts timestamp[] not null,
    window_ends timestamp[] not null,
    created_at timestamp not null
);

create table baseline_columns (
    model varchar not null,
    name varchar not null,
    position integer not null,
    column_name varchar not null,
    kind varchar not null,
    role varchar not null,
    grid varchar not null,
    -- the counts of all windows, one after the other: n_cells + 2 each
    counts bigint[] not null
);

create table acceptances (
    model varchar not null,
    columns varchar[] not null,
    since timestamp not null,
    why varchar not null,
    who varchar not null,
    accepted_at timestamp not null
);
